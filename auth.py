"""How requests are signed, and which hosts a signed request may go to.

The schemes are ``httpx.Auth`` flows: they do no HTTP of their own. The login request of
``authType: custom`` is *yielded*, so it rides the same transport, under the same time
limit and the same address checks as any other request.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Container, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_plus, urlencode

import httpx

from errors import BodyError, CredentialsError, OriginError, ResponseError, TransportError
from jq_engine.lookups import Lookup, compile_lookup, find
from jq_engine.programs import EMBEDDED, Jq
from json_values import MISSING, Json, keys_of
from paging.signals import whole_number
from settings import (
    Credentials,
    LoginCredentials,
    StaticCredentials,
    texts_in,
)
from transport.bodies import charset_of, decode_json
from transport.rate_limit import is_rate_limited, parse_retry_after
from transport.redaction import Redactor, credentials_in, tokens_in
from transport.retry import MAX_ATTEMPTS, backoff

_DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
# A fresh token may have expired already when its request was queued for long: a request
# may be repeated with tokens that others obtained, but not for ever.
_MAX_REPEATS = 3
# The part of a token's told lifetime in which it is used: the next request takes time too.
_USED_SHARE = 0.9
_LONGEST_LIFETIME = 10**9  # seconds; what is told may be no number of seconds at all
_EARLY = 0.05  # seconds; a sleep may end a little before its time

Flow = AsyncGenerator[httpx.Request, httpx.Response]


def make_auth(  # noqa: PLR0913 (each is a part of the world around a scheme)
    credentials: Credentials,
    base_url: httpx.URL,
    redact: Redactor,
    *,
    jq: Jq,
    custom_headers: Mapping[str, str] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> StaticAuth | LoginAuth:
    """The scheme for these credentials.

    ``custom_headers`` go along with a login at the API's own origin, nowhere else; ``clock``
    gives seconds.
    """
    match credentials:
        case StaticCredentials():
            return StaticAuth(credentials)
        case LoginCredentials():
            url = _login_url(credentials.login.endpoint, base_url)
            at_home = (url.scheme, url.host, _port(url)) == (
                base_url.scheme,
                base_url.host,
                _port(base_url),
            )
            headers = custom_headers if custom_headers and at_home else {}
            return LoginAuth(credentials, url, redact, headers=headers, clock=clock, jq=jq)


def _login_url(endpoint: str, base_url: httpx.URL) -> httpx.URL:
    """The URL of a login call: a full one, or a path below the base URL."""
    if endpoint.lower().startswith(("http://", "https://")):
        return httpx.URL(endpoint)
    return httpx.URL(str(base_url).rstrip("/") + "/" + endpoint.lstrip("/"))


class StaticAuth(httpx.Auth):
    """Bearer, basic and API key: headers, or a query parameter, that never change.

    A 401 is final: the same credentials will not fare better a second time.
    """

    def __init__(self, credentials: StaticCredentials) -> None:
        self._credentials = credentials

    async def async_auth_flow(self, request: httpx.Request) -> Flow:
        """Sign, send once."""
        request.headers.update(self._credentials.headers)
        request.url = signed_url(request.url, self._credentials.query_params)
        yield request


def signed_url(url: httpx.URL, params: Mapping[str, str]) -> httpx.URL:
    """The URL with these query parameters, each once; all others as they are spelt."""
    if not params:
        return url
    others = _other_pairs(url.query.decode(), params)
    signature = urlencode(params, quote_via=quote, safe="")
    return url.copy_with(query="&".join(filter(None, (others, signature))).encode())


def unsigned_url(url: str, names: Container[str]) -> str:
    """The URL without the query parameters of these names; all others as they are spelt.

    APIs hand the parameters of a request back in their links, those that sign it included.
    """
    rest, sharp, fragment = url.partition("#")
    path, _, query = rest.partition("?")
    others = _other_pairs(query, names)
    return path + (f"?{others}" if others else "") + sharp + fragment


def _other_pairs(query: str, names: Container[str]) -> str:
    pairs = query.split("&")
    return "&".join(pair for pair in pairs if unquote_plus(pair.partition("=")[0]) not in names)


@dataclass(frozen=True)
class _Signature:
    """What one login gave: the parts to add to every request."""

    headers: Mapping[str, str] = field(repr=False)
    query_params: Mapping[str, str] = field(repr=False)
    body: Mapping[str, Json] = field(repr=False)
    obtained_at: float
    lifetime: float | None

    def sign(self, request: httpx.Request) -> httpx.Request:
        """A signed copy; transports below may rewrite what they are given."""
        content = request.content
        headers = httpx.Headers(request.headers)
        if self.body and (content or request.method != "GET"):
            content = json.dumps({**json.loads(content or b"{}"), **self.body}).encode()
            headers["Content-Type"] = "application/json"
            headers.pop("Content-Length", None)
        headers.update(self.headers)
        return httpx.Request(
            request.method,
            signed_url(request.url, self.query_params),
            headers=headers,
            content=content or None,
            extensions=request.extensions,
        )


@dataclass(frozen=True)
class _Trouble:
    """A login that got no good answer for now; nobody asks again before ``until`` (clock seconds).

    ``status`` None: no answer at all. ``attempts`` counts the logins in a row that failed so.
    """

    message: str = field(repr=False)
    status: int | None
    is_limit: bool
    until: float
    attempts: int

    def error(self, now: float) -> ResponseError | TransportError:
        """What a request that needs the login fails with, for now."""
        wait = max(0.0, self.until - now)
        if self.status is not None:
            return ResponseError(
                self.message, status=self.status, rate_limited=self.is_limit, retry_after=wait
            )
        error = TransportError(self.message)
        error.retry_after = wait
        return error


class LoginAuth(httpx.Auth):
    """``custom``: a login call whose JSON answer signs every request.

    However many requests find their token expired, one of them logs in and the others
    use what it obtained. A login that is refused stays failed: a wrong password is not tried
    again and again, which would lock the account. A login service in trouble is asked again
    for all requests at once, after a backoff, and at most ``MAX_ATTEMPTS`` times in a row.
    """

    def __init__(  # noqa: PLR0913 (as make_auth)
        self,
        credentials: LoginCredentials,
        url: httpx.URL,
        redact: Redactor,
        *,
        headers: Mapping[str, str],
        clock: Callable[[], float],
        jq: Jq,
    ) -> None:
        self._login = credentials.login
        self._template = _Template(credentials, jq)
        self._url = url
        self._headers = headers
        self._redact = redact
        self._clock = clock
        self._lock = asyncio.Lock()
        self._signature: _Signature | None = None
        self._failure: CredentialsError | None = None
        self._trouble: _Trouble | None = None
        self._broke_off: asyncio.Task[object] | None = None
        self.logins = 0

    async def async_auth_flow(self, request: httpx.Request) -> Flow:
        """Sign and send; when refused, log in once and send again."""
        used: _Signature | None = None
        own_login = False
        for _ in range(_MAX_REPEATS):
            async with self._lock:
                current = self._signature
                if self._failure:
                    raise CredentialsError(*self._failure.args)
                if current is None or current is used or self._is_old(current):
                    self._refuse_while_in_trouble()
                    own_login = used is not None
                    try:
                        answer = yield self._login_request(request)
                        await answer.aread()
                    except (GeneratorExit, asyncio.CancelledError, httpx.RequestError, BodyError):
                        # Without an answer to the login the flow is closed in the middle.
                        self._broke_off = asyncio.current_task()
                        raise
                    current = self._signature = await self._accept(answer)
            used = current
            response = yield used.sign(request)
            if response.status_code != httpx.codes.UNAUTHORIZED or own_login:
                return
            # httpx would read it while the next request is made: what fails there is not the
            # login.
            await response.aread()

    def _is_old(self, signature: _Signature) -> bool:
        interval = self._login.reauthenticate_after or signature.lifetime
        return interval is not None and self._clock() - signature.obtained_at >= interval

    def _refuse_while_in_trouble(self) -> None:
        now = self._clock()
        if self._trouble and now < self._trouble.until - _EARLY:
            raise self._trouble.error(now)

    def _in_trouble(
        self,
        message: str,
        status: int | None = None,
        retry_after: float | None = None,
        *,
        is_limit: bool = False,
    ) -> _Trouble:
        """Note a passing fault of the login service; too many in a row are a failure for good."""
        attempts = self._trouble.attempts + 1 if self._trouble else 1
        until = self._clock() + max(backoff(attempts), retry_after or 0.0)
        self._trouble = _Trouble(message, status, is_limit, until, attempts)
        if attempts >= MAX_ATTEMPTS:
            self._failure = CredentialsError(f"{message}, {attempts} times in a row")
        return self._trouble

    def broken_login(self) -> str | None:
        """The login call, when this task's was the one that just got no answer; told once."""
        if self._broke_off is None or self._broke_off is not asyncio.current_task():
            return None
        self._broke_off = None
        self._in_trouble(f"{self._described} got no complete answer")
        return self._described

    def _login_request(self, request: httpx.Request) -> httpx.Request:
        login = self._login
        headers = httpx.Headers({"Accept": "application/json", **self._headers})
        content: dict[str, Json] = {}
        if login.body_form is not None:
            content = {"content": login.body_form}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif login.body is not None:
            content = {"json": login.body}
        headers.update(login.headers)
        url = self._url.copy_merge_params(login.query_params)
        extensions = request.extensions
        return httpx.Request(login.method, url, headers=headers, extensions=extensions, **content)

    async def _accept(self, response: httpx.Response) -> _Signature:
        """The signature in a login's answer.

        Raises ResponseError for a passing fault of the login service, and
        CredentialsError, from now on for every request, when it refuses.
        """
        answer = self._answer(response)
        status = response.status_code
        is_limit = is_rate_limited(status, response.headers)
        if is_limit or ResponseError.may_pass(status):
            retry_after = parse_retry_after(status, response.headers)
            described = self._describe(response)
            trouble = self._in_trouble(described, status, retry_after, is_limit=is_limit)
            raise trouble.error(self._clock())
        self._trouble = None
        try:
            self._refuse_failure(response, answer)
            signature = await self._template.fill(
                answer, self._redact, self._clock(), self._described
            )
        except CredentialsError as error:
            self._failure = error
            raise
        self.logins += 1
        return signature

    def _answer(self, response: httpx.Response) -> Json:
        """The JSON of a login's answer, None without any; its texts are secrets from now on.

        Of a refusal only what looks like a token: the rest says why.
        """
        try:
            answer = decode_json(response.content, charset_of(response.headers))
            tokens = tokens_in(answer)
            credentials = list(credentials_in(answer))
        except (ValueError, RecursionError):
            return None
        self._redact.learn(*tokens.named, origin="login", credentials=credentials)
        # Of these there may be any number, such as permissions; what signs is learnt in any case.
        rest = [*tokens.like_tokens, *(tokens.others if response.is_success else ())]
        self._redact.learn(*rest, origin="answer of the login", unlikely=True)
        return answer

    def _refuse_failure(self, response: httpx.Response, answer: Json) -> None:
        """Raise CredentialsError when a login did not give what signs requests."""
        if not response.is_success:
            raise CredentialsError(self._describe(response))
        if answer is None and response.content.strip() and self._template.placeholders:
            raise CredentialsError(
                f"{self._describe(response)}: the answer is not JSON, but"
                " customAuthRequestTemplate reads values from it"
            )

    @property
    def _described(self) -> str:
        url = self._redact(str(self._url.copy_with(query=None)))
        return f"the login {self._login.method} {url}"

    def _describe(self, response: httpx.Response) -> str:
        # A body in a charset that it is not in is quoted all the same.
        content = response.content.decode(charset_of(response.headers), errors="replace")
        text = self._redact.beginning(content)
        return (
            f"{self._described} answered {response.status_code}"
            f" {response.reason_phrase}" + (f": {text!r}" if not response.is_success else "")
        ).rstrip()


