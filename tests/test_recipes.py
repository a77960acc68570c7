"""`docs/recipes.md` against the examples: what it says to set is what they set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from humps import camelize

REPOSITORY = Path(__file__).resolve().parent.parent
EXAMPLES = REPOSITORY / "examples"
PREFIX = "OCEAN__INTEGRATION__CONFIG__"

_ROW = re.compile(r"^\|(?P<shows>.+)\|(?P<sets>.+)\|(?P<examples>.+)\|$", re.MULTILINE)
_SETTING = re.compile(r"`(\w+): ([^`]+)`")
_LINK = re.compile(r"\[([\w-]+)\]\(\.\./examples/([\w-]+)/README\.md\)")


def _recipes() -> list[tuple[str, dict[str, str], str]]:
    """Every row of the tables with each of its examples: what it shows, sets, and where."""
    text = (REPOSITORY / "docs" / "recipes.md").read_text()
    return [
        (row["shows"].strip(), dict(_SETTING.findall(row["sets"])), folder)
        for row in _ROW.finditer(text)
        for _, folder in _LINK.findall(row["examples"])
    ]


def _said(folder: str) -> dict[str, set[str]]:
    """Every value an example gives to a setting or a key of its selectors, by camelCase name."""
    said: dict[str, set[str]] = {}
    for line in (EXAMPLES / folder / ".env.example").read_text().splitlines():
        name, is_setting, value = line.removeprefix("# ").partition("=")
        if is_setting and name.startswith(PREFIX):
            key = camelize(name.removeprefix(PREFIX).lower())
            said.setdefault(key, set()).add(value.strip())
            _collect(value.strip(), said)
    mapping = yaml.safe_load((EXAMPLES / folder / "port-app-config.yml").read_text())
    for resource in mapping["resources"]:
        _collect(resource["selector"], said)
    return said


def _collect(part: object, said: dict[str, set[str]]) -> None:
    if isinstance(part, str) and part.startswith('{"'):
        _collect(yaml.safe_load(part), said)
    elif isinstance(part, dict):
        for key, value in part.items():
            names = {str(key), camelize(str(key))}
            # Under "pagination" a selector says type, page_size, … for the settings' names.
            names |= {"paginationType"} if key == "type" else set()
            for name in names:
                # YAML writes booleans in small letters.
                text = str(value).lower() if isinstance(value, bool) else str(value)
                said.setdefault(name, set()).add(text)
            _collect(value, said)
    elif isinstance(part, list):
        for value in part:
            _collect(value, said)


@pytest.mark.parametrize(
    ("shows", "sets", "folder"),
    [pytest.param(*recipe, id=f"{recipe[2]}: {recipe[0][:40]}") for recipe in _recipes()],
)
def test_a_recipe_is_what_its_example_does(shows: str, sets: dict[str, str], folder: str) -> None:
    """Every setting a recipe names has that value in the example it points to."""
    assert sets, f"{shows}: a recipe sets something"
    said = _said(folder)
    for name, value in sets.items():
        assert value in said.get(name, set()), f"{folder} sets {name} to {said.get(name)}"


def test_every_example_is_a_recipe() -> None:
    """A reader finds every example on the page."""
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}

    assert folders == {folder for _, _, folder in _recipes()}


def test_the_styles_lead_to_at_least_thirty_products() -> None:
    """The promise of "any API" rests on products of every style."""
    assert len({folder for _, _, folder in _recipes()}) >= 30
