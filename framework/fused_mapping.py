"""One jq program for a whole mapping: built from its expressions, and its answers read.

A resource's `query` and every expression of its `mappings`, fused into one program over the array
of a batch's items, simplified::

    query: .open                   [.[] | . as $item
    identifier: .id                  | (try [first(.open)] catch {error: .}) as $passed
    properties:                      | [$passed] + if $passed == [true] then $item |
      size: .size | tonumber             [try [.id] catch …, try [first(.size | tonumber)] catch …]
                                       else [] end]

For each expression it gives an outcome: ``[value]`` with the first output, ``[]`` when there was
none, and ``{"error": …}`` when it failed before the first output. That is all Ocean asks jq about
an item. An expression that is no program has an ``{"error": …}`` for every item.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, cast

from msgspec import Struct

from errors import Part
from jq_engine.paths import plain_path
from json_values import Json

# `$__loc__` gives the line it stands in: that has to be the line of the expression by itself.
_LINE: Final = "__loc__"
# What gets in the way of `first`, which ends by a `break`: `?//` takes that for a failure and
# tries the next alternative; an error with this key may be taken for one. Where they are used, all
# outputs are asked for.
_NO_FIRST: Final = re.compile(r"\?//|__jq")
_CONSTANT: Final = re.compile(r'\s*("[^"\\]*"|-?\d+(\.\d+)?|true|false|null)\s*')
_TO_TEXT: Final = re.compile(r"\|\s*tostring\s*$")

MAPPINGS: Final = ("port", "entity", "mappings")
"""The keys of a resource under which the expressions stand."""


class Expression(Struct, frozen=True):
    """One expression of a mapping: its keys (``properties``, ``url``) and its jq, as written."""

    keys: tuple[str, ...]
    jq: str | None

    @property
    def path(self) -> str:
        """The keys as Ocean writes them: ``properties.url``."""
        return ".".join(self.keys)

    @property
    def place(self) -> Part:
        """Where it stands in the mapping."""
        return Part((*MAPPINGS, *self.keys), self.jq)


class Program(Struct, frozen=True):
    """What an expression is run as; where it is no program, ``fault`` says why."""

    jq: str
    fault: str | None = None


class Failure(Struct, frozen=True):
    """An expression that failed on an item, and what jq said."""

    expression: Expression
    message: str


class Evaluation(Struct, frozen=True):
    """What one item came to.

    ``query`` is the outcome of the query. ``values`` are what the expressions found, in their
    order, None for nothing; empty when they were not run.
    """

    query: Json
    values: list[Json]
    failures: list[Failure]

    @property
    def passed(self) -> bool | None:
        """Whether the query lets the item pass; None when it gave no boolean."""
        value = found(self.query)
        return value if isinstance(value, bool) else None


class FusedMapping(Struct, frozen=True):
    """A mapping as one jq program.

    ``program`` takes the array of a batch's items and gives an array of as many answers. Where
    an expression needs a program of its own, ``apart`` has that by the expression's number: it
    takes the items that ``asks`` says yes to, and gives an outcome for each.
    """

    program: str
    mappings: Mapping[str, Json]
    expressions: tuple[Expression, ...]
    apart: Mapping[int, str]

    def asks(self, answer: list[Json]) -> bool:
        """Whether the expressions were run on the item of this answer."""
        return len(answer) > 1

    def read(self, answer: list[Json]) -> Evaluation:
        """What the program's answer about one item says."""
        query, *outcomes = answer
        return Evaluation(
            query=query,
            values=[found(outcome) for outcome in outcomes],
            failures=[
                Failure(expression, message)
                for expression, outcome in zip(self.expressions, outcomes, strict=False)
                if (message := failure(outcome)) is not None
            ],
        )

    def entity(self, values: list[Json]) -> dict[str, Json]:
        """The mapping with what its expressions found in their places; {} where none was run."""
        if not values:
            return {}
        in_order = iter(values)
        return {key: _filled(node, in_order) for key, node in self.mappings.items()}


def expressions_of(mappings: Mapping[str, Json]) -> tuple[Expression, ...]:
    """The expressions of a mapping, in the order of a fused mapping's."""
    return tuple(_expressions(mappings, ()))


def fuse(
    mappings: Mapping[str, Json],
    query: Program,
    programs: Mapping[str | None, Program],
    *,
    ask_all: bool = False,
) -> FusedMapping:
    """A mapping and its query as one program.

    ``programs`` has one for each expression. Each has to be a program by itself: two that are
    none may well make one, ``.a) | (.b``. ``ask_all``: the expressions are run for items too
    that do not pass the query.
    """
    expressions = expressions_of(mappings)
    judged = [programs[expression.jq] for expression in expressions]
    apart = {
        number: f"[.[] | {capture(program)}]"
        for number, program in enumerate(judged)
        if _LINE in program.jq
    }
    together = ("null" if number in apart else capture(one) for number, one in enumerate(judged))
    asked = "$passed == [true]" + (" or $passed == [false]" if ask_all else "")
    # Up to the query there is no line break: it stands in the first line, as by itself.
    program = (
        f"[.[] | . as $item | ({capture(query)}) as $passed | [$passed] +"
        f" if {asked} then ($item | [{', '.join(together)}]) else [] end]"
    )
    return FusedMapping(program, mappings, expressions, apart)


def capture(program: Program) -> str:
    """A program that gives the outcome of a program.

    The blank line ends a comment at its end, even one that goes on after a backslash.
    """
    if program.fault is not None:
        return f"{{error: {json.dumps(program.fault)}}}"
    one = f"{program.jq}\n\n"
    if _NO_FIRST.search(one):
        return f"([try (({one}) | [.]) catch {{error: .}}] | .[0] // [])"
    return f"try [{one if _has_one_output(program.jq) else f'first({one})'}] catch {{error: .}}"


def found(outcome: Json) -> Json:
    """The first output of an expression; None when it had none, or failed before it."""
    return outcome[0] if isinstance(outcome, list) and outcome else None


def failure(outcome: Json) -> str | None:
    """The error of an expression in the words of jq.py; None when it did not fail."""
    if not isinstance(outcome, dict):
        return None
    error = outcome["error"]
    return error if isinstance(error, str) else json.dumps(error)


def _has_one_output(jq: str) -> bool:
    """Whether a program is sure to have no second output: `first` costs more than a path."""
    jq = _TO_TEXT.sub("", jq)
    return plain_path(jq) is not None or _CONSTANT.fullmatch(jq) is not None


def _expressions(node: object, keys: tuple[str, ...]) -> Iterator[Expression]:
    """As in Ocean, the elements of a list share its keys."""
    match node:
        case Mapping():
            for key, inner in node.items():
                yield from _expressions(inner, (*keys, key))
        case list():
            for inner in node:
                yield from _expressions(inner, keys)
        case _:
            yield Expression(keys, cast("str | None", node))  # as Ocean's model has it


def _filled(node: Json, values: Iterator[Json]) -> Json:
    """A part of the mapping with the next values in place of its expressions."""
    match node:
        case dict():
            return {key: _filled(inner, values) for key, inner in node.items()}
        case list():
            return [_filled(inner, values) for inner in node]
        case _:
            return next(values)
