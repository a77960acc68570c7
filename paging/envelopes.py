"""What stands around the list of an answer, and what several answers have in common there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final

from msgspec import Struct, field

from json_values import Json
from paging.model import Page

Path = tuple[str, ...]
"""Where a value stands in an answer: the keys that lead there."""

_DEEPEST = 4  # objects around a value of an envelope
_MOST_PATHS = 200  # of an envelope
_WORD = re.compile(r"[\w-]+")


class Varies(Enum):
    """The type of ``VARIES``, its only member."""

    VARIES = "varies"


VARIES: Final = Varies.VARIES
"""What stands for a value that was not the same everywhere."""


Envelope = Mapping[Path, Json]
"""What stands around the list of an answer, by place."""


def envelope_of(page: Page) -> Envelope:
    """What stands around the outermost of a page's lists."""
    rows = page.rows if page.outer is None else page.outer
    return {} if rows is page.body else dict(around(page.body, rows))


def scalars_in(envelope: Envelope) -> dict[Path, Json]:
    """The parts of an envelope that are no objects and no lists."""
    return {p: one for p, one in envelope.items() if not isinstance(one, dict | list)}


def told_in(envelope: Envelope) -> dict[Path, Json]:
    """The scalars of an envelope, and its lists of words for people: ``["no such page"]``."""
    lists = {p: one for p, one in envelope.items() if one and isinstance(one, list)}
    return scalars_in(envelope) | {p: one for p, one in lists.items() if is_sentence(one)}


def around(body: Json, rows: object, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """The values of a body by their places; what ``rows`` is lies within, and is left out."""
    if not isinstance(body, dict) or len(path) > _DEEPEST:
        return
    for key, value in list(body.items())[:_MOST_PATHS]:
        if value is rows and isinstance(value, list | dict):
            continue
        here = (*path, key)
        yield here, value
        yield from around(value, rows, here)


def type_of(value: Json) -> str:
    """The JSON type of a value: all numbers are of one."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if is_number else type(value).__name__


class Common(Struct):
    """What the scalars of some envelopes were, and ``VARIES`` where they were not the same."""

    values: dict[Path, Json | Varies] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def add(self, scalars: Mapping[Path, Json], of: int) -> None:
        """Fold in those of one more; ``of`` tells the pages, or the walks, apart."""
        for path, value in scalars.items():
            known = self.values.setdefault(path, value)
            if known is not VARIES and not is_same(known, value):
                self.values[path] = VARIES
        self.seen.add(of)

    @property
    def constants(self) -> Mapping[Path, Json | Varies]:
        """What was the same twice or more; nothing where there was but one."""
        return {} if len(self.seen) < 2 else self.same  # noqa: PLR2004 (one is no comparison)

    @property
    def same(self) -> Mapping[Path, Json]:
        """What was the same wherever it was, also once."""
        return {path: one for path, one in self.values.items() if one is not VARIES}


def is_same(known: object, value: object) -> bool:
    """Whether two values are equal, and of one type: 1 is not true."""
    return type(known) is type(value) and bool(known == value)


def said(part: tuple[Path, Json], asked: Mapping[str, str]) -> tuple[Path, str]:
    """A value at its place; of an object or a list only what it is, and whether it holds anything.

    Of a sentence the words that its request does not have: it may name what was asked for.
    """
    path, value = part
    if is_sentence(value):
        return path, " ".join(w for w in _WORD.findall(str(value)) if w not in asked.values())
    is_part = isinstance(value, dict | list)
    return path, f"{bool(value)} {type_of(value)}" if is_part else repr(value)


def is_sentence(value: Json) -> bool:
    """Whether a value is for people: words with blanks between them, or of no ASCII letters."""
    if isinstance(value, list):
        return all(map(is_sentence, value))
    return isinstance(value, str) and (" " in value.strip() or not value.isascii())
