"""Reads an API in a process of its own, without Port, and prints what it took as JSON.

Three readers: the integration's own session, the plain recipe's walk, and bare requests.
All of them run on the event loop that `ocean sail` has.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import psutil
from loguru import logger
from port_ocean.bootstrap import create_default_app
from port_ocean.utils.signal import SignalHandler, _signal_handler

from benchmarks import bare
from benchmarks.jobs import Job, Reading
from benchmarks.mapping import CHILDREN, ITEMS
from benchmarks.measure import own_cpu
from benchmarks.recipe import walk
from benchmarks.roads import LARGE_BODIES
from json_values import Json
from overrides import EndpointResource
from resync.session import Session
from settings import load_settings
from tests.resync import working_directory

_RESOURCES = {"items": ITEMS, "children": CHILDREN}


async def _ours(job: Job) -> AsyncIterator[int]:
    given: dict[str, Json] = {
        "base_url": job.url,
        "pagination_type": "page" if job.target == "items" else "none",
        "page_size": job.page_size,
        "max_concurrent_requests": job.in_flight,
    }
    match job.target:
        case "large":
            raw = LARGE_BODIES[job.road or "json"].resource
        case _:
            raw = _RESOURCES[job.target]
    settings = load_settings(given)
    resource = EndpointResource.parse_obj(raw)
    session = Session(settings)
    try:
        async for batch in session.read(resource.to_resource(settings.pagination)).batches():
            yield len(batch)
    finally:
        await session.aclose()


async def _recipe(job: Job) -> AsyncIterator[int]:
    async with httpx.AsyncClient(base_url=job.url) as client:
        items = job.target == "items"
        async for page in walk.pages(client, job.page_size) if items else walk.children(client):
            yield len(page)


async def _bare(job: Job) -> AsyncIterator[int]:
    match job.target:
        case "items":
            pages = range(1, -(-job.count // job.page_size) + 1)
            targets = [f"/items?page={page}&size={job.page_size}" for page in pages]
        case "children":
            targets = [f"/parents/{parent}/children" for parent in range(job.count)]
        case _:
            targets = ["/large"]
    in_flight = min(job.in_flight, len(targets))
    yield await bare.fetch(job.url, targets, in_flight=in_flight, is_list=job.target == "children")


_READERS = {"ours": _ours, "recipe": _recipe, "bare": _bare}


@asynccontextmanager
async def ocean(url: str) -> AsyncIterator[None]:
    """Ocean's context, which the session's HTTP client asks for its TLS settings."""
    _signal_handler.push(SignalHandler())
    create_default_app(
        ".",
        config_override={
            "port": {"client_id": "id", "client_secret": "secret", "base_url": url},
            "integration": {"identifier": "reader", "type": "custom", "config": {}},
            "event_listener": {"type": "ONCE"},
        },
    )
    yield


async def _read(job: Job) -> Reading:
    async with ocean(job.url):
        idle = psutil.Process().memory_info().rss
        wall, cpu, items = time.perf_counter(), own_cpu(), 0
        async for count in _READERS[job.reader](job):
            items += count
            if job.pause:
                await asyncio.sleep(job.pause)
        return Reading(items, time.perf_counter() - wall, own_cpu() - cpu, idle)


def main() -> None:
    """Do the job named on the command line."""
    logger.remove()
    job = msgspec.json.decode(sys.argv[1], type=Job)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(working_directory(Path(folder)))
        reading = asyncio.run(_read(job))
        print(msgspec.json.encode(reading).decode())
        os.chdir("/")


if __name__ == "__main__":
    main()
