"""Slowing down before a limit: an API that tells what remains never has to refuse a request."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from client import ApiClient
from errors import ResponseError
from jq_engine.worker import JqWorker
from paging.model import PageRequest
from settings import load_settings
from tests.fault_api import Answer, FaultApi, Request, answer, pages
from tests.literals import Json
from tests.reading import over_http
from tests.resync import Installation, resource
from tests.world import PAGED, children, entities, named

PAUSED = re.compile(r"INFO the API's rate limit leaves no further request; going on in [\d.]+ s")


@dataclass
class Limited:
    """Lets ``limit`` requests pass in a window of ``window`` seconds, and tells what remains."""

    limit: int = 4
    window: float = 1.0
    tells_reset: bool = True
    refused: int = 0
    windows: int = 0
    _used: int = 0
    _ends: float = 0.0

    def around(self, handler: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
        """The handler's answers with the headers of the limit, or 429."""

        def limited(request: Request) -> Answer:
            now = time.monotonic()
            if now >= self._ends:
                self._used, self._ends = 0, now + self.window
                self.windows += 1
            self._used += 1
            reset = {"X_RateLimit_Reset": str(self._ends - now)} if self.tells_reset else {}
            if self._used > self.limit:
                self.refused += 1
                return answer({"error": "slow down"}, 429, **reset)
            told = answer(None, X_RateLimit_Remaining=str(self.limit - self._used), **reset)
            reply = handler(request)
            return Answer(reply.body, reply.status, told.headers)

        return limited


def page_of(count: int) -> Callable[[Request], Answer]:
    """Pages of so many items."""
    handler = pages(named(*range(count)))

    def answered(request: Request) -> Answer:
        reply = handler(request)
        assert isinstance(reply, Answer)
        return reply

    return answered


async def test_a_walk_waits_before_the_limit(api: FaultApi, installation: Installation) -> None:
    """No request is refused; each pause is one INFO line, and none fewer entities come of it."""
    limit = Limited()
    api.serve("/items", limit.around(page_of(19)))
    installation.settings |= PAGED | {"max_retry_wait": 60}
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", *range(19))
    assert limit.refused == 0
    assert limit.windows > 1
    # On a slow machine a window may end by itself.
    assert 0 < len(PAUSED.findall(outcome.log)) < limit.windows


async def test_requests_side_by_side_share_what_remains(
    api: FaultApi, installation: Installation
) -> None:
    """What remains is not asked for twice: requests under way are counted."""
    limit = Limited(limit=5)
    api.serve("/items", limit.around(page_of(17)))
    api.serve("/items/{}/notes", limit.around(lambda one: answer(named(f"n{one.values[0]}"))))
    installation.settings |= {"max_retry_wait": 60, "max_concurrent_requests": 3}
    installation.mapping = [children()]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("child", *(f"n{number}" for number in range(17)))
    assert limit.refused == 0
    assert limit.windows > 1


async def test_without_a_reset_there_is_no_wait(api: FaultApi, installation: Installation) -> None:
    """Nobody knows how long to wait, so requests go on until one is refused."""
    limit = Limited(tells_reset=False)
    api.serve("/items", limit.around(page_of(12)))
    installation.settings |= PAGED | {"max_retry_wait": 60}
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert limit.refused > 0
    assert PAUSED.search(outcome.log) is None


def client_of(api: FaultApi, **settings: int) -> ApiClient:
    """A client that waits for a second at most."""
    return ApiClient(
        load_settings({"base_url": api.url, "max_retry_wait": 1, **settings}),
        JqWorker(),
        http=over_http,
    )


