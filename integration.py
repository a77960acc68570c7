"""The class Ocean looks for: it makes the mapping's models and its processor known.

Ocean loads this module before it reads the settings, so what keeps secrets out of the errors
of that reading is here too.
"""

from port_ocean.config.settings import IntegrationConfiguration
from port_ocean.core.handlers.port_app_config.api import APIPortAppConfig
from port_ocean.core.integrations.base import BaseIntegration

from entity_processor import FusedEntityProcessor
from overrides import EndpointAppConfig

# pydantic quotes what it refuses: without this a missing baseUrl prints the token beside it.
# https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.hide_input_in_errors
IntegrationConfiguration.model_config["hide_input_in_errors"] = True
IntegrationConfiguration.model_rebuild(force=True)


class CustomIntegration(BaseIntegration):
    """Ocean's integration with endpoints as kinds."""

    EntityProcessorClass = FusedEntityProcessor

    class AppConfigHandlerClass(APIPortAppConfig):
        """Ocean's handler with the mapping's models of this integration."""

        CONFIG_CLASS = EndpointAppConfig
