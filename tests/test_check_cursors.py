"""``check`` on cursors that lead nowhere, back, or under another name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check_scene import Mistake, Scene, Spoil, asking, person, settings, signed, swap, told
from tests.fault_api import FaultApi, Handler, Reply, Request, answer
from tests.repairs import checked_again

_PEOPLE = [person(number) for number in range(25)]


def _listed(name: str) -> Handler:
    """People behind a cursor, with one that leads back to all of the page but one."""

    def handler(request: Request) -> Reply:
        if not signed(request):
            return answer({"message": "sign in"}, 401)
        size, start = request.number("limit", 10), request.number(name, 0)
        after = start + size if start + size < len(_PEOPLE) else None
        pages = {"next": after, "prev": start + 1}
        return answer({"data": _PEOPLE[start : start + size], "pages": pages})

    return handler


@pytest.fixture
def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """People alone, by a cursor."""
    found = Scene(tmp_path, api)
    found.mapping = found.mapping[: found.mapping.index("  - kind: /teams\n")]
    swap("          relations:\n            team: .team.id\n", "")(found)
    found.settings |= {"pagination_type": "cursor", "pagination_param": "until"}
    found.settings |= {"cursor_path": "pages.next", "size_param": "limit"}
    api.serve("/v1/people", _listed("until"))
    return found


async def test_nothing_is_said_of_it(scene: Scene) -> None:
    """It is as it should be."""
    assert (await scene.check()).findings == []


def _under(name: str) -> Spoil:
    return lambda scene: scene.api.serve("/v1/people", _listed(name))


_NEXT = "CURSOR_PATH=pages.next: "
CASES = {
    "one that leads back": Mistake(
        [settings(cursor_path="pages.prev")], "CURSOR_PATH", _NEXT, "settings"
    ),
    "one that is called nearly so": Mistake(
        [settings(cursor_path="pages.nextCursor")], "CURSOR_PATH", _NEXT, "settings"
    ),
    "a name without the sign that another one has": Mistake(
        [_under("_until"), asking("query_params: {_all: 'yes'}")],
        "PAGINATION_PARAM",
        "PAGINATION_PARAM=_until: ",
        "settings",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_what_leads_on_is_told(case: Mistake, scene: Scene) -> None:
    """And with it the installation is right."""
    report = await case.is_told(scene)
    again = await checked_again(report, scene.write())

    assert again.findings == [], told(again.findings)
