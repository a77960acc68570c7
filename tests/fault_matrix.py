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
import traceback
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from loguru import logger
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table

from errors import MappingError, OceanCustomError
from overrides import EndpointResource
from resync.completeness import Doubt
from resync.resource_walk import Again
from resync.session import Session
from settings import Settings, load_settings
from tests.covering import covering
from tests.fault_api import FaultApi, Request
from tests.fault_scene import KINDS, SECRETS, Scene, mapping
from tests.faults import (
    PLACES,
    Cell,
    Expect,
    bound,
    cells,
    kinds_at,
    not_there,
    read_before,
    spot_of,
)
from tests.resync import Installation, working_directory
from workbench.catalog import CatalogStore

if TYPE_CHECKING:
    from loguru import Message

NOWHERE = "http://127.0.0.1:9"
PATIENCE = 60.0  # seconds after which a resync counts as one that never ends
_TIMEOUT = 20.0  # seconds for a request
_SHORT_TIMEOUT = 3.0  # seconds for a request that the fault never answers
_RETRY_WAIT = 0.02  # seconds: one retry, and soon
_LOGIN_WAIT = 0.5  # seconds: a login in trouble is left alone for a quarter of a second
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

ByKind = Mapping[str, frozenset[str]]
"""Ids by kind."""


@dataclass(frozen=True)
class Walked:
    """What a resync gave: ids and the error of each kind, and how often the API was asked.

    `held` are the kinds of which nothing is deleted although they were read, and why.
    `requests` are those of the first readings, `again` those of the second look.
    """

    found: ByKind
    errors: Mapping[str, Exception]
    held: Mapping[str, Exception]
    requests: int
    again: int
    strayed: int


@dataclass(frozen=True)
class Expected:
    """What a resync is measured by.

    The ids that were in the API all the time, those read before the fault, those the API says
    are not there; the struck request as an error must name it; the most requests.
    """

    truth: ByKind
    before: ByKind
    absent: ByKind
    request: str
    most: int


@dataclass(frozen=True)
class Result:
    """A cell, what became of it in a word or two, and every rule that was broken."""

    cell: Cell
    outcome: str
    violations: tuple[str, ...]


# --- one cell -------------------------------------------------------------------------------


async def run(cell: Cell) -> Result:
    """Run a cell and judge it."""
    async with FaultApi() as api, FaultApi() as elsewhere:
        scene = Scene(api, elsewhere, cell.paging, cell.signing)
        expected = expectation(cell, scene)
        strike(cell, scene)
        try:
            async with asyncio.timeout(PATIENCE):
                walked = await _resync(cell, scene)
        except TimeoutError:
            return Result(cell, "never ends", (f"not over after {PATIENCE:g} seconds",))
        left = scene.truth()
        truth = {kind: ids & left[kind] for kind, ids in expected.truth.items()}
        verdict = Verdict(cell, walked, replace(expected, truth=truth))
        return Result(cell, verdict.outcome, tuple(verdict.violations()))


def expectation(cell: Cell, scene: Scene) -> Expected:
    """What a resync of an untouched scene is measured by."""
    spot = spot_of(cell.place, scene)
    return Expected(
        truth=scene.truth(),
        before=read_before(cell, scene),
        absent=not_there(cell, scene),
        request=f"{'POST' if cell.place == 'login' else 'GET'} {scene.api.url}{spot.path}",
        most=bound(cell, scene),
    )


def strike(cell: Cell, scene: Scene) -> None:
    """Set the fault of a cell."""
    spot = spot_of(cell.place, scene)

    def is_struck(request: Request) -> bool:
        return cell.fault.whole_collection or scene.spot(request) == spot

    handler = cell.fault.make(scene, spot)
    scene.api.fail(spot.path, handler, times=1 if cell.passing else None, when=is_struck)


