"""What is certainly gone is deleted, whatever else failed; and nothing else is."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any, Literal

import pytest

from framework.deletion import (
    ANY,
    HeldBack,
    Withheld,
    constant_blueprint,
    hold_back,
)
from tests.covering import covering
from tests.fault_api import FaultApi, Reply, Request, answer
from tests.resync import Installation, Seeds, resource
from tests.world import Items, entities, held_back, named

Kind = Literal["/items", "/notes", "/teams"]
KINDS: tuple[Kind, ...] = ("/items", "/notes", "/teams")

# --- what is held back, as values --------------------------------------------------------------


@dataclass(frozen=True)
class One:
    """An entity at Port."""

    identifier: str
    blueprint: str
    relations: dict[str, Any] = field(default_factory=dict)


# a room is in a house, a house in a street; a garden is in no house.
RELATIONS = {"room": {"house": "house"}, "house": {"street": "street"}, "street": {}, "garden": {}}
AT_PORT = [
    One("r1", "room", {"house": "h1"}),
    One("r2", "room", {"house": ["h2", "h3"]}),
    One("h1", "house", {"street": "s1"}),
    One("h2", "house", {"street": None}),
    One("h3", "house"),
    One("h4", "house", {"street": "s4"}),
    One("s1", "street"),
    One("s4", "street"),
    One("g1", "garden"),
]


def held(*withheld: Withheld, cascades: bool) -> set[str]:
    """The identifiers that are held back."""
    verdict = hold_back(withheld, AT_PORT, RELATIONS, cascades=cascades)
    return {one.identifier for one in AT_PORT if verdict.holds((one.identifier, one.blueprint))}


ROOMS, HOUSES = {"r1", "r2"}, {"h1", "h2", "h3", "h4"}
STREETS, GARDENS = {"s1", "s4"}, {"g1"}


@pytest.mark.parametrize(
    ("withheld", "cascades", "expected"),
    [
        pytest.param([], True, set(), id="nothing failed"),
        pytest.param(["garden"], True, GARDENS, id="unrelated"),
        pytest.param(["room"], False, ROOMS, id="what others relate to"),
        pytest.param(["room"], True, ROOMS | {"h1", "h2", "h3", "s1"}, id="what it hangs on"),
        pytest.param(["house"], False, HOUSES | ROOMS, id="what relates to it"),
        pytest.param(["street"], False, STREETS | HOUSES | ROOMS, id="what relates over others"),
        pytest.param(["house"], True, HOUSES | ROOMS | {"s1", "s4"}, id="both"),
        pytest.param(["hut"], True, set(), id="a blueprint of no entity"),
        pytest.param([ANY], False, HOUSES | ROOMS | STREETS | GARDENS, id="computed"),
    ],
)
def test_what_is_held_back(
    withheld: list[str | None], *, cascades: bool, expected: set[str]
) -> None:
    """A kind that failed holds back its blueprint, what relates to it, and what Port cascades."""
    failed = [Withheld(blueprint, "kind '/x' failed") for blueprint in withheld]
    assert held(*failed, cascades=cascades) == expected


def test_a_kind_that_must_not_delete_holds_back_no_others() -> None:
    """It was read: what relates to its entities is known, and only Port could take them along."""
    kept = Withheld("house", "kind '/houses' says enableDelete: false", is_unread=False)
    assert held(kept, cascades=False) == HOUSES
    assert held(kept, cascades=True) == HOUSES | STREETS


def test_relations_in_a_circle_end() -> None:
    """Blueprints and entities may relate to each other, and to themselves."""
    relations = {"a": {"b": "b", "self": "a"}, "b": {"a": "a"}, "c": {"a": "a"}}
    at_port = [One("1", "a", {"b": "1", "self": "1"}), One("1", "b", {"a": "1"}), One("1", "c")]
    verdict = hold_back([Withheld("b", "it failed")], at_port, relations, cascades=True)
    assert {one.blueprint for one in at_port if verdict.holds(("1", one.blueprint))} == set("abc")


def test_the_reasons_are_told() -> None:
    """Each blueprint with why nothing of it is deleted."""
    verdict = hold_back([Withheld("house", "kind '/x' failed")], AT_PORT, RELATIONS, cascades=True)
    assert str(verdict) == (
        "nothing is deleted of the blueprints 'house' (kind '/x' failed), 'room' (relates to"
        " 'house'), and 2 entities that these relate to"
    )
    assert "its blueprint is computed" in str(HeldBack(everything="kind '/x' failed"))


@pytest.mark.parametrize(
    ("expression", "blueprint"),
    [
        ('"item"', "item"),
        (' "item" ', "item"),
        ("'item'", "item"),
        (".kind", ANY),
        ('"a\\(.b)"', ANY),
        ('"item" | ascii_downcase', ANY),
        ("item", ANY),
        ("1", ANY),
    ],
)
def test_a_blueprint_in_quotes_is_a_constant(expression: str, blueprint: str | None) -> None:
    """Anything else may give any blueprint."""
    assert constant_blueprint(expression) == blueprint


# --- whole resyncs -----------------------------------------------------------------------------


@dataclass
class Scene:
    """Three lists that were synced once; since then each lacks its row "gone".

    Note 1 was of item "gone" and is of item 1 now: the catalog learns that when `/notes` is read.
    """

    api: FaultApi
    installation: Installation
    rows: dict[Kind, Items] = field(default_factory=dict)

    async def begin(self, seeds: Seeds, *, last_makes: str = "team") -> None:
        """Sync everything, then let the world change."""
        self.rows |= {
            "/items": named(1, 2, "gone"),
            "/notes": [{"id": 1, "of": "gone"}, {"id": 2, "of": 2}, {"id": "gone", "of": 2}],
            "/teams": named("t1", "t2", "t-gone"),
        }
        for kind in KINDS:
            self.serve(kind)
        self.installation.mapping = [
            resource("/items"),
            resource("/notes", "child", parent=".of | tostring"),
            resource("/teams", last_makes),
        ]
        await seeds.sow(f"three lists, {last_makes}", self.installation)
        for rows in self.rows.values():
            rows.pop()
        self.rows["/notes"][0]["of"] = 1
        self.api.heal()

    def serve(self, kind: Kind) -> None:
        """A list without pages."""
        self.api.serve(kind, lambda _: answer(self.rows[kind]))

    def leave_doubt(self, kind: Kind) -> None:
        """Have a kind read twice: page 2 of it is asked for by its number."""
        at = KINDS.index(kind)
        selector: Any = self.installation.mapping[at]["selector"]
        selector["pagination"] = {"type": "page", "page_size": 2}

        def page(request: Request) -> Reply:
            number = request.number("page", 1)
            return answer(self.rows[kind] if number == 1 else [])

        self.api.serve(kind, page)


@pytest.fixture
def scene(api: FaultApi, installation: Installation) -> Scene:
    """Three lists that nobody has synced yet."""
    return Scene(api, installation)


def expected_deletions(
    failing: Kind, when: str, *, shares: bool, computed: bool, cascades: bool
) -> set[str]:
    """What is certainly gone, by the rules and not by the code."""
    if computed:
        return set()
    team = "item/t-gone" if shares else "team/t-gone"
    everything = {"item/gone", "child/gone", team}
    match failing:
        case "/items":  # notes relate to items
            gone = everything - {"item/gone", "child/gone"}
            return gone - {team} if shares else gone
        case "/notes":  # at Port note 1 still hangs on item "gone", unless it was read before
            gone = everything - {"child/gone"}
            is_known = when == "second look"
            return gone - {"item/gone"} if cascades and not is_known else gone
        case "/teams":
            return set() if shares else everything - {team}


READINGS = ("first reading", "second look")
MATRIX = [
    *product(KINDS, READINGS, (False, True), (False,), (False, True)),
    # A computed blueprint holds back everything, whatever else.
    *product(KINDS, READINGS, (False,), (True,), (False,)),
]


def pairs(cell: tuple[object, ...]) -> set[tuple[tuple[int, object], ...]]:
    """Every two values of a cell."""
    return set(combinations(enumerate(cell), 2))


IN_GATE = covering(MATRIX, pairs)


@pytest.mark.parametrize(
    ("failing", "when", "shares", "computed", "cascades"),
    [
        pytest.param(*cell, marks=[] if cell in IN_GATE else pytest.mark.exhaustive)
        for cell in MATRIX
    ],
)
async def test_exactly_what_is_certainly_gone_is_deleted(  # noqa: PLR0913 (the matrix)
    scene: Scene,
    seeds: Seeds,
    *,
    failing: Kind,
    when: str,
    shares: bool,
    computed: bool,
    cascades: bool,
) -> None:
    """Whichever kind fails, wherever, whatever the blueprints: nothing more and nothing less."""
    await scene.begin(seeds, last_makes="item" if shares else "team")
    scene.installation.options = {"deleteDependentEntities": cascades}
    requests = 1
    if when == "second look":
        scene.leave_doubt(failing)
        requests = 3
    if computed:
        at = KINDS.index(failing)
        mapped: Any = scene.installation.mapping[at]
        mappings = mapped["port"]["entity"]["mappings"]
        mappings["blueprint"] += " | ."
    scene.api.fail(failing, answer({"why": "no"}, 403), on=requests)

    outcome = await scene.installation.resync()

    assert not outcome.complete
    assert outcome.deleted == expected_deletions(
        failing, when, shares=shares, computed=computed, cascades=cascades
    )
    assert f"kind {failing!r} failed" in held_back(outcome)


async def test_the_resync_after_it_deletes_the_rest(scene: Scene, seeds: Seeds) -> None:
    """What was held back is not forgotten."""
    await scene.begin(seeds)
    scene.api.fail("/items", answer({}, 403))
    first = await scene.installation.resync()
    scene.api.heal()

    second = await scene.installation.resync()

    assert first.deleted == {"team/t-gone"}
    assert second.complete, second.formatted
    assert second.deleted == {"item/gone", "child/gone"}


async def test_two_kinds_that_fail_hold_back_both(scene: Scene, seeds: Seeds) -> None:
    """The third is reconciled."""
    await scene.begin(seeds)
    for kind in ("/teams", "/notes"):
        scene.api.fail(kind, answer({}, 403))
    scene.installation.options = {"deleteDependentEntities": False}

    outcome = await scene.installation.resync()

    assert outcome.deleted == {"item/gone"}
    for kind in ("/teams", "/notes"):
        assert f"kind '{kind}' failed" in held_back(outcome)
    assert outcome.states["/items"] == "completed"
    assert outcome.states["/teams"] == "failed"


async def test_a_kind_of_the_mapping_before_is_gone(scene: Scene, seeds: Seeds) -> None:
    """Entities of a blueprint that no kind makes any more are deleted though another kind fails."""
    await scene.begin(seeds)
    del scene.installation.mapping[2]
    scene.api.fail("/items", answer({}, 403))

    outcome = await scene.installation.resync()

    assert outcome.deleted == entities("team", "t1", "t2", "t-gone")


async def test_a_failed_resync_is_failed_for_port(scene: Scene, seeds: Seeds) -> None:
    """As Ocean runs in production, where errors are logged."""
    await scene.begin(seeds)
    scene.api.fail("/items", answer({}, 403))
    scene.installation.publish_mapping()

    async with scene.installation.booted() as app:
        succeeded = await app.integration.sync_raw_all()

    states = {one.kind: one.state for one in scene.installation.store.kind_statuses()}
    assert not succeeded
    assert states["/items"] == states["__reconciliation__"] == "failed"
    assert states["/teams"] == "completed"
    deleted = {one.identifier for one in scene.installation.store.deletions()}
    assert deleted == {"t-gone"}


@pytest.mark.parametrize(
    ("threshold", "expected"), [(0.9, {"team/t-gone"}), (0.1, set())], ids=["within", "beyond"]
)
async def test_oceans_threshold_counts_what_is_held_back_as_there(
    scene: Scene, seeds: Seeds, threshold: float, expected: set[str]
) -> None:
    """One of nine is to be deleted, not seven of nine."""
    await scene.begin(seeds)
    scene.installation.options = {"entityDeletionThreshold": threshold}
    scene.api.fail("/items", answer({}, 403))

    outcome = await scene.installation.resync()

    assert outcome.deleted == expected


# --- enableDelete ------------------------------------------------------------------------------


async def test_a_kind_may_say_that_nothing_of_it_is_deleted(scene: Scene, seeds: Seeds) -> None:
    """`enableDelete: false` is heeded, and what relates to its entities goes all the same."""
    await scene.begin(seeds)
    scene.installation.mapping[0]["enableDelete"] = False

    outcome = await scene.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"child/gone", "team/t-gone"}


async def test_what_such_a_kind_relates_to_is_not_taken_from_under_it(
    scene: Scene, seeds: Seeds
) -> None:
    """Port would delete the note along with the item that it hangs on."""
    await scene.begin(seeds)
    scene.rows["/notes"].pop(0)  # note 1 is gone as well, and hangs on item "gone" at Port
    scene.installation.mapping[1]["enableDelete"] = False

    kept = await scene.installation.resync()
    scene.installation.options = {"deleteDependentEntities": False}
    alone = await scene.installation.resync()

    assert kept.deleted == {"team/t-gone"}
    assert alone.deleted == {"item/gone"}
