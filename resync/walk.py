"""A walk over the pages of one endpoint: in order, with pages asked for ahead, and without circles.

A paginator says where to go next, or what to ask to find that out; what it learns of totals lets
pages be fetched ahead, yielded in order all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import islice

import httpx
from loguru import logger

from authentication.signature import unsigned_url
from client import Answer, ApiClient
from errors import BodyError, DoubtfulEndError, MappingError, OceanCustomError, PaginationError
from jq_engine.lookups import find
from jq_engine.programs import Jq
from json_values import MISSING, Json, beginning_of, keys_of
from paging.error_reports import (
    is_error_report,
    is_partial,
    is_unopened,
    reported_only,
    reports_error,
    words_of,
)
from paging.experiments import differs
from paging.extraction import NO_ITEMS, Extracted, Extractor, Measured
from paging.limits import Bounds
from paging.model import End, Experiment, Page, PageRequest, Place, Progress, Step
from paging.page_recognition import Suspect
from resync.completeness import Asked, Completeness
from settings import Settings
from settings.values import OAuthCredentials
from transport.bodies import MIB
from transport.large_lists import SlicedRows
from transport.observer import Observer, PageRead

AHEAD_OF_WALK = 32 * MIB
"""Bytes of bodies that one walk asks for ahead, as far as the last one's size tells."""
CONFIRMED = 3
"""Ends of one resource that are asked for once more: a page may have come empty by mistake."""


@dataclass(frozen=True)
class Fetched:
    """One page of a walk, extracted, or a run of the rows of a large one.

    ``size`` is the length of its body, or of the run, in bytes.
    """

    request: PageRequest = field(repr=False)
    page: Page = field(repr=False)
    extracted: Extracted = field(repr=False)
    size: int


_Extraction = Iterable[tuple[Extracted, int]]
"""What one answer gave, with its size in bytes: in one run, or in many for a large list."""


@dataclass(frozen=True)
class _Opened:
    """An answer with what it gave, and the page that it is."""

    request: PageRequest
    answer: Answer
    page: Page
    runs: _Extraction


@dataclass
class _Walk:
    """The state of one walk."""

    source: Completeness
    number: int
    cycle: CycleGuard
    begun_with: PageRequest
    progress: Progress = field(default_factory=Progress)
    ahead: dict[str, asyncio.Task[Answer]] = field(default_factory=dict)


_Outcome = Step | OceanCustomError
"""What follows a page; a page whose end is in doubt is yielded before the doubt is raised."""


