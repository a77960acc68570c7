"""Where in the files an error comes from: a place of a resource, or a setting."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from errors import OceanCustomError
from settings.fields import snake
from workbench.check.documents import Document, Variables
from workbench.check.findings import Finding, Path
from workbench.check.reading import Seen
from workbench.check.settings import variable_of

_OF_STYLE: Final = frozenset(
    ["paginationType", "paginationParam", "cursorPath", "nextLinkPath", "startPage"]
)
"""What says how lists are paged, rather than how much a page holds."""


class Places:
    """Makes findings of errors, each at its place in the mapping or the settings."""

    def __init__(
        self, document: Document, variables: Variables | None, all_seen: Sequence[Seen] = ()
    ) -> None:
        self.document = document
        self.variables = variables
        self._paged = [one for one in all_seen if not one.errors and _has_two_pages(one)]

    def at(self, seen: Seen, path: Path, error: OceanCustomError, remedy: str) -> Finding:
        """At a place of a resource; without a remedy the error's own counts."""
        told = str(error.report.without_remedy)
        remedy = remedy or error.report.remedy or "see the API's documentation"
        return self.document.finding((*seen.base, *path), told, remedy)

    def is_there(self, seen: Seen, path: Path) -> bool:
        """Whether a resource says something at a place."""
        return self.document.at((*seen.base, *path)) is not None

    @property
    def is_unpaged(self) -> bool:
        """Whether no setting says how lists are paged: then a resource has to."""
        given = self.variables.lines if self.variables else {}
        return self.variables is not None and variable_of("paginationType") not in given

    def of_setting(
        self, name: str, error: OceanCustomError, remedy: str, beside: str = ""
    ) -> Finding:
        """In the line of a setting, of one that is not set in that of another."""
        told = str(error.report.without_remedy)
        remedy = remedy or error.report.remedy
        if self.variables is None:
            return Finding("the settings", None, None, "error", f"{name}: {told}", remedy)
        return self.variables.finding(
            variable_of(name), told, remedy, beside=variable_of(beside or "baseUrl")
        )

    def is_own(self, seen: Seen, name: str, base: Path = ("selector",)) -> bool:
        """Whether a resource itself says this setting of paging, or the style that it is of.

        It has to where the settings are right for others.
        """
        own = (*base, "pagination")
        others = any(one is not seen and self._is_as_set(one) for one in self._paged)
        if others and name in _OF_STYLE and not self.is_there(seen, own):
            return True
        keys = {"type", _key(name)}
        return any(self.is_there(seen, (*own, key)) for key in keys)

    def _is_as_set(self, seen: Seen) -> bool:
        """Whether a resource is paged as the settings say."""
        return not self.is_there(seen, ("selector", "pagination"))

    def paging(
        self,
        seen: Seen,
        error: OceanCustomError,
        remedy: str,
        name: str = "paginationType",
        base: Path = ("selector",),
    ) -> Finding:
        """At the pagination of the resource that stands at ``base``, else at the setting."""
        own = (*base, "pagination")
        is_set = self.variables is None or variable_of(name) in self.variables.lines
        if self.is_own(seen, name, base) or (self.is_there(seen, own) and not is_set):
            path = (*own, _key(name))
            at = path if self.is_there(seen, path) else own
            if not self.is_there(seen, own):
                at = ("kind",) if base == ("selector",) else base
                own_text = f"for this list alone, in its own pagination: {remedy}"
                remedy = own_text if remedy.startswith("write") else remedy
            return self.at(seen, at, error, remedy)
        if self.is_unpaged:
            return self.at(seen, ("kind",), error, remedy)
        return self.of_setting(name, error, remedy, "paginationType")


def _has_two_pages(seen: Seen) -> bool:
    """Whether a walk has led to a second page with other rows."""
    pages = [page for page in seen.own_pages if page.rows]
    return any(
        one.goes_on and one.url.partition("?")[0] == other.url.partition("?")[0]
        for one, other in pairwise(pages)
        if one.body != other.body
    )


def _key(setting: str) -> str:
    """The key of a resource's own pagination for a setting."""
    return "type" if setting == "paginationType" else snake(setting)
