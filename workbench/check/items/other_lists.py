"""Another list of an answer, whose objects have what the mapping looks for."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from port_ocean.core.handlers.port_app_config.models import EntityMapping

from framework.mapped_items import Items
from jq_engine.paths import plain_path
from jq_engine.worker import JqWorker
from json_values import Found, Json, follow
from workbench.check.asking.reading import Seen
from workbench.check.findings import Remedy, Write, likeness, removed
from workbench.check.guesses.expressions import (
    has_path,
    leaves,
    lists_of_objects,
    paths_in,
    values_of,
    written,
)
from workbench.check.guesses.names import alikeness

_FEWEST = 2  # expressions that say together that the list is the wrong one
_ALIKE = 0.75  # names that mean the same
_DEEPEST = 4  # objects and lists around rows
_MOST_KEYS = 12  # of an object that are looked into
_SAMPLE = 50  # objects of a list that are tried


async def other_list(jq: JqWorker, seen: Seen) -> Remedy:
    """What to write for ``data_path`` where its items have nothing that is mapped; or ""."""
    wanted = [one for one in seen.passed[0].expressions if one.path != "blueprint" and one.jq]
    names = [one.jq for one in wanted if one.path == "identifier" and one.jq]
    items = seen.kept
    marks = _marks(seen)
    found = [
        one.jq
        for number, one in enumerate(seen.passed[0].expressions)
        if one in wanted and any(item.evaluation.values[number] is not None for item in seen.passed)
        if _is_own(one.jq or "", items, marks)
    ]
    rest = [one.jq for one in wanted if one.path != "identifier" and one.jq]
    is_nameless = names and names[0] not in found
    if not is_nameless and (len(rest) < _FEWEST or set(rest) & set(found)):
        return ""
    return await listed_otherwise(jq, seen, beyond=len(found))


def lacks_mapped(seen: Seen) -> bool:
    """Whether no item has any key that the mapping reads, but for what children have of parents."""
    marks, items = _marks(seen), [one.item for one in seen.mapped]
    texts = [one.jq for one in seen.mapped[0].expressions if one.jq]
    own = [text for text in texts if any(path[0] not in marks for path in paths_in(text))]
    return bool(own) and not any(_is_own(text, items, marks) for text in own)


def _marks(seen: Seen) -> set[str]:
    """The keys that items have from their parents."""
    return {name for one in seen.config.selector.path_parameters for name in (one, f"__{one}")}


async def listed_otherwise(jq: JqWorker, seen: Seen, beyond: int | None = None) -> Remedy:
    """What to write for ``data_path`` by which there is what is mapped, as ``list_with``; or ""."""
    selector = seen.config.selector
    for page in seen.own_pages[:1]:
        body = _unwrapped(page.body) if selector.response_format == "xml" else page.body
        found = await list_with(jq, seen.mappings, body, beyond)
        if found and found[0] != (selector.data_path or "."):
            return at_list(*found)
    return ""


def at_list(path: str, count: int) -> Remedy:
    """What to write for ``data_path`` that leads to a list of so many."""
    if path == ".":
        return removed("remove data_path: the answer itself has what is mapped")
    return Write(path, f"a list of {count}")


def _is_own(expression: str, items: Items, marks: Container[str]) -> bool:
    """Whether an expression finds anything but what children have from their parents."""
    own = [path for path in paths_in(expression) if path[0] not in marks]
    return not paths_in(expression) or any(has_path(items, path) for path in own)


def list_within(items: Items, expression: str, name: str) -> str:
    """The list of whole answers whose rows have what an expression reads; "" for none.

    Of several the one that is called most like ``name``.
    """
    paths = paths_in(expression) if items else []
    lists = lists_of_objects(items[0]) if paths else []
    if paths == [("value",)]:  # as the elements of a list of texts or numbers are read
        lists += [(path, _plain(follow(items[0], path))) for path in leaves(items[0])]
    lists.sort(key=lambda one: -likeness(name, "".join(one[0][-1:]).lower()))
    for where, rows in lists:
        objects = [row for row in rows if isinstance(row, dict)]
        if where and rows and all(has_path([row], paths[0]) for row in objects):
            return written(where)
    return ""


def _plain(value: Found) -> list[Json]:
    """The elements of a list of texts or numbers; none of anything else."""
    held = value if isinstance(value, list) else []
    return [] if any(isinstance(one, dict | list) for one in held) else held


def own_expressions(mappings: EntityMapping) -> tuple[list[str], list[str]]:
    """The identifier's expression, and those of all that stands in an item itself."""
    names = [mappings.identifier] if isinstance(mappings.identifier, str) else []
    others = [mappings.title, *(mappings.properties or {}).values()]
    return names, [*names, *(one for one in others if isinstance(one, str))]


async def list_with(
    jq: JqWorker, mappings: EntityMapping, body: Json, beyond: int | None = None
) -> tuple[str, int] | None:
    """The list of an answer whose objects have most of what is mapped, and its length; or None.

    All have an identifier. ``beyond``: more expressions than so many find something, else more
    than half of them.
    """
    names, wanted = own_expressions(mappings)
    best: tuple[str, int] | None = None
    most = len(wanted) // 2 if beyond is None else beyond
    single = ((written(path) or ".", [one]) for path, one in _objects(body))
    for path, rows in (*_lists(body), *lists_by_key(body, names, wanted[len(names) :]), *single):
        hits = await _hits(jq, wanted, names, rows) if rows and names else 0
        if hits > most:
            most, best = hits, (path, len(rows))
    return best


