"""``check`` asks of the list that path parameters come from what it asks of a kind's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check_scene import MAPPING, Mistake, Scene, Spoil, listed, settings, swap, told
from tests.fault_api import FaultApi
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
