"""What may go wrong with an API, and what must become of a resync then.

Each `Fault` declares its expectation without a look at the integration: what the contract of
the product says, and above it the law that fewer entities than there are mean an error.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Literal, get_args

from errors import (
    BodyError,
    CredentialsError,
    OceanCustomError,
    OriginError,
    PaginationError,
    ResponseError,
    SourceError,
    TransportError,
)
from tests import fault_api
from tests.fault_api import Answer, Handler, Raw, Reply, Request, answer, redirect, silence, text
from tests.fault_scene import (
    COUNTED,
    ISSUED,
    ITEMS,
    KINDS,
    LED,
    MAX_PAGES,
    MEMBERS,
    PAGE_SIZE,
    PAGINGS,
    SIGNINGS,
    TEAMS,
    Paging,
    Rows,
    Scene,
    Signing,
    Spot,
    echo,
    ids,
    members_path,
    rows,
)

# --- places ---------------------------------------------------------------------------------

Place = Literal["login", "first page", "middle page", "last page", "parent", "child", "second kind"]
PLACES: tuple[Place, ...] = get_args(Place)
_STRUCK_CHILD = "g3"
_ONCE = frozenset[Place]({"first page", "parent", "child", "second kind"})
"""One place for each collection."""


def spot_of(place: Place, scene: Scene) -> Spot:
    """The page that a fault strikes."""
    spots: Mapping[Place, Spot] = {
        "login": Spot("/login"),
        "first page": Spot(ITEMS),
        "middle page": Spot(ITEMS, 2),
        "last page": Spot(ITEMS, scene.last_page(ITEMS)),
        "parent": Spot("/groups", scene.last_page("/groups")),
        "child": Spot(members_path(_STRUCK_CHILD)),
        "second kind": Spot(TEAMS),
    }
    return spots[place]


def kinds_at(place: Place) -> frozenset[str]:
    """The kinds that a fault at a place concerns."""
    match place:
        case "login":
            return frozenset(KINDS)
        case "first page" | "middle page" | "last page":
            return frozenset({ITEMS})
        case "parent" | "child":
            return frozenset({MEMBERS})
        case "second kind":
            return frozenset({TEAMS})


# --- cells ----------------------------------------------------------------------------------


class Expect(Enum):
    """What must become of the kinds that a fault concerns."""

    COMPLETE = "complete"
    RAISES = "raises"
    EITHER = "complete or raises"
    HELD_BACK = "complete, but nothing of the kind is deleted, and the resync fails"
    BELIEVED = "complete without what the API says is not there"


@dataclass(frozen=True)
class Cell:
    """One cell of the matrix; a passing fault strikes one request, a lasting one every one."""

    fault: Fault
    passing: bool
    place: Place
    paging: Paging
    signing: Signing

    def __str__(self) -> str:
        how = "passing" if self.passing else "lasting"
        return f"{self.fault.name}-{how}-{self.place}-{self.paging}-{self.signing}".replace(
            " ", "_"
        )

    @property
    def is_first_page(self) -> bool:
        """Whether nothing of the struck collection was read before."""
        if self.place == "parent":
            return self.paging == "none"
        return self.place not in {"middle page", "last page"}

    @property
    def expect(self) -> Expect:
        """What must become of it."""
        return self.fault.expect(self)

    @property
    def error(self) -> type[OceanCustomError]:
        """The class of the error, if there is one."""
        if self.place == "login" and not self.fault.is_retried:
            return CredentialsError
        return self.fault.error


Rule = Callable[[Cell], bool]
Verdict = Callable[[Cell], Expect]
Make = Callable[[Scene, Spot], Handler | Reply]


@dataclass(frozen=True)
class Fault:
    """A fault: what is answered in place of a page, and what must follow.

    `most`: how many requests more than without the fault there may be; `is_retried`: one of
    those is a retry. `variants`: passing, lasting or both. `applies` leaves out what makes no
    sense. `whole_collection`: every page of the struck collection is answered like this. `slow`:
    only a timeout ends it. `fatal`: the kind is over at once, for all its children.
    `ends_everything`: nothing after it can be read.
    """

    name: str
    make: Make
    expect: Verdict
    error: type[OceanCustomError]
    most: int = 1
    is_retried: bool = False
    variants: tuple[bool, ...] = (False, True)
    applies: Rule = lambda _: True
    whole_collection: bool = False
    slow: bool = False
    fatal: bool = False
    ends_everything: bool = False


# --- what must follow -----------------------------------------------------------------------


def raises(_: Cell) -> Expect:
    """An error, passing or not: nothing is gained by asking again."""
    return Expect.RAISES


def complete(_: Cell) -> Expect:
    """No harm done."""
    return Expect.COMPLETE


def either(_: Cell) -> Expect:
    """Complete, or an error: only the law counts."""
    return Expect.EITHER


def passes(cell: Cell) -> Expect:
    """A retry makes good what passes."""
    return Expect.COMPLETE if cell.passing else Expect.RAISES


def passes_or_raises(cell: Cell) -> Expect:
    """It may be taken for a fault of the wire, which passes, or for one of the body."""
    return Expect.EITHER if cell.passing else Expect.RAISES


def is_too_long(cell: Cell) -> Expect:
    """A wait beyond what may be waited for fails at once, though it might have passed."""
    return Expect.EITHER if cell.passing else raises(cell)


def _if_it_lasts(cell: Cell, expect: Expect) -> Expect:
    """What the API says of an absence is believed when it says so twice."""
    return Expect.COMPLETE if cell.passing else expect


def lasting(cell: Cell) -> Expect:
    """An end that comes too early once is asked for again, and then it is none."""
    return Expect.EITHER if cell.passing else raises(cell)


def gone(cell: Cell) -> Expect:
    """A child that is not found twice, although its parent is listed, holds the deletion back."""
    is_counted = cell.paging in {"offset", "page"} and cell.fault.name == "404"
    if is_counted and not cell.is_first_page:
        return _if_it_lasts(cell, Expect.BELIEVED)  # after a full page there is no further one
    return _if_it_lasts(cell, Expect.HELD_BACK) if cell.place == "child" else Expect.RAISES


def refused(cell: Cell) -> Expect:
    """A login of one's own is made again, once; a fixed credential is refused for good."""
    renewed = cell.signing == "custom" and cell.place != "login"
    return Expect.COMPLETE if renewed and cell.passing else Expect.RAISES


