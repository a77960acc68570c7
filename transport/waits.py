"""What is said of requests that are sent again, and how long requests wait for limits."""

import math
import time
from collections.abc import Callable

from loguru import logger

from errors import SourceError

QUIET_SECONDS = 10.0
"""Between two lines about retries: an API that is down has thousands of them."""

Clock = Callable[[], float]
"""Gives seconds, from any beginning."""


class RetryLog:
    """Logs the first retry at once, then at most one line in ten seconds for all since."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._quiet_until = -math.inf
        self._unlogged = 0

    def note(self, error: SourceError, wait: float) -> None:
        """Log that a request failed and is sent again after ``wait`` seconds, or count it."""
        now = self._clock()
        if now < self._quiet_until:
            self._unlogged += 1
            return
        others = (
            f"; {self._unlogged} other retries since the last such line" if self._unlogged else ""
        )
        logger.warning(f"{error}; trying again in {wait:.1f} seconds{others}")
        self._quiet_until, self._unlogged = now + QUIET_SECONDS, 0


class Stopwatch:
    """The seconds in which at least one request waits: side by side they count once.

    ``with`` it a request waits.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._waiting = 0
        self._since = 0.0
        self._elapsed = 0.0

    @property
    def seconds(self) -> float:
        """So far."""
        return self._elapsed + (self._clock() - self._since if self._waiting else 0.0)

    def __enter__(self) -> None:
        if not self._waiting:
            self._since = self._clock()
        self._waiting += 1

    def __exit__(self, *_: object) -> None:
        self._waiting -= 1
        if not self._waiting:
            self._elapsed += self._clock() - self._since
