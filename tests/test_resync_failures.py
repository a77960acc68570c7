"""Whole resyncs that meet a fault: nothing is lost, and the next one makes good."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests import fault_api
from tests.fault_api import (
    Answer,
    FaultApi,
    Handler,
    Reply,
    Request,
    answer,
    redirect,
    silence,
    text,
)
from tests.resync import Installation, resource
from tests.world import (
    CHILDREN,
    PAGED,
    Family,
    World,
    assert_nothing_lost,
    children,
    entities,
    named,
)

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
    ("cut-gzip", fault_api.CUT_GZIP, "compression"),
    ("length-too-short", fault_api.SHORT_LENGTH, "not HTTP"),
    ("json-breaks-off", fault_api.BROKEN_OFF, "JSON"),
    ("half-a-json", text('{"items": [{"id": 3', kind="application/json"), "JSON"),
    ("text", text("Sorry"), "JSON"),
    ("html", text("<html><h1>Please sign in</h1></html>", kind="text/html"), "text/html"),
    ("empty", Answer(), "empty"),
    ("error-with-200", answer({"error": "backend is down"}), "backend is down"),
    ("success-false", answer({"success": False, "message": "a bad day", "items": []}), "a bad day"),
    ("202-empty", Answer(status=202), "202"),
    ("202", answer({"status": "processing"}, 202), "202"),
    *[
        (f"{status}", answer({"reason": "a bad day"}, status), f"{status}")
        for status in (400, 403, 404, 408, 410, 422, 429, 451)
    ],
    *[
        (f"{status}", answer({"reason": "a bad day"}, status), f"{status}")
        for status in (500, 501, 502, 503, 504)
    ],
    ("429-later", answer({}, 429, Retry_After="3600"), "429"),
    ("401", answer({"reason": "who are you?"}, 401), "credentials"),
    ("304", Answer(status=304), "304"),
    ("redirect-nowhere", Answer(status=302), "302"),
    ("redirect-in-circles", redirect("/items?page=2&size=2"), "redirect"),
    ("redirect-elsewhere", redirect("http://evil.example/items"), "allowedHosts"),
]


LIKE_OTHERS = (
    *("closed", "reset-in-body", "cut-head", "cut-body", "cut-chunks", "garbage", "cut-gzip"),
    *("length-too-short", "json-breaks-off", "text", "empty", "202-empty", "redirect-in-circles"),
    *("half-a-json", "202", "304", "401", "503"),
    *("400", "408", "410", "422", "429", "451", "500", "501", "502", "504"),
)
"""Faults that end as another of these does; the gate's part of the fault matrix has them too."""


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        pytest.param(
            fault, word, id=name, marks=pytest.mark.exhaustive if name in LIKE_OTHERS else ()
        )
        for name, fault, word in FAULTS
        if name != "404"  # which says that there is no such page
    ],
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
    world.installation.settings["timeout"] = 3

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


async def test_a_newer_resync_takes_the_place_of_one_under_way(world: World) -> None:
    """A resync cut off by the next one deletes nothing; the next one is complete."""
    arrived = asyncio.Event()

    async def second_page(request: Request) -> Reply:
        arrived.set()
        return await silence(request)

    world.api.fail("/items", second_page, on=2, times=1)
    world.installation.publish_mapping()
    async with world.installation.booted() as app:
        await app.port_client.auth.token  # opens the client that both resyncs use
        older = asyncio.create_task(app.integration.sync_raw_all(silent=False))
        await asyncio.wait_for(arrived.wait(), 30)
        newer = await world.installation.resync_in(app)
        await asyncio.wait({older})

    assert older.cancelled()
    assert newer.complete, newer.formatted
    assert newer.deleted == {"item/gone", "team/gone"}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(
            fault,
            id=name,
            marks=() if name in {"reset", "cut-body", "503"} else pytest.mark.exhaustive,
        )
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
    assert pages_asked[:5] == ["1", "2", "2", "3", "4"]


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
async def test_an_api_that_asks_for_peace_is_left_alone(world: World, later: str) -> None:
    """A longer Retry-After than may be waited for fails at once, and says what to raise."""
    world.api.fail("/items", answer({}, 429, Retry_After=later), on=2)
    world.installation.settings["max_retry_wait"] = 1

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "/items", "429", "maxRetryWait")
    assert [request.param("page") for request in world.api.at("/items")] == ["1", "2"]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault_api.RESET, id="reset"),
        pytest.param(answer({}, 503), id="503"),
        pytest.param(answer({}, 429), id="429"),
    ],
)
async def test_without_waiting_there_is_one_attempt(world: World, fault: Reply) -> None:
    """With maxRetryWait 0 a fault is final at once."""
    world.api.fail("/items", fault, on=2)

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "/items")
    assert [request.param("page") for request in world.api.at("/items")] == ["1", "2"]


@pytest.mark.parametrize("retry_after", ["soon", "-1", "NaN", "1e999", ""])
async def test_a_senseless_retry_after_is_no_obstacle(world: World, retry_after: str) -> None:
    """A Retry-After that means nothing leaves the usual backoff."""
    world.api.fail("/items", answer({}, 503, Retry_After=retry_after), on=2, times=1)
    world.installation.settings["max_retry_wait"] = 1

    outcome = await asyncio.wait_for(world.installation.resync(), 60)

    assert outcome.complete, outcome.formatted


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


@pytest.mark.parametrize("status", [400, 403, 409, 422, 501])
async def test_what_will_not_pass_is_not_retried(world: World, status: int) -> None:
    """A refusal is final: one request, however long the retries might wait.

    What may mean that there is no such page has to hold for the one behind it, too.
    """
    world.api.fail("/items", answer({}, status), on=2)
    world.installation.settings["max_retry_wait"] = 60

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, f"{status}")
    assert len(world.api.at("/items")) == 2 + (status in {400, 422})


