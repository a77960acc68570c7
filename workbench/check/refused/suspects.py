"""What of a request a refusal is about, by what its words name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from json_values import Json
from workbench.check.asking.reading import Seen
from workbench.check.asking.sent import path_at
from workbench.check.findings import Path
from workbench.check.guesses.names import letters

_KEYS: Final = re.compile(r'"[\w.$-]+": ')
_SHORTEST: Final = 2  # characters of a value that is looked for
_LONG: Final = 5  # letters of a word within a value that is looked for
_SPEAKING: Final = 8  # letters of a name that are looked for however they are joined


@dataclass(frozen=True)
class Suspect:
    """A name and its value in a request, and the setting or place in a resource they are from."""

    place: str | Path
    name: str
    value: str

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
        Suspect((*base, part, *path), _name(path), value)
        for part, given in (
            ("query_params", asks.query_params),
            ("body", asks.body),
            ("body_form", asks.body_form),
            ("headers", asks.headers),
        )
        for path, value in _leaves(given)
        if path
    ]
    path = getattr(asks, "endpoint", "") if of_parent else seen.config.kind
    query = str(path or "").partition("?")[2]
    of_path = path_at(base)
    found += [Suspect(of_path, *pair.partition("=")[::2]) for pair in query.split("&") if pair]
    found += [Suspect(setting, name, "") for setting, names in settings.items() for name in names]
    return found


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
