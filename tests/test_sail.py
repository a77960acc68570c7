"""The real `ocean sail`, as a process of its own, with the environment the instructions give."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from framework.outcome import ExitCode
from tests.fault_api import FaultApi, Reply, Request, answer, silence
from tests.layout import ROOT
from tests.resync import IDENTIFIER, Installation, resource, working_directory
from workbench.sail import sail_command
from workbench.store.model import JsonObject

POLL = "GET /v1/integration/{integration}/resync-request"
TOKEN = "the-token-of-the-docker-command"


def docker_environment(installation: Installation) -> dict[str, str]:
    """What the `-e` options of the documented docker command set."""
    return {
        "OCEAN__PORT__BASE_URL": installation.catalog_url,
        "OCEAN__PORT__CLIENT_ID": "client",
        "OCEAN__PORT__CLIENT_SECRET": "client-secret",
        "OCEAN__INITIALIZE_PORT_RESOURCES": "true",
        "OCEAN__SEND_RAW_DATA_EXAMPLES": "true",
        "OCEAN__EVENT_LISTENER": '{"type": "POLLING"}',
        "OCEAN__INTEGRATION__IDENTIFIER": IDENTIFIER,
        "OCEAN__INTEGRATION__CONFIG__BASE_URL": installation.api_url,
        "OCEAN__INTEGRATION__CONFIG__AUTH_TYPE": "bearer_token",
        "OCEAN__INTEGRATION__SECRETS__AUTH_VALUE": TOKEN,
        "OCEAN__INTEGRATION__CONFIG__PAGINATION_TYPE": "page",
        "OCEAN__INTEGRATION__CONFIG__PAGE_SIZE": "2",
        "OCEAN__INTEGRATION__CONFIG__CUSTOM_HEADERS": '{"X-Tenant": "acme"}',
        "OCEAN__INTEGRATION__CONFIG__VERIFY_SSL": "true",
        "OCEAN__INTEGRATION__CONFIG__MAX_RETRY_WAIT": "0",
    }


@asynccontextmanager
async def sailing(
    installation: Installation, folder: Path, *, once: bool = False, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`ocean sail` under way in a folder; killed if it is still there at the end."""
    installation.publish_mapping()
    process = await asyncio.create_subprocess_exec(
        *sail_command(once=once),
        cwd=working_directory(folder),
        env={**os.environ, **docker_environment(installation), **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,  # so that its helper processes can be ended with it
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def items(request: Request) -> Reply:
    """Two pages of two items; signed requests only."""
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return answer({"error": "who are you?"}, 401)
    first = request.number("page", 1) * 2 - 1
    return answer([{"id": number} for number in (first, first + 1) if 0 < number < 4])


async def test_the_docker_command_syncs_the_catalog(
    api: FaultApi, installation: Installation, tmp_path: Path
) -> None:
    """Started as documented, with `--once`, it upserts everything, reports success and ends."""
    api.serve("/items", items)
    installation.mapping = [resource("/items")]

    async with sailing(installation, tmp_path / "sail", once=True) as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)

    log = output.decode()
    assert process.returncode == 0, log
    store = installation.store
    assert [entity.identifier for entity in store.entities("item")] == ["1", "2", "3"], log
    assert store.resync_state()["status"] == "completed"
    assert [example["id"] for example in store.examples("/items")] == [1, 2, 3]
    assert {request.headers["x-tenant"] for request in api.requests} == {"acme"}
    assert store.unknown_requests() == []
    assert "Ready to read" in log
    assert TOKEN not in log
    assert TOKEN not in json.dumps(store.logs())


async def test_the_first_start_makes_what_suggest_wrote(
    api: FaultApi, installation: Installation, tmp_path: Path
) -> None:
    """Blueprints and mapping that lie in `.port/resources` are put into Port, and synced."""
    api.serve("/items", items)
    folder = working_directory(tmp_path / "sail")
    port = folder / ".port"
    port.unlink()
    shutil.copytree(ROOT / ".port", port)
    blueprint = {"identifier": "first", "schema": {"properties": {"name": {}, "seen": {}}}}
    mapping = {"resources": [resource("/items", "first")]}
    (port / "resources" / "blueprints.json").write_text(json.dumps([blueprint]))
    (port / "resources" / "port-app-config.yml").write_text(json.dumps(mapping))
    first = {"OCEAN__INTEGRATION__IDENTIFIER": "first-start"}

    process = await asyncio.create_subprocess_exec(
        *sail_command(once=True),
        cwd=folder,
        env={**os.environ, **docker_environment(installation), **first},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)

    assert process.returncode == 0, output.decode()
    assert len(installation.store.entities("first")) == 3, output.decode()


async def test_a_failing_resync_is_reported_and_ends_the_process(
    api: FaultApi, installation: Installation, tmp_path: Path
) -> None:
    """With `--once` a resync that failed deletes nothing, tells why, and the process ends."""
    api.serve("/items", items)
    installation.mapping = [resource("/items")]
    await seed(installation)
    api.fail("/items", answer({"error": f"{TOKEN} may not read page 2"}, 403), on=2)

    async with sailing(installation, tmp_path / "sail", once=True) as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)

    log = output.decode()
    store = installation.store
    assert process.returncode == ExitCode.FAILED, log
    assert store.deletions() == []
    assert store.resync_state()["status"] == "failed"
    assert "Traceback" not in log
    assert log.count("may not read page 2") == 1
    assert f"GET {api.url}/items" in log
    assert "may not read page 2" in log
    assert TOKEN not in log
    assert TOKEN not in json.dumps(store.logs())


