"""The routes of Port's API that Ocean calls, and a few for looking on, as functions of the store.

Ocean's own client is the reference: `port_ocean/clients/port/`. What an answer means is documented
at https://docs.port.io/api-reference/port-api.
"""

from http import HTTPStatus
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from workbench.answers import Handler, decode, decode_object, ok, segment
from workbench.entity_routes import ENTITY_ROUTES
from workbench.store import CatalogStore
from workbench.store.model import JsonObject, KindStatus

# Organization


async def _organization(_: CatalogStore, __: Request) -> Response:
    # Without feature flags Ocean maps and upserts itself, and does not hand raw data to Port.
    return ok(organization={"id": "workbench", "name": "Workbench", "featureFlags": []})


async def _take_probe_report(_: CatalogStore, __: Request) -> Response:
    return ok()


# Integrations


async def _provision_enabled(_: CatalogStore, __: Request) -> Response:
    return ok(integrations=[])


async def _get_integration(store: CatalogStore, request: Request) -> Response:
    return _integration_answer(request, store.integration(segment(request, "integration")))


async def _create_integration(store: CatalogStore, request: Request) -> Response:
    body = await decode_object(request)
    return _integration_answer(request, store.create_integration(body))


async def _patch_integration(store: CatalogStore, request: Request) -> Response:
    changes = await decode_object(request)
    identifier = segment(request, "integration")
    return _integration_answer(request, store.patch_integration(identifier, changes))


async def _delete_integration(store: CatalogStore, request: Request) -> Response:
    store.delete_integration(segment(request, "integration"))
    return ok()


async def _patch_resync_state(store: CatalogStore, request: Request) -> Response:
    changes = await decode_object(request)
    identifier = segment(request, "integration")
    return _integration_answer(request, store.patch_resync_state(identifier, changes))


async def _get_resync_request(store: CatalogStore, request: Request) -> Response:
    store.integration(segment(request, "integration"))
    # Nobody can ask for a resync here: this catalog has no page with a "Resync" button.
    return ok(request={})


async def _add_examples(store: CatalogStore, request: Request) -> Response:
    body = await decode(request, _Examples)
    store.add_examples(segment(request, "kind"), body.examples)
    return ok()


async def _get_cursor(store: CatalogStore, request: Request) -> Response:
    return ok(cursor=store.cursor(*_cursor_key(request)))


async def _put_cursor(store: CatalogStore, request: Request) -> Response:
    body = await decode_object(request)
    store.put_cursor(*_cursor_key(request), body)
    return ok(cursor=body)


class _Examples(msgspec.Struct, frozen=True):
    examples: list[JsonObject]


def _cursor_key(request: Request) -> tuple[str, str, str]:
    query = request.query_params
    return segment(request, "integration"), query.get("kind", ""), query.get("index", "0")


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
    return ok(blueprint=store.blueprint(segment(request, "blueprint")))


async def _create_blueprint(store: CatalogStore, request: Request) -> Response:
    body = await decode_object(request)
    return ok(status=HTTPStatus.CREATED, blueprint=store.create_blueprint(body))


async def _patch_blueprint(store: CatalogStore, request: Request) -> Response:
    changes = await decode_object(request)
    return ok(blueprint=store.patch_blueprint(segment(request, "blueprint"), changes))


async def _delete_blueprint(store: CatalogStore, request: Request) -> Response:
    store.delete_blueprint(segment(request, "blueprint"))
    return ok()


def _resource_creator(category: str) -> Handler:
    async def create(store: CatalogStore, request: Request) -> Response:
        body = await decode_object(request)
        store.add_resource(category, body)
        return ok(status=HTTPStatus.CREATED)

    return create


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
    ("PATCH", "/v1/org/{organization}/integration/probe/{probe}", _take_probe_report),
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
    ("POST", "/ingest/logs", _add_logs),
    ("POST", "/ingest/metrics/syncMetrics", _post_metrics),
    ("PUT", "/ingest/metrics/syncMetrics/resync/{resync}/kind/{kind}", _put_metrics),
    ("POST", "/ingest/metrics/heartbeat", _heartbeat),
    *ENTITY_ROUTES,
)
