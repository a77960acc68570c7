"""When a walk goes on, where to, and when it ends: the rules of paging as tables.

The tables repeat the names that the documentation lists, on purpose: a name that is lost
from the code is missed here.
"""

from collections.abc import Callable, Mapping
from itertools import islice, product
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from errors import DoubtfulEndError, MappingError, PaginationError
from pagination import PaginationSettings, PaginationType, make_paginator
from paging.cursor_positions import is_counted
from paging.model import NO_SUCH_PAGE_AFTER_SHORT, Page, PageRequest, Progress
from paging.steps import NOTHING_LEARNT, Deciding, End, Experiment, Learnt, Step
from tests.deciding import decided, step_of
from tests.literals import Json

URL = "https://api.example.com/v2/things"
REQUEST = PageRequest(URL)

HOLDERS: tuple[tuple[str, ...], ...] = (
    (),
    ("meta",),
    ("pagination",),
    ("paging",),
    ("page",),
    ("page_info",),
    ("pageInfo",),
    ("response_metadata",),
    ("metadata",),
    ("_metadata",),
    ("meta", "pagination"),
    ("meta", "page"),
)
LINK_HOLDERS = (*HOLDERS, ("links",), ("_links",))
MORE_NAMES = (
    "has_more",
    "hasMore",
    "has_next",
    "hasNext",
    "has_next_page",
    "hasNextPage",
    "more",
    "more_available",
    "moreAvailable",
    "is_truncated",
    "isTruncated",
)
LAST_NAMES = (
    "is_last",
    "isLast",
    "is_last_page",
    "isLastPage",
    "last",
    "last_page",
    "lastPage",
)
NEXT_NAMES = (
    "next",
    "next_page",
    "nextPage",
    "next_url",
    "nextUrl",
    "next_page_url",
    "nextPageUrl",
    "next_link",
    "nextLink",
    "@odata.nextLink",
)
NEXT_CURSOR_NAMES = (
    "next_cursor",
    "nextCursor",
    "next_page_token",
    "nextPageToken",
    "next_token",
    "nextToken",
    "continuation_token",
    "continuationToken",
)
TOTAL_NAMES = (
    "total",
    "total_count",
    "totalCount",
    "total_results",
    "totalResults",
    "total_size",
    "totalSize",
    "total_items",
    "totalItems",
    "totalElements",
    "nbHits",
    "count",
)
TOTAL_PAGES_NAMES = (
    "total_pages",
    "totalPages",
    "nbPages",
    "page_count",
    "pageCount",
    "pages",
    "last_page",
    "lastPage",
)
CURSOR_NAMES = (
    "next_cursor",
    "nextCursor",
    "next_page_token",
    "nextPageToken",
    "next_token",
    "nextToken",
    "continuation_token",
    "continuationToken",
    "after_cursor",
    "afterCursor",
    "end_cursor",
    "endCursor",
    "next",
    "after",
    "cursor",
)
LINK_NAMES = (
    "@odata.nextLink",
    "next",
    "next_url",
    "nextUrl",
    "next_page_url",
    "nextPageUrl",
    "next_link",
    "nextLink",
    "nextRecordsUrl",
    "next_page",
    "nextPage",
)
OTHER_TYPES: tuple[Json, ...] = (None, "text", 7, 1.5, True, [], ["x"], [{"next": "x"}], {})


def page(
    rows: int, start: int = 0, *, headers: Mapping[str, str] | None = None, **envelope: Json
) -> Page:
    """A page of so many rows, their ids counted from ``start``, beside other keys."""
    items: list[Json] = [{"id": start + number} for number in range(rows)]
    return Page(URL, {"items": items, **envelope}, items, httpx.Headers(headers))


def bare(rows: int, start: int = 0, *, headers: Mapping[str, str] | None = None) -> Page:
    """A page that is a bare array."""
    items: list[Json] = [{"id": start + number} for number in range(rows)]
    return Page(URL, items, items, httpx.Headers(headers))


def within(holder: tuple[str, ...], name: str, value: Json) -> dict[str, Json]:
    """``{name: value}`` below the keys of a holder."""
    inside: dict[str, Json] = {name: value}
    for key in reversed(holder):
        inside = {key: inside}
    return inside


def paging(type: PaginationType = "offset", **changes: Any) -> PaginationSettings:  # noqa: A002, ANN401 — as the setting is called
    """Settings with pages of 10."""
    return PaginationSettings(**{"type": type, "page_size": 10, **changes})


def after(settings: PaginationSettings, *pages: Page, request: PageRequest = REQUEST) -> Step:
    """What is done after the last of these pages; every page before it led on."""
    paginator = make_paginator(settings)
    step = Step(Progress(), paginator.first(request))
    for number, one in enumerate(pages):
        assert step.next is not None, f"the walk ended before page {number + 1}"
        following = pages[number + 1] if number + 1 < len(pages) else None
        deciding = paginator.step(step.progress, step.next, one, step.learnt)
        step = believed(settled(deciding, one, following, step.progress.previous))
    return step


def believed(step: Step) -> Step:
    """A step that leaves nothing in doubt; raises what it does, as a walk in the end."""
    if step.doubt:
        raise step.doubt
    return step


def settled(
    deciding: Deciding, one: Page, following: Page | None, before: Page | None = None
) -> Step:
    """What experiments about a page lead to where the following page comes after it, or none."""

    def answer(experiment: Experiment) -> Page | None:
        if experiment.of in {"what the offset counts", "the end after a full page"}:
            return before
        if experiment.of == "what speaks of more":
            return one
        if experiment.of == "rows after an empty page" or following is None:
            return None
        rows = [one.rows[-1], *following.rows][: one.length]
        return Page(URL, {"items": rows}, one.rows if following.repeats(one) else rows)

    return decided(deciding, answer)[0]


def proved(settings: PaginationSettings, *pages: Page) -> None:
    """Walk, and ask for one row less where no cursor or link was seen: the size is heeded."""
    paginator = make_paginator(settings)
    step = after(settings, *pages)
    assert step.unproved
    body: Json = pages[0].body
    fewer: Json = pages[0].rows[:-1]
    other = Page(URL, {**body, "items": fewer}, fewer)
    proving = paginator.prove(paginator.first(REQUEST), pages[0], NOTHING_LEARNT)
    proof, asked = decided(proving, lambda _: other)
    assert asked
    believed(proof)


def goes_on(settings: PaginationSettings, *pages: Page) -> bool:
    """Whether the walk goes on after the last of these pages."""
    return after(settings, *pages).next is not None


def params(request: PageRequest | None) -> dict[str, str]:
    """The query of a request."""
    assert request is not None
    return dict(request.params)


COUNTED: tuple[PaginationType, ...] = ("offset", "page")
counted = pytest.mark.parametrize("type_", COUNTED)
sized = pytest.mark.parametrize("type_", ["offset", "page", "cursor", "next_link", "header_link"])
paged_by_link = pytest.mark.parametrize("type_", ["next_link", "header_link"])


# --- first requests ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(paging("none"), {}, id="none"),
        pytest.param(paging("offset"), {"offset": "0", "limit": "10"}, id="offset"),
        pytest.param(paging("page"), {"page": "1", "size": "10"}, id="page"),
        pytest.param(paging("page", start_page=0), {"page": "0", "size": "10"}, id="page from 0"),
        pytest.param(paging("offset", start_page=0), {"offset": "0", "limit": "10"}),
        pytest.param(paging("cursor"), {"limit": "10"}, id="cursor"),
        pytest.param(paging("next_link"), {}, id="next_link"),
        pytest.param(paging("header_link"), {}, id="header_link"),
        pytest.param(paging("header_link", size_param="per_page"), {"per_page": "10"}),
        pytest.param(paging("next_link", size_param="$top"), {"$top": "10"}),
        pytest.param(
            paging("offset", pagination_param="skip", size_param="top"), {"skip": "0", "top": "10"}
        ),
        pytest.param(
            paging("page", pagination_param="pageNumber", size_param="per_page", page_size=50),
            {"pageNumber": "1", "per_page": "50"},
        ),
        pytest.param(
            paging("cursor", pagination_param="page[after]", size_param="page[size]"),
            {"page[size]": "10"},
        ),
    ],
)
def test_the_first_request(settings: PaginationSettings, expected: dict[str, str]) -> None:
    """The first page is asked for with the names and numbers of the settings."""
    assert params(make_paginator(settings).first(REQUEST)) == expected


@pytest.mark.parametrize(
    ("settings", "own", "expected"),
    [
        pytest.param(paging("offset"), {"limit": "3"}, {"limit": "3", "offset": "0"}, id="size"),
        pytest.param(
            paging("offset"), {"offset": "20"}, {"offset": "20", "limit": "10"}, id="offset"
        ),
        pytest.param(paging("page"), {"page": "4"}, {"page": "4", "size": "10"}, id="page"),
        pytest.param(paging("cursor"), {"limit": "3"}, {"limit": "3"}, id="cursor's size"),
        pytest.param(paging("offset"), {"q": "x"}, {"q": "x", "offset": "0", "limit": "10"}),
    ],
)
def test_what_a_resource_asks_for_itself_stands(
    settings: PaginationSettings, own: dict[str, str], expected: dict[str, str]
) -> None:
    """A size or position in query_params wins over the settings."""
    request = PageRequest(URL, params=tuple(own.items()))

    assert params(make_paginator(settings).first(request)) == expected


@pytest.mark.parametrize(
    ("settings", "own", "expected"),
    [
        pytest.param(
            paging("offset"), {"offset": "20"}, {"offset": "30", "limit": "10"}, id="own offset"
        ),
        pytest.param(paging("page"), {"page": "4"}, {"page": "5", "size": "10"}, id="own page"),
    ],
)
def test_a_walk_goes_on_from_the_position_a_resource_asked_for(
    settings: PaginationSettings, own: dict[str, str], expected: dict[str, str]
) -> None:
    """Counting starts at the position in query_params."""
    request = PageRequest(URL, params=tuple(own.items()))

    assert params(after(settings, page(10), request=request).next) == expected


@counted
def test_a_full_page_is_one_as_long_as_the_resource_itself_asked_for(type_: PaginationType) -> None:
    """A size in query_params is what pages are measured by, not pageSize."""
    size = "limit" if type_ == "offset" else "size"
    request = PageRequest(URL, params=((size, "3"),))

    assert after(paging(type_), page(3), request=request).next is not None
    assert after(paging(type_), page(2), request=request).next is None


@pytest.mark.parametrize("position", ["abc", "1.5", "-1", ""])
@counted
def test_a_position_that_is_no_number_cannot_be_counted_on(
    type_: PaginationType, position: str
) -> None:
    """An offset or page in query_params that is no number is told, with the parameter's name."""
    name = "offset" if type_ == "offset" else "page"
    request = PageRequest(URL, params=((name, position),))

    with pytest.raises(PaginationError, match=name):
        after(paging(type_), page(10), request=request)


