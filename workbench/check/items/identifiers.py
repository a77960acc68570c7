"""Items of one resource that come to one entity, and identifiers that tell them apart."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from framework.identities import is_identifier, shown_row
from framework.mapped_items import Items, Mapped
from jq_engine.paths import plain_path
from jq_engine.worker import JqWorker
from json_values import MISSING, Found, Json, follow
from workbench.check.findings import Remedy, Write, likeness
from workbench.check.guesses.expressions import (
    as_text,
    is_scalar,
    leaves,
    paths_in,
    values_of,
    written,
)
from workbench.check.guesses.names import IDENTIFYING, letters
from workbench.suggest.targets import singular

_NOTHING: Final = re.compile(r"null|\W")
_IDS: Final = frozenset({"id", "uuid", "uid"})
_ID: Final = re.compile(r"i[dD]$|I[dD]$")
_ENDS_IN_ID: Final = 4  # its rank beside those
_PLAIN: Final = re.compile(r'[\w."]+')
_ENOUGH: Final = 5  # identifiers of which a mark says something
_MOST_COLUMNS: Final = 12  # keys of which pairs are tried


@dataclass(frozen=True)
class Shared:
    """Two items that come to one identifier.

    ``is_lost``: their entities differ, so that one of them is not in the catalog. Otherwise
    they may be one thing that is listed below two parents.
    """

    first: Mapped
    second: Mapped
    is_lost: bool

    @property
    def parents(self) -> str:
        """The values of path parameters that the two items have, empty where they are the same."""
        first, second = _marks(self.first.item), _marks(self.second.item)
        return f": of {shown_row(first)} and of {shown_row(second)}" if first != second else ""


def is_nameless(one: Mapped, expression: str) -> bool:
    """Whether an item's identifier says nothing, in one part or in all: ``null/null``, ``/``.

    A name may be ``/`` itself, where a key that the expression reads has a value.
    """
    value = one.made.get("identifier")
    if not is_identifier(value):
        return True
    read = [follow(one.item, path) for path in paths_in(expression)]
    is_empty = not _NOTHING.sub("", str(value))
    return is_empty and all(found is None or found is MISSING for found in read)


def shared(passed: Sequence[Mapped]) -> Shared | None:
    """Two items that make one entity and are not the same, those of different entities first."""
    by_name: defaultdict[str, list[Mapped]] = defaultdict(list)
    for one in passed:
        by_name[_text([one.made.get("blueprint"), one.made.get("identifier")])].append(one)
    alike: Shared | None = None
    for first, *others in by_name.values():
        for other in others:
            if _text(first.entity) != _text(other.entity):
                return Shared(first, other, is_lost=True)
            if alike is None and _text(_own(first.item)) != _text(_own(other.item)):
                alike = Shared(first, other, is_lost=False)
    return alike


async def identifier_below_parents(
    jq: JqWorker, expression: str, parameters: Collection[str], items: Items
) -> str:
    """The identifier behind the values of the path parameters, proved on the items; or nothing."""
    if not parameters:
        return ""
    marks = [f"__{name}" for name in parameters]
    own = expression if _PLAIN.fullmatch(expression) else f"({expression})"
    if not all(isinstance(one, str) for one in await values_of(jq, expression, items)):
        own = f"({expression} | tostring)"
    candidate = ' + "/" + '.join([*(_as_part((mark,), items) for mark in marks), own])
    # A row that moves while a list is read comes twice: it is one thing.
    apart = list({_text(item): item for item in items}.values())
    return await first_unique(jq, [candidate], apart)


async def first_unique(jq: JqWorker, candidates: Iterable[str], items: Items) -> str:
    """The first expression that gives each item a value of its own, as texts; "" for none."""
    for candidate in candidates:
        values = await values_of(jq, candidate, items)
        if all(map(is_scalar, values)) and len(set(map(_text, values))) == len(items):
            return as_texts(candidate, values)
    return ""


def as_texts(expression: str, values: Sequence[Json]) -> str:
    """Jq that gives the values of an expression as texts, which identifiers have to be."""
    if all(isinstance(value, str | None) for value in values):
        return expression
    return f"{expression} | values | tostring" if None in values else f"{expression} | tostring"


def unique_key(
    items: Items, wanted: AbstractSet[str] = frozenset(), kind: str = ""
) -> Write | None:
    """A key, or two together, whose values are different in all items; or nothing.

    ``wanted``: what relations lead to: a key with such values comes first. Then one that is called
    as what the items of a ``kind`` are.
    """
    noun = singular(kind.partition("?")[0].rstrip("/").rpartition("/")[2]).lower()
    nouns = {noun, f"{noun}id"}

    def is_wanted(path: Sequence[str]) -> bool:
        column = [follow(item, path) for item in items]
        hits = wanted & {str(value) for value in column if is_scalar(value)}
        return len(hits) > 1 and all(map(is_scalar, column))

    paths = [
        path
        for path in dict.fromkeys(one for item in items[:10] for one in leaves(item, 2))
        if is_wanted(path) or all(_tells(path, follow(item, path)) for item in items)
    ]
    paths.sort(
        key=lambda path: (
            not is_wanted(path),
            letters(path[-1]) not in nouns,
            _rank(path),
            len(path),
        )
    )
    for path in paths:
        if _is_unique(path, items):
            is_text = all(isinstance(follow(item, path), str) for item in items)
            return Write(written(path) + ("" if is_text else " | tostring"), "unique")
    for one, other in combinations(paths[:_MOST_COLUMNS], 2):
        pairs = {_text([follow(item, one), follow(item, other)]) for item in items}
        if len(pairs) == len(items):
            parts = sorted((one, other), key=lambda path: path[-1] in IDENTIFYING)
            joined = ' + "/" + '.join(_as_part(path, items) for path in parts)
            return Write(joined, "together unique")
    return None


async def with_other_part(jq: JqWorker, expression: str, items: Items) -> Write | None:
    """An identifier of several parts with a key in the place of one of them, unique; or nothing."""
    parts = paths_in(expression)
    keys = [
        path
        for path in dict.fromkeys(one for item in items[:10] for one in leaves(item, 2))
        if all(_tells(path, follow(item, path)) for item in items)
    ]
    # Of parts that have to stand together none tells by itself.
    keys.sort(key=lambda path: (_is_unique(path, items), _rank(path), len(path)))
    candidates = [
        _as_part(key, items).join(expression.rpartition(written(part))[::2])
        for part in reversed(parts if len(parts) > 1 else ())
        for key in keys[:_MOST_COLUMNS]
    ]
    found = await first_unique(jq, candidates, items)
    return Write(found, "unique") if found else None


def _is_unique(path: Sequence[str], items: Items) -> bool:
    return len({_text(follow(item, path)) for item in items}) == len(items)


def _tells(path: Sequence[str], value: Found) -> bool:
    """Whether a value may name an item: a text, or a number that is called an id.

    Sizes, counts and coordinates are different in all items by chance.
    """
    is_named = path[-1].lower() in IDENTIFYING or bool(_ID.search(path[-1]))
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return (isinstance(value, str) and value != "") or (is_number and is_named)


def within(items: Items, expression: str, name: str) -> Remedy:
    """A value in the object that an expression leads to, which tells items apart; "" for none.

    ``name``: what it is for.
    """
    keys = plain_path(expression)
    held = [follow(item, keys) for item in items] if keys else []
    objects = [one for one in held if isinstance(one, dict)]
    if not keys or not objects or len(objects) < len(held):
        return ""
    unique = [
        key
        for key in objects[0]
        if all(is_scalar(one.get(key, MISSING)) for one in objects)
        and len({_text(one[key]) for one in objects}) == len({_text(one) for one in objects})
    ]
    unique.sort(key=lambda key: (not _is_id(key), key not in IDENTIFYING, -likeness(key, name)))
    return Write(written((*keys, unique[0])), "a value that tells them apart") if unique else ""


def _is_id(key: str) -> bool:
    return key in _IDS or key in {"key", "slug", "identifier"} or bool(_ID.search(key))


def own_id(items: Items) -> str:
    """Jq for an id of the items' own that is different in all of them; "" for none."""
    for path in dict.fromkeys(one for item in items[:10] for one in leaves(item, 1)):
        values = [follow(item, path) for item in items]
        is_id = path[0].lower() in _IDS and all(map(is_scalar, values))
        if is_id and len(set(map(_text, values))) == len(items):
            return as_text(path, values)
    return ""


