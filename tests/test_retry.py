"""What is tried again, how often, and after how long."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import (
    BodyError,
    ConfigurationError,
    CredentialsError,
    MappingError,
    OriginError,
    PaginationError,
    ResponseError,
    SourceError,
    TransportError,
)
from tests.literals import Json
from transport.rate_limit import is_rate_limited, parse_retry_after, seconds_to_reset
from transport.retry import MAX_ATTEMPTS, retried

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


# --- how long the API asks to be left alone ----------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("0", 0, id="at once"),
        pytest.param("7", 7, id="seconds"),
        pytest.param(" 7 ", 7, id="spaces"),
        pytest.param("1.5", 1.5, id="fraction"),
        pytest.param("-3", 0, id="negative"),
        pytest.param("3600", 3600, id="an hour"),
        pytest.param("Sun, 01 Mar 2026 12:00:30 GMT", 30, id="date"),
        pytest.param("Sunday, 01-Mar-26 12:00:30 GMT", 30, id="obsolete date"),
        pytest.param("Sun Mar  1 12:00:30 2026", 30, id="asctime date"),
        pytest.param("Sun, 01 Mar 2026 14:00:30 +0200", 30, id="date with an offset"),
        pytest.param("Sun, 01 Mar 2026 12:00:30 -0000", 30, id="date without a zone"),
        pytest.param("Sun, 01 Mar 2026 11:00:00 GMT", 0, id="date that has passed"),
        pytest.param("Fri, 01 Mar 9999 12:00:00 GMT", 251_603_539_200, id="date of no use"),
        pytest.param("2026-03-01T12:00:30Z", 30, id="ISO 8601"),
        pytest.param("2026-03-01T13:00:30.500+01:00", 30.5, id="ISO 8601 with an offset"),
        pytest.param("2026-03-01 12:00:30", 30, id="ISO 8601 without a zone"),
        pytest.param(f"{NOW.timestamp() + 30:.0f}", 30, id="seconds since 1970"),
        pytest.param(f"{NOW.timestamp() * 1e3 + 30_000:.0f}", 30, id="milliseconds since 1970"),
        pytest.param(f"{NOW.timestamp() * 1e6 + 3e7:.0f}", 30, id="microseconds since 1970"),
        pytest.param("30s", 30, id="a unit"),
        pytest.param("1m30s", 90, id="minutes and seconds"),
        pytest.param("250ms", 0.25, id="milliseconds"),
        pytest.param("soon", None, id="neither"),
        pytest.param("", None, id="empty"),
        pytest.param("nan", None, id="no number"),
        pytest.param("1e400", None, id="infinite"),
        pytest.param("9" * 5000, None, id="thousands of digits"),
        pytest.param("01 Jan 99999999999 12:00:30 GMT", None, id="no year"),
        pytest.param(f"01 Jan {'9' * 5000} 12:00:30 GMT", None, id="a year of many digits"),
        pytest.param("Sun, 99 Foo 2026 12:00:30 GMT", None, id="no date"),
    ],
)
@pytest.mark.parametrize("status_", [429, 503])
def test_retry_after(value: str, status_: int, seconds: float | None) -> None:
    """Seconds and HTTP dates are understood, whatever the status."""
    assert parse_retry_after(status_, httpx.Headers({"Retry-After": value}), now=NOW) == seconds


@pytest.mark.parametrize(
    ("status_", "headers", "seconds"),
    [
        pytest.param(429, {}, None, id="nothing"),
        pytest.param(429, {"X-RateLimit-Reset": "12"}, 12, id="a duration"),
        pytest.param(429, {"X-RateLimit-Reset": f"{NOW.timestamp() + 45:.0f}"}, 45, id="a time"),
        pytest.param(
            429, {"X-RateLimit-Reset": f"{NOW.timestamp() * 1000 + 45_500:.0f}"}, 45.5, id="in ms"
        ),
        pytest.param(
            429, {"X-RateLimit-Reset": f"{NOW.timestamp() * 1000 - 1:.0f}"}, 0, id="passed, in ms"
        ),
        pytest.param(429, {"RateLimit-Reset": "12"}, 12, id="without X"),
        pytest.param(429, {"X-Rate-Limit-Reset": f"{NOW.timestamp() - 9:.0f}"}, 0, id="passed"),
        pytest.param(429, {"Retry-After": "5", "X-RateLimit-Reset": "99"}, 5, id="both"),
        pytest.param(429, {"Retry-After": "soon", "X-RateLimit-Reset": "9"}, 9, id="one readable"),
        pytest.param(
            403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "12"}, 12, id="GitHub's 403"
        ),
        pytest.param(
            403, {"X-RateLimit-Remaining": "9", "X-RateLimit-Reset": "12"}, None, id="another 403"
        ),
        pytest.param(503, {"X-RateLimit-Reset": "12"}, None, id="not about the limit"),
        pytest.param(429, {"Retry-After-Ms": "2500"}, 2.5, id="a header in milliseconds"),
        pytest.param(429, {"x-ms-retry-after-ms": "2500"}, 2.5, id="another vendor's prefix"),
        pytest.param(409, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9"}, 9, id="409"),
        pytest.param(429, {"RateLimit": '"default";r=0;t=30'}, 30, id="structured field"),
        pytest.param(
            429, {"RateLimit": '"burst";r=5;t=1, "day";r=0;t=90'}, 90, id="one of several policies"
        ),
        pytest.param(429, {"RateLimit": "limit=9, remaining=0, reset=30"}, 30, id="its draft"),
        pytest.param(
            429,
            {
                "X-RateLimit-Remaining-Minute": "5",
                "X-RateLimit-Reset-Minute": "50",
                "X-RateLimit-Remaining-Day": "0",
                "X-RateLimit-Reset-Day": "80",
            },
            80,
            id="the window that is used up",
        ),
        pytest.param(
            429, {"X-Contentful-RateLimit-Reset": "1"}, 1, id="a vendor's name in the middle"
        ),
        pytest.param(429, {"X-RateLimit-Reset-After": "1.25"}, 1.25, id="Discord"),
        pytest.param(
            409, {"X-RateLimit-Remaining": "0", "X-RateLimit-ToWait-Sec": "9"}, 9, id="Qualys"
        ),
        pytest.param(
            403,
            {"X-Acme-Quota-Remaining": "0", "X-Acme-Quota-Reset": "7"},
            7,
            id="a name nobody listed",
        ),
    ],
)
def test_rate_limits(status_: int, headers: dict[str, str], seconds: float | None) -> None:
    """Where there is no Retry-After, the time at which a limit is reset tells how long to wait."""
    assert parse_retry_after(status_, httpx.Headers(headers), now=NOW) == seconds


@pytest.mark.parametrize(
    ("status_", "headers", "limited"),
    [
        pytest.param(429, {}, True, id="429"),
        pytest.param(403, {"Retry-After": "5"}, True, id="403 with Retry-After"),
        pytest.param(409, {"Retry-After": "5"}, True, id="a conflict with Retry-After"),
        pytest.param(423, {"Retry-After": "5"}, True, id="a lock with Retry-After"),
        pytest.param(423, {}, False, id="a lock"),
        pytest.param(400, {"Retry-After": "5"}, False, id="a request that is wrong"),
        pytest.param(403, {"X-RateLimit-Remaining": "0"}, True, id="403, none remaining"),
        pytest.param(403, {"X-RateLimit-Remaining": "7"}, False, id="403, some remaining"),
        pytest.param(403, {}, False, id="403"),
        pytest.param(401, {"X-RateLimit-Remaining": "0"}, False, id="401"),
        pytest.param(200, {"X-RateLimit-Remaining": "0"}, False, id="the last that is allowed"),
    ],
)
def test_what_is_a_rate_limit(status_: int, headers: dict[str, str], *, limited: bool) -> None:
    """A 403 that only asks to come later is told from a refusal."""
    assert is_rate_limited(status_, httpx.Headers(headers)) is limited


@pytest.mark.parametrize(
    ("body", "limited"),
    [
        pytest.param({"errors": [{"extensions": {"code": "RATELIMITED"}}]}, True, id="Linear"),
        pytest.param({"errors": [{"type": "RATE_LIMITED"}]}, True, id="GitHub's GraphQL"),
        pytest.param({"errors": [{"extensions": {"code": "THROTTLED"}}]}, True, id="Shopify"),
        pytest.param(
            {"error": {"code": 403, "errors": [{"reason": "userRateLimitExceeded"}]}},
            True,
            id="Google",
        ),
        pytest.param({"error": {"errors": [{"reason": "forbidden"}]}}, False, id="another reason"),
        pytest.param({"error_code": "ComplexityException", "status_code": 429}, True, id="code"),
        pytest.param({"errors": [{"extensions": {"status_code": 429}}]}, True, id="monday 2"),
        pytest.param({"errors": [{"message": "Minute rate limit exceeded"}]}, True, id="monday 4"),
        pytest.param(
            {"errors": [{"extensions": {"code": "COMPLEXITY_BUDGET_EXHAUSTED"}}]},
            True,
            id="monday 5",
        ),
        pytest.param({"error_code": "maxConcurrencyExceeded"}, True, id="monday 3"),
        pytest.param({"errors": ["Concurrency limit exceeded"]}, True, id="monday 3, old"),
        pytest.param({"errors": [{"message": "Minute limit rate exceeded"}]}, True, id="monday 1"),
        pytest.param(
            {"errors": [{"extensions": {"code": "DAILY_LIMIT_EXCEEDED"}}]}, True, id="monday, daily"
        ),
        pytest.param(
            {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."},
            True,
            id="GitHub's secondary",
        ),
        pytest.param([{"errorCode": "REQUEST_LIMIT_EXCEEDED"}], True, id="Salesforce"),
        pytest.param({"error": {"message": "Application request limit reached"}}, True, id="Meta"),
        pytest.param({"error": {"code": "ResultLimitExceeded"}}, False, id="no rate"),
        pytest.param({"message": "storage limit exceeded"}, False, id="no rate, in words"),
        pytest.param({"errors": [{"code": "ConcurrencyConflict"}]}, False, id="a conflict"),
        pytest.param({"error": {"code": "quotaExceeded"}}, True, id="a quota"),
        pytest.param({"error": "Daily quota exceeded"}, True, id="a quota, in words"),
        pytest.param({"error": "You may not read this budget"}, False, id="words of a budget"),
        pytest.param({"error": {"code": 403, "message": "no rate limit here"}}, False, id="words"),
        pytest.param({"errors": ["THROTTLED"]}, False, id="a message"),
        pytest.param(None, False, id="nothing"),
    ],
)
@pytest.mark.parametrize("status_", [200, 400, 403])
def test_rate_limits_told_in_the_body(status_: int, body: Json, *, limited: bool) -> None:
    """Some APIs tell of a limit only in the code of an error, with a status of another meaning."""
    assert is_rate_limited(status_, httpx.Headers(), body) is limited
    waits = parse_retry_after(status_, httpx.Headers({"X-RateLimit-Reset": "7"}), body, now=NOW)
    assert waits == (7 if limited else None)


@pytest.mark.parametrize("status_", [404, 410])
def test_what_is_not_found_is_no_limit(status_: int) -> None:
    """A budget that is gone is gone; headers still tell of a limit."""
    report: Json = {"code": "BudgetNotFound", "message": "no such budget"}

    assert not is_rate_limited(status_, httpx.Headers(), report)
    assert is_rate_limited(status_, httpx.Headers({"X-RateLimit-Remaining": "0"}), report)


@pytest.mark.parametrize(
    "report",
    [
        pytest.param({"errors": [{"extensions": {"retry_in_seconds": 9}}]}, id="a number"),
        pytest.param({"code": 429, "details": [{"retryDelay": "9s"}]}, id="a duration"),
        pytest.param({"code": "throttled", "retry_after_ms": 9000}, id="milliseconds"),
        pytest.param(
            {"code": "throttled", "message": "budget 2 of 9000, reset in 9 seconds"}, id="a message"
        ),
    ],
)
def test_waits_told_in_the_body(report: Json) -> None:
    """An error report says by itself how long to wait."""
    assert is_rate_limited(200, httpx.Headers(), report)
    assert parse_retry_after(200, httpx.Headers(), report, now=NOW) == 9


@pytest.mark.parametrize(
    ("headers", "in_flight", "seconds"),
    [
        pytest.param({}, 0, 0, id="nothing"),
        pytest.param({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7"}, 0, 7, id="none"),
        pytest.param({"RateLimit-Remaining": "0", "RateLimit-Reset": "7"}, 0, 7, id="without X"),
        pytest.param(
            {"x-rate-limit-remaining": "0", "x-rate-limit-reset": f"{NOW.timestamp() + 45:.0f}"},
            0,
            45,
            id="a time",
        ),
        pytest.param({"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "7"}, 0, 0, id="one"),
        pytest.param(
            {"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "7"}, 3, 7, id="all in flight"
        ),
        pytest.param({"X-RateLimit-Remaining": "4", "X-RateLimit-Reset": "7"}, 3, 0, id="one left"),
        pytest.param(
            {"X-RateLimit-Remaining": "9" * 5000, "X-RateLimit-Reset": "7"}, 3, 0, id="very many"
        ),
        pytest.param(
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9" * 5000}, 0, 0, id="never reset"
        ),
        pytest.param({"X-RateLimit-Remaining": "0"}, 0, 0, id="no reset told"),
        pytest.param({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, 0, 0),
        pytest.param({"X-RateLimit-Remaining": "0, 0", "X-RateLimit-Reset": "7"}, 0, 0),
        pytest.param({"X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "7"}, 0, 0),
        pytest.param({"X-RateLimit-Reset": "7"}, 9, 0, id="nothing of what remains"),
        pytest.param({"X-RateLimit-Remaining": "0", "Retry-After": "7"}, 0, 0, id="no reset"),
        pytest.param(
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{NOW.timestamp() - 9:.0f}"},
            0,
            0,
            id="passed",
        ),
    ],
)
def test_a_limit_that_leaves_nothing(
    headers: dict[str, str], in_flight: int, seconds: float
) -> None:
    """Requests stop when what remains is used up by those under way, until the limit is reset."""
    assert seconds_to_reset(httpx.Headers(headers), in_flight, NOW) == seconds


@pytest.mark.parametrize("hours", [-5, 0, 5])
def test_another_clock_tells_no_other_wait(hours: int) -> None:
    """A date is read by the clock of who wrote it: that of the answer's `Date`, if it has one."""
    there = datetime.now(UTC) + timedelta(hours=hours)
    date = {"Date": format_datetime(there, usegmt=True)}
    later = format_datetime(there + timedelta(seconds=30), usegmt=True)
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{there.timestamp() + 30:.0f}"}

    assert parse_retry_after(503, httpx.Headers(date | {"Retry-After": later})) == 30
    assert parse_retry_after(429, httpx.Headers(date | reset)) == pytest.approx(30, abs=1.5)
    assert seconds_to_reset(httpx.Headers(date | reset), 0) == pytest.approx(30, abs=1.5)


