"""What suggest gives for an API, and whether a whole walk by it is complete."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx
from msgspec.structs import replace
from starlette.types import ASGIApp

from errors import OceanCustomError
from overrides import EndpointAppConfig, EndpointResource
from pagination import PaginationSettings
from resync.session import Session
from settings import Settings, load_settings
from tests.examples import PRODUCTS, Example, example
from tests.literals import Json
from tests.simulators import Simulator, simulate
from transport.aiohttp_transport import AiohttpTransport
from workbench.serve import serving
from workbench.suggest.mapping import mapping
from workbench.suggest.openapi import Document
from workbench.suggest.study import Study
from workbench.suggest.suggesting import Suggester, Suggestion
from workbench.suggest.targets import Target

Items = list[dict[str, Any]]
Http = Callable[[Settings], httpx.AsyncClient]


def open_http(settings: Settings) -> httpx.AsyncClient:
    """The integration's transport, without Ocean's context."""
    tls = httpx.create_ssl_context(verify=settings.verify_ssl)
    limits = httpx.Limits(max_connections=settings.max_concurrent_requests)
    return httpx.AsyncClient(transport=AiohttpTransport(tls, limits), timeout=None)  # noqa: S113 (the client limits the whole exchange)


def in_process(api: ASGIApp) -> Http:
    """HTTP without sockets, for what is tried hundreds of times."""
    transport = httpx.ASGITransport(api)
    return lambda _: httpx.AsyncClient(transport=transport)


def bench(base_url: str, **config: Json) -> Settings:
    """The settings of a run."""
    given = load_settings({"base_url": base_url, "max_retry_wait": 5, **config})
    return replace(given, max_concurrent_requests=1, pagination=PaginationSettings())


async def suggested(
    settings: Settings,
    targets: Sequence[Target],
    http: Http = open_http,
    document: Document | None = None,
    *,
    is_whole: bool = False,
) -> Suggestion:
    """What suggest finds."""
    session = Session(settings, http=http)
    try:
        suggester = Suggester(session, document=document, is_whole=is_whole)
        return await suggester.suggest(targets)
    finally:
        await session.aclose()


async def walked(
    settings: Settings, resource: EndpointResource, http: Http = open_http
) -> tuple[Items, str]:
    """Every item of a resource, and what the walk failed with."""
    session = Session(settings, http=http)
    items: Items = []
    error = ""
    try:
        async for batch in session.read(resource.to_resource(settings.pagination)).batches():
            items += batch
    except* OceanCustomError as group:
        error = "; ".join(map(str, group.exceptions))
    finally:
        await session.aclose()
    return items, error


def resource_of(study: Study) -> EndpointResource:
    """The resource that is written for an endpoint."""
    return EndpointAppConfig.parse_obj(mapping([study])).resources[0]


# --- products ----------------------------------------------------------------------------


@dataclass
class Compared:
    """One endpoint of a product: what suggest found, beside the example's own walk."""

    kind: str
    study: Study | None
    resource: EndpointResource
    pagination: PaginationSettings
    wanted: Items = field(default_factory=list)
    found: Items = field(default_factory=list)
    error: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether both walks gave the same items."""
        return not self.error and _texts(self.wanted) == _texts(self.found)


def _texts(items: Items) -> set[str]:
    """Items without what the names of placeholders add to them."""
    return {json.dumps(_own(item), sort_keys=True) for item in items}


def _own(item: dict[str, Any]) -> dict[str, Any]:
    added = {key.removeprefix("__") for key in item if key.startswith("__")}
    return {key: v for key, v in item.items() if key.removeprefix("__") not in added}


@dataclass
class Run:
    """One product: its endpoints compared, and what the simulator was asked by suggest."""

    compared: list[Compared]
    suggestion: Suggestion
    simulator: Simulator
    asked: int


async def compared(name: str) -> Run | None:
    """A product's endpoints that answer GET, given as URLs; None where there are none."""
    simulator = simulate(PRODUCTS[name])
    with serving(simulator) as url:
        given = example(name, url)
        settings = load_settings(given.settings)
        resources = [one for one in _resources(given) if _is_get(one)]
        if not resources:
            return None
        own = replace(settings, max_concurrent_requests=1, pagination=PaginationSettings())
        targets = [_target(resource) for resource in resources]
        suggestion = await suggested(own, list(dict.fromkeys(targets)))
        asked = len(simulator.requests)
        by_target = {study.asked: study for study in suggestion.written}
        results = []
        for resource, target in zip(resources, targets, strict=True):
            study = by_target.get(target)
            own_paging = resource.selector.pagination
            paging = settings.pagination
            paging = own_paging.applied_to(paging) if own_paging else paging
            result = Compared(resource.kind, study, resource, paging)
            result.wanted, _ = await walked(settings, resource)
            if study:
                result.found, result.error = await walked(own, resource_of(study))
            else:
                result.error = "refused"
            results.append(result)
        return Run(results, suggestion, simulator, asked)


def _resources(given: Example) -> list[EndpointResource]:
    return EndpointAppConfig.parse_obj(given.mapping).resources


def _is_get(resource: EndpointResource) -> bool:
    parents = resource.selector.path_parameters.values()
    return resource.selector.method == "GET" and all(one.method == "GET" for one in parents)


def _target(resource: EndpointResource) -> Target:
    path, _, query = resource.kind.partition("?")
    params = list(parse_qsl(query))
    for name, value in resource.selector.query_params.items():
        values = value if isinstance(value, list) else [value]
        params += [(name, one if isinstance(one, str) else json.dumps(one)) for one in values]
    return Target(path, tuple(params))
