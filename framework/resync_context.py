"""A resource of the mapping read within Ocean's context, and what that left in doubt.

``main`` reads every resource once for each resync; ``state_applier`` reads those in doubt once
more before Ocean deletes anything.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, cast

from port_ocean.context.event import event
from port_ocean.context.ocean import ocean
from port_ocean.context.resource import resource

from errors import ConfigurationError, OceanCustomError
from framework.failures import handed_to_ocean
from framework.log_masking import hide_from_ocean
from framework.mapping import begin_work
from framework.outcome import start_meter
from framework.raw_data import redact_raw_data
from overrides import EndpointResource
from paging.limits import NO_LIMITS, Limits
from resync.session import Doubt, Session
from settings import Settings, load_settings, unknown_settings
from transport.observer import Observer

_DOUBTS = "ocean_custom_doubts"


def installed_settings() -> Settings:
    """The installation's settings; raises ConfigurationError with every fault."""
    return load_settings(ocean.integration_config, secrets=_secrets())


def unknown_names() -> list[str]:
    """One sentence for each name that the installation sets and that is no setting."""
    return unknown_settings(ocean.integration_config, _secrets())


def _secrets() -> Mapping[str, Any] | None:
    secrets = getattr(ocean.config.integration, "secrets", None)
    return secrets if isinstance(secrets, Mapping) else None


def open_session(settings: Settings, *, observer: Observer | None = None) -> Session:
    """A session for resources that are read one after the other; whoever opens it closes it."""
    environment = ocean.config.allow_environment_variables_jq_access
    session = Session(
        settings,
        jq_environment=environment,
        ports_secrets=(ocean.config.port.client_secret,),
        observer=observer,
    )
    hide_from_ocean(session.client.redact)
    redact_raw_data(ocean.port_client, session.client.redact.in_data)
    return session


async def read(
    session: Session, *, limits: Limits = NO_LIMITS
) -> AsyncGenerator[list[dict[str, Any]]]:
    """The items of the resource in work, in batches; then its doubts are noted in the resync.

    Raises KindFailedError by what ``Reading.batches`` raises, and by a MappingError when the
    mapping did not fit the items; ConfigurationError for limits in a resync that may delete.
    """
    if limits != NO_LIMITS:
        _refuse_deletion()
    config = cast("EndpointResource", resource.resource_config)
    work = begin_work(session.jq, session.told)
    with handed_to_ocean():
        try:
            reading = session.read(config.to_resource(session.settings.pagination), limits=limits)
            meter = start_meter(resource.index, session.client.counts, reading)
            async with aclosing(reading.batches()) as batches:
                async for batch in batches:
                    meter.items += len(batch)
                    yield batch
                    work.refuse_unfinished()
            work.refuse_faulty_query(config)
            work.refuse_fruitless(config)
        except OceanCustomError as error:
            # What the mapping made of the items quotes their keys.
            raise error.rewritten(session.told) from None
    event.attributes.setdefault(_DOUBTS, {})[resource.index] = reading.doubts


def _refuse_deletion() -> None:
    """Raise when this resync may delete what a bounded reading does not see."""
    deleting = [one.kind for one in event.port_app_config.resources if one.enable_delete]
    if deleting:
        raise ConfigurationError(
            f"a bounded reading sees only a part, and {len(deleting)} resources may delete the rest"
            f" (the first: {deleting[0]!r}); set enableDelete: false on every resource"
        )


def noted_doubts(index: int) -> frozenset[Doubt]:
    """What the reading of a resource of this resync, by its place in the mapping, left in doubt."""
    doubts: Mapping[int, frozenset[Doubt]] = event.attributes.get(_DOUBTS, {})
    return doubts.get(index, frozenset())
