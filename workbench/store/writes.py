"""What a resync changed in the catalog: Ocean sends few entities anew whatever they were before."""

import json
from collections import Counter
from dataclasses import dataclass

from workbench.store.database import Database, json_object
from workbench.store.model import Entity, Json, JsonObject

type Differences = dict[str, tuple[Json, Json]]


@dataclass(frozen=True, slots=True)
class Change:
    """An entity that was there before a resync and is another now.

    `differences` has by the name of a property or relation what it was and what it is.
    """

    blueprint: str
    identifier: str
    title: str | None
    differences: Differences


class Writes(Database):
    """Which entities each kind of a resync made or changed."""

    def note_write(self, before: Entity | None, after: Entity) -> None:
        """Note that an entity was written, unless it is as it was; of the kind in work.

        What was made or changed in the same resync before counts, and is no change of the API's.
        """
        found = differences(before, after) if before else {}
        if before and not found:
            return
        is_own = before is not None and before.author.resync_id == after.author.resync_id
        self._write(
            "INSERT OR IGNORE INTO writes SELECT resync_id, kind_index, ?, ?, ? FROM kind_statuses"
            " WHERE resync_id = ? AND state = 'syncing' AND kind NOT LIKE '\\_\\_%' ESCAPE '\\'",
            (
                after.blueprint,
                after.identifier,
                json.dumps({} if is_own else found),
                after.author.resync_id,
            ),
        )

    def write_counts(self, resync_id: str) -> Counter[int]:
        """How many entities a resync made or changed, by the place of the kind in the mapping."""
        rows = self._rows(
            "SELECT kind_index, count(*) FROM writes WHERE resync_id = ? GROUP BY kind_index",
            (resync_id,),
        )
        return Counter({int(str(index)): int(str(count)) for index, count in rows})

    def changes(self, resync_id: str, limit: int = -1) -> list[Change]:
        """The entities that were there before a resync and that it changed."""
        rows = self._rows(
            "SELECT blueprint, identifier, title, differences FROM writes"
            " JOIN entities USING (blueprint, identifier)"
            " WHERE writes.resync_id = ? AND differences != '{}' LIMIT ?",
            (resync_id, limit),
        )
        return [
            Change(
                str(blueprint),
                str(identifier),
                None if title is None else str(title),
                _pairs(json_object(found)),
            )
            for blueprint, identifier, title, found in rows
        ]


def differences(before: Entity, after: Entity) -> Differences:
    """In what two entities differ: nothing there is null, and relations have no order."""
    old, new = _parts(before), _parts(after)
    return {
        name: (old.get(part, None), new.get(part, None))
        for part in {**old, **new}
        if _text(old.get(part)) != _text(new.get(part))
        for _, name in [part]
    }


def _parts(entity: Entity) -> dict[tuple[str, str], Json]:
    own: JsonObject = {"title": entity.title, "icon": entity.icon, "team": entity.team}
    related = {
        name: sorted(value, key=str) if isinstance(value, list) else value
        for name, value in entity.relations.items()
    }
    parts = {"": own, "properties": entity.properties, "relations": related}
    return {(part, name): value for part, held in parts.items() for name, value in held.items()}


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _pairs(found: JsonObject) -> Differences:
    return {name: (pair[0], pair[1]) for name, pair in found.items() if isinstance(pair, list)}
