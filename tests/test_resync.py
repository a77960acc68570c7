"""Whole resyncs through the real Ocean: what is upserted, what is deleted, and what must not be."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import fault_api
from tests.certificates import self_signed
from tests.fault_api import (
    Answer,
    FaultApi,
    Handler,
    Reply,
    Request,
    answer,
    pages,
    redirect,
    silence,
    text,
)
from tests.resync import Installation, Outcome, resource

Items = list[dict[str, Any]]

PAGED = {"pagination_type": "page", "page_size": 2}
LOGIN: dict[str, object] = {
    "auth_type": "custom",
    "custom_auth_request": {"endpoint": "/login", "body": {"client_secret": "open sesame"}},
    "custom_auth_request_template": {"headers": {"Authorization": "Bearer {{.token}}"}},
}


def named(*identifiers: str | int) -> Items:
    """Items with these ids."""
    return [{"id": one, "name": f"the {one}"} for one in identifiers]


def entities(blueprint: str, *identifiers: str | int) -> set[str]:
    """The names of entities as an outcome has them."""
    return {f"{blueprint}/{one}" for one in identifiers}


# --- the ordinary course --------------------------------------------------------------------


async def test_items_and_their_children_reach_the_catalog_with_relations(
    api: FaultApi, installation: Installation
) -> None:
    """The first resync upserts every item of every page, and children lead to their parents."""
    api.serve("/items", pages(named(1, 2, 3)))
    api.serve("/items/{}/notes", lambda request: answer(named(f"note-of-{request.values[0]}")))
    installation.settings |= PAGED
    installation.mapping = [
        resource("/items", data_path=".items"),
        resource(
            "/items/{item}/notes",
            "child",
            parent=".__item | tostring",
            path_parameters={"item": {"endpoint": "/items", "data_path": ".items", "field": ".id"}},
        ),
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == set()
    assert outcome.entities == entities("item", 1, 2, 3) | entities(
        "child", "note-of-1", "note-of-2", "note-of-3"
    )
    assert {
        child.identifier: child.relations["parent"]
        for child in installation.store.entities("child")
    } == {"note-of-1": "1", "note-of-2": "2", "note-of-3": "3"}


async def test_what_vanished_and_nothing_else_is_deleted(
    api: FaultApi, installation: Installation
) -> None:
    """After a complete resync exactly the item that the API no longer has is gone."""
    items = named(1, 2, 3, 4, 5)
    api.serve("/items", pages(items))
    installation.settings |= PAGED
    installation.mapping = [resource("/items", data_path=".items")]
    await installation.resync()

    del items[2]
    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/3"}
    assert outcome.entities == entities("item", 1, 2, 4, 5)


async def test_one_app_runs_any_number_of_resyncs(
    api: FaultApi, installation: Installation
) -> None:
    """Nothing of a resync, good or failed, lives on into the next one of the same process."""
    items = named(1, 2)
    api.serve("/login", lambda _: answer({"token": f"t{len(api.at('/login'))}"}))
    api.serve("/items", pages(items))
    api.serve("/items/{}/notes", lambda request: answer(named(f"note-{request.values[0]}")))
    installation.settings |= LOGIN
    installation.mapping = [
        resource("/items", data_path=".items"),
        resource(
            "/items/{item}/notes",
            "child",
            path_parameters={"item": {"endpoint": "/items", "data_path": ".items", "field": ".id"}},
        ),
    ]

    async with installation.booted() as app:
        first = await installation.resync_in(app)
        api.fail("/items/{}/notes", answer({}, 500))
        failed = await installation.resync_in(app)
        api.heal()
        items[0] = named(7)[0]
        last = await installation.resync_in(app)

    assert first.complete, first.formatted
    assert not failed.complete
    assert failed.deleted == set()
    assert last.complete, last.formatted
    assert last.deleted == {"item/1", "child/note-1"}
    assert len(api.at("/login")) == 1, "each resync logs in for itself"


# --- failures: nothing is lost --------------------------------------------------------------


@dataclass
class World:
    """Two collections that were synced once; since then each has a new item and lacks an old one.

    `/items` has four pages of two, the change is on the first one; `/teams` has one page.
    """

    api: FaultApi
    installation: Installation
    items: Items = field(default_factory=lambda: named("gone", 2, 3, 4, 5, 6, 7))
    teams: Items = field(default_factory=lambda: named("gone", 2))

    async def seed(self) -> None:
        """Sync everything, then let the world change."""
        self.api.serve("/items", pages(self.items))
        self.api.serve("/teams", pages(self.teams))
        self.installation.settings |= PAGED
        self.installation.mapping = [
            resource("/items", data_path=".items"),
            resource("/teams", "team", data_path=".items"),
        ]
        await self.synced()

    async def synced(self) -> None:
        """Sync once by the present mapping; then the world changes."""
        outcome = await self.installation.resync()
        assert outcome.complete, outcome.formatted
        assert {"item/gone", "team/gone"} <= outcome.entities
        self.items[0] = self.teams[0] = named("new")[0]
        self.api.heal()

    async def recovers(self) -> None:
        """The resync after the fault is complete, and deletes what is gone and nothing else."""
        self.api.heal()
        outcome = await self.installation.resync()
        assert outcome.complete, outcome.formatted
        assert outcome.deleted == {"item/gone", "team/gone"}
        assert outcome.entities == entities("item", "new", 2, 3, 4, 5, 6, 7) | entities(
            "team", "new", 2
        )


@pytest.fixture
async def world(api: FaultApi, installation: Installation) -> World:
    """Two synced collections that changed since."""
    world = World(api, installation)
    await world.seed()
    return world


def assert_nothing_lost(outcome: Outcome, *words: str) -> None:
    """The resync failed, deleted nothing, and its error says the words."""
    assert not outcome.complete, "the resync counts as complete"
    assert outcome.deleted == set()
    assert {"item/gone", "team/gone"} <= outcome.entities
    for word in words:
        assert word in outcome.message


# A name, what happens to page 2 of /items, and what the error says beside kind and request.
FAULTS: list[tuple[str, Handler | Reply, str]] = [
    ("reset", fault_api.RESET, ""),
    ("closed", fault_api.CLOSED, ""),
    ("reset-in-body", fault_api.RESET_IN_BODY, ""),
    ("cut-head", fault_api.CUT_HEAD, ""),
    ("cut-body", fault_api.CUT_BODY, ""),
    ("cut-chunks", fault_api.CUT_CHUNKS, ""),
    ("garbage", fault_api.GARBAGE, ""),
    ("broken-gzip", fault_api.BROKEN_GZIP, "compression"),
    ("length-too-short", fault_api.SHORT_LENGTH, "JSON"),
    ("json-breaks-off", fault_api.BROKEN_OFF, "JSON"),
    ("half-a-json", text('{"items": [{"id": 3', kind="application/json"), "JSON"),
    ("text", text("Sorry"), "JSON"),
    ("html", text("<html><h1>Please sign in</h1></html>", kind="text/html"), "text/html"),
    ("empty", Answer(), "empty"),
    ("error-with-200", answer({"error": "backend is down"}), "backend is down"),
    *[
        (f"{status}", answer({"reason": "a bad day"}, status), f"{status}")
        for status in (400, 403, 404, 405, 408, 409, 410, 418, 422, 429, 451)
    ],
    *[
        (f"{status}", answer({"reason": "a bad day"}, status), f"{status}")
        for status in (500, 501, 502, 503, 504, 507)
    ],
    ("429-later", answer({}, 429, Retry_After="3600"), "429"),
    ("401", answer({"reason": "who are you?"}, 401), "credentials"),
    ("304", Answer(status=304), "304"),
    ("redirect-nowhere", Answer(status=302), "302"),
    ("redirect-in-circles", redirect("/items?page=2&size=2"), "redirect"),
    ("redirect-elsewhere", redirect("http://evil.example/items"), "allowedHosts"),
]


@pytest.mark.parametrize(
    ("fault", "word"), [pytest.param(fault, word, id=name) for name, fault, word in FAULTS]
)
async def test_a_fault_on_a_later_page_deletes_nothing(
    world: World, fault: Handler | Reply, word: str
) -> None:
    """Page 1 is upserted, other kinds sync, nothing is deleted, and the next resync makes good."""
    world.api.fail("/items", fault, when=lambda request: request.param("page") == "2")

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "/items", "GET", f"{world.api.url}/items?", "page=2", word)
    assert {"item/new", "team/new"} <= outcome.entities
    assert outcome.states["/items"] == "failed"
    assert outcome.states["/teams"] == "completed"
    await world.recovers()


async def test_a_silent_api_is_given_up_after_the_timeout(world: World) -> None:
    """A request without an answer ends after `timeout` seconds, and the resync fails."""
    world.api.fail("/items", silence, on=2)
    world.installation.settings["timeout"] = 1

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "/items", "timeout", "page=2")
    assert {"item/new", "team/new"} <= outcome.entities
    await world.recovers()


async def test_an_api_that_cannot_be_reached_deletes_nothing(world: World) -> None:
    """A refused connection fails every kind, and the catalog stays as it was."""
    url = world.installation.api_url
    async with FaultApi() as other:
        world.installation.api_url = other.url

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "/items", "/teams", other.url)
    world.installation.api_url = url
    await world.recovers()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=name)
        for name, fault, _ in FAULTS
        if name in {"reset", "cut-body", "cut-chunks", "408", "500", "502", "503", "504"}
    ]
    + [pytest.param(answer({}, 429, Retry_After="0"), id="429")],
)
async def test_a_passing_fault_is_retried(world: World, fault: Reply) -> None:
    """A fault that is over by the second attempt leaves no trace in the catalog."""
    world.api.fail("/items", fault, on=2, times=1)
    world.installation.settings["max_retry_wait"] = 2

    outcome = await world.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/gone", "team/gone"}
    pages_asked = [request.param("page") for request in world.api.at("/items")]
    assert pages_asked == ["1", "2", "2", "3", "4"]


async def test_retries_are_bounded(world: World) -> None:
    """A fault that stays is asked about a few times, and then fails the resync."""
    world.api.fail("/items", answer({}, 503), on=2)
    world.installation.settings["max_retry_wait"] = 1

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "/items", "503")
    assert 2 <= len([one for one in world.api.at("/items") if one.param("page") == "2"]) <= 10


@pytest.mark.parametrize(
    "later",
    [
        pytest.param("3600", id="seconds"),
        pytest.param(
            (datetime.now(UTC) + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT"),
            id="date",
        ),
    ],
)
async def test_an_api_is_not_asked_again_before_the_time_it_named(world: World, later: str) -> None:
    """When Retry-After is beyond what may be waited, there is no second request."""
    world.api.fail("/items", answer({}, 429, Retry_After=later), on=2)
    world.installation.settings["max_retry_wait"] = 20

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "/items", "429")
    assert [request.param("page") for request in world.api.at("/items")] == ["1", "2"]


@pytest.mark.parametrize("retry_after", ["soon", "-1", "NaN", "1e999", ""])
async def test_a_senseless_retry_after_is_no_obstacle(world: World, retry_after: str) -> None:
    """A Retry-After that means nothing leaves the usual backoff."""
    world.api.fail("/items", answer({}, 503, Retry_After=retry_after), on=2, times=1)
    world.installation.settings["max_retry_wait"] = 1

    outcome = await asyncio.wait_for(world.installation.resync(), 20)

    assert outcome.complete or retry_after == "1e999", outcome.formatted


async def test_a_post_that_lists_is_retried(api: FaultApi, installation: Installation) -> None:
    """All our calls read, so a POST is sent again too, with the same body."""
    api.serve("/search", lambda request: answer({"hits": named(request.json["query"] == "x")}))
    api.fail("/search", fault_api.CUT_BODY, times=1)
    installation.settings["max_retry_wait"] = 1
    installation.mapping = [
        resource("/search", data_path=".hits", method="POST", body={"query": "x"})
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert [(one.method, one.json) for one in api.requests] == [("POST", {"query": "x"})] * 2
    assert outcome.entities == {"item/true"}


@pytest.mark.parametrize("status", [400, 403, 404, 422, 501])
async def test_what_will_not_pass_is_not_retried(world: World, status: int) -> None:
    """A refusal is final: one request, however long the retries might wait."""
    world.api.fail("/items", answer({}, status), on=2)
    world.installation.settings["max_retry_wait"] = 60

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, f"{status}")
    assert len(world.api.at("/items")) == 2


async def test_a_long_error_page_is_quoted_in_part(world: World) -> None:
    """At most 200 characters of a body stand in the error."""
    world.api.fail("/items", text("x" * 5000, 500), on=2)

    outcome = await world.installation.resync()

    assert "x" * 150 in outcome.message
    assert "x" * 201 not in outcome.message


# --- credentials ----------------------------------------------------------------------------


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
    assert [request.headers[header] for request in api.requests] == [value] * 5


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
    """A token refused in the middle of a walk costs one more login, and no item."""
    tokens = TokenApi(api, lasts=3)
    items = named(*range(9))
    api.serve("/items", tokens.guarded(pages(items)))
    installation.settings |= LOGIN | PAGED
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", *range(9))
    assert tokens.logins == 2
    assert tokens.refused == 1


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

    outcome = await asyncio.wait_for(installation.resync(), 10)

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
    assert tokens.logins == 3


async def test_a_401_after_a_fresh_login_is_final(world: World) -> None:
    """Custom credentials that are refused twice in a row fail the resync, and are not pursued."""
    tokens = TokenApi(world.api)
    world.api.fail("/items", answer({"error": "not for you"}, 401), on=2)
    world.installation.settings |= LOGIN | {"max_retry_wait": 60}

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "/items", "401", "credentials", "page=2")
    assert {"item/new", "team/new"} <= outcome.entities
    assert tokens.logins == 2
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


# --- mistakes in the settings ---------------------------------------------------------------


SETTINGS_MISTAKES: list[tuple[str, dict[str, object], list[str]]] = [
    ("unknown-auth-type", {"auth_type": "bearer"}, ["authType", "bearer_token"]),
    ("no-token", {"auth_type": "bearer_token"}, ["apiToken", "authValue"]),
    ("no-key", {"auth_type": "api_key"}, ["apiKey", "authValue"]),
    ("no-user", {"auth_type": "basic", "password": "p"}, ["username", "authValue"]),
    ("odd-auth-value", {"auth_type": "basic", "auth_value": "no base64"}, ["authValue", "base64"]),
    ("no-login", {"auth_type": "custom"}, ["customAuthRequest", "endpoint"]),
    (
        "no-template",
        {"auth_type": "custom", "custom_auth_request": {"endpoint": "/login"}},
        ["customAuthRequestTemplate"],
    ),
    (
        "login-key",
        LOGIN | {"custom_auth_request": {"endpoint": "/login", "bodyfrom": "a=1"}},
        ["customAuthRequest", "bodyfrom", "bodyForm"],
    ),
    ("unknown-pagination", {"pagination_type": "pages"}, ["paginationType", "page"]),
    ("page-size", {"page_size": 0}, ["pageSize", "0"]),
    ("timeout", {"timeout": -1}, ["timeout", "-1"]),
    ("start-page", {"start_page": 2}, ["startPage", "2"]),
    ("concurrency", {"max_concurrent_requests": 0}, ["maxConcurrentRequests"]),
    ("cursor-jq", {"pagination_type": "cursor", "cursor_path": ".a["}, ["cursorPath", ".a["]),
    ("allowed-url", {"allowed_hosts": ["https://a.example/"]}, ["allowedHosts"]),
    ("unset-variable", {"custom_headers": {"X-Key": "${NOT_SET}"}}, ["customHeaders", "NOT_SET"]),
    ("header-name", {"custom_headers": {"X Key": "a"}}, ["customHeaders", "X Key"]),
    (
        "several",
        {"auth_type": "bearer", "page_size": 0, "pagination_type": "pages"},
        ["authType", "pageSize", "paginationType"],
    ),
]


@pytest.mark.parametrize(
    ("changes", "words"),
    [pytest.param(changes, words, id=name) for name, changes, words in SETTINGS_MISTAKES],
)
async def test_a_mistake_in_the_settings_deletes_nothing(
    world: World, changes: dict[str, object], words: list[str]
) -> None:
    """Faulty settings fail the resync before any request, naming each setting and the remedy."""
    good = dict(world.installation.settings)
    world.installation.settings |= changes

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, *words)
    assert world.api.requests == []
    world.installation.settings = good
    await world.recovers()


# --- mistakes in the mapping ----------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """A faulty resource in the place of `/items`, and what the error says.

    `teams`: whether the other kind syncs all the same; `asks`: whether `/items` is asked for.
    """

    resource: dict[str, Any]
    words: tuple[str, ...]
    teams: bool = True
    asks: bool = False


CHILDREN = {"endpoint": "/items", "data_path": ".items", "field": ".id"}


def children(kind: str = "/items/{item}/notes", **changes: object) -> dict[str, Any]:
    """A resource with children of `/items`, its parameter changed."""
    parameter = {"item": {**CHILDREN, **changes}}
    return resource(kind, "child", path_parameters=parameter)


MAPPING_MISTAKES = {
    "unknown-selector-key": Mistake(
        resource("/items", data_path=".items", query_param={"a": 1}),
        ("/items", "query_param", "query_params"),
        teams=False,
    ),
    "unknown-parameter-key": Mistake(
        children(fields=".id"), ("/items/{item}/notes", "fields", "field"), teams=False
    ),
    "unknown-pagination-type": Mistake(
        resource("/items", data_path=".items", pagination={"type": "pages"}),
        ("/items", "pagination.type", "header_link"),
        teams=False,
    ),
    "unknown-pagination-key": Mistake(
        resource("/items", data_path=".items", pagination={"pagesize": 3}),
        ("/items", "pagesize", "page_size"),
        teams=False,
    ),
    "body-is-text": Mistake(
        resource("/items", data_path=".items", method="POST", body="{}"),
        ("/items", "body"),
        teams=False,
    ),
    "data-path-jq": Mistake(
        resource("/items", data_path=".items["), ("/items", "data_path", ".items[")
    ),
    "no-parameter": Mistake(
        resource("/items/{item}/notes", "child"), ("/items/{item}/notes", "path_parameters.item")
    ),
    "unused-parameter": Mistake(
        resource("/items", data_path=".items", path_parameters={"item": CHILDREN}),
        ("/items", "path_parameters.item"),
    ),
    "parameters-in-a-circle": Mistake(
        resource(
            "/a/{a}/{b}",
            path_parameters={
                "a": {"endpoint": "/of/{b}", "field": ".id"},
                "b": {"endpoint": "/of/{a}", "field": ".id"},
            },
        ),
        ("/a/{a}/{b}", "circle"),
    ),
    "full-url": Mistake(
        resource("http://127.0.0.1/items", data_path=".items"), ("full URL", "baseUrl")
    ),
    "full-url-of-parent": Mistake(
        children(endpoint="https://evil.example/items"),
        ("full URL", "path_parameters.item.endpoint"),
    ),
    "field-jq": Mistake(children(field=".id |"), ("path_parameters.item.field", ".id |")),
    "filter-jq": Mistake(children(filter=".id =="), ("path_parameters.item.filter", ".id ==")),
    "data-path-typo": Mistake(
        resource("/items", data_path=".itemz"),
        ("/items", "data_path", ".itemz", "items"),
        asks=True,
    ),
    "data-path-typo-in-jq": Mistake(
        resource("/items", data_path="[.itemz[] | select(.id)]"),
        ("/items", "data_path", ".itemz", "items"),
        asks=True,
    ),
    "data-path-into-a-list": Mistake(
        resource("/items", data_path=".items.list"), ("/items", "data_path", "list"), asks=True
    ),
    "parent-data-path-typo": Mistake(
        children(data_path=".itemz"), ("data_path", ".itemz", "items"), asks=True
    ),
    "field-typo": Mistake(
        children(field=".key"), ("path_parameters.item.field", ".key"), asks=True
    ),
    "field-is-an-object": Mistake(
        children(field="."), ("path_parameters.item.field", "id", "name"), asks=True
    ),
    "filter-typo": Mistake(
        children(filter=".kind"), ("path_parameters.item.filter", ".kind"), asks=True
    ),
    "all-children-404": Mistake(
        children("/items/{item}/nodes"), ("/items/{item}/nodes", "404"), asks=True
    ),
    "misnamed-pagination-param": Mistake(
        resource("/items", data_path=".items", pagination={"pagination_param": "p"}),
        ("/items", "'p'", "paginationParam"),
        asks=True,
    ),
    "has-more-typo": Mistake(
        resource("/items", data_path=".items", pagination={"has_more_path": "meta.more"}),
        ("/items", "hasMorePath", "meta.more", "items"),
        asks=True,
    ),
    "cursor-typo": Mistake(
        resource(
            "/items",
            data_path=".items",
            pagination={"type": "cursor", "cursor_path": "m.after", "size_param": "size"},
        ),
        ("/items", "cursorPath", "m.after", "items"),
        asks=True,
    ),
    "next-link-typo": Mistake(
        resource(
            "/items",
            data_path=".items",
            pagination={"type": "next_link", "next_link_path": "nxt", "size_param": "size"},
        ),
        ("/items", "nextLinkPath", "nxt", "items"),
        asks=True,
    ),
    "header-with-line-break": Mistake(
        resource("/items", data_path=".items", headers={"X-A": "a\r\nX-B: b"}),
        ("/items", "headers", "X-A"),
        teams=False,
    ),
}


@pytest.mark.parametrize(
    "mistake", [pytest.param(mistake, id=name) for name, mistake in MAPPING_MISTAKES.items()]
)
async def test_a_mistake_in_the_mapping_deletes_nothing(world: World, mistake: Mistake) -> None:
    """A faulty resource fails the resync, by name and with a remedy, and costs no entity."""
    installation = world.installation
    world.api.serve("/items/{}/notes", lambda request: answer(named(f"n{request.values[0]}")))
    good = installation.mapping
    installation.mapping = [mistake.resource, good[1]]

    outcome = await installation.resync()

    assert_nothing_lost(outcome, *mistake.words)
    assert ("team/new" in outcome.entities) is mistake.teams
    asked = [path for path in world.api.paths() if path != "/teams"]
    assert bool(asked) is mistake.asks
    assert not [path for path in asked if "{" in path or "%7B" in path]
    installation.mapping = good
    await world.recovers()


# --- children -------------------------------------------------------------------------------


@dataclass
class Family:
    """Parents and their children, synced once; since then parent 2 has another child."""

    api: FaultApi
    installation: Installation
    parents: Items = field(default_factory=lambda: named(1, 2, 3))
    notes: dict[str, Items] = field(
        default_factory=lambda: {"1": named("a"), "2": named("old"), "3": named("c")}
    )

    async def seed(self) -> None:
        """Sync everything, then let the family change."""
        self.api.serve("/items", pages(self.parents))
        self.api.serve("/items/{}/notes", self._notes)
        self.installation.mapping = [children()]
        outcome = await self.installation.resync()
        assert outcome.entities == entities("child", "a", "old", "c"), outcome.formatted
        self.notes["2"] = named("young")
        self.api.heal()

    def _notes(self, request: Request) -> Reply:
        notes = self.notes.get(request.values[0])
        return answer({"error": "no such item"}, 404) if notes is None else answer(notes)


@pytest.fixture
async def family(api: FaultApi, installation: Installation) -> Family:
    """Parents and children that were synced and changed since."""
    family = Family(api, installation)
    await family.seed()
    return family


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=name)
        for name, fault, _ in FAULTS
        if name in {"reset", "cut-body", "text", "400", "403", "500", "503", "redirect-elsewhere"}
    ],
)
async def test_one_failing_child_does_not_stop_its_siblings(family: Family, fault: Reply) -> None:
    """The other children are upserted, nothing is deleted, and the error names the child."""
    family.api.fail("/items/1/notes", fault)

    outcome = await family.installation.resync()

    assert not outcome.complete
    assert outcome.deleted == set()
    assert outcome.entities == entities("child", "a", "old", "c", "young")
    assert "/items/{item}/notes" in outcome.message
    assert f"{family.api.url}/items/1/notes" in outcome.message
    assert "/items/3/notes" not in outcome.message

    family.api.heal()
    outcome = await family.installation.resync()
    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"child/old"}


async def test_several_failing_children_are_all_told(family: Family) -> None:
    """The failures of children come as one group that names each of them."""
    family.api.fail("/items/1/notes", answer({}, 403))
    family.api.fail("/items/3/notes", text("Sorry"))

    outcome = await family.installation.resync()

    assert outcome.deleted == set()
    assert "child/young" in outcome.entities
    assert f"GET {family.api.url}/items/1/notes" in outcome.message
    assert f"GET {family.api.url}/items/3/notes" in outcome.message


@pytest.mark.parametrize("status", [404, 410])
async def test_a_child_that_went_away_is_skipped(family: Family, status: int) -> None:
    """A parent that vanished between the two requests fails nothing; what vanished is deleted."""
    family.api.fail("/items/3/notes", answer({}, status))

    outcome = await family.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"child/old", "child/c"}
    assert outcome.entities == entities("child", "a", "young")
    warnings = [line for line in outcome.log.splitlines() if line.startswith("WARNING")]
    assert len([line for line in warnings if "404 or 410" in line]) == 1


async def test_a_404_in_the_middle_of_a_child_is_a_failure(family: Family) -> None:
    """A child whose second page is not found was there: it is not skipped."""
    family.installation.settings |= PAGED
    family.notes["3"] = named("c", "d", "e")
    family.api.serve("/items/3/notes", pages(family.notes["3"]))
    family.installation.mapping = [
        resource(
            "/items/{item}/notes",
            "child",
            data_path=".items // .",
            path_parameters={"item": CHILDREN},
        )
    ]
    family.api.fail("/items/3/notes", answer({}, 404), on=2)

    outcome = await family.installation.resync()

    assert not outcome.complete
    assert outcome.deleted == set()
    assert "404" in outcome.message


async def test_a_failing_parent_listing_deletes_nothing(family: Family) -> None:
    """Children of the parents seen before the fault are upserted, no child is deleted."""
    family.installation.settings |= PAGED
    family.api.fail("/items", fault_api.CUT_BODY, on=2)

    outcome = await family.installation.resync()

    assert not outcome.complete
    assert outcome.deleted == set()
    assert outcome.entities == entities("child", "a", "old", "c", "young")
    assert f"GET {family.api.url}/items?" in outcome.message


async def test_parents_without_children_are_no_mistake(family: Family) -> None:
    """Parents whose children lists are all empty leave an empty kind, and no error."""
    family.notes.update({"1": [], "2": [], "3": []})

    outcome = await family.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == set()


async def test_a_parent_is_fetched_once_for_all_kinds(
    api: FaultApi, installation: Installation
) -> None:
    """Kinds that need the same parents share one walk over them, in each resync anew."""
    api.serve("/items", pages(named(1, 2, 3)))
    for kind in ("notes", "tags", "votes"):
        api.serve(f"/items/{{}}/{kind}", answer([]))
    installation.settings |= PAGED
    installation.mapping = [children(f"/items/{{item}}/{kind}") for kind in ("notes", "tags")]
    # Another field and filter of the same parents is no other walk.
    installation.mapping.append(children("/items/{item}/votes", filter=".id > 1"))

    async with installation.booted() as app:
        first = await installation.resync_in(app)
        requests = list(api.requests)
        await installation.resync_in(app)

    assert first.complete, first.formatted
    walked = [request.param("page") for request in requests if request.path == "/items"]
    assert walked == ["1", "2"]
    assert len([one for one in requests if one.path.endswith("votes")]) == 2
    assert len(api.at("/items")) == 4


async def test_a_parent_walk_that_failed_is_not_shared(family: Family) -> None:
    """The second kind does not take half of the parents for all of them."""
    family.installation.settings |= PAGED
    family.api.serve("/items/{}/tags", lambda request: answer(named(f"tag-{request.values[0]}")))
    family.api.fail("/items", answer({}, 503), on=2, times=1)
    family.installation.mapping = [children(), children("/items/{item}/tags")]

    outcome = await family.installation.resync()

    assert not outcome.complete
    assert outcome.states["/items/{item}/tags"] == "completed"
    assert entities("child", "tag-1", "tag-2", "tag-3") <= outcome.entities
    assert outcome.deleted == set()


async def test_independent_parameters_multiply(api: FaultApi, installation: Installation) -> None:
    """Two parameters give every pair of their values."""
    api.serve("/envs", answer(named("dev", "prod")))
    api.serve("/apps", answer(named("a", "b")))
    api.serve("/envs/{}/apps/{}", lambda request: answer({"id": "-".join(request.values)}))
    installation.mapping = [
        resource(
            "/envs/{env}/apps/{app}",
            path_parameters={
                "env": {"endpoint": "/envs", "field": ".id"},
                "app": {"endpoint": "/apps", "field": ".id"},
            },
        )
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", "dev-a", "dev-b", "prod-a", "prod-b")
    assert api.paths().count("/envs") == api.paths().count("/apps") == 1


async def test_parameters_follow_one_another(api: FaultApi, installation: Installation) -> None:
    """A parameter whose endpoint holds another is resolved for each value of that one."""
    repos = {"x": named("r1", "r2"), "y": named("r3")}
    api.serve("/orgs", answer(named("x", "y")))
    api.serve("/orgs/{}/repos", lambda one: answer(repos[one.values[0]]))
    api.serve("/orgs/{}/repos/{}/builds", lambda one: answer(named(f"b-{one.values[1]}")))
    api.serve("/builds/{}", lambda one: answer({"id": "/".join(one.values)}))
    builds = "/orgs/{org}/repos/{repo}/builds"
    installation.mapping = [
        resource(
            "/builds/{build}",
            seen="[.__org, .__repo, .__build]",
            path_parameters={
                "build": {"endpoint": builds, "field": ".id"},
                "repo": {"endpoint": "/orgs/{org}/repos", "field": ".id"},
                "org": {"endpoint": "/orgs", "field": ".id"},
            },
        )
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert installation.seen() == {
        "b-r1": ["x", "r1", "b-r1"],
        "b-r2": ["x", "r2", "b-r2"],
        "b-r3": ["y", "r3", "b-r3"],
    }
    assert len(api.requests) == 1 + 2 + 3 + 3


async def test_children_carry_the_values_they_came_from(
    api: FaultApi, installation: Installation
) -> None:
    """Each child has `__item`, and `item` unless it has a key of that name; no `__parent`."""
    api.serve("/items", pages(named(1)))
    api.serve("/items/{}/notes", answer([{"id": "own", "item": "mine"}, {"id": "none"}]))
    installation.mapping = [children() | {"port": resource("", "child", seen=".")["port"]}]

    await installation.resync()

    assert installation.seen("child") == {
        "own": {"id": "own", "item": "mine", "__item": 1},
        "none": {"id": "none", "item": 1, "__item": 1},
    }


@pytest.mark.parametrize(
    "change", [{"seen": ".__parent.item.name"}, {"seen": ".__parent.item.name", "query": "true"}]
)
async def test_the_parent_item_is_there_when_the_mapping_asks(
    api: FaultApi, installation: Installation, change: dict[str, Any]
) -> None:
    """`__parent` holds the parent items by parameter, when the mapping mentions it."""
    api.serve("/items", pages(named(1, 2)))
    api.serve("/items/{}/notes", lambda request: answer(named(f"n{request.values[0]}")))
    installation.mapping = [
        resource("/items/{item}/notes", "child", path_parameters={"item": CHILDREN}, **change)
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert installation.seen("child") == {"n1": "the 1", "n2": "the 2"}


async def test_the_query_may_ask_for_the_parent(api: FaultApi, installation: Installation) -> None:
    """`__parent` is there for the selector's query too."""
    api.serve("/items", pages(named(1, 2)))
    api.serve("/items/{}/notes", lambda request: answer(named(f"n{request.values[0]}")))
    query = ".__parent.item.id == 2"
    installation.mapping = [
        resource("/items/{item}/notes", "child", path_parameters={"item": CHILDREN}, query=query)
    ]

    outcome = await installation.resync()

    assert outcome.entities == {"child/n2"}


