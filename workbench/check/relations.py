"""Relations: whether their values are identifiers of the target, and what gives such ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from framework.mapped_items import Items
from jq_engine.worker import JqWorker
from json_values import Json, follow
from workbench.check.documents import Document
from workbench.check.findings import Finding, likeness
from workbench.check.identifiers import is_scalar
from workbench.check.near import leaves, paths_in, values_of, written
from workbench.check.reading import Seen
from workbench.store.model import Blueprint

_SPEAKING: Final = 0.5  # likeness of names
_DEEPEST: Final = 2  # objects around a key of the target


class Relations:
    """Judges the relations of resources by what all of them gave."""

    def __init__(
        self,
        document: Document,
        blueprints: Mapping[str, Blueprint],
        all_seen: Sequence[Seen],
        jq: JqWorker,
    ) -> None:
        self._document = document
        self._blueprints = blueprints
        self._all = all_seen
        self._jq = jq

    async def findings(self, seen: Seen) -> list[Finding]:
        """Relations of which no value is an identifier of the target."""
        blueprint = self._blueprints.get(str(seen.passed[0].made.get("blueprint")))
        found: list[Finding] = []
        for name, relation in (blueprint.relations if blueprint else {}).items():
            known, is_complete = self._identifiers_of(relation.target)
            values: set[str] = {
                target
                for one in seen.passed
                for target in _targets((one.made.get("relations") or {}).get(name))
            }
            if not known or not values or values & known:
                continue
            path = ("port", "entity", "mappings", "relations", name)
            expression = self._document.at((*seen.base, *path))
            problem = (
                f"kind {seen.config.kind}: relation {name} {expression!r}: 0 of {len(values)}"
                f" values are identifiers of {relation.target}"
            )
            remedy = await self._leading(seen, known, str(expression), many=relation.many)
            other = "" if remedy or is_complete else self._other_key(relation.target, values)
            if remedy or is_complete or other:
                told = f"correct the expression; {relation.target} has {_some(known)}{other}"
                found.append(self._document.finding((*seen.base, *path), problem, remedy or told))
        return found

    async def target(self, seen: Seen, name: str, expression: str) -> str:
        """A path whose values are identifiers of a relation's target, for one that finds none."""
        blueprint = self._blueprints.get(str(seen.passed[0].made.get("blueprint")))
        relation = blueprint.relations.get(name) if blueprint else None
        if relation is None:
            return ""
        known, _ = self._identifiers_of(relation.target)
        return await self._leading(seen, known, expression, many=relation.many) if known else ""

    def _identifiers_of(self, blueprint: str) -> tuple[set[str], bool]:
        """The identifiers that were seen of a blueprint, and whether that is all there are."""
        known: set[str] = set()
        is_complete = True
        for seen in self._all:
            makes = [one for one in seen.passed if one.made.get("blueprint") == blueprint]
            names = [one.made.get("identifier") for one in makes]
            own = {str(one) for one in names if one not in (None, "", "null")}
            if len(own) * 2 < len(names):  # they are wrong themselves, which is told of them
                return set(), False
            known |= own
            if makes or f'"{blueprint}"' in seen.config.port.entity.mappings.blueprint:
                is_complete = is_complete and not seen.truncated and not seen.errors
        return known, is_complete

    def _other_key(self, blueprint: str, values: set[str]) -> str:
        """Whether the values are those of another key of the target; not all of it was read."""
        items = [
            one.item
            for seen in self._all
            for one in seen.passed
            if one.made.get("blueprint") == blueprint
        ]
        for path in dict.fromkeys(one for item in items[:20] for one in leaves(item, _DEEPEST)):
            held = {value for item in items if isinstance(value := follow(item, path), str)}
            if len(held & values) * 2 > len(values) and len(held & values) > 1:
                return f": these are values of its {written(path)}, and no identifiers"
        return ""

    async def _leading(self, seen: Seen, known: set[str], expression: str, *, many: bool) -> str:
        """A path of the items whose values are identifiers of the target."""
        items = [one.item for one in seen.passed]
        best: tuple[int, float, str] = (0, 0.0, "")
        paths = dict.fromkeys(one for item in items[:20] for one in leaves(item))
        for path in paths:
            values = [follow(item, path) for item in items]
            scalars = [value for value in values if is_scalar(value)]
            hits = sum(str(value) in known for value in scalars)
            if not hits or hits < len(scalars) / 2:
                continue
            is_text = all(isinstance(value, str) for value in scalars)
            text = written(path) + ("" if is_text else " | tostring")
            alike = max(
                (likeness(".".join(path), ".".join(one)) for one in paths_in(expression)),
                default=0.0,
            )
            # Small numbers are identifiers of many things: the name has to speak.
            if not is_text and alike < _SPEAKING:
                continue
            best = max(best, (hits, alike, f"[{text}]" if many else text))
        if best[0]:
            return f"write {best[2]} ({best[0]} of {len(items)})"
        return await self._behind_parents(seen, known, items, expression, many=many)

    async def _behind_parents(
        self, seen: Seen, known: set[str], items: Items, expression: str, *, many: bool
    ) -> str:
        """The values of the path parameters together, or what is mapped behind them."""
        names = list(seen.config.selector.path_parameters or {})
        texts = [f"(.__{name} | tostring)" for name in names]
        candidates = [' + "/" + '.join(texts)] if len(names) > 1 else []
        candidates += [
            ' + "/" + '.join([*texts[:at], f"({expression} | tostring)"])
            for at in range(1, len(texts) + 1)
        ]
        for candidate in candidates:
            values = await values_of(self._jq, candidate, items)
            hits = sum(value in known for value in values)
            if hits * 2 > len(items):
                plain = candidate
                for name in names:
                    if all(isinstance(item.get(f"__{name}"), str) for item in items):
                        plain = plain.replace(f"(.__{name} | tostring)", f".__{name}")
                return f"write {f'[{plain}]' if many else plain} ({hits} of {len(items)})"
        return ""


def _targets(value: Json) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


def _some(known: set[str]) -> str:
    return ", ".join(json.dumps(one) for one in sorted(known)[:3])
