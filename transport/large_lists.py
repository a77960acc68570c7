"""A large list, parsed slice by slice from the file its body is kept in.

The body is gone through twice. The first time finds where in the text whole items begin and
end, checks all of it, and keeps what stands around the list; nothing is built. The second
time builds the items, a slice at a time, as they are asked for. So a body that is not JSON
gives no item at all, just as one that is decoded in memory.

A slice is a run of whole items. Its end is guessed by the text that separated two items
before, and proved: text that begins where an item begins, and is an array when put in
brackets, is whole items. Where the guess fails, the items are stepped over one by one.
"""

from __future__ import annotations

import asyncio
import json
import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any, overload, override
from uuid import uuid4

import msgspec
from msgspec import Struct

from errors import BodyError, Report
from json_values import MISSING, Found, Json, follow
from records import Discreet
from transport.bodies import MIB, Spool, decode_json

SLICE = MIB
"""Bytes of text parsed at a time."""

_HEAD = MIB  # bytes in which the list must begin, or the body is decoded as a whole
_LONGEST_ITEM = 32 * MIB  # bytes; a list of larger ones is decoded as a whole
_GUESSES = 3
_CUT_OFF = 16  # bytes at the end of a text in which a number or a word may be cut off
_LONGEST_KEY = 100  # bytes of an item's beginning that are part of a separator

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}:]', re.DOTALL)
_SPACE = re.compile(r"[ \t\n\r]*+")
_scanner = json.JSONDecoder()
_skimmer = msgspec.json.Decoder(list[msgspec.Raw])


@lru_cache(maxsize=64)
def _reader_of(key: str) -> msgspec.json.Decoder[list[Any]]:
    """A decoder of items of which nothing but one key is decoded, as ``key``."""
    item = msgspec.defstruct("Item", [("key", Any, None)], rename={"key": key})
    return msgspec.json.Decoder(list[item])  # type: ignore[valid-type] # made for this key


class Slice(Struct, frozen=True):
    """Where a run of ``count`` whole items stands in a file, in bytes."""

    start: int
    length: int
    count: int


class SlicedRows(Sequence[Json]):
    """The rows of a large list: a sequence that decodes what is asked for.

    ``complaint`` is the report of the BodyError for a row that turns out not to be JSON: a number
    that no float can hold, as all else was checked before.
    """

    def __init__(self, spool: Spool, slices: Sequence[Slice], complaint: str | Report) -> None:
        self._spool = spool
        self._slices = slices
        self._ends = list(accumulate(one.count for one in slices))
        self._complaint = complaint

    def slices(self) -> Iterator[tuple[list[Json], int]]:
        """All rows in runs, each with the size of its text in bytes; an empty run for no rows."""
        for one in self._slices:
            yield self._decoded(one), one.length

    def ids(self, path: Sequence[str] = ("id",)) -> Iterator[Found]:
        """What stands under a path in each row, None where nothing does."""
        for one in self._slices:
            try:
                rows = _reader_of(path[0]).decode(self._text(one))
            except (msgspec.DecodeError, ValueError):
                values = (follow(row, path) for row in self._decoded(one))
                yield from (None if value is MISSING else value for value in values)
            else:
                yield from (follow(row.key, path[1:]) for row in rows)

    def _text(self, one: Slice) -> bytes:
        return b"[" + self._spool.read(one.start, one.length) + b"]"

    def _decoded(self, one: Slice) -> list[Json]:
        try:
            rows = _decoded_rows(self._text(one))
        except ValueError:
            raise BodyError(self._complaint) from None
        return rows

    @override
    def __len__(self) -> int:
        return self._ends[-1]

    @overload
    def __getitem__(self, index: int) -> Json: ...

    @overload
    def __getitem__(self, index: slice) -> list[Json]: ...

    @override
    def __getitem__(self, index: int | slice) -> Json:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        number = bisect(self._ends, at)
        one = self._slices[number]
        return self._decoded(one)[at - (self._ends[number] - one.count)]

    @override
    def __iter__(self) -> Iterator[Json]:
        return chain.from_iterable(rows for rows, _ in self.slices())

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(ours == theirs for ours, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment] # as of any sequence that is compared by its items


class Sliced(Discreet, frozen=True):
    """A body whose list is left in its file; in ``body`` nulls stand for all rows between two."""

    body: Json
    rows: SlicedRows


async def slice_list(
    spool: Spool, keys: tuple[str, ...], complaint: str | Report, *, size: int = SLICE
) -> Sliced | None:
    """The list under the keys of the JSON body in a file, in slices of ``size`` bytes.

    None when there is no such list, or only one that is better decoded as a whole: its
    beginning is not near that of the body, its items are huge, its key is there twice.
    Raises ValueError when the body is not JSON.
    """
    head = spool.read(0, _HEAD)
    # A NUL in the first four bytes is UTF-16 or UTF-32 (RFC 4627, 3).
    start = None if b"\0" in head[:4] else _list_start(head, keys)
    found = start and await _slices(spool, start, size)
    if not start or not found:
        return None
    slices, end = found
    mark = [uuid4().hex]
    tail = spool.read(end, spool.size - end)
    # Its brackets stay, so that what stands around the list is checked with them.
    around = decode_json(head[:start] + json.dumps(mark)[1:-1].encode() + tail)
    if follow(around, keys) != mark:
        return None
    rows = SlicedRows(spool, slices, complaint)
    return Sliced(_with_rows(around, keys, rows), rows)