async def _resync(cell: Cell, scene: Scene) -> Walked:
    settings = _settings(cell, scene)
    found: defaultdict[str, set[str]] = defaultdict(set)
    errors: dict[str, Exception] = {}
    first = await _read(dict.fromkeys(KINDS), settings, found, errors)
    requests = len(scene.api.requests)
    unsure = {kind: left for kind, left in first.items() if left.doubts and kind not in errors}
    second = await _read(unsure, settings, found, errors)
    again = len(scene.api.requests) - requests
    return Walked(
        found={kind: frozenset(found[kind]) for kind in KINDS},
        errors=errors,
        held={kind: left.complaint for kind, left in second.items() if left.complaint},
        requests=requests,
        again=again,
        strayed=len(scene.elsewhere.requests),
    )


async def _read(
    kinds: Mapping[str, Again | None],
    settings: Settings,
    found: Mapping[str, set[str]],
    errors: dict[str, Exception],
) -> dict[str, Again]:
    """Read kinds in one session, and add what was found and what failed; gives what is left open.

    `kinds` are read again for what an earlier reading left open.
    """
    left: dict[str, Again] = {}
    session = Session(settings)
    try:
        for one in mapping():
            kind = str(one["kind"])
            if kind not in kinds:
                continue
            try:
                resource = EndpointResource.parse_obj(one).to_resource(settings.pagination)
                reading = session.read(resource, again=kinds[kind])
                async for batch in reading.batches():
                    found[kind] |= {str(item["id"]) for item in batch}
                left[kind] = reading.left
                if Doubt.ABSENT in reading.left.doubts:  # then nothing of its blueprint is deleted
                    errors[kind] = MappingError(f"kind {kind!r}: found nothing")
            except Exception as error:  # noqa: BLE001 (of whatever kind it is, it is judged)
                errors[kind] = error
    finally:
        await session.aclose()
    return left


def _settings(cell: Cell, scene: Scene) -> Settings:
    """The settings of an installation, with shorter times than whole seconds can say."""
    return replace(
        # Without TLS there is nothing to verify, and no time to spend on certificates.
        load_settings({"base_url": scene.api.url, "verify_ssl": False, **scene.settings}),
        timeout=_SHORT_TIMEOUT if cell.fault.slow else _TIMEOUT,
        max_retry_wait=_LOGIN_WAIT if cell.place == "login" else _RETRY_WAIT,
    )


# --- the verdict ----------------------------------------------------------------------------


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors a group is made of, or the error itself."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    else:
        yield error


def message(error: Exception) -> str:
    """All that an error says."""
    return "; ".join(dict.fromkeys([str(error), *map(str, leaves(error))]))


