"""What carries the bytes: every way a server can answer, over real sockets, with both carriers.

Direct connections are aiohttp's, those through a proxy httpcore's. Whatever a server does, a
reader must see the same: the whole body, or an error. The tables run on both event loops that
Ocean may run on.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import struct
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import httpx
import pytest
import uvloop
from port_ocean.integration_testing import InterceptTransport
from port_ocean.integration_testing.harness import IntegrationTestHarness

from answers import Answer
from benchmarks.measure import service
from benchmarks.tls_refusals import IN_FLIGHT, TLS_VERSIONS, failures
from benchmarks.tls_server import Server
from client import ApiClient
from errors import SourceError
from jq_engine.worker import JqWorker
from paging.model import PageRequest
from settings import load_settings
from tests.certificates import self_signed
from tests.fault_api import FaultApi, answer, redirect
from tests.literals import Json
from tests.resync import Installation, resource
from transport.aiohttp_transport import AiohttpTransport

Carrier = Literal["aiohttp", "httpcore"]
End = Literal["stay", "close", "reset"]
Run = Callable[[Coroutine[None, None, None]], None]

BOTH = get_args(Carrier)
LIMITS = httpx.Limits(max_connections=4, max_keepalive_connections=4)
PATIENCE = 60  # seconds, after which a server is hanging
OK = b"HTTP/1.1 200 OK\r\n"
JSON = b'{"a":1}'
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def told(length: int) -> bytes:
    """The header that tells a length."""
    return b"Content-Length: %d\r\n" % length


def with_length(body: bytes = JSON, *, head: bytes = OK, extra: bytes = b"") -> bytes:
    """A response whose length is told."""
    return head + extra + told(len(body)) + b"\r\n" + body


def in_chunks(*, chunks: bytes = b"7\r\n" + JSON + b"\r\n0\r\n\r\n", head: bytes = OK) -> bytes:
    """A response in chunks."""
    return head + CHUNKED + b"\r\n" + chunks


def open_carrier(carrier: Carrier, tls: ssl.SSLContext | None = None) -> httpx.AsyncBaseTransport:
    """A carrier as the integration opens it."""
    tls = tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if carrier == "aiohttp":
        return AiohttpTransport(tls, LIMITS)
    return httpx.AsyncHTTPTransport(verify=tls, limits=LIMITS)


@dataclass
class Script:
    """A server that answers every request with the same bytes, and notes what it was sent."""

    reply: bytes
    end: End = "stay"
    later: bytes = b""
    greeting: bytes = b""
    url: str = ""
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0
    tls: ssl.SSLContext | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Script]:
        """The server, while it listens."""
        conversations: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            conversations.add(asyncio.create_task(self._converse(reader, writer)))

        server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=self.tls)
        port = server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{port}"
        try:
            yield self
        finally:
            server.close()
            for conversation in conversations:
                conversation.cancel()
            await asyncio.gather(*conversations, return_exceptions=True)
            await server.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(ConnectionError, asyncio.IncompleteReadError):
            writer.write(self.greeting)
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                self.heads.append(head + await reader.readexactly(int(length or 0)))
                writer.write(self.reply)
                await writer.drain()
                if self.end != "stay":
                    break
                if self.later:
                    await asyncio.sleep(0.01)
                    writer.write(self.later)
            if self.end == "reset":
                await asyncio.sleep(0.01)  # until what was written has been read
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, linger
                )
                writer.transport.abort()


async def ask(
    carrier: Carrier, script: Script, trusted: ssl.SSLContext | None = None
) -> httpx.Response:
    """What a reader gets of a server."""
    async with (
        script.serving(),
        httpx.AsyncClient(transport=open_carrier(carrier, trusted)) as client,
        asyncio.timeout(PATIENCE),
    ):
        return await client.get(script.url)


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run a coroutine on one of the event loops."""
    runner: Run = request.param
    return runner


carriers = pytest.mark.parametrize("carrier", BOTH)


# --- one body, or an error ------------------------------------------------------------------

