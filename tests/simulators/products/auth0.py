"""Auth0's Management API: users, roles, and the users of each role.

https://auth0.com/docs/manage-users/user-search/view-search-results-by-page: ``page`` counts from
zero, ``per_page`` is 50 unless given and at most 100 (more is refused). With ``include_totals`` the
answer is an object with ``start``, ``limit`` and ``total``, otherwise a bare array. A page that would
end beyond row 1000 is refused.
https://auth0.com/docs/get-started/authentication-and-authorization-flow/client-credentials-flow:
a token for a client's id and secret, sent as JSON; after its time every request is answered with 401.
https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy: 429.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.simulators import (
    Answer,
    Call,
    Collection,
    Data,
    Expected,
    Json,
    Login,
    Mistake,
    PageNumber,
    Product,
    Row,
    Throttle,
    children,
    drop,
    table,
)
from tests.simulators.auth import Door

_TENANT = "https://your-tenant.eu.auth0.com"
_TOKEN = "/oauth/token"
_CLIENT = {
    "grant_type": "client_credentials",
    "client_id": "your-client-id",
    "client_secret": "your-client-secret",
    "audience": f"{_TENANT}/api/v2/",
}
_PAGES = PageNumber(
    size="per_page",
    default=50,
    cap=100,
    above_cap="refuse",
    first=0,
    bound=1000,
    tell={"start": "offset", "limit": "size", "length": "count", "total": "total"},
)


@dataclass(frozen=True, kw_only=True)
class _Tenant(Login):
    """A login whose audience names the tenant, wherever its simulator stands."""

    def door(self) -> Door:
        """A door with no tokens yet."""
        door = super().door()
        (login,) = door.endpoints

        def enter(call: Call) -> Answer:
            said = json.dumps(call.body).replace(call.origin, _TENANT)
            return login.respond(replace(call, body=json.loads(said)))

        door.endpoints = (replace(login, respond=enter),)
        return door


@dataclass(frozen=True)
class _List(Collection):
    """A bare array, unless totals are asked for."""

    def answer(self, call: Call) -> Answer:
        """The page the call asks for."""
        answer = super().answer(call)
        if call.param("include_totals") == "true":
            return answer
        return replace(answer, body=answer.body[self.wrap])


def _data() -> Data:
    users: list[Row] = [
        {
            "user_id": f"auth0|{n:024x}" if n % 3 else f"google-oauth2|{n:021}",
            "name": f"User {n}",
            "email": f"user{n}@example.com",
            **({"blocked": True} if n % 5 == 0 else {}),
        }
        for n in range(53)
    ]
    roles: list[Row] = [{"id": f"rol_{n:016}", "name": f"role-{n}"} for n in range(23)]
    members: list[Row] = [
        {"user_id": users[n]["user_id"], "name": users[n]["name"], "~role": role["id"]}
        for at, role in enumerate(roles)
        for n in range(31 if at == 1 else at % 3)
    ]
    return {"users": users, "roles": roles, "members": members}


def _expected(data: Data) -> Iterator[Expected]:
    for user in data["users"]:
        yield Expected(
            "auth0User",
            user["user_id"],
            properties={"email": user["email"], "blocked": user.get("blocked", False)},
            title=user["name"],
        )
    for role in data["roles"]:
        yield Expected("auth0Role", role["id"], title=role["name"])
    for member in data["members"]:
        yield Expected(
            "auth0Assignment",
            f"{member['~role']}/{member['user_id']}",
            relations={"role": member["~role"], "user": member["user_id"]},
        )


def _vanish(data: Data) -> None:
    gone = data["roles"][2]["id"]
    drop(data["roles"], gone)
    drop(data["members"], gone, key="~role")


def _error(status: int, reason: str) -> Json:
    words = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}
    message = {401: "Expired token received for JSON Web Token validation"}.get(status, reason)
    return {"statusCode": status, "error": words.get(status, "Error"), "message": message}


def _login(**changes: Json) -> dict[str, str]:
    return {"customAuthRequest": json.dumps({"endpoint": _TOKEN, "body": _CLIENT, **changes})}


PRODUCT = Product(
    prefix="/api/v2",
    auth=_Tenant(path=_TOKEN, json=_CLIENT, lasts=20),
    data=_data,
    endpoints=(
        _List("/users", table("users"), _PAGES, wrap="users"),
        _List("/roles", table("roles"), _PAGES, wrap="roles"),
        _List(
            "/roles/{role}/users",
            children("members", of=("roles", "id"), role="~role"),
            _PAGES,
            wrap="users",
        ),
    ),
    page_size=10,
    error=_error,
    headers={
        "X-RateLimit-Limit": "50",
        "X-RateLimit-Remaining": "48",
        "X-RateLimit-Reset": "1700003600",
    },
    throttle=Throttle(at=12),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake(
            "no totals",
            mapping={
                "resources/0/selector/query_params/include_totals": None,
                "resources/0/selector/data_path": None,
            },
        ),
        Mistake("the pages' default size", {"sizeParam": "limit"}),
        Mistake("page numbers from 1", {"startPage": None}, error="startPage"),
        Mistake("a size above the cap", {"pageSize": "200"}, error="per_page must be at most 100"),
        Mistake("positions", {"paginationType": "offset"}, error="does not heed 'offset'"),
        Mistake(
            "positions under their name in the answer",
            {"paginationType": "offset", "paginationParam": "start"},
            error="does not heed 'start'",
        ),
        Mistake("cursors", {"paginationType": "cursor"}, error="cursorPath, unset"),
        Mistake("links in a header", {"paginationType": "header_link"}, error="rel='next'"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "the data path of a list with totals, without them",
            mapping={"resources/0/selector/query_params/include_totals": False},
            error="data_path '.users' looks for 'users' in an array",
        ),
        Mistake(
            "totals without the list's data path",
            mapping={"resources/1/selector/data_path": None},
            error="data_path '.' takes",
        ),
        Mistake("the login below the API", _login(), error="/api/v2/oauth/token: 40"),
        Mistake(
            "the login as a form",
            {
                "customAuthRequest": json.dumps(
                    {
                        "endpoint": "http://simulator/oauth/token",
                        "bodyForm": "client_id=your-client-id",
                    }
                )
            },
            error="the login POST",
        ),
        Mistake(
            "an audience without its slash",
            {
                "customAuthRequest": json.dumps(
                    {
                        "endpoint": "http://simulator/oauth/token",
                        "body": {**_CLIENT, "audience": f"{_TENANT}/api/v2"},
                    }
                )
            },
            error="the login POST",
        ),
        Mistake(
            "the token's type for the token",
            {"customAuthRequestTemplate": '{"headers": {"Authorization": "{{.token_type}}"}}'},
            error="Expired token received",
        ),
        Mistake(
            "a wrong place for the token",
            {"customAuthRequestTemplate": '{"headers": {"Authorization": "Bearer {{.id_token}}"}}'},
            error="reads '.id_token'",
        ),
        Mistake(
            "a role's name for its id",
            mapping={"resources/2/selector/path_parameters/role/field": ".name"},
            error="answered 404 or 410 for each of",
        ),
    ),
)
