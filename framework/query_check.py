"""Whether a query says true or false of each item: where it does not, Ocean only counts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from msgspec import Struct

from errors import MappingError, Part
from framework.fused_mapping import Evaluation, failure, found
from jq_engine.programs import jq_reason
from json_values import Json

_QUOTED = 60
"""Characters of a value that an error quotes; of a longer one it gives the type."""
# What YAML reads as a boolean (true, yes, on), and pydantic turns into text.
_UNQUOTED: Mapping[str, str] = {"True": "true", "False": "false"}


class QueryCheck(Struct):
    """What the query of one resource has said so far."""

    query: str
    items: int = 0
    unjudged: int = 0
    first_fault: str = ""

    def count(self, evaluations: Sequence[Evaluation]) -> None:
        """Count the items of a batch of which the query said neither true nor false."""
        unjudged = [evaluation for evaluation in evaluations if evaluation.passed is None]
        if unjudged and not self.unjudged:
            self.first_fault = what_it_gave(unjudged[0].query)
        self.items += len(evaluations)
        self.unjudged += len(unjudged)

    def refuse_unjudged(self) -> None:
        """Raise MappingError when the query did not say true or false of each item."""
        if self.unjudged:
            raise MappingError(
                f"{self.first_fault} for {self.unjudged} of {self.items} items, where a boolean is"
                " needed, true or false",
                remedy=_remedy(self.query, "make it a comparison that fits every item"),
                where=place_of(self.query),
            )


def refuse_no_program(query: str, fault: str | None) -> None:
    """Raise MappingError when the query is no jq program; ``fault`` is what jq said of it."""
    if fault is not None:
        raise MappingError(
            f"is not a jq program ({jq_reason(ValueError(fault))})",
            remedy=_remedy(query, "correct the expression"),
            where=place_of(query),
        )


def place_of(query: str) -> Part:
    """The place of a query in the mapping."""
    return Part(("selector", "query"), query, name="selector.query")


def _remedy(query: str, usual: str) -> str:
    if word := _UNQUOTED.get(query):
        return f"write '{word}' in quotes: without them YAML makes it a boolean"
    return usual


def what_it_gave(outcome: Json) -> str:
    """What an expression gave for an item, in words."""
    if (message := failure(outcome)) is not None:
        return f"failed ({jq_reason(ValueError(message))})"
    match value := found(outcome):
        case None:
            return "gave null" if outcome else "gave nothing"
        case list():
            return "gave an array"
        case dict():
            return "gave an object"
    named = {str: "gave the text", bool: "gave"}
    return _with_value(named.get(type(value), "gave the number"), value)


def _with_value(gave: str, value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return f"{gave} {text}" if len(text) <= _QUOTED else f"{gave} of {len(text)} characters"
