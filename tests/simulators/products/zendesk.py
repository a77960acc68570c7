"""Zendesk Support: users, tickets, and the comments on each ticket.

https://developer.zendesk.com/api-reference/introduction/pagination/: ``page[size]`` (at most 100)
asks for cursors: ``meta.has_more``, ``meta.after_cursor`` and ``links.next``, the cursor goes into
``page[after]``. Without it the answer counts pages: ``next_page``, ``count``, and no ``meta``.
https://developer.zendesk.com/api-reference/introduction/security-and-auth/: HTTP basic with
``<e-mail>/token`` and the token.
"""

from collections.abc import Iterator

from tests.simulators import (
    Basic,
    Call,
    Collection,
    Cursor,
    Data,
    Either,
    Expected,
    Json,
    Mistake,
    PageNumber,
    Product,
    Row,
    Throttle,
    at_end,
    children,
    drop,
    table,
)

_CURSORS = Cursor(
    cursor="page[after]",
    size="page[size]",
    default=100,
    cap=100,
    above_cap="refuse",
    tell={
        "meta/has_more": "more",
        "meta/after_cursor": at_end("next_value", None),
        "meta/before_cursor": lambda _: None,
        "links/next": "next_url",
        "links/prev": lambda _: None,
    },
)
_NUMBERS = PageNumber(
    size="per_page",
    default=100,
    cap=100,
    tell={"next_page": "next_url", "previous_page": lambda _: None, "count": "total"},
)


def _has_size(call: Call) -> bool:
    return call.param("page[size]") is not None


_PAGES = Either(_has_size, _CURSORS, _NUMBERS)


def _data() -> Data:
    users: list[Row] = [
        {
            "id": 900_000 + n,
            "name": f"User {n}",
            "email": f"user{n}@example.com",
            "role": "end-user",
        }
        for n in range(124)
    ]
    tickets: list[Row] = [
        {
            "id": n,
            "subject": f"Ticket {n}",
            "status": "open" if n % 2 else "solved",
            "requester_id": users[n]["id"],
            "assignee_id": None if n % 3 == 0 else users[n + 1]["id"],
        }
        for n in range(1, 43)
    ]
    comments: list[Row] = [
        {
            "id": 1000 * ticket["id"] + n,
            "plain_body": f"Comment {n}",
            "author_id": ticket["requester_id"],
            "~ticket": ticket["id"],
        }
        for ticket in tickets
        for n in range(41 if ticket["id"] == 7 else ticket["id"] % 3)
    ]
    return {"users": users, "tickets": tickets, "comments": comments}


def _expected(data: Data) -> Iterator[Expected]:
    for user in data["users"]:
        yield Expected("zendeskUser", str(user["id"]), properties={"email": user["email"]})
    for ticket in data["tickets"]:
        assignee = ticket["assignee_id"]
        yield Expected(
            "zendeskTicket",
            str(ticket["id"]),
            relations={
                "requester": str(ticket["requester_id"]),
                **({"assignee": str(assignee)} if assignee else {}),
            },
            properties={"status": ticket["status"]},
            title=ticket["subject"],
        )
    for comment in data["comments"]:
        yield Expected(
            "zendeskComment",
            str(comment["id"]),
            relations={"ticket": str(comment["~ticket"]), "author": str(comment["author_id"])},
        )


def _vanish(data: Data) -> None:
    drop(data["tickets"], 7)
    drop(data["comments"], 7, key="~ticket")


def _error(status: int, reason: str) -> Json:
    if status == 400:
        return {"errors": [{"code": "InvalidPaginationParameter", "title": reason}]}
    return {"error": {401: "Couldn't authenticate you", 404: "InvalidEndpoint"}.get(status, reason)}


PRODUCT = Product(
    prefix="/api/v2",
    auth=Basic("you@example.com/token", "your-api-token"),
    data=_data,
    endpoints=(
        Collection("/users", table("users"), _PAGES, wrap="users"),
        Collection("/tickets", table("tickets"), _PAGES, wrap="tickets"),
        Collection(
            "/tickets/{ticket}/comments",
            children("comments", of=("tickets", "id"), ticket="~ticket"),
            _PAGES,
            wrap="comments",
        ),
    ),
    page_size=20,
    error=_error,
    headers={
        "X-Rate-Limit": "700",
        "X-Rate-Limit-Remaining": "699",
    },
    throttle=Throttle(at=40),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("the links", {"paginationType": "next_link", "sizeParam": "page[size]"}),
        Mistake(
            "page numbers",
            {"paginationType": "page", "sizeParam": "per_page", "paginationParam": None},
        ),
        Mistake("no size parameter", {"sizeParam": None}, error="cursorPath, unset"),
        Mistake(
            "a cursor parameter of another product",
            {"paginationParam": None},
            error="paginationParam 'cursor'",
        ),
        Mistake(
            "cursors in the other direction",
            {"cursorPath": "meta.before_cursor"},
            error="cursorPath 'meta.before_cursor'",
        ),
        Mistake(
            "a wrong place for the cursor",
            {"cursorPath": "after_cursor"},
            error="cursorPath 'after_cursor'",
        ),
        Mistake("a size above the cap", {"pageSize": "500"}, error="InvalidPaginationParameter"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "the password's user name",
            {"username": "you@example.com"},
            error="Couldn\\'t authenticate you",
        ),
        Mistake(
            "no data path",
            mapping={"resources/1/selector/data_path": None},
            error="data_path '.' takes",
        ),
        Mistake(
            "a wrong data path for the parents",
            mapping={"resources/2/selector/path_parameters/ticket/data_path": ".ticket"},
            error="path_parameters.ticket.data_path '.ticket'",
        ),
        Mistake(
            "a placeholder without braces",
            mapping={"resources/2/kind": "/tickets/ticket/comments"},
            error="path_parameters.ticket is configured",
        ),
    ),
)
