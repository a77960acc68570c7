"""What may go wrong with an API, and what must become of a resync then.

Each `Fault` declares its expectation without a look at the integration: what the contract of
the product says, and above it the law that fewer entities than there are mean an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from zlib import crc32

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
from tests.fault_answers import (
    BOMB,
    EARLY_HINTS,
    KLINGON,
    UTF_16,
    altered,
    altered_by,
    always,
    circle,
    dies,
    elsewhere,
    emptied,
    endless,
    everything,
    first_page,
    gzipped,
    honest,
    in_latin_1,
    later,
    meanwhile,
    no_marker,
    null_marker,
    odd_marker,
    page,
    says_nothing,
    total,
    truncated,
    typed,
    with_body,
    wrong_length,
)
from tests.fault_api import Answer, Raw, Reply, answer, silence, text
from tests.fault_cells import (
    PLACES,
    Cell,
    Expect,
    Fault,
    Make,
    Place,
    Rule,
    Verdict,
    kinds_at,
    spot_of,
)
from tests.fault_rules import (
    all_at_once,
    complete,
    either,
    empty,
    empty_page,
    error_report,
    first_rows_always,
    gone,
    has_constants,
    is_counted_collection,
    is_healthy,
    is_later_page,
    is_led,
    is_led_back,
    is_led_on,
    is_moved,
    is_page,
    is_too_long,
    leads_on,
    leads_on_by_form,
    leads_on_in_body,
    marker_left_out,
    names_alone,
    no_list,
    no_page,
    odd_empty_page,
    one_redirect,
    other_constant,
    passes,
    passes_or_raises,
    raises,
    refusal,
    refused,
    refused_page,
    repeated,
    short_page_ends,
    silent,
    tells_total,
    tells_total_here,
    total_of_seen,
    unreadable_rows,
)
from tests.fault_scene import (
    ITEMS,
    KINDS,
    MAX_PAGES,
    MEMBERS,
    PAGE_SIZE,
    PAGINGS,
    SHAPES,
    SIGNINGS,
    Paging,
    Scene,
    Shape,
    Signing,
    Spot,
    echo,
    ids,
    rows,
)

_SHAPES_WITHOUT_PAGES = frozenset[Shape]({"plain", "constants", "no ids"})
_ASKED_BESIDE: Mapping[Paging, int] = {
    "none": 0, "offset": 8, "page": 12, "page_total": 6,
    "cursor": 4, "header_cursor": 4, "next_link": 4, "header_link": 4,
}  # fmt: skip


def _wire(name: str, reply: Make, *, slow: bool = False) -> Fault:
    """No complete answer: asked again."""
    return Fault(name, reply, passes, TransportError, is_retried=True, slow=slow)


def _harmless(name: str, change: Callable[[Answer], Reply]) -> Fault:
    """Odd, but a whole answer."""
    return Fault(name, altered(change), complete, OceanCustomError, variants=(False,))


def _busy(name: str, status: int, **headers: str) -> Fault:
    """A status that asks to come again: asked again."""
    make = always(echo(status, **headers))
    return Fault(name, make, passes, ResponseError, is_retried=True)


def _refusal(status: int, expect: Verdict = refusal) -> Fault:
    return Fault(str(status), always(echo(status)), expect, ResponseError, most=0)


def _unreadable(name: str, make: Make, expect: Verdict = raises) -> Fault:
    return Fault(name, make, expect, BodyError, most=0)


def _paged(name: str, make: Make, expect: Verdict, applies: Rule, most: int = 1) -> Fault:
    return Fault(name, make, expect, PaginationError, most=most, applies=applies)


def _whole(name: str, make: Make, expect: Verdict, applies: Rule, most: int = 1) -> Fault:
    """A trait of a collection rather than of a page: it neither passes nor strikes one page."""
    paged = _paged(name, make, expect, applies, most)
    return replace(paged, variants=(False,), whole_collection=True)


def _no_page(name: str, make: Make, expect: Verdict = no_page) -> Fault:
    """A whole answer that has no list where there was one."""
    return Fault(name, make, expect, OceanCustomError, most=2, applies=is_page)


def _marked(name: str, change: Callable[[Answer], Reply], expect: Verdict, applies: Rule) -> Fault:
    """The true page, and what names the next one is otherwise."""
    return Fault(name, altered(change), expect, PaginationError, most=2, applies=applies)


FAULTS: tuple[Fault, ...] = (
    # the wire
    replace(_wire("connection refused", dies), variants=(False,), ends_everything=True),
    _wire("reset before the answer", always(fault_api.RESET)),
    _wire("closed before the answer", always(fault_api.CLOSED)),
    _wire("head cut short", always(fault_api.CUT_HEAD)),
    _wire("not HTTP", always(fault_api.GARBAGE)),
    _wire("reset in the body", always(fault_api.RESET_IN_BODY)),
    _wire("chunks cut short", always(fault_api.CUT_CHUNKS)),
    _wire("length too long", altered(lambda page: wrong_length(page, 10))),
    _wire("no answer", always(silence), slow=True),
    _wire("body drips", always(fault_api.SLOW_BODY), slow=True),
    _wire("header of a megabyte", always(fault_api.HUGE_HEADER)),
    _wire("broken gzip", always(fault_api.BROKEN_GZIP)),
    _harmless("early hints", lambda page: Raw(EARLY_HINTS + page.encoded(), end="keep")),
    _harmless("connection not kept", lambda page: Raw(page.encoded())),
    # bodies
    Fault(
        "length too short",
        altered(lambda page: wrong_length(page, -3)),
        passes_or_raises,
        SourceError,
        is_retried=True,
    ),
    _unreadable("truncated JSON", altered(truncated)),
    _unreadable("HTML with 200", always(text("<h1>Sign in</h1>", kind="text/html"))),
    _unreadable("gzip bomb", always(gzipped(BOMB))),
    _unreadable("wrong charset", altered(lambda page: typed(page, UTF_16)), unreadable_rows),
    _unreadable("undeclared latin-1", altered(in_latin_1), unreadable_rows),
    _unreadable("unknown charset", altered(lambda page: typed(page, KLINGON)), complete),
    _unreadable("empty body", always(Answer()), empty),
    replace(_unreadable("204", always(Answer(status=204)), silent), error=OceanCustomError),
    replace(
        _unreadable("error with 200", always(answer({"error": "backend is down"})), error_report),
        most=3,
    ),
    replace(
        _unreadable("empty object", always(answer({})), no_list),
        error=OceanCustomError,
    ),
    # redirects
    Fault("redirect in a circle", circle, one_redirect, SourceError, most=5),
    Fault("302 to another origin", elsewhere(302), raises, OriginError, most=0),
    Fault("307 to another origin", elsewhere(307), raises, OriginError, most=0),
    # statuses
    replace(_refusal(400, refused_page), error=OceanCustomError),
    Fault("401", always(echo(401)), refused, CredentialsError, most=2, fatal=True),
    _refusal(403),
    replace(_refusal(404, gone), error=OceanCustomError),
    replace(_refusal(410, gone), error=OceanCustomError),
    *(_busy(str(status), status) for status in (408, 429, 500, 502, 503, 504)),
    replace(_busy("429, 1 second", 429, Retry_After="1"), expect=is_too_long),
    replace(_busy("429, a date", 429, Retry_After=later(hours=1)), expect=is_too_long),
    _busy("429, a past date", 429, Retry_After=later(hours=-1)),
    replace(_busy("429, absurd", 429, Retry_After="99999999999999999999"), expect=is_too_long),
    _busy("429, negative", 429, Retry_After="-5"),
    replace(_busy("503 in UTF-16", 503), make=always(typed(answer({}, 503), UTF_16))),
    _busy("403, rate limit", 403, X_RateLimit_Remaining="0"),
    # answers that are no page, though their words are in no table
    _no_page("nothing of a page", altered_by(lambda _, drawn: answer(drawn))),
    _no_page("names alone", altered_by(lambda _, drawn: answer(says_nothing(drawn))), names_alone),
    _no_page("an object for the list", altered_by(lambda p, drawn: with_body(p, items=drawn))),
    _no_page("a text for the list", altered(lambda p: with_body(p, items="busy"))),
    _no_page("a text for the answer", always(answer("under maintenance"))),
    _no_page(
        "no rows, and other words",
        altered_by(lambda _, drawn: answer({**drawn, "items": []})),
        odd_empty_page,
    ),
    _no_page(
        "null, and other words",
        altered_by(lambda _, drawn: answer({**drawn, "items": None})),
        odd_empty_page,
    ),
    replace(
        _no_page(
            "no rows, and another constant",
            altered_by(lambda p, drawn: with_body(p, items=[], stat=next(iter(drawn)))),
            other_constant,
        ),
        applies=has_constants,
    ),
    # pages
    replace(_paged("nothing wrong", honest, complete, is_healthy), variants=(False,), most=0),
    _paged("page repeated", page(lambda asked: asked.moved(-1)), repeated, is_later_page),
    _paged("cursor repeated", page(leads_to=lambda asked: asked.start), either, is_led),
    _paged(
        "cycle of links",
        page(leads_to=lambda asked: max(0, asked.moved(-1).start)),
        raises,
        is_led_back,
    ),
    _marked("marker null", null_marker, marker_left_out, leads_on_in_body),
    _marked("marker missing", no_marker, marker_left_out, leads_on),
    _marked("marker of another type", odd_marker, no_page, leads_on_by_form),
    # Each row of a parent has a child to ask for.
    _whole("links without end", endless, raises, is_led_on, most=MAX_PAGES * (PAGE_SIZE + 1)),
    _whole(
        "position ignored",
        page(lambda asked: replace(asked, start=0)),
        first_rows_always,
        is_counted_collection,
    ),
    _whole("position and size ignored", first_page, short_page_ends, is_counted_collection),
    _whole("paging ignored", everything, all_at_once, is_counted_collection),
    _paged("page emptied", emptied, empty_page, tells_total_here),
    # totals
    _whole("total too small", total(lambda true, _: true - 3), either, tells_total),
    _whole("total of a page", total(lambda _true, _: PAGE_SIZE), total_of_seen, tells_total),
    _whole("total of zero", total(lambda _true, _: 0), either, tells_total),
    _whole("total one too large", total(lambda true, _: true + 1), either, tells_total, most=2),
    _whole("total far too large", total(lambda true, _: true * 9), either, tells_total, most=10),
    _whole("total grows", total(lambda true, at: true + 3 * (at - 1)), either, tells_total, most=2),
    _whole("total shrinks", total(lambda true, at: true - 3 * (at - 1)), either, tells_total),
    # changes during the walk
    replace(
        _paged(
            "row inserted",
            meanwhile(lambda collection: collection.insert(0, rows("inserted")[0])),
            either,
            is_moved,
            most=2,
        ),
        variants=(True,),
    ),
    replace(
        _paged("row removed", meanwhile(lambda collection: collection.pop(0)), either, is_moved),
        variants=(True,),
    ),
)


WHY_BELIEVED: Mapping[str, str] = {
    "204": "204 says that nothing is there",
    "empty object": "an API may leave an empty list out, as nothing else differs",
    "400": "after a page that is not full, it says that there is no further one",
    "410": "after a page that is not full, it says that there is no further one",
    "404": "after a full page, it says that there is no further one",
    "no rows, and other words": "no page with rows shows what stands around a list",
    "null, and other words": "no page with rows shows what stands around a list",
    "no rows, and another constant": "a constant is proved by two pages with rows",
    "marker null": "it says that the list ends; once, on a page that is not full",
    "marker missing": "so APIs say that the list ends; once, on a page that is not full",
    "names alone": "as an empty object: names without a value say nothing",
    "page repeated": "after a page that is not full, it is how some APIs say that it was all",
    "position ignored": "always the same few rows, as of an endpoint without paging",
    "position and size ignored": "the same answer to all, as of an endpoint without paging",
    "page emptied": "rows that a total speaks of may be hidden",
    "total of a page": "the rows given reach the total",
}
"""Why rows are missing without an error: the exceptions, by fault. No other fault has any."""


def applies(cell: Cell) -> bool:
    """Whether a cell makes sense; the rules of its fault apart."""
    if cell.place == "login":
        # Only this scheme logs in, and a login has no list.
        return cell.signing == "custom" and cell.shape == "plain" and cell.fault.applies(cell)
    if cell.paging == "none":
        # There is one page, and all rows are on it.
        has_page = cell.place not in {"middle page", "last page"}
        return has_page and cell.shape in _SHAPES_WITHOUT_PAGES and cell.fault.applies(cell)
    return cell.fault.applies(cell)


def _signings(fault: Fault, place: Place, paging: Paging, shape: Shape) -> tuple[Signing, ...]:
    """Every signing of a plain list; of the others one each, in turn."""
    if shape == "plain":
        return SIGNINGS
    return (SIGNINGS[crc32(f"{fault.name} {place} {paging} {shape}".encode()) % len(SIGNINGS)],)


def cells(seed: int = 0) -> list[Cell]:
    """Every cell of the matrix; other words are drawn for another seed."""
    combined = (
        Cell(fault, passing, place, paging, signing, shape, seed=seed)
        for fault in FAULTS
        for passing in fault.variants
        for place in PLACES
        for paging in PAGINGS
        for shape in SHAPES
        for signing in _signings(fault, place, paging, shape)
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
    earlier = _on_pages(scene, spot.path, range(1, spot.number))
    if cell.fault.whole_collection:
        earlier = frozenset()
    if cell.place in {"middle page", "last page"}:
        before[ITEMS] = earlier
    elif cell.place == "parent" and not (cell.fault.ends_everything or cell.fault.fatal):
        before[MEMBERS] = scene.members_of(earlier)
    elif cell.place == "child" and not (cell.fault.ends_everything or cell.fault.fatal):
        before[MEMBERS] = truth[MEMBERS] - ids(scene.collections[spot.path])
    return before


def not_there(cell: Cell, scene: Scene) -> Mapping[str, frozenset[str]]:
    """The ids of each kind that the API, by what it answers, says are not there."""
    spot = spot_of(cell.place, scene)
    if cell.expect is Expect.HELD_BACK:
        return {MEMBERS: ids(scene.collections[spot.path])}
    if cell.expect not in {Expect.BELIEVED, Expect.UNPROVED}:
        return {}
    unread = _on_pages(scene, spot.path, range(spot.number, scene.last_page(spot.path) + 1))
    (kind,) = kinds_at(cell.place)
    return {kind: scene.members_of(unread) if cell.place == "parent" else unread}


def _on_pages(scene: Scene, path: str, numbers: range) -> frozenset[str]:
    """The ids on some pages of a collection."""
    windows = (scene.window_of(Spot(path, number)) for number in numbers)
    return frozenset(one for window in windows for one in ids(scene.rows_of(window)))


def enough(scene: Scene) -> int:
    """How many requests a resync without a fault may take.

    The pages of all lists, and for each of the four endpoints a few that settle what is in doubt,
    however many children there are: page 0, what follows the last page, and, where pages are not
    as long as was asked for, or no end is told, up to five more.
    """
    pages = sum(scene.last_page(path) for path in scene.collections)
    is_doubtful = scene.shape in {"small pages", "hidden rows", "full last page"}
    beside = _ASKED_BESIDE[scene.paging] + (20 if is_doubtful else 0)
    return pages + beside + (scene.signing == "custom")


def bound(cell: Cell, scene: Scene) -> int:
    """The most requests that a resync may make.

    A login that fails is asked again by each kind; a fault that ends everything is met by all.
    """
    honest = enough(scene)
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
    # An end that comes suddenly is asked for once more, with the page behind it, and a list that is
    # shorter than it was.
    return honest + more + 7
