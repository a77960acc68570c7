"""One resync of one installation: resources in, batches of items out.

A resource is walked once for every binding of its path parameters; a resource without
parameters has exactly one, empty binding. Bindings come from walking parents, each parent
once per resync. Everything that would let a resync end with fewer items and no error is
counted here and raised at the end of the resource.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import httpx
from loguru import logger

from client import ApiClient, Fetched
from errors import (
    CredentialsError,
    MappingError,
    OceanCustomError,
    ResponseError,
)
from expansion import (
    Binding,
    Chooser,
    Endpoint,
    Parameter,
    Resource,
    as_text,
    is_segment,
    ordered,
    request_for,
)
from extraction import Extractor, Item
from lookup import keys_of
from pagination import PageRequest, Paginator, make_paginator
from settings import Settings
from store import ItemStore, Span
from streams import each, in_batches, merged
from transport import open_http

BATCH_ITEMS = 500
BATCH_BYTES = 16 * 1024 * 1024
# What may wait between the API and Ocean, beside one page a worker.
AHEAD_ITEMS = 2 * BATCH_ITEMS
AHEAD_BYTES = 32 * 1024 * 1024
AHEAD_BINDINGS = 1000
# With so many children failed the API is down: no use asking it for every other one.
MAX_FAILED_CHILDREN = 25


@dataclass(frozen=True)
class _Source:
    """An endpoint made ready: everything compiled before the first request."""

    endpoint: Endpoint
    paginator: Paginator
    extractor: Extractor
    tally: _Tally


@dataclass
class _Tally:
    """What one endpoint's walks have met: responses, those without items, walks into 404."""

    where: str
    path: str
    data_path: str
    walks: int = 0
    gone: int = 0
    responses: int = 0
    without: int = 0
    last: Any = None

    def add(self, fetched: Fetched) -> None:
        """Count one response; an empty body says nothing about the path."""
        if fetched.size:
            self.responses += 1
            self.without += fetched.extracted.nothing
            self.last = fetched.page.body

    def refuse_fruitless(self) -> None:
        """Raise when no walk, or no response, led anywhere: a typo, not an empty collection."""
        if self.gone > 1 and self.gone == self.walks:
            raise MappingError(
                f"{self.path!r} answered 404 or 410 for each of {self.gone} values of its"
                " path parameters; correct the path"
            )
        if self.responses and self.without == self.responses:
            raise MappingError(
                f"{self.where} {self.data_path!r} gave null in every response; they had"
                f" {keys_of(self.last)}: correct the path"
            )


@dataclass
class _Run:
    """What one resource's walk has counted."""

    kind: str
    items: int = 0
    failures: list[OceanCustomError] = field(default_factory=list)

    def failed(self, error: OceanCustomError) -> None:
        """Note that one child failed; raises when so many did that going on is pointless."""
        self.failures.append(error)
        if len(self.failures) >= MAX_FAILED_CHILDREN:
            raise self.group(f"gave up after {len(self.failures)} children failed")

    def group(self, what: str) -> ExceptionGroup[OceanCustomError]:
        """The failures of children as one error, told by the first."""
        return ExceptionGroup(f"{self.kind}: {what}; first: {self.failures[0]}", self.failures)


