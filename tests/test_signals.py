"""What answers say of further pages and of missing rows, in every spelling there is."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest

from errors import PaginationError
from jq_engine.programs import jq_reason
from pagination import PaginationSettings, PaginationType, make_paginator
from paging import signal_names
from paging.error_reports import is_error_report, is_partial, reports_error
from paging.link_header import link_relations, unread_links
from paging.model import Page, PageRequest, Progress
from paging.scopes import scopes_of
from paging.signal_names import name_of
from paging.signals import Verdict, is_range, whole_number
from paging.steps import Step
from paging.totals import known_totals
from tests.deciding import decided
from tests.literals import Json

URL = "https://api.example.com/v2/things"
ROWS: list[Json] = [{"id": number} for number in range(3)]
HOSTILE = 100_000  # characters


def page(headers: Mapping[str, str] | None = None, *, status: int = 200, **beside: Json) -> Page:
    """A page of three rows beside other keys."""
    return Page(URL, {"rows": ROWS, **beside}, ROWS, httpx.Headers(headers), status=status)


def step(type_: PaginationType, one: Page) -> Step:
    """What is done after a first page."""
    paginator = make_paginator(PaginationSettings(type=type_, page_size=10))
    deciding = paginator.step(Progress(), paginator.first(PageRequest(URL)), one)
    step, _ = decided(deciding, lambda _: None)
    if step.doubt:
        raise step.doubt
    return step


# --- names -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            name
            for table, names in vars(signal_names).items()
            if table.endswith("_NAMES")
            for name in names
        }
    ),
)
def test_a_name_is_found_in_every_spelling(name: str) -> None:
    """Case, underscores and hyphens make no difference; every table spells a name alike."""
    words = name.split("_")
    pascal = "".join(word[:1].upper() + word[1:] for word in words)
    spelled = [name, name.upper(), name.replace("_", "-"), "".join(words), pascal, f"_{name}"]

    assert {name_of(key) for key in spelled} == {name}


@pytest.mark.parametrize("key", ["", "_", "users", "no_more", "next_steps", "ids", "total_price"])
def test_other_words_are_no_names(key: str) -> None:
    """What merely looks alike says nothing."""
    assert name_of(key) == ""


def test_two_spellings_of_one_name_both_count() -> None:
    """An object with ``links`` and ``_links`` loses neither."""
    body: Json = {"rows": ROWS, "links": {"next": None}, "_links": {"next": "/x?page=2"}}

    assert step("next_link", Page(URL, body, ROWS)).next is not None


# --- more --------------------------------------------------------------------------------

MORE = [
    pytest.param(page(HasMore=True), id="PascalCase"),
    pytest.param(page(None, **{"has-more": True}), id="hyphen"),
    pytest.param(page(NextToken="x"), id="a token in PascalCase"),
    pytest.param(page(TotalCount=55), id="a total in PascalCase"),
    pytest.param(page(Pagination={"Total": 55}), id="a holder in PascalCase"),
    pytest.param(page(Data={"Rows": ROWS, "HasMore": True}), id="a wrapper in PascalCase"),
    pytest.param(page(has_more=1), id="one"),
    pytest.param(page(has_more="true"), id="the text true"),
    pytest.param(page(isLastPage="False"), id="the text false"),
    pytest.param(page(isLast=0), id="zero"),
    pytest.param(page(total=55.0), id="a float"),
    pytest.param(page(total={"value": 55, "relation": "eq"}), id="Elasticsearch"),
    pytest.param(page(total_records=55), id="total_records"),
    pytest.param(page(totalRows=55), id="totalRows"),
    pytest.param(page(recordsTotal=55), id="recordsTotal"),
    pytest.param(page(numFound=55), id="Solr"),
    pytest.param(page(total_entries=55), id="total_entries"),
    pytest.param(page(resultCount=55), id="resultCount"),
    pytest.param(page(None, **{"@odata.count": 55}), id="OData"),
    pytest.param(page(None, status=200, **{"@s.nextLink": "/x"}), id="an annotation"),
    pytest.param(page(links=[{"rel": "next", "href": "/x"}]), id="HATEOAS"),
    pytest.param(page(info={"total": 60, "page": 1}), id="a total beside the number of a page"),
    pytest.param(page(link=[{"relation": "next", "url": "/x"}]), id="FHIR"),
    pytest.param(page(link={"@rel": "next", "@href": "/x"}), id="Atom"),
    pytest.param(page(link=[{"@rel": "self"}, {"@rel": "next", "@href": "/x"}]), id="Atoms"),
    pytest.param(page(None, status=200, **{"hydra:totalItems": 55}), id="Hydra"),
    pytest.param(page(None, status=200, **{"opensearch:totalResults": 55}), id="OpenSearch"),
    pytest.param(page(None, status=200, **{"@total": "55"}), id="an attribute of XML"),
    pytest.param(page(None, status=200, **{"$totalItems": 55}), id="a dollar"),
    pytest.param(page(has_additional=True), id="Quay"),
    pytest.param(page(blatt={"page": 1, "pages": 4}), id="pages in any object"),
    pytest.param(page(blatt={"currentPage": 0, "lastPage": 3}), id="the last page in any object"),
    pytest.param(page(range="0-2/62"), id="a range"),
    pytest.param(page({"X-Range": "items 0-2/62"}), id="a range in a header"),
    pytest.param(page(hasFurtherItems=True), id="further items"),
    pytest.param(page(blatt={"next": True, "prev": False}), id="next in any object"),
    pytest.param(page(blatt={"next": "abcdef12345"}), id="what is next in any object of pages"),
    pytest.param(page(blatt={"next": {"page": 2}}), id="an object of it"),
    pytest.param(page({"X-Next-Cursor": "x"}), id="a cursor in a header"),
    pytest.param(page({"X-More": "true"}), id="true in a header"),
    pytest.param(page({"X-List-Truncated": "True"}), id="a cut in a header"),
    pytest.param(page({"X-Acme-Last-Page": "false"}), id="not the last, in a header"),
    pytest.param(page({"More-Rows": "true"}), id="more of something in a header"),
    pytest.param(page({"Next-Range": "]x..; max=3"}, status=206), id="Heroku"),
    pytest.param(page({"Content-Range": "items 0-2/*"}, status=206), id="a part of something"),
    pytest.param(page({"Link": '/x?page=2; rel="next"'}), id="a next link that cannot be read"),
    pytest.param(page(truncated=True), id="truncated"),
    pytest.param(page(folge={"next": 1_764_478_800, "limit": 3}), id="a moment beside the rows"),
    pytest.param(page(folge={"next": "2026-12-01T00:00Z", "size": "3"}), id="a date beside them"),
    pytest.param(page(isPartial=True), id="isPartial"),
    pytest.param(page(paging_info={"next": 1_764_478_800}), id="a moment in what is of pages"),
]


@pytest.mark.parametrize("one", MORE)
def test_an_answer_that_speaks_of_more_is_not_all(one: Page) -> None:
    """Without paging it is an error, and for a counted walk a reason to go on."""
    with pytest.raises(PaginationError, match="there are more pages"):
        step("none", one)
    assert step("page", one).next is not None


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(page(last="2026-01-01", first="2025-01-01"), id="dates"),
        pytest.param(page(sync={"next": 1_764_478_800}), id="a moment"),
        pytest.param(page(sync={"next": "2026-12-01T00:00Z"}), id="a date"),
        pytest.param(
            page(sync={"next": 1_764_478_800, "limit": 60}), id="a moment beside a number"
        ),
        pytest.param(page(work={"next": "approval", "owner": "me"}), id="a step"),
        pytest.param(page(additional=True, remaining=True), id="something that is additional"),
        pytest.param(page(printed={"pages": 4}), id="pages of something else"),
        pytest.param(page(count=3, size=51234, total_cost=90), id="a size and a cost"),
        pytest.param(page(range="0-9/62", dates="1-3/2026"), id="other ranges"),
        pytest.param(page(total=5.5), id="a sum"),
        pytest.param(page(total=float("inf")), id="infinite"),
        pytest.param(page(total={"amount": 90}), id="an amount"),
        pytest.param(page(more=1, last=0, last_page="false"), id="words of many meanings"),
        pytest.param(page(has_more="perhaps", is_last=7), id="no booleans"),
        pytest.param(page(has_more=10**5000, is_last="1" * 5000), id="numbers of any length"),
        pytest.param(page(truncated=False, partial=False), id="not cut"),
        pytest.param(page(count=3, resultCount=3), id="the page's own length"),
        pytest.param(page(total=10**400, count="9" * 5000), id="no counts"),
        pytest.param(page(links=[{"rel": "self", "href": "/x"}, "next", {}]), id="other links"),
        pytest.param(page(team={"Id": 1, "Members": [1], "Total": 90}), id="another object"),
        pytest.param(page(data={"Id": 1, "Members": [1], "Total": 90}), id="an item with an Id"),
        pytest.param(page({"X-Next-Cursor": "", "Link": "nonsense"}), id="headers"),
        pytest.param(page({"X-Cut": "true", "More": "1", "X-Last": "yes"}), id="other truths"),
        pytest.param(page({"Content-Range": "bytes 0-811/812"}), id="bytes"),
        pytest.param(page({"Content-Range": "0-2/*"}), id="PostgREST"),
        pytest.param(
            page(_shards={"total": 60, "successful": 60, "skipped": 3, "failed": 0}),
            id="shards of an index",
        ),
    ],
)
@pytest.mark.parametrize("type_", ["none", "page", "offset", "next_link"])
def test_an_answer_that_does_not_speak_of_more_is_all(type_: PaginationType, one: Page) -> None:
    """What could mean something else is neither an error nor a reason for another request."""
    assert step(type_, one).next is None


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(page(total=60, has_more=False), id="a boolean"),
        pytest.param(page({"Link": '<?page=1>; rel="first last"'}, total=60), id="links"),
    ],
)
def test_a_total_beside_the_end_counts_hidden_rows(one: Page) -> None:
    """Without paging the first page is all then, whatever the total."""
    assert step("none", one).next is None


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(page(info={"per_page": 3, "all": 60}), id="beside the size in an object"),
        pytest.param(page(size=3, records=60), id="beside the list"),
        pytest.param(page(total_returned=3, total_matching=60), id="Datadog"),
        pytest.param(page(blatt={"total_rows": 60}), id="named after the list"),
    ],
)
def test_a_number_that_may_be_a_total_is_none_of_one_page(one: Page) -> None:
    """Beside the size of the page, and larger: without paging there is no other proof."""
    with pytest.raises(PaginationError, match="a total of 60"):
        step("none", one)


def test_an_item_may_have_any_word() -> None:
    """A body that is itself the one item is not searched, in whatever spelling."""
    item: Json = {
        "Id": 1,
        "Next": "/x",
        "HasMore": True,
        "Total": 9,
        "partial": True,
        "tags": ["a"],
    }
    one = Page(URL, item, [item], is_single=True)

    assert step("none", one).warning is None
    assert not is_partial(item, one.scopes, ".")


@pytest.mark.parametrize(
    ("status", "content_range", "expected"),
    [
        pytest.param(206, "", True, id="unsaid"),
        pytest.param(206, "items 0-19/55", True, id="the beginning"),
        pytest.param(206, "items 0-19/*", True, id="an unknown total"),
        pytest.param(206, "items 40-54/55", False, id="the end"),
        pytest.param(206, "items x-y/z", True, id="unreadable"),
        pytest.param(200, "items 0-19/*", False, id="another status"),
    ],
)
def test_a_range(status: int, content_range: str, *, expected: bool) -> None:
    """Partial Content is a part, unless it says that it reaches to the end."""
    headers = httpx.Headers({"Content-Range": content_range} if content_range else {})

    assert is_range(status, headers) is expected


def test_an_empty_part_is_the_end() -> None:
    """A walk over ranges ends, although every page of it has status 206."""
    headers = httpx.Headers({"Content-Range": "items */*"})

    assert Page(URL, [], [], headers, status=206).signal is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param({key: "/x?page=2"}, id=key)
        for key in ("nextPageLink", "NextLink", "nextlink", "Next", "next_results", "nextPage_url")
    ]
    + [
        pytest.param({"link": [{"relation": "next", "url": "/x?page=2"}]}, id="FHIR"),
        pytest.param({"Links": [{"rel": "self last Next", "href": "/x?page=2"}]}, id="HATEOAS"),
    ],
)
def test_a_next_link_is_followed(beside: dict[str, Json]) -> None:
    """The link is found in every spelling and in a list of links."""
    following = step("next_link", page(**beside)).next

    assert following is not None
    assert following.url == "https://api.example.com/x?page=2"


# --- counts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, 7),
        ("007", 7),
        (7.0, 7),
        (10**18 - 1, 10**18 - 1),
        ("9" * 18, 10**18 - 1),
        (10**18, None),
        (10**400, None),
        (1e300, None),
        ("9" * 5000, None),
        (-1, None),
        (7.5, None),
        (float("nan"), None),
        (float("-inf"), None),
        (True, None),
        ("٣", None),
        ("", None),
        ([7], None),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_whole_number(value: Json, expected: int | None) -> None:
    """Numbers and digits are counts; what nothing can have so many of is none."""
    assert whole_number(value) == expected


def test_a_total_in_a_header_may_have_spaces() -> None:
    """A header's total is read as it comes, and before that of the body."""
    headers = httpx.Headers({"Content-Range": "items 0-2/ 55"})

    assert known_totals(scopes_of({"total": 9}), headers).rows == 55


