"""``custom``: login calls whose answers sign every request.

The texts of ``customAuthRequestTemplate``, of a later step and of the logout hold ``{{ jq }}`` over
the answer before: its JSON body, ``$headers`` (names in small letters), ``$cookies`` and ``$text``
(the body as text). See ``Answered``.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import Any, cast
from urllib.parse import quote

import httpx
from msgspec import Struct

from authentication.oauth2 import lifetime_of
from authentication.renewal import json_of, named
from authentication.signature import Signature
from errors import CredentialsError, RequestName
from jq_engine.embedded import filled
from jq_engine.lookups import compile_answer_lookup, find
from jq_engine.programs import Jq, programs_in
from json_values import MISSING, Json, as_written, keys_of
from paging.error_reports import reports_error
from settings.values import LoginCredentials, LoginRequest
from transport.bodies import charset_of
from transport.http_client import cookies_set, status_of
from transport.origin import Origin
from transport.redaction import Redactor, credentials_in, tokens_in

_REQUEST = "customAuthRequest"
_TEMPLATE = "customAuthRequestTemplate"
_LOGOUT = "customAuthLogoutRequest"
# What some servers answer to a wrong password, with the status of a success.
_PAGE = re.compile("<(?:!doctype|html)", re.IGNORECASE)


class Answered(Struct, frozen=True):
    """What programs can read of one answer of a login."""

    response: httpx.Response
    body: Json

    @classmethod
    def of(cls, response: httpx.Response) -> Answered:
        """Read an answer; a body that is not JSON is None."""
        return cls(response, json_of(response))

    @property
    def is_report(self) -> bool:
        """Whether the body says that the login failed, whatever the status says."""
        return isinstance(self.body, dict) and reports_error(self.body)

    @property
    def is_page(self) -> bool:
        """Whether it is a page for people."""
        return bool(_PAGE.match(self.text))

    @property
    def text(self) -> str:
        """The body as text, without spaces around it."""
        charset = charset_of(self.response.headers)
        return self.response.content.decode(charset, errors="replace").strip()

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that this answer sets, by name."""
        return {cookie.name: cookie.value for cookie in cookies_set(self.response)}

    @property
    def document(self) -> Json:
        """The JSON that programs are run on."""
        headers: dict[str, Json] = {
            name.lower(): value for name, value in self.response.headers.items()
        }
        return {
            "body": self.body,
            "headers": headers,
            "cookies": {**self.cookies},
            "text": self.text,
        }


class Placeholders:
    """The ``{{ jq }}`` in the texts of a setting, which stand for values of an answer."""

    def __init__(self, parts: object, jq: Jq, redact: Redactor, *, where: str) -> None:
        self._jq = jq
        self._redact = redact
        self._where = where
        self._lookups = {
            program: compile_answer_lookup(program, where) for program in programs_in(parts)
        }

    @property
    def read_body(self) -> bool:
        """Whether one of them reads the body, rather than headers, cookies or the text."""
        return any("$" not in program for program in self._lookups)

    async def values(self, answer: Answered) -> dict[str, str]:
        """The value of each, as text; raises CredentialsError where the answer lacks one."""
        document = answer.document
        found = await find(self._lookups.values(), document, self._jq)
        values: dict[str, str] = {}
        for program, lookup in self._lookups.items():
            value = lookup(document, found)
            if value is MISSING or value in (None, "") or isinstance(value, dict | list):
                raise self._lacking(program, answer)
            values[program] = as_written(value)
            if _PAGE.match(values[program]):
                raise self._lacking(program, answer)
        return values

    def fill[Part](self, part: Part, values: Mapping[str, str]) -> Part:
        """A part of the setting with these values, which are secrets from now on."""
        whole = cast("Part", filled(part, values))  # texts stay texts
        credentials = list(credentials_in(whole)) if values else []
        self._redact.learn(*values.values(), origin="login", credentials=credentials)
        return whole

    def _lacking(self, program: str, answer: Answered) -> CredentialsError:
        call = named(answer.response.request, self._redact)
        if answer.is_report:
            return CredentialsError(
                f"{self._where} reads {program!r}, but the answer reports an error",
                remedy="check the credentials that customAuthRequest sends",
                request=call,
                answered=status_of(answer.response),
                words=self._redact.beginning(answer.text),
            )
        if answer.body is None and answer.text and "$" not in program:
            return CredentialsError(
                f"the answer is not JSON, but {self._where} reads values from it",
                remedy='read $text, $headers["…"] or $cookies instead',
                request=call,
            )
        cookies = ", ".join(sorted(answer.cookies)) or "none"
        headers = ", ".join(sorted({name.lower() for name in answer.response.headers}))
        had = {
            "$headers": f"the headers {headers}",
            "$cookies": f"the cookies {cookies}",
            "$text": "a page of HTML" if answer.is_page else "no text",
        }
        has = next((text for name, text in had.items() if name in program), keys_of(answer.body))
        meant = _meant(program, answer.body)
        return CredentialsError(
            f"{self._where} reads {program!r}, but the answer has {has}",
            remedy=f"write {meant}" if meant else "correct the path",
            request=call,
        )


