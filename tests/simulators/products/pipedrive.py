"""Pipedrive's API, version 1: deals with their organization, and the stages of deals.

https://pipedrive.readme.io/docs/core-api-concepts-authentication: the token goes into the query.
https://pipedrive.readme.io/docs/core-api-concepts-pagination: ``start`` and ``limit`` (100, at
most 500); what is told of the page lies two objects deep. A list without rows is null, and a
reference is an object with the id as its ``value``.
"""

from collections.abc import Iterator

from tests.simulators import (
    Collection,
    Data,
    Expected,
    Json,
    KeyParam,
    Mistake,
    Offset,
    Product,
    Row,
    at_end,
    drop,
    null_when_empty,
    table,
)

_PAGINATION = "additional_data/pagination"
_PAGES = Offset(
    offset="start",
    default=100,
    cap=500,
    tell={
        f"{_PAGINATION}/start": "offset",
        f"{_PAGINATION}/limit": "size",
        f"{_PAGINATION}/more_items_in_collection": "more",
        f"{_PAGINATION}/next_start": at_end("next_value"),
    },
)
_SUCCESS: dict[str, Json] = {"success": True}


def _data() -> Data:
    organizations: list[Row] = [
        {"id": n, "name": f"Organization {n}", "open_deals_count": n % 4} for n in range(1, 48)
    ]
    deals: list[Row] = [
        {
            "id": n,
            "title": f"Deal {n}",
            "value": n * 100,
            "status": ("open", "won", "lost")[n % 3],
            "stage_id": n % 5 + 1,
            "org_id": None
            if n % 8 == 0
            else {"name": f"Organization {n % 47 + 1}", "people_count": 1, "value": n % 47 + 1},
        }
        for n in range(1, 132)
    ]
    stages: list[Row] = [{"id": n, "name": f"Stage {n}", "pipeline_id": 1} for n in range(1, 6)]
    return {"organizations": organizations, "deals": deals, "stages": stages}


def _expected(data: Data) -> Iterator[Expected]:
    for organization in data["organizations"]:
        yield Expected(
            "pipedriveOrganization",
            str(organization["id"]),
            properties={"openDeals": organization["open_deals_count"]},
            title=organization["name"],
        )
    for deal in data["deals"]:
        reference = deal["org_id"]
        yield Expected(
            "pipedriveDeal",
            str(deal["id"]),
            relations={"organization": str(reference["value"])} if reference else {},
            properties={"status": deal["status"], "value": deal["value"]},
            title=deal["title"],
        )
    for stage in data["stages"]:
        yield Expected("pipedriveStage", str(stage["id"]), title=stage["name"])


def _error(status: int, reason: str) -> Json:
    reasons = {401: "unauthorized access", 404: "Unknown method ."}
    return {"success": False, "error": reasons.get(status, reason), "errorCode": status}


PRODUCT = Product(
    prefix="/api/v1",
    auth=KeyParam("api_token", "your-api-token"),
    data=_data,
    endpoints=(
        Collection(
            "/organizations",
            table("organizations"),
            _PAGES,
            wrap="data",
            beside=_SUCCESS,
            reshape=null_when_empty,
        ),
        Collection(
            "/deals",
            table("deals"),
            _PAGES,
            wrap="data",
            beside=_SUCCESS,
            reshape=null_when_empty,
        ),
        Collection("/stages", table("stages"), wrap="data", beside=_SUCCESS),
    ),
    page_size=10,
    headers={
        "X-RateLimit-Limit": "80",
        "X-RateLimit-Remaining": "79",
        "X-RateLimit-Reset": "2",
    },
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["deals"], 77),
    mistakes=(
        Mistake("the key in a header", {"apiKeyParam": None}, error="unauthorized access"),
        Mistake("a wrong parameter", {"apiKeyParam": "token"}, error="unauthorized access"),
        Mistake(
            "the key in the mapping's query, another one in the settings",
            {"apiKey": "old"},
            {"resources/0/selector/query_params": {"api_token": "your-api-token"}},
            error="unauthorized access",
        ),
        Mistake(
            "a header and a parameter",
            {"apiKeyHeader": "Authorization"},
            error="keep the one where the API looks for the key",
        ),
        Mistake("no has-more path", {"hasMorePath": None}),
        Mistake(
            "a wrong has-more path",
            {"hasMorePath": "pagination.more_items_in_collection"},
            error="hasMorePath 'pagination.more_items_in_collection' found nothing",
        ),
        Mistake("a size above the cap", {"pageSize": "1000"}),
        Mistake("no size parameter", {"sizeParam": None}),
        Mistake(
            "a position parameter of another product",
            {"paginationParam": "offset"},
            error="does not heed 'offset'",
        ),
        Mistake(
            "page numbers for positions",
            {"paginationType": "page", "startPage": "0"},
            error="two pages in a row share",
        ),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "a wrong data path",
            mapping={"resources/1/selector/data_path": ".deals"},
            error="data_path '.deals'",
        ),
        Mistake(
            "no data path",
            mapping={"resources/1/selector/data_path": None},
            error="data_path '.' takes",
        ),
    ),
)
