"""What tells rows without ids apart, where some of their values move from answer to answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Sequence

from json_values import Json

Way = tuple[str, ...]
"""The keys that lead to a place in a row."""

WHOLLY: frozenset[Way] = frozenset({()})
"""What moves where nothing that stays tells rows apart: then their whole values do."""
FEWEST = 3
"""Rows; fewer may be the same, or as many as some number, by chance."""
MANY = 10
"""Rows asked for, where no server gives one or two at once."""


def moving(rows: Sequence[Json], again: Sequence[Json]) -> frozenset[Way]:
    """The places in which two answers to one request differ, in whatever order their rows are.

    The others tell the rows apart.
    """
    ours, theirs = (
        Counter(leaf for row in some for leaf in _leaves(row)) for some in (rows, again)
    )
    ways = frozenset(way for way, _ in (ours - theirs) + (theirs - ours))
    is_told = len({*texts_of(rows, ways)}) == len(rows) == len(again)
    return ways if is_told or not ways else WHOLLY


def _leaves(part: Json, around: Way = ()) -> Iterator[tuple[Way, str]]:
    """What a row has, as texts by place; a list is one."""
    if isinstance(part, dict) and part:
        for key, value in part.items():
            yield from _leaves(value, (*around, key))
    else:
        yield around, json.dumps(part, sort_keys=True)


def texts_of(
    rows: Sequence[Json], ways: Collection[Way] = (), around: Sequence[Hashable] = ()
) -> tuple[Hashable, ...]:
    """Each row as a text, without what it has in some places, with what it lies in."""
    texts = tuple(json.dumps(_without(row, ways), sort_keys=True) for row in rows)
    return tuple(zip(around, texts, strict=True)) if around else texts


def _without(row: Json, ways: Collection[Way]) -> Json:
    if not isinstance(row, dict) or not ways:
        return row
    inside = {key: {way[1:] for way in ways if way[:1] == (key,)} for key in row}
    return {key: _without(row[key], left) for key, left in inside.items() if () not in left}


def row_key(named: tuple[str, Json]) -> Hashable:
    """What tells a row that others lie in: its key in an object, its id, or the texts it has."""
    name, row = named
    if name or not isinstance(row, dict):
        return name
    told = row.get("id")
    if isinstance(told, str | int):
        return told
    texts = tuple(one for one in row.values() if isinstance(one, str))
    return texts or tuple(one for one in row.values() if isinstance(one, int | float))
