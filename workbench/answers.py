"""What the routes of Port's API read a request with, and the form of their answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_plus

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from workbench.store import CatalogStore
from workbench.store.model import Author, InvalidError, Json, JsonObject, TooLargeError

type Handler = Callable[[CatalogStore, Request], Awaitable[Response]]

_MAX_BODY_BYTES: Final = 1024 * 1024


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


async def decode_object(request: Request) -> JsonObject:
    """The request's JSON body, whatever its keys; raises InvalidError unless it is an object."""
    return await decode(request, dict[str, Json])


def segment(request: Request, name: str) -> str:
    """A part of the path; Ocean encodes it as a form would, with "+" for a space."""
    return unquote_plus(str(request.path_params[name]))


def flag(request: Request, name: str) -> bool:
    """Whether a parameter of the query says true."""
    return request.query_params.get(name) == "true"


def author_of(request: Request) -> Author:
    """Who wrote, by the headers and parameters that Ocean sends."""
    return Author(
        datasource=request.headers.get("user-agent", ""),
        resync_id=request.query_params.get("ocean_info_resync_id", ""),
    )
