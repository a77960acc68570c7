"""Bounded readings and what an observer is told: what the workbench looks at an API with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from framework.mapped_items import mapped
from framework.resync_context import read
from jq_engine.worker import JqLimits, JqWorker
from overrides import EndpointAppConfig, EndpointResource
from resync.limits import Limits
from resync.session import Reading, Session
from settings import load_settings
from tests.fault_api import FaultApi, Reply, Request, answer, pages
from tests.literals import Json
from tests.reading import over_http
from tests.resync import Installation, resource
from tests.world import LOGIN, children, named
from transport.observer import Exchange, PageRead


@dataclass
class Notes:
    """An observer that keeps what it is told."""

    exchanges: list[Exchange] = field(default_factory=list)
    pages: list[PageRead] = field(default_factory=list)

    def exchanged(self, exchange: Exchange) -> None:
        """Keep an exchange."""
        self.exchanges.append(exchange)

    def read(self, page: PageRead) -> None:
        """Keep a page."""
        self.pages.append(page)


@dataclass
class Bench:
    """An API, and a session that reads it while it is watched."""

    api: FaultApi
    notes: Notes
    session: Session

    async def read(
        self, raw: dict[str, Any], limits: Limits
    ) -> tuple[list[dict[str, Any]], Reading]:
        """The items of a bounded reading, and the reading."""
        reading = self.session.read(
            config_of(raw).to_resource(self.session.settings.pagination), limits=limits
        )
        return [item async for batch in reading.batches() for item in batch], reading


def config_of(raw: dict[str, Any]) -> EndpointResource:
    """One resource of a mapping."""
    return EndpointAppConfig.parse_obj({"resources": [raw]}).resources[0]


@pytest.fixture
async def bench(api: FaultApi) -> AsyncIterator[Bench]:
    """A session over loopback, two rows a page."""
    notes = Notes()
    given: dict[str, Json] = {
        "base_url": api.url,
        "pagination_type": "page",
        "page_size": 2,
        "max_retry_wait": 1,
    }
    session = Session(
        load_settings(given | LOGIN),
        http=over_http,
        observer=notes,
    )
    api.serve("/login", answer({"token": "a-token-nobody-may-see"}))
    yield Bench(api, notes, session)
    await session.aclose()


async def test_pages_are_limited(bench: Bench) -> None:
    """After two pages of four nothing is asked for, and the reading says that it is cut."""
    bench.api.serve("/items", pages(named(*range(8)), size=2))

    items, reading = await bench.read(resource("/items", data_path=".items"), Limits(pages=2))

    assert [item["id"] for item in items] == [0, 1, 2, 3]
    assert reading.truncated
    assert [one.param("page") for one in bench.api.at("/items")] == ["1", "2"]


async def test_a_reading_that_comes_to_its_end_is_not_cut(bench: Bench) -> None:
    """Limits that nothing reaches change nothing."""
    bench.api.serve("/items", pages(named(1, 2, 3), size=2))

    items, reading = await bench.read(
        resource("/items", data_path=".items"), Limits(pages=5, items=50)
    )

    assert len(items) == 3
    assert not reading.truncated


async def test_items_are_limited(bench: Bench) -> None:
    """No item more than the limit is yielded."""
    bench.api.serve("/items", pages(named(*range(8)), size=2))

    items, reading = await bench.read(resource("/items", data_path=".items"), Limits(items=3))

    assert [item["id"] for item in items] == [0, 1, 2]
    assert reading.truncated


async def test_children_are_limited(bench: Bench) -> None:
    """Of a parent's values only the first ones are followed."""
    bench.api.serve("/items", pages(named(1, 2, 3, 4), size=2))
    bench.api.serve("/items/{}/notes", answer([{"id": "note"}]))

    items, reading = await bench.read(children(), Limits(pages=1, children=1))

    assert [item["__item"] for item in items] == [1]
    assert reading.truncated
    assert {one.purpose for one in bench.notes.pages} == {"parent", "page"}


async def test_what_a_bounded_reading_saw_of_a_parent_is_not_taken_for_all(bench: Bench) -> None:
    """A reading without limits in the same session walks the whole parent."""
    bench.api.serve("/items", pages(named(1, 2, 3, 4), size=2))
    bench.api.serve("/items/{}/notes", answer([{"id": "note"}]))

    await bench.read(children(), Limits(pages=1))
    items, reading = await bench.read(children(), Limits())

    assert sorted(item["__item"] for item in items) == [1, 2, 3, 4]
    assert not reading.truncated


async def test_every_exchange_is_told_without_a_secret(bench: Bench) -> None:
    """The observer sees logins, retries and pages with what they cost, and no credential."""
    bench.api.serve("/items", pages(named(1), size=2))
    bench.api.fail("/items", answer({}, 503), on=1, times=1)

    await bench.read(resource("/items", data_path=".items"), Limits(pages=2))

    login, refused, page = bench.notes.exchanges[:3]
    assert (login.purpose, login.method, login.status) == ("login", "POST", 200)
    assert (refused.status, refused.attempt) == (503, 1)
    assert (page.status, page.attempt, page.content_type) == (200, 2, "application/json")
    assert page.bytes > 0
    assert page.seconds > 0
    assert "a-token" not in repr(bench.notes)
    assert bench.notes.pages[0].rows == 1
    assert bench.notes.pages[0].items == named(1)