@pytest.mark.parametrize("date", ["", "soon", "Mon, 99 Foo 2026 00:00:00 GMT"])
def test_a_date_that_is_none_is_not_heeded(date: str) -> None:
    """Then our own clock has to do."""
    headers = httpx.Headers({"Date": date, "X-RateLimit-Remaining": "0"})
    headers["X-RateLimit-Reset"] = f"{datetime.now(UTC).timestamp() + 500:.0f}"

    assert parse_retry_after(429, headers) == pytest.approx(500, abs=60)


@given(value=st.text(st.characters(min_codepoint=32, max_codepoint=126)) | st.datetimes().map(str))
def test_any_header_is_a_wait_or_none(value: str) -> None:
    """Whatever a server writes, it is read as a time to wait or not at all."""
    headers = httpx.Headers({"Retry-After": value, "X-RateLimit-Reset": value})

    seconds = parse_retry_after(429, headers, now=NOW)

    assert seconds is None or 0 <= seconds < math.inf


# --- attempts ----------------------------------------------------------------------------


@dataclass
class Attempts:
    """A request that fails with these errors, one after the other, before it succeeds."""

    errors: list[Exception]
    max_wait: float = 120.0
    patience: float = math.inf
    made: int = 0
    slept: list[float] = field(default_factory=list)
    told: list[tuple[SourceError, float]] = field(default_factory=list)

    async def _send(self) -> str:
        self.made += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def run(self) -> str:
        """The outcome, without the waits being waited for."""
        return await retried(
            self._send,
            self.max_wait,
            lambda error, wait: self.told.append((error, wait)),
            sleep=self._sleep,
            patience=self.patience,
        )


