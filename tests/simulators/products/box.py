"""Box: the users of an enterprise, its groups, and who is in which group.

https://developer.box.com/reference/post-oauth2-token--refresh: a refresh token is good for once, and
the answer brings the next one. https://developer.box.com/guides/api-calls/pagination/marker-based:
users go on by ``next_marker``, which is empty at the end, where ``usemarker`` is true; by ``offset``
with ``total_count`` otherwise, as groups always do (``limit`` is 100, at most 1,000).
https://developer.box.com/guides/api-calls/permissions-and-errors/rate-limits: 429 with ``Retry-After``.
"""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from uuid import uuid4

from tests.simulators import (
    Collection,
    Cursor,
    Data,
    Either,
    Expected,
    Json,
    Mistake,
    Offset,
    Product,
    RotatingRefresh,
    Row,
    Throttle,
    at_end,
    children,
    drop,
    table,
)

_OFFSETS = Offset(
    default=100, cap=1000, tell={"total_count": "total", "offset": "offset", "limit": "size"}
)
_MARKERS = Cursor(
    cursor="marker",
    default=100,
    cap=1000,
    tell={"limit": "size", "next_marker": at_end("next_value", "")},
)
_USERS = Either(lambda call: call.param("usemarker") == "true", _MARKERS, _OFFSETS)


@cache
def _folder() -> Path:
    """Where token files are, for as long as this process lives."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _data() -> Data:
    users: list[Row] = [
        {"type": "user", "id": str(11446498 + n), "name": f"Person {n}", "status": "active"}
        | {"login": f"person{n}@example.com"}
        for n in range(37)
    ]
    groups: list[Row] = [
        {
            "type": "group",
            "id": str(255224 + n),
            "name": f"Group {n}",
            "group_type": "managed_group",
        }
        for n in range(24)
    ]
    memberships: list[Row] = [
        {
            "type": "group_membership",
            "id": str(12345 + group * 100 + n),
            "role": "admin" if n == 0 else "member",
            "user": {"type": "user", "id": users[n % 37]["id"]},
            "~group": groups[group]["id"],
        }
        for group in range(24)
        for n in range(22 if group == 2 else group % 2)
    ]
    return {"users": users, "groups": groups, "memberships": memberships}


def _expected(data: Data) -> Iterator[Expected]:
    for user in data["users"]:
        yield Expected(
            "boxUser", user["id"], title=user["name"], properties={"login": user["login"]}
        )
    for group in data["groups"]:
        yield Expected("boxGroup", group["id"], title=group["name"])
    for one in data["memberships"]:
        yield Expected(
            "boxMembership",
            one["id"],
            properties={"role": one["role"]},
            relations={"group": one["~group"], "user": one["user"]["id"]},
        )


def _error(status: int, reason: str) -> Json:
    kind, _, said = reason.partition(": ")
    if kind == "invalid_grant":
        return {"error": kind, "error_description": said}
    code = {401: "unauthorized", 404: "not_found", 429: "rate_limit_exceeded"}.get(status)
    return {"type": "error", "status": status, "code": code or "bad_request", "message": reason}


PRODUCT = Product(
    prefix="/2.0",
    auth=RotatingRefresh(
        path="/oauth2/token",
        form={
            "grant_type": "refresh_token",
            "client_id": "your-client-id",
            "client_secret": "your-client-secret",
        },
        refresh_token="your-refresh-token",
        lasts=15,
    ),
    data=_data,
    endpoints=(
        Collection(
            "/users", table("users"), _USERS, wrap="entries", knows=frozenset({"usemarker"})
        ),
        Collection("/groups", table("groups"), _OFFSETS, wrap="entries"),
        Collection(
            "/groups/{group}/memberships",
            children("memberships", of=("groups", "id"), group="~group"),
            _OFFSETS,
            wrap="entries",
        ),
    ),
    made_settings=lambda: {"oauthTokenFile": str(_folder() / f"{uuid4().hex}.json")},
    page_size=7,
    error=_error,
    throttle=Throttle(at=4),
    expected=_expected,
    vanish=lambda data: drop(data["memberships"], str(12345 + 209)),
    mistakes=(
        Mistake(
            "an old refresh token", {"oauthRefreshToken": "old-token"}, error="authorize again"
        ),
        Mistake(
            "the secret in a header",
            {"oauthClientAuthentication": None},
            error="Refresh token has expired",
        ),
        Mistake("no file, within one resync", {"oauthTokenFile": None}),
        Mistake("a wrong place for the marker", {"cursorPath": "marker"}, error="'marker'"),
        Mistake("no place for the marker", {"cursorPath": None}, error="cursorPath"),
        Mistake(
            "users by positions",
            mapping={"resources/0/selector/query_params": None},
            error="cursorPath",
        ),
        Mistake(
            "groups by markers",
            mapping={"resources/1/selector/pagination": None},
            error="cursorPath",
        ),
        Mistake(
            "a wrong data path",
            mapping={"resources/1/selector/data_path": ".groups"},
            error="data_path '.groups'",
        ),
    ),
)