@pytest.mark.parametrize(
    ("settings", "mapping", "words"),
    [
        pytest.param(
            {"OCEAN__INTEGRATION__CONFIG__PAGINATION_TYPE": "pages"},
            resource("/items"),
            "is 'pages'; use one of",
            id="settings",
        ),
        pytest.param({}, resource("/items", data_pth="."), "unknown key 'data_pth'", id="mapping"),
    ],
)
async def test_what_can_never_work_has_a_code_of_its_own(  # noqa: PLR0913, PLR0917 (the world, and a case)
    api: FaultApi,
    installation: Installation,
    tmp_path: Path,
    settings: dict[str, str],
    mapping: JsonObject,
    words: str,
) -> None:
    """A CronJob that starts again is of no use then: settings or mapping must be changed."""
    api.serve("/items", items)
    installation.mapping = [mapping]

    async with sailing(installation, tmp_path / "sail", once=True, **settings) as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)

    log = output.decode()
    assert process.returncode == ExitCode.MISCONFIGURED, log
    assert installation.store.resync_state()["status"] == "failed"
    assert words in log
    assert "Traceback" not in log
    assert api.requests == []


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until the catalog, which tells nobody of what happens to it, is as wanted."""
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 (see above)
            await asyncio.sleep(0.05)


async def test_another_listener_goes_on_after_a_resync_that_failed(
    api: FaultApi, installation: Installation, tmp_path: Path
) -> None:
    """The process stays and asks for the next resync; it ends when it is told to."""
    api.serve("/items", lambda _: answer({}, 403))
    installation.mapping = [resource("/items")]
    listener = '{"type": "POLLING", "interval": 1}'
    store = installation.store

    async with sailing(installation, tmp_path / "sail", OCEAN__EVENT_LISTENER=listener) as process:
        await until(lambda: store.resync_state().get("status") == "failed")
        asked = store.requests()[POLL]
        await until(lambda: store.requests()[POLL] > asked)
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode in {0, -signal.SIGTERM}


@pytest.mark.parametrize(
    ("once", "codes"),
    [
        pytest.param(False, {0, -signal.SIGTERM}, id="stays"),
        pytest.param(True, {ExitCode.FAILED}, id="one resync"),
    ],
)
async def test_a_stop_signal_in_the_middle_of_a_walk_ends_cleanly(
    api: FaultApi, installation: Installation, tmp_path: Path, *, once: bool, codes: set[int]
) -> None:
    """On SIGTERM the process ends within seconds, reports the abortion and deletes nothing."""
    api.serve("/items", items)
    installation.mapping = [resource("/items")]
    await seed(installation)
    arrived = asyncio.Event()

    async def second_page(request: Request) -> Reply:
        arrived.set()
        return await silence(request)

    api.fail("/items", second_page, on=2)

    async with sailing(installation, tmp_path / "sail", once=once) as process:
        await asyncio.wait_for(arrived.wait(), 60)
        process.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(process.communicate(), 60)

    log = output.decode()
    store = installation.store
    assert process.returncode in codes, log
    assert store.deletions() == []
    assert len(store.entities("item")) == 3
    assert store.resync_state()["status"] == "aborted", log
    for complaint in ("Traceback", "never retrieved", "never awaited", "was destroyed", "Unclosed"):
        assert complaint not in log


async def test_a_stop_signal_ends_the_session_of_a_login(
    api: FaultApi, installation: Installation, tmp_path: Path
) -> None:
    """A process that stays is killed after Ocean's last act: the logout is sent before that."""
    arrived = asyncio.Event()

    async def waits(request: Request) -> Reply:
        arrived.set()
        return await silence(request)

    api.serve("/login", answer({"token": TOKEN}))
    api.serve("/items", waits)
    api.serve("/logout", answer({}))
    installation.mapping = [resource("/items")]
    login = {
        "AUTH_TYPE": "custom",
        "CUSTOM_AUTH_REQUEST": '{"endpoint": "/login"}',
        "CUSTOM_AUTH_REQUEST_TEMPLATE": '{"headers": {"X-Token": "{{.token}}"}}',
        "CUSTOM_AUTH_LOGOUT_REQUEST": '{"endpoint": "/logout"}',
    }
    given = {f"OCEAN__INTEGRATION__CONFIG__{name}": value for name, value in login.items()}

    async with sailing(installation, tmp_path / "sail", once=False, **given) as process:
        await asyncio.wait_for(arrived.wait(), 60)
        process.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(process.communicate(), 60)

    assert api.paths() == ["/login", "/items", "/logout"], output.decode()


