"""The local catalog in a process of its own: Port, as slow as wanted.

with service("benchmarks.port", Catalog("catalog.sqlite")) as url:
...
"""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.answers import ok
from workbench.catalog import CatalogStore, create_app
from workbench.serve import serving


class Catalog(msgspec.Struct, frozen=True):
    """The file it is kept in, and how it behaves.

    `delay`: seconds that every bulk of entities takes. `takes_raw_data`: Port's data source
    processor maps, so Ocean hands over the items as they are; here they are only counted.
    """

    path: str
    delay: float = 0
    takes_raw_data: bool = False


RAW = "raw"
"""The store's category of resources that says how many items came in each raw batch."""


class _Slow:
    """Lets writes of entities wait; whoever is stopped in the middle of a request is no fault."""

    def __init__(self, app: ASGIApp, delay: float) -> None:
        self._app = app
        self._delay = delay

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._delay and scope.get("path", "").endswith("/bulk"):
            await asyncio.sleep(self._delay)
        with suppress(ClientDisconnect):
            await self._app(scope, receive, send)


def _with_processor(app: ASGIApp, store: CatalogStore) -> ASGIApp:
    """The catalog with what Ocean asks of a Port that maps by itself."""

    async def organization(_: Request) -> Response:
        flags = ["LAKEHOUSE_ELIGIBLE", "DATA_SOURCE_PROCESSOR_ENABLED"]
        return ok(organization={"id": "benchmark", "name": "Benchmark", "featureFlags": flags})

    async def write(request: Request) -> Response:
        entries = msgspec.json.decode(await request.body())["data"]
        store.add_resource(RAW, {"items": sum(len(entry["items"]) for entry in entries)})
        return ok()

    async def lifecycle(_: Request) -> Response:
        return JSONResponse({"status": "started"})

    return Starlette(
        routes=[
            Route("/v1/organization", organization),
            Route("/ingest/lake/{rest:path}", write, methods=["POST"]),
            Route("/v1/lifecycle/{rest:path}", lifecycle, methods=["GET", "POST"]),
            Mount("/", app),
        ]
    )


def _serve(catalog: Catalog) -> None:
    # Blocked before the server's thread starts, so that it waits here and nowhere else.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    with CatalogStore(catalog.path) as store:
        app: ASGIApp = _Slow(create_app(store), catalog.delay)
        if catalog.takes_raw_data:
            app = _with_processor(app, store)
        with serving(app) as url:
            print(url, flush=True)
            signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    _serve(msgspec.json.decode(sys.argv[1], type=Catalog))
