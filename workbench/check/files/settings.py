"""The settings of a ``.env`` file: every fault in the line that it stands in."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping

from port_ocean.config.settings import IntegrationConfiguration

from errors import ConfigurationError, Fault
from json_values import MISSING
from overrides import EndpointSelector
from selector.request_fields import PaginationOverride
from settings import Settings, load_settings, unknown_settings
from settings.fields import FIELDS, VARIABLE_PREFIX, SettingField, snake
from workbench.check.files.documents import Variables
from workbench.check.files.json_slips import mended
from workbench.check.findings import Finding, Put, nearest

_SECRETS = "OCEAN__INTEGRATION__SECRETS__"
# Read by Ocean from the environment, beside its model of the configuration.
_OTHERS = frozenset({"PROCESS_EXECUTION_MODE", "LOG_LEVEL"})


def read_settings(variables: Variables) -> tuple[Settings | None, list[Finding]]:
    """The settings, None when they are faulty, and what is wrong with them."""
    findings = [*variables.findings, *_unknown(variables)]
    config = _with_prefix(variables, VARIABLE_PREFIX)
    # What customHeaders may refer to is not taken from the settings themselves.
    environ = {key: text for key, text in os.environ.items() if not key.startswith("OCEAN__")}
    try:
        secrets = _with_prefix(variables, _SECRETS)
        settings = load_settings(config, secrets=secrets, environ=environ | variables.values)
    except ConfigurationError as error:
        meant = {one.remedy for one in findings}
        for fault in error.faults:
            # Of one that is missing because it is misspelt, that is told.
            name = variable_of(fault.place) if isinstance(fault.place, str) else ""
            if not name or not any(name in one for one in meant):
                findings.append(_fault(variables, fault))
        return None, findings
    return settings, findings


def variable_of(setting: str) -> str:
    """The variable that holds a setting."""
    return VARIABLE_PREFIX + snake(setting).upper()


_NO_JSON = "is not valid JSON"
_QUOTED = 20  # characters before a slip that are shown
_NAMED = re.compile(
    rf"(?<![\w.\"=])({'|'.join(name for name in FIELDS if not name.islower())})(?![\w=])"
)


def fix_of(variables: Variables, texts: Mapping[str, str]) -> tuple[Put, ...]:
    """Texts of settings as changes of the file that has them."""
    return tuple(
        Put(variables.name, (variable_of(name),), text or MISSING) for name, text in texts.items()
    )


def with_variables(text: str) -> str:
    """A text with the names of settings as a ``.env`` file has them."""
    return named(text, variable_of)


def named(text: str, name_of: Callable[[str], str]) -> str:
    """A text with the names of settings as ``name_of`` has them."""
    return _NAMED.sub(lambda found: name_of(found[1]), text)


def _with_prefix(variables: Variables, prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix).lower(): text
        for name, text in variables.values.items()
        if name.startswith(prefix)
    }


def _fault(variables: Variables, fault: Fault) -> Finding:
    setting = fault.place if isinstance(fault.place, str) else str(fault.place.path[0])
    field = FIELDS.get(setting)
    if field is None:
        return variables.finding("", str(fault))
    text = variables.values.get(field.variable, "")
    if field.name == "baseUrl" and "@" in text and variables.values.get(variable_of("authType")):
        remedy = f"write {field.variable} without what stands before @"
        return variables.finding(field.variable, fault.found, remedy)
    remedy, texts = with_variables(fault.remedy), dict[str, str]()
    if slip := _slip(text) if fault.problem == _NO_JSON else "":
        remedy = slip
    if text and (near := nearest(text, field.words)):
        remedy, texts = f"write {field.variable}={near}", {field.name: near}
    elif not text:
        is_credential = field.depends_on in {"authType", "oauthGrantType"}
        remedy = f"write {field.variable}=<its value>" if is_credential else remedy
        if other := _other_type(variables, field):
            told = f"write {variable_of('authType')}={other}, of which the credentials are there"
            remedy, texts = f"{told}; or {remedy}", {"authType": other}
    if text and not texts and isinstance(field.default, int) and field.most is not None:
        remedy, texts = f"{remedy}, such as {field.default}", {field.name: str(field.default)}
    # A partner is missing because of the setting that needs it.
    beside = variable_of(field.depends_on) if field.depends_on else ""
    return variables.finding(
        field.variable, fault.found, remedy, fix=fix_of(variables, texts), beside=beside
    )


def _slip(text: str) -> str:
    """How to mend a text that is to be JSON, and where; "" where nothing shows it."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        if found := mended(text, error):
            at, remedy = found
            return f"{remedy}, after {text[max(at - _QUOTED, 0) : at]!r}"
    return ""


