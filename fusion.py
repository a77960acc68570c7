"""One jq program for a whole mapping: built from its expressions, and its answers read.

A resource's `query` and every expression of its `mappings`, fused into one program over the array
of a batch's items, simplified::

    query: .open                   [.[] | . as $item
    identifier: .id                  | (try [first(.open)] catch {error: .}) as $passed
    properties:                      | [$passed] + if $passed == [true] then $item |
      size: .size | tonumber             [try [.id] catch …, try [first(.size | tonumber)] catch …]
                                       else [] end]

For each expression it gives ``[value]`` with the first output, ``[]`` when there was none, and
``{"error": …}`` when it failed before the first output. That is all Ocean asks jq about an item.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from lookup import Json, plain_path

# What would find something else in a fused program than alone: its line, the input, the end of the
# program, a label; `?//`, which takes the end of `first` for a failure; and the environment,
# which is Ocean's to give. A field has another meaning: `.input`.
_ALONE: Final = re.compile(
    r"(?<!\.)\b(env|ENV|__loc__|__jq|__prog_args|input\w*|debug|stderr|halt\w*|import|include"
    r"|modulemeta|get_search_list)\b|\?//"
)
_CONSTANT: Final = re.compile(r'\s*("[^"\\]*"|-?\d+(\.\d+)?|true|false|null)\s*')
_TO_TEXT: Final = re.compile(r"\|\s*tostring\s*$")


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression of a mapping: its place (``properties.url``) and its jq, as written."""

    path: str
    jq: str


@dataclass(frozen=True, slots=True)
class Failure:
    """An expression that failed on an item, and what jq said."""

    expression: Expression
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one item came to.

    ``passed``: whether the query lets it pass; None when it gave no boolean. ``values`` are what
    the expressions found, in their order, None for nothing; empty when they were not run.
    """

    passed: bool | None
    values: list[Json]
    failures: list[Failure]


@dataclass(frozen=True, slots=True)
class FusedMapping:
    """A mapping as one jq program.

    ``program`` takes the array of a batch's items and gives an array of as many answers.
    ``shape`` is the mapping with numbers in place of its expressions.
    """

    program: str
    expressions: tuple[Expression, ...]
    shape: Json

    def read(self, answer: Json) -> Reading:
        """What the program's answer about one item says."""
        query, *found = answer
        passed = _value(query)
        return Reading(
            passed=passed if isinstance(passed, bool) else None,
            values=[_value(outcome) for outcome in found],
            failures=[
                Failure(expression, _message(outcome["error"]))
                for expression, outcome in zip(self.expressions, found, strict=False)
                if isinstance(outcome, dict)
            ],
        )

    def entity(self, values: list[Json]) -> Json:
        """The mapping with what its expressions found in their places."""
        return _filled(self.shape, values) if values else {}


def fuse(
    mappings: Mapping[str, Json],
    query: str,
    compiled: Callable[[str], str],
    *,
    ask_all: bool = False,
) -> FusedMapping | None:
    """A mapping and its query as one program; None when they cannot be fused.

    ``compiled`` gives the jq that an expression is run as, and raises ValueError when that is no
    program. ``ask_all``: the expressions are run for items too that do not pass the query.
    """
    expressions: list[Expression] = []
    shape = _shape(mappings, "", expressions)
    if not all(_can_fuse(text) for text in (query, *(one.jq for one in expressions))):
        return None
    try:
        # Alone each must be a program: two that are none may well make one, `.a) | (.b`.
        asked = compiled(query)
        tries = [_try(one.jq, compiled(one.jq)) for one in expressions]
    except ValueError:
        return None
    program = (
        f"[.[] | . as $item | ({_try(query, asked)}) as $passed | [$passed] +"
        f" if {'true' if ask_all else '$passed == [true]'}"
        f" then ($item | [{', '.join(tries)}]) else [] end]"
    )
    return FusedMapping(program=program, expressions=tuple(expressions), shape=shape)


def _can_fuse(text: Json) -> bool:
    return isinstance(text, str) and not _ALONE.search(text)


def _try(text: str, program: str) -> str:
    """A program with its outcome captured; only its first output is asked for.

    The blank line ends a comment at its end, even one that goes on after a backslash.
    """
    one = f"{program}\n\n"
    return f"try [{one if _has_one_output(text) else f'first({one})'}] catch {{error: .}}"


def _has_one_output(text: str) -> bool:
    """Whether an expression is sure to have no second output: `first` costs more than a path."""
    text = _TO_TEXT.sub("", text)
    return plain_path(text) is not None or _CONSTANT.fullmatch(text) is not None


def _shape(node: Json, path: str, expressions: list[Expression]) -> Json:
    """The mapping with each expression replaced by its number, the expressions collected.

    As in Ocean, the elements of a list share its path.
    """
    match node:
        case Mapping():
            return {
                key: _shape(inner, f"{path}.{key}" if path else key, expressions)
                for key, inner in node.items()
            }
        case list():
            return [_shape(inner, path, expressions) for inner in node]
        case _:
            expressions.append(Expression(path, node))
            return len(expressions) - 1


def _filled(shape: Json, values: list[Json]) -> Json:
    match shape:
        case int():
            return values[shape]
        case dict():
            return {key: _filled(inner, values) for key, inner in shape.items()}
        case _:
            return [_filled(inner, values) for inner in shape]


def _value(outcome: Json) -> Json:
    """The first output of an expression; None when it had none, or failed before it."""
    return outcome[0] if isinstance(outcome, list) and outcome else None


def _message(error: Json) -> str:
    """An error as jq.py tells it."""
    return error if isinstance(error, str) else json.dumps(error)
