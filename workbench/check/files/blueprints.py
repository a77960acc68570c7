"""Blueprints, and whether a mapping writes what they have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from json_values import Json
from workbench.check.files.documents import Document
from workbench.check.findings import Path, Remedy, Told, Write, inner, likeness, moved, nearest
from workbench.store.model import Blueprint
from workbench.suggest.vocabulary import words_of

_CONSTANT: Final = re.compile(r"""\s*(?:"([^"\\]*)"|'([^'"\\]*)')\s*""")
_TYPES: Final = ("string", "number", "boolean", "array", "object")
# https://docs.port.io/build-your-software-catalog/customize-integrations/configure-data-model
_FORMATS: Final = (
    "date-time", "url", "email", "idn-email", "user", "team", "ipv4", "ipv6", "timer", "yaml",
    "markdown", "proto", "labeled-url",
)  # fmt: skip
_SLIP: Final = 0.8  # likeness of a format and of one that Port knows
_MEANT: Final = {
    "integer": "number", "int": "number", "float": "number", "double": "number", "long": "number",
    "text": "string", "str": "string", "date": "string", "datetime": "string", "url": "string",
    "email": "string", "bool": "boolean", "list": "array", "dict": "object",
    "map": "object", "json": "object",
}  # fmt: skip
"""Types that other languages have, as Port calls them."""
# Port computes these itself; what a mapping writes there is refused.
_COMPUTED: Final = ("calculationProperties", "mirrorProperties", "aggregationProperties")
_BOOLEANS: Final = ("many", "required")
_SHOWN: Final = 12
_UNKNOWN: Final = "correct the name, or add it to the blueprints"


def read_blueprints(document: Document) -> dict[str, Blueprint]:
    """The blueprints by identifier; what is wrong with them is noted in the document."""
    value = document.value
    if document.findings and value is None:
        return {}
    if not isinstance(value, list):
        pairs = value.items() if isinstance(value, dict) else ()
        held = [key for key, one in pairs if isinstance(one, list)]
        alone = f"write the list of {held[0]} alone: " if len(held) == 1 else ""
        document.note((), "not a list of blueprints", f"{alone}begin with [ and end with ]")
        return {}
    found: dict[str, Blueprint] = {}
    raws = [_shaped(document, raw, at) for at, raw in enumerate(value)]
    for at, raw in enumerate(raws):
        identifier = raw.get("identifier") if isinstance(raw, dict) else None
        if not isinstance(identifier, str) or not identifier:
            document.note((at,), f"blueprint {at + 1} has no identifier", 'add "identifier"')
            continue
        if identifier in found:
            problem = f"blueprint {identifier!r} is here twice"
            document.note((at, "identifier"), problem, "keep one of them")
            continue
        before = len(document.findings)
        mended = _check_schema(document, raw, at) if isinstance(raw, dict) else raw
        try:
            found[identifier] = msgspec.convert(mended, Blueprint)
        except msgspec.ValidationError as error:
            found[identifier] = Blueprint(identifier)
            if before == len(document.findings):
                document.note((at,), f"blueprint {identifier!r}: {error}", "correct the type")
    _check_targets(document, raws, found)
    return found


def _shaped(document: Document, raw: Json, at: int) -> Json:
    """A blueprint with its keys where they belong; those that stand elsewhere are noted."""
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


def _check_schema(document: Document, raw: dict[str, Any], at: int) -> dict[str, Any]:
    """Note what is wrong with properties; gives the blueprint with types that there are."""
    schema = raw.get("schema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        problem, told = (
            "a blueprint without schema.properties",
            'add "schema": {"properties": {}}',
        )
        document.note((at, "schema"), problem, told)
        return raw
    mended = {
        name: _check_property(document, one, (at, "schema", "properties", name))
        for name, one in properties.items()
    }
    for number, name in enumerate((schema or {}).get("required") or ()):
        if name not in properties:
            place: Path = (at, "schema", "required", number)
            remedy = _instead(str(name), properties, place)
            document.note(place, f"required names {name!r}, which is no property", remedy)
    return {**raw, "schema": {**(schema or {}), "properties": mended}}


