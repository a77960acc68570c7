"""When a list ends: every row, or an error; and no error where the API is well.

Each case is an API over real HTTP, walked as a whole resource. 70 rows exist unless a case says
otherwise. ``ALL`` is every row and no error, in a handful of requests more than the pages take.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

import httpx
import pytest
from msgspec import structs

from errors import OceanCustomError
from jq_engine.sources import paths_read
from json_values import follow
from pagination import PaginationSettings
from resync.completeness import Doubt
from resync.path_parameters import Endpoint, Parameter, Resource
from resync.session import Session
from settings import Settings
from tests.fault_api import Answer, FaultApi, Request
from tests.literals import Json
from tests.reading import over_http

ROWS = 70
MORE = 8  # requests more than the pages of a list take

Handler = Callable[[Request], Answer]

EXHAUSTIVE = pytest.mark.exhaustive


def told(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer in JSON."""
    pairs = (("Content-Type", "application/json"), *(headers or {}).items())
    return Answer(json.dumps(body).encode(), status=status, headers=pairs)


def rows(start: int, stop: int) -> list[Json]:
    """Rows with ids from ``start`` on."""
    return [{"id": number} for number in range(start, stop)]


@dataclass
class Found:
    """What came of a resource."""

    ids: list[Json] = field(default_factory=list)
    error: BaseException | None = None
    requests: int = 0
    doubts: frozenset[Any] = frozenset()
    log: str = ""

    @property
    def message(self) -> str:
        """All that the error says."""
        inner = getattr(self.error, "exceptions", ())
        return "; ".join(map(str, (self.error, *inner))) if self.error else ""


async def read(  # noqa: PLR0913 (each is a part of a resource)
    server: FaultApi,
    pagination: PaginationSettings,
    data_path: str | None = ".items",
    *,
    kind: str = "/things",
    parent: Endpoint | None = None,
    identifier: str = "",
    key: str = "id",
    method: str = "GET",
    body: Json = None,
) -> Found:
    """What comes of a resource of an API."""
    found = Found()
    session = Session(
        structs.replace(
            Settings(base_url=httpx.URL(server.url), pagination=pagination, max_pages=200),
            max_retry_wait=0.02,
        ),
        http=over_http,
    )
    parameters = (Parameter("parent", parent, ".id"),) if parent else ()
    endpoint = Endpoint(kind, data_path=data_path, pagination=pagination, method=method, body=body)
    told_by = paths_read(identifier)
    reading = session.read(Resource(kind, endpoint, parameters, told_by=told_by))
    try:
        async for batch in reading.batches():
            found.ids += [item.get(key) for item in batch]
        found.doubts = reading.doubts
    except (OceanCustomError, ExceptionGroup) as error:
        found.error = error
    finally:
        await session.aclose()
    found.requests = len(server.requests)
    return found


# --- APIs ----------------------------------------------------------------------------------


def steady(around: dict[str, Json]) -> Callable[[int, bool], dict[str, Json]]:
    """The same words around every page."""
    return lambda _rows, _more: dict(around)


def counting(name: str) -> Callable[[int, bool], dict[str, Json]]:
    """The number of rows of each page."""
    return lambda given, _more: {name: given}


def while_more(header: str) -> Callable[[int, bool], dict[str, str]]:
    """A header that is there while more pages follow."""
    return lambda _rows, more: {header: "true"} if more else {}


def always(answer: Answer) -> Handler:
    """One answer to everything."""
    return lambda _: answer


End = Literal["omitted", "null", "blank", "hollow", "late"]


@dataclass(frozen=True)
class Api:
    """A list behind a style of paging.

    ``cap``: the most rows it gives; ``hidden``: positions whose rows are not given; ``size`` None:
    the server ignores the size asked for and gives ``cap``. ``around``: what else an answer has,
    by the page's number of rows and whether more follow. ``spelt``: the cursor of a position.
    ``end``: what stands where the cursor or link would: nothing, null, no text, or (``late``) one
    that leads to a page without rows. ``refuses``: the status of a page after the last.
    """

    style: str
    count: int = ROWS
    cap: int = 1000
    hidden: frozenset[int] = frozenset()
    heeds_size: bool = True
    start_page: int = 1
    end: End = "omitted"
    marker: str = "next_cursor"
    spelt: Callable[[int], Json] = lambda position: f"c{position}"
    refuses: int | None = None
    around: Callable[[int, bool], dict[str, Json]] = lambda _rows, _more: {}
    headers: Callable[[int, bool], dict[str, str]] = lambda _rows, _more: {}
    list_of: Callable[[Json], Json] = lambda given: {"items": given}

    @property
    def visible(self) -> list[int]:
        """The ids that are given."""
        return [number for number in range(self.count) if number not in self.hidden]

    def length(self, page_size: int) -> int:
        """The rows of a page where so many are asked for."""
        return min(page_size, self.cap) if self.heeds_size else min(self.cap, self.count or 1)

    def window(self, request: Request) -> tuple[int, int]:
        """The position that a request asks for, and the most rows it is given."""
        asked = request.number("size" if self.style == "page" else "limit", self.cap)
        size = min(asked, self.cap) if self.heeds_size else self.cap
        if self.style == "offset":
            return request.number("offset", 0), size
        if self.style == "page":
            return (request.number("page", 1) - self.start_page) * size, size
        return position_in(request.param("cursor") or request.param("at") or "0"), size

    def __call__(self, request: Request) -> Answer:
        """The answer to a request."""
        start, size = self.window(request)
        if start < 0:
            return told(self.list_of([]))
        stop = min(start + size, self.count)
        if self.refuses and start >= max(self.count, 1):
            return told({"detail": "no such page"}, self.refuses)
        given = [{"id": n} for n in range(start, stop) if n not in self.hidden]
        more = stop < self.count
        body, headers = self.list_of(list(given)), self.headers(len(given), more)
        leads = more or (self.end == "late" and start < self.count)
        link = f"{request.path}?at=c{stop}&limit={size}"
        if isinstance(body, dict):
            body |= self.around(len(given), more)
            if self.style in {"cursor", "next_link"} and (leads or self.end in _ENDS):
                key, value = (
                    (self.marker, self.spelt(stop)) if self.style == "cursor" else ("next", link)
                )
                body[key] = value if leads else _ENDS[self.end]
        if self.style == "header_link" and leads:
            headers = {**headers, "Link": f'<{link}>; rel="next"'}
        return told(body, 200, headers)


_ENDS: Mapping[str, Json] = {"null": None, "blank": "", "hollow": {"url": None, "after": ""}}


def position_in(cursor: str) -> int:
    """The position that a cursor spells; one that spells none is ignored."""
    return int("".join(filter(str.isdigit, cursor)) or 0)


def once(faulty: Handler, api: Handler, when: Callable[[Request], bool], times: int = 1) -> Handler:
    """An API that answers otherwise, the first time or always, where a request is met."""
    left = [times]

    def handler(request: Request) -> Answer:
        if when(request) and left[0]:
            left[0] -= 1
            return faulty(request)
        return api(request)

    return handler


ALWAYS = 10**9


def later(request: Request) -> bool:
    """Whether a request is for another page than the first."""
    position = request.param("cursor") or request.param("at") or request.param("offset") or "0"
    page = request.param("page")
    return (page or "1") not in {"0", "1"} or position not in {"0", "c0"}


def paging(style: str, page_size: int = 100, **more: Any) -> PaginationSettings:  # noqa: ANN401 (any setting)
    """Settings of a style; a size is sent by every style that has one."""
    if style in {"next_link", "header_link"} and "size_param" not in more:
        more["size_param"] = "limit"
    if more.get("size_param", "") is None:
        more |= {"size_param": None, "sends_size": False}
    return PaginationSettings(type=style, page_size=page_size, **more)  # type: ignore[arg-type] # a style is one


async def outcome(api: Handler, pagination: PaginationSettings, **how: Any) -> Found:  # noqa: ANN401 (as `read` takes it)
    """What comes of the one list of an API."""
    async with FaultApi() as server:
        server.serve("/things", api)
        return await read(server, pagination, **how)


def is_all(found: Found, expected: Sequence[int | str] | None = None) -> None:
    """Every row came once, without an error."""
    assert found.error is None, found.message
    assert sorted(found.ids, key=str) == sorted(
        range(ROWS) if expected is None else expected, key=str
    )


def is_all_or_error(found: Found, expected: list[int] | None = None) -> None:
    """Every row came once, or there is an error."""
    if found.error is None:
        is_all(found, expected)


COUNTED = ("offset", "page")
LED = ("cursor", "next_link", "header_link")
STYLES = (*COUNTED, *LED)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("count", [20, 40, 95])
@pytest.mark.parametrize(
    ("made", "identifier"),
    [
        (lambda n: {"date": f"d{n // 20}", "project": f"p{n % 20}"}, '.date + "/" + .project'),
        (lambda n: {"ns": f"n{n // 20}", "id": n % 20}, "(.id | tostring) + .ns"),
        (lambda n: {"ns": f"n{n // 20}", "name": f"p{n % 20}"}, '"\\(.ns)/\\(.name)"'),
    ],
    ids=["usage of each day", "ids of each namespace", "interpolated"],
)
async def test_pages_that_differ_by_a_part_of_the_identifier(
    made: Callable[[int], dict[str, Json]], identifier: str, style: str, count: int
) -> None:
    """All that the identifier is made of tells the rows apart, not one column of them."""

    def listed(given: Json) -> Json:
        numbers = [one["id"] for one in given]
        return {"items": [{**made(one), "row": one, "cost": one * 7} for one in numbers]}

    api = Api(style, count, list_of=listed)

    found = await outcome(api, paging(style, 20), identifier=identifier, key="row")

    is_all(found, list(range(count)))
    assert found.requests <= count // 20 + 6


async def test_a_number_of_another_parents_rows() -> None:
    """A parent's number that is as many as its rows is no size: the next one has others."""

    def api(request: Request) -> Answer:
        course = request.number("course", 0)
        own = [{"id": 10 * course + one} for one in range(1, course)]
        return told({"items": [{"id": 1}, *own]})

    found = await outcome(api, paging("none"), kind="/things?course=5")

    is_all(found, [1, *range(51, 55)])


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("cap", [33, 50])
@pytest.mark.parametrize("pages", [True, False])
async def test_a_mistyped_position_behind_a_limit_of_the_server(
    style: str, cap: int, *, pages: bool
) -> None:
    """The same page for every position is a whole list, unless the usual names lead on."""
    api = Api(style, count=200 if pages else cap, cap=cap)

    found = await outcome(api, paging(style, 100, pagination_param="at"))

    if pages:
        assert "does not heed 'at'" in found.message
    else:
        is_all(found, list(range(cap)))
    assert found.requests <= 9


CONNECTIONS = (
    ". as $all | $all.data.things.nodes",
    ".data as $d | $d.things.nodes[] | . + {at: $d.at}",
    "[.data.things.nodes[] as $one | $one + {x: 1}]",
    "if .data.things.nodes then .data.things.nodes else [] end",
    'getpath(["data", "things", "nodes"])',
    "reduce .data.things.nodes[] as $one ([]; . + [$one])",
    "def rows: .data.things.nodes; rows | map(. + {x: 1})",
    "[.. | objects | select(.id?)]",
)


@pytest.mark.parametrize("style", ["none", "cursor"])
@pytest.mark.parametrize("data_path", CONNECTIONS)
async def test_words_beside_a_list_that_a_program_finds(style: str, data_path: str) -> None:
    """GraphQL's ``pageInfo`` is seen however the program goes to the list beside it."""

    def api(request: Request) -> Answer:
        start = int(request.param("cursor") or 0)
        info = {"hasNextPage": start + 20 < ROWS, "endCursor": str(start + 20)}
        nodes = [{"id": one} for one in range(start, min(start + 20, ROWS))]
        return told({"data": {"at": 1, "things": {"nodes": nodes, "pageInfo": info}}})

    found = await outcome(api, paging(style, 20), data_path=data_path)

    if style == "none":
        assert "there are more pages" in found.message
    else:
        is_all(found)


# --- 1 to 13: what must not be lost ------------------------------------------------------------


def mistyped() -> Iterator[Any]:
    """1: a path that finds nothing, beside a count of the page."""
    for count in ("count", "result_count"):
        api = Api("cursor", cap=50, marker="forward", around=counting(count))
        for path in ("meta.nxt", None):
            yield pytest.param(api, paging("cursor", 50, cursor_path=path), id=f"1-{count}-{path}")
        link = Api("next_link", cap=50, end="null", around=counting(count))
        settings = paging("next_link", 50, next_link_path="pagin.next", size_param=None)
        yield pytest.param(link, settings, id=f"1-{count}-next_link")


def led_by_headers() -> Iterator[Any]:
    """2: the continuation stands in a header only."""
    for name in ("x-ms-continuationtoken", "x-has-next-page", "X-Next-Cursor", "Has-More"):
        api = Api("plain", cap=50, headers=while_more(name))
        for style in ("none", "cursor"):
            yield pytest.param(api, paging(style, 50), id=f"2-{name}-{style}")


def told_beside() -> Iterator[Any]:
    """3, 6, 7, 12: a total or a marker in an object of its own."""
    page = {"after": "zzz", "page_size": 25, "total_record_count": 60}
    api = Api("plain", 60, cap=25, around=lambda _n, _m: {"page": page})
    yield pytest.param(api, paging("cursor"), id="3")
    info = {"page": 1, "total_count": ROWS}
    api = Api("plain", cap=20, around=lambda _n, _m: {"result_info": info})
    yield pytest.param(api, paging("none"), id="6")
    api = Api("plain", cap=20, around=lambda _n, _m: {"pagination": {"next": 1700000000}})
    yield pytest.param(api, paging("next_link"), id="7")
    total = Api("plain", cap=50, around=lambda _n, _m: {"next": None, "total": 120})
    yield pytest.param(total, paging("none"), id="12-total")


def cut_off() -> Iterator[Any]:
    """4, 12: a window, a link that is missing, empty pages beside a total, no body."""
    relation = {"value": 40, "relation": "gte"}
    api = Api("offset", around=lambda _n, _m: {"total": relation})
    refusal = told({"error": "Result window is too large"}, 400)
    window = once(lambda _: refusal, api, lambda r: r.number("offset", 0) >= 40, ALWAYS)
    yield pytest.param(window, paging("offset", 20), id="4")
    nexts = Api("next_link", cap=20, around=lambda _n, m: {"next_page": 2} if m else {})
    cut = once(lambda r: without(nexts(r), "next"), nexts, later, ALWAYS)
    yield pytest.param(cut, paging("next_link", 20), id="12-next_page")
    for style in ("cursor", "offset", "page"):
        null = Api(style, around=lambda _n, _m: {"state": {"more": None}}, cap=20)
        settings = paging(style, 20, has_more_path="state.more")
        yield pytest.param(null, settings, id=f"12-null-{style}")
    for style in LED:
        api = Api(style, cap=50, around=lambda _n, _m: {"total": ROWS})
        empty = told({"items": [], "total": ROWS})
        for place, when in (("1", lambda _: True), ("2", later)):
            faulty = once(always(empty), api, when, ALWAYS)
            for size in (50, 100):
                case = f"12-empty-{place}-{style}-{size}"
                yield pytest.param(faulty, paging(style, size), id=case)
    for style in STYLES:
        nothing = once(lambda _: Answer(b""), Api(style, cap=50), lambda _: True, ALWAYS)
        yield pytest.param(nothing, paging(style, 50), id=f"12-no-body-{style}")


def without(answer: Answer, key: str) -> Answer:
    """An answer without one of its keys."""
    body = json.loads(answer.body)
    body.pop(key, None)
    return told(body)


def with_words(answer: Answer, words: Mapping[str, Json]) -> Answer:
    """An answer with more around its list."""
    return told({**json.loads(answer.body), **words})


NO_PAGES: list[Json] = [
    {"error": "busy"},
    {"message": "busy"},
    "busy",
    {"errcode": 6, "errmsg": "x"},
    {"code": 500, "msg": "x", "data": None},
    {"stat": "fail"},
    {"status": "error", "items": []},
]
CONSTANTS: dict[str, Json] = {
    "errcode": 0, "code": 0, "stat": "ok", "status": "ok", "message": "fine"
}  # fmt: skip


def failing() -> Iterator[Any]:
    """8, 10: a later page fails, by its status or by what it holds, once or always."""
    for style in STYLES:
        api = Api(style, cap=50)
        for status in (500, 403, 409):
            for times in (1, ALWAYS):
                faulty = once(always(told({"x": 1}, status)), api, later, times)
                yield pytest.param(faulty, paging(style), id=f"8-{style}-{status}-{times}")
        constant = replace(api, around=lambda _n, _m: CONSTANTS)
        for at, body in enumerate(NO_PAGES):
            faulty = once(always(told(body)), constant, later, ALWAYS)
            yield pytest.param(faulty, paging(style), id=f"10-{style}-{at}")


def slashed(request: Request) -> Answer:
    """11: an API whose cursors begin with a slash, as base64 does once in 64."""
    query = tuple((k, v.lstrip("/") if k == "cursor" else v) for k, v in request.query)
    body = json.loads(Api("cursor", cap=20)(replace(request, query=query)).body)
    if "next_cursor" in body:
        body["next_cursor"] = "/" + body["next_cursor"]
    return told(body)


def lost() -> Iterator[Any]:
    """APIs that contradict themselves, or a mistaken setting: all rows, or an error."""
    yield from mistyped()
    yield from led_by_headers()
    yield from told_beside()
    yield from cut_off()
    yield from failing()
    yield pytest.param(slashed, paging("cursor", 20), id="11")


def some(cases: Iterable[Any]) -> list[Any]:
    """The cases, of which every fourth is in `make test`."""
    return [
        one if number % 4 == 0 else pytest.param(*one.values, id=one.id, marks=EXHAUSTIVE)
        for number, one in enumerate(cases)
    ]


@pytest.mark.parametrize(("api", "pagination"), some(lost()))
async def test_rows_are_not_lost_in_silence(api: Handler, pagination: PaginationSettings) -> None:
    """A single contradiction, or a mistyped path, ends in all rows or in an error."""
    expected = list(range(api.count)) if isinstance(api, Api) else None

    is_all_or_error(await outcome(api, pagination), expected)


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize(
    "beside",
    [{"relation": "gte"}, {"exact": False}, {"qualle": "ca."}, {"relation": "eq", "from": 9}],
    ids=str,
)
async def test_a_total_that_something_is_said_of(style: str, beside: dict[str, Json]) -> None:
    """4: what it says may be that there are more, under whatever name: it is no end."""
    api = Api(style, around=steady({"total": {"value": 40, **beside}}))
    refusal = told({"why": "window is too large"}, 400)

    def window(request: Request) -> Answer:
        start, size = api.window(request)
        return refusal if start + size > 40 else api(request)

    assert "window is too large" in (await outcome(window, paging(style, 20))).message


FURTHER_OUT: dict[str, Callable[[Json, dict[str, Json]], Json]] = {
    "beside": lambda given, words: {"found": {"of": {"items": given, **words}}},
    "one out": lambda given, words: {"found": {"of": {"items": given}, **words}},
    "of one": lambda given, words: {"found": [{"of": {"items": given}, **words}]},
    "two out": lambda given, words: {"search": {"found": {"of": {"items": given}}, **words}},
}


@pytest.mark.parametrize("style", LED)
@pytest.mark.parametrize("place", FURTHER_OUT)
async def test_a_total_around_the_object_of_the_list(place: str, style: str) -> None:
    """Where no cursor or link was seen, it may be the list's, as in GitHub's search."""
    path = {"of one": ".found[].of.items", "two out": ".search.found.of.items"}
    found = await outcome(
        always(told(FURTHER_OUT[place](rows(0, 25), {"count": ROWS}))),
        paging(style, size_param=None, cursor_path="mistyped" if style == "cursor" else None),
        data_path=path.get(place, ".found.of.items"),
    )

    assert found.error is not None


@pytest.mark.parametrize("words", [{"total": 500}, {"truncated": True}], ids=str)
@pytest.mark.parametrize("style", ["none", "offset", "page"])
@pytest.mark.parametrize("place", ["one out", "of one", "two out"])
async def test_words_around_the_object_of_the_list(
    place: str, style: str, words: dict[str, Json]
) -> None:
    """They may be of something else: all findings of a scan, of which this is one kind."""
    path = {"of one": ".found[].of.items", "two out": ".search.found.of.items"}
    around = FURTHER_OUT[place]
    api = Api("plain" if style == "none" else style, 25, list_of=lambda given: around(given, words))
    settings = PaginationSettings() if style == "none" else paging(style, 20)
    found = await outcome(api, settings, data_path=path.get(place, ".found.of.items"))

    is_all(found, range(25))
    assert found.requests <= 2 + MORE


async def test_words_of_a_thing_around_the_list() -> None:
    """What has an id speaks of itself, though the list lies in it."""
    thing = {"id": 5, "count": ROWS, "has_more": True, "of": {"items": rows(0, 25)}}
    found = await outcome(
        always(told({"found": thing})),
        paging("cursor", size_param=None),
        data_path=".found.of.items",
    )

    is_all(found, range(25))


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("window", [10, 20, 50])
async def test_a_window_that_ends_before_the_total(style: str, window: int) -> None:
    """Full pages, then none although a total speaks of more: an error with both numbers."""
    beyond = frozenset(range(window, ROWS))
    api = Api(style, hidden=beyond, around=lambda _n, _m: {"total": ROWS})

    found = await outcome(api, paging(style, 10))

    assert f"a total of {ROWS} rows, but gives no more than {window}" in found.message
    assert "query_params" in found.message
    assert found.ids == list(range(window))


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [20, 40])
@pytest.mark.parametrize("name", ["filtered_count", "recordsFiltered"])
async def test_a_total_of_what_a_filter_leaves_out_too(name: str, count: int, style: str) -> None:
    """Another number is just what came, also beside the empty page: no rows are missing."""
    api = Api(style, count, around=lambda _n, _m: {"recordsTotal": 200, name: count})

    found = await outcome(api, paging(style, 20 if name == "filtered_count" else 10))

    is_all(found, range(count))
    assert Doubt.END in found.doubts


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [1, 2, 9, 20, 21])
async def test_a_total_far_above_what_a_filter_leaves(count: int, style: str) -> None:
    """One empty page bears the other number out; the children after it cost no more."""
    api = Api(style, count, around=lambda _n, _m: {"total": count + 500, "subtotal": count})

    found = await outcome(api, paging(style, 20))
    of_children = await children(api, paging(style, 20))

    is_all(found, range(count))
    assert found.requests <= 30
    assert of_children.error is None
    assert of_children.requests <= 50


