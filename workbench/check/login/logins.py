"""Other logins: the one that is set, with one part of it changed."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from urllib.parse import parse_qsl, urlencode

import httpx

from authentication.login import Answered
from jq_engine.embedded import filled
from jq_engine.programs import programs_in
from json_values import Json
from workbench.check.asking.alternatives import told_values
from workbench.check.files.documents import texts_at
from workbench.check.files.settings import variable_of
from workbench.check.findings import likeness
from workbench.check.guesses.expressions import written
from workbench.check.guesses.names import names_in, spellings
from workbench.check.guesses.paths import SPOKEN
from workbench.check.guesses.refusal_words import headers_named, named_missing
from workbench.check.login.changes import Change, Installed, Names
from workbench.check.login.signing import HEADERS, PARAMS, pair_of
from workbench.suggest.vocabulary import words_of

REQUEST: Final = "customAuthRequest"
TEMPLATE: Final = "customAuthRequestTemplate"
_PARTS: Final = ("body", "bodyForm", "queryParams", "headers")
_METHODS: Final = ("POST", "GET", "PUT")
_ENDPOINTS: Final = (
    "login", "signin", "sign-in", "auth", "authenticate", "token", "session", "sessions", "tokens",
    "logon", "authorize",
)  # fmt: skip
USERS: Final = (
    "username", "user", "login", "email", "userName", "user_name", "name", "account", "client_id",
    "clientId", "userid", "id",
)  # fmt: skip
PASSWORDS: Final = (
    "password", "pass", "passwd", "secret", "client_secret", "clientSecret", "key", "apiKey",
    "api_key", "token",
)  # fmt: skip
"""What logins are usually called: guesses, of which the API's answers show the right one."""
_PAIR: Final = 2  # a user and a password
_LIKE: Final = 0.6
_SLIP: Final = 0.8  # likeness of a name and the same with a slip
_MOST_SPELLED: Final = 2  # spellings of a name: accountId, account_id
_SHORTEST: Final = 6  # characters of a token
_MOST_TOKENS: Final = 5
_MOST_LISTED: Final = 2  # elements of a list that a token is looked for in
_NAME: Final = re.compile(r"[A-Za-z][\w-]{1,30}")
_MOST_TOLD: Final = 3  # values of a refusal that are tried for one field
_LONGEST: Final = 220  # characters of a template that is told whole

Login = Mapping[str, Json]
"""One request of ``customAuthRequest``."""


