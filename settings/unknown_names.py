"""Names that are set and are no settings, and what each was meant to be."""

from collections.abc import Mapping
from difflib import get_close_matches

from errors import Fault
from json_values import Json
from settings.fields import FIELDS, VARIABLE_PREFIX, SettingField, snake

_BY_KEY: Mapping[str, SettingField] = {field.key: field for field in FIELDS.values()}
_BY_FOREIGN_KEY: Mapping[str, SettingField] = {
    snake(name): field for field in FIELDS.values() for name in field.foreign_names
}
_SHOWN = 80  # characters of an unknown name
_READ_FROM_SECRETS = FIELDS["authValue"]


def unknown_settings(
    config: Mapping[str, Json], secrets: Mapping[str, Json] | None = None
) -> list[Fault]:
    """A fault for each name that was set and is no setting, with the setting that was meant.

    ``config`` and ``secrets`` are as for ``load_settings``; values are not looked at.
    """
    faults = [
        Fault(
            VARIABLE_PREFIX + snake(name).upper()[:_SHOWN],
            "is no setting and is ignored",
            _remedy(name),
        )
        for name in config
        if snake(name) not in _BY_KEY
    ]
    for name in secrets or {}:
        if snake(name) != _READ_FROM_SECRETS.key:
            field = _nearest(name) or _READ_FROM_SECRETS
            faults.append(
                Fault(
                    f"OCEAN__INTEGRATION__SECRETS__{snake(name).upper()[:_SHOWN]}",
                    f"is ignored: only {_READ_FROM_SECRETS.name} is read from there",
                    f"set {field.variable}",
                )
            )
    return faults


def _nearest(name: str) -> SettingField | None:
    key = snake(name)
    if known := _BY_KEY.get(key) or _BY_FOREIGN_KEY.get(key):
        return known
    # Words apart or together: BASEURL is as near as BASE_URI.
    spellings = {
        spelling.replace("_", ""): field
        for spelling, field in (*_BY_FOREIGN_KEY.items(), *_BY_KEY.items())
    }
    near = get_close_matches(key.replace("_", ""), spellings, n=1, cutoff=0.6)
    return spellings[near[0]] if near else None


def _remedy(name: str) -> str:
    field = _nearest(name)
    if field is None:
        return "see docs/settings.md"
    if snake(name) in _BY_FOREIGN_KEY:
        return f"here it is {field.variable}"
    return f"did you mean {field.variable}?"
