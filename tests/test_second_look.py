"""Nothing is deleted that a second reading finds, and nothing that Port did not take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.conftest import Switchboard
from tests.fault_api import Answer, FaultApi, Reply, Request, answer
from tests.resync import Installation, Outcome, resource
from tests.world import CHILDREN, LOGIN, PAGED, Family, Items, World, children, entities, named
from workbench.store.model import JsonObject

OFFSET = {"pagination_type": "offset", "page_size": 2}
CURSOR: dict[str, Any] = {"type": "cursor", "cursor_path": "next"}
STYLES = [pytest.param(OFFSET, id="offset"), pytest.param(PAGED, id="page")]
ASIDE = "are there after all"


@dataclass
class Listing:
    """A list paged by `offset` or by `page`; `then` is what happens to it after one answer."""

    rows: Items
    tells_total: bool = False
    then: Callable[[Items], object] | None = None
    after: int = 1
    answered: int = field(default=0, init=False)

    def __call__(self, request: Request, **more: object) -> Reply:
        """The page that a request asks for."""
        size = request.number("limit", request.number("size", 2))
        start = request.number("offset", (request.number("page", 1) - 1) * size)
        told = {"total": len(self.rows)} if self.tells_total else {}
        page = self.rows[start : start + size]
        reply = answer({"items": page, "previous": None, **told, **more})
        self.answered += 1
        if self.then and self.answered == self.after:
            self.then(self.rows)
        return reply

    def changes(self, then: Callable[[Items], object], *, after: int = 1) -> None:
        """Change the list after an answer from now on."""
        self.then, self.after, self.answered = then, after, 0


def first_goes(rows: Items) -> None:
    """The first row is removed, and all others move up."""
    del rows[0]


@pytest.fixture
async def listing(api: FaultApi, installation: Installation) -> Listing:
    """Seven items that were synced once; since then the last one is gone."""
    listing = Listing(named(1, 2, 3, 4, 5, 6, "gone"))
    api.serve("/items", listing)
    installation.settings |= PAGED
    installation.mapping = [resource("/items", data_path=".items")]
    assert (await installation.resync()).complete
    del listing.rows[-1]
    api.heal()
    return listing


def looks(outcome: Outcome) -> int:
    """How many second looks there were."""
    return outcome.log.count("looking a second time")


def firsts(api: FaultApi) -> int:
    """How often the list was read."""
    return len([request for request in api.at("/items") if request.param("page") == "1"])


def warnings(outcome: Outcome) -> list[str]:
    """What operators are told about what was spared."""
    return [line for line in outcome.log.splitlines() if ASIDE in line or "did not take" in line]


# --- rows that move ----------------------------------------------------------------------------


@pytest.mark.parametrize("style", STYLES)
async def test_a_row_that_moves_up_a_page_is_not_deleted(
    installation: Installation, listing: Listing, style: dict[str, object]
) -> None:
    """A row removed during the walk hides another one; only what was gone before is deleted."""
    installation.settings |= style
    listing.changes(first_goes)

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/gone"}
    assert outcome.entities == entities("item", 1, 2, 3, 4, 5, 6)
    (warning,) = warnings(outcome)
    assert warning.startswith("WARNING 1 of 2 entities")
    assert "rows may have moved" in warning


@pytest.mark.parametrize("style", STYLES)
async def test_a_total_that_falls_during_the_walk_deletes_no_row_that_moved(
    installation: Installation, listing: Listing, style: dict[str, object]
) -> None:
    """What one reading missed is read again: only what was gone before is deleted."""
    installation.settings |= style
    listing.tells_total = True
    listing.changes(first_goes)

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/gone"}
    assert outcome.entities == entities("item", 1, 2, 3, 4, 5, 6)


async def test_a_total_that_falls_in_both_readings_deletes_nothing(
    installation: Installation, listing: Listing, api: FaultApi
) -> None:
    """From the same number, so that no row was removed meanwhile: rows are missing."""

    def things(request: Request) -> Reply:
        match request.number("page", 1):
            case 1:
                return answer({"items": listing.rows[:2], "total": 6})
            case 2:
                return answer({"items": listing.rows[2:3], "total": 3})
            case _:
                return answer({"items": [], "total": 3})

    installation.settings |= {"pagination_type": "page", "size_param": "size", "page_size": 2}
    api.serve("/items", things)

    outcome = await installation.resync()

    assert not outcome.complete
    assert "each of two readings was told a total of 6, and got no rows" in outcome.formatted
    assert outcome.deleted == set()


@pytest.mark.parametrize("style", ["page", "offset", "cursor", "next_link", "none"])
@pytest.mark.parametrize("total", [0, 6])
@pytest.mark.parametrize("name", ["total", "total_pages"])
@pytest.mark.usefixtures("listing")
async def test_a_total_of_rows_of_which_none_came_deletes_nothing(
    installation: Installation, api: FaultApi, style: str, name: str, total: int
) -> None:
    """Of none, the list is empty; of some, or of several pages, each reading missed them all."""
    api.serve("/items", answer({"items": [], name: total, "next_cursor": None, "next": None}))
    installation.settings |= {"pagination_type": style, "page_size": 2}

    outcome = await installation.resync()

    assert outcome.complete is (not total), outcome.formatted
    assert bool(outcome.deleted) is outcome.complete


@pytest.mark.parametrize("style", STYLES)
async def test_a_total_that_an_insertion_keeps_up_hides_nothing(
    installation: Installation, listing: Listing, style: dict[str, object]
) -> None:
    """One row goes and another comes: the total is the same, and a row was missed all the same."""

    def swap(rows: Items) -> None:
        rows[:] = [*rows[1:], *named("newer")]

    installation.settings |= style | {"max_concurrent_requests": 1}
    listing.tells_total = True
    listing.rows += named("new")  # so that no page is empty
    listing.changes(swap)

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/gone"}
    assert "item/3" in outcome.entities


async def test_a_row_that_moves_to_the_front_is_not_deleted(
    installation: Installation, listing: Listing
) -> None:
    """In a list sorted by when its rows changed, one passes the walk; it is not deleted."""
    listing.rows += named("new")  # so that no page is empty
    listing.changes(lambda rows: rows.insert(0, rows.pop(4)))

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/gone"}
    assert outcome.entities == entities("item", 1, 2, 3, 4, 5, 6, "new")


async def test_links_that_count_pages_are_no_better(
    api: FaultApi, installation: Installation
) -> None:
    """`next: …?page=2` is a position too."""
    listing = Listing(named(1, 2, 3, 4, 5, "gone"))

    def linked(request: Request) -> Reply:
        number = request.number("page", 1)
        link = f"{api.url}/items?page={number + 1}"
        more = number * 2 < len(listing.rows)
        return listing(request, next=link if more else None)

    api.serve("/items", linked)
    installation.settings |= {"pagination_type": "next_link", "next_link_path": "next"}
    installation.mapping = [resource("/items", data_path=".items")]
    await installation.resync()
    del listing.rows[-1]
    listing.changes(first_goes)

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/gone"}


async def test_what_is_gone_is_deleted_after_two_readings(
    api: FaultApi, installation: Installation, listing: Listing
) -> None:
    """A second look that finds nothing changes nothing, and warns of nothing."""
    listing.answered = 0

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/gone"}
    asked = [request.param("page") for request in api.at("/items")]
    assert asked == asked[: len(asked) // 2] * 2
    assert asked.count("1") == 2
    assert looks(outcome) == 1
    assert warnings(outcome) == []


async def test_nothing_is_read_twice_when_nothing_is_to_be_deleted(
    api: FaultApi, installation: Installation, listing: Listing
) -> None:
    """A second look costs nothing as long as all that Port has was seen."""
    listing.rows += named("gone", "new")

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert firsts(api) == 1
    assert looks(outcome) == 0


async def test_nothing_is_read_twice_when_nothing_may_be_deleted(
    api: FaultApi, installation: Installation, listing: Listing
) -> None:
    """Ocean's own threshold comes first: nothing is looked for, announced or failed."""
    assert listing.rows
    installation.options = {"entityDeletionThreshold": 0}
    api.fail("/items", answer({}, 500), on=2, when=lambda request: request.param("page") == "1")

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == set()
    assert firsts(api) == 1
    assert looks(outcome) == 0


