"""How long something may take, where a mistake would make it take for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

CPU_SECONDS = 30
"""Far more than the slowest machine needs for what takes a part of a second."""


@contextmanager
def in_bounded_time() -> Iterator[None]:
    """Fails when the block takes this process more than ``CPU_SECONDS`` of work."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < CPU_SECONDS
