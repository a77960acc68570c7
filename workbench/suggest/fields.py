"""What the fields of items are: identifier, and the types of properties."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product

from json_values import Json
from workbench.suggest.items import jq_path
from workbench.suggest.vocabulary import ends_in_id, names_identity, words_of

_MOST_WORDS = 6
_LONGEST_WORD = 30
_DEEPEST = 5  # keys on the way to a value
_LONGEST_IDENTIFIER = 250
_MOST_PROPERTIES = 40
_AS_CALLED = 8  # the rank before a name
_OF_ADDRESS = 5  # the rank behind what is called an id
_OF_ANOTHER = 34  # of what stands in an object of its own: behind every name of an id
# https://docs.port.io/build-your-software-catalog/sync-data-to-catalog/#entity-json-structure
_PORT_IDENTIFIER = re.compile(r"[A-Za-z0-9@_.+:\\/=-]+")
# RFC 3339, 5.6, as Port takes a date-time.
_DATE_TIME = re.compile(
    r"\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
    r"([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)"
)
_MOMENT = re.compile(r"1\d{9,}")  # of 2001 to 2033, or parts of these seconds
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
_URL = re.compile(r"https?://[^\s/?#]+\S*")
_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_FORMATS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("date-time", _DATE_TIME),
    ("url", _URL),
    ("email", _EMAIL),
)
_IDENTIFIER_NAMES = (
    "id", "identifier", "uuid", "guid", "key", "slug", "sid", "uid", "uri", "name", "login",
    "username", "user name", "code", "number", "handle", "full name", "path", "email",
)  # fmt: skip
_NAMING = frozenset(["id", "key", "name", "slug", "code", "number", "namespace", "path"])
_MOST_PAIRED = 8
_HOLDERS = frozenset(["value", "text", "raw", "rendered"])  # keys that only hold what a field has
_WIDE = frozenset(["sys", "object", "account", "global"])  # of the whole installation


@dataclass(frozen=True)
class Column:
    """The values that one path has in every item; None where an item has none.

    ``made_by``: jq for values that are only a part of what stands there, "" for the whole of it.
    ``each``: every value is a list, of whose elements each counts. ``is_barred``: in some items
    what should hold it is no object.
    """

    keys: tuple[str, ...]
    values: Sequence[Json]
    made_by: str = ""
    each: bool = False
    is_barred: bool = False

    @property
    def path(self) -> str:
        """Jq for it."""
        return self.made_by or jq_path(self.keys) + "?" * self.is_barred

    @property
    def telling(self) -> tuple[str, ...]:
        """The keys without what only holds a field's value: a ``name.value`` is a name."""
        last = "".join(words_of(self.keys[-1]))
        return self.keys[:-1] if len(self.keys) > 1 and last in _HOLDERS else self.keys

    @property
    def words(self) -> tuple[str, ...]:
        """The words of what it is called."""
        return words_of(self.telling[-1])

    @property
    def name(self) -> str:
        """What it is called, in words."""
        return " ".join(self.words)

    @property
    def present(self) -> list[Json]:
        """The values that are not null."""
        return [value for value in self.values if value is not None]

    @property
    def text_path(self) -> str:
        """Jq that gives a text, whatever the values are."""
        return (
            self.path
            if all(isinstance(v, str) for v in self.present)
            else f"{self.path} | tostring"
        )

    @property
    def text_or_null(self) -> str:
        """Jq that gives a text, and null of null, or of a text that is empty."""
        nothing = '. == null or . == ""' if "" in self.present else ". == null"
        return f"{self.path} | if {nothing} then null else tostring end"

    def is_unique(self) -> bool:
        """Whether it tells all items apart."""
        values = list(self.values)
        usable = all(_is_identifier(value) for value in values)
        return bool(values) and usable and len(set(map(str, values))) == len(values)


def _is_identifier(value: Json) -> bool:
    return _is_part(value) and value != ""


def _is_part(value: Json) -> bool:
    """Whether an identifier may have a value as a part of it: RabbitMQ has an exchange ``""``."""
    is_kind = isinstance(value, str | int) and not isinstance(value, bool)
    return is_kind and len(str(value)) <= _LONGEST_IDENTIFIER


def columns(items: Sequence[dict[str, Json]]) -> list[Column]:
    """The scalars and lists of items, by their paths, in the order of the first item with them."""
    shown = [_own(item) for item in items]
    paths = dict.fromkeys(path for item in shown for path in _paths(item, ()))
    return [
        Column(
            path,
            [at(item, path) for item in shown],
            is_barred=any(_is_barred(item, path) for item in shown),
        )
        for path in paths
    ]


