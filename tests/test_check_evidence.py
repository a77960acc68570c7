"""``check`` uses what an answer or the files already hold: words, other places, and other forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.check_scene import Mistake, Scene, asking, listed, person, serving, swap
from tests.fault_api import FaultApi, Handler, Json, Reply, Request, answer, text

PEOPLE = [person(number) for number in range(25)]
ROWS = listed(PEOPLE)
BEFORE = "The request is not valid; see the details of what was sent for the reasons of this. " * 3


def refusing(name: str, words: str, *right: str) -> Handler:
    """People for right values of a parameter, and a refusal whose reason stands far behind."""

    def handler(request: Request) -> Reply:
        if request.param(name) in {None, *right}:
            return ROWS(request)
        body: dict[str, Json] = {"message": BEFORE, "details": [{"message": words}]}
        return answer(body, 400)

    return handler


def needing(words: str, *names: str) -> Handler:
    """People for those who send some parameters, all of them."""
    return lambda r: ROWS(r) if all(map(r.param, names)) else answer({"message": words}, 400)


def of_org(*known: str, status: int = 200) -> Handler:
    """People of an organization, who are nobody's without its name."""

    def handler(request: Request) -> Reply:
        if request.param("org") in known:
            return ROWS(request)
        return answer({"data": []} if status == 200 else {"message": "No such owner"}, status)

    return handler


def with_more(rows: Callable[[int], dict[str, Json]]) -> Handler:
    """People with something more."""
    return listed([person(number) | rows(number) for number in range(25)])


def grouped(request: Request) -> Reply:
    """People in groups, which have names too."""
    groups = [{"name": f"Group {at}", "people": PEOPLE[at * 8 : at * 8 + 8]} for at in range(3)]
    return answer({"data": groups if request.number("page", 1) == 1 else []})


def keyed(request: Request) -> Reply:
    """Teams by their names, each with its tags."""
    body: dict[str, Json] = {f"team-{number}": ["a"] * (number % 2) for number in range(4)}
    return answer(body if request.number("page", 1) == 1 else {})


