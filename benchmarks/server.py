"""The API that benchmarks read: bare HTTP/1.1 over asyncio, in a process of its own.

It answers every request after a fixed latency, with little work of its own, so that what
is measured is the reader. Paths: `/items` (paged by `page` and `size`), `/large` (one body),
`/parents` (unpaged), `/parents/{id}/children`; and without latency `/stats`.

    with service("benchmarks.server", Workload(latency=0.05, items=1000)) as url:
        ...
"""

from __future__ import annotations

import asyncio
import sys
import time
from functools import lru_cache, partial
from typing import cast, override
from urllib.parse import parse_qsl, urlsplit

import msgspec
import uvloop

CHILDREN = 3  # of every parent

# About 700 bytes each, and about 150 bytes.
_ITEM = (
    b'{"id":%(n)d,"key":"ITEM-%(n)d","title":"Item number %(n)d of the collection",'
    b'"status":"waiting","priority":3,"owner":{"id":%(m)d,"name":"Owner %(m)d",'
    b'"mail":"owner@example.com"},"labels":["label-%(m)d","benchmark"],'
    b'"createdAt":"2026-01-01T00:00:00Z","url":"https://example.com/items/%(n)d",'
    b'"description":"' + b"x" * 350 + b'"}'
)
_SMALL = (
    b'{"id":%(n)d,"key":"ITEM-%(n)d","status":"open","owner":{"id":%(m)d},'
    b'"url":"https://example.com/items/%(n)d","labels":["small","benchmark"]}'
)


class Workload(msgspec.Struct, frozen=True):
    """What the API holds.

    `latency` in seconds, `large` in bytes; `with_total`: pages tell the total.
    """

    latency: float = 0
    items: int = 0
    parents: int = 0
    large: int = 0
    with_total: bool = True


class Stats(msgspec.Struct):
    """Requests so far, and when the first one came, on the monotonic clock of the machine."""

    requests: int = 0
    first: float = 0


class _Responder:
    """The bodies of a workload."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._parents = msgspec.json.encode([{"id": n} for n in range(workload.parents)])
        self._large = b'{"items":[' + _rows(_SMALL, 0, workload.large // len(_SMALL)) + b"]}"
        self._page = lru_cache(maxsize=64)(self._made_page)

    def body(self, target: str) -> bytes:
        """The body for a request target."""
        url = urlsplit(target)
        match url.path.split("/")[1:]:
            case ["items"]:
                query = {name: int(value) for name, value in parse_qsl(url.query)}
                return self._page(query["page"], query["size"])
            case ["large"]:
                return self._large
            case ["parents"]:
                return self._parents
            case [_, parent, _]:
                return msgspec.json.encode(
                    [{"id": f"{parent}-{n}", "name": f"child {n}"} for n in range(CHILDREN)]
                )
        return b"null"

    def _made_page(self, page: int, size: int) -> bytes:
        end = self._workload.items
        # Like most APIs that count from one, it has no page 0.
        rows = _rows(_ITEM, max((page - 1) * size, 0), min(page * size, end))
        total = b'"total":%d,' % end if self._workload.with_total else b""
        return b"{" + total + b'"items":[' + rows + b"]}"


def _rows(template: bytes, start: int, end: int) -> bytes:
    return b",".join([template % {b"n": n, b"m": n % 97} for n in range(start, end)])


class _Protocol(asyncio.Protocol):
    def __init__(self, responder: _Responder, latency: float, stats: Stats) -> None:
        self._responder = responder
        self._latency = latency
        self._stats = stats
        self._pending = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's only behaves like one

    @override
    def data_received(self, data: bytes) -> None:
        self._pending += data
        while b"\r\n\r\n" in self._pending:
            head, _, self._pending = self._pending.partition(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode()
            if target == "/stats":
                self._write(msgspec.json.encode(self._stats))
                continue
            self._stats.first = self._stats.first or time.monotonic()
            self._stats.requests += 1
            asyncio.get_running_loop().call_later(self._latency, self._answer, target)

    def _answer(self, target: str) -> None:
        self._write(self._responder.body(target))

    def _write(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % len(body))
        self._transport.write(body)


async def _serve(workload: Workload) -> None:
    protocol = partial(_Protocol, _Responder(workload), workload.latency, Stats())
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(msgspec.json.decode(sys.argv[1], type=Workload)))
