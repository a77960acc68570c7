"""What Port refuses of the entities that a mapping makes: the expression or the blueprint."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from typing import Final

from jq_engine.worker import JqWorker
from workbench.check.asking.reading import MAPPINGS, Seen
from workbench.check.files.offline import Installation
from workbench.check.findings import Finding, Path, Remedy, Write, either, removed
from workbench.check.guesses.expressions import better
from workbench.check.items.conversions import Fitting, Instead
from workbench.check.items.fitting import Fitter
from workbench.check.items.identifiers import as_texts
from workbench.check.items.relations import Relations
from workbench.store.model import Blueprint
from workbench.store.rules import EntityFault, faults_of
from workbench.suggest.targets import singular

_SHOWN: Final = 60


class RefusedByPort:
    """Says of each property and relation that Port refuses what has to change."""

    def __init__(
        self, installation: Installation, leading: Relations, fitter: Fitter, jq: JqWorker
    ) -> None:
        self._document = installation.document
        self._of_blueprints = installation.blueprints_document
        self._blueprints = installation.blueprints
        self._leading = leading
        self._fitter = fitter
        self._jq = jq

    async def findings(self, seen: Seen) -> list[Finding]:
        """At each property and relation that is refused, once."""
        faulty: defaultdict[tuple[str, str], list[EntityFault]] = defaultdict(list)
        for one in seen.passed:
            blueprint = self._blueprints.get(str(one.made.get("blueprint")))
            if blueprint is None:
                continue
            properties, relations = one.made.get("properties"), one.made.get("relations")
            plain = {
                name: value
                for name, value in (relations or {}).items()
                if not isinstance(value, dict) or "rules" not in value
            }
            for fault in faults_of(properties or {}, plain, blueprint):
                faulty[fault.part, fault.name].append(fault)
        return [
            await self._refused(seen, faults)
            for faults in faulty.values()
            if faults[0].problem != "is unknown"
        ]

    def no_text(self, seen: Seen, name: str) -> list[Finding]:
        """At an identifier or a title that is a number or a boolean: Port takes texts alone."""
        expression = getattr(seen.mappings, name)
        values = [one.made.get(name) for one in seen.passed]
        odd = [value for value in values if isinstance(value, int | float)]
        if not odd or not isinstance(expression, str):
            return []
        refused = f"Port refuses {len(odd)} of {len(values)} entities"
        problem = f"{name} must be a text, {json.dumps(odd[0])} is none: {refused}"
        path = (*MAPPINGS, name)
        remedy = Write(as_texts(expression, values))
        return [seen.finding(path, problem, remedy)]

    async def _refused(self, seen: Seen, faults: list[EntityFault]) -> Finding:
        first, count = faults[0], len(seen.passed)
        part = "properties" if first.part == "property" else "relations"
        path = (*MAPPINGS, part, first.name)
        example = json.dumps(first.value, default=str)[:_SHOWN]
        refused = f"Port refuses {len(faults)} of {count} entities"
        if first.problem == "is required":
            problem = f"{first.part} {first.name} is required, but null: {refused}"
            expression = seen.at(path)
            near = await better(self._jq, str(expression), seen.items)
            remedy = Write(near.expression) if near else "give a value in every item, with //"
            return seen.finding(path, problem, remedy)
        problem = f"{first.part} {first.name} {first.problem}, {example} is none: {refused}"
        expression = seen.at(path)
        blueprint = self._blueprints[seen.blueprint]
        if not isinstance(expression, str):
            return seen.finding(path, problem, "change the expression or the blueprint")
        if first.part == "relation":
            found = await self._refused_relation(seen, first, expression, problem)
            if found:
                return found
        items = seen.kept
        fit = await self._fitter.fitting(expression, items, first, blueprint)
        has_file = fit.blueprint is not None and self._of_blueprints is not None
        if has_file and fit.is_even:
            way: Remedy = Write(fit.expression) if fit.expression else fit.words
            own = seen.finding(path, problem, way)
            return either(
                own, self._in_blueprint(first, blueprint, problem, Fitting("", fit.blueprint))
            )
        if has_file and fit.is_of_blueprint:
            return self._in_blueprint(first, blueprint, problem, fit)
        return seen.finding(path, problem, fit.remedy or "change the expression or the blueprint")

    async def _refused_relation(
        self, seen: Seen, first: EntityFault, expression: str, problem: str
    ) -> Finding | None:
        """At a relation to one where there are several, or the other way round."""
        blueprint = self._blueprints[seen.blueprint]
        has_file, is_many = self._of_blueprints is not None, blueprint.relations[first.name].many
        if is_many and isinstance(first.value, list) and None in first.value:
            return None  # all that is in it is kept, but for the nulls
        target = await self._leading.target(seen, first.name, expression)
        if isinstance(target, Write) and target.value == expression:
            target = ""  # the same is no remedy
        if has_file and not is_many and await self._leading.are_lists(seen, first.name, expression):
            many = Fitting(blueprint=Instead(first.name, "many", True))  # noqa: FBT003 (the value itself)
            return self._in_blueprint(first, blueprint, problem, many)
        if isinstance(target, Write) and isinstance(first.value, str) and is_many:
            one = Instead(first.name, "many", False)  # noqa: FBT003 (the value itself)
            if has_file and singular(first.name) == first.name:  # it is called as one thing
                fit = Fitting(str(target.value), one)
                return self._in_blueprint(first, blueprint, problem, fit)
            target = replace(target, also=one.told)
        path = (*MAPPINGS, "relations", first.name)
        return seen.finding(path, problem, target) if target else None

    def _in_blueprint(
        self, fault: EntityFault, blueprint: Blueprint, problem: str, fit: Fitting
    ) -> Finding:
        """At the key of a property or relation of a blueprint."""
        document = self._of_blueprints or self._document
        raw = document.value if isinstance(document.value, list) else []
        names = [one.get("identifier") if isinstance(one, dict) else None for one in raw]
        at = names.index(blueprint.identifier)
        part = ("relations",) if fault.part == "relation" else ("schema", "properties")
        place: Path = (at, *part, fault.name)
        also = f"{fit.expression} in the mapping" if fit.expression else ""
        if fit.blueprint is None or fit.blueprint.value is None:
            key = fit.blueprint.key if fit.blueprint else "format"
            told = f'remove "{key}" of {fault.name}' + (f", or write {also}" if also else "")
            return document.finding((*place, key), problem, removed(told))
        remedy = Write(fit.blueprint.value, also=also)
        return document.finding((*place, fit.blueprint.key), problem, remedy)
