"""The values of a walk: requests for pages, pages, the evidence they gave, and what follows."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, Protocol, runtime_checkable

import httpx

from jq_engine.lookups import NOTHING_FOUND, Found
from json_values import Json
from paging.signals import (
    Scopes,
    Totals,
    Verdict,
    is_range,
    known_boolean,
    known_signal,
    known_totals,
    scopes_of,
)

SendIn = Literal["query", "body"]

_ID_TYPES = frozenset({str, int})


@dataclass(frozen=True)
class PageRequest:
    """One request as values: ``url`` is absolute and may hold a query of its own.

    ``list_path``: the keys under which rows are expected that need not be held in memory.
    ``may_be_refused``: it asks whether there is such a page; a refusal is an answer to that.
    """

    url: str = field(repr=False)
    method: str = "GET"
    params: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: Mapping[str, Json] | None = field(default=None, repr=False)
    list_path: tuple[str, ...] | None = None
    may_be_refused: bool = False

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
