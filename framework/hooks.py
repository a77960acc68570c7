"""What Ocean calls: at the start, and for each kind of a resync.

``main`` registers both as they are. A preview opens sessions and reads resources in a way of its
own. A reading with limits refuses to be part of a resync that may delete.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from typing import Any

from loguru import logger
from port_ocean.context.event import event
from port_ocean.context.resource import resource
from port_ocean.core.handlers.port_app_config.models import ResourceConfig

from errors import ConfigurationError
from framework.failures import handed_to_ocean
from framework.log_masking import hide_from_ocean
from framework.resync_context import installed_settings, open_session, read, unknown_names
from resync.session import Session
from settings import Settings
from transport.redaction import SHORTEST_SECRET, Redactor

type Batches = AsyncGenerator[list[dict[str, Any]]]

_SESSION = "ocean_custom_session"


async def check_settings() -> None:
    """Log faulty and unknown settings at the start, not only at the first resync."""
    for unknown in unknown_names():
        logger.warning(str(unknown))
    try:
        settings = installed_settings()
    except ConfigurationError as error:
        logger.error(f"The settings are faulty, every resync will fail: {error}")
    else:
        hide_from_ocean(Redactor(*settings.secrets))
        if settings.short_secrets:
            logger.warning(
                f"{', '.join(settings.short_secrets)}: a secret of fewer than {SHORTEST_SECRET}"
                " characters stands in too many words to be redacted in logs and examples; use a"
                " longer one where the API allows it"
            )
        logger.info(f"Ready to read {settings.base_url}")


def kind_reader(
    *,
    opened: Callable[[Settings, Sequence[ResourceConfig]], Session] = open_session,
    reading: Callable[[Session], Batches] = read,
) -> Callable[[str], Batches]:
    """What gives the items of one resource of the mapping, in batches.

    The resources of one resync share a session, which is kept in the resync's context: one login,
    and every parent is walked once. The last resource closes it, and so does one that is cancelled.
    """

    async def resync(kind: str) -> Batches:
        del kind
        with handed_to_ocean():
            settings = installed_settings()
        # Kept here: when a dropped generator is closed, another resync may be the current one.
        attributes, configs = event.attributes, event.port_app_config.resources
        session: Session = attributes.get(_SESSION) or opened(settings, configs)
        attributes[_SESSION] = session
        is_last = resource.index + 1 >= len(configs)
        batches = reading(session)

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

    return resync


def _call_after_task(call: Callable[[asyncio.Task[Any]], Coroutine[Any, Any, None]]) -> None:
    """Call and await when the task that runs now is over, however that ends."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 — this is called from a coroutine
    task.add_done_callback(lambda done: loop.create_task(call(done)))