@pytest.mark.parametrize("style", COUNTED)
async def test_a_total_far_above_a_few_rows(style: str) -> None:
    """Nothing tells hidden rows from others that are counted: an error, in bounded time."""
    found = await outcome(Api(style, 1, around=steady({"total": 5000})), paging(style, 100))

    assert "empty pages in a row" in found.message
    assert "accept_doubt" in found.message
    assert found.requests <= 120


@pytest.mark.parametrize("style", COUNTED)
async def test_a_small_number_beside_hidden_rows_is_no_count(style: str) -> None:
    """The only row of a first page, and a number that is 1 all the time."""
    around = steady({"total": 60, "level": 1})
    api = Api(style, 60, hidden=frozenset({*range(1, 40)}), around=around)

    is_all(await outcome(api, paging(style, 20)), api.visible)


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("window", [20, 40])
async def test_numbers_of_pages_do_not_bear_out_a_window(style: str, window: int) -> None:
    """What counts the rows so far, those of the page, or those asked for, is no other total."""

    def api(request: Request) -> Answer:
        limited = Api(style, 200, hidden=frozenset(range(window, 200)))
        start, size = limited.window(request)
        given = len(json.loads(limited(request).body)["items"])
        ends = {"start": start, "to": start + given, "end": start + size, "seen": min(start, 40)}
        sizes = {"count": given, "rows": size, "max_window": window}
        return with_words(limited(request), {"total": 200, "state": ends | sizes})

    found = await outcome(api, paging(style, 20))

    assert f"a total of 200 rows, but gives no more than {window}" in found.message


@pytest.mark.parametrize("told", [{}, {"total": ROWS}, {"has_more": None}], ids=str)
@pytest.mark.parametrize("count", [15, 50, 70, 105, 500])
async def test_an_offset_where_the_api_counts_pages(count: int, told: dict[str, Json]) -> None:
    """Positions 0, 10, 20 are pages 0, 10, 20: never fewer rows without an error."""
    around = {key: count if key == "total" else value for key, value in told.items()}
    if "has_more" in told:
        api = Api("page", count, start_page=0, around=lambda _n, more: {"has_more": more})
    else:
        api = Api("page", count, start_page=0, around=steady(around))
    settings = paging("offset", 10, pagination_param="page", size_param="size")

    found = await outcome(api, settings)

    assert "'page' does not count" in found.message, found.ids


async def test_an_offset_where_the_api_counts_pages_of_a_limit_of_its_own() -> None:
    """The last row of a first page of five is looked for at 4: there is page 4."""
    api = Api("page", cap=5, start_page=0)
    settings = paging("offset", 10, pagination_param="page", size_param="size")

    found = await outcome(api, settings)

    assert "'page' does not count" in found.message, found.ids


async def test_a_first_number_that_is_taken_for_the_next_one() -> None:
    """Page 0 is page 1 again, as where no page is: but page 2 has other rows."""
    first = told({"items": rows(0, 20)})
    api = once(
        always(first),
        Api("page", cap=20, heeds_size=False),
        lambda request: request.number("page", 1) == 0,
        ALWAYS,
    )

    found = await outcome(api, paging("page", 20, start_page=0))

    assert "does not heed 'page'" in found.message, found.ids


async def test_the_links_of_an_only_page_whose_rows_are_partly_hidden() -> None:
    """They name the first and the last page, and no next one: the total is of more."""
    link = '</things?page=1>; rel="first", </things?page=1>; rel="last"'
    answer = told({"items": rows(0, 3)}, headers={"Link": link, "X-Total": "5"})

    found = await outcome(always(answer), paging("header_link", size_param=None))

    is_all(found, [0, 1, 2])


@pytest.mark.parametrize("style", COUNTED)
async def test_a_link_that_only_an_empty_page_has(style: str) -> None:
    """It leads back to the list: whatever it is called, it does not say that this is no page."""
    api = Api(style, around=lambda given, _: {} if given else {"prior": "/things?limit=10"})

    is_all(await outcome(api, paging(style, 10)))


async def test_one_row_where_a_total_counts_hidden_ones() -> None:
    """A page of one row has no shorter one: a page of the size of one shows that none follows."""
    api = Api("cursor", 5, hidden=frozenset({1, 2, 3, 4}), around=steady({"total": 5}))

    is_all(await outcome(api, paging("cursor")), [0])


@pytest.mark.parametrize("style", COUNTED)
async def test_rows_without_ids_that_all_move_behind_a_limit(style: str) -> None:
    """As many others as are left can be no first page whose values moved: they follow it."""
    asked = iter(range(10**6))
    api = Api(style, cap=50, list_of=lambda given: {"items": [{"at": next(asked)} for _ in given]})

    found = await outcome(api, paging(style), key="at")

    assert found.error or len(found.ids) == ROWS


async def test_an_empty_answer_that_leads_on_when_it_is_asked_for_again() -> None:
    """The rows of a page are hidden, and the first answer lacked its cursor by mistake."""
    api = Api("next_link", 30, cap=10, hidden=frozenset(range(10, 20)))
    faulty = once(always(told({"items": []})), api, lambda r: r.param("at") == "c10")

    is_all(await outcome(faulty, paging("next_link", size_param=None)), api.visible)


@pytest.mark.parametrize(
    ("api", "pages"),
    [
        pytest.param(Api("offset", 10), 2, id="as long as a page"),
        pytest.param(Api("offset", 10, refuses=400), 2, id="refused after a full page"),
        pytest.param(Api("offset", 8, cap=5, around=steady({"total": 8})), 2, id="a limit"),
        pytest.param(
            Api("offset", 15, hidden=frozenset(range(3, 9)), around=steady({"total": 15})),
            3,
            id="hidden rows",
        ),
        pytest.param(
            Api("offset", 1, around=steady({"next_offset": 90})), 2, id="a next one is always told"
        ),
    ],
)
async def test_many_children_that_end_alike_are_not_all_asked_about(api: Api, pages: int) -> None:
    """What the first ones show holds for the others: a handful of requests a resource."""
    children = 60
    parent = Endpoint("/parents", data_path=".items")
    async with FaultApi() as server:
        server.serve("/parents", always(told({"items": rows(0, children)})))
        for child in range(children):
            server.serve(f"/parents/{child}", api)
        found = await read(server, paging("offset", 10), kind="/parents/{parent}", parent=parent)

    is_all(found, sorted(api.visible * children))
    assert found.requests <= 1 + children * pages + 40  # several begin at the same time


@pytest.mark.parametrize("total", [{}, {"total": 3}], ids=str)
@pytest.mark.parametrize(
    ("count", "said"),
    [
        (2, "page 0 has rows that page 1 does not have"),
        *[(count, "set paginationType to offset") for count in (3, 15, 50)],
        *[(count, "'offset' does not count what paginationType") for count in (51, 70)],
    ],
)
async def test_a_page_where_the_api_counts_rows(
    count: int, said: str, total: dict[str, Json]
) -> None:
    """Position 1 is the second row: page 0 has the rows of page 1 after one more."""
    words = dict.fromkeys(total, count)
    api = Api("offset", count, around=steady(words))
    settings = paging("page", 50, pagination_param="offset", size_param="limit")

    found = await outcome(api, settings)

    assert said in found.message, found.ids


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("count", [3, 20, 41])
async def test_the_last_page_before_the_first_one(count: int, first: int) -> None:
    """One row less of page 1 begins as that does, so it is the first; else it would not."""
    given = rows(0, count)

    def wrapping(request: Request) -> Answer:
        number, size = request.number("page", 1) - first, request.number("size", 10)
        return told({"items": given[-size:] if number < 0 else given[number * size :][:size]})

    found = await outcome(wrapping, paging("page", 2 if count == 3 else 10))

    if first:
        is_all(found, list(range(count)))
    else:
        assert "page 0 has rows that page 1 does not have" in found.message


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("falls", [False, True])
async def test_a_total_that_changes_while_pages_come_side_by_side(
    style: str, *, falls: bool
) -> None:
    """Rows that moved meanwhile are looked at again, as where no total is told."""

    async def things(request: Request) -> Answer:
        at = request.number("offset", 0) or (request.number("page", 1) - 1) * 10
        is_early = at in {0, 30}
        await asyncio.sleep(0 if is_early else 0.2)
        total = 40 + (is_early is falls)
        return told({"items": rows(max(at, 0), min(at + 10, 40)), "total": total})

    async with FaultApi() as server:
        server.serve("/things", things)
        found = await read(server, paging(style, 10))

    is_all(found, list(range(40)))
    assert Doubt.MOVED in found.doubts


async def test_an_offset_from_one_where_the_api_counts_from_zero() -> None:
    """The first row is on no page but that of offset 0."""
    found = await outcome(Api("offset"), paging("offset", 20, start_offset=1))

    assert "offset 0 has rows that offset 1 does not have" in found.message
    assert "set start_offset to 0" in found.message


async def test_an_offset_from_one_where_the_api_counts_from_one() -> None:
    """SCIM takes 0 for 1."""

    def scim(request: Request) -> Answer:
        start = max(request.number("startIndex", 1), 1)
        return told({"items": rows(start, min(start + request.number("count", 20), ROWS + 1))})

    names = {"pagination_param": "startIndex", "size_param": "count", "start_offset": 1}
    is_all(await outcome(scim, paging("offset", 20, **names)), range(1, ROWS + 1))


@pytest.mark.parametrize(("count", "hidden"), [(11, 0), (12, 3), (18, 0), (25, 3)])
async def test_a_page_where_the_api_counts_rows_from_one(count: int, hidden: int) -> None:
    """A total above what came is no sign of hidden rows, where the next page has others."""

    def scim(request: Request) -> Answer:
        start = max(request.number("startIndex", 1), 1)
        window = range(start, min(start + min(request.number("count", 10), 10), count + 1))
        given = [{"id": number} for number in window if number != hidden]
        return told({"items": given, "totalResults": count})

    found = await outcome(scim, paging("page", pagination_param="startIndex", size_param="count"))

    assert "set paginationType to offset" in found.message


@pytest.mark.parametrize("count", [3, 20, 70])
async def test_a_row_that_is_new_on_page_0(count: int) -> None:
    """Where page 0 is page 1 and a row was added meanwhile, page 1 has it too by then."""
    added: list[Json] = []

    def api(request: Request) -> Answer:
        page = request.number("page", 1)
        if page < 1:
            added[:] = [{"id": "new"}]
        start = max(page - 1, 0) * 20
        return told({"items": [*added, *rows(0, count)][start : start + 20]})

    found = await outcome(api, paging("page", 20))

    assert found.message == ""
    assert {*range(count)} <= {*found.ids}


@pytest.mark.parametrize("count", [3, 20, 70])
async def test_a_page_0_that_is_the_whole_list(count: int) -> None:
    """All of it follows where page 1 begins."""
    api = Api("page", count)

    def everything(_: Request) -> Answer:
        return told({"items": rows(0, count)})

    whole = once(everything, api, lambda request: request.param("page") == "0", ALWAYS)

    is_all(await outcome(whole, paging("page", 20)), range(count))


@pytest.mark.parametrize("style", ["cursor", "header_link"])
@pytest.mark.parametrize("more", [{}, {"has_more": True}, {"next_page": 3}], ids=str)
async def test_a_marker_that_is_missing_once(style: str, more: dict[str, Json]) -> None:
    """13: on a full page, asked for once more; then every row is there, once."""
    api = Api(style, cap=20)

    def unmarked(request: Request) -> Answer:
        start = int((request.param("cursor") or request.param("at") or "c0")[1:])
        return told({"items": rows(start, start + 20), **more})

    is_all(await outcome(once(unmarked, api, later), paging(style, 20)))
    if more:
        lasting = await outcome(once(unmarked, api, later, ALWAYS), paging(style, 20))
        assert "says that there is more" in lasting.message
        assert lasting.ids == list(range(40))


@pytest.mark.parametrize("style", ["cursor", "next_link"])
@pytest.mark.parametrize("nothing", [None, "", False], ids=repr)
@pytest.mark.parametrize("around", [{}, {"total": ROWS}], ids=str)
async def test_a_marker_that_is_empty_once(
    style: str, nothing: Json, around: dict[str, Json]
) -> None:
    """On a page of the length that the server gives: as where it is missing."""
    api = Api(style, cap=25, around=steady(around))
    key = "next_cursor" if style == "cursor" else "next"
    emptied = once(lambda r: told({**json.loads(api(r).body), key: nothing}), api, lambda _: True)

    assert (await outcome(emptied, paging(style))).error is not None
    is_all(await outcome(Api(style, 25, cap=25, end="null"), paging(style)), range(25))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("nothing", [{}, [], None], ids=str)
@pytest.mark.parametrize("times", [1, ALWAYS])
async def test_a_configured_path_to_what_is_empty(style: str, nothing: Json, times: int) -> None:
    """12: an empty object or list is neither yes nor no, as null is."""
    api = Api(style, cap=20, around=lambda _n, more: {"state": {"more": more}})

    def typed(request: Request) -> Answer:
        body = {**json.loads(api(request).body), "state": {"more": nothing}}
        return told(body, 200, dict(api(request).headers))

    found = await outcome(
        once(typed, api, lambda _: True, times), paging(style, 20, has_more_path="state.more")
    )

    is_all(found)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "last", [4, "4", "/things?at=c60", {"href": "/things"}, 2.5, "r-17"], ids=repr
)
async def test_a_last_page_path_to_no_yes_or_no(style: str, last: Json) -> None:
    """The number of the last page, or a link to it, is no true: every list would end at once."""
    api = Api(style, cap=20, around=steady({"meta": {"end": last}}))

    found = await outcome(api, paging(style, 20, last_page_path="meta.end"))

    assert "lastPagePath found" in found.message
    assert "true on the last page" in found.message


@pytest.mark.parametrize("style", ["none", *STYLES])
async def test_words_beside_a_total_of_rows(style: str) -> None:
    """Where the list would be they are no item: one that stands alone is."""
    words = {"items": "temporarily not available", "meta": {"totalResults": 9}}

    found = await outcome(always(told(words)), paging(style, 20))
    assert "looks like a page of a list" in found.message
    found = await outcome(always(told({**words, "meta": {}})), paging(style, 20), key="value")
    is_all(found, ["temporarily not available"])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("body", ["", "down", 5, ["down"], {"items": {"why": "down"}}], ids=repr)
@pytest.mark.parametrize("data_path", [".items", "[.items[] | select(.id >= 0)]"])
async def test_a_page_that_is_no_list(style: str, body: Json, data_path: str) -> None:
    """The path led to lists before: it is the answer that is wrong, and its words are quoted."""
    faulty = once(always(told(body)), Api(style, cap=20), later, ALWAYS)

    found = await outcome(faulty, paging(style, 20), data_path=data_path)

    assert "other answers had a list there" in found.message
    assert json.dumps(body) in found.message


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("data_path", [".items | map(select(.id >= 0))", "[.items[]]"])
@pytest.mark.parametrize("count", [0, 20, 25])
async def test_null_where_a_program_goes_through_rows(
    style: str, data_path: str, count: int
) -> None:
    """16: an empty list may be null, and jq has no more to say of that than of none."""
    api = Api(style, count, list_of=lambda given: {"items": given or None, "v": 1})

    is_all(await outcome(api, paging(style, 20), data_path=data_path), list(range(count)))


async def test_a_program_that_fails_on_a_row_of_a_later_page() -> None:
    """The list is there: it is the program that is wrong."""
    api = Api("offset", 40, list_of=lambda given: {"items": given})
    odd = once(always(told({"items": [7]})), api, later, ALWAYS)

    found = await outcome(odd, paging("offset", 20), data_path=".items | map({id: .id})")

    assert "correct the expression" in found.message


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("body", [NO_PAGES[0], NO_PAGES[-1]], ids=str)
async def test_an_error_under_200_that_passes(style: str, body: Json) -> None:
    """It is asked for once more, where the resource gave pages before."""
    api = replace(Api(style, cap=50), around=steady({"status": "ok"}))

    is_all(await outcome(once(always(told(body)), api, later), paging(style)))


async def test_a_number_that_moves_is_no_constant() -> None:
    """Two lists have the same by chance, an empty one another: asked again, it is another again."""
    took = iter(range(7, 100))

    def api(request: Request) -> Answer:
        if request.values[0] == "2":
            return told({"items": [], "flarp": next(took)})
        return told({"items": rows(0, 3), "flarp": 3})

    found = await children(api, PaginationSettings())

    assert found.message == ""
    assert len(found.ids) == 6


@pytest.mark.parametrize("accepts", [False, True])
async def test_a_word_beside_an_empty_list(accepts: bool) -> None:  # noqa: FBT001 (a parameter)
    """A boolean that flips is an error that quotes the API, unless the operator vouches."""

    def api(request: Request) -> Answer:
        is_empty = request.values[0] == "2"
        return told({"items": [] if is_empty else rows(0, 3), "flarp": is_empty})

    found = await children(api, PaginationSettings(accept_doubt=accepts))

    assert ("flarp" in found.message) is not accepts
    assert len(found.ids) == 6


@pytest.mark.parametrize("word", [{"valid": False}, {"rc": 0, "items": []}, {"why": ""}], ids=str)
async def test_a_new_key_that_says_no(word: dict[str, Json]) -> None:
    """A key that no page with rows has contradicts, also with false, 0 or no text."""
    pages = {"0": {"items": rows(0, 3)}, "1": word, "2": {"items": rows(3, 6)}}

    found = await children(lambda r: told(pages[str(r.values[0])]), PaginationSettings())

    assert "no empty page" in found.message
    assert next(iter(word)) in found.message


@pytest.mark.parametrize("nothing", [{}, {"items": None}, {"v": 1}, {"new": None}], ids=str)
async def test_a_page_that_holds_nothing_new(nothing: dict[str, Json]) -> None:
    """No list, null, constants alone, a new key with nothing in it: an empty page."""
    pages = {"0": rows(0, 3), "2": rows(3, 6)}

    def api(request: Request) -> Answer:
        given = pages.get(str(request.values[0]))
        return told({"v": 1, "items": given} if given else nothing)

    found = await children(api, PaginationSettings())

    assert found.message == ""
    assert len(found.ids) == 6


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("count", "cap"), [(70, 33), (3, 2), (2, 1)])
async def test_a_page_that_is_empty_once_behind_a_limit(style: str, count: int, cap: int) -> None:
    """The server gives 33 of 100, and then nothing, once: asked for again, every row is there."""
    empty = always(told({"items": []}))

    found = await outcome(once(empty, Api(style, count, cap=cap), later), paging(style))
    is_all(found, range(count))


@pytest.mark.parametrize("style", COUNTED)
async def test_lists_in_lists_that_are_empty_once_behind_a_limit(style: str) -> None:
    """The first page is asked about by the one after it, which is asked for again."""
    api = Api(style, 3, cap=2, list_of=lambda given: {"boards": [{"items": given}]})
    empty = always(told({"boards": [{"items": []}]}))

    found = await outcome(once(empty, api, later), paging(style, 3), data_path=".boards[].items")
    is_all(found, range(3))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("beside", [{"je": 20, "alle": 60}, {"size": 20, "records": "60"}], ids=str)
async def test_a_total_below_the_size_asked_for(style: str, beside: dict[str, Json]) -> None:
    """Where neither size nor position is heeded, an object that counts the rows is believed."""
    api = Api("plain", 60, cap=20, heeds_size=False, around=steady({"blatt": beside}))

    found = await outcome(api, paging(style))

    assert found.error is not None, found.ids


@pytest.mark.parametrize(
    "beside",
    [
        {"info": {"more_records": True}},  # https://www.zoho.com/crm/developer/docs/api/v8/
        {"list_info": {"hasMoreRows": True}},
        {"moreItems": True},
        {"envelope": {"nextCursor": "x"}},
        {"metadata": {"continue": "x"}},  # Kubernetes
    ],
    ids=str,
)
async def test_more_under_any_name(beside: dict[str, Json]) -> None:
    """What asks for more and is true says so, whatever it asks for; false it says nothing."""
    api = Api("plain", cap=20, around=steady(beside))
    quiet: dict[str, Json] = {"info": {"more_records": False}, "show_more": True, "more": "x"}

    found = await outcome(api, paging("none"))
    well = await outcome(replace(api, around=steady(quiet)), paging("none"))

    assert "more pages" in found.message
    is_all(well, list(range(20)))


async def test_a_row_that_has_more_of_something() -> None:
    """Where the values of an object are the rows, their words are their own."""
    body: Json = {"a": {"name": "a", "has_more_than_one": True}, "b": {"name": "b"}}

    is_all(
        await outcome(always(told(body)), paging("none"), data_path=".[]", key="name"), ["a", "b"]
    )


