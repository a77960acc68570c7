"""APIs that are well, and odd: every row and no error; and beside each, what must stay an error."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fault_api import Answer, Request
from tests.test_list_ends import LED, Api, Handler, is_all, outcome, paging


def rounding(api: Api) -> Handler:
    """An API that makes the size asked for a multiple of ten."""

    def handler(request: Request) -> Answer:
        size = -(-request.number("limit", 20) // 10) * 10
        others = tuple(pair for pair in request.query if pair[0] != "limit")
        return api(replace(request, query=(*others, ("limit", str(size)))))

    return handler


@pytest.mark.parametrize("style", LED)
async def test_a_full_page_where_sizes_are_made_round(style: str) -> None:
    """One row less gives the same page; half as many show where a marker stands, if it is right."""
    found = await outcome(rounding(Api(style, 20)), paging(style, 20))

    is_all(found, list(range(20)))
    mistaken = await outcome(rounding(Api("plain", 70)), paging(style, 20))
    assert "found nothing in any response" in mistaken.message
