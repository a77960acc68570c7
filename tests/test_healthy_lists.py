"""APIs that are well, and odd: every row and no error; and beside each, what must stay an error."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import cast

import pytest
from loguru import logger
from msgspec import structs

from json_values import follow
from pagination import PaginationSettings
from resync.completeness import Doubt
from resync.path_parameters import Endpoint
from tests.fault_api import Answer, FaultApi, Request
from tests.literals import Json
from tests.test_list_ends import (
    ALWAYS,
    COUNTED,
    LED,
    STYLES,
    Api,
    Found,
    Handler,
    counting,
    is_all,
    is_all_or_error,
    once,
    outcome,
    paging,
    read,
    steady,
    told,
)

HANDFUL = 6  # requests
MANY = 30


def rounding(api: Api, sizes: Iterable[int] = range(10, 101, 10)) -> Handler:
    """An API that makes the size asked for one of its own."""

    def handler(request: Request) -> Answer:
        size = min(one for one in sizes if one >= request.number("limit", 20))
        others = tuple(pair for pair in request.query if pair[0] != "limit")
        return api(replace(request, query=(*others, ("limit", str(size)))))

    return handler


@pytest.mark.parametrize("sizes", [range(10, 101, 10), (5, 20, 100)])
@pytest.mark.parametrize("style", LED)
async def test_a_full_page_where_sizes_are_made_round(style: str, sizes: Sequence[int]) -> None:
    """One row less gives the same page; half, or one, shows where the marker stands, if it is."""
    found = await outcome(rounding(Api(style, 20), sizes), paging(style, 20))

    is_all(found, list(range(20)))
    mistaken = await outcome(rounding(Api("plain", 70), sizes), paging(style, 20))
    assert "found nothing in any response" in mistaken.message


def hollow_at_the_end(api: Api) -> Handler:
    """An API that has an object of nothing for a row where there is none."""

    def handler(request: Request) -> Answer:
        answer = api(request)
        body = json.loads(answer.body)
        return replace(answer, body=json.dumps({**body, "items": body["items"] or [{}]}).encode())

    return handler


@pytest.mark.parametrize("style", STYLES)
async def test_an_object_of_nothing_after_the_last_page(style: str) -> None:
    """It is no row of the list, and the page is empty; an error where rows follow it."""
    for count in (1, 20, 41):
        found = await outcome(hollow_at_the_end(Api(style, count, end="late")), paging(style, 20))
        is_all(found, list(range(count)))

    def is_second(request: Request) -> bool:
        position = request.param("page") or request.param("cursor") or request.param("at")
        size = request.param("size") or request.param("limit")
        return size == "20" and (position or request.param("offset")) in {"2", "c20", "20"}

    nothing = once(lambda _: told({"items": [{}]}), Api(style), is_second, ALWAYS)
    assert (await outcome(nothing, paging(style, 20))).error is not None


@pytest.mark.parametrize("style", ["plain", *STYLES])
@pytest.mark.parametrize("header", ["X-RateLimit-Next", "X-Quota-Continuation"])
async def test_a_header_of_a_limit_of_requests(header: str, style: str) -> None:
    """What it calls next is a moment and no page; an error where its name speaks of none."""
    pagination = paging("none" if style == "plain" else style, 20)
    api = Api(style, 19, headers=lambda _rows, _more: {header: "30"})

    is_all(await outcome(api, pagination), list(range(19)))
    other = replace(api, headers=lambda _rows, _more: {"X-Next": "30"})
    assert style != "plain" or (await outcome(other, pagination)).error is not None


@pytest.mark.parametrize("count", [1, 3, 19])
@pytest.mark.parametrize("style", COUNTED)
async def test_a_search_beside_the_total_of_all(style: str, count: int) -> None:
    """Another number counts what was found, on every page: a handful of requests shows that."""
    api = Api(style, count, around=lambda _rows, _more: {"total": 400, "subtotal": count})

    found = await outcome(api, paging(style, 20))

    is_all(found, list(range(count)))
    assert found.requests <= HANDFUL


@pytest.mark.parametrize("style", COUNTED)
async def test_a_number_that_is_of_each_page(style: str) -> None:
    """It counts no list: what is hidden at its beginning does not end it."""
    hidden = frozenset({*range(60)} - {0, 1, 2, 50})
    api = Api(style, 60, hidden=hidden, around=lambda rows, _more: {"total": 60, "subtotal": rows})

    is_all(await outcome(api, paging(style, 20)), [0, 1, 2, 50])


async def children(
    lists: Mapping[str, Api], pagination: PaginationSettings, nothing: Mapping[str, Json]
) -> Found:
    """What comes of children's lists; ``nothing``: what is said of each that has no rows."""

    def answer(_: Request, name: str, given: dict[str, Json]) -> Json:
        return {**given, "message": "Success"} if given["items"] else nothing[name]

    return await of_children(lists, pagination, answer)


async def of_children(
    lists: Mapping[str, Api],
    pagination: PaginationSettings,
    answer: Callable[[Request, str, dict[str, Json]], Json],
    key: str = "id",
) -> Found:
    """What comes of children's lists, each page of which is made an answer."""

    def things(request: Request) -> Answer:
        name = request.path.split("/")[2]
        given = lists[name](request)
        return told(answer(request, name, json.loads(given.body)), given.status)

    async with FaultApi() as server:
        server.serve("/parents", lambda _: told({"items": [{"id": name} for name in lists]}))
        server.serve("/parents/{}/things", things)
        parents = Endpoint("/parents", data_path=".items", pagination=PaginationSettings())
        kind = "/parents/{parent}/things"
        return await read(server, pagination, kind=kind, parent=parents, key=key)


