"""A Django REST framework app: teams, services, and the deployments of each service.

https://www.django-rest-framework.org/api-guide/pagination/: three ways to page, which all send
absolute URLs as ``next`` and ``previous``, null at the ends. ``PageNumberPagination`` (``page``,
``page_size``) answers 404 beyond the last page, ``LimitOffsetPagination`` (``limit``, ``offset``)
an empty page; both tell ``count``. ``CursorPagination`` (``cursor``, ``page_size``) does not. A
size above the maximum is cut to it, and one that is no number gives way to the default.
https://www.django-rest-framework.org/api-guide/authentication/#tokenauthentication: the word
``Token`` and the key. https://docs.djangoproject.com/en/stable/ref/settings/#append-slash: a path
without its slash is redirected. Behind a proxy that ends TLS, URLs begin with the other scheme.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.simulators import (
    Answer,
    Bearer,
    Call,
    Collection,
    Cursor,
    Custom,
    Data,
    Expected,
    Facts,
    Json,
    Mistake,
    Offset,
    PageNumber,
    Product,
    RefusedError,
    Row,
    children,
    drop,
    table,
)


def _link(facts: Facts, params: Mapping[str, str | int] | None) -> Json:
    if params is None:
        return None
    scheme, _, rest = facts.call.origin.partition("://")
    other = {"http": "https", "https": "http"}[scheme]
    return f"{other}://{rest}{facts.call.url(params)}"


_LINKS = {
    "next": lambda facts: _link(facts, facts.following),
    "previous": lambda facts: _link(facts, facts.preceding),
}


@dataclass(frozen=True, kw_only=True)
class _Pages(PageNumber):
    """Any number that is no page is answered with 404, be it 0 or a word."""

    def _start(self, value: Json, rows: Sequence[Row], size: int) -> int:
        if not str(value).isdecimal() or not int(value):
            raise RefusedError(404, "there is no such page")
        return super()._start(value, rows, size)


_BY_NUMBER = _Pages(
    size="page_size",
    default=25,
    cap=100,
    not_a_number="default",
    past_end="refuse",
    tell={"count": "total", **_LINKS},
)
_BY_OFFSET = Offset(default=25, cap=100, not_a_number="default", tell={"count": "total", **_LINKS})
_BY_CURSOR = Cursor(size="page_size", default=25, cap=100, not_a_number="default", tell=_LINKS)


def _data() -> Data:
    teams: list[Row] = [{"slug": f"team-{n}", "name": f"Team {n}"} for n in range(31)]
    services: list[Row] = [
        {
            "id": n,
            "name": f"service-{n}",
            "tier": n % 4,
            "team": None if n % 5 == 0 else teams[n % 7]["slug"],
        }
        for n in range(1, 34)
    ]
    deployments: list[Row] = [
        {
            "uuid": f"00000000-0000-4000-8000-{service['id']:06}{n:06}",
            "version": f"1.{n}.0",
            "~service": service["id"],
        }
        for at, service in enumerate(services)
        for n in range(23 if at == 1 else at % 2)
    ]
    return {"teams": teams, "services": services, "deployments": deployments}


def _with_slash(call: Call) -> Answer:
    path, _, query = call.url({}).partition("?")
    return Answer(status=301, headers={"Location": f"{path}/?{query}"})


def _expected(data: Data) -> Iterator[Expected]:
    for team in data["teams"]:
        yield Expected("drfTeam", team["slug"], title=team["name"])
    for service in data["services"]:
        yield Expected(
            "drfService",
            str(service["id"]),
            relations={"team": service["team"]} if service["team"] else {},
            properties={"tier": service["tier"]},
            title=service["name"],
        )
    for deployment in data["deployments"]:
        yield Expected(
            "drfDeployment",
            deployment["uuid"],
            relations={"service": str(deployment["~service"])},
            properties={"version": deployment["version"]},
        )


def _vanish(data: Data) -> None:
    drop(data["services"], 2)
    drop(data["deployments"], 2, key="~service")


def _error(status: int, reason: str) -> Answer:
    if reason == "invalid cursor":
        return Answer(status=404, body={"detail": "Invalid cursor"})
    details = {
        401: "Authentication credentials were not provided.",
        404: "Invalid page." if reason == "there is no such page" else "Not found.",
    }
    return Answer(status=status, body={"detail": details.get(status, reason)})


PRODUCT = Product(
    prefix="/api",
    auth=Bearer("your-token", scheme="Token"),
    data=_data,
    endpoints=(
        Custom("/teams", _with_slash),
        Collection("/teams/", table("teams"), _BY_NUMBER, wrap="results"),
        Collection("/services/", table("services"), _BY_OFFSET, wrap="results"),
        Collection(
            "/services/{service}/deployments/",
            children("deployments", of=("services", "id"), service="~service"),
            _BY_CURSOR,
            wrap="results",
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("a path without its slash", mapping={"resources/0/kind": "/teams"}),
        Mistake("a size parameter of another product", {"sizeParam": "per_page"}),
        Mistake("no size parameter", {"sizeParam": None}),
        Mistake("a size above the cap", {"pageSize": "500"}),
        Mistake("page numbers for all", {"paginationType": "page"}, error="does not heed 'page'"),
        Mistake(
            "offsets for all",
            {"paginationType": "offset", "sizeParam": None},
            error="does not heed 'offset'",
        ),
        Mistake(
            "the first page is page 0",
            mapping={"resources/0/selector/pagination": {"type": "page", "start_page": 0}},
            error="Invalid page.",
        ),
        Mistake(
            "page numbers from 1",
            mapping={"resources/0/selector/pagination": {"type": "page"}},
        ),
        Mistake("cursors", {"paginationType": "cursor"}, error="cursorPath, unset"),
        Mistake(
            "a place of another product",
            {"nextLinkPath": "links.next"},
            error="nextLinkPath 'links.next'",
        ),
        Mistake(
            "the link to the page before",
            {"nextLinkPath": "previous"},
            error="nextLinkPath 'previous'",
        ),
        Mistake("links in a header", {"paginationType": "header_link"}, error="rel='next'"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "the token as bearer's",
            {"apiKey": "Bearer your-token"},
            error="Authentication credentials were not provided",
        ),
        Mistake(
            "a wrong data path",
            mapping={"resources/1/selector/data_path": ".result"},
            error="data_path '.result' gave null in every response",
        ),
        Mistake(
            "no data path",
            mapping={"resources/1/selector/data_path": None},
            error="data_path '.' takes",
        ),
        Mistake(
            "a field that is not sent",
            mapping={"resources/2/selector/path_parameters/service/field": ".pk"},
            error="path_parameters.service.field '.pk' gave null",
        ),
    ),
)
