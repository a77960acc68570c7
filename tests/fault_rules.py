"""What must follow from a fault, and where it makes sense: one function each.

Written from what the product promises, not from what it does.
"""

from __future__ import annotations

from dataclasses import replace

from tests.fault_cells import ONCE, Cell, Expect
from tests.fault_scene import COUNTED, LED

# --- what must follow -----------------------------------------------------------------------


def raises(_: Cell) -> Expect:
    """An error, passing or not: nothing is gained by asking again."""
    return Expect.RAISES


def refusal(cell: Cell) -> Expect:
    """An error; but what was refused before its turn is asked for in its turn, by position.

    So is a page that is led to, where the status may say that it is not there.
    """
    is_said_absent = cell.paging in LED and cell.fault.name in {"400", "404", "410"}
    is_again = not cell.is_first_page and (cell.paging in COUNTED or is_said_absent)
    return Expect.EITHER if cell.passing and is_again else Expect.RAISES


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


def _absent(cell: Cell) -> Expect:
    """Nothing here, by what the API says: after a page a request may show that rows follow."""
    return _if_it_lasts(cell, Expect.BELIEVED if cell.is_first_page else Expect.UNPROVED)


def lasting(cell: Cell) -> Expect:
    """An end that comes too early once is asked for again, and then it is none."""
    return Expect.EITHER if cell.passing else raises(cell)


def gone(cell: Cell) -> Expect:
    """A child that is not found twice, although its parent is listed, holds the deletion back."""
    is_later = cell.paging in {"offset", "page"} and not cell.is_first_page
    if is_later and cell.fault.name == "404":
        return _absent(cell)
    if is_later and cell.fault.name == "410":
        return refused_page(cell)
    if cell.paging == "page_total" and cell.shape == "hidden rows" and not cell.is_first_page:
        return Expect.EITHER  # the page may be asked for by another size, which is not refused
    return _if_it_lasts(cell, Expect.HELD_BACK) if cell.place == "child" else refusal(cell)


def refused(cell: Cell) -> Expect:
    """A login of one's own is made again, once; a fixed credential is refused for good."""
    renewed = cell.signing == "custom" and cell.place != "login"
    return Expect.COMPLETE if renewed and cell.passing else Expect.RAISES


def silent(cell: Cell) -> Expect:
    """204 is an empty page; where the API led to it, or told a total, that is contradicted."""
    if cell.place == "login":
        return Expect.RAISES
    if cell.paging in LED and not cell.is_first_page:
        return lasting(cell)
    return _absent(cell)


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
    return _absent(cell)


def empty_page(cell: Cell) -> Expect:
    """Rows that a total speaks of may be hidden, but not all of them: else twice is believed."""
    is_all = cell.place == "second kind"
    return _if_it_lasts(cell, Expect.HELD_BACK) if is_all else _absent(cell)


def unreadable_rows(cell: Cell) -> Expect:
    """Text in another charset is not guessed at; a login's answer may be plain ASCII.

    Where rows are hidden, a later page may be asked for from another position, and come whole.
    """
    is_moved_on = cell.shape == "hidden rows" and cell.paging in COUNTED
    is_either = cell.place == "login" or (is_moved_on and cell.place in {"last page", "parent"})
    return Expect.EITHER if is_either else Expect.RAISES


def one_redirect(cell: Cell) -> Expect:
    """A redirect to itself is followed; a login is not redirected."""
    return Expect.RAISES if cell.place == "login" else passes(cell)


def short_page_ends(cell: Cell) -> Expect:
    """A list that is the same for any position and any size is one that does not page."""
    if cell.place in {"child", "second kind"}:
        return Expect.COMPLETE
    return Expect.RAISES if cell.paging == "page_total" else Expect.BELIEVED


def no_page(cell: Cell) -> Expect:
    """What is no page is an error, unless it is one only once and asked for again."""
    return Expect.EITHER if cell.passing else Expect.RAISES


def error_report(cell: Cell) -> Expect:
    """An error, though a page that is one only once may be asked for again; a login is not."""
    return Expect.RAISES if cell.place == "login" else no_page(cell)