async def test_a_filter_and_repeated_values_narrow_the_children(
    api: FaultApi, installation: Installation
) -> None:
    """Only parents the filter keeps are asked about, each value once, nulls not at all."""
    parents = [
        {"id": 1, "owner": "x", "open": True},
        {"id": 2, "owner": "x", "open": True},
        {"id": 3, "owner": "y", "open": False},
        {"id": 4, "owner": None, "open": True},
    ]
    api.serve("/items", answer(parents))
    api.serve("/owners/{}", lambda request: answer({"id": request.values[0]}))
    parameter = {"endpoint": "/items", "field": ".owner", "filter": ".open"}
    installation.mapping = [resource("/owners/{owner}", path_parameters={"owner": parameter})]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert api.paths() == ["/items", "/owners/x"]


# --- what is sent ---------------------------------------------------------------------------


async def test_requests_are_sent_as_settings_and_mapping_say(
    api: FaultApi, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prefix, query, headers and environment end up on the wire as they are written."""
    monkeypatch.setenv("TENANT", "acme")
    api.serve("/api/v2/items", answer(named(1)))
    installation.api_url += "/api/v2/"
    installation.settings["custom_headers"] = {"X-Tenant": "${TENANT}", "X-Version": 3}
    installation.mapping = [
        resource(
            "/items?type=a&sort=up",
            query_params={"type": "b c", "all": True, "ids": [1, 2], "none": None},
            headers={"X-Version": "4", "Accept": "application/vnd.api+json"},
        )
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    (request,) = api.requests
    assert request.method == "GET"
    assert sorted(request.query) == [
        ("all", "true"),
        ("ids", "1"),
        ("ids", "2"),
        ("sort", "up"),
        ("type", "b c"),
    ]
    assert request.headers["x-tenant"] == "acme"
    assert request.headers["x-version"] == "4"
    assert request.headers["accept"] == "application/vnd.api+json"


async def test_a_listing_by_post_is_paged_in_its_body(
    api: FaultApi, installation: Installation
) -> None:
    """`send_in: body` writes size and cursor into the JSON body, beside what stands there."""

    def search(request: Request) -> Reply:
        cursor = request.json.get("start_cursor")
        found = named("second" if cursor else "first")
        return answer({"results": found, "next_cursor": None if cursor else "c"})

    api.serve("/search", search)
    pagination = {
        "type": "cursor",
        "pagination_param": "start_cursor",
        "size_param": "page.size",
        "page_size": 1,
        "send_in": "body",
    }
    body = {"filter": {"object": "page"}, "page": {"sort": "up"}}
    installation.mapping = [
        resource("/search", data_path=".results", method="POST", body=body, pagination=pagination)
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", "first", "second")
    sized = {"filter": {"object": "page"}, "page": {"sort": "up", "size": 1}}
    assert [request.json for request in api.requests] == [sized, {**sized, "start_cursor": "c"}]


async def test_values_are_one_segment_each(api: FaultApi, installation: Installation) -> None:
    """Whatever a parent's value holds, it is percent-encoded into a single path segment."""
    values = ["a b", "a/b", "ü", "50%", "a?b=c", "a#b", "-", "..", ".", ""]
    api.serve("/items", answer(named(*values)))
    api.serve("/notes/{}/last", lambda request: answer({"id": request.values[0]}))
    parameter = {"endpoint": "/items", "field": ".id"}
    installation.mapping = [resource("/notes/{item}/last", path_parameters={"item": parameter})]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert sorted(api.paths()[1:]) == sorted(
        f"/notes/{value}/last"
        for value in ["a%20b", "a%2Fb", "%C3%BC", "50%25", "a%3Fb%3Dc", "a%23b", "-"]
    )
    assert len([line for line in outcome.log.splitlines() if "skipped 3 values" in line]) == 1


# --- pages ----------------------------------------------------------------------------------


def offset_pages(items: Items, **envelope: object) -> Handler:
    """Paged by `offset` and `limit`."""

    def handler(request: Request) -> Reply:
        start, length = request.number("offset", 0), request.number("limit", 100)
        return answer({"items": items[start : start + length], **envelope})

    return handler


def linked_pages(items: Items, link: Callable[[Request, int], Answer]) -> Handler:
    """Two items a page; `link` makes an answer out of the request and the next page's number."""

    def handler(request: Request) -> Reply:
        page = request.number("page", 1)
        found = items[page * 2 - 2 : page * 2]
        reply = link(request, page + 1 if page * 2 < len(items) else 0)
        envelope = json.loads(reply.body)
        return answer({**envelope, "items": found}, **dict(reply.headers[1:]))

    return handler


def cursor_pages(items: Items) -> Handler:
    """Two items a page; the cursor is the number of the next page."""

    def handler(request: Request) -> Reply:
        page = request.number("cursor", 1)
        following = str(page + 1) if page * 2 < len(items) else None
        return answer({"items": items[page * 2 - 2 : page * 2], "meta": {"after": following}})

    return handler


def _next_link(request: Request, page: int) -> Answer:
    return answer({"next": f"{request.path}?page={page}" if page else None})


def _link_header(request: Request, page: int) -> Answer:
    following = f'<{request.path}?page={page}>; rel="next", ' if page else ""
    return answer({}, Link=f'{following}<{request.path}?page=1>; rel="first"')


TEN = named(*range(10))


@pytest.mark.parametrize(
    ("settings", "handler"),
    [
        pytest.param({"pagination_type": "page"}, pages(TEN), id="page"),
        pytest.param({"pagination_type": "page"}, pages(TEN, total=10), id="page-total"),
        pytest.param({"pagination_type": "offset"}, offset_pages(TEN), id="offset"),
        pytest.param({"pagination_type": "offset"}, offset_pages(TEN, total=10), id="offset-total"),
        pytest.param(
            {"pagination_type": "cursor", "cursor_path": "meta.after"},
            cursor_pages(TEN),
            id="cursor",
        ),
        pytest.param({"pagination_type": "next_link"}, linked_pages(TEN, _next_link), id="link"),
        pytest.param(
            {"pagination_type": "header_link"}, linked_pages(TEN, _link_header), id="header"
        ),
    ],
)
async def test_every_style_of_paging_walks_to_the_end(
    api: FaultApi, installation: Installation, settings: dict[str, object], handler: Handler
) -> None:
    """Each pagination type brings every item once."""
    api.serve("/items", handler)
    installation.settings |= settings | {"page_size": 2}
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", *range(10))


async def test_pages_ahead_fail_like_any_other(api: FaultApi, installation: Installation) -> None:
    """Pages before one that fails are upserted in order, even when all were fetched at once."""
    items = named(*range(10))
    api.serve("/items", offset_pages(items, total=10))
    installation.settings |= {"pagination_type": "offset", "page_size": 2}
    installation.mapping = [resource("/items", data_path=".items")]
    api.fail("/items", answer({}, 403), when=lambda request: request.param("offset") == "4")

    outcome = await installation.resync()

    assert not outcome.complete
    assert outcome.entities == entities("item", 0, 1, 2, 3)


async def test_the_rest_of_a_known_total_is_fetched_at_once(
    api: FaultApi, installation: Installation
) -> None:
    """After the first page of a known total, the other pages are under way together."""
    together = asyncio.Barrier(4)

    async def handler(request: Request) -> Reply:
        if request.param("page") != "1":
            await together.wait()
        reply = pages(named(*range(9)), total=9)(request)
        assert isinstance(reply, Answer)
        return reply

    api.serve("/items", handler)
    installation.settings |= PAGED
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await asyncio.wait_for(installation.resync(), 10)

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", *range(9))


@pytest.mark.parametrize("reply", [Answer(status=204), Answer(), answer([]), answer({"items": []})])
async def test_an_empty_collection_empties_the_catalog(
    api: FaultApi, installation: Installation, reply: Answer
) -> None:
    """No content and empty lists are complete answers: what was there before is gone."""
    path = ".items" if b"items" in reply.body else "."
    api.serve("/items", answer({"items": named(1)} if path == ".items" else named(1)))
    installation.mapping = [resource("/items", data_path=path)]
    await installation.resync()
    api.serve("/items", reply)

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/1"}


# --- speed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 3, 8])
async def test_requests_in_flight_reach_the_limit_and_never_pass_it(
    api: FaultApi, installation: Installation, limit: int
) -> None:
    """Children use all of maxConcurrentRequests; the server never sees one request more."""
    together = asyncio.Barrier(limit)

    async def notes(request: Request) -> Reply:
        await together.wait()
        return answer(named(f"n{request.values[0]}"))

    api.serve("/items", pages(named(*range(24))))
    api.serve("/items/{}/notes", notes)
    installation.settings["max_concurrent_requests"] = limit
    installation.mapping = [children()]

    outcome = await asyncio.wait_for(installation.resync(), 10)

    assert outcome.complete, outcome.formatted
    assert len(outcome.entities) == 24
    assert api.most_in_flight == limit


async def test_the_limit_holds_for_chained_parameters(
    api: FaultApi, installation: Installation
) -> None:
    """Walks within walks share the permits: no deadlock, and no request too many."""
    api.serve("/orgs", answer(named(*range(6))))
    api.serve("/orgs/{}/repos", lambda one: answer(named(*(f"{one.values[0]}-{n}" for n in "ab"))))
    api.serve("/orgs/{}/repos/{}", lambda one: answer({"id": one.values[1]}))
    installation.settings["max_concurrent_requests"] = 2
    installation.mapping = [
        resource(
            "/orgs/{org}/repos/{repo}",
            path_parameters={
                "org": {"endpoint": "/orgs", "field": ".id"},
                "repo": {"endpoint": "/orgs/{org}/repos", "field": ".id"},
            },
        )
    ]

    outcome = await asyncio.wait_for(installation.resync(), 10)

    assert outcome.complete, outcome.formatted
    assert len(outcome.entities) == 12
    assert api.most_in_flight <= 2


async def test_the_rate_stays_below_its_ceiling(api: FaultApi, installation: Installation) -> None:
    """With requestsPerMinute requests are spread out: four of them take three intervals."""
    moments: list[float] = []
    listing = pages(named(*range(8)))

    def handler(request: Request) -> Reply:
        moments.append(asyncio.get_running_loop().time())
        reply = listing(request)
        assert isinstance(reply, Answer)
        return reply

    api.serve("/items", handler)
    installation.settings |= PAGED | {"requests_per_minute": 600}
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert len(moments) >= 4
    assert moments[3] - moments[0] >= 0.29


async def test_small_children_are_gathered_into_large_batches(
    api: FaultApi, installation: Installation
) -> None:
    """Sixty children of one item each cost Port three bulk requests, not sixty."""
    api.serve("/items", pages(named(*range(60))))
    api.serve("/items/{}/notes", lambda request: answer(named(f"n{request.values[0]}")))
    installation.mapping = [children()]

    outcome = await installation.resync()

    assert len(outcome.entities) == 60
    assert outcome.batches == 1
    assert outcome.bulks == 3


async def test_small_pages_are_gathered_and_large_ones_split(
    api: FaultApi, installation: Installation
) -> None:
    """Batches hold several hundred items, whatever the size of the API's pages."""
    many = named(*range(1200))
    api.serve("/items", pages(many))
    api.serve("/teams", answer(many))
    installation.settings |= {"pagination_type": "page", "page_size": 20}
    installation.mapping = [resource("/items", data_path=".items")]
    small = await installation.resync()
    installation.mapping = [resource("/teams", "team", pagination={"type": "none"})]
    large = await installation.resync()

    assert 2 <= small.batches <= 4
    assert 2 <= large.batches <= 4
    assert len(large.entities) == 1200


# --- TLS ------------------------------------------------------------------------------------


@asynccontextmanager
async def serving_tls(certificate: Path) -> AsyncIterator[FaultApi]:
    """An API over TLS with a certificate, and an item."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with FaultApi(tls=context) as api:
        api.serve("/items", answer(named(1)))
        yield api


async def test_a_certificate_that_the_bundle_vouches_for_is_accepted(
    authority: Path, installation: Installation
) -> None:
    """The authorities in SSL_CERT_FILE are trusted."""
    installation.mapping = [resource("/items")]
    async with serving_tls(authority) as api:
        installation.api_url = api.url
        outcome = await installation.resync()

    assert outcome.complete, outcome.formatted


async def test_a_certificate_nobody_vouches_for_is_refused(
    tmp_path: Path, installation: Installation
) -> None:
    """Nothing is sent to a server that cannot prove who it is, and the error names verifySsl."""
    installation.mapping = [resource("/items")]
    async with serving_tls(self_signed(tmp_path / "unknown.pem")) as api:
        installation.api_url = api.url
        outcome = await installation.resync()

    assert not outcome.complete
    assert "verifySsl" in outcome.message
    assert api.requests == []


async def test_verification_can_be_turned_off(tmp_path: Path, installation: Installation) -> None:
    """With verifySsl off the same server is read."""
    installation.mapping = [resource("/items")]
    installation.settings["verify_ssl"] = False
    async with serving_tls(self_signed(tmp_path / "unknown.pem")) as api:
        installation.api_url = api.url
        outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == {"item/1"}
