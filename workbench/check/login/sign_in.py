"""Refused credentials: which setting is to blame, and how the same credential is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Final

from msgspec.structs import replace

from errors import CredentialsError, OceanCustomError, ResponseError
from json_values import Json
from paging.model import PageRequest
from settings import Settings, StaticCredentials
from settings.fields import FIELDS
from workbench.check.asking.alternatives import told_values
from workbench.check.files.documents import Variables
from workbench.check.files.settings import variable_of
from workbench.check.guesses.names import names_in
from workbench.check.guesses.refusal_words import headers_named, parameter_missed, schemes_named
from workbench.check.login.changes import Blame, Change, ClientOf, Installed, Texts, line, one_of
from workbench.check.login.login_trials import LoginTrials
from workbench.check.login.oauth_trials import OAuthTrials
from workbench.check.login.signing import PARAMS, Signings

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

Made = Callable[[Sequence[str]], Change]
"""A change that has some names all at once."""
"""The setting that is wrong, and what to do."""


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
            return "authType", self._unset(said)
        if request is None or await self._is_unseen(error, request):
            setting, remedy = self._unheeded(said)
            may_not = isinstance(error, ResponseError)
            return setting, f"{remedy}; or grant them access" if may_not else remedy
        return self._refused(said)

    def _refused(self, said: str) -> Blame:
        """What to correct where the API sees the credentials."""
        if wanted := self._wanted(said):
            return "authType", f"the API {wanted}"
        seen = "the API sees these credentials and refuses them"
        return self.credential, f"{seen}: correct {self._values()}, or grant them access"

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
        said = _said(error)
        change = await self._tried(request, said)
        if change is None and self._kind != "none":
            bare = replace(self._settings, credentials=StaticCredentials())
            if await self._lets_in(request, bare):
                told = line("authType", "none")
                words = f"write {told}: without credentials it answers"
                return "authType", Texts(words, {"authType": "none"})
        if change is None:
            return self._missing(error)
        return self._installed.place(change), self._installed.remedy(change, _SO)

    async def _tried(self, request: PageRequest, said: str) -> Change | None:
        """The first change by which a request is answered.

        Also where the API speaks otherwise to those who send these credentials: it may see them
        where it reads none of its own, and say that they are wrong.
        """
        usual = self._ways.usual() if self._ways.secret else ()
        named = self._ways.named(said) if self._ways.secret else ()
        beside = islice(self._ways.beside(), _MOST)
        trials: list[Change] = [*self._ways.configured(), *named, *beside, *usual]
        tried = [self._settings]
        for change in trials:
            settings = self._installed.with_change(change)
            if settings is None or settings in tried:
                continue
            tried.append(settings)
            if await self._lets_in(request, settings):
                return change
        return await self._by_name(request, said)

    async def _lets_in(self, request: PageRequest, settings: Settings) -> bool:
        """Whether a request is answered by other settings, and no other is refused as before.

        What is open to all is answered by any.
        """
        if await self._installed.refusal_by(request, settings) is not None:
            return False
        others = [one for one in self._refused_too() if one.url != request.url]
        for other in others[:_MOST_BESIDE]:
            refusal = await self._installed.refusal_by(other, settings)
            before = refusal and await self._installed.refusal_by(other, self._settings)
            if refusal and before and _gist(refusal) == _gist(before):
                return False
        return True

    async def _by_name(self, request: PageRequest, said: str) -> Change | None:
        """A change of the name that a credential is sent under: many at once, then their halves."""
        if renamed := await self._renamed(request, said):
            return renamed
        if not self._ways.secret:
            return None
        in_headers: Made = partial(self._ways.in_all, "customHeaders")
        if found := await self._one_of(request, self._ways.header_names, in_headers):
            return self._ways.in_header(found)
        in_params: Made = partial(self._ways.in_all, "queryParams")
        if found := await self._one_of(request, (*PARAMS, *names_in(said)), in_params):
            return self._ways.in_param(found)
        return None

    async def beside(self, said: str, request: PageRequest) -> Blame | None:
        """What all requests send beside the credential by another name, or a value of the words."""
        change = await self._renamed(request, said) or await self._revalued(request, said)
        if change is None:
            return None
        return self._installed.place(change), self._installed.remedy(change, "so it answers")

    async def _renamed(self, request: PageRequest, said: str) -> Change | None:
        for setting, name, others in self._ways.renamable(said):
            renaming: Made = partial(self._ways.renaming, setting, name)
            if found := await self._one_of(request, others, renaming):
                return self._ways.renaming(setting, name, [found])
        return None

    async def _revalued(self, request: PageRequest, said: str) -> Change | None:
        for setting, name, value in self._ways.held():
            for text in told_values(name, value, said):
                change = self._ways.revaluing(setting, name, text)
                if await self._installed.refusal(request, change) is None:
                    return change
        return None

    async def _one_of(self, request: PageRequest, names: Sequence[str], made: Made) -> str:
        async def counts(some: Sequence[str]) -> bool:
            settings = self._installed.with_change(made(some))
            return settings is not None and await self._lets_in(request, settings)

        return await one_of(list(dict.fromkeys(names)), counts)

    async def _unsigned(self, request: PageRequest) -> OceanCustomError | None:
        bare = replace(self._settings, credentials=StaticCredentials())
        return await self._installed.refusal_by(request, bare)

    async def _is_unseen(self, error: OceanCustomError, request: PageRequest) -> bool:
        other = await self._unsigned(request)
        return other is not None and _gist(other) == _gist(error)

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
        return setting, f"the API misses {name}, which nothing sends: {told}"

    async def page(
        self, request: PageRequest | None, error: OceanCustomError, *, is_redirected: bool
    ) -> Blame:
        """As ``blamed``, where a page for people came; "" where credentials change nothing.

        ``is_redirected``: to that page, as to a sign-in.
        """
        if request is None or self._kind not in {*_STATIC, "none"}:
            return "", ""
        if found := await self.other(error, request):
            return found
        # Where the base URL has no path, a page for people is what is there.
        is_api = self._settings.base_url.path.strip("/")
        if is_redirected and is_api and await self._is_unseen(error, request):
            setting, remedy = self._unheeded("")
            return setting if self._kind == "api_key" else "authType", remedy
        return "", ""

    async def unseen(self, request: PageRequest | None) -> Blame:
        """As ``blamed``, where lists are answered and empty; "" where credentials are seen."""
        if self._kind == "none":
            return "authType", "set authType, if the API lists nothing without credentials"
        if request is None or self._kind not in _STATIC:
            return "", ""
        bare = replace(self._settings, credentials=StaticCredentials())
        bodies: list[Json] = [await self._installed.body(request, bare)]
        for change in [*self._ways.usual()][:_MOST]:
            settings = self._installed.with_change(change)
            if settings is None or settings == self._settings:
                continue
            bodies.append(await self._installed.body(request, settings))
            if bodies[-1] and bodies[-1] != bodies[0]:
                told = self._installed.remedy(change, "so signed there are items")
                return self._installed.place(change), told
        now = await self._installed.body(request, self._settings)
        return self._unheeded("") if bodies[0] == now else ("", "")

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

    def _unheeded(self, said: str) -> tuple[str, str]:
        """What to correct where the API answers as if there were no credentials."""
        told = "the API answers the same without credentials"
        if wanted := self._wanted(said):
            return "authType", f"{told}, and {wanted}"
        if any(_TYPES.get(one.lower()) == self._kind for one in schemes_named(said)):
            return self.credential, f"{told}, and wants this way to sign: correct {self._values()}"
        if self._kind != "api_key":
            sent = "Authorization: " + ("Bearer …" if self._kind == "bearer_token" else "Basic …")
            return self.credential, (
                f"{told}: correct {self._values()}; or, if it wants something else than '{sent}',"
                f" write {line('authType', 'api_key')} and its header in"
                f" {variable_of('apiKeyHeader')}"
            )
        if name := self._installed.text("apiKeyParam"):
            return "apiKeyParam", f"{told}: correct apiKeyParam ({name}), and {self._values()}"
        header = self._installed.text("apiKeyHeader")
        if header.lower() == "authorization":
            word = "another word" if " " in self._ways.secret else "a word"
            return self.credential, (
                f"{told}: it may want {word} before the key, such as Token or Bearer, another"
                f" header than {header}, or another apiKey"
            )
        sent = header or str(FIELDS["apiKeyHeader"].default)
        return "apiKeyHeader", (
            f"{told}: correct apiKeyHeader ({sent}) to the name in the API's documentation,"
            f" or {self._values()}"
        )

    def _wanted(self, said: str) -> str:
        """Another way to sign that the API speaks of."""
        for header in headers_named(said) if self._kind != "api_key" else []:
            lines = (line("authType", "api_key"), line("apiKeyHeader", header))
            return f"speaks of {header}: write {', '.join(lines)}"
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
    """The settings that a way to sign needs."""
    fields: Sequence[str] = [
        one.name for one in FIELDS.values() if kind in one.shown_for and one.needed
    ]
    return " and ".join([*map(variable_of, fields)])


def _said(error: OceanCustomError) -> str:
    return f"{error.report.answered}, {error.report.words}"


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
