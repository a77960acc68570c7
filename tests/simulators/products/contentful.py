"""Contentful's delivery API: content types, and entries that link to one another.

https://www.contentful.com/developers/docs/references/content-delivery-api/#/introduction/collection-resources-and-pagination:
``skip`` and ``limit`` (100, at most 1000: more is refused), every page tells the ``total``.
https://www.contentful.com/developers/docs/references/errors/: what the query may not hold is
refused with 400. A link to an unpublished entry leads nowhere.
"""

from collections.abc import Iterator

from tests.simulators import (
    Bearer,
    Collection,
    Data,
    Expected,
    Json,
    Mistake,
    Offset,
    Product,
    Row,
    drop,
    table,
)

_PAGES = Offset(
    offset="skip",
    default=100,
    cap=1000,
    above_cap="refuse",
    tell={"skip": "offset", "limit": "size", "total": "total"},
)
_ARRAY: dict[str, Json] = {"sys": {"type": "Array"}}


def _link(kind: str, target: str) -> Row:
    return {"sys": {"type": "Link", "linkType": kind, "id": target}}


def _data() -> Data:
    types: list[Row] = [
        {"sys": {"id": name, "type": "ContentType"}, "name": name.title(), "~id": name}
        for name in ("article", "author")
    ]
    entries: list[Row] = [
        {
            "sys": {
                "id": f"entry{n:03}",
                "type": "Entry",
                "updatedAt": f"2024-03-{n % 28 + 1:02}T10:00:00.000Z",
                "contentType": _link("ContentType", "author" if n < 20 else "article"),
            },
            "fields": {"title": f"Entry {n}"}
            if n % 7 == 0
            else {"title": f"Entry {n}", "author": _link("Entry", f"entry{n % 20:03}")},
            "~id": f"entry{n:03}",
        }
        for n in range(128)
    ]
    return {"types": types, "entries": entries}


def _expected(data: Data) -> Iterator[Expected]:
    for kind in data["types"]:
        yield Expected("contentfulType", kind["~id"], title=kind["name"])
    for entry in data["entries"]:
        author = entry["fields"].get("author")
        yield Expected(
            "contentfulEntry",
            entry["~id"],
            properties={"updatedAt": entry["sys"]["updatedAt"]},
            relations={
                "type": entry["sys"]["contentType"]["sys"]["id"],
                **({"author": author["sys"]["id"]} if author else {}),
            },
            title=entry["fields"]["title"],
        )


def _error(status: int, reason: str) -> Json:
    codes = {401: "AccessTokenInvalid", 404: "NotFound", 400: "InvalidQuery"}
    return {"sys": {"type": "Error", "id": codes.get(status, "BadRequest")}, "message": reason}


PRODUCT = Product(
    prefix="/spaces/your-space/environments/master",
    auth=Bearer("your-delivery-token"),
    data=_data,
    endpoints=(
        Collection("/content_types", table("types"), _PAGES, wrap="items", beside=_ARRAY),
        Collection(
            "/entries",
            table("entries"),
            _PAGES,
            wrap="items",
            beside=_ARRAY,
            knows=frozenset({"content_type", "include", "order", "select"}),
        ),
    ),
    page_size=20,
    error=_error,
    unknown_parameters=400,
    expected=_expected,
    vanish=lambda data: drop(data["entries"], "entry050", key="~id"),
    mistakes=(
        Mistake(
            "no position parameter", {"paginationParam": None}, error="unknown parameter offset"
        ),
        Mistake(
            "a size parameter of another product",
            {"sizeParam": "pageSize"},
            error="unknown parameter pageSize",
        ),
        Mistake(
            "page numbers",
            {"paginationType": "page", "paginationParam": None},
            error="unknown parameter page",
        ),
        Mistake(
            "page numbers for positions",
            {"paginationType": "page"},
            error="'skip' does not count what paginationType 'page'",
        ),
        Mistake("a size above the cap", {"pageSize": "1001"}, error="limit must be at most 1000"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "a wrong data path",
            mapping={"resources/1/selector/data_path": ".entries"},
            error="data_path '.entries'",
        ),
        Mistake(
            "no data path",
            mapping={"resources/1/selector/data_path": None},
            error="data_path '.' takes",
        ),
        Mistake(
            "a filter in the data path",
            mapping={"resources/1/selector/data_path": "[.items[] | select(true)]"},
        ),
    ),
)
