"""``offset`` and ``page``: the position is counted, and the API need not say where a list ends."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from errors import DoubtfulEndError, PaginationError
from paging.experiments import Shown, compared, shares
from paging.model import (
    NO_PAGE_BEFORE,
    NO_SUCH_PAGE,
    NO_SUCH_PAGE_AFTER_SHORT,
    End,
    Experiment,
    Learnt,
    Page,
    PageRequest,
    Progress,
    Step,
)
from paging.paginator import ACCEPT, DEFAULT_POSITION_PARAM, PaginationSettings, Paginator
from paging.signals import Verdict, first_known, is_counted_on, is_first, is_preceded, whole_number
from paging.totals import Known

# So many empty pages show that a number said to come next is computed, whatever is there.
_EMPTY_PAGES_BY_NUMBER = 3
# First pages as long as the longest short one are asked about so often, then ever more rarely.
_TIES_ASKED = 5
# Rows of a first page of which all but one, asked for as page 2, tell whether more follow.
_FEWEST = 3
# Some APIs take an offset only where a page begins.
_REFUSED_BETWEEN = frozenset({400, 422})
_ABOUT_SHORT = "the end after a first page that is not full"


@dataclass(frozen=True)
class _At:
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
    known: frozenset[str | int] = frozenset()
    says_more: bool = False
    is_more: bool = False

    @property
    def is_full(self) -> bool:
        """Whether the page is as long as pages are."""
        return self.page.length >= self.size


class _Counted(Paginator):
    """What ``offset`` and ``page`` share: a position that is counted."""

    _others = Shown.OTHERS
    """What rows show of which none is of the first page, where its last one was asked for."""

    def __init__(self, settings: PaginationSettings) -> None:
        super().__init__(settings)
        self._param = settings.pagination_param or DEFAULT_POSITION_PARAM[settings.type]

    @property
    def leads_by(self) -> str:
        """The parameter of the position."""
        return f"paginationParam {self._param!r}"

    @abstractmethod
    def _start(self) -> int:
        """The position of the first page."""

    @abstractmethod
    def _stride(self, rows: int) -> int:
        """How far a page of so many rows moves the position."""

    @abstractmethod
    def _passed(self, sent: PageRequest, size: int) -> int:
        """How many positions of rows come before a page of ``size`` rows."""

    @abstractmethod
    def _from(self, sent: PageRequest, position: int) -> PageRequest | None:
        """A request for what stands from a position of the first page on."""

    @abstractmethod
    def _within(self, sent: PageRequest, rows: int) -> PageRequest | None:
        """A request for the last of a first page's rows, None where it cannot be asked for."""

    def first(self, request: PageRequest) -> PageRequest:
        """The request with size and position; a position the resource asks for stands."""
        sized = super().first(request)
        if sized.get(self._param, self._settings.send_in) is not None:
            return sized
        return sized.put(self._param, self._start(), self._settings.send_in)

    def is_counted(self, first: PageRequest, later: PageRequest) -> bool:
        """Every later page is."""
        del first, later
        return True

    def ahead(self, progress: Progress, upcoming: PageRequest) -> Iterator[PageRequest]:
        """The rest of the pages, when the API told its total."""
        by_rows = -(-(progress.total or 0) // progress.largest) if progress.largest else 0
        left = max(by_rows, progress.total_pages or 0) - progress.pages
        for count in range(0 if self._settings.in_order else left):
            moved = self._moved(upcoming, count * self._stride(progress.largest))
            yield moved.perhaps_absent(NO_SUCH_PAGE_AFTER_SHORT)

    # --- after a page ----------------------------------------------------------------------

    def _step(
        self, learnt: Learnt, progress: Progress, sent: PageRequest, page: Page
    ) -> Step | Experiment:
        at = self._located(learnt, progress, sent, page)
        self._refuse_later_start(progress, sent, page)
        return self._with_proof(at, self._decided(at))

    def _with_proof(self, at: _At, decided: Step | Experiment) -> Step | Experiment:
        """What was decided, or a request that shows whether the position counts what it should."""
        del at
        return decided

    def _decided(self, at: _At) -> Step | Experiment:
        page = at.page
        configured = self._signals.verdict(page.value_at)
        told = first_known(configured, page.signal)
        if at.now.known is Known.MORE and Verdict.END not in {configured, page.boolean}:
            # "next_cursor": null beside a total is the end of another way of paging.
            told = Verdict.UNKNOWN if told is Verdict.END else told
        at = replace(at, says_more=told is Verdict.MORE)
        at = replace(at, is_more=at.says_more or self._is_short_of_total(at))
        if page.repeats(at.before.previous) and not at.known:
            return self._repeated(at, told)
        if page.refused:
            end = self._end(at, End.NO_SUCH_PAGE)
            # After a full page there might well be one: it is asked for once more.
            return replace(end, confirm=at.before.is_unbroken)
        if page.is_single and told is not Verdict.MORE:
            return Step(at.now, next=None, learnt=at.learnt, why=End.ONE_ITEM)
        if told is Verdict.END:
            return self._end(at, End.CONFIGURED if configured is Verdict.END else End.SIGNAL)
        return self._by_length(at)

    def _located(self, learnt: Learnt, progress: Progress, sent: PageRequest, page: Page) -> _At:
        asked = self._asked(sent)
        if not asked:  # no size is sent: the first page is as full as pages are
            size = progress.first or page.length
        else:
            size = asked if learnt.hides_rows else min(asked, learnt.page_size or asked)
        signalled = self._signals.verdict(page.value_at) is not Verdict.UNKNOWN
        now = progress.after(page, asked, size=size, signalled=signalled)
        learnt = replace(learnt, uneven=learnt.uneven or now.hides)
        at = _At(learnt, progress, now, sent, page, asked, size)
        is_again = page.repeats(progress.previous) and not self._overlaps(at)
        known = frozenset() if is_again else self._known_rows(at)
        if not known:
            return at
        # Only pages that are not full overlap: positions count rows that are hidden.
        learnt = replace(learnt, hides_rows=learnt.hides_rows or self._may_overlap(at))
        now = replace(now, rows=now.rows - len(known))
        return replace(at, learnt=learnt, now=now, known=known)

    def _is_short_of_total(self, at: _At) -> bool:
        """Whether a believed total speaks of positions after those of this page."""
        if at.now.known is not Known.MORE:
            return False
        if at.now.total is None:
            return (at.now.total_pages or 0) > at.now.pages
        # Where positions count all rows, those that were passed tell more than those received.
        by_position = at.learnt.hides_rows or not at.page.length
        passed = self._passed(at.sent, at.size) + self._covered(at)
        reached = passed if by_position else at.now.rows
        return at.now.total > reached

    def _by_length(self, at: _At) -> Step | Experiment:
        if not at.page.length:
            return self._after_empty(at)
        if not at.before.pages and not at.is_full:
            return self._after_short_first(at)
        if at.now.known is Known.REACHED and not at.is_full:
            return self._end(at, End.TOTAL)
        return self._on(at)

    def _overlaps(self, at: _At) -> bool:
        """Whether a page with no new rows only lies too near to the one before, that once."""
        is_near = self._stride(at.size) > 1 and not at.learnt.hides_rows
        return is_near and bool(at.before.pages) and not at.before.is_unbroken

    def _on(self, at: _At) -> Step:
        """The next page; rows that came with the page before are told."""
        learnt, now = at.learnt, at.now
        self._refuse_endless(now)
        moves = at.page.length if at.is_full or not learnt.hides_rows else self._covered(at)
        following = self._resized(learnt, now, self._moved(at.sent, self._stride(moves or at.size)))
        absent = NO_SUCH_PAGE if at.is_full else NO_SUCH_PAGE_AFTER_SHORT
        following = following.perhaps_absent(frozenset() if at.is_more else absent)
        return Step(now, following, learnt, known=at.known)

    @staticmethod
    def _covered(at: _At) -> int:
        """How many positions a page surely covers, full or not."""
        sure = at.learnt.reach or at.learnt.page_size or at.size
        return max(at.page.length, min(at.size, sure))

    def _resized(self, learnt: Learnt, now: Progress, request: PageRequest) -> PageRequest:
        """A later request with the server's own page size, once that is known."""
        asked = self._asked(request)
        size = learnt.reach if learnt.hides_rows else learnt.page_size
        if not size or self._size_param is None or now.first >= asked:
            return request
        size = min(asked, max(size, now.first))
        return request.put(self._size_param, size, self._settings.send_in)

    def _known_rows(self, at: _At) -> frozenset[str | int]:
        """The rows that came with the page before, where pages that are not full explain them.

        A row or two come again when others were added meanwhile; half a page does not.
        """
        previous, page = at.before.previous, at.page
        explained = self._may_overlap(at)
        if previous is None or not page.rows or not (explained or page.ids):
            return frozenset()
        shared = frozenset(page.keys_as(previous)) & frozenset(previous.keys_as(page))
        if not explained and len(shared) * 2 > len(previous.rows):
            raise PaginationError(
                f"two pages in a row share {len(shared)} rows: {self._param!r} does not"
                f" count what paginationType {self._settings.type!r} takes it for; correct either"
            )
        return shared

    @staticmethod
    def _may_overlap(at: _At) -> bool:
        """Whether pages that are not full explain that rows come again."""
        is_short = not at.before.is_unbroken or at.learnt.page_size is not None
        return at.learnt.hides_rows or is_short

    # --- a page without rows ---------------------------------------------------------------

    def _after_empty(self, at: _At) -> Step:
        """Where the API speaks of more, its rows are hidden, or the page came empty by mistake."""
        if not at.is_more or self._is_beyond_the_end(at):
            end = self._end(at, End.EMPTY)
            # After a full page there might well be more: that is asked for once more.
            return replace(end, confirm=end.unsure or at.before.is_unbroken)
        step = self._on(at)
        if step.next is None:
            return step
        following = step.next.perhaps_absent(NO_SUCH_PAGE_AFTER_SHORT)
        return replace(step, next=following, confirm=True)

    def _is_beyond_the_end(self, at: _At) -> bool:
        """Whether empty pages go on only because the API counts on."""
        return (
            not self._signals.names
            and at.now.known is not Known.MORE
            and at.now.empty_in_a_row >= _EMPTY_PAGES_BY_NUMBER
            and is_counted_on(at.page.scopes, at.page.headers)
        )

    # --- a first page that is not full -----------------------------------------------------

    def _after_short_first(self, at: _At) -> Step | Experiment:
        """A first page shorter than asked: a small list, a server's limit, or hidden rows."""
        if at.is_more and (at.learnt.hides_rows or at.learnt.page_size):
            return self._on(at)
        if not at.is_more:
            is_reached = at.now.known is Known.REACHED
            learnt, is_asked = self._doubted(at.learnt, at.page.length)
            # A total that is just the rows at hand is believed, once the longest page bore it out.
            is_asked = is_asked and not (is_reached and learnt.ties > 1)
            at = replace(at, learnt=learnt)
            if not is_asked:
                return self._end(at, End.TOTAL if is_reached else End.PROVED)
        within = self._within(at.sent, at.page.length)
        if within is None:
            return self._next_page(at)

        def judge(learnt: Learnt, other: Page | None) -> Step | Experiment:
            shown = compared(at.page, other)
            here = replace(at, learnt=learnt)
            if other is None or shown is Shown.ALL:
                return self._next_page(here)
            return self._judged(here, self._others if shown is Shown.OTHERS else shown)

        request = within.perhaps_absent(NO_SUCH_PAGE_AFTER_SHORT)
        return Experiment(request, judge, at.learnt, _ABOUT_SHORT, at.now)

    @staticmethod
    def _doubted(learnt: Learnt, length: int) -> tuple[Learnt, bool]:
        """Whether a short first page is asked about: the longest are, and all once one went on."""
        is_tie = length == learnt.longest_short
        ties = learnt.ties + 1 if is_tie else 1
        asks = ties <= _TIES_ASKED or not ties & (ties - 1)
        is_longest = length >= max(learnt.longest_short, learnt.page_size or 0)
        if length >= learnt.longest_short:
            learnt = replace(learnt, longest_short=length, ties=ties)
        return learnt, learnt.uneven or (is_longest and asks)

    def _next_page(self, at: _At) -> Experiment:
        """The page after a short first one, of as many rows as that had."""
        moved = self._moved(at.sent, self._stride(at.page.length))
        if self._size_param and at.page.length > 1:
            moved = moved.put(self._size_param, at.page.length, self._settings.send_in)

        def judge(learnt: Learnt, other: Page | None) -> Step | Experiment:
            shown = compared(at.page, other)
            shown = Shown.MORE if shown is Shown.OTHERS else shown
            return self._judged(replace(at, learnt=learnt), shown)

        request = moved.perhaps_absent(NO_SUCH_PAGE_AFTER_SHORT)
        return Experiment(request, judge, at.learnt, _ABOUT_SHORT, at.now)

    def _judged(self, at: _At, shown: Shown) -> Step | Experiment:
        """What follows a short first page by what an experiment has shown."""
        match shown:
            case Shown.MORE:
                size = max(at.page.length, at.learnt.page_size or 0)
                now = replace(at.now, last_was_full=True)
                learnt = replace(at.learnt, page_size=size)
                return self._on(replace(at, learnt=learnt, now=now, size=at.page.length))
            case Shown.ALL if at.is_more:
                # The last row is there from the position after the page's length on, too.
                learnt = replace(at.learnt, reach=max(at.learnt.reach, at.page.length + 1))
                return self._hidden(replace(at, learnt=learnt), at.asked)
            case _ if shown is Shown.HIDDEN or (shown is Shown.NOTHING and at.is_more):
                return self._hidden(at, at.asked)
            case Shown.NOTHING:
                is_reached = at.now.known is Known.REACHED
                return self._end(at, End.TOTAL if is_reached else End.PROVED)
            case Shown.FIRST if at.is_more:
                # The page after it tells whether rows are hidden or the position is not heeded.
                return self._on(at)
            case Shown.ALL | Shown.FIRST:
                return replace(self._end(at, End.UNPAGED), warning=self._unpaged_warning())
            case Shown.OTHERS:
                raise self._miscounted("the last row of the first page is")
            case _ as unreachable:
                assert_never(unreachable)

    def _miscounted(self, found: str) -> DoubtfulEndError:
        return DoubtfulEndError(
            f"{found} not where {self._param!r} says: {self._param!r} does not count what"
            f" paginationType {self._settings.type!r} takes it for; correct either ({ACCEPT})"
        )

    def _hidden(self, at: _At, beyond: int) -> Step | Experiment:
        """How many positions a page covers, where some of its rows are hidden.

        As many as are asked for, unless the server has a limit as well. A row of the first page
        that is there from a position on shows that the page reached so far.
        """
        learnt = replace(at.learnt, hides_rows=True)
        at_position = beyond * 3 // 4
        request = self._from(at.sent, at_position)
        if learnt.reach or at_position <= at.page.length or request is None:
            return self._after_hidden(at, learnt.reach or at.page.length)

        def judge(learnt: Learnt, other: Page | None) -> Step | Experiment:
            here = replace(at, learnt=learnt)
            if other is None or not shares(at.page, other):
                return self._hidden(here, at_position)
            return self._after_hidden(here, at_position + 1)

        request = request.perhaps_absent(NO_SUCH_PAGE_AFTER_SHORT)
        return Experiment(request, judge, learnt, "how far a page with hidden rows reaches", at.now)

    def _after_hidden(self, at: _At, reach: int) -> Step:
        at = replace(at, learnt=replace(at.learnt, hides_rows=True, reach=reach))
        at = replace(at, is_more=at.says_more or self._is_short_of_total(at))
        is_told = at.now.total is not None and not at.is_more
        return self._end(at, End.PROVED) if is_told else self._on(at)

    # --- the page before again -------------------------------------------------------------

    def _repeated(self, at: _At, told: Verdict) -> Step | Experiment:
        """The page before again: beyond the end of a list, or no paging, or no such parameter."""
        before, page = at.before, at.page
        over = Step(before, next=None, learnt=at.learnt, why=End.UNPAGED, repeated=True)
        is_more = told is Verdict.MORE or before.known is Known.MORE
        if is_more or (page.length == at.asked and before.pages > 1):
            raise self._ignored(page)
        if before.pages > 1:
            # Where other pages came, this is how the API answers beyond its last one.
            return replace(over, why=End.NO_SUCH_PAGE)
        over = replace(over, warning=self._unpaged_warning())
        if page.length != at.asked or self._size_param is None:
            return over
        send_in = self._settings.send_in
        first = at.sent.put(self._param, self._start(), send_in)
        first = first.put(self._size_param, page.length - 1 or page.length + 1, send_in)

        beyond = self._moved(at.sent, self._stride(at.size))

        def is_same(learnt: Learnt, other: Page | None) -> Step:
            if other is not None and other.repeats(page):
                return replace(over, learnt=learnt)
            raise self._ignored(page)

        def judge(learnt: Learnt, other: Page | None) -> Step | Experiment:
            if other is None or other.length != page.length:
                raise self._ignored(page)
            # Without paging the list is the same for any position, not for one alone.
            absent = beyond.perhaps_absent(NO_SUCH_PAGE_AFTER_SHORT)
            return Experiment(absent, is_same, learnt, "the same page twice", before)

        request = first.perhaps_absent(NO_SUCH_PAGE_AFTER_SHORT)
        return Experiment(request, judge, at.learnt, "the same page twice", before)

    def _ignored(self, page: Page) -> PaginationError:
        return PaginationError(
            f"two pages in a row hold the same {page.length} rows: the API does not heed"
            f" {self._param!r}; set paginationParam to the name its documentation gives"
        )

    def _unpaged_warning(self) -> str:
        return (
            f"the answer to the next {self._param!r} is the page before it again, so the walk"
            " ends; if the endpoint does not page, set pagination.type: none for it"
        )

    # --- the end ---------------------------------------------------------------------------

    def _end(self, at: _At, why: End) -> Step:
        """The end; what a total speaks of and nobody saw is told, and looked for once more."""
        now = at.now
        missing = (now.total or 0) - now.rows
        if now.total_fell and missing > 0:
            raise DoubtfulEndError(
                "the total that the API tells fell during the walk: rows were removed, others moved"
                " up, and some of those may not have been seen; the next resync will see them"
            )
        if why is End.NO_SUCH_PAGE and self._is_promised(at):
            told = f"{now.total} rows" if now.total else f"{now.total_pages} pages"
            raise DoubtfulEndError(
                f"the API tells a total of {told}, but has no page after {now.rows} rows: the rest"
                f" is missing; {ACCEPT}"
            )
        self._refuse_cut_off(at, why)
        is_short = missing > 0 and why is not End.CONFIGURED
        warning = (
            f"the API tells a total of {now.total} rows, but gave {now.rows}: {missing} may be"
            " hidden from these credentials"
        )
        return Step(
            now,
            next=None,
            learnt=at.learnt,
            why=why,
            known=at.known,
            warning=warning if is_short else None,
            unsure=is_short or why is End.NO_SUCH_PAGE,
        )

    def _refuse_cut_off(self, at: _At, why: End) -> None:
        """Raise where a total speaks of more than a page of rows after full pages alone.

        Rows that are hidden are seldom the last ones, and all of those: then a page before the
        end would not be full either. Some APIs give no more than a certain number of rows.
        """
        now, learnt = at.now, at.learnt
        hides = now.hides or learnt.uneven or learnt.hides_rows
        is_cut = why is End.EMPTY and now.last_was_full and now.empty_in_a_row and not hides
        if is_cut and (now.total or 0) - now.rows > at.size:
            raise DoubtfulEndError(
                f"the API tells a total of {now.total} rows, but gives no more than {now.rows}: the"
                " rest is missing; ask for less by query_params, or correct paginationParam"
                f" {self._param!r} or paginationType {self._settings.type!r} ({ACCEPT})"
            )

    def _is_promised(self, at: _At) -> bool:
        """Whether a total speaks of the page that was just refused."""
        if at.now.total is not None:
            return at.now.total > max(self._passed(at.sent, at.size), at.now.rows)
        return (at.now.total_pages or 0) >= at.now.pages

    def _moved(self, sent: PageRequest, by: int) -> PageRequest:
        send_in = self._settings.send_in
        at = self._at(sent)
        if at is None:
            raise PaginationError(
                f"{self._param!r} is {sent.get(self._param, send_in)!r}, which is not a number"
                " to count on from; remove it from query_params or body"
            )
        return sent.put(self._param, at + by, send_in)

    def _at(self, sent: PageRequest) -> int | None:
        """The position of a request, None where it is no number."""
        return whole_number(sent.get(self._param, self._settings.send_in))

    def _refuse_later_start(self, progress: Progress, sent: PageRequest, page: Page) -> None:
        """The first answer must not say that something stands before it."""
        position = self._at(sent)
        at_start = progress.pages == 0 and position == self._start()
        if at_start and is_preceded(page.scopes, page.headers):
            raise PaginationError(
                f"the first answer, to {self._param!r} {position}, says that it is not the first"
                " page; set startPage to 0 if the API counts pages from zero"
            )


class OffsetPaginator(_Counted):
    """``offset``: the position counts rows, from ``start_offset``.

    ``{"items": [...100...], "total": 230}`` with ``paginationParam: skip``, ``sizeParam:
    limit`` walks ``?skip=0&limit=100``, ``?skip=100&limit=100``, ``?skip=200&limit=100``.
    The offset advances by the rows received, so a server's cap leaves no gap. Ends when: a page
    is empty or refused, a total is reached, or a short first page is proved to be all.
    """

    def _start(self) -> int:
        return self._settings.start_offset

    def _stride(self, rows: int) -> int:
        return rows

    def _passed(self, sent: PageRequest, size: int) -> int:
        del size
        return (self._at(sent) or 0) - self._start()

    def _from(self, sent: PageRequest, position: int) -> PageRequest | None:
        return self._moved(sent, position) if position > 0 else None

    def _within(self, sent: PageRequest, rows: int) -> PageRequest | None:
        return self._from(sent, rows - 1)

    def _with_proof(self, at: _At, decided: Step | Experiment) -> Step | Experiment:
        """Once a resource: rows of a full page must be where an offset that counts rows says.

        Asked for from the middle of the page before the first one that is not full, or the last.
        """
        previous, learnt = at.before.previous, at.learnt
        is_proved = learnt.counts_rows or learnt.hides_rows or learnt.page_size is not None
        if isinstance(decided, Experiment) or decided.repeated or is_proved:
            return decided
        is_due = decided.next is None or not at.is_full
        if previous is None or previous.length < 2 or not at.before.is_unbroken or not is_due:  # noqa: PLR2004 (half of one row is none)
            return decided
        if at.known or at.now.known is Known.REACHED:
            return decided

        step = decided

        def judge(learnt: Learnt, other: Page | None) -> Step:
            if other is not None and not shares(previous, other):
                raise self._miscounted(f"the rows before {self._param!r} {self._at(at.sent)} are")
            return replace(step, learnt=replace(learnt, counts_rows=True))

        request = self._moved(at.sent, -previous.length // 2)
        request = request.perhaps_absent(_REFUSED_BETWEEN)
        return Experiment(request, judge, learnt, "what the offset counts", at.now)


class PageNumberPaginator(_Counted):
    """``page``: the position counts pages, from ``startPage``.

    ``[...50...]`` with ``sizeParam: per_page`` and ``pageSize: 50`` walks
    ``?page=1&per_page=50``, ``?page=2&per_page=50``, … Ends when: as ``offset``.
    """

    # A server that does not heed the size gives its own second page.
    _others = Shown.MORE

    def ahead(self, progress: Progress, upcoming: PageRequest) -> Iterator[PageRequest]:
        """The rest of the pages, or two where nothing is told, in a walk of some length.

        The second of those is asked for in any case, to see that there is nothing more.
        """
        is_long = progress.tells_nothing and progress.pages > 1 and progress.last_was_full
        if is_long and not self._settings.in_order:
            for count in (0, 1):
                yield self._moved(upcoming, count).perhaps_absent(NO_SUCH_PAGE_AFTER_SHORT)
        else:
            yield from super().ahead(progress, upcoming)

    def before(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """Page 0, where nothing shows that page 1 is the first."""
        send_in = self._settings.send_in
        if self._at(sent) != 1 or page.is_single:
            return None
        shown = is_first(page.scopes, page.headers)
        return None if shown else sent.put(self._param, 0, send_in).perhaps_absent(NO_PAGE_BEFORE)

    def _start(self) -> int:
        return self._settings.start_page

    def _stride(self, rows: int) -> int:
        del rows
        return 1

    def _passed(self, sent: PageRequest, size: int) -> int:
        at = self._at(sent) or 0
        return (at - self._start()) * size

    def _from(self, sent: PageRequest, position: int) -> PageRequest | None:
        at_start = self._at(sent) == self._start()
        if position < 1 or self._size_param is None or not at_start:
            return None
        return self._moved(sent, 1).put(self._size_param, position, self._settings.send_in)

    def _within(self, sent: PageRequest, rows: int) -> PageRequest | None:
        # A page of one row would end with the last row whatever follows.
        return self._from(sent, rows - 1) if rows >= _FEWEST else None
