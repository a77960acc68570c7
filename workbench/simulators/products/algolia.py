"""Algolia: the indices of an application, and the records of each.

https://www.algolia.com/doc/rest-api/search/: pages count from zero; a list of indices tells
``nbPages``, a search ``nbHits``, ``nbPages``, ``page`` and ``hitsPerPage`` (20 unless given, at
most 1000). Two headers sign every request.
"""

from collections.abc import Iterator

from workbench.simulators import (
    Collection,
    Data,
    Expected,
    Json,
    KeyHeader,
    Mistake,
    PageNumber,
    Product,
    children,
    drop,
    table,
)

_PAGES = PageNumber(
    size="hitsPerPage",
    first=0,
    default=20,
    cap=1000,
    tell={"page": "number", "nbPages": "pages", "nbHits": "total", "hitsPerPage": "size"},
)
_INDICES = PageNumber(size="hitsPerPage", first=0, default=100, cap=100, tell={"nbPages": "pages"})


def _data() -> Data:
    indices = [{"name": f"index-{n:02}", "entries": n} for n in range(24)]
    records = [
        {"objectID": f"r{n:03}", "name": f"Record {n}", "~index": f"index-{n % 2:02}"}
        for n in range(54)
    ]
    return {"indices": indices, "records": records}


def _expected(data: Data) -> Iterator[Expected]:
    for index in data["indices"]:
        yield Expected("algoliaIndex", index["name"], properties={"entries": index["entries"]})
    for record in data["records"]:
        yield Expected(
            "algoliaRecord",
            record["objectID"],
            relations={"index": record["~index"]},
            title=record["name"],
        )


def _error(status: int, reason: str) -> Json:
    return {"message": reason, "status": status}


PRODUCT = Product(
    prefix="/1",
    auth=KeyHeader("X-Algolia-API-Key", "your-api-key"),
    data=_data,
    endpoints=(
        Collection("/indexes", table("indices"), _INDICES, wrap="items"),
        Collection(
            "/indexes/{index}",
            children("records", of=("indices", "name"), index="~index"),
            _PAGES,
            wrap="hits",
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["records"], "r010", key="objectID"),
    mistakes=(
        Mistake("pages from one", {"startPage": "1"}, error="page"),
        Mistake("a size parameter of another product", {"sizeParam": "per_page"}),
        Mistake("offsets", {"paginationType": "offset"}, error="page"),
        Mistake(
            "a wrong data path",
            mapping={"resources/1/selector/data_path": ".results"},
            error="data_path '.results'",
        ),
    ),
)
