"""Whole walks over APIs of every kind: each item exactly once, or an error.

The API is a function from a query to an answer. Most walks reach it without a socket, so
that thousands of combinations take seconds; some go over real loopback connections.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import Any, Literal, cast
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from errors import (
    BodyError,
    DoubtfulEndError,
    MappingError,
    OceanCustomError,
    PaginationError,
    Part,
    SourceError,
)
from pagination import PaginationSettings, PaginationType, make_paginator
from paging.extraction import Extractor
from paging.model import NO_SUCH_PAGE_AFTER_SHORT, PageRequest
from resync.completeness import Completeness
from resync.page_reader import Fetched
from resync.path_parameters import Endpoint, Parameter, Resource
from resync.session import Session
from settings import Settings
from tests.fault_api import Answer, FaultApi, Request, answer
from tests.literals import Json
from tests.reading import over_http

BASE = "http://api.test/v1"
COUNTED: tuple[Literal["offset", "page"], ...] = ("offset", "page")
LED: tuple[Literal["cursor", "next_link", "header_link"], ...] = (
    "cursor",
    "next_link",
    "header_link",
)
MOST_EMPTY = 20  # empty pages in a row that a walk takes for hidden rows
HANDFUL = 8  # requests more than the pages of a list take, to settle what is in doubt

Style = Literal["offset", "page", "cursor", "next_link", "header_link"]
Reply = tuple[Json, dict[str, str]]
Api = Callable[[str, Mapping[str, str]], Reply]


@dataclass(frozen=True)
class Collection:
    """A collection of ``size`` items behind an API that pages in one style.

    ``cap`` is the most rows it gives however many are asked for; ``lengths`` the uneven pages
    of APIs that lead from page to page; ``total`` what it tells, wherever ``tells`` says.
    """

    style: Style
    size: int
    cap: int | None = None
    start_page: int = 1
    lengths: tuple[int, ...] = ()
    total: int | None = None
    tells: Literal["total", "meta.total", "totalPages", "header"] = "total"
    more: Literal["has_more", "isLast", "next"] | None = None
    end: Literal["null", "omitted"] = "null"
    links: Literal["absolute", "relative", "path"] = "absolute"
    bare: bool = False

    def __call__(self, path: str, query: Mapping[str, str]) -> Reply:
        """The answer to one request."""
        start, stop, turn = self._slice(query)
        # Before the first page there is nothing.
        stop = stop if start >= 0 else start
        rows = [{"id": at + 1, "keep": at % 3 == 0} for at in range(start, min(stop, self.size))]
        body = self._totals() | self._told(is_last=stop >= self.size)
        headers: dict[str, str] = {}
        if self.tells == "header" and self.total is not None:
            headers["X-Total-Count"] = str(self.total)
        if self.style in LED:
            following = f"{stop}-{turn + 1}" if stop < self.size else None
            if following or self.end == "null":
                self._lead(path, following, body, headers)
        return (rows if self.bare else {"items": rows, **body}), headers

    def _slice(self, query: Mapping[str, str]) -> tuple[int, int, int]:
        """Where a page begins and ends, and how many came before it."""
        if self.style in LED:
            start, turn = (int(part) for part in query.get("cursor", "0-0").split("-"))
            return start, start + self.lengths[turn % len(self.lengths)], turn
        asked = int(query["limit" if self.style == "offset" else "size"])
        length = min(asked, self.cap or asked)
        if self.style == "offset":
            start = int(query.get("offset", 0))
        else:
            start = (int(query.get("page", self.start_page)) - self.start_page) * length
        return start, start + length, 0

    def _told(self, *, is_last: bool) -> dict[str, Json]:
        match self.more:
            case "has_more":
                return {"has_more": not is_last}
            case "isLast":
                return {"isLast": is_last}
            case "next":
                return {"meta": {"next": None if is_last else "more"}}
            case None:
                return {}

    def _totals(self) -> dict[str, Json]:
        match self.tells:
            case "total" | "totalPages" if self.total is not None:
                return {self.tells: self.total}
            case "meta.total" if self.total is not None:
                return {"pagination": {"total": self.total}}
            case _:
                return {}

    def _lead(
        self, path: str, following: str | None, body: dict[str, Json], headers: dict[str, str]
    ) -> None:
        prefix = {"absolute": f"{BASE}{path}", "relative": "", "path": f"/v1{path}"}[self.links]
        link = f"{prefix}?cursor={following}"
        match self.style:
            case "cursor":
                body["next_cursor"] = following
            case "next_link":
                body["next"] = link if following else None
            case _:
                headers["Link"] = f'<{link}>; rel="{"next" if following else "first"}"'


@dataclass
class Outcome:
    """What came of a walk."""

    ids: list[int] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    error: OceanCustomError | None = None
    requests: list[str] = field(default_factory=list)


class InProcess(httpx.AsyncBaseTransport):
    """Requests answered by a function in this process, later ones sooner, as networks do."""

    def __init__(self, api: Api, requests: list[str]) -> None:
        self._api = api
        self._requests = requests
        self.in_flight = self.most_in_flight = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self._requests.append(str(request.url))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        for _ in range(max(1, 20 - len(self._requests))):
            await asyncio.sleep(0)
        self.in_flight -= 1
        body, headers = self._api(
            request.url.path.removeprefix("/v1"), dict(request.url.params.items())
        )
        return httpx.Response(200, json=body, headers=headers)


def reaching(api: Api, requests: list[str]) -> Callable[[Settings], httpx.AsyncClient]:
    """How a client reaches a function in this process."""
    return lambda _: httpx.AsyncClient(transport=InProcess(api, requests), trust_env=False)


async def walked(
    pagination: PaginationSettings,
    http: Callable[[Settings], httpx.AsyncClient],
    *,
    base_url: str = BASE,
    data_path: str | None = ".items",
    max_pages: int = 1000,
) -> Outcome:
    """The outcome of extracting one resource."""
    outcome = Outcome()
    session = Session(
        Settings(base_url=httpx.URL(base_url), pagination=pagination, max_pages=max_pages),
        http=http,
    )
    endpoint = Endpoint("/things", data_path=data_path, pagination=pagination)
    try:
        async for batch in session.read(Resource("/things", endpoint)).batches():
            outcome.ids += [cast("int", item.get("id", -1)) for item in batch]
            outcome.batches.append(len(batch))
    except OceanCustomError as error:
        outcome.error = error
    finally:
        await session.aclose()
    return outcome


def walk(
    pagination: PaginationSettings,
    api: Api,
    *,
    data_path: str | None = ".items",
    max_pages: int = 1000,
) -> Outcome:
    """The outcome of a walk over an API in this process."""
    requests: list[str] = []
    http = reaching(api, requests)
    outcome = run(walked(pagination, http, data_path=data_path, max_pages=max_pages))
    outcome.requests = requests
    return outcome


def run[Result](coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end, on a loop of its own."""
    with asyncio.Runner() as runner:
        return runner.run(coroutine)


