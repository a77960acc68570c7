"""When a request is sent again, and after how long.

The retries are tenacity's. They repeat the whole exchange: signing, redirects, the body to its last
byte. So a body that is cut short is retried like a refused connection. Ocean's own retries cannot
do that: they end where the body begins. They also repeat a 401 for minutes, and do not know HTTP
dates in ``Retry-After``. How long an API asks to be left alone is read in ``rate_limit``.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential_jitter

from errors import SourceError, TransportError

MAX_ATTEMPTS = 10
_FIRST_WAIT = 0.25  # seconds, doubled with every attempt
_LONGEST_WAIT = 30.0  # seconds

_backoff = wait_exponential_jitter(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT, jitter=_FIRST_WAIT)


def backoff(failures: int) -> float:
    """Seconds to leave a service alone after ``failures`` in a row."""
    return min(_FIRST_WAIT * 2.0 ** (failures - 1), _LONGEST_WAIT)


OnRetry = Callable[[SourceError, float], None]


async def retried[Result](
    attempt: Callable[[], Awaitable[Result]],
    max_wait: float,
    on_retry: OnRetry,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    patience: float = math.inf,
) -> Result:
    """The result of an attempt that is made until it succeeds or is not worth another.

    ``max_wait`` bounds all its waits together, in seconds. Where the API asks for a wait, that
    is what bounds it; otherwise it is made ``MAX_ATTEMPTS`` times at most. The last error is
    raised: at once where the API asks for a longer wait than is left, as the same answer would
    come again. ``patience``: seconds, with those of the attempts, after which a request that
    nothing answers is not repeated. ``on_retry`` learns of each error and the wait after it.
    """
    begun_at = time.monotonic()
    try:
        return await attempt()
    except SourceError as error:
        first = iter([error])

    # Most attempts succeed at once, and what tenacity does for each adds up over thousands of
    # requests: it gets the first failure, and goes on from there.
    async def again() -> Result:
        for error in first:
            raise error
        return await attempt()

    budget = _Budget(max_wait, begun_at + patience)
    return await _retrying(budget, on_retry).copy(sleep=sleep)(again)


class _Budget:
    """What one request may still cost: attempts of its own, and seconds to wait."""

    def __init__(self, max_wait: float, given_up_at: float) -> None:
        self._max_wait = max_wait
        self._given_up_at = given_up_at  # where nothing answers
        self._unasked = 0

    def is_spent(self, state: RetryCallState) -> bool:
        """Whether another attempt is out of the question."""
        asked = _error(state).retry_after or 0.0
        self._unasked += not asked
        if asked > self._left(state):
            if not _error(state).waits_unasked:
                _error(state).about(note=self._note(asked, self._left(state)))
            return True
        return self._unasked >= MAX_ATTEMPTS or not self._left(state)

    def _note(self, asked: float, left: float) -> str:
        return (
            f"the API asks to wait {math.ceil(asked)} seconds, but only {math.floor(left)} of"
            f" maxRetryWait ({self._max_wait:.0f}) are left; raise it to wait that long"
        )

    def wait(self, state: RetryCallState) -> float:
        """Seconds before the next attempt."""
        wanted = max(_backoff(state), _error(state).retry_after or 0.0)
        return min(wanted, self._left(state))

    def _left(self, state: RetryCallState) -> float:
        left = self._max_wait - state.idle_for
        if isinstance(_error(state), TransportError):
            left = min(left, self._given_up_at - time.monotonic())
        return max(0.0, left)


def _retrying(budget: _Budget, on_retry: OnRetry) -> AsyncRetrying:
    def before_sleep(state: RetryCallState) -> None:
        on_retry(_error(state), state.upcoming_sleep)

    return AsyncRetrying(
        retry=retry_if_exception(_is_transient),
        wait=budget.wait,
        stop=budget.is_spent,
        before_sleep=before_sleep,
        reraise=True,
    )


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, SourceError) and error.transient


def _error(state: RetryCallState) -> SourceError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, SourceError)  # noqa: S101 — nothing else is retried
    return error
