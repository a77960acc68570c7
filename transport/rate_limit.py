"""Rate limits in every form: whether an answer says that one is reached, and how long to wait.

What an answer says is read from its status, from any header whose name speaks of a limit, and
from its error report: no list of vendors is needed. ``RateLimit`` keeps what the API said last,
and holds requests back before they would be refused.
"""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

import httpx
from loguru import logger

from json_values import Json

# Parts of the codes by which error reports tell of a limit, in small letters, letters only:
# RATE_LIMITED, userRateLimitExceeded, THROTTLED, ComplexityException, QuotaExceeded …
_LIMIT_WORDS = (
    "ratelimit", "throttl", "complexity", "budget", "quota", "toomanyrequests", "toomanyconcurrent",
    "concurrencylimit", "concurrencyexceeded", "requestlimitexceeded", "dailylimitexceeded",
)  # fmt: skip
_NOT_FOUND = frozenset({404, 410})
# A refusal, a conflict, a lock, too early: these may pass (RFC 9110, 15.5.10; RFC 4918, 11.3; RFC
# 8470, 5.2), where the others say of the request itself that it is wrong.
_MAY_COME_AGAIN = frozenset({403, 409, 423, 425})
_CODE_KEYS = ("code", "reason", "type", "status", "error")
# A message is no code, wherever it stands: it counts when it says so in full.
_LIMIT_MESSAGE = re.compile(
    r"(?:rate.?limit\w*|limit rate|(?:request|call|daily).limit|concurrency(?:.limit)?|quota"
    r"|(?:complexity.)?budget)\s+(?:has been\s+|was\s+)?(?:exceeded|exhausted|reached)"
    r"|exceeded (?:[\w-]+ ){0,4}rate.?limit|too many requests",
    re.IGNORECASE,
)
_CODE = re.compile(r"\S+")
_AGAIN = re.compile("reset|wait")  # in the name of a header that says when, or how long to wait
_WAIT_MESSAGE = re.compile(
    r"\b(?:reset|retry|try again|wait)\b[^\d\n]{0,20}"
    r"(\d{1,6}(?:\.\d{1,6})?) ?(ms|s|seconds|minutes)\b",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"(?:(\d{1,4})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?)s)?(?:(\d{1,9}(?:\.\d{1,9})?)ms)?"
)
_REMAINING_FIELD = re.compile(r"\b(?:remaining|r)=(\d{1,18})\b", re.IGNORECASE)
_RESET_FIELD = re.compile(r"\b(?:reset|t)=(\d{1,18})\b", re.IGNORECASE)
_NOT_LETTERS = re.compile(r"[^a-z0-9]")
_EPOCH = 1_000_000_000  # a larger number of seconds is a date, a smaller one a duration
_MILLISECONDS = 100_000_000_000  # a larger number of seconds would be a date after 5138
_DEEPEST = 8  # objects and lists of an error report
_MOST_NODES = 500  # values of an error report that are looked at
# Seconds that a limit may be reset early: headers give whole ones, by another clock.
_RESET_TOLERANCE = 2.0
# Successes by which nothing remained, and never anything did: what counts down gives 0 but once
# until it is reset.
_ALWAYS_ZERO = 3


# --- what one answer says --------------------------------------------------------------


