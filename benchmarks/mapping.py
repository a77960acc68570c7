"""What is mapped: 700 bytes of JSON become an entity with eight properties."""

from __future__ import annotations

from workbench.store.model import JsonObject

_PROPERTIES = {
    "key": ".key",
    "status": ".status",
    "priority": ".priority",
    "owner": ".owner.mail",
    "labels": ".labels",
    "createdAt": ".createdAt",
    "url": ".url",
    "summary": ".description[0:80]",
}


def resource(kind: str, into: str = "item", **selector: object) -> JsonObject:
    """A resource of a mapping that makes an entity of every item."""
    mappings: JsonObject = {
        "identifier": ".id | tostring",
        "title": ".title",
        "blueprint": f'"{into}"',
        "properties": dict(_PROPERTIES),
    }
    return {
        "kind": kind,
        "selector": {"query": "true", **selector},
        "port": {"entity": {"mappings": mappings}},
    }


# Properties without a type take any JSON value.
BLUEPRINTS: tuple[JsonObject, ...] = tuple(
    {"identifier": name, "schema": {"properties": {key: {} for key in _PROPERTIES}}}
    for name in ("item", "other")
)
ITEMS = resource("/items", data_path=".items")
LARGE = resource("/large", data_path=".items")
CHILDREN = resource(
    "/parents/{id}/children",
    path_parameters={"id": {"endpoint": "/parents", "field": ".id"}},
)
RECIPE_ITEMS = resource("items")
