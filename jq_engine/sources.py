"""What a jq program reads its items from: the places in a body that it starts from.

::

    [.data[]? | select(.on)]        data
    .groups[] | .rules[]?           rules, in each of groups
    .groups[0].rules                rules, in the first of groups
    (.items // .values // [])[]     items; values
    try .a.b[] catch empty          b, in a
    .meta as $m | .data             data
    map(.id)                        each of the body
    to_entries[] | .value.rules[]   rules, in each value of the body
    reverse | .[0]                  the body itself

Of jq this reads what ways to a list are written with. Of anything else it says that it reads
the body itself, which is always there: nothing is concluded from it.
https://jqlang.org/manual/
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from json_values import MISSING, Json, follow


class _Each:
    """The type of ``EACH``."""

    def __repr__(self) -> str:
        return "EACH"


EACH: Final = _Each()
"""The step into every element of a list, or every value of an object."""

_ENTRIES: Final = "to_entries()"
"""The step to what ``to_entries`` makes of an object; no key is called so in a program."""

Source = tuple[str | int | _Each, ...]
"""The way to a place in a body, by keys, indices and ``EACH``; () for the body itself."""

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<token> "(?:[^"\\]|\\.)*"          # a text
          | [.$@]?[A-Za-z_][A-Za-z0-9_:]*     # .key, $variable, @format, a name
          | \.\. | \?// | //=? | [-+*/%|=!<>]=
          | [0-9][0-9.]*
          | \S )
    """,
    re.VERBOSE,
)
_OPENING = frozenset({"(", "[", "{", "if"})
_CLOSING = frozenset({")", "]", "}", "end"})
_EITHER = (",", "//", "+")
_FILTERS = frozenset({"select", "arrays", "objects", "iterables", "values"})
_INDICES = MappingProxyType({"first": ".[0]", "last": ".[-1]"})
_LITERALS = frozenset({"", "empty", "null", "true", "false", "{}"})
_SCALAR = re.compile(r'"(?:[^"\\]|\\.)*"|[0-9][0-9.]*')
_STEP = re.compile(
    r"""\.?\[(?P<each>\])
      | \.?\[(?P<index>-?[0-9]+)\]
      | \.?\[-?[0-9]*:-?[0-9]*\]           # a slice is of the same rows
      | \.?\["(?P<bracketed>[^"\\]*)"\]
      | \."(?P<quoted>[^"\\]*)"
      | (?P<entries>to_entries)
      | \.(?P<plain>[A-Za-z_][A-Za-z0-9_]*)
      | \?
    """,
    re.VERBOSE,
)
_MOST = 50  # sources; a program can multiply them without end


def sources(program: str) -> tuple[Source, ...]:
    """The places that a program starts from; the body itself where that is not known.

    None at all for a program of literals alone.
    """
    tokens = [match["token"] for match in _TOKEN.finditer(program) if match["token"]]
    try:
        starts = _of(tokens)
    except RecursionError:
        starts = _BODY
    return tuple(dict.fromkeys(_of_values(start.source) for start in starts))


def _of_values(source: Source) -> Source:
    """A place without ``to_entries``: the value of an entry is one of the object's.

    Entries within rows may be anything.
    """
    if _ENTRIES not in source:
        return source
    at = source.index(_ENTRIES)
    before, entry, after = source[:at], source[at + 1 : at + 3], source[at + 3 :]
    if EACH in before:
        return before
    if entry == (EACH, "value"):
        return (*before, EACH, *_of_values(after))
    return (*before, EACH) if entry[:1] == (EACH,) else before


def leading_path(source: Source) -> tuple[str | int, ...]:
    """The keys and indices that lead to a place, or to the first list that is gone through."""
    at = source.index(EACH) if EACH in source else len(source)
    return tuple(step for step in source[:at] if not isinstance(step, _Each))


def list_paths(program: str) -> tuple[tuple[str, ...], ...]:
    """The keys that lead to what a program goes through, with ``[]``, ``map`` or an index."""
    ways = [
        tuple(step for step in source[:at] if isinstance(step, str))
        for source in sources(program)
        for at, into in enumerate(source)
        if not isinstance(into, str)
    ]
    return tuple(dict.fromkeys(filter(None, ways)))


