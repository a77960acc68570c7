"""Where the items of an answer may be, and telling rows apart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from json_values import MISSING, Json, follow
from paging.signal_names import ENVELOPE, name_of
from workbench.suggest.vocabulary import names_identity, words_of

_FEWEST = 2  # objects that make a collection by key
_FEWEST_KEYS = 3  # keys with lists of plain values that make one

DEEPEST = 3  # objects around a list
_ID_KEY = re.compile(r"\d+|(?=.*\d)[0-9a-f-]{12,}")  # no name of a field
_IDENTITY_WORDS = frozenset({"slug", "uri", "code", "number"})


def jq_path(keys: Sequence[str]) -> str:
    """A jq program for nested keys: ``.data.items``, ``.["odd key"]``; ``.`` for none."""
    steps = [f".{key}" if _is_plain(key) else f".[{json.dumps(key)}]" for key in keys]
    # `.a.["b"]` is not jq in every version; `.a["b"]` is.
    return "".join([steps[0], *(step.replace(".[", "[") for step in steps[1:])]) if steps else "."


def _is_plain(key: str) -> bool:
    return key.isascii() and key.isidentifier()


@dataclass(frozen=True)
class Place:
    """Where rows are: a list under ``keys``, with ``by_key`` the values of an object.

    ``several``: each of these is a list of rows. ``pairs``: the keys of an object, and what each
    has. ``single``: the object is the one row. ``lone``: a single row stands there by itself, as in
    XML. ``any_key``: the list stands in the object, under a key that each answer has for itself.
    """

    keys: tuple[str, ...] = ()
    by_key: bool = False
    several: bool = False
    pairs: bool = False
    single: bool = False
    lone: bool = False
    any_key: bool = False

    @property
    def data_path(self) -> str | None:
        """The selector's ``data_path``, None where none is needed."""
        path = jq_path(self.keys)
        if self.any_key:
            return f"{path} | .[]? | arrays"
        if self.pairs:
            return "to_entries" if path == "." else f"{path} | to_entries"
        if self.by_key:
            one = "{key} + .value[]" if self.several else "{key} + .value"
            each = f"to_entries | map({one})"
            return each if path == "." else f"{path} | {each}"
        return None if path == "." else path

    @property
    def shown(self) -> str:
        """The place in words."""
        if self.single:
            return f"{jq_path(self.keys) if self.keys else 'the answer itself'}, one object"
        where = jq_path(self.keys) if self.keys else "the answer itself"
        if self.any_key:
            return f"{where}, under a key that differs"
        if self.pairs:
            return f"{where}, its keys"
        held = "lists" if self.several else "objects"
        return f"{where}, an object of {held}" if self.by_key else where

    def rows(self, body: Json) -> list[Json] | None:
        """The rows of an answer, None where it has no list there."""
        found = follow(body, self.keys)
        if self.single:
            return [found] if isinstance(found, dict) else None
        if found is None and self.keys:
            return []  # an empty list, as some languages write it
        if isinstance(found, dict) and (self.any_key or self.pairs or self.by_key):
            return self._held(found)
        if self.lone and found is not MISSING and not isinstance(found, list):
            return [found]
        return found if isinstance(found, list) and not self.by_key else None

    def _held(self, found: dict[str, Json]) -> list[Json] | None:
        """The rows that an object holds."""
        if self.any_key:
            lists = _lists_of(found)
            return [row for one in lists for row in one] if lists else None
        if self.pairs:
            return [{"key": key, "value": value} for key, value in found.items()]
        held = [(key, v if self.several else [v]) for key, v in found.items()]
        each = [(key, row) for key, rows in held if isinstance(rows, list) for row in rows]
        return [{"key": key, **row} for key, row in each if isinstance(row, dict)]

    def items(self, body: Json) -> list[dict[str, Json]]:
        """The rows as the integration makes items of them."""
        rows = self.rows(body) or []
        return [row if isinstance(row, dict) else {"value": row} for row in rows if row is not None]


def _lists_of(value: object) -> list[list[Json]]:
    """The lists that an object holds."""
    held = value.values() if isinstance(value, dict) else ()
    return [one for one in held if isinstance(one, list)]


def place_in_all(place: Place, bodies: Sequence[Json]) -> Place:
    """A place that holds for several answers: each may name its list as it is called itself."""
    around = [follow(body, place.keys[:-1]) for body in bodies] if place.keys else []
    differs = any(place.rows(body) is None for body in bodies)
    is_one = bool(around) and all(len(_lists_of(one)) == 1 for one in around)
    return Place(place.keys[:-1], any_key=True) if differs and is_one else place


