"""What stands around a list: texts with digits in them, as codes, timings, dates and positions are.

Five children, of which one has no rows: what is said of it in other words than of the rest is no
empty list, unless those words move from answer to answer, or with what was asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count

import pytest

from pagination import PaginationSettings
from paging.following import counts_rows, grows, is_echo_within, moves_along
from resync.completeness import Doubt
from resync.path_parameters import Endpoint
from tests.fault_api import Answer, FaultApi, Request
from tests.literals import Json
from tests.test_list_ends import Api, Found, is_all, outcome, paging, read, some, told

Around = Callable[[Request, int], dict[str, Json]]
"""What an answer has around so many rows."""

CHILDREN = {"1": 30, "2": 5, "3": 20, "4": 12, "5": 0}


async def children(style: str, around: Around) -> Found:
    """What comes of the children's lists."""
    lists = {name: Api(style, rows) for name, rows in CHILDREN.items()}

    def things(request: Request) -> Answer:
        body = json.loads(lists[request.path.split("/")[2]](request).body)
        return told(body | around(request, len(body["items"])))

    async with FaultApi() as server:
        server.serve("/parents", lambda _: told({"items": [{"id": name} for name in CHILDREN]}))
        server.serve("/parents/{}/things", things)
        parents = Endpoint("/parents", data_path=".items", pagination=PaginationSettings())
        return await read(
            server, paging(style, 20), kind="/parents/{parent}/things", parent=parents
        )


CODES = [("00000", "A0001"), ("0", "500"), ("E00", "E99"), ("API00000", "API00004")]


@pytest.mark.parametrize(
    ("style", "well", "failed"),
    some(pytest.param(style, *codes) for style in ("none", "offset", "cursor") for codes in CODES),
)
async def test_a_code_that_is_a_text(style: str, well: str, failed: str) -> None:
    """One child's list comes empty beside another code than those with rows: it is no list."""

    def coded(request: Request, _: int) -> dict[str, Json]:
        return {"rc": failed if "/5/" in request.path else well}

    found = await children(style, coded)

    assert f'"rc":"{failed}"' in found.message.replace(" ", ""), found.message


def moving() -> dict[str, Around]:
    """Texts that move: with time, from request to request, with the rows, with the position."""
    ticks = count()
    late: list[bool] = []

    def date(_: Request, rows: int) -> dict[str, Json]:
        late.append(not rows)
        return {"date": "20261201" if any(late) else "20261130"}

    def position(request: Request, _: int) -> dict[str, Json]:
        return {"from": request.param("offset") or "0", "page": request.param("page") or "1"}

    return {
        "milliseconds": lambda _, rows: {"took": "1ms" if rows else f"{next(ticks) % 7 + 2}ms"},
        "a date": date,
        "a request": lambda _r, _n: {"request": f"r{next(ticks)}"},
        "a hash": lambda _, rows: {"hash": f"{rows:04x}"},
        "a position": position,
        "a name": lambda request, _: {"list": f"v{request.path.split('/')[-2]}"},
        "a version": lambda _r, _n: {"api": "v2", "at": "2026-11-30", "id": "0a1b-2c"},
    }


@pytest.mark.parametrize(
    ("name", "style"),
    some(pytest.param(n, s) for n in moving() for s in ("page", "none", "offset", "cursor")),
)
async def test_a_text_that_moves_or_stays(name: str, style: str) -> None:
    """Beside an empty list of a child, or an empty last page, it is no error."""
    alone, around = Api(style if style != "none" else "plain", 40), moving()[name]

    def things(request: Request) -> Answer:
        body = json.loads(alone(request).body)
        return told(body | around(request, len(body["items"])))

    is_all(
        await children(style, moving()[name]),
        [n for rows in CHILDREN.values() for n in range(rows)],
    )
    if style != "none":
        is_all(await outcome(things, paging(style, 20)), list(range(40)))


WHEN_NONE: dict[str, Callable[[int], dict[str, Json]]] = {
    "a new sentence": lambda rows: {
        "success": True,
        **({} if rows else {"message": "No data yet"}),
    },
    "a new list": lambda rows: {"code": 0, **({} if rows else {"notes": ["nothing matched it"]})},
    "no content": lambda rows: {"code": "200" if rows else "204"},
    "no content, a number": lambda rows: {"status": 200 if rows else 204},
}