def ids(size: int) -> list[int]:
    """The ids of a collection."""
    return list(range(1, size + 1))


def paging(style: Style, page_size: int, **changes: Any) -> PaginationSettings:  # noqa: ANN401 — any setting
    """Settings for a style."""
    return PaginationSettings(type=style, page_size=page_size, **changes)


SIZES = st.integers(0, 40)
CAPS = st.none() | st.integers(1, 12)
PAGE_SIZES = st.integers(1, 12)
MORE: st.SearchStrategy[Any] = st.sampled_from(["has_more", "isLast", "next", None])
TELLS: st.SearchStrategy[Any] = st.sampled_from(["total", "meta.total", "totalPages", "header"])
FILTERS = st.sampled_from([".items", ".items[]", "[.items[] | select(.keep)]"])


@st.composite
def _counted(draw: st.DrawFn, page_size: int, *, honest: bool) -> Collection:
    """An API that pages by offset or page number, with or without signals."""
    api = Collection(
        style=draw(st.sampled_from(COUNTED)),
        size=draw(SIZES),
        cap=draw(CAPS),
        start_page=draw(st.sampled_from([0, 1])),
        tells=draw(TELLS),
        more=draw(MORE),
        bare=draw(st.booleans()),
    )
    if api.bare:
        api = replace(api, more=None, tells="header")
    if honest:
        length = min(page_size, api.cap or page_size)
        true = math.ceil(api.size / length) if api.tells == "totalPages" else api.size
        total = draw(st.sampled_from([None, true]))
    else:
        total = draw(st.integers(0, 60))
    return replace(api, total=total)


@st.composite
def _led(draw: st.DrawFn, page_size: int) -> Collection:
    """An API that leads from page to page, by cursor or link, over pages of uneven length."""
    lengths = draw(st.lists(st.integers(0, page_size), min_size=1, max_size=5))
    api = Collection(
        style=draw(st.sampled_from(LED)),
        size=draw(SIZES),
        lengths=tuple(lengths) if any(lengths) else (page_size,),
        more=draw(st.sampled_from(["has_more", "isLast", None])),
        end=draw(st.sampled_from(["null", "omitted"])),
        links=draw(st.sampled_from(["absolute", "relative", "path"])),
        tells=draw(st.sampled_from(["total", "header"])),
    )
    return replace(api, total=draw(st.sampled_from([None, api.size])))


def kept(numbers: list[int], data_path: str | None) -> list[int]:
    """The ids that a data_path leaves."""
    is_filtered = data_path is not None and "select" in data_path
    return [number for number in numbers if not is_filtered or number % 3 == 1]


# --- APIs that page -----------------------------------------------------------------------


@given(data=st.data(), page_size=PAGE_SIZES, data_path=FILTERS)
def test_counted_walks_over_honest_apis(
    data: st.DataObject, page_size: int, data_path: str
) -> None:
    """Every item comes exactly once and without an error, in a bounded number of requests.

    Also where a server gives fewer items than asked for, and says nothing of more.
    """
    api = data.draw(_counted(page_size, honest=True))
    path = None if api.bare else data_path

    outcome = walk(paging(api.style, page_size, start_page=api.start_page), api, data_path=path)

    assert outcome.error is None
    assert outcome.ids == kept(ids(api.size), path)
    pages = math.ceil(api.size / min(page_size, api.cap or page_size))
    assert len(outcome.requests) <= pages + HANDFUL


@given(data=st.data(), page_size=PAGE_SIZES)
def test_counted_walks_over_apis_whose_total_is_wrong(data: st.DataObject, page_size: int) -> None:
    """Whatever total an API tells, no item is missing or doubled without an error."""
    api = data.draw(_counted(page_size, honest=False))

    outcome = walk(
        paging(api.style, page_size, start_page=api.start_page),
        api,
        data_path=None if api.bare else ".items",
    )

    if outcome.error is None:
        assert outcome.ids == ids(api.size)
    else:
        # Told by a total that cannot be: the items are there all the same.
        assert isinstance(outcome.error, PaginationError)
        assert api.total is not None
        assert api.tells == "totalPages" or api.total != api.size
        assert outcome.ids == ids(len(outcome.ids))
    ahead = Settings(base_url=httpx.URL(BASE)).max_concurrent_requests
    assert len(outcome.requests) <= api.size + 2 + 2 * ahead + MOST_EMPTY


@given(data=st.data(), page_size=PAGE_SIZES, data_path=FILTERS)
def test_walks_over_apis_that_lead_on(data: st.DataObject, page_size: int, data_path: str) -> None:
    """By cursor or link, over uneven and empty pages: every item once, and one page at a time."""
    api = data.draw(_led(page_size))

    outcome = walk(paging(api.style, page_size), api, data_path=data_path)

    never_told = (
        api.style == "cursor" and api.end == "omitted" and api.more is None and api.total is None
    )
    if outcome.error:
        # A full page is all there is, nothing says so, and a smaller size is not heeded.
        assert isinstance(outcome.error, PaginationError)
        assert never_told
        assert api.lengths[0] == page_size == api.size
    else:
        assert outcome.ids == kept(ids(api.size), data_path)
    assert len(outcome.requests) <= len(set(outcome.requests)) + 3


@given(size=SIZES, page_size=PAGE_SIZES, length=st.integers(1, 12))
def test_walks_by_the_last_id(size: int, page_size: int, length: int) -> None:
    """In Stripe's style, where the last id is the cursor, every item comes exactly once."""

    def api(_: str, query: Mapping[str, str]) -> Reply:
        start = int(query.get("starting_after", "0"))
        stop = min(size, start + min(length, int(query["limit"])))
        rows = [{"id": number} for number in range(start + 1, stop + 1)]
        return {"items": rows, "has_more": stop < size}, {}

    outcome = walk(paging("cursor", page_size, pagination_param="starting_after"), api)

    assert outcome.error is None
    assert outcome.ids == ids(size)


