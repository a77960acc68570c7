"""A list behind a redirect, as one without its last slash is: it may drop what is asked for."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.fault_api import Answer, FaultApi, Request
from tests.test_list_ends import COUNTED, Api, Found, Handler, is_all, paging, read, some, told


async def redirected(api: Handler, style: str, size: int, *, keeps: bool) -> Found:
    """What comes of a list at ``/things/``, asked for at ``/things``."""

    def there(request: Request) -> Answer:
        query = "?" + urlencode(request.query) if keeps else ""
        return told(None, 301, {"Location": f"/things/{query}"})

    async with FaultApi() as server:
        server.serve("/things", there)
        server.serve("/things/", api)
        return await read(server, paging(style, size))


@pytest.mark.parametrize(
    ("style", "count", "size"),
    some(pytest.param(s, n, size) for n in (70, 21, 200) for s in COUNTED for size in (20, 100)),
)
async def test_a_redirect_that_drops_the_position(style: str, count: int, size: int) -> None:
    """The list is as long as a page of the API's own, which it is not where the redirect leads."""
    found = await redirected(Api(style, count, cap=20), style, size, keeps=False)

    assert "as it redirects to" in found.message, found.ids


@pytest.mark.parametrize(
    ("style", "count", "pages", "keeps"),
    some(
        pytest.param(style, count, pages, keeps)
        for style in COUNTED
        for count in (0, 1, 15, 20)
        for pages in (True, False)
        for keeps in (False, True)
    ),
)
async def test_a_list_that_is_all_there(style: str, count: int, pages: bool, keeps: bool) -> None:  # noqa: FBT001 (parameters)
    """One that does not page, or is no longer than its first page, is well behind a redirect."""
    api = Api(style if pages else "plain", count, cap=20, heeds_size=pages)

    for size in (20, 100):
        is_all(await redirected(api, style, size, keeps=keeps), list(range(count)))
