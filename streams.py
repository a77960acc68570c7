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
        self._held = 0
        self._used = 0.0
        self._freed = asyncio.Condition()

    async def take(self, weight: float) -> None:
        """Wait until the weight fits; into an empty room anything fits."""
        async with self._freed:
            await self._freed.wait_for(lambda: not self._held or self._used + weight <= 1)
            self._held += 1
            self._used += weight

    async def give_back(self, weight: float) -> None:
        """Make the space free again."""
        async with self._freed:
            self._held -= 1
            # What is left of sums of fractions must not keep an empty room from being empty.
            self._used = max(0.0, self._used - weight) if self._held else 0.0
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
    turn = asyncio.Lock()
    failures: list[Exception] = []

    async def next_source() -> Source | _Done:
        async with turn:
            try:
                return await anext(sources, _DONE)
            except FAILURES as error:
                # The sources already begun are read to their end all the same.
                failures.append(error)
                return _DONE

    async def work() -> None:
        # From the end of one source straight to the next: whoever waits for many answers at
        # once would otherwise handle all of them before it asks for anything new.
        while not isinstance(source := await next_source(), _Done):
            async with aclosing(items(source)) as stream:
                async for item in stream:
                    await room.take(weigh(item))
                    queue.put_nowait(item)

    async def read_all() -> None:
        try:
            async with aclosing(sources), asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(work())
            for failure in failures:
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
    pending: list[Item] = []
    size = 0
    clock = asyncio.get_running_loop().time
    waiting_since = clock()
    failure: BaseException | None = None
    async with aclosing(_Ahead(chunks)) as ahead:
        while True:
            patience = waiting_since + linger - clock() if pending else None
            chunk: tuple[list[Item], int] | None = ([], most_bytes)
            if await ahead.arrives_within(patience):
                chunk, failure = ahead.take()
            if chunk is None:
                break
            pending += chunk[0]
            size += chunk[1]
            while len(pending) >= most_items or (pending and size >= most_bytes):
                yield pending[:most_items]
                pending = pending[most_items:]
                size, waiting_since = 0, clock()
    if pending:
        yield pending
    if failure:
        raise failure


class _Ahead[Item]:
    """The next item of a stream, awaited with a time limit that does not harm the stream."""

    def __init__(self, stream: AsyncGenerator[Item]) -> None:
        self._stream = stream
        self._task: asyncio.Task[Item | None] | None = None

    async def arrives_within(self, seconds: float | None) -> bool:
        """Whether the next item, or the end, is there after so long; None: however long."""
        self._task = self._task or asyncio.create_task(self._read())
        await asyncio.wait({self._task}, timeout=seconds)
        return self._task.done()

    def take(self) -> tuple[Item | None, BaseException | None]:
        """The item that arrived, or None after the last, and what the stream raised there."""
        assert self._task is not None  # noqa: S101 — it arrived
        task, self._task = self._task, None
        failure = task.exception()
        return (None if failure else task.result()), failure

    async def aclose(self) -> None:
        """Stop reading, and close the stream."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._stream.aclose()

    async def _read(self) -> Item | None:
        return await anext(self._stream, None)


async def each[Item](items: Iterable[Item]) -> AsyncGenerator[Item]:
    """An async stream of what is already there."""
    for item in items:
        yield item
