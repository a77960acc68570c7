"""Snyk: organizations, their projects and issues, as JSON:API.

https://docs.snyk.io/snyk-api/rest-api/about-the-rest-api: ``version`` is needed, an unknown parameter is
refused; ``links.next`` is a path below the base URL, such as ``/orgs/…?starting_after=…``, and the last page
has none. Some endpoints send it from the root of the host
(https://github.com/snyk-tech-services/jira-tickets-for-new-vulns/pull/247), here the issues.
https://docs.snyk.io/snyk-api/reference/projects: ``limit`` is 10 unless given, a multiple of 10, and at most
100. 1620 requests a minute, then 429. A key has the word ``token`` before it.
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Bearer,
    Call,
    Collection,
    Cursor,
    Data,
    Expected,
    Facts,
    Json,
    Mistake,
    Product,
    RefusedError,
    Row,
    Throttle,
    at_end,
    children,
    drop,
    table,
)
from tests.simulators.endpoints import Rows
from tests.simulators.paging import Fact

_PREFIX = "/rest"


def _below_base(facts: Facts) -> str | None:
    return facts.next_path and facts.next_path.removeprefix(_PREFIX)


def _pages(next_link: Fact) -> Cursor:
    return Cursor(
        cursor="starting_after",
        default=10,
        cap=100,
        above_cap="refuse",
        least=10,
        step=10,
        tell={"links/next": at_end(next_link)},
    )


_BELOW_BASE = _pages(_below_base)


def _collection(path: str, rows: Rows, paging: Cursor) -> Collection:
    def versioned(call: Call) -> Sequence[Row]:
        if not call.param("version"):
            raise RefusedError(400, "'version' is required in query")
        return rows(call)

    return Collection(
        path,
        versioned,
        paging,
        wrap="data",
        beside={"jsonapi": {"version": "1.0"}, "links": {}},
        knows=frozenset({"version", "ending_before"}),
    )


def _data() -> Data:
    orgs: list[Row] = [
        {"id": f"org-{n}", "type": "org", "attributes": {"name": f"Org {n}", "slug": f"org-{n}"}}
        for n in range(4)
    ]
    projects: list[Row] = [
        {
            "id": f"project-{at}-{n}",
            "type": "project",
            "attributes": {"name": f"acme/app-{n}:pom.xml", "type": "maven", "status": "active"},
            "relationships": {"organization": {"data": {"type": "org", "id": org["id"]}}},
            "~org": org["id"],
        }
        for at, (org, count) in enumerate(zip(orgs, (33, 10, 0, 3), strict=True))
        for n in range(count)
    ]
    issues: list[Row] = [
        {
            "id": f"issue-{n}",
            "type": "issue",
            "attributes": {
                "title": f"Issue {n}",
                "effective_severity_level": ("low", "high", "critical")[n % 3],
                "status": "open",
            },
            "relationships": {
                "organization": {"data": {"type": "org", "id": "org-0"}},
                "scan_item": {"data": {"type": "project", "id": f"project-0-{n % 33}"}},
            },
            "~org": "org-0",
        }
        for n in range(45)
    ]
    return {"orgs": orgs, "projects": projects, "issues": issues}


def _expected(data: Data) -> Iterator[Expected]:
    for org in data["orgs"]:
        yield Expected("snykOrganization", org["id"], title=org["attributes"]["name"])
    for project in data["projects"]:
        yield Expected(
            "snykProject",
            project["id"],
            relations={"organization": project["~org"]},
            properties={"type": "maven", "status": "active"},
            title=project["attributes"]["name"],
        )
    for issue in data["issues"]:
        yield Expected(
            "snykIssue",
            issue["id"],
            relations={"project": issue["relationships"]["scan_item"]["data"]["id"]},
            properties={"severity": issue["attributes"]["effective_severity_level"]},
            title=issue["attributes"]["title"],
        )


def _error(status: int, reason: str) -> Json:
    return {
        "jsonapi": {"version": "1.0"},
        "errors": [{"id": "0418e907", "status": str(status), "detail": reason}],
    }


_PROJECTS = "resources/1/selector"

PRODUCT = Product(
    prefix=_PREFIX,
    auth=Bearer("your-key", scheme="token"),
    data=_data,
    endpoints=(
        _collection("/orgs", table("orgs"), _BELOW_BASE),
        _collection(
            "/orgs/{org}/projects",
            children("projects", of=("orgs", "id"), org="~org"),
            _BELOW_BASE,
        ),
        _collection(
            "/orgs/{org}/issues",
            children("issues", of=("orgs", "id"), org="~org"),
            _pages("next_path"),
        ),
    ),
    page_size=10,
    unknown_parameters=400,
    error=_error,
    throttle=Throttle(at=8, headers={"Retry-After": "0"}),
    expected=_expected,
    vanish=lambda data: drop(data["issues"], "issue-31"),
    mistakes=(
        Mistake("no version", {"queryParams": None}, error="is required in query"),
        Mistake(
            "the version in one kind only",
            {"queryParams": None},
            {"resources/0/kind": "/orgs?version=2024-10-15"},
            error="is required in query",
        ),
        Mistake("a key without its word", {"apiKey": "your-key"}, error="401"),
        Mistake("a size above the cap", {"pageSize": "1000"}, error="limit must be at most 100"),
        Mistake(
            "a size between the steps", {"pageSize": "25"}, error="limit must be a multiple of 10"
        ),
        Mistake(
            "a size below the least", {"pageSize": "5"}, error="limit must be a number from 10"
        ),
        Mistake("no size", {"sizeParam": None}),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "page numbers",
            {"paginationType": "page", "sizeParam": "limit"},
            error="unknown parameter page",
        ),
        Mistake(
            "the cursor by its parameter",
            {"paginationType": "cursor", "paginationParam": "starting_after"},
            error="cursorPath",
        ),
        Mistake(
            "a wrong place of the link",
            {"nextLinkPath": "links.following"},
            error="links.following",
        ),
        Mistake(
            "parents without the data",
            mapping={f"{_PROJECTS}/path_parameters/org/data_path": None},
            error="data_path '.' takes",
        ),
        Mistake(
            "children by the slug of another",
            mapping={f"{_PROJECTS}/path_parameters/org/field": ".slug"},
            error=".slug",
        ),
    ),
)
