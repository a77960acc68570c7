"""Whole resyncs under wrong settings or mappings: nothing is lost, the error names the remedy."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fault_api import (
    answer,
)
from tests.resync import resource
from tests.world import (
    CHILDREN,
    LOGIN,
    World,
    assert_nothing_lost,
    children,
    named,
)

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
        ["customAuthRequest", "unknown key, number 2", "bodyForm"],
    ),
    ("unknown-pagination", {"pagination_type": "pages"}, ["paginationType", "page"]),
    ("page-size", {"page_size": 0}, ["pageSize", "0"]),
    ("timeout", {"timeout": -1}, ["timeout", "-1"]),
    ("start-page", {"start_page": 2}, ["startPage", "2"]),
    ("concurrency", {"max_concurrent_requests": 0}, ["maxConcurrentRequests"]),
    ("cursor-jq", {"pagination_type": "cursor", "cursor_path": ".a["}, ["cursorPath", ".a["]),
    ("allowed-url", {"allowed_hosts": ["https://a.example/"]}, ["allowedHosts"]),
    ("unset-variable", {"custom_headers": {"X-Key": "${NOT_SET}"}}, ["customHeaders", "NOT_SET"]),
    ("header-name", {"custom_headers": {"X Key": "a"}}, ["customHeaders", "header number 1"]),
    (
        "several",
        {"auth_type": "bearer", "page_size": 0, "pagination_type": "pages"},
        ["authType", "pageSize", "paginationType"],
    ),
]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param(
            changes,
            words,
            id=name,
            # What each of them says is tested without a resync: see `test_settings`.
            marks=() if name in {"no-login", "several"} else pytest.mark.exhaustive,
        )
        for name, changes, words in SETTINGS_MISTAKES
    ],
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

    `teams`: whether the other kind syncs all the same; `asks`: whether `/items` is asked for;
    None where both will do.
    """

    resource: dict[str, Any]
    words: tuple[str, ...]
    teams: bool | None = True
    asks: bool | None = False


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
        ("evil.example", "path_parameters.item.endpoint", "allowedHosts"),
    ),
    "field-jq": Mistake(children(field=".id |"), ("path_parameters.item.field", ".id |")),
    "filter-jq": Mistake(children(filter=".id =="), ("path_parameters.item.filter", ".id ==")),
    "query-jq": Mistake(
        resource("/items", data_path=".items", query=".id === 1"),
        ("kind '/items': selector.query '.id === 1' is not a jq program", "correct the expression"),
        teams=None,
        asks=None,
    ),
    "query-typo": Mistake(
        resource("/items", data_path=".items", query=".name"),
        ("kind '/items': selector.query '.name' gave the text", "boolean", "make it a comparison"),
        asks=True,
    ),
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
    "tolerant-data-path-typo": Mistake(
        resource("/items", data_path="[.itemz[]? | select(.id)]"),
        ("/items", "data_path", ".itemz", "items"),
        asks=True,
    ),
    "parent-tolerant-data-path-typo": Mistake(
        children(data_path=".itemz // []"), ("data_path", ".itemz", "items"), asks=True
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
    "total-typo": Mistake(
        resource("/items", data_path=".items", pagination={"total_path": "meta.all"}),
        ("/items", "totalPath", "meta.all", "items"),
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


LIKE_OTHERS = (
    *("data-path-jq", "data-path-typo-in-jq", "filter-jq", "field-jq", "full-url-of-parent"),
    *("parent-data-path-typo", "tolerant-data-path-typo", "unknown-parameter-key", "query-typo"),
    *("unknown-pagination-key", "unused-parameter", "filter-typo"),
)
"""Mistakes that end as another of these does; `test_overrides` has what each of them says."""


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(mistake, id=name, marks=pytest.mark.exhaustive if name in LIKE_OTHERS else ())
        for name, mistake in MAPPING_MISTAKES.items()
    ],
)
async def test_a_mistake_in_the_mapping_deletes_nothing(world: World, mistake: Mistake) -> None:
    """A faulty resource fails the resync, by name and with a remedy, and costs no entity."""
    installation = world.installation
    world.api.serve("/items/{}/notes", lambda request: answer(named(f"n{request.values[0]}")))
    good = installation.mapping
    # Whatever the endpoint: it is to make what `/items` made.
    mistaken: Any = deepcopy(mistake.resource)
    mistaken["port"]["entity"]["mappings"]["blueprint"] = '"item"'
    installation.mapping = [mistaken, good[1]]

    outcome = await installation.resync()

    assert_nothing_lost(outcome, *mistake.words)
    assert mistake.teams in {None, "team/new" in outcome.entities}
    asked = [path for path in world.api.paths() if path != "/teams"]
    assert mistake.asks in {None, bool(asked)}
    assert not [path for path in asked if "{" in path or "%7B" in path]
    installation.mapping = good
    await world.recovers()
