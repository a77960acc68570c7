"""What keeps other origins out of the catalog: a page elsewhere can neither ask nor read.

The page has no login, and Ocean's end of the catalog lets everybody log in: who may connect to this
machine's loopback may read. A browser here may be told to by any page it has open; it says so.
"""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The names of this machine; any other in a Host header is DNS rebinding.
_HOSTS: Final = ("127.0.0.1", "localhost")
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


def guards() -> list[Middleware]:
    """What stands before every route of the catalog, the API's too."""
    return [
        Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS, www_redirect=False),
        Middleware(_SameOrigin),
    ]


class _SameOrigin:
    """Refuses what a page of another origin has a browser send, and adds the headers.

    A link from elsewhere may be followed: it is a GET, and its origin cannot read the answer.
    Clients that are no browsers send no `Sec-Fetch-Site` and no `Origin`.
    See https://www.w3.org/TR/fetch-metadata/.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        if _is_foreign(scope["method"], headers):
            refusal = PlainTextResponse("Only pages of this catalog may ask that.", 403)
            await refusal(scope, receive, guarded)
        else:
            await self._app(scope, receive, guarded)


def _is_foreign(method: str, headers: Headers) -> bool:
    is_link = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
    if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        return not is_link or headers.get("sec-fetch-dest") != "document"
    origin = headers.get("origin")
    return origin is not None and origin != f"http://{headers.get('host')}"
