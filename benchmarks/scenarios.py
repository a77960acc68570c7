"""What is measured, and what is promised of it.

A scenario gives figures, and perhaps charts. `quick` makes everything so small that only the
harness is tried; its figures mean nothing.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.growth import growth, slow_port
from benchmarks.jobs import Job, Reader, Reading
from benchmarks.mapping import ITEMS, resource
from benchmarks.measure import MEGABYTE, Watch, in_turns
from benchmarks.results import Figure, Result
from benchmarks.roads import large_formats, roads
from benchmarks.runs import PAGED, above_idle, medians, ratios, read, serving, synced, watched
from benchmarks.sail import OURS, RECIPE, Installation, Resync, harbour
from benchmarks.server import CHILDREN as CHILDREN_OF_EACH
from benchmarks.server import Workload

# --- scenarios -------------------------------------------------------------------------


def resync(*, quick: bool) -> Result:
    """A whole resync against the plain recipe's."""
    items, rounds = (200, 1) if quick else (10_000, 3)
    workload = Workload(latency=0.05, items=items)
    ours, recipe, our_start, recipe_start = in_turns(
        rounds,
        lambda: synced(OURS, workload),
        lambda: synced(RECIPE, workload),
        lambda: synced(OURS, Workload()),
        lambda: synced(RECIPE, Workload()),
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
        return synced(OURS, Workload(seconds, items, with_total=False), size).wall

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
            lambda: watched(Job("ours", api, "large"), items),
            lambda: watched(Job("bare", api, "large"), items),
        )
    speed, limit = ([size / MEGABYTE / one.wall for one, _ in runs] for runs in (ours, bare))
    return Result(
        f"One response of {size // MEGABYTE} MB, an array of {items:,} small items",
        [
            Figure(
                "peak memory above the idle process",
                [above_idle(*one) for one in ours],
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


def _peaks(runs: Sequence[tuple[Reading, Watch]]) -> list[float]:
    return [above_idle(*one) for one in runs]


def start(*, quick: bool) -> Result:
    """From the start of the process to the first request."""
    rounds = 1 if quick else 21
    ours, recipe = in_turns(
        rounds,
        lambda: synced(OURS, Workload()).to_first_request,
        lambda: synced(RECIPE, Workload()).to_first_request,
    )
    return Result(
        "Start-up: from the start of the process to the first request",
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


def split(*, quick: bool) -> Result:
    """Two resources in one installation, against one each in two installations side by side."""
    items, rounds = (200, 1) if quick else (2500, 3)
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
        one = port.resync(Installation("one", OURS, api, [ITEMS, _OTHERS], PAGED))
        assert port.entities() == 2 * items
    return one.wall


def _apart(items: int) -> float:
    """The slower one's seconds; a second resync of each finds all entities still there."""
    with serving(Workload(items=items)) as api, harbour() as port:
        halves = [
            Installation(name, OURS, api, [each], PAGED)
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
    mapped, raw = in_turns(rounds, lambda: synced(OURS, workload), lambda: _handed_over(items))
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
        one = port.resync(Installation("raw", OURS, api, [ITEMS], PAGED))
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
    "large-formats": large_formats,
}
