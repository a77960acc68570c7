"""What items are called: the field, or the two, that people read."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

from workbench.suggest.fields import Column, are_dates, format_of, keys_around
from workbench.suggest.vocabulary import names_identity

_UNNAMED = 99  # the rank of a title by no telling name
_LONGEST_TITLE = 120
_CODE = re.compile(r"\d+|[0-9a-f-]{12,}")
_OPAQUE = re.compile(r"[\dA-Fa-f.:_-]*\d[\dA-Fa-f.:_-]*")
_TAG = re.compile(r"[A-Z]{2,}-\d+")
_TEMPLATE = re.compile(r"[$%#]\{\w|\{\{")  # what a program fills in before anybody reads it
_OF_TWO = re.compile(r".* name|(first|fore|given|last|sur|family)name")
_FIRST, _LAST = (
    re.compile(rf"({words}) ?name") for words in ("first|fore|given", "last|sur|family")
)
_NAME, _BOTH = " name", 2
_SPEAKS = frozenset(["name", "title", "label", "message", "summary", "subject"])
_TITLE_NAMES = (
    "display name", "name", "title", "subject", "friendly name", "full name", "long name",
    "summary", "label", "headline", "short description", "rendered", "login", "username",
    "user name", "email", "slug", "message", "key", "number", "description",
)  # fmt: skip
_SOME_NAME = _TITLE_NAMES.index("login") - 1  # people sign in by another than they are called
_GLUED = {name.replace(" ", ""): name for name in _TITLE_NAMES}


def title_of(
    found: Sequence[Column], identifier: Column | None, noun: str = "", of: Sequence[str] = ()
) -> Column | None:
    """The column that names items best; ``noun`` is what an item is: `group_name` of a group.

    ``of``: whose child each item is; children of several parents may have the same names.
    """
    texts = [column for column in found if _is_title(column) and not _is_same(column)]
    if identifier is None:  # what is empty now and then may be a part of what tells them apart
        texts = [column for column in texts if "" not in column.values]
    if identifier and len(texts) > 1 and is_code(identifier):
        texts = [column for column in texts if column.keys != identifier.keys]
    numbers = [c for c in found if c.name == "number" and _is_distinct(c, of)]
    # What leads to the id leads to the item.
    around = keys_around(found, noun).union(identifier.telling[:-1] if identifier else ())
    others = {c.telling[:-1] for c in found if _names_id(c)}
    places = [
        _Place(column, found, identifier, noun, of, around, others) for column in (*texts, *numbers)
    ]
    best = min(places, key=_Place.order, default=None)
    return best.column if best and best.step() < _UNNAMED else None


@dataclass(frozen=True)
class _Place:
    """A column among those that may be the title.

    ``around``: keys that lead to an item; ``others``: to what has an id, the item or another thing.
    """

    column: Column
    found: Sequence[Column]
    identifier: Column | None
    noun: str
    of: Sequence[str]
    around: Collection[str]
    others: Collection[tuple[str, ...]]

    def order(self) -> tuple[int, bool, int, bool]:
        """What is smallest for the column that names items best."""
        rank = self._rank + 6 * self._depth()
        is_varied, is_whole = _is_varied(self.column, self.of), all(self.column.values)
        return self.step(), not is_varied, rank, not is_whole

    def step(self) -> int:
        """The first of the steps that it stands on."""
        return next((number for number, holds in enumerate(self.steps()) if holds), _UNNAMED)

    def steps(self) -> tuple[bool, ...]:
        """Whether it is what names items, the surest first."""
        column, of = self.column, self.of
        is_named, is_own = self._rank < _UNNAMED, self._depth() == 0
        is_other = not is_own and column.telling[:-1] in self.others
        is_foreign = is_other or (bool(of) and _is_same(column, of))
        is_identifier = self.identifier is not None and column.keys == self.identifier.keys
        is_text = not (_names_id(column) or format_of(column.present) or are_dates(column.present))
        # Each parent's few children may differ in what a handful of words are for all of them.
        is_telling = is_text and not is_code(column) and _is_varied(column)
        is_open = _is_varied(column) or _names_id(column)
        return (
            is_named and not is_foreign and (is_own or _is_varied(column, of)),
            is_identifier and _is_called(column),
            is_telling and is_own and not is_foreign and column.name.endswith("name"),
            is_telling and is_own and _is_distinct(column, of) and not _is_opaque(column),
            is_named and _is_varied(column, of),
            is_telling and not _is_opaque(column),
            is_telling,
            is_named,
            _is_distinct(column, of) and is_open and _is_spoken(column),
            is_text and _is_phrase(column),
            column.name == "number" or (is_identifier and not is_code(column)),
        )

    @cached_property
    def _rank(self) -> int:
        rank = _title_rank(self.column, self.found, self.noun)
        is_some_name = not self._depth() and _is_some_name(self.column, self.of)
        return _SOME_NAME if rank == _UNNAMED and is_some_name else rank

    def _depth(self) -> int:
        return sum(key not in self.around for key in self.column.telling[:-1])


def _is_some_name(column: Column, of: Sequence[str]) -> bool:
    """Whether it is some name, which no two items have."""
    is_name = bool(_SPEAKS.intersection(column.words)) and not _names_id(column)
    return is_name and _is_distinct(column, of)


def _is_distinct(column: Column, of: Sequence[str] = ()) -> bool:
    """Whether every item has it, and no two of a parent the same."""
    return all(column.values) and _own_values(column, of) == len(column.values)


def _is_varied(column: Column, of: Sequence[str] = ()) -> bool:
    """Whether at least half of the items have a value of their own."""
    return _own_values(column, of) * 2 >= len(column.values)


def _own_values(column: Column, of: Sequence[str] = ()) -> int:
    """How many values there are, those of each parent's children apart."""
    pairs = zip(of or repeat(""), column.values, strict=False)
    return len({pair for pair in pairs if pair[1] is not None})


