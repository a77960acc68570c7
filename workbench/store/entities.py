"""Entities: upserts, deletions with what depends on them, searches and listings."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from workbench.store import rules
from workbench.store.blueprints import Blueprints
from workbench.store.database import Row, from_json, instant, json_object, now, optional_text
from workbench.store.model import (
    Author,
    Blueprint,
    CatalogError,
    ConflictError,
    Deletion,
    Entity,
    EntityBody,
    InvalidError,
    Json,
    JsonObject,
    NotFoundError,
    Relation,
    Upserted,
    WriteOptions,
)
from workbench.store.search import Condition, condition
from workbench.store.writes import Writes

_COLUMNS = (
    "blueprint, identifier, title, icon, team, properties, relations,"
    " datasource, resync_id, created_at, updated_at"
)


class Entities(Blueprints, Writes):
    """The entities of a catalog and the log of their deletions."""

    def entities(self, blueprint: str | None = None) -> list[Entity]:
        """All entities, or those of one blueprint, ordered by blueprint and identifier."""
        if blueprint is None:
            return self._select(Condition("1"))
        return self._select(Condition("blueprint = ?", (blueprint,)))

    def entity(self, blueprint: str, identifier: str) -> Entity:
        """One entity; raises NotFoundError."""
        entity = self._find(blueprint, identifier)
        if entity is None:
            raise NotFoundError(f"there is no entity {identifier} of the blueprint {blueprint}")
        return entity

    def deletions(self) -> list[Deletion]:
        """Every entity that was deleted, oldest first."""
        return self.last_deletions(-1)[::-1]

    def last_deletions(self, limit: int) -> list[Deletion]:
        """So many entities that were deleted last, the last one first."""
        rows = self._rows(
            "SELECT blueprint, identifier, title, cause, datasource, resync_id, deleted_at"
            " FROM deletions ORDER BY sequence DESC LIMIT ?",
            (limit,),
        )
        return [_deletion(row) for row in rows]

    def search(self, query: JsonObject) -> list[Entity]:
        """The entities a search query matches; raises InvalidError for a query it cannot run."""
        return self._select(condition(query))

    def by_datasource(
        self,
        prefix: str,
        suffix: str,
        *,
        after: tuple[str, str],
        before: datetime | None,
        limit: int,
    ) -> list[Entity]:
        """The next entities of a data source, in order of blueprint and identifier.

        The data source starts with `prefix` and ends with `suffix`. `after` is the last blueprint
        and identifier of the page before, ("", "") for the first; `before` leaves out what was
        updated at that time or later.
        """
        limit_time = None if before is None else instant(before)
        wanted = Condition(
            "substr(datasource, 1, length(?)) = ? AND substr(datasource, -length(?)) = ?"
            " AND (blueprint, identifier) > (?, ?) AND (? IS NULL OR updated_at < ?)",
            (prefix, prefix, suffix, suffix, *after, limit_time, limit_time),
        )
        return self._select(wanted, limit)

    def upsert(
        self, blueprint: str, body: EntityBody, options: WriteOptions, author: Author
    ) -> Upserted:
        """Create or change one entity; a CatalogError means that nothing was written."""
        with self._transaction():
            return self._upsert(self._blueprint_model(blueprint), body, options, author)

    def upsert_many(
        self, blueprint: str, bodies: Sequence[EntityBody], options: WriteOptions, author: Author
    ) -> list[Upserted | CatalogError]:
        """The outcomes of several upserts by index; one entity's fault does not stop the others."""
        with self._transaction():
            model = self._blueprint_model(blueprint)
            return [self._outcome(model, body, options, author) for body in bodies]

    def delete_entities(
        self, blueprint: str, identifiers: Sequence[str], author: Author, *, dependents: bool
    ) -> list[str]:
        """Delete entities; the identifiers of those that were there and are gone now.

        An entity that a required relation leads to goes only with `dependents`, and then takes
        along those that need it. Other relations to a deleted entity become null.
        """
        with self._transaction():
            self.blueprint(blueprint)
            return [
                identifier
                for identifier in identifiers
                if self._delete(blueprint, identifier, "requested", author, dependents=dependents)
            ]

    def delete_all(self, blueprint: str, author: Author, *, with_blueprint: bool) -> str:
        """Delete all entities of a blueprint, and the blueprint too when asked.

        Returns the identifier of the migration, which is complete by then.
        """
        with self._transaction():
            identifiers = [entity.identifier for entity in self.entities(blueprint)]
            self.delete_entities(blueprint, identifiers, author, dependents=True)
            if with_blueprint:
                self.delete_blueprint(blueprint)
            number = self._write("INSERT INTO migrations (blueprint) VALUES (?)", (blueprint,))
            return f"migration-{number}"

    def migration(self, identifier: str) -> JsonObject:
        """A mass deletion as Port reports it; raises NotFoundError."""
        rows = self._rows(
            "SELECT blueprint FROM migrations WHERE 'migration-' || sequence = ?", (identifier,)
        )
        if not rows:
            raise NotFoundError(f"there is no migration {identifier}")
        return {
            "id": identifier,
            "actor": "workbench",
            "sourceBlueprint": str(rows[0][0]),
            "mapping": {},
            "status": "COMPLETE",
        }

    # Reading

    def _select(
        self, wanted: Condition, limit: int = -1, *, backwards: bool = False
    ) -> list[Entity]:
        order = "blueprint DESC, identifier DESC" if backwards else "blueprint, identifier"
        # SQLite reads a negative limit as none.
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM entities WHERE {wanted.sql}"  # noqa: S608 (values are bound)
            f" ORDER BY {order} LIMIT ?",
            (*wanted.parameters, limit),
        )
        return [_entity(row) for row in rows]

    def _find(self, blueprint: str, identifier: str) -> Entity | None:
        found = self._select(Condition("blueprint = ? AND identifier = ?", (blueprint, identifier)))
        return found[0] if found else None

    def _search_in(self, blueprint: str, query: JsonObject) -> list[str]:
        rule: JsonObject = {"property": "$blueprint", "operator": "=", "value": blueprint}
        found = self.search({"combinator": "and", "rules": [rule, query]})
        return [entity.identifier for entity in found]

    # Writing

    def _outcome(
        self, blueprint: Blueprint, body: EntityBody, options: WriteOptions, author: Author
    ) -> Upserted | CatalogError:
        try:
            return self._upsert(blueprint, body, options, author)
        except CatalogError as error:
            return error

    def _upsert(
        self, blueprint: Blueprint, body: EntityBody, options: WriteOptions, author: Author
    ) -> Upserted:
        # Everything that can fail comes before the first write, so that a fault among many
        # entities needs no undoing.
        outcome = self._prepare(blueprint, body, options, author)
        rules.check(outcome.entity, blueprint)
        missing = self._missing_targets(blueprint, outcome.entity)
        if missing and not options.create_missing:
            names = ", ".join(f"{target}/{name}" for target, name in missing)
            raise NotFoundError(f"related entities do not exist: {names}")
        if not options.validate_only:
            for target, name in missing:
                self._put(_bare(target, name, author))
            self._put(outcome.entity)
            self.note_write(outcome.before, outcome.entity)
        return outcome

    def _prepare(
        self, blueprint: Blueprint, body: EntityBody, options: WriteOptions, author: Author
    ) -> Upserted:
        """The entity as it would be, unchecked."""
        identifier = self._identify(blueprint, body.identifier)
        stored = self._find(blueprint.identifier, identifier)
        if stored is not None and not options.upsert:
            raise ConflictError(f"the entity {identifier} exists already")
        entity = rules.apply(
            body,
            stored if stored and options.merge else Entity(blueprint.identifier, identifier),
            relations=self._resolved(blueprint, body.relations),
            author=author,
        )
        moment = now()
        created_at = stored.created_at if stored else moment
        dated = replace(entity, created_at=created_at, updated_at=moment)
        return Upserted(dated, stored)

    def _identify(self, blueprint: Blueprint, identifier: str | JsonObject) -> str:
        if isinstance(identifier, str):
            if not identifier:
                raise InvalidError("the identifier is empty")
            return identifier
        match self._search_in(blueprint.identifier, identifier):
            case [one]:
                return one
            case []:
                raise NotFoundError("no entity matches the search in place of an identifier")
            case several:
                raise InvalidError(f"the search for an identifier found {len(several)} entities")

    def _resolved(self, blueprint: Blueprint, relations: JsonObject) -> JsonObject:
        """Relations with identifiers in place of search queries; null where nothing was found."""
        resolved = dict(relations)
        for name, value in relations.items():
            relation = blueprint.relations.get(name)
            if isinstance(value, dict) and relation is not None:
                resolved[name] = self._resolve(relation, value)
        return resolved

    def _resolve(self, relation: Relation, query: JsonObject) -> Json:
        found: list[Json] = [*self._search_in(relation.target, query)]
        if relation.many:
            return found
        if len(found) > 1:
            raise InvalidError(f"the search for one related entity found {len(found)}")
        return found[0] if found else None

    def _missing_targets(self, blueprint: Blueprint, entity: Entity) -> list[tuple[str, str]]:
        """The (blueprint, identifier) pairs that an entity relates to and that do not exist."""
        wanted = {
            (relation.target, target): None  # a dictionary keeps the order, a set would not
            for name, relation in blueprint.relations.items()
            for target in rules.targets(entity.relations.get(name))
        }
        itself = (entity.blueprint, entity.identifier)
        return [pair for pair in wanted if pair != itself and self._find(*pair) is None]

    def _put(self, entity: Entity) -> None:
        self._write(
            f"INSERT OR REPLACE INTO entities ({_COLUMNS})"  # noqa: S608 (values are bound)
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entity.blueprint,
                entity.identifier,
                entity.title,
                entity.icon,
                json.dumps(entity.team),
                json.dumps(entity.properties),
                json.dumps(entity.relations),
                entity.author.datasource,
                entity.author.resync_id,
                entity.created_at,
                entity.updated_at,
            ),
        )

    # Deleting

    def _delete(
        self, blueprint: str, identifier: str, cause: str, author: Author, *, dependents: bool
    ) -> bool:
        """Whether the entity was there and is gone."""
        entity = self._find(blueprint, identifier)
        if entity is None:
            return False
        needing = self._related(entity, required=True)
        if needing and not dependents:
            return False
        # Gone first: entities may depend on each other in a circle.
        self._write(
            "DELETE FROM entities WHERE blueprint = ? AND identifier = ?", (blueprint, identifier)
        )
        self._write(
            "DELETE FROM raw_items WHERE blueprint = ? AND identifier = ?", (blueprint, identifier)
        )
        self._log_deletion(entity, cause, author)
        for source, _ in needing:
            because = f"dependent of {blueprint}/{identifier}"
            self._delete(source.blueprint, source.identifier, because, author, dependents=True)
        for source, name in self._related(entity, required=False):
            self._put(rules.without_target(source, name, identifier))
        return True

    def _related(self, target: Entity, *, required: bool) -> list[tuple[Entity, str]]:
        """The entities with a relation to `target`, and that relation's name."""
        return [
            (source, name)
            for blueprint, name, relation in self._relations_to(target.blueprint)
            if relation.required is required
            for source in self._select(_relates(blueprint, name, target.identifier))
            if source != target
        ]

    def _log_deletion(self, entity: Entity, cause: str, author: Author) -> None:
        self._write(
            "INSERT INTO deletions (blueprint, identifier, title, cause, datasource, resync_id,"
            " deleted_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                entity.blueprint,
                entity.identifier,
                entity.title,
                cause,
                author.datasource,
                author.resync_id,
                now(),
            ),
        )


def _relates(blueprint: str, relation: str, target: str) -> Condition:
    # json_each walks a list of identifiers, and takes a single one as a list of one.
    return Condition(
        "blueprint = ? AND EXISTS (SELECT 1 FROM json_each(relations, ?) WHERE value = ?)",
        (blueprint, f'$."{relation}"', target),
    )


def _bare(blueprint: str, identifier: str, author: Author) -> Entity:
    moment = now()
    return Entity(blueprint, identifier, author=author, created_at=moment, updated_at=moment)


def _entity(row: Row) -> Entity:
    blueprint, identifier, title, icon, team, properties, relations, *written = row
    datasource, resync_id, created_at, updated_at = map(str, written)
    return Entity(
        str(blueprint),
        str(identifier),
        optional_text(title),
        optional_text(icon),
        from_json(team),
        json_object(properties),
        json_object(relations),
        Author(datasource, resync_id),
        created_at,
        updated_at,
    )


def _deletion(row: Row) -> Deletion:
    blueprint, identifier, title, *others = row
    cause, datasource, resync_id, deleted_at = map(str, others)
    return Deletion(
        str(blueprint),
        str(identifier),
        optional_text(title),
        cause,
        Author(datasource, resync_id),
        deleted_at,
    )