async def test_what_port_made_for_relations_is_not_looked_for_for_ever(
    api: FaultApi, installation: Installation, listing: Listing
) -> None:
    """An item that only a note names stays stale: Ocean protects it, and it costs no request."""
    listing.rows += named("gone", "new")  # all that there was, and pages by position
    api.serve("/notes", answer([{"id": 1, "of": "nowhere"}]))
    installation.mapping += [resource("/notes", "child", parent=".of")]
    assert "item/nowhere" in (await installation.resync()).entities
    api.heal()

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert "item/nowhere" in outcome.entities
    assert looks(outcome) == 0
    assert firsts(api) == 1


async def test_without_a_second_look_what_is_in_doubt_is_kept(
    api: FaultApi, installation: Installation, listing: Listing
) -> None:
    """`secondLook: false`: nothing is read again; what left no doubt is deleted."""
    teams = named(1, 2)
    api.serve("/teams", lambda _: answer(teams))
    installation.mapping += [resource("/teams", "team", pagination={"type": "none"})]
    assert (await installation.resync()).complete
    listing.rows.pop()
    teams.pop()
    api.heal()
    installation.settings |= {"second_look": False}

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"team/2"}
    assert looks(outcome) == 0
    assert firsts(api) == 1
    assert "1 entities are not deleted: they may have been missed, and secondLook is off" in (
        outcome.log
    )


