"""ServiceNow's Table API: users, and incidents with a reference to the caller.

https://www.servicenow.com/docs/bundle/latest-api-reference/page/integrate/inbound-rest/concept/c_TableAPI.html:
``sysparm_offset`` and ``sysparm_limit`` (10,000), ``X-Total-Count`` and a ``Link`` header. Rows
that the user may not see are left out of a page after it was cut, but they are counted. A
reference is an object, an empty text when there is none.
"""

from collections.abc import Iterator

from tests.simulators import (
    Basic,
    Collection,
    Data,
    Expected,
    Json,
    Mistake,
    Offset,
    Product,
    Row,
    drop,
    table,
)

_PAGES = Offset(
    offset="sysparm_offset",
    size="sysparm_limit",
    default=10_000,
    cap=10_000,
    headers={"X-Total-Count": "total"},
    link=("first", "prev", "next", "last"),
)


def _data() -> Data:
    users: list[Row] = [
        {"sys_id": f"u{n:031}", "name": f"User {n}", "active": "true" if n % 5 else "false"}
        for n in range(35)
    ]
    incidents: list[Row] = [
        {
            "sys_id": f"i{n:031}",
            "number": f"INC{n:07}",
            "short_description": f"Incident {n}",
            "caller_id": ""
            if n % 6 == 0
            else {"link": "https://dev.service-now.com/…", "value": users[n % 35]["sys_id"]},
            "~hidden": n % 9 == 4 or 20 <= n < 30,
        }
        for n in range(57)
    ]
    return {"users": users, "incidents": incidents}


def _is_visible(row: Row) -> bool:
    return not row.get("~hidden")


def _expected(data: Data) -> Iterator[Expected]:
    for user in data["users"]:
        yield Expected(
            "servicenowUser",
            user["sys_id"],
            properties={"active": user["active"] == "true"},
            title=user["name"],
        )
    for incident in filter(_is_visible, data["incidents"]):
        caller = incident["caller_id"]
        yield Expected(
            "servicenowIncident",
            incident["sys_id"],
            relations={"caller": caller["value"]} if caller else {},
            properties={"number": incident["number"]},
            title=incident["short_description"],
        )


def _error(status: int, reason: str) -> Json:
    messages = {401: "User Not Authenticated", 404: "Requested URI does not represent any resource"}
    return {"error": {"message": messages.get(status, reason), "detail": ""}, "status": "failure"}


_BY_OFFSET = {"paginationType": "offset", "paginationParam": "sysparm_offset"}

PRODUCT = Product(
    prefix="/api/now",
    auth=Basic("integration.user", "your-password"),
    data=_data,
    endpoints=(
        Collection("/table/sys_user", table("users"), _PAGES, wrap="result"),
        Collection("/table/incident", table("incidents"), _PAGES, wrap="result", keep=_is_visible),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["incidents"], "INC0000050", key="number"),
    mistakes=(
        Mistake("positions in place of links", _BY_OFFSET),
        Mistake(
            "positions for a table of which all rows may be seen",
            mapping={
                "resources/0/selector/pagination": {
                    "type": "offset",
                    "pagination_param": "sysparm_offset",
                    "size_param": "sysparm_limit",
                }
            },
        ),
        Mistake("no size parameter", {"sizeParam": None}),
        Mistake("a size parameter of another product", {"sizeParam": "limit"}),
        Mistake(
            "a position parameter of another product",
            {**_BY_OFFSET, "paginationParam": "offset"},
            error="does not heed 'offset'",
        ),
        Mistake(
            "page numbers for positions",
            {**_BY_OFFSET, "paginationType": "page"},
            error="set paginationType to offset",
        ),
        Mistake(
            "links in the body",
            {"paginationType": "next_link"},
            error="nextLinkPath '@odata.nextLink'",
        ),
        Mistake("no paging", {"paginationType": "none", "sizeParam": None}),
        Mistake("a wrong password", {"password": "old"}, error="User Not Authenticated"),
        Mistake("a wrong table", mapping={"resources/1/kind": "/incident"}, error="404 Not Found"),
        Mistake(
            "a wrong data path",
            mapping={"resources/0/selector/data_path": ".results"},
            error="data_path '.results'",
        ),
        Mistake(
            "no data path",
            mapping={"resources/1/selector/data_path": None},
            error="data_path '.' takes",
        ),
    ),
)