@pytest.mark.parametrize(
    ("settings", "at_once"),
    [
        pytest.param({}, 1, id="one by one"),
        pytest.param({"request_burst": 5}, 5, id="a burst"),
        pytest.param({"request_burst": 20}, 9, id="all"),
    ],
)
async def test_a_burst_goes_out_at_once_and_no_more(
    api: FaultApi, settings: dict[str, int], at_once: int
) -> None:
    """`requestBurst` requests need no wait; the next takes a minute under a ceiling of one."""
    api.serve("/items", answer([]))
    client = client_of(api, requests_per_minute=1, **settings)
    request = PageRequest(f"{api.url}/items")
    sent = [asyncio.create_task(client.send(request)) for _ in range(9)]
    try:
        async with asyncio.timeout(30):
            while sum(task.done() for task in sent) < at_once:
                await asyncio.wait(
                    [task for task in sent if not task.done()], return_when=asyncio.FIRST_COMPLETED
                )
        waiting = [task for task in sent if not task.done()]
        early = (await asyncio.wait(waiting, timeout=0.5))[0] if waiting else ()
    finally:
        for task in sent:
            task.cancel()
        await asyncio.gather(*sent, return_exceptions=True)
        await client.aclose()

    assert not early
    assert len(api.requests) == at_once


async def test_a_wait_is_as_long_as_a_retry_may_wait(api: FaultApi) -> None:
    """A limit that is reset in an hour holds a request up for ``maxRetryWait`` only."""
    api.serve("/items", answer([], X_RateLimit_Remaining="0", X_RateLimit_Reset="3600"))
    client = client_of(api)
    request = PageRequest(f"{api.url}/items")
    try:
        await client.send(request)
        before = time.monotonic()
        await client.send(request)
    finally:
        await client.aclose()

    assert time.monotonic() - before >= 1


@pytest.mark.parametrize(
    "reset",
    [pytest.param("3600", id="seconds"), pytest.param(f"{time.time() + 3600:.0f}", id="date")],
)
async def test_a_limit_that_is_none_is_heeded_once(
    api: FaultApi, installation: Installation, reset: str
) -> None:
    """Some APIs always say that no request remains: after one pause they are not believed."""
    handler = page_of(19)
    told = answer(None, X_RateLimit_Remaining="0", X_RateLimit_Reset=reset).headers
    api.serve("/items", lambda request: replace(handler(request), headers=told))
    installation.settings |= PAGED | {"max_retry_wait": 1}
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", *range(19))
    assert len(PAUSED.findall(outcome.log)) == 1
    assert outcome.log.count("are ignored from now on") == 1
    assert re.search(r"WARNING the API answered although by its rate limit", outcome.log)


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(answer({}, 429), id="by its status"),
        pytest.param(answer({"errors": [{"type": "RATE_LIMITED"}]}), id="by its body"),
    ],
)
async def test_a_limit_that_holds_is_believed(api: FaultApi, refusal: Answer) -> None:
    """A refusal before the reset proves the header right: the next zero is heeded again."""
    told = answer([], X_RateLimit_Remaining="0", X_RateLimit_Reset="4")
    api.serve("/items", told)
    api.fail("/items", replace(refusal, headers=told.headers), on=2, times=1)
    client = client_of(api)
    request = PageRequest(f"{api.url}/items")
    try:
        await client.send(request)
        with pytest.raises(ResponseError):
            await client.send(request)
        await asyncio.sleep(2)  # the limit is reset
        await client.send(request)
        before = time.monotonic()
        await client.send(request)
    finally:
        await client.aclose()

    assert time.monotonic() - before >= 1


async def test_what_remains_for_others_is_no_lie(api: FaultApi) -> None:
    """A pause for requests under way ends without doubt: one that remained may well succeed."""
    api.serve("/items", answer([], X_RateLimit_Remaining="1", X_RateLimit_Reset="3600"))
    client = client_of(api)
    requests = [PageRequest(f"{api.url}/items?n={number}") for number in range(2)]
    try:
        await asyncio.gather(*(client.send(request) for request in requests))
        await client.send(requests[0])
        api.serve("/items", answer([], X_RateLimit_Remaining="0", X_RateLimit_Reset="3600"))
        await client.send(requests[0])
        before = time.monotonic()
        await client.send(requests[0])
    finally:
        await client.aclose()

    assert time.monotonic() - before >= 1


