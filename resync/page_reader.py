"""An answer as the page of a list: its items, the rows it is measured by, or that it is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import httpx
from msgspec import Struct
from msgspec.structs import replace

from answers import Answer
from client import ApiClient
from errors import BodyError, MappingError, PaginationError
from jq_engine.lookups import Given, find
from jq_engine.programs import Jq
from json_values import MISSING, Json, keys_of
from paging.error_reports import (
    are_reports,
    is_report_read,
    is_unopened,
    reported_only,
    reports_error,
)
from paging.extraction import NO_ITEMS, Extracted, Extractor, Measured
from paging.model import Page, PageRequest, Place, Shape
from paging.page_recognition import Suspect
from paging.paginator import ACCEPTED
from paging.steps import Step
from records import Discreet
from resync.completeness import Completeness
from transport.large_lists import SlicedRows


class Fetched(Discreet, frozen=True):
    """One page of a walk, extracted, or a run of the rows of a large one.

    ``size`` is the length of its body, or of the run, in bytes.
    """

    request: PageRequest
    page: Page
    extracted: Extracted
    size: int

    @property
    def is_hollow(self) -> bool:
        """Whether its one item holds nothing, and stands for an empty list if others are lists."""
        return self.page.place is Place.NULL and bool(self.extracted.items)


Extraction = Iterable[tuple[Extracted, int]]
"""What one answer gave, with its size in bytes: in one run, or in many for a large list."""


class Opened(Struct, frozen=True):
    """An answer with what it gave, and the page that it is."""

    request: PageRequest
    answer: Answer
    page: Page
    runs: Extraction

    @property
    def is_nothing(self) -> bool:
        """Whether there was nothing where ``data_path`` looks."""
        return {extracted.nothing for extracted, _ in self.runs} == {True}


class UnopenedError(PaginationError):
    """What was taken for one item is the page of a list; it is not yielded."""


class PageReader:
    """Reads answers as pages, and raises for those that are none."""

    def __init__(self, client: ApiClient, jq: Jq) -> None:
        self._client = client
        self._jq = jq

    async def opened(self, request: PageRequest, answer: Answer, source: Completeness) -> Opened:
        """What an answer gave, and the page it is."""
        if answer.refusal is not None:
            page = Page(
                answer.url, None, [], refused=True, status=answer.status, refusal=answer.refusal
            )
            return Opened(request, answer, page, [])
        if not answer.size and answer.status != httpx.codes.NO_CONTENT:
            raise BodyError(
                "an empty body, which is no list",
                remedy="let the API answer 204, or an empty list, where there is nothing",
                request=self._client.named(request),
                answered=str(answer.status),
            )
        try:
            runs, measured = await _extracted(answer, source)
        except MappingError:
            self._refuse_other(request, answer, source)
            raise
        found = await find(source.paginator.lookups, answer.body, self._jq)
        return Opened(request, answer, _page_of(request, answer, measured, found, source), runs)

    def _refuse_other(self, request: PageRequest, answer: Answer, source: Completeness) -> None:
        """Raise for an answer that ``data_path`` failed on where its own words tell more.

        Where other answers had a list, and this one has none, the path is right.
        """
        body = answer.body
        if source.recognition.has_list and not source.extractor.may_hold_rows(body):
            raise self._not_the_list(request, answer.status, body)
        if (told := reported_only(body)) is not None:
            raise self.reported(request, answer, told)

    def refuse_no_page(self, opened: Opened, source: Completeness) -> None:
        """Raise for an answer that says it failed, or that is one thing where a list was."""
        body, page = opened.answer.body, opened.page
        if source.recognition.had_list(page):
            raise self._not_the_list(opened.request, opened.answer.status, body)
        if page.is_hollow and are_reports(page.rows, source.extractor.data_path):
            raise self.reported(opened.request, opened.answer, body)
        if not isinstance(body, dict) or source.recognition.is_usual(body):
            return
        is_report = bool(page.rows) and is_report_read(body, page.rows, source.extractor.data_path)
        has_items = bool(page.rows) and any(extracted.items for extracted, _ in opened.runs)
        has_list = page.place is Place.LIST
        if is_report or (reports_error(body, has_list=has_list) and not has_items):
            raise self.reported(opened.request, opened.answer, body)

    def _not_the_list(self, request: PageRequest, status: int, body: Json) -> BodyError:
        """The error about an answer that has no list where others of the same resource have it."""
        problem = "other answers had a list there: it is no page of it"
        return self._words_of(body, status, request, problem)

    def no_page(self, suspect: Suspect) -> BodyError:
        """The error about an answer that other pages of the same resource contradict."""
        problem = (
            "it is no empty page of this list: what stands around it differs from the pages with"
            " rows"
        )
        remedy = "" if suspect.is_other else f"if its words mean that there are none, {ACCEPTED}"
        return self._words_of(suspect.body, suspect.status, suspect.request, problem, remedy)

    def followed(self, opened: Opened) -> BodyError:
        """The error about an answer without a list where rows follow."""
        problem = "it is no empty page of this list: more of its rows stand around this place"
        return self._words_of(opened.page.body, opened.page.status, opened.request, problem)

    def reported(self, request: PageRequest, answer: Answer, body: Json) -> BodyError:
        """The error about an answer that says of itself that it failed."""
        return self._words_of(body, answer.status, request, "the answer reports an error")

    def _words_of(
        self, body: Json, status: int, request: PageRequest, problem: str, remedy: str = ""
    ) -> BodyError:
        """The error about an answer, with the API's own words."""
        words, asked = self._client.quoted(body), self._client.named(request)
        return BodyError(problem, remedy=remedy, request=asked, answered=str(status), words=words)

    def refuse_unopened(self, source: Completeness, page: Page, *, goes_on: bool) -> None:
        """Raise for one item that looks like the page of a list."""
        extractor = source.extractor
        found = extractor.single(page.body)
        # What holds nothing stands for an empty list where other answers have one.
        is_list = not page.is_single and source.recognition.has_list
        if (
            is_list
            or found is MISSING
            or not is_unopened(found, page.holder, page.body, page.headers, goes_on=goes_on)
        ):
            return
        raise UnopenedError(
            f"takes {keys_of(found)} for one item, but the answer looks like a page of a list"
            f" (it has {keys_of(page.body)})",
            remedy=f"set data_path to the list, or to '[{extractor.data_path}]' if it really"
            " is one item",
            where=extractor.where,
        )


