"""Paging styles: where a page begins, and what an answer tells of it."""

from __future__ import annotations

import base64
import binascii
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.simulators.model import OMIT, Call, Json, RefusedError, Row

type Fact = str | Callable[[Facts], Json]
"""An attribute of ``Facts`` by name, or a function of them."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What can be told of a page; a position counts rows from 0.

    ``following``: the parameters of the next page, None on the last one.
    """

    call: Call
    rows: Sequence[Row]
    total: int
    offset: int
    size: int
    first_number: int
    following: Mapping[str, str | int] | None
    preceding: Mapping[str, str | int] | None
    ends: Mapping[str, Mapping[str, str | int]]

    @property
    def count(self) -> int:
        """How many rows the page has."""
        return len(self.rows)

    @property
    def pages(self) -> int:
        """How many pages there are of this size."""
        return -(-self.total // self.size)

    @property
    def number(self) -> int:
        """The number of the page."""
        return self.offset // self.size + self.first_number

    @property
    def more(self) -> bool:
        """Whether there are further pages."""
        return self.following is not None

    @property
    def last(self) -> bool:
        """Whether this is the last page."""
        return not self.more

    @property
    def next_value(self) -> str | int | None:
        """The page number, offset, cursor or key of the next page."""
        return None if self.following is None else next(iter(self.following.values()))

    @property
    def next_url(self) -> str | None:
        """The absolute URL of the next page."""
        return None if self.following is None else self.call.origin + self.call.url(self.following)

    @property
    def next_path(self) -> str | None:
        """The URL of the next page, from the root of the host."""
        return None if self.following is None else self.call.url(self.following)

    @property
    def next_query(self) -> str | None:
        """The query of the next page, with its question mark."""
        return None if self.next_path is None else "?" + self.next_path.partition("?")[2]

    def told(self, fact: Fact) -> Json:
        """The value of a fact."""
        return fact(self) if callable(fact) else getattr(self, fact)

    def link_header(self, relations: Sequence[str]) -> str:
        """The value of a ``Link`` header (RFC 8288), empty without any link."""
        links = {**self.ends, "next": self.following, "prev": self.preceding}
        return ", ".join(
            f'<{self.call.origin}{self.call.url(params)}>; rel="{relation}"'
            for relation in relations
            if (params := links[relation]) is not None
        )


def at_end(fact: Fact, value: Json = OMIT) -> Fact:
    """A fact that gives another value on the last page."""
    return lambda facts: facts.told(fact) if facts.more else value


@dataclass(frozen=True)
class Page:
    """Rows, and what goes beside them: body paths and headers."""

    rows: Sequence[Row]
    beside: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class Paging(ABC):
    """A way to page."""

    @property
    @abstractmethod
    def parameters(self) -> frozenset[str]:
        """The query parameters it knows."""

    @property
    def positions(self) -> frozenset[str]:
        """Those of them that differ from page to page."""
        return frozenset()

    @abstractmethod
    def page(self, call: Call, rows: Sequence[Row]) -> Page:
        """The page a call asks for; raises RefusedError for one there cannot be."""


@dataclass(frozen=True, kw_only=True)
class Unpaged(Paging):
    """Everything at once; ``tell`` as with the others."""

    tell: Mapping[str, Json] = field(default_factory=dict)

    @property
    def parameters(self) -> frozenset[str]:
        """None."""
        return frozenset()

    def page(self, call: Call, rows: Sequence[Row]) -> Page:
        """All rows."""
        del call
        return Page(rows, self.tell)


@dataclass(frozen=True)
class Either(Paging):
    """One style for the calls that ask for it, another for the rest."""

    when: Callable[[Call], bool]
    then: Paging
    otherwise: Paging

    @property
    def parameters(self) -> frozenset[str]:
        """Those of both."""
        return self.then.parameters | self.otherwise.parameters

    @property
    def positions(self) -> frozenset[str]:
        """Those of both."""
        return self.then.positions | self.otherwise.positions

    def page(self, call: Call, rows: Sequence[Row]) -> Page:
        """The page by the style the call asks for."""
        return (self.then if self.when(call) else self.otherwise).page(call, rows)


@dataclass(frozen=True, kw_only=True)
class Sized(Paging):
    """What the styles share.

    ``size``: the parameter for the page size, "" when there is none. ``default`` and ``cap`` are
    in rows. A size above the cap is cut to it, refused with 400, or taken for the default;
    what is no number is refused, or taken for the default. ``least`` and ``step``: a smaller size,
    or one that is no multiple, is no size either. ``in_body``: the parameters stand in
    the JSON body, named by paths. ``bound``: a page that would end beyond is refused.
    ``last_is_empty``: a page with rows always names a next one, and only an empty page is the end.
    """

    size: str = "limit"
    default: int
    cap: int
    above_cap: Literal["cap", "refuse", "default"] = "cap"
    not_a_number: Literal["refuse", "default"] = "refuse"
    least: int = 1
    step: int = 1
    in_body: bool = False
    bound: int | None = None
    last_is_empty: bool = False
    tell: Mapping[str, Fact] = field(default_factory=dict)
    headers: Mapping[str, Fact] = field(default_factory=dict)
    link: Sequence[str] = ()

    @property
    @abstractmethod
    def _position(self) -> str:
        """The parameter for the position."""

    @abstractmethod
    def _start(self, value: Json, rows: Sequence[Row], size: int) -> int:
        """The row a page begins with, by the value of the position's parameter."""

    @abstractmethod
    def _value(self, start: int, rows: Sequence[Row], size: int) -> str | int:
        """The value of the position's parameter for a page that begins with a row."""

    @property
    def parameters(self) -> frozenset[str]:
        """Size and position, unless they stand in the body."""
        names = frozenset() if self.in_body else frozenset({self.size, self._position})
        return names - {""}

    @property
    def positions(self) -> frozenset[str]:
        """The position."""
        return frozenset({self._position})

    def page(self, call: Call, rows: Sequence[Row]) -> Page:
        """The page, with what is told of it."""
        size = self._size(call)
        value = call.value(self._position, in_body=self.in_body)
        start = 0 if value in (None, "") else self._start(value, rows, size)
        if self.bound is not None and start + size > self.bound:
            raise RefusedError(400, f"{self._position} is beyond {self.bound}")
        facts = self._facts(call, rows, start, size)
        beside = {path: facts.told(fact) for path, fact in self.tell.items()}
        headers = {name: facts.told(fact) for name, fact in self.headers.items()}
        if self.link:
            headers["Link"] = facts.link_header(self.link) or OMIT
        return Page(
            facts.rows,
            {path: told for path, told in beside.items() if told is not OMIT},
            {name: str(told) for name, told in headers.items() if told is not OMIT},
        )

    def _facts(self, call: Call, rows: Sequence[Row], start: int, size: int) -> Facts:
        end = min(start + size, len(rows))
        goes_on = start < end if self.last_is_empty else end < len(rows)
        last = max(len(rows) - 1, 0) // size * size
        return Facts(
            call=call,
            rows=rows[start:end],
            total=len(rows),
            offset=start,
            size=size,
            first_number=self._first_number,
            following=self._at(end, rows, size) if goes_on else None,
            preceding=self._at(max(start - size, 0), rows, size) if start else None,
            ends={"first": self._at(0, rows, size), "last": self._at(last, rows, size)},
        )

    def _at(self, start: int, rows: Sequence[Row], size: int) -> dict[str, str | int]:
        return {self._position: self._value(start, rows, size)} if self._position else {}

    @property
    def _first_number(self) -> int:
        return 1

    def _size(self, call: Call) -> int:
        value = call.value(self.size, in_body=self.in_body) if self.size else None
        size = self._number(self.size, value, self.default, least=self.least)
        if size % self.step:
            raise RefusedError(400, f"{self.size} must be a multiple of {self.step}")
        if size <= self.cap:
            return size
        if self.above_cap == "refuse":
            raise RefusedError(400, f"{self.size} must be at most {self.cap}")
        return self.cap if self.above_cap == "cap" else self.default

    def _number(self, name: str, value: Json, default: int, *, least: int) -> int:
        if value is None:
            return default
        text = str(value)
        if text.isascii() and text.isdecimal() and int(text) >= least:
            return int(text)
        if self.not_a_number == "default":
            return default
        raise RefusedError(400, f"{name} must be a number from {least}")


@dataclass(frozen=True, kw_only=True)
class PageNumber(Sized):
    """The position counts pages, from ``first``; after the last one come empty pages, or 404."""

    number: str = "page"
    first: int = 1
    past_end: Literal["empty", "refuse"] = "empty"

    @property
    def _position(self) -> str:
        return self.number

    @property
    def _first_number(self) -> int:
        return self.first

    def _start(self, value: Json, rows: Sequence[Row], size: int) -> int:
        start = (self._number(self.number, value, self.first, least=self.first) - self.first) * size
        if start and start >= len(rows) and self.past_end == "refuse":
            raise RefusedError(404, "there is no such page")
        return start

    def _value(self, start: int, rows: Sequence[Row], size: int) -> str | int:
        del rows
        return start // size + self.first


@dataclass(frozen=True, kw_only=True)
class Offset(Sized):
    """The position counts rows."""

    offset: str = "offset"

    @property
    def _position(self) -> str:
        return self.offset

    def _start(self, value: Json, rows: Sequence[Row], size: int) -> int:
        del rows, size
        return self._number(self.offset, value, 0, least=0)

    def _value(self, start: int, rows: Sequence[Row], size: int) -> str | int:
        del rows, size
        return start


@dataclass(frozen=True, kw_only=True)
class Cursor(Sized):
    """The position is a text that only the product understands; any other is refused.

    ``mark`` is what its texts begin with, before they are encoded.
    """

    cursor: str = "cursor"
    mark: str = "row"

    @property
    def _position(self) -> str:
        return self.cursor

    def _start(self, value: Json, rows: Sequence[Row], size: int) -> int:
        del rows, size
        try:
            mark, _, start = base64.urlsafe_b64decode(str(value)).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            mark, start = "", ""
        if mark != self.mark:
            raise RefusedError(400, f"invalid {self.cursor}")
        return int(start)

    def _value(self, start: int, rows: Sequence[Row], size: int) -> str | int:
        del rows, size
        return base64.urlsafe_b64encode(f"{self.mark}:{start}".encode()).decode()


@dataclass(frozen=True, kw_only=True)
class Keyset(Sized):
    """The position is the ``key`` of the row before the page; an unknown one is refused."""

    after: str = "starting_after"
    key: str = "id"

    @property
    def _position(self) -> str:
        return self.after

    def _start(self, value: Json, rows: Sequence[Row], size: int) -> int:
        del size
        keys = [str(row[self.key]) for row in rows]
        if str(value) not in keys:
            raise RefusedError(400, f"{self.after} names no {self.key}")
        return keys.index(str(value)) + 1

    def _value(self, start: int, rows: Sequence[Row], size: int) -> str | int:
        del size
        key: str | int = rows[start - 1][self.key] if start else ""
        return key
