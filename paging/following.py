"""Whether a value of an answer without rows follows its request or its rows: no code does.

::

    {"from": 0, "cost": 6}   four rows, for ?page=1&size=4
    {"from": 4, "cost": 2}   none, for ?page=2&size=4
    {"from": 28, "cost": 2}  none, far behind the list

It repeats what was asked for, grows with the position, or is less by just what came less.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, unquote

from json_values import Json
from paging.envelopes import Path, around
from paging.model import PageRequest
from paging.signals import whole_number

_WORD = re.compile(r"\w+")
_FEWEST_WORDS = 2  # of a text that repeats something among its own words


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


def grows(known: Json, value: Json, far: Json) -> bool:
    """Whether a number is larger than beside rows, and larger still ``far`` behind the list."""
    numbers = [whole_number(one) for one in (known, value, far)]
    before, here, there = (-1 if one is None else one for one in numbers)
    return 0 <= before < here < there


def moves_along(
    path: Path, value: Json, pages: Mapping[int, Mapping[Path, Json]], new: Iterable[str]
) -> bool:
    """Whether a number is larger by one of the ``new`` ones than in each of some ``pages``.

    Those no request before had: with the rows that did not come, or without them.
    """
    here = whole_number(value) or 0
    told = [(rows, whole_number(one[path])) for rows, one in pages.items() if path in one]
    by = [(rows, here - one) for rows, one in told if one is not None and here > one]
    moved = {whole_number(one) or 0 for one in new} - {0}
    is_larger = bool(told) and len(by) == len(told)
    return is_larger and any(all(more in {at, at - rows} for rows, more in by) for at in moved)


def counts_rows(path: Path, value: Json, pages: Mapping[int, Mapping[Path, Json]]) -> bool:
    """Whether a number is less by the rows that did not come than in each of some ``pages``.

    As the cost of a query is, or the last index; codes of success are 0 and 1, before -1 for a
    failure.
    """
    number = _number(value)
    told = [(rows, _number(one[path])) for rows, one in pages.items() if path in one]
    is_sum = bool(told) and all(one == number + rows for rows, one in told)
    return is_sum and (number > 0 or (number < 0 and all(one > 1 for _, one in told)))


def _number(value: Json) -> int:
    """A whole number, as one or as a text, also -1; 0 for anything else."""
    return -1 if str(value) == "-1" else whole_number(value) or 0


def is_echo_within(
    known: Json, value: Json, far: Json, asked: Mapping[str, str], parts: Mapping[str, str]
) -> bool:
    """Whether two texts differ in words alone that follow their requests.

    As a link, a range or a sentence with what was asked for in it does: ``/things?offset=20``;
    ``far``: the text far behind the list. Where there are more words, or fewer, those that only one
    text has are of the parts of its request that only this request had. 0 may stand for any number,
    as it may alone.
    """
    before, ours, there = _words(known), _words(value), _words(far)
    if min(len(ours), len(before)) < _FEWEST_WORDS:
        return False
    if len(ours) == len(before):
        there = there if len(there) == len(ours) else ours
        return all(
            one == other
            or (other == "0" and one.isdigit())
            or _names(one, other, asked, parts)
            or grows(one, other, behind)
            for one, other, behind in zip(before, ours, there, strict=True)
        )
    gone, new = Counter(before) - Counter(ours), Counter(ours) - Counter(before)
    was, now = _told(asked.items() - parts.items()), _told(parts.items() - asked.items())
    return len(gone) < len(before) and gone.keys() <= was and new.keys() <= now


def _words(value: Json) -> list[str]:
    return _WORD.findall(unquote(value)) if isinstance(value, str) else []


def _names(one: str, other: str, asked: Mapping[str, str], parts: Mapping[str, str]) -> bool:
    """Whether two words are of one part, each of that in its own request."""
    return any(one in _words(was) and other in _words(parts.get(n)) for n, was in asked.items())


def _told(parts: Iterable[tuple[str, str]]) -> set[str]:
    return {word for part in parts for text in part for word in _words(text)}