@dataclass(frozen=True)
class Verdict:
    """What a resync gave, beside what it is measured by."""

    cell: Cell
    walked: Walked
    expected: Expected

    @property
    def outcome(self) -> str:
        """What became of the kinds that the fault concerns."""
        struck = [self.walked.errors[kind] for kind in self._failed & kinds_at(self.cell.place)]
        if names := {type(leaf).__name__ for error in struck for leaf in leaves(error)}:
            named = ", named" if self.cell.place == "child" and self._names_child(struck) else ""
            return " and ".join(sorted(names)) + named
        if self.walked.held:
            return "held back"
        if any(map(self._missing, KINDS)):
            return "LOSS"
        match self.cell.expect:
            case Expect.BELIEVED:
                return "believed"
            case _:
                return "recovered" if self.cell.passing else "complete"

    def violations(self) -> Iterator[str]:
        """Every rule that was broken."""
        for kind in KINDS:
            missing = self._missing(kind)
            if missing and kind not in self._failed | self.walked.held.keys():
                yield f"{kind} lacks {sorted(missing)}, and there is no error"
            if lost := self.expected.before[kind] - self.walked.found[kind]:
                yield f"{kind} was read before the fault, but {sorted(lost)} did not come"
        for kind, error in self.walked.errors.items():
            yield from self._faults_of(kind, error)
        for kind, error in self.walked.held.items():
            if repr(kind) not in str(error) or not self._names_child([error]):
                yield f"what holds back {kind} does not name it and the child: {error}"
        yield from self._surprises()
        for requests in (self.walked.requests, self.walked.again):
            if requests > self.expected.most:
                yield f"{requests} requests, where {self.expected.most} are enough"
        if self.walked.strayed:
            yield "something was sent to another origin"

    @property
    def _failed(self) -> frozenset[str]:
        return frozenset(self.walked.errors)

    def _missing(self, kind: str) -> frozenset[str]:
        absent = self.expected.absent.get(kind, frozenset())
        return self.expected.truth[kind] - absent - self.walked.found[kind]

    def _names_child(self, errors: Sequence[Exception]) -> bool:
        """Whether the struck child is named with its status or what else became of it."""
        path = self.expected.request.partition("//")[2].partition("/")[2]
        return any(f"/{path} (" in str(error) for error in errors)

    def _surprises(self) -> Iterator[str]:
        concerned = kinds_at(self.cell.place)
        others = self._failed - concerned
        if others and not self.cell.fault.ends_everything:
            yield f"{sorted(others)} failed as well"
        if self.cell.expect is Expect.RAISES and not concerned <= self._failed:
            yield f"no error of {sorted(concerned - self._failed)}"
        expects_hold = self.cell.expect is Expect.HELD_BACK
        if self.walked.held.keys() != (concerned if expects_hold else frozenset()):
            yield f"nothing may be deleted of {sorted(self.walked.held)}"
        if self.cell.expect not in {Expect.RAISES, Expect.EITHER}:
            for kind in concerned & self._failed:
                yield f"an error all the same: {message(self.walked.errors[kind])}"

    def _faults_of(self, kind: str, error: Exception) -> Iterator[str]:
        said = message(error)
        wanted = self.cell.error if kind in kinds_at(self.cell.place) else OceanCustomError
        for leaf in leaves(error):
            if not isinstance(leaf, wanted):
                yield f"{type(leaf).__name__} is no {wanted.__name__}: {said}"
        if repr(kind) not in said:
            yield f"the error does not name the kind: {said}"
        # A fault of the mapping stands in a line of the mapping, not in a request.
        is_mapping = all(isinstance(leaf, MappingError) for leaf in leaves(error))
        concerned = kind in kinds_at(self.cell.place)
        # An API that goes down is met by whatever is asked for then.
        is_told = self.expected.request in said or self.cell.fault.ends_everything
        if concerned and not is_mapping and not is_told:
            yield f"the error does not name {self.expected.request}: {said}"
        if holds_secret(said + "".join(traceback.format_exception(error))):
            yield "the error holds a credential"


def holds_secret(text: str) -> bool:
    """Whether a text holds one of the credentials."""
    return any(secret in text for secret in SECRETS)


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
        return frozenset((how, value) for value in (cell.place, cell.paging, cell.signing))
    values = (how, cell.place, cell.paging, cell.signing)
    return frozenset((one, other) for at, one in enumerate(values) for other in values[at + 1 :])


def representatives(cell: Cell) -> frozenset[Hashable]:
    """What a cell covers when each fault is to strike once, and each way it may end in each place.

    Paging and signing are covered with every place, and with each other.
    """
    how = (cell.fault.name, cell.passing)
    if cell.fault.slow:
        return frozenset({how})
    return frozenset(
        {
            how,
            (cell.fault.name, cell.expect),
            (cell.expect, cell.place, cell.passing),
            (cell.place, cell.paging, cell.passing),
            (cell.place, cell.signing, cell.passing),
            (cell.paging, cell.signing),
        }
    )


def places(cell: Cell) -> frozenset[Hashable]:
    """What a cell covers when each fault is to strike each place in each paging."""
    how = (cell.fault.name, cell.passing)
    return frozenset({(how, cell.place, cell.paging), (how, cell.place, cell.signing)})


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
