"""Dynatrace's Environment API v2: hosts, services with their host, and problems.

https://docs.dynatrace.com/docs/dynatrace-api/environment-api/entity-v2/get-entities-list: the first
request needs an ``entitySelector`` of one type, and only the ``fields`` that are asked for come.
``nextPageKey`` stands for the whole query: with it all other parameters must be omitted. ``pageSize``
is 50 unless given. https://docs.dynatrace.com/docs/shortlink/api-problems-v2-get-list: problems,
paged alike, at most 500; here entities too.
https://docs.dynatrace.com/docs/dynatrace-api/basics/dynatrace-api-authentication: ``Api-Token``.
https://docs.dynatrace.com/docs/dynatrace-api/basics/access-limit: 429 while too much is asked for;
https://www.dynatrace.com/support/help/managed-cluster/cluster-api/basics/cluster-access-limit: with
the time of the reset in microseconds.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tests.simulators import (
    Answer,
    Bearer,
    Call,
    Collection,
    Cursor,
    Data,
    Expected,
    Json,
    Mistake,
    Product,
    RefusedError,
    Row,
    Throttle,
    at_end,
    drop,
    table,
)

_KEY = "nextPageKey"
_ALWAYS = frozenset({"entityId", "type", "displayName"})
_SELECTOR = re.compile(r'type\("(\w+)"\)')
_PAGES = Cursor(
    cursor=_KEY,
    size="pageSize",
    default=50,
    cap=500,
    above_cap="refuse",
    tell={_KEY: at_end("next_value", None), "totalCount": "total", "pageSize": "size"},
)


class _Resumed(Collection):
    """A list whose key remembers the query that it began with, and has to come alone."""

    def answer(self, call: Call) -> Answer:
        """The page that the query, or the key, asks for."""
        key = call.param(_KEY)
        if key is not None:
            if len(call.params) > 1:
                raise RefusedError(400, f"{_KEY} may not be used with other parameters")
            call = replace(call, params=_remembered(key))
        answer = super().answer(call)
        if answer.body[_KEY] is not None:
            kept = json.dumps({**call.params, _KEY: [answer.body[_KEY]]})
            answer.body[_KEY] = base64.urlsafe_b64encode(kept.encode()).decode()
        return answer


def _remembered(key: str) -> Mapping[str, Sequence[str]]:
    try:
        kept: Mapping[str, Sequence[str]] = json.loads(base64.urlsafe_b64decode(key))
    except (binascii.Error, ValueError):
        raise RefusedError(400, f"{_KEY} is invalid") from None
    return kept


def _data() -> Data:
    hosts: list[Row] = [
        {
            "entityId": f"HOST-{n:016X}",
            "type": "HOST",
            "displayName": f"host-{n}.example.com",
            "properties": {"osType": "LINUX" if n % 3 else "WINDOWS", "cpuCores": n % 8 + 1},
        }
        for n in range(35)
    ]
    services: list[Row] = [
        {
            "entityId": f"SERVICE-{n:016X}",
            "type": "SERVICE",
            "displayName": f"Service {n}",
            "fromRelationships": {
                "runsOnHost": [{"id": hosts[n % 35]["entityId"], "type": "HOST"}] if n % 6 else []
            },
        }
        for n in range(27)
    ]
    problems: list[Row] = [
        {
            "problemId": f"-{n:019}_1767225600000V2",
            "displayId": f"P-2601{n:03}",
            "title": "Response time degradation" if n % 2 else "Failure rate increase",
            "status": "OPEN" if n % 4 == 0 else "CLOSED",
            "severityLevel": "PERFORMANCE" if n % 2 else "ERROR",
            "affectedEntities": [
                {
                    "entityId": {"id": services[n]["entityId"], "type": "SERVICE"},
                    "name": services[n]["displayName"],
                }
            ],
        }
        for n in range(19)
    ]
    return {"HOST": hosts, "SERVICE": services, "problems": problems}


def _entities(call: Call) -> list[Row]:
    """The entities of the type that is selected, with the fields that are asked for."""
    selector = call.param("entitySelector")
    if selector is None:
        raise RefusedError(400, "entitySelector must not be null")
    chosen = _SELECTOR.fullmatch(selector)
    if chosen is None or chosen[1] not in call.data:
        raise RefusedError(400, f"Invalid entity selector: {selector}")
    wanted = {text.strip().removeprefix("+") for text in (call.param("fields") or "").split(",")}
    return [_with_fields(row, wanted) for row in call.data[chosen[1]]]


def _with_fields(row: Row, wanted: set[str]) -> Row:
    """A row with what always comes, and of the objects in it the keys that are wanted."""
    sent = {key: value for key, value in row.items() if key in _ALWAYS}
    for field in wanted - {""}:
        outer, _, inner = field.partition(".")
        if inner in row.get(outer, {}):
            sent.setdefault(outer, {})[inner] = row[outer][inner]
    return sent


def _expected(data: Data) -> Iterator[Expected]:
    for host in data["HOST"]:
        yield Expected(
            "dynatraceHost",
            host["entityId"],
            title=host["displayName"],
            properties={"osType": host["properties"]["osType"]},
        )
    for service in data["SERVICE"]:
        on = service["fromRelationships"]["runsOnHost"]
        yield Expected(
            "dynatraceService",
            service["entityId"],
            title=service["displayName"],
            relations={"host": on[0]["id"]} if on else {},
        )
    for problem in data["problems"]:
        yield Expected(
            "dynatraceProblem",
            problem["problemId"],
            title=problem["title"],
            properties={"displayId": problem["displayId"], "status": problem["status"]},
            relations={"services": [one["entityId"]["id"] for one in problem["affectedEntities"]]},
        )


def _error(status: int, reason: str) -> Json:
    reasons = {401: "Token Authentication failed", 429: "Too many requests"}
    return {"error": {"code": status, "message": reasons.get(status, reason)}}


_FIRST = "resources/0/selector"

PRODUCT = Product(
    prefix="/api/v2",
    auth=Bearer("your-token", scheme="Api-Token"),
    data=_data,
    endpoints=(
        _Resumed("/entities", _entities, _PAGES, wrap="entities"),
        _Resumed("/problems", table("problems"), _PAGES, wrap="problems"),
    ),
    page_size=5,
    error=_error,
    throttle=Throttle(
        at=4, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1767225600000000"}
    ),
    expected=_expected,
    vanish=lambda data: drop(data["problems"], "P-2601004", key="displayId"),
    mistakes=(
        Mistake(
            "the key beside other parameters",
            mapping={f"{_FIRST}/pagination": None},
            error="may not be used with other parameters",
        ),
        Mistake("a wrong place", {"cursorPath": "nextPageToken"}, error="'nextPageToken'"),
        Mistake(
            "the key under another name",
            {"paginationParam": "pageKey"},
            error="entitySelector must not be null",
        ),
        Mistake("no size", {"sizeParam": None}),
        Mistake("a size above the cap", {"pageSize": "1000"}, error="at most 500"),
        Mistake(
            "a bearer token",
            {"authType": "bearer_token", "apiToken": "your-token", "apiKeyHeader": None}
            | {"apiKey": None},
            error="Token Authentication failed",
        ),
        Mistake(
            "no selector",
            mapping={f"{_FIRST}/query_params": None},
            error="entitySelector must not be null",
        ),
        Mistake(
            "two types at once",
            mapping={f"{_FIRST}/query_params/entitySelector": 'type("HOST","SERVICE")'},
            error="Invalid entity selector",
        ),
        Mistake("no paging, while one page holds all", {"paginationType": "none"}),
        Mistake(
            "a wrong data path",
            mapping={"resources/2/selector/data_path": ".entities"},
            error="data_path '.entities'",
        ),
    ),
)
