"""A walk over the pages of one endpoint: in order, with pages asked for ahead, and without circles.

A paginator says where to go next; what it learns of totals lets pages be fetched ahead, yielded
in order all the same.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import islice

import httpx
from loguru import logger

from auth import unsigned_url
from client import Answer, ApiClient
from errors import BodyError, OceanCustomError, PaginationError
from jq_engine.lookups import NOTHING_FOUND, Found, find
from jq_engine.programs import Jq
from json_values import MISSING, Json, keys_of
from pagination import Paginator, refuse_other_rows
from paging.extraction import NO_ITEMS, Extracted, Extractor
from paging.model import Page, PageRequest, Progress, Step
from paging.signals import is_error_report, is_partial, is_unopened, reasons_in, reports_error
from settings import Settings
from transport.bodies import MIB
from transport.large_lists import SlicedRows

AHEAD_OF_WALK = 32 * MIB
"""Bytes of bodies that one walk asks for ahead, as far as the last one's size tells."""


@dataclass(frozen=True)
class Fetched:
    """One page of a walk, extracted, or a run of the rows of a large one.

    ``size`` is the length of its body, or of the run, in bytes.
    """

    request: PageRequest = field(repr=False)
    page: Page = field(repr=False)
    extracted: Extracted = field(repr=False)
    size: int
    begins_walk: bool


_Extraction = Iterable[tuple[Extracted, int]]
"""What one answer gave, with its size in bytes: in one run, or in many for a large list."""


