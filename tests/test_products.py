"""Real products: each example synced from a simulator of its API into the local catalog.

A product declares its API, its rows, the entities these must become, and the mistakes people
make with its settings (``workbench/simulators``). Nothing here knows any product.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml
from loguru import logger

from tests.resync import Installation, Outcome, working_directory
from workbench.catalog import CatalogStore
from workbench.serve import serving
from workbench.simulators import Expected, Json, Mistake, Product, Simulator, products, simulate
from workbench.store.model import Entity

EXAMPLES = Path(__file__).parents[1] / "examples"
PREFIX = "OCEAN__INTEGRATION__CONFIG__"
PRODUCTS = products()
MISTAKES = [
    pytest.param(name, mistake, id=f"{name}: {mistake.name}")
    for name, product in PRODUCTS.items()
    for mistake in product.mistakes
]


@dataclass(frozen=True)
class Example:
    """The files of an example: settings by their names in snake_case, mapping, blueprints."""

    settings: Mapping[str, str]
    mapping: Mapping[str, Json]
    blueprints: list[dict[str, Json]]


def read(name: str) -> Example:
    """The example of a product."""
    folder = EXAMPLES / name
    lines = (folder / ".env.example").read_text().splitlines()
    pairs = [line.partition("=") for line in lines if line.startswith(PREFIX)]
    return Example(
        settings={key.removeprefix(PREFIX).lower(): value for key, _, value in pairs if value},
        mapping=yaml.safe_load((folder / "port-app-config.yml").read_text()),
        blueprints=json.loads((folder / "blueprints.json").read_text()),
    )


@contextmanager
def installed(
    name: str, installation: Installation, mistake: Mistake | None = None
) -> Iterator[Simulator]:
    """A product's example, set up against its simulator, with a mistake in it or without."""
    product, example = PRODUCTS[name], read(name)
    simulator = simulate(product)
    with serving(simulator) as url:
        settings = _settings(example, product, url)
        mapping = copy.deepcopy(dict(example.mapping))
        if mistake is not None:
            for setting, value in mistake.settings.items():
                settings[_snake(setting)] = value
            for path, value in mistake.mapping.items():
                _put(mapping, path, value)
        installation.settings = {
            "max_retry_wait": 10,
            **{setting: value for setting, value in settings.items() if value is not None},
        }
        installation.mapping = mapping["resources"]
        for blueprint in example.blueprints:
            installation.store.create_blueprint(blueprint)
        yield simulator


def _settings(example: Example, product: Product, url: str) -> dict[str, str | None]:
    base = httpx.URL(example.settings["base_url"])
    settings: dict[str, str | None] = {}
    for name, value in example.settings.items():
        text = value.replace(str(base.copy_with(path="")).rstrip("/"), url)
        for origin in product.origins:
            text = text.replace(origin, url)
        settings[name] = text
    if product.page_size is not None:
        settings["page_size"] = str(product.page_size)
    return settings


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


def differences(catalog: list[Entity], expected: list[Expected]) -> list[str]:
    """What distinguishes the catalog from what is expected, a sentence each."""
    found = {(one.blueprint, one.identifier): one for one in catalog}
    wanted = {(one.blueprint, one.identifier): one for one in expected}
    said = [f"{key} is missing" for key in sorted(wanted.keys() - found.keys())]
    said += [f"{key} is too many" for key in sorted(found.keys() - wanted.keys())]
    for key in sorted(wanted.keys() & found.keys()):
        said += [f"{key} has {text}" for text in _deviations(found[key], wanted[key])]
    return said


def _deviations(found: Entity, wanted: Expected) -> Iterator[str]:
    relations = {name: value for name, value in found.relations.items() if value}
    if relations != wanted.relations:
        yield f"the relations {relations} in place of {dict(wanted.relations)}"
    for name, value in wanted.properties.items():
        if found.properties.get(name) != value:
            yield f"{name} {found.properties.get(name)!r} in place of {value!r}"
    if wanted.title is not None and found.title != wanted.title:
        yield f"the title {found.title!r} in place of {wanted.title!r}"


def keys(entities: list[Expected]) -> set[str]:
    """The entities as resyncs name them."""
    return {f"{one.blueprint}/{one.identifier}" for one in entities}


@pytest.fixture
def between(
    catalog_url: str, store: CatalogStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Installation:
    """An installation without an API yet."""
    monkeypatch.chdir(working_directory(tmp_path))
    logger.remove()
    return Installation(catalog_url, store, "http://127.0.0.1:9")


def assert_right(outcome: Outcome, installation: Installation, expected: list[Expected]) -> None:
    """The resync was a success, and the catalog holds what it must."""
    assert outcome.complete, outcome.formatted
    assert differences(installation.entities(), expected) == []
    assert installation.store.unknown_requests() == []


@pytest.mark.parametrize("name", PRODUCTS)
async def test_the_catalog_follows_the_product(name: str, between: Installation) -> None:
    """The first resync brings everything; the second deletes what vanished, and nothing else."""
    product = PRODUCTS[name]
    with installed(name, between) as simulator:
        before = list(product.expected(simulator.data))
        assert_right(await between.resync(), between, before)
        product.vanish(simulator.data)
        after = list(product.expected(simulator.data))
        gone = keys(before) - keys(after)
        second = await between.resync()
    assert gone
    assert_right(second, between, after)
    assert second.deleted == gone


@pytest.mark.parametrize(("name", "mistake"), MISTAKES)
async def test_a_mistake_never_leaves_a_shorter_list(
    name: str, mistake: Mistake, between: Installation
) -> None:
    """A mistake in settings or mapping does no harm, or ends in an error that names it."""
    with installed(name, between, mistake) as simulator:
        expected = list(PRODUCTS[name].expected(simulator.data))
        outcome = await between.resync()
    if mistake.error is None:
        assert_right(outcome, between, expected)
    else:
        assert not outcome.complete, differences(between.entities(), expected)
        assert mistake.error in outcome.message


@pytest.mark.parametrize("name", PRODUCTS)
def test_every_collection_has_several_pages(name: str) -> None:
    """A product and its example belong together, and the example says where to read on."""
    text = (EXAMPLES / name / "README.md").read_text()
    assert "https://" in text
    assert 10 <= len(text.splitlines()) <= 25


def test_every_example_has_a_product() -> None:
    """No example is without a simulator."""
    folders = {folder.name for folder in EXAMPLES.iterdir() if folder.is_dir()}
    assert folders == set(PRODUCTS)