@given(size=SIZES, page_size=PAGE_SIZES, style=st.sampled_from(COUNTED), cap=CAPS)
def test_walks_with_a_configured_path(
    size: int, page_size: int, style: Literal["offset", "page"], cap: int | None
) -> None:
    """With hasMorePath configured, any cap is walked to the end, in the pages there are.

    Page numbers cost one request more: whether there is a page 0. A first page that is not full
    costs another one: whether the server has a limit.
    """

    def api(path: str, query: Mapping[str, str]) -> Reply:
        collection = Collection(style, size, cap=cap, more="has_more")
        body, headers = collection(path, query)
        return {"result": {"things": body["items"], "again": body["has_more"]}}, headers

    outcome = walk(
        paging(style, page_size, has_more_path="result.again"), api, data_path=".result.things"
    )

    assert outcome.error is None
    assert outcome.ids == ids(size)
    pages = max(1, math.ceil(size / min(page_size, cap or page_size)))
    assert len(outcome.requests) <= pages + (style == "page") + 1


# --- endpoints that do not page ------------------------------------------------------------


@given(
    size=SIZES,
    page_size=PAGE_SIZES,
    style=st.sampled_from([*COUNTED, *LED]),
    envelope=st.fixed_dictionaries(
        {},
        optional={
            "has_more": st.just(value=False),
            "next": st.none(),
            "count": st.just("size"),
            "meta": st.sampled_from([None, [], {}, {"request_id": "x"}]),
        },
    ),
    bare=st.booleans(),
)
@example(size=10, page_size=10, style="page", envelope={}, bare=True)
@example(size=25, page_size=10, style="offset", envelope={}, bare=False)
def test_endpoints_that_ignore_paging(
    size: int, page_size: int, style: Style, envelope: dict[str, Json], *, bare: bool
) -> None:
    """A list that comes whole whatever is asked: every item once, or an error, never a loop."""
    rows = [{"id": number} for number in ids(size)]
    told = {key: size if value == "size" else value for key, value in envelope.items()}

    outcome = walk(
        paging(style, page_size),
        lambda _path, _query: (rows if bare else {"items": rows, **told}, {}),
        data_path=None if bare else ".items",
    )

    assert len(outcome.requests) <= HANDFUL
    if outcome.error is None:
        assert outcome.ids == ids(size)
    else:
        # Exactly pageSize items, and no size is heeded: a cursor that nobody found, perhaps.
        assert isinstance(outcome.error, PaginationError)
        assert size == page_size
        assert style == "cursor"


@pytest.mark.parametrize("style", [*COUNTED, *LED])
@pytest.mark.parametrize("size", [0, 1, 7, 25, 99, 101, 250])
def test_an_endpoint_without_paging_under_an_installation_wide_type(
    style: Style, size: int
) -> None:
    """A whole list is read once and without complaint, whatever its length."""
    rows = [{"id": number} for number in ids(size)]

    outcome = walk(paging(style, 100), lambda _path, _query: (rows, {}), data_path=None)

    assert outcome.error is None
    assert outcome.ids == ids(size)


@pytest.mark.parametrize("style", [*COUNTED, *LED])
def test_a_single_object_under_an_installation_wide_type(style: Style) -> None:
    """An object that happens to have fields named like signals is one item."""
    item = {"id": 1, "next": "/things/2", "has_more": True, "total": 99, "cursor": "x"}

    outcome = walk(paging(style, 100), lambda _path, _query: (item, {}), data_path=None)

    assert outcome.error is None
    assert outcome.ids == [1]
    assert len(outcome.requests) == 1


@given(size=SIZES, page_size=PAGE_SIZES, style=st.sampled_from(COUNTED), more=st.booleans())
def test_an_api_that_heeds_the_size_but_not_the_position(
    size: int, page_size: int, style: Literal["offset", "page"], *, more: bool
) -> None:
    """A misnamed paginationParam is an error as soon as there is more than a short page."""
    signals = {"has_more": size > page_size} if more else {}

    def api(_: str, query: Mapping[str, str]) -> Reply:
        asked = int(query["size" if style == "page" else "limit"])
        return {"items": rows_of(*ids(min(size, asked))), **signals}, {}

    outcome = walk(paging(style, page_size), api)

    assert outcome.ids == ids(min(size, page_size))
    if size > page_size or (size == page_size > 1 and not more):
        assert isinstance(outcome.error, PaginationError)
        assert "paginationParam" in str(outcome.error)
    elif size != page_size:
        assert outcome.error is None


# --- answers that are no page ---------------------------------------------------------------


@pytest.mark.parametrize(
    "envelope",
    [
        pytest.param({"has_more": True}, id="has_more"),
        pytest.param({"next": "/things?page=2"}, id="next"),
        pytest.param({"total": 25}, id="total"),
        pytest.param({"meta": {"totalCount": 25}}, id="nested total"),
        pytest.param({"has_more": False}, id="no more"),
        pytest.param({"next": None}, id="no next"),
        pytest.param({"total": 2}, id="the total of the list"),
        pytest.param({}, id="nothing else"),
    ],
)
@pytest.mark.parametrize("style", [*COUNTED, *LED])
def test_a_page_without_data_path(style: Style, envelope: dict[str, Json]) -> None:
    """A list in an envelope that nobody opened is an error, not one odd entity."""
    body = {"results": [{"id": 1}, {"id": 2}], **envelope}

    outcome = walk(paging(style, 10), lambda _path, _query: (body, {}), data_path=None)

    assert isinstance(outcome.error, PaginationError)
    assert "data_path" in str(outcome.error)
    assert "results" in str(outcome.error)
    assert outcome.ids == []


@pytest.mark.parametrize("data_path", [".meta", ".next", ".took", ".deep", ".deep.count"])
@pytest.mark.parametrize("style", ["none", *COUNTED, *LED])
def test_a_data_path_that_leads_beside_the_list(style: PaginationType, data_path: str) -> None:
    """A word, number or object of the envelope is no item, whatever the walk does after it."""
    rows = [{"id": 1}, {"id": 2}]
    body = {"deep": {"all": rows, "count": 2}, "meta": {"n": 1}, "next": "", "took": 3}

    outcome = walk(PaginationSettings(type=style), lambda _p, _q: (body, {}), data_path=data_path)

    assert isinstance(outcome.error, PaginationError)
    assert f"data_path '{data_path}'" in str(outcome.error)
    assert outcome.ids == []