def odd_empty_page(cell: Cell) -> Expect:
    """A page without rows that has what no page with rows has is none; alone it is believed."""
    if cell.is_first_page and cell.place != "child":
        return Expect.EITHER if cell.passing else Expect.UNPROVED
    return no_page(cell)


def other_constant(cell: Cell) -> Expect:
    """A constant is proved by two pages with rows: with fewer, an empty page is believed."""
    has_two = cell.place in {"child", "last page"}
    return no_page(cell) if has_two else odd_empty_page(replace(cell, place="first page"))


def names_alone(cell: Cell) -> Expect:
    """Names without a value say too little: what is not there may be left out."""
    return Expect.EITHER if cell.passing else Expect.UNPROVED


def is_short(cell: Cell) -> bool:
    """Whether pages have fewer rows than were asked for, though they are not the last."""
    return cell.shape in {"small pages", "hidden rows"}


def repeated(cell: Cell) -> Expect:
    """After a page that is not full, the same page again is how some APIs say that it was all."""
    is_end = is_short(cell) and cell.paging in {"offset", "page"}
    return Expect.UNPROVED if is_end and not cell.passing else lasting(cell)


def refused_page(cell: Cell) -> Expect:
    """An error, or by position what a request around it finds there.

    After a page that is not full, a lasting one is how some APIs say that there is none.
    """
    if cell.paging not in COUNTED or cell.is_first_page:
        return refusal(cell)
    if cell.passing:
        return Expect.EITHER
    return Expect.UNPROVED if is_short(cell) else Expect.RAISES


def first_rows_always(cell: Cell) -> Expect:
    """As of a list that does not page, where a page is shorter than was asked for."""
    return Expect.UNPROVED if is_short(cell) else Expect.EITHER


def all_at_once(cell: Cell) -> Expect:
    """All there is; but a total that speaks of more rows than came contradicts."""
    is_contradicted = cell.shape == "hidden rows" and cell.paging == "page_total"
    return Expect.EITHER if is_contradicted else Expect.COMPLETE


def total_of_seen(cell: Cell) -> Expect:
    """A total that equals the rows given so far is reached: on a full page there may be more."""
    return Expect.UNPROVED if is_short(cell) else Expect.EITHER


def marker_left_out(cell: Cell) -> Expect:
    """On a full page it is asked for again; where it is missing twice, the list ends there.

    Nothing tells the short page of a server that gives fewer rows, or hides one, from a last page.
    """
    is_first = cell.place == "first page"
    is_last = cell.shape == "hidden rows" or (cell.shape == "small pages" and is_first)
    return Expect.UNPROVED if is_last or not cell.passing else Expect.COMPLETE


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
    return is_led(cell) and cell.place in ONCE


def is_counted_collection(cell: Cell) -> bool:
    """Only where positions are counted, and once for a collection: all its pages are struck."""
    return cell.paging in COUNTED and cell.place in ONCE


def tells_total(cell: Cell) -> bool:
    """Only where a total is told, and once for a collection: all its pages tell it."""
    return cell.paging == "page_total" and is_counted_collection(cell)


def tells_total_here(cell: Cell) -> bool:
    """Only where a total is told that contradicts it."""
    return is_page(cell) and cell.paging == "page_total"


def is_moved(cell: Cell) -> bool:
    """Only where positions are counted and another page follows: cursors keep their place.

    Where rows are hidden only a total tells that a first page is not the whole list.
    """
    is_known = cell.shape != "hidden rows" or cell.paging == "page_total"
    return is_known and cell.paging in COUNTED and cell.place in {"first page", "middle page"}


def leads_on(cell: Cell) -> bool:
    """Only where a page names the next one, and there is one."""
    return cell.paging in LED and cell.place in {"first page", "middle page"}


def leads_on_in_body(cell: Cell) -> bool:
    """As above, in the body: a header cannot be null."""
    return leads_on(cell) and cell.paging in {"cursor", "next_link"}


def leads_on_by_form(cell: Cell) -> bool:
    """As above, where what names the next page has a form: a cursor in a header is any text."""
    return leads_on(cell) and cell.paging != "header_cursor"


def has_constants(cell: Cell) -> bool:
    """Only where words stand around every list."""
    return is_page(cell) and cell.shape == "constants"


def is_healthy(cell: Cell) -> bool:
    """Once: nothing is struck."""
    return cell.place == "first page"
