"""The identifiers of the items of one resource: those that name nothing, and those shared.

Ocean leaves an item without an identifier out, and makes an entity ``null`` of one whose
identifier is ``null | tostring``. Of several items with one identifier only the last is in the
catalog at the end. Ocean logs neither; this module finds both.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from msgspec import Struct, field

from errors import MappingError, Part
from framework.fused_mapping import MAPPINGS
from json_values import Json, as_written, escaped, keys_of

MOST_WATCHED: Final = 65_536
"""Entities of one resource that are compared; of more, an even share of them is."""

_SHOWN_VALUES = 4
_LONGEST_VALUE = 60  # values are shown whole or not at all: half a secret would not be known
_ENCODER: Final = msgspec.json.Encoder()


def is_identifier(value: Json) -> bool:
    """Whether a mapping's identifier names an entity: null, ``"null"`` and blanks do not."""
    return bool(value) and not (isinstance(value, str) and value.strip() in {"", "null"})


class _Row(Struct):
    """The first row that came to an identifier: its value, itself, and how it is shown."""

    value: int
    itself: int
    shown: str


class _Shared(Struct):
    """How many rows came to an identifier that another had, and the first such pair."""

    rows: int = 0
    example: str = ""
    are_texts: bool = True

    def add(self, example: str, *, are_texts: bool) -> None:
        """Note one more row."""
        self.example = self.example or example
        self.are_texts &= are_texts
        self.rows += 1


class Identities(Struct):
    """The identifiers of one reading of a resource, in bounded memory."""

    nameless: int = 0
    _nameless_shown: str = ""
    _rows: dict[int, _Row] = field(default_factory=dict)
    _mask: int = 0
    _by_others: _Shared = field(default_factory=_Shared)
    _by_changed: _Shared = field(default_factory=_Shared)

    @property
    def watched(self) -> int:
        """How many entities are compared with those to come."""
        return len(self._rows)

    def note_nameless(self, identifier: Json, item: Mapping[str, Json]) -> None:
        """An item passed the query, and its identifier names nothing."""
        self.nameless += 1
        if not self._nameless_shown:
            given = "null" if identifier is None else _ENCODER.encode(identifier).decode()
            self._nameless_shown = f"{given}, with {keys_of(item)}"

    def note(self, blueprint: str, identifier: str, item: Mapping[str, Json]) -> None:
        """An item made an entity."""
        key = hash((blueprint, identifier))
        if key & self._mask:
            return
        value = hash(_ENCODER.encode(item))
        first = self._rows.get(key)
        if first is None:
            self._rows[key] = _Row(value, _itself(item, value), shown_row(item))
            if len(self._rows) > MOST_WATCHED:
                self._watch_fewer()
        elif first.value != value:
            # A row that changed while its list was read may come twice.
            is_changed = first.itself == _itself(item, value)
            shared = self._by_changed if is_changed else self._by_others
            example = f"{identifier!r} of {blueprint!r} by {first.shown} and {shown_row(item)}"
            shared.add(example, are_texts=all(isinstance(one, str) for one in _marks(item)))

    def refuse_nameless(self, expression: Json, passed: int) -> None:
        """Raise MappingError when items that passed the query have no identifier."""
        if self.nameless:
            raise MappingError(
                f"gave none for {self.nameless} of {passed} items that passed the query; one gave"
                f" {self._nameless_shown}",
                remedy="correct the expression, or let selector.query leave such items out",
                where=Part((*MAPPINGS, "identifier"), as_written(expression)),
            )

    def warning(
        self, expression: Json, parameters: Collection[str], *, may_move: bool
    ) -> str | None:
        """What to say when rows share an entity; ``may_move``: a row may have come twice.

        ``expression`` is the identifier's jq; ``parameters`` are the names of path parameters.
        """
        shared = self._by_others
        if not may_move and self._by_changed.rows:
            rows = shared.rows + self._by_changed.rows
            shared = _Shared(
                rows, shared.example or self._by_changed.example, are_texts=shared.are_texts
            )
        if not shared.rows:
            return None
        count = f"about {shared.rows * (self._mask + 1)}" if self._mask else str(shared.rows)
        remedy = "add to the identifier what tells them apart"
        if parameters and isinstance(expression, str):
            marks = [
                f".__{name}" if shared.are_texts else f"(.__{name} | tostring)"
                for name in parameters
            ]
            own = expression if "tostring" in expression else f"{expression} | tostring"
            remedy = f"identifier: {' + "/" + '.join([*marks, f'({own})'])} tells them apart"
        return (
            f"{count} rows made an entity that another row makes as well, and only the last one of"
            f" each is kept: {shared.example}; {remedy}"
        )

    def _watch_fewer(self) -> None:
        """Compare only half of the entities from now on; of those every pair is found."""
        self._mask = self._mask << 1 | 1
        self._rows = {key: row for key, row in self._rows.items() if not key & self._mask}


def _itself(item: Mapping[str, Json], value: int) -> int:
    """What tells a row from others, whatever changes in it."""
    own = item.get("id")
    is_scalar = isinstance(own, str | int | float)
    return hash((*map(str, _marks(item)), own)) if is_scalar else value


def _marks(item: Mapping[str, Json]) -> list[Json]:
    """The values of path parameters in a child's item."""
    return [value for name, value in item.items() if name[:2] == "__" and name != "__parent"]


def shown_row(item: Mapping[str, Json]) -> str:
    """Some short values of a row, those of its path parameters first."""
    names = sorted(item, key=lambda name: name[:2] != "__")
    scalars = [
        (name, item[name]) for name in names if isinstance(item[name], str | int | float | None)
    ]
    short = [f"{name}: {value}" for name, value in scalars if len(str(value)) <= _LONGEST_VALUE]
    return f"{{{escaped(', '.join(short[:_SHOWN_VALUES]))}}}"
