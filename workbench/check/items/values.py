"""What properties, titles and relations find in the items, and what would find more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from framework.mapped_items import Items, Mapped
from jq_engine.paths import plain_path
from jq_engine.worker import JqWorker
from json_values import Json, follow
from workbench.check.asking.reading import MAPPINGS, Seen
from workbench.check.asking.sent import asking_for, chosen_by
from workbench.check.files.blueprints import constant
from workbench.check.findings import Finding, Path, Remedy, Write
from workbench.check.guesses.expressions import (
    alike,
    better,
    first_paths,
    has_path,
    is_something,
    keys_instead,
    leaves,
    paths_in,
    values_of,
    with_operands,
    written,
)
from workbench.check.items.comparisons import of_other_type, selected
from workbench.check.items.fitting import Fitter, admits
from workbench.check.items.relations import Relations
from workbench.store.model import Blueprint
from workbench.store.rules import faults_of
from workbench.suggest.fields import columns
from workbench.suggest.titles import title_of
from workbench.suggest.vocabulary import words_of

_FEW: Final = 3  # items of which an absent key says something
_MOST_PATHS: Final = 60  # of items that are tried
_MOST: Final = 24  # keys that are named
_TYPING: Final = 0.85  # likeness of a name and the same name with a slip


class Values:
    """Judges every expression but the identifier's and the blueprint's."""

    def __init__(
        self,
        blueprints: Mapping[str, Blueprint],
        leading: Relations,
        fitter: Fitter,
        jq: JqWorker,
    ) -> None:
        self._fitter = fitter
        self._blueprints = blueprints
        self._leading = leading
        self._jq = jq

    async def findings(self, seen: Seen) -> list[Finding]:
        """Expressions that find nothing in any item, fail, or look for a key that is not there."""
        found: list[Finding] = []
        items = seen.kept
        for number, expression in enumerate(seen.passed[0].expressions):
            name = expression.path.partition(".")[0]
            if name in {"identifier", "blueprint"} or expression.jq is None:
                continue
            values = [one.evaluation.values[number] for one in seen.passed]
            if path := await self._quoted(expression.jq, items):
                problem = f"{_what(expression.path)} {expression.jq!r} is a text, and no path"
                found.append(seen.finding(_place(expression.path), problem, Write(path)))
            elif all(map(_is_nothing, values)):
                found += await self._null(seen, expression.path, expression.jq, items)
            elif name == "title" and any(isinstance(one, dict | list) for one in values):
                found += self._object(seen, expression.jq, values)
            elif near := await of_other_type(self._jq, expression.jq, items):
                place, what = _place(expression.path), _what(expression.path)
                problem = f"{what} {expression.jq!r} compares with a value of another type"
                found.append(seen.finding(place, problem, near))
            else:
                found += await self.absent(seen, expression.path, expression.jq, items)
        return found

    async def _quoted(self, jq: str, items: Items) -> str:
        """The path that a text in quotes is, if it leads to something; else nothing."""
        text = constant(jq) or ""
        is_path = text.startswith(".") and any(
            map(is_something, await values_of(self._jq, text, items))
        )
        return text if is_path else ""

    async def _null(self, seen: Seen, name: str, jq: str, items: Items) -> list[Finding]:
        part, _, key = name.partition(".")
        path = _place(name)
        what = _what(name)
        failed = [
            one.message
            for each in seen.passed
            for one in each.evaluation.failures
            if one.expression.path == name
        ]
        empty = [one for one in seen.passed if _made(one, part, key) == []]
        said = "an empty list" if len(empty) == len(items) else "null"
        if any(isinstance(_made(one, part, key), list) for one in seen.passed) and not empty:
            said = "a list of nulls"
        problem = f"{what} {jq!r} is {said} in {len(items)} of {len(items)} items"
        if part == "relations" and (leading := await self._leading.target(seen, key, jq)):
            return [seen.finding(path, problem, leading)]
        remedy = await self._better(seen, name, jq, items) or await selected(self._jq, jq, items)
        if failed and not remedy:
            reason = failed[0].partition("\n")[0][:120]
            problem = f"{what} {jq!r} fails for {len(failed)} of {len(items)} items ({reason})"
            remedy = await self._converted(seen, name, jq, items)
        if keys := [] if remedy else keys_instead(jq, items):
            remedy = f"its elements have {', '.join(keys)}"
        paths = paths_in(jq)
        absent = paths and not any(has_path(items, one) for one in paths)
        if remedy or (failed and not absent):
            told = remedy or "correct the expression"
            return [seen.finding(path, problem, told)]
        if not absent or len(items) < _FEW or empty:
            return []
        return [self._unknown(seen, name, problem, items, paths[0])]

    async def _converted(self, seen: Seen, name: str, jq: str, items: Items) -> Remedy:
        """An expression that fails with one of its values as a text or a number; "" for none.

        Or that value itself, where nothing else is made of it.
        """
        part, _, key = name.partition(".")
        blueprint = self._blueprints.get(seen.blueprint)
        for candidate in with_operands(jq, ("({} | tostring)", "({} | tonumber)")):
            values = await values_of(self._jq, candidate, items)
            fits = all(part != "properties" or admits(blueprint, key, one) for one in values)
            if fits and all(map(is_something, values)):
                return Write(candidate, f"{len(values)} of {len(items)}")
        alone = written(next(iter(paths_in(jq)), ()))
        if part != "properties" or not alone or not jq.strip().startswith(f"{alone} |"):
            return ""
        (path,) = paths_in(alone)
        for key_beside in dict.fromkeys(one for item in items for one in leaves(item)):
            other = jq.replace(alone, written(key_beside))
            if key_beside[:-1] == path[:-1] and key_beside[-1].startswith(path[-1]):
                values = await values_of(self._jq, other, items)
                if all(value is not None and admits(blueprint, key, value) for value in values):
                    return Write(other, f"{len(values)} of {len(items)}")
        held = await values_of(self._jq, alone, items)
        fitting = await self._made_to_fit(alone, key, items, blueprint)
        return fitting or (Write(alone) if all(admits(blueprint, key, x) for x in held) else "")

    async def _better(self, seen: Seen, name: str, jq: str, items: Items) -> Remedy:
        """What to write for an expression that finds nothing; "" where nothing is like it."""
        part, _, key = name.partition(".")
        blueprint = self._blueprints.get(seen.blueprint)

        def fits(value: Json) -> bool:
            if part == "properties":
                return admits(blueprint, key, value)
            if part == "relations" and blueprint and key in blueprint.relations:
                held = value if isinstance(value, list) else [value]
                is_known = not known or any(str(one) in known for one in held)
                return is_known and isinstance(value, list) == blueprint.relations[key].many
            return isinstance(value, str) if part == "title" else is_something(value)

        known = self._leading.known_of(seen, key) if part == "relations" else set()
        column = title_of(columns(items), None) if part == "title" else None
        if column and words_of(column.keys[-1])[-1:] == words_of(jq)[-1:]:
            return Write(column.path, f"{len(column.present)} of {len(items)}")
        near = await better(self._jq, jq, items, key or part, fits)
        is_strict = bool(known) or part == "title"
        found = await values_of(self._jq, near.expression, items) if near else []
        if not any(one is not None and fits(one) for one in found):
            near = None if is_strict else near  # a relation has to lead somewhere
            if blueprint and (alone := await self._alone_fitting(blueprint, name, jq, items)):
                return alone
        if near:
            told = near.of(len(items))
            return await self._made_to_fit(near.expression, key, items, blueprint) or told
        return Write(column.path, f"{len(column.present)} of {len(items)}") if column else ""

    async def _alone_fitting(
        self, blueprint: Blueprint, name: str, jq: str, items: Items
    ) -> Remedy:
        """The only key with values of the format, or the words, that a property is to have."""
        part, _, name = name.partition(".")
        schema = blueprint.schema.properties.get(name) if part == "properties" else None
        if schema is None or not (schema.format or schema.enum):
            return ""
        texts = [*keys_instead(jq, items).values()]
        paths = dict.fromkeys(path for item in items for path in leaves(item))
        fitting: list[Write] = []
        for one in texts or map(written, list(paths)[:_MOST_PATHS]):
            known = [x for x in await values_of(self._jq, one, items) if is_something(x)]
            if known and all(admits(blueprint, name, value) for value in known):
                fitting.append(Write(one, f"{len(known)} of {len(items)}"))
        return fitting[0] if len(fitting) == 1 else ""

    async def _made_to_fit(
        self, expression: str, name: str, items: Items, blueprint: Blueprint | None
    ) -> Remedy:
        """What makes values of another key fit the property, where they do not; "" for nothing."""
        if blueprint is None or name not in blueprint.schema.properties:
            return ""
        for value in await values_of(self._jq, expression, items):
            if value is not None and (faults := faults_of({name: value}, {}, blueprint)):
                own = [one for one in faults if one.name == name and one.problem != "is required"]
                if own:
                    return (await self._fitter.fitting(expression, items, own[0], blueprint)).remedy
        return ""

    def _unknown(
        self, seen: Seen, name: str, problem: str, items: Items, path: tuple[str, ...]
    ) -> Finding:
        """At an expression whose keys are not there, and none that is like them."""
        params, first = seen.config.selector.query_params, path[0]
        if asked := asking_for(params, first):
            remedy = f"{asked} asks for {first}, which does not come: correct the name {asked!r}"
            place = (*seen.base, "selector", "query_params", asked)
            problem = f"kind {seen.config.kind}: {problem}"
            return seen.document.finding(place, problem, remedy, at_key=True)
        heads = [path[:at] for at in range(len(path)) if has_path(items, path[:at])]
        held = [one for item in items if isinstance(one := follow(item, heads[-1]), dict)]
        keys = sorted({str(key) for one in held for key in one})
        more = f" and {len(keys) - _MOST} more" if len(keys) > _MOST else ""
        remedy = f"{written(heads[-1]) or 'the items'} have {', '.join(keys[:_MOST])}{more}"
        if chosen := chosen_by(params, items):
            remedy = f"query_params.{chosen} says which keys come: name {first} there"
        return seen.finding(_place(name), problem, remedy, "warn")

    def _object(self, seen: Seen, jq: str, values: Sequence[Json]) -> list[Finding]:
        """A title that is an object or a list, which Port takes in no entity."""
        odd = [one for one in values if isinstance(one, dict | list)]
        objects = [one for one in values if isinstance(one, dict)]
        items = seen.kept
        head = jq if plain_path(jq) else f"({jq}) | "
        remedy: Remedy = "give a text of it"
        column = title_of(columns(objects), None)
        if column and len(objects) == len(values):
            remedy = Write(f"{head}{column.path}")
        elif column := title_of(columns(items), None):
            remedy = Write(column.path, f"{len(column.present)} of {len(items)}")
        said = "an object" if objects else "a list"
        problem = f"title {jq!r} is {said} in {len(odd)} of {len(values)} items"
        return [seen.finding(_place("title"), problem, remedy)]

    async def absent(self, seen: Seen, name: str, jq: str, items: Items) -> list[Finding]:
        """A key within an expression that no item has, beside one that is spelled nearly so."""
        if len(items) < _FEW:
            return []
        first, read = first_paths(jq), paths_in(jq)
        for path in dict.fromkeys([*first, *read]):
            meant, score = next(iter(alike(path, items).items()), ((), 0.0))
            if score < _TYPING or len(meant) > len(path) or meant in read:
                continue  # of several that may be there one is
            same = next((at for at, key in enumerate(meant) if key != path[at]), 0)
            if any(isinstance(follow(item, path[:same]), dict) for item in items):
                problem = f"{_what(name)} {jq!r}: no item has {written(path)}"
                other = jq.replace(written(path), written(meant))
                for more in read:  # and what else is spelled so
                    instead, score = next(iter(alike(more, items).items()), ((), 0.0))
                    if score >= _TYPING and len(instead) == len(more):
                        other = other.replace(written(more), written(instead))
                # What stands further behind may be read of something else than the item.
                if path not in first and not await self._finds_more(other, jq, items):
                    continue
                remedy = Write(other)
                return [seen.finding(_place(name), problem, remedy, "warn")]
        return []

    async def _finds_more(self, other: str, jq: str, items: Items) -> bool:
        """Whether another expression finds more in items: all that is found now, and something."""
        pairs = zip(
            await values_of(self._jq, jq, items),
            await values_of(self._jq, other, items),
            strict=True,
        )
        differing = [(now, then) for now, then in pairs if now != then]
        return bool(differing) and all(_adds(now, then) for now, then in differing)


def _adds(now: Json, then: Json) -> bool:
    """Whether a value holds all of another one."""
    match now, then:
        case str(), str():
            return now in then
        case list(), list():
            return all(one in then for one in now)
        case _:
            return _is_nothing(now)


def _is_nothing(value: Json) -> bool:
    """Whether an expression has found nothing: also a list of nulls, or their text."""
    if isinstance(value, list):
        return all(map(_is_nothing, value))
    return value in (None, "null")


def _place(name: str) -> Path:
    return (*MAPPINGS, *name.split(".", 1))


def _what(name: str) -> str:
    part, _, key = name.partition(".")
    return {"properties": f"property {key}", "relations": f"relation {key}"}.get(part, name)


def _made(one: Mapped, part: str, name: str) -> Json:
    held = one.made.get(part)
    return held.get(name) if isinstance(held, dict) else None
