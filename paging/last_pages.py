"""``offset`` and ``page``: an answer without rows after a full page, and what tells that it ends.

A list may be just as long as its pages, and then an empty page or a refusal is how it ends. It may
as well be one page that fails, or whose rows are hidden. A request that begins within the last
page with rows, and has room for more, tells the first from the second; one for the page after the
empty one, the third.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from errors import DoubtfulEndError
from paging.experiments import (
    Beyond,
    beyond_last_row,
    shares,
)
from paging.first_pages import CountedFromFirst
from paging.levels import positions_in
from paging.model import NO_SUCH_PAGE_AFTER_SHORT, Page, PageRequest, Place, Progress
from paging.paginator import refused
from paging.positions import At, counted_elsewhere
from paging.rows import MANY
from paging.signals import Verdict
from paging.steps import Asking, Deciding, End, Learnt, Step
from paging.totals import Known

_ABOUT_END = "the end after a full page"


type Spanning = tuple[PageRequest, Callable[[Page, Page | None], Beyond]]
"""A request that begins within a page and reaches beyond it, and how its answer is read."""


class CountedToLast(CountedFromFirst):
    """What an answer without rows leads to after a full page."""

    @abstractmethod
    def _spanning(self, sent: PageRequest, rows: int, size: int) -> Sequence[Spanning]:
        """Requests that reach from within a page of so many rows to what follows it.

        ``sent`` is the request for the page after it; pages have ``size`` rows.
        """

    def _around_first(self, sent: PageRequest, size: int) -> PageRequest | None:
        """A request for so many rows, the first one of a page among them but not at their end."""
        if not self._counts_pages:
            return self._moved(sent, 0, size)
        at = self._passed(sent, self._asked(sent))
        is_at_end = at < 0 or not (at + 1) % size
        return None if is_at_end else self._placed(sent, self._start + at // size, size)

    def _around_row(self, last: Page, learnt: Learnt) -> Sequence[Spanning]:
        """A request of another size for the only row of a page: one row cannot be begun within.

        Not where all pages have one row: a server that gives one at a time, and fails in its own
        words from the second on, looks alike. None does where many are asked for.
        """
        sent, rows = last.request, last.length
        asked = self._asked(sent) if sent and self._size_param else 0
        passed = self._passed(sent, asked) if sent else 0
        is_later = (passed > 0 and learnt.page_size != 1) or learnt.longest_short > 1
        is_few = not passed and asked >= MANY and rows < 3  # noqa: PLR2004 (two leave no page to begin within)
        if not (is_few or (is_later and rows == 1)):
            return []
        sizes = (size for size in (asked - 1, asked - 2, asked + 1) if size > 1)
        found = (self._around_first(sent, size) for size in sizes if sent)
        return [(request, beyond_last_row) for request in found if request][:1]

    def closing(self, sent: PageRequest, before: Progress, learnt: Learnt) -> Deciding:
        """How to show that nothing follows the page before ``sent``."""
        if (last := before.previous) is None:
            return super().closing(sent, before, learnt)
        step = Step(Progress(previous=last), None, learnt)
        return self._across(sent, last, step, self._asked(sent) or last.length)

    def _after_empty(self, at: At) -> Deciding:
        """Where the API speaks of more, its rows are hidden, or the page came empty by mistake."""
        at = yield from self._still_due(at)
        if at.now.due and at.before.pages == 1 and not self._counts_pages:
            at = yield from self._unlimited(at)
        # A position may be just what came, too, but not on the second empty page.
        is_open = not (at.says_more or at.now.due) and at.now.empty_in_a_row > 1
        told_by = counted_elsewhere(at) if at.is_more and is_open else {}
        at, is_counted = yield from self._known_to_count(self._perhaps_more(at), told_by)
        if not at.is_more or is_counted:
            end = self._end(at, End.EMPTY)
            # After a full page there might well be more: that is asked for once more.
            return replace(end, confirm=end.unsure or at.before.is_unbroken)
        step = replace(self._on(at), confirm=True)
        is_told = self._boolean(at.page) is Verdict.MORE or at.now.known is Known.MORE
        if is_told or at.now.due or at.now.empty_in_a_row == 1:
            return step
        step = yield from self._asked_far(at, step)
        if not step.learnt.vain:
            return step
        return (yield from self._after_empty(replace(at, is_more=False, learnt=step.learnt)))

    def _perhaps_more(self, at: At) -> At:
        """An empty first page leads on where what may be a total tells of rows: perhaps hidden."""
        if at.before.pages or at.is_more or not at.page.totals(at.asked).perhaps:
            return at
        step, is_due = self._end(at, End.EMPTY).surprised()
        return replace(at, learnt=step.learnt, is_more=is_due)

    def _unlimited(self, at: At) -> Asking[At]:
        """Without a limit of the server's: what follows the first page's rows is not right there.

        Rows are hidden: a page reaches from the last of those to what follows them.
        """
        now, position = at.now, at.now.wanted * 3 // 4
        at = replace(at, learnt=replace(at.learnt.hiding(1), page_size=None))
        while now.begun and position > now.first:
            further = self._moved(now.begun, now.first - 1 + position)
            at, other = yield from at.ask(further, "how far a page with hidden rows reaches")
            if other is not None and now.due.intersection(other.ids):
                return replace(at, learnt=at.learnt.reaching(position + 1))
            position = position * 3 // 4
        return at

    def _still_due(self, at: At) -> Asking[At]:
        """Without rows that a request had shown, and shows no longer: they were removed."""
        now = at.now
        request = self._within(now.begun, now.first) if now.begun else None
        if request is None or not now.due or now.empty_in_a_row == 1:
            return at
        at, other = yield from at.ask(request, "rows that did not come")
        due = now.due.intersection(other.ids if other else ())
        is_more = at.says_more or self._is_short_of_total(at) or bool(due)
        return replace(at, now=replace(now, due=due), is_more=is_more)

    def _with_proof(self, at: At, decided: Step) -> Deciding:
        """What was decided, with a request that proves a sudden end, a few times a resource."""
        last = at.before.previous
        if last and decided.doubt and at.lacks_few and at.page.status in NO_SUCH_PAGE_AFTER_SHORT:
            # Those may be hidden, or counted for others: the list may well be over.
            decided = replace(decided, doubt=refused(at.page))
            return (yield from self._across(at.sent, last, decided, at.size))
        if last is None or not self._is_open(at, last):
            return decided
        # A signal that speaks of the end beside nothing at all is no more than the empty page.
        if decided.doubt or decided.why is End.CONFIGURED:
            return decided
        decided, is_due = decided.surprised()
        learnt = decided.learnt
        if at.page.refused and not learnt.believes(at.page, last):
            # Only where a request shows that nothing follows, this is the end.
            decided = replace(decided, doubt=refused(at.page), confirm=False)
        elif not is_due:
            return decided
        if not at.before.is_unbroken:
            return (yield from self._unless_after(at, decided))
        step = yield from self._across(at.sent, last, decided, at.size)
        is_shown = step.doubt is not None and step.doubt is not decided.doubt
        return step if is_shown else (yield from self._unless_after(at, step))

    def _across(self, sent: PageRequest, last: Page, step: Step, size: int) -> Deciding:
        """Ask for what spans the end of the last page with rows, before ``sent``."""
        rows = positions_in(last, step.learnt.levels)
        spanning = self._around_row(last, step.learnt) or self._spanning(sent, rows, size)
        return self._spanned(last, step, spanning)

    def _is_open(self, at: At, last: Page) -> bool:
        """Whether only an answer without rows says that a list is over, and more may follow.

        That is so after a full page; and after one that is not, where rows are hidden, or may be:
        as many as both pages have room for, where they begin nearer to each other than that.
        """
        is_hiding = self._may_hide(at, last) and not at.page.refused
        if at.page.length or not (at.before.is_unbroken or is_hiding):
            return False
        told = last.totals(at.asked)
        is_all = told.says_all or told.rows is None  # a lower bound is reached long before the end
        return at.now.known is not Known.REACHED or not is_all

    def _may_hide(self, at: At, last: Page) -> bool:
        """Whether hidden rows explain a page without any, after the last one that has some."""
        began, here = (self._at(sent) or 0 for sent in (last.request or at.sent, at.sent))
        return at.learnt.uneven or at.learnt.hides_rows or here - began < self._stride(at.size)

    def _spanned(self, last: Page, step: Step, spanning: Sequence[Spanning]) -> Deciding:
        """Ask for what spans the end of a page, until an answer tells something.

        Where nothing follows there, at the next position at least, the end is proved.
        """
        other: Page | None = last
        for request, shown_by in spanning:
            step, other = yield from step.ask(request, _ABOUT_END)
            match shown_by(last, other):
                case Beyond.ENDS:
                    return replace(step.over(), learnt=replace(step.learnt, counts_rows=True))
                case Beyond.FOLLOWS:
                    return self._followed(step)
                case Beyond.UNKNOWN:
                    if doubt := self._not_there(step.learnt, last, other):
                        return replace(step, doubt=doubt)
        if other is None:
            step, is_refused = yield from self._refuses_positions(last, step)
            if is_refused:
                return replace(step, doubt=self._miscounted("the last rows of a page are"))
        return step

    def _not_there(self, learnt: Learnt, last: Page, other: Page | None) -> DoubtfulEndError | None:
        """What is in doubt where an answer has nothing of the page that it begins within."""
        if self._counts_pages or other is None or shares(last, other) or learnt.is_counting:
            return None
        return self._miscounted("the last rows of a page are")

    def _unless_after(self, at: At, step: Step) -> Deciding:
        """Ask for the page after an empty one, whose rows may be hidden, where the walk ends.

        Behind one that is refused each is.
        """
        if step.proved and at.page.refused:
            return replace(step, learnt=step.learnt.refused_by(at.page))
        if step.next is not None or isinstance(at.page.refusal, DoubtfulEndError):
            return step
        request = self._moved(at.sent, self._stride(at.size))
        step, other = yield from step.ask(request, "rows after an empty page")
        last, learnt = at.before.previous, step.learnt
        if at.page.refused:
            return self._followed(step) if other is not None else step
        if other is None or not other.rows or other.is_single or last is None:
            return step
        if at.page.place is Place.ABSENT or not (step.proved or self._may_hide(at, last)):
            return self._followed(step)
        hidden = replace(learnt.hiding(positions_in(last, learnt.levels)), uneven=True)
        return replace(step, next=request, why=None, learnt=hidden, proved=False)