# --- rows that are missing ---------------------------------------------------------------


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param({"incomplete_results": True}, id="GitHub's search"),
        pytest.param({"incompleteSearch": True}, id="Google Drive"),
        pytest.param({"timed_out": True}, id="Elasticsearch"),
        pytest.param({"_shards": {"total": 5, "failed": 1}}, id="Elasticsearch's shards"),
        pytest.param({"meta": {"partialResults": "true"}}, id="in a holder"),
        pytest.param({"errors": ["shard 2 failed"]}, id="errors"),
        pytest.param({"Errors": [{"message": "x"}, {"severity": "info"}]}, id="not only warnings"),
        pytest.param({"error": "shard 2 failed"}, id="a text"),
        pytest.param({"error": {"code": 7}}, id="an object"),
        pytest.param({"error": True}, id="true"),
        pytest.param({"success": False}, id="no success"),
        pytest.param({"Ok": False}, id="not ok"),
        pytest.param({"data": [], "errors": [{"a": 0}]}, id="GraphQL"),
    ],
)
def test_an_answer_that_says_that_rows_are_missing(beside: dict[str, Json]) -> None:
    """Rows beside an error, or a word for incomplete, are not all of them."""
    one = page(**beside)

    assert is_partial(one.body, one.scopes, ".rows")


