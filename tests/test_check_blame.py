"""``check`` says what a refusal, an empty list or a value is about: its place and its remedy."""

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
    notes,
    person,
    serving,
    settings,
    signed,
    swap,
)
from tests.fault_api import FaultApi, Handler, Json, Reply, Request, answer, text

PEOPLE: list[dict[str, Json]] = [person(number) for number in range(25)]


def keyed_by(header: str, key: str) -> Spoil:
    """Settings that send a key in a header, and no token."""
    return settings(auth_type="api_key", api_token=None, api_key=key, api_key_header=header)


def refusing(name: str, allowed: str, words: str, status: int = 400) -> Handler:
    """People whose query parameter may have one value only."""
    rows = listed(PEOPLE)

    def handler(request: Request) -> Reply:
        value = request.param(name)
        return rows(request) if value in (None, allowed) else answer({"message": words}, status)

    return handler


def filtered(request: Request) -> Reply:
    """People of one level, where the request names one."""
    level = request.param("level")
    rows = [one for one in PEOPLE if level is None or one["level"] == level]
    return listed(rows)(request)


def keyed(header: str, value: str, missing: str, wrong: str, status: int = 401) -> Handler:
    """What only those read who send a header; the API tells none from a wrong one, or not."""
    rows = listed(PEOPLE)

    def handler(request: Request) -> Reply:
        sent = request.headers.get(header.lower())
        if sent == value:
            return rows(request)
        return answer({"message": wrong if sent else missing}, status)

    return handler


def sized(most: int) -> Handler:
    """People by pages of at most so many; the refusal names no number."""
    rows = listed(PEOPLE)

    def handler(request: Request) -> Reply:
        if request.number("size", 20) > most:
            return answer({"message": "invalid page size"}, 400)
        return rows(request)

    return handler


def moved(name: str) -> Handler:
    """People whose offset has another name."""

    def handler(request: Request) -> Reply:
        if not signed(request):
            return answer({"message": "sign in"}, 401)
        start, size = request.number(name, 0), request.number("limit", 20)
        return answer({"data": PEOPLE[start : start + size], "errors": []})

    return handler


def with_total(request: Request) -> Reply:
    """The first people, beside the number of all."""
    del request
    return answer({"data": PEOPLE[:10], "total": 25})


def wanting_zone(request: Request) -> Reply:
    """People for requests that name a zone."""
    is_there = request.param("zone") == "eu"
    return (
        listed(PEOPLE)(request) if is_there else answer({"message": "Missing zone in query"}, 400)
    )


def wanting_size(words: str) -> Handler:
    """People for requests that name a size by its own name."""
    return lambda request: (
        listed(PEOPLE)(request) if request.param("pageSize") else answer({"message": words}, 400)
    )


def parts_of_teams(request: Request) -> Reply:
    """Teams beside another list of objects with ids."""
    del request
    teams = [{"id": f"team-{n}", "name": f"Team {n}", "open": True} for n in range(4)]
    return answer({"data": teams, "fields": [{"id": "name"}]})


def expanded(request: Request) -> Reply:
    """People with their phone and mail, for those who want all."""
    short = {"phone", "mail", "site"}
    is_all = request.param("expand") == "all"
    rows = [{key: v for key, v in one.items() if is_all or key not in short} for one in PEOPLE]
    return listed(rows)(request)


def sectioned(request: Request) -> Reply:
    """People with their phone and mail, for those who name a section."""
    short = {"phone", "mail", "site"} if request.param("section") is None else set()
    return listed([{key: one[key] for key in one if key not in short} for one in PEOPLE])(request)


def beside(request: Request) -> Reply:
    """A list without rows beside the one with people."""
    del request
    return answer({"data": PEOPLE[:9], "failed": []})


def chosen(request: Request) -> Reply:
    """People with the keys that are asked for."""
    names = (request.param("fields") or "id,name").split(",")
    rows = [{key: one[key] for key in names if key in one} for one in PEOPLE[:9]]
    return answer({"data": rows, "errors": []})


def without_notes(request: Request) -> Reply:
    """No notes for a value that is no team's id, and no failure."""
    is_team = request.values[0].startswith("team-")
    return notes(request) if is_team else answer([])


_NO_BASE = settings(base_url="{api}/v2")
_ALL = ("/v1/people", "/v1/teams")