@pytest.mark.parametrize("name", ["X-Next", "X-List-Next", "pagination-next"])
@pytest.mark.parametrize("style", ["none", "cursor", "next_link"])
async def test_a_header_that_ends_in_next(name: str, style: str) -> None:
    """It says that there is more, and the message names it: no key of the answer shows it."""
    found = await outcome(Api("plain", cap=20, headers=while_more(name)), paging(style))

    assert "more" in found.message
    assert f"(by the header {name.lower()})" in found.message


@pytest.mark.parametrize("style", STYLES)
async def test_a_limit_beside_the_list_is_no_total(style: str) -> None:
    """A quota of which as many are used as there are rows."""
    api = Api(style, 3, around=steady({"quota": {"used": 3, "limit": 1000}}))

    is_all(await outcome(api, paging(style)), [0, 1, 2])


@pytest.mark.parametrize("style", COUNTED)
async def test_a_list_within_the_values_of_an_object(style: str) -> None:
    """`.teams[].items` over an object: its values are counted as those of a list are."""
    api = Api(
        style, 55, list_of=lambda given: {"teams": {"a": {"items": given}, "b": {"items": []}}}
    )

    found = await outcome(api, paging(style, 20), data_path=".teams[].items")

    is_all(found, list(range(55)))


async def children(
    api: Handler, pagination: PaginationSettings, data_path: str = ".items"
) -> Found:
    """What comes of three children."""
    async with FaultApi() as server:
        server.serve("/parents", lambda _: told([{"id": 0}, {"id": 1}, {"id": 2}]))
        server.serve("/parents/{}/things", api)
        return await read(
            server, pagination, data_path, kind="/parents/{parent}/things",
            parent=Endpoint("/parents", pagination=PaginationSettings(type_is_own=True)),
        )  # fmt: skip


@pytest.mark.parametrize(
    "body", [{"message": "under maintenance"}, "maintenance", {"login": "https://x"}], ids=str
)
async def test_an_object_where_other_children_have_a_list(body: Json) -> None:
    """9: a bare list that is, this time, something else is no item."""
    async with FaultApi() as server:
        server.serve("/parents", lambda _: told([{"id": 1}, {"id": 2}]))
        server.serve(
            "/parents/{}/things", lambda r: told(body if r.values[0] == "1" else [{"id": 5}])
        )
        found = await read(
            server, paging("none"), None, kind="/parents/{parent}/things",
            parent=Endpoint("/parents"),
        )  # fmt: skip

    assert found.error is not None


# --- 5: nested lists -----------------------------------------------------------------------------


def boards(given: Json) -> Json:
    """monday.com's way: the rows of one board, within a list of boards."""
    return {"data": {"boards": [{"items_page": {"items": given}}]}}


NESTED = ".data.boards[].items_page.items"


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 40, 55])
async def test_a_list_within_lists_by_position(style: str, count: int) -> None:
    """A healthy list is read to its end, whatever level the position counts."""
    found = await outcome(Api(style, count, list_of=boards), paging(style, 20), data_path=NESTED)

    is_all(found, list(range(count)))


ONE_BOARD = [
    ".data.boards[0].items_page.items",
    ".data.boards | last | .items_page.items[]",
    ".data.boards[0:1][].items_page.items | map(select(.id >= 0))",
    ".data.boards[0] as $board | $board.items_page.items",
    'getpath(["data", "boards", 0, "items_page", "items"])',
]


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("data_path", ONE_BOARD)
@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 55])
async def test_a_list_within_one_row_of_a_list(style: str, data_path: str, count: int) -> None:
    """By an index, a slice or a program that nobody foresaw: its rows are the page."""
    found = await outcome(Api(style, count, list_of=boards), paging(style, 20), data_path=data_path)

    is_all(found, list(range(count)))
    assert found.requests <= count // 20 + 1 + MORE


@pytest.mark.parametrize("data_path", ONE_BOARD)
@pytest.mark.parametrize("cap", [20, 7])
async def test_an_unknown_cursor_beside_a_list_within_one_row(data_path: str, cap: int) -> None:
    """As many rows as were asked for, or a limit of the server: an error, and not 20 of 55."""
    api = Api("cursor", 55, cap=cap, list_of=boards, marker="tail")

    is_all_or_error(await outcome(api, paging("cursor", 20), data_path=data_path), list(range(55)))


@pytest.mark.parametrize("body", [boards([]), boards(None)], ids=str)
@pytest.mark.parametrize("style", ["offset", "cursor"])
async def test_words_around_lists_within_lists_that_are_empty(style: str, body: Json) -> None:
    """Beside words that no page with rows has, they are no empty page: of the list, or a child."""
    assert isinstance(body, dict)
    strange = always(told({**body, "flarp": "sign in"}))
    api = Api(style, 30, list_of=boards)

    later_page = await outcome(
        once(strange, api, later, ALWAYS), paging(style, 20), data_path=NESTED
    )
    child = await children(
        lambda r: strange(r) if r.values[0] == "1" else api(r), paging(style, 50), NESTED
    )

    assert later_page.error is not None, later_page.ids
    assert child.error is not None, child.ids


def halves(given: Json) -> Json:
    """The rows in two lists."""
    assert isinstance(given, list)
    middle = len(given) // 2
    return {"halves": [{"items": given[:middle]}, {"items": given[middle:]}]}


@pytest.mark.parametrize("count", [4, 9, 30])
async def test_rows_in_several_lists_that_come_again(count: int) -> None:
    """The position counts the rows of both lists: those of the page before are left out, alone."""
    api = Api("offset", count, list_of=halves)

    is_all(await outcome(api, paging("offset", 6), data_path=".halves[].items"), range(count))


@pytest.mark.parametrize("style", LED)
@pytest.mark.parametrize("asked", [7, 8])
async def test_a_page_of_several_lists_that_is_empty_for_good(style: str, asked: int) -> None:
    """All of their rows are what is paged: with one less, others are seen to follow."""
    api = Api(style, 11, cap=7, list_of=halves)
    broken = beside(told(halves([])), {"note": "broken"})

    found = await outcome(
        once(always(broken), api, lambda r: "7" in f"{r.param('at')}{r.param('cursor')}", ALWAYS),
        paging(style, asked),
        data_path=".halves[].items",
    )

    assert found.error is not None, found.ids


@pytest.mark.parametrize("cap", [4, 5])
async def test_a_page_of_several_lists_that_lacks_its_marker(cap: int) -> None:
    """For good, on a page as long as the one before: each list of it is seen to go on."""

    def api(request: Request) -> Answer:
        asked, at = request.number("limit", cap), position_in(request.param("cursor") or "0")
        lists = [rows(first + at, first + at + min(asked, cap)) for first in (0, 100)]
        body: dict[str, Json] = {"halves": [{"items": one} for one in lists]}
        is_broken = (asked, at) == (6, 2 * cap)
        return told(body | ({} if is_broken else {"next_cursor": f"c{at + min(asked, cap)}"}))

    found = await outcome(api, paging("cursor", 6), data_path=".halves[].items")

    assert found.error is not None, found.ids


@pytest.mark.parametrize("times", [1, ALWAYS])
@pytest.mark.parametrize("style", STYLES)
async def test_an_object_where_a_list_within_lists_was(style: str, times: int) -> None:
    """It is no page, and no item either."""
    api = Api(style, 8, cap=2, list_of=boards)
    odd = always(told(boards({"under": "maintenance"})))

    found = await outcome(once(odd, api, later, times), paging(style, 8), data_path=NESTED)

    assert None not in found.ids
    is_all_or_error(found, list(range(8)))


async def test_a_list_within_lists_whose_cursor_is_unknown() -> None:
    """20 of 55, a page as long as asked for: an error."""
    api = Api("cursor", 55, list_of=boards, marker="tail")

    is_all_or_error(await outcome(api, paging("cursor", 20), data_path=NESTED), list(range(55)))


# --- 14 to 20: what must not fail --------------------------------------------------------------


def full_and_capped() -> Iterator[Any]:
    """14, 15, 17, 18: lists as long as pages, servers' limits, lists that do not page."""
    for style in STYLES:
        for count in (0, 1, 2, 49, 50, 51, 100, 120):
            yield pytest.param(Api(style, count), paging(style, 50), 0, id=f"14-{style}-{count}")
        for count in (1, 2, 3, 7, 99, 100, 101, 150):
            everything = Api("plain", count, heeds_size=False)
            if style not in LED or count != 100:  # then a cursor may stand anywhere
                yield pytest.param(everything, paging(style), 0, id=f"17-{style}-{count}")
    for style in COUNTED:
        for cap in (1, 2, 3, 7, 25, 30, 33):
            yield pytest.param(Api(style, cap=cap), paging(style), 0, id=f"15-{style}-{cap}")
            total = Api(style, cap=cap, around=lambda _n, _m: {"total": ROWS})
            yield pytest.param(total, paging(style), 0, id=f"15-{style}-{cap}-total")
            fixed = Api(style, cap=cap, heeds_size=False)
            yield pytest.param(fixed, paging(style), 0, id=f"15-{style}-{cap}-size ignored")
        for refused in (400, 416, 422):
            whole = Api(style, 100, refuses=refused, around=lambda _rows, _more: {"total": 100})
            yield pytest.param(whole, paging(style, 50), 0, id=f"18-total-{refused}-{style}")
        for status in (404, 410):
            refusing = Api(style, 100, refuses=status)
            yield pytest.param(refusing, paging(style, 50), 0, id=f"18-{status}-{style}")


ENVELOPES: dict[str, dict[str, Json]] = {
    "error 200 OK": {"error": {"code": 200, "message": "OK"}},
    "error OK": {"error": "OK"},
    "error code ok": {"error": {"code": "ok", "message": ""}},
    "error 00000": {"error": {"code": "00000"}},
    "code 0": {"code": 0, "message": "success"},
    "errors 2": {"errors": 2},
    "page": {"page": {"id": 7, "name": "status", "next": "/other", "total": 900}},
    "status": {"status": {"indicator": "none", "description": "All Systems"}},
    "took": {"meta": {"version": 20, "took": 153}},
    "time": {"time": "2026-01-01T00:00:00Z", "request_id": "abc123"},
}


def enveloped() -> Iterator[Any]:
    """19: words around the list that speak of something else."""
    for name, around in ENVELOPES.items():
        for style in ("none", *STYLES):
            for count in (0, 3, 60):
                api = Api(style, count, around=steady(around))
                size = 20 if style != "none" else 100
                yield pytest.param(api, paging(style, size), 0, id=f"19-{name}-{style}-{count}")


HIDDEN = {
    "the last page": frozenset(range(60, 70)),
    "two thirds": frozenset(n for n in range(ROWS) if n % 3),
    "a stretch": frozenset(range(25, 50)),
    "the first pages": frozenset(range(30)),
    "the last pages": frozenset(range(50, 70)),
    "one": frozenset({5}),
}


def hiding() -> Iterator[Any]:
    """20: rows are hidden, and the position counts them; a total tells that there are more."""
    for name, hidden in HIDDEN.items():
        for style in STYLES:
            api = Api(style, hidden=hidden, around=lambda _n, _m: {"total": ROWS})
            if (name, style in LED) in {("the last pages", False), ("the last page", True)}:
                continue  # nothing tells it from a list that is cut off
            yield pytest.param(api, paging(style, 10), 16, id=f"20-{name}-{style}-total")
            if style in LED or name == "one":
                api = replace(api, around=lambda _n, _m: {})
                yield pytest.param(api, paging(style, 10), 16, id=f"20-{name}-{style}")


def healthy() -> Iterator[Any]:
    """APIs that are well: all rows, in a handful of requests more."""
    yield from full_and_capped()
    yield from enveloped()
    yield from hiding()


@pytest.mark.parametrize(("api", "pagination", "more"), some(healthy()))
async def test_a_healthy_list_is_read_to_its_end(
    api: Api, pagination: PaginationSettings, more: int
) -> None:
    """Every visible row once, no error, and a handful of requests more than the pages take."""
    found = await outcome(api, pagination)

    is_all(found, api.visible)
    length = min(api.cap, pagination.page_size)
    assert found.requests <= api.count // length + 1 + MORE + more, found.requests


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "empty",
    [
        pytest.param({"metadata": {}, "items": None}, id="null"),
        pytest.param({}, id="empty object"),
        pytest.param({"kind": "list"}, id="left out"),
    ],
)
async def test_a_list_that_is_null_or_left_out_everywhere(style: str, empty: Json) -> None:
    """16: of the resource, of a parent, of every child: nothing is there, and nothing fails."""
    async with FaultApi() as server:
        server.serve("/parents", lambda _: told({"items": [{"id": 1}, {"id": 2}]}))
        server.serve("/parents/{}/things", lambda _: told(empty))
        server.serve("/things", lambda _: told(empty))
        alone = await read(server, paging(style))
        child = await read(
            server, paging(style), kind="/parents/{parent}/things",
            parent=Endpoint("/parents", data_path=".items"),
        )  # fmt: skip

    assert alone.message == child.message == ""
    assert alone.doubts


NUTANIX: dict[str, Json] = {"flags": [{"name": "hasError", "value": False}], "links": []}


@pytest.mark.parametrize("style", ["none", *COUNTED])
@pytest.mark.parametrize("count", [0, 5, 20])
async def test_a_list_left_out_beside_a_total_of_none(style: str, count: int) -> None:
    """Nutanix leaves `data` out where there is none, and has other lists beside it."""

    def api(request: Request) -> Answer:
        start = request.number("offset", 0) + 20 * (request.number("page", 1) - 1)
        given = rows(start, count) if start >= 0 else []
        told_beside = NUTANIX | {"totalAvailableResults": count}
        return told({"metadata": told_beside} | ({"items": given} if given else {}))

    is_all(await outcome(api, paging(style, 20)), list(range(count)))


async def test_another_list_beside_a_total_is_a_mistaken_path() -> None:
    """Rows are there."""
    body: Json = {"data": rows(0, 5), "metadata": NUTANIX | {"totalAvailableResults": 5}}

    found = await outcome(always(told(body)), paging("none"))

    assert "data_path '.items' found nothing" in found.message


@pytest.mark.parametrize("word", ["truncated", "incomplete"])
async def test_a_word_for_incomplete_right_beside_the_list(word: str) -> None:
    """True it says that rows are missing; false it does not."""
    for is_lost in (True, False):
        api = Api("plain", 20, around=steady({word: is_lost}))

        assert ((await outcome(api, paging("none"))).error is not None) is is_lost


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [3, 10, 14])
async def test_an_unpaged_list_without_ids_whose_values_move(style: str, count: int) -> None:
    """17: the same rows again are known by what stays."""
    moment = iter(range(10**6))

    def api(_: Request) -> Answer:
        now = next(moment)
        return told({"items": [{"name": f"n{at}", "uptime": now + at} for at in range(count)]})

    found = await outcome(api, paging(style, 10), key="name")

    assert found.message == ""
    assert sorted(found.ids, key=str) == sorted(f"n{at}" for at in range(count))
    assert found.requests <= MORE


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [3, 10, 14, 130])
@pytest.mark.parametrize("turns", [False, True], ids=["in order", "in another order"])
async def test_an_unpaged_list_without_ids_whose_names_lie_deeper(
    style: str, count: int, *, turns: bool
) -> None:
    """17: Kubernetes has them in `metadata`; and another order is the same rows, too."""
    moment = iter(range(10**6))

    def api(_: Request) -> Answer:
        now = next(moment)
        order = [(at + now * turns) % count for at in range(count)]
        return told({"items": [{"metadata": {"name": f"n{n}", "v": now + n}} for n in order]})

    found = await outcome(api, paging(style, 10), key="metadata")

    assert found.message == ""
    assert sorted(cast("dict[str, str]", one)["name"] for one in found.ids) == sorted(
        f"n{at}" for at in range(count)
    )
    assert found.requests <= MORE


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("named", [False, True], ids=["numbers alone", "a name"])
async def test_an_unpaged_list_of_which_every_row_moves(
    style: str, count: int, *, named: bool
) -> None:
    """17: what is other rows each time, for the same request too, does not page."""
    moment = iter(range(100, 10**6, 7))

    def api(_: Request) -> Answer:
        now = next(moment)
        name = {"name": "the only one"} if named else {}
        return told({"items": [{**name, "uptime": now / 8 + at} for at in range(count)]})

    found = await outcome(api, paging(style, 10), key="uptime")

    assert found.message == ""
    assert len(found.ids) == count
    assert found.requests < MORE


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("cap", [1, 4])
async def test_rows_without_ids_behind_a_cap(style: str, cap: int) -> None:
    """15, 17: other rows for another position, and the same ones for the same, are a list."""

    def api(request: Request) -> Answer:
        page = max(int(request.param("page") or 1), 1)
        at = int(request.param("offset") or (page - 1) * cap)
        return told({"items": [{"uptime": n * 3} for n in range(at, min(at + cap, 9))]})

    found = await outcome(api, paging(style, 10), key="uptime")

    assert found.message == ""
    assert found.ids == [n * 3 for n in range(9)]


async def test_one_cursor_for_the_whole_walk() -> None:
    """18: a scroll keeps its cursor while its rows change, and ends with an empty page."""
    pages = iter([rows(0, 30), rows(30, 60), rows(60, 70), [], []])

    found = await outcome(
        lambda _: told({"items": next(pages), "next_cursor": "scroll"}), paging("cursor", 30)
    )

    is_all(found)


@pytest.mark.parametrize("style", ["cursor", "next_link"])
@pytest.mark.parametrize("count", [0, 7, 20, 40])
async def test_a_marker_that_is_an_object_of_nothing(style: str, count: int) -> None:
    """14: `"next": {"url": null}` leads nowhere: it is the end, as null is."""
    api = Api(style, count, end="hollow")

    is_all(await outcome(api, paging(style, 20)), list(range(count)))


@pytest.mark.parametrize("count", [7, 20, 40])
async def test_a_cursor_in_an_object_that_stays(count: int) -> None:
    """14: `"next": {"after": null}`, where HubSpot leaves `paging` out."""

    def api(request: Request) -> Answer:
        start = request.number("cursor", 0)
        after = start + 20 if start + 20 < count else None
        given = rows(start, min(start + 20, count))
        return told({"items": given, "paging": {"next": {"after": after, "link": None}}})

    is_all(await outcome(api, paging("cursor", 20)), list(range(count)))


async def test_an_empty_page_whose_link_is_itself() -> None:
    """18: the end."""
    api = Api("next_link", cap=35)

    def handler(request: Request) -> Answer:
        body = json.loads(api(request).body)
        body["next"] = body.get("next") or f"{request.path}?at=c70&limit=35"
        return told(body)

    is_all(await outcome(handler, paging("next_link", 35)))


def growing(style: str) -> Handler:
    """Children with three to seven rows each."""
    return lambda request: Api(style, 3 + int(request.values[0]) % 5)(request)


async def test_experiments_do_not_grow_with_the_children() -> None:
    """However many children there are: a handful of requests more than their lists need."""
    for style in STYLES:
        async with FaultApi() as server:
            server.serve("/parents", lambda _: told([{"id": n} for n in range(60)]))
            server.serve("/parents/{}/things", growing(style))
            found = await read(
                server, paging(style, 50), kind="/parents/{parent}/things",
                parent=Endpoint("/parents", pagination=PaginationSettings(type_is_own=True)),
            )  # fmt: skip

        assert found.message == ""
        assert len(found.ids) == sum(3 + n % 5 for n in range(60))
        assert found.requests <= 61 + 16, (style, found.requests)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("last", [50, 60, 120])
async def test_a_child_longer_than_those_before(style: str, last: int) -> None:
    """A server's limit is found although the first children had just as many rows, or fewer."""
    sizes = {"0": 2, "1": 50, "2": 50, "3": last, "4": 0, "5": 100}
    async with FaultApi() as server:
        server.serve("/parents", lambda _: told([{"id": n} for n in sizes]))
        server.serve("/parents/{}/things", lambda r: Api(style, sizes[str(r.values[0])], cap=50)(r))
        found = await read(
            server, paging(style), kind="/parents/{parent}/things",
            parent=Endpoint("/parents", pagination=PaginationSettings(type_is_own=True)),
        )  # fmt: skip

    assert found.message == ""
    assert len(found.ids) == sum(sizes.values())


@pytest.mark.parametrize(
    ("beyond", "is_page"),
    [
        pytest.param({"items": []}, True, id="an empty list"),
        pytest.param({"items": None}, True, id="null"),
        pytest.param({"error": None, "tags": []}, True, id="known keys, and no list"),
        pytest.param({}, True, id="nothing"),
        pytest.param({"rows": []}, False, id="a list under another name"),
        pytest.param(None, True, id="null where an object was"),
    ],
)
@pytest.mark.parametrize("style", ["offset", "page"])
async def test_an_empty_list_under_another_name_is_no_empty_page(
    style: str, beyond: Json, *, is_page: bool
) -> None:
    """After full pages: what stands where the list was may be nothing, but not something else."""

    def around(_rows: int, _more: bool) -> dict[str, Json]:  # noqa: FBT001 (as others are)
        return {"error": None, "tags": []}

    api = Api(style, 100, around=around)
    async with FaultApi() as server:
        server.serve("/things", once(always(told(beyond)), api, at_end, ALWAYS))
        found = await read(server, paging(style, 50))

    # By offset a request around the end shows it, whatever is answered there.
    is_shown = style == "offset" and beyond == {"rows": []}
    assert bool(found.error) is not (is_page or is_shown)
    assert found.ids == list(range(100))


def at_end(request: Request) -> bool:
    """Whether a request is for what comes after 100 rows in pages of 50."""
    return request.param("offset") == "100" or request.param("page") == "3"


async def test_null_is_an_empty_list_where_the_body_is_the_list() -> None:
    """Go writes an empty list so."""
    api = Api("offset", 100, list_of=lambda given: given)
    async with FaultApi() as server:
        server.serve("/things", once(always(told(None)), api, at_end, ALWAYS))
        found = await read(server, paging("offset", 50), None)

    assert (found.ids, found.message) == (list(range(100)), "")


