"""What is particular to a cluster: its own authority, and cursors that expire."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from tests.certificates import self_signed
from tests.examples import PRODUCTS, example, walked
from tests.resync import Installation
from tests.simulators import simulate
from workbench.serve import serving

CLUSTER = replace(PRODUCTS["kubernetes"], throttle=None)


async def test_a_cursor_that_is_too_old_is_an_error() -> None:
    """The answer is 410 where a token has expired; that is no end of the list."""
    simulator = simulate(CLUSTER)

    async def api(scope: Scope, receive: Receive, send: Send) -> None:
        if len(simulator.requests) == 2:  # two pages of deployments
            simulator.data["compacted"] = [{}]
        await simulator(scope, receive, send)

    walks, errors = await walked(example("kubernetes"), api, [1])

    assert "410 Gone" in errors
    assert "The provided continue parameter is too old" in errors
    assert len(walks[0].items) == 20


@pytest.mark.exhaustive
async def test_a_cluster_with_an_authority_of_its_own(
    installation: Installation, tmp_path: Path
) -> None:
    """The example reads it over TLS, with the certificate that a service account is given."""
    simulator, file = simulate(CLUSTER), self_signed(tmp_path / "cluster.pem")
    with serving(simulator, tls=file) as url:
        given = example("kubernetes", url)
        text = file.read_text()
        authority = text[text.index("-----BEGIN CERTIFICATE") :]
        installation.settings = {**given.settings, "ca_certificate": authority}
        installation.mapping = given.mapping["resources"]
        for blueprint in given.blueprints:
            installation.store.create_blueprint(blueprint)

        outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    expected = CLUSTER.expected(simulator.data)
    assert outcome.entities == {f"{one.blueprint}/{one.identifier}" for one in expected}
