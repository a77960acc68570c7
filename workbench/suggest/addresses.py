"""Addresses of items as values: ``/api/v3/projects/3``, ``https://…/films/2/``, ``Patient/17``.

The last segment is how the API names the item, and those before it say of which list it is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from json_values import Json
from workbench.suggest.fields import Column
from workbench.suggest.targets import PLACEHOLDER, Target

_ORIGIN = re.compile(r"^[a-z]+://[^/]+", re.IGNORECASE)
_NO_PATH = re.compile(r"[\s?#]")
_ENDING = re.compile(r"\.(json|xml)$")
_FEWEST = 2  # segments


@dataclass(frozen=True)
class Address:
    """An item's own segment, and those before it."""

    before: tuple[str, ...]
    last: str

    def is_below(self, target: Target) -> bool:
        """Whether it is one of a list: as many of the segments before as there are agree."""
        wanted = [_ENDING.sub("", part) for part in target.segments]
        pairs = list(zip(reversed(self.before), reversed(wanted), strict=False))
        agree = [ours == theirs for ours, theirs in pairs]
        return any(agree) and all(a or _is_open(p[1]) for a, p in zip(agree, pairs, strict=True))


def _is_open(segment: str) -> bool:
    return PLACEHOLDER.search(segment) is not None


def address_of(value: Json) -> Address | None:
    """A text as an address, None where it is none."""
    if not isinstance(value, str) or _NO_PATH.search(value):
        return None
    parts = _ORIGIN.sub("", value).strip("/").split("/")
    if len(parts) < _FEWEST or not all(parts):
        return None
    return Address(tuple(parts[:-1]), parts[-1])


def addresses_of(values: Sequence[Json]) -> list[Address]:
    """Some values as addresses; none where one of them is no address."""
    found = [address_of(value) for value in values]
    return [one for one in found if one is not None] if None not in found else []


def last_segment(path: str, values: Sequence[Json]) -> str:
    """Jq for the last segment of what a path gives; null of null."""
    texts = [value for value in values if isinstance(value, str)]
    whole = path if len(texts) == len(values) else f'({path} // "")'
    steps = ['rtrimstr("/")'] if any(text.endswith("/") for text in texts) else []
    return " | ".join(([] if whole == "." else [whole]) + [*steps, 'split("/")', "last"])


def own_addresses(found: Sequence[Column], target: Target) -> Iterator[Column]:
    """The last segments of those columns that hold the addresses of the items themselves.

    None where a column has the same values as they are.
    """
    for column in found:
        addresses = addresses_of(column.values)
        ends = [one.last for one in addresses]
        is_copy = any(list(map(str, other.values)) == ends for other in found)
        if ends and not is_copy and all(one.is_below(target) for one in addresses):
            jq = last_segment(column.path, column.values)
            yield Column((*column.keys, ""), ends, jq)
