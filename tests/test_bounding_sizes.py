"""A size that bounds the whole result, as OData's ``$top`` does, taken for the length of a page."""

from __future__ import annotations

import pytest

from tests.fault_api import Answer, Request
from tests.test_list_ends import LED, Api, End, Handler, is_all, outcome, paging, rows, some, told

PAGE = 20


def bounded(count: int) -> Handler:
    """A server's own pages of what the size leaves of a list; each link has what is left of it."""

    def things(request: Request) -> Answer:
        top, skip = request.number("$top", count), request.number("$skiptoken", 0)
        stop = min(skip + min(top, PAGE), count)
        query = f"$skiptoken={stop}&$top={top - PAGE}"
        leads = {"next": f"/things?{query}"} if stop < min(count, skip + top) else {}
        return told({"items": rows(skip, stop), **leads})

    return things


@pytest.mark.parametrize("count", [51, 250])
async def test_a_size_that_bounds_the_list(count: int) -> None:
    """The list ends after just so many rows, by pages of fewer: the rest is missing."""
    found = await outcome(bounded(count), paging("next_link", 50, size_param="$top"))

    assert "it bounds the list" in found.message, found.ids


async def test_a_size_that_bounds_a_shorter_list() -> None:
    """It is all there, and nothing is asked for."""
    found = await outcome(bounded(45), paging("next_link", 50, size_param="$top"))

    is_all(found, list(range(45)))
    assert found.requests == 3


@pytest.mark.parametrize(
    ("style", "end"), some(pytest.param(s, e) for s in LED for e in ("omitted", "null", "late"))
)
async def test_a_list_just_as_long_as_the_size(style: str, end: End) -> None:
    """Behind a server's limit: one more request tells that there is no more."""
    found = await outcome(Api(style, 50, cap=PAGE, end=end), paging(style, 50))

    is_all(found, list(range(50)))
    assert found.requests <= 6