# --- positions ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        pytest.param([page(10)], 10, id="full page"),
        pytest.param([page(12)], 12, id="more than asked for"),
        pytest.param([page(10), page(10, 10)], 20, id="two pages"),
        pytest.param([page(5), page(5, 5), page(5, 10)], 15, id="three capped pages"),
        pytest.param([page(3, has_more=True)], 3, id="short page, and rows are hidden"),
        pytest.param(
            [page(10), page(4, 10, has_more=True), page(10, 14, has_more=True)], 24, id="uneven"
        ),
    ],
)
def test_offsets_advance_by_the_rows_received(pages: list[Page], expected: int) -> None:
    """A server's cap or an uneven page leaves no gap and repeats nothing."""
    assert params(after(paging("offset"), *pages).next)["offset"] == str(expected)


def test_an_offset_counts_on_from_nothing_by_the_size() -> None:
    """Where the API says "more" beside an empty first page, its rows are hidden."""
    assert params(after(paging("offset"), page(0, has_more=True)).next)["offset"] == "10"


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        pytest.param(PageRequest(f"{URL}?page=2"), True, id="a page"),
        pytest.param(
            PageRequest(f"{URL}?after=YXJyYXljb25uZWN0aW9uOjk="), True, id="a cursor that holds 9"
        ),
        pytest.param(PageRequest(f"{URL}?after=k9f0"), False, id="a cursor"),
        pytest.param(PageRequest(f"{URL}/2"), True, id="a page in the path"),
        pytest.param(PageRequest(f"{URL}/last"), False, id="another path"),
        pytest.param(PageRequest(URL, body={"from": {"row": 10}}), True, id="a row in the body"),
        pytest.param(PageRequest(URL, body={"from": "rec10x"}), False, id="a cursor in the body"),
    ],
)
def test_a_page_is_asked_for_by_its_position(later: PageRequest, *, expected: bool) -> None:
    """By a number that the first request does not have, wherever that stands, plain or held."""
    assert is_counted(REQUEST, later, Progress(pages=1, rows=10)) is expected


@pytest.mark.parametrize(
    ("start", "pages", "expected"),
    [
        pytest.param(1, [page(10)], 2, id="from 1"),
        pytest.param(0, [page(10)], 1, id="from 0"),
        pytest.param(1, [page(5), page(5, 5)], 3, id="capped pages"),
        pytest.param(1, [page(0, has_more=True)], 2, id="empty page with more"),
    ],
)
def test_pages_are_counted_one_by_one(start: int, pages: list[Page], expected: int) -> None:
    """The page number grows by one, whatever the length of the pages."""
    settings = paging("page", start_page=start)

    assert params(after(settings, *pages).next)["page"] == str(expected)


def test_the_number_of_a_page_counts_pages_of_one_size() -> None:
    """What another walk learns of sizes meanwhile does not change that of a walk under way."""
    learnt = Learnt(hides_rows=True, reach=2)
    sent = REQUEST.put("page", 3, "query").put("size", 5, "query")
    before = Progress(pages=2, rows=8, in_all=8, first=4, largest=4, total=22)

    step = step_of(make_paginator(paging("page")).step(before, sent, page(4, total=22), learnt))

    assert params(step.next) == {"page": "4", "size": "5"}


def test_hidden_rows_are_known_to_other_walks_with_how_far_pages_reach() -> None:
    """While that is still asked for, they would count on pages as long as asked for."""
    paginator = make_paginator(paging("offset"))
    deciding = paginator.step(Progress(), paginator.first(REQUEST), page(1, total=20))

    def answer(experiment: Experiment) -> Page:
        return page(int(params(experiment.request)["offset"] == "19"), 19, total=20)

    step, asked = decided(deciding, answer)

    assert asked
    assert not any(experiment.learnt.hides_rows for experiment in asked)
    assert (step.learnt.hides_rows, step.learnt.reach) == (True, 1)


@sized
def test_the_rest_of_the_request_stays(type_: PaginationType) -> None:
    """Method, headers and body of a resource go along with every page."""
    request = PageRequest(
        URL, "POST", (("q", "x"),), headers=(("X-Org", "1"),), body={"filter": {"a": 1}}
    )
    one = page(10, next_cursor="c", headers={"Link": f'<{URL}?page=2>; rel="next"'}, next=URL)

    following = after(paging(type_), one, request=request).next

    assert following is not None
    assert (following.method, following.headers, following.body) == (
        "POST",
        (("X-Org", "1"),),
        {"filter": {"a": 1}},
    )


# --- rule 1: configured paths ------------------------------------------------------------


HAS_MORE: dict[str, Json] = {"has_more_path": "state.more"}
LAST_PAGE: dict[str, Json] = {"last_page_path": "state.last"}


@pytest.mark.parametrize(
    ("configured", "one", "more"),
    [
        pytest.param(HAS_MORE, page(10, state={"more": True}), True, id="more, full"),
        pytest.param(HAS_MORE, page(3, state={"more": True}), True, id="more, short"),
        pytest.param(HAS_MORE, page(10, state={"more": False}), False, id="no more, full"),
        pytest.param(HAS_MORE, page(3, state={"more": False}), False, id="no more, short"),
        pytest.param(HAS_MORE, page(3, state={"more": "abc"}), True, id="a text is truthy"),
        pytest.param(HAS_MORE, page(3, state={"more": 2}), True, id="a number is truthy"),
        pytest.param(HAS_MORE, page(10, state={"more": 0}), False, id="zero is falsy"),
        pytest.param(HAS_MORE, page(10, state={"more": ""}), False, id="empty text is falsy"),
        pytest.param(HAS_MORE, page(10, state={"more": "false"}), False, id="'false' is falsy"),
        pytest.param(HAS_MORE, page(3, state={"more": None}), False, id="null, short"),
        pytest.param(HAS_MORE, page(3), False, id="absent, short"),
        pytest.param(HAS_MORE, page(5), False, id="absent, length like a cap"),
        pytest.param(HAS_MORE, page(0), False, id="absent, empty"),
        pytest.param(HAS_MORE, page(3, state=None), False, id="null on the way, short"),
        pytest.param(HAS_MORE, page(3, state=["more"]), False, id="array on the way, short"),
        pytest.param(LAST_PAGE, page(10, state={"last": True}), False, id="last, full"),
        pytest.param(LAST_PAGE, page(3, state={"last": True}), False, id="last, short"),
        pytest.param(LAST_PAGE, page(10, state={"last": False}), True, id="not last, full"),
        pytest.param(LAST_PAGE, page(3, state={"last": False}), True, id="not last, short"),
        pytest.param(LAST_PAGE, page(10, state={"last": "true"}), False, id="'true' is truthy"),
        pytest.param(LAST_PAGE, page(10, state={"last": "false"}), True, id="'false' is no end"),
        pytest.param(LAST_PAGE, page(3), False, id="last absent, short"),
        pytest.param(
            HAS_MORE | LAST_PAGE,
            page(3, state={"more": True, "last": True}),
            True,
            id="hasMorePath wins, more",
        ),
        pytest.param(
            HAS_MORE | LAST_PAGE,
            page(10, state={"more": False, "last": False}),
            False,
            id="hasMorePath wins, no more",
        ),
        pytest.param(
            HAS_MORE | LAST_PAGE,
            page(3, state={"last": False}),
            True,
            id="lastPagePath decides when hasMorePath finds nothing",
        ),
        pytest.param(
            HAS_MORE,
            page(10, state={"more": False}, has_more=True, total=99),
            False,
            id="over known signals: no more",
        ),
        pytest.param(
            HAS_MORE,
            page(3, state={"more": True}, has_more=False, total=3, next=None),
            True,
            id="over known signals: more",
        ),
        pytest.param(
            {"has_more_path": ".page < .pages"},
            replace(page(10, page=2, pages=2), found={".page < .pages": False}),
            False,
            id="a program found no more",
        ),
        pytest.param(
            {"has_more_path": ".page < .pages"},
            replace(page(3, page=1, pages=2), found={".page < .pages": True}),
            True,
            id="a program found more",
        ),
    ],
)
@counted
def test_a_configured_path_decides(
    type_: PaginationType, configured: dict[str, Json], one: Page, *, more: bool
) -> None:
    """Both hasMorePath and lastPagePath are heeded; absent on a short page is the end."""
    assert goes_on(paging(type_, **configured), one) is more


@pytest.mark.parametrize(
    ("configured", "remedy"),
    [
        pytest.param({"has_more_path": "meta.isLast"}, "lastPagePath", id="last as more"),
        pytest.param({"last_page_path": ".has_more"}, "hasMorePath", id="more as last"),
    ],
)
@counted
def test_a_path_that_means_the_opposite(
    type_: PaginationType, configured: dict[str, Json], remedy: str
) -> None:
    """A signal under the wrong setting, which would end every walk at once, is refused."""
    with pytest.raises(MappingError, match=remedy):
        make_paginator(paging(type_, **configured))


@counted
def test_a_path_that_once_spoke_may_fall_silent_on_the_last_page(type_: PaginationType) -> None:
    """APIs that send has-more only while there is more are walked to an empty page."""
    settings = paging(type_, has_more_path="more")

    assert goes_on(settings, page(10, more=True))
    assert goes_on(settings, page(10, more=True), page(3, 10))
    assert not goes_on(settings, page(10, more=True), page(3, 10), page(0, 13))
    assert goes_on(settings, page(10, more=True), page(10, 10))
    assert not goes_on(settings, page(10, more=True), page(10, 10), page(0, 20))


# --- rule 2: signals APIs commonly send --------------------------------------------------


def _places(names: tuple[str, ...], holders: tuple[tuple[str, ...], ...]) -> list[Any]:
    return [
        pytest.param(holder, name, id=".".join((*holder, name)))
        for holder, name in product(holders, names)
    ]


@pytest.mark.parametrize(("holder", "name"), _places(MORE_NAMES, HOLDERS))
def test_booleans_that_speak_of_more(holder: tuple[str, ...], name: str) -> None:
    """True leads on from a short page, false ends at a full one, in every known place."""
    yes, no = (within(holder, name, value) for value in (True, False))
    for settings in (paging("offset"), paging("page")):
        assert goes_on(settings, page(3, **yes))
        assert not goes_on(settings, page(10, **no))


@pytest.mark.parametrize(("holder", "name"), _places(LAST_NAMES, HOLDERS))
def test_booleans_that_speak_of_the_last_page(holder: tuple[str, ...], name: str) -> None:
    """False leads on from a short page, true ends at a full one, in every known place."""
    yes, no = (within(holder, name, value) for value in (True, False))
    for settings in (paging("offset"), paging("page")):
        assert goes_on(settings, page(3, **no))
        assert not goes_on(settings, page(10, **yes))


