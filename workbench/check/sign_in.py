"""Refused credentials: which setting is to blame, as far as one request without them can tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import httpx
from msgspec.structs import replace

from client import ApiClient
from errors import CredentialsError, OceanCustomError, ResponseError
from json_values import Json
from paging.model import PageRequest
from settings import Credentials, LoginCredentials, Settings, StaticCredentials
from settings.fields import FIELDS
from settings.values import OAuthClientAuthentication, OAuthCredentials
from workbench.check.documents import Variables
from workbench.check.settings import variable_of
from workbench.check.signing import headers_named, schemes_named, signings

ClientOf = Callable[[Settings], ApiClient]
"""A client of the same API with other settings; whoever asks for one closes it."""

_VARYING: Final = re.compile(r"[0-9a-fA-F-]{8,}|\d+")
_FORM: Final = "whether it belongs into a header or the form (oauthClientAuthentication)"
_SIGN_IN: Final = re.compile(r"\b(log|sign)[ -]?in\b|authenticat|credential", re.IGNORECASE)
_CODES: Final = (
    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
    "unsupported_grant_type", "invalid_scope",
)  # fmt: skip
"""What a token endpoint says of a refusal (RFC 6749, 5.2)."""
_LOGIN: Final = "endpoint, method, headers and body of the login"
_LOGINS: Final = {
    "400": "what it sends: its body, queryParams or headers, as the API's words say",
    "401": "the user and password, or id and secret, that it sends; or this is no login's endpoint",
    "404": "there is no such path: its endpoint, or the path of baseUrl if the login lies below it",
    "405": "its method",
    "415": "the Content-Type in its headers",
}
"""What is to be looked at, by the status of a login."""
_MOST_PARTS: Final = 3  # parts of a token URL's path that may be too many
_NO_PATH: Final = ("404", "405", "410")
_MOST: Final = 6  # other ways to sign that are tried
_TYPES: Final = {"bearer": "bearer_token", "basic": "basic"}
_OAUTH: Final = (
    ("invalid_client", "oauthClientSecret", f"oauthClientId, oauthClientSecret, and {_FORM}"),
    ("invalid_scope", "oauthScope", "oauthScope"),
    ("invalid_grant", "oauthRefreshToken", "oauthRefreshToken, or the key and claims of the JWT"),
    ("unsupported_grant_type", "oauthGrantType", "oauthGrantType"),
)
"""Codes of RFC 6749, 5.2, with the setting that each is about."""


class SignIn:
    """Says what to correct where an API refuses the credentials."""

    def __init__(
        self, settings: Settings, variables: Variables | None, client_of: ClientOf
    ) -> None:
        self._settings = settings
        self._given = variables.values if variables else {}
        self._client_of = client_of
        self._kind = self._given.get(variable_of("authType"), "none")

    @property
    def credential(self) -> str:
        """The setting that holds what signs requests."""
        names = self._names(lambda kinds: self._kind in kinds)
        return names[0] if names else "authType"

    async def blamed(self, error: OceanCustomError, request: PageRequest | None) -> tuple[str, str]:
        """The setting that is wrong, and what to do; ``request`` None: none can be tried."""
        words = error.report.words
        match self._kind:
            case "none":
                return "authType", self._unset(f"{error.report.answered}, {words}")
            case "oauth2":
                return await self._of_oauth(error, words)
            case "custom":
                return await self._of_login(error, request)
        if request is None:
            return self.credential, f"check {self._checked()}"
        return await self._tried(error, request)

    async def _tried(self, error: OceanCustomError, request: PageRequest) -> tuple[str, str]:
        """What another way to sign shows, or none at all."""
        other = await self._refused_by(request, StaticCredentials())
        is_unseen = other is not None and _gist(other) == _gist(error)
        said = f"{error.report.answered}, {error.report.words}"
        for one in signings(self._kind, self._given, said)[:_MOST]:
            # What the API sees and refuses is most likely wrong itself: no more is guessed then.
            is_worth = is_unseen or one.is_named
            if is_worth and await self._refused_by(request, one.credentials) is None:
                return one.setting, f"{one.remedy}: so signed it answers"
        if is_unseen:
            setting, remedy = self._unheeded(said)
            may_not = isinstance(error, ResponseError)
            return setting, f"{remedy}; or grant them access" if may_not else remedy
        setting = self.credential
        seen = "the API sees these credentials and refuses them"
        return setting, f"{seen}: correct {self._values()}, or grant them access"

    async def page(
        self, request: PageRequest | None, error: OceanCustomError, *, is_redirected: bool
    ) -> tuple[str, str]:
        """As ``blamed``, where a page for people came; "" where credentials change nothing.

        ``is_redirected``: to that page, as to a sign-in.
        """
        if request is None or self._kind not in {"bearer_token", "basic", "api_key"}:
            return "", ""
        for one in signings(self._kind, self._given, error.report.words)[:_MOST]:
            if await self._refused_by(request, one.credentials) is None:
                return one.setting, f"{one.remedy}: so signed it answers"
        # Where the base URL has no path, a page for people is what is there.
        is_api = self._settings.base_url.path.strip("/")
        other = await self._refused_by(request, StaticCredentials()) if is_redirected else None
        if is_api and other is not None and _gist(other) == _gist(error):
            setting, remedy = self._unheeded("")
            return setting if self._kind == "api_key" else "authType", remedy
        return "", ""

    async def unseen(self, request: PageRequest | None) -> tuple[str, str]:
        """As ``blamed``, where lists are answered and empty; "" where credentials are seen."""
        if self._kind == "none":
            return "authType", "set authType, if the API lists nothing without credentials"
        if request is None or self._kind not in {"bearer_token", "basic", "api_key"}:
            return "", ""
        bodies = [await self._body_by(request, StaticCredentials())]
        for one in signings(self._kind, self._given, "")[:_MOST]:
            bodies.append(await self._body_by(request, one.credentials))
            if bodies[-1] and bodies[-1] != bodies[0]:
                return one.setting, f"{one.remedy}: so signed there are items"
        return self._unheeded("") if bodies[0] == await self._body_by(request, None) else ("", "")

    async def _body_by(self, request: PageRequest, credentials: Credentials | None) -> Json:
        """What a request is answered that is signed in another way; None for a failure."""
        signed = (
            self._settings
            if credentials is None
            else replace(self._settings, credentials=credentials)
        )
        client = self._client_of(signed)
        try:
            return (await client.send(request)).body
        except OceanCustomError:
            return None
        finally:
            await client.aclose()

    def _names(self, wanted: Callable[[tuple[str, ...]], bool]) -> list[str]:
        return [
            field.name
            for field in FIELDS.values()
            if field.sensitive and wanted(tuple(field.shown_for)) and field.variable in self._given
        ]

    def _unset(self, said: str) -> str:
        names = self._names(bool)
        kinds = {kind for name in names for kind in FIELDS[name].shown_for}
        if len(kinds) == 1:
            return f"{' and '.join(names)} is not sent: set authType to {kinds.pop()}"
        if headers := headers_named(said):
            return f"set authType to api_key, apiKeyHeader to {headers[0]}, and apiKey"
        for scheme in schemes_named(said):
            if wanted := _TYPES.get(scheme.lower()):
                return f"the API wants {scheme}: set authType to {wanted}, and what belongs to it"
        return "the API wants credentials: set authType and what belongs to it"

    async def _of_oauth(self, error: OceanCustomError, words: str) -> tuple[str, str]:
        if "login" not in str(error):
            return "oauthScope", "the token is given, and the API refuses it: check oauthScope"
        if any(error.report.answered.startswith(one) for one in _NO_PATH):
            told = await self._token_url() or "there is no such path"
            return "oauthTokenUrl", f"check oauthTokenUrl: {told}"
        credentials = self._settings.credentials
        if isinstance(credentials, OAuthCredentials) and credentials.client_secret:
            other: OAuthClientAuthentication = (
                "basic" if credentials.client_authentication == "post" else "post"
            )
            changed = replace(credentials, client_authentication=other)
            if not await self._is_login_refused(changed):
                return "oauthClientAuthentication", f"write {other}: so the token is given"
        for code, setting, told in _OAUTH:
            if code in words:
                return setting, f"check {told}"
        if not any(code in words for code in _CODES):
            told = "what answers does not speak as an endpoint that gives tokens does"
            return "oauthTokenUrl", f"check oauthTokenUrl: {await self._token_url() or told}"
        return self.credential, error.report.remedy or "check oauthClientId and oauthClientSecret"

    async def _token_url(self) -> str:
        """The URL without the beginning of its path, if it gives tokens."""
        credentials = self._settings.credentials
        if not isinstance(credentials, OAuthCredentials):
            return ""
        url = httpx.URL(credentials.token_url)
        parts = url.path.strip("/").split("/")
        for at in range(1, min(len(parts), _MOST_PARTS)):
            other = str(url.copy_with(path="/" + "/".join(parts[at:])))
            if not await self._is_login_refused(replace(credentials, token_url=other)):
                return f"{other} gives the token"
        return ""

    async def _is_login_refused(self, credentials: Credentials) -> bool:
        """Whether a login does not give what signs requests."""
        url = str(self._settings.base_url)
        error = await self._refused_by(PageRequest(url, purpose="check"), credentials)
        return isinstance(error, CredentialsError) and "login" in str(error)

    async def _of_login(
        self, error: OceanCustomError, request: PageRequest | None
    ) -> tuple[str, str]:
        told = str(error)
        if "login" in told and "customAuthRequestTemplate" not in told:
            status = error.report.answered[:3]
            return "customAuthRequest", f"check customAuthRequest: {_LOGINS.get(status, _LOGIN)}"
        remedy = (
            "the login is answered, and its token refused: check customAuthRequestTemplate, its"
            " header, and the word before the token, such as Bearer"
        )
        credentials = self._settings.credentials
        if "login" in told:
            remedy = f"{error.report.remedy} in customAuthRequestTemplate"
        elif request is not None and isinstance(credentials, LoginCredentials):
            worded = {name: f"Bearer {value}" for name, value in credentials.headers.items()}
            if await self._refused_by(request, replace(credentials, headers=worded)) is None:
                remedy = "write 'Bearer ' before the token: so signed it answers"
        return "customAuthRequestTemplate", remedy

    async def _refused_by(
        self, request: PageRequest, credentials: Credentials
    ) -> OceanCustomError | None:
        """What a request comes to that is signed in another way; None for an answer."""
        client = self._client_of(replace(self._settings, credentials=credentials))
        try:
            await client.send(request)
        except OceanCustomError as error:
            return error
        finally:
            await client.aclose()
        return None

    def _unheeded(self, said: str) -> tuple[str, str]:
        """What to correct where the API answers as if there were no credentials."""
        told = "the API answers the same without credentials"
        if wanted := self._wanted(said):
            return "authType", f"{told}, and {wanted}"
        if odd := self._odd():
            return odd, f"{told}: {odd} has a quote or a space at an odd place"
        value = self._given.get(variable_of(self.credential), "")
        if self._kind != "api_key":
            sent = "Authorization: " + ("Bearer …" if self._kind == "bearer_token" else "Basic …")
            return self.credential, (
                f"{told}: check {self._values()}, and that it wants '{sent}' (authType"
                f" {'basic sends username and password, ' if self._kind != 'basic' else ''}api_key"
                " with apiKeyHeader any other header or word)"
            )
        if name := self._given.get(variable_of("apiKeyParam")):
            return "apiKeyParam", f"{told}: check apiKeyParam ({name}), and {self._values()}"
        header = self._given.get(variable_of("apiKeyHeader"), "")
        if header.lower() == "authorization":
            word = "another word" if " " in value else "a word"
            return self.credential, (
                f"{told}: it may want {word} before the key, such as Token or Bearer, another"
                f" header than {header}, or another apiKey"
            )
        sent = header or str(FIELDS["apiKeyHeader"].default)
        return "apiKeyHeader", (
            f"{told}: check apiKeyHeader ({sent}), which may be Authorization, and {self._values()}"
        )

    def _wanted(self, said: str) -> str:
        """Another way to sign that the API speaks of."""
        for header in headers_named(said) if self._kind != "api_key" else []:
            return f"speaks of {header}: set authType to api_key, and apiKeyHeader to {header}"
        for scheme in schemes_named(said):
            if (wanted := _TYPES.get(scheme.lower(), self._kind)) != self._kind:
                return f"wants {scheme}: set authType to {wanted}"
        return ""

    def _values(self) -> str:
        """The settings of the credentials themselves."""
        names = self._names(lambda kinds: self._kind in kinds) or ["authType"]
        if "password" in names:
            names = ["username", *names]
        return " and ".join(names)

    def _odd(self) -> str:
        """The first credential with what no credential has, such as a quote at its end."""
        names = self._names(lambda kinds: self._kind in kinds)
        return next((one for one in names if _is_odd(self._given[variable_of(one)])), "")

    def _checked(self) -> str:
        return f"{self._values()}, and that authType {self._kind} is how the API signs in"


def _gist(error: OceanCustomError) -> tuple[object, str]:
    """What an error says, without what differs each time."""
    is_answer = isinstance(error, ResponseError | CredentialsError)
    status = error.report.answered if is_answer else type(error)
    # White space may be quoted as two characters.
    words = re.sub(r"\\[nrt]", " ", _VARYING.sub("", error.report.words))
    return status, " ".join(words.split())


def _is_odd(value: str) -> bool:
    return value != value.strip("'\" ") or "\\n" in value


def speaks_of_sign_in(error: OceanCustomError) -> bool:
    """Whether an API's words are about a sign-in, whatever the status."""
    return _SIGN_IN.search(error.report.words) is not None