def is_rate_limited(
    status: int, headers: httpx.Headers, report: Json = None, *, further_header: str = ""
) -> bool:
    """Whether an answer only asks to come later.

    429; a 403, 409, 423 or 425 with ``Retry-After`` or ``further_header``; any failure (401 apart)
    whose headers leave no request; or any answer whose error report has a code that says so, but
    for one that something is not found: ``BudgetNotFound``. ``report`` is the body of a failure
    or, of a success, its error report alone.
    https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return True
    if status == httpx.codes.UNAUTHORIZED:
        return False
    says_more = report is not None and status not in _NOT_FOUND
    if says_more and any(True for _ in _limits_in(report)):
        return True
    asks_to_wait = "Retry-After" in headers or further_header in headers
    if status in _MAY_COME_AGAIN and asks_to_wait:
        return True
    failed = not httpx.codes.is_success(status)
    return failed and any(remaining == 0 for _, remaining, _ in _windows(headers))


def without_numbers(
    headers: httpx.Headers, is_left_out: Callable[[str], bool] = lambda _: True
) -> httpx.Headers:
    """The headers but for those, or some of those, that say how many requests remain."""
    names = {name for name, _, _ in _windows(headers) if is_left_out(name)}
    return httpx.Headers([pair for pair in headers.multi_items() if pair[0] not in names])


def parse_retry_after(
    status: int,
    headers: httpx.Headers,
    report: Json = None,
    *,
    now: datetime | None = None,
    further_header: str = "",
) -> float | None:
    """Seconds to wait by ``Retry-After`` (RFC 9110, 10.2.3), or until a rate limit is reset.

    ``further_header`` is read like ``Retry-After``, and first. Durations and dates (HTTP, ISO
    8601, seconds, milli- or microseconds since 1970) are understood; None when nothing can be
    read, 0 for a date that has passed. Reset headers come with every answer of some APIs: they
    count only when the answer is about the limit.
    """
    moment = now or _time_of(headers)
    names = [name for name in headers if "retryafter" in _squeezed(name)]
    names = [name for name in (further_header, "Retry-After", *names) if name in headers]
    waits = [_seconds(headers[name], moment, unit=_unit_of(name)) for name in names]
    if is_rate_limited(status, headers, report, further_header=further_header):
        waits += _waits_in(report, moment)
        waits.append(max(_resets(headers, moment, most=0), default=None))
        waits += [
            _seconds(value, moment, unit=_unit_of(name))
            for name, value in headers.items()
            if _AGAIN.search(_squeezed(name)) and speaks_of_limit(name)
        ]
    return next((wait for wait in waits if wait is not None), None)


def seconds_to_reset(headers: httpx.Headers, in_flight: int, now: datetime | None = None) -> float:
    """Seconds to send nothing after an answer, as its limit leaves no further request; else 0.

    What remains must do for the requests ``in_flight``, which the API may not have counted yet.
    0 too when no header says when the limit is reset.
    """
    return max(_resets(headers, now, most=in_flight), default=0.0)


def _time_of(headers: httpx.Headers) -> datetime:
    """When an answer was made, by the clock of who made it: dates in it are by that clock too.

    RFC 9110, 6.6.1. Of what a cache kept (RFC 9111, 5.1) that is long ago.
    """
    if "Date" in headers and "Age" not in headers:
        with suppress(ValueError, TypeError, OverflowError):
            made = parsedate_to_datetime(headers["Date"])
            return made if made.tzinfo else made.replace(tzinfo=UTC)
    return datetime.now(UTC)


def _resets(headers: httpx.Headers, now: datetime | None, *, most: int) -> list[float]:
    """Seconds until the reset of each limit that leaves ``most`` requests or fewer.

    ``now``: None is when the answer was made.
    """
    names = [name for _, remaining, name in _windows(headers) if remaining <= most and name]
    if not names:
        return []  # most answers: their clock need not be read
    now = now or _time_of(headers)
    waits = [
        _seconds(headers[name], now, unit=_unit_of(name))
        if name in headers
        else _seconds(name, now)
        for name in names
    ]
    return [wait for wait in waits if wait is not None]


def _windows(headers: httpx.Headers) -> Iterator[tuple[str, float, str]]:
    """Each header that says what remains, that, and the header, or text, of when it is reset.

    ``X-RateLimit-Remaining`` beside ``X-RateLimit-Reset`` in all spellings and for any part of an
    API, and the fields of ``RateLimit`` (draft-ietf-httpapi-ratelimit-headers).
    """
    names = {_squeezed_header(name): name for name in headers}
    lone = [name for squeezed, name in names.items() if "reset" in squeezed]
    for squeezed, name in names.items():
        if squeezed == "ratelimit":
            text = headers[name]
            # Policies stand side by side; in an older draft there is one, of fields with commas.
            for policy in text.split(",") if ";" in text else [text]:
                left, reset = _REMAINING_FIELD.search(policy), _RESET_FIELD.search(policy)
                if left:
                    yield name, float(left[1]), reset[1] if reset else ""
        elif "remaining" in squeezed and speaks_of_limit(name):
            text = headers[name].strip()
            if not (text.isascii() and text.isdigit()):
                continue
            partners = (
                squeezed.replace("remaining", "reset"),
                squeezed.replace("remaining", "resetafter"),
            )
            reset_name = next((names[one] for one in partners if one in names), "")
            alone = lone[0] if len(lone) == 1 and speaks_of_limit(lone[0]) else ""
            # float, not int: int refuses some thousand digits.
            yield name, float(text), reset_name or alone


def speaks_of_limit(name: str) -> bool:
    """Whether a header is of a limit of requests, by its name."""
    squeezed = _squeezed(name)
    return "limit" in squeezed or "quota" in squeezed


def _squeezed(name: str) -> str:
    return _NOT_LETTERS.sub("", name.lower())


@lru_cache(maxsize=1024)  # the same few names come with every answer
def _squeezed_header(name: str) -> str:
    return _squeezed(name)


def _unit_of(name: str) -> float:
    """Seconds in the unit that a header or key names its numbers in."""
    squeezed = _squeezed(name)
    return 0.001 if squeezed.endswith(("ms", "millis", "milliseconds")) else 1.0


def _seconds(value: Json, now: datetime, *, unit: float = 1.0) -> float | None:
    """A time to wait in seconds, in whatever form it comes; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        return _of_words(text, now)
    if not math.isfinite(number):
        return None
    if number <= _EPOCH:
        return max(0.0, number * unit)
    while number > _MILLISECONDS:
        number /= 1000
    return max(0.0, number - now.timestamp())