@pytest.mark.parametrize(("holder", "name"), _places(NEXT_NAMES, LINK_HOLDERS))
def test_next_markers(holder: tuple[str, ...], name: str) -> None:
    """A next marker leads on from a short page; null or empty ends at a full one.

    Not where none led on before: an API that is asked by number may leave it empty.
    """
    for settings in (paging("offset"), paging("page")):
        for marker in ("abc", URL, 2, {"href": URL}):
            assert goes_on(settings, page(3, **within(holder, name, marker)))
        for none in (None, "", False):
            led = page(10, **within(holder, name, "abc"))
            assert not goes_on(settings, led, page(10, 10, **within(holder, name, none)))
            assert goes_on(settings, page(10, **within(holder, name, none)))


@pytest.mark.parametrize(("holder", "name"), _places(NEXT_CURSOR_NAMES, HOLDERS))
def test_a_null_cursor_is_no_end_of_a_counted_walk(holder: tuple[str, ...], name: str) -> None:
    """A cursor leads on; without one, an API asked by position has said nothing of its end."""
    for settings in (paging("offset"), paging("page")):
        assert goes_on(settings, page(3, **within(holder, name, "abc")))
        assert goes_on(settings, page(10, **within(holder, name, None)))
        assert not goes_on(settings, page(3, **within(holder, name, None)))


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        pytest.param({"X-Next-Page": "2"}, True, id="GitLab"),
        pytest.param({"X-Next-Page": ""}, False, id="GitLab's last page"),
        pytest.param({"Link": '<?page=2>; rel="next"'}, True, id="GitHub"),
        pytest.param({"Link": '<?page=1>; rel="first prev"'}, False, id="GitHub's last page"),
        pytest.param({"Link": '<?page=1>; rel="first last"'}, False, id="GitLab's only page"),
        pytest.param({"Link": '<?page=2>; rel="next"; results="false"'}, False, id="Sentry"),
    ],
)
@counted
def test_next_markers_in_headers(
    type_: PaginationType, headers: dict[str, str], *, more: bool
) -> None:
    """Headers that name the next page are heeded, whatever the length of the page."""
    for length in (10, 3):
        assert goes_on(paging(type_), bare(length, headers=headers)) is more


@pytest.mark.parametrize(
    "header",
    [
        '<?s=1>; rel="self"',
        '</docs>; rel="help"',
        "nonsense",
        '<?page=1>; rel="first"',
        '<?page=1>; rel="first", <?page=3>; rel="last"',
    ],
)
@counted
def test_links_that_do_not_speak_of_the_end(type_: PaginationType, header: str) -> None:
    """A Link header without a next or previous page, or one both first and last, says nothing."""
    assert goes_on(paging(type_), bare(10, headers={"Link": header}))
    assert not goes_on(paging(type_), bare(3, headers={"Link": header}))


@pytest.mark.parametrize(("holder", "name"), _places(TOTAL_NAMES, HOLDERS))
def test_totals_of_rows(holder: tuple[str, ...], name: str) -> None:
    """A total beyond the rows received leads on, as a number or as digits."""
    for settings, total in product((paging("offset"), paging("page")), (7, "7")):
        told = within(holder, name, total)
        assert goes_on(settings, page(3, **told))
        assert goes_on(settings, page(3, **told), page(3, 3, **told))
        assert not goes_on(settings, page(3, **told), page(3, 3, **told), page(1, 6, **told))


@pytest.mark.parametrize(("holder", "name"), _places(TOTAL_PAGES_NAMES, HOLDERS))
def test_totals_of_pages(holder: tuple[str, ...], name: str) -> None:
    """A number of pages beyond those received leads on."""
    for settings in (paging("offset"), paging("page")):
        told = within(holder, name, 3)
        assert goes_on(settings, page(3, **told))
        assert goes_on(settings, page(3, **told), page(3, 3, **told))
        assert not goes_on(settings, page(3, **told), page(3, 3, **told), page(1, 6, **told))


@pytest.mark.parametrize("name", ["X-Total-Count", "X-Total", "X-WP-Total", "x-total-count"])
@counted
def test_totals_of_rows_in_headers(type_: PaginationType, name: str) -> None:
    """A bare array with its total in a header is walked to the end."""
    assert goes_on(paging(type_), bare(3, headers={name: "7"}))
    assert not goes_on(paging(type_), bare(3, headers={name: "3"}))


@pytest.mark.parametrize("name", ["X-Total-Pages", "X-WP-TotalPages"])
@counted
def test_totals_of_pages_in_headers(type_: PaginationType, name: str) -> None:
    """A bare array with its number of pages in a header is walked to the end."""
    assert goes_on(paging(type_), bare(3, headers={name: "2"}))
    assert not goes_on(paging(type_), bare(3, headers={name: "1"}))


@pytest.mark.parametrize("value", OTHER_TYPES, ids=repr)
@pytest.mark.parametrize("holder", sorted({holder[0] for holder in LINK_HOLDERS if holder}))
@counted
def test_a_holder_of_another_type_says_nothing(
    type_: PaginationType, holder: str, value: Json
) -> None:
    """Null, a text or an array where an object was expected neither ends nor prolongs a walk."""
    assert goes_on(paging(type_), page(10, **{holder: value}))
    assert not goes_on(paging(type_), page(3, **{holder: value}))


@pytest.mark.parametrize("value", [None, "maybe", 7, [], {}, {"a": 1}], ids=repr)
@pytest.mark.parametrize("name", [*MORE_NAMES, "is_last", "isLast", "is_last_page", "last"])
@counted
def test_a_boolean_of_another_type_says_nothing(
    type_: PaginationType, name: str, value: Json
) -> None:
    """Only what is true or false is believed where the name was not configured."""
    assert goes_on(paging(type_), page(10, **{name: value}))
    assert not goes_on(paging(type_), page(3, **{name: value}))


@pytest.mark.parametrize("value", [None, "many", "٣", -5, 3.5, True, [], [9], {}], ids=repr)
@pytest.mark.parametrize("name", [*TOTAL_NAMES, *TOTAL_PAGES_NAMES[:-2]])
@counted
def test_a_total_of_another_type_says_nothing(
    type_: PaginationType, name: str, value: Json
) -> None:
    """What is no whole number is no total."""
    assert goes_on(paging(type_), page(10, **{name: value}))
    assert not goes_on(paging(type_), page(3, **{name: value}))


@pytest.mark.parametrize(
    ("signals", "more"),
    [
        pytest.param({"has_more": True, "is_last": True}, True, id="booleans"),
        pytest.param({"has_more": False, "next": "x"}, True, id="marker against boolean"),
        pytest.param({"has_more": True, "next": None}, True, id="boolean against marker"),
        pytest.param({"next": None, "nextCursor": "x"}, True, id="markers"),
        pytest.param({"next": None, "meta": {"has_more": True}}, True, id="in other places"),
        pytest.param({"has_more": False, "meta": {"has_more": True}}, True, id="same name"),
        pytest.param({"next_cursor": None, "total": 25}, True, id="marker against total"),
        pytest.param({"next": None, "totalPages": 3}, True, id="marker against pages"),
        pytest.param({"last": False, "total": 3}, True, id="boolean against total"),
        pytest.param({"has_more": False, "next": None, "total": 3}, False, id="all say the end"),
    ],
)
@pytest.mark.parametrize("length", [10, 3])
@counted
def test_where_signals_disagree_more_wins(
    type_: PaginationType, length: int, signals: dict[str, Json], *, more: bool
) -> None:
    """One request too many costs nothing; a page too few would delete entities."""
    assert goes_on(paging(type_), page(length, **signals)) is more


@pytest.mark.parametrize(
    ("pages", "more"),
    [
        pytest.param([page(10, count=10)], True, id="count is the page's own length, full"),
        pytest.param([page(3, count=3)], False, id="count is the page's own length, short"),
        pytest.param([page(5, count=5)], False, id="count is the page's own length, like a cap"),
        pytest.param([page(10, total=0)], True, id="zero on a full page"),
        pytest.param([page(10, total=7)], True, id="less than a full page"),
        pytest.param([page(3, total=2)], False, id="less than a short page"),
        pytest.param([page(10, total=20), page(10, 10, total=20)], True, id="reached, page full"),
        pytest.param(
            [page(10, total=20), page(10, 10, total=20), page(0, 20)],
            False,
            id="then empty",
        ),
        pytest.param([page(10, total=15), page(5, 10, total=15)], False, id="reached, page short"),
        pytest.param([page(10, total=12), page(10, 10, total=12)], True, id="too small, page full"),
        pytest.param(
            [page(10, total=12), page(10, 10), page(4, 20)], True, id="too small, page short"
        ),
        pytest.param([page(10, total=99), page(4, 10, total=99)], True, id="too large, page short"),
        pytest.param([page(10, total=99), page(4, 10), page(0, 14)], True, id="too large, empty"),
        pytest.param([page(4, total=9), page(4, 4, total=9)], True, id="odd cap"),
        pytest.param([page(4, total=8), page(4, 4, total=8)], True, id="odd cap, reached and full"),
        pytest.param([page(10), page(10, 10, count=3)], True, id="only the first page's total"),
        pytest.param([page(10, totalPages=2), page(10, 10)], True, id="pages reached, page full"),
        pytest.param([page(10, totalPages=2), page(3, 10)], False, id="pages reached, page short"),
        pytest.param([page(3, totalPages=1)], False, id="one page"),
        pytest.param([page(10, totalPages=1)], True, id="one page, but it is full"),
    ],
)
@counted
def test_a_total_is_a_hint(type_: PaginationType, pages: list[Page], *, more: bool) -> None:
    """A total leads on, but a walk by totals ends only on a page that is not full."""
    assert goes_on(paging(type_), *pages) is more


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param([page(0, total=50)], id="all of it"),
        pytest.param([page(10, total=20), page(0, 10, total=20)], id="one page, then empty"),
        pytest.param([page(10, total=25), page(5, 10), page(0, 15)], id="one page, then short"),
        pytest.param([page(5, total=14), page(4, 5), page(0, 9)], id="one page of the cap's size"),
        pytest.param([page(10, total=20, next=None), page(0, 10)], id="though a marker says end"),
    ],
)
@counted
def test_a_total_of_which_just_a_page_is_missing(type_: PaginationType, pages: list[Page]) -> None:
    """It is followed to its last position; what is missing then is told and looked for again."""
    step = after(paging(type_), *pages)

    assert step.next is not None or (step.unsure and step.warning)


