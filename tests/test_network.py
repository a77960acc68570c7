"""The ways to an API: IPv6, a proxy, a name that nobody knows. Real sockets, whole resyncs."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fault_api import FaultApi, Reply, Request, answer, redirect
from tests.proxy import Proxy
from tests.resync import Installation, Seeds, resource
from tests.world import World, assert_nothing_lost, entities

TOKEN = "token-for-the-api-alone"
SIGNED: dict[str, object] = {"auth_type": "bearer_token", "api_token": TOKEN}
BEARER = f"Authorization: Bearer {TOKEN}".encode()
DEAD_PORT = 9  # discard: nothing listens there


# --- IPv6 ---------------------------------------------------------------------------------


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")


@ipv6
async def test_an_api_at_an_ipv6_address(installation: Installation, seeds: Seeds) -> None:
    """Pages, deletions and the recovery from a fault are those of any other address."""
    async with FaultApi(host="::1") as api:
        installation.api_url = api.url
        world = World(api, installation)
        await world.begin(seeds)
        installation.settings |= SIGNED
        api.fail("/items", answer({}, 403), on=2)
        assert_nothing_lost(await installation.resync(), f"GET {api.url}/items?size=2&page=2: 403")

        await world.recovers()

        assert {one.headers["authorization"] for one in api.requests} == {f"Bearer {TOKEN}"}
        assert {one.headers["host"] for one in api.requests} == {f"[::1]:{api.port}"}


@ipv6
async def test_links_and_redirects_at_an_ipv6_address(installation: Installation) -> None:
    """Those within the origin are followed, signed; another address gets nothing."""
    async with FaultApi(host="::1") as api, FaultApi() as other:

        def page(request: Request) -> Reply:
            if request.param("at"):
                return redirect(f"{api.url}/last")
            return answer({"items": [{"id": 1}], "next": f"{api.url}/items?at=2"})

        api.serve("/items", page)
        api.serve("/last", answer({"items": [{"id": 2}], "next": None}))
        api.serve("/away", redirect(f"{other.url}/items"))
        installation.api_url = api.url
        installation.settings |= {"pagination_type": "next_link", "next_link_path": "next"}
        installation.settings |= SIGNED
        installation.mapping = [resource("/items", data_path=".items")]

        complete = await installation.resync()
        installation.mapping = [resource("/away")]
        strayed = await installation.resync()

        assert complete.complete, complete.formatted
        assert complete.entities == entities("item", 1, 2)
        assert {one.headers["authorization"] for one in api.requests} == {f"Bearer {TOKEN}"}
        assert f"leads to {other.url}, outside {api.url}" in strayed.message
        assert strayed.deleted == set()
        assert other.connections == 0


# --- a proxy of the environment -----------------------------------------------------------


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    """A proxy whose URL holds a password, for everything that NO_PROXY does not exempt."""
    async with Proxy().serving() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://me:proxy-password@127.0.0.1:{proxy.port}")
        yield proxy


async def test_a_resync_through_a_proxy(
    world: World, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All goes through it, the API's token to the API only, the proxy's password to the proxy."""
    monkeypatch.delenv("NO_PROXY")
    world.installation.settings |= SIGNED

    await world.recovers()

    to_the_api = proxy.heads_for(world.api.url)
    elsewhere = [head for _, head in proxy.heads if head not in to_the_api]
    assert len(to_the_api) == len(world.api.requests) > 0
    assert all(BEARER in head and b"Proxy-Authorization: Basic" in head for head in to_the_api)
    assert elsewhere, "Ocean's own requests go through the proxy, too"
    assert not any(TOKEN.encode() in head for head in elsewhere)
    assert not any("proxy-authorization" in one.headers for one in world.api.requests)


async def test_what_needs_no_proxy_takes_none(
    world: World, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NO_PROXY with the API's address keeps the proxy from seeing any of it."""
    monkeypatch.setenv("NO_PROXY", world.api.url)
    world.installation.settings |= SIGNED

    await world.recovers()

    assert proxy.heads, "Ocean's own requests go through the proxy"
    assert proxy.heads_for(world.api.url) == []
    assert TOKEN.encode() not in proxy.received


async def test_a_fault_behind_a_proxy(
    world: World, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that fails behind the proxy deletes nothing; a passing fault is retried there."""
    monkeypatch.delenv("NO_PROXY")
    world.api.fail("/items", answer({}, 403), on=2, times=1)
    assert_nothing_lost(await world.installation.resync(), "page=2: 403")
    world.api.heal()
    world.installation.settings["max_retry_wait"] = 5
    world.api.fail("/items", answer({}, 503), on=2, times=1)

    outcome = await world.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/gone"}  # the team that is gone went with the first resync
    assert len(proxy.heads_for(world.api.url)) > len(world.api.requests)


async def test_a_tunnel_through_a_proxy(
    installation: Installation, proxy: Proxy, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An API under https is reached through CONNECT; the proxy sees no request, and no token."""
    monkeypatch.delenv("NO_PROXY")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority)
    async with FaultApi(tls=tls) as api:
        api.serve("/items", answer([{"id": 1}]))
        installation.api_url = api.url
        installation.settings |= SIGNED
        installation.mapping = [resource("/items")]

        outcome = await installation.resync()

        assert outcome.complete, outcome.formatted
        assert outcome.entities == entities("item", 1)
        assert [one.headers["authorization"] for one in api.requests] == [f"Bearer {TOKEN}"]
        assert [head.split(b" ")[0] for head in proxy.heads_for(api.url)] == [b"CONNECT"]
        assert TOKEN.encode() not in proxy.received


async def test_a_proxy_that_is_down(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again, then an error; nothing is deleted, and its password is not shown."""
    monkeypatch.setenv("HTTP_PROXY", f"http://me:proxy-password@127.0.0.1:{DEAD_PORT}")
    monkeypatch.setenv("NO_PROXY", world.installation.catalog_url)
    world.installation.settings["max_retry_wait"] = 1

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, f"GET {world.api.url}/items?size=2&page=1")
    assert "TransportError" in outcome.formatted
    assert "trying again" in outcome.log
    assert "proxy-password" not in outcome.log + outcome.formatted
    assert world.api.connections == 0


# --- names --------------------------------------------------------------------------------


async def test_a_name_that_nobody_knows(world: World) -> None:
    """A name that is not found may be found a moment later: retried, then an error."""
    world.installation.api_url = "http://nowhere.invalid"  # never a name: RFC 6761, 6.4
    world.installation.settings["max_retry_wait"] = 1

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "GET http://nowhere.invalid/items?size=2&page=1: ")
    assert "TransportError" in outcome.formatted
    assert "trying again" in outcome.log
