"""The sample API: a help desk over HTTP, as unpleasant as a real one.

    POST   /oauth/token                  {"client_id", "client_secret"} -> {"access_token", ...}
    GET    /api/agents                   a bare array, not paged
    GET    /api/tickets?page=&per_page=  {"tickets": [...], "meta": {"total": 137, "page": 1}}
    GET    /api/tickets/{id}/comments    {"comments": [...]}
    PATCH  /api/tickets/{id}             {"title": "..."}
    DELETE /api/tickets/{id}

Everything below /api wants `Authorization: Bearer <access_token>`, where `TOKEN` will do without a
login, and now and then answers 503, or 429 with `Retry-After`. The same request, made again, is
answered.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.helpdesk import (
    CLIENT_ID,
    CLIENT_SECRET,
    TOKEN,
    Agent,
    Comment,
    Counts,
    Fault,
    Faults,
    Helpdesk,
    Ticket,
)

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "TOKEN",
    "Agent",
    "Comment",
    "Counts",
    "Faults",
    "Helpdesk",
    "Ticket",
    "create_app",
]

_DEFAULT_PAGE_SIZE: Final = 25
_MAX_PAGE_SIZE: Final = 100
_RETRY_AFTER_SECONDS: Final = 1

type _Handler = Callable[[Helpdesk, Request], Awaitable[Response]]
type _Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(helpdesk: Helpdesk) -> Starlette:
    """The API over `helpdesk`, which may be looked at and changed meanwhile."""
    return Starlette(
        routes=[
            Route("/oauth/token", _open(helpdesk, _log_in), methods=["POST"]),
            Route("/api/agents", _guarded(helpdesk, _agents)),
            Route("/api/tickets", _guarded(helpdesk, _tickets)),
            Route("/api/tickets/{id:int}/comments", _guarded(helpdesk, _comments)),
            Route("/api/tickets/{id:int}", _guarded(helpdesk, _rename), methods=["PATCH"]),
            Route("/api/tickets/{id:int}", _guarded(helpdesk, _remove), methods=["DELETE"]),
        ],
        exception_handlers={HTTPException: _refuse},
    )


def _open(helpdesk: Helpdesk, handler: _Handler) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        return await handler(helpdesk, request)

    return endpoint


def _guarded(helpdesk: Helpdesk, handler: _Handler) -> _Endpoint:
    """The handler behind the check of the token, and behind the faults."""

    async def endpoint(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not helpdesk.admit(token if scheme == "Bearer" else ""):
            raise HTTPException(401, "log in at /oauth/token first")
        match helpdesk.fault(f"{request.method} {request.url.path}?{request.url.query}"):
            case Fault.UNAVAILABLE:
                raise HTTPException(503, "back in a moment")
            case Fault.THROTTLED:
                wait = {"Retry-After": str(_RETRY_AFTER_SECONDS)}
                raise HTTPException(429, "too many requests", headers=wait)
            case None:
                return await handler(helpdesk, request)

    return endpoint


async def _refuse(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return _json({"error": error.detail}, status=error.status_code, headers=error.headers)


class _Login(msgspec.Struct, frozen=True):
    client_id: str
    client_secret: str


class _TicketChange(msgspec.Struct, frozen=True):
    title: str


async def _log_in(helpdesk: Helpdesk, request: Request) -> Response:
    login = await _decode(request, _Login)
    token = helpdesk.log_in(login.client_id, login.client_secret)
    if token is None:
        raise HTTPException(401, "unknown client or wrong secret")
    return _json(
        {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": helpdesk.token_lifetime_seconds,
        }
    )


async def _agents(helpdesk: Helpdesk, _: Request) -> Response:
    return _json(helpdesk.agents())


async def _tickets(helpdesk: Helpdesk, request: Request) -> Response:
    page = _number(request, "page", default=1)
    size = min(_number(request, "per_page", default=_DEFAULT_PAGE_SIZE), _MAX_PAGE_SIZE)
    tickets = helpdesk.tickets()
    shown = tickets[(page - 1) * size : page * size]
    return _json({"tickets": shown, "meta": {"total": len(tickets), "page": page}})


async def _comments(helpdesk: Helpdesk, request: Request) -> Response:
    try:
        return _json({"comments": helpdesk.comments(request.path_params["id"])})
    except KeyError as error:
        raise HTTPException(404, "no such ticket") from error


async def _rename(helpdesk: Helpdesk, request: Request) -> Response:
    change = await _decode(request, _TicketChange)
    try:
        helpdesk.rename_ticket(request.path_params["id"], change.title)
    except KeyError as error:
        raise HTTPException(404, "no such ticket") from error
    return Response(status_code=204)


async def _remove(helpdesk: Helpdesk, request: Request) -> Response:
    try:
        helpdesk.remove_ticket(request.path_params["id"])
    except KeyError as error:
        raise HTTPException(404, "no such ticket") from error
    return Response(status_code=204)


def _number(request: Request, name: str, *, default: int) -> int:
    """A query parameter that counts from 1; raises HTTPException for anything else."""
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or int(text) == 0:
        raise HTTPException(400, f"{name} must be a number from 1")
    return int(text)


async def _decode[T](request: Request, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.body(), type=shape)
    except msgspec.DecodeError as error:
        raise HTTPException(400, str(error)) from error


def _json(
    content: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    body = msgspec.json.encode(content)
    return Response(body, status_code=status, headers=headers, media_type="application/json")