# --- rule 3: the size --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pages", "more"),
    [
        pytest.param([page(0)], False, id="empty page"),
        pytest.param([page(10)], True, id="full page"),
        pytest.param([page(11)], True, id="more than asked for"),
        pytest.param([page(9)], False, id="short first page"),
        pytest.param([page(1)], False, id="one row"),
        pytest.param([page(5)], False, id="a multiple of 5"),
        pytest.param([page(8)], False, id="a multiple of 8"),
        pytest.param([page(10), page(10, 10)], True, id="two full pages"),
        pytest.param([page(10), page(9, 10)], True, id="shorter than the largest"),
        pytest.param([page(10), page(5, 10)], True, id="shorter, though a multiple of 5"),
        pytest.param([page(5), page(5, 5)], True, id="as long as the cap"),
        pytest.param([page(5), page(4, 5)], True, id="shorter than the cap"),
        pytest.param([page(10), page(9, 10), page(10, 19)], True, id="full after a short one"),
        pytest.param([page(11), page(10, 11)], True, id="a longer first page"),
        pytest.param([page(10), page(9, 10), page(0, 19)], False, id="nothing after a short one"),
        pytest.param([page(5), page(7, 5)], True, id="longer than the largest"),
        pytest.param([page(10), page(12, 10), page(11, 22)], True, id="shorter than the longest"),
    ],
)
@counted
def test_without_signals_the_size_decides(
    type_: PaginationType, pages: list[Page], *, more: bool
) -> None:
    """A short first page ends, if it is not like a server's cap; later ones only an empty one."""
    assert goes_on(paging(type_), *pages) is more


@pytest.mark.parametrize(
    ("pages", "absent"),
    [
        pytest.param([page(10)], NO_SUCH_PAGE_AFTER_SHORT, id="full first page"),
        pytest.param([page(10), page(10, 10)], NO_SUCH_PAGE_AFTER_SHORT, id="full later page"),
        pytest.param([page(10), page(9, 10)], NO_SUCH_PAGE_AFTER_SHORT, id="short later page"),
        pytest.param([page(5), page(5, 5)], NO_SUCH_PAGE_AFTER_SHORT, id="as long as the cap"),
        pytest.param(
            [page(10), page(9, 10, has_more=True)], frozenset(), id="short, but more is told"
        ),
        pytest.param([page(10, total=45), page(9, 10)], frozenset(), id="short of a total"),
        pytest.param(
            [page(10, total=25), page(9, 10)],
            NO_SUCH_PAGE_AFTER_SHORT,
            id="short of a few rows of a total",
        ),
        pytest.param(
            [page(10, total=20), page(10, 10)],
            NO_SUCH_PAGE_AFTER_SHORT,
            id="all of a total, in full pages",
        ),
        pytest.param(
            [page(10, totalPages=2), page(10, 10)],
            NO_SUCH_PAGE_AFTER_SHORT,
            id="all pages that were told",
        ),
    ],
)
@counted
def test_a_page_after_which_a_refusal_is_the_end(
    type_: PaginationType, pages: list[Page], absent: frozenset[int]
) -> None:
    """After a page that may be the last one the API may say that there is no further one."""
    following = after(paging(type_), *pages).next

    assert following is not None
    assert following.absent_statuses == absent


@pytest.mark.parametrize(
    ("pages", "ahead"),
    [
        pytest.param([page(10)], 0, id="after one page"),
        pytest.param([page(10), page(9, 10)], 0, id="after a short one"),
        pytest.param([page(10, more=True), page(10, 10, more=True)], 0, id="more is told"),
        pytest.param([page(10, total=95), page(10, 10)], 8, id="a total is told"),
    ],
)
@counted
def test_pages_ahead(type_: PaginationType, pages: list[Page], ahead: int) -> None:
    """What a total tells of is asked for at once; signals of more, and guesses, are not enough."""
    settings = paging(type_)
    step = after(settings, *pages)
    assert step.next is not None

    following = list(make_paginator(settings).ahead(step.progress, step.next))

    assert len(following) == ahead
    assert not following or following[0].key == step.next.key


def test_page_numbers_without_any_signal_are_asked_for_by_two() -> None:
    """An offset may move by less than a page, so the page after the next is not known."""
    pages = [page(10), page(10, 10)]

    assert positions_ahead(paging("page"), *pages) == ["3", "4"]
    assert positions_ahead(paging("offset"), *pages) == []


@pytest.mark.parametrize("length", [2, 3, 4, 5, 8, 11, 33, 49, 50, 99])
@counted
def test_a_short_first_page_is_asked_about(type_: PaginationType, length: int) -> None:
    """Whether a small list or a server's limit: the last row is asked for, whatever the length."""
    paginator = make_paginator(paging(type_, page_size=100))
    sent = paginator.first(REQUEST)

    def deciding() -> Deciding:
        return paginator.step(Progress(), sent, page(length))

    asked = params(next(deciding()).request)
    if type_ == "offset":
        assert asked == {"limit": "100", "offset": str(length - 1)}
    elif length > 2:
        assert asked == {"size": str(length - 1), "page": "2"}
    else:
        assert asked == {"size": str(length), "page": "2"}
    nothing = settled(deciding(), page(length), None)
    more = settled(deciding(), page(length), page(length, length))
    assert nothing.next is None
    assert nothing.why is End.PROVED
    assert more.learnt.page_size == length
    assert params(more.next)["limit" if type_ == "offset" else "size"] == str(length)


@counted
def test_short_first_pages_are_asked_about_a_few_times(type_: PaginationType) -> None:
    """Only the longest, and a few as long as that, until a short page was followed by rows."""
    paginator = make_paginator(paging(type_, page_size=100))
    sent = paginator.first(REQUEST)
    learnt = Learnt()
    asked = 0
    for length in [30, *[7] * 50, *[30] * 50]:
        step, experiments = decided(
            paginator.step(Progress(), sent, page(length), learnt), lambda _: None
        )
        asked += bool(experiments)
        learnt = step.learnt
    uneven = replace(learnt, uneven=True)

    assert 3 < asked < 12
    assert list(islice(paginator.step(Progress(), sent, page(7), uneven), 1))


@counted
def test_the_length_counts_before_filters(type_: PaginationType) -> None:
    """A page of which data_path leaves little is as full as the API sent it."""
    body: Json = {"items": [{"id": 1}]}
    rows: list[Json] = [{"id": number} for number in range(10)]

    assert after(paging(type_), Page(URL, body, rows)).next is not None


@counted
def test_a_single_object_is_an_endpoint_without_paging(type_: PaginationType) -> None:
    """An object that is itself the item ends the walk, whatever its fields are called."""
    item: Json = {"id": 1, "next": "x", "has_more": True, "total": 50, "page": {"next": "y"}}

    assert after(paging(type_), Page(URL, item, [item], is_single=True)).next is None


# --- the same page twice -----------------------------------------------------------------


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param({}, id="no signal"),
        pytest.param({"total": 25}, id="total"),
        pytest.param({"has_more": True}, id="has_more"),
    ],
)
@counted
def test_a_position_the_api_does_not_heed(type_: PaginationType, signals: dict[str, Json]) -> None:
    """The same full page twice is an error that names the parameter and the setting."""
    with pytest.raises(PaginationError) as caught:
        after(paging(type_, pagination_param="pgae"), page(10, **signals), page(10, **signals))

    assert "'pgae'" in str(caught.value)
    assert "paginationParam" in str(caught.value)


@pytest.mark.parametrize("rows", [11, 25, 250])
@pytest.mark.parametrize("shape", [page, bare])
@counted
def test_an_endpoint_without_paging_ends_with_a_warning(
    type_: PaginationType,
    shape: Callable[[int], Page],
    rows: int,
) -> None:
    """The same page twice, not of pageSize, is the end, and is not yielded again."""
    step = after(paging(type_), shape(rows), shape(rows))

    assert step.next is None
    assert step.repeated
    assert step.warning is not None
    assert "pagination.type: none" in step.warning


@pytest.mark.parametrize("signals", [{"has_more": True}, {"total": 50}, {"next": "x"}], ids=repr)
@counted
def test_the_same_page_twice_although_there_is_more(
    type_: PaginationType, signals: dict[str, Json]
) -> None:
    """An API that tells of more rows, but repeats a capped page, is not complete: an error.

    By offset it may still be the first page's own reach, where rows are hidden; beyond, it is not.
    """
    with pytest.raises(PaginationError):
        after(paging(type_), *[page(5, **signals)] * 3)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        pytest.param([{"id": 1}] * 5, [{"id": 1}] * 5, True, id="equal rows"),
        pytest.param([{"id": 1, "at": 1}], [{"id": 1, "at": 2}], True, id="equal ids"),
        pytest.param([{"id": 1}], [{"id": 2}], False, id="other ids"),
        pytest.param([{"a": 1}], [{"a": 2}], False, id="other rows without ids"),
        pytest.param([1, 2], [1, 2], True, id="equal scalars"),
        pytest.param([1, 2], [2, 1], False, id="other scalars"),
        pytest.param([{"id": None, "a": 1}], [{"id": None, "a": 2}], False, id="null ids"),
        pytest.param([{"id": 1}, {"id": 2}], [{"id": 1}], False, id="part of it"),
    ],
)
@counted
def test_what_counts_as_the_same_page(
    type_: PaginationType, first: list[Json], second: list[Json], *, same: bool
) -> None:
    """Pages are the same by their ids, or by their rows where a row has none."""
    more = {"has_more_path": "more"} if not same else {}
    pages = [Page(URL, {"more": True, "items": rows}, rows) for rows in (first, second)]
    settings = paging(type_, page_size=len(first), **more)

    if same:
        with pytest.raises(PaginationError, match="same"):
            after(settings, *pages)
    else:
        assert not after(settings, *pages).repeated


@counted
def test_a_page_that_repeats_an_older_one_is_left_to_the_walk(type_: PaginationType) -> None:
    """Only two pages running are compared; a circle of requests is found by the requests."""
    assert goes_on(paging(type_), page(10), page(10, 10), page(10))


@counted
def test_pages_that_overlap(type_: PaginationType) -> None:
    """Pages that share most of their rows mean that the position counts something else."""
    assert goes_on(paging(type_), page(10), page(10, 9))
    with pytest.raises(PaginationError, match="paginationType"):
        after(paging(type_), page(10), page(10, 1))


# --- a total in a place of its own -------------------------------------------------------

TOTAL: dict[str, Json] = {"total_path": "found.rows"}


@pytest.mark.parametrize("told", [25, "25"], ids=repr)
@counted
def test_a_configured_total_is_believed_as_any_total(type_: PaginationType, told: Json) -> None:
    """A short page is not the end before the total, and the pages that follow are known."""
    settings = paging(type_, **TOTAL)
    first = page(10, found={"rows": told})
    step = after(settings, first)

    assert goes_on(settings, first, page(8, 10), page(7, 18)) is False
    assert goes_on(settings, first, page(8, 10)) is True
    assert step.next is not None
    assert len(list(make_paginator(settings).ahead(step.progress, step.next))) == 2


def test_a_configured_total_comes_before_the_known_places() -> None:
    """Where both tell a total, the one that was asked for counts."""
    settings = paging(**TOTAL)

    assert after(settings, page(10, found={"rows": 25}, total=99)).progress.total == 25


