"""JSON schemas for editors: of a mapping, closed at every level, and of the names in ``.env``.

https://json-schema.org/draft-07 is what yaml-language-server and most editors read.
"""

from __future__ import annotations

import json
from typing import Any, Final

import click
from pydantic.v1 import BaseModel
from pydantic.v1.schema import get_flat_models_from_model, get_model_name_map

from overrides import EndpointAppConfig
from settings.fields import FIELDS, SettingField

Schema = dict[str, Any]
_DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_TYPES: Final = frozenset({"integer", "boolean", "object", "array"})


def mapping_schema() -> Schema:
    """What a mapping may hold: an unknown key is red at every level."""
    schema: Schema = json.loads(json.dumps(EndpointAppConfig.schema()))
    names = get_model_name_map(get_flat_models_from_model(EndpointAppConfig))
    for model, name in names.items():
        if issubclass(model, BaseModel):
            _close(schema["definitions"].get(name, schema), model)
    return {"$schema": _DRAFT, **schema, "title": "A mapping of Ocean Custom"}


def _close(schema: Schema, model: type[BaseModel]) -> None:
    """Refuse what the model does not name, and take null where it does."""
    schema["additionalProperties"] = False
    for field in model.__fields__.values():
        made = schema["properties"].get(field.alias)
        if made is not None:
            # Ocean writes what its form needs beside the schema.
            made.pop("extra", None)
            if field.allow_none and not field.required:
                schema["properties"][field.alias] = _or_null(made)


def _or_null(made: Schema) -> Schema:
    """A schema that takes null as well; what an editor shows of it stays at the top."""
    shown = {key: made.pop(key) for key in ("title", "description", "default") if key in made}
    return shown | {"anyOf": [made, {"type": "null"}]}


def settings_schema() -> Schema:
    """What ``.env`` may say of the integration: names, words and bounds."""
    properties = {field.variable: _variable(field) for field in FIELDS.values()}
    return {
        "$schema": _DRAFT,
        "title": "The settings of Ocean Custom, as variables of the environment",
        "type": "object",
        "properties": properties,
        "required": [field.variable for field in FIELDS.values() if field.required],
        # Ocean's own variables stand in the same file.
        "patternProperties": {"^(?!OCEAN__INTEGRATION__CONFIG__)": {}},
        "additionalProperties": False,
    }


def _variable(field: SettingField) -> Schema:
    schema: Schema = {"description": f"{field.name}, such as {field.example}"}
    if field.words:
        return schema | {"enum": [*field.words, *(alias for alias, _ in field.aliases)]}
    # Every variable is a text; editors of other formats may know better.
    types = [field.kind, "string"] if field.kind in _TYPES else "string"
    return schema | {"type": types} | _bounds(field)


def _bounds(field: SettingField) -> Schema:
    bounds = {"minimum": field.least, "maximum": field.most, "default": field.default}
    return {name: value for name, value in bounds.items() if value is not None}


_HELP = (
    "\b\n"
    "Example: python -m workbench schema > port-app-config.schema.json\n"
    "Then, in the first line of the mapping:\n"
    "# yaml-language-server: $schema=./port-app-config.schema.json"
)


@click.command(epilog=_HELP)
@click.option("--json", is_flag=True, expose_value=False, help="It writes JSON in any case.")
@click.option("--env", "of_env", is_flag=True, help="The names in .env instead of the mapping.")
def schema(*, of_env: bool) -> None:
    """Write the schema of a mapping as JSON, with which an editor completes and checks it."""
    click.echo(json.dumps(settings_schema() if of_env else mapping_schema(), indent=2))
