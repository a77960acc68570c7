"""The views: each a function of the store and of a request's query to what its template shows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from starlette.datastructures import QueryParams

from workbench.page.expressions import NOTHING_MAPPED, Mapped, fields, relations, resource_for
from workbench.store import CatalogStore, rules
from workbench.store.browsing import PAGE_SIZE, Key
from workbench.store.model import Entity, JsonObject, KindStatus, NotFoundError
from workbench.store.observations import STATUSES
from workbench.store.reports import Complaint, Resync

type View = Callable[[CatalogStore, QueryParams], JsonObject]

MAX_COLUMNS: Final = 4
MAX_RESYNCS: Final = 10
MAX_COMPLAINTS: Final = 50
MAX_REQUESTS: Final = 100
_MOST_DIGITS: Final = 15  # SQLite takes no more than 2^63
_PHASES: Final = "__"  # how the names of a resync's own phases begin


@dataclass(frozen=True, slots=True)
class KindRow:
    """What a resync did with one mapped resource, in numbers of items and entities."""

    kind: str
    blueprint: str
    state: str
    found: int
    mapped: int
    left_out: int
    written: int
    refused: int
    complaints: list[Complaint]


@dataclass(frozen=True, slots=True)
class ResyncView:
    """One resync as it is shown."""

    resync_id: str
    begun_at: str
    seconds: float
    state: str
    kinds: list[KindRow]
    deleted: int
    complaints: list[Complaint]


def blueprints(store: CatalogStore, _: QueryParams) -> JsonObject:
    """Every blueprint with its properties and relations."""
    return {"blueprints": store.blueprints(), "counts": store.counts()}


def entities(store: CatalogStore, query: QueryParams) -> JsonObject:
    """A page of the entities of a blueprint, or of all, that contain a text."""
    chosen = query.get("blueprint") or None
    text = query.get("q", "").strip()
    blueprint = store.blueprint(chosen) if chosen else {}
    page = store.page(
        blueprint=chosen, text=text, after=_key(query, "after"), before=_key(query, "before")
    )
    return {
        "blueprint": blueprint,
        "chosen": chosen or "",
        "text": text,
        "page": page,
        "page_size": PAGE_SIZE,
        "counts": store.counts(),
        "columns": _columns(blueprint),
    }


def entity(store: CatalogStore, query: QueryParams) -> JsonObject:
    """One entity beside its raw item, and what it is related to."""
    found = store.entity(query.get("blueprint", ""), query.get("identifier", ""))
    blueprint = store.blueprint(found.blueprint)
    raw = store.raw_item(found.blueprint, found.identifier)
    mapped = _mapped(store, found, raw.kind_index if raw else None)
    failures = raw.failures if raw else {}
    outgoing = relations(found, mapped, failures)
    return {
        "entity": found,
        "blueprint": blueprint,
        "chosen": found.blueprint,
        "counts": store.counts(),
        "raw": raw,
        "mapped": mapped,
        "fields": fields(found, mapped, failures),
        "relations": outgoing,
        "targets": _targets(store, blueprint, found),
        "related": store.related_to(found),
    }


def resyncs(store: CatalogStore, _: QueryParams) -> JsonObject:
    """The last resyncs by kind."""
    shown = [_resync(store, resync) for resync in store.resyncs(MAX_RESYNCS)]
    return {"resyncs": shown, "deletions": store.last_deletions(MAX_REQUESTS)}


def requests(store: CatalogStore, query: QueryParams) -> JsonObject:
    """A page of the requests to the API, newest first."""
    kind, status = query.get("kind") or None, query.get("status") or None
    after, before = _number(query, "after"), _number(query, "before")
    found = store.exchanges(
        kind=kind, status=status, after=after, before=before, limit=MAX_REQUESTS + 1
    )
    more = len(found) > MAX_REQUESTS
    if before is not None:
        shown, newer, older = found[-MAX_REQUESTS:], more, True
    else:
        shown, newer, older = found[:MAX_REQUESTS], after is not None, more
    return {
        "exchanges": shown,
        "newer": newer,
        "older": older,
        "kind": kind or "",
        "status": status or "",
        "kinds": store.requested_kinds(),
        "statuses": list(STATUSES),
    }


def jq_form(store: CatalogStore, query: QueryParams) -> JsonObject:
    """What the playground begins with: an expression, and an entity's raw item."""
    raw = store.raw_item(query.get("blueprint", ""), query.get("identifier", ""))
    return {"program": query.get("program", "."), "raw": raw}


def _mapped(store: CatalogStore, entity: Entity, index: int | None) -> Mapped:
    match entity.author.datasource.split("/"):
        case ["port-ocean", _, _, integration, _]:
            try:
                record = store.integration(integration)
            except NotFoundError:
                return NOTHING_MAPPED
            return resource_for(record.get("config"), entity, index)
        case _:
            return NOTHING_MAPPED


def _columns(blueprint: JsonObject) -> dict[str, str]:
    """The names and titles of the properties that a list shows."""
    schema = cast("dict[str, dict[str, JsonObject]]", blueprint.get("schema", {}))
    properties = schema.get("properties", {})
    return {
        name: str(properties[name].get("title") or name) for name in [*properties][:MAX_COLUMNS]
    }


def _targets(
    store: CatalogStore, blueprint: JsonObject, entity: Entity
) -> dict[str, tuple[str, dict[str, str | None]]]:
    """For each relation the blueprint it leads to, and the titles of the entities there."""
    declared = cast("dict[str, JsonObject]", blueprint["relations"])
    return {
        name: (
            str(relation["target"]),
            store.titles(str(relation["target"]), rules.targets(entity.relations.get(name))),
        )
        for name, relation in declared.items()
    }


def _resync(store: CatalogStore, resync: Resync) -> ResyncView:
    complaints = store.complaints(resync.resync_id, MAX_COMPLAINTS)
    kinds = [status for status in resync.kinds if not status.kind.startswith(_PHASES)]
    named = {status.kind for status in kinds}
    written = store.write_counts(resync.resync_id)
    return ResyncView(
        resync.resync_id,
        resync.begun_at,
        _seconds(resync),
        _state(resync.kinds),
        [_kind_row(status, written[status.kind_index], complaints) for status in kinds],
        sum(status.count("delete", "deleted") for status in resync.kinds),
        [complaint for complaint in complaints if complaint.kind not in named],
    )


def _seconds(resync: Resync) -> float:
    begun, reported = map(datetime.fromisoformat, (resync.begun_at, resync.reported_at))
    return (reported - begun).total_seconds()


def _state(kinds: list[KindStatus]) -> str:
    """The worst that was reported of any part of a resync."""
    states = {status.state for status in kinds}
    order = ("failed", "aborted", "syncing", "pending")
    return next((state for state in order if state in states), "completed")


def _kind_row(status: KindStatus, written: int, complaints: list[Complaint]) -> KindRow:
    return KindRow(
        status.kind,
        status.blueprint,
        status.state,
        found=status.count("extract", "raw_extracted"),
        mapped=status.count("transform", "transformed"),
        left_out=status.count("transform", "filtered_out"),
        written=written,
        refused=status.count("load", "failed"),
        complaints=[complaint for complaint in complaints if complaint.kind == status.kind],
    )


def _key(query: QueryParams, name: str) -> Key | None:
    match query.getlist(name):
        case [blueprint, identifier]:
            return blueprint, identifier
        case _:
            return None


def _number(query: QueryParams, name: str) -> int | None:
    text = query.get(name, "")
    is_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else None
