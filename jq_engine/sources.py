"""What a jq program reads its items from: the places in a body that it starts from.

::

    [.data[]? | select(.on)]        data
    .groups[] | .rules[]?           rules, in each of groups
    .groups[0].rules                rules, in the first of groups
    (.items // .values // [])[]     items; values
    try .a.b[] catch empty          b, in a
    .meta as $m | .data             data
    . as $all | $all.data[]         data
    if .a then .a else .b end       a; b
    map(.id)                        each of the body
    to_entries[] | .value.rules[]   rules, in each value of the body
    reverse | .[0]                  the body itself

Of jq this reads what ways to a list are written with. Of anything else it says that it reads
the body itself, which is always there: nothing is concluded from it.
https://jqlang.org/manual/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain, takewhile
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
_LOOPS = frozenset({"reduce", "foreach"})
_OPERATORS = (*_EITHER, "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "and", "or")
_BINDING = frozenset({"as", "def", "reduce", "foreach", "label", "import", "include"})
_INSIDE = re.compile(r"\\\(([^()\"]*)\)")  # of a text: "\(.a)"
_GROUP = re.compile(r"[(\[]|if\b|(first|last|limit)\(|getpath\(\[")
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
    tokens = _tokens(program)
    try:
        starts = _of(tokens, (_Start(exact=True),), {})
    except RecursionError:
        starts = (_Start(),)
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


def paths_read(program: str) -> tuple[tuple[str, ...], ...]:
    """The keys that lead to all that a program reads, () where that is not known: ``.a + .b``.

    What has the same values there gives the same outputs.
    """
    tokens = _tokens(program)
    try:
        read = _read(tokens)
    except (RecursionError, _UnknownError):
        return ()
    return tuple(dict.fromkeys(read))


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


type _Starts = Sequence[_Start]
type _Kept = Mapping[str, _Starts]
"""What variables hold."""


def _of(tokens: Sequence[str], here: _Starts, kept: _Kept) -> _Starts:
    """The places that a program reads, of which each stage takes what the one before gave."""
    for stage in _split(tokens, "|"):
        value, *names = _split(stage, "as")
        if names and stage[0] not in _LOOPS:
            # What is kept in a variable is read where that stands.
            held = _of(value, here, kept)
            held = held if len(names[0]) == 1 else _made(held)
            kept = {**kept, **dict.fromkeys(chain.from_iterable(names), held)}
        elif stage[:1] != ["label"]:
            here = _of_stage(stage, here, kept)
    return here


def _of_stage(stage: Sequence[str], here: _Starts, kept: _Kept) -> _Starts:
    sides = _split(stage, *_EITHER)
    # ``. + {more: 1}``: an object that is made adds to the other side.
    sides = [side for side in sides if side[:1] != ["{"]] or sides
    starts = dict.fromkeys(start for side in sides for start in _of_term(side, here, kept))
    return tuple(starts) if len(starts) <= _MOST else _made(here)


def _of_term(tokens: Sequence[str], here: _Starts, kept: _Kept) -> _Starts:
    tokens = [_INDICES.get(token, token) for token in tokens] if len(tokens) == 1 else tokens
    text = "".join(tokens)
    if text in _LITERALS or _SCALAR.fullmatch(text):
        return ()
    starts, after = here, tokens
    match tokens:
        case ["try", *tried]:
            starts, after = _of_term(_split(tried, "catch")[0], here, kept), ()
        case ["map", *_]:
            starts, after = _made(_stepped(here, [".[]"])), ()
        case [loop, *source] if loop in _LOOPS:
            starts, after = _made(_of(_split(source, "as")[0], here, kept)), ()
        case [name, *more] if name in kept:
            starts, after = kept[name], more
        case [_, *more] if _GROUP.match(text):
            starts, after = _of_group(tokens, here, kept)
        case [name, *more] if name in _FILTERS and (not more or not _group(more)[1]):
            after = ()
        case [first, *_] if first != "to_entries" and (first[:1] != "." or first == ".."):
            starts, after = _made_of(tokens, here, kept), ()
    return _stepped(starts, after)


def _of_group(tokens: Sequence[str], here: _Starts, kept: _Kept) -> tuple[_Starts, Sequence[str]]:
    """The places that a term in brackets reads, and the steps that follow it."""
    first = tokens[0]
    inner, after = _group(tokens if first in _OPENING else tokens[1:])
    if first == "[":
        return _made(_of(inner, here, kept)), after
    if first == "getpath":
        return _stepped(here, [f"[{''.join(key)}]" for key in _split(inner[1:-1], ",")]), after
    if first != "if":
        return _of(_split(inner, ";")[-1], here, kept), after
    _, *branches = _split(inner, "then", "elif", "else")
    branches += [] if len(branches) % 2 == 0 else [["."]]
    given = [_of(branch, here, kept) for branch in (*branches[:-1:2], branches[-1])]
    # By a branch of literals, the program itself says when nothing is there.
    given += [] if all(given) else [_made(here)]
    return [start for starts in given for start in starts], after


def _made(starts: _Starts) -> _Starts:
    """Places that something else is made from."""
    return [replace(start, exact=False) for start in starts]


def _made_of(tokens: Sequence[str], here: _Starts, kept: _Kept) -> _Starts:
    """What anything else is made of: what it is given, or variables that go through a list."""
    named = [start for token in tokens for start in kept.get(token, ()) if EACH in start.source]
    is_each = any(EACH in start.source for start in here)
    return _made(named if named and not is_each else here)


def _stepped(starts: _Starts, tokens: Sequence[str]) -> _Starts:
    """Where steps such as ``.a."b"[]?`` lead from some places."""
    text = "".join(tokens)
    if text == ".":
        return starts
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
    onward = _Start(tuple(source), exact=end == len(text))
    # What stands in brackets goes on from there; an operator has another side.
    is_way = onward.exact or text.startswith(("[", ".["), end)
    return [*(start.then(onward) for start in starts), *(() if is_way else _made(starts))]


class _UnknownError(Exception):
    """What a program reads is not known."""


def _read(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    """What a program reads: with its first stage alone, as the others have what that gives."""
    if not _BINDING.isdisjoint(tokens):
        raise _UnknownError
    sides = _split(_split(tokens, "|")[0], *_OPERATORS)
    return [path for side in sides for path in _read_by(side)]


def _read_by(term: Sequence[str]) -> list[tuple[str, ...]]:
    text = "".join(term)
    if not term or (_SCALAR.fullmatch(text) and "\\(" not in text):
        return []
    if len(term) == 1 and text.startswith('"'):
        parts = _INSIDE.findall(text)
        if len(parts) != text.count("\\("):
            raise _UnknownError
        return [path for part in parts for path in _read(_tokens(part))]
    if term[0] in {"(", "[", "if"}:
        inner, after = _group(term)
        parts = _split(inner, "then", "elif", "else") if term[0] == "if" else [inner]
        steps = _stepped((_Start(exact=True),), after)
        if not all(step.exact for step in steps) or (term[0] == "if" and len(parts) % 2 == 0):
            raise _UnknownError
        return [path for part in parts for path in _read(part)]
    (start, *_) = _stepped((_Start(exact=True),), term)
    # An index or ``[]`` behind it reads no more than what is there.
    path = tuple(str(step) for step in takewhile(lambda step: isinstance(step, str), start.source))
    if not text.startswith(".") or not start.exact or not path:
        raise _UnknownError
    return [path]


def _tokens(program: str) -> list[str]:
    return [match["token"] for match in _TOKEN.finditer(program) if match["token"]]


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
