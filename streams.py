"""Async streams: many sources merged into one, and what they hold gathered into batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from typing import Final

from errors import OceanCustomError


class _Room:
    """Space for what was fetched and not yet read; weights are shares of it, 0 to 1 and above."""

    def __init__(self) -> None:
        self._used = 0.0
        self._freed = asyncio.Condition()

    async def take(self, weight: float) -> None:
        """Wait until the weight fits; into an empty room anything fits."""
        async with self._freed:
            await self._freed.wait_for(lambda: not self._used or self._used + weight <= 1)
            self._used += weight

    async def give_back(self, weight: float) -> None:
        """Make the space free again."""
        async with self._freed:
            self._used = max(0.0, self._used - weight)
            self._freed.notify_all()


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
    queue: asyncio.Queue[Item | _Done] = asyncio.Queue()
    room = _Room()
    free = asyncio.Semaphore(workers)

    async def read(source: Source) -> None:
        try:
            async with aclosing(items(source)) as stream:
                async for item in stream:
                    await room.take(weigh(item))
                    queue.put_nowait(item)
        finally:
            free.release()

    async def read_all() -> None:
        failure: Exception | None = None
        try:
            async with asyncio.TaskGroup() as group:
                try:
                    async with aclosing(sources) as stream:
                        async for source in stream:
                            await free.acquire()
                            group.create_task(read(source))
                except FAILURES as error:
                    # The sources already begun are read to their end all the same.
                    failure = error
            if failure:
                raise failure
        finally:
            queue.put_nowait(_DONE)

    reader = asyncio.create_task(read_all())
    try:
        while not isinstance(item := await queue.get(), _Done):
            yield item
            await room.give_back(weigh(item))
        await _first_error_raised(reader)
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)


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
    chunks: AsyncGenerator[tuple[list[Item], int]], *, most_items: int, most_bytes: int
) -> AsyncGenerator[list[Item]]:
    """Chunks of items, each with its size in bytes, gathered into batches of ``most_items``.

    Only the last batch, or one that reaches ``most_bytes``, is smaller. When the chunks end
    in an error, what came before it is yielded first.
    """
    pending: list[Item] = []
    size = 0
    failure: Exception | None = None
    try:
        async with aclosing(chunks) as stream:
            async for items, weight in stream:
                pending.extend(items)
                size += weight
                while len(pending) >= most_items:
                    yield pending[:most_items]
                    pending = pending[most_items:]
                    size = 0 if not pending else size
                if size >= most_bytes and pending:
                    yield pending
                    pending, size = [], 0
    except FAILURES as error:
        failure = error
    if pending:
        yield pending
    if failure:
        raise failure


async def each[Item](items: Iterable[Item]) -> AsyncGenerator[Item]:
    """An async stream of what is already there."""
    for item in items:
        yield item
