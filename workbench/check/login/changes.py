"""Settings with other texts: what the API answers to them, and how they are written."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from client import ApiClient
from errors import OceanCustomError
from json_values import Json
from paging.model import PageRequest
from settings import Settings
from settings.fields import FIELDS, SettingField
from workbench.check.asking.answered import ask
from workbench.check.files.documents import Variables
from workbench.check.files.settings import read_settings, variable_of
from workbench.check.findings import Path

ClientOf = Callable[[Settings], ApiClient]
"""A client of the same API with other settings; whoever asks for one closes it."""

_SHORTEST: Final = 3  # characters of a secret that is looked for in a text
_OBJECTS: Final = (
    "customHeaders", "queryParams", "customAuthRequest", "customAuthRequestTemplate",
)  # fmt: skip
"""Sensitive settings that are objects."""
_NAMED: Final = re.compile(r"<the value of [^>]*>")
_SECRETS: Final = ("username", "oauthClientId")
"""Beside the sensitive settings, those whose texts a remedy speaks of by their names."""


@dataclass(frozen=True)
class Change:
    """Settings that would have other texts, by their names; an empty one is not set.

    ``told``: what to write, where the texts hold much more than what changes. ``is_named``: the
    API's own words speak of it.
    """

    texts: Mapping[str, str]
    told: str = ""
    is_named: bool = False


@dataclass(frozen=True)
class Texts:
    """What to do about settings in words, and the texts that it comes to, by the settings' names.

    An empty text is to be removed.
    """

    words: str
    texts: Mapping[str, str]


Blame = tuple[str, str | Texts]
"""The setting that is wrong, and what to do."""


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

    def client(self, settings: Settings) -> ApiClient:
        """A client by other settings; who asks for it closes it."""
        return self._client_of(settings)

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
        client = self._client_of(settings)
        try:
            await ask(client, request)
        except OceanCustomError as error:
            return error
        finally:
            await client.aclose()
        return None

    async def body(self, request: PageRequest, settings: Settings) -> Json:
        """What a request is answered by other settings; None for a failure."""
        client = self._client_of(settings)
        try:
            return (await ask(client, request)).body
        except OceanCustomError:
            return None
        finally:
            await client.aclose()

    def place(self, change: Change) -> str:
        """The setting that a change is told at: how to sign, then a name, then a secret."""
        names = [name for name, text in change.texts.items() if text != self.text(name)]
        names.sort(key=lambda name: (name != "authType", FIELDS[name].sensitive))
        return names[0] if names else next(iter(change.texts))

    def remedy(self, change: Change, proof: str) -> Texts:
        """A change as a remedy; ``proof``: what showed it. Of a text within a text the words."""
        other = {name: one for name, one in change.texts.items() if one != self.text(name)}
        texts = {name: self._held(self._shown(text)) for name, text in other.items()}
        words = self.written(change)
        # What is made of a secret otherwise may be one too: nothing is given that is not told.
        is_told = all(
            _is_told(text, words) for name, text in texts.items() if _is_secret(FIELDS[name])
        )
        return Texts(f"{words}: {proof}", texts if is_told else {})

    def _held(self, text: str) -> str:
        """A text of JSON without the texts that stand now somewhere in one of that kind."""
        for name in _OBJECTS:
            for path, value in _texts_in(_decoded(self.text(name))):
                at = ".".join((variable_of(name), *map(str, path)))
                text = text.replace(f": {json.dumps(value)}", f': "<the value of {at}>"')
        return text

    def written(self, change: Change) -> str:
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
        held = [name for name, one in FIELDS.items() if one.sensitive or name in _SECRETS]
        for name in sorted(held, key=lambda name: -len(self.text(name))):
            for secret in (self.text(name), self.text(name).strip("'\" ")):
                if len(secret) >= _SHORTEST and secret in text:
                    return text.replace(secret, f"<the value of {variable_of(name)}>")
            if self.text(name).partition(" ")[2] == text:
                return f"<the value of {variable_of(name)} without its first word>"
        return text


def _is_secret(field: SettingField) -> bool:
    return field.sensitive or field.name in _SECRETS


def _is_told(text: str, words: str) -> bool:
    """Whether a text of a setting, or each text in its object, is in words already, or a name."""
    held = [one for _, one in _texts_in(_decoded(text))] or [text]
    return all(_NAMED.fullmatch(one) or one in words for one in held)


def _decoded(text: str) -> Json:
    """What a text of JSON holds; None for another one."""
    try:
        return json.loads(text)  # type: ignore[no-any-return]
    except ValueError:
        return None


def _texts_in(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Path, str]]:
    """The texts within an object or a list, by their paths."""
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value if isinstance(value, list) else ())
    )
    for key, one in pairs:
        if isinstance(one, str):
            yield (*path, key), one
        else:
            yield from _texts_in(one, (*path, key))


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


async def one_of(
    names: Sequence[str], is_answered: Callable[[Sequence[str]], Awaitable[bool]]
) -> str:
    """The one of some names that counts, all sent at once and then their halves; "" for none."""
    left = list(names)
    if not left or not await is_answered(left):
        return ""
    while len(left) > 1:
        half = left[: len(left) // 2]
        left = half if await is_answered(half) else left[len(half) :]
    return left[0]
