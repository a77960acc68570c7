"""Refused credentials: which setting is to blame, and how the same credential is answered."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final

from msgspec.structs import replace

from errors import CredentialsError, OceanCustomError, ResponseError
from paging.model import PageRequest
from settings import Settings, StaticCredentials
from settings.fields import FIELDS
from workbench.check.files.documents import Variables
from workbench.check.files.settings import variable_of
from workbench.check.guesses.expressions import holds_nothing
from workbench.check.guesses.refusal_words import headers_named, parameter_missed, schemes_named
from workbench.check.login.changes import (
    Blame,
    Change,
    ClientOf,
    Installed,
    Way,
    line,
)
from workbench.check.login.login_trials import LoginTrials
from workbench.check.login.oauth_trials import OAuthTrials
from workbench.check.login.signing import Signings
from workbench.suggest.vocabulary import words_of

_VARYING: Final = re.compile(r"[0-9a-fA-F-]{8,}|\d+")
_SIGN_IN: Final = re.compile(
    r"\b(log|sign)(ged)?[ -]?in\b|auth(?!or)|authori[sz]|credential|\b(api[ _-]?key|token)\b",
    re.IGNORECASE,
)
_MOST: Final = 8  # other ways to sign that are tried, beside those for many names at once
_MOST_BESIDE: Final = 2  # other lists by which a way to sign is proved
_TYPES: Final = {"bearer": "bearer_token", "basic": "basic"}
_STATIC: Final = frozenset({"bearer_token", "basic", "api_key"})
_SO: Final = "so signed it answers"


class SignIn:
    """Says what to correct where an API refuses the credentials."""

    def __init__(
        self,
        settings: Settings,
        variables: Variables | None,
        client_of: ClientOf,
        refused: Callable[[], Sequence[PageRequest]] = list,
    ) -> None:
        self._refused_too = refused
        self._installed = Installed(settings, variables, client_of)
        self._settings = settings
        self._bare = replace(settings, credentials=StaticCredentials())
        self._given = variables.values if variables else {}
        self._kind = self._installed.text("authType") or "none"
        self._ways = Signings(self._installed, self._kind)
        self._others: dict[tuple[object, str], Blame | None] = {}

    @property
    def credential(self) -> str:
        """The setting that holds what signs requests."""
        names = self._names(lambda kinds: self._kind in kinds)
        alone = "username" if self._kind == "basic" else "authType"
        return names[0] if names else alone

    async def blamed(self, error: OceanCustomError, request: PageRequest | None) -> Blame:
        """The setting that is wrong, and what to do; ``request`` None: none can be tried."""
        match self._kind:
            case "oauth2":
                return await OAuthTrials(self._installed).blamed(error, request)
            case "custom":
                return await LoginTrials(self._installed).blamed(error, request)
        found = None if request is None else await self.other(error, request)
        if found is not None:
            return found
        said = _said(error)
        if self._kind == "none":
            return Blame("authType", self._unset(said))
        unsigned = error if request is None else await self._unsigned(request)
        if unsigned is None or _gist(unsigned) != _gist(error):
            return self._refused(error, is_open=unsigned is None)
        blame = self._unheeded(said)
        may_not = "; or grant them access" if isinstance(error, ResponseError) else ""
        return dataclasses.replace(blame, words=blame.words + may_not)

    def _refused(self, error: OceanCustomError, *, is_open: bool) -> Blame:
        """What to correct where the API sees the credentials; ``is_open``: it wants none."""
        if is_open:
            told = f"the API refuses these, and answers without any: correct {self._values()}"
            return Blame(self.credential, f"{told}, or write {line('authType', 'none')}")
        words = error.report.words
        # What all are told by a header counts less than words about what was sent.
        is_of_value = re.search(rf"\b{words_of(self.credential)[-1]}\b", words, re.IGNORECASE)
        if wanted := self._wanted(words if is_of_value else _said(error)):
            return Blame("authType", f"the API {wanted}")
        told = f"refuses them: correct {self._values()}, or grant them access"
        more = self._other_header() if self._kind == "bearer_token" else ""
        return Blame(self.credential, f"the API sees these credentials and {told}{more}")

    def _other_header(self) -> str:
        """What to write where another word stands before what signs, or another header has it."""
        sent = "Authorization: " + ("Bearer …" if self._kind == "bearer_token" else "Basic …")
        return (
            f"; or, if it wants something else than '{sent}', write {line('authType', 'api_key')}"
            f" and its header in {variable_of('apiKeyHeader')}"
        )

    async def other(self, error: OceanCustomError, request: PageRequest) -> Blame | None:
        """Another way to sign by which a request is answered, and what to write for it.

        Asked for once of all that is refused in the same words.
        """
        gist = _gist(error)
        if gist not in self._others:
            self._others[gist] = await self._signed_otherwise(error, request)
        return self._others[gist]

    async def _signed_otherwise(
        self, error: OceanCustomError, request: PageRequest
    ) -> Blame | None:
        if self._kind not in {*_STATIC, "none"}:
            return None
        ways = self._ways.all(_said(error))
        return await self._first(request, ways, _SO) or self._missing(error)

    async def _first(self, request: PageRequest, ways: Iterable[Way], proof: str) -> Blame | None:
        """The first way by which a request is answered.

        Also where the API speaks otherwise to those who send these credentials: it may see them
        where it reads none of its own, and say that they are wrong.
        """
        tried = [self._settings]

        async def lets_in(change: Change) -> bool:
            settings = self._installed.with_change(change)
            if settings is None or settings in tried:
                return False
            tried.append(settings)
            return await self._lets_in(request, settings)

        return await self._installed.first(ways, lets_in, proof)

    async def _lets_in(self, request: PageRequest, settings: Settings) -> bool:
        """Whether a request is answered by other settings, and no other is refused as before.

        What is open to all is answered by any, and an empty list may be what nobody sees.
        """
        answered = await self._installed.answer(request, settings)
        if isinstance(answered, OceanCustomError):
            is_shown = _is_success(answered) and not _is_success(await self._unsigned(request))
            if not is_shown:  # GraphQL finds faults in a query whose page is not asked for yet
                return False
        else:
            unsigned = await self._installed.answer(request, self._bare)
            is_open = not isinstance(unsigned, OceanCustomError) and unsigned.body == answered.body
            is_shown = not is_open and not holds_nothing(answered.body)
        others = [one for one in self._refused_too() if one.url != request.url]
        for other in others[:_MOST_BESIDE]:
            answer = await self._installed.answer(other, settings)
            if not isinstance(answer, OceanCustomError):
                is_shown = is_shown or not holds_nothing(answer.body)
                continue
            before = await self._installed.refusal_by(other, self._settings)
            if before and _gist(answer) == _gist(before):
                return False
        return is_shown

    async def beside(self, said: str, request: PageRequest) -> Blame | None:
        """What all requests send beside the credential by another name, or a value of the words."""
        return await self._first(request, self._ways.otherwise(said), "so it answers")

    async def _unsigned(self, request: PageRequest) -> OceanCustomError | None:
        return await self._installed.refusal_by(request, self._bare)

    async def is_seen(self, request: PageRequest | None) -> bool:
        """Whether credentials open what is refused as such without: then they are not to blame."""
        unsigned = None if request is None else await self._unsigned(request)
        return isinstance(unsigned, CredentialsError)

    def _missing(self, error: OceanCustomError) -> Blame | None:
        """A second credential that the API misses, and that is not sent."""
        words = error.report.words
        name = parameter_missed(words) or next(iter(headers_named(words)), "")
        sent = {*self._settings.custom_headers, *dict(self._settings.query_params)}
        credentials = self._settings.credentials
        if isinstance(credentials, StaticCredentials):
            sent |= {*credentials.headers, *credentials.query_params}
        if not name or name.lower() in {one.lower() for one in sent} or self._kind == "none":
            return None
        if name.lower() == "authorization":
            return None
        setting = "customHeaders" if name in headers_named(name) else "queryParams"
        told = f"write {line(setting, f'{{"{name}": "<its value>"}}')}"
        if self._installed.text(setting):
            told = f'add "{name}" with its value to {variable_of(setting)}'
        return Blame(setting, f"the API misses {name}, which nothing sends: {told}")

    async def page(
        self, request: PageRequest | None, error: OceanCustomError, *, is_redirected: bool
    ) -> Blame | None:
        """As ``blamed``, where a page for people came; None where credentials change nothing.

        ``is_redirected``: to that page, as to a sign-in.
        """
        if request is None or self._kind not in {*_STATIC, "none"}:
            return None
        if found := await self.other(error, request):
            return found
        # Where the base URL has no path, a page for people is what is there.
        is_api = self._settings.base_url.path.strip("/")
        unsigned = await self._unsigned(request) if is_redirected and is_api else None
        if unsigned is not None and _gist(unsigned) == _gist(error):
            blame = self._unheeded("")
            setting = blame.setting if self._kind == "api_key" else "authType"
            return dataclasses.replace(blame, setting=setting)
        return None

    async def unseen(self, request: PageRequest | None) -> Blame | None:
        """As ``blamed``, where lists are answered and empty; None where credentials are seen."""
        if self._kind == "none":
            told = "set authType, if the API lists nothing without credentials"
            return Blame("authType", told)
        if request is None or self._kind not in _STATIC:
            return None
        bare = await self._installed.body(request, self._bare)

        async def shows_more(change: Change) -> bool:
            settings = self._installed.with_change(change)
            if settings is None or settings == self._settings:
                return False
            body = await self._installed.body(request, settings)
            return bool(body) and body != bare

        ways = islice(self._ways.usual(), _MOST)
        if found := await self._installed.first(ways, shows_more, "so signed there are items"):
            return found
        now = await self._installed.body(request, self._settings)
        return self._unheeded("") if bare == now else None

    # --- where nothing was answered ----------------------------------------------------------

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
            sent = " and ".join(map(variable_of, names))
            return f"{sent} is not sent: write {line('authType', kinds.pop())}"
        if headers := headers_named(said):
            lines = (line("authType", "api_key"), line("apiKeyHeader", headers[0]))
            return f"write {', '.join(lines)}, and {line('apiKey', '<the key>')}"
        for scheme in schemes_named(said):
            if wanted := _TYPES.get(scheme.lower()):
                needed = _needed(wanted)
                return f"the API wants {scheme}: write {line('authType', wanted)}, and {needed}"
        return (
            f"the API wants credentials: write {line('authType', 'bearer_token')} (or api_key,"
            f" basic, oauth2, custom), and {_needed('bearer_token')}"
        )

    def _unheeded(self, said: str) -> Blame:
        """What to correct where the API answers as if there were no credentials."""
        told = "the API answers the same without credentials"
        if wanted := self._wanted(said):
            return Blame("authType", f"{told}, and {wanted}")
        if any(_TYPES.get(one.lower()) == self._kind for one in schemes_named(said)):
            told = f"{told}, and wants this way to sign: correct {self._values()}"
            return Blame(self.credential, told)
        if self._kind != "api_key":
            return Blame(self.credential, f"{told}: correct {self._values()}{self._other_header()}")
        if name := self._installed.text("apiKeyParam"):
            told = f"{told}: correct apiKeyParam ({name}), and {self._values()}"
            return Blame("apiKeyParam", told)
        header = self._installed.text("apiKeyHeader")
        if header.lower() == "authorization":
            word = "another word" if " " in self._ways.secret else "a word"
            return Blame(
                self.credential,
                f"{told}: it may want {word} before the key, such as Token or Bearer, another"
                f" header than {header}, or another apiKey",
            )
        sent = header or str(FIELDS["apiKeyHeader"].default)
        return Blame(
            "apiKeyHeader",
            f"{told}: correct apiKeyHeader ({sent}) to the name in the API's documentation,"
            f" or {self._values()}",
        )

    def _wanted(self, said: str) -> str:
        """Another way to sign that the API speaks of."""
        schemes = schemes_named(said)
        if any(_TYPES.get(scheme.lower()) == self._kind for scheme in schemes):
            return ""  # it takes this one as well as others
        for scheme in schemes:
            if (wanted := _TYPES.get(scheme.lower(), self._kind)) != self._kind:
                return f"wants {scheme}: write {line('authType', wanted)}, and {_needed(wanted)}"
        return ""

    def _values(self) -> str:
        """The settings of the credentials themselves."""
        names = self._names(lambda kinds: self._kind in kinds) or [self.credential]
        if "password" in names:
            names = ["username", *names]
        return " and ".join(map(variable_of, names))


def _needed(kind: str) -> str:
    """The settings that a way to sign needs, and its own secret."""
    own = [one for one in FIELDS.values() if kind in one.shown_for]
    fields = [one.name for one in own if one.needed or (one.sensitive and len(one.shown_for) == 1)]
    return " and ".join([*map(variable_of, fields)])


def _said(error: OceanCustomError) -> str:
    return f"{error.report.answered}, {error.report.words}"


def _is_success(error: OceanCustomError | None) -> bool:
    """Whether the status is one of success, whatever the answer says."""
    return error is None or error.report.answered.startswith("2")


def _gist(error: OceanCustomError) -> tuple[object, str]:
    """What an error says, without what differs each time."""
    is_answer = isinstance(error, ResponseError | CredentialsError)
    status = error.report.answered if is_answer else type(error)
    # White space may be quoted as two characters.
    words = re.sub(r"\\[nrt]", " ", _VARYING.sub("", error.report.words))
    return status, " ".join(words.split())


def speaks_of_sign_in(error: OceanCustomError) -> bool:
    """Whether an API's words are about a sign-in, whatever the status."""
    return _SIGN_IN.search(error.report.words) is not None
