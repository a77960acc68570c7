"""Other ways to sign a request with the credential at hand, those that an API names first."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice, product
from typing import Final

from settings.fields import FIELDS
from workbench.check.asking.alternatives import told_values
from workbench.check.files.settings import variable_of
from workbench.check.findings import likeness
from workbench.check.guesses.names import names_in, spellings
from workbench.check.guesses.paths import speaks_of
from workbench.check.guesses.refusal_words import headers_named, schemes_named
from workbench.check.login.changes import Change, Installed, Names, Way, core_of, line

_JOINED: Final = re.compile(r"[_.-]|[a-z][A-Z]")
_MOST_WRAPPED: Final = 2  # times that a text may be in base64
_MOST_SCHEMES: Final = 3
_MOST_BESIDE: Final = 8  # ways with what stands beside the credential otherwise
_MOST_PARTS: Final = 5  # words of a header's name
_SECRETS: Final = {"bearer_token": "apiToken", "api_key": "apiKey", "basic": "password"}
_BEGINNING: Final = re.compile(r"X-[A-Za-z]+-", re.IGNORECASE)
_SCHEMES: Final = ("Token", "Basic", "Api-Key", "ApiKey", "Key")
_ENDS: Final = ("API-Key", "Key", "Token", "Auth-Token", "Access-Token", "Api-Token", "Secret")
_OBJECTS: Final = ("queryParams", "customHeaders")
"""The settings where a second credential stands."""

_USUAL: Final = {
    "queryParams": (
        "version", "api-version", "api_version", "apiVersion", "v", "format", "key", "token",
        "api_key", "account", "org", "organization", "tenant", "locale", "lang",
    ),
    "customHeaders": (
        "accept", "x-api-version", "api-version", "x-tenant-id", "x-account-id", "x-org-id",
        "x-requested-with", "x-api-key", "x-application-key", "x-application-id", "x-app-id",
    ),
}  # fmt: skip
_LIKE: Final = 0.75

HEADERS: Final = (
    "X-API-Key", "X-Auth-Token", "Api-Key", "apikey", "X-Access-Token", "Private-Token",
    "X-Api-Token", "X-Auth-Key", "Token", "X-Token", "Access-Token", "Auth-Token", "Api-Token",
    "X-Auth", "X-Session-Token", "X-Authorization",
)  # fmt: skip
PARAMS: Final = (
    "api_key", "apikey", "key", "token", "access_token", "api_token", "apiKey", "auth_token",
    "auth", "accessToken", "api-key", "apiToken",
)  # fmt: skip
"""Where credentials usually go: guesses, of which the API's answers show the right one."""


def spelled(header: str) -> list[str]:
    """A header's name with its words joined otherwise: ``X-Acme-Api-Key`` as ``X-Acme-ApiKey``."""
    words = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", header)
    if not 1 < len(words) <= _MOST_PARTS:
        return []
    found = []
    for joints in product(("", "-"), repeat=len(words) - 1):
        pairs = zip(words, (*joints, ""), strict=True)
        found.append("".join(word + joint for word, joint in pairs))
    return [one for one in found if one.lower() != header.lower()]


