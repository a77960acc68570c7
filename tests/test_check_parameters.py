"""``check`` on parameters of the query: another name, or another value, that is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.check_scene import Scene, Spoil, asking, listed, notes, person, serving, swap, told
from tests.fault_api import FaultApi, Handler, Reply, Request, answer

ROWS = listed([person(number) for number in range(25)])


def when(is_right: Callable[[Request], bool], words: str) -> Handler:
    """People for the requests that are right."""

    def handler(request: Request) -> Reply:
        return ROWS(request) if is_right(request) else answer({"message": words}, 400)

    return handler


def having(name: str, *values: str) -> Callable[[Request], bool]:
    """Whether a request has a parameter with one of some values, or with any."""
    return lambda request: (
        (request.param(name) or "") in values if values else request.param(name) is not None
    )


def notes_of(request: Request) -> Reply:
    """Notes of the team that a parameter names."""
    if not request.param("team"):
        return answer({"message": "teamId cannot be null"}, 422)
    return notes(Request(**{**vars(request), "values": (request.param("team"),)}))


_BY_QUERY = swap(
    'kind: /teams/{team}/notes\n    selector:\n      query: "true"',
    'kind: /notes\n    selector:\n      query: "true"\n      query_params: {teamId: "{team}"}',
)


def of_known_parts(request: Request) -> bool:
    """Whether all parts of the last of a parameter's values are known."""
    parts = (request.param("by") or "").split(",")
    return all(one.startswith(("level:", "count:")) for one in parts)


@dataclass(frozen=True)
class Case:
    """What is served and asked, the line to blame, and what is to be written."""

    spoils: list[Spoil]
    line: str
    remedy: str


CASES = {
    "another name that the words do not say": Case(
        [_BY_QUERY, serving(notes_of, "/v1/notes")],
        "teamId",
        "write team: '{team}' in the place of teamId: so it answers",
    ),
    "a name written otherwise": Case(
        [
            asking("query_params: {siteID: eu}"),
            serving(when(having("site_id"), "no site")),
        ],
        "siteID",
        "write site_id: eu in the place of siteID: so it answers",
    ),
    "a value with another sign": Case(
        [
            asking("query_params: {where: 'level:high,active=true'}"),
            serving(when(having("where", "level:high,active:true"), "cannot read where")),
        ],
        "where",
        "write where: 'level:high,active:true' (so it answers)",
    ),
    "a value that the words name": Case(
        [
            asking("query_params: {level: hihg}"),
            serving(when(having("level", "high", "low"), "level must be one of low, high")),
        ],
        "{level:",
        "write level: high (so it answers)",
    ),
    "a word that YAML makes a boolean": Case(
        [
            asking("query_params: {tree: on}"),
            serving(when(having("tree", "on", "off"), "Allowed values are on, off")),
        ],
        "{tree:",
        "write tree: 'on' (in quotes: YAML makes it a boolean)",
    ),
    "an order that is turned around": Case(
        [
            asking("query_params: {sort: -sizes}"),
            serving(when(having("sort", "size", "-size"), "no such order")),
        ],
        "{sort:",
        "write sort: -size (so it answers)",
    ),
    "braces around what is no path parameter": Case(
        [
            asking("query_params: {where: '{levle} is high'}"),
            serving(when(having("where", "{level} is high"), "unknown name levle")),
        ],
        "{where:",
        "write where: '{level} is high' (so it answers)",
    ),
    "one part of several, where one of two parameters is heeded": Case(
        [
            asking("query_params: {by: 'grade:high,count:10'}"),
            serving(when(of_known_parts, "unknown dimension grade: level, count")),
        ],
        "{by:",
        "write by: 'level:high,count:10' (so it answers)",
    ),
    "a value in another case": Case(
        [
            asking("query_params: {level: HIGH}"),
            serving(when(having("level", "high"), "unknown level")),
        ],
        "{level:",
        "write level: high (so it answers)",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_parameter_has_its_remedy(case: Case, tmp_path: Path, api: FaultApi) -> None:
    """In the line of the parameter."""
    scene = Scene(tmp_path, api)
    report = await scene.spoilt(case.spoils)

    found = [(one.line, one.remedy) for one in report.findings if case.remedy in one.remedy]
    place = [
        number for number, line in enumerate(scene.mapping.splitlines(), 1) if case.line in line
    ]
    assert [line for line, _ in found] == place[-1:], told(report.findings)


async def test_a_name_that_is_not_needed_proves_nothing(tmp_path: Path, api: FaultApi) -> None:
    """Where it answers without the parameter, it may well not look at any other name."""
    scene = Scene(tmp_path, api)
    asking("query_params: {siteID: eu}")(scene)
    serving(when(lambda request: request.param("siteID") is None, "siteID: no such site"))(scene)

    report = await scene.check()

    assert not any("in the place of" in one.remedy for one in report.findings)
    assert "without siteID it answers" in report.findings[0].remedy, told(report.findings)
