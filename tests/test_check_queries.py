"""``check`` reads GraphQL queries beside the rest of their selectors, without a request."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from json_values import Json
from resync.path_parameters import Endpoint
from tests.check_scene import Scene, told
from tests.fault_api import FaultApi
from workbench.check.files.graphql import read_query
from workbench.check.files.graphql_slips import paging_of
from workbench.check.findings import Put

BOTH = "($first: Int, $after: String)"
RIGHT = (
    f"query {BOTH} {{ teams(first: $first, after: $after) {{ nodes {{ id name }}"
    " pageInfo { hasNextPage endCursor } } }"
)
IN_EDGES = RIGHT.replace("nodes { id name }", "edges { node { id } }")
ARGUMENTS = "first: $first, after: $after"
PLAIN = (
    "query ($mark: String) { teams { found(mark: $mark) { nextMark: nextCursor rows { id } } } }"
)
PAGED: dict[str, Json] = {
    "type": "cursor",
    "pagination_param": "variables.after",
    "size_param": "variables.first",
    "send_in": "body",
}
BY_MARK = PAGED | {
    "pagination_param": "variables.mark",
    "size_param": None,
    "cursor_path": "data.teams.found.nextMark",
}


def selector(**changed: Json) -> dict[str, Json]:
    """A selector that reads teams by a query."""
    right: dict[str, Json] = {
        "query": "true",
        "method": "POST",
        "body": {"query": RIGHT},
        "data_path": ".data.teams.nodes",
        "pagination": PAGED,
    }
    return {key: one for key, one in (right | changed).items() if one is not None}


def mapping(*selectors: Json) -> str:
    """A mapping that makes teams by each selector."""
    made = {"entity": {"mappings": {"identifier": ".id", "blueprint": '"team"'}}}
    held = [{"kind": "/graphql", "selector": one, "port": made} for one in selectors]
    return str(yaml.safe_dump({"resources": held}, sort_keys=False))


def marked(query: str = PLAIN, **changed: Json) -> dict[str, Json]:
    """A selector whose query has a place of its own for what leads on."""
    return selector(
        body={"query": query}, data_path=".data.teams.found.rows", pagination=BY_MARK | changed
    )


@dataclass(frozen=True)
class Case:
    """A selector, the keys to where it is wrong, and what is to be written there."""

    selector: dict[str, Json]
    path: str
    value: Json


def asking(query: str) -> dict[str, Json]:
    """A selector with another query."""
    return selector(body={"query": query})


CASES = {
    "a query as it is": Case(selector(body=RIGHT, pagination=None), "body", {"query": RIGHT}),
    "by GET": Case(selector(method=None), "method", "POST"),
    "a brace too few": Case(asking(RIGHT[:-2]), "body/query", f"{RIGHT[:-2]} }}"),
    "a data_path without data": Case(
        selector(data_path=".teams.nodes"), "data_path", ".data.teams.nodes"
    ),
    "a variable that is not declared": Case(
        asking(RIGHT.replace("($first: Int, $after: String)", "($first: Int)")),
        "body/query",
        RIGHT,
    ),
    "none that is declared": Case(
        asking(RIGHT.replace(f"{BOTH} ", "").replace("first: $first, ", "")),
        "body/query",
        RIGHT.replace(BOTH, "($after: String)").replace("first: $first, ", ""),
    ),
    "a variable that is used with a slip": Case(
        asking(RIGHT.replace("after: $after", "after: $aftr")), "body/query", RIGHT
    ),
    "a variable that is declared with a slip": Case(
        asking(RIGHT.replace("$after: String", "$aftr: String")), "body/query", RIGHT
    ),
    "a position beside the variables": Case(
        selector(pagination=PAGED | {"pagination_param": "after"}),
        "pagination/pagination_param",
        "variables.after",
    ),
    "a variable that is not used": Case(
        asking(RIGHT.replace(", after: $after", "")), "body/query", RIGHT
    ),
    "a variable that is not there": Case(
        asking(RIGHT.replace(", after: $after", "").replace(", $after: String", "")),
        "body/query",
        RIGHT,
    ),
    "no pageInfo": Case(
        asking(RIGHT.replace(" pageInfo { hasNextPage endCursor }", "")),
        "body/query",
        RIGHT.replace("{ nodes { id name } pageInfo { hasNextPage endCursor } }", "").replace(
            "after: $after) ",
            "after: $after) { pageInfo { hasNextPage endCursor } nodes { id name } }",
        ),
    ),
    "a size that is no variable": Case(
        selector(pagination=PAGED | {"size_param": "variables.limit"}),
        "pagination/size_param",
        "variables.first",
    ),
    "no pageInfo, where rows are in edges": Case(
        asking(IN_EDGES.replace(" pageInfo { hasNextPage endCursor }", ""))
        | {"data_path": ".data.teams.edges[].node"},
        "body/query",
        IN_EDGES.replace(
            "{ edges { node { id } } pageInfo { hasNextPage endCursor } }", ""
        ).replace(
            "after: $after) ",
            "after: $after) { pageInfo { hasNextPage endCursor } edges { node { id } } }",
        ),
    ),
    "no endCursor": Case(
        asking(RIGHT.replace(" endCursor", "")),
        "body/query",
        RIGHT.replace("hasNextPage endCursor", "endCursor hasNextPage"),
    ),
    "another variable": Case(
        marked(pagination_param="variables.after"),
        "pagination/pagination_param",
        "variables.mark",
    ),
    "variables in the query of the URL": Case(marked(send_in=None), "pagination/send_in", "body"),
    "a cursor that is selected elsewhere": Case(
        marked(cursor_path="data.teams.nextMark"),
        "pagination/cursor_path",
        "data.teams.found.nextMark",
    ),
    "a cursor that is not selected": Case(
        marked(PLAIN.replace("nextMark: nextCursor ", "")),
        "body/query",
        PLAIN.replace("nextMark: nextCursor", "nextMark"),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_what_a_query_lacks_is_told(case: Case, tmp_path: Path, api: FaultApi) -> None:
    """At the query, or at what reads its answer, with what is to be written."""
    report = await Scene(tmp_path, api, mapping(case.selector)).check(offline=True)

    (finding,) = report.findings
    (fix,) = [one for one in finding.fix if isinstance(one, Put)]
    path = ("resources", 0, "selector", *case.path.split("/"))
    assert (fix.path, fix.value) == (path, case.value), told(report.findings)


async def test_what_all_resources_lack_is_told_at_the_setting(
    tmp_path: Path, api: FaultApi
) -> None:
    """Once, and not in each of them; in those that alone are paged so, where others are not."""
    held = [selector(pagination={"send_in": "body"}) for _ in range(2)]
    scene = Scene(tmp_path, api, mapping(*held))
    scene.settings |= {"pagination_type": "cursor", "pagination_param": "after"}
    scene.settings["size_param"] = "variables.first"
    (finding,) = (await scene.check(offline=True)).findings
    variable = "OCEAN__INTEGRATION__CONFIG__PAGINATION_PARAM"
    place = scene.place(f"{variable}=after", "settings")
    assert ((finding.file, finding.line), finding.remedy) == (
        place,
        f"write {variable}=variables.after",
    )
    assert finding.fix == (Put(scene.place("", "settings")[0], (variable,), "variables.after"),)

    scene.mapping = mapping(*held, {"query": "true"})
    findings = (await scene.check(offline=True)).findings
    assert [one.remedy for one in findings] == ["write pagination_param: variables.after"] * 2


@pytest.mark.parametrize(
    "held",
    [
        pytest.param(selector(), id="a connection"),
        pytest.param(marked(), id="another name of a field"),
        pytest.param(
            selector(body={"query": RIGHT, "variables": {"after": None, "first": 5}}),
            id="a first position that is null",
        ),
        pytest.param(
            asking("{ teams { ...part } } fragment part on T { nodes { id } }"), id="parts"
        ),
        pytest.param(asking("{ teams(first: 50) { nodes { id } } }"), id="one page"),
        pytest.param(
            selector(
                body={"query": RIGHT.replace(BOTH, "($at: Page!)").replace(ARGUMENTS, "page: $at")},
                pagination=PAGED
                | {"pagination_param": "variables.at.after", "size_param": "variables.at.first"},
            ),
            id="a position within a variable",
        ),
        pytest.param(asking(RIGHT.replace(ARGUMENTS, f'{ARGUMENTS}, q: "costs $money"')), id="a $"),
        pytest.param(asking(f"query Other {{ me {{ id }} }} {RIGHT}"), id="two queries"),
        pytest.param(asking('{ "a": {"$gt": 3} }'), id="no GraphQL, but a search"),
        pytest.param(
            selector(
                body="{ teams { id } }",
                headers={"Content-Type": "application/graphql"},
                pagination=None,
            ),
            id="a text that is said to be one",
        ),
        pytest.param(
            asking('query { teams(of: "a } b", tag: """{""") { nodes { id } } } # {'), id="texts"
        ),
    ],
)
async def test_a_query_that_is_right_is_no_mistake(
    held: Json, tmp_path: Path, api: FaultApi
) -> None:
    """Also where it cannot be read, or reads one page."""
    report = await Scene(tmp_path, api, mapping(held)).check(offline=True)

    assert report.findings == [], told(report.findings)


async def test_a_query_that_is_lost_is_that_of_the_same_list(tmp_path: Path, api: FaultApi) -> None:
    """A resource without a body reads what another one reads by a query."""
    scene = Scene(tmp_path, api, mapping(selector(), selector(body=None)))

    report = await scene.check(offline=True)

    assert [one.fix[0].as_json()["value"] for one in report.findings] == [{"query": RIGHT}]


def test_a_query_says_how_a_list_is_paged() -> None:
    """By the variable that nothing sends, and what it selects that may be its next value."""
    body: dict[str, Json] = {"query": PLAIN.replace("nextMark: nextCursor", "nextCursor")}

    found = paging_of(Endpoint("/graphql", body=body))

    assert found == {
        "paginationType": "cursor",
        "paginationParam": "variables.mark",
        "cursorPath": "data.teams.found.nextCursor",
        "sendIn": "body",
        "sizeParam": None,
    }
    assert paging_of(Endpoint("/graphql", body=body | {"variables": {"mark": None}})) == found
    assert paging_of(Endpoint("/graphql", body=body | {"variables": {"mark": "x"}})) == {}


def test_where_a_query_takes_more() -> None:
    """Behind the arguments that there are, or as the first ones."""
    query = read_query("query Q($a: Int) { one: two(a: $a) @skip(if: $a) { three { four } } }")

    assert query is not None
    assert [*query.root.paths()] == [("one",), ("one", "three"), ("one", "three", "four")]
    three = query.root.at(("one", "three"))
    assert three is not None
    assert "three(b: $b) {" in query.with_argument(three, "b")
    assert query.with_variable("b", "Int").startswith("query Q($a: Int, $b: Int) {")