WHOLE: list[tuple[str, bytes, End]] = [
    ("length", with_length(), "stay"),
    ("length, then closed", with_length(), "close"),
    ("length, HTTP/1.0", with_length(head=b"HTTP/1.0 200 OK\r\n"), "close"),
    ("length told in another case", OK + b"content-LENGTH:7\r\n\r\n" + JSON, "stay"),
    ("chunks", in_chunks(), "stay"),
    ("two chunks", in_chunks(chunks=b'3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n'), "stay"),
    ("chunk extension", in_chunks(chunks=b"07;x=y\r\n" + JSON + b"\r\n0\r\n\r\n"), "stay"),
    ("chunk and a space", in_chunks(chunks=b"7 \r\n" + JSON + b"\r\n0\r\n\r\n"), "stay"),
    ("trailer", in_chunks(chunks=b"7\r\n" + JSON + b"\r\n0\r\nX-T: 1\r\n\r\n"), "stay"),
    ("Chunked", OK + b"Transfer-Encoding: Chunked\r\n\r\n7\r\n" + JSON + b"\r\n0\r\n\r\n", "stay"),
    ("until the end", OK + b"\r\n" + JSON, "close"),
    ("until the end, told", OK + b"Connection: close\r\n\r\n" + JSON, "close"),
    ("until the end, HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\n" + JSON, "close"),
    ("after 100", b"HTTP/1.1 100 Continue\r\n\r\n" + with_length(), "stay"),
    ("after 103", b"HTTP/1.1 103 Early\r\nLink: </x>\r\n\r\n" * 2 + with_length(), "stay"),
    ("offer to upgrade", with_length(extra=b"Upgrade: h2c\r\nConnection: Upgrade\r\n"), "stay"),
    ("no reason", with_length(head=b"HTTP/1.1 200\r\n"), "stay"),
    ("a reason that is no text", with_length(head=b"HTTP/1.1 200 \xe9\xff\r\n"), "stay"),
    ("lines end in LF", b"HTTP/1.1 200 OK\nContent-Length: 7\n\n" + JSON, "stay"),
    ("a header that is no text", with_length(extra=b"X-A: caf\xe9\r\n"), "stay"),
    ("a folded header", with_length(extra=b"X-A: 1\r\n  2\r\n"), "stay"),
    ("an empty header", with_length(extra=b"X-A:\r\n"), "stay"),
    ("150 headers", with_length(extra=b"".join(b"X-%d: 1\r\n" % n for n in range(150))), "stay"),
    ("a header of 90 kB", with_length(extra=b"Link: " + b"x" * 90_000 + b"\r\n"), "stay"),
    ("gzip", with_length(gzip.compress(JSON), extra=b"Content-Encoding: gzip\r\n"), "stay"),
    ("deflate", with_length(zlib.compress(JSON), extra=b"Content-Encoding: deflate\r\n"), "stay"),
    ("an unknown coding", with_length(extra=b"Content-Encoding: x\r\n"), "stay"),
]

