"""Whole resyncs through the real Ocean: what is asked for, upserted, related and deleted."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import self_signed
from tests.fault_api import (
    Answer,
    FaultApi,
    Handler,
    Reply,
    Request,
    answer,
    pages,
)
from tests.resync import Installation, resource
from tests.world import (
    CHILDREN,
    LOGIN,
    PAGED,
    Family,
    Items,
    children,
    entities,
    named,
)

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


# --- children -------------------------------------------------------------------------------


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
        api.serve(f"/items/{{}}/{kind}", answer({"previous": None, "items": [], "id": kind}))
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
    assert walked == ["1", "2", "3"]
    assert len([one for one in requests if one.path.endswith("votes")]) == 2
    assert len(api.at("/items")) == 6


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


async def test_values_in_the_mapping(api: FaultApi, installation: Installation) -> None:
    """Listed values are walked each once, multiply with others, and mark their items."""
    api.serve("/apps", answer(named("a", "b")))
    api.serve("/{}/apps/{}", lambda one: answer([{"id": "-".join(one.values)}]))
    installation.mapping = [
        resource(
            "/{region}/apps/{app}",
            seen="[.__region, .region, .__parent]",
            path_parameters={
                "region": {"values": ["eu", "us", "eu", "", ".."]},
                "app": {"endpoint": "/apps", "field": ".id"},
            },
        )
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert installation.seen() == {
        f"{region}-{app}": [region, region, {"app": {"id": app, "name": f"the {app}"}}]
        for region in ("eu", "us")
        for app in ("a", "b")
    }
    assert len(api.requests) == 1 + 4
    assert outcome.log.count("skipped 2 values of path_parameters.region") == 1


async def test_values_lead_to_parents(api: FaultApi, installation: Installation) -> None:
    """A parent endpoint may itself hold the placeholder of a list."""
    api.serve("/{}/orgs", lambda one: answer(named(f"{one.values[0]}-org")))
    api.serve("/{}/orgs/{}/repos", lambda one: answer(named(f"{one.values[1]}-repo")))
    installation.mapping = [
        resource(
            "/{region}/orgs/{org}/repos",
            path_parameters={
                "org": {"endpoint": "/{region}/orgs", "field": ".id"},
                "region": {"values": ["eu", "us"]},
            },
        )
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", "eu-org-repo", "us-org-repo")
    assert len(api.requests) == 2 + 2


@pytest.mark.parametrize("regions", [["eu", "us"], ["us"]])
async def test_a_listed_value_that_answers_404_is_a_failure(
    api: FaultApi, installation: Installation, regions: list[str]
) -> None:
    """No parent can have gone away: the list or the path is wrong, and nothing is deleted."""
    gone: set[str] = set()

    def apps(request: Request) -> Reply:
        region = request.values[0]
        return answer({}, 404) if region in gone else answer(named(f"{region}-app"))

    api.serve("/{}/apps", apps)
    listed = {"region": {"values": regions}}
    installation.mapping = [resource("/{region}/apps", path_parameters=listed)]
    await installation.resync()
    gone.add("us")

    outcome = await installation.resync()

    assert "/us/apps: 404" in outcome.message
    assert outcome.deleted == set()
    assert outcome.entities == entities("item", *(f"{region}-app" for region in regions))


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
    """Only parents the filter keeps are asked about, each value once."""
    parents = [
        {"id": 1, "owner": "x", "open": True},
        {"id": 2, "owner": "x", "open": True},
        {"id": 3, "owner": "y", "open": False},
        {"id": 4, "owner": None, "open": True},
    ]
    api.serve("/items", answer(parents))
    api.serve("/owners/{}", lambda request: answer({"id": request.values[0]}))
    parameter = {"endpoint": "/items", "field": ".owner"}
    parameter["filter"] = ".open and .owner != null"
    installation.mapping = [resource("/owners/{owner}", path_parameters={"owner": parameter})]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert api.paths() == ["/items", "/owners/x"]


async def test_a_total_in_a_place_of_its_own(api: FaultApi, installation: Installation) -> None:
    """Pages that fall short in the middle do not end a walk before the total at `totalPath`."""

    def items(request: Request) -> Reply:
        number = request.number("page", 1)
        # The first row of the second page may not be seen.
        rows = [row for row in range(number * 10, number * 10 + 10) if row != 20 and row < 45]
        first: dict[str, Any] = {"previous": None} if number == 1 else {}
        return answer({"items": named(*rows), "found": {"rows": 35}, **first})

    api.serve("/items", items)
    installation.settings |= {
        "pagination_type": "page",
        "page_size": 10,
        "total_path": ".found | .rows",
    }
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", *range(10, 20), *range(21, 45))


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
    first, second, *more = (request.json for request in api.requests)
    assert (first, second) == (sized, {**sized, "start_cursor": "c"})
    # A full page without a cursor is asked for once more, and with room for more rows.
    assert second in more
    assert all(request["filter"] == {"object": "page"} for request in more)


async def test_values_are_one_segment_each(api: FaultApi, installation: Installation) -> None:
    """Whatever a parent's value holds, it is percent-encoded into a single path segment."""
    values = ["a b", "a/b", "ü", "50%", "a?b=c", "a#b", "-", "..", "."]
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
    assert len([line for line in outcome.log.splitlines() if "skipped 2 values" in line]) == 1


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


