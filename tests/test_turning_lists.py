"""Positions beyond the end: an API that turns to an earlier page there, or has none to show."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Container, Mapping
from typing import cast

import pytest

from resync.completeness import Doubt
from resync.session import Session
from settings import load_settings
from tests.documents import mapping_of
from tests.fault_api import RESET, Answer, FaultApi, Reply, Request, answer, redirect, text
from tests.literals import Json
from tests.reading import Read, over_http, read

SIZE = 10
Handler = Callable[[Request], Reply]
Turn = Callable[[int, int], int]
"""Where an API turns to from a start beyond the end: by the number of rows, and the page size."""
TURNS = {
    "the first page": lambda _count, _size: 0,
    "the last page": lambda count, size: (count - 1) // size * size,
    "the last rows": lambda count, size: max(count - size, 0),
}


def turning(  # noqa: PLR0913 (each is a way to be another server)
    count: int,
    style: str,
    turn: Turn,
    *,
    window: int = 1000,
    cap: int = 1000,
    hidden: Container[int] = (),
    around: Mapping[str, Json] | None = None,
) -> Handler:
    """A list of so many rows, of which the first ``window`` can be asked for, ``cap`` at once."""

    def handler(request: Request) -> Reply:
        size = min(request.number("limit", SIZE), cap)
        number = request.number("page", 1)
        start = request.number("offset", 0) if style == "offset" else (number - 1) * size
        if start < 0:
            return answer({"message": "no such page"}, 400)
        start = turn(min(count, window), size) if start >= min(count, window) else start
        stop = min(start + size, count)
        rows: list[Json] = [{"id": one} for one in range(start, stop) if one not in hidden]
        return answer({"items": rows, **(around or {})})

    return handler


async def outcome(handler: Handler, style: str) -> tuple[Read, int]:
    """What comes of the list, and how many requests that took."""
    async with FaultApi() as api:
        api.serve("/things", handler)
        pagination: dict[str, Json] = {"type": style, "size_param": "limit", "page_size": SIZE}
        found = await read(api.url, "/things", data_path=".items", pagination=pagination)
        return found, len(api.requests)


@pytest.mark.parametrize("count", [SIZE, SIZE + 1, 2 * SIZE, 2 * SIZE + 7, 3 * SIZE])
@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("style", ["offset", "page"])
async def test_an_earlier_page_after_the_last_one_is_the_end(
    style: str, turn: str, count: int
) -> None:
    """Django's ``get_page`` gives the last page for any number beyond it, others the first."""
    found, requests = await outcome(turning(count, style, TURNS[turn]), style)
    assert found.error is None, found.message
    assert [item["id"] for item in found.items] == [*range(count)]
    assert requests <= count // SIZE + 6


@pytest.mark.parametrize("count", [3, SIZE - 1, SIZE, SIZE + 1, 4 * SIZE])
@pytest.mark.parametrize("style", ["offset", "page"])
async def test_texts_that_come_in_another_order_each_time(style: str, count: int) -> None:
    """Names out of a map of Go, without paging: the same texts are the same page."""
    calls: list[int] = []

    def names(request: Request) -> Reply:
        del request
        calls.append(7 * len(calls) % count)
        texts = [f"name {at}" for at in range(count)]
        return answer({"items": [*texts[calls[-1] :], *texts[: calls[-1]]]})

    found, requests = await outcome(names, style)
    assert found.error is None, found.message
    assert sorted(item["value"] for item in found.items) == sorted(
        f"name {at}" for at in range(count)
    )
    assert requests <= 6


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("style", ["offset", "page"])
async def test_an_earlier_page_where_rows_follow_is_an_error(style: str, turn: str) -> None:
    """An API that gives 20 rows of 50, and turns back beyond them."""
    found, _ = await outcome(turning(50, style, TURNS[turn], window=20), style)
    assert "rows that do: the rest is missing" in found.message