@pytest.mark.parametrize(
    ("path", "body", "limited"),
    [
        pytest.param((), {"id": 7, "type": "budget"}, False, id="an item"),
        pytest.param((), {"name": "x", "resource_type": "quota"}, False, id="one without an id"),
        pytest.param(("rows",), {"type": "budgets", "rows": []}, False, id="an empty list"),
        pytest.param(("rows",), {"type": "budgets", "rows": None}, False, id="null for one"),
        pytest.param(None, {"id": 7, "type": "budget"}, False, id="an item of a program"),
        pytest.param(None, {"errors": [{"id": 1, "type": "quota"}]}, False, id="errors as items"),
        pytest.param(("data",), {"errors": [{"type": "quota"}], "data": None}, True, id="errors"),
        pytest.param(("data",), {"code": "Throttling", "data": None}, True, id="null and a code"),
        pytest.param(("data",), {"code": "Throttling", "data": []}, True, id="empty, and a code"),
        pytest.param(None, {"code": "Throttling", "data": []}, True, id="so for a program"),
        pytest.param(
            ("rows",), {"status": "error", "type": "quotaExceeded", "rows": []}, True, id="an error"
        ),
        pytest.param(("data", "rows"), {"code": "THROTTLED", "account": 7}, True, id="no list"),
        pytest.param((), {"code": "throttled", "message": "reset soon"}, True, id="a report"),
        pytest.param(
            (),
            {"error_code": "ComplexityException", "error_message": "too much", "account": 7},
            True,
            id="a report with more in it",
        ),
    ],
)
async def test_what_data_say_is_no_limit(
    api: FaultApi, path: tuple[str, ...] | None, body: dict[str, Json], *, limited: bool
) -> None:
    """A success tells of a limit in its errors, or where it has no data: budgets may be data."""
    api.serve("/items", answer(body))
    client = client_of(api, max_retry_wait=0)
    request = PageRequest(f"{api.url}/items", list_path=path)
    is_refused = False
    try:
        await client.send(request)
    except ResponseError as error:
        is_refused = error.rate_limited
    finally:
        await client.aclose()

    assert is_refused is limited


# --- headers that say nothing --------------------------------------------------------------


@pytest.mark.parametrize("first", [0, 4], ids=["refused first", "refused last"])
@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize(
    "reset",
    [pytest.param({}, id="alone"), pytest.param({"X_RateLimit_Reset": "3600"}, id="and a reset")],
)
async def test_a_refusal_by_an_api_that_always_says_0_is_no_limit(
    api: FaultApi, installation: Installation, status: int, reset: dict[str, str], first: int
) -> None:
    """Where nothing ever remains, a refusal is what it says, after one more request at most.

    Where too little was answered before it to know that, what succeeded is asked for again.
    """
    told = {"X_RateLimit_Remaining": "0", **reset}
    api.serve("/items", answer({"items": named(*range(5))}, **told))
    api.serve("/items/{}/notes", answer({"message": "no notes"}, status, **told))
    api.serve(f"/items/{4 - first}/notes", answer(named("a"), **told))
    installation.settings |= {"max_retry_wait": 3, "max_concurrent_requests": 1}
    resource_of_children = children()
    resource_of_children["selector"] |= {"empty_statuses": [status]}
    installation.mapping = [resource_of_children]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == {"child/a"}
    assert f"4 answered {status}: nothing is here" in outcome.log
    assert len(api.requests) <= 2 + 4 * 2 + 2  # three times 0 are enough: two more successes


async def test_a_limit_that_counts_down_is_believed(api: FaultApi) -> None:
    """A success with the last request that was left shows nothing: the next refusal is a limit."""
    told = [{"X_RateLimit_Remaining": str(left)} for left in (1, 0)]
    replies = [answer([], **told[0]), answer([], **told[1]), answer({}, 403, **told[1])]
    replies += [answer({}, 403, **told[1]), answer([], **told[0])]
    api.serve("/items", lambda _: replies[len(api.requests) - 1])
    client = client_of(api)
    request = PageRequest(f"{api.url}/items")
    try:
        for _ in range(3):
            await client.send(request)
    finally:
        await client.aclose()

    assert len(api.requests) == len(replies)


async def test_what_is_not_found_twice_is_no_limit(api: FaultApi) -> None:
    """No limit is told by 404 over and over."""
    api.serve("/items", answer({}, 404, X_RateLimit_Remaining="0"))
    client = client_of(api)
    try:
        with pytest.raises(ResponseError) as raised:
            await client.send(PageRequest(f"{api.url}/items"))
    finally:
        await client.aclose()

    assert raised.value.gone
    assert len(api.requests) == 2
