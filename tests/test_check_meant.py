"""``check`` tells what was meant from what only looks alike, or is so by chance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from json_values import Json as JsonValue
from tests.check_scene import Scene, listed, notes, person, serving, swap, told
from tests.fault_api import FaultApi, Json, Reply, Request, answer
from workbench.check.asking.alternatives import values_like
from workbench.check.findings import Write
from workbench.check.guesses.names import dated
from workbench.check.items.identifiers import unique_key

ROWS = 25
ROWS_OF: list[dict[str, Json]] = [person(number) for number in range(ROWS)]


@pytest.fixture
async def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """An installation without a fault, on a running API."""
    return Scene(tmp_path, api)


def people(more: Callable[[int], dict[str, Json]]) -> list[dict[str, Json]]:
    """People with more keys, by their number."""
    return [person(number) | more(number) for number in range(ROWS)]


async def told_of(scene: Scene) -> tuple[int | None, str]:
    """The line and the remedy of the only finding."""
    report = await scene.check()
    assert len(report.findings) == 1, told(report.findings)
    return report.findings[0].line, report.findings[0].remedy


async def test_a_key_that_holds_all_words_is_meant(scene: Scene) -> None:
    """Rather than a shorter one that has the last of them."""
    serving(listed(people(lambda n: {"seats": 50, "free_seats_count": n + 1})))(scene)
    swap("size: .size", "size: .free_seats")(scene)

    assert await told_of(scene) == (
        scene.place("free_seats")[1],
        "write size: .free_seats_count (20 of 20)",
    )


def test_what_is_measured_is_no_identifier() -> None:
    """Coordinates are different by chance."""
    rows: list[dict[str, JsonValue]] = [{"lat": n + 0.5, "tag": f"t{n}"} for n in range(3)]

    assert unique_key(rows) == Write(".tag", "unique")


async def test_an_identifier_as_another_kind_of_the_blueprint_has_it(scene: Scene) -> None:
    """It is one identity: what else is unique would make entities of their own."""
    rows = people(lambda n: {"tag": f"t{n}", "key": f"k{n}"})
    serving(listed(rows), "/v1/people", "/v1/staff")(scene)
    swap("identifier: .id | tostring", "identifier: .number")(scene)
    scene.mapping += """\
  - kind: /staff
    selector: {query: "true", data_path: .data}
    port: {entity: {mappings: {identifier: .tag, blueprint: '"person"'}}}
"""

    assert await told_of(scene) == (
        scene.place(".number")[1],
        "write identifier: .tag (unique, and another kind of this blueprint has it so)",
    )


async def test_a_target_of_which_not_all_entities_were_seen(scene: Scene) -> None:
    """Most values are its identifiers, and its name speaks: they are no other key's."""
    teams: list[dict[str, Json]] = [
        {"id": f"team-{n}", "name": f"Team {n}", "open": True} for n in range(40)
    ]
    serving(listed(teams), "/v1/teams")(scene)
    rows = people(lambda n: {"team": {"id": f"team-{n + 8}"}, "about": f"team-{n % 3}-note"})
    serving(listed(rows))(scene)
    swap('"target": "team"', '"target": "note"', "blueprints")(scene)

    assert await told_of(scene) == (
        scene.place('"target"', "blueprints")[1],
        'write "target": "team" (12 of 20 values are identifiers of team)',
    )


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        pytest.param(
            "has_more_path", "write last_page_path in place of has_more_path", id="its own"
        ),
        pytest.param("HAS_MORE_PATH", "LAST_PAGE_PATH in place of", id="of the settings"),
    ],
)
async def test_a_path_that_says_the_opposite(scene: Scene, name: str, remedy: str) -> None:
    """It ends the list at its first page, and the style of paging is right."""

    def flagged(request: Request) -> Reply:
        page = request.number("page", 1)
        rows = ROWS_OF[(page - 1) * 10 : page * 10] if page else []
        return answer({"data": rows, "done": page * 10 >= ROWS, "errors": []})

    scene.api.serve("/v1/people", flagged)
    if name.isupper():
        scene.settings["has_more_path"] = "done"
    else:
        swap(
            "data_path: .data",
            "data_path: .data\n      pagination: {type: page, has_more_path: done}",
        )(scene)

    line, told_remedy = await told_of(scene)

    where = ("HAS_MORE", "settings") if name.isupper() else ("has_more", "mapping")
    assert line == scene.place(*where)[1]
    assert remedy in told_remedy