@pytest.mark.parametrize("name", WHEN_NONE)
@pytest.mark.parametrize("style", ["none", "cursor", "offset"])
async def test_what_is_said_of_no_rows_alone(style: str, name: str) -> None:
    """A plain success explains another sentence, and the code of HTTP for no content itself."""
    found = await children(style, lambda _, rows: WHEN_NONE[name](rows))

    is_all(found, [n for rows in CHILDREN.values() for n in range(rows)])


@pytest.mark.parametrize("style", ["none", "cursor", "offset"])
@pytest.mark.parametrize(
    "word",
    [
        {"success": True},
        {"code": 0},
        {"code": "200"},
        {"status": "ok"},
        {"message": "success"},
        {"isEmpty": True},
        {"meta": {"rtcode": 0, "error": "NO_ERROR"}},
    ],
    ids=str,
)
async def test_a_word_of_success_of_no_rows_alone(style: str, word: dict[str, Json]) -> None:
    """Children with rows have no such key: beside an empty list it tells of no failure."""
    found = await children(style, lambda _, rows: {} if rows else word)

    is_all(found, [n for rows in CHILDREN.values() for n in range(rows)])


@pytest.mark.parametrize(
    "said", [{"success": False}, {"success": True, "error": "try it later"}, {"code": 17}, {}]
)
async def test_a_sentence_without_a_success(said: dict[str, Json]) -> None:
    """Beside another code, an error or nothing else it explains no empty list."""
    well = {key: {"success": True, "code": 0}[key] for key in said if key != "error"}

    def around(_: Request, rows: int) -> dict[str, Json]:
        return well if rows else {**said, "message": "try it later"}

    assert "try it later" in (await children("none", around)).message


@pytest.mark.parametrize("style", ["offset", "page"])
async def test_the_ends_of_full_lists_side_by_side(style: str) -> None:
    """What one of them shows of how this API says that there is no more holds for the others."""

    def things(request: Request) -> Answer:
        body = json.loads(Api(style, 20)(request).body)
        return told({**body, "state": "found" if body["items"] else "empty"})

    async with FaultApi() as server:
        server.serve("/parents", lambda _: told({"items": [{"id": n} for n in range(9)]}))
        server.serve("/parents/{}/things", things)
        parents = Endpoint("/parents", data_path=".items", pagination=PaginationSettings())
        found = await read(
            server, paging(style, 20), kind="/parents/{parent}/things", parent=parents
        )

    assert (found.message, len(found.ids)) == ("", 180)
    assert found.requests <= 9 * 2 + 20


IN_HEADERS: dict[str, Callable[[int, bool], Json]] = {
    "total": lambda given, more: {"TotalCount": 70, "PageSize": given, "HasNext": more},
    "more": lambda _, more: {"currentPage": 1, "hasNextPage": more},
    "link": lambda _, more: {"nextPageLink": "/things?page=2" if more else "", "totalPages": 4},
}


@pytest.mark.parametrize("name", IN_HEADERS)
@pytest.mark.parametrize("is_bare", [True, False])
async def test_a_header_holds_an_object_of_paging(name: str, *, is_bare: bool) -> None:
    """As .NET's ``X-Pagination`` does: a single page is not all, and pages are read to the end."""
    only = Api(
        "plain",
        cap=20,
        headers=lambda given, more: {"X-Pagination": json.dumps(IN_HEADERS[name](given, more))},
        list_of=lambda given: given if is_bare else {"items": given},
    )
    path = None if is_bare else ".items"

    assert "more pages" in (await outcome(only, paging("none"), data_path=path)).message
    is_all(await outcome(replace(only, style="page"), paging("page"), data_path=path))


@pytest.mark.parametrize(
    ("name", "value"),
    [("Nel", '{"max_age": 60, "total": 900}'), ("X-Paging", "{broken"), ("X-Page", '{"a": [1]}')],
)
async def test_a_header_holds_something_else(name: str, value: str) -> None:
    """No word of paging, or no JSON."""
    only = Api("plain", 20, headers=lambda _n, _m: {name: value})

    is_all(await outcome(only, paging("none")), list(range(20)))


