"""The transport of every request that needs no proxy: aiohttp, under httpx.

httpx's own transport, httpcore, takes most of a millisecond of CPU for a request when many are
under way; aiohttp takes a fraction of that. The code above sees no difference: this is a transport
of httpx, and raises httpx's errors. It sends, byte for byte, what httpx made: aiohttp adds no
cookie, header, redirect, second attempt or spelling of a URL.

A body ends where its length or its last chunk says; of one without either, the connection
must have been closed in order. Everything else is an error, never a shorter body.

An answer belongs to the request before it, so a connection is used only while it is idle. Bytes in
its socket do not show that it is not: a TLS 1.3 server sends session tickets after the handshake,
and new keys when it likes (RFC 8446, 4.6). So the event loop reads what has come, and the
connection says whether any of it was HTTP, or the end.

There is no time limit here: ``client.py`` limits the whole exchange, of which this is a part.
"""

from __future__ import annotations

import asyncio
import re
import select
import ssl
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Self, override

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader
from yarl import URL

__all__ = ["AiohttpTransport"]

# As long as httpcore takes them: cursors in Link headers can be longer than aiohttp's 8 kB.
_LONGEST_HEADER = 100 * 1024  # bytes
_MOST_HEADERS = 1000
_AUTOMATIC = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_FIRST_FINAL_STATUS = 200
# Tickets take one or two turns of the event loop. Who sends more without pause is not idle.
_ALERT_TURNS = 5  # of the event loop, for what it has read to arrive
_TURNS = 100
# aiohttp names its setting of TLS: it says nothing, and of plain HTTP less.
_TLS_SETTING = re.compile(r" ssl:(?:<[^>]*>|\S+)")
_QUOTATION = re.compile(r""":?\s*(?:\n|\bb?['"])""")


class AiohttpTransport(httpx.AsyncBaseTransport):
    """HTTP/1.1 over TCP or TLS, connections kept and limited as ``limits`` says."""

    def __init__(self, tls: ssl.SSLContext, limits: httpx.Limits) -> None:
        self._tls = tls
        self._limits = limits
        self._session: aiohttp.ClientSession | None = None

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send once; the body of the response is read later.

        Raises httpx.TransportError of the kind that httpcore would.
        """
        session = self._session = self._session or self._open()
        with _AsHttpxErrors():
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
            connector=_Connector(
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
        with _AsHttpxErrors():
            while True:
                try:
                    response = await send(request)
                except _NotIdleError:
                    if not request.connection_used:
                        await _refuse_alert(request)
                        raise
                except aiohttp.ClientError:
                    await _refuse_alert(request)
                    raise
                else:
                    return response

    @override
    async def aclose(self) -> None:
        """Close every connection."""
        if self._session:
            await self._session.close()


class _NotIdleError(aiohttp.ServerDisconnectedError):
    """Something came before anything was asked, or the server closed the connection."""


class _Protocol(ResponseHandler):
    """A connection that takes nothing but the answer to its request.

    aiohttp's own forgets two things. One is the end of a TLS stream while the socket is still open.
    The other is a part of a head that came between two requests: its parser keeps that.
    """

    used = False
    alert: ssl.SSLError | None = None
    """Why TLS ended, where it did not end in order (RFC 8446, 6.2)."""
    _asked = False

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        self.alert = exc if isinstance(exc, ssl.SSLError) else None
        super().connection_lost(exc)

    def ask(self) -> None:
        """What comes from now on is the answer to a request."""
        self.used = self._asked = True

    async def is_idle(self) -> bool:
        """Whether a request may be written: nothing came that nobody asked for, nor the end.

        The event loop reads what is there first, as only it can take the TLS off.
        """
        for _ in range(_TURNS):
            transport = self.transport
            if self.should_close or transport is None or transport.is_closing():
                return False
            if not _has_input(transport):
                return True
            await asyncio.sleep(0)
        return False

    @override
    def data_received(self, data: bytes) -> None:
        if data and not self._asked:
            self.force_close()
        super().data_received(data)

    @override
    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Take the head of a response, and the body to come."""
        message, body = data
        if message.code >= _FIRST_FINAL_STATUS:
            body.on_eof(self._end_answer)
        super().feed_data(data, size)

    @override
    def eof_received(self) -> None:
        self.force_close()
        super().eof_received()

    def _end_answer(self) -> None:
        self._asked = False


