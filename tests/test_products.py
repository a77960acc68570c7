"""Real products: each example synced from a simulator of its API into the local catalog.

A product declares its API, its rows, the entities these must become, and the mistakes people
make with its settings (``tests/simulators``). Nothing here knows any product.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

import httpx
import jq
import pytest
from loguru import logger
from starlette.types import Receive, Scope, Send

from overrides import EndpointResource
from paging.extraction import Item
from tests.covering import covering
from tests.examples import EXAMPLES, PRODUCTS, SIMULATOR, Example, example, walked
from tests.resync import Installation, working_directory
from tests.simulators import (
    Answer,
    Collection,
    Expected,
    Json,
    Mistake,
    Open,
    Product,
    Recorded,
    Simulator,
    Sized,
    Unpaged,
    simulate,
)
from workbench.catalog import CatalogStore
from workbench.serve import serving
from workbench.store.model import Entity


def traits(name: str) -> Iterator[Hashable]:
    """What distinguishes a product: how it lets callers in, pages, throttles and refuses."""
    product = PRODUCTS[name]
    yield type(product.auth).__name__
    yield product.throttle and product.throttle.status
    yield product.unknown_parameters
    for endpoint in product.endpoints:
        yield endpoint.method
        yield type(endpoint).__name__
        if isinstance(endpoint, Collection):
            yield type(endpoint.paging).__name__
            yield "rows are left out" if endpoint.keep is not bool else None
            if isinstance(endpoint.paging, Sized):
                paging = endpoint.paging
                yield type(paging).__name__, paging.in_body, bool(paging.link)


GATE = frozenset(covering(list(PRODUCTS), traits))
"""Representatives of all products."""
MISTAKES = [
    pytest.param(
        name,
        mistake,
        id=f"{name}: {mistake.name}",
        # Of each product others, so that together they are of every kind.
        marks=() if (at + number) % 10 == 0 else pytest.mark.exhaustive,
    )
    for number, (name, product) in enumerate(PRODUCTS.items())
    for at, mistake in enumerate(product.mistakes)
]
GUARDED = [name for name, product in PRODUCTS.items() if not isinstance(product.auth, Open)]
PAGES = 3
"""How many pages every style of paging must have been walked over, at least."""


# --- what must be there ----------------------------------------------------------------


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


# --- syncing without Ocean or sockets --------------------------------------------------


async def synced(example: Example, simulator: Simulator) -> tuple[list[Entity], str, bool]:
    """The entities an example gives, the text of every error, and whether a walk was left open."""
    walks, errors = await walked(example, simulator)
    mapped = (_mapped(walk.resource, item) for walk in walks for item in walk.items)
    return list(chain.from_iterable(mapped)), errors, any(walk.is_open for walk in walks)


def _mapped(resource: EndpointResource, item: Item) -> Iterator[Entity]:
    """The entity an item becomes; none when it is not selected, or has no identifier."""
    mappings = resource.port.entity.mappings
    identifier = _evaluated(str(mappings.identifier), item)
    if _evaluated(str(resource.selector.query), item) is True and identifier:
        yield Entity(
            str(_evaluated(str(mappings.blueprint), item)),
            str(identifier),
            title=_evaluated(str(mappings.title), item),
            properties={name: _evaluated(text, item) for name, text in mappings.properties.items()},
            relations={
                name: _evaluated(str(text), item) for name, text in mappings.relations.items()
            },
        )


def _evaluated(program: str, item: Item) -> Json:
    try:
        return next(iter(_compiled(program).input_value(item)), None)
    except ValueError:
        return None  # as Ocean has it


@cache
def _compiled(program: str) -> Json:
    return jq.compile(program)


# --- the tests -------------------------------------------------------------------------


class _Stage:
    """One server for the simulators of all tests."""

    def __init__(self) -> None:
        self.simulator: Simulator | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.simulator is not None:
            await self.simulator(scope, receive, send)


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[_Stage, str]]:
    """The server, and its URL."""
    stage = _Stage()
    with serving(stage) as url:
        yield stage, url


@pytest.fixture
def between(
    catalog_url: str, store: CatalogStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Installation:
    """An installation of the real Ocean, without an API yet."""
    monkeypatch.chdir(working_directory(tmp_path))
    logger.remove()
    return Installation(catalog_url, store, "")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in GATE else pytest.mark.exhaustive) for name in PRODUCTS],
)
async def test_the_catalog_follows_the_product(
    name: str, between: Installation, stage: tuple[_Stage, str]
) -> None:
    """The first resync brings everything; the second deletes what vanished, and nothing else."""
    product, given = PRODUCTS[name], example(name, stage[1])
    simulator = stage[0].simulator = simulate(product)
    between.settings, between.mapping = given.settings, given.mapping["resources"]
    for blueprint in given.blueprints:
        between.store.create_blueprint(blueprint)
    before = list(product.expected(simulator.data))

    first = await between.resync()

    assert first.complete, first.formatted
    assert differences(between.entities(), before) == []
    assert walked_far(product, simulator.requests) == []
    assert was_put_off(product, simulator.requests)

    product.vanish(simulator.data)
    after = list(product.expected(simulator.data))

    second = await between.resync()

    assert second.complete, second.formatted
    assert differences(between.entities(), after) == []
    assert second.deleted == keys(before) - keys(after) != set()
    assert between.store.unknown_requests() == []


def walked_far(product: Product, requests: list[Recorded]) -> list[str]:
    """The collections of which no style of paging was walked over several pages."""
    longest: Counter[int] = Counter()
    paged = [
        one
        for one in product.endpoints
        if isinstance(one, Collection) and not isinstance(one.paging, Unpaged)
    ]
    for collection in paged:
        walks = Counter(
            (request.path, *_without(request.params, collection.paging.positions))
            for request in requests
            if request.endpoint == collection.path
        )
        style = id(collection.paging)
        longest[style] = max(longest[style], *walks.values(), 0)
    return [one.path for one in paged if longest[id(one.paging)] < PAGES]


def was_put_off(product: Product, requests: list[Recorded]) -> bool:
    """Whether a product that refuses a request for now did so."""
    status = product.throttle and product.throttle.status
    return status is None or any(request.refused == status for request in requests)


def _without(params: Mapping[str, Sequence[str]], positions: frozenset[str]) -> Iterator[str]:
    return (f"{name}={value}" for name, value in params.items() if name not in positions)


@pytest.mark.parametrize(("name", "mistake"), MISTAKES)
async def test_a_mistake_never_leaves_a_shorter_list(name: str, mistake: Mistake) -> None:
    """A mistake in settings or mapping does no harm, or ends in an error that names it.

    What names nothing and has fewer entities is looked at again before anything is deleted.
    """
    product, given = PRODUCTS[name], example(name)
    simulator = simulate(product)
    given.spoil(mistake)

    entities, errors, is_open = await synced(given, simulator)

    if mistake.error is None:
        assert not errors
        assert differences(entities, list(product.expected(simulator.data))) == []
    elif errors:
        assert mistake.error in errors
    else:
        assert is_open or differences(entities, list(product.expected(simulator.data))) == []


@pytest.mark.parametrize("name", GUARDED)
async def test_nobody_gets_in_without_credentials(name: str) -> None:
    """A simulator refuses strangers as the product does, so that an example's settings matter."""
    product = PRODUCTS[name]
    refused = product.error(401, "unauthorized")
    transport = httpx.ASGITransport(simulate(product))

    async with httpx.AsyncClient(transport=transport, base_url=SIMULATOR) as client:
        for endpoint in product.endpoints:
            answer = await client.request(endpoint.method, product.prefix + endpoint.path)

            body = refused.body if isinstance(refused, Answer) else refused
            assert body == (answer.content if isinstance(body, bytes) else answer.json())


@pytest.mark.parametrize("name", PRODUCTS)
def test_an_example_is_understood_in_a_minute(name: str) -> None:
    """Its README says the same things in the same order, is short, and ends with a link."""
    lines = (EXAMPLES / name / "README.md").read_text().splitlines()
    labels = [line.split(":")[0] for line in lines if line.startswith("- **")]

    assert labels == ["- **Synced", "- **You need", "- **Steps"]
    assert lines.index("The settings that matter:") < 10
    assert "https://" in lines[-1]
    assert 12 <= len(lines) <= 25


def test_every_example_has_a_product() -> None:
    """No example is without a simulator, and no product without an example."""
    assert {folder.name for folder in EXAMPLES.iterdir() if folder.is_dir()} == set(PRODUCTS)


def test_at_least_thirty_products() -> None:
    """The promise of "any REST API" rests on many products, each with all of its parts."""
    files = {".env.example", "port-app-config.yml", "blueprints.json", "README.md"}
    complete = [
        folder.name
        for folder in EXAMPLES.iterdir()
        if folder.name in PRODUCTS and files <= {file.name for file in folder.iterdir()}
    ]

    assert len(complete) >= 30