async def test_a_stop_signal_loses_no_refresh_token(
    api: FaultApi, installation: Installation, tmp_path: Path
) -> None:
    """The server has changed it and not answered yet: what it answers is still kept."""
    arrived = asyncio.Event()

    async def token(_: Request) -> Reply:
        arrived.set()
        await asyncio.sleep(1)
        return answer({"access_token": TOKEN, "refresh_token": "the-next-refresh-token"})

    api.serve("/token", token)
    api.serve("/items", silence)
    installation.mapping = [resource("/items")]
    file = tmp_path / "token.json"
    grant = {
        "AUTH_TYPE": "oauth2",
        "OAUTH_TOKEN_URL": f"{api.url}/token",
        "OAUTH_GRANT_TYPE": "refresh_token",
        "OAUTH_REFRESH_TOKEN": "the-first-refresh-token",
        "OAUTH_TOKEN_FILE": str(file),
    }
    given = {f"OCEAN__INTEGRATION__CONFIG__{name}": value for name, value in grant.items()}

    async with sailing(installation, tmp_path / "sail", once=False, **given) as process:
        await asyncio.wait_for(arrived.wait(), 60)
        process.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(process.communicate(), 60)

    kept = json.loads(file.read_text())["refresh_token"]
    assert kept == "the-next-refresh-token", output.decode()


async def test_no_program_reaches_ports_own_variables(
    api: FaultApi, installation: Installation, tmp_path: Path
) -> None:
    """With the environment open to jq, no program of ours sees what is Port's; the rest it does.

    In a query parameter, in `data_path`, and in the mapping; `client` and `client-secret` are what
    Port gave the process. A password too short to be redacted is named once, without its value.
    """
    api.serve("/items", lambda _: answer([{"id": 1}, {"id": 2}, {"id": 3}]))
    installation.mapping = [
        resource(
            "/items",
            seen="[env, $ENV, .read] | tojson",
            data_path=".[] | .read = [env, $ENV]",
            query_params={"env": "{{ [env, $ENV] | tojson }}"},
            pagination={"type": "none"},
        )
    ]

    async with sailing(
        installation,
        tmp_path / "sail",
        once=True,
        ocean__Port__note="lower-case-of-port",
        COPY="the client-secret again",
        OPEN="anyone may read this",
        OCEAN__INTEGRATION__CONFIG__AUTH_TYPE="basic",
        OCEAN__INTEGRATION__CONFIG__USERNAME="a-key",
        OCEAN__INTEGRATION__CONFIG__PASSWORD="e",
        OCEAN__ALLOW_ENVIRONMENT_VARIABLES_JQ_ACCESS="true",
    ) as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)

    assert process.returncode == 0, output.decode()
    sent = [str(request.param("env")) for request in api.requests]
    mapped = [json.dumps(seen) for seen in installation.seen().values()]
    assert output.decode().count("password: a secret of fewer than 4 characters") == 1
    assert sent
    assert len(mapped) == 3
    for text in (*sent, *mapped):
        assert "anyone may read this" in text
        assert "client-secret" not in text
        assert "OCEAN__PORT__" not in text.upper()


async def seed(installation: Installation) -> None:
    """Sync three items once."""
    installation.settings |= {
        "auth_type": "bearer_token",
        "auth_value": TOKEN,
        "pagination_type": "page",
        "page_size": 2,
    }
    outcome = await installation.resync()
    assert len(outcome.entities) == 3, outcome.formatted
