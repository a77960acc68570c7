"""Okta: users, groups, and the members of each group.

https://developer.okta.com/docs/api/#pagination: the ``Link`` header has ``self`` always and ``next``
while there is more, with an opaque ``after``; lists are bare arrays.
https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/: 200 users a page at
most and unless asked for less; deprovisioned ones only when ``filter`` or ``search`` asks for them.
https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/: 10,000 groups, 1,000
members a page.
https://developer.okta.com/docs/reference/rl-best-practices/: 429 with ``X-Rate-Limit-Reset``, the
time in seconds, and no ``Retry-After``.
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Bearer,
    Call,
    Collection,
    Cursor,
    Data,
    Expected,
    Facts,
    Json,
    Mistake,
    Product,
    RefusedError,
    Row,
    Throttle,
    children,
    drop,
    table,
)

_LEFT = 'status eq "DEPROVISIONED"'


def _links(facts: Facts) -> Json:
    here = facts.call.origin + facts.call.url({})
    following = f', <{facts.next_url}>; rel="next"' if facts.more else ""
    return f'<{here}>; rel="self"{following}'


def _pages(most: int) -> Cursor:
    return Cursor(cursor="after", default=most, cap=most, headers={"link": _links})


_USERS, _GROUPS, _MEMBERS = _pages(200), _pages(10_000), _pages(1000)


def _data() -> Data:
    users: list[Row] = [
        {
            "id": f"00u{n:04}",
            "status": "DEPROVISIONED" if n % 8 == 0 else "ACTIVE",
            "profile": {"login": f"user{n}@example.com", "firstName": "User", "lastName": str(n)},
        }
        for n in range(52)
    ]
    groups: list[Row] = [
        {
            "id": f"00g{n:04}",
            "type": "BUILT_IN" if n == 0 else "OKTA_GROUP",
            "profile": {"name": f"Group {n}", "description": None},
        }
        for n in range(31)
    ]
    present = [user for user in users if user["status"] == "ACTIVE"]
    members = [
        {**user, "~group": group["id"]}
        for at, group in enumerate(groups)
        for user in (present if at == 0 else present[: at % 3])
    ]
    return {"users": users, "groups": groups, "members": members}


def _users(call: Call) -> Sequence[Row]:
    wanted = call.param("filter") or call.param("search")
    if wanted not in {None, _LEFT}:
        raise RefusedError(400, f"Invalid search criteria: {wanted}")
    left = wanted == _LEFT
    return [user for user in call.data["users"] if (user["status"] == "DEPROVISIONED") is left]


def _expected(data: Data) -> Iterator[Expected]:
    for user in data["users"]:
        yield Expected(
            "oktaUser",
            user["id"],
            properties={"status": user["status"], "login": user["profile"]["login"]},
        )
    for group in data["groups"]:
        yield Expected("oktaGroup", group["id"], title=group["profile"]["name"])
    for member in data["members"]:
        yield Expected(
            "oktaMembership",
            f"{member['~group']}-{member['id']}",
            relations={"group": member["~group"], "user": member["id"]},
        )


def _vanish(data: Data) -> None:
    drop(data["groups"], "00g0001")
    drop(data["members"], "00g0001", key="~group")


def _error(status: int, reason: str) -> Json:
    said = {
        401: ("E0000011", "Invalid token provided"),
        404: ("E0000007", "Not found: Resource not found"),
        429: ("E0000047", "API call exceeded rate limit due to too many requests."),
    }
    code, summary = said.get(status, ("E0000001", f"Api validation failed: {reason}"))
    return {"errorCode": code, "errorSummary": summary, "errorLink": code, "errorCauses": []}


PRODUCT = Product(
    prefix="/api/v1",
    auth=Bearer("your-api-token", scheme="SSWS"),
    data=_data,
    endpoints=(
        Collection("/users", _users, _USERS),
        Collection("/groups", table("groups"), _GROUPS),
        Collection(
            "/groups/{group}/users",
            children("members", of=("groups", "id"), group="~group"),
            _MEMBERS,
        ),
    ),
    page_size=10,
    error=_error,
    headers={
        "X-Rate-Limit-Limit": "600",
        "X-Rate-Limit-Remaining": "598",
        "X-Rate-Limit-Reset": "1700003600",
    },
    throttle=Throttle(
        at=30, headers={"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "1700000000"}
    ),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("no size parameter", {"sizeParam": None}),
        Mistake("a size parameter of another product", {"sizeParam": "per_page"}),
        Mistake("a size above the cap", {"pageSize": "500"}),
        Mistake(
            "the key without its word", {"apiKey": "your-api-token"}, error="Invalid token provided"
        ),
        Mistake(
            "the key as bearer's",
            {"authType": "bearer_token", "apiToken": "your-api-token"},
            error="Invalid token provided",
        ),
        Mistake(
            "the key in another header",
            {"apiKeyHeader": None},
            error="check the credentials in the settings",
        ),
        Mistake(
            "no paging",
            {"paginationType": "none"},
            mapping={"resources/0/selector/query_params/limit": 20},
            error="paginationType is 'none'",
        ),
        Mistake("page numbers", {"paginationType": "page"}, error="does not heed 'page'"),
        Mistake("offsets", {"paginationType": "offset"}, error="does not heed 'offset'"),
        Mistake(
            "cursors in the body",
            {"paginationType": "cursor", "paginationParam": "after"},
            error="cursorPath, unset,",
        ),
        Mistake("links in the body", {"paginationType": "next_link"}, error="nextLinkPath"),
        Mistake("another relation", {"headerLinkRel": "after"}, error="headerLinkRel is 'after'"),
        Mistake("a wrong kind", mapping={"resources/2/kind": "/group"}, error="Resource not found"),
        Mistake(
            "a path inside a bare list",
            mapping={"resources/0/selector/data_path": ".users"},
            error="looks for 'users' in an array",
        ),
        Mistake(
            "a name where the id belongs",
            mapping={"resources/3/selector/path_parameters/group/field": ".profile.name"},
            error="'/groups/{group}/users' answered 404 or 410 for each of 31 values",
        ),
        Mistake(
            "a field there is not",
            mapping={"resources/3/selector/path_parameters/group/field": ".group_id"},
            error="path_parameters.group.field '.group_id' gave null",
        ),
        Mistake(
            "a filter Okta cannot read",
            mapping={"resources/1/selector/query_params/filter": "status = DEPROVISIONED"},
            error="Invalid search criteria",
        ),
    ),
)