def _of_words(text: str, now: datetime) -> float | None:
    """Seconds of a duration such as ``1m30s``, or until a date."""
    duration = _DURATION.fullmatch(text)
    if duration and any(duration.groups()):
        units = (3600.0, 60.0, 1.0, 0.001)
        parts = zip(duration.groups(), units, strict=True)
        return sum(float(part) * unit for part, unit in parts if part)
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            date = parse(text)
            seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError, TypeError):
            continue
        return max(0.0, seconds - now.timestamp())
    return None


def _limits_in(report: Json) -> Iterator[str]:
    """What in an error report says that a limit is reached."""
    for key, value in _leaves(report):
        squeezed = _squeezed(key)
        if squeezed.endswith(_CODE_KEYS):
            if isinstance(value, str) and _CODE.fullmatch(value) and _names_limit(value):
                yield value
            elif value == httpx.codes.TOO_MANY_REQUESTS and not isinstance(value, bool):
                yield str(value)
        elif squeezed.startswith("retryin") and isinstance(value, int | float):
            yield key
        if isinstance(value, str) and _LIMIT_MESSAGE.search(value[:300]):
            yield value


def _names_limit(code: str) -> bool:
    squeezed = _squeezed(code)
    return any(word in squeezed for word in _LIMIT_WORDS)


def _waits_in(report: Json, now: datetime) -> Iterator[float]:
    """The waits that an error report names: ``retry_in_seconds``, "reset in 12 seconds"."""
    for key, value in _leaves(report):
        if _squeezed(key).startswith("retry"):
            wait = _seconds(value, now, unit=_unit_of(key))
            if wait is not None:
                yield wait
        if isinstance(value, str) and (found := _WAIT_MESSAGE.search(value[:300])):
            unit = {"ms": 0.001, "minutes": 60.0}.get(found[2].lower(), 1.0)
            yield float(found[1]) * unit


