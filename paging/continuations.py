"""What may lead on from an answer, whatever it is called: links, and values that are sent back.

Only the answers show whether one does: many APIs give a cursor on their last page, too, and links
to other views of a list. What an answer says of itself, sent back, gives the same rows again.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

import httpx
from msgspec import Struct

from json_values import Json, follow
from paging.rows import FEWEST
from paging.scopes import is_item
from paging.signal_names import PAGING, in_snake_case, leads_back, name_of
from paging.signals import is_link, is_true, may_be_moment, whole_number

_MOST_LINKS = 10  # of a list of them
# Words by which APIs name where to go on; those that come next are tried first.
_ON = re.compile(
    r"(?:^|_)(?:next|after|cursor|scroll|position|marker|bookmark|offset|start|since|until|from"
    r"|continue|continuation|resume|iterator|page_?token|page_?key)(?:_|$)"
)
_NEXT = re.compile(r"^next_?(?=.)|_next$", re.IGNORECASE)
_DIGIT = re.compile(r"[0-9]")
_SINCE, _UNTIL = ("since", "from"), ("until", "before", "to")
_MOST_VALUES = 2  # of an answer that are sent back
_MOST_COUNTED = 4
_LONGEST = 2_000  # signs of one
_USUAL_PAGE, _USUAL_OFFSETS = "page", ("offset", "skip")
_USUAL_SIZES = ("limit", "per_page", "page_size", "pageSize", "size")
# Letters and digits that say nothing to people, as cursors are: `33842c…`, base64.
_OPAQUE = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[\w+/=.~|:-]{8,}")
_HANDED_OUT = re.compile(r"(?:token|key)$", re.IGNORECASE)  # to be sent back; an `etag` is not

Parameters = dict[str, Json]
"""What a request is sent with beside what it had."""


class Ways(Struct, frozen=True):
    """What may lead on from a list that nothing says the end of.

    ``links`` to the same endpoint, by the keys that lead to each. ``told``: what may say where to
    go on, with its key. ``counted``: what may ask for a second page, by what is told of the first.
    ``opaque``: texts that may be cursors by how they look, with their keys.
    """

    links: Mapping[str, set[str]]
    told: Sequence[tuple[str, Json]] = ()
    counted: Sequence[Parameters] = ()
    opaque: Sequence[tuple[str, Json]] = ()

    def __bool__(self) -> bool:
        return self.are_named or bool(self.opaque)

    @property
    def are_named(self) -> bool:
        """Whether there are any by what they are called, or by where they lead."""
        return bool(self.links or self.told or self.counted)

    def trials(self, asked: Mapping[str, Json]) -> list[Parameters]:
        """What may ask for more, beside what was ``asked``."""
        return [*_sent_back(self.told, asked), *self.counted]

    def places(self) -> dict[str, Json]:
        """What may say where the page ends, by what it is called."""
        return {key: one for key, one in (*self.told, *self.opaque) if _names_place(key)}

    def begins_behind(self, rows: Sequence[Json]) -> bool:
        """Whether the place that is called the next one is what the last row alone has somewhere.

        ``next_until`` names a place, ``next_run_at`` does not.
        """
        places = [
            str(one) for key, one in self.told if _ON.search(_NEXT.sub("", key)) and "next" in key
        ]
        *others, last = rows if places and len(rows) >= FEWEST else [None]
        columns = last.items() if isinstance(last, dict) else ()
        return any(
            str(value) in places and all(follow(row, (key,)) != value for row in others)
            for key, value in columns
        )


def second_pages(rows: int, asked: Container[str]) -> list[Parameters]:
    """What asks for what is behind so many rows by the usual names, where nothing is told."""
    pages: list[Parameters] = [] if _USUAL_PAGE in asked else [{_USUAL_PAGE: 2}]
    names = [name for name in _USUAL_OFFSETS if name not in asked]
    return pages if _USUAL_OFFSETS[0] in asked else [*pages, dict.fromkeys(names, rows)]


def size_of(rows: int, asked: Mapping[str, Json]) -> Parameters:
    """What asks for so many rows by the usual names; nothing where one of them was asked with."""
    return dict.fromkeys(_USUAL_SIZES, rows) if asked.keys().isdisjoint(_USUAL_SIZES) else {}


def links_towards(
    body: Json, holder: Json, headers: Mapping[str, str], url: str
) -> dict[str, set[str]]:
    """Links to the same endpoint with another query, under any names that may mean what follows.

    Looked for by their values, in the objects around the list and in headers; absolute ones are
    given, each with the keys that lead to it.
    """
    parts = ((key, one) for part in (body, holder) for key, one in _texts_within(part, 3))
    texts = [
        (key, value)
        for key, value in (*parts, *headers.items())
        if is_link(value) and not leads_back(key)
    ]
    if not texts:
        return {}
    here = httpx.URL(url)
    found: dict[str, set[str]] = {}
    for key, value in texts:
        try:
            there = here.join(value)
        except (httpx.InvalidURL, ValueError):
            continue
        is_here = (there.host, there.path) == (here.host, here.path)
        if is_here and there.query not in {here.query, b""}:
            found.setdefault(str(there), set()).add(key)
    return found


def _texts_within(part: Json, deepest: int) -> Iterator[tuple[str, str]]:
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        if isinstance(value, str):
            yield key, value
        elif deepest and isinstance(value, list):
            yield from ((f"{key}.{rel}", text) for rel, text in _in_link_objects(value))
        elif deepest:
            yield from ((f"{key}.{name}", text) for name, text in _texts_within(value, deepest - 1))


def _in_link_objects(links: Sequence[Json]) -> Iterator[tuple[str, str]]:
    """The texts of a list of link objects, as ``[{"rel": "next", "href": ...}]``, by relation.

    A list of one object with nothing but its link needs none.
    """
    for link in links[:_MOST_LINKS]:
        if not isinstance(link, dict) or not ("rel" in link or len(links) == len(link) == 1):
            continue
        yield from (
            (str(link.get("rel", key)), one) for key, one in link.items() if isinstance(one, str)
        )


def positions_told(around: Iterable[object]) -> list[tuple[str, Json]]:
    """What may say where to go on in the objects around a list, each with its key.

    What is called the next comes first.
    """
    told = {key.lstrip("_"): one for key, one in _held(around) if _may_lead(key, one)}
    return sorted(told.items(), key=lambda one: "next" not in one[0].lower())


def opaque_texts(around: Iterable[object]) -> list[tuple[str, Json]]:
    """The texts in the objects around a list that look like cursors, with their keys."""
    texts = ((key, one) for key, one in _held(around) if isinstance(one, str))
    found = ((key, one) for key, one in texts if _OPAQUE.fullmatch(one) and not may_be_moment(one))
    return [(key, one) for key, one in found if not is_link(one)]


def _held(around: Iterable[object]) -> Iterator[tuple[str, Json]]:
    """What the objects around a list hold, but for items."""
    for part in around:
        if isinstance(part, dict) and not is_item(part):
            yield from part.items()


def positions_counted(around: Iterable[object], rows: int) -> list[Parameters]:
    """What may be the position of a second page, under its key: a number of pages, or of rows.

    Where an object around a list tells the first position, and the rows that came as its size.
    """
    told: dict[tuple[str, Json], None] = {}
    for part in around if rows >= FEWEST else ():
        values = part if isinstance(part, dict) and not is_item(part) else {}
        numbers = {key: whole_number(one) for key, one in values.items()}
        is_sized = rows in numbers.values()
        firsts = (key for key, one in numbers.items() if one in (0, 1) and name_of(key) in PAGING)
        for key in firsts if is_sized else ():
            told |= dict.fromkeys((key, (numbers[key] or 0) + by) for by in (1, rows))
    return [{key: position} for key, position in [*told][:_MOST_COUNTED]]


def values_told(around: Iterable[object], asked: Container[str]) -> list[str]:
    """The texts and numbers in the objects around a list that may be a cursor, whatever its name.

    Not what was ``asked``. Those with digits come first, and longer ones before shorter ones.
    """
    values = (one for _, one in _held(around) if not isinstance(one, bool))
    texts = {str(one) for one in values if isinstance(one, str | int) and is_true(one)}
    fit = [one for one in texts if not (one in asked or is_link(one) or len(one) > _LONGEST)]
    return sorted(fit, key=lambda one: (not _DIGIT.search(one), -len(one), one))


def _sent_back(told: Iterable[tuple[str, Json]], asked: Mapping[str, Json]) -> list[Parameters]:
    """What is told sent back: parameters, one or two at a time, beside those that were ``asked``.

    Their names are the value's own, what is left of it without the word for next, and usual ones:
    of a moment also those of where a time begins or ends.
    """
    values = {*map(str, asked.values())}
    fit = [one for one in told if str(one[1]) not in values][:_MOST_VALUES]
    groups = ((names, value) for key, value in fit for names in _names_of(key, value, asked))
    return [dict.fromkeys(names, value) for names, value in groups if names]


def _may_lead(key: str, value: Json) -> bool:
    """Whether a value may be a position or a cursor, by a word of its key."""
    words = in_snake_case(key)
    is_place = isinstance(value, str | int) and not isinstance(value, bool) and is_true(value)
    is_named = _ON.search(words) is not None and not leads_back(words)
    return is_place and is_named and not is_link(value) and len(str(value)) <= _LONGEST


def _names_place(key: str) -> bool:
    return _ON.search(in_snake_case(key)) is not None or _HANDED_OUT.search(key) is not None


def _names_of(key: str, value: Json, asked: Mapping[str, Json]) -> list[list[str]]:
    """The parameters that a value may be meant for, by groups: ``nextFileName`` and the like."""
    of = _NEXT.sub("", key) if _NEXT.search(key) else ""
    start = f"start_{of}" if of.islower() else f"start{of[:1].upper()}{of[1:]}"
    groups = [[key], [of[:1].lower() + of[1:], start] if of else [], ["cursor", "after"]]
    groups += [[*_SINCE], [*_UNTIL]] if may_be_moment(value) else []
    known = {key, *asked}
    return [[name for name in names if name == key or name not in known] for names in groups]
