"""Google Workspace directory: groups, and the members of each.

https://developers.google.com/admin-sdk/directory/reference/rest/v1/groups/list and
https://developers.google.com/admin-sdk/directory/reference/rest/v1/members/list: ``maxResults`` is
200 unless given and at most 200; ``nextPageToken`` goes into ``pageToken``, and is left out at the
end.
"""

from collections.abc import Iterator

from tests.simulators import (
    Bearer,
    Collection,
    Cursor,
    Data,
    Expected,
    Json,
    Mistake,
    Product,
    at_end,
    children,
    drop,
    table,
)

_PAGES = Cursor(
    cursor="pageToken",
    size="maxResults",
    default=200,
    cap=200,
    tell={"nextPageToken": at_end("next_value")},
)
_GROUPS: dict[str, Json] = {"kind": "admin#directory#groups"}
_MEMBERS: dict[str, Json] = {"kind": "admin#directory#members"}


def _data() -> Data:
    groups = [
        {"id": f"g{n:03}", "email": f"group{n}@example.com", "name": f"Group {n}"}
        for n in range(23)
    ]
    members = [
        {
            "id": f"m{n:03}",
            "email": f"person{n}@example.com",
            "role": "OWNER" if n % 9 == 0 else "MEMBER",
            "~group": f"g{n % 2:03}",
        }
        for n in range(57)
    ]
    return {"groups": groups, "members": members}


def _expected(data: Data) -> Iterator[Expected]:
    for group in data["groups"]:
        yield Expected("googleGroup", group["id"], properties={"email": group["email"]})
    for member in data["members"]:
        yield Expected(
            "googleMember",
            f"{member['~group']}/{member['id']}",
            relations={"group": member["~group"]},
            properties={"role": member["role"]},
        )


def _error(status: int, reason: str) -> Json:
    return {"error": {"code": status, "message": reason, "errors": [{"reason": "invalid"}]}}


PRODUCT = Product(
    prefix="/admin/directory/v1",
    auth=Bearer("your-access-token"),
    data=_data,
    endpoints=(
        Collection("/groups", table("groups"), _PAGES, wrap="groups", beside=_GROUPS),
        Collection(
            "/groups/{group}/members",
            children("members", of=("groups", "id"), group="~group"),
            _PAGES,
            wrap="members",
            beside=_MEMBERS,
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["members"], "m010"),
    mistakes=(
        Mistake("a wrong place for the cursor", {"cursorPath": "meta.next"}, error="'meta.next'"),
        Mistake("the place spelt out", {"cursorPath": "nextPageToken"}),
        Mistake(
            "a cursor parameter of another product",
            {"paginationParam": "cursor"},
            error="paginationParam 'cursor'",
        ),
        Mistake("no paging, while one page holds all", {"paginationType": "none"}),
        Mistake(
            "a wrong data path",
            mapping={"resources/0/selector/data_path": ".items"},
            error="data_path '.items'",
        ),
    ),
)
