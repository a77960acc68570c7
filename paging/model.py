"""The values of a walk: requests for pages, pages, the evidence they gave, and what follows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import Literal, Protocol, cast, runtime_checkable

import httpx
from msgspec import Struct, field
from msgspec.structs import replace

from errors import OceanCustomError
from jq_engine.lookups import NOTHING_FOUND, Given, Lookup
from json_values import MISSING, Found, Json, follow, with_value
from paging.continuations import (
    Ways,
    links_towards,
    opaque_texts,
    positions_counted,
    positions_told,
    values_told,
)
from paging.rows import FEWEST, Way, texts_of
from paging.scopes import Scopes, is_page, scopes_in, scopes_of
from paging.signal_names import asks_more
from paging.signals import Verdict, is_range, known_boolean, known_signal, speaks_of_more
from paging.totals import Known, Totals, objects_beside, objects_in, told_totals
from records import Discreet
from transport.formats import BodyFormat
from transport.observer import Purpose

SendIn = Literal["query", "body"]

NO_SUCH_PAGE = frozenset({404})
"""Statuses by which an API says, after a full page, that there is no further one."""
NO_SUCH_PAGE_AFTER_SHORT = NO_SUCH_PAGE | {400, 410, 416, 422}
"""The same after a page that is not full, or where a believed total is reached."""
SIZE_REFUSED = frozenset({400, 422})
"""Statuses by which an API refuses a page size that its rules do not allow (multiples of ten)."""
NO_PAGE_BEFORE = frozenset({*range(400, 500), 500}) - {401, 408, 429}
"""What is answered for a page before the first: some APIs crash instead of refusing."""

_ID_TYPES = frozenset({str, int})


class PageRequest(Discreet, frozen=True, dict=True):
    """One request as values: ``url`` is absolute and may hold a query of its own.

    ``list_path``: the keys under which rows are expected that need not be held in memory.
    ``absent_statuses``: those by which an answer says that there is no such page.
    ``body`` is sent as JSON, a text as it is or, with ``is_form``, as a form; ``format`` is that of
    the answer.
    ``purpose`` is what it is for, as an observer is told.
    """

    url: str
    method: str = "GET"
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: Json = None
    list_path: tuple[str, ...] | None = None
    absent_statuses: frozenset[int] = frozenset()
    is_form: bool = False
    format: BodyFormat = field(default_factory=BodyFormat)
    purpose: Purpose = "page"

    @cached_property
    def key(self) -> str:
        """Two requests with the same key ask for the same thing."""
        parts = (self.method, self.url, self.params, self.headers, self.body)
        is_usual = self.format == BodyFormat() and not self.is_form
        other = () if is_usual else (f"{self.is_form} {self.format}",)
        return json.dumps((*parts, *other), sort_keys=True)

    @property
    def query(self) -> frozenset[tuple[str, str]]:
        """Every query parameter, those of the URL included."""
        return frozenset((*httpx.URL(self.url).params.multi_items(), *self.params))

    def get(self, name: str, send_in: SendIn) -> Json:
        """The value of a query parameter (the last, as text) or of a dot path in the body."""
        if send_in == "query":
            return next((value for key, value in reversed(self.params) if key == name), None)
        inside = follow(self.body, self._keys(name))
        return None if inside is MISSING else inside

    def put(self, name: str, value: Json, send_in: SendIn) -> PageRequest:
        """The same request with a query parameter, or a dot path in the body, set."""
        if send_in == "query":
            # Where it stood before: what is asked for is one request, whatever led to it.
            names = [key for key, _ in self.params]
            place = names.index(name) if name in names else len(names)
            others = [pair for pair in self.params if pair[0] != name]
            text = value if isinstance(value, str) else json.dumps(value)
            return replace(self, params=(*others[:place], (name, text), *others[place:]))
        return replace(self, body=with_value(self.body, self._keys(name), value))

    def without(self, name: str, send_in: SendIn) -> PageRequest:
        """The same request without a query parameter, or a dot path in the body."""
        if send_in == "query":
            return replace(self, params=tuple(pair for pair in self.params if pair[0] != name))
        *around, key = self._keys(name)
        holder = follow(self.body, around)
        if not isinstance(holder, dict):
            return self
        others = {one: value for one, value in holder.items() if one != key}
        return replace(self, body=with_value(self.body, around, others))

    def _keys(self, name: str) -> list[str]:
        """Where in the body a parameter stands; a form has no objects within it."""
        return [name] if self.is_form else name.split(".")

    def perhaps_absent(self, statuses: frozenset[int]) -> PageRequest:
        """The same request for a page that need not be there."""
        return replace(self, absent_statuses=statuses)


@runtime_checkable
class LargeRows(Protocol):
    """Rows that are not held in memory, and know their ids without being decoded."""

    def ids(self, path: Sequence[str] = ("id",)) -> Iterator[Json]:
        """What stands under a path in each row, None where nothing does."""


class Level(Enum):
    """What is paged where ``data_path`` leads through lists."""

    OUTER = "the rows of the outermost list, or of one between it and the innermost ones"
    EACH = "the rows of each of the innermost lists"
    ALL = "the rows of all innermost lists together"


class Place(Enum):
    """What stands where ``data_path`` leads."""

    LIST = "a list"
    NULL = "null, at a key that is there"
    ABSENT = "nothing"
    ONE = "one value"


class Shape(Discreet, frozen=True, kw_only=True):
    """What stands where ``data_path`` leads.

    ``levels``: where that is through lists, how long the longest of each level is, and ``sizes``
    those of the innermost one; ``depth``: the innermost level that has rows, and ``outer`` the
    outermost itself. ``breaks_off``: something else than lists stands where the next level may be.
    ``together``: how many rows there are where they may lie in several lists beside each other.
    ``enclosing``: in which rows each lies, as ids may count anew there; ``outside``: the outermost.
    """

    place: Place = Place.LIST
    levels: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()
    depth: int = 0
    outer: Json = None
    breaks_off: bool = False
    together: int = 0
    enclosing: tuple[Hashable, ...] = ()
    outside: tuple[Hashable, ...] = ()


class Page(Shape, frozen=True, dict=True):
    """One answer: ``rows`` are what the API sent, before any filter in ``data_path``.

    ``headers``: with names in lower case. ``holder`` is the object rows lie in, as far as
    ``data_path`` tells; ``is_single``: it found one value, no list. ``found``: what the paginator's
    ``lookups`` that are programs gave on the body. ``total``: that of rows by ``totalPath``.
    ``status`` is the answer's; ``refused``: by it the API says that there is no such page.
    ``told_by``: the keys to all that the mapping's identifier is made of in a row, if known;
    ``moving``: places in rows without ids that tell nothing of them, as they move.
    ``request`` is what was asked, ``number`` the answer's, ``refusal`` the error of a refused page.
    """

    url: str
    body: Json
    rows: Sequence[Json]
    headers: Mapping[str, str] = field(default_factory=dict)
    holder: Json = None
    is_single: bool = False
    found: Given = NOTHING_FOUND
    total: int | None = None
    status: int = 200
    refused: bool = False
    told_by: Sequence[Way] = ()
    moving: frozenset[Way] = frozenset()
    request: PageRequest | None = None
    refusal: OceanCustomError | None = None
    number: int = 0

    def value_at(self, lookup: Lookup) -> Found:
        """What a configured path finds in the body or, by ``header:``, in a header."""
        given = self.headers.get(lookup.header.lower(), MISSING) if lookup.header else None
        return lookup(self.body, self.found) if given is None else given

    @cached_property
    def length(self) -> int:
        """How long the page is: its longest list, where ``data_path`` leads through several."""
        return max(self.levels, default=len(self.rows))

    @property
    def is_hollow(self) -> bool:
        """Whether there are outer rows alone: each list within them is empty."""
        return self.depth < len(self.levels) - 1

    @property
    def lengths(self) -> Mapping[Level, int]:
        """How long the page is by each level that may be paged."""
        *outer, each = self.levels or (self.length,)
        if not outer:
            beside = {Level.EACH: each} if len(self.sizes) > 1 else {}
            return {**beside, Level.ALL: len(self.rows)}
        if self.is_hollow:
            return {Level.OUTER: outer[0]}
        return {Level.OUTER: min(outer), Level.EACH: each, Level.ALL: len(self.rows)}

    @property
    def most(self) -> int:
        """How many rows there are at most, whatever is paged."""
        return max(*self.lengths.values(), self.together)

    def fills(self, size: int) -> bool:
        """Whether a page is as long as ``size``: one of its lists, or all of them together."""
        return self.length >= size or size in (len(self.rows), self.together)

    @cached_property
    def ids(self) -> tuple[Hashable, ...]:
        """What tells the rows apart; empty when one has nothing of the kind, or several share it.

        That is what the mapping takes for the identifier, and their ``id``: several rows may make
        one entity, and some APIs number the rows of each page.
        """
        named = [self._column(path) for path in self.told_by]
        own = () if ("id",) in self.told_by else self._column(("id",))
        columns = [*(named if all(named) else []), *([own] if own else [])]
        columns += [self.enclosing] if columns and self.enclosing else []
        told = columns[0] if len(columns) == 1 else tuple(zip(*columns, strict=True))
        return told if len(set(told)) == len(told) else ()

    def _column(self, path: Sequence[str]) -> tuple[Hashable, ...]:
        """What stands at a path of each row; nothing where one has no text or number there."""
        found = (
            self.rows.ids(path)
            if isinstance(self.rows, LargeRows)
            else (follow(row, path) for row in self.rows)
        )
        values = cast("tuple[Hashable, ...]", tuple(found))  # as their types will say
        return values if set(map(type, values)) <= _ID_TYPES else ()

    @cached_property
    def keys(self) -> tuple[Hashable, ...]:
        """A key for each row: its id, else its whole value as a text, but for what moves."""
        return self.ids or texts_of(self.rows, self.moving, self.enclosing)

    def keys_as(self, other: Page) -> tuple[Hashable, ...]:
        """The keys of the rows, told apart as those of another page are."""
        if bool(self.ids) == bool(other.ids) and self.moving == other.moving:
            return self.keys
        return texts_of(self.rows, self.moving | other.moving, self.enclosing)

    def steady(self, moving: frozenset[Way] | None) -> Page:
        """The same page, whose rows are told apart by other places than these."""
        return replace(self, moving=moving) if moving and moving != self.moving else self

    @cached_property
    def scopes(self) -> Scopes:
        """Where signals are looked for: not in a body that is itself the one item."""
        is_item = self.is_single and any(row is self.body for row in self.rows)
        return () if is_item else (*scopes_in(self.headers), *scopes_of(self.body, self.holder))

    def repeats(self, previous: Page | None) -> bool:
        """Whether the rows are those of another page, in whatever order: by what tells them."""
        if not self.rows or previous is None or len(previous.rows) != len(self.rows):
            return False
        if self.outside != previous.outside or self.rows == previous.rows:
            return self.outside == previous.outside and self.enclosing == previous.enclosing
        # Texts of all rows of a large page would be held in memory, and two are alike by chance.
        is_told = isinstance(self.rows, list) and len(self.rows) >= FEWEST
        is_told = is_told or bool(self.ids or self.moving)
        return is_told and Counter(self.keys_as(previous)) == Counter(previous.keys_as(self))

    @cached_property
    def signal(self) -> Verdict:
        """What booleans, next markers, headers and status of this page say together."""
        if self.rows and is_range(self.status, self.headers):
            return Verdict.MORE
        known = known_signal(self.scopes, self.headers)
        if known is not Verdict.UNKNOWN or not self.scopes:
            return known
        is_more = any(speaks_of_more(part, self.length) for part in self._around)
        return Verdict.MORE if is_more else known

    @property
    def denies_more(self) -> bool:
        """Whether a word around the list says that there is no more, whatever of: no signal."""
        parts = (part for part in self._around if isinstance(part, dict))
        return any(told is False and asks_more(key) for part in parts for key, told in part.items())

    @property
    def _around(self) -> Iterator[object]:
        """The objects around the list, whatever they are called: no rows, as values may be."""
        holder = self.holder if is_page(self.holder) else self.body
        beside = objects_beside(holder, self.body)
        around: tuple[object, ...] = (self.body, holder, *beside, *objects_in(beside))
        return (part for part in around if all(part is not row for row in self.rows))

    @cached_property
    def ways(self) -> Ways:
        """What may lead on; only links where a signal or a total says whether there is more."""
        is_list = self.rows and not self.is_single
        links = links_towards(self.body, self.holder, self.headers, self.url) if is_list else {}
        if not (self.rows and self.scopes and self.signal is Verdict.UNKNOWN):
            return Ways(links)
        told = self.totals()
        if told.says_all and (told.rows or 0) <= self.most:
            return Ways(links)
        around = [*self._around]
        counted = positions_counted(around, self.length)
        return Ways(links, positions_told(around), counted, opaque_texts(around))

    def values_told(self, asked: int) -> list[str]:
        """What may be a cursor, whatever its name: no total and no size, but the next position."""
        sent = {value for _, value in self.request.query} if self.request else set()
        total = self.totals(asked).most
        counted = {str(one) for one in (asked, total) if one != self.length or one == asked}
        return values_told(self._around, sent | counted)

    def says_as(self, other: Page) -> bool:
        """Whether an answer without rows says the same as another one."""
        return (self.body, self.signal, self.status) == (other.body, other.signal, other.status)

    @cached_property
    def boolean(self) -> Verdict:
        """What its booleans alone say."""
        return known_boolean(self.scopes)

    def totals(self, asked: int = 0, *, alone: bool = False) -> Totals:
        """The totals this page tells, none beside one item; ``alone``: also what may be any sum."""
        if self.is_single:
            return Totals()
        around, lengths = (self.holder, self.body), (self.length, asked)
        told = told_totals(self.scopes, self.headers, around, self.rows, lengths, alone=alone)
        is_set = self.total is not None
        return replace(told, rows=self.total, says_all=True, perhaps=0) if is_set else told


class Progress(Struct, frozen=True):
    """The evidence of a walk so far; counts are of rows.

    Where ``data_path`` leads through lists, ``rows`` at least, and ``in_all`` at most. ``hides``: a
    page that was not full was followed by rows, so that some are hidden or pages uneven. ``since``:
    the earliest page with rows of the previous one; ``led_by``: the request of the one before that;
    ``wanted``: the size asked for at first. ``total``: what is believed to be all rows;
    ``fell_from``: a total that a later answer told less than, 0 where none did. ``due``: the ids of
    rows that a request showed behind the first page, and that did not come yet. ``came_again``: a
    page did, by another cursor or link.
    """

    pages: int = 0
    rows: int = 0
    in_all: int = 0
    first: int = 0
    largest: int = 0
    empty_in_a_row: int = 0
    previous: Page | None = None
    last_was_full: bool = False
    hides: bool = False
    since: Page | None = None
    begun: PageRequest | None = None
    led_by: PageRequest | None = None
    wanted: int = 0
    total: int | None = None
    total_pages: int | None = None
    total_found: bool = False
    fell_from: int = 0
    due: frozenset[Hashable] = frozenset()
    came_again: bool = False

    @property
    def is_unbroken(self) -> bool:
        """Whether the page before this one was full."""
        return self.last_was_full and not self.empty_in_a_row

    @property
    def known(self) -> Known:
        """What is known of the total."""
        if self.total is None and self.total_pages is None:
            return Known.NOTHING
        total = self.total or 0
        if total > self.in_all or (self.total_pages or 0) > self.pages:
            return Known.MORE
        return Known.OPEN if total > self.rows else Known.REACHED

    def expecting(self, first: Page, other: Page | None) -> Progress:
        """The evidence with what another answer has beside the rows of the first page."""
        ids = frozenset(other.ids) if other and first.ids else frozenset()
        return replace(self, due=ids.difference(first.ids))

    def after(self, page: Page, asked: int, *, size: int | None = None) -> Progress:
        """The evidence with one more page, of which ``asked`` rows were asked for.

        ``size``: the rows of a full page, where they are fewer than that.
        """
        size = (asked or max(self.largest, 1)) if size is None else size
        totals, length = page.totals(asked), page.length
        rows = self.rows + (0 if page.is_hollow else min(page.lengths.values()))
        total = self._believed(totals, rows, length, asked)
        # Where outer rows alone came, nobody knows yet whether those are what is paged.
        is_full = page.fills(size) and not page.is_hollow
        is_uneven = not self.is_unbroken or length > max(self.largest, size)
        told = totals.pages if self.total_pages or not self.pages else None
        pages = max(self.total_pages or 0, told or 0)
        # An empty page may tell a total of none.
        is_told = totals.says_all and bool(length or totals.rows)
        fell = is_told and (totals.rows or 0) < (self.total or 0)
        return Progress(
            pages=self.pages + 1,
            rows=rows,
            in_all=self.in_all + page.most,
            first=self.first if self.pages else length,
            largest=max(self.largest, length),
            empty_in_a_row=0 if length else self.empty_in_a_row + 1,
            previous=page if page.rows else self.previous,
            last_was_full=is_full if length else self.last_was_full,
            hides=self.hides or bool(length and self.pages and is_uneven),
            begun=self.begun if self.pages else page.request,
            led_by=self.previous.request if page.rows and self.previous else self.led_by,
            wanted=self.wanted if self.pages else asked,
            total=total,
            total_pages=pages if pages > 1 else None,
            total_found=self.total_found or page.total is not None,
            fell_from=self.fell_from or (self.total or 0) * fell,
            due=self.due.difference(page.ids) if self.due else self.due,
            came_again=self.came_again,
        )

    def _believed(self, totals: Totals, rows: int, length: int, asked: int) -> int | None:
        """The total that is believed: a "count" is often the page's own length, or the size."""
        told = totals.rows
        known = self.total if (self.total or 0) >= rows else None
        if told is None or (self.pages and not totals.says_all):
            return known
        is_believed = told > length and (totals.says_all or told != asked)
        is_all = totals.says_all and told >= rows
        return max(told, known or 0) if is_believed or is_all else known
