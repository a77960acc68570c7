"""`check`: every fault of the tables is found in its line, with what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.check_scene import SETTINGS, Scene, person, told
from tests.documents import ROOT, blocks
from tests.fault_api import FaultApi, Reply, Request, answer, text
from workbench.check.run import Report


@dataclass(frozen=True)
class Fault:
    """One thing a user does wrong: how it is done, the line it is in, and what to do about it."""

    name: str
    spoil: Callable[[Scene], None]
    line: str
    remedy: str
    where: str = "mapping"


def swap(old: str, new: str, where: str = "mapping") -> Callable[[Scene], None]:
    """A text of a file, the first time it is there, replaced."""

    def spoil(scene: Scene) -> None:
        before = getattr(scene, where)
        assert old in before
        setattr(scene, where, before.replace(old, new, 1))

    return spoil


def setting(name: str, value: str | None) -> Callable[[Scene], None]:
    """A setting with another value, or none."""

    def spoil(scene: Scene) -> None:
        scene.settings.pop(name, None)
        if value is not None:
            scene.settings[name] = value

    return spoil


def line(added: str) -> Callable[[Scene], None]:
    """One more line in `.env`."""
    return lambda scene: scene.lines.append(added)


def both(*spoils: Callable[[Scene], None]) -> Callable[[Scene], None]:
    """Several changes."""

    def spoil(scene: Scene) -> None:
        for one in spoils:
            one(scene)

    return spoil


def serving(path: str, handler: object) -> Callable[[Scene], None]:
    """Another answer of the API."""
    return lambda scene: scene.api.serve(path, handler)  # type: ignore[arg-type] # a handler or a reply


def always(request: Request) -> object:
    """The first page, whatever is asked for."""
    del request
    return answer({"data": [person(number) for number in range(10)], "errors": []})


def html(request: Request) -> object:
    """A page for people."""
    del request
    return text("<html><title>Sign in</title></html>", kind="text/html")


OFFLINE = [
    Fault("wrong key in selector", swap("data_path", "datapath"), "datapath", "data_path"),
    Fault("wrong key in mappings", swap("properties:", "propertees:"), "propertees", "properties"),
    Fault("wrong key in entity", swap("mappings:", "mapping:"), "mapping:", "mappings"),
    Fault("wrong key in port", swap("entity:", "entities:"), "entities", "entity"),
    Fault("wrong key in a resource", swap("selector:", "selecter:"), "selecter", "selector"),
    Fault("wrong key at the top", swap("resources:", "resource:"), "resource:", "resources"),
    Fault("wrong key in a parameter", swap("field: .id", "feild: .id"), "feild", "field"),
    Fault(
        "data_path outside the selector",
        swap("    port:", "    data_path: .data # here\n    port:"),
        "# here",
        "selector",
    ),
    Fault(
        "a property beside properties",
        swap("title: .name", "title: .name\n          phone: .phone"),
        "          phone: .phone",
        "remove",
    ),
    Fault(
        "a key twice",
        swap("title: .name", "title: .name\n          title: .id"),
        "title: .id",
        "keep one",
    ),
    Fault("a tab", swap("      data_path", "\tdata_path"), "data_path: .data", "spaces"),
    Fault(
        "indentation",
        swap("      data_path", "       data_path"),
        "data_path: .data",
        "indentation",
    ),
    Fault("a query without quotes", swap('query: "true"', "query: true"), "query: true", '"true"'),
    Fault("a number for jq", swap("phone: .phone", "phone: 5"), "phone: 5", '"5"'),
    Fault("a list for jq", swap("phone: .phone", "phone: [.phone]"), "phone: [", "'[.phone]'"),
    Fault("no jq", swap("phone: .phone", "phone: .phone |"), "phone: .phone |", "correct"),
    Fault("a bare word", swap("title: .name", "title: name"), "title: name", ".name"),
    Fault(
        "an operator twice",
        swap("title: .name", 'title: .name + + .mail // // "a + + b"'),
        "title: .name +",
        'write title: .name + .mail // "a + + b"',
    ),
    Fault("an open bracket", swap("title: .name", "title: (.name"), "title: (.name", "("),
    Fault("a sign", swap("title: .name", "title: .@name"), ".@name", '."@name"'),
    Fault("a colon", swap("title: .name", "title: .dc:name"), ".dc:name", '."dc:name"'),
    Fault("a hyphen", swap("title: .name", "title: .first-name"), "first-name", '."first-name"'),
    Fault("an unknown function", swap("| tostring", "| toString"), "toString", "tostring"),
    Fault("JSONPath", swap("data_path: .data", "data_path: $.data[*]"), "$.data", ".data[]"),
    Fault("a template", swap("title: .name", 'title: "{{ .name }}"'), "{{ .name", ".name"),
    Fault(
        "blueprint without quotes", swap("'\"person\"'", "person"), "blueprint: person", '"person"'
    ),
    Fault("no such blueprint", swap("'\"person\"'", "'\"persons\"'"), "persons", "person"),
    Fault("no such property", swap("phone: .phone", "phoen: .phone"), "phoen", "phone"),
    Fault("no such relation", swap("team: .team.id", "teams: .team.id"), "teams: .team.id", "team"),
    Fault(
        "a relation as property",
        swap("            size: .size\n", "            team: .team.id\n"),
        "team: .team.id",
        "relations",
    ),
    Fault(
        "no identifier",
        swap("          identifier: .id | tostring\n", ""),
        "mappings:",
        "identifier",
    ),
    Fault("no field", swap("          field: .id\n", ""), "=team:", "field"),
    Fault(
        "a placeholder without a value",
        swap("/teams/{team}/notes", "/teams/{tea}/notes"),
        "{tea}",
        "write kind: '/teams/{team}/notes'",
    ),
    Fault("a wrong type", swap("data_path: .data", "query_params: 5"), "query_params", "keys"),
    Fault(
        "a wrong word", swap("data_path: .data", "pagination: {type: pages}"), "type: pages", "page"
    ),
    Fault(
        "a relation's target",
        swap('"target": "team"', '"target": "teem"', "blueprints"),
        "teem",
        "team",
        "blueprints",
    ),
    Fault(
        "a property's type",
        swap('"type": "number"', '"type": "integer"', "blueprints"),
        "integer",
        "number",
        "blueprints",
    ),
    Fault(
        "no JSON",
        swap('"identifier": "team",', '"identifier": "team" "x"', "blueprints"),
        '"team" "x"',
        "write a comma here",
        "blueprints",
    ),
    Fault("an unknown setting", setting("pagesize", "5"), "PAGESIZE", "PAGE_SIZE", "settings"),
    Fault(
        "a wrong prefix",
        line("OCEAN__INTEGRATION__BASE_URL=http://a.b"),
        "INTEGRATION__BASE_URL",
        "CONFIG__BASE_URL",
        "settings",
    ),
    Fault(
        "a name without its prefix",
        line("PAGE_SIZE=5"),
        "PAGE_SIZE=5",
        "CONFIG__PAGE_SIZE",
        "settings",
    ),
    Fault("a number out of bounds", setting("page_size", "0"), "PAGE_SIZE", "100", "settings"),
    Fault(
        "an unknown word", setting("auth_type", "bearer"), "AUTH_TYPE", "bearer_token", "settings"
    ),
    Fault("a missing partner", setting("api_token", None), "AUTH_TYPE", "API_TOKEN", "settings"),
    Fault("no URL", setting("base_url", "api.example.com"), "BASE_URL", "https://", "settings"),
    Fault(
        "no JSON in a setting",
        line("OCEAN__INTEGRATION__CONFIG__CUSTOM_HEADERS={'a': 'b'}"),
        "CUSTOM_HEADERS",
        "quotes",
        "settings",
    ),
    Fault(
        "a setting twice",
        line("OCEAN__INTEGRATION__CONFIG__PAGE_SIZE=20"),
        "PAGE_SIZE=20",
        "keep one",
        "settings",
    ),
    Fault("a line that is no setting", line("just words"), "just words", "correct", "settings"),
]

ONLINE = [
    Fault(
        "a property that is always null", swap("phone: .phone", "phone: .phnoe"), ".phnoe", ".phone"
    ),
    Fault(
        "a key in brackets in another case",
        swap("phone: .phone", """phone: '.["Phone"]'"""),
        "Phone",
        ".phone",
    ),
    Fault("another case", swap("title: .name", "title: .Name"), "title: .Name", ".name"),
    Fault(
        "a number as a title",
        swap("title: .name", "title: .size"),
        "title: .size",
        "write title: .size | tostring",
    ),
    Fault(
        "a key that is deeper",
        swap("phone: .phone", "phone: .mobile"),
        ".mobile",
        ".contact.mobile",
    ),
    Fault(
        "within an expression",
        swap("phone: .phone", "phone: .phnoe | ascii_downcase"),
        "ascii",
        ".phone | ascii_downcase",
    ),
    Fault(
        "an identifier that is shared",
        swap("identifier: .id | tostring", "identifier: .group"),
        "identifier: .group",
        ".id | tostring (unique)",
    ),
    Fault(
        "an identifier that is null",
        swap("identifier: .id | tostring", "identifier: .uid"),
        "identifier: .uid",
        ".id",
    ),
    Fault(
        "a query of no boolean",
        swap('query: "true"', "query: .name"),
        "query: .name",
        "query: .name != null",
    ),
    Fault("a query for nothing", swap(".open == true", '.open == "yes"'), "yes", "true"),
    Fault(
        "a relation by the name",
        swap("team: .team.id", "team: .team.name"),
        ".team.name",
        ".team.id",
    ),
    Fault(
        "a relation that is an object",
        swap("team: .team.id", "team: .team"),
        "team: .team",
        ".team.id",
    ),
    Fault(
        "a date without a time",
        swap("joined: .joined", "joined: .day"),
        "joined: .day",
        "T00:00:00Z",
    ),
    Fault(
        "a date as seconds", swap("joined: .joined", "joined: .since"), "joined: .since", "todate"
    ),
    Fault("a URL without scheme", swap("site: .site", "site: .host"), "site: .host", "https://"),
    Fault("no email", swap("mail: .mail", "mail: .name"), "mail: .name", ".mail"),
    Fault(
        "not in the enum", swap("level: .level", "level: .rank"), "level: .rank", "ascii_downcase"
    ),
    Fault(
        "a text for a boolean", swap("active: .active", "active: .enabled"), ".enabled", '== "true"'
    ),
    Fault("a text for a number", swap("size: .size", "size: .weight"), ".weight", "tonumber"),
    Fault(
        "a wrong data_path",
        swap("data_path: .data", "data_path: .items"),
        "data_path: .items",
        ".data",
    ),
    Fault("no data_path", swap("      data_path: .data\n", ""), "selector:", ".data"),
    Fault(
        "a path that is not there", swap("kind: /people", "kind: /peoples"), "/peoples", "/people"
    ),
    Fault("a base path twice", swap("kind: /people", "kind: /v1/people"), "/v1/people", "/people"),
    Fault(
        "a parent that is not there",
        swap("endpoint: /teams", "endpoint: /groups"),
        "endpoint: /groups",
        "write endpoint: /teams (it answers 200)",
    ),
    Fault("a field that is null", swap("field: .id", "field: .uid"), "field: .uid", ".id"),
    Fault("a field of another kind", swap("field: .id", "field: .key"), "field: .key", ".id"),
    Fault("a filter that drops all", swap("filter: .open", "filter: .opened"), ".opened", ".open"),
    Fault(
        "a wrong token",
        setting("api_token", "another-token-of-nobody"),
        "API_TOKEN",
        "API_TOKEN",
        "settings",
    ),
    Fault(
        "no credentials",
        setting("auth_type", "none"),
        "AUTH_TYPE",
        "AUTH_TYPE=bearer_token",
        "settings",
    ),
    Fault(
        "a base URL of another path", setting("base_url", "{api}/v2"), "BASE_URL", "/v1", "settings"
    ),
    Fault(
        "a host that is down",
        setting("base_url", "http://127.0.0.1:9"),
        "BASE_URL",
        "host",
        "settings",
    ),
    Fault(
        "no paging where there is some",
        both(setting("pagination_type", "none"), setting("size_param", None)),
        "PAGINATION_TYPE",
        "page",
        "settings",
    ),
    Fault(
        "a position that is not heeded",
        serving("/v1/people", always),
        "PAGINATION_TYPE",
        "",
        "settings",
    ),
    Fault(
        "a page for people",
        both(serving("/v1/people", html), serving("/v1/teams", html)),
        "BASE_URL",
        "BASE_URL must lead to the API",
        "settings",
    ),
    Fault(
        "credentials that may not",
        both(
            serving("/v1/people", answer({"m": "no"}, 403)),
            serving("/v1/teams", answer({"m": "no"}, 403)),
        ),
        "API_TOKEN",
        "access",
        "settings",
    ),
]


@pytest.fixture
def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """An installation without a fault."""
    return Scene(tmp_path, api)


def is_found(scene: Scene, fault: Fault, report: Report) -> bool:
    """Whether the fault is among the errors, in its line, with its remedy."""
    file, number = scene.place(fault.line, fault.where)
    return any(
        (one.file, one.line) == (file, number) and fault.remedy in one.remedy and one.remedy
        for one in report.findings
        if one.severity == "error"
    )


async def found(scene: Scene, fault: Fault) -> Report:
    """What a check says of an installation with the fault."""
    fault.spoil(scene)
    for name, value in scene.settings.items():
        scene.settings[name] = value.replace("{api}", scene.api.url)
    return await scene.check()


@pytest.mark.parametrize("fault", OFFLINE, ids=lambda fault: fault.name)
async def test_the_files_alone_tell(scene: Scene, fault: Fault) -> None:
    """It is found in its line, with what to do, and nothing is requested."""
    report = await found(scene, fault)

    assert is_found(scene, fault, report), told(report.findings)
    assert scene.api.requests == []


@pytest.mark.parametrize("fault", ONLINE, ids=lambda fault: fault.name)
async def test_a_look_at_the_api_tells(scene: Scene, fault: Fault) -> None:
    """It is found in its line, with what to do, which the API has shown."""
    report = await found(scene, fault)

    assert is_found(scene, fault, report), told(report.findings)


async def test_a_clean_installation_is_silent(scene: Scene) -> None:
    """Nothing is found, and two pages and three children a kind are read."""
    report = await scene.check()

    assert report.findings == [], told(report.findings)
    assert [(row.kind, row.items) for row in report.rows] == [
        ("/people", 20),
        ("/teams", 4),
        ("/teams/{team}/notes", 3),
    ]


LINKED = """\
      pagination: {type: next_link, next_link_path: next, size_param: size, page_size: 100}
