"""The fault matrix: every fault at every place, in every style of paging and signing.

    python -m tests.fault_matrix                each fault at each place in each style of paging
    python -m tests.fault_matrix --all          each of those with each style of signing as well
    python -m tests.fault_matrix --pairs        the cells of `make test-all`: each pair
    python -m tests.fault_matrix --fault 503    those of one fault
    python -m tests.fault_matrix --place child  those at one place
    python -m tests.fault_matrix --write FILE   and write the table as a document

A cell is a resync of three kinds over real HTTP, through the integration's `Session`, of an
API with one fault. As before a deletion, kinds that were left in doubt are then read once more:
what counts is what both readings found. It is judged by what the API holds and by what `faults`
declares.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from loguru import logger
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.covering import covering
from tests.fault_cells import PLACES, Cell
from tests.fault_verdict import Result, holds_secret, run
from tests.faults import cells
from tests.resync import Installation, working_directory
from workbench.catalog import CatalogStore

if TYPE_CHECKING:
    from loguru import Message

NOWHERE = "http://127.0.0.1:9"
_AT_ONCE = 8  # cells, in one process
_PART = 200  # cells, about, that a process is given
_PREFACE = """\
# Fault matrix

What becomes of a resync when one thing is wrong with an API. `make faults` prints this table, and
`.venv/bin/python -m tests.fault_matrix --write docs/fault-matrix.md` wrote it.
[Reliability](reliability.md) says what the places are, and what is promised.

A fault strikes every request for its page; with ", once" only the first one. A cell sums up all
styles of paging, with the styles of signing in turn; numbers count the resyncs where they differ.
Something is always to be deleted, so what was left in doubt is read twice.

- **recovered**, **complete**: everything was read, with and without another attempt, and nothing
  was said.
- **…Error**: the resync failed with this error, so nothing is deleted.
- **held back**: a child is not found twice, though its parent is listed: nothing of its kind is
  deleted, and the error names it.
- **…Error, named**: children failed, and the error names each of them.
- **believed**: the API itself says, without contradiction, that nothing is there.
- **LOSS**: fewer entities and no error. There must be none.
"""

# --- many cells -----------------------------------------------------------------------------


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


def pairs(cell: Cell) -> frozenset[Hashable]:
    """What a cell covers when every pair of values is to be covered; slow faults only singly."""
    how = (cell.fault.name, cell.passing)
    if cell.fault.slow:
        where = (cell.place, cell.paging, cell.signing, cell.shape)
        return frozenset((how, value) for value in where)
    values = (how, cell.place, cell.paging, cell.signing, cell.shape)
    return frozenset((one, other) for at, one in enumerate(values) for other in values[at + 1 :])


def representatives(cell: Cell) -> frozenset[Hashable]:
    """What a cell covers when each fault is to strike once, and each way it may end in each place.

    Paging and signing are covered with every place, and with each other.
    """
    how = (cell.fault.name, cell.passing)
    if cell.fault.slow:
        return frozenset({how})
    expect = cell.expect
    return frozenset(
        {
            how,
            (cell.fault.name, expect),
            (expect, cell.place, cell.passing),
            (cell.place, cell.paging, cell.passing),
            (cell.place, cell.signing, cell.passing),
            (cell.paging, cell.signing),
            (cell.paging, cell.shape),
            (cell.place, cell.shape),
            (expect, cell.shape),
        }
    )


def places(cell: Cell) -> frozenset[Hashable]:
    """What a cell covers when each fault is to strike each place in each paging and each shape."""
    how = (cell.fault.name, cell.passing)
    return frozenset(
        {
            (how, cell.place, cell.paging),
            (how, cell.place, cell.signing),
            (how, cell.place, cell.shape),
            (how, cell.paging, cell.shape),
        }
    )


# --- the table ------------------------------------------------------------------------------


def row_of(cell: Cell) -> str:
    """The name of the row that a cell stands in."""
    return f"{cell.fault.name}, once" if cell.passing else cell.fault.name


def _rows(results: Sequence[Result]) -> Iterator[tuple[str, list[str]]]:
    """A row for each fault, passing and lasting: what became of it, for each place."""
    counts: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for result in results:
        counts[row_of(result.cell)][result.cell.place][result.outcome] += 1
    for name, by_place in counts.items():
        yield name, [_shown(by_place[place]) for place in PLACES]


def _shown(outcomes: Counter[str]) -> str:
    if len(outcomes) <= 1:
        return "".join(outcomes)
    return ", ".join(f"{outcome} {count}" for outcome, count in sorted(outcomes.items()))


def as_table(results: Sequence[Result]) -> Table:
    """The table for a terminal."""
    table = Table("fault", *PLACES, box=SIMPLE_HEAD)
    for name, columns in _rows(results):
        table.add_row(name, *columns)
    return table


def as_markdown(results: Sequence[Result]) -> str:
    """The table as a document."""
    lines = [["fault", *PLACES], ["---"] * (len(PLACES) + 1)]
    lines += [[name, *columns] for name, columns in _rows(results)]
    table = "\n".join(f"| {' | '.join(cell or ' ' for cell in line)} |" for line in lines)
    return f"{_PREFACE}\n{table}\n"


# --- the command line -----------------------------------------------------------------------


def run_part(numbers: Sequence[int]) -> list[tuple[int, str, tuple[str, ...]]]:
    """Run some of all cells, by number, in this process: number, outcome and violations."""
    logger.remove()
    everything = cells()
    results = asyncio.run(_in_ocean([everything[number] for number in numbers]))
    return [
        (number, result.outcome, result.violations)
        for number, result in zip(numbers, results, strict=True)
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


def _in_processes(chosen: Sequence[Cell]) -> list[Result]:
    """Run cells in a process for each processor."""
    numbers = {cell: number for number, cell in enumerate(cells())}
    wanted = [numbers[cell] for cell in chosen]
    parts = [wanted[at :: 1 + len(wanted) // _PART] for at in range(1 + len(wanted) // _PART)]
    by_number = dict(zip(wanted, chosen, strict=True))
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = [
            result for part in track(pool.map(run_part, parts), total=len(parts)) for result in part
        ]
    return [
        Result(by_number[number], outcome, violations)
        for number, outcome, violations in sorted(found)
    ]


def main() -> int:
    """Run the cells that were asked for; 1 when one breaks a rule."""
    parser = argparse.ArgumentParser(prog="python -m tests.fault_matrix")
    parser.add_argument("--fault", help="only the cells of this fault")
    parser.add_argument("--place", choices=PLACES, help="only the cells at this place")
    parser.add_argument("--pairs", action="store_true", help="only the cells of `make test-all`")
    parser.add_argument("--all", action="store_true", help="every cell there is")
    parser.add_argument("--write", type=Path, help="put the table into this Markdown document")
    options = parser.parse_args()
    chosen = [
        cell
        for cell in cells()
        if options.fault in {None, cell.fault.name} and options.place in {None, cell.place}
    ]
    if not options.all:
        chosen = covering(chosen, pairs if options.pairs else places)
    began = time.monotonic()
    results = _in_processes(chosen)
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(as_table(results))
    surprising = [result for result in results if result.violations]
    for result in surprising:
        console.print(f"{result.cell}: {'; '.join(result.violations)[:400]}", markup=False)
    seconds = time.monotonic() - began
    console.print(f"{len(results)} cells in {seconds:.0f} seconds, {len(surprising)} surprises")
    if options.write:
        options.write.write_text(as_markdown(results))
    return int(bool(surprising))


if __name__ == "__main__":
    sys.exit(main())