@pytest.mark.parametrize("type_", ["none", "offset", "page", "cursor", "next_link", "header_link"])
@pytest.mark.parametrize("rows", [0, 3])
def test_a_total_that_is_nowhere(type_: PaginationType, rows: int) -> None:
    """A path that no response of a list has is an error with the path and the keys there were."""
    with pytest.raises(PaginationError, match=r"totalPath 'found\.rows' found nothing") as caught:
        after(paging(type_, **TOTAL), page(rows, found=None, note="x"))

    assert "found, items, note" in str(caught.value)


@pytest.mark.parametrize("found", [True, [1], {"a": 1}, "many", 2.5, -1], ids=repr)
def test_a_total_that_is_no_number(found: Json) -> None:
    """What is no count is told with what it is."""
    with pytest.raises(PaginationError, match=r"totalPath 'found\.rows' found .* expected"):
        after(paging(**TOTAL), page(10, found={"rows": found}))


@pytest.mark.parametrize(
    ("settings", "one"),
    [
        pytest.param(
            paging(**TOTAL), Page(URL, {"id": 1}, [{"id": 1}], is_single=True), id="one item"
        ),
        pytest.param(paging(**TOTAL), Page(URL, None, []), id="no body"),
        pytest.param(
            paging("offset", **TOTAL).overridden({"type": "none"}),
            page(3),
            id="only the first page",
        ),
    ],
)
def test_where_no_total_is_needed(settings: PaginationSettings, one: Page) -> None:
    """What is no list, or is not to be walked, needs no total."""
    assert after(settings, one).next is None


# --- walks that do not end ---------------------------------------------------------------


@pytest.mark.parametrize("type_", ["offset", "page", "cursor", "next_link", "header_link"])
def test_empty_pages_with_more_for_ever(type_: PaginationType) -> None:
    """A few empty pages may be a filter, an endless row of them is an error."""
    settings = paging(type_, next_link_path="link" if type_ == "next_link" else None)

    def empty(number: int) -> Page:
        link = f"{URL}?at={number}"
        header = {"Link": f'<{link}>; rel="next"'}
        return page(0, has_more=True, next_cursor=f"c{number}", link=link, headers=header)

    assert goes_on(
        settings,
        page(
            3,
            has_more=True,
            next_cursor="c",
            link=f"{URL}?at=x",
            headers={"Link": f'<{URL}?at=x>; rel="next"'},
        ),
        *map(empty, range(3)),
    )
    with pytest.raises(PaginationError, match="empty"):
        after(settings, *map(empty, range(100)))


# --- cursor ------------------------------------------------------------------------------


@pytest.mark.parametrize(("holder", "name"), _places(CURSOR_NAMES, HOLDERS))
def test_cursors_in_known_places(holder: tuple[str, ...], name: str) -> None:
    """A cursor is found without cursorPath; null, empty or absent ends the walk."""
    first = page(10, **within(holder, name, "abc"))

    assert params(after(paging("cursor"), first).next) == {"limit": "10", "cursor": "abc"}
    for none in (None, ""):
        assert not goes_on(paging("cursor"), first, page(10, 10, **within(holder, name, none)))
    assert not goes_on(paging("cursor"), first, page(10, 10))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"paging": {"next": {"after": "abc"}}}, id="HubSpot"),
        pytest.param({"paging": {"cursors": {"after": "abc"}}}, id="Graph API"),
        pytest.param({"cursors": {"after": "abc"}}, id="cursors.after"),
        pytest.param({"cursor": {"next": "abc"}}, id="cursor.next"),
        pytest.param({"response_metadata": {"next_cursor": "abc"}}, id="Slack"),
        pytest.param({"links": {"next": URL}, "meta": {"after_cursor": "abc"}}, id="Zendesk"),
        pytest.param({"next": URL, "next_cursor": "abc"}, id="a URL is no cursor"),
        pytest.param({"next": None, "meta": {"next_cursor": "abc"}}, id="null elsewhere"),
    ],
)
def test_cursors_of_well_known_apis(body: dict[str, Json]) -> None:
    """The places of widespread APIs need no cursorPath."""
    assert params(after(paging("cursor"), page(10, **body)).next)["cursor"] == "abc"


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        pytest.param("meta.after_cursor", {"meta": {"after_cursor": "x"}}, "x", id="dot path"),
        pytest.param("odd.key", {"odd.key": "x"}, "x", id="literal key"),
        pytest.param(".items[-1].id", {}, "9", id="jq: last row's id"),
        pytest.param(".meta.after", {"meta": {"after": "x"}}, "x", id="plain jq"),
        pytest.param("at", {"at": 17}, "17", id="a number"),
        pytest.param("at", {"at": "x", "next_cursor": "y"}, "x", id="before known places"),
    ],
)
def test_cursor_path(path: str, body: dict[str, Json], expected: str) -> None:
    """The cursorPath is a literal key, a dot path or jq."""
    settings = paging("cursor", cursor_path=path, pagination_param="page[after]")

    assert params(after(settings, page(10, **body)).next)["page[after]"] == expected


@pytest.mark.parametrize(
    ("settings", "pages", "more"),
    [
        pytest.param(paging("cursor"), [page(3)], False, id="no cursor"),
        pytest.param(paging("cursor"), [page(0)], False, id="empty page"),
        pytest.param(paging("cursor"), [page(5)], False, id="no cursor, length like a cap"),
        pytest.param(paging("cursor"), [page(3, next_cursor="x")], True, id="short page"),
        pytest.param(paging("cursor"), [page(0, next_cursor="x")], True, id="empty, with cursor"),
        pytest.param(
            paging("cursor"), [page(3, has_more=False, next_cursor=None)], False, id="no more"
        ),
        pytest.param(paging("cursor"), [page(10, has_more=False)], False, id="full, but no more"),
        pytest.param(
            paging("cursor"), [page(3, has_more=False, next_cursor="x")], False, id="to no rows"
        ),
        pytest.param(
            paging("cursor"),
            [page(3, next_cursor="x"), page(0, has_more=False, next_cursor="y")],
            False,
            id="an empty page without more is the end, even with a cursor",
        ),
        pytest.param(paging("cursor", cursor_path="at"), [page(3)], False, id="path, short page"),
        pytest.param(
            paging("cursor", cursor_path="at"), [page(10, at=None)], False, id="path to null"
        ),
        pytest.param(
            paging("cursor", cursor_path="at"), [page(10, at="")], False, id="path to empty text"
        ),
        pytest.param(
            paging("cursor", cursor_path="at"),
            [page(10, at="x"), page(10, 10)],
            False,
            id="path silent on the last page",
        ),
        pytest.param(
            paging("cursor", has_more_path="more"),
            [page(10, more=False, next_cursor="x")],
            False,
            id="hasMorePath ends although there is a cursor",
        ),
        pytest.param(
            paging("cursor", last_page_path="done"),
            [page(10, done=True, next_cursor="x")],
            False,
            id="lastPagePath ends although there is a cursor",
        ),
        pytest.param(
            paging("cursor", last_page_path="done"),
            [page(3, done=False, next_cursor="x")],
            True,
            id="lastPagePath is false",
        ),
    ],
)
def test_where_cursor_walks_end(
    settings: PaginationSettings, pages: list[Page], *, more: bool
) -> None:
    """A cursor leads on; without one the walk ends."""
    assert goes_on(settings, *pages) is more


@pytest.mark.parametrize(
    ("settings", "body"),
    [
        pytest.param(paging("cursor"), {"has_more": True}, id="known boolean"),
        pytest.param(paging("cursor"), {"isLast": False}, id="known last"),
        pytest.param(paging("cursor"), {"has_more": True, "next_cursor": None}, id="null cursor"),
        pytest.param(paging("cursor", has_more_path="m"), {"m": True}, id="hasMorePath"),
        pytest.param(paging("cursor", last_page_path="l"), {"l": False}, id="lastPagePath"),
    ],
)
@pytest.mark.parametrize("rows", [10, 3])
def test_without_a_cursor_the_last_id_leads_on(
    settings: PaginationSettings, body: dict[str, Json], rows: int
) -> None:
    """In Stripe's style the last row's id is the cursor while there is more."""
    step = after(settings, page(rows, **body))

    assert params(step.next)["cursor"] == str(rows - 1)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([], id="no rows"),
        pytest.param([{"key": "a"}], id="no id"),
        pytest.param([{"id": None}], id="null id"),
        pytest.param([{"id": {"of": 1}}], id="id of another type"),
        pytest.param([{"id": True}], id="id is a boolean"),
        pytest.param(["a"], id="rows are scalars"),
    ],
)
def test_more_without_cursor_and_without_id(rows: list[Json]) -> None:
    """When there is more and nothing to go on from, the walk raises and names cursorPath."""
    body: Json = {"has_more": True, "things": rows}

    with pytest.raises(PaginationError, match="cursorPath") as caught:
        after(paging("cursor"), Page(URL, body, rows))

    assert "things" in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "pages"),
    [
        pytest.param(paging("cursor", cursor_path="mtea.next"), [page(10)], id="wrong cursorPath"),
        pytest.param(paging("cursor"), [page(10)], id="full page without any cursor"),
        pytest.param(paging("cursor"), [page(3, total=9)], id="total speaks of more"),
        pytest.param(
            paging("cursor"), [page(3, links={"next": URL})], id="a next link speaks of more"
        ),
        pytest.param(paging("cursor"), [page(3, next=URL)], id="a URL is no cursor"),
        pytest.param(paging("cursor"), [page(3, next="/things?page=2")], id="nor is a path"),
        pytest.param(
            paging("cursor", cursor_path="at"), [page(3, total=9)], id="path, total speaks of more"
        ),
        pytest.param(
            paging("cursor", cursor_path="at"), [page(3, next_cursor="x")], id="cursor elsewhere"
        ),
        pytest.param(
            paging("cursor", cursor_path="meta"), [page(3, meta={"next": "x"})], id="object"
        ),
        pytest.param(paging("cursor", cursor_path="meta"), [page(3, meta=["x"])], id="array"),
        pytest.param(paging("cursor", cursor_path="meta"), [page(3, meta=True)], id="boolean"),
        pytest.param(
            paging("cursor", cursor_path="at", has_more_path="more"), [page(10)], id="both paths"
        ),
    ],
)
def test_a_cursor_walk_in_doubt_raises(settings: PaginationSettings, pages: list[Page]) -> None:
    """A walk that would end although something speaks of more tells which path to correct."""
    with pytest.raises(PaginationError, match="cursorPath") as caught:
        proved(settings, *pages)

    assert "items" in str(caught.value) or "where a cursor was expected" in str(caught.value)


