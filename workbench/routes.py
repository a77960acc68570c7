"""The routes of Port's API that Ocean calls, and a few for looking on, as functions of the store.

Ocean's own client is the reference: `port_ocean/clients/port/`. What an answer means is documented
at https://docs.port.io/api-reference/port-api.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import unquote_plus

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from workbench.store import CatalogStore
from workbench.store.model import (
    Author,
    CatalogError,
    ConflictError,
    EntityBody,
    InvalidError,
    Json,
    JsonObject,
    KindStatus,
    TooLargeError,
    Upserted,
    WriteOptions,
)
from workbench.store.observations import Refusal
from workbench.store.search import project

type Handler = Callable[[CatalogStore, Request], Awaitable[Response]]

_MAX_BODY_BYTES: Final = 1024 * 1024
_MAX_BULK_ENTITIES: Final = 20
_DATASOURCE_PAGE_SIZE: Final = 5000


def ok(*, status: HTTPStatus = HTTPStatus.OK, **fields: Json) -> Response:
    """An answer in Port's form: `{"ok": true, ...}`."""
    return JSONResponse({"ok": True, **fields}, status_code=status)


async def decode[T](request: Request, shape: type[T]) -> T:
    """The request's JSON body; raises InvalidError unless it has the shape."""
    body = await request.body()
    if len(body) > _MAX_BODY_BYTES:
        raise TooLargeError(f"the body is larger than {_MAX_BODY_BYTES} bytes")
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.DecodeError as error:
        raise InvalidError(f"the body does not fit the route: {error}") from error


async def _decode_object(request: Request) -> JsonObject:
    return await decode(request, dict[str, Json])


def _segment(request: Request, name: str) -> str:
    """A part of the path; Ocean encodes it as a form would, with "+" for a space."""
    return unquote_plus(str(request.path_params[name]))


def _flag(request: Request, name: str) -> bool:
    return request.query_params.get(name) == "true"


def _author(request: Request) -> Author:
    return Author(
        datasource=request.headers.get("user-agent", ""),
        resync_id=request.query_params.get("ocean_info_resync_id", ""),
    )


# Organization


async def _organization(_: CatalogStore, __: Request) -> Response:
    # Without feature flags Ocean maps and upserts itself, and does not hand raw data to Port.
    return ok(organization={"id": "workbench", "name": "Workbench", "featureFlags": []})


# Integrations


async def _provision_enabled(_: CatalogStore, __: Request) -> Response:
    return ok(integrations=[])


async def _get_integration(store: CatalogStore, request: Request) -> Response:
    return _integration_answer(request, store.integration(_segment(request, "integration")))


async def _create_integration(store: CatalogStore, request: Request) -> Response:
    body = await _decode_object(request)
    return _integration_answer(request, store.create_integration(body))


async def _patch_integration(store: CatalogStore, request: Request) -> Response:
    changes = await _decode_object(request)
    identifier = _segment(request, "integration")
    return _integration_answer(request, store.patch_integration(identifier, changes))


async def _delete_integration(store: CatalogStore, request: Request) -> Response:
    store.delete_integration(_segment(request, "integration"))
    return ok()


async def _patch_resync_state(store: CatalogStore, request: Request) -> Response:
    changes = await _decode_object(request)
    identifier = _segment(request, "integration")
    return _integration_answer(request, store.patch_resync_state(identifier, changes))


async def _get_resync_request(store: CatalogStore, request: Request) -> Response:
    store.integration(_segment(request, "integration"))
    # Nobody can ask for a resync here: this catalog has no page with a "Resync" button.
    return ok(request={})


async def _add_examples(store: CatalogStore, request: Request) -> Response:
    body = await decode(request, _Examples)
    store.add_examples(_segment(request, "kind"), body.examples)
    return ok()


async def _get_cursor(store: CatalogStore, request: Request) -> Response:
    return ok(cursor=store.cursor(*_cursor_key(request)))


async def _put_cursor(store: CatalogStore, request: Request) -> Response:
    body = await _decode_object(request)
    store.put_cursor(*_cursor_key(request), body)
    return ok(cursor=body)


class _Examples(msgspec.Struct, frozen=True):
    examples: list[JsonObject]