"""


async def test_a_page_that_holds_the_whole_list_is_no_fault(scene: Scene) -> None:
    """That pages of the API's own size go on says nothing of one that has all rows."""
    people = [person(number) for number in range(70)]

    def linked(request: Request) -> Reply:
        start, size = request.number("after", 0), request.number("size", 20)
        more = f"/v1/people?size={size}&after={start + size}" if start + size < 70 else None
        return answer({"data": people[start : start + size], "errors": [], "next": more})

    scene.api.serve("/v1/people", linked)
    swap("      data_path: .data\n", f"      data_path: .data\n{LINKED}")(scene)

    report = await scene.check()

    assert report.findings == [], told(report.findings)


async def test_a_child_that_may_be_empty_is_no_fault(scene: Scene) -> None:
    """A status that `empty_statuses` lists is no sign of a wrong path, whatever it answers to."""
    swap("      path_parameters:", "      empty_statuses: [404]\n      path_parameters:")(scene)
    scene.api.serve("/v1/teams/{}/notes", answer({"message": "no notes here"}, 404))

    report = await scene.check()

    assert report.findings == [], told(report.findings)


async def test_a_computed_value_may_use_a_path_parameter(scene: Scene) -> None:
    """`$team` is known beside the parameter; a variable that is no parameter is a fault."""
    swap(
        '"true"\n      path_',
        '"true"\n      query_params: {at: "{{ $team | length }}"}\n      path_',
    )(scene)
    is_clean = (await scene.check()).findings == []

    swap("$team", "$tema")(scene)
    report = await scene.check()

    assert is_clean
    assert ["$tema" in one.problem for one in report.findings] == [True]


async def test_several_faults_are_told_at_once(scene: Scene) -> None:
    """Each in its own file and line, in their order."""
    swap("data_path", "datapath")(scene)
    swap("properties:", "propertees:")(scene)
    setting("page_size", "0")(scene)

    report = await scene.check()

    assert [one.file.rpartition("/")[2] for one in report.findings] == [
        ".env",
        "port-app-config.yml",
        "port-app-config.yml",
    ]


async def test_the_oldest_form_is_told_once(scene: Scene) -> None:
    """What docs/moving-over.md shows gets the new form as its remedy, and no other."""
    scene.mapping = blocks(ROOT / "docs" / "moving-over.md", "text")[0].text.replace(
        "- kind", "resources:\n- kind"
    )

    report = await scene.check()

    (one,) = [finding for finding in report.findings if "query" in finding.problem]
    assert "kind: /tickets" in one.remedy


async def test_no_secret_is_told(scene: Scene) -> None:
    """Not in a finding, and not in the list of requests."""
    scene.api.serve("/v1/people", answer({"message": f"bad {SETTINGS['api_token']}"}, 400))

    report = await scene.check()

    assert SETTINGS["api_token"] not in str(report.as_json())