def leads(body: Json, source: Source) -> bool:
    """Whether there is anything but null at a place; in an empty list there may be."""
    if not source:
        return body is not None
    step, rest = source[0], source[1:]
    if isinstance(step, str):
        return isinstance(body, dict) and step in body and leads(body[step], rest)
    if isinstance(step, int) and isinstance(body, list) and body:
        found = follow(body, (step,))
        return found is not MISSING and leads(found, rest)
    if not isinstance(body, dict | list):
        return False
    inner = body.values() if isinstance(body, dict) else body
    return not rest or not inner or any(leads(one, rest) for one in inner)


class _Start(Struct, frozen=True):
    """A place; ``exact`` when its value is what is handed on, rather than made from it."""

    source: Source = ()
    exact: bool = False

    def then(self, onward: _Start) -> _Start:
        """Where a program leads that hands this place on to another."""
        return _Start(self.source + onward.source, onward.exact) if self.exact else self


_BODY: Final = (_Start(),)
_HERE: Final = (_Start(exact=True),)


def _of(tokens: Sequence[str]) -> Sequence[_Start]:
    return _of_pipe(_split(tokens, "|"))


def _of_pipe(stages: Sequence[Sequence[str]]) -> Sequence[_Start]:
    stage, rest = stages[0], stages[1:]
    if rest and len(_split(stage, "as")) > 1 and stage[0] not in {"reduce", "foreach"}:
        # What is kept in a variable is not what the program reads its items from.
        return _of_pipe(rest)
    starts = [start for part in _split(stage, *_EITHER) for start in _of_term(part)]
    return _joined(starts, _of_pipe(rest) if rest else _HERE)


def _of_term(tokens: Sequence[str]) -> Sequence[_Start]:
    tokens = [_INDICES.get(token, token) for token in tokens] if len(tokens) == 1 else tokens
    match tokens:
        case ["try", *tried]:
            return _of_term(_split(tried, "catch")[0])
        case ["(", *_] | ["first" | "last" | "limit", "(", *_]:
            inner, after = _group(tokens[tokens.index("(") :])
            return _joined(_of(_split(inner, ";")[-1]), _steps(after))
        case ["[" | "map", *_]:
            inner = [".[]"] if tokens[0] == "map" else _group(tokens)[0]
            return [replace(start, exact=False) for start in _of(inner)]
        case [name, *after] if name in _FILTERS and (not after or not _group(after)[1]):
            return _HERE
        case [first, *_] if first == "to_entries" or (first.startswith(".") and first != ".."):
            return _steps(tokens)
    return () if "".join(tokens) in _LITERALS or _SCALAR.fullmatch("".join(tokens)) else _BODY


def _steps(tokens: Sequence[str]) -> Sequence[_Start]:
    """Where steps such as ``.a."b"[]?`` lead."""
    text = "".join(tokens)
    if text == ".":
        return _HERE
    source: list[str | int | _Each] = []
    end = 0
    while step := _STEP.match(text, end):
        if step.lastgroup == "each":
            source.append(EACH)
        elif step.lastgroup == "entries":
            source.append(_ENTRIES)
        elif step.lastgroup == "index":
            source.append(int(step["index"]))
        elif step.lastgroup:
            source.append(step[step.lastgroup])
        end = step.end()
    start = _Start(tuple(source), exact=end == len(text))
    # What stands in brackets goes on from there; an operator has another side.
    is_way = start.exact or text.startswith(("[", ".["), end)
    return (start,) if is_way else (start, *_BODY)


def _joined(starts: Sequence[_Start], onward: Sequence[_Start]) -> Sequence[_Start]:
    if len(starts) > _MOST:
        return _BODY
    joined = tuple(dict.fromkeys(start.then(one) for start in starts for one in onward))
    return joined if len(joined) <= _MOST else _BODY


def _split(tokens: Sequence[str], *separators: str) -> list[Sequence[str]]:
    """The parts between separators that stand in no brackets."""
    parts: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token in _OPENING) - (token in _CLOSING)
        if depth == 0 and token in separators:
            parts.append([])
        else:
            parts[-1].append(token)
    return list(parts)


def _group(tokens: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """What stands in the brackets that tokens begin with, and what comes after them."""
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token in _OPENING) - (token in _CLOSING)
        if depth == 0:
            return tokens[1:at], tokens[at + 1 :]
    return tokens[1:], ()
