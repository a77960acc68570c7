"""`schema`: editors find unknown keys and wrong types, and take every example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import jsonschema
import pytest
import yaml

from settings.fields import FIELDS
from tests.examples import EXAMPLES
from tests.resync import resource
from workbench.check.files.documents import read_env
from workbench.schema import Schema, mapping_schema, settings_schema

FOLDERS = sorted(path for path in EXAMPLES.iterdir() if path.is_dir())


def faults(mapping: object) -> list[str]:
    """What an editor shows."""
    validator = jsonschema.Draft7Validator(mapping_schema())
    return [error.message for error in validator.iter_errors(mapping)]


@pytest.mark.parametrize("made", [mapping_schema, settings_schema])
def test_an_editor_takes_the_schema(made: Callable[[], Schema]) -> None:
    """It is one by the words of its own draft."""
    jsonschema.Draft7Validator.check_schema(made())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_examples_are_right(folder: Path) -> None:
    """No example is red, neither its mapping nor its settings."""
    assert faults(yaml.safe_load((folder / "port-app-config.yml").read_text())) == []
    given = read_env(folder / ".env.example", ".env").values
    assert [*jsonschema.Draft7Validator(settings_schema()).iter_errors(given)] == []


@pytest.mark.parametrize(
    "path",
    [
        pytest.param((), id="top"),
        pytest.param(("resources", 0), id="resource"),
        pytest.param(("resources", 0, "selector"), id="selector"),
        pytest.param(("resources", 0, "port"), id="port"),
        pytest.param(("resources", 0, "port", "entity"), id="entity"),
        pytest.param(("resources", 0, "port", "entity", "mappings"), id="mappings"),
    ],
)
def test_an_unknown_key_is_red_at_every_level(path: tuple[str | int, ...]) -> None:
    """Also where Ocean would ignore it."""
    mapping: dict[str, object] = {"resources": [resource("/items")]}
    inner: object = mapping
    for key in path:
        assert isinstance(inner, dict | list)
        inner = inner[key]  # type: ignore[index] # the path leads through both
    assert isinstance(inner, dict)
    inner["propertees"] = {}

    assert any("propertees" in fault for fault in faults(mapping))


def test_a_query_without_quotes_is_red() -> None:
    """`query: true` is a boolean, and no jq."""
    raw = resource("/items")
    assert isinstance(raw["selector"], dict)
    raw["selector"]["query"] = True

    assert faults({"resources": [raw]})


def test_null_is_taken_where_it_means_something() -> None:
    """`size_param: null` sends no size; a kind is never null."""
    raw = resource("/items", pagination={"type": "page", "size_param": None})

    assert faults({"resources": [raw]}) == []
    assert faults({"resources": [raw | {"kind": None}]})


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"OCEAN__INTEGRATION__CONFIG__BASEURL": "https://a.b"}, id="unknown name"),
        pytest.param({"OCEAN__INTEGRATION__CONFIG__AUTH_TYPE": "bear"}, id="unknown word"),
    ],
)
def test_settings_are_checked_too(variables: Mapping[str, str]) -> None:
    """Names and words of `.env` are known."""
    given = {FIELDS["baseUrl"].variable: "https://api.example.com"} | dict(variables)

    assert [*jsonschema.Draft7Validator(settings_schema()).iter_errors(given)]
