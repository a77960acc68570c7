"""Cells of the fault matrix as whole resyncs through Ocean: what is deleted, and what is kept.

A catalog was synced before, with one more entity of each blueprint than the API has now. So
something is always to be deleted, and it is seen which of it is, and why the rest is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.fault_api import FaultApi
from tests.fault_cells import Cell, Expect, kinds_at
from tests.fault_scene import ITEMS, KINDS, TEAMS, Scene, members_path, rows
from tests.fault_verdict import ByKind, Expected, expectation, holds_secret, strike
from tests.resync import Installation, Outcome, Seeds
from tests.world import held_back

CHANGED = (ITEMS, members_path("g1"), TEAMS)
"""Collections whose first row was another one before."""
GONE = frozenset(f"{blueprint}/gone" for blueprint in KINDS.values())


@dataclass(frozen=True)
class Deletion:
    """A cell, what became of the entities of each blueprint, and every rule that was broken."""

    cell: Cell
    by_blueprint: Mapping[str, str]
    violations: tuple[str, ...]


async def delete(cell: Cell, api: FaultApi, installation: Installation, seeds: Seeds) -> Deletion:
    """Sync, let the API change, sync again with the fault and once more without it."""
    async with FaultApi() as elsewhere:
        scene = cell.scene(api, elsewhere)
        await _sow(scene, installation, seeds)
        expected = expectation(cell, scene)
        installation.settings |= {
            "timeout": 3 if cell.fault.slow else 20,
            "max_retry_wait": int(cell.passing),
            "second_look": cell.second_look,
        }
        strike(cell, scene)
        async with installation.booted() as app:
            outcome = await installation.resync_in(app)
            api.heal()
            if cell.fault.ends_everything:
                await api.come_up()
            healed = await installation.resync_in(app)
        if not cell.second_look:
            # What was kept as it was in doubt is deleted as soon as doubts are looked at.
            installation.settings["second_look"] = True
            healed = await installation.resync()
    broken = tuple(_violations(cell, expected, outcome, healed, _named(scene.truth())))
    return Deletion(cell, {kind: _became(kind, outcome) for kind in KINDS}, broken)


async def _sow(scene: Scene, installation: Installation, seeds: Seeds) -> None:
    """Sync once, with another first row in some collections."""
    installation.mapping = scene.mapping()
    installation.settings |= scene.settings
    first = {path: scene.collections[path][0] for path in CHANGED}
    for path in CHANGED:
        scene.collections[path][0] = rows("gone")[0]
    await seeds.sow(f"faults, {scene.shape}", installation)
    for path, row in first.items():
        scene.collections[path][0] = row
    scene.api.heal()


# --- the verdict ----------------------------------------------------------------------------


def _became(kind: str, outcome: Outcome) -> str:
    """What became of what is gone of a kind's blueprint, and of what was still there."""
    blueprint = KINDS[kind]
    lost = {one for one in outcome.deleted if one.startswith(f"{blueprint}/")} - GONE
    believed = f", and {len(lost)} believed gone" if lost else ""
    if f"{blueprint}/gone" in outcome.deleted:
        return f"deleted{believed}"
    held = held_back(outcome)
    if f"'{blueprint}' (" in held or "is computed" in held:
        return f"held back{believed}"
    if f"{kind}, " in _in_doubt(outcome):
        return f"kept{believed}"
    return f"there, and nobody says why{believed}"


def _in_doubt(outcome: Outcome) -> str:
    """What the resync says of entities that are kept as nothing is read twice."""
    lines = [line for line in outcome.log.splitlines() if "secondLook is off: " in line]
    return lines[-1].partition("secondLook is off: ")[2] if lines else ""


def _violations(
    cell: Cell, expected: Expected, outcome: Outcome, healed: Outcome, left: frozenset[str]
) -> Iterator[str]:
    """Every rule that was broken; `left` is what the API has in the end."""
    there = _named(expected.truth) & left
    # A list that never pages leaves no doubt behind: it is believed without a second look, too.
    is_believed = cell.second_look or cell.fault.whole_collection
    absent = _named(expected.absent) if is_believed else frozenset[str]()
    if lost := outcome.deleted & (there - absent):
        yield f"{sorted(lost)} were deleted, and are there"
    if missing := _named(expected.before) - outcome.entities:
        yield f"{sorted(missing)} were read before the fault, and are not in the catalog"
    for kind in KINDS:
        if "nobody says why" in (became := _became(kind, outcome)):
            yield f"{KINDS[kind]}/gone is {became}"
    yield from _at_the_end(cell, outcome)
    if holds_secret(outcome.log + outcome.message + outcome.formatted):
        yield "a credential is in the log or in the error"
    if not healed.complete:
        yield f"the resync after it failed: {healed.message}"
    if healed.entities != left:
        yield f"the resync after it leaves {sorted(healed.entities ^ left)}"


def _at_the_end(cell: Cell, outcome: Outcome) -> Iterator[str]:
    """Whether the resync succeeds as it should, and deletes what is certainly gone."""
    # Without what is gone, the second kind is one small page: nobody asks for another one.
    is_met = (cell.place, cell.shape) != ("second kind", "small pages")
    raises = cell.expect is Expect.RAISES and is_met
    holds = cell.expect is Expect.HELD_BACK and cell.second_look
    if outcome.complete and (raises or holds):
        yield "the resync succeeded"
    if outcome.complete and cell.second_look and not outcome.deleted >= GONE:
        yield f"{sorted(GONE - outcome.deleted)} were not deleted"
    if not outcome.complete and not cell.fault.ends_everything:
        spared = GONE & outcome.deleted & _of_failed(cell)
        if spared:
            yield f"{sorted(spared)} were deleted, though their kind failed"
        kept = GONE - outcome.deleted - _of_failed(cell)
        if kept and cell.second_look:
            yield f"{sorted(kept)} were not deleted, though their kinds were read"


def _of_failed(cell: Cell) -> frozenset[str]:
    """What is gone of the kinds that failed, and of blueprints that relate to theirs."""
    blueprints = {KINDS[kind] for kind in kinds_at(cell.place)}
    blueprints |= {"child"} if "item" in blueprints else set()
    return frozenset(one for one in GONE if one.partition("/")[0] in blueprints)


def _named(ids: ByKind) -> frozenset[str]:
    """The names of entities as an outcome has them."""
    return frozenset(f"{KINDS[kind]}/{one}" for kind, some in ids.items() for one in some)