async def test_a_request_without_an_answer_is_told(bench: Bench) -> None:
    """What got no answer has no status."""
    bench.api.serve("/items", pages(named(1), size=2))
    bench.api.go_down()

    with pytest.raises(Exception, match="items"):
        await bench.read(resource("/items", data_path=".items"), Limits(pages=1))

    assert bench.notes.exchanges[0].status is None


async def test_a_resync_that_may_delete_refuses_limits(
    installation: Installation, api: FaultApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With limits in the hooks nothing is read, and nothing deleted, unless nothing may be."""
    items = named(1, 2, 3)
    api.serve("/items", pages(items))
    installation.mapping = [resource("/items", data_path=".items")]
    assert (await installation.resync()).complete
    monkeypatch.setattr("framework.resync_context.NO_LIMITS", Limits(items=1))
    monkeypatch.setattr(read, "__kwdefaults__", {"again": None, "limits": Limits(pages=1)})

    outcome = await installation.resync()

    assert not outcome.complete
    assert "enableDelete" in outcome.message
    assert outcome.deleted == set()
    installation.mapping = [one | {"enableDelete": False} for one in installation.mapping]
    assert (await installation.resync()).complete


async def test_a_mapping_is_run_outside_of_ocean(jq: JqWorker) -> None:
    """Entities come with what each expression found, and why one failed."""
    raw = resource("/items", seen=".id | test(1)", query=".id != 2")

    one, two = await mapped(jq, config_of(raw), [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])

    assert one.entity == {
        "identifier": "1",
        "blueprint": "item",
        "properties": {"name": "a", "seen": None},
    }
    assert [failure.expression.path for failure in one.evaluation.failures] == ["properties.seen"]
    assert two.entity is None


async def test_items_are_mapped_in_runs_of_some_size() -> None:
    """A batch may be many times as large as its pages: with `__parent` each item holds a parent.

    All 24 children of a parent of 0.5 MB are 12 MB, which jq would want 200 MB and more for.
    """
    parent = [{"kind": "Pod", "name": f"pod-{n:09}", "status": "Healthy"} for n in range(8000)]
    raw = resource("/items", seen=".__parent.app[0].name")
    items: list[Json] = [{"id": n, "__parent": {"app": parent}} for n in range(24)]
    worker = JqWorker(limits=JqLimits(memory_bytes=150 * 1024 * 1024))
    try:
        found = await mapped(worker, config_of(raw), items)
    finally:
        await worker.aclose()

    assert [one.made["identifier"] for one in found] == [str(n) for n in range(24)]
    assert {one.made["properties"]["seen"] for one in found} == {"pod-000000000"}


async def test_items_to_parse_is_part_of_a_mapping(jq: JqWorker) -> None:
    """Each element of the list is an item, beside what is left of the whole."""
    raw: Any = resource("/items", identifier=".item.id | tostring", seen=".owner")
    raw["port"]["itemsToParse"] = ".parts"

    found = await mapped(jq, config_of(raw), [{"owner": "x", "parts": [{"id": 1}, {"id": 2}]}])

    entities: list[Json] = [one.entity for one in found]
    assert [(one["identifier"], one["properties"]["seen"]) for one in entities] == [
        ("1", "x"),
        ("2", "x"),
    ]


async def test_what_was_the_same_in_a_few_pages_is_no_rule(bench: Bench) -> None:
    """An empty page that differs from the pages read so far may be like those that were not."""
    bench.api.serve("/items", pages(named(1, 2, 3, 4), size=2))

    def notes(request: Request) -> Reply:
        number = int(request.values[0])
        rows = [] if number == 3 or request.param("page") != "1" else [{"id": f"note-{number}"}]
        return answer({"state": "open" if number < 3 else "closed", "notes": rows})

    bench.api.serve("/items/{}/notes", notes)
    kind = children()
    kind["selector"] |= {"data_path": ".notes"}

    whole, _ = await bench.read(kind, Limits())
    few, reading = await bench.read(kind, Limits(children=3))

    assert {item["id"] for item in whole} == {"note-1", "note-2", "note-4"}
    assert {item["id"] for item in few} == {"note-1", "note-2"}
    assert reading.truncated


async def test_a_cursor_may_be_in_a_list_that_was_not_read(bench: Bench) -> None:
    """A full page without one ends a bounded reading; read whole, another list shows its place."""
    bench.api.serve("/items", pages(named(1, 2), size=2))

    def notes(request: Request) -> Reply:
        name, later = request.values[0], request.param("after")
        rows = [{"id": f"{name}-{at}"} for at in ([2] if later else [0, 1])]
        return answer({"notes": rows} | ({"next": "x"} if name == "2" and not later else {}))

    bench.api.serve("/items/{}/notes", notes)
    paging = {"type": "cursor", "pagination_param": "after", "cursor_path": "next"}
    kind = children()
    kind["selector"] |= {"data_path": ".notes", "pagination": paging}

    whole, _ = await bench.read(kind, Limits())
    few, reading = await bench.read(kind, Limits(children=1))

    assert {item["id"] for item in whole} == {"1-0", "1-1", "2-0", "2-1", "2-2"}
    assert {item["id"] for item in few} == {"1-0", "1-1"}
    assert reading.truncated
