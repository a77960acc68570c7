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
from workbench.check.findings import likeness
from workbench.check.guesses.expressions import (
    beside_nulls,
    leaves,
    paths_in,
    values_of,
    written,
)
from workbench.check.guesses.names import letters
from workbench.check.items.conversions import CONVERSIONS, Fitting, Instead
from workbench.store.model import Blueprint, PropertySchema, Relation, Schema
from workbench.store.rules import EntityFault, faults_of
from workbench.suggest.vocabulary import names_identity, words_of

_TEXTS: Final = 6  # of an object that are tried
_ALIKE: Final = 0.8  # names that mean the same
_SAME: Final = 0.99
_EARLY: Final = "1971"  # what small numbers are as times: they are none
_INDEXED: Final = re.compile(r"\[\d+\]\s*$")
_DATED: Final = re.compile(r"\s*(?:/\s*10+)?\s*(?:\|\s*floor\s*)?\|\s*todate\b")
_YEAR_FIRST: Final = re.compile(r"\d{4}([-/.])\d\d\1\d\d(?:([ T])\d\d:\d\d(:\d\d)?)?")
_SPLIT: Final = re.compile(r'split\("(.)"\)')
_HOST: Final = re.compile(r"(?:[\w-]+\.)+[A-Za-z]{2,}(?:[:/?#]\S*)?")
_ORIGIN: Final = re.compile(r"https?://[^/?#\s\"\\\\]+")
_YES: Final = frozenset({"true", "yes", "y", "on", "t"})
_YES_AND_NO: Final = _YES | {"false", "no", "n", "off", "f"}
_TYPES: Final[Mapping[type, str]] = {
    bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object",
}  # fmt: skip


