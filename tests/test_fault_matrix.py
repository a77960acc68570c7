"""The fault matrix in the test suite, and whole resyncs through Ocean for a part of it.

`make test` runs representatives; every pair of fault, place, paging and signing is covered by
`make test-all`, and `make faults` runs more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable, Iterator, Sequence
from itertools import groupby

import pytest
from _pytest.mark import ParameterSet
from loguru import logger

from errors import OceanCustomError
from tests.covering import covering
from tests.fault_api import FaultApi, answer
from tests.fault_matrix import (
    ByKind,
    expectation,
    holds_secret,
    pairs,
    places,
    representatives,
    row_of,
    run_all,
    strike,
)
from tests.fault_scene import GROUPS, ITEMS, KINDS, TEAMS, Scene, mapping, members_path, rows
from tests.faults import PLACES, Cell, Expect, Fault, cells, kinds_at
from tests.resync import REPOSITORY, Installation, Seeds
from transport.retry import MAX_ATTEMPTS

ALL = cells()
COVERED = covering(ALL, pairs)
GATE = covering(ALL, representatives)


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
@pytest.mark.parametrize("chosen", [*at_each_place(GATE), *of_each_fault(COVERED)])
async def test_a_fault_keeps_the_rules_everywhere(chosen: list[Cell]) -> None:
    """Complete or an error that says where, in few requests, what came before it, no secret."""
    results = await run_all(chosen)

    assert {str(one.cell): one.violations for one in results if one.violations} == {}


@pytest.mark.usefixtures("ocean")
async def test_the_judge_sees_a_loss() -> None:
    """A row that the API has and withholds, which nobody can see, breaks the law."""
    withheld = Fault(
        "row withheld",
        lambda scene, spot: scene.page(spot, rows=scene.rows_of(spot)[:-1]),
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
        installation.mapping = mapping()
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
    assert outcome.entities == named(scene.truth())


async def test_a_login_service_that_is_down_is_left_alone(
    installation: Installation, api: FaultApi
) -> None:
    """When a token expires under 200 children, the login is tried as often as for one of them."""
    async with FaultApi() as elsewhere:
        scene = Scene(api, elsewhere, "none", "custom")
        scene.collections["/groups"] = rows(*(f"g{number}" for number in range(200)))
        api.fail("/groups/{}/members", answer({}, 401))
        api.fail("/login", answer({}, 503), on=2)
        installation.mapping = mapping()
        installation.settings |= {**scene.settings, "max_retry_wait": 1}

        outcome = await installation.resync()

    assert not outcome.complete
    assert len(api.at("/login")) <= 1 + MAX_ATTEMPTS, len(api.at("/login"))


def test_the_documents_count_what_there_is() -> None:
    """The numbers of cells are those that run, and each fault has its row in the matrix."""
    docs = REPOSITORY / "docs"
    told = (docs / "reliability.md").read_text()
    shown = (docs / "fault-matrix.md").read_text()

    for count in (len(covering(ALL, places)), len(COVERED), len(GATE), len(IN_OCEAN)):
        assert f"| {count:,} cells" in told
    assert f"every cell, {len(ALL):,} of them" in told
    for cell in ALL:
        assert f"| {row_of(cell)} |" in shown


# --- through Ocean ----------------------------------------------------------------------------


def through_ocean(cell: Cell) -> frozenset[Hashable]:
    """What few resyncs through Ocean are to cover: each fault, and pairs of all else."""
    if cell.passing and cell.fault.slow:
        return frozenset()
    return frozenset(
        {
            cell.fault.name,
            (cell.expect, cell.passing),
            (cell.place, cell.passing),
            (cell.place, cell.paging),
            (cell.place, cell.signing),
            (cell.paging, cell.signing),
        }
    )


def gate_through_ocean(cell: Cell) -> frozenset[Hashable]:
    """What the gate's are to cover: each way it may end, each place, each paging and signing."""
    if cell.fault.slow:
        return frozenset()
    how = (cell.expect, cell.passing)
    return frozenset({how, (cell.place, cell.passing), cell.paging, cell.signing})


IN_OCEAN = covering(ALL, through_ocean)
GATE_IN_OCEAN = covering(IN_OCEAN, gate_through_ocean)
CHANGED = (ITEMS, members_path(GROUPS[0]), TEAMS)
"""Collections whose first row was another one before."""
GONE = frozenset(f"{blueprint}/gone" for blueprint in KINDS.values())


def held_back(cell: Cell) -> frozenset[str]:
    """What is gone and kept: of the kinds that failed, and of blueprints that relate to theirs."""
    blueprints = {KINDS[kind] for kind in kinds_at(cell.place)}
    return frozenset(
        one
        for one in GONE
        if one.partition("/")[0] in blueprints | ({"child"} if "item" in blueprints else set())
    )


def named(ids: ByKind) -> frozenset[str]:
    """The names of entities as an outcome has them."""
    return frozenset(f"{KINDS[kind]}/{one}" for kind, some in ids.items() for one in some)


async def sow(scene: Scene, installation: Installation, seeds: Seeds) -> None:
    """Sync once, with another first row in some collections."""
    installation.mapping = mapping()
    installation.settings |= scene.settings
    first = {path: scene.collections[path][0] for path in CHANGED}
    for path in CHANGED:
        scene.collections[path][0] = rows("gone")[0]
    await seeds.sow("faults", installation)
    for path, row in first.items():
        scene.collections[path][0] = row
    scene.api.heal()


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(
            cell, id=str(cell), marks=() if cell in GATE_IN_OCEAN else pytest.mark.exhaustive
        )
        for cell in IN_OCEAN
    ],
)
async def test_a_fault_deletes_nothing_that_is_still_there(
    api: FaultApi, installation: Installation, seeds: Seeds, cell: Cell
) -> None:
    """What is gone is deleted, but of kinds that failed; then all is made good."""
    async with FaultApi() as elsewhere:
        scene = Scene(api, elsewhere, cell.paging, cell.signing)
        await sow(scene, installation, seeds)
        expected = expectation(cell, scene)
        installation.settings |= {
            "timeout": 3 if cell.fault.slow else 20,
            "max_retry_wait": int(cell.passing),
        }
        strike(cell, scene)

        async with installation.booted() as app:
            outcome = await installation.resync_in(app)
            api.heal()
            if cell.fault.ends_everything:
                await api.come_up()
            healed = await installation.resync_in(app)

    left, absent = named(scene.truth()), named(expected.absent)
    assert not (outcome.complete and cell.expect in {Expect.RAISES, Expect.HELD_BACK})
    assert not outcome.deleted & (named(expected.truth) & left - absent)
    if outcome.complete:
        assert outcome.deleted >= GONE
    elif not cell.fault.ends_everything:
        assert outcome.deleted == GONE - held_back(cell)
    assert outcome.entities >= named(expected.before)
    assert not holds_secret(outcome.log + outcome.message + outcome.formatted)
    assert healed.complete, healed.formatted
    assert healed.entities == left