@pytest.mark.parametrize(
    "said",
    [{"error": "page out of range"}, {"success": False}, {"errors": ["no such page"]}],
    ids=repr,
)
@pytest.mark.parametrize("lengths", [[20], [20, 10, 1, 20], [1, 2, 3, 4], [10, 3] * 6], ids=repr)
@pytest.mark.parametrize("style", COUNTED)
async def test_a_report_under_200_past_the_end(
    style: str, lengths: Sequence[int], said: dict[str, Json]
) -> None:
    """A request shows that this is how the API says it, also of children that are read at once."""
    lists = {f"p{at}": Api(style, length) for at, length in enumerate(lengths)}

    found = await of_children(
        lists, paging(style, 10), lambda _request, _name, given: given if given["items"] else said
    )

    assert found.error is None, found.message
    assert len(found.ids) == sum(lengths)


@pytest.mark.parametrize("style", COUNTED)
async def test_children_of_just_a_page_with_its_total(style: str) -> None:
    """A few are asked what follows, however many there are; where rows do once, all of them are."""

    def told_of(_: Request, _name: str, given: dict[str, Json]) -> Json:
        return given

    lists = {str(n): Api(style, 20, around=steady({"total": 20})) for n in range(50)}
    found = await of_children(lists, paging(style, 20), told_of)
    is_all(found, [*range(20)] * 50)
    assert found.requests <= 51 + 2 * HANDFUL

    # Here it is the number of rows of a page, whatever it is called.
    longer = {str(n): Api(style, 30, around=counting("total")) for n in range(8, 50)}
    found = await of_children({**lists, **longer}, paging(style, 20), told_of)
    assert found.error is None
    assert Counter(found.ids) == Counter([*range(20)] * 8 + [*range(30)] * 42)


@pytest.mark.parametrize("style", COUNTED)
async def test_children_beside_the_total_of_all(style: str) -> None:
    """A number that is just what came of two lists, and not as many, counts all of them."""

    def filtered(_: Request, name: str, given: dict[str, Json]) -> Json:
        return {**given, "draw": 1, "recordsTotal": 600, "recordsFiltered": lists[name].count}

    same = {"draw": 1, "total": 60}
    lists = {f"p{n}": Api(style, n % 4) for n in range(MANY)}
    found = await of_children(lists, paging(style, 10), filtered)
    assert found.error is None, found.message
    assert len(found.ids) == sum(one.count for one in lists.values())
    assert found.requests <= 1 + MANY + 8 * HANDFUL

    # One that is the same beside each list counts none: rows of these are hidden.
    hidden = frozenset(range(1, 60)) - {50}
    lists = {f"p{n}": Api(style, 60, hidden=hidden) for n in range(3)}
    found = await of_children(lists, paging(style, 10), lambda _r, _n, one: {**one, **same})
    is_all(found, [0, 0, 0, 50, 50, 50])


@pytest.mark.parametrize("is_size", [True, False])
@pytest.mark.parametrize("style", COUNTED)
async def test_children_as_long_as_was_asked_for_beside_the_total_of_all(
    style: str, *, is_size: bool
) -> None:
    """A number that stays beside one row less counts the list; the size that is asked for moves."""

    def filtered(request: Request, name: str, given: dict[str, Json]) -> Json:
        size = request.number("size" if style == "page" else "limit", 10)
        return {**given, "recordsTotal": 600, "found": size if is_size else lists[name].count}

    lists = {f"p{n}": Api(style, 10) for n in range(MANY if not is_size else 1)}
    found = await of_children(lists, paging(style, 10), filtered)
    assert (found.error is not None) == is_size
    assert is_size or found.requests <= 1 + MANY + 8 * HANDFUL


@pytest.mark.parametrize("style", COUNTED)
async def test_short_children_beside_the_next_position(style: str) -> None:
    """It stands far beyond, too: a few requests show it, not some of each child."""
    name, first, by = ("next_offset", 0, 20) if style == "offset" else ("next_page", 1, 1)

    def with_next(request: Request, _name: str, given: dict[str, Json]) -> Json:
        return {**given, "meta": {name: request.number(name.removeprefix("next_"), first) + by}}

    lists = {f"p{n}": Api(style, 1 + n % 2) for n in range(MANY)}
    found = await of_children(lists, paging(style, 20), with_next)
    assert found.error is None, found.message
    assert len(found.ids) == sum(one.count for one in lists.values())
    assert found.requests <= 1 + MANY + 9 * HANDFUL

    lists["hides"] = Api(style, 60, hidden=frozenset(range(1, 60)) - {30})
    found = await of_children({"hides": lists["hides"]}, paging(style, 20), with_next)
    is_all(found, [0, 30])


