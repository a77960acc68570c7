"""The one measure of remedies: what a resource gives with an edit, and what it gives without.

An edit of a mapping is applied to the resource, and the items at hand are mapped again: a remedy
is written where nothing is worse for it, over the whole resource. A query says what is left out,
and is not measured so.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final

from errors import ConfigurationError, MappingError
from framework.mapped_items import Mapped, mapped
from jq_engine.worker import JqWorker
from json_values import Missing, follow
from overrides import EndpointAppConfig, EndpointResource
from workbench.check.asking.reading import MAPPINGS, Seen
from workbench.check.findings import Finding, Lines, Put, Taken, inner
from workbench.check.guesses.expressions import is_something
from workbench.check.items.identifiers import is_nameless, shared
from workbench.check.items.relations import Relations, targets_of
from workbench.store.model import Blueprint
from workbench.store.rules import faults_of

_TOLD: Final = "correct it: what was tried in its place makes something else of the resource worse"


class Measure:
    """Counts what is good in what resources make of their items."""

    def __init__(
        self, all_seen: Sequence[Seen], blueprints: Mapping[str, Blueprint], leading: Relations,
        jq: JqWorker,
    ) -> None:  # fmt: skip
        self._all = all_seen
        self._blueprints = blueprints
        self._leading = leading
        self._jq = jq

    async def proved(self, finding: Finding) -> Finding:
        """A finding; without its remedy where that makes something worse."""
        for seen in self._all if finding.fix else ():
            if (config := _edited(seen, finding.fix)) and seen.mapped:
                try:
                    after = await mapped(self._jq, config, seen.items)
                except MappingError:
                    return dataclasses.replace(finding, remedy=_TOLD, fix=())
                if self._goods(seen, seen.mapped) - self._goods(seen, after):
                    return dataclasses.replace(finding, remedy=_TOLD, fix=())
        return finding

    def _goods(self, seen: Seen, made: Sequence[Mapped]) -> set[tuple[str, str]]:
        """What is good: what finds something, is taken by Port, unique, and leads somewhere."""
        passed = [one for one in made if one.evaluation.passed]
        if not passed:
            return set()
        found = {("items", "")}
        for number, one in enumerate(passed[0].expressions):
            if any(is_something(each.evaluation.values[number]) for each in passed):
                found.add(("finds", one.path))
        names = {str(one.made.get("identifier")) for one in passed}
        nameless = any(is_nameless(one, str(seen.mappings.identifier)) for one in passed)
        pair = None if nameless else shared(passed)
        found |= set() if nameless else {("named", "")}
        found |= set() if nameless or (pair and pair.is_lost) else {("unique", "")}
        found |= {("met", "")} if names & self._leading.wanted_of(seen) else set()
        return found | self._taken(seen, passed) | self._leads(seen, passed)

    def _taken(self, seen: Seen, passed: Sequence[Mapped]) -> set[tuple[str, str]]:
        """The properties and relations of which Port takes all values."""
        blueprint = self._blueprints.get(seen.blueprint)
        if blueprint is None:
            return set()
        names = {*blueprint.schema.properties, *blueprint.relations}
        for one in passed:
            held = [one.made.get(part) or {} for part in ("properties", "relations")]
            plain = {name: x for name, x in held[1].items() if not isinstance(x, dict)}
            names -= {fault.name for fault in faults_of(held[0], plain, blueprint)}
        return {("taken", name) for name in names}

    def _leads(self, seen: Seen, passed: Sequence[Mapped]) -> set[tuple[str, str]]:
        """The relations of which some value is an identifier that was seen."""
        names = {name for one in passed for name in one.made.get("relations") or {}}
        return {
            ("leads", name)
            for name in names
            if targets_of(passed, name) & self._leading.known_of(seen, name)
        }


def _edited(seen: Seen, fix: Sequence[Put | Lines]) -> EndpointResource | None:
    """A resource with what a fix writes in its mapping; None where it is of another place."""
    resource = copy.deepcopy(seen.document.at(seen.base))
    is_changed = False
    for one in fix:
        if not isinstance(one, Put) or isinstance(one.value, Taken | Missing):
            return None
        path = inner(one.path)
        is_own = one.file == seen.document.name and one.path == (*seen.base, *path)
        if not is_own or path[: len(MAPPINGS)] != MAPPINGS:
            return None
        holder = follow(resource, path[:-1])
        if not isinstance(holder, dict):
            return None
        holder[str(path[-1])] = one.value
        is_changed = True
    try:
        config = EndpointAppConfig.parse_obj({"resources": [resource]}) if is_changed else None
    except (ConfigurationError, ValueError):
        return None
    return config.resources[0] if config else None