class _Connector(aiohttp.TCPConnector):
    """A pool of connections that are a _Protocol each."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 — as aiohttp takes them
        super().__init__(**options)
        # There is no option for it.
        self._factory = partial(_Protocol, loop=asyncio.get_running_loop())  # type: ignore[assignment] # a subclass


class _Request(aiohttp.ClientRequest):
    """A request that is only sent over an idle connection: what lies there answers another."""

    protocol: _Protocol | None = None
    connection_used: bool

    @override
    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Write to a connection; raises _NotIdleError when nothing was written."""
        protocol = conn.protocol
        assert isinstance(protocol, _Protocol)  # noqa: S101 — the pool has no other
        self.protocol, self.connection_used = protocol, protocol.used
        if not await protocol.is_idle():
            raise _NotIdleError
        protocol.ask()
        response = await super().send(conn)
        assert isinstance(response, _Response)  # noqa: S101 — the session makes no other
        response.protocol = protocol
        return response


async def _refuse_alert(request: _Request) -> None:
    """Raise httpx.ReadError with the server's reason when it ended TLS by an alert.

    A server that wants a certificate says so only after the handshake (RFC 8446, 4.4.2.4). The
    event loop reports it a few turns after it has closed the connection.
    """
    for _ in range(_ALERT_TURNS):
        protocol = request.protocol
        if protocol is not None and protocol.alert:  # an idle one is false: aiohttp's are queues
            raise httpx.ReadError(str(protocol.alert))
        await asyncio.sleep(0)


class _Response(aiohttp.ClientResponse):
    """A response that knows the connection it came from, and how that ended."""

    protocol: _Protocol

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
        error = self.protocol.exception()
        if isinstance(error, aiohttp.ClientOSError):
            raise error


class _Body(httpx.AsyncByteStream):
    """The body of a response as it comes, still compressed."""

    def __init__(self, response: _Response) -> None:
        self._response = response

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _AsHttpxErrors():
            async for chunk in self._response.content.iter_any():
                yield chunk
            self._response.check_end()

    @override
    async def aclose(self) -> None:
        self._response.release()


def _has_input(transport: asyncio.Transport) -> bool:
    """Whether there is something to read, be it the end, that the event loop did not see yet."""
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


class _AsHttpxErrors:
    """Raises what httpcore would raise instead; httpx adds the request."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, *_: object) -> None:
        if error and (raised := _as_httpx_error(error)):
            raise raised from error


def _as_httpx_error(error: BaseException) -> httpx.TransportError | None:
    """What httpcore raises in the place of an error of aiohttp's; None for any other error."""
    kind: type[httpx.TransportError] = httpx.RemoteProtocolError
    match error:
        case aiohttp.ClientResponseError():
            # What quotes what came may have cut it: of half a secret nobody can tell that it is
            # one.
            reason = f"not HTTP/1.1 ({_QUOTATION.split(error.message, maxsplit=1)[0]})"
        case aiohttp.ServerDisconnectedError():
            reason = "the server closed the connection"
        case aiohttp.ClientPayloadError():
            reason = "the body broke off, or its chunks are broken"
        case aiohttp.ClientConnectorError():
            kind, reason = httpx.ConnectError, _TLS_SETTING.sub("", str(error), count=1)
        case aiohttp.ClientError():
            kind, reason = httpx.ReadError, str(error)
        case ValueError():
            kind, reason = httpx.LocalProtocolError, str(error)
        case _:
            return None
    return kind(reason)