@pytest.mark.parametrize("loses", [True, False])
@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("count", [40, 70])
@pytest.mark.parametrize("style", COUNTED)
async def test_a_feed_behind_a_limit_of_the_server(
    style: str, count: int, *, total: bool, loses: bool
) -> None:
    """With each request a row comes before the others, and the last may go: none is hidden."""
    numbers = itertools.count(1)

    def feed(request: Request) -> Answer:
        new = [{"id": -at} for at in range(next(numbers), 0, -1)]
        rows = [*new, *({"id": at} for at in range(count - loses * len(new)))]
        api = Api(style, len(rows), cap=20)
        start, size = api.window(request)
        told_of = {"total": len(rows)} if total else {}
        return told({"items": rows[start : start + size] if start >= 0 else [], **told_of})

    found = await outcome(feed, paging(style))

    assert found.error is None, found.message
    assert set(found.ids) >= {*range(count - loses * next(numbers))}
    assert found.requests <= count // 20 + 9


@pytest.mark.parametrize("rows", [5, 7])
@pytest.mark.parametrize("style", COUNTED)
async def test_unpaged_children_as_long_as_was_asked_for(style: str, rows: int) -> None:
    """What a few have shown, the same page again, holds for the others."""
    lists = {f"p{n}": Api("plain", rows, rows, heeds_size=False) for n in range(2 * MANY)}

    found = await of_children(lists, paging(style, 5), lambda _request, _name, given: given)

    assert found.error is None, found.message
    assert Counter(found.ids) == Counter([*range(rows)] * 2 * MANY)
    assert found.requests <= 1 + 4 * MANY + 6 * HANDFUL


def hiding(style: str, count: int, hidden: Iterable[int], cap: int = 1000) -> Api:
    """A list whose total counts rows that are not given."""
    around = steady({"total": count})
    return Api(style, count, cap=cap, hidden=frozenset(hidden), around=around)


