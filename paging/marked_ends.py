"""``cursor``, ``next_link`` and ``header_link``: what one more request shows of an end.

A list ends where a page has no marker, or its marker leads to a refusal. That is so by mistake, or
because the marker stands elsewhere, as well. A smaller page of the same rows must have a marker, if
it stands where it is looked for; and what that one leads to is what is left of the list.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from msgspec.structs import replace

from errors import DoubtfulEndError
from json_values import MISSING, Found, keys_of
from paging.experiments import Beyond, beyond, beyond_last_row, resized, shares, unless_led_on
from paging.model import NO_PAGE_BEFORE, Level, Page, PageRequest, Progress
from paging.paginator import ACCEPT, Paginator
from paging.rows import FEWEST, MANY
from paging.signals import Verdict, by_header, first_known, leads
from paging.steps import Asking, Deciding, End, Learnt, Step
from paging.totals import total_further_out

_ABOUT_END = "the end after a full page"
_ABOUT_MARKER = "a list without a marker"


class MarkedEnds(Paginator):
    """How the end of a list is proved, whose pages lead on by a marker."""

    _setting: str

    @abstractmethod
    def _marker(self, page: Page) -> Found:
        """What leads to the next page, null or empty at the end, MISSING where there is no place.

        Raises PaginationError where it is of a form that cannot be followed.
        """

    @abstractmethod
    def _following(self, sent: PageRequest, page: Page, marker: Found) -> PageRequest:
        """The request that a marker leads to."""

    def _instead(self, page: Page) -> Found:
        """What leads on where the API says that there is more, but gives no marker."""
        return MISSING

    def _leading(self, page: Page) -> Found:
        """What leads on from a page: its marker, or what is taken for one."""
        marker = self._marker(page)
        is_open = not leads(marker) and self._says_more(page, self._boolean(page))
        return self._instead(page) if is_open else marker

    def _says_more(self, page: Page, boolean: Verdict) -> bool:
        """Whether anything but the marker says that there is more."""
        is_item = page.is_single and not page.scopes
        return not is_item and first_known(boolean, page.signal) is Verdict.MORE

    def closing(self, sent: PageRequest, before: Progress, learnt: Learnt) -> Deciding:
        """How to show that nothing follows the last page, which ``sent`` was led to by."""
        if (last := before.previous) is None:
            return super().closing(sent, before, learnt)
        return self._unless_followed(last, Step(before, None, learnt))

    def _unless_followed(self, last: Page, step: Step) -> Deciding:
        """Ask for the last page with one row less: then that row alone must be on the next one.

        Where it has several lists, one row less of all together, of each, or of the outer ones:
        what is paged is the first of those whose size is heeded.
        """
        now = step.progress
        if last.most < FEWEST and (now.led_by or now.begun == last.request):
            asked_for = self._across(now.led_by, last, step) if now.led_by else None
            return (yield from asked_for or self._alone(last, step))
        is_again = False
        for level, rows in [*last.lengths.items()][::-1]:
            request = self._of_size(last.request, rows - 1) if last.request else None
            if rows < FEWEST or request is None:
                continue
            step, other = yield from step.ask(request.perhaps_absent(NO_PAGE_BEFORE), _ABOUT_END)
            if other is None:
                return step
            # Of rows that are hidden, others of those asked for are left.
            if 0 < other.lengths.get(level, 0) < rows:
                return (yield from self._after_fewer(last, step, level, request, other))
            is_again = other.repeats(last)
        # The size is not heeded: how long pages are, hidden rows included, nobody knows.
        is_over = is_again and now.empty_in_a_row and not may_be_cut_off(now, 0)
        return replace(step, doubt=None) if is_over else step

    def _across(self, before: PageRequest, last: Page, step: Step) -> Deciding:
        """Ask for the page before one of few rows with one row less, and for all that follows.

        Where those have no room for more, for both pages at once, and many more rows.
        """
        asked = self._asked(before)
        is_less = asked - 1 > last.most + 1
        size = asked - 1 if is_less else asked + MANY
        step, pages, follows = yield from self._read_on(self._of_size(before, size), step)
        *first, other = pages or [last]
        if is_less:
            has_room = len(first) == 1 and first[0].length == size and last.length < other.length
        else:
            has_room = not (first or follows) and asked < other.length
        is_over = has_room and other.length < size
        return step.over() if is_over and beyond_last_row(last, other) is Beyond.ENDS else step

    def _alone(self, only: Page, step: Step) -> Deciding:
        """Ask for the only page of a walk, of few rows where many fit, with room for one more."""
        began = only.request
        is_open = began is not None and self._asked(began) >= MANY
        request = self._of_size(began, only.most + 1) if began and is_open else None
        step, pages, follows = yield from self._read_on(request, step)
        is_over = not follows and len(pages) == 1 and pages[0].repeats(only)
        return step.over() if is_over else step

    def _read_on(
        self, request: PageRequest | None, step: Step
    ) -> Asking[tuple[Step, Sequence[Page], bool]]:
        """Up to three pages with rows, from one on, and whether another would follow."""
        pages = list[Page]()
        for _ in range(3):  # that one, the last one, and what would follow it
            if request is None:
                break
            step, other = yield from step.ask(request.perhaps_absent(NO_PAGE_BEFORE), _ABOUT_END)
            marker = self._leading(other) if other else MISSING
            pages += [other] if other and other.rows else []
            request = self._following(request, other, marker) if other and leads(marker) else None
        return step, pages, request is not None

    def _after_fewer(
        self, last: Page, step: Step, level: Level, request: PageRequest, other: Page
    ) -> Deciding:
        """What follows a page of one row less than the last one."""
        # Where links hold the number of a page, one of fewer rows begins before the last one.
        if beyond(last, other, has_room=True) is Beyond.UNKNOWN:
            return step
        if not leads(marker := self._leading(other)):
            return self._followed(step)  # one row at least follows
        following = self._following(request, other, marker).perhaps_absent(NO_PAGE_BEFORE)
        step, after = yield from step.ask(following, _ABOUT_END)
        has_room = after is not None and after.lengths.get(level, 0) + 1 < last.lengths[level]
        match beyond(last, after, has_room=has_room):
            case Beyond.ENDS:
                return step.over()
            case Beyond.UNKNOWN if after is None or after.length or leads(self._marker(after)):
                return step  # rows are hidden, and more are to come
        return self._followed(step)  # also where the last row is not there

    def prove(
        self, sent: PageRequest, page: Page, learnt: Learnt, *, is_cut: bool = False
    ) -> Deciding:
        """Ask for one row less: then a marker must appear, if it stands where it is looked for."""
        request = self.elsewhere(sent, page) if len(page.rows) > 1 else None
        asked = self._asked(sent)
        end = Step(Progress().after(page, asked), None, learnt, End.UNMARKED)
        if request is None and page.length and (asked == 1 or page.totals(asked).most > page.most):
            request = self._of_size(sent, 2 if asked == 1 else 1)
        if request is None:
            return self._proof_by_own_size(end, sent, page)
        return self._proof(end, page, (sent, request), is_cut=is_cut)

    def _proof_by_own_size(self, end: Step, sent: PageRequest, page: Page) -> Deciding:
        """What a size shows that the resource itself asks for, as far as it is one.

        A number in its query that is just the rows is: then the same for one less gives one less.
        """
        rows = page.length
        fewer = resized(sent, rows, rows - 1) if rows >= FEWEST else None
        if fewer is not None:
            end, other = yield from end.ask(fewer, _ABOUT_MARKER, follows_any=True)
            if other is not None and other.length == page.length - 1 and shares(page, other):
                if leads(self._marker(other)):
                    return (yield from self._once_more(sent, end))
                return replace(end, doubt=self._never_there(page, is_heeded=True))
        return (yield from self._unmarked(end, sent, page, None, is_asked=fewer is not None))

    def _proof(
        self, end: Step, page: Page, requests: tuple[PageRequest, PageRequest], *, is_cut: bool
    ) -> Deciding:
        """What the same request of another size shows of the only page of a list."""
        sent, request = requests
        asked, is_heeded = self._asked(sent), False
        is_full = asked in page.lengths.values() and not is_cut
        is_one = len(page.rows) == 1 == asked
        # Some APIs take round sizes only, or make them round: less of a full page is as telling.
        sizes = sorted({asked // 2, 1}, reverse=True) if is_full else []
        less = [self._of_size(sent, size) for size in sizes if size < self._asked(request)]
        other: Page | None = None
        for one in filter(None, (request, *less)):
            end, other = yield from end.ask(one, _ABOUT_MARKER)
            if other is not None and (leads(self._marker(other)) or not other.repeats(page)):
                break
        if other is None:
            pass
        elif leads(self._marker(other)):
            end = replace(end, learnt=replace(end.learnt, marked=True))
            # A full page was asked for again when it came.
            return end if page.length >= asked else (yield from self._once_more(sent, end))
        elif self._says_more(other, other.boolean):
            return replace(end, doubt=self._unfollowable(other))
        else:
            # Of rows that are hidden, others of those asked for are left; none is no page at all.
            is_fewer = len(other.rows) < len(page.rows) and bool(other.rows or not page.is_hollow)
            is_heeded = is_fewer or (is_one and len(other.rows) > 1)
            if (is_one or page.is_hollow) and not is_heeded:
                return end
        is_told = page.denies_more or self._marker(page) is not MISSING
        if is_heeded or (is_full and not is_told):
            return replace(end, doubt=self._never_there(page, is_heeded=is_heeded))
        return (yield from self._unmarked(end, sent, page, other, is_asked=True))

    def _once_more(self, sent: PageRequest, done: Step) -> Deciding:
        """Ask for a first page again: its marker may have been left out by mistake."""
        done, again = yield from done.ask(sent, "a marker left out by mistake")
        is_led = again is not None and leads(self._marker(again))
        doubt = DoubtfulEndError(
            f"{self._name()} found nothing, but led on when the same was asked again: the rest"
            " is missing",
            remedy="wait for the next resync",
        )
        return replace(done, doubt=doubt if is_led else None)

    def _unmarked(
        self, end: Step, sent: PageRequest, page: Page, other: Page | None, *, is_asked: bool
    ) -> Deciding:
        """The end of the only page, also by ``other`` sizes: taken for all, if no null says so."""
        doubt, trials = self._unfollowable(page), self._trials(sent, page)
        if self._marker(page) is not MISSING:
            if page.length < self._asked(sent):
                return end  # null may well be true there: what no size shows is left
            return (yield from unless_led_on(sent, page, end, doubt, trials))
        # Then the size asked for says nothing of the numbers told.
        told = other.totals(other.length) if other else page.totals(self._asked(sent))
        is_told = told.exceed(page.most) or total_further_out(page.holder, page.body) > page.most
        heeds = "heeds no smaller page size" if is_asked else "is asked for no page size"
        warning = (
            f"{self._name()} found nothing in any response, and the API {heeds}; the list of"
            f" {page.length} is taken for all"
        )
        end = replace(end, unsure=True, doubt=doubt if is_told else None)
        # Of one row there are no fewer to ask for.
        all_rows = replace(end, warning=warning if is_asked or page.length > 1 else None)
        return (yield from unless_led_on(sent, page, all_rows, doubt, trials))

    def _trials(self, sent: PageRequest, page: Page) -> Sequence[PageRequest]:
        """Requests with what may be the marker, where that is sent under a known name."""
        return ()

    @abstractmethod
    def _name(self) -> str:
        """The place where the marker is looked for, for messages."""

    def _never_there(self, page: Page, *, is_heeded: bool) -> DoubtfulEndError:
        why = f"although a page had the {page.length} rows asked for"
        if is_heeded:
            why = "although the API heeds the page size, so that it pages"
        return DoubtfulEndError(
            f"{self._name()} found nothing in any response, {why}; the last one had"
            f" {keys_of(page.body)}",
            f"set {self._setting} to where the next page is named, or paginationType to how the API"
            f" pages (pagination.type: none for an endpoint without paging; {ACCEPT})",
        )

    def _unfollowable(self, page: Page) -> DoubtfulEndError:
        return DoubtfulEndError(
            f"{self._name()} gave nothing, but the API says that there is more"
            f"{by_header(page.headers)}; the response has {keys_of(page.body)}",
            f"correct {self._setting}, or paginationType to how this API pages ({ACCEPT})",
        )


def may_be_cut_off(now: Progress, asked: int) -> bool:
    """Whether a total speaks of rows after an empty page that none before it may have hidden.

    Pages as long as ``asked`` hide none, and several of one length hardly more than one holds;
    of those too short for a request that tells, only the latter counts.
    """
    last = now.previous
    if now.total is None:
        return True
    if last is None or not now.first == now.largest == last.length:
        return False
    is_paged = not asked or now.pages > 2  # noqa: PLR2004 (two pages with rows, and the empty one)
    return last.length == asked >= FEWEST or (is_paged and now.total - now.in_all > last.length)
