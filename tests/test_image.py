"""The built image, started as a cluster starts it. `make image` builds it and runs these tests.

The environment names it: OCEAN_CUSTOM_IMAGE=port-ocean-custom:1.0.0.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import ssl
import tomllib
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from tests.certificates import self_signed
from tests.container import Container, Image, engine
from tests.fault_api import FaultApi, Reply, Request, pages, silence
from tests.resync import IDENTIFIER, REPOSITORY, Installation, resource

NAME = os.environ.get("OCEAN_CUSTOM_IMAGE", "")
ENGINE = engine() if NAME else None
READY_SECONDS = 120  # at half a core of a machine with other work
MOST_OF_OCEANS_OWN = 3  # how many times what importing Ocean takes; twice was measured
STOP_SECONDS = 30  # as long as a cluster waits before it kills
TOKEN = "the-token-of-the-container"

# What is in the image, but for its base: each file below /app, and what Python has of itself.
LIST = "import os; [print(f'{f}/{n}') for f, _, names in os.walk('/app') for n in names]"
UNCHECKED = """
import os
for top in ("/app", "/usr/local/lib/python3.12"):
    for folder, _, names in os.walk(top):
        for name in names:
            if name.endswith(".pyc") and open(f"{folder}/{name}", "rb").read(8)[4] != 1:
                print(folder, name)
"""

IMPORT_OCEAN = "import os, port_ocean.run; print(sum(os.times()[:4]))"

pytestmark = pytest.mark.skipif(
    ENGINE is None,
    reason="needs an image in OCEAN_CUSTOM_IMAGE, and docker, or buildah and root, to start it",
)


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The image under test."""
    assert ENGINE
    with Image.opened(ENGINE, NAME) as image:
        yield image


@pytest.fixture
def port() -> int:
    """A free port for the container's health."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(installation: Installation, port: int = 0, **more: str) -> dict[str, str]:
    """The settings of the container; its resync begins when it starts."""
    installation.publish_mapping()
    config = "OCEAN__INTEGRATION__CONFIG__"
    return {
        "APPLICATION__PORT": str(port),
        "OCEAN__PORT__BASE_URL": installation.catalog_url,
        "OCEAN__PORT__CLIENT_ID": "client",
        "OCEAN__PORT__CLIENT_SECRET": "client-secret",
        "OCEAN__INTEGRATION__IDENTIFIER": IDENTIFIER,
        "OCEAN__EVENT_LISTENER": '{"type": "POLLING"}',
        f"{config}BASE_URL": installation.api_url,
        f"{config}AUTH_TYPE": "bearer_token",
        f"{config}API_TOKEN": TOKEN,
        f"{config}PAGINATION_TYPE": "page",
        **more,
    }


async def ended(container: Container, seconds: float = READY_SECONDS) -> int:
    """The container's exit code, when it has ended."""
    return await asyncio.to_thread(container.wait, seconds)


async def health(port: int, path: str) -> int | None:
    """The status of one of the container's addresses; None when nobody answers within 5 s."""
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        try:
            return (await client.get(f"http://127.0.0.1:{port}/health/{path}")).status_code
        except httpx.TransportError:
            return None


async def until_ready(container: Container, port: int) -> None:
    """Wait until the container says that it is ready."""
    async with asyncio.timeout(READY_SECONDS):
        while await health(port, "ready") != HTTPStatus.OK:
            assert container.process.poll() is None, container.output
            await asyncio.sleep(0.05)


def test_nothing_of_the_workshop_is_in_it(image: Image) -> None:
    """No tests, examples, workbench or test tools, and nothing that a developer may have lying."""
    files = image.run("python", "-c", LIST).splitlines()
    ours = {file.removeprefix("/app/").partition("/")[0] for file in files}
    packages = {
        found[1] for file in files if (found := re.match(r".*/site-packages/([^/]+)/", file))
    }

    assert "/app/LICENSE" in files
    assert not ours & {"tests", "workbench", "examples", "benchmarks", "docs", ".env", ".git"}
    assert not packages & {"pytest", "_pytest", "coverage", "pytest_cov", "virtualenv", "pip"}
    assert not [file for file in files if re.search(r"/_?tests?/|/conftest\.py", file)]


def test_nothing_is_compiled_when_it_starts(image: Image) -> None:
    """Compiled modules go with their content, so setting the times of files makes none stale."""
    assert image.run("python", "-c", UNCHECKED) == ""
    compiled = "import jq_engine.worker as m, os; print(os.path.exists(m.__cached__), end='')"
    assert image.run("python", "-c", compiled) == "True"


