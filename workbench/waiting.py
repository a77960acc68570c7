"""What a command tells a person while it waits for an API: for what, how long, and what it got."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from rich.console import Console
from rich.status import Status

from transport.observer import Exchange, PageRead

_QUIET: Final = 5.0  # seconds without a word
_TICK: Final = 1.0  # seconds


class Waiting:
    """An observer that tells of requests without an answer; ``longest``: seconds one may take."""

    def __init__(self, console: Console, status: Status, longest: float) -> None:
        self._console = console
        self._status = status
        self._longest = longest
        self._subject = ""
        self._since = time.monotonic()
        self._last_status: int | None = None
        self._told: set[str] = set()

    def begin(self, subject: str) -> None:
        """Say what is asked now."""
        self._subject = f"{subject} …"
        self._status.update(self._subject)

    def exchanged(self, exchange: Exchange) -> None:
        """Tell of a request that got no answer, once for each URL."""
        self._since, self._last_status = time.monotonic(), exchange.status
        self._status.update(self._subject)
        if exchange.status is None:
            self._tell(f"no answer yet: {exchange.method} {exchange.url}")

    def read(self, page: PageRead) -> None:
        """A page is known by its request."""

    def _tell(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            seconds = time.monotonic() - self._since
            if seconds < _QUIET:
                continue
            why = f"no answer for {seconds:.0f} of {self._longest:.0f} s at most"
            if self._last_status in {429, 503}:
                why = f"waits, as the API answered {self._last_status}"
            self._status.update(f"{self._subject} {why}")
            if not self._console.is_terminal:
                self._tell(f"{self._subject} waiting (a request may take {self._longest:.0f} s)")


@asynccontextmanager
async def waiting(longest: float) -> AsyncIterator[Waiting]:
    """Somebody who tells, on stderr, what is waited for."""
    console = Console(stderr=True)
    with console.status("Asking …") as status:
        one = Waiting(console, status, longest)
        ticking = asyncio.ensure_future(one._watch())  # noqa: SLF001 (its own)
        try:
            yield one
        finally:
            ticking.cancel()
