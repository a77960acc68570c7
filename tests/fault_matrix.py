"""The fault matrix: every fault at every place, in every style of paging and every shape of lists.

    python -m tests.fault_matrix                each fault at each place in each style and shape
    python -m tests.fault_matrix --all          each of those with each style of signing as well
    python -m tests.fault_matrix --pairs        the cells of `make test-all`: each pair
    python -m tests.fault_matrix --fault 503    those of one fault
    python -m tests.fault_matrix --place child  those at one place
    python -m tests.fault_matrix --seed 7       with other words where words are drawn
    python -m tests.fault_matrix --write FILE   and write the tables as a document

A cell is a resync of three kinds over real HTTP, through the integration's `Session`, of an
API with one fault. As before a deletion, kinds that were left in doubt are then read once more:
what counts is what both readings found. It is judged by what the API holds and by what `faults`
declares. Some cells are whole resyncs through Ocean as well (`fault_deletion`).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir, redirect_stdout
from dataclasses import replace
from functools import partial
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from loguru import logger
from rich.console import Console
from rich.progress import track

from tests.certificates import self_signed
from tests.covering import covering
from tests.fault_api import FaultApi
from tests.fault_cells import PLACES, Cell
from tests.fault_coverings import Selection, pairs, places
from tests.fault_deletion import Deletion, delete
from tests.fault_report import as_markdown, as_table
from tests.fault_verdict import Result, holds_secret, run
from tests.faults import cells
from tests.resync import Installation, Seeds, working_directory
from workbench.catalog import CatalogStore, create_app
from workbench.serve import serving

if TYPE_CHECKING:
    from loguru import Message

NOWHERE = "http://127.0.0.1:9"
_AT_ONCE = 8  # cells, in one process
_PART = 200  # cells, about, that a process is given
_PART_OF_OCEAN = 10  # whole resyncs, about, that a process is given


async def run_all(chosen: Sequence[Cell]) -> list[Result]:
    """Run cells, some at once, and look for credentials in all that is logged meanwhile."""
    leaking: set[str] = set()

    def watch(line: Message) -> None:
        if holds_secret(line):
            leaking.add(str(line.record["extra"].get("cell")))

    free = asyncio.Semaphore(_AT_ONCE)

    async def one(cell: Cell) -> Result:
        async with free:
            with logger.contextualize(cell=str(cell)):
                result = await run(cell)
        if str(cell) in leaking:
            result = replace(result, violations=(*result.violations, "a credential was logged"))
        return result

    sink = logger.add(watch, level=0, format="{message}\n{exception}", diagnose=False)
    try:
        results = await asyncio.gather(*map(one, chosen))
    finally:
        logger.remove(sink)
    assert leaking <= set(map(str, chosen)), "a credential was logged, by no cell in particular"
    return results


# --- in a process each ----------------------------------------------------------------------

type _Found[Became] = list[tuple[int, Became, tuple[str, ...]]]
"""Of cells by number: what became of them, and every rule that was broken."""


def read_part(seed: int, numbers: Sequence[int]) -> _Found[str]:
    """Run some of all cells, by number, in this process."""
    logger.remove()
    everything = cells(seed)
    results = asyncio.run(_in_ocean([everything[number] for number in numbers]))
    return [
        (number, result.outcome, result.violations)
        for number, result in zip(numbers, results, strict=True)
    ]


def delete_part(seed: int, numbers: Sequence[int]) -> _Found[Mapping[str, str]]:
    """Run some of the whole resyncs, by number, in this process."""
    logger.remove()
    everything = Selection(cells(seed)).through_ocean
    with redirect_stdout(StringIO()):  # each shows its log
        deletions = asyncio.run(_through_ocean([everything[number] for number in numbers]))
    return [
        (number, one.by_blueprint, one.violations)
        for number, one in zip(numbers, deletions, strict=True)
    ]


async def _in_ocean(chosen: Sequence[Cell]) -> list[Result]:
    """Run cells within a real Ocean app, which the integration takes its HTTP client from."""
    with (
        TemporaryDirectory() as folder,
        chdir(working_directory(Path(folder))),
        CatalogStore() as store,
    ):
        async with Installation(NOWHERE, store, NOWHERE).booted():
            return await run_all(chosen)


async def _through_ocean(chosen: Sequence[Cell]) -> list[Deletion]:
    """Run whole resyncs, one after the other, each with a catalog of its own."""
    seeds = Seeds()
    deletions = []
    with TemporaryDirectory() as folder, chdir(working_directory(Path(folder) / "ocean")):
        # One authority, and not all of the public ones: reading those takes longer.
        os.environ["SSL_CERT_FILE"] = str(self_signed(Path(folder) / "authority.pem"))
        for cell in chosen:
            with CatalogStore() as store, serving(create_app(store)) as url:
                async with FaultApi() as api:
                    installation = Installation(url, store, api.url)
                    deletions.append(await delete(cell, api, installation, seeds))
    return deletions


def _in_processes[Became](
    work: Callable[[Sequence[int]], _Found[Became]], wanted: Sequence[int], *, part: int, what: str
) -> dict[int, tuple[Became, tuple[str, ...]]]:
    """What became of cells by number, worked on by a process for each processor."""
    count = 1 + len(wanted) // part
    parts = [wanted[at::count] for at in range(count)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = track(pool.map(work, parts), what, total=count)
        return {number: (became, broken) for some in found for number, became, broken in some}


def _read(chosen: Sequence[Cell], seed: int) -> list[Result]:
    numbers = {cell: number for number, cell in enumerate(cells(seed))}
    wanted = {numbers[cell]: cell for cell in chosen}
    work = partial(read_part, seed)
    found = _in_processes(work, list(wanted), part=_PART, what="Reading")
    return [Result(cell, *found[at]) for at, cell in wanted.items()]


def _deleted(chosen: Sequence[Cell], seed: int) -> list[Deletion]:
    numbers = {cell: number for number, cell in enumerate(Selection(cells(seed)).through_ocean)}
    wanted = {numbers[cell]: cell for cell in chosen}
    work = partial(delete_part, seed)
    found = _in_processes(work, list(wanted), part=_PART_OF_OCEAN, what="Deleting")
    return [Deletion(cell, *found[at]) for at, cell in wanted.items()]


# --- the command line -----------------------------------------------------------------------


def main() -> int:
    """Run the cells that were asked for; 1 when one breaks a rule."""
    options = _options()

    def is_wanted(cell: Cell) -> bool:
        return options.fault in {None, cell.fault.name} and options.place in {None, cell.place}

    selection = Selection(cells(options.seed))
    chosen = list(filter(is_wanted, selection.everything))
    if not options.all:
        chosen = covering(chosen, pairs if options.pairs else places)
    began = time.monotonic()
    results = _read(chosen, options.seed)
    deletions = _deleted(list(filter(is_wanted, selection.through_ocean)), options.seed)
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(as_table(results))
    every: tuple[Result | Deletion, ...] = (*results, *deletions)
    surprising = [one for one in every if one.violations]
    for one in surprising:
        console.print(f"{one.cell}: {'; '.join(one.violations)[:400]}", markup=False)
    console.print(
        f"{len(results)} cells and {len(deletions)} whole resyncs in"
        f" {time.monotonic() - began:.0f} seconds, {len(surprising)} surprises"
    )
    if options.write:
        options.write.write_text(as_markdown(results, deletions, selection))
    return int(bool(surprising))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fault_matrix")
    parser.add_argument("--fault", help="only the cells of this fault")
    parser.add_argument("--place", choices=PLACES, help="only the cells at this place")
    parser.add_argument("--pairs", action="store_true", help="only the cells of `make test-all`")
    parser.add_argument("--all", action="store_true", help="every cell there is")
    parser.add_argument("--seed", type=int, default=0, help="draw other words")
    parser.add_argument("--write", type=Path, help="put the tables into this Markdown document")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
