"""Okta: groups, and the users of each.

https://developer.okta.com/docs/reference/core-okta-api/#pagination: a ``Link`` header leads on, with an
opaque ``after``; ``limit`` is 200 unless given and at most 200 for groups. Tokens go into
``Authorization`` behind the word ``SSWS``.
"""

from collections.abc import Iterator

from workbench.simulators import (
    Bearer,
    Collection,
    Cursor,
    Data,
    Expected,
    Json,
    Mistake,
    Product,
    children,
    drop,
    table,
)

_PAGES = Cursor(cursor="after", default=200, cap=200, link=("next",))


def _data() -> Data:
    groups = [{"id": f"00g{n:03}", "profile": {"name": f"Group {n}"}} for n in range(25)]
    users = [
        {
            "id": f"00u{n:03}",
            "status": "SUSPENDED" if n % 11 == 0 else "ACTIVE",
            "profile": {"login": f"user{n}@example.com"},
            "~group": f"00g{n % 2:03}",
        }
        for n in range(56)
    ]
    return {"groups": groups, "users": users}


def _expected(data: Data) -> Iterator[Expected]:
    for group in data["groups"]:
        yield Expected("oktaGroup", group["id"], title=group["profile"]["name"])
    for user in data["users"]:
        yield Expected(
            "oktaUser",
            user["id"],
            relations={"group": user["~group"]},
            properties={"status": user["status"]},
        )


def _error(status: int, reason: str) -> Json:
    codes = {401: "E0000011", 404: "E0000007"}
    return {"errorCode": codes.get(status, "E0000001"), "errorSummary": reason}


PRODUCT = Product(
    prefix="/api/v1",
    auth=Bearer("your-token", scheme="SSWS"),
    data=_data,
    endpoints=(
        Collection("/groups", table("groups"), _PAGES),
        Collection(
            "/groups/{group}/users",
            children("users", of=("groups", "id"), group="~group"),
            _PAGES,
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["users"], "00u010"),
    mistakes=(
        Mistake("a relation nobody sends", {"headerLinkRel": "following"}, error="headerLinkRel"),
        Mistake("page numbers", {"paginationType": "page"}, error="does not heed"),
        Mistake("a size parameter of another product", {"sizeParam": "per_page"}),
        Mistake(
            "a wrong field",
            mapping={"resources/1/selector/path_parameters/group_id/field": ".key"},
            error="field '.key'",
        ),
    ),
)
