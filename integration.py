"""The class Ocean looks for: it makes the mapping's models and its own handlers known.

Ocean loads this module before it reads the settings, so how it reads them is said here too.
"""

from loguru import logger
from port_ocean.clients.port.types import UserAgentType
from port_ocean.core.handlers.port_app_config.api import APIPortAppConfig
from port_ocean.core.handlers.port_app_config.models import PortAppConfig
from port_ocean.core.integrations.base import BaseIntegration
from port_ocean.core.models import Entity

import startup  # noqa: F401 — before the modules below, which are loaded the quicker for it
from entity_processor import FusedEntityProcessor
from overrides import EndpointAppConfig
from settings_model import take_settings_as_given
from state_applier import CautiousStateApplier, SecondLookError

take_settings_as_given()


class CustomIntegration(BaseIntegration):
    """Ocean's integration with endpoints as kinds."""

    EntityProcessorClass = FusedEntityProcessor
    EntitiesStateApplierClass = CautiousStateApplier

    class AppConfigHandlerClass(APIPortAppConfig):
        """Ocean's handler with the mapping's models of this integration."""

        CONFIG_CLASS = EndpointAppConfig

    async def resync_reconciliation(
        self,
        creation_results: list[tuple[list[Entity], list[Exception]]],
        did_fetched_current_state: bool,  # noqa: FBT001 (Ocean's signature)
        user_agent_type: UserAgentType,
        app_config: PortAppConfig,
        silent: bool = True,  # noqa: FBT001, FBT002 (Ocean's signature)
    ) -> bool:
        """Delete what is gone; whether the resync succeeded.

        A second look that failed fails the resync as a kind that failed does. Left to itself, the
        error would pass Ocean's reports to Port, which would show a resync that goes on for ever.
        """
        try:
            return await super().resync_reconciliation(
                creation_results, did_fetched_current_state, user_agent_type, app_config, silent
            )
        except SecondLookError as error:
            if not silent:
                raise
            logger.error(str(error))
            return False
