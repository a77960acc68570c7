"""Notion: databases, found by a search, and the pages of each.

https://developers.notion.com/reference/intro#pagination: ``start_cursor`` and ``page_size`` (100 unless
given, at most 100) stand in the JSON body of a POST; ``has_more`` and ``next_cursor`` lead on.
https://developers.notion.com/reference/post-database-query
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
    Throttle,
    children,
    drop,
    table,
)

_PAGES = Cursor(
    cursor="start_cursor",
    size="page_size",
    default=100,
    cap=100,
    above_cap="refuse",
    in_body=True,
    tell={"has_more": "more", "next_cursor": "next_value"},
)
_LIST: dict[str, Json] = {"object": "list", "type": "page_or_database"}


def _data() -> Data:
    databases = [
        {"object": "database", "id": f"d{n:03}", "title": [{"plain_text": f"Database {n}"}]}
        for n in range(23)
    ]
    pages = [
        {"object": "page", "id": f"p{n:03}", "archived": n % 13 == 0, "~database": f"d{n % 2:03}"}
        for n in range(55)
    ]
    return {"databases": databases, "pages": pages}


def _expected(data: Data) -> Iterator[Expected]:
    for database in data["databases"]:
        yield Expected("notionDatabase", database["id"], title=database["title"][0]["plain_text"])
    for page in data["pages"]:
        yield Expected(
            "notionPage",
            page["id"],
            relations={"database": page["~database"]},
            properties={"archived": page["archived"]},
        )


def _error(status: int, reason: str) -> Json:
    return {"object": "error", "status": status, "message": reason}


PRODUCT = Product(
    prefix="/v1",
    auth=Bearer("your-integration-token"),
    data=_data,
    endpoints=(
        Collection(
            "/search", table("databases"), _PAGES, wrap="results", beside=_LIST, method="POST"
        ),
        Collection(
            "/databases/{database}/query",
            children("pages", of=("databases", "id"), database="~database"),
            _PAGES,
            wrap="results",
            beside=_LIST,
            method="POST",
        ),
    ),
    page_size=10,
    error=_error,
    throttle=Throttle(at=10),
    expected=_expected,
    vanish=lambda data: drop(data["pages"], "p010"),
    mistakes=(
        Mistake("a wrong place for the cursor", {"cursorPath": "meta.next"}, error="'meta.next'"),
        Mistake(
            "the cursor in the query, while one page holds all",
            mapping={"resources/0/selector/pagination/send_in": "query"},
        ),
        Mistake(
            "GET in place of POST", mapping={"resources/0/selector/method": "GET"}, error="405"
        ),
        Mistake("a size above the cap", {"pageSize": "500"}, error="at most 100"),
    ),
)
