"""Freshservice: departments, agents, assets and tickets.

https://api.freshservice.com/v2/#pagination: ``page`` and ``per_page`` (30, at most 100, here refused above); the
``Link`` header names the next page, and is not there on the last one.
https://api.freshservice.com/v2/#list_all_tickets: only tickets of the last 30 days, unless
``updated_since`` asks for more. https://api.freshservice.com/v2/#ratelimit: 429 with
``Retry-After``. https://api.freshservice.com/v2/#authentication: the key as the user, any password.
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Answer,
    Basic,
    Call,
    Collection,
    Data,
    Expected,
    Mistake,
    PageNumber,
    Product,
    Row,
    Throttle,
    drop,
    table,
)

_PAGES = PageNumber(size="per_page", default=30, cap=100, above_cap="refuse", link=("next",))


def _data() -> Data:
    departments: list[Row] = [
        {"id": 21000100000 + n, "name": f"Department {n}", "prime_user_id": None} for n in range(12)
    ]
    agents: list[Row] = [
        {
            "id": 21000200000 + n,
            "first_name": f"Agent{n}",
            "last_name": None if n % 5 == 0 else "Example",
            "email": f"agent{n}@example.com",
            "active": n % 7 != 0,
            "department_ids": [departments[n % 12]["id"]] if n % 3 else [],
        }
        for n in range(33)
    ]
    assets: list[Row] = [
        {
            "id": 21000300000 + n,
            "display_id": n + 1,
            "name": f"Laptop {n}",
            "asset_tag": f"ASSET-{n + 1}",
            "agent_id": agents[n]["id"] if n % 2 else None,
        }
        for n in range(26)
    ]
    tickets: list[Row] = [
        {
            "id": n,
            "subject": f"Ticket {n}",
            "status": n % 4 + 2,
            "priority": n % 4 + 1,
            "responder_id": agents[n % 33]["id"] if n % 4 else None,
            "department_id": departments[n % 12]["id"],
            "updated_at": "2026-01-01T00:00:00Z",
            "~is_old": n % 3 == 0,
        }
        for n in range(1, 53)
    ]
    return {"departments": departments, "agents": agents, "assets": assets, "tickets": tickets}


def _tickets(call: Call) -> Sequence[Row]:
    is_all = call.param("updated_since") is not None
    return [row for row in call.data["tickets"] if is_all or not row["~is_old"]]


def _expected(data: Data) -> Iterator[Expected]:
    for department in data["departments"]:
        yield Expected("freshserviceDepartment", str(department["id"]), title=department["name"])
    for agent in data["agents"]:
        names = [agent["first_name"], agent["last_name"]]
        yield Expected(
            "freshserviceAgent",
            str(agent["id"]),
            title=" ".join(name for name in names if name),
            properties={"email": agent["email"], "active": agent["active"]},
            relations=_related(departments=[str(one) for one in agent["department_ids"]]),
        )
    for asset in data["assets"]:
        yield Expected(
            "freshserviceAsset",
            str(asset["display_id"]),
            title=asset["name"],
            relations=_related(agent=asset["agent_id"]),
        )
    for ticket in data["tickets"]:
        yield Expected(
            "freshserviceTicket",
            str(ticket["id"]),
            title=ticket["subject"],
            properties={"status": ("Open", "Pending", "Resolved", "Closed")[ticket["status"] - 2]},
            relations=_related(agent=ticket["responder_id"], department=ticket["department_id"]),
        )


def _related(**targets: int | list[str] | None) -> dict[str, str | list[str]]:
    return {
        name: value if isinstance(value, list) else str(value)
        for name, value in targets.items()
        if value
    }


def _error(status: int, reason: str) -> Answer:
    if status == 404:
        return Answer(status=404, body=b"")
    if status == 401:
        said = "You have to be logged in to perform this action."
        return Answer(status=401, body={"code": "invalid_credentials", "message": said})
    if status == 429:
        return Answer(status=429, body={"message": "You have exceeded the limit of requests"})
    errors = [{"field": reason.split(maxsplit=1)[0], "message": reason, "code": "invalid_value"}]
    return Answer(status=status, body={"description": "Validation failed", "errors": errors})


PRODUCT = Product(
    prefix="/api/v2",
    auth=Basic("your-api-key", "X"),
    data=_data,
    endpoints=(
        Collection("/departments", table("departments"), _PAGES, wrap="departments"),
        Collection("/agents", table("agents"), _PAGES, wrap="agents"),
        Collection("/assets", table("assets"), _PAGES, wrap="assets"),
        Collection(
            "/tickets",
            _tickets,
            _PAGES,
            wrap="tickets",
            knows=frozenset({"updated_since", "order_type"}),
        ),
    ),
    page_size=9,
    unknown_parameters=400,
    headers={"X-RateLimit-Total": "400", "X-RateLimit-Remaining": "371"},
    error=_error,
    throttle=Throttle(at=5),
    expected=_expected,
    vanish=lambda data: drop(data["tickets"], 17),
    mistakes=(
        Mistake("no size", {"sizeParam": None}),
        Mistake("the size of other APIs", {"sizeParam": "limit"}, error="unknown parameter limit"),
        Mistake("a size above the cap", {"pageSize": "200"}, error="must be at most 100"),
        Mistake("page numbers", {"paginationType": "page"}),
        Mistake("positions", {"paginationType": "offset"}, error="unknown parameter offset"),
        Mistake("links in the body", {"paginationType": "next_link"}, error="correct nextLinkPath"),
        Mistake("another relation", {"headerLinkRel": "last"}, error="headerLinkRel is 'last'"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake("no envelope", mapping={"resources/0/selector/data_path": None}, error="data_path"),
        Mistake(
            "a wrong data path",
            mapping={"resources/3/selector/data_path": ".results"},
            error="data_path '.results' gave null",
        ),
        Mistake(
            "the key as a bearer token",
            {"authType": "bearer_token", "apiToken": "your-api-key", "username": None}
            | {"password": None},
            error="invalid_credentials",
        ),
        Mistake("another password", {"password": "x"}, error="invalid_credentials"),
    ),
)
