"""When a request is sent again, and after how long.

The retries are tenacity's: they stand above the whole exchange (signing, redirects, the
body to its last byte), so that a body cut short is retried like a refused connection.
Ocean's own retry layer cannot do that: it ends where the body begins, retries a 401 for
minutes, and does not know HTTP dates in ``Retry-After``.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential_jitter

from errors import SourceError

MAX_ATTEMPTS = 10
MAX_RETRY_AFTER = 60.0  # seconds; an API that asks for more is asked again after these
_FIRST_WAIT = 0.25  # seconds, doubled with every attempt
_LONGEST_WAIT = 30.0  # seconds

_backoff = wait_exponential_jitter(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT, jitter=_FIRST_WAIT)

OnRetry = Callable[[SourceError, float], None]


def parse_retry_after(headers: httpx.Headers, now: datetime | None = None) -> float | None:
    """Seconds to wait by ``Retry-After`` (RFC 9110, 10.2.3: seconds or a date), capped.

    None when the header is absent or is neither; a date that has passed is 0.
    """
    value = headers.get("Retry-After", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
        except ValueError:
            return None
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        seconds = (date - (now or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER) if seconds == seconds else None  # noqa: PLR0124 — NaN


def retrying(max_wait: float, on_retry: OnRetry) -> AsyncRetrying:
    """Retries for one request.

    It is sent at most ``MAX_ATTEMPTS`` times and waits at most ``max_wait`` seconds in
    all; the last error is raised. ``on_retry`` learns of each error and the wait after it.
    """

    def is_over(state: RetryCallState) -> bool:
        return (
            state.attempt_number >= MAX_ATTEMPTS or state.idle_for + state.upcoming_sleep > max_wait
        )

    def before_sleep(state: RetryCallState) -> None:
        on_retry(_error(state), state.upcoming_sleep)

    return AsyncRetrying(
        retry=retry_if_exception(_is_transient),
        wait=_wait,
        stop=is_over,
        before_sleep=before_sleep,
        reraise=True,
    )


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, SourceError) and error.transient


def _error(state: RetryCallState) -> SourceError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, SourceError)  # noqa: S101 — nothing else is retried
    return error


def _wait(state: RetryCallState) -> float:
    return max(_backoff(state), _error(state).retry_after or 0.0)