async def test_parents_in_an_envelope_with_two_lists(scene: Scene) -> None:
    """The path to those by whose values children are there, and no key of the other list."""
    teams: list[Json] = [{"id": f"team-{n}", "open": True} for n in range(4)]
    columns: list[Json] = [{"id": "name", "open": True}, {"id": "open", "open": True}]
    scene.api.serve("/v1/squads", answer({"columns": columns, "squads": teams}))
    swap("endpoint: /teams\n          data_path: .data\n", "endpoint: /squads\n")(scene)

    assert await told_of(scene) == (
        scene.place("=team:")[1],
        "write data_path: .squads in team (a list of 4)",
    )


def sized(request: Request) -> Reply:
    """People, for those alone who say how many they want."""
    rows = listed(ROWS_OF)(request)
    return rows if request.param("size") else answer({"message": "no size"}, 400)


async def test_a_path_is_tried_as_it_is_read(scene: Scene) -> None:
    """With the size of a page, without which some APIs answer nothing."""
    serving(sized)(scene)
    scene.api.serve("/v1/person", answer({"message": "no such path"}, 404))
    swap("kind: /people", "kind: /peoples")(scene)

    assert await told_of(scene) == (
        scene.place("/peoples")[1],
        "write kind: /people (it answers 200)",
    )


@pytest.mark.parametrize(
    ("old", "path"),
    [
        pytest.param("/teams", "/squadron", id="what stands before the value in the kind"),
        pytest.param("/staff/all", "/staff", id="the beginning of another kind"),
    ],
)
async def test_the_path_of_parents_that_is_not_there(scene: Scene, old: str, path: str) -> None:
    """Other paths of the mapping are asked, whatever they are called."""
    if old == "/staff/all":
        teams: list[dict[str, Json]] = [
            {"id": f"team-{n}", "name": "x", "open": True} for n in range(4)
        ]
        serving(listed(teams), "/v1/staff/all")(scene)
        swap("kind: /teams\n", "kind: /staff/all\n")(scene)
        swap("kind: /teams/{team}/notes", "kind: /staff/{team}/notes")(scene)
        scene.api.serve("/v1/staff/{}/notes", notes)
    swap("endpoint: /teams", f"endpoint: {path}")(scene)

    assert await told_of(scene) == (
        scene.place(f"endpoint: {path}")[1],
        f"write endpoint: {old} (it answers 200)",
    )


async def test_a_word_of_the_path_that_a_refusal_speaks_of(scene: Scene) -> None:
    """In other letters it is answered."""
    scene.api.serve("/v1/kinds/{}/all/people", kinds)
    swap("kind: /people", "kind: /kinds/staff/all/people")(scene)

    assert await told_of(scene) == (
        scene.place("/kinds")[1],
        "write kind: /kinds/STAFF/all/people (it answers 200)",
    )


def kinds(request: Request) -> Reply:
    """People of a kind in capitals."""
    if request.values[0] == "STAFF":
        return listed(ROWS_OF)(request)
    return answer({"message": f"Unsupported kind: {request.values[0]}"}, 400)


async def test_a_field_that_leads_to_an_object(scene: Scene) -> None:
    """The text in it by which there are children, asked for as they are read."""
    teams: list[dict[str, Json]] = [
        {"id": {"kind": "TEAM", "id": f"team-{n}"}, "name": "x", "open": True} for n in range(4)
    ]
    serving(listed(teams), "/v1/teams")(scene)

    def sized_notes(request: Request) -> Reply:
        return notes(request) if request.param("size") else answer({"message": "no size"}, 400)

    scene.api.serve("/v1/teams/{}/notes", sized_notes)
    swap("identifier: .id\n          title", "identifier: .id.id\n          title")(scene)

    assert await told_of(scene) == (
        scene.place("field: .id")[1],
        "write field: .id.id (for 'team-0' there are items)",
    )


async def test_an_enum_that_another_key_keeps(scene: Scene) -> None:
    """All of its values are of the enum."""
    words = ("low", "high")
    rows = people(lambda n: {"level": {"name": f"L{n % 5}", "level_type": words[n % 2]}})
    serving(listed(rows))(scene)
    swap("level: .level", "level: .level.name")(scene)

    assert await told_of(scene) == (
        scene.place(".level.name")[1],
        "write level: .level.level_type",
    )


