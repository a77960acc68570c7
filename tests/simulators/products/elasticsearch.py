"""Elasticsearch: the indices, and the documents of an alias.

https://www.elastic.co/docs/reference/elasticsearch/rest-apis/paginate-search-results: a search is a
POST; with ``search_after`` it begins after the ``sort`` values of the last hit. A date with
nanoseconds sorts by a number that no float holds. ``size`` is 10, at most 10,000.
https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-search: ``hits.total`` is a
lower bound (``gte``) from 10,000 on, here from 20, unless ``track_total_hits`` is true.
https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-cat-indices: a table as text,
or JSON with ``format=json``, where every value is a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.simulators import (
    Answer,
    Bearer,
    Call,
    Collection,
    Custom,
    Data,
    Expected,
    Facts,
    Json,
    Mistake,
    Product,
    RefusedError,
    Row,
    Sized,
    Throttle,
    drop,
)

_COUNTED = 20
_MIDNIGHT = 1_767_225_600_000_000_000  # nanoseconds
_CAT = frozenset({"format", "bytes", "h", "expand_wildcards"})
_SEARCH = frozenset({"allow_partial_search_results"})


@dataclass(frozen=True, kw_only=True)
class _SearchAfter(Sized):
    """The position is the list of the last hit's sort values."""

    @property
    def _position(self) -> str:
        return "search_after"

    def _start(self, value: Json, rows: Sequence[Row], size: int) -> int:
        del size
        width = len(rows[0].get("sort", ())) if rows else len(value)
        if not isinstance(value, list) or len(value) != width:
            raise RefusedError(400, f"search_after has other values than sort, which has {width}")
        return next((at for at, row in enumerate(rows) if row["sort"] > value), len(rows))

    def _value(self, start: int, rows: Sequence[Row], size: int) -> str | int:
        del rows, size
        return start


def _data() -> Data:
    indices: list[Row] = [
        {
            "health": "yellow" if year == 2026 else "green",
            "status": "open",
            "index": f"services-{year}",
            "docs.count": str(27 + year % 2),
            "store.size": "27648",
        }
        for year in (2024, 2025, 2026)
    ]
    services: list[Row] = [
        {
            "_index": indices[n % 3]["index"],
            "_id": f"doc-{n:03}",
            "_score": None,
            # Three in a row were written at once: the second sort value tells them apart.
            "_source": {"key": f"svc-{n:03}", "name": f"Service {n}", "tier": n % 4},
            "~updated": _MIDNIGHT + n // 3,
        }
        for n in range(47)
    ]
    return {"indices": indices, "services": services}


def _indices(call: Call) -> Answer:
    if call.param("format") != "json":
        lines = (" ".join(row.values()) for row in call.data["indices"])
        return Answer(body="\n".join(lines).encode(), headers={"Content-Type": "text/plain"})
    return Answer(body=call.data["indices"])


def _hits(call: Call) -> list[Row]:
    """The documents in the order of the body's ``sort``, with the values it sorts by."""
    body = call.body if isinstance(call.body, dict) else {}
    by = [name for one in body.get("sort", ()) for name in one]
    if not by and "search_after" in body:
        raise RefusedError(400, "Sort must contain at least one field.")
    hits = [
        {**row, **({"sort": [_sorted_by(row, name) for name in by]} if by else {})}
        for row in call.data["services"]
    ]
    return sorted(hits, key=lambda hit: hit["sort"]) if by else hits


def _sorted_by(row: Row, name: str) -> str | int:
    value: str | int | None = row["~updated"] if name == "updated" else row["_source"].get(name)
    if value is None:
        raise RefusedError(400, f"No mapping found for [{name}] in order to sort on")
    return value


def _total(facts: Facts) -> Json:
    wanted = facts.call.body.get("track_total_hits") if facts.call.body else None
    if wanted is True or facts.total <= _COUNTED:
        return {"value": facts.total, "relation": "eq"}
    return {"value": _COUNTED, "relation": "gte"}


