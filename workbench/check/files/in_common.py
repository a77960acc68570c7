"""What several resources are told alike and one setting says: told once, at the setting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from settings.fields import FIELDS
from workbench.check.files.documents import Document, Variables
from workbench.check.files.settings import fix_of, variable_of
from workbench.check.findings import Finding, Put

_SETTINGS: Final = {variable_of(name): name for name in FIELDS}
_Pair = tuple[str, str]


def at_settings(
    findings: Sequence[Finding], document: Document, variables: Variables | None
) -> list[Finding]:
    """Findings; where all resources that a setting pages are to say the same, one in its line."""
    given = variables.lines if variables else {}
    pairs = [(one, _pair(one, document)) for one in findings]
    kept = [one for one, pair in pairs if pair is None]
    for pair in dict.fromkeys(pair for _, pair in pairs if pair):
        same = [one for one, other in pairs if other == pair]
        told = {put.path[1] for one in same for put in one.fix if isinstance(put, Put)}
        variable, value = pair
        if variables and variable in given and len(told) > 1 and told >= _paged_by(document):
            fix = fix_of(variables, {_SETTINGS[variable]: value})
            remedy = f"write {variable}={value}"
            kept.append(variables.finding(variable, same[0].problem, remedy, fix=fix))
        else:
            kept += same
    return kept


def _pair(finding: Finding, document: Document) -> _Pair | None:
    """The setting that a finding would have a resource say itself, and its text; else None."""
    if len(finding.fix) != 1 or not isinstance(put := finding.fix[0], Put):
        return None
    *_, holder, key = ("", "", *put.path)
    variable = variable_of("paginationType" if key == "type" else str(key))
    is_said = document.at(put.path) is not None
    is_other = put.file != document.name or holder != "pagination" or variable not in _SETTINGS
    return None if is_said or is_other else (variable, str(put.value))


def _paged_by(document: Document) -> set[str | int]:
    """The resources that are paged as the settings say."""
    resources = document.at(("resources",))
    numbers = range(len(resources)) if isinstance(resources, list) else ()
    own = ("selector", "pagination", "type")
    return {at for at in numbers if document.at(("resources", at, *own)) is None}