async def test_nothing_stays_nothing(scene: Scene) -> None:
    """A number made a text makes one of a null as well."""
    serving(listed(people(lambda n: {"phone": None if n == 1 else n})))(scene)

    _, remedy = await told_of(scene)

    assert "or .phone | values | tostring in the mapping" in remedy


async def test_a_target_by_the_last_of_its_words(scene: Scene) -> None:
    """It says what it is: there is one such blueprint."""
    swap('"target": "team"', '"target": "statusTeam"', "blueprints")(scene)

    assert await told_of(scene) == (
        scene.place('"target"', "blueprints")[1],
        'write "target": "team"',
    )


@pytest.mark.parametrize("is_heeded", [True, False])
async def test_a_list_in_the_query(scene: Scene, is_heeded: bool) -> None:  # noqa: FBT001 (a case)
    """With brackets behind its name, where a made-up value is answered otherwise."""

    def by_sort(request: Request) -> Reply:
        if request.param("sorts"):
            return answer({"message": "'sorts' must be an array"}, 400)
        if is_heeded and request.param("sorts[]") not in {None, "plain"}:
            return answer({"message": "no such sort"}, 400)
        return listed(ROWS_OF)(request)

    scene.api.serve("/v1/people", by_sort)
    swap("data_path: .data", "data_path: .data\n      query_params:\n        sorts: plain")(scene)

    line, remedy = await told_of(scene)

    assert line == scene.place("sorts: plain")[1]
    wanted = "write sorts[]: plain in the place of sorts: so it answers"
    assert (remedy == wanted) is is_heeded


@pytest.mark.parametrize(
    ("program", "remedy"),
    [
        pytest.param(".key..open == true", ".key.open == true", id="two dots"),
        pytest.param('.name contains "x"', '.name | index("x") != null', id="contains"),
        pytest.param('.name startswith "x"', '.name | startswith("x")', id="begins"),
    ],
)
async def test_a_function_without_brackets(scene: Scene, program: str, remedy: str) -> None:
    """They are put around what stands behind it."""
    swap("filter: .open", f"filter: {program}")(scene)

    assert await told_of(scene) == (
        scene.place(f"filter: {program}")[1],
        f"write filter: {remedy}",
    )


async def test_a_key_and_its_value_without_a_space(scene: Scene) -> None:
    """In the line of the key, not in the next one."""
    swap("data_path: .data\n    port", "data_path:.data\n    port")(scene)

    assert await told_of(scene) == (
        scene.place("data_path:.data")[1],
        "put a space behind the colon: data_path: .data",
    )


@pytest.mark.parametrize("of_parents", [True, False])
async def test_a_path_without_its_beginning(scene: Scene, of_parents: bool) -> None:  # noqa: FBT001 (a case)
    """The placeholder of a parameter went with it, and another kind has the whole path."""
    scene.mapping += """\
  - kind: /teams/{team}/notes/{note}/marks
    selector:
      query: "true"
      path_parameters:
        team: {endpoint: /teams, data_path: .data, field: .id}
        note:
          endpoint: /teams/{team}/notes
          field: .id
    port: {entity: {mappings: {identifier: .id, blueprint: '"note"'}}}
"""
    if of_parents:
        scene.mapping = scene.mapping.replace("kind: /teams/{team}/notes/{note}", "kind: /n/{note}")
        scene.mapping = scene.mapping.replace("endpoint: /teams/{team}/notes", "endpoint: /notes")
        place, key = scene.place("endpoint: /notes"), "endpoint"
    else:
        swap("kind: /teams/{team}/notes\n", "kind: /notes\n")(scene)
        place, key = scene.place("kind: /notes"), "kind"

    assert await told_of(scene) == (
        place[1],
        f"write {key}: '/teams/{{team}}/notes' (as another kind has it)",
    )


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("31.12.2026", ["2026-12-31"]),
        ("01/02/2026", ["2026-02-01", "2026-01-02"]),
        ("2026-12-31", []),
        ("1.2.3", []),
    ],
)
def test_a_date_is_written_as_the_standard_has_it(value: str, meant: list[str]) -> None:
    """In both orders that it may have; what is no date with a year at its end stays."""
    assert dated(value) == meant


def test_what_a_value_is_called_by_stands_beside_it() -> None:
    """Under a key that goes on as its own does: a number for a word."""
    items: list[dict[str, JsonValue]] = [{"status": "Up", "status_raw": 3, "stage": 4}]

    assert values_like("Up", items) == ["Up", "3"]
