"""Whether an answer without rows is an empty page, by what other pages have in common.

A page with rows has an *envelope*: all that stands around its list. An answer without rows is an
empty page when nothing in it contradicts those envelopes: it has no key that none of them has, and
no *constant* that differs. A constant is a scalar, at any depth, that was the same in two or more
pages with different rows; ``errcode``, ``status`` or ``ok`` are found by that, and not by a table.
What speaks of paging, counts, or repeats the request is none.

::

    {"code": 0, "msg": "ok", "list": [...]}        pages with rows
    {"code": 0, "msg": "ok", "list": []}           an empty page
    {"code": 0, "msg": "ok"}                       an empty page: no list, and nothing else
    {"code": 7, "msg": "busy", "list": []}         no page
    {"code": 0, "msg": "ok", "note": "sign in"}    no page

It is judged when a walk ends, and when the resource does, as the empty answers may come first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from json_values import Json
from paging.model import Page, PageRequest, Place
from paging.signals import (
    ENVELOPE,
    ERROR_NAMES,
    SUCCESS_NAMES,
    is_link,
    name_of,
    reasons_in,
)

Path = tuple[str, ...]
"""Where a value stands in an answer: the keys that lead there."""

_DEEPEST = 4  # objects around a value of an envelope
_MOST_PATHS = 200  # of an envelope
_MOST_SUSPECTS = 5_000  # answers without rows that are kept for the end of a resource
_LARGEST = 10**6  # numbers beyond it are identifiers or moments

_STATES = frozenset(
    (*ERROR_NAMES, *SUCCESS_NAMES, "status", "code", "message", "object", "kind", "reason")
)
_OF_PAGING = frozenset(
    {
        "next", "prev", "previous", "first", "last", "more", "page", "pages", "paging",
        "pagination", "offset", "cursor", "token", "marker", "continuation", "limit", "size",
        "start", "end", "skip", "from", "to", "index", "position", "total", "count", "remaining",
        "self", "link", "links", "href", "url", "uri", "complete", "completed", "done", "finished",
        "truncated", "scroll", "since", "until", "before", "after", "range", "hits", "found",
        "matches", "returned", "has", "empty", "no", "none", "nothing", "nonempty",
    }
)  # fmt: skip
_MOVING = frozenset(
    {
        "ms", "took", "time", "times", "timestamp", "duration", "elapsed", "seconds", "millis",
        "latency", "date", "at", "now", "cost", "rate", "quota", "reset", "credits",
    }
)  # fmt: skip
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


class _Varies(Enum):
    """The type of ``VARIES``, its only member."""

    VARIES = "varies"


VARIES: Final = _Varies.VARIES
"""What stands for a value that was not the same everywhere."""


@dataclass(frozen=True)
class Envelope:
    """What stands around the list of an answer: its scalars by place, and all its keys.

    ``filled``: the keys under which there is anything but null, nothing, 0 and false.
    """

    scalars: Mapping[Path, Json]
    filled: frozenset[Path]

    @classmethod
    def of(cls, body: Json, rows: object) -> Envelope:
        """The envelope of a body; what ``rows`` is lies within."""
        found = dict(_around(body, rows))
        scalars = {path: value for path, value in found.items() if not isinstance(value, dict)}
        filled = frozenset(path for path, value in found.items() if value)
        return cls({path: one for path, one in scalars.items() if _is_scalar(one)}, filled)


def _around(body: Json, rows: object, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    if not isinstance(body, dict) or len(path) > _DEEPEST:
        return
    for key, value in list(body.items())[:_MOST_PATHS]:
        if value is rows and isinstance(value, list | dict):
            continue
        here = (*path, key)
        yield here, value
        yield from _around(value, rows, here)


def _is_scalar(value: Json) -> bool:
    return not isinstance(value, dict | list)


@dataclass
class _Common:
    """What the scalars of some envelopes were, and ``VARIES`` where they were not the same."""

    values: dict[Path, Json | _Varies] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def add(self, envelope: Envelope, of: int) -> None:
        """Fold in one more; ``of`` tells the pages, or the walks, apart."""
        for path, value in envelope.scalars.items():
            known = self.values.setdefault(path, value)
            if known is not VARIES and (type(known) is not type(value) or known != value):
                self.values[path] = VARIES
        self.seen.add(of)

    @property
    def constants(self) -> Mapping[Path, Json | _Varies]:
        """What was the same twice or more; nothing where there was but one."""
        few = len(self.seen) < 2  # noqa: PLR2004 (one is no comparison)
        return {} if few else {p: one for p, one in self.values.items() if one is not VARIES}


@dataclass(frozen=True)
class Suspect:
    """An answer without rows; ``echoed`` are the texts of the request that it may repeat."""

    request: PageRequest = field(repr=False)
    status: int
    body: Json = field(repr=False)
    envelope: Envelope = field(repr=False)
    place: Place
    walk: int
    echoed: frozenset[str] = field(repr=False)


class Recognition:
    """What the pages of one resource have in common, over all its walks."""

    def __init__(self) -> None:
        self._keys: set[Path] = set()
        self._all = _Common()
        self._walks: dict[int, _Common] = {}
        self._suspects: list[Suspect] = []
        self._signatures: set[int] = set()
        self.has_list = False

    def note(self, walk: int, request: PageRequest, page: Page) -> None:
        """Take in a page of a walk."""
        if page.is_single or not page.rows:
            self._suspect(walk, request, page)
            return
        # Its rows are left out of the envelope: by identity, or by being a list of objects.
        envelope = Envelope.of(page.body, page.rows)
        self.has_list = True
        self._keys |= envelope.scalars.keys() | envelope.filled
        fingerprint = hash((page.length, repr(page.rows[0]), repr(page.rows[-1])))
        self._all.add(envelope, walk)
        self._walks.setdefault(walk, _Common()).add(envelope, fingerprint)

    def _suspect(self, walk: int, request: PageRequest, page: Page) -> None:
        if page.body is None or page.refused:
            return
        envelope = Envelope.of(page.body, page.rows)
        told = {path: value for path, value in envelope.scalars.items() if not _is_free(path)}
        signature = hash((page.place, repr(sorted(told.items(), key=repr)), envelope.filled))
        # Thousands of children are empty in the same way: one of them stands for all.
        if signature in self._signatures or len(self._suspects) >= _MOST_SUSPECTS:
            return
        self._signatures.add(signature)
        suspect = Suspect(
            request, page.status, page.body, envelope, page.place, walk, _texts_of(request)
        )
        self._suspects.append(suspect)

    def end_walk(self, walk: int) -> Suspect | None:
        """Forget a walk; gives an answer of it that its own pages contradict."""
        common = self._walks.pop(walk, None)
        if common is None:
            return None
        own = [suspect for suspect in self._suspects if suspect.walk == walk]
        return next((one for one in own if self._is_contradicted(one, common.constants)), None)

    def contradicted(self) -> Suspect | None:
        """An answer that is no page of this resource, now that all of it was read."""
        if not self.has_list:
            return None
        constants = self._all.constants
        return next((one for one in self._suspects if self._is_contradicted(one, constants)), None)

    def open_question(self) -> Suspect | None:
        """An answer that one more page with rows may tell from an empty page.

        Where only one walk had rows, what is constant in it is known once it gave two pages.
        """
        if not self.has_list or len(self._all.seen) > 1:
            return None
        values = self._all.values
        return next((one for one in self._suspects if any(_contradictions(one, values))), None)

    def answered(self, walk: int, page: Page) -> Suspect | None:
        """The answer that is contradicted by one more page with rows of the only walk with any."""
        common = _Common(dict(self._all.values), set(self._all.seen))
        common.add(Envelope.of(page.body, page.rows), -1 - walk)
        return next(
            (
                one
                for one in self._suspects
                # With a list, another walk's answer may well differ: by the name of its parent.
                if (one.place is not Place.LIST or one.walk in self._all.seen)
                and self._is_contradicted(one, common.constants)
            ),
            None,
        )

    def is_usual(self, body: Mapping[str, Json]) -> bool:
        """Whether what an answer says of its success is what pages with rows say, too."""
        told = Envelope.of(reasons_in(body), None).scalars
        known = self._all.values
        return bool(told) and all(
            _is_same(known.get(path, VARIES), value) for path, value in told.items()
        )

    def _is_contradicted(self, suspect: Suspect, constants: Mapping[Path, Json | _Varies]) -> bool:
        if suspect.place is Place.ONE or not isinstance(suspect.body, dict | list):
            return True
        strange = suspect.envelope.filled - self._keys
        if any(not _is_free(path) and not self._is_link(suspect, path) for path in strange):
            return True
        return any(_contradictions(suspect, constants))

    @staticmethod
    def _is_link(suspect: Suspect, path: Path) -> bool:
        return is_link(suspect.envelope.scalars.get(path))


def _contradictions(suspect: Suspect, constants: Mapping[Path, Json | _Varies]) -> Iterator[Path]:
    """The places where an answer differs from what is constant; nothing and 0 do not."""
    for path, value in suspect.envelope.scalars.items():
        known = constants.get(path, VARIES)
        if known is VARIES or _is_same(known, value) or _is_free(path):
            continue
        flips = isinstance(value, bool) and isinstance(known, bool)
        if not flips and (not value or str(value) in suspect.echoed):
            continue
        if suspect.place is not Place.LIST or _is_word(value):
            yield path


def _is_same(known: object, value: object) -> bool:
    return type(known) is type(value) and bool(known == value)


def _is_word(value: Json) -> bool:
    """Whether a value says something of its own: no identifier, moment, version or hash."""
    if isinstance(value, str):
        return not is_link(value) and not any(sign.isdigit() for sign in value)
    return isinstance(value, bool) or (isinstance(value, int | float) and abs(value) <= _LARGEST)


def _is_free(path: Path) -> bool:
    """Whether a place speaks of paging, or of what moves, by any of the names that lead to it."""
    return any(_is_free_name(key) for key in path)


def _is_free_name(key: str) -> bool:
    known = name_of(key)
    if known in _STATES:
        return False
    words = {word.lower() for word in _WORD.findall(key)}
    return known in ENVELOPE or bool(words & _OF_PAGING) or bool(words & _MOVING)


def _texts_of(request: PageRequest) -> frozenset[str]:
    values = {value for _, value in request.query}
    return frozenset(values | set(request.url.partition("?")[0].split("/")))