def silent(cell: Cell) -> Expect:
    """204 is an empty page; where the API led to it, or told a total, that is contradicted."""
    if cell.place == "login":
        return Expect.RAISES
    if cell.paging in LED and not cell.is_first_page:
        return Expect.RAISES
    return _if_it_lasts(cell, Expect.BELIEVED)


def empty(cell: Cell) -> Expect:
    """An empty body is no list; 204 would say that there is nothing."""
    del cell
    return Expect.RAISES


def no_list(cell: Cell) -> Expect:
    """No list is an empty page, as some APIs leave empty lists out; but not in every answer."""
    if cell.place == "login":
        return Expect.RAISES
    if cell.is_first_page and cell.place != "child":
        return Expect.EITHER
    return _if_it_lasts(cell, Expect.BELIEVED)


def emptied(cell: Cell) -> Expect:
    """Rows that a total speaks of may be hidden: what is empty twice is believed."""
    return _if_it_lasts(cell, Expect.BELIEVED)


def unreadable_rows(cell: Cell) -> Expect:
    """Text in another charset is not guessed at; a login's answer may be plain ASCII."""
    return Expect.EITHER if cell.place == "login" else Expect.RAISES


def one_redirect(cell: Cell) -> Expect:
    """A redirect to itself is followed; a login is not redirected."""
    return Expect.RAISES if cell.place == "login" else passes(cell)


def short_page_ends(cell: Cell) -> Expect:
    """A list that is the same for any position and any size is one that does not page."""
    if cell.place in {"child", "second kind"}:
        return Expect.COMPLETE
    return Expect.RAISES if cell.paging == "page_total" else Expect.BELIEVED


# --- where a fault makes sense --------------------------------------------------------------


def is_page(cell: Cell) -> bool:
    """Not at a login: it is not paged."""
    return cell.place != "login"


