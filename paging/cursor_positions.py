"""Whether a cursor is a position in disguise: then rows that move meanwhile may be on no page.

And whether it is the key of a row, which the next page begins with, or leads to no new rows.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Hashable, Iterator

from json_values import Found, Json
from paging.following import parts_of
from paging.model import Page, PageRequest, Progress
from paging.signals import whole_number

_NUMBER = re.compile(r"(?<![0-9])[0-9]{1,18}(?![0-9A-Za-z])")
_AROUND_NUMBER = re.compile(r"([^0-9]*)([0-9]{1,18})([^0-9]*)")
_ONE_NUMBER = re.compile(r"[^0-9]*[0-9]{1,18}")


def is_counted(first: PageRequest, later: PageRequest, before: Progress) -> bool:
    """Whether a later page of a walk was asked for by its position in the list.

    Then rows that move while the walk goes on may be on none of its pages. That is a whole number,
    as of ``?page=2``, or a cursor that holds it; ``before`` is what came before that page.
    """
    new = [text for _, text in parts_of(later).items() - parts_of(first).items()]
    is_held = any(counts_on(text, before.rows, before.pages) for text in new)
    return is_held or any(whole_number(text) is not None for text in new)


def counts_on(cursor: str, rows: int, pages: int) -> bool:
    """Whether a cursor counts the rows or pages before it, written plainly or in base64.

    Relay's ``YXJyYXljb25uZWN0aW9uOjk=`` is ``arrayconnection:9``, the last of ten rows. A chance
    costs one more reading, and that only where something is to be deleted.
    """
    of_rows, of_pages = {rows, rows - 1}, {pages, pages + 1}
    if not of_rows.isdisjoint(_numbers(cursor)):
        return True
    if _ONE_NUMBER.fullmatch(cursor) and not of_pages.isdisjoint(_numbers(cursor)):
        return True
    return not (of_rows | of_pages).isdisjoint(_numbers(_decoded(cursor)))


def far_beyond(before: Json, value: Json, count: int, pages: int) -> str | None:
    """A position so many ``pages`` beyond a ``value``; None where that does not count pages.

    ``before`` led to the page that gives ``value``, the last of ``count``. They differ in their one
    number, as many times what it moves by: on the fifth page ``offset=40`` gives ``offset=50``.
    """
    was, now = (_AROUND_NUMBER.fullmatch(str(one)) for one in (before, value))
    if was is None or now is None or (was[1], was[3]) != (now[1], now[3]):
        return None
    step = int(now[2]) - int(was[2])
    is_counting = step > 0 and abs(int(now[2]) - count * step) <= 1
    return f"{now[1]}{int(now[2]) + pages * step}{now[3]}" if is_counting else None


def came_before(previous: Page | None, page: Page, marker: Found) -> frozenset[Hashable]:
    """The rows that a page begins with where they ended the page before: start keys are inclusive.

    Several may have one key, such as a time. A whole page that comes again shows rather that the
    cursor is not heeded, unless it is one row which the cursor is a value of.
    """
    if previous is None or not (page.rows and previous.rows):
        return frozenset()
    are_told = page.ids and previous.ids
    ours, theirs = (page.ids, previous.ids) if are_told else (page.rows, previous.rows)
    # Rows of a large page are decoded one by one.
    if not (are_told or isinstance(theirs, list)) or ours[0] not in theirs:
        return frozenset()
    first, ended = page.rows[0], len(theirs) - theirs.index(ours[0])
    is_named = page.length == 1 and isinstance(first, dict) and marker in first.values()
    is_again = page.repeats(previous) and not is_named
    is_end = page.rows[:ended] == previous.rows[-ended:]
    return frozenset(page.keys[:ended] if is_end and not is_again else ())


def came_again(previous: Page | None, page: Page) -> bool:
    """Whether a page has just the identifiers of the one before, and no row of it is new."""
    return bool(page.ids) and page.repeats(previous)


def _numbers(text: str) -> Iterator[int]:
    return map(int, _NUMBER.findall(text))


def _decoded(cursor: str) -> str:
    """What a cursor is in base64, "" where that is no text."""
    padded = cursor.rstrip("=") + "=" * (-len(cursor.rstrip("=")) % 4)
    try:
        text = b64decode(padded, altchars=b"-_" if {"-", "_"} & {*cursor} else None).decode()
    except (Error, ValueError):
        return ""
    return text if text.isprintable() else ""