@pytest.mark.parametrize("told", [{"info": {"total": 2}}, {"has_more": True}])
@pytest.mark.parametrize("data_path", [".errors", ".token"])
def test_a_data_path_that_leads_to_another_list(data_path: str, told: dict[str, Json]) -> None:
    """A list that is always empty is the wrong one, where another has the rows that are told."""
    body = {"errors": [], "token": None, "result": [{"id": 1}, {"id": 2}], **told}
    last = {**body, "result": [], "has_more": False}

    def api(_path: str, query: Mapping[str, str]) -> Reply:
        return (last if int(query.get("offset", 0)) > 2 else body), {}

    outcome = walk(paging("offset", 2), api, data_path=data_path)

    assert isinstance(outcome.error, MappingError)
    assert "leads to null or an empty list in every response" in str(outcome.error)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"hits": [], "total": 0, "facets": [{"name": "a"}]}, id="a total of 0"),
        pytest.param({"hits": [], "facets": [{"name": "a"}]}, id="no total"),
        pytest.param({"hits": [], "total": 3, "facets": [{"name": "a"}]}, id="hidden rows"),
        pytest.param({"hits": [], "total": 2, "words": ["a", "b"]}, id="words"),
    ],
)
def test_an_empty_list_beside_another_one(body: dict[str, Json]) -> None:
    """A search without results may well have lists of other things beside them."""
    outcome = walk(paging("page", 10), lambda _p, _q: (body, {}), data_path=".hits")

    assert outcome.error is None
    assert outcome.ids == []


GRAPHQL = {"data": {"viewer": {"teams": {"nodes": [{"id": 1}], "pageInfo": {"endCursor": None}}}}}
COUNTED_BESIDE = {
    "result": [{"id": 1}],
    "result_info": {"page": 1, "per_page": 5, "count": 1, "total_count": 1},
    "success": True,
    "errors": [],
}
MEMBERS = {"ok": True, "members": ["U1"], "response_metadata": {"next_cursor": ""}}


@pytest.mark.parametrize(
    ("data_path", "body"),
    [
        pytest.param(None, GRAPHQL, id="GraphQL"),
        pytest.param(".data", GRAPHQL, id="GraphQL's data"),
        pytest.param(".data.viewer.teams.pageInfo", GRAPHQL, id="GraphQL's pageInfo"),
        pytest.param(None, MEMBERS, id="Slack"),
        pytest.param(".ok", MEMBERS, id="Slack's ok"),
        pytest.param(None, COUNTED_BESIDE, id="Cloudflare"),
        pytest.param(".result_info", COUNTED_BESIDE, id="Cloudflare's result_info"),
        pytest.param("._links", {"results": [{"id": 1}], "_links": {"base": "x"}}, id="links"),
    ],
)
@pytest.mark.parametrize("style", ["none", *COUNTED, *LED])
def test_an_answer_that_was_not_opened(
    style: PaginationType, data_path: str | None, body: dict[str, Json]
) -> None:
    """Words of an envelope give away the list in it, as deep as GraphQL has it."""
    outcome = walk(PaginationSettings(type=style), lambda _p, _q: (body, {}), data_path=data_path)

    assert isinstance(outcome.error, PaginationError)
    assert "set data_path to the list" in str(outcome.error)


@pytest.mark.parametrize(
    ("data_path", "body"),
    [
        pytest.param(None, {"spec": {"a": [{"x": 1}], "b": [{"x": 1}]}}, id="a specification"),
        pytest.param(None, {"name": "x", "rules": [{"id": 1}], "at": 7}, id="a document"),
        pytest.param(None, {"rules": [{"id": 1}], "use": {"total": 9, "mine": 4}}, id="counts"),
        pytest.param(".team", {"team": {"id": 1}, "members": [{"id": 1}], "total": 9}, id="its id"),
        pytest.param("[.]", {"members": [{"id": 1}], "next": ""}, id="as the author wished"),
        pytest.param(".name", {"name": "x", "tags": ["a"]}, id="a word beside words"),
        pytest.param(".count", {"count": 3}, id="a number alone"),
    ],
)
@pytest.mark.parametrize("style", ["none", *COUNTED, *LED])
def test_one_item_that_is_no_page(
    style: PaginationType, data_path: str | None, body: dict[str, Json]
) -> None:
    """An object or scalar without a list of objects around it is one item, asked for once."""
    outcome = walk(PaginationSettings(type=style), lambda _p, _q: (body, {}), data_path=data_path)

    assert outcome.error is None
    assert len(outcome.ids) == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"error": "out of order"}, id="error"),
        pytest.param({"errors": [{"message": "out of order"}], "data": None}, id="GraphQL"),
        pytest.param({"ok": False, "message": "out of order"}, id="Slack"),
        pytest.param({"success": False, "info": "out of order"}, id="success false"),
    ],
)
@pytest.mark.parametrize("style", [*COUNTED, *LED])
def test_an_error_with_status_200(style: Style, body: dict[str, Json]) -> None:
    """An answer that reports an error is no empty page, on whichever page it comes."""
    api = Collection(style, 25, lengths=(10,))

    def failing(path: str, query: Mapping[str, str]) -> Reply:
        is_first = query.get("offset", "0") == "0" and query.get("page", "1") == "1"
        return api(path, query) if is_first and "cursor" not in query else (body, {})

    outcome = walk(paging(style, 10), failing)

    assert isinstance(outcome.error, BodyError)
    assert "out of order" in str(outcome.error)
    assert outcome.ids == ids(10)


@pytest.mark.parametrize("data_path", [None, "[.[]]", ".[]"])
@pytest.mark.parametrize("key", ["result", "outcome"])
@pytest.mark.parametrize("style", ["none", *COUNTED, *LED])
def test_a_report_as_the_only_answer(
    style: PaginationType, key: str, data_path: str | None
) -> None:
    """A word of failure makes a report under any name; neither it nor its texts are items."""
    body: dict[str, Json] = {key: "error", "message": "say for which period"}

    outcome = walk(PaginationSettings(type=style), lambda _p, _q: (body, {}), data_path=data_path)

    assert isinstance(outcome.error, BodyError)
    assert "say for which period" in str(outcome.error)
    assert not outcome.ids


