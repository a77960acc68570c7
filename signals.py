"""What responses say about further pages: configured paths, and signals APIs commonly send.

Pure functions over a body and its headers. The names below are tables: a new API's word
is one more entry, never a branch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain, product

import httpx

from errors import MappingError
from lookup import MISSING, NOTHING_FOUND, Found, Json, Lookup, compile_lookup, follow, lists_in

DEFAULT_NEXT_LINK_PATH = "@odata.nextLink"

# fmt: off
HOLDERS: tuple[tuple[str, ...], ...] = (
    (), ("meta",), ("pagination",), ("paging",), ("page",), ("page_info",), ("pageInfo",),
    ("response_metadata",), ("metadata",), ("_metadata",), ("meta", "pagination"), ("meta", "page"),
)
# Whole answers that stand one level down.
WRAPPERS = ("data", "result")
MORE_NAMES = (
    "has_more", "hasMore", "has_next", "hasNext", "has_next_page", "hasNextPage", "more",
    "more_available", "moreAvailable", "is_truncated", "isTruncated",
)
LAST_NAMES = ("is_last", "isLast", "is_last_page", "isLastPage", "last", "last_page", "lastPage")
# A cursor says more when it is there. Empty it only says that there is no cursor, as an API
# that is paged by number or offset may do on every page.
NEXT_CURSOR_NAMES = (
    "next_cursor", "nextCursor", "next_page_token", "nextPageToken", "next_token", "nextToken",
    "continuation_token", "continuationToken",
)
NEXT_NAMES = (
    "next", "next_page", "nextPage", "next_url", "nextUrl", "next_page_url", "nextPageUrl",
    "next_link", "nextLink", "next_page_uri", "nextPageUri", "next_uri", "nextUri", "next_href",
    "nextHref", "nextRecordsUrl", "next_offset", "nextOffset", "next_start", "nextPageStart",
    "next_marker", "nextMarker", DEFAULT_NEXT_LINK_PATH,
)
NEXT_HOLDERS = (*HOLDERS, ("links",), ("_links",))
CURSOR_NAMES = (
    "next_cursor", "nextCursor", "next_page_token", "nextPageToken", "next_token", "nextToken",
    "continuation_token", "continuationToken", "after_cursor", "afterCursor", "end_cursor",
    "endCursor", "next_page_id", "next", "after", "cursor",
)
CURSOR_HOLDERS = (*HOLDERS, ("paging", "next"), ("paging", "cursors"), ("cursors",), ("cursor",))
LINK_NAMES = (
    DEFAULT_NEXT_LINK_PATH, "next", "next_url", "nextUrl", "next_page_url", "nextPageUrl",
    "next_link", "nextLink", "next_page_uri", "nextPageUri", "next_uri", "nextUri", "next_href",
    "nextHref", "nextRecordsUrl", "next_page", "nextPage",
)
TOTAL_NAMES = (
    "total", "total_count", "totalCount", "total_results", "totalResults", "total_size",
    "totalSize", "total_items", "totalItems", "totalElements", "nbHits", "count",
)
TOTAL_PAGES_NAMES = (
    "total_pages", "totalPages", "nbPages", "page_count", "pageCount", "pages", "last_page",
    "lastPage",
)
NEXT_HEADERS = ("X-Next-Page",)
NEXT_RELATIONS = ("next", "prev", "previous", "first", "last")
TOTAL_HEADERS = ("X-Total-Count", "X-Total", "X-WP-Total", "Total-Count")
TOTAL_PAGES_HEADERS = ("X-Total-Pages", "X-WP-TotalPages")
ERROR_NAMES = ("error", "errors", "error_message", "errorMessage", "errorMessages", "fault")
SUCCESS_NAMES = ("ok", "success")
# What an error report is made of: an object with any other key is an item that had an error.
REPORT_NAMES = (
    *ERROR_NAMES, *SUCCESS_NAMES, "message", "code", "status", "statusCode", "detail", "details",
    "title", "type", "timestamp", "path", "reason", "request_id", "requestId",
)
FIRST_NAMES = ("first", "isFirst", "is_first", "firstPage", "isFirstPage", "is_first_page")
PREVIOUS_NAMES = (
    "previous", "prev", "previous_page", "prev_page", "previousPage", "prevPage", "previous_url",
    "prev_url", "previousUrl", "prevUrl", "prev_page_url", "previous_page_url",
)
# What stands around a list, but says nothing of further pages.
ENVELOPE = frozenset(
    (
        *chain.from_iterable(NEXT_HOLDERS), *CURSOR_NAMES, *LINK_NAMES, *NEXT_NAMES, *MORE_NAMES,
        *LAST_NAMES, *TOTAL_NAMES, *TOTAL_PAGES_NAMES, *FIRST_NAMES, *PREVIOUS_NAMES,
        *ERROR_NAMES, *SUCCESS_NAMES, "status", "code", "message", "limit", "offset", "skip",
        "start", "startAt", "size", "page_size", "pageSize", "per_page", "perPage", "self",
        "href", "url", "uri", "object", "kind", "etag", "@odata.context", "jsonapi",
    )
)
# fmt: on

_DEEPEST_LIST = 5  # objects around the list of an answer, GraphQL's included

_LINK = re.compile(
    r"""<(?P<target>[^>]*)>
        (?P<parameters>(?:\s*;\s*[^\s=;,"<]*(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s;,"]*))?)*)""",
    re.VERBOSE,
)
_LINK_PARAMETER = re.compile(
    r""";\s*([^\s=;,"<]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|('[^']*'|[^\s;,"]*)))?"""
)
_FALSE_TEXTS = frozenset({"", "false", "0", "no", "null", "none"})


Scopes = tuple[Json, ...]
"""The objects of one answer in which signals are looked for, the body first."""


def scopes_of(body: Json, holder: Json = None) -> Scopes:
    """The body, an answer wrapped in it, and ``holder``, the object the list of rows lies in.

    GraphQL has ``pageInfo`` beside the list, however deep that is
    (https://relay.dev/graphql/connections.htm). What has an id, or no list, is an item, and
    its words are its own.
    """
    if not isinstance(body, dict):
        return (holder,) if _is_page(holder) else ()
    wrapped = [body.get(name) for name in WRAPPERS]
    return (body, *(part for part in (*wrapped, holder) if part is not body and _is_page(part)))


class Verdict(Enum):
    """What the evidence says of the page after this one."""

    MORE = "more"
    END = "end"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Totals:
    """Totals as a response told them: of rows, and of pages."""

    rows: int | None
    pages: int | None


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
            if path and path.rpartition(".")[2] in words:
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

    def verdict(self, body: Json, found: Found = NOTHING_FOUND) -> Verdict:
        """What the configured paths say; ``hasMorePath`` wins."""
        for lookup, means_more in ((self.has_more, True), (self.last_page, False)):
            if lookup and (value := lookup(body, found)) is not MISSING:
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
    """Booleans that APIs commonly send; the value must be a boolean to count."""
    return _more_wins(
        {
            value is means_more
            for names, means_more in ((MORE_NAMES, True), (LAST_NAMES, False))
            for value in _values(scopes, names, HOLDERS)
            if isinstance(value, bool)
        }
    )


def known_next(scopes: Scopes) -> Verdict:
    """Next markers that APIs commonly send: null or empty is the end, but for a cursor."""
    cursors = {is_true(value) for value in _values(scopes, NEXT_CURSOR_NAMES, NEXT_HOLDERS)}
    markers = {is_true(value) for value in _values(scopes, NEXT_NAMES, NEXT_HOLDERS)}
    return _more_wins(markers | (cursors & {True}))


def is_counted_on(scopes: Scopes, headers: httpx.Headers) -> bool:
    """Whether numbers alone speak of more: what comes after this page if there were anything.

    Some APIs compute ``next_offset`` as the offset plus the page size, at the end as well
    (https://docs.datadoghq.com/api/latest/incidents/).
    """
    if Verdict.MORE in {known_boolean(scopes), known_header(headers)}:
        return False
    markers = [value for value in _values(scopes, NEXT_NAMES, NEXT_HOLDERS) if is_true(value)]
    return bool(markers) and all(whole_number(value) is not None for value in markers)


def known_header(headers: httpx.Headers) -> Verdict:
    """What headers say: a ``Link`` with the relation next or its neighbours, ``X-Next-Page``."""
    says_more = {is_true(headers[name]) for name in NEXT_HEADERS if name in headers}
    relations = link_relations(headers) if "Link" in headers else {}
    if not relations.keys().isdisjoint(NEXT_RELATIONS):
        says_more.add(leads_to_rows(relations.get("next")))
    return _more_wins(says_more)


def known_signal(scopes: Scopes, headers: httpx.Headers) -> Verdict:
    """What booleans, next markers and headers say: where they disagree, "more" wins."""
    said = {known_boolean(scopes), known_next(scopes), known_header(headers)} - {Verdict.UNKNOWN}
    return _more_wins({verdict is Verdict.MORE for verdict in said})


def is_error_report(body: Mapping[str, Json]) -> bool:
    """Whether an object is nothing but the report of an error."""
    return reports_error(body) and body.keys() <= set(REPORT_NAMES)


def is_partial(body: Json) -> bool:
    """Whether an answer says that some of its data is missing, as GraphQL does (its spec, 7.1)."""
    return isinstance(body, dict) and "data" in body and bool(body.get("errors"))


def is_preceded(scopes: Scopes, headers: httpx.Headers) -> bool:
    """Whether an answer says that there is a page before it."""
    relations = link_relations(headers) if "Link" in headers else {}
    return (
        any(value is False for value in _values(scopes, FIRST_NAMES, HOLDERS))
        or any(is_true(value) for value in _values(scopes, PREVIOUS_NAMES, NEXT_HOLDERS))
        or any(leads_to_rows(relations[name]) for name in relations.keys() & {"prev", "previous"})
    )


def is_first(scopes: Scopes, headers: httpx.Headers) -> bool:
    """Whether an answer says that there is no page before it."""
    says_first = any(value is True for value in _values(scopes, FIRST_NAMES, HOLDERS))
    previous = [is_true(value) for value in _values(scopes, PREVIOUS_NAMES, NEXT_HOLDERS)]
    relations = link_relations(headers).keys() if "Link" in headers else set()
    # Where a Link header names any of its neighbours, it would name the previous page too.
    leads_back = bool(relations & {"prev", "previous"})
    led = bool(relations & set(NEXT_RELATIONS)) and not leads_back
    return says_first or led or (bool(previous) and not any(previous))


def is_unopened(
    found: Json, holder: Json, body: Json, headers: httpx.Headers, *, goes_on: bool
) -> bool:
    """Whether what was taken for one item stands for the page of a list, or beside the list.

    ``holder`` is the object it lies in; ``goes_on``: another page is to follow. What has an id
    is an item, whatever else it holds.
    """
    if isinstance(found, dict) and "id" in found:
        return False
    within = [rows for rows in lists_in(found, _DEEPEST_LIST) if rows]
    lists = within or [rows for rows in lists_in(body, _DEEPEST_LIST) if rows]
    if not lists:
        return False
    if any(isinstance(rows[0], dict) for rows in lists) and (
        not isinstance(found, dict)
        or (within and _is_all_envelope(found))
        or _is_envelope_of(holder, found)
    ):
        return True
    scopes = scopes_of(body, found)
    totals = known_totals(scopes, headers)
    return (
        goes_on
        or known_signal(scopes, headers) is not Verdict.UNKNOWN
        or known_cursor(scopes) is not MISSING
        or max(totals.rows or 0, totals.pages or 0) > 1
        or totals.rows in {len(rows) for rows in lists}
    )


def _is_envelope_of(holder: Json, found: Json) -> bool:
    return isinstance(holder, dict) and any(
        value is found and name in ENVELOPE for name, value in holder.items()
    )


def _is_all_envelope(found: Json) -> bool:
    """Whether a part is nothing but a list of objects and what answers have around it."""
    if not isinstance(found, dict):
        return isinstance(found, list) and any(isinstance(row, dict) for row in found[:1])
    inside = found.keys() - ENVELOPE
    return "id" not in found and len(inside) == 1 and _is_all_envelope(found[inside.pop()])


def reports_error(body: Mapping[str, Json]) -> bool:
    """Whether an answer says that it failed: an error in it, or ``ok`` or ``success`` false."""
    failed = any(body.get(name) is False for name in SUCCESS_NAMES)
    return failed or any(body.get(name) for name in ERROR_NAMES)


def first_known(*verdicts: Verdict) -> Verdict:
    """The first verdict that says anything."""
    known = (verdict for verdict in verdicts if verdict is not Verdict.UNKNOWN)
    return next(known, Verdict.UNKNOWN)


def known_totals(scopes: Scopes, headers: httpx.Headers) -> Totals:
    """The totals that headers or body tell, headers first."""
    return Totals(
        rows=whole_number(_range_total(headers))
        or _number(scopes, headers, TOTAL_NAMES, TOTAL_HEADERS),
        pages=_number(scopes, headers, TOTAL_PAGES_NAMES, TOTAL_PAGES_HEADERS),
    )


def known_cursor(scopes: Scopes) -> Json:
    """The first value in a known place that can be a cursor; URLs cannot.

    MISSING when there is no such place, null or empty when the places are all empty.
    """
    return _first_usable(scopes, CURSOR_NAMES, CURSOR_HOLDERS, _as_cursor)


def known_link(scopes: Scopes) -> Json:
    """The next URL, from the default place or another where APIs put it; as ``known_cursor``."""
    return _first_usable(scopes, LINK_NAMES, NEXT_HOLDERS, link_of)


def link_of(value: Json) -> Json:
    """The URL a value is, or holds under ``href`` (HAL, JSON:API); MISSING for other types."""
    link = value.get("href", MISSING) if isinstance(value, dict) else value
    return link if isinstance(link, str) or link is None else MISSING


def _as_cursor(value: Json) -> Json:
    is_url = isinstance(value, str) and value.startswith(("http://", "https://", "/"))
    return MISSING if is_url or isinstance(value, bool | dict | list) else value


def whole_number(value: Json) -> int | None:
    """A count as APIs send it, a number or its digits; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count else None


def link_relations(headers: httpx.Headers) -> dict[str, dict[str, str]]:
    """The links of a ``Link`` header (RFC 8288, 3) by each relation, in lower case.

    Each link is its parameters, by lower-case name, and its target as ``url``. Of two links
    with the same relation the first counts. (httpx's own parser loses links whose
    parameters hold ``=`` or ``;``.)
    """
    relations: dict[str, dict[str, str]] = {}
    for link in _LINK.finditer(headers.get("Link", "")):
        parameters = {
            name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain.strip("'")
            for name, quoted, plain in _LINK_PARAMETER.findall(link["parameters"])
        }
        for relation in parameters.get("rel", "").lower().split():
            relations.setdefault(relation, {**parameters, "url": link["target"].strip()})
    return relations


def leads_to_rows(link: Mapping[str, str] | None) -> bool:
    """Whether a link is there, and does not say ``results="false"`` of itself.

    https://docs.sentry.io/api/pagination/
    """
    return link is not None and link.get("results", "").lower() != "false"


def _more_wins(says_more: set[bool]) -> Verdict:
    if not says_more:
        return Verdict.UNKNOWN
    return Verdict.MORE if True in says_more else Verdict.END


def _is_page(part: Json) -> bool:
    """Whether an object holds a list, and is not an item itself."""
    return (
        isinstance(part, dict)
        and "id" not in part
        and any(isinstance(value, list) for value in part.values())
    )


def _values(
    scopes: Scopes, names: Sequence[str], holders: Sequence[tuple[str, ...]]
) -> Iterator[Json]:
    """What the names hold, in each scope itself and below its holders, in that order."""
    for scope, holder in product(scopes, holders):
        # Most holders are not there, and a look-up in vain for each of them adds up.
        inside = follow(scope, holder) if not holder or holder[0] in scope else MISSING
        if isinstance(inside, dict) and not inside.keys().isdisjoint(names):
            yield from (inside[name] for name in names if name in inside)


def _range_total(headers: httpx.Headers) -> str:
    """The total of ``Content-Range: items 0-24/3573`` (RFC 9110, 14.4); "" without one."""
    told: str = headers["Content-Range"] if "Content-Range" in headers else ""  # noqa: SIM401 — dear where it is missing
    return told.rpartition("/")[2].strip()


def _number(
    scopes: Scopes, headers: httpx.Headers, names: Sequence[str], header_names: Sequence[str]
) -> int | None:
    told = (headers[name] for name in header_names if name in headers)
    numbers = (whole_number(value) for value in chain(told, _values(scopes, names, HOLDERS)))
    return next((number for number in numbers if number is not None), None)


def _first_usable(
    scopes: Scopes,
    names: Sequence[str],
    holders: Sequence[tuple[str, ...]],
    usable: Callable[[Json], Json],
) -> Json:
    empty: Json = MISSING
    for found in _values(scopes, names, holders):
        value = usable(found)
        if value is not MISSING and value not in (None, ""):
            return value
        empty = value if empty is MISSING else empty
    return empty
