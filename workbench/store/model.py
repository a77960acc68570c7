"""What the local catalog stores and receives, and the faults it answers with.

    CatalogError
     +-- UnauthorizedError    401 unauthorized
     +-- NotFoundError        404 not_found
     +-- ConflictError        409 conflict
     +-- TooLargeError        413 too_large
     +-- InvalidError         422 invalid_request

Field names in camelCase are those of Port's API (https://docs.port.io/api-reference/port-api).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import ClassVar, Literal

import msgspec

# Any JSON value, to be narrowed before use. Not spelled out as a recursive union, for msgspec
# cannot decode into one.
type Json = object
type JsonObject = dict[str, Json]


class CatalogError(Exception):
    """A request that the catalog refuses: `status` and `code` are what Port answers."""

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]

    def as_json(self) -> JsonObject:
        """The body of Port's answer."""
        return {"ok": False, "error": self.code, "message": str(self)}


class NotFoundError(CatalogError):
    """No such blueprint, entity, integration or migration."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class ConflictError(CatalogError):
    """It exists already, or others still need it."""

    status = HTTPStatus.CONFLICT
    code = "conflict"


class InvalidError(CatalogError):
    """The body does not fit the route or the blueprint."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid_request"


class TooLargeError(CatalogError):
    """The body is larger than Port takes."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too_large"


class UnauthorizedError(CatalogError):
    """No token, or none of this catalog's."""

    status = HTTPStatus.UNAUTHORIZED
    code = "unauthorized"


class PropertySchema(msgspec.Struct, frozen=True, rename="camel"):
    """What a blueprint says of one property; an unset field accepts anything.

    `items` is what it says of the elements of an array; the bounds are those of JSON Schema.
    """

    type: Literal["string", "number", "boolean", "array", "object"] | None = None
    format: str | None = None
    enum: list[Json] | None = None
    items: "PropertySchema | None" = None
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique_items: bool | None = None


class Schema(msgspec.Struct, frozen=True):
    """A blueprint's properties by name, and the names that must have a value."""

    properties: dict[str, PropertySchema] = {}
    required: list[str] = []


class Relation(msgspec.Struct, frozen=True):
    """A relation of a blueprint: one identifier of `target`, or a list of them (`many`)."""

    target: str
    many: bool = False
    required: bool = False


class Blueprint(msgspec.Struct, frozen=True):
    """The part of a blueprint that the catalog acts upon."""

    identifier: str
    schema: Schema = Schema()
    relations: dict[str, Relation] = {}


class EntityBody(msgspec.Struct, frozen=True):
    """One entity of an upsert request.

    `identifier` and the values of `relations` may be search queries
    (`{"combinator": ..., "rules": [...]}`) in place of identifiers. An unset field leaves what is
    stored when the request merges.
    """

    identifier: str | JsonObject
    title: str | msgspec.UnsetType | None = msgspec.UNSET
    icon: str | msgspec.UnsetType | None = msgspec.UNSET
    team: Json | msgspec.UnsetType = msgspec.UNSET
    properties: JsonObject = {}
    relations: JsonObject = {}


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """The query parameters of an upsert.

    Without `upsert` an existing entity is a conflict; without `merge` it is replaced as a whole.
    `create_missing` makes bare entities for relations that lead nowhere; `validate_only` writes
    nothing.
    """

    upsert: bool = False
    merge: bool = False
    create_missing: bool = False
    validate_only: bool = False


@dataclass(frozen=True, slots=True)
class Author:
    """Who sent a request: its User-Agent, and the resync it belongs to, "" outside of one.

    Ocean's User-Agent is `port-ocean/<type>/<version>/<integration>/exporter`: Port calls it the
    entity's data source.
    """

    datasource: str = ""
    resync_id: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity as stored.

    `team` is a name, a list of names or null; times are ISO 8601 in UTC with microseconds.
    """

    blueprint: str
    identifier: str
    title: str | None = None
    icon: str | None = None
    team: Json = None
    properties: JsonObject = field(default_factory=dict)
    relations: JsonObject = field(default_factory=dict)
    author: Author = Author()
    created_at: str = ""
    updated_at: str = ""

    def as_json(self) -> JsonObject:
        """The entity as Port returns it."""
        return {
            "blueprint": self.blueprint,
            "identifier": self.identifier,
            "title": self.title,
            "icon": self.icon,
            "team": self.team,
            "properties": self.properties,
            "relations": self.relations,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }


@dataclass(frozen=True, slots=True)
class Upserted:
    """The outcome of one upsert; `before` is what was there, None when it made the entity."""

    entity: Entity
    before: Entity | None


@dataclass(frozen=True, slots=True)
class Deletion:
    """One entry of the log of deletions.

    `cause` is "requested", or "dependent of <blueprint>/<identifier>" when Port's
    `delete_dependents` took it along.
    """

    blueprint: str
    identifier: str
    title: str | None
    cause: str
    author: Author
    deleted_at: str


@dataclass(frozen=True, slots=True)
class KindStatus:
    """What Ocean reported last of one mapped resource in one resync.

    `kind` is "__runtime__" or "__reconciliation__" for the resync's own phases; `blueprint` is the
    mapping's jq expression ('"ticket"', with quotes), "" for those; `state` is "syncing",
    "completed", "failed" or "aborted".
    """

    resync_id: str
    kind: str
    kind_index: int
    blueprint: str
    state: str
    metrics: JsonObject

    @property
    def seconds(self) -> float:
        """How long it took, as Ocean reports it at the end; 0 before."""
        return _number_at(self.metrics, ("phase", "resync", "duration_seconds"))

    def count(self, phase: str, result: str) -> int:
        """Objects with a `result` ("raw_extracted", "loaded") in a `phase` ("extract", "load")."""
        path = ("phase", phase, "object_count_type", result, "object_count")
        return int(_number_at(self.metrics, path))


def _number_at(value: Json, path: tuple[str, ...]) -> float:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, int | float) else 0
