"""The names by which APIs commonly say whether there is more, how many, and how it went.

Tables, and first evidence only: a new API's word is one more entry, never a branch. A name stands
for all its spellings: `has_more`, `hasMore`, `HasMore`, `has-more`, `@search.has_more`.
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
    ("paging", "next"), ("paging", "cursors"), ("cursors",), ("cursor",), ("links",), ("link",),
)
# Whole answers that stand one level down.
WRAPPERS = ("data", "result")
MORE_NAMES = ("has_more", "more", "is_truncated")
LAST_NAMES = ("is_last", "last", "last_page")
# True they say that rows are left out; false, only that this page is whole.
CUT_NAMES = ("truncated", "partial", "is_partial", "exceeded_transfer_limit")
# A cursor says more when it is there. Empty it only says that there is no cursor, as an API
# that is paged by number or offset may do on every page.
NEXT_CURSOR_NAMES = ("next_cursor", "continue", "next_page_id")
LINK_NAMES = ("next", "next_url", "next_page")
NEXT_NAMES = (*LINK_NAMES, "next_offset")
CURSOR_NAMES = (
    *NEXT_CURSOR_NAMES, "after_cursor", "end_cursor", "next", "after", "cursor",
)
TOTAL_NAMES = ("total", "total_count", "count")
TOTAL_PAGES_NAMES = ("total_pages", "pages", "last_page")
NEXT_RELATIONS = ("next", "prev", "previous", "first", "last")
ERROR_NAMES = ("error", "errors", "error_message", "error_messages", "fault")
SUCCESS_NAMES = ("ok", "success")
# What an error report is made of: an object with any other key is an item that had an error.
REPORT_NAMES = (
    *ERROR_NAMES, *SUCCESS_NAMES, "message", "code", "status", "status_code", "detail", "details",
    "title", "type", "timestamp", "path", "reason", "request_id", "errcode", "errmsg",
    "msg", "stat",
)
# GitHub's search, Google Drive, Elasticsearch: rows are missing, and no page will bring them.
INCOMPLETE_NAMES = ("incomplete_results", "incomplete", "timed_out")
FIRST_NAMES = ("first",)
YES_OR_NO = frozenset((*MORE_NAMES, *LAST_NAMES, *CUT_NAMES, *INCOMPLETE_NAMES, *FIRST_NAMES))
PREVIOUS_NAMES = ("previous",)
# What stands around a list and speaks of its pages, or says nothing.
PAGING = frozenset(
    (
        *chain.from_iterable(HOLDERS), *CURSOR_NAMES, *LINK_NAMES,
        *NEXT_NAMES, *MORE_NAMES, *LAST_NAMES, *CUT_NAMES, *TOTAL_NAMES, *TOTAL_PAGES_NAMES,
        *FIRST_NAMES, *PREVIOUS_NAMES, "limit", "offset", "skip", "start", "start_at", "size",
        "page_size", "per_page", "current_page", "page_number", "self", "href", "url", "uri",
        "etag", "@odata.context", "jsonapi", "empty", "is_empty", "done",
    )
)
ENVELOPE = PAGING | {
    *ERROR_NAMES, *SUCCESS_NAMES, *INCOMPLETE_NAMES, "status", "code", "message", "object", "kind",
}
# fmt: on
# All that an object of these names holds speaks of pages.
_OF_PAGES = frozenset(
    ("pagination", "paging", "page_info", "cursors", "links", *NEXT_NAMES, *PREVIOUS_NAMES)
)


# What says the same as a name in other words: totalHits, num_found, nextRecordsUrl. A total or
# count otherwise says only that it counts what a list holds.
_LONGEST = 40  # letters of a name that is looked into
_ROWS = (
    "(?:count|number|num|nb|size|items?|results?|records?|rows?|entries|elements?|objects?|docs"
    "|documents|hits|matches|found|of|in|all|overall)*"
)
_MEANT = re.compile(
    "(?P<has_more>hasnext(?:page)?|moreavailable)"
    "|(?P<is_last>islastpage)"
    "|(?P<next_cursor>(?:next(?:continuation)?|continuation)token"
    "|nextpage(?!url|uri|link|href|offset|start|marker|results|records).+)"
    r"|(?P<next_url>next(?:page|records)?(?:url|uri|link|href)|nextresults)"
    "|(?P<next_offset>next(?:page)?(?:offset|start|marker))"
    "|(?P<pagination>(?:.*pag(?:ing|ination)|page(?=.))(?:info|meta(?:data)?|details?|state)?)"
    "|(?P<previous>prev(?:ious)?(?:page)?(?:url|uri|link|href|offset|start|cursor|token)?)"
    "|(?P<first>(?:is)?first(?:page)?)"
    "|(?P<page_number>page(?:no|num|nr|index))|(?P<start>from|start(?:index|row|record|position))"
    "|(?P<total_pages>nbpages|pages?count)"
    "|(?P<incomplete_results>incomplete(?:search|data)|partial(?:results?|data))"
    f"|(?P<total_count>{_ROWS}totals?(?:available)?{_ROWS}|(?:num|nb|number)(?:found|hits|matches))"
    f"|(?P<count>{_ROWS}count{_ROWS})"
)

_WHOSE = re.compile(r"[.:@$]")
# A key that begins so asks whether there is more, whatever of: has_more_rows, moreRecords.
_ASKS_MORE = re.compile(
    r"(?:(?:has|have|is|are|any)_?)?more(?:_|$)|has_?(?:next|additional|further|remaining)(?:_|$)"
)
_LEADS_BACK = re.compile(r"prev|before|first|self|last|back|current")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|-")


def _squeezed(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


_SPELLED: Mapping[str, str] = MappingProxyType(
    {_squeezed(name): name for name in (*ENVELOPE, *WRAPPERS, *REPORT_NAMES, "id")}
)


@lru_cache(maxsize=4096)  # the same few keys come with every answer
def name_of(key: str) -> str:
    """The name of the tables that a key spells, "" where it spells none."""
    squeezed = _squeezed(key)
    name = _SPELLED.get(squeezed)
    if name is None:  # @odata.count, hydra:totalItems: what stands before says whose word it is
        squeezed = _WHOSE.split(squeezed)[-1]
        # JSON-LD's @id is where the answer itself is.
        name = _SPELLED.get(squeezed) if squeezed != "id" or "." in key else None
    if name:
        return name
    meant = _MEANT.fullmatch(squeezed) if len(squeezed) <= _LONGEST else None
    return meant.lastgroup or "" if meant else ""


def asks_more(key: str) -> bool:
    """Whether a key asks whether there is more, whatever of: ``has_more_rows``, ``MoreResults``."""
    return _ASKS_MORE.match(in_snake_case(key)) is not None


def leads_back(key: str) -> bool:
    """Whether a key is of what came before, or of the answer itself."""
    return _LEADS_BACK.search(key.lower()) is not None


def in_snake_case(key: str) -> str:
    """A key's words in lower case, with ``_`` between them."""
    return _WORD_START.sub("_", key).lower()


@lru_cache(maxsize=1024)  # the same few names come with every answer
def asked_by(header: str) -> str:
    """The name of a yes or no that the name of a header ends in, or ""."""
    words = header.lower().split("-")
    ends = ["-".join(words[at:]) for at in range(len(words))]
    asked = (name for end in ends if (name := "has_more" if asks_more(end) else name_of(end)))
    return next((name for name in asked if name in YES_OR_NO), "")


def is_of_paging(path: tuple[str, ...]) -> bool:
    """Whether the keys that lead to a place say that it speaks of pages."""
    *around, key = map(name_of, path)
    return key in PAGING or not _OF_PAGES.isdisjoint(around)