@pytest.mark.parametrize(
    ("data_path", "body"),
    [
        pytest.param(None, {"name": "backup", "state": "failed"}, id="an item that failed"),
        pytest.param(".message", {"status": "error", "message": "disk"}, id="what is read of it"),
    ],
)
def test_an_item_that_speaks_of_failure(data_path: str | None, body: dict[str, Json]) -> None:
    """What has words of its own beside is an item, and so is what data_path names."""
    outcome = walk(PaginationSettings(), lambda _p, _q: (body, {}), data_path=data_path)

    assert outcome.error is None
    assert len(outcome.ids) == 1


# --- walks that would not end --------------------------------------------------------------


def _endless(style: Style) -> Api:
    """An API that always has a new page; there is no page 0."""

    def api(path: str, query: Mapping[str, str]) -> Reply:
        if query.get("page") == "0":
            return {"items": []}, {}
        names = ("cursor", "at", "page", "offset")
        position = next((query[name] for name in names if name in query), "0")
        number = int(position.removeprefix("c")) + (style != "page")
        link = f"{BASE}{path}?at={number}"
        body: dict[str, Json] = {"items": [{"id": number}], "has_more": True}
        match style:
            case "cursor":
                body["next_cursor"] = f"c{number}"
            case "next_link":
                body["next"] = link
            case _:
                pass
        return body, {"Link": f'<{link}>; rel="next"'} if style == "header_link" else {}

    return api


@pytest.mark.parametrize("style", [*COUNTED, *LED])
def test_an_endless_api_is_stopped(style: Style) -> None:
    """A collection that never ends is an error after maxPages, and what came is kept."""
    outcome = walk(paging(style, 1), _endless(style), max_pages=20)

    assert isinstance(outcome.error, PaginationError)
    assert "maxPages" in str(outcome.error)
    assert len(outcome.requests) == 20 + (style == "page")
    assert outcome.ids == ids(20)


@pytest.mark.parametrize("style", LED)
@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_circle_is_found(
    style: Literal["cursor", "next_link", "header_link"], length: int
) -> None:
    """An API that leads back to an earlier request is an error, not a loop."""
    places = cycle(range(length))

    def api(path: str, _: Mapping[str, str]) -> Reply:
        at = next(places)
        link = f"{BASE}{path}?cursor={at}"
        body: dict[str, Json] = {"items": [{"id": at}]}
        body |= {"next_cursor": f"c{at}"} if style == "cursor" else {"next": link}
        return body, {"Link": f'<{link}>; rel="next"'} if style == "header_link" else {}

    outcome = walk(paging(style, 10), api)

    assert isinstance(outcome.error, PaginationError)
    # A cursor that leads to itself is followed once more, as a scroll keeps one cursor, and a page
    # that comes again is asked for again.
    assert len(outcome.requests) <= max(length + 1, 4)


@pytest.mark.parametrize("style", [*COUNTED, *LED])
def test_empty_pages_for_ever(style: Style) -> None:
    """An API that promises more and never sends any is an error after a bounded walk."""
    endless = _endless(style)

    def api(path: str, query: Mapping[str, str]) -> Reply:
        body, headers = endless(path, query)
        return {**body, "items": []}, headers

    outcome = walk(paging(style, 10), api)

    assert isinstance(outcome.error, PaginationError)
    assert len(outcome.requests) < 50


@pytest.mark.parametrize("style", [*COUNTED, *LED])
def test_errors_of_a_walk_name_the_request(style: Style) -> None:
    """The kind, the method and the URL that was asked for are in the message."""
    outcome = walk(paging(style, 1), _endless(style), max_pages=3)

    assert "'/things'" in str(outcome.error)
    assert f"GET {BASE}/things" in str(outcome.error)


# --- what was fetched comes first ----------------------------------------------------------


def test_items_before_an_error_are_yielded() -> None:
    """A walk in doubt at its end raises, but every page it fetched reaches the catalog."""
    api = Collection("cursor", size=25, lengths=(10,), total=30)

    outcome = walk(paging("cursor", 10, cursor_path="meta.nxt"), api)

    assert isinstance(outcome.error, PaginationError)
    assert outcome.ids == ids(10)


def test_items_of_a_page_that_ends_in_a_circle_are_yielded() -> None:
    """The page that leads back to an earlier one is part of the collection all the same."""
    api = Collection("cursor", size=25, lengths=(10,))

    def circular(path: str, query: Mapping[str, str]) -> Reply:
        body, headers = api(path, query)
        return {**body, "next_cursor": body["next_cursor"] or "10-1"}, headers

    outcome = walk(paging("cursor", 10), circular)

    assert isinstance(outcome.error, PaginationError)
    assert outcome.ids == ids(25)


# --- where the pages begin -----------------------------------------------------------------


@given(data=st.data(), page_size=PAGE_SIZES)
def test_pages_counted_from_zero_are_not_lost(data: st.DataObject, page_size: int) -> None:
    """With startPage left at 1, page 0 of an API that has one is never lost in silence."""
    drawn = data.draw(_counted(page_size, honest=True))
    api = replace(drawn, style="page", start_page=0)

    outcome = walk(paging("page", page_size), api, data_path=None if api.bare else ".items")

    assert outcome.error is not None or outcome.ids == ids(api.size)


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(Answer(b'{"error": "page starts at 1"}', status=400), id="400"),
        pytest.param(Answer(b"", status=404), id="404"),
        pytest.param(Answer(b"OFFSET must not be negative", status=500), id="500"),
        pytest.param(Answer(b'{"items": []}', status=200), id="empty"),
        pytest.param(Answer(b'{"items": [{"id": 2}, {"id": 1}]}', status=200), id="page 1 again"),
        pytest.param(Answer(b'{"error": "no such page"}', status=200), id="an error with 200"),
    ],
)
async def test_page_0_of_an_api_that_counts_from_one(refusal: Answer) -> None:
    """It is asked for once, and its refusal says that nothing comes before page 1."""
    async with FaultApi() as server:

        def served(request: Request) -> Answer:
            page = request.number("page", 1)
            rows = [{"id": number} for number in (1, 2)[: 2 - page + 1]]
            return refusal if page == 0 else Answer(json.dumps({"items": rows}).encode())

        server.serve("/things", served)
        outcome = await walked(paging("page", 2), over_http, base_url=server.url)

    assert outcome.error is None
    assert outcome.ids == [1, 2]
    assert [request.param("page") for request in server.requests].count("0") == 1