@pytest.mark.parametrize(
    ("beside", "data_path"),
    [
        pytest.param({"error": None, "errors": [], "success": True}, ".rows", id="all is well"),
        pytest.param({"errors": {"count": 0, "items": []}}, ".rows", id="an empty report"),
        pytest.param({"error": "none"}, ".rows", id="a text for none"),
        pytest.param({"error": "NO_ERROR", "fault": "NoError"}, ".rows", id="a name for none"),
        pytest.param({"errors": 3, "timed_out": 2}, ".rows", id="counts"),
        pytest.param({"errors": [{"level": "WARNING"}]}, ".rows", id="warnings"),
        pytest.param({"warnings": ["deprecated"]}, ".rows", id="other warnings"),
        pytest.param({"errors": [{"id": 1}]}, ".errors[]", id="errors are the items"),
        pytest.param({"errors": [{"id": 1}]}, ".rows + .errors", id="errors are items too"),
        pytest.param({"incomplete_results": False}, ".rows", id="complete"),
        pytest.param({"_shards": {"failed": 0}}, ".rows", id="no failed shard"),
        pytest.param({"partial_results": [1]}, ".rows", id="a list"),
    ],
)
def test_an_answer_that_is_whole(beside: dict[str, Json], data_path: str) -> None:
    """Counts, warnings and errors that are the data themselves say nothing of missing rows."""
    one = page(**beside)

    assert not is_partial(one.body, one.scopes, data_path)


