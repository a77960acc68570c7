import asyncio
from tests.fault_api import *
from tests.fault_api import answer, pages, silence
from tests.resync import Installation, resource
from tests.world import *
import pytest

async def test_same_parent_twice(api, installation):
    """X."""
    api.serve("/items", pages(named(*range(2500))))
    api.serve("/pairs/{}/{}", lambda r: answer({"id": "-".join(r.values)}))
    installation.settings |= {"pagination_type": "page", "page_size": 100}
    p = {"endpoint": "/items", "data_path": ".items", "field": ".id"}
    installation.mapping = [resource("/pairs/{a}/{b}", pagination={"type": "none"}, path_parameters={"a": p, "b": p | {"filter": ".id == 0"}})]
    o = await asyncio.wait_for(installation.resync(), 60)
    assert o.complete, o.formatted
    assert len(o.entities) == 2500

async def test_login_storm(api, installation):
    """X."""
    state = {"ok": True}
    n = 0
    def login(_):
        nonlocal n
        n += 1
        return answer({"token": "a"}) if n == 1 else answer({}, 503)
    api.serve("/login", login)
    api.serve("/items", pages(named(*range(30))))
    api.serve("/items/{}/notes", answer({}, 401))
    installation.settings |= LOGIN
    installation.mapping = [children()]
    o = await asyncio.wait_for(installation.resync(), 60)
    print("LOGINS", n, len(api.requests))
    print(o.message[:3000])
    assert 0

async def test_newer(api, installation):
    """X."""
    arrived = asyncio.Event()
    async def hang(r):
        arrived.set()
        return await silence(r)
    api.serve("/items", pages(named(*range(6))))
    installation.settings |= PAGED
    installation.mapping = [resource("/items", data_path=".items")]
    await installation.resync()
    api.fail("/items", hang, on=2, times=1)
    async with installation.booted() as app:
        older = asyncio.create_task(app.integration.sync_raw_all(silent=False))
        await arrived.wait()
        newer = await installation.resync_in(app)
        r = (await asyncio.gather(older, return_exceptions=True))
    print(repr(r), newer.complete, newer.formatted)
    assert 0