async def test_what_leaves_no_doubt_is_read_once(api: FaultApi, installation: Installation) -> None:
    """One page, or pages by a cursor that is no number: what such a list lacks is gone."""
    rows = named(1, 2, 3, 4)

    def by_cursor(request: Request) -> Reply:
        if request.param("cursor"):
            return answer({"items": rows[2:], "next": None})
        return answer({"items": rows[:2], "next": "abc"})

    api.serve("/items", by_cursor)
    api.serve("/teams", lambda _: answer(named(*(row["id"] for row in rows))))
    installation.mapping = [
        resource("/items", data_path=".items", pagination=CURSOR),
        resource("/teams", "team"),
    ]
    await installation.resync()
    del rows[0]
    api.heal()

    outcome = await installation.resync()

    assert outcome.deleted == {"item/1", "team/1"}
    assert api.paths() == ["/items", "/items", "/teams"]


async def test_whole_numbers_as_cursors_may_be_positions(
    api: FaultApi, installation: Installation
) -> None:
    """A cursor that counts rows moves with them, in the query and in the body."""
    listing = Listing(named(1, 2, 3, 4, 5, 6, "gone"))

    def counted(request: Request) -> Reply:
        start = int(request.json.get("from", 0))  # type: ignore[call-overload] # a test's own body
        page = listing.rows[start : start + 2]
        reply = answer({"items": page, "next": start + 2 if len(page) == 2 else None})
        if listing.then and not start:
            then, listing.then = listing.then, None
            then(listing.rows)
        return reply

    api.serve("/items", counted)
    paging = {**CURSOR, "pagination_param": "from", "send_in": "body"}
    installation.mapping = [
        resource("/items", data_path=".items", method="POST", body={}, pagination=paging)
    ]
    await installation.resync()
    del listing.rows[-1]
    listing.changes(first_goes)

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/gone"}


# --- what comes empty --------------------------------------------------------------------------