@pytest.mark.parametrize("body", [{}, {"at": None}, {"at": ""}], ids=str)
def test_a_configured_cursor_that_is_missing_although_there_is_more(body: dict[str, Json]) -> None:
    """Where cursorPath is set, has-more without a cursor is an error that names the path."""
    settings = paging("cursor", cursor_path="at", has_more_path="more")

    with pytest.raises(PaginationError, match="cursorPath 'at'"):
        after(settings, page(10, more=True, **body))


def test_a_full_page_that_is_all_there_is() -> None:
    """A collection of exactly pageSize rows that says so needs no cursor."""
    assert not goes_on(paging("cursor"), page(10, total=10))


def test_a_single_object_has_no_cursor() -> None:
    """An object that is itself the item is not searched for a cursor."""
    item: Json = {"id": 1, "next": "x", "cursor": "y", "has_more": True}

    assert after(paging("cursor"), Page(URL, item, [item], is_single=True)).next is None


# --- next_link ---------------------------------------------------------------------------


@pytest.mark.parametrize(("holder", "name"), _places(LINK_NAMES, LINK_HOLDERS))
def test_links_in_known_places(holder: tuple[str, ...], name: str) -> None:
    """A next link is found without nextLinkPath, as a text or below href; null ends the walk."""
    link = "https://api.example.com/v2/things?page=2"
    for found in (link, {"href": link}, "?page=2", "/v2/things?page=2"):
        step = after(paging("next_link"), page(10, **within(holder, name, found)))
        assert step.next is not None
        assert step.next.url == link
    for none in (None, "", {"href": None}):
        assert not goes_on(paging("next_link"), page(10, **within(holder, name, none)))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("a.b", {"a.b": "?at=2"}, id="literal key"),
        pytest.param("a.b", {"a": {"b": "?at=2"}}, id="dot path"),
        pytest.param("a.b", {"a": {"b": {"href": "?at=2"}}}, id="dot path to href"),
        pytest.param(".a.b", {"a": {"b": "?at=2"}}, id="plain jq"),
        pytest.param(".l[-1].url", {"l": [{}, {"url": "?at=2"}]}, id="jq: keys and indices"),
        pytest.param("a", {"a": "?at=2", "next": "?at=3"}, id="before known places"),
    ],
)
def test_next_link_path(path: str, body: dict[str, Json]) -> None:
    """The nextLinkPath is a literal key, a dot path or jq."""
    following = after(paging("next_link", next_link_path=path), page(3, **body)).next

    assert following is not None
    assert following.url == f"{URL}?at=2"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        pytest.param("?page=2", f"{URL}?page=2", id="query only"),
        pytest.param("/v2/things?page=2", f"{URL}?page=2", id="path"),
        pytest.param("/things?page=2", f"{URL}?page=2", id="path without that of the base URL"),
        pytest.param("/thing?page=2", "https://api.example.com/thing?page=2", id="another path"),
        pytest.param("/?page=2", "https://api.example.com/?page=2", id="the root"),
        pytest.param("/things?c=a%2Bb", f"{URL}?c=a%2Bb", id="such a path, encoded"),
        pytest.param("things?page=2", f"{URL}?page=2", id="relative path"),
        pytest.param("v2/things?page=2", f"{URL}?page=2", id="path without its first slash"),
        pytest.param("../v3/things", "https://api.example.com/v3/things", id="dot segments"),
        pytest.param("//api.example.com/x", "https://api.example.com/x", id="without scheme"),
        pytest.param("https://other.example/x?a=1", "https://other.example/x?a=1", id="absolute"),
        pytest.param(f"{URL}?c=a%2Bb%3D%3D", f"{URL}?c=a%2Bb%3D%3D", id="encoded"),
        pytest.param(f"{URL}?a=1;b=2&c=3,4", f"{URL}?a=1;b=2&c=3,4", id="semicolons and commas"),
    ],
)
@paged_by_link
def test_links_are_resolved_against_the_page(
    type_: PaginationType, link: str, expected: str
) -> None:
    """Relative links work as in a browser; whether the host may be asked is decided elsewhere."""
    one = page(3, next=link, headers={"Link": f'<{link}>; rel="next"'})

    following = after(paging(type_), one).next

    assert following is not None
    assert following.url == expected


@pytest.mark.parametrize(
    ("type_", "names"),
    [
        pytest.param("page", {"pagination_param": "p", "size_param": "p"}, id="both"),
        pytest.param("offset", {"pagination_param": "limit"}, id="the usual name of the size"),
        pytest.param("cursor", {"size_param": "cursor"}, id="the usual name of the cursor"),
    ],
)
def test_position_and_size_have_names_of_their_own(
    type_: PaginationType, names: dict[str, str]
) -> None:
    """One parameter for both would ask for page 100 of an API, which is empty."""
    with pytest.raises(MappingError, match=r"paginationParam is .*, and so is sizeParam"):
        make_paginator(PaginationSettings().overridden({"type": type_, **names}))


def test_a_position_may_have_the_name_of_a_size_that_is_not_sent() -> None:
    """What is not sent takes nothing's place, and links send no position."""
    make_paginator(PaginationSettings(type="offset", pagination_param="limit", sends_size=False))
    make_paginator(PaginationSettings(type="next_link", pagination_param="n", size_param="n"))


@pytest.mark.parametrize("rows", [4, 10])
def test_a_refused_size_settles_nothing_by_itself(rows: int) -> None:
    """APIs that take multiples of ten only refuse one row less; half of a full page they take.

    Or a few, so that one row is asked for at last.
    """
    settings = paging("next_link", size_param="limit", page_size=10)
    paginator = make_paginator(settings)
    only = page(rows)

    def proof(half: Page | None) -> Step:
        def answer(experiment: Experiment) -> Page | None:
            assert 400 in experiment.request.absent_statuses
            return half if params(experiment.request)["limit"] == "5" else None

        step, asked = decided(
            paginator.prove(paginator.first(REQUEST), only, NOTHING_LEARNT), answer
        )
        sizes = ["9", "5"] if half else ["9", "5", "1"] if rows == 10 else [str(rows - 1)]
        assert [params(one.request)["limit"] for one in asked] == sizes
        return step

    if rows < 10:
        assert "is taken for all" in (proof(None).warning or "")
        return
    assert proof(page(5, next="?page=2")).learnt.marked
    with pytest.raises(DoubtfulEndError, match="heeds the page size"):
        believed(proof(page(5)))
    with pytest.raises(DoubtfulEndError, match="had the 10 rows asked for"):
        believed(proof(None))


@paged_by_link
def test_a_link_is_resolved_against_where_the_page_came_from(type_: PaginationType) -> None:
    """After a redirect, a relative link belongs to the URL that answered."""
    moved = Page(
        "https://api.example.com/v9/moved",
        {"items": [1], "next": "?page=2"},
        [1],
        httpx.Headers({"Link": '<?page=2>; rel="next"'}),
    )

    following = after(paging(type_), moved).next

    assert following is not None
    assert following.url == "https://api.example.com/v9/moved?page=2"


@paged_by_link
def test_parameters_come_from_the_link_alone(type_: PaginationType) -> None:
    """A link holds every parameter: none is sent twice."""
    request = PageRequest(URL, params=(("q", "x"),))
    one = page(3, next="?q=x&page=2", headers={"Link": '<?q=x&page=2>; rel="next"'})

    following = after(paging(type_, size_param="per_page"), one, request=request).next

    assert following is not None
    assert following.params == ()
    assert following.url == f"{URL}?q=x&page=2"


@pytest.mark.parametrize(
    ("settings", "pages", "more"),
    [
        pytest.param(paging("next_link"), [page(3)], False, id="no link"),
        pytest.param(paging("next_link"), [page(0)], False, id="empty page"),
        pytest.param(paging("next_link"), [page(250)], False, id="an endpoint without paging"),
        pytest.param(paging("next_link"), [page(0, next="?p=2")], True, id="empty page with link"),
        pytest.param(
            paging("next_link", size_param="$top"),
            [page(10, next="?p=2"), page(10, 10)],
            False,
            id="no link on the last page, although it is full",
        ),
        pytest.param(paging("next_link", next_link_path="n"), [page(10, n=None)], False, id="null"),
        pytest.param(paging("next_link", next_link_path="n"), [page(10, n="")], False, id="empty"),
        pytest.param(paging("next_link", next_link_path="n"), [page(10, n=False)], False, id="no"),
        pytest.param(
            paging("next_link", has_more_path="m"), [page(3, m=False, next="?p=2")], False
        ),
        pytest.param(
            paging("next_link", last_page_path="l"), [page(3, l=True, next="?p=2")], False
        ),
        pytest.param(paging("next_link", has_more_path="m"), [page(3, m=True, next="?p=2")], True),
    ],
)
def test_where_walks_by_link_end(
    settings: PaginationSettings, pages: list[Page], *, more: bool
) -> None:
    """A link leads on; without one the walk ends."""
    assert goes_on(settings, *pages) is more


@pytest.mark.parametrize(
    ("settings", "pages"),
    [
        pytest.param(
            paging("next_link", next_link_path="nxet", size_param="top"), [page(10)], id="full page"
        ),
        pytest.param(
            paging("next_link", next_link_path="nxet"), [page(3, next="?p=2")], id="link elsewhere"
        ),
        pytest.param(
            paging("next_link", next_link_path="nxet"), [page(3, has_more=True)], id="has_more"
        ),
        pytest.param(paging("next_link", next_link_path="nxet"), [page(3, total=9)], id="total"),
        pytest.param(paging("next_link"), [page(3, has_more=True)], id="default, has_more"),
        pytest.param(paging("next_link"), [page(3, next=2)], id="default, a page number"),
        pytest.param(paging("next_link"), [page(3, total=9)], id="default, total"),
        pytest.param(
            paging("next_link", has_more_path="m"), [page(3, m=True)], id="hasMorePath, no link"
        ),
        pytest.param(paging("next_link", next_link_path="n"), [page(3, n=7)], id="a number"),
        pytest.param(paging("next_link", next_link_path="n"), [page(3, n=["?p"])], id="an array"),
        pytest.param(
            paging("next_link", next_link_path="n"), [page(3, n={"to": 1})], id="an object"
        ),
    ],
)
def test_a_walk_by_link_in_doubt_raises(settings: PaginationSettings, pages: list[Page]) -> None:
    """A walk that would end although something speaks of more tells which path to correct."""
    with pytest.raises(PaginationError, match="nextLinkPath"):
        proved(settings, *pages)


def test_a_single_object_has_no_next_link() -> None:
    """An object that is itself the item is not searched for a link."""
    item: Json = {"id": 1, "next": "/steps/2", "links": {"next": "/steps/2"}}

    assert after(paging("next_link"), Page(URL, item, [item], is_single=True)).next is None


# --- header_link -------------------------------------------------------------------------


