"""``custom``: login calls whose answers sign every request.

The texts of ``customAuthRequestTemplate``, of a later step and of the logout hold ``{{ jq }}`` over
the answer before: its JSON body, ``$headers`` (names in small letters), ``$cookies`` and ``$text``
(the body as text). See ``Answered``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypedDict, cast
from urllib.parse import quote

import httpx

from authentication.oauth2 import lifetime_of
from authentication.renewal import named
from authentication.signature import Signature
from errors import CredentialsError, RequestName
from jq_engine.answers import answer_lookup
from jq_engine.lookups import Lookup, find
from jq_engine.programs import EMBEDDED, Jq
from json_values import MISSING, Json, keys_of, texts_in, with_texts
from paging.error_reports import reports_error
from settings.values import LoginCredentials, LoginRequest
from transport.bodies import charset_of, decode_json
from transport.http_client import cookies_set, status_of
from transport.origin import Origin
from transport.redaction import Redactor, credentials_in, tokens_in

WHERE = "customAuthRequestTemplate"


@dataclass(frozen=True)
class Answered:
    """What programs can read of one answer of a login."""

    response: httpx.Response
    body: Json

    @classmethod
    def of(cls, response: httpx.Response) -> Answered:
        """Read an answer; a body that is not JSON is None."""
        try:
            body = decode_json(response.content, charset_of(response.headers))
        except (ValueError, RecursionError):
            body = None
        return cls(response, body)

    @property
    def is_report(self) -> bool:
        """Whether the body says that the login failed, with the status of a success perhaps."""
        return isinstance(self.body, dict) and reports_error(self.body)

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


class Template[Part]:
    """Texts in which ``{{ jq }}`` stands for a value of an answer, unless nothing is to be read.

    ``where`` names the setting they stand in.
    """

    def __init__(self, part: Part, jq: Jq, where: str = WHERE, *, reads: bool = True) -> None:
        self._part = part
        self._jq = jq
        self._where = where
        self.placeholders: dict[str, Lookup] = {
            program: answer_lookup(program, where)
            for text in (texts_in(part) if reads else ())
            for program in EMBEDDED.findall(text)
        }

    async def fill(
        self,
        answer: Answered | None,
        redact: Redactor,
        call: RequestName,
        *,
        spell: Callable[[str], str] = str,
    ) -> Part:
        """The part with its values, each spelt by ``spell``; raises CredentialsError without one.

        ``call`` is the one whose answer it is.
        """
        if not self.placeholders:
            return self._part
        if answer is None:
            raise CredentialsError(f"{self._where} reads an answer before the first", request=call)
        document = answer.document
        found = await find(self.placeholders.values(), document, self._jq)
        values: dict[str, str] = {}
        for program, lookup in self.placeholders.items():
            value = lookup(document, found)
            if value is MISSING or value in (None, "") or isinstance(value, dict | list):
                self._refuse(program, answer, call, redact)
            values[program] = value if isinstance(value, str) else json.dumps(value)

        def filled(text: str) -> str:
            return EMBEDDED.sub(lambda one: spell(values[one[1]]), text)

        whole = cast("Part", with_texts(self._part, filled))  # texts stay texts
        credentials = list(credentials_in(whole))
        redact.learn(*values.values(), origin="login", credentials=credentials)
        return whole

    def _refuse(self, program: str, answer: Answered, call: RequestName, redact: Redactor) -> None:
        if answer.is_report:
            raise CredentialsError(
                f"{self._where} reads {program!r}, but the answer reports an error",
                remedy="check the credentials that customAuthRequest sends",
                request=call,
                answered=status_of(answer.response),
                words=redact.beginning(answer.text),
            )
        if answer.body is None and answer.text and "$" not in program:
            raise CredentialsError(
                f"the answer is not JSON, but {self._where} reads values from it",
                remedy='read $text, $headers["…"] or $cookies instead',
                request=call,
            )
        cookies = ", ".join(sorted(answer.cookies)) or "none"
        headers = ", ".join(sorted({name.lower() for name in answer.response.headers}))
        had = {
            "$headers": f"the headers {headers}",
            "$cookies": f"the cookies {cookies}",
            "$text": "no text",
        }
        has = next((text for name, text in had.items() if name in program), keys_of(answer.body))
        raise CredentialsError(
            f"{self._where} reads {program!r}, but the answer has {has}",
            remedy="correct the path",
            request=call,
        )


class _SignatureParts(TypedDict):
    headers: Mapping[str, str]
    query_params: Mapping[str, str]
    body: Mapping[str, Json]


class _CallParts(TypedDict):
    headers: Mapping[str, str]
    body: Mapping[str, Json] | None
    params: Mapping[str, str]


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
        self._calls = [
            LoginCall(step, base_url, redact, jq, headers=headers, reads=number > 0)
            for number, step in enumerate(credentials.steps)
        ]
        self._redact = redact
        parts: _SignatureParts = {
            "headers": credentials.headers,
            "query_params": credentials.query_params,
            "body": credentials.body,
        }
        self._template = Template(parts, jq)
        self._logout = (
            LoginCall(
                credentials.logout,
                base_url,
                redact,
                jq,
                headers=headers,
                where="customAuthLogoutRequest",
            )
            if credentials.logout
            else None
        )
        self._last: Answered | None = None

    @asynccontextmanager
    async def attempt(self) -> AsyncGenerator[LoginSignIn]:
        """One login: it holds nothing."""
        yield self

    async def request(self, answers: Sequence[httpx.Response]) -> httpx.Request | None:
        """The next step; its texts read the answer before it."""
        if len(answers) == len(self._calls):
            return None
        before = await self._learned(answers[-1]) if answers else None
        return await self._calls[len(answers)].request(before)

    async def signature(self, answers: Sequence[httpx.Response], now: float) -> Signature:
        """The template with the values of the last answer."""
        last = self._last = await self._learned(answers[-1])
        call = named(last.response.request, self._redact)
        filled = await self._template.fill(last, self._redact, call)
        _refuse_unsendable(filled["headers"], call)
        lifetime = lifetime_of(last.body) if isinstance(last.body, dict) else None
        return Signature(**filled, obtained_at=now, lifetime=lifetime)

    def accepts(self, answer: httpx.Response) -> bool:
        """Whether a login succeeded: a redirect too, where its headers or cookies are what counts.

        So sign-in forms of web pages answer (RFC 9110, 15.4.4).
        """
        reads_body = any("$" not in program for program in self._template.placeholders)
        return answer.is_success or (answer.is_redirect and not reads_body)

    async def refusal(self, answer: httpx.Response) -> CredentialsError:
        """The error for a refusal, with the API's own words."""
        text = self._redact.beginning((await self._learned(answer)).text)
        return CredentialsError(
            request=named(answer.request, self._redact), answered=status_of(answer), words=text
        )

    async def end(self) -> httpx.Request | None:
        """The logout, None where nothing is to end."""
        return await self._logout.request(self._last) if self._logout and self._last else None

    async def _learned(self, response: httpx.Response) -> Answered:
        """An answer, whose texts are secrets from now on; of a refusal what looks like a token.

        It may tell of thousands of permissions: what it holds is judged in a thread.
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
    """One request of a login, or the logout: texts that may read the answer before."""

    def __init__(  # noqa: PLR0913 — each is a part of the world around a call
        self,
        login: LoginRequest,
        base_url: httpx.URL,
        redact: Redactor,
        jq: Jq,
        *,
        headers: Mapping[str, str],
        where: str = "customAuthRequest",
        reads: bool = True,
    ) -> None:
        self._login = login
        self._redact = redact
        at_home = Origin.of(login_url(login.endpoint, base_url)) == Origin.of(base_url)
        self._headers = headers if at_home else {}
        self._base_url = base_url
        self._url = Template(login.endpoint, jq, where, reads=reads)
        self._form = Template(login.body_form, jq, where, reads=reads)
        parts: _CallParts = {
            "headers": login.headers,
            "body": login.body,
            "params": login.query_params,
        }
        self._parts = Template(parts, jq, where, reads=reads)

    async def request(self, before: Answered | None) -> httpx.Request:
        """The request; raises CredentialsError when the answer before lacks a value."""
        login, redact = self._login, self._redact
        plain = httpx.Request(login.method, login_url(login.endpoint, self._base_url))
        call = named(before.response.request if before else plain, redact)
        # Quoted: no answer may lead the login to another host or path.
        endpoint = await self._url.fill(before, redact, call, spell=_quoted)
        form = await self._form.fill(before, redact, call, spell=_quoted)
        parts = await self._parts.fill(before, redact, call)
        headers = httpx.Headers({"Accept": "application/json", **self._headers})
        content: dict[str, Any] = {}
        if form is not None:
            content = {"content": form}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif parts["body"] is not None:
            content = {"json": parts["body"]}
        headers.update(parts["headers"])
        url = login_url(endpoint, self._base_url).copy_merge_params(parts["params"])
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
                remedy=f"correct what {WHERE} reads",
                request=call,
            )


def _quoted(text: str) -> str:
    return quote(text, safe="")