@pytest.mark.parametrize("total", [{"total": 14}, {}], ids=["total", "no total"])
async def test_pages_strictly_in_order_by_setting(
    api: FaultApi, installation: Installation, total: dict[str, Any]
) -> None:
    """No page is under way before the one before it came, nor asked for twice."""
    given = pages(named(*range(14)), **total)

    async def in_a_while(request: Request) -> Reply:
        await asyncio.sleep(0.02)
        reply = given(request)
        assert isinstance(reply, Answer)
        return reply

    api.serve("/items", in_a_while)
    installation.settings |= PAGED
    installation.mapping = [
        resource("/items", data_path=".items", pagination={"in_order": True}),
    ]

    outcome = await installation.resync()

    assert outcome.entities == entities("item", *range(14))
    assert api.most_in_flight == 1


@pytest.mark.parametrize("total", [{"total": 14}, {}], ids=["total", "no total"])
@pytest.mark.parametrize(
    "too_early",
    [answer({"message": "ask for the page before it first"}, status) for status in (400, 409)]
    + [answer({"items": []})],
    ids=["400", "409", "no rows"],
)
async def test_pages_strictly_in_order_are_learnt(
    api: FaultApi, installation: Installation, too_early: Answer, total: dict[str, Any]
) -> None:
    """A page refused, or empty, before its turn is asked for in its turn, and none ahead of it."""
    given = [0]

    async def in_order(request: Request) -> Reply:
        number = request.number("page", 1)
        if number > given[0] + 1:
            return too_early
        await asyncio.sleep(0.02)
        given[0] = max(given[0], number)
        reply = pages(named(*range(14)), **total)(request)
        assert isinstance(reply, Answer)
        return reply

    api.serve("/items", in_order)
    installation.settings |= PAGED | {"max_concurrent_requests": 4}
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", *range(14))
    asked = [request.param("page") for request in api.requests]
    assert asked.count("7") == 1


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

    outcome = await asyncio.wait_for(installation.resync(), 60)

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", *range(9))


@pytest.mark.parametrize("reply", [Answer(status=204), answer([]), answer({"items": []})])
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


@pytest.mark.parametrize(
    ("data_path", "empty"),
    [
        ("if . == {} then [] else .items end", {}),
        ('if has("items") then .items // [] else null end', {"items": None}),
        (
            "if .page.totalElements == 0 then [] else .items end",
            {"page": {"totalElements": 0}},
        ),
    ],
)
async def test_an_empty_answer_that_data_path_tells_of(
    api: FaultApi, installation: Installation, data_path: str, empty: object
) -> None:
    """An API that leaves out an empty list empties the catalog; another answer does not."""
    api.serve("/items", answer({"items": named(1)}))
    installation.mapping = [resource("/items", data_path=data_path)]
    await installation.resync()
    api.serve("/items", answer({"message": "maintenance"}))
    other = await installation.resync()
    api.serve("/items", answer(empty))

    outcome = await installation.resync()

    assert not other.complete
    assert other.entities == {"item/1"}
    assert "or tell it what an answer without items looks like" in other.message
    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/1"}


@pytest.mark.parametrize(
    "data_path", [".items // []", ".items[]?", "(.items // [])[]", ".items // [] | map(. + {x: 1})"]
)
@pytest.mark.parametrize("is_there", [True, False])
async def test_null_at_the_key_that_a_program_reads(
    api: FaultApi, installation: Installation, data_path: str, *, is_there: bool
) -> None:
    """It is an empty list, as at a path: Kubernetes writes `items: null`. No such key is none."""
    api.serve("/items", answer({"kind": "PodList", "items": named(1)}))
    installation.mapping = [resource("/items", data_path=data_path)]
    await installation.resync()
    api.serve("/items", answer({"kind": "PodList", **({"items": None} if is_there else {})}))

    outcome = await installation.resync()

    assert outcome.complete == is_there, outcome.formatted
    assert outcome.deleted == ({"item/1"} if is_there else set())


