"""A local stand-in for Port's API, complete enough for a whole `ocean sail`.

    with CatalogStore() as store, serving(create_app(store)) as url:
        ...  # OCEAN__PORT__BASE_URL=url, any client id and secret
        store.entities("ticket")

For a person with a browser the same address has a page (`workbench.page`).

The routes are in `workbench.routes`. A route that is not there answers 404 and is remembered:
`store.unknown_requests()`.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.answers import Handler, decode, ok
from workbench.page.app import is_browser, not_found, page_routes
from workbench.page.guards import guards
from workbench.routes import ROUTES
from workbench.store import CatalogStore
from workbench.store.model import CatalogError, JsonObject, NotFoundError, UnauthorizedError

__all__ = ["CatalogStore", "create_app"]

_TOKEN_LIFETIME_SECONDS: Final = 3600


def create_app(
    store: CatalogStore, *, token_lifetime_seconds: int = _TOKEN_LIFETIME_SECONDS
) -> Starlette:
    """The catalog's API over `store`, which stays the caller's to close.

    A client that is slower than `token_lifetime_seconds` gets 401 and must log in again.
    """
    tokens = _Tokens(token_lifetime_seconds)
    return Starlette(
        routes=[
            Route(_LOGIN, _login(store, tokens), methods=["POST"]),
            *(_route(store, tokens, *entry) for entry in ROUTES),
            *page_routes(store),
        ],
        middleware=[*guards(), Middleware(_EncodedPath)],
        exception_handlers={
            CatalogError: _refuse,
            404: _unknown(store),
            405: _unknown(store),
        },
    )


_LOGIN: Final = "/v1/auth/access_token"

type _Endpoint = Callable[[Request], Awaitable[Response]]
type _ErrorHandler = Callable[[Request, Exception], Awaitable[Response]]


class _EncodedPath:
    """Matches routes against the path as it was sent.

    Ocean percent-encodes identifiers and kinds (`/api/tickets`) into one segment of a path; a
    server decodes the path before anything is matched, and the segment would become several.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "path": scope["raw_path"].decode("ascii")}
        await self._app(scope, receive, send)


class _Credentials(msgspec.Struct, frozen=True, rename="camel"):
    client_id: str
    client_secret: str


class _Tokens:
    """Signed tokens in the form Port uses (JWT, HS256), valid for `lifetime_seconds`."""

    def __init__(self, lifetime_seconds: int) -> None:
        self.lifetime_seconds = lifetime_seconds
        self._key = secrets.token_bytes(32)

    def issue(self, client_id: str) -> str:
        expires_at = int(time.time()) + self.lifetime_seconds
        claims: JsonObject = {"sub": client_id, "isMachine": True, "exp": expires_at}
        signed = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
        return f"{signed}.{self._signature(signed)}"

    def check(self, authorization: str) -> None:
        """Raise UnauthorizedError unless the header carries a token of ours that still holds."""
        scheme, _, token = authorization.partition(" ")
        signed, _, signature = token.rpartition(".")
        genuine = hmac.compare_digest(signature.encode(), self._signature(signed).encode())
        if scheme != "Bearer" or not genuine:
            raise UnauthorizedError("the request carries no token of this catalog")
        if _expiry(signed) <= time.time():
            raise UnauthorizedError("the token has expired")

    def _signature(self, signed: str) -> str:
        return _base64(hmac.digest(self._key, signed.encode(), hashlib.sha256))


class _Claims(msgspec.Struct, frozen=True):
    exp: int


def _expiry(signed: str) -> int:
    """Seconds since 1970, from the claims of a token whose signature was checked."""
    _, _, claims = signed.partition(".")
    padded = claims + "=" * (-len(claims) % 4)
    return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=_Claims).exp


def _encode(part: JsonObject) -> str:
    return _base64(msgspec.json.encode(part))


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode("ascii").rstrip("=")


def _login(store: CatalogStore, tokens: _Tokens) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        store.count_request(request.method, _LOGIN)
        credentials = await decode(request, _Credentials)
        # There are no accounts here: who names a client and a secret is let in.
        if not credentials.client_id or not credentials.client_secret:
            raise UnauthorizedError("clientId and clientSecret must not be empty")
        return ok(
            accessToken=tokens.issue(credentials.client_id),
            expiresIn=tokens.lifetime_seconds,
            tokenType="Bearer",
        )

    return endpoint


def _route(store: CatalogStore, tokens: _Tokens, method: str, path: str, handler: Handler) -> Route:
    async def endpoint(request: Request) -> Response:
        store.count_request(method, path)
        tokens.check(request.headers.get("authorization", ""))
        return await handler(store, request)

    return Route(path, endpoint, methods=[method])


async def _refuse(_: Request, error: Exception) -> Response:
    if not isinstance(error, CatalogError):
        raise error
    return JSONResponse(error.as_json(), status_code=error.status)


def _unknown(store: CatalogStore) -> _ErrorHandler:
    async def endpoint(request: Request, _: Exception) -> Response:
        if is_browser(request):
            return not_found(request)
        store.add_unknown_request(request.method, request.scope["path"])
        return await _refuse(request, NotFoundError("this catalog has no such route"))

    return endpoint
