"""Whether the whole API is down: found out once a resync, not once a kind.

Where no request of a kind succeeded, its retries did not help. To wait as long for each kind after
it would take hours. So these make one attempt each. As soon as one succeeds, all is normal again.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable

from loguru import logger

from errors import SourceError, TransportError


class Outage:
    """Whether the API is down, by the requests of a resync, one kind after the other.

    ``patience``: seconds after which a request that nothing answers is not repeated, where a person
    waits; of a kind whose one attempt that is, it is given up then.
    """

    def __init__(self) -> None:
        self.patience = math.inf
        self._is_down = False
        self._has_answered = False  # since the kind in work began
        self._was_found_here = False  # by the kind in work
        self._failed_attempt = False  # the one that the kind in work had
        self._attempt = asyncio.Lock()

    def begin_kind(self) -> None:
        """Before the first request of a kind."""
        self._has_answered = self._was_found_here = self._failed_attempt = False

    async def send[Result](
        self, send: Callable[[float], Awaitable[Result]], max_wait: float
    ) -> Result:
        """What ``send`` gives; it takes the seconds that its retries may wait in all.

        Raises what ``send`` raises, and TransportError, without sending, when the API is down and
        the kind had its attempt. Requests side by side wait for the outcome of that.
        """
        if not self._is_down:
            return await self._observed(send, max_wait)
        if self._was_found_here:
            return await self._observed(send, 0.0)
        async with self._attempt:
            if self._failed_attempt:
                raise TransportError("not sent: the API is down, and this kind was tried once")
            if self._is_down:
                try:
                    return await self._observed(self._patiently(send), 0.0)
                except SourceError as error:
                    # An API that only asks to come later is not down.
                    if self._is_down or not error.transient:
                        raise
        return await self._observed(send, max_wait)

    def _patiently[Result](
        self, send: Callable[[float], Awaitable[Result]]
    ) -> Callable[[float], Awaitable[Result]]:
        """The same within ``patience``; raises TransportError behind it."""

        async def soon(max_wait: float) -> Result:
            try:
                async with asyncio.timeout(None if math.isinf(self.patience) else self.patience):
                    return await send(max_wait)
            except TimeoutError:
                told = f"no complete answer within {self.patience:.0f} seconds"
                raise TransportError(told) from None

        return soon

    async def _observed[Result](
        self, send: Callable[[float], Awaitable[Result]], max_wait: float
    ) -> Result:
        try:
            result = await send(max_wait)
        except SourceError as error:
            if error.is_outage:
                if self._is_down and not max_wait:
                    error.about(note="tried once, as nothing answered before")
                self._note_failure()
            else:
                self._note_answer()
            raise
        self._note_answer()
        return result

    def _note_answer(self) -> None:
        self._has_answered, self._is_down = True, False

    def _note_failure(self) -> None:
        if self._has_answered:
            return
        if self._is_down:
            self._failed_attempt = True
            return
        self._is_down = self._was_found_here = True
        logger.warning(
            "the API seems to be down: no request of this kind was answered; until one is, the"
            " kinds after it are tried once each"
        )