def is_later_page(cell: Cell) -> bool:
    """Only where there is a page before."""
    return is_page(cell) and not cell.is_first_page


def is_led(cell: Cell) -> bool:
    """Only where the API names the next page, on a page that has a next one or might."""
    return is_page(cell) and cell.paging in LED


def is_led_back(cell: Cell) -> bool:
    """Only where the API names the next page, and there is one before."""
    return is_later_page(cell) and cell.paging in LED


def is_led_on(cell: Cell) -> bool:
    """As above, and once for a collection: all its pages are struck."""
    return is_led(cell) and cell.place in _ONCE


def is_counted_collection(cell: Cell) -> bool:
    """Only where positions are counted, and once for a collection: all its pages are struck."""
    return cell.paging in COUNTED and cell.place in _ONCE


def tells_total(cell: Cell) -> bool:
    """Only where a total is told, and once for a collection: all its pages tell it."""
    return cell.paging == "page_total" and is_counted_collection(cell)


def tells_total_here(cell: Cell) -> bool:
    """Only where a total is told that contradicts it."""
    return is_page(cell) and cell.paging == "page_total"


def is_moved(cell: Cell) -> bool:
    """Only where positions are counted and another page follows: cursors keep their place."""
    return cell.paging in COUNTED and cell.place in {"first page", "middle page"}


# --- faults ---------------------------------------------------------------------------------


def _always(reply: Handler | Reply) -> Make:
    return lambda _scene, _spot: reply


def _altered(change: Callable[[Answer], Reply]) -> Make:
    """The true page, or the answer of the login, with something wrong about it."""

    def make(scene: Scene, spot: Spot) -> Handler:
        def handler(_: Request) -> Reply:
            return change(answer({"token": ISSUED}) if spot.path == "/login" else scene.page(spot))

        return handler

    return make


def _typed(page: Answer, kind: str) -> Answer:
    others = tuple(pair for pair in page.headers if pair[0] != "Content-Type")
    return replace(page, headers=(*others, ("Content-Type", kind)))


def _wrong_length(page: Answer, by: int) -> Raw:
    told = f"Content-Length: {len(page.body) + by}".encode()
    encoded = page.encoded().replace(f"Content-Length: {len(page.body)}".encode(), told)
    return Raw(encoded, end="close" if by > 0 else "keep")