class Logins:
    """Changes of ``customAuthRequest`` and of its template."""

    def __init__(self, installed: Installed) -> None:
        self._base = installed.settings.base_url
        whole = self._whole = installed.object(REQUEST)
        steps = whole.get("steps")
        held = steps if isinstance(steps, list) else [whole]
        self._steps = [one for one in held if isinstance(one, dict)] or [{}]
        self._is_one = not isinstance(steps, list)
        self._words = self._first = ""
        self.template = installed.object(TEMPLATE)

    @property
    def is_one(self) -> bool:
        """Whether it is one request."""
        return len(self._steps) == 1

    @property
    def is_below_base(self) -> bool:
        """Whether it goes to paths below the base URL."""
        return any("://" not in str(one.get("endpoint", "")) for one in self._steps)

    def step(self, url: str) -> int:
        """The last request that has a URL, or of all where none has."""
        for at, one in reversed([*enumerate(self._steps)]):
            if str(one.get("endpoint", "-")).split("?", maxsplit=1)[0].strip("/") in url:
                return at
        return len(self._steps) - 1

    def changes(self, at: int, status: str, words: str, first: str = "") -> Iterator[Change]:
        """Other forms of one request, those first that its refusal speaks for.

        ``first``: the part that the path of a list begins with, below the base URL.
        """
        self._words, self._first = words, first
        ways = [
            self._told,
            self._misspelt,
            self._placed,
            self._signed,
            self._methods,
        ]
        ways.append(self._endpoints)
        if status in {"404", "405", "410"}:
            ways = [self._methods, self._endpoints, self._misspelt, self._placed]
        for way in ways:
            yield from way(at)
        if (name := named_missing(words)) == "grant_type":
            for grant in ("client_credentials", "password"):
                part = self._part(at) or "bodyForm"
                fields = {**self._fields(at, part), name: grant}
                yield self._with(
                    at, {part: self._packed(at, part, fields)}, f'add "{name}": "{grant}"'
                )

    def renamings(self, at: int, words: str) -> Iterator[Names]:
        """The other names that each field of one request may have."""
        for part in _PARTS[:3]:
            fields = self._fields(at, part)
            for number, name in enumerate(fields):
                usual = PASSWORDS + USERS if number else USERS + PASSWORDS
                others = [one for one in (*names_in(words), *usual) if one not in fields]
                yield Names(others, partial(self._renaming, at, part, name))

    def _renaming(self, at: int, part: str, name: str, others: Sequence[str]) -> Change:
        """A field under other names."""
        fields = self._fields(at, part)
        value = fields[name]
        renamed: dict[str, Json] = {}
        for key, one in fields.items():
            renamed |= dict.fromkeys(others, value) if key == name else {key: one}
        told = f'write "{others[0]}" for "{name}" in "{part}"'
        return self._with(at, {part: self._packed(at, part, renamed)}, told)

    def _told(self, at: int) -> Iterator[Change]:
        """With a value that the words of the refusal name."""
        for part in _PARTS[:3]:
            fields = self._fields(at, part)
            for name, value in fields.items():
                for text in told_values(name, str(value), self._words)[:_MOST_TOLD]:
                    if text in self._words:
                        packed = self._packed(at, part, {**fields, name: text})
                        yield self._with(at, {part: packed}, f'write "{name}": "{text}"')

    def _misspelt(self, at: int) -> Iterator[Change]:
        """A field in another spelling, or that is a usual one with a slip."""
        for part in _PARTS:
            fields = self._fields(at, part)
            for name in fields:
                least = _LIKE if name in self._words else _SLIP
                usual = [one for one in (*USERS, *PASSWORDS) if likeness(one, name) >= least]
                for other in dict.fromkeys((*spellings(name)[:_MOST_SPELLED], *usual)):
                    if other not in fields:
                        yield self._renaming(at, part, name, [other])

    def _signed(self, at: int) -> Iterator[Change]:
        """With the user and the password in a header, or with the word that stands before them."""
        headers = self._fields(at, "headers")
        given = {name.lower(): (name, str(value)) for name, value in headers.items()}
        name, value = given.get("authorization", ("Authorization", ""))
        if pair := pair_of(value.rpartition(" ")[2]):
            signed = {**headers, name: f"Basic {b64encode(pair.encode()).decode()}"}
            told = f'write in "{name}" Basic, a blank, and user:password in base64, once'
            yield self._with(at, {"headers": signed}, told)
        for word in ("Basic", "Bearer") if value and " " not in value else ():
            signed = {**headers, name: f"{word} {value}"}
            yield self._with(at, {"headers": signed}, f'put "{word} " before the value of "{name}"')
        part = self._part(at)
        fields = [str(one) for one in self._fields(at, part).values()] if part else []
        if not value and len(fields) == _PAIR:
            pair = b64encode(":".join(fields).encode()).decode()
            signed = {**headers, "Authorization": f"Basic {pair}"}
            told = (
                f'move what is in "{part}" to "headers": {{"Authorization": "Basic <user:password'
                ' in base64>"}'
            )
            yield self._with(at, {part: None, "headers": signed}, told)

    def _placed(self, at: int) -> Iterator[Change]:
        """Its fields in another part of it."""
        part = self._part(at)
        fields = self._fields(at, part) if part else {}
        for other in ("body", "bodyForm", "queryParams"):
            if part and other != part and fields:
                changed = {part: None, other: self._packed(at, other, fields)}
                yield self._with(at, changed, f'move what is in "{part}" to "{other}"')
        if (query := self._fields(at, "queryParams")) and part in {"body", "bodyForm"}:
            changed = {"queryParams": None, part: self._packed(at, part, {**fields, **query})}
            yield self._with(at, changed, f'move what is in "queryParams" to "{part}"')

    def _methods(self, at: int) -> Iterator[Change]:
        now = str(self._steps[at].get("method") or "POST").upper()
        for method in _METHODS:
            if method != now:
                yield self._with(at, {"method": method}, f'write "method": "{method}"')

    def _endpoints(self, at: int) -> Iterator[Change]:
        endpoint = str(self._steps[at].get("endpoint", ""))
        base = self._base.path.rstrip("/")
        said = SPOKEN.findall(self._words)
        spoken = [one.removeprefix(base) if one.startswith(f"{base}/") else one for one in said]
        # Below what the lists are below: `/v1/login` beside `/v1/users`.
        below = [f"/{self._first}/{endpoint.lstrip('/')}"] if self._first else []
        if "://" in endpoint:
            below = []
        for other in dict.fromkeys((*spoken, *below, *_spelled(endpoint, self._base))):
            if other != endpoint:
                yield self._with(at, {"endpoint": other}, f'write "endpoint": "{other}"')

    def _part(self, at: int) -> str:
        """The part that holds what it is signed in with."""
        return next((one for one in _PARTS[:3] if self._fields(at, one)), "")

    def _fields(self, at: int, part: str) -> dict[str, Json]:
        held = self._steps[at].get(part)
        if isinstance(held, str):
            return dict(parse_qsl(held, keep_blank_values=True))
        inner = _inner(held)
        held = held[inner] if isinstance(held, dict) and inner else held
        return dict(held) if isinstance(held, dict) else {}

    def _packed(self, at: int, part: str, fields: Mapping[str, Json]) -> Json:
        """A part of a step with these fields."""
        if part == "bodyForm":
            return urlencode({name: str(value) for name, value in fields.items()})
        held = self._steps[at].get(part)
        inner = _inner(held)
        return {**held, inner: dict(fields)} if isinstance(held, dict) and inner else dict(fields)

    def _with(self, at: int, changed: Mapping[str, Json], told: str) -> Change:
        login = {**self._steps[at], **changed}
        kept = {key: value for key, value in login.items() if value is not None}
        steps = [*self._steps[:at], kept, *self._steps[at + 1 :]]
        text = json.dumps(kept if self._is_one else {"steps": steps})
        return Change({REQUEST: text}, f"{told} in {variable_of(REQUEST)}")

    def reading(self, setting: str, program: str, other: str) -> Change:
        """A setting that reads something else of the answers; the texts that do so are told."""
        held = self.template if setting == TEMPLATE else self._whole
        whole = filled(held, {program: f"{{{{ {other} }}}}"})
        before = {text for _, text in texts_at(held)}
        told = " and ".join(json.dumps(text) for _, text in texts_at(whole) if text not in before)
        return Change({setting: json.dumps(whole)}, f"write {told} in {variable_of(setting)}")

    # --- the template --------------------------------------------------------------------

    def templates(self, given: Given, words: str) -> Iterator[Change]:
        """Other templates: with the other texts of the answer, other words and headers."""
        programs = programs_in(self.template)
        for token in given.tokens:
            if programs and token not in programs:
                other = filled(self.template, dict.fromkeys(programs, _read(token)))
                yield _template(other if isinstance(other, dict) else {})
        reads = self.reads(given)
        for name in headers_named(words):
            yield _template({"headers": {name: reads}})
        for value in (f"Bearer {reads}", reads, f"Token {reads}"):
            for name in dict.fromkeys((*self._headers, "Authorization")):
                yield _template({"headers": {name: value}})
        for name, value in given.cookies():
            yield _template({"headers": {"Cookie": f"{name}={value}"}})
        for path in given.words[:_MOST_TOKENS]:
            yield _template({"headers": {"Authorization": f"{_read(path)} {reads}"}})

    def reads(self, given: Given) -> str:
        """What the template reads of the answer; of what it reads that is not there the token."""
        programs = programs_in(self.template)
        program = next(iter(programs), ".token")
        reads = _read(program if program in given.paths else next(iter(given.tokens), program))
        # What stands in the settings as a text of its own, `{.token}`, is redacted wherever it is.
        return reads if programs else reads.replace("{{", "{{ ").replace("}}", " }}")

    @property
    def _headers(self) -> list[str]:
        held = self.template.get("headers")
        return list(held) if isinstance(held, dict) else []

    def _in_part(self, part: str, given: Given, names: Sequence[str]) -> Change:
        """The token by itself in some headers, or parameters."""
        change = _template({part: dict.fromkeys(names, self.reads(given))})
        path = next((path for path, text in given.texts.items() if text == names[0]), "")
        if not path:
            return change
        # The answer's own texts may be secrets.
        told = (
            f'write in "{part}" of {variable_of(TEMPLATE)} the name that the login\'s answer has at'
        )
        return Change(change.texts, f"{told} {path}, with {self.reads(given)}")

    def places(self, given: Given) -> Iterator[Names]:
        """The names that a token may have among the headers, or the parameters."""
        told = [*given.names, *headers_named(" ".join(given.texts.values()))]
        yield Names((*told, *HEADERS), partial(self._in_part, "headers", given))
        yield Names((*given.names, *PARAMS), partial(self._in_part, "queryParams", given))