NEXT = f"{URL}?page=2"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(f'<{NEXT}>; rel="next"', NEXT, id="next"),
        pytest.param(f"<{NEXT}>; rel=next", NEXT, id="without quotes"),
        pytest.param(f"<{NEXT}>;rel='next'", NEXT, id="single quotes"),
        pytest.param(f'<{NEXT}>; rel="NEXT"', NEXT, id="upper case"),
        pytest.param(f'<{NEXT}>; REL="next"', NEXT, id="parameter in upper case"),
        pytest.param(f'<{URL}?page=1>; rel="prev", <{NEXT}>; rel="next"', NEXT, id="after prev"),
        pytest.param(f'<{NEXT}>; rel="next", <{URL}?page=9>; rel="last"', NEXT, id="before last"),
        pytest.param(f'<{NEXT}>;rel="next",<{URL}?page=9>;rel="last"', NEXT, id="no spaces"),
        pytest.param(f'<{NEXT}>; rel="next last"', NEXT, id="several relations"),
        pytest.param(f'<{NEXT}>; title="a=b"; rel="next"', NEXT, id="equals sign in a parameter"),
        pytest.param(f'<{NEXT}>; title="a;b"; rel="next"', NEXT, id="semicolon in a parameter"),
        pytest.param(f'<{NEXT}>; cursor="ab=="; rel="next"', NEXT, id="cursor in base64"),
        pytest.param(f'<{NEXT}>; crossorigin; rel="next"', NEXT, id="parameter without value"),
        pytest.param(f'<{URL}?f=a;b&page=2>; rel="next"', f"{URL}?f=a;b&page=2", id="semicolon"),
        pytest.param(f'<{URL}?f=a,b&page=2>; rel="next"', f"{URL}?f=a,b&page=2", id="comma"),
        pytest.param('<?page=2>; rel="next"', NEXT, id="relative"),
        pytest.param(
            f'<{URL}?c=0>; rel="previous"; results="false"; cursor="0:0:1",'
            f' <{NEXT}>; rel="next"; results="true"; cursor="0:100:0"',
            NEXT,
            id="Sentry",
        ),
        pytest.param(
            f'<{NEXT}>; rel="next"; results="false"; cursor="0:100:0"', None, id="Sentry's end"
        ),
        pytest.param(f"<{NEXT}>; results=false; rel=next", None, id="Sentry's end, unquoted"),
        pytest.param(f'<{URL}?page=1>; rel="prev"', None, id="only prev"),
        pytest.param(f'<{URL}>; rel="self nextpage"', None, id="part of a word"),
        pytest.param(f"<{URL}?rel=next>", None, id="no relation"),
        pytest.param("", None, id="empty header"),
    ],
)
def test_link_headers(header: str, expected: str | None) -> None:
    """The next link is found in any well-formed Link header (RFC 8288), and in none else."""
    following = after(paging("header_link"), bare(10, headers={"Link": header})).next

    assert (following.url if following else None) == expected


def test_link_headers_on_several_lines() -> None:
    """An API may send one Link header for each link."""
    headers = httpx.Headers(
        [("Link", f'<{URL}?page=1>; rel="prev"'), ("Link", f'<{NEXT}>; rel="next"')]
    )

    following = after(paging("header_link"), Page(URL, [1], [1], headers)).next

    assert following is not None
    assert following.url == NEXT


def test_another_relation() -> None:
    """The headerLinkRel names the relation that leads on."""
    headers = {"Link": f'<{URL}?page=9>; rel="next", <{NEXT}>; rel="more-results"'}

    following = after(
        paging("header_link", header_link_rel="More-Results"), bare(3, headers=headers)
    ).next

    assert following is not None
    assert following.url == NEXT


def test_a_relation_that_is_not_there() -> None:
    """A headerLinkRel that misses the next page is told, with the relations there are."""
    headers = {"Link": f'<{NEXT}>; rel="next", <{NEXT}>; rel="last"'}

    with pytest.raises(PaginationError, match="next, last"):
        after(paging("header_link", header_link_rel="nxet"), bare(3, headers=headers))


@pytest.mark.parametrize(
    ("settings", "pages", "more"),
    [
        pytest.param(paging("header_link"), [bare(10)], False, id="no header"),
        pytest.param(paging("header_link", size_param="per_page"), [bare(10)], False, id="full"),
        pytest.param(paging("header_link"), [bare(0)], False, id="empty page"),
        pytest.param(
            paging("header_link"), [bare(0, headers={"Link": '<?p=2>; rel="next"'})], True
        ),
        pytest.param(
            paging("header_link"),
            [bare(10, headers={"Link": '<?p=2>; rel="next"'}), bare(10, 10)],
            False,
            id="no header on the last page",
        ),
        pytest.param(
            paging("header_link", last_page_path="l"),
            [page(3, l=True, headers={"Link": '<?p=2>; rel="next"'})],
            False,
            id="lastPagePath decides",
        ),
    ],
)
def test_where_walks_by_header_end(
    settings: PaginationSettings, pages: list[Page], *, more: bool
) -> None:
    """A link leads on; without one the walk ends."""
    assert goes_on(settings, *pages) is more


@pytest.mark.parametrize(
    ("settings", "one"),
    [
        pytest.param(paging("header_link"), page(3, has_more=True), id="has_more"),
        pytest.param(paging("header_link"), bare(3, headers={"X-Total-Count": "9"}), id="total"),
        pytest.param(paging("header_link", has_more_path="m"), page(3, m=True), id="hasMorePath"),
    ],
)
def test_a_missing_header_although_there_is_more(settings: PaginationSettings, one: Page) -> None:
    """A walk that would end although something speaks of more raises."""
    with pytest.raises(PaginationError):
        after(settings, one)


# --- none --------------------------------------------------------------------------------


MORE_TO_COME = [
    pytest.param(page(10, has_more=True), id="has_more"),
    pytest.param(page(10, isLast=False), id="not the last"),
    pytest.param(page(10, links={"next": "/x"}), id="next link"),
    pytest.param(page(10, total=25), id="total"),
    pytest.param(bare(10, headers={"X-Total-Count": "25"}), id="total in a header"),
    pytest.param(bare(10, headers={"Link": '<?p=2>; rel="next"'}), id="Link header"),
]


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(page(10), id="page"),
        pytest.param(bare(250), id="list"),
        pytest.param(page(0), id="empty page"),
        pytest.param(page(10, has_more=False, total=10, next=None), id="no more"),
    ],
)
def test_without_paging_one_page_is_read(one: Page) -> None:
    """One request, one page, and no complaint where nothing speaks of more."""
    step = after(paging("none"), one)

    assert step.next is None
    assert step.warning is None


@pytest.mark.parametrize("one", MORE_TO_COME)
def test_without_paging_an_answer_that_speaks_of_more_is_incomplete(one: Page) -> None:
    """An API that pages under an installation that does not is an error, not a first page."""
    with pytest.raises(PaginationError, match="paginationType"):
        after(paging("none"), one)


@pytest.mark.parametrize("one", MORE_TO_COME)
def test_a_resource_may_want_the_first_page_only(one: Page) -> None:
    """Where the resource itself says ``type: none``, one page is read, with a warning."""
    step = after(paging("page").overridden({"type": "none"}), one)

    assert step.next is None
    assert step.warning is not None


# --- send_in: body -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "body", "answer", "first", "second"),
    [
        pytest.param(
            paging("cursor", pagination_param="start_cursor", size_param="page_size"),
            {"filter": {"a": 1}},
            {"has_more": True, "next_cursor": "c1"},
            {"filter": {"a": 1}, "page_size": 10},
            {"filter": {"a": 1}, "page_size": 10, "start_cursor": "c1"},
            id="Notion",
        ),
        pytest.param(
            paging(
                "cursor",
                pagination_param="variables.after",
                size_param="variables.first",
                cursor_path="data.issues.pageInfo.endCursor",
                has_more_path="data.issues.pageInfo.hasNextPage",
            ),
            {"query": "query($after: String) { issues }", "variables": {"org": "x"}},
            {"data": {"issues": {"pageInfo": {"endCursor": "c1", "hasNextPage": True}}}},
            {
                "query": "query($after: String) { issues }",
                "variables": {"org": "x", "first": 10},
            },
            {
                "query": "query($after: String) { issues }",
                "variables": {"org": "x", "first": 10, "after": "c1"},
            },
            id="GraphQL",
        ),
        pytest.param(
            paging("offset", pagination_param="from", size_param="size"),
            {"query": {"match_all": {}}},
            {"total": 99},
            {"query": {"match_all": {}}, "from": 0, "size": 10},
            {"query": {"match_all": {}}, "from": 10, "size": 10},
            id="offset, as numbers",
        ),
        pytest.param(
            paging("page", pagination_param="paging.page", size_param="paging.size"),
            None,
            {},
            {"paging": {"page": 1, "size": 10}},
            {"paging": {"page": 2, "size": 10}},
            id="page, no body of its own",
        ),
        pytest.param(
            paging("page", pagination_param="paging.page", size_param="paging.size"),
            {"paging": {"page": 3, "size": 10}},
            {},
            {"paging": {"page": 3, "size": 10}},
            {"paging": {"page": 4, "size": 10}},
            id="page, own position",
        ),
        pytest.param(
            paging("page", pagination_param="paging.page", size_param="paging.size"),
            {"paging": None},
            {},
            {"paging": {"page": 1, "size": 10}},
            {"paging": {"page": 2, "size": 10}},
            id="null on the way",
        ),
    ],
)
def test_paging_in_the_body(
    settings: PaginationSettings,
    body: dict[str, Json] | None,
    answer: dict[str, Json],
    first: dict[str, Json],
    second: dict[str, Json],
) -> None:
    """With ``send_in: body`` the names are dot paths into the JSON body, and no parameters."""
    settings = replace(settings, send_in="body")
    request = PageRequest(URL, "POST", body=body)

    opening = make_paginator(settings).first(request)
    following = after(settings, page(10, **answer), request=request).next

    assert opening.body == first
    assert following is not None
    assert following.body == second
    assert opening.params == following.params == ()
    assert request.body == body, "the resource's own body is left alone"


# --- ahead -------------------------------------------------------------------------------


def positions_ahead(settings: PaginationSettings, *pages: Page) -> list[str]:
    """The positions that may be asked for ahead, after the last of these pages."""
    paginator = make_paginator(settings)
    step = after(settings, *pages)
    assert step.next is not None
    return [params(request)[settings.type] for request in paginator.ahead(step.progress, step.next)]


