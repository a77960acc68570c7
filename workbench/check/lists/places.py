"""Where in the files an error comes from: a place of a resource, or a setting."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from msgspec import structs

from errors import OceanCustomError, PaginationError
from json_values import Json, as_written
from paging.model import PageRequest
from settings.fields import FIELDS, SECTIONS, snake
from transport.observer import PageRead
from transport.redaction import LONGEST_QUOTE
from workbench.check.asking.nearby import Nearby, Target
from workbench.check.asking.reading import Seen
from workbench.check.files.documents import Variables, yaml_of
from workbench.check.files.settings import fix_of, named, variable_of, with_variables
from workbench.check.findings import Finding, Path, Put, Remedy, Told
from workbench.check.guesses.expressions import lists_of_objects
from workbench.check.guesses.refusal_words import text_of
from workbench.check.login.changes import Blame, line

_OF_SELECTOR: Final = 2  # keys to the pagination of a resource itself
_OF_PAGING: Final = frozenset(map(variable_of, (one.name for one in SECTIONS["Pagination"])))
_OF_STYLE: Final = frozenset(
    ["paginationType", "paginationParam", "cursorPath", "nextLinkPath", "startPage", "cursorAlone"]
)
"""What says how lists are paged, rather than how much a page holds."""


@dataclass(frozen=True)
class Paged:
    """How to page: the settings to write, by their names, and what showed it.

    None is written as null, which a resource's own pagination alone may say.
    """

    values: Mapping[str, Json]
    proof: str

    @property
    def first(self) -> str:
        """The setting that it is told at."""
        return next(iter(self.values))

    def own(self, *, is_there: bool) -> str:
        """As a resource's own pagination has it: ``is_there``, or all of it."""
        pairs = {_key(name): value for name, value in self.values.items()}
        keys = yaml_of(pairs)
        return f"write {keys if is_there else f'pagination: {{{keys}}}'}: {self.proof}"

    @property
    def texts(self) -> dict[str, str]:
        """What of it settings can say, as their texts."""
        pairs = self.values.items()
        return {name: as_written(one) for name, one in pairs if name in FIELDS and one is not None}

    @property
    def as_settings(self) -> str:
        """As lines of the settings, and what no setting says as a resource's own."""
        lines = ", ".join(line(name, text) for name, text in self.texts.items())
        rest = {name: value for name, value in self.values.items() if name not in self.texts}
        if not rest:
            return f"write {lines}: {self.proof}"
        own = Paged(rest, self.proof).own(is_there=False).removeprefix("write ")
        return f"write {f'{lines}, and ' if lines else ''}in the selector {own}"


@dataclass(frozen=True)
class Case:
    """An error of a reading, and what was asked for; ``all_failed``: no resource could be read."""

    seen: Seen
    error: OceanCustomError
    target: Target
    all_failed: bool = False

    @property
    def request(self) -> PageRequest | None:
        """What was asked for, without its parameters of paging."""
        return self.target.request

    @property
    def words(self) -> str:
        """What the API said."""
        return text_of(self.error.report.words)


def case_of(near: Nearby, seen: Seen, told: str) -> Case:
    """What is wrong with a resource that was read without an error."""
    error = PaginationError(f"kind {seen.config.kind}: {told}")
    return Case(seen, error, near.target(seen))


def _told(error: OceanCustomError) -> str:
    """What an error says was found: of pages and tables the beginning alone."""
    report = error.report.without_remedy
    longest = None if report.words.startswith(("{", "[")) else LONGEST_QUOTE
    return str(structs.replace(report, words=report.words[:longest]))


