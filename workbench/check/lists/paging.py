"""Lists of which a resource reads too little: what their pages show of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import httpx
from msgspec.structs import replace

from jq_engine.worker import JqWorker
from json_values import Json, follow
from pagination import DEFAULT_POSITION_PARAM, PaginationSettings, make_paginator
from paging.model import PageRequest
from paging.totals import says_all
from transport.observer import PageRead
from workbench.check.asking.absence import Answered
from workbench.check.asking.nearby import Nearby, Target
from workbench.check.asking.reading import Seen
from workbench.check.asking.sent import bare
from workbench.check.guesses.expressions import (
    better,
    leaves,
    rows_of,
    values_of,
    written,
)
from workbench.check.lists.places import Paged

LED: Final = frozenset({"cursor", "next_link", "header_link"})
"""The styles of lists that are led by what answers have."""
_FEWEST: Final = 10  # rows of a server's own page
_ROUND: Final = 5  # servers cut pages at multiples of it
_INVALID: Final = frozenset({400, 422})


@dataclass(frozen=True)
class Unheld:
    """A setting of paging whose path leads nowhere, and the path that is meant, or ""."""

    name: str
    path: str
    meant: str

    @property
    def remedy(self) -> str | Paged:
        """What to write; "" where nothing shows it."""
        return Paged({self.name: self.meant.lstrip(".")}, "there it stands") if self.meant else ""


async def alone(near: Nearby, paging: PaginationSettings, seen: Seen) -> str:
    """What to write where a cursor was refused with what stood beside it, and is not by itself."""
    name = paging.pagination_param or DEFAULT_POSITION_PARAM.get(paging.type)
    refused = next((one for one in reversed(seen.exchanges) if one.status in _INVALID), None)
    if paging.type != "cursor" or paging.cursor_alone or refused is None or name is None:
        return ""
    url = httpx.URL(refused.url)
    value = url.params.get(name)
    if value is None or len(url.params) == 1:
        return ""
    request = PageRequest(bare(refused.url), params=((name, value),), purpose="check")
    is_answered = await near.body(request) is not None
    told = "write cursor_alone: true in its pagination: the cursor by itself is answered"
    return told if is_answered else ""


async def moves_by_rows(answered: Answered, seen: Seen, target: Target) -> bool:
    """Whether an offset of one leads to the second row; also where that cannot be asked."""
    paging, request = target.endpoint.pagination, target.request
    pages = [page for page in seen.own_pages if page.goes_on and page.rows > 1]
    if paging.type != "offset" or request is None or not pages:
        return True
    read = next((page.body for page in pages if bare(page.url) == bare(request.url)), None)
    one = replace(paging, start_offset=paging.start_offset + 1)
    body = await answered(make_paginator(one).first(request)) if read is not None else None
    first, rows = rows_of(read), rows_of(body)
    return body is None or len(first) <= 1 or rows[:1] == first[1:2]


async def ended_by(
    jq: JqWorker, seen: Seen, paging: PaginationSettings
) -> tuple[str, str, str, Json] | None:
    """What ended a list at its first page: a configured path, its setting, its opposite, its value.

    None where no such path did, or where its value is no boolean, whose opposite may be meant.
    """
    pages = [page for page in seen.own_pages if page.rows]
    if len(pages) != 1 or pages[0].goes_on or not isinstance(pages[0].body, dict):
        return None
    both = (
        ("hasMorePath", "lastPagePath", paging.has_more_path),
        ("lastPagePath", "hasMorePath", paging.last_page_path),
    )
    for name, other, path in both:
        if path and not path.startswith("header:"):
            expression = path if path.startswith(".") else written(path.split("."))
            (value,) = await values_of(jq, expression, [pages[0].body])
            if value is (name == "lastPagePath"):
                return path, name, other, value
    return None


def in_doubt(seen: Seen, paging: PaginationSettings) -> PageRead | None:
    """The page of a list behind which there may be more; None where nothing speaks for that.

    One that says so, or the longest of a list that is not paged, or to which no marker ever led:
    as long as servers cut pages.
    """
    own = seen.config.selector.pagination
    longest = max(seen.own_pages, key=lambda page: page.rows, default=None)
    if longest is None:
        return None
    is_long, is_round = longest.rows >= _FEWEST, not longest.rows % _ROUND
    if paging.type in LED:
        is_led = any(page.goes_on for page in seen.own_pages)
        return longest if is_long and is_round and not is_led else None
    if paging.type != "none" or (own is not None and own.accept_doubt):
        return None
    # Of a resource that says itself that it has one page, the integration reads that and warns.
    warned = [page for page in seen.own_pages if page.warning and own and own.type == "none"]
    is_doubtful = longest.rows and (is_long or is_round)
    return next(iter(warned), longest if is_doubtful else None)


async def unheld(
    jq: JqWorker, paging: PaginationSettings, pages: Sequence[PageRead]
) -> list[Unheld]:
    """Configured paths in bodies at which nothing stands in any of these pages."""
    bodies = [page.body for page in pages if isinstance(page.body, dict)]
    given = {
        "hasMorePath": paging.has_more_path,
        "lastPagePath": paging.last_page_path,
        "totalPath": paging.total_path,
    }
    found = []
    for name, path in given.items():
        if not bodies or not path or path.startswith("header:"):
            continue
        expression = path if path.startswith(".") else written(path.split("."))
        if all(value is None for value in await values_of(jq, expression, bodies)):
            meant = total_in(pages) if name == "totalPath" else flag_in(pages, name)
            near = None if meant else await better(jq, expression, bodies)
            found.append(Unheld(name, path, near.expression if near else meant))
    return found


def total_in(pages: Sequence[PageRead]) -> str:
    """The path of the only number that may count all rows of each page's list; "" for none.

    Of several the only one whose name says so.
    """
    rows = [page.rows for page in pages]
    found = [
        path
        for path, values in _scalars(pages)
        if all(type(one) is int and one >= count for one, count in zip(values, rows, strict=True))
    ]
    named = [path for path in found if says_all(path[-1])] if len(found) > 1 else found
    return written(named[0]) if len(named) == 1 and max(rows) > 1 else ""


def flag_in(pages: Sequence[PageRead], name: str) -> str:
    """The path of the only boolean that says of each page whether more follow; "" for none."""
    wanted = [page.goes_on is (name == "hasMorePath") for page in pages]
    found = [path for path, values in _scalars(pages) if values == wanted]
    return written(found[0]) if len(found) == 1 else ""


def _scalars(pages: Sequence[PageRead]) -> Iterator[tuple[tuple[str, ...], list[Json]]]:
    """The paths of the answers that all of them have, with their values."""
    bodies = [page.body for page in pages]
    for path in leaves(bodies[0]) if bodies else ():
        values = [follow(body, path) for body in bodies]
        if all(isinstance(value, bool | int) for value in values):
            yield path, [value for value in values if isinstance(value, bool | int)]