@dataclass(frozen=True)
class _Misfit:
    """Values of an expression, some of which are refused for one reason."""

    fault: EntityFault
    blueprint: Blueprint
    expression: str
    items: Items
    values: Sequence[Json]

    @property
    def inner(self) -> str:
        """The expression as the beginning of another one."""
        return f"({self.expression})" if " " in self.expression else self.expression

    @property
    def known(self) -> list[Json]:
        """The values that there are."""
        return [value for value in self.values if value is not None]

    @property
    def relation(self) -> Relation | None:
        """The relation that the values are of, if it is one."""
        is_one = self.fault.part == "relation"
        return self.blueprint.relations[self.fault.name] if is_one else None

    @property
    def schema(self) -> PropertySchema:
        """What the blueprint says of the property that the values are of."""
        properties = {} if self.relation else self.blueprint.schema.properties
        return properties.get(self.fault.name, PropertySchema())

    def fits(self, value: Found) -> bool:
        """Whether a value would be taken."""
        if isinstance(value, Missing) or value in (None, "null") or "null" in _elements(value):
            return False
        name = self.fault.name
        if self.relation:
            return not faults_of({}, {name: value}, Blueprint("x", relations={name: self.relation}))
        return _is_taken(value, self.schema)

    # --- another key of the items ------------------------------------------------------------

    def other_key(self) -> str:
        """The key that is surely meant for links without a host, for lists, or beyond a bound."""
        texts = [value for value in self.values if isinstance(value, str)]
        are_paths = bool(texts) and all(one.startswith("/") for one in texts)
        is_list = any(isinstance(value, list) for value in self.values)
        return self._key(_ALIKE) if are_paths or is_list or self.fault.bound else ""

    def last_key(self) -> str:
        """The key that may be meant where nothing else fits; any where few values would."""
        return self._key(0.0 if self.schema.format or self.schema.enum else 1.0)

    def _key(self, least: float) -> str:
        """The key whose values fit wherever there is one now; "" for none.

        ``least``: how alike to what is wanted or read its name is; the most alike counts.
        """
        read = paths_in(self.expression)
        paths = dict.fromkeys(one for item in self.items[:10] for one in leaves(item))
        rated = {path: self._rated(path, read) for path in paths if path not in read}
        for path in sorted(rated, key=lambda one: -rated[one]) if not self.relation else ():
            pairs = zip(self.items, self.values, strict=True)
            held = [follow(item, path) for item, value in pairs if value not in (None, [])]
            fits = all(self.fits(one) for one in held) and any(one not in ("", []) for one in held)
            if rated[path] >= least and fits:
                return written(path)
        return ""

    def _rated(self, path: tuple[str, ...], read: Sequence[tuple[str, ...]]) -> float:
        """How likely a key is meant: called as the property is, or beside what is read and so."""
        last = path[-1]
        is_beside = any(path[:-1] == one[:-1] and last.startswith(one[-1]) for one in read)
        own = words_of(self.fault.name)  # or called so and on: `SortOrder` for `sort`
        if (
            is_beside
            or letters(last) == letters(self.fault.name)
            or words_of(last)[: len(own)] == own
        ):
            return 1.0
        wanted = (self.fault.name, *(one[-1] for one in read))
        return min(max(_named(last, one) for one in wanted), _SAME)

    # --- the same values otherwise -----------------------------------------------------------

    def candidates(self, origin: str) -> Iterator[str]:
        """Expressions that may make them fit, the likeliest first; ``origin``: of the API."""
        expression, inner = self.expression, self.inner
        if self.relation and self.relation.many and ("[]" in expression or "[0]" in expression):
            yield f"[{expression.replace('[0]', '[]')}]"  # all, not one after another or the first
        if self.schema.type == "array":  # all of it, and not the first
            yield from (expression[: one.start()] for one in _INDEXED.finditer(expression))
        inside, name = self.within(inner, is_one=True), letters(self.fault.name)
        formats = CONVERSIONS.get(self.schema.format or "", ())
        yield from inside if self.schema.format else self.within(inner)
        yield from (text.format(one) for one in inside for text in formats)
        if self.schema.type == "string":  # of the first of several objects what is called so
            yield from (one for one in inside if letters(one.rpartition(".")[2]) == name)
        if self.schema.type == "number":
            yield from (f"{one} | tonumber" for one in self.within(inner))
        yield from self._of_elements()
        if self.schema.format == "date-time" and _DATED.search(expression):
            units = (1, 1000, 1000000, 1000000000)
            yield from (_DATED.sub(f" / {unit} | floor | todate", expression) for unit in units)
        yield from self._whole_urls(origin)
        yield from (one.format(inner) for one in self.templates())

    def within(self, expression: str, *, is_one: bool = False) -> list[str]:
        """What is in an object that stands where a value is wanted, the likeliest first.

        ``is_one``: also what is in the first one of a list.
        """
        held = self.fault.value
        if is_one and isinstance(held, list) and held:
            first = replace(self, fault=replace(self.fault, value=held[0]))
            return first.within(f"{expression}[0]")
        if not isinstance(held, dict) or self.relation:
            return []
        keys = [str(key) for key, value in held.items() if value is not None]
        names = (self.fault.name, expression.rpartition(".")[2])
        alike = {key for key in keys if max(likeness(key, one) for one in names) > _ALIKE}
        keys.sort(key=lambda key: (key not in alike, key != "#text", key != "name", key != "value"))
        deeper = [
            (key, str(inner))
            for key in alike
            if isinstance(below := held[key], dict)
            for inner in sorted(below, key=lambda one: one != "name")
        ]
        paths = [*((key,) for key in keys if key in alike), *deeper, *((key,) for key in keys)]
        return [f"{expression}{written(path)}" for path in list(dict.fromkeys(paths))[:_TEXTS]]

    def _of_elements(self) -> Iterator[str]:
        """A list with what is in each element, or made of it, where that is not what is wanted."""
        elements = [one for value in self.values for one in _elements(value)]
        if not self.schema.items or not elements:
            yield from self._of_pairs()
            return
        if all(isinstance(one, list) for one in elements):
            is_collected = self.expression.startswith("[") and self.expression.endswith("]")
            yield f"{self.expression[:-1]}[]]" if is_collected else f"{self.inner} | flatten"
        fault = replace(self.fault, value=elements[0])
        blueprint = Blueprint("x", Schema({fault.name: self.schema.items}))
        alone = replace(self, fault=fault, blueprint=blueprint, values=elements)
        yield from (f"[{self.inner}[] | {one}]" for one in alone.within(""))
        templates = (one for one in alone.templates() if "{}." not in one)
        yield from (f"[{self.inner}[] | {one.format('.')}]" for one in templates)

    def _of_pairs(self) -> Iterator[str]:
        """An element of lists that have things of several types, each at its place: ``[time, 1]``.

        The one that differs most first, of those that differ alike the last.
        """
        known = [value for value in self.known if isinstance(value, list)]
        if len(known) < len(self.known) or len({*map(len, known)}) != 1:
            return
        columns = [*zip(*known, strict=True)]
        if len({str({*map(type, one)}) for one in columns}) <= 1:
            return
        rated = [(len({*map(str, one)}), at) for at, one in enumerate(columns)]
        for _, at in sorted(rated, reverse=True):
            yield from (f"{self.inner}[{at}]", f"{self.inner}[{at}] | tonumber")

    def _whole_urls(self, origin: str) -> Iterator[str]:
        """A path behind the origin of other links of the items, or of the API."""
        value = self.fault.value
        is_path = isinstance(value, str) and re.fullmatch(r"/[^/\s]\S*", value)
        if self.schema.format == "url" and is_path:
            texts = [follow(item, path) for item in self.items[:10] for path in leaves(item)]
            found = [_ORIGIN.match(text) for text in texts if isinstance(text, str)]
            origins = dict.fromkeys(filter(None, [*(one[0] for one in found if one), origin]))
            yield from (f'{self.inner} | values | "{one}" + .' for one in origins)

    def templates(self) -> Iterator[str]:
        """What is tried, where the values look as if it were meant."""
        known, schema = self.known, self.schema
        if self.relation:
            yield from self._of_relation(self.relation)
            return
        texts = [value for value in known if isinstance(value, str)]
        if schema.format == "date-time":
            yield from _read_as(texts)
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
                    if not one.endswith("length") or all(isinstance(v, list) for v in known)
                    if one != "{}[0]" or all(isinstance(v, list) and len(v) <= 1 for v in known)
                    if one != "{} | tostring" or not (schema.format and is_counted)
                    if _separates(one, texts, self.fault.name)
                )
        if schema.enum:
            yield from ("{} | ascii_downcase", "{} | ascii_upcase", '{} | gsub(" "; "_")')

    def _of_relation(self, relation: Relation) -> Iterator[str]:
        is_list = any(isinstance(value, list) and len(value) > 1 for value in self.known)
        wanted = "many" if relation.many else "" if is_list else "one"
        is_scalar = not any(isinstance(value, list | dict) for value in self.known)
        are_objects = any(isinstance(one, dict) for value in self.known for one in _elements(value))
        refused = {"{} | tostring": not is_scalar, "[{} | .[] | tostring]": are_objects}
        refused["[{} | tostring]"] = any(isinstance(value, list) for value in self.known)
        yield from (one for one in CONVERSIONS.get(wanted, ()) if not refused.get(one))

    def loses(self, candidate: str) -> bool:
        """Whether an expression makes less of values than the blueprint could take.

        A count or a text of a property that is called like its key; an id is meant as text.
        """
        name, value = self.fault.name, self.fault.value
        paths = paths_in(self.expression)
        words = words_of(paths[-1][-1]) if paths else ()
        if candidate.endswith(("!= null", "| all")) or candidate == f"[{self.expression}]":
            return True
        is_alike = {*words_of(name)} <= {*words}
        if isinstance(value, list) and not name.endswith("s"):
            is_alike = False  # one of them is meant
        is_id = bool(words) and names_identity(words[-1])
        is_less = candidate.endswith(("| tostring", "| length", 'join(", ")', "[0]"))
        return is_alike and not is_id and is_less and not isinstance(value, dict)

    # --- the blueprint -----------------------------------------------------------------------

    def instead(self) -> Instead | None:
        """What the blueprint would have to say for the values as they are."""
        name, schema = self.fault.name, self.schema
        if self.relation:
            many = self.relation.many
            is_other = {type(value) for value in self.known} == ({str} if many else {list})
            return Instead(name, "many", not many) if is_other else None
        kinds = {_TYPES.get(type(value), "") for value in self.known}
        if schema.enum or len(kinds) != 1 or not (kind := kinds.pop()):
            return None
        if kind != schema.type:
            return Instead(name, "type", kind)
        if schema.items:
            held = {_TYPES.get(type(one), "") for value in self.values for one in _elements(value)}
            return Instead(name, "items", {"type": held.pop()}) if len(held) == 1 else None
        return Instead(name, "format", None) if schema.format else None

    def enum(self) -> Instead | None:
        """The enum that takes all values: its words as they spell them, and those it lacks."""
        if not (enum := self.schema.enum):
            return None
        lacks = {letters(str(one)): one for one in self.known if one not in enum}
        known = [one for one in enum if isinstance(one, str | int | float)]
        words: list[Json] = [lacks.pop(letters(str(one)), one) for one in known]
        return Instead(self.fault.name, "enum", [*words, *list(lacks.values())[:_TEXTS]])

    def proved(self, candidate: str) -> Fitting:
        """What to do where an expression fits: that, or what the blueprint would have to say."""
        enum, words = self.enum(), self.schema.enum
        if enum and words and isinstance(enum.value, list) and len(enum.value) == len(words):
            return Fitting(candidate, enum, is_even=True)  # the same words, spelled otherwise
        # A format is a wish: then what comes is made to fit.
        of_type = None if self.schema.format else self.instead()
        is_one = of_type is not None and of_type.value is False  # one of several is a slip
        is_lost = of_type is not None and not is_one and self.loses(candidate)
        return Fitting(candidate, of_type, is_of_blueprint=is_lost)