def _leaves(report: Json) -> Iterator[tuple[str, Json]]:
    """The scalars of an error report with the key each stands under, the outermost first."""
    level: list[tuple[str, Json]] = [("", report)]
    left = _MOST_NODES
    for _ in range(_DEEPEST):
        inner: list[tuple[str, Json]] = []
        for key, value in level[:left]:
            match value:
                case dict():
                    inner += value.items()
                case list():
                    inner += [(key if isinstance(one, str) else "", one) for one in value[:left]]
                case _:
                    yield key, value
        left -= len(level)
        level = inner
        if left <= 0:
            return


# --- what the API said last ------------------------------------------------------------


class RateLimit:
    """Holds requests back while the API says that it allows none.

    ``max_wait`` is the longest pause in seconds.
    """

    def __init__(self, max_wait: float) -> None:
        self._max_wait = max_wait
        self._is_believed = True
        # How often a header of a success said 0; None where one ever said more.
        self._zeros: dict[str, int | None] = {}
        # By the clock: nothing is sent before the one, and by its own word the API answers
        # nothing before the other.
        self._paused_until = self._reset_at = -math.inf

    async def admitted(self) -> float:
        """Wait until the API allows requests again, but no longer than ``max_wait``.

        Gives the time of the clock at which it would allow them, as it said.
        """
        while (wait := self._paused_until - time.monotonic()) > 0:  # noqa: ASYNC110 — it may grow
            await asyncio.sleep(wait)
        return self._reset_at

    def telling(self, status: int, headers: httpx.Headers, attempt: int) -> httpx.Headers:
        """The headers of an answer without those that say 0 whatever happens.

        A first attempt is believed: where only one request is allowed at a time, and it says so
        with each, another one settles it. So it does whether something is not found.
        """
        if attempt == 1 and self._is_believed:
            return headers
        is_settled = status in _NOT_FOUND or not self._is_believed
        return without_numbers(
            headers, lambda name: is_settled or (self._zeros.get(name) or 0) >= _ALWAYS_ZERO
        )

    @property
    def is_refuted(self) -> bool | None:
        """Whether the API says 0 whatever happens; None where another success would show it."""
        zeros = max(filter(None, self._zeros.values()), default=0)
        if not self._is_believed or zeros >= _ALWAYS_ZERO:
            return True
        return None if zeros else False

    def learn(self, headers: httpx.Headers, reset_at: float, in_flight: int) -> None:
        """Learn what a success says; ``reset_at`` is what ``admitted`` gave for its request.

        Some APIs always say that no request remains. To believe that would cost minutes for every
        page. A success before the reset shows that it is not true.
        """
        for name, remaining, _ in _windows(headers):
            zeros = self._zeros.get(name, 0)
            self._zeros[name] = None if remaining or zeros is None else zeros + 1
        if not self._is_believed:
            return
        early = reset_at - time.monotonic()
        if early > _RESET_TOLERANCE:
            self._is_believed = False
            logger.warning(
                "the API answered although by its rate limit no request was left for another"
                f" {early:.0f} seconds; its numbers of remaining requests are ignored from now on"
            )
            return
        self._pause(headers, in_flight)

    def _pause(self, headers: httpx.Headers, in_flight: int) -> None:
        """Send nothing for a while when the API says that no request remains."""
        wait = min(seconds_to_reset(headers, in_flight), self._max_wait)
        if wait <= 0:
            return
        now = time.monotonic()
        if self._paused_until <= now:
            logger.info(
                f"the API's rate limit leaves no further request; going on in {wait:.1f} seconds"
            )
        self._paused_until = max(self._paused_until, now + wait)
        # Where some remain for others under way, an answer before the reset is no surprise.
        self._reset_at = max(self._reset_at, now + seconds_to_reset(headers, in_flight=0))
