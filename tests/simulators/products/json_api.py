"""A JSON:API service: teams, services, and the incidents of each service.

https://jsonapi.org/format/#fetching-pagination: ``links.next`` is null or absent at the end;
https://jsonapi.org/format/#document-links: a link is a text, or an object with ``href``.
https://jsonapi.org/format/#query-parameters: parameters nobody knows are refused with 400, and
``page[...]`` may count pages or rows, or hold cursors. https://jsonapi.org/profiles/: with cursors,
a size above ``maxSize`` is refused. https://jsonapi.org/format/#content-negotiation-servers: 406 when
the media type is asked for with parameters only.
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
    PageNumber,
    Product,
    RefusedError,
    Row,
    at_end,
    children,
    drop,
    table,
)

_VERSION = {"jsonapi": {"version": "1.1"}}
_MEDIA_TYPE = "application/vnd.api+json"


def _object(facts: Facts) -> Json:
    return {"href": facts.next_path, "title": "Next page"}


_BY_NUMBER = PageNumber(
    number="page[number]",
    size="page[size]",
    default=15,
    cap=100,
    above_cap="refuse",
    tell={
        "links/self": lambda facts: facts.call.url({}),
        "links/next": "next_url",
        "meta/page/currentPage": "number",
        "meta/page/lastPage": "pages",
        "meta/page/total": "total",
    },
)
_BY_CURSOR = Cursor(
    cursor="page[after]",
    size="page[size]",
    default=15,
    cap=100,
    above_cap="refuse",
    tell={"links/prev": lambda _: None, "links/next": at_end(_object)},
)


def _data() -> Data:
    teams: list[Row] = [
        {"type": "teams", "id": f"t{n}", "attributes": {"name": f"Team {n}"}} for n in range(24)
    ]
    services: list[Row] = [
        {
            "type": "services",
            "id": f"s{n}",
            "attributes": {"name": f"Service {n}", "tier": "gold" if n % 2 else None},
            "relationships": {"team": {"data": _reference(teams[n % 9]) if n % 4 else None}},
        }
        for n in range(33)
    ]
    incidents: list[Row] = [
        {
            "type": "incidents",
            "id": f"i{at}-{n}",
            "attributes": {"title": f"Incident {n}"},
            "~service": service["id"],
        }
        for at, service in enumerate(services)
        for n in range(24 if at == 1 else at % 2)
    ]
    return {"teams": teams, "services": services, "incidents": incidents}


def _reference(row: Row) -> Json:
    return {"type": row["type"], "id": row["id"]}


def _teams(call: Call) -> Sequence[Row]:
    accepted = [part.strip() for part in call.headers.get("accept", "*/*").split(",")]
    if all(part.startswith(f"{_MEDIA_TYPE};") for part in accepted):
        raise RefusedError(406, "Not Acceptable")
    return call.data["teams"]


def _expected(data: Data) -> Iterator[Expected]:
    for team in data["teams"]:
        yield Expected("jsonApiTeam", team["id"], title=team["attributes"]["name"])
    for service in data["services"]:
        team = service["relationships"]["team"]["data"]
        yield Expected(
            "jsonApiService",
            service["id"],
            relations={"team": team["id"]} if team else {},
            properties={"tier": service["attributes"]["tier"]},
            title=service["attributes"]["name"],
        )
    for incident in data["incidents"]:
        yield Expected(
            "jsonApiIncident", incident["id"], relations={"service": incident["~service"]}
        )


def _error(status: int, reason: str) -> Json:
    fault = {"status": str(status), "title": reason}
    if status == 400:
        fault["detail"] = "Check the query parameters."
    return {**_VERSION, "errors": [fault]}


PRODUCT = Product(
    prefix="/api/v1",
    auth=Bearer("your-token"),
    data=_data,
    endpoints=(
        Collection("/teams", _teams, _BY_NUMBER, wrap="data", beside=_VERSION),
        Collection(
            "/services",
            table("services"),
            _BY_NUMBER,
            wrap="data",
            beside=_VERSION,
            knows=frozenset({"fields[services]", "sort", "include"}),
        ),
        Collection(
            "/services/{service}/incidents",
            children("incidents", of=("services", "id"), service="~service"),
            _BY_CURSOR,
            wrap="data",
            beside=_VERSION,
        ),
    ),
    page_size=10,
    error=_error,
    unknown_parameters=400,
    expected=_expected,
    vanish=lambda data: drop(data["incidents"], "i1-3"),
    mistakes=(
        Mistake("the link's place spelt out", {"nextLinkPath": "links.next"}),
        Mistake("no size parameter", {"sizeParam": None}),
        Mistake("no media type", {"customHeaders": None}),
        Mistake(
            "a media type with parameters",
            {"customHeaders": f'{{"Accept": "{_MEDIA_TYPE};charset=utf-8"}}'},
            error="Not Acceptable",
        ),
        Mistake(
            "page numbers where there are some",
            mapping={
                "resources/0/selector/pagination": {
                    "type": "page",
                    "pagination_param": "page[number]",
                    "size_param": "page[size]",
                }
            },
        ),
        Mistake(
            "page numbers for all",
            {"paginationType": "page", "paginationParam": "page[number]"},
            error="unknown parameter page[number]",
        ),
        Mistake(
            "page numbers under their usual name",
            {"paginationType": "page"},
            error="unknown parameter page",
        ),
        Mistake(
            "cursors for all",
            {"paginationType": "cursor", "paginationParam": "page[after]"},
            error="cursorPath, unset",
        ),
        Mistake(
            "a size parameter of another product",
            {"sizeParam": "per_page"},
            error="unknown parameter per_page",
        ),
        Mistake(
            "an object for every link",
            {"nextLinkPath": "links.next.href"},
            error="nextLinkPath 'links.next.href'",
        ),
        Mistake("a size above the cap", {"pageSize": "500"}, error="must be at most 100"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "no data path",
            mapping={"resources/0/selector/data_path": None},
            error="data_path '.' takes",
        ),
        Mistake(
            "attributes of a list",
            mapping={"resources/0/selector/data_path": ".data.attributes"},
            error="looks for 'attributes' in an array",
        ),
        Mistake(
            "a parent's data path without the list",
            mapping={"resources/2/selector/path_parameters/service/data_path": ".meta"},
            error="set data_path to the list",
        ),
        Mistake("a wrong token", {"apiToken": "your-old-token"}, error="401 Unauthorized"),
    ),
)