@pytest.mark.parametrize(
    "report",
    [
        pytest.param({"error": "backend is down"}, id="error"),
        pytest.param({"errors": [{"detail": "backend is down"}]}, id="errors"),
        pytest.param({"success": False, "message": "backend is down"}, id="success-false"),
        pytest.param({"ok": False, "error": "backend is down", "code": 7}, id="ok-false"),
    ],
)
async def test_an_error_report_is_no_item(
    api: FaultApi, installation: Installation, report: dict[str, object]
) -> None:
    """Where an object is one item, an object that only tells of an error is none."""
    api.serve("/one", answer({"id": 1, "error": "an item may have an error, too"}))
    installation.mapping = [resource("/one")]
    before = await installation.resync()
    api.serve("/one", answer(report))

    outcome = await installation.resync()

    assert before.complete, before.formatted
    assert not outcome.complete
    assert outcome.deleted == set()
    assert outcome.entities == {"item/1"}
    assert "/one" in outcome.message
    assert "backend is down" in outcome.message


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(
            answer({"data": {"items": named("new")}, "errors": [{"message": "timeout"}]}),
            id="graphql-with-errors",
        ),
        pytest.param(
            answer({"data": {"items": named("new")}}, 206, Content_Range="items 0-0/2"),
            id="range",
        ),
        pytest.param(answer({"data": {"items": named("new")}}, 206), id="part-of-something"),
        pytest.param(
            answer({"data": {"items": named("new")}, "incomplete_results": True}), id="incomplete"
        ),
        pytest.param(answer({"data": {"items": named("new")}, "Success": False}), id="failed"),
    ],
)
async def test_a_part_is_not_taken_for_the_whole(
    api: FaultApi, installation: Installation, part: Reply
) -> None:
    """An answer that says it is not all of it is upserted, and nothing is deleted."""
    api.serve("/items", answer({"data": {"items": named("old", "new")}}))
    installation.mapping = [resource("/items", data_path=".data.items")]
    before = await installation.resync()
    api.serve("/items", part)

    outcome = await installation.resync()

    assert before.complete, before.formatted
    assert not outcome.complete
    assert outcome.deleted == set()


async def test_a_long_error_page_is_quoted_in_part(world: World) -> None:
    """At most 200 characters of a body stand in the error."""
    world.api.fail("/items", text("x" * 5000, 500), on=2)

    outcome = await world.installation.resync()

    assert "x" * 150 in outcome.message
    assert "x" * 201 not in outcome.message


# --- children -------------------------------------------------------------------------------


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


async def test_a_child_that_only_reports_something_is_an_error(family: Family) -> None:
    """A message where its siblings have lists is no item, and no empty list."""
    family.api.fail("/items/3/notes", answer({"message": "busy", "code": 17}))

    outcome = await family.installation.resync()

    assert not outcome.complete
    assert outcome.deleted == set()
    assert "child/young" in outcome.entities
    assert "other answers had a list there" in outcome.message


async def test_a_404_in_the_middle_of_a_child_is_a_failure(family: Family) -> None:
    """A child whose second page is not found was there: it is not skipped."""
    family.installation.settings |= {"pagination_type": "next_link"}
    first = answer({"items": named("c", "d"), "next": "/items/3/notes?page=2"})
    family.api.serve(
        "/items/3/notes", lambda request: answer({}, 410) if request.param("page") else first
    )
    family.installation.mapping = [
        resource(
            "/items/{item}/notes",
            "child",
            data_path='if type == "array" then . else .items end',
            path_parameters={"item": CHILDREN},
        )
    ]

    outcome = await family.installation.resync()

    assert not outcome.complete
    assert outcome.deleted == set()
    assert "410" in outcome.message
    assert "1 of 3 children failed" in outcome.message


async def test_a_failing_parent_listing_deletes_nothing(family: Family) -> None:
    """Children of the parents seen before the fault are upserted, no child is deleted."""
    family.installation.settings |= PAGED
    family.api.fail("/items", fault_api.CUT_BODY, on=2)

    outcome = await family.installation.resync()

    assert not outcome.complete
    assert outcome.deleted == set()
    assert outcome.entities == entities("child", "a", "old", "c", "young")
    assert f"GET {family.api.url}/items?" in outcome.message


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


async def test_a_parent_without_its_value_deletes_no_child(family: Family) -> None:
    """One parent comes without what its children's path needs: the other children are read."""
    family.parents[1] = {"name": "the 2"}

    outcome = await family.installation.resync()

    assert not outcome.complete
    assert "path_parameters.item.field '.id' gave null for 1 of 3 parent items" in outcome.message
    assert outcome.deleted == set()
    assert outcome.entities == entities("child", "a", "old", "c")
    assert set(family.api.paths()) == {"/items", "/items/1/notes", "/items/3/notes"}


async def test_a_value_that_became_an_empty_text_deletes_no_child(family: Family) -> None:
    """An empty text is a missing value, as null is; the filter of the error leaves it out."""
    family.parents[1] = {"id": "", "name": "the 2"}

    outcome = await family.installation.resync()

    assert not outcome.complete
    assert "field '.id' gave null or '' for 1 of 3 parent items" in outcome.message
    assert outcome.deleted == set()

    family.installation.mapping = [children(filter='(.id // "") != ""')]

    outcome = await family.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"child/old"}


async def test_a_parent_may_be_left_out_on_purpose(family: Family) -> None:
    """With the filter that the error shows, the resync is complete without its children."""
    family.parents[1] = {"name": "the 2"}
    family.installation.mapping = [children(filter=".id != null")]

    outcome = await family.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"child/old"}