async def _extracted(answer: Answer, source: Completeness) -> tuple[Extraction, Measured]:
    """The items of an answer, and the rows it is measured by.

    An object of nothing, no text and false stand for an empty list where other answers have a list;
    they are items only where none has (``Fetched.is_hollow``).
    """
    extractor = source.extractor
    if answer.rows is not None:
        return Runs(answer.rows, extractor), Measured()
    if not answer.size:
        return [(NO_ITEMS, 0)], Measured()
    extracted = await extractor.extract(answer.body)
    measured = extractor.measured(answer.body, extracted)
    if measured.place is Place.ONE and (measured.rows in ([{}], [""]) or measured.rows[0] is False):
        measured = Measured(place=Place.NULL)
        extracted = NO_ITEMS if source.recognition.has_list else extracted
    return [(extracted, answer.size)], measured


def _page_of(
    request: PageRequest, answer: Answer, measured: Measured, found: Given, source: Completeness
) -> Page:
    """The page that an answer is."""
    return Page(
        answer.url,
        answer.body,
        answer.rows if answer.rows is not None else measured.rows,
        dict(answer.headers.items()),
        holder=measured.holder or source.extractor.holder(answer.body),
        is_single=measured.place is Place.ONE,
        found=found,
        status=answer.status,
        **{name: getattr(measured, name) for name in Shape.__struct_fields__},
        told_by=[(*measured.inside, *path) for path in source.told_by or [("id",)]],
        request=request,
        number=answer.number,
    )


async def without_known(opened: Opened, step: Step, extractor: Extractor) -> Opened:
    """A page without the rows that came with the page before it."""
    if not step.known or opened.answer.rows is not None:
        return opened
    keys, rows = opened.page.keys, opened.page.rows
    body = extractor.without(opened.answer.body, rows, lambda at: keys[at] not in step.known)
    if body is None:
        return opened
    return replace(opened, runs=[(await extractor.extract(body), opened.answer.size)])


class Runs(Struct, frozen=True):
    """The extracted rows of a large page, run by run, each with its size in bytes."""

    rows: SlicedRows
    extractor: Extractor

    def __iter__(self) -> Iterator[tuple[Extracted, int]]:
        for rows, size in self.rows.slices():
            # The brackets count: an answer of no bytes would be none.
            yield self.extractor.extract_run(rows), size + 2