def _other_type(variables: Variables, missing: SettingField) -> str:
    """The type of sign-in whose settings are there, where one of another type is missing."""
    of_types = [one for one in FIELDS.values() if one.depends_on == "authType"]
    given = [one for one in of_types if variables.values.get(one.variable)]
    own = set(missing.shown_for)
    types = {kind for one in given if own.isdisjoint(one.shown_for) for kind in one.shown_for}
    if missing.depends_on != "authType" or any(own & {*one.shown_for} for one in given):
        return ""
    needed = [one for one in of_types if one.needed and types.intersection(one.shown_for)]
    return types.pop() if len(types) == 1 and all(one in given for one in needed) else ""


def _unknown(variables: Variables) -> Iterator[Finding]:
    """Names that Ocean or the integration ignores without a word."""
    by_key: Mapping[str, str] = {field.key.upper(): field.variable for field in FIELDS.values()}
    for name in variables.values:
        if name.startswith(VARIABLE_PREFIX):
            for fault in unknown_settings({name.removeprefix(VARIABLE_PREFIX).lower(): ""}):
                remedy = re.sub(r"did you mean (\S+)\?", r"write \1", fault.remedy)
                meant = remedy.removeprefix("write ") if remedy != fault.remedy else ""
                fix = _renamed(variables, name, meant)
                told = _of_selector(name) or remedy
                yield variables.finding(name, fault.found, told, fix=fix if told == remedy else ())
        elif name.startswith(_SECRETS):
            continue
        elif name.startswith("OCEAN"):
            yield from _foreign(variables, name, by_key)
        elif name in by_key:
            problem = f"{name} is not read: Ocean takes variables with its prefix only"
            fix = _renamed(variables, name, by_key[name])
            yield variables.finding(name, problem, f"write {by_key[name]}", fix=fix)


def _of_selector(name: str) -> str:
    """Where a resource says what no setting can; "" for what it does not say either."""
    key = name.removeprefix(VARIABLE_PREFIX).lower()
    if key in PaginationOverride.__fields__:
        return f"a resource says that: pagination: {{{key}: …}} in its selector"
    return (
        f"a resource says that: {key} in its selector" if key in EndpointSelector.__fields__ else ""
    )


def _foreign(variables: Variables, name: str, by_key: Mapping[str, str]) -> Iterator[Finding]:
    """A variable of Ocean's own, if it is one."""
    known = {part.upper() for part in IntegrationConfiguration.model_fields} | _OTHERS
    first, *rest = name.removeprefix("OCEAN").removeprefix("__").split("__")
    is_nested = name.startswith("OCEAN__")
    if is_nested and first in known and (first != "INTEGRATION" or not rest):
        return
    if is_nested and first == "INTEGRATION" and rest[0] in {"IDENTIFIER", "TYPE", "CONFIG"}:
        return
    last = name.rpartition("__")[2]
    meant = by_key.get(last) or nearest(
        name, {*by_key.values(), *(f"OCEAN__{one}" for one in known)}
    )
    remedy = f"write {meant}" if meant else f"settings are {VARIABLE_PREFIX}NAME"
    problem = f"{name} is no variable that Ocean reads"
    yield variables.finding(name, problem, remedy, fix=_renamed(variables, name, meant or ""))


def _renamed(variables: Variables, name: str, meant: str) -> tuple[Put, ...]:
    """One variable's text as that of another."""
    file, text = variables.name, f"<the value of {name}>"
    return (Put(file, (meant,), text), Put(file, (name,), MISSING)) if meant else ()
