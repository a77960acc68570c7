"""What is wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from difflib import SequenceMatcher
from pathlib import Path as FilePath
from typing import Literal

from json_values import MISSING, Found, Json, Missing, with_texts

_RESOURCE = 2  # keys to one
Severity = Literal["error", "warn"]
Path = tuple[str | int, ...]
"""Where something stands in a document: ``("resources", 0, "kind")``."""


@dataclass(frozen=True)
class Taken:
    """What stands at another path, and no more there."""

    path: Path


@dataclass(frozen=True)
class Put:
    """A value of a file that is to be another; MISSING: it is to be removed.

    ``path``: the keys to it; of a ``.env`` file its variable. A text may have the value of another
    variable in it, as ``<the value of NAME>``, or a part of that, as ``<the value of NAME.KEY>``.
    """

    file: str
    path: Path
    value: Found | Taken

    def redacted(self, redact: Callable[[str], str]) -> Put:
        """It without a secret in any of its texts."""
        value = self.value
        if isinstance(value, Missing | Taken):
            return self
        return replace(self, value=with_texts(value, redact))

    def as_json(self) -> dict[str, object]:
        """What it is for ``--json``; without a value: to be removed."""
        told: dict[str, object] = {"file": self.file, "path": self.path}
        match self.value:
            case Missing():
                return told
            case Taken(path):
                return {**told, "from": path}
            case value:
                return {**told, "value": value}


@dataclass(frozen=True)
class Lines:
    """Lines of a file that are to be others; ``line`` is the first, from 1."""

    file: str
    line: int
    old: tuple[str, ...]
    new: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """What it is for ``--json``."""
        return asdict(self)


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
    fix: tuple[Put | Lines, ...] = ()
    """What the remedy comes to; () for one that a person has to complete."""
    one_of: tuple[tuple[Put | Lines, ...], ...] = ()
    """What remedies come to that fit alike: one of them is meant, and ``fix`` is empty."""

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
        ways = [[one.as_json() for one in way] for way in self.one_of]
        fixes = {"fix": [one.as_json() for one in self.fix], "one_of": ways}
        return {**asdict(self), **fixes}

    def redacted(self, redact: Callable[[str], str]) -> Finding:
        """It without a secret in any of its texts."""

        def plain(fix: tuple[Put | Lines, ...]) -> tuple[Put | Lines, ...]:
            return tuple(one.redacted(redact) if isinstance(one, Put) else one for one in fix)

        return replace(
            self,
            problem=redact(self.problem),
            remedy=redact(self.remedy),
            fix=plain(self.fix),
            one_of=tuple(map(plain, self.one_of)),
        )


def either(first: Finding, *others: Finding) -> Finding:
    """One finding of several that say the same, whose remedies fit alike."""
    if not others:
        return first
    ways = (first, *others)
    fixes = tuple(one.fix for one in ways if one.fix)
    told = [
        one.remedy if one.file == first.file else f"in {FilePath(one.file).name}, {one.remedy}"
        for one in ways
    ]
    remedy = f"one of: {'; or '.join(told)}"
    return replace(first, remedy=remedy, fix=(), one_of=fixes)


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


@dataclass(frozen=True)
class Told:
    """What to do in words, and the values that it comes to, by their paths in a resource.

    MISSING is what has to be removed. ``own``: what stands at the finding's own path, instead.
    """

    words: str
    values: Mapping[Path, Found | Taken] = field(default_factory=dict)
    own: Found = None


def removed(words: str) -> Told:
    """What stands where a finding stands has to go."""
    return Told(words, own=MISSING)


def inner(path: Path) -> Path:
    """A path of a document, within its resource or its blueprint."""
    is_of_resource = path[:1] == ("resources",) and len(path) >= _RESOURCE
    return path[_RESOURCE if is_of_resource else isinstance(next(iter(path), ""), int) :]


def moved(words: str, path: Path, to: Path) -> Told:
    """What stands at one path of a document is meant to stand at another one."""
    return Told(words, {inner(to): Taken(path)})


Remedy = str | Write | Told | tuple[Write | Told, ...]
"""What to do: in words, or a value to write; several that fit alike."""


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