def _truncated(page: Answer) -> Answer:
    return replace(page, body=page.body[: len(page.body) // 2])


def _in_latin_1(page: Answer) -> Answer:
    text = json.dumps(json.loads(page.body), ensure_ascii=False)
    return replace(page, body=text.encode("latin-1"))


def _dies(scene: Scene, _: Spot) -> Handler:
    def handler(_: Request) -> Reply:
        scene.api.go_down()
        return fault_api.RESET

    return handler


def _gzipped(body: bytes) -> Answer:
    headers = (("Content-Type", "application/json"), ("Content-Encoding", "gzip"))
    return Answer(body, headers=headers)


UTF_16 = "application/json; charset=utf-16"
KLINGON = "application/json; charset=klingon"
_EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
_BOMB = gzip.compress(bytes(1024 * 1024))


def _circle(_: Scene, spot: Spot) -> Handler:
    def handler(request: Request) -> Reply:
        query = "&".join(f"{name}={value}" for name, value in request.query)
        return redirect(f"{spot.path}?{query}" if query else spot.path, 307)

    return handler


def _elsewhere(status: int) -> Make:
    return lambda scene, spot: redirect(f"{scene.elsewhere.url}{spot.path}", status)


def _keep(_: Spot) -> int | None:
    """Lead where the page leads."""
    return None


def _page(
    number: Callable[[Spot], int] = lambda asked: asked.number,
    leads_to: Callable[[Spot], int | None] = _keep,
) -> Make:
    """Another page than the one that was asked for, or one that leads elsewhere."""

    def make(scene: Scene, _: Spot) -> Handler:
        def handler(request: Request) -> Reply:
            asked = scene.spot(request)
            return scene.page(replace(asked, number=number(asked)), leads_to=leads_to(asked))

        return handler

    return make


def _endless(scene: Scene, _: Spot) -> Handler:
    def handler(request: Request) -> Reply:
        spot = scene.spot(request)
        if spot.number <= scene.last_page(spot.path):
            return scene.page(spot, leads_to=spot.number + 1)
        new = rows(*(f"endless-{spot.number}-{at}" for at in range(PAGE_SIZE)))
        return scene.page(spot, rows=new, leads_to=spot.number + 1)

    return handler


def _everything(scene: Scene, spot: Spot) -> Handler:
    return lambda _: scene.page(Spot(spot.path), rows=scene.collections[spot.path])


def _small_pages(scene: Scene, _: Spot) -> Handler:
    """Three rows a page, however many are asked for."""

    def handler(request: Request) -> Reply:
        everything = scene.collections[request.path]
        default = 3 * (request.number("page", 1) - 1)
        start = request.number("offset", default)
        return scene.page(Spot(request.path), rows=everything[start : start + 3])

    return handler


def _total(lie: Callable[[int, int], int]) -> Make:
    """A total made of the true one and the number of the page."""

    def make(scene: Scene, _: Spot) -> Handler:
        def handler(request: Request) -> Reply:
            spot = scene.spot(request)
            truth = len(scene.collections[spot.path])
            return scene.page(spot, total=max(0, lie(truth, spot.number)))

        return handler

    return make


def _meanwhile(change: Callable[[Rows], object]) -> Make:
    """The true page, and then a change of the collection."""

    def make(scene: Scene, spot: Spot) -> Handler:
        def handler(_: Request) -> Reply:
            page = scene.page(spot)
            change(scene.collections[spot.path])
            return page

        return handler

    return make


def _later(**delay: float) -> str:
    return (datetime.now(UTC) + timedelta(**delay)).strftime("%a, %d %b %Y %H:%M:%S GMT")


def _wire(name: str, reply: Make, *, slow: bool = False) -> Fault:
    """No complete answer: asked again."""
    return Fault(name, reply, passes, TransportError, is_retried=True, slow=slow)


def _harmless(name: str, change: Callable[[Answer], Reply]) -> Fault:
    """Odd, but a whole answer."""
    return Fault(name, _altered(change), complete, OceanCustomError, variants=(False,))


def _busy(name: str, status: int, **headers: str) -> Fault:
    """A status that asks to come again: asked again."""
    make = _always(echo(status, **headers))
    return Fault(name, make, passes, ResponseError, is_retried=True)


def _refusal(status: int, expect: Verdict = raises) -> Fault:
    return Fault(str(status), _always(echo(status)), expect, ResponseError, most=0)


def _unreadable(name: str, make: Make, expect: Verdict = raises) -> Fault:
    return Fault(name, make, expect, BodyError, most=0)


def _paged(name: str, make: Make, expect: Verdict, applies: Rule, most: int = 1) -> Fault:
    return Fault(name, make, expect, PaginationError, most=most, applies=applies)


def _whole(name: str, make: Make, expect: Verdict, applies: Rule, most: int = 1) -> Fault:
    """A trait of a collection rather than of a page: it neither passes nor strikes one page."""
    paged = _paged(name, make, expect, applies, most)
    return replace(paged, variants=(False,), whole_collection=True)


FAULTS: tuple[Fault, ...] = (
    # the wire
    replace(_wire("connection refused", _dies), variants=(False,), ends_everything=True),
    _wire("reset before the answer", _always(fault_api.RESET)),
    _wire("closed before the answer", _always(fault_api.CLOSED)),
    _wire("head cut short", _always(fault_api.CUT_HEAD)),
    _wire("not HTTP", _always(fault_api.GARBAGE)),
    _wire("reset in the body", _always(fault_api.RESET_IN_BODY)),
    _wire("chunks cut short", _always(fault_api.CUT_CHUNKS)),
    _wire("length too long", _altered(lambda page: _wrong_length(page, 10))),
    _wire("no answer", _always(silence), slow=True),
    _wire("body drips", _always(fault_api.SLOW_BODY), slow=True),
    _wire("header of a megabyte", _always(fault_api.HUGE_HEADER)),
    _wire("broken gzip", _always(fault_api.BROKEN_GZIP)),
    _harmless("early hints", lambda page: Raw(_EARLY_HINTS + page.encoded(), end="keep")),
    _harmless("connection not kept", lambda page: Raw(page.encoded())),
    # bodies
    Fault(
        "length too short",
        _altered(lambda page: _wrong_length(page, -3)),
        passes_or_raises,
        SourceError,
        is_retried=True,
    ),
    _unreadable("truncated JSON", _altered(_truncated)),
    _unreadable("HTML with 200", _always(text("<h1>Sign in</h1>", kind="text/html"))),
    _unreadable("gzip bomb", _always(_gzipped(_BOMB))),
    _unreadable("wrong charset", _altered(lambda page: _typed(page, UTF_16)), unreadable_rows),
    _unreadable("undeclared latin-1", _altered(_in_latin_1), unreadable_rows),
    _unreadable("unknown charset", _altered(lambda page: _typed(page, KLINGON)), complete),
    _unreadable("empty body", _always(Answer()), empty),
    replace(_unreadable("204", _always(Answer(status=204)), silent), error=OceanCustomError),
    _unreadable("error with 200", _always(answer({"error": "backend is down"}))),
    replace(
        _unreadable("empty object", _always(answer({})), no_list),
        error=OceanCustomError,
    ),
    # redirects
    Fault("redirect in a circle", _circle, one_redirect, SourceError, most=5),
    Fault("302 to another origin", _elsewhere(302), raises, OriginError, most=0),
    Fault("307 to another origin", _elsewhere(307), raises, OriginError, most=0),
    # statuses
    _refusal(400),
    Fault("401", _always(echo(401)), refused, CredentialsError, most=2, fatal=True),
    _refusal(403),
    _refusal(404, gone),
    _refusal(410, gone),
    *(_busy(str(status), status) for status in (408, 429, 500, 502, 503, 504)),
    replace(_busy("429, 1 second", 429, Retry_After="1"), expect=is_too_long),
    replace(_busy("429, a date", 429, Retry_After=_later(hours=1)), expect=is_too_long),
    _busy("429, a past date", 429, Retry_After=_later(hours=-1)),
    replace(_busy("429, absurd", 429, Retry_After="99999999999999999999"), expect=is_too_long),
    _busy("429, negative", 429, Retry_After="-5"),
    replace(_busy("503 in UTF-16", 503), make=_always(_typed(answer({}, 503), UTF_16))),
    _busy("403, rate limit", 403, X_RateLimit_Remaining="0"),
    # pages
    _paged("page repeated", _page(lambda asked: asked.number - 1), lasting, is_later_page),
    _paged("cursor repeated", _page(leads_to=lambda at: at.number), either, is_led),
    _paged("cycle of links", _page(leads_to=lambda at: at.number - 1), raises, is_led_back),
    # Four pages instead of three, and one more request to see that there is no fifth.
    _whole("smaller pages than asked", _small_pages, either, is_counted_collection, most=2),
    # Each row of a parent has a child to ask for.
    _whole("links without end", _endless, raises, is_led_on, most=MAX_PAGES * (PAGE_SIZE + 1)),
    _whole("position ignored", _page(lambda _: 1), short_page_ends, is_counted_collection),
    _whole("paging ignored", _everything, complete, is_counted_collection),
    _paged(
        "page emptied", lambda scene, spot: scene.page(spot, rows=[]), emptied, tells_total_here
    ),
    # totals
    _whole("total too small", _total(lambda true, _: true - 3), either, tells_total),
    _whole("total of a page", _total(lambda _true, _: PAGE_SIZE), either, tells_total),
    _whole("total of zero", _total(lambda _true, _: 0), either, tells_total),
    _whole("total one too large", _total(lambda true, _: true + 1), either, tells_total, most=2),
    _whole("total far too large", _total(lambda true, _: true * 9), either, tells_total, most=10),
    _whole("total grows", _total(lambda true, at: true + 3 * (at - 1)), either, tells_total),
    _whole("total shrinks", _total(lambda true, at: true - 3 * (at - 1)), either, tells_total),
    # changes during the walk
    replace(
        _paged(
            "row inserted",
            _meanwhile(lambda collection: collection.insert(0, rows("inserted")[0])),
            either,
            is_moved,
            most=2,
        ),
        variants=(True,),
    ),
    replace(
        _paged("row removed", _meanwhile(lambda collection: collection.pop(0)), either, is_moved),
        variants=(True,),
    ),
)


def applies(cell: Cell) -> bool:
    """Whether a cell makes sense; the rules of its fault apart."""
    if cell.place == "login" and cell.signing != "custom":
        return False  # only this scheme logs in
    if cell.place in {"middle page", "last page"} and cell.paging == "none":
        return False  # there is one page
    return cell.fault.applies(cell)


def cells() -> list[Cell]:
    """Every cell of the matrix."""
    combined = (
        Cell(fault, passing, place, paging, signing)
        for fault in FAULTS
        for passing in fault.variants
        for place in PLACES
        for paging in PAGINGS
        for signing in SIGNINGS
    )
    return [cell for cell in combined if applies(cell)]


# --- what must be there ---------------------------------------------------------------------


def read_before(cell: Cell, scene: Scene) -> Mapping[str, frozenset[str]]:
    """The ids of each kind that were read before the fault, or do not depend on it."""
    truth = scene.truth()
    own = kinds_at(cell.place)
    before = {kind: truth[kind] if kind not in own else frozenset[str]() for kind in KINDS}
    if cell.fault.ends_everything:
        order = list(KINDS)
        first = min(order.index(kind) for kind in own)
        before |= {kind: frozenset[str]() for kind in order[first:]}
    spot = spot_of(cell.place, scene)
    intact = 1 if cell.fault.whole_collection else spot.number
    pages = (Spot(spot.path, number) for number in range(1, intact))
    earlier = frozenset(one for page in pages for one in ids(scene.rows_of(page)))
    if cell.place in {"middle page", "last page"}:
        before[ITEMS] = earlier
    elif cell.place == "parent" and not (cell.fault.ends_everything or cell.fault.fatal):
        before[MEMBERS] = _members(scene, earlier)
    elif cell.place == "child" and not (cell.fault.ends_everything or cell.fault.fatal):
        before[MEMBERS] = truth[MEMBERS] - ids(scene.collections[spot.path])
    return before


def not_there(cell: Cell, scene: Scene) -> Mapping[str, frozenset[str]]:
    """The ids of each kind that the API, by what it answers, says are not there."""
    spot = spot_of(cell.place, scene)
    if cell.expect is Expect.HELD_BACK:
        return {MEMBERS: ids(scene.collections[spot.path])}
    if cell.expect is not Expect.BELIEVED:
        return {}
    pages = (Spot(spot.path, at) for at in range(spot.number, scene.last_page(spot.path) + 1))
    unread = frozenset(one for page in pages for one in ids(scene.rows_of(page)))
    (kind,) = kinds_at(cell.place)
    return {kind: _members(scene, unread) if cell.place == "parent" else unread}


def _members(scene: Scene, groups: frozenset[str]) -> frozenset[str]:
    return frozenset(one for group in groups for one in ids(scene.collections[members_path(group)]))


def bound(cell: Cell, scene: Scene) -> int:
    """The most requests that a resync may make.

    A login that fails is asked again by each kind; a fault that ends everything is met by all.
    """
    honest = scene.honest_requests()
    more = 1 if cell.fault.is_retried else cell.fault.most
    if cell.place == "login" and cell.fault.is_retried:
        more = 2  # its time is longer
    if cell.fault.fatal and (cell.place == "login" or cell.signing != "custom"):
        more = 0  # there is no other credential to try
    if cell.fault.name == "500" and cell.place == "last page" and cell.paging == "page":
        more += 1  # asked for ahead, when a crash might have been the end
    if cell.fault.ends_everything or cell.fault.slow:
        return 2 * honest + len(KINDS)  # on a busy machine any request may time out once
    if cell.place == "login":
        return honest + len(KINDS) * (more + 1)
    # An end that comes suddenly is asked for once more, and a list that is shorter than it was.
    return honest + more + 6