def places(body: Json, noun: str = "", *, of_one: bool = False) -> list[Place]:
    """Every place where the items of an answer may be, the likeliest first.

    ``noun`` is what an item is, as far as the URL tells; ``of_one``: it ends in an item's name.
    """
    found = list(_places(body, (), noun)) or list(_null_places(body, noun))
    if of_one and (wrapped := _wrapped_item(body)):
        return [Place(wrapped, single=True), *found]
    order = {place: number for number, place in enumerate(found)}
    ranked = sorted(found, key=lambda place: (_rank(place, body, noun), order[place]))
    if isinstance(body, dict) and _is_item(body):
        # An object with an identity is an item; its lists are its own, but for one of items under
        # a word for a list, where none was asked for by its name.
        is_list = bool(ranked) and not of_one and _speaks(ranked[0], noun)
        if not is_list or identity(ranked[0].rows(body) or []) is None:
            return [Place(single=True), *found]
    return ranked or ([Place(single=True)] if isinstance(body, dict) else [])


def _wrapped_item(body: Json) -> tuple[str, ...]:
    """The key of the one object in an envelope that is an item, with whatever lists it has."""
    objects = (
        [(key, one) for key, one in body.items() if isinstance(one, dict)]
        if (isinstance(body, dict) and not any(isinstance(one, list) for one in body.values()))
        else []
    )
    items = [key for key, one in objects if _is_item(one)]
    return (items[0],) if len(items) == 1 else ()


def _null_places(body: Json, noun: str) -> Iterator[Place]:
    """Where an empty list is written as null: ``{"items": null, "metadata": {…}}``."""
    level: list[tuple[tuple[str, ...], Json]] = [((), body)]
    for _ in range(_NULL_DEEPEST):
        inner = [
            ((*keys, str(key)), value)
            for keys, held in level
            if isinstance(held, dict)
            for key, value in held.items()
        ]
        for keys, value in inner:
            words = _stems(words_of(keys[-1]))
            if value is None and (words & _NULL_LISTS or words & set(noun.split())):
                yield Place(keys)
        level = inner


def _is_item(body: Mapping[str, Json]) -> bool:
    return any(
        words_of(key) in {("id",), ("uuid",), ("guid",), ("key",)} and isinstance(value, str | int)
        for key, value in body.items()
        if not isinstance(value, bool)
    )


def _places(value: Json, keys: tuple[str, ...], noun: str) -> Iterator[Place]:
    if isinstance(value, list):
        if not any(isinstance(row, list) for row in value):
            yield Place(keys)
        return
    if not isinstance(value, dict) or len(keys) > DEEPEST:
        return
    if _is_index(value):
        yield Place(keys, pairs=True)
        return
    if _is_map(value):
        yield Place(keys, by_key=True)
        if len(value) >= _FEWEST_KEYS:
            return  # whatever lists its objects have are their own
    if _is_grouped(value):
        yield Place(keys, by_key=True, several=True)
        return
    for key, inner in value.items():
        # A list of pages is what `/spaces/3/pages` is asked for, and elsewhere none of items.
        is_meant = _stems(words_of(key)) & _stems(noun.split())
        if is_meant or not (isinstance(inner, list) and name_of(key) in ENVELOPE):
            yield from _places(inner, (*keys, key), noun)


def _stems(words: Iterable[str]) -> set[str]:
    return {word.removesuffix("s") for word in words}


def _is_index(value: Mapping[str, Json]) -> bool:
    """Whether an object is a list of its keys: each has a list of plain values, or is an id."""
    if len(value) < _FEWEST_KEYS or any(name_of(key) in ENVELOPE for key in value):
        return False
    if all(map(_ID_KEY.fullmatch, value)):
        return not any(isinstance(held, dict | list) for held in value.values())
    return all(
        isinstance(held, list) and not any(isinstance(one, dict | list) for one in held)
        for held in value.values()
    )


def _is_map(value: Mapping[str, Json]) -> bool:
    """Whether an object is a collection by key: its values are objects of one shape."""
    rows = [row for row in value.values() if isinstance(row, dict) and row]
    return len(rows) >= _FEWEST and len(rows) == len(value) and _are_alike(value, rows)


