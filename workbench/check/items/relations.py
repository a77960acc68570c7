"""Relations: whether their values are identifiers of the target, and what gives such ones."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from framework.mapped_items import Mapped
from jq_engine.worker import JqWorker
from json_values import Json, follow
from workbench.check.asking.reading import MAPPINGS, Seen
from workbench.check.files.blueprints import constant
from workbench.check.files.documents import Document
from workbench.check.files.offline import Installation
from workbench.check.findings import Finding, Path, Remedy, Severity, Write
from workbench.check.guesses.expressions import (
    as_text,
    is_scalar,
    leaves,
    paths_in,
    values_of,
    written,
)
from workbench.check.items.identifiers import are_unlike
from workbench.check.items.leading import Leading
from workbench.store.model import Relation
from workbench.suggest.targets import singular
from workbench.suggest.vocabulary import names_identity, words_of

_SEVERAL: Final = 2  # values that say something
_PARTS: Final = 2  # of an identifier that is composed
_DEEPEST: Final = 2  # objects around a key of the target


@dataclass(frozen=True)
class _Question:
    """A relation of a resource whose values are no identifiers of its target."""

    seen: Seen
    name: str
    relation: Relation
    values: set[str]
    known: set[str]
    problem: str = ""

    @property
    def path(self) -> Path:
        """Its place in the resource."""
        return (*MAPPINGS, "relations", self.name)

    @property
    def written(self) -> Json:
        """What the mapping says there."""
        return self.seen.at(self.path)

    @property
    def expression(self) -> str:
        """That as jq."""
        return str(self.written)

    def told(self, document: Document, place: Path, remedy: Remedy) -> Finding:
        """The problem, with its kind, at another place."""
        return document.finding(place, f"kind {self.seen.config.kind}: {self.problem}", remedy)


class Relations:
    """Judges the relations of resources by what all of them gave."""

    def __init__(self, installation: Installation, all_seen: Sequence[Seen], jq: JqWorker) -> None:
        self._blueprints = installation.blueprints
        self._of_blueprints = installation.blueprints_document
        self._all = all_seen
        self._jq = jq
        self._leading = Leading(jq)

    async def findings(self, seen: Seen) -> list[Finding]:
        """Relations of which no value is an identifier of the target."""
        found: list[Finding] = []
        for name, relation in self._relations_of(seen).items():
            known, is_complete = self._identifiers_of(relation.target)
            values = targets_of(seen.passed, name)
            if not known and values and not self._is_filled(relation.target):
                found += self._unfilled(seen, name, relation, values)
            if not known or not values:
                continue
            if values & known:
                found += await self._by_chance(seen, name, relation)
                continue
            ask = _Question(seen, name, relation, values, known)
            problem = f"0 of {len(values)} values are identifiers of {relation.target}"
            ask = dataclasses.replace(ask, problem=f"relation {name} {ask.written!r}: {problem}")
            if told := await self._elsewhere(ask):
                found.append(told)
                continue
            remedy = await self._own(ask)
            is_other = are_unlike(values, known)
            if remedy or is_complete or is_other:
                remedy = remedy or f"correct the expression; {relation.target} has {_some(known)}"
                is_sure = is_complete or isinstance(remedy, Write)
                severity: Severity = "error" if is_sure else "warn"
                found.append(seen.finding(ask.path, ask.problem, remedy, severity))
        return found

    def _is_filled(self, blueprint: str) -> bool:
        """Whether a resource makes, or may make, entities of a blueprint."""
        texts = (one.config.port.entity.mappings.blueprint for one in self._all)
        made = [constant(one) for one in texts]
        return blueprint.startswith("_") or blueprint in made or None in made

    def _unfilled(
        self, seen: Seen, name: str, relation: Relation, values: set[str]
    ) -> list[Finding]:
        """A relation to a blueprint of which nothing is made; where the values are of another."""
        told = f"relation {name} leads to {relation.target}, of which no resource makes an entity"
        ask = _Question(seen, name, relation, values, set(), told)
        most = max(self._all, key=lambda one: len(values & _identifiers(one)))
        hits = len(values & _identifiers(most))
        made = str(most.passed[0].made.get("blueprint")) if hits else ""
        made_by = ((one, [each.made.get("blueprint") for each in one.passed]) for one in self._all)
        makers = [one for one, names in made_by if made in names]
        is_text = not all(one.isdigit() for one in values)
        if is_text and hits >= _SEVERAL and hits * 2 > len(values):
            if len(makers) == 1:
                return [self._of_target(ask, made, hits)]
            # Two resources make the other one: one of them is meant to make this one.
            told_of = Write(f'"{relation.target}"', f"{name} leads to its entities")
            return [ask.told(most.document, (*most.base, *MAPPINGS, "blueprint"), told_of)]
        remedy = f"make {relation.target} the blueprint of a resource, unless others fill it"
        return [seen.finding(ask.path, told, remedy, "warn")]

    async def _by_chance(self, seen: Seen, name: str, relation: Relation) -> list[Finding]:
        """A relation whose values are numbers that many things have, where its name says another.

        Another target, of which all of them are identifiers too; or another key, where these are
        the items' own identifiers.
        """
        known, _ = self._identifiers_of(relation.target)
        values = targets_of(seen.passed, name)
        if not all(one.isdigit() for one in values):
            return []
        ask = _Question(seen, name, relation, values, known)
        told = f"relation {name} {ask.written!r}"
        problem = f"{told} leads to {relation.target}, and is called otherwise"
        ask = dataclasses.replace(ask, problem=problem)
        other = None if _speaks(relation.target, name) else self._other_target(ask)
        if other and other[1] == len(values) and _speaks(other[0], name):
            return [dataclasses.replace(self._of_target(ask, *other), severity="warn")]
        made = [one.made for one in seen.passed]
        own = [str(one.get("identifier")) for one in made]
        if [(one.get("relations") or {}).get(name) for one in made] != own:
            return []
        way = await self._leading.path(seen, known, name, name, many=relation.many)
        if not isinstance(way, Write):
            return []
        problem = f"{told} gives the items' own identifiers"
        return [seen.finding(ask.path, problem, way, "warn")]

    async def _own(self, ask: _Question) -> Remedy:
        """Another expression, whose values are identifiers of the target."""
        many = ask.relation.many
        return (
            await self._leading.path(ask.seen, ask.known, ask.name, ask.expression, many=many)
            or await self._composed(ask.seen, ask.relation.target, ask.expression, ask.known)
            or await self._leading.part_of(ask.seen, ask.known, ask.expression, many=many)
        )

    async def _elsewhere(self, ask: _Question) -> Finding | None:
        """At the target that the blueprint names, or at the target's own identifier.

        There where the relation's own expression is right, as far as names and values tell.
        """
        own = await self._own(ask)
        by_key, target = self._other_key(ask), ask.relation.target
        is_meant = _speaks(target, ask.name)
        other = None if by_key and is_meant else self._other_target(ask)
        instead = str(own.value) if isinstance(own, Write) else ""
        is_called = _reads(ask.expression, ask.name) and not _reads(instead, ask.name)
        is_other = other is not None and (_speaks(other[0], ask.name) or is_called)
        if other and (not own or (is_other and not is_meant)):
            return self._of_target(ask, *other)
        if by_key is None:
            return None
        maker, key = by_key
        if not self._is_of_target(ask, maker, own):
            return None
        also = f"{own.value} in the relation" if isinstance(own, Write) else ""
        remedy = Write(key, "of which these are values", also=also or "correct the relation")
        return ask.told(maker.document, (*maker.base, *MAPPINGS, "identifier"), remedy)

    def _is_of_target(self, ask: _Question, maker: Seen, own: Remedy) -> bool:
        """Whether it is the target's identifier that does not fit, and not the relation.

        By what other relations to it give; of a single one that could be otherwise, only where the
        identifier is what the title is.
        """
        others = [
            targets_of(seen.passed, name)
            for seen in self._all
            for name, relation in self._relations_of(seen).items()
            if relation.target == ask.relation.target
            and not (seen is ask.seen and name == ask.name)
        ]
        if others := [values for values in others if values]:
            return not any(values & ask.known for values in others)
        mappings = maker.config.port.entity.mappings
        return not own or mappings.identifier == mappings.title

    def _of_target(self, ask: _Question, other: str, count: int) -> Finding:
        """At the target of the relation, in the blueprint where that is at hand.

        ``count``: values that are identifiers of the ``other`` one.
        """
        some = "all" if count == len(ask.values) else f"{count} of {len(ask.values)}"
        told = f"{some} values are identifiers of {other}"
        document = self._of_blueprints
        if document is not None and isinstance(document.value, list):
            names = [one.get("identifier") for one in document.value if isinstance(one, dict)]
            path = (names.index(ask.seen.blueprint), "relations", ask.name, "target")
            return ask.told(document, path, Write(other, told))
        remedy = f"make {other} the target of relation {ask.name} in the blueprint: {told}"
        return ask.seen.finding(ask.path, ask.problem, remedy)

    def _relations_of(self, seen: Seen) -> Mapping[str, Relation]:
        blueprint = self._blueprints.get(seen.blueprint)
        return blueprint.relations if blueprint else {}

    def wanted_of(self, seen: Seen) -> set[str]:
        """What relations of other resources give as identifiers of a resource's entities."""
        own = seen.blueprint
        return {
            target
            for other in self._all
            for name, relation in self._relations_of(other).items()
            if relation.target == own
            for target in targets_of(other.passed, name)
        }

    async def are_lists(self, seen: Seen, name: str, expression: str) -> bool:
        """Whether a relation's values are lists of identifiers of its target, of several things."""
        known = self.known_of(seen, name)
        values = await values_of(self._jq, expression, seen.kept)
        lists = [value for value in values if isinstance(value, list) and value]
        held = [one for value in lists for one in value]
        hits = sum(isinstance(one, str) and one in known for one in held)
        is_several = any(len(one) > 1 for one in lists) or singular(name) != name
        return is_several and hits * 2 > len(held)

    async def target(self, seen: Seen, name: str, expression: str) -> Remedy:
        """A path whose values are identifiers of a relation's target, for one that finds none."""
        relation = self._relations_of(seen).get(name)
        if relation is None:
            return ""
        known, _ = self._identifiers_of(relation.target)
        if not known:
            return ""
        return await self._leading.path(seen, known, name, expression, many=relation.many)

    def known_of(self, seen: Seen, name: str) -> set[str]:
        """The identifiers that were seen of what a relation leads to."""
        relation = self._relations_of(seen).get(name)
        return self._identifiers_of(relation.target)[0] if relation else set()

    def _identifiers_of(self, blueprint: str) -> tuple[set[str], bool]:
        """The identifiers that were seen of a blueprint, and whether that is all there are."""
        known: set[str] = set()
        is_complete = True
        for seen in self._all:
            makes = [one for one in seen.passed if one.made.get("blueprint") == blueprint]
            names = [one.made.get("identifier") for one in makes]
            own = {*(held := [str(one) for one in names if one not in (None, "", "null")])}
            # They are wrong themselves, which is told of them.
            if len(held) < len(names) or len(own) * 2 < len(names):
                return set(), False
            known |= own
            if makes or f'"{blueprint}"' in seen.mappings.blueprint:
                is_complete = is_complete and not seen.truncated and not seen.errors
        return known, is_complete

    def _other_target(self, ask: _Question) -> tuple[str, int] | None:
        """Another blueprint, of which the values are identifiers, and how many are; or None.

        All of them, or most where not all of its entities were seen. Small numbers are
        identifiers of many things: there the name has to speak.
        """
        own = {ask.relation.target, ask.seen.blueprint}
        is_text = not all(one.isdigit() for one in ask.values)
        for name in self._blueprints:
            known, is_whole = self._identifiers_of(name)
            hits = len(ask.values & known)
            if name in own or len(ask.values) < _SEVERAL:
                continue
            # The lists at hand may be parts: where the name speaks, some of the values will do.
            is_most = hits * 2 > len(ask.values) or (not is_whole and hits >= _SEVERAL)
            is_called = _speaks(name, ask.name) and is_most
            if is_called or (is_text and ask.values <= known):
                return name, hits
        return None

    async def _composed(self, seen: Seen, target: str, expression: str, known: set[str]) -> Remedy:
        """The target's own identifier, made of several parts, with this resource's keys."""
        items = seen.kept
        for other in self._all:
            own = other.config.port.entity.mappings.identifier
            makes = any(one.made.get("blueprint") == target for one in other.passed)
            if not makes or not isinstance(own, str) or len(paths := paths_in(own)) < _PARTS:
                continue
            candidates = [own.replace(written(path), expression) for path in paths]
            if found := await self._leading.first(candidates, known, items, is_rare=True):
                return found
        return ""

    def _other_key(self, ask: _Question) -> tuple[Seen, str] | None:
        """The resource that makes the target, and a key that has the values, and each once."""
        for seen in self._all:
            made = [one for one in seen.passed if one.made["blueprint"] == ask.relation.target]
            items = [one.item for one in made]
            paths = dict.fromkeys(one for item in items[:20] for one in leaves(item, _DEEPEST))
            for path in sorted(paths, key=lambda one: not names_identity(one[-1].lower())):
                column = [follow(item, path) for item in items]
                texts = [str(value) for value in column if is_scalar(value)]
                hits = len(ask.values.intersection(texts))
                if len(set(texts)) == len(items) and hits > 1 and hits * 2 > len(ask.values):
                    return seen, as_text(path, column)
        return None


def targets_of(passed: Sequence[Mapped], name: str) -> set[str]:
    """The identifiers that a relation of a resource's items has."""
    held = [(one.made.get("relations") or {}).get(name) for one in passed]
    return {target for value in held for target in _targets(value)}


def _identifiers(seen: Seen) -> set[str]:
    return {str(one.made.get("identifier")) for one in seen.passed}


def _speaks(blueprint: str, name: str) -> bool:
    """Whether a relation is called like a blueprint."""
    stems = {word.removesuffix("s") for word in words_of(name)}
    return bool(stems & {word.removesuffix("s") for word in words_of(blueprint)})


def _reads(expression: str, name: str) -> bool:
    """Whether a relation is called as what an expression reads."""
    return any(_speaks(key, name) for path in paths_in(expression) for key in path)


def _targets(value: Json) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


def _some(known: set[str]) -> str:
    return ", ".join(json.dumps(one) for one in sorted(known)[:3])
