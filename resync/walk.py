"""A walk over the pages of one endpoint: in order, with pages asked for ahead, and without circles.

A paginator says where to go next, or what to ask.
"""

from __future__ import annotations

from asyncio import Lock
from collections.abc import AsyncGenerator, Callable, Iterator
from functools import partial

from loguru import logger
from msgspec import Struct, field
from msgspec.structs import replace

from client import ApiClient
from errors import (
    BodyError,
    DoubtfulEndError,
    Fault,
    OceanCustomError,
    OriginError,
    PaginationError,
    RequestName,
)
from jq_engine.programs import Jq
from paging.error_reports import is_partial
from paging.inner_lists import InnerLists
from paging.levels import unless_hollow
from paging.model import NO_SUCH_PAGE_AFTER_SHORT, Page, PageRequest, Place, Progress
from paging.page_recognition import Suspect
from paging.steps import Deciding, End, Experiment, Step
from resync.completeness import Asked, Completeness, Doubt
from resync.cycle_guard import CycleGuard
from resync.limits import Bounds
from resync.page_reader import Fetched, Opened, PageReader, UnopenedError, without_known
from resync.prefetch import Ahead, Prefetch
from settings import Settings
from transport.observer import Observer, PageRead

_FAR_BEHIND = 7  # pages: positions in the answer move along with them
CONFIRMED = 3  # ends of a resource asked for once more: a page may have come empty by mistake

_lazy_log = logger.opt(lazy=True)


class _Walk(Struct):
    """The state of one walk."""

    source: Completeness
    number: int
    cycle: CycleGuard
    inner: InnerLists = field(default_factory=InnerLists)
    progress: Progress = field(default_factory=Progress)
    ahead: Ahead = field(default_factory=dict)


_Outcome = Step | OceanCustomError
"""What follows a page; a page whose end is in doubt is yielded before the doubt is raised."""


