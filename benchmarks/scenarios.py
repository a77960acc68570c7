"""What is measured, and what is promised of it.

A scenario gives figures, and perhaps charts. `quick` makes everything so small that only the
harness is tried; its figures mean nothing.
"""

from __future__ import annotations

import compileall
import statistics
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from benchmarks.jobs import Job, Reader, Reading, Target
from benchmarks.mapping import ITEMS, RECIPE_ITEMS, resource
from benchmarks.measure import MEGABYTE, Watch, in_turns
from benchmarks.results import Chart, Figure, Result
from benchmarks.roads import roads
from benchmarks.runs import medians, ratios, read, serving, stats
from benchmarks.sail import OURS, RECIPE, Harbour, Installation, Integration, Resync, harbour
from benchmarks.server import CHILDREN as CHILDREN_OF_EACH
from benchmarks.server import Workload
from workbench.sail import SailError

_PAGED = {"PAGINATION_TYPE": "page"}


def _watched(job: Job, expected: int) -> tuple[Reading, Watch]:
    with Watch() as watch:
        return read(job, expected), watch


def _sail(
    port: Harbour, integration: Integration, api: str, items: int, page_size: int = 100
) -> Resync:
    """Sync the API's items by an integration into an empty catalog."""
    settings = {"PAGE_SIZE": str(page_size), **(_PAGED if integration is OURS else {})}
    resources = [ITEMS if integration is OURS else RECIPE_ITEMS]
    sailed = port.resync(Installation("benchmark", integration, api, resources, settings))
    assert port.entities() == items, f"{port.entities()} entities instead of {items}"
    return sailed


def _synced(integration: Integration, workload: Workload, page_size: int = 100) -> Resync:
    with serving(workload) as api, harbour() as port:
        return _sail(port, integration, api, workload.items, page_size)


# --- scenarios -------------------------------------------------------------------------


def resync(*, quick: bool) -> Result:
    """A whole resync against the plain recipe's."""
    items, rounds = (200, 1) if quick else (20_000, 3)
    workload = Workload(latency=0.05, items=items)
    ours, recipe, our_start, recipe_start = in_turns(
        rounds,
        lambda: _synced(OURS, workload),
        lambda: _synced(RECIPE, workload),
        lambda: _synced(OURS, Workload()),
        lambda: _synced(RECIPE, Workload()),
    )
    wall, recipe_wall = [one.wall for one in ours], [one.wall for one in recipe]
    cpu, recipe_cpu = _per_entity(ours, our_start, items), _per_entity(recipe, recipe_start, items)
    return Result(
        f"Whole resync: {items:,} items of 700 bytes, 8 properties, 100 a page, 50 ms",
        [
            Figure(
                "times as fast as the plain recipe",
                ratios(recipe_wall, wall),
                medians("s", ours=wall, recipe=recipe_wall),
                least=3,
            ),
            Figure(
                "CPU per entity, of the plain recipe's",
                ratios(cpu, recipe_cpu),
                medians("ms", ours=cpu, recipe=recipe_cpu),
                most=0.5,
            ),
        ],
    )


def _per_entity(runs: Sequence[Resync], starts: Sequence[Resync], entities: int) -> list[float]:
    """CPU milliseconds for an entity, without what starting and an empty resync take."""
    start = statistics.median(one.cpu for one in starts)
    return [1000 * (one.cpu - start) / entities for one in runs]


def latency(*, quick: bool) -> Result:
    """Walks that mostly wait, beside what the latency alone would take."""
    pages, rounds = (8, 1) if quick else (100, 3)
    seconds, size, in_flight = 0.1, 20, 10
    items = pages * size - 1

    def told() -> float:
        with serving(Workload(seconds, items)) as api:
            job = Job("ours", api, "items", page_size=size, in_flight=in_flight)
            return read(job, items).wall

    def untold() -> float:
        return _synced(OURS, Workload(seconds, items, with_total=False), size).wall

    totals, without = in_turns(rounds, told, untold)
    side_by_side, sequential = pages * seconds / in_flight, pages * seconds
    return Result(
        f"Waiting: {pages} pages at 100 ms, {in_flight} requests in flight",
        [
            Figure(
                "total known: reading, of latency * pages / in flight",
                [one / side_by_side for one in totals],
                f"{medians('s', ours=totals)}, ideal {side_by_side:g} s",
                most=1.3,
            ),
            Figure(
                "no total: a whole resync, of latency * pages",
                [one / sequential for one in without],
                f"{medians('s', ours=without)}, ideal {sequential:g} s",
                most=1.05,
            ),
        ],
    )