@pytest.mark.parametrize("said", [{"message": "try it later"}, {"state": "down"}])
async def test_all_but_one_request_fail(said: dict[str, Json]) -> None:
    """Where a cache keeps the first page: no rows for a part of it tell nothing of its end."""
    api = Api("page", 40, around=lambda _n, _m: dict.fromkeys(said, "fine"))
    kept: list[Request] = []

    def things(request: Request) -> Answer:
        kept.append(request)
        return api(request) if request.query == kept[0].query else told(dict(said))

    found = await outcome(things, paging("page", 20))

    assert next(iter(said.values())) in found.message, found.ids


async def test_other_sizes_are_refused() -> None:
    """That no part of the only page with rows can be asked for tells nothing at all."""
    api = Api("page", 20, around=lambda given, _: {"state": "found" if given else "empty"})

    def things(request: Request) -> Answer:
        return api(request) if request.number("size", 20) == 20 else told({"detail": "size"}, 400)

    is_all(await outcome(things, paging("page", 20)), list(range(20)))


@pytest.mark.parametrize("style", ["offset", "page", "cursor"])
@pytest.mark.parametrize("count", [1, 2, 20])
async def test_a_hash_of_the_only_page(style: str, count: int) -> None:
    """It follows the rows: of one page alone nothing is known to be the same on others."""
    api = Api(style, count, end="late", around=lambda given, _: {"sum": f"{given * 7919:07x}"})

    is_all(await outcome(api, paging(style, 20)), list(range(count)))


@pytest.mark.parametrize("style", ["offset", "page"])
@pytest.mark.parametrize("count", [1, 2, 21, 41])
@pytest.mark.parametrize("empty", [{"state": "empty"}, {"message": "No records found"}, {"rc": 7}])
async def test_what_is_said_after_a_last_page_of_one_row(
    style: str, count: int, empty: dict[str, Json]
) -> None:
    """A request of another size, with room behind that row, shows that nothing follows it."""
    given = {key: {"state": "found", "rc": 0}[key] for key in empty if key != "message"}
    api = Api(style, count)

    def things(request: Request) -> Answer:
        body = json.loads(api(request).body)
        return told(body | (given if body["items"] else empty))

    is_all(await outcome(things, paging(style, 20)), list(range(count)))


@pytest.mark.parametrize("style", ["offset", "page"])
@pytest.mark.parametrize("other", ["rows follow", "the same words"])
async def test_an_error_after_a_page_of_one_row(style: str, other: str) -> None:
    """Where a request of another size shows rows behind that one, or nothing, it is no end."""
    api = Api(style, 24)

    def things(request: Request) -> Answer:
        start, size = api.window(request)
        if size != 20 and other == "rows follow":
            return api(request)
        given = json.loads(api(request).body)["items"]
        if start > 20 or size != 20:
            return told({"items": [], "message": "try it later"})
        return told({"items": given[: max(21 - start, 0)]})

    assert "try it later" in (await outcome(things, paging(style, 20))).message


@pytest.mark.parametrize("data_path", [".items", ".items[]", ".items[] | {id}", ".data.items"])
async def test_an_empty_array_in_place_of_a_body(data_path: str) -> None:
    """PHP writes an object of nothing so: of one child, or as the only answer, it has no rows."""
    inside: Json = {"items": [{"id": 1}]}
    lists: dict[str, Json] = {"1": [], "2": {"data": inside} if "data" in data_path else inside}
    async with FaultApi() as server:
        server.serve("/parents", lambda _: told({"items": [{"id": name} for name in lists]}))
        server.serve("/parents/{}/things", lambda one: told(lists[one.values[0]]))
        parents = Endpoint("/parents", data_path=".items", pagination=PaginationSettings())
        found = await read(
            server, paging("none"), data_path, kind="/parents/{parent}/things", parent=parents
        )

    is_all(found, [1])
    only = await outcome(lambda _: told([]), paging("none"), data_path=data_path)
    is_all(only, [])
    assert Doubt.ABSENT in only.doubts


