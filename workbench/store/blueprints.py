"""Blueprints: the types of a catalog's entities."""

import json

import msgspec

from workbench.store.database import Database, json_object, now
from workbench.store.model import (
    Blueprint,
    ConflictError,
    InvalidError,
    JsonObject,
    NotFoundError,
    Relation,
)


class Blueprints(Database):
    """The blueprints of a catalog, as Port would return them."""

    def blueprints(self) -> list[JsonObject]:
        """Every blueprint, in the order of their creation."""
        rows = self._rows("SELECT body FROM blueprints ORDER BY rowid")
        return [json_object(body) for (body,) in rows]

    def blueprint(self, identifier: str) -> JsonObject:
        """One blueprint; raises NotFoundError."""
        rows = self._rows("SELECT body FROM blueprints WHERE identifier = ?", (identifier,))
        if not rows:
            raise NotFoundError(f"there is no blueprint {identifier}")
        return json_object(rows[0][0])

    def create_blueprint(self, body: JsonObject) -> JsonObject:
        """Add a blueprint; its relations lead to blueprints that exist, or to itself."""
        with self._transaction():
            identifier = _model(body).identifier
            if self._has_blueprint(identifier):
                raise ConflictError(f"the blueprint {identifier} exists already")
            return self._put_blueprint({**body, "createdAt": now()})

    def patch_blueprint(self, identifier: str, changes: JsonObject) -> JsonObject:
        """Replace the top-level keys of a blueprint that `changes` names."""
        with self._transaction():
            return self._put_blueprint(
                {**self.blueprint(identifier), **changes, "identifier": identifier}
            )

    def delete_blueprint(self, identifier: str) -> None:
        """Remove a blueprint that has no entities and that no other blueprint relates to."""
        with self._transaction():
            self.blueprint(identifier)
            if self._rows("SELECT 1 FROM entities WHERE blueprint = ? LIMIT 1", (identifier,)):
                raise ConflictError(f"the blueprint {identifier} still has entities")
            if any(source != identifier for source, _, _ in self._relations_to(identifier)):
                raise ConflictError(f"other blueprints relate to {identifier}")
            self._write("DELETE FROM blueprints WHERE identifier = ?", (identifier,))

    def _has_blueprint(self, identifier: str) -> bool:
        return bool(self._rows("SELECT 1 FROM blueprints WHERE identifier = ?", (identifier,)))

    def _blueprint_model(self, identifier: str) -> Blueprint:
        return _model(self.blueprint(identifier))

    def _relations_to(self, identifier: str) -> list[tuple[str, str, Relation]]:
        """The relations that lead to a blueprint, as (its owner, its name, the relation)."""
        return [
            (blueprint.identifier, name, relation)
            for blueprint in map(_model, self.blueprints())
            for name, relation in blueprint.relations.items()
            if relation.target == identifier
        ]

    def _put_blueprint(self, body: JsonObject) -> JsonObject:
        model = _model(body)
        for name, relation in model.relations.items():
            if relation.target != model.identifier and not self._has_blueprint(relation.target):
                raise InvalidError(f"the relation {name} leads to no blueprint: {relation.target}")
        complete = {**_with_defaults(body, model), "updatedAt": now()}
        self._write(
            "INSERT INTO blueprints VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
            (model.identifier, json.dumps(complete)),
        )
        return complete


def _model(body: JsonObject) -> Blueprint:
    try:
        return msgspec.convert(body, Blueprint)
    except msgspec.ValidationError as error:
        raise InvalidError(f"not a blueprint: {error}") from error


def _with_defaults(body: JsonObject, model: Blueprint) -> JsonObject:
    """The body with what Port adds when it is not given; Ocean relies on these keys."""
    given = body.get("relations")
    relations: JsonObject = {}
    for name, relation in model.relations.items():
        extra = given.get(name) if isinstance(given, dict) else None
        relations[name] = {
            **(extra if isinstance(extra, dict) else {}),
            "many": relation.many,
            "required": relation.required,
        }
    return {
        "title": model.identifier,
        "schema": {"properties": {}, "required": []},
        **body,
        "relations": relations,
    }
