"""What of a request a refusal is about, by what its words name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from json_values import as_written
from workbench.check.asking.sent import Sent
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


def suspects_of(
    sent: Iterable[Sent], base: Path, settings: Mapping[str, Sequence[str]]
) -> list[Suspect]:
    """What is sent by what asks at ``base``, and what these settings put into requests.

    Of a setting the names alone: its values may be secrets.
    """
    plain = (one for one in sent if not isinstance(one.value, dict | None))
    found = [Suspect(one.at(base), one.name, as_written(one.value)) for one in plain]
    return found + [Suspect(place, name, "") for place, names in settings.items() for name in names]


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
