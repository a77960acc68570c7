"""Retries are summed up, and waits for limits counted once, by a clock of the test."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from loguru import logger

from errors import TransportError
from transport.waits import QUIET_SECONDS, RetryLog, Stopwatch


@dataclass
class Clock:
    """A clock that goes on when told."""

    now: float = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Every line meanwhile."""
    logger.remove()
    text = io.StringIO()
    sink = logger.add(text, format="{level} {message}")
    yield text
    logger.remove(sink)


def test_an_outage_of_a_minute_is_a_handful_of_lines(log: io.StringIO) -> None:
    """The first retry is told at once, then one in ten seconds, with the number of the others."""
    clock = Clock()
    retries = RetryLog(clock)
    for _ in range(600):
        retries.note(TransportError("GET /items: refused"), 2.0)
        clock.now += 0.125

    first, second, *rest = log.getvalue().splitlines()
    assert first == "WARNING GET /items: refused; trying again in 2.0 seconds"
    assert second == f"{first}; 79 other retries since the last such line"
    assert len(rest) == 6


def test_retries_far_apart_are_all_told(log: io.StringIO) -> None:
    """Nothing is held back where there is little to say."""
    clock = Clock()
    retries = RetryLog(clock)
    for _ in range(3):
        retries.note(TransportError("refused"), 1.0)
        clock.now += QUIET_SECONDS

    assert log.getvalue().splitlines() == ["WARNING refused; trying again in 1.0 seconds"] * 3


def test_waits_side_by_side_count_once() -> None:
    """Two requests that wait from 0 to 3 and from 2 to 5 make five seconds."""
    clock = Clock()
    stopwatch = Stopwatch(clock)
    with ExitStack() as other:
        with stopwatch:
            clock.now += 2
            other.enter_context(stopwatch)
            clock.now += 1
        assert stopwatch.seconds == 3
        clock.now += 2
    clock.now += 60

    assert stopwatch.seconds == 5
