"""What a position counts where ``data_path`` leads through lists: which level, as pages show it.

``.boards[].items`` may be paged by its boards, by the items of each board, or by all the items
together. Until pages have shown which, a walk moves on by the fewest rows of those: then pages
overlap, and the rows that come again tell.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import accumulate, chain

from msgspec.structs import replace

from paging.model import Level, Page

ANY_LEVEL = frozenset(Level)
Keys = tuple[Hashable, ...]
"""What tells the rows of one list apart."""


def is_manifold(page: Page | None) -> bool:
    """Whether a page is of another length by each of what may be counted."""
    return page is not None and len({*page.lengths.values()}) > 1


def positions_in(page: Page, levels: frozenset[Level], asked: int = 0) -> int:
    """How many positions a page covers at least, by each of the levels that may be counted.

    There may be more than were ``asked`` for: then others are counted.
    """
    lengths = page.lengths
    rows = min((lengths[level] for level in levels & lengths.keys()), default=page.length)
    return min(rows, asked) if asked and page.levels[:1] > (1,) else rows


def levels_shown(first: Page, later: Page, moved: int, asked: int) -> frozenset[Level]:
    """What may be counted, by the rows of a page that come again ``moved`` positions later.

    All where that does not tell: rows may be hidden, or a page cut. Where there are more rows than
    were ``asked`` for, not all of them are counted, and a list that is whole again may be on each
    page.
    """
    is_deep = len(first.levels) > 1 and len(first.sizes) != first.levels[0]
    if not is_manifold(first) or is_deep or later.depth < first.depth:
        return ANY_LEVEL
    keys = first.keys_as(later)
    stops = [*accumulate(first.sizes)]
    told = {*later.keys_as(first)}
    lists = [keys[stop - size : stop] for size, stop in zip(first.sizes, stops, strict=True)]
    shown = _fitting(lists, told, moved)
    if 0 < asked < len(keys):
        others = [rows for rows in lists if not (rows and told.issuperset(rows))]
        shown = (shown - {Level.ALL}) or (_fitting(others, told, moved) - {Level.ALL})
    return (shown & first.lengths.keys()) or ANY_LEVEL


def _fitting(lists: Sequence[Keys], told: set[Hashable], moved: int) -> frozenset[Level]:
    """Of which levels just the rows behind so many positions are ``told`` again."""
    keys = tuple(chain(*lists))
    left = {
        Level.OUTER: lists[moved:],
        Level.EACH: [rows[moved:] for rows in lists],
        Level.ALL: [keys[moved:]],
    }
    shared = {*keys} & told
    shown = {level for level, parts in left.items() if {*chain(*parts)} == shared}
    # Lists that rows are grouped in need not keep their order.
    shown |= {Level.ALL} if 0 < len(shared) == len(keys) - moved else set()
    return frozenset(shown)


def unless_hollow(page: Page, before: Page | None) -> Page:
    """A page, empty where its outer lists are those of the page before, and hold no rows any more.

    Then the lists within them are paged; else the outer ones are, and these are other rows. Also
    where its only row is an object of nothing, as some APIs give after the last one.
    """
    is_nothing = page.rows == [{}]
    if before is None or not (page.is_hollow or is_nothing):
        return page
    is_empty = is_nothing or page.outside == before.outside
    return replace(page, rows=[], levels=(), sizes=()) if is_empty else page
