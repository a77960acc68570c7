"""A sign-in that is made once for all requests, and again when it is old or refused.

``RenewedAuth`` is the flow; what is sent to sign in, and what comes of the answers, is a
``SignIn``. The requests of a sign-in are *yielded*: the same transport sends them as any other,
with the same time limit and the same checks of addresses.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import httpx
from msgspec.structs import replace

from authentication.signature import Signature
from errors import CredentialsError, Fault, Report, RequestName, ResponseError, TransportError
from json_values import Json
from records import Discreet
from transport.bodies import charset_of, decode_json
from transport.http_client import BEGINS_SESSION
from transport.rate_limit import is_rate_limited, parse_retry_after
from transport.redaction import Redactor
from transport.retry import MAX_ATTEMPTS, backoff

# A fresh token may have expired already when its request was queued for long: a request
# may be repeated with tokens that others obtained, but not for ever.
_MAX_REPEATS = 3
_EARLY = 0.05  # seconds; a sleep may end a little before its time

SIGN_IN_UNDER_WAY = "ocean_custom_sign_in"
"""The extension of a request that says what it waits for: a list, empty but during a sign-in."""

Flow = AsyncGenerator[httpx.Request, httpx.Response]


class SignIn(Protocol):
    """One way to obtain a signature: requests, one after the other, and what they give."""

    def held(self) -> AbstractAsyncContextManager[None]:
        """Hold, for the time of one sign-in, what no other process may use meanwhile."""
        ...

    async def request(self, answers: Sequence[httpx.Response]) -> httpx.Request | None:
        """What to send after these answers (read, all successes); None when that was all.

        Raises CredentialsError when the answers do not give what the next request needs.
        """
        ...

    async def signature(self, answers: Sequence[httpx.Response], now: float) -> Signature:
        """What the answers give, at a time of the clock. Raises CredentialsError."""
        ...

    def accepts(self, answer: httpx.Response) -> bool:
        """Whether an answer is one to go on with."""
        ...

    async def refusal(self, answer: httpx.Response) -> CredentialsError:
        """The error for an answer by which the sign-in is refused for good."""
        ...

    async def end(self) -> httpx.Request | None:
        """What ends the session that the last sign-in began; None where nothing does."""
        ...


class _Trouble(Discreet, frozen=True):
    """A sign-in that got no good answer for now; nobody asks again before ``until``.

    ``status`` None: no answer at all. ``attempts`` counts the sign-ins in a row that failed so.
    ``is_asked``: the service said how long to leave it alone.
    """

    report: Report
    status: int | None
    is_limit: bool
    until: float
    attempts: int
    is_asked: bool

    def error(self, now: float) -> ResponseError | TransportError:
        """What a request that needs the sign-in fails with, for now."""
        wait = max(0.0, self.until - now)
        error: ResponseError | TransportError = TransportError(self.report)
        if self.status is not None:
            error = ResponseError(self.report, status=self.status, rate_limited=self.is_limit)
        error.retry_after, error.waits_unasked = wait, not self.is_asked
        return error


class RenewedAuth(httpx.Auth):
    """Signs with what a sign-in gave.

    However many requests find it expired, one of them signs in and the others use what it
    obtained. A sign-in that is refused stays failed: a wrong password is not tried again and
    again, which would lock the account. A service in trouble is asked again for all requests at
    once, after a backoff, and at most ``MAX_ATTEMPTS`` times in a row. It may say when by
    ``retry_after_header``, too.
    """

    def __init__(
        self,
        sign_in: SignIn,
        redact: Redactor,
        *,
        renew_after: float | None = None,
        retry_after_header: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sign_in = sign_in
        self._redact = redact
        self._renew_after = renew_after
        self._retry_after_header = retry_after_header
        self._clock = clock
        self._lock = asyncio.Lock()
        self._signature: Signature | None = None
        # The errors of each kind are their own: they say where they occurred.
        self._failure: Report | None = None
        self._trouble: _Trouble | None = None
        self._is_over = False
        self.logins = 0

    async def end(self, is_signed: Callable[[httpx.URL], bool]) -> httpx.Request | None:
        """What ends the session; None where nothing was begun, or nothing ends it.

        A sign-in under way is waited for; after this none begins: who needs one waits for ever. The
        request is signed like any other where ``is_signed`` says so of its URL. Raises
        CredentialsError when the last answer lacks what it needs.
        """
        if self._is_over:
            return None
        self._is_over = True
        await self._lock.acquire()
        signature = self._signature
        if signature is None or (request := await self.sign_in.end()) is None:
            return None
        return signature.sign(request) if is_signed(request.url) else request

    async def async_auth_flow(self, request: httpx.Request) -> Flow:
        """Sign and send; when refused, sign in once and send again."""
        used: Signature | None = None
        own_login = False
        for _ in range(_MAX_REPEATS):
            async with self._lock:
                current = self._signature
                if self._failure:
                    raise CredentialsError(self._failure)
                if current is None or current is used or self._is_old(current):
                    self._refuse_while_in_trouble()
                    own_login = used is not None
                    async with self.sign_in.held():
                        answers: list[httpx.Response] = []
                        while upcoming := await self._unless_refused(self.sign_in.request(answers)):
                            login = named(upcoming, self._redact)
                            under_way = request.extensions.setdefault(SIGN_IN_UNDER_WAY, [])
                            under_way.append(login)
                            begins = {BEGINS_SESSION: not answers}
                            upcoming.extensions = request.extensions | begins
                            answer = yield upcoming
                            await answer.aread()
                            under_way.clear()
                            answer.request = upcoming  # transports may have sent another one
                            await self._admit(answer)
                            answers.append(answer)
                        signature = self.sign_in.signature(answers, self._clock())
                        current = self._signature = await self._unless_refused(signature)
                        self._trouble = None
                        self.logins += 1
            used = current
            response = yield used.sign(request)
            if response.status_code != httpx.codes.UNAUTHORIZED or own_login:
                return
            # httpx would read it while the next request is made: what fails there is not the
            # sign-in.
            await response.aread()

    def left_unanswered(self, login: RequestName) -> None:
        """Note that a sign-in under way got no complete answer: others leave it alone for a while.

        A request that was cancelled says nothing about the service: the next one signs in.
        """
        self._in_trouble(Report((Fault("", "got no complete answer"),), request=login))

    async def _unless_refused[Result](self, step: Awaitable[Result]) -> Result:
        """The result of a step of a sign-in; its CredentialsError is a failure for good."""
        try:
            return await step
        except CredentialsError as error:
            self._failure = error.report
            raise

    async def _admit(self, answer: httpx.Response) -> None:
        """Raise ResponseError for a fault that may pass, CredentialsError for a refusal."""
        status, headers = answer.status_code, answer.headers
        body = None if answer.is_success else json_of(answer)
        further = self._retry_after_header
        is_limit = is_rate_limited(status, headers, body, further_header=further)
        if is_limit or ResponseError.may_pass(status):
            retry_after = parse_retry_after(status, headers, body, further_header=further)
            # The settings are not what is wrong.
            report = (await self.sign_in.refusal(answer)).report.without_remedy
            trouble = self._in_trouble(report, status, retry_after, is_limit=is_limit)
            raise trouble.error(self._clock())
        if not self.sign_in.accepts(answer):
            refused = await self.sign_in.refusal(answer)
            self._failure = refused.report
            raise refused

    def _is_old(self, signature: Signature) -> bool:
        interval = self._renew_after or signature.lifetime
        return interval is not None and self._clock() - signature.obtained_at >= interval

    def _refuse_while_in_trouble(self) -> None:
        now = self._clock()
        if self._trouble and now < self._trouble.until - _EARLY:
            raise self._trouble.error(now)

    def _in_trouble(
        self,
        report: Report,
        status: int | None = None,
        retry_after: float | None = None,
        *,
        is_limit: bool = False,
    ) -> _Trouble:
        """Note a passing fault of the service; too many in a row are a failure for good."""
        attempts = self._trouble.attempts + 1 if self._trouble else 1
        own, asked = backoff(attempts), retry_after or 0.0
        until = self._clock() + max(own, asked)
        is_asked = asked >= own
        self._trouble = _Trouble(report, status, is_limit, until, attempts, is_asked)
        if attempts >= MAX_ATTEMPTS:
            self._failure = replace(report, note=f"{attempts} times in a row")
        return self._trouble


def named(request: httpx.Request, redact: Redactor) -> RequestName:
    """The request of a sign-in as errors name it, without its query."""
    url = redact(str(request.url.copy_with(query=None)))
    return RequestName(request.method, url, is_login=True)


def json_of(answer: httpx.Response) -> Json:
    """The JSON of an answer's body, None where it is not JSON."""
    try:
        return decode_json(answer.content, charset_of(answer.headers))
    except (ValueError, RecursionError):
        return None
