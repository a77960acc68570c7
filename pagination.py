"""When a walk over pages goes on, where to, and when it ends.

Everything here is pure: no I/O, no clock, no state. The *position* of a walk is the
request just sent; the *evidence* it gathered is a ``Progress`` value. ``step`` folds one
page into that evidence and names the next request, or ends the walk, or raises.

The rules, explicit signals first, guesses last; a guess may cost one more request, never
a page:

1. A configured ``hasMorePath`` / ``lastPagePath`` / ``cursorPath`` / ``nextLinkPath``.
2. Signals that APIs commonly send: booleans, next markers, totals (the tables below).
   Anything on the way may be null or of another type. Where two disagree, "more" wins.
3. The size: an empty page ends; a short first page ends too, unless its length looks like a
   server's cap. Any other page is followed by one more request: rows that are hidden from
   whoever asks leave short pages in the middle of a list.

A walk whose end rests on nothing but the absence of a signal, although its pages were
full or another signal speaks of more, raises: it may be a wrong path in the settings.
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NoReturn, Protocol, assert_never, get_args, runtime_checkable

import httpx

from errors import PaginationError
from jq_engine.lookups import NOTHING_FOUND, Found, Lookup, compile_lookup
from json_values import MISSING, Json, follow, keys_of
from paging.signals import (
    DEFAULT_NEXT_LINK_PATH,
    ConfiguredSignals,
    Scopes,
    Totals,
    Verdict,
    first_known,
    is_counted_on,
    is_first,
    is_preceded,
    is_range,
    known_boolean,
    known_cursor,
    known_link,
    known_signal,
    known_totals,
    leads_to_rows,
    link_of,
    link_relations,
    scopes_of,
    unread_links,
    whole_number,
)
from transport.observer import Purpose

PaginationType = Literal["none", "offset", "page", "cursor", "next_link", "header_link"]
PAGINATION_TYPES: tuple[PaginationType, ...] = get_args(PaginationType)
SendIn = Literal["query", "body"]

DEFAULT_POSITION_PARAM: Mapping[str, str] = {"offset": "offset", "page": "page", "cursor": "cursor"}
DEFAULT_SIZE_PARAM: Mapping[str, str] = {"offset": "limit", "page": "size", "cursor": "limit"}

# Servers cap pages at round numbers; such a length may hide a larger collection.
_CAP_MULTIPLES = (5, 8)
# Pages that hold nothing although the API speaks of more: a few are a filter, many a fault.
_MAX_EMPTY_PAGES = 20
# So many of them show that a number said to come next is computed, whatever is there.
_EMPTY_PAGES_BY_NUMBER = 3
_ID_TYPES = frozenset({str, int})
# Confluence's links are relative to the context path of the URL that stands beside them
# (https://developer.atlassian.com/server/confluence/pagination-in-the-rest-api/).
_LINK_BASE = ("_links", "base")


@dataclass(frozen=True)
class PaginationSettings:
    """How one resource is paged; names as in the settings, None: the type's own default.

    ``type_is_own``: the resource itself names its type, rather than the installation.
    """

    type: PaginationType = "none"
    page_size: int = 100
    pagination_param: str | None = None
    size_param: str | None = None
    start_page: int = 1
    cursor_path: str | None = None
    has_more_path: str | None = None
    last_page_path: str | None = None
    total_path: str | None = None
    next_link_path: str | None = None
    header_link_rel: str = "next"
    send_in: SendIn = "query"
    type_is_own: bool = False

    def overridden(self, changes: Mapping[str, Json]) -> PaginationSettings:
        """These settings with a resource's own on top.

        Parameter names belong to a type: another type starts from its own defaults.
        """
        base = self
        if changes.get("type", self.type) != self.type:
            base = replace(self, pagination_param=None, size_param=None)
        return replace(base, **changes, type_is_own="type" in changes)


@dataclass(frozen=True)
class PageRequest:
    """One request as values: ``url`` is absolute and may hold a query of its own.

    ``list_path``: the keys under which rows are expected that need not be held in memory.
    ``may_be_refused``: it asks whether there is such a page; a refusal is an answer to that.
    ``purpose`` is what it is for, as an observer is told.
    """

    url: str = field(repr=False)
    method: str = "GET"
    params: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: Mapping[str, Json] | None = field(default=None, repr=False)
    list_path: tuple[str, ...] | None = None
    may_be_refused: bool = False
    purpose: Purpose = "page"

    @cached_property
    def key(self) -> str:
        """Two requests with the same key ask for the same thing."""
        return json.dumps(
            (self.method, self.url, self.params, self.headers, self.body), sort_keys=True
        )

    @property
    def query(self) -> frozenset[tuple[str, str]]:
        """Every query parameter, those of the URL included."""
        return frozenset((*httpx.URL(self.url).params.multi_items(), *self.params))

    def get(self, name: str, send_in: SendIn) -> Json:
        """The value of a query parameter (the last, as text) or of a dot path in the body."""
        if send_in == "query":
            return next((value for key, value in reversed(self.params) if key == name), None)
        inside: Json = self.body
        for key in name.split("."):
            inside = inside.get(key) if isinstance(inside, Mapping) else None
        return inside

    def put(self, name: str, value: str | int, send_in: SendIn) -> PageRequest:
        """The same request with a query parameter, or a dot path in the body, set."""
        if send_in == "query":
            others = tuple(pair for pair in self.params if pair[0] != name)
            return replace(self, params=(*others, (name, str(value))))
        return replace(self, body=_with_path(self.body or {}, name.split("."), value))


def _with_path(body: Mapping[str, Json], keys: Sequence[str], value: str | int) -> dict[str, Json]:
    key, *rest = keys
    inside = body.get(key)
    inner = (
        _with_path(inside if isinstance(inside, Mapping) else {}, rest, value) if rest else value
    )
    return {**body, key: inner}


@runtime_checkable
class LargeRows(Protocol):
    """Rows that are not held in memory, and know their ids without being decoded."""

    def ids(self) -> Iterator[Json]:
        """The ``id`` of each row, None where it has none."""


@dataclass(frozen=True)
class Page:
    """One answer: ``rows`` are what the API sent, before any filter in ``data_path``.

    ``holder`` is the object they lie in, as far as ``data_path`` tells; ``is_single``: it found
    one value, no list. ``found``: what the paginator's ``lookups`` that are programs gave on
    the body. ``total``: the total of rows where ``totalPath`` says, if anything is there.
    ``status`` is the answer's.
    """

    url: str = field(repr=False)
    body: Json = field(repr=False)
    rows: Sequence[Json] = field(repr=False)
    headers: httpx.Headers = field(default_factory=httpx.Headers, repr=False)
    holder: Json = field(default=None, repr=False)
    is_single: bool = False
    found: Found = field(default=NOTHING_FOUND, repr=False)
    total: int | None = None
    status: int = 200

    @cached_property
    def ids(self) -> frozenset[str | int]:
        """The ids of the rows; empty when a row has none, or several share one."""
        try:
            ids = frozenset(
                self.rows.ids()
                if isinstance(self.rows, LargeRows)
                else [row["id"] for row in self.rows]
            )
        except (KeyError, TypeError, IndexError):
            return frozenset()
        return (
            ids if len(ids) == len(self.rows) and set(map(type, ids)) <= _ID_TYPES else frozenset()
        )

    @cached_property
    def scopes(self) -> Scopes:
        """Where signals are looked for: not in a body that is itself the one item."""
        is_item = self.is_single and any(row is self.body for row in self.rows)
        return () if is_item else scopes_of(self.body, self.holder)

    def repeats(self, previous: Page | None) -> bool:
        """Whether the rows are those of another page, by their ids where every row has one."""
        if not self.rows or previous is None or len(previous.rows) != len(self.rows):
            return False
        return self.rows == previous.rows or (bool(self.ids) and self.ids == previous.ids)

    @cached_property
    def signal(self) -> Verdict:
        """What booleans, next markers, headers and status of this page say together."""
        if self.rows and is_range(self.status, self.headers):
            return Verdict.MORE
        return known_signal(self.scopes, self.headers)

    @cached_property
    def boolean(self) -> Verdict:
        """What its booleans alone say."""
        return known_boolean(self.scopes)

    @cached_property
    def totals(self) -> Totals:
        """The totals this page tells; a number beside one item counts something else."""
        if self.is_single:
            return Totals(None, None)
        known = known_totals(self.scopes, self.headers)
        return known if self.total is None else replace(known, rows=self.total)


@dataclass(frozen=True)
class Progress:
    """The evidence of a walk so far; counts are of rows."""

    pages: int = 0
    rows: int = 0
    largest: int = 0
    empty_in_a_row: int = 0
    previous: Page | None = None
    signalled: bool = False
    asked_in_full: bool = False
    total: int | None = None
    total_pages: int | None = None
    total_fell: bool = False
    total_found: bool = False

    @property
    def last_is_full(self) -> bool:
        """Whether the last page with rows was as long as the longest."""
        return self.previous is not None and len(self.previous.rows) >= self.largest

    @property
    def tells_nothing(self) -> bool:
        """Whether nothing that the API says of further pages was understood."""
        has_signal = self.previous is not None and self.previous.signal is not Verdict.UNKNOWN
        return not (self.total or self.total_pages or self.signalled or has_signal)

    @property
    def is_short_of_total(self) -> bool:
        """Whether a believed total speaks of more than was received."""
        return (self.total or 0) > self.rows or (self.total_pages or 0) > self.pages

    @property
    def has_total(self) -> bool:
        """Whether all of a believed total was received: some APIs name a next page for ever."""
        return self.total is not None and self.rows >= self.total

    @property
    def has_all_told(self) -> bool:
        """Whether there was a believed total, of rows or of pages, and all of it was received."""
        return bool(self.total or self.total_pages) and not self.is_short_of_total

    def reached_total(self, page: Page) -> bool:
        """Whether all that a total speaks of was received: nothing is in doubt then."""
        return self.rows in {self.total, page.totals.rows} or self.pages == self.total_pages

    def after(self, page: Page, asked: int, *, signalled: bool) -> Progress:
        """The evidence with one more page, of which ``asked`` rows were asked for."""
        totals = page.totals
        length = len(page.rows)
        first = self.pages == 0
        rows = self.rows + length
        return Progress(
            pages=self.pages + 1,
            rows=rows,
            largest=max(self.largest, length),
            empty_in_a_row=0 if length else self.empty_in_a_row + 1,
            previous=page if page.rows else self.previous,
            signalled=self.signalled or signalled,
            asked_in_full=self.asked_in_full or 0 < length == asked,
            # A "count" is often the page's own length: believed only beyond the first page.
            total=(totals.rows if (totals.rows or 0) > length else None) if first else self.total,
            total_pages=(totals.pages if (totals.pages or 0) > 1 else None)
            if first
            else self.total_pages,
            total_fell=self.total_fell or (totals.rows or math.inf) < (self.total or 0),
            total_found=self.total_found or page.total is not None,
        )


@dataclass(frozen=True)
class Step:
    """What to do after a page: ``next`` None ends the walk.

    ``repeated``: the page only repeats the one before and is not to be yielded again.
    """

    progress: Progress
    next: PageRequest | None
    repeated: bool = False
    warning: str | None = None


class Paginator(Protocol):
    """One style of paging, as pure functions over requests and pages."""

    @property
    def lookups(self) -> Sequence[Lookup]:
        """The configured paths that are looked up in every page."""

    def first(self, request: PageRequest) -> PageRequest:
        """The request for the first page."""

    def step(self, progress: Progress, sent: PageRequest, page: Page) -> Step:
        """What to do after ``page``; raises PaginationError when that cannot be known."""

    def ahead(self, progress: Progress, sent: PageRequest) -> Iterator[PageRequest]:
        """The requests that very likely follow ``sent``, in order; none when that is unknown."""

    def before(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """The request for a page before the first one, when the first does not show there is none.

        It must not give other rows than the first page: ``refuse_other_rows``.
        """

    def beyond(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """The request for the page after a first one that nothing but its length made the last.

        As ``before``: it must not give other rows.
        """

    def is_counted(self, first: PageRequest, later: PageRequest) -> bool:
        """Whether a later page of a walk was asked for by its position in the list.

        Then rows that move while the walk goes on may be on none of its pages.
        """


def make_paginator(settings: PaginationSettings) -> Paginator:
    """The paginator for these settings."""
    style = _style(settings)
    # A resource's own "none" is a wish for the first page, whatever the total.
    is_wish = settings.type == "none" and settings.type_is_own
    return _ToldTotal(style, settings.total_path) if settings.total_path and not is_wish else style


def _style(settings: PaginationSettings) -> Paginator:
    match settings.type:
        case "none":
            return SinglePage(settings)
        case "offset":
            return OffsetPaginator(settings)
        case "page":
            return PageNumberPaginator(settings)
        case "cursor":
            return CursorPaginator(settings)
        case "next_link":
            return NextLinkPaginator(settings)
        case "header_link":
            return LinkHeaderPaginator(settings)
        case _ as unreachable:
            assert_never(unreachable)


# --- styles ----------------------------------------------------------------------------


class SinglePage:
    """``none``: one request, one page; the first of several only when the resource says so."""

    def __init__(self, settings: PaginationSettings) -> None:
        self._type_is_own = settings.type_is_own
        self._signals = ConfiguredSignals.of(settings.has_more_path, settings.last_page_path)
        self.lookups = self._signals.lookups

    def first(self, request: PageRequest) -> PageRequest:
        """The request as it is."""
        return request

    def step(self, progress: Progress, sent: PageRequest, page: Page) -> Step:
        """The end, unless the answer itself speaks of more."""
        del sent
        warning = None
        configured = self._signals.verdict(page.body, page.found)
        now = progress.after(page, 0, signalled=False)
        told = first_known(configured, page.signal)
        if told is Verdict.MORE or (now.is_short_of_total and told is Verdict.UNKNOWN):
            if not self._type_is_own:
                raise PaginationError(
                    "the answer says that there are more pages, but paginationType is 'none'; set"
                    " it to how the API pages, or pagination.type: none for this resource if its"
                    " first page is all you want"
                )
            warning = "the answer says that there are more pages; only the first was asked for"
        return Step(now, next=None, warning=warning)

    def ahead(self, progress: Progress, sent: PageRequest) -> Iterator[PageRequest]:
        """Nothing follows."""
        del progress, sent
        yield from ()

    def before(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """Nothing comes before."""
        del sent, page
        return None

    def beyond(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """Nothing comes after."""
        del sent, page
        return None

    def is_counted(self, first: PageRequest, later: PageRequest) -> bool:
        """There is no later page."""
        del first, later
        return False


class _ToldTotal:
    """Any style whose total of rows stands where ``totalPath`` says.

    It is believed like a known total; one that no response has is a mistake.
    """

    def __init__(self, paginator: Paginator, path: str) -> None:
        self._paginator = paginator
        self._path = path
        self._total = compile_lookup(path, "totalPath")
        self.lookups = (*paginator.lookups, self._total)

    def first(self, request: PageRequest) -> PageRequest:
        """As the style has it."""
        return self._paginator.first(request)

    def step(self, progress: Progress, sent: PageRequest, page: Page) -> Step:
        """As the style has it; at the end the total must have been found."""
        step = self._paginator.step(progress, sent, self._told(page))
        is_list = not page.is_single and (page.body is not None or step.progress.rows > 0)
        if step.next is None and is_list and not step.progress.total_found:
            raise PaginationError(
                f"totalPath {self._path!r} found nothing in any response; the last one had"
                f" {keys_of(page.body)}: correct the path (or set pagination.type: none for an"
                " endpoint without paging)"
            )
        return step

    def ahead(self, progress: Progress, sent: PageRequest) -> Iterator[PageRequest]:
        """As the style has it."""
        return self._paginator.ahead(progress, sent)

    def before(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """As the style has it."""
        return self._paginator.before(sent, page)

    def beyond(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """As the style has it, by the total."""
        return self._paginator.beyond(sent, self._told(page))

    def is_counted(self, first: PageRequest, later: PageRequest) -> bool:
        """As the style has it."""
        return self._paginator.is_counted(first, later)

    def _told(self, page: Page) -> Page:
        found = MISSING if page.is_single else self._total(page.body, page.found)
        if found is MISSING or found is None:
            return page
        total = whole_number(found)
        if total is None:
            raise PaginationError(
                f"totalPath {self._path!r} found {keys_of(found)} where the number of all rows was"
                " expected; correct the path"
            )
        return replace(page, total=total)


class _Sized:
    """What all styles but ``none`` share: the page size asked for, and doubt at the end."""

    def __init__(self, settings: PaginationSettings) -> None:
        self._settings = settings
        self._signals = ConfiguredSignals.of(settings.has_more_path, settings.last_page_path)
        self.lookups = self._signals.lookups
        self._size_param = settings.size_param or DEFAULT_SIZE_PARAM.get(settings.type)
        self._configured = self._signals.names

    def first(self, request: PageRequest) -> PageRequest:
        """The request with the page size; a size the resource itself asks for stands."""
        send_in = self._settings.send_in
        if self._size_param is None or request.get(self._size_param, send_in) is not None:
            return request
        return request.put(self._size_param, self._settings.page_size, send_in)

    def ahead(self, progress: Progress, sent: PageRequest) -> Iterator[PageRequest]:
        """Nothing can be asked for before the page that leads to it."""
        del progress, sent
        yield from ()

    def before(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """The API itself says where its list begins."""
        del sent, page
        return None

    def beyond(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """The API itself says where its list ends."""
        del sent, page
        return None

    def _asked(self, sent: PageRequest) -> int:
        """The page size a request asked for, 0 when it asked for none."""
        if self._size_param is None:
            return 0
        asked = whole_number(sent.get(self._size_param, self._settings.send_in))
        return self._settings.page_size if asked is None else asked

    def _refuse_endless(self, progress: Progress) -> None:
        if progress.empty_in_a_row > _MAX_EMPTY_PAGES:
            raise PaginationError(
                f"{progress.empty_in_a_row} empty pages in a row, although the API says that"
                " there are more; check hasMorePath and the parameter names"
            )

    def _refuse_no_body(self, progress: Progress, page: Page) -> None:
        """Raise when the API led to a page and then has none there."""
        if progress.pages and page.body is None:
            raise PaginationError(
                "the page before led to this one, but the answer has no body: the rest is missing"
            )

    def _refuse_cut_off(self, progress: Progress, page: Page) -> None:
        """Raise when a full page is the last, although a total speaks of more.

        After a page that is not full a total is only a count that is stale.
        """
        is_full = progress.asked_in_full if progress.pages == 1 else True
        if is_full and progress.is_short_of_total and 0 < len(page.rows) >= progress.largest:
            told = f"{progress.total} rows" if progress.total else f"{progress.total_pages} pages"
            raise PaginationError(
                f"the API tells a total of {told}, but ends after {progress.rows} rows in"
                f" {progress.pages} pages, the last of them full: the rest is missing; ask for less"
                " by query_params (or, if all is well, another pageSize avoids the doubt)"
            )

    def _refuse_doubtful_end(self, progress: Progress, page: Page) -> None:
        """Raise when a walk would end only because nothing was found where the way on should be."""
        # A null on the first page may be the end, or the place of another link or cursor.
        contradicted = progress.pages == 1 and page.signal is Verdict.MORE
        if (progress.signalled and not contradicted) or progress.reached_total(page):
            return
        more = page.signal is Verdict.MORE or progress.is_short_of_total
        if more or (progress.asked_in_full and self._configured):
            why = "the API says that there is more" if more else "pages were full"
            raise PaginationError(
                f"{self._configured or 'cursorPath, unset,'} found nothing in any response,"
                f" although {why};"
                f" the last one had {keys_of(page.body)}: correct the path (or, if all is well,"
                " another pageSize avoids the doubt)"
            )


class _Counted(_Sized, ABC):
    """What ``offset`` and ``page`` share: a position that is counted, and rule 3."""

    def __init__(self, settings: PaginationSettings) -> None:
        super().__init__(settings)
        self._param = settings.pagination_param or DEFAULT_POSITION_PARAM[settings.type]

    @abstractmethod
    def _start(self) -> int:
        """The position of the first page."""

    @abstractmethod
    def _stride(self, rows: int) -> int:
        """How far a page of so many rows moves the position."""

    def first(self, request: PageRequest) -> PageRequest:
        """The request with size and position; a position the resource asks for stands."""
        sized = super().first(request)
        if sized.get(self._param, self._settings.send_in) is not None:
            return sized
        return sized.put(self._param, self._start(), self._settings.send_in)

    def step(self, progress: Progress, sent: PageRequest, page: Page) -> Step:
        """Continue at the next position, or end by the rules at the top of this module."""
        asked = self._asked(sent)
        configured = self._signals.verdict(page.body, page.found)
        signalled = configured is not Verdict.UNKNOWN
        now = progress.after(page, asked, signalled=signalled)
        told = first_known(configured, page.signal)
        if now.is_short_of_total and Verdict.END not in {configured, page.boolean}:
            # "next_cursor": null beside a total is the end of another way of paging.
            told = Verdict.UNKNOWN if told is Verdict.END else told
        self._refuse_later_start(progress, sent, page)
        if page.repeats(progress.previous):
            self._refuse_ignored_position(progress, page, asked, told)
            warning = (
                f"the answer to the next {self._param!r} is the page before it again, so the walk"
                " ends; if the endpoint does not page, set pagination.type: none for it"
            )
            # Where other pages came, this is how the API answers beyond its last one.
            return Step(
                progress,
                next=None,
                repeated=True,
                warning=warning if progress.pages == 1 else None,
            )
        if self._goes_on(progress, now, page, asked, told):
            self._refuse_endless(now)
            self._refuse_overlap(progress, page)
            # An empty page in the middle had its rows left out: the next one lies a page on.
            stride = self._stride(len(page.rows) or now.largest)
            if not stride:
                raise PaginationError(
                    "the first page is empty, although the API says that there is more: an offset"
                    " has no rows to count on from; check data_path and hasMorePath"
                )
            is_sure = told is Verdict.MORE or now.is_short_of_total
            may_be_refused = not (is_sure or self._is_full(now, page, asked))
            following = replace(self._moved(sent, stride), may_be_refused=may_be_refused)
            return Step(now, next=following)
        if self._configured and not signalled:
            self._refuse_doubtful_end(now, page)
        self._refuse_missing_page(now, asked, told)
        return Step(now, next=None)

    def ahead(self, progress: Progress, sent: PageRequest) -> Iterator[PageRequest]:
        """The rest of the pages, when the API told its total."""
        by_rows = -(-(progress.total or 0) // progress.largest) if progress.largest else 0
        left = max(by_rows, progress.total_pages or 0) - progress.pages
        for count in range(1, left + 1):
            yield self._moved(sent, count * self._stride(progress.largest))

    def is_counted(self, first: PageRequest, later: PageRequest) -> bool:
        """Every later page is."""
        del first, later
        return True

    def beyond(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """The second page, where the first was short, but may be as long as the server allows."""
        length = len(page.rows)
        at_start = whole_number(sent.get(self._param, self._settings.send_in)) == self._start()
        if not at_start or page.is_single or not 0 < length < self._asked(sent):
            return None
        told = first_known(self._signals.verdict(page.body, page.found), page.signal)
        has_total = (page.totals.rows or 0) > length or page.totals.pages is not None
        asked_for = not self._configured and _looks_like_a_cap(length)
        if told is not Verdict.UNKNOWN or has_total or asked_for:
            return None
        return self._moved(sent, self._stride(length))

    def _moved(self, sent: PageRequest, by: int) -> PageRequest:
        send_in = self._settings.send_in
        at = whole_number(sent.get(self._param, send_in))
        if at is None:
            raise PaginationError(
                f"{self._param!r} is {sent.get(self._param, send_in)!r}, which is not a number"
                " to count on from; remove it from query_params or body"
            )
        return sent.put(self._param, at + by, send_in)

    def _goes_on(
        self, before: Progress, now: Progress, page: Page, asked: int, told: Verdict
    ) -> bool:
        """Whether there is a page after this one."""
        length = len(page.rows)
        if not length and (now.has_total or self._is_beyond_the_end(now, page)):
            return False
        if told is not Verdict.UNKNOWN or page.is_single:
            return told is Verdict.MORE
        if now.is_short_of_total:
            # Of the pages that were told some may be empty, as their rows are hidden.
            return bool(length) or (now.total_pages or 0) > now.pages
        if now.total or now.total_pages:
            return 0 < length >= now.largest
        if self._configured:
            return 0 < length >= (now.largest if before.pages else asked)
        return length > 0 and (bool(before.pages) or length >= asked or _looks_like_a_cap(length))

    def _is_full(self, now: Progress, page: Page, asked: int) -> bool:
        """Whether a page that is missing after this one would be in doubt."""
        if now.pages == 1:
            return len(page.rows) >= asked
        return not now.has_all_told and len(page.rows) >= min(asked or now.largest, now.largest)

    def _is_beyond_the_end(self, now: Progress, page: Page) -> bool:
        """Whether empty pages go on only because the API counts on."""
        return (
            not self._signals.names
            and now.empty_in_a_row >= _EMPTY_PAGES_BY_NUMBER
            and is_counted_on(page.scopes, page.headers)
        )

    def _refuse_later_start(self, progress: Progress, sent: PageRequest, page: Page) -> None:
        """The first answer must not say that something stands before it."""
        position = whole_number(sent.get(self._param, self._settings.send_in))
        at_start = progress.pages == 0 and position == self._start()
        if at_start and is_preceded(page.scopes, page.headers):
            raise PaginationError(
                f"the first answer, to {self._param!r} {position}, says that it is not the first"
                " page; set startPage to 0 if the API counts pages from zero"
            )

    def _refuse_overlap(self, progress: Progress, page: Page) -> None:
        """A row or two come again when others were added meanwhile; half a page does not."""
        before = progress.previous.ids if progress.previous else frozenset()
        shared = len(before & page.ids) if before else 0
        if shared * 2 > len(before):
            raise PaginationError(
                f"two pages in a row share {shared} rows: {self._param!r} does not"
                f" count what paginationType {self._settings.type!r} takes it for; correct either"
            )

    def _refuse_missing_page(self, progress: Progress, asked: int, told: Verdict) -> None:
        """A total is a hint; but all of it missing, or just one page, is a page never asked for."""
        missing = (progress.total or 0) - progress.rows
        if progress.total_fell and missing > 0:
            raise PaginationError(
                "the total that the API tells fell during the walk: rows were removed, others moved"
                " up, and some of those may not have been seen; the next resync will see them"
            )
        # A full page and then an empty one is a walk cut off, rather than a count that is stale.
        cut_off = progress.empty_in_a_row > 0 and progress.last_is_full
        is_page = missing in {asked, progress.largest} or cut_off
        if missing > 0 and (not progress.rows or is_page):
            raise PaginationError(
                f"the API tells a total of {progress.total}, but the walk gave {progress.rows}"
                f" rows: a page is missing; check startPage and {self._param!r} (or, if all is"
                " well, another pageSize avoids the doubt)"
            )
        if progress.total_pages == progress.pages and progress.empty_in_a_row:
            raise PaginationError(
                f"the API tells a total of {progress.total_pages} pages, but the last of them is"
                f" empty: a page is missing; check startPage and {self._param!r}"
            )
        if (progress.total_pages or 0) > progress.pages and told is not Verdict.END:
            raise PaginationError(
                f"the API tells a total of {progress.total_pages} pages, but the walk ended after"
                f" {progress.pages}: the rest is missing"
            )

    def _refuse_ignored_position(
        self, progress: Progress, page: Page, asked: int, told: Verdict
    ) -> None:
        if len(page.rows) == asked or told is Verdict.MORE or progress.is_short_of_total:
            raise PaginationError(
                f"two pages in a row hold the same {len(page.rows)} rows: the API does not heed"
                f" {self._param!r}; set paginationParam to the name its documentation gives"
            )


def _looks_like_a_cap(length: int) -> bool:
    return any(length % multiple == 0 for multiple in _CAP_MULTIPLES)


def _canonical(row: Json) -> str:
    return json.dumps(row, sort_keys=True)


def refuse_other_rows(first: Page, other: Page, complaint: str) -> None:
    """Raise when a page beside the first one has rows, and none of the first one's.

    An API that has no such page refuses it, leaves it empty or gives the first one again.
    """
    if not other.rows or other.is_single:
        return
    shared = first.ids & other.ids
    # Each page is gone through once: a large one is decoded as it is read.
    known = set() if shared else {_canonical(row) for row in other.rows}
    if not shared and not any(_canonical(row) in known for row in first.rows):
        raise PaginationError(complaint)


class OffsetPaginator(_Counted):
    """``offset``: the position counts rows.

    ``{"items": [...100...], "total": 230}`` with ``paginationParam: skip``, ``sizeParam:
    limit`` walks ``?skip=0&limit=100``, ``?skip=100&limit=100``, ``?skip=200&limit=100``.
    The offset advances by the rows received, so a server's cap leaves no gap.
    """

    def _start(self) -> int:
        return 0

    def _stride(self, rows: int) -> int:
        return rows


class PageNumberPaginator(_Counted):
    """``page``: the position counts pages, from ``startPage``.

    ``[...50...]`` with ``sizeParam: per_page`` and ``pageSize: 50`` walks
    ``?page=1&per_page=50``, ``?page=2&per_page=50``, … until a page that is not full.
    """

    def ahead(self, progress: Progress, sent: PageRequest) -> Iterator[PageRequest]:
        """The rest of the pages, or two where nothing is told, in a walk of some length.

        The second of those is asked for in any case, to see that there is nothing more.
        """
        if progress.tells_nothing and progress.pages > 1 and progress.last_is_full:
            for count in (1, 2):
                yield replace(self._moved(sent, count), may_be_refused=True)
        else:
            yield from super().ahead(progress, sent)

    def before(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """Page 0, where nothing shows that page 1 is the first."""
        send_in = self._settings.send_in
        if whole_number(sent.get(self._param, send_in)) != 1 or page.is_single:
            return None
        shown = is_first(page.scopes, page.headers)
        return None if shown else sent.put(self._param, 0, send_in)

    def _start(self) -> int:
        return self._settings.start_page

    def _stride(self, rows: int) -> int:
        del rows
        return 1


class CursorPaginator(_Sized):
    """``cursor``: each answer holds the cursor of the next request.

    ``{"data": [...], "meta": {"after_cursor": "x"}}`` with ``paginationParam: page[after]``
    and ``cursorPath: meta.after_cursor`` walks ``?limit=100``, ``?limit=100&page[after]=x``, …
    Without a cursor the walk ends, unless has-more is true: then the last row's ``id`` is
    the cursor (https://docs.stripe.com/api/pagination).
    """

    def __init__(self, settings: PaginationSettings) -> None:
        super().__init__(settings)
        self._param = settings.pagination_param or DEFAULT_POSITION_PARAM["cursor"]
        path = settings.cursor_path
        self._cursor = compile_lookup(path, "cursorPath") if path else None
        self.lookups += (self._cursor,) if self._cursor else ()
        self._path = path
        names = (self._signals.names, f"cursorPath {path!r}" if path else "")
        self._configured = " and ".join(filter(None, names))

    def is_counted(self, first: PageRequest, later: PageRequest) -> bool:
        """Whether the cursor is a whole number, which may well be a position."""
        del first
        return whole_number(later.get(self._param, self._settings.send_in)) is not None

    def step(self, progress: Progress, sent: PageRequest, page: Page) -> Step:
        """Continue at the cursor, or end without one."""
        self._refuse_no_body(progress, page)
        configured = self._signals.verdict(page.body, page.found)
        boolean = first_known(configured, page.boolean)
        found = self._cursor(page.body, page.found) if self._cursor else known_cursor(page.scopes)
        cursor = self._readable(found)
        signalled = configured is not Verdict.UNKNOWN or found is not MISSING
        now = progress.after(page, self._asked(sent), signalled=signalled)
        if configured is Verdict.END or (boolean is Verdict.END and not page.rows):
            return Step(now, next=None)
        if not cursor and boolean is Verdict.MORE:
            cursor = self._id_of_last(page) if self._path is None else self._no_cursor(page)
        if cursor:
            self._refuse_endless(now)
            return Step(now, next=sent.put(self._param, cursor, self._settings.send_in))
        if boolean is not Verdict.END:
            self._refuse_doubtful_end(now, page)
            self._refuse_unknown_cursor(now, page)
            self._refuse_cut_off(now, page)
        return Step(now, next=None)

    def _readable(self, found: Json) -> str | int | None:
        if found is MISSING or found is None or found is False:
            return None
        if isinstance(found, str | int) and not isinstance(found, bool):
            return found if found != "" else None
        raise PaginationError(
            f"cursorPath {self._path or 'unset'!r} found {keys_of(found)} where a cursor was"
            " expected; set cursorPath to the text or number that names the next page"
        )

    def _no_cursor(self, page: Page) -> NoReturn:
        raise PaginationError(
            f"cursorPath {self._path!r} found nothing, although the API says that there is more;"
            f" the response has {keys_of(page.body)}: correct the path"
        )

    def _id_of_last(self, page: Page) -> str | int:
        last = page.rows[-1] if page.rows else None
        cursor = last.get("id") if isinstance(last, dict) else None
        if isinstance(cursor, str | int) and not isinstance(cursor, bool):
            return cursor
        raise PaginationError(
            "the API says that there is more, but gave no cursor, and the last row has no 'id'"
            f" to go on from; set cursorPath (the response has {keys_of(page.body)})"
        )

    def _refuse_unknown_cursor(self, progress: Progress, page: Page) -> None:
        """A walk that never saw a cursor, though a page was exactly full, is in doubt."""
        if progress.asked_in_full and not progress.signalled and not progress.reached_total(page):
            raise PaginationError(
                f"a full page of {len(page.rows)} rows came without a cursor; set cursorPath to"
                f" where the next one is (the response has {keys_of(page.body)}), or"
                " pagination.type: none for an endpoint without paging"
            )


class _Linked(_Sized, ABC):
    """What ``next_link`` and ``header_link`` share: the answer names the next request."""

    @abstractmethod
    def _link(self, page: Page) -> Json:
        """The link to the next page, null or empty at the end, MISSING where there is no place."""

    def is_counted(self, first: PageRequest, later: PageRequest) -> bool:
        """Whether the link brought a whole number, as ``?page=2`` does."""
        return any(whole_number(value) is not None for _, value in later.query - first.query)

    def step(self, progress: Progress, sent: PageRequest, page: Page) -> Step:
        """Continue at the link, or end without one."""
        self._refuse_no_body(progress, page)
        configured = self._signals.verdict(page.body, page.found)
        boolean = first_known(configured, page.boolean)
        link = self._link(page)
        signalled = configured is not Verdict.UNKNOWN or link is not MISSING
        now = progress.after(page, self._asked(sent), signalled=signalled)
        if configured is Verdict.END or (not page.rows and now.has_total):
            return Step(now, next=None)
        if link:
            self._refuse_endless(now)
            # The link holds every parameter; the body, if any, goes along again.
            return Step(now, next=replace(sent, url=self._resolved(page, link), params=()))
        if boolean is Verdict.MORE:
            raise PaginationError(
                f"{self._signals.names or 'the API'} says that there is more, but gave no next link"
                f" (the response has {keys_of(page.body)}); correct nextLinkPath"
            )
        self._refuse_doubtful_end(now, page)
        if boolean is not Verdict.END:
            self._refuse_cut_off(now, page)
        return Step(now, next=None)

    def _resolved(self, page: Page, link: str) -> str:
        """The link resolved against the URL of the page it stood on (RFC 3986, 5)."""
        try:
            context = _context_path(page.body)
            if link.startswith("/") and not link.startswith(("//", context + "/")):
                link = context + link
            return str(httpx.URL(page.url).join(link))
        except (httpx.InvalidURL, ValueError):
            raise PaginationError("the next link is not a URL; correct nextLinkPath") from None


def _context_path(body: Json) -> str:
    """The path below which an answer says its links are, without a slash at its end."""
    base = follow(body, _LINK_BASE)
    return httpx.URL(base).path.rstrip("/") if isinstance(base, str) else ""


class NextLinkPaginator(_Linked):
    """``next_link``: the body holds the next URL, absolute or relative.

    ``{"value": [...], "@odata.nextLink": "https://…?$skiptoken=x"}``
    (https://learn.microsoft.com/graph/paging); the path may also end at an object with
    ``href`` (HAL). Parameters of further requests come from the link alone.
    """

    def __init__(self, settings: PaginationSettings) -> None:
        super().__init__(settings)
        path = settings.next_link_path
        self._next = compile_lookup(path, "nextLinkPath") if path else None
        self.lookups += (self._next,) if self._next else ()
        names = (self._signals.names, f"nextLinkPath {path or DEFAULT_NEXT_LINK_PATH!r}")
        self._configured = " and ".join(filter(None, names))

    def _asked(self, sent: PageRequest) -> int:
        # A path that the operator gave and that finds nothing is in doubt whenever a page has
        # the usual size, even where no size was asked for.
        return super()._asked(sent) or (self._settings.page_size if self._next else 0)

    def _link(self, page: Page) -> Json:
        found = self._next(page.body, page.found) if self._next else known_link(page.scopes)
        if found is MISSING or found is False:
            return found
        link = link_of(found)
        if link is MISSING:
            raise PaginationError(
                f"nextLinkPath found {keys_of(found)} where a URL was expected; correct the path"
            )
        return link


class LinkHeaderPaginator(_Linked):
    """``header_link``: the ``Link`` header holds the next URL (RFC 8288).

    ``Link: <https://…?page=2>; rel="next"``. ``results="false"`` on the link ends the walk
    (https://docs.sentry.io/api/pagination/).
    """

    def __init__(self, settings: PaginationSettings) -> None:
        super().__init__(settings)
        names = (self._signals.names, f"a Link header with rel={settings.header_link_rel!r}")
        self._configured = " and ".join(filter(None, names))

    def _link(self, page: Page) -> Json:
        relations = link_relations(page.headers)
        relation = self._settings.header_link_rel
        link = relations.get(relation.lower())
        if link is None:
            if "next" in relations:
                raise PaginationError(
                    f"headerLinkRel is {relation!r}, but the Link header has the relations"
                    f" {', '.join(relations)}; set it to the one that leads to the next page"
                )
            if unread_links(page.headers):
                raise PaginationError(
                    "the Link header cannot be read as links (RFC 8288); choose the paginationType"
                    " by another part of the answer, or tell the API's owner"
                )
            # A Link header that names other relations is a signal too: no next page.
            return None if relations else MISSING
        return link.get("url") if leads_to_rows(link) else None

    def _refuse_doubtful_end(self, progress: Progress, page: Page) -> None:
        # Without a Link header a full page is the usual last page: only other signals count.
        super()._refuse_doubtful_end(replace(progress, asked_in_full=False), page)
