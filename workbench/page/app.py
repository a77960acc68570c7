"""The page's routes: each view is a GET of its own, and jq a POST that changes nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from errors import MappingError
from jq_engine.programs import JqError, jq_reason
from jq_engine.worker import JqLimits, JqWorker
from workbench.page import views
from workbench.page.rendering import rendered
from workbench.page.views import View
from workbench.store import CatalogStore
from workbench.store.model import CatalogError, Json, JsonObject, NotFoundError, TooLargeError

_HERE: Final = Path(__file__).parent
_MB: Final = 1024 * 1024
_JQ_LIMITS: Final = JqLimits(seconds=5, memory_bytes=512 * _MB, output_bytes=_MB)
_MAX_FORM_BYTES: Final = 4 * _MB

_VIEWS: Final[dict[str, tuple[str, View]]] = {
    "/": ("blueprints.html", views.blueprints),
    "/entities": ("entities.html", views.entities),
    "/entity": ("entity.html", views.entity),
    "/resyncs": ("resyncs.html", views.resyncs),
    "/requests": ("requests.html", views.requests),
}

type _Endpoint = Callable[[Request], Response]


def page_routes(store: CatalogStore) -> list[BaseRoute]:
    """The routes of the page over a catalog."""
    shown = [Route(path, _view(store, name, view)) for path, (name, view) in _VIEWS.items()]
    return [
        *shown,
        Route("/jq", _jq_form(store), methods=["GET"]),
        Route("/jq", _jq, methods=["POST"]),
        Mount("/static", StaticFiles(directory=_HERE / "static")),
    ]


def is_browser(request: Request) -> bool:
    """Whether a person's browser asks, and not Ocean."""
    return "sec-fetch-mode" in request.headers or "text/html" in request.headers.get("accept", "")


def not_found(request: Request) -> Response:
    """What a browser gets for an address that is not there."""
    return _failed(request, NotFoundError("There is no such page."))


def _view(store: CatalogStore, name: str, view: View) -> _Endpoint:
    def endpoint(request: Request) -> Response:
        try:
            context = view(store, request.query_params)
        except CatalogError as error:
            return _failed(request, error)
        return rendered(name, request, context)

    return endpoint


def _jq_form(store: CatalogStore) -> _Endpoint:
    def endpoint(request: Request) -> Response:
        given = views.jq_form(store, request.query_params)
        raw = given["raw"]
        context: JsonObject = {
            "program": given["program"],
            "value": json.dumps(getattr(raw, "body", {}), indent=2, ensure_ascii=False),
            "outputs": None,
            "error": None,
        }
        return rendered("jq.html", request, context)

    return endpoint


async def _jq(request: Request) -> Response:
    if int(request.headers.get("content-length", _MAX_FORM_BYTES + 1)) > _MAX_FORM_BYTES:
        return _failed(request, TooLargeError("The item is too large to be tried here."))
    form = dict(parse_qsl((await request.body()).decode("ascii", "replace")))
    program, text = form.get("program", "."), form.get("value", "")
    outputs, error = await _run(program, text)
    context: JsonObject = {
        "program": program,
        "value": text,
        "outputs": outputs,
        "error": error,
    }
    return rendered("jq.html", request, context)


async def _run(program: str, text: str) -> tuple[list[Json] | None, str | None]:
    """The outputs of a program on a JSON text, or why there are none."""
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return None, f"The item is no JSON: {error}"
    # As in a mapping, 'x' may be written for "x".
    quoted = program if '"' in program else program.replace("'", '"')
    worker = JqWorker(limits=_JQ_LIMITS)
    try:
        if fault := await _fault(worker, quoted):
            return None, fault
        found = await worker.run(quoted, text.encode(), where="The program")
        outputs: list[Json] = msgspec.json.decode(found)
    except (JqError, MappingError, msgspec.DecodeError, RecursionError) as error:
        return None, str(error)
    else:
        return outputs, None
    finally:
        await worker.aclose()


async def _fault(worker: JqWorker, program: str) -> str | None:
    """Why a text is no program, in jq's words; raises MappingError as the worker does."""
    try:
        await worker.check(program, where="The program")
    except JqError as error:
        return f"The program does not compile: {jq_reason(error)}"
    return None


def _failed(request: Request, error: CatalogError) -> Response:
    context: JsonObject = {"message": str(error)}
    return rendered("error.html", request, context, status=error.status)
