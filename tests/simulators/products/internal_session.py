"""An internal inventory behind a login: sites, and the devices of each site.

Invented, after tools that companies write for themselves: a login with JSON answers with a session
in the depth of its body, which requests carry as a cookie, and which ends after 15 requests with 401.
Lists are bare arrays, ``skip`` and ``take`` (25 unless given, at most 100, more is cut) with the
total in ``X-Total-Count``. A site's code holds a slash.
"""

import json
from collections.abc import Iterator

from tests.simulators import (
    Collection,
    Data,
    Expected,
    Json,
    Login,
    Mistake,
    Offset,
    Product,
    Row,
    children,
    drop,
    table,
)

_ENDPOINT = "/session/login"
_BODY = {"user": "your-user", "password": "your-password"}
_PAGES = Offset(offset="skip", size="take", default=25, cap=100, headers={"X-Total-Count": "total"})


def _session(token: str) -> Json:
    return {"status": "ok", "result": {"session": {"value": token, "ttl": 60}, "user": {"id": 7}}}


def _data() -> Data:
    sites: list[Row] = [{"code": f"eu/{n:03}", "city": f"City {n}"} for n in range(31)]
    devices: list[Row] = [
        {"serial": f"{at:03}-{n:05}", "model": f"model-{n % 3}", "~site": site["code"]}
        for at, site in enumerate(sites)
        for n in range(44 if at == 1 else at % 3)
    ]
    return {"sites": sites, "devices": devices}


def _expected(data: Data) -> Iterator[Expected]:
    cities = {site["code"]: site["city"] for site in data["sites"]}
    for code, city in cities.items():
        yield Expected("inventorySite", code, title=city)
    for device in data["devices"]:
        yield Expected(
            "inventoryDevice",
            device["serial"],
            relations={"site": device["~site"]},
            properties={"model": device["model"], "city": cities[device["~site"]]},
        )


def _vanish(data: Data) -> None:
    drop(data["sites"], "eu/001", key="code")
    drop(data["devices"], "eu/001", key="~site")


def _error(status: int, reason: str) -> Json:
    return {"status": "failed", "code": status, "message": reason}


def _login(**changes: Json) -> dict[str, str]:
    return {"customAuthRequest": json.dumps({"endpoint": _ENDPOINT, "body": _BODY, **changes})}


def _template(**parts: Json) -> dict[str, str]:
    return {"customAuthRequestTemplate": json.dumps(parts)}


PRODUCT = Product(
    prefix="/api",
    auth=Login(
        path=f"/api{_ENDPOINT}",
        json=_BODY,
        answer=_session,
        header="Cookie",
        carries="SESSION={token}",
        lasts=15,
    ),
    data=_data,
    endpoints=(
        Collection("/sites", table("sites"), _PAGES),
        Collection(
            "/sites/{site}/devices",
            children("devices", of=("sites", "code"), site="~site"),
            _PAGES,
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("a path without its slash", _login(endpoint="session/login")),
        Mistake("a login before the session ends", _login(reauthenticateIntervalSeconds=30)),
        Mistake("the pages' default size", {"sizeParam": "limit"}),
        Mistake("a size above the cap", {"pageSize": "500"}),
        Mistake("one request at a time", {"maxConcurrentRequests": "1"}),
        Mistake(
            "a wrong place for the session",
            _template(headers={"Cookie": "SESSION={{.session.value}}"}),
            error="reads '.session.value'",
        ),
        Mistake(
            "the place of an object",
            _template(headers={"Cookie": "SESSION={{.result.session}}"}),
            error="reads '.result.session'",
        ),
        Mistake(
            "a place without its dot",
            _template(headers={"Cookie": "SESSION={{result.session.value}}"}),
            error="has no dot at the start of placeholder number 1",
        ),
        Mistake(
            "the session in another header",
            _template(headers={"Authorization": "Bearer {{.result.session.value}}"}),
            error="401 Unauthorized",
        ),
        Mistake(
            "a cookie without its name",
            _template(headers={"Cookie": "{{.result.session.value}}"}),
            error="401 Unauthorized",
        ),
        Mistake(
            "headers under another name",
            _template(header={"Cookie": "SESSION={{.result.session.value}}"}),
            error="did you mean 'headers'?",
        ),
        Mistake("no template", {"customAuthRequestTemplate": None}, error="needs to know what"),
        Mistake(
            "a wrong password",
            _login(body={**_BODY, "password": "your-old-password"}),
            error="the login POST",
        ),
        Mistake(
            "the login as a form",
            _login(body=None, bodyForm="user=your-user&password=your-password"),
            error="the login POST",
        ),
        Mistake("a wrong path for the login", _login(endpoint="/login"), error="/api/login: 401"),
        Mistake("a wrong method for the login", _login(method="GET"), error="the login GET"),
        Mistake(
            "basic in place of a session",
            {"authType": "basic", "username": "your-user", "password": "your-password"},
            error="401 Unauthorized",
        ),
        Mistake("no position parameter", {"paginationParam": None}, error="does not heed 'offset'"),
        Mistake("page numbers", {"paginationType": "page"}, error="'skip' does not count"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
    ),
)
