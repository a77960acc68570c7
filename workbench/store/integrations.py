"""Integrations: the record that holds a mapping and says how the last resync went."""

import json

from workbench.store.database import Database, json_object, now
from workbench.store.model import ConflictError, InvalidError, JsonObject, NotFoundError


class Integrations(Database):
    """The integrations known to a catalog, as Port would return them."""

    def integration(self, identifier: str) -> JsonObject:
        """An integration's record; raises NotFoundError."""
        rows = self._rows("SELECT body FROM integrations WHERE identifier = ?", (identifier,))
        if not rows:
            raise NotFoundError(f"there is no integration {identifier}")
        return json_object(rows[0][0])

    def has_integration(self, identifier: str) -> bool:
        """Whether an integration is known."""
        return bool(self._rows("SELECT 1 FROM integrations WHERE identifier = ?", (identifier,)))

    def create_integration(self, body: JsonObject) -> JsonObject:
        """Add an integration's record; `installationId` names it, `config` is its mapping."""
        identifier = body.get("installationId")
        if not isinstance(identifier, str) or not identifier:
            raise InvalidError("installationId must be a string")
        with self._transaction():
            if self.has_integration(identifier):
                raise ConflictError(f"the integration {identifier} exists already")
            moment = now()
            defaults: JsonObject = {"installationType": "OnPrem", "config": {}, "resyncState": {}}
            times: JsonObject = {"createdAt": moment, "updatedAt": moment}
            return self._put_integration(identifier, {**defaults, **body, **times})

    def patch_integration(self, identifier: str, changes: JsonObject) -> JsonObject:
        """Replace the keys of an integration's record that `changes` names."""
        with self._transaction():
            record = {**self.integration(identifier), **changes, "updatedAt": now()}
            return self._put_integration(identifier, record)

    def patch_resync_state(self, identifier: str, changes: JsonObject) -> JsonObject:
        """Note how a resync goes; the integration's record afterwards.

        The record and its state get the same `updatedAt`: by that Ocean's listeners tell their own
        report from a change of the mapping.
        """
        with self._transaction():
            moment = now()
            state: JsonObject = {
                **self.resync_state(identifier),
                **changes,
                "updatedAt": moment,
            }
            record = self.integration(identifier)
            return self._put_integration(
                identifier, {**record, "resyncState": state, "updatedAt": moment}
            )

    def delete_integration(self, identifier: str) -> None:
        """Forget an integration; its entities stay."""
        with self._transaction():
            self.integration(identifier)
            self._write("DELETE FROM integrations WHERE identifier = ?", (identifier,))

    def resync_state(self, identifier: str | None = None) -> JsonObject:
        """What Ocean reported last of a resync (`status`, `lastResyncStart`, `lastResyncEnd`).

        {} before the first. `identifier` is needed only when there are several integrations.
        """
        record = self.integration(identifier or self._only_integration())
        state = record.get("resyncState")
        return state if isinstance(state, dict) else {}

    def cursor(self, integration: str, kind: str, index: str) -> JsonObject | None:
        """How far the incremental resync of a mapped resource came; None before the first."""
        rows = self._rows(
            "SELECT body FROM cursors WHERE (integration, kind, kind_index) = (?, ?, ?)",
            (integration, kind, index),
        )
        return json_object(rows[0][0]) if rows else None

    def put_cursor(self, integration: str, kind: str, index: str, body: JsonObject) -> None:
        """Note how far the incremental resync of a mapped resource came."""
        self._write(
            "INSERT OR REPLACE INTO cursors VALUES (?, ?, ?, ?)",
            (integration, kind, index, json.dumps(body)),
        )

    def _only_integration(self) -> str:
        match self._rows("SELECT identifier FROM integrations"):
            case [[identifier]]:
                return str(identifier)
            case rows:
                raise NotFoundError(f"name one of the {len(rows)} integrations")

    def _put_integration(self, identifier: str, record: JsonObject) -> JsonObject:
        self._write(
            "INSERT OR REPLACE INTO integrations VALUES (?, ?)", (identifier, json.dumps(record))
        )
        return record
