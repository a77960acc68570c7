"""`python -m benchmarks.event_loop`: whole resyncs on asyncio's event loop and on uvloop, in pairs.

Both have the container's packages. uvicorn, which `ocean sail` runs in, takes uvloop as soon as it
can be imported.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click
import uvloop

from benchmarks.mapping import CHILDREN, ITEMS
from benchmarks.measure import in_turns, service
from benchmarks.sail import OURS, Installation, Resync, harbour
from benchmarks.server import Workload
from workbench.store.model import JsonObject

LATENCY = 0.05  # seconds
LOOPS = ("asyncio", "uvloop")
MEASURES: dict[str, Callable[[Resync], float]] = {
    "CPU": lambda one: one.cpu,
    "time": lambda one: one.wall,
}


def _one(
    packages: Path | None, workload: Workload, resource: JsonObject, settings: dict[str, object]
) -> Resync:
    """One resync into an empty catalog."""
    with harbour() as port, service("benchmarks.server", workload) as url:
        return port.resync(
            Installation("loop", OURS, url, [resource], settings=settings, packages=packages)
        )


def _compare(title: str, columns: Sequence[Sequence[Resync]]) -> None:
    for name, measure in MEASURES.items():
        times = [[measure(one) for one in column] for column in columns]
        ratios = [uv / plain for plain, uv in zip(*times, strict=True)]
        medians = ", ".join(
            f"{loop} {statistics.median(each):.2f} s"
            for loop, each in zip(LOOPS, times, strict=True)
        )
        click.echo(
            f"{title}: {name} on uvloop {statistics.median(ratios):.2f} of asyncio's"
            f" ({min(ratios):.2f} to {max(ratios):.2f}); {medians}"
        )


@click.command()
@click.option("--runs", default=5, show_default=True, help="Pairs of each.")
@click.option("--items", default=10_000, show_default=True, help="Items, 100 a page.")
@click.option("--parents", default=2000, show_default=True, help="Parents, three children each.")
def main(runs: int, items: int, parents: int) -> None:
    """Compare the two event loops by what a whole resync takes, its start included."""
    paged: dict[str, object] = {"PAGINATION_TYPE": "page", "PAGE_SIZE": 100}
    cases: dict[str, tuple[Workload, JsonObject, dict[str, object]]] = {
        f"{items} items": (Workload(LATENCY, items=items), ITEMS, paged),
        f"{parents} requests for children": (Workload(LATENCY, parents=parents), CHILDREN, {}),
    }
    with tempfile.TemporaryDirectory() as folder:
        further = Path(folder, "uvloop")
        further.symlink_to(Path(uvloop.__file__).parent)
        for title, case in cases.items():
            loops = (None, Path(folder))
            _compare(title, in_turns(runs, *(partial(_one, loop, *case) for loop in loops)))


if __name__ == "__main__":
    main()