@pytest.mark.parametrize(
    ("size", "count", "hidden"),
    [
        pytest.param(3, 24, {at for at in range(24) if at % 3}, id="one of three is given"),
        pytest.param(10, 25, {4}, id="one is hidden"),
        pytest.param(10, 20, {9, 19}, id="the last of each page is"),
    ],
)
@pytest.mark.parametrize("style", COUNTED)
async def test_hidden_rows_of_many_children(
    style: str, size: int, count: int, hidden: set[int]
) -> None:
    """What a few have shown holds for the others: how far pages reach, and where all is over."""
    lists = {str(at): hiding(style, count, hidden) for at in range(3 * MANY)}

    found = await of_children(lists, paging(style, size), lambda _request, _name, given: given)

    assert found.error is None, found.message
    assert Counter(found.ids) == Counter([*({*range(count)} - hidden)] * 3 * MANY)
    assert Doubt.END in found.doubts
    assert found.requests <= 1 + 3 * MANY * -(-count // size) + 13 * HANDFUL


@pytest.mark.parametrize("hidden", [{4}, {0}, {9, 19}], ids=repr)
@pytest.mark.parametrize("style", COUNTED)
async def test_hidden_rows_of_many_children_without_a_total(style: str, hidden: set[int]) -> None:
    """Nothing tells where those lists end but what follows them, however many there are."""
    lists = {str(at): Api(style, 25, hidden=frozenset(hidden)) for at in range(3 * MANY)}

    found = await of_children(lists, paging(style, 10), lambda _request, _name, given: given)

    assert found.error is None, found.message
    assert Counter(found.ids) == Counter([*({*range(25)} - hidden)] * 3 * MANY)


@pytest.mark.parametrize("cap", [2, 5, 9])
@pytest.mark.parametrize("style", COUNTED)
async def test_hidden_rows_of_many_children_behind_a_limit_of_the_server(
    style: str, cap: int
) -> None:
    """Lists of a page, or with nothing given at their end, do not show how far pages reach."""
    short = {f"a{at}": hiding(style, 2 + at % 2, {1}, cap) for at in range(MANY // 2)}
    ended = {f"b{at}": hiding(style, 20, {1, *range(cap * 2, 20)}, cap) for at in range(MANY // 2)}
    whole = {f"c{at}": hiding(style, 20, {1 + at % 19}, cap) for at in range(MANY // 2)}
    lists = {**short, **ended, **whole}

    found = await of_children(lists, paging(style, 10), lambda _request, _name, given: given)

    assert found.error is None, found.message
    assert Counter(found.ids) == Counter(at for one in lists.values() for at in one.visible)


@pytest.mark.parametrize("given", [1, 2, 5])
@pytest.mark.parametrize("style", COUNTED)
async def test_a_long_list_of_which_each_page_gives_a_few_rows(style: str, given: int) -> None:
    """A request for a smaller page shows how far those reach, rather than a page for each row."""
    api = hiding(style, 2000, (at for at in range(2000) if at % 100 >= given))

    found = await outcome(api, paging(style, 100))

    is_all(found, api.visible)
    assert found.requests <= 20 + 9 * HANDFUL


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [20, 30])
async def test_a_first_page_again_among_children_that_page(style: str, count: int) -> None:
    """What others find behind a full page says nothing of a list whose position is not heeded."""

    class Ignoring(Api):
        """An API that heeds no position, but the size."""

        def window(self, request: Request) -> tuple[int, int]:
            """Always from the beginning."""
            return 0, super().window(request)[1]

    lists = {f"p{n:02}": Api(style, count) for n in range(MANY)}
    found = await of_children(
        {**lists, "q": Ignoring(style, 60)}, paging(style, 20), lambda _request, _name, given: given
    )

    assert "does not heed" in found.message


NOTHING: list[dict[str, Json]] = [
    {"items": [], "message": "No records found"},
    {"message": "No records found"},
    {"code": 1004, "message": "no data"},
]


@pytest.mark.parametrize("nothing", NOTHING, ids=str)
@pytest.mark.parametrize("style", ["plain", "cursor", "next_link"])
async def test_words_that_no_request_explains(style: str, nothing: dict[str, Json]) -> None:
    """Of a child they may mean anything: the error names what lets an empty list pass."""
    pagination = paging("none" if style == "plain" else style, 20)
    lists = {"1": Api(style, 30), "2": Api(style, 5), "3": Api(style, 0)}
    said = dict.fromkeys(lists, nothing)

    assert "accept_doubt" in (await children(lists, pagination, said)).message
    accepting = structs.replace(pagination, accept_doubt=True)
    is_all(await children(lists, accepting, said), [*range(30), *range(5)])


@pytest.mark.parametrize("nothing", NOTHING, ids=str)
@pytest.mark.parametrize("sizes", [[4, 3, 0], [3, 3, 0]])
@pytest.mark.parametrize("style", COUNTED)
async def test_words_that_stand_behind_a_short_list_too(
    style: str, sizes: list[int], nothing: dict[str, Json]
) -> None:
    """What is said behind a list that is shown to be over is no failure; other words may be."""
    lists = {str(number): Api(style, count) for number, count in enumerate(sizes)}
    said: dict[str, Mapping[str, Json]] = dict.fromkeys(lists, nothing)
    rows = [number for count in sizes for number in range(count)]

    is_all(await children(lists, paging(style, 20), said), rows)
    said[str(len(sizes) - 1)] = {**nothing, "message": "Access denied"}
    assert "Access denied" in (await children(lists, paging(style, 20), said)).message


@pytest.mark.parametrize("as_text", [True, False])
@pytest.mark.parametrize("sizes", [[3, 0], [1, 1, 0], [5, 5, 0], [1, 0, 1], [20, 0]], ids=str)
async def test_the_last_index_of_no_rows(sizes: list[int], *, as_text: bool) -> None:
    """It is -1 as that of three is 2: it follows the rows. A code that is -1 follows nothing."""
    lists = {str(number): Api("offset", count) for number, count in enumerate(sizes)}

    def indexed(request: Request, _: str, given: dict[str, Json]) -> Json:
        rows = given["items"]
        assert isinstance(rows, list)
        last = request.number("offset", 0) + len(rows) - 1
        return {**({"items": rows} if rows else {}), "last": str(last) if as_text else last}

    def coded(_: Request, name: str, given: dict[str, Json]) -> Json:
        code = 0 if sizes[int(name)] else -1
        return {**({"items": given["items"]} if code == 0 else {}), "rc": code}

    pagination = paging("offset", 20)
    rows = [number for count in sizes for number in range(count)]
    is_all(await of_children(lists, pagination, indexed), rows)
    assert "'{\"rc\": -1}'" in (await of_children(lists, pagination, coded)).message


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    """What is warned of meanwhile."""
    told: list[str] = []
    sink = logger.add(lambda line: told.append(str(line)), level="WARNING", format="{message}")
    yield told
    logger.remove(sink)


@pytest.mark.parametrize(
    ("count", "size_param", "warned"),
    [(1, "limit", ""), (2, "limit", "heeds no smaller page size"), (2, None, "no page size")],
)
@pytest.mark.parametrize("style", ["cursor", "next_link"])
async def test_a_small_list_without_a_marker(
    style: str, count: int, size_param: str | None, warned: str, warnings: list[str]
) -> None:
    """It is looked at again before a deletion; what is warned of was asked for."""
    found = await outcome(
        Api("plain", count, heeds_size=False), paging(style, 20, size_param=size_param)
    )

    is_all(found, list(range(count)))
    assert Doubt.END in found.doubts
    assert len(warnings) == bool(warned)
    assert warned in "".join(warnings)


async def test_the_only_answer_is_an_empty_object(warnings: list[str]) -> None:
    """The warning quotes it."""
    is_all(await outcome(lambda _: told({}), PaginationSettings()), [])

    assert "an empty object" in warnings[0]
    assert "it said '{}'" in warnings[0]


@pytest.mark.parametrize("count", [1, 10])
@pytest.mark.parametrize("style", COUNTED)
async def test_a_total_far_above_a_few_rows(style: str, count: int) -> None:
    """Where a page may reach no further than its rows, pages up to the total show that none come.

    That is looked at again before a deletion; rows among those pages, or the last ones, are read.
    """
    total = 1000 + count
    found = await outcome(
        Api(style, count, around=lambda _rows, _more: {"total": total}), paging(style, 100)
    )

    is_all(found, list(range(count)))
    assert Doubt.END in found.doubts
    assert found.requests <= MANY
    for row in (total - 1, 520):
        hidden = frozenset({*range(count, total)} - {row})
        api = Api(style, total, cap=50, hidden=hidden, around=lambda _rows, _more: {"total": total})
        is_all_or_error(await outcome(api, paging(style, 100)), [*range(count), row])


@pytest.mark.parametrize("size", [20, 100])
@pytest.mark.parametrize("total", [21, 41, 90])
@pytest.mark.parametrize("style", COUNTED)
async def test_one_row_of_a_total_of_some_pages(style: str, total: int, size: int) -> None:
    """A handful of requests shows that no other row is there; another one is found by then."""
    api = Api(
        style,
        total,
        hidden=frozenset(range(1, total)),
        around=lambda _rows, _more: {"total": total},
    )

    found = await outcome(api, paging(style, size))

    is_all(found, [0])
    assert Doubt.END in found.doubts
    assert found.requests <= HANDFUL + total // 10
    for row in (total - 1, total // 2):
        other = replace(api, hidden=api.hidden - {row}, cap=10)
        is_all_or_error(await outcome(other, paging(style, size)), [0, row])


@pytest.mark.parametrize("style", COUNTED)
async def test_one_row_of_a_total_where_no_size_is_sent(style: str) -> None:
    """Nobody knows how far a page reaches then: all positions are asked for."""
    hidden = frozenset({*range(41)} - {0, 25})
    api = Api(style, 41, cap=3, hidden=hidden, around=steady({"total": 41}))

    is_all_or_error(await outcome(api, paging(style, size_param=None)), [0, 25])


PAST_THE_END: dict[str, dict[str, Json]] = {
    "a failure": {"success": False},
    "words": {"error": "no data found"},
    "a report": {"errors": [{"code": 404, "message": "no data"}]},
}


@pytest.mark.parametrize("style", ["offset", "page"])
@pytest.mark.parametrize("count", [3, 5, 19])
@pytest.mark.parametrize("past", [*PAST_THE_END, "429", "503"])
async def test_what_is_said_far_behind_a_short_list(style: str, count: int, past: str) -> None:
    """The end is shown within the list: what is asked for behind all of it may fail."""
    api = Api(style, count)

    def things(request: Request) -> Answer:
        start, _ = api.window(request)
        if start < count:
            return api(request)
        if past in PAST_THE_END:
            return told({**PAST_THE_END[past], "items": []})
        return told({}, int(past))

    is_all(await outcome(things, paging(style, 20)), list(range(count)))


@pytest.mark.parametrize(("size", "count"), [(1, 3), (1, 5), (2, 3), (2, 5), (3, 4), (4, 9)])
@pytest.mark.parametrize("status", [200, 400])
async def test_words_after_a_page_of_few_rows(size: int, count: int, status: int) -> None:
    """The second page of all rows but one shows the last of them alone; or rows that follow it."""
    api = Api("page", count)

    def spoken(request: Request) -> Answer:
        is_there = api.window(request)[0] < count
        return api(request) if is_there else told({"message": "no more"}, status)

    is_all(await outcome(spoken, paging("page", size)), list(range(count)))
    for cap in (size, 25):
        more = Api("page", 3 * count, cap=cap)

        def failing(request: Request, more: Api = more) -> Answer:
            is_struck = count <= more.window(request)[0] < 2 * count
            return told({"message": "no more"}, status) if is_struck else more(request)

        is_all_or_error(await outcome(failing, paging("page", size)), list(range(3 * count)))


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize(("count", "cap"), [(7, 1000), (50, 1000), (40, 1000), (45, 15)])
async def test_a_log_that_grows_with_every_request(style: str, count: int, cap: int) -> None:
    """What was there at first is all read; what comes meanwhile does not lead on for ever."""
    lengths = itertools.count(count)

    def growing(request: Request) -> Answer:
        return Api(style, next(lengths), cap=cap)(request)

    found = await outcome(growing, paging(style, 20))

    assert found.error is None, found.message
    assert {*range(count)} <= {*found.ids}
    assert found.requests <= count // min(20, cap) + 1 + HANDFUL
    assert Doubt.END in found.doubts or style == "page"


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [40, 60, 200])
async def test_a_log_of_so_many_rows_that_moves_with_every_request(style: str, count: int) -> None:
    """What takes the place of others behind its last page does not follow it."""
    firsts = itertools.count()

    def moving(request: Request) -> Answer:
        first, answer = next(firsts), Api(style, count)(request)
        rows = json.loads(answer.body)["items"]
        return told({"items": [{"id": row["id"] + first} for row in rows]})

    found = await outcome(moving, paging(style, 20))

    assert found.error is None, found.message
    assert Doubt.MOVED in found.doubts
    assert found.requests <= count // 20 + 1 + HANDFUL


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("name", [None, "n{}"])
@pytest.mark.parametrize("lengths", [[3], [2, 15], [20], [45]])
async def test_rows_without_ids_and_a_value_that_moves(
    style: str, name: str | None, lengths: list[int]
) -> None:
    """What did not move when the first page came again tells rows apart."""
    moves = itertools.count()

    def moving(_request: Request, _name: str, given: dict[str, Json]) -> Json:
        numbers = [follow(row, ("id",)) for row in cast("list[Json]", given["items"])]
        return {
            "items": [
                {"key": n, "stats": {"name": name and name.format(n), "uptime": next(moves)}}
                for n in numbers
            ]
        }

    lists = {f"p{at}": Api(style, length) for at, length in enumerate(lengths)}
    found = await of_children(lists, paging(style, 20), moving, key="key")

    is_all(found, [n for length in lengths for n in range(length)])
    assert found.requests <= HANDFUL + sum(1 + length // 20 for length in lengths)
    capped = await of_children({"p": Api(style, 25, cap=9)}, paging(style, 20), moving, key="key")
    is_all(capped, list(range(25)))


@pytest.mark.parametrize("count", [2, 19])
@pytest.mark.parametrize("total", ["total", "totalItems", "total_count"])
async def test_a_total_of_just_the_rows_beside_a_size_of_any_name(count: int, total: str) -> None:
    """Nothing is paged: it ends the matter, whatever else is counted beside it."""

    def of(rows: int, size: int) -> Api:
        info = {"seite": 1, "bis_zu": size, total: rows}
        return Api("plain", rows, cap=size, around=steady({"info": info}))

    is_all(await outcome(of(count, 20), paging("none")), range(count))
    assert (await outcome(of(41, 20), paging("none"))).error is not None


@pytest.mark.parametrize("cap", [10, 1000])
@pytest.mark.parametrize("style", COUNTED)
async def test_many_children_of_a_few_full_pages(style: str, cap: int) -> None:
    """What is asked beyond the pages that the lists need hardly grows with their number."""
    size = min(cap, 20)
    lists = {f"p{at}": Api(style, 2 * size, cap=cap) for at in range(MANY)}

    found = await of_children(lists, paging(style, 20), lambda _request, _name, given: given)

    assert found.error is None, found.message
    assert len(found.ids) == MANY * 2 * size
    assert found.requests <= 1 + 3 * MANY + 4 * HANDFUL


async def test_children_whose_first_pages_hide_rows() -> None:
    """By how far a page moves on is seen first: no pages are asked for ahead that none comes to."""
    lists = {
        f"p{count}": Api("offset", count, hidden=frozenset(hidden), around=steady({"total": count}))
        for count, hidden in ((5, {1}), (3, {0}), (0, ()), (11, {0}), (31, {0}))
    }

    found = await of_children(lists, paging("offset", 3), lambda _request, _name, given: given)

    assert found.error is None, found.message
    assert len(found.ids) == sum(len(one.visible) for one in lists.values())
    pages = sum(one.count // 3 + 1 for one in lists.values())
    assert found.requests <= pages + 20


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [19, 20, 45, 60])
async def test_two_lists_that_share_each_page(style: str, count: int) -> None:
    """One of them may be empty on any page: the other still pages."""
    for first in (0, 3, 13):

        def folders_first(given: Json, folders: int = first) -> Json:
            numbers = [follow(row, ("id",)) for row in cast("list[Json]", given)]
            files = [{"id": n} for n in numbers if cast("int", n) >= folders]
            return {
                "folders": [{"id": n} for n in numbers if {"id": n} not in files],
                "files": files,
            }

        api = Api(style, count, list_of=folders_first)
        found = await outcome(api, paging(style, 20), data_path=".folders[], .files[]")
        assert found.error is None, found.message
        assert {*found.ids} == {*range(count)}


@pytest.mark.parametrize("total", [{}, {"total": 45}])
@pytest.mark.parametrize("cap", [1000, 10])
@pytest.mark.parametrize("size", [2, 20])
@pytest.mark.parametrize("by", [2, 3])
@pytest.mark.parametrize("style", COUNTED)
async def test_two_lists_that_share_each_page_mixed(
    style: str, by: int, total: dict[str, Json], cap: int, size: int
) -> None:
    """A page is as long as both are together, and so is what a total or a position counts."""

    def mixed(given: Json) -> Json:
        both: dict[str, list[Json]] = {"a": [], "b": []}
        for row in cast("list[dict[str, int]]", given):
            both["b" if row["id"] % by else "a"].append({"id": row["id"]})
        return cast("Json", both)

    api = Api(style, 45, cap=cap, list_of=mixed, around=steady(total))
    found = await outcome(api, paging(style, size), data_path=".a[], .b[]")

    is_all(found, list(range(45)))
    assert found.requests <= 45 // min(size, cap) + 1 + HANDFUL


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("lengths", [(0, 45), (20, 45), (45, 20), (5, 45)])
async def test_two_lists_of_which_each_is_paged(style: str, lengths: tuple[int, int]) -> None:
    """The longer one decides when both end."""
    lists = [Api(style, length) for length in lengths]

    def handler(request: Request) -> Answer:
        a, b = (json.loads(one(request).body)["items"] for one in lists)
        return told({"a": a, "b": [{"id": 100 + row["id"]} for row in b]})

    found = await outcome(handler, paging(style, 20), data_path=".a[], .b[]")
    assert found.error is None, found.message
    assert {*found.ids} == {*range(lengths[0]), *range(100, 100 + lengths[1])}


@pytest.mark.parametrize("style", ["cursor", "next_link"])
@pytest.mark.parametrize("count", [3, 20, 21, 45])
@pytest.mark.parametrize("beyond", [0, -1, 500, 404, "envelope"])
async def test_a_marker_beside_no_more(style: str, count: int, beyond: int | str) -> None:
    """What it leads to contradicts nothing but by other rows: those are read on."""
    api = Api(style, count, end="late", around=lambda _rows, more: {"has_more": more})

    def wrapping(request: Request) -> Answer:
        if api.window(request)[0] < count:
            return api(request)
        if beyond == "envelope":
            return told({"errors": [{"message": "invalid cursor"}], "items": None})
        if beyond in {0, -1}:
            at = 0 if beyond == 0 else (count - 1) // 20 * 20
            return api(replace(request, query=(("limit", "20"), ("cursor", f"c{at}"))))
        return told({"message": "spent"}, int(beyond))

    is_all(await outcome(wrapping, paging(style, 20)), list(range(count)))
    mistaken = replace(api, around=steady({"has_more": False}))
    is_all(await outcome(mistaken, paging(style, 20)), list(range(count)))


@pytest.mark.parametrize("style", ["cursor", "next_link"])
@pytest.mark.parametrize("empty", [2, 21, 60])
async def test_a_filter_that_leaves_many_pages_empty(style: str, empty: int) -> None:
    """Markers that count nothing, and are never the same, lead to the rows behind those pages."""
    tokens = [sha256(f"{at}".encode()).hexdigest()[:12] for at in range(empty + 2)]

    def scan(request: Request) -> Answer:
        asked = request.param("cursor") or request.param("at")
        at = tokens.index(asked) if asked else 0
        rows: Json = [{"id": at}] if at in {0, empty + 1} else []
        token = tokens[at + 1] if at <= empty else None
        link = f"{request.path}?at={token}" if token else None
        return told({"items": rows, "next": link if style == "next_link" else token})

    is_all(await outcome(scan, paging(style, 20, **NEXT[style])), [0, empty + 1])


NEXT: Mapping[str, dict[str, str]] = {"cursor": {"cursor_path": "next"}, "next_link": {}}


@pytest.mark.parametrize("count", [2, 20, 40, 41])
async def test_the_last_page_for_each_number_behind_it(count: int) -> None:
    """It shows no end by itself: that numbers and sizes are heeded is asked for."""
    size = min(count, 20)

    def clamped(request: Request) -> Answer:
        rows = request.number("size", size)
        last = max(1, -(-count // rows))
        at = min(max(request.number("page", 1), 1), last) - 1
        return told({"items": [{"id": n} for n in range(count)][at * rows : (at + 1) * rows]})

    is_all(await outcome(clamped, paging("page", size)), list(range(count)))

    def unheeded(request: Request) -> Answer:
        return told({"items": [{"id": n} for n in range(min(request.number("size", 20), count))]})

    assert (await outcome(unheeded, paging("page", size))).error is not None

    def stuck(request: Request) -> Answer:
        rows, at = request.number("size", size), request.number("page", 1) - 1
        start = 0 if size <= at * rows < 2 * size else at * rows
        return told({"items": [{"id": n} for n in range(start, min(start + rows, 3 * size))]})

    assert (await outcome(stuck, paging("page", size))).error is not None


@pytest.mark.parametrize("style", ["cursor", "next_link"])
@pytest.mark.parametrize("status", [404, 400, 422])
@pytest.mark.parametrize("size", [10, 20])
async def test_a_marker_of_few_rows_that_is_refused(style: str, status: int, size: int) -> None:
    """With room for one row more it is as well, so nothing follows; an error where rows may."""
    for counts in ([1], [2], [1, 2, 0, 45, 1, 2]):
        lists = {f"p{at}": Api(style, n, end="late", refuses=status) for at, n in enumerate(counts)}
        found = await of_children(lists, paging(style, size), lambda _r, _n, given: given)
        assert found.error is None, found.message
        assert len(found.ids) == sum(counts)

    hiding = Api(style, 60, hidden=frozenset(range(1, 60)) - {50})
    refused = once(
        lambda _: told({}, status), hiding, lambda r: hiding.window(r) == (size, size), ALWAYS
    )
    assert (await outcome(refused, paging(style, size))).error is not None


@pytest.mark.parametrize("style", ["cursor", "next_link"])
@pytest.mark.parametrize("size", [2, 3, 20])
@pytest.mark.parametrize("words", [{"message": "no more"}, {"items": [], "code": 1404}])
async def test_a_marker_of_few_rows_that_leads_to_words(
    style: str, size: int, words: dict[str, Json]
) -> None:
    """As to a refusal: a request for other pages shows that nothing follows, or that rows do."""
    around = steady({"code": 0})

    for count in (1, 2, size + 1, size + 2)[2 * (size < 10) :]:
        api = Api(style, count, end="late", around=around)
        found = await outcome(_saying(words, api, range(count, 99)), paging(style, size))
        is_all(found, list(range(count)))

    hiding = Api(style, 3 * size + 1, hidden=frozenset(range(size + 1, 2 * size)), around=around)
    faulty = _saying(words, hiding, range(2 * size, 3 * size))
    assert (await outcome(faulty, paging(style, size))).error is not None


def _saying(words: Json, api: Api, at: range) -> Handler:
    """An API that has only words at some positions."""
    return lambda request: told(words) if api.window(request)[0] in at else api(request)


async def test_a_marker_under_a_wrong_name_that_is_refused() -> None:
    """What is said of that behind lists of a row means nothing behind a full page."""

    class Strict(Api):
        """An API that refuses what it does not know."""

        def __call__(self, request: Request) -> Answer:
            """The answer to a request."""
            is_known = request.param("weiter") is None
            return super().__call__(request) if is_known else told({"error": "unknown"}, 400)

    lists = {f"p{at}": Strict("cursor", n, end="late") for at, n in enumerate([1] * 12 + [60])}
    pagination = paging("cursor", 20, pagination_param="weiter")
    found = await of_children(lists, pagination, lambda _r, _n, given: given)

    assert "unknown" in found.message


@pytest.mark.parametrize("count", [21, 40, 45])
@pytest.mark.parametrize("beyond", ["first page", "400", "empty"])
@pytest.mark.parametrize("total", [{}, {"total": 70}])
async def test_the_word_null_for_a_cursor(count: int, beyond: str, total: dict[str, Json]) -> None:
    """It is the text of none, unless a request shows rows that it leads to."""
    api = Api("cursor", count, around=steady(total))

    def ending(request: Request) -> Answer:
        if request.param("cursor") == "null" and beyond != "first page":
            return told({}, 400) if beyond == "400" else told({"items": [], **total})
        body = json.loads(api(request).body)
        return told({"next_cursor": "null", **body})

    found = await outcome(ending, paging("cursor", 20))
    is_all(found, list(range(count)))
    assert found.requests <= count // 20 + HANDFUL

    def meant(request: Request) -> Answer:
        """The cursor of the third page."""
        query = tuple((k, v.replace("null", "c40")) for k, v in request.query)
        return told(json.loads(api(replace(request, query=query)).body.replace(b"c40", b"null")))

    is_all(await outcome(meant, paging("cursor", 20)), list(range(count)))


@pytest.mark.parametrize("count", [20, 30, 45])
async def test_a_cursor_of_the_last_page_that_leads_to_the_first_one(count: int) -> None:
    """It goes round, beside a word that there is no more: no circle, and no rows that follow."""

    def round_and_round(request: Request) -> Answer:
        start = int((request.param("cursor") or "c0")[1:])
        stop = start + request.number("limit", 10)
        rows: list[Json] = [{"id": at} for at in range(start, min(stop, count))]
        following = f"c{stop if stop < count else 0}"
        return told({"items": rows, "next_cursor": following, "has_more": stop < count})

    is_all(await outcome(round_and_round, paging("cursor", 10)), list(range(count)))


@pytest.mark.parametrize("count", [3, 10, 20, 25])
async def test_a_cursor_that_is_sent_alone(count: int) -> None:
    """It stands for the size as well: beside it the API takes nothing."""

    def things(request: Request) -> Answer:
        cursor = request.param("cursor")
        if cursor and len(request.query) > 1:
            return told({"error": "the cursor goes alone"}, 400)
        start, size = map(int, cursor.split("-")) if cursor else (0, request.number("limit", 20))
        given: list[Json] = [{"id": at} for at in range(start, min(start + size, count))]
        more = {"next_cursor": f"{start + size}-{size}"} if start + size < count else {}
        return told({"items": given, **more})

    is_all(await outcome(things, paging("cursor", 10, cursor_alone=True)), list(range(count)))


@pytest.mark.parametrize("hidden", [range(12, 16), range(20)])
async def test_a_full_last_page_after_hidden_rows_of_a_total(hidden: range) -> None:
    """A page that was short, or empty, explains what the total counts, whatever the last one is."""

    def things(request: Request) -> Answer:
        start = int((request.param("cursor") or "c0")[1:])
        given: list[Json] = [{"id": at} for at in range(start, start + 10) if at not in hidden]
        following = f"c{start + 10}" if start < 30 else None
        return told({"items": given, "next_cursor": following, "total": 40})

    found = await outcome(things, paging("cursor", 10))

    is_all(found, [at for at in range(40) if at not in hidden])


@pytest.mark.parametrize("count", [120, 123])
@pytest.mark.parametrize("style", ["next_link", "header_link"])
async def test_links_by_the_number_of_a_page_far_behind(style: str, count: int) -> None:
    """Of one row less, a page of that number has none of the last one's: it shows nothing."""

    def numbered(request: Request) -> Answer:
        number, size = request.number("page", 1), request.number("limit", 10)
        rows: list[Json] = [{"id": at} for at in range(count)][(number - 1) * size : number * size]
        link = f"/things?page={number + 1}&limit={size}" if number * size < count else None
        header = f'<{link}>; rel="next"' if link else '</things>; rel="first"'
        return told({"items": rows, "@odata.nextLink": link}, headers={"Link": header})

    settings = structs.replace(paging(style, 10), size_param="limit")
    is_all(await outcome(numbered, settings), list(range(count)))


@pytest.mark.parametrize("key", ["id", "key"])
@pytest.mark.parametrize("count", [1, 4, 7, 9, 10])
async def test_a_cursor_that_the_next_page_begins_with(key: str, count: int) -> None:
    """At the end its row comes alone, with the cursor that was sent, also without ids."""

    def inclusive(request: Request) -> Answer:
        start = int((request.param("cursor") or "r0")[1:])
        stop = min(start + request.number("limit", 4), count)
        rows: list[Json] = [{key: f"r{at}"} for at in range(start, stop)]
        return told({"items": rows, "next_cursor": f"r{stop - 1}"})

    found = await outcome(inclusive, paging("cursor", 4), key=key)
    is_all(found, [f"r{at}" for at in range(count)])
    if count == 1:
        return  # it heeds what nothing tells from another cursor

    def ignoring(request: Request) -> Answer:
        return inclusive(replace(request, query=(("limit", "4"),)))

    assert (await outcome(ignoring, paging("cursor", 4), key=key)).error is not None


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [1, 2, 5])
async def test_words_behind_a_total_that_is_reached(style: str, count: int) -> None:
    """What is asked for all the same may be answered by any words, but not by rows."""
    api = Api(style, count, around=steady({"total": count}))

    def spoken(request: Request) -> Answer:
        is_beyond = api.window(request)[0] >= count
        return told({"message": "no more results"}) if is_beyond else api(request)

    is_all(await outcome(spoken, paging(style, 7)), list(range(count)))
    capped = Api(style, 30, cap=count, around=steady({"total": count}))
    is_all_or_error(await outcome(capped, paging(style, 7)), list(range(30)))