@pytest.mark.parametrize(
    ("settings", "pages", "expected"),
    [
        pytest.param(paging("offset"), [page(10, total=35)], ["10", "20", "30"], id="offset"),
        pytest.param(paging("offset"), [page(10, total=30)], ["10", "20"], id="offset, even"),
        pytest.param(paging("offset"), [page(5, total=17), page(5, 5)], ["10", "15"], id="capped"),
        pytest.param(paging("page"), [page(10, total=35)], ["2", "3", "4"], id="page"),
        pytest.param(paging("page", start_page=0), [page(10, total=35)], ["1", "2", "3"], id="0"),
        pytest.param(paging("page"), [page(10, totalPages=3)], ["2", "3"], id="pages"),
        pytest.param(
            paging("page"), [page(5, total=17), page(5, 5)], ["3", "4"], id="page, capped"
        ),
        pytest.param(
            paging("page"), [page(10, total=35), page(10, 10)], ["3", "4"], id="after page 2"
        ),
        pytest.param(paging("offset"), [page(10, total=35), page(10, 10)], ["20", "30"]),
        pytest.param(paging("offset"), [page(10)], [], id="no total"),
        pytest.param(paging("offset"), [page(10, count=10)], [], id="the page's own length"),
        pytest.param(paging("offset"), [page(10, total="many")], [], id="no number"),
        pytest.param(paging("page"), [bare(10, headers={"X-Total-Count": "15"})], ["2"]),
    ],
)
def test_pages_that_may_be_fetched_ahead(
    settings: PaginationSettings, pages: list[Page], expected: list[str]
) -> None:
    """When the API told its total, the positions of the other pages are known."""
    assert positions_ahead(settings, *pages) == expected


@counted
def test_what_is_fetched_ahead_is_what_comes_next(type_: PaginationType) -> None:
    """The first request ahead is the very request the walk makes next: nothing is fetched twice."""
    paginator = make_paginator(paging(type_))
    sent = paginator.first(PageRequest(URL, params=(("q", "x"),)))
    step = step_of(paginator.step(Progress(), sent, page(10, total=35)))

    assert step.next is not None
    assert next(paginator.ahead(step.progress, step.next)).key == step.next.key


@pytest.mark.parametrize("type_", ["none", "cursor", "next_link", "header_link"])
def test_only_counted_pages_are_fetched_ahead(type_: PaginationType) -> None:
    """Where each page names the next, nothing can be asked for before it."""
    one = page(10, total=99, next_cursor="x", next=NEXT, headers={"Link": f'<{NEXT}>; rel="next"'})
    paginator = make_paginator(paging().overridden({"type": type_}))
    sent = paginator.first(REQUEST)

    step = step_of(paginator.step(Progress(), sent, one))
    assert not list(paginator.ahead(step.progress, sent))


# --- no state ----------------------------------------------------------------------------


SIGNALS: st.SearchStrategy[dict[str, Json]] = st.fixed_dictionaries(
    {},
    optional={
        "has_more": st.booleans() | st.none(),
        "next": st.sampled_from([None, "", "abc", 7, NEXT]),
        "total": st.integers(-1, 60) | st.none(),
        "meta": st.sampled_from([None, [], {"is_last": True}, {"next_cursor": "abc"}]),
    },
)


@given(
    type_=st.sampled_from(["none", "offset", "page", "cursor", "next_link", "header_link"]),
    lengths=st.lists(st.integers(0, 12), min_size=1, max_size=5),
    signals=SIGNALS,
)
def test_a_paginator_keeps_no_state(
    type_: PaginationType, lengths: list[int], signals: dict[str, Json]
) -> None:
    """One paginator serves any number of walks at once: asked twice, it answers the same."""
    one, other = make_paginator(paging(type_)), make_paginator(paging(type_))
    sent, progress, start = one.first(REQUEST), Progress(), 0
    assert sent == one.first(REQUEST) == other.first(REQUEST)

    def outcome(paginator: Any, current: Page) -> Any:  # noqa: ANN401 — a step or an error
        try:
            step, asked = decided(paginator.step(progress, sent, current), lambda _: None)
            believed(step)
        except PaginationError as error:
            return str(error)
        return step, asked, list(paginator.ahead(step.progress, step.next or sent))

    for length in lengths:
        current = page(length, start, **signals)
        first = outcome(one, current)
        assert first == outcome(one, current) == outcome(other, current)
        if isinstance(first, str) or first[0].next is None:
            return
        sent, progress, start = first[0].next, first[0].progress, start + length


@given(
    type_=st.sampled_from(["none", "offset", "page", "cursor", "next_link", "header_link"]),
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["meta", "next", "total", "has_more", "paging", "links", "cursor", "x"]
                ),
                inner,
                max_size=4,
            )
        ),
    ),
    rows=st.integers(0, 12),
)
def test_any_body_gives_a_step_or_a_pagination_error(
    type_: PaginationType, body: Json, rows: int
) -> None:
    """Whatever an API sends beside its rows, no other error comes of it."""
    try:
        step = after(paging(type_), Page(URL, body, [{"id": number} for number in range(rows)]))
    except PaginationError:
        return
    assert step.progress.rows == rows


# --- signals beside a list that lies deep ---------------------------------------------------


def connection(rows: int, start: int = 0, **info: Json) -> Page:
    """A page of GraphQL's: ``pageInfo`` lies beside the nodes, below other objects."""
    nodes: list[Json] = [{"id": start + number} for number in range(rows)]
    holder: Json = {"nodes": nodes, "pageInfo": info}
    return Page(URL, {"data": {"viewer": {"id": 1, "things": holder}}}, nodes, holder=holder)


@pytest.mark.parametrize("type_", ["none", "next_link"])
def test_a_signal_beside_the_list_is_seen(type_: PaginationType) -> None:
    """More pages that a type does not lead to are an error, however deep that is said."""
    with pytest.raises(PaginationError, match="more"):
        after(paging(type_), connection(3, hasNextPage=True, endCursor="c"))


def test_a_cursor_beside_the_list_is_followed() -> None:
    """GraphQL's ``endCursor`` needs no cursorPath."""
    first = connection(10, hasNextPage=True, endCursor="c1")

    assert params(after(paging("cursor"), first).next)["cursor"] == "c1"
    assert not goes_on(paging("cursor"), first, connection(3, 10, hasNextPage=False))


def test_words_of_an_item_around_the_list_are_its_own() -> None:
    """What has an id is an item: its "total" or "last" says nothing about pages."""
    rows: list[Json] = [{"id": 1}, {"id": 2}]
    holder: Json = {"id": 7, "members": rows, "total": 90, "has_more": True}
    body: Json = {"data": {"team": holder}}

    assert after(paging("none"), Page(URL, body, rows, holder=holder)).warning is None


# --- APIs that name a next page for ever -----------------------------------------------------


@counted
def test_what_is_only_counted_on_ends_at_empty_pages(type_: PaginationType) -> None:
    """Datadog's ``next_offset`` is the offset plus the page size, at the end as well.

    https://docs.datadoghq.com/api/latest/incidents/
    """

    def counting(rows: int, number: int) -> Page:
        return page(rows, number * 10, meta={"pagination": {"next_offset": (number + 1) * 10}})

    pages = [counting(10, 0), counting(4, 1), *(counting(0, number) for number in (2, 3))]

    assert goes_on(paging(type_), *pages[:3])
    assert not goes_on(paging(type_), *pages)


@counted
def test_a_boolean_outlasts_empty_pages(type_: PaginationType) -> None:
    """Pages may be empty for a filter: only what leads on is taken to be computed."""
    said: dict[str, Json] = {"next_offset": 90, "has_more": True}
    pages = [page(10, **said), *(page(0, **said) for _ in range(6))]

    assert goes_on(paging(type_), *pages)


@paged_by_link
def test_a_link_on_an_empty_page_after_the_total(type_: PaginationType) -> None:
    """It leads nowhere; rows of the total that did not come by then may be hidden."""
    headers = {"Link": '</things?after=x>; rel="next"'}
    said: dict[str, Json] = {"next": "/things?after=x", "total": 14}
    full, rest, empty = (page(rows, headers=headers, **said) for rows in (10, 4, 0))

    short = after(paging(type_), full, empty)
    assert short.next is None
    assert short.unsure
    assert "a total of 14 rows, but gave 10" in (short.warning or "")
    with pytest.raises(DoubtfulEndError, match="a total of 31"):
        after(
            paging(type_),
            *(page(10, headers=headers, **said | {"total": 31}) for _ in range(2)),
            empty,
        )
    assert goes_on(paging(type_), full, rest)
    assert not goes_on(paging(type_), full, rest, empty)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        pytest.param("/rest/api/x?start=9", "/wiki/rest/api/x?start=9", id="below the context"),
        pytest.param("/wiki/rest/api/x?start=9", "/wiki/rest/api/x?start=9", id="with the context"),
        pytest.param("/wikis/x", "/wiki/wikis/x", id="another first word"),
        pytest.param("?start=9", "/v2/things?start=9", id="a query"),
    ],
)
def test_links_are_relative_to_the_base_beside_them(link: str, expected: str) -> None:
    """Confluence says in ``_links.base`` below which path its links are."""
    first = page(10, _links={"base": "https://elsewhere.example/wiki", "next": link})

    following = after(paging("next_link"), first).next

    assert following is not None
    assert httpx.URL(following.url) == httpx.URL(URL).join(expected)


# --- settings of one resource ------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, {"skip": "0", "top": "10"}, id="nothing changed"),
        pytest.param({"page_size": 3}, {"skip": "0", "top": "3"}, id="another size"),
        pytest.param({"type": "offset"}, {"skip": "0", "top": "10"}, id="the same type"),
        pytest.param({"type": "page"}, {"page": "1", "size": "10"}, id="another type's own names"),
        pytest.param({"type": "cursor", "size_param": "n"}, {"n": "10"}, id="a name for it"),
        pytest.param({"type": "none"}, {}, id="no paging"),
    ],
)
def test_a_resource_overrides_the_installation(
    changes: dict[str, Json], expected: dict[str, str]
) -> None:
    """A resource's own pagination goes on top; parameter names belong to their type."""
    installation = paging("offset", pagination_param="skip", size_param="top")

    assert params(make_paginator(installation.overridden(changes)).first(REQUEST)) == expected


# --- requests ----------------------------------------------------------------------------


def test_setting_a_parameter_replaces_it() -> None:
    """A parameter the walk sets appears once, in its place; the others stay as they were."""
    request = PageRequest(URL, params=(("page", "1"), ("tag", "a"), ("tag", "b"), ("page", "2")))

    assert request.put("page", 3, "query").params == (("page", "3"), ("tag", "a"), ("tag", "b"))
    assert request.put("size", 3, "query").params == (*request.params, ("size", "3"))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(PageRequest(URL, "POST"), id="method"),
        pytest.param(PageRequest(URL + "/x"), id="url"),
        pytest.param(PageRequest(URL, params=(("a", "1"),)), id="params"),
        pytest.param(PageRequest(URL, headers=(("A", "1"),)), id="headers"),
        pytest.param(PageRequest(URL, body={}), id="body"),
    ],
)
def test_requests_that_differ_have_different_keys(other: PageRequest) -> None:
    """A walk tells a repeated request from a new one by everything that is sent."""
    assert other.key != REQUEST.key
    assert PageRequest(URL).key == REQUEST.key
