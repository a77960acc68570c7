"""What may be deleted at the end of a resync: decided here, over values alone.

An entity that a resync did not see is gone, unless it is *held back*. Held back is

- what a kind that failed may have made: the entities of its blueprint, or of any where the
  mapping computes the blueprint;
- what relates to that, by the relations of Port's blueprints: it may come from rows that the kind
  that failed did not read;
- what a kind with ``enableDelete: false`` may have made;
- with ``deleteDependentEntities``, what any of these relates to: when Port deletes an entity, it
  deletes the entities that relate to it as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, Protocol

from msgspec import Struct, field

from json_values import Json

Key = tuple[str, str]
"""What tells an entity from all others: identifier and blueprint."""

Relations = Mapping[str, Mapping[str, str]]
"""The blueprint that each relation of each blueprint leads to: ``{"pod": {"node": "host"}}``."""

_IN_SINGLE_QUOTES: Final = re.compile(r"""'[^'"\\]*'""")
ANY: Final = None
"""Stands for the blueprint of a mapping that computes it."""


class AtPort(Protocol):
    """An entity that Port holds; a relation is an identifier, a list of them, or null."""

    @property
    def identifier(self) -> Json:
        """Its name within the blueprint."""
        ...

    @property
    def blueprint(self) -> Json:
        """The blueprint's identifier."""
        ...

    @property
    def relations(self) -> Mapping[str, Json]:
        """What it relates to, by the relation's name."""
        ...


class Withheld(Struct, frozen=True):
    """A kind of which nothing may be deleted, and why: ``kind '/users' failed``.

    ``blueprint`` is what it makes, ANY when that is computed. ``is_unread``: what it would have
    made is not known, so what relates to that is not known either.
    """

    blueprint: str | None
    reason: str
    is_unread: bool = True


class HeldBack(Struct, frozen=True):
    """What is not deleted: the reasons by blueprint, or for all; and entities on their own."""

    blueprints: Mapping[str, str] = field(default_factory=dict)
    everything: str | None = None
    keys: frozenset[Key] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything may be held back."""
        return bool(self.everything or self.blueprints or self.keys)

    def holds(self, key: Key) -> bool:
        """Whether an entity is held back."""
        return self.everything is not None or key[1] in self.blueprints or key in self.keys

    def __str__(self) -> str:
        if self.everything is not None:
            return f"nothing is deleted: {self.everything}, and its blueprint is computed"
        named = [f"{name!r} ({reason})" for name, reason in sorted(self.blueprints.items())]
        also = f", and {len(self.keys)} entities that these relate to" if self.keys else ""
        return f"nothing is deleted of the blueprints {', '.join(named)}{also}"


def constant_blueprint(expression: str) -> str | None:
    """The blueprint of a mapping that names it in quotes; ANY when it is computed."""
    text = expression.strip()
    if _IN_SINGLE_QUOTES.fullmatch(text):  # Ocean reads 'x' as "x"
        return text[1:-1]
    try:
        value = json.loads(text)
    except ValueError:
        return ANY
    return value if isinstance(value, str) else ANY


def hold_back(
    withheld: Iterable[Withheld], at_port: Iterable[AtPort], relations: Relations, *, cascades: bool
) -> HeldBack:
    """What is held back of the entities at Port; ``cascades``: Port deletes dependents too."""
    withheld = list(withheld)
    if everything := next((one.reason for one in withheld if one.blueprint is ANY), None):
        return HeldBack(everything=everything)
    reasons = {one.blueprint: one.reason for one in withheld if one.blueprint is not ANY}
    unread = {one.blueprint for one in withheld if one.is_unread and one.blueprint is not ANY}
    for blueprint, target in _related_to(unread, relations):
        reasons.setdefault(blueprint, f"relates to {target!r}")
    keys = _targets_of(reasons.keys(), at_port, relations) if cascades and reasons else ()
    return HeldBack(reasons, keys=frozenset(key for key in keys if key[1] not in reasons))


def _related_to(targets: AbstractSet[str], relations: Relations) -> Iterable[tuple[str, str]]:
    """The blueprints that relate to one of these, over others too, each with what it leads to."""
    reached = set(targets)
    waiting = sorted(targets)
    while waiting:
        target = waiting.pop()
        for blueprint, leads in relations.items():
            if blueprint not in reached and target in leads.values():
                reached.add(blueprint)
                waiting.append(blueprint)
                yield blueprint, target


def _targets_of(
    blueprints: AbstractSet[str], at_port: Iterable[AtPort], relations: Relations
) -> set[Key]:
    """The entities that those of some blueprints relate to, over others too."""
    entities = {(str(one.identifier), str(one.blueprint)): one for one in at_port}
    waiting = [key for key in entities if key[1] in blueprints]
    reached: set[Key] = set()
    while waiting:
        entity = entities.get(waiting.pop())
        if entity is None:
            continue
        for name, target in relations.get(str(entity.blueprint), {}).items():
            value = entity.relations.get(name)
            for identifier in value if isinstance(value, list) else [value]:
                key = (str(identifier), target)
                if identifier is not None and key not in reached:
                    reached.add(key)
                    waiting.append(key)
    return reached
