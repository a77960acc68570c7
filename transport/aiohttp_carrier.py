"""The carrier of every request that needs no proxy: aiohttp, under httpx.

httpx's own carrier, httpcore, takes most of a millisecond of CPU for a request when many are
under way; aiohttp takes a fraction of that. What stands above does not notice: this is a
transport of httpx, and fails with httpx's errors. What goes out is, byte for byte, what httpx
made: no cookie, header, redirect, second attempt or spelling of a URL is aiohttp's.

A body ends where its length or its last chunk says; of one without either, the connection
must have been closed in order. Everything else is an error, never a shorter body.

There is no time limit here: ``client.py`` limits the whole exchange, of which this is a part.
"""

from __future__ import annotations

import asyncio
import re
import select
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Self, override
from weakref import WeakSet

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from yarl import URL

__all__ = ["AiohttpTransport"]

# As long as httpcore takes them: cursors in Link headers can be longer than aiohttp's 8 kB.
_LONGEST_HEADER = 100 * 1024  # bytes
_MOST_HEADERS = 1000
_AUTOMATIC = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_FIRST_FINAL_STATUS = 200
_QUOTATION = re.compile(r""":?\s*(?:\n|\bb?['"])""")


class AiohttpTransport(httpx.AsyncBaseTransport):
    """HTTP/1.1 over TCP or TLS, connections kept and limited as ``limits`` says."""

    def __init__(self, tls: ssl.SSLContext, limits: httpx.Limits) -> None:
        self._tls = tls
        self._limits = limits
        self._session: aiohttp.ClientSession | None = None
        self._used: WeakSet[ResponseHandler] = WeakSet()

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send once; the body of the response is read by whoever wants it.

        Raises httpx.TransportError of the kind that httpcore would.
        """
        session = self._session = self._session or self._open()
        with _as_httpx_errors():
            response = await session.request(
                request.method,
                _verbatim(request.url),
                headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
                data=await request.aread() or None,
                allow_redirects=False,
                server_hostname=request.extensions.get("sni_hostname"),
            )
        assert isinstance(response, _Response)  # noqa: S101 — the session makes no other
        return httpx.Response(
            response.status,
            headers=list(response.raw_headers),
            stream=_Body(response),
            extensions={"reason_phrase": (response.reason or "").encode(errors="replace")},
        )

    def _open(self) -> aiohttp.ClientSession:
        """A session, which belongs to the event loop that runs now."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=self._tls,
                limit=self._limits.max_connections or 0,
                keepalive_timeout=self._limits.keepalive_expiry,
            ),
            request_class=_Request,
            response_class=_Response,
            middlewares=(self._send,),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_AUTOMATIC,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(),
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
            max_headers=_MOST_HEADERS,
        )

    async def _send(
        self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send once, over a connection that is open; aiohttp would send twice whatever fails.

        It stands in the middle of aiohttp: what it raises is no error of aiohttp's any more.
        """
        assert isinstance(request, _Request)  # noqa: S101 — the session makes no other
        with _as_httpx_errors():
            while True:
                try:
                    response = await send(request)
                except _NotIdleError:
                    if request.carrier not in self._used:
                        raise
                else:
                    self._used.add(request.carrier)
                    return response

    @override
    async def aclose(self) -> None:
        """Close every connection."""
        if self._session:
            await self._session.close()


class _NotIdleError(aiohttp.ServerDisconnectedError):
    """Something came before anything was asked, or the server closed the connection."""


class _Request(aiohttp.ClientRequest):
    """A request that is only sent over an idle connection: what lies there answers another."""

    carrier: ResponseHandler

    @override
    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Write to a connection; raises _NotIdleError when nothing was written."""
        assert conn.protocol is not None  # noqa: S101 — it has just been taken from the pool
        self.carrier = conn.protocol
        if self.carrier.should_close or _has_input(conn.transport):
            raise _NotIdleError
        response = await super().send(conn)
        assert isinstance(response, _Response)  # noqa: S101 — the session makes no other
        response.carrier = self.carrier
        return response


class _Response(aiohttp.ClientResponse):
    """A response that knows the connection it came from, and how that ended."""

    carrier: ResponseHandler

    @override
    async def start(self, connection: Connection) -> Self:
        """Read the head; raises RemoteProtocolError when it is not that of a response."""
        await super().start(connection)
        coding = self.headers.get("Transfer-Encoding", "chunked")
        if self.status < _FIRST_FINAL_STATUS or coding.strip().lower() != "chunked":
            raise httpx.RemoteProtocolError(f"not HTTP/1.1 (status {self.status}, {coding})")
        return self

    def check_end(self) -> None:
        """Raise ClientOSError when the connection broke off, which aiohttp takes for an end."""
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            return  # aiohttp has checked it, and the connection may serve another request by now
        error = self.carrier.exception()
        if isinstance(error, aiohttp.ClientOSError):
            raise error


class _Body(httpx.AsyncByteStream):
    """The body of a response as it comes, still compressed."""

    def __init__(self, response: _Response) -> None:
        self._response = response

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx_errors():
            async for chunk in self._response.content.iter_any():
                yield chunk
            self._response.check_end()

    @override
    async def aclose(self) -> None:
        self._response.release()


def _has_input(transport: asyncio.Transport | None) -> bool:
    """Whether there is something to read, be it the end, that the event loop did not see yet."""
    if transport is None:
        return True
    poll = select.poll()
    poll.register(transport.get_extra_info("socket"), select.POLLIN)
    return bool(poll.poll(0))


def _verbatim(url: httpx.URL) -> URL:
    """The same URL for aiohttp, whose own parser and quoting have no say in it.

    Path and query go as one, so that even an empty query stays.
    """
    return URL.build(
        scheme=url.scheme,
        authority=url.netloc.decode(),
        path=url.raw_path.decode(),
        encoded=True,
    )


@contextmanager
def _as_httpx_errors() -> Iterator[None]:
    """What httpcore would raise instead; httpx adds the request."""
    try:
        yield
    except aiohttp.ClientResponseError as error:
        # What quotes what came may have cut it: of half a secret nobody can tell that it is one.
        reason = _QUOTATION.split(error.message, maxsplit=1)[0]
        raise httpx.RemoteProtocolError(f"not HTTP/1.1 ({reason})") from error
    except aiohttp.ServerDisconnectedError as error:
        raise httpx.RemoteProtocolError("the server closed the connection") from error
    except aiohttp.ClientPayloadError as error:
        raise httpx.RemoteProtocolError("the body broke off, or its chunks are broken") from error
    except aiohttp.ClientConnectorError as error:
        raise httpx.ConnectError(str(error)) from error
    except aiohttp.ClientError as error:
        raise httpx.ReadError(str(error)) from error
    except ValueError as error:
        raise httpx.LocalProtocolError(str(error)) from error
