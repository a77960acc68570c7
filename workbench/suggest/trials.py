"""Which of many parameter names does something: several in one request, told apart by value."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from workbench.suggest.asking import Reply

_BEFORE = re.compile(r"[A-Z]+ \S+: (\d+ [^,:]*[,:] )?")
_FEW = 2  # names of which none is much likelier
_FEW_SAID = 4
_WIDEST = 40  # names in one request
_MOST_REPAIRS = 2


class Effect(Enum):
    """What a request with trial parameters did."""

    NONE = "the rows are those without them"
    NUMBER = "one of the values shows in the rows"
    OTHER = "the rows are others, and none of the values shows"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """The effect of one request; ``values`` are those that its rows admit."""

    effect: Effect
    values: frozenset[int] = frozenset()
    refusal: str = ""


Judge = Callable[[Reply, Mapping[str, int]], Outcome]


@dataclass
class Trial:
    """A search for the one name among many; ``codes`` are the values that can be told apart.

    ``send`` asks with some parameters, ``judge`` says what they did.
    """

    send: Callable[[Mapping[str, int]], Awaitable[Reply]]
    judge: Judge
    codes: Sequence[int]
    strict: bool = False
    singles: int = 6
    """How many names an API that refuses those it does not know is asked for."""
    widest: int = _WIDEST

    async def find(self, names: Sequence[str]) -> str | None:
        """The name that does something, None when none does."""
        left = list(dict.fromkeys(names))
        width = max(len(self.codes), self.widest)
        while left:
            if self.strict:
                return await self._one_by_one(left)
            chunk, left = left[:width], left[width:]
            found = await self._narrowed(chunk)
            if found:
                return found
        return None

    async def find_slowly(self, names: Sequence[str]) -> str | None:
        """The first name that does something by itself; for what misleads in a group."""
        for name in names:
            if found := await self._halved([name]):
                return found
        return None

    async def _narrowed(self, names: Sequence[str]) -> str | None:
        values = {name: self.codes[at % len(self.codes)] for at, name in enumerate(names)}
        outcome = self.judge(await self.send(values), values)
        offered: list[str] = []
        for _ in range(_MOST_REPAIRS):
            said = mentioned(outcome.refusal, values)
            if outcome.effect is not Effect.REFUSED or not said:
                break
            if speaks_of_number(outcome.refusal):
                return said[0]
            # Behind the one it refuses it may say those that there are, seldom many of those sent.
            offered += said[1:] if len(said) <= _FEW_SAID else []
            values = {name: value for name, value in values.items() if name not in said}
            if not values:
                return None  # it knows none of them
            if speaks_of_unknown(outcome.refusal) and len(said) == 1:
                break  # it names one at a time
            outcome = self.judge(await self.send(values), values)
        return await self._decided(outcome, values, offered)

    async def _decided(
        self, outcome: Outcome, values: Mapping[str, int], offered: Sequence[str] = ()
    ) -> str | None:
        """The name that an outcome is due to; ``offered``: those that a refusal may have told."""
        match outcome.effect:
            case Effect.NONE:
                return None
            case Effect.REFUSED:
                self.strict = True
                return await self._one_by_one([*offered, *values])
            case Effect.NUMBER | Effect.OTHER:
                hits = [name for name, value in values.items() if value in outcome.values]
                return hits[0] if len(hits) == 1 else await self._halved(hits or list(values))
            case _ as unreachable:
                assert_never(unreachable)

    async def _halved(self, names: Sequence[str]) -> str | None:
        """The likeliest name by itself, then the halves of the rest."""
        if len(names) == 1:
            value = {names[0]: self.codes[0]}
            outcome = self.judge(await self.send(value), value)
            return names[0] if outcome.effect in {Effect.NUMBER, Effect.OTHER} else None
        middle = 1 if len(names) > _FEW else len(names) // 2
        for part in (names[:middle], names[middle:]):
            if found := await self._narrowed_again(part):
                return found
        return None

    async def _narrowed_again(self, names: Sequence[str]) -> str | None:
        if len(names) == 1:
            return await self._halved(names)
        middle = len(names) // 2
        first = names[:middle]
        values = {name: self.codes[at % len(self.codes)] for at, name in enumerate(first)}
        outcome = self.judge(await self.send(values), values)
        if outcome.effect in {Effect.NUMBER, Effect.OTHER}:
            hits = [name for name, value in values.items() if value in outcome.values]
            return first[0] if len(first) == 1 else await self._narrowed_again(hits or first)
        return await self._narrowed_again(names[middle:])

    async def _one_by_one(self, names: Sequence[str]) -> str | None:
        """An API that refuses names it does not know is asked for the likeliest, one at a time."""
        for name in names:
            if self.singles <= 0:
                return None
            self.singles -= 1
            values = {name: self.codes[0]}
            outcome = self.judge(await self.send(values), values)
            if outcome.effect in {Effect.NUMBER, Effect.OTHER}:
                return name
            refusal = outcome.refusal
            if refusal and mentioned(refusal, values) and speaks_of_number(refusal):
                return name
        return None


def quoted_part(refusal: str) -> str:
    """What the API said, without request and status before it."""
    return _BEFORE.sub("", refusal)


def mentioned(refusal: str, names: Mapping[str, int]) -> list[str]:
    """The names that a refusal speaks of, in its order: `size must be a number` is of `size`."""
    said = quoted_part(refusal)
    found = {
        name: place.start()
        for name in names
        if len(name) > 1
        and (place := re.search(rf"(?<![\w\[$.-]){re.escape(name)}(?![\w\[\]-]|\.\w)", said))
    }
    return sorted(found, key=lambda name: found[name])


_UNKNOWN = (
    "unknown", "unexpected", "unsupported", "unrecogni", "not allowed", "not a valid",
    "not supported", "no such", "additional propert", "extra", "not permitted",
)  # fmt: skip
_NUMBERS = (
    "at most", "at least", "maximum", "minimum", "between", "greater", "less", "exceed", "range",
    "too large", "too big", "must be",
)  # fmt: skip


_NAME = r"['\"`]?[A-Za-z_$][\w$.\[\]-]*['\"`]?"
_OF_NAMES = (
    "query|request|url|names?|fields?|keys?|param\\w*|argument\\w*|option\\w*|are|is|one|of|the"
)
_PERMITTED = re.compile(
    r"(?<!not )(?<!not a )\b(?:allowed|permitted|valid|supported|accepted|known|available|expected)"
    rf"(?: (?:{_OF_NAMES}))*['\"]?\s*[:=]?\s*[\[({{]?\s*"
    rf"({_NAME}(?:\s*(?:,|\||\band\b|\bor\b)\s*(?:and |or )?{_NAME})*)",
    re.IGNORECASE,
)


def permitted_names(refusal: Reply) -> list[str]:
    """The parameters that a refusal lists as those that there are; none where it lists none.

    A list with a name that was sent is one of what is not taken.
    """
    sent = {name for name, _ in refusal.request.params}
    for found in _PERMITTED.finditer(quoted_part(refusal.refusal)):
        names = [name.strip("'\"`.") for name in re.findall(_NAME, found[1])]
        names = [name for name in names if name not in {"and", "or"}]
        if len(names) > 1 and not set(names) & sent:
            return names
    return []


def speaks_of_unknown(refusal: str) -> bool:
    """Whether a refusal is about a name that the API does not know."""
    said = quoted_part(refusal).lower()
    return any(word in said for word in _UNKNOWN)


def speaks_of_number(refusal: str) -> bool:
    """Whether a refusal is about the value of a number rather than about an unknown name."""
    said = quoted_part(refusal).lower()
    return any(word in said for word in _NUMBERS) and not speaks_of_unknown(refusal)
