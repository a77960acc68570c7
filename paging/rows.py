"""What tells rows without ids apart, where some of their values move from answer to answer."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Iterator, Sequence

from json_values import MISSING, Found, Json, follow

Way = tuple[str, ...]
"""The keys that lead to a place in a row."""

_SAMPLE = 100  # rows that are compared column by column
_DEEPEST = 3  # keys that lead to a text
FEWEST = 3
"""Rows; fewer may be the same, or as many as some number, by chance."""


def are_alike(rows: Sequence[Json], others: Sequence[Json]) -> bool:
    """Whether rows without ids are the same ones, with some values that moved meanwhile.

    In whatever order: each has a text of its own in some place.
    """
    return any(values_in(rows, way) == values_in(others, way) for way in columns(rows))


def columns(rows: Sequence[Json]) -> list[Way]:
    """The places in rows where each has a text, and another one: those may tell them apart.

    A row that is a text is that place itself.
    """
    sample = [row for row in rows[:_SAMPLE] if isinstance(row, dict | str)]
    if not FEWEST <= len(sample) == len(rows[:_SAMPLE]):
        return []
    return [way for way in _texts(sample[0]) if len(values_in(sample, way)) == len(sample)]


def moving(rows: Sequence[Json], again: Sequence[Json]) -> frozenset[Way]:
    """The places in which two answers differ about the same rows.

    None where what is in others does not tell the rows apart.
    """
    pairs = zip(rows, again, strict=False)  # fewer are no answer to the same
    ways = frozenset(way for pair in pairs for way in _moved(*pair))
    return ways if len({*texts_of(rows, ways)}) == len(rows) == len(again) else frozenset()


def _moved(row: Found, again: Found, around: Way = ()) -> Iterator[Way]:
    if isinstance(row, dict) and isinstance(again, dict):
        for key in row.keys() | again.keys():
            yield from _moved(row.get(key, MISSING), again.get(key, MISSING), (*around, key))
    elif row != again:
        yield around


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


def _texts(part: Json, around: Way = ()) -> Iterator[Way]:
    """The places of the texts in a row, also within its objects."""
    if isinstance(part, str):
        yield around
    elif isinstance(part, dict) and len(around) < _DEEPEST:
        for key, value in part.items():
            yield from _texts(value, (*around, key))


def values_in(rows: Sequence[Json], way: Way) -> frozenset[str]:
    """The texts that rows have in a place."""
    found = (follow(row, way) for row in rows)
    return frozenset(value for value in found if isinstance(value, str))


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
