"""What tells rows without ids apart, where some of their values move from answer to answer."""

from __future__ import annotations

from collections.abc import Sequence

from json_values import Json

_SAMPLE = 100  # rows that are compared column by column
_FEWEST_ALIKE = 3  # rows; of fewer a column may well be the same by chance


def are_alike(rows: Sequence[Json], others: Sequence[Json]) -> bool:
    """Whether rows without ids are the same ones, with some values that moved meanwhile."""
    theirs = [row for row in others[:_SAMPLE] if isinstance(row, dict)]
    return any(
        [row.get(name) for row in rows[:_SAMPLE] if isinstance(row, dict)]
        == [row.get(name) for row in theirs]
        for name in columns(rows)
    )


def columns(rows: Sequence[Json]) -> list[str]:
    """The keys of rows under which each has a text, and another one: those may tell them apart."""
    sample = [row for row in rows[:_SAMPLE] if isinstance(row, dict)]
    if not _FEWEST_ALIKE <= len(sample) == len(rows[:_SAMPLE]):
        return []
    return [name for name in sample[0] if len(values_in(sample, name)) == len(sample)]


def values_in(rows: Sequence[Json], name: str) -> frozenset[str | int]:
    """The texts that rows have under a key."""
    found = (row.get(name) for row in rows if isinstance(row, dict))
    return frozenset(value for value in found if isinstance(value, str))