def _meant(program: str, body: Json) -> str:
    """The one text of an answer whose key is the last one of a path, or speaks of a token."""
    last = program.rpartition(".")[2].replace("_", "").lower()
    same: list[str] = []
    tokens: list[str] = []
    stack: list[tuple[str, Json]] = [("", body)]
    while stack:
        path, value = stack.pop()
        for key, inner in value.items() if isinstance(value, dict) else ():
            stack.append((f"{path}.{key}", inner))
            if isinstance(inner, str) and inner and key.replace("_", "").lower() == last:
                same.append(f"{path}.{key}")
            elif isinstance(inner, str) and "token" in key.lower():
                tokens.append(f"{path}.{key}")
    return next((some[0] for some in (same, tokens) if len(some) == 1), "")


class LoginSignIn:
    """Logs in, by one request or by several; see ``SignIn``.

    ``headers`` go along with requests to the origin of the base URL.
    """

    def __init__(
        self,
        credentials: LoginCredentials,
        base_url: httpx.URL,
        redact: Redactor,
        jq: Jq,
        *,
        headers: Mapping[str, str],
    ) -> None:
        call = partial(LoginCall, base_url=base_url, headers=headers)
        read = partial(Placeholders, jq=jq, redact=redact)
        first, *others = credentials.steps
        # The first step has no answer before it: its texts are sent as they are.
        self._calls = [
            call(first, read((), where=_REQUEST)),
            *(call(step, read(step.texts, where=_REQUEST)) for step in others),
        ]
        logout = credentials.logout
        self._logout = call(logout, read(logout.texts, where=_LOGOUT)) if logout else None
        template = [credentials.headers, credentials.query_params, credentials.body]
        self._placeholders = read(template, where=_TEMPLATE)
        self._credentials = credentials
        self._redact = redact
        self.last: Answered | None = None

    def held(self) -> AbstractAsyncContextManager[None]:
        """Nothing: any number of processes may be logged in."""
        return nullcontext()

    async def request(self, answers: Sequence[httpx.Response]) -> httpx.Request | None:
        """The next step; its texts read the answer before it."""
        if len(answers) == len(self._calls):
            return None
        before = await self._learned(answers[-1]) if answers else None
        return await self._calls[len(answers)].request(before)

    async def signature(self, answers: Sequence[httpx.Response], now: float) -> Signature:
        """The template with the values of the last answer."""
        last = self.last = await self._learned(answers[-1])
        values = await self._placeholders.values(last)
        template, fill = self._credentials, self._placeholders.fill
        headers = fill(template.headers, values)
        _refuse_unsendable(headers, named(last.response.request, self._redact))
        return Signature(
            headers,
            fill(template.query_params, values),
            fill(template.body, values),
            obtained_at=now,
            lifetime=lifetime_of(last.body) if isinstance(last.body, dict) else None,
        )

    def accepts(self, answer: httpx.Response) -> bool:
        """Whether a login succeeded: a redirect too, where its headers or cookies are what counts.

        So sign-in forms of web pages answer (RFC 9110, 15.4.4).
        """
        return answer.is_success or (answer.is_redirect and not self._placeholders.read_body)

    async def refusal(self, answer: httpx.Response) -> CredentialsError:
        """The error for a refusal, with the API's own words."""
        text = self._redact.beginning((await self._learned(answer)).text)
        return CredentialsError(
            request=named(answer.request, self._redact), answered=status_of(answer), words=text
        )

    async def end(self) -> httpx.Request | None:
        """The logout, None where nothing is to end."""
        return await self._logout.request(self.last) if self._logout and self.last else None

    async def _learned(self, response: httpx.Response) -> Answered:
        """An answer, whose texts are secrets from now on; of a refusal what looks like a token.

        It may list thousands of permissions, so what it holds is judged in a thread.
        """
        answer = Answered.of(response)
        tokens, credentials = await asyncio.to_thread(
            lambda: (tokens_in(answer.body), list(credentials_in(answer.body)))
        )
        self._redact.learn(*tokens.named, origin="login", credentials=credentials)
        # Of these there may be any number, such as permissions; what signs is learnt in any case.
        gives = response.is_success and not answer.is_report
        rest = [*tokens.like_tokens, *(tokens.others if gives else ())]
        self._redact.learn(*rest, origin="answer of the login", unlikely=True)
        return answer


