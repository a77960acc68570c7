"""A Spring Boot service with HAL: teams, services, and the deployments of each service.

https://docs.spring.io/spring-data/rest/reference/paging-and-sorting.html: ``page`` counts from zero,
``size`` is 20 unless given and at most 1000 (more is cut); a value that is no number gives way to
the default. ``_links.next.href`` is absent at the end; ``_links.self.href`` may be a template.
https://docs.spring.io/spring-hateoas/docs/current/reference/html/: rows are in ``_embedded``, which is
left out where there are none; ``page`` tells ``size``, ``totalElements``, ``totalPages``, ``number``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tests.simulators import (
    Answer,
    Basic,
    Call,
    Collection,
    Data,
    Expected,
    Facts,
    Json,
    Mistake,
    PageNumber,
    Product,
    Row,
    at_end,
    children,
    drop,
    table,
)


def _link(facts: Facts, params: Mapping[str, str | int]) -> Json:
    return {"href": facts.call.origin + facts.call.url(params)}


_PAGES = PageNumber(
    size="size",
    default=20,
    cap=1000,
    first=0,
    not_a_number="default",
    tell={
        "_links/first": lambda facts: _link(facts, facts.ends["first"]),
        "_links/self": lambda facts: {
            "href": f"{facts.call.origin}{facts.call.path}{{?page,size,sort}}",
            "templated": True,
        },
        "_links/next": at_end(lambda facts: _link(facts, facts.following or {})),
        "_links/last": lambda facts: _link(facts, facts.ends["last"]),
        "page/size": "size",
        "page/totalElements": "total",
        "page/totalPages": "pages",
        "page/number": "number",
    },
)


@dataclass(frozen=True)
class _Embedding(Collection):
    """A collection that embeds nothing where it has no rows."""

    def answer(self, call: Call) -> Answer:
        """The page the call asks for."""
        answer = super().answer(call)
        body = dict(answer.body)
        if not any(body["_embedded"].values()):
            del body["_embedded"]
        return replace(answer, body=body)


def _self(path: str) -> Json:
    return {"self": {"href": f"https://your-service.example.com/api/{path}"}}


def _data() -> Data:
    teams: list[Row] = [
        {"slug": f"team-{n}", "name": f"Team {n}", "_links": _self(f"teams/team-{n}")}
        for n in range(31)
    ]
    services: list[Row] = [
        {
            "slug": f"service-{n}",
            "name": f"Service {n}",
            "team": {"slug": f"team-{n % 7}"} if n % 4 else None,
            "_links": _self(f"services/service-{n}"),
        }
        for n in range(24)
    ]
    deployments: list[Row] = [
        {"id": f"{at}-{n}", "version": f"1.{n}", "~service": service["slug"]}
        for at, service in enumerate(services)
        for n in range(23 if at == 1 else at % 2)
    ]
    return {"teams": teams, "services": services, "deployments": deployments}


def _expected(data: Data) -> Iterator[Expected]:
    for team in data["teams"]:
        yield Expected("halTeam", team["slug"], title=team["name"])
    for service in data["services"]:
        yield Expected(
            "halService",
            service["slug"],
            relations={"team": service["team"]["slug"]} if service["team"] else {},
            properties={"url": service["_links"]["self"]["href"]},
            title=service["name"],
        )
    for deployment in data["deployments"]:
        yield Expected(
            "halDeployment",
            deployment["id"],
            relations={"service": deployment["~service"]},
            properties={"version": deployment["version"]},
        )


def _vanish(data: Data) -> None:
    drop(data["services"], "service-1", key="slug")
    drop(data["deployments"], "service-1", key="~service")


def _error(status: int, reason: str) -> Json:
    words = {401: "Unauthorized", 404: "Not Found"}
    return {
        "timestamp": "2026-01-05T09:00:00Z",
        "status": status,
        "error": words.get(status, reason),
    }


PRODUCT = Product(
    prefix="/api",
    auth=Basic("your-user", "your-password"),
    data=_data,
    endpoints=(
        _Embedding("/teams", table("teams"), _PAGES, wrap="_embedded/teams"),
        _Embedding("/services", table("services"), _PAGES, wrap="_embedded/services"),
        _Embedding(
            "/services/{service}/deployments",
            children("deployments", of=("services", "slug"), service="~service"),
            _PAGES,
            wrap="_embedded/deployments",
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("the link's place spelt out", {"nextLinkPath": "_links.next.href"}),
        Mistake("the link's object", {"nextLinkPath": "_links.next"}),
        Mistake("page numbers from 0", {"paginationType": "page", "startPage": "0"}),
        Mistake("the pages' default size", {"sizeParam": "limit"}),
        Mistake("a size above the cap", {"pageSize": "5000"}),
        Mistake("page numbers from 1", {"paginationType": "page"}, error="startPage"),
        Mistake(
            "page numbers under another name",
            {"paginationType": "page", "startPage": "0", "paginationParam": "pageNumber"},
            error="does not heed 'pageNumber'",
        ),
        Mistake(
            "positions",
            {"paginationType": "offset", "sizeParam": "size"},
            error="does not heed 'offset'",
        ),
        Mistake(
            "the template for the link",
            {"nextLinkPath": "_links.self.href"},
            error="404",
        ),
        Mistake(
            "a place of JSON:API", {"nextLinkPath": "links.next"}, error="nextLinkPath 'links.next'"
        ),
        Mistake("links in a header", {"paginationType": "header_link"}, error="rel='next'"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "no data path",
            mapping={"resources/0/selector/data_path": None},
            error="data_path '.'",
        ),
        Mistake(
            "a data path that ends too early",
            mapping={"resources/0/selector/data_path": "._embedded"},
            error="data_path '._embedded'",
        ),
        Mistake(
            "a parent's data path that ends too early",
            mapping={"resources/2/selector/path_parameters/service/data_path": "._embedded"},
            error="data_path '._embedded' takes",
        ),
        Mistake(
            "the name of another collection",
            mapping={"resources/1/selector/data_path": "._embedded.serviceList"},
            error="data_path '._embedded.serviceList' gave null in every response",
        ),
        Mistake("a wrong password", {"password": "your-old-password"}, error="401"),
    ),
)