@pytest.mark.parametrize(
    ("tells", "headers"),
    [
        pytest.param({"first": True}, {}, id="first"),
        pytest.param({"previous": None}, {}, id="no previous page"),
        pytest.param({}, {"Link": '<x>; rel="next"'}, id="a Link header without prev"),
    ],
)
def test_page_0_is_not_asked_for_where_page_1_says_it_is_the_first(
    tells: dict[str, Json], headers: dict[str, str]
) -> None:
    """Signals of the first page save the request."""

    def api(path: str, query: Mapping[str, str]) -> Reply:
        body, _ = Collection("page", 9)(path, query)
        return ({**body, **tells}, headers) if query.get("page", "1") == "1" else (body, {})

    outcome = walk(paging("page", 5), api)

    assert outcome.ids == ids(9)
    assert not any("page=0" in request for request in outcome.requests)


def test_a_later_child_shows_that_pages_count_from_zero() -> None:
    """A first child without items settles nothing; another one does."""
    sizes = {"a": 0, "b": 0, "c": 3}
    pagination = paging("page", 10)

    def api(path: str, query: Mapping[str, str]) -> Reply:
        if path == "/parents":
            return [{"id": name} for name in sizes], {}
        name = path.split("/")[2]
        return Collection("page", sizes[name], start_page=0, bare=True)(path, query)

    resource = Resource(
        "/parents/{key}/children",
        Endpoint("/parents/{key}/children", pagination=pagination),
        (Parameter("key", Endpoint("/parents"), ".id"),),
    )

    with pytest.raises(PaginationError, match="set startPage to 0"):
        _extracted(resource, api)


# --- pages fetched ahead -------------------------------------------------------------------


def source_of(pagination: PaginationSettings, session: Session) -> Completeness:
    """An endpoint made ready to be walked."""
    extractor = Extractor(".items", "kind '/things'", session.jq)
    endpoint = Endpoint("/things", data_path=".items", pagination=pagination)
    return Completeness(endpoint, Part(("selector",)), make_paginator(pagination), extractor)


async def _pages(pagination: PaginationSettings, transport: InProcess, limit: int) -> list[int]:
    session = Session(
        Settings(base_url=httpx.URL(BASE), max_concurrent_requests=limit),
        http=lambda _: httpx.AsyncClient(transport=transport, trust_env=False),
    )
    found: list[int] = []

    def note(fetched: Fetched) -> None:
        found.extend(cast("int", item["id"]) for item in fetched.extracted.items)

    try:
        async for fetched in session.services.walker.walk(
            PageRequest(f"{BASE}/things"), source_of(pagination, session)
        ):
            note(fetched)
    finally:
        await session.aclose()
    return found


@pytest.mark.parametrize("limit", [1, 3, 10])
@pytest.mark.parametrize("style", COUNTED)
async def test_pages_are_fetched_ahead_and_come_in_order(
    style: Literal["offset", "page"], limit: int
) -> None:
    """With a total, as many pages as allowed are under way at once, each asked for once."""
    requests: list[str] = []
    transport = InProcess(Collection(style, 93, total=93), requests)

    assert await _pages(paging(style, 5), transport, limit) == ids(93)
    assert transport.most_in_flight == limit
    assert len(requests) == len(set(requests)) == 19


@pytest.mark.parametrize("style", COUNTED)
async def test_a_walk_given_up_leaves_no_request_behind(style: Literal["offset", "page"]) -> None:
    """Who stops reading a walk stops the requests made ahead of it too."""
    transport = InProcess(Collection(style, 93, total=93), [])
    session = Session(
        Settings(base_url=httpx.URL(BASE)),
        http=lambda _: httpx.AsyncClient(transport=transport, trust_env=False),
    )
    pages = session.services.walker.walk(
        PageRequest(f"{BASE}/things"), source_of(paging(style, 5), session)
    )
    await anext(pages)
    await anext(pages)
    await pages.aclose()

    assert asyncio.all_tasks() == {asyncio.current_task()}
    await session.aclose()


# --- children ------------------------------------------------------------------------------


def _family(children: Mapping[str, int], parents_per_page: int) -> Api:
    """``/parents``, and the children of each below ``/parents/{id}/children``."""
    names = list(children)

    def api(path: str, query: Mapping[str, str]) -> Reply:
        start, size = int(query.get("offset", 0)), int(query["limit"])
        if path == "/parents":
            stop = start + min(size, parents_per_page)
            rows: list[Json] = [{"key": name} for name in names[start:stop]]
            return {"items": rows, "has_more": stop < len(names)}, {}
        name = unquote(path.split("/")[2])
        stop = min(start + size, children[name])
        rows = [{"id": f"{name}:{number}"} for number in range(start, stop)]
        return {"items": rows, "has_more": stop < children[name]}, {}

    return api


def _extracted(resource: Resource, api: Api) -> list[dict[str, Json]]:
    async def extract() -> list[dict[str, Json]]:
        session = Session(Settings(base_url=httpx.URL(BASE)), http=reaching(api, []))
        try:
            # Not a measurement: a walk that waits for itself should fail instead of hanging.
            async with asyncio.timeout(60):
                return [item async for batch in session.read(resource).batches() for item in batch]
        finally:
            await session.aclose()

    return run(extract())


@given(
    children=st.dictionaries(
        st.text("abcxyz0123456789 -_é&=+", min_size=1, max_size=6), st.integers(0, 25), max_size=12
    ),
    page_size=st.integers(1, 10),
    parents_per_page=st.integers(1, 5),
)
def test_every_child_of_every_parent(
    children: dict[str, int], page_size: int, parents_per_page: int
) -> None:
    """Over any number of parents with any number of children: each child once, with its parent."""
    pagination = paging("offset", page_size)
    resource = Resource(
        "/parents/{key}/children",
        Endpoint("/parents/{key}/children", data_path=".items", pagination=pagination),
        (
            Parameter(
                "key", Endpoint("/parents", data_path=".items", pagination=pagination), ".key"
            ),
        ),
    )

    items = _extracted(resource, _family(children, parents_per_page))

    assert sorted((item["__key"], item["id"]) for item in items) == sorted(
        (name, f"{name}:{number}") for name, size in children.items() for number in range(size)
    )


