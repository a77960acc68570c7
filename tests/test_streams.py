"""Streams that are read ahead: what is kept in order, what is bounded, how they end."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import OceanCustomError, SourceError, TransportError
from resync.streams import each, in_batches, merged

Item = tuple[int, int]


def light(_: object) -> float:
    """Items that weigh nothing."""
    return 0.0


async def settle() -> None:
    """Let every task run until it waits for something."""
    for _ in range(500):
        await asyncio.sleep(0)


def others() -> set[asyncio.Task[object]]:
    """The tasks that run beside the test."""
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


@dataclass
class Sources:
    """Streams of items that take turns, and what was seen of them."""

    lengths: list[int]
    fails: dict[int, Exception] = field(default_factory=dict)
    open: int = 0
    most_open: int = 0
    begun: list[int] = field(default_factory=list)
    given: list[Item] = field(default_factory=list)

    async def numbers(self) -> AsyncGenerator[int]:
        """The sources, by number."""
        for number in range(len(self.lengths)):
            await asyncio.sleep(0)
            self.begun.append(number)
            yield number

    async def items(self, source: int) -> AsyncGenerator[Item]:
        """The items of one source; at the end the error it fails with, if any."""
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            for number in range(self.lengths[source]):
                for _ in range((source + number) % 3):
                    await asyncio.sleep(0)
                self.given.append((source, number))
                yield source, number
            if source in self.fails:
                raise self.fails[source]
        finally:
            self.open -= 1

    def merged(
        self, workers: int = 3, weigh: Callable[[Item], float] = light
    ) -> AsyncGenerator[Item]:
        """The items of all sources."""
        return merged(self.numbers(), self.items, workers=workers, weigh=weigh)


async def read(stream: AsyncGenerator[Item]) -> tuple[list[Item], Exception | None]:
    """Everything a stream gives, and the error it ends in."""
    items: list[Item] = []
    try:
        async for item in stream:
            items.append(item)  # noqa: PERF401 — a comprehension would lose what came before
    except (OceanCustomError, ExceptionGroup, KeyError) as error:
        return items, error
    return items, None


# --- merged ------------------------------------------------------------------------------


@given(
    lengths=st.lists(st.integers(0, 12), max_size=8),
    workers=st.integers(1, 5),
    weight=st.sampled_from([0.0, 0.1, 0.5, 1.0, 7.0]),
)
def test_every_item_once_and_each_source_in_order(
    lengths: list[int], workers: int, weight: float
) -> None:
    """However many sources are read at once, nothing is lost, doubled or swapped."""
    sources = Sources(lengths)

    async def run() -> list[Item]:
        items, error = await read(sources.merged(workers, lambda _: weight))
        assert error is None
        assert not others()
        return items

    items = asyncio.run(run())

    for source, length in enumerate(lengths):
        assert [number for of, number in items if of == source] == list(range(length))
    assert len(items) == sum(lengths)
    assert sources.most_open <= workers
    assert sources.open == 0


async def test_sources_are_read_at_once() -> None:
    """As many sources are read at the same time as there are workers."""
    sources = Sources([9] * 10)

    await read(sources.merged(4))

    assert sources.most_open == 4


async def test_a_slow_source_does_not_hold_up_the_others() -> None:
    """What is there is given out while one source is still waiting."""
    gate = asyncio.Event()

    async def items(source: int) -> AsyncGenerator[Item]:
        if source == 0:
            await gate.wait()
        yield source, 0

    stream = merged(each(range(5)), items, workers=2, weigh=light)

    assert [await anext(stream) for _ in range(4)] == [(number, 0) for number in range(1, 5)]
    gate.set()
    assert [item async for item in stream] == [(0, 0)]


@pytest.mark.parametrize("workers", [1, 4])
async def test_reading_ahead_is_bounded(workers: int) -> None:
    """While nobody reads on, no more waits than fits, and an item a worker."""
    sources = Sources([1000] * 10)
    stream = sources.merged(workers, lambda _: 0.1)

    await anext(stream)
    await settle()

    assert 10 <= len(sources.given) <= 10 + workers
    await stream.aclose()


async def test_sources_are_not_begun_before_their_turn() -> None:
    """A list of sources without end is read as far as there are workers, not further."""
    sources = Sources([1000] * 1000)
    stream = sources.merged(3, lambda _: 0.1)

    await anext(stream)
    await settle()

    assert len(sources.begun) <= 4
    await stream.aclose()


async def test_an_item_heavier_than_the_room_comes_through() -> None:
    """An item of any weight is given out when nothing else waits."""
    items, error = await read(Sources([3, 3]).merged(2, lambda _: 100.0))

    assert error is None
    assert len(items) == 6


async def test_an_item_heavier_than_the_room_comes_through_after_lighter_ones() -> None:
    """Sums of fractions leave a little behind; a room given back is empty all the same."""
    weights = [0.1, 0.2, 0.3, 1.5]

    async def items(weight: float) -> AsyncGenerator[float]:
        if weight > 1:
            await settle()
        yield weight

    stream = merged(each(weights), items, workers=4, weigh=lambda weight: weight)
    async with asyncio.timeout(60):
        given = [weight async for weight in stream]

    assert given == weights


async def test_room_is_given_back() -> None:
    """What was read makes room for what comes: a stream of any length flows."""
    items, error = await read(Sources([500]).merged(1, lambda _: 0.5))

    assert error is None
    assert len(items) == 500


async def test_the_next_source_is_begun_before_others_are_handled() -> None:
    """When many answers come at once, new requests go out between them, not after all of them."""
    gate = asyncio.Event()
    log: list[str] = []

    async def items(source: int) -> AsyncGenerator[int]:
        log.append("begun")
        await gate.wait()
        yield source
        log.append("ended")

    reader = asyncio.create_task(
        read(merged(each(range(6)), items, workers=3, weigh=light))  # type: ignore[arg-type] # of numbers
    )
    await settle()
    gate.set()
    await reader

    assert log == ["begun"] * 3 + ["ended", "begun"] * 3 + ["ended"] * 3


async def test_an_error_comes_after_what_was_before_it() -> None:
    """The items a source gave before it failed are given out first."""
    failure = TransportError("reset")
    sources = Sources([5, 0], fails={0: failure})

    items, error = await read(sources.merged())

    assert items == [(0, number) for number in range(5)]
    assert error is failure
    assert sources.open == 0
    assert not others()


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(TransportError("reset"), id="an error of ours"),
        pytest.param(ExceptionGroup("children", [TransportError("reset")]), id="a group"),
        pytest.param(KeyError("a defect"), id="a defect"),
    ],
)
@pytest.mark.parametrize("busy", [0, 1000])
async def test_an_error_ends_all_sources(failure: Exception, busy: int) -> None:
    """The first error is raised as itself, and the other sources are closed."""
    sources = Sources([2, busy, busy], fails={0: failure})

    items, error = await read(sources.merged(weigh=lambda _: 0.1))

    assert error is failure
    assert [item for item in items if item[0] == 0] == [(0, 0), (0, 1)]
    assert sources.open == 0
    assert not others()


async def test_a_source_that_is_cut_off_is_no_end() -> None:
    """A cancellation within a source ends its task without an error, but not the stream."""

    async def cut(source: int) -> AsyncGenerator[Item]:
        yield source, 0
        if source:
            raise asyncio.CancelledError

    items, error = await read(merged(each([0, 1, 2]), cut, workers=2, weigh=light))

    assert isinstance(error, SourceError)
    assert (0, 0) in items


async def test_an_error_in_the_list_of_sources_comes_last() -> None:
    """Sources already begun are read to their end before the error is raised."""
    failure = TransportError("reset")
    sources = Sources([5, 5])

    async def numbers() -> AsyncGenerator[int]:
        yield 0
        yield 1
        raise failure

    items, error = await read(merged(numbers(), sources.items, workers=3, weigh=light))

    assert sorted(items) == sorted(sources.given)
    assert len(items) == 10
    assert error is failure


async def test_who_stops_reading_leaves_nothing_running() -> None:
    """Closing the stream closes every source and ends every task."""
    sources = Sources([1000] * 5)
    closed: list[str] = []

    async def numbers() -> AsyncGenerator[int]:
        try:
            async for number in sources.numbers():
                yield number
        finally:
            closed.append("sources")

    stream = merged(numbers(), sources.items, workers=3, weigh=lambda _: 0.1)
    await anext(stream)
    await settle()

    await stream.aclose()

    assert sources.open == 0
    assert closed == ["sources"]
    assert not others()


async def test_who_is_cancelled_leaves_nothing_running() -> None:
    """Cancelling the reader closes every source and ends every task."""
    sources = Sources([1000] * 5)
    reader = asyncio.create_task(read(sources.merged(weigh=lambda _: 0.1)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader

    assert sources.open == 0
    assert not others()


async def test_a_reader_cancelled_while_it_waits_leaves_nothing_running() -> None:
    """A stop of the resync reaches sources that have nothing to give."""
    stuck = Sources([0])

    async def items(_: int) -> AsyncGenerator[Item]:
        stuck.open += 1
        try:
            await asyncio.Event().wait()
            yield 0, 0
        finally:
            stuck.open -= 1

    stream = merged(stuck.numbers(), items, workers=3, weigh=light)
    reader = asyncio.create_task(read(stream))
    await settle()
    assert stuck.open == 1

    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader

    assert stuck.open == 0
    assert not others()


async def test_a_stream_that_is_never_read_starts_nothing() -> None:
    """Without a reader no source is begun."""
    sources = Sources([3])

    await sources.merged().aclose()

    assert sources.begun == []
    assert not others()


async def test_streams_of_streams() -> None:
    """Merged streams feed each other, as path parameters do, and close each other."""
    sources = Sources([7] * 7)

    async def more(item: Item) -> AsyncGenerator[Item]:
        yield item
        yield item

    doubled = merged(sources.merged(weigh=lambda _: 0.1), more, workers=2, weigh=lambda _: 0.1)
    items, error = await read(doubled)

    assert error is None
    assert sorted(items) == sorted([*sources.given, *sources.given])
    assert not others()


# --- in_batches --------------------------------------------------------------------------


Chunk = tuple[list[int], int]


async def batched(
    chunks: AsyncGenerator[Chunk],
    *,
    most_items: int = 10,
    most_bytes: int = 1000,
    linger: float = math.inf,
) -> tuple[list[list[int]], Exception | None]:
    """The batches of a stream of chunks, and the error it ends in."""
    batches: list[list[int]] = []
    stream = in_batches(chunks, most_items=most_items, most_bytes=most_bytes, linger=linger)
    try:
        async for batch in stream:
            batches.append(batch)  # noqa: PERF401 — a comprehension would lose what came before
    except (OceanCustomError, ExceptionGroup, OSError) as error:
        return batches, error
    return batches, None


@pytest.mark.parametrize(
    ("chunks", "lengths"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([0, 0, 0], [], id="empty chunks"),
        pytest.param([3], [3], id="one small chunk"),
        pytest.param([3, 3, 3, 3, 3], [10, 5], id="small chunks are gathered"),
        pytest.param([10], [10], id="exactly one batch"),
        pytest.param([10, 10], [10, 10], id="exactly two"),
        pytest.param([35], [10, 10, 10, 5], id="a huge chunk is split"),
        pytest.param([1, 19], [10, 10], id="both"),
    ],
)
async def test_batches(chunks: list[int], lengths: list[int]) -> None:
    """Small pages are gathered and huge ones split; only the last batch is smaller."""
    batches, error = await batched(each([(list(range(length)), 1) for length in chunks]))

    assert error is None
    assert [len(batch) for batch in batches] == lengths


@given(
    chunks=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1500)), max_size=20),
    most_items=st.integers(1, 20),
    linger=st.sampled_from([0.0, math.inf]),
)
def test_batches_hold_every_item_in_order(
    chunks: list[tuple[int, int]], most_items: int, linger: float
) -> None:
    """Whatever the chunks, their items come once, in order, in batches that are not too large."""
    numbers = iter(range(1000))
    filled = [([next(numbers) for _ in range(length)], size) for length, size in chunks]

    batches, error = asyncio.run(batched(each(filled), most_items=most_items, linger=linger))

    assert error is None
    assert [item for batch in batches for item in batch] == list(range(next(numbers)))
    assert all(1 <= len(batch) <= most_items for batch in batches)


async def test_heavy_items_make_small_batches() -> None:
    """A batch is given out when it reaches its size in bytes, however few items it has."""
    chunks: list[Chunk] = [([1], 600), ([2], 600), ([3], 600), ([4], 100)]

    batches, _ = await batched(each(chunks))

    assert batches == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(TransportError("reset"), id="an error of ours"),
        pytest.param(ExceptionGroup("children", [TransportError("reset")]), id="a group"),
    ],
)
@pytest.mark.parametrize("linger", [0.0, math.inf])
async def test_what_came_before_an_error_is_yielded_first(
    failure: Exception, linger: float
) -> None:
    """When the chunks end in an error, their items reach the catalog, and then the error does."""

    async def chunks() -> AsyncGenerator[Chunk]:
        yield [1, 2], 1
        yield [3], 1
        raise failure

    batches, error = await batched(chunks(), linger=linger)

    assert error is failure
    assert [item for batch in batches for item in batch] == [1, 2, 3]


@pytest.mark.parametrize("linger", [0.0, math.inf])
async def test_a_timeout_among_the_chunks_is_no_waiting(linger: float) -> None:
    """An error that happens to be a timeout ends the batches in that error."""
    failure = TimeoutError("in a chunk")

    async def chunks() -> AsyncGenerator[Chunk]:
        yield [1, 2], 1
        raise failure

    _, error = await batched(chunks(), linger=linger)

    assert error is failure


async def test_a_waiting_batch_is_given_out() -> None:
    """A batch does not wait for ever for a slow API to fill it."""
    gate = asyncio.Event()

    async def chunks() -> AsyncGenerator[Chunk]:
        yield [1], 1
        await gate.wait()
        yield [2], 1

    stream = in_batches(chunks(), most_items=10, most_bytes=1000, linger=0)

    assert await anext(stream) == [1]
    gate.set()
    assert [batch async for batch in stream] == [[2]]


@pytest.mark.parametrize("linger", [0.0, math.inf])
async def test_who_stops_reading_batches_closes_the_chunks(linger: float) -> None:
    """Closing the batches closes what they are made of, and leaves no task."""
    closed = False

    async def chunks() -> AsyncGenerator[Chunk]:
        nonlocal closed
        try:
            for number in range(1000):
                yield [number] * 4, 1
                await asyncio.sleep(0)
        finally:
            closed = True

    stream = in_batches(chunks(), most_items=10, most_bytes=1000, linger=linger)
    await anext(stream)

    await stream.aclose()

    assert closed
    assert not others()


@pytest.mark.parametrize("linger", [0.0, math.inf])
async def test_who_is_cancelled_while_a_batch_fills_closes_the_chunks(linger: float) -> None:
    """A stop of the resync reaches an API that does not answer."""
    closed = False

    async def chunks() -> AsyncGenerator[Chunk]:
        nonlocal closed
        try:
            yield [1], 1
            await asyncio.Event().wait()
        finally:
            closed = True

    reader = asyncio.create_task(batched(chunks(), linger=linger))
    await settle()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader

    assert closed
    assert not others()


async def test_each() -> None:
    """What is already there is a stream too."""
    assert [item async for item in each([3, 1, 2])] == [3, 1, 2]
