"""Refused credentials: which setting is to blame, as far as one request without them can tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from client import ApiClient
from errors import CredentialsError, OceanCustomError, ResponseError
from paging.model import PageRequest
from settings import Settings, StaticCredentials
from settings.fields import FIELDS
from workbench.check.documents import Variables
from workbench.check.settings import variable_of

ClientOf = Callable[[Settings], ApiClient]
"""A client of the same API with other settings; whoever asks for one closes it."""

_VARYING: Final = re.compile(r"[0-9a-fA-F-]{8,}|\d+")
_FORM: Final = "whether it belongs into a header or the form (oauthClientAuthentication)"
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
                return "authType", self._unset()
            case "oauth2":
                return self._of_oauth(error, words)
            case "custom":
                return self._of_login(error)
        if request is None or request.method != "GET":
            return self.credential, f"check {self._checked()}"
        other = await self._without_credentials(request)
        if other is not None and _gist(other) == _gist(error):
            setting, remedy = self._unheeded()
            may_not = isinstance(error, ResponseError)
            return setting, f"{remedy}; or grant them access" if may_not else remedy
        setting = self.credential
        seen = "the API sees these credentials and refuses them"
        return setting, f"{seen}: correct {self._values()}, or grant them access"

    def _names(self, wanted: Callable[[tuple[str, ...]], bool]) -> list[str]:
        return [
            field.name
            for field in FIELDS.values()
            if field.sensitive and wanted(tuple(field.shown_for)) and field.variable in self._given
        ]

    def _unset(self) -> str:
        names = self._names(bool)
        kinds = {kind for name in names for kind in FIELDS[name].shown_for}
        if len(kinds) == 1:
            return f"{' and '.join(names)} is not sent: set authType to {kinds.pop()}"
        return "the API wants credentials: set authType and what belongs to it"

    def _of_oauth(self, error: OceanCustomError, words: str) -> tuple[str, str]:
        if "login" not in str(error):
            return "oauthScope", "the token is given, and the API refuses it: check oauthScope"
        for code, setting, told in _OAUTH:
            if code in words:
                return setting, f"check {told}"
        if any(error.report.answered.startswith(one) for one in ("404", "405", "410")):
            return "oauthTokenUrl", "check oauthTokenUrl: there is no such path"
        return self.credential, error.report.remedy or "check oauthClientId and oauthClientSecret"

    def _of_login(self, error: OceanCustomError) -> tuple[str, str]:
        told = str(error)
        if "login" in told and "customAuthRequestTemplate" not in told:
            remedy = "check customAuthRequest: endpoint, method and credentials of the login"
            return "customAuthRequest", remedy
        remedy = (
            "the login is answered, and its token refused: check customAuthRequestTemplate, its"
            " header, and the word before the token, such as Bearer"
        )
        if "login" in told:
            remedy = f"{error.report.remedy} in customAuthRequestTemplate"
        return "customAuthRequestTemplate", remedy

    async def _without_credentials(self, request: PageRequest) -> OceanCustomError | None:
        client = self._client_of(replace(self._settings, credentials=StaticCredentials()))
        try:
            await client.send(request)
        except OceanCustomError as error:
            return error
        finally:
            await client.aclose()
        return None

    def _unheeded(self) -> tuple[str, str]:
        """What to correct where the API answers as if there were no credentials."""
        told = "the API answers the same without credentials"
        if odd := self._odd():
            return odd, f"{told}: {odd} has a quote or a space at an odd place"
        value = self._given.get(variable_of(self.credential), "")
        if self._kind != "api_key":
            sent = "Authorization: " + ("Bearer …" if self._kind == "bearer_token" else "Basic …")
            return self.credential, (
                f"{told}: check {self._values()}, and that it wants '{sent}' (authType api_key"
                " with apiKeyHeader sends any other header or word)"
            )
        if name := self._given.get(variable_of("apiKeyParam")):
            return "apiKeyParam", f"{told}: check apiKeyParam ({name}), and {self._values()}"
        header = self._given.get(variable_of("apiKeyHeader"), "")
        if header.lower() == "authorization":
            word = "another word" if " " in value else "a word"
            return self.credential, (
                f"{told}: it may want {word} before the key, such as Token or Bearer, another"
                f" header than {header}, or another key"
            )
        sent = header or str(FIELDS["apiKeyHeader"].default)
        return "apiKeyHeader", (
            f"{told}: check apiKeyHeader ({sent}), which may be Authorization, and {self._values()}"
        )

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
    # A line break may be quoted as two characters.
    words = _VARYING.sub("", error.report.words).replace("\\n", " ")
    return status, " ".join(words.split())


def _is_odd(value: str) -> bool:
    return value != value.strip("'\" ") or "\\n" in value
