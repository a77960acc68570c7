"""SonarQube: projects, and the open issues of each.

https://docs.sonarsource.com/sonarqube-server/latest/extension-guide/web-api/: a token as ``Bearer``, and the
web API's own pages (``/web_api``) for ``components/search`` and ``issues/search``: ``p`` counts from 1, ``ps`` is
100 unless given and at most 500 (more is refused); ``paging`` tells ``pageIndex``, ``pageSize`` and ``total``, for
issues beside older names at the top. Of issues only the first 10,000 of a search can be had: a page beyond is
refused (https://github.com/SonarSource/sonar-scanner-msbuild/issues/891), whatever the total says; here 100.
An error is ``{"errors": [{"msg": …}]}``.
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Bearer,
    Call,
    Collection,
    Data,
    Expected,
    Facts,
    Json,
    Mistake,
    PageNumber,
    Product,
    RefusedError,
    Row,
    drop,
    find,
)

_WINDOW = 100  # the first so many issues of a search, 10,000 in truth
_PAGING = {
    "paging/pageIndex": "number",
    "paging/pageSize": "size",
    "paging/total": "total",
}


def _components_of(facts: Facts) -> Json:
    """The files that the issues of a page are in."""
    files = dict.fromkeys(row["component"] for row in facts.rows)
    return [{"key": name, "qualifier": "FIL", "name": name.rpartition("/")[2]} for name in files]


_COMPONENTS = PageNumber(
    number="p", size="ps", default=100, cap=500, above_cap="refuse", tell=_PAGING
)
_ISSUES = PageNumber(
    number="p",
    size="ps",
    default=100,
    cap=500,
    above_cap="refuse",
    bound=_WINDOW,
    tell={
        **_PAGING,
        "total": "total",
        "p": "number",
        "ps": "size",
        "components": _components_of,
    },
)


def _data() -> Data:
    projects: list[Row] = [
        {
            "key": f"acme:app-{n}",
            "name": f"App {n}",
            "qualifier": "TRK",
            "visibility": "private",
            "lastAnalysisDate": "2026-03-01T10:00:00+0000",
        }
        for n in range(23)
    ]
    issues: list[Row] = [
        {
            "key": f"AX-{at:02}-{n:02}",
            "rule": "java:S2095",
            "severity": ("BLOCKER", "MAJOR", "INFO")[n % 3],
            "component": f"{project['key']}:src/Main.java",
            "project": project["key"],
            "status": "OPEN",
            "message": f"Close this {n}.",
            "tags": ["cwe"][: n % 2],
        }
        for at, project in enumerate(projects)
        for n in range(_WINDOW - 2 if at == 4 else at % 4)
    ]
    return {"projects": projects, "issues": issues}


def _components(call: Call) -> Sequence[Row]:
    if not call.param("qualifiers"):
        raise RefusedError(400, "The 'qualifiers' parameter is missing")
    return [row for row in call.data["projects"] if row["qualifier"] == call.param("qualifiers")]


def _issues(call: Call) -> Sequence[Row]:
    project = call.param("components")
    if project is None:
        return call.data["issues"]
    find(call, "projects", "key", project)
    return [row for row in call.data["issues"] if row["project"] == project]


def _expected(data: Data) -> Iterator[Expected]:
    for project in data["projects"]:
        yield Expected(
            "sonarQubeProject",
            project["key"],
            properties={"lastAnalysis": project["lastAnalysisDate"]},
            title=project["name"],
        )
    for issue in data["issues"]:
        yield Expected(
            "sonarQubeIssue",
            issue["key"],
            relations={"project": issue["project"]},
            properties={
                "severity": issue["severity"],
                "rule": issue["rule"],
                "tags": issue["tags"],
            },
            title=issue["message"],
        )


def _error(status: int, reason: str) -> Json:
    del status
    if reason.startswith("p is beyond"):
        reason = f"Can return only the first {_WINDOW} results. {_WINDOW + 1}th result asked."
    return {"errors": [{"msg": reason}]}


_OF_PROJECT = "resources/1/selector"

PRODUCT = Product(
    prefix="/api",
    auth=Bearer("your-token"),
    data=_data,
    endpoints=(
        Collection("/components/search", _components, _COMPONENTS, wrap="components"),
        Collection(
            "/issues/search",
            _issues,
            _ISSUES,
            wrap="issues",
            beside={"effortTotal": 0, "facets": []},
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["issues"], "AX-04-17", key="key"),
    mistakes=(
        Mistake(
            "the issues of all projects at once",
            mapping={
                f"{_OF_PROJECT}/path_parameters": None,
                f"{_OF_PROJECT}/query_params/components": None,
            },
            error=f"Can return only the first {_WINDOW} results",
        ),
        Mistake(
            "no qualifiers",
            mapping={"resources/0/selector/query_params": None},
            error="parameter is missing",
        ),
        Mistake("a size above the cap", {"pageSize": "501"}, error="ps must be at most 500"),
        Mistake(
            "no size parameter, and a position for smaller pages",
            {"sizeParam": None},
            error=f"Can return only the first {_WINDOW} results",
        ),
        Mistake(
            "a position of another product",
            {"paginationParam": "page"},
            error="does not heed 'page'",
        ),
        Mistake("a first page of 0", {"startPage": "0"}, error="p must be a number from 1"),
        Mistake("positions", {"paginationType": "offset"}, error="p must be a number from 1"),
        Mistake("no paging", {"paginationType": "none"}),
        Mistake("a total of its own", {"totalPath": "paging.total"}),
        Mistake(
            "a total that is not there",
            {"totalPath": "paging.count"},
            error="totalPath 'paging.count'",
        ),
        Mistake(
            "the files of the issues",
            mapping={f"{_OF_PROJECT}/data_path": ".components"},
            error="does not heed 'p'",
        ),
        Mistake(
            "projects by a key they lack",
            mapping={f"{_OF_PROJECT}/path_parameters/project/field": ".id"},
            error=".id",
        ),
        Mistake("a token that ended", {"apiToken": "old"}, error="401"),
    ),
)
