"""When a request is sent again, and after how long.

The retries are tenacity's: they stand above the whole exchange (signing, redirects, the
body to its last byte), so that a body cut short is retried like a refused connection.
Ocean's own retry layer cannot do that: it ends where the body begins, retries a 401 for
minutes, and does not know HTTP dates in ``Retry-After``.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential_jitter

from errors import SourceError
from json_values import Json
from paging.signals import reasons_in

MAX_ATTEMPTS = 10
RESET_HEADERS = (
    "X-RateLimit-Reset",
    "RateLimit-Reset",
    "X-Rate-Limit-Reset",
    "X-Contentful-RateLimit-Reset",
)
REMAINING_HEADERS = ("X-RateLimit-Remaining", "RateLimit-Remaining", "X-Rate-Limit-Remaining")
# What errors in bodies call a limit that is reached, in small letters, without "_".
RATE_LIMIT_CODES = frozenset(
    {
        "complexityexception",  # https://developer.monday.com/api-reference/docs/rate-limits
        "ratelimited",  # https://linear.app/developers/rate-limiting and GitHub's GraphQL
        "ratelimitexceeded",  # https://developers.google.com/drive/api/guides/handle-errors
        "throttled",  # https://shopify.dev/docs/api/usage/limits
        "userratelimitexceeded",
    }
)
_CODE_KEYS = ("code", "error_code", "reason", "type")
_EPOCH = 1_000_000_000  # a larger number of seconds is a date, a smaller one a duration
_MILLISECONDS = 100_000_000_000  # a larger number is a date in milliseconds: in seconds, of 5138
_FIRST_WAIT = 0.25  # seconds, doubled with every attempt
_LONGEST_WAIT = 30.0  # seconds

_backoff = wait_exponential_jitter(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT, jitter=_FIRST_WAIT)


def backoff(failures: int) -> float:
    """Seconds to leave a service alone after so many failures in a row."""
    return min(_FIRST_WAIT * 2.0 ** (failures - 1), _LONGEST_WAIT)


OnRetry = Callable[[SourceError, float], None]


def is_rate_limited(status: int, headers: httpx.Headers, body: Json = None) -> bool:
    """Whether an answer only asks to come later.

    429, 403 that says so in its headers, or any answer whose error has such a code.
    https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    if status == httpx.codes.TOO_MANY_REQUESTS or not RATE_LIMIT_CODES.isdisjoint(_codes(body)):
        return True
    return status == httpx.codes.FORBIDDEN and (
        "Retry-After" in headers
        or any(headers.get(name, "").strip() == "0" for name in REMAINING_HEADERS)
    )


def _codes(body: Json) -> Iterator[str]:
    """The codes of the errors an answer reports, in small letters, without "_"."""
    reported = [*reasons_in(body).values()] if isinstance(body, dict) else []
    while reported:
        match reported.pop():
            case dict() as error:
                yield from (
                    code.lower().replace("_", "")
                    for key in _CODE_KEYS
                    if isinstance(code := error.get(key), str)
                )
                reported += error.values()
            case list() as errors:
                reported += errors


def parse_retry_after(
    status: int, headers: httpx.Headers, now: datetime | None = None, *, body: Json = None
) -> float | None:
    """Seconds to wait by ``Retry-After`` (RFC 9110, 10.2.3), or until a rate limit is reset.

    Seconds or a date in either, a date also as seconds or milliseconds since 1970; None when
    no header says anything that can be read, 0 for a date that has passed. Reset headers come
    with every answer of some APIs: they count only when the answer is about the limit.
    """
    names = ("Retry-After", *(RESET_HEADERS if is_rate_limited(status, headers, body) else ()))
    return _first_wait(headers, names, now or datetime.now(UTC))


def seconds_to_reset(headers: httpx.Headers, in_flight: int, now: datetime | None = None) -> float:
    """Seconds to send nothing after an answer, as its limit leaves no further request; else 0.

    What remains must do for the requests ``in_flight``, which the API may not have counted yet.
    0 too when no header tells when the limit is reset.
    """
    told = (headers[name].strip() for name in REMAINING_HEADERS if name in headers)
    # int refuses some thousand digits; to float they are infinite.
    remaining = next((float(text) for text in told if text.isascii() and text.isdigit()), math.inf)
    if remaining > in_flight:
        return 0.0
    return _first_wait(headers, RESET_HEADERS, now or datetime.now(UTC)) or 0.0


def _first_wait(headers: httpx.Headers, names: Iterable[str], now: datetime) -> float | None:
    """The seconds that the first of these headers that can be read tells of."""
    told = (headers[name] for name in names if name in headers)
    return next((wait for text in told if (wait := _seconds(text.strip(), now)) is not None), None)


def _seconds(text: str, now: datetime) -> float | None:
    try:
        seconds = float(text)
        seconds = seconds / 1000 if seconds > _MILLISECONDS else seconds
    except ValueError:
        try:
            date = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(seconds):
        return None
    return max(0.0, seconds - now.timestamp() if seconds > _EPOCH else seconds)


async def retried[Result](
    attempt: Callable[[], Awaitable[Result]],
    max_wait: float,
    on_retry: OnRetry,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Result:
    """The result of an attempt that is made until it succeeds or is not worth another.

    It is made at most ``MAX_ATTEMPTS`` times and waits at most ``max_wait`` seconds in
    all, however long the API asks to be left alone; the last error is raised. ``on_retry``
    learns of each error and the wait after it.
    """
    try:
        return await attempt()
    except SourceError as error:
        first = iter([error])

    # Most attempts succeed at once, and what tenacity does about each adds up over thousands of
    # requests: it is told of the first failure, and goes on from there.
    async def again() -> Result:
        for error in first:
            raise error
        return await attempt()

    return await _retrying(max_wait, on_retry).copy(sleep=sleep)(again)


def _retrying(max_wait: float, on_retry: OnRetry) -> AsyncRetrying:

    def is_over(state: RetryCallState) -> bool:
        return state.attempt_number >= MAX_ATTEMPTS or state.idle_for >= max_wait

    def wait(state: RetryCallState) -> float:
        wanted = max(_backoff(state), _error(state).retry_after or 0.0)
        return min(wanted, max_wait - state.idle_for)

    def before_sleep(state: RetryCallState) -> None:
        on_retry(_error(state), state.upcoming_sleep)

    return AsyncRetrying(
        retry=retry_if_exception(_is_transient),
        wait=wait,
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
