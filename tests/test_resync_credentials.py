"""Whole resyncs of APIs that want to know who asks: signing, logins, and their failures."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests import fault_api
from tests.fault_api import (
    Answer,
    FaultApi,
    Handler,
    Reply,
    Request,
    answer,
    pages,
    redirect,
    text,
)
from tests.resync import Installation, resource
from tests.world import (
    LOGIN,
    PAGED,
    World,
    assert_nothing_lost,
    entities,
    named,
)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"auth_type": "bearer_token", "api_token": "wrong"}, id="bearer"),
        pytest.param({"auth_type": "basic", "username": "me", "password": "wrong"}, id="basic"),
        pytest.param({"auth_type": "api_key", "api_key": "wrong"}, id="key"),
    ],
)
async def test_wrong_credentials_are_tried_once(
    api: FaultApi, installation: Installation, settings: dict[str, object]
) -> None:
    """A 401 with credentials that never change is final: one request and no more."""
    api.serve("/items", answer({"error": "who are you?"}, 401))
    installation.settings |= {**settings, "max_retry_wait": 60}
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert not outcome.complete
    assert "401" in outcome.message
    assert "credentials" in outcome.message
    assert len(api.requests) == 1


async def test_a_challenge_that_repeats_the_token_is_redacted(
    api: FaultApi, installation: Installation
) -> None:
    """Before it is cut: a part of the token is not in the error either."""
    token = "a-token-that-is-quite-long-0123456789"
    challenge = f'Bearer realm="things", given="{token}"'
    api.serve("/items", answer({"error": "who are you?"}, 401, WWW_Authenticate=challenge))
    installation.settings |= {"auth_type": "bearer_token", "api_token": token}
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert 'WWW-Authenticate: Bearer realm="things"' in outcome.message
    assert token[:6] not in outcome.message


IN_QUERY: dict[str, object] = {
    "auth_type": "api_key",
    "api_key": "k&y é",
    "api_key_param": "access key",
    "pagination_type": "next_link",
}


@pytest.mark.parametrize("repeated", ["", "&access%20key=k%26y+%C3%A9", "&access+key=other"])
@pytest.mark.parametrize("moved", [False, True], ids=["here", "moved"])
async def test_a_key_in_the_query_is_sent_once(
    api: FaultApi, installation: Installation, repeated: str, *, moved: bool
) -> None:
    """Links and redirects may lack the key or repeat it: each request carries it once."""

    def items(request: Request) -> Reply:
        page = request.number("page", 1)
        if [value for name, value in request.query if name == "access key"] != ["k&y é"]:
            return answer({"error": "who are you?"}, 401)
        if moved and request.path == "/items":
            return redirect(f"/moved?page={page}{repeated}")
        following = f"/items?page={page + 1}{repeated}" if page < 3 else None
        return answer({"items": named(page), "next": following})

    api.serve("/items", items)
    api.serve("/moved", items)
    installation.settings |= IN_QUERY
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", 1, 2, 3)
    assert "x-api-key" not in api.requests[0].headers
    assert not [text for text in ("k&y", "k%26y") if text in outcome.log]


async def test_a_key_in_a_link_makes_no_other_request(
    api: FaultApi, installation: Installation
) -> None:
    """A circle is one, whether the links that make it repeat the key or not.

    A page that comes again is asked for once more.
    """

    def items(request: Request) -> Reply:
        key = "&access+key=k%26y+%C3%A9" if request.param("page") else ""
        return answer({"items": named(1), "next": f"/items?page=2{key}"})

    api.serve("/items", items)
    installation.settings |= IN_QUERY
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert "this request was made before in the same walk" in outcome.message
    assert len(api.requests) == 3


@pytest.mark.parametrize(
    ("settings", "secrets", "header", "value"),
    [
        pytest.param(
            {"auth_type": "bearer_token", "api_token": "t"},
            {},
            "authorization",
            "Bearer t",
            id="bearer",
        ),
        pytest.param(
            {"auth_type": "basic_auth", "username": "me", "password": ""},
            {},
            "authorization",
            "Basic bWU6",
            id="basic-without-password",
        ),
        pytest.param(
            {"auth_type": "api_key", "api_key": "k", "api_key_header": "X-Token"},
            {},
            "x-token",
            "k",
            id="key",
        ),
        pytest.param(
            {"auth_type": "bearer_token", "auth_value": "t"},
            {},
            "authorization",
            "Bearer t",
            id="auth-value",
        ),
        pytest.param(
            {"auth_type": "basic"},
            {"auth_value": "bWU6cHc="},
            "authorization",
            "Basic bWU6cHc=",
            id="auth-value-as-a-secret",
        ),
    ],
)
async def test_every_request_is_signed(  # noqa: PLR0913, PLR0917 (four are the example)
    api: FaultApi,
    installation: Installation,
    settings: dict[str, object],
    secrets: dict[str, object],
    header: str,
    value: str,
) -> None:
    """Each auth type signs each page and each child by its header."""
    api.serve("/items", pages(named(1, 2, 3)))
    api.serve("/items/{}/notes", answer([]))
    installation.settings |= PAGED | settings
    installation.secrets = secrets
    installation.mapping = [
        resource(
            "/items/{item}/notes",
            "child",
            path_parameters={"item": {"endpoint": "/items", "data_path": ".items", "field": ".id"}},
        )
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert {request.path for request in api.requests} == {
        "/items",
        *(f"/items/{n}/notes" for n in (1, 2, 3)),
    }
    assert {request.headers.get(header) for request in api.requests} == {value}


class TokenApi:
    """Hands out numbered tokens; only the newest is good, and for `lasts` requests only."""

    def __init__(self, api: FaultApi, *, lasts: int = 10**9) -> None:
        self.logins = 0
        self.refused = 0
        self.lasts = lasts
        self._left = 0
        api.serve("/login", self._login)

    def _login(self, _: Request) -> Reply:
        self.logins += 1
        self._left = self.lasts
        return answer({"token": f"token-{self.logins}"})

    def guarded(self, handler: Handler) -> Handler:
        """A handler behind the token."""

        async def guarded(request: Request) -> Reply:
            genuine = request.headers.get("authorization") == f"Bearer token-{self.logins}"
            if not genuine or not self._left:
                self.refused += 1
                return answer({"error": "the token has expired"}, 401)
            self._left -= 1
            reply = handler(request)
            return reply if isinstance(reply, Answer | fault_api.Raw) else await reply

        return guarded


async def test_one_login_serves_many_concurrent_requests(
    api: FaultApi, installation: Installation
) -> None:
    """However many children are asked for at once, and however many kinds: one login."""
    tokens = TokenApi(api)
    api.serve("/items", tokens.guarded(pages(named(*range(20)))))
    api.serve("/items/{}/notes", tokens.guarded(lambda one: answer(named(f"n{one.values[0]}"))))
    installation.settings |= LOGIN
    parameter = {"item": {"endpoint": "/items", "data_path": ".items", "field": ".id"}}
    installation.mapping = [
        resource("/items/{item}/notes", "child", path_parameters=parameter),
        resource("/items", data_path=".items"),
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert tokens.logins == 1
    assert tokens.refused == 0
    assert len(outcome.entities) == 40


async def test_a_token_that_expires_on_the_way_is_renewed_once(
    api: FaultApi, installation: Installation
) -> None:
    """A token refused in the middle of a walk costs one more login, and no item.

    Two pages may be under way then.
    """
    tokens = TokenApi(api, lasts=3)
    items = named(*range(9))
    api.serve("/items", tokens.guarded(pages(items)))
    installation.settings |= LOGIN | PAGED
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", *range(9))
    assert tokens.logins == 2
    assert tokens.refused in {1, 2}


async def test_concurrent_refusals_share_one_renewal(
    api: FaultApi, installation: Installation
) -> None:
    """When a token expires under several requests at once, one of them logs in for all."""
    tokens = TokenApi(api)
    together = asyncio.Barrier(4)

    async def notes(request: Request) -> Reply:
        if request.headers["authorization"] == "Bearer token-1":
            await together.wait()
            return answer({"error": "expired"}, 401)
        return answer(named(f"n{request.values[0]}"))

    api.serve("/items", pages(named(1, 2, 3, 4)))
    api.serve("/items/{}/notes", notes)
    installation.settings |= LOGIN
    installation.mapping = [
        resource(
            "/items/{item}/notes",
            "child",
            path_parameters={"item": {"endpoint": "/items", "data_path": ".items", "field": ".id"}},
        )
    ]

    outcome = await asyncio.wait_for(installation.resync(), 60)

    assert outcome.complete, outcome.formatted
    assert tokens.logins == 2
    assert outcome.entities == entities("child", "n1", "n2", "n3", "n4")


async def test_a_token_is_renewed_before_it_gets_old(
    api: FaultApi, installation: Installation
) -> None:
    """With reauthenticateIntervalSeconds no request is ever made with an older token."""
    tokens = TokenApi(api, lasts=1)
    api.serve("/items", tokens.guarded(pages(named(*range(5)))))
    installation.settings |= LOGIN | PAGED
    installation.settings["custom_auth_request"] = {
        "endpoint": "/login",
        "reauthenticateIntervalSeconds": 1e-9,  # every token is too old for the next request
    }
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert tokens.refused == 0
    assert tokens.logins == len(api.at("/items")) == 4


async def test_a_401_after_a_fresh_login_is_final(world: World) -> None:
    """Custom credentials that are refused twice in a row fail the resync, and are not pursued."""
    tokens = TokenApi(world.api)
    world.api.fail("/items", answer({"error": "not for you"}, 401), on=2)
    world.installation.settings |= LOGIN | {"max_retry_wait": 60}

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "/items", "401", "credentials", "page=2")
    assert {"item/new", "team/new"} <= outcome.entities
    assert tokens.logins == 2 + 1  # the second look at the other kind has one of its own
    assert [request.param("page") for request in world.api.at("/items")] == ["1", "2", "2"]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        pytest.param(answer({"error": "wrong"}, 401), ["/login", "401"], id="401"),
        pytest.param(answer({"error": "wrong"}, 400), ["/login", "400"], id="400"),
        pytest.param(answer({"error": "wrong"}, 403), ["/login", "403"], id="403"),
        pytest.param(answer({}, 500), ["/login", "500"], id="500"),
        pytest.param(fault_api.CUT_BODY, ["/login"], id="cut"),
        pytest.param(text("<h1>Hello</h1>", kind="text/html"), ["JSON"], id="html"),
        pytest.param(answer({"access": "t"}), ["customAuthRequestTemplate", "access"], id="typo"),
        pytest.param(answer({"token": None}), ["customAuthRequestTemplate"], id="null"),
        pytest.param(Answer(), ["customAuthRequestTemplate"], id="empty"),
    ],
)
async def test_a_failed_login_deletes_nothing(
    world: World, reply: Reply, words: Sequence[str]
) -> None:
    """Without a token no other request is made, and the error tells of the login."""
    world.api.serve("/login", reply)
    world.installation.settings |= LOGIN

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "login", *words)
    assert set(world.api.paths()) == {"/login"}
    world.api.serve("/login", answer({"token": "good"}))
    await world.recovers()


async def test_a_refused_login_is_not_repeated(world: World) -> None:
    """A wrong password is sent once in a resync, whatever the number of kinds: no lock-out."""
    world.api.serve("/login", answer({"error": "wrong"}, 401))
    world.installation.settings |= LOGIN | {"max_retry_wait": 60}

    await world.installation.resync()

    assert world.api.paths() == ["/login"]


async def test_a_passing_fault_of_the_login_is_retried(world: World) -> None:
    """A login service that is away for a moment fails nothing."""
    TokenApi(world.api)
    world.api.fail("/login", answer({}, 503), times=1)
    world.installation.settings |= LOGIN | {"max_retry_wait": 2}

    outcome = await world.installation.resync()

    assert outcome.complete, outcome.formatted


@pytest.mark.parametrize(
    "request_settings",
    [
        pytest.param({"body": {"user": "me", "n": 1}}, id="json"),
        pytest.param({"bodyForm": "user=me&n=1"}, id="form"),
        pytest.param({"method": "GET", "queryParams": {"user": "me", "n": 1}}, id="query"),
        pytest.param({"headers": {"X-User": "me"}}, id="headers"),
    ],
)
async def test_the_login_is_sent_as_configured(
    api: FaultApi, installation: Installation, request_settings: dict[str, object]
) -> None:
    """A login carries its JSON, form, query or headers, and its answer signs header and query."""
    api.serve("/v1/login", answer({"session": {"id": "s1"}, "n": 7}))
    api.serve("/v1/items", answer(named(1)))
    installation.api_url += "/v1"
    installation.settings |= {
        "auth_type": "custom",
        "custom_auth_request": {"endpoint": "/login", **request_settings},
        "custom_auth_request_template": {
            "headers": {"Cookie": "sid={{.session.id}}"},
            "queryParams": {"n": "{{ .n }}"},
        },
    }
    installation.mapping = [resource("/items?type=a")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    login, listing = api.requests
    match request_settings:
        case {"body": body}:
            assert login.json == body
            assert login.headers["content-type"] == "application/json"
        case {"bodyForm": form}:
            assert login.body.decode() == form
            assert login.headers["content-type"] == "application/x-www-form-urlencoded"
        case {"queryParams": _}:
            assert login.query == (("user", "me"), ("n", "1"))
        case _:
            assert login.headers["x-user"] == "me"
    assert login.method == request_settings.get("method", "POST")
    assert listing.headers["cookie"] == "sid=s1"
    assert listing.query == (("type", "a"), ("n", "7"))


@pytest.mark.parametrize("place", ["the API", "another port"])
async def test_cookies_stay_at_the_origin_that_set_them(
    api: FaultApi, installation: Installation, place: str
) -> None:
    """The API gets its own cookies back, those of a login at its origin too, and no others."""
    async with FaultApi() as elsewhere:
        login = api if place == "the API" else elsewhere
        login.serve("/login", answer({"token": "t"}, Set_Cookie="login=1; Path=/"))
        page = answer({"items": named(1), "next": "/more"}, Set_Cookie="page=1; Path=/")
        api.serve("/items", page)
        api.serve("/more", answer({"items": named(2), "next": None}))
        installation.settings |= {
            "auth_type": "custom",
            "custom_auth_request": {"endpoint": f"{login.url}/login"},
            "custom_auth_request_template": {"headers": {"X-Token": "{{.token}}"}},
        }
        pagination = {"type": "next_link", "next_link_path": "next"}
        installation.mapping = [resource("/items", data_path=".items", pagination=pagination)]

        outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    more = api.at("/more")[-1]
    cookies = set(more.headers["cookie"].split("; "))
    assert cookies == ({"page=1", "login=1"} if place == "the API" else {"page=1"})