def _with_rows(around: Json, keys: tuple[str, ...], rows: SlicedRows) -> Json:
    stand_in: list[Json] = [None] * len(rows)
    if stand_in:
        stand_in[0], stand_in[-1] = rows[0], rows[-1]
    if not keys:
        return stand_in
    holder = follow(around, keys[:-1])
    assert isinstance(holder, dict)  # noqa: S101 — the list was found in it
    holder[keys[-1]] = stand_in
    return around


def _decoded_rows(text: bytes) -> list[Json]:
    rows = decode_json(text)
    assert isinstance(rows, list)  # noqa: S101 — the text has the brackets of one
    return rows


def _list_start(head: bytes, keys: tuple[str, ...]) -> int | None:
    """Where the first row of the list under the keys may begin, None when that is not plain."""
    names = [msgspec.json.encode(key) for key in keys]
    passed = depth = 0  # keys that lead to where we are, brackets open there
    is_due = True  # whether the next value is the one under those keys
    text = b""
    for token in _TOKEN.finditer(head):
        sign = token[0]
        if is_due and passed == len(names):
            return token.end() if sign == b"[" else None
        if is_due and sign != b"{":
            return None
        is_due = False
        if sign in {b"{", b"["}:
            depth += 1
        elif sign in {b"}", b"]"}:
            depth -= 1
            if depth <= passed:
                return None
        elif sign == b":":
            is_due = depth == passed + 1 and text == names[passed]
            passed += is_due
        else:
            text = sign
    return None


async def _slices(spool: Spool, start: int, size: int) -> tuple[list[Slice], int] | None:
    """The runs of items from ``start`` on, and where the bracket after them stands.

    None when an item is too long, ValueError when no item follows where one should.
    """
    slices: list[Slice] = []
    separator = b""
    length = size
    while True:
        text = spool.read(start, length)
        run = _guessed(text, separator) or _stepped(text, is_first=not slices)
        if run is None:
            if start + len(text) >= spool.size:
                raise ValueError(f"{text[:_CUT_OFF]!r}…")
            if length >= _LONGEST_ITEM:
                return None
            length *= 2
            continue
        slices.append(Slice(start, run.end, run.count))
        start += run.next
        if run.is_last:
            return slices, start
        separator, length = run.separator, size
        # Others want the loop too.
        await asyncio.sleep(0)


class _Run(Struct, frozen=True):
    """Whole items at the beginning of a text: where they end, and where what follows begins.

    That is the next item or, for the last run, the bracket that closes the list.
    """

    end: int
    next: int
    count: int
    separator: bytes = b""
    is_last: bool = False


def _guessed(text: bytes, separator: bytes) -> _Run | None:
    """The longest run that ends where the separator stands, if one of its last places proves it."""
    end = len(text)
    for _ in range(_GUESSES if separator else 0):
        end = text.rfind(separator, 0, end)
        if end <= 0:
            return None
        # The separator begins with the last character of an item.
        if count := _count(text[: end + 1]):
            return _Run(end + 1, text.index(b",", end + 1) + 1, count, separator)
    return None


def _stepped(text: bytes, *, is_first: bool) -> _Run | None:
    """The run found by stepping over one item after the other, None when there is no whole one.

    Raises ValueError when the text is not JSON.
    """
    # One character a byte, so that positions are the same; what texts say does not matter here.
    plain = text.decode("latin-1")
    run: _Run | None = None
    at = _skip_space(plain, 0)
    if is_first and plain.startswith("]", at):
        return _Run(end=0, next=at, count=0, is_last=True)
    while at < len(plain):
        try:
            _, end = _scanner.raw_decode(plain, at)
        except RecursionError as error:
            raise ValueError(str(error)) from None
        except json.JSONDecodeError as error:
            _refuse_broken(plain, error.pos, error.msg)
            break
        after = _skip_space(plain, end)
        if plain.startswith("]", after):
            run = _Run(end, after, 1, is_last=True)
            break
        if not plain.startswith(",", after):
            _refuse_broken(plain, after, "no comma")
            break
        at = _skip_space(plain, after + 1)
        run = _Run(end, after + 1, 1, separator=_separator(text, end, at))
    return run and _counted(text, run)


def _counted(text: bytes, run: _Run) -> _Run:
    """The run with the number of its items; raises ValueError when they are not JSON after all."""
    items = text[: run.end]
    count = _count(items) or len(_decoded_rows(b"[" + items + b"]"))
    return _Run(run.end, run.next, count, run.separator, run.is_last)


def _skip_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _refuse_broken(text: str, at: int, why: str) -> None:
    """Raise ValueError for what no further text would make whole."""
    if at < len(text) - _CUT_OFF and not why.startswith("Unterminated string"):
        raise ValueError(why)


def _separator(text: bytes, end: int, following: int) -> bytes:
    """What stands between two items, with the beginning of the second up to its first key."""
    colon = text.find(b":", following, following + _LONGEST_KEY)
    is_object = text[following : following + 1] == b"{" and colon > 0
    return text[end - 1 : (colon if is_object else following) + 1]


def _count(items: bytes) -> int:
    """How many items a text is, 0 when it is not whole items; ValueError when it is not UTF-8."""
    try:
        count = len(_skimmer.decode(b"[" + items + b"]"))
    except (msgspec.DecodeError, RecursionError):
        return 0
    str(items, "utf-8")
    return count