def fan_out(*, quick: bool) -> Result:
    """One parent page, then every child."""
    children, rounds = (20, 1) if quick else (2000, 3)
    few, seconds, in_flight = children // 4, 0.05, 20
    all_at_once = Workload(seconds, parents=children)

    def recipe() -> Reading:
        # One after the other: with fewer children and less latency, for CPU time alone.
        return _children("recipe", Workload(0.002, parents=few), in_flight)

    ours, plain, limit = in_turns(
        rounds,
        lambda: _children("ours", all_at_once, in_flight),
        recipe,
        lambda: _children("bare", all_at_once, in_flight),
    )
    ideal = children * seconds / in_flight
    wall, cpu = [one.wall for one in ours], [1000 * one.cpu / children for one in ours]
    recipe_cpu = [1000 * one.cpu / few for one in plain]
    bare_cpu = [1000 * one.cpu / children for one in limit]
    return Result(
        f"Fan-out: {children:,} children at 50 ms, {in_flight} in flight, without Ocean's work",
        [
            Figure(
                "time, of latency * children / in flight",
                [one / ideal for one in wall],
                f"{medians('s', ours=wall, bare=[one.wall for one in limit])}, ideal {ideal:g} s",
                most=1.15,
            ),
            Figure(
                "CPU per request, of the plain recipe's",
                ratios(cpu, recipe_cpu),
                medians("ms", ours=cpu, recipe=recipe_cpu, bare=bare_cpu),
                most=0.33,
            ),
        ],
    )


def _children(reader: Reader, workload: Workload, in_flight: int) -> Reading:
    with serving(workload) as api:
        job = Job(reader, api, "children", workload.parents, in_flight=in_flight)
        return read(job, workload.parents * CHILDREN_OF_EACH)


def extraction(*, quick: bool) -> Result:
    """From bytes on the wire to items, in CPU time."""
    items, size, rounds = (2000, 500, 1) if quick else (60_000, 2000, 5)

    def speed(reader: Reader) -> float:
        """Items for a second of CPU."""
        return items / read(Job(reader, api, "items", items, page_size=size), items).cpu

    with serving(Workload(items=items)) as api:
        ours, recipe, bare = in_turns(
            rounds, lambda: speed("ours"), lambda: speed("recipe"), lambda: speed("bare")
        )
    return Result(
        f"Extraction: pages of {size:,} items, a plain data_path, items for a second of CPU",
        [
            Figure(
                "times the plain recipe's",
                ratios(ours, recipe),
                medians("items/s", ours=ours, recipe=recipe),
                least=5,
            ),
            Figure(
                "bare requests, times ours",
                ratios(bare, ours),
                medians("items/s", ours=ours, bare=bare),
                most=2,
            ),
        ],
    )


def large_body(*, quick: bool) -> Result:
    """One response with a very long array of small items."""
    size, rounds = (2 * MEGABYTE, 1) if quick else (200 * MEGABYTE, 3)
    with serving(Workload(large=size)) as api:
        items = read(Job("bare", api, "large"), None).items
        ours, bare = in_turns(
            rounds,
            lambda: _watched(Job("ours", api, "large"), items),
            lambda: _watched(Job("bare", api, "large"), items),
        )
    speed, limit = ([size / MEGABYTE / one.wall for one, _ in runs] for runs in (ours, bare))
    return Result(
        f"One response of {size // MEGABYTE} MB, an array of {items:,} small items",
        [
            Figure(
                "peak memory above the idle process",
                [_above_idle(*one) for one in ours],
                medians("MB", ours=_peaks(ours), bare=_peaks(bare)),
                unit="MB",
                most=150,
            ),
            Figure(
                "throughput, of bare requests'",
                ratios(speed, limit),
                medians("MB/s", ours=speed, bare=limit),
                least=0.5,
            ),
        ],
    )