class LoginCall:
    """One request of a login, or the logout: its texts may read the answer before."""

    def __init__(
        self,
        login: LoginRequest,
        placeholders: Placeholders,
        *,
        base_url: httpx.URL,
        headers: Mapping[str, str],
    ) -> None:
        self._login = login
        self._placeholders = placeholders
        self._base_url = base_url
        at_home = Origin.of(login_url(login.endpoint, base_url)) == Origin.of(base_url)
        self._headers = headers if at_home else {}

    async def request(self, before: Answered | None) -> httpx.Request:
        """The request; raises CredentialsError when the answer before lacks a value."""
        login, fill = self._login, self._placeholders.fill
        values = await self._placeholders.values(before) if before else {}
        # No answer may lead the login to another host or path.
        quoted = {program: quote(value, safe="") for program, value in values.items()}
        url = login_url(fill(login.endpoint, quoted), self._base_url)
        headers = httpx.Headers({"Accept": "application/json", **self._headers})
        content: dict[str, Any] = {}
        if login.body_form is not None:
            content = {"content": fill(login.body_form, quoted)}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif login.body is not None:
            content = {"json": fill(login.body, values)}
        headers.update(fill(login.headers, values))
        url = url.copy_merge_params(fill(login.query_params, values))
        return httpx.Request(login.method, url, headers=headers, **content)


def login_url(endpoint: str, base_url: httpx.URL) -> httpx.URL:
    """The URL of a login call: a full one, or a path below the base URL."""
    if endpoint.lower().startswith(("http://", "https://")):
        return httpx.URL(endpoint)
    return httpx.URL(str(base_url).rstrip("/") + "/" + endpoint.lstrip("/"))


def _refuse_unsendable(headers: Mapping[str, str], call: RequestName) -> None:
    """Raise CredentialsError for a header that HTTP cannot carry (RFC 9110, 5.5)."""
    for name, value in headers.items():
        if not value.isascii() or not value.replace("\t", " ").isprintable():
            raise CredentialsError(
                f"its answer gives the header {name!r} characters that HTTP cannot carry",
                remedy=f"correct what {_TEMPLATE} reads",
                request=call,
            )
