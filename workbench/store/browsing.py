"""Reading a large catalog in pieces that a person can look at: every piece takes milliseconds."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from workbench.store import rules
from workbench.store.entities import Entities
from workbench.store.model import Entity
from workbench.store.search import Condition

PAGE_SIZE: Final = 50
MAX_RELATED: Final = 100

type Key = tuple[str, str]
"""A blueprint and an identifier."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some entities in order, and whether there are others on either side."""

    entities: list[Entity]
    has_before: bool
    has_after: bool


@dataclass(frozen=True, slots=True)
class Related:
    """Entities of one blueprint whose relation leads to an entity; `more` than are here."""

    blueprint: str
    relation: str
    entities: list[Entity]
    more: bool


class Browsing(Entities):
    """Pages of entities, found by their key and never by counting rows."""

    def counts(self) -> dict[str, int]:
        """How many entities each blueprint has, in the order of their creation."""
        rows = self._rows("SELECT blueprint, count(*) FROM entities GROUP BY blueprint")
        found = {str(blueprint): int(str(count)) for blueprint, count in rows}
        names = [str(blueprint["identifier"]) for blueprint in self.blueprints()]
        return {name: found.get(name, 0) for name in names}

    def page(
        self,
        *,
        blueprint: str | None = None,
        text: str = "",
        after: Key | None = None,
        before: Key | None = None,
    ) -> Page:
        """The entities that follow a key, or those before one; the first of all without either.

        `text` is looked for in identifiers, titles, properties and relations, whatever the case of
        its ASCII letters.
        """
        wanted = _both(_in_blueprint(blueprint), _contains(text))
        bound = before or after
        beyond = _beyond(bound, blueprint, backwards=before is not None)
        found = self._select(_both(wanted, beyond), PAGE_SIZE + 1, backwards=before is not None)
        more, entities = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
        if before is not None:
            return Page(entities[::-1], has_before=more, has_after=True)
        return Page(entities, has_before=after is not None, has_after=more)

    def titles(self, blueprint: str, identifiers: list[str]) -> dict[str, str | None]:
        """The titles of those entities that there are, by identifier."""
        rows = self._rows(
            "SELECT identifier, title FROM entities WHERE blueprint = ?"
            " AND identifier IN (SELECT value FROM json_each(?))",
            (blueprint, json.dumps(identifiers)),
        )
        return {str(name): None if title is None else str(title) for name, title in rows}

    def related_to(self, target: Entity) -> list[Related]:
        """The entities that lead to an entity, by blueprint and relation."""
        relations: dict[str, list[str]] = {}
        for owner, name, _ in self._relations_to(target.blueprint):
            relations.setdefault(owner, []).append(name)
        return [
            related
            for owner, names in relations.items()
            for related in self._related_from(owner, names, target)
        ]

    def _related_from(self, owner: str, names: list[str], target: Entity) -> Iterator[Related]:
        # One look at the text of every entity's relations, then a closer one at those few.
        mentions = Condition(
            "blueprint = ? AND instr(relations, ?) > 0", (owner, json.dumps(target.identifier))
        )
        found = self._select(mentions, MAX_RELATED + 1)
        more = len(found) > MAX_RELATED
        for name in names:
            sources = [
                source
                for source in found[:MAX_RELATED]
                if target.identifier in rules.targets(source.relations.get(name))
            ]
            if sources:
                yield Related(owner, name, sources, more)


def _in_blueprint(blueprint: str | None) -> Condition:
    return Condition("1") if blueprint is None else Condition("blueprint = ?", (blueprint,))


def _contains(text: str) -> Condition:
    if not text:
        return Condition("1")
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    # Properties are kept as JSON in ASCII, a text in them stands there as JSON has it.
    quoted = json.dumps(text)[1:-1]
    in_json = quoted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return Condition(
        "(identifier LIKE ? ESCAPE '\\' OR title LIKE ? ESCAPE '\\'"
        " OR properties LIKE ? ESCAPE '\\' OR relations LIKE ? ESCAPE '\\')",
        (f"%{escaped}%", f"%{escaped}%", f"%{in_json}%", f"%{in_json}%"),
    )


def _beyond(key: Key | None, blueprint: str | None, *, backwards: bool) -> Condition:
    if key is None:
        return Condition("1")
    comparison = "<" if backwards else ">"
    if blueprint is None:
        return Condition(f"(blueprint, identifier) {comparison} (?, ?)", key)
    return Condition(f"identifier {comparison} ?", (key[1],))


def _both(one: Condition, other: Condition) -> Condition:
    return Condition(f"({one.sql}) AND ({other.sql})", (*one.parameters, *other.parameters))
