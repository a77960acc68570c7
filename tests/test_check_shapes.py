"""``check`` finds rows in whatever shape they come, what leads on, and lists in place of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check_scene import (
    Mistake,
    Scene,
    asking,
    listed,
    person,
    serving,
    settings,
    swap,
)
from tests.fault_api import FaultApi, Reply, Request, answer
from tests.literals import Json
from workbench.check.items.other_lists import lists_by_key

PEOPLE: list[dict[str, Json]] = [person(number) for number in range(60)]


def _id(row: dict[str, Json]) -> int:
    return int(str(row["id"]))


def keyset(request: Request) -> Reply:
    """People after the one that is named, ten at most; nothing speaks of more."""
    after, size = request.number("after", -1), request.number("size", 10)
    return answer({"data": [one for one in PEOPLE if _id(one) > after][:size], "errors": []})


def backwards(request: Request) -> Reply:
    """The newest people, and those before the one that is named."""
    before, size = request.number("before", 1000), request.number("size", 10)
    rows = [one for one in reversed(PEOPLE) if _id(one) < before]
    return answer({"data": rows[:size], "has_more": len(rows) > size})


def keyed(request: Request) -> Reply:
    """People by their names, in a list of one."""
    rows = {f"p{_id(one)}": {k: v for k, v in one.items() if k != "id"} for one in PEOPLE[:7]}
    return answer({"result": [{"people": rows} if request.number("page", 1) == 1 else {}]})


def teams_keyed(request: Request) -> Reply:
    """Teams by their ids."""
    rows = {f"team-{n}": {"name": f"Team {n}", "open": True} for n in range(4)}
    return answer({"data": rows if request.number("page", 1) == 1 else {}})


def only_notes(scene: Scene) -> None:
    """Notes of teams, and nothing else."""
    scene.mapping = "resources:\n" + scene.mapping[scene.mapping.index("  - kind: /teams/{") :]


def versions(request: Request) -> Reply:
    """One text by each name."""
    is_first = request.number("page", 1) == 1
    return answer({"versions": {f"pkg-{n}": f"1.{n}" for n in range(7)} if is_first else {}})


def of_teams(request: Request) -> Reply:
    """People of two teams each."""
    rows: list[dict[str, Json]] = []
    for one in PEOPLE[:25]:
        ids = [f"team-{(_id(one) + more) % 4}" for more in (0, 1)]
        teams = [{"id": team, "name": team.upper()} for team in ids]
        rows.append({**one, "teams": teams, "teamIds": ids, "mails": [one["mail"]]})
    return listed(rows)(request)


_BY_KEY = [
    swap("identifier: .id | tostring", "identifier: .key"),
    swap("phone: .phone", "phone: .value.phone"),
    swap("title: .name", "title: .value.name"),
]
_MANY = [serving(of_teams), swap('"many": false', '"many": true', "blueprints")]
_IDS = "write team: '[.teams[]?.id]' (40 of 40)"

CASES = {
    "rows that are led by the last one's id": Mistake(
        [asking("pagination: {type: none}"), serving(keyset)],
        "pagination: {type: none}",
        "write type: cursor, pagination_param: after, cursor_path: '.data[-1].id'",
        severity="warn",
    ),
    "pages of rows that are led by the last one's id": Mistake(
        [serving(keyset)], "PAGINATION_TYPE", "PAGINATION_PARAM=after, ", "settings"
    ),
    "the newest first": Mistake(
        [settings(pagination_param="page"), serving(backwards)],
        "PAGINATION_TYPE",
        "PAGINATION_PARAM=before: ",
        "settings",
    ),
    "an object of objects in a list of one": Mistake(
        [serving(keyed), swap("data_path: .data", "data_path: .result"), *_BY_KEY],
        "data_path: .result",
        "write data_path: '.result[0].people | to_entries' (a list of 7)",
    ),
    "an object of objects without its keys": Mistake(
        [serving(keyed), swap("data_path: .data", "data_path: '.result[0].people'"), *_BY_KEY],
        "data_path: '.result",
        "write data_path: '.result[0].people | to_entries' (a list of 7)",
    ),
    "an object of objects whose keys the mapping calls something": Mistake(
        [serving(keyed), swap("data_path: .data", "data_path: '.result[0].people'")],
        "data_path: '.result",
        "write data_path: '.result[0].people | to_entries | map(.value + {id: .key})'",
    ),
    "an object of parents whose keys the field reads": Mistake(
        [serving(teams_keyed, "/v1/teams"), only_notes],
        "data_path: .data",
        "write data_path: '.data | to_entries | map(.value + {id: .key})' (a list of 4)",
    ),
    "an object of texts": Mistake(
        [
            serving(versions),
            swap("data_path: .data", "data_path: .versions"),
            swap("identifier: .id | tostring", "identifier: .key"),
            swap("title: .name", "title: .value"),
        ],
        "data_path: .versions",
        "write data_path: .versions | to_entries (a list of 7)",
    ),
    "lists of identifiers where one is declared": Mistake(
        [serving(of_teams), swap("team: .team.id", "team: .teamIds")],
        '"many": false',
        'write "many": true',
        "blueprints",
    ),
    "a list of nulls": Mistake(
        [*_MANY, swap("team: .team.id", "team: '[.teams[].idd]'")], "team: '[.teams", _IDS
    ),
    "a list of nulls made texts": Mistake(
        [*_MANY, swap("team: .team.id", "team: '[.teams[].idd | tostring]'")],
        "team: '[.teams",
        _IDS,
    ),
    "a list of objects": Mistake(
        [*_MANY, swap("team: .team.id", "team: .teams")], "team: .teams", _IDS
    ),
    "a list of names": Mistake(
        [*_MANY, swap("team: .team.id", "team: '[.teams[].name]'")], "team: '[.teams", _IDS
    ),
    "a list beside the one value that is meant": Mistake(
        [serving(of_teams), swap("mail: .mail", "mail: .mails")],
        "mail: .mails",
        "write mail: .mail",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_what_is_to_be_written_is_told(case: Mistake, tmp_path: Path, api: FaultApi) -> None:
    """One finding, in the line that is wrong, with what makes it right."""
    await case.is_told(Scene(tmp_path, api))


@pytest.mark.parametrize(
    ("body", "rest", "wanted"),
    [
        pytest.param(
            {"EUR": 1.0, "USD": 1.1},
            [".rate"],
            "to_entries | map({code: .key, rate: .value})",
            id="numbers",
        ),
        pytest.param(
            {"admins": ["a"], "devs": ["b", "c"]},
            [".members | length"],
            "to_entries | map({code: .key, members: .value})",
            id="lists",
        ),
        pytest.param({"EUR": 1.0, "USD": 1.1}, [".rate", ".base"], None, id="two that may be it"),
        pytest.param({"links": {"a": "/x", "b": "/y"}}, [".href"], None, id="links"),
        pytest.param({"links": {"a": {"href": 1}, "b": {"href": 2}}}, [".x"], None, id="of others"),
        pytest.param(
            {"a": {"code": 1, "x": 1}, "b": {"code": 2, "x": 1}}, [".x"], None, id="with the key"
        ),
        pytest.param(
            {"a": {"codes": 1, "x": 1}, "b": {"codes": 2, "x": 1}}, [".x"], None, id="nearly so"
        ),
    ],
)
def test_an_object_by_its_keys(body: Json, rest: list[str], wanted: str | None) -> None:
    """What its values lack stands under the name that is read, where nothing else may be meant."""
    assert next((path for path, _ in lists_by_key(body, [".code"], rest, ".")), None) == wanted


async def test_a_list_within_the_elements_of_a_list_is_told(tmp_path: Path, api: FaultApi) -> None:
    """Where the path leads into a list that has a list in each of its elements."""
    rows = [person(number) for number in range(9)]
    groups: list[Json] = [{"tag": at, "people": rows[at * 3 : at * 3 + 3]} for at in range(3)]
    spoils = [
        serving(lambda _: answer({"data": {"groups": groups}})),
        swap("data_path: .data", "data_path: .data.groups.people"),
    ]
    told = "write data_path: '.data.groups[].people[]' (a list of 9)"

    await Mistake(spoils, "data_path: .data.groups", told).is_told(Scene(tmp_path, api))
