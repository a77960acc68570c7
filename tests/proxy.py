"""A forward proxy on a loopback socket, as the environment names one in ``HTTP_PROXY``.

Plain requests are read and passed on, one for each connection; ``CONNECT`` opens a tunnel, of which
the proxy sees bytes only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Proxy:
    """The proxy; ``heads`` are those of the requests it was sent, by the ``host:port`` they want.

    ``received`` is every byte that came from clients.
    """

    port: int = 0
    heads: list[tuple[str, bytes]] = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Proxy]:
        """The proxy, while it listens."""
        conversations: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            conversations.add(asyncio.create_task(self._converse(reader, writer)))

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for conversation in conversations:
                conversation.cancel()
            await asyncio.gather(*conversations, return_exceptions=True)
            await server.wait_closed()

    def heads_for(self, url: str) -> list[bytes]:
        """The heads of the requests for one origin."""
        return [head for target, head in self.heads if target == urlsplit(url).netloc]

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream: asyncio.StreamWriter | None = None
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                head = await reader.readuntil(b"\r\n\r\n")
                self.received += head
                method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
                origin = target if method == "CONNECT" else urlsplit(target).netloc
                self.heads.append((origin, head))
                host, _, port = origin.rpartition(":")
                answers, upstream = await asyncio.open_connection(host.strip("[]"), int(port))
                if method == "CONNECT":
                    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    await self._tunnel(reader, writer, answers, upstream)
                else:
                    upstream.write(_passed_on(head, target) + await self._body(reader, head))
                    writer.write(await _whole_answer(answers))
                    await writer.drain()
        finally:
            for end in filter(None, (writer, upstream)):
                end.close()

    async def _body(self, reader: asyncio.StreamReader, head: bytes) -> bytes:
        body = await reader.readexactly(_length(head) or 0)
        self.received += body
        return body

    async def _tunnel(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answers: asyncio.StreamReader,
        upstream: asyncio.StreamWriter,
    ) -> None:
        async def forth() -> None:
            while data := await reader.read(65536):
                self.received += data
                upstream.write(data)
            upstream.close()

        async def back() -> None:
            while data := await answers.read(65536):
                writer.write(data)
            writer.close()

        await asyncio.gather(forth(), back())


def _passed_on(head: bytes, target: str) -> bytes:
    """The head as the origin gets it: a path for the URL, nothing that was for the proxy."""
    first, *lines = head.rstrip().split(b"\r\n")
    path = target.split("/", 3)[3]
    kept = [line for line in lines if not line.lower().startswith((b"proxy-", b"connection:"))]
    first = first.replace(target.encode(), f"/{path}".encode())
    return b"\r\n".join([first, *kept, b"Connection: close"]) + b"\r\n\r\n"


async def _whole_answer(answers: asyncio.StreamReader) -> bytes:
    """One answer, after which the connection is closed."""
    head = await answers.readuntil(b"\r\n\r\n")
    length = _length(head)
    body = await (answers.read() if length is None else answers.readexactly(length))
    first, *lines = head.rstrip().split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([first, *kept, b"Connection: close"]) + b"\r\n\r\n" + body


def _length(head: bytes) -> int | None:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return None