@pytest.mark.parametrize("style", ["none", "offset", "page", "cursor"])
@pytest.mark.parametrize("data_path", [".items", "if .items then .items else null end"])
async def test_null_in_place_of_a_body(style: str, data_path: str) -> None:
    """It says nothing: of a child without rows, and after a full page, it is an empty list."""
    counts = {"0": 0, "1": 40, "2": 5, "3": 0}
    lists = {name: Api(style, rows, end="late") for name, rows in counts.items()}

    def things(request: Request) -> Answer:
        given = lists[request.path.split("/")[2]](request)
        return given if json.loads(given.body)["items"] else told(None)

    async with FaultApi() as server:
        server.serve("/parents", lambda _: told({"items": [{"id": name} for name in counts]}))
        server.serve("/parents/{}/things", things)
        parents = Endpoint("/parents", data_path=".items", pagination=PaginationSettings())
        found = await read(
            server, paging(style, 20), data_path, kind="/parents/{parent}/things", parent=parents
        )

    is_all(found, [*range(40), *range(5)])


@pytest.mark.parametrize("style", ["offset", "page"])
@pytest.mark.parametrize("count", [1, 5, 20])
@pytest.mark.parametrize("past", [{"data": None}, {"data": None, "state": "none"}])
async def test_values_that_are_no_rows(style: str, count: int, past: dict[str, Json]) -> None:
    """A program that gives nothing of an object without lists leaves none of its values for one."""
    api = Api(style, count)

    def things(request: Request) -> Answer:
        body = json.loads(api(request).body)
        return told({"data": body, "state": "none"} if body["items"] else past)

    program = "if .data then .data.items else null end"
    found = await outcome(things, paging(style, 20), data_path=program)

    is_all(found, list(range(count)))


@pytest.mark.parametrize("style", ["page", "cursor", "next_link"])
@pytest.mark.parametrize(
    "said", [{"self": "failed"}, {"href": "database down"}, {"links": {"cause": "database down"}}]
)
async def test_words_where_others_name_a_page(style: str, said: dict[str, Json]) -> None:
    """A name that speaks of pages has numbers, links and cursors: a failure there is told."""
    lists = {"0": Api(style, 40), "1": Api(style, 40)}

    def things(request: Request) -> Answer:
        child = request.path.split("/")[2]
        body = json.loads(lists[child](request).body)
        return told({"items": [], **said} if child == "1" else body)

    async with FaultApi() as server:
        server.serve("/parents", lambda _: told({"items": [{"id": name} for name in lists]}))
        server.serve("/parents/{}/things", things)
        parents = Endpoint("/parents", data_path=".items", pagination=PaginationSettings())
        found = await read(
            server, paging(style, 20), kind="/parents/{parent}/things", parent=parents
        )

    assert "failed" in found.message or "database down" in found.message


@pytest.mark.parametrize("style", ["offset", "page"])
@pytest.mark.parametrize("count", [0, 4, 11, 20])
@pytest.mark.parametrize(
    "data_path",
    [
        "to_entries[] | .value + {name: .key}",
        "to_entries | map({key} + .value)",
        "with_entries(.value.seen = true) | .[]",
        ". as $all | keys[] | $all[.] + {name: .}",
    ],
)
async def test_an_object_of_objects_with_lists(style: str, count: int, data_path: str) -> None:
    """A page is measured by the rows that items are made of, not by a list that one of them has."""

    def by_name(given: Json) -> Json:
        assert isinstance(given, list)
        links: list[Json] = [{"name": "browse", "url": "/browse"}]
        return {f"n{row['id']}": {**row, "links": links} for row in given if isinstance(row, dict)}

    found = await outcome(Api(style, count, list_of=by_name), paging(style, 5), data_path=data_path)

    is_all(found, list(range(count)))


@pytest.mark.parametrize("style", ["offset", "page"])
@pytest.mark.parametrize("count", [0, 4, 11, 20])
@pytest.mark.parametrize("data_path", ["to_entries[] | .value.parts[]", ".[].parts[]"])
async def test_lists_within_an_object_of_objects(style: str, count: int, data_path: str) -> None:
    """A page is as full as the object is, however many rows each of its values has."""

    def by_name(given: Json) -> Json:
        assert isinstance(given, list)
        rows = {int(str(row["id"])): row for row in given if isinstance(row, dict)}
        return {f"n{at}": {"name": f"n{at}", "parts": [row] * (at % 3)} for at, row in rows.items()}

    found = await outcome(Api(style, count, list_of=by_name), paging(style, 5), data_path=data_path)

    ids = sorted({int(str(one)) for one in found.ids})
    is_all(replace(found, ids=[*ids]), [number for number in range(count) if number % 3])


