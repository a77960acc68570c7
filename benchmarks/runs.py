"""What scenarios have in common: an API, a reading of it, and figures in words."""

from __future__ import annotations

import statistics
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from benchmarks.jobs import Job, Reading
from benchmarks.measure import answer, service
from benchmarks.server import Stats, Workload

_MANY = 100  # from here on decimals say nothing


@contextmanager
def serving(workload: Workload) -> Iterator[str]:
    """The URL of an API with a workload."""
    with service("benchmarks.server", workload) as url:
        yield url


def read(job: Job, expected: int | None) -> Reading:
    """What a job took; all items have to be there, if it is known how many there are."""
    reading = answer("benchmarks.reader", job, Reading)
    assert expected in {None, reading.items}, f"{reading.items} items instead of {expected}: {job}"
    return reading


def stats(api: str) -> Stats:
    """What the benchmark API has counted."""
    with urllib.request.urlopen(f"{api}/stats") as response:  # noqa: S310 — our own server
        return msgspec.json.decode(response.read(), type=Stats)


def medians(unit: str, **values: Sequence[float]) -> str:
    """The middle of each run's values in words."""
    middle = {name: statistics.median(each) for name, each in values.items()}
    return ", ".join(f"{name} {_rounded(value)} {unit}" for name, value in middle.items())


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= _MANY else f"{value:.3g}"


def ratios(upper: Sequence[float], lower: Sequence[float]) -> list[float]:
    """Each value of a round over the other's of the same round."""
    return [one / other for one, other in zip(upper, lower, strict=True)]
