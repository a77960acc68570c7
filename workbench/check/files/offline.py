"""What the files alone tell: nothing is requested."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from jq_engine.worker import JqWorker
from overrides import EndpointAppConfig
from pagination import PaginationSettings
from settings import Settings
from workbench.check.files.blueprints import check_against, read_blueprints
from workbench.check.files.documents import Document, Variables, read_env, read_json
from workbench.check.files.graphql_slips import check_queries
from workbench.check.files.in_common import at_settings
from workbench.check.files.programs import check_programs, check_resources
from workbench.check.files.settings import read_settings
from workbench.check.files.yaml_slips import read_mended
from workbench.check.findings import Finding, ordered
from workbench.store.model import Blueprint


@dataclass(frozen=True)
class Paths:
    """The files of an installation; one that is None is not looked at."""

    settings: FilePath | None
    mapping: FilePath
    blueprints: FilePath | None


@dataclass
class Installation:
    """An installation as its files say; what is faulty is None."""

    variables: Variables | None
    document: Document
    blueprints_document: Document | None
    settings: Settings | None
    config: EndpointAppConfig | None
    blueprints: dict[str, Blueprint]
    findings: list[Finding]

    @property
    def has_errors(self) -> bool:
        """Whether something must be corrected before a request makes sense."""
        return any(one.severity == "error" for one in self.findings)


async def read_installation(
    paths: Paths, jq: JqWorker, variables: Variables | None = None
) -> Installation:
    """Read all files, and find everything that is wrong in them.

    ``variables`` stand in the place of a file of settings.
    """
    if paths.settings is not None:
        variables = read_env(paths.settings, str(paths.settings))
    settings, findings = (None, []) if variables is None else read_settings(variables)
    document, config = read_mended(paths.mapping, str(paths.mapping))
    await check_programs(document, jq)
    if config is not None and not document.findings:
        pagination = settings.pagination if settings else PaginationSettings()
        check_queries(document, config, pagination)
        if not document.findings:
            check_resources(document, config, pagination, jq)
    blueprints_document = None
    blueprints: dict[str, Blueprint] = {}
    if paths.blueprints is not None:
        blueprints_document = read_json(paths.blueprints, str(paths.blueprints))
        blueprints = read_blueprints(blueprints_document)
        if isinstance(blueprints_document.value, list):
            check_against(document, blueprints, _raw(blueprints_document))
    others = blueprints_document.findings if blueprints_document else []
    return Installation(
        variables,
        document,
        blueprints_document,
        settings,
        config,
        blueprints,
        ordered([*findings, *at_settings(document.findings, document, variables), *others]),
    )


def _raw(document: Document) -> dict[str, dict[str, Any]]:
    """The blueprints as they stand in the file."""
    value = document.value if isinstance(document.value, list) else []
    blueprints = [one for one in value if isinstance(one, dict) and "identifier" in one]
    return {str(one["identifier"]): one for one in blueprints}
