"""What makes of a value one that Port takes: an expression that was proved, or another type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from framework.mapped_items import Items
from jq_engine.worker import JqWorker
from json_values import Found, Json, Missing, follow
from workbench.check.findings import Remedy, Write, likeness
from workbench.check.near import leaves, values_of, written
from workbench.store.model import Blueprint, PropertySchema
from workbench.store.rules import EntityFault, faults_of

_TEXTS: Final = 6  # of an object that are tried
_ALIKE: Final = 0.8  # names that mean the same
_DATED: Final = re.compile(r"\s*(?:/\s*10+)?\s*(?:\|\s*floor\s*)?\|\s*todate\b")
_HOST: Final = re.compile(r"(?:[\w-]+\.)+[A-Za-z]{2,}(?:[:/?#]\S*)?")
_ORIGIN: Final = re.compile(r"https?://[^/?#\s\"\\\\]+")
_YES_AND_NO: Final = frozenset({"true", "false", "yes", "no"})
_TYPES: Final[Mapping[type, str]] = {
    bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object",
}  # fmt: skip

_TO: Final[Mapping[str, tuple[str, ...]]] = {
    "string": ("{}.name", "{}.id | tostring", '{} | join(", ")', "{} | tostring"),
    "number": ("{} | tonumber", "{} | length"),
    "boolean": (
        "{} | all",
        '{} == "true"',
        '{} == "1"',
        "{} == 1",
        '({} | ascii_downcase) == "yes"',
        "{} != null",
    ),
    "array": ("[{}]", '{} | split(",")', "[{} | .[]]"),
    "object": ("{} | fromjson",),
    "date-time": (
        "{} | todate",
        "{} / 1000 | floor | todate",
        "{} / 1000000 | floor | todate",
        "{} / 1000000000 | floor | todate",
        '{} + "T00:00:00Z"',
        '{} + "Z"',
        '{} | sub(" "; "T") + "Z"',
        "{} | tonumber | todate",
        '{} | strptime("%Y%m%dT%H%M%S%z") | todate',
        '{} | sub("(?<h>[+-][0-9]{{2}})(?<m>[0-9]{{2}})$"; "\\(.h):\\(.m)")',
    ),
    "url": ('"https://" + {}', '"https:" + {}'),
    "one": (
        "{}.id",
        "{}.id | tostring",
        "{} | .[0].id | tostring",
        "{} | .[0] | tostring",
        "{} | tostring",
    ),
    "many": ("[{}]", "[{} | .[] | tostring]", "[{} | .[] | .id | tostring]", "[{} | tostring]"),
}
"""What makes of a value one of a type or format, in the order in which it is tried."""


@dataclass(frozen=True)
class Fitting:
    """What to do about values that Port refuses.

    ``expression``: what gives values that fit, "" where none is known. ``blueprint``: what to
    change there instead, "" for nothing.
    """

    expression: str
    blueprint: str

    @property
    def remedy(self) -> Remedy:
        """Both, the expression first."""
        return Write(self.expression, also=self.blueprint) if self.expression else self.blueprint


@dataclass(frozen=True)
class Misfit:
    """Why values are refused; ``origin``: of the API, ``https://api.example.com``."""

    fault: EntityFault
    blueprint: Blueprint
    origin: str = ""


async def fitting(jq: JqWorker, expression: str, items: Items, misfit: Misfit) -> Fitting:
    """What makes the values of an expression fit that are refused for one reason."""
    fault, blueprint = misfit.fault, misfit.blueprint
    inner = expression if expression.isidentifier() or " " not in expression else f"({expression})"
    before = await values_of(jq, expression, items)
    candidates = [
        *_inner(fault, inner),
        *_other_units(fault, expression, blueprint),
        *_whole_urls(misfit, inner, items),
        *(t.format(inner) for t in _templates(fault, blueprint, before)),
    ]
    instead = _instead(fault, before, blueprint)
    for candidate in candidates:
        values = await values_of(jq, candidate, items)
        fits = all(
            _fits(fault, value, blueprint) if old is not None else True
            for old, value in zip(before, values, strict=True)
        )
        # A comparison that is false for values of two kinds compares with something else.
        is_blind = all(value is False or value is None for value in values)
        is_blind = is_blind and len(set(map(str, before))) > 1
        if fits and not is_blind:
            # A format is a wish: then what comes is made to fit.
            return Fitting(candidate, "" if _has_format(fault, blueprint) else instead)
    if other := _other_path(fault, items, blueprint):
        return Fitting(other, "")
    if "" in before and all(
        value in (None, "") or _fits(fault, value, blueprint) for value in before
    ):
        return Fitting(f'{inner} | select(. != "")', "")
    return Fitting("", _enum(fault, blueprint) or instead)


def _other_units(fault: EntityFault, expression: str, blueprint: Blueprint) -> list[str]:
    """A number of another unit made a date: of seconds, milli-, micro- or nanoseconds."""
    schema = blueprint.schema.properties.get(fault.name)
    if schema is None or schema.format != "date-time" or not _DATED.search(expression):
        return []
    return [
        _DATED.sub(f" / {unit} | floor | todate", expression)
        for unit in (1, 1000, 1000000, 1000000000)
    ]