class Walker:
    """Walks over the endpoints of one API; what they ask for ahead shares one number of places."""

    def __init__(self, client: ApiClient, settings: Settings, jq: Jq) -> None:
        self._client = client
        self._settings = settings
        self._jq = jq
        self._ahead_free = settings.max_concurrent_requests

    async def walk(
        self, request: PageRequest, paginator: Paginator, extractor: Extractor
    ) -> AsyncGenerator[Fetched]:
        """Every page of an endpoint, in order.

        Raises PaginationError when the walk cannot be proved complete, and what ``send``
        raises; what came before the error has been yielded.
        """
        needs_rows = any(lookup.looks_into_rows for lookup in paginator.lookups)
        list_path = None if needs_rows else extractor.list_path
        upcoming: PageRequest | None = paginator.first(replace(request, list_path=list_path))
        progress = Progress()
        trail = _Trail(self._settings.max_pages)
        ahead: dict[str, asyncio.Task[Answer]] = {}
        try:
            while upcoming is not None:
                trail.refuse_endless(upcoming)
                answer = await self._next_answer(upcoming, ahead)
                runs, page = await self._opened(answer, paginator, extractor)
                if upcoming.may_be_refused and trail.leaves(page):
                    runs, page = [], Page(answer.url, body=None, rows=[])
                else:
                    self._refuse_no_page(upcoming, progress, answer, runs, extractor)
                    self._refuse_unopened_page(page, extractor)
                    trail.refuse_circle(progress, page)
                    _refuse_other_shape(progress, page, runs)
                step = _judged(paginator, progress, upcoming, page)
                if isinstance(step, Step) and step.next is not None:
                    self._refuse_unopened_page(page, extractor, goes_on=True)
                    most = AHEAD_OF_WALK // max(answer.size, 1)
                    self._look_ahead(paginator, step.progress, upcoming, ahead, most)
                    trail.add(page)
                if _is_new(page, progress, step):
                    self._log_page(upcoming, len(page.rows))
                    for fetched in _fetched(upcoming, page, runs, is_first=not progress.pages):
                        yield fetched
                step = _settled(step, runs, extractor)
                self._warn(step, upcoming)
                if is_partial(answer.body, page.scopes, extractor.data_path):
                    raise self._reported(upcoming, answer)
                progress, upcoming = step.progress, step.next and self._unsigned(step.next)
        except OceanCustomError as error:
            if isinstance(error, PaginationError):
                error.within(self._client.describe(upcoming or request))
            raise error.rewritten(self._client.redact) from None  # as in ``send``
        finally:
            await self._drop(ahead)

    async def _opened(
        self, answer: Answer, paginator: Paginator, extractor: Extractor
    ) -> tuple[_Extraction, Page]:
        """What an answer gave, and the page it is."""
        runs, rows = await _extracted(answer, extractor)
        found = await find(paginator.lookups, answer.body, self._jq)
        return runs, _page(answer, rows, extractor, found)

    async def refuse_page_before(
        self, first: Fetched, paginator: Paginator, extractor: Extractor
    ) -> bool:
        """Raise PaginationError when rows come before the first page of a walk.

        Asked for once, and only where the first page leaves that open. Gives whether this walk
        settles it: empty pages do not. Raises what ``send`` raises, too.
        """
        before = paginator.before(first.request, first.page)
        if before is None:
            return True
        complaint = (
            "page 0 has rows that page 1 does not have: the API counts pages from zero; set"
            " startPage to 0"
        )
        rows = await self._refuse_other_rows(before, first.page, extractor, complaint)
        return bool(first.page.rows or rows)

    async def refuse_page_beyond(
        self, first: Fetched, paginator: Paginator, extractor: Extractor
    ) -> None:
        """Raise PaginationError when rows come after a first page that seemed to be the last.

        Raises what ``send`` raises, too.
        """
        length = len(first.page.rows)
        beyond = paginator.beyond(first.request, first.page)
        complaint = (
            f"more rows follow a first page of {length}, although more were asked for: the API"
            f" gives at most {length} a page; set pageSize to {length}"
        )
        if beyond is not None:
            await self._refuse_other_rows(beyond, first.page, extractor, complaint)

    async def _refuse_other_rows(
        self, request: PageRequest, first: Page, extractor: Extractor, complaint: str
    ) -> int:
        """The number of rows of a page beside the first, 0 when the API refuses it: there is none.

        Raises what ``send`` raises where there is no such answer: the page may hold rows.
        """
        answer = await self._client.send(replace(request, may_be_refused=True))
        _, rows = await _extracted(answer, extractor)
        other = _page(answer, rows, extractor)
        try:
            refuse_other_rows(first, other, complaint)
        except PaginationError as error:
            raise error.within(self._client.describe(request)) from None
        return len(other.rows)

    def _refuse_unopened_page(
        self, page: Page, extractor: Extractor, *, goes_on: bool = False
    ) -> None:
        found = extractor.single(page.body)
        if found is MISSING or not is_unopened(
            found, page.holder, page.body, page.headers, goes_on=goes_on
        ):
            return
        raise PaginationError(
            f"data_path {extractor.data_path!r} takes {keys_of(found)} for one item, but the"
            f" answer looks like a page of a list (it has {keys_of(page.body)}); set data_path to"
            f" the list, or to '[{extractor.data_path}]' if it really is one item"
        )

    def _log_page(self, request: PageRequest, rows: int) -> None:
        logger.opt(lazy=True).debug(
            "{}: {} rows", lambda: self._client.describe(request), lambda: rows
        )

    def _unsigned(self, request: PageRequest) -> PageRequest:
        """A request without what a link repeated of our signature: that asks for nothing."""
        names = self._settings.credentials.query_params
        return replace(request, url=unsigned_url(request.url, names)) if names else request

    def _refuse_no_page(
        self,
        request: PageRequest,
        progress: Progress,
        answer: Answer,
        runs: _Extraction,
        extractor: Extractor,
    ) -> None:
        """Raise when an answer is no page at all."""
        self._refuse_sudden_silence(request, progress, answer)
        self._refuse_reported_error(request, answer, runs, extractor)

    def _refuse_sudden_silence(
        self, request: PageRequest, progress: Progress, answer: Answer
    ) -> None:
        """An API that sent JSON pages ends them with an empty page or 204, not with nothing."""
        if progress.pages and not answer.size and answer.status != httpx.codes.NO_CONTENT:
            raise BodyError(
                f"{self._client.describe(request)}: {answer.status} with an empty body, after"
                " pages of JSON"
            )

    def _refuse_reported_error(
        self, request: PageRequest, answer: Answer, runs: _Extraction, extractor: Extractor
    ) -> None:
        """An answer that says it failed is no empty page and no item, whatever its status."""
        if not isinstance(answer.body, dict):
            return
        is_report = extractor.single(answer.body) is answer.body and is_error_report(answer.body)
        if is_report or (
            reports_error(answer.body) and not any(extracted.items for extracted, _ in runs)
        ):
            raise self._reported(request, answer)

    def _reported(self, request: PageRequest, answer: Answer) -> BodyError:
        # The reason first: it may stand behind more data than is quoted.
        quoted = self._client.redact.beginning(
            json.dumps({**reasons_in(answer.body), **answer.body})
        )
        return BodyError(
            f"{self._client.describe(request)}: {answer.status}, but the answer reports an error,"
            f" {quoted!r}"
        )

    async def _next_answer(
        self, request: PageRequest, ahead: dict[str, asyncio.Task[Answer]]
    ) -> Answer:
        task = ahead.get(request.key) if ahead else None
        if task is None:
            return await self._client.send(request)
        answer = await task
        del ahead[request.key]
        self._ahead_free += 1
        if answer.refusal is None or request.may_be_refused:
            return answer
        # By now it is known that there should be such a page.
        if answer.refusal.transient:
            return await self._client.send(request)
        raise answer.refusal

    def _warn(self, step: Step, sent: PageRequest) -> None:
        if step.warning:
            logger.warning(f"{self._client.describe(sent)}: {step.warning}")

    def _look_ahead(
        self,
        paginator: Paginator,
        progress: Progress,
        sent: PageRequest,
        ahead: dict[str, asyncio.Task[Answer]],
        most: int,
    ) -> None:
        """Start the ``most`` requests that very likely follow, as far as places are free."""
        window = min(len(ahead) + self._ahead_free, most)
        for request in islice(paginator.ahead(progress, sent), window):
            if self._ahead_free and request.key not in ahead:
                self._ahead_free -= 1
                ahead[request.key] = asyncio.create_task(self._client.send(request))

    async def _drop(self, ahead: dict[str, asyncio.Task[Answer]]) -> None:
        self._ahead_free += len(ahead)
        for task in ahead.values():
            task.cancel()
        await asyncio.gather(*ahead.values(), return_exceptions=True)