class Signings:
    """The ways to sign with the credential of an ``authType`` that has one: as changes."""

    def __init__(self, installed: Installed, kind: str) -> None:
        self._text = installed.text
        self._installed = installed
        self._kind = kind

    def all(self, said: str) -> Iterator[Way]:
        """All, the least first, then what an answer speaks of; many names at once come last."""
        yield from self._cleaned()
        yield from self._configured()
        if self.secret:
            yield from self._named(said)
        yield from islice(self._beside(), _MOST_BESIDE)
        if self.secret:
            yield from self.usual()
        yield from self._renamings(said)
        if self.secret:
            in_header, in_param = (partial(self._in_all, one) for one in _OBJECTS[::-1])
            yield Names(self._header_names, in_header, self._in_header)
            own = spellings(self._text("apiKeyParam"))
            params = dict.fromkeys((*own, *PARAMS, *map(str.lower, PARAMS), *names_in(said)))
            yield Names([*params], in_param, self._in_param)

    def _object(self, setting: str) -> dict[str, str]:
        held = self._installed.object(setting)
        return {name: str(value) for name, value in held.items()}

    @property
    def secret(self) -> str:
        """The credential as it is set."""
        return self._text(self.own) if self._kind in _SECRETS else ""

    @property
    def own(self) -> str:
        """The setting that the credential stands in."""
        if self._kind == "basic":  # a key as the user is longer than what stands for a password
            return max("password", "username", key=lambda name: len(self._text(name)))
        own = _SECRETS.get(self._kind, "authType")
        return own if self._text(own) else "authValue"

    @property
    def bare(self) -> str:
        """The credential without quotes, and without a word before it."""
        return core_of(self.secret)

    def _configured(self) -> Iterator[Change]:
        """The other ``authType`` whose settings are all there, and not read."""
        of_types = [one for one in FIELDS.values() if one.depends_on == "authType"]
        kinds = dict.fromkeys(kind for one in of_types for kind in one.shown_for)
        for kind in kinds:
            needed = [one.name for one in of_types if one.needed and kind in one.shown_for]
            if kind != self._kind and needed and all(map(self._text, needed)):
                yield Change({"authType": kind})

    def _named(self, words: str) -> Iterator[Change]:
        """Those that an answer speaks of."""
        for header in headers_named(words):
            if header.lower() != "authorization":
                yield self._in_header(header)
        for scheme in schemes_named(words):
            yield from self._by_scheme(scheme)
        if "authorization" in words.lower():  # of a scheme of the API's own
            for word in names_in(words)[:_MOST_SCHEMES]:
                if _JOINED.search(word) and "-" not in word:
                    yield self._in_header("Authorization", word)

    def usual(self) -> Iterator[Change]:
        """The others that there are, the commonest first."""
        yield from self._cleaned()
        yield from self._mended()
        if self._kind == "basic":
            yield from self._by_scheme("Basic")
        if " " in self.secret and self._kind == "api_key":  # a word before it belongs there
            yield Change({"apiKeyHeader": "Authorization", "apiKeyParam": ""})
        elif " " in self.secret:  # or that is all of what goes into the header
            texts = {"authType": "api_key", "apiKeyHeader": "Authorization", "apiKeyParam": ""}
            yield Change({**texts, "apiKey": self.secret})
        yield from self._by_scheme("Bearer")
        yield self._in_header("X-API-Key")
        yield self._in_header("Authorization")
        for scheme in _SCHEMES:
            yield from self._by_scheme(scheme)

    def _in_header(self, header: str, word: str = "") -> Change:
        """By itself in a header, or behind a word."""
        value = f"{word} {self.bare}" if word else self.bare
        texts = {"authType": "api_key", "apiKeyHeader": header, "apiKeyParam": "", "apiKey": value}
        return Change(texts)

    def _in_param(self, name: str) -> Change:
        """In the query."""
        texts = {"apiKeyHeader": "", "apiKeyParam": name, "apiKey": self.bare}
        return Change({"authType": "api_key", **texts})

    @property
    def _header_names(self) -> list[str]:
        """Headers that a key may go in: the one that is set in other spellings, the usual ones.

        Also as headers begin that go along: ``X-Acme-API-Key`` beside ``X-Acme-Id``.
        """
        beside = [_BEGINNING.match(name) for name in self._object("customHeaders")]
        own = [f"{one[0]}{end}" for one in beside if one for end in _ENDS]
        return [*spelled(self._text("apiKeyHeader")), *own, *HEADERS]

    def _in_all(self, setting: str, names: Sequence[str]) -> Change:
        """In many headers or parameters at once: to find out whether one of them counts."""
        held = {**self._object(setting), **dict.fromkeys(names, self.bare)}
        return Change({"authType": "none", setting: json.dumps(held)})

    def _beside(self) -> Iterator[Change]:
        """With what stands beside the credential swapped, or in another place."""
        places = [(setting, self._object(setting)) for setting in _OBJECTS]
        own = self.own
        for setting, held in places:
            for name, value in held.items():
                for word in ("Bearer", *_SCHEMES) if name.lower() == "authorization" else ():
                    signed = json.dumps({**held, name: f"{word} {core_of(value)}"})
                    told = f"write '{word} ' before the value of {name} in {variable_of(setting)}"
                    yield Change({setting: signed}, told)
                if self.secret:
                    swapped = {setting: json.dumps({**held, name: self.secret}), own: value}
                    told = f"swap the values of {variable_of(own)} and of {name} in"
                    yield Change(swapped, f"{told} {variable_of(setting)}")
        if self._kind == "basic":
            user, password = self._text("username"), self._text("password")
            told = f"swap {variable_of('username')} and {variable_of('password')}"
            yield Change({"username": password, "password": user}, told)
            yield Change({"password": ""}, f"write {variable_of('password')}= with nothing behind")
        for (setting, held), (elsewhere, there) in (places, places[::-1]):
            for name, value in held.items():
                rest = {key: one for key, one in held.items() if key != name}
                moved = {setting: json.dumps(rest), elsewhere: json.dumps({**there, name: value})}
                told = f"move {name} from {variable_of(setting)} to {variable_of(elsewhere)}"
                yield Change(moved, told)

    def otherwise(self, said: str) -> Iterator[Way]:
        """What stands beside the credential under other names, or with a value of an answer."""
        yield from self._renamings(said)
        for setting in _OBJECTS:
            held = self._object(setting)
            for name, value in held.items():
                for text in told_values(name, str(value), said):
                    told = f'write "{name}": "{text}" in {variable_of(setting)}'
                    yield Change({setting: json.dumps({**held, name: text})}, told)

    def _renamings(self, said: str) -> Iterator[Names]:
        for setting in _OBJECTS:
            held = self._object(setting)
            # Where its value is refused its name is read.
            for name in (one for one in held if not speaks_of(said, held[one])):
                likely = spellings(name)
                likely += [one for one in _USUAL[setting] if likeness(one, name.lower()) >= _LIKE]
                for word in ("key", "id", "token", "name"):
                    likely += [f"{name}-{word}", f"{name}_{word}", f"{name}{word.title()}"]
                others = [one for one in (*likely, *names_in(said)) if one not in held]
                yield Names(others, partial(self._renaming, setting, name))

    def _renaming(self, setting: str, name: str, others: Sequence[str]) -> Change:
        held = self._object(setting)
        rest = {key: one for key, one in held.items() if key != name}
        told = f"write {others[0]} for {name} in {variable_of(setting)}"
        return Change({setting: json.dumps(rest | dict.fromkeys(others, held[name]))}, told)

    def _cleaned(self) -> Iterator[Change]:
        """The credential without what no credential has around it, or without a word before it."""
        own = self.own
        for text in dict.fromkeys((self.secret.strip("'\" "), self.bare)):
            if text not in {"", self.secret}:
                told = f"write {variable_of(own)} without the quotes, spaces or signs around it"
                yield Change({own: text}, told if text != self.secret.partition(" ")[2] else "")

    def _mended(self) -> Iterator[Change]:
        """The credential as what it is made of."""
        if self._kind == "basic":
            yield from self._unpacked()
            return
        user, colon, password = pair_of(self.bare).partition(":")
        if colon and user:
            told = f"{line('authType', 'basic')}, with what is sent now up to the colon as"
            rest = f"{variable_of('username')}, and the rest as {variable_of('password')}"
            coded = "" if ":" in self.bare else ", both as they were before base64"
            texts = {"authType": "basic", "username": user, "password": password}
            yield Change(texts, f"write {told} {rest}{coded}")

    def _unpacked(self) -> Iterator[Change]:
        """A user and a password out of one text, or as they were before base64."""
        names = ("password", "username")
        for name in names:
            text = self._text(name)
            user, colon, password = pair_of(text).partition(":")
            if colon and user:
                coded = "" if ":" in text else ", as it was before base64,"
                told = f"write what is in {variable_of(name)}{coded} up to the colon as"
                rest = f"{variable_of('username')}, and the rest as {variable_of('password')}"
                yield Change({"username": user, "password": password}, f"{told} {rest}")
        for name in names:
            if plain := plain_of(self._text(name)):
                yield Change({name: plain}, f"write {variable_of(name)} as it was before base64")

    def _by_scheme(self, scheme: str) -> Iterator[Change]:
        """With a word before the credential, in the header for that."""
        match scheme.lower():
            case "basic":
                user = self._text("username")
                pairs = [(user, self.bare)] if user and self._kind != "basic" else []
                for name, password in pairs or [(self.bare, ""), ("", self.bare)]:
                    texts = {"authType": "basic", "username": name, "password": password}
                    if name:
                        yield Change(texts)
            case "bearer":
                yield Change({"authType": "bearer_token", "apiToken": self.bare})
            case _:
                yield self._in_header("Authorization", scheme)


def pair_of(text: str) -> str:
    """A user and a password, as they are or in base64, also twice; "" for neither."""
    for _ in range(_MOST_WRAPPED):
        if ":" in text or not text:
            return text
        text = plain_of(text)
    return text if ":" in text else ""


def plain_of(text: str) -> str:
    """What a text in base64 was; "" where it is none."""
    try:
        plain = b64decode(text, validate=True).decode()
    except (NotBase64, ValueError):
        return ""
    return plain if plain.isprintable() else ""
