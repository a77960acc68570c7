"""What ``cursor``, ``next_link`` and ``header_link`` share: each answer leads to the next."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from errors import DoubtfulEndError
from json_values import MISSING, Found, keys_of
from paging.cursor_positions import came_before
from paging.experiments import (
    Beyond,
    asked_far,
    beyond,
    beyond_last_row,
    resized,
    shares,
    unless_denied,
    unless_led_on,
)
from paging.model import (
    NO_PAGE_BEFORE,
    NO_SUCH_PAGE_AFTER_SHORT,
    Level,
    Page,
    PageRequest,
    Progress,
)
from paging.paginator import ACCEPT, Paginator, is_cut_off, refused, total_of, unseen
from paging.rows import FEWEST, MANY
from paging.signals import Verdict, by_header, first_known, is_last_by_link, leads
from paging.steps import Deciding, End, Learnt, Step
from paging.totals import Known, total_further_out

_ABOUT_END = "the end after a full page"
_ABOUT_MARKER = "a list without a marker"


class Marked(Paginator):
    """What cursors and links share: each answer leads to the next, and its absence is the end."""

    _setting: str
    _words: tuple[str, ...] = ()
    """The texts of a marker that mean none, or may be one."""

    @abstractmethod
    def _marker(self, page: Page) -> Found:
        """What leads to the next page, null or empty at the end, MISSING where there is no place.

        Raises PaginationError where it is of a form that cannot be followed.
        """

    @abstractmethod
    def _following(self, sent: PageRequest, page: Page, marker: Found) -> PageRequest:
        """The request that a marker leads to."""

    @abstractmethod
    def _far(
        self, sent: PageRequest, following: PageRequest, count: int, pages: int
    ) -> PageRequest | None:
        """The request so many pages after another one, if what led to both counts pages."""

    def _instead(self, page: Page) -> Found:
        """What leads on where the API says that there is more, but gives no marker."""
        return MISSING

    def _step(self, learnt: Learnt, progress: Progress, sent: PageRequest, page: Page) -> Deciding:
        if page.refused and progress.previous is not None:
            return (yield from self._unless_over(progress, progress.previous, page, learnt))
        configured = self._signals.verdict(page.value_at)
        boolean = first_known(configured, page.boolean)
        marker, asked = self._marker(page), self._asked(sent)
        now = progress.after(page, asked)
        is_marked, is_uneven = learnt.marked or leads(marker), learnt.uneven or now.hides
        learnt = replace(learnt, marked=is_marked, uneven=is_uneven)
        if configured is Verdict.END:
            return Step(now, next=None, learnt=learnt, why=End.CONFIGURED)
        if not page.length and (boolean is Verdict.END or now.known is Known.REACHED):
            return Step(now, None, learnt, End.SIGNAL if boolean is Verdict.END else End.TOTAL)
        if not leads(marker) and self._says_more(page, boolean):
            was_led = bool(progress.previous and leads(self._marker(progress.previous)))
            marker = MISSING if was_led else self._instead(page)
            if not leads(marker):
                # Where the page before had one, it is left out by mistake.
                return Step(now, None, learnt, confirm=was_led, doubt=self._unfollowable(page))
        following = None
        if leads(marker):
            following = self._following(sent, page, marker).perhaps_absent(NO_SUCH_PAGE_AFTER_SHORT)
        elif marker in self._words and learnt.marked:
            # It may be the text of a null, or a cursor as good as any: a request shows which.
            followed = self._following(sent, page, marker)
            step = yield from unless_denied(page, Step(now, followed, learnt))
            following, learnt = step.next, replace(step.learnt, overruled=learnt.overruled)
        came = came_before(progress.previous, page, marker) if asked != 1 else frozenset()
        # A page that leads to itself is the end where nothing is new, or all of one start key came.
        is_whole = len(came) == page.length or (came and page.length < progress.largest)
        is_last = following and following.key == sent.key and is_whole
        if following is None or is_last:
            step = self._at_end(now, sent, page, None if following else marker, learnt)
            ended = yield from self._unless_sudden(progress, page, replace(step, known=came))
            return (yield from self._unless_limited(ended))
        step = Step(now, following, replace(learnt, marked=True), known=came)
        is_known = learnt.overruled or now.known is Known.MORE
        if boolean is Verdict.END and following.key != sent.key and not is_known:
            step = yield from unless_denied(page, step)
        return (yield from self._unless_in_vain(progress, sent, page, step))

    def _unless_over(self, before: Progress, last: Page, page: Page, learnt: Learnt) -> Deciding:
        """The end, where a request shows that nothing follows the page whose marker is refused."""
        is_cut = before.known is Known.MORE and is_cut_off(before, before.wanted)
        cut = self._short_of_total(learnt, before, last, is_cut=True) if is_cut else None
        step = Step(before, None, learnt, End.NO_SUCH_PAGE, warning=unseen(before), unsure=True)
        if isinstance(page.refusal, DoubtfulEndError):
            return replace(step, doubt=page.refusal)  # an earlier page came in its place: a circle
        (step, is_due), of_few = step.surprised(), before.pages == 1 and last.most < FEWEST
        is_known = learnt.knows(page, of_few=of_few)
        if is_due or not is_known:
            # A first marker that is refused may be sent under a wrong name: no doubt to accept.
            doubt = refused(page) if before.pages > 1 else page.refusal
            step = replace(step, confirm=True, doubt=None if is_known else doubt)
            step = yield from self._unless_followed(last, step)
            learnt = step.learnt.refused_by(page, of_few=of_few) if step.proved else step.learnt
            step = replace(step, learnt=learnt)
        return replace(step, doubt=step.doubt or cut)

    def _unless_in_vain(
        self, before: Progress, sent: PageRequest, page: Page, step: Step
    ) -> Deciding:
        """The next page, unless it is the second empty one and a marker is there anywhere."""
        now, following = step.progress, step.next
        if page.length:
            return step
        # A page that holds nothing, but leads on, may have come empty by mistake.
        far = partial(self._far, sent, following or sent, now.pages)
        # What counts nothing is another marker on each page, and no circle: maxPages bounds those.
        is_open = step.learnt.vain is not False and far(1) is not None
        step = replace(step, confirm=True, doubt=self._endless(now) if is_open else None)
        is_told = self._boolean(page) is Verdict.MORE or now.known is Known.MORE
        if following is None or is_told or now.empty_in_a_row == 1:
            return step
        step = yield from asked_far(step, far, lambda one: leads(self._marker(one)))
        if not step.learnt.vain:
            return step
        end = self._at_end(now, sent, page, None, step.learnt)
        return (yield from self._unless_sudden(before, page, end))

    def _says_more(self, page: Page, boolean: Verdict) -> bool:
        """Whether anything but the marker says that there is more."""
        is_item = page.is_single and not page.scopes
        return not is_item and first_known(boolean, page.signal) is Verdict.MORE

    def _at_end(
        self, now: Progress, sent: PageRequest, page: Page, marker: Found, learnt: Learnt
    ) -> Step:
        """The end of a walk whose last page has no marker."""
        boolean, asked = self._boolean(page), self._asked(sent)
        if page.is_single:
            return Step(now, None, learnt, End.ONE_ITEM)
        if boolean is Verdict.END:
            is_open = page.signal is Verdict.MORE or now.known is Known.MORE  # once, or always
            return Step(now, None, learnt, End.SIGNAL, warning=unseen(now), unsure=is_open)
        if now.known is Known.REACHED:
            return Step(now, None, learnt, End.TOTAL)
        is_full = page.fills(max(asked, now.largest, 1)) and page.most * now.pages >= now.in_all
        # The only page, and not of the size asked for: rows are hidden, or none was asked for.
        is_alone = now.pages == 1 and page.length != asked and is_last_by_link(page.headers)
        # A server with a limit of its own fills its pages with fewer rows than were asked for.
        is_as_long = now.pages > 1 and page.length >= now.largest
        is_short = now.known is Known.MORE
        is_cut = is_full if page.length else is_cut_off(now, asked)
        is_due = is_short and not is_alone
        doubt = self._short_of_total(learnt, now, page, is_cut=is_cut) if is_due else None
        # Rows may be hidden: whether there would be a marker is asked for at the end, or seen.
        is_open = doubt is not None and not learnt.marked and (asked > 0 or not is_full)
        doubt = None if is_open else doubt
        is_sudden = bool(page.length) and (is_as_long or (is_full and asked > 0))
        # A null may as well be that of another marker, which is never there.
        is_seen = not learnt.marked and bool(page.length)
        return Step(
            now,
            next=None,
            learnt=learnt,
            why=End.EMPTY if not page.length else End.UNMARKED if marker is MISSING else End.SIGNAL,
            warning=unseen(now),
            confirm=is_sudden or (not page.length and (is_short or now.pages > 1)),
            unsure=is_short or is_sudden,
            unproved=3 if is_open else is_seen * (1 + (marker is MISSING)),
            doubt=doubt,
        )

    def _short_of_total(
        self, learnt: Learnt, now: Progress, page: Page, *, is_cut: bool
    ) -> DoubtfulEndError | None:
        """What is in doubt where a total speaks of rows that no hidden ones explain."""
        # A short page, or one without rows that leads on, shows that some are hidden.
        hides = learnt.uneven or now.empty_in_a_row > 1
        if not learnt.marked:
            return DoubtfulEndError(
                f"{self._name()} found nothing, although the API tells a total of"
                f" {total_of(now)} and gave {now.in_all}; the response has {keys_of(page.body)}",
                f"correct {self._setting}, or paginationType to how this API pages ({ACCEPT})",
            )
        cut = DoubtfulEndError(
            f"the API tells a total of {total_of(now)}, but ends after {now.in_all} rows in"
            f" {now.pages} pages: the rest is missing",
            remedy=f"ask for less by query_params ({ACCEPT})",
        )
        return cut if is_cut and not hides else None

    def _unless_sudden(self, before: Progress, page: Page, step: Step) -> Deciding:
        """An end; one by a full page without a marker, or an empty one after it, is asked about."""
        last = page if page.length else before.previous
        is_few = last is not None and last.length < min(before.largest, FEWEST)  # not to be asked
        if before.pages and page.body is None and not (page.refused or is_few):
            doubt = DoubtfulEndError(
                "the page before led to this one, but the answer has no body: the rest is missing",
                remedy=f"check {self.leads_by} ({ACCEPT})",
            )
            step = replace(step, confirm=True, unsure=True, doubt=step.doubt or doubt)
        is_full = last is page or (last is not None and last.length >= before.largest)
        is_sudden = step.confirm and (is_full or before.is_unbroken or step.unsure)
        if last is not None and is_sudden and step.learnt.marked:
            step, is_due = step.surprised()
            if is_due or step.doubt:
                return (yield from self._unless_followed(last, step))
        return step

    def _unless_limited(self, step: Step) -> Deciding:
        """An end after just as many rows as were asked for, by pages of fewer.

        The size may bound all of them, as OData's ``$top`` does: then fewer have no marker either.
        """
        now = step.progress
        request = self._of_size(now.begun, now.first - 1) if now.begun else None
        is_over = not (step.proved or step.doubt or step.next)
        if request is None or not is_over or not now.largest < now.in_all == now.wanted:
            return step
        step, is_due = step.surprised()
        if not is_due:
            return step
        step, other = yield from step.ask(request, "what the size bounds")
        if other is None or other.length != now.first - 1:
            return step
        if leads(self._marker(other)) or self._boolean(other) is Verdict.MORE:
            return step
        doubt = DoubtfulEndError(
            f"the list ends after the {now.wanted} rows that {self._size_param!r} asked for,"
            " in pages of fewer: it bounds the list, and the rest is missing",
            f"set sizeParam to what a page's length is, or size_param: null ({ACCEPT})",
        )
        return replace(step, doubt=doubt)

    def closing(self, sent: PageRequest, last: Page, learnt: Learnt) -> Deciding:
        """How to show that nothing follows the last page, which ``sent`` was led to by."""
        return self._unless_followed(last, Step(Progress(previous=last), None, learnt))

    def _unless_followed(self, last: Page, step: Step) -> Deciding:
        """Ask for the last page with one row less: then that row alone must be on the next one.

        Where it has several lists, one row less of all together, of each, or of the outer ones:
        what is paged is the first of those whose size is heeded.
        """
        now = step.progress
        if last.most < FEWEST and (now.led_by or now.pages == 1):
            return (yield from self._across(now.led_by, last, step))
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
        is_over = is_again and now.empty_in_a_row and not is_cut_off(now, 0)
        return replace(step, doubt=None) if is_over else step

    def _across(self, before: PageRequest | None, last: Page, step: Step) -> Deciding:
        """Ask for the page before one of few rows with one row less, and for all that follows.

        Where that is the only one, of many that were asked for, with room for one row more.
        """
        began, pages = before or last.request, list[Page]()
        asked = self._asked(began) if began else 0
        size = asked - 1 if before else last.most + 1
        has_sense = size > last.most + 1 if before else asked >= MANY
        request = self._of_size(began, size) if began and has_sense else None
        for _ in range(3):  # that one, the last one, and what would follow it
            if request is None:
                break
            step, other = yield from step.ask(request.perhaps_absent(NO_PAGE_BEFORE), _ABOUT_END)
            marker = self._marker(other) if other else MISSING
            pages += [other] if other and other.rows else []
            request = self._following(request, other, marker) if other and leads(marker) else None
        first, *after = pages or [last]
        has_room = first.length == size and len(after) == 1 and last.length < after[0].length < size
        is_over = has_room and beyond_last_row(last, after[0]) is Beyond.ENDS
        if not before:
            is_over = request is None and len(pages) == 1 and first.repeats(last)
        return replace(step, proved=True, confirm=False, doubt=None) if is_over else step

    def _after_fewer(
        self, last: Page, step: Step, level: Level, request: PageRequest, other: Page
    ) -> Deciding:
        """What follows a page of one row less than the last one."""
        # Where links hold the number of a page, one of fewer rows begins before the last one.
        if beyond(last, other, has_room=True) is Beyond.UNKNOWN:
            return step
        if not leads(marker := self._marker(other)):
            return self._followed(step)  # one row at least follows
        following = self._following(request, other, marker).perhaps_absent(NO_PAGE_BEFORE)
        step, after = yield from step.ask(following, _ABOUT_END)
        has_room = after is not None and after.lengths.get(level, 0) + 1 < last.lengths[level]
        match beyond(last, after, has_room=has_room):
            case Beyond.ENDS:
                return replace(step, proved=True, confirm=False, doubt=None)
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
        # Some APIs take round sizes only, or make them round: half of a full page's is as telling.
        half = self._of_size(sent, asked // 2) if is_full else None
        is_less = 0 < asked // 2 < self._asked(request)
        other: Page | None = None
        for one in filter(None, (request, half if is_less else None)):
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