def _read(program: str) -> str:
    return f"{{{{{program}}}}}"


def _template(template: Mapping[str, Json]) -> Change:
    text = json.dumps(template)
    told = f"write {variable_of(TEMPLATE)}={text}"
    return Change({TEMPLATE: text}, told if len(told) <= _LONGEST else "")


@dataclass(frozen=True)
class Given:
    """What a login is answered: its texts by their jq, and the headers and cookies that count."""

    texts: Mapping[str, str] = field(default_factory=dict)
    others: Sequence[str] = ()

    @classmethod
    def of(cls, answer: Answered) -> Given:
        """What an answer gives."""
        names = dict.fromkeys(name.lower() for name in answer.response.headers)
        others = [f'$headers["{name}"]' for name in names if _speaks(name)]
        others += [f'$cookies["{name}"]' for name in answer.cookies]
        is_text = answer.body is None and not answer.is_page and bool(answer.text)
        return cls(_texts_of(answer.body), [*others, *(["$text"] if is_text else [])])

    @property
    def paths(self) -> list[str]:
        """The jq of everything."""
        return [*self.texts, *self.others]

    @property
    def tokens(self) -> list[str]:
        """The jq of what may be a token, the likeliest first."""
        found = [
            path for path, text in self.texts.items() if len(text) >= _SHORTEST and " " not in text
        ]
        return sorted((*found, *self.others), key=lambda one: not _speaks(one))[:_MOST_TOKENS]

    @property
    def words(self) -> list[str]:
        """The jq of the words in it, which may stand before a token."""
        return [path for path, text in self.texts.items() if text.isalpha()]

    @property
    def names(self) -> list[str]:
        """What it says, or calls its tokens, that may be the name of a header or a parameter."""
        keys = [token.rpartition(".")[2] for token in self.tokens]
        first = [f"X-{words_of(key)[0].title()}" for key in keys if words_of(key)]
        held = (*self.texts.values(), *keys, *first)
        return [*dict.fromkeys(one for one in held if _NAME.fullmatch(one))]

    def cookies(self) -> Iterator[tuple[str, str]]:
        """Cookies that it sets, or speaks of: the name and the value beside it."""
        for path in self.others:
            if path.startswith("$cookies"):
                yield path.split('"')[1], _read(path)
        for path in self.tokens:
            for other, text in self.texts.items():
                is_beside = path.rpartition(".")[0] == other.rpartition(".")[0]
                if other != path and is_beside and _NAME.fullmatch(text):
                    yield _read(other), _read(path)


