"""What makes the parameters of paging valid that an API refuses: each remedy was answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from json_values import Json
from pagination import PaginationSettings, make_paginator
from paging.model import PageRequest
from workbench.check.absence import Answered
from workbench.check.places import Paged

_AT_MOST: Final = re.compile(
    r"(?:at most|maximum(?: is| of)?|exceed|less than or equal to|<=) (\d+)"
)
_RANGE: Final = re.compile(r"\b(\d+) ?(?:-|\u2013|to|and|\.\.) ?(\d+)\b")
_AT_LEAST: Final = re.compile(
    r"(?:at least|minimum(?: is| of)?|from|multiple of|greater than or equal to|>=) (\d+)"
)


_USUAL: Final = (1000, 500, 200, 100, 50, 20)
"""Largest sizes that APIs have, for refusals that name none."""


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
    """The sizes that a refusal names: the most, then the least, then the least step."""
    for most in _AT_MOST.findall(refusal):
        yield int(most)
    for least, most in _RANGE.findall(refusal):
        yield from (int(most), int(least))
    for least in _AT_LEAST.findall(refusal):
        yield int(least)