@pytest.mark.parametrize("count", [2 * SIZE, 3 * SIZE])
@pytest.mark.parametrize("cap", [1, 2, 4, 1000])
@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("style", ["offset", "page"])
async def test_an_earlier_page_where_the_total_is_reached_is_the_end(
    style: str, turn: str, cap: int, count: int
) -> None:
    """Magento tells a total, and gives the last page for any number beyond it."""
    api = turning(count, style, TURNS[turn], cap=cap, around={"total_count": count})
    found, _ = await outcome(api, style)
    assert found.error is None, found.message
    assert [item["id"] for item in found.items] == [*range(count)]


@pytest.mark.parametrize("count", [25, 30, 35])
@pytest.mark.parametrize("cap", [7, 1000])
@pytest.mark.parametrize("hidden", [{0}, {4}, {9}, {12, 13}])
@pytest.mark.parametrize("turn", TURNS)
async def test_an_earlier_page_beside_hidden_rows_is_the_end(
    turn: str, hidden: set[int], cap: int, count: int
) -> None:
    """A total speaks of rows that are not given, and the last page comes again."""
    around = {"total_count": count}
    api = turning(count, "page", TURNS[turn], cap=cap, hidden=hidden, around=around)
    found, _ = await outcome(api, "page")
    assert found.error is None, found.message
    assert {item["id"] for item in found.items} == {*range(count)} - hidden


@pytest.mark.parametrize("count", [4, 9])
@pytest.mark.parametrize("turn", TURNS)
async def test_the_only_page_again_beside_a_hidden_row_is_the_end(turn: str, count: int) -> None:
    """No total is told, and each page is the first one."""
    found, requests = await outcome(turning(count, "page", TURNS[turn], hidden={1}), "page")
    assert found.error is None, found.message
    assert {item["id"] for item in found.items} == {*range(count)} - {1}
    assert requests <= 12


@pytest.mark.parametrize("cap", [5, 1000])
@pytest.mark.parametrize("around", [{}, {"total": 50}], ids=str)
@pytest.mark.parametrize("style", ["offset", "page"])
async def test_the_first_page_in_the_place_of_the_second_is_an_error(
    style: str, around: Mapping[str, Json], cap: int
) -> None:
    """Rows that come again after a full page are no sign of hidden ones: others would be missed."""
    inner = turning(50, style, TURNS["the first page"], cap=cap, around=around)
    size = min(cap, SIZE)

    def handler(request: Request) -> Reply:
        at = request.number("offset", (request.number("page", 1) - 1) * size)
        sent = request.number("limit", SIZE)
        first = Request(request.method, request.path, (("limit", str(sent)),), {}, b"")
        return inner(first if at == size and sent >= size else request)

    found, _ = await outcome(handler, style)
    assert found.error is not None, len(found.items)


async def test_the_last_row_again_is_no_sign_of_hidden_rows() -> None:
    """A server gives 9 rows of 10: as many are passed at once, also where one seems hidden."""
    counts = {"0": 27, "1": 9, "2": 42}

    def handler(request: Request) -> Reply:
        count = counts[str(request.values[0])]
        return turning(count, "offset", lambda count, _: count - 1, cap=9)(request)

    async with FaultApi() as api:
        api.serve("/things/{}", handler)
        pagination: dict[str, Json] = {"type": "offset", "page_size": SIZE}
        named: Json = {"of": {"values": [*counts]}}
        where = {"data_path": ".items", "pagination": pagination, "path_parameters": named}
        found = await read(api.url, "/things/{of}", **where)
    assert found.error is None, found.message
    assert len(found.items) == sum(counts.values())


@pytest.mark.parametrize("hidden", [{7, 8}, {3, 4}])
@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("style", ["offset", "page"])
async def test_the_only_page_again_beside_the_total_is_the_end(
    style: str, turn: str, hidden: set[int]
) -> None:
    """A request for its last row reaches beyond the total, and gives nothing else."""
    api = turning(9, style, TURNS[turn], hidden=hidden, around={"total": 9})
    found, requests = await outcome(api, style)
    assert found.error is None, found.message
    assert {item["id"] for item in found.items} == {*range(9)} - hidden
    assert requests <= 6