BLAMES = {
    "a parameter that is refused, of which the API says nothing": Mistake(
        [asking("query_params: {sort: no}"), serving(refusing("sort", "name", "bad request"))],
        "query_params: {sort",
        "without sort it answers",
    ),
    "a value that crashes the API": Mistake(
        [asking("query_params: {zone: no}"), serving(refusing("zone", "eu", "no zone", 501))],
        "query_params: {zone",
        "without zone it answers",
    ),
    "a part of a body that the refusal names": Mistake(
        [
            asking('method: POST\n      body: {"filter": {"operator": "eq"}}'),
            serving(lambda _: answer({"message": "eq is no operator"}, 400)),
        ],
        "body: {",
        "correct operator (eq)",
    ),
    "a size whose name the refusal has": Mistake(
        [
            settings(size_param="page_size"),
            serving(
                wanting_size("Required request parameter 'pageSize' for type int is not present"),
                *_ALL,
            ),
        ],
        "SIZE_PARAM",
        "SIZE_PARAM=pageSize",
        "settings",
    ),
    "either of two values in another language": Mistake(
        [swap("title: .name", "title: .nick || .name")],
        "title: .nick",
        "write title: .nick // .name",
    ),
    "a key that goes on longer": Mistake(
        [
            serving(listed([{**one, "free_beds_count": 3, "beds": 9} for one in PEOPLE])),
            swap("size: .size", "size: .free_beds"),
        ],
        "size: .free_beds",
        "write size: .free_beds_count",
    ),
    "a number that is different by chance": Mistake(
        [
            serving(
                listed(
                    [
                        {"name": "x", "bytes": 7 * _n + 1, "lat": _n / 7, "serial": f"s-{_n}"}
                        for _n in range(9)
                    ]
                )
            ),
            swap("identifier: .id | tostring", "identifier: .name"),
        ],
        "identifier: .name",
        "write identifier: .serial (unique)",
        severity="warn",
    ),
    "a list within the one parent": Mistake(
        [
            serving(parts_of_teams, "/v1/teams"),
            swap(
                "          endpoint: /teams\n          data_path: .data",
                "          endpoint: /teams",
            ),
        ],
        "=team:",
        "write data_path: .data in team",
    ),
    "a key of a body that is misspelt": Mistake(
        [
            asking('method: POST\n      body: {"search": {"quary": "all"}}'),
            serving(
                lambda request: (
                    listed(PEOPLE)(request)
                    if b"query" in request.body
                    else answer(
                        {"message": "unknown field quary, expected one of query, sort"}, 400
                    )
                )
            ),
        ],
        "body: {",
        "write query: all in the place of quary: so it answers",
    ),
    "a word of a body that is misspelt": Mistake(
        [
            asking('method: POST\n      body: {"level": "higt"}'),
            serving(
                lambda request: (
                    listed(PEOPLE)(request)
                    if b"high" in request.body
                    else answer({"message": "level is one of low, high"}, 400)
                )
            ),
        ],
        "body: {",
        "write level: high (so it answers)",
    ),
    "a header of the settings that the refusal names": Mistake(
        [
            settings(custom_headers='{"Acme-Version": "9"}'),
            serving(lambda _: answer({"message": "acme_version_invalid"}, 400)),
        ],
        "CUSTOM_HEADERS",
        "Acme-Version",
        "settings",
    ),
    "a size that is refused, and no number is named": Mistake(
        [settings(page_size="5000"), serving(sized(200))],
        "PAGE_SIZE",
        "PAGE_SIZE=200",
        "settings",
    ),
    "a position of the same style under another name": Mistake(
        [
            settings(pagination_type="offset", size_param="limit", pagination_param="begin"),
            serving(moved("skip")),
        ],
        "PAGINATION_PARAM",
        "PAGINATION_PARAM=skip",
        "settings",
    ),
    "a base URL under which no resource is": Mistake(
        [_NO_BASE], "BASE_URL", "/v1: /people answers there", "settings"
    ),
    "a header that the API does not look at": Mistake(
        [
            keyed_by("X-Kee", "k-1"),
            serving(keyed("X-Key", "k-1", "no key", "bad key", 403), *_ALL),
        ],
        "API_KEY_HEADER",
        "the same without credentials: correct OCEAN__INTEGRATION__CONFIG__API_KEY_HEADER (X-Kee)",
        "settings",
    ),
    "a refusal in several lines, the same without credentials": Mistake(
        [
            keyed_by("X-Kee", "k-1"),
            serving(lambda _: text("<p>\n  No key\n</p>\n", 401, "text/xml"), *_ALL),
        ],
        "API_KEY_HEADER",
        "answers the same without credentials",
        "settings",
    ),
    "an error in the format that was asked for": Mistake(
        [serving(lambda _: answer({"stat": "fail", "error": {"message": "no such thing"}}))],
        "kind: /people",
        "the API's own words say why",
    ),
    "a key that the API looks at and refuses": Mistake(
        [
            keyed_by("X-Key", "k-2"),
            serving(keyed("X-Key", "k-1", "no key", "bad key", 403), *_ALL),
        ],
        "API_KEY=",
        "sees these credentials and refuses them: correct ",
        "settings",
    ),
    "a key without the word before it": Mistake(
        [
            keyed_by("Authorization", "k-1"),
            serving(keyed("Authorization", "Token k-1", "no", "no"), *_ALL),
        ],
        "API_KEY=",
        "a word before the key",
        "settings",
    ),
    "credentials without a type": Mistake(
        [settings(auth_type="none")], "AUTH_TYPE", "AUTH_TYPE=bearer_token", "settings"
    ),
    "a parameter that leaves everything out": Mistake(
        [asking("query_params: {level: top}"), serving(filtered)],
        "query_params: {level",
        '.level is "high", "low"',
        severity="warn",
    ),
    "an empty list beside the one that is meant": Mistake(
        [swap("data_path: .data", "data_path: .failed"), serving(beside)],
        "data_path: .failed",
        "write data_path: .data (a list of 9)",
    ),
    "parents of whom none passes": Mistake(
        [swap("filter: .open", 'filter: .name == "team"')],
        'filter: .name == "team"',
        '.name is "Team 0"',
    ),
    "children that are empty for a wrong key of their parents": Mistake(
        [swap("field: .id", "field: .key"), serving(without_notes, "/v1/teams/{}/notes")],
        "field: .key",
        "write field: .id (for 'team-0' there are items)",
    ),
    "parents without the path to their list": Mistake(
        [swap("          data_path: .data\n          field", "          field")],
        "=team:",
        "write data_path: .data in team (a list of",
    ),
    "a list without the path to it": Mistake(
        [swap("      data_path: .data\n    port", "    port")],
        "selector:",
        "write data_path: .data in selector (a list of",
    ),
    "a type that Port calls otherwise": Mistake(
        [
            swap(
                '"phone": {\n     "type": "string"', '"phone": {\n     "type": "text"', "blueprints"
            )
        ],
        '"type": "text"',
        'write "type": "string"',
        "blueprints",
    ),
    "a format that Port spells otherwise": Mistake(
        [swap('"format": "date-time"', '"format": "datetime"', "blueprints")],
        '"format": "datetime"',
        'write "format": "date-time"',
        "blueprints",
    ),
    "a comma too many": Mistake(
        [swap('"required": []', '"required": [],', "blueprints")],
        '"required": [],',
        "remove the comma",
        "blueprints",
    ),
    "a placeholder without quotes": Mistake(
        [
            swap("kind: /teams/{team}/notes", "kind: /notes"),
            swap(
                "      path_parameters:",
                "      query_params: {of: {team}}\n      path_parameters:",
            ),
        ],
        "query_params: {of",
        "write of: '{team}'",
    ),
    "a parameter by a name of the refusal's words": Mistake(
        [asking("query_params: {zone_id: eu}"), serving(wanting_zone)],
        "query_params: {zone_id",
        "write zone: eu in the place of zone_id: so it answers",
    ),
    "a value that the refusal has otherwise": Mistake(
        [
            asking("query_params: {sort: nmae}"),
            serving(refusing("sort", "name", "sort must be one of id, name, mail")),
        ],
        "query_params: {sort",
        "write sort: name (so it answers)",
    ),
    "keys that a parameter of one thing for several brings": Mistake(
        [serving(sectioned), asking("query_params: {sections: all}")],
        "{sections",
        "write section: all in the place of sections: so",
    ),
    "keys that a parameter of others brings": Mistake(
        [
            serving(expanded),
            swap(
                "kind: /teams\n    selector:",
                "kind: /teams\n    selector:\n      query_params: {expand: all}",
            ),
        ],
        "selector:",
        "write expand: all in query_params (so mail comes)",
    ),
    "a boolean for which the blueprint says array": Mistake(
        [
            swap(
                '"active": {\n     "type": "boolean"',
                '"active": {\n     "type": "array"',
                "blueprints",
            )
        ],
        '"type": "array"',
        'write "type": "boolean", or [.active] in the mapping',
        "blueprints",
    ),
    "one page by wish, of more": Mistake(
        [asking("pagination: {type: none}"), serving(with_total)],
        "pagination: {type: none}",
        "accept_doubt: true",
        severity="warn",
    ),
    "a key that is not chosen": Mistake(
        [
            asking("query_params: {fields: 'id,name,mail,site'}"),
            swap("phone: .phone", "phone: .joined"),
            serving(chosen),
        ],
        "query_params: {fields",
        "write fields: 'joined,level,active,size,team,id,name,mail,site' (so",
    ),
    "a list of keys under a name that is not heeded": Mistake(
        [asking("query_params: {columns: 'id,name,mail'}"), serving(chosen)],
        "query_params: {columns",
        "write fields: 'id,name,",
    ),
    "an object in place of a relation": Mistake(
        [swap("team: .team.id", "team: .team")], "team: .team", "write team: .team.id"
    ),
    "a type of the blueprint that no expression gives": Mistake(
        [
            swap(
                '"size": {\n     "type": "number"',
                '"size": {\n     "type": "object"',
                "blueprints",
            )
        ],
        '"type": "object"',
        'write "type": "number"',
        "blueprints",
    ),
    "a query that compares an object": Mistake(
        [swap('query: "true"', 'query: .team == "team-1"')],
        'query: .team == "team-1"',
        'write query: .team.id == "team-1"',
    ),
    "a list of children without anything that is mapped": Mistake(
        [
            serving(
                lambda _: answer({"ids": [1, 2], "notes": [{"id": 1, "text": "a"}]}),
                "/v1/teams/{}/notes",
            ),
            swap(
                'notes\n    selector:\n      query: "true"',
                "notes\n    selector:\n      query: .text != null\n      data_path: .ids",
            ),
            swap(
                "identifier: .id\n          blueprint: '\"note\"'",
                'identifier: .__team + "/" + (.id | tostring)\n          blueprint: \'"note"\'',
            ),
        ],
        "data_path: .ids",
        "write data_path: .notes",
    ),
    "an answer that is taken for an item, with a list of what is mapped": Mistake(
        [
            serving(
                lambda request: answer(
                    {"of": request.values[0], "notes": [{"id": "1", "text": "a", "by": "b"}]}
                ),
                "/v1/teams/{}/notes",
            ),
            swap(
                "identifier: .id\n          blueprint: '\"note\"'",
                "identifier: .__team\n          title: .by\n          blueprint: '\"note\"'",
            ),
            swap(
                'notes\n    selector:\n      query: "true"',
                'notes\n    selector:\n      query: "true"\n      data_path: .',
            ),
        ],
        "=data_path: .",
        "write data_path: .notes",
    ),
    "a query that says not as other languages do": Mistake(
        [swap('query: "true"', "query: not .team.archived")],
        "query: not",
        "write query: .team.archived | not (true for 20 of 20)",
    ),
    "a query of items that come without what is read": Mistake(
        [
            serving(listed([{"_class": "P", "_kind": "Q"} for _ in range(5)])),
            swap('query: "true"', "query: .active"),
        ],
        "query: .active",
        "the items have _class, _kind, and nothing that is mapped: ask the API for more",
    ),
    "a query of empty items": Mistake(
        [
            serving(listed([{} for _ in range(5)])),
            swap('query: "true"', "query: .active == true"),
        ],
        "query: .active",
        "the items have no keys, and nothing that is mapped: ask the API for more",
    ),
    "a query of a key that nothing has": Mistake(
        [swap('query: "true"', "query: .zzz")],
        "query: .zzz",
        "team, weight, and no .zzz",
    ),
    "a placeholder that is misspelt in the kind": Mistake(
        [swap("/teams/{team}/notes", "/teams/{tem}/notes")],
        "{tem}",
        "write kind: '/teams/{team}/notes'",
    ),
    "a blueprint that is missing, and one like it that another resource makes": Mistake(
        [swap("'\"note\"'", "'\"teams\"'")], "'\"teams\"'", "or add it to the blueprints"
    ),
    "YAML's own character": Mistake(
        [swap("phone: .phone", "phone: *phone")], "phone: *phone", "quotes"
    ),
}


@pytest.mark.parametrize("blame", BLAMES.values(), ids=BLAMES.keys())
async def test_the_blame_is_at_its_place(blame: Mistake, tmp_path: Path, api: FaultApi) -> None:
    """One finding, in the line that is wrong, with what to do there."""
    scene = Scene(tmp_path, api)
    report = await blame.is_told(scene)

    assert SETTINGS["api_token"] not in str(report.as_json())
