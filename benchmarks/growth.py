"""Long readings: how time and memory grow with the items, and what waits for who is slow."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from benchmarks.jobs import Job, Target
from benchmarks.mapping import ITEMS
from benchmarks.measure import MEGABYTE, Watch, in_turns
from benchmarks.results import Chart, Figure, Result
from benchmarks.runs import PAGED, above_idle, medians, ratios, sail, serving, watched
from benchmarks.sail import OURS, Installation, harbour, stats
from benchmarks.server import CHILDREN as CHILDREN_OF_EACH
from benchmarks.server import Workload
from workbench.sail import SailError

Grown = tuple[float, int]
"""Seconds and peak bytes."""

type Curve = Mapping[int, Sequence[Grown]]
"""What runs took, by how much there was to read."""


def growth(*, quick: bool) -> Result:
    """Ten times as many items: ten times the seconds, and the same memory."""
    sizes = (100, 1000) if quick else (1000, 10_000, 100_000, 1_000_000)
    counts = (10, 20) if quick else (10, 100, 1000, 10_000)
    rounds, fewer = (1, 1) if quick else (5, 3)
    items = _curve(sizes, rounds, lambda size: _grown("items", Workload(items=size)))
    parents = _curve(counts, fewer, lambda count: _grown("children", Workload(parents=count)))
    sailed = {size: [_sailed(size)] for size in ((100, 200) if quick else (1000, 10_000))}
    most, before = sizes[-1], sizes[-2]
    lines: dict[str, Curve] = {
        "reading": items,
        "reading, three a child": {n * CHILDREN_OF_EACH: runs for n, runs in parents.items()},
        "whole resync": sailed,
    }
    return Result(
        f"Growth: {sizes[0]:,} to {most:,} items, {counts[0]} to {counts[-1]:,} children",
        [
            _seconds_for_each("item", items),
            _seconds_for_each("child", parents),
            Figure(
                f"peak memory, {most:,} of {before:,} items",
                ratios(_peaks(items[most]), _peaks(items[before])),
                medians("MB", **{f"{n:,}": _peaks(runs) for n, runs in items.items()}),
                most=1.25,
            ),
        ],
        [
            _chart("growth-seconds", "Time over items", "seconds", lines, _seconds),
            _chart("growth-memory", "Peak resident memory over items", "MB", lines, _peaks),
        ],
    )


def _curve(sizes: Sequence[int], rounds: int, run: Callable[[int], Grown]) -> Curve:
    """Runs by their size: one of each, several of the two that a promise compares.

    The speed of a machine changes within seconds: the short run is made before and after the long.
    """
    *few, before, most = sizes
    first, long, last = in_turns(rounds, *(partial(run, size) for size in (before, most, before)))
    short = [_between(*runs) for runs in zip(first, last, strict=True)]
    return {size: [run(size)] for size in few} | {before: short, most: long}


def _between(one: Grown, other: Grown) -> Grown:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) // 2


def _seconds(runs: Sequence[Grown]) -> list[float]:
    return [seconds for seconds, _ in runs]


def _peaks(runs: Sequence[Grown]) -> list[float]:
    """Peak megabytes."""
    return [peak / MEGABYTE for _, peak in runs]


def _seconds_for_each(what: str, grown: Curve) -> Figure:
    """Seconds for one of many, as times of those for one of a tenth as many."""
    before, most = list(grown)[-2:]
    return Figure(
        f"seconds per {what}, {most:,} of {before:,}",
        [one * before / most for one in ratios(_seconds(grown[most]), _seconds(grown[before]))],
        medians("s", **{f"{n:,}": _seconds(runs) for n, runs in grown.items()}),
        most=1.25,
    )


def _chart(
    name: str,
    title: str,
    label: str,
    lines: Mapping[str, Curve],
    values: Callable[[Sequence[Grown]], list[float]],
) -> Chart:
    points = {
        line: [(items, statistics.median(values(runs))) for items, runs in grown.items()]
        for line, grown in lines.items()
    }
    return Chart(name, title, "items", label, points, logarithmic=True)


def _sailed(items: int) -> Grown:
    """Seconds and peak bytes of a whole resync."""
    with serving(Workload(items=items)) as api, harbour() as port, Watch() as watch:
        wall = sail(port, OURS, api, items, 1000).wall
    return wall, watch.peak


def _grown(target: Target, workload: Workload) -> Grown:
    """Seconds and peak bytes of reading everything."""
    items = workload.items or workload.parents * CHILDREN_OF_EACH
    with serving(workload) as api:
        job = Job("ours", api, target, page_size=1000, in_flight=20)
        reading, watch = watched(job, items)
    return reading.wall, watch.peak


def slow_port(*, quick: bool) -> Result:
    """A long source and a slow consumer: what was read ahead stays little."""
    items, pause, seconds = (5000, 0.005, 8) if quick else (1_000_000, 0.005, 30)
    workload = Workload(items=items)
    with serving(workload) as api:
        job = Job("ours", api, "items", page_size=1000, pause=pause)
        reading, watch = watched(job, items)
    with serving(Workload(items=1_000_000)) as api, harbour(delay=0.2) as port, Watch() as whole:
        with suppress(SailError):  # it is not at its end yet, as was meant
            port.resync(Installation("slow", OURS, api, [ITEMS], PAGED), timeout=seconds)
        ahead = 100 * stats(api).requests - port.entities()
    lines = {
        "reading, slow consumer": _megabytes(watch),
        "whole resync, slow Port": _megabytes(whole),
    }
    return Result(
        "Back-pressure: a source of a million items, and who takes them is slow",
        [
            Figure(
                f"peak memory above the idle process, {1000 * pause:g} ms for a batch",
                [above_idle(reading, watch)],
                f"{items:,} items in {reading.wall:.3g} s",
                unit="MB",
                most=150,
            ),
            Figure(
                f"whole resync, stopped after {seconds} s: items read and not yet in the catalog",
                [ahead],
                "200 ms for every bulk of entities",
                unit="items",
                most=5000,
            ),
        ],
        [Chart("slow-port", "Resident memory over time", "seconds", "MB", lines)],
    )


def _megabytes(watch: Watch) -> list[tuple[float, float]]:
    """About 200 samples."""
    step = max(1, len(watch.samples) // 200)
    return [(round(at, 2), round(used / MEGABYTE, 1)) for at, used in watch.samples[::step]]
