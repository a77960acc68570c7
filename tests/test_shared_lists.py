"""A list that is a kind, and the parents of another one, is read once in a resync."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.fault_api import FaultApi, Reply, Request, answer, pages
from tests.resync import Installation, resource
from tests.world import CHILDREN, PAGED, children, entities, named

ITEMS = resource("/items", data_path=".items", seen=".name")


@pytest.fixture
def items(api: FaultApi, installation: Installation) -> list[dict[str, Any]]:
    """Five items on three pages, each with one note."""
    items = named(1, 2, 3, 4, 5)
    items[0]["name"] = 2**70
    api.serve("/items", pages(items))
    api.serve("/items/{}/notes", lambda request: answer(named(f"n{request.values[0]}")))
    installation.settings |= PAGED
    return items


ALL = entities("item", *range(1, 6)) | entities("child", *(f"n{at}" for at in range(1, 6)))


@pytest.mark.parametrize("order", [[0, 1], [1, 0]], ids=["kind first", "parent first"])
async def test_a_kind_that_is_also_a_parent_is_read_once(
    api: FaultApi, installation: Installation, items: list[dict[str, Any]], order: list[int]
) -> None:
    """Whatever their order in the mapping, with the same items."""
    both = [ITEMS, children()]
    installation.mapping = [both[at] for at in order]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == ALL
    assert installation.seen()["1"] == items[0]["name"]
    alone = await requests_of(api, installation, [children()])
    together = await requests_of(api, installation, [both[at] for at in order])
    assert together == alone


async def requests_of(
    api: FaultApi, installation: Installation, mapping: list[dict[str, Any]]
) -> int:
    """How many requests a resync of this mapping takes that has nothing to delete."""
    api.heal()
    installation.mapping = list(mapping)
    installation.options = {"entityDeletionThreshold": 0}
    assert (await installation.resync()).complete
    return len(api.requests)


async def test_rows_are_shared_by_request_and_not_by_name(
    api: FaultApi, installation: Installation, items: list[dict[str, Any]]
) -> None:
    """The same list written otherwise is shared; the same path with another query is not."""
    assert items
    same = resource("items?page_of=all", data_path=" .items ")
    asked = children(endpoint="/items", query_params={"page_of": "all"})
    other = children(endpoint="/items", query_params={"page_of": "some"})

    shared = await requests_of(api, installation, [same, asked])
    apart = await requests_of(api, installation, [same, other])

    assert apart - shared == len(items) // 2 + 1 + 1  # its three pages, and page 0


async def test_a_list_with_another_data_path_is_another_one(
    installation: Installation, items: list[dict[str, Any]]
) -> None:
    """Of one answer each takes its own items."""
    filtered = resource("/items", data_path="[.items[] | select(.id < 3)]")
    installation.mapping = [filtered, children()]

    outcome = await installation.resync()

    assert items
    assert outcome.entities == {
        one for one in ALL if one.startswith("child") or one in {"item/1", "item/2"}
    }


async def test_a_mistake_in_a_shared_list_is_one_for_both(
    api: FaultApi, installation: Installation, items: list[dict[str, Any]]
) -> None:
    """Whoever comes second does not take what the first one found wrong for the truth."""
    both = [children(data_path=".itemz"), resource("/items", data_path=".itemz")]
    for mapping in (both, both[::-1]):
        installation.mapping = mapping
        outcome = await installation.resync()
        assert outcome.states == {
            **outcome.states,
            "/items": "failed",
            "/items/{item}/notes": "failed",
        }

    # Page 0 is there: the first page read is not the first one.
    first = answer({"items": named(7, 8)})
    api.fail("/items", first, when=lambda request: request.param("page") == "0")
    for mapping in ([children(), ITEMS], [ITEMS, children()]):
        api.serve("/items", pages_without_sign(items))
        installation.mapping = mapping
        outcome = await installation.resync()
        assert outcome.states["/items"] == "failed", outcome.log
        assert outcome.states["/items/{item}/notes"] == "failed"


def pages_without_sign(items: list[dict[str, Any]]) -> Callable[[Request], Reply]:
    """Pages of which none says whether another comes before it."""

    def page(request: Request) -> Reply:
        start = (request.number("page", 1) - 1) * 2
        return answer({"items": items[start : start + 2]})

    return page


async def test_a_failure_of_the_list_is_one_of_both_and_is_tried_again(
    api: FaultApi, installation: Installation, items: list[dict[str, Any]]
) -> None:
    """The second does not take half of the list for all of it."""
    assert items
    api.fail("/items", answer({}, 403), on=2, times=1)
    installation.mapping = [ITEMS, children()]

    outcome = await installation.resync()

    assert outcome.states["/items"] == "failed"
    assert outcome.states["/items/{item}/notes"] == "completed"
    assert entities("child", *(f"n{at}" for at in range(1, 6))) <= outcome.entities


async def test_what_is_gone_is_found_out_with_one_more_reading_of_the_list(
    api: FaultApi, installation: Installation, items: list[dict[str, Any]]
) -> None:
    """The second look shares the list as well."""
    installation.mapping = [ITEMS, children()]
    await installation.resync()
    items.pop()
    api.heal()

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/5", "child/n5"}
    first = [request for request in api.at("/items") if request.param("page") == "1"]
    assert len(first) == 2
    assert CHILDREN["endpoint"] == "/items"