CASES = {
    "values far behind": Mistake(
        [asking("query_params: {order: ascending}"),
         serving(refusing("order", "must be one of the allowed values: asc, desc", "asc"))],
        "query_params: {order",
        "write order: asc (so it answers)",
    ),
    "values in a list of JSON": Mistake(
        [asking("query_params: {scope: everything}"),
         serving(refusing("scope", '{"allowedValues": ["own", "all"]}', "own", "all"))],
        "query_params: {scope",
        "one of: write scope: own (so it answers); or write scope: all (so it answers)",
    ),
    "an example": Mistake(
        [asking("query_params: {filter: active=true}"),
         serving(refusing("filter", 'Invalid filter. Use a form such as name eq "x".',
                          'active eq "true"'))],
        "query_params: {filter",
        'write filter: active eq "true" (so it answers)',
    ),
    "what a pattern begins with": Mistake(
        [asking("query_params: {level: high}"),
         serving(refusing("level", "must match ^(IS|IS_NOT):.+$", "IS:high"))],
        "query_params: {level",
        "write level: 'IS:high' (so it answers)",
    ),
    "the form of a date that is missing": Mistake(
        [asking("query_params: {since: '2026-01-01'}"),
         serving(needing("Missing or invalid parameter: until (expected YYYY-MM-DD)",
                         "since", "until"))],
        "query_params: {since",
        "add until to query_params (as YYYY-MM-DD)",
    ),
    "values of a query that none has": Mistake(
        [swap('query: "true"', 'query: .level == "medium"')],
        'query: .level == "medium"',
        'one of: write query: .level == "low" (true for 10 of 20); or write query: .level =='
        ' "high" (true for 10 of 20)',
    ),
    "a value that another place sends": Mistake(
        [asking("query_params: {org: acme-inc}"), serving(of_org("acme")),
         swap("endpoint: /teams\n", "endpoint: /teams\n          query_params: {org: acme}\n")],
        "query_params: {org: acme-inc",
        "write org: acme (so it answers)",
        severity="warn",
    ),
    "a value with more elsewhere, under another name": Mistake(
        [asking("query_params: {org: acme}"), serving(of_org("gh/acme", status=404)),
         swap("endpoint: /teams\n", "endpoint: /teams\n          query_params: {slug: gh/acme}\n")],
        "query_params: {org: acme",
        "write org: gh/acme (so it answers)",
    ),
    "a list within the rows": Mistake(
        [swap('query: "true"', "query: .active == true"), serving(grouped)],
        "data_path: .data",
        "write data_path: '.data[].people[]' (a list of 24)",
    ),
    "keys of an object": Mistake(
        [swap("data_path: .data\n          field: .id\n          filter: .open",
              "field: .value"),
         swap("endpoint: /teams", "endpoint: /names"), serving(keyed, "/v1/names")],
        "=team:",
        "write data_path: keys",
    ),
    "lists within a list": Mistake(
        [swap("size: .size", "size: '[.nets[].ips]'"),
         swap('"type": "number"', '"type": "array",\n     "items": {"type": "string"}',
              "blueprints"),
         serving(with_more(lambda at: {"nets": [{"ips": [f"10.0.0.{at}"]}]}))],
        "size: '[.nets",
        "write size: '[.nets[].ips[]]'",
    ),
    "a pair of a time and a value": Mistake(
        [swap("size: .size", "size: .sample"),
         serving(with_more(lambda at: {"size": None, "sample": [1.5, f"{at}"]}))],
        "size: .sample",
        "write size: '.sample[1] | tonumber'",
    ),
    "a constant before the identifiers of a target": Mistake(
        [swap("team: .team.id", "team: .unit"),
         serving(with_more(lambda at: {"unit": f"{at % 4}", "team": {"name": "x"}}))],
        "team: .unit",
        'write team: .unit | "team-" + .',
    ),
    "the end that a path beside has": Mistake(
        [swap("kind: /people", "kind: /a/people"), swap("kind: /teams\n", "kind: /a/teams/list\n"),
         serving(ROWS, "/v1/a/people/list"),
         serving(listed([{"id": f"team-{n}", "name": "T", "open": True} for n in range(4)]),
                 "/v1/a/teams/list")],
        "kind: /a/people",
        "write kind: /a/people/list",
    ),
    "two words of the mapping in a path": Mistake(
        [swap("kind: /people", "kind: /timeoff"), swap("'\"person\"'", "'\"time_off\"'"),
         swap('"identifier": "person"', '"identifier": "time_off"', "blueprints"),
         serving(ROWS, "/v1/time_off")],
        "kind: /timeoff",
        "write kind: /time_off",
    ),
    "keys that share a word": Mistake(
        [asking("pagination: {type: page, limit_param: size}")],
        "limit_param",
        "write pagination_param or size_param, or remove it",
    ),
    "a text in the quotes of other languages": Mistake(
        [swap("title: .name", "title: .name + ' (' + .level + ')'")],
        "title: .name",
        """write title: .name + " (" + .level + ")\"""",
    ),
    "a quote that is not closed, and one within it": Mistake(
        [swap("blueprint: '\"person\"'", "blueprint: '\"person"),
         swap("mail: .mail", "mail: .mail + ' '")],
        "blueprint: '\"person",
        "close the quote: '\"person\"'",
    ),
    "the only key of a format": Mistake(
        [swap("mail: .mail", "mail: .inner.address"),
         serving(with_more(lambda at: {"mail": None, "inner": {"box": f"p{at}@example.com"}}))],
        "mail: .inner",
        "write mail: .inner.box (20 of 20)",
    ),
    "the keys of the object that is read": Mistake(
        [swap("phone: .phone", "phone: .inner.xylophone"),
         serving(with_more(lambda at: {"phone": None, "inner": {"cell": {"a": at},
                                                                    "desk": {"b": at}}}))],
        "phone: .inner",
        ".inner have cell, desk",
        severity="warn",
    ),
    "what differs beside a name": Mistake(
        [swap("phone: .phone", "phone: .pairs.tier"),
         serving(with_more(lambda at: {"pairs": [{"code": "p1", "name": "tier",
                                                  "value": f"t{at}"}]}))],
        "phone: .pairs",
        "| .value][0]",
    ),
    "a key below others, of elements": Mistake(
        [swap("team: .team.id", "team: '[.a.b.teams[].more.label]'"),
         swap('"many": false', '"many": true', "blueprints"),
         serving(with_more(lambda at: {"team": None, "a": {"b": {"teams": [
             {"key": f"team-{at % 4}", "more": {"label": f"T {at}"}}]}}}))],
        "team: '[.a",
        "write team: '[.a.b.teams[]?.key]'",
    ),
    "a number that many keys have": Mistake(
        [swap('query: "true"', "query: .inside.total >= 0"),
         serving(with_more(lambda at: {"one": 0, "within": {"some": 0, "total": at}}))],
        "query: .inside",
        "write query: .within.total >= 0",
    ),
    "a date with other signs": Mistake(
        [swap("joined: .joined", "joined: .begun"),
         serving(with_more(lambda at: {"joined": None, "begun": f"2026/03/0{at % 9 + 1} 10:00"}))],
        "joined: .begun",
        """write joined: '.begun | strptime("%Y/%m/%d %H:%M") | todate'""",
    ),
    "a time behind a date, as in the example": Mistake(
        [asking("query_params: {since: '2026-01-01'}"),
         serving(refusing("since", "since is invalid, e.g. 2026-01-31T00:00:00Z",
                          "2026-01-01T00:00:00Z"))],
        "query_params: {since",
        "write since: '2026-01-01T00:00:00Z' (so it answers)",
    ),
    "a path with a word too many": Mistake(
        [swap("kind: /teams/{team}/notes", "kind: /teams/{team}/team_notes")],
        "kind: /teams/{team}",
        "write kind: '/teams/{team}/notes'",
    ),
    "a part of what an expression with braces gives": Mistake(
        [swap("team: .team.id", "team: '{of: .ref}.of'"),
         serving(with_more(lambda at: {"team": None, "ref": f"team-{at % 4}/x"}))],
        "team: '{of",
        """write team: '{of: .ref}.of | split("/")[0]'""",
    ),
    "a key with a blank": Mistake(
        [swap("phone: .phone", "phone: .contact.Home Phone")],
        "phone: .contact",
        'write phone: .contact."Home Phone"',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_what_is_at_hand_is_used(case: Mistake, tmp_path: Path, api: FaultApi) -> None:
    """In the line that is wrong, with what to write."""
    await case.is_told(Scene(tmp_path, api))


async def test_a_long_page_for_people_is_cut(tmp_path: Path, api: FaultApi) -> None:
    """Of a refusal as HTML the beginning is shown, of other words all."""
    page = "<html>" + "<p>not here</p>" * 60
    api.serve("/v1/gone", lambda _: text(page, 404, "text/html"))
    scene = Scene(tmp_path, api)
    report = await scene.spoilt([swap("kind: /people", "kind: /gone")])
    assert all(len(one.problem) < 500 for one in report.findings)