BROKEN: list[tuple[str, bytes, End]] = [
    ("closed", b"", "close"),
    ("reset", b"", "reset"),
    ("cut in the status", b"HTTP/1.1 20", "close"),
    ("cut in the head", OK, "close"),
    ("reset in the head", OK, "reset"),
    ("cut before the body", OK + told(9) + b"\r\n", "close"),
    ("cut in the body", OK + told(9) + b"\r\n" + JSON, "close"),
    ("reset in the body", OK + told(9) + b"\r\n" + JSON, "reset"),
    ("reset without a length", OK + b"\r\n" + JSON, "reset"),
    ("reset without a length, HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\n" + JSON, "reset"),
    ("no chunk", in_chunks(chunks=b""), "close"),
    ("cut in a chunk", in_chunks(chunks=b"9\r\n" + JSON), "close"),
    ("cut after the data", in_chunks(chunks=b"7\r\n" + JSON), "close"),
    ("cut between chunks", in_chunks(chunks=b"7\r\n" + JSON + b"\r\n"), "close"),
    ("reset between chunks", in_chunks(chunks=b"7\r\n" + JSON + b"\r\n"), "reset"),
    ("cut in a chunk's size", in_chunks(chunks=b"7\r\n" + JSON + b"\r\n0"), "close"),
    ("cut in the last chunk", in_chunks(chunks=b"7\r\n" + JSON + b"\r\n0\r\n"), "close"),
    ("cut in a trailer", in_chunks(chunks=b"7\r\n" + JSON + b"\r\n0\r\nX-T: 1\r\n"), "close"),
    ("chunk shorter than told", in_chunks(chunks=b"9\r\n" + JSON + b"\r\n0\r\n\r\n"), "close"),
    ("chunk longer than told", in_chunks(chunks=b"5\r\n" + JSON + b"\r\n0\r\n\r\n"), "close"),
    ("no number of a chunk", in_chunks(chunks=b"zz\r\n" + JSON + b"\r\n0\r\n\r\n"), "close"),
    ("no size of a chunk", in_chunks(chunks=b"\r\n" + JSON + b"\r\n0\r\n\r\n"), "close"),
    ("a negative chunk", in_chunks(chunks=b"-7\r\n" + JSON + b"\r\n0\r\n\r\n"), "close"),
    ("an endless chunk", in_chunks(chunks=b"f" * 20 + b"\r\n" + JSON + b"\r\n0\r\n\r\n"), "close"),
    ("chunks end in LF", in_chunks(chunks=b"7\n" + JSON + b"\n0\n\n"), "close"),
    ("two lengths", OK + told(5) + told(7) + b"\r\n" + JSON, "close"),
    ("two lengths, the long one first", OK + told(7) + told(5) + b"\r\n" + JSON, "close"),
    *[
        (f"length {text!r}", OK + b"Content-Length: " + text + b"\r\n\r\n" + JSON, "close")
        for text in (b"", b"+7", b"-7", b"0x7", b"abc", b"7 8", b"9" * 23)
    ],
    *[
        (f"coding {text!r}", OK + b"Transfer-Encoding: " + text + b"\r\n\r\n" + JSON, "close")
        for text in (b"identity", b"gzip, chunked", b"xchunked", b"chunked, identity")
    ],
    ("a length before a space", OK + b"Content-Length : 9\r\n\r\n" + JSON, "close"),
    ("a NUL in a header", with_length(extra=b"X-A: a\0b\r\n"), "close"),
    ("a CR in a header", with_length(extra=b"X-A: a\rb\r\n"), "close"),
    ("a header without a colon", with_length(extra=b"Nonsense\r\n"), "close"),
    ("a header without a name", with_length(extra=b": 1\r\n"), "close"),
    ("a header of 200 kB", with_length(extra=b"Link: " + b"x" * 200_000 + b"\r\n"), "close"),
    (
        "20,000 headers",
        with_length(extra=b"".join(b"X-%d: 1\r\n" % n for n in range(20_000))),
        "close",
    ),
    (
        "another protocol",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "close",
    ),
    ("HTTP/2", with_length(head=b"HTTP/2 200 OK\r\n"), "close"),
    ("ICY", with_length(head=b"ICY 200 OK\r\n"), "close"),
    ("http", with_length(head=b"http/1.1 200 OK\r\n"), "close"),
    ("status 099", with_length(head=b"HTTP/1.1 099 OK\r\n"), "close"),
    ("status 20", with_length(head=b"HTTP/1.1 20 OK\r\n"), "close"),
    ("status 2000", with_length(head=b"HTTP/1.1 2000 OK\r\n"), "close"),
    ("JSON without HTTP", JSON, "close"),
    ("TLS", b"\x16\x03\x01\x02\x00 this is not HTTP\r\n\r\n", "close"),
    ("broken gzip", with_length(b"nope", extra=b"Content-Encoding: gzip\r\n"), "stay"),
]