class Walker:
    """Walks over the endpoints of one API; what they ask for ahead shares one number of places."""

    def __init__(
        self, client: ApiClient, settings: Settings, jq: Jq, observer: Observer | None = None
    ) -> None:
        self.client = client
        self._observer = observer
        self._settings = settings
        self._reader = PageReader(client, jq)
        self._prefetch = Prefetch(client, settings.max_concurrent_requests)
        self._judging = Lock()

    async def walk(
        self, request: PageRequest, source: Completeness, bounds: Bounds | None = None
    ) -> AsyncGenerator[Fetched]:
        """Every page of an endpoint, in order, as far as the bounds go.

        Raises PaginationError when the walk cannot be proved complete, and what ``send``
        raises; what came before the error has been yielded.
        """
        needs_rows = any(lookup.looks_into_rows for lookup in source.paginator.lookups)
        list_path = None if needs_rows else source.extractor.list_path
        first = source.paginator.first(replace(request, list_path=list_path))
        cycle = CycleGuard(self._settings.max_pages, source.paginator.leads_by)
        walk = _Walk(source, source.begin(), cycle)
        upcoming: PageRequest | None = first
        bounds = bounds or Bounds()
        try:
            while upcoming is not None:
                opened = await self._fetched(walk, upcoming)
                opened, outcome = await self._decided(walk, opened)
                if isinstance(outcome, Step) and not bounds.are_set:
                    self._ask_ahead(walk, opened, outcome)
                if _is_new(opened.page, walk.progress, outcome):
                    if isinstance(outcome, Step):
                        opened = await without_known(opened, outcome, source.extractor)
                    for fetched in self._told(walk, opened):
                        yield fetched
                self._watch(opened, outcome)
                walk.progress, upcoming = await self._onward(walk, opened, outcome)
                upcoming = bounds.after(walk.progress.pages, upcoming)
            if not bounds.truncated:
                await self._compare_own(walk)
        except OceanCustomError as error:
            if isinstance(error, PaginationError):
                error.about(request=self.client.named(upcoming or request))
            raise error.redacted(self.client.redact) from None  # as in ``send``
        finally:
            await self._prefetch.drop(walk.ahead)

    def _ask_ahead(self, walk: _Walk, opened: Opened, step: Step) -> None:
        """Ask for what very likely follows, unless this API gives pages strictly in order."""
        guesses = walk.number <= CONFIRMED  # each is a request too many at the end of a walk
        ahead = partial(walk.source.paginator.ahead, reach=step.learnt.reach, guesses=guesses)
        if step.next is not None and not walk.source.in_order:
            following = partial(ahead, step.progress, step.next)
            self._prefetch.begin(walk.ahead, step.next, following, opened.answer.size)

    async def _fetched(self, walk: _Walk, upcoming: PageRequest) -> Opened:
        """The next page; raises for an answer that is none."""
        walk.cycle.refuse_endless(upcoming)
        source = walk.source
        believes = source.in_order is False or not walk.progress.last_was_full
        answer = await self._prefetch.answer(upcoming, walk.ahead, believes_refusals=believes)
        if answer is None:
            await self._prefetch.drop(walk.ahead)
            answer = await self.client.send(upcoming)
            source.in_order = answer.refusal is None
        opened = self._unless_again(walk, await self._reader.opened(upcoming, answer, walk.source))
        if opened.page.refused:
            return opened
        before = walk.progress if source.recognition.has_list else None
        opened = await self._no_error(opened, source, before, walk.number)
        self._reader.refuse_unopened(source, opened.page, goes_on=False)
        walk.cycle.refuse_circle(walk.progress, opened.page, is_led=source.is_led)
        return opened

    @staticmethod
    def _unless_again(walk: _Walk, opened: Opened) -> Opened:
        """An answer, or that there is no such page: beyond its last an API may give an earlier."""
        source, before = walk.source, walk.progress
        page = unless_hollow(opened.page, before.previous)
        cycle, is_led = walk.cycle, source.is_led
        is_over = opened.request.absent_statuses and cycle.came_before(page, before, is_led=is_led)
        if is_over and not source.paginator.overlaps(before, page):
            return replace(opened, page=cycle.refused(page), runs=[])
        return opened if page is opened.page else replace(opened, page=page, runs=[])

    async def _decided(self, walk: _Walk, opened: Opened) -> tuple[Opened, _Outcome]:
        """What follows a page, once experiments have settled what is in doubt."""
        source, outcome = walk.source, await self._judged(walk, opened)
        if not isinstance(outcome, Step):
            return opened, outcome
        stands = self._believed(opened, outcome)
        if not outcome.confirm or source.confirmed >= CONFIRMED:
            return opened, stands
        source.confirmed += 1
        request = opened.request
        if walk.progress.pages:  # some cursors and links are good for one request
            request = request.perhaps_absent(NO_SUCH_PAGE_AFTER_SHORT)
        try:
            again = self._unless_again(walk, await self.page_of(request, source))
            self._reader.refuse_no_page(again, source)
        except OceanCustomError as error:
            return opened, error
        if again.page.refused or (not again.page.rows and again.page.says_as(opened.page)):
            return opened, stands
        judged = await self._judged(walk, again)
        second = self._believed(again, judged)
        goes_on = isinstance(second, Step) and second.next is not None and outcome.next is None
        was_again, is_again = (one.page.repeats(walk.progress.previous) for one in (opened, again))
        goes_on = goes_on or (was_again and not is_again)
        if not goes_on and again.page.length <= opened.page.length:
            # Another walk may have shown meanwhile what is to be asked about this end.
            return opened, (isinstance(judged, Step) and judged.doubt) or stands
        source.in_order = True  # it may have come empty as it was not its turn
        await self._prefetch.drop(walk.ahead)
        return again, second

    def _believed(self, opened: Opened, outcome: _Outcome) -> _Outcome:
        """A step, or what is in doubt: in the API's own words where it has words and no list."""
        if not isinstance(outcome, Step):
            return outcome
        page = opened.page
        if outcome.followed and page.place is Place.ABSENT and page.body:
            return self._reader.followed(opened)
        return outcome.doubt or outcome

    async def _judged(self, walk: _Walk, opened: Opened) -> _Outcome:
        source, page = walk.source, opened.page
        asked = Asked(opened.request, page, walk.number)
        try:
            deciding = source.paginator.step(walk.progress, opened.request, page, source.learnt)
            step = await self._settled(deciding, source, asked)
            if step.next is not None:
                self._reader.refuse_unopened(source, page, goes_on=True)
        except OceanCustomError as error:
            return error
        return step

    async def _settled(self, deciding: Deciding, source: Completeness, of: Asked) -> Step:
        """What follows a page, once experiments have settled what is in doubt about it."""
        after = None
        try:
            experiment = next(deciding)
            while True:
                source.learnt = experiment.learnt
                after, page = await self._shown_by(experiment, source, of)
                experiment = deciding.send((source.learnt, page))
        except StopIteration as end:
            step: Step = end.value
            source.learnt = step.learnt
            if after and isinstance(step.doubt, PaginationError):
                step.doubt.about(after=after)
            return step
        except PaginationError as error:
            raise (error.about(after=after) if after else error) from None

    async def _shown_by(
        self, experiment: Experiment, source: Completeness, of: Asked
    ) -> tuple[RequestName, Page | None]:
        """The answer to an experiment about a page, None where there is no such page."""
        request = replace(
            self.client.without_signature(experiment.request), list_path=of.request.list_path
        )
        named = self.client.named(request)
        logger.debug("{}: asked to settle {}", named, experiment.of)
        before = experiment.progress if of.page.rows else Progress()  # or it closes another
        try:
            opened = await self.page_of(request, source)
            opened = await self._no_error(opened, source, before, of.walk)
        except (BodyError, OriginError):
            if experiment.follows_any:
                return named, None
            raise
        page = unless_hollow(opened.page, experiment.progress.previous)
        if page.refused or (experiment.follows_any and not page.rows):
            return named, None if page.refused else page
        if of.page.rows:
            source.recognition.note(of.walk, of.request, of.page)
        source.recognition.note(of.walk, request, page)
        source.note_closed(of.page, Asked(request, page, of.walk), experiment.progress)
        return named, page

    async def _onward(
        self, walk: _Walk, opened: Opened, outcome: _Outcome
    ) -> tuple[Progress, PageRequest | None]:
        """The evidence and the next request, once a page was yielded; raises what is in doubt."""
        source, page = walk.source, opened.page
        asked = Asked(opened.request, page, walk.number)
        if isinstance(outcome, Step):
            inner = walk.inner.after(page, source.extractor, outcome, source.learnt)
            step = await self._settled(inner, source, asked)
            outcome = step.doubt or step
        if self.is_accepted(outcome, opened.request, source):
            outcome = Step(walk.progress, next=None, why=End.CONFIGURED)
        if not isinstance(outcome, Step):
            if isinstance(outcome, PaginationError) and opened.is_nothing:
                outcome.about(beside=Fault(source.extractor.where, "found nothing"))
            raise outcome
        if outcome.warning and outcome.warning not in source.warned:
            source.warned.add(outcome.warning)
            logger.warning(f"{self.client.named(opened.request)}: {outcome.warning}")
        is_partly = is_partial(page.body, page.scopes, source.extractor.data_path)
        if is_partly and (page.rows or not source.recognition.is_usual(page.body)):
            raise self._reader.reported(opened.request, opened.answer, page.body)
        if outcome.next is None:
            source.note_closed(walk.progress.previous, asked, outcome.progress)
            source.ended(outcome, asked)
            return outcome.progress, None
        walk.cycle.add(page)
        walk.cycle.allow(outcome.next, opened.request, page)
        return outcome.progress, self.client.without_signature(outcome.next)

    def _told(self, walk: _Walk, opened: Opened) -> Iterator[Fetched]:
        """The runs of a page, counted."""
        page = opened.page
        _lazy_log.debug(
            "{}: {} rows", lambda: self.client.named(opened.request), lambda: page.length
        )
        self.client.counts.pages += 1
        nothing = False
        for extracted, size in opened.runs:
            nothing = extracted.nothing
            yield Fetched(opened.request, page, extracted, size)
        if not page.refused:
            asked, has_body = Asked(opened.request, page, walk.number), bool(opened.answer.size)
            walk.source.count(asked, walk.progress, has_body=has_body, nothing=nothing)

    def _watch(self, opened: Opened, outcome: _Outcome) -> None:
        """Tell the observer of a page."""
        if self._observer is None:
            return
        step = outcome if isinstance(outcome, Step) else Step(Progress(), None)
        self._observer.read(
            PageRead(
                opened.request.purpose,
                self.client.named(opened.request).url,
                opened.page.status,
                opened.page.length,
                [item for extracted, _ in opened.runs for item in extracted.items],
                opened.page.body,
                goes_on=step.next is not None,
                why=step.why.value if step.why is not None else None,
                warning=step.warning,
            )
        )

    # --- once all walks are over -----------------------------------------------------------

    async def settle(self, source: Completeness) -> None:
        """Settle what all walks over an endpoint have left in doubt, by a few requests.

        Raises PaginationError where a list is longer than what was read, BodyError where an answer
        was no page of it, and what ``send`` raises; of a bounded reading only what a request shows.
        """
        if not source.is_cut:
            await self._refuse_contradicted(source.recognition.contradicted, source)
            await self._compare(source)
        unproved, source.unproved = source.unproved, None
        proving = source.proving(unproved) if unproved else None
        if unproved is None or proving is None:
            return
        step = await self._settled(proving, source, unproved)
        if step.doubt and not self.is_accepted(step.doubt, unproved.request, source):
            step.doubt.about(request=self.client.named(unproved.request))
            raise step.doubt.redacted(self.client.redact)
        if step.unsure and not step.doubt:
            source.doubts.add(Doubt.END)
            if step.warning:
                logger.warning(f"{self.client.named(unproved.request)}: {step.warning}")

    def is_accepted(self, doubt: _Outcome, request: PageRequest, source: Completeness) -> bool:
        """Whether the operator vouches for a list whose end is in doubt: that is a warning then."""
        if not source.endpoint.pagination.takes_it or not isinstance(doubt, DoubtfulEndError):
            return False
        told = self.client.redact(str(doubt.report.without_remedy))
        logger.warning(f"{self.client.named(request)}: accept_doubt: {told}")
        return True

    async def _compare(self, source: Completeness) -> None:
        """Ask for one more page with rows, where that tells what an empty page looks like."""
        is_open = source.recognition.open_question() is not None
        if is_open and await self._took_in(source, again=False) is not None:
            await self._refuse_contradicted(source.recognition.contradicted_by_one, source)

    async def _took_in(self, source: Completeness, *, again: bool) -> bool | None:
        """Whether one more page of the longest list has rows, or the same; None: refused."""
        page, longest = None, source.longest
        if longest is None:
            return None
        # A number may count positions: then it is another one elsewhere in the list.
        elsewhere = source.paginator.elsewhere(longest.request, longest.page)
        for request in (elsewhere or longest.request, longest.request)[: 1 + again]:
            page = (await self.page_of(request, source)).page
            if page.rows and not page.is_single:
                source.recognition.compare(longest.walk, request, page)
                return True
        return None if page is None or page.refused else False

    # --- what is no page -------------------------------------------------------------------

    async def _no_error(
        self, opened: Opened, source: Completeness, before: Progress | None, walk: int
    ) -> Opened:
        """The answer, asked for once more where it says that it failed; not where nothing came.

        Where a request shows that the list is over by what came ``before``, that is how it says so.
        """
        try:
            self._reader.refuse_no_page(opened, source)
        except BodyError:
            if before is None or not source.asks_of_report():
                raise
            opened = await self.page_of(opened.request, source)
            try:
                self._reader.refuse_no_page(opened, source)
            except BodyError:
                asked = Asked(opened.request, opened.page, walk)
                if opened.page.rows or not await self._is_over(before, asked, source):
                    raise
                source.recognition.learn_empty(opened.page)
        return opened

    async def _compare_own(self, walk: _Walk) -> None:
        """Raise where the pages of a walk that is over contradict one another."""
        source, recognition = walk.source, walk.source.recognition
        await self._refuse_contradicted(lambda: recognition.contradicted_in(walk.number), source)
        recognition.end_walk(walk.number)

    async def _refuse_contradicted(
        self, find: Callable[[], Suspect | None], source: Completeness
    ) -> None:
        """Raise for what is no page, asked once more; one by one: what one shows holds for all."""
        if find() is None:
            return
        async with self._judging:
            while suspect := find():
                source.acquitted += 1
                if source.acquitted <= CONFIRMED and await self._is_page(suspect, source):
                    continue
                error = self._reader.no_page(suspect)
                if suspect.is_other or not source.endpoint.pagination.accept_doubt:
                    raise error
                source.recognition.dismiss(suspect)
                logger.warning(f"accept_doubt: {error.redacted(self.client.redact)}")

    async def _is_page(self, suspect: Suspect, source: Completeness) -> bool:
        """Whether an answer is an empty page: by the same request, then by one with rows, again."""
        recognition, request = source.recognition, suspect.request
        again = (await self.page_of(request, source)).page
        if recognition.acquits(suspect, again):
            return True
        gives = await self._took_in(source, again=True)
        if recognition.acquits(suspect, again):
            return True
        if (after := source.after_last) and (last := source.last):
            page, source.closed = (await self.page_of(after, source)).page, None
            source.note_closed(last.page, Asked(after, page, last.walk), Progress())
        closed, source.closed = source.closed, None
        if closed and ((after and source.is_shown) or await self._is_over(*closed, source)):
            recognition.learn_empty(closed[1].page)
        if gives and recognition.learns_words(suspect, again):
            return recognition.acquits(suspect, (await self.page_of(request, source)).page)
        if further := source.paginator.after(request, pages=_FAR_BEHIND):
            recognition.learn_far_behind((await self.page_of(further, source)).page)
        return not recognition.is_contradicted(suspect)

    async def _is_over(self, before: Progress, asked: Asked, source: Completeness) -> bool:
        """Whether a request shows that nothing follows, whatever was answered there."""
        closing = source.paginator.closing(asked.request, before, source.learnt)
        try:
            return (await self._settled(closing, source, asked)).proved
        except BodyError:
            return False

    async def page_of(self, request: PageRequest, source: Completeness) -> Opened:
        """What one more request gives, which settles a doubt."""
        self.client.counts.checks += 1
        answer = await self.client.send(replace(request, purpose="check"))
        return await self._reader.opened(request, answer, source)


def _is_new(page: Page, progress: Progress, outcome: _Outcome) -> bool:
    """Whether a page is to be yielded, rather than the one before again."""
    if isinstance(outcome, Step | UnopenedError):
        return isinstance(outcome, Step) and not outcome.repeated
    return not page.repeats(progress.previous)
