"""The two requests that look beside the first page: page 0, and the page after a short first one.

What the API does not refuse for good may hold rows, which would be deleted if nobody saw them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests import fault_api
from tests.fault_api import FaultApi, Handler, Reply, Request, answer, redirect, silence, text
from tests.resync import Installation, Outcome, Seeds, resource
from tests.world import LOGIN, Items, children, entities, named


@dataclass(frozen=True)
class Edge:
    """A way to page, and which of its requests looks beside the first page."""

    name: str
    settings: dict[str, object]
    looks: Callable[[Request], bool]


BEFORE = Edge(
    "page 0",
    {"pagination_type": "page", "page_size": 3},
    lambda request: request.param("page") == "0",
)
# A first page of two where three were asked for: its last row is asked for, where that is refused
# the page after it, and the one behind.
AFTER = Edge(
    "after a short page",
    {"pagination_type": "offset", "page_size": 3},
    lambda request: request.number("offset", 0) > 0,
)
edges = pytest.mark.parametrize("edge", [BEFORE, AFTER], ids=lambda edge: edge.name)


def paged(items: Items) -> Handler:
    """The items by page or offset, without a word about further pages."""

    def handler(request: Request) -> Reply:
        start = (request.number("page", 1) - 1) * 3 + request.number("offset", 0)
        return answer(items[start : start + 3] if start >= 0 else [])

    return handler


@dataclass
class Short:
    """Two items, synced once; since then one is gone and another one is new."""

    api: FaultApi
    installation: Installation
    seeds: Seeds

    async def begin(self, edge: Edge) -> None:
        """Sync, and let the collection change."""
        self.installation.settings |= edge.settings
        self.installation.mapping = [resource("/items")]
        self.api.serve("/items", paged(named("gone", 2)))
        await self.seeds.sow("short", self.installation)
        self.api.heal()
        self.api.serve("/items", paged(named("new", 2)))

    async def resync(
        self, edge: Edge, fault: Handler | Reply, times: int | None = None
    ) -> tuple[Outcome, int]:
        """A resync in which the look meets a fault, and how often the look was made."""
        await self.begin(edge)
        self.api.fail("/items", fault, when=edge.looks, times=times)
        outcome = await self.installation.resync()
        return outcome, sum(map(edge.looks, self.api.requests))


@pytest.fixture
def short(api: FaultApi, installation: Installation, seeds: Seeds) -> Short:
    """The collection, not synced yet."""
    return Short(api, installation, seeds)


NEW = entities("item", "new", 2)
STALE = entities("item", "gone")


@pytest.mark.parametrize(
    ("edge", "status"),
    [(BEFORE, status) for status in (400, 403, 404, 405, 410, 416, 422, 500)]
    + [(AFTER, status) for status in (400, 404, 416, 422)],
    ids=lambda value: value.name if isinstance(value, Edge) else value,
)
async def test_a_refusal_says_that_there_is_no_such_page(
    short: Short, edge: Edge, status: int
) -> None:
    """Also where the API crashes on a page 0 it does not have: the list is complete."""
    short.installation.settings["max_retry_wait"] = 30

    outcome, looks = await short.resync(edge, answer({"error": "no such page"}, status))

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == STALE
    assert outcome.entities == NEW
    # After: the last row, as a page of one row, the page after that and the one behind, and all of
    # them once more before anything is deleted.
    assert looks == (1 if edge is BEFORE else 8)


@pytest.mark.parametrize("status", [403, 405, 409, 500])
async def test_a_failure_is_no_end_of_a_list(short: Short, status: int) -> None:
    """Whether there is a page after a short one is not told by what may mean anything."""
    short.installation.settings["max_retry_wait"] = 1

    outcome, _ = await short.resync(AFTER, answer({"error": "sorry"}, status))

    assert not outcome.complete
    assert outcome.deleted == set()


UNSETTLED = [
    pytest.param(answer({}, 408), id="408", marks=pytest.mark.exhaustive),
    pytest.param(answer({}, 429, Retry_After="0"), id="429"),
    pytest.param(
        answer({}, 403, X_RateLimit_Remaining="0"),
        id="a rate limit with 403",
        marks=pytest.mark.exhaustive,
    ),
    pytest.param(
        answer({}, 500, Retry_After="0"),
        id="500 that asks to come again",
        marks=pytest.mark.exhaustive,
    ),
    pytest.param(answer({}, 502), id="502", marks=pytest.mark.exhaustive),
    pytest.param(answer({}, 503), id="503"),
    pytest.param(answer({}, 504), id="504", marks=pytest.mark.exhaustive),
    pytest.param(fault_api.RESET, id="reset"),
    pytest.param(fault_api.CUT_BODY, id="body cut short", marks=pytest.mark.exhaustive),
    pytest.param(silence, id="no answer"),
]


@edges
@pytest.mark.parametrize("fault", UNSETTLED)
async def test_what_may_pass_is_asked_again(
    short: Short, edge: Edge, fault: Handler | Reply
) -> None:
    """The look is retried as any request is, and the second answer counts."""
    short.installation.settings |= {"max_retry_wait": 1, "timeout": 3}

    outcome, looks = await short.resync(edge, fault, times=1)

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == STALE
    assert looks == 2


def circle(request: Request) -> Reply:
    """A redirect to the same page."""
    query = "&".join(f"{name}={value}" for name, value in request.query)
    return redirect(f"{request.path}?{query}")


@edges
@pytest.mark.parametrize(
    "fault",
    [
        *UNSETTLED,
        pytest.param(answer({}, 501), id="501"),
        pytest.param(text("<h1>Down</h1>", kind="text/html"), id="not JSON"),
        pytest.param(redirect("http://127.0.0.2/sign-in"), id="elsewhere"),
        pytest.param(circle, id="in a circle"),
        pytest.param(answer({}, 401), id="401"),
    ],
)
async def test_what_does_not_pass_is_an_error(
    short: Short, edge: Edge, fault: Handler | Reply
) -> None:
    """Whether there are more rows is not known, so nothing is deleted; what was read is synced."""
    short.installation.settings["timeout"] = 3

    outcome, _ = await short.resync(edge, fault)

    assert not outcome.complete
    assert "kind '/items': GET" in outcome.message
    assert outcome.deleted == set()
    assert outcome.entities == NEW | STALE


@edges
async def test_a_login_in_trouble_refuses_no_page(short: Short, edge: Edge) -> None:
    """When the look needs a new login and that answers 500, the API said nothing of the page."""
    await short.begin(edge)
    short.installation.settings |= LOGIN
    short.api.serve("/login", answer({"token": "token-of-a-login"}))
    short.api.fail("/items", answer({}, 401), when=edge.looks)
    short.api.fail("/login", answer({}, 500), on=2)

    outcome = await short.installation.resync()

    assert not outcome.complete
    assert "/login: 500" in outcome.message
    assert outcome.deleted == set()


async def test_a_look_that_fails_stops_no_other_child(
    api: FaultApi, installation: Installation
) -> None:
    """Page 0 of the first child fails at once; all children are read before the error is told."""
    installation.settings |= BEFORE.settings | {"max_concurrent_requests": 1}
    installation.mapping = [children()]
    parents = named(*range(30))
    api.serve("/items", fault_api.pages(parents))
    api.serve("/items/{}/notes", lambda request: answer(named(request.values[0])))
    api.fail("/items/{}/notes", answer({}, 503), when=BEFORE.looks)

    outcome = await installation.resync()

    assert not outcome.complete
    assert "notes?page=0" in outcome.message.replace("size=3&", "")
    assert outcome.entities == entities("child", *range(30))
