"""``check`` tries what is set with one thing otherwise: the line, and what was there before."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.check_scene import (
    Mistake,
    Scene,
    Spoil,
    asking,
    listed,
    person,
    serving,
    settings,
    swap,
    told,
)
from tests.fault_api import Answer, FaultApi, Handler, Json, Reply, Request, answer

PEOPLE = [person(number) for number in range(25)]
ROWS = listed(PEOPLE)
TEAMS = "open == true\n      data_path: .data"
MANAGED: list[dict[str, Json]] = [
    one | {"manager": {"id": f"team-{at % 4}/x", "team": at % 4}} for at, one in enumerate(PEOPLE)
]
NUMBERED: list[dict[str, Json]] = [
    {"id": at, "name": f"Team {at}", "key": f"T{at}", "open": True} for at in range(4)
]


def when(is_right: Callable[[Request], bool], status: int = 400, words: str = "no") -> Handler:
    """People for the requests that are right, a refusal for the others."""
    return lambda request: ROWS(request) if is_right(request) else answer({"error": words}, status)


def sent(name: str, *values: str) -> Callable[[Request], bool]:
    """Whether a parameter has one of some values."""
    return lambda request: request.param(name) in values


def body_of(request: Request) -> Json:
    """The body of a request as JSON, and of one without a body nothing."""
    return json.loads(request.body) if request.body else None


def chosen(request: Request) -> Reply:
    """People with the keys alone that are asked for."""
    keys = {"id", *(request.param("fields") or "").split(",")}
    return listed([{key: one[key] for key in one if key in keys} for one in PEOPLE])(request)


def within(key: str) -> Handler:
    """People, each within an object."""
    return listed([{key: one, "other": {"id": 1}} for one in PEOPLE])


def counted(request: Request) -> Reply:
    """People behind a key only where they are counted."""
    if request.param("count") == "true":
        return ROWS(request)
    is_first = request.number("page", 1) == 1
    return answer(PEOPLE[:7] if is_first else [])


def with_numbers(request: Request) -> Reply:
    """People with a number of all of them beside."""
    reply = ROWS(request)
    body = json.loads(reply.body) | {"everyone": 25}  # type: ignore[union-attr]
    return answer(body)


def ended(request: Request) -> Reply:
    """People, where the last page says that it is the last."""
    number = request.number("page", 1)
    rows: Json = PEOPLE[(number - 1) * 10 : number * 10] if number else []
    return answer({"data": rows, "last_page": number > 2})


def marked(request: Request) -> Reply:
    """People, with the mark of the next page for those who ask for it."""
    at, size = int(request.param("token") or 0), request.number("size", 20)
    body: dict[str, Json] = {"data": PEOPLE[at : at + size]}
    if "nextToken" in str(request.param("fields")).split(",") and at + size < len(PEOPLE):
        body["nextToken"] = str(at + size)
    return answer(body)


def by_variables(request: Request) -> Reply:
    """People by pages that variables of a query say."""
    body = body_of(request)
    given = body.get("variables") or {} if isinstance(body, dict) else {}
    number, size = int(given.get("sheet") or 1), int(given.get("much") or 20)
    return answer({"data": PEOPLE[(number - 1) * size : number * size] if number > 0 else []})


def failing(request: Request) -> Reply:
    """What fails with the status of a success, in a body that has the list as null."""
    if body_of(request) == {"query": "all people"}:
        return ROWS(request)
    return answer({"data": None, "errors": [{"message": "Syntax error"}]})


def people_of(path: str) -> Handler:
    """The members of a team, which a chained parent lists by numbers."""

    def handler(request: Request) -> Reply:
        if not request.values[-1].startswith(path):
            return answer({"message": "invalid"}, 400)
        return answer([{"id": request.values[-1]}] if request.number("page", 1) == 1 else [])

    return handler


def groups(request: Request) -> Reply:
    """The groups of a team."""
    team, is_first = request.values[0], request.number("page", 1) == 1
    rows: Json = [{"id": f"group-{team}", "name": f"Group of {team}"}] if is_first else []
    return answer(rows)


def signed(value: str, refused: Reply, absent: Reply) -> Spoil:
    """Everything for those who send a value as Authorization; others are told apart."""

    def handler(request: Request) -> Reply:
        given = request.headers.get("authorization")
        if given != value:
            return refused if given else absent
        is_first = request.number("page", 1) == 1
        if request.path.endswith("/notes"):
            return answer([{"id": request.path, "text": "hello"}] if is_first else [])
        rows: Json = PEOPLE[:9] if request.path.endswith("people") else NUMBERED
        return answer({"data": rows if is_first else []})

    return serving(handler, "/v1/people", "/v1/teams", "/v1/teams/{}/notes")


def login(request: Request) -> Reply:
    """A login by a user and a password."""
    is_right = body_of(request) == {"username": "me", "password": "the-secret"}
    return answer(
        {"token": "the-token-of-the-scene"} if is_right else {"error": "no"}, 401 - is_right * 201
    )


def logging_in(**fields: str) -> Spoil:
    """Settings with a login that sends these."""
    return settings(
        auth_type="custom",
        api_token=None,
        custom_auth_request=json.dumps({"endpoint": "/login", "body": fields}),
        custom_auth_request_template='{"headers": {"Authorization": "Bearer {{.token}}"}}',
    )


def related(identifier: str) -> Spoil:
    """Teams by numbers, and people whose relation reads a key."""

    def spoil(scene: Scene) -> None:
        serving(listed(NUMBERED), "/v1/teams")(scene)
        serving(listed(MANAGED))(scene)
        swap(
            "identifier: .id\n          title: .name\n          blueprint: '\"team\"'",
            "identifier: .id | tostring\n          title: .name\n          blueprint: '\"team\"'",
        )(scene)
        swap("team: .team.id", f"team: {identifier}")(scene)
        scene.mapping = scene.mapping[: scene.mapping.index("  - kind: /teams/{team}")]

    return spoil


_OF_TEAM = """\
  - kind: /people?
    selector: {query: "true", data_path: .data, query_params: {of: teem-1}}
    port: {entity: {mappings: {identifier: .id | tostring, blueprint: '"note"'}}}