@pytest.mark.parametrize("row", [str, lambda at: {"name": f"n{at}"}], ids=["texts", "objects"])
@pytest.mark.parametrize("style", ["offset", "page"])
async def test_the_first_page_again_without_ids(style: str, row: Callable[[int], Json]) -> None:
    """In the place of the third: row for row by their values it is the first."""

    def handler(request: Request) -> Reply:
        size = request.number("limit", SIZE)
        start = request.number("offset", (request.number("page", 1) - 1) * size)
        if size == SIZE and start == 2 * SIZE:
            start = 0
        return answer({"items": [*map(row, range(max(start, 0), min(start + size, 45)))]})

    found, _ = await outcome(handler, style)
    assert found.error is not None, len(found.items)


async def test_a_redirect_from_beyond_the_end_is_the_end() -> None:
    """Some sites send whoever asks for too much to the first page."""
    inner = turning(2 * SIZE, "page", lambda count, _: count)

    def handler(request: Request) -> Reply:
        is_beyond = request.number("page", 1) * request.number("limit", SIZE) >= 3 * SIZE
        return redirect("/things?page=1&limit=10") if is_beyond else inner(request)

    found, _ = await outcome(handler, "page")
    assert found.error is None, found.message
    assert len(found.items) == 2 * SIZE


@pytest.mark.parametrize("name", ["href", "dieses"])
async def test_a_link_to_the_answer_itself_leads_nowhere(name: str) -> None:
    """TeamCity and Travis CI say where an answer is from, with what was left out of the request."""

    def handler(_: Request) -> Reply:
        return answer({name: "/things?limit=10&offset=0", "items": [{"id": 1}]})

    async with FaultApi() as api:
        api.serve("/things", handler)
        paging: dict[str, Json] = {"type": "next_link", "size_param": "limit", "page_size": SIZE}
        found = await read(api.url, "/things", data_path=".items", pagination=paging)
        assert found.error is None, found.message
        assert found.items == [{"id": 1}]


async def test_a_link_to_other_rows_is_followed_to_see_that_they_are_there() -> None:
    """Under a name that nobody knows, beside one to the answer itself."""

    def handler(request: Request) -> Reply:
        at = request.number("at", 0)
        here, more = f"/things?size=1&at={at}", f"/things?at={at + 1}"
        links: Json = {"hier": here, "danach": more} if at < 2 else {"hier": here}
        return answer({"wege": links, "items": [{"id": at}]})

    async with FaultApi() as api:
        api.serve("/things", handler)
        found = await read(api.url, "/things", data_path=".items", pagination={"type": "next_link"})
        assert "correct nextLinkPath" in found.message


