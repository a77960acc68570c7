"""Whole resyncs: the real Ocean app in this process, between an API and the local catalog.

Real HTTP on both ends, nothing replaced. The app is made anew for every resync, as `ocean
sail --once` makes it; only the event listener and uvicorn stay out of it.

    installation = Installation(catalog_url, store, api.url)
    installation.mapping = [resource("/items", "item", data_path=".items")]
    outcome = await installation.resync()
    assert outcome.entities == {"item/1", "item/2"}
"""

from __future__ import annotations

import io
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import httpx
import port_ocean.clients.dsp.lifecycle_http as lifecycle_clients
import port_ocean.clients.port.utils as port_clients
import port_ocean.context.ocean as ocean_context
import port_ocean.utils.async_http as third_party_clients
from loguru import logger
from port_ocean.bootstrap import create_default_app
from port_ocean.config.dynamic import default_config_factory
from port_ocean.log.sensetive import SensitiveLogFilter
from port_ocean.ocean import Ocean
from port_ocean.utils.misc import get_spec_file, load_module
from port_ocean.utils.signal import SignalHandler, _signal_handler
from pydantic import BaseModel

from tests.layout import PACKAGES, TOP_LEVEL
from workbench.catalog import CatalogStore
from workbench.store.model import Entity, EntityBody, JsonObject, WriteOptions

REPOSITORY = Path(__file__).resolve().parent.parent
IDENTIFIER = "custom-under-test"
BULK = "POST /v1/blueprints/{blueprint}/entities/bulk"

# Properties without a type take any JSON value.
BLUEPRINTS: tuple[JsonObject, ...] = (
    {"identifier": "item", "schema": {"properties": {"name": {}, "seen": {}}}},
    {
        "identifier": "child",
        "schema": {"properties": {"name": {}, "seen": {}}},
        "relations": {"parent": {"target": "item", "many": False, "required": False}},
    },
    {"identifier": "team", "schema": {"properties": {"name": {}, "seen": {}}}},
)


def resource(  # noqa: PLR0913 (a resource has so many parts)
    kind: str,
    blueprint: str = "item",
    *,
    identifier: str = ".id | tostring",
    seen: str = "null",
    parent: str | None = None,
    query: str = "true",
    **selector: object,
) -> JsonObject:
    """One resource of a mapping; `seen` is jq for a property, `parent` jq for the relation."""
    mappings: JsonObject = {
        "identifier": identifier,
        "blueprint": f'"{blueprint}"',
        "properties": {"name": ".name", "seen": seen},
        **({} if parent is None else {"relations": {"parent": parent}}),
    }
    return {
        "kind": kind,
        "selector": {"query": query, **selector},
        "port": {"entity": {"mappings": mappings}},
    }


@dataclass(frozen=True)
class Outcome:
    """What one resync did. Entities are named "blueprint/identifier"."""

    error: Exception | None
    entities: frozenset[str]
    deleted: frozenset[str]
    states: Mapping[str, str]
    bulks: int
    log: str

    @property
    def complete(self) -> bool:
        """Whether Ocean took the resync for a success."""
        return self.error is None

    @property
    def batches(self) -> int:
        """How many batches Ocean was handed."""
        return self.log.count("INFO Starting load phase")

    @property
    def message(self) -> str:
        """The error with everything it holds and stems from, as text; "" without one."""
        return "" if self.error is None else "\n".join(_messages(self.error))

    @property
    def formatted(self) -> str:
        """The error as a formatted traceback; "" without one."""
        return "" if self.error is None else "".join(traceback.format_exception(self.error))