def status(code: int, retry_after: float | None = None) -> ResponseError:
    """An error status."""
    return ResponseError("no", status=code, retry_after=retry_after)


@pytest.mark.parametrize(
    "error",
    [
        TransportError("reset"),
        *(status(code) for code in (408, 429, *set(range(500, 600)) - {501, 505}, 600, 999)),
    ],
    ids=lambda error: f"{type(error).__name__} {getattr(error, 'status', '')}",
)
async def test_what_may_pass_is_tried_again(error: SourceError) -> None:
    """A fault of the way or of the moment costs a wait, not the resync."""
    attempts = Attempts([error, error])

    assert await attempts.run() == "answer"
    assert attempts.made == 3
    assert [told for told, _ in attempts.told] == [error, error]


@pytest.mark.parametrize(
    "error",
    [
        *(status(code) for code in (400, 401, 403, 404, 405, 409, 410, 422, 501, 505)),
        SourceError("a header that HTTP cannot carry"),
        BodyError("not JSON"),
        OriginError("elsewhere"),
        CredentialsError("refused"),
        PaginationError("circle"),
        ConfigurationError("wrong"),
        MappingError("wrong"),
        ValueError("a defect"),
    ],
    ids=lambda error: f"{type(error).__name__} {getattr(error, 'status', '')}",
)
async def test_what_will_not_pass_fails_at_once(error: Exception) -> None:
    """Nothing is gained by asking again: the error is raised as it is."""
    attempts = Attempts([error])

    with pytest.raises(type(error)) as caught:
        await attempts.run()

    assert caught.value is error
    assert attempts.made == 1
    assert not attempts.slept
    assert not attempts.told


