"""Ocean's model of the settings, made to hand over what was given as it was given.

Ocean checks the settings by the types of ``.port/spec.yaml`` before any code of an integration
runs. An empty number, ``1e+06``, and a list in the place of an object end it with a traceback, one
fault at a time. Names that it does not know are dropped without a word. The integration reads all
of that itself (``settings.load_settings``), so its model takes any value of any name: defaults and
what is sensitive stay as the specification says.

Reference: ``port_ocean.config.dynamic.default_config_factory`` makes the model,
``port_ocean.config.settings.IntegrationConfiguration.validate_integration_config`` uses it.
"""

from typing import Any

from port_ocean.config.base import BaseOceanModel
from port_ocean.config.settings import IntegrationConfiguration
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model


class _GivenSettings(BaseOceanModel):
    """The settings as they were given, the unknown ones too."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)


def lenient(model: type[BaseModel] | None) -> type[BaseModel] | None:
    """A model with the defaults and the sensitive fields of another, and no types; idempotent."""
    if model is None or issubclass(model, _GivenSettings):
        return model
    fields: dict[str, Any] = {
        name: (
            Any,
            Field(
                None if field.is_required() else field.default,
                json_schema_extra=field.json_schema_extra,
            ),
        )
        for name, field in model.model_fields.items()
    }
    return create_model(model.__name__, __base__=_GivenSettings, **fields)


def take_settings_as_given() -> None:
    """Have Ocean hand the settings over unchecked; call it before Ocean reads them.

    pydantic quotes what it refuses, of Ocean's own settings too: without ``hide_input_in_errors``
    a missing client id prints the secret beside it.
    https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.hide_input_in_errors
    """
    IntegrationConfiguration.model_config["hide_input_in_errors"] = True
    of_settings = IntegrationConfiguration.model_fields["integration_config_model"]
    if not any(isinstance(part, BeforeValidator) for part in of_settings.metadata):
        of_settings.metadata.append(BeforeValidator(lenient))
    IntegrationConfiguration.model_rebuild(force=True)
