"""Sentry: organizations, their projects, and the issues of each project.

https://docs.sentry.io/api/pagination/: the ``Link`` header always has ``previous`` and ``next``, also
where there is nothing; ``results`` tells whether there is. Cursors are ``0:<row>:<is previous>``.
https://docs.sentry.io/api/events/list-an-organizations-issues/: only unresolved ones unless ``query``
is sent, empty for all; ``limit`` (100, at most that), where the other lists have ``per_page``, of which
more than 100 is refused.
Every path ends with a slash; without it there is no such route.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
    children,
    drop,
    table,
)

_ISSUES = "resources/2/selector"


@dataclass(frozen=True, kw_only=True)
class _Cursor(Cursor):
    """Cursors of three numbers, of which the second is the row."""

    def _start(self, value: Json, rows: Sequence[Row], size: int) -> int:
        del rows, size
        parts = str(value).split(":")
        if len(parts) != len(("id", "row", "is previous")) or not parts[1].isdecimal():
            raise RefusedError(400, "Invalid cursor parameter.")
        return int(parts[1])

    def _value(self, start: int, rows: Sequence[Row], size: int) -> str | int:
        del rows, size
        return f"0:{start}:0"


def _links(facts: Facts) -> Json:
    end = facts.offset + facts.count
    before, after = f"0:{facts.offset}:1", f"0:{end}:0"
    return ", ".join(
        f'<{facts.call.origin}{facts.call.url({"cursor": cursor})}>; rel="{relation}";'
        f' results="{str(results).lower()}"; cursor="{cursor}"'
        for relation, cursor, results in (
            ("previous", before, facts.offset > 0),
            ("next", after, facts.more),
        )
    )


_PAGES = _Cursor(
    size="per_page", default=100, cap=100, above_cap="refuse", headers={"link": _links}
)
_ISSUE_PAGES = _Cursor(size="limit", default=100, cap=100, headers={"link": _links})


def _data() -> Data:
    organizations: list[Row] = [
        {"id": str(n), "slug": f"org-{n}", "name": f"Organization {n}"} for n in range(21)
    ]
    projects: list[Row] = [
        {
            "id": str(100 * int(organization["id"]) + n),
            "slug": f"project-{n}",
            "name": f"Project {n}",
            "platform": "python" if n % 2 else None,
            "~organization": organization["slug"],
        }
        for organization in organizations
        for n in range(23 if organization["id"] == "0" else int(organization["id"]) % 2)
    ]
    issues: list[Row] = [
        {
            "id": f"{project['id']}{n:03}",
            "shortId": f"{project['slug'].upper()}-{n}",
            "title": f"Error {n}",
            "status": "unresolved" if n % 3 else "resolved",
            "project": {"id": project["id"], "slug": project["slug"]},
            "~organization": project["~organization"],
        }
        for at, project in enumerate(projects)
        for n in range(27 if at == 0 else at % 3)
    ]
    return {"organizations": organizations, "projects": projects, "issues": issues}


_projects = children("projects", of=("organizations", "slug"), organization="~organization")


def _issues(call: Call) -> Sequence[Row]:
    wanted = set(call.params.get("project", ()))
    theirs = {project["id"] for project in _projects(call)}
    if not wanted <= theirs | {"-1"}:
        raise RefusedError(403, "You do not have permission to perform this action.")
    query = call.param("query")
    if query not in {None, "", "is:unresolved"}:
        raise RefusedError(400, f"Error parsing search query: {query}")
    return [
        issue
        for issue in call.data["issues"]
        if issue["project"]["id"] in (theirs if "-1" in wanted else wanted)
        and (query == "" or issue["status"] == "unresolved")
    ]


def _expected(data: Data) -> Iterator[Expected]:
    for organization in data["organizations"]:
        yield Expected("sentryOrganization", organization["slug"], title=organization["name"])
    for project in data["projects"]:
        yield Expected(
            "sentryProject",
            project["id"],
            relations={"organization": project["~organization"]},
            properties={"slug": project["slug"]},
        )
    for issue in data["issues"]:
        yield Expected(
            "sentryIssue",
            issue["id"],
            relations={"project": issue["project"]["id"]},
            properties={"status": issue["status"], "shortId": issue["shortId"]},
            title=issue["title"],
        )


def _vanish(data: Data) -> None:
    drop(data["projects"], "100")
    data["issues"][:] = [one for one in data["issues"] if one["project"]["id"] != "100"]
    drop(data["issues"], "0003")


def _error(status: int, reason: str) -> Json:
    if reason.startswith("per_page"):
        reason = "Invalid per_page value. Must be between 1 and 100."
    said = {
        401: "Invalid token",
        404: "The requested resource does not exist",
        429: "You are attempting to use this endpoint too frequently.",
    }
    return {"detail": said.get(status, reason)}


PRODUCT = Product(
    prefix="/api/0",
    auth=Bearer("your-token"),
    data=_data,
    endpoints=(
        Collection("/organizations/", table("organizations"), _PAGES),
        Collection("/organizations/{organization}/projects/", _projects, _PAGES),
        Collection("/organizations/{organization}/issues/", _issues, _ISSUE_PAGES),
    ),
    page_size=10,
    error=_error,
    headers={
        "X-Sentry-Rate-Limit-Limit": "40",
        "X-Sentry-Rate-Limit-Remaining": "37",
        "X-Sentry-Rate-Limit-Reset": "1700003600",
    },
    throttle=Throttle(at=40, headers={"X-Sentry-Rate-Limit-Remaining": "0"}),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("no size parameter", {"sizeParam": None}),
        Mistake("a size parameter of another product", {"sizeParam": "limit"}),
        Mistake(
            "a size above the cap",
            {"pageSize": "101"},
            error="Invalid per_page value. Must be between 1 and 100.",
        ),
        Mistake(
            "a size above the issues' cap",
            mapping={f"{_ISSUES}/pagination/page_size": 500},
        ),
        Mistake("page numbers", {"paginationType": "page"}, error="does not heed 'page'"),
        Mistake("offsets", {"paginationType": "offset"}, error="does not heed 'offset'"),
        Mistake(
            "the cursor looked for in the body",
            {"paginationType": "cursor"},
            error="correct cursorPath",
        ),
        Mistake(
            "the page before in place of the next",
            {"headerLinkRel": "previous"},
            error="rel='previous'",
        ),
        Mistake(
            "no paging",
            {"paginationType": "none"},
            mapping={"resources/0/selector/query_params/per_page": 10},
            error="paginationType is 'none'",
        ),
        Mistake(
            "no slash at the end",
            mapping={"resources/0/kind": "/organizations"},
            error="404 Not Found",
        ),
        Mistake(
            "no slash at the end of a child's path",
            mapping={"resources/1/kind": "/organizations/{organization}/projects"},
            error="answered 404 or 410 for each of 21 values",
        ),
        Mistake(
            "an organization's id for its slug",
            mapping={"resources/1/selector/path_parameters/organization/field": ".id"},
            error="answered 404 or 410 for each of 21 values",
        ),
        Mistake(
            "a project's slug for its id",
            mapping={f"{_ISSUES}/path_parameters/project/field": ".slug"},
            error="403 Forbidden",
        ),
        Mistake("a wrong token", {"apiToken": "old"}, error="Invalid token"),
    ),
)