@pytest.mark.parametrize("reply", [Answer(status=204), answer([]), answer({"items": []})])
async def test_a_list_that_is_empty_once_deletes_nothing(
    api: FaultApi, installation: Installation, reply: Answer
) -> None:
    """A gateway that has nothing to say for a moment does not empty a kind."""
    path = ".items" if b"items" in reply.body else "."
    rows = named(1, 2)
    api.serve("/items", answer({"items": rows} if path == ".items" else rows))
    installation.mapping = [resource("/items", data_path=path)]
    await installation.resync()
    api.fail("/items", reply, times=1)

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == set()
    assert outcome.entities == entities("item", 1, 2)
    assert "/items, a page was empty" in warnings(outcome)[0]


@pytest.mark.parametrize("settings", STYLES)
async def test_lists_as_long_as_a_server_gives_at_once(
    api: FaultApi, installation: Installation, settings: JsonObject
) -> None:
    """Of many short ones of one length, all are asked about before anything is deleted."""
    lists = {f"p{at}": named(*(f"{at}-{one}" for one in range(2))) for at in range(20)}
    lists["p11"] += named("long")  # neither among the first ones nor the eighth or sixteenth

    def capped(request: Request) -> Reply:
        query = tuple((n, "2" if n in {"limit", "size"} else v) for n, v in request.query)
        return Listing(lists[request.path.split("/")[2]])(replace(request, query=query))

    api.serve("/items", answer({"items": [{"id": one} for one in lists]}))
    api.serve("/items/{}/notes", capped)
    installation.settings |= {**settings, "max_concurrent_requests": 1}
    parameter = {"item": {**CHILDREN, "pagination": {"type": "none"}}}
    notes = resource("/items/{item}/notes", "child", path_parameters=parameter, data_path=".items")
    installation.mapping = [notes]
    assert (await installation.resync()).complete
    lists["p3"].pop()
    installation.settings |= {"page_size": 50}

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"child/3-1"}


@pytest.mark.parametrize("path", [".", ".data"])
@pytest.mark.parametrize("style", ["none", "page", "offset"])
async def test_a_list_that_is_one_item_once_deletes_nothing(
    api: FaultApi, installation: Installation, style: str, path: str
) -> None:
    """An object with an id under 200 may say that a server is busy, as Mattermost's errors do."""

    def within(found: object) -> Answer:
        return answer({"data": found} if path == ".data" else found)

    busy = {"id": "api.busy", "message": "The server is busy", "request_id": "z"}
    rows = named(1, 2)
    api.serve("/items", within(rows))
    installation.mapping = [resource("/items", data_path=path, pagination={"type": style})]
    await installation.resync()
    api.fail("/items", within(busy), times=1)

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == set()
    assert outcome.entities >= entities("item", 1, 2)
    assert "the only answer was one item" in warnings(outcome)[0]


@pytest.mark.parametrize(
    "reply", [answer({}, 404), answer({}, 410), Answer(status=204), answer([None])]
)
async def test_a_child_that_is_gone_or_empty_once_keeps_its_items(
    family: Family, reply: Answer
) -> None:
    """Its items are there at the second look; what another child lost is deleted."""
    family.api.fail("/items/3/notes", reply, times=1)

    outcome = await family.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"child/old"}
    assert outcome.entities == entities("child", "a", "young", "c")


# --- what is read again ------------------------------------------------------------------------


async def test_items_to_parse_are_looked_at_again(
    installation: Installation, listing: Listing
) -> None:
    """The second reading is split by `itemsToParse` as the first one is."""
    listing.rows[:] = [
        {"id": number, "parts": [{"id": "a"}, {"id": "b"}]} for number in range(1, 8)
    ]
    split: Any = resource("/items", identifier='"\\(.id)-\\(.part.id)"', data_path=".items")
    split["port"] |= {"itemsToParse": ".parts", "itemsToParseName": "part"}
    installation.mapping = [split]
    await installation.resync()
    del listing.rows[-1]
    listing.changes(first_goes)

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/7-a", "item/7-b"}
    assert {"item/3-a", "item/3-b"} <= outcome.entities


