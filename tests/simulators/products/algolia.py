"""Algolia: the indices of an application, and the records and rules of each.

https://www.algolia.com/doc/rest-api/search/: two headers sign every request, and a wrong pair is
answered with 403. Pages count from zero: a list of indices, whole unless ``page`` is asked for, tells
``nbPages``; a search, a POST with its parameters in the body, tells ``nbHits``, ``nbPages``, ``page``
and ``hitsPerPage``, which is 20 unless given and at most 1000 (more is refused).
https://support.algolia.com/hc/en-us/articles/6462133423761: a search gives ``paginationLimitedTo``
records at most (1000), whatever ``nbHits`` says; pages beyond are empty.
https://www.algolia.com/doc/rest-api/search/browse: all records by a ``cursor``, absent at the end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tests.simulators import (
    Answer,
    Auth,
    Call,
    Collection,
    Cursor,
    Custom,
    Data,
    Either,
    Expected,
    Facts,
    KeyHeader,
    Mistake,
    PageNumber,
    Product,
    Row,
    Unpaged,
    at_end,
    children,
    drop,
    table,
)
from tests.simulators.auth import Door

_LIMIT = 20  # paginationLimitedTo, in records


@dataclass(frozen=True)
class _Pair(Auth, Door):
    """A key, and the application it belongs to."""

    application: KeyHeader
    key: KeyHeader

    def door(self) -> Door:
        """Itself."""
        return self

    def admits(self, call: Call) -> bool:
        """Whether both headers are there."""
        return self.application.admits(call) and self.key.admits(call)


def _found(facts: Facts) -> int:
    return sum(row["~index"] == facts.call.at["index"] for row in facts.call.data["records"])


_INDICES = Either(
    lambda call: call.param("page") is not None,
    PageNumber(size="hitsPerPage", first=0, default=100, cap=1000, tell={"nbPages": "pages"}),
    Unpaged(tell={"nbPages": 1}),
)
_SEARCH = PageNumber(
    size="hitsPerPage",
    first=0,
    default=20,
    cap=1000,
    above_cap="refuse",
    in_body=True,
    tell={"nbHits": "total", "page": "number", "nbPages": "pages", "hitsPerPage": "size"},
)
_LIMITED = replace(_SEARCH, tell={**_SEARCH.tell, "nbHits": _found})
_BROWSE = Cursor(
    size="hitsPerPage",
    default=1000,
    cap=1000,
    above_cap="refuse",
    in_body=True,
    tell={"nbHits": "total", "hitsPerPage": "size", "cursor": at_end("next_value")},
)


def _data() -> Data:
    names = ["services", "eu/teams (old)", *(f"index {n}" for n in range(19))]
    indices: list[Row] = [{"name": name, "entries": len(name)} for name in names]
    records: list[Row] = [
        {"objectID": f"r{n}", "name": f"Record {n}", "~index": name}
        for at, name in enumerate(names)
        for n in range(44 if at == 0 else at % 3)
    ]
    rules: list[Row] = [
        {"objectID": f"rule-{n}", "description": f"Rule {n}", "enabled": n > 0, "~index": name}
        for at, name in enumerate(names)
        for n in range(23 if at == 1 else at % 2)
    ]
    return {"indices": indices, "records": records, "rules": rules}


_records = children("records", of=("indices", "name"), index="~index")


def _reachable(call: Call) -> Sequence[Row]:
    return _records(call)[:_LIMIT]


_QUERY = Collection("/indexes/{index}/query", _reachable, _LIMITED, wrap="hits")


def _expected(data: Data) -> Iterator[Expected]:
    for index in data["indices"]:
        yield Expected("algoliaIndex", index["name"], properties={"entries": index["entries"]})
    for record in data["records"]:
        yield Expected(
            "algoliaRecord",
            f"{record['~index']}/{record['objectID']}",
            relations={"index": record["~index"]},
            title=record["name"],
        )
    for rule in data["rules"]:
        yield Expected(
            "algoliaRule",
            f"{rule['~index']}/{rule['objectID']}",
            relations={"index": rule["~index"]},
            properties={"enabled": rule["enabled"]},
            title=rule["description"],
        )


def _error(status: int, reason: str) -> Answer:
    if status == 401:
        status, reason = 403, "Invalid Application-ID or API key"
    return Answer(status=status, body={"message": reason, "status": status})


_RECORDS = "resources/1"
_RULES = "resources/2"
_AS_SEARCH = {f"{_RECORDS}/kind": "/indexes/{index}/query", f"{_RECORDS}/selector/pagination": None}

PRODUCT = Product(
    prefix="/1",
    auth=_Pair(
        KeyHeader("X-Algolia-Application-Id", "your-app-id"),
        KeyHeader("X-Algolia-API-Key", "your-api-key"),
    ),
    data=_data,
    endpoints=(
        Collection("/indexes", table("indices"), _INDICES, wrap="items"),
        Collection("/indexes/{index}/browse", _records, _BROWSE, wrap="hits", method="POST"),
        Collection(
            "/indexes/{index}/rules/search",
            children("rules", of=("indices", "name"), index="~index"),
            _SEARCH,
            wrap="hits",
            method="POST",
        ),
        # No part of the example, so that nobody expects it to be walked.
        Custom(_QUERY.path, _QUERY.answer, method="POST"),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["rules"], "rule-3", key="objectID"),
    mistakes=(
        Mistake("the pages' default size", {"sizeParam": "per_page"}),
        Mistake(
            "the cursor's place spelt out",
            mapping={f"{_RECORDS}/selector/pagination/cursor_path": "cursor"},
        ),
        Mistake("page numbers from 1", {"startPage": "1"}, error="startPage"),
        Mistake(
            "page numbers from 1 for rules",
            mapping={f"{_RULES}/selector/pagination/start_page": 1},
            error="startPage",
        ),
        Mistake(
            "rules asked for in the query",
            mapping={f"{_RULES}/selector/pagination": None},
            error="does not heed 'page'",
        ),
        Mistake(
            "records asked for in the query",
            mapping={f"{_RECORDS}/selector/pagination/send_in": "query"},
        ),
        Mistake(
            "records by a search",
            mapping={**_AS_SEARCH, f"{_RECORDS}/selector/pagination/send_in": "body"},
            error="total of 44",
        ),
        Mistake(
            "a size above the cap",
            mapping={f"{_RULES}/selector/pagination/page_size": 2000},
            error="hitsPerPage must be at most 1000",
        ),
        Mistake(
            "a search with GET",
            mapping={f"{_RULES}/selector/method": "GET"},
            error="method not allowed",
        ),
        Mistake("positions", {"paginationType": "offset"}, error="does not heed 'offset'"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "a wrong data path",
            mapping={f"{_RULES}/selector/data_path": ".results"},
            error="data_path '.results'",
        ),
        Mistake("no application", {"customHeaders": None}, error="Invalid Application-ID"),
        Mistake("the key elsewhere", {"apiKeyHeader": "X-API-Key"}, error="Invalid Application-ID"),
    ),
)
