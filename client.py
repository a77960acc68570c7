"""The one place that does I/O: ``send`` a request, ``walk`` the pages of one endpoint.

``send`` admits the URL to the origin, holds a permit while the request is under way,
signs it, follows redirects within the origin, retries what may pass, and turns every
other outcome into an error that names the request without a secret in it. ``walk`` asks a
paginator where to go next; what it learns of totals lets it fetch pages ahead, yielded in
order all the same.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, nullcontext, suppress
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import count, islice
from urllib.parse import urlencode

import httpx
from aiolimiter import AsyncLimiter
from loguru import logger

from auth import make_auth
from authentication.renewal import SIGN_IN_UNDER_WAY, RenewedAuth
from authentication.signature import unsigned_url
from errors import (
    BodyError,
    CredentialsError,
    OceanCustomError,
    OriginError,
    PaginationError,
    ResponseError,
    SourceError,
    TransportError,
)
from jq_engine.lookups import NOTHING_FOUND, Found, find
from jq_engine.programs import Jq
from json_values import MISSING, Json, beginning_of, keys_of
from pagination import Page, PageRequest, Paginator, Progress, Step, refuse_other_rows
from paging.extraction import NO_ITEMS, Extracted, Extractor, Item
from paging.limits import Bounds
from paging.signals import is_error_report, is_partial, is_unopened, reasons_in, reports_error
from settings import Settings
from settings.values import OAuthCredentials
from transport.bodies import (
    ACCEPTED_CODINGS,
    MIB,
    UTF8,
    BodyLimits,
    Spool,
    charset_of,
    decode_json,
    received,
)
from transport.http_client import WIRE_ERRORS, AddressRefused, open_http, tls_refusal
from transport.large_lists import SlicedRows, slice_list
from transport.observer import Observer, PageRead, Watch
from transport.origin import OriginGuard
from transport.outage import Outage
from transport.rate_limit import RateLimit, is_rate_limited, parse_retry_after
from transport.redaction import TELLING_LENGTH, Redactor, is_credential
from transport.retry import retried
from transport.waits import RetryLog, Stopwatch

MAX_REDIRECTS = 5
LONGEST_LOGOUT = 10.0
"""Seconds: a process that is told to stop has little time."""
IN_MEMORY = 4 * MIB
"""Bytes; a larger body is kept in a file, and its list is parsed in slices."""
AHEAD_OF_WALK = 32 * MIB
"""Bytes of bodies that one walk asks for ahead, as far as the last one's size tells."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Answer:
    """A successful response: its decoded JSON, and the length of that in bytes (0: no body).

    ``refusal``: what a request that ``may_be_refused`` would have failed with; there is no body.
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
class Fetched:
    """One page of a walk, extracted, or a run of the rows of a large one.

    ``size`` is the length of its body, or of the run, in bytes.
    """

    request: PageRequest = field(repr=False)
    page: Page = field(repr=False)
    extracted: Extracted = field(repr=False)
    size: int
    begins_walk: bool


_Extraction = Iterable[tuple[Extracted, int]]
"""What one answer gave, with its size in bytes: in one run, or in many for a large list."""


@dataclass(frozen=True)
class _Reply:
    """A response with what was read of its body: all of a success, the beginning of a failure."""

    url: str = field(repr=False)
    response: httpx.Response = field(repr=False)
    content: bytes | Spool = field(repr=False)

    @property
    def beginning(self) -> str:
        """The text the body begins with."""
        content = self.content
        start = content.read(0, MIB) if isinstance(content, Spool) else content
        return start.decode(charset_of(self.response.headers), errors="replace")


@dataclass
class Counts:
    """What a client has done, for the log."""

    requests: int = 0
    retries: int = 0
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
        self._jq = jq
        self.redact = Redactor(*settings.secrets, credentials=settings.secrets_in_data)
        self.counts = Counts()
        self._watch = Watch(observer, self.redact)
        self.outage = Outage()
        self._retry_log = RetryLog()
        self._http = http(settings)
        self._http.headers["Accept-Encoding"] = ACCEPTED_CODINGS
        self._http.headers.update(settings.custom_headers)
        self._http.event_hooks["response"].append(
            BodyLimits(settings.max_compressed_size, settings.max_response_size)
        )
        self._http.event_hooks["response"].append(self._learn_cookies)
        self._http.event_hooks["response"].append(self._watch.login)
        self._auth = make_auth(
            settings.credentials,
            settings.base_url,
            self.redact,
            jq=jq,
            custom_headers=settings.custom_headers,
        )
        self._guard = OriginGuard(settings.base_url, settings.allowed_hosts)
        self._permits = asyncio.Semaphore(settings.max_concurrent_requests)
        self._rate = (
            AsyncLimiter(1, 60 / settings.requests_per_minute)
            if settings.requests_per_minute
            else nullcontext()
        )
        self._ahead_free = settings.max_concurrent_requests
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
            if not (request.may_be_refused and error.refuses_page):
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
        headers = dict(request.headers)
        secured: httpx.URL | None = None
        for _ in range(MAX_REDIRECTS + 1):
            url = self._guard.admit(url)
            with self._watch.request(request.purpose, method, url, attempt) as sent:
                response = await self._http.send(
                    self._http.build_request(
                        method,
                        url,
                        headers=headers,
                        json=body,
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
            body = None
            if isinstance(reply.content, bytes):
                with suppress(ValueError):
                    body = decode_json(reply.content, charset_of(headers))
            raise ResponseError(
                self._failed(request, reply),
                status=status,
                rate_limited=is_rate_limited(status, headers, body),
                retry_after=parse_retry_after(status, headers, body),
            )

    async def _read(self, request: PageRequest, reply: _Reply) -> Answer:
        status, headers, content = reply.response.status_code, reply.response.headers, reply.content
        charset = charset_of(headers)
        try:
            if isinstance(content, Spool):
                complaint = self._not_json(request, reply)
                path = request.list_path or ()
                sliced = await slice_list(content, path, complaint) if charset == UTF8 else None
                if sliced:
                    rows, size = sliced.rows, content.size
                    return Answer(reply.url, status, headers, sliced.body, size, rows)
                content = content.read(0, content.size)
            body = decode_json(content, charset) if content.strip() else None
        except ValueError:
            raise BodyError(self._not_json(request, reply)) from None
        report = _report_in(body, request)
        if is_rate_limited(status, headers, report):
            raise ResponseError(
                self._failed(request, reply),
                status=status,
                rate_limited=True,
                retry_after=parse_retry_after(status, headers, report),
            )
        return Answer(reply.url, status, headers, body, len(content.strip()))

    def _not_json(self, request: PageRequest, reply: _Reply) -> str:
        kind = reply.response.headers.get("Content-Type", "no content type")
        size = _size(reply.content)
        failed = self._failed(request, reply)
        return f"{failed}: not the JSON it should be ({kind}, {size} bytes)"

    def _failed(self, request: PageRequest, reply: _Reply) -> str:
        quoted = self.redact.beginning(reply.beginning)
        status = f"{reply.response.status_code} {reply.response.reason_phrase}".strip()
        return f"{self.describe(request)}: {status}" + (f", {quoted!r}" if quoted else "")

    def describe(self, request: PageRequest) -> str:
        """Method and URL as they may be shown: without what signs the request."""
        return self.redact(f"{request.method} {self._url_of(request)}")

    # --- one endpoint ------------------------------------------------------------------

    async def walk(
        self,
        request: PageRequest,
        paginator: Paginator,
        extractor: Extractor,
        bounds: Bounds | None = None,
    ) -> AsyncGenerator[Fetched]:
        """Every page of an endpoint, in order, as far as the bounds go.

        Raises PaginationError when the walk cannot be proved complete, and what ``send``
        raises; what came before the error has been yielded.
        """
        needs_rows = any(lookup.looks_into_rows for lookup in paginator.lookups)
        list_path = None if needs_rows else extractor.list_path
        upcoming: PageRequest | None = paginator.first(replace(request, list_path=list_path))
        progress = Progress()
        trail = _Trail(self._settings.max_pages)
        bounds = bounds or Bounds()
        ahead: dict[str, asyncio.Task[Answer]] = {}
        try:
            while upcoming is not None:
                trail.refuse_endless(upcoming)
                answer = await self._next_answer(upcoming, ahead)
                runs, page = await self._opened(answer, paginator, extractor)
                if upcoming.may_be_refused and trail.leaves(page):
                    runs, page = [], Page(answer.url, body=None, rows=[])
                else:
                    self._refuse_no_page(upcoming, progress, answer, runs, extractor)
                    self._refuse_unopened_page(page, extractor)
                    trail.refuse_circle(progress, page)
                    _refuse_other_shape(progress, page, runs)
                step = _judged(paginator, progress, upcoming, page)
                if isinstance(step, Step) and step.next is not None:
                    self._refuse_unopened_page(page, extractor, goes_on=True)
                    most = 0 if bounds.are_set else AHEAD_OF_WALK // max(answer.size, 1)
                    self._look_ahead(paginator, step.progress, upcoming, ahead, most)
                    trail.add(page)
                items: list[Item] = []
                if _is_new(page, progress, step):
                    self._log_page(upcoming, len(page.rows))
                    for fetched in _fetched(upcoming, page, runs, is_first=not progress.pages):
                        yield fetched
                        if self._watch.observer:
                            items += fetched.extracted.items
                self._tell(upcoming, page, items, step)
                step = _settled(step, runs, extractor)
                self._warn(step, upcoming)
                if is_partial(answer.body, page.scopes, extractor.data_path):
                    raise self._reported(upcoming, answer)
                progress, upcoming = step.progress, step.next and self._unsigned(step.next)
                upcoming = bounds.after(progress.pages, upcoming)
        except OceanCustomError as error:
            if isinstance(error, PaginationError):
                error.within(self.describe(upcoming or request))
            raise error.rewritten(self.redact) from None  # as in ``send``
        finally:
            await self._drop(ahead)

    async def _opened(
        self, answer: Answer, paginator: Paginator, extractor: Extractor
    ) -> tuple[_Extraction, Page]:
        """What an answer gave, and the page it is."""
        runs, rows = await _extracted(answer, extractor)
        found = await find(paginator.lookups, answer.body, self._jq)
        return runs, _page(answer, rows, extractor, found)

    async def refuse_page_before(
        self, first: Fetched, paginator: Paginator, extractor: Extractor
    ) -> bool:
        """Raise PaginationError when rows come before the first page of a walk.

        Asked for once, and only where the first page leaves that open. Gives whether this walk
        settles it: empty pages do not. Raises what ``send`` raises, too.
        """
        before = paginator.before(first.request, first.page)
        if before is None:
            return True
        complaint = (
            "page 0 has rows that page 1 does not have: the API counts pages from zero; set"
            " startPage to 0"
        )
        rows = await self._refuse_other_rows(before, first.page, extractor, complaint)
        return bool(first.page.rows or rows)

    async def refuse_page_beyond(
        self, first: Fetched, paginator: Paginator, extractor: Extractor
    ) -> None:
        """Raise PaginationError when rows come after a first page that seemed to be the last.

        Raises what ``send`` raises, too.
        """
        length = len(first.page.rows)
        beyond = paginator.beyond(first.request, first.page)
        complaint = (
            f"more rows follow a first page of {length}, although more were asked for: the API"
            f" gives at most {length} a page; set pageSize to {length}"
        )
        if beyond is not None:
            await self._refuse_other_rows(beyond, first.page, extractor, complaint)

    async def _refuse_other_rows(
        self, request: PageRequest, first: Page, extractor: Extractor, complaint: str
    ) -> int:
        """The number of rows of a page beside the first, 0 when the API refuses it: there is none.

        Raises what ``send`` raises where there is no such answer: the page may hold rows.
        """
        answer = await self.send(replace(request, may_be_refused=True, purpose="check"))
        _, rows = await _extracted(answer, extractor)
        other = _page(answer, rows, extractor)
        try:
            refuse_other_rows(first, other, complaint)
        except PaginationError as error:
            raise error.within(self.describe(request)) from None
        return len(other.rows)

    def _refuse_unopened_page(
        self, page: Page, extractor: Extractor, *, goes_on: bool = False
    ) -> None:
        found = extractor.single(page.body)
        if found is MISSING or not is_unopened(
            found, page.holder, page.body, page.headers, goes_on=goes_on
        ):
            return
        raise PaginationError(
            f"data_path {extractor.data_path!r} takes {keys_of(found)} for one item, but the"
            f" answer looks like a page of a list (it has {keys_of(page.body)}); set data_path to"
            f" the list, or to '[{extractor.data_path}]' if it really is one item"
        )

    def _tell(
        self, request: PageRequest, page: Page, items: list[Item], step: Step | PaginationError
    ) -> None:
        """Tell the observer of a page."""
        if self._watch.observer is None:
            return
        goes_on = isinstance(step, Step) and step.next is not None
        url, rows = self.redact(str(self._url_of(request))), len(page.rows)
        self._watch.observer.read(
            PageRead(request.purpose, url, page.status, rows, items, page.body, goes_on=goes_on)
        )

    def _log_page(self, request: PageRequest, rows: int) -> None:
        logger.opt(lazy=True).debug("{}: {} rows", lambda: self.describe(request), lambda: rows)

    def _unsigned(self, request: PageRequest) -> PageRequest:
        """A request without what a link repeated of our signature: that asks for nothing."""
        credentials = self._settings.credentials
        names = {} if isinstance(credentials, OAuthCredentials) else credentials.query_params
        return replace(request, url=unsigned_url(request.url, names)) if names else request

    def _refuse_no_page(
        self,
        request: PageRequest,
        progress: Progress,
        answer: Answer,
        runs: _Extraction,
        extractor: Extractor,
    ) -> None:
        """Raise when an answer is no page at all."""
        self._refuse_sudden_silence(request, progress, answer)
        self._refuse_reported_error(request, answer, runs, extractor)

    def _refuse_sudden_silence(
        self, request: PageRequest, progress: Progress, answer: Answer
    ) -> None:
        """An API that sent JSON pages ends them with an empty page or 204, not with nothing."""
        if progress.pages and not answer.size and answer.status != httpx.codes.NO_CONTENT:
            raise BodyError(
                f"{self.describe(request)}: {answer.status} with an empty body, after pages of JSON"
            )

    def _refuse_reported_error(
        self, request: PageRequest, answer: Answer, runs: _Extraction, extractor: Extractor
    ) -> None:
        """An answer that says it failed is no empty page and no item, whatever its status."""
        if not isinstance(answer.body, dict):
            return
        is_report = extractor.single(answer.body) is answer.body and is_error_report(answer.body)
        if is_report or (
            reports_error(answer.body) and not any(extracted.items for extracted, _ in runs)
        ):
            raise self._reported(request, answer)

    def _reported(self, request: PageRequest, answer: Answer) -> BodyError:
        # The reason first: it may stand behind more data than is quoted.
        quoted = self.redact.beginning(beginning_of({**reasons_in(answer.body), **answer.body}))
        return BodyError(
            f"{self.describe(request)}: {answer.status}, but the answer reports an error,"
            f" {quoted!r}"
        )

    async def _next_answer(
        self, request: PageRequest, ahead: dict[str, asyncio.Task[Answer]]
    ) -> Answer:
        task = ahead.get(request.key) if ahead else None
        if task is None:
            return await self.send(request)
        answer = await task
        del ahead[request.key]
        self._ahead_free += 1
        if answer.refusal is None or request.may_be_refused:
            return answer
        # By now it is known that there should be such a page.
        if answer.refusal.transient:
            return await self.send(request)
        raise answer.refusal

    def _warn(self, step: Step, sent: PageRequest) -> None:
        if step.warning:
            logger.warning(f"{self.describe(sent)}: {step.warning}")

    def _look_ahead(
        self,
        paginator: Paginator,
        progress: Progress,
        sent: PageRequest,
        ahead: dict[str, asyncio.Task[Answer]],
        most: int,
    ) -> None:
        """Start the ``most`` requests that very likely follow, as far as places are free."""
        window = min(len(ahead) + self._ahead_free, most)
        for request in islice(paginator.ahead(progress, sent), window):
            if self._ahead_free and request.key not in ahead:
                self._ahead_free -= 1
                ahead[request.key] = asyncio.create_task(self.send(request))

    async def _drop(self, ahead: dict[str, asyncio.Task[Answer]]) -> None:
        self._ahead_free += len(ahead)
        for task in ahead.values():
            task.cancel()
        await asyncio.gather(*ahead.values(), return_exceptions=True)


def _page(
    answer: Answer, rows: Sequence[Json], extractor: Extractor, found: Found = NOTHING_FOUND
) -> Page:
    return Page(
        answer.url,
        answer.body,
        rows,
        answer.headers,
        holder=extractor.holder(answer.body),
        is_single=extractor.single(answer.body) is not MISSING,
        found=found,
        status=answer.status,
    )


def _fetched(
    request: PageRequest, page: Page, runs: _Extraction, *, is_first: bool
) -> Iterator[Fetched]:
    for extracted, size in runs:
        yield Fetched(request, page, extracted, size, begins_walk=is_first)
        is_first = False


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
    return await received(response, in_memory=math.inf if request.list_path is None else IN_MEMORY)


def _settled(step: Step | PaginationError, runs: _Extraction, extractor: Extractor) -> Step:
    """The step, once the page was yielded; raises what is in doubt about it."""
    if isinstance(step, Step):
        return step
    if runs and all(extracted.nothing for extracted, _ in runs):
        step.within(f"data_path {extractor.data_path!r} found nothing")
    raise step


def _judged(
    paginator: Paginator, progress: Progress, sent: PageRequest, page: Page
) -> Step | PaginationError:
    """What comes after a page; a page in doubt is yielded before the doubt is raised."""
    try:
        return paginator.step(progress, sent, page)
    except PaginationError as error:
        return error


class _Trail:
    """What a walk asked for and got so far, so that it never goes in a circle."""

    def __init__(self, max_pages: int) -> None:
        self._max_pages = max_pages
        self._sent: set[bytes] = set()
        self._given: set[int] = set()

    def refuse_endless(self, request: PageRequest) -> None:
        """Raise when a request was made before, or too many were; else note it."""
        key = blake2b(request.key.encode(), digest_size=16).digest()
        if key in self._sent:
            raise PaginationError(
                "this request was made before in the same walk: the API leads in a circle, or"
                " paginationParam is not the name its documentation gives"
            )
        if len(self._sent) >= self._max_pages:
            raise PaginationError(
                f"the walk is still not over after {len(self._sent)} pages; check the pagination"
                " settings, or raise maxPages if the collection really is that large"
            )
        self._sent.add(key)

    def add(self, page: Page) -> None:
        """Note the rows of a page, by their ids: without any they are not known again."""
        if page.ids:
            self._given.add(hash(page.ids))

    def holds(self, page: Page) -> bool:
        """Whether an earlier page had these rows."""
        return bool(self._given and page.ids) and hash(page.ids) in self._given

    def leaves(self, page: Page) -> bool:
        """Whether what a request for a page that need not be there gave is no further page.

        APIs leave it empty, tell of an error, or give a page again.
        """
        is_list = page.rows and not page.is_single
        is_report = isinstance(page.body, dict) and reports_error(page.body)
        return not is_list or is_report or self.holds(page)

    def refuse_circle(self, progress: Progress, page: Page) -> None:
        """Raise when rows come again, but for those just before: that is for the paginator."""
        if self.holds(page) and not page.repeats(progress.previous):
            raise PaginationError(
                "the rows of this page came before in the same walk: the API leads in a circle, or"
                " does not heed the position it is asked for; the rest may be missing"
            )


def _refuse_other_shape(progress: Progress, page: Page, runs: _Extraction) -> None:
    """Raise when an answer is nothing like the page before it: a report, rather than no rows."""
    before = progress.previous
    if before is None or (page.rows and not page.is_single):
        return
    both = isinstance(page.body, dict) and isinstance(before.body, dict)
    strange = sorted(map(str, page.body.keys() - before.body.keys())) if both else []
    has_no_list = strange and all(extracted.nothing for extracted, _ in runs)
    if has_no_list or (page.is_single and not before.is_single):
        raise PaginationError(
            f"the answer has no list, but {keys_of(page.body)}, where the page before had"
            f" {keys_of(before.body)}: it is no page of this list, and the rest is missing"
        )


def _is_new(page: Page, progress: Progress, step: Step | PaginationError) -> bool:
    """Whether a page is to be yielded, rather than the one before again."""
    if isinstance(step, Step):
        return not step.repeated
    return progress.previous is None or page.rows != progress.previous.rows


async def _extracted(answer: Answer, extractor: Extractor) -> tuple[_Extraction, Sequence[Json]]:
    """The items of an answer, and the rows it is measured by."""
    if answer.rows is not None:
        return _Runs(answer.rows, extractor), answer.rows
    if not answer.size:
        return [(NO_ITEMS, 0)], []
    extracted = await extractor.extract(answer.body)
    return [(extracted, answer.size)], extractor.rows(answer.body) or extracted.items


@dataclass(frozen=True)
class _Runs:
    """The extracted rows of a large page, run by run, each with its size in bytes."""

    rows: SlicedRows
    extractor: Extractor

    def __iter__(self) -> Iterator[tuple[Extracted, int]]:
        for rows, size in self.rows.slices():
            # The brackets count: an answer of no bytes would be none.
            yield self.extractor.extract_run(rows), size + 2