def holds_json(value: Json) -> bool:
    """Whether a value is an object or a list, or the text of one."""
    if not isinstance(value, str):
        return isinstance(value, dict | list)
    try:
        return value.startswith(("{", "[")) and isinstance(json.loads(value), dict | list)
    except ValueError:
        return False


def _own(item: dict[str, Json]) -> dict[str, Json]:
    """A child's item without what it has from its parents."""
    return {
        key: value
        for key, value in item.items()
        if not str(key).startswith("__") and item.get(f"__{key}", MISSING) != value
    }


def _marks(item: dict[str, Json]) -> dict[str, Json]:
    return {
        str(key): value
        for key, value in item.items()
        if str(key).startswith("__") and key != "__parent"
    }


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _rank(path: Sequence[str]) -> int:
    name = path[-1].lower()
    if name in IDENTIFYING:
        return IDENTIFYING.index(name) + len(path) - 1
    return _ENDS_IN_ID if _ID.search(path[-1]) else len(IDENTIFYING)


def _as_part(path: Sequence[str], items: Items) -> str:
    """A key as a part of a text."""
    is_text = all(isinstance(follow(item, path), str) for item in items)
    return written(path) if is_text else f"({written(path)} | tostring)"


def are_unlike(values: set[str], known: set[str]) -> bool:
    """Whether all identifiers have a mark that no value has: all digits, or a character."""
    return len(known) >= _ENOUGH and bool(
        set.intersection(*map(_signs, known)).difference(*map(_signs, values))
    )


def _signs(text: str) -> set[str]:
    return {"digits alone"} if text.isdigit() else {one for one in text if not one.isalnum()}