def _above_idle(reading: Reading, watch: Watch) -> float:
    return (watch.peak - reading.idle) / MEGABYTE


def _peaks(runs: Sequence[tuple[Reading, Watch]]) -> list[float]:
    return [_above_idle(*one) for one in runs]


def start(*, quick: bool) -> Result:
    """From `ocean sail` to the first request."""
    rounds = 1 if quick else 9
    for integration in (OURS, RECIPE):
        # As in the image: where Python writes no bytecode, every start would compile anew.
        compileall.compile_dir(integration.directory, maxlevels=0, quiet=1)
    ours, recipe = in_turns(
        rounds,
        lambda: _synced(OURS, Workload()).to_first_request,
        lambda: _synced(RECIPE, Workload()).to_first_request,
    )
    return Result(
        "Start-up: `ocean sail` to the first request",
        [
            Figure(
                "more than an integration of thirty lines",
                [1000 * (one - other) for one, other in zip(ours, recipe, strict=True)],
                medians("s", ours=ours, other=recipe),
                unit="ms",
                most=150,
            )
        ],
    )


def growth(*, quick: bool) -> Result:
    """Ten times as many items: ten times the seconds, and the same memory."""
    sizes = (100, 1000) if quick else (1000, 10_000, 100_000, 1_000_000)
    synced = (100, 200) if quick else (1000, 10_000)
    parents = (10, 20) if quick else (10, 100, 1000, 10_000)
    read = {items: _grown("items", Workload(items=items)) for items in sizes}
    children = {count: _grown("children", Workload(parents=count)) for count in parents}
    sailed = {}
    for items in synced:
        with serving(Workload(items=items)) as api, harbour() as port, Watch() as watch:
            wall = _sail(port, OURS, api, items, 1000).wall
        sailed[items] = (wall, watch.peak)
    most, before = sizes[-1], sizes[-2]
    return Result(
        f"Growth: {sizes[0]:,} to {most:,} items, {parents[0]} to {parents[-1]:,} children",
        [
            Figure(
                f"seconds per item, {most:,} of {before:,}",
                [read[most][0] / most / (read[before][0] / before)],
                medians("s", **{f"{items:,}": [read[items][0]] for items in sizes}),
                most=1.25,
            ),
            Figure(
                f"seconds per child, {parents[-1]:,} of {parents[-2]:,}",
                [children[parents[-1]][0] / parents[-1] / (children[parents[-2]][0] / parents[-2])],
                medians("s", **{f"{count:,}": [children[count][0]] for count in parents}),
                most=1.25,
            ),
            Figure(
                f"peak memory, {most:,} of {before:,} items",
                [read[most][1] / read[before][1]],
                medians("MB", **{f"{n:,}": [read[n][1] / MEGABYTE] for n in sizes}),
                most=1.25,
            ),
        ],
        [
            Chart(
                name,
                title,
                "items",
                label,
                {
                    "reading": [(items, values[at] / unit) for items, values in read.items()],
                    "reading, three a child": [
                        (count * CHILDREN_OF_EACH, values[at] / unit)
                        for count, values in children.items()
                    ],
                    "whole resync": [
                        (items, values[at] / unit) for items, values in sailed.items()
                    ],
                },
                logarithmic=True,
            )
            for name, title, label, at, unit in (
                ("growth-seconds", "Time over items", "seconds", 0, 1),
                ("growth-memory", "Peak resident memory over items", "MB", 1, MEGABYTE),
            )
        ],
    )


def _grown(target: Target, workload: Workload) -> tuple[float, int]:
    """Seconds and peak bytes of reading everything."""
    items = workload.items or workload.parents * CHILDREN_OF_EACH
    with serving(workload) as api:
        job = Job("ours", api, target, page_size=1000, in_flight=20)
        reading, watch = _watched(job, items)
    return reading.wall, watch.peak


