"""Settings with other texts: what the API answers to them, and how they are written."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from answers import Answer
from client import ApiClient
from errors import OceanCustomError
from json_values import Json
from paging.model import PageRequest
from settings import Settings
from settings.fields import FIELDS
from workbench.check.asking.answered import ask
from workbench.check.files.documents import Variables, texts_at
from workbench.check.files.settings import read_settings, variable_of

ClientOf = Callable[[Settings], ApiClient]
"""A client of the same API with other settings; whoever asks for one closes it."""

_SHORTEST: Final = 3  # characters of a secret that is looked for in a text
_OBJECTS: Final = (
    "customHeaders", "queryParams", "customAuthRequest", "customAuthRequestTemplate",
)  # fmt: skip
"""Sensitive settings that are objects."""
_NAMED: Final = re.compile(r"<the value of [^> ]*(?: without its first word)?>")
_UNSAID: Final = "what is around it"  # which no program can leave out
_AROUND: Final = re.compile(r"[\s'\"`,;<>{}()]+|^\w+(?:=(?=\w)|:\s)")
"""What stands around a key that was copied with more than itself."""
_SECRETS: Final = (
    "username",
    "oauthClientId",
    *(name for name, field in FIELDS.items() if field.sensitive),
)
"""Settings whose texts a remedy speaks of by their names."""


@dataclass(frozen=True)
class Change:
    """Settings that would have other texts, by their names; an empty one is not set.

    ``told``: what to write, where the texts hold much more than what changes. ``proof``: what an
    answer to it shows.
    """

    texts: Mapping[str, str]
    told: str = ""
    proof: str = ""


@dataclass(frozen=True)
class Names:
    """Names that may be meant, which can be sent all at once; ``made``: the change with some.

    ``told``: the change for the one that counts, where that is not ``made`` of it.
    """

    names: Iterable[str]
    made: Callable[[Sequence[str]], Change]
    told: Callable[[str], Change] | None = None

    async def one(self, lets_in: LetsIn) -> Change | None:
        """The change for the one that counts: all are sent, and then their halves."""
        left = list(dict.fromkeys(self.names))
        if not left or not await lets_in(self.made(left)):
            return None
        while len(left) > 1:
            half = left[: len(left) // 2]
            left = half if await lets_in(self.made(half)) else left[len(half) :]
        return self.told(left[0]) if self.told else self.made(left)


Way = Change | Names
"""What may let requests in."""
LetsIn = Callable[[Change], Awaitable[bool]]
"""Whether a change lets them in."""


@dataclass(frozen=True)
class Blame:
    """A setting that is wrong, what to do in words, and what it comes to.

    ``texts``: of settings by their names; an empty one is to be removed.
    """

    setting: str
    words: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


class Installed:
    """The settings as a file has them, and what they come to with a change."""

    def __init__(
        self, settings: Settings, variables: Variables | None, client_of: ClientOf
    ) -> None:
        self.settings = settings
        self._variables = variables or Variables("the settings")
        self._client_of = client_of

    def text(self, name: str) -> str:
        """The text of a setting; "" where it is not set."""
        return self._variables.values.get(variable_of(name), "")

    def object(self, name: str) -> dict[str, Json]:
        """The object that a setting holds; an empty one where it holds none."""
        held = _decoded(self.text(name))
        return held if isinstance(held, dict) else {}

    def with_change(self, change: Change) -> Settings | None:
        """The settings with a change; None where they cannot be so."""
        values = dict(self._variables.values)
        for name, text in change.texts.items():
            values[variable_of(name)] = text
        settings, _ = read_settings(dataclasses.replace(self._variables, values=values))
        waits = self.settings.max_retry_wait
        return None if settings is None else replace(settings, max_retry_wait=waits)

    async def refusal(self, request: PageRequest, change: Change) -> OceanCustomError | None:
        """What a request comes to with a change; None for an answer."""
        settings = self.with_change(change)
        if settings is None:
            return OceanCustomError("these settings cannot be")
        return await self.refusal_by(request, settings)

    async def refusal_by(self, request: PageRequest, settings: Settings) -> OceanCustomError | None:
        """As ``refusal``, by whole settings."""
        answer = await self.answer(request, settings)
        return answer if isinstance(answer, OceanCustomError) else None

    async def body(self, request: PageRequest, settings: Settings) -> Json:
        """What a request is answered by other settings; None for a failure."""
        answer = await self.answer(request, settings)
        return None if isinstance(answer, OceanCustomError) else answer.body

    async def answer(self, request: PageRequest, settings: Settings) -> Answer | OceanCustomError:
        """What a request comes to by other settings."""
        client = self._client_of(settings)
        try:
            return await ask(client, request)
        except OceanCustomError as error:
            return error
        finally:
            await client.aclose()

    def client(self) -> ApiClient:
        """A client with the settings; whoever asks for one closes it."""
        return self._client_of(self.settings)

    async def first(self, ways: Iterable[Way], lets_in: LetsIn, proof: str) -> Blame | None:
        """The first change that lets requests in, as a remedy; None for none."""
        for way in ways:
            if isinstance(way, Names):
                change = await way.one(lets_in)
            else:
                change = way if await lets_in(way) else None
            if change is not None:
                return self._blame(change, proof)
        return None

    def _blame(self, change: Change, proof: str) -> Blame:
        """A change as a remedy, at how to sign before a name and a secret.

        ``proof``: what showed it, where the change itself does not say.
        """
        names = [name for name, text in change.texts.items() if text != self.text(name)]
        names.sort(key=lambda name: (name != "authType", FIELDS[name].sensitive))
        place = names[0] if names else next(iter(change.texts))
        texts = {name: self._held(self._shown(change.texts[name])) for name in names}
        words = self._written(change)
        # What is made of a secret otherwise may be one too: nothing is given that is not told.
        is_told = all(_is_told(texts[name], words) for name in names if name in _SECRETS)
        return Blame(place, f"{words}: {change.proof or proof}", texts if is_told else {})

    def _held(self, text: str) -> str:
        """A text of JSON without the texts that stand now somewhere in one of that kind."""
        for name in _OBJECTS:
            for path, value in texts_at(self.object(name)):
                at = ".".join((variable_of(name), *map(str, path)))
                text = text.replace(f": {json.dumps(value)}", f': "<the value of {at}>"')
        return text

    def _written(self, change: Change) -> str:
        """A change as lines of the file; secrets go by the names that they have there."""
        if change.told:
            return change.told
        other = {name: one for name, one in change.texts.items() if one != self.text(name)}
        lines = [line(name, self._shown(text)) for name, text in other.items() if text]
        removed = [variable_of(name) for name, text in other.items() if not text]
        write = f"write {', '.join(lines)}" if lines else ""
        remove = f"remove {', '.join(removed)}" if removed else ""
        return " and ".join(filter(None, (write, remove)))

    def _shown(self, text: str) -> str:
        for name in sorted(_SECRETS, key=lambda name: -len(self.text(name))):
            whole = self.text(name)
            core = "" if name in _OBJECTS else core_of(whole)
            first = "its first word" if whole.partition(" ")[2] == core else _UNSAID
            for secret, less in ((whole, ""), (core, f" without {first}")):
                found = re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text)
                if len(secret) >= _SHORTEST and found:
                    named = f"<the value of {variable_of(name)}{less}>"
                    return text[: found.start()] + named + text[found.end() :]
        return text


def core_of(text: str) -> str:
    """The key in a text that has more around it: quotes, a word before it, its name, a sign."""
    return next(filter(None, reversed(_AROUND.split(text))), "")


def _is_told(text: str, words: str) -> bool:
    """Whether a text of a setting, or each text in its object, is in words already, or a name."""
    held = [one for _, one in texts_at(_decoded(text))] or [text]
    return all(_NAMED.fullmatch(one) or (one in words and _UNSAID not in one) for one in held)


def _decoded(text: str) -> Json:
    """What a text of JSON holds; None for another one."""
    try:
        return json.loads(text)  # type: ignore[no-any-return]
    except ValueError:
        return None


def line(name: str, value: object) -> str:
    """A setting as a line of a ``.env`` file."""
    return f"{variable_of(name)}={value}"


def is_signed_in(refusal: OceanCustomError | None) -> bool:
    """Whether a sign-in went well, whatever became of the request after it."""
    if refusal is None:
        return True
    request = refusal.report.request
    is_after = request is not None and not request.is_login
    return is_after and bool(refusal.report.answered)