@pytest.mark.parametrize("style", ["page", "offset"])
@pytest.mark.parametrize("count", [5, 10])
async def test_a_position_beside_the_only_page_is_no_constant(style: str, count: int) -> None:
    """Where it stands depends on what is asked for: two answers to one position prove nothing."""

    def things(request: Request) -> Answer:
        size = request.number("size", 10)
        start = request.number("offset", 0) or (request.number("page", 1) - 1) * size
        found = rows(start, min(count, start + size)) if start >= 0 else []
        return told({"items": found, "zzz": {"a": len(found), "b": count, "c": start}})

    async with FaultApi() as server:
        server.serve("/things", things)
        found = await read(server, paging(style, count, size_param="size"))

    assert found.message == ""
    assert len(found.ids) == count
    assert found.requests <= 2 + MORE


def positions(start: int, given: int, _size: int) -> dict[str, Json]:
    """Of the first row and of the last, which is the one before where there is none."""
    return {"startRow": start + 1, "endRow": start + given, "lastRow": str(start + given - 1)}


def cost(_start: int, given: int, _size: int) -> dict[str, Json]:
    """What an answer cost, by its rows."""
    return {"asked": 12, "actual": 2 + given}


def window(start: int, given: int, size: int) -> dict[str, Json]:
    """What was asked for, and what of it is there."""
    return {"from": start, "to": start + size, "last": {"index": start + given}}


@pytest.mark.parametrize("beside", [positions, cost, window])
@pytest.mark.parametrize("count", [1, 2, 6, 12])
@pytest.mark.parametrize("style", [*COUNTED, "cursor"])
async def test_what_follows_position_and_rows_is_no_constant(
    style: str, count: int, beside: Callable[[int, int, int], dict[str, Json]]
) -> None:
    """Of a list of one row, or of one full page, no two pages with rows differ in their rows."""

    def things(request: Request) -> Answer:
        size = request.number("size", 6)
        start = request.number("cursor", request.number("offset", 0))
        start += (request.number("page", 1) - 1) * size
        found = rows(start, min(count, start + size)) if start >= 0 else []
        after = {"next_cursor": str(start + size)} if style == "cursor" and found else {}
        return told({"items": found, "about": beside(start, len(found), size), **after})

    found = await outcome(things, paging(style, 6, size_param="size"))

    assert (found.ids, found.message) == (list(range(count)), "")
    assert found.requests <= count // 6 + 1 + MORE


@pytest.mark.parametrize(("code", "fails"), [(40001, True), (5, False)])
async def test_a_number_that_a_page_as_long_as_another_has_alone(code: int, *, fails: bool) -> None:
    """A page is kept of each length: what only another one has is compared as any constant is."""
    pages: dict[str, dict[str, Json]] = {
        "0": {"items": rows(0, 5)},
        "1": {"items": rows(5, 10), "code": 5},
        "2": {"items": [], "code": code},
    }

    found = await children(lambda r: told(pages[str(r.values[0])]), PaginationSettings())

    assert ("no empty page" in found.message, bool(found.message)) == (fails, fails)


@pytest.mark.parametrize("codes", [(0, 3), (1, 40001), (200, 500), (0, 17)])
@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("style", COUNTED)
async def test_a_code_that_is_no_position_is_a_constant(
    style: str, count: int, codes: tuple[int, int]
) -> None:
    """A code that stands where others tell their position: no page, however few rows there are."""

    def things(request: Request) -> Answer:
        is_first = request.number("offset", 0) == 0 and request.number("page", 1) == 1
        given, code = (rows(0, count), codes[0]) if is_first else ([], codes[1])
        return told({"items": given, "code": code})

    found = await outcome(things, paging(style, 4, size_param="size"))

    assert found.error is not None


@pytest.mark.parametrize("count", [2, 5, 6, 7])
async def test_a_configured_word_that_is_false_on_an_empty_last_page_alone(count: int) -> None:
    """What the settings name speaks of pages, and is no constant, whatever it is called."""

    def things(request: Request) -> Answer:
        start = request.number("token", 0)
        found = rows(start, min(count, start + 3))
        state = {"token": str(start + len(found)), "zzz": bool(found)}
        return told(state | ({"items": found} if found else {}))

    paths: dict[str, Any] = {"cursor_path": "token", "has_more_path": ".zzz"}
    async with FaultApi() as server:
        server.serve("/things", things)
        found = await read(server, paging("cursor", 3, pagination_param="token", **paths))

    assert (found.ids, found.message) == (list(range(count)), "")


@pytest.mark.parametrize("count", [5, 9])
@pytest.mark.parametrize("style", COUNTED)
async def test_a_size_that_a_limit_made_smaller_is_no_constant(style: str, count: int) -> None:
    """It is what was given, of what was asked for: of one row too, without any row."""

    def things(request: Request) -> Answer:
        size = min(request.number("size", 5), 3)
        start = request.number("offset", 0) or (request.number("page", 1) - 1) * size
        found = rows(max(start, 2), min(count, start + size))
        return told({"items": found, "zzz": size, "total": count})

    found = await outcome(things, paging(style, 5, size_param="size"))

    is_all_or_error(found, list(range(2, count)))
    assert found.error is None, found.message


@pytest.mark.parametrize(
    ("words", "fails"),
    [
        ({"code": 500, "msg": "busy"}, True),
        ({"errcode": 40001, "errmsg": "invalid credential"}, True),
        ({"resultCode": "E17", "resultMsg": "denied"}, True),
        ({"code": "500", "note": "busy", "took": 3}, True),
        ({"code": 0, "msg": "nothing here"}, False),
        ({"code": 200, "msg": "nothing here"}, False),
        ({"code": 1000, "msg": "Success"}, False),
        ({"code": "00000", "msg": "nothing here"}, False),
        ({"code": "OK", "msg": "nothing here"}, False),
        ({"code": 7}, False),
        ({"code": 20000, "message": "请求成功"}, True),
    ],
    ids=str,
)
@pytest.mark.parametrize("style", ["none", *STYLES])
async def test_a_code_beside_the_only_list_that_is_null(
    style: str, words: dict[str, Json], *, fails: bool
) -> None:
    """It may be of a failure: then nothing is deleted for it, and there is no error before that."""
    found = await outcome(always(told({**words, "items": None})), paging(style))

    assert found.error is None, found.message
    assert (Doubt.ABSENT in found.doubts) is fails


async def test_a_code_that_is_another_one_beyond_the_end() -> None:
    """It is another one beyond the end, which a request for the last rows and more shows."""

    def things(request: Request) -> Answer:
        size, start = request.number("size", 10), request.number("page", 1) - 1
        found = rows(start * size, min(10, (start + 1) * size)) if start >= 0 else []
        return told({"items": found, "zzz": {"code": 0 if found else 17, "c": start * size}})

    async with FaultApi() as server:
        server.serve("/things", things)
        found = await read(server, PaginationSettings(type="page", page_size=10, size_param="size"))

    assert found.message == ""
    assert len(found.ids) == 10


@pytest.mark.parametrize("row", [{"id": 1}, {"v": 1}], ids=["ids", "no ids"])
@pytest.mark.parametrize("style", ["cursor", "next_link"])
async def test_ever_new_markers_to_the_same_rows_are_a_circle(
    style: str, row: dict[str, Json]
) -> None:
    """The third page in a row with the same rows ends the walk, and not the bound of all walks.

    Where ids show that the second has no new rows, it is asked for again.
    """
    (key,) = row

    def things(request: Request) -> Answer:
        at = request.number("cursor", 0) + 1
        given: list[Json] = [{key: number} for number in range(20)]
        return told({"items": given, "next_cursor": str(at), "next": f"/things?cursor={at}"})

    async with FaultApi() as server:
        server.serve("/things", things)
        found = await read(server, paging(style, 20))

    assert "came before in the same walk" in found.message
    assert found.requests == 3 + (key == "id")


@pytest.mark.parametrize("style", LED)
@pytest.mark.parametrize("times", [1, ALWAYS], ids=["once", "for good"])
@pytest.mark.parametrize("place", [1, 2])
async def test_the_page_before_in_the_place_of_the_next(style: str, times: int, place: int) -> None:
    """It may be stale: asked for again it is right, or a total shows that rows are missing."""
    api = Api(style, 41, around=steady({"total": 41}))

    def stale(request: Request) -> Answer:
        answer = api(request)
        body = {**json.loads(answer.body), "items": rows(10 * place - 10, 10 * place)}
        return told(body, 200, dict(answer.headers))

    def is_there(request: Request) -> bool:
        return api.window(request) == (10 * place, 10)

    found = await outcome(once(stale, api, is_there, times), paging(style, 10))

    if times == 1:
        is_all(found, [*range(41)])
    else:
        assert "the API tells a total of 41 rows, but ends aft" in found.message


def after_id(request: Request, count: int, is_known: Callable[[int], bool]) -> Answer:
    """Rows after an id, where the API knows it; a full page says that there is more."""
    after, limit = request.number("cursor", -1), request.number("limit", 10)
    given = rows(after + 1, min(after + 1 + limit, count)) if after < 0 or is_known(after) else []
    return told({"items": given, "has_more": len(given) == limit})


@pytest.mark.parametrize("length", [1, 10, 19, 20, 30])
async def test_a_full_last_page_that_says_more_is_followed_by_none(length: int) -> None:
    """The last id leads on from within that page: so it is a cursor, and the list is over."""
    found = await outcome(
        lambda request: after_id(request, length, lambda _: True), paging("cursor", 10)
    )

    is_all(found, [*range(length)])
    assert found.requests <= length // 10 + MORE


@pytest.mark.parametrize("length", [10, 25])
async def test_an_id_that_is_no_cursor_leads_nowhere(length: int) -> None:
    """It is taken for one where nothing else is given: no rows behind it are no end."""
    found = await outcome(
        lambda request: after_id(request, length, lambda _: False), paging("cursor", 10)
    )

    assert "cursorPath, unset, gave nothing, but the API says that there is more" in found.message


@pytest.mark.parametrize("values", [["on", "off"], [{"v": 1}, {"v": 1}]], ids=["texts", "objects"])
async def test_equal_rows_without_ids_are_no_circle(values: list[Json]) -> None:
    """Where nothing tells rows apart, several pages may well hold the same."""

    def things(request: Request) -> Answer:
        at = request.number("cursor", 0) + 1
        return told({"items": values, "next_cursor": str(at) if at < 6 else None})

    async with FaultApi() as server:
        server.serve("/things", things)
        found = await read(server, paging("cursor", 2), ".items | map({v: .})")

    assert found.message == ""
    assert len(found.ids) == 12


# --- answers without rows after a full page -------------------------------------------------------


def second(request: Request) -> bool:
    """Whether a request is for the second page of 20."""
    led = request.param("cursor") or request.param("at")
    at = request.param("offset") or (led or "")[1:]
    return at == "20" or (request.param("page"), request.param("size")) == ("2", "20")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("nothing", [{}, {"items": []}, {"items": None}], ids=str)
@pytest.mark.parametrize("around", [{}, {"code": 0}, {"total": ROWS}], ids=str)
@pytest.mark.parametrize("times", [1, ALWAYS])
async def test_one_page_of_several_that_holds_nothing(
    style: str, nothing: Json, around: dict[str, Json], times: int
) -> None:
    """Once, every row is there in the end; where it lasts, rows stand around it: an error."""
    api = once(always(told(nothing)), Api(style, around=steady(around)), second, times)

    found = await outcome(api, paging(style, 20))

    if times == 1:
        is_all(found)
    else:
        assert "rows that do" in found.message, found.ids


@pytest.mark.parametrize("style", LED)
@pytest.mark.parametrize("size", [20, 33])
async def test_pages_that_hold_nothing_but_the_first(style: str, size: int) -> None:
    """Full, it leads on; for one row less it does so too, but to nothing: that row is missing."""
    empty = always(told({"items": []}))

    found = await outcome(once(empty, Api(style), later, ALWAYS), paging(style, size))

    assert "rows that do" in found.message, found.ids


@pytest.mark.parametrize("style", LED)
async def test_a_page_that_holds_nothing_behind_a_limit(style: str) -> None:
    """A total speaks of rows that may be hidden; one row less leads to them: an error."""
    api = Api(style, cap=20, around=steady({"total": ROWS}))
    faulty = once(always(told({"items": [], "total": ROWS})), api, second, ALWAYS)

    found = await outcome(faulty, paging(style))

    assert "rows that do" in found.message, found.ids


@pytest.mark.parametrize("style", LED)
async def test_a_hidden_stretch_that_a_smaller_page_shows_as_empty(style: str) -> None:
    """A page of one row less leads to one without any, which leads on: nothing is missing."""
    api = Api(style, 5, cap=5, hidden=frozenset({2, 3}), end="late")

    is_all(await outcome(api, paging(style, 5)), api.visible)


@pytest.mark.parametrize("style", LED)
async def test_an_outer_list_of_nothing_as_long_as_asked(style: str) -> None:
    """One board without items, where one row is asked for: no smaller page is heeded."""
    api = Api(style, 0, list_of=lambda given: {"boards": [{"items": given}]})

    is_all(await outcome(api, paging(style, 1), data_path=".boards[].items"), [])


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("total", [{}, {"total": 23}], ids=str)
async def test_a_last_page_that_lasts_empty_beside_a_signal(
    style: str, total: dict[str, Json]
) -> None:
    """A request shows rows there: what says that this page is the last is no end."""
    api = Api(style, 23, around=lambda _given, more: {**total, "is_last": not more})
    empty = told({"items": [], **total, "is_last": True})
    faulty = once(always(empty), api, lambda request: api.window(request)[0] == 20, ALWAYS)

    assert "rows that do" in (await outcome(faulty, paging(style, 20))).message


@pytest.mark.parametrize("style", LED)
@pytest.mark.parametrize("heeds", [True, False])
@pytest.mark.parametrize("size", [5, 6, 7, 100])
async def test_a_link_to_an_empty_page_beside_a_hidden_row(
    style: str,
    size: int,
    heeds: bool,  # noqa: FBT001 (a parameter)
) -> None:
    """A total speaks of it: a warning with both numbers, and a second look before a deletion."""
    api = Api(
        style, 7, hidden=frozenset({3}), heeds_size=heeds, end="late", around=steady({"total": 7})
    )

    found = await outcome(api, paging(style, size))

    is_all(found, api.visible)
    assert Doubt.END in found.doubts


@pytest.mark.parametrize("style", ["none", *STYLES])
@pytest.mark.parametrize("count", [1, 3, 7, 20, 71])
@pytest.mark.parametrize("size", [3, 45])
async def test_a_count_of_something_else_beside_the_list(style: str, count: int, size: int) -> None:
    """Under a name nobody knows, and by no number of this list: neither an end nor more rows."""
    api = Api("plain" if style == "none" else style, size, around=steady({"sum": {"count": count}}))

    is_all(await outcome(api, paging(style, 20)), list(range(size)))


@pytest.mark.parametrize("data_path", [".[]", "[.[]]"])
async def test_rows_under_their_ids_are_nothing_beside_a_list(data_path: str) -> None:
    """A number of a row is no total, where another one is as many rows as there are."""
    rows = {str(at): {"goal": at, "total": 20 * at} for at in (2, 3)}

    found = await outcome(always(told(rows)), PaginationSettings(), data_path=data_path, key="goal")

    is_all(found, [2, 3])


async def test_no_page_behind_a_limit_of_one_row() -> None:
    """The page before it, asked for again, has room for no more than its own row: no proof."""
    api = once(always(told({"flarp": 1})), Api("offset", 2, cap=1), later, ALWAYS)

    assert (await outcome(api, paging("offset", 2))).error is not None


@pytest.mark.parametrize("style", COUNTED)
async def test_most_rows_are_hidden(style: str) -> None:
    """Three of 70 are given, all on the first page: not an error, however short that was."""
    api = Api(style, hidden=frozenset(range(3, ROWS)), around=steady({"total": ROWS}))

    is_all(await outcome(api, paging(style, 20)), [0, 1, 2])


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize(
    ("size", "shown"), [(3, {0}), (4, {3}), (10, {3}), (10, {7, 8}), (10, {9})]
)
async def test_the_same_rows_at_the_end_of_two_pages(
    style: str, size: int, shown: set[int]
) -> None:
    """Behind a full first page few rows are given: pages that begin side by side have the same."""
    hidden = frozenset(n for n in range(size, 70) if n % size not in shown)
    api = Api(style, 70, hidden=hidden)

    is_all(await outcome(api, paging(style, size)), api.visible)


@pytest.mark.parametrize(
    ("style", "size", "count", "hidden"),
    [
        pytest.param("offset", 2, 9, {5, 6}, id="the last of a page and the first of the next"),
        pytest.param("offset", 2, 8, {3, 4, 7}, id="and again at the end"),
        pytest.param("offset", 3, 9, {4, 5, 6}, id="all but the first of a page"),
        pytest.param(
            "offset", 4, 26, {4, 6, 7, *range(9, 13), 14, 15, 16, 18, 19}, id="as many as a page"
        ),
        pytest.param("page", 2, 9, {3, 6, 7}, id="a page after one that was not full"),
    ],
)
async def test_rows_behind_a_page_that_was_not_full_and_one_without_rows(
    style: str, size: int, count: int, hidden: set[int]
) -> None:
    """As many rows as both have room for may be hidden: what is behind them is asked for."""
    api = Api(style, count, hidden=frozenset(hidden))

    is_all(await outcome(api, paging(style, size)), api.visible)


@pytest.mark.parametrize("style", COUNTED)
async def test_a_page_in_the_middle_whose_rows_are_all_hidden(style: str) -> None:
    """No total is told: the page after an empty one is asked for, once or twice a resource."""
    hidden = frozenset(range(20, 40))

    found = await outcome(Api(style, hidden=hidden), paging(style, 20))

    is_all(found, [number for number in range(ROWS) if number not in hidden])


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("status", [400, 404, 416, 422])
@pytest.mark.parametrize("count", [20, 40, 100])
async def test_a_refusal_after_a_last_page_that_is_full(
    style: str, status: int, count: int
) -> None:
    """A list just as long as its pages: a request for the last rows and more shows its end."""
    found = await outcome(Api(style, count, refuses=status), paging(style, 20))

    is_all(found, list(range(count)))
    assert found.requests <= count // 20 + 1 + MORE


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("status", [400, 422])
async def test_a_refusal_before_the_last_row(style: str, status: int) -> None:
    """A window of 60 rows refuses whatever reaches beyond it: an error in the API's words."""

    def window(request: Request) -> Answer:
        size = request.number("size" if style == "page" else "limit", 20)
        start = request.number("offset", (request.number("page", 1) - 1) * size)
        beyond = start + size > 60 and start >= 0
        return told({"why": "window is too large"}, status) if beyond else Api(style)(request)

    found = await outcome(window, paging(style, 20))

    assert "window is too large" in found.message


@pytest.mark.parametrize("style", COUNTED)
async def test_a_refusal_in_other_words_before_the_last_row(style: str) -> None:
    """What one list says at its proved end is not what a window of another one says."""

    def api(request: Request) -> Answer:
        is_long = request.path.endswith("/1/things")
        lists = Api(style, 200 if is_long else 40, refuses=400)
        if is_long and sum(lists.window(request)) > 100:
            return told({"why": "window is too large"}, 400)
        return lists(request)

    async with FaultApi() as server:
        server.serve("/parents", lambda _: told([{"id": n} for n in (5, 4, 3, 2, 1)]))
        server.serve("/parents/{}/things", api)
        found = await read(
            server, paging(style, 20), kind="/parents/{parent}/things",
            parent=Endpoint("/parents", pagination=PaginationSettings(type_is_own=True)),
        )  # fmt: skip

    assert "window is too large" in found.message


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("accepts", [True, False])
async def test_a_refusal_where_no_request_shows_the_end(style: str, *, accepts: bool) -> None:
    """Rows come one by one: whoever knows that all is well can say so."""
    api = Api(style, 5, cap=1, refuses=400)

    found = await outcome(api, paging(style, 20, accept_doubt=accepts))

    assert found.ids == list(range(5))
    assert (found.message == "") is accepts
    if not accepts:
        assert '400 Bad Request, \'{"detail": "no such page"}\'' in found.message
        assert "no request shows that the list ends there" in found.message


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("status", [404, 400, 422])
@pytest.mark.parametrize("count", [39, 40])
async def test_a_refusal_where_a_total_speaks_of_a_few_more(
    style: str, status: int, count: int
) -> None:
    """Hidden rows, or a total that is old: that is looked at again, once nothing follows."""
    api = Api(style, count, refuses=status, around=steady({"total": 42}))

    found = await outcome(api, paging(style, 20))

    is_all(found, list(range(count)))
    assert Doubt.END in found.doubts


@pytest.mark.parametrize("style", LED)
async def test_an_empty_second_page_beside_a_total_where_no_size_is_sent(style: str) -> None:
    """More is due than the one page before it held: rows that are hidden do not explain that."""

    def things(request: Request) -> Answer:
        if later(request):
            return told({"items": [], "total": 400})
        return Api(style, cap=20, around=steady({"total": 400}))(request)

    found = await outcome(things, paging(style, 20, size_param=None))

    assert "tells a total of 400 rows" in found.message


@pytest.mark.parametrize("style", COUNTED)
async def test_a_total_of_none_on_an_empty_page_is_no_fall(style: str) -> None:
    """What hidden rows the total counts is known from the pages with rows."""
    api = Api(style, around=lambda given, _: {"total": 73 if given else 0})

    is_all(await outcome(api, paging(style, 10)))


