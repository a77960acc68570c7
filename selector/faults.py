"""What is wrong in a mapping, in words: each fault with its place, and the nearest known key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic.v1 import BaseModel
from pydantic.v1.fields import SHAPE_SINGLETON, ModelField
from pydantic.v1.utils import ROOT_KEY

from errors import Fault, Part

_REMEDIES: Mapping[str, str] = {
    "value_error.missing": "add it",
    "type_error.none.not_allowed": "give a value, or remove the key",
    "type_error.integer": "write a whole number",
    "type_error.bool": "write true or false",
    "type_error.str": "write a text, in quotes",
    "type_error.dict": "write keys below it, indented",
    "type_error.list": "write a list: '- ' before each element",
    "value_error.any_str.min_length": "write a text, or remove the key",
    "value_error.number.not_ge": "choose a value within these bounds",
    "value_error.number.not_le": "choose a value within these bounds",
}
"""What to do about an error of pydantic's own, by its type."""


def fault_of(
    error: Mapping[str, Any],
    mapping: Any,  # noqa: ANN401 — not yet checked
    model: type[BaseModel],
) -> Fault:
    """A fault of the mapping: its path, and in words its resource, by position and kind."""
    place = tuple(part for part in error["loc"] if part != ROOT_KEY)
    named: Sequence[str | int] = place
    match error:
        case {"type": "value_error.extra"}:
            *named, key = place
            problem, remedy = f"unknown key {key!r}", _nearest(str(key), _known_names(model, named))
        case {"ctx": {"problem": problem, "remedy": remedy}}:  # of a FieldError
            pass
        case {"ctx": {"given": given, "permitted": permitted}}:
            problem, remedy = f"is {given!r}", f"use one of {', '.join(map(str, permitted))}"
        case _:
            problem = error["msg"]
            remedy = _REMEDIES.get(error["type"], "correct the value")
    where = ""
    if len(named) > 1 and named[0] == "resources" and isinstance(named[1], int):
        resource = mapping["resources"][named[1]]
        kind = resource.get("kind") if isinstance(resource, Mapping) else None
        where = f"resource {named[1] + 1}" + (f" (kind {kind!r})" if kind else "")
        named = named[2:]
    where = ": ".join(filter(None, (where, ".".join(map(str, named)))))
    return Fault(Part(place, name=f"{where}:" if where else ""), problem, remedy)


def _known_names(model: type[BaseModel], place: Sequence[str | int]) -> set[str]:
    """The keys that may stand at a place of the mapping."""
    parts = iter(place)
    for part in parts:
        by_name = {name: field for field in model.__fields__.values() for name in _names(field)}
        field = by_name[str(part)]
        model = field.type_
        if field.shape != SHAPE_SINGLETON:
            next(parts, None)  # the position in a list, or the key of an object
    return {name for field in model.__fields__.values() for name in _names(field)}


def _names(field: ModelField) -> set[str]:
    return {field.name, field.alias}


def _nearest(name: str, known: set[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(known))}"