async def test_the_query_and_a_computed_blueprint_hold_at_the_second_look(
    installation: Installation, listing: Listing
) -> None:
    """What the query leaves out stays left out, and any resource may have made a blueprint."""
    mapped: Any = resource("/items", data_path=".items", query=".id != 3")
    mapped["port"]["entity"]["mappings"]["blueprint"] = '"item" | .'
    installation.mapping = [mapped]
    listing.rows += named("new")  # so that no page is empty
    listing.changes(lambda rows: rows.insert(0, rows.pop(4)))

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/3", "item/gone"}
    assert "item/5" in outcome.entities


async def test_two_kinds_with_one_blueprint_are_both_looked_at(
    api: FaultApi, installation: Installation, listing: Listing
) -> None:
    """Either may have made an entity; a kind with another blueprint is left alone."""
    more, teams = Listing(named(11, 12, 13, 14, 15, 16, 17)), Listing(named(1, 2, 3))
    api.serve("/more", more)
    api.serve("/teams", teams)
    installation.mapping += [
        resource("/more", data_path=".items"),
        resource("/teams", "team", data_path=".items"),
    ]
    await installation.resync()
    api.heal()
    del listing.rows[-1], more.rows[-1]
    listing.changes(first_goes)
    more.changes(first_goes)

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/6", "item/17"}
    begun = [one.path for one in api.requests if one.param("page") == "1"]
    assert begun == ["/items", "/more", "/teams", "/items", "/more"]


async def test_children_of_a_parent_that_moved_are_looked_at_again(family: Family) -> None:
    """A parent missed takes its children along, for every kind that hangs on it."""
    family.parents += named(4, 5)
    family.notes |= {"4": [], "5": []}
    listing = Listing(family.parents)
    tags: dict[str, Any] = {"path_parameters": {"item": CHILDREN}}
    family.api.serve("/items", listing)
    family.api.serve("/items/{}/tags", lambda request: answer(named(f"tag-{request.values[0]}")))
    family.installation.settings |= PAGED
    family.installation.mapping = [children(), resource("/items/{item}/tags", "team", **tags)]
    await family.installation.resync()
    family.api.heal()
    del listing.rows[-1]
    listing.changes(first_goes)

    outcome = await family.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"team/tag-5"}
    assert {"child/c", "team/tag-3"} <= outcome.entities
    assert len([one for one in family.api.at("/items") if one.param("page") == "1"]) == 2


async def test_a_second_look_logs_in_by_itself(
    api: FaultApi, installation: Installation, listing: Listing
) -> None:
    """It is a session of its own; both are closed."""
    api.serve("/login", answer({"token": "open sesame"}))
    installation.settings |= LOGIN
    listing.changes(first_goes)

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/gone"}
    assert len(api.at("/login")) == 2
    await all_is_over()


def by_search() -> JsonObject:
    """A resource whose entities are named by a search query."""
    rule = {"property": '"$identifier"', "operator": '"="', "value": ".id | tostring"}
    mapped: Any = resource("/items", data_path=".items")
    search = {"combinator": '"and"', "rules": [rule]}
    mapped["port"]["entity"]["mappings"]["identifier"] = search
    return {**mapped}


async def test_entities_named_by_a_search_are_found_again(
    installation: Installation, listing: Listing
) -> None:
    """Port tells whom a search query names; only the one that is gone is deleted."""
    installation.mapping = [by_search()]
    listing.changes(first_goes)

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/gone"}
    assert outcome.entities == entities("item", 1, 2, 3, 4, 5, 6)


# --- a second look that fails ------------------------------------------------------------------


async def all_is_over() -> None:
    """Nothing that a resync began goes on."""
    async with asyncio.timeout(60):
        while beside := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(beside)


