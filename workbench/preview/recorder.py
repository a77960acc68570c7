"""Writes into the catalog's SQLite what the integration does: each request, each raw item.

Runs within Ocean's process. It changes nothing: items go on as they came.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from port_ocean.context.event import event
from port_ocean.context.resource import resource
from port_ocean.core.handlers.port_app_config.models import ResourceConfig

import transport.observer
from errors import MappingError
from framework.mapped_items import Mapped, mapped
from framework.raw_data import without_credentials
from framework.resync_context import left_open, open_session, read
from jq_engine.programs import without_values
from resync.completeness import Doubt
from resync.limits import NO_LIMITS
from resync.session import Session
from settings import Settings
from workbench.patience import PATIENCE
from workbench.preview.watch import Watch
from workbench.store import CatalogStore
from workbench.store.observations import RawItem, RecordedExchange


class Recorder:
    """Looks on while one resync reads its kinds, one after the other."""

    def __init__(self, watch: Watch) -> None:
        self._limits = watch.limits
        self._store = CatalogStore(watch.database)
        self._resync_id = ""
        self._kind = ""

    def opened(self, settings: Settings, configs: Sequence[ResourceConfig]) -> Session:
        """The session of a resync, watched."""
        session = open_session(settings, configs, observer=self)
        if self._limits != NO_LIMITS:  # else it waits as in production
            session.client.outage.patience = PATIENCE
        return session

    async def reading(self, session: Session) -> AsyncGenerator[list[dict[str, Any]]]:
        """The items of the resource in work, within the limits."""
        self._resync_id, self._kind = event.id, resource.resource_config.kind
        batches = read(session, limits=self._limits)
        async with aclosing(batches):
            async for batch in batches:
                await self._note_items(session, batch)
                yield batch
        if Doubt.TRUNCATED in left_open(resource.index).doubts:
            self._store.add_bounded_kind(self._resync_id, resource.index)

    def exchanged(self, exchange: transport.observer.Exchange) -> None:
        """Keep a request."""
        self._store.add_exchange(
            RecordedExchange(
                self._resync_id,
                self._kind,
                exchange.purpose,
                exchange.method,
                exchange.url,
                exchange.status,
                exchange.bytes,
                exchange.seconds,
                exchange.attempt,
            )
        )

    def read(self, page: transport.observer.PageRead) -> None:
        """A page is known by its items."""

    async def _note_items(self, session: Session, batch: list[dict[str, Any]]) -> None:
        try:
            found = await mapped(session.jq, resource.resource_config, batch)
        except MappingError:
            return  # the integration meets it next, and says so
        made = [one for one in found if _key(one)]
        items = without_credentials(session.client.redact.in_data, [one.item for one in made])
        self._store.put_raw_items(
            self._raw_item(session, one, item) for one, item in zip(made, items, strict=True)
        )

    def _raw_item(self, session: Session, one: Mapped, item: Any) -> RawItem:  # noqa: ANN401 (JSON)
        blueprint, identifier = _key(one) or ("", "")
        failures = {
            failure.expression.path: session.redacted(without_values(failure.message))
            for failure in one.evaluation.failures
        }
        return RawItem(blueprint, identifier, self._kind, resource.index, item, {**failures})


def _key(one: Mapped) -> tuple[str, str] | None:
    """The blueprint and identifier of the entity, None when there is none to be found by."""
    match one.entity:
        case {"blueprint": str(blueprint), "identifier": str(identifier)}:
            return blueprint, identifier
        case _:
            return None
