"""`queryParams` in whole resyncs: what is sent where."""

from __future__ import annotations

from tests.fault_api import FaultApi, Reply, Request, answer
from tests.resync import Installation, resource


async def test_they_go_with_every_request_but_the_login(
    api: FaultApi, installation: Installation
) -> None:
    """The first page, links that lack them and children carry them; the login does not."""

    def items(request: Request) -> Reply:
        more = request.param("after") is None
        link = f"{api.url}/items?after=1%2Fa" if more else None
        return answer({"items": [{"id": 2 - more}], "@odata.nextLink": link})

    api.serve("/login", answer({"token": "abcdefghijk"}))
    api.serve("/items", items)
    installation.settings |= {
        "pagination_type": "next_link",
        "query_params": {"api-version": "7", "site": "eu"},
        "auth_type": "custom",
        "custom_auth_request": {"endpoint": "/login"},
        "custom_auth_request_template": {"headers": {"Authorization": "Bearer {{.token}}"}},
    }
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == {"item/1", "item/2"}
    own = {"site": "eu", "api-version": "7"}
    for request in api.requests:
        sent = {name: value for name, value in request.query if name in own}
        assert sent == ({} if request.path == "/login" else own)
    assert {request.param("after") for request in api.requests} == {None, "1/a"}


async def test_a_resource_and_a_kind_win(api: FaultApi, installation: Installation) -> None:
    """A parameter that the selector or the kind names is sent once, with their value."""
    api.serve("/items", answer([{"id": 1}]))
    installation.settings |= {"query_params": {"v": "1", "site": "eu", "lang": ["en", "de"]}}
    installation.mapping = [resource("/items?site=us", query_params={"v": "2"})]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    (request,) = api.requests
    assert sorted(request.query) == [
        ("lang", "de"),
        ("lang", "en"),
        ("site", "us"),
        ("v", "2"),
    ]