# What aiohttp refuses and httpcore lets pass: the first two cut what came, the others are odd
# and whole. The parser is that of Node.js, which refuses the same by default.
STRICTER: list[tuple[str, bytes, bytes]] = [
    ("more than the length", OK + told(5) + b"\r\n" + JSON, JSON[:5]),
    ("more after the last chunk", in_chunks() + b"extra", JSON),
    ("the length twice", OK + told(7) + told(7) + b"\r\n" + JSON, JSON),
    ("a list of lengths", OK + b"Content-Length: 7, 7\r\n\r\n" + JSON, JSON),
    ("length and chunks", in_chunks(head=OK + told(7)), JSON),
    ("a body with 204", with_length(head=b"HTTP/1.1 204 No Content\r\n"), b""),
    ("chunks with 204", in_chunks(head=b"HTTP/1.1 204 No Content\r\n", chunks=b"0\r\n\r\n"), b""),
    ("HTTP/1.2", with_length(head=b"HTTP/1.2 200 OK\r\n"), JSON),
]


def table(rows: list[tuple[str, bytes, End]]) -> pytest.MarkDecorator:
    """The rows of a table, named by their first column."""
    return pytest.mark.parametrize(
        ("reply", "end"), [pytest.param(reply, end, id=name) for name, reply, end in rows]
    )


@carriers
@table(WHOLE)
def test_a_whole_body_is_read(run: Run, carrier: Carrier, reply: bytes, end: End) -> None:
    """However a server frames its answer, all of it is read, whatever carries it."""

    async def check() -> None:
        response = await ask(carrier, Script(reply, end))
        assert (response.status_code, response.content) == (200, JSON)

    run(check())


@carriers
@table(BROKEN)
def test_a_body_that_is_not_whole_is_an_error(
    run: Run, carrier: Carrier, reply: bytes, end: End
) -> None:
    """Whatever breaks off or cannot be understood is an error: never a shorter body."""

    async def check() -> None:
        script = Script(reply, end)
        with pytest.raises(httpx.RequestError):
            await ask(carrier, script)
        assert len(script.heads) == 1, "what is sent again is decided further above"

    run(check())


@pytest.mark.parametrize(
    ("reply", "lenient"), [pytest.param(reply, body, id=name) for name, reply, body in STRICTER]
)
def test_where_the_carriers_differ_the_new_one_is_stricter(reply: bytes, lenient: bytes) -> None:
    """What is known to come out differently: an error from aiohttp, a body from httpcore."""

    async def check() -> None:
        assert (await ask("httpcore", Script(reply))).content == lenient
        with pytest.raises(httpx.RemoteProtocolError):
            await ask("aiohttp", Script(reply))

    asyncio.run(check())