async def test_a_list_that_some_children_leave_out(
    api: FaultApi, installation: Installation
) -> None:
    """A path that tolerates it reads the others; when none has the list nothing is deleted."""
    replies = {"1": answer({"notes": named("a")}), "2": answer({})}
    api.serve("/items", pages(named(1, 2)))
    api.serve("/items/{}/notes", lambda request: replies[request.values[0]])
    installation.mapping = [
        resource(
            "/items/{item}/notes",
            "child",
            data_path=".notes[]?",
            path_parameters={"item": CHILDREN},
        )
    ]

    some = await installation.resync()
    replies["1"] = answer({"reason": "closed for the night"})
    none = await installation.resync()

    assert some.complete, some.formatted
    assert some.entities == {"child/a"}
    assert not none.complete
    assert none.deleted == set()
    assert "found nothing in any answer, nor was there a list" in none.message
    assert """it said '{"reason": "closed for the night"}'""" in none.message


@pytest.mark.parametrize("data_path", [".items", ".items[]", ".items | map(.)"])
async def test_a_list_of_null_alone(
    api: FaultApi, installation: Installation, data_path: str
) -> None:
    """What is in the catalog stays, as nothing shows that it is gone; beside rows it is none."""
    api.serve("/items", answer({"items": named("a")}))
    installation.mapping = [resource("/items", data_path=data_path)]
    await installation.resync()
    api.serve("/items", answer({"items": [None]}))

    lost = await installation.resync()
    api.serve("/items", answer({"items": []}))
    await installation.resync()
    api.serve("/items", answer({"items": [None, *named("b")]}))
    some = await installation.resync()

    assert not lost.complete
    assert lost.deleted == set()
    assert "found nothing in any answer" in lost.message
    assert some.complete, some.formatted
    assert some.entities == {"item/b"}


async def test_a_null_list_beside_a_code(api: FaultApi, installation: Installation) -> None:
    """It may be a failure: what is in the catalog stays, and without anything there it is well."""
    busy = answer({"code": 40001, "msg": "busy", "items": None})
    api.serve("/items", answer({"code": 0, "msg": "", "items": named("a")}))
    installation.mapping = [resource("/items", data_path=".items")]

    some = await installation.resync()
    api.serve("/items", busy)
    none = await installation.resync()
    api.serve("/items", answer({"code": 0, "msg": "", "items": None}))
    empty = await installation.resync()
    api.serve("/items", busy)
    still = await installation.resync()

    assert some.entities == {"item/a"}
    assert not none.complete
    assert none.deleted == set()
    assert empty.complete, empty.formatted
    assert empty.deleted == {"item/a"}
    assert still.complete, still.formatted


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

    outcome = await asyncio.wait_for(installation.resync(), 60)

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

    outcome = await asyncio.wait_for(installation.resync(), 60)

    assert outcome.complete, outcome.formatted
    assert len(outcome.entities) == 12
    assert api.most_in_flight <= 2


async def test_the_rate_stays_below_its_ceiling(api: FaultApi, installation: Installation) -> None:
    """With requestsPerMinute requests are spread out: four of them take three half seconds."""
    moments: list[float] = []
    listing = pages(named(*range(8)))

    def handler(request: Request) -> Reply:
        moments.append(asyncio.get_running_loop().time())
        reply = listing(request)
        assert isinstance(reply, Answer)
        return reply

    api.serve("/items", handler)
    installation.settings |= PAGED | {"requests_per_minute": 120}
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert len(moments) >= 4
    # A third less: the first may have been noted late.
    assert moments[3] - moments[0] >= 1


async def test_small_children_are_gathered_into_large_batches(
    api: FaultApi, installation: Installation
) -> None:
    """Sixty children of one item each cost Port a few bulk requests, not sixty.

    One batch and three, where they are read within the second that a batch waits.
    """
    api.serve("/items", pages(named(*range(60))))
    api.serve("/items/{}/notes", lambda request: answer(named(f"n{request.values[0]}")))
    installation.mapping = [children()]

    outcome = await installation.resync()

    assert len(outcome.entities) == 60
    assert 1 <= outcome.batches <= 10
    assert 3 <= outcome.bulks <= 3 + outcome.batches


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
