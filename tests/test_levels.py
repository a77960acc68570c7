"""Lists within lists: whichever of them are paged, every row comes once, and no error.

``.boards[].items`` may be paged by its boards, by the items of each board, or by all the items
together: what a position counts is found out, and whatever a total counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain

import pytest

from tests.fault_api import Answer, Request
from tests.literals import Json
from tests.test_list_ends import (
    COUNTED,
    LED,
    MORE,
    NESTED,
    STYLES,
    Api,
    Handler,
    always,
    is_all,
    outcome,
    paging,
    some,
    told,
)

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


WITHIN: dict[str, tuple[str, Callable[[int, int], Json]]] = {
    "id": (
        ".boards[] | . as $r | .items[] | {id: ($r.id + (.id | tostring))}",
        lambda board, items: {"id": f"b{board}-", "items": [{"id": one} for one in range(items)]},
    ),
    "variable": (
        "[.boards[] as $r | $r.items[] | {id: ($r.name + .n)}]",
        lambda board, items: {"name": f"b{board}-", "items": [{"n": f"{n}"} for n in range(items)]},
    ),
    "key": (
        ".boards | to_entries[] | .key as $b | .value.items[] | {id: ($b + (.id | tostring))}",
        lambda _, items: {"items": [{"id": one} for one in range(items)]},
    ),
}


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("given", WITHIN)
@pytest.mark.parametrize("items", ["three", "some", "none on the first page"])
@pytest.mark.parametrize("count", [13, 20, 41])
async def test_rows_that_are_numbered_within_others(
    style: str, given: str, items: str, count: int
) -> None:
    """Ids that begin anew in each board are not those of rows that came before."""
    data_path, made = WITHIN[given]
    boards = {f"b{one}-": made(one, ITEMS[items](one)) for one in range(count)}
    ids = [f"{name}{one}" for name, each in boards.items() for one in range(len(each["items"]))]

    def api(request: Request) -> Answer:
        size = request.number("limit" if style == "offset" else "size", 20)
        start = request.number("offset", (request.number("page", 1) - 1) * size)
        page = dict([*boards.items()][max(start, 0) : max(start + size, 0)])
        return told({"boards": page if given == "key" else [*page.values()]})

    found = await outcome(api, paging(style, 20), data_path=data_path)

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


WORDS: dict[str, Callable[[int, int, int], dict[str, Json]]] = {
    "pageInfo": lambda _, stop, count: {"pageInfo": {"hasNextPage": stop < count}},
    "has_more": lambda _, stop, count: {"has_more": stop < count},
    "total": lambda _s, _e, count: {"totalCount": count},
    "cursor": lambda _, stop, count: {"next_cursor": f"c{stop}" if stop < count else None},
}
"""What a list within a row says of itself, by where the rows given start and stop, of so many."""


def members(number: int, start: int, count: int, words: str, size: int = 20) -> Json:
    """A team and some of its members."""
    stop = min(start + size, count)
    ids = range(number * 100 + start, number * 100 + stop)
    return {
        "id": f"t{number}",
        "members": {"nodes": [{"id": n} for n in ids], **WORDS[words](start, stop, count)},
    }


TEAMS = ".data.teams.nodes[].members.nodes"
MEMBERS = {"no more": (3, 7), "more in the first": (25, 3), "more in the last": (3, 25)}


@pytest.mark.parametrize(
    ("words", "given", "style"),
    some(pytest.param(w, g, s) for w in WORDS for g in MEMBERS for s in ("none", *STYLES)),
)
async def test_a_list_within_a_row_goes_on(words: str, given: str, style: str) -> None:
    """Nothing leads to the rest of one of several, and without its words all came."""
    nodes = [members(at, 0, count, words) for at, count in enumerate(MEMBERS[given])]
    teams = told({"data": {"teams": {"nodes": nodes, "pageInfo": {"hasNextPage": False}}}})

    found = await outcome(lambda _: teams, paging(style, 20), data_path=TEAMS)

    if given == "no more":
        is_all(found, [*range(3), *range(100, 107)])
    else:
        assert "1 of the lists within other rows" in found.message, found.ids


CURSORS: dict[str, Callable[[int, bool], dict[str, Json]]] = {
    "null": lambda at, more: {"cursor": f"c{at}" if more else None},
    "omitted": lambda at, more: {"cursor": f"c{at}"} if more else {},
    "always": lambda at, _: {"page_info": {"end_cursor": f"c{at}"}},
}
"""A bare cursor of a list, by its number and whether more follows."""


def boards_with(
    counts: Sequence[int], words: str, *, cap: int = 25, most: int = 100
) -> tuple[Handler, list[int]]:
    """Boards with a page of items each, as many as a query asks for, and all their items."""

    def api(request: Request) -> Answer:
        asked = re.search(r"items_page\(limit: ([0-9]+)", request.body.decode())
        if (size := int(asked[1]) if asked else cap) > most:
            return told({"errors": [{"message": f"limit: {size} is more than {most}"}]})
        boards: list[Json] = []
        for at, count in enumerate(counts):
            given: list[Json] = [{"id": at * 100 + n} for n in range(min(count, size))]
            beside = CURSORS[words](at, count > size) if given else {"cursor": None}
            boards.append({"id": f"b{at}", "items_page": {**beside, "items": given}})
        return told({"data": {"boards": boards}})

    return api, [at * 100 + n for at, count in enumerate(counts) for n in range(count)]


QUERY: Json = {"query": "{ boards(limit: 9) { items_page(limit: 25) { cursor items { id } } } }"}


@pytest.mark.parametrize(
    ("counts", "style", "words"),
    some(
        pytest.param(counts, style, words)
        for counts in ((60, 3), (3, 60), (60, 60, 3), (60, 60))
        for style in ("none", "offset", *LED)
        for words in ("null", "omitted")
    ),
)
async def test_a_cursor_alone_that_other_lists_do_not_have(
    counts: tuple[int, ...], style: str, words: str
) -> None:
    """Nothing leads to the rest of those that have one; nor where all are of one length."""
    api, _ = boards_with(counts, words)

    found = await outcome(api, paging(style), data_path=NESTED)

    several = sum(count > 25 for count in counts)
    assert f"{several} of the lists within other rows" in found.message, found.ids


@pytest.mark.parametrize(
    ("counts", "style", "words"),
    some(
        pytest.param(counts, style, words)
        for words in CURSORS
        for counts in ((3, 4), (1, 1), (5, 5, 5), (0, 3), (0, 0), (24, 3, 0))
        for style in ("none", "offset", *LED)
    ),
)
async def test_a_cursor_alone_beside_whole_lists(
    counts: tuple[int, ...], style: str, words: str
) -> None:
    """Many APIs give one with the last rows, too."""
    api, everything = boards_with(counts, words)

    is_all(await outcome(api, paging(style), data_path=NESTED), everything)


@pytest.mark.parametrize("words", [*CURSORS])
@pytest.mark.parametrize(
    ("counts", "most"), [((60, 3), 100), ((0, 60), 100), ((60,), 100), ((60,), 25), ((60, 3), 25)]
)
async def test_lists_that_a_query_cuts(counts: tuple[int, ...], most: int, words: str) -> None:
    """One more row asked for brings it, or is refused; one less comes."""
    api, _ = boards_with(counts, words, most=most)

    found = await outcome(api, paging("none"), data_path=NESTED, method="POST", body=QUERY)

    assert found.error is not None, found.ids


@pytest.mark.parametrize("words", [*CURSORS])
@pytest.mark.parametrize("counts", [(25, 3), (7, 3), (24,), (9, 9), (0, 9)])
async def test_whole_lists_that_a_query_does_not_cut(counts: tuple[int, ...], words: str) -> None:
    """Also where one is just as long as asked for, beside shorter ones with a cursor."""
    api, everything = boards_with(counts, words)

    found = await outcome(api, paging("none"), data_path=NESTED, method="POST", body=QUERY)

    is_all(found, everything)
    assert found.requests <= 5


async def test_a_date_beside_some_of_the_lists_within_rows() -> None:
    """A word that may be of a position, with rows that are not cut."""
    shifts: list[Json] = [
        {"id": at, "shift": {"start": at and f"2026-01-0{at}", "people": [{"id": at * 10 + 1}]}}
        for at in range(4)
    ]
    shifts[2:2] = [{"id": 9, "shift": {"start": None, "people": [{"id": 91}, {"id": 92}]}}]

    found = await outcome(
        always(told({"on": shifts})), paging("none"), data_path=".on[].shift.people"
    )

    is_all(found, [1, 11, 21, 31, 91, 92])


@pytest.mark.parametrize("vouching", [{"type_is_own": True}, {"accept_doubt": True}], ids=str)
async def test_the_first_of_lists_within_rows_are_enough(vouching: dict[str, Json]) -> None:
    """Where the resource says so, what is left out is a warning."""
    nodes = [members(at, 0, 25, "total") for at in range(2)]
    teams = told({"data": {"teams": {"nodes": nodes}}})

    found = await outcome(lambda _: teams, paging("none", **vouching), data_path=TEAMS)

    is_all(found, [*range(20), *range(100, 120)])


@pytest.mark.parametrize(
    ("words", "total"), some(pytest.param(w, n) for w in WORDS for n in (55, 7, 20))
)
async def test_the_lists_within_rows_are_paged_and_say_so(words: str, total: int) -> None:
    """By an offset: what one page leaves open the next ones bring."""

    def api(request: Request) -> Answer:
        start = request.number("offset", 0)
        nodes = [members(at, start, count, words) for at, count in enumerate((total, 12))]
        return told({"data": {"teams": {"nodes": nodes}}})

    found = await outcome(api, paging("offset", 20), data_path=TEAMS)

    is_all(found, [*range(total), *range(100, 112)])


@pytest.mark.parametrize("named", [True, False])
async def test_the_rows_around_are_paged(*, named: bool) -> None:
    """By a cursor: other rows bring nothing of a list that an earlier page left open."""

    def api(request: Request) -> Answer:
        later = request.param("cursor")
        numbers = (2, 3) if later else (0, 1)
        nodes = [members(at, 0, 3 if at else 25, "has_more") for at in numbers]
        parts = [node if named else {"members": node["members"]} for node in nodes]
        return told({"data": {"teams": {"nodes": parts, "next_cursor": None if later else "x"}}})

    found = await outcome(api, paging("cursor", 20), data_path=TEAMS)

    assert "1 of the lists within other rows" in found.message, found.ids


@pytest.mark.parametrize(
    ("style", "sizes"),
    some(
        pytest.param(style, sizes)
        for sizes in ((20, 20), (25, 3), (20,), (1, 1), (7, 20), (40, 40))
        for style in COUNTED
    ),
)
async def test_lists_within_a_list_that_do_not_page(style: str, sizes: tuple[int, ...]) -> None:
    """They come again for each position: that is seen at once."""
    ids = [range(at * 100, at * 100 + size) for at, size in enumerate(sizes)]
    boards = told({"boards": [{"items": [{"id": n} for n in of_one]} for of_one in ids]})

    found = await outcome(lambda _: boards, paging(style, 20), data_path=PATH)

    is_all(found, [*chain.from_iterable(ids)])
    assert found.requests < MORE
