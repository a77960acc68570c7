"""The table of known signals, as docs/pagination-reference.md shows it, from the code's names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from paging import signal_names as known

_HOLDERS: Final = "holders"
_HEADERS: Final = "headers"
_TOP: Final = "the top"


@dataclass(frozen=True)
class Signal:
    """A row: the names of one signal, where they are looked for, and what a value of one means."""

    title: str
    names: Sequence[str]
    place: str
    means: str


_WINS: Final = "; wins over the body"
_REPORT: Final = (
    "an answer of nothing but these, with an error among them, is no item but a failure"
)
NEXT_HEADERS: Final = ("X-Next-Page", "X-Has-Next-Page", "X-Has-More")
"""Examples: the rest of their names may be any."""
CURSOR_HEADERS: Final = ("X-Next-Cursor", "Next-Range", "x-ms-continuationtoken")
"""Examples, too."""
TOTAL_HEADERS: Final = ("X-Total-Count", "X-Total", "X-WP-Total", "Total-Count")
TOTAL_PAGES_HEADERS: Final = ("X-Total-Pages", "X-WP-TotalPages")
"""Examples: any name of a total may stand there."""
_ANY_HEADER: Final = "Any header whose name ends so, or in `next`, whatever stands before it"

SIGNALS: Final = (
    Signal(
        "more",
        known.MORE_NAMES,
        _HOLDERS,
        "a boolean: true is more, false is the end. Also `has_next`, `hasNextPage`, "
        "`more_available`",
    ),
    Signal(
        "last",
        known.LAST_NAMES,
        _HOLDERS,
        "a boolean: true is the end, false is more. Also `isLastPage`",
    ),
    Signal("cut", known.CUT_NAMES, _HOLDERS, "a boolean: true is more, false says nothing"),
    Signal(
        "next",
        known.NEXT_NAMES,
        _HOLDERS,
        "a value is more; null or empty is the end, for `page` and `offset` on a full page only "
        "where one led on before. Also with other words for a link or a number: "
        "`@odata.nextLink`, `next_page_uri`, `nextRecordsUrl`, `next_results`, `next_page_start`, "
        "`next_marker`",
    ),
    Signal(
        "next cursor",
        known.NEXT_CURSOR_NAMES,
        _HOLDERS,
        "a value is more; null or empty says nothing to `page` and `offset`. Also a token: "
        "`nextPageToken`, `continuation_token`",
    ),
    Signal(
        "cursor",
        known.CURSOR_NAMES,
        _HOLDERS,
        "`cursor`: the first that is a text or number, and no URL",
    ),
    Signal(
        "link",
        known.LINK_NAMES,
        _HOLDERS,
        "`next_link`: the first that is a text, or an object with `href`",
    ),
    Signal(
        "next header",
        NEXT_HEADERS,
        _HEADERS,
        f"a value is more; empty or false is the end. {_ANY_HEADER}",
    ),
    Signal(
        "next cursor header",
        CURSOR_HEADERS,
        _HEADERS,
        "a value is more, and the cursor of `cursor` without a path; empty says nothing. "
        "Also any name with `continuation` in it, or that ends in `cursor` or `bookmark`",
    ),
    Signal(
        "`Link` header",
        known.NEXT_RELATIONS,
        "relations in the header",
        "`next` is more; without it `prev`, or `last` that is `first`, is the end",
    ),
    Signal(
        "total",
        known.TOTAL_NAMES,
        _HOLDERS,
        "items in all; a number, or an object with one as `value`. Also names that say no more "
        "than total or count of what a list holds: `totalHits`, `num_found`, `result_count`",
    ),
    Signal(
        "total pages",
        known.TOTAL_PAGES_NAMES,
        _HOLDERS,
        "pages in all. Also `page_count`, `nbPages`",
    ),
    Signal(
        "total header",
        TOTAL_HEADERS,
        _HEADERS,
        f"items in all{_WINS}. Also `X-` or `X-PW-` and a name of a total",
    ),
    Signal("total pages header", TOTAL_PAGES_HEADERS, _HEADERS, f"pages in all{_WINS}"),
    Signal(
        "error",
        known.ERROR_NAMES,
        _TOP,
        "an answer that has one failed, whatever its status; see below",
    ),
    Signal("success", known.SUCCESS_NAMES, _TOP, "false: as above"),
    Signal(
        "incomplete",
        known.INCOMPLETE_NAMES,
        _HOLDERS,
        "a boolean: true is an answer in which items are missing; see below. Also "
        "`incomplete_search`, `partial_results`",
    ),
    Signal("report", known.REPORT_NAMES, _TOP, _REPORT),
    Signal(
        "first",
        known.FIRST_NAMES,
        _HOLDERS,
        "true in the first answer: `page` and `offset` do not ask for position 0. Also `is_first`, "
        "`first_page`",
    ),
    Signal(
        "previous",
        known.PREVIOUS_NAMES,
        _HOLDERS,
        "null or empty in the first answer: as above. Also `prev`, `previous_page`, `prevPageUrl`",
    ),
)
"""Every signal, in the order of the table."""
