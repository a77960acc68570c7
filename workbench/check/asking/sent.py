"""What a mapping puts into requests: names and values, each at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from framework.mapped_items import Items
from json_values import Json
from overrides import EndpointResource
from workbench.check.findings import Path
from workbench.check.guesses.expressions import is_scalar

IN_PATH: Final = "kind"
"""The part that is the query behind a path."""
IN_URL: Final = "path_parameters"
"""The part with values of their own that stand in a path."""
_APART: Final = re.compile(r"[,\s()]+")
COMMAS: Final = re.compile(r"[^,{}\s]+(?:,[^,{}\s]+)+")
_FEWEST: Final = 2  # keys that make a list


def path_at(base: Path) -> Path:
    """Where the path of what asks at ``base`` stands: a resource's own, or that of its parents."""
    return (IN_PATH,) if len(base) == 1 else (*base, "endpoint")


def bare(url: str) -> str:
    """A URL without its query."""
    return url.partition("?")[0]


def values_in(path: str, sent: str) -> dict[str, str]:
    """The parts of a path with placeholders, and what stood there in a request."""
    parts, texts = path.strip("/").split("/"), sent.strip("/").split("/")
    pairs = zip(parts, texts, strict=True) if len(parts) == len(texts) else ()
    return {part: text for part, text in pairs if "{" in part}


@dataclass(frozen=True)
class Sent:
    """A name in a request: the part it is in, the keys to it there, and what it has."""

    part: str
    path: Path
    value: Json
    whole: tuple[Json, ...] = ()
    """The list that the value is an element of."""
    kind: str = ""
    """The path with the query that it is a part of."""
    is_filled: bool = False
    """Whether its value has a path parameter's in it."""
    joint: str = ""
    """What joins the elements, where they are one text."""

    @property
    def name(self) -> str:
        """The last key."""
        return str(self.path[-1])

    def at(self, base: Path) -> Path:
        """Its place, where what asks stands at ``base``."""
        return path_at(base) if self.part == IN_PATH else (*base, self.part, *self.path)

    @property
    def where(self) -> tuple[str, Path]:
        """Its place in a request: what stands behind a path is a parameter as any."""
        return ("query_params" if self.part == IN_PATH else self.part), self.path

    def is_like(self, other: Sent) -> bool:
        """Whether it is the same name at the same place."""
        return self.where == other.where

    def is_within(self, other: Sent) -> bool:
        """Whether it is the same, or a part of it."""
        (part, path), (others, around) = self.where, other.where
        return part == others and path[: len(around)] == around

    @property
    def added(self) -> Sent:
        """As another request would send it."""
        return replace(self, part=self.where[0], kind="")

    def otherwise(self, value: Json) -> Json:
        """What stands at its place with another value; None leaves an element out."""
        if not self.whole:
            return value
        held = [value if one == self.value else one for one in self.whole]
        held = [one for one in held if one is not None]
        return self.joint.join(map(str, held)) if self.joint else held

    @property
    def elements(self) -> list[Sent]:
        """It by each element of a list that is one text; else it alone."""
        text = str(self.value) if self.is_text and not self.whole else ""
        whole = tuple(text.split(",")) if COMMAS.fullmatch(text) else ()
        return [replace(self, value=one, whole=whole, joint=",") for one in whole] or [self]

    @property
    def is_text(self) -> bool:
        """Whether it has a text of its own, with nothing filled in."""
        return isinstance(self.value, str | int | float) and not self.is_filled


def sent_by(asks: object, kind: str, names: Iterable[str]) -> list[Sent]:
    """What a resource's selector, or a path parameter, puts into requests.

    ``kind``: a path, for what its query says. ``names``: of the resource's path parameters.
    """
    pairs = [one.partition("=") for one in kind.partition("?")[2].split("&") if one]
    found = [Sent(IN_PATH, (name,), value, kind=kind) for name, _, value in pairs]
    for part in ("query_params", "headers", "body", "body_form"):
        given = getattr(asks, part, None)
        if isinstance(given, Mapping):
            found += _within(part, given, ())
    for name, one in getattr(asks, IN_URL, {}).items():
        whole = tuple(one.values or ())
        found += [Sent(IN_URL, (name, "values"), value, whole) for value in whole]
    holes = [f"{{{name}}}" for name in names]
    return [
        replace(one, is_filled=any(hole in str(one.value) for hole in holes))
        for one in found
        if one.part != IN_URL or is_scalar(one.value)
    ]


@dataclass(frozen=True)
class Asking:
    """What asks for a path, a resource or its parents, and what it puts into requests."""

    path: str
    sent: Sequence[Sent]
    is_kind: bool


def sent_by_each(resources: Iterable[EndpointResource]) -> list[Asking]:
    """What resources and their parents put into requests."""
    return [
        Asking(
            bare(str(path or "")).strip("/"),
            sent_by(asks, str(path or ""), one.selector.path_parameters),
            asks is one.selector,
        )
        for one in resources
        for asks, path in (
            (one.selector, one.kind),
            *((each, each.endpoint) for each in one.selector.path_parameters.values()),
        )
    ]


def _within(part: str, given: Mapping[str, Json], path: Path) -> Iterator[Sent]:
    for key, value in given.items():
        here = (*path, str(key))
        if isinstance(value, list) and value and not any(isinstance(x, dict | list) for x in value):
            yield from (Sent(part, here, one, (*value,)) for one in value)
            continue
        yield Sent(part, here, value)
        held = enumerate(value) if isinstance(value, list) else ()
        inner = [((*here, at), one) for at, one in held] or [(here, value)]
        for place, one in inner:
            yield from _within(part, one, place) if isinstance(one, dict) else ()


# --- query parameters that say which keys an item comes with, as in ``fields=id,name`` ---


def chosen_by(params: Mapping[str, object], items: Items) -> str:
    """The parameter that names keys of the items, and most likely all of them; "" for none."""
    present = {str(key) for item in items for key in item}
    for name, words in _key_lists(params):
        if len(words & present) * 2 >= len(words):
            return name
    return ""


def asking_for(params: Mapping[str, object], key: str) -> str:
    """The parameter that asks for a key; "" for none."""
    return next((name for name, words in _key_lists(params) if key in words), "")


def _key_lists(params: Mapping[str, object]) -> Iterator[tuple[str, set[str]]]:
    for name, value in params.items():
        texts = value if isinstance(value, list) else _APART.split(str(value))
        words = {str(one).partition(".")[0] for one in texts if one}
        if len(words) >= _FEWEST:
            yield name, words
