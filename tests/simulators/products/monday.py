"""monday.com: boards and their items, by GraphQL.

https://developer.monday.com/api-reference/reference/boards: ``limit`` (25 unless given) and ``page``, which counts
from 1; nothing tells that there is more. https://developer.monday.com/api-reference/reference/items-page: up to
500 items of a board and the ``cursor`` of the next ones, null at the end; the cursor goes back as an argument of
``items_page``, or of ``next_items_page`` at the root.
https://developer.monday.com/api-reference/docs/rate-limits: a budget of complexity a minute; when it is spent, the
answer says so in ``errors`` with ``retry_in_seconds``, in older versions of the API with the status 200
(https://developer.monday.com/api-reference/changelog/hotfix-updated-complexity-budget-exhausted-error).
https://developer.monday.com/api-reference/docs/error-handling: errors of a query come with 200 as well.
"""

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.simulators import (
    Answer,
    Call,
    Cursor,
    Data,
    Expected,
    Json,
    KeyHeader,
    Mistake,
    PageNumber,
    Product,
    RefusedError,
    Row,
    Throttle,
    drop,
    find,
)
from tests.simulators.graphql import VALUE, Arguments, Field, Graph, Many, One, pages
from tests.simulators.paging import Page, Paging

_BOARDS = PageNumber(default=25, cap=500)
_ITEMS = Cursor(default=25, cap=500, above_cap="refuse", tell={"cursor": "next_value"})


def _data() -> Data:
    boards: list[Row] = [
        {"id": str(1000 + n), "name": f"Board {n}", "state": "active"} for n in range(23)
    ]
    items: list[Row] = [
        {
            "id": str(50_000 + at * 100 + n),
            "name": f"Item {n}",
            "state": "active",
            "group": {"id": "topics", "title": "Backlog" if n % 2 else "Done"},
            "~board": board["id"],
        }
        for at, board in enumerate(boards)
        for n in range(33 if at == 2 else at % 3)
    ]
    return {"boards": boards, "items": items}


def _page(paging: Paging, call: Call, arguments: Arguments, rows: Sequence[Row]) -> Page:
    asked = {name: [str(value)] for name, value in arguments.items() if value is not None}
    return paging.page(replace(call, params=asked), rows)


def _boards(call: Call, around: Row, arguments: Arguments) -> Sequence[Row]:
    del around
    wanted = {str(one) for one in arguments.get("ids") or ()}
    rows = [row for row in call.data["boards"] if not wanted or row["id"] in wanted]
    return _page(_BOARDS, call, arguments, rows).rows


def _items_page(call: Call, board: Row, arguments: Arguments) -> Row:
    rows = [row for row in call.data["items"] if row["~board"] == board["id"]]
    page = _page(replace(_ITEMS, mark=board["id"]), call, arguments, rows)
    return {"cursor": page.beside["cursor"], "~items": page.rows}


def _next_items_page(call: Call, around: Row, arguments: Arguments) -> Row:
    del around
    try:
        board = base64.urlsafe_b64decode(str(arguments.get("cursor"))).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        raise RefusedError(400, "CursorException") from None
    return _items_page(call, find(call, "boards", "id", board), arguments)


_PAGED = frozenset({"limit", "cursor"})
_TYPES: dict[str, dict[str, Field]] = {
    "Query": {
        "boards": Many(of="Board", rows=_boards, arguments=frozenset({"ids", "limit", "page"})),
        "next_items_page": One(of="ItemsPage", row=_next_items_page, arguments=_PAGED),
    },
    "Board": {
        "id": VALUE,
        "name": VALUE,
        "state": VALUE,
        "items_page": One(of="ItemsPage", row=_items_page, arguments=_PAGED),
    },
    "ItemsPage": {
        "cursor": VALUE,
        "items": Many(of="Item", rows=lambda _, page, __: page["~items"]),
    },
    "Item": {
        "id": VALUE,
        "name": VALUE,
        "state": VALUE,
        "group": One(of="Group", row=lambda _, item, __: item["group"]),
    },
    "Group": {"id": VALUE, "title": VALUE},
}


def _expected(data: Data) -> Iterator[Expected]:
    for board in data["boards"]:
        yield Expected("mondayBoard", board["id"], title=board["name"])
    for item in data["items"]:
        yield Expected(
            "mondayItem",
            item["id"],
            relations={"board": item["~board"]},
            properties={"group": item["group"]["title"]},
            title=item["name"],
        )


def _error(status: int, reason: str) -> Answer | Json:
    if status == 401:
        return {"errors": ["Not Authenticated"]}
    extensions: Json = {"code": "GRAPHQL_VALIDATION_FAILED"}
    if status == 429:
        extensions = {"code": "COMPLEXITY_BUDGET_EXHAUSTED", "retry_in_seconds": 0}
        reason = "Complexity budget exhausted"
    return Answer(
        status=200,
        body={"errors": [{"message": reason, "extensions": extensions}], "account_id": 123456},
    )


_ITEMS_OF = "resources/1/selector"

PRODUCT = Product(
    auth=KeyHeader("Authorization", "your-token"),
    data=_data,
    endpoints=(Graph(path="/v2", types=_TYPES, paging=pages(default=25, cap=500), invalid=200),),
    page_size=10,
    error=_error,
    throttle=Throttle(at=6, headers={}),
    expected=_expected,
    vanish=lambda data: drop(data["items"], "50217"),
    mistakes=(
        Mistake("a token with a word before it", {"apiKey": "Bearer your-token"}, error="401"),
        Mistake(
            "a field that is not there",
            mapping={"resources/0/selector/body/query": "query { boards { id title } }"},
            error="Cannot query field",
        ),
        Mistake(
            "page and size beside the variables",
            {"paginationParam": "page", "sizeParam": "limit"},
            error="page",
        ),
        Mistake(
            "the cursor beside the variables",
            mapping={f"{_ITEMS_OF}/pagination/pagination_param": "cursor"},
            error="in a circle",
        ),
        Mistake(
            "the place of the cursor by its path",
            mapping={f"{_ITEMS_OF}/pagination/cursor_path": ".data.boards[0].items_page.cursor"},
        ),
        Mistake(
            "a query without the cursor",
            mapping={
                f"{_ITEMS_OF}/body/query": (
                    "query ($board: ID!, $limit: Int) { boards(ids: [$board])"
                    " { items_page(limit: $limit) { items { id name group { title } } } } }"
                )
            },
            error="cursorPath",
        ),
        Mistake("a size above the cap", {"pageSize": "501"}, error="limit must be at most 500"),
        Mistake("no paging", {"paginationType": "none"}),
        Mistake(
            "a wrong data path",
            mapping={f"{_ITEMS_OF}/data_path": ".data.items"},
            error="data_path '.data.items'",
        ),
    ),
)