async def test_attempts_are_bounded() -> None:
    """An API that stays down is given up, with its last error."""
    errors: list[Exception] = [status(503) for _ in range(100)]
    last = errors[MAX_ATTEMPTS - 1]
    attempts = Attempts(errors, max_wait=10_000)

    with pytest.raises(ResponseError) as caught:
        await attempts.run()

    assert caught.value is last
    assert attempts.made == MAX_ATTEMPTS


@pytest.mark.parametrize("max_wait", [0, 1, 5, 30, 120])
async def test_the_wait_is_bounded(max_wait: float) -> None:
    """All waits of one request together are maxRetryWait at most; none is of no length."""
    attempts = Attempts([TransportError("reset") for _ in range(100)], max_wait=max_wait)

    with pytest.raises(TransportError):
        await attempts.run()

    assert sum(attempts.slept) <= max_wait
    assert min(attempts.slept, default=1) > 0
    assert (attempts.made == 1) is (max_wait == 0)


async def test_waits_grow() -> None:
    """Each wait is about twice the one before, up to a limit, and never exactly the same."""
    attempts = Attempts([TransportError("reset") for _ in range(9)], max_wait=10_000)

    await attempts.run()

    for number, seconds in enumerate(attempts.slept):
        doubled = min(0.25 * 2**number, 30)
        assert doubled <= seconds <= min(doubled + 0.25, 30)
    assert [wait for _, wait in attempts.told] == attempts.slept


