"""The shape of a mapping: keys nobody reads, values of the wrong type, what the models refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic.v1 import BaseModel
from pydantic.v1.fields import SHAPE_LIST, SHAPE_SINGLETON, ModelField

from errors import Fault, MappingError, Part
from json_values import Json
from overrides import EndpointAppConfig
from workbench.check.files.documents import Document, yaml_of
from workbench.check.findings import Path, Remedy, Write, moved, nearest
from workbench.suggest.vocabulary import words_of

_RESOURCE: Final = 2  # parts of the path of a resource
_WITH_PLACEHOLDERS: Final = ("query_params", "body", "body_form", "headers", "path_parameters")
_NO_LIST: Final = "write the name of each as a key, its value below it, without '- '"
_MOST_ALIKE: Final = 4  # keys that are told
_MOST_KNOWN: Final = 12
_DEEPEST: Final = 4  # objects of a mapping within one another, where models are not recursive


def read_mapping(document: Document) -> EndpointAppConfig | None:
    """The mapping, None when it is faulty; what is wrong is noted in the document."""
    value = document.value
    if document.findings and value is None:
        return None
    if not isinstance(value, dict):
        found = "empty" if value is None else "no object"
        document.note((), f"the mapping is {found}", "begin with 'resources:' and a list")
        return None
    unquoted = set(_unquoted(document))
    unknown = dict(_unknown(document, value, EndpointAppConfig, ()))
    if not value.get("resources") and not any(path[-1] == "resources" for path in unknown):
        remedy = "list the endpoints to sync below 'resources:'"
        document.note(("resources",), "there are no resources: nothing would be synced", remedy)
    try:
        config = EndpointAppConfig.parse_obj(value)
    except MappingError as error:
        _note_faults(document, error, unknown, unquoted)
        return None
    return config


def _unquoted(document: Document) -> Iterator[Path]:
    """Note every placeholder without quotes, which YAML takes for an object; gives their paths."""
    for part in (("kind",), *(("selector", one) for one in _WITH_PLACEHOLDERS)):
        for base, held in document.all_at("resources", "*", *part):
            known = document.at((*base[:_RESOURCE], "selector", "path_parameters"))
            names = {str(name) for name in known} if isinstance(known, dict) else set()
            for path, name in _bare(held, base):
                # A body may well have an object with a null in it.
                is_meant = name in names and path[-1] != "variables"
                if is_meant or part[-1] not in {"body", "path_parameters"}:
                    problem = f"{dotted(path)} is an object: {{{name}}} has no quotes"
                    document.note(path, problem, Write(f"{{{name}}}"))
                    yield path


def _bare(value: Json, path: Path) -> Iterator[tuple[Path, str]]:
    """Objects that are one key without a value: where, and the key."""
    match value:
        case dict() if len(value) == 1 and None in value.values() and len(path) > _RESOURCE:
            yield path, str(next(iter(value)))
        case dict():
            for key, inner in value.items():
                yield from _bare(inner, (*path, key))
        case list():
            for at, inner in enumerate(value):
                yield from _bare(inner, (*path, at))
        case _:
            pass


def _note_faults(
    document: Document, error: MappingError, unknown: Mapping[Path, str], unquoted: set[Path]
) -> None:
    seen: set[Path] = set()
    meant = {(*path[:-1], instead) for path, instead in unknown.items()}
    for fault in error.faults:
        place = fault.place.path if isinstance(fault.place, Part) else ()
        # Of a union each member complains; a key that is misspelt is missing as well.
        is_unquoted = any(
            one[: len(place)] == place or place[: len(one)] == one for one in unquoted
        )
        if place in seen or place in meant or place in unknown or is_unquoted:
            continue
        seen.add(place)
        problem, remedy = _told(fault, place, document.at(place))
        document.note(place, problem, remedy, at_key=not document.values.get(place))


def _told(fault: Fault, place: Path, value: Json) -> tuple[str, Remedy]:
    name, remedy = dotted(place), fault.remedy
    if fault.problem == "field required":
        holder = dotted(place[:-1]) or "the mapping"
        return f"{place[-1]} is missing in {holder}", f"add {place[-1]}"
    if "not a valid dict" in fault.problem and isinstance(value, list):
        remedy = _NO_LIST
    elif "not a valid dict" in fault.problem and isinstance(value, str) and "=" in value:
        pairs = (pair.partition("=") for pair in value.lstrip("?").split("&"))
        return f"{name}: {fault.problem}", Write({key: text for key, _, text in pairs})
    return f"{name}: {fault.problem}" if name else fault.problem, remedy


def dotted(path: Path) -> str:
    """A path as it is spoken of: without the resource, which the line tells."""
    number = path[1] if path[:1] == ("resources",) and len(path) > 1 else None
    parts = path[_RESOURCE:] if isinstance(number, int) else path
    if not parts and isinstance(number, int):
        return f"resource {number + 1}"
    return ".".join(map(str, parts))


# --- keys nobody reads -----------------------------------------------------------------


def _unknown(
    document: Document, value: Json, model: type[BaseModel], path: Path
) -> Iterator[tuple[Path, str]]:
    """Note every key that no model reads; gives their paths, and what was meant."""
    if not isinstance(value, dict):
        return
    by_name = {
        name: field for field in model.__fields__.values() for name in (field.alias, field.name)
    }
    for key, inner in value.items():
        here = (*path, key)
        if key in by_name:
            yield from _within(document, inner, by_name[key], here)
            continue
        missing = {name for name in by_name if name not in value}
        instead, told = _meant(str(key), missing or set(by_name), path)
        if told.startswith("move it to") and not isinstance(inner, dict | list):
            told += f": there write {yaml_of({str(key): inner})}"
        base, home = here[:_RESOURCE], _home(str(key), path)
        to = (*path, instead) if instead else (*base, *home, str(key))
        remedy = moved(told, here, to) if instead or home else told
        holder = dotted(path) or "the mapping"
        is_strict = model.__config__.extra == "forbid"
        effect = "" if is_strict else ": Ocean ignores it"
        document.note(here, f"unknown key {key!r} in {holder}{effect}", remedy, at_key=True)
        yield here, instead


def _within(
    document: Document, value: Json, field: ModelField, path: Path
) -> Iterator[tuple[Path, str]]:
    model = _model_of(field)
    if model is None:
        return
    if field.shape == SHAPE_SINGLETON and isinstance(value, list):
        # The models take a list of pairs for an object.
        document.note(path, f"{dotted(path)} is a list, where an object is wanted", _NO_LIST)
        yield path, ""
    elif field.shape == SHAPE_SINGLETON:
        yield from _unknown(document, value, model, path)
    elif field.shape == SHAPE_LIST and isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _unknown(document, inner, model, (*path, at))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _unknown(document, inner, model, (*path, key))


def _model_of(field: ModelField) -> type[BaseModel] | None:
    """The model that an object in a field is read by."""
    if isinstance(field.type_, type) and issubclass(field.type_, BaseModel):
        return field.type_
    inner = (_model_of(one) for one in field.sub_fields or ())
    return next(filter(None, inner), None)


def _meant(key: str, missing: set[str], path: Path) -> tuple[str, str]:
    """The key that was meant, "" for none, and what to do."""
    homes = [home for home in _homes(key) if home != _names_of(path)]
    if homes:
        home = ".".join(homes[0])
        return "", f"move it to {home}" if home else "move it to the top of the mapping"
    if near := nearest(key, missing):
        return near, f"write {near}"
    anywhere = {name for names in _all_names().values() for name in names}
    if near := nearest(key, anywhere):
        home = ".".join(_homes(near)[0])
        return "", f"write {near}, in {home}" if home else f"write {near}, at the top"
    words = set(words_of(key))
    alike = sorted(one for one in missing if words.intersection(words_of(one)))
    if alike:
        return "", f"write {' or '.join(alike[:_MOST_ALIKE])}, or remove it"
    return "", "remove it; known keys here: " + ", ".join(sorted(missing)[:_MOST_KNOWN])


def _home(key: str, path: Path) -> tuple[str, ...]:
    """Where in its resource a key belongs that stands elsewhere there; () for none."""
    homes = [one for one in _homes(key) if one != _names_of(path) and "NAME" not in one]
    return homes[0] if homes and len(path) >= _RESOURCE else ()


def _names_of(path: Path) -> tuple[str, ...]:
    return tuple(str(part) for part in path if isinstance(part, str) and part != "resources")


def _homes(key: str) -> list[tuple[str, ...]]:
    """Where a key may stand, the shallowest place first."""
    places = [place for place, names in _all_names().items() if key in names]
    return sorted(places, key=len)


def _all_names() -> dict[tuple[str, ...], set[str]]:
    found: dict[tuple[str, ...], set[str]] = {}
    stack: list[tuple[tuple[str, ...], type[BaseModel]]] = [((), EndpointAppConfig)]
    while stack:
        place, model = stack.pop()
        found[place] = {
            name for field in model.__fields__.values() for name in (field.alias, field.name)
        }
        for field in model.__fields__.values():
            inner = _model_of(field)
            # Search queries and parameters of parameters go round in circles.
            if (
                inner is not None
                and inner.__name__ != "IngestSearchQuery"
                and len(place) < _DEEPEST
            ):
                step = () if field.name == "resources" else (field.alias,)
                many = () if field.shape in {SHAPE_SINGLETON, SHAPE_LIST} else ("NAME",)
                stack.append(((*place, *step, *many), inner))
    return found


def is_word(text: str) -> bool:
    """Whether a text is one bare word."""
    return re.fullmatch(r"[A-Za-z_][\w-]*", text) is not None
