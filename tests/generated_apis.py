"""Random APIs: names, envelopes, limits and paging styles that nobody wrote a rule for."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.simulators import (
    Collection,
    Cursor,
    Keyset,
    Offset,
    PageNumber,
    Product,
    Row,
    Unpaged,
    table,
)
from tests.simulators.paging import Fact, Paging, at_end

_SIZES = (
    "limit", "per_page", "page_size", "size", "max_results", "count", "page_limit", "take", "top",
    "$top", "page[size]", "results_per_page", "items_per_page", "rows", "max", "batch_size",
    "page_length", "hits_per_page", "max_items", "num", "fetch", "x_limit", "q_size",
)  # fmt: skip
_PAGES = ("page", "page_number", "page_index", "p", "pg", "page_no", "page[number]", "current_page")
_OFFSETS = ("offset", "skip", "start", "start_at", "$skip", "from", "start_index", "page[offset]",
            "first_result", "x_offset")  # fmt: skip
_CURSORS = ("cursor", "page_token", "after", "next_token", "continuation_token", "starting_after",
            "token", "marker", "page[after]", "bookmark", "start_cursor",
            "next_cursor")  # fmt: skip
_WRAPS = (None, "data", "items", "results", "widgets", "data/items", "response/records", "value",
          "_embedded/widgets", "payload/list/entries")  # fmt: skip
_IDS = ("id", "id", "uuid", "key", "slug")
_NOUNS = ("widgets", "accounts", "tickets", "devices", "releases", "people", "invoices")


@dataclass(frozen=True)
class Generated:
    """An API with one collection at ``/v1/<noun>``, and what is right about it."""

    product: Product
    path: str
    style: str
    rows: int
    size: str
    position: str
    about: str


def generate(seed: int) -> Generated:
    """The API of a seed."""
    rnd = random.Random(seed)  # noqa: S311 — examples, no secrets
    casing = rnd.choice(("snake", "snake", "camel"))
    noun = rnd.choice(_NOUNS)
    wrap = rnd.choice(_WRAPS)
    total = rnd.randint(8, 160)
    size = _cased(rnd.choice(_SIZES), casing)
    style = rnd.choice(("page", "page", "offset", "offset", "cursor", "cursor", "keyset",
                        "next_link", "header_link", "none"))  # fmt: skip
    if wrap is None and style in {"cursor", "keyset", "next_link"}:
        style = "header_link"
    position = _cased(rnd.choice(_names(style)), casing)
    if style == "none":
        size = position = ""
    if position == size and size:
        size = "limit"
    paging = _paging(rnd, style, size, position, wrap)
    id_key = "id" if style == "keyset" else rnd.choice((*_IDS, f"{noun[:-1]}_id"))
    data: list[Row] = [_row(rnd, id_key, n) for n in range(total)]
    path = f"/{noun}"
    product = Product(
        prefix="/v1",
        data=lambda: {"rows": data},
        endpoints=(Collection(path, table("rows"), paging, wrap=wrap, beside=_beside(rnd, wrap)),),
        expected=lambda _: (),
        vanish=lambda _: None,
        mistakes=(),
        unknown_parameters=rnd.choice((None, None, None, None, 400)),
    )
    about = f"seed {seed}: {style} size={size!r} position={position!r} wrap={wrap} {paging}"
    return Generated(product, path, style, total, size, position, about)


def _cased(name: str, casing: str) -> str:
    if casing == "snake" or "[" in name or "$" in name:
        return name
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _names(style: str) -> tuple[str, ...]:
    by_style = {"page": _PAGES, "offset": _OFFSETS, "cursor": _CURSORS,
                "keyset": ("starting_after", "after", "since_id", "after_id")}  # fmt: skip
    return by_style.get(style, _PAGES + _OFFSETS + _CURSORS)


def _row(rnd: random.Random, id_key: str, number: int) -> Row:
    identity = number + 1 if id_key.endswith("id") else f"thing-{number:04}"
    return {
        id_key: identity,
        "name": f"Thing {number}",
        "active": number % 2 == 0,
        "created_at": f"2024-01-{number % 28 + 1:02}T10:00:00Z",
        "state": rnd.choice(("open", "closed")),
    }


def _beside(rnd: random.Random, wrap: str | None) -> Mapping[str, object]:
    if wrap is None:
        return {}
    every = {"request_id": "abc", "took": 12, "links": {"self": "/v1"}, "warnings": [],
             "facets": [{"name": "state", "count": 3}, {"name": "kind", "count": 2}]}  # fmt: skip
    return {key: every[key] for key in rnd.sample(sorted(every), rnd.randint(0, 3))}


def _paging(rnd: random.Random, style: str, size: str, position: str, wrap: str | None) -> Paging:
    default = rnd.choice((5, 10, 20, 25, 30, 50))
    cap = rnd.choice((20, 50, 100, 100, 200, 1000))
    above_cap = rnd.choice(("cap", "cap", "refuse", "default"))
    meta = rnd.choice(("", "meta/", "paging/", "page_info/", "meta/pagination/"))
    tell = _told(rnd, style, meta, position) if wrap is not None else {}
    shared: dict[str, Any] = {
        "size": size, "default": min(default, cap), "cap": cap, "above_cap": above_cap,
        "tell": tell, "link": ("first", "next") if style == "header_link" else (),
    }  # fmt: skip
    if style in {"next_link", "header_link"}:
        style = rnd.choice(("page", "offset", "cursor"))
    match style:
        case "none":
            return Unpaged()
        case "page":
            past_end: Literal["empty", "refuse"] = rnd.choice(("empty", "refuse"))
            first = rnd.choice((0, 1, 1))
            return PageNumber(number=position, first=first, past_end=past_end, **shared)
        case "offset":
            return Offset(offset=position, **shared)
        case "keyset":
            return Keyset(after=position, key="id", **shared)
        case _:
            return Cursor(cursor=position, **shared)


def _told(rnd: random.Random, style: str, meta: str, position: str) -> dict[str, Fact]:
    """What stands beside the rows: what leads on, and often a total and the size."""
    tell: dict[str, Fact] = {}
    if rnd.random() < 0.5:
        tell[f"{meta}{rnd.choice(('total', 'total_count', 'totalItems'))}"] = "total"
    if rnd.random() < 0.3:
        tell[f"{meta}{rnd.choice(('limit', 'size', 'per_page'))}"] = "size"
    if style == "keyset":
        tell[f"{meta}has_more"] = "more"
    if style == "cursor":
        words = ("next_cursor", "next", "nextPageToken", "after", "cursor", position)
        tell[f"{meta}{rnd.choice(words)}"] = at_end("next_value", None)
    if style == "next_link":
        place = rnd.choice(("next", "links/next", "_links/next/href", "next_url", "nextPage"))
        tell[place] = at_end(rnd.choice(("next_url", "next_path")), None)
    return tell