@pytest.mark.parametrize("few", ["left", "right"])
def test_two_parameters_from_one_large_parent(few: str) -> None:
    """A parent of thousands of items may give the values of two parameters at once."""
    size = 1100

    def api(path: str, _: Mapping[str, str]) -> Reply:
        if path == "/things":
            return [{"id": number} for number in ids(size)], {}
        return [{"path": path}], {}

    def parameter(name: str) -> Parameter:
        kept = ".id == 1100" if name == few else "true"
        return Parameter(name, Endpoint("/things"), ".id", filter=kept, independent=True)

    resource = Resource(
        "/pairs/{left}/{right}",
        Endpoint("/pairs/{left}/{right}"),
        (parameter("left"), parameter("right")),
    )

    items = _extracted(resource, api)

    assert len({item["path"] for item in items}) == len(items) == size


# --- over real connections -----------------------------------------------------------------


def _served(api: Api) -> Callable[[Request], Answer]:
    def handler(request: Request) -> Answer:
        body, headers = api(request.path, dict(request.query))
        return Answer(
            json.dumps(body).encode(),
            headers=(("Content-Type", "application/json"), *headers.items()),
        )

    return handler


def _samples() -> Iterator[Any]:
    for style in COUNTED:
        for size, page_size, cap in ((0, 10, None), (30, 10, None), (23, 10, 5), (7, 100, None)):
            for total in (None, size):
                api = Collection(style, size, cap=cap, total=total)
                yield pytest.param(api, page_size, id=f"{style}-{size}-{page_size}-{cap}-{total}")
    for style_ in LED:
        for links in ("relative", "path"):
            api = Collection(style_, 23, lengths=(10, 0, 3), links=links)
            yield pytest.param(api, 10, id=f"{style_}-{links}")


@pytest.mark.parametrize(("api", "page_size"), list(_samples()))
async def test_walks_over_real_connections(api: Collection, page_size: int) -> None:
    """Over HTTP, with every item on the wire: each comes exactly once."""
    async with FaultApi() as server:
        server.serve(
            "/v1/things", _served(lambda path, query: api(path.removeprefix("/v1"), query))
        )
        outcome = await walked(paging(api.style, page_size), over_http, base_url=f"{server.url}/v1")

    assert outcome.error is None
    assert outcome.ids == ids(api.size)


@pytest.mark.parametrize("status", [200, 400, 403])
async def test_a_rate_limit_told_in_the_body_is_waited_for(status: int) -> None:
    """Linear, Shopify and Google say it only in the code of an error; the rest comes later."""
    refusal = {"data": None, "errors": [{"extensions": {"code": "RATELIMITED"}}]}
    async with FaultApi() as server:
        server.serve("/things", answer({"items": [{"id": 1}]}))
        server.fail("/things", answer(refusal, status), times=1)
        outcome = await walked(paging("cursor", 10), over_http, base_url=server.url)

    assert outcome.error is None
    assert outcome.ids == [1]


async def test_a_link_to_another_origin_over_real_connections() -> None:
    """A next link to another port is refused, and nothing arrives there."""
    async with FaultApi() as server, FaultApi() as elsewhere:
        elsewhere.serve("/things", _served(lambda _path, _query: ({"items": []}, {})))
        server.serve(
            "/things",
            _served(lambda _p, _q: ({"items": [{"id": 1}], "next": f"{elsewhere.url}/things"}, {})),
        )
        outcome = await walked(
            paging("next_link", 10),
            over_http,
            base_url=server.url,
        )

        assert elsewhere.requests == []
    assert outcome.ids == [1]
    assert outcome.error is not None
    assert "allowedHosts" in str(outcome.error)


# --- pages that are not what they seem -------------------------------------------------------

BUSY: dict[str, Json] = {"message": "busy"}


def numbered(*lists: Json, **envelope: Json) -> Api:
    """An API by page number that gives these lists, then none; what is no list is the answer."""

    def api(_: str, query: Mapping[str, str]) -> Reply:
        at = int(query.get("page", 1)) - 1
        rows = lists[at] if 0 <= at < len(lists) else []
        return ({"items": rows, **envelope} if isinstance(rows, list) else rows), {}

    return api


def rows_of(*numbers: int) -> list[Json]:
    """Rows with these ids."""
    return [{"id": number} for number in numbers]


def test_rows_that_are_hidden_leave_short_pages_in_the_middle() -> None:
    """A page that lost rows to permissions is not the last, nor is an empty one that was told."""
    short = numbered(rows_of(1, 2, 3), rows_of(4), rows_of(7, 8, 9), rows_of(10))
    empty = numbered(rows_of(1, 2, 3), [], rows_of(7, 8, 9), rows_of(10), total_pages=4)

    assert walk(paging("page", 3), short).ids == [1, 2, 3, 4, 7, 8, 9, 10]
    assert walk(paging("page", 3), empty).ids == [1, 2, 3, 7, 8, 9, 10]
    assert walk(paging("page", 3), empty).error is None


def test_offset_goes_on_after_a_short_page_by_the_rows_received() -> None:
    """Pages that are cut at a number of bytes leave no gap and end nothing."""
    everything = rows_of(*range(1, 30))
    lengths = cycle([10, 8, 10, 2])

    def api(_: str, query: Mapping[str, str]) -> Reply:
        start = int(query.get("offset", 0))
        return {"items": everything[start : start + next(lengths)]}, {}

    outcome = walk(paging("offset", 10), api)

    assert outcome.error is None
    assert outcome.ids == ids(29)


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(Answer(b'{"error": "page 4 of 3"}', status=400), id="400"),
        pytest.param(Answer(b'{"detail": "Invalid page."}', status=404), id="404"),
        pytest.param(Answer(b"", status=204), id="204"),
        pytest.param(Answer(b'{"items": [{"id": 5}]}', status=200), id="the last page again"),
        pytest.param(Answer(b'{"items": [{"id": 1}, {"id": 2}]}', status=200), id="page 1 again"),
    ],
)
async def test_what_an_api_may_answer_beyond_its_last_page(refusal: Answer) -> None:
    """After a short page whatever holds no further rows is the end, and asked for once."""
    async with FaultApi() as server:

        def served(request: Request) -> Answer:
            page = request.number("page", 1)
            rows = rows_of(*range(2 * page - 1, min(2 * page, 5) + 1)) if page else []
            return refusal if page > 3 else Answer(json.dumps({"items": rows}).encode())

        server.serve("/things", served)
        outcome = await walked(paging("page", 2), over_http, base_url=server.url)

    assert outcome.error is None
    assert outcome.ids == ids(5)
    assert sorted(request.number("page", 1) for request in server.requests) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("status", [400, 403, 409, 416, 422, 501])