def _whole_urls(misfit: Misfit, inner: str, items: Items) -> list[str]:
    """A path behind the origin of other links of the items, or of the API."""
    fault = misfit.fault
    schema = misfit.blueprint.schema.properties.get(fault.name)
    is_path = isinstance(fault.value, str) and re.fullmatch(r"/[^/\s]\S*", fault.value)
    if schema is None or schema.format != "url" or not is_path:
        return []
    texts = [follow(item, path) for item in items[:10] for path in leaves(item)]
    found = [_ORIGIN.match(text) for text in texts if isinstance(text, str)]
    origins = [*(one[0] for one in found if one), misfit.origin]
    return [f'{inner} | values | "{one}" + .' for one in dict.fromkeys(filter(None, origins))]


def _other_path(fault: EntityFault, items: Items, blueprint: Blueprint) -> str:
    """A path whose values all have the format; the one most like the property's name."""
    if not _has_format(fault, blueprint):
        return ""
    paths = dict.fromkeys(one for item in items[:10] for one in leaves(item))
    good = [
        path
        for path in paths
        if all(_fits(fault, _plain(follow(item, path)), blueprint) for item in items)
    ]
    good.sort(key=lambda path: -likeness(fault.name.lower(), path[-1].lower()))
    return written(good[0]) if good else ""


def _plain(value: Found) -> Json:
    return None if isinstance(value, Missing) else value


def _has_format(fault: EntityFault, blueprint: Blueprint) -> bool:
    schema = blueprint.schema.properties.get(fault.name)
    return schema is not None and bool(schema.format)


def _instead(fault: EntityFault, before: Sequence[Json], blueprint: Blueprint) -> str:
    """What the blueprint would have to say for the values as they are."""
    known = {type(value) for value in before if value is not None}
    if fault.part == "relation":
        is_list = known == {list} and not blueprint.relations[fault.name].many
        return f"say many: true of relation {fault.name} in the blueprint" if is_list else ""
    schema = blueprint.schema.properties[fault.name]
    names = {_TYPES.get(one, "") for one in known}
    if schema.enum or len(names) != 1 or not (name := names.pop()):
        return ""
    if name != schema.type:
        return f"give property {fault.name} the type {name} in the blueprint"
    return f"remove the format {schema.format} in the blueprint" if schema.format else ""


def _enum(fault: EntityFault, blueprint: Blueprint) -> str:
    schema = blueprint.schema.properties.get(fault.name)
    if not schema or not schema.enum:
        return ""
    words = ", ".join(json.dumps(one) for one in schema.enum[:8])
    return f"map it to one of {words}, or add the value to the enum of the blueprint"


def _inner(fault: EntityFault, expression: str) -> list[str]:
    """What is in an object that stands where a value is wanted, the likeliest first."""
    if not isinstance(fault.value, dict) or fault.part == "relation":
        return []
    last = expression.rpartition(".")[2]
    keys = [str(key) for key, value in fault.value.items() if value is not None]
    alike = {key for key in keys if max(likeness(key, fault.name), likeness(key, last)) > _ALIKE}
    keys.sort(key=lambda key: (key not in alike, key != "name", key != "value"))
    below = [
        (key, str(inner))
        for key in alike
        if isinstance(held := fault.value[key], dict)
        for inner in sorted(held, key=lambda one: one != "name")
    ]
    paths = [*((key,) for key in keys if key in alike), *below, *((key,) for key in keys)]
    return [f"{expression}{written(path)}" for path in list(dict.fromkeys(paths))[:_TEXTS]]


def _templates(fault: EntityFault, blueprint: Blueprint, before: Sequence[Json]) -> Iterator[str]:
    """What is tried, where the values look as if it were meant."""
    known = [value for value in before if value is not None]
    texts = [value for value in known if isinstance(value, str)]
    if fault.part == "relation":
        is_list = any(isinstance(value, list) and len(value) > 1 for value in known)
        wanted = "many" if blueprint.relations[fault.name].many else "" if is_list else "one"
        is_scalar = not any(isinstance(value, list | dict) for value in known)
        yield from (one for one in _TO.get(wanted, ()) if is_scalar or one != "{} | tostring")
        return
    schema = blueprint.schema.properties[fault.name]
    if schema.format != "url" or all(map(_HOST.fullmatch, texts)):
        yield from _TO.get(schema.format or "", ())
    if schema.enum is None or schema.type != "string":
        is_word = bool(texts) and {one.lower() for one in texts} <= _YES_AND_NO
        is_list = all(isinstance(one, list) and set(map(type, one)) <= {bool} for one in known)
        if schema.type != "boolean" or is_word or is_list or set(map(str, known)) <= {"0", "1"}:
            is_counted = all(isinstance(one, list | dict) for one in known)
            yield from (
                one
                for one in _TO.get(schema.type or "", ())
                if is_counted or not one.endswith("length")
            )
    if schema.enum:
        yield from ("{} | ascii_downcase", "{} | ascii_upcase", '{} | gsub(" "; "_")')


def _fits(fault: EntityFault, value: Json, blueprint: Blueprint) -> bool:
    if value in (None, "null"):
        return False
    if fault.part == "relation":
        one = Blueprint("x", relations={fault.name: blueprint.relations[fault.name]})
        return not faults_of({}, {fault.name: value}, one)
    schema: PropertySchema = blueprint.schema.properties[fault.name]
    return not faults_of({fault.name: value}, {}, _with_property(fault.name, schema))


def admits(blueprint: Blueprint | None, name: str, value: Json) -> bool:
    """Whether a property can have a value; a blueprint that is not known takes all."""
    schema = blueprint.schema.properties.get(name) if blueprint else None
    return schema is None or not faults_of({name: value}, {}, _with_property(name, schema))


def _with_property(name: str, schema: PropertySchema) -> Blueprint:
    whole = Blueprint("x")
    return Blueprint("x", type(whole.schema)({name: schema}))
