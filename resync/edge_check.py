"""Whether a page comes before the first one of the walks over an endpoint, or is hidden by it."""

from __future__ import annotations

import asyncio

from errors import DoubtfulEndError, OceanCustomError, PaginationError, SourceError
from paging.experiments import Shown, begins_before, compared, places
from paging.levels import unless_hollow
from paging.model import Page, PageRequest
from paging.paginator import ACCEPT
from resync.completeness import Asked, Completeness
from resync.walk import Walker

# Walks asked whether a page comes before their first, as long as both are empty.
MAX_START_CHECKS = 5
_FROM_ZERO = "set startPage to 0"


class EdgeCheck:
    """Asks whether a page comes before the first one of the walks over an endpoint.

    Beside the walks: one walk settles it, unless neither page has rows; then another one is
    asked, a few times.
    """

    def __init__(self, walker: Walker, source: Completeness) -> None:
        self._walker = walker
        self.source = source
        self._left = MAX_START_CHECKS
        self._first: Asked | None = None
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
        self._first = first
        self.task = asyncio.create_task(self._refuse_page_before(first))

    async def settle(self) -> None:
        """Wait for what is under way, and settle what all walks have left in doubt.

        Raises PaginationError when there are rows that were not read, BodyError when an answer
        was no page, and what ``ApiClient.send`` raises.
        """
        await self._walker.settle(self.source)
        self.check()
        while self.task and not await self.task and self.source.first and self._left:
            self.check()
        if self._first and not self.source.has_rows and not self.source.is_cut:
            await self._refuse_hidden(self._first)

    async def _refuse_hidden(self, first: Asked) -> None:
        """Raise DoubtfulEndError when a list is empty only by the position it is asked for by.

        A number that is no position may filter: ``until=1`` gives what came before 1970.
        """
        request, by = self.source.paginator.unplaced(first.request), self.source.paginator.leads_by
        # Rows that are there by their position, too, have come meanwhile.
        if (
            request is None
            or not await self._has_rows(request)
            or await self._has_rows(first.request)
        ):
            return
        doubt = DoubtfulEndError(
            f"no rows came, but there are some without {by}",
            f"set paginationType, paginationParam and startPage to how the API pages ({ACCEPT})",
        ).about(request=self._walker.client.named(first.request))
        if not self._walker.is_accepted(doubt, first.request, self.source):
            raise doubt

    async def _has_rows(self, request: PageRequest) -> bool:
        """Whether a request gives rows; one that fails does not, as some need their position."""
        try:
            page = (await self._walker.page_of(request, self.source)).page
        except OceanCustomError:
            return False
        return bool(page.rows) and not page.is_single

    async def _begins(self, first: Asked) -> bool:
        """Whether a page of fewer rows begins where this does: of pages, that is the first one.

        What stands at 0 comes later, then, as some give the last page there.
        """
        is_paged = self.source.endpoint.pagination.type == "page"
        fewer = self.source.paginator.of_fewer(first.request, first.page) if is_paged else None
        other = (await self._walker.page_of(fewer, self.source)).page if fewer else None
        there = places(first.page, other)
        return None not in there and 0 < len(there) < len(first.page.rows)

    async def _refuse_page_before(self, first: Asked) -> bool:
        """Raise PaginationError when rows come before the first page of a walk.

        Asked for once, and only where the first page leaves that open. Gives whether this walk
        settles it: empty pages do not. Raises what ``send`` raises, too.
        """
        before = self.source.paginator.before(first.request, first.page)
        if before is None:
            return True
        page = unless_hollow((await self._walker.page_of(before, self.source)).page, first.page)
        remedy = _remedy(first.page, page)
        if remedy:
            # Rows may have been added meanwhile, or tell nothing as their values move.
            again = (await self._walker.page_of(first.request, self.source)).page
            is_steady = _remedy(first.page, again) is None and _remedy(again, page) == remedy
            is_else = is_steady and remedy == _FROM_ZERO and await self._begins(first)
            remedy = remedy if is_steady and not is_else else None
        if remedy:
            what = self.source.endpoint.pagination.type
            raise PaginationError(
                f"{what} 0 has rows that {what} 1 does not have",
                remedy=remedy if what == "page" else "set start_offset to 0",
                request=self._walker.client.named(before),
            )
        return bool(first.page.rows or page.rows)


def _remedy(first: Page, before: Page) -> str | None:
    """How to read the rows of a page before the first one that this does not have, if any."""
    if compared(first, before) is Shown.OTHERS:
        return _FROM_ZERO
    return "set paginationType to offset" if begins_before(first, before) else None
