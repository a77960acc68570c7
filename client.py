"""The one place that does I/O: ``send`` a request. Of pages it knows nothing.

``send`` refuses a URL outside the origin, and waits until one of the places for requests is free.
It signs the request, follows redirects within the origin, and retries what may pass. Every other
outcome becomes an error, which names the request without a secret in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing, nullcontext, suppress
from itertools import count
from urllib.parse import urlencode

import httpx
from aiolimiter import AsyncLimiter
from loguru import logger
from msgspec import Struct, field
from msgspec.structs import replace

from answers import Answer, AnswerReader, Reply, content_of, size_of
from auth import make_auth
from authentication.renewal import SIGN_IN_UNDER_WAY, RenewedAuth
from authentication.signature import url_without
from errors import (
    CredentialsError,
    MappingError,
    OceanCustomError,
    OriginError,
    RequestName,
    SourceError,
    TransportError,
    Where,
)
from jq_engine.programs import Jq
from json_values import Json
from paging.error_reports import words_of
from paging.model import PageRequest
from settings import Settings
from settings.values import Credentials, OAuthCredentials
from transport.bodies import ACCEPTED_CODINGS, BodyLimits
from transport.http_client import (
    WIRE_ERRORS,
    AddressRefused,
    cookies_set,
    open_http,
    request_of,
    status_of,
    tls_refusal,
)
from transport.observer import Observer, Sent, Watch
from transport.origin import OriginGuard
from transport.outage import Outage
from transport.rate_limit import RateLimit
from transport.redaction import CREDENTIAL_LENGTH, Redactor, is_credential
from transport.request_bodies import encoded_body
from transport.retry import retried
from transport.waits import RetryLog, Stopwatch

MAX_REDIRECTS = 5
LONGEST_LOGOUT = 10.0
"""Seconds: a process that is told to stop has little time."""

_LOOK = 0.05  # seconds
_MOST_TRIALS = 3  # of a limit that only numbers tell, by requests that succeeded before
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Counts(Struct):
    """What a client has done, for the log and for metrics; walks count their pages and checks."""

    requests: int = 0
    retries: int = 0
    pages: int = 0
    checks: int = 0
    """Requests that settled a doubt about a list."""
    limited: Stopwatch = field(default_factory=Stopwatch)
    """Runs while a request waits for a rate limit: the API's, or ``requestsPerMinute``."""


def http_of(settings: Settings) -> httpx.AsyncClient:
    """The HTTP client of an installation."""
    return open_http(
        settings.base_url,
        verify_ssl=settings.verify_ssl,
        client_certificate=(settings.certificates.client, settings.certificates.key),
        authority=settings.certificates.authority,
        connections=settings.max_concurrent_requests,
    )


def _rate_of(settings: Settings) -> AsyncLimiter | nullcontext[None]:
    burst, per_minute = settings.request_burst, settings.requests_per_minute
    return AsyncLimiter(burst, 60 * burst / per_minute) if per_minute else nullcontext()


