"""Microsoft Graph: users, groups, and the members of each group.

https://learn.microsoft.com/graph/paging: ``@odata.nextLink`` holds the whole next URL and is absent
at the end; ``$top`` is 100 unless given, and at most 999 for users and groups.
https://learn.microsoft.com/graph/auth-v2-service: a token for a client's id and secret, sent as a
form to another host; it ends after an hour, and every request after that is answered with 401.
https://learn.microsoft.com/graph/throttling: 429 with ``Retry-After``.
"""

import json
from collections.abc import Iterator

from tests.simulators import (
    Collection,
    Cursor,
    Data,
    Expected,
    Json,
    Login,
    Mistake,
    Product,
    Row,
    Throttle,
    at_end,
    children,
    drop,
    table,
)

_PAGES = Cursor(
    cursor="$skiptoken",
    size="$top",
    default=100,
    cap=999,
    above_cap="refuse",
    tell={"@odata.nextLink": at_end("next_url")},
)
_LOGIN = "/your-tenant-id/oauth2/v2.0/token"
_FORM = {
    "client_id": "your-client-id",
    "client_secret": "your-client-secret",
    "grant_type": "client_credentials",
    "scope": "https://graph.microsoft.com/.default",
}


def _data() -> Data:
    users: list[Row] = [
        {
            "id": f"user-{n:04}",
            "displayName": f"User {n}",
            "userPrincipalName": f"user{n}@example.com",
            "mail": None if n % 3 else f"user{n}@example.com",
        }
        for n in range(134)
    ]
    groups: list[Row] = [
        {"id": f"group-{n:04}", "displayName": f"Group {n}", "securityEnabled": n % 2 == 0}
        for n in range(41)
    ]
    members: list[Row] = [
        {
            "@odata.type": "#microsoft.graph.user",
            "id": users[at]["id"],
            "displayName": users[at]["displayName"],
            "~group": group["id"],
        }
        for n, group in enumerate(groups)
        for at in range(45 if n == 0 else n % 2)
    ]
    return {"users": users, "groups": groups, "members": members}


def _expected(data: Data) -> Iterator[Expected]:
    for user in data["users"]:
        yield Expected(
            "graphUser",
            user["id"],
            properties={"principalName": user["userPrincipalName"], "mail": user["mail"]},
            title=user["displayName"],
        )
    for group in data["groups"]:
        yield Expected("graphGroup", group["id"], title=group["displayName"])
    for member in data["members"]:
        yield Expected(
            "graphMembership",
            f"{member['~group']}-{member['id']}",
            relations={"group": member["~group"], "user": member["id"]},
            title=member["displayName"],
        )


def _vanish(data: Data) -> None:
    drop(data["groups"], "group-0001")
    drop(data["members"], "group-0001", key="~group")


def _error(status: int, reason: str) -> Json:
    code = {401: "InvalidAuthenticationToken", 404: "Request_ResourceNotFound"}
    return {"error": {"code": code.get(status, "Request_BadRequest"), "message": reason}}


def _context(of: str) -> dict[str, Json]:
    return {"@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#{of}"}


PRODUCT = Product(
    prefix="/v1.0",
    origins=("https://login.microsoftonline.com",),
    auth=Login(path=_LOGIN, form=_FORM, lasts=20),
    data=_data,
    endpoints=(
        Collection("/users", table("users"), _PAGES, wrap="value", beside=_context("users")),
        Collection("/groups", table("groups"), _PAGES, wrap="value", beside=_context("groups")),
        Collection(
            "/groups/{group}/members",
            children("members", of=("groups", "id"), group="~group"),
            _PAGES,
            wrap="value",
            beside=_context("directoryObjects"),
        ),
    ),
    page_size=20,
    error=_error,
    throttle=Throttle(at=12),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("a size parameter without its sign", {"sizeParam": "top"}),
        Mistake("no size parameter", {"sizeParam": None}),
        Mistake("a size above the cap", {"pageSize": "1000"}, error="$top must be at most 999"),
        Mistake(
            "a wrong place for the link",
            {"nextLinkPath": "odata.nextLink"},
            error="'odata.nextLink'",
        ),
        Mistake("links in a header", {"paginationType": "header_link"}, error="rel='next'"),
        Mistake("cursors", {"paginationType": "cursor", "sizeParam": "$top"}, error="cursorPath"),
        Mistake("offsets", {"paginationType": "offset"}, error="does not heed 'offset'"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "the login as JSON",
            {"customAuthRequest": json.dumps({"endpoint": _LOGIN, "body": _FORM})},
            error="the login POST",
        ),
        Mistake(
            "a wrong place for the token",
            {"customAuthRequestTemplate": '{"headers": {"Authorization": "Bearer {{.token}}"}}'},
            error="'.token'",
        ),
        Mistake(
            "a wrong kind",
            mapping={"resources/1/kind": "/teams"},
            error="Request_ResourceNotFound",
        ),
    ),
)
