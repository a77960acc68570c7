"""What ``cursor``, ``next_link`` and ``header_link`` share: each answer leads to the next."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial

from msgspec.structs import replace

from errors import DoubtfulEndError
from json_values import MISSING, Found, keys_of
from paging.cursor_positions import came_again, came_before
from paging.experiments import (
    asked_far,
    unless_denied,
)
from paging.marked_ends import MarkedEnds, may_be_cut_off
from paging.model import (
    NO_SUCH_PAGE_AFTER_SHORT,
    Page,
    PageRequest,
    Progress,
)
from paging.paginator import ACCEPT, refused, total_of, unseen
from paging.rows import FEWEST
from paging.signals import Verdict, first_known, is_last_by_link, leads
from paging.steps import Asking, Deciding, End, Learnt, Step
from paging.totals import Known


class Marked(MarkedEnds):
    """What cursors and links share: each answer leads to the next, and its absence is the end."""

    _words: tuple[str, ...] = ()
    """The texts of a marker that mean none, or may be one."""

    @abstractmethod
    def _far(
        self, sent: PageRequest, following: PageRequest, count: int, pages: int
    ) -> PageRequest | None:
        """The request so many pages after another one, if what led to both counts pages."""

    def _step(self, learnt: Learnt, progress: Progress, sent: PageRequest, page: Page) -> Deciding:
        if page.refused and progress.previous is not None:
            return (yield from self._unless_over(progress, progress.previous, page, learnt))
        configured = self._signals.verdict(page.value_at)
        boolean = first_known(configured, page.boolean)
        marker, asked = self._marker(page), self._asked(sent)
        now, is_again = progress.after(page, asked), came_again(progress.previous, page)
        now = _with_none_new(now, progress) if is_again else now
        is_marked, is_uneven = learnt.marked or leads(marker), learnt.uneven or now.hides
        learnt = replace(learnt, marked=is_marked, uneven=is_uneven)
        if configured is Verdict.END:
            return Step(now, next=None, learnt=learnt, why=End.CONFIGURED)
        if not page.length and (boolean is Verdict.END or now.known is Known.REACHED):
            end = Step(now, None, learnt, End.SIGNAL if boolean is Verdict.END else End.TOTAL)
            return (yield from self._unless_unproved(progress, end))
        if not leads(marker) and self._says_more(page, boolean):
            was_led = bool(progress.previous and leads(self._marker(progress.previous)))
            marker = MISSING if was_led else self._instead(page)
            if not leads(marker):
                # Where the page before had one, it is left out by mistake.
                return Step(now, None, learnt, confirm=was_led, doubt=self._unfollowable(page))
        following, learnt = yield from self._led_to(now, sent, page, marker, learnt)
        came = came_before(progress.previous, page, marker) if asked != 1 else frozenset()
        # A page that leads to itself is the end where nothing is new, or all of one start key came.
        is_whole = len(came) == page.length or (came and page.length < progress.largest)
        is_last = following and following.key == sent.key and is_whole
        if following is None or is_last:
            step = self._at_end(now, sent, page, None if following else marker, learnt)
            ended = yield from self._unless_sudden(progress, page, replace(step, known=came))
            return (yield from self._unless_limited(ended))
        # A page that comes again may have come in the place of another one: it is asked for again.
        step = Step(now, following, replace(learnt, marked=True), known=came, confirm=is_again)
        is_known = learnt.overruled or now.known is Known.MORE
        if boolean is Verdict.END and following.key != sent.key and not is_known:
            step = yield from unless_denied(page, step)
        return (yield from self._unless_in_vain(progress, sent, page, step))

    def _led_to(
        self, now: Progress, sent: PageRequest, page: Page, marker: Found, learnt: Learnt
    ) -> Asking[tuple[PageRequest | None, Learnt]]:
        """The request that a marker leads to, None at the end."""
        if leads(marker):
            following = self._following(sent, page, marker)
            return following.perhaps_absent(NO_SUCH_PAGE_AFTER_SHORT), learnt
        if marker not in self._words or not learnt.marked:
            return None, learnt
        # It may be the text of a null, or a cursor as good as any: a request shows which.
        followed = self._following(sent, page, marker)
        step = yield from unless_denied(page, Step(now, followed, learnt))
        return step.next, replace(step.learnt, overruled=learnt.overruled)

    def _unless_unproved(self, before: Progress, end: Step) -> Deciding:
        """An empty page; behind a first one without a marker it may be that what was sent is none.

        Then it leads to nothing from within that page, either.
        """
        first = before.previous
        is_led = first is None or before.pages > 1 or leads(self._marker(first))
        if first is None or is_led or end.why is End.TOTAL or not leads(self._leading(first)):
            return end
        end, is_due = end.surprised()
        if not is_due:
            return end
        doubt = self._unfollowable(first)
        step = yield from self._unless_followed(first, replace(end, doubt=doubt))
        return replace(step, doubt=doubt if step.doubt else None)

    def _unless_over(self, before: Progress, last: Page, page: Page, learnt: Learnt) -> Deciding:
        """The end, where a request shows that nothing follows the page whose marker is refused."""
        is_cut = before.known is Known.MORE and may_be_cut_off(before, before.wanted)
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
        is_cut = is_full if page.length else may_be_cut_off(now, asked)
        is_cut, is_due = is_cut or now.came_again, is_short and not is_alone
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


def _with_none_new(now: Progress, before: Progress) -> Progress:
    """The evidence when the last page has the rows of the one before it alone."""
    return replace(now, rows=before.rows, in_all=before.in_all, came_again=True)