@carriers
@pytest.mark.parametrize(
    "reply",
    [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\n" + told(7) + b"\r\n"],
    ids=["204", "304"],
)
def test_some_answers_have_no_body(run: Run, carrier: Carrier, reply: bytes) -> None:
    """Nothing is waited for where the status rules out a body."""

    async def check() -> None:
        assert (await ask(carrier, Script(reply))).content == b""

    run(check())


@carriers
def test_headers_are_told_as_they_came(carrier: Carrier) -> None:
    """Repeated headers stay apart, and the reason is kept."""
    reply = with_length(
        extra=b"Link: <a>\r\nlink: <b>\r\nX-A: caf\xe9\r\n", head=b"HTTP/1.1 200 Fine\r\n"
    )

    response = asyncio.run(ask(carrier, Script(reply)))

    assert response.headers.get_list("Link") == ["<a>", "<b>"]
    assert response.headers["X-A"] == "café"
    assert response.reason_phrase == "Fine"


# --- what goes out --------------------------------------------------------------------------

TARGETS = [
    "",
    "/",
    "/items?",
    "/items?page=1&size=2",
    "/a%2Fb/%2e%2e/%2E/c%20d",
    "/a/../b/./c",
    "//double//slashes//",
    "/{curly}/[square]/|pipe|/^`'\"",
    "/plus+and%2B?q=a+b%2Bc&d=e%20f",
    "/semi;colon=1,2:3@4!5$6&7*8(9)~0",
    "/caf\u00e9?n=\u00fc%C3%BC",
    "/percent%25%zz%?x=%",
    "/q?a=b?c=d/e",
    "/q?page[after]=x&filter={%22a%22:1}&empty=&bare",
    "/back\\slash?back\\slash",
    "/items?fragment#is-not-sent",
]
REQUESTS: list[tuple[str, str, dict[str, str], bytes | None]] = [
    ("GET", "headers", {"X-MiXed-CaSe": "1", "x-lower": "2", "Accept": "a/b"}, None),
    ("GET", "body", {"Content-Type": "application/json"}, b'{"a": 1}'),
    ("POST", "body", {"Content-Type": "application/json"}, b'{"a": 1}'),
    ("POST", "body without a type", {}, b"a=1"),
    ("POST", "nothing", {}, None),
    ("PUT", "body", {}, b"x"),
    ("PATCH", "nothing", {}, None),
    ("GET", "own cookie", {"Cookie": "a=1; b=2"}, None),
    ("GET", "own host", {"Host": "api.example"}, None),
]


async def sent_by(carrier: Carrier, make: Callable[[str], httpx.Request]) -> bytes:
    """The bytes of a request as they arrive, with the port left out."""
    script = Script(with_length())
    async with script.serving(), open_carrier(carrier) as transport:
        response = await transport.handle_async_request(make(script.url))
        await response.aread()
    (head,) = script.heads
    return head.replace(script.url.encode().rpartition(b":")[2], b"PORT")


@pytest.mark.parametrize("target", TARGETS)
def test_a_url_goes_out_byte_for_byte(target: str) -> None:
    """How a URL is spelled is httpx's decision: servers that tell spellings apart get the same."""

    async def check() -> None:
        def make(url: str) -> httpx.Request:
            return httpx.Request("GET", url + target)

        sent = [await sent_by(carrier, make) for carrier in BOTH]
        assert sent[0] == sent[1]
        assert b"GET " + httpx.URL("http://a" + target).raw_path + b" HTTP/1.1" in sent[0]

    asyncio.run(check())


@pytest.mark.parametrize(
    ("method", "headers", "body"),
    [
        pytest.param(method, headers, body, id=f"{method} {name}")
        for method, name, headers, body in REQUESTS
    ],
)
def test_a_request_goes_out_byte_for_byte(
    method: str, headers: dict[str, str], body: bytes | None
) -> None:
    """No header is added, merged, sorted or spelled otherwise, and the body is as it was."""

    async def check() -> None:
        def make(url: str) -> httpx.Request:
            return httpx.Request(method, url, headers=headers, content=body)

        sent = [await sent_by(carrier, make) for carrier in BOTH]
        assert sent[0] == sent[1]

    asyncio.run(check())


@carriers
@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\nb", "a\0b"])
def test_a_header_cannot_hold_a_line_break(carrier: Carrier, value: str) -> None:
    """Such a header is refused before anything is sent."""

    async def check() -> None:
        script = Script(with_length())
        async with script.serving(), open_carrier(carrier) as transport:
            request = httpx.Request("GET", script.url, headers={"X-A": value})
            with pytest.raises(httpx.LocalProtocolError):
                await transport.handle_async_request(request)
        assert script.heads == []

    asyncio.run(check())


@carriers
def test_no_cookie_is_kept(carrier: Carrier) -> None:
    """Which cookies are sent is decided above: a carrier remembers none."""

    async def check() -> None:
        script = Script(with_length(extra=b"Set-Cookie: session=1; Path=/\r\n"))
        async with script.serving(), open_carrier(carrier) as transport:
            for _ in range(2):
                # By its name: aiohttp would keep no cookies of an address.
                url = script.url.replace("127.0.0.1", "localhost")
                request = httpx.Request("GET", url)
                await (await transport.handle_async_request(request)).aread()
        assert not any(b"cookie" in head.lower() for head in script.heads)

    asyncio.run(check())


# --- connections ----------------------------------------------------------------------------


async def ask_twice(
    carrier: Carrier, script: Script, trusted: ssl.SSLContext | None = None
) -> list[bytes]:
    """Two answers, one after the other."""
    async with (
        script.serving(),
        httpx.AsyncClient(transport=open_carrier(carrier, trusted)) as client,
        asyncio.timeout(PATIENCE),
    ):
        bodies = []
        for _ in range(2):
            bodies.append((await client.get(script.url)).content)
            if script.later:
                await asyncio.sleep(0.03)
        return bodies


@dataclass(frozen=True)
class Secured:
    """Both ends of one kind of connection; without TLS there are none."""

    server: ssl.SSLContext | None = None
    trusted: ssl.SSLContext | None = None


@pytest.fixture(params=["plain", "TLSv1_2", "TLSv1_3"])
def secured(request: pytest.FixtureRequest, tmp_path: Path) -> Secured:
    """A connection without TLS, and with either version."""
    if request.param == "plain":
        return Secured()
    certificate = self_signed(tmp_path / "server.pem")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    server.minimum_version = server.maximum_version = ssl.TLSVersion[request.param]
    return Secured(server, ssl.create_default_context(cafile=certificate))


@carriers
def test_a_connection_is_kept(run: Run, carrier: Carrier, secured: Secured) -> None:
    """Two requests take one connection."""

    async def check() -> None:
        script = Script(with_length(), tls=secured.server)
        await ask_twice(carrier, script, secured.trusted)
        assert script.connections == 1

    run(check())


@carriers
def test_a_connection_that_was_closed_meanwhile_is_replaced(run: Run, carrier: Carrier) -> None:
    """A server that closes after its answer without a word is asked again, and nothing twice."""

    async def check() -> None:
        script = Script(with_length(), "close")
        assert await ask_twice(carrier, script) == [JSON, JSON]
        assert (script.connections, len(script.heads)) == (2, 2)

    run(check())


def test_an_end_that_comes_with_the_answer_is_seen(run: Run, secured: Secured) -> None:
    """Over TLS the end may come long before that of the socket: nothing is written after it."""

    async def check() -> None:
        script = Script(with_length(), "close", tls=secured.server)
        async with (
            script.serving(),
            httpx.AsyncClient(transport=open_carrier("aiohttp", secured.trusted)) as client,
            asyncio.timeout(PATIENCE),
        ):
            for _ in range(20):
                assert (await client.get(script.url)).content == JSON
        assert (script.connections, len(script.heads)) == (20, 20)

    run(check())


@carriers
@pytest.mark.parametrize(
    "later",
    [
        with_length(b'{"of another": 1}'),
        OK + told(100) + b'\r\n{"of',
        OK[:9],
        b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n" + told(0) + b"\r\n",
        b"noise",
        b"\r\n",
    ],
    ids=["answer", "half an answer", "half a status", "408", "noise", "empty line"],
)
def test_what_nobody_asked_for_answers_nothing(
    run: Run, carrier: Carrier, secured: Secured, later: bytes
) -> None:
    """A second answer to one request is never taken for the answer to the next one.

    Not a byte of it: its rest, which may still come, would be the next answer's beginning.
    """

    async def check() -> None:
        script = Script(with_length(), later=later, tls=secured.server)
        assert await ask_twice(carrier, script, secured.trusted) == [JSON, JSON]
        assert (script.connections, len(script.heads)) == (2, 2)

    run(check())


def test_a_server_that_speaks_first_is_refused(run: Run, secured: Secured) -> None:
    """A greeting, as of a mail server, ends in an error and not in a circle."""

    async def check() -> None:
        script = Script(b"", greeting=b"220 mail.example ESMTP\r\n", tls=secured.server)
        with pytest.raises(httpx.RemoteProtocolError):
            await ask("aiohttp", script, secured.trusted)
        assert script.connections == 1

    run(check())


@carriers
def test_a_body_left_unread_costs_its_connection(run: Run, carrier: Carrier) -> None:
    """What is left of one answer is not in the way of the next."""

    async def check() -> None:
        script = Script(with_length(b"x" * 1_000_000))
        async with (
            script.serving(),
            httpx.AsyncClient(transport=open_carrier(carrier)) as client,
            asyncio.timeout(PATIENCE),
        ):
            async with client.stream("GET", script.url) as response:
                await anext(response.aiter_raw())
            assert len((await client.get(script.url)).content) == 1_000_000

    run(check())


@carriers
def test_a_request_given_up_costs_its_connection(run: Run, carrier: Carrier) -> None:
    """After a time limit the late answer is not taken for the answer to the next request."""

    async def check() -> None:
        script = Script(OK)
        async with script.serving(), httpx.AsyncClient(transport=open_carrier(carrier)) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await client.get(script.url, timeout=None)
            script.reply = with_length()
            assert (await client.get(script.url)).content == JSON
        assert script.connections == 2

    run(check())


@carriers
def test_where_nobody_listens_is_an_error(carrier: Carrier) -> None:
    """A refused connection and an unknown name are errors of the connection."""

    async def check() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            async with open_carrier(carrier) as transport:
                for host in ("127.0.0.1", "[::1]", "nowhere.invalid"):
                    request = httpx.Request("GET", f"http://{host}:{port}/")
                    with pytest.raises(httpx.ConnectError) as caught:
                        await transport.handle_async_request(request)
                    assert "ssl" not in str(caught.value)

    asyncio.run(check())


# --- TLS ------------------------------------------------------------------------------------


@carriers
def test_a_pinned_address_is_verified_by_its_name(
    run: Run, carrier: Carrier, tmp_path: Path
) -> None:
    """Sent to an address that Ocean has checked, a request asks for the name, and verifies it."""

    async def check() -> None:
        names: list[str | None] = []
        certificate = self_signed(tmp_path / "server.pem")
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificate)
        server.sni_callback = lambda _, name, __: names.append(name)
        trusting = ssl.create_default_context(cafile=certificate)
        script = Script(with_length(), tls=server)
        async with script.serving(), open_carrier(carrier, trusting) as transport:
            request = httpx.Request("GET", script.url)
            await (await transport.handle_async_request(request)).aread()
            pinned = {"sni_hostname": "api.example"}
            request = httpx.Request("GET", script.url, extensions=pinned)
            if carrier == "httpcore":  # which takes the connection that is open already
                return
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await transport.handle_async_request(request)
        assert names == [None, "api.example"]
        assert len(script.heads) == 1

    run(check())


