"""Fixtures of the tests that run whole resyncs: a catalog, an API, an installation."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import settings
from loguru import logger
from starlette.types import ASGIApp, Receive, Scope, Send

from jq_engine.worker import JqWorker
from tests.certificates import self_signed
from tests.covering import covering
from tests.fault_api import FaultApi
from tests.resync import Installation, Seeds, working_directory
from tests.world import Family, World
from workbench.catalog import CatalogStore, create_app
from workbench.serve import serving

# How long an example takes depends on the machine, so no profile has a deadline. The gate looks at
# the same examples every time; the search for new ones is `--hypothesis-profile=nightly`.
settings.register_profile("gate", deadline=None, derandomize=True, max_examples=35)
settings.register_profile("nightly", deadline=None, max_examples=600)
settings.load_profile("gate")


FEW = 12
"""As many combinations of parameters of one test are all in the gate."""


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Of a test's many combinations of parameters few are in the gate: every pair of values is."""
    tests: defaultdict[str, dict[tuple[tuple[int, str], ...], pytest.Item]] = defaultdict(dict)
    for item in items:
        if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            values = item.callspec._idlist  # noqa: SLF001 (else told as one text alone)
            tests[f"{item.path}:{item.originalname}"][tuple(enumerate(values))] = item
    for cases in tests.values():
        if len(cases) > FEW:
            few = set(covering(list(cases), lambda case: combinations(case, min(2, len(case)))))
            for case in cases.keys() - few:
                cases[case].add_marker(pytest.mark.exhaustive)


class Switchboard:
    """An ASGI app that hands everything to another: one server for the catalogs of all tests."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does."""
        assert scope["type"] == "lifespan" or self.app
        if self.app:
            await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def switchboard() -> Iterator[tuple[Switchboard, str]]:
    """The server of the catalogs, and its URL."""
    board = Switchboard()
    with serving(board) as url:
        yield board, url


@pytest.fixture
def store() -> Iterator[CatalogStore]:
    """An empty catalog."""
    with CatalogStore() as store:
        yield store


@pytest.fixture
def catalog_url(switchboard: tuple[Switchboard, str], store: CatalogStore) -> str:
    """Where the catalog answers."""
    board, url = switchboard
    board.app = create_app(store)
    return url


@pytest.fixture
async def api() -> AsyncIterator[FaultApi]:
    """An API without routes."""
    async with FaultApi() as api:
        yield api


@pytest.fixture
async def jq() -> AsyncIterator[JqWorker]:
    """Where jq programs run."""
    worker = JqWorker()
    yield worker
    await worker.aclose()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one authority that installations trust: a file with a certificate and its key."""
    return self_signed(tmp_path_factory.mktemp("tls") / "authority.pem")


@pytest.fixture
def installation(  # noqa: PLR0913, PLR0917 (each is a part of the world around it)
    authority: Path,
    catalog_url: str,
    store: CatalogStore,
    api: FaultApi,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Installation:
    """The integration between the API and the catalog, out of reach of the developer's settings."""
    monkeypatch.chdir(working_directory(tmp_path))
    for name in os.environ:
        if name.startswith("OCEAN__"):
            monkeypatch.delenv(name)
    # One authority, and not all of the public ones: reading those takes longer than a resync.
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    logger.remove()  # resyncs record their log themselves
    return Installation(catalog_url, store, api.url)


@pytest.fixture(scope="session")
def seeds() -> Seeds:
    """The catalogs that tests begin with."""
    return Seeds()


@pytest.fixture
async def world(api: FaultApi, installation: Installation, seeds: Seeds) -> World:
    """Two synced collections that changed since."""
    world = World(api, installation)
    await world.begin(seeds)
    return world


@pytest.fixture
async def family(api: FaultApi, installation: Installation, seeds: Seeds) -> Family:
    """Parents and children that were synced and changed since."""
    family = Family(api, installation)
    await family.begin(seeds)
    return family
