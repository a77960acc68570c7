"""``check`` asks the items of which JSON type values are: in comparisons, identifiers and lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.check_scene import (
    BLUEPRINTS,
    Mistake,
    Scene,
    Spoil,
    listed,
    person,
    serving,
    swap,
)
from tests.fault_api import FaultApi, Reply, Request, answer
from tests.literals import Json

PEOPLE: list[dict[str, Json]] = [
    person(number)
    | {
        "score": str(number % 3),
        "rooms": [number, number + 1],
        "tags": ["a", "b"],
        "sites": [{"url": f"https://example.com/{number}", "main": True}],
        "key": {"uid": f"k-{number}", "version": 1},
        "called": {"hint": "given", "of": f"P. {number}"},
        "nick": {"hint": "short", "of": f"p{number}"},
        "made": {"at": f"2024-03-{number % 28 + 1:02} 10:00:00", "ago": "long"},
    }
    for number in range(25)
]
SERVED = serving(listed(PEOPLE))


def _declared(**properties: Json) -> Spoil:
    """People with other properties in their blueprint."""

    def spoil(scene: Scene) -> None:
        raw = json.loads(json.dumps(BLUEPRINTS))
        raw[0]["schema"]["properties"] |= properties
        scene.blueprints = json.dumps(raw, indent=1)

    return spoil


def _mapped(name: str, jq: str, old: str = "size: .size") -> Spoil:
    return swap(old, f"{old}\n            {name}: {jq}")


def _listing(name: str, jq: str, **items: Json) -> list[Spoil]:
    """A property that is a list of something."""
    declared: dict[str, Json] = {name: {"type": "array", "items": items}}
    return [SERVED, _mapped(name, jq), _declared(**declared)]


_SEVERAL = [swap('"many": false', '"many": true', "blueprints")]
_FLAG: dict[str, Json] = {"flag": {"type": "boolean"}}

CASES = {
    "milliseconds that are taken for seconds": Mistake(
        [swap("joined: .joined", "joined: .since * 1000 | todate")],
        ".since * 1000",
        "write joined: .since * 1000 / 1000 | floor | todate",
    ),
    "a text and a number": Mistake(
        [swap("phone: .phone", """phone: '.name + "/" + .size'""")],
        """'.name + "/" + .size'""",
        """write phone: .name + "/" + (.size | tostring) (20 of 20)""",
    ),
    "a part of a text that is a number": Mistake(
        [swap("size: .size", "size: .weight / 2")],
        ".weight / 2",
        "write size: (.weight | tonumber) / 2 (20 of 20)",
    ),
    "a list for a relation that is called as several": Mistake(
        [
            swap("team: .team.id", "teams: '[.team.id]'"),
            swap('"team": {', '"teams": {', "blueprints"),
        ],
        '"many": false',
        'write "many": true',
        where="blueprints",
    ),
    "a null within a list of several": Mistake(
        [*_SEVERAL, swap("team: .team.id", "team: '[.team.id, .lead.id]'")],
        "team: '[",
        "write team: '([.team.id, .lead.id]) | map(values)'",
    ),
    "a null beside objects within a list of several": Mistake(
        [*_SEVERAL, swap("team: .team.id", "team: '[.team, .lead]'")],
        "team: '[",
        "write team: '[([.team, .lead]) | .[] | values | .id | tostring]'",
    ),
    "a null beside numbers within a list of several": Mistake(
        [*_SEVERAL, swap("team: .team.id", "team: '[.size, .lead.id]'")],
        "team: '[",
        "write team: '[([.size, .lead.id]) | .[] | values | tostring]'",
    ),
    "a number compared with a text": Mistake(
        [SERVED, _mapped("flag", """'.size == "3"'"""), _declared(**_FLAG)],
        "flag: '.size",
        "write flag: .size == 3 (another result for 1 of 20)",
    ),
    "a text compared with a number": Mistake(
        [SERVED, _mapped("flag", "'.score == 0'"), _declared(**_FLAG)],
        "flag: '.score",
        'write flag: .score == "0"',
    ),
    "a boolean compared with its text, within a condition": Mistake(
        [
            SERVED,
            _mapped("word", """'if .active != "true" then "off" else "on" end'"""),
            _declared(word={"type": "string"}),
        ],
        "word: 'if",
        'write word: if .active != true then "off" else "on" end',
    ),
    "a query that is true of all": Mistake(
        [SERVED, swap('query: "true"', "query: .score != 0")],
        "query: .score",
        'write query: .score != "0"',
    ),
    "an identifier that is a whole object": Mistake(
        [SERVED, swap("identifier: .id | tostring", "identifier: .key | tostring")],
        "identifier: .key",
        "write identifier: .key.uid (a value that tells them apart)",
    ),
    "an identifier that is a list": Mistake(
        [SERVED, swap("identifier: .id | tostring", "identifier: .tags | tostring")],
        "identifier: .tags",
        "write identifier: .id | tostring (unique)",
    ),
    "an identifier that is the whole item": Mistake(
        [SERVED, swap("identifier: .id | tostring", "identifier: . | tojson")],
        "identifier: . | tojson",
        "write identifier: .id | tostring (unique)",
    ),
    "a title that is an object with nothing like a title in it": Mistake(
        [SERVED, swap("title: .name", "title: .key")],
        "title: .key",
        "write title: .name (20 of 20)",
    ),
    "a date within an object": Mistake(
        [SERVED, swap("joined: .joined", "joined: .made")],
        "joined: .made",
        "write joined: .made.at",
    ),
    "a title that is an object of what may be null": Mistake(
        [SERVED, swap("title: .name", "title: .key // .team")],
        "title: .key",
        "write title: .name (20 of 20)",
    ),
    "a title that is a list": Mistake(
        [SERVED, swap("title: .name", "title: 'if .size == 3 then .tags else .name end'")],
        "title: 'if",
        "write title: .name (20 of 20)",
    ),
    "a list of texts where one of numbers is declared": Mistake(
        _listing("marks", ".tags", type="number"),
        '"items": {',
        'write "items": {"type": "string"}',
        "blueprints",
    ),
    "a list of numbers where one of texts is declared": Mistake(
        _listing("doors", ".rooms", type="string"),
        "doors: .rooms",
        """write doors: '[.rooms[] | . | tostring]', or "items": {"type": "number"} for doors""",
    ),
    "a list of objects where one of URLs is declared": Mistake(
        _listing("pages", ".sites", type="string", format="url"),
        "pages: .sites",
        "write pages: '[.sites[] | .url]'",
    ),
    "elements of a type that Port has not": Mistake(
        _listing("marks", ".tags", type="text"),
        '"type": "text"',
        'write "type": "string"',
        "blueprints",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_value_of_another_type(case: Mistake, tmp_path: Path, api: FaultApi) -> None:
    """One finding, in the line that is wrong, with what was run on the items."""
    report = await case.is_told(Scene(tmp_path, api))

    assert len([one for one in report.findings if one.severity == "error"]) == 1


async def test_items_of_children_are_asked_too(tmp_path: Path, api: FaultApi) -> None:
    """What is compared in them is of their type."""
    scene = Scene(tmp_path, api)

    def numbered(request: Request) -> Reply:
        team, is_first = request.values[0], request.number("page", 1) == 1
        return answer([{"id": f"{team}-{n}", "text": n % 2} for n in range(4 * is_first)])

    serving(numbered, "/v1/teams/{}/notes")(scene)
    swap("text: .text", """text: 'if .text == "1" then "read" else "new" end'""")(scene)

    report = await scene.check()

    (found,) = report.findings
    assert "write text: if .text == 1 then" in found.remedy


@pytest.mark.parametrize(
    "jq",
    [
        pytest.param(".size == 300", id="with a value that none has"),
        pytest.param('.score == "0"', id="of the same type"),
        pytest.param('.sites | map(select(.main == "true")) | length == 0', id="within a list"),
        pytest.param('(.size | tostring) == "3"', id="of what is made of it"),
    ],
)
async def test_a_comparison_that_is_right(jq: str, tmp_path: Path, api: FaultApi) -> None:
    """Nothing is told where another type changes no result."""
    scene = Scene(tmp_path, api)
    for spoil in (SERVED, _mapped("flag", f"'{jq}'"), _declared(**_FLAG)):
        spoil(scene)

    assert not (await scene.check()).findings


async def test_a_list_of_what_is_declared(tmp_path: Path, api: FaultApi) -> None:
    """Is right, also with nothing in it, and with nulls."""
    people = [one | {"tags": [[], [None], ["a"]][number % 3]} for number, one in enumerate(PEOPLE)]
    scene = Scene(tmp_path, api)
    for spoil in _listing("marks", ".tags", type="string"):
        spoil(scene)
    serving(listed(people))(scene)

    assert not (await scene.check()).findings
