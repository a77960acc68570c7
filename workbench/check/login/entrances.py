"""An id and a secret that are refused as they are sent: where they are given a token instead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from msgspec.structs import replace

from errors import OceanCustomError
from json_values import Json
from paging.model import PageRequest
from settings import StaticCredentials
from workbench.check.asking.absence import MADE_UP
from workbench.check.files.settings import variable_of
from workbench.check.guesses.names import names_in
from workbench.check.login.changes import Blame, Change, Installed, Names, is_signed_in
from workbench.check.login.login_trials import LoginTrials
from workbench.check.login.logins import PASSWORDS, REQUEST, TEMPLATE, USERS

_ENDS: Final = (
    "oauth/token", "oauth2/token", "token", "connect/token", "auth/token", "login", "auth/login",
    "auth", "authenticate", "sessions", "session", "access/tokens",
)  # fmt: skip
"""What endpoints that give tokens are usually called: guesses, which the API's answers show."""
_PAIRS: Final = {
    "basic": ("username", "password"),
    "oauth2": ("oauthClientId", "oauthClientSecret"),
}
"""The settings of an id and a secret."""
_MOST: Final = 40  # endpoints that are looked for
_MOST_THERE: Final = 3
_ASKED_MORE: Final = re.compile(r"invalid_scope|access_denied|invalid_target|invalid_request")
"""What a token endpoint says to a client that it knows (RFC 6749, 5.2)."""
_BEARER: Final = {"headers": {"Authorization": "Bearer {{.access_token}}"}}
_VARYING: Final = re.compile(r"\S*[\d/]\S*")


@dataclass(frozen=True)
class _Login:
    """A login at a URL with an id and a secret, each under some names."""

    url: str
    users: Sequence[str]
    passwords: Sequence[str]

    def request(self, user: str, secret: str) -> str:
        """As ``customAuthRequest`` has it."""
        body = dict.fromkeys(self.users, user) | dict.fromkeys(self.passwords, secret)
        return json.dumps({"endpoint": self.url, "method": "POST", "body": body})