def _page(
    answer: Answer, rows: Sequence[Json], extractor: Extractor, found: Found = NOTHING_FOUND
) -> Page:
    return Page(
        answer.url,
        answer.body,
        rows,
        answer.headers,
        holder=extractor.holder(answer.body),
        is_single=extractor.single(answer.body) is not MISSING,
        found=found,
        status=answer.status,
    )


def _fetched(
    request: PageRequest, page: Page, runs: _Extraction, *, is_first: bool
) -> Iterator[Fetched]:
    for extracted, size in runs:
        yield Fetched(request, page, extracted, size, begins_walk=is_first)
        is_first = False


def _settled(step: Step | PaginationError, runs: _Extraction, extractor: Extractor) -> Step:
    """The step, once the page was yielded; raises what is in doubt about it."""
    if isinstance(step, Step):
        return step
    if runs and all(extracted.nothing for extracted, _ in runs):
        step.within(f"data_path {extractor.data_path!r} found nothing")
    raise step


def _judged(
    paginator: Paginator, progress: Progress, sent: PageRequest, page: Page
) -> Step | PaginationError:
    """What comes after a page; a page in doubt is yielded before the doubt is raised."""
    try:
        return paginator.step(progress, sent, page)
    except PaginationError as error:
        return error


class _Trail:
    """What a walk asked for and got so far, so that it never goes in a circle."""

    def __init__(self, max_pages: int) -> None:
        self._max_pages = max_pages
        self._sent: set[bytes] = set()
        self._given: set[int] = set()

    def refuse_endless(self, request: PageRequest) -> None:
        """Raise when a request was made before, or too many were; else note it."""
        key = blake2b(request.key.encode(), digest_size=16).digest()
        if key in self._sent:
            raise PaginationError(
                "this request was made before in the same walk: the API leads in a circle, or"
                " paginationParam is not the name its documentation gives"
            )
        if len(self._sent) >= self._max_pages:
            raise PaginationError(
                f"the walk is still not over after {len(self._sent)} pages; check the pagination"
                " settings, or raise maxPages if the collection really is that large"
            )
        self._sent.add(key)

    def add(self, page: Page) -> None:
        """Note the rows of a page, by their ids: without any they are not known again."""
        if page.ids:
            self._given.add(hash(page.ids))

    def holds(self, page: Page) -> bool:
        """Whether an earlier page had these rows."""
        return bool(self._given and page.ids) and hash(page.ids) in self._given

    def leaves(self, page: Page) -> bool:
        """Whether what a request for a page that need not be there gave is no further page.

        APIs leave it empty, tell of an error, or give a page again.
        """
        is_list = page.rows and not page.is_single
        is_report = isinstance(page.body, dict) and reports_error(page.body)
        return not is_list or is_report or self.holds(page)

    def refuse_circle(self, progress: Progress, page: Page) -> None:
        """Raise when rows come again, but for those just before: that is for the paginator."""
        if self.holds(page) and not page.repeats(progress.previous):
            raise PaginationError(
                "the rows of this page came before in the same walk: the API leads in a circle, or"
                " does not heed the position it is asked for; the rest may be missing"
            )


def _refuse_other_shape(progress: Progress, page: Page, runs: _Extraction) -> None:
    """Raise when an answer is nothing like the page before it: a report, rather than no rows."""
    before = progress.previous
    if before is None or (page.rows and not page.is_single):
        return
    both = isinstance(page.body, dict) and isinstance(before.body, dict)
    strange = sorted(map(str, page.body.keys() - before.body.keys())) if both else []
    has_no_list = strange and all(extracted.nothing for extracted, _ in runs)
    if has_no_list or (page.is_single and not before.is_single):
        raise PaginationError(
            f"the answer has no list, but {keys_of(page.body)}, where the page before had"
            f" {keys_of(before.body)}: it is no page of this list, and the rest is missing"
        )


def _is_new(page: Page, progress: Progress, step: Step | PaginationError) -> bool:
    """Whether a page is to be yielded, rather than the one before again."""
    if isinstance(step, Step):
        return not step.repeated
    return progress.previous is None or page.rows != progress.previous.rows


async def _extracted(answer: Answer, extractor: Extractor) -> tuple[_Extraction, Sequence[Json]]:
    """The items of an answer, and the rows it is measured by."""
    if answer.rows is not None:
        return _Runs(answer.rows, extractor), answer.rows
    if not answer.size:
        return [(NO_ITEMS, 0)], []
    extracted = await extractor.extract(answer.body)
    return [(extracted, answer.size)], extractor.rows(answer.body) or extracted.items


@dataclass(frozen=True)
class _Runs:
    """The extracted rows of a large page, run by run, each with its size in bytes."""

    rows: SlicedRows
    extractor: Extractor

    def __iter__(self) -> Iterator[tuple[Extracted, int]]:
        for rows, size in self.rows.slices():
            # The brackets count: an answer of no bytes would be none.
            yield self.extractor.extract_run(rows), size + 2
