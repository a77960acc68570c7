"""Ocean's context without its runtime: real TLS settings and address checks, no Port."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from typing import Final

import port_ocean.context.ocean as ocean_context
from loguru import logger
from port_ocean.bootstrap import load_ocean_app
from port_ocean.utils.signal import SignalHandler, _signal_handler

from workbench.sail import REPOSITORY, without_dotenv

# Nobody answers there, and nothing is asked: Ocean only wants to know.
_PORT: Final = {"client_id": "", "client_secret": "", "base_url": "http://127.0.0.1:9"}


@contextmanager
def ocean_without_port(variables: Mapping[str, str]) -> Iterator[None]:
    """Within, the integration finds Ocean's configuration of these variables and no others."""
    kept = dict(os.environ)
    path = list(sys.path)
    for name in kept:
        if name.startswith("OCEAN__"):
            del os.environ[name]
    os.environ.update(
        {name: text for name, text in variables.items() if name.startswith("OCEAN__")}
    )
    override = {
        "port": _PORT,
        "integration": {"identifier": "check", "type": "custom", "config": {}},
        "event_listener": {"type": "ONCE"},
        "caching_storage_mode": "memory",
    }
    interrupt = signal.getsignal(signal.SIGINT)
    _signal_handler.push(SignalHandler())
    logger.remove()  # a report is no log: what registers with Ocean meanwhile is not told
    try:
        with without_dotenv(REPOSITORY) as folder, chdir(folder):
            load_ocean_app(".", override)
        # Ctrl+C ends a check, and there is no runtime to shut down in order.
        signal.signal(signal.SIGINT, interrupt)
        logger.remove()
        yield
    finally:
        _signal_handler.pop()
        ocean_context._port_ocean = ocean_context.PortOceanContext(None)  # noqa: SLF001 (as Ocean has no way to end it)
        os.environ.clear()
        os.environ.update(kept)
        sys.path[:] = path