@pytest.mark.parametrize("closes", [False, True], ids=["keep-alive", "close"])
@pytest.mark.parametrize("version", TLS_VERSIONS)
def test_a_fresh_connection_is_used(run: Run, version: str, closes: bool, tmp_path: Path) -> None:  # noqa: FBT001 — a parameter
    """What TLS sends by itself, session tickets above all, is in no way of the first request."""
    certificate = self_signed(tmp_path / "server.pem")
    trusted = ssl.create_default_context(cafile=certificate)

    async def check() -> None:
        for in_flight in IN_FLIGHT:
            assert not await failures(url, trusted, 40, in_flight)

    with service("benchmarks.tls_server", Server(str(certificate), version, closes)) as url:
        run(check())


# --- as Ocean builds it ---------------------------------------------------------------------

TRUSTED = "api.port.io"  # Ocean looks up no address for names of Port's
PRIVATE = "internal.example"


async def fetch(url: str, **settings: Json) -> Answer:
    """The answer to one request, by a client as in a resync."""
    loaded = load_settings({"base_url": url, "max_retry_wait": 0, **settings})
    client = ApiClient(loaded, JqWorker())
    try:
        return await client.send(PageRequest(url))
    finally:
        await client.aclose()


@pytest.fixture
async def hosted(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """Port hosts the installation: Ocean refuses private addresses; two names lead to loopback."""
    look_up = socket.getaddrinfo

    def find(host: str, *rest: Any, **options: Any) -> Any:  # noqa: ANN401 — as the real one
        return look_up("127.0.0.1" if host in {TRUSTED, PRIVATE} else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", find)
    async with installation.booted() as app:
        app.config.disable_ip_outbound_blocker = False
        yield


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        PRIVATE,
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[::ffff:0:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1:7f00:0:100::]",
        "[64:ff9b:1::7f00:1]",
        "[64:ff9b:1:ffff::8.8.8.8]",
        "[2002:7f00:1::]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "240.0.0.1",
        "0.0.0.0",  # noqa: S104 (nothing listens: it is asked for)
        "[::]",
        "[fd00::1]",
        "[fe80::1]",
        "[fec0::1]",
        "2130706433",
        "0x7f000001",
        "127.1",
    ],
)
@pytest.mark.usefixtures("hosted")
async def test_a_private_address_is_refused_when_hosted(api: FaultApi, host: str) -> None:
    """Where Ocean forbids private addresses, none is connected to, by address or by name."""
    with pytest.raises(SourceError, match="blocked"):
        await fetch(f"http://{host}:{api.port}/items")

    assert api.connections == 0


