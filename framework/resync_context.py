"""A resource of the mapping read within Ocean's context, and what that left in doubt.

``main`` reads every resource once for each resync; ``second_look`` reads those in doubt once more
before Ocean deletes anything.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing, suppress
from typing import Any, cast

from loguru import logger
from msgspec.structs import replace
from port_ocean.context.event import event
from port_ocean.context.ocean import ocean
from port_ocean.context.resource import resource
from port_ocean.core.handlers.port_app_config.models import ResourceConfig
from port_ocean.utils.signal import signal_handler

from errors import ConfigurationError, Fault, OceanCustomError
from framework.failures import handed_to_ocean
from framework.log_masking import hide_from_ocean
from framework.mapping import begin_mapping
from framework.outcome import start_meter
from framework.raw_data import redact_raw_data
from overrides import EndpointResource
from resync.completeness import Doubt
from resync.limits import NO_LIMITS, Limits
from resync.path_parameters import Resource
from resync.resource_walk import LeftOpen
from resync.session import Session
from settings import Settings, load_settings, unknown_settings
from settings.values import OAuthCredentials
from transport.observer import Observer

_LEFT = "ocean_custom_left_open"
_ROTATED = "ocean_custom_rotated_tokens"
_BEFORE_CANCELLATION = 50
"""The rank of what is called at a stop: at 100 Ocean reports the resync as aborted, and at 0 its
listeners cancel what runs."""


def installed_settings() -> Settings:
    """The installation's settings; raises ConfigurationError with every fault.

    Refresh tokens that servers changed are kept as long as Ocean's app: a second look, and the next
    resync, need the newest.
    """
    settings = load_settings(
        ocean.integration_config, secrets=_secrets(), hosted=ocean.config.runtime.is_saas_runtime
    )
    if not isinstance(settings.credentials, OAuthCredentials):
        return settings
    rotated: dict[str, str] = vars(ocean.integration).setdefault(_ROTATED, {})
    return replace(settings, credentials=replace(settings.credentials, rotated=rotated))


def unknown_names() -> list[Fault]:
    """A fault for each name that the installation sets and no setting has."""
    return unknown_settings(ocean.integration_config, _secrets())


def _secrets() -> Mapping[str, Any] | None:
    secrets = getattr(ocean.config.integration, "secrets", None)
    return secrets if isinstance(secrets, Mapping) else None


def open_session(
    settings: Settings, configs: Iterable[ResourceConfig], *, observer: Observer | None = None
) -> Session:
    """A session for resources that are read one after the other; whoever opens it closes it."""
    # At Port the environment is not the operator's.
    allowed = ocean.config.allow_environment_variables_jq_access
    environment = allowed and not ocean.config.runtime.is_saas_runtime
    resources: list[Resource] = []
    for config in configs:
        # A resource that is wrong says so itself when it is read.
        with suppress(OceanCustomError):
            resources.append(cast("EndpointResource", config).to_resource(settings.pagination))
    session = Session(
        settings,
        resources=resources,
        jq_environment=environment,
        ports_secrets=(ocean.config.port.client_secret,),
        observer=observer,
    )
    # A process that stays is killed after this, in the middle of its resync.
    at_stop = signal_handler.register(session.client.log_out, priority=_BEFORE_CANCELLATION)
    session.at_close.callback(signal_handler.unregister, at_stop)
    hide_from_ocean(session.client.redact)
    redact_raw_data(ocean.port_client, session.client.redact.in_data)
    return session


async def read(
    session: Session, *, again: LeftOpen | None = None, limits: Limits = NO_LIMITS
) -> AsyncGenerator[list[dict[str, Any]]]:
    """The items of the resource in work, in batches; at the end what is in doubt is noted.

    ``again``: what an earlier reading left open. Raises KindFailedError by what
    ``Reading.batches`` raises, and by a MappingError when the mapping did not fit the items;
    ConfigurationError for limits in a resync that may delete.
    """
    if limits != NO_LIMITS:
        _refuse_deletion()
    config = cast("EndpointResource", resource.resource_config)
    run = begin_mapping(session.jq, session.redacted, session.services.client.quoted)
    with handed_to_ocean():
        try:
            resource_read = config.to_resource(session.settings.pagination)
            reading = session.read(resource_read, again=again, limits=limits)
            meter = start_meter(resource.index, session.client.counts, reading)
            async with aclosing(reading.batches()) as batches:
                async for batch in batches:
                    meter.items += len(batch)
                    yield batch
                    run.refuse_unfinished()
            if again is None:
                may_move = Doubt.MOVED in reading.doubts
                if shared := run.shared_warning(config, may_move=may_move):
                    logger.warning(session.redacted(shared))
            run.refuse_fruitless(config)
        except OceanCustomError as error:
            # What the mapping made of the items quotes their keys.
            raise error.about(kind=config.kind).redacted(session.redacted) from None
    event.attributes.setdefault(_LEFT, {})[resource.index, again is not None] = reading.left


def _refuse_deletion() -> None:
    """Raise when this resync may delete what a bounded reading does not see."""
    deleting = [one.kind for one in event.port_app_config.resources if one.enable_delete]
    if deleting:
        raise ConfigurationError(
            f"a bounded reading sees only a part, and {len(deleting)} resources may delete the rest"
            f" (the first: {deleting[0]!r})",
            remedy="set enableDelete: false on every resource",
        )


def left_open(index: int, *, again: bool = False) -> LeftOpen:
    """What a reading of this resync left open, by the resource's place in the mapping.

    ``again``: its second reading.
    """
    left: Mapping[tuple[int, bool], LeftOpen] = event.attributes.get(_LEFT, {})
    return left.get((index, again), LeftOpen())
