"""What responses say about further pages: configured paths, and signals APIs commonly send.

Pure functions over a body, of which the known names were gathered (``scopes``), and its headers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache

import httpx
from msgspec import Struct

from errors import MappingError, PaginationError
from jq_engine.lookups import Lookup, compile_lookup
from json_values import MISSING, Found, Json, Missing, as_written
from paging.link_header import leads_to_rows, link_relations, unread_links
from paging.rows import FEWEST
from paging.scopes import Scopes, named_values, values_of
from paging.signal_names import (
    CURSOR_NAMES,
    CUT_NAMES,
    FIRST_NAMES,
    LAST_NAMES,
    LINK_NAMES,
    MORE_NAMES,
    NEXT_CURSOR_NAMES,
    NEXT_NAMES,
    NEXT_RELATIONS,
    PAGING,
    PREVIOUS_NAMES,
    TOTAL_NAMES,
    TOTAL_PAGES_NAMES,
    asks_more,
    leads_back,
    name_of,
)
from transport.rate_limit import speaks_of_limit

_MOST_DIGITS = 18  # of a count; more are an identifier, or nothing that can be calculated with
_LARGEST = 10**_MOST_DIGITS - 1
_SHOWN = 80  # characters of a value in a message
_LARGEST_NEXT = 10**9  # larger numbers are moments
_DATE = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}(?![0-9])")
_NOWHERE: tuple[Json, ...] = (None, "", "null", False, 0, "0", -1, "-1", [])
# Words that are used for other things too: only true and false are meant for pages.
_AMBIGUOUS = frozenset({"more", "last", "last_page", "partial", "incomplete", "timed_out"})
_FALSE_TEXTS = frozenset({"", "false", "0", "-1", "no", "null", "none"})
_TRUE_TEXTS = frozenset({"true", "1", "yes", "y"})


# How the name of a header ends, without its hyphens, whatever stands before it.
_HEADER_OF_CURSOR = re.compile(
    r"continuation|(?:cursor|bookmark)(?:next)?$|next(?:page)?(?:token|marker|key|start|range)$"
)
_HEADER_OF_MORE = re.compile(
    r"next(?:page)?(?:link|ur[il]|offset)?$|hasmore$|more(?:pages|results|available)$"
)
_BEFORE_NAME = re.compile(r"^x-[a-z]{2}-|^(?:x-)?(?:(?:pagination|paging|meta)-)?")


class Verdict(Enum):
    """What the evidence says of the page after this one."""

    MORE = "more"
    END = "end"
    UNKNOWN = "unknown"


class ConfiguredSignals(Struct, frozen=True):
    """The paths an operator configured to say whether there is more, and whether true says so."""

    paths: tuple[tuple[Lookup, bool], ...]

    @classmethod
    def of(cls, has_more_path: str | None, last_page_path: str | None) -> ConfiguredSignals:
        """Compile the configured paths; raises MappingError for one that cannot be meant."""
        paths: list[tuple[Lookup, bool]] = []
        for name, opposite, path, words in (
            ("hasMorePath", "lastPagePath", has_more_path, LAST_NAMES),
            ("lastPagePath", "hasMorePath", last_page_path, MORE_NAMES),
        ):
            if path and name_of(path.rpartition(".")[2]) in words:
                raise MappingError(
                    f"is {path!r}, which means the opposite",
                    remedy=f"set {opposite} to it instead",
                    where=name,
                )
            paths += [(compile_lookup(path, name), name == "hasMorePath")] if path else []
        return cls(tuple(paths))

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """The paths that are configured."""
        return tuple(lookup for lookup, _ in self.paths)

    def verdict(self, value_at: Callable[[Lookup], Found]) -> Verdict:
        """What the configured paths say; ``hasMorePath`` wins, null and what is empty say nothing.

        Raises PaginationError where ``lastPagePath`` leads to what is no yes or no, such as the
        number of the last page: any of those would be taken for true.
        """
        for lookup, means_more in self.paths:
            value = value_at(lookup)
            if value is MISSING or value in (None, {}, []):
                continue
            if not means_more and not _is_answer(value):
                raise PaginationError(
                    f"lastPagePath found {as_written(value)[:_SHOWN]!r} where true or false was"
                    " expected",
                    remedy="set it to what is true on the last page alone, or remove it",
                )
            return Verdict.MORE if is_true(value) is means_more else Verdict.END
        return Verdict.UNKNOWN


def _is_answer(value: Json) -> bool:
    """Whether a value means yes or no: true, false, 1, 0, or a word for one of them."""
    if isinstance(value, str):
        return value.strip().lower() in _FALSE_TEXTS | _TRUE_TEXTS
    return isinstance(value, bool) or (isinstance(value, int) and value <= 1)


def is_true(value: Json) -> bool:
    """Truth as APIs write it: "false", -1, "no", "" and an object without a true part are not."""
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE_TEXTS
    if isinstance(value, dict):
        return any(map(is_true, [value["href"]] if "href" in value else value.values()))
    return bool(value) and value != -1


def known_boolean(scopes: Scopes) -> Verdict:
    """Booleans that APIs commonly send, and 1, 0 and their texts where the name leaves no doubt."""
    said = {
        told is means_more
        for names, means_more in ((MORE_NAMES, True), (LAST_NAMES, False))
        for told in booleans(scopes, names)
    }
    cut = set(booleans(scopes, CUT_NAMES))
    return _more_wins(said | (cut & {True}))


def booleans(scopes: Scopes, names: Sequence[str]) -> Iterator[bool]:
    """The booleans that the names hold."""
    found = (_boolean(name, value) for name, value in named_values(scopes, names))
    return (told for told in found if told is not None)


def _boolean(name: str, value: Json) -> bool | None:
    if isinstance(value, bool) or name in _AMBIGUOUS:
        return value if isinstance(value, bool) else None
    if isinstance(value, int):
        return bool(value) if value in {0, 1} else None
    texts = {"1": True, "true": True, "0": False, "false": False}
    return texts.get(value.lower()) if isinstance(value, str) else None


def speaks_of_more(part: object, rows: int = 0) -> bool:
    """Whether an object around a list of so many rows says that more follows, under any name.

    By a true under a key that asks for more (``{"info": {"more_records": true}}``) or names what
    comes next, by a cursor under one of its plain names, or by what to go on with in an object that
    holds nothing but words of paging (``{"folge": {"next": 17}}``). That is a moment only where
    the rows are counted beside it (``{"limit": 20, "next": 1712345678}``): others tell when a job
    runs next. False or empty says nothing.
    """
    if not isinstance(part, dict):
        return False
    named = [(name_of(key), key, value) for key, value in part.items()]
    is_told = any(
        (value is True and (name in NEXT_NAMES or asks_more(key)))
        or (isinstance(value, str) and is_true(value) and name in NEXT_CURSOR_NAMES)
        for name, key, value in named
    )
    if is_told or any(name not in PAGING for name, _, _ in named):
        return is_told
    is_counting = rows >= FEWEST and rows in map(whole_number, part.values())
    return any(_is_next(one, is_moment=is_counting) for name, _, one in named if name in NEXT_NAMES)


def _is_next(value: Json, *, is_moment: bool) -> bool:
    """Whether a value may be what to go on with; ``is_moment``: a moment, too."""
    is_kind = isinstance(value, str | dict) or whole_number(value) is not None
    return is_kind and is_true(value) and (is_moment or not may_be_moment(value))


def may_be_moment(value: Json) -> bool:
    """Whether a value is so large a number, or a date."""
    is_date = isinstance(value, str) and _DATE.match(value) is not None
    return is_date or (whole_number(value) or 0) > _LARGEST_NEXT


def known_next(scopes: Scopes) -> Verdict:
    """Next markers that APIs commonly send: null or empty is the end, but for a cursor."""
    cursors = {is_true(value) for value in values_of(scopes, NEXT_CURSOR_NAMES)}
    markers = {is_true(value) for value in values_of(scopes, NEXT_NAMES)}
    return _more_wins(markers | (cursors & {True}))


def known_header(headers: Mapping[str, str]) -> Verdict:
    """What headers say: a ``Link`` with the relation next or its neighbours, ``X-Next-Page``.

    Any header whose name speaks of a continuation, of a next page or of more is a signal: empty
    or false it is the end, but for a cursor, which then only says that there is none.
    """
    kinds = [(says_more(name), value) for name, value in headers.items()]
    said = {is_true(value) for kind, value in kinds if kind == "more"}
    cursors = {is_true(value) for kind, value in kinds if kind == "cursor"}
    return _more_wins(said | (cursors & {True}) | _linked(headers))


def by_header(headers: Mapping[str, str]) -> str:
    """Which header says that there is more, for messages: "" where none does."""
    told = (name for name in headers if says_more(name) and is_true(headers[name]))
    name = "Link" if True in _linked(headers) else next(told, "")
    return f" (by the header {name})" if name else ""


@lru_cache(maxsize=1024)  # the same few names come with every answer
def says_more(header: str) -> str:
    """Whether the name of a header speaks of further pages: "more", "cursor" or ""."""
    name = re.sub(r"[-_]", "", header.lower())
    if leads_back(name) or speaks_of_limit(name):
        return ""
    if _HEADER_OF_CURSOR.search(name):
        return "cursor"
    return "more" if _HEADER_OF_MORE.search(name) else ""


def header_cursor(headers: Mapping[str, str]) -> str | Missing:
    """The cursor that a header holds, "" where it is empty, MISSING where there is none."""
    found = [name for name in headers if says_more(name) == "cursor"]
    # X-Cursor may be that of this page, where X-Next-Cursor is there as well.
    names = sorted(found, key=lambda name: "next" not in name.lower())
    return headers[names[0]] if names else MISSING


def _linked(headers: Mapping[str, str]) -> set[bool]:
    links = link_relations(headers)
    urls = {name: link["url"] for name, link in links.items()}
    # A first page may name the last one, and itself, alone: that is no end.
    is_last = urls.get("last", "") in {urls.get("first"), urls.get("self")}
    is_told = is_last or not {"next", "prev", "previous"}.isdisjoint(links)
    said = {leads_to_rows(links.get("next"))} if is_told else set()
    return said | {True} if "next" in unread_links(headers).lower() else said


def is_last_by_link(headers: Mapping[str, str]) -> bool:
    """Whether a ``Link`` header names pages of the list, but none that is next (RFC 8288)."""
    return _linked(headers) == {False}


def is_range(status: int, headers: Mapping[str, str]) -> bool:
    """Whether an answer is Partial Content, and does not say that it reaches to the end.

    ``Content-Range: items 40-54/55`` does, ``0-19/55`` and ``0-19/*`` do not (RFC 9110, 14.4).
    """
    if status != httpx.codes.PARTIAL_CONTENT:
        return False
    span, _, total = headers.get("content-range", "").rpartition("/")
    last, rows = (whole_number(text.strip()) for text in (span.rpartition("-")[2], total))
    return last is None or rows is None or last + 1 < rows


def known_signal(scopes: Scopes, headers: Mapping[str, str]) -> Verdict:
    """What booleans, next markers and headers say: where they disagree, "more" wins."""
    told = (known_boolean(scopes), known_next(scopes)) if scopes else ()
    said = {*told, known_header(headers)} - {Verdict.UNKNOWN}
    return _more_wins({verdict is Verdict.MORE for verdict in said})


def is_first(scopes: Scopes, headers: Mapping[str, str]) -> bool:
    """Whether an answer says that there is no page before it."""
    says_first = any(value is True for value in values_of(scopes, FIRST_NAMES))
    previous = [is_true(value) for value in values_of(scopes, PREVIOUS_NAMES)]
    relations = link_relations(headers).keys()
    # Where a Link header names any of its neighbours, it would name the previous page too.
    leads_back = bool(relations & {"prev", "previous"})
    led = bool(relations & set(NEXT_RELATIONS)) and not leads_back
    return says_first or led or (bool(previous) and not any(previous))


def first_known(*verdicts: Verdict) -> Verdict:
    """The first verdict that says anything."""
    known = (verdict for verdict in verdicts if verdict is not Verdict.UNKNOWN)
    return next(known, Verdict.UNKNOWN)


def known_cursor(scopes: Scopes) -> Found:
    """The first value in a known place that can be a cursor; URLs cannot.

    MISSING when there is no such place, null or empty when the places are all empty.
    """
    return _first_usable(scopes, CURSOR_NAMES, _as_cursor)


def known_link(scopes: Scopes) -> Found:
    """The next URL, from the default place or another where APIs put it; as ``known_cursor``."""
    return _first_usable(scopes, LINK_NAMES, link_of)


def link_of(value: Json) -> str | Missing | None:
    """The URL a value is, or holds under ``href`` (HAL, JSON:API); MISSING for other types.

    Blanks around it are no part of it (https://url.spec.whatwg.org/#url-parsing).
    """
    link = value.get("href", MISSING) if isinstance(value, dict) else value
    if isinstance(link, str):
        return link.strip()
    return link if link is None else MISSING


def _as_cursor(value: Json) -> Found:
    return MISSING if is_link(value) or isinstance(value, bool | dict | list) else value


def is_link(value: Json) -> bool:
    """Whether a text is a link: base64 may begin with a slash, but has no question mark."""
    if not isinstance(value, str):
        return False
    return value.startswith(("http://", "https://", "?")) or (value[:1] == "/" and "?" in value)


def whole_number(value: Found) -> int | None:
    """A count as APIs send it, a number or its digits; None for anything else.

    What has more than 18 digits counts nothing.
    """
    if isinstance(value, str):
        is_count = value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS
        value = int(value) if is_count else None
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        return None
    return value


def _more_wins(says_more: set[bool]) -> Verdict:
    if not says_more:
        return Verdict.UNKNOWN
    return Verdict.MORE if True in says_more else Verdict.END


@lru_cache(maxsize=1024)  # the same few names come with every answer
def total_named_by(header: str) -> str:
    """The name of the tables by which a header tells a total, as a key of a body would, or ""."""
    name = name_of(_BEFORE_NAME.sub("", header.lower()))
    return name if name in TOTAL_NAMES or name in TOTAL_PAGES_NAMES else ""


def _first_usable(scopes: Scopes, names: Sequence[str], usable: Callable[[Json], Found]) -> Found:
    empty: Found = MISSING
    for found in values_of(scopes, names):
        value = usable(found)
        if value is not MISSING and value not in (None, ""):
            return value
        empty = value if empty is MISSING else empty
    return empty


def leads(marker: Found) -> bool:
    """Whether a marker is there: 0 and -1 are the end of a scan, an empty text that of a list."""
    return marker is not MISSING and marker not in _NOWHERE
