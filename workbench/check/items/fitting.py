"""What makes of a value one that Port takes: an expression that was proved, or another type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from framework.mapped_items import Items
from jq_engine.worker import JqWorker
from json_values import Found, Json, Missing, follow
from workbench.check.findings import Remedy, Write, likeness
from workbench.check.guesses.expressions import leaves, paths_in, values_of, written
from workbench.check.guesses.names import letters
from workbench.check.items.conversions import CONVERSIONS
from workbench.store.model import Blueprint, PropertySchema
from workbench.store.rules import EntityFault, faults_of
from workbench.suggest.vocabulary import names_identity, words_of

_TEXTS: Final = 6  # of an object that are tried
_ALIKE: Final = 0.8  # names that mean the same
_SAME: Final = 0.99
_DATED: Final = re.compile(r"\s*(?:/\s*10+)?\s*(?:\|\s*floor\s*)?\|\s*todate\b")
_SPLIT: Final = re.compile(r'split\("(.)"\)')
_HOST: Final = re.compile(r"(?:[\w-]+\.)+[A-Za-z]{2,}(?:[:/?#]\S*)?")
_ORIGIN: Final = re.compile(r"https?://[^/?#\s\"\\\\]+")
_YES: Final = frozenset({"true", "yes", "y", "on", "t"})
_YES_AND_NO: Final = _YES | {"false", "no", "n", "off", "f"}
_TYPES: Final[Mapping[type, str]] = {
    bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object",
}  # fmt: skip


@dataclass(frozen=True)
class Instead:
    """What a blueprint would have to say for values as they are: a key of a property or relation.

    ``value`` None: the key is to be removed.
    """

    name: str
    key: str
    value: Json

    @property
    def told(self) -> str:
        """In words, for where another file is spoken of."""
        if self.value is None:
            return f"remove the {self.key} of {self.name} in the blueprint"
        return f'"{self.key}": {json.dumps(self.value)} for {self.name} in the blueprint'


@dataclass(frozen=True)
class Fitting:
    """What to do about values that Port refuses.

    ``expression``: what gives values that fit, "" where none is known. ``blueprint``: what to
    change there instead. ``is_of_blueprint``: that is what is wrong, or what loses nothing;
    ``is_even``: nothing tells which of both is meant.
    """

    expression: str = ""
    blueprint: Instead | None = None
    is_of_blueprint: bool = False
    is_even: bool = False
    words: str = ""

    @property
    def remedy(self) -> Remedy:
        """Both, the expression first."""
        told = self.blueprint.told if self.blueprint else ""
        return Write(self.expression, also=told) if self.expression else told or self.words


@dataclass(frozen=True)
class _Misfit:
    """Values of an expression, some of which are refused for one reason."""

    fault: EntityFault
    blueprint: Blueprint
    expression: str
    items: Items
    values: Sequence[Json]

    @property
    def is_listed(self) -> bool:
        """Whether they have to be some that are known, or of a format."""
        schema = self.blueprint.schema.properties.get(self.fault.name)
        return schema is not None and bool(schema.format or schema.enum)

    def other_key(self, least: float) -> str:
        """The key whose values fit wherever there is one now; "" for none.

        ``least``: how alike to what is wanted or read its name is; the most alike counts.
        """
        read = paths_in(self.expression)
        items = self.items[:10] if self.fault.part != "relation" else []
        paths = dict.fromkeys(one for item in items for one in leaves(item))
        rated = {path: self._rated(path, read) for path in paths if path not in read}
        for path in sorted(rated, key=lambda one: -rated[one]):
            if rated[path] >= least and all(
                _fits(self.fault, _plain(follow(item, path)), self.blueprint)
                for item, value in zip(self.items, self.values, strict=True)
                if value not in (None, [])
            ):
                return written(path)
        return ""

    def _rated(self, path: tuple[str, ...], read: Sequence[tuple[str, ...]]) -> float:
        """How likely a key is meant: called as the property is, or beside what is read and so."""
        last = path[-1]
        is_beside = any(path[:-1] == one[:-1] and last.startswith(one[-1]) for one in read)
        if is_beside or letters(last) == letters(self.fault.name):
            return 1.0
        wanted = (self.fault.name, *(one[-1] for one in read))
        return min(max(_named(last, one) for one in wanted), _SAME)


class Fitter:
    """Finds what makes values fit; ``origin``: of the API, for links without one."""

    def __init__(self, jq: JqWorker, origin: str) -> None:
        self._jq = jq
        self._origin = origin

    async def fitting(
        self, expression: str, items: Items, fault: EntityFault, blueprint: Blueprint
    ) -> Fitting:
        """What makes the values of an expression fit that are refused for one reason."""
        inner = f"({expression})" if " " in expression else expression
        before = await values_of(self._jq, expression, items)
        misfit = _Misfit(fault, blueprint, expression, items, before)
        is_listed = any(isinstance(value, list) for value in before) or _is_path(before)
        other = misfit.other_key(_ALIKE) if is_listed or fault.bound else ""
        if other or fault.bound:
            without = Instead(fault.name, fault.bound, None) if fault.bound else None
            return Fitting(other, without, is_of_blueprint=not other)
        if candidate := await self._candidate(misfit, inner):
            return _proved(misfit, candidate)
        if other := misfit.other_key(0.0 if misfit.is_listed else 1.0):
            return Fitting(other)
        if "" in before and all(
            value in (None, "") or _fits(fault, value, blueprint) for value in before
        ):
            return Fitting(f'{inner} | select(. != "")')
        if enum := _enum(fault, before, blueprint):
            is_lacking = any(_fits(fault, value, blueprint) for value in before)
            told = "map it to words of the enum"
            return Fitting("", enum, is_of_blueprint=is_lacking, is_even=not is_lacking, words=told)
        return Fitting("", _instead(fault, before, blueprint), is_of_blueprint=True)

    async def _candidate(self, misfit: _Misfit, inner: str) -> str:
        """An expression that was proved to fit; "" for none."""
        fault, blueprint, before = misfit.fault, misfit.blueprint, misfit.values
        candidates = [
            *_all_of(fault, misfit.expression, blueprint),
            *_inner(fault, inner, is_one=_has_format(fault, blueprint)),
            *_of_elements(fault, inner, blueprint, before),
            *_other_units(fault, misfit.expression, blueprint),
            *self._whole_urls(misfit, inner),
            *(t.format(inner) for t in _templates(fault, blueprint, before)),
        ]
        return await self._first(candidates, misfit.items, before, fault, blueprint)

    def _whole_urls(self, misfit: _Misfit, inner: str) -> list[str]:
        """A path behind the origin of other links of the items, or of the API."""
        fault, items = misfit.fault, misfit.items[:10]
        schema = misfit.blueprint.schema.properties.get(fault.name)
        is_path = isinstance(fault.value, str) and re.fullmatch(r"/[^/\s]\S*", fault.value)
        if schema is None or schema.format != "url" or not is_path:
            return []
        texts = [follow(item, path) for item in items for path in leaves(item)]
        found = [_ORIGIN.match(text) for text in texts if isinstance(text, str)]
        origins = [*(one[0] for one in found if one), self._origin]
        return [f'{inner} | values | "{one}" + .' for one in dict.fromkeys(filter(None, origins))]

    async def _first(
        self,
        candidates: Sequence[str],
        items: Items,
        before: Sequence[Json],
        fault: EntityFault,
        blueprint: Blueprint,
    ) -> str:
        """The first expression that fits wherever there was a value; "" for none."""
        for candidate in _beside_nulls(candidates, before):
            values = await values_of(self._jq, candidate, items)
            fits = all(
                _fits(fault, value, blueprint) if old is not None else value in (None, False)
                for old, value in zip(before, values, strict=True)
            )
            # A comparison that is false for values of two kinds compares with something else.
            is_blind = all(value is False or value is None for value in values)
            if fits and not (is_blind and len(set(map(str, before))) > 1):
                return candidate
        return ""


def _proved(misfit: _Misfit, candidate: str) -> Fitting:
    """What to do where an expression fits: that, or what the blueprint has to say for all of it."""
    fault, blueprint, before = misfit.fault, misfit.blueprint, misfit.values
    enum = _enum(fault, before, blueprint)
    words = blueprint.schema.properties[fault.name].enum if enum else None
    if enum and words and isinstance(enum.value, list) and len(enum.value) == len(words):
        return Fitting(candidate, enum, is_even=True)  # the same words, spelled otherwise
    # A format is a wish: then what comes is made to fit.
    of_type = None if _has_format(fault, blueprint) else _instead(fault, before, blueprint)
    is_one = of_type is not None and of_type.value is False  # one of several is a slip
    is_lost = of_type is not None and not is_one and _loses(fault, misfit.expression, candidate)
    return Fitting(candidate, of_type, is_of_blueprint=is_lost)


def _beside_nulls(candidates: Sequence[str], before: Sequence[Json]) -> Iterator[str]:
    """Expressions, and after each that may make something of null the one that does not."""
    for candidate in candidates:
        yield candidate
        head, joint, rest = candidate.partition(" + ")
        if None in before and joint and rest.startswith('"'):
            yield f"{head} | values | . + {rest}"
        elif None in before and joint and head.startswith('"'):
            yield f"{rest} | values | {head} + ."
        elif None in before and " | " in candidate:
            yield candidate.replace(" | ", " | values | ", 1)
        if " | .[] | " in candidate and any(None in _elements(value) for value in before):
            yield candidate.replace(" | .[] | ", " | .[] | values | ", 1)


def _loses(fault: EntityFault, expression: str, candidate: str) -> bool:
    """Whether an expression makes less of values than the blueprint could take.

    A count or a text of a property that is called like its key; a name or an id is meant as text.
    """
    paths = paths_in(expression)
    words = words_of(paths[-1][-1]) if paths else ()
    if candidate.endswith(("!= null", "| all")) or candidate == f"[{expression}]":
        return True
    is_alike = {*words_of(fault.name)} <= {*words}
    if isinstance(fault.value, list) and not fault.name.endswith("s"):
        is_alike = False  # one of them is meant
    is_id = bool(words) and names_identity(words[-1])
    return (
        is_alike
        and not is_id
        and candidate.endswith(("| tostring", "| length", 'join(", ")', "[0]"))
        and not isinstance(fault.value, dict)
    )


def _named(one: str, other: str) -> float:
    """How alike two names are: their last words, which say what it is, or their letters."""
    words, others = ([w.removesuffix("s") for w in words_of(name)] for name in (one, other))
    if words and others and words[-1] == others[-1]:
        return 1.0
    return likeness(one.lower(), other.lower())


def _is_path(before: Sequence[Json]) -> bool:
    """Whether values are links without a host."""
    texts = [value for value in before if isinstance(value, str)]
    return bool(texts) and all(one.startswith("/") for one in texts)


def _other_units(fault: EntityFault, expression: str, blueprint: Blueprint) -> list[str]:
    """A number of another unit made a date: of seconds, milli-, micro- or nanoseconds."""
    schema = blueprint.schema.properties.get(fault.name)
    if schema is None or schema.format != "date-time" or not _DATED.search(expression):
        return []
    return [
        _DATED.sub(f" / {unit} | floor | todate", expression)
        for unit in (1, 1000, 1000000, 1000000000)
    ]


def _plain(value: Found) -> Json:
    return None if isinstance(value, Missing) else value


def _has_format(fault: EntityFault, blueprint: Blueprint) -> bool:
    schema = blueprint.schema.properties.get(fault.name)
    return schema is not None and bool(schema.format)


def _instead(fault: EntityFault, before: Sequence[Json], blueprint: Blueprint) -> Instead | None:
    """What the blueprint would have to say for the values as they are."""
    known = {type(value) for value in before if value is not None}
    if fault.part == "relation":
        many = blueprint.relations[fault.name].many
        is_other = known == ({str} if many else {list})
        return Instead(fault.name, "many", not many) if is_other else None
    schema = blueprint.schema.properties[fault.name]
    names = {_TYPES.get(one, "") for one in known}
    if schema.enum or len(names) != 1 or not (name := names.pop()):
        return None
    if name != schema.type:
        return Instead(fault.name, "type", name)
    if schema.items:
        held = {_TYPES.get(type(one), "") for value in before for one in _elements(value)}
        return Instead(fault.name, "items", {"type": held.pop()}) if len(held) == 1 else None
    return Instead(fault.name, "format", None) if schema.format else None


def _enum(fault: EntityFault, before: Sequence[Json], blueprint: Blueprint) -> Instead | None:
    """The enum that takes all values: its words as the values spell them, and those it lacks."""
    schema = blueprint.schema.properties.get(fault.name)
    if not schema or not schema.enum:
        return None
    lacks = {letters(str(one)): one for one in before if one is not None and one not in schema.enum}
    known = [one for one in schema.enum if isinstance(one, str | int | float)]
    enum: list[Json] = [lacks.pop(letters(str(one)), one) for one in known]
    return Instead(fault.name, "enum", [*enum, *list(lacks.values())[:_TEXTS]])


def _inner(fault: EntityFault, expression: str, *, is_one: bool = False) -> list[str]:
    """What is in an object that stands where a value is wanted, the likeliest first.

    ``is_one``: also what is in the first one of a list.
    """
    if is_one and isinstance(fault.value, list) and fault.value:
        return _inner(replace(fault, value=fault.value[0]), f"{expression}[0]")
    if not isinstance(fault.value, dict) or fault.part == "relation":
        return []
    last = expression.rpartition(".")[2]
    keys = [str(key) for key, value in fault.value.items() if value is not None]
    alike = {key for key in keys if max(likeness(key, fault.name), likeness(key, last)) > _ALIKE}
    keys.sort(key=lambda key: (key not in alike, key != "#text", key != "name", key != "value"))
    below = [
        (key, str(inner))
        for key in alike
        if isinstance(held := fault.value[key], dict)
        for inner in sorted(held, key=lambda one: one != "name")
    ]
    paths = [*((key,) for key in keys if key in alike), *below, *((key,) for key in keys)]
    return [f"{expression}{written(path)}" for path in list(dict.fromkeys(paths))[:_TEXTS]]


def _elements(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _of_elements(
    fault: EntityFault, inner: str, blueprint: Blueprint, before: Sequence[Json]
) -> Iterator[str]:
    """A list with what is in each element, or made of it, where that is not what it should be."""
    schema = blueprint.schema.properties.get(fault.name)
    elements = [one for value in before for one in _elements(value)]
    if fault.part == "relation" or not schema or not schema.items or not elements:
        return
    alone = EntityFault(fault.part, fault.name, fault.problem, elements[0])
    yield from (f"[{inner}[] | {one}]" for one in _inner(alone, ""))
    templates = _templates(alone, _with_property(fault.name, schema.items), elements)
    yield from (f"[{inner}[] | {one.format('.')}]" for one in templates if "{}." not in one)


def _all_of(fault: EntityFault, expression: str, blueprint: Blueprint) -> list[str]:
    """A list of all, for an expression that gives one after another or the first."""
    is_part = "[]" in expression or "[0]" in expression
    if fault.part != "relation" or not is_part or not blueprint.relations[fault.name].many:
        return []
    return [f"[{expression.replace('[0]', '[]')}]"]


def _templates(fault: EntityFault, blueprint: Blueprint, before: Sequence[Json]) -> Iterator[str]:
    """What is tried, where the values look as if it were meant."""
    known = [value for value in before if value is not None]
    texts = [value for value in known if isinstance(value, str)]
    if fault.part == "relation":
        is_list = any(isinstance(value, list) and len(value) > 1 for value in known)
        wanted = "many" if blueprint.relations[fault.name].many else "" if is_list else "one"
        is_scalar = not any(isinstance(value, list | dict) for value in known)
        are_objects = any(isinstance(one, dict) for value in known for one in _elements(value))
        refused = {"{} | tostring": not is_scalar, "[{} | .[] | tostring]": are_objects}
        yield from (one for one in CONVERSIONS.get(wanted, ()) if not refused.get(one))
        return
    schema = blueprint.schema.properties[fault.name]
    if schema.format != "url" or all(map(_HOST.fullmatch, texts)):
        yield from CONVERSIONS.get(schema.format or "", ())
    if schema.enum is None or schema.type != "string":
        is_word = bool(texts) and {one.lower() for one in texts} <= _YES_AND_NO
        is_list = all(isinstance(one, list) and set(map(type, one)) <= {bool} for one in known)
        if schema.type == "boolean" and is_word:
            words = dict.fromkeys(one for one in texts if one.lower() in _YES)
            yield from (f"{{}} == {json.dumps(one)}" for one in words if len(words) == 1)
        if schema.type != "boolean" or is_word or is_list or set(map(str, known)) <= {"0", "1"}:
            is_counted = all(isinstance(one, list | dict) for one in known)
            yield from (
                one
                for one in CONVERSIONS.get(schema.type or "", ())
                if is_counted or not one.endswith("length")
                if one != "{}[0]" or all(isinstance(v, list) and len(v) <= 1 for v in known)
                if one != "{} | tostring" or not (schema.format and is_counted)
                if _separates(one, texts, fault.name)
            )
    if schema.enum:
        yield from ("{} | ascii_downcase", "{} | ascii_upcase", '{} | gsub(" "; "_")')


def _separates(template: str, texts: Sequence[str], name: str) -> bool:
    """Whether what splits texts finds what it splits at; at blanks only what is called several."""
    sign = _SPLIT.search(template)
    if sign is None:
        return True
    return any(sign[1] in one for one in texts) and (sign[1] != " " or name.endswith("s"))


def _fits(fault: EntityFault, value: Json, blueprint: Blueprint) -> bool:
    if value in (None, "null") or "null" in _elements(value):
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
