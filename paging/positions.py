"""``offset`` and ``page``: how a position is counted on, and how a walk by it ends."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

import httpx
from msgspec import Struct
from msgspec.structs import replace

from errors import DoubtfulEndError, PaginationError
from paging.levels import is_manifold, positions_in
from paging.model import NO_PAGE_BEFORE, NO_SUCH_PAGE_AFTER_SHORT, Page, PageRequest, Progress
from paging.paginator import (
    ACCEPT,
    DEFAULT_POSITION_PARAM,
    PaginationSettings,
    Paginator,
    total_of,
    unseen,
)
from paging.rows import FEWEST
from paging.signals import is_first, whole_number
from paging.steps import Asking, End, Experiment, Learnt, Step
from paging.totals import Known, counts_around, says_all

_ABOUT_REFUSED = "whether positions are refused"
_FEW = 10  # rows; a number that is none of them may well be as small by chance


class At(Struct, frozen=True):
    """Where a walk is: after the answer ``page`` to the request ``sent``.

    ``size``: the rows of a full page, the server's own page size where that is less than was
    asked for. ``is_more``: a signal or a total speaks of more.
    """

    learnt: Learnt
    before: Progress
    now: Progress
    sent: PageRequest
    page: Page
    asked: int
    size: int
    known: frozenset[Hashable] = frozenset()
    says_more: bool = False
    is_more: bool = False

    @property
    def is_full(self) -> bool:
        """Whether the page is as long as pages are."""
        return self.page.fills(self.size)

    @property
    def lacks_few(self) -> bool:
        """Whether a total speaks of no more than a page of rows that did not come."""
        return 0 < (self.now.total or 0) - self.now.in_all <= max(self.size, self.now.largest)

    @property
    def sure(self) -> int:
        """How many positions any page surely covers."""
        return min(self.size, self.learnt.reach or self.size)

    @property
    def again(self) -> frozenset[Hashable]:
        """The keys of rows that came with the page before and are the same in every value.

        Others may share their id with one of those: members of two groups, by their own ids.
        """
        before, page = self.before.previous, self.page
        if not self.known or before is None:
            return frozenset()
        rows = dict(zip(before.keys_as(page), before.rows, strict=True))
        pairs = zip(page.keys_as(before), page.rows, strict=True)
        return frozenset(key for key, row in pairs if key in self.known and rows[key] == row)

    def steadied(self) -> Asking[At]:
        """The same with what moves in rows without ids."""
        learnt = yield from self.learnt.steadied(self.page, self.now)
        page = self.page.steady(learnt.moving)
        return replace(self, learnt=learnt, page=page, now=replace(self.now, previous=page))

    def ask(self, request: PageRequest, of: str) -> Asking[tuple[At, Page | None]]:
        """Settle a doubt: the same with what is learnt by then, and the answer.

        Where a total is reached already, no words of an answer without rows contradict it.
        """
        is_reached = self.now.known is Known.REACHED
        learnt, page = yield Experiment(request, of, self.learnt, self.now, is_reached)
        return replace(self, learnt=learnt), page


class Counted(Paginator):
    """What ``offset`` and ``page`` share: a position that is counted."""

    _counts_pages = False
    """Whether a position counts pages, rather than rows."""

    def __init__(self, settings: PaginationSettings) -> None:
        super().__init__(settings)
        self._start = settings.start_page if self._counts_pages else settings.start_offset
        self._param = settings.pagination_param or DEFAULT_POSITION_PARAM[settings.type]

    @property
    def leads_by(self) -> str:
        """The parameter of the position."""
        return f"paginationParam {self._param!r}"

    def _stride(self, rows: int) -> int:
        """How far a page of so many rows moves the position."""
        return 1 if self._counts_pages else rows

    def _passed(self, sent: PageRequest, size: int) -> int:
        """How many positions of rows come before a page of ``size`` rows."""
        passed = (self._at(sent) or 0) - self._start
        return passed * size if self._counts_pages else passed

    def _from(self, sent: PageRequest, position: int) -> PageRequest | None:
        """A request for what stands from a position of the first page on.

        By number that is the second page of so many rows.
        """
        is_there = self._size_param is not None and self._at(sent) == self._start
        if position < 1 or not (is_there or not self._counts_pages):
            return None
        return self._moved(sent, self._stride(position), position if self._counts_pages else None)

    def _within(self, sent: PageRequest, rows: int) -> PageRequest | None:
        """A request for the last of a first page's rows, None where it cannot be asked for."""
        # A page of one row would end with the last row whatever follows.
        is_told = rows >= FEWEST or not self._counts_pages
        return self._from(sent, rows - 1) if is_told else None

    def first(self, request: PageRequest) -> PageRequest:
        """The request with size and position; a position the resource asks for stands."""
        sized = super().first(request)
        if sized.get(self._param, self._settings.send_in) is not None:
            return sized
        return sized.put(self._param, self._start, self._settings.send_in)

    def unplaced(self, sent: PageRequest) -> PageRequest | None:
        """The request without its position, where that is the usual one."""
        if self._at(sent) != self._start:
            return None
        unplaced = sent.without(self._param, self._settings.send_in)
        return unplaced.perhaps_absent(NO_PAGE_BEFORE)

    def elsewhere(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """The last row of the first page, as the second page of one row less.

        Some APIs tell the number of the page that an offset and a size make.
        """
        shorter = super().elsewhere(sent, page)
        return shorter and self._from(shorter, page.length - 1)

    def after(self, sent: PageRequest, rows: int = 0, pages: int = 1) -> PageRequest:
        """The request from so many positions on."""
        return self._moved(sent, self._stride(rows or max(self._asked(sent), 1)) * pages)

    def before(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """What position 0 gives, where 1 is taken for the first, and nothing shows that it is."""
        at_start = self._at(sent) == 1 == self._start
        if not at_start or page.is_single or is_first(page.scopes, page.headers):
            return None
        return self._placed(sent, 0).perhaps_absent(NO_PAGE_BEFORE)

    def ahead(
        self,
        progress: Progress,
        upcoming: PageRequest,
        *,
        begun: int = 0,
        reach: int = 0,
        guesses: bool = True,
    ) -> Iterator[PageRequest]:
        """The rest of the pages, when the API told its total, and it is known what that counts."""
        if (previous := progress.previous) is None or is_manifold(previous):
            return
        # A page of several lists is as long as all of them.
        largest = max(progress.largest, previous.most, reach)
        by_rows = -(-(progress.total or 0) // largest) if largest else 0
        left = max(by_rows, progress.total_pages or 0) - progress.pages
        last = previous.request
        # A page not as long as asked has a limit behind it, or hidden rows: the next one shows it.
        is_alike = largest >= (self._asked(upcoming) if progress.pages > 1 else progress.wanted)
        is_even = self._counts_pages or (progress.last_was_full and is_alike)
        moved = (self._at(last) or 0) + self._stride(largest) if last and is_even else None
        if last and self._at(upcoming) != moved:
            return  # by how far the walk moves on is known from page to page
        for count in range(begun, 0 if self._settings.in_order else left):
            yield self._moved(upcoming, count * self._stride(largest))

    # --- positions -----------------------------------------------------------------------

    def _placed(self, sent: PageRequest, position: int, size: int | None = None) -> PageRequest:
        """The request for another position, where nothing may be, and perhaps of another size."""
        send_in = self._settings.send_in
        placed = sent.put(self._param, position, send_in)
        if size and self._size_param:
            placed = placed.put(self._size_param, size, send_in)
        return placed.perhaps_absent(NO_SUCH_PAGE_AFTER_SHORT)

    def _moved(self, sent: PageRequest, by: int, size: int | None = None) -> PageRequest:
        """The request for what stands so many positions further on."""
        at = self._at(sent)
        if at is None:
            raise PaginationError(
                f"{self._param!r} is {sent.get(self._param, self._settings.send_in)!r}, which is"
                " not a number to count on from",
                remedy="remove it from query_params or body",
            )
        return self._placed(sent, at + by, size)

    def _at(self, sent: PageRequest) -> int | None:
        """The position of a request, None where it is no number."""
        return whole_number(sent.get(self._param, self._settings.send_in))

    def _resized(self, at: At, request: PageRequest) -> PageRequest:
        """A later request with the server's own page size, once that is known."""
        asked = at.now.wanted
        size = asked if at.learnt.hides_rows else at.learnt.page_size
        # A number counts pages of one size: what another walk learns meanwhile is for the next one.
        is_late = self._counts_pages and at.before.pages
        if not size or self._size_param is None or at.now.first >= asked or is_late:
            return request
        return request.put(self._size_param, min(asked, size), self._settings.send_in)

    @staticmethod
    def _covered(at: At) -> int:
        """How many positions a page surely covers, full or not."""
        rows = positions_in(at.page, at.learnt.levels, at.asked)
        # As many as the server gives at once may be all that there is room for.
        return rows if 0 < (at.learnt.page_size or 0) <= rows else max(rows, at.sure)

    def _on(self, at: At) -> Step:
        """The next page; rows that came with the page before are told."""
        learnt, now = at.learnt, at.now
        rows = positions_in(at.page, learnt.levels, at.asked)
        moves = self._covered(at) if learnt.hides_rows else rows
        following = self._resized(at, self._moved(at.sent, self._stride(moves or at.size)))
        # Where rows are hidden, the position reaches the total before they do.
        is_beyond = 0 < (at.now.total or 0) <= self._passed(following, at.size)
        is_short = self._is_short_of_total(at) and now.known is not Known.OPEN
        # A full page may say so for its length alone: then a refusal is asked about.
        is_due = (is_short and not (is_beyond or at.lacks_few)) or (at.says_more and not at.is_full)
        absent = frozenset[int]() if is_due and at.page.length else NO_SUCH_PAGE_AFTER_SHORT
        following = following.perhaps_absent(absent)
        doubt = self._endless(now, moves or at.asked)
        return Step(now, following, learnt, known=at.again, doubt=doubt)

    def _is_short_of_total(self, at: At) -> bool:
        """Whether a believed total speaks of positions after those of this page."""
        is_open = at.now.known is Known.OPEN and at.page.length
        if at.now.known is not Known.MORE and not is_open:
            return False
        if at.now.total is None:
            return (at.now.total_pages or 0) > at.now.pages
        # Where positions count all rows, those that were passed tell more than those received.
        by_position = at.learnt.hides_rows or not at.page.length
        passed = self._passed(at.sent, at.sure) + self._covered(at)
        reached = passed if by_position else at.now.rows
        return at.now.total > reached

    def _refuses_positions(self, page: Page, step: Step) -> Asking[tuple[Step, bool]]:
        """Whether each position within a page is refused but the first one, as one of them was.

        Then that shows no end. Some APIs take those alone where a page begins: with pages of one
        row that is each position. The second row is asked for and, where it is refused, the first.
        """
        first = self._of_size(page.request, 1) if page.request else None
        if first is None or self._counts_pages or page.length == 1:
            return step, False
        step, other = yield from step.ask(self._moved(first, 1), _ABOUT_REFUSED)
        if other is not None:
            return step, False
        step, other = yield from step.ask(self._moved(first, 0), _ABOUT_REFUSED)
        return step, other is not None and len(other.rows) == 1

    # --- the end -------------------------------------------------------------------------

    def _end(self, at: At, why: End) -> Step:
        """The end; what a total speaks of and nobody saw is told, and looked for once more."""
        warning = None if why is End.CONFIGURED else unseen(at.now)
        return Step(
            at.now,
            next=None,
            learnt=at.learnt,
            why=why,
            known=at.again,
            warning=warning,
            unsure=bool(warning) or why is End.NO_SUCH_PAGE,
            doubt=self._short_of_total(at, why),
        )

    def _short_of_total(self, at: At, why: End) -> DoubtfulEndError | None:
        """What is in doubt at an end before the total."""
        now = at.now
        if not (self._is_cut_off(at, why) or (why is End.NO_SUCH_PAGE and self._is_promised(at))):
            return None
        return DoubtfulEndError(
            f"the API tells a total of {total_of(now)}, but gives no more than {now.in_all} rows:"
            " the rest is missing",
            remedy="ask for less by query_params, set totalPath to another number that counts this"
            f" list, or correct paginationParam {self._param!r} or paginationType"
            f" {self._settings.type!r} ({ACCEPT})",
        )

    @staticmethod
    def _is_cut_off(at: At, why: End) -> bool:
        """Whether a total speaks of more than a page of rows after full pages alone.

        Rows that are hidden are seldom the last ones, and all of those: then a page before the
        end would not be full either. Some APIs give no more than a certain number of rows.
        """
        now, learnt = at.now, at.learnt
        hides = learnt.uneven or learnt.hides_rows
        is_cut = why is End.EMPTY and now.last_was_full and not hides
        is_short = is_cut and (now.total or 0) - now.in_all > max(at.size, now.largest)
        return is_short and None not in counted_elsewhere(at).values()

    def _is_promised(self, at: At) -> bool:
        """Whether a total speaks of the page that was just refused.

        Hidden rows explain a refusal by status there, but no earlier page in its place.
        """
        if at.now.total is not None:
            return at.now.total > max(self._passed(at.sent, at.size), at.now.in_all)
        return (at.now.total_pages or 0) >= at.now.pages

    def _miscounted(self, found: str) -> DoubtfulEndError:
        return DoubtfulEndError(
            f"{found} not where {self._param!r} says: {self._param!r} does not count"
            f" what paginationType {self._settings.type!r} takes it for",
            remedy=f"correct either ({ACCEPT})",
        )

    def _ignored(self, page: Page) -> PaginationError:
        there = redirected(page)
        return PaginationError(
            f"two pages in a row hold the same {page.length} rows: the API does not"
            f" heed {self._param!r}"
            + (f", or drops it as it redirects to {there}" if there else ""),
            remedy="set paginationParam and startPage to what its documentation gives"
            + (", and the kind to where it redirects" if there else ""),
        )

    def _unpaged(self, page: Page, end: Step, *, is_more: bool = False) -> Step:
        """The end of a list that does not page, in doubt where it tells a total beyond its rows.

        The size asked for need not be heeded either: it says nothing of the numbers told.
        """
        counts_more = is_more or page.totals(page.length).most > page.most
        warning = (
            f"the answer to the next {self._param!r} is the page before it again, so the walk"
            " ends; if the endpoint does not page, set pagination.type: none for it"
        )
        doubt = self._ignored(page) if counts_more else end.doubt
        return replace(end, why=End.UNPAGED, warning=warning, doubt=doubt)


def redirected(page: Page) -> str:
    """Where on its host a GET was redirected to, without a query but the kind's own, or ""."""
    if page.request is None or page.request.method != "GET":
        return ""
    here, there = httpx.URL(page.request.url), httpx.URL(page.url)
    is_other = here.host == there.host and here.path != there.path
    return str(there.copy_with(query=here.query or None)) if is_other else ""


def counted_elsewhere(at: At, *others: Page) -> Mapping[str, int | None]:
    """The keys of numbers that are just what came, beside the last rows as beside none after them.

    Where a filter is set, a total may count what it leaves out, too. The number is none of a page
    then, and no position; that of the size asked for, and a small one, has to be called a count, or
    to be just what came of another list as well. None where it surely is one, else the number.
    """
    pages = [page for page in (at.now.previous, *(others or [at.page])) if page is not None]
    same = set.intersection(*(counts_around(page.holder, page.body) for page in pages))
    count, known = at.now.in_all, at.learnt.counted_by
    is_plain = count >= min(_FEW, at.asked + 1) and count != at.asked
    sure = {key for key, _ in same if count and (is_plain or says_all(key))}
    sure |= {key for key, one in known.items() if one != count}
    return {key: None if key in sure else count for key, one in same if one == count}
