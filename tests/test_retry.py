"""What is tried again, how often, and after how long."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

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
from retry import MAX_ATTEMPTS, MAX_RETRY_AFTER, parse_retry_after, retrying

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


# --- Retry-After -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("0", 0, id="at once"),
        pytest.param("7", 7, id="seconds"),
        pytest.param(" 7 ", 7, id="spaces"),
        pytest.param("1.5", 1.5, id="fraction"),
        pytest.param("-3", 0, id="negative"),
        pytest.param("3600", 60, id="an hour is capped"),
        pytest.param("1e400", 60, id="infinite is capped"),
        pytest.param("Sun, 01 Mar 2026 12:00:30 GMT", 30, id="date"),
        pytest.param("Sunday, 01-Mar-26 12:00:30 GMT", 30, id="obsolete date"),
        pytest.param("Sun Mar  1 12:00:30 2026", 30, id="asctime date"),
        pytest.param("Sun, 01 Mar 2026 14:00:30 +0200", 30, id="date with an offset"),
        pytest.param("Sun, 01 Mar 2026 12:00:30 -0000", 30, id="date without a zone"),
        pytest.param("Sun, 01 Mar 2026 11:00:00 GMT", 0, id="date that has passed"),
        pytest.param("Mon, 02 Mar 2026 12:00:00 GMT", 60, id="a day is capped"),
        pytest.param("soon", None, id="neither"),
        pytest.param("", None, id="empty"),
        pytest.param("nan", None, id="no number"),
        pytest.param("Sun, 99 Foo 2026 12:00:30 GMT", None, id="no date"),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    """Seconds and HTTP dates are understood, and never make us wait for longer than a minute."""
    assert parse_retry_after(httpx.Headers({"Retry-After": value}), NOW) == seconds


def test_no_retry_after() -> None:
    """Without the header nothing is asked for."""
    assert parse_retry_after(httpx.Headers(), NOW) is None


@given(value=st.text(st.characters(min_codepoint=32, max_codepoint=126)) | st.datetimes().map(str))
def test_any_retry_after_is_a_short_wait_or_none(value: str) -> None:
    """Whatever a server writes, the wait is within bounds."""
    seconds = parse_retry_after(httpx.Headers({"Retry-After": value}), NOW)

    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER


# --- attempts ----------------------------------------------------------------------------


@dataclass
class Attempts:
    """A request that fails with these errors, one after the other, before it succeeds."""

    errors: list[Exception]
    max_wait: float = 120.0
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
        attempts = retrying(self.max_wait, lambda error, wait: self.told.append((error, wait)))
        return await attempts.copy(sleep=self._sleep)(self._send)


def status(code: int, retry_after: float | None = None) -> ResponseError:
    """An error status."""
    return ResponseError("no", status=code, retry_after=retry_after)


@pytest.mark.parametrize(
    "error",
    [
        TransportError("reset"),
        *(status(code) for code in (408, 429, 500, 502, 503, 504)),
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
    """All waits of one request together stay below maxRetryWait."""
    attempts = Attempts([TransportError("reset") for _ in range(100)], max_wait=max_wait)

    with pytest.raises(TransportError):
        await attempts.run()

    assert sum(attempts.slept) <= max_wait
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


async def test_an_api_that_asks_for_too_much_time_fails_at_once() -> None:
    """When Retry-After goes beyond maxRetryWait, waiting would be in vain."""
    attempts = Attempts([status(429, retry_after=60)], max_wait=30)

    with pytest.raises(ResponseError):
        await attempts.run()

    assert attempts.slept == []


async def test_cancellation_is_not_retried() -> None:
    """A resync that is stopped stops."""
    attempts = Attempts([])

    async def cancelled() -> str:
        attempts.made += 1
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await retrying(120, lambda _error, _wait: None)(cancelled)

    assert attempts.made == 1


async def test_one_policy_serves_one_request() -> None:
    """The waits of one request do not count for the next."""
    for _ in range(3):
        attempts = Attempts([TransportError("reset")] * 3, max_wait=3)
        assert await attempts.run() == "answer"
