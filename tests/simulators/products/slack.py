"""Slack: users, channels, and the members of each channel.

https://docs.slack.dev/apis/web-api/pagination: ``limit`` and ``cursor``; the next one is in
``response_metadata.next_cursor``, empty at the end. Pages may hold fewer rows than asked for, or
none, long before the end.
https://docs.slack.dev/apis/web-api/: a failure is a 200 with ``ok: false`` and an ``error``.
https://docs.slack.dev/apis/web-api/rate-limits: 429 with ``Retry-After``.
"""

from collections.abc import Iterator, Sequence

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

_PAGES = Cursor(
    default=100,
    cap=999,
    above_cap="refuse",
    tell={"ok": lambda _: True, "response_metadata/next_cursor": at_end("next_value", "")},
)


def _data() -> Data:
    users: list[Row] = [
        {"id": f"U{n:04}", "name": f"user{n}", "deleted": n % 6 == 0} for n in range(133)
    ]
    channels: list[Row] = [
        # A page of nothing but archived channels is sent empty.
        {"id": f"C{n:04}", "name": f"channel-{n}", "is_archived": 10 <= n < 20 or n % 5 == 0}
        for n in range(45)
    ]
    members: list[Row] = [
        {"channel": channel["id"], "user": users[at % len(users)]["id"]}
        for n, channel in enumerate(channels)
        for at in range(31 if n == 1 else n % 3)
        if not channel["is_archived"]
    ]
    return {"users": users, "channels": channels, "members": members}


def _members(call: Call) -> Sequence[Row]:
    channel = call.param("channel")
    if channel not in {row["id"] for row in call.data["channels"]}:
        raise RefusedError(400, "channel_not_found")
    return [row for row in call.data["members"] if row["channel"] == channel]


def _ids(rows: Sequence[Row]) -> Json:
    return [row["user"] for row in rows]


def _expected(data: Data) -> Iterator[Expected]:
    for user in data["users"]:
        yield Expected("slackUser", user["id"], title=user["name"])
    for channel in data["channels"]:
        if not channel["is_archived"]:
            yield Expected("slackChannel", channel["id"], title=channel["name"])
    for member in data["members"]:
        yield Expected(
            "slackMember",
            f"{member['channel']}-{member['user']}",
            relations={"channel": member["channel"], "user": member["user"]},
        )


def _vanish(data: Data) -> None:
    drop(data["channels"], "C0001")
    drop(data["members"], "C0001", key="channel")


def _error(status: int, reason: str) -> Answer:
    words = {401: "invalid_auth", 404: "unknown_method", 429: "ratelimited"}
    return Answer(
        status=429 if status == 429 else 200,
        body={"ok": False, "error": words.get(status, reason)},
    )


PRODUCT = Product(
    prefix="/api",
    auth=Bearer("xoxb-your-token"),
    data=_data,
    endpoints=(
        Collection("/users.list", table("users"), _PAGES, wrap="members"),
        Collection(
            "/conversations.list",
            table("channels"),
            _PAGES,
            wrap="channels",
            keep=lambda row: not row["is_archived"],
        ),
        Collection("/conversations.members", _members, _PAGES, wrap="members", reshape=_ids),
    ),
    page_size=10,
    error=_error,
    throttle=Throttle(at=12),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("the cursor's place spelt out", {"cursorPath": "response_metadata.next_cursor"}),
        Mistake(
            "a wrong place for the cursor",
            {"cursorPath": "metadata.cursor"},
            error="cursorPath 'metadata.cursor'",
        ),
        Mistake(
            "a cursor parameter of another product",
            {"paginationParam": "after"},
            error="paginationParam 'after'",
        ),
        Mistake("a size above the cap", {"pageSize": "1000"}, error="limit must be at most 999"),
        Mistake("a wrong token", {"apiToken": "xoxb-old"}, error="invalid_auth"),
        Mistake("page numbers", {"paginationType": "page"}, error="does not heed 'page'"),
        Mistake("offsets", {"paginationType": "offset"}, error="does not heed 'offset'"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "a wrong method", mapping={"resources/0/kind": "/users.all"}, error="unknown_method"
        ),
        Mistake(
            "a wrong parameter for the parent",
            mapping={"resources/2/kind": "/conversations.members?id={channel_id}"},
            error="channel_not_found",
        ),
        Mistake(
            "a wrong data path",
            mapping={"resources/1/selector/data_path": ".conversations"},
            error="data_path '.conversations'",
        ),
    ),
)
