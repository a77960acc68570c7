"""What tells rows without ids apart, where some of their values move from answer to answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from json_values import Json, follow

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
