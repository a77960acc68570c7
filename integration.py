"""The class Ocean looks for: it makes the mapping's models known to the framework."""

from port_ocean.core.handlers.port_app_config.api import APIPortAppConfig
from port_ocean.core.integrations.base import BaseIntegration

from overrides import EndpointAppConfig


class CustomIntegration(BaseIntegration):
    """Ocean's integration with endpoints as kinds."""

    class AppConfigHandlerClass(APIPortAppConfig):
        """Ocean's handler with the mapping's models of this integration."""

        CONFIG_CLASS = EndpointAppConfig