class Fitter:
    """Finds what makes values fit; ``origin``: of the API, for links without one."""

    def __init__(self, jq: JqWorker, origin: str) -> None:
        self._jq = jq
        self._origin = origin

    async def fitting(
        self, expression: str, items: Items, fault: EntityFault, blueprint: Blueprint
    ) -> Fitting:
        """What makes the values of an expression fit that are refused for one reason."""
        values = await values_of(self._jq, expression, items)
        misfit = _Misfit(fault, blueprint, expression, items, values)
        other = misfit.other_key()
        if other or fault.bound:
            without = Instead(fault.name, fault.bound, None) if fault.bound else None
            return Fitting(other, without, is_of_blueprint=not other)
        if candidate := await self._first(misfit):
            return misfit.proved(candidate)
        if other := misfit.last_key():
            return Fitting(other)
        if "" in values and all(value in (None, "") or misfit.fits(value) for value in values):
            return Fitting(f'{misfit.inner} | select(. != "")')
        if enum := misfit.enum():
            is_lacking = any(map(misfit.fits, values))
            told = "map it to words of the enum"
            return Fitting("", enum, is_of_blueprint=is_lacking, is_even=not is_lacking, words=told)
        return Fitting("", misfit.instead(), is_of_blueprint=True)

    async def _first(self, misfit: _Misfit) -> str:
        """The first expression that fits wherever there was a value; "" for none."""
        before = misfit.values
        for candidate in beside_nulls(misfit.candidates(self._origin), before):
            values = await values_of(self._jq, candidate, misfit.items)
            fits = all(
                misfit.fits(value) if old is not None else value in (None, False)
                for old, value in zip(before, values, strict=True)
            )
            # A comparison that is false for values of two kinds compares with something else.
            is_blind = all(value is False or value is None for value in values)
            is_early = "todate" in candidate and all(str(one) < _EARLY for one in values if one)
            if fits and not is_early and not (is_blind and len(set(map(str, before))) > 1):
                return candidate
        return ""


