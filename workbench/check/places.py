"""Where in the files an error comes from: a place of a resource, or a setting."""

from __future__ import annotations

from errors import OceanCustomError
from settings.fields import snake
from workbench.check.documents import Document, Variables
from workbench.check.findings import Finding, Path
from workbench.check.reading import Seen
from workbench.check.settings import variable_of


class Places:
    """Makes findings of errors, each at its place in the mapping or the settings."""

    def __init__(self, document: Document, variables: Variables | None) -> None:
        self.document = document
        self.variables = variables

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

    def paging(
        self,
        seen: Seen,
        error: OceanCustomError,
        remedy: str,
        name: str = "paginationType",
        base: Path = ("selector",),
    ) -> Finding:
        """At the pagination that stands at ``base`` if there is one, else at the setting."""
        own = (*base, "pagination")
        if not self.is_there(seen, own):
            if self.is_unpaged:
                return self.at(seen, ("kind",), error, remedy)
            return self.of_setting(name, error, remedy, "paginationType")
        key = "type" if name == "paginationType" else snake(name)
        path = (*own, key)
        return self.at(seen, path if self.is_there(seen, path) else own, error, remedy)
