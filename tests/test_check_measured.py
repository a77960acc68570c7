"""``check`` writes what was measured: rows, and what is mapped of them, and not an answer alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from jq_engine.worker import JqWorker
from tests.check_bench import LIMITS
from tests.check_scene import (
    Mistake,
    Scene,
    asking,
    listed,
    person,
    serving,
    settings,
    signed,
    swap,
    told,
)
from tests.fault_api import FaultApi, Handler, Json, Reply, Request, answer
from tests.reading import over_http
from workbench.check.asking.reading import MAPPINGS, Watcher, look, session_of
from workbench.check.files.offline import read_installation
from workbench.check.findings import Write
from workbench.check.items.measure import Measure
from workbench.check.items.relations import Relations

FIELDS: Json = [{"name": "Rank", "value": "first"}, {"name": "Grade", "value": "B"}]
PEOPLE = [
    person(number)
    | {"code": f"{number:03}", "fields": FIELDS, "extent": {"unit": "m", "size": str(number)}}
    | {"lines": [{"kind": "home", "phone": f"+49 {number}", "href": "https://example.com"}]}
    for number in range(12)
]
ROWS = listed(PEOPLE)
NO_PHONES = listed([{key: one for key, one in row.items() if key != "phone"} for row in PEOPLE])
LEVELS = ("high", "low")
_EACH = 'query: "true"\n      data_path: .data\n    port'


def chosen(name: str, words: str, *, refuses: bool = True) -> Handler:
    """People of the levels that a parameter names; a word that is none may be refused."""

    def handler(request: Request) -> Reply:
        wanted = (request.param(name) or "high,low").split(",")
        if refuses and not set(wanted) <= {*LEVELS}:
            return answer({"message": words}, 400)
        if not set(wanted) & {*LEVELS}:
            return answer({"message": words}, 400)
        return listed([one for one in PEOPLE if one["level"] in wanted])(request)

    return handler


def fielded(request: Request) -> Reply:
    """People, where each key that is asked for is known."""
    known = ("id", "name", "size")
    names = [value for name, value in request.query if name == "fields"]
    if not set(names) <= {*known}:
        return answer({"message": f"fields/2: value must be one of {', '.join(known)}"}, 400)
    return ROWS(request)


def empty_for_others(request: Request) -> Reply:
    """All people without a state; with one an error in small letters, and nobody in others."""
    state = request.param("state")
    if state is None:
        return ROWS(request)
    return answer({"message": "bad"}, 400) if state.islower() else answer({"data": []})


def ranked(request: Request) -> Reply:
    """People by a key that is known."""
    name, _, _ = (request.param("by") or "id:1").partition(":")
    words = f"{name!r} is no field of people. Allowed fields: id, jobRank"
    return ROWS(request) if name in {"id", "jobRank"} else answer({"message": words}, 400)


def by_team(name: str) -> Handler:
    """People of the team that a parameter of this name has; others are not heeded."""

    def handler(request: Request) -> Reply:
        team = request.param(name)
        held = [one for one in PEOPLE if team in (None, one["team"]["id"])]  # type: ignore[index]
        return listed(held)(request)

    return handler


def within(request: Request) -> Reply:
    """People beside a list of those that failed, of whom there are none."""
    if not signed(request):
        return answer({"message": "sign in"}, 401)
    number = request.number("page", 1)
    rows = PEOPLE[(number - 1) * 10 : number * 10]
    return answer({"data": {"failed_items": [], "affected_items": rows}})


CASES = {
    "an element of a list that is none of those that there may be": Mistake(
        [asking("query_params: {fields: [id, nam]}"), serving(fielded)],
        "fields",
        "write fields: [id, name] (so it answers)",
    ),
    "no value twice, and none of several that are not like it": Mistake(
        [
            asking("query_params: {level: 'high,hihg'}"),
            serving(chosen("level", "'hihg' is not one of ['high', 'low']")),
        ],
        "level: 'high",
        "write level: low (so it answers)",
    ),
    "a name within a value that ends in the same word": Mistake(
        [asking("query_params: {by: 'rank:high'}"), serving(ranked)],
        "{by:",
        "write by: 'jobRank:high' (so it answers)",
    ),
    "all values otherwise, and not the first alone": Mistake(
        [
            asking("query_params: {level: 'HIGH,LOW'}"),
            serving(chosen("level", "nothing is so", refuses=False)),
        ],
        "level: 'HIGH",
        "write level: 'high,low'",
    ),
    "an empty list shows nothing": Mistake(
        [asking("query_params: {state: closd}"), serving(empty_for_others)],
        "state",
        "without state it answers: correct its name or its value",
    ),
    "what an object is known by": Mistake(
        [asking("query_params: {team: 'Team 1'}"), serving(by_team("team"))],
        "team: 'Team 1'",
        "write team: team-1 (so there are items)",
        severity="warn",
    ),
    "a parameter that is called as an object, and not heeded": Mistake(
        [asking("query_params: {team: team-1}"), serving(by_team("team_id"))],
        "{team: team-1}",
        "write team_id: team-1 in the place of team",
    ),
    "an element that is called otherwise": Mistake(
        [
            serving(ROWS),
            swap("phone: .phone", "phone: '[.fields[] | select(.name == \"rank\") | .value][0]'"),
        ],
        "rank",
        "write phone: '[.fields[] | select(.name == \"Rank\") | .value][0]'",
    ),
    "an element that there is not": Mistake(
        [
            serving(ROWS),
            swap("phone: .phone", "phone: '[.fields[] | select(.name == \"xyz\") | .value][0]'"),
        ],
        "xyz",
        ".name is Grade, Rank",
    ),
    "a key that is the name of an element": Mistake(
        [serving(ROWS), swap("phone: .phone", "phone: .fields.rank")],
        "phone: .fields",
        "write phone: '[.fields[]? | select(.name == \"Rank\") | .value][0]'",
    ),
    "a key of the first of several objects": Mistake(
        [serving(NO_PHONES), swap("phone: .phone", "phone: .lines")],
        "phone: .lines",
        "write phone: '.lines[0].phone'",
    ),
    "a number in a text within an object": Mistake(
        [serving(ROWS), swap("size: .size", "size: .extent")],
        "size: .extent",
        "write size: .extent.size | tonumber",
    ),
    "a title that is a text": Mistake(
        [serving(NO_PHONES), swap("title: .name", "title: .line")],
        "title: .line",
        "write title: .name (12 of 12)",
    ),
    "a key of elements of the format that is wanted": Mistake(
        [serving(ROWS), swap("site: .site", "site: .lines[0].link")],
        "site: .lines",
        "write site: '.lines[0].href'",
    ),
    "two keys with a slip each": Mistake(
        [serving(ROWS), swap("title: .name", 'title: .namee + " " + .groupp')],
        "title: .namee",
        'write title: .name + " " + .group',
        severity="warn",
    ),
    "texts that are compared with a number": Mistake(
        [serving(ROWS), swap(_EACH, _EACH.replace('"true"', ".code != 0"))],
        "query: .code",
        'write query: .code != "000"',
    ),
    "a list with rows before one that is called alike": Mistake(
        [serving(within), swap("data_path: .data\n", "data_path: .data.items\n")],
        "data_path: .data.items",
        "write data_path: .data.affected_items (a list of",
    ),
    "values of a path parameter that nothing has": Mistake(
        [
            swap("/teams/{team}/notes", "/teams/{team}/parts/{part}"),
            swap("filter: .open\n", "filter: .open\n        part: {values: [prod]}\n"),
            serving(lambda _: answer({"message": "no such part"}, 404), "/v1/teams/{}/parts/{}"),
        ],
        "values: [prod]",
        "correct the values of path_parameters.part",
    ),
    "another version": Mistake(
        [
            serving(ROWS, "/v1/v6/people"),
            serving(lambda _: answer({}, 404)),
            swap("kind: /people", "kind: /v9/people"),
        ],
        "kind: /v9",
        "write kind: /v6/people",
    ),
    "a part of the base URL that is refused": Mistake(
        [
            settings(base_url="{api}/acme17"),
            serving(
                lambda _: answer({"message": "realm acme17 is not for you"}, 403),
                *(f"/acme17/{name}" for name in ("people", "teams")),
            ),
        ],
        "base_url",
        "the API speaks of acme17, which stands in OCEAN__INTEGRATION__CONFIG__BASE_URL",
        where="settings",
    ),
    "a parameter of all requests whose value is refused": Mistake(
        [
            settings(query_params='{"scope": "acme"}'),
            serving(
                lambda _: answer({"message": 'no right to the scope "acme"'}, 403),
                "/v1/people",
                "/v1/teams",
            ),
        ],
        "QUERY_PARAMS",
        "which stands in OCEAN__INTEGRATION__CONFIG__QUERY_PARAMS as scope: correct it",
        where="settings",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_what_was_measured_is_told(case: Mistake, tmp_path: Path, api: FaultApi) -> None:
    """In the line that is wrong."""
    if case.line == "base_url":
        case = Mistake(case.spoils, "BASE_URL", case.remedy, case.where, case.severity)
    await case.is_told(Scene(tmp_path, api))


async def test_a_total_that_no_list_has_is_told_at_the_setting(
    tmp_path: Path, api: FaultApi
) -> None:
    """Also where the answers are lists themselves."""

    def rows(request: Request) -> Reply:
        number = request.number("page", 1)
        return answer([person(one) for one in range(max(number - 1, 0) * 10, min(number * 10, 25))])

    def plain(scene: Scene) -> None:
        people, _, _ = scene.mapping.partition("  - kind: /teams\n")
        scene.mapping = people.replace("      data_path: .data\n", "")

    mistake = Mistake(
        [settings(total_path="total"), serving(rows), plain],
        "TOTAL_PATH",
        "the answers have an array",
        where="settings",
    )
    report = await mistake.is_told(Scene(tmp_path, api))

    assert len([one for one in report.findings if "totalPath" in one.problem]) == 1


async def test_a_size_that_a_refusal_names_is_taken(tmp_path: Path, api: FaultApi) -> None:
    """Also of a list that is refused without any."""

    def sized(request: Request) -> Reply:
        size = request.json.get("size")
        if not isinstance(size, int) or size > 8:
            return answer({"message": "size must not exceed 8"}, 400)
        start = (int(str(request.json.get("page", 1))) - 1) * size
        return answer({"data": PEOPLE[start : start + size]})

    posted = "method: POST\n      body: {}\n      pagination: {send_in: body}"
    mistake = Mistake(
        [asking(posted), serving(sized)], "PAGE_SIZE", "PAGE_SIZE=8: so it answers", "settings"
    )
    await mistake.is_told(Scene(tmp_path, api))


async def test_a_token_that_is_known_is_no_matter_of_headers(tmp_path: Path, api: FaultApi) -> None:
    """What it is forbidden is a matter of the login; few requests show that."""

    def forbidden(request: Request) -> Reply:
        is_known = request.headers.get("authorization") == "Bearer abc-12345678"
        return answer({"message": "policy" if is_known else "who is it"}, 403 if is_known else 401)

    scene = Scene(tmp_path, api)
    login = settings(
        api_token=None,
        auth_type="custom",
        custom_auth_request='{"endpoint": "/login", "body": {"password": "pw-12345"}}',
        custom_auth_request_template='{"headers": {"Authorization": "Bearer {{.token}}"}}',
    )
    api.serve("/v1/login", answer({"token": "abc-12345678"}))
    mistake = Mistake(
        [login, serving(forbidden, *api_paths())],
        "CUSTOM_AUTH_REQUEST={",
        "the API knows the token, and forbids this",
        "settings",
    )
    report = await mistake.is_told(scene)

    assert len(report.exchanges) < 40  # of every header and template that there may be: 300


async def test_what_is_answered_is_not_refused_for_a_parameter(
    tmp_path: Path, api: FaultApi
) -> None:
    """What is refused is the next page: the same without a parameter shows nothing."""

    def further(request: Request) -> Reply:
        if request.param("mark"):
            return answer({"message": "unknown query parameter: mark"}, 400)
        return answer({"data": PEOPLE[:10], "next": "x1"})

    scene = Scene(tmp_path, api)
    paged = "pagination: {type: cursor, pagination_param: mark, cursor_path: next}"
    told_of = [asking(f"query_params: {{level: low}}\n      {paged}"), serving(further)]
    report = await scene.spoilt(told_of)

    assert report.errors == 1, told(report.findings)
    assert "level" not in report.findings[0].remedy, told(report.findings)


async def test_what_nobody_sees_is_no_sign_in(tmp_path: Path, api: FaultApi) -> None:
    """A header that is not read is answered as none: by a list without anything in it."""

    def seen(request: Request) -> Reply:
        if "authorization" in request.headers and not signed(request):
            return answer({"message": "unknown"}, 403)
        return ROWS(request) if signed(request) else answer({"data": []})

    scene = Scene(tmp_path, api)
    report = await scene.spoilt([settings(api_token="another"), serving(seen, *api_paths())])

    assert not any("so signed" in one.remedy for one in report.findings), told(report.findings)
    assert "API_TOKEN" in report.findings[0].remedy, told(report.findings)


def api_paths() -> tuple[str, ...]:
    """The paths of the scene."""
    return "/v1/people", "/v1/teams", "/v1/teams/{}/notes"


WORTH = {
    "an identifier that all share": ("", ("identifier",), ".group", False),
    "an identifier of its own": ("", ("identifier",), ".mail", True),
    "a relation that leads nowhere": ("", ("relations", "team"), ".team.name", False),
    "a value that Port refuses": ("", ("properties", "size"), ".weight", False),
    "a value that it takes": ("", ("properties", "size"), ".id", True),
    "a title of what has no identifier": (".none", ("title",), ".mail", True),
}


@pytest.mark.parametrize("case", WORTH.values(), ids=WORTH)
async def test_a_remedy_that_makes_something_worse_is_not_written(
    case: tuple[str, tuple[str, ...], str, bool], tmp_path: Path, api: FaultApi
) -> None:
    """It is measured over the whole resource."""
    identifier, key, value, is_kept = case
    scene, jq = Scene(tmp_path, api), JqWorker()
    if identifier:
        swap(".id | tostring", identifier)(scene)
        swap("title: .name", "title: .none")(scene)
        head, _, rest = scene.mapping.partition("          properties:\n")
        scene.mapping = head + rest[rest.index("  - kind: /teams") :]
    installation = await read_installation(scene.write(), jq)
    await jq.aclose()
    assert installation.settings is not None

    async with session_of(installation.settings, Watcher(), over_http) as session:
        all_seen = await look(session, Watcher(), installation, LIMITS, lambda _: None)
        leading = Relations(installation, all_seen, session.jq)
        measure = Measure(all_seen, installation.blueprints, leading, session.jq)
        finding = all_seen[0].finding((*MAPPINGS, *key), "wrong", Write(value))
        proved = await measure.proved(finding)

    assert (proved == finding) is is_kept, proved
    assert bool(proved.fix) is is_kept