def _texts_of(body: Json) -> dict[str, str]:
    """The texts of a login's answer by their jq; of a list those of its first elements."""
    found: dict[str, str] = {}
    for path, text in sorted(texts_at(body), key=lambda one: len(one[0])):
        if all(isinstance(one, str) or one < _MOST_LISTED for one in path):
            steps = (f"[{one}]" if isinstance(one, int) else written((one,)) for one in path)
            jq = "".join(steps)
            found[jq if jq.startswith(".") else f".{jq}"] = text
    return found


def _speaks(name: str) -> bool:
    name = name if name.startswith("$") else name.rpartition(".")[2]
    return any(word in name.lower() for word in ("token", "session", "jwt", "key", "sid", "auth"))


def _spelled(endpoint: str, base: httpx.URL) -> Iterator[str]:
    """Other endpoints of the same host: another word at the end, or another beginning."""
    is_full = "://" in endpoint
    url = httpx.URL(endpoint) if is_full else base.join("/" + endpoint.lstrip("/"))
    head, _, last = url.path.rstrip("/").rpartition("/")
    for word in _ENDPOINTS:
        if word != last and likeness(word, last) >= _LIKE:
            yield str(url.copy_with(path=f"{head}/{word}")) if is_full else f"{head}/{word}"
    own = base.path.strip("/").split("/")
    parts = url.path.strip("/").split("/")
    origin = base.copy_with(path="/")
    if not is_full:
        for at in range(len(own)):  # not below the base URL, but beside it
            yield str(origin.copy_with(path="/" + "/".join([*own[:at], *parts])))
        for at in range(1, len(parts)):
            yield "/" + "/".join(parts[at:])
    elif (url.host, url.port) == (base.host, base.port):
        for at in range(len(own) + 1):
            yield str(url.copy_with(path="/" + "/".join([*own[:at], parts[-1]])))
    yield endpoint.rstrip("/") if endpoint.endswith("/") else f"{endpoint}/"


def _inner(held: Json) -> str:
    """The key of the one object in a body, as JSON-RPC's `params`; "" for none."""
    names = (
        [name for name, one in held.items() if isinstance(one, dict)]
        if isinstance(held, dict)
        else []
    )
    return names[0] if len(names) == 1 else ""