def test_it_says_what_it_is(image: Image) -> None:
    """Version, licence and base stand in the labels of the OCI."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    said = {
        name.removeprefix("org.opencontainers.image."): text for name, text in image.labels.items()
    }

    assert said["version"] == project["version"]
    assert said["licenses"] == "MIT"
    assert re.fullmatch(r"[0-9a-f]{40}(-changed)?", said["revision"])
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", said["base.digest"])
    assert image.config["User"] == "1001"


def test_nobody_may_write_but_to_the_volume(image: Image) -> None:
    """The container of these tests is what it is said to be: its user, its rights, its folders."""
    said = image.run(
        "sh",
        "-c",
        "id -u; grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status;"
        " touch /app/x /tmp/x /var/x 2>&1; touch /tmp/ocean/x && echo written",
    )

    assert said.startswith("54321\n")
    assert re.findall(r"(Cap\w+|NoNewPrivs):\s+(\w+)", said) == [
        ("CapEff", "0" * 16),
        ("CapBnd", "0" * 16),
        ("NoNewPrivs", "1"),
    ]
    assert said.count("Read-only file system") == 3
    assert said.endswith("written\n")


async def test_one_resync_with_a_mounted_authority(
    image: Image, installation: Installation, tmp_path: Path
) -> None:
    """With the listener ONCE it syncs from an API whose authority is mounted, and ends with 0."""
    authority = self_signed(tmp_path / "cluster.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    authority.chmod(0o644)
    async with FaultApi(context) as api:
        api.serve("/items", pages([{"id": number} for number in range(250)], size=100))
        installation.api_url = api.url
        installation.mapping = [resource("/items", data_path=".items")]
        once = environment(installation, OCEAN__EVENT_LISTENER='{"type": "ONCE"}')

        with image.started(once, certificate=authority) as container:
            assert await ended(container) == 0, container.output

        assert len(installation.entities()) == 250, container.output
        assert installation.store.resync_state()["status"] == "completed"
        assert {request.headers["authorization"] for request in api.requests} == {f"Bearer {TOKEN}"}
        assert TOKEN not in container.output


async def test_without_the_authority_nothing_is_read(
    image: Image, installation: Installation, tmp_path: Path
) -> None:
    """The same API is refused where its authority is not mounted, and nothing is deleted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "cluster.pem"))
    async with FaultApi(context) as api:
        installation.api_url = api.url
        installation.mapping = [resource("/items", data_path=".items")]
        once = environment(
            installation,
            OCEAN__EVENT_LISTENER='{"type": "ONCE"}',
            OCEAN__INTEGRATION__CONFIG__MAX_RETRY_WAIT="0",
        )

        with image.started(once) as container:
            await ended(container)

        assert "certificate" in container.output.lower()
        assert installation.store.resync_state()["status"] == "failed"
        assert api.requests == []


@pytest.mark.parametrize(("listener", "code"), [("POLLING", 0), ("ONCE", 1)])
async def test_a_stop_signal_in_a_walk(
    image: Image, api: FaultApi, installation: Installation, listener: str, code: int
) -> None:
    """On SIGTERM in the middle of a walk it ends in time, reports that, and deletes nothing.

    A job whose one resync was stopped has failed.
    """
    items = [{"id": number} for number in range(150)]
    arrived = asyncio.Event()

    async def second_page(request: Request) -> Reply:
        arrived.set()
        return await silence(request)

    api.serve("/items", pages(items, size=100))
    api.fail("/items", second_page, on=2)
    installation.mapping = [resource("/items", data_path=".items")]

    listening = environment(installation, OCEAN__EVENT_LISTENER=json.dumps({"type": listener}))
    with image.started(listening) as container:
        await asyncio.wait_for(arrived.wait(), READY_SECONDS)
        container.stop()
        assert await ended(container, STOP_SECONDS) == code, container.output

    assert installation.store.deletions() == []
    assert installation.store.resync_state()["status"] == "aborted", container.output
    assert "Traceback" not in container.output


async def test_it_stays_healthy_while_a_large_mapping_runs(
    image: Image, api: FaultApi, installation: Installation, port: int
) -> None:
    """At half a core both probes answer whenever they are asked, until all is in the catalog."""
    items = [{"id": number, "name": f"item {number}", "text": "x" * 500} for number in range(5000)]
    api.serve("/items", pages(items, size=100))
    installation.mapping = [
        resource("/items", data_path=".items", seen='[range(50)] | map("\\(.)") | join(",")')
    ]

    statuses: list[int | None] = []
    with image.started(environment(installation, port)) as container:
        await until_ready(container, port)
        async with asyncio.timeout(600):
            while installation.store.resync_state().get("status") != "completed":
                assert container.process.poll() is None, container.output
                statuses += [await health(port, "live"), await health(port, "ready")]
                await asyncio.sleep(0.5)
        async with httpx.AsyncClient(trust_env=False) as client:
            series = (await client.get(f"http://127.0.0.1:{port}/metrics")).text

    assert len(installation.entities()) == len(items)
    assert f'ocean_custom_items{{kind="/items-0"}} {len(items)}.0' in series
    assert set(statuses) == {HTTPStatus.OK}, json.dumps(statuses)


@pytest.mark.skipif(ENGINE == "docker", reason="the processes of an engine are not ours to measure")
async def test_the_start_costs_little(
    image: Image, api: FaultApi, installation: Installation, port: int
) -> None:
    """From nothing to ready it takes little more CPU than Ocean itself takes to be imported."""
    del api
    ocean = float(image.run("python", "-c", IMPORT_OCEAN))
    with image.started(environment(installation, port)) as container:
        await until_ready(container, port)
        seconds = container.cpu()

    print(f"{seconds:.2f} s of CPU, {ocean:.2f} s of them Ocean's")  # noqa: T201 (for docs/performance.md)
    assert seconds < MOST_OF_OCEANS_OWN * ocean
