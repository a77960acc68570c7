"""What makes the parameters of paging valid that an API refuses: each remedy was answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import httpx
from msgspec.structs import replace

from json_values import Json
from pagination import (
    DEFAULT_POSITION_PARAM,
    DEFAULT_SIZE_PARAM,
    PaginationSettings,
    make_paginator,
)
from paging.model import PageRequest
from resync.session import Session
from workbench.check.asking.absence import Answered
from workbench.check.asking.nearby import Listed, Nearby, Target
from workbench.check.asking.reading import Seen
from workbench.check.asking.sent import bare
from workbench.check.guesses.expressions import lists_of_objects, rows_of
from workbench.check.guesses.refusal_words import named_missing, variable_missed
from workbench.check.lists.paging_ways import Ways
from workbench.check.lists.places import Case, Paged
from workbench.suggest.vocabulary import Names

_AT_MOST: Final = re.compile(
    r"(?:at most|maximum(?: is| of)?|exceed|less than or equal to|<=) (\d+)"
)
_RANGE: Final = re.compile(r"\b(\d+) ?(?:-|\u2013|to|and|\.\.) ?(\d+)\b")
_AT_LEAST: Final = re.compile(
    r"(?:at least|minimum(?: is| of)?|from|multiple of|greater than or equal to|>=) (\d+)"
)


FEWEST: Final = 10
"""Rows of a page of a server's own; it is cut at a multiple of ``ROUND``."""
ROUND: Final = 5
_NUMBER: Final = re.compile(r"(?<![\w.])[1-9]\d{0,3}(?![\w.])")
_MOST: Final = 6  # numbers of a refusal that are tried
_INVALID: Final = frozenset({400, 422})
_USUAL: Final = (1000, 500, 200, 100, 50, 20)
"""Largest sizes that APIs have, for refusals that name none."""


class PagingTrials:
    """Finds how lists are paged, and which parameters of paging an API takes."""

    def __init__(self, session: Session, near: Nearby) -> None:
        self._session = session
        self.near = near
        self._ways = Ways(session)
        self._sized: set[str | None] = set()

    async def valid(self, case: Case) -> Paged | tuple[str, str] | None:
        """How to page so that a request is valid; or the setting that is wrong, and what to do."""
        seen, target, request, words = case.seen, case.target, case.request, case.words
        if await _is_alone(self.near, target.endpoint.pagination, seen):
            return Paged({"cursorAlone": True}, "the cursor by itself is answered")
        if request is not None and await self.near.body(request) is None:
            way = await self._declared(target, request, words)
            return way or await self._sized_as_told(target, request, words)
        if has_begun(seen):  # what leads on is refused, and not how the list is asked for
            return await self.other(target)
        return await self._taken(target, words)

    async def _taken(self, target: Target, words: str) -> Paged | tuple[str, str] | None:
        """What is taken where a first request is refused, and not without its paging."""
        paging, request = target.endpoint.pagination, target.request
        found = await other_values(self.near.body, paging, request, words)
        if request is None or (found and found.first not in {"sizeParam", "startPage"}):
            return found
        is_first = found is not None and found.first == "startPage"
        if way := await self.other(target, words) or (found if is_first else None):
            return way
        if found:
            return await self._ways.sized(request, target.endpoint, words) or found
        if await self._is_whole(target):
            return Paged({"paginationType": "none"}, "without parameters of paging it answers")
        return "paginationType", "without the parameters of paging it answers: correct their names"

    async def _is_whole(self, target: Target) -> bool:
        """Whether a plain request has few rows, as many as servers seldom cut pages at."""
        body = await self.near.body(target.request) if target.request else None
        rows = len(rows_of(body))
        return 0 < rows < FEWEST and bool(rows % ROUND)

    async def _declared(self, target: Target, request: PageRequest, words: str) -> Paged | None:
        """How a GraphQL query is paged that declares the variable of a size, and does not get it.

        None where it is no size that the refusal misses.
        """
        name, paging = variable_missed(words), target.endpoint.pagination
        is_number = re.search(rf"\${name.rpartition('.')[2]}\s*:\s*Int\b", str(request.body))
        sized = request.put(name, paging.page_size, "body")
        if not name or not is_number or await self.near.body(sized) is None:
            return None
        own = replace(paging, size_param=name, send_in="body")
        if own.type != "none" and await self.near.body(make_paginator(own).first(request)):
            return Paged({"sizeParam": name, "sendIn": "body"}, "so it answers")
        endpoint = replace(target.endpoint, pagination=own)
        way = await self._ways.find(Target(target.base, endpoint, sized))
        also = {"sizeParam": name, "sendIn": "body"}
        return None if way is None else Paged({**way.values, **also}, way.proof)

    async def _sized_as_told(
        self, target: Target, request: PageRequest, words: str
    ) -> Paged | None:
        """A size, or its name, that a refusal tells of a list that is refused without any."""
        paging, name = target.endpoint.pagination, named_missing(words)
        sized = make_paginator(replace(paging, size_param=name)).first(request)
        if name in Names(()).of("size") and await self.near.body(sized) is not None:
            return Paged({"sizeParam": name}, "so it answers")
        for most in map(int, _AT_MOST.findall(words)):
            smaller = make_paginator(replace(paging, page_size=most)).first(request)
            if most < paging.page_size and await self.near.body(smaller) is not None:
                return Paged({"pageSize": most}, "so it answers")
        return None

    async def unheeded_size(self, read: Listed) -> Paged | None:
        """The parameter of the size that a list heeds, where it does not heed the one that is sent.

        None also where it heeds none. Each name is looked into once.
        """
        target, paging = read.target, read.paging
        name = paging.size_param or DEFAULT_SIZE_PARAM.get(paging.type)
        rows = read.pages[0].rows if read.pages and read.pages[0].goes_on else 0
        is_asked = rows > 1 and paging.type != "none" and paging.sends_size
        # What nobody has named need not be heeded where pages are as long all the same.
        is_asked = is_asked and (
            bool(paging.size_param) or (bool(name) and rows != paging.page_size)
        )
        if target.request is None or name in self._sized or not is_asked:
            return None
        self._sized.add(name)
        less = make_paginator(replace(paging, page_size=rows - 1)).first(target.request)
        lists = lists_of_objects(await self.near.body(less))
        if rows not in {len(one) for _, one in lists}:
            return None
        found = await self._ways.sized(target.request, target.endpoint, "")
        return found if found and found.values != {"sizeParam": name} else None

    async def leads_beyond(self, target: Target, *, is_sized: bool = False) -> bool:
        """Whether there are rows beyond those of a list that is read as one page.

        ``is_sized``: of a page as long as it was asked for.
        """
        paging, request = target.endpoint.pagination, target.request
        if request is None:
            return False
        name = paging.size_param or DEFAULT_SIZE_PARAM.get(paging.type)
        if is_sized and paging.sends_size and name:
            # A smaller page than the one that was read leads to rows that were read.
            request = request.put(name, paging.page_size, paging.send_in)
        return await self._ways.leads_beyond(request, target.endpoint.data_path)

    async def other(self, target: Target, words: str = "") -> Paged | None:
        """How a list is paged, where that differs from what is set.

        ``words``: of a refusal, which may name the parameters that there are.
        """
        paging, request = target.endpoint.pagination, target.request
        is_sized = paging.sends_size and paging.size_param and request
        if is_sized and request and await self.near.body(request) is None:
            request = request.put(paging.size_param or "", paging.page_size, paging.send_in)
        return await self._ways.find(Target(target.base, target.endpoint, request), words)


