"""Names that may be meant by another: how alike two are, other spellings, those in a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from workbench.check.findings import likeness
from workbench.suggest.targets import singular
from workbench.suggest.vocabulary import words_of

_SHORT: Final = 3
_SAME_WORD: Final = 0.75  # likeness of names whose last word is the same
_GOES_ON: Final = 0.9
_HISSING: Final = re.compile(r"(s|x|z|ch|sh)$")
_DOUBLED: Final = re.compile(r"([a-z])\1")
"""A letter that a slip may have doubled."""
_NAME: Final = re.compile(
    r"\$?[A-Za-z](?:[\w.-]*[A-Za-z0-9])?(?:\[\w+\])+|\$?[A-Za-z][\w.-]*[A-Za-z0-9]"
)
_JOINED: Final = re.compile(r"[_.$\[-]|[a-z][A-Z]")
_DATE: Final = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_MONTHS: Final = 12
_DIGITS: Final = re.compile(r"\d+")
_MOST: Final = 24
IDENTIFYING: Final = ("id", "uuid", "key", "slug", "uid", "name", "login", "email", "uri")
"""Keys that tell items apart in most APIs, the likeliest first."""


def letters(name: str) -> str:
    """A name without what joins its words, in lower case."""
    return "".join(character for character in name.lower() if character.isalnum())


def alikeness(one: str, other: str) -> float:
    """How alike two names are: their letters, or the last of their words, which says what it is."""
    score = likeness(letters(one), letters(other))
    if min(len(one), len(other)) < _SHORT and score < _SAME_WORD:
        score = 0.0  # two letters are in many a name
    words, others = ([w.removesuffix("s") for w in words_of(name)] for name in (one, other))
    if words and len(words) < len(others) and others[: len(words)] == words:
        score = max(score, _GOES_ON)  # a name that goes on: `seats` as `seats_count`
    if not words or not others or words[-1] != others[-1]:
        return score
    return max(
        score, _SAME_WORD + (1 - _SAME_WORD) * len({*words} & {*others}) / len({*words, *others})
    )


def plural(word: str) -> str:
    """Several of what a word names."""
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if _HISSING.search(word) else f"{word}s"


def in_style(name: str, others: Sequence[str]) -> str:
    """A name as others are written: ``USER_AND_LOCATION`` for userAndLocation beside HARDWARE."""
    sign = next((one for one in "_-" if any(one in other for other in others)), "_")
    joined = sign.join(words_of(name))
    if all(other.isupper() for other in others):
        return joined.upper()
    return joined if all(other.islower() for other in others) else name


def counted(name: str) -> str:
    """Several for one, and one for several."""
    one = singular(name)
    return one if one != name else plural(name)


def dated(text: str) -> list[str]:
    """A date, written in another order of its parts, as ISO 8601 has it."""
    found = _DATE.fullmatch(text)
    day, month, year = found.groups() if found else ("", "", "")
    orders = ((month, day), (day, month)) if found else ()
    return [f"{year}-{one:0>2}-{two:0>2}" for one, two in orders if int(one) <= _MONTHS]


def without_slip(name: str) -> list[str]:
    """A name without letters that a slip has doubled, and with each two neighbours swapped."""
    pairs = range(len(name) - 1)
    swapped = [name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in pairs]
    found = (_DOUBLED.sub(r"\1", name), *swapped)
    return [one for one in dict.fromkeys(found) if one != name]


def _camel(words: Sequence[str]) -> str:
    return words[0] + "".join(map(str.capitalize, words[1:]))


_STYLES: Final[Sequence[Callable[[Sequence[str]], str]]] = (
    "_".join,
    _camel,
    "-".join,
    lambda words: "".join(map(str.capitalize, words)),
    "".join,
    lambda words: "_".join(words).upper(),
    lambda words: "".join(words).upper(),
)
"""The ways of writing words as one name."""


def spellings(name: str) -> list[str]:
    """A name in the other ways of writing its words, each once."""
    words = words_of(name)
    found = [*(style(words) for style in _STYLES if words), name.lower(), name.upper()]
    return [one for one in dict.fromkeys(found) if one != name]


def styled(name: str, like: str) -> str:
    """A name written as another one is: ``userName`` as ``USER_NAME``, like ``GROUP_ID``."""
    words, others = words_of(name), words_of(like)
    ways = (style for style in _STYLES if words and others and style(others) == like)
    return next((style(words) for style in ways), name)


def names_in(text: str) -> list[str]:
    """Whatever in a text may be a name; names that look like one, ``app_key``, first."""
    found = dict.fromkeys(_NAME.findall(text))
    return sorted(found, key=lambda one: _JOINED.search(one) is None)[:_MOST]


def is_numbered(one: str, other: str) -> bool:
    """Whether two texts are the same but for the numbers in them: versions, dates."""
    bare = _DIGITS.sub("", one)
    return one not in {other, bare} and bare == _DIGITS.sub("", other) != other
