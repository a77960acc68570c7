"""The fault matrix in the test suite, and whole resyncs through Ocean for a part of it.

`make test` runs representatives; every pair of fault, place, paging and signing is covered by
`make test-all`, and `make faults` runs more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import groupby

import pytest
from _pytest.mark import ParameterSet
from loguru import logger

from errors import OceanCustomError
from tests.fault_api import FaultApi, answer
from tests.fault_cells import PLACES, Cell, Expect, Fault
from tests.fault_coverings import Selection
from tests.fault_deletion import delete
from tests.fault_matrix import run_all
from tests.fault_report import commands, row_of
from tests.fault_scene import KINDS, Scene, rows
from tests.faults import WHY_BELIEVED, cells
from tests.resync import REPOSITORY, Installation, Seeds
from transport.retry import MAX_ATTEMPTS

SELECTION = Selection(cells())
IN_GATE = frozenset(SELECTION.gate_through_ocean)


@pytest.fixture
async def ocean(installation: Installation) -> AsyncIterator[None]:
    """A real Ocean app, which the integration takes its HTTP client from."""
    async with installation.booted():
        yield


def at_each_place(some: Sequence[Cell]) -> Iterator[ParameterSet]:
    """Cells in groups that run at once: those of one place."""
    for place in PLACES:
        yield pytest.param([cell for cell in some if cell.place == place], id=place)


def of_each_fault(some: Sequence[Cell]) -> Iterator[ParameterSet]:
    """Cells in groups that run at once: those of one fault, for when all of them are run."""
    for name, group in groupby(some, lambda cell: cell.fault.name):
        yield pytest.param(list(group), id=name, marks=pytest.mark.exhaustive)


@pytest.mark.usefixtures("ocean")
@pytest.mark.parametrize(
    "chosen", [*at_each_place(SELECTION.gate), *of_each_fault(SELECTION.pairs)]
)
async def test_a_fault_keeps_the_rules_everywhere(chosen: list[Cell]) -> None:
    """Complete or an error that says where, in few requests, what came before it, no secret."""
    results = await run_all(chosen)

    assert {str(one.cell): one.violations for one in results if one.violations} == {}


@pytest.mark.usefixtures("ocean")
async def test_the_judge_sees_a_loss() -> None:
    """A row that the API has and withholds, which nobody can see, breaks the law."""
    withheld = Fault(
        "row withheld",
        lambda scene, spot: scene.page(
            scene.window_of(spot), rows=scene.rows_of(scene.window_of(spot))[:-1]
        ),
        lambda _: Expect.COMPLETE,
        OceanCustomError,
    )
    cell = Cell(withheld, passing=False, place="last page", paging="page", signing="bearer")

    (result,) = await run_all([cell])

    assert result.outcome == "LOSS"
    assert result.violations == ("/items lacks ['i10'], and there is no error",)


async def test_a_server_that_is_not_up_yet(installation: Installation, api: FaultApi) -> None:
    """A connection that is refused is tried again, and then everything is read."""
    async with FaultApi() as elsewhere:
        scene = Scene(api, elsewhere, "page", "basic")
        installation.mapping = scene.mapping()
        installation.settings |= {**scene.settings, "max_retry_wait": 1}
        api.go_down()
        rising: list[asyncio.Task[None]] = []

        def rise(line: str) -> None:
            if "trying again" in line and not rising:
                rising.append(asyncio.create_task(api.come_up()))

        sink = logger.add(rise, format="{message}")
        outcome = await installation.resync()
        logger.remove(sink)

    assert len(rising) == 1
    assert outcome.complete, outcome.formatted
    assert outcome.entities == {
        f"{KINDS[kind]}/{one}" for kind, ids in scene.truth().items() for one in ids
    }


async def test_a_login_service_that_is_down_is_left_alone(
    installation: Installation, api: FaultApi
) -> None:
    """When a token expires under 200 children, the login is tried as often as for one of them."""
    async with FaultApi() as elsewhere:
        scene = Scene(api, elsewhere, "none", "custom")
        scene.collections["/groups"] = rows(*(f"g{number}" for number in range(200)))
        api.fail("/groups/{}/members", answer({}, 401))
        api.fail("/login", answer({}, 503), on=2)
        installation.mapping = scene.mapping()
        installation.settings |= {**scene.settings, "max_retry_wait": 1}

        outcome = await installation.resync()

    assert not outcome.complete
    assert len(api.at("/login")) <= 1 + MAX_ATTEMPTS, len(api.at("/login"))


def test_the_document_counts_what_there_is() -> None:
    """The numbers of cells are those that run, and each fault has its row."""
    shown = (REPOSITORY / "docs" / "fault-matrix.md").read_text()

    for command, runs in commands(SELECTION):
        assert f"| {command} | {runs} |" in shown
    named = [line.split(" | ")[0].removeprefix("| ").split("; ") for line in shown.splitlines()]
    assert {row_of(cell) for cell in SELECTION.everything} <= {
        name for names in named for name in names
    }


def test_each_exception_has_its_reason() -> None:
    """Where rows may be missing without an error, the document says why; nowhere else."""
    excepted = {
        cell.fault.name
        for cell in SELECTION.everything
        if cell.expect in {Expect.BELIEVED, Expect.UNPROVED}
    }

    assert excepted == WHY_BELIEVED.keys()


# --- through Ocean ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(cell, id=str(cell), marks=() if cell in IN_GATE else pytest.mark.exhaustive)
        for cell in SELECTION.through_ocean
    ],
)
async def test_a_fault_deletes_nothing_that_is_still_there(
    api: FaultApi, installation: Installation, seeds: Seeds, cell: Cell
) -> None:
    """What is gone is deleted, but what is held back or kept; then all is made good."""
    deletion = await delete(cell, api, installation, seeds)

    assert deletion.violations == (), deletion.by_blueprint
