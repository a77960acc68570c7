"""Jq that makes of a value one of another type or format, and what it comes to in the files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from json_values import Json
from workbench.check.findings import Remedy, Write

CONVERSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "string": ("{}.name", "{}.id | tostring", "{}[0]", '{} | join(", ")', "{} | tostring"),
    "number": ("{} | tonumber", "{} | length"),
    "boolean": (
        "{} | all",
        '{} == "true"',
        '{} == "1"',
        "{} == 1",
        '({} | ascii_downcase) == "yes"',
        "{} != null",
    ),
    "array": ('{} | split(",")', '{} | split(";")', '{} | split(" ")', "[{}]", "[{} | .[]]"),
    "object": ("{} | fromjson",),
    "date-time": (
        "{} | todate",
        "{} / 1000 | floor | todate",
        "{} / 1000000 | floor | todate",
        "{} / 1000000000 | floor | todate",
        '{} + "T00:00:00Z"',
        '{} + "Z"',
        '{} | sub(" "; "T") + "Z"',
        "{} | tonumber | todate",
        "{} | tonumber / 1000 | floor | todate",
        '{} | strptime("%Y%m%dT%H%M%S%z") | todate',
        '{} | sub("(?<h>[+-][0-9]{{2}})(?<m>[0-9]{{2}})$"; "\\(.h):\\(.m)")',
    ),
    "url": ('"https://" + {}', '"https:" + {}'),
    "one": (
        "{}.id",
        "{}.id | tostring",
        "{} | .[0].id | tostring",
        "{} | .[0] | tostring",
        "{} | tostring",
    ),
    "many": (
        "{} | map(values)",
        "[{}]",
        "[{} | .[] | tostring]",
        "[{} | .[] | .id | tostring]",
        "[{} | tostring]",
    ),
}
"""What makes of a value, ``{}``, one of a type, of a format, or of one relation or many."""


@dataclass(frozen=True)
class Instead:
    """What a blueprint would have to say for values as they are: a key of a property or relation.

    ``value`` None: the key is to be removed.
    """

    name: str
    key: str
    value: Json

    @property
    def told(self) -> str:
        """In words, for where another file is spoken of."""
        if self.value is None:
            return f"remove the {self.key} of {self.name} in the blueprint"
        return f'"{self.key}": {json.dumps(self.value)} for {self.name} in the blueprint'


@dataclass(frozen=True)
class Fitting:
    """What to do about values that Port refuses.

    ``expression``: what gives values that fit, "" where none is known. ``blueprint``: what to
    change there instead. ``is_of_blueprint``: that is what is wrong, or what loses nothing;
    ``is_even``: nothing tells which of both is meant.
    """

    expression: str = ""
    blueprint: Instead | None = None
    is_of_blueprint: bool = False
    is_even: bool = False
    words: str = ""

    @property
    def remedy(self) -> Remedy:
        """Both, the expression first."""
        told = self.blueprint.told if self.blueprint else ""
        return Write(self.expression, also=told) if self.expression else told or self.words
