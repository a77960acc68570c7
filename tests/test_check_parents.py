"""``check`` asks of the list that path parameters come from what it asks of a kind's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check_scene import (
    MAPPING,
    Mistake,
    Scene,
    Spoil,
    listed,
    settings,
    signed,
    swap,
    told,
)
from tests.fault_api import FaultApi, Json, Reply, Request, answer
from tests.repairs import checked_again

_UNSET = settings(pagination_type=None, size_param=None, page_size=None)
_PAGED = "pagination: {type: page, size_param: size, page_size: 10}"


def _parents(pagination: str) -> Spoil:
    """The list of parents with a pagination of its own."""
    return swap("filter: .open\n", f"filter: .open\n          pagination: {{{pagination}}}\n")


@pytest.fixture
def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """An installation without a fault, with more teams than a page has."""
    found = Scene(tmp_path, api)
    api.serve(
        "/v1/teams",
        listed([{"id": f"team-{n}", "name": f"Team {n}", "open": True} for n in range(30)]),
    )
    return found


@pytest.mark.parametrize(
    "spoils",
    [
        pytest.param([], id="paged as set"),
        pytest.param([_parents("type: none, accept_doubt: true")], id="one page is wanted"),
        pytest.param([_parents("type: page, start_page: 1")], id="paged by itself"),
    ],
)
async def test_nothing_is_said_of_it(spoils: list[Spoil], scene: Scene) -> None:
    """It is as it should be, or as it is meant."""
    report = await scene.spoilt(spoils)

    assert report.findings == [], told(report.findings)


_ONLY = "resources:\n" + MAPPING[MAPPING.index("  - kind: /teams/{team}") :]
_PLACE = "team:  # spoilt"
_SPOILT = swap("team:\n          endpoint", f"{_PLACE}\n          endpoint")
CASES = {
    "no paging, where the kinds have their own": Mistake(
        [
            _UNSET,
            swap("data_path: .data\n    port", f"data_path: .data\n      {_PAGED}\n    port"),
            swap("query: .open == true\n", f"query: .open == true\n      {_PAGED}\n"),
            _SPOILT,
        ],
        _PLACE,
        "in its path_parameters.team: write pagination: {type: page}: page=2 of 3",
    ),
    "no paging anywhere": Mistake(
        [_UNSET, lambda scene: setattr(scene, "mapping", _ONLY), _SPOILT],
        _PLACE,
        "in its path_parameters.team: write pagination: {type: page}: page=2 of 3",
    ),
    "one page, by its own words": Mistake(
        [_parents("type: none")],
        "pagination: {type: none}",
        "write type: page: page=2 of 3",
        severity="warn",
    ),
    "a size that nobody heeds": Mistake(
        [_parents("type: page, size_param: amount, page_size: 5")],
        "size_param: amount",
        "write size_param: size",
        severity="warn",
    ),
    "pages as offsets": Mistake(
        [_parents("type: offset, pagination_param: page, size_param: size, page_size: 5")],
        "{type: offset",
        "write type: page: page=2 of 3",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_the_paging_of_parents_is_told(case: Mistake, scene: Scene) -> None:
    """At the path parameter, and what is to be written makes it right."""
    report = await case.is_told(scene)
    again = await checked_again(report, scene.write())

    assert len(report.findings) == 1, told(report.findings)
    assert again.findings == [], told(again.findings)


_SCOPED = "      query_params: {scope: core}\n"
_CORE: list[dict[str, Json]] = [
    {"id": f"team-{n}", "name": f"Team {n}", "open": True} for n in range(4)
]
_OTHERS = answer({"data": [{"id": f"x-{n}", "open": True} for n in range(4)]})


def _unscoped(reply: Reply) -> Spoil:
    """Teams are asked for with a scope by their kind, and the parents without: this is answered."""

    def teams(request: Request) -> Reply:
        is_core = request.param("scope") == "core" or not signed(request)
        return listed(_CORE)(request) if is_core else reply

    def spoil(scene: Scene) -> None:
        scene.api.serve("/v1/teams", teams)
        swap("query: .open == true\n", f"query: .open == true\n{_SCOPED}")(scene)
        _SPOILT(scene)

    return spoil


@pytest.mark.parametrize(
    ("reply", "severity"),
    [
        pytest.param(answer({"message": "bad request"}, 400), "error", id="refused"),
        pytest.param(answer({"message": "forbidden"}, 403), "error", id="forbidden"),
        pytest.param(answer({"message": "not found"}, 404), "error", id="not found"),
        pytest.param(answer({"data": []}), "warn", id="nothing"),
        pytest.param(answer({"data": [{"name": "x"}] * 3}), "error", id="without their keys"),
        pytest.param(_OTHERS, "error", id="others, of which no child is there"),
    ],
)
async def test_a_parameter_that_parents_lack_is_told(
    reply: Reply, severity: str, scene: Scene
) -> None:
    """At the path parameter, and not at the kind that sends it."""
    spoil = _unscoped(reply)
    case = Mistake([spoil], _PLACE, "write scope: core in query_params", severity=severity)
    report = await case.is_told(scene)

    assert len(report.findings) == 1, told(report.findings)


async def test_parents_that_are_asked_for_otherwise_may_be_none(scene: Scene) -> None:
    """Others of the same path, with another value of the parameter, are not meant."""
    own = swap("filter: .open\n", "filter: .open\n          query_params: {scope: side}\n")

    report = await scene.spoilt([_unscoped(answer({"data": []})), own])

    told_of = [one for one in report.findings if "scope: core" in one.remedy]
    assert not [one for one in told_of if one.severity == "error"], told(report.findings)
