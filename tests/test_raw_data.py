"""What of the API's data leaves for Port's lake, and what Ocean maps meanwhile."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as PortRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from tests.conftest import Switchboard
from tests.fault_api import FaultApi, answer
from tests.resync import Installation, resource
from transport.redaction import REDACTED
from workbench.catalog import CatalogStore, create_app
from workbench.store.model import JsonObject

TOKEN = "tok-7c1f0a9e5d3b"
PASSWORD = "correct-horse-battery"
SESSION = "6c1d9f2ab47e"
ELIGIBLE = "LAKEHOUSE_ELIGIBLE"
MAPPED_BY_PORT = "DATA_SOURCE_PROCESSOR_ENABLED"


@dataclass
class Lake:
    """Port with a lake: it keeps what integrations hand over as it came."""

    store: CatalogStore
    flags: Sequence[str]
    entries: list[JsonObject] = field(default_factory=list)

    def app(self) -> Starlette:
        """The catalog with the lake before it."""
        return Starlette(
            routes=[
                Route("/v1/organization", self._organization),
                Route("/ingest/lake/write/{rest:path}", self._write, methods=["POST"]),
                Route(
                    "/v1/lifecycle/{rest:path}", self._lifecycle, methods=["POST", "PUT", "PATCH"]
                ),
                Mount("/", create_app(self.store)),
            ]
        )

    @property
    def items(self) -> list[JsonObject]:
        """The raw items that came."""
        return [item for entry in self.entries for item in cast("list[JsonObject]", entry["items"])]

    async def _organization(self, _: PortRequest) -> Response:
        organization = {"id": "lake", "name": "Lake", "featureFlags": list(self.flags)}
        return JSONResponse({"ok": True, "organization": organization})

    async def _write(self, request: PortRequest) -> Response:
        self.entries += (await request.json())["data"]
        return JSONResponse({"ok": True})

    async def _lifecycle(self, _: PortRequest) -> Response:
        return JSONResponse({"ok": True})


@pytest.fixture
def lake(switchboard: tuple[Switchboard, str], store: CatalogStore, catalog_url: str) -> Lake:
    """A Port that takes raw data, and leaves the mapping to Ocean."""
    del catalog_url  # it comes first
    lake = Lake(store, [ELIGIBLE])
    switchboard[0].app = lake.app()
    return lake


def echo(settings: JsonObject) -> JsonObject:
    """An item that hands back what the API got, beside ordinary words of the settings."""
    return {
        "id": f"{settings.get('username', 'acme')}-1",
        "name": "team of acme-corporation",
        "said": f"Bearer {TOKEN}, {PASSWORD}",
        "log": json.dumps({"url": f"/x?t={TOKEN}"}),
        f"key {TOKEN}": 12,
    }


async def test_an_echoed_token_stays_out_of_the_lake(
    api: FaultApi, installation: Installation, lake: Lake
) -> None:
    """Raw items reach Port without the token; entities are what the mapping made of the API's."""
    api.serve("/items", answer([echo({}), {"id": "plain", "name": None}]))
    installation.settings |= {
        "auth_type": "bearer_token",
        "api_token": TOKEN,
        "custom_headers": {"X-Tenant": "acme-corporation", "X-Project-Key": "PAYMENTS"},
    }
    installation.mapping = [
        resource("/items", identifier='.id + " acme-corporation"', seen=".said")
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert TOKEN not in json.dumps(lake.entries)
    assert lake.items == [
        {
            "id": "acme-1",
            "name": "team of acme-corporation",
            "said": f"Bearer {REDACTED}, {PASSWORD}",
            "log": json.dumps({"url": f"/x?t={REDACTED}"}),
            f"key {REDACTED}": 12,
        },
        {"id": "plain", "name": None},
    ]
    assert installation.seen()["acme-1 acme-corporation"] == f"Bearer {TOKEN}, {PASSWORD}"


async def test_no_identifier_changes(api: FaultApi, installation: Installation, lake: Lake) -> None:
    """A user name, a tenant and a team are words like others, in the lake as in the catalog."""
    installation.settings |= {
        "auth_type": "custom",
        "custom_auth_request": {
            "endpoint": "/login",
            "body": {
                "username": "administrator",
                "tenant": "acme-corporation",
                "password": PASSWORD,
            },
        },
        "custom_auth_request_template": {
            "headers": {"Authorization": "Bearer {{.token}}", "X-User-Id": "{{.user.id}}"}
        },
        "custom_headers": {"X-Region": "eu-central-1", "X-Team": "platform-engineering-2"},
    }
    user = {"id": "a8f5f167f44f4964", "role": "administrators"}
    api.serve("/login", answer({"token": TOKEN, "user": user, "token_type": "Bearer"}))
    words = [
        "administrator",
        "acme-corporation",
        "eu-central-1",
        "platform-engineering-2",
        user["id"],
    ]
    rows = [{"id": f"{word}/{number}", "of": word} for number, word in enumerate(words)]
    cookies = answer([*rows, {"id": "x", "of": f"{TOKEN} {PASSWORD} {SESSION}"}])
    api.serve("/items", cookies)
    installation.mapping = [resource("/items", seen=".of")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert lake.items == [*rows, {"id": "x", "of": f"{REDACTED} {REDACTED} {SESSION}"}]
    assert {row["id"] for row in rows} < set(installation.seen())


@pytest.mark.parametrize(
    ("cookie", "stays"),
    [
        pytest.param("sid=6c1d9f2ab47e; Path=/", False, id="session"),
        pytest.param("k=6c1d9f2ab47e8fa01c22bd; HttpOnly", False, id="hidden from scripts"),
        pytest.param("tenant=acme-corporation-2; HttpOnly", True, id="a word"),
        pytest.param("lang=en-US-posix-2024", True, id="a choice"),
    ],
)
async def test_of_cookies_sessions_are_credentials(
    api: FaultApi, installation: Installation, lake: Lake, cookie: str, *, stays: bool
) -> None:
    """A session's cookie is redacted in the lake, one that holds a word is not."""
    value = cookie.partition("=")[2].partition(";")[0]
    api.serve("/items", answer([{"id": "1", "of": f"<{value}>"}], Set_Cookie=cookie))
    installation.mapping = [resource("/items")]

    await installation.resync()

    assert lake.items == [{"id": "1", "of": f"<{value if stays else REDACTED}>"}]


async def test_where_port_maps_it_gets_no_credentials(
    api: FaultApi, installation: Installation, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In `dsp` mode too; variables that a mapping exports to Port hold no secret of either side."""
    lake.flags = [ELIGIBLE, MAPPED_BY_PORT]
    monkeypatch.setenv("OCEAN__PORT__CLIENT_SECRET", "secret-of-port")
    monkeypatch.setenv("REGION", "eu-1")
    monkeypatch.setenv("COPY", f"key {TOKEN}")
    api.serve("/items", answer([echo({})]))
    installation.settings |= {"auth_type": "api_key", "api_key": TOKEN}
    made = resource("/items")
    names = ["OCEAN__PORT__CLIENT_SECRET", "REGION", "COPY"]
    installation.mapping = [{**made, "selector": {"query": "true", "exportEnvVariables": names}}]

    await installation.resync()

    assert [item["id"] for item in lake.items] == ["acme-1"]
    assert TOKEN not in json.dumps(lake.entries)
    (entry,) = lake.entries
    assert entry["environment_data"] == dict(
        zip(names, [REDACTED, "eu-1", f"key {REDACTED}"], strict=True)
    )
    assert installation.entities() == []
