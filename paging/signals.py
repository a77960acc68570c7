"""What responses say about further pages: configured paths, and signals APIs commonly send.

Pure functions over a body and its headers. The names below are tables: a new API's word
is one more entry, never a branch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import chain
from types import MappingProxyType

import httpx

from errors import MappingError
from jq_engine.lookups import Lookup, compile_lookup
from json_values import MISSING, Found, Json, Missing
from paging.link_header import leads_to_rows, link_relations, unread_links

DEFAULT_NEXT_LINK_PATH = "@odata.nextLink"

# A name stands for all its spellings: `has_more`, `hasMore`, `HasMore`, `has-more`.
# fmt: off
HOLDERS: tuple[tuple[str, ...], ...] = (
    (), ("meta",), ("pagination",), ("paging",), ("page",), ("page_info",),
    ("response_metadata",), ("metadata",), ("meta", "pagination"), ("meta", "page"),
)
# Whole answers that stand one level down.
WRAPPERS = ("data", "result")
MORE_NAMES = ("has_more", "has_next", "has_next_page", "more", "more_available", "is_truncated")
LAST_NAMES = ("is_last", "is_last_page", "last", "last_page")
# True they say that rows are left out; false, only that this page is whole.
CUT_NAMES = ("truncated", "partial", "is_partial")
# A cursor says more when it is there. Empty it only says that there is no cursor, as an API
# that is paged by number or offset may do on every page.
NEXT_CURSOR_NAMES = ("next_cursor", "next_page_token", "next_token", "continuation_token")
NEXT_NAMES = (
    "next", "next_page", "next_url", "next_page_url", "next_link", "next_page_link",
    "next_page_uri", "next_uri", "next_href", "next_records_url", "next_results", "next_offset",
    "next_start", "next_page_start", "next_marker", DEFAULT_NEXT_LINK_PATH,
)
NEXT_HOLDERS = (*HOLDERS, ("links",), ("link",))
CURSOR_NAMES = (
    *NEXT_CURSOR_NAMES, "after_cursor", "end_cursor", "next_page_id", "next", "after", "cursor",
)
CURSOR_HOLDERS = (*HOLDERS, ("paging", "next"), ("paging", "cursors"), ("cursors",), ("cursor",))
LINK_NAMES = (
    DEFAULT_NEXT_LINK_PATH, "next", "next_url", "next_page_url", "next_link", "next_page_link",
    "next_page_uri", "next_uri", "next_href", "next_records_url", "next_results", "next_page",
)
TOTAL_NAMES = (
    "total", "total_count", "total_results", "total_size", "total_items", "total_elements",
    "total_records", "total_rows", "total_entries", "records_total", "num_found", "nb_hits",
    "result_count", "count",
)
TOTAL_PAGES_NAMES = ("total_pages", "nb_pages", "page_count", "pages", "last_page")
NEXT_HEADERS = ("X-Next-Page", "X-Has-Next-Page", "X-Has-More")
NEXT_CURSOR_HEADERS = ("X-Next-Cursor", "Next-Range", "x-ms-continuationtoken")
NEXT_RELATIONS = ("next", "prev", "previous", "first", "last")
TOTAL_HEADERS = ("X-Total-Count", "X-Total", "X-WP-Total", "Total-Count")
TOTAL_PAGES_HEADERS = ("X-Total-Pages", "X-WP-TotalPages")
ERROR_NAMES = ("error", "errors", "error_message", "error_messages", "fault")
SUCCESS_NAMES = ("ok", "success")
# What an error report is made of: an object with any other key is an item that had an error.
REPORT_NAMES = (
    *ERROR_NAMES, *SUCCESS_NAMES, "message", "code", "status", "status_code", "detail", "details",
    "title", "type", "timestamp", "path", "reason", "request_id", "errcode", "errmsg",
    "msg", "stat",
)
# GitHub's search, Google Drive, Elasticsearch: rows are missing, and no page will bring them.
INCOMPLETE_NAMES = ("incomplete_results", "incomplete_search", "partial_results", "timed_out")
FIRST_NAMES = ("first", "is_first", "first_page", "is_first_page")
PREVIOUS_NAMES = (
    "previous", "prev", "previous_page", "prev_page", "previous_url", "prev_url", "prev_page_url",
    "previous_page_url",
)
# What stands around a list, but says nothing of further pages.
ENVELOPE = frozenset(
    (
        *chain.from_iterable((*NEXT_HOLDERS, *CURSOR_HOLDERS)), *CURSOR_NAMES, *LINK_NAMES,
        *NEXT_NAMES, *MORE_NAMES, *LAST_NAMES, *CUT_NAMES, *TOTAL_NAMES, *TOTAL_PAGES_NAMES,
        *FIRST_NAMES, *PREVIOUS_NAMES, *ERROR_NAMES, *SUCCESS_NAMES, *INCOMPLETE_NAMES, "status",
        "code", "message", "limit", "offset", "skip", "start", "start_at", "size", "page_size",
        "per_page", "self", "href", "url", "uri", "object", "kind", "etag", "@odata.context",
        "jsonapi",
    )
)
# fmt: on

_MOST_DIGITS = 18  # of a count; more are an identifier, or nothing that can be calculated with
_LARGEST = 10**_MOST_DIGITS - 1
# Words that are used for other things too: only true and false are meant for pages.
_AMBIGUOUS = frozenset({"more", "last", "last_page", "partial", "timed_out"})
_LEADS_BACK = re.compile(r"prev|first|self|last|back|current")
_FALSE_TEXTS = frozenset({"", "false", "0", "no", "null", "none"})


def _squeezed(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


_SPELLED: Mapping[str, str] = MappingProxyType(
    {_squeezed(name): name for name in (*ENVELOPE, *WRAPPERS, *REPORT_NAMES, "id")}
)
_REASONS = frozenset((*ERROR_NAMES, *SUCCESS_NAMES, *INCOMPLETE_NAMES))
# A header's name ends with one of these, whatever stands before it and between its words.
_CURSOR_ENDINGS = (
    "nextcursor", "nexttoken", "nextpagetoken", "nextmarker", "nextkey", "nextstart", "nextrange",
    "nextpagecursor", "nextpagestart", "cursornext",
)  # fmt: skip
_MORE_ENDINGS = (
    "nextpage", "hasnext", "hasnextpage", "hasmore", "hasmorepages", "hasmoreresults",
    "moreresults", "morepages", "nextlink", "nextpagelink", "nextpageurl", "nexturl", "nextoffset",
    "nexturi",
    "pagenext", "paginationnext", "moreavailable", "istruncated",
)  # fmt: skip
_RANGES = frozenset({"next"})
_LOOKED_FOR = frozenset(
    name.lower()
    for name in (
        "Link", "Content-Range", *NEXT_HEADERS, *NEXT_CURSOR_HEADERS, *TOTAL_HEADERS,
        *TOTAL_PAGES_HEADERS,
    )
)  # fmt: skip
# Each place with the one around it, which comes before it.
_PLACES = tuple(
    (holder, holder[:-1], holder[-1])
    for holder in dict.fromkeys((*CURSOR_HOLDERS, *NEXT_HOLDERS))
    if holder
)


@lru_cache(maxsize=4096)  # the same few keys come with every answer
def name_of(key: str) -> str:
    """The name of the tables that a key spells, "" where it spells none."""
    return _SPELLED.get(_squeezed(key), "")


Named = Mapping[str, Sequence[Json]]
"""What the known names among the keys of an object hold; two spellings of one are two values."""
Scope = Mapping[tuple[str, ...], Named]
"""The known names of an object itself, and of those it has in the known places."""
Scopes = tuple[Scope, ...]
"""The objects of one answer in which signals are looked for, the body first."""


def scopes_of(body: Json, holder: Json = None) -> Scopes:
    """The body, an answer wrapped in it, and ``holder``, the object the list of rows lies in.

    GraphQL has ``pageInfo`` beside the list, however deep that is
    (https://relay.dev/graphql/connections.htm). What has an id, or no list, is an item, and
    its words are its own.
    """
    if not isinstance(body, dict):
        return (_scope(_named([holder])),) if isinstance(holder, dict) and is_page(holder) else ()
    top = _named([body])
    wrapped = [part for name in WRAPPERS for part in top.get(name, ())]
    parts = (part for part in (*wrapped, holder) if part is not body and is_page(part))
    return (_scope(top), *(_scope(_named([part])) for part in parts if isinstance(part, dict)))


def _scope(top: Named) -> Scope:
    scope: dict[tuple[str, ...], Named] = {(): top}
    for holder, around, name in _PLACES:
        if (outer := scope.get(around)) and (inside := outer.get(name)):
            # A page of a status site, with an id and a name, speaks of something else.
            spoken = (one for one in inside if name != "page" or not _is_thing(one))
            objects = filter(None, map(_holding, spoken))
            if named := _named(objects):
                scope[holder] = named
    return scope


def _named(objects: Iterable[Mapping[str, Json]]) -> Named:
    named: dict[str, list[Json]] = {}
    for key, value in chain.from_iterable(part.items() for part in objects):
        if name := name_of(key):
            named.setdefault(name, []).append(value)
    return named


def _holding(value: Json) -> Mapping[str, Json] | None:
    """What a place holds by name: an object, or the links of a list by their relations.

    HATEOAS has ``{"rel": "next", "href": …}``, FHIR ``{"relation": "next", "url": …}``.
    """
    if isinstance(value, dict):
        return value
    if not isinstance(value, list):
        return None
    links = [link for link in value if isinstance(link, dict)]
    relations = ((link.get("rel", link.get("relation")), link) for link in links)
    return {
        relation: link.get("href", link.get("url"))
        for text, link in relations
        if isinstance(text, str)
        for relation in text.split()
    }


class Verdict(Enum):
    """What the evidence says of the page after this one."""

    MORE = "more"
    END = "end"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ConfiguredSignals:
    """The paths an operator configured to say whether there is more; ``names`` shows them."""

    has_more: Lookup | None
    last_page: Lookup | None
    names: str

    @classmethod
    def of(cls, has_more_path: str | None, last_page_path: str | None) -> ConfiguredSignals:
        """Compile the configured paths; raises MappingError for one that cannot be meant."""
        paths = {"hasMorePath": has_more_path, "lastPagePath": last_page_path}
        for name, opposite, path, words in (
            ("hasMorePath", "lastPagePath", has_more_path, LAST_NAMES),
            ("lastPagePath", "hasMorePath", last_page_path, MORE_NAMES),
        ):
            if path and name_of(path.rpartition(".")[2]) in words:
                raise MappingError(
                    f"{name} is {path!r}, which means the opposite; set {opposite} to it instead"
                )
        lookups = {name: compile_lookup(path, name) for name, path in paths.items() if path}
        return cls(
            has_more=lookups.get("hasMorePath"),
            last_page=lookups.get("lastPagePath"),
            names=" and ".join(f"{name} {path!r}" for name, path in paths.items() if path),
        )

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """The paths that are configured."""
        return tuple(filter(None, (self.has_more, self.last_page)))

    def verdict(self, value_at: Callable[[Lookup], Found]) -> Verdict:
        """What the configured paths say; ``hasMorePath`` wins, and null says nothing."""
        for lookup, means_more in ((self.has_more, True), (self.last_page, False)):
            value = value_at(lookup) if lookup else MISSING
            if value is not MISSING and value is not None:
                return Verdict.MORE if is_true(value) is means_more else Verdict.END
        return Verdict.UNKNOWN


def is_true(value: Json) -> bool:
    """Truth as APIs write it: "false", "0", "no", "" and a link to nowhere are false."""
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE_TEXTS
    if isinstance(value, dict) and "href" in value:
        return is_true(value["href"])
    return bool(value)


def known_boolean(scopes: Scopes) -> Verdict:
    """Booleans that APIs commonly send, and 1, 0 and their texts where the name leaves no doubt."""
    if not scopes:
        return Verdict.UNKNOWN
    said = {
        told is means_more
        for names, means_more in ((MORE_NAMES, True), (LAST_NAMES, False))
        for told in booleans(scopes, names)
    }
    cut = set(booleans(scopes, CUT_NAMES))
    return _more_wins(said | (cut & {True}))


def booleans(scopes: Scopes, names: Sequence[str]) -> Iterator[bool]:
    """The booleans that the names hold."""
    found = (_boolean(name, value) for name, value in named_values(scopes, names, HOLDERS))
    return (told for told in found if told is not None)


def _boolean(name: str, value: Json) -> bool | None:
    if isinstance(value, bool) or name in _AMBIGUOUS:
        return value if isinstance(value, bool) else None
    if isinstance(value, int):
        return bool(value) if value in {0, 1} else None
    texts = {"1": True, "true": True, "0": False, "false": False}
    return texts.get(value.lower()) if isinstance(value, str) else None


def known_next(scopes: Scopes) -> Verdict:
    """Next markers that APIs commonly send: null or empty is the end, but for a cursor."""
    if not scopes:
        return Verdict.UNKNOWN
    cursors = {is_true(value) for value in values_of(scopes, NEXT_CURSOR_NAMES, NEXT_HOLDERS)}
    markers = {is_true(value) for value in values_of(scopes, NEXT_NAMES, NEXT_HOLDERS)}
    return _more_wins(markers | (cursors & {True}))


def is_counted_on(scopes: Scopes, headers: httpx.Headers) -> bool:
    """Whether numbers alone speak of more: what comes after this page if there were anything.

    Some APIs compute ``next_offset`` as the offset plus the page size, at the end as well
    (https://docs.datadoghq.com/api/latest/incidents/).
    """
    if Verdict.MORE in {known_boolean(scopes), known_header(headers)}:
        return False
    markers = [value for value in values_of(scopes, NEXT_NAMES, NEXT_HOLDERS) if is_true(value)]
    return bool(markers) and all(whole_number(value) is not None for value in markers)


def known_header(headers: httpx.Headers) -> Verdict:
    """What headers say: a ``Link`` with the relation next or its neighbours, ``X-Next-Page``.

    Any header whose name speaks of a continuation, of a next page or of more is a signal: empty
    or false it is the end, but for a cursor, which then only says that there is none.
    """
    said = {is_true(headers[name]) for name in headers if says_more(name) == "more"}
    cursors = {is_true(headers[name]) for name in headers if says_more(name) == "cursor"}
    links = _linked(headers) if "Link" in headers else set()
    return _more_wins(said | (cursors & {True}) | links)


@lru_cache(maxsize=1024)  # the same few names come with every answer
def says_more(header: str) -> str:
    """Whether the name of a header speaks of further pages: "more", "cursor" or ""."""
    name = header.lower().replace("_", "-")
    squeezed = name.replace("-", "")
    if "continuation" in squeezed or squeezed.endswith(_CURSOR_ENDINGS):
        return "cursor"
    return "more" if squeezed.endswith(_MORE_ENDINGS) or name in _RANGES else ""


def header_cursor(headers: httpx.Headers) -> str | Missing:
    """The cursor that a header holds, "" where it is empty, MISSING where there is none."""
    found = (headers[name] for name in headers if says_more(name) == "cursor")
    return next(found, MISSING)


def _linked(headers: httpx.Headers) -> set[bool]:
    relations = link_relations(headers)
    is_about_pages = not relations.keys().isdisjoint(NEXT_RELATIONS)
    said = {leads_to_rows(relations.get("next"))} if is_about_pages else set()
    return said | {True} if "next" in unread_links(headers).lower() else said


def is_range(status: int, headers: httpx.Headers) -> bool:
    """Whether an answer is Partial Content, and does not say that it reaches to the end.

    ``Content-Range: items 40-54/55`` does, ``0-19/55`` and ``0-19/*`` do not (RFC 9110, 14.4).
    """
    if status != httpx.codes.PARTIAL_CONTENT:
        return False
    span, _, total = headers.get("Content-Range", "").rpartition("/")
    last, rows = (whole_number(text.strip()) for text in (span.rpartition("-")[2], total))
    return last is None or rows is None or last + 1 < rows


def known_signal(scopes: Scopes, headers: httpx.Headers) -> Verdict:
    """What booleans, next markers and headers say: where they disagree, "more" wins."""
    said = {known_boolean(scopes), known_next(scopes), known_header(headers)} - {Verdict.UNKNOWN}
    return _more_wins({verdict is Verdict.MORE for verdict in said})


def is_preceded(scopes: Scopes, headers: httpx.Headers) -> bool:
    """Whether an answer says that there is a page before it."""
    relations = link_relations(headers) if "Link" in headers else {}
    return (
        any(value is False for value in values_of(scopes, FIRST_NAMES, HOLDERS))
        or any(is_true(value) for value in values_of(scopes, PREVIOUS_NAMES, NEXT_HOLDERS))
        or any(leads_to_rows(relations[name]) for name in relations.keys() & {"prev", "previous"})
    )


def link_towards(body: Json, holder: Json, url: str) -> str | Missing:
    """A link to the same endpoint with another query, under any name that may mean what follows.

    MISSING where there is none. Looked for by its value, in the objects around the list.
    """
    here = httpx.URL(url)
    for part in (body, holder):
        for key, value in _texts_within(part, 3):
            if not is_link(value) or _LEADS_BACK.search(key.lower()):
                continue
            try:
                there = here.join(value)
            except (httpx.InvalidURL, ValueError):
                continue
            if there.path == here.path and there.query not in {here.query, b""}:
                return value
    return MISSING


def _texts_within(part: Json, deepest: int) -> Iterator[tuple[str, str]]:
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        if isinstance(value, str):
            yield key, value
        elif deepest:
            yield from ((f"{key}.{name}", text) for name, text in _texts_within(value, deepest - 1))


def is_first(scopes: Scopes, headers: httpx.Headers) -> bool:
    """Whether an answer says that there is no page before it."""
    says_first = any(value is True for value in values_of(scopes, FIRST_NAMES, HOLDERS))
    previous = [is_true(value) for value in values_of(scopes, PREVIOUS_NAMES, NEXT_HOLDERS)]
    relations = link_relations(headers).keys() if "Link" in headers else set()
    # Where a Link header names any of its neighbours, it would name the previous page too.
    leads_back = bool(relations & {"prev", "previous"})
    led = bool(relations & set(NEXT_RELATIONS)) and not leads_back
    return says_first or led or (bool(previous) and not any(previous))


def reasons_in(body: Mapping[str, Json]) -> dict[str, Json]:
    """What an answer says of its success, its errors and its completeness."""
    return {key: value for key, value in body.items() if name_of(key) in _REASONS}


def first_known(*verdicts: Verdict) -> Verdict:
    """The first verdict that says anything."""
    known = (verdict for verdict in verdicts if verdict is not Verdict.UNKNOWN)
    return next(known, Verdict.UNKNOWN)


def known_cursor(scopes: Scopes) -> Found:
    """The first value in a known place that can be a cursor; URLs cannot.

    MISSING when there is no such place, null or empty when the places are all empty.
    """
    return _first_usable(scopes, CURSOR_NAMES, CURSOR_HOLDERS, _as_cursor)


def known_link(scopes: Scopes) -> Found:
    """The next URL, from the default place or another where APIs put it; as ``known_cursor``."""
    return _first_usable(scopes, LINK_NAMES, NEXT_HOLDERS, link_of)


def link_of(value: Json) -> str | Missing | None:
    """The URL a value is, or holds under ``href`` (HAL, JSON:API); MISSING for other types."""
    link = value.get("href", MISSING) if isinstance(value, dict) else value
    return link if isinstance(link, str) or link is None else MISSING


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


def is_page(part: Json) -> bool:
    """Whether an object holds a list, and is not an item itself."""
    return (
        isinstance(part, dict)
        and any(isinstance(value, list) for value in part.values())
        and not is_item(part)
    )


def _is_thing(part: Json) -> bool:
    """Whether an object that may hold signals has an id, so that its words are its own."""
    return isinstance(part, dict) and is_item(part)


def is_item(part: Mapping[str, Json]) -> bool:
    """Whether an object has an id, however that is spelled."""
    return "id" in part or any(name_of(key) == "id" for key in part)


def named_values(
    scopes: Scopes, names: Sequence[str], holders: Sequence[tuple[str, ...]]
) -> Iterator[tuple[str, Json]]:
    """What the names hold, in each scope itself and below its holders, in that order."""
    for scope in scopes:
        for holder, named in scope.items():
            if not named.keys().isdisjoint(names) and holder in holders:
                yield from ((name, value) for name in names for value in named.get(name, ()))


def values_of(
    scopes: Scopes, names: Sequence[str], holders: Sequence[tuple[str, ...]]
) -> Iterator[Json]:
    """What the names hold, in each scope itself and below its holders."""
    return (value for _, value in named_values(scopes, names, holders))


def present_in(headers: httpx.Headers) -> set[str]:
    """Which of the known headers are there: httpx goes through all for each one it is asked."""
    return headers.keys() & _LOOKED_FOR


def told_by(headers: httpx.Headers, present: set[str], names: Sequence[str]) -> list[str]:
    """The values of the headers with these names, among those that are there."""
    return [headers[name] for name in names if name.lower() in present] if present else []


def _first_usable(
    scopes: Scopes,
    names: Sequence[str],
    holders: Sequence[tuple[str, ...]],
    usable: Callable[[Json], Found],
) -> Found:
    empty: Found = MISSING
    for found in values_of(scopes, names, holders):
        value = usable(found)
        if value is not MISSING and value not in (None, ""):
            return value
        empty = value if empty is MISSING else empty
    return empty
