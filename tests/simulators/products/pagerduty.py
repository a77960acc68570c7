"""PagerDuty: teams, services, incidents, and the notes on each incident.

https://developer.pagerduty.com/docs/pagination: ``offset`` and ``limit`` (25, at most 100);
``more`` tells whether to go on, ``total`` is null unless ``total=true`` asks for it; ``offset`` and
``limit`` together may not exceed 10,000.
https://developer.pagerduty.com/docs/authentication: ``Authorization: Token token=<key>``.
https://developer.pagerduty.com/api-reference/9d0b4b12e36f9-list-incidents: the last month's, unless
``date_range=all`` asks for all.
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Call,
    Collection,
    Data,
    Expected,
    Json,
    KeyHeader,
    Mistake,
    Offset,
    Product,
    Row,
    Throttle,
    children,
    drop,
    table,
)

_PAGES = Offset(
    default=25,
    cap=100,
    bound=10_000,
    tell={
        "limit": "size",
        "offset": "offset",
        "more": "more",
        "total": lambda facts: facts.total if facts.call.param("total") == "true" else None,
    },
)


def _reference(kind: str, row: Row) -> Row:
    return {"id": row["id"], "type": f"{kind}_reference", "summary": row["name"]}


def _data() -> Data:
    teams: list[Row] = [{"id": f"PT{n:04}", "name": f"Team {n}"} for n in range(21)]
    services: list[Row] = [
        {
            "id": f"PS{n:04}",
            "name": f"Service {n}",
            "status": "active",
            "teams": [_reference("team", team) for team in teams[n : n + n % 3]],
        }
        for n in range(27)
    ]
    incidents: list[Row] = [
        {
            "id": f"PI{n:04}",
            "title": f"Incident {n}",
            "status": "resolved" if n % 4 else "triggered",
            "service": _reference("service", services[n % len(services)]),
            "~recent": n % 5 == 0,
        }
        for n in range(43)
    ]
    notes: list[Row] = [
        {"id": f"{incident['id']}N{n}", "content": f"Note {n}", "~incident": incident["id"]}
        for at, incident in enumerate(incidents)
        for n in range(at % 3)
    ]
    return {"teams": teams, "services": services, "incidents": incidents, "notes": notes}


def _incidents(call: Call) -> Sequence[Row]:
    rows = call.data["incidents"]
    return rows if call.param("date_range") == "all" else [row for row in rows if row["~recent"]]


def _expected(data: Data) -> Iterator[Expected]:
    for team in data["teams"]:
        yield Expected("pagerdutyTeam", team["id"], title=team["name"])
    for service in data["services"]:
        teams = [team["id"] for team in service["teams"]]
        yield Expected(
            "pagerdutyService",
            service["id"],
            relations={"teams": teams} if teams else {},
            title=service["name"],
        )
    for incident in data["incidents"]:
        yield Expected(
            "pagerdutyIncident",
            incident["id"],
            relations={"service": incident["service"]["id"]},
            properties={"status": incident["status"]},
        )
    for note in data["notes"]:
        yield Expected(
            "pagerdutyNote",
            note["id"],
            relations={"incident": note["~incident"]},
            properties={"content": note["content"]},
        )


def _vanish(data: Data) -> None:
    drop(data["incidents"], "PI0002")
    drop(data["notes"], "PI0002", key="~incident")


def _error(status: int, reason: str) -> Json:
    codes = {401: 2006, 404: 2100}
    return {"error": {"code": codes.get(status, 2002), "message": reason, "errors": [reason]}}


PRODUCT = Product(
    auth=KeyHeader("Authorization", "Token token=your-api-key"),
    data=_data,
    endpoints=(
        Collection("/teams", table("teams"), _PAGES, wrap="teams"),
        Collection("/services", table("services"), _PAGES, wrap="services"),
        Collection("/incidents", _incidents, _PAGES, wrap="incidents"),
        Collection(
            "/incidents/{incident}/notes",
            children("notes", of=("incidents", "id"), incident="~incident"),
            wrap="notes",
        ),
    ),
    page_size=10,
    error=_error,
    headers={
        "ratelimit-limit": "960",
        "ratelimit-remaining": "957",
        "ratelimit-reset": "41",
    },
    throttle=Throttle(at=30, headers={"ratelimit-remaining": "0", "ratelimit-reset": "0"}),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("more, spelt out", {"hasMorePath": "more"}),
        Mistake("a wrong place for more", {"hasMorePath": "meta.more"}, error="'meta.more'"),
        Mistake("more taken for the end", {"lastPagePath": "more"}, error="lastPagePath is 'more'"),
        Mistake("a size parameter of another product", {"sizeParam": "per_page"}),
        Mistake("a size above the cap", {"pageSize": "500"}),
        Mistake(
            "a position parameter of another product",
            {"paginationParam": "skip"},
            error="does not heed 'skip'",
        ),
        Mistake("page numbers", {"paginationType": "page"}, error="does not heed 'page'"),
        Mistake("cursors", {"paginationType": "cursor"}, error="paginationParam 'cursor'"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake("a key without its word", {"apiKey": "your-api-key"}, error="401 Unauthorized"),
        Mistake(
            "a key as bearer's",
            {"authType": "bearer_token", "apiToken": "your-api-key"},
            error="401 Unauthorized",
        ),
        Mistake(
            "no data path",
            mapping={"resources/0/selector/data_path": None},
            error="data_path '.' takes",
        ),
    ),
)
