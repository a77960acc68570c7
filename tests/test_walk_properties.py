"""Any honest list is read to its end, and no contradiction ends as if all were well.

Servers are drawn at random: collections, page sizes, limits, styles, envelopes, hidden rows. They
answer in this process, so that hundreds take seconds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

import httpx
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from errors import OceanCustomError
from pagination import PaginationSettings
from paging.signal_names import is_of_paging
from resync.path_parameters import Endpoint, ListedParameter, Resource
from resync.session import Session
from settings import Settings
from tests.fault_api import Answer, Request
from tests.literals import Json
from tests.test_list_ends import LED, STYLES, Api, paging, steady, told

HANDFUL = 16
"""Requests of a resource more than its lists need, however many there are."""


class InProcess(httpx.AsyncBaseTransport):
    """Requests that a function answers; they are counted."""

    def __init__(self, handler: Callable[[Request], Answer]) -> None:
        self._handler = handler
        self.requests: list[Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        query = tuple(request.url.params.multi_items())
        asked = Request(request.method, request.url.path, query, {}, b"")
        self.requests.append(asked)
        await asyncio.sleep(0)
        reply = self._handler(asked)
        return httpx.Response(reply.status, headers=list(reply.headers), content=reply.body)


@dataclass
class Found:
    """What came of a resource."""

    ids: list[Json]
    error: BaseException | None
    requests: int


def read(handler: Callable[[Request], Answer], pagination: PaginationSettings, lists: int) -> Found:
    """What comes of a resource with so many lists."""
    transport = InProcess(handler)

    async def extract() -> Found:
        session = Session(
            Settings(
                base_url=httpx.URL("http://api.test"),
                pagination=pagination,
                max_pages=500,
                max_retry_wait=1,
            ),
            http=lambda _: httpx.AsyncClient(transport=transport, trust_env=False),
        )
        endpoint = Endpoint("/lists/{list}", data_path=".items", pagination=pagination)
        values = ListedParameter("list", tuple(range(lists)))
        found = Found([], None, 0)
        try:
            async for batch in session.read(
                Resource("/lists/{list}", endpoint, (values,))
            ).batches():
                found.ids += [(item["list"], item["id"]) for item in batch]
        except (OceanCustomError, ExceptionGroup) as error:
            found.error = error
        finally:
            await session.aclose()
        found.requests = len(transport.requests)
        return found

    with asyncio.Runner() as runner:
        return runner.run(extract())


ENVELOPES: st.SearchStrategy[dict[str, Json]] = st.dictionaries(
    st.sampled_from(["code", "msg", "ok", "object", "took", "apiVersion", "result", "état"]),
    st.sampled_from([0, 200, "ok", "success", True, "v1", "list"]),
    max_size=3,
)


@st.composite
def _servers(draw: st.DrawFn) -> tuple[list[Api], PaginationSettings]:
    """The lists of one resource, in one style, and how they are paged."""
    style = draw(st.sampled_from(STYLES))
    page_size = draw(st.integers(1, 8))
    tells = draw(st.booleans())
    constants = draw(ENVELOPES)
    hides = draw(st.booleans()) and (style in LED) is not tells
    sizes = draw(st.lists(st.integers(0, 25) | st.just(page_size), min_size=1, max_size=5))
    api = Api(
        style,
        cap=draw(st.integers(1, 8) | st.just(1000)),
        heeds_size=True,
        end=draw(st.sampled_from(["null", "omitted"])),
    )
    lists: list[Api] = []
    for size in sizes:
        # Behind a server's limit nobody knows where a first page without rows ends.
        first = 0 if style in LED or api.cap >= page_size else 1
        hidden = draw(st.sets(st.integers(first, 25))) if hides else set()
        if style not in LED and _is_cut_off(size, hidden, min(api.cap, page_size)):
            hidden = set()  # it looks like a list that gives no more than a certain number of rows
        around = constants | ({"total": size} if tells else {})
        lists.append(replace(api, count=size, hidden=frozenset(hidden), around=steady(around)))
    return lists, paging(style, page_size)


def _is_cut_off(count: int, hidden: set[int], length: int) -> bool:
    """Whether full pages come first, and then more than a page is hidden."""
    visible = [number for number in range(count) if number not in hidden]
    is_first = visible == list(range(len(visible))) and not len(visible) % length
    return is_first and count - len(visible) > length


def served(lists: list[Api]) -> Callable[[Request], Answer]:
    """Each list at its path."""
    return lambda request: lists[int(request.path.rpartition("/")[2])](request)


@settings(deadline=None)
@given(server=_servers())
def test_every_visible_row_comes_once(server: tuple[list[Api], PaginationSettings]) -> None:
    """And without an error, in a handful of requests more than the lists need."""
    lists, pagination = server

    found = read(served(lists), pagination, len(lists))

    assert found.error is None, found.error
    expected = [(at, number) for at, api in enumerate(lists) for number in api.visible]
    assert sorted(found.ids) == expected
    needed = sum(one.count // min(one.cap, pagination.page_size) + 1 for one in lists)
    assert found.requests <= needed + HANDFUL


# --- envelopes of any names --------------------------------------------------------------------

_NAMES = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=8).filter(
    lambda name: not is_of_paging((name,))
)
_PLACES = st.lists(_NAMES, min_size=1, max_size=3).map(tuple)
Part = Callable[[Request, int], Json]
"""A part of an envelope: by the request, and a number that is another one for each answer."""

_CONSTANTS = st.sampled_from([0, 1, 200, True, False, None, "fine", "v1", "", 2.5])


@st.composite
def _parts(draw: st.DrawFn) -> Part:
    """What a healthy answer has beside its list: constants, and parts that move in any way."""
    constant = draw(_CONSTANTS)
    step = draw(st.integers(1, 10**12))
    name = draw(st.sampled_from(["limit", "size", "offset", "page", "cursor", "at"]))
    kinds: list[Part] = [
        lambda _r, _n: constant,
        lambda _r, n: n * step,
        lambda _r, n: f"{n * step:x}",
        lambda _r, n: "".join(chr(97 + int(digit)) for digit in str(n)),
        lambda _r, n: 0.125 * n,
        lambda r, _n: r.param(name),
        lambda r, _n: r.number(name, 0) if name not in {"cursor", "at"} else 0,
        lambda r, _n: r.path,
        lambda r, n: {"at": n * step, "for": r.path, "of": constant},
    ]
    return draw(st.sampled_from(kinds))


def _planted(body: dict[str, Json], place: tuple[str, ...], value: Json) -> dict[str, Json]:
    key, *rest = place
    if not rest:
        return {key: value, **body}
    inside = body.get(key, {})
    return {**body, key: _planted(inside if isinstance(inside, dict) else {}, tuple(rest), value)}


def _enveloped(
    api: Callable[[Request], Answer], parts: dict[tuple[str, ...], Part]
) -> Callable[[Request], Answer]:
    numbers = iter(range(1, 10**6))

    def handler(request: Request) -> Answer:
        answer, number = api(request), next(numbers)
        body = json.loads(answer.body)
        for place, part in parts.items():
            body = _planted(body, place, part(request, number))
        return replace(told(body), headers=answer.headers)

    return handler


@settings(deadline=None)
@given(server=_servers(), parts=st.dictionaries(_PLACES, _parts(), max_size=4))
def test_what_moves_around_a_list_is_no_contradiction(
    server: tuple[list[Api], PaginationSettings], parts: dict[tuple[str, ...], Part]
) -> None:
    """Whatever it is called: constants, counters, moments, servers, parts of the request."""
    lists, pagination = server

    found = read(_enveloped(served(lists), parts), pagination, len(lists))

    assert found.error is None, found.error
    assert sorted(found.ids) == [(at, n) for at, api in enumerate(lists) for n in api.visible]


_OTHERS = {"number": 0, "word": "fine", "truth": True, "object": {"code": 0}, "nothing": None}
_SAYS: st.SearchStrategy[Json] = (
    st.integers(1, 10**9)
    | _NAMES
    | st.dictionaries(_NAMES, st.integers(1, 9) | _NAMES, min_size=1, max_size=2)
)


@st.composite
def _errors(draw: st.DrawFn) -> tuple[dict[str, Json], dict[str, Json]]:
    """What pages have around their list, and an error under 200 that differs from it somewhere."""
    names = draw(st.lists(_NAMES, min_size=6, max_size=6, unique=True))
    healthy = dict(zip(names, _OTHERS.values(), strict=False))
    error: dict[str, Json] = draw(st.sampled_from([healthy, {}, healthy]))
    number, word, truth, inside, nothing, new = names
    changes: list[dict[str, Json]] = [
        {number: draw(st.integers(100, 10**9))},
        {word: draw(_NAMES.filter(lambda text: text != "fine"))},
        {truth: False},
        {inside: {"code": draw(st.integers(100, 999))}},
        {inside: draw(_NAMES)},
        {nothing: draw(_SAYS)},
        {new: draw(_SAYS | st.sampled_from([False, 0, ""]))},
    ]
    items: dict[str, Json] = draw(st.sampled_from([{"items": []}, {"items": None}, {}]))
    return healthy, {**error, **draw(st.sampled_from(changes)), **items}


@settings(deadline=None)
@given(
    style=st.sampled_from(STYLES),
    counts=st.lists(st.integers(2, 12), min_size=1, max_size=4),
    page_size=st.integers(2, 8),
    errors=_errors(),
    is_child=st.booleans(),
    is_first=st.booleans(),
)
def test_no_error_under_200_is_an_empty_page(  # noqa: PLR0913 (each is drawn)
    style: str,
    counts: list[int],
    page_size: int,
    errors: tuple[dict[str, Json], dict[str, Json]],
    *,
    is_child: bool,
    is_first: bool,
) -> None:
    """Of one child, or from the second page of each list on: an error, whatever its names."""
    assume(not is_child or len(counts) > 1)  # what differs may be the parent's
    healthy, error = errors
    lists = [Api(style, count, around=steady(healthy)) for count in counts]
    spoilt = 0 if is_first else len(counts)

    def handler(request: Request) -> Answer:
        at = int(request.path.rpartition("/")[2])
        if is_child and at == spoilt:
            return told(error)
        true = lists[at - (is_child and at > spoilt)](request)
        return told(error) if not is_child and _page_of(request, page_size) > 0 else true

    found = read(handler, paging(style, page_size), len(counts) + is_child)

    expected = sum(counts)
    assert found.error is not None or (not is_child and len(found.ids) == expected)


# --- contradictions ------------------------------------------------------------------------------

Fault = Literal[
    "unknown envelope", "constant", "object", "text", "null marker", "no marker", "odd marker",
    "empty", "no body", "400", "403", "409", "500", "not JSON",
]  # fmt: skip


@st.composite
def _contradictions(draw: st.DrawFn) -> tuple[list[Api], PaginationSettings, str, int, bool, Json]:
    """A list that is well but for one page: the fault, its page, whether it passes, its words."""
    style = draw(st.sampled_from(STYLES))
    page_size = draw(st.integers(2, 8))
    constants: dict[str, Json] = {"code": 0, "note": "fine"}
    count = draw(st.integers(page_size + 1, 25))
    api = Api(style, count, around=lambda _n, _m: dict(constants))
    fault = draw(st.sampled_from(get_args(Fault)))
    words: Json = draw(st.dictionaries(_NAMES, st.integers(1, 9) | _NAMES, min_size=1, max_size=3))
    last = (count - 1) // page_size
    return (
        [api],
        paging(style, page_size),
        fault,
        draw(st.integers(1, last)),
        draw(st.booleans()),
        words,
    )


def _page_of(request: Request, page_size: int) -> int:
    """The number of a page, counted from 0."""
    led = request.param("cursor") or request.param("at")
    start = int(led[1:]) if led else request.number("offset", 0)
    return (start // page_size) if led or request.param("offset") else request.number("page", 1) - 1


def _spoilt(fault: str, true: Answer, words: Json) -> Answer:  # noqa: C901, PLR0911 (a table)
    body = json.loads(true.body)
    markers = {"next_cursor", "next"} & body.keys()
    rest = tuple(pair for pair in true.headers if pair[0] != "Link")
    match fault:
        case "unknown envelope":
            return told(words)
        case "constant":
            return told({**body, "items": [], "note": "broken"}, 200)
        case "object":
            return told({"items": words})
        case "text":
            return told("busy")
        case "null marker":
            return replace(told(body | dict.fromkeys(markers)), headers=rest)
        case "no marker":
            kept = {key: value for key, value in body.items() if key not in markers}
            return replace(told(kept), headers=rest)
        case "odd marker":
            return told(body | {key: {"a": [1]} for key in markers})
        case "empty":
            return told({**body, "items": []})
        case "no body":
            return Answer()
        case "not JSON":
            return Answer(b"<html>")
        case status:
            return told(words, int(status))


@settings(deadline=None)
@given(drawn=_contradictions())
def test_no_contradiction_ends_as_if_all_were_well(
    drawn: tuple[list[Api], PaginationSettings, str, int, bool, Json],
) -> None:
    """Every row, or an error; what lasts for ever and speaks for itself is believed."""
    lists, pagination, fault, at, passing, words = drawn
    left = [1 if passing else 10**9]

    def handler(request: Request) -> Answer:
        true = lists[0](request)
        if _page_of(request, pagination.page_size) == at and left[0]:
            left[0] -= 1
            return _spoilt(fault, true, words)
        return true

    found = read(handler, pagination, 1)

    # By its own word, and lastingly, the API has nothing more there.
    is_believed = not passing and fault in {"empty", "null marker", "no marker"}
    if found.error is None and not is_believed:
        assert {number for _, number in found.ids} == set(lists[0].visible)
