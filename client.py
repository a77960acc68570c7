"""The one place that does I/O: ``send`` a request. Of pages it knows nothing.

``send`` admits the URL to the origin, holds a permit while the request is under way,
signs it, follows redirects within the origin, retries what may pass, and turns every
other outcome into an error that names the request without a secret in it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from contextlib import aclosing, nullcontext, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from urllib.parse import urlencode

import httpx
from aiolimiter import AsyncLimiter
from loguru import logger

from auth import make_auth
from authentication.renewal import SIGN_IN_UNDER_WAY, RenewedAuth
from errors import (
    BodyError,
    CredentialsError,
    FormatError,
    MappingError,
    OceanCustomError,
    OriginError,
    ResponseError,
    SourceError,
    TransportError,
)
from jq_engine.programs import Jq
from json_values import Json, beginning_of
from paging.error_reports import is_error_report
from paging.model import PageRequest
from paging.scopes import reasons_in
from settings import Settings
from transport.bodies import (
    ACCEPTED_CODINGS,
    MIB,
    UTF8,
    BodyLimits,
    Spool,
    charset_of,
    declared_charset,
    decode_json,
    is_gzip_file,
    kept,
    pieces_of,
    received,
    unpacked,
)
from transport.http_client import WIRE_ERRORS, AddressRefused, open_http, tls_refusal
from transport.large_lists import SlicedRows, slice_list
from transport.observer import Observer, Watch
from transport.origin import OriginGuard
from transport.outage import Outage
from transport.rate_limit import RateLimit, is_rate_limited, parse_retry_after
from transport.redaction import TELLING_LENGTH, Redactor, is_credential
from transport.request_bodies import encoded_body
from transport.retry import retried
from transport.waits import RetryLog, Stopwatch

MAX_REDIRECTS = 5
LONGEST_LOGOUT = 10.0
"""Seconds: a process that is told to stop has little time."""
IN_MEMORY = 4 * MIB
"""Bytes; a larger body is kept in a file, and its list is parsed in slices."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Answer:
    """A successful response: its decoded JSON, and the length of that in bytes (0: no body).

    ``refusal``: what a request for a page that need not be there would have failed with; there is
    no body then.
    ``rows`` are those of a list too large for memory; in ``body`` nulls stand for them.
    """

    url: str = field(repr=False)
    status: int
    headers: httpx.Headers = field(repr=False)
    body: Json = field(repr=False)
    size: int
    rows: SlicedRows | None = field(default=None, repr=False)
    refusal: ResponseError | None = None


@dataclass(frozen=True)
class _Reply:
    """A response with what was read of its body: all of a success, the beginning of a failure.

    ``original``: the body that ``content`` was made of, where it came in another format.
    """

    url: str = field(repr=False)
    response: httpx.Response = field(repr=False)
    content: bytes | Spool = field(repr=False)
    original: bytes | Spool | None = field(default=None, repr=False)

    @property
    def charset(self) -> str:
        """The charset of the content, by Python's name."""
        return charset_of(self.response.headers) if self.original is None else UTF8

    @property
    def beginning(self) -> str:
        """The text that the body began with, as it was sent."""
        body = self.content if self.original is None else self.original
        start = body.read(0, MIB) if isinstance(body, Spool) else body[:MIB]
        return start.decode(charset_of(self.response.headers), errors="replace")


