"""How an upsert changes an entity, and whether a blueprint admits the result: no storage here."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from msgspec import UNSET

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

# RFC 3339, 5.6
_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/]+\S*")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


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


def check(entity: Entity, blueprint: Blueprint) -> None:
    """Raise InvalidError with every fault of an entity that its blueprint does not admit."""
    if faults := [*_property_faults(entity, blueprint), *_relation_faults(entity, blueprint)]:
        raise InvalidError("; ".join(faults))


def targets(value: Json) -> list[str]:
    """The identifiers in a relation's value: none in null, several in a list."""
    values = value if isinstance(value, list) else [value]
    return [identifier for identifier in values if isinstance(identifier, str)]


def without_target(entity: Entity, relation: str, target: str) -> Entity:
    """The entity without `target` in its relation: off the list, or null."""
    value = entity.relations[relation]
    left: Json = [item for item in value if item != target] if isinstance(value, list) else None
    return replace(entity, relations={**entity.relations, relation: left})


def _property_faults(entity: Entity, blueprint: Blueprint) -> Iterator[str]:
    yield from _missing("property", entity.properties, blueprint.schema.required)
    for name, value in entity.properties.items():
        schema = blueprint.schema.properties.get(name)
        if schema is None:
            yield f"the blueprint {blueprint.identifier} has no property {name}"
        elif value is not None and not _fits(value, schema):
            yield f"the property {name} must be {_describe(schema)}"
        elif isinstance(value, str) and not _has_format(value, schema.format):
            yield f"the property {name} must be {schema.format}"


def _relation_faults(entity: Entity, blueprint: Blueprint) -> Iterator[str]:
    required = [name for name, relation in blueprint.relations.items() if relation.required]
    yield from _missing("relation", entity.relations, required)
    for name, value in entity.relations.items():
        relation = blueprint.relations.get(name)
        if relation is None:
            yield f"the blueprint {blueprint.identifier} has no relation {name}"
        elif value is not None and not _is_reference(value, many=relation.many):
            shape = "a list of identifiers" if relation.many else "an identifier"
            yield f"the relation {name} must be {shape}"


def _missing(what: str, values: JsonObject, required: list[str]) -> Iterator[str]:
    return (f"the {what} {name} is required" for name in required if values.get(name) is None)


def _is_reference(value: Json, *, many: bool) -> bool:
    if many:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, str)


def _fits(value: Json, schema: PropertySchema) -> bool:
    if schema.enum is not None and value not in schema.enum:
        return False
    if schema.type is None:
        return True
    # A Python bool is an int too, but `true` is not a number in JSON.
    return isinstance(value, _PYTHON_TYPES[schema.type]) and (
        schema.type == "boolean" or not isinstance(value, bool)
    )


def _has_format(value: str, name: str | None) -> bool:
    """Whether a text has a format of JSON Schema; formats that are not known accept any."""
    match name:
        case "date-time":
            return bool(_DATE_TIME.fullmatch(value)) and _is_moment(value)
        case "url":
            return bool(_URL.fullmatch(value))
        case "email":
            return bool(_EMAIL.fullmatch(value))
        case _:
            return True


def _is_moment(value: str) -> bool:
    try:
        datetime.fromisoformat(value.upper())
    except ValueError:
        return False
    return True


def _describe(schema: PropertySchema) -> str:
    return f"one of {schema.enum}" if schema.enum is not None else f"of the type {schema.type}"
