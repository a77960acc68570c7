"""A walk whose cursor ends on the way: an error in the API's own words, never a shorter list."""

from __future__ import annotations

from dataclasses import replace

from starlette.types import Receive, Scope, Send

from tests.examples import PRODUCTS, example, walked
from tests.simulators import simulate


async def test_a_cursor_that_is_too_old_is_an_error() -> None:
    """Kubernetes answers 410 where a token has expired; that is no end of the list."""
    simulator = simulate(replace(PRODUCTS["kubernetes"], throttle=None))

    async def api(scope: Scope, receive: Receive, send: Send) -> None:
        if len(simulator.requests) == 2:  # two pages of deployments
            simulator.data["compacted"] = [{}]
        await simulator(scope, receive, send)

    walks, errors = await walked(example("kubernetes"), api, [1])

    assert "410 Gone" in errors
    assert "The provided continue parameter is too old" in errors
    assert len(walks[0].items) == 20
