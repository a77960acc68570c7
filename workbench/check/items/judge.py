"""What the items of a bounded look say of the mapping: each remedy is proved on them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from framework.mapped_items import Items, Mapped
from jq_engine.worker import JqWorker
from workbench.check.asking.reading import MAPPINGS, Seen
from workbench.check.files.offline import Installation
from workbench.check.findings import (
    Finding,
    Path,
    Remedy,
    Write,
    nearest,
)
from workbench.check.guesses.expressions import (
    better,
    finding_in,
    first_paths,
    has_path,
    is_scalar,
    paths_in,
    values_of,
    written,
)
from workbench.check.items.comparisons import compared, misspelt, of_other_type
from workbench.check.items.fitting import Fitter
from workbench.check.items.identifiers import (
    as_texts,
    first_unique,
    holds_json,
    identifier_below_parents,
    is_nameless,
    own_id,
    shared,
    unique_key,
    with_other_part,
    within,
)
from workbench.check.items.measure import Measure
from workbench.check.items.other_lists import (
    lacks_mapped,
    listed_otherwise,
    other_list,
    own_expressions,
)
from workbench.check.items.refused_by_port import RefusedByPort
from workbench.check.items.relations import Relations
from workbench.check.items.values import Values

_FEW: Final = 3  # items of which an absent key says something
_MOST: Final = 24  # keys that are named
_SHOWN: Final = 60
_INDEXED: Final = re.compile(r"\s*(\..*?)\[-?\d+\]\s*")
_PASSING: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\S*)?|\d+(\.\d+)+")
"""What dates and versions look like: they pass."""


class Judge:
    """Finds what is wrong with the mapping of resources that were looked at.

    ``origin``: of the API.
    """

    def __init__(
        self, installation: Installation, all_seen: Sequence[Seen], jq: JqWorker, origin: str
    ) -> None:
        self._blueprints = installation.blueprints
        self._all = all_seen
        self._jq = jq
        fitter = Fitter(jq, origin)
        self._leading = leading = Relations(installation, all_seen, jq)
        self._measure = Measure(all_seen, installation.blueprints, leading, jq)
        self._values = Values(installation.blueprints, leading, fitter, jq)
        self._refused = RefusedByPort(installation, leading, fitter, jq)

    async def findings(self, seen: Seen) -> list[Finding]:
        """Everything that the items of one resource show, each remedy measured."""
        return [await self._measure.proved(one) for one in await self._found(seen)]

    async def _found(self, seen: Seen) -> list[Finding]:
        if not seen.mapped:
            return []
        found = await self._query(seen)
        if not seen.passed:
            return await self._whole(seen) or found
        if alone := await self._first_alone(seen):
            return [alone]
        if remedy := await other_list(self._jq, seen):
            return [self._elsewhere(seen, remedy)]
        if unknown := self._unknown(seen):
            return [unknown]
        naming = await self._identifier(seen)
        found += naming or self._refused.no_text(seen, "identifier")
        found += self._refused.no_text(seen, "title")
        found += await self._values.findings(seen)
        told = {(one.file, one.line) for one in found if one.severity == "error"}
        refused = await self._refused.findings(seen)
        found += [one for one in refused if (one.file, one.line) not in told]
        found += await self._leading.findings(seen)
        return found

    def _unknown(self, seen: Seen) -> Finding | None:
        """At a blueprint that is computed, of which none has any name that comes."""
        made = {str(one.made.get("blueprint")) for one in seen.passed}
        if not self._blueprints or made & self._blueprints.keys():
            return None
        expression, name = seen.mappings.blueprint, min(made)
        likely = self._likely(seen)
        near = likely[0] if len(likely) == 1 else nearest(name, likely)
        remedy = Write(f'"{near}"') if near else f"use one of {', '.join(likely)}"
        problem = f"blueprint {expression!r} gives {name!r}, and no blueprint has that name"
        path = (*MAPPINGS, "blueprint")
        return seen.finding(path, problem, remedy)

    def _likely(self, seen: Seen) -> list[str]:
        """The blueprints that have the most of what is mapped; all where none has any."""
        mappings = seen.mappings
        mapped = {*mappings.properties, *mappings.relations}
        held = {
            name: len(mapped & {*one.schema.properties, *one.relations})
            for name, one in self._blueprints.items()
        }
        most = max(held.values())
        return [name for name, count in held.items() if count == most]

    async def _first_alone(self, seen: Seen) -> Finding | None:
        """At a data_path that takes one item of a list of several."""
        path = str(seen.config.selector.data_path or "")
        found = _INDEXED.fullmatch(path)
        bodies = [{"body": page.body} for page in seen.own_pages] if found else []
        expression = f".body | {found[1]}" if found else ""
        lists = [one for one in await values_of(self._jq, expression, bodies) if one]
        most = max((len(one) for one in lists if isinstance(one, list)), default=0)
        if found is None or most <= 1:
            return None
        problem = f"data_path {path!r} takes one of {most} items"
        return seen.finding(("selector", "data_path"), problem, Write(found[1]))

    async def _whole(self, seen: Seen) -> list[Finding]:
        """At a data_path whose items have no identifier, beside a list with what is mapped."""
        mappings, items = seen.mappings, [one.item for one in seen.mapped]
        values = await values_of(self._jq, str(mappings.identifier), items)
        beyond = None
        if any(value is not None for value in values) and not lacks_mapped(seen):
            read = paths_in(seen.config.selector.query)
            if not read or any(has_path(items, one) for one in read):
                return []
            beyond = await finding_in(self._jq, own_expressions(mappings)[1], items)
        remedy = await listed_otherwise(self._jq, seen, beyond)
        return [self._elsewhere(seen, remedy)] if remedy else []

    @staticmethod
    def _elsewhere(seen: Seen, remedy: Remedy) -> Finding:
        """At a data_path, where another one leads to what is mapped."""
        path = seen.config.selector.data_path or "."
        problem = f"data_path {path!r} leads to items without what is mapped"
        return seen.finding(("selector", "data_path"), problem, remedy)

    # --- the query -------------------------------------------------------------------------

    async def _query(self, seen: Seen) -> list[Finding]:
        query, path, count = seen.config.selector.query, ("selector", "query"), len(seen.mapped)
        items = [one.item for one in seen.mapped]
        odd = [one for one in seen.mapped if one.evaluation.passed is None]
        if seen.passed and not odd:
            if other := await of_other_type(self._jq, query, items):
                problem = f"query {query!r} compares with a value of another type"
                return [seen.finding(path, problem, other)]
            meant = misspelt(query, items)
            problem = f"query {query!r} reads a key that no item has"
            return [seen.finding(path, problem, meant, "warn")] if meant else []
        near = await compared(self._jq, query, items)
        remedy = near or self._not_there(seen, query, items)
        if odd:
            told = f"neither true nor false for {len(odd)} of {count} items"
            problem = f"query {query!r} gives {told}"
            remedy = remedy or 'compare, as in .state == "open"; for all items write "true"'
            if isinstance(near, str) and near:
                remedy = f"compare: {near}"
            return [seen.finding(path, problem, remedy)]
        remedy = remedy or 'correct it; for all items write "true"'
        is_sure = bool(near) or not seen.truncated
        problem = f"query {query!r} is true for none of {count} items"
        return [seen.finding(path, problem, remedy, "error" if is_sure else "warn")]

    @staticmethod
    def _not_there(seen: Seen, query: str, items: Items) -> str:
        """What to do about keys of a query that no item has; "" where one has them."""
        read = paths_in(query)
        if not read or any(has_path(items, path) for path in read):
            return ""
        keys = sorted({str(key) for item in items for key in item if not str(key).startswith("__")})
        held = f"the items have {', '.join(keys[:_MOST]) or 'no keys'}"
        if not lacks_mapped(seen):
            return f"{held}, and no {written(read[0])}"
        return f"{held}, and nothing that is mapped: ask the API for more, or correct data_path"

    # --- identifiers -----------------------------------------------------------------------

    async def _identifier(self, seen: Seen) -> list[Finding]:
        path = (*MAPPINGS, "identifier")
        expression = seen.mappings.identifier
        if not isinstance(expression, str):
            return []
        values = [one.made.get("identifier") for one in seen.passed]
        count = len(values)
        nameless = sum(is_nameless(one, expression) for one in seen.passed)
        items = seen.kept
        if nameless:
            remedy = await self._instead(seen, expression)
            problem = f"identifier {expression!r} is null in {nameless} of {count} items"
            return [seen.finding(path, problem, remedy or "choose a key that all items have")]
        absent = await self._values.absent(seen, "identifier", expression, items)
        if absent or all(map(holds_json, values)):
            return absent or [await self._of_whole(seen, expression, items)]
        pair = shared(seen.passed)
        if pair is None:
            return self._passing(seen, path, expression, items)
        counted = Counter(json.dumps(value) for value in values)
        most = json.dumps(pair.first.made.get("identifier"))
        values_told = f"{len(counted)} values ({most} {counted[most]} times{pair.parents})"
        problem = f"identifier {expression!r}: {count} items, {values_told}"
        apart = await self._apart(seen, expression)
        if not pair.is_lost:
            before = "where these are different things: "
            told = f"{before}{apart}"
            apart = replace(apart, before=before) if isinstance(apart, Write) else told
        return [seen.finding(path, problem, apart, "error" if pair.is_lost else "warn")]

    async def _of_whole(self, seen: Seen, expression: str, items: Items) -> Finding:
        """At an identifier that is the text of an object or a list: what is in it, or beside."""
        path = (*MAPPINGS, "identifier")
        problem = f"identifier {expression!r} is a whole object or list"
        values = {json.dumps(one.made.get("identifier")) for one in seen.passed}
        inner = expression.strip().removesuffix("tostring").rstrip("| ")
        found = within(items, inner, "identifier") if len(values) == len(items) else ""
        if isinstance(found, Write):
            of_items = await values_of(self._jq, str(found.value), items)
            found = replace(found, value=as_texts(str(found.value), of_items))
        found = found or unique_key(items, self._leading.wanted_of(seen), seen.config.kind) or ""
        told = found or "choose a key that tells items apart"
        return seen.finding(path, problem, told)

    def _passing(self, seen: Seen, path: Path, expression: str, items: Items) -> list[Finding]:
        """At an identifier that is unique by chance: of dates or versions, beside an own id."""
        values = [str(one.made.get("identifier")) for one in seen.passed]
        text = own_id(items)
        key = text.removesuffix(" | tostring")
        is_plain = expression.strip().removesuffix("| tostring").strip() != key
        if (
            len(values) < _FEW
            or not key
            or not is_plain
            or not all(map(_PASSING.fullmatch, values))
        ):
            return []
        problem = f"identifier {expression!r} is a date or a version, which may change"
        remedy = Write(text, f"another entity whenever it does; {key} is its own")
        return [seen.finding(path, problem, remedy, "warn")]

    async def _instead(self, seen: Seen, expression: str) -> Write | None:
        """What gives identifiers where an expression gives none; None where nothing does."""
        items, wanted = seen.kept, self._leading.wanted_of(seen)
        key = unique_key(items, wanted, seen.config.kind) if wanted else None
        if key and wanted & {str(one) for one in await values_of(self._jq, str(key.value), items)}:
            return replace(key, proof="unique, and relations have its values")
        if sibling := await first_unique(self._jq, self._siblings(seen, expression), items):
            return Write(sibling, "unique, and another kind of this blueprint has it so")
        near = await better(self._jq, expression, items, fits=is_scalar)
        if wrapped := await first_unique(self._jq, self._wrapped(seen, expression), items):
            return Write(wrapped, "unique")
        if near is None:
            return unique_key(items, kind=seen.config.kind)
        values = await values_of(self._jq, near.expression, items)
        remedy = replace(near, expression=as_texts(near.expression, values)).of(len(items))
        is_shared = len({json.dumps(one) for one in values}) < len(values)
        return (is_shared and unique_key(items, kind=seen.config.kind)) or remedy

    @staticmethod
    def _wrapped(seen: Seen, expression: str) -> list[str]:
        """The expression within the object that most other expressions read, if there is one."""
        read = [path for one in seen.passed[0].expressions for path in first_paths(one.jq or "")]
        heads = Counter(path[0] for path in read if len(path) > 1)
        first, count = heads.most_common(1)[0] if heads else ("", 0)
        if count * 2 <= len(read) or not expression.startswith("."):
            return []
        return [f"{written((first,))}{expression}"]

    def _siblings(self, seen: Seen, expression: str) -> list[str]:
        """The identifiers of other resources that make the same blueprint."""
        own = seen.mappings.blueprint
        mappings = (one.config.port.entity.mappings for one in self._all if one is not seen)
        found = [one.identifier for one in mappings if one.blueprint == own]
        return [one for one in found if isinstance(one, str) and one != expression]

    async def _apart(self, seen: Seen, expression: str) -> Remedy:
        """An identifier that is different in all items: behind the parents' values, or a key."""
        items = seen.kept
        parameters = seen.config.selector.path_parameters or {}
        candidate = await identifier_below_parents(self._jq, expression, parameters, items)
        if candidate:
            key = own_id(items)
            return Write(candidate, also=key if key.partition(" ")[0] not in candidate else "")
        return (
            await with_other_part(self._jq, expression, items)
            or unique_key(items, self._leading.wanted_of(seen), seen.config.kind)
            or "choose a key that tells items apart"
        )


def nulls_of(mapped: Sequence[Mapped]) -> list[str]:
    """The properties that are null in all items."""
    if not mapped:
        return []
    return [
        expression.path.partition(".")[2] or expression.path
        for number, expression in enumerate(mapped[0].expressions)
        if all(one.evaluation.values[number] is None for one in mapped)
    ]
