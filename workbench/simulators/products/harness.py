"""Harness: organisations, and the projects of each.

https://apidocs.harness.io/: ``pageIndex`` counts from zero, ``pageSize`` is 50 unless given and at
most 100; the list stands in ``data.content`` beside ``totalItems`` and ``totalPages``. Keys go in
``x-api-key``; ``accountIdentifier`` names the account in every request.
"""

from collections.abc import Iterator, Sequence

from workbench.simulators import (
    Call,
    Collection,
    Data,
    Expected,
    Json,
    KeyHeader,
    Mistake,
    PageNumber,
    Product,
    Row,
    drop,
    find,
    table,
)

_PAGES = PageNumber(
    number="pageIndex",
    size="pageSize",
    first=0,
    default=50,
    cap=100,
    tell={
        "data/totalPages": "pages",
        "data/totalItems": "total",
        "data/pageItemCount": "count",
        "data/pageSize": "size",
        "data/pageIndex": "number",
    },
)
_SUCCESS: dict[str, Json] = {"status": "SUCCESS", "correlationId": "4f1a"}


def _data() -> Data:
    organizations = [{"identifier": f"org{n}", "name": f"Organization {n}"} for n in range(23)]
    projects = [
        {
            "identifier": f"project{n}",
            "orgIdentifier": f"org{n % 3}",
            "name": f"Project {n}",
            "color": "#0063f7",
        }
        for n in range(69)
    ]
    return {"organizations": organizations, "projects": projects}


def _organizations(rows: Sequence[Row]) -> Json:
    return [{"organization": row, "harnessManaged": False} for row in rows]


def _projects_sent(rows: Sequence[Row]) -> Json:
    return [{"project": row, "createdAt": 1_760_000_000_000} for row in rows]


def _projects(call: Call) -> Sequence[Row]:
    organization = str(call.param("orgIdentifier"))
    find(call, "organizations", "identifier", organization)
    return [row for row in call.data["projects"] if row["orgIdentifier"] == organization]


def _expected(data: Data) -> Iterator[Expected]:
    for organization in data["organizations"]:
        yield Expected("harnessOrganization", organization["identifier"])
    for project in data["projects"]:
        organization = project["orgIdentifier"]
        yield Expected(
            "harnessProject",
            f"{organization}/{project['identifier']}",
            relations={"organization": organization},
            title=project["name"],
        )


def _error(status: int, reason: str) -> Json:
    codes = {401: "INVALID_TOKEN", 404: "RESOURCE_NOT_FOUND"}
    return {"status": "ERROR", "code": codes.get(status, "INVALID_REQUEST"), "message": reason}


PRODUCT = Product(
    prefix="/ng/api",
    auth=KeyHeader("x-api-key", "pat.your-account.your-key"),
    data=_data,
    endpoints=(
        Collection(
            "/organizations",
            table("organizations"),
            _PAGES,
            wrap="data/content",
            beside=_SUCCESS,
            reshape=_organizations,
        ),
        Collection(
            "/projects",
            _projects,
            _PAGES,
            wrap="data/content",
            beside=_SUCCESS,
            reshape=_projects_sent,
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["projects"], "project7", key="identifier"),
    mistakes=(
        Mistake("pages from one", {"startPage": "1"}, error="page"),
        Mistake(
            "a position parameter of another product",
            {"paginationParam": "page"},
            error="does not heed 'page'",
        ),
        Mistake("a size above the cap", {"pageSize": "500"}),
        Mistake(
            "a wrong data path",
            mapping={"resources/0/selector/data_path": ".content"},
            error="data_path '.content'",
        ),
    ),
)