@dataclass
class Installation:
    """One installation of the integration: settings, mapping, and the catalog it writes to.

    Settings have Ocean's names (`max_retry_wait`); without waiting a fault is final at once.
    """

    catalog_url: str
    store: CatalogStore
    api_url: str
    mapping: list[JsonObject] = field(default_factory=list)
    # Keys of the mapping beside `resources`, by Ocean's names: `deleteDependentEntities`.
    options: JsonObject = field(default_factory=dict)
    # Kept out of the representation, which tracebacks may show: only the integration is to leak.
    settings: dict[str, object] = field(default_factory=lambda: {"max_retry_wait": 0}, repr=False)
    secrets: dict[str, object] = field(default_factory=dict, repr=False)
    sends_examples: bool = False

    def __post_init__(self) -> None:
        for blueprint in BLUEPRINTS:
            self.store.create_blueprint(blueprint)
        self.store.create_integration(
            {"installationId": IDENTIFIER, "installationAppType": "custom", "config": {}}
        )

    async def resync(self) -> Outcome:
        """Run one resync to its end, in an app of its own."""
        async with self.booted() as app:
            return await self.resync_in(app)

    async def resync_in(self, app: Ocean) -> Outcome:
        """Run one resync in an app that may have run others before."""
        self.publish_mapping()
        before, bulks = len(self.store.deletions()), self.store.requests()[BULK]
        error: Exception | None = None
        with _recorded() as log:
            try:
                await app.integration.sync_raw_all(silent=False)
            except Exception as raised:  # noqa: BLE001 (whatever it is, the test looks at it)
                error = raised
        deletions = self.store.deletions()[before:]
        return Outcome(
            error=error,
            entities=frozenset(f"{one.blueprint}/{one.identifier}" for one in self.entities()),
            deleted=frozenset(f"{one.blueprint}/{one.identifier}" for one in deletions),
            states={status.kind: status.state for status in self.store.kind_statuses()},
            bulks=self.store.requests()[BULK] - bulks,
            log=log.getvalue(),
        )

    def publish_mapping(self) -> None:
        """Put the mapping where Ocean finds it."""
        # Ocean's own guard against mass deletion is off: only ours is to keep entities alive.
        config: JsonObject = {
            "resources": self.mapping,
            "entityDeletionThreshold": 1,
            **self.options,
        }
        self.store.patch_integration(IDENTIFIER, {"config": config})

    def entities(self) -> list[Entity]:
        """What the catalog holds."""
        return self.store.entities()

    def seen(self, blueprint: str = "item") -> dict[str, object]:
        """The property `seen` of a blueprint's entities, by identifier."""
        return {
            entity.identifier: entity.properties.get("seen")
            for entity in self.store.entities(blueprint)
        }

    @asynccontextmanager
    async def booted(self) -> AsyncIterator[Ocean]:
        """The app, made as `port_ocean.run` makes it; what Ocean keeps of it goes at the end."""
        patterns = list(SensitiveLogFilter.compiled_patterns)
        path = list(sys.path)
        interrupt = signal.getsignal(signal.SIGINT)
        _signal_handler.push(SignalHandler())
        try:
            # What `load_ocean_app` does, with the model of the settings made once.
            app = create_default_app(".", _settings_model(), self._config())
            load_module("main.py")
            await app.integration.initialize_handlers()
            yield app
        finally:
            for client in _clients():
                await client.aclose()
            port_clients._port_internal_async_client = None  # type: ignore[assignment] # as Ocean has it
            ocean_context._port_ocean = ocean_context.PortOceanContext(None)
            _signal_handler.pop()
            signal.signal(signal.SIGINT, interrupt)
            sys.path[:] = path
            SensitiveLogFilter.compiled_patterns[:] = patterns

    def _config(self) -> dict[str, object]:
        return {
            "port": {"client_id": "id", "client_secret": "secret", "base_url": self.catalog_url},
            "integration": {
                "identifier": IDENTIFIER,
                "type": "custom",
                "config": {"base_url": self.api_url, **self.settings},
                **({"secrets": self.secrets} if self.secrets else {}),
            },
            "event_listener": {"type": "ONCE"},
            "caching_storage_mode": "memory",
            "send_raw_data_examples": self.sends_examples,
            "process_in_queue_max_workers": 1,
        }


class Seeds:
    """What first resyncs leave in the catalog: run once each, and put back for every later test."""

    def __init__(self) -> None:
        self._sown: dict[str, list[Entity]] = {}

    async def sow(self, name: str, installation: Installation) -> None:
        """Fill the installation's empty catalog as its resync does, in a scene of that name."""
        if name not in self._sown:
            outcome = await installation.resync()
            assert outcome.complete, outcome.formatted
            self._sown[name] = installation.entities()
            return
        for entity in self._sown[name]:
            body = EntityBody(
                entity.identifier, properties=entity.properties, relations=entity.relations
            )
            options = WriteOptions(create_missing=True, upsert=True)
            installation.store.upsert(entity.blueprint, body, options, entity.author)


def working_directory(folder: Path) -> Path:
    """A folder to start Ocean in, with the integration, but not the developer's own settings.

    Ocean reads `.env` and `config.yaml` there, beside the integration's files.
    """
    folder.mkdir(exist_ok=True)
    for file in (REPOSITORY / ".port", REPOSITORY / "pyproject.toml", *TOP_LEVEL, *PACKAGES):
        (folder / file.name).symlink_to(file)
    return folder


def _clients() -> Iterator[httpx.AsyncClient]:
    """The clients that Ocean keeps, of which it closes none."""
    for kept in (
        port_clients._http_client,
        third_party_clients._http_client,
        lifecycle_clients._lifecycle_http_client,
    ):
        while client := kept.pop():
            yield client


@cache
def _settings_model() -> type[BaseModel]:
    spec = get_spec_file(REPOSITORY)
    assert spec
    return default_config_factory(spec["configurations"])


def _messages(error: BaseException) -> Iterator[str]:
    yield str(error)
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _messages(inner)
    if error.__cause__ is not None:
        yield from _messages(error.__cause__)


@contextmanager
def _recorded() -> Iterator[io.StringIO]:
    """Every log line meanwhile; shown by pytest when the test fails."""
    log = io.StringIO()
    sink = logger.add(log, level="DEBUG", format="{level} {message}", diagnose=False)
    try:
        yield log
    finally:
        logger.remove(sink)
        sys.stdout.write(log.getvalue())
