"""A token that is refused, or not given: which of the settings of ``oauth2`` is to blame."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final

import httpx

from errors import OceanCustomError
from paging.model import PageRequest
from workbench.check.asking.alternatives import told_values
from workbench.check.files.settings import variable_of
from workbench.check.findings import likeness
from workbench.check.guesses.names import names_in
from workbench.check.login.changes import Blame, Change, Installed, is_signed_in, line

_CODES: Final = (
    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
    "unsupported_grant_type", "invalid_scope", "access_denied", "invalid_target",
)  # fmt: skip
"""What a token endpoint says of a refusal (RFC 6749, 4.1.2.1 and 5.2; RFC 8707, 2)."""
_FORM: Final = "whether it belongs into a header or the form (oauthClientAuthentication)"
_OAUTH: Final = (
    ("invalid_client", "oauthClientSecret", f"oauthClientId, oauthClientSecret, and {_FORM}"),
    ("invalid_scope", "oauthScope", "oauthScope"),
    ("access_denied", "oauthAudience", "oauthAudience, or grant the client access to it"),
    ("invalid_target", "oauthAudience", "oauthAudience"),
    ("invalid_grant", "oauthRefreshToken", "oauthRefreshToken, or the key and claims of the JWT"),
    ("unsupported_grant_type", "oauthGrantType", "oauthGrantType"),
    ("invalid_request", "oauthGrantType", "oauthGrantType, oauthScope and oauthAudience"),
)
"""Codes of these, with the setting that each is about."""
_ENDS: Final = ("token", "oauth/token", "oauth2/token", "connect/token", "oauth2/v1/token")
_MOST: Final = 12  # sign-ins that are tried
_MOST_TOLD: Final = 8  # values of a refusal's words that are tried
_URL: Final = re.compile(r"https?://[^\s\"'`,<>]+")
_MARKED: Final = re.compile(r"[_.:-]")
_SCOPE: Final = re.compile(r"scope=\\?\"([^\"\\]+)")
"""The scope that a refusal wants (RFC 6750, 3)."""
_MOST_PARTS: Final = 3  # parts of a token URL's path that may be too many
_LIKE: Final = 0.6
_NO_PATH: Final = ("404", "405", "410")
_GIVEN: Final = "so the token is given"


class OAuthTrials:
    """Tries the same client with one setting changed."""

    def __init__(self, installed: Installed) -> None:
        self._installed = installed

    async def blamed(self, error: OceanCustomError, request: PageRequest | None) -> Blame:
        """The setting that is wrong, and what to do."""
        is_login = "login" in str(error)
        asked = request or PageRequest(str(self._installed.settings.base_url), purpose="check")
        answered = error.report.answered
        told = islice(self._told(f"{answered}, {error.report.words}"), _MOST_TOLD)
        changes = self._of_login(answered) if is_login else self._of_token()

        async def lets_in(change: Change) -> bool:
            refusal = await self._installed.refusal(asked, change)
            return is_signed_in(refusal) if is_login else refusal is None

        ways, proof = chain(told, islice(changes, _MOST)), _GIVEN if is_login else "so it answers"
        found = await self._installed.first(ways, lets_in, proof)
        return found or self._unproved(error, is_login=is_login)

    def _told(self, words: str) -> Iterator[Change]:
        """A scope or an audience that the words of a refusal name."""
        for name in ("oauthScope", "oauthAudience"):
            if name.removeprefix("oauth").lower() not in words.lower():
                continue
            urls = [one.rstrip(".") for one in _URL.findall(words)]
            joined = [one for one in names_in(words) if _MARKED.search(one)]
            given = self._installed.text(name)
            for one in dict.fromkeys((*urls, *told_values(name, given, words), *joined)):
                if one in words and one != given:
                    yield Change({name: one})

    def _unproved(self, error: OceanCustomError, *, is_login: bool) -> Blame:
        words, answered = error.report.words, error.report.answered
        if not is_login:
            return self._unheeded(f"{answered}, {words}")
        if any(answered.startswith(one) for one in _NO_PATH):
            return Blame("oauthTokenUrl", "correct oauthTokenUrl: there is no such path")
        for code, setting, told in _OAUTH:
            if code in words:
                return Blame(setting, f"correct {told}")
        if not any(code in words for code in _CODES):
            told = "what answers does not speak as an endpoint that gives tokens does"
            return Blame("oauthTokenUrl", f"correct oauthTokenUrl: {told}")
        remedy = error.report.remedy or "correct oauthClientId and oauthClientSecret"
        return Blame("oauthClientSecret", remedy)

    @staticmethod
    def _unheeded(said: str) -> Blame:
        """What to correct where a token is given and refused."""
        told = "the token is given, and the API"
        if named := _SCOPE.search(said):
            words = f"{told} wants a scope: write {line('oauthScope', named[1])}"
            return Blame("oauthScope", words)
        told = f"{told} refuses it: correct oauthScope or oauthAudience"
        return Blame("oauthScope", f"{told}, or grant the client access")

    def _of_login(self, answered: str) -> Iterator[Change]:
        text = self._installed.text
        urls = self._urls()
        if any(answered.startswith(one) for one in _NO_PATH):
            yield from urls
        other = "basic" if text("oauthClientAuthentication") == "post" else "post"
        yield Change({"oauthClientAuthentication": other})
        client, secret = text("oauthClientId"), text("oauthClientSecret")
        if client and secret:
            told = f"swap {variable_of('oauthClientId')} and {variable_of('oauthClientSecret')}"
            yield Change({"oauthClientId": secret, "oauthClientSecret": client}, told)
        if text("oauthScope"):
            yield Change({"oauthScope": ""})
        if text("oauthGrantType") not in {"", "client_credentials"} and client and secret:
            yield Change({"oauthGrantType": "client_credentials"})
        if text("oauthRefreshToken") and text("oauthGrantType") != "refresh_token":
            yield Change({"oauthGrantType": "refresh_token"})
        if not text("oauthAudience"):
            base = str(self._installed.settings.base_url)
            yield from (Change({"oauthAudience": one}) for one in (base.rstrip("/"), base))
        yield from urls

    def _as_base(self, parts: Sequence[str]) -> Iterator[str]:
        """With what the base URL has behind the same part: another realm, another tenant."""
        base = self._installed.settings.base_url.path.strip("/").split("/")
        for at, part in enumerate(parts[:-1]):
            if part in base[:-1] and (other := base[base.index(part) + 1]) != parts[at + 1]:
                yield "/".join([*parts[: at + 1], other, *parts[at + 2 :]])

    def _of_token(self) -> Iterator[Change]:
        base = self._installed.settings.base_url
        origin = str(base.copy_with(path="/"))
        for audience in dict.fromkeys((str(base).rstrip("/"), origin.rstrip("/"), origin)):
            yield Change({"oauthAudience": audience})
        if self._installed.text("oauthScope"):
            yield Change({"oauthScope": ""})

    def _urls(self) -> Iterator[Change]:
        """The token URL without the beginning of its path, or with another end, as others have."""
        text = self._installed.text("oauthTokenUrl")
        try:
            url = httpx.URL(text)
        except httpx.InvalidURL:
            return
        parts = url.path.strip("/").split("/")
        base = self._installed.settings.base_url.path.strip("/").split("/")
        paths = ["/".join([*base[:at], *parts]) for at in range(len(base), 0, -1) if base != [""]]
        paths += [*self._as_base(parts), "/".join([*parts, "token"])]
        paths += ["/".join(parts[at:]) for at in range(1, min(len(parts), _MOST_PARTS))]
        last = parts[-1]
        paths += [
            "/".join([*parts[:-1], one])
            for one in ("token", "access_token", "tokens")
            if one != last and likeness(one, last) >= _LIKE
        ]
        paths += [one for one in _ENDS if one not in {"/".join(parts), *paths}]
        for path in dict.fromkeys(paths):
            yield Change({"oauthTokenUrl": str(url.copy_with(path=f"/{path}"))})
