"""What is wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Literal

from json_values import Json

Severity = Literal["error", "warn"]
Path = tuple[str | int, ...]
"""Where something stands in a document: ``("resources", 0, "kind")``."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; ``line`` and ``column`` count from 1, None: of the whole file.

    An ``error`` costs entities or properties, or stops the resync; a ``warn`` may be meant so.
    """

    file: str
    line: int | None
    column: int | None
    severity: Severity
    problem: str
    remedy: str = ""

    @property
    def place(self) -> str:
        """``file:line:column``, as editors and terminals follow it."""
        return ":".join(
            str(part) for part in (self.file, self.line, self.column) if part is not None
        )

    def __str__(self) -> str:
        return f"{self.place}: " + "; ".join(filter(None, (self.problem, self.remedy)))

    def as_json(self) -> dict[str, object]:
        """The finding for ``--json``."""
        return asdict(self)


@dataclass(frozen=True)
class Write:
    """What to write as the value of the key where a finding stands, and what showed it.

    ``before``: words in front of it; ``also``: another way, behind it.
    """

    value: Json
    proof: str = ""
    before: str = ""
    also: str = ""

    def told(self, text: str) -> str:
        """As a sentence; ``text`` has the key and the value as the file takes them."""
        proof = f" ({self.proof})" if self.proof else ""
        also = f", or {self.also}" if self.also else ""
        return f"{self.before}write {text}{proof}{also}"


Remedy = str | Write
"""What to do: in words, or a value to write."""


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once, by its place; of several in the same words, the first."""
    unique = {(one.file, one.line, one.column, one.problem): one for one in reversed([*findings])}
    return sorted(unique.values(), key=lambda one: (one.file, one.line or 0, one.column or 0))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was most likely meant: other case and separators, then a typo."""
    names = sorted(known)
    by_letters = {_letters(one): one for one in reversed(names)}
    if (letters := _letters(name)) in by_letters:
        return by_letters[letters]
    scored = [(likeness(letters, _letters(one)), one) for one in names]
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= _LIKE else None


_LIKE = 0.7
_SHORT = 3


def likeness(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1; a name that only goes on longer is fairly alike."""
    if not one or not other:
        return 0.0
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= _SHORT and (longer.startswith(shorter) or longer.endswith(shorter)):
        return max(_LIKE, SequenceMatcher(None, one, other).ratio())
    return SequenceMatcher(None, one, other).ratio()


def _letters(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