def _is_barred(item: Json, path: Sequence[str]) -> bool:
    """Whether a text or a list stands where a path leads through an object."""
    held = [at(item, path[:depth]) for depth in range(1, len(path))]
    return any(one is not None and not isinstance(one, Mapping) for one in held)


def _own(item: dict[str, Json]) -> dict[str, Json]:
    """An item without what the integration adds to it."""
    added = {key.removeprefix("__") for key in item if key.startswith("__")}
    copied = {key for key in added if item.get(key) == item.get(f"__{key}")}
    return {key: v for key, v in item.items() if not key.startswith("__") and key not in copied}


def _paths(value: Mapping[str, Json], keys: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for key, inner in value.items():
        if isinstance(inner, dict) and inner and len(keys) + 1 < _DEEPEST:
            yield from _paths(inner, (*keys, str(key)))
        else:
            yield (*keys, str(key))


def at(item: Json, path: Sequence[str]) -> Json:
    """The value at a path of an item, None where there is none."""
    for key in path:
        item = item.get(key) if isinstance(item, Mapping) else None
    return item


# --- identifier --------------------------------------------------------------------------


def identifiers(found: Sequence[Column], noun: str) -> list[Column]:
    """The columns that tell items apart, the likeliest first; ``noun`` is what an item is."""
    if len(found) == 1 and found[0].keys == ("value",):  # a list of plain values
        return [column for column in found if column.is_unique()]
    called = {column.telling[:-1] for column in found if column.name == "name"}
    around = keys_around(found, noun)
    rated = [
        (
            _identifier_rank(column, noun, around, is_beside_name=column.telling[:-1] in called),
            column,
        )
        for column in found
        if column.is_unique()
    ]
    named = [(rank, column) for rank, column in rated if rank is not None]
    return [column for _, column in sorted(named, key=lambda pair: pair[0])]


def _identifier_rank(
    column: Column,
    noun: str,
    around: Collection[str],
    is_beside_name: bool,  # noqa: FBT001 (private)
) -> tuple[int, int] | None:
    words = column.words
    depth = len(column.telling)
    if column.made_by:  # the end of its own address
        return _OF_ADDRESS, depth
    fits = all(_PORT_IDENTIFIER.fullmatch(str(value)) for value in column.values)
    own = bool(noun) and bool(words) and words[0] in noun.split()
    if column.name in _IDENTIFIER_NAMES:
        place = _IDENTIFIER_NAMES.index(column.name)
    elif column.name == noun and fits and is_beside_name:
        place = _AS_CALLED  # the `host` of a host that has a name as well
    elif words and names_identity(words[-1]):
        # `user_id` of a user is its own, a bare `gid` is too; `team_id` of a user is a team's.
        wide = 7 if words[0] in _WIDE else 30
        place = 1 if own else 5 if len(words) == 1 else wide
    elif words and ends_in_id(words[-1]):
        # `hostid` of a host is its own; of anything else it may be another's.
        place = 1 if words[-1].removesuffix("id") in noun.split() else 30
    elif words and words[-1] in {"name", "slug", "number", "code"}:
        place = 12 if own else 32
    elif fits and (column.name == noun or _are_plain(column.values)):
        place = 60
    else:
        return None
    if any(isinstance(value, str) and _DATE_TIME.fullmatch(value) for value in column.present[:3]):
        return None
    if format_of(column.values) == "url":
        place += 20  # the address of an item, which another host or version changes
    place += _OF_ANOTHER * sum(key not in around for key in column.telling[:-1])
    return place + (0 if fits else 9), depth


def _are_plain(values: Sequence[Json]) -> bool:
    """Whether values are texts, and neither dates nor addresses of pages."""
    is_text = all(isinstance(value, str) for value in values)
    return is_text and format_of(values) in {None, "email"}


def is_own_name(column: Column, noun: str) -> bool:
    """Whether it is the id of what an item is, in so many words, or the end of its address."""
    if column.made_by:
        return not all(str(value).isdigit() for value in column.values)
    words = column.words
    return len(words) > 1 and words[0] in noun.split() and names_identity(words[-1])


def pair_of(found: Sequence[Column], heads: Sequence[str]) -> tuple[Column, Column] | None:
    """Two columns that tell items apart together, where none does alone.

    Both have a name that names things, or one has, and the other is a word, such as a queue's
    ``vhost``, or else a moment: what was measured when. ``heads``: whose child each item is.
    """
    usable = [
        column
        for column in found
        if column.values and any(column.values) and all(map(_is_part, column.values))
    ]
    named = [column for column in usable if _names_a_thing(column)]
    words = [column for column in usable if column not in named and _are_words(column.values)]
    moments = [column for column in usable if all(map(_is_moment, column.values))]
    first = named[:_MOST_PAIRED]
    pairs = (combinations(first, 2), product(words[:_MOST_PAIRED], first), product(first, moments))
    for one, other in chain.from_iterable(pairs):
        values = zip(heads, one.values, other.values, strict=True)
        if len({tuple(map(str, three)) for three in values}) == len(heads):
            return one, other
    return None


def _is_moment(value: Json) -> bool:
    """Whether a value is a date with a time, or seconds or more since 1970."""
    return bool(_MOMENT.fullmatch(str(value)) or _DATE_TIME.fullmatch(str(value)))


def are_dates(values: Sequence[Json]) -> bool:
    """Whether values are dates, with a time or without, which several things share by chance."""
    return bool(values) and all(isinstance(v, str) and _DATE.fullmatch(v) for v in values)


def _names_a_thing(column: Column) -> bool:
    words = column.words
    is_id = bool(words) and (names_identity(words[-1]) or ends_in_id(words[-1]))
    return is_id or bool(_NAMING.intersection(words))


def _are_words(values: Sequence[Json]) -> bool:
    texts = [value for value in values if isinstance(value, str)]
    is_text = len(texts) == len(values) and not format_of(texts)
    return is_text and all(_PORT_IDENTIFIER.fullmatch(text) for text in texts)


# --- types -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Property:
    """A property of a blueprint, and the jq that makes it.

    ``note``: what else the rows show, for a comment.
    """

    name: str
    column: Column
    expression: str
    schema: Mapping[str, Json]
    note: str = ""


def format_of(values: Sequence[Json]) -> str | None:
    """The format of a string that every value has, as Port takes it."""
    for name, pattern in _FORMATS:
        if values and all(isinstance(v, str) and pattern.fullmatch(v) for v in values):
            return name
    return None


def schema_of(column: Column) -> tuple[dict[str, Json], str] | None:
    """The schema of a property, and its jq; None where all values are null or of several types."""
    values = column.present
    if not values:
        return None
    checks: tuple[tuple[str, Callable[[Json], bool]], ...] = (
        ("boolean", lambda value: isinstance(value, bool)),
        ("number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
        ("string", lambda value: isinstance(value, str)),
        ("array", lambda value: isinstance(value, list)),
        ("object", lambda value: isinstance(value, dict)),
    )
    kind = next((name for name, check in checks if all(map(check, values))), None)
    if kind is None:
        if any(isinstance(value, dict | list) for value in values):
            return None
        return {"type": "string"}, column.text_or_null
    schema: dict[str, Json] = {"type": kind}
    if kind == "string" and (found := format_of(values)):
        schema["format"] = found
    if kind == "array":
        inner = [one for value in values if isinstance(value, list) for one in value]
        if inner and all(isinstance(element, str) for element in inner):
            schema["items"] = {"type": "string"}
    return schema, column.path


def properties(found: Sequence[Column], leave: Sequence[Column]) -> list[Property]:
    """The properties of a blueprint, without the columns that are something else already."""
    made: dict[str, Property] = {}
    left = {column.keys for column in leave}
    around = keys_around(found)
    for column in found:
        typed = schema_of(column)
        if typed is None or column.keys in left or len(made) >= _MOST_PROPERTIES:
            continue
        schema, expression = typed
        name = _property_name([key for key in column.telling if key not in around], made)
        if name:
            made[name] = Property(name, column, expression, schema, _note(column, schema))
    return list(made.values())


def keys_around(found: Sequence[Column], noun: str = "") -> set[str]:
    """The keys of objects that hold most of an item, such as ``attributes``: they tell nothing.

    ``region.name`` is no name of the item. An object that is called what an item is, is the item.
    """
    held = Counter(column.keys[0] for column in found if len(column.telling) > 1)
    if own := {key for key in held if " ".join(words_of(key)) == noun}:
        return own
    return {key for key, count in held.items() if count * 2 >= len(found)}


def _note(column: Column, schema: Mapping[str, Json]) -> str:
    """The few words that a text is one of: no enum, as Port would refuse a new word."""
    values = column.present
    words = sorted({value for value in values if isinstance(value, str)})
    few = 1 < len(words) <= _MOST_WORDS and len(values) >= 4 * len(words)
    if schema.get("type") != "string" or "format" in schema or not few:
        return ""
    return f"seen: {', '.join(words)}" if all(len(word) <= _LONGEST_WORD for word in words) else ""


def _property_name(keys: Sequence[str], taken: Mapping[str, Property]) -> str | None:
    for depth in range(min(2, len(keys)), len(keys) + 1):
        words = [word for key in keys[-depth:] for word in words_of(key)]
        if not words:
            continue
        name = words[0] + "".join(word.capitalize() for word in words[1:])
        if name not in taken:
            return name
    return None