class _Template:
    """``customAuthRequestTemplate``: texts in which ``{{.jq.path}}`` stands for a value."""

    def __init__(self, credentials: LoginCredentials, jq: Jq) -> None:
        self._credentials = credentials
        self._jq = jq
        parts = (credentials.headers, credentials.query_params, credentials.body)
        self.placeholders: dict[str, Lookup] = {
            path: compile_lookup(path, "customAuthRequestTemplate")
            for text in texts_in(parts)
            for path in EMBEDDED.findall(text)
        }

    async def fill(self, answer: Json, redact: Redactor, now: float, described: str) -> _Signature:
        """The parts with the values of a login's answer; raises CredentialsError without one."""
        values: dict[str, str] = {}
        found = await find(self.placeholders.values(), answer, self._jq)
        for path, lookup in self.placeholders.items():
            value = lookup(answer, found)
            if value is MISSING or value in (None, "") or isinstance(value, dict | list):
                raise CredentialsError(
                    f"{described}: customAuthRequestTemplate reads {path!r}, but the answer has"
                    f" {keys_of(answer)}; correct the path"
                )
            values[path] = value if isinstance(value, str) else json.dumps(value)

        def filled(part: Json) -> Json:
            match part:
                case str():
                    return EMBEDDED.sub(lambda found: values[found[1]], part)
                case Mapping():
                    return {key: filled(inner) for key, inner in part.items()}
                case list():
                    return [filled(inner) for inner in part]
                case _:
                    return part

        parts = (self._credentials.headers, self._credentials.query_params, self._credentials.body)
        headers, query_params, body = map(filled, parts)
        credentials = list(credentials_in([headers, query_params, body]))
        redact.learn(*values.values(), origin="template", credentials=credentials)
        return _Signature(
            headers=headers,
            query_params=query_params,
            body=body,
            obtained_at=now,
            lifetime=_lifetime(answer),
        )


