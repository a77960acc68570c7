"""Which expression of the mapping made what of an entity."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from workbench.store.model import Entity, Json, JsonObject

_OWN: Final = ("identifier", "title", "icon", "team")


@dataclass(frozen=True, slots=True)
class Field:
    """One value of an entity and the jq that made it, "" where the mapping does not say.

    `place` is where the expression stands in the mapping: "title", "properties.email".
    """

    name: str
    place: str
    value: Json
    jq: str
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a resource of the mapping makes of its items."""

    kind: str
    mappings: JsonObject

    def jq(self, *path: str) -> str:
        """The expression at a place; one that is made of several stands as JSON."""
        found: Json = self.mappings
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found if isinstance(found, str) else "" if found is None else json.dumps(found)


NOTHING_MAPPED: Final = Mapped("", {})


def resource_for(config: Json, entity: Entity, index: int | None) -> Mapped:
    """The resource of a mapping that made an entity.

    By its place, where that is known; else the only one that names the entity's blueprint.
    """
    resources = [*_resources(config)]
    if index is not None:
        return resources[index] if index < len(resources) else NOTHING_MAPPED
    named = json.dumps(entity.blueprint)
    found = [resource for resource in resources if resource.jq("blueprint").strip() == named]
    return found[0] if len(found) == 1 else NOTHING_MAPPED


def fields(entity: Entity, mapped: Mapped, failures: JsonObject) -> list[Field]:
    """What an entity is made of, but for its relations, in the order of the mapping."""
    own = [
        _field(name, (name,), getattr(entity, name), mapped, failures)
        for name in _OWN
        if mapped.jq(name) or getattr(entity, name) is not None
    ]
    return [*own, *_nested("properties", entity.properties, mapped, failures)]


def relations(entity: Entity, mapped: Mapped, failures: JsonObject) -> list[Field]:
    """An entity's relations, in the order of the mapping."""
    return [*_nested("relations", entity.relations, mapped, failures)]


def _nested(
    group: str, values: JsonObject, mapped: Mapped, failures: JsonObject
) -> Iterator[Field]:
    written = mapped.mappings.get(group)
    names = [*written, *values] if isinstance(written, Mapping) else [*values]
    for name in dict.fromkeys(names):
        yield _field(name, (group, name), values.get(name), mapped, failures)


def _field(
    name: str, path: tuple[str, ...], value: Json, mapped: Mapped, failures: JsonObject
) -> Field:
    place = ".".join(path)
    failure = failures.get(place)
    return Field(name, place, value, mapped.jq(*path), None if failure is None else str(failure))


def _resources(config: Json) -> Iterator[Mapped]:
    listed = config.get("resources") if isinstance(config, Mapping) else None
    for resource in listed if isinstance(listed, list) else []:
        found: Json = resource
        for key in ("port", "entity", "mappings"):
            found = found.get(key) if isinstance(found, Mapping) else None
        kind = resource.get("kind") if isinstance(resource, Mapping) else ""
        yield Mapped(str(kind), dict(found) if isinstance(found, Mapping) else {})
