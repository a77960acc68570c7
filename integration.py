"""The class Ocean looks for: it makes the mapping's models and its own handlers known.

Ocean loads this module before it reads the settings and before ``main.py``, so what must come
first is here: that ``auth`` or ``framework`` is ours, whatever else is installed; that Python's
garbage collector leaves alone what is loaded by now; and that Ocean hands the settings over as they
are, without an error that quotes one.
"""

# ruff: noqa: E402 — the order of this module's parts is what it is about

import gc
import sys
from pathlib import Path

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

from port_ocean.core.handlers.port_app_config.api import APIPortAppConfig

# Ocean has loaded hundreds of thousands of objects by now, which stay for good. The collector would
# go through them again and again while modules are loaded and items are read.
# https://docs.python.org/3/library/gc.html#gc.freeze
gc.freeze()

from framework.mapping import FusedEntityProcessor
from framework.reconciliation import CarefulStateApplier, ReconcilingIntegration
from framework.settings_model import take_settings_as_given
from overrides import EndpointAppConfig

take_settings_as_given()


class CustomIntegration(ReconcilingIntegration):
    """Ocean's integration with endpoints as kinds."""

    EntityProcessorClass = FusedEntityProcessor
    EntitiesStateApplierClass = CarefulStateApplier

    class AppConfigHandlerClass(APIPortAppConfig):
        """Ocean's handler with the mapping's models of this integration."""

        CONFIG_CLASS = EndpointAppConfig