"""
_CHAINED = """\
  - kind: /groups/{group}/members
    selector:
      query: "true"
      path_parameters:
        team:
          endpoint: /teams
          data_path: .data
          field: .id
        group:
          endpoint: /teams/{team}/groups
          field: .name
    port:
      entity:
        mappings:
          identifier: .id
          blueprint: '"note"'
"""

CASES = {
    "a name that another kind has": Mistake(
        [
            asking("query_params: {satus: all}"),
            swap(TEAMS, f"{TEAMS}\n      query_params: {{status: all}}"),
            serving(when(sent("status", "all"))),
        ],
        "{satus",
        "write status: all in the place of satus: so it answers",
    ),
    "a parameter that another kind has": Mistake(
        [
            swap(TEAMS, f"{TEAMS}\n      query_params: {{zone: eu}}"),
            serving(when(sent("zone", "eu"))),
        ],
        "selector:",
        "write zone: eu in query_params (so it answers)",
    ),
    "a value that another list has": Mistake(
        [
            swap(
                "  - kind: /teams/{team}/notes",
                f"{_OF_TEAM}  - kind: /teams/{{team}}/notes",
            ),
            serving(when(lambda one: one.param("of") in {None, "team-1"})),
        ],
        "teem-1",
        "write of: team-1 (so it answers)",
    ),
    "one of several values": Mistake(
        [
            asking("query_params: {level: [High, low]}"),
            serving(when(lambda one: {v for k, v in one.query if k == "level"} <= {"high", "low"})),
        ],
        "{level",
        "write level: [high, low] (so it answers)",
    ),
    "one of several values in one text": Mistake(
        [
            asking("query_params: {level: 'high,low,none'}"),
            serving(when(sent("level", "high,low"), words="'none' is not one of high, low")),
        ],
        "{level",
        "write level: 'high,low' (so it answers)",
    ),
    "a number that is a text": Mistake(
        [
            asking("method: POST\n      body: {version: 2.0}"),
            serving(when(lambda one: body_of(one) == {"version": "2.0"})),
        ],
        "{version",
        "write version: '2.0' (so it answers)",
    ),
    "a word that others have otherwise": Mistake(
        [
            asking("method: POST\n      body: {method: person.list}"),
            swap(TEAMS, f"{TEAMS}\n      method: POST\n      body: {{method: team.get}}"),
            serving(when(lambda one: body_of(one) == {"method": "person.get"})),
        ],
        "{method: person",
        "write method: person.get (so it answers)",
    ),
    "a key among those that are asked for": Mistake(
        [
            asking("query_params: {fields: 'name,phne,joined,site,mail,level,active,size,team'}"),
            serving(chosen),
        ],
        "{fields",
        "write fields: 'name,phone,joined",
    ),
    "a list that comes with a parameter alone": Mistake(
        [
            asking("query_params: {cuont: true}"),
            swap(TEAMS, f"{TEAMS}\n      query_params: {{count: true}}"),
            serving(counted),
        ],
        "{cuont",
        "write count: true in the place of cuont: so data comes",
    ),
    "an error beside a list that is null": Mistake(
        [
            swap(
                "data_path: .data\n",
                "data_path: .data[]\n      method: POST\n      body: {qeury: all people}\n",
            ),
            swap(TEAMS, f"{TEAMS}\n      method: POST\n      body: {{query: all teams}}"),
            serving(failing),
        ],
        "{qeury",
        "write query: all people in the place of qeury: so it answers",
    ),
    "a body without its method": Mistake(
        [
            asking("body: {query: all}"),
            serving(when(lambda one: one.method == "POST", 412)),
        ],
        "selector:",
        "write method: POST in selector (so it answers)",
    ),
    "a field of a parent that hangs on another": Mistake(
        [
            lambda scene: setattr(scene, "mapping", scene.mapping + _CHAINED),
            serving(groups, "/v1/teams/{}/groups"),
            serving(people_of("group-"), "/v1/groups/{}/members"),
        ],
        "field: .name",
        "write field: .id",
    ),
    "a filter that compares nothing": Mistake(
        [swap("filter: .open", "filter: .name")],
        "filter: .name",
        'compare it: .name is "Team 0"',
    ),
    "a field that is an object": Mistake(
        [
            swap("field: .id\n          filter: .open", "field: .self"),
            serving(
                listed(
                    [
                        one | {"self": {"id": f"team-{at}", "n": 1}}
                        for at, one in enumerate(NUMBERED)
                    ]
                ),
                "/v1/teams",
            ),
        ],
        "field: .self",
        "write field: .self.id",
    ),
    "an error that a header alone tells": Mistake(
        [
            asking("query_params: {levle: high}"),
            serving(
                lambda one: (
                    ROWS(one)
                    if one.param("level")
                    else Answer(b"", 400, (("X-Scene-Error-Message", "level is required"),))
                )
            ),
        ],
        "{levle",
        "write level: high in the place of levle: so it answers",
    ),
    "a size that the API wants": Mistake(
        [
            settings(size_param=None),
            serving(when(lambda one: "per_page" in dict(one.query), words="per_page is required")),
        ],
        "PAGINATION_TYPE",
        "SIZE_PARAM=per_page",
        "settings",
    ),
    "an identifier that is a version": Mistake(
        [
            serving(listed([one | {"build": f"1.{n}.0"} for n, one in enumerate(PEOPLE)])),
            swap("identifier: .id | tostring", "identifier: .build"),
        ],
        "identifier: .build",
        "write identifier: .id | tostring",
        severity="warn",
    ),
    "the mark of the next page among the keys that are asked for": Mistake(
        [
            settings(pagination_type="cursor", cursor_path="nextToken", pagination_param="token"),
            asking("query_params: {fields: 'data,nextTokn'}"),
            serving(marked),
        ],
        "{fields",
        "write fields: 'data,nextToken' (so nextToken comes)",
    ),
    "a variable that a query declares": Mistake(
        [
            asking(
                "method: POST\n      body: {query: 'query ($sheet: Int, $much: Int) "
                "{ people(page: $sheet, size: $much) { id } }'}\n"
                "      pagination: {pagination_param: variables.shet, size_param: variables.much,"
                " send_in: body}"
            ),
            serving(by_variables),
        ],
        "variables.shet",
        "write pagination_param: variables.sheet",
    ),
    "a word that an enum lacks": Mistake(
        [serving(listed([one | {"level": "medium"} for one in PEOPLE]))],
        "level: .level",
        'or in blueprints.json, write "enum": ["low", "high", "medium"]',
    ),
    "rows within an object": Mistake(
        [swap("data_path: .data\n", "data_path: .people\n"), serving(within("person"))],
        "data_path: .people",
        "write data_path: '.data[].person'",
    ),
    "an identifier within the object that all else is read from": Mistake(
        [
            serving(within("person")),
            lambda scene: setattr(
                scene,
                "mapping",
                scene.mapping.replace(": .", ": .person.", 20)
                .replace("data_path: .person.data", "data_path: .data")
                .replace("identifier: .person.id", "identifier: .id"),
            ),
        ],
        "identifier: .id",
        "write identifier: .person.id | tostring",
    ),
    "a relation by the beginning of its value": Mistake(
        [
            serving(listed([one | {"team": None} for one in MANAGED])),
            swap("team: .team.id", "team: .manager.id"),
        ],
        "team: .manager.id",
        'split("/")[0]',
    ),
    "a relation to what its own value names": Mistake(
        [related(".team.name")],
        "team: .team.name",
        "write team: .manager.team | tostring",
    ),
    "a relation of items to themselves": Mistake(
        [
            related(".id | tostring"),
            serving(listed([one | {"team": {"id": 3 - n}} for n, one in enumerate(PEOPLE[:4])])),
        ],
        "team: .id | tostring",
        "write team: .team.id | tostring",
        severity="warn",
    ),
    "milliseconds in a text": Mistake(
        [
            serving(
                listed([one | {"joined": f"17150000{n:02}000"} for n, one in enumerate(PEOPLE)])
            ),
            swap("joined: .joined", "joined: .joined | todate"),
        ],
        "joined: .joined",
        "write joined: .joined | tonumber / 1000 | floor | todate",
    ),
    "a raw value beside its text": Mistake(
        [
            serving(
                listed([one | {"size": f"{n} kB", "size_raw": n} for n, one in enumerate(PEOPLE)])
            )
        ],
        "size: .size",
        "write size: .size_raw",
    ),
    "a bracket for one function that is left open": Mistake(
        [swap("title: .name", "title: (.size | tostring + .name")],
        "title: (.size",
        "write title: (.size | tostring) + .name",
    ),
    "two values without a sign between them": Mistake(
        [swap("title: .name", 'title: .name " " .mail')],
        "title: .name",
        'write title: .name + " " + .mail',
    ),
    "a path without the list that its values come from": Mistake(
        [swap("kind: /teams/{team}/notes", "kind: /{team}/notes")],
        "kind: /{team}/notes",
        "write kind: '/teams/{team}/notes'",
    ),
    "a path below parents with one part too many": Mistake(
        [swap("kind: /teams/{team}/notes", "kind: /teams/{team}/notes/recent")],
        "/notes/recent",
        "write kind: '/teams/{team}/notes'",
    ),
    "an element of what is no list": Mistake(
        [swap("phone: .phone", "phone: .phone[0]")], "phone: .phone[0]", "write phone: .phone"
    ),
    "a path of the mapping that has the keys, where no item has that of the query": Mistake(
        [
            swap(
                'kind: /people\n    selector:\n      query: "true"',
                "kind: /people/all\n    selector:\n      query: .active",
            ),
            swap("          endpoint: /teams\n", "          endpoint: /people\n"),
            lambda scene: scene.api.serve(
                "/v1/people/all", answer({"data": [{"id": 1}, {"id": 2}]})
            ),
        ],
        "kind: /people/all",
        "write kind: /people (its items have them)",
    ),
    "another path, below parents that may have nothing": Mistake(
        [
            swap(
                "/teams/{team}/notes\n    selector:",
                "/teams/{team}/note\n    selector:\n      empty_statuses: [404]",
            )
        ],
        "/note\n".strip(),
        "write kind: '/teams/{team}/notes'",
    ),
    "another path of a search": Mistake(
        [
            swap(
                "kind: /people\n    selector:",
                "kind: /team\n    selector:\n      method: POST\n      body: {}",
            ),
        ],
        "kind: /team",
        "write kind: /teams",
    ),
    "parts of a path in another order": Mistake(
        [swap("kind: /teams/{team}/notes", "kind: /teams/notes/{team}")],
        "/teams/notes",
        "write kind: '/teams/{team}/notes'",
    ),
    "the only number that can count all": Mistake(
        [serving(with_numbers), settings(total_path="meta.total")],
        "TOTAL_PATH",
        "TOTAL_PATH=everyone: there it stands",
        "settings",
    ),
    "a last page under another name": Mistake(
        [
            serving(ended),
            asking("pagination: {last_page_path: lastPage}"),
        ],
        "lastPage",
        "write last_page_path: last_page: there it stands",
    ),
    "JSON without its end": Mistake(
        [settings(custom_headers='{"X-Zone": {"of": "eu"}')],
        "CUSTOM_HEADERS",
        "close what is open: }",
        "settings",
    ),
    "a credential with a word too many": Mistake(
        [signed("the-token-of-the-scene", answer({"m": "bad"}, 401), answer({"m": "none"}, 401))],
        "AUTH_TYPE",
        "AUTH_TYPE=api_key",
        "settings",
    ),
    "a user with the password of nobody": Mistake(
        [
            settings(auth_type="basic", api_token=None, username="me", password="x"),
            signed("Basic bWU6", answer({"m": "bad"}, 401), answer({"m": "none"}, 401)),
        ],
        "PASSWORD",
        "with nothing behind",
        "settings",
    ),
    "a login that is set, and not made": Mistake(
        [
            logging_in(username="me", password="the-secret"),
            settings(auth_type="basic", username="me", password="the-secret"),
            serving(login, "/v1/login"),
        ],
        "AUTH_TYPE",
        "AUTH_TYPE=custom",
        "settings",
    ),
    "a field of a login": Mistake(
        [logging_in(usrname="me", password="the-secret"), serving(login, "/v1/login")],
        "CUSTOM_AUTH_REQUEST",
        'write "username" for "usrname" in "body"',
        "settings",
    ),
    "a login with a wrong password, which is forbidden": Mistake(
        [
            logging_in(username="me", password="another"),
            serving(lambda _: answer({"message": "wrong credentials"}, 403), "/v1/login"),
        ],
        "CUSTOM_AUTH_REQUEST",
        "the user and password",
        "settings",
    ),
    "a login below another base URL": Mistake(
        [
            logging_in(username="me", password="the-secret"),
            serving(login, "/v1/login"),
            lambda scene: scene.settings.update(base_url=f"{scene.api.url}/v2"),
        ],
        "BASE_URL",
        "/v1: so signed it answers",
        "settings",
    ),
}


@pytest.mark.parametrize("mistake", CASES.values(), ids=CASES.keys())
async def test_what_was_spoilt_is_told(mistake: Mistake, tmp_path: Path, api: FaultApi) -> None:
    """In its line, with what was there before."""
    await mistake.is_told(Scene(tmp_path, api))


async def test_an_error_in_words_of_the_apis_own(tmp_path: Path, api: FaultApi) -> None:
    """Under 200, with nothing where the list would be: the words are shown, as an error."""
    said = {"result": None, "error_code": "ERR-AUTH", "error_info": "no such token"}
    body = "data_path: .result.data\n      method: POST\n      body_form: {order: newest}\n"
    spoils = [swap("data_path: .data\n", body), serving(lambda _: answer(said))]

    report = await Scene(tmp_path, api).spoilt(spoils)

    errors = [one for one in report.findings if one.severity == "error"]
    assert ["no such token" in one.problem for one in errors] == [True], told(report.findings)


async def test_children_that_have_nothing_are_no_mistake(tmp_path: Path, api: FaultApi) -> None:
    """Where the path is right, a status that says so is believed."""
    scene = Scene(tmp_path, api)
    swap(
        'query: "true"\n      path_parameters',
        'query: "true"\n      empty_statuses: [404]\n      path_parameters',
    )(scene)
    serving(lambda _: answer({"message": "no notes"}, 404), "/v1/teams/{}/notes")(scene)

    report = await scene.check()

    assert report.findings == [], told(report.findings)


async def test_numbers_that_two_lists_have_are_no_mistake(tmp_path: Path, api: FaultApi) -> None:
    """Where names say nothing else, what a relation leads to is believed."""
    scene = Scene(tmp_path, api)
    related(".manager.team | tostring")(scene)

    report = await scene.check()

    assert report.findings == [], told(report.findings)