@pytest.mark.usefixtures("hosted")
async def test_a_redirect_to_a_private_address_is_refused_when_hosted(
    api: FaultApi,
) -> None:
    """Each hop is checked, also one to a host that the settings allow."""
    api.serve("/items", redirect(f"http://{PRIVATE}:{api.port}/secrets"))

    with pytest.raises(SourceError, match="blocked"):
        await fetch(f"http://{TRUSTED}:{api.port}/items", allowed_hosts=[PRIVATE])

    assert api.paths() == ["/items"]


@pytest.mark.usefixtures("hosted")
async def test_a_login_at_a_private_address_is_refused_when_hosted(
    api: FaultApi,
) -> None:
    """The login is checked as any other request is."""
    with pytest.raises(SourceError, match="blocked"):
        await fetch(
            f"http://{TRUSTED}:{api.port}/items",
            auth_type="custom",
            custom_auth_request={"endpoint": f"http://{PRIVATE}:{api.port}/login"},
            custom_auth_request_template={"headers": {"Authorization": "{{.token}}"}},
        )

    assert api.connections == 0


@pytest.mark.usefixtures("hosted")
async def test_a_private_address_behind_a_proxy_is_refused_when_hosted(
    api: FaultApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy is no way around the check."""
    monkeypatch.setenv("HTTP_PROXY", api.url)

    with pytest.raises(SourceError, match="blocked"):
        await fetch(f"http://{PRIVATE}/items")

    assert api.connections == 0


async def test_the_proxy_of_the_environment_is_used(
    api: FaultApi, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY carries what NO_PROXY does not exempt, signed as ever."""
    monkeypatch.setenv("HTTP_PROXY", api.url)
    api.serve("http://api.invalid/items", answer([{"via": "proxy"}]))
    api.serve("/items", answer([{"via": "nothing"}]))
    token = {"auth_type": "bearer_token", "api_token": "token-for-the-api"}

    async with installation.booted():
        proxied = await fetch("http://api.invalid/items", **token)
        direct = await fetch(f"{api.url}/items", **token)

    assert (proxied.body, direct.body) == ([{"via": "proxy"}], [{"via": "nothing"}])
    assert api.paths() == ["http://api.invalid/items", "/items"]
    assert {one.headers["authorization"] for one in api.requests} == {"Bearer token-for-the-api"}


async def test_the_harness_of_ocean_stands_in_for_the_api(installation: Installation) -> None:
    """Ocean's own harness replaces the carrier: its tests reach this integration too."""
    api = InterceptTransport()
    api.add_route("GET", "/items", {"json": [{"id": 1}]})
    harness = IntegrationTestHarness(
        ".",
        {"resources": [resource("/items")]},
        api,
        config_overrides={
            "integration": {
                "identifier": "harnessed",
                "type": "custom",
                "config": {"base_url": "http://api.invalid"},
            }
        },
    )
    async with installation.booted():  # which cleans up what the harness leaves
        await harness.start()
        try:
            result = await harness.trigger_resync()
        finally:
            await harness.shutdown()

    assert result.errors == []
    assert [entity["identifier"] for entity in result.upserted_entities] == ["1"]
