"""What is measured: the real extraction over real HTTP, beside what nothing could beat.

Every scenario gives a ``Figure``: seconds measured, seconds of the ideal, and the ratio that
is promised. The ideal is arithmetic: latency times the requests that must follow one another.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server import Workload, serving
from expansion import Endpoint, Parameter, Resource
from session import Session
from settings import load_settings
from tests.resync import Installation, resource, working_directory
from workbench import catalog
from workbench.catalog import CatalogStore
from workbench.serve import serving as serving_catalog


@dataclass(frozen=True)
class Figure:
    """One measurement, in seconds; ``promised`` is the largest ratio to the ideal."""

    measured: float
    ideal: float
    promised: float
    cpu: float

    @property
    def ratio(self) -> float:
        """Measured over ideal."""
        return self.measured / self.ideal


@asynccontextmanager
async def installation(api_url: str, **settings: object) -> AsyncIterator[Installation]:
    """An installation between an API and a fresh local catalog, as the tests make it."""
    with tempfile.TemporaryDirectory() as folder, CatalogStore() as store:
        before = Path.cwd()
        os.chdir(working_directory(Path(folder)))
        try:
            with serving_catalog(catalog.create_app(store)) as url:
                yield Installation(url, store, api_url, settings=settings)
        finally:
            os.chdir(before)


async def _timed(work: Callable[[], Awaitable[int]], expected: int) -> tuple[float, float]:
    """Wall and CPU seconds of work that must give so many items."""
    wall, cpu = time.perf_counter(), time.process_time()
    items = await work()
    assert items == expected, f"{items} items instead of {expected}"
    return time.perf_counter() - wall, time.process_time() - cpu


async def fan_out(children: int = 400, latency: float = 0.05, in_flight: int = 20) -> Figure:
    """One parent page, then every child: ``in_flight`` requests at once, all the time."""
    workload = Workload(latency=latency, parents=children)
    kind = "/parents/{id}/children"
    target = Resource(kind, Endpoint(kind), (Parameter("id", Endpoint("/parents"), ".id"),))
    with serving(workload) as url:
        settings = load_settings({"base_url": url, "max_concurrent_requests": in_flight})
        async with installation(url) as installed, installed.booted():

            async def extract() -> int:
                session = Session(settings)
                try:
                    return sum([len(batch) async for batch in session.extract(target)])
                finally:
                    await session.aclose()

            wall, cpu = await _timed(extract, children * workload.children)
    return Figure(wall, latency * children / in_flight, 1.5, cpu)


async def walk(pages: int = 100, latency: float = 0.1, page_size: int = 20) -> Figure:
    """A whole resync of one kind, its pages one after the other: Ocean's work in their shadow."""
    workload = Workload(latency=latency, items=pages * page_size - 1, with_total=False)
    with serving(workload) as url:
        async with (
            installation(url, pagination_type="page", page_size=page_size) as installed,
            installed.booted() as app,
        ):
            installed.mapping = [resource("/items", data_path=".items")]

            async def resync() -> int:
                outcome = await installed.resync_in(app)
                assert outcome.complete, outcome.message
                return len(outcome.entities)

            wall, cpu = await _timed(resync, workload.items)
    return Figure(wall, latency * pages, 1.1, cpu)