def test_a_filter_on_errors_reads_none() -> None:
    """Only what data_path takes its items from is data, not what it asks of them."""
    one = page(error="shard 2 failed")

    assert is_partial(one.body, one.scopes, ".rows[] | select(.error == null)")


def test_an_error_report_in_any_spelling() -> None:
    """The report of an error is known in PascalCase as well."""
    report: Json = {"Success": False, "Message": "a bad day", "StatusCode": 500}

    assert reports_error(report)
    assert is_error_report(report)
    assert not is_error_report({**report, "Name": "an item"})


# --- Link headers ------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["UTF-8''next", "utf-8'en'n%65xt", "NEXT"])
def test_a_relation_in_extended_form(value: str) -> None:
    """RFC 8187's form of a parameter is read for a relation, too."""
    headers = httpx.Headers({"Link": f"<{URL}?page=2>; rel*={value}"})

    assert link_relations(headers)["next"]["url"] == f"{URL}?page=2"


@pytest.mark.parametrize(
    "header",
    [
        pytest.param('/x?page=2; rel="next"', id="without brackets"),
        pytest.param(f'<{URL}>; rel="prev", /x?page=2; rel="next"', id="one without brackets"),
        pytest.param(f'<{URL}>; rel="next', id="a quote that does not end"),
        pytest.param('/x?page=2>; rel="next"', id="half a bracket"),
        pytest.param("nonsense", id="no link at all"),
    ],
)
def test_a_link_header_that_cannot_be_read(header: str) -> None:
    """What is no link is not the end of a walk by Link headers."""
    with pytest.raises(PaginationError, match="cannot be read"):
        step("header_link", page({"Link": header}))


def test_a_next_link_is_enough() -> None:
    """Where the next link is readable, what stands beside it does not matter."""
    assert step("header_link", page({"Link": f'nonsense, <{URL}?p=2>; rel="next"'})).next


# --- hostile texts -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "unit", ["<", "<a>", "<a>;", "<a>; a=", '<a>;a="', "<a>;a='", '\\"', ";", " ", ' ; rel = "']
)
@pytest.mark.parametrize("start", ["", "<a>", '<a>;a="'])
def test_a_long_link_header_is_read_in_no_time(start: str, unit: str) -> None:
    """No header makes the reader try again from every place of it: that would take minutes."""
    headers = httpx.Headers({"Link": start + unit * (HOSTILE // len(unit))})

    assert "next" not in link_relations(headers)
    assert len(unread_links(headers)) <= HOSTILE + len(start)


def test_a_long_error_of_jq_is_read_in_no_time() -> None:
    """Nor does a message of jq, which may quote what an API sent."""
    message = "at <" * HOSTILE

    assert jq_reason(ValueError(message)) == message
