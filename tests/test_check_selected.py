"""``check`` on lists whose requests say which keys come, where what is mapped is not among them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.check_scene import Mistake, Scene, Spoil, person, serving, settings, signed, swap
from tests.fault_api import FaultApi, Handler, Reply, Request, answer
from tests.literals import Json

PEOPLE = [person(number) for number in range(7)]
ALL = "name,phone,joined,site,mail,level,active,size,team"
_NODES = re.compile(r"people \{ nodes \{ (.*) \} \}")
_KEY = re.compile(r"(\w+)(?: \{ \w+ \})?")
QUERY = "query { people { nodes { id " + ALL.replace(",", " ") + " { id } } } }"


def _with(keys: Sequence[str]) -> Reply:
    return answer({"data": [{key: one.get(key) for key in ("id", *keys)} for one in PEOPLE]})


def chosen(name: str) -> Handler:
    """People with the keys that a parameter names, of one page."""

    def handler(request: Request) -> Reply:
        if not signed(request):
            return answer({"message": "sign in"}, 401)
        if request.number("page", 1) > 1:
            return answer({"data": []})
        return _with([one for one in (request.param(name) or "name").split(",") if one != "id"])

    return handler


def teams(request: Request) -> Reply:
    """Teams with the keys that a parameter names, all without it."""
    keys = (request.param("fields") or "id,name,open").split(",")
    whole = [{"id": f"team-{n}", "name": f"Team {n}", "open": True} for n in range(4)]
    rows: list[Json] = [{key: one[key] for key in keys if key in one} for one in whole]
    return answer({"data": rows if request.number("page", 1) == 1 else []})


def expanded(request: Request) -> Reply:
    """People, with the objects that a parameter names."""
    more = (request.param("expand") or "").split(",")
    keys = [key for key in PEOPLE[0] if key not in {"team", "contact"} or key in more]
    return _with([key for key in keys if key != "id" and request.number("page", 1) == 1])


def queried(request: Request) -> Reply:
    """People with what a query selects."""
    found = _NODES.search(str(request.json.get("query")))
    keys = _KEY.findall(found[1]) if found else []
    rows: list[Json] = [{key: one.get(key) for key in keys} for one in PEOPLE]
    return answer({"data": {"people": {"nodes": rows}}})


def _choosing(name: str, keys: str) -> list[Spoil]:
    params = f"data_path: .data\n      query_params: {{{name}: '{keys}'}}"
    return [serving(chosen(name)), swap("data_path: .data", params)]


def _querying(query: str) -> list[Spoil]:
    """People by a query."""
    asked = f"data_path: .data.people.nodes\n      method: POST\n      body: {{query: '{query}'}}\n"
    return [
        settings(pagination_type="none", size_param=None, page_size=None),
        serving(queried, "/v1/graphql"),
        swap("data_path: .data\n", asked),
        swap("kind: /people", "kind: /graphql"),
    ]


CASES = {
    "one key is not named": Mistake(
        _choosing("fields", ALL.replace(",mail", "")), "query_params", "write fields: 'mail,name"
    ),
    "several are not": Mistake(
        _choosing("$select", ALL.replace(",mail", "").replace(",size", "")),
        "query_params",
        "write $select: 'mail,size,name,phone,",
    ),
    "one alone is named": Mistake(
        _choosing("only", "name"),
        "query_params",
        "write only: 'phone,joined,site,mail,level,active,size,team,name'",
    ),
    "an object is not named beside another": Mistake(
        [
            serving(expanded),
            swap("data_path: .data", "data_path: .data\n      query_params: {expand: contact}"),
        ],
        "query_params",
        "write expand: 'team,contact'",
    ),
    "the key of parents that their children are found by is not named": Mistake(
        [
            serving(teams, "/v1/teams"),
            swap("field: .id\n", "field: .id\n          query_params: {fields: 'name,open'}\n"),
        ],
        "fields: 'name,open'",
        "write fields: 'id,name,open'",
    ),
    "a query does not select a key": Mistake(
        _querying(QUERY.replace(" mail", "")),
        "body: {query",
        "write name mail in the place of name",
    ),
    "a query selects neither a key nor an object": Mistake(
        _querying(QUERY.replace(" mail", "").replace(" team { id }", "")),
        "body: {query",
        "mail team id in the place of",
    ),
    "a query does not select the identifier": Mistake(
        _querying(QUERY.replace("{ id name", "{ name")),
        "body: {query",
        "write name id in the place of name in query",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_what_is_mapped_is_asked_for(case: Mistake, tmp_path: Path, api: FaultApi) -> None:
    """By all names that are missing at once, and the API has answered them."""
    await case.is_told(Scene(tmp_path, api))


@pytest.mark.parametrize(
    "spoils", [_choosing("fields", ALL), _querying(QUERY)], ids=["by a parameter", "by a query"]
)
async def test_a_list_with_all_that_is_mapped(
    spoils: list[Spoil], tmp_path: Path, api: FaultApi
) -> None:
    """Nothing is told of it."""
    report = await Scene(tmp_path, api).spoilt(spoils)

    assert [one for one in report.findings if "people" in one.problem + "graphql"] == []
