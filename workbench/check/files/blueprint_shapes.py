"""The shape of a blueprint: keys that are misspelt or stand elsewhere, and texts for booleans.

What is meant is noted, and the blueprint is read on as if it stood there.
"""

from __future__ import annotations

from typing import Any

from json_values import Json
from workbench.check.files.documents import Document
from workbench.check.findings import Path, Write, nearest

_BOOLEANS = ("many", "required")


def shaped(document: Document, raw: Json, at: int) -> Json:
    """A blueprint with its keys where they belong."""
    if not isinstance(raw, dict):
        return raw
    whole: dict[str, Any] = dict(raw)
    _respell(document, whole, ("identifier", "schema"), (at,))
    schema = whole.get("schema")
    if schema is None and isinstance(whole.get("properties"), dict):
        remedy = 'put it into "schema": {"properties": {…}}'
        document.note((at, "properties"), "properties stand beside schema", remedy, at_key=True)
        whole["schema"] = {"properties": whole.pop("properties")}
    elif isinstance(schema, dict):
        inner = dict(schema)
        _respell(document, inner, ("properties",), (at, "schema"))
        if isinstance(inner.get("relations"), dict) and "relations" not in whole:
            place = (at, "schema", "relations")
            document.note(place, "relations stand in schema", "put them beside it", at_key=True)
            whole["relations"] = inner.pop("relations")
        whole["schema"] = inner
    relations = whole.get("relations")
    if isinstance(relations, dict):
        base = (at, "relations") if "relations" in raw else (at, "schema", "relations")
        whole["relations"] = {
            name: _relation(document, one, (*base, name)) for name, one in relations.items()
        }
    return whole


def _relation(document: Document, raw: Json, path: Path) -> Json:
    if not isinstance(raw, dict):
        document.note(path, f"relation {path[-1]} is no object", 'write {"target": "…"}')
        return {"target": raw if isinstance(raw, str) else ""}
    found = dict(raw)
    _respell(document, found, ("target",), path)
    for key in _BOOLEANS:
        value = found.get(key)
        if value is not None and not isinstance(value, bool):
            is_true = str(value).lower() in {"true", "1", "yes"}
            document.note((*path, key), f"{key} of {path[-1]} is no boolean", Write(is_true))
            found[key] = is_true
    return found


def _respell(document: Document, raw: dict[str, Any], wanted: tuple[str, ...], path: Path) -> None:
    """Note a key that is nearly one that is missing, and put its value there."""
    for key in wanted:
        near = nearest(key, raw) if key not in raw else None
        if near is not None:
            place = (*path, near)
            document.note(place, f"unknown key {near!r}", f'write "{key}"', at_key=True)
            raw[key] = raw.pop(near)
