"""What Port hosts belongs to others as well: a stranger's settings and mapping read none of it.

That no address of Port's network is reached either is in ``test_origin_fuzzed.py``.
"""

from __future__ import annotations

import pytest
from port_ocean.core.models import Runtime

from errors import ConfigurationError
from json_values import Json
from settings import load_settings
from tests.fault_api import FaultApi, answer
from tests.resync import Installation, Outcome, resource

PLANTED = "what-belongs-to-the-host"
READING: dict[str, Json] = {"customHeaders": {"X-Stolen": "${PLANTED}"}}


async def resync_at_port(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """A resync in a process of Port's, with a secret in its environment."""
    monkeypatch.setenv("PLANTED", PLANTED)
    async with installation.booted() as app:
        app.config.runtime = Runtime.Saas
        app.config.allow_environment_variables_jq_access = True
        return await installation.resync_in(app)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        pytest.param(
            READING,
            "customHeaders header number 1 reads ${PLANTED}, which an integration hosted by"
            " Port may not; write the value itself",
            id="a variable",
        ),
        pytest.param(
            {
                "authType": "oauth2",
                "oauthTokenUrl": "https://login.example.com",
                "oauthGrantType": "refresh_token",
                "oauthClientId": "me",
                "oauthRefreshToken": "the-refresh-token",
                "oauthTokenFile": "/data/token",
            },
            "oauthTokenFile names a file, but an integration hosted by Port has no folder that"
            " lasts; remove it",
            id="a file",
        ),
    ],
)
def test_what_belongs_to_the_host_is_refused(config: dict[str, Json], told: str) -> None:
    """The same settings are fine where the operator runs the process."""
    given = {"baseUrl": "https://api.example.com", **config}
    environ = {"PLANTED": PLANTED}

    with pytest.raises(ConfigurationError) as caught:
        load_settings(given, environ=environ, hosted=True)

    (fault,) = map(str, caught.value.faults)
    assert fault.startswith(told)
    assert PLANTED not in fault
    assert load_settings(given, environ=environ).base_url.host == "api.example.com"


async def test_no_header_carries_a_variable_of_the_host(
    api: FaultApi, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resync with such settings fails before any request."""
    installation.settings |= {"custom_headers": READING["customHeaders"]}
    installation.mapping = [resource("/items")]

    outcome = await resync_at_port(installation, monkeypatch)

    assert "an integration hosted by Port may not" in outcome.message
    assert api.requests == []


async def test_no_program_reads_a_variable_of_the_host(
    api: FaultApi, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for a request nor for an entity, though Ocean would allow its mappings to."""
    api.serve("/items", answer([{"id": 1}]))
    installation.mapping = [
        resource(
            "/items", query_params={"stolen": '{{ env.PLANTED // "none" }}'}, seen="env.PLANTED"
        )
    ]

    outcome = await resync_at_port(installation, monkeypatch)

    assert outcome.complete, outcome.formatted
    assert api.requests[0].param("stolen") == "none"
    assert installation.seen() == {"1": None}
