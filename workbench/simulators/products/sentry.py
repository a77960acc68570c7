"""Sentry: the projects of an organisation, and the issues of each.

https://docs.sentry.io/api/pagination/: a ``Link`` header always names a next page; ``results="false"``
in it says that there is nothing on it. A page holds at most 100.
"""

from collections.abc import Iterator, Sequence
from typing import override

from workbench.simulators import (
    Bearer,
    Call,
    Collection,
    Cursor,
    Data,
    Expected,
    Json,
    Mistake,
    Product,
    Row,
    children,
    drop,
    table,
)
from workbench.simulators.paging import Page


class _Results(Cursor):
    """Names a next page on every page; only its ``results`` tell whether there is one."""

    @override
    def page(self, call: Call, rows: Sequence[Row]) -> Page:
        page = super().page(call, rows)
        link = page.headers.get("Link", "")
        url = link.partition(">")[0].lstrip("<") or f"{call.origin}{call.path}?cursor=end"
        results = "true" if link else "false"
        value = f'<{url}>; rel="next"; results="{results}"; cursor="0:{len(page.rows)}:0"'
        return Page(page.rows, page.beside, {"Link": value})


_PAGES = _Results(size="per_page", default=100, cap=100, link=("next",))


def _data() -> Data:
    projects = [{"id": str(n), "slug": f"project-{n}", "platform": "python"} for n in range(23)]
    issues = [
        {
            "id": str(9000 + n),
            "title": f"Error {n}",
            "level": "error",
            "~project": f"project-{n % 2}",
        }
        for n in range(56)
    ]
    return {"projects": projects, "issues": issues}


def _expected(data: Data) -> Iterator[Expected]:
    for project in data["projects"]:
        yield Expected("sentryProject", project["slug"])
    for issue in data["issues"]:
        yield Expected(
            "sentryIssue",
            issue["id"],
            relations={"project": issue["~project"]},
            title=issue["title"],
        )


def _error(status: int, reason: str) -> Json:
    del status
    return {"detail": reason}


PRODUCT = Product(
    prefix="/api/0",
    auth=Bearer("your-auth-token"),
    data=_data,
    endpoints=(
        Collection("/organizations/your-organization/projects/", table("projects"), _PAGES),
        Collection(
            "/projects/your-organization/{project}/issues/",
            children("issues", of=("projects", "slug"), project="~project"),
            _PAGES,
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["issues"], "9010"),
    mistakes=(
        Mistake("a relation nobody sends", {"headerLinkRel": "following"}, error="headerLinkRel"),
        Mistake("no paging", {"paginationType": "none"}),
        Mistake(
            "a wrong field",
            mapping={"resources/1/selector/path_parameters/project/field": ".name"},
            error="field '.name'",
        ),
    ),
)