def has_begun(seen: Seen) -> bool:
    """Whether a list was refused behind a page with rows."""
    return any(page.goes_on and page.rows for page in seen.own_pages)


async def other_values(
    answered: Answered, paging: PaginationSettings, request: PageRequest | None, refusal: str
) -> Paged | None:
    """The setting whose size, first number or name is refused, as it is to be written; or None.

    ``request``: the plain request of the resource, None where it may not be sent again.
    """
    if request is None:
        most = _AT_MOST.search(refusal)
        return Paged({"pageSize": int(most[1])}, "the API's own words") if most else None
    for values, changed in _changed(paging, refusal):
        if await answered(make_paginator(changed).first(request)) is not None:
            return Paged(values, "so it answers")
    return None


def _changed(
    paging: PaginationSettings, refusal: str
) -> Iterator[tuple[Mapping[str, Json], PaginationSettings]]:
    if paging.sends_size:
        named = list(_sizes(refusal))
        smaller = [size for size in _USUAL if size < paging.page_size]
        for size in dict.fromkeys([*named, *smaller]):
            if size != paging.page_size:
                yield {"pageSize": size}, replace(paging, page_size=size)
    if paging.type == "page":
        other = 0 if paging.start_page else 1
        yield {"startPage": other}, replace(paging, start_page=other)
    if paging.sends_size:
        yield {"sizeParam": None}, replace(paging, size_param=None, sends_size=False)


def _sizes(refusal: str) -> Iterator[int]:
    """The sizes that a refusal names: the most, then the least, then the least step, then all."""
    for most in _AT_MOST.findall(refusal):
        yield int(most)
    for least, most in _RANGE.findall(refusal):
        yield from (int(most), int(least))
    for least in _AT_LEAST.findall(refusal):
        yield int(least)
    yield from sorted(map(int, _NUMBER.findall(refusal)), reverse=True)[:_MOST]


async def _is_alone(near: Nearby, paging: PaginationSettings, seen: Seen) -> bool:
    """Whether a cursor was refused with what stood beside it, and is not by itself."""
    name = paging.pagination_param or DEFAULT_POSITION_PARAM.get(paging.type)
    refused = next((one for one in reversed(seen.exchanges) if one.status in _INVALID), None)
    if paging.type != "cursor" or paging.cursor_alone or refused is None or name is None:
        return False
    url = httpx.URL(refused.url)
    value = url.params.get(name)
    if value is None or len(url.params) == 1:
        return False
    request = PageRequest(bare(refused.url), params=((name, value),), purpose="check")
    return await near.body(request) is not None
