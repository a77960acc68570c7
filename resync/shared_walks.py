"""Walks made once for all who need their items: a parent, or the values of a parameter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import aclosing

from loguru import logger

from errors import OceanCustomError, SourceError
from paging.extraction import Item
from paging.model import PageRequest
from resync.completeness import Completeness, Doubt
from resync.edge_check import EdgeCheck
from resync.item_store import ItemStore, StoredPage
from resync.limits import Bounds, Limits
from resync.path_parameters import Endpoint
from resync.streams import cancelled
from resync.walk import Walker

Chunk = tuple[list[Item], int]
"""The items of one page and the size of its body in bytes."""


class _Followed:
    """Items as they arrive from one walk: one task walks, any number of readers follow.

    The walk waits for no reader: a reader may itself be waiting for another one.
    """

    def __init__(self, walk: AsyncGenerator[list[Item]], store: ItemStore) -> None:
        self._walk = walk
        self._store = store
        self._stored: list[StoredPage] = []
        self._done = False
        self._failure: OceanCustomError | None = None
        self._changed = asyncio.Event()
        self.task = asyncio.create_task(self._run())

    @property
    def failed(self) -> bool:
        """Whether the walk ended in an error."""
        return self._failure is not None

    async def _run(self) -> None:
        try:
            async with aclosing(self._walk) as pages:
                async for items in pages:
                    self._stored.append(self._store.write(items))
                    self._tell()
        except OceanCustomError as error:
            self._failure = error
        finally:
            self._done = True
            self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def pages(self) -> AsyncGenerator[Chunk]:
        """The items, page by page, with their size; raises at the end what the walk raised.

        Raises SourceError when the walk was cut off.
        """
        at = 0
        while at < len(self._stored) or not self._done:
            if at == len(self._stored):
                await self._changed.wait()
                continue
            yield self._store.read(self._stored[at]), self._stored[at].length
            at += 1
        # Awaited itself, the task would be cancelled along with a reader that is.
        await asyncio.wait({self.task})
        if self.task.cancelled():
            # Passed on, the cancellation would end its readers as if there were no more.
            raise SourceError("the resync was ended while the items of a parent were being read")
        self.task.result()
        if self._failure:
            raise self._failure


class Walks:
    """Walks that any number of readers follow, each made once for its key."""

    def __init__(self, store: ItemStore) -> None:
        self._store = store
        self._kept: dict[Hashable, _Followed] = {}

    async def aclose(self) -> None:
        """Stop walking, and forget all walks; what they stored stays there."""
        await cancelled([kept.task for kept in self._kept.values()])
        self._kept.clear()

    def followed(
        self, key: Hashable, walk: Callable[[], AsyncGenerator[list[Item]]]
    ) -> AsyncGenerator[Chunk]:
        """The items of a walk that is made once for its key; a failed one is made again."""
        kept = self._kept.get(key)
        if kept is None or kept.failed:
            kept = self._kept[key] = _Followed(walk(), self._store)
        return kept.pages()


class Parents:
    """The parents of one resync, each walked once, also for a resource that gives the same list."""

    def __init__(self, walker: Walker, store: ItemStore) -> None:
        self._walker = walker
        self._walks = Walks(store)
        self._walked_for: dict[Hashable, Completeness] = {}

    async def aclose(self) -> None:
        """Stop walking, and forget everything."""
        await self._walks.aclose()

    async def pages(
        self, source: Completeness, request: PageRequest, limits: Limits
    ) -> AsyncGenerator[Chunk]:
        """The items of a parent, page by page; who takes its items has its doubts, too."""
        key = (list_key(source.endpoint, request), limits)
        walked_for = self._walked_for.setdefault(key, source)
        pages = self._walks.followed(key, lambda: self._walked(walked_for, request, limits))
        async with aclosing(pages):
            async for chunk in pages:
                yield chunk
        source.take_over(walked_for)

    async def _walked(
        self, source: Completeness, request: PageRequest, limits: Limits
    ) -> AsyncGenerator[list[Item]]:
        bounds = Bounds(limits)
        walk = self._walker.walk(request, source, bounds)
        async with aclosing(walk):
            async for fetched in walk:
                yield fetched.extracted.items
        if bounds.truncated:
            source.doubts.add(Doubt.TRUNCATED)
        if not source.endpoint.placeholders():
            # Who takes these items later asks nothing: what is wrong with them is raised now.
            await _settled(EdgeCheck(self._walker, source))


async def _settled(edge: EdgeCheck) -> None:
    """What is wrong with the only walk over a source, which need not be asked again."""
    source = edge.source
    if warning := source.refuse_fruitless():
        logger.warning("{}: {}", source.endpoint.path, warning)
    try:
        await edge.settle()
    finally:
        await cancelled([edge.task] if edge.task else [])
        source.settled()


def list_key(endpoint: Endpoint, request: PageRequest) -> Hashable:
    """The key of the list that a request asks for, among all lists of the API."""
    return request.key, (endpoint.data_path or ".").strip(), endpoint.pagination
