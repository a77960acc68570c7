"""What ships is what is tested: the container's packages, and whole resyncs with them over TLS."""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.fault_api import FaultApi, Reply, Request, answer
from tests.resync import REPOSITORY, Installation, resource
from tests.test_sail import sailing
from workbench.sail import image_python

LIST_PACKAGES = """
import re
from importlib.metadata import distributions
for one in distributions():
    print(re.sub("[._-]+", "-", one.name).lower() + "==" + one.version)
"""
SIZE = 2
ITEMS = 5
STYLES: dict[str, dict[str, Any]] = {
    "none": {},
    "offset": {"page_size": SIZE, "pagination_param": "offset", "size_param": "limit"},
    "page": {"page_size": SIZE, "pagination_param": "page", "size_param": "limit"},
    "cursor": {"page_size": SIZE, "pagination_param": "at", "cursor_path": "next"},
    "next_link": {"page_size": SIZE, "next_link_path": "next"},
    "header_link": {"page_size": SIZE},
}


def paged(style: str, url: str, count: int) -> Callable[[Request], Reply]:
    """The answers of an API with so many items in pages of two, by one style of paging."""

    def reply(request: Request) -> Reply:
        start = {
            "none": 0,
            "offset": request.number("offset", 0),
            "page": (request.number("page", 1) - 1) * SIZE,
        }.get(style, request.number("at", 0))
        end = count if style == "none" else start + SIZE
        items = [{"id": f"{style}-{n}"} for n in range(count)][start:end] if start >= 0 else []
        more = end if end < count else None
        link = f"{url}/{style}?at={more}"
        match style:
            case "cursor":
                return answer({"items": items, "next": more})
            case "next_link":
                return answer({"items": items, "next": more and link})
            case "header_link":
                headers = {"Link": f'<{link}>; rel="next"'} if more else {}
                return answer({"items": items}, **headers)
        return answer({"items": items})

    return reply


@pytest.fixture
async def secure_api(authority: Path) -> AsyncIterator[FaultApi]:
    """An API that speaks TLS 1.3 and nothing else."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    async with FaultApi(tls=tls) as api:
        yield api


async def test_resyncs_of_every_paging_style_over_tls(
    secure_api: FaultApi, installation: Installation, tmp_path: Path
) -> None:
    """The container's packages read every page over TLS 1.3, at the first attempt.

    The second resync deletes what each style has lost meanwhile, so all of them were complete.
    """
    where = {"OCEAN__INTEGRATION__CONFIG__BASE_URL": secure_api.url}
    installation.mapping = [
        resource(f"/{style}", data_path=".items", pagination={"type": style, **settings})
        for style, settings in STYLES.items()
    ]
    log = ""
    for count in (ITEMS, ITEMS - 1):
        for style in STYLES:
            secure_api.serve(f"/{style}", paged(style, secure_api.url, count))
        folder = tmp_path / str(count)
        async with sailing(installation, folder, once=True, **where) as process:
            output, _ = await asyncio.wait_for(process.communicate(), 120)
        log += output.decode()

        assert installation.store.resync_state()["status"] == "completed", log
        assert {entity.identifier for entity in installation.store.entities("item")} == {
            f"{style}-{n}" for style in STYLES for n in range(count)
        }, log

    assert "the connection" not in log


def test_ocean_has_the_containers_packages_and_no_others() -> None:
    """What tests start as `ocean` has exactly the packages that requirements.lock names."""
    lock = (REPOSITORY / "requirements.lock").read_text()
    lines = re.findall(r"^([\w.-]+==.*?) *\\?$", lock, re.MULTILINE)
    wanted = [one for one in map(Requirement, lines) if not one.marker or one.marker.evaluate()]

    listed = subprocess.run(
        [
            str(image_python()),
            "-c",
            LIST_PACKAGES,
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert sorted(listed.stdout.split()) == sorted(f"{one.name}{one.specifier}" for one in wanted)