class ApiClient:
    """The API of one installation, for one resync; close it with ``aclose``."""

    def __init__(
        self,
        settings: Settings,
        jq: Jq,
        *,
        http: Callable[[Settings], httpx.AsyncClient] = http_of,
        observer: Observer | None = None,
    ) -> None:
        self._settings = settings
        self.redact = Redactor(*settings.secrets, credentials=settings.secrets_in_data)
        self.counts = Counts()
        self._watch = Watch(observer, self.redact)
        self.outage = Outage()
        self._retry_log = RetryLog()
        self._http = http(settings)
        self._http.headers["Accept-Encoding"] = ACCEPTED_CODINGS
        self._http.headers.update(settings.custom_headers)
        limits = BodyLimits(settings.max_compressed_size, settings.max_response_size)
        self._http.event_hooks["response"].append(limits)
        self._http.event_hooks["response"].append(self._learn_cookies)
        self._http.event_hooks["response"].append(self._watch.login)
        self._reader = AnswerReader(self.redact, limits, settings.retry_after_header)
        self.auth = make_auth(
            settings.credentials,
            settings.base_url,
            self.redact,
            jq=jq,
            custom_headers=settings.custom_headers,
            retry_after_header=settings.retry_after_header,
        )
        self._rotates = _are_rotated(settings.credentials)
        self._guard = OriginGuard(settings.base_url, settings.allowed_hosts)
        self._permits = asyncio.Semaphore(settings.max_concurrent_requests)
        self._rate = _rate_of(settings)
        self._in_flight = 0
        self._limit = RateLimit(settings.max_retry_wait)
        self._succeeded: PageRequest | None = None  # the last that may be sent again
        self._trials = _MOST_TRIALS

    async def aclose(self) -> None:
        """Log out where the settings say how, and close every connection."""
        try:
            await self.log_out()
        finally:
            await self._http.aclose()

    async def log_out(self) -> None:
        """Send the session's last request; what becomes of it is no error of the resync.

        A sign-in under way comes to its end before it: no session and no new token is lost.
        """
        if not isinstance(self.auth, RenewedAuth):
            return
        request = None
        try:
            async with asyncio.timeout(min(self._settings.timeout, LONGEST_LOGOUT)):
                request = await self.auth.end(self._guard.admits)
                if request is None:
                    return
                self.counts.requests += 1
                response = await self._http.send(request, auth=None)
            if response.is_success or response.is_redirect:
                return
            reason = status_of(response)
        except (*WIRE_ERRORS, TimeoutError, OSError, OceanCustomError) as error:
            if isinstance(error, TimeoutError) and request is None:
                return  # a sign-in that gets no answer has begun no session
            reason = self.redact(str(error)) or type(error).__name__
        logger.warning(f"customAuthLogoutRequest failed ({reason}); the session ends by itself")

    async def _learn_cookies(self, response: httpx.Response) -> None:
        """Learn the cookies of an answer: they are sent with every request, as a token is."""
        if "Set-Cookie" not in response.headers:
            return
        secrets, credentials = [], []
        for cookie in cookies_set(response):
            if len(cookie.value) >= CREDENTIAL_LENGTH:
                secrets.append(cookie.value)
            # RFC 6265, 4.1.2.6: what scripts must not read is rather a session than a choice.
            hidden = "httponly" in cookie.attributes.lower()
            if is_credential(cookie.name, cookie.value, hidden=hidden):
                credentials.append(cookie.value)
        self.redact.learn(*secrets, origin="cookies", credentials=credentials)

    # --- one request -------------------------------------------------------------------

    async def send(self, request: PageRequest) -> Answer:
        """Send a request until it succeeds or is not worth another attempt.

        Raises SourceError, CredentialsError or one of their kinds.
        """
        limited = False
        numbers = count(1)

        def on_retry(error: SourceError, wait: float) -> None:
            nonlocal limited
            limited = error.rate_limited
            self.counts.retries += 1
            self._retry_log.note(error, wait)

        async def sleep(seconds: float) -> None:
            with self.counts.limited if limited else nullcontext():
                await asyncio.sleep(seconds)

        async def attempt() -> Answer:
            try:
                return await self._attempt(request, next(numbers))
            except SourceError as error:
                if error.by_numbers and await self._is_limit_refuted():
                    error.retry_after = None  # it says nothing, like the numbers beside it
                raise

        async def attempts(max_wait: float) -> Answer:
            patience = self.outage.patience
            return await retried(attempt, max_wait, on_retry, sleep=sleep, patience=patience)

        try:
            async with self._permits:
                return await self.outage.send(attempts, self._settings.max_retry_wait)
        except OceanCustomError as error:
            # asyncio tells of tasks, and of their errors, before those leave the session.
            raise error.redacted(self.redact) from None

    async def _is_limit_refuted(self) -> bool:
        """Whether the API says that no request remains whatever happens.

        Where that is open, the request that succeeded last is sent again: by a limit it would fail.
        """
        while self._limit.is_refuted is None and self._succeeded and self._trials:
            self._trials -= 1
            try:
                await self._attempt(self._succeeded, 1)
            except OceanCustomError:
                return False
        return bool(self._limit.is_refuted)

    async def _attempt(self, request: PageRequest, attempt: int) -> Answer:
        with self.counts.limited:
            async with self._rate:
                reset_at = await self._limit.admitted()
        self.counts.requests += 1
        self._in_flight += 1
        sign_in: list[RequestName] = []  # what the request waits for
        try:
            async with asyncio.timeout(self._settings.timeout):
                reply = await self._exchange(request, attempt, sign_in)
            answer = await self._reader.answer(request, reply)
        except (SourceError, CredentialsError) as error:
            raise error.about(request=self._failed(request, sign_in)) from None
        except (*WIRE_ERRORS, TimeoutError, OSError, UnicodeEncodeError) as error:
            failure = self._wire_error(error)
            raise failure.about(request=self._failed(request, sign_in)) from None
        except (httpx.InvalidURL, UnicodeError):
            # httpx reads the target of every redirect, though it follows none.
            raise OriginError(
                "a redirect leads to an invalid URL; nothing was sent",
                request=self._failed(request, sign_in),
            ) from None
        finally:
            self._in_flight -= 1
        if answer.refusal is None:
            self._limit.learn(answer.headers, reset_at, self._in_flight)
            if request.method == "GET":
                self._succeeded = request
        else:
            answer.refusal.about(request=self.named(request))
        return answer

    def _wire_error(self, error: Exception) -> SourceError:
        """What became of a request that got no complete answer.

        The text of some errors quotes headers or URLs: what is kept of it is redacted.
        """
        match error:
            case TimeoutError() | httpx.TimeoutException():
                seconds = self._settings.timeout
                return TransportError(f"no complete answer within {seconds:g} seconds (timeout)")
            case httpx.DecodingError():
                return TransportError("the body's compression is broken")
            case httpx.LocalProtocolError() | UnicodeEncodeError():
                return SourceError(
                    "a header holds characters HTTP cannot carry",
                    remedy="correct customHeaders, or the headers of the selector",
                )
            case AddressRefused():
                return SourceError(self.redact(str(error)))
        reason = self.redact(str(error)) or type(error).__name__
        has_certificate = bool(self._settings.certificates.client)
        if refusal := tls_refusal(reason, has_certificate=has_certificate):
            return refusal
        return TransportError(reason)

    def _failed(self, request: PageRequest, sign_in: Sequence[RequestName]) -> RequestName:
        """What just got no answer: a request, or the sign-in that it needed."""
        if not sign_in or not isinstance(self.auth, RenewedAuth):
            return self.named(request)
        self.auth.left_unanswered(sign_in[0])
        return sign_in[0]

    async def _exchange(
        self, request: PageRequest, attempt: int, sign_in: list[RequestName]
    ) -> Reply:
        """One signed request and its redirects; each hop is admitted and signed again.

        Transports may rewrite a request's URL to an address, so the URL kept here counts.
        """
        url = self._with_installations_params(self._url_of(request))
        secured: httpx.URL | None = None
        for _ in range(MAX_REDIRECTS + 1):
            url = self._guard.admit(url)
            reply = await self._hop(request, url, attempt, sign_in)
            status = reply.status
            if status not in _REDIRECTS:
                return reply
            if (location := reply.response.headers.get("Location")) is None:
                return reply
            moved_post = request.method == "POST" and status in {301, 302}
            if status == httpx.codes.SEE_OTHER or moved_post:
                request = replace(request, method="GET", body=None)
            target = self._joined(url, location)
            secured = target if _only_secures(url, target) else None
            url = target
        if secured:
            base_url = self._settings.base_url.copy_with(scheme="https", port=secured.port)
            raise SourceError(
                "the API redirects from http to https", remedy=f"set baseUrl to {base_url}"
            )
        raise SourceError(
            f"more than {MAX_REDIRECTS} redirects in a row",
            remedy="name the path that they lead to",
        )

    async def _hop(
        self, request: PageRequest, url: httpx.URL, attempt: int, sign_in: list[RequestName]
    ) -> Reply:
        """What one URL answers: maybe a redirect."""
        content_args, headers = encoded_body(
            request.body, is_form=request.is_form, headers=dict(request.headers)
        )
        if accept := request.format.accept(self._http.headers.get("Accept", "")):
            headers.setdefault("Accept", accept)
        sent = Sent(request.purpose, request.method, url, attempt)
        try:
            extensions = {SIGN_IN_UNDER_WAY: sign_in, **sent.extensions}
            built = request_of(self._http, request.method, url, headers, extensions, **content_args)
            sending = self._http.send(built, auth=self.auth, follow_redirects=False, stream=True)
            response = await (_signed_in(sending, sign_in) if self._rotates else sending)
            async with aclosing(response):
                content = await content_of(response, request)
            sent.answered(response, size_of(content))
        finally:
            self._watch.ended(sent)
        telling = self._limit.telling(response.status_code, response.headers, attempt)
        return Reply(str(url), response, content, telling)

    def _joined(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            return url.join(location)
        except (httpx.InvalidURL, ValueError):
            raise OriginError("a redirect leads to an invalid URL; nothing was sent") from None

    def _url_of(self, request: PageRequest) -> httpx.URL:
        try:
            url = httpx.URL(request.url)
        except (httpx.InvalidURL, ValueError):
            raise OriginError("a link is not a valid URL; nothing was sent") from None
        try:
            return url.copy_with(params=list(request.params)) if request.params else url
        except httpx.InvalidURL:
            name, value = max(request.params, key=lambda pair: len(pair[1]))
            raise SourceError(
                f"the query parameter {name!r} has {len(value)} characters: too many for a URL",
                remedy="send it in the body (pagination.send_in) where the API takes it there",
                request=RequestName(request.method, self.redact(str(url))),
            ) from None

    def _with_installations_params(self, url: httpx.URL) -> httpx.URL:
        """The URL with those parameters of the settings whose names it lacks.

        They are appended: what a link says stays as it is, letter by letter.
        """
        given = self._settings.query_params
        missing = [(name, value) for name, value in given if name not in url.params]
        if not missing:
            return url
        added = urlencode(missing).encode()
        return url.copy_with(query=b"&".join(filter(None, (url.query, added))))

    def without_signature(self, request: PageRequest) -> PageRequest:
        """A request without what a link repeated of our signature: that asks for nothing."""
        credentials = self._settings.credentials
        names = {} if isinstance(credentials, OAuthCredentials) else credentials.query_params
        return replace(request, url=url_without(request.url, names)) if names else request

    def refuse_elsewhere(self, url: str, where: Where) -> None:
        """Raise MappingError for a URL of the mapping that no request may go to."""
        try:
            self._guard.admit(url.strip().partition("?")[0])
        except OriginError:
            raise MappingError(
                f"is a URL at {httpx.URL(url).host!r}, which is neither the host of baseUrl nor one"
                " of allowedHosts",
                remedy="name the host there, or give a path below baseUrl",
                where=where,
            ) from None

    def quoted(self, body: Json) -> str:
        """What an error may quote of an answer: without secrets, the API's own words first."""
        return self.redact.beginning(words_of(body))

    def named(self, request: PageRequest) -> RequestName:
        """A request as errors and the log name it: without what signs it."""
        return RequestName(request.method, self.redact(str(self._url_of(request))))


def _are_rotated(credentials: Credentials) -> bool:
    """Whether a sign-in may replace what it was made with."""
    return isinstance(credentials, OAuthCredentials) and credentials.grant_type == "refresh_token"


async def _signed_in(
    sending: Coroutine[None, None, httpx.Response], under_way: Sequence[RequestName]
) -> httpx.Response:
    """The response to a request; who gives it up waits for the sign-in that it is making.

    By then the server may have changed the refresh token: its answer must be kept (RFC 6749, 6).
    """
    task = asyncio.ensure_future(sending)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_LOGOUT):
                while under_way and not task.done():
                    await asyncio.wait({task}, timeout=_LOOK)
        task.cancel()
        raise


def _only_secures(url: httpx.URL, target: httpx.URL) -> bool:
    """Whether a redirect leads to the same URL under https: the guard keeps it at http."""
    same_place = (url.host, url.raw_path) == (target.host, target.raw_path)
    return same_place and (url.scheme, target.scheme) == ("http", "https")