def _lifetime(answer: Json) -> float | None:
    """Seconds for which a token may be used, by ``expires_in`` (RFC 6749, 5.1); None untold."""
    told = answer.get("expires_in") if isinstance(answer, dict) else None
    seconds = whole_number(told)
    return min(seconds, _LONGEST_LIFETIME) * _USED_SHARE if seconds else None


class OriginGuard:
    """Which URLs requests may go to: the origin of the base URL, and ``allowedHosts``."""

    def __init__(self, base_url: httpx.URL, allowed_hosts: tuple[str, ...]) -> None:
        self._base = base_url
        # Without a scheme: under https, 443 would be no port, and so any port.
        urls = [httpx.URL(f"//{host}") for host in allowed_hosts]
        self._allowed = frozenset((url.host, url.port) for url in urls)

    def admit(self, url: httpx.URL | str) -> httpx.URL:
        """The URL as it will be requested, its scheme that of the base URL.

        The same host under the other scheme is the API behind a proxy that does not know
        its own scheme; any other origin raises OriginError, and so does a user in the URL.
        """
        try:
            target = httpx.URL(url)
            # Only now is an internationalised name decoded, which may fail.
            is_home = self._is_home(target)
        except (httpx.InvalidURL, ValueError):
            raise OriginError("a link is not a valid URL; nothing was sent") from None
        if target.userinfo:
            raise OriginError("a link or redirect holds a user or password; nothing was sent")
        if target.scheme in _DEFAULT_PORTS:
            if is_home and target.scheme == self._base.scheme:
                return target
            if is_home:
                return target.copy_with(scheme=self._base.scheme, port=self._base.port)
            is_allowed = {(target.host, None), (target.host, _port(target))} & self._allowed
            if is_allowed and target.scheme in {self._base.scheme, "https"}:
                return target
        raise OriginError(
            f"a link or redirect leads to {target.scheme}://{target.host}"
            f"{f':{target.port}' if target.port else ''}, outside"
            f" {self._base.scheme}://{self._base.netloc.decode()}; nothing was sent there. If the"
            " API really lives there too, name the host in allowedHosts"
        )

    def _is_home(self, target: httpx.URL) -> bool:
        """Same host, and the same port or each its scheme's default."""
        if target.host != self._base.host:
            return False
        both_default = target.port is None and self._base.port is None
        return both_default or _port(target) == _port(self._base)


def _port(url: httpx.URL) -> int | None:
    return url.port or _DEFAULT_PORTS.get(url.scheme)
