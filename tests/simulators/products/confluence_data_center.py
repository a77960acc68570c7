"""Confluence Data Center: spaces, the pages of each space, and the comments on each page.

https://developer.atlassian.com/server/confluence/pagination-in-the-rest-api/: ``start`` and
``limit``, which is 25 unless given. A limit above what the server allows is cut, the one applied is
told, and ``size`` is the length of the page; there is no total. ``_links.next`` is to be put behind
``_links.base``, which ends with the context path, and is absent at the end.
https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html: a bearer
token.
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Bearer,
    Call,
    Collection,
    Data,
    Expected,
    Facts,
    Json,
    Mistake,
    Offset,
    Product,
    RefusedError,
    Row,
    at_end,
    children,
    drop,
    table,
)

_CONTEXT = "/confluence"


def _next(facts: Facts) -> str:
    return str(facts.next_path).removeprefix(_CONTEXT)


_PAGES = Offset(
    offset="start",
    default=25,
    cap=25,
    tell={
        "start": "offset",
        "limit": "size",
        "size": "count",
        "_links/base": lambda facts: facts.call.origin + _CONTEXT,
        "_links/context": lambda _: _CONTEXT,
        "_links/next": at_end(_next),
    },
)


def _data() -> Data:
    spaces: list[Row] = [
        {"id": 98_300 + n, "key": f"S{n}", "name": f"Space {n}", "type": "global"}
        for n in range(21)
    ]
    pages: list[Row] = [
        {
            "id": str(100 * space["id"] + n),
            "type": "page",
            "title": f"Page {n}",
            "version": {"number": n + 1},
            "~space": space["key"],
        }
        for at, space in enumerate(spaces)
        for n in range(34 if at == 2 else at % 3)
    ]
    comments: list[Row] = [
        {"id": f"{page['id']}{n:02}", "title": f"Re: {page['title']}", "~page": page["id"]}
        for at, page in enumerate(pages[::5])
        for n in range(at % 3)
    ]
    return {"spaces": spaces, "pages": pages, "comments": comments}


def _content(call: Call) -> Sequence[Row]:
    if call.param("type") not in {"page", None}:
        raise RefusedError(400, f"Unsupported type: {call.param('type')}")
    return call.data["pages"]


def _expected(data: Data) -> Iterator[Expected]:
    for space in data["spaces"]:
        yield Expected("confluenceDcSpace", space["key"], title=space["name"])
    for page in data["pages"]:
        yield Expected(
            "confluenceDcPage",
            page["id"],
            relations={"space": page["~space"]},
            properties={"version": page["version"]["number"]},
            title=page["title"],
        )
    for comment in data["comments"]:
        yield Expected("confluenceDcComment", comment["id"], relations={"page": comment["~page"]})


def _vanish(data: Data) -> None:
    gone = data["pages"][10]["id"]
    drop(data["pages"], gone)
    drop(data["comments"], gone, key="~page")


def _error(status: int, reason: str) -> Json:
    return {"statusCode": status, "data": {"authorized": status != 401}, "message": reason}


PRODUCT = Product(
    prefix=_CONTEXT,
    auth=Bearer("your-personal-access-token"),
    data=_data,
    endpoints=(
        Collection("/rest/api/space", table("spaces"), _PAGES, wrap="results"),
        Collection(
            "/rest/api/space/{space}/content/page",
            children("pages", of=("spaces", "key"), space="~space"),
            _PAGES,
            wrap="results",
        ),
        Collection("/rest/api/content", _content, _PAGES, wrap="results"),
        Collection(
            "/rest/api/content/{page}/child/comment",
            children("comments", of=("pages", "id"), page="~page"),
            _PAGES,
            wrap="results",
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("a size above the cap", {"pageSize": "1000"}),
        Mistake("the pages' default size", {"sizeParam": "maxResults"}),
        Mistake("links", {"paginationType": "next_link"}),
        Mistake("no position parameter", {"paginationParam": None}, error="does not heed 'offset'"),
        Mistake("page numbers", {"paginationType": "page"}, error="share"),
        Mistake(
            "page numbers under their usual name",
            {"paginationType": "page", "paginationParam": None},
            error="does not heed 'page'",
        ),
        Mistake("cursors", {"paginationType": "cursor"}, error="cursorPath, unset"),
        Mistake(
            "a place that is not there",
            {"hasMorePath": "_links.more"},
            error="hasMorePath '_links.more'",
        ),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "a path of the cloud",
            mapping={"resources/0/kind": "/api/v2/spaces"},
            error="404 Not Found",
        ),
        Mistake(
            "another type of content",
            mapping={
                "resources/2/selector/path_parameters/page/endpoint": "/rest/api/content?type=pages"
            },
            error="Unsupported type: pages",
        ),
        Mistake(
            "the number for the key",
            mapping={"resources/1/selector/path_parameters/space/field": ".id"},
            error="answered 404 or 410 for each of",
        ),
        Mistake(
            "no data path",
            mapping={"resources/1/selector/data_path": None},
            error="data_path '.' takes",
        ),
    ),
)