def _cursor_key(request: Request) -> tuple[str, str, str]:
    query = request.query_params
    return _segment(request, "integration"), query.get("kind", ""), query.get("index", "0")


def _integration_answer(request: Request, record: JsonObject) -> Response:
    """An integration's record, with the addresses where Ocean is to send logs and progress."""
    ingest = f"{request.base_url}ingest"
    return ok(
        integration={
            **record,
            "logAttributes": {"ingestUrl": f"{ingest}/logs"},
            "metricAttributes": {"ingestUrl": f"{ingest}/metrics"},
            "ingestAttributes": {"ingestUrl": ingest},
        }
    )


# Blueprints and what Ocean creates beside them


async def _get_blueprints(store: CatalogStore, _: Request) -> Response:
    return ok(blueprints=store.blueprints())


async def _get_blueprint(store: CatalogStore, request: Request) -> Response:
    return ok(blueprint=store.blueprint(_segment(request, "blueprint")))


async def _create_blueprint(store: CatalogStore, request: Request) -> Response:
    body = await _decode_object(request)
    return ok(status=HTTPStatus.CREATED, blueprint=store.create_blueprint(body))


async def _patch_blueprint(store: CatalogStore, request: Request) -> Response:
    changes = await _decode_object(request)
    return ok(blueprint=store.patch_blueprint(_segment(request, "blueprint"), changes))


async def _delete_blueprint(store: CatalogStore, request: Request) -> Response:
    store.delete_blueprint(_segment(request, "blueprint"))
    return ok()


def _resource_creator(category: str) -> Handler:
    async def create(store: CatalogStore, request: Request) -> Response:
        body = await _decode_object(request)
        store.add_resource(category, body)
        return ok(status=HTTPStatus.CREATED)

    return create


# Entities


async def _get_entities(store: CatalogStore, request: Request) -> Response:
    blueprint = _segment(request, "blueprint")
    store.blueprint(blueprint)
    return ok(entities=[entity.as_json() for entity in store.entities(blueprint)])


async def _get_entity(store: CatalogStore, request: Request) -> Response:
    entity = store.entity(_segment(request, "blueprint"), _segment(request, "entity"))
    return ok(entity=entity.as_json())


async def _upsert_entity(store: CatalogStore, request: Request) -> Response:
    body = await decode(request, EntityBody)
    blueprint = _segment(request, "blueprint")
    author = _author(request)
    try:
        outcome = store.upsert(blueprint, body, _write_options(request), author)
    except CatalogError as error:
        _note_refusals(store, blueprint, author, [body], [error])
        raise
    status = HTTPStatus.CREATED if outcome.created else HTTPStatus.OK
    return ok(status=status, entity=outcome.entity.as_json())


async def _upsert_entities(store: CatalogStore, request: Request) -> Response:
    bodies = (await decode(request, _Bulk)).entities
    if len(bodies) > _MAX_BULK_ENTITIES:
        raise InvalidError(f"more than {_MAX_BULK_ENTITIES} entities in one request")
    blueprint = _segment(request, "blueprint")
    author = _author(request)
    outcomes = store.upsert_many(blueprint, bodies, _write_options(request), author)
    _note_refusals(store, blueprint, author, bodies, outcomes)
    return _bulk_answer(bodies, outcomes)


async def _delete_entity(store: CatalogStore, request: Request) -> Response:
    blueprint, identifier = _segment(request, "blueprint"), _segment(request, "entity")
    store.entity(blueprint, identifier)
    dependents = _flag(request, "delete_dependents")
    author = _author(request)
    if not store.delete_entities(blueprint, [identifier], author, dependents=dependents):
        raise ConflictError(f"other entities need {identifier}")
    return ok()


async def _delete_entities(store: CatalogStore, request: Request) -> Response:
    body = await decode(request, _BulkDelete)
    deleted = store.delete_entities(
        _segment(request, "blueprint"),
        body.entities,
        _author(request),
        dependents=_flag(request, "delete_dependents"),
    )
    return ok(deletedEntities=deleted)


