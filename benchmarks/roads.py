"""The roads beside plain JSON by cursor: formats, a cursor in a header, values in step, OAuth 2.

And very long bodies in other formats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from benchmarks.jobs import Job
from benchmarks.mapping import LARGE, resource
from benchmarks.measure import MEGABYTE, in_turns
from benchmarks.results import Figure, Result
from benchmarks.runs import above_idle, medians, ratios, read, serving, watched
from benchmarks.sail import stats
from benchmarks.server import CONTINUATION, Workload
from workbench.store.model import JsonObject

PLAIN = "JSON by cursor"
"""What every other road is compared with."""

_CURSOR: JsonObject = {"type": "cursor"}
_HEADER: JsonObject = {"type": "cursor", "cursor_path": f"header:{CONTINUATION}"}
_STEP: JsonObject = {"endpoint": "/repositories", "pagination": {"type": "none"}}


def _no_settings(url: str) -> JsonObject:
    del url
    return {}


def _oauth2(url: str) -> JsonObject:
    return {
        "auth_type": "oauth2",
        "oauth_token_url": f"{url}/token",
        "oauth_client_id": "reader",
        "oauth_client_secret": "the-secret-of-the-reader",
    }


@dataclass(frozen=True)
class Road:
    """A way to the same items: a resource, and what it needs of settings, by the API's URL.

    ``most``: how many times the CPU of plain JSON it may take.
    """

    resource: JsonObject
    most: float
    settings: Callable[[str], JsonObject] = field(default=_no_settings)


ROADS: Mapping[str, Road] = {
    PLAIN: Road(resource("/road/json", data_path=".items", pagination=_CURSOR), most=1),
    "cursor in a header": Road(resource("/road/list", pagination=_HEADER), most=1.25),
    "ndjson": Road(
        resource("/road/ndjson", response_format="ndjson", pagination=_HEADER), most=1.5
    ),
    "csv": Road(resource("/road/csv", response_format="csv", pagination=_HEADER), most=2),
    "xml": Road(
        resource("/road/xml", response_format="xml", data_path=".items.item", pagination=_HEADER),
        most=4,
    ),
    "values in step": Road(
        resource(
            "/repositories/{owner}/{name}/items",
            path_parameters={
                "owner": {**_STEP, "field": ".owner"},
                "name": {**_STEP, "field": ".name"},
            },
            pagination={"type": "none"},
        ),
        most=1.5,
    ),
    "oauth2": Road(resource("/road/json", data_path=".items", pagination=_CURSOR), 1.25, _oauth2),
}

LARGE_BODIES: Mapping[str, Road] = {
    "json": Road(LARGE, most=1),
    "ndjson": Road(resource("/large", response_format="ndjson"), most=2),
    "csv": Road(resource("/large", response_format="csv"), most=4),
}


def large_formats(*, quick: bool) -> Result:
    """One very long response in each format: memory, and CPU beside JSON's."""
    size, rounds = (2 * MEGABYTE, 1) if quick else (200 * MEGABYTE, 3)

    def taken(name: str) -> tuple[float, float]:
        """Megabytes above the idle process, and milliseconds of CPU for a megabyte."""
        with serving(Workload(large=size, large_format=name)) as api:
            reading, watch = watched(Job("ours", api, "large", road=name), None)
        return above_idle(reading, watch), 1000 * reading.cpu / (size / MEGABYTE)

    columns = in_turns(rounds, *(partial(taken, name) for name in LARGE_BODIES))
    by_name = dict(zip(LARGE_BODIES, columns, strict=True))
    plain_memory, plain_cpu = zip(*by_name.pop("json"), strict=True)
    figures = []
    for name, runs in by_name.items():
        memory, cpu = zip(*runs, strict=True)
        said = medians("MB", **{name: memory, "json": plain_memory})
        peak = f"{name}: peak memory above the idle process"
        figures.append(Figure(peak, memory, said, unit="MB", most=150))
        said = medians("ms/MB", **{name: cpu, "json": plain_cpu})
        most = LARGE_BODIES[name].most
        figures.append(Figure(f"{name}: CPU, of JSON's", ratios(cpu, plain_cpu), said, most=most))
    return Result(f"One response of {size // MEGABYTE} MB in other formats", figures)


def roads(*, quick: bool) -> Result:
    """Each format and style beside plain JSON by cursor: requests and CPU."""
    items, size, rounds = (2000, 500, 1) if quick else (20_000, 500, 5)
    workload = Workload(items=items, parents=items // size)
    columns = in_turns(rounds, *(partial(_taken, workload, size, road) for road in ROADS))
    by_road = dict(zip(ROADS, columns, strict=True))
    plain = by_road.pop(PLAIN)
    figures = [_figure(road, runs, plain) for road, runs in by_road.items()]
    most = max(one.requests / plain[0].requests for runs in by_road.values() for one in runs)
    said = "one more for the token, or for the parents"
    figures.append(Figure(f"requests of any road, of {PLAIN}", [most], said, most=1.05))
    title = f"Roads: {items:,} items of 700 bytes, {size} a page, without Ocean's work"
    return Result(title, figures)


@dataclass(frozen=True)
class _Taken:
    """What a reading took: requests, and milliseconds of CPU for a thousand items."""

    requests: int
    cpu: float


def _taken(workload: Workload, size: int, road: str) -> _Taken:
    with serving(workload) as api:
        reading = read(Job("ours", api, "road", page_size=size, road=road), workload.items)
        return _Taken(stats(api).requests, 1000 * reading.cpu / (workload.items / 1000))


def _figure(road: str, runs: Sequence[_Taken], plain: Sequence[_Taken]) -> Figure:
    """A road's CPU beside plain JSON's of the same round."""
    cpu, plain_cpu = [one.cpu for one in runs], [one.cpu for one in plain]
    return Figure(
        f"{road}: CPU for a thousand items, of {PLAIN}",
        ratios(cpu, plain_cpu),
        f"{medians('ms', **{road: cpu, PLAIN: plain_cpu})};"
        f" requests {runs[0].requests} and {plain[0].requests}",
        most=ROADS[road].most,
    )
