"""Confluence Cloud: spaces, the pages of each space, and the comments on each page.

https://developer.atlassian.com/cloud/confluence/rest/v2/intro/: an opaque ``cursor`` and ``limit``,
which is 25 unless given and at most 250 (more is refused). The next page is named twice, from the
root of the host: in ``_links.next`` beside ``_links.base``, and in a ``Link`` header whose other
relation is ``base``; at the end only the base is left.
"""

from collections.abc import Iterator

from tests.simulators import (
    Basic,
    Collection,
    Cursor,
    Data,
    Expected,
    Facts,
    Json,
    Mistake,
    Product,
    Row,
    at_end,
    children,
    drop,
    table,
)


def _base(facts: Facts) -> str:
    return f"{facts.call.origin}/wiki"


def _links(facts: Facts) -> str:
    base = f'<{_base(facts)}>; rel="base"'
    return f'<{facts.next_path}>; rel="next", {base}' if facts.more else base


_PAGES = Cursor(
    default=25,
    cap=250,
    above_cap="refuse",
    tell={"_links/base": _base, "_links/next": at_end("next_path")},
    headers={"link": _links},
)


def _data() -> Data:
    spaces: list[Row] = [
        {"id": str(65_000 + n), "key": f"S{n}", "name": f"Space {n}", "type": "global"}
        for n in range(21)
    ]
    pages: list[Row] = []
    for at, space in enumerate(spaces):
        home = str(100 * int(space["id"]))
        pages += [
            {
                "id": str(int(home) + n),
                "title": f"Page {n}",
                "status": "current",
                "spaceId": space["id"],
                "parentId": home if n else None,
            }
            for n in range(23 if at == 2 else at % 3)
        ]
    comments: list[Row] = [
        {
            "id": f"{page['id']}{n:02}",
            "title": f"Re: {page['title']}",
            "status": "current",
            "pageId": page["id"],
        }
        for at, page in enumerate(pages)
        for n in range(at % 3)
    ]
    return {"spaces": spaces, "pages": pages, "comments": comments}


def _expected(data: Data) -> Iterator[Expected]:
    for space in data["spaces"]:
        yield Expected(
            "confluenceSpace", space["id"], properties={"key": space["key"]}, title=space["name"]
        )
    for page in data["pages"]:
        above = {"parent": page["parentId"]} if page["parentId"] else {}
        yield Expected(
            "confluencePage",
            page["id"],
            relations={"space": page["spaceId"], **above},
            title=page["title"],
        )
    for comment in data["comments"]:
        yield Expected("confluenceComment", comment["id"], relations={"page": comment["pageId"]})


def _vanish(data: Data) -> None:
    gone = data["pages"][2]["id"]
    drop(data["pages"], gone)
    drop(data["comments"], gone, key="pageId")


def _error(status: int, reason: str) -> Json:
    codes = {400: "INVALID_REQUEST_PARAMETER", 401: "UNAUTHORIZED", 404: "NOT_FOUND"}
    return {"errors": [{"status": status, "code": codes.get(status, "ERROR"), "title": reason}]}


PRODUCT = Product(
    prefix="/wiki",
    auth=Basic("you@example.com", "your-api-token"),
    data=_data,
    endpoints=(
        Collection("/api/v2/spaces", table("spaces"), _PAGES, wrap="results"),
        Collection("/api/v2/pages", table("pages"), _PAGES, wrap="results"),
        Collection(
            "/api/v2/spaces/{space}/pages",
            children("pages", of=("spaces", "id"), space="spaceId"),
            _PAGES,
            wrap="results",
        ),
        Collection(
            "/api/v2/pages/{page}/footer-comments",
            children("comments", of=("pages", "id"), page="pageId"),
            _PAGES,
            wrap="results",
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("links in the header", {"paginationType": "header_link"}),
        Mistake("the link's place spelt out", {"nextLinkPath": "_links.next"}),
        Mistake("the pages' default size", {"sizeParam": "maxResults"}),
        Mistake(
            "the cursor cut out of the link",
            {
                "paginationType": "cursor",
                "cursorPath": '._links.next | capture("cursor=(?<text>[^&]*)").text | @urid',
            },
        ),
        Mistake(
            "the link for a cursor",
            {"paginationType": "cursor", "cursorPath": "_links.next"},
            error="invalid cursor",
        ),
        Mistake("cursors", {"paginationType": "cursor"}, error="cursorPath, unset"),
        Mistake(
            "the base for the link",
            {"paginationType": "header_link", "headerLinkRel": "base"},
            error="/wiki: 404 Not Found",
        ),
        Mistake(
            "a place of another product",
            {"nextLinkPath": "links.next"},
            error="nextLinkPath 'links.next'",
        ),
        Mistake(
            "positions, as in the first version",
            {"paginationType": "offset", "paginationParam": "start"},
            error="does not heed 'start'",
        ),
        Mistake("page numbers", {"paginationType": "page"}, error="does not heed 'page'"),
        Mistake("a size above the cap", {"pageSize": "251"}, error="limit must be at most 250"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "a path of the first version",
            mapping={"resources/0/kind": "/rest/api/space"},
            error="404 Not Found",
        ),
        Mistake(
            "the key for the id",
            mapping={"resources/1/selector/path_parameters/space/field": ".key"},
            error="answered 404 or 410 for each of",
        ),
        Mistake(
            "a wrong data path",
            mapping={"resources/1/selector/data_path": ".pages"},
            error="data_path '.pages' gave null in every response",
        ),
        Mistake("the token alone", {"username": None}, error="username"),
    ),
)
