"""What a recorder beside the integration saw of the API: requests and raw items."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from workbench.store.database import Database, Row, from_json, json_object, now
from workbench.store.model import Json, JsonObject
from workbench.store.search import Condition

# What the page offers to choose from, each with its condition.
STATUSES: Final = {
    "2xx": Condition("status BETWEEN 200 AND 299"),
    "3xx": Condition("status BETWEEN 300 AND 399"),
    "4xx": Condition("status BETWEEN 400 AND 499"),
    "5xx": Condition("status >= 500"),
    "no answer": Condition("status IS NULL"),
    "repeated": Condition("attempt > 1"),
}


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """One request to the API and what came of it.

    `purpose` is "page", "parent", "login" or "check"; `status` is None without a complete answer;
    `attempt` counts from 1. `url` holds no secret. `sequence` and `sent_at` are the catalog's.
    """

    resync_id: str
    kind: str
    purpose: str
    method: str
    url: str
    status: int | None
    bytes: int
    seconds: float
    attempt: int
    sequence: int = 0
    sent_at: str = ""


@dataclass(frozen=True, slots=True)
class RawItem:
    """The item that an entity was mapped from, and the expressions that failed on it.

    `failures` has what jq said by the place of the expression ("properties.size").
    """

    blueprint: str
    identifier: str
    kind: str
    kind_index: int
    body: Json
    failures: JsonObject


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entity that the catalog did not take, and why."""

    resync_id: str
    blueprint: str
    identifier: str
    message: str


class Observations(Database):
    """Requests to the API and raw items; empty unless something records them."""

    def add_exchange(self, exchange: RecordedExchange) -> None:
        """Keep one request."""
        self._write(
            "INSERT INTO exchanges (resync_id, kind, purpose, method, url, status, bytes, seconds,"
            " attempt, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                exchange.resync_id,
                exchange.kind,
                exchange.purpose,
                exchange.method,
                exchange.url,
                exchange.status,
                exchange.bytes,
                exchange.seconds,
                exchange.attempt,
                now(),
            ),
        )

    def exchanges(
        self,
        *,
        kind: str | None = None,
        status: str | None = None,
        after: int | None = None,
        before: int | None = None,
        limit: int = -1,
    ) -> list[RecordedExchange]:
        """Requests, newest first.

        `status` is a key of STATUSES. `after` is the last sequence of the page before, `before` the
        first of the page after; those of the latter page come, too, newest first.
        """
        wanted = STATUSES.get(status or "", Condition("1"))
        order, bound = ("ASC", before) if before is not None else ("DESC", after)
        comparison = ">" if before is not None else "<"
        rows = self._rows(
            "SELECT resync_id, kind, purpose, method, url, status, bytes, seconds, attempt,"  # noqa: S608 (values are bound)
            f" sequence, sent_at FROM exchanges WHERE {wanted.sql} AND (? IS NULL OR kind = ?)"
            f" AND (? IS NULL OR sequence {comparison} ?) ORDER BY sequence {order} LIMIT ?",
            (kind, kind, bound, bound, limit),
        )
        found = [_exchange(row) for row in rows]
        return found[::-1] if before is not None else found

    def exchange_counts(self, resync_id: str | None = None) -> dict[str, tuple[int, int]]:
        """By kind, how many requests there were, and how many of those repeated another."""
        rows = self._rows(
            "SELECT kind, count(*), coalesce(sum(attempt > 1), 0) FROM exchanges"
            " WHERE ? IS NULL OR resync_id = ? GROUP BY kind",
            (resync_id, resync_id),
        )
        return {str(kind): (int(str(all_)), int(str(again))) for kind, all_, again in rows}

    def add_refusal(self, refusal: Refusal) -> None:
        """Keep why an entity was refused, in place of an earlier reason of the same resync."""
        self._write(
            "INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?)",
            (refusal.resync_id, refusal.blueprint, refusal.identifier, refusal.message),
        )

    def refusals(self, resync_id: str) -> list[Refusal]:
        """The entities that a resync could not write."""
        rows = self._rows(
            "SELECT resync_id, blueprint, identifier, message FROM refusals WHERE resync_id = ?"
            " ORDER BY rowid",
            (resync_id,),
        )
        return [Refusal(*map(str, row)) for row in rows]

    def add_bounded_kind(self, resync_id: str, kind_index: int) -> None:
        """Note that a resource of the mapping has more than was read of it."""
        self._write("INSERT OR REPLACE INTO bounded_kinds VALUES (?, ?)", (resync_id, kind_index))

    def bounded_kinds(self, resync_id: str) -> set[int]:
        """The resources, by their places in the mapping, that have more than was read of them."""
        rows = self._rows("SELECT kind_index FROM bounded_kinds WHERE resync_id = ?", (resync_id,))
        return {int(str(index)) for (index,) in rows}

    def requested_kinds(self) -> list[str]:
        """The kinds that there are requests of, in order of their names."""
        return [
            str(kind) for (kind,) in self._rows("SELECT DISTINCT kind FROM exchanges ORDER BY 1")
        ]

    def put_raw_items(self, items: Iterable[RawItem]) -> None:
        """Keep the items of entities, in place of earlier ones."""
        with self._transaction():
            for item in items:
                self._write(
                    "INSERT OR REPLACE INTO raw_items VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        item.blueprint,
                        item.identifier,
                        item.kind,
                        item.kind_index,
                        json.dumps(item.body, ensure_ascii=False),
                        json.dumps(item.failures, ensure_ascii=False),
                    ),
                )

    def raw_item(self, blueprint: str, identifier: str) -> RawItem | None:
        """The item that an entity was mapped from; None when nobody recorded it."""
        rows = self._rows(
            "SELECT kind, kind_index, body, failures FROM raw_items"
            " WHERE blueprint = ? AND identifier = ?",
            (blueprint, identifier),
        )
        if not rows:
            return None
        kind, index, body, failures = rows[0]
        return RawItem(
            blueprint,
            identifier,
            str(kind),
            int(str(index)),
            from_json(body),
            json_object(failures),
        )


def _exchange(row: Row) -> RecordedExchange:
    resync, kind, purpose, method, url, status, size, seconds, attempt, sequence, sent_at = row
    return RecordedExchange(
        str(resync),
        str(kind),
        str(purpose),
        str(method),
        str(url),
        None if status is None else int(status),
        int(str(size)),
        float(str(seconds)),
        int(str(attempt)),
        int(str(sequence)),
        str(sent_at),
    )
