"""Ocean's hooks, and nothing else: the only module that reads Ocean's context."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any, cast

from loguru import logger
from port_ocean.context.event import event
from port_ocean.context.ocean import ocean
from port_ocean.context.resource import resource

from entity_processor import begin_work
from errors import ConfigurationError
from ocean_log import hide_from_ocean
from overrides import EndpointResource
from redaction import Redactor
from session import Session
from settings import Settings, load_settings

_SESSION = "ocean_custom_session"


def _settings() -> Settings:
    """The installation's settings; raises ConfigurationError with every fault."""
    secrets = getattr(ocean.config.integration, "secrets", None)
    return load_settings(
        ocean.integration_config, secrets=secrets if isinstance(secrets, Mapping) else None
    )


@ocean.on_start()
async def check_settings() -> None:
    """Tell of faulty settings at once rather than at the first resync."""
    try:
        settings = _settings()
    except ConfigurationError as error:
        logger.error(f"The settings are faulty, every resync will fail: {error}")
    else:
        hide_from_ocean(Redactor(*settings.secrets))
        logger.info(f"Ready to read {settings.base_url}")


@ocean.on_resync()
async def resync(kind: str) -> AsyncGenerator[list[dict[str, Any]]]:
    """The items of one resource of the mapping, in batches.

    Resources of one resync share a session, kept in the resync's own context: one login,
    and every parent walked once. The last resource closes it, and so does whoever is cut off.
    """
    del kind
    settings = _settings()
    session: Session | None = event.attributes.get(_SESSION)
    if session is None:
        environment = ocean.config.allow_environment_variables_jq_access
        session = event.attributes[_SESSION] = Session(settings, jq_environment=environment)
        hide_from_ocean(session.client.redact)
    config = cast("EndpointResource", resource.resource_config)
    work = begin_work(session.jq.run)
    is_last = resource.index + 1 >= len(event.port_app_config.resources)
    try:
        async for batch in session.extract(config.to_resource(settings.pagination)):
            yield batch
        work.refuse_fruitless(config)
    except (asyncio.CancelledError, GeneratorExit):
        is_last = True
        raise
    finally:
        if is_last:
            del event.attributes[_SESSION]
            await session.aclose()