def slow_port(*, quick: bool) -> Result:
    """A long source and a slow consumer: what was read ahead stays little."""
    items, pause, seconds = (5000, 0.005, 8) if quick else (1_000_000, 0.005, 30)
    workload = Workload(items=items)
    with serving(workload) as api:
        job = Job("ours", api, "items", page_size=1000, pause=pause)
        reading, watch = _watched(job, items)
    with serving(Workload(items=1_000_000)) as api, harbour(delay=0.2) as port, Watch() as whole:
        with suppress(SailError):  # it is not at its end yet, as was meant
            port.resync(Installation("slow", OURS, api, [ITEMS], _PAGED), timeout=seconds)
        ahead = 100 * stats(api).requests - port.entities()
    return Result(
        "Back-pressure: a source of a million items, and who takes them is slow",
        [
            Figure(
                f"peak memory above the idle process, {1000 * pause:g} ms for a batch",
                [_above_idle(reading, watch)],
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
        [
            Chart(
                "slow-port",
                "Resident memory over time",
                "seconds",
                "MB",
                {
                    "reading, slow consumer": _megabytes(watch),
                    "whole resync, slow Port": _megabytes(whole),
                },
            )
        ],
    )


def _megabytes(watch: Watch) -> list[tuple[float, float]]:
    """About 200 samples."""
    step = max(1, len(watch.samples) // 200)
    return [(round(at, 2), round(used / MEGABYTE, 1)) for at, used in watch.samples[::step]]


def split(*, quick: bool) -> Result:
    """Two resources in one installation, against one each in two installations side by side."""
    items, rounds = (200, 1) if quick else (5000, 3)
    together, apart = in_turns(rounds, lambda: _together(items), lambda: _apart(items))
    return Result(
        f"Two installations share a mapping: {items:,} items each",
        [
            Figure(
                "time, of one installation's",
                ratios(apart, together),
                medians("s", one=together, two=apart),
            )
        ],
    )


_OTHERS = resource("/items?set=2", "other", data_path=".items")


def _together(items: int) -> float:
    with serving(Workload(items=items)) as api, harbour() as port:
        one = port.resync(Installation("one", OURS, api, [ITEMS, _OTHERS], _PAGED))
        assert port.entities() == 2 * items
    return one.wall


def _apart(items: int) -> float:
    """The slower one's seconds; a second resync of each finds all entities still there."""
    with serving(Workload(items=items)) as api, harbour() as port:
        halves = [
            Installation(name, OURS, api, [each], _PAGED)
            for name, each in (("first", ITEMS), ("second", _OTHERS))
        ]
        with ThreadPoolExecutor() as pool:
            walls = [one.wall for one in pool.map(port.resync, halves)]
        for half in halves:
            port.resync(half)
        assert port.entities() == 2 * items
        assert port.store.deletions() == []
    return max(walls)


def raw_data(*, quick: bool) -> Result:
    """Port maps raw items itself, against Ocean mapping and upserting."""
    items, rounds = (200, 1) if quick else (5000, 3)
    workload = Workload(items=items)
    mapped, raw = in_turns(rounds, lambda: _synced(OURS, workload), lambda: _handed_over(items))
    wall, raw_wall = [one.wall for one in mapped], [one.wall for one in raw]
    cpu, raw_cpu = [one.cpu for one in mapped], [one.cpu for one in raw]
    return Result(
        f"Port maps raw data (dsp mode): {items:,} items",
        [
            Figure(
                "time, of a resync that maps and upserts",
                ratios(raw_wall, wall),
                medians("s", mapped=wall, raw=raw_wall),
            ),
            Figure(
                "CPU with start-up, of a resync that maps and upserts",
                ratios(raw_cpu, cpu),
                medians("s", mapped=cpu, raw=raw_cpu),
            ),
        ],
    )


def _handed_over(items: int) -> Resync:
    with serving(Workload(items=items)) as api, harbour(takes_raw_data=True) as port:
        one = port.resync(Installation("raw", OURS, api, [ITEMS], _PAGED))
        assert port.raw_items() == items
        assert port.entities() == 0
    return one


SCENARIOS: Mapping[str, Callable[..., Result]] = {
    "resync": resync,
    "latency": latency,
    "fan-out": fan_out,
    "extraction": extraction,
    "large-body": large_body,
    "start": start,
    "growth": growth,
    "slow-port": slow_port,
    "split": split,
    "raw-data": raw_data,
    "roads": roads,
}
