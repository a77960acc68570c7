"""Requests that are sent before a walk comes to them, as they very likely follow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice

from answers import Answer
from client import ApiClient
from errors import ResponseError
from paging.model import PageRequest
from transport.bodies import MIB

AHEAD_OF_WALK = 32 * MIB
"""Bytes of bodies that one walk asks for ahead, as far as the last one's size tells."""

Ahead = dict[str, asyncio.Task[Answer]]
"""What a walk has asked for ahead, by the keys of the requests."""


class Prefetch:
    """Sends requests ahead; the walks over one API share a number of ``places``."""

    def __init__(self, client: ApiClient, places: int) -> None:
        self._client = client
        self._free = places

    async def answer(
        self, request: PageRequest, ahead: Ahead, *, believes_refusals: bool
    ) -> Answer | None:
        """The answer to a request; None where it was refused before its turn.

        Some APIs give a page only after the one before it. With ``believes_refusals`` it is known
        that this one says so of a page that is not there. Raises what else ``send`` raises.
        """
        task = ahead.get(request.key) if ahead else None
        if task is None:
            return await self._client.send(request)
        try:
            answer = await task
        except ResponseError as error:
            if error.transient:
                raise
            return None
        # By now it may be known that there should be such a page.
        is_absent = believes_refusals and answer.status in request.absent_statuses
        if answer.refusal and not is_absent:
            return None
        del ahead[request.key]
        self._free += 1
        return answer

    def begin(
        self,
        ahead: Ahead,
        upcoming: PageRequest,
        following: Callable[..., Iterator[PageRequest]],
        size: int,
    ) -> None:
        """Start requests as far as places are free.

        ``following`` gives them, ``upcoming`` first, without as many as have ``begun``; ``size``
        is that of the last body, in bytes.
        """
        window = min(len(ahead) + self._free, AHEAD_OF_WALK // max(size, 1))
        # Those under way are the next ones, unless the walk goes on in another way by now.
        begun = len(ahead) if upcoming.key in ahead else 0
        for request in islice(following(begun=begun), max(0, window - begun)):
            if self._free and request.key not in ahead:
                self._free -= 1
                ahead[request.key] = asyncio.create_task(self._client.send(request))

    async def drop(self, ahead: Ahead) -> None:
        """Give up what a walk has asked for and does not need."""
        self._free += len(ahead)
        for task in ahead.values():
            task.cancel()
        await asyncio.gather(*ahead.values(), return_exceptions=True)
        ahead.clear()
