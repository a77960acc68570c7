"""What path parameters take from rows: which rows count, and the values of each, in step.

A row is an item of a parent endpoint, or an object that stands in the mapping.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from errors import MappingError, Part, quoting
from jq_engine.paths import plain_path
from jq_engine.programs import Jq, JqError, checked, first_of, jq_reason
from json_values import MISSING, Json, follow, keys_of
from paging.extraction import Item
from resync.path_parameters import ListedParameter, Parameter

_MISSING: tuple[Json, ...] = (None, "")  # a row without a value: neither can name a child


class Chooser:
    """``filter`` and ``field`` of parameters that take their values from the same rows.

    A row counts when the filters of all of them hold. Several outputs of a ``field`` give several
    values. A program that gives no output for a row leaves it out; null and the empty text mean
    that its value is missing. Raises MappingError from the constructor when jq refuses a program,
    and from ``refuse_doubtful`` when values were missing, or no row at all gave one.
    """

    def __init__(self, parameters: Sequence[Parameter | ListedParameter], jq: Jq) -> None:
        self._fields = [_Field(parameter, jq) for parameter in parameters]

    async def values(self, rows: Sequence[Item]) -> list[tuple[Item, tuple[Json, ...]]]:
        """The rows of one page that count, each with its values in the order of the parameters.

        A row with several values of one parameter comes several times.
        """
        if not rows:
            return []
        verdicts = [await one.verdicts(rows) for one in self._fields]
        kept = [row for row, *kept in zip(rows, *verdicts, strict=True) if all(kept)]
        outputs = [await one.values(kept) for one in self._fields]
        return [
            (row, values)
            for row, *given in zip(kept, *outputs, strict=True)
            for values in product(*given)
        ]

    def refuse_doubtful(self) -> None:
        """Raise when there were rows, but not one had what was looked for: a typo.

        Or when only some had: the children of the others were not read.
        """
        for one in self._fields:
            one.refuse_doubtful()


def _is_blank(row: Item) -> bool:
    """Whether a row is nothing but an empty text: in a list of texts it names nothing, as null."""
    return all(value == "" for key, value in row.items() if not key.startswith("__"))


class _Field:
    """``filter`` and ``field`` of one parameter, checked, and what became of the rows."""

    def __init__(self, parameter: Parameter | ListedParameter, jq: Jq) -> None:
        self._parameter = parameter
        self._jq = jq
        field, condition = parameter.field, parameter.filter
        of_field, of_filter = parameter.place("field"), parameter.place("filter")
        self._field_keys = plain_path(field)
        self._field = checked(field, of_field) if self._field_keys is None else ""
        self._filter = checked(condition, of_filter) if condition.strip() != "true" else ""
        self._of_field, self._of_filter = quoting(of_field, field), quoting(of_filter, condition)
        self._items = self._judged = self._chosen = self._valued = self._without = 0
        self._last: Item | None = None
        self._last_without: Item | None = None
        self._has_empty = False

    async def verdicts(self, rows: Sequence[Item]) -> list[bool]:
        """Whether each row counts, by the ``filter``."""
        self._last = rows[-1]
        self._items += len(rows)
        if not self._filter:
            self._judged += len(rows)
            return [True] * len(rows)
        verdicts = await self._run(first_of(self._filter), rows, self._of_filter)
        self._judged += sum(isinstance(verdict, bool) for one in verdicts for verdict in one)
        return [one == [True] for one in verdicts]

    async def values(self, rows: Sequence[Item]) -> list[list[Json]]:
        """The values that each row gives."""
        outputs = await self._outputs(rows)
        self._chosen += len(rows)
        for row, given in zip(rows, outputs, strict=True):
            for value in given:
                if isinstance(value, dict | list):
                    raise MappingError(
                        f"gave {keys_of(value)} where a text or number was expected",
                        remedy="correct the expression",
                        where=self._of_field,
                    )
            if any(value in _MISSING for value in given) and not _is_blank(row):
                self._without += 1
                self._last_without = row
                self._has_empty = self._has_empty or "" in given
            self._valued += any(value not in _MISSING for value in given)
        return [
            [value for value in given if value not in _MISSING or (value == "" and _is_blank(row))]
            for row, given in zip(rows, outputs, strict=True)
        ]

    def refuse_doubtful(self) -> None:
        if self._items and not self._judged:
            raise MappingError(
                f"gave neither true nor false for any of {self._items} parent items, which have"
                f" {keys_of(self._last)}",
                remedy="correct it",
                where=self._of_filter,
            )
        gave = "null or ''" if self._has_empty else "null"
        if self._chosen and not self._valued:
            raise MappingError(
                f"gave {gave} for every one of {self._chosen} parent items, which have"
                f" {keys_of(self._last)}",
                remedy="correct the path",
                where=self._of_field,
            )
        if self._without:
            wanted = self._parameter.field.strip()
            wanted = wanted if self._field_keys is not None else f"({wanted})"
            both = f"({self._parameter.filter.strip()}) and " if self._filter else ""
            present = f'({wanted} // "") != ""' if self._has_empty else f"{wanted} != null"
            raise MappingError(
                f"gave {gave} for {self._without} of {self._chosen} parent items, one of which has"
                f" {keys_of(self._last_without)}: their children could not be read",
                remedy=f"correct the path, or leave such items out with filter: {both}{present}",
                where=self._of_field,
            )

    async def _outputs(self, rows: Sequence[Item]) -> list[list[Json]]:
        if self._field_keys is None:
            return await self._run(self._field, rows, self._of_field)
        found = (follow(row, self._field_keys) for row in rows)
        return [[None if value is MISSING else value] for value in found]

    async def _run(self, program: str, rows: Sequence[Item], where: Part) -> list[list[Json]]:
        """The outputs of a program for each row."""
        if not rows:
            return []
        each = f".[] | try [{program}\n] catch {{error: tostring}}"
        outcomes = await self._jq.outputs(each, [*rows], where=where)
        for row, outcome in zip(rows, outcomes, strict=True):
            if isinstance(outcome, dict):
                reason = jq_reason(JqError(outcome["error"]))
                raise MappingError(
                    f"failed ({reason}) on a parent item with {keys_of(row)}",
                    remedy="correct the expression",
                    where=where,
                )
        return [outcome for outcome in outcomes if isinstance(outcome, list)]