def _by_parity(given: Json) -> Json:
    """Rows of one page in two lists."""
    assert isinstance(given, list)
    of: list[list[Json]] = [[], []]
    for row in given:
        assert isinstance(row, dict)
        of[int(str(row["id"])) % 2].append(row)
    return {"even": of[0], "odd": of[1]}


def _one_apart(given: Json) -> Json:
    """The first row of a page for itself."""
    assert isinstance(given, list)
    return {"first": given[0] if given else None, "rest": given[1:]}


def _by_day(given: Json) -> Json:
    """Three rows a day, in the order of days."""
    assert isinstance(given, list)
    days: dict[str, Json] = {f"d{at}": given[at : at + 3] for at in range(0, len(given), 3)}
    return {"days": days}


@pytest.mark.parametrize("style", ["offset", "page"])
@pytest.mark.parametrize("count", [0, 1, 4, 11, 20])
@pytest.mark.parametrize("cap", [1000, 4])
@pytest.mark.parametrize(
    ("list_of", "data_path"),
    [
        (_by_parity, ".even[], .odd[]"),
        (_by_parity, "[.even, .odd] | flatten"),
        (_one_apart, "[.first // empty] + .rest"),
        (_by_day, ".days | to_entries[] | .value[]"),
    ],
)
async def test_lists_that_share_a_page(
    style: str, count: int, cap: int, list_of: Callable[[Json], Json], data_path: str
) -> None:
    """A page is full where all lists that its items come from are as long together."""
    api = Api(style, count, cap=cap, list_of=list_of)

    found = await outcome(api, paging(style, 4 if cap > 4 else 100), data_path=data_path)

    is_all(replace(found, ids=sorted({*found.ids}, key=str)), list(range(count)))


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("name", ["pageIndex", "page_no", "from", "startRow"])
async def test_the_number_of_a_page_that_a_cursor_leads_to(name: str, count: int) -> None:
    """One row cannot be asked for in other pages, which show that it moves: its name tells."""
    api = Api("cursor", count, end="late")

    def things(request: Request) -> Answer:
        body = json.loads(api(request).body)
        return told({name: 1 if request.param("cursor") else 0, **body})

    is_all(await outcome(things, paging("cursor", 20)), list(range(count)))


HOLLOW: list[Json] = [{}, "", False]


@pytest.mark.parametrize("hollow", HOLLOW, ids=repr)
@pytest.mark.parametrize("style", ["none", "offset", "cursor"])
async def test_nothing_where_others_have_a_list(style: str, hollow: Json) -> None:
    """Of the first child or the last, and after full pages, it is an empty list."""
    counts = {"0": 0, "1": 40, "2": 5, "3": 0}
    lists = {name: Api(style, rows, end="late") for name, rows in counts.items()}

    def things(request: Request) -> Answer:
        body = json.loads(lists[request.path.split("/")[2]](request).body)
        return told(body | {"items": body["items"] or hollow})

    async with FaultApi() as server:
        server.serve("/parents", lambda _: told({"items": [{"id": name} for name in counts]}))
        server.serve("/parents/{}/things", things)
        parents = Endpoint("/parents", data_path=".items", pagination=PaginationSettings())
        found = await read(
            server, paging(style, 20), kind="/parents/{parent}/things", parent=parents
        )

    is_all(found, [*range(40), *range(5)])


@pytest.mark.parametrize("hollow", HOLLOW, ids=repr)
async def test_nothing_beside_another_code(hollow: Json) -> None:
    """What stands around it tells it from an empty list, as it does where that is null."""
    lists: dict[str, Json] = {"1": {"items": [{"id": 1}], "rc": 0}, "2": {"items": hollow, "rc": 7}}
    async with FaultApi() as server:
        server.serve("/parents", lambda _: told({"items": [{"id": name} for name in lists]}))
        server.serve("/parents/{}/things", lambda one: told(lists[one.values[0]]))
        parents = Endpoint("/parents", data_path=".items", pagination=PaginationSettings())
        found = await read(server, paging("none"), kind="/parents/{parent}/things", parent=parents)

    assert '"rc": 7' in found.message


