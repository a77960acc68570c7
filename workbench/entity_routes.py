"""The routes of Port's API for entities: written, deleted, searched.

https://docs.port.io/api-reference/port-api
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from workbench.answers import Handler, author_of, decode, decode_object, flag, ok, segment
from workbench.store import CatalogStore
from workbench.store.model import (
    Author,
    CatalogError,
    ConflictError,
    EntityBody,
    InvalidError,
    JsonObject,
    Upserted,
    WriteOptions,
)
from workbench.store.observations import Refusal
from workbench.store.search import project

_MAX_BULK_ENTITIES: Final = 20
_DATASOURCE_PAGE_SIZE: Final = 5000


async def _get_entities(store: CatalogStore, request: Request) -> Response:
    blueprint = segment(request, "blueprint")
    store.blueprint(blueprint)
    return ok(entities=[entity.as_json() for entity in store.entities(blueprint)])


async def _get_entity(store: CatalogStore, request: Request) -> Response:
    entity = store.entity(segment(request, "blueprint"), segment(request, "entity"))
    return ok(entity=entity.as_json())


async def _upsert_entity(store: CatalogStore, request: Request) -> Response:
    body = await decode(request, EntityBody)
    blueprint = segment(request, "blueprint")
    author = author_of(request)
    try:
        outcome = store.upsert(blueprint, body, _write_options(request), author)
    except CatalogError as error:
        _note_refusals(store, blueprint, author, [body], [error])
        raise
    status = HTTPStatus.CREATED if outcome.before is None else HTTPStatus.OK
    return ok(status=status, entity=outcome.entity.as_json())


async def _upsert_entities(store: CatalogStore, request: Request) -> Response:
    bodies = (await decode(request, _Bulk)).entities
    if len(bodies) > _MAX_BULK_ENTITIES:
        raise InvalidError(f"more than {_MAX_BULK_ENTITIES} entities in one request")
    blueprint = segment(request, "blueprint")
    author = author_of(request)
    outcomes = store.upsert_many(blueprint, bodies, _write_options(request), author)
    _note_refusals(store, blueprint, author, bodies, outcomes)
    return _bulk_answer(bodies, outcomes)


async def _delete_entity(store: CatalogStore, request: Request) -> Response:
    blueprint, identifier = segment(request, "blueprint"), segment(request, "entity")
    store.entity(blueprint, identifier)
    dependents = flag(request, "delete_dependents")
    author = author_of(request)
    if not store.delete_entities(blueprint, [identifier], author, dependents=dependents):
        raise ConflictError(f"other entities need {identifier}")
    return ok()


async def _delete_entities(store: CatalogStore, request: Request) -> Response:
    body = await decode(request, _BulkDelete)
    deleted = store.delete_entities(
        segment(request, "blueprint"),
        body.entities,
        author_of(request),
        dependents=flag(request, "delete_dependents"),
    )
    return ok(deletedEntities=deleted)


async def _delete_all_entities(store: CatalogStore, request: Request) -> Response:
    blueprint = segment(request, "blueprint")
    with_blueprint = flag(request, "delete_blueprint")
    migration = store.delete_all(blueprint, author_of(request), with_blueprint=with_blueprint)
    return ok(migrationId=migration)


async def _get_migration(store: CatalogStore, request: Request) -> Response:
    return ok(migration=store.migration(segment(request, "migration")))


async def _search_entities(store: CatalogStore, request: Request) -> Response:
    query = await decode_object(request)
    include = request.query_params.getlist("include")
    return ok(entities=[project(entity.as_json(), include) for entity in store.search(query)])


async def _datasource_entities(store: CatalogStore, request: Request) -> Response:
    query = await decode(request, _DatasourceQuery)
    found = store.by_datasource(
        query.datasource_prefix,
        query.datasource_suffix,
        after=_position(query.start),
        before=query.before,
        limit=query.limit + 1,  # one more tells whether there is a next page
    )
    page, more = found[: query.limit], found[query.limit :]
    include = ["blueprint", "identifier", "relations"]
    following = _cursor(page[-1].blueprint, page[-1].identifier) if more else None
    return ok(entities=[project(entity.as_json(), include) for entity in page], next=following)


class _Bulk(msgspec.Struct, frozen=True):
    entities: list[EntityBody]


class _BulkDelete(msgspec.Struct, frozen=True):
    entities: list[str]


class _DatasourceQuery(msgspec.Struct, frozen=True):
    datasource_prefix: str
    datasource_suffix: str
    limit: Annotated[int, msgspec.Meta(ge=1, le=_DATASOURCE_PAGE_SIZE)] = _DATASOURCE_PAGE_SIZE
    before: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    start: str | None = msgspec.field(name="from", default=None)


def _write_options(request: Request) -> WriteOptions:
    return WriteOptions(
        upsert=flag(request, "upsert"),
        merge=flag(request, "merge"),
        create_missing=flag(request, "create_missing_related_entities"),
        validate_only=flag(request, "validation_only"),
    )


def _note_refusals(
    store: CatalogStore,
    blueprint: str,
    author: Author,
    bodies: Sequence[EntityBody],
    outcomes: Sequence[Upserted | CatalogError],
) -> None:
    for body, outcome in zip(bodies, outcomes, strict=True):
        if isinstance(outcome, CatalogError):
            named = body.identifier if isinstance(body.identifier, str) else "found by a search"
            store.add_refusal(Refusal(author.resync_id, blueprint, named, str(outcome)))


def _bulk_answer(bodies: list[EntityBody], outcomes: list[Upserted | CatalogError]) -> Response:
    """200, or 207 when some entities were refused; both lists name entities by their index."""
    entities: list[JsonObject] = []
    errors: list[JsonObject] = []
    for index, (body, outcome) in enumerate(zip(bodies, outcomes, strict=True)):
        match outcome:
            case Upserted(entity, before):
                entities.append(
                    {"index": index, "identifier": entity.identifier, "created": before is None}
                )
            case error:
                errors.append(_bulk_error(index, body, error))
    status = HTTPStatus.MULTI_STATUS if errors else HTTPStatus.OK
    return ok(status=status, entities=entities, errors=errors)


def _bulk_error(index: int, body: EntityBody, error: CatalogError) -> JsonObject:
    return {
        "index": index,
        # Ocean looks for this word when a search stands in place of the identifier.
        "identifier": body.identifier if isinstance(body.identifier, str) else "unknown",
        "statusCode": error.status,
        "error": error.code,
        "message": str(error),
    }


def _cursor(blueprint: str, identifier: str) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((blueprint, identifier))).decode("ascii")


def _position(cursor: str | None) -> tuple[str, str]:
    """The blueprint and identifier in a cursor of ours; before the first without one."""
    if cursor is None:
        return "", ""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=tuple[str, str])
    except (binascii.Error, msgspec.DecodeError) as error:
        raise InvalidError("this cursor was not made here") from error


ENTITY_ROUTES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/v1/blueprints/{blueprint}/entities", _get_entities),
    ("POST", "/v1/blueprints/{blueprint}/entities", _upsert_entity),
    ("POST", "/v1/blueprints/{blueprint}/entities/bulk", _upsert_entities),
    ("POST", "/v1/blueprints/{blueprint}/bulk/entities/delete", _delete_entities),
    ("DELETE", "/v1/blueprints/{blueprint}/all-entities", _delete_all_entities),
    ("GET", "/v1/blueprints/{blueprint}/entities/{entity}", _get_entity),
    ("DELETE", "/v1/blueprints/{blueprint}/entities/{entity}", _delete_entity),
    ("POST", "/v1/blueprints/entities/datasource-entities", _datasource_entities),
    ("POST", "/v1/entities/search", _search_entities),
    ("GET", "/v1/migrations/{migration}", _get_migration),
)
"""Method, path, handler."""
