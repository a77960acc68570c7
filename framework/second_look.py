"""Look once more for what is to be deleted, in the resources that left something in doubt.

Some of what an API holds can be missed without any sign: rows that moved, a page that came empty,
children that were not found. See ``completeness.Doubt``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import aclosing
from typing import Any, cast

from loguru import logger
from msgspec import Struct, field
from port_ocean.clients.port.types import UserAgentType
from port_ocean.context.event import event
from port_ocean.context.ocean import PortOceanContext
from port_ocean.context.resource import resource_context
from port_ocean.core.handlers.port_app_config.models import ResourceConfig
from port_ocean.core.integrations.mixins.utils import resync_generator_wrapper
from port_ocean.core.models import Entity
from port_ocean.core.utils.entity_topological_sorter import EntityTopologicalSorter
from port_ocean.exceptions.core import OceanAbortException

from framework.deletion import ANY, Key, constant_blueprint
from framework.failures import leaves_of
from framework.outcome import REPORT
from framework.resync_context import installed_settings, left_open, open_session, read
from resync.session import Session

key_of_entity = EntityTopologicalSorter.node
"""Identifier and blueprint of an entity, as Ocean compares them."""


class Seen(Struct):
    """What a second look found of the entities looked for, and the resources it failed in."""

    keys: set[Key] = field(default_factory=set)
    failures: dict[int, OceanAbortException] = field(default_factory=dict)


def unsure_of(
    doomed: AbstractSet[Key], failed: AbstractSet[int] = frozenset()
) -> dict[int, ResourceConfig]:
    """The resources that left something open and may have made one of these entities.

    By their place in the mapping; those that ``failed`` are left out, nothing of them is deleted.
    """
    return {
        index: config
        for index, config in enumerate(event.port_app_config.resources)
        if index not in failed and left_open(index).doubts and may_have_made(config, doomed)
    }


def may_have_made(config: ResourceConfig, doomed: AbstractSet[Key]) -> bool:
    """Whether one of the entities may come from a resource: not if its blueprint is another."""
    blueprint = constant_blueprint(config.port.entity.mappings.blueprint)
    return any(blueprint in {ANY, of_doomed} for _, of_doomed in doomed)


def reasons_of(unsure: Mapping[int, ResourceConfig]) -> str:
    """Why something may be missing from each of these resources."""
    return "; ".join(
        f"{config.kind}, {' and '.join(sorted(doubt.value for doubt in left_open(index).doubts))}"
        for index, config in unsure.items()
    )


def silent_of(unsure: Mapping[int, ResourceConfig]) -> dict[int, OceanAbortException]:
    """Those of which every child said that nothing is here, each with its error."""
    return {
        index: OceanAbortException(f"kind {config.kind!r}: {silence}")
        for index, config in unsure.items()
        if (silence := left_open(index).absent.silence)
    }


async def look_again(
    context: PortOceanContext,
    unsure: Mapping[int, ResourceConfig],
    doomed: AbstractSet[Key],
    user_agent_type: UserAgentType,
) -> Seen:
    """Read these resources once more, for what is there of the entities to be deleted."""
    reasons = reasons_of(unsure)
    logger.info(f"{len(doomed)} entities are to be deleted; looking a second time first: {reasons}")
    # In a task of its own, as Ocean reads: a newer resync takes the place of this one.
    look = asyncio.create_task(_look(context, unsure, doomed, user_agent_type))
    event.on_abort(look.cancel)
    seen = await look
    if seen.keys:
        logger.warning(
            f"{len(seen.keys)} of {len(doomed)} entities that were to be deleted are there after"
            f" all: {reasons}"
        )
    return seen


async def _look(
    context: PortOceanContext,
    unsure: Mapping[int, ResourceConfig],
    doomed: AbstractSet[Key],
    user_agent_type: UserAgentType,
) -> Seen:
    seen = Seen()
    session = open_session(installed_settings(), unsure.values())
    try:
        for index, config in unsure.items():
            async with resource_context(config, index):
                try:
                    batches = _read_again(context, session, index, config)
                    async with aclosing(batches):
                        async for entities in batches:
                            written = await _written(context, entities, user_agent_type)
                            seen.keys |= doomed & {key_of_entity(one) for one in written}
                except* OceanAbortException as group:
                    first = next(leaves_of(group))
                    seen.failures[index] = cast("OceanAbortException", first)
                finally:
                    REPORT.get().note_second_look(config.kind, index)
    finally:
        await session.aclose()
    for index, config in unsure.items():
        complaint = left_open(index, again=True).complaint
        if complaint and may_have_made(config, doomed - seen.keys):
            seen.failures.setdefault(index, OceanAbortException(str(complaint)))
    return seen


async def _read_again(
    context: PortOceanContext, session: Session, index: int, config: ResourceConfig
) -> AsyncGenerator[list[Entity]]:
    """The entities that the resource in work makes, read and mapped as Ocean does it.

    Raises OceanAbortException, or a group of them, when it could not be read or mapped.
    """
    items = read(session, again=left_open(index))
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
            mapped = await context.integration.entity_processor.parse_items(config, batch)
            if mapped.errors:
                raise OceanAbortException(str(mapped.errors[0])) from mapped.errors[0]
            yield mapped.entity_selector_diff.passed


async def _written(
    context: PortOceanContext, entities: list[Entity], user_agent_type: UserAgentType
) -> Iterable[Entity]:
    """The entities with identifiers: only Port knows whom a search query names, when it writes."""
    searched = [one for one in entities if one.is_using_search_identifier]
    if not searched:
        return entities
    applier = context.integration.entities_state_applier
    return [*entities, *await applier.upsert(searched, user_agent_type)]
