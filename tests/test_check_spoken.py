"""``check`` tries what the words of a refusal name: paths, names, values, variables, numbers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.check_scene import Mistake, Scene, Spoil, asking, listed, person, serving, settings, swap
from tests.fault_api import FaultApi, Handler, Json, Reply, Request, answer

PEOPLE = [person(number) for number in range(25)]
ROWS = listed(PEOPLE)


def when(is_right: Callable[[Request], bool], words: str, status: int = 400) -> Handler:
    """People for the requests that are right, a refusal in some words for the others."""
    return lambda request: ROWS(request) if is_right(request) else answer({"error": words}, status)


def only(*names: str) -> Callable[[Request], bool]:
    """Whether a request has no parameters but these."""
    return lambda request: {name for name, _ in request.query} <= {*names}


def refused(words: str, *paths: str, status: int = 404) -> Spoil:
    """A refusal of some paths."""
    return serving(lambda _: answer({"error": words}, status), *paths)


def alone(scene: Scene) -> None:
    """The first kind without the others."""
    scene.mapping = scene.mapping[: scene.mapping.index("  - kind: /teams\n")]


def versioned(name: str, value: str, words: str) -> Spoil:
    """All lists for those who name a version."""

    def handler(request: Request) -> Reply:
        if value not in {request.param(name), request.headers.get(name.lower())}:
            return answer({"error": words}, 400)
        rows: Json = PEOPLE[:9] if request.path.endswith("people") else TEAMS
        is_first = request.number("page", 1) == 1
        if request.path.endswith("/notes"):
            return answer([{"id": request.path, "text": "hello"}] if is_first else [])
        return answer({"data": rows if is_first else []})

    return serving(handler, "/v1/people", "/v1/teams", "/v1/teams/{}/notes")


def seldom(request: Request) -> Reply:
    """People, of a state that is known and seldom none."""
    if request.param("state") == "openend":
        return answer({"data": []})
    is_right = only("page", "size")(request)
    return ROWS(request) if is_right else answer({"error": "state is not openend"}, 400)


def opened(request: Request) -> Reply:
    """People of a state; of one that is known and seldom, none."""
    match request.param("state"):
        case "open":
            return ROWS(request)
        case "openend":
            return answer({"data": []})
        case _:
            return answer({"error": "state is not one of openend, open"}, 400)


TEAMS: list[Json] = [{"id": f"team-{n}", "name": f"Team {n}", "open": True} for n in range(4)]


def by_pages(size: str, *known: str) -> Handler:
    """People by pages, for those who send no parameter that it does not know."""

    def handler(request: Request) -> Reply:
        if unknown := [name for name, _ in request.query if name not in {size, "page", *known}]:
            words = (
                f"Unknown query parameter {unknown[0]!r}. Valid: page, {', '.join([size, *known])}"
            )
            return answer({"error": words}, 400)
        number, length = request.number("page", 1), request.number(size, 20)
        return answer({"data": PEOPLE[(number - 1) * length : number * length]})

    return handler


QUERY = (
    "query($first: Int!, $after: String) { people(first: $first, after: $after) { nodes { id name"
    " phone joined site mail level active size team { id } } pageInfo { hasNextPage endCursor } } }"
)
_PAGED = (
    "      pagination: {type: cursor, cursor_path: data.people.pageInfo.endCursor, send_in: body,"
    " has_more_path: data.people.pageInfo.hasNextPage, pagination_param: variables.after,"
    " size_param: variables.first}\n"
)


def graphql(query: str, paging: str = _PAGED) -> Spoil:
    """People by a query, and nothing else."""

    def spoil(scene: Scene) -> None:
        settings(pagination_type="none", size_param=None, page_size=None)(scene)
        alone(scene)
        asked = f"method: POST\n      body:\n        query: '{query}'\n{paging}"
        swap("data_path: .data\n", f"data_path: .data.people.nodes\n      {asked}")(scene)
        swap("kind: /people", "kind: /graphql")(scene)

    return spoil


def answering(fault: Callable[[dict[str, Json]], str], status: int = 200) -> Spoil:
    """A GraphQL API that says what is wrong with a query and its variables."""

    def handler(request: Request) -> Reply:
        body: dict[str, Json] = json.loads(request.body or b"{}")
        variables = body.get("variables")
        given = variables if isinstance(variables, dict) else {}
        words = fault({"query": "", **body, "variables": given})
        words = words or ("" if isinstance(given.get("after", ""), str) else "after is no cursor")
        if words:
            return answer({"errors": [{"message": words}], "data": None}, status)
        start = int(base64.b64decode(given.get("after") or "MA=="))
        end = start + int(given.get("first") or 20)
        page = {
            "hasNextPage": end < len(PEOPLE),
            "endCursor": base64.b64encode(b"%d" % end).decode(),
        }
        return answer({"data": {"people": {"nodes": PEOPLE[start:end], "pageInfo": page}}})

    return serving(handler, "/v1/graphql")


def without(word: str, words: str) -> Callable[[dict[str, Json]], str]:
    """What is said of a query with a word in it."""
    return lambda body: words if word in str(body["query"]) else ""


def lacking(name: str, kind: str) -> Callable[[dict[str, Json]], str]:
    """What is said where a variable is not given."""
    words = f'Variable "${name}" of required type "{kind}!" was not provided.'
    return lambda body: "" if name in str(body["variables"]) else words


SPOKEN = {
    "a path that the words name": Mistake(
        [swap("/people", "/staff"), refused("no route /staff. Did you mean /people?", "/v1/staff")],
        "kind: /staff",
        "write kind: /people (it answers 200)",
    ),
    "a path that the words list": Mistake(
        [
            swap("/people", "/staff"),
            refused("Unknown resource 'staff'. Available: tags, people, teams", "/v1/staff"),
        ],
        "kind: /staff",
        "write kind: /people (it answers 200)",
    ),
    "a part of a path that the words list": Mistake(
        [
            swap("/people", "/people/activ"),
            serving(ROWS, "/v1/people/enabled"),
            refused("status must be one of enabled, disabled", "/v1/people/activ", status=400),
        ],
        "/people/activ",
        "write kind: /people/enabled (it answers 200)",
    ),
    "two parts of a path for one": Mistake(
        [swap("/teams/{team}/notes", "/team/{team}/note")],
        "/team/{team}/note",
        "write kind: '/teams/{team}/notes' (it answers 200)",
    ),
    "a name that need not be there, beside that of the position": Mistake(
        [
            asking("query_params: {kind: high}"),
            serving(
                when(
                    only("level", "zone", "page", "size"),
                    "Unknown parameter 'kind'. Allowed: level, zone, page, size",
                )
            ),
        ],
        "{kind:",
        "write level: high in the place of kind: so it answers",
    ),
    "a name that is like a key of items": Mistake(
        [
            asking("query_params: {levl: high}"),
            serving(when(only("level", "page", "size"), "unexpected parameter")),
        ],
        "{levl:",
        "write level: high in the place of levl: so it answers",
    ),
    "a version of all requests that the words list": Mistake(
        [
            settings(query_params='{"api-version": "2020-01-01"}'),
            versioned("api-version", "2023-05-01", "supported are 2022-01-01, 2023-05-01"),
        ],
        "QUERY_PARAMS",
        'write "api-version": "2023-05-01"',
        "settings",
    ),
    "a version in a header that the words list": Mistake(
        [
            settings(custom_headers='{"X-Api-Version": "v9"}'),
            versioned("X-Api-Version", "v3", "X-Api-Version must be one of v2, v3"),
        ],
        "CUSTOM_HEADERS",
        'write "X-Api-Version": "v3"',
        "settings",
    ),
    "the name of a size that the words list": Mistake(
        [settings(size_param="per"), serving(by_pages("per_page", "level")), alone],
        "SIZE_PARAM",
        "SIZE_PARAM=per_page",
        "settings",
    ),
    "the name of a position that the words list": Mistake(
        [settings(pagination_param="pg"), serving(by_pages("size", "level")), alone],
        "PAGINATION_PARAM",
        "PAGINATION_PARAM=page",
        "settings",
    ),
    "a size that the words list": Mistake(
        [
            settings(page_size="33"),
            serving(
                when(
                    lambda request: request.param("size") in {None, "10", "25", "50"},
                    "size must be one of [10, 25, 50]",
                )
            ),
            alone,
        ],
        "PAGE_SIZE",
        "PAGE_SIZE=50: so it answers",
        "settings",
    ),
    "a field of a query that the words correct": Mistake(
        [
            graphql(QUERY.replace("phone", "phnoe")),
            answering(
                without(
                    "phnoe", 'Cannot query field "phnoe" on type "Person". Did you mean "phone"?'
                )
            ),
        ],
        "query: 'query",
        "write phone in the place of phnoe in query: so it answers",
    ),
    "an argument of a query, by a word that stands elsewhere in it": Mistake(
        [
            graphql(QUERY.replace("(first:", "(frist:")),
            answering(
                without(
                    "frist",
                    'Unknown argument "frist" on field "Query.people". Did you mean "first"?',
                ),
                400,
            ),
        ],
        "query: 'query",
        "write first in the place of frist in query: so it answers",
    ),
    "a field of a query that is mapped otherwise": Mistake(
        [
            graphql(QUERY.replace("phone", "telephone")),
            answering(without("telephone", 'Cannot query field "telephone" on type "Person".')),
        ],
        "query: 'query",
        "write phone in the place of telephone in query: so it answers",
    ),
    "a variable of a size, and no paging": Mistake(
        [graphql(QUERY, ""), answering(lacking("first", "Int"))],
        "PAGINATION_TYPE",
        "SIZE_PARAM=variables.first, and in the selector pagination: {send_in: body}",
        "settings",
    ),
    "a variable of a size by another name": Mistake(
        [
            graphql(QUERY, _PAGED.replace("variables.first", "variables.limit")),
            answering(lacking("first", "Int"), 400),
        ],
        "pagination:",
        "write size_param: variables.first",
    ),
    "a variable that nothing gives": Mistake(
        [
            graphql(QUERY.replace("($first", "($org: String!, $first")),
            answering(lacking("org", "String")),
        ],
        "body:",
        "write variables: {org: <its value>} in body",
    ),
}


def body_is(**wanted: Json) -> Callable[[Request], bool]:
    """Whether a body is JSON with these values."""
    return lambda request: request.body[:1] == b"{" and request.json == wanted


def query_is(name: str, *values: str) -> Callable[[Request], bool]:
    """Whether a parameter has some values, or is not there."""
    return lambda request: [one for key, one in request.query if key == name] in ([], [*values])


def filtered(request: Request) -> Reply:
    """People of one level, where a filter names it, else all."""
    name, sign, level = (request.param("filter") or "").partition("==")
    rows = [one for one in PEOPLE if not sign or one.get(name) == level]
    return listed(rows)(request)


PARTS = {
    "a list that is to be a JSON text": Mistake(
        [
            asking("query_params: {'level[in]': [high, low]}"),
            serving(when(query_is("level[in]", '["high", "low"]'), "wanted as [value1,value2]")),
        ],
        "{'level[in]'",
        """write 'level[in]': '["high", "low"]' (so it answers)""",
    ),
    "a text that is to be a list": Mistake(
        [
            asking("query_params: {part: 'BASE,MORE'}"),
            serving(when(query_is("part", "BASE", "MORE"), "unknown part: BASE,MORE")),
        ],
        "{part:",
        "write part: [BASE, MORE] (so it answers)",
    ),
    "one element of a list, as a key that is mapped is written there": Mistake(
        [
            asking("query_params: {part: [BASE, SIZE, TELEPHONE]}"),
            serving(when(query_is("part", "BASE", "SIZE", "PHONE"), "unknown part: TELEPHONE")),
        ],
        "{part:",
        "write part: [BASE, SIZE, PHONE] (so it answers)",
    ),
    "a value that the items have": Mistake(
        [
            asking("query_params: {levels: 'high,middle'}"),
            serving(when(query_is("levels", "high,low"), "middle is no level")),
        ],
        "{levels:",
        "write levels: 'high,low' (so it answers)",
    ),
    "a path of a key in an expression": Mistake(
        [
            asking("query_params: {filter: 'mobile==1'}"),
            serving(when(query_is("filter", "contact.mobile==1"), "no field mobile")),
        ],
        "{filter:",
        "write filter: contact.mobile==1 (so it answers)",
    ),
    "a name in the form that another has": Mistake(
        [
            asking("query_params: {level: high}"),
            swap(
                "open == true\n      data_path: .data",
                "open == true\n      data_path: .data\n      query_params: {'open[is]': x}",
            ),
            serving(when(only("level[is]", "page", "size"), "unknown parameter")),
        ],
        "{level: high",
        "write level[is]: high in the place of level: so it answers",
    ),
    "a word that YAML reads as a boolean": Mistake(
        [
            asking("query_params: {auto: on}"),
            serving(when(query_is("auto", "on"), "Allowed values are on, off")),
        ],
        "{auto:",
        "write auto: 'on' (",
    ),
    "a version within a value": Mistake(
        [
            asking("headers: {Accept: application/vnd.acme.v9+json}"),
            serving(
                when(
                    lambda one: one.headers["accept"] == "application/vnd.acme.v3+json",
                    "Supported: v2, v3",
                    406,
                )
            ),
        ],
        "{Accept",
        "write Accept: application/vnd.acme.v3+json (so it answers)",
    ),
    "a text that is to be a number": Mistake(
        [
            asking("method: POST\n      body: {most: '50'}"),
            serving(when(body_is(most=50), "most: a number, not a string")),
        ],
        "{most",
        "write most: 50 (so it answers)",
    ),
    "a scalar that is to be a list": Mistake(
        [
            asking("method: POST\n      body: {ids: a}"),
            serving(when(body_is(ids=["a"]), "ids: expected an array")),
        ],
        "{ids",
        "write ids: [a] (so it answers)",
    ),
    "a part of a body that is too much": Mistake(
        [
            asking("method: POST\n      body: {all: x, auth: abc}"),
            serving(when(body_is(all="x"), "unexpected parameter auth")),
        ],
        "{all",
        "without auth it answers: correct its name or its value, or remove it",
    ),
    "a body that is to be a form": Mistake(
        [
            asking("method: POST\n      body: {all: x}"),
            serving(when(lambda one: one.body == b"all=x", "a form is expected", 415)),
        ],
        "{all",
        "write it as body_form in the place of body: so it answers",
    ),
    "parameters that are to be a body": Mistake(
        [
            asking("method: POST\n      query_params: {all: x}"),
            serving(when(body_is(all="x"), "no body")),
        ],
        "{all",
        "write it as body in the place of query_params: so it answers",
    ),
}
PARTS |= {
    f"a value in a path, refused by {status}": Mistake(
        [
            swap(
                "kind: /people\n    selector:\n",
                "kind: /regions/{region}/people\n    selector:\n      path_parameters:\n"
                "        region: {values: [us-east, EU-WEST]}\n",
            ),
            serving(
                lambda one, status=status: (  # type: ignore[misc]
                    ROWS(one)
                    if one.values[0] in {"us-east", "eu-west"}
                    else answer({"error": "no such region"}, status)
                ),
                "/v1/regions/{}/people",
            ),
        ],
        "region: {values",
        "write values: [us-east, eu-west] (so it answers)",
    )
    for status in (400, 404)
}
PARTS |= {
    "a value that gives rows, beside a likelier one that is only answered": Mistake(
        [
            asking("query_params: {state: opened}"),
            serving(opened),
        ],
        "{state: opened",
        "write state: open (so it answers)",
    ),
    "a value by which nothing comes, beside rows without it": Mistake(
        [
            asking("query_params: {state: opened}"),
            serving(seldom),
        ],
        "{state: opened",
        "without state it answers: correct its name or its value, or remove it",
    ),
    "a value of an expression that no item has": Mistake(
        [
            asking("query_params: {filter: level==top}"),
            serving(filtered),
        ],
        "{filter:",
        "write filter: level==low (so there are items)",
        severity="warn",
    ),
    "a key that comes with an element of a list, as the others are written": Mistake(
        [
            asking("query_params: {parts: [BASE_KEYS, MORE_KEYS]}"),
            serving(
                lambda one: listed(
                    [
                        {**each, "phone": {"number": "1"} if "PHONE" in str(one.query) else None}
                        for each in PEOPLE
                    ]
                )(one)
            ),
            swap("phone: .phone", "phone: .phone.number"),
        ],
        "{parts:",
        "write parts: [BASE_KEYS, MORE_KEYS, PHONE]",
    ),
    "a base URL that the words name": Mistake(
        [
            settings(base_url="{api}/v0/core"),
            refused("retired, use /v1 instead", "/v0/core/people", "/v0/core/teams", status=410),
        ],
        "BASE_URL",
        "/v1: /people answers there",
        "settings",
    ),
}
SPOKEN |= PARTS


@pytest.mark.parametrize("mistake", SPOKEN.values(), ids=SPOKEN.keys())
async def test_what_the_words_name_is_tried(
    mistake: Mistake, tmp_path: Path, api: FaultApi
) -> None:
    """The line, and what was answered when it was written there."""
    await mistake.is_told(Scene(tmp_path, api))


MANY = [person(number) for number in range(250)]


def counting(name: str, first: int, *, is_page: bool) -> Handler:
    """Many people by a number of pages or of rows, from a first one."""

    def handler(request: Request) -> Reply:
        size = request.number("size", 20)
        step = size if is_page else 1
        start = max(request.number(name, first) - first, 0) * step
        return answer({"data": MANY[start : start + size]})

    return handler


def leading(key: str, *, is_link: bool) -> Handler:
    """Many people by cursors, which stand by themselves or in a link; others are refused."""

    def handler(request: Request) -> Reply:
        value, size = request.param("after") or "0", request.number("size", 10)
        if not value.isdigit():
            return answer({"error": "bad cursor"}, 400)
        end = int(value) + size
        link = f"http://{request.headers['host']}/v1/people?after={end}&size={size}"
        return answer({"data": MANY[int(value) : end], key: link if is_link else str(end)})

    return handler


SORTS = {
    "rows where pages are counted": Mistake(
        [
            settings(pagination_type="offset", pagination_param="page"),
            serving(counting("page", 1, is_page=True)),
            alone,
        ],
        "PAGINATION_TYPE",
        "PAGINATION_TYPE=page: page=2 of 3 = items 4 to 6",
        "settings",
    ),
    "pages where rows are counted": Mistake(
        [settings(pagination_param="from"), serving(counting("from", 0, is_page=False)), alone],
        "PAGINATION_TYPE",
        "PAGINATION_TYPE=offset",
        "settings",
    ),
    "another style, with the names that stand there": Mistake(
        [
            settings(pagination_param="page_number", size_param="size"),
            serving(counting("offset", 0, is_page=False)),
            alone,
        ],
        "PAGINATION_TYPE",
        "PAGINATION_TYPE=offset, OCEAN__INTEGRATION__CONFIG__PAGINATION_PARAM=offset: ",
        "settings",
    ),
    "rows from 0 where they are counted from 1": Mistake(
        [
            settings(pagination_type="offset", pagination_param="from"),
            serving(counting("from", 1, is_page=False)),
            alone,
        ],
        "kind: /people",
        "pagination: {start_offset: 1}",
    ),
    "a link for a cursor": Mistake(
        [
            settings(
                pagination_type="cursor",
                cursor_path="next",
                pagination_param="after",
                page_size="100",
            ),
            serving(leading("next", is_link=True)),
            alone,
        ],
        "PAGINATION_TYPE",
        "PAGINATION_TYPE=next_link",
        "settings",
    ),
    "a cursor for a link": Mistake(
        [
            settings(pagination_type="next_link", next_link_path="next"),
            serving(leading("next", is_link=False)),
            alone,
        ],
        "PAGINATION_TYPE",
        "PAGINATION_TYPE=cursor",
        "settings",
    ),
}


@pytest.mark.parametrize("mistake", SORTS.values(), ids=SORTS.keys())
async def test_another_sort_of_paging_is_found(
    mistake: Mistake, tmp_path: Path, api: FaultApi
) -> None:
    """By the same parameter, or the same key."""
    await mistake.is_told(Scene(tmp_path, api))


async def test_an_offset_that_counts_rows_is_right(tmp_path: Path, api: FaultApi) -> None:
    """Its second row is where an offset of one leads."""
    scene = Scene(tmp_path, api)
    settings(pagination_type="offset", pagination_param="from")(scene)
    serving(counting("from", 0, is_page=False))(scene)
    alone(scene)

    report = await scene.check()

    assert [one.problem for one in report.findings if one.severity == "error"] == []
