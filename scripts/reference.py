"""Writes the tables that the code decides into docs/; run it by ``make reference``.

Of a setting: name, kind, default, bounds and example come from the table of settings, what it means
from its description in .port/spec.yaml. Of a field of a mapping all comes from its model, as the
JSON schema has it; of a known signal the names. What stands between the marks is replaced::

    <!-- generated: Credentials -->
    <!-- end -->
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from humps import camelize
from pydantic.v1 import BaseModel
from pydantic.v1.fields import ModelField

from json_values import Json
from overrides import EndpointSelector, PathParameter
from pagination import DEFAULT_POSITION_PARAM, DEFAULT_SIZE_PARAM, PaginationSettings
from scripts.known_signals import SIGNALS
from selector.request_fields import CsvFields, PaginationOverride, RequestFields
from settings.fields import FIELDS, SECTIONS, SettingField

DOCS = Path(__file__).resolve().parents[1] / "docs"
_SPEC = DOCS.parent / ".port" / "spec.yaml"
_BLOCK = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)

# What a field may be is explained there.
_MORE = {
    "body": "mapping.md#bodies",
    "body_form": "mapping.md#bodies",
    "data_path": "mapping.md#data_path",
    "empty_statuses": "mapping.md#when-a-child-fails",
    "field": "mapping.md#parents-without-a-value",
    "independent": "mapping.md#several-and-chained-parameters",
    "path_parameters": "mapping.md#path-parameters",
    "query": "mapping.md#items-and-entities",
    "response_format": "mapping.md#formats",
    "send_in": "pagination-reference.md#paging-in-the-body",
    "type": "pagination.md",
    "values": "mapping.md#values-you-know",
}
# The models that a field may hold, and the heading of their table.
_TABLES = {
    "CsvFields": "[CSV](#csv)",
    "PaginationOverride": "[pagination](#pagination)",
    "PathParameter": "[path parameters](#path-parameter)",
}


def written(page: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """A page with the table of each mark written anew."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{tables[found[2]]()}\n\n{found[3]}", page)


# --- settings -------------------------------------------------------------------------------


def _settings(section: str) -> str:
    spec = yaml.safe_load(_SPEC.read_text())
    meanings = {option["name"]: option["description"] for option in spec["configurations"]}
    head = ("Setting", "Type", "Default", "Example", "Meaning")
    return _table(head, *(_setting(field, meanings[field.name]) for field in SECTIONS[section]))


def _setting(field: SettingField, meaning: str) -> tuple[str, ...]:
    default = "required" if field.required else _code(field.default)
    example = f"`{field.example}`"
    return f"`{field.name}`", field.kind, default, example, _meaning(field, meaning)


def _meaning(field: SettingField, meaning: str) -> str:
    parts = [meaning]
    if field.words:
        parts.append(f"One of {_listed(field.words)}.")
    parts += [f"`{other}` is accepted as `{word}`." for other, word in field.aliases]
    if field.least is not None:
        parts.append(f"{field.least} to {field.most}.")
    if field.depends_on == "authType":
        parts.append(f"For {_listed(field.shown_for)}.")
    return " ".join(parts)


def _variables() -> str:
    """Every setting as a variable with its example, but for what needs a variable to be right."""
    examples = (
        f"{field.variable}={field.example.replace('${TENANT}', 'acme')}"
        for field in FIELDS.values()
    )
    return "\n".join(["```env", *examples, "```"])


# --- the mapping ----------------------------------------------------------------------------


def _fields(model: type[BaseModel], *, beside: type[BaseModel] = BaseModel) -> str:
    """A model's fields, without those that another one has too."""
    properties = model.schema()["properties"]
    rows = (
        (_name(name), _type(properties[field.alias]), _default(field), _described(field))
        for name, field in model.__fields__.items()
        if name not in beside.__fields__
    )
    return _table(("Field", "Type", "Default", "Meaning"), *rows)


def _paging_fields() -> str:
    """The fields of pagination, beside the setting each one wins over and the default of both."""
    properties = PaginationOverride.schema()["properties"]
    rows = (
        (
            _name(name),
            _setting_of(name),
            _type(properties[name]),
            _default_of_paging(name),
            _described(field),
        )
        for name, field in PaginationOverride.__fields__.items()
    )
    return _table(("Field", "Setting", "Type", "Default", "Meaning"), *rows)


def _name(name: str) -> str:
    return f"[`{name}`]({_MORE[name]})" if name in _MORE else f"`{name}`"


def _setting_of(name: str) -> str:
    setting = "paginationType" if name == "type" else camelize(name)
    return f"`{setting}`" if setting in FIELDS else ""


def _type(schema: Mapping[str, Any]) -> str:
    """What a field may be, as its JSON schema says it."""
    match schema:
        case {"enum": words}:
            kind = _listed(words)
        case {"$ref": path} | {"allOf": [{"$ref": path}]}:
            kind = _TABLES[path.rpartition("/")[2]]
        case {"type": "array", "items": items}:
            kind = f"list of {_type(items)}"
        case {"type": "object", "additionalProperties": values}:
            kind = f"object of {_type(values)}"
        case _:
            kind = str(schema.get("type", "JSON"))
    return kind + _bounds(schema)


def _bounds(schema: Mapping[str, Json]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is None:
        return ""
    return f" from {least}" if most is None else f", {least} to {most}"


def _default(field: ModelField) -> str:
    # An empty list or object is none.
    default = None if field.get_default() in ({}, []) else field.get_default()
    return "required" if field.required else _code(default)


def _default_of_paging(name: str) -> str:
    """The default where neither the field nor its setting is set."""
    match name:
        case "type":
            return _code(FIELDS["paginationType"].default)
        case "pagination_param":
            return _by_type(DEFAULT_POSITION_PARAM)
        case "size_param":
            return _by_type(DEFAULT_SIZE_PARAM)
        case _:
            setting = FIELDS.get(camelize(name))
            default = setting.default if setting else getattr(PaginationSettings(), name)
            return _code(default) or "the [known places](pagination-reference.md#known-signals)"


def _by_type(defaults: Mapping[str, str]) -> str:
    return ", ".join(f"`{word}` for {kind}" for kind, word in defaults.items())


def _described(field: ModelField) -> str:
    also = f" Also written `{field.alias}`." if field.alias != field.name else ""
    return f"{field.field_info.description}{also}"


# --- known signals --------------------------------------------------------------------------


def _signals() -> str:
    rows = ((one.title, _listed(one.names), one.place, one.means) for one in SIGNALS)
    return _table(("Signal", "Names", "Looked for in", "Means"), *rows)


# --- tables ---------------------------------------------------------------------------------


def _table(head: tuple[str, ...], *rows: tuple[str, ...]) -> str:
    return "\n".join([_row(head), "|" + "---|" * len(head), *map(_row, rows)])


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(value: Json) -> str:
    if value is None:
        return ""
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


PAGES: Mapping[Path, Mapping[str, Callable[[], str]]] = {
    DOCS / "settings.md": {
        **{section: partial(_settings, section) for section in SECTIONS},
        "variables": _variables,
    },
    DOCS / "mapping-reference.md": {
        "selector": partial(_fields, EndpointSelector),
        "path parameter": partial(_fields, PathParameter, beside=RequestFields),
        "pagination": _paging_fields,
        "csv": partial(_fields, CsvFields),
    },
    DOCS / "pagination-reference.md": {"known signals": _signals},
}
"""The pages with generated tables, and what writes the table of each mark."""


if __name__ == "__main__":
    for page, tables in PAGES.items():
        page.write_text(written(page.read_text(), tables))
