"""What Ocean reports beside entities (progress, logs, examples), and which routes were called."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.store.database import Database, json_object, now, optional_text
from workbench.store.model import Json, JsonObject, KindStatus


@dataclass(frozen=True, slots=True)
class Resync:
    """One resync: when it was first and last reported of, and what was said of its kinds."""

    resync_id: str
    begun_at: str
    reported_at: str
    kinds: list[KindStatus]


@dataclass(frozen=True, slots=True)
class Complaint:
    """A warning or an error that Ocean logged, and the kind it was about, if it was about one."""

    level: str
    message: str
    kind: str | None


class Reports(Database):
    """Everything a catalog notes without acting upon it."""

    def kind_statuses(self, resync_id: str | None = None) -> list[KindStatus]:
        """The last report on each mapped resource of a resync; of the newest when none is named."""
        rows = self._rows(
            "SELECT resync_id, kind, kind_index, blueprint, state, metrics FROM kind_statuses"
            " WHERE resync_id = coalesce(?, (SELECT resync_id FROM kind_statuses"
            " ORDER BY rowid DESC LIMIT 1)) ORDER BY rowid",
            (resync_id,),
        )
        return [
            KindStatus(
                str(resync),
                str(kind),
                int(str(index)),
                str(blueprint),
                str(state),
                json_object(body),
            )
            for resync, kind, index, blueprint, state, body in rows
        ]

    def put_kind_status(self, status: KindStatus) -> None:
        """Note what Ocean reports of a mapped resource, in place of its earlier report."""
        moment = now()
        with self._transaction():
            self._write(
                "INSERT INTO kind_statuses VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET state = excluded.state, metrics = excluded.metrics",
                (
                    status.resync_id,
                    status.kind,
                    status.kind_index,
                    status.blueprint,
                    status.state,
                    json.dumps(status.metrics),
                ),
            )
            self._write(
                "INSERT INTO resyncs VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET reported_at = excluded.reported_at",
                (status.resync_id, moment, moment),
            )

    def resyncs(self, limit: int) -> list[Resync]:
        """The newest resyncs, newest first."""
        rows = self._rows(
            "SELECT resync_id, begun_at, reported_at FROM resyncs ORDER BY rowid DESC LIMIT ?",
            (limit,),
        )
        return [
            Resync(str(resync), str(begun), str(reported), self.kind_statuses(str(resync)))
            for resync, begun, reported in rows
        ]

    def complaints(
        self, resync_id: str, limit: int, levels: Sequence[str] = ("WARNING", "ERROR", "CRITICAL")
    ) -> list[Complaint]:
        """The first warnings and errors that Ocean logged in a resync."""
        rows = self._rows(
            "SELECT json_extract(body, '$.level'), json_extract(body, '$.message'),"
            " json_extract(body, '$.extra.resource_kind') FROM logs"
            " WHERE json_extract(body, '$.extra.event_id') = ? AND json_extract(body, '$.level')"
            " IN (SELECT value FROM json_each(?)) ORDER BY rowid LIMIT ?",
            (resync_id, json.dumps(levels), limit),
        )
        return [
            Complaint(str(level), str(message), optional_text(kind))
            for level, message, kind in rows
        ]

    def examples(self, kind: str) -> list[JsonObject]:
        """The raw examples Ocean sent of a kind, in the order they came."""
        return self._bodies("SELECT body FROM examples WHERE kind = ? ORDER BY rowid", kind)

    def add_examples(self, kind: str, examples: Iterable[Json]) -> None:
        """Keep raw examples of a kind."""
        with self._transaction():
            for example in examples:
                self._write("INSERT INTO examples VALUES (?, ?)", (kind, json.dumps(example)))

    def logs(self) -> list[JsonObject]:
        """The log records Ocean sent (`level`, `message`, `timestamp`), in the order they came."""
        return self._bodies("SELECT body FROM logs ORDER BY rowid")

    def add_logs(self, logs: Iterable[Json]) -> None:
        """Keep log records."""
        with self._transaction():
            for record in logs:
                self._write("INSERT INTO logs VALUES (?)", (json.dumps(record),))

    def resources(self, category: str) -> list[JsonObject]:
        """What Ocean created beside blueprints: its "pages", "actions" or "scorecards"."""
        return self._bodies(
            "SELECT body FROM resources WHERE category = ? ORDER BY rowid", category
        )

    def add_resource(self, category: str, body: JsonObject) -> None:
        """Keep a page, an action or a scorecard."""
        self._write("INSERT INTO resources VALUES (?, ?)", (category, json.dumps(body)))

    def requests(self) -> Counter[str]:
        """How often each route was called: `{"POST /v1/entities/search": 3}`."""
        rows = self._rows("SELECT method || ' ' || route, count FROM requests")
        return Counter({str(route): int(str(count)) for route, count in rows})

    def count_request(self, method: str, route: str) -> None:
        """Note a call of a route that exists."""
        self._write(
            "INSERT INTO requests VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
            (method, route),
        )

    def unknown_requests(self) -> list[str]:
        """Calls of routes that do not exist ("GET /v1/kafka-credentials"), in order."""
        rows = self._rows("SELECT request FROM unknown_requests ORDER BY rowid")
        return [str(request) for (request,) in rows]

    def add_unknown_request(self, method: str, path: str) -> None:
        """Note a call of a route that does not exist."""
        self._write("INSERT INTO unknown_requests VALUES (?)", (f"{method} {path}",))

    def _bodies(self, sql: str, *parameters: str) -> list[JsonObject]:
        return [json_object(body) for (body,) in self._rows(sql, parameters)]
