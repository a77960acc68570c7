"""What scenarios run: readers and whole resyncs against an API of their own, and their figures."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.jobs import Job, Reading
from benchmarks.mapping import ITEMS, RECIPE_ITEMS
from benchmarks.measure import MEGABYTE, Watch, answer, service
from benchmarks.sail import OURS, Harbour, Installation, Integration, Resync, harbour
from benchmarks.server import Workload

PAGED = {"PAGINATION_TYPE": "page"}
_MANY = 100  # from here on decimals say nothing


@contextmanager
def serving(workload: Workload) -> Iterator[str]:
    """The API of a workload, by its URL."""
    with service("benchmarks.server", workload) as url:
        yield url


def read(job: Job, expected: int | None) -> Reading:
    """What a reader took for a job; it must have found so many items."""
    reading = answer("benchmarks.reader", job, Reading)
    assert expected in {None, reading.items}, f"{reading.items} items instead of {expected}: {job}"
    return reading


def watched(job: Job, expected: int | None) -> tuple[Reading, Watch]:
    """The same, and the memory it took."""
    with Watch() as watch:
        return read(job, expected), watch


def sail(
    port: Harbour, integration: Integration, api: str, items: int, page_size: int = 100
) -> Resync:
    """Sync the API's items by an integration into an empty catalog."""
    settings = {"PAGE_SIZE": str(page_size), **(PAGED if integration is OURS else {})}
    resources = [ITEMS if integration is OURS else RECIPE_ITEMS]
    sailed = port.resync(Installation("benchmark", integration, api, resources, settings))
    assert port.entities() == items, f"{port.entities()} entities instead of {items}"
    return sailed


def synced(integration: Integration, workload: Workload, page_size: int = 100) -> Resync:
    """A whole resync of a workload's items."""
    with serving(workload) as api, harbour() as port:
        return sail(port, integration, api, workload.items, page_size)


def medians(unit: str, **values: Sequence[float]) -> str:
    """The medians by name, as text."""
    medians = {name: statistics.median(each) for name, each in values.items()}
    return ", ".join(f"{name} {_rounded(value)} {unit}" for name, value in medians.items())


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= _MANY else f"{value:.3g}"


def ratios(upper: Sequence[float], lower: Sequence[float]) -> list[float]:
    """Each of one by each of the other."""
    return [one / other for one, other in zip(upper, lower, strict=True)]


def above_idle(reading: Reading, watch: Watch) -> float:
    """Peak megabytes above the idle process."""
    return (watch.peak - reading.idle) / MEGABYTE
