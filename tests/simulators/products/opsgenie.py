"""Opsgenie: teams with their members, users, services, and alerts week by week.

https://docs.opsgenie.com/docs/pagination: ``offset`` and ``limit`` (20, at most 100);
``paging.next`` and ``X-Paging-Next`` are the absolute URL of the next page.
https://docs.opsgenie.com/docs/alert-api#list-alerts: ``offset`` and ``limit`` together are at most
20,000, here 25; hence the alerts of a week at a time, by ``query``.
https://docs.opsgenie.com/docs/user-api#list-user: ``totalCount``.
https://docs.opsgenie.com/docs/team-api: all teams at once; only a team alone has its members.
https://docs.opsgenie.com/docs/authentication: ``GenieKey``.
https://docs.opsgenie.com/docs/api-rate-limiting: 429, headers tell the state.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.simulators import (
    Answer,
    Bearer,
    Call,
    Collection,
    Custom,
    Data,
    Expected,
    Facts,
    Json,
    Mistake,
    Offset,
    Product,
    RefusedError,
    Row,
    Throttle,
    at_end,
    drop,
    find,
    table,
)

_WINDOW = re.compile(r"createdAt >= (\d+) AND createdAt < (\d+)")
_HOUR = 3_600_000  # milliseconds
_SORTED = frozenset({"query", "sort", "order"})


def _links(facts: Facts) -> Json:
    """``first`` and ``last`` always, ``next`` where there is one."""
    url = facts.call.origin + facts.call.url(facts.ends["last"])
    first = facts.call.origin + facts.call.url(facts.ends["first"])
    return {**({"next": facts.next_url} if facts.more else {}), "first": first, "last": url}


_PAGES = Offset(
    default=20,
    cap=100,
    above_cap="refuse",
    tell={"paging": _links},
    headers={"X-Paging-Next": at_end("next_url")},
)
_ALERTS_PAGES = replace(_PAGES, bound=25)
_USERS = replace(_PAGES, tell={"totalCount": "total", "paging": _links})
_SAID: dict[str, Json] = {"took": 0.05, "requestId": "9ae63dd7-ed00-4c81-86f0-c4ffd33142c9"}


def _data() -> Data:
    users: list[Row] = [
        {
            "id": f"user-{n:03}",
            "username": f"person{n}@example.com",
            "fullName": f"Person {n}",
            "blocked": n % 9 == 0,
        }
        for n in range(34)
    ]
    teams: list[Row] = [
        {
            "id": f"team-{n}",
            "name": f"Team {n}",
            "description": "",
            "~members": [user["id"] for user in users[n * 4 : n * 4 + n]],
        }
        for n in range(5)
    ]
    services: list[Row] = [
        {"id": f"service-{n:02}", "name": f"Service {n}", "teamId": teams[n % 5]["id"]}
        for n in range(28)
    ]
    today = int(time.time()) // 86_400 * 86_400_000
    alerts: list[Row] = [
        {
            "id": f"70413a06-38d6-4c85-92b8-5ebc900d42e2-{n:013}",
            "tinyId": str(1000 + n),
            "message": f"Alert {n}",
            "status": "closed" if n % 3 else "open",
            "priority": f"P{n % 5 + 1}",
            "createdAt": today + _HOUR - n * 9 * _HOUR,
            "teams": [{"id": teams[n % 5]["id"]}] if n % 4 else [],
        }
        for n in range(60)
    ]
    return {"users": users, "teams": teams, "services": services, "alerts": alerts}


def _alerts(call: Call) -> Sequence[Row]:
    query = call.param("query")
    if query is None:
        return call.data["alerts"]
    window = _WINDOW.fullmatch(query)
    if window is None:
        raise RefusedError(422, "query could not be parsed")
    since, until = map(int, window.groups())
    return [row for row in call.data["alerts"] if since <= row["createdAt"] < until]


def _team(call: Call) -> Answer:
    team = find(call, "teams", "id", call.at["team"])
    members = [
        {"user": {"id": user["id"], "username": user["username"]}, "role": "user"}
        for user in call.data["users"]
        if user["id"] in team["~members"]
    ]
    shown = {key: team[key] for key in ("id", "name", "description")}
    return Answer(body={"data": {**shown, "members": members}, **_SAID})


def _expected(data: Data) -> Iterator[Expected]:
    users = {user["id"] for user in data["users"]}
    for user in data["users"]:
        yield Expected("opsgenieUser", user["id"], title=user["fullName"])
    for team in data["teams"]:
        members = [member for member in team["~members"] if member in users]
        relations: dict[str, list[str]] = {"members": members} if members else {}
        yield Expected("opsgenieTeam", team["id"], title=team["name"], relations=relations)
    for service in data["services"]:
        yield Expected("opsgenieService", service["id"], relations={"team": service["teamId"]})
    for alert in data["alerts"]:
        teams = [team["id"] for team in alert["teams"]]
        yield Expected(
            "opsgenieAlert",
            alert["id"],
            title=alert["message"],
            properties={"status": alert["status"], "priority": alert["priority"]},
            relations={"teams": teams} if teams else {},
        )


def _error(status: int, reason: str) -> Answer:
    reasons = {401: "Could not authenticate", 429: "You are making too many requests!"}
    body = {"message": reasons.get(status, reason), **_SAID}
    return Answer(status=422 if status == 400 else status, body=body)


_ALERTS = "resources/3/selector"

PRODUCT = Product(
    auth=Bearer("your-key", scheme="GenieKey"),
    data=_data,
    endpoints=(
        Collection("/v2/users", table("users"), _USERS, wrap="data", beside=_SAID),
        Collection("/v2/teams", table("teams"), wrap="data", beside=_SAID),
        Custom("/v2/teams/{team}", _team),
        Collection("/v1/services", table("services"), _PAGES, wrap="data", beside=_SAID),
        Collection("/v2/alerts", _alerts, _ALERTS_PAGES, wrap="data", beside=_SAID, knows=_SORTED),
    ),
    page_size=6,
    headers={"X-RateLimit-State": "OK"},
    error=_error,
    throttle=Throttle(at=6, headers={"X-RateLimit-State": "THROTTLED", "Retry-After": "0"}),
    expected=_expected,
    vanish=lambda data: drop(data["users"], "user-013"),
    mistakes=(
        Mistake("no size", {"sizeParam": None}),
        Mistake("the place spelt out", {"nextLinkPath": "paging.next"}),
        Mistake("a wrong place", {"nextLinkPath": "links.next"}, error="'links.next'"),
        Mistake("a size above the cap", {"pageSize": "1000"}, error="must be at most"),
        Mistake("positions", {"paginationType": "offset"}),
        Mistake("page numbers", {"paginationType": "page"}, error="does not heed 'page'"),
        Mistake("a cursor", {"paginationType": "cursor"}, error="correct cursorPath"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "all alerts in one walk",
            mapping={
                f"{_ALERTS}/query_params": None,
                f"{_ALERTS}/path_parameters": None,
            },
            error="offset is beyond 25",
        ),
        Mistake(
            "a query in other words",
            mapping={f"{_ALERTS}/query_params/query": "created in window {window}"},
            error="query could not be parsed",
        ),
        Mistake(
            "a wrong data path",
            mapping={"resources/0/selector/data_path": ".users"},
            error="data_path '.users' gave null",
        ),
        Mistake(
            "the name of a team for its id",
            mapping={"resources/1/selector/path_parameters/team/field": ".name"},
            error="404",
        ),
        Mistake("the key without its word", {"apiKey": "your-key"}, error="Could not authenticate"),
    ),
)
