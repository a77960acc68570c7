"""What the items of a bounded look say of the mapping: each remedy is proved on them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from framework.mapped_items import Items, Mapped
from jq_engine.worker import JqWorker
from json_values import Json, follow
from workbench.check.documents import Document
from workbench.check.findings import Finding, Path, Severity, likeness
from workbench.check.identifiers import identifier_below_parents, is_scalar, shared, unique_key
from workbench.check.near import better, has_path, leaves, paths_in, values_of, written
from workbench.check.other_lists import other_list
from workbench.check.reading import Seen
from workbench.store.model import Blueprint, PropertySchema
from workbench.store.rules import EntityFault, faults_of

_FEW: Final = 3  # items of which an absent key says something
_SHOWN: Final = 60
_SPEAKING: Final = 0.5  # likeness of names
_TEXTS: Final = 4  # of an object that are tried
_TO: Final[Mapping[str, tuple[str, ...]]] = {
    "string": ("{}.name", "{}.id | tostring", '{} | join(", ")', "{} | tostring"),
    "number": ("{} | tonumber", "{} | length"),
    "boolean": ('{} == "true"', "{} == 1", '({} | ascii_downcase) == "yes"', "{} != null"),
    "array": ("[{}]", '{} | split(",")', "[{} | .[]]"),
    "object": ("{} | fromjson",),
    "date-time": (
        "{} | todate",
        "{} / 1000 | floor | todate",
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


class Judge:
    """Finds what is wrong with the mapping of resources that were looked at."""

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
        """Everything that the items of one resource show."""
        if not seen.mapped:
            return []
        found = await self._query(seen)
        if not seen.passed:
            return found
        if remedy := await other_list(self._jq, seen):
            path = seen.config.selector.data_path
            problem = f"data_path {path or '.'!r} leads to items without what is mapped"
            return [self._at(seen, ("selector", "data_path"), problem, remedy)]
        naming = await self._identifier(seen)
        found += naming
        found += await self._values(seen)
        found += await self._entities(seen)
        found += await self._relations(seen)
        return found

    def _at(
        self, seen: Seen, path: Path, problem: str, remedy: str, *, is_error: bool = True
    ) -> Finding:
        problem = f"kind {seen.config.kind}: {problem}"
        severity: Severity = "error" if is_error else "warn"
        return self._document.finding((*seen.base, *path), problem, remedy, severity=severity)

    # --- the query -------------------------------------------------------------------------

    async def _query(self, seen: Seen) -> list[Finding]:
        query, path, count = seen.config.selector.query, ("selector", "query"), len(seen.mapped)
        odd = [one for one in seen.mapped if one.evaluation.passed is None]
        if odd:
            remedy = 'compare, as in .state == "open"; for all items write "true"'
            near = await self._near_query(seen, query)
            if near.startswith("write"):
                remedy = near
            elif near:
                remedy = f"compare: {near}"
            problem = (
                f"query {query!r} gives neither true nor false for {len(odd)} of {count} items"
            )
            return [self._at(seen, path, problem, remedy)]
        if seen.passed:
            return []
        near = await self._near_query(seen, query)
        remedy = near or 'correct it; for all items write "true"'
        is_sure = bool(near) or not seen.truncated
        problem = f"query {query!r} is true for none of {count} items"
        return [self._at(seen, path, problem, remedy, is_error=is_sure)]

    async def _near_query(self, seen: Seen, query: str) -> str:
        for path in paths_in(query):
            if has_path(seen.items, path):
                values = [follow(item, path) for item in seen.items[:_SHOWN]]
                known = sorted({json.dumps(one) for one in values if is_scalar(one)})
                return f"{written(path)} is {', '.join(known[:5])}" if known else ""
            if near := await better(self._jq, written(path), seen.items):
                return f"write {near.expression} for {written(path)}"
        return ""

    # --- identifiers -----------------------------------------------------------------------

    async def _identifier(self, seen: Seen) -> list[Finding]:
        path = ("port", "entity", "mappings", "identifier")
        expression = seen.config.port.entity.mappings.identifier
        if not isinstance(expression, str):
            return []
        values = [one.made.get("identifier") for one in seen.passed]
        count = len(values)
        nameless = sum(value in (None, "", "null") for value in values)
        if nameless:
            near = await better(self._jq, expression, [one.item for one in seen.passed])
            remedy = f"write {near.expression} ({near.count} of {count})" if near else ""
            remedy = remedy or unique_key([one.item for one in seen.passed])
            problem = f"identifier {expression!r} is null in {nameless} of {count} items"
            return [self._at(seen, path, problem, remedy or "choose a key that all items have")]
        pair = shared(seen.passed)
        if pair is None:
            return []
        counted = Counter(json.dumps(value) for value in values)
        most = json.dumps(pair.first.made.get("identifier"))
        values_told = f"{len(counted)} values ({most} {counted[most]} times{pair.parents})"
        problem = f"identifier {expression!r}: {count} items, {values_told}"
        remedy = await self._apart(seen, expression)
        if not pair.is_lost:
            remedy = f"where these are different things: {remedy}"
        return [self._at(seen, path, problem, remedy, is_error=pair.is_lost)]

    async def _apart(self, seen: Seen, expression: str) -> str:
        """An identifier that is different in all items: behind the parents' values, or a key."""
        items = [one.item for one in seen.passed]
        parameters = seen.config.selector.path_parameters or {}
        candidate = await identifier_below_parents(self._jq, expression, parameters, items)
        if candidate:
            return f"write {candidate}"
        return unique_key(items) or "choose a key that tells items apart"

    # --- properties and title ------------------------------------------------------------------

    async def _values(self, seen: Seen) -> list[Finding]:
        """Expressions that find nothing in any item, or fail."""
        found: list[Finding] = []
        items = [one.item for one in seen.passed]
        for number, expression in enumerate(seen.passed[0].expressions):
            parts = expression.path.split(".")
            if parts[0] in {"identifier", "blueprint"} or expression.jq is None:
                continue
            values = [one.evaluation.values[number] for one in seen.passed]
            if any(value is not None and value != [] for value in values):
                continue
            found += await self._null(seen, expression.path, expression.jq, items)
        return found

    async def _null(self, seen: Seen, name: str, jq: str, items: Items) -> list[Finding]:
        part, _, key = name.partition(".")
        path = ("port", "entity", "mappings", *name.split(".", 1))
        what = {"properties": f"property {key}", "relations": f"relation {key}"}.get(part, name)
        failed = [
            one.message
            for each in seen.passed
            for one in each.evaluation.failures
            if one.expression.path == name
        ]
        empty = [one for one in seen.passed if _made(one, part, key) == []]
        said = "an empty list" if len(empty) == len(items) else "null"
        problem = f"{what} {jq!r} is {said} in {len(items)} of {len(items)} items"
        if part == "relations" and (leading := await self._target(seen, key, jq)):
            return [self._at(seen, path, problem, leading)]
        if near := await better(self._jq, jq, items):
            remedy = f"write {near.expression} ({near.count} of {len(items)})"
            return [self._at(seen, path, problem, remedy)]
        if failed:
            reason = failed[0].partition("\n")[0][:120]
            problem = f"{what} {jq!r} fails for {len(failed)} of {len(items)} items ({reason})"
            return [self._at(seen, path, problem, "correct the expression")]
        paths = paths_in(jq)
        absent = paths and not any(has_path(items, one) for one in paths)
        if not absent or len(items) < _FEW or empty:
            return []
        keys = ", ".join(sorted({str(key) for item in items for key in item}))[:200]
        return [self._at(seen, path, problem, f"the items have {keys}", is_error=False)]

    # --- what Port refuses ---------------------------------------------------------------------

    async def _entities(self, seen: Seen) -> list[Finding]:
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

    async def _refused(self, seen: Seen, faults: list[EntityFault]) -> Finding:
        first, count = faults[0], len(seen.passed)
        part = "properties" if first.part == "property" else "relations"
        path = ("port", "entity", "mappings", part, first.name)
        example = json.dumps(first.value, default=str)[:_SHOWN]
        refused = f"Port refuses {len(faults)} of {count} entities"
        if first.problem == "is required":
            problem = f"{first.part} {first.name} is required, but null: {refused}"
            expression = self._document.at((*seen.base, *path))
            near = await better(self._jq, str(expression), seen.items)
            remedy = f"write {near.expression}" if near else "give a value in every item, with //"
            return self._at(seen, path, problem, remedy)
        problem = f"{first.part} {first.name} {first.problem}, {example} is none: {refused}"
        remedy = await self._fitting(seen, first, path)
        return self._at(seen, path, problem, remedy or "change the expression or the blueprint")

    async def _fitting(self, seen: Seen, fault: EntityFault, path: Path) -> str:
        """The expression with what makes its values fit, proved on all items."""
        expression = self._document.at((*seen.base, *path))
        blueprint = self._blueprints[str(seen.passed[0].made.get("blueprint"))]
        if not isinstance(expression, str):
            return ""
        inner = (
            expression if expression.isidentifier() or " " not in expression else f"({expression})"
        )
        items = [one.item for one in seen.passed]
        before = await values_of(self._jq, expression, items)
        candidates = [
            *_inner(fault, inner),
            *(t.format(inner) for t in _templates(fault, blueprint)),
        ]
        for candidate in candidates:
            values = await values_of(self._jq, candidate, items)
            fits = all(
                _fits(fault, value, blueprint) if old is not None else True
                for old, value in zip(before, values, strict=True)
            )
            if fits:
                return f"write {candidate}"
        schema = blueprint.schema.properties.get(fault.name)
        if schema and schema.enum:
            words = ", ".join(json.dumps(one) for one in schema.enum[:8])
            return f"map it to one of {words}, or add the value to the enum of the blueprint"
        return ""

    # --- relations -----------------------------------------------------------------------------

    async def _relations(self, seen: Seen) -> list[Finding]:
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
                f"relation {name} {expression!r}: 0 of {len(values)} values are identifiers of"
                f" {relation.target}"
            )
            remedy = await self._leading(seen, known, str(expression), many=relation.many)
            if remedy or is_complete:
                remedy = remedy or f"correct the expression; {relation.target} has {_some(known)}"
                found.append(self._at(seen, path, problem, remedy))
        return found

    async def _target(self, seen: Seen, name: str, expression: str) -> str:
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
        return f"write {best[2]} ({best[0]} of {len(items)})" if best[0] else ""