@dataclass
class _ParentItems:
    """A parent's items, kept once its walk is complete."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    spans: list[Span] = field(default_factory=list)
    complete: bool = False


class Session:
    """One resync; close it with ``aclose``.

    ``jq_environment`` lets jq programs read the process environment, as Ocean's setting
    ``allow_environment_variables_jq_access`` does for mappings.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        jq_environment: bool = False,
        http: Callable[[Settings], httpx.AsyncClient] = open_http,
    ) -> None:
        self._settings = settings
        self._jq_environment = jq_environment
        self.client = ApiClient(settings, http=http)
        self._store = ItemStore()
        self._parents: dict[str, _ParentItems] = {}

    async def aclose(self) -> None:
        """Close connections and forget what was kept."""
        await self.client.aclose()
        self._store.close()

    async def extract(self, resource: Resource) -> AsyncGenerator[list[Item]]:
        """The items of a resource, in batches.

        Raises OceanCustomError, or an ExceptionGroup of them when children failed; all that
        was fetched before has been yielded.
        """
        try:
            async with aclosing(
                in_batches(
                    self._chunks(resource), most_items=BATCH_ITEMS, most_bytes=BATCH_BYTES
                )
            ) as batches:
                async for batch in batches:
                    yield batch
        except OceanCustomError as error:
            # Frames below hold signed requests: nothing that logs a traceback may show them.
            raise error.within(f"kind {resource.kind!r}").with_traceback(None) from None
        except ExceptionGroup as group:
            for error in group.exceptions:
                error.__traceback__ = None
            raise group.with_traceback(None) from None

    # --- one resource ------------------------------------------------------------------

    async def _chunks(self, resource: Resource) -> AsyncGenerator[tuple[list[Item], int]]:
        """The items of every page of every child, each with the size of its body."""
        run = _Run(resource.kind)
        requests, retries = self.client.counts.requests, self.client.counts.retries
        parameters = ordered(resource)
        choosers = {
            parameter.name: Chooser(parameter, environment=self._jq_environment)
            for parameter in parameters
        }
        parents = {
            parameter.name: self._source(
                parameter.parent, f"path_parameters.{parameter.name}.data_path"
            )
            for parameter in parameters
        }
        target = self._source(resource.endpoint, "data_path")
        bindings: AsyncGenerator[Binding] = each([Binding()])
        for parameter in parameters:
            bindings = self._extended(
                bindings, parameter, parents[parameter.name], choosers[parameter.name],
                resource, run,
            )
        pages = merged(
            bindings,
            lambda binding: self._child(target, binding, run),
            workers=self._settings.max_concurrent_requests,
            weigh=lambda chunk: max(len(chunk[0]) / AHEAD_ITEMS, chunk[1] / AHEAD_BYTES),
        )
        async with aclosing(pages):
            async for chunk in pages:
                run.items += len(chunk[0])
                yield chunk
        sources = [*parents.values(), target]
        if run.failures:
            walks = sum(source.tally.walks for source in sources)
            raise run.group(f"{len(run.failures)} of {walks} walks failed")
        for chooser in choosers.values():
            chooser.refuse_fruitless()
        for source in sources:
            source.tally.refuse_fruitless()
        log = logger.bind(kind=resource.kind)
        if gone := sum(source.tally.gone for source in sources):
            log.warning(
                f"{resource.kind}: skipped {gone} children that answered 404 or 410; their"
                " parents went away meanwhile"
            )
        log.info(
            f"{resource.kind}: {run.items} items"
            + (f" of {target.tally.walks} children" if parameters else "")
            + f", {self.client.counts.requests - requests} requests,"
            f" {self.client.counts.retries - retries} retries"
        )

    def _source(self, endpoint: Endpoint, where: str) -> _Source:
        extractor = Extractor(endpoint.data_path, where, environment=self._jq_environment)
        return _Source(
            endpoint,
            make_paginator(endpoint.pagination),
            extractor,
            _Tally(where, endpoint.path, extractor.data_path),
        )

    async def _child(
        self, source: _Source, binding: Binding, run: _Run
    ) -> AsyncGenerator[tuple[list[Item], int]]:
        request = request_for(source.endpoint, binding, self._settings.base_url)
        walk = self.client.walk(request, source.paginator, source.extractor)
        pages = self._guarded(walk, run, source.tally, child=bool(binding.values))
        async with aclosing(pages):
            async for fetched in pages:
                source.tally.add(fetched)
                yield [binding.enriched(item) for item in fetched.extracted.items], fetched.size

    async def _guarded[Fetch](
        self, pages: AsyncGenerator[Fetch], run: _Run, tally: _Tally, *, child: bool
    ) -> AsyncGenerator[Fetch]:
        """The pages of one walk; a child's failure is noted, and its siblings go on."""
        tally.walks += 1
        begun = False
        try:
            async with aclosing(pages):
                async for page in pages:
                    begun = True
                    yield page
        except CredentialsError:
            raise
        except OceanCustomError as error:
            if not child:
                raise
            if isinstance(error, ResponseError) and error.gone and not begun:
                tally.gone += 1
            else:
                run.failed(error)

    # --- parents -----------------------------------------------------------------------

    def _extended(
        self,
        bindings: AsyncGenerator[Binding],
        parameter: Parameter,
        source: _Source,
        chooser: Chooser,
        resource: Resource,
        run: _Run,
    ) -> AsyncGenerator[Binding]:
        """Every binding with every value of one more parameter."""
        return merged(
            bindings,
            lambda binding: self._values(
                parameter, source, chooser, binding, resource, run
            ),
            workers=self._settings.max_concurrent_requests,
            weigh=lambda _: 1 / AHEAD_BINDINGS,
        )

    async def _values(
        self,
        parameter: Parameter,
        source: _Source,
        chooser: Chooser,
        binding: Binding,
        resource: Resource,
        run: _Run,
    ) -> AsyncGenerator[Binding]:
        """A binding extended by each distinct value of a parameter."""
        needed = source.endpoint.placeholders() & binding.values.keys()
        request = request_for(source.endpoint, binding, self._settings.base_url)
        known: set[str] = set()
        skipped = 0
        # A parent that hangs on another parent's value is a child itself: it may be gone.
        pages = self._guarded(
            self._parent_pages(source, request), run, source.tally, child=bool(needed)
        )
        async with aclosing(pages):
            async for items in pages:
                for item in items:
                    value = chooser.value(item)
                    if value is None or (text := as_text(value)) in known:
                        continue
                    known.add(text)
                    if is_segment(value):
                        yield binding.bound(
                            parameter.name, value, item if resource.mentions_parent else None
                        )
                    else:
                        skipped += 1
        if skipped:
            logger.bind(kind=resource.kind).warning(
                f"{resource.kind}: skipped {skipped} values of path_parameters.{parameter.name}"
                " that cannot be a path segment: '', '.' or '..'"
            )

    async def _parent_pages(
        self, source: _Source, request: PageRequest
    ) -> AsyncGenerator[list[Item]]:
        """The items of a parent, page by page; it is walked once per resync."""
        key = f"{request.key} {source.extractor.data_path} {source.endpoint.pagination}"
        parent = self._parents.setdefault(key, _ParentItems())
        async with parent.lock:
            if not parent.complete:
                spans: list[Span] = []
                walk = self.client.walk(request, source.paginator, source.extractor)
                async with aclosing(walk):
                    async for fetched in walk:
                        source.tally.add(fetched)
                        spans.append(self._store.write(fetched.extracted.items))
                        yield fetched.extracted.items
                parent.spans, parent.complete = spans, True
                return
        for items in self._store.read(parent.spans):
            yield items
