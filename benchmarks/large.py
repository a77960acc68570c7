"""`python -m benchmarks.large`: one very large body, by a whole session and by a bare loop.

Each reader runs in a process of its own, in turn, so that neither profits from the other. Its
memory is the most it held above what it held before it began.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
import click
import msgspec
from loguru import logger

from benchmarks.scenarios import installation
from benchmarks.server import item
from expansion import Endpoint, Resource
from session import Session
from settings import load_settings

MB = 1_000_000
PATIENCE = 600  # seconds
_SENT = 256 * 1024  # bytes at a time


def small_item(number: int) -> dict[str, object]:
    """An item of about 130 bytes of JSON."""
    return {
        "id": number,
        "name": f"item {number}",
        "owner": {"id": number % 9, "name": "me"},
        "labels": [{"id": label} for label in range(number % 3)],
        "url": f"https://example.com/items/{number}",
    }


ITEMS: dict[str, Callable[[int], dict[str, object]]] = {"130 bytes": small_item, "620 bytes": item}


@dataclass(frozen=True)
class Reading:
    """What one reader took: seconds, and MB above its idle process."""

    wall: float
    cpu: float
    memory: float


def _body(make: Callable[[int], dict[str, object]], size: int) -> tuple[bytes, int]:
    rows: list[bytes] = []
    length = 0
    while length < size:
        rows.append(msgspec.json.encode(make(len(rows))))
        length += len(rows[-1]) + 1
    return b'{"total":%d,"items":[%s],"next":null}' % (len(rows), b",".join(rows)), len(rows)


def _serve(kind: str, size: int, ready: Connection) -> None:
    body, count = _body(ITEMS[kind], size)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head % len(body))
        for start in range(0, len(body), _SENT):
            writer.write(body[start : start + _SENT])
            await writer.drain()
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        ready.send((server.sockets[0].getsockname()[1], count))
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def _serving(kind: str, size: int) -> Iterator[tuple[str, int]]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(kind, size, there), daemon=True)
    process.start()
    try:
        port, count = here.recv()
        yield f"http://127.0.0.1:{port}", count
    finally:
        process.terminate()
        process.join()


async def _measured(read: Callable[[], Awaitable[int]], count: int) -> Reading:
    before = _peak()
    wall, cpu = time.perf_counter(), time.process_time()
    assert await read() == count
    return Reading(time.perf_counter() - wall, time.process_time() - cpu, (_peak() - before) / MB)


def _peak() -> int:
    """The most resident memory this process ever held, in bytes (Linux only).

    ``ru_maxrss`` would begin with the memory of the process that started this one.
    """
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


async def bare(url: str, count: int) -> Reading:
    """The least that gives all items: one request by aiohttp, one call of msgspec."""

    async def read() -> int:
        async with aiohttp.ClientSession() as http, http.get(f"{url}/items") as response:
            return len(msgspec.json.decode(await response.read())["items"])

    return await _measured(read, count)


async def session(url: str, count: int) -> Reading:
    """All batches of a resync's session, with the client of a running installation."""

    async def read() -> int:
        settings = load_settings({"base_url": url, "timeout": PATIENCE})
        reader = Session(settings)
        resource_ = Resource("/items", Endpoint("/items", data_path=".items"))
        try:
            return sum([len(batch) async for batch in reader.extract(resource_)])
        finally:
            await reader.aclose()

    async with installation(url) as installed, installed.booted():
        return await _measured(read, count)


READERS = {"aiohttp and msgspec": bare, "session": session}


def _read(name: str, url: str, count: int, done: Connection) -> None:
    logger.remove()
    done.send(asyncio.run(READERS[name](url, count)))


def _reading(name: str, url: str, count: int) -> Reading:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_read, args=(name, url, count, there))
    process.start()
    reading: Reading = here.recv()
    process.join()
    return reading


@click.command()
@click.option("--runs", default=5, show_default=True, help="Readings by each reader, in turn.")
@click.option("--size", default=200, show_default=True, help="Size of the body in MB.")
def main(runs: int, size: int) -> None:
    """Measure time and memory of one large body."""
    print("| items of | read by | wall | CPU | memory |\n|---|---|---|---|---|")
    for kind in ITEMS:
        with _serving(kind, size * MB) as (url, count):
            readings = [{name: _reading(name, url, count) for name in READERS} for _ in range(runs)]
        for name in READERS:
            wall, cpu, memory = (
                statistics.median(getattr(reading[name], field) for reading in readings)
                for field in ("wall", "cpu", "memory")
            )
            print(f"| {kind} | {name} | {wall:.1f} s | {cpu:.1f} s | {memory:.0f} MB |")


if __name__ == "__main__":
    main()
