"""A Spring Boot service with Spring Data pages: teams, services, deployments of each service.

https://docs.spring.io/spring-data/commons/reference/repositories/core-extensions.html: ``page``
counts from zero and ``size`` is 20 unless given, at most 2000 (more is cut); a value that is no
number gives way to the default. Three shapes: a ``Page`` tells ``last``, ``totalElements``,
``totalPages``, ``number`` and more beside ``content``; a ``Slice`` tells no totals; a ``PagedModel``
tells nothing but ``size``, ``number`` and the totals, below ``page``.
"""

from collections.abc import Iterator

from tests.simulators import (
    Bearer,
    Collection,
    Data,
    Expected,
    Json,
    Mistake,
    PageNumber,
    Product,
    Row,
    children,
    drop,
    table,
)
from tests.simulators.paging import Fact

_SORTED = {"empty": False, "sorted": True, "unsorted": False}
_SLICE: dict[str, Fact] = {
    "pageable/pageNumber": "number",
    "pageable/pageSize": "size",
    "pageable/offset": "offset",
    "pageable/paged": lambda _: True,
    "pageable/unpaged": lambda _: False,
    "size": "size",
    "number": "number",
    "sort": lambda _: _SORTED,
    "numberOfElements": "count",
    "first": lambda facts: facts.offset == 0,
    "last": "last",
    "empty": lambda facts: not facts.rows,
}
_PAGE: dict[str, Fact] = {**_SLICE, "totalElements": "total", "totalPages": "pages"}
_MODEL: dict[str, Fact] = {
    "page/size": "size",
    "page/number": "number",
    "page/totalElements": "total",
    "page/totalPages": "pages",
}


def _paging(tell: dict[str, Fact]) -> PageNumber:
    return PageNumber(size="size", default=20, cap=2000, first=0, not_a_number="default", tell=tell)


def _data() -> Data:
    teams: list[Row] = [{"id": n, "name": f"Team {n}"} for n in range(1, 31)]
    services: list[Row] = [
        {
            "id": 100 + n,
            "name": f"Service {n}",
            "tier": n % 3,
            "teamId": n % 9 or None,
        }
        for n in range(33)
    ]
    deployments: list[Row] = [
        {"id": 1000 * service["id"] + n, "version": f"1.{n}", "~service": service["id"]}
        for at, service in enumerate(services)
        for n in range(24 if at == 1 else at % 3)
    ]
    return {"teams": teams, "services": services, "deployments": deployments}


def _expected(data: Data) -> Iterator[Expected]:
    for team in data["teams"]:
        yield Expected("springTeam", str(team["id"]), title=team["name"])
    for service in data["services"]:
        yield Expected(
            "springService",
            str(service["id"]),
            relations={"team": str(service["teamId"])} if service["teamId"] else {},
            properties={"tier": service["tier"]},
            title=service["name"],
        )
    for deployment in data["deployments"]:
        yield Expected(
            "springDeployment",
            str(deployment["id"]),
            relations={"service": str(deployment["~service"])},
            properties={"version": deployment["version"]},
        )


def _vanish(data: Data) -> None:
    drop(data["services"], 101)
    drop(data["deployments"], 101, key="~service")


def _error(status: int, reason: str) -> Json:
    words = {401: "Unauthorized", 404: "Not Found"}
    error = words.get(status, reason)
    return {"timestamp": "2026-01-05T09:00:00Z", "status": status, "error": error}


PRODUCT = Product(
    prefix="/api",
    auth=Bearer("your-token"),
    data=_data,
    endpoints=(
        Collection("/teams", table("teams"), _paging(_MODEL), wrap="content"),
        Collection("/services", table("services"), _paging(_PAGE), wrap="content"),
        Collection(
            "/services/{service}/deployments",
            children("deployments", of=("services", "id"), service="~service"),
            _paging(_SLICE),
            wrap="content",
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("the pages' default size", {"sizeParam": "limit"}),
        Mistake("a size above the cap", {"pageSize": "5000"}),
        Mistake("a size that is no number", mapping={"resources/0/kind": "/teams?size=all"}),
        Mistake("no order", mapping={"resources/1/selector/query_params": None}),
        Mistake("page numbers from 1", {"startPage": None}, error="startPage"),
        Mistake(
            "page numbers from 1 for a Page",
            mapping={"resources/1/selector/pagination": {"start_page": 1}},
            error="startPage",
        ),
        Mistake(
            "page numbers from 1 for a Slice",
            mapping={"resources/2/selector/pagination": {"start_page": 1}},
            error="startPage",
        ),
        Mistake(
            "page numbers from 1 for a PagedModel, one page of all",
            mapping={"resources/0/selector/pagination": {"start_page": 1, "page_size": 30}},
            error="startPage",
        ),
        Mistake("last for what it is", {"lastPagePath": "last"}),
        Mistake("last for more", {"hasMorePath": "last"}, error="means the opposite"),
        Mistake(
            "a position parameter of another product",
            {"paginationParam": "pageNumber"},
            error="does not heed 'pageNumber'",
        ),
        Mistake(
            "positions",
            {"paginationType": "offset", "sizeParam": "size"},
            error="does not heed 'offset'",
        ),
        Mistake(
            "positions under the name of the page",
            {"paginationType": "offset", "sizeParam": "size", "paginationParam": "page"},
            error="'page' does not count",
        ),
        Mistake("cursors", {"paginationType": "cursor"}, error="cursorPath, unset"),
        Mistake("links", {"paginationType": "next_link"}, error="nextLinkPath"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "a data path of HAL",
            mapping={"resources/0/selector/data_path": "._embedded.teams"},
            error="data_path '._embedded.teams'",
        ),
        Mistake(
            "no data path",
            mapping={"resources/2/selector/data_path": None},
            error="data_path '.'",
        ),
    ),
)