@pytest.mark.parametrize("hollow", HOLLOW, ids=repr)
@pytest.mark.parametrize("others", [{"id": 7}, None])
async def test_nothing_where_none_has_a_list(hollow: Json, others: Json) -> None:
    """It is an item, as others are: the settings of a thing that has none."""
    things: dict[str, Json] = {"1": hollow, "2": others or hollow}
    async with FaultApi() as server:
        server.serve("/parents", lambda _: told({"items": [{"id": name} for name in things]}))
        server.serve("/parents/{}/things", lambda one: told({"items": things[one.values[0]]}))
        parents = Endpoint("/parents", data_path=".items", pagination=PaginationSettings())
        found = await read(server, paging("none"), kind="/parents/{parent}/things", parent=parents)

    is_all(found, [7, None] if others else [None, None])  # type: ignore[list-item] # no ids


@pytest.mark.parametrize("style", ["none", "offset", "next_link"])
@pytest.mark.parametrize(
    "around",
    [
        {"warnings": [], "meta": {"took": 3}},
        {"resourceType": "Bundle", "link": [{"relation": "self", "url": "/things?_count=20"}]},
        {"_links": [{"rel": "self", "href": "/things"}]},
    ],
    ids=str,
)
async def test_an_empty_collection_beside_another_empty_list(
    style: str, around: dict[str, Json]
) -> None:
    """Left out where it is empty: that is doubted, and no error, as no row stands elsewhere."""
    found = await outcome(lambda _: told(around), paging(style))

    is_all(found, [])
    assert Doubt.ABSENT in found.doubts


async def test_rows_elsewhere_before_an_empty_list() -> None:
    """A path that leads to nothing is told where any answer has rows, whichever came last."""
    lists = {"1": [{"id": 1}], "2": []}
    async with FaultApi() as server:
        server.serve("/parents", lambda _: told({"items": [{"id": name} for name in lists]}))
        server.serve("/parents/{}/things", lambda one: told({"things": lists[one.values[0]]}))
        parents = Endpoint("/parents", data_path=".items", pagination=PaginationSettings())
        found = await read(server, paging("none"), kind="/parents/{parent}/things", parent=parents)

    assert "gave null in every response; they had the keys things" in found.message


REPORT: dict[str, Json] = {"error": {"attributes": {"code": "403", "text": "not permitted"}}}


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("odd", "is_error"),
    [
        pytest.param(REPORT, True, id="a report"),
        pytest.param(REPORT | {"id": 7}, False, id="an item that failed"),
        pytest.param({"other": {"attributes": {"id": 7}}}, False, id="another class"),
        pytest.param({"tenant": None}, False, id="null"),
    ],
)
async def test_an_error_in_place_of_rows(odd: Json, *, first: bool, is_error: bool) -> None:
    """A page whose rows hold nothing of what is taken fails where they are reports of errors."""

    def listed(given: Json) -> Json:
        is_odd = first or len(given) < 20
        classes: list[Json] = [{"tenant": {"attributes": row}} for row in given]
        return {"data": [odd] if is_odd and given else classes}

    api = Api("page", 10 if first else 23, list_of=listed)
    found = await outcome(api, paging("page", 20), data_path=".data[].tenant.attributes")

    assert ("not permitted" in found.message) is is_error, found.message
    assert (found.error is not None) is (is_error or first)
    assert found.ids == ([] if first else list(range(20)))


ECHOES: dict[str, Callable[[Request, int], Json]] = {
    "a link": lambda one, _: f"https://else.example.com/v2{target(one)}",
    "a path": lambda one, _: target(one),
    "escaped": lambda one, _: target(one).replace("&", "&amp;"),
    "in another order": lambda one, _: f"{one.path}?{pairs(sorted(one.query))}",
    "in an object": lambda one, _: {"@id": target(one), "@type": "View"},
    "a range": lambda one, _: f"{start(one)}-{start(one) + 20}",
    "a sentence": lambda one, rows: f"{rows} things from {start(one)}",
    "the path alone": lambda one, _: f"/v2{one.path}",
}
"""What an answer may repeat of its request, under any name."""


def pairs(query: Iterable[tuple[str, str]]) -> str:
    """Parameters as a query has them."""
    return "&".join(f"{name}={value}" for name, value in query)