async def test_the_api_may_ask_for_more_time() -> None:
    """A Retry-After longer than our own wait is heeded."""
    attempts = Attempts([status(429, retry_after=20), status(429, retry_after=0)])

    await attempts.run()

    assert attempts.slept[0] == 20
    assert 0.5 <= attempts.slept[1] <= 0.75


async def test_an_api_that_asks_for_more_time_than_there_is() -> None:
    """A wait beyond maxRetryWait fails at once, and the error says what to raise."""
    attempts = Attempts([status(429, retry_after=3600) for _ in range(100)], max_wait=30)

    with pytest.raises(ResponseError, match=r"asks to wait 3600 seconds.*maxRetryWait") as caught:
        await attempts.run()

    assert attempts.slept == []
    assert attempts.made == 1
    assert caught.value.status == 429


async def test_a_wait_of_less_than_a_second_is_not_told_as_none() -> None:
    """Seconds are rounded up, what is left of them is rounded down."""
    attempts = Attempts([status(429, retry_after=0.3)], max_wait=0)

    with pytest.raises(ResponseError, match="asks to wait 1 seconds, but only 0 of"):
        await attempts.run()


async def test_waits_that_the_api_asks_for_use_up_no_attempts() -> None:
    """An hour in waits of two minutes is possible by setting, however many attempts it takes."""
    attempts = Attempts([status(429, retry_after=120) for _ in range(29)], max_wait=3600)

    assert await attempts.run() == "answer"
    assert attempts.made == 30


async def test_an_api_that_asks_for_no_time_is_given_up() -> None:
    """A wait of no seconds is none that the API asked for: such attempts are counted."""
    attempts = Attempts([status(429, retry_after=0) for _ in range(100)], max_wait=10_000)

    with pytest.raises(ResponseError):
        await attempts.run()

    assert attempts.made == MAX_ATTEMPTS


async def test_nothing_is_asked_again_when_patience_is_at_its_end() -> None:
    """What nothing answers is not repeated then; what answers with an error is."""
    silent = Attempts([TransportError("reset")], patience=0)
    with pytest.raises(TransportError):
        await silent.run()
    assert silent.made == 1
    assert await Attempts([status(503)], patience=0).run() == "answer"


async def test_cancellation_is_not_retried() -> None:
    """A resync that is stopped stops."""
    attempts = Attempts([])

    async def cancelled() -> str:
        attempts.made += 1
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await retried(cancelled, 120, lambda _error, _wait: None)

    assert attempts.made == 1


async def test_one_policy_serves_one_request() -> None:
    """The waits of one request do not count for the next."""
    for _ in range(3):
        attempts = Attempts([TransportError("reset")] * 3, max_wait=3)
        assert await attempts.run() == "answer"
