"""Writes the tables and the list of variables of docs/settings.md; run it by ``make reference``.

Names, kinds, defaults, bounds and examples come from the table of settings, what a setting means
from its description in .port/spec.yaml. What stands between the marks is replaced.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from settings.fields import FIELDS, SECTIONS, SettingField  # noqa: E402 (needs the path above)

PAGE = ROOT / "docs" / "settings.md"
_BLOCK = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)
_HEAD = "| Setting | Type | Default | Example | Meaning |\n|---|---|---|---|---|"


def descriptions() -> Mapping[str, str]:
    """What each setting means, by its name."""
    spec = yaml.safe_load((ROOT / ".port" / "spec.yaml").read_text())
    return {option["name"]: option["description"] for option in spec["configurations"]}


def table(section: str) -> str:
    """The table of one section."""
    meanings = descriptions()
    return "\n".join([_HEAD, *(_row(field, meanings[field.name]) for field in SECTIONS[section])])


def variables() -> str:
    """Every setting as a variable with its example."""
    lines = [f"{field.variable}={_in_list(field)}" for field in FIELDS.values()]
    return "\n".join(["```env", *lines, "```"])


def generated(page: str) -> str:
    """The page with everything between its marks written anew."""

    def block(found: re.Match[str]) -> str:
        name = found[2]
        text = variables() if name == "variables" else table(name)
        return f"{found[1]}\n{text}\n\n{found[3]}"

    return _BLOCK.sub(block, page)


def _row(field: SettingField, meaning: str) -> str:
    default = "required" if field.required else _code(field.default)
    cells = (f"`{field.name}`", field.kind, default, f"`{field.example}`", _meaning(field, meaning))
    return "| " + " | ".join(cells) + " |"


def _code(default: object) -> str:
    if default is None:
        return ""
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def _meaning(field: SettingField, meaning: str) -> str:
    parts = [meaning]
    if field.words:
        parts.append(f"One of {', '.join(f'`{word}`' for word in field.words)}.")
    parts += [f"`{other}` is accepted as `{word}`." for other, word in field.aliases]
    if field.least is not None:
        parts.append(f"{field.least} to {field.most}.")
    if field.depends_on == "authType":
        parts.append(f"For {', '.join(f'`{word}`' for word in field.shown_for)}.")
    return " ".join(parts)


def _in_list(field: SettingField) -> str:
    """The example, but for what would need a variable or the API's own names to be right."""
    return field.example.replace("${TENANT}", "acme")


if __name__ == "__main__":
    PAGE.write_text(generated(PAGE.read_text()))