def _read_as(texts: Sequence[str]) -> Iterator[str]:
    """What reads dates with the year first and other signs: ``2026/03/01 10:00``."""
    found = _YEAR_FIRST.fullmatch(texts[0]) if texts else None
    if found and (found[1] != "-" or found[2]):
        time = f"{found[2]}%H:%M{':%S' if found[3] else ''}" if found[2] else ""
        yield f'{{}} | strptime("%Y{found[1]}%m{found[1]}%d{time}") | todate'


def _named(one: str, other: str) -> float:
    """How alike two names are: their last words, which say what it is, or their letters."""
    words, others = ([w.removesuffix("s") for w in words_of(name)] for name in (one, other))
    if words and others and words[-1] == others[-1]:
        return 1.0
    return likeness(one.lower(), other.lower())


def _elements(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _separates(template: str, texts: Sequence[str], name: str) -> bool:
    """Whether what splits texts finds what it splits at; at blanks only what is called several."""
    sign = _SPLIT.search(template)
    if sign is None:
        return True
    return any(sign[1] in one for one in texts) and (sign[1] != " " or name.endswith("s"))


def admits(blueprint: Blueprint | None, name: str, value: Json) -> bool:
    """Whether a property can have a value; a blueprint that is not known takes all."""
    schema = blueprint.schema.properties.get(name) if blueprint else None
    return schema is None or _is_taken(value, schema)


def _is_taken(value: Json, schema: PropertySchema) -> bool:
    return not faults_of({"it": value}, {}, Blueprint("x", Schema({"it": schema})))
