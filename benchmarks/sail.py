"""Whole resyncs: the real `ocean sail`, between the benchmark API and the local catalog.

with harbour() as port:
resync = port.resync(Installation("mine", OURS, api_url, [ITEMS]))
"""

from __future__ import annotations

import compileall
import os
import ssl
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from benchmarks.mapping import BLUEPRINTS
from benchmarks.measure import REPOSITORY, children_cpu, service
from benchmarks.port import RAW, Catalog
from benchmarks.server import Stats
from workbench.catalog import CatalogStore
from workbench.sail import excerpt, sail_once
from workbench.store.model import ConflictError, JsonObject

_TIMEOUT = 600  # seconds


@dataclass(frozen=True)
class Integration:
    """An integration that `ocean sail` can run: its type and its folder."""

    type: str
    directory: Path


OURS = Integration("custom", REPOSITORY)
RECIPE = Integration("recipe", REPOSITORY / "benchmarks" / "recipe")


@dataclass(frozen=True)
class Installation:
    """An integration with an API, the mapping's resources, and settings by their variables.

    `packages`: a folder with packages beside those of the container.
    """

    identifier: str
    integration: Integration
    api: str
    resources: Sequence[JsonObject]
    settings: Mapping[str, object] = field(default_factory=dict)
    packages: Path | None = None

    def environment(self, catalog: str) -> dict[str, str]:
        """The environment of `ocean sail`."""
        settings = {"BASE_URL": self.api, **self.settings}
        # The recipe's parts are shared with other readers.
        path = [str(folder) for folder in (REPOSITORY, self.packages) if folder]
        return {
            "PYTHONPATH": os.pathsep.join(path),
            "OCEAN__PORT__BASE_URL": catalog,
            "OCEAN__PORT__CLIENT_ID": "benchmark",
            "OCEAN__PORT__CLIENT_SECRET": "benchmark",
            "OCEAN__INTEGRATION__IDENTIFIER": self.identifier,
            "OCEAN__INITIALIZE_PORT_RESOURCES": "false",
            "OCEAN__CACHING_STORAGE_MODE": "memory",
            **{f"OCEAN__INTEGRATION__CONFIG__{key}": str(value) for key, value in settings.items()},
        }


@dataclass(frozen=True)
class Resync:
    """One `ocean sail --once`.

    `wall`: seconds from the start to the end of the resync, as Ocean told Port. `cpu`: seconds
    of the whole process tree, Ocean's own start included. `to_first_request`: seconds from
    starting the process to the first request that the API ever got.
    """

    wall: float
    cpu: float
    to_first_request: float


@dataclass(frozen=True)
class Harbour:
    """The local catalog, running, and its database to look into."""

    url: str
    store: CatalogStore
    folder: Path

    def resync(self, installation: Installation, *, timeout: float = _TIMEOUT) -> Resync:
        """Run one resync; SailError or AssertionError when it failed or took too long.

        What other processes the caller ends meanwhile would count as the resync's CPU.
        """
        self.install(installation)
        log = self.folder / f"{installation.identifier}.log"
        started, cpu = time.monotonic(), children_cpu()
        sail_once(
            installation.environment(self.url),
            log,
            directory=installation.integration.directory,
            timeout_seconds=timeout,
        )
        cpu = children_cpu() - cpu
        state = self.store.resync_state(installation.identifier)
        assert state["status"] == "completed", excerpt(log)
        start, end = (
            datetime.fromisoformat(str(state[key])) for key in ("lastResyncStart", "lastResyncEnd")
        )
        to_first_request = stats(installation.api).first - started
        return Resync((end - start).total_seconds(), cpu, to_first_request)

    def install(self, installation: Installation) -> None:
        """Put an installation's mapping where Ocean finds it, unless it is there."""
        with suppress(ConflictError):
            self.store.create_integration(
                {
                    "installationId": installation.identifier,
                    "installationAppType": installation.integration.type,
                    "config": {"resources": list(installation.resources)},
                    "arePortResourcesInitialized": True,
                }
            )

    def entities(self) -> int:
        """How many entities the catalog holds."""
        return len(self.store.entities())

    def raw_items(self) -> int:
        """How many items came as they were, for Port to map."""
        return sum(int(str(batch["items"])) for batch in self.store.resources(RAW))


@contextmanager
def harbour(*, delay: float = 0, takes_raw_data: bool = False) -> Iterator[Harbour]:
    """An empty local catalog in a process of its own, as `Catalog` says."""
    _compile_all()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "catalog.sqlite"))
        catalog = Catalog(path, delay, takes_raw_data)
        with CatalogStore(path) as store, service("benchmarks.port", catalog) as url:
            for blueprint in BLUEPRINTS:
                store.create_blueprint(blueprint)
            yield Harbour(url, store, Path(folder))


def _compile_all() -> None:
    """As in the image: where Python writes no bytecode, every start would compile anew."""
    packages = {path.parent for path in REPOSITORY.glob("[!.]*/**/*.py")}
    for package in {REPOSITORY, *packages}:
        compileall.compile_dir(package, maxlevels=0, quiet=1)


def stats(api: str, tls: ssl.SSLContext | None = None) -> Stats:
    """What the benchmark API has counted."""
    with urllib.request.urlopen(f"{api}/stats", context=tls) as response:  # noqa: S310 — our own server
        return msgspec.json.decode(response.read(), type=Stats)