@pytest.mark.parametrize("style", LED)
@pytest.mark.parametrize("status", [404, 400, 410])
@pytest.mark.parametrize("count", [5, 20, 30, 40])
async def test_a_marker_behind_the_last_page_that_is_refused(
    style: str, status: int, count: int
) -> None:
    """The last page, asked for by one row less, leads to its last row alone: that is the end."""
    api = Api(style, count, end="late")

    def things(request: Request) -> Answer:
        start, _ = api.window(request)
        return api(request) if start < count else told({"detail": "no such page"}, status)

    found = await outcome(things, paging(style, 20))

    is_all(found, list(range(count)))
    assert found.requests <= count // 20 + MORE
    assert Doubt.END in found.doubts


@pytest.mark.parametrize("accept_doubt", [True, False])
async def test_a_cursor_whose_parameter_is_refused(accept_doubt: bool) -> None:  # noqa: FBT001 (a case)
    """The first marker of a list that is refused may have a wrong name: no doubt to accept."""
    api = Api("cursor")

    def things(request: Request) -> Answer:
        is_known = request.param("cursor") is None
        return api(request) if is_known else told({"detail": "unknown parameter cursor"}, 400)

    found = await outcome(things, paging("cursor", 20, accept_doubt=accept_doubt))

    assert "unknown parameter cursor" in found.message
    assert "accept_doubt" not in found.message


@pytest.mark.parametrize(
    ("style", "settings"),
    [
        ("cursor", {"cursor_path": "zzz"}),
        ("cursor", {}),
        ("next_link", {"next_link_path": "zzz"}),
    ],
)
async def test_a_marker_that_is_null_for_good(style: str, settings: dict[str, Any]) -> None:
    """Beside one row less, too, it is that of another marker; where no size is heeded, the end.

    A server may have given no more than that at once.
    """
    key = "zzz" if settings else "next_cursor"
    api = Api("plain", cap=20, around=steady({key: None}))

    async def found(count: int, *, heeds_size: bool) -> Found:
        one = replace(api, count=count, heeds_size=heeds_size)
        return await outcome(one, paging(style, 20, **settings))

    for count in (7, 70):
        message = (await found(count, heeds_size=True)).message
        assert "although the API heeds the page size" in message
    is_all(await found(20, heeds_size=False), list(range(20)))


@pytest.mark.parametrize("count", [13, 20])
async def test_a_total_that_is_an_estimate(count: int) -> None:
    """Beside one row less there is a marker: then its absence is the end, and the total a warning.

    YouTube has ``totalResults: 1000000`` for few (https://developers.google.com/youtube/v3/docs).
    """
    api = Api("cursor", count, around=steady({"pageInfo": {"totalResults": 1_000_000}}))

    found = await outcome(api, paging("cursor", 20))

    is_all(found, list(range(count)))
    assert "may be hidden" in found.log or Doubt.END in found.doubts


@pytest.mark.parametrize("style", LED)
@pytest.mark.parametrize("heeds_size", [True, False])
@pytest.mark.parametrize("times", [1, ALWAYS])
async def test_a_marker_before_the_last_page_that_is_refused(
    style: str, times: int, *, heeds_size: bool
) -> None:
    """What passes is read on; what lasts is an error in the API's own words."""
    api = Api(style, cap=20, heeds_size=heeds_size)
    refusal = told({"detail": "it has expired"}, 410)
    things = once(always(refusal), api, lambda request: api.window(request)[0] == 40, times)

    found = await outcome(things, paging(style, 20))

    if times == 1:
        is_all(found)
    else:
        assert "it has expired" in found.message
        assert found.ids == list(range(40))


@pytest.mark.parametrize("count", [19, 20, 40, 41])
async def test_a_refusal_after_pages_longer_than_asked_for(count: int) -> None:
    """A server with pages of its own: from the middle of the last one come fewer rows than that."""
    api = Api("offset", count, cap=20, heeds_size=False, refuses=400)

    is_all(await outcome(api, paging("offset", 7)), list(range(count)))


