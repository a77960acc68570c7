"""The names by which APIs commonly say whether there is more, how many, and how it went.

Tables, and first evidence only: a new API's word is one more entry, never a branch. A name stands
for all its spellings: `has_more`, `hasMore`, `HasMore`, `has-more`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import chain
from types import MappingProxyType

DEFAULT_NEXT_LINK_PATH = "@odata.nextLink"

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
NEXT_CURSOR_NAMES = (
    "next_cursor", "next_page_token", "next_token", "continuation_token", "continue",
)
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
# Each with all that says the same in other words: totalHits, num_found; result_count.
TOTAL_NAMES = ("total", "total_count", "count")
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
# What stands around a list and speaks of its pages, or says nothing.
PAGING = frozenset(
    (
        *chain.from_iterable((*NEXT_HOLDERS, *CURSOR_HOLDERS)), *CURSOR_NAMES, *LINK_NAMES,
        *NEXT_NAMES, *MORE_NAMES, *LAST_NAMES, *CUT_NAMES, *TOTAL_NAMES, *TOTAL_PAGES_NAMES,
        *FIRST_NAMES, *PREVIOUS_NAMES, "limit", "offset", "skip", "start", "start_at", "size",
        "page_size", "per_page", "self", "href", "url", "uri", "etag", "@odata.context", "jsonapi",
        "empty", "done",
    )
)
ENVELOPE = PAGING | {
    *ERROR_NAMES, *SUCCESS_NAMES, *INCOMPLETE_NAMES, "status", "code", "message", "object", "kind",
}
# fmt: on
# All that an object of these names holds speaks of pages.
_OF_PAGES = frozenset({"pagination", "paging", "page_info", "cursors", "links"})


# What says "total" or "count", and otherwise only that it counts what a list holds.
_LONGEST = 40  # letters of a name that is looked into
_ROWS = (
    "(?:count|number|num|nb|size|items?|results?|records?|rows?|entries|elements?|objects?|docs"
    "|documents|hits|matches|of|in|all|overall)*"
)
_TOTAL = re.compile(f"{_ROWS}totals?{_ROWS}|(?:num|nb|number)(?:found|hits|matches)")
_COUNT = re.compile(f"{_ROWS}count{_ROWS}")


def _squeezed(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


_SPELLED: Mapping[str, str] = MappingProxyType(
    {_squeezed(name): name for name in (*ENVELOPE, *WRAPPERS, *REPORT_NAMES, "id")}
)


@lru_cache(maxsize=4096)  # the same few keys come with every answer
def name_of(key: str) -> str:
    """The name of the tables that a key spells, "" where it spells none."""
    squeezed = _squeezed(key)
    if name := _SPELLED.get(squeezed):
        return name
    if len(squeezed) > _LONGEST:
        return ""
    if _TOTAL.fullmatch(squeezed):
        return "total_count"
    return "count" if _COUNT.fullmatch(squeezed) else ""


def is_of_paging(path: tuple[str, ...]) -> bool:
    """Whether the keys that lead to a place say that it speaks of pages."""
    *around, key = map(name_of, path)
    return key in PAGING or not _OF_PAGES.isdisjoint(around)