def _check_property(document: Document, raw: Json, path: Path) -> Json:
    """Note a type or a format that Port has not; gives the property with a type that there is."""
    if not isinstance(raw, dict):
        return raw
    name, kind = path[3], raw.get("type")
    near = _MEANT.get(str(kind).lower()) or nearest(str(kind), _TYPES)
    if kind not in _TYPES:
        remedy = Write(near) if near else f"write one of {', '.join(_TYPES)}"
        document.note((*path, "type"), f"property {name} has the type {kind!r}", remedy)
    _check_format(document, raw, path)
    items = raw.get("items")
    held = {}
    if isinstance(items, dict) and "type" in items:
        held["items"] = _check_property(document, items, (*path, "items"))
    return {**raw, "type": kind if kind in _TYPES else near or "string", **held}


def _check_format(document: Document, one: dict[str, Any], path: Path) -> None:
    """Note a format that Port does not document."""
    given = one.get("format")
    if given is None or given in _FORMATS:
        return
    near = nearest(str(given), _FORMATS)
    is_slip = near is not None and likeness(near, str(given).lower()) > _SLIP
    remedy: Remedy = f"use one of {', '.join(_FORMATS)}, or remove it"
    document.note(
        (*path, "format"),
        f"property {path[3]} has the format {given!r}, which Port does not document",
        Write(near) if is_slip else remedy,
        severity="error" if is_slip else "warn",
    )


def _check_targets(
    document: Document, raws: Sequence[Json], blueprints: Mapping[str, Blueprint]
) -> None:
    for at, raw in enumerate(raws):
        relations = raw.get("relations") if isinstance(raw, dict) else None
        for name, relation in relations.items() if isinstance(relations, dict) else ():
            target = relation.get("target") if isinstance(relation, dict) else None
            if not isinstance(target, str) or (target not in blueprints and target[:1] != "_"):
                problem = f"relation {name} leads to {target!r}, and no blueprint has that name"
                meant = _by_last_word((str(target), str(name)), blueprints)
                place: Path = (at, "relations", name, "target")
                remedy = meant or _instead(str(target), blueprints, place)
                document.note(place, problem, remedy)


def _by_last_word(names: tuple[str, ...], blueprints: Mapping[str, Blueprint]) -> Write | None:
    """The only blueprint whose last word, which says what it is, is that of one of the names."""
    for name in names:
        last = words_of(name)[-1:]
        if len(same := [one for one in blueprints if last and words_of(one)[-1:] == last]) == 1:
            return Write(same[0])
    return None


def constant(expression: Json) -> str | None:
    """The text that an expression is; None for one that has to be run."""
    found = _CONSTANT.fullmatch(expression) if isinstance(expression, str) else None
    return (found[1] if found[1] is not None else found[2]) if found else None


def check_against(
    document: Document, blueprints: Mapping[str, Blueprint], raw: Mapping[str, dict[str, Any]]
) -> None:
    """Note what the mapping writes that no blueprint has, and what a blueprint needs of it."""
    made = {constant(mappings.get("blueprint")) for _, mappings in mappings_of(document)}
    for base, mappings in mappings_of(document):
        expression = mappings.get("blueprint")
        name = constant(expression)
        if name is None:
            _check_bare(document, blueprints, expression, (*base, "blueprint"))
            continue
        if name not in blueprints:
            # What another resource makes is hardly meant here as well.
            free = {one for one in blueprints if one not in made}
            place: Path = (*base, "blueprint")
            remedy = _instead(name, free, place, quoted=True) if free else _UNKNOWN
            document.note(place, f"there is no blueprint {name!r}", remedy)
            continue
        others = {one: blueprints[one] for one in blueprints if one not in made}
        if meant := _with_all(mappings, blueprints[name], others):
            problem = f"blueprint {name} has less than what is mapped, and {meant} has all of it"
            document.note((*base, "blueprint"), problem, Write(f'"{meant}"'))
            continue
        _check_parts(document, blueprints[name], raw.get(name, {}), mappings, base)


