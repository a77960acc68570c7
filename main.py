"""Ocean's hooks, and nothing else: the only module that reads Ocean's context."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import aclosing
from typing import Any, cast

from loguru import logger
from port_ocean.context.event import event
from port_ocean.context.ocean import ocean
from port_ocean.context.resource import resource

from entity_processor import begin_work
from errors import ConfigurationError, OceanCustomError
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
    # Held on to: by the time a dropped generator is closed, another resync may be the current one.
    attributes = event.attributes
    session: Session | None = attributes.get(_SESSION)
    if session is None:
        environment = ocean.config.allow_environment_variables_jq_access
        session = attributes[_SESSION] = Session(settings, jq_environment=environment)
        hide_from_ocean(session.client.redact)
    is_last = resource.index + 1 >= len(event.port_app_config.resources)
    batches = _batches(session, settings)

    async def end(*, of_resync: bool) -> None:
        await batches.aclose()
        if of_resync:
            attributes.pop(_SESSION, None)
            await session.aclose()

    # Ocean just drops this generator when it cannot map or write a batch, and its task ends.
    _call_after_task(lambda task: end(of_resync=is_last or task.cancelled()))
    try:
        async for batch in batches:
            yield batch
    except asyncio.CancelledError:
        is_last = True
        raise
    finally:
        await end(of_resync=is_last)


async def _batches(session: Session, settings: Settings) -> AsyncGenerator[list[dict[str, Any]]]:
    """The items of the resource in work; raises when not one of them made an entity."""
    config = cast("EndpointResource", resource.resource_config)
    work = begin_work(session.jq, session.told)
    try:
        walk = session.extract(config.to_resource(settings.pagination))
        async with aclosing(walk):
            async for batch in walk:
                yield batch
                work.refuse_unfinished()
        work.refuse_fruitless(config)
    except OceanCustomError as error:
        # What the mapping made of the items quotes their keys.
        raise error.rewritten(session.told) from None


def _call_after_task(call: Callable[[asyncio.Task[Any]], Coroutine[Any, Any, None]]) -> None:
    """Call and await when the task that runs now is over, however that ends."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 — this is called from a coroutine
    task.add_done_callback(lambda done: loop.create_task(call(done)))
