"""A login that is refused, or whose token is: the part of its settings that is to blame."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, islice
from typing import Final

from msgspec.structs import replace

from authentication.login import LoginSignIn
from authentication.renewal import RenewedAuth
from errors import CredentialsError, OceanCustomError
from paging.model import PageRequest
from settings import StaticCredentials
from workbench.check.asking.answered import ask
from workbench.check.files.settings import variable_of
from workbench.check.guesses.refusal_words import parameter_missed
from workbench.check.login.bases import other_paths
from workbench.check.login.changes import (
    Blame,
    Change,
    Installed,
    LetsIn,
    Way,
    is_signed_in,
)
from workbench.check.login.logins import REQUEST, TEMPLATE, Given, Logins

_MOST: Final = 22  # logins that are tried, beside those for many names at once
_MOST_BASES: Final = 30
_FEW_BASES: Final = 10
_FORBIDDEN: Final = "403"
_ACCEPTED: Final = (
    "the API knows the token, and forbids this: correct what the login asks for, such as its scope,"
    " or grant its user access"
)
_NOT_THERE: Final = frozenset({"404", "405", "410"})
_SIGNED: Final = (
    "the user and password, or id and secret, that it sends; or this is no login's endpoint"
)
_LOGINS: Final = {
    "400": 'what it sends: its "body", "queryParams" or "headers", as the API\'s words say',
    "401": _SIGNED,
    "403": _SIGNED,
    "404": "there is no such path: its endpoint, or the path of baseUrl if the login lies below it",
    "405": "its method",
    "415": "the Content-Type in its headers",
}
"""What is to be looked at, by the status of a login."""
_READS: Final = re.compile(r"\b(customAuthRequest(?:Template)?) reads '([^']*)'")
_MEANT: Final = re.compile(r"write (\.\S+)$")
_LOGIN: Final = "endpoint, method, headers and body of the login"


class LoginTrials:
    """Tries the same login with one part of it changed."""

    def __init__(self, installed: Installed) -> None:
        self._installed = installed
        self._logins = Logins(installed)

    async def blamed(self, error: OceanCustomError, request: PageRequest | None) -> Blame:
        """The setting that is wrong, and what to do."""
        asked = request or PageRequest(str(self._installed.settings.base_url), purpose="check")
        if misread := await self._misread(error, asked):
            return misread
        reads = TEMPLATE in str(error)
        given = Given() if _is_login(error) and not reads else await self._given(asked)
        # What gives no text is refused, whatever its status.
        if _is_login(error) and not (reads and (given.paths or not self._logins.is_one)):
            is_absent = error.report.answered[:3] in _NOT_THERE
            found = await self._other_base(asked, _MOST_BASES if is_absent else _FEW_BASES)
            return found or await self._other_login(error, asked) or self._refused(error)
        if not reads and await self._is_accepted(error, asked):
            return Blame(REQUEST, _ACCEPTED)
        found = await self._other_base(asked) if reads and "not JSON" in str(error) else None
        found = found or await self._other_template(error, asked, given)
        # What gives no token may be a refusal, whatever its words.
        found = found or await self._other_login(error, asked, is_refused=reads)
        if found:
            return found
        if reads:
            return Blame(TEMPLATE, f"{error.report.remedy} in {variable_of(TEMPLATE)}")
        return Blame(
            TEMPLATE,
            "the login is answered, and its token refused: correct its header in"
            f" {variable_of(TEMPLATE)}, and the word before the token, such as Bearer",
        )

    async def _is_accepted(self, error: OceanCustomError, asked: PageRequest) -> bool:
        """Whether a token is forbidden something, where none at all is refused as a sign-in."""
        if error.report.answered[:3] != _FORBIDDEN:
            return False
        bare = replace(self._installed.settings, credentials=StaticCredentials())
        refusal = await self._installed.refusal_by(asked, bare)
        return isinstance(refusal, CredentialsError) and refusal.report.answered[:3] != _FORBIDDEN

    async def _misread(self, error: OceanCustomError, asked: PageRequest) -> Blame | None:
        """At what reads a key of a login's answer that it has under another name, as it tells."""
        found, meant = _READS.search(str(error.report)), _MEANT.match(error.report.remedy)
        if found is None or meant is None:
            return None

        async def is_read(change: Change) -> bool:
            refusal = await self._installed.refusal(asked, change)
            return refusal is None or (found[1] == REQUEST and is_signed_in(refusal))

        change = self._logins.reading(found[1], found[2], meant[1])
        return await self._first([change], is_read)

    async def _other_base(self, asked: PageRequest, most: int = _MOST_BASES) -> Blame | None:
        """A base URL below which the login gives a token, and the API answers."""
        url = self._installed.settings.base_url
        base = str(url).rstrip("/")
        if not self._logins.is_below_base:
            return None

        async def lets_in(change: Change) -> bool:
            request = replace(asked, url=asked.url.replace(base, change.texts["baseUrl"], 1))
            return await self._installed.refusal(request, change) is None

        paths = islice(other_paths(url), most)
        bases = (str(url.copy_with(path=f"/{path}")).rstrip("/") for path in paths)
        return await self._first((Change({"baseUrl": one}) for one in bases), lets_in)

    def _refused(self, error: OceanCustomError) -> Blame:
        status, words = error.report.answered[:3], error.report.words
        if name := parameter_missed(words):
            told = f'add "{name}" to what {variable_of(REQUEST)} sends'
            return Blame(REQUEST, f"the login misses {name}: {told}")
        told = _LOGINS.get(status, _LOGIN)
        return Blame(REQUEST, f"correct in {variable_of(REQUEST)}: {told}")

    async def _other_login(
        self, error: OceanCustomError, asked: PageRequest, *, is_refused: bool = True
    ) -> Blame | None:
        """Another form of the login by which the token is given, or the API answers."""
        url = error.report.request.url if error.report.request else ""
        at = self._logins.step(url)
        words = error.report.words

        async def is_given(change: Change) -> bool:
            refusal = await self._installed.refusal(asked, change)
            return is_signed_in(refusal) if is_refused else refusal is None

        base = str(self._installed.settings.base_url).rstrip("/")
        first = asked.url.removeprefix(base).strip("/").partition("/")[0]
        changes = self._logins.changes(at, error.report.answered[:3], words, first)
        renamings = self._logins.renamings(at, words) if is_refused else ()
        return await self._first(chain(islice(changes, _MOST), renamings), is_given)

    async def _other_template(
        self, error: OceanCustomError, asked: PageRequest, given: Given
    ) -> Blame | None:
        """Another token of the login's answer, or another header for it."""
        words = f"{error.report.answered}, {error.report.words}"
        templates = islice(self._logins.templates(given, words), _MOST)

        async def is_answered(change: Change) -> bool:
            return await self._installed.refusal(asked, change) is None

        return await self._first(chain(templates, self._logins.places(given)), is_answered)

    async def _given(self, asked: PageRequest) -> Given:
        """What the last answer of the login gives, as the integration has got it."""
        client = self._installed.client()
        try:
            await ask(client, asked)
        except OceanCustomError as refused:
            del refused
        finally:
            await client.aclose()
        sign_in = client.auth.sign_in if isinstance(client.auth, RenewedAuth) else None
        last = sign_in.last if isinstance(sign_in, LoginSignIn) else None
        return Given() if last is None or last.is_report else Given.of(last)

    async def _first(self, ways: Iterable[Way], lets_in: LetsIn) -> Blame | None:
        return await self._installed.first(ways, lets_in, "so signed it answers")


def _is_login(error: OceanCustomError) -> bool:
    request = error.report.request
    return isinstance(error, CredentialsError) and request is not None and request.is_login
