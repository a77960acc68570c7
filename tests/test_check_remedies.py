"""``check`` says what to write: a remedy that the API or its items have proved, at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check_scene import (
    SETTINGS,
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
from tests.fault_api import FaultApi, Handler, Json, Reply, Request, answer, redirect, text
from workbench.check.guesses.refusal_words import named_missing
from workbench.check.lists.paging_ways import MOST_IN_DOUBT

PEOPLE: list[dict[str, Json]] = [
    person(number)
    | {"holder": {"name": f"Holder {number}", "mail": f"h{number}@example.com"}}
    | {"begun": 1_714_025_000_123_456_789 + number}
    for number in range(25)
]
ALL = ("/v1/people", "/v1/teams", "/v1/teams/{}/notes")


def wanting(name: str, words: str, status: int, *, in_header: bool = False) -> Handler:
    """People for requests that have a parameter or a header."""
    rows = listed(PEOPLE)

    def handler(request: Request) -> Reply:
        value = request.headers.get(name.lower()) if in_header else request.param(name)
        return rows(request) if value else answer({"message": words}, status)

    return handler


def paged(request: Request) -> Reply:
    """People by pages, for whomever."""
    size, number = request.number("size", 20), request.number("page", 1)
    return answer({"data": PEOPLE[(number - 1) * size : number * size], "errors": []})


def signed_by(header: str, value: str, words: str, challenge: str = "") -> Handler:
    """What is read by those alone who send a header."""

    def handler(request: Request) -> Reply:
        if request.headers.get(header.lower()) == value:
            return paged(request)
        told = {"WWW_Authenticate": challenge} if challenge else {}
        return answer({"message": words}, 401, **told)

    return handler


def tokens(request: Request) -> Reply:
    """A token for a client that stands in the form, and in no header."""
    if "authorization" in request.headers or b"client_secret" not in request.body:
        return answer({"error": "invalid_client"}, 401)
    return answer({"access_token": "the-token-of-the-scene", "token_type": "Bearer"})


def by_client(url: str) -> Spoil:
    """Settings that obtain a token."""
    return settings(
        auth_type="oauth2",
        api_token=None,
        oauth_token_url=url,
        oauth_client_id="me",
        oauth_client_secret="the-secret-of-the-client",
    )


def to_sign_in(request: Request) -> Reply:
    """A redirect to a page for people, for those without the key."""
    if request.path == "/login":
        return text("<html>Please sign in</html>", kind="text/html")
    return redirect("/login")


def by_number(request: Request) -> Reply:
    """Notes of a team that is known by its number."""
    is_first = request.number("page", 1) == 1
    found = [{"id": f"{request.values[0]}-note", "text": "hello"}] if is_first else []
    return answer(found) if request.values[0].isdigit() else answer({"message": "what?"}, 400)


def by_cursor(request: Request) -> Reply:
    """Teams of which a cursor leads to the next two."""
    start = request.number("after", 0)
    rows: list[Json] = [
        {"id": f"team-{n}", "name": f"Team {n}", "key": f"T{n}", "open": True} for n in range(6)
    ]
    following = str(start + 2) if start + 2 < len(rows) else None
    return answer({"data": rows[start : start + 2], "next_cursor": following})


def linked(row: dict[str, Json]) -> dict[str, Json]:
    """A link without its origin, beside a text that begins with one."""
    return {"link": f"/p/{row['id']}", "site": f"https://example.com/{row['id']} and more"}


def as_xml(request: Request) -> Reply:
    """People as XML for all."""
    del request
    rows = "".join(f"<person><id>{n}</id><name>N</name></person>" for n in range(3))
    return text(f'<?xml version="1.0"?><people>{rows}</people>', kind="application/xml")


def by_accept(request: Request, count: int = 1) -> Reply:
    """People as XML for those who want that, else as JSON."""
    if "xml" not in request.headers.get("accept", ""):
        return paged(request)
    person = "<person><id>1</id></person>"
    return text(f"<people>{person * count}</people>", kind="application/xml")


def by_accept_all(request: Request) -> Reply:
    """As above, several."""
    return by_accept(request, 3)


def found_nothing(request: Request) -> Reply:
    """A search without a match."""
    del request
    return answer({"data": [], "total": 0})


def only_with_key(request: Request) -> Reply:
    """Empty lists for those whom the API does not know."""
    is_known = request.headers.get("x-api-key") == "the-token-of-the-scene"
    return paged(request) if is_known else answer({"data": []})


TEAMS_BY_NUMBER: list[dict[str, Json]] = [
    {"id": f"team-{n}", "name": f"Team {n}", "key": f"T{n}", "number": n + 1, "open": True}
    for n in range(4)
]
_BY_NUMBER = [
    serving(listed(TEAMS_BY_NUMBER), "/v1/teams"),
    serving(by_number, "/v1/teams/{}/notes"),
]

CASES = {
    "one page by wish, of more than it shows": Mistake(
        [asking("pagination: {type: none}")],
        "pagination: {type: none}",
        "write type: page: page=2 of 3",
        severity="warn",
    ),
    "a key with the kind before it": Mistake(
        [swap("phone: .phone", "phone: .personPhone")],
        "phone: .personPhone",
        "write phone: .phone (20 of",
    ),
    "a key that is called otherwise than what it is for": Mistake(
        [swap("level: .level", "level: .gradeOfIt")],
        "level: .gradeOfIt",
        "write level: .level (20 of 20)",
    ),
    "a title that is an object": Mistake(
        [swap("title: .name", "title: .team")], "title: .team", "write title: .team.name"
    ),
    "an object that holds the property": Mistake(
        [serving(listed(PEOPLE)), swap("mail: .mail", "mail: .holder")],
        "mail: .holder",
        "write mail: .holder.mail",
    ),
    "a slip within a comparison": Mistake(
        [swap("active: .active", "active: .actve == true")],
        "active: .actve",
        "write active: .active == true",
        severity="warn",
    ),
    "a date in nanoseconds": Mistake(
        [serving(listed(PEOPLE)), swap("joined: .joined", "joined: .begun")],
        "joined: .begun",
        "write joined: .begun / 1000000000 | floor | todate",
    ),
    "an identifier that is not what others speak of": Mistake(
        [
            serving(
                listed([one | {"team": {"id": f"team-{n % 4}"}} for n, one in enumerate(PEOPLE)])
            ),
            swap("identifier: .id\n          title", "identifier: .name\n          title"),
        ],
        "identifier: .name",
        "write identifier: .id (of which these are values)",
    ),
    "a relation among entities of one kind": Mistake(
        [
            serving(
                listed(
                    [
                        one | {"id": f"p-{n}", "boss": {"id": f"p-{(n + 1) % 25}"}}
                        for n, one in enumerate(PEOPLE)
                    ]
                )
            ),
            swap('"target": "team"', '"target": "person"', "blueprints"),
            swap("team: .team.id", "team: .phone"),
        ],
        "team: .phone",
        "write team: .boss.id (19 of 20)",
    ),
    "a filter that takes a list for a text": Mistake(
        [
            serving(listed([{**one, "tags": ["eu"]} for one in TEAMS_BY_NUMBER]), "/v1/teams"),
            swap("filter: .open", 'filter: .tags == "eu"'),
        ],
        'filter: .tags == "eu"',
        'write filter: (.tags | index("eu") != null) (true for 4 of 4)',
    ),
    "a relation to another blueprint": Mistake(
        [swap('"target": "team"', '"target": "person"', "blueprints")],
        '"target": "person"',
        'write "target": "team" (all values are identifiers of team)',
        "blueprints",
    ),
    "a header that the refusal names": Mistake(
        [serving(signed_by("X-Acme-Key", "the-token-of-the-scene", "X-Acme-Key is missing"), *ALL)],
        "AUTH_TYPE",
        "API_KEY_HEADER=X-Acme-Key, ",
        "settings",
    ),
    "a scheme that the challenge names": Mistake(
        [
            settings(auth_type="none", api_token=None),
            serving(signed_by("Authorization", "x", "who?", 'Basic realm="acme"'), *ALL),
        ],
        "AUTH_TYPE",
        "the API wants Basic: write OCEAN__INTEGRATION__CONFIG__AUTH_TYPE=basic",
        "settings",
    ),
    "a key whose header is another": Mistake(
        [serving(only_with_key, *ALL)],
        "AUTH_TYPE",
        "API_KEY_HEADER=X-API-Key, ",
        "settings",
        "warn",
    ),
    "a client that belongs into the form": Mistake(
        [by_client("{api}/oauth/token"), serving(tokens, "/oauth/token")],
        "OAUTH_CLIENT_SECRET",
        "OAUTH_CLIENT_AUTHENTICATION=post: so the token is given",
        "settings",
    ),
    "a URL that gives no tokens": Mistake(
        [
            by_client("{api}/v1/oauth/token"),
            settings(oauth_client_authentication="post"),
            serving(tokens, "/oauth/token"),
            serving(lambda _: answer({"message": "sign in"}, 401), "/v1/oauth/token"),
        ],
        "OAUTH_TOKEN_URL",
        "/oauth/token: so the token is given",
        "settings",
    ),
    "a sign-in that is missed with another status": Mistake(
        [serving(lambda _: answer({"message": "Not found. Please log in."}, 404), *ALL)],
        "API_TOKEN",
        "answers the same without credentials",
        "settings",
    ),
    "a redirect to a sign-in": Mistake(
        [serving(to_sign_in, *ALL, "/login")],
        "AUTH_TYPE",
        "the API answers the same without credentials",
        "settings",
    ),
    "a path where a URL is wanted, beside URLs of the items": Mistake(
        [
            swap("site: .site", "site: .link"),
            serving(listed([one | linked(one) for one in PEOPLE])),
        ],
        "site: .link",
        """write site: '.link | values | "https://example.com" + .'""",
    ),
    "a format of which the same address has JSON": Mistake(
        [asking("response_format: xml"), serving(by_accept)],
        "response_format: xml",
        "write response_format: json (the same address answers JSON, with 20 rows at data_path)",
    ),
    "a format in which a list stands elsewhere": Mistake(
        [asking("response_format: xml"), serving(by_accept_all)],
        "response_format: xml",
        "write response_format: json (the same address answers JSON, with 20 rows at data_path)",
    ),
    "a format with which there is what is mapped": Mistake(
        [swap("data_path: .data\n", "data_path: .people.person\n"), serving(as_xml)],
        "selector:",
        "the answer is xml: write response_format: xml, with which there is what is mapped",
    ),
    "a parameter that the API misses": Mistake(
        [serving(wanting("zone", "The 'zone' parameter is missing", 400))],
        "kind: /people",
        "the API misses zone: add zone to query_params",
    ),
    "a parameter that is misspelt": Mistake(
        [
            asking("query_params: {zon: eu}"),
            serving(wanting("zone", "parameter zone is required", 400)),
        ],
        "query_params: {zon",
        "write zone: eu in the place of zon: so it answers",
    ),
    "a header that the API misses": Mistake(
        [serving(wanting("X-Tenant", "The X-Tenant header is required", 400, in_header=True))],
        "kind: /people",
        "add X-Tenant to headers",
    ),
    "a header of one word that the API misses": Mistake(
        [serving(wanting("Tenant", "Tenant header is missing or empty", 400, in_header=True))],
        "kind: /people",
        "add Tenant to headers",
    ),
    "a format that a refusal calls a header": Mistake(
        [
            serving(
                lambda request: (
                    listed(PEOPLE)(request)
                    if request.headers.get("accept") == "application/vnd.acme+json"
                    else answer(
                        {"error": "Accept header is not set to 'application/vnd.acme+json'."}, 400
                    )
                )
            )
        ],
        "kind: /people",
        "write headers: {Accept: application/vnd.acme+json}: so it answers",
    ),
    "a format that has to be asked for": Mistake(
        [
            serving(
                lambda request: (
                    listed(PEOPLE)(request)
                    if request.headers.get("accept") == "application/vnd.acme+json"
                    else answer({"message": "ask for application/vnd.acme+json"}, 406)
                )
            )
        ],
        "kind: /people",
        "write headers: {Accept: application/vnd.acme+json}: so it answers",
    ),
    "a field by whose values every child is refused": Mistake(
        [*_BY_NUMBER], "field: .id", "write field: .number (1 answers 200)"
    ),
    "a report of an error with the status of a success": Mistake(
        [
            asking("query_params: {period: monthly}"),
            serving(
                lambda request: (
                    answer({"stat": "fail", "error": {"message": "monthly is no period"}})
                    if request.param("period")
                    else paged(request)
                )
            ),
        ],
        "query_params: {period",
        "without period it answers",
    ),
    "a path that differs from another by a letter": Mistake(
        [swap("kind: /teams\n", "kind: /teems\n")],
        "kind: /teems",
        "write kind: /teams (it answers 200)",
    ),
    "a placeholder that is misspelt where its value goes": Mistake(
        [
            swap("kind: /teams/{team}/notes", "kind: /notes"),
            swap(
                "      path_parameters:",
                "      query_params: {of: '{tem}'}\n      path_parameters:",
            ),
        ],
        "query_params: {of",
        "write of: '{team}'",
    ),
    "a part of a path that others beside it have otherwise": Mistake(
        [
            swap("kind: /teams\n", "kind: /in/one/teams\n"),
            swap("endpoint: /teams", "endpoint: /in/1/teams"),
            serving(listed(TEAMS_BY_NUMBER), "/v1/in/1/teams"),
        ],
        "kind: /in/one/teams",
        "write kind: /in/1/teams (it answers 200)",
    ),
    "a word of a list that the refusal names": Mistake(
        [
            asking("method: POST\n      body: {indices: [person]}"),
            serving(lambda _: answer({"message": "indices contains a word that is none"}, 400)),
        ],
        "body: {indices",
        "correct indices (person)",
    ),
    "a search that finds nothing": Mistake(
        [asking("method: POST\n      body: {role: users}"), serving(found_nothing)],
        "body: {role",
        "correct the values in body",
        severity="warn",
    ),
    "one list that is paged otherwise than the rest": Mistake(
        [serving(by_cursor, "/v1/teams")],
        "kind: /teams",
        "for this list alone, in its selector: write pagination: {type: cursor",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_what_is_to_be_written_is_told(case: Mistake, tmp_path: Path, api: FaultApi) -> None:
    """One finding, in the line that is wrong, with what makes it right."""
    report = await case.is_told(Scene(tmp_path, api))
    assert SETTINGS["api_token"] not in str(report.as_json())


@pytest.mark.parametrize(
    ("words", "name"),
    [
        pytest.param("Invalid value for 'a' attribute specified. A list is wanted.", "", id="end"),
        pytest.param("Bad 'a' attribute given. Dictionary type is required.", "", id="next"),
        pytest.param("Missing parameter zone.", "zone", id="the dot of a sentence"),
        pytest.param("attribute zone.id must be present", "zone.id", id="a dot of a name"),
        pytest.param("Of those here teamId is required", "teamId", id="a name in a sentence"),
        pytest.param('{"message": "zone is required"}', "zone", id="a word of its own"),
    ],
)
def test_a_name_that_is_missing_is_no_word_of_a_sentence(words: str, name: str) -> None:
    """What stands before "is missing" is a name where no other plain word stands before it."""
    assert named_missing(words) == name


async def test_a_size_that_fits_all_is_no_first_page(tmp_path: Path, api: FaultApi) -> None:
    """Where a position only moves within the rows at hand there is nothing more to read."""
    scene = Scene(tmp_path, api)
    asking("pagination: {type: none}")(scene)
    serving(listed(PEOPLE[:20]))(scene)

    report = await scene.check()

    assert report.findings == [], told(report.findings)


async def test_no_more_is_asked_than_is_said(tmp_path: Path, api: FaultApi) -> None:
    """A clean list that is not paged costs few requests more than its own."""
    scene = Scene(tmp_path, api)
    asking("pagination: {type: none}")(scene)
    serving(listed(PEOPLE[:20]))(scene)

    await scene.check()

    asked = [one for one in api.requests if one.path == "/v1/people"]
    assert 1 < len(asked) <= 1 + MOST_IN_DOUBT
