"""The examples as tests run them: read from their folders, changed, walked against a simulator.

An ``Example`` is what ``examples/<product>/`` says, with a simulator in place of the real hosts. A
``Mistake`` spoils it. ``walked`` reads its resources without Ocean and without sockets.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
import yaml
from starlette.types import ASGIApp

from errors import OceanCustomError
from overrides import EndpointAppConfig, EndpointResource
from paging.extraction import Item
from resync.completeness import Doubt
from resync.session import Session
from settings import Settings, load_settings
from tests.simulators import Json, Mistake, products

EXAMPLES = Path(__file__).parents[1] / "examples"
PREFIX = "OCEAN__INTEGRATION__CONFIG__"
PRODUCTS = products()
SIMULATOR = "http://simulator"


@dataclass
class Example:
    """An example as it is run: settings by their names in snake_case, mapping, blueprints."""

    settings: dict[str, Json]
    mapping: dict[str, Json]
    blueprints: list[dict[str, Json]]

    def spoil(self, mistake: Mistake) -> None:
        """Make a mistake."""
        for name, value in mistake.settings.items():
            self.settings[_snake(name)] = value
        for path, value in mistake.mapping.items():
            _put(self.mapping, path, value)


def example(name: str, url: str = SIMULATOR) -> Example:
    """The example of a product, with its simulator at ``url`` in place of the real hosts."""
    given = copy.deepcopy(_read(name, url))
    given.settings |= {_snake(key): text for key, text in PRODUCTS[name].made_settings().items()}
    return given


@cache
def _read(name: str, url: str) -> Example:
    product, folder = PRODUCTS[name], EXAMPLES / name
    lines = (folder / ".env.example").read_text().splitlines()
    pairs = [line.partition("=") for line in lines if line.startswith(PREFIX)]
    given = {key.removeprefix(PREFIX).lower(): value for key, _, value in pairs if value}
    home = httpx.URL(given["base_url"])

    def placed(text: str) -> str:
        for origin in (f"{home.scheme}://{home.host}", *product.origins):
            text = text.replace(origin, url)
        return text

    settings: dict[str, Json] = {"max_retry_wait": 10}
    settings |= {key: placed(value) for key, value in given.items()}
    if product.page_size is not None:
        settings["page_size"] = str(product.page_size)
    mapping = yaml.safe_load(placed((folder / "port-app-config.yml").read_text()))
    blueprints = json.loads((folder / "blueprints.json").read_text())
    return Example(settings, mapping, blueprints)


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: "_" + found[1].lower(), name)


def _put(part: Json, path: str, value: Json) -> None:
    """Set what is at a path such as ``resources/0/kind``; None removes it."""
    *way, last = path.split("/")
    for key in way:
        part = part[int(key)] if isinstance(part, list) else part.setdefault(key, {})
    if value is None:
        del part[last]
    else:
        part[last] = value


@dataclass
class Walked:
    """What the walk over one resource gave."""

    resource: EndpointResource
    items: list[Item]
    error: str | None = None
    is_open: bool = False
    """Whether nothing may be deleted by it: children were not found, or no answer had a list."""


async def walked(
    example: Example, api: ASGIApp, only: Iterable[int] | None = None
) -> tuple[list[Walked], str]:
    """What each resource gives, and the text of every error; ``only`` some, by their index."""
    try:
        settings = load_settings(example.settings)
        mapping = EndpointAppConfig.parse_obj(example.mapping)
    except OceanCustomError as error:
        return [], str(error)
    chosen = range(len(mapping.resources)) if only is None else only
    async with _session(settings, api) as session:
        walks = [await _walk(session, mapping.resources[at]) for at in chosen]
    return walks, "\n".join(walk.error for walk in walks if walk.error)


@asynccontextmanager
async def _session(settings: Settings, api: ASGIApp) -> AsyncIterator[Session]:
    transport = httpx.ASGITransport(api)
    session = Session(settings, http=lambda _: httpx.AsyncClient(transport=transport))
    try:
        yield session
    finally:
        await session.aclose()


async def _walk(session: Session, resource: EndpointResource) -> Walked:
    walk = Walked(resource, [])
    try:
        reading = session.read(resource.to_resource(session.settings.pagination))
        async for batch in reading.batches():
            walk.items += batch
        walk.is_open = bool(reading.doubts & {Doubt.GONE, Doubt.ABSENT, Doubt.SAID_EMPTY})
    except* OceanCustomError as group:
        walk.error = "\n".join([group.message, *map(str, group.exceptions)])
    return walk
