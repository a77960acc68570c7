"""How an upsert changes an entity, and whether a blueprint admits the result: no storage here."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from msgspec import UNSET

from workbench.store.formats import FORMATS
from workbench.store.model import (
    Author,
    Blueprint,
    Entity,
    EntityBody,
    InvalidError,
    Json,
    JsonObject,
    PropertySchema,
)

_PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}

_BOUNDS: Final[Mapping[str, tuple[type | tuple[type, ...], Callable[[Any, Any], object]]]] = {
    "pattern": (str, lambda value, bound: _matches(bound, value)),
    "min_length": (str, lambda value, bound: len(value) >= bound),
    "max_length": (str, lambda value, bound: len(value) <= bound),
    "minimum": ((int, float), lambda value, bound: value >= bound),
    "maximum": ((int, float), lambda value, bound: value <= bound),
    "exclusive_minimum": ((int, float), lambda value, bound: value > bound),
    "exclusive_maximum": ((int, float), lambda value, bound: value < bound),
    "min_items": (list, lambda value, bound: len(value) >= bound),
    "max_items": (list, lambda value, bound: len(value) <= bound),
    "unique_items": (list, lambda value, bound: not bound or _are_unique(value)),
}
"""The bounds of JSON Schema: of which type the values are that each is about, and what it says."""
_NAMES: Final = dict(
    zip(PropertySchema.__struct_fields__, PropertySchema.__struct_encode_fields__, strict=True)
)
"""The fields of a property as a blueprint has them."""


def apply(body: EntityBody, base: Entity, *, relations: JsonObject, author: Author) -> Entity:
    """The entity `base` with what `body` sets written over it, property by property.

    `base` is the stored entity for a merge, a bare one otherwise; `relations` are those of the
    body with identifiers in place of search queries.
    """
    return replace(
        base,
        title=base.title if body.title is UNSET else body.title,
        icon=base.icon if body.icon is UNSET else body.icon,
        team=base.team if body.team is UNSET else body.team,
        properties={**base.properties, **body.properties},
        relations={**base.relations, **relations},
        author=author,
    )


@dataclass(frozen=True)
class EntityFault:
    """What a blueprint does not admit in an entity: a property or relation, and its value.

    ``bound``: the key of the blueprint that alone refuses the value, such as ``maximum``.
    """

    part: Literal["property", "relation"]
    name: str
    problem: str
    value: Json = None
    sentence: str = ""
    bound: str = ""

    def __str__(self) -> str:
        return self.sentence or f"the {self.part} {self.name} {self.problem}"


def check(entity: Entity, blueprint: Blueprint) -> None:
    """Raise InvalidError with every fault of an entity that its blueprint does not admit."""
    if faults := faults_of(entity.properties, entity.relations, blueprint):
        raise InvalidError("; ".join(map(str, faults)))


def faults_of(
    properties: JsonObject, relations: JsonObject, blueprint: Blueprint
) -> list[EntityFault]:
    """Everything in an entity that its blueprint does not admit."""
    return [
        *_property_faults(properties, blueprint),
        *_relation_faults(relations, blueprint),
    ]


def targets(value: Json) -> list[str]:
    """The identifiers in a relation's value: none in null, several in a list."""
    values = value if isinstance(value, list) else [value]
    return [identifier for identifier in values if isinstance(identifier, str)]


def without_target(entity: Entity, relation: str, target: str) -> Entity:
    """The entity without `target` in its relation: off the list, or null."""
    value = entity.relations[relation]
    left: Json = [item for item in value if item != target] if isinstance(value, list) else None
    return replace(entity, relations={**entity.relations, relation: left})


def _property_faults(properties: JsonObject, blueprint: Blueprint) -> Iterator[EntityFault]:
    for name in _missing(properties, blueprint.schema.required):
        yield EntityFault("property", name, "is required")
    for name, value in properties.items():
        schema = blueprint.schema.properties.get(name)
        if schema is None:
            unknown = f"the blueprint {blueprint.identifier} has no property {name}"
            yield EntityFault("property", name, "is unknown", value, unknown)
        elif value is not None and not _fits(value, schema):
            bound = broken_bound(value, schema)
            told = f"{_describe(schema)} with the {bound} of the blueprint" if bound else ""
            problem = f"must be {told or _describe(schema)}"
            yield EntityFault("property", name, problem, value, bound=bound)


def _relation_faults(relations: JsonObject, blueprint: Blueprint) -> Iterator[EntityFault]:
    required = [name for name, relation in blueprint.relations.items() if relation.required]
    for name in _missing(relations, required):
        yield EntityFault("relation", name, "is required")
    for name, value in relations.items():
        relation = blueprint.relations.get(name)
        if relation is None:
            unknown = f"the blueprint {blueprint.identifier} has no relation {name}"
            yield EntityFault("relation", name, "is unknown", value, unknown)
        elif value is not None and not _is_reference(value, many=relation.many):
            shape = "a list of identifiers" if relation.many else "an identifier"
            yield EntityFault("relation", name, f"must be {shape}", value)


def _missing(values: JsonObject, required: list[str]) -> list[str]:
    return [name for name in required if values.get(name) is None]


def _is_reference(value: Json, *, many: bool) -> bool:
    if many:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, str)


def _fits(value: Json, schema: PropertySchema) -> bool:
    if schema.enum is not None and value not in schema.enum:
        return False
    has_format = FORMATS.get(schema.format or "")
    if has_format and isinstance(value, str) and not has_format(value):
        return False
    items = schema.items
    if items and isinstance(value, list) and not all(x is None or _fits(x, items) for x in value):
        return False
    if broken_bound(value, schema):
        return False
    if schema.type is None:
        return True
    # A Python bool is an int too, but `true` is not a number in JSON.
    return isinstance(value, _PYTHON_TYPES[schema.type]) and (
        schema.type == "boolean" or not isinstance(value, bool)
    )


def broken_bound(value: Json, schema: PropertySchema) -> str:
    """The first bound that a value breaks, as a blueprint calls it; "" for none."""
    for name, (types, holds) in _BOUNDS.items():
        bound = getattr(schema, name)
        if bound is None or not isinstance(value, types) or isinstance(value, bool):
            continue
        if not holds(value, bound):
            return _NAMES[name]
    return ""


def _matches(pattern: str, text: str) -> bool:
    """Whether a text has a pattern; true for one that Python cannot read as JavaScript does."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True


def _are_unique(values: Sequence[Json]) -> bool:
    return len({json.dumps(one, sort_keys=True) for one in values}) == len(values)


def _describe(schema: PropertySchema) -> str:
    if schema.enum is not None:
        return f"one of {schema.enum}"
    if schema.format in FORMATS:
        return f"a {schema.type or 'string'} of the format {schema.format}"
    if schema.items:
        return f"a list, and each in it {_describe(schema.items)}"
    return f"of the type {schema.type}"
