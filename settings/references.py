"""References to variables that nothing filled in: ``${TOKEN}`` where a token was meant.

A file of variables, single quotes of a shell and an unknown name in Kubernetes (``$(TOKEN)``) leave
them as they are. Sent so, they would be a credential that no API takes. ``customHeaders`` alone
reads variables.
"""

import re
from collections.abc import Iterator

from json_values import Json, texts_in
from settings.fields import FIELDS, SettingField
from settings.reader import SettingsReader

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LEFT = re.compile(rf"{REFERENCE.pattern}|\$\([A-Za-z_][A-Za-z0-9_]*\)")
_READS_VARIABLES = "customHeaders"


def refuse_references(reader: SettingsReader) -> None:
    """Note each setting in use that holds a reference in place of a value."""
    for field in FIELDS.values():
        if field.name == _READS_VARIABLES or not _counts(reader, field):
            continue
        if found := next(_references(field, reader.given(field.name)), None):
            # What else is wrong with it comes of the same.
            reader.faults = [one for one in reader.faults if one.place != field.name]
            reader.fault(
                field.name,
                f"holds {found}, which nothing has filled in",
                f"give the value itself; only {_READS_VARIABLES} reads variables",
            )


def _counts(reader: SettingsReader, field: SettingField) -> bool:
    """Whether a setting is in use; words are judged where they are read."""
    chosen = FIELDS.get(field.depends_on)
    if field.words or chosen is None:
        return not field.words
    return (reader.given(chosen.name) or chosen.default) in field.shown_for


def _references(field: SettingField, value: Json) -> Iterator[str]:
    """Those of a text that is nothing else, as a password may hold anything; any of an object."""
    if field.kind == "string":
        if isinstance(value, str) and _LEFT.fullmatch(value.strip()):
            yield value.strip()
    elif field.kind in {"url", "object"}:
        for text in texts_in(value):
            yield from (found[0] for found in _LEFT.finditer(text))
