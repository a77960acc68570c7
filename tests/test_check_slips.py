"""``check`` on slips of the hand in files: what to write where, and that this is all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.check_scene import Scene, listed, swap, told
from tests.fault_api import FaultApi
from tests.repairs import checked_again
from workbench.check.files.json_slips import mended

BLUEPRINTS = json.dumps(
    [
        {"identifier": "a", "schema": {"x": {"type": "string"}, "required": []}, "many": True},
        {"identifier": "b"},
    ],
    indent=1,
)


@pytest.mark.parametrize(
    ("old", "new", "line", "remedy"),
    [
        pytest.param("[]\n", "[],\n", 8, "remove the comma before }", id="a comma at the end"),
        pytest.param('"a",', '"a"', 3, "write a comma here", id="no comma"),
        pytest.param('"a",', '"a",,', 3, "remove this comma", id="two commas"),
        pytest.param('"a",', '"a', 3, 'close the quote "', id="no quote at the end"),
        pytest.param('"a",', 'a",', 3, 'open the quote "', id="no quote at the beginning"),
        pytest.param('"a",', "'a',", 3, 'write "a", in double quotes', id="single quotes"),
        pytest.param('"a",', "a,", 3, 'write "a", in double quotes', id="no quotes"),
        pytest.param('"a",', '"a", # x', 3, "remove the comment: JSON has none", id="a comment"),
        pytest.param('"type": ', '"type" ', 6, "write a colon here", id="no colon"),
        pytest.param("true", "True", 10, "write true", id="a word of Python"),
        pytest.param("[]", "[}", 8, "close what was opened last", id="another bracket"),
        pytest.param("},\n   ", "\n   ", 6, "close what is open: },", id="an object left open"),
        pytest.param("}\n]", "}", 14, "close what is open: ]", id="a list left open"),
        pytest.param("}\n]", "}\n],", 15, "remove this comma", id="a comma behind all"),
    ],
)
def test_a_slip_in_json(old: str, new: str, line: int, remedy: str) -> None:
    """The change with which it can be read on, in its line."""
    assert old in BLUEPRINTS
    text = BLUEPRINTS.replace(old, new, 1)
    with pytest.raises(json.JSONDecodeError) as failed:
        json.loads(text)

    found = mended(text, failed.value)

    assert found is not None
    assert (text.count("\n", 0, found[0]) + 1, found[1]) == (line, remedy)


def test_single_quotes_alone_are_all_told_at_once() -> None:
    """Of a text that is as Python writes it."""
    text = BLUEPRINTS.replace('"', "'").replace("true", "1")
    with pytest.raises(json.JSONDecodeError) as failed:
        json.loads(text)

    found = mended(text, failed.value)

    assert found == (text.index("'"), "write \" for every ': JSON has double quotes")


@pytest.fixture
async def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """An installation without a fault, on a running API."""
    return Scene(tmp_path, api)


async def test_a_slip_in_blueprints_is_told_at_its_place(scene: Scene) -> None:
    """Where the character is, not where the text cannot be read on."""
    swap(" },\n {", " }\n {", "blueprints")(scene)

    report = await scene.check(offline=True)

    assert [one.remedy for one in report.findings] == ["write a comma here"], told(report.findings)
    text = scene.blueprints.splitlines()
    assert report.findings[0].line == text.index(" }") + 1


@pytest.mark.parametrize(
    ("old", "new", "needle"),
    [
        pytest.param(
            '"true"\n      path_',
            '"true"\n      query_params: {of: {team}}\n      path_',
            "{of: {team}}",
            id="a parameter",
        ),
        pytest.param(
            '"true"\n      path_',
            '"true"\n      method: POST\n      body:\n        of: {team}\n      path_',
            "of: {team}",
            id="a body, which may have objects",
        ),
    ],
)
async def test_a_placeholder_without_quotes(scene: Scene, old: str, new: str, needle: str) -> None:
    """YAML takes it for an object: what to write is the placeholder in quotes."""
    swap(old, new)(scene)

    report = await scene.check(offline=True)

    assert [one.line for one in report.findings] == [scene.place(needle)[1]], told(report.findings)
    assert "write of: '{team}'" in report.findings[0].remedy


async def test_an_object_with_a_null_in_a_body_is_no_placeholder(scene: Scene) -> None:
    """A body has whatever objects the API wants."""
    swap(
        '"true"\n      path_',
        '"true"\n      method: POST\n      body: {of: {deleted: }}\n      path_',
    )(scene)

    assert (await scene.check(offline=True)).findings == []


async def test_a_path_that_begins_with_a_placeholder_without_quotes(scene: Scene) -> None:
    """YAML takes that for the end of an object."""
    swap("kind: /teams/{team}/notes", "kind: {team}/notes")(scene)

    report = await scene.check(offline=True)

    assert report.findings[0].line == scene.place("kind: {team}")[1]
    assert report.findings[0].remedy == "put the value in quotes: '{team}/notes'"


@pytest.mark.parametrize(
    ("given", "remedy", "severity"),
    [
        pytest.param("datetime", 'write "format": "date-time"', "error", id="a slip"),
        pytest.param("Email", 'write "format": "email"', "error", id="in another case"),
        pytest.param("uuid", "use one of date-time, url, email", "warn", id="none that is known"),
    ],
)
async def test_a_format_that_port_does_not_document(
    scene: Scene, given: str, remedy: str, severity: str
) -> None:
    """Of a property, at its format."""
    swap('"format": "date-time"', f'"format": "{given}"', "blueprints")(scene)

    (found,) = (await scene.check(offline=True)).findings

    assert (found.line, found.severity) == (scene.place(given, "blueprints")[1], severity)
    assert remedy in found.remedy


async def test_a_format_of_elements(scene: Scene) -> None:
    """Is looked at as that of a property is."""
    swap(
        '"phone": {\n     "type": "string"\n    }',
        '"phone": {"type": "array", "items": {"type": "string", "format": "urll"}}',
        "blueprints",
    )(scene)

    (found,) = (await scene.check(offline=True)).findings

    assert 'write "format": "url"' in found.remedy


_NOTES = "  - kind: /teams/{team}/notes\n"
_LIST = "remove the '- ': these are keys of one object, and no list"
_ELEMENT = "begin it with '- ', as each element of a list"


@pytest.mark.parametrize(
    ("old", "new", "line", "remedy"),
    [
        pytest.param(_NOTES, _NOTES.replace("- ", "  "), "notes", _ELEMENT, id="a dash is missing"),
        pytest.param("  - kind: /p", "    kind: /p", "kind", _ELEMENT, id="the first dash"),
        pytest.param(_NOTES, _NOTES.replace("- ", ""), "notes", _ELEMENT, id="a dash taken out"),
        pytest.param("  - kind: /p", "  kind: /p", "kind", _ELEMENT, id="the first dash taken out"),
        pytest.param("      query", "      - query", "- query", _LIST, id="a dash too many"),
        pytest.param("        team:\n", "        - team:\n", "- team", _LIST, id="a list of names"),
        pytest.param(
            "    port:\n",
            "      port:\n",
            "port:",
            "begin this line in column 5, within resource 1",
            id="a key too deep",
        ),
        pytest.param(
            "      entity:\n",
            "    entity:\n",
            "entity:",
            "begin this line in column 7, within port",
            id="a key not deep enough",
        ),
        pytest.param(
            "          relations:",
            "            relations:",
            "relations:",
            "begin this line in column 11, within port.entity.mappings",
            id="relations within properties",
        ),
        pytest.param(
            "            team: .team.id",
            "          team: .team.id",
            "team: .team",
            "begin this line in column 13, within port.entity.mappings.relations",
            id="a relation beside relations",
        ),
        pytest.param(
            '      query: "true"',
            '    query: "true"',
            "query",
            "begin this line in column 7, within selector",
            id="a first key not deep enough",
        ),
        pytest.param(
            "title: .name",
            "title .name",
            "title",
            "put a colon behind the key: title: .name",
            id="a key without its colon",
        ),
        pytest.param(
            "title: .name",
            "title; .name",
            "title",
            "put a colon behind the key: title: .name",
            id="another sign for the colon",
        ),
        pytest.param(
            "title: .name",
            "title: '.name",
            "title",
            "close the quote: '.name'",
            id="a quote left open, which ends lines below",
        ),
        pytest.param(
            "title: .name",
            'title: "Mr " + .name',
            "title",
            "put the value in quotes: '\"Mr \" + .name'",
            id="a text in quotes and more",
        ),
        pytest.param(
            "title: .name",
            'title: ".name + " in " + .mail"',
            "title",
            "put the value in quotes: '.name + \" in \" + .mail'",
            id="a program in the quotes that its texts have",
        ),
        pytest.param(
            "title: .name",
            "title: {a: .name}.a",
            "title",
            "put the value in quotes: '{a: .name}.a'",
            id="a brace at the beginning",
        ),
        pytest.param(
            "phone: .phone",
            "phone: [.phone, .mail][0]",
            "phone",
            "put the value in quotes: '[.phone, .mail][0]'",
            id="a bracket at the beginning",
        ),
        pytest.param(
            "title: .name",
            'title: .name + ": " + .mail',
            "title",
            "put the value in quotes: '.name + \": \" + .mail'",
            id="a colon and a blank",
        ),
        pytest.param(
            "title: .name",
            'title: .name + " #1"',
            "title",
            "write title: '.name + \" #1\"' (in quotes: ' #' begins a comment)",
            id="a sharp",
        ),
        pytest.param(
            "data_path: .data",
            "query_params: sort=name&all=1",
            "query_params",
            "write query_params: {sort: name, all: '1'}",
            id="parameters as a text",
        ),
    ],
)
async def test_a_slip_in_a_mapping(
    scene: Scene, old: str, new: str, line: str, remedy: str
) -> None:
    """One finding in the line that is wrong, with what it should be, whatever else it upsets."""
    swap(old, new)(scene)
    at = scene.mapping[: scene.mapping.index(new)].count("\n") + 1
    at += next(n for n, one in enumerate(new.split("\n")) if line in one)

    report = await scene.check(offline=True)

    assert [one.line for one in report.findings] == [at], told(report.findings)
    assert remedy in report.findings[0].remedy, told(report.findings)


async def test_what_else_is_wrong_is_told_beside_a_slip(scene: Scene) -> None:
    """The file is read on as if the slip were mended."""
    swap("      query", "      - query")(scene)
    swap("text: .text", "txet: .text")(scene)
    swap("filter: .open", "fliter: .open")(scene)

    report = await scene.check(offline=True)

    assert [one.remedy for one in report.findings] == [_LIST, "write filter", "write text"]


@pytest.mark.parametrize("given", ["${team}", "{{team}}", "{{ team }}", "<team>", ":team"])
async def test_a_placeholder_as_others_write_it(scene: Scene, given: str) -> None:
    """What this mapping wants is written out."""
    swap("/teams/{team}/notes", f"'/teams/{given}/notes'")(scene)

    report = await scene.check(offline=True)

    assert [one.line for one in report.findings] == [scene.place(given)[1]], told(report.findings)
    assert report.findings[0].remedy == "write kind: '/teams/{team}/notes'"


def _at_top(person: dict[str, Any]) -> None:
    person.update(person.pop("schema"))


def _in_schema(person: dict[str, Any]) -> None:
    person["schema"]["relations"] = person.pop("relations")


def _called(old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def spoil(person: dict[str, Any]) -> None:
        holder = person if old in person else person["relations"]["team"]
        holder[new] = holder.pop(old)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "line", "remedy"),
    [
        pytest.param(_at_top, '"properties"', 'put it into "schema"', id="properties at the top"),
        pytest.param(_in_schema, '"relations"', "put them beside it", id="relations in schema"),
        pytest.param(_called("target", "targets"), "targets", 'write "target"', id="no target"),
        pytest.param(
            _called("identifier", "identifer"), "identifer", 'write "identifier"', id="id"
        ),
        pytest.param(
            lambda person: person["relations"]["team"].update(many="false"),
            '"many": "false"',
            'write "many": false',
            id="a text for a boolean",
        ),
    ],
)
async def test_a_slip_in_the_shape_of_a_blueprint(
    scene: Scene, spoil: Callable[[dict[str, Any]], None], line: str, remedy: str
) -> None:
    """One finding at the key: what is meant is read on as if it stood there."""
    blueprints = json.loads(scene.blueprints)
    spoil(blueprints[0])
    scene.blueprints = json.dumps(blueprints, indent=1)

    (found,) = (await scene.check(offline=True)).findings

    assert found.line == scene.place(line, "blueprints")[1]
    assert remedy in found.remedy


async def test_blueprints_in_an_object(scene: Scene) -> None:
    """Their list is wanted alone, and nothing is said of what is in it."""
    scene.blueprints = json.dumps({"blueprints": json.loads(scene.blueprints)})

    (found,) = (await scene.check(offline=True)).findings

    assert found.remedy == "write the list of blueprints alone: begin with [ and end with ]"


async def test_a_computed_blueprint_that_is_none(scene: Scene) -> None:
    """Told with the one that is called alike."""
    scene.api.serve("/v1/teams", listed([{"id": "t", "name": "T", "open": True, "is": "teams"}]))
    swap("blueprint: '\"team\"'", "blueprint: .is")(scene)

    report = await scene.check()

    assert [one.remedy for one in report.findings if "blueprint '.is'" in one.problem] == [
        "write blueprint: '\"team\"'"
    ], told(report.findings)


async def test_a_computed_blueprint_is_meant_by_what_is_mapped(scene: Scene) -> None:
    """Whatever another one is called."""
    swap("blueprint: '\"person\"'", "blueprint: .team.name")(scene)

    report = await scene.check()

    assert [one.remedy for one in report.findings if "blueprint '.team.name'" in one.problem] == [
        "write blueprint: '\"person\"'"
    ], told(report.findings)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("send_in", "pagination: {send_in: …} in its selector", id="how it is paged"),
        pytest.param("data_path", "data_path in its selector", id="what it asks for"),
    ],
)
async def test_what_a_resource_says_is_no_setting(
    name: str, told: str, tmp_path: Path, api: FaultApi
) -> None:
    """Where it belongs is told."""
    scene = Scene(tmp_path, api)
    scene.settings[name] = "body"

    (found,) = (await scene.check(offline=True)).findings

    assert found.remedy == f"a resource says that: {told}"


async def test_a_query_without_quotes_is_written_with_them(scene: Scene) -> None:
    """As the words say."""
    report = await scene.spoilt([swap('query: "true"', "query: true")])

    mended = await checked_again(report, scene.write())

    assert mended.findings == [], told(mended.findings)
