"""An installation in files, checked against an API: what tests of `check` begin with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import yaml
from msgspec.structs import replace
from starlette.types import ASGIApp

from jq_engine.worker import JqWorker
from resync.limits import Limits
from settings import Settings
from tests.examples import Example
from tests.literals import Json
from workbench.check.files.offline import Paths, read_installation
from workbench.check.run import Report, check_online

Http = Callable[[Settings], httpx.AsyncClient]
PREFIX = "OCEAN__INTEGRATION__CONFIG__"
LIMITS = Limits(pages=2, children=3, items=1000)


def write_env(folder: Path, settings: Mapping[str, Json]) -> Path:
    """A `.env` file with settings by their names in snake_case."""
    lines = []
    for name, value in settings.items():
        if value is None:
            continue
        text = value if isinstance(value, str) else json.dumps(value)
        lines.append(f"{PREFIX}{name.upper()}='{text}'\n")
    path = folder / ".env"
    path.write_text("".join(lines))
    return path


def write_example(folder: Path, example: Example) -> Paths:
    """The files of an example."""
    mapping, blueprints = folder / "port-app-config.yml", folder / "blueprints.json"
    mapping.write_text(yaml.safe_dump(example.mapping, sort_keys=False))
    blueprints.write_text(json.dumps(example.blueprints, indent=2))
    return Paths(write_env(folder, example.settings), mapping, blueprints)


def served(api: ASGIApp) -> Http:
    """A way to an API in this process."""
    transport = httpx.ASGITransport(api)
    return lambda _: httpx.AsyncClient(transport=transport)


async def checked_files(paths: Paths, http: Http | None) -> Report:
    """What a check says of files; ``http`` None: nothing may be requested."""
    jq = JqWorker()
    try:
        installation = await read_installation(paths, jq)
    finally:
        await jq.aclose()
    if installation.has_errors or installation.settings is None or http is None:
        return Report(installation.findings)
    installation.settings = replace(installation.settings, max_retry_wait=1)
    return await check_online(installation, LIMITS, http)
