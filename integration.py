"""The class Ocean looks for: it makes the mapping's models and its own handlers known.

Ocean loads this module before it reads the settings and before ``main.py``, so what must come
first is here: that ``auth`` or ``framework`` is ours, whatever else is installed; that Python's
garbage collector leaves alone what is loaded by now; and that Ocean hands the settings over as they
are, without an error that quotes one.
"""

# ruff: noqa: E402 — the order of this module's parts is what it is about

import gc
import os
import ssl
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def _put_our_modules_first() -> None:
    """Make this folder the first place to import from.

    Ocean puts it last, where a module of any distribution comes before one of ours of the same
    name; one that was imported by now is forgotten under that name.
    """
    if sys.path[:1] != [str(FOLDER)]:
        sys.path.insert(0, str(FOLDER))
    ours = {path.stem: path for path in FOLDER.glob("*.py")}
    ours |= {path.parent.name: path for path in FOLDER.glob("*/__init__.py")}
    for name in list(sys.modules):
        own = ours.get(name.partition(".")[0])
        if own is None:
            continue
        loaded = getattr(sys.modules.get(name.partition(".")[0]), "__file__", None)
        if loaded is None or Path(loaded).resolve() != own.resolve():
            del sys.modules[name]


_put_our_modules_first()

from port_ocean.clients.port.types import UserAgentType
from port_ocean.context.event import TriggerType
from port_ocean.context.ocean import PortOceanContext
from port_ocean.core.handlers.port_app_config.api import APIPortAppConfig
from port_ocean.core.handlers.port_app_config.models import ResourceConfig
from port_ocean.core.models import Entity, EventListenerType
from port_ocean.core.probe.config import ProbeConfig
from port_ocean.core.probe.context import ProbeContext
from port_ocean.exceptions.probe import ProbeFailedError

# Ocean has loaded hundreds of thousands of objects by now, and the modules below add theirs. All of
# them stay for good: the collector would go through them again and again while modules are loaded
# and items are read. The container starts with it off. Where one of these modules cannot be loaded,
# ``main.py`` ends the process.
# https://docs.python.org/3/library/gc.html#gc.freeze
gc.disable()


def _load_aiohttp() -> None:
    """Load aiohttp, without the authorities for two TLS contexts that it makes of its own.

    To read them takes as long as a third of our own modules. Every connection has a context of
    ours; one that had not would trust nobody.
    """
    names = ssl.get_default_verify_paths()
    own = (names.openssl_cafile_env, names.openssl_capath_env)
    kept = {name: os.environ[name] for name in own if name in os.environ}
    os.environ |= dict.fromkeys(own, os.devnull)
    try:
        import_module("aiohttp")
    finally:
        for name in own:
            del os.environ[name]
        os.environ |= kept


_load_aiohttp()

from framework.log_masking import watch_log
from framework.mapping import FusedEntityProcessor
from framework.metrics import register_series
from framework.outcome import REPORT, ExitCode, ResyncReport
from framework.probe import WANTED, failure_of
from framework.process_exit import ProcessExit
from framework.reconciliation import CarefulStateApplier, ReconcilingIntegration
from framework.settings_model import take_settings_as_given
from overrides import EndpointAppConfig

gc.freeze()
gc.enable()

take_settings_as_given()


# Ocean makes its app, with all series, once this module is loaded.
register_series()


class CustomIntegration(ReconcilingIntegration):
    """Ocean's integration with endpoints as kinds."""

    EntityProcessorClass = FusedEntityProcessor
    EntitiesStateApplierClass = CarefulStateApplier

    class AppConfigHandlerClass(APIPortAppConfig):
        """Ocean's handler with the mapping's models of this integration."""

        CONFIG_CLASS = EndpointAppConfig

    def __init__(self, context: PortOceanContext) -> None:
        super().__init__(context)
        watch_log()
        self._exit = ProcessExit()
        if context.config.event_listener.type == EventListenerType.ONCE:
            self._exit.install()

    async def sync_raw_all(
        self,
        _: dict[Any, Any] | None = None,
        trigger_type: TriggerType = "machine",
        user_agent_type: UserAgentType = UserAgentType.exporter,
        silent: bool = True,  # noqa: FBT001, FBT002 (Ocean's signature)
    ) -> bool:
        """Run a resync; whether it succeeded. Its end is one line, and may be the exit code."""
        report = ResyncReport()
        within = REPORT.set(report)
        succeeded = False
        try:
            succeeded = bool(await super().sync_raw_all(_, trigger_type, user_agent_type, silent))
        finally:
            REPORT.reset(within)
            self._exit.code = report.end(sys.exception(), succeeded=succeeded)
        return succeeded

    async def run_probe(
        self, probe_id: str | None = None, config: ProbeConfig | None = None
    ) -> ProbeContext:
        """Probe the API; raises ProbeFailedError, once all is reported, when something failed."""
        config = config or ProbeConfig()
        # Ocean compares them with kinds of fixed names, of which there are none here.
        within = WANTED.set(None if config.kinds is None else tuple(config.kinds))
        try:
            context = await super().run_probe(probe_id, replace(config, kinds=None))
        finally:
            WANTED.reset(within)
        if failure := failure_of(context):
            raise ProbeFailedError(failure)
        return context

    async def sync_incremental(
        self,
        interval_seconds: int,
        trigger_type: TriggerType = "machine",
        user_agent_type: UserAgentType = UserAgentType.exporter,
    ) -> None:
        """Run what Ocean does in place of a resync with ``incrementalSyncEnabled``."""
        await super().sync_incremental(interval_seconds, trigger_type, user_agent_type)
        self._exit.code = ExitCode.COMPLETE

    async def process_resource(
        self, resource: ResourceConfig, index: int, user_agent_type: UserAgentType
    ) -> tuple[list[Entity], list[Exception]]:
        """Sync one kind; its entities and errors."""
        entities, errors = await super().process_resource(resource, index, user_agent_type)
        REPORT.get().note_kind(resource.kind, index, entities, errors)
        return entities, errors
