"""``offset`` and ``page``: the position is counted, and the API need not say where a list ends."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from errors import PaginationError
from paging.experiments import beyond_only_row, beyond_within, shares
from paging.first_pages import ABOUT_TWICE
from paging.last_pages import CountedToLast, Spanning
from paging.levels import is_manifold, levels_shown, positions_in
from paging.model import Page, PageRequest, Progress
from paging.positions import At
from paging.signals import Verdict, first_known, known_header
from paging.steps import Asking, Deciding, End, Learnt, Step, is_asked
from paging.totals import Known, counts_around

_ROUND = 10


def _counted_by(learnt: Learnt, now: Progress, page: Page) -> Progress:
    """The evidence with the total of another number, where one is known to count these lists."""
    around = counts_around(page.holder, page.body) if learnt.counted_by else ()
    counts = [one for key, one in around if learnt.counted_by.get(key, 0) is None]
    is_more = counts and (now.total or 0) > now.in_all
    return replace(now, total=max(now.in_all, *counts)) if is_more else now


class _Counted(CountedToLast):
    """What follows a page."""

    def _step(self, learnt: Learnt, progress: Progress, sent: PageRequest, page: Page) -> Deciding:
        at = self._located(learnt, progress, sent, page)
        step = yield from self._decided(at)
        return (yield from self._with_proof(at, step))

    def _decided(self, at: At) -> Deciding:
        page = at.page
        configured = self._signals.verdict(page.value_at)
        told = first_known(configured, page.signal)
        if at.now.known in {Known.MORE, Known.OPEN} and Verdict.END not in {
            configured,
            page.boolean,
        }:
            # "next_cursor": null beside a total is the end of another way of paging.
            told = Verdict.UNKNOWN if told is Verdict.END else told
        if told is Verdict.END and configured is Verdict.UNKNOWN and self._is_unused(at):
            told = Verdict.UNKNOWN
        if told is Verdict.MORE and at.learnt.vain and self._boolean(page) is not Verdict.MORE:
            told = Verdict.UNKNOWN
        at = replace(at, says_more=told is Verdict.MORE)
        is_more = at.says_more or self._is_short_of_total(at) or bool(at.now.due)
        at = replace(at, is_more=is_more)
        if page.repeats(at.before.previous) and not at.known:
            return (yield from self._repeated(at, told))
        if page.refused:
            end = self._end(at, End.NO_SUCH_PAGE)
            # After a full page there might well be one: it is asked for once more.
            return replace(end, confirm=at.before.is_unbroken)
        if page.is_single and told is not Verdict.MORE:
            return Step(at.now, next=None, learnt=at.learnt, why=End.ONE_ITEM)
        if told is Verdict.END:
            return self._end(at, End.CONFIGURED if configured is Verdict.END else End.SIGNAL)
        return (yield from self._by_length(at))

    @staticmethod
    def _is_unused(at: At) -> bool:
        """Whether a marker is empty on a full page, and led on nowhere in this resource.

        An API that is asked by number may leave it empty on every page.
        """
        page = at.page
        is_told = Verdict.END in {page.boolean, known_header(page.headers)}
        is_over = is_told or at.now.known is Known.REACHED or at.learnt.marked
        return at.is_full and not is_over

    def _located(self, learnt: Learnt, progress: Progress, sent: PageRequest, page: Page) -> At:
        asked = self._asked(sent)
        # Behind a full page a row may come again, but none may be passed over.
        is_full = page.fills(min(asked, learnt.page_size or asked))
        # Where rows are shown to be hidden, that at 0 may be one of them.
        is_from_one = learnt.from_one and not (learnt.uneven or learnt.hides_rows or is_full)
        if is_from_one and not progress.pages and (first := self._from_one(sent)):
            sent, page = first, replace(page, request=first)
        learnt = self._with_longest(learnt, page)
        if not asked:  # no size is sent: a first page is not full until lists go on after one
            size = progress.first or learnt.page_size or page.length + 1
        else:
            size = asked if learnt.hides_rows else min(asked, learnt.page_size or asked)
        if not page.levels:  # a server that gives more than is asked for heeds no size
            size = max(size, progress.largest)
        now = _counted_by(learnt, progress.after(page, asked, size=size), page)
        marked = learnt.marked or page.signal is Verdict.MORE
        learnt = replace(learnt, uneven=learnt.uneven or now.hides, marked=marked)
        at = At(learnt, progress, now, sent, page, asked, size)
        if progress.pages and not page.repeats(progress.previous):
            # Where rows are hidden, positions reach a total before the rows do.
            is_behind = learnt.hides_rows and 0 < (now.total or 0) <= self._passed(sent, at.sure)
            is_exceeded = bool(page.rows) and (progress.known is Known.REACHED or is_behind)
            learnt = replace(learnt, exceeded=learnt.exceeded or is_exceeded, unpaged=None)
            at = replace(at, learnt=learnt)
        is_again = page.repeats(progress.previous) and not self._overlaps(at)
        known = frozenset() if is_again else self._known_rows(at)
        at = replace(at, learnt=self._with_levels(at))
        if not known:
            return at
        # Only pages that are not full overlap: positions count rows that are hidden.
        is_hiding = self._may_overlap(at) and not is_manifold(at.before.previous)
        rows = 1 if page.levels else now.largest  # a page reaches as far as it has rows
        learnt = at.learnt.hiding(rows) if is_hiding else at.learnt
        now = replace(now, rows=now.rows - len(known), in_all=now.in_all - len(known))
        return self._with_reach(replace(at, learnt=learnt, now=now, known=known))

    @staticmethod
    def _with_longest(learnt: Learnt, page: Page) -> Learnt:
        """What is learnt, with how long a page is: longer than a limit, it shows that none was."""
        if 0 < (learnt.page_size or 0) < page.most:
            return replace(learnt.hiding(1 if page.levels else page.length), page_size=None)
        return learnt.hiding(page.length) if learnt.hides_rows and not page.levels else learnt

    def _by_length(self, at: At) -> Deciding:
        if not at.page.length:
            return (yield from self._after_empty(at))
        if not at.before.pages and not at.is_full:
            return (yield from self._after_short_first(at))
        if at.now.known is Known.REACHED and len(at.known) < len(at.page.rows):
            end, is_due = self._end(at, End.TOTAL), at.is_full
            if is_due and not (at.before.pages or at.learnt.exceeded):
                # The total of a full first page, too, once others have borne out theirs.
                end, is_due = end.surprised()
                at = replace(at, learnt=end.learnt)
            if not is_due:
                return replace(end, taken=at.is_full)
        if at.learnt.hides_rows and at.now.total and not (at.says_more or at.now.due):
            end, is_due = self._end(at, End.PROVED).surprised()
            if not (is_due or at.is_more or at.learnt.asks_all or at.learnt.exceeded):
                return end  # nothing follows the positions of a total, as others have shown
            at = (yield from self._reaching(at)) if is_due else at
        return (yield from self._unless_growing(at))

    def _reaching(self, at: At) -> Asking[At]:
        """With how far pages by number reach, where this one is the last if all are as asked for.

        A row of it that is on a later page of fewer rows has all positions of those before it: no
        limit of the server's is lower, as pages of both sizes would be the same ones.
        """
        total, rows, passed = at.now.total or 0, at.asked, self._passed(at.sent, at.asked)
        if not (self._counts_pages and at.is_more and passed < total <= passed + rows):
            return at
        pages, half = passed // rows + 1, (rows + 1) // 2
        halves = [(half, number) for number in range((passed + rows - 1) // half, 0, -1)][:3]
        for size, number in (rows - 1, max(pages, passed // (rows - 1))), *halves:
            reach = size * number // pages + 1
            if number >= pages > 1 and reach > at.learnt.reach:
                request = self._placed(at.sent, self._start + number, size)
                at, other = yield from at.ask(request, "how far pages with hidden rows reach")
                if shares(at.page, other):
                    return replace(at, learnt=at.learnt.reaching(reach))
        return at

    def _unless_growing(self, at: At) -> Deciding:
        """The next page, unless the one before would have been the last, had no rows come since.

        That is shown where it now reaches over this page as well, and is still not full: so a log
        that grows with every request comes to an end. It is looked at again before a deletion.
        """
        last, step = at.before.previous, self._on(at)
        is_short = not (at.is_full or at.before.last_was_full or at.is_more or at.known)
        if last is None or last.request is None or not is_short or at.learnt.hides_rows:
            return step
        end, is_due = self._end(at, End.PROVED).surprised()
        if not is_due:
            return replace(step, learnt=end.learnt)
        end, again = yield from end.ask(last.request, "whether a list grows")
        keys = again.keys if again is not None and not again.fills(at.size) else ()
        is_grown = keys[: last.length + at.page.length] == (*last.keys, *at.page.keys)
        return replace(end, unsure=True) if is_grown else replace(step, learnt=end.learnt)

    def _with_levels(self, at: At) -> Learnt:
        """What is learnt, with what positions count, as far as the page before shows it."""
        previous, learnt = at.before.previous, at.learnt
        if previous is None or previous.request is None or not at.page.rows or learnt.hides_rows:
            return learnt
        moved = (self._at(at.sent) or 0) - (self._at(previous.request) or 0)
        levels = learnt.levels & levels_shown(previous, at.page, moved, at.asked)
        return replace(learnt, levels=levels or learnt.levels)

    def _with_reach(self, at: At) -> At:
        """With how far pages reach, where positions count hidden rows: a row came again.

        The page it came with, or an earlier one that holds rows of this page, reaches as far.
        """
        previous, since = at.before.previous, at.before.since
        hides = at.learnt.hides_rows
        if not previous or not (hides or at.page.levels):
            return at
        since = since if since and shares(since, at.page) else previous
        at = replace(at, now=replace(at.now, since=since))
        if not (hides and at.page.ids):
            return at  # other rows may have the same values
        return replace(at, learnt=at.learnt.reaching(self._moved_from(since, at.sent) + 1))

    def _moved_from(self, page: Page, sent: PageRequest) -> int:
        """How many positions lie between the beginnings of an earlier page and of another."""
        size, before = self._asked(sent), page.request
        return self._passed(sent, size) - (self._passed(before, size) if before else 0)

    def _overlaps(self, at: At) -> bool:
        """Whether a page with no new rows only lies too near to the one before.

        The first page that had its rows reaches over all of this one then, as far as pages may.
        Where lists within lists come again at once, that is looked at first.
        """
        first, page = at.before.since or at.before.previous, at.page
        # By number pages lie side by side.
        is_apart = self._counts_pages or (at.before.pages == 1 and is_manifold(page))
        if is_apart or first is None or first.request is None or not self._may_overlap(at):
            return False
        rows, most = (1, 1) if page.levels else (page.length, at.now.largest)
        limit = 1 if page.levels else max(at.learnt.page_size or 1, most)
        reach = max(at.learnt.reach, limit if limit > 1 else at.now.wanted)
        return self._moved_from(first, at.sent) + rows <= reach

    def _known_rows(self, at: At) -> frozenset[Hashable]:
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
                f" count what paginationType {self._settings.type!r} takes it for",
                remedy="set paginationType to offset" if self._counts_pages else "correct either",
            )
        return shared

    def _may_overlap(self, at: At) -> bool:
        """Whether pages that are not full explain that rows come again.

        Not where pages of one size are asked for by number: those lie side by side.
        """
        before = at.before.previous
        if before and before.request and self._counts_pages and not is_manifold(before):
            return self._asked(before.request) != at.asked
        is_short = not at.before.is_unbroken or at.learnt.page_size is not None
        is_odd = 0 < at.asked < at.now.largest  # nobody knows how long a page should be
        return at.learnt.hides_rows or is_short or is_odd or is_manifold(at.before.previous)

    def _repeated(self, at: At, told: Verdict) -> Deciding:
        """The first page again, or one that more was told after: no paging, or no such parameter.

        Other pages that come again are refusals by then: they show that the position is heeded.
        """
        before, page = at.before, at.page
        last = Step(before, next=None, learnt=at.learnt, why=End.NO_SUCH_PAGE, repeated=True)
        is_more = told is Verdict.MORE or before.known is Known.MORE
        over = self._unpaged(page, last, is_more=is_more)
        if over.doubt:
            return (yield from self._unless_hidden(at, over))
        if (count := at.learnt.unpaged) is not None:
            over = replace(over, learnt=replace(at.learnt, unpaged=count + 1))
            if not is_asked(count + 1):  # what a few have shown holds for the others
                return over
            last = replace(last, learnt=over.learnt)
        if page.length == at.asked and self._size_param is not None:
            size = page.length - 1 or page.length + 1
            request = self._placed(at.sent, self._start, size)
            last, other = yield from last.ask(request, ABOUT_TWICE)
            if other is None or other.length != page.length:
                # It is no list that does not page: nothing follows, or the position is not heeded.
                # Behind two rows the second again, by a number of its own, shows that none follows.
                third = self._placed(at.sent, self._start + page.length, size), beyond_only_row
                spanning = self._spanning(at.sent, page.length, at.size) or [third]
                step = yield from self._spanned(page, last, spanning)
                doubt = None if step.proved else step.doubt or self._ignored(page)
                return replace(step, doubt=doubt, learnt=replace(step.learnt, unpaged=None))
            over = replace(over, learnt=last.learnt)
        return (yield from self._unless_heeded(at, over))

    def _unless_hidden(self, at: At, over: Step) -> Deciding:
        """A page that came twice, in doubt unless hidden rows are shown to explain it.

        Where nothing is at the position of the total, this one is heeded, too.
        """
        first, total = at.before.previous, at.now.total or 0
        is_beyond = total <= self._passed(at.sent, at.size)
        if self._counts_pages or first is None or at.is_full or is_beyond:
            return over
        over, other = yield from over.ask(self._placed(at.sent, self._start + total), ABOUT_TWICE)
        if other is not None and other.rows:
            return over
        hides = over.learnt.hiding(self._moved_from(first, at.sent) + 1)
        following = self._moved(at.sent, 1)
        return replace(over, next=following, learnt=hides, why=None, warning=None, doubt=None)


class OffsetPaginator(_Counted):
    """``offset``: the position counts rows, from ``start_offset``.

    ``{"items": [...100...], "total": 230}`` with ``paginationParam: skip``, ``sizeParam:
    limit`` walks ``?skip=0&limit=100``, ``?skip=100&limit=100``, ``?skip=200&limit=100``.
    The offset advances by the rows received, so a server's cap leaves no gap. Ends when: a page
    is empty or refused, a total is reached, or a short first page is proved to be all.
    """

    def overlaps(self, before: Progress, page: Page) -> bool:
        """Where rows are hidden, all of those that are given may lie at the end of both."""
        last, sent = before.previous, page.request
        if before.is_unbroken or last is None or sent is None or not page.repeats(last):
            return False
        return self._moved_from(last, sent) + page.length <= self._asked(sent)

    def _with_proof(self, at: At, decided: Step) -> Deciding:
        """Once a resource: rows of a full page must be where an offset that counts rows says.

        Asked for from the middle of the page before the first one that is not full, or the last.
        """
        step = yield from super()._with_proof(at, decided)
        previous, learnt = at.before.previous, at.learnt
        if step is not decided or step.doubt or step.repeated:
            return step
        is_due = step.next is None or not at.is_full
        rows = positions_in(previous, learnt.levels) if previous else 0
        if previous is None or rows < 2 or not at.before.is_unbroken or not is_due:  # noqa: PLR2004 (half of one row is none)
            return step
        if at.known or at.now.known is Known.REACHED or learnt.is_counting:
            return step
        middle = self._moved(at.sent, -rows // 2)
        step, other = yield from step.ask(middle, "what the offset counts")
        doubt = self._not_there(step.learnt, previous, other)
        return replace(step, learnt=replace(step.learnt, counts_rows=True), doubt=doubt)

    def _spanning(self, sent: PageRequest, rows: int, size: int) -> Sequence[Spanning]:
        # A page of another length than was asked for may be as long as the server makes pages.
        shown_by = partial(beyond_within, room=rows, left=-(-rows // 2))
        return [(self._moved(sent, -rows // 2), shown_by)]


class PageNumberPaginator(_Counted):
    """``page``: the position counts pages, from ``startPage``.

    ``[...50...]`` with ``sizeParam: per_page`` and ``pageSize: 50`` walks
    ``?page=1&per_page=50``, ``?page=2&per_page=50``, … Ends when: as ``offset``.
    """

    _counts_pages = True

    def ahead(
        self,
        progress: Progress,
        upcoming: PageRequest,
        *,
        begun: int = 0,
        reach: int = 0,
        guesses: bool = True,
    ) -> Iterator[PageRequest]:
        """The rest of the pages, or two where nothing is told, in a walk of some length.

        The second of those is asked for in any case, to see that there is nothing more.
        """
        last, is_long = progress.previous, progress.pages > 1 and progress.last_was_full
        told = first_known(self._signals.verdict(last.value_at), last.signal) if last else None
        is_silent = progress.known is Known.NOTHING and told is Verdict.UNKNOWN
        if guesses and is_long and is_silent and not self._settings.in_order:
            for count in range(begun, 2):
                yield self._moved(upcoming, count)
        else:
            yield from super().ahead(progress, upcoming, begun=begun, reach=reach)

    def _spanning(self, sent: PageRequest, rows: int, size: int) -> Sequence[Spanning]:
        # A page of another size that begins within the page before and ends after it. One of more
        # rows may be cut to the usual size: then it begins where that page does.
        if self._size_param is None:
            return []
        start = self._passed(sent, size) - size
        found = [
            (at, other)
            for other in (*range(size - 1, 0, -1), *range(size + 1, size + rows))
            if (at := (start + rows - 1) // other * other) + other > start + size
            and at >= start + (other > size)
        ]
        # Some APIs take round sizes only.
        within = start + rows - 1
        if not found and start and within > 1:  # the second page of all rows but one
            request = self._placed(sent, self._start + 1, within)
            return [(request, beyond_only_row)]
        chosen = dict.fromkeys((*found[:1], *[one for one in found if one[1] % _ROUND == 0][:1]))
        return [
            (
                self._placed(sent, self._start + at // other, other),
                partial(beyond_within, room=other, left=start + rows - at, is_inside=other > size),
            )
            for at, other in chosen
        ]