@pytest.mark.parametrize(
    ("name", "per"),
    [
        ("X-Total-Results", 1),
        ("X-Pagination-Total", 1),
        ("Pagination-Count", 1),
        ("X-Page-Count", 20),
    ],
)
async def test_a_total_in_a_header_of_another_name(name: str, per: int) -> None:
    """As a key of the body: a single page is not all, and pages are read to the end."""
    headers = {name: str(-(-ROWS // per))}
    only = Api("plain", cap=20, headers=lambda _n, _m: headers)

    assert "more pages" in (await outcome(only, paging("none"))).message
    for style in COUNTED:
        is_all(await outcome(replace(only, style=style), paging(style)))


@pytest.mark.parametrize(
    ("count", "links", "is_error"),
    [(30, True, False), (30, False, True), (70, False, True), (29, False, False)],
)
@pytest.mark.parametrize("kind", ["/things?limit=30", "/things?locator=x:1,count:30"])
async def test_a_size_that_the_resource_itself_asks_for(
    kind: str, count: int, *, links: bool, is_error: bool
) -> None:
    """A number of its query is just the rows: for one less, a link appears, or none ever does."""

    def api(request: Request) -> Answer:
        locator = dict(
            part.split(":") for part in (request.param("locator") or "").split(",") if part
        )
        size = request.number("limit", int(locator.get("count", 30)))
        body: dict[str, Json] = {"items": rows(0, min(size, count))}
        return told(body | ({"next": "/things?at=9"} if links and size < count else {}))

    async with FaultApi() as server:
        server.serve("/things", api)
        found = await read(server, paging("next_link", size_param=None), kind=kind)

    assert ("found nothing in any response" in found.message) is is_error, found.message
    assert found.ids == list(range(min(count, 30)))


@pytest.mark.parametrize(
    "other", [told({"items": rows(50, 53)}), told({}, 404), told({"error": "x"})]
)
async def test_a_number_of_the_query_that_is_no_size(other: Answer) -> None:
    """By chance as large as the list: for one less come other rows, or nothing."""
    whole = told({"items": rows(0, 17)})
    api = once(always(other), always(whole), lambda request: request.param("of") == "16", ALWAYS)

    async with FaultApi() as server:
        server.serve("/things", api)
        found = await read(server, paging("next_link", size_param=None), kind="/things?of=17")

    assert found.message == ""
    assert found.ids == list(range(17))


@pytest.mark.parametrize("style", COUNTED)
async def test_sizes_that_the_api_refuses(style: str) -> None:
    """Some take round sizes only: another one shows the end as well."""

    def api(request: Request) -> Answer:
        size = request.number("size" if style == "page" else "limit", 20)
        return told({}, 422) if size % 10 else Api(style, 100, refuses=400)(request)

    is_all(await outcome(api, paging(style, 40 if style == "offset" else 50)), list(range(100)))


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("accepts", [False, True])
async def test_a_refusal_that_no_request_explains(style: str, accepts: bool) -> None:  # noqa: FBT001 (a parameter)
    """Only whole pages of one size are given: the operator may say that the list ends there."""
    api = Api(style, 100, refuses=400)

    def strict(request: Request) -> Answer:
        start, size = api.window(request)
        return told({"why": "20"}, 422) if size != 20 or start % 20 else api(request)

    found = await outcome(strict, paging(style, 20, accept_doubt=accepts))

    assert found.ids == list(range(100))
    if accepts:
        assert found.message == ""
    else:
        assert '400 Bad Request, \'{"detail": "no such page"}\': refused' in found.message
        assert "accept_doubt" in found.message


@pytest.mark.parametrize("style", LED)
@pytest.mark.parametrize("around", [{}, {"total": ROWS}], ids=str)
async def test_a_last_page_whose_rows_are_all_hidden(style: str, around: dict[str, Json]) -> None:
    """The page before it, for one row less, leads to that row and to nothing else."""
    api = Api(style, hidden=frozenset(range(60, ROWS)), around=steady(around))

    is_all(await outcome(api, paging(style, 20)), list(range(60)))


@pytest.mark.parametrize("style", LED)
async def test_a_marker_that_is_missing_for_good(style: str) -> None:
    """On a full page: for one row less, it is there or a row is left over."""

    def unmarked(request: Request) -> Answer:
        return told({"items": json.loads(Api(style)(request).body)["items"]})

    found = await outcome(once(unmarked, Api(style), second, ALWAYS), paging(style, 20))

    assert "rows that do" in found.message, found.ids


@pytest.mark.parametrize("count", [4, 20, 25, 40])
@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("identifier", ["name", "id"])
async def test_rows_within_rows_of_which_a_value_moves(
    count: int, style: str, identifier: str
) -> None:
    """The mapping's identifier tells them apart also where it lies deeper in what is paged."""
    moment = iter(range(10**6))

    def api(request: Request) -> Answer:
        size, now = request.number("limit", 20), next(moment)
        at = request.number("offset", 0) or (request.number("page", 1) - 1) * size
        found = range(max(at, 0), min(at + size, count))
        return told({"items": [{"_source": {identifier: n, "uptime": now}} for n in found]})

    settings = paging(style, 20, size_param="limit")
    found = await outcome(
        api, settings, data_path=".items[]._source", identifier=f".{identifier}", key=identifier
    )

    is_all(found, list(range(count)))


@pytest.mark.parametrize("count", [20, 25, 40])
async def test_rows_without_ids_of_which_a_value_moves(count: int) -> None:
    """What stays tells them apart: an offset is shown to count rows all the same."""
    moment = iter(range(10**6))

    def api(request: Request) -> Answer:
        at, now = request.number("offset", 0), next(moment)
        found = range(at, min(at + request.number("limit", 20), count))
        return told({"items": [{"name": f"n{n}", "uptime": now * 7 + n} for n in found]})

    found = await outcome(api, paging("offset", 20), key="name")

    is_all(found, [f"n{number}" for number in range(count)])


@pytest.mark.parametrize("style", LED)
async def test_a_page_that_comes_at_the_second_time_is_doubted_as_any(style: str) -> None:
    """It was empty by mistake, and then it has no marker although a total speaks of more."""
    api = Api(style, around=steady({"total": ROWS}))

    def unmarked(request: Request) -> Answer:
        return without(without(replace(api(request), headers=()), "next_cursor"), "next")

    empty = always(told({"items": [], "total": ROWS}))
    faulty = once(unmarked, api, second, ALWAYS)

    found = await outcome(once(empty, faulty, second), paging(style, 20))

    assert found.error is not None
    assert found.ids == list(range(40))


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [20, 25, 40])
async def test_a_marker_that_is_empty_on_every_page(style: str, count: int) -> None:
    """An API that is asked by number may leave it so: the next page tells."""
    found = await outcome(Api(style, count, around=steady({"next": None})), paging(style, 20))

    is_all(found, list(range(count)))


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("size", [1, 20])
async def test_no_such_page_where_the_position_reaches_the_total(style: str, size: int) -> None:
    """Rows that are hidden make the rows fewer than the total: 404 contradicts nothing."""
    api = Api(style, 20, hidden=frozenset({5}), refuses=404, around=steady({"totalResults": 20}))

    is_all(await outcome(api, paging(style, size)), api.visible)


@pytest.mark.parametrize("style", LED)
@pytest.mark.parametrize("end", ["null", "omitted", "late"])
async def test_a_hidden_row_of_the_only_page(
    style: str, end: Literal["null", "omitted", "late"]
) -> None:
    """A total speaks of it, and one row less shows that a marker would be there."""
    api = Api(style, 7, hidden=frozenset({3}), end=end, around=steady({"total": 7}))

    def late(request: Request) -> Answer:
        led = request.param("cursor") or request.param("at") or "c0"
        answer, last = api(request), f"{request.path}?at=c7&limit={request.number('limit', 7)}"
        if end != "late" or led == "c7":
            return answer
        body = {"next_cursor": "c7", "next": last, **json.loads(answer.body)}
        link = {"Link": f'<{last}>; rel="next"'} | dict(answer.headers)
        return told(body, 200, {name: link[name] for name in link if name == "Link"})

    is_all(await outcome(late, paging(style, 7)), api.visible)


@pytest.mark.parametrize("style", LED)
async def test_a_total_beside_the_only_page_that_is_not_full(style: str) -> None:
    """No marker appears for one row less: an error, as rows are missing."""
    api = Api("plain", 70, cap=6, around=steady({"total": 70}))

    assert (await outcome(api, paging(style, 7))).error is not None


@pytest.mark.parametrize("none", [0, "0"], ids=repr)
async def test_a_total_of_none_as_a_text(none: Json) -> None:
    """DocuSign and XML have numbers as texts: 0 does not contradict."""

    def api(request: Request) -> Answer:
        is_empty = request.values[0] != "1"
        size: Json = none if is_empty else type(none)(11)
        return told({"items": [] if is_empty else rows(0, 11), "satzGroesse": size})

    found = await children(api, PaginationSettings())

    assert found.message == ""


async def test_a_header_that_leads_back() -> None:
    """OneLogin's last page has `Before-Cursor` alone."""

    def api(request: Request) -> Answer:
        start = request.number("cursor", 0)
        ahead = {"After-Cursor": str(start + 20)} if start + 20 < ROWS else {}
        back = {"Before-Cursor": str(start - 20)} if start else {}
        return told({"items": rows(start, min(start + 20, ROWS))}, 200, ahead | back)

    is_all(await outcome(api, paging("cursor", 20, cursor_path="header:After-Cursor")))


@pytest.mark.parametrize("count", [0, 1, 2, 5])
async def test_shards_are_no_total(count: int) -> None:
    """Elasticsearch counts them in every answer; without `track_total_hits` nothing else."""
    shards = {"total": 3, "successful": 3, "skipped": 0, "failed": 0}
    api = Api("cursor", count, end="null", around=steady({"_shards": shards}))

    is_all(await outcome(api, paging("cursor", 20)), list(range(count)))


# --- numbers and markers that nobody knows --------------------------------------------------------


@pytest.mark.parametrize(
    "around",
    [
        {"page_size": 25, "total_record_count": 60},
        {"totalHits": 60},
        {"recordCount": 60},
        {"count_all": 60},
        {"totalItems": 60, "max_items": 1000},
        {"total_item": 60},
    ],
    ids=str,
)
@pytest.mark.parametrize("style", ["none", *LED])
@pytest.mark.parametrize("heeds_size", [True, False], ids=["a size", "no size"])
async def test_a_total_right_beside_the_list(
    style: str, around: dict[str, Json], *, heeds_size: bool
) -> None:
    """It is known by its words, and 25 of 60 rows are never all."""
    api = Api("plain", 60, cap=25, heeds_size=heeds_size, around=steady(around))

    found = await outcome(api, paging(style))

    assert found.error is not None, found.ids


@pytest.mark.parametrize(
    "around",
    [
        {"server_time": 1764363660, "count": 25},
        {"max_items": 1000, "count": 25},
        {"owner_id": 5512, "version": 25, "revision": 812},
        {"total_amount": 51200, "count": 25},
        {"total_time": 99, "total_cost": 120},
        {"quota": {"used": 25, "max": 1000}},
        {"license": {"seats": 100, "seats_used": 25}},
        {"season": {"current": 3, "next": 4}},
        {"maintenance": {"next": "2026-12-01T00:00:00Z"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("style", ["none", *STYLES])
async def test_a_number_beside_the_list_that_is_no_total(
    style: str, around: dict[str, Json]
) -> None:
    """Moments, identifiers, sums and the most that may be, though as many are there as rows."""
    api = Api("plain" if style == "none" else style, 25, around=steady(around))

    is_all(await outcome(api, paging(style, 50)), list(range(25)))
    is_all(await outcome(api, paging(style, 25)), list(range(25)))


@pytest.mark.parametrize(
    "beside",
    [
        {"folge": {"next": 17}},
        {"navigation": {"nextPage": 2}},
        {"a": {"b": {"next_cursor": "x"}}},
        {"weiter": "/things?at=c{}&limit=25"},
    ],
    ids=str,
)
async def test_a_marker_in_a_place_that_nobody_knows(beside: dict[str, Json]) -> None:
    """What stands in an object of paging alone is more, and a link is followed to see."""

    def api(request: Request) -> Answer:
        start = int((request.param("at") or "c0")[1:])
        marker = json.loads(json.dumps(beside).replace("c{}", f"c{start + 25}"))
        return told({"items": rows(start, start + 25), **(marker if start < 50 else {})})

    found = await outcome(api, paging("none"))

    assert "more pages" in found.message, found.ids


@pytest.mark.parametrize("end", [None, "", "null", False, 0, "0", -1, "-1"], ids=repr)
@pytest.mark.parametrize("style", ["cursor", "offset"])
@pytest.mark.parametrize("count", [7, 10])
async def test_a_next_position_that_is_none(style: str, end: Json, count: int) -> None:
    """However it is written: 0 and -1 come before the first row there is after a page."""

    def things(request: Request) -> Answer:
        if request.param("offset") == "null":
            return told({"error": "no number"}, 500)
        start = request.number("offset", 0)
        stop = min(count, start + 5)
        return told({"items": rows(start, stop), "next_offset": stop if stop < count else end})

    paths: dict[str, Any] = {"pagination_param": "offset"}
    paths |= {"cursor_path": "next_offset"} if style == "cursor" else {}
    found = await outcome(things, paging(style, 5, **paths))

    is_all(found, list(range(count)))
    assert found.requests <= 2 + MORE


@pytest.mark.parametrize("count", range(1, 9))
@pytest.mark.parametrize("heeds", [True, False])
async def test_a_cursor_that_names_the_first_row_of_the_next_page(
    count: int, *, heeds: bool
) -> None:
    """A page of that row alone is the end (CouchDB's ``startkey``); a whole page again is none."""

    def things(request: Request) -> Answer:
        start = request.number("startkey", 0) if heeds else 0
        return told({"items": rows(start, min(count, start + 3))})

    settings = paging("cursor", 3, pagination_param="startkey", cursor_path=".items[-1].id")
    found = await outcome(things, settings)

    is_all_or_error(found, list(range(count)))
    assert (found.error is None) is (heeds or count == 1), found.message


@pytest.mark.parametrize("style", LED)
async def test_an_empty_page_after_some_of_one_length(style: str) -> None:
    """Behind a limit they are full, so that the end is as sudden as after any full page."""
    api = Api(style, cap=20)

    def third(request: Request) -> bool:
        return position_in(request.param("cursor") or request.param("at") or "0") == 40 and (
            request.number("limit", 50) >= 20
        )

    is_all_or_error(await outcome(once(always(told({})), api, third, ALWAYS), paging(style, 50)))


@pytest.mark.parametrize("style", ["header_link", "next_link"])
@pytest.mark.parametrize("count", [20, 24])
async def test_a_link_with_the_number_of_a_page_that_is_missing(style: str, count: int) -> None:
    """By one row less the page before the end begins earlier: what it leads to is looked at."""

    def things(request: Request) -> Answer:
        page, size = request.number("page", 1), request.number("limit", 10)
        found = rows((page - 1) * size, min(count, page * size))
        link = f"/things?page={page + 1}&limit={size}"
        is_led = page * size < count and (page, size) != (2, 10)
        if style == "header_link":
            return told({"items": found}, 200, {"Link": f'<{link}>; rel="next"'} if is_led else {})
        return told({"items": found} | ({"next": link} if is_led else {}))

    found = await outcome(things, paging(style, 10))

    assert (found.error is None) is (count == 20), found.message


@pytest.mark.parametrize("sizes", [(1, 9, 0), (0, 9, 1), (1, 0, 9), (1, 2, 0)], ids=str)
@pytest.mark.parametrize("style", ["cursor", "next_link"])
async def test_a_child_whose_only_row_is_hidden(style: str, sizes: tuple[int, ...]) -> None:
    """What a total speaks of is explained by another child's marker, whichever comes first."""

    def things(request: Request) -> Answer:
        count = sizes[int(request.values[0])]
        hidden = frozenset({0} if count == 1 else ())
        around = steady({"total": count})
        return Api(style, count, hidden=hidden, around=around)(request)

    found = await children(things, paging(style, 3))

    assert (found.error is None) is (9 in sizes), found.message
    assert len(found.ids) == sum(count for count in sizes if count > 1)


@pytest.mark.parametrize("style", ["cursor", "next_link"])
@pytest.mark.parametrize("faulty", [False, True])
async def test_an_unknown_marker_beside_hidden_rows(style: str, *, faulty: bool) -> None:
    """Fewer rows for a smaller size show that the list pages; what is no page shows nothing."""
    api = Api("cursor", 60, marker="zzz", hidden=frozenset({1, 2}))
    maintenance = once(always(told({"maintenance": True})), api, lambda r: r.param("limit") == "17")

    found = await outcome(maintenance if faulty else api, paging(style, 20))

    assert found.error is not None


@pytest.mark.parametrize("count", [0, 1, 3, 5, 10, 12])
@pytest.mark.parametrize("end", ["omitted", "late"])
@pytest.mark.parametrize("style", ["cursor", "next_link"])
async def test_a_cursor_that_is_good_for_one_request(style: str, end: End, count: int) -> None:
    """To ask again with it shows nothing: what was answered before stands."""
    api, used = Api(style, count, end=end), set[str]()

    def things(request: Request) -> Answer:
        token = request.param("cursor") or request.param("at") or ""
        if token in used:
            return told({"message": "invalid token"}, 400)
        used.update(filter(None, [token]))
        return api(request)

    found = await outcome(things, paging(style, 5))

    assert (found.ids, found.message) == (list(range(count)), "")


@pytest.mark.parametrize(
    "around",
    [
        {"things_links": [{"rel": "next", "href": "/things?marker=x"}]},
        {"_links": {"next": [{"href": "/things?marker=x"}], "self": [{"href": "/things?a=b"}]}},
        {"nextPageKey": "x"},
        {"next_page_id": "x"},
        {"NextContinuationToken": "x"},
    ],
    ids=str,
)
async def test_none_sees_what_leads_on_in_lists_of_links_and_by_other_names(
    around: dict[str, Json],
) -> None:
    """Links may be objects in a list, by their relation; a next page may be a key or an id."""

    def things(request: Request) -> Answer:
        return told({"items": rows(25, 30)} if request.query else {"items": rows(0, 25), **around})

    assert (await outcome(things, paging("none"))).error is not None
    back = {"things_links": [{"rel": "previous", "href": "/things?marker=x"}], "next_page_id": ""}
    assert (
        await outcome(always(told({"items": rows(0, 25), **back})), paging("none"))
    ).error is None


@pytest.mark.parametrize("style", ["none", "cursor", *COUNTED])
async def test_a_link_under_any_name_where_nothing_else_leads_on(style: str) -> None:
    """It leads to other rows, so that the parameter or the style is a wrong one."""

    def things(request: Request) -> Answer:
        start = request.number("start", 0)
        after = {"zzz": {"onwards": f"/things?start={start + 10}"}} if start < 30 else {}
        return told({"items": rows(start, start + 10), **after})

    assert (await outcome(things, paging(style, 25))).error is not None

    def all_things(request: Request) -> Answer:
        """The same rows in another order are another view."""
        turned = rows(0, 10)[:: -1 if request.param("turned") else 1]
        return told({"items": turned, "zzz": {"turned": "/things?turned=1"}})

    is_all(await outcome(all_things, paging(style, 25)), list(range(10)))


@pytest.mark.parametrize(
    ("beside", "headers"),
    [
        ({"totalFound": 32}, {}),
        ({}, {"X-PW-TOTAL": "32"}),
        ({"extra": {"pagination": {"count": 10, "total_count": 32}}}, {}),
    ],
    ids=str,
)
@pytest.mark.parametrize("style", ["none", "cursor", *COUNTED])
async def test_a_total_under_a_name_of_its_own(
    style: str, beside: dict[str, Json], headers: dict[str, str]
) -> None:
    """With a word for what was found, with the initials of who tells it, and two objects deep."""

    def things(_: Request) -> Answer:
        return told({"items": rows(0, 10), **beside}, headers=headers)

    assert (await outcome(things, paging(style, 25))).error is not None


@pytest.mark.parametrize(
    ("beside", "name"),
    [
        ({"cursor": "itr/rec9"}, "cursor"),
        ({"paging": {"cursors": {"before": "b", "after": "itr/rec9"}}}, "after"),
        ({"page_info": {"end_cursor": "itr/rec9"}}, "after"),
        ({"offset": "itr/rec9"}, "offset"),
        ({"cursor": {"before": 3, "after": 1200}}, "after"),
        ({"_scroll_id": "itr/rec9"}, "scroll_id"),
        ({"nextFileName": "rec9.txt"}, "startFileName"),
        ({"next_until": 1700000000, "since": 5}, "until"),
        ({"folge": {"next": 1700000000}}, "until"),
        ({"state": {"next": "2026-01-31T00:00:00Z"}}, "since"),
        ({"state": {"streamPosition": "0001"}}, "streamPosition"),
        ({"ResumeKey": "rec9"}, "after"),
    ],
    ids=str,
)
@pytest.mark.parametrize("behind", [[], rows(10, 15)], ids=["a whole list", "more"])
@pytest.mark.parametrize("style", ["none", "next_link", "header_link"])
async def test_what_may_be_a_position_is_sent_back_where_none_is_followed(
    style: str, beside: dict[str, Json], name: str, behind: list[Json]
) -> None:
    """An API may give one on its last page, too: only rows behind it show that there are more."""

    def things(request: Request) -> Answer:
        is_next = (request.param(name) or "none") in str(beside)
        return told({"items": behind if is_next else rows(0, 10), **beside})

    found = await outcome(things, paging(style, size_param=None))

    assert ("says that there " in found.message) is bool(behind)
    assert found.ids == list(range(10))
    assert found.requests <= 8


@pytest.mark.parametrize(
    ("name", "key", "is_told"),
    [
        ("until", "next_until", True),
        ("startKey", "nextStartKey", True),
        ("max_time", "next_until", True),
        ("max_time", "next_run_at", False),
        ("max_time", "until", False),
    ],
)
@pytest.mark.parametrize("is_strict", [True, False])
@pytest.mark.parametrize("holder", ["pagination", "items_of"])
async def test_a_next_position_whose_parameter_has_another_name(
    name: str, key: str, holder: str, *, is_told: bool, is_strict: bool
) -> None:
    """It is sent back alone where others are refused; else it may be what the last row has.

    What is not called the place of anything may be so in a whole list.
    """

    def things(request: Request) -> Answer:
        if is_strict and not {one for one, _ in request.query} <= {name}:
            return told({"error": "unknown parameter"}, 400)
        start = 1712345679 - request.number(name, 1712345679)
        given: list[Json] = [{"id": n, "at": 1712345678 - n} for n in range(start, start + 10)]
        return told({"items": given, holder: {key: 1712345678 - start - 9, "of": "all"}})

    found = await outcome(things, paging("none"))

    assert ("says that there are more pages" in found.message) is is_told
    assert found.requests <= 2 * MORE


async def test_a_parameter_alone_where_another_beside_it_is_refused() -> None:
    """An API may take the one that its answer has the name of, too, and do nothing with it."""

    def things(request: Request) -> Answer:
        if not {one for one, _ in request.query} <= {"position", "after"}:
            return told({"error": "unknown parameter"}, 400)
        given = rows(10, 15) if request.param("after") else rows(0, 10)
        return told({"items": given, "position": "x9"})

    found = await outcome(things, paging("none"))

    assert "says that there are more pages" in found.message


@pytest.mark.parametrize("style", LED)
@pytest.mark.parametrize("lengths", [(51, 50), (1, 51, 50), (50, 50, 51)])
async def test_a_marker_left_out_that_other_children_have(
    style: str, lengths: tuple[int, ...]
) -> None:
    """Of one child's full page at any size: another's marker does not settle what it asks for."""
    lists = {f"c{at}": Api(style, length) for at, length in enumerate(lengths)}
    victim = f"c{lengths.index(51)}"

    def things(request: Request) -> Answer:
        name = request.path.split("/")[2]
        answer = lists[name](request)
        if name != victim or later(request):
            return answer
        answer = without(without(answer, "next_cursor"), "next")
        return replace(answer, headers=tuple(one for one in answer.headers if one[0] != "Link"))

    async with FaultApi() as server:
        server.serve("/parents", lambda _: told([{"id": name} for name in lists]))
        server.serve("/parents/{}/things", things)
        parents = Endpoint("/parents", pagination=PaginationSettings())
        kind = "/parents/{parent}/things"
        found = await read(server, paging(style, 25), kind=kind, parent=parents)

    assert found.error is not None


@pytest.mark.parametrize("refuses", [None, 404])
@pytest.mark.parametrize("style", LED)
@pytest.mark.parametrize("pages", [12, 35])
async def test_many_pages_whose_rows_are_all_hidden(
    style: str, refuses: int | None, pages: int
) -> None:
    """Far behind them markers stop, so that they are no habit: they are all followed."""
    hidden = frozenset(range(10, 10 + 10 * pages))
    api = Api(style, 10 * pages + 25, hidden=hidden)

    def things(request: Request) -> Answer:
        is_behind = api.window(request)[0] > api.count
        return told({"error": "no such page"}, refuses) if refuses and is_behind else api(request)

    found = await outcome(things, paging(style, 10))

    is_all(found, api.visible)
    assert found.requests <= pages + 3 + 2 * MORE


@pytest.mark.parametrize("style", STYLES)
async def test_links_that_never_end_in_a_window(style: str) -> None:
    """They are computed, and refused beyond so many rows: empty pages lead nowhere."""
    api = Api(style, 1000, hidden=frozenset(range(25, 1000)))

    def things(request: Request) -> Answer:
        if api.window(request)[0] >= 1000 - 10:
            return told({"error": "the result window is too large"}, 400)
        answer = api(request)
        if style in LED:
            return answer
        return told({**json.loads(answer.body), "next": "/things?at=c10"})

    found = await outcome(things, paging(style, 10))

    is_all(found, list(range(25)))
    assert found.requests <= 3 + 3 * MORE


@pytest.mark.parametrize("beside", [{}, {"count": 25}])
@pytest.mark.parametrize("size_param", [None, "limit"])
async def test_a_next_position_that_is_just_the_rows(
    beside: dict[str, Json], size_param: str | None
) -> None:
    """It is sent back as any other number is, where the cursor's place is mistyped."""

    def things(request: Request) -> Answer:
        start = request.number("marker", 0)
        return told({"items": rows(start, min(start + 25, 70)), "delta": start + 25, **beside})

    settings = paging(
        "cursor", 50, cursor_path="meta.nxt", pagination_param="marker", size_param=size_param
    )
    assert (await outcome(things, settings)).error is not None
    whole = told({"items": rows(0, 25), "delta": 25, **beside})
    is_all(await outcome(always(whole), settings), list(range(25)))


@pytest.mark.parametrize("status", [400, 404, 422])
@pytest.mark.parametrize(("count", "refused"), [(51, 2), (101, 3), (120, 3)])
@pytest.mark.parametrize("page_size", [50, 100])
async def test_a_page_that_is_refused_before_one_that_is_not(
    count: int, refused: int, status: int, page_size: int
) -> None:
    """Behind the last page each is refused; no size is sent, and the server's own is fixed."""
    api = Api("page", count, cap=50, heeds_size=False, refuses=status)

    def things(request: Request) -> Answer:
        if request.param("page") == str(refused):
            return told({"message": "busy"}, status)
        return replace(api, refuses=None)(request)

    settings = paging("page", page_size, size_param=None)
    assert (await outcome(things, settings)).error is not None
    if status == 404:
        is_all(await outcome(api, settings), list(range(count)))


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("around", [{"cursor": "c20"}, {"result_info": {"cursor": "c20"}}], ids=str)
async def test_a_position_that_is_told_where_none_is_heeded(
    style: str, around: dict[str, Json]
) -> None:
    """The same page for every number is no list that does not page, where it leads on otherwise."""
    pages = Api("plain", 70, cap=20, around=lambda _n, more: around if more else {})

    found = await outcome(pages, paging(style, 50))

    assert "does not heed" in found.message
    is_all(await outcome(replace(pages, count=20), paging(style, 50)), list(range(20)))


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, ("cursor",)),
        ({"filter": {"name": "x"}}, ("cursor",)),
        ({"query": "{ things }", "variables": {"n": 5}}, ("variables", "cursor")),
    ],
    ids=str,
)
@pytest.mark.parametrize("behind", [[], rows(10, 15)], ids=["a whole list", "more"])
async def test_what_may_be_a_position_is_sent_back_in_a_body(
    body: Json, place: tuple[str, ...], behind: list[Json]
) -> None:
    """At its top, or among the variables of GraphQL."""

    def things(request: Request) -> Answer:
        is_next = follow(json.loads(request.body), place) == "c3E6"
        return told({"items": behind if is_next else rows(0, 10), "cursor": "c3E6"})

    async with FaultApi() as server:
        server.serve("/things", things)
        found = await read(server, paging("none"), method="POST", body=body)

    assert ("says that there are more pages" in found.message) is bool(behind)
    assert found.ids == list(range(10))
    assert found.requests <= 3


@pytest.mark.parametrize("style", ["none", "next_link", "header_link", *COUNTED])
async def test_a_header_of_any_name_that_holds_a_link(style: str) -> None:
    """It is followed as one in the body is: to other rows, so that something is set wrongly."""

    def things(request: Request) -> Answer:
        start = request.number("at", 0)
        headers = {"X-Seite": f"/things?at={start + 10}"} if start < 30 else {}
        return told({"items": rows(start, start + 10)}, headers=headers)

    assert (await outcome(things, paging(style, 25))).error is not None


@pytest.mark.parametrize("style", ["none", "next_link"])
@pytest.mark.parametrize("beside", [{"from": "2026-11-01", "next_update": "soon"}, {"after": 7}])
async def test_a_list_that_grows_while_its_words_are_sent_back(
    style: str, beside: dict[str, Json]
) -> None:
    """It gives its rows again, and a new one: those words led nowhere."""
    length = iter(range(10, 99))

    def things(_: Request) -> Answer:
        return told({"items": rows(0, next(length)), **beside})

    is_all(await outcome(things, paging(style, size_param=None)), list(range(10)))


@pytest.mark.parametrize("style", ["none", *LED])
async def test_a_first_page_without_rows_beside_a_number_of_pages(style: str) -> None:
    """It contradicts itself: no style takes it for an empty list."""
    nothing = told({"items": [], "page": 1, "total_pages": 5})

    assert (await outcome(always(nothing), paging(style, 20))).error is not None


@pytest.mark.parametrize("style", ["none", "next_link"])
async def test_a_link_to_the_page_itself(style: str) -> None:
    """An API that spells its own query: the link is followed once, and leads to the same rows."""
    api = Api("plain", 25, around=steady({"here": "/things?page=1&limit=25"}))
    settings = paging(style, size_param=None) if style != "none" else paging(style)

    is_all(await outcome(api, settings), list(range(25)))


@pytest.mark.parametrize("name", ["X-Cursor", "Bookmark", "X-Page-Bookmark", "Link-Next"])
@pytest.mark.parametrize("style", ["none", "next_link"])
async def test_a_header_that_names_a_place_to_go_on(style: str, name: str) -> None:
    """What follows is missing, so that it is an error."""
    api = Api("plain", 60, cap=25, headers=while_more(name))

    found = await outcome(api, paging(style, 50))

    assert found.error is not None, found.ids


@pytest.mark.parametrize(
    ("style", "size"), [("cursor", 1), ("cursor", 5), ("next_link", 1), ("offset", 5), ("page", 5)]
)
@pytest.mark.parametrize("data_path", [".data.list[].node", ".data.list[].node.inner"])
@pytest.mark.parametrize("hidden", [range(5, 9), range(1, 5), range(0)], ids=str)
async def test_a_page_of_one_row_that_is_wrapped(
    style: str, size: int, data_path: str, hidden: range
) -> None:
    """What leads on stands around the list, however many rows that has."""

    def wrapped(given: Json) -> Json:
        inside = [{"inner": row} for row in cast("list[Json]", given)]
        nodes = inside if "inner" in data_path else cast("list[Json]", given)
        return {"list": [{"node": node, "cursor": "row"} for node in nodes]}

    def things(request: Request) -> Answer:
        api = Api(style, 14, hidden=frozenset(hidden), list_of=wrapped, end="null")
        body = json.loads(api(request).body)
        return told({"data": body})

    found = await outcome(things, paging(style, size), data_path=data_path)

    is_all(found, [number for number in range(14) if number not in hidden])


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("stop", [3, 5])
async def test_rows_that_a_request_showed_and_that_have_not_come(style: str, stop: int) -> None:
    """One row of the first five is given: the request for what follows shows one, further on."""
    api = Api(style, 14, hidden=frozenset(range(1, stop)))

    is_all(await outcome(api, paging(style, 5)), [0, *range(stop, 14)])


# --- what stands around the last answer ------------------------------------------------------


@pytest.mark.parametrize("count", [5, 10, 20])
@pytest.mark.parametrize(
    "around",
    [
        lambda given, _: {} if given else {"previousPage": {"rel": "previous", "type": "json"}},
        lambda given, _: {"meta": {"of": 1} | ({} if given else {"prev_offset": 3})},
        lambda given, _: {"info": {"more_records": given == 10}},
        lambda given, _: {"CursorInfo": {"MoreResults": given == 10}},
    ],
    ids=["previousPage", "prev_offset", "more_records", "MoreResults"],
)
async def test_words_of_paging_are_no_contradiction(
    around: Callable[[int, bool], dict[str, Json]], count: int
) -> None:
    """Those that are read as signals, and what stands within links, beside nothing."""

    def things(request: Request) -> Answer:
        return Api("page", 7 if later_child(request) else count, around=around)(request)

    found = await children(things, paging("page", 10))

    assert found.message == ""
    assert len(found.ids) == 2 * count + 7


@pytest.mark.parametrize("style", ["cursor", "next_link", "offset", "page"])
@pytest.mark.parametrize("count", [1, 2, 20, 21, 41])
async def test_another_sentence_where_the_total_is_reached(style: str, count: int) -> None:
    """The total is told again beside nothing: so this API ends its lists."""

    def around(given: int, _: bool) -> dict[str, Json]:  # noqa: FBT001 (as an API has it)
        return {"success": True, "total": count, "message": None if given else "No records"}

    api = Api(style, count, end="late", around=around)

    is_all(await outcome(api, paging(style, 20)), list(range(count)))


@pytest.mark.parametrize("sizes", [(3, 5, 9), (25, 24, 25), (0, 60, 7), (26, 1, 50)], ids=str)
@pytest.mark.parametrize("refuses", [None, 404])
@pytest.mark.parametrize("style", COUNTED)
async def test_pages_where_no_size_is_sent(
    style: str, refuses: int | None, sizes: tuple[int, ...]
) -> None:
    """A first page is as any that is short, until lists are known to go on after one so long."""

    def things(request: Request) -> Answer:
        count = sizes[int(request.values[0])]
        return Api(style, count, cap=25, heeds_size=False, refuses=refuses)(request)

    found = await children(things, paging(style, sends_size=False))

    assert found.message == ""
    assert len(found.ids) == sum(sizes)


async def test_many_short_lists_where_no_size_is_sent() -> None:
    """Xero gives pages of a size of its own: not every list is asked for a second page."""
    async with FaultApi() as server:
        server.serve("/parents", lambda _: told(rows(0, 60)))
        server.serve("/parents/{}/things", Api("page", 3, cap=25, heeds_size=False))
        found = await read(
            server, paging("page", sends_size=False), kind="/parents/{parent}/things",
            parent=Endpoint("/parents", pagination=PaginationSettings(type_is_own=True)),
        )  # fmt: skip

    assert found.message == ""
    assert len(found.ids) == 180
    assert found.requests < 85


@pytest.mark.parametrize(
    ("count", "goes_on"),
    [
        *((count, False) for count in (5, 20, 21, 22, 27, 33, 40)),
        *((n, True) for n in (5, 20, 27, 33, 40)),
    ],
)
async def test_no_content_where_a_cursor_leads(count: int, *, goes_on: bool) -> None:
    """204 is an empty page where a request shows that nothing follows the one before."""

    def things(request: Request) -> Answer:
        start = position_in(request.param("cursor") or "c0")
        stop = min(start + request.number("limit", 20), count + 20 * goes_on)
        if start >= count and request.number("limit", 20) == 20:
            return Answer(status=204)
        return told({"items": rows(start, stop), "next": f"c{stop}"})

    found = await outcome(things, paging("cursor", 20))

    if goes_on:
        assert "no body" in found.message or "rows that do" in found.message
    else:
        is_all(found, list(range(count)))


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [7, 20, 27, 40])
@pytest.mark.parametrize("is_told", [False, True])
@pytest.mark.parametrize("refuses", [400, 404])
async def test_more_is_said_of_every_full_page(
    style: str, count: int, refuses: int, *, is_told: bool
) -> None:
    """Many APIs take a full page for a sign of more: the page after the last is refused then."""

    def around(given: int, _: bool) -> dict[str, Json]:  # noqa: FBT001 (as an API has it)
        return {"has_more": given == 20} | ({"total": count} if is_told else {})

    api = Api(style, count, refuses=refuses, around=around)
    cut = once(always(told({"message": "no such page"}, refuses)), api, later, ALWAYS)

    is_all(await outcome(api, paging(style, 20)), list(range(count)))
    if count > 20:
        assert (await outcome(cut, paging(style, 20))).error is not None


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("count", [3, 20, 33])
async def test_texts_in_another_order_each_time(style: str, count: int) -> None:
    """Names of an endpoint that does not page: each is what it is told apart by."""
    moved = iter(range(1000))

    def things(_: Request) -> Answer:
        turn = next(moved) % count
        names: list[Json] = [f"n{number}" for number in range(count)]
        return told({"items": [*names[turn:], *names[:turn]]})

    if style in LED and count == 20:
        return  # then a cursor may stand anywhere
    found = await outcome(things, paging(style, 20), identifier=".value", key="value")

    assert found.message == ""
    assert sorted(map(str, found.ids)) == sorted(f"n{number}" for number in range(count))
    assert found.requests <= 8


WRONG_PATHS: list[Any] = [
    pytest.param("weiter", {}, id="beside the list"),
    pytest.param("a.b.page_state", {"took": 12, "request_id": "r1"}, id="further in"),
]


@pytest.mark.parametrize(("place", "beside"), WRONG_PATHS)
@pytest.mark.parametrize("path", ["meta.nxt", None])
@pytest.mark.parametrize("heeds", [True, False])
@pytest.mark.parametrize("count", [7, 50, 70])
async def test_a_cursor_where_no_path_leads(
    place: str, beside: dict[str, Json], path: str | None, *, heeds: bool, count: int
) -> None:
    """Under a name that nobody knows, and a size that is ignored: what stands there is tried."""

    def api(request: Request) -> Answer:
        start = position_in(request.param("c") or "0")
        stop = min(count, start + min(request.number("limit", 50) if heeds else 50, 50))
        *around, key = place.split(".")
        marker: Json = {key: f"enox{stop}"} if stop < count else {}
        for one in reversed(around):
            marker = {one: marker}
        assert isinstance(marker, dict)
        return told({"items": rows(start, stop), **beside, **marker})

    settings = paging("cursor", pagination_param="c", cursor_path=path)
    found = await outcome(api, settings)

    if count > 50:
        assert found.error is not None, found.ids
    elif not (heeds and count > 1):
        is_all(found, range(count))
    assert found.requests <= MORE


# --- markers that are always there ---------------------------------------------------------


@dataclass(frozen=True)
class AlwaysLed:
    """A list whose answers lead on whatever is there, by what they were asked and ``stride``.

    ``led_to``: more is only said before this position, though rows may be hidden; ``window``: what
    is asked for beyond it is refused.
    """

    style: str
    count: int
    by_page: bool = False
    hidden: frozenset[int] = frozenset()
    led_to: int = 10**9
    window: int = 10**9
    spelt: str = "{}"

    def __call__(self, request: Request) -> Answer:
        """The answer to one request."""
        size = request.number("limit", request.number("size", 20))
        told_at = request.param("at") or request.param("cursor") or request.param(self.position)
        at = int((told_at or "0").strip("p-")) if told_at else int(self.by_page)
        start = (at - 1) * size if self.by_page else at
        if start > self.window:
            return told({"message": "too far"}, 400)
        following: Json = self.spelt.format(at + (1 if self.by_page else size))
        link = f"/things?at={following}&limit={size}"
        if self.style in {"next_link", "header_link"}:
            following = link
        elif self.spelt == "{}":
            following = int(cast("str", following))
        stop = min(self.count, start + size)
        start = stop if start < 0 else start
        given = [
            row for row in rows(start, stop) if cast("dict[str, int]", row)["id"] not in self.hidden
        ]
        if start + size >= self.led_to:
            return told({"items": given, "next": None})
        if self.style == "header_link":
            return told({"items": given}, 200, {"Link": f'<{link}>; rel="next"'})
        return told({"items": given, "next": following})

    @property
    def position(self) -> str:
        """The parameter of the position."""
        return "page" if self.style == "page" else "offset"


@pytest.mark.parametrize("count", [0, 7, 20, 40, 70])
@pytest.mark.parametrize("window", [10**9, 2_000])
@pytest.mark.parametrize(
    ("style", "by_page", "spelt"),
    [
        ("next_link", False, "{}"),
        ("next_link", True, "{}"),
        ("header_link", True, "{}"),
        ("cursor", False, "{}"),
        ("cursor", True, "p-{}"),
        ("offset", False, "{}"),
        ("page", True, "{}"),
    ],
)
async def test_a_marker_that_is_always_there(
    style: str, spelt: str, count: int, window: int, *, by_page: bool
) -> None:
    """What leads on far beyond the list as well says nothing: the second empty page is the end."""
    api = AlwaysLed(style, count, by_page, spelt=spelt, window=window)

    is_all(await outcome(api, paging(style, 20)), list(range(count)))


async def test_a_marker_that_is_always_there_costs_no_child_a_page() -> None:
    """Once it is known to say nothing, lists end as those without any marker."""
    async with FaultApi() as server:
        server.serve("/parents", lambda _: told(rows(0, 80)))
        server.serve("/parents/{}/things", AlwaysLed("offset", 3))
        found = await read(
            server, paging("offset", 20), kind="/parents/{parent}/things",
            parent=Endpoint("/parents", pagination=PaginationSettings(type_is_own=True)),
        )  # fmt: skip

    assert found.message == ""
    assert len(found.ids) == 240
    assert found.requests < 240


@pytest.mark.parametrize("style", ["next_link", "header_link", "cursor", "offset"])
async def test_a_marker_over_a_long_stretch_of_hidden_rows(style: str) -> None:
    """It is there as long as there are rows: nothing is there far beyond them."""
    hidden = frozenset(range(20, 180))
    api = AlwaysLed(style, 200, hidden=hidden, led_to=200)

    found = await outcome(api, paging(style, 20))

    assert found.message == ""
    assert found.ids == [*range(20), *range(180, 200)]


async def test_a_number_beside_a_cursor_that_counts_answers() -> None:
    """A scan that gives no row for a while leads on by more than a position."""

    def things(request: Request) -> Answer:
        start, turn = map(int, (request.param("cursor") or "0-0").split("-"))
        stop = start if turn % 4 else min(start + 20, 70)
        end = stop == 70
        return told({"items": rows(start, stop), "next": None if end else f"{stop}-{turn + 1}"})

    is_all(await outcome(things, paging("cursor", 20)), list(range(70)))


# --- what empty pages say -------------------------------------------------------------------------

WHEN_EMPTY: dict[str, Callable[[int, bool], dict[str, Json]]] = {
    "a boolean": lambda given, _: {"has_data": given > 0},
    "a word": lambda given, _: {"message": "found" if given else "no results"},
    "a new word": lambda given, _: {} if given else {"note": "no results"},
    "a code": lambda given, _: {"rc": 0 if given else 204},
    "an error": lambda given, _: {} if given else {"error": "no results"},
    "no success": lambda given, _: {"success": given > 0},
}


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("around", WHEN_EMPTY.values(), ids=WHEN_EMPTY)
@pytest.mark.parametrize("count", [7, 20, 40, 70])
async def test_what_an_api_says_beyond_the_end_of_its_lists(
    style: str, around: Callable[[int, bool], dict[str, Json]], count: int
) -> None:
    """Where a request shows that nothing follows, whatever is answered there is an empty page."""
    found = await outcome(Api(style, count, around=around), paging(style, 20))

    is_all(found, list(range(count)))


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("name", ["a boolean", "a word", "a new word", "a code"])
@pytest.mark.parametrize("is_told", [True, False])
@pytest.mark.parametrize("sizes", [(25, 0, 40), (7, 0, 12), (0, 12, 0)], ids=str)
async def test_what_an_api_says_of_children_without_rows(
    style: str, name: str, sizes: tuple[int, ...], *, is_told: bool
) -> None:
    """What it says beyond the end of one list, it may say of a child that has none.

    A total ends a list before that: then it is asked for, once.
    """

    def things(request: Request) -> Answer:
        count = sizes[int(request.values[0])]
        total = {"total": count} if is_told else {}
        around = WHEN_EMPTY[name]
        return Api(style, count, around=lambda given, more: around(given, more) | total)(request)

    found = await children(things, paging(style, 20))

    assert found.message == ""
    assert len(found.ids) == sum(sizes)


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("name", WHEN_EMPTY)
async def test_another_word_of_a_child_without_rows(style: str, name: str) -> None:
    """One that says something else than what is said beyond the end of a list is no page."""

    def things(request: Request) -> Answer:
        if request.values[0] == "1":
            return told({"items": [], "error": "busy", "message": "busy", "rc": 17})
        return Api(style, 25, around=WHEN_EMPTY[name])(request)

    found = await children(things, paging(style, 20))

    assert "busy" in found.message


FOR_PEOPLE: dict[str, Callable[[int], dict[str, Json]]] = {
    # https://documentation.wazuh.com/current/user-manual/api/reference.html
    "a count of none": lambda given: {
        "message": "All selected agents were returned" if given else "No agent was returned",
        "counts": {"total_affected_items": given, "total_failed_items": 0},
    },
    "a new sentence, and a count of none": lambda given: {
        "found": given, **({} if given else {"message": "No agent was found"})
    },
    "a code": lambda given: {"rtcode": 0, "msg": "fine" if given else "nothing found"},
    "success": lambda given: {"success": True, "text": "查询成功" if given else "暂无数据"},
    "null beside a count of none": lambda given: {
        "note": "all is well" if given else "no results found",
        "found": given, **({} if given else {"items": None}),
    },
}  # fmt: skip


@pytest.mark.parametrize("style", ["none", "cursor", "next_link", "offset", "page"])
@pytest.mark.parametrize("name", FOR_PEOPLE)
@pytest.mark.parametrize("sizes", [(3, 0, 5), (0, 7, 2), (0, 4, 0)], ids=str)
async def test_another_sentence_beside_a_list_of_nothing(
    style: str, name: str, sizes: tuple[int, ...]
) -> None:
    """What is for machines says that all is well, or counts none, and it is said each time."""

    def things(request: Request) -> Answer:
        at = int(request.values[0])
        api = Api("plain" if style == "none" else style, sizes[at], end="null")
        body = json.loads(api(request).body)
        words = FOR_PEOPLE[name](len(body["items"]))
        if "msg" in words:
            words["msg"] = f"{words['msg']} for {request.values[0]}"
        return told(body | words)

    found = await children(things, paging(style, 20) if style != "none" else PaginationSettings())

    assert found.message == ""
    assert len(found.ids) == sum(sizes)


WELL: dict[str, Json] = {"said": "all is well", "code": 0, "status": "fine", "found": 3, "lost": 0}
BUSY: dict[str, Json] = {"items": [], "said": "try again later"}
FAILED: dict[str, tuple[list[str], dict[str, Json]]] = {
    "a new sentence": (["status"], {"status": "fine"}),
    "the word of a status": (["said", "code", "status"], {"code": 0, "status": "not so well"}),
    "nothing for machines": (["said", "found"], {"found": 3}),
    "another code": (["said", "code", "status"], {"code": 7, "status": "fine"}),
    "more of something": (["said", "code", "found", "lost"], {"code": 0, "found": 0, "lost": 2}),
    "null": (["said", "code", "status"], {"items": None, "code": 0, "status": "fine"}),
}


@pytest.mark.parametrize(("usual", "words"), FAILED.values(), ids=FAILED)
async def test_another_sentence_that_nothing_bears_out(
    usual: list[str], words: dict[str, Json]
) -> None:
    """An error under 200 of one child, which lasts."""

    def things(request: Request) -> Answer:
        if later_child(request):
            return told(BUSY | words)
        return told({"items": rows(0, 3), **{key: WELL[key] for key in usual}})

    found = await children(things, PaginationSettings())

    assert "no empty page" in found.message


@pytest.mark.parametrize(
    ("inside", "is_page"),
    [
        ([{"type": "ERROR", "text": "search process died"}], False),
        (["sign in again"], False),
        ([{"id": 3, "state": "failed"}], False),
        ([{"type": "INFO", "text": "nothing was found"}], True),
        ([{"id": 3, "name": "of another kind"}], True),
    ],
    ids=str,
)
@pytest.mark.parametrize("usual", [[], None], ids=str)
async def test_another_list_that_is_filled_beside_an_empty_one(
    usual: Json,
    inside: Json,
    is_page: bool,  # noqa: FBT001 (a parameter)
) -> None:
    """Splunk tells its errors in ``messages``, which is empty around each page with rows."""

    def things(request: Request) -> Answer:
        if later_child(request):
            return told({"notes": inside, "items": []})
        return told({"notes": usual, "items": rows(0, 3)})

    found = await children(things, PaginationSettings())

    assert ("no empty page" not in found.message) is is_page
    assert len(found.ids) == 6


@pytest.mark.parametrize("times", [1, 2])
async def test_another_sentence_that_passes(times: int) -> None:
    """It is asked for until the others have rows again: then this child has some, too."""
    well = told({"items": rows(0, 3), **WELL})
    api = once(always(told(WELL | BUSY | {"found": 0})), always(well), later_child, times)

    found = await children(api, PaginationSettings())

    assert found.error is not None or len(found.ids) == 9


def later_child(request: Request) -> bool:
    """Whether a request is for the second child."""
    return request.values[0] == "1"


@pytest.mark.parametrize("path", [None, "recordsFiltered"])
@pytest.mark.parametrize("count", [1, 5])
async def test_a_total_of_more_than_the_list(count: int, path: str | None) -> None:
    """DataTables counts the whole table first: the error names the setting that mends it.

    A number that is five beside four rows as well counts the list.
    """
    totals: dict[str, Json] = {"recordsTotal": 5000, "recordsFiltered": count}
    found = await outcome(
        Api("offset", count, around=steady(totals)), paging("offset", 5, total_path=path)
    )

    if path or count > 1:
        is_all(found, range(count))
        assert found.requests <= (3 if path else 14)
    else:
        assert "or set totalPath" in found.message


@pytest.mark.parametrize("hidden", [range(10), range(50)], ids=["the first page", "all"])
@pytest.mark.parametrize("style", COUNTED)
async def test_an_empty_first_page_beside_what_may_be_a_total(style: str, hidden: range) -> None:
    """The next page is asked for: its rows are there, or all may well be hidden."""
    api = Api(
        style,
        50,
        hidden=frozenset(hidden),
        around=steady({"total_widgets": 50}),
        list_of=lambda given: {"widgets": given},
    )

    found = await outcome(api, paging(style, 10), data_path=".widgets")

    is_all(found, [at for at in range(50) if at not in hidden])
    assert found.requests <= 5 + MORE


@pytest.mark.parametrize("each", [1, 2, 3, 9])
@pytest.mark.parametrize("count", [10, 19, 20, 21, 38, 41, 60])
@pytest.mark.parametrize("has_size", [True, False], ids=["size", "no size"])
async def test_a_cursor_that_is_a_time(count: int, each: int, has_size: bool) -> None:  # noqa: FBT001 (a parameter)
    """It is included, and several rows share it: the last ones come again, and lead to themselves.

    https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api/
    """

    def api(request: Request) -> Answer:
        start = request.number("since", 0) * each
        given = rows(start, min(count, start + request.number("limit", 20)))
        last = given[-1] if given else {}
        assert isinstance(last, dict)
        return told({"items": given, "until": cast("int", last["id"]) // each})

    size = {} if has_size else {"size_param": None}
    settings = paging("cursor", 20, pagination_param="since", cursor_path="until", **size)

    is_all(await outcome(api, settings), range(count))


async def test_a_cursor_that_more_rows_share_than_a_page_holds() -> None:
    """The rest of them cannot be reached: an error."""

    def api(request: Request) -> Answer:
        start = 15 if request.number("since", 0) else 0
        return told({"items": rows(start, start + 20), "until": 1})

    settings = paging("cursor", 20, pagination_param="since", cursor_path="until")

    assert "came before in the same walk" in (await outcome(api, settings)).message


NO_CURSOR: tuple[Json, ...] = ("", "0", "null", "-1", None, 0, False, [], {})


@pytest.mark.parametrize("count", [0, 20, 25])
@pytest.mark.parametrize("path", [None, "meta.next_cursor"])
@pytest.mark.parametrize("nothing", NO_CURSOR, ids=repr)
async def test_what_stands_for_no_cursor(nothing: Json, path: str | None, count: int) -> None:
    """Some have a text, a number or an empty list there, at a known place or a configured one."""

    def api(request: Request) -> Answer:
        if request.param("cursor") == "null":
            return told({"error": "no number"}, 500)
        start = request.number("cursor", 0)
        stop = start + request.number("limit", 20)
        cursor = str(stop) if stop < count else nothing
        return told({"items": rows(start, min(count, stop)), "meta": {"next_cursor": cursor}})

    found = await outcome(api, paging("cursor", 20, cursor_path=path))

    is_all(found, range(count))


@pytest.mark.parametrize(("pages", "is_short"), [(3, False), (4, True), (9, True)])
async def test_pages_that_are_told_and_never_came(pages: int, is_short: bool) -> None:  # noqa: FBT001 (a parameter)
    """A total of pages alone that is not reached leaves the end in doubt, and fails nothing."""
    found = await outcome(
        Api("page", 60, around=steady({"total_pages": pages})), paging("page", 20)
    )

    is_all(found, list(range(60)))
    assert (Doubt.END in found.doubts) is is_short


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("count", [7, 10, 11, 15])
async def test_an_identifier_that_comes_round_with_the_pages(style: str, count: int) -> None:
    """Rows of several days make one entity: their own ids show that a page is another one."""

    def by_service(given: Json) -> Json:
        rows = cast("list[dict[str, int]]", given)
        return {"items": [row | {"service": f"s{row['id'] % 5}"} for row in rows]}

    api = Api(style, count, list_of=by_service, end="null")

    is_all(await outcome(api, paging(style, 5), identifier=".service"), api.visible)


@pytest.mark.parametrize("empty", ["0", "1", "2"])
async def test_a_mistyped_path_beside_a_child_without_rows(empty: str) -> None:
    """A total of 0 without the list that was looked for says nothing of the other children."""

    def things(request: Request) -> Answer:
        rows: list[Json] = [] if request.values[0] == empty else [{"id": 1}, {"id": 2}]
        return told({"hits": rows} if rows else {"total": 0})

    found = await children(things, PaginationSettings(), ".hit")

    assert "data_path '.hit'" in found.message
    assert "hits" in found.message


@pytest.mark.parametrize(("style", "requests"), [("offset", 5), ("page", 6)])
async def test_no_page_is_asked_for_twice_behind_a_limit(style: str, requests: int) -> None:
    """Pages that are asked for ahead are those that the walk comes to; one request is for doubt."""
    found = await outcome(Api(style, cap=20, around=steady({"total": ROWS})), paging(style))

    is_all(found)
    assert found.requests == requests


@pytest.mark.parametrize(("style", "name"), [("cursor", "cursor"), ("next_link", "at")])
async def test_a_cursor_that_is_repeated_beside_an_empty_page(style: str, name: str) -> None:
    """It is null where none was sent: on the only page with rows."""
    api = Api(style, 1, end="late")

    def repeating(request: Request) -> Answer:
        return beside(api(request), {"query": {"seit": request.param(name)}})

    is_all(await outcome(repeating, paging(style, 1)), [0])


async def test_a_cursor_that_an_error_names() -> None:
    """It contradicts where null stood beside rows that the same parameter had brought."""
    api = Api("cursor", 40)

    def refusing(request: Request) -> Answer:
        answer, cursor = api(request), request.param("cursor")
        said = {"items": [], "unknown": cursor} if cursor == "c30" else {"unknown": None}
        return beside(answer, said)

    found = await outcome(refusing, paging("cursor", 10))

    assert found.error is not None


def beside(answer: Answer, words: dict[str, Json]) -> Answer:
    """An answer with more around its list."""
    return replace(answer, body=json.dumps(json.loads(answer.body) | words).encode())


@pytest.mark.parametrize("style", LED)
async def test_hidden_rows_where_pages_are_longer_than_asked_for(style: str) -> None:
    """A last page as long as asked for is no full one where others are longer."""
    total = steady({"total": 10})
    api = Api(style, 10, cap=8, heeds_size=False, hidden=frozenset({5, 8}), around=total)

    is_all(await outcome(api, paging(style, 1)), api.visible)


# --- hidden rows, and what positions count --------------------------------------------------------


def behind(style: str, count: int, *hidden: int, total: bool = True, **more: Any) -> Api:  # noqa: ANN401 (as an Api takes it)
    """A list of which rows are hidden, beside a total of all of them."""
    words = steady({"total": count} if total else {})
    return Api(style, count, hidden=frozenset(hidden), around=words, **more)


_FIRST_PAGES = {
    "a short page is no limit": (behind("offset", 4, 1, 2, cap=3, heeds_size=False), 4),
    "nor behind a longer one": (behind("offset", 6, 0, 1, total=False), 3),
    "a page as long as asked": (
        behind("offset", 18, 6, 7, 9, 10, 15, 16, 17, cap=6, heeds_size=False),
        2,
    ),
    "a page that reaches farther": (
        behind("offset", 16, 0, 2, 3, 4, 5, 6, 8, cap=5, heeds_size=False),
        2,
    ),
    "all rows of a short list": (behind("offset", 8, 0, 1, 3, 4, 5, 6, 7), 8),
    "its first rows on page 2 of less": (behind("page", 15, 0, 1, total=False), 5),
    "most rows of page 1": (behind("page", 1000, *range(1, 99)), 100),
    "most rows from offset 0": (behind("offset", 250, *range(1, 100)), 100),
}


@pytest.mark.parametrize(("api", "size"), _FIRST_PAGES.values(), ids=_FIRST_PAGES)
async def test_what_a_first_page_with_hidden_rows_shows(api: Api, size: int) -> None:
    """How far it reaches is learnt from rows that come again, and no limit is taken for granted."""
    found = await outcome(api, paging(api.style, size))

    is_all(found, api.visible)
    assert found.requests <= 3 * api.count // size + 3 * MORE


async def test_a_number_of_pages_is_one_of_the_size_asked_for() -> None:
    """Where a first page of 14 is taken for a limit, more of them are told."""

    def api(request: Request) -> Answer:
        pages = -(-40 // request.number("size", 20))
        return replace(listed, around=steady({"total_pages": pages}))(request)

    listed = behind("page", 40, *range(14, 20))
    is_all(await outcome(api, paging("page", 20)), listed.visible)


async def test_hidden_rows_behind_a_limit_that_is_no_size() -> None:
    """The size is not heeded: pages that begin near one another have the same rows."""
    hidden = frozenset({1, 2, 3, *range(5, 12), 15})
    around = steady({"total": 16})
    api = Api("offset", 16, cap=2, heeds_size=False, hidden=hidden, around=around)

    is_all(await outcome(api, paging("offset", 6)), api.visible)


@pytest.mark.parametrize("gap", [9, 37])
async def test_a_page_reaches_as_far_as_its_rows_come_again(gap: int) -> None:
    """A first page with few rows is no measure of the others."""
    hidden = frozenset({*range(2, 2 + gap), *range(60, 400)})
    api = Api("offset", 400, hidden=hidden, around=steady({"total": 400}))

    found = await outcome(api, paging("offset", 40))

    is_all(found, api.visible)
    assert found.requests < 40


@pytest.mark.parametrize("several", [True, False])
async def test_hidden_rows_that_lists_explain_as_well(several: bool) -> None:  # noqa: FBT001 (a parameter)
    """Rows come again as others are hidden: neither a limit nor what is paged is learnt of it."""
    api = Api("offset", 11, hidden=frozenset({1, 2, 4, 6, 7, 10}), around=steady({"total": 11}))
    api = replace(api, list_of=halves) if several else api
    path = ".halves[].items" if several else ".items"

    is_all(await outcome(api, paging("offset", 5), data_path=path), api.visible)


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize(("size", "visible"), [(6, {5, 8}), (2, {1, 3}), (4, {1, 5, 8}), (4, {2})])
async def test_one_row_on_each_page_beside_a_total(
    start: int, size: int, visible: set[int]
) -> None:
    """The others are hidden: that is no limit of one row."""
    hidden = frozenset(range(12)) - visible
    around = steady({"total": 12})
    api = Api("page", 12, start_page=start, hidden=hidden, around=around)

    is_all(await outcome(api, paging("page", size, start_page=start)), api.visible)


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("told_of", ["outer", "all", ""])
@pytest.mark.parametrize("sizes", [(5, 5, 5), (9, 2, 9, 1, 4, 9)], ids=str)
@pytest.mark.parametrize(("size", "cap"), [(1, 9), (4, 1), (2, 9)])
async def test_outer_lists_are_paged(
    style: str, told_of: str, sizes: tuple[int, ...], size: int, cap: int
) -> None:
    """One at a time, too: none is passed over where positions count them."""
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    total = {"outer": len(sizes), "all": sum(sizes)}.get(told_of)

    def teams(given: Json) -> Json:
        assert isinstance(given, list)
        numbers = [cast("dict[str, int]", row)["id"] for row in given]
        lists = [rows(starts[number], starts[number] + sizes[number]) for number in numbers]
        return {"teams": [{"items": one} for one in lists]}

    around = steady({"total": total} if total else {})
    api = Api(style, len(sizes), cap=cap, around=around, list_of=teams)

    found = await outcome(api, paging(style, size), data_path=".teams[].items")

    is_all_or_error(found, list(range(sum(sizes))))


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("size", [20, 15])
async def test_rows_that_share_their_id_with_others(style: str, size: int) -> None:
    """Members of two groups, each with the id of a person: none is one of the page before."""
    people = [*((at, "a") for at in range(20)), *((at, "b") for at in range(5))]

    def api(request: Request) -> Answer:
        start, limit = Api(style, len(people)).window(request)
        given = people[max(start, 0) : start + limit] if start >= 0 else []
        return told({"items": [{"id": at, "key": f"{at}{group}"} for at, group in given]})

    found = await outcome(api, paging(style, size), key="key")

    is_all(found, [f"{at}{group}" for at, group in people])


@pytest.mark.parametrize("style", ["none", *STYLES])
@pytest.mark.parametrize("count", [0, 3, 7, 20, 40])
@pytest.mark.parametrize(
    "beside",
    [
        {"summary": {"total": 7}},
        {"summary": {"total": 1000}},
        {"cost": {"total": 90, "currency": "EUR"}},
        {"summary": {"total": 90, "count": 80, "open": 10}},
        {"extra": {"usage": {"total": 90, "open": 10}}},
    ],
    ids=str,
)
async def test_a_total_of_something_else_in_an_object_of_its_own(
    beside: dict[str, Json], count: int, style: str
) -> None:
    """With no number of pages beside it, it may be any sum."""
    is_whole = style == "none"
    api = Api("plain" if is_whole else style, count, around=steady(beside))

    found = await outcome(api, paging(style, 20))

    is_all(found, range(count))
    assert found.requests <= count // 20 + 1 + MORE


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("count", [21, 38, 40, 60])
@pytest.mark.parametrize("key", ["id", "name"])
@pytest.mark.parametrize("named", ["total", "total_pages", "count"])
async def test_a_position_that_is_not_heeded_beside_a_total(
    named: str, key: str, count: int, style: str
) -> None:
    """20 of 100 asked for, and the same again for every position: never fewer rows in silence."""
    told_of = -(-count // 20) if named == "total_pages" else count

    def api(_: Request) -> Answer:
        given: list[Json] = [{key: f"n{at}"} for at in range(20)]
        return told({"items": given, named: told_of})

    found = await outcome(api, paging(style), key=key)

    assert f"does not heed {'offset' if style == 'offset' else 'page'!r}" in found.message


@pytest.mark.parametrize("style", COUNTED)
@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("count", [2, 22])
async def test_a_refusal_behind_a_limit_of_one_row_that_passes(
    style: str, status: int, count: int
) -> None:
    """It looks as if one row were all: what is not there is looked for again."""
    refusal = always(told({"message": "busy"}, status))

    found = await outcome(once(refusal, Api(style, count, cap=1), later), paging(style, 6))

    if Doubt.END not in found.doubts:
        is_all(found, list(range(count)))


@pytest.mark.parametrize("style", COUNTED)
async def test_a_refusal_behind_a_limit_of_one_row_that_lasts(style: str) -> None:
    """The row after the one that is refused shows that the list is not over."""
    refusal = always(told({"message": "busy"}, 400))
    second = once(
        refusal, Api(style, 22, cap=1), lambda r: "2" in (r.param("page"), r.param("at")), ALWAYS
    )
    by_offset = once(refusal, Api(style, 22, cap=1), lambda r: r.number("offset", 0) == 1, ALWAYS)

    found = await outcome(second if style == "page" else by_offset, paging(style, 6))

    assert found.error is not None


@pytest.mark.parametrize(("cap", "refusal"), [(50, 400), (50, 404), (100, 404), (2, 400)])
async def test_every_position_but_the_first_is_refused(cap: int, refusal: int) -> None:
    """Within the rows at hand, too: that is no end. A refusal between pages may well be one."""
    refused = always(told({"message": "busy"}, refusal))
    all_refused = once(
        refused, Api("offset", 120, cap=cap), lambda r: r.param("offset") != "0", ALWAYS
    )
    whole = Api("offset", cap, cap=cap, refuses=refusal)

    def between(request: Request) -> bool:
        return bool(request.number("offset", 0) % min(request.number("limit", 0), cap))

    assert "not where 'offset' says" in (await outcome(all_refused, paging("offset"))).message
    is_all(await outcome(once(refused, whole, between, ALWAYS), paging("offset")), [*range(cap)])


@pytest.mark.parametrize(("word", "is_error"), [("has_more_items", False), ("is_open", True)])
async def test_a_first_page_just_as_long_as_asked_that_denies_more(
    word: str, *, is_error: bool
) -> None:
    """Where no size is heeded and no cursor was seen, a false that asks for more tells the end."""
    around = {"size": 20, word: False}
    api = Api("cursor", 20, cap=20, heeds_size=False, around=lambda _rows, _more: {"page": around})

    found = await outcome(api, paging("cursor", 20))

    assert (found.error is not None) is is_error, found.message
    assert found.ids == list(range(20))


@pytest.mark.parametrize("count", [3, 6])
async def test_an_outer_list_without_rows_behind_a_limit_of_one(count: int) -> None:
    """It is another one than that before it: the list is not over."""

    def teams(given: Json) -> Json:
        numbers = [cast("dict[str, int]", row)["id"] for row in cast("list[Json]", given)]
        return {"teams": [{"id": f"t{n}", "items": rows(n, n + 1 - n % 2)} for n in numbers]}

    api = Api("offset", count, cap=1, list_of=teams)

    found = await outcome(api, paging("offset", 6), data_path=".teams[].items")

    is_all_or_error(found, list(range(0, count, 2)))


async def test_several_lists_that_say_the_same_beyond_their_ends() -> None:
    """What two of them say at their ends, a third says in its midst: each of a few is asked."""
    sizes = {"0": 3, "1": 3, "2": 10}

    def things(request: Request) -> Answer:
        answer = Api("offset", sizes[str(request.values[0])])(request)
        is_over = request.number("offset", 0) >= 3
        return told({"items": [], "state": "done"}) if is_over else beside(answer, {"state": "ok"})

    found = await children(things, paging("offset", 3))

    assert found.error is not None, found.ids


async def test_the_rows_of_a_first_page_come_again_by_a_smaller_size() -> None:
    """Where rows are hidden, that is no page beyond the end of the list."""
    hidden: dict[str, set[int]] = {"0": {2, 5}, "1": {0, 1, 2, 3}, "2": set()}
    around = steady({"total": 6})

    def things(request: Request) -> Answer:
        gone = frozenset(hidden[str(request.values[0])])
        return Api("page", 6, hidden=gone, list_of=boards, around=around)(request)

    found = await children(things, paging("page", 6), NESTED)

    assert found.message == ""
    assert sorted(found.ids, key=str) == [0, 0, 1, 1, 2, 3, 3, 4, 4, 4, 5, 5]


@pytest.mark.parametrize(
    ("style", "setting", "marker"),
    [("cursor", "cursor_path", "weiter"), ("next_link", "next_link_path", "next")],
)
async def test_an_object_of_nothing_at_a_configured_path(
    style: str, setting: str, marker: str
) -> None:
    """It is the end, as it is under a known name."""
    api = Api(style, 30, end="hollow", marker=marker)

    is_all(await outcome(api, paging(style, 20, **{setting: marker})), list(range(30)))


@pytest.mark.parametrize("around", [{}, {"has_more": True}, {"total": 170}], ids=str)
@pytest.mark.parametrize("count", [40, 170, 1700])
async def test_an_offset_where_the_api_counts_short_pages(
    count: int, around: dict[str, Json]
) -> None:
    """Nothing stands where the last row of the first page should: that is no end of a list."""
    api = Api("page", count, cap=30, start_page=0, around=steady(around))
    settings = paging("offset", pagination_param="page", size_param="size")

    found = await outcome(api, settings)

    assert "does not count what paginationType 'offset' takes it for" in found.message


async def test_a_last_row_that_is_not_there_once() -> None:
    """Other rows of the first page are where an offset that counts rows has them."""
    api = Api("offset", 40, cap=30)
    nothing = once(always(told({"items": []})), api, lambda r: r.number("offset", 0) == 29)

    is_all(await outcome(nothing, paging("offset")), range(40))


@pytest.mark.parametrize("heeds_size", [True, False])
@pytest.mark.parametrize("count", [30, 31, 170])
async def test_a_page_0_that_is_page_1(count: int, *, heeds_size: bool) -> None:
    """Pages count from one, and 0 is taken for that: the page after both tells."""

    def api(request: Request) -> Answer:
        number = max(request.number("page", 1), 1)
        size = request.number("size", 30) if heeds_size else 30
        return one(replace(request, query=(("page", str(number)), ("size", str(size)))))

    one = Api("page", count, cap=30)
    found = await outcome(api, paging("page", start_page=0))

    if count == len(found.ids):
        is_all(found, range(count))
    else:
        assert "does not heed 'page'" in found.message


@pytest.mark.parametrize("style", ["next_link", "header_link"])
async def test_a_link_that_is_missing_once_where_no_size_is_sent(style: str) -> None:
    """Where none was seen at all the end is in doubt, and looked at before anything is deleted."""
    api = Api(style, 17, cap=5)
    cut = once(lambda r: without(replace(api(r), headers=()), "next"), api, lambda _: True)

    found = await outcome(cut, paging(style, size_param=None))

    assert len(found.ids) == 5
    assert Doubt.END in found.doubts


@pytest.mark.parametrize("around", [{}, {"total": True}], ids=str)
@pytest.mark.parametrize("is_child", [True, False])
@pytest.mark.parametrize("count", [49, 50, 51, 99, 100, 101, 150, 170])
async def test_an_offset_of_0_that_is_taken_for_1(
    count: int, around: dict[str, Json], *, is_child: bool
) -> None:
    """As SCIM does, by a server that gives fewer rows than asked for: no row is passed over."""

    def api(request: Request) -> Answer:
        at = max(request.number("offset", 1), 1) - 1
        size = str(request.number("limit", 50))
        return one(replace(request, query=(("offset", str(at)), ("limit", size))))

    one = Api("offset", count, cap=50, around=steady({"total": count} if around else {}))
    found = await (children if is_child else outcome)(api, paging("offset"))

    is_all(found, [*range(count)] * (3 if is_child else 1))
    assert found.requests <= (1 + count // 50 + MORE) * (3 if is_child else 1)


@pytest.mark.parametrize("hidden", [{0, 30, 31}, {0, 25, 30, 61}, {0, 1, 2, 28, 30}], ids=str)
async def test_a_hidden_row_at_position_0(hidden: set[int]) -> None:
    """The page from position 1 on is the same then, too: no other row is passed over."""
    api = Api("offset", 100, cap=30, hidden=frozenset(hidden), around=steady({"total": 100}))

    is_all(await outcome(api, paging("offset")), api.visible)


@pytest.mark.parametrize("style", ["offset", "cursor"])
@pytest.mark.parametrize("data_path", [".entry[].resource", ".entry[]?.resource"])
async def test_a_list_that_a_program_goes_through_is_left_out_where_it_is_empty(
    style: str, data_path: str
) -> None:
    """As FHIR leaves out the ``entry`` of a Bundle of nothing: by children, and past the end."""

    def bundle(given: Json) -> Json:
        assert isinstance(given, list)
        return {"entry": [{"resource": row} for row in given]} if given else {}

    def api(request: Request) -> Answer:
        return replace(one, count=9 if request.values[0] == "0" else 0)(request)

    one = Api(style, list_of=bundle, end="late")
    found = await children(api, paging(style, 3), data_path)
    mistyped = await children(api, paging(style, 3), data_path.replace("entry", "entries"))
    broken = once(always(told({"flarp": "sign in"})), api, later_child, ALWAYS)

    is_all(found, range(9))
    assert mistyped.error is not None
    assert (await children(broken, paging(style, 3), data_path)).error is not None


@pytest.mark.parametrize("is_told", [True, False])
@pytest.mark.parametrize(
    ("first", "others"),
    [
        pytest.param((4, {0}), (6, set[int]()), id="full first pages"),
        pytest.param((16, {0, 5}), (8, {2}), id="hidden rows"),
    ],
)
async def test_a_hidden_first_row_is_no_offset_from_one(
    first: tuple[int, set[int]], others: tuple[int, set[int]], *, is_told: bool
) -> None:
    """What one list seems to show passes over no row of others."""
    hidden = [first, *[others] * 30]
    lists = [
        Api(
            "offset",
            count,
            hidden=frozenset(not_given),
            around=steady({"total": count} if is_told else {}),
        )
        for count, not_given in hidden
    ]
    parent = Endpoint("/parents", data_path=".items", pagination=PaginationSettings())
    async with FaultApi() as server:
        server.serve("/parents", always(told({"items": rows(0, len(lists))})))
        for at, api in enumerate(lists):
            server.serve(f"/parents/{at}", api)
        found = await read(server, paging("offset", 5), kind="/parents/{parent}", parent=parent)

    is_all(found, sorted(number for api in lists for number in api.visible))


@pytest.mark.parametrize("count", [1, 2, 7, 20, 21])
@pytest.mark.parametrize("style", [*COUNTED, "cursor"])
@pytest.mark.parametrize("data_path", ["[.items] | flatten", "[.items] | flatten | map({id})"])
async def test_an_object_in_place_of_a_list_of_one(style: str, count: int, data_path: str) -> None:
    """A program takes either for rows: the object is one row, and none of its values is."""

    def listed(given: Json) -> Json:
        pairs = [{**one, "of": {"team": 1}, "tags": ["a", "b"]} for one in cast("Any", given)]
        return {"items": pairs[0] if len(pairs) == 1 else pairs}

    found = await outcome(Api(style, count, list_of=listed), paging(style, 20), data_path=data_path)

    is_all(found, list(range(count)))


@pytest.mark.parametrize("style", [*COUNTED, "header_link"])
@pytest.mark.parametrize("data_path", [".[].lines[]", "map_values(select(.on)) | .[]"])
async def test_rows_by_their_names_of_which_a_page_gives_no_item(
    style: str, data_path: str
) -> None:
    """Their names are no words around a list, and the page is as long as the API made it."""

    def named(given: Json) -> Json:
        ids = [one["id"] for one in cast("Any", given)]
        is_on = {number: not 20 <= number < 40 for number in ids}
        return {
            f"k{number}": {
                "id": number,
                "on": is_on[number],
                "lines": [{"id": number}] * is_on[number],
            }
            for number in ids
        }

    found = await outcome(Api(style, list_of=named), paging(style, 20), data_path=data_path)

    is_all(found, [*range(20), *range(40, 70)])


@pytest.mark.parametrize("count", [0, 1, 3, 4, 8, 11])
@pytest.mark.parametrize("others", [1, 2, 5])
@pytest.mark.parametrize("style", COUNTED)
async def test_a_section_beside_others_that_are_the_same_on_each_page(
    style: str, others: int, count: int
) -> None:
    """No position counts their rows, and the page that has nothing else is the end."""

    def sections(given: Json) -> Json:
        ads = [{"name": "ads", "rows": [{"id": f"ad{number}"} for number in range(others)]}]
        return [{"name": "main", "rows": given}, *ads]

    program = '.[] | select(.name == "main") | .rows[]'
    found = await outcome(Api(style, count, list_of=sections), paging(style, 4), data_path=program)

    is_all(found, list(range(count)))
    assert found.requests <= count + 6


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 45])
@pytest.mark.parametrize("is_search", [False, True])
@pytest.mark.parametrize("is_meant", [False, True])
@pytest.mark.parametrize("heeds", ["", "page", "skip"])
async def test_as_many_rows_as_the_own_query_asks_for(
    count: int, *, is_search: bool, is_meant: bool, heeds: str
) -> None:
    """One row more is asked for, or the next page: a list that has it is not taken for whole."""

    def things(request: Request) -> Answer:
        told_in_body = json.loads(request.body)["page"]["size"] if request.body else 0
        size = min(request.number("limit", told_in_body), 20 if heeds else count)
        pages = request.number("page", 1) - 1
        start = pages * size if heeds == "page" else request.number("skip", 0)
        return told({"items": rows(start, max(start, min(start + size, count)))})

    own = PaginationSettings(type_is_own=is_meant)
    async with FaultApi() as server:
        server.serve("/things", things)
        if is_search:
            found = await read(server, own, method="POST", body={"page": {"size": 20}})
        else:
            found = await read(server, own, kind="/things?limit=20")

    assert found.ids == list(range(min(count, 20)))
    assert found.requests <= (4 if count == 20 or heeds else 2)
    is_cut = count > 20 and not is_meant and not (heeds and is_search)
    assert ("the list has more than the 20 rows" in found.message) is is_cut
    assert is_cut or found.error is None


async def test_a_number_of_rows_that_asks_for_something_else() -> None:
    """Other rows for another number are no more rows of the same list."""

    def things(request: Request) -> Answer:
        first = 100 * request.number("team", 0)
        return told({"items": rows(first, first + request.number("team", 0))})

    async with FaultApi() as server:
        server.serve("/things", things)
        found = await read(server, PaginationSettings(), kind="/things?team=20")

    is_all(found, list(range(2000, 2020)))


@pytest.mark.parametrize("style", ["none", "next_link", "page", "offset"])
@pytest.mark.parametrize("count", [15, 20, 60])
@pytest.mark.parametrize(
    ("names", "first"),
    [(("page", "per_page"), 1), (("offset", "limit"), 0), (("startAt", "maxResults"), 0)],
)
async def test_a_page_that_tells_its_own_number_and_size(
    style: str, count: int, names: tuple[str, str], first: int
) -> None:
    """Where the settings do not page it, the position that it tells leads to a second page."""
    position, size = names

    def things(request: Request) -> Answer:
        at = request.number(position, first)
        start = (at - 1) * 20 if first else at
        rows: list[Json] = [{"id": number} for number in range(start, min(start + 20, count))]
        return told({position: at, size: 20, "items": rows})

    param = {"page": "number", "offset": "from_row"}.get(style)
    found = await outcome(things, paging(style, size_param=None, pagination_param=param))

    if count <= 20:
        is_all(found, list(range(count)))
        assert found.requests <= 12
    else:
        assert found.error is not None


@pytest.mark.parametrize("style", ["none", "page", "cursor"])
@pytest.mark.parametrize(
    "own",
    [
        {"status": "failed", "error": "Compilation failed"},
        {"success": False},
        {"previous": 6, "next": 8},
        {"pages": 12},
        {"total_count": 7, "limit": 100, "tags": ["a", "b"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("data_path", ["[.]", "[.build]"])
async def test_one_item_in_brackets(data_path: str, own: dict[str, Json], style: str) -> None:
    """As errors recommend it: what it holds is its own, and says nothing of pages or failures."""
    item: dict[str, Json] = {"id": 7, **own}

    async with FaultApi() as server:
        server.serve("/things", lambda _: told(item if data_path == "[.]" else {"build": item}))
        found = await read(server, paging(style), data_path)

    assert (found.ids, found.message, found.requests) == ([7], "", 1)


@pytest.mark.parametrize("style", ["cursor", "next_link"])
@pytest.mark.parametrize(("size", "over"), [(2, 1), (3, 1), (3, 2), (5, 1), (5, 2)])
@pytest.mark.parametrize("pages", [1, 2])
@pytest.mark.parametrize("status", [400, 404, 422])
async def test_a_marker_behind_few_rows_that_is_refused(
    style: str, pages: int, size: int, over: int, status: int
) -> None:
    """The page before the last one, for one row less, leads to that one's rows with room for more.

    Or both come as one page with room. Where more follow, the refusal is an error.
    """
    count = pages * size + over
    api = Api(style, count, end="late", refuses=status)
    full = Api(style, 40, end="late")

    def third(request: Request) -> bool:
        return f"c{2 * size}" in {request.param("cursor"), request.param("at")}

    cut = once(always(told({"message": "no"}, status)), full, third, ALWAYS)

    is_all(await outcome(api, paging(style, size)), list(range(count)))
    assert (await outcome(cut, paging(style, size))).error is not None


@pytest.mark.parametrize("style", ["cursor", "next_link"])
@pytest.mark.parametrize("status", [400, 404])
async def test_a_page_of_few_rows_in_the_middle_whose_marker_is_refused(
    style: str, status: int
) -> None:
    """Rows hidden on it, and where more could be seen: what follows there is asked for, too."""
    api = Api(style, 40, end="late", hidden=frozenset({12, 13, 14}))

    def fourth(request: Request) -> bool:
        return "c15" in {request.param("cursor"), request.param("at")}

    cut = once(always(told({"message": "no"}, status)), api, fourth, ALWAYS)

    assert (await outcome(cut, paging(style, 5))).error is not None