def target(request: Request) -> str:
    """A request's path and query."""
    return f"{request.path}?{pairs(request.query)}"


def start(request: Request) -> int:
    """The position that a request asks for."""
    return request.number("offset", (request.number("page", 1) - 1) * 20)


@pytest.mark.parametrize("style", ["offset", "page"])
@pytest.mark.parametrize("count", [1, 2, 21])
@pytest.mark.parametrize("echo", ECHOES)
async def test_an_echo_of_the_request_without_a_list(style: str, count: int, echo: str) -> None:
    """Past its end an API leaves its list out, and repeats what it was asked under any name."""
    api = Api(style, count)

    def things(request: Request) -> Answer:
        body = json.loads(api(request).body)
        rows = len(body["items"])
        return told({"kind": "k", "angefragt": ECHOES[echo](request, rows), **some_list(body)})

    is_all(await outcome(things, paging(style, 20)), list(range(count)))


def some_list(body: dict[str, Json]) -> dict[str, Json]:
    """A body without its list where that is empty."""
    return body if body["items"] else {}


@pytest.mark.parametrize("style", ["none", "offset", "page", "cursor"])
@pytest.mark.parametrize("echo", ECHOES)
async def test_children_that_repeat_their_request_without_a_list(style: str, echo: str) -> None:
    """One child alone has rows, and the other's answer has no list."""
    api = Api(style, 5)

    def things(request: Request) -> Answer:
        body = json.loads(api(request).body) if "/1/" in request.path else {"items": []}
        echoed = ECHOES[echo](request, len(body["items"]))
        return told({"kind": "k", "angefragt": echoed, **some_list(body)})

    async with FaultApi() as server:
        server.serve("/parents", lambda _: told({"items": [{"id": "1"}, {"id": "2"}]}))
        server.serve("/parents/{}/things", things)
        parents = Endpoint("/parents", data_path=".items", pagination=PaginationSettings())
        found = await read(
            server, paging(style, 20), kind="/parents/{parent}/things", parent=parents
        )

    is_all(found, list(range(5)))


@pytest.mark.parametrize("style", ["offset", "page"])
async def test_an_error_that_repeats_the_request(style: str) -> None:
    """Other words than the request's are no echo."""
    api = Api(style, 1)

    def things(request: Request) -> Answer:
        body = json.loads(api(request).body)
        said = "read" if body["items"] else "busy"
        return told({"kind": "k", "note": f"{said} {target(request)}", **some_list(body)})

    found = await outcome(things, paging(style, 5))

    assert "busy" in found.message


@pytest.mark.parametrize(
    ("far", "is_position"),
    [(48, True), ("50", True), (7, False), (0, False), (3, False), (None, False), ("busy", False)],
)
def test_a_number_that_grows_with_the_position(far: Json, *, is_position: bool) -> None:
    """Beside rows 0, behind them 7: a code is the same far behind the list, or that of success."""
    assert grows(0, 7, far) is is_position
    assert is_echo_within("rows 0 on", "rows 7 on", far and f"rows {far} on", {}, {}) is is_position


@pytest.mark.parametrize(
    ("value", "beside", "counts"),
    [
        (2, {1: 3, 4: 6}, True),
        (2, {1: 3, 4: 5}, False),
        (2, {}, False),
        (0, {1: 1}, False),
        (-1, {3: 2}, True),
        (-1, {1: 0}, False),
        (-1, {2: 1}, False),
    ],
)
def test_a_number_that_counts_the_rows(value: int, beside: dict[int, int], *, counts: bool) -> None:
    """What an answer cost, or its last index, is less by its rows; no code of success is."""
    pages: dict[int, dict[tuple[str, ...], Json]] = {
        n: {("cost",): told} for n, told in beside.items()
    }

    assert counts_rows(("cost",), value, pages) is counts


@pytest.mark.parametrize(
    ("known", "value", "counts"),
    [(0, 6, True), (1, 6, True), (0, 5, True), (0, 7, False), ("ok", 6, False), (6, 6, False)],
)
def test_a_number_that_moves_with_a_new_position(known: Json, value: Json, *, counts: bool) -> None:
    """By the position that was asked for, or by that less the row that did not come."""
    assert moves_along(("to",), value, {1: {("to",): known}}, ["6", "x"]) is counts
