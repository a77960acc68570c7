"""Whether a value of an answer follows its request or its rows: an echo, a position, a count.

::

    {"startIndex": 5, "endIndex": 8, "cost": 6}   four rows, for ?page=2&size=4
    {"startIndex": 9, "endIndex": 8, "cost": 2}   none, for ?page=3&size=4

Such a number is a sum: of a position that was asked for, of the rows where it counts them, and of
something that is always the same. An answer without rows that has the same sum as all pages with
rows is not told from them by that number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import permutations
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from msgspec import Struct
from msgspec.structs import replace

from json_values import Json
from paging.envelopes import Path, around
from paging.model import PageRequest
from paging.signals import whole_number

_WORD = re.compile(r"\w+")
_FEWEST_WORDS = 2  # of a text that repeats something among its own words
_FAR = 5  # how far a number moves with what it follows when that is no chance


class Answered(Struct, frozen=True):
    """What was asked for, part by part, and the number of rows and the scalars that came."""

    parts: Mapping[str, str]
    rows: int
    scalars: Mapping[Path, Json]


class Sum(NamedTuple):
    """What a number may be made of.

    ``names``: the parts of the request, two for a page times its size; ``first``: the number of the
    first page; ``counts_rows``: whether the rows are in it; ``rest``: what is always the same.
    """

    names: tuple[str, ...]
    first: int
    counts_rows: bool
    rest: int

    def tells(self, before: int, value: int, *, is_moving: bool) -> bool:
        """Whether a number is no code, which such a sum fits by chance: some fit any number.

        ``before`` is what it was beside rows.
        """
        if not self.names:
            # Less by what came less, as the cost of a query is: no code goes down with the rows.
            # Codes of success are 0 and 1, before -1 for a failure; a last index may be so, too.
            is_last_index = value == -1 and before > 1
            return self.counts_rows and (value > 0 or is_last_index)
        is_position = len(self.names) == 1 and self.rest == 0 and not self.counts_rows
        return is_moving or is_position


def parts_of(request: PageRequest) -> dict[str, str]:
    """What an answer may repeat of a request: its path, its parameters, the scalars of its body."""
    path, _, query = request.url.partition("?")
    parts = {f"/{at}": part for at, part in enumerate(path.split("/"))}
    parts |= dict(parse_qsl(query)) | dict(request.params)
    if request.body is not None:
        scalars = around(request.body, None)
        parts |= {".".join(path): str(one) for path, one in scalars if isinstance(one, str | int)}
    return parts


def is_echo(known: Json, value: Json, asked: Mapping[str, str], parts: Mapping[str, str]) -> bool:
    """Whether two values are the texts of one part, each of that in its own request."""
    return any(part == str(known) and parts.get(name) == str(value) for name, part in asked.items())


def is_echo_within(
    path: Path, pages: Sequence[Answered], asked: Mapping[str, str], beyond: Sequence[Answered]
) -> bool:
    """Whether the text at a place differs from the ``pages``' in words alone that follow requests.

    It does as a link, a range or a sentence with what was asked for in it: ``/things?offset=20``.
    ``asked`` and ``beyond`` are as for ``is_in_step``. Where there are more words, or fewer, those
    that only one text has are of the parts of its request that only this request had. 0 may stand
    for any number, as it may alone.
    """
    parts = beyond[0].parts
    ours, *theirs = (_words(one.scalars.get(path)) for one in (beyond[0], *pages))
    known = next(filter(None, theirs), [])
    if min(len(ours), len(known)) < _FEWEST_WORDS:
        return False
    if len(ours) == len(known):
        return all(
            one == other
            or (other == "0" and one.isdigit())
            or _names(one, other, asked, parts)
            or is_in_step((*path, str(at)), _at(at, path, pages), asked, _at(at, path, beyond))
            for at, (one, other) in enumerate(zip(known, ours, strict=True))
        )
    gone, new = Counter(known) - Counter(ours), Counter(ours) - Counter(known)
    before, now = _told(asked.items() - parts.items()), _told(parts.items() - asked.items())
    return len(gone) < len(known) and gone.keys() <= before and new.keys() <= now


def _words(value: Json) -> list[str]:
    return _WORD.findall(unquote(value)) if isinstance(value, str) else []


def _names(one: str, other: str, asked: Mapping[str, str], parts: Mapping[str, str]) -> bool:
    """Whether two words are of one part, each of that in its own request."""
    return any(one in _words(was) and other in _words(parts.get(n)) for n, was in asked.items())


def _at(number: int, path: Path, answers: Sequence[Answered]) -> list[Answered]:
    """Answers with one word of a text in the place of all."""
    texts = ((one, _words(one.scalars.get(path))) for one in answers)
    here = (*path, str(number))
    return [replace(one, scalars={here: w[number]}) for one, w in texts if len(w) > number]


def _told(parts: Iterable[tuple[str, str]]) -> set[str]:
    return {word for part in parts for text in part for word in _words(text)}


def is_in_step(
    path: Path, pages: Sequence[Answered], asked: Mapping[str, str], beyond: Sequence[Answered]
) -> bool:
    """Whether the number at a place of an answer without rows is the same sum as in the ``pages``.

    ``asked``: the parts that were the same in all requests for those. ``beyond``: the answer, and
    others without rows, to other positions: a number that moves along with them is no code.
    """
    known, empty = ([one for one in some if path in one.scalars] for some in (pages, beyond))
    if not known:
        return False  # only pages have it that are as long as one that is kept
    names = {name for page in pages for name in page.parts}
    # What was not asked for so far began at 0.
    new = {name: "0" for one in empty for name in one.parts.keys() - names}
    same = reduce(frozenset.__and__, (_sums(path, one, new) for one in (*known, *empty)))
    before, value, *others = (_number(one.scalars[path]) or 0 for one in (*known[:1], *empty))
    is_moving = abs(value - before) >= _FAR or any(other != value for other in others)
    # What counts no rows was the same for all pages: then so was what it is made of.
    given = asked.keys() | new.keys()
    sums = (one for one in same if one.counts_rows or given >= {*one.names})
    return any(one.tells(before, value, is_moving=is_moving) for one in sums)


def _sums(path: Path, page: Answered, new: Mapping[str, str]) -> frozenset[Sum]:
    """The sums that a number of an answer may be; none for what is no number."""
    number = _number(page.scalars[path])
    if number is None:
        return frozenset()
    return frozenset(
        Sum(names, first, counts_rows, number - asked - rows)
        for names, first, asked in _positions({**new, **page.parts})
        for counts_rows, rows in ((False, 0), (True, page.rows))
    )


def _number(value: Json) -> int | None:
    """A whole number, as one or as a text, also below 0: the last index of no rows is -1."""
    text = str(value)
    size = whole_number(text[1:] if text.startswith("-") else value)
    return -size if size and text.startswith("-") else size


def _positions(parts: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """What a request may say of a position: nothing, a number, or a page times its size."""
    told = {name: one for name, part in parts.items() if (one := whole_number(part)) is not None}
    yield (), 0, 0
    yield from (((name,), 0, number) for name, number in told.items())
    for (page, number), (size, length) in permutations(told.items(), 2):
        yield from (((page, size), first, (number - first) * length) for first in (0, 1))
