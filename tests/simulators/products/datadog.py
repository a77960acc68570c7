"""Datadog: monitors, incidents, and the to-dos of each incident.

https://docs.datadoghq.com/api/latest/monitors/: a bare list without totals, pages counted from 0;
without ``page`` all monitors come at once.
https://docs.datadoghq.com/api/latest/incidents/: ``page[offset]`` and ``page[size]`` (10, at most
100); ``meta.pagination.next_offset`` is told on the last page too.
https://docs.datadoghq.com/api/latest/authentication/: two keys, both needed; 403 without them.
"""

from collections.abc import Iterator

from tests.simulators import (
    Answer,
    Call,
    Collection,
    Data,
    Either,
    Expected,
    Json,
    KeyHeader,
    Mistake,
    Offset,
    PageNumber,
    Product,
    Row,
    Throttle,
    Unpaged,
    children,
    drop,
    table,
)


class _Keys(KeyHeader):
    """The key of the organisation, and that of the application."""

    def admits(self, call: Call) -> bool:
        """Whether both are there."""
        application = call.headers.get("dd-application-key")
        return super().admits(call) and application == "your-application-key"


_MONITOR_PAGES = Either(
    lambda call: call.param("page") is not None,
    PageNumber(size="page_size", default=100, cap=1000, first=0),
    Unpaged(),
)
_INCIDENT_PAGES = Offset(
    offset="page[offset]",
    size="page[size]",
    default=10,
    cap=100,
    above_cap="refuse",
    tell={
        "meta/pagination/offset": "offset",
        "meta/pagination/size": "count",
        "meta/pagination/next_offset": lambda facts: facts.offset + facts.count,
    },
)


def _data() -> Data:
    monitors: list[Row] = [
        {
            "id": 9000 + n,
            "name": f"Monitor {n}",
            "type": "metric alert",
            "overall_state": "Alert" if n % 7 == 0 else "OK",
            "tags": [f"team:{n % 3}"],
        }
        for n in range(40)
    ]
    incidents: list[Row] = [
        {
            "id": f"00000000-0000-0000-0000-{n:012}",
            "type": "incidents",
            "attributes": {
                "public_id": n + 1,
                "title": f"Incident {n}",
                "severity": f"SEV-{n % 5 + 1}",
                "state": "resolved" if n % 3 else "active",
            },
        }
        for n in range(34)
    ]
    todos: list[Row] = [
        {
            "id": f"{incident['id'][:-4]}{at:02}{n:02}",
            "type": "incident_todos",
            "attributes": {
                "incident_id": incident["id"],
                "content": f"Look into {n}",
                "completed": None if n % 2 else "2026-01-10T10:00:00.000000+00:00",
            },
            "~incident": incident["id"],
        }
        for at, incident in enumerate(incidents)
        for n in range(10 if at == 0 else at % 3)
    ]
    return {"monitors": monitors, "incidents": incidents, "todos": todos}


def _expected(data: Data) -> Iterator[Expected]:
    for monitor in data["monitors"]:
        yield Expected(
            "datadogMonitor",
            str(monitor["id"]),
            properties={"state": monitor["overall_state"], "tags": monitor["tags"]},
            title=monitor["name"],
        )
    for incident in data["incidents"]:
        attributes = incident["attributes"]
        yield Expected(
            "datadogIncident",
            incident["id"],
            properties={"severity": attributes["severity"], "state": attributes["state"]},
            title=attributes["title"],
        )
    for todo in data["todos"]:
        yield Expected(
            "datadogIncidentTodo",
            todo["id"],
            relations={"incident": todo["~incident"]},
            properties={"completed": todo["attributes"]["completed"] is not None},
            title=todo["attributes"]["content"],
        )


def _vanish(data: Data) -> None:
    gone = data["incidents"][0]["id"]
    drop(data["incidents"], gone)
    drop(data["todos"], gone, key="~incident")
    drop(data["monitors"], data["monitors"][0]["id"])


def _error(status: int, reason: str) -> Answer:
    if status == 401:
        return Answer(status=403, body={"errors": ["Forbidden"]})
    body: Json = {"errors": [reason]}
    return Answer(status=status, body=body)


PRODUCT = Product(
    prefix="/api",
    auth=_Keys("DD-API-KEY", "your-api-key"),
    data=_data,
    endpoints=(
        Collection("/v1/monitor", table("monitors"), _MONITOR_PAGES),
        Collection("/v2/incidents", table("incidents"), _INCIDENT_PAGES, wrap="data"),
        Collection(
            "/v2/incidents/{incident}/relationships/todos",
            children("todos", of=("incidents", "id"), incident="~incident"),
            wrap="data",
        ),
    ),
    page_size=10,
    error=_error,
    headers={
        "X-RateLimit-Limit": "100",
        "X-RateLimit-Period": "60",
        "X-RateLimit-Remaining": "98",
        "X-RateLimit-Reset": "12",
    },
    throttle=Throttle(at=40, headers={"X-RateLimit-Reset": "0"}),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("a size parameter of another product", {"sizeParam": "per_page"}),
        Mistake("no application key", {"customHeaders": None}, error="Forbidden"),
        Mistake(
            "a size above the cap", {"pageSize": "101"}, error="page[size] must be at most 100"
        ),
        Mistake(
            "incidents paged as the monitors are",
            mapping={"resources/1/selector/pagination": None},
            error="does not heed 'page'",
        ),
        Mistake(
            "the monitors' position for the incidents",
            mapping={"resources/1/selector/pagination/pagination_param": "offset"},
            error="does not heed 'offset'",
        ),
        Mistake(
            "a path inside a bare list",
            mapping={"resources/0/selector/data_path": ".monitors"},
            error="looks for 'monitors' in an array",
        ),
    ),
)
