"""The API that benchmarks read: bare HTTP/1.1 over asyncio, in a process of its own.

It answers every request after a fixed latency, with little work of its own, so that what
is measured is the reader. Paths: ``/items`` (paged: ``page`` and ``size``, or ``offset``
and ``limit``), ``/parents`` (unpaged) and ``/parents/{id}/children``.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import override
from urllib.parse import parse_qs, urlsplit

import msgspec


@dataclass(frozen=True)
class Workload:
    """What the API holds; ``latency`` in seconds, ``with_total``: pages tell the total."""

    latency: float
    items: int = 0
    parents: int = 0
    children: int = 3
    with_total: bool = True


def item(number: int) -> dict[str, object]:
    """One item of about 700 bytes of JSON."""
    return {
        "id": number,
        "key": f"ITEM-{number}",
        "title": f"Item number {number} of the collection",
        "status": ("open", "closed", "waiting")[number % 3],
        "priority": number % 5,
        "owner": {"id": number % 97, "name": f"Owner {number % 97}", "mail": "owner@example.com"},
        "labels": [f"label-{number % 7}", f"team-{number % 11}"],
        "createdAt": "2026-01-01T00:00:00Z",
        "url": f"https://example.com/items/{number}",
        "description": "x" * 330,
    }


class _Responder:
    """The bodies of a workload, encoded once."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._items = [msgspec.json.encode(item(number)) for number in range(workload.items)]
        self._parents = msgspec.json.encode([{"id": n} for n in range(workload.parents)])

    def body(self, target: str) -> bytes:
        """The body for a request target."""
        url = urlsplit(target)
        if url.path == "/parents":
            return self._parents
        if url.path == "/items":
            return self._page(
                {name: int(values[0]) for name, values in parse_qs(url.query).items()}
            )
        parent = url.path.split("/")[2]
        return msgspec.json.encode(
            [{"id": f"{parent}-{n}", "name": f"child {n}"} for n in range(self._workload.children)]
        )

    def _page(self, query: dict[str, int]) -> bytes:
        size = query.get("size") or query.get("limit") or 100
        start = query["offset"] if "offset" in query else (query.get("page", 1) - 1) * size
        rows = b",".join(self._items[start : start + size])
        total = b'"total":%d,' % len(self._items) if self._workload.with_total else b""
        return b"{" + total + b'"items":[' + rows + b"]}"


class _Protocol(asyncio.Protocol):
    def __init__(self, responder: _Responder, latency: float) -> None:
        self._responder = responder
        self._latency = latency
        self._pending = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._pending += data
        while b"\r\n\r\n" in self._pending:
            head, _, self._pending = self._pending.partition(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode()
            asyncio.get_running_loop().call_later(self._latency, self._answer, target)

    def _answer(self, target: str) -> None:
        body = self._responder.body(target)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % len(body) + body)


def _serve(workload: Workload, ready: Connection) -> None:
    async def main() -> None:
        protocol = partial(_Protocol, _Responder(workload), workload.latency)
        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def serving(workload: Workload) -> Iterator[str]:
    """Serve a workload from a process of its own; yields the base URL."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(workload, there), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()