class Entrances:
    """Looks for the endpoint that gives a token for the id and the secret of ``kind``."""

    def __init__(self, installed: Installed, kind: str) -> None:
        self._installed = installed
        self._names = _PAIRS.get(kind, ("", ""))
        self._kind = kind

    async def other(self, asked: PageRequest, words: str) -> Blame | None:
        """What to write by which a token is given for them, and taken; None for nothing."""
        user, secret = map(self._installed.text, self._names) if self._names[0] else ("", "")
        if not user or not secret:
            return None
        url = self._installed.text("oauthTokenUrl")
        for one in [url] if self._kind == "oauth2" else await self._there():
            found = None if self._kind == "oauth2" else await self._by_client(asked, one)
            found = found or await self._by_login(asked, one, (user, secret), words)
            if found:
                return found
        return None

    async def _there(self) -> list[str]:
        """Endpoints that are answered otherwise than one that was made up beside them."""
        base = self._installed.settings.base_url
        parts = [part for part in base.path.split("/") if part]
        heads = ["/".join(parts[:length]) for length in range(len(parts), -1, -1)]
        made_up = {head: await self._said(f"{head}/{MADE_UP}") for head in heads}
        paths = islice(((head, f"{head}/{end}") for end in _ENDS for head in heads), _MOST)
        found = [path for head, path in paths if await self._said(path) != made_up[head]]
        return [str(base.copy_with(path=f"/{one.strip('/')}")) for one in found[:_MOST_THERE]]

    async def _said(self, path: str) -> object:
        """What a login without anything is answered, without what differs each time."""
        settings = replace(self._installed.settings, credentials=StaticCredentials())
        url = str(settings.base_url.copy_with(path=f"/{path.strip('/')}"))
        request = PageRequest(url, method="POST", body={}, purpose="check")
        answer = await self._installed.answer(request, settings)
        if not isinstance(answer, OceanCustomError):
            return 200
        said = answer.report
        return said.answered[:3], _VARYING.sub("", said.words)

    async def _by_client(self, asked: PageRequest, url: str) -> Blame | None:
        """As a client of OAuth 2.0, also of one that is known and has to say more: a scope."""
        client = {"authType": "oauth2", "oauthTokenUrl": url}
        for way in ("", "post"):
            held = map(self._installed.text, self._names)
            pair = zip(("oauthClientId", "oauthClientSecret"), held, strict=True)
            texts = {**client, **dict(pair), "oauthClientAuthentication": way}
            refusal = await self._installed.refusal(asked, Change(texts))
            more = _ASKED_MORE.search(refusal.report.words) if refusal else None
            if refusal is None or is_signed_in(refusal) or more:
                named = self._named(("oauthClientId", "oauthClientSecret"))
                wants = f"; what it says then is {more[0]!r}" if more else ""
                proof = "it gives a token for them" if refusal is None else "it knows them"
                return self._blame(
                    {**client, "oauthClientAuthentication": way} | named, proof + wants
                )
        return None

    async def _by_login(
        self, asked: PageRequest, url: str, pair: tuple[str, str], words: str
    ) -> Blame | None:
        """By a login of its own, which takes the two under names of its own."""
        template = json.dumps(_BEARER)

        def change(login: _Login) -> Change:
            texts = {"authType": "custom", REQUEST: login.request(*pair), TEMPLATE: template}
            return Change(texts)

        async def is_given(change: Change) -> bool:
            refusal = await self._installed.refusal(asked, change)
            return is_signed_in(refusal) or TEMPLATE in str(refusal)

        said, kept = names_in(words), {*map(str.lower, PASSWORDS)}
        hidden = [one for one in said if any(word in one.lower() for word in kept)]
        users = [*dict.fromkeys((*(one for one in said if one not in hidden), *USERS))]
        secrets = [one for one in dict.fromkeys((*hidden, *PASSWORDS)) if one not in users]
        for login in (_Login(url, users, secrets), *_likely(url)):
            whole = login
            if not await is_given(change(whole)):
                continue
            for name in ("users", "passwords"):

                def made(some: Sequence[str], name: str = name, login: _Login = whole) -> Change:
                    return change(_with(login, name, some))

                if found := await Names(getattr(whole, name), made).one(is_given):
                    whole = _with(whole, name, _held(found, whole, name))
            return await self._taken(asked, whole, change(whole))
        return None

    async def _taken(self, asked: PageRequest, login: _Login, change: Change) -> Blame:
        """The login, with the template by which its token is taken."""
        installed = self._installed.changed(change)
        refusal = await self._installed.refusal(asked, change)
        found = await LoginTrials(installed).blamed(refusal, asked) if refusal else None
        template = found.texts.get(TEMPLATE, "") if found else json.dumps(_BEARER)
        named = [f"<the value of {variable_of(one)}>" for one in self._names]
        texts = {"authType": "custom", REQUEST: login.request(named[0], named[1])}
        proof = (
            "so it answers"
            if template
            else f"the login is answered: {found.words if found else ''}"
        )
        return self._blame({**texts, TEMPLATE: template or json.dumps(_BEARER)}, proof)

    def _named(self, settings: tuple[str, str]) -> dict[str, str]:
        """The id and the secret in other settings, by the names that they have now."""
        pairs = zip(settings, self._names, strict=True)
        return {one: f"<the value of {variable_of(name)}>" for one, name in pairs}

    def _blame(self, texts: dict[str, str], proof: str) -> Blame:
        given = {name: text for name, text in texts.items() if text}
        lines = ", ".join(f"{variable_of(name)}={text}" for name, text in given.items())
        gone = dict.fromkeys((one for one in self._names if one not in given), "")
        return Blame("authType", f"write {lines}: {proof}", {**given, **gone})


def _likely(url: str) -> Iterator[_Login]:
    """Logins with one name for each, for those who refuse what they do not know."""
    pairs = (
        ("client_id", "client_secret"), ("clientId", "clientSecret"), ("username", "password"),
        ("email", "password"), ("client_id", "secret"), ("id", "secret"),
    )  # fmt: skip
    yield from (_Login(url, [one], [other]) for one, other in pairs)


def _with(login: _Login, name: str, some: Sequence[str]) -> _Login:
    is_user = name == "users"
    return _Login(login.url, some if is_user else login.users, login.passwords if is_user else some)


def _held(change: Change, login: _Login, name: str) -> list[str]:
    """The names of a login that a change still sends."""
    body: dict[str, Json] = json.loads(change.texts[REQUEST])["body"]
    return [one for one in getattr(login, name) if one in body]
