"""What of a request a refusal is about: what its words name, or what it is answered without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from json_values import Json
from paging.model import PageRequest
from workbench.check.absence import MADE_UP, Answered
from workbench.check.findings import Path
from workbench.check.names import letters
from workbench.check.near import lists_of_objects
from workbench.check.reading import Seen
from workbench.check.variants import line_of

_KEYS: Final = re.compile(r'"[\w.$-]+": ')
_SHORTEST: Final = 2  # characters of a value that is looked for
_LONG: Final = 5  # letters of a word within a value that is looked for
_SPEAKING: Final = 8  # letters of a name that are looked for however they are joined
_MOST: Final = 6  # requests


@dataclass(frozen=True)
class Suspect:
    """A name and its value in a request, and the setting or the place in a resource they are from.

    ``is_query``: a parameter of the query.
    """

    place: str | Path
    name: str
    value: str
    is_query: bool = False

    @property
    def shown(self) -> str:
        """As the file says it."""
        return f"{self.name} ({self.value})" if self.value else self.name


def suspects_of(seen: Seen, base: Path, settings: Mapping[str, Sequence[str]]) -> list[Suspect]:
    """What a resource or, at ``base``, its parents, and these settings put into requests.

    Of a setting the names alone: its values may be secrets.
    """
    selector = seen.config.selector
    of_parent = base[-1] if len(base) > 1 else ""
    asks = selector.path_parameters[str(of_parent)] if of_parent else selector
    found = [
        Suspect((*base, part, *path), _name(path), value, is_query=part == "query_params")
        for part, given in (
            ("query_params", asks.query_params),
            ("body", asks.body),
            ("body_form", asks.body_form),
            ("headers", asks.headers),
        )
        for path, value in _leaves(given)
        if path
    ]
    query = "" if of_parent else seen.config.kind.partition("?")[2]
    found += [
        Suspect(("kind",), *pair.partition("=")[::2], is_query=True)
        for pair in query.split("&")
        if pair
    ]
    found += [Suspect(setting, name, "") for setting, names in settings.items() for name in names]
    return found


def ranked(suspects: Sequence[Suspect], words: str) -> list[Suspect]:
    """Those first that the words of a refusal name."""
    text = _without_echoes(suspects, words)
    return sorted(suspects, key=lambda one: -_named(one, text))


async def without(
    answered: Answered, request: PageRequest | None, suspects: Sequence[Suspect]
) -> tuple[Suspect, str] | None:
    """The parameter without which a request is answered, and what to do; None for none.

    ``request``: as it was refused; None where it may not be sent again.
    """
    if request is None:
        return None
    for one in [one for one in suspects if one.is_query][:_MOST]:
        without = tuple(pair for pair in request.params if pair[0] != one.name)
        if len(without) == len(request.params):
            continue
        if await answered(replace(request, params=without)) is not None:
            return one, f"without {one.name} it answers: correct its name, or {one.value!r}"
    return None


def spoken_of(suspects: Sequence[Suspect], words: str) -> tuple[Suspect, str] | None:
    """The one that the words of a refusal name most, and what to do; None for none."""
    text = _without_echoes(suspects, words)
    best = max(suspects, key=lambda one: _named(one, text), default=None)
    if best is None or not _named(best, text):
        return None
    return best, f"the API speaks of it: correct {best.shown}"


def _without_echoes(suspects: Sequence[Suspect], words: str) -> str:
    for one in suspects:  # which the envelope of an answer repeats
        words = words.replace(f'"{one.name}": "{one.value}"', "")
    return _KEYS.sub("", words)


async def name_of_list(answered: Answered, request: PageRequest | None, blamed: Suspect) -> str:
    """What to write for a parameter that is a list, whose name ends in brackets; "" if it is none.

    It is heeded where a made-up value of it is answered otherwise than a request without it.
    """
    if request is None or not blamed.is_query or "{" in blamed.value:
        return ""
    name, rest = f"{blamed.name}[]", tuple(one for one in request.params if one[0] != blamed.name)
    without, listed, made_up = [
        await answered(replace(request, params=params))
        for params in (rest, (*rest, (name, blamed.value)), (*rest, (name, MADE_UP)))
    ]
    if listed is None or without is None or _lengths(made_up) == _lengths(without):
        return ""
    instead = line_of(repr(name), blamed.value)
    return f"write {instead} in the place of {blamed.name}: so it is heeded"


def _lengths(body: Json) -> list[int] | None:
    """How long the lists of an answer are."""
    return None if body is None else [len(rows) for _, rows in lists_of_objects(body)]


def _named(one: Suspect, text: str) -> float:
    """How much of it a text names: its value, or a long word of that; its name."""
    words = [word for word in re.split(r"\W+", one.value) if len(word) >= _LONG]
    wanted = [one.value, *words] if len(one.value) >= _SHORTEST else []
    longest = max((len(word) for word in wanted if _has(text, word)), default=0)
    return (2 + longest / 100 if longest else 0) + _has(text, one.name)


def _has(text: str, word: str) -> bool:
    if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text):
        return True
    spelled = letters(word)
    return len(spelled) >= _SPEAKING and spelled in letters(text)


def _name(path: Path) -> str:
    """The key that a value stands at, or that the list is at in which it stands."""
    return next(one for one in reversed(path) if isinstance(one, str))


def _leaves(value: Json | Mapping[str, object], path: Path = ()) -> Iterator[tuple[Path, str]]:
    match value:
        case dict():
            for key, inner in value.items():
                yield from _leaves(inner, (*path, str(key)))
        case list():
            for at, inner in enumerate(value):
                yield from _leaves(inner, (*path, at))
        case None:
            pass
        case bool():
            yield path, str(value).lower()
        case _:
            yield path, str(value)