def _is_grouped(value: Mapping[str, Json]) -> bool:
    """Whether an object is a collection of lists by key: all their objects are of one shape."""
    if len(value) < _FEWEST_KEYS or not all(isinstance(held, list) for held in value.values()):
        return False
    inner = [one for held in value.values() if isinstance(held, list) for one in held]
    rows = [row for row in inner if isinstance(row, dict) and row]
    return len(rows) >= _FEWEST and len(rows) == len(inner) and _are_alike(value, rows)


def _are_alike(value: Mapping[str, Json], rows: Sequence[Mapping[str, Json]]) -> bool:
    """Whether what an object holds is of one shape, so that its keys are no names of fields."""
    if any(name_of(key) in ENVELOPE for key in value):
        return False
    common = set.intersection(*(set(row) for row in rows))
    largest = max(len(row) for row in rows)
    return len(common) * 2 >= largest


_LIST_WORDS = frozenset([
    "data", "items", "results", "values", "value", "records", "entries", "list", "rows",
    "content", "hits",
])  # fmt: skip


_NULL_DEEPEST = 2
# Without those that are as often one thing: a content, a value.
_NULL_LISTS = frozenset(["item", "result", "record", "row", "hit", "data", "list"])


def _rank(place: Place, body: Json, noun: str) -> tuple[int, bool, bool, bool, int, int]:
    """Rows that can be told apart before those that cannot, a speaking key before another."""
    rows = place.rows(body) or []
    kind = (
        3
        if not rows
        else 1
        if place.by_key or place.pairs
        else 0
        if isinstance(rows[0], dict)
        else 2
    )
    leads_on = bool(place.keys) and _leads_on(follow(body, place.keys[:-1]))
    return (
        kind,
        identity(rows) is None,
        not _speaks(place, noun),
        not leads_on,
        len(place.keys),
        -len(rows),
    )


def _speaks(place: Place, noun: str) -> bool:
    """Whether a key says that a list stands there: by a word for one, or for what an item is."""
    words = set(words_of(place.keys[-1])) if place.keys else _LIST_WORDS
    return bool(words & _LIST_WORDS or _stems(words) & _stems(noun.split()))


def _leads_on(holder: object) -> bool:
    """Whether an object that holds a list says how it goes on: with that list, not another."""
    if not isinstance(holder, dict):
        return False
    words = [set(words_of(key)) for key, value in holder.items() if isinstance(value, str | int)]
    return any(said & {"next", "more", "cursor"} or said >= {"per", "page"} for said in words)


class Ruler:
    """The rows of the longest answer: any other answer is measured by where its rows lie here."""

    def __init__(self, rows: Sequence[Json]) -> None:
        self._key = identity(rows)
        self._marks = [_mark(row, self._key) for row in rows]

    def __len__(self) -> int:
        return len(self._marks)

    def shift(self, rows: Sequence[Json]) -> int | None:
        """How many rows lie before these; None when they do not lie here one after the other."""
        if not rows:
            return None
        marks = [_mark(row, self._key) for row in rows]
        for start, mark in enumerate(self._marks):
            if mark == marks[0]:
                here = self._marks[start : start + len(marks)]
                if here == marks[: len(here)]:
                    return start
        return None

    def is_beyond(self, rows: Sequence[Json]) -> bool:
        """Whether there are rows, and none of them lies here."""
        known = set(self._marks)
        return bool(rows) and known.isdisjoint(_mark(row, self._key) for row in rows)

    def is_same(self, rows: Sequence[Json]) -> bool:
        """Whether these are the rows here."""
        return len(rows) == len(self) and (not rows or self.shift(rows) == 0)


def identity(rows: Sequence[Json]) -> str | None:
    """A key that tells the rows apart: rows may hold a time or a count that changes meanwhile."""
    objects = [row for row in rows if isinstance(row, dict)]
    if not rows or len(objects) != len(rows):
        return None
    for key, value in objects[0].items():
        last = words_of(key)[-1:]
        if any(names_identity(word) or word in _IDENTITY_WORDS for word in last):
            values = [row.get(key, MISSING) for row in objects]
            if isinstance(value, str | int) and len(set(map(str, values))) == len(rows):
                return str(key)
    return None


def _mark(row: Json, key: str | None) -> str:
    if key is not None and isinstance(row, dict) and key in row:
        return str(row[key])
    return json.dumps(row, sort_keys=True)