async def _delete_all_entities(store: CatalogStore, request: Request) -> Response:
    blueprint = _segment(request, "blueprint")
    with_blueprint = _flag(request, "delete_blueprint")
    migration = store.delete_all(blueprint, _author(request), with_blueprint=with_blueprint)
    return ok(migrationId=migration)


async def _get_migration(store: CatalogStore, request: Request) -> Response:
    return ok(migration=store.migration(_segment(request, "migration")))


async def _search_entities(store: CatalogStore, request: Request) -> Response:
    query = await _decode_object(request)
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
        upsert=_flag(request, "upsert"),
        merge=_flag(request, "merge"),
        create_missing=_flag(request, "create_missing_related_entities"),
        validate_only=_flag(request, "validation_only"),
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
            case Upserted(entity, created):
                entities.append(
                    {"index": index, "identifier": entity.identifier, "created": created}
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


# What Ocean reports while it runs, below the ingest addresses of the integration


async def _add_logs(store: CatalogStore, request: Request) -> Response:
    store.add_logs((await decode(request, _Logs)).logs)
    return ok()


async def _post_metrics(store: CatalogStore, request: Request) -> Response:
    for report in (await decode(request, _KindsReport)).sync_kinds_metrics:
        store.put_kind_status(report.status())
    return ok()


async def _put_metrics(store: CatalogStore, request: Request) -> Response:
    store.put_kind_status((await decode(request, _KindReport)).sync_kind_metrics.status())
    return ok()


async def _heartbeat(_: CatalogStore, __: Request) -> Response:
    return ok()


class _Logs(msgspec.Struct, frozen=True):
    logs: list[JsonObject]


class _KindMetrics(msgspec.Struct, frozen=True, rename="camel"):
    event_id: str
    kind: str
    kind_index: int
    sync_state: str
    metrics: JsonObject
    blueprint: str = ""

    def status(self) -> KindStatus:
        """The report in the form the store keeps."""
        return KindStatus(
            self.event_id,
            self.kind,
            self.kind_index,
            blueprint=self.blueprint,
            state=self.sync_state,
            metrics=self.metrics,
        )


class _KindReport(msgspec.Struct, frozen=True, rename="camel"):
    sync_kind_metrics: _KindMetrics


class _KindsReport(msgspec.Struct, frozen=True, rename="camel"):
    sync_kinds_metrics: list[_KindMetrics]


# Method, path, handler. A handler sees only requests with a valid token.
ROUTES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/v1/organization", _organization),
    ("POST", "/v1/integration", _create_integration),
    ("GET", "/v1/integration/provision-enabled", _provision_enabled),
    ("GET", "/v1/integration/{integration}", _get_integration),
    ("PATCH", "/v1/integration/{integration}", _patch_integration),
    ("DELETE", "/v1/integration/{integration}", _delete_integration),
    ("PATCH", "/v1/integration/{integration}/config", _patch_integration),
    ("PATCH", "/v1/integration/{integration}/resync-state", _patch_resync_state),
    ("GET", "/v1/integration/{integration}/resync-request", _get_resync_request),
    ("POST", "/v1/integration/{integration}/kinds/{kind}/examples", _add_examples),
    ("GET", "/v1/integration/{integration}/cursor", _get_cursor),
    ("PUT", "/v1/integration/{integration}/cursor", _put_cursor),
    ("GET", "/v1/blueprints", _get_blueprints),
    ("POST", "/v1/blueprints", _create_blueprint),
    ("GET", "/v1/blueprints/{blueprint}", _get_blueprint),
    ("PATCH", "/v1/blueprints/{blueprint}", _patch_blueprint),
    ("DELETE", "/v1/blueprints/{blueprint}", _delete_blueprint),
    ("POST", "/v1/blueprints/{blueprint}/scorecards", _resource_creator("scorecards")),
    ("POST", "/v1/actions", _resource_creator("actions")),
    ("POST", "/v1/pages", _resource_creator("pages")),
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
    ("POST", "/ingest/logs", _add_logs),
    ("POST", "/ingest/metrics/syncMetrics", _post_metrics),
    ("PUT", "/ingest/metrics/syncMetrics/resync/{resync}/kind/{kind}", _put_metrics),
    ("POST", "/ingest/metrics/heartbeat", _heartbeat),
)
