"""A scripted API on a real loopback socket, that can fail in every way a socket can.

    async with FaultApi() as api:
        api.serve("/items", pages(items))                # ordinary answers
        api.fail("/items", cut_body(), on=2)             # the second request from now on
        ...
        assert api.paths() == ["/items", "/items"]

One server for both, because a fault in the middle of a walk must come from the origin that
served its beginning. It runs on the loop of the test: a handler may wait for an
`asyncio.Event` or a `Barrier` of the test, and every request is noted before it is answered.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Literal, Self
from urllib.parse import parse_qsl

Json = object


@dataclass(frozen=True)
class Request:
    """One request as it arrived; `path` is percent-encoded as sent, header names in lower case.

    `values` are the segments that stood for `{}` in the route's path.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    values: tuple[str, ...] = ()

    def param(self, name: str) -> str | None:
        """The last value of a query parameter."""
        return dict(self.query).get(name)

    def number(self, name: str, default: int) -> int:
        """A query parameter as a number."""
        return int(self.param(name) or default)

    @property
    def json(self) -> dict[str, Json]:
        """The body as a JSON object."""
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value


@dataclass(frozen=True)
class Answer:
    """A well-formed answer; its length is told and the connection stays open."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()

    def encoded(self) -> bytes:
        """The bytes on the wire."""
        known = self.status in {*HTTPStatus}
        reason = HTTPStatus(self.status).phrase if known else "Unassigned"
        lines = [
            f"HTTP/1.1 {self.status} {reason}",
            *(f"{name}: {value}" for name, value in self.headers),
            f"Content-Length: {len(self.body)}",
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


Ending = Literal["close", "reset", "keep", "drip"]


@dataclass(frozen=True)
class Raw:
    """Bytes as they are, and then the end of the connection.

    Or not: "keep" leaves it open, "drip" sends a blank now and then until the client goes.
    """

    data: bytes = b""
    end: Ending = "close"


Reply = Answer | Raw
Handler = Callable[[Request], Reply | Awaitable[Reply]]


def answer(value: Json, status: int = 200, /, **headers: str) -> Answer:
    """A JSON answer; in header names "_" stands for "-"."""
    own = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Answer(json.dumps(value).encode(), status, (("Content-Type", "application/json"), *own))


def text(body: str, status: int = 200, kind: str = "text/plain") -> Answer:
    """An answer that is not JSON."""
    return Answer(body.encode(), status, (("Content-Type", kind),))


def redirect(location: str, status: int = 302) -> Answer:
    """A redirect."""
    return Answer(b"", status, (("Location", location),))


# --- what no well-behaved server does -----------------------------------------------------

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_HALF = b'{"items": [{"id": "half", "na'

RESET = Raw(end="reset")
CLOSED = Raw()
GARBAGE = Raw(b"\x16\x03\x01\x02\x00 this is not HTTP\r\n\r\n")
CUT_BODY = Raw(_HEAD + b"Content-Length: 1000\r\n\r\n" + _HALF)
RESET_IN_BODY = Raw(_HEAD + b"Content-Length: 1000\r\n\r\n" + _HALF, end="reset")
CUT_CHUNKS = Raw(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n1d\r\n" + _HALF + b"\r\n")
CUT_HEAD = Raw(_HEAD)
BROKEN_GZIP = Raw(_HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")
# The head of a compressed body and no more, with the length of just that.
CUT_GZIP = Raw(
    _HEAD + b"Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n" + gzip.compress(b"[]")[:10]
)
HUGE_HEADER = Raw(_HEAD + b"X-Filler: " + b"x" * 1024 * 1024 + b"\r\nContent-Length: 2\r\n\r\n{}")
# The length is told wrong, so all of it arrives and it is still not all.
SHORT_LENGTH = Raw(_HEAD + b"Content-Length: 29\r\n\r\n" + _HALF + b'me": "x"}]}')
# HTTP/1.0 without a length: the end of the connection is the end of the body.
BROKEN_OFF = Raw(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + _HALF)
SLOW_BODY = Raw(_HEAD + b"Content-Length: 100000\r\n\r\n", end="drip")


async def silence(_: Request) -> Reply:
    """Never answer."""
    await asyncio.Event().wait()
    return CLOSED


# --- ordinary answers ---------------------------------------------------------------------


def pages(items: Sequence[Json], *, size: int = 100, **envelope: Json) -> Handler:
    """`{"items": [...]}`, paged by `page` (from 1) and `size`; the list may change meanwhile.

    The first page says that nothing comes before it.
    """

    def handler(request: Request) -> Reply:
        length = request.number("size", size)
        number = request.number("page", 1)
        first: dict[str, Json] = {"previous": None} if number == 1 else {}
        start = (number - 1) * length
        return answer({"items": items[start : start + length], **first, **envelope})

    return handler


# --- the server ---------------------------------------------------------------------------


@dataclass
class _Fault:
    """What happens to some of the requests for a path, counted from 1 when the fault is set."""

    pattern: re.Pattern[str]
    handler: Handler
    wanted: Callable[[Request], bool]
    first: int
    last: int
    seen: int = 0

    def strikes(self, request: Request) -> bool:
        if not self.pattern.fullmatch(request.path) or not self.wanted(request):
            return False
        self.seen += 1
        return self.first <= self.seen <= self.last


@dataclass
class FaultApi:
    """The server; an async context manager.

    `requests` holds everything that arrived, in order; `in_flight` is how many are being
    answered now, and `most_in_flight` the largest that was; `connections` counts those opened.
    """

    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    url: str = ""
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    connections: int = 0
    _routes: list[tuple[re.Pattern[str], Handler]] = field(default_factory=list)
    _faults: list[_Fault] = field(default_factory=list)
    _conversations: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None
    _reserved: socket.socket | None = None
    _is_down: bool = False

    async def __aenter__(self) -> Self:
        await self.come_up()
        host = f"[{self.host}]" if ":" in self.host else self.host
        self.url = f"{'https' if self.tls else 'http'}://{host}:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        server = self._deaf()
        await asyncio.sleep(0)
        server.close()
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)
        await server.wait_closed()
        assert self._reserved
        self._reserved.close()

    async def come_up(self) -> None:
        """Listen, on the port of before if there was one."""
        if self._reserved is None:
            self._reserved = _reserved_port(self.host)
            self.port = self._reserved.getsockname()[1]
        self._server = await asyncio.start_server(
            self._accept, self.host, self.port, ssl=self.tls, reuse_port=True
        )
        self._is_down = False

    def go_down(self) -> None:
        """Refuse every connection from now on, and end those there are but the caller's own."""
        self._is_down = True
        asyncio.get_running_loop().call_soon(self._deaf().close)
        for conversation in self._conversations - {asyncio.current_task()}:
            conversation.cancel()

    def _deaf(self) -> asyncio.Server:
        """The server, which accepts nothing any more, to be closed a turn of the loop later.

        A connection that is just being accepted would be lost otherwise, and never closed.
        """
        assert self._server
        for listening in self._server.sockets:
            asyncio.get_running_loop().remove_reader(listening)
        return self._server

    def serve(self, path: str, handler: Handler | Reply) -> None:
        """Answer a path, `{}` standing for any one segment; the last route given counts."""
        self._routes.insert(0, (_pattern(path), _as_handler(handler)))

    def fail(
        self,
        path: str,
        reply: Handler | Reply,
        *,
        on: int = 1,
        times: int | None = None,
        when: Callable[[Request], bool] = lambda _: True,
    ) -> None:
        """Answer requests number `on` and later (`times` of them) for a path otherwise.

        Only requests that `when` accepts are counted.
        """
        last = 10**9 if times is None else on + times - 1
        self._faults.append(_Fault(_pattern(path), _as_handler(reply), when, on, last))

    def heal(self) -> None:
        """Forget every fault, and the requests so far."""
        self._faults.clear()
        self.requests.clear()
        self.most_in_flight = 0

    def paths(self, method: str | None = None) -> list[str]:
        """The paths asked for, in order."""
        return [request.path for request in self.requests if method in {None, request.method}]

    def at(self, path: str) -> list[Request]:
        """The requests for one path, or for a pattern of paths."""
        pattern = _pattern(path)
        return [request for request in self.requests if pattern.fullmatch(request.path)]

    # --- connections -----------------------------------------------------------------------

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_down:
            writer.close()
            return
        self.connections += 1
        task = asyncio.create_task(self._converse(reader, writer))
        self._conversations.add(task)
        task.add_done_callback(self._conversations.discard)
        # A task that is cancelled before it began closes nothing itself.
        task.add_done_callback(lambda _: writer.close())

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._exchange(await _read(reader), writer):
                pass

    async def _exchange(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection goes on."""
        self.requests.append(request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            reply = await self._reply(request)
        finally:
            self.in_flight -= 1
        if isinstance(reply, Answer):
            writer.write(reply.encoded())
            await writer.drain()
            return True
        writer.write(reply.data)
        await writer.drain()
        if reply.end == "drip":
            await _drip(writer)
        elif reply.end == "reset":
            _reset(writer)
        return reply.end == "keep"

    async def _reply(self, request: Request) -> Reply:
        struck = [fault for fault in self._faults if fault.strikes(request)]
        if struck:
            return await _ask(struck[0].handler, request)
        for pattern, handler in self._routes:
            if found := pattern.fullmatch(request.path):
                return await _ask(handler, replace(request, values=found.groups()))
        return answer({"error": f"no route {request.path}"}, 404)


def _reserved_port(host: str) -> socket.socket:
    """A port that no other server is given, also while nothing listens there.

    An API that is down would be found up again otherwise, by another one on its port.
    """
    reserved = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind((host, 0))
    return reserved


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("([^/]+)".join(map(re.escape, path.split("{}"))))


def _as_handler(handler: Handler | Reply) -> Handler:
    return (lambda _: handler) if isinstance(handler, Answer | Raw) else handler


async def _ask(handler: Handler, request: Request) -> Reply:
    reply = handler(request)
    return reply if isinstance(reply, Answer | Raw) else await reply


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    return Request(method, path, pairs, headers, body)


async def _drip(writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        await asyncio.sleep(0.05)
        writer.write(b" ")
        await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    # Closed without lingering, a connection ends in RST instead of FIN.
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
