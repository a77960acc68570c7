"""What Ocean writes to Port and deletes there, with a second look before anything is deleted.

At the end of a resync Ocean deletes what the resync did not yield. Two things may be missing
from that although they are there:

- Items that one reading missed and no signal tells of: see ``session.Doubt``. The resources in
  doubt are read once more, and only what neither reading has is deleted.
- Entities that Port did not take. Ocean counts them as yielded, but not where it could not ask
  Port first which entities differ.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, cast

from loguru import logger
from port_ocean.clients.port.types import UserAgentType
from port_ocean.context.event import EventType, event
from port_ocean.context.resource import resource_context
from port_ocean.core.handlers import HttpEntitiesStateApplier
from port_ocean.core.handlers.port_app_config.models import ResourceConfig
from port_ocean.core.integrations.mixins.utils import resync_generator_wrapper
from port_ocean.core.models import Entity
from port_ocean.core.ocean_types import EntityDiff
from port_ocean.core.utils.entity_topological_sorter import EntityTopologicalSorter
from port_ocean.core.utils.utils import get_port_diff
from port_ocean.exceptions.core import OceanAbortException

from framework.outcome import REPORT
from framework.resync_context import installed_settings, noted_doubts, open_session, read
from resync.session import Session

_REFUSED = "ocean_custom_refused"

Key = tuple[str, str]
"""What tells an entity from all others: identifier and blueprint."""

_key = EntityTopologicalSorter.node


class SecondLookError(OceanAbortException):
    """The second look failed: what is gone is not known, and nothing was deleted."""


@dataclass
class _Refused:
    """Entities of a resync that Port did not take, though they are there.

    Those named by a search query have no identifier until Port took them: of those only the
    blueprints are known.
    """

    keys: set[Key] = field(default_factory=set)
    blueprints: set[str] = field(default_factory=set)

    def note(self, given: list[Entity], taken: list[Entity]) -> None:
        """Add those of the given ones that are not among the taken."""
        named = {_key(one) for one in given if not one.is_using_search_identifier}
        took = {_key(one) for one in taken}
        self.keys |= named - took
        searched = Counter(one.blueprint for one in given if one.is_using_search_identifier)
        searched -= Counter(blueprint for _, blueprint in took - named)
        self.blueprints |= searched.keys()

    def among(self, doomed: AbstractSet[Key]) -> set[Key]:
        """Which of these keys are, or may be, of entities that Port did not take."""
        return {key for key in doomed if key in self.keys or key[1] in self.blueprints}


def _refused() -> _Refused:
    noted: _Refused = event.attributes.setdefault(_REFUSED, _Refused())
    return noted


class CautiousStateApplier(HttpEntitiesStateApplier):
    """Ocean's applier; it deletes nothing that a second look finds or that Port did not take."""

    async def upsert(self, entities: list[Entity], user_agent_type: UserAgentType) -> list[Entity]:
        """Write entities to Port; gives those it took. Within a resync the others are noted."""
        taken = await super().upsert(entities, user_agent_type)
        if event.event_type == EventType.RESYNC:
            _refused().note(entities, taken)
        return taken

    async def delete_diff(
        self,
        entities: EntityDiff,
        user_agent_type: UserAgentType,
        entity_deletion_threshold: float | None = None,
    ) -> None:
        """Delete what was at Port before and is not there after, as far as that is certain.

        Raises SecondLookError when a resource in doubt could not be read again.
        """
        deleted = get_port_diff(entities["before"], entities["after"]).deleted
        doomed = {_key(one): one for one in deleted}
        refused = _refused()
        certain = doomed.keys() - refused.among(doomed.keys())
        found = await self._found_again(certain, user_agent_type)
        if kept := refused.among(doomed.keys() - found):
            logger.warning(
                f"{len(kept)} entities are not deleted: Port did not take them in this resync"
            )
        spared = [doomed[key] for key in found | kept]
        await super().delete_diff(
            {"before": entities["before"], "after": [*entities["after"], *spared]},
            user_agent_type,
            entity_deletion_threshold,
        )

    # --- the second look -------------------------------------------------------------------

    async def _found_again(
        self, doomed: AbstractSet[Key], user_agent_type: UserAgentType
    ) -> set[Key]:
        """Which of the doomed entities are there when the resources in doubt are read again."""
        resources = enumerate(event.port_app_config.resources)
        unsure = {
            index: config
            for index, config in resources
            if noted_doubts(index) and _may_have_made(config, doomed)
        }
        if not unsure:
            return set()
        reasons = "; ".join(_reason(index, config) for index, config in unsure.items())
        logger.info(
            f"{len(doomed)} entities are to be deleted; looking a second time first: {reasons}"
        )
        # In a task of its own, as Ocean reads: a newer resync takes the place of this one.
        look = asyncio.create_task(self._look(unsure, doomed, user_agent_type))
        event.on_abort(look.cancel)
        found = await look
        if found:
            logger.warning(
                f"{len(found)} of {len(doomed)} entities that were to be deleted are there after"
                f" all: {reasons}"
            )
        return found

    async def _look(
        self,
        unsure: Mapping[int, ResourceConfig],
        doomed: AbstractSet[Key],
        user_agent_type: UserAgentType,
    ) -> set[Key]:
        found: set[Key] = set()
        failed: BaseExceptionGroup[OceanAbortException] | None = None
        session = open_session(installed_settings())
        try:
            for index, config in unsure.items():
                async with resource_context(config, index):
                    try:
                        found |= await self._read_again(session, config, doomed, user_agent_type)
                    finally:
                        REPORT.get().note_second_look(config.kind, index)
        except* OceanAbortException as group:
            failed = group
        finally:
            await session.aclose()
        if failed:
            raise SecondLookError(
                f"The second look failed, so nothing is deleted: {_first_of(failed)}"
            ) from failed
        return found

    async def _read_again(
        self,
        session: Session,
        config: ResourceConfig,
        doomed: AbstractSet[Key],
        user_agent_type: UserAgentType,
    ) -> set[Key]:
        """The doomed entities that the resource in work has, read and mapped as Ocean does it."""
        found: set[Key] = set()
        items = read(session)
        batches = cast(
            "AsyncGenerator[list[dict[str, Any]]]",
            resync_generator_wrapper(
                lambda _: items,
                config.kind,
                config.port.items_to_parse_name,
                config.port.items_to_parse,
                config.port.items_to_parse_top_level_transform,
            ),
        )
        # Ocean's wrapper just drops what it wraps.
        async with aclosing(items), aclosing(batches):
            async for batch in batches:
                mapped = await self.context.integration.entity_processor.parse_items(config, batch)
                if mapped.errors:
                    raise OceanAbortException(str(mapped.errors[0])) from mapped.errors[0]
                seen = mapped.entity_selector_diff.passed
                # Only Port knows whom a search query names, and tells it when it writes.
                if searched := [one for one in seen if one.is_using_search_identifier]:
                    seen = [*seen, *await self.upsert(searched, user_agent_type)]
                found |= doomed & {_key(one) for one in seen}
        return found


def _may_have_made(config: ResourceConfig, doomed: AbstractSet[Key]) -> bool:
    """Whether one of the entities may come from a resource: not if its blueprint is another."""
    try:
        blueprint = json.loads(config.port.entity.mappings.blueprint)
    except ValueError:  # no constant
        return bool(doomed)
    return any(blueprint == of_doomed for _, of_doomed in doomed)


def _reason(index: int, config: ResourceConfig) -> str:
    doubts = sorted(doubt.value for doubt in noted_doubts(index))
    return f"{config.kind}, {' and '.join(doubts)}"


def _first_of(group: BaseException) -> BaseException:
    """The first error of a group that is no group itself."""
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group
