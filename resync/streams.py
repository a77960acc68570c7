"""Async streams: many sources merged into one, and what they hold gathered into batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing, suppress
from typing import Any, Final

from errors import OceanCustomError, SourceError


class _Room:
    """Space for what was fetched and not yet read; weights are shares of it, 0 to 1 and above."""

    def __init__(self) -> None:
        self._held = 0
        self._used = 0.0
        self._freed = asyncio.Event()

    async def take(self, weight: float) -> None:
        """Wait until the weight fits; into an empty room anything fits."""
        while self._held and self._used + weight > 1:
            self._freed.clear()
            await self._freed.wait()
        self._held += 1
        self._used += weight

    def give_back(self, weight: float) -> None:
        """Make the space free again."""
        self._held -= 1
        # What is left of sums of fractions must not keep an empty room from being empty.
        self._used = max(0.0, self._used - weight) if self._held else 0.0
        self._freed.set()


class _Done:
    """The end of a merged stream."""


_DONE: Final = _Done()
FAILURES = (OceanCustomError, ExceptionGroup)
"""What ends a stream; anything else is a defect and is not held back."""


async def merged[Source, Item](
    sources: AsyncGenerator[Source],
    items: Callable[[Source], AsyncGenerator[Item]],
    *,
    workers: int,
    weigh: Callable[[Item], float],
) -> AsyncGenerator[Item]:
    """The items of all sources, read ahead from up to ``workers`` sources at once.

    Items of one source keep their order; sources are interleaved as they come. What waits
    to be read weighs at most 1 in all by ``weigh``, plus one item a worker. An error in
    ``sources`` or ``items`` ends the stream; it is raised after what came before it.
    """
    prefetch = _Prefetch(sources, items, weigh)
    reader = asyncio.create_task(prefetch.read_all(workers))
    try:
        while not isinstance(item := await prefetch.queue.get(), _Done):
            yield item
            prefetch.room.give_back(weigh(item))
        await _first_error_raised(reader)
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)


class _Prefetch[Source, Item]:
    """What was read of many sources and waits to be taken."""

    def __init__(
        self,
        sources: AsyncGenerator[Source],
        items: Callable[[Source], AsyncGenerator[Item]],
        weigh: Callable[[Item], float],
    ) -> None:
        self.queue: asyncio.Queue[Item | _Done] = asyncio.Queue()
        self.room = _Room()
        self._sources = sources
        self._items = items
        self._weigh = weigh
        self._turn = asyncio.Lock()
        self._failures: list[Exception] = []

    async def read_all(self, workers: int) -> None:
        """Read all sources in ``workers`` tasks, and mark the end in the queue."""
        try:
            async with aclosing(self._sources), asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._work()) for _ in range(workers)]
            for failure in self._failures:
                raise failure
            # A group takes a task that was cancelled for one that is done.
            if any(task.cancelled() for task in tasks):
                raise SourceError("reading was cut off")
        finally:
            self.queue.put_nowait(_DONE)

    async def _work(self) -> None:
        # From the end of one source straight to the next: otherwise a task that waits for many
        # answers at once would handle all of them before it asks for anything new.
        while not isinstance(source := await self._next_source(), _Done):
            async with aclosing(self._items(source)) as stream:
                async for item in stream:
                    await self.room.take(self._weigh(item))
                    self.queue.put_nowait(item)

    async def _next_source(self) -> Source | _Done:
        async with self._turn:
            try:
                return await anext(self._sources, _DONE)
            except FAILURES as error:
                # The sources already begun are still read to their end.
                self._failures.append(error)
                return _DONE


async def _first_error_raised(task: asyncio.Task[None]) -> None:
    """Wait for a task; of its task group's errors the first is raised, as itself.

    The others stem from the same moment: what the first one's cancellation cut short.
    """
    try:
        await task
    except OceanCustomError:
        raise
    except ExceptionGroup as group:
        raise group.exceptions[0] from None


async def in_batches[Item](
    chunks: AsyncGenerator[tuple[list[Item], int]],
    *,
    most_items: int,
    most_bytes: int,
    linger: float,
) -> AsyncGenerator[list[Item]]:
    """Chunks of items, each with its size in bytes, gathered into batches of ``most_items``.

    A batch is smaller when it is the last, when it reaches ``most_bytes``, or when the reader
    has been waiting for ``linger`` seconds. When the chunks end in an error, what came before
    it is yielded first.
    """
    clock = asyncio.get_running_loop().time
    pile = _Pile(chunks, most_items, most_bytes)
    try:
        while batch := await pile.batch(until=clock() + linger):
            yield batch
        await pile.task
    finally:
        pile.task.cancel()
        await asyncio.gather(pile.task, return_exceptions=True)


class _Pile[Item]:
    """Gathers chunks in a task of its own until they are enough for a batch.

    The reader waits once for a batch, not once for a chunk.
    """

    def __init__(
        self, chunks: AsyncGenerator[tuple[list[Item], int]], most_items: int, most_bytes: int
    ) -> None:
        self._most_items = most_items
        self._most_bytes = most_bytes
        self._items: list[Item] = []
        self._size = 0
        self._begun, self._filled, self._wanted = (asyncio.Event() for _ in range(3))
        self.task = asyncio.create_task(self._gather(chunks))
        self.task.add_done_callback(self._end)

    async def batch(self, until: float) -> list[Item]:
        """The next batch, or what there is at a time of the loop's clock; empty at the end."""
        await self._begun.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._filled.wait()
        batch = self._items[: self._most_items]
        del self._items[: self._most_items]
        self._size = 0
        if not self.task.done():
            self._go_on()
        return batch

    def _go_on(self) -> None:
        if not self._items:
            self._begun.clear()
        if not self._is_full:
            self._filled.clear()
            self._wanted.set()

    def _end(self, task: asyncio.Task[None]) -> None:
        del task
        self._begun.set()
        self._filled.set()

    async def _gather(self, chunks: AsyncGenerator[tuple[list[Item], int]]) -> None:
        async with aclosing(chunks):
            async for items, size in chunks:
                self._items += items
                self._size += size
                if self._items:
                    self._begun.set()
                if self._is_full:
                    self._wanted.clear()
                    self._filled.set()
                    await self._wanted.wait()

    @property
    def _is_full(self) -> bool:
        has_many = len(self._items) >= self._most_items
        return has_many or (bool(self._items) and self._size >= self._most_bytes)


async def each[Item](items: Iterable[Item]) -> AsyncGenerator[Item]:
    """An async stream of what is already there."""
    for item in items:
        yield item


async def cancelled(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks, and wait until they are over."""
    under_way = list(tasks)
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