async def test_after_a_full_page_a_refusal_is_in_doubt(status: int) -> None:
    """Where rows may follow, only 404 says that there is no such page."""
    async with FaultApi() as server:

        def served(request: Request) -> Answer:
            page = request.number("page", 1)
            rows = rows_of(2 * page - 1, 2 * page) if page else []
            body = json.dumps({"items": rows}).encode()
            return Answer(b"{}", status=status) if page > 3 else Answer(body)

        server.serve("/things", served)
        outcome = await walked(paging("page", 2), over_http, base_url=server.url)

    is_doubt = status in NO_SUCH_PAGE_AFTER_SHORT
    assert isinstance(outcome.error, DoubtfulEndError) is is_doubt
    assert str(status) in str(outcome.error)
    assert outcome.ids == ids(6)


@pytest.mark.parametrize(
    ("lists", "found"),
    [
        pytest.param([rows_of(1, 2), rows_of(3, 4), rows_of(1, 2)], 4, id="page 3 is page 1"),
        pytest.param(
            [rows_of(1, 2), rows_of(3, 4), rows_of(5, 6), rows_of(3, 4)], 6, id="page 4 is page 2"
        ),
    ],
)
def test_rows_that_came_before_are_an_error(lists: list[Json], found: int) -> None:
    """After full pages, an earlier page again means that the position is not heeded."""
    outcome = walk(paging("page", 2), numbered(*lists))

    assert isinstance(outcome.error, PaginationError)
    assert "came again after a full one" in str(outcome.error)
    assert outcome.ids == ids(found)


@pytest.mark.parametrize("style", LED)
def test_a_page_again_under_a_new_cursor_is_an_error(
    style: Literal["cursor", "next_link", "header_link"],
) -> None:
    """An API that leads on, but does not move, is found out by its rows."""
    endless = _endless(style)

    def api(path: str, query: Mapping[str, str]) -> Reply:
        body, headers = endless(path, query)
        number = body["items"][0]["id"] % 2 + 1
        return {**body, "items": rows_of(number, -number)}, headers

    outcome = walk(paging(style, 2), api)

    assert isinstance(outcome.error, PaginationError)
    assert "came before in the same walk" in str(outcome.error)
    assert sorted(outcome.ids) == [-2, -1, 1, 2]


@pytest.mark.parametrize(
    ("bare", "odd"),
    [
        pytest.param(False, BUSY, id="a report"),
        pytest.param(True, BUSY, id="a report in the place of a list"),
        pytest.param(True, "Service busy", id="a text"),
    ],
)
def test_an_answer_that_is_no_page_of_the_list(bare: bool, odd: Json) -> None:  # noqa: FBT001 (a parameter)
    """What is no list after full pages of lists is no empty page and no item."""

    def api(_: str, query: Mapping[str, str]) -> Reply:
        page = int(query.get("page", 1))
        rows = rows_of(2 * page - 1, 2 * page) if page else []
        return (odd if page == 3 else rows if bare else {"items": rows}), {}

    outcome = walk(paging("page", 2), api, data_path=None if bare else ".items")

    assert isinstance(outcome.error, BodyError)
    assert "page of" in str(outcome.error)
    assert json.dumps(odd) in str(outcome.error)
    assert outcome.ids == ids(4)


def test_an_object_of_nothing_is_no_end_where_rows_follow() -> None:
    """After full pages of lists it is an empty one, which ends nothing before more rows."""

    def api(_: str, query: Mapping[str, str]) -> Reply:
        page = int(query.get("page", 1))
        return ({} if page == 3 else rows_of(2 * page - 1, 2 * page) if page else []), {}

    outcome = walk(paging("page", 2), api, data_path=None)

    assert isinstance(outcome.error, DoubtfulEndError)
    assert outcome.ids == ids(4)


def test_pages_that_were_told_are_asked_for() -> None:
    """When nothing comes from some page on, although more were told, all of those are asked for."""
    outcome = walk(paging("page", 2), numbered(rows_of(1, 2), rows_of(3, 4), total_pages=5))

    assert outcome.error is None
    assert outcome.ids == ids(4)
    assert any("page=5" in request for request in outcome.requests)


@pytest.mark.parametrize("style", LED)
@pytest.mark.parametrize(
    ("size", "told", "is_error"),
    [
        pytest.param(20, 30, True, id="cut off at a full page"),
        pytest.param(19, 30, False, id="a stale total, as the last page is short"),
        pytest.param(20, 20, False, id="all of it"),
    ],
)
def test_a_total_beside_cursors_and_links(
    style: Literal["cursor", "next_link", "header_link"], size: int, told: int, *, is_error: bool
) -> None:
    """A list that ends on a full page before its total is cut off."""
    outcome = walk(paging(style, 10), Collection(style, size, lengths=(10,), total=told))

    assert isinstance(outcome.error, PaginationError) is is_error
    assert outcome.ids == ids(size)


def test_page_numbers_without_signals_are_fetched_two_at_a_time() -> None:
    """From the third page on the next one is under way already; the end costs one request."""
    requests: list[str] = []
    transport = InProcess(Collection("page", 79), requests)

    outcome = run(
        walked(
            paging("page", 10), lambda _: httpx.AsyncClient(transport=transport, trust_env=False)
        )
    )

    assert outcome.ids == ids(79)
    assert transport.most_in_flight == 2
    assert len(requests) == 8 + 2


async def test_a_resync_ended_while_a_parent_is_read_is_an_error() -> None:
    """Whoever reads the children learns that the parents were cut off, not that there are none."""
    asked = asyncio.Event()

    async def stuck(_: Request) -> Answer:
        asked.set()
        return await asyncio.Future()

    async with FaultApi() as served:
        served.serve("/items", stuck)
        session = Session(
            Settings(base_url=httpx.URL(served.url)),
            http=over_http,
        )
        parameter = Parameter("id", Endpoint("/items"), ".id")
        resource = Resource("/items/{id}/notes", Endpoint("/items/{id}/notes"), (parameter,))
        reading = asyncio.ensure_future(anext(session.read(resource).batches(), None))
        await asked.wait()
        await session.aclose()

        with pytest.raises(SourceError, match="ended while the items of a parent were being read"):
            await asyncio.wait_for(reading, 60)
