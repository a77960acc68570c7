"""What keeps a walk from going in a circle: the requests it made and the rows it got."""

from __future__ import annotations

from collections.abc import Hashable
from hashlib import blake2b

from msgspec.structs import replace

from errors import DoubtfulEndError, PaginationError
from paging.model import Page, PageRequest, Progress
from paging.paginator import ACCEPT

_FEWEST = 3  # rows without ids; of fewer another page may well have the same
_MOST_REPEATS = 1  # pages in a row with the rows of the one before: one may be a mistake


class CycleGuard:
    """What a walk asked for and got so far, so that it never goes in a circle.

    ``leads_by``: the setting by which one page leads to the next, for messages.
    """

    def __init__(self, max_pages: int, leads_by: str) -> None:
        self._max_pages = max_pages
        self._leads_by = leads_by
        self._sent: set[bytes] = set()
        self._latest: PageRequest | None = None  # the one sent last, which is not in the set yet
        self._count = 0
        self._again: bytes | None = None
        self._given: set[int] = set()
        self._recent: tuple[frozenset[Hashable], frozenset[Hashable]] = frozenset(), frozenset()
        self._repeats = 0  # in a row, of the page before
        self._looked_at: tuple[Page | None, int | None] = None, None

    def refuse_endless(self, request: PageRequest) -> None:
        """Raise when a request was made before, or too many were; else note it."""
        if self._was_sent(request):
            raise PaginationError(
                "this request was made before in the same walk: the API leads in a circle",
                remedy=f"check {self._leads_by}",
            )
        if self._count >= self._max_pages:
            raise PaginationError(
                f"the walk is still not over after {self._count} pages",
                remedy="check the pagination"
                " settings, or raise maxPages if the collection really is that large",
            )
        self._latest = request
        self._count += 1

    def _was_sent(self, request: PageRequest) -> bool:
        """Whether a request was made before; most walks have but one, which is not hashed."""
        if self._latest is None:
            return False
        self._sent.add(_hashed(self._latest))
        key = _hashed(request)
        return key in self._sent and key != self._again

    def allow(self, upcoming: PageRequest, sent: PageRequest, page: Page) -> None:
        """Let a request be made again at once: a scroll keeps one cursor while its rows change."""
        is_scroll = upcoming.key == sent.key and bool(page.rows)
        self._again = _hashed(upcoming) if is_scroll else None

    def add(self, page: Page) -> None:
        """Note the rows of a page, by their ids; without any by all of their values."""
        if (told := self._told_by(page)) is not None:
            self._given.add(told)
        if page.ids:
            self._recent = self._recent[1], frozenset(page.ids)

    def _holds(self, page: Page) -> bool:
        """Whether an earlier page had these rows."""
        return bool(self._given) and self._told_by(page) in self._given

    def _told_by(self, page: Page) -> int | None:
        """What tells the rows of a page from others, worked out once for each page."""
        if self._looked_at[0] is not page:
            self._looked_at = page, _told_by(page)
        return self._looked_at[1]

    def came_before(self, page: Page, progress: Progress, *, is_led: bool) -> bool:
        """Whether a page is an earlier one again, where the list may be over.

        That is after one that was not full; where positions are counted (not ``is_led``), also
        after full ones, if another page shows that they are heeded.
        """
        is_over = progress.pages > 0 and not progress.is_unbroken
        if page.repeats(progress.previous):
            return progress.rows > page.length and not is_led
        return (is_over or not is_led) and (self._holds(page) or self._turns_back(page))

    def _turns_back(self, page: Page) -> bool:
        """Whether a page has rows of the two before it alone, and begins before the last one."""
        earlier, last = self._recent
        return bool(page.ids) and earlier | last >= {*page.ids} and page.ids[0] not in last

    def refused(self, page: Page) -> Page:
        """An earlier page that came again, as the answer that there is no such page."""
        refusal = DoubtfulEndError(
            "an earlier page came again after a full one: the list may be over, but nothing shows"
            " it",
            f"check {self._leads_by} ({ACCEPT})",
        )
        return replace(page, rows=[], levels=(), refused=True, refusal=refusal)

    def refuse_circle(self, progress: Progress, page: Page, *, is_led: bool) -> None:
        """Raise when rows come again, but for those just before: that is for the paginator.

        A request that was just made again must bring new ones. So must one of three in a walk that
        is led by cursors or links (``is_led``): those are new then, and the rows are not.
        """
        is_again = page.repeats(progress.previous)
        self._repeats = self._repeats + 1 if is_led and is_again and _are_distinct(page) else 0
        is_known = self._holds(page) and not is_again
        if is_known or (is_again and self._again is not None) or self._repeats > _MOST_REPEATS:
            raise PaginationError(
                "the rows of this page came before in the same walk: the API leads in a circle, or"
                " does not heed what it is asked by, and the rest is missing",
                remedy=f"check {self._leads_by}",
            )


def _are_distinct(page: Page) -> bool:
    """Whether the rows of a page differ from one another, so that others would differ, too."""
    if page.ids:
        return True
    are_objects = all(isinstance(row, dict) for row in page.rows)
    return are_objects and 1 < len(page.rows) == len(set(page.keys))


def _told_by(page: Page) -> int | None:
    """What tells the rows of a page from those of others; None where that may be chance."""
    if page.ids:
        return hash((frozenset(page.ids), page.outside))
    if not isinstance(page.rows, list) or len(page.rows) < _FEWEST:
        return None
    texts = tuple(map(repr, page.rows))  # each page is looked at: keys would take twice as long
    told = frozenset(texts)  # in whatever order
    return hash(told) if len(told) == len(texts) else None


def _hashed(request: PageRequest) -> bytes:
    return blake2b(request.key.encode(), digest_size=16).digest()