def _title_rank(column: Column, found: Sequence[Column], noun: str) -> int:
    """How likely a column names items by what it is called, 0 the likeliest."""
    words, name = column.name.split(), _bare(column, noun)
    if words and words == noun.split():
        name = "subject"  # the `sensor` of a sensor
    if names_of_two(found, column, noun):
        return _SOME_NAME
    return _TITLE_NAMES.index(name) if name in _TITLE_NAMES else _UNNAMED


def _bare(column: Column, noun: str) -> str:
    """A column's name without what an item is: `name` for the `group_name` of a group."""
    if column.name in _GLUED:
        return _GLUED[column.name]
    bare = " ".join(word for word in column.name.split() if word not in noun.split())
    return bare if bare and column.name not in _TITLE_NAMES else column.name


def _is_called(identifier: Column) -> bool:
    """Whether a text that tells items apart is what they are called: in words, or as no id is."""
    is_id = _names_id(identifier) and not _is_spoken(identifier)
    return not (is_id or is_code(identifier))


def in_its_place(found: Sequence[Column], title: Column) -> Column | None:
    """What names the items that a title lacks: a text by a telling name, which every item has."""
    whole = [c for c in found if len(c.present) == len(c.values) and c.name in _TITLE_NAMES]
    usable = [
        c for c in whole if c.telling[:-1] == title.telling[:-1] and _is_title(c) and c is not title
    ]
    return min(usable, key=lambda column: _TITLE_NAMES.index(column.name), default=None)


def names_of_two(found: Sequence[Column], title: Column, noun: str = "") -> str:
    """Jq for both names, where a title is one of two: ``.firstName`` of ``.lastName``; else "".

    What has an id beside it is another thing's name.
    """
    level = [column for column in found if column.telling[:-1] == title.telling[:-1]]
    beside = [c for c in level if _OF_TWO.fullmatch(c.name) and _is_title(c)]
    firsts, lasts = ([c for c in beside if one.fullmatch(c.name)] for one in (_FIRST, _LAST))
    # Of more than two, those are meant that everybody calls so.
    both = [*firsts, *lasts] if len(firsts) == len(lasts) == 1 else beside
    others = {column.name.removesuffix(" id") + _NAME for column in level if _names_id(column)}
    is_one = title in both and others.isdisjoint(column.name for column in both)
    is_known = any(_bare(column, noun) in _TITLE_NAMES for column in both)
    if not is_one or is_known or len(both) != _BOTH or _is_said_twice(*both):
        return ""
    paths = [column.path for column in both]
    is_whole = all(len(column.present) == len(column.values) for column in both)
    return (
        ' + " " + '.join(paths) if is_whole else f'[{", ".join(paths)}] | map(values) | join(" ")'
    )


def _is_said_twice(one: Column, other: Column) -> bool:
    """Whether one name holds the other for most items: a long name and a short one."""
    pairs = zip(one.values, other.values, strict=True)
    texts = [sorted((str(a).lower(), str(b).lower()), key=len) for a, b in pairs]
    return sum(short in long for short, long in texts) * 2 > len(texts)


def _is_spoken(column: Column) -> bool:
    """Whether most values are words, without a digit."""
    spoken = [value for value in column.present if not re.search(r"\d", str(value))]
    return len(spoken) * 2 > len(column.values)


def _is_phrase(column: Column) -> bool:
    """Whether most values are of several words."""
    return sum(" " in str(value).strip() for value in column.present) * 2 > len(column.values)


def is_code(column: Column) -> bool:
    """Whether the values are sums or random ids, which nobody calls an item by."""
    return all(_CODE.fullmatch(str(value)) for value in column.present)


def _is_opaque(column: Column) -> bool:
    """Whether the values are for machines: addresses, versions, sums; not a tag like ``AC-017``."""
    texts = [str(value) for value in column.present]
    return all(map(_OPAQUE.fullmatch, texts)) and not all(map(_TAG.fullmatch, texts))


def _names_id(column: Column) -> bool:
    return any(map(names_identity, column.words[-1:]))


def _is_same(column: Column, of: Sequence[str] = ()) -> bool:
    """Whether all items of each parent have one value, which names none of them."""
    return len(column.present) > len(set(of) or {""}) == _own_values(column, of)


def _is_title(column: Column) -> bool:
    texts = [text for text in column.present if text != ""]
    return len(texts) * 2 > len(column.values) and all(
        isinstance(text, str)
        and len(text) <= _LONGEST_TITLE
        and text.strip()
        and not _TEMPLATE.search(text)
        for text in texts
    )
