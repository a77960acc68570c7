"""Whether a page comes before the first one of the walks over an endpoint."""

from __future__ import annotations

import asyncio

from errors import SourceError
from resync.completeness import Completeness
from resync.walk import Walker

# Walks asked whether a page comes before their first, as long as both are empty.
MAX_START_CHECKS = 5


class EdgeCheck:
    """Asks whether a page comes before the first one of the walks over an endpoint.

    Beside the walks: one walk settles it, unless neither page has rows; then another one is
    asked, a few times.
    """

    def __init__(self, walker: Walker, source: Completeness) -> None:
        self._walker = walker
        self.source = source
        self._left = MAX_START_CHECKS
        self.task: asyncio.Task[bool] | None = None

    def check(self) -> None:
        """Start a check when there is something to check and none is under way.

        Raises PaginationError at once when a check found one. That a request failed is raised by
        ``settle``, when all else has been read.
        """
        first = self.source.first
        if first is None or not self._left or (self.task and not self.task.done()):
            return
        if self.task and (isinstance(self.task.exception(), SourceError) or self.task.result()):
            self._left = 0
            return
        self._left -= 1
        self.source.first = None
        self.task = asyncio.create_task(self._walker.refuse_page_before(first, self.source))

    async def settle(self) -> None:
        """Wait for what is under way, and settle what all walks have left in doubt.

        Raises PaginationError when there are rows that were not read, BodyError when an answer
        was no page, and what ``ApiClient.send`` raises.
        """
        await self._walker.settle(self.source)
        self.check()
        while self.task and not await self.task and self.source.first and self._left:
            self.check()