def _expected(data: Data) -> Iterator[Expected]:
    for index in data["indices"]:
        yield Expected(
            "elasticsearchIndex",
            index["index"],
            properties={"health": index["health"], "documents": int(index["docs.count"])},
        )
    for hit in data["services"]:
        source = hit["_source"]
        yield Expected(
            "elasticsearchService",
            source["key"],
            title=source["name"],
            properties={"tier": source["tier"]},
            relations={"index": hit["_index"]},
        )


def _error(status: int, reason: str) -> Json:
    kinds = {
        401: ("security_exception", "unable to authenticate with provided credentials"),
        404: ("index_not_found_exception", "no such index"),
        503: ("search_phase_execution_exception", "Partial shards failure"),
    }
    kind, said = kinds.get(status, ("illegal_argument_exception", reason))
    cause = {"type": kind, "reason": said}
    return {"error": {"root_cause": [cause], **cause}, "status": status}


_SEARCHED = "resources/1/selector"

PRODUCT = Product(
    auth=Bearer("your-base64-key", scheme="ApiKey"),
    data=_data,
    endpoints=(
        Custom("/_cat/indices", _indices, parameters=_CAT),
        Collection(
            "/services/_search",
            _hits,
            _SearchAfter(
                size="size",
                default=10,
                cap=10_000,
                above_cap="refuse",
                in_body=True,
                tell={"took": lambda facts: facts.offset % 7 + 2, "hits/total": _total},
            ),
            wrap="hits/hits",
            beside={
                "timed_out": False,
                "_shards": {"total": 3, "successful": 3, "skipped": 0, "failed": 0},
                "hits": {"max_score": None},
            },
            knows=_SEARCH,
            method="POST",
        ),
    ),
    page_size=10,
    unknown_parameters=400,
    error=_error,
    throttle=Throttle(at=3, status=503, headers={}),
    expected=_expected,
    vanish=lambda data: drop(data["services"], "doc-016", key="_id"),
    mistakes=(
        Mistake(
            "a table as text",
            mapping={"resources/0/selector/query_params": None},
            error="not the JSON it should be",
        ),
        Mistake(
            "no order",
            mapping={f"{_SEARCHED}/body/sort": None},
            error="cursorPath '.hits.hits[-1].sort' found nothing",
        ),
        Mistake(
            "an order in which several are equal",
            mapping={f"{_SEARCHED}/body/sort": [{"updated": "asc"}]},
            error="another request shows rows that do",
        ),
        Mistake(
            "a total that is a lower bound", mapping={f"{_SEARCHED}/body/track_total_hits": None}
        ),
        Mistake(
            "the place of the cursor as a path",
            mapping={f"{_SEARCHED}/pagination/cursor_path": "hits.hits.sort"},
            error="'hits.hits.sort'",
        ),
        Mistake(
            "one of the values alone",
            mapping={f"{_SEARCHED}/pagination/cursor_path": ".hits.hits[-1].sort[0]"},
            error="search_after has other values",
        ),
        Mistake(
            "in the query",
            mapping={f"{_SEARCHED}/pagination/send_in": "query"},
            error="unknown parameter size",
        ),
        Mistake(
            "positions in the body",
            mapping={f"{_SEARCHED}/pagination": {"type": "offset", "send_in": "body"}},
            error="does not heed 'offset'",
        ),
        Mistake(
            "a size above the cap",
            mapping={f"{_SEARCHED}/pagination/page_size": 20_000},
            error="must be at most 10000",
        ),
        Mistake("by GET", mapping={f"{_SEARCHED}/method": None}, error="method not allowed"),
        Mistake(
            "the hits with what stands around them",
            mapping={f"{_SEARCHED}/data_path": ".hits"},
            error="data_path '.hits'",
        ),
        Mistake(
            "the key without its word", {"apiKey": "your-base64-key"}, error="security_exception"
        ),
    ),
)
