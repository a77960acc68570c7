"""Lists within lists: whichever of them are paged, every row comes once, and no error.

``.boards[].items`` may be paged by its boards, by the items of each board, or by all the items
together: what a position counts is found out, and whatever a total counts.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import pytest

from tests.fault_api import Answer, Request
from tests.literals import Json
from tests.test_list_ends import COUNTED, STYLES, Api, is_all, outcome, paging, told

PATH = ".boards[].items"
ITEMS: dict[str, Callable[[int], int]] = {
    "three": lambda _: 3,
    "thirty": lambda _: 30,
    "none": lambda _: 0,
    "some": lambda board: board * 7 % 40,
    "none on the first page": lambda board: 0 if board < 20 else 2,
    "none on the second": lambda board: 0 if 20 <= board < 40 else 2,
}


def board(number: int, items: int) -> Json:
    """A board and its items."""
    return {"id": f"b{number}", "items": [{"id": number * 100 + one} for one in range(items)]}


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("items", ITEMS)
@pytest.mark.parametrize("total", ["nothing", "boards", "items"])
@pytest.mark.parametrize("count", [10, 20, 70])
async def test_the_outer_list_is_paged(style: str, items: str, total: str, count: int) -> None:
    """By position: boards with more items than a page has boards are not passed over."""
    boards = [board(number, ITEMS[items](number)) for number in range(count)]
    ids = [one["id"] for one in chain.from_iterable(one["items"] for one in boards)]
    totals = {"nothing": {}, "boards": {"total": count}, "items": {"total": len(ids)}}

    def api(request: Request) -> Answer:
        size = request.number("limit" if style == "offset" else "size", 20)
        start = request.number("offset", (request.number("page", 1) - 1) * size)
        return told({"boards": boards[start : start + size] if start >= 0 else [], **totals[total]})

    found = await outcome(api, paging(style, 20), data_path=PATH)

    is_all(found, ids)
    assert found.requests <= count // 20 + 8


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 55])
@pytest.mark.parametrize("total", ["nothing", "each", "both"])
async def test_the_items_of_each_board_are_paged(count: int, total: str) -> None:
    """By an offset that every board's items are counted by."""
    totals = {"nothing": {}, "each": {"total": count}, "both": {"total": 2 * count}}

    def api(request: Request) -> Answer:
        start = request.number("offset", 0)
        both = [list(range(first, first + count)) for first in (0, 1000)]
        given = [one[start : start + request.number("limit", 20)] for one in both]
        boards = [{"id": at, "items": [{"id": n} for n in ns]} for at, ns in enumerate(given)]
        return told({"boards": boards, **totals[total]})

    found = await outcome(api, paging("offset", 20), data_path=PATH)

    is_all(found, [*range(count), *range(1000, 1000 + count)])
    assert found.requests <= count // 20 + 8


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [1, 2, 20])
@pytest.mark.parametrize("count", [0, 3, 20, 40])
async def test_a_total_of_the_rows_of_all_lists(style: str, size: int, count: int) -> None:
    """It is reached by all of them together, and is no error; nor are lists that are all empty."""

    def halves(given: Json) -> Json:
        rows = given if isinstance(given, list) else []
        middle = len(rows) // 2
        return {"boards": [{"items": rows[:middle]}, {"items": rows[middle:]}]}

    api = Api(style, count, list_of=halves, around=lambda _n, _m: {"total": count})

    found = await outcome(api, paging(style, size), data_path=PATH)

    is_all(found, list(range(count)))
    assert found.requests <= count // size + 8


@pytest.mark.parametrize("count", [1, 20, 60])
async def test_rows_that_a_page_groups_are_paged(count: int) -> None:
    """A page's rows by turns in three groups: an offset counts them, whatever their order there."""

    def grouped(given: Json) -> Json:
        groups: list[list[Json]] = [[], [], []]
        for row in given if isinstance(given, list) else []:
            groups[row["id"] % 3].append(row)
        return {"groups": [{"items": group} for group in groups if group]}

    api = Api("offset", count, list_of=grouped, around=lambda _n, _m: {"total": count})

    found = await outcome(api, paging("offset", 20), data_path=".groups[].items")

    is_all(found, list(range(count)))
    assert found.requests <= count // 20 + 8


DEEP = ".regions[].zones[].hosts"


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [1, 19, 20, 55])
@pytest.mark.parametrize("cap", [7, 100])
async def test_the_innermost_of_three_lists_is_paged(style: str, count: int, cap: int) -> None:
    """Lists of one row around it are not what a position counts: a handful of requests more."""

    def one_zone(given: Json) -> Json:
        return {"regions": [{"name": "eu", "zones": [{"name": "a", "hosts": given}]}]}

    api = Api(style, count, cap=cap, list_of=one_zone)

    found = await outcome(api, paging(style, 20), data_path=DEEP)

    is_all(found, list(range(count)))
    assert found.requests <= count // min(cap, 20) + 9


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [1, 20, 45])
async def test_the_middle_of_three_lists_is_paged(style: str, count: int) -> None:
    """Zones by position, with three hosts each: none is passed over."""

    def api(request: Request) -> Answer:
        size = request.number("limit" if style == "offset" else "size", 20)
        start = request.number("offset", (request.number("page", 1) - 1) * size)
        numbers = range(start, min(start + size, count)) if start >= 0 else ()
        zones = [
            {"id": f"z{n}", "hosts": [{"id": n * 10 + at} for at in range(3)]} for n in numbers
        ]
        return told({"regions": [{"name": "eu", "zones": zones}]})

    found = await outcome(api, paging(style, 20), data_path=DEEP)

    is_all(found, [n * 10 + at for n in range(count) for at in range(3)])