def _objects(body: Json) -> Iterator[tuple[tuple[str, ...], dict[str, Json]]]:
    """An answer that is an object, and the objects in it."""
    if isinstance(body, dict):
        yield (), body
        for path in leaves(body, 2):
            if isinstance(held := follow(body, path), dict):
                yield path, held


def _lists(body: Json) -> Iterator[tuple[str, Items]]:
    """Everything that may be rows: lists, and objects of like values, also within lists."""
    for path, rows in lists_of_objects(body):
        objects = [row for row in rows if isinstance(row, dict)]
        yield written(path) or ".", objects
        for key in objects[0] if objects else ():
            here, below = f"{written(path)}[]{written((key,))}", [one.get(key) for one in objects]
            inner = [one for one in below if isinstance(one, dict)]
            lists = [one for one in below if isinstance(one, list)]
            if len(inner) == len(objects):
                yield here, inner
            elif len(lists) == len(objects) > 1:
                yield f"{here}[]", [row for one in lists for row in one if isinstance(row, dict)]
    for where, held in _keyed(body):
        if all(isinstance(value, dict) for one in held for value in one.values()):
            inner = [value for one in held for value in one.values() if isinstance(value, dict)]
            yield f"[{where}[]]", inner
        pairs: Items = [{"key": key, "value": one[key]} for one in held for key in one]
        yield _behind(where, "to_entries", "[]"), pairs


def lists_by_key(
    body: Json, names: Sequence[str], rest: Sequence[str] | None = None, own: str = ""
) -> Iterator[tuple[str, Items]]:
    """The values of objects by their keys, each with its key where ``names`` reads it.

    What is no object stands where the one path of ``rest`` reads it, and is looked for at ``own``
    alone: links are such too. Of objects one has what some of ``rest`` reads, if that is given.
    ``names``: the expression of what only the key may be.
    """
    path = plain_path(names[0].removesuffix("| tostring").strip()) if names else None
    others = {one for expression in rest or () for one in paths_in(expression)}
    alone = next(iter(others)) if len(others) == 1 else ()
    if path is None or len(path) != 1 or path == ("key",):  # which `to_entries` has
        return
    name = str(path[0])
    for where, held in _keyed(body):
        pairs = [(key, value) for one in held for key, value in one.items()]
        objects = [value for _, value in pairs if isinstance(value, dict)]
        if name == "value" and not objects:  # the keys themselves, as texts are read
            yield _behind(where, "keys", "[]"), [{name: key} for key, _ in pairs]
            continue
        text, rows = f".value + {{{_as_key(name)}: .key}}", [{**one} for one in objects]
        if not objects and where == own and len(alone) == 1:
            text = f"{{{_as_key(name)}: .key, {_as_key(alone[0])}: .value}}"
            rows = [{alone[0]: value} for _, value in pairs]
        # Fields are no keys of a list; a key that is called alike is meant before theirs.
        keys = {str(key) for row in objects or held for key in row}
        is_own = any(max(alikeness(name, key), key == name) >= _ALIKE for key in keys)
        is_other = rest is not None and not any(has_path(rows, one) for one in others)
        if (
            is_own
            or is_other
            or len(rows) < len(pairs)
            or (not objects and others & {(key,) for key in keys})
        ):
            continue
        rows = [{**row, name: key} for row, (key, _) in zip(rows, pairs, strict=True)]
        each = f"[] | {text}" if "[]" in where else f" | map({text})"
        yield _behind(where, f"to_entries{each}"), rows


def _behind(where: str, program: str, each: str = "") -> str:
    """A program behind a path; within a list in which that has several values, by ``each``."""
    whole = program if where == "." else f"{where} | {program}"
    return f"[{whole}{each}]" if "[]" in where else whole


def _as_key(name: str) -> str:
    """A key of an object as jq takes it."""
    return written((name,)).removeprefix(".")


def _keyed(body: Json) -> Iterator[tuple[str, list[dict[str, Json]]]]:
    """The objects of like values in a body, by their paths; several where a list holds them."""
    level: list[tuple[str, list[Json]]] = [("", [body])]
    for _ in range(_DEEPEST):
        below: list[tuple[str, list[Json]]] = []
        for way, held in level:
            objects = [one for one in held if isinstance(one, dict) and one]
            if objects and all(map(_are_alike, objects)):
                yield way or ".", objects
            keys = dict.fromkeys(str(key) for one in objects for key in one)
            below += [
                (way + written((key,)), [one[key] for one in objects if key in one])
                for key in list(keys)[:_MOST_KEYS]
            ]
            lists = [one for one in held if isinstance(one, list) and one]
            if lists and way:
                step = "[0]" if all(len(one) == 1 for one in lists) else "[]"
                below.append((way + step, [row for one in lists for row in one[:_SAMPLE]]))
        level = below


def _are_alike(value: dict[str, Json]) -> bool:
    """Whether an object has several values of one type."""
    return len(value) > 1 and len({type(one) for one in value.values()}) == 1


def _unwrapped(body: Json) -> Json:
    """An XML document with single elements as they are where no path leads to rows."""
    if isinstance(body, list):
        return _unwrapped(body[0]) if len(body) == 1 else body
    if isinstance(body, dict):
        return {key: _unwrapped(value) for key, value in body.items()}
    return body


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
