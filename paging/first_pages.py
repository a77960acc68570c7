"""``offset`` and ``page``: a first page shorter than asked, and what follows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from msgspec.structs import replace

from paging.experiments import (
    Shown,
    asked_far,
    begins_before,
    compared,
    leads_on,
    shares,
    unless_led_on,
    usual_pages,
)
from paging.levels import is_manifold, positions_in
from paging.model import Page, PageRequest
from paging.positions import At, Counted, counted_elsewhere, redirected
from paging.rows import WHOLLY
from paging.signals import Verdict
from paging.steps import Asking, Deciding, End, Learnt, Step, is_asked
from paging.totals import Known, counts_around

ABOUT_TWICE = "the same page twice"
_FEW = 10  # pages that a walk asks for in any case, and rows that servers give at once
_MOST_PAGES = 20  # of those up to a total that are asked for at once
_NEXT_PAGES = 2  # without rows that show what a number beside them counts
_ABOUT_SHORT = "the end after a first page that is not full"


class CountedFromFirst(Counted):
    """What a short first page leads to: a small list, a server's limit, or hidden rows."""

    def _after_short_first(self, at: At) -> Deciding:
        """A first page shorter than asked: a small list, a server's limit, or hidden rows."""
        is_told = at.is_more or at.now.total is not None
        if at.learnt.hides_rows and is_told:
            return self._on(at) if at.is_more else self._end(at, End.PROVED)
        if not at.is_more:
            is_reached = at.now.known is Known.REACHED
            learnt, is_asked = self._doubted(at.learnt, at.page.length)
            # A total that is just the rows at hand is believed, once the longest page bore it out.
            is_asked = is_asked and not (is_reached and learnt.ties > 1)
            at = replace(at, learnt=learnt)
            if not is_asked:
                end = self._end(at, End.TOTAL if is_reached else End.PROVED)
                return replace(end, taken=not is_reached)
        ask = self._next_page if _has_several(at.page) else self._ask_for_last_row
        return (yield from ask(at))

    def _ask_for_last_row(self, at: At) -> Deciding:
        """Ask for the last row of a short first page, else for the next page."""
        within = self._within(at.sent, at.page.length)
        if within is None:
            return (yield from self._next_page(at))
        at, other = yield from at.ask(within, _ABOUT_SHORT)
        if other is not None:
            now = at.now.expecting(at.page, other)
            return (yield from self._by_last_row(replace(at, now=now), other))
        step = Step(at.now, next=None, learnt=at.learnt)
        step, is_refused = yield from self._refuses_positions(at.page, step)
        at = replace(at, learnt=step.learnt)
        if is_refused:
            return (yield from self._judged(at, Shown.OTHERS))
        return (yield from self._next_page(at))

    def _by_last_row(self, at: At, other: Page) -> Deciding:
        """What follows a short first page by the answer to a request for its last row."""
        if not other.rows:
            return (yield from self._unless_miscounted(at))
        at, shown = yield from self._compared(at, other)
        if shown is Shown.ALL and other.repeats(at.page):
            return (yield from self._next_page(at))
        if shown is Shown.OTHERS and self._counts_pages:
            shown = Shown.MORE  # a server that does not heed the size gives its own second page
        rows = at.page.length - 1
        is_short = self._counts_pages and not other.fills(rows) and 2 * rows <= (at.now.total or 0)
        if shown is Shown.MORE and is_short:
            shown = Shown.HIDDEN  # no limit is as low: it gave one row more before
        if shown in {Shown.ALL, Shown.OTHERS}:
            return (yield from self._judged(at, shown))
        if _is_all(at, other):
            return self._end(at, End.PROVED)
        # Where a total counts more, and no more came, the row at 0 is hidden rather.
        is_hidden = at.now.known is Known.MORE and not leads_on(at.page, other)
        if shown is Shown.HIDDEN and not is_hidden and (first := self._from_one(at.sent)):
            return (yield from self._unless_from_one(at, first, other))
        step = yield from self._judged(at, shown)
        return replace(step, proved=shown is Shown.NOTHING and step.next is None)

    def _from_one(self, sent: PageRequest) -> PageRequest | None:
        """The first request from offset 1 where it is from 0, which may mean the same row."""
        return None if self._counts_pages or self._at(sent) != 0 else self._moved(sent, 1)

    def _unless_from_one(self, at: At, first: PageRequest, within: Page) -> Deciding:
        """Hidden rows, unless position 1 gives the same page: then that is what came, and no 0.

        Or rows before those: then they are new, and it moved that it has some ``within``.
        """
        at, other = yield from at.ask(first, "whether positions count from one")
        if other is None or not other.repeats(at.page):
            moved = Shown.MORE if leads_on(at.page, within) else Shown.NOTHING
            is_moved = other is not None and begins_before(at.page, other)
            return (yield from self._judged(at, moved if is_moved else Shown.HIDDEN))
        page = replace(at.page, request=first)
        learnt, now = replace(at.learnt, from_one=True), replace(at.now, previous=page)
        at = replace(at, learnt=learnt, sent=first, page=page, now=now)
        return (yield from self._ask_for_last_row(at))

    def _unless_miscounted(self, at: At) -> Deciding:
        """What follows where nothing came for the last row: that may be a mistake.

        Where rows are counted, some of them are there from the middle of the page on.
        """
        if not self._counts_pages:
            middle = self._placed(at.sent, self._start + at.page.length // 2)
            at, other = yield from at.ask(middle, "what the offset counts")
            if other is not None and not shares(at.page, other):
                return (yield from self._judged(at, Shown.OTHERS))
        return (yield from self._next_page(at))

    @staticmethod
    def _doubted(learnt: Learnt, length: int) -> tuple[Learnt, bool]:
        """Whether a short first page is asked about: the longest are, and all once one went on."""
        if length < learnt.longest_short:
            return learnt, learnt.refutes(length)
        ties = learnt.ties + 1 if length == learnt.longest_short else 1
        learnt = replace(learnt, longest_short=length, ties=ties)
        return learnt, learnt.asks_all or is_asked(ties) or learnt.refutes(length)

    def _next_page(self, at: At) -> Deciding:
        """The page after a short first one, of as many rows as that had.

        Of several lists, from the first place where it may be: it may begin within that page, and
        hold nothing but its rows, or the same lists empty.
        """
        page = at.page
        # Behind a server's limit there are as many rows again; else some are hidden.
        is_sized = at.is_more or (page.length > 1 and not _has_several(page))
        moves = self._stride(positions_in(page, at.learnt.levels, at.asked))
        moved = self._moved(at.sent, moves, page.most if is_sized else None)
        at, other = yield from at.ask(moved, _ABOUT_SHORT)
        # A total that all lists together reach speaks of nothing more where this page does not.
        at = replace(at, is_more=at.is_more and at.now.known is not Known.OPEN)
        if not at.is_more and (other is None or not other.rows):
            return (yield from self._unless_later(at, moved, other))
        if _has_several(page):
            shown = Shown.OTHERS if leads_on(page, other) else Shown.NOTHING
        else:
            at = replace(at, now=at.now.expecting(page, other))
            at, shown = yield from self._compared(at, other)
        return (yield from self._judged(at, Shown.MORE if shown is Shown.OTHERS else shown))

    def _unless_later(self, at: At, sent: PageRequest, other: Page | None) -> Deciding:
        """The end, unless an empty page has rows when it is asked for again, or the one after it.

        That one is asked for where a page is refused, as it has to be then, too; or is of lists in
        lists, which may all be empty for a page.
        """
        later = [self.after(sent, at.page.length)] if other is None or at.page.levels else []
        is_later = False
        for request in [*([sent] if other else []), *later]:
            at, again = yield from at.ask(request, _ABOUT_SHORT)
            is_answered = other is None and again is not None
            is_later = is_later or is_answered or leads_on(at.page, again)
        step = yield from self._judged(at, Shown.NOTHING, is_refused=other is None)
        return self._followed(step) if is_later else step

    @staticmethod
    def _compared(at: At, other: Page | None) -> Asking[tuple[At, Shown]]:
        """What another answer shows of a first page, also where values of rows without ids move.

        A list that does not page, and whose every value moves, gives no two answers alike.
        """
        shown = compared(at.page, other)
        if shown is not Shown.OTHERS or other is None:
            return at, shown
        at = yield from at.steadied()
        shown = compared(at.page, other)
        is_as_long = not at.is_more and abs(other.length - at.page.length) <= 1
        is_unknown = shown is Shown.OTHERS and at.learnt.moving == WHOLLY
        return at, Shown.ALL if is_unknown and is_as_long else shown

    def _judged(self, at: At, shown: Shown, *, is_refused: bool = False) -> Deciding:
        """What follows a short first page by what an experiment has shown.

        A refusal may be one that passes: that nothing follows is looked at again then.
        """
        match shown:
            case Shown.MORE:
                size = max(at.page.most, at.learnt.page_size or 0)
                now = replace(at.now, last_was_full=True)
                learnt = replace(at.learnt, page_size=size)
                return self._on(replace(at, learnt=learnt, now=now, size=at.page.most))
            case Shown.ALL | Shown.NOTHING | Shown.HIDDEN if (
                _may_hide(at, shown) or shown is Shown.HIDDEN
            ):
                # All: the last row is there from the position after the page's length on, too.
                reach = at.page.length + 1 if shown is Shown.ALL else 0
                is_shown = at.learnt.uneven or shown is Shown.HIDDEN
                learnt = replace(at.learnt.reaching(reach), uneven=is_shown)
                return (yield from self._hidden(replace(at, learnt=learnt)))
            case Shown.NOTHING:
                is_reached = at.now.known is Known.REACHED
                end = self._end(at, End.TOTAL if is_reached else End.PROVED)
                return replace(end, unsure=end.unsure or is_refused)
            case Shown.ALL:
                over = self._unpaged(at.page, self._end(at, End.UNPAGED), is_more=at.is_more)
                is_sure = over.doubt or not at.page.ids  # without ids, every value may move
                return over if is_sure else (yield from self._unless_heeded(at, over, 2))
            case Shown.OTHERS:
                step = self._end(at, End.PROVED)
                return replace(step, doubt=self._miscounted("the last row of the first page is"))
            case _ as unreachable:
                assert_never(unreachable)

    def _unless_heeded(self, at: At, over: Step, pages: int = 1) -> Deciding:
        """The end of a list that does not page: it is the same for any position, not for two alone.

        Rows that are others so many pages later show that the first number is another one; or,
        behind a redirect, that it drops the position.
        """
        page, there = at.page, redirected(at.page)
        is_full = page.length == at.asked and not there
        following = self._moved(at.sent, pages * self._stride(at.size))
        if there:
            first = (at.before.previous or page).request or at.sent
            after = self._moved(first, self._stride(page.length), page.length)
            following = replace(after, url=there)
        over, other = yield from over.ask(following, ABOUT_TWICE, follows_any=bool(there))
        is_again = other is not None and other.repeats(page)
        is_other = compared(page, other) is Shown.OTHERS
        if not is_again if is_full else is_other:
            return replace(over, doubt=self._ignored(page))
        over, is_due = replace(over, doubt=None).surprised()
        if not is_due:
            return over
        # Nor for the usual names: this one may be mistyped, and the server's limit the length.
        usual = usual_pages(at.sent, page)
        return (yield from unless_led_on(at.sent, page, over, self._ignored(page), usual))

    def _hidden(self, at: At) -> Deciding:
        """How many positions a page covers, where some of its rows are hidden.

        As many as are asked for, unless the server has a limit as well. A row of the first page
        that is there from a position on shows that the page reached so far.
        """
        at, is_over = yield from self._counted(at)
        if not is_over:
            at, is_over = yield from self._seen_to_total(at)
        if not is_over:
            at, is_over = yield from self._led_in_vain(at)
        if is_over:
            return self._end(at, End.PROVED)
        # Other walks are told only when it is known: until then they ask for themselves.
        position, reach = at.asked * 3 // 4, positions_in(at.page, at.learnt.levels)
        while not at.learnt.reach and position > at.page.length:
            if (request := self._from(at.sent, position)) is None:
                break
            at, other = yield from at.ask(request, "how far a page with hidden rows reaches")
            if shares(at.page, other):
                reach = position + 1
                break
            position = position * 3 // 4
        # That positions pass a total shows nothing here: they may count something else.
        return self._on(replace(at, learnt=at.learnt.hiding(reach)))

    def _seen_to_total(self, at: At) -> Asking[tuple[At, bool]]:
        """Whether pages side by side up to the total have no rows, where a walk would ask for many.

        That is where a page may reach no further than its rows, which all lie before what may be
        hidden. The last positions of the total are among what is asked for.
        """
        total, rows = at.now.total or 0, at.page.length
        # A server with a limit gives ten rows at once, or a tenth of a long list.
        size = min(at.asked, max(-(-total // _FEW), rows, _FEW))
        is_shown = at.learnt.uneven or at.learnt.reach or at.says_more
        if is_shown or not _FEW * rows < total <= _MOST_PAGES * size:
            return at, False
        beside = [(number * self._stride(size), size) for number in range(1, -(-total // size))]
        # The last ones first: where any are given, those mostly are.
        for by, of in ((total - 1) // rows * self._stride(rows), rows), *beside[::-1]:
            at, other = yield from at.ask(self._moved(at.sent, by, of), "rows up to the total")
            if other is None or other.rows:
                return at, False
        return at, True

    def _led_in_vain(self, at: At) -> Asking[tuple[At, bool]]:
        """Whether only what is told far beyond, too, speaks of more, and the next page is empty."""
        is_told = self._boolean(at.page) is Verdict.MORE or at.now.known is Known.MORE
        if is_told or at.learnt.uneven or not at.says_more:
            return at, False
        moved = self._moved(at.sent, self._stride(max(at.asked, at.size)))
        at, other = yield from at.ask(moved, "what speaks of more")
        if other is None or other.rows:
            return at, False
        step = yield from self._asked_far(at, Step(at.now, None, at.learnt))
        return replace(at, learnt=step.learnt), bool(step.learnt.vain)

    def _asked_far(self, at: At, step: Step) -> Deciding:
        """A step with whether what speaks of more does so far beyond the walk, too."""
        return asked_far(
            step,
            lambda pages: self._moved(at.sent, pages * self._stride(at.size)),
            lambda other: other.signal is Verdict.MORE,
        )

    def _counted(self, at: At) -> Asking[tuple[At, bool]]:
        """Whether another number than the total counts the rows of a first page as all there are.

        A position may be just as large, but it is another one on each of the two next pages.
        """
        pages = [at.page]
        while counted_elsewhere(at, *pages) and not (at.says_more or len(pages) > _NEXT_PAGES):
            rows = min(at.size, at.asked or at.page.length)
            moved = self._moved(at.sent, len(pages) * self._stride(rows))
            at, other = yield from at.ask(moved, "what the total counts")
            if other is None or other.rows:
                return at, False
            pages.append(other)
        told_by = counted_elsewhere(at, *pages) if len(pages) > _NEXT_PAGES else {}
        return (yield from self._known_to_count(at, told_by))

    def _known_to_count(self, at: At, told_by: Mapping[str, int | None]) -> Asking[tuple[At, bool]]:
        """Whether one of these numbers counts the list; of a page, it is less beside fewer rows.

        That is asked of a full one, where no list told as much before.
        """
        known, rows = at.learnt.counted_by, at.now.in_all
        is_open = (
            told_by and None not in told_by.values() and known.items().isdisjoint(told_by.items())
        )
        begun = at.now.begun if rows == at.asked or rows >= _FEW else None
        if is_open and begun and (fewer := self._of_size(begun, rows - 1)):
            at, other = yield from at.ask(fewer, "what the total counts")
            is_told = other is not None and other.length == rows - 1
            there = counts_around(other.holder, other.body) if other and is_told else ()
            told_by = {key: None if (key, rows) in there else rows for key in told_by}
        return replace(at, learnt=at.learnt.counting(told_by)), None in told_by.values()


def _has_several(page: Page) -> bool:
    """Whether it is not known which of a page's lists is paged."""
    return is_manifold(page) or page.is_hollow or page.together > page.length


def _may_hide(at: At, shown: Shown) -> bool:
    """Whether positions may count hidden rows, by what an experiment has shown of a first page.

    Where all its rows came again from the position of the last one on, as many lie before them.
    """
    fewest = 2 * at.page.length - 1 if shown is Shown.ALL else 0
    return at.is_more and not 0 < (at.now.total or 0) < fewest


def _is_all(at: At, other: Page) -> bool:
    """Whether an answer to the last row of a first page shows that no position of a total is left.

    It reaches over as many rows as that page gave, but one, and has the last of them: as many at
    most as rows are hidden, and one. Where its position counts something else there are more.
    """
    page, total = at.page, at.now.total or 0
    is_passed = not at.says_more and 0 < total < 2 * (page.length - 1)
    given = other.keys_as(page)
    is_end = page.keys_as(other)[-len(given) :] == given
    return is_passed and is_end and not page.levels and len(given) - 1 <= total - page.length
