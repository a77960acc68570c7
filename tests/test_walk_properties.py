"""Any honest list is read to its end, and no contradiction ends as if all were well.

Servers are drawn at random: collections, page sizes, limits, styles, envelopes, hidden rows. They
answer in this process, so that hundreds take seconds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, get_args

import httpx
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from errors import MappingError, OceanCustomError
from pagination import PaginationSettings
from paging.signal_names import is_of_paging
from resync.path_parameters import Endpoint, ListedParameter, Parameter, Resource
from resync.resource_walk import LeftOpen
from resync.session import Session
from settings import Settings
from tests.fault_api import Answer, Request
from tests.literals import Json
from tests.test_list_ends import COUNTED, LED, STYLES, Api, End, paging, steady, told
from workbench.check.asking.answered import tells_failure

HANDFUL = 20
"""Requests of a resource more than its lists need, however many there are; parents are another."""


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

    ids: list[tuple[Json, Json]]
    error: BaseException | None
    requests: int


@dataclass(frozen=True)
class Server:
    """The lists of one resource, all in one style: where their rows are, and how they are paged.

    ``parents``: the list that names them; None: the mapping does.
    """

    lists: list[Api]
    pagination: PaginationSettings
    data_path: str | None = ".items"
    parents: Api | None = None

    def __call__(self, request: Request) -> Answer:
        """Each list at its path."""
        return self.list_at(request.path)(request)

    def list_at(self, path: str) -> Api:
        """The list at a path."""
        name = path.rpartition("/")[2]
        return self.parents if self.parents and name == "parents" else self.lists[int(name)]

    @property
    def paths(self) -> list[str]:
        """Where the lists are, that of the parents included."""
        return [
            *(f"/lists/{at}" for at in range(len(self.lists))),
            *["/parents"][: bool(self.parents)],
        ]

    @property
    def visible(self) -> list[tuple[int, int]]:
        """Every row that is given: its list, and its number there."""
        return [(at, number) for at, api in enumerate(self.lists) for number in api.visible]

    @property
    def needed(self) -> int:
        """The requests that pages take."""
        lists = [*self.lists, *([self.parents] if self.parents else [])]
        return sum(one.count // self._length(one) + 1 for one in lists)

    def _length(self, one: Api) -> int:
        """The rows of a page; by position, of a list that hides some, as far as rows show it.

        A page of a limit nobody knows reaches no farther, for all that anyone can tell, than its
        last row that is given; by page numbers only the first page tells that. Of lists in lists it
        may be the outer ones that are counted, and where they have more rows than were asked for,
        some of those may be the same on each page.
        """
        length = one.length(self.pagination.page_size)
        if one.style == "offset" and "[]." in (self.data_path or ""):
            length = min(length, self.pagination.page_size)
        if one.style in LED or len(one.visible) == one.count:
            return length
        if "[]" in (self.data_path or ""):
            return 1
        told = [number for number in one.visible if number < length or one.style == "offset"]
        return max((number % length + 1 for number in told), default=1)

    @property
    def is_unknowable(self) -> bool:
        """Whether a list is as long as was asked for, and no answer shows where a marker would be.

        Of lists whose server heeds no size, nothing tells that from a list that is cut off; nor
        where a total speaks of more, or where outer lists, or the longest within them, are so long.
        """
        size = self.pagination.page_size
        lists = [*self.lists, *([self.parents] if self.parents else [])]
        halves = 2 if self.data_path == _HALVES else 1
        return any(
            one.style in LED
            and one.end != "late"
            and one.count <= one.length(size)
            and (
                (not one.heeds_size and (size in _lengths(one, halves) or _is_short(one)))
                or (len(one.visible) == 1 and size == halves)
            )
            for one in lists
        )

    @property
    def parameter(self) -> Parameter | ListedParameter:
        """What names the lists."""
        if not self.parents:
            return ListedParameter("list", tuple(range(len(self.lists))))
        parents = Endpoint("/parents", data_path=self.data_path, pagination=self.pagination)
        return Parameter("list", parents, ".id")


def read(server: Server, handler: Callable[[Request], Answer] | None = None) -> Found:
    """What comes of the resource, where a handler may answer in place of the server."""
    transport = InProcess(handler or server)
    with asyncio.Runner() as runner:
        found, _ = runner.run(_reading(server, transport))
        return found


def read_twice(server: Server, handler: Callable[[Request], Answer]) -> Found:
    """The same with a second look, as before a deletion, where the first reading is in doubt."""
    transport = InProcess(handler)
    with asyncio.Runner() as runner:
        found, left = runner.run(_reading(server, transport))
        if found.error is not None or left is None or not left.doubts:
            return found
        again, left = runner.run(_reading(server, transport, left))
        error = again.error or (left.complaint if left else None)
        return Found([*dict.fromkeys([*found.ids, *again.ids])], error, again.requests)


async def _reading(
    server: Server, transport: InProcess, again: LeftOpen | None = None
) -> tuple[Found, LeftOpen | None]:
    """What one reading gave, and what it left open."""
    session = Session(
        Settings(
            base_url=httpx.URL("http://api.test"),
            pagination=server.pagination,
            max_pages=500,
            max_retry_wait=1,
        ),
        http=lambda _: httpx.AsyncClient(transport=transport, trust_env=False),
    )
    endpoint = Endpoint("/lists/{list}", data_path=server.data_path, pagination=server.pagination)
    resource = Resource("/lists/{list}", endpoint, (server.parameter,))
    found, left = Found([], None, 0), None
    try:
        reading = session.read(resource, again=again)
        async for batch in reading.batches():
            found.ids += [(item["list"], item.get("id")) for item in batch]
        left = reading.left
    except (OceanCustomError, ExceptionGroup) as error:
        found.error = error
    finally:
        await session.aclose()
    if any(number is None for _, number in found.ids):
        found.error = found.error or MappingError("an item without an identifier")
    found.requests = len(transport.requests)
    return found, left


ENVELOPES: st.SearchStrategy[dict[str, Json]] = st.dictionaries(
    st.sampled_from(["code", "msg", "ok", "object", "took", "apiVersion", "result", "état"]),
    st.sampled_from([0, 200, "ok", "success", True, "v1", "list"]),
    max_size=3,
)


_HALVES = ".halves[].items"


def _items(given: Json) -> Json:
    return {"items": given}


def _halves(given: Json) -> list[Json]:
    """The rows in two lists; what is no list of rows, in each."""
    if not isinstance(given, list):
        return [given, given]
    middle = len(given) // 2
    return [given[:middle], given[middle:]]


type _Wrap = tuple[str | None, Callable[[Json], Json]]
_WRAPS: Mapping[str, _Wrap] = {
    "in items": (".items", lambda given: {"items": given}),
    "alone": (None, lambda given: given),
    "deep": (".data.list", lambda given: {"data": {"list": given}}),
    "in lists": (
        ".data.boards[].page.items",
        lambda given: {"data": {"boards": [{"page": {"items": given}}]}},
    ),
    "in halves": (_HALVES, lambda given: {"halves": [*map(_items, _halves(given))]}),
    "in values": (".teams[].items", lambda given: {"teams": {"a": {"items": given}}}),
}
"""Where rows stand: a data path, and the body around them."""
_SPELT: Mapping[str, Callable[[int], Json]] = {
    "text": lambda position: f"c{position}",
    "number": lambda position: position,
    "digits": str,
    "path": lambda position: f"/{position}=",
}
_MORE: Mapping[str, tuple[Json, Json]] = {
    "booleans": (True, False),
    "numbers": (1, 0),
    "texts": ("true", "false"),
}
"""What says that there is more, and that there is none."""
_TOTALS = ("total", "total_count", "totalResults", "X-Total-Count")


@dataclass(frozen=True)
class Words:
    """What each answer of a list has beside its rows."""

    constants: Mapping[str, Json]
    more: tuple[str, tuple[Json, Json]] | None
    total: tuple[str, Json] | None

    def around(self, _given: int, more: bool) -> dict[str, Json]:  # noqa: FBT001 (as others are)
        """In the body."""
        words = dict(self.constants)
        if self.more:
            key, (yes, no) = self.more
            words[key] = yes if more else no
        if self.total and not self.total[0].startswith("X-"):
            words[self.total[0]] = self.total[1]
        return words

    def headers(self, _given: int, _more: bool) -> dict[str, str]:  # noqa: FBT001 (as others are)
        """In headers."""
        if self.total and self.total[0].startswith("X-"):
            return {self.total[0]: str(self.total[1])}
        return {}


@st.composite
def _servers(draw: st.DrawFn, *, may_hide: bool = True) -> Server:
    """The lists of one resource, in one style, and how they are paged."""
    style = draw(st.sampled_from(STYLES))
    in_body = style in {"cursor", "next_link"}
    wrap = draw(st.sampled_from([name for name in _WRAPS if not (in_body and name == "alone")]))
    data_path, list_of = _WRAPS[wrap]
    page_size = draw(st.integers(1, 8))
    total = draw(st.none() | st.sampled_from(_TOTALS if wrap != "alone" else _TOTALS[-1:]))
    as_text = draw(st.booleans())
    end: End = draw(st.sampled_from(get_args(End)))
    has_more = draw(st.none() | st.sampled_from(sorted(_MORE))) if wrap != "alone" else None
    constants = draw(ENVELOPES)
    hides = may_hide and draw(st.booleans()) and (style in LED or total is not None)
    start_page = draw(st.sampled_from([0, 1, 1])) if style == "page" else 1
    marker = draw(st.sampled_from(["next_cursor", "nextPageToken", "weiter"]))
    pagination = paging(
        style,
        page_size,
        **({"start_page": start_page} if style == "page" else {}),
        **({"cursor_path": marker} if marker == "weiter" and style == "cursor" else {}),
    )
    api = Api(
        style,
        cap=draw(st.integers(1, 8) | st.just(1000)),
        heeds_size=draw(st.sampled_from([True, True, False])),
        end=end,
        marker=marker,
        spelt=_SPELT[draw(st.sampled_from(sorted(_SPELT)))],
        start_page=start_page,
        refuses=draw(st.sampled_from([None, None, 404])) if style in COUNTED else None,
        list_of=list_of,
    )
    sizes = draw(st.lists(st.integers(0, 25) | st.just(page_size), min_size=1, max_size=4))
    lists: list[Api] = []
    for size in sizes:
        # Behind a server's limit nobody knows where a first page without rows ends.
        first = 0 if style in LED or api.length(page_size) >= page_size else 1
        hidden = draw(st.sets(st.integers(first, 25), max_size=20)) if hides else set()
        if _is_cut_off(replace(api, count=size, hidden=frozenset(hidden)), page_size):
            hidden = set()
        words = Words(
            constants,
            ("has_more", _MORE[has_more]) if has_more else None,
            (total, str(size) if as_text else size) if total else None,
        )
        lists.append(
            replace(
                api, count=size, hidden=frozenset(hidden),
                around=words.around, headers=words.headers,
            )
        )  # fmt: skip
    parents = replace(api, count=len(lists)) if draw(st.booleans()) else None
    server = Server(lists, pagination, data_path, parents)
    assume(not server.is_unknowable)
    return server


def _lengths(api: Api, halves: int) -> set[int]:
    """How long the only page of a list is: its rows, its outer lists, the longest within those."""
    rows = len(api.visible)
    return {rows, halves, -(-rows // halves)}


def _is_short(api: Api) -> bool:
    """Whether a total speaks of rows that are hidden."""
    told = {**api.around(0, False), **api.headers(0, False)}  # noqa: FBT003 (as others are)
    return len(api.visible) < api.count and str(api.count) in map(str, told.values())


def _is_cut_off(api: Api, page_size: int) -> bool:
    """Whether a list with hidden rows looks like one that gives no more than so many rows.

    By position: full pages come first, and then more than a page is hidden, full by what a server
    gives that heeds no size; or a page is refused whose size is not heeded, or has one row; or a
    page has no more rows than outer lists. By cursor and link: all rows are hidden, or all pages
    are of one length and more is hidden.
    """
    size = api.length(page_size)
    missing = api.count - len(api.visible)
    pages = [
        len([number for number in api.visible if number // size == at])
        for at in range(-(-api.count // size))
    ]
    lengths = {*pages} - {0}
    is_even = len(lengths) == 1 and missing > max(pages)
    if api.style in LED:
        return missing > 0 and (not lengths or is_even)
    is_first = not any(after > before for before, after in pairwise(pages))
    is_full = is_even and is_first and (lengths == {size} or not api.heeds_size)
    halves = len(_halves([])) if api.list_of is _WRAPS["in halves"][1] else 0
    is_narrow = halves > 0 and (size <= halves or not api.heeds_size)
    is_told = api.refuses is not None or page_size == 1
    is_open = is_narrow or (is_told and not api.heeds_size)
    return is_full or (missing > 0 and is_open)


@settings(deadline=None)
@given(server=_servers())
def test_every_visible_row_comes_once(server: Server) -> None:
    """And without an error, in a handful of requests more than the lists need."""
    found = read(server)

    assert found.error is None, found.error
    assert sorted(found.ids) == server.visible
    assert found.requests <= server.needed + HANDFUL * (2 if server.parents else 1)


# --- envelopes of any names --------------------------------------------------------------------

_NAMES = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=8).filter(
    lambda name: not is_of_paging((name,)) and not tells_failure({name: "1"})
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
        if not isinstance(body, dict) or answer.status != httpx.codes.OK:
            return answer  # nothing stands around the rows
        for place, part in parts.items():
            body = _planted(body, place, part(request, number))
        return replace(told(body), headers=answer.headers)

    return handler


@settings(deadline=None)
@given(server=_servers(), parts=st.dictionaries(_PLACES, _parts(), max_size=4))
def test_what_moves_around_a_list_is_no_contradiction(
    server: Server, parts: dict[tuple[str, ...], Part]
) -> None:
    """Whatever it is called: constants, counters, moments, servers, parts of the request."""
    found = read(server, _enveloped(server, parts))

    assert found.error is None, found.error
    assert sorted(found.ids) == server.visible


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
        api = lists[at - (is_child and at > spoilt)]
        start, _ = api.window(request)
        return told(error) if not is_child and start >= page_size else api(request)

    found = read(Server([*lists, *lists[:is_child]], paging(style, page_size)), handler)

    expected = sum(counts)
    assert found.error is not None or (not is_child and len(found.ids) == expected)


# --- contradictions ------------------------------------------------------------------------------

Fault = Literal[
    "unknown envelope", "constant", "object", "text", "null marker", "no marker", "odd marker",
    "empty", "no body", "400", "403", "409", "500", "not JSON",
]  # fmt: skip


@dataclass(frozen=True)
class Contradiction:
    """A healthy server of which one page is not what it was: which, how, and for how long.

    ``at`` is the number of the page, counted from 0; ``words`` are names that nobody knows.
    """

    server: Server
    path: str
    at: int
    fault: Fault
    passing: bool
    words: Json

    @property
    def struck(self) -> Api:
        """The list of the page."""
        return self.server.list_at(self.path)

    def is_struck(self, request: Request) -> bool:
        """Whether a request begins on the page."""
        if request.path != self.path:
            return False
        start, _ = self.struck.window(request)
        return start // self.struck.length(self.server.pagination.page_size) == self.at

    @property
    def is_believed(self) -> bool:
        """Whether the API says, by its own word and lastingly, that it has nothing more there."""
        asked = self.server.pagination.page_size
        size = self.struck.length(asked)
        # After a short page 400 is an end; one row, or two by number, cannot be asked within.
        is_narrow = size < asked and size <= (2 if self.struck.style == "page" else 1)
        is_short = size < self.struck.cap or is_narrow
        by_status = self.fault == "400" and is_short and self.struck.style in COUNTED
        by_word = self.fault in {"empty", "null marker", "no marker"}
        return not self.passing and (by_word or by_status)


@st.composite
def _contradictions(draw: st.DrawFn) -> Contradiction:
    """One page after a first one, of a list or of the parents."""
    server = draw(_servers(may_hide=False))
    size = server.pagination.page_size
    long = [
        one for one in server.paths if server.list_at(one).count > server.list_at(one).length(size)
    ]
    assume(long)
    path = draw(st.sampled_from(long))
    struck = server.list_at(path)
    return Contradiction(
        server,
        path,
        draw(st.integers(1, (struck.count - 1) // struck.length(size))),
        draw(st.sampled_from(get_args(Fault))),
        passing=draw(st.booleans()),
        words=draw(st.dictionaries(_NAMES, st.integers(1, 9) | _NAMES, min_size=1, max_size=3)),
    )


def _spoilt(drawn: Contradiction, request: Request) -> Answer:  # noqa: C901, PLR0911, PLR0912 (a table)
    api, words = drawn.struck, drawn.words
    true = api(request)
    body = json.loads(true.body)
    markers = {api.marker, "next"} & body.keys() if isinstance(body, dict) else set()
    rest = tuple(pair for pair in true.headers if pair[0] != "Link")
    match drawn.fault:
        case "unknown envelope":
            return told(words)
        case "constant" if isinstance(body, dict):
            return told({**body, **_listing(api, []), "note": "broken"})
        case "object":
            return told(_listing(api, words))
        case "text" | "constant":
            return told("busy")
        case "null marker" if markers:
            return replace(told(body | dict.fromkeys(markers)), headers=rest)
        case "null marker" | "no marker" if isinstance(body, dict):
            kept = {key: value for key, value in body.items() if key not in markers}
            return replace(told(kept), headers=rest)
        case "null marker" | "no marker":
            return replace(true, headers=rest)
        case "odd marker" if markers:
            return told(body | {key: {"a": [1]} for key in markers})
        case "odd marker":
            return true
        case "empty" if isinstance(body, dict):
            return told({**body, **_listing(api, [])})
        case "empty":
            return told([])
        case "no body":
            return Answer()
        case "not JSON":
            return Answer(b"<html>")
        case status:
            return told(words, int(status))


def _listing(api: Api, given: Json) -> dict[str, Json]:
    body = api.list_of(given)
    return body if isinstance(body, dict) else {}


@settings(deadline=None)
@given(drawn=_contradictions())
def test_no_contradiction_ends_as_if_all_were_well(drawn: Contradiction) -> None:
    """Every row, or an error; what lasts for ever and speaks for itself is believed."""
    left = [1 if drawn.passing else 10**9]

    def handler(request: Request) -> Answer:
        if left[0] and drawn.is_struck(request):
            left[0] -= 1
            return _spoilt(drawn, request)
        return drawn.server(request)

    found = read_twice(drawn.server, handler)

    if found.error is None and not drawn.is_believed:
        assert sorted(found.ids) == drawn.server.visible
