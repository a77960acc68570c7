"""What makes of a value one of a type or a format: jq, with ``{}`` for the expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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
    "array": (
        '{} | split(",")',
        '{} | split(";")',
        '{} | split(" ")',
        "[{}]",
        "[{} | .[]]",
    ),
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
"""By types, formats, and what a relation leads to; in the order in which they are tried."""
