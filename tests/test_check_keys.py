"""``check`` finds the parameter by which keys come that are mapped, also where none is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check_scene import Mistake, Scene, asking, person, serving, swap
from tests.fault_api import FaultApi, Handler, Json, Reply, Request, answer

PEOPLE: list[dict[str, Json]] = [person(number) for number in range(9)]
ALL = "id,name,phone,joined,site,mail,level,active,size,team"
TEAMS: list[dict[str, Json]] = [
    {"id": f"team-{n}", "name": f"Team {n}", "key": f"T{n}", "open": True} for n in range(4)
]


def chosen(name: str, *, is_strict: bool = False) -> Handler:
    """People with the keys that a parameter names, else with their ids and names alone."""

    def handler(request: Request) -> Reply:
        keys = (request.param(name) or "id,name").split(",")
        if wrong := [key for key in keys if key not in PEOPLE[0] and is_strict]:
            return answer({"error": f"there is no {wrong[0]}"}, 400)
        rows = [{key: one[key] for key in keys if key in one} for one in PEOPLE]
        return answer({"data": rows if request.number("page", 1) == 1 else [], "errors": []})

    return handler


def teams(request: Request) -> Reply:
    """Teams, whatever is asked for."""
    return answer({"data": TEAMS if request.number("page", 1) == 1 else [], "errors": []})


def by_view(request: Request) -> Reply:
    """People for those who name what they want to see; some of it has less."""
    views = {"brief": ("id",), "full": tuple(PEOPLE[0]), "stats": ("size",)}
    if (view := request.param("view")) not in views:
        return answer({"error": f"parameter 'view' must be one of: {', '.join(views)}"}, 400)
    rows = [{key: one[key] for key in views[view]} for one in PEOPLE]
    return answer({"data": rows if request.number("page", 1) == 1 else [], "errors": []})


CASES = {
    "a value of those that the words name": Mistake(
        [serving(by_view)], "selector:", "write view: full in query_params (of the values that"
    ),
    "a parameter that another kind sends": Mistake(
        [
            swap(
                "query: .open == true\n",
                "query: .open == true\n      query_params: {cols: 'id,name'}\n",
            ),
            serving(chosen("cols")),
            serving(teams, "/v1/teams"),
        ],
        "selector:",
        f"write cols: '{ALL}' in query_params",
    ),
    "a parameter that is called so by most": Mistake(
        [serving(chosen("fields"))], "selector:", f"write fields: '{ALL}' in query_params"
    ),
    "blanks between the keys": Mistake(
        [asking(f"query_params: {{cols: '{ALL.replace(',', ', ')}'}}"), serving(chosen("cols"))],
        "query_params: {cols",
        f"write cols: '{ALL}'",
    ),
    "a key that a long list lacks": Mistake(
        [
            asking(f"query_params: {{cols: '{ALL.replace(',level', '')},contact,weight,since'}}"),
            serving(chosen("cols")),
        ],
        "query_params: {cols",
        "write cols: 'level,id,",
    ),
    "keys in another case": Mistake(
        [
            asking(f"query_params: {{cols: '{ALL.replace('id,name', 'Id,Name')}'}}"),
            serving(chosen("cols", is_strict=True)),
        ],
        "query_params: {cols",
        f"write cols: '{ALL}' (so it answers)",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_the_keys_that_come_are_asked_for(
    case: Mistake, tmp_path: Path, api: FaultApi
) -> None:
    """At the parameter, or where it has to stand, with all keys that are read."""
    await case.is_told(Scene(tmp_path, api))