async def test_a_second_look_that_fails_deletes_nothing(
    api: FaultApi, installation: Installation, listing: Listing
) -> None:
    """Its error fails the resync and says where; the next resync makes good."""
    listing.changes(first_goes)
    api.fail("/items", answer({}, 500), on=5)

    outcome = await installation.resync()

    assert not outcome.complete
    assert outcome.deleted == set()
    assert "The second look failed" in outcome.message
    assert f"kind '/items': GET {api.url}/items?" in outcome.message
    await all_is_over()
    api.heal()
    healed = await installation.resync()
    assert healed.complete, healed.formatted
    assert healed.deleted == {"item/1", "item/gone"}


async def test_a_failed_second_look_is_a_failed_resync_for_port(
    api: FaultApi, installation: Installation, listing: Listing
) -> None:
    """As Ocean runs in production, where errors are logged: the states say that it failed."""
    listing.changes(first_goes)
    api.fail("/items", answer({}, 500), on=5)
    installation.publish_mapping()

    async with installation.booted() as app:
        succeeded = await app.integration.sync_raw_all()

    states = {status.kind: status.state for status in installation.store.kind_statuses()}
    assert not succeeded
    assert states["/items"] == "completed"
    assert states["__reconciliation__"] == "failed"
    assert len(installation.entities()) == 7


async def test_a_mapping_that_fails_at_the_second_look_deletes_nothing(
    installation: Installation, listing: Listing
) -> None:
    """Items that make no entity any more are no reason to delete."""

    def breaks(rows: Items) -> None:
        rows[:] = [{"id": row["id"]} for row in rows]

    installation.mapping = [resource("/items", data_path=".items", identifier=".name")]
    assert (await installation.resync()).complete
    del listing.rows[-1]
    listing.changes(breaks, after=3)

    outcome = await installation.resync()

    assert not outcome.complete
    assert outcome.deleted == set()
    assert "identifier" in outcome.message


async def test_a_newer_resync_takes_the_place_of_a_second_look(
    api: FaultApi, installation: Installation, listing: Listing
) -> None:
    """A second look that is cut off deletes nothing and closes its session."""
    arrived, released = asyncio.Event(), asyncio.Event()

    async def hang(request: Request) -> Reply:
        arrived.set()
        await released.wait()
        return listing(request)

    api.fail("/items", hang, on=5, times=1)
    installation.publish_mapping()
    async with installation.booted() as app:
        await app.port_client.auth.token  # opens the client that both resyncs use
        older = asyncio.create_task(app.integration.sync_raw_all(silent=False))
        await asyncio.wait_for(arrived.wait(), 30)
        newer = await installation.resync_in(app)
        await asyncio.wait({older})

    assert older.cancelled()
    assert newer.complete, newer.formatted
    assert newer.deleted == {"item/gone"}
    released.set()
    await all_is_over()


# --- what Port does not take -------------------------------------------------------------------


