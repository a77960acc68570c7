"""Where other names and values come from that may be meant by one in a request.

The API's own words, what the other requests of the mapping send, and the items that were read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from framework.mapped_items import Items
from json_values import Json, follow
from workbench.check.asking.sent import Sent
from workbench.check.findings import likeness
from workbench.check.guesses.expressions import is_scalar, leaves
from workbench.check.guesses.names import alikeness, letters, styled
from workbench.check.guesses.refusal_words import values_told

ALIKE: Final = 0.7  # likeness of a word and the one that was meant
LONGEST: Final = 60
"""Characters of a value that is one; a longer one is a text of many."""
MOST_FOR: Final = 4  # words for one that a refusal names
_MOST_ITEMS: Final = 20  # whose keys are looked at
_NEAR: Final = 0.6  # beyond which one of several that there may be is likely meant
PARTS: Final = re.compile(r"[\w.-]+")
WORDS: Final = re.compile(r"\w+")


@dataclass(frozen=True)
class Sources:
    """Where other names and values come from.

    ``said``: the API's words; ``others``: what other requests of the mapping send; ``items``: what
    was read; ``wanted``: keys that ought to come; ``absent``: the paths that lead nowhere, all of
    which ought to lead somewhere; ``read``: the keys that are read of rows; ``anothers``: places,
    and texts in small letters there, that another resource of the same path asks for.
    """

    said: str = ""
    others: Sequence[Sent] = ()
    items: Items = field(default_factory=list)
    wanted: Sequence[str] = ()
    absent: Sequence[tuple[str, ...]] = ()
    read: Sequence[str] = ()
    anothers: Collection[tuple[object, str]] = ()

    def is_anothers(self, sent: Sent, text: str) -> bool:
        """Whether a value is what another resource asks for, and no slip in it is likely."""
        if (sent.where, text.lower()) not in self.anothers:
            return False
        words, others = (WORDS.findall(one.lower()) for one in (str(sent.value), text))
        near = [likeness(*pair) >= ALIKE for pair in zip(words, others, strict=False)]
        return not all(near) or len(words) != len(others)

    def elsewhere(self, sent: Sent) -> list[str]:
        """The values that others send under the same name, or that are one with more or less."""
        own, texts = str(sent.value), [one for one in self.others if one.is_text]
        held = [str(one.value) for one in texts if one.is_like(sent)]
        held += [text for one in texts if _holds(text := str(one.value), own)]
        held = [one for one in dict.fromkeys(held) if one != own]
        return [one for one in held if not self.is_anothers(sent, one)]

    @property
    def allowed(self) -> list[str]:
        """The values, or the names, that the words say there may be."""
        return values_told(self.said)

    def refuses(self, whole: Sequence[Json]) -> list[str]:
        """The elements of a list that the words are about; all where they are about none."""
        texts, allowed = [*map(str, whole)], self.allowed
        odd = [one for one in texts if one not in allowed]
        if allowed and len(odd) < len(texts):
            return odd
        return [one for one in texts if self.speaks_of(one)] or texts

    def likely(self, text: str) -> list[str]:
        """Those of them that may be meant by one: what is like it, or the only other one."""
        ranked = sorted(self.allowed, key=by_likeness(text))
        return [one for one in ranked if len(ranked) == 1 or alikeness(one, text) > _NEAR]

    @property
    def called(self) -> set[str]:
        """The keys of the items."""
        return {str(key) for item in self.items[:_MOST_ITEMS] for key in item}

    def more(self, held: Sequence[Json], like: str) -> list[list[str]]:
        """What a list of keys may lack: the heads of all paths together, then each key."""
        heads = dict.fromkeys(path[0] for path in self.absent)
        some = [[*heads], *([one] for one in self.wanted)]
        own = [[key for key in one if key not in held] for one in some]
        spelled = [[styled(key, like) for key in one] for one in own]
        styled_too = [one for pair in zip(spelled, own, strict=True) for one in pair]
        return [one for at, one in enumerate(styled_too) if one and one not in styled_too[:at]]

    def respelled(self, keys: Sequence[Json]) -> list[str]:
        """Keys as the items call them, where they call them otherwise."""
        spelled = {letters(one): one for one in self.called}
        return [
            one if one in self.called else spelled.get(letters(one), one) for one in map(str, keys)
        ]

    def names(self, name: str) -> bool:
        """Whether the words name what is sent; a key of a JSON text does not."""
        shown = rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\\?[\"']\s*:)"
        return re.search(shown, self.said) is not None

    def speaks_of(self, text: str) -> bool:
        """Whether the words name a text by itself, and not as a part of another."""
        return bool(text) and _spoken(text).search(self.said) is not None


def _holds(one: str, other: str) -> bool:
    """Whether one text has all words of another, or the other of it, and more than a number."""
    words, others = ({*WORDS.findall(text)} for text in (one, other))
    shared = words & others
    is_short = max(len(one), len(other)) <= LONGEST
    return is_short and shared in (words, others) and any(map(str.isalpha, "".join(shared)))


def _spoken(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w./,-]){re.escape(text)}(?![\w/,-]|\.\w)")


def held_in(items: Items, name: str) -> list[str]:
    """The short texts that items have under keys that are called like a name."""
    paths = dict.fromkeys(path for item in items[:_MOST_ITEMS] for path in leaves(item))
    called = [path for path in paths if alikeness(path[-1], name) >= ALIKE]
    values = (follow(item, path) for path in called for item in items)
    return list(dict.fromkeys(x for x in values if isinstance(x, str) and PARTS.fullmatch(x)))


def held_at(items: Items, paths: AbstractSet[str]) -> list[str]:
    """The values that items have where paths with dots lead, as texts."""
    values = (follow(item, one.split(".")) for one in sorted(paths) for item in items)
    texts = (one if isinstance(one, str) else json.dumps(one) for one in values if is_scalar(one))
    return list(dict.fromkeys(texts))[:MOST_FOR]


def keys_of(items: Items) -> set[str]:
    """The keys of items, and the paths of those below, with dots."""
    return {".".join(path) for item in items[:_MOST_ITEMS] for path in leaves(item)}


def by_likeness(value: str) -> Callable[[str], tuple[bool, float, str]]:
    """What sorts texts by how alike one is, of paths those first that end in the same key."""
    last = value.rpartition(".")[2]  # of a path the key

    def key(one: str) -> tuple[bool, float, str]:
        is_other = "." in value + one and one.rpartition(".")[2] != last
        return is_other, -likeness(one.lower(), value.lower()), one

    return key


def are_alike(one: str, other: str) -> bool:
    """Whether two names are not the same, and alike."""
    return one != other and alikeness(one, other) >= ALIKE