def mappings_of(document: Document) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The mappings of each resource, with their path."""
    for base, mappings in document.all_at("resources", "*", "port", "entity", "mappings"):
        if isinstance(mappings, dict):
            yield base, mappings


def _with_all(
    mappings: dict[str, Any], own: Blueprint, free: Mapping[str, Blueprint]
) -> str | None:
    """The only blueprint with all that is mapped, where its own has at most half of that."""

    def missing(blueprint: Blueprint) -> int:
        known: dict[str, Mapping[str, object]] = {
            "properties": blueprint.schema.properties,
            "relations": blueprint.relations,
        }
        given = ((part, mappings.get(part)) for part in known)
        return sum(
            name not in known[part]
            for part, held in given
            for name in (held if isinstance(held, dict) else ())
        )

    whole = missing(Blueprint(""))
    having = [name for name, one in free.items() if missing(one) == 0]
    return having[0] if len(having) == 1 and missing(own) * 2 >= whole > 0 else None


def _check_bare(
    document: Document, blueprints: Mapping[str, Blueprint], expression: Json, path: Path
) -> None:
    bare = expression.strip().lstrip(".") if isinstance(expression, str) else ""
    if isinstance(expression, str) and expression.strip() == f".{bare}" and bare in blueprints:
        problem = f"blueprint {expression!r} is a path, and no text: {bare} is a blueprint"
        told = Told(f"write '\"{bare}\"'", {inner(path): f'"{bare}"'})
        document.note(path, problem, told)


def _check_parts(
    document: Document,
    blueprint: Blueprint,
    raw: Mapping[str, Any],
    mappings: dict[str, Any],
    base: Path,
) -> None:
    computed = {name for part in _COMPUTED for name in raw.get(part) or {}}
    parts = (
        ("property", "properties", blueprint.schema.properties, blueprint.schema.required),
        (
            "relation",
            "relations",
            blueprint.relations,
            [name for name, one in blueprint.relations.items() if one.required],
        ),
    )
    for one, part, known, required in parts:
        given = mappings.get(part)
        written = given if isinstance(given, dict) else {}
        for name in written:
            if name in known:
                continue
            problem = f"blueprint {blueprint.identifier} has no {one} {name!r}"
            other = blueprint.relations if one == "property" else blueprint.schema.properties
            place: Path = (*base, part, name)
            free = set(known) - set(written) or set(known)
            remedy = _instead(name, free, place, is_key=True)
            if name in other:
                home = "relations" if one == "property" else "properties"
                remedy = moved(f"move it to {home}", place, (*base, home, name))
            elif name in computed:
                problem, remedy = f"{name!r} is computed by Port", "remove it from the mapping"
            document.note(place, problem, remedy, at_key=True)
        for name in required:
            is_misspelt = any(nearest(one, known) == name for one in written if one not in known)
            if name not in written and not is_misspelt:
                problem = f"blueprint {blueprint.identifier} requires the {one} {name}"
                document.note((*base, part), problem, f"add {name} to {part}", at_key=True)


def _instead(
    name: str,
    known: Mapping[str, object] | set[str],
    path: Path,
    *,
    quoted: bool = False,
    is_key: bool = False,
) -> Remedy:
    """The known name that was meant for what stands at a path, or for its last key."""
    if near := nearest(name, known):
        if is_key:
            return moved(f"write {near}", path, (*path[:-1], near))
        words = f"write '\"{near}\"'" if quoted else f"write {near}"
        return Told(words, {inner(path): f'"{near}"' if quoted else near})
    names = ", ".join(sorted(known)[:_SHOWN])
    return (
        f"use one of {names}, or add it to the blueprints" if names else "add it to the blueprints"
    )