class Places:
    """Makes findings of errors, each at its place in the mapping or the settings."""

    def __init__(self, variables: Variables | None, all_seen: Sequence[Seen] = ()) -> None:
        self.variables = variables
        self._has_others = len(all_seen) > 1
        self._paged = [one for one in all_seen if not one.errors and _has_two_pages(one)]

    def at(self, case: Case, path: Path, remedy: Remedy) -> Finding:
        """At a place of a resource; without a remedy the error's own counts."""
        told = _told(case.error)
        remedy = remedy or case.error.report.remedy or "see the API's documentation"
        if isinstance(remedy, str):
            remedy = with_variables(remedy)
        return case.seen.document.finding((*case.seen.base, *path), told, remedy)

    @property
    def is_unpaged(self) -> bool:
        """Whether no setting says how lists are paged: then a resource has to."""
        given = self.variables.lines if self.variables else {}
        return self.variables is not None and given.keys().isdisjoint(_OF_PAGING)

    def of_setting(self, blame: Blame, error: OceanCustomError) -> Finding:
        """In the line of a setting, of one that is not set in that of another of its section."""
        told, remedy = _told(error), blame.words or error.report.remedy
        remedy = with_variables(remedy)
        if self.variables is None:
            problem = f"{blame.setting}: {told}"
            return Finding("the settings", None, None, "error", problem, remedy)
        own = next(one for one in SECTIONS.values() if FIELDS[blame.setting] in one)
        given = [one for one in own if one.variable in self.variables.lines]
        # Of how requests are signed, at the credential.
        given.sort(key=lambda one: not (one.sensitive and one.depends_on))
        return self.variables.finding(
            variable_of(blame.setting),
            told,
            remedy,
            beside=next((one.variable for one in given), variable_of("baseUrl")),
            fix=fix_of(self.variables, blame.texts),
        )

    def is_own(self, seen: Seen, name: str, base: Path = ("selector",)) -> bool:
        """Whether a resource itself says this setting of paging, or the style that it is of.

        It has to where the settings are right for others.
        """
        own = (*base, "pagination")
        as_set = (one for one in self._paged if one.at(("selector", "pagination")) is None)
        others = any(one is not seen for one in as_set)
        if others and name in _OF_STYLE:
            return True
        given = self.variables.lines if self.variables else {}
        # What a setting says is that setting's, whatever the resource says besides.
        keys = {_key(name)} if variable_of(name) in given else {"type", _key(name)}
        return any(_is_said(seen, (*own, key)) for key in keys)

    def paging(self, case: Case, remedy: str | Paged, name: str = "paginationType") -> Finding:
        """At the pagination of what was asked for, else at the setting.

        ``name``: the setting that is to blame, where the remedy does not say it.
        """
        seen, error, base = case.seen, case.error, case.target.base
        if isinstance(remedy, Paged):
            name = remedy.first
        remedy = remedy or error.report.remedy
        own = (*base, "pagination")
        is_set = self.variables is None or variable_of(name) in self.variables.lines
        # What no setting says a resource says itself.
        held = self.variables.values if self.variables else {}
        texts = remedy.texts if isinstance(remedy, Paged) else {}
        lacks = {one: text for one, text in texts.items() if held.get(variable_of(one)) != text}
        has_setting = not isinstance(remedy, Paged) or bool(lacks or (is_set and not texts))
        # Where one list is not paged, others may well be.
        is_none = texts.get("paginationType") == "none"
        is_of_resource = self.is_own(seen, name, base) or not has_setting
        is_of_resource = is_of_resource or (is_none and self._has_others and not case.all_failed)
        if is_of_resource or self.is_unpaged or (_is_said(seen, own) and not is_set):
            path = (*own, _key(name))
            at = path if _is_said(seen, path) else own
            if not _is_said(seen, own):
                at = ("kind",) if base == ("selector",) else base
            return self.at(case, at, self._own(seen, own, remedy))
        if not isinstance(remedy, Paged):
            return self.of_setting(Blame(name, remedy), error)
        rest = {one: value for one, value in remedy.values.items() if one not in texts}
        needed = Paged({one: remedy.values[one] for one in (*lacks, *rest)}, remedy.proof)
        found = self.of_setting(Blame(needed.first, needed.as_settings, lacks), error)
        place = (*seen.base, *own)
        puts = [Put(seen.document.name, (*place, _key(one)), rest[one]) for one in rest]
        return replace(found, fix=(*found.fix, *puts))

    def _own(self, seen: Seen, own: Path, remedy: str | Paged) -> Remedy:
        """A remedy as a resource's own pagination has it, at its place or in its selector."""
        if not isinstance(remedy, Paged):
            return named(remedy, _key) if _is_said(seen, own) else remedy
        values = {(*own, _key(name)): value for name, value in remedy.values.items()}
        if _is_said(seen, own):
            return Told(remedy.own(is_there=True), values)
        holder = "selector" if len(own) == _OF_SELECTOR else f"path_parameters.{own[-2]}"
        told = f"for this list alone, in its {holder}: {remedy.own(is_there=False)}"
        return Told(told, values)


def _is_said(seen: Seen, path: Path) -> bool:
    return seen.at(path) is not None


def _has_two_pages(seen: Seen) -> bool:
    """Whether a walk has led to a second page with other rows."""
    pages = [page for page in seen.own_pages if page.rows]
    return any(
        one.goes_on and one.url.partition("?")[0] == other.url.partition("?")[0]
        for one, other in pairwise(pages)
        if _are_apart(one, other)
    )


def _are_apart(one: PageRead, other: PageRead) -> bool:
    """Whether two pages have no row in common: where a number counts otherwise they overlap."""
    rows, others = (
        {json.dumps(row, sort_keys=True) for row in rows_in(page)} for page in (one, other)
    )
    return rows.isdisjoint(others)


def rows_in(page: PageRead) -> Sequence[Json]:
    """All rows of a page: its items may be without those of the page before."""
    return max((rows for _, rows in lists_of_objects(page.body)), key=len, default=page.items)


def _key(setting: str) -> str:
    """The key of a resource's own pagination for a setting."""
    return "type" if setting == "paginationType" else snake(setting)