@dataclass
class Refusing:
    """Port in trouble: answers 500 to some of its requests, or refuses some entities."""

    app: ASGIApp
    refuses: Callable[[str], bool] = lambda _: False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as Port does, or 500."""
        if scope["type"] != "http" or not self.refuses(scope["path"]):
            await self.app(scope, receive, send)
            return
        while (await receive()).get("more_body"):
            pass
        head = {"type": "http.response.start", "status": 500}
        await send({**head, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"ok": false, "error": "boom"}'})


@pytest.fixture
def port(installation: Installation, switchboard: tuple[Switchboard, str]) -> Refusing:
    """The catalog of the installation, which may be in trouble."""
    assert installation.catalog_url
    board, _ = switchboard
    assert board.app
    port = board.app = Refusing(board.app)
    return port


def neither_searches_nor_writes(path: str) -> bool:
    """What Ocean asks for each batch: which entities differ, and to write those."""
    return path.endswith(("/entities/search", "/entities/bulk"))


async def test_what_port_could_not_write_is_not_deleted(world: World, port: Refusing) -> None:
    """A Port in trouble loses nothing that is there, and what is gone is deleted."""
    world.items += named(*range(8, 20))  # more than Ocean writes without a look
    assert (await world.installation.resync()).complete
    world.items.pop()
    port.refuses = neither_searches_nor_writes

    outcome = await world.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/19"}
    assert len(outcome.entities) == 20
    (warning,) = warnings(outcome)
    assert "18 entities are not deleted: Port did not take them" in warning


async def test_an_entity_that_port_refuses_for_good_fails_no_resync(
    installation: Installation, api: FaultApi
) -> None:
    """It stays as it was, resync after resync, and what is gone is deleted beside it."""
    installation.store.create_blueprint(
        {"identifier": "strict", "schema": {"properties": {"name": {"type": "string"}}}}
    )
    rows = named(*range(1, 16))
    api.serve("/items", lambda _: answer(rows))
    strict: Any = resource("/items", "strict")
    del strict["port"]["entity"]["mappings"]["properties"]["seen"]
    installation.mapping = [strict]
    assert (await installation.resync()).complete
    rows[1] = {"id": 2, "name": 2}

    for _ in range(2):
        gone = rows.pop()
        outcome = await installation.resync()
        assert outcome.complete, outcome.formatted
        assert outcome.deleted == {f"strict/{gone['id']}"}
        assert "strict/2" in outcome.entities


async def test_what_a_search_names_is_unknown_to_a_port_in_trouble(
    installation: Installation, listing: Listing, port: Refusing
) -> None:
    """Nothing of the blueprint is deleted then; the next resync deletes what is gone."""
    assert listing.rows
    installation.mapping = [by_search()]
    port.refuses = lambda path: path.endswith("/entities/bulk")

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == set()
    assert "7 entities are not deleted" in warnings(outcome)[0]
    port.refuses = lambda _: False
    assert (await installation.resync()).deleted == {"item/gone"}


async def test_a_port_that_does_not_say_what_it_holds_fails_the_resync(
    world: World, port: Refusing
) -> None:
    """Nothing is deleted, and Port is told of a failed resync rather than of one without an end."""
    port.refuses = lambda path: path.endswith("/datasource-entities")
    installation = world.installation
    installation.publish_mapping()

    async with installation.booted() as app:
        succeeded = await app.integration.sync_raw_all()

    states = {status.kind: status.state for status in installation.store.kind_statuses()}
    assert not succeeded
    assert states["__reconciliation__"] == "failed"
    assert not installation.store.deletions()
    port.refuses = lambda _: False
    assert (await installation.resync()).deleted == {"item/gone", "team/gone"}


@pytest.mark.parametrize("sign", ["link", "total"])
@pytest.mark.parametrize("lasts", [False, True])
async def test_an_end_beside_a_sign_of_more(
    api: FaultApi, installation: Installation, sign: str, *, lasts: bool
) -> None:
    """Said once by mistake it costs no entity; where it lasts, a total is warned of."""
    rows, odd = named(*range(6)), [False]

    def items(request: Request) -> Reply:
        start = {"kx": 2, "qz": 4}.get(request.param("at") or "", 0)
        is_last = start + 2 >= len(rows) or (odd[0] and start == 2)
        odd[0] = odd[0] and (lasts or start != 2)
        onward: dict[str, Any] = {} if is_last else {"next": "qz" if start else "kx"}
        beside: dict[str, Any] = {"total": 6} if sign == "total" and start else {}
        told = {"items": rows[start : start + 2], "has_more": not is_last, **onward, **beside}
        links = {"Link": f"<{request.path}?at=qz>; rel=next"} if sign == "link" else {}
        return answer(told, **(links if start == 2 else {}))

    api.serve("/items", items)
    paging = {"type": "cursor", "cursor_path": "next", "pagination_param": "at"}
    installation.mapping = [resource("/items", data_path=".items", pagination=paging)]
    assert (await installation.resync()).complete
    odd[0] = True

    outcome = await installation.resync()

    assert len(outcome.deleted) == (2 if lasts else 0)
    assert ("a total of 6 rows, but gave 4" in outcome.log) is (sign == "total")