async def test_blanks_around_a_link_are_no_part_of_it() -> None:
    """As browsers read one."""

    def handler(request: Request) -> Reply:
        link = None if request.param("at") else f" {api.url}/things?at=1\n"
        return answer({"items": [{"id": link is None}], "next": link})

    async with FaultApi() as api:
        api.serve("/things", handler)
        found = await read(api.url, "/things", data_path=".items", pagination={"type": "next_link"})
        assert found.error is None, found.message
        assert len(found.items) == 2


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("count", [SIZE, 2 * SIZE])
async def test_the_number_of_the_page_that_an_offset_makes_is_no_constant(
    count: int, first: int
) -> None:
    """Personio counts the pages of its lists by offset; whatever the name, and of one page too."""

    def handler(request: Request) -> Reply:
        start, size = request.number("offset", 0), request.number("limit", SIZE)
        rows: list[Json] = [{"id": one} for one in range(start, min(start + size, count))]
        return answer({"stand": {"seite": start // size + first, "gut": True}, "items": rows})

    found, _ = await outcome(handler, "offset")
    assert found.error is None, found.message
    assert len(found.items) == count


def in_base64(position: int) -> str:
    """As Relay's helpers write the cursor of the last row of a page."""
    return b64encode(f"arrayconnection:{position - 1}".encode()).decode()


@pytest.mark.parametrize(
    ("spelled", "is_doubted"),
    [
        pytest.param(lambda position: f"c{position}", True, id="a word and the position"),
        pytest.param(lambda position: f"page-{position // SIZE + 1}", True, id="a page's number"),
        pytest.param(in_base64, True, id="base64"),
        pytest.param(lambda position: f"id:{position}7777", False, id="another number"),
        pytest.param(lambda _: "Zm9vYmFy", False, id="no number"),
    ],
)
async def test_a_cursor_that_is_a_position_leaves_a_doubt(
    spelled: Callable[[int], str],
    is_doubted: bool,  # noqa: FBT001 (a parameter)
) -> None:
    """Rows that are removed meanwhile move others to a page that was read: they are read again."""
    starts = {spelled(SIZE): SIZE}

    def handler(request: Request) -> Reply:
        start = starts[request.param("cursor") or ""] if request.param("cursor") else 0
        rows: list[Json] = [{"id": one} for one in range(start, start + SIZE - start // SIZE)]
        return answer({"items": rows, "next_cursor": None if start else spelled(SIZE)})

    async with FaultApi() as api:
        api.serve("/things", handler)
        known = load_settings({"base_url": api.url, "max_retry_wait": 0})
        session = Session(known, http=over_http)
        selector = {"data_path": ".items", "pagination": {"type": "cursor", "page_size": SIZE}}
        resource = mapping_of([{"kind": "/things", "selector": selector}]).resources[0]
        reading = session.read(resource.to_resource(known.pagination))
        items = [item async for batch in reading.batches() for item in batch]
        await session.aclose()
    assert len(items) == 2 * SIZE - 1
    assert (Doubt.MOVED in reading.doubts) is is_doubted


async def children_of(lengths: list[int], style: str, **settings: Json) -> Read:
    """What comes of lists below as many parents, of which the API gives four rows at once."""

    def parents(_: Request) -> Reply:
        return answer([{"id": number} for number, _ in enumerate(lengths)])

    def children(request: Request) -> Reply:
        size = min(request.number("limit", SIZE), 4)
        number = request.number("page", 1)
        start = request.number("offset", 0) if style == "offset" else (number - 1) * size
        parent = request.values[0]
        stop = min(start + size, lengths[int(parent)])
        return answer([{"id": f"{parent}-{row}"} for row in range(max(start, 0), stop)])

    async with FaultApi() as api:
        api.serve("/parents", parents)
        api.serve("/parents/{}/rows", children)
        one: dict[str, Json] = {"endpoint": "/parents", "field": ".id"}
        return await read(
            api.url,
            "/parents/{parent}/rows",
            settings=settings,
            pagination={"type": style, "size_param": "limit", "page_size": SIZE},
            path_parameters={"parent": {**one, "pagination": {"type": "none"}}},
        )


@pytest.mark.parametrize("style", ["offset", "page"])
async def test_many_first_pages_as_long_as_the_limit_at_the_same_time(style: str) -> None:
    """Children side by side: none is taken for whole before an answer has shown that they are."""
    found = await children_of([9] * 16, style)
    assert found.error is None, found.message
    assert len(found.items) == 16 * 9


@pytest.mark.parametrize("style", ["offset", "page"])
@pytest.mark.parametrize("concurrent", [1, 8])
@pytest.mark.parametrize("at", [4, 6])
async def test_lists_taken_for_whole_before_a_limit_is_known(
    style: str, at: int, concurrent: int
) -> None:
    """A list after many of just the limit's length shows the limit: those are read on."""
    lengths = [*[4] * 7, 9]
    lengths[at] = 7
    found = await children_of(lengths, style, max_concurrent_requests=concurrent)
    assert found.error is None, found.message
    assert sorted(row["id"] for row in found.items) == sorted(
        f"{child}-{row}" for child, count in enumerate(lengths) for row in range(count)
    )


@pytest.mark.parametrize("style", ["offset", "page"])
async def test_lists_taken_for_whole_before_hidden_rows_are_known(style: str) -> None:
    """Jira filters after paging: a first page is short though more follow, in any order."""
    hidden, lengths = {3: {2}, 0: {4, 5, 6}, 2: {1, 7}}, [25, 3, 17, 33, 12, 9]

    def children(request: Request) -> Reply:
        of = int(request.values[0])
        api = turning(lengths[of], style, lambda count, _: count, hidden=hidden.get(of, ()))
        rows = json.loads(cast("Answer", api(request)).body).get("items", [])
        return answer([{"id": f"{of}-{row['id']}"} for row in rows])

    async with FaultApi() as api:
        api.serve("/children/{}", children)
        found = await read(
            api.url,
            "/children/{of}",
            pagination={"type": style, "size_param": "limit", "page_size": SIZE},
            path_parameters={"of": {"values": [*range(len(lengths))]}},
        )
    assert found.error is None, found.message
    assert len(found.items) == sum(lengths) - 6


async def test_lists_of_a_parent_taken_for_whole_before_a_limit_is_known() -> None:
    """Their children are under way by then: what may be lost is told."""

    def projects(request: Request) -> Reply:
        start, of = request.number("offset", 0), int(request.values[0])
        stop = min(start + min(request.number("limit", SIZE), 4), 9 if of == 7 else 4)
        return answer([{"id": f"{of}-{row}"} for row in range(start, stop)])

    async with FaultApi() as api:
        api.serve("/teams/{}/projects", projects)
        api.serve("/projects/{}", lambda request: answer([{"id": request.values[0]}]))
        paging: dict[str, Json] = {"type": "offset", "size_param": "limit", "page_size": SIZE}
        parent: Json = {"endpoint": "/teams/{team}/projects", "field": ".id", "pagination": paging}
        found = await read(
            api.url,
            "/projects/{project}",
            settings={"max_concurrent_requests": 1},
            path_parameters={"team": {"values": [*range(8)]}, "project": parent},
        )
    assert "short lists were taken for whole" in found.message
    assert "path_parameters.project" in found.message


async def test_a_number_that_counts_rows_by_pages_is_no_constant_of_the_children() -> None:
    """Each child has one row, at 0; after the longest first page, page 2 begins at 10."""

    def rows(request: Request) -> Reply:
        page, size = request.number("page", 1), request.number("limit", SIZE)
        given: list[Json] = [{"id": request.values[0]}] if page == 1 else []
        return answer({"stand": {"von": (page - 1) * size, "gut": True}, "items": given})

    async with FaultApi() as api:
        api.serve("/parents", lambda _: answer([{"id": number} for number in range(4)]))
        api.serve("/parents/{}/rows", rows)
        found = await read(
            api.url,
            "/parents/{parent}/rows",
            data_path=".items",
            pagination={"type": "page", "size_param": "limit", "page_size": SIZE},
            path_parameters={
                "parent": {"endpoint": "/parents", "field": ".id", "pagination": {"type": "none"}}
            },
        )
    assert found.error is None, found.message
    assert len(found.items) == 4


@pytest.mark.parametrize(
    "export",
    [
        pytest.param(text("id\n1\n"), id="no JSON"),
        pytest.param(answer({"error": "not allowed"}, 403), id="refused"),
        pytest.param(answer({"message": "queued"}), id="another object"),
    ],
)
async def test_a_link_that_leads_to_no_page_is_no_error(export: Reply) -> None:
    """An export, or what is for browsers, at the same path: without paging, all is read."""
    items: list[Json] = [{"id": number} for number in range(20)]

    def handler(request: Request) -> Reply:
        links: Json = {"export": "/things?format=csv"}
        return export if request.param("format") else answer({"items": items, "links": links})

    async with FaultApi() as api:
        api.serve("/things", handler)
        found = await read(api.url, "/things", data_path=".items")

    assert found.error is None, found.message
    assert found.items == items
    assert len(api.requests) == 2


def until(items: list[Json], unplaced: Handler | Reply) -> Handler:
    """A list of what is older than a time: what came before 1970 is nothing."""

    def handler(request: Request) -> Reply:
        in_body = request.json.get("until") if request.method == "POST" else None
        given = request.param("until") if in_body is None else in_body
        if given is None:
            return unplaced(request) if callable(unplaced) else unplaced
        return answer([item for item in items if int(str(given)) > 1_700_000_000])

    return handler


ROWS: list[Json] = [{"id": number} for number in range(20)]
BODY: dict[str, Json] = {"method": "POST", "body": {}}


@pytest.mark.parametrize("accepts", [False, True])
@pytest.mark.parametrize(
    ("paging", "selector"),
    [
        pytest.param({"type": "page"}, {}, id="a page"),
        pytest.param({"type": "offset"}, {}, id="an offset"),
        pytest.param({"type": "offset", "send_in": "body"}, BODY, id="in the body"),
    ],
)
async def test_a_list_that_is_empty_by_its_position_alone_is_an_error(
    paging: dict[str, Json], selector: dict[str, Json], *, accepts: bool
) -> None:
    """``until`` is a time: an empty list there is no end."""
    own = {**paging, "pagination_param": "until", "accept_doubt": accepts}
    async with FaultApi() as api:
        api.serve("/things", until(ROWS, answer(ROWS)))
        found = await read(api.url, "/things", pagination=own, **selector)

    assert ("some without paginationParam 'until'" in found.message) is not accepts, found.message


@pytest.mark.parametrize(
    "unplaced",
    [
        pytest.param(answer({"message": "until is required"}, 400), id="refused"),
        pytest.param(answer({"message": "until is required"}, 403), id="forbidden"),
        pytest.param(answer({"message": "oops"}, 503), id="fails"),
        pytest.param(answer({"errors": ["until is required"]}), id="no list"),
        pytest.param(text("<html>"), id="no JSON"),
        pytest.param(RESET, id="breaks off"),
        pytest.param(answer([]), id="empty"),
    ],
)
async def test_an_empty_list_that_needs_its_position_is_believed(unplaced: Handler | Reply) -> None:
    """However the request without it fails."""
    async with FaultApi() as api:
        api.serve("/things", until(ROWS, unplaced))
        found = await read(
            api.url, "/things", pagination={"type": "offset", "pagination_param": "until"}
        )

    assert found.error is None, found.message
    assert [request.param("until") for request in api.requests].count(None) == 1


async def test_rows_that_came_meanwhile_are_there_by_their_position_too() -> None:
    """The list was empty when it was read."""
    items: list[Json] = []

    def handler(_: Request) -> Reply:
        given = answer([*items])
        items.append({"id": len(items)})
        return given

    async with FaultApi() as api:
        api.serve("/things", handler)
        found = await read(api.url, "/things", pagination={"type": "offset"})

    assert found.error is None, found.message


# --- links to another view of a list ----------------------------------------------------------


@pytest.mark.parametrize("paging", [{}, {"type": "next_link"}], ids=str)
@pytest.mark.parametrize("views", [["closed"], ["closed", "all"]], ids=str)
async def test_a_link_to_another_view_is_no_page(paging: dict[str, Json], views: list[str]) -> None:
    """It stands in the same place there, which no link to a next page does."""
    links: Json = {view: f"/things?status={view}" for view in views}
    of = {"": range(5), "closed": range(5, 9), "all": range(9)}

    def handler(request: Request) -> Reply:
        rows: list[Json] = [{"id": one} for one in of[request.param("status") or ""]]
        return answer({"items": rows, "ansichten": links})

    async with FaultApi() as api:
        api.serve("/things", handler)
        found = await read(api.url, "/things", data_path=".items", pagination=paging)

    assert found.error is None, found.message
    assert len(found.items) == 5
    assert len(api.requests) == 1 + len(views)


@pytest.mark.parametrize("paging", [{}, {"type": "next_link"}], ids=str)
@pytest.mark.parametrize("last", [10, 15])
async def test_a_link_that_leads_on_is_a_page(paging: dict[str, Json], last: int) -> None:
    """Beside one to another view: the last page has none, others one that leads further."""

    def handler(request: Request) -> Reply:
        at = request.number("at", 0)
        rows: list[Json] = [{"id": one} for one in range(at, at + 5)]
        links: dict[str, Json] = {"offen": "/things?status=open"}
        links |= {"weiter": f"/things?at={at + 5}"} if at + 5 < last else {}
        return answer({"items": [] if request.param("status") else rows, "links": links})

    async with FaultApi() as api:
        api.serve("/things", handler)
        found = await read(api.url, "/things", data_path=".items", pagination=paging)

    assert found.error is not None
