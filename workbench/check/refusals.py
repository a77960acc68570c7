"""What makes the parameters of paging valid that an API refuses: each remedy was answered."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Final

from msgspec.structs import replace

from json_values import Json
from pagination import PaginationSettings, make_paginator
from paging.model import PageRequest

Answered = Callable[[PageRequest], Awaitable[Json]]
"""What a request is answered; None for a failure."""

_AT_MOST: Final = re.compile(
    r"(?:at most|maximum(?: is| of)?|exceed|less than or equal to|<=) (\d+)"
)
_RANGE: Final = re.compile(r"\b(\d+) ?(?:-|\u2013|to|and|\.\.) ?(\d+)\b")
_AT_LEAST: Final = re.compile(
    r"(?:at least|minimum(?: is| of)?|from|multiple of|greater than or equal to|>=) (\d+)"
)


async def other_values(
    answered: Answered, paging: PaginationSettings, request: PageRequest | None, refusal: str
) -> str:
    """What to write for a size, a first number or a name that is refused; "" where nothing helps.

    ``request``: the plain request of the resource, None where it has path parameters.
    """
    if request is None:
        most = _AT_MOST.search(refusal)
        return f"write {most[1]} for the page size" if most else ""
    async for remedy, changed in _changed(paging, refusal):
        if await answered(make_paginator(changed).first(request)) is not None:
            return remedy
    return ""


async def _changed(
    paging: PaginationSettings, refusal: str
) -> AsyncIterator[tuple[str, PaginationSettings]]:
    if paging.sends_size:
        for size in _sizes(refusal):
            if size != paging.page_size:
                yield f"write {size} for the page size", replace(paging, page_size=size)
    if paging.type == "page":
        other = 0 if paging.start_page else 1
        yield f"write {other} for startPage", replace(paging, start_page=other)
    if paging.sends_size:
        told = "without a size it answers: correct sizeParam, or send none (size_param: null)"
        yield told, replace(paging, size_param=None, sends_size=False)


def _sizes(refusal: str) -> Iterator[int]:
    """The sizes that a refusal names: the most, then the least, then the least step."""
    quoted = refusal.partition(", ")[2]
    for most in _AT_MOST.findall(quoted):
        yield int(most)
    for least, most in _RANGE.findall(quoted):
        yield from (int(most), int(least))
    for least in _AT_LEAST.findall(quoted):
        yield int(least)