@dataclass
class Counts:
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
        self._limits = BodyLimits(settings.max_compressed_size, settings.max_response_size)
        self._http.event_hooks["response"].append(self._limits)
        self._http.event_hooks["response"].append(self._learn_cookies)
        self._http.event_hooks["response"].append(self._watch.login)
        self._auth = make_auth(
            settings.credentials,
            settings.base_url,
            self.redact,
            jq=jq,
            custom_headers=settings.custom_headers,
            retry_after_header=settings.retry_after_header,
        )
        self._guard = OriginGuard(settings.base_url, settings.allowed_hosts)
        self._permits = asyncio.Semaphore(settings.max_concurrent_requests)
        self._rate = (
            AsyncLimiter(
                settings.request_burst, 60 * settings.request_burst / settings.requests_per_minute
            )
            if settings.requests_per_minute
            else nullcontext()
        )
        self._in_flight = 0
        self._limit = RateLimit(settings.max_retry_wait)

    async def aclose(self) -> None:
        """Log out where the settings say how, and close every connection."""
        try:
            await self._log_out()
        finally:
            await self._http.aclose()

    async def _log_out(self) -> None:
        """The session's last request; what becomes of it is no error of the resync."""
        if not isinstance(self._auth, RenewedAuth):
            return
        try:
            request = await self._auth.end(self._guard.admits)
            if request is None:
                return
            self.counts.requests += 1
            async with asyncio.timeout(min(self._settings.timeout, LONGEST_LOGOUT)):
                response = await self._http.send(request, auth=None)
            if response.is_success or response.is_redirect:
                return
            reason = f"{response.status_code} {response.reason_phrase}".rstrip()
        except (*WIRE_ERRORS, TimeoutError, OSError, OceanCustomError) as error:
            reason = self.redact(str(error)) or type(error).__name__
        logger.warning(f"customAuthLogoutRequest failed ({reason}); the session ends by itself")

    async def _learn_cookies(self, response: httpx.Response) -> None:
        """What an answer sets, a login's too: it goes back with every request, as a token does."""
        secrets, credentials = [], []
        for header in response.headers.get_list("Set-Cookie"):
            pair, _, attributes = header.partition(";")
            name, _, value = pair.partition("=")
            value = value.strip(' "')
            if len(value) >= TELLING_LENGTH:
                secrets.append(value)
            # RFC 6265, 4.1.2.6: what scripts must not read is rather a session than a choice.
            if is_credential(name.strip(), value, hidden="httponly" in attributes.lower()):
                credentials.append(value)
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
            with self.counts.limited.running() if limited else nullcontext():
                await asyncio.sleep(seconds)

        async def attempts(max_wait: float) -> Answer:
            return await retried(
                lambda: self._attempt(request, next(numbers)), max_wait, on_retry, sleep=sleep
            )

        try:
            async with self._permits:
                return await self.outage.send(attempts, self._settings.max_retry_wait)
        except OceanCustomError as error:
            # asyncio tells of tasks, and of their errors, before those leave the session.
            raise error.rewritten(self.redact) from None

    async def _attempt(self, request: PageRequest, attempt: int) -> Answer:
        with self.counts.limited.running():
            async with self._rate:
                reset_at = await self._limit.admitted()
        self.counts.requests += 1
        self._in_flight += 1
        sign_in: list[str] = []  # what the request waits for
        try:
            async with asyncio.timeout(self._settings.timeout):
                reply = await self._exchange(request, attempt, sign_in)
            reply = await self._as_json(request, reply)
        except (SourceError, CredentialsError) as error:
            raise error.within(self._described(request, sign_in)) from None
        except (*WIRE_ERRORS, TimeoutError, OSError, UnicodeEncodeError) as error:
            raise self._wire_error(error, self._described(request, sign_in)) from None
        except (httpx.InvalidURL, UnicodeError):
            # httpx reads the target of every redirect, though it follows none.
            raise OriginError(
                f"{self._described(request, sign_in)}: a redirect leads to what is not a URL;"
                " nothing was sent"
            ) from None
        finally:
            self._in_flight -= 1
        try:
            self._refuse_failure(request, reply)
        except ResponseError as error:
            if error.status not in request.absent_statuses or not error.is_refusal:
                raise
            headers = reply.response.headers
            return Answer(reply.url, error.status, headers, body=None, size=0, refusal=error)
        answer = await self._read(request, reply)
        self._limit.learn(answer.headers, reset_at, self._in_flight)
        return answer

    def _wire_error(self, error: Exception, described: str) -> SourceError:
        """What became of a request that got no complete answer.

        The text of some errors quotes headers or URLs: what is kept of it is redacted.
        """
        match error:
            case TimeoutError() | httpx.TimeoutException():
                seconds = self._settings.timeout
                return TransportError(
                    f"{described}: no complete answer within {seconds:g} seconds (timeout)"
                )
            case httpx.DecodingError():
                return TransportError(f"{described}: the body's compression is broken")
            case httpx.LocalProtocolError() | UnicodeEncodeError():
                return SourceError(f"{described}: a header holds characters HTTP cannot carry")
            case AddressRefused():
                return SourceError(f"{described}: {self.redact(str(error))}")
        reason = self.redact(str(error)) or type(error).__name__
        has_certificate = bool(self._settings.certificates.client)
        if refusal := tls_refusal(reason, has_certificate=has_certificate):
            return SourceError(f"{described}: {refusal}")
        return TransportError(f"{described}: {reason}")

    def _described(self, request: PageRequest, sign_in: Sequence[str] = ()) -> str:
        """What just got no answer: a request, or the sign-in that it needed."""
        if not sign_in or not isinstance(self._auth, RenewedAuth):
            return self.describe(request)
        self._auth.left_unanswered(sign_in[0])
        return sign_in[0]

    async def _exchange(self, request: PageRequest, attempt: int, sign_in: list[str]) -> _Reply:
        """One signed request and its redirects, each hop admitted and signed anew.

        Transports may rewrite a request's URL to an address, so the URL kept here counts.
        """
        url = self._with_installations_params(self._url_of(request))
        method, body = request.method, request.body
        own_headers = dict(request.headers)
        secured: httpx.URL | None = None
        for _ in range(MAX_REDIRECTS + 1):
            url = self._guard.admit(url)
            content_of, headers = encoded_body(body, is_form=request.is_form, headers=own_headers)
            if request.format.accept:
                headers.setdefault("Accept", request.format.accept)
            with self._watch.request(request.purpose, method, url, attempt) as sent:
                response = await self._http.send(
                    self._http.build_request(
                        method,
                        url,
                        headers=headers,
                        **content_of,
                        extensions={SIGN_IN_UNDER_WAY: sign_in, **sent.extensions},
                    ),
                    auth=self._auth,
                    follow_redirects=False,
                    stream=True,
                )
                async with aclosing(response):
                    content = await _content(response, request)
                sent.answered(response, _size(content))
            location = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or location is None:
                return _Reply(str(url), response, content)
            if response.status_code == httpx.codes.SEE_OTHER or (
                method == "POST" and response.status_code in {301, 302}
            ):
                method, body = "GET", None
            target = self._joined(url, location)
            secured = target if _only_secures(url, target) else None
            url = target
        if secured:
            base_url = self._settings.base_url.copy_with(scheme="https", port=secured.port)
            raise SourceError(f"the API redirects from http to https; set baseUrl to {base_url}")
        raise SourceError(f"more than {MAX_REDIRECTS} redirects in a row")

    def _joined(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            return url.join(location)
        except (httpx.InvalidURL, ValueError):
            raise OriginError("a redirect leads to what is not a URL; nothing was sent") from None

    def _url_of(self, request: PageRequest) -> httpx.URL:
        try:
            url = httpx.URL(request.url)
        except (httpx.InvalidURL, ValueError):
            raise OriginError("a link is not a valid URL; nothing was sent") from None
        return url.copy_with(params=list(request.params)) if request.params else url

    def _with_installations_params(self, url: httpx.URL) -> httpx.URL:
        """The URL with those parameters of the settings whose names it lacks.

        They are appended: what a link says stays as it is, letter by letter.
        """
        given = url.params
        missing = [
            (name, value) for name, value in self._settings.query_params if name not in given
        ]
        if not missing:
            return url
        added = urlencode(missing).encode()
        return url.copy_with(query=b"&".join(filter(None, (url.query, added))))

    def _refuse_failure(self, request: PageRequest, reply: _Reply) -> None:
        status, headers = reply.response.status_code, reply.response.headers
        if status == httpx.codes.UNAUTHORIZED:
            raise CredentialsError(
                f"{self._failed(request, reply)}; check the credentials in the settings"
            )
        if not reply.response.is_success or status == httpx.codes.ACCEPTED:
            body, further = None, self._settings.retry_after_header
            if isinstance(reply.content, bytes):
                with suppress(ValueError):
                    body = decode_json(reply.content, charset_of(headers))
            raise ResponseError(
                self._failed(request, reply),
                status=status,
                rate_limited=is_rate_limited(status, headers, body, further_header=further),
                retry_after=parse_retry_after(status, headers, body, further_header=further),
            )

    async def _as_json(self, request: PageRequest, reply: _Reply) -> _Reply:
        """A success with its body as JSON: out of the gzip file and the format it came in.

        Raises BodyError, and httpx.DecodingError for a file that breaks off.
        """
        if not reply.response.is_success or reply.response.status_code == httpx.codes.ACCEPTED:
            return reply
        in_memory = _in_memory(request)
        if is_gzip_file(reply.content):
            content = await kept(unpacked(reply.content, self._limits), in_memory=in_memory)
            reply = replace(reply, content=content)
        wanted = request.format
        is_blank = isinstance(reply.content, bytes) and not reply.content.strip()
        if wanted.name == "json" or (is_blank and not wanted.empty_is_list):
            return reply
        charset = declared_charset(reply.response.headers)
        document = self._limits.admitted(wanted.document(pieces_of(reply.content), charset))
        try:
            content = await kept(document, in_memory=in_memory)
        except FormatError as error:
            told = f"not the {wanted.name} it should be: {error}"
            raise BodyError(f"{self._answered(reply)}: {told}") from None
        return replace(reply, content=content, original=reply.content)

    async def _read(self, request: PageRequest, reply: _Reply) -> Answer:
        status, headers, content = reply.response.status_code, reply.response.headers, reply.content
        charset = reply.charset
        try:
            if isinstance(content, Spool):
                complaint = self._not_json(request, reply)
                path = request.list_path or ()
                sliced = await slice_list(content, path, complaint) if charset == UTF8 else None
                if sliced:
                    rows, size = sliced.rows, content.size
                    self._refuse_reporting_line(request, reply, rows)
                    return Answer(reply.url, status, headers, sliced.body, size, rows)
                content = content.read(0, content.size)
            body = decode_json(content, charset) if content.strip() else None
        except ValueError:
            raise BodyError(self._not_json(request, reply)) from None
        if isinstance(body, list):
            self._refuse_reporting_line(request, reply, body)
        report = _report_in(body, request)
        if is_rate_limited(status, headers, report):
            raise ResponseError(
                self._failed(request, reply),
                status=status,
                rate_limited=True,
                retry_after=parse_retry_after(
                    status, headers, report, further_header=self._settings.retry_after_header
                ),
            )
        return Answer(reply.url, status, headers, body, len(content.strip()))

    def _refuse_reporting_line(
        self, request: PageRequest, reply: _Reply, rows: Sequence[Json]
    ) -> None:
        """Raise BodyError when the lines end with an error: the status was sent long before it."""
        if request.format.name != "ndjson" or not rows:
            return
        last = rows[-1]
        is_only_last = len(rows) == 1 or not _is_report(rows[0])
        if _is_report(last) and is_only_last:
            quoted = self.redact.beginning(beginning_of(last))
            raise BodyError(
                f"{self._failed(request, reply)}: its last line reports an error, {quoted!r}"
            )

    def _not_json(self, request: PageRequest, reply: _Reply) -> str:
        kind = reply.response.headers.get("Content-Type", "no content type")
        size = _size(reply.content)
        failed = self._failed(request, reply)
        return f"{failed}: not the JSON it should be ({kind}, {size} bytes)"

    def _failed(self, request: PageRequest, reply: _Reply) -> str:
        return f"{self.describe(request)}: {self._answered(reply)}"

    def _answered(self, reply: _Reply) -> str:
        quoted = self.redact.beginning(reply.beginning)
        status = f"{reply.response.status_code} {reply.response.reason_phrase}".strip()
        return status + (f", {quoted!r}" if quoted else "")

    def refuse_elsewhere(self, url: str, where: str) -> None:
        """Raise MappingError for a URL of the mapping that no request may go to."""
        try:
            self._guard.admit(url.strip().partition("?")[0])
        except OriginError:
            raise MappingError(
                f"{where} is a URL at {httpx.URL(url).host!r}, which is neither the host of baseUrl"
                " nor one of allowedHosts; name the host there, or give a path below baseUrl"
            ) from None

    def describe(self, request: PageRequest) -> str:
        """Method and URL as they may be shown: without what signs the request."""
        return self.redact(f"{request.method} {self._url_of(request)}")


def _report_in(body: Json, request: PageRequest) -> Json:
    """What a success says of itself beside its data: errors, and codes where there is no data."""
    if not isinstance(body, dict):
        return None
    reported = reasons_in(body)
    for key in (request.list_path or ())[:1]:
        reported.pop(key, None)  # the items themselves: some APIs list errors
    beside = {key: value for key, value in body.items() if key not in reported}
    if any(value for value in beside.values() if isinstance(value, dict | list)):
        return reported
    return reported | beside


def _is_report(row: Json) -> bool:
    return isinstance(row, dict) and is_error_report(row)


def _only_secures(url: httpx.URL, target: httpx.URL) -> bool:
    """Whether a redirect leads to the same URL under https: the guard keeps it at http."""
    same_place = (url.host, url.raw_path) == (target.host, target.raw_path)
    return same_place and (url.scheme, target.scheme) == ("http", "https")


def _size(content: bytes | Spool) -> int:
    return content.size if isinstance(content, Spool) else len(content)


async def _content(response: httpx.Response, request: PageRequest) -> bytes | Spool:
    """What is needed of a response's body; a large one is kept on disk if it may be sliced."""
    if not response.is_success:
        return await response.aread()
    return await received(response, in_memory=_in_memory(request))


def _in_memory(request: PageRequest) -> float:
    """Bytes of a body that are held in memory: all of one that no list is sliced from."""
    return math.inf if request.list_path is None else IN_MEMORY
