"""The fault matrix as tables, for a terminal and as a document."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from tests.fault_cells import PLACES, Cell
from tests.fault_coverings import Selection
from tests.fault_deletion import Deletion
from tests.fault_scene import KINDS, PAGINGS, SHAPES
from tests.fault_verdict import BELIEVED, Result
from tests.faults import WHY_BELIEVED

_PREFACE = """\
# Fault matrix

What becomes of a resync when one thing is wrong with an API. `make faults` measures these tables;
`.venv/bin/python -m tests.fault_matrix --write docs/fault-matrix.md` writes them here.
[Reliability](reliability.md) says what is promised, what a cell is, and what is not covered.

## What is read

A fault strikes every request for its page, with ", once" only the first one; faults that end alike
share a row. A cell sums up every style of paging, and lists of every shape: plain ones, pages that
the server keeps smaller than asked for, rows that are hidden, a last page that is full, constants
around every list, rows without an `id`. Numbers count the resyncs where they differ. Words that no
table could list are drawn at random.

- **recovered**, **complete**: all rows were read, with and without another attempt.
- **…Error**: the kind failed with this error, which names the request; nothing of its blueprint is
  deleted. **named**: children failed, and the error names each of them.
- **held back**: a child is not found twice, though its parent is listed: nothing of its blueprint
  is deleted, and the error names it.
- **believed**: the API itself says, without contradiction, that nothing is there:
  [the exceptions](#what-is-believed).
- **LOSS**: fewer entities and no error. **never ends**. There is none of either.
"""
_BELIEVED = """\
## What is believed

Rows are missing without an error only here. Both readings found the same, but where
[the last page is short](reliability.md#what-is-not-covered).
"""
_DELETED = """\
## What is deleted

Whole resyncs through Ocean, in one style and shape each. Of each blueprint one entity is gone from
the API; `child` relates to `item`. It is **deleted**; or **held back**, as its kind failed or the
blueprint that it relates to is held back (the end of the resync says which); or **kept**:
`secondLook` is off, and what one reading may have missed is not deleted. The resync after the fault
deletes it.
"""


_CHOSEN = """\
## How the cells are chosen
"""


def commands(cells: Selection) -> list[list[str]]:
    """What each command runs, with the numbers of cells."""
    matrix = "`.venv/bin/python -m tests.fault_matrix"
    gate = f"{len(cells.gate):,} cells"
    resyncs = f"{len(cells.through_ocean)} whole resyncs through Ocean"
    few = len(cells.gate_through_ocean)
    each = "each fault at each place in each style and in each shape"
    every_pair = "every pair of fault, place, paging, signing and shape"
    return [
        [
            "`make faults`",
            f"{len(cells.places):,} cells: {each}, signings in turn; and {resyncs}",
        ],
        [f"{matrix} --all`", f"every cell, {len(cells.everything):,} of them"],
        [
            f"{matrix} --pairs`",
            f"{len(cells.pairs):,} cells: {every_pair}; in `make test-all`",
        ],
        [
            "`make test`",
            f"{gate}: every fault, every way it may end at every place; {few} of the resyncs",
        ],
        [f"{matrix} --fault 503`", "the cells of one fault; `--place child`: those at one place"],
        [f"{matrix} --seed 7`", "the same, with other words where words are drawn"],
    ]


def row_of(cell: Cell) -> str:
    """The name of the row that a cell stands in."""
    return f"{cell.fault.name}, once" if cell.passing else cell.fault.name


def as_table(results: Sequence[Result]) -> Table:
    """The table for a terminal."""
    table = Table("fault", *PLACES, box=SIMPLE_HEAD)
    for name, columns in _rows(results):
        table.add_row(name, *columns)
    return table


def as_markdown(
    results: Sequence[Result], deletions: Sequence[Deletion], selection: Selection
) -> str:
    """The tables as a document."""
    read = _grouped((name, columns) for name, columns in _rows(results))
    deleted = _grouped((row_of(one.cell), _deleted(one)) for one in deletions)
    look = ["fault", "place", "second look", *KINDS.values()]
    return "\n".join(
        (
            _PREFACE,
            _markdown(["fault", *PLACES], read),
            _BELIEVED,
            _markdown(["fault", "place", "paging", "list", "why"], _believed(results)),
            _DELETED,
            _markdown(look, deleted),
            _CHOSEN,
            _markdown(["command", "what it runs"], commands(selection)),
        )
    )


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


def _believed(results: Sequence[Result]) -> Iterator[list[str]]:
    """A row for each fault that is believed: where, and why."""
    found: dict[str, list[Cell]] = defaultdict(list)
    for result in results:
        if result.outcome == BELIEVED:
            found[row_of(result.cell)].append(result.cell)
    for name, some in found.items():
        yield [
            name,
            _listed(PLACES, {cell.place for cell in some}),
            _listed(PAGINGS, {cell.paging for cell in some}),
            _listed(SHAPES, {cell.shape for cell in some}),
            WHY_BELIEVED[some[0].fault.name],
        ]


def _listed(every: Sequence[str], some: Iterable[str]) -> str:
    """Some of all values in their order; "any" for all of them."""
    chosen = set(some)
    return "any" if chosen == set(every) else ", ".join(one for one in every if one in chosen)


def _deleted(one: Deletion) -> list[str]:
    looks = "on" if one.cell.second_look else "off"
    return [one.cell.place, looks, *one.by_blueprint.values()]


def _grouped(rows: Iterable[tuple[str, Sequence[str]]]) -> list[list[str]]:
    """Rows that are alike but for their name as one."""
    names: dict[tuple[str, ...], dict[str, None]] = {}
    for name, columns in rows:
        names.setdefault(tuple(columns), {})[name] = None
    return [["; ".join(some), *columns] for columns, some in names.items()]


def _markdown(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(cell or ' ' for cell in line)} |\n" for line in lines)