class Walker:
    """Walks over the endpoints of one API; what they ask for ahead shares one number of places."""

    def __init__(
        self,
        client: ApiClient,
        settings: Settings,
        jq: Jq,
        observer: Observer | None = None,
    ) -> None:
        self._client = client
        self._observer = observer
        self._settings = settings
        self._jq = jq
        self._ahead_free = settings.max_concurrent_requests

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
        walk = _Walk(source, source.begin(), CycleGuard(self._settings.max_pages), first)
        upcoming: PageRequest | None = first
        bounds = bounds or Bounds()
        try:
            while upcoming is not None:
                opened = await self._fetched(walk, upcoming)
                opened, outcome = await self._decided(walk, opened)
                if isinstance(outcome, Step) and outcome.next is not None and not bounds.are_set:
                    self._look_ahead(walk, outcome.progress, outcome.next, opened.answer.size)
                if _is_new(opened.page, walk.progress, outcome):
                    opened = await _without_known(opened, outcome, source.extractor)
                    for fetched in self._told(walk, opened):
                        yield fetched
                self._watch(opened, outcome)
                walk.progress, upcoming = self._onward(walk, opened, outcome)
                upcoming = bounds.after(walk.progress.pages, upcoming)
            suspect = source.recognition.end_walk(walk.number)
            if suspect and not bounds.truncated:
                raise self._no_page(suspect)
        except OceanCustomError as error:
            if isinstance(error, PaginationError):
                error.within(self._client.describe(upcoming or request))
            raise error.rewritten(self._client.redact) from None  # as in ``send``
        finally:
            await self._drop(walk.ahead)

    # --- one page --------------------------------------------------------------------------

    async def _fetched(self, walk: _Walk, upcoming: PageRequest) -> _Opened:
        """The next page; raises for an answer that is none."""
        walk.cycle.refuse_endless(upcoming)
        answer = await self._next_answer(upcoming, walk.ahead)
        opened = await self._opened(upcoming, answer, walk.source)
        page = opened.page
        if upcoming.absent_statuses and walk.cycle.came_before(page, walk.progress):
            # Beyond its last page an API may give an earlier one.
            page = replace(page, rows=[], levels=(), refused=True)
            return replace(opened, page=page, runs=[])
        self._refuse_no_page(opened, walk.source)
        self._refuse_unopened(walk.source.extractor, page, goes_on=False)
        walk.cycle.refuse_circle(walk.progress, page)
        return opened

    async def _opened(self, request: PageRequest, answer: Answer, source: Completeness) -> _Opened:
        """What an answer gave, and the page it is."""
        extractor = source.extractor
        if answer.refusal is not None:
            page = Page(answer.url, body=None, rows=[], refused=True, status=answer.status)
            return _Opened(request, answer, page, [])
        if not answer.size and answer.status != httpx.codes.NO_CONTENT:
            raise BodyError(
                f"{self._client.describe(request)}: {answer.status} with an empty body, which is"
                " no list; 204 would say that there is nothing"
            )
        try:
            runs, measured = await _extracted(answer, extractor)
        except MappingError as error:
            if (told := reported_only(answer.body)) is None:
                raise
            raise self._reported(request, answer, told) from error
        page = Page(
            answer.url,
            answer.body,
            answer.rows if answer.rows is not None else measured.rows,
            answer.headers,
            holder=extractor.holder(answer.body),
            is_single=measured.place is Place.ONE,
            found=await find(source.paginator.lookups, answer.body, self._jq),
            status=answer.status,
            place=measured.place,
            levels=measured.levels,
            depth=measured.depth,
            identifier=source.identifier,
        )
        return _Opened(request, answer, page, runs)

    async def _decided(self, walk: _Walk, opened: _Opened) -> tuple[_Opened, _Outcome]:
        """What follows a page, once experiments have settled what is in doubt."""
        outcome = await self._judged(walk, opened)
        source = walk.source
        if not (isinstance(outcome, Step) and outcome.confirm):
            return opened, outcome
        if source.learnt.confirmed >= CONFIRMED:
            return opened, outcome
        source.learnt = replace(source.learnt, confirmed=source.learnt.confirmed + 1)
        try:
            answer = await self._checked(opened.request)
            again = await self._opened(opened.request, answer, source)
            self._refuse_no_page(again, source)
        except OceanCustomError as error:
            return opened, error
        second = await self._judged(walk, again)
        is_more = again.page.length > opened.page.length or (
            isinstance(second, Step) and second.next is not None and outcome.next is None
        )
        return (again, second) if is_more else (opened, outcome)

    async def _judged(self, walk: _Walk, opened: _Opened) -> _Outcome:
        source, page = walk.source, opened.page
        try:
            decided: Step | Experiment = source.paginator.step(
                walk.progress, opened.request, page, source.learnt
            )
            if isinstance(decided, Step) and decided.next is not None:
                self._refuse_unopened(source.extractor, page, goes_on=True)
            while isinstance(decided, Experiment):
                source.learnt = decided.learnt
                decided = await self._settled_by(decided, source, opened.request, walk.number)
        except OceanCustomError as error:
            return error
        source.learnt = replace(decided.learnt, confirmed=source.learnt.confirmed)
        return decided

    async def _settled_by(
        self, experiment: Experiment, source: Completeness, of: PageRequest, walk: int
    ) -> Step | Experiment:
        """What an experiment leads to."""
        request = replace(self._unsigned(experiment.request), list_path=of.list_path)
        logger.opt(lazy=True).debug(
            "{}: asked to settle {}", lambda: self._client.describe(request), lambda: experiment.of
        )
        answer = await self._checked(request)
        opened = await self._opened(request, answer, source)
        self._refuse_no_page(opened, source)
        source.recognition.note(walk, request, opened.page)
        try:
            return experiment.judge(source.learnt, None if answer.refusal else opened.page)
        except PaginationError as error:
            raise error.within(f"after {self._client.describe(request)}") from None

    def _onward(
        self, walk: _Walk, opened: _Opened, outcome: _Outcome
    ) -> tuple[Progress, PageRequest | None]:
        """The evidence and the next request, once a page was yielded; raises what is in doubt."""
        source, page = walk.source, opened.page
        asked = Asked(opened.request, page, walk.number)
        if isinstance(outcome, DoubtfulEndError) and source.endpoint.pagination.accept_doubt:
            logger.warning(f"{self._client.describe(opened.request)}: accept_doubt: {outcome}")
            outcome = Step(walk.progress, next=None, why=End.CONFIGURED)
        if not isinstance(outcome, Step):
            nothing = [extracted.nothing for extracted, _ in opened.runs]
            if isinstance(outcome, PaginationError) and nothing and all(nothing):
                outcome.within(f"data_path {source.extractor.data_path!r} found nothing")
            raise outcome
        if outcome.warning and outcome.warning not in source.warned:
            source.warned.add(outcome.warning)
            logger.warning(f"{self._client.describe(opened.request)}: {outcome.warning}")
        if is_partial(page.body, page.scopes, source.extractor.data_path):
            raise self._reported(opened.request, opened.answer, page.body)
        if outcome.next is None:
            source.ended(outcome, asked)
            return outcome.progress, None
        walk.cycle.add(page)
        walk.cycle.allow(outcome.next, opened.request, page)
        return outcome.progress, self._unsigned(outcome.next)

    def _told(self, walk: _Walk, opened: _Opened) -> Iterator[Fetched]:
        """The runs of a page, counted."""
        page = opened.page
        self._log_page(opened.request, page.length)
        self._client.counts.pages += 1
        asked = Asked(opened.request, page, walk.number)
        nothing = False
        for extracted, size in opened.runs:
            nothing = extracted.nothing
            yield Fetched(opened.request, page, extracted, size)
        if not page.refused:
            walk.source.count(
                asked, walk.begun_with, has_body=bool(opened.answer.size), nothing=nothing
            )

    def _watch(self, opened: _Opened, outcome: _Outcome) -> None:
        """Tell the observer of a page."""
        if self._observer is None:
            return
        step = outcome if isinstance(outcome, Step) else None
        self._observer.read(
            PageRead(
                opened.request.purpose,
                self._client.describe(opened.request).partition(" ")[2],
                opened.page.status,
                opened.page.length,
                [item for extracted, _ in opened.runs for item in extracted.items],
                opened.page.body,
                goes_on=step is not None and step.next is not None,
                why=step.why.value if step is not None and step.why is not None else None,
            )
        )

    # --- once all walks are over -----------------------------------------------------------

    async def settle(self, source: Completeness) -> None:
        """Settle what all walks over an endpoint have left in doubt, by a few requests.

        Raises PaginationError where a list is longer than what was read, BodyError where an
        answer was no page of it, and what ``send`` raises. Of a bounded reading only what an
        experiment has shown: what was the same in the few pages read may differ in the others.
        """
        if not source.is_cut:
            if suspect := source.recognition.contradicted():
                raise self._no_page(suspect)
            await self._compare(source)
        unproved, source.unproved = source.unproved, None
        if unproved is None or source.learnt.marked:
            return
        try:
            step = source.paginator.prove(unproved.request, unproved.page, is_cut=source.is_cut)
            while isinstance(step, Experiment):
                step = await self._settled_by(step, source, unproved.request, unproved.walk)
        except DoubtfulEndError as error:
            error.within(self._client.describe(unproved.request))
            if not source.endpoint.pagination.accept_doubt:
                raise error.rewritten(self._client.redact) from None
            logger.warning(f"accept_doubt: {self._client.redact(str(error))}")
            return
        if step.warning:
            logger.warning(f"{self._client.describe(unproved.request)}: {step.warning}")

    async def _compare(self, source: Completeness) -> None:
        """Ask for one more page with rows, where that tells what an empty page looks like."""
        longest = source.longest
        if longest is None or source.recognition.open_question() is None:
            return
        request = source.paginator.shorter(longest.request, longest.page)
        if request is None:
            return
        answer = await self._checked(request)
        opened = await self._opened(request, answer, source)
        if opened.page.rows and not opened.page.is_single:
            suspect = source.recognition.answered(longest.walk, opened.page)
            if suspect:
                raise self._no_page(suspect)

    async def refuse_page_before(self, first: Asked, source: Completeness) -> bool:
        """Raise PaginationError when rows come before the first page of a walk.

        Asked for once, and only where the first page leaves that open. Gives whether this walk
        settles it: empty pages do not. Raises what ``send`` raises, too.
        """
        before = source.paginator.before(first.request, first.page)
        if before is None:
            return True
        answer = await self._checked(before)
        opened = await self._opened(before, answer, source)
        if differs(first.page, opened.page):
            raise PaginationError(
                f"{self._client.describe(before)}: page 0 has rows that page 1 does not have: the"
                " API counts pages from zero; set startPage to 0"
            )
        return bool(first.page.rows or opened.page.rows)

    # --- what is no page -------------------------------------------------------------------

    def _refuse_no_page(self, opened: _Opened, source: Completeness) -> None:
        """Raise for an answer that says it failed, or that is one thing where a list was."""
        body, page = opened.answer.body, opened.page
        if page.is_single and source.recognition.has_list:
            told = self._client.redact.beginning(beginning_of(words_of(body)))
            raise BodyError(
                f"{self._client.describe(opened.request)}: {opened.answer.status} with {told!r},"
                " where other answers had a list: it is no page of it"
            )
        if not isinstance(body, dict) or source.recognition.is_usual(body):
            return
        is_report = page.is_single and page.rows[0] is body and is_error_report(body)
        has_items = any(extracted.items for extracted, _ in opened.runs)
        has_list = page.place is Place.LIST
        if is_report or (reports_error(body, has_list=has_list) and not has_items):
            raise self._reported(opened.request, opened.answer, body)

    def _no_page(self, suspect: Suspect) -> BodyError:
        """The error about an answer that other pages of the same resource contradict."""
        told = self._client.redact.beginning(beginning_of(words_of(suspect.body)))
        return BodyError(
            f"{self._client.describe(suspect.request)}: {suspect.status} with {told!r} is no empty"
            " page of this list: what stands around it differs from the pages with rows"
        )

    def _reported(self, request: PageRequest, answer: Answer, body: Json) -> BodyError:
        # The API's own words first: they may stand behind more data than is quoted.
        quoted = self._client.redact.beginning(beginning_of(words_of(body)))
        return BodyError(
            f"{self._client.describe(request)}: {answer.status}, but the answer reports an error,"
            f" {quoted!r}"
        )

    def _refuse_unopened(self, extractor: Extractor, page: Page, *, goes_on: bool) -> None:
        found = extractor.single(page.body)
        if found is MISSING or not is_unopened(
            found, page.holder, page.body, page.headers, goes_on=goes_on
        ):
            return
        raise _UnopenedError(
            f"data_path {extractor.data_path!r} takes {keys_of(found)} for one item, but the"
            f" answer looks like a page of a list (it has {keys_of(page.body)}); set data_path to"
            f" the list, or to '[{extractor.data_path}]' if it really is one item"
        )

    # --- requests --------------------------------------------------------------------------

    async def _checked(self, request: PageRequest) -> Answer:
        """The answer to one more request, which settles a doubt."""
        self._client.counts.checks += 1
        return await self._client.send(replace(request, purpose="check"))

    def _log_page(self, request: PageRequest, rows: int) -> None:
        told = (lambda: self._client.describe(request), lambda: rows)
        logger.opt(lazy=True).debug("{}: {} rows", *told)

    def _unsigned(self, request: PageRequest) -> PageRequest:
        """A request without what a link repeated of our signature: that asks for nothing."""
        credentials = self._settings.credentials
        names = {} if isinstance(credentials, OAuthCredentials) else credentials.query_params
        return replace(request, url=unsigned_url(request.url, names)) if names else request

    async def _next_answer(
        self, request: PageRequest, ahead: dict[str, asyncio.Task[Answer]]
    ) -> Answer:
        task = ahead.get(request.key) if ahead else None
        if task is None:
            return await self._client.send(request)
        answer = await task
        del ahead[request.key]
        self._ahead_free += 1
        if answer.refusal is None or answer.status in request.absent_statuses:
            return answer
        # By now it is known that there should be such a page.
        raise answer.refusal

    def _look_ahead(
        self, walk: _Walk, progress: Progress, upcoming: PageRequest, size: int
    ) -> None:
        """Start the requests that very likely follow, as far as places are free."""
        ahead = walk.ahead
        window = min(len(ahead) + self._ahead_free, AHEAD_OF_WALK // max(size, 1))
        for request in islice(walk.source.paginator.ahead(progress, upcoming), window):
            if self._ahead_free and request.key not in ahead:
                self._ahead_free -= 1
                ahead[request.key] = asyncio.create_task(self._client.send(request))

    async def _drop(self, ahead: dict[str, asyncio.Task[Answer]]) -> None:
        self._ahead_free += len(ahead)
        for task in ahead.values():
            task.cancel()
        await asyncio.gather(*ahead.values(), return_exceptions=True)


class _UnopenedError(PaginationError):
    """What was taken for one item is the page of a list; it is not yielded."""


class CycleGuard:
    """What a walk asked for and got so far, so that it never goes in a circle."""

    def __init__(self, max_pages: int) -> None:
        self._max_pages = max_pages
        self._sent: set[bytes] = set()
        self._count = 0
        self._again: bytes | None = None
        self._given: set[int] = set()

    def refuse_endless(self, request: PageRequest) -> None:
        """Raise when a request was made before, or too many were; else note it."""
        key = _hashed(request)
        if key in self._sent and key != self._again:
            raise PaginationError(
                "this request was made before in the same walk: the API leads in a circle, or"
                " paginationParam is not the name its documentation gives"
            )
        if self._count >= self._max_pages:
            raise PaginationError(
                f"the walk is still not over after {self._count} pages; check the pagination"
                " settings, or raise maxPages if the collection really is that large"
            )
        self._sent.add(key)
        self._count += 1

    def allow(self, upcoming: PageRequest, sent: PageRequest, page: Page) -> None:
        """Let a request be made again at once: a scroll keeps one cursor while its rows change."""
        is_scroll = upcoming.key == sent.key and bool(page.rows)
        self._again = _hashed(upcoming) if is_scroll else None

    def add(self, page: Page) -> None:
        """Note the rows of a page, by their ids: without any they are not known again."""
        if page.ids:
            self._given.add(hash(frozenset(page.ids)))

    def _holds(self, page: Page) -> bool:
        """Whether an earlier page had these rows."""
        return bool(self._given and page.ids) and hash(frozenset(page.ids)) in self._given

    def came_before(self, page: Page, progress: Progress) -> bool:
        """Whether a page after one that was not full is an earlier one again."""
        is_over = progress.pages > 0 and not progress.is_unbroken
        return is_over and self._holds(page)

    def refuse_circle(self, progress: Progress, page: Page) -> None:
        """Raise when rows come again, but for those just before: that is for the paginator.

        A request that was just made again must bring new ones.
        """
        is_again = page.repeats(progress.previous)
        if (self._holds(page) and not is_again) or (is_again and self._again is not None):
            raise PaginationError(
                "the rows of this page came before in the same walk: the API leads in a circle, or"
                " does not heed the position it is asked for; the rest may be missing"
            )


def _hashed(request: PageRequest) -> bytes:
    return blake2b(request.key.encode(), digest_size=16).digest()


def _is_new(page: Page, progress: Progress, outcome: _Outcome) -> bool:
    """Whether a page is to be yielded, rather than the one before again."""
    if isinstance(outcome, Step):
        return not outcome.repeated
    if isinstance(outcome, _UnopenedError):
        return False
    return progress.previous is None or not page.repeats(progress.previous)


async def _extracted(answer: Answer, extractor: Extractor) -> tuple[_Extraction, Measured]:
    """The items of an answer, and the rows it is measured by."""
    if answer.rows is not None:
        return _Runs(answer.rows, extractor), Measured(Place.LIST)
    if not answer.size:
        return [(NO_ITEMS, 0)], Measured(Place.LIST)
    extracted = await extractor.extract(answer.body)
    return [(extracted, answer.size)], extractor.measured(answer.body, extracted)


async def _without_known(opened: _Opened, outcome: _Outcome, extractor: Extractor) -> _Opened:
    """A page without the rows that came with the page before it."""
    if not isinstance(outcome, Step) or not outcome.known or opened.answer.rows is not None:
        return opened
    keys = opened.page.keys
    body = extractor.without(opened.answer.body, lambda at: keys[at] not in outcome.known)
    if body is None or len(keys) != len(opened.page.rows):
        return opened
    return replace(opened, runs=[(await extractor.extract(body), opened.answer.size)])


@dataclass(frozen=True)
class _Runs:
    """The extracted rows of a large page, run by run, each with its size in bytes."""

    rows: SlicedRows
    extractor: Extractor

    def __iter__(self) -> Iterator[tuple[Extracted, int]]:
        for rows, size in self.rows.slices():
            # The brackets count: an answer of no bytes would be none.
            yield self.extractor.extract_run(rows), size + 2
