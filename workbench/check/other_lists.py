"""Another list of an answer, whose objects have what the mapping looks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from framework.mapped_items import Items
from jq_engine.worker import JqWorker
from json_values import Json
from workbench.check.near import lists_of_objects, values_of, written
from workbench.check.reading import Seen

_FEWEST = 2  # expressions that say together that the list is the wrong one
_SAMPLE = 50  # objects of a list that are tried


async def other_list(jq: JqWorker, seen: Seen) -> str:
    """What to write for ``data_path`` where its items have nothing that is mapped; or nothing."""
    wanted = [one for one in seen.passed[0].expressions if one.path != "blueprint" and one.jq]
    names = [one.jq for one in wanted if one.path == "identifier" and one.jq]
    found = [
        one.jq
        for number, one in enumerate(seen.passed[0].expressions)
        if one in wanted and any(item.evaluation.values[number] is not None for item in seen.passed)
    ]
    rest = [one.jq for one in wanted if one.path != "identifier"]
    is_nameless = names and names[0] not in found
    if not is_nameless and (len(rest) < _FEWEST or set(rest) & set(found)):
        return ""
    expressions = [one.jq for one in wanted if one.jq]
    best: tuple[int, str] = (len(found), "")
    for page in seen.own_pages[:1]:
        for path, rows in _lists(page.body):
            hits = await _hits(jq, expressions, names, rows)
            if hits > best[0] and path != seen.config.selector.data_path:
                best = hits, f"write {path}, a list of {len(rows)}"
    return best[1]


def _lists(body: Json) -> Iterator[tuple[str, Items]]:
    for path, rows in lists_of_objects(body):
        yield written(path) or ".", [row for row in rows if isinstance(row, dict)]
    if isinstance(body, dict):
        yield "to_entries", [{"key": key, "value": value} for key, value in body.items()]


async def _hits(jq: JqWorker, wanted: Sequence[str], names: Sequence[str], rows: Items) -> int:
    """How many expressions find something in the rows; 0 where some row has no identifier."""
    hits = 0
    for expression in wanted:
        values = await values_of(jq, expression, rows[:_SAMPLE])
        known = [value for value in values if value not in (None, "", "null")]
        if expression in names and len(known) < len(values):
            return 0
        hits += bool(known)
    return hits