def _made(one: Mapped, part: str, name: str) -> Json:
    held = one.made.get(part)
    return held.get(name) if isinstance(held, dict) else None


def _inner(fault: EntityFault, expression: str) -> list[str]:
    """The texts of an object that stands where one is wanted, its name or the like first."""
    if not isinstance(fault.value, dict) or fault.part == "relation":
        return []
    last = expression.rpartition(".")[2]
    keys = [str(key) for key, value in fault.value.items() if isinstance(value, str) and value]
    keys.sort(key=lambda key: [key != "name", key != last, key != "value"])
    return [f"{expression}{written((key,))}" for key in keys[:_TEXTS]]


def _templates(fault: EntityFault, blueprint: Blueprint) -> Iterator[str]:
    if fault.part == "relation":
        yield from _TO["many" if blueprint.relations[fault.name].many else "one"]
        return
    schema = blueprint.schema.properties[fault.name]
    yield from _TO.get(schema.format or "", ())
    if schema.enum is None or schema.type != "string":
        yield from _TO.get(schema.type or "", ())
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


def _with_property(name: str, schema: PropertySchema) -> Blueprint:
    whole = Blueprint("x")
    return Blueprint("x", type(whole.schema)({name: schema}))


def _targets(value: Json) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


def _some(known: set[str]) -> str:
    return ", ".join(json.dumps(one) for one in sorted(known)[:3])


def nulls_of(mapped: Sequence[Mapped]) -> list[str]:
    """The properties that are null in all items."""
    if not mapped:
        return []
    return [
        expression.path.partition(".")[2] or expression.path
        for number, expression in enumerate(mapped[0].expressions)
        if all(one.evaluation.values[number] is None for one in mapped)
    ]
