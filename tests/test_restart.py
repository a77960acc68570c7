"""Resyncs that are cut off, killed, restarted or run beside each other: the next one is complete.

The processes are real ones of `ocean sail`. Their parents of path parameters are large enough to be
kept on disk, below the folder that `TMPDIR` names.
"""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fault_api import FaultApi, Reply, Request, answer, silence
from tests.resync import Installation
from tests.test_sail import TOKEN, sailing
from tests.world import World, children, entities

PARENTS = 40
BLOB = "x" * 512 * 1024  # with it, the parents are more than the store keeps in memory


@dataclass
class Herd:
    """An API with parents too large for memory, each with one child.

    The child of the last parent is asked for when all parents are stored: whoever sets `stuck`
    finds the process there.
    """

    api: FaultApi
    name: str = "note"
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.api.serve("/items", self._parents)
        self.api.serve("/items/{}/notes", self._child)

    def stick(self) -> None:
        """From now on the last child is never answered."""

        async def never(request: Request) -> Reply:
            self.arrived.set()
            return await silence(request)

        self.api.fail(f"/items/{PARENTS}/notes", never)

    def _parents(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return answer({"error": "who are you?"}, 401)
        start = (request.number("page", 1) - 1) * 2
        numbers = range(max(start, 0) + 1, min(start + 2, PARENTS) + 1)
        return answer({"items": [{"id": number, "blob": BLOB} for number in numbers]})

    def _child(self, request: Request) -> Reply:
        return answer([{"id": f"{self.name}-{request.values[0]}"}])

    def children(self) -> set[str]:
        """The entities of a complete resync."""
        return {f"child/{self.name}-{number}" for number in range(1, PARENTS + 1)}


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder for temporary files, as the container's volume is."""
    folder = tmp_path / "volume" / "tmp"
    folder.mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def catalog(installation: Installation) -> set[str]:
    """The names of the entities there are."""
    return {f"{one.blueprint}/{one.identifier}" for one in installation.entities()}


def unnamed_files(pid: int, folder: Path) -> Iterator[os.stat_result]:
    """The files below a folder that a process has open and that have no name there (Linux)."""
    for link in Path(f"/proc/{pid}/fd").iterdir():
        target = str(link.readlink())
        if target.startswith(str(folder)) and target.endswith("(deleted)"):
            yield link.stat()


def named_files(folder: Path) -> list[str]:
    """Every file below a folder, by name."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_after_a_kill_nothing_is_left_and_the_next_resync_is_complete(
    api: FaultApi, installation: Installation, tmp_path: Path, temporary: Path
) -> None:
    """Parents on disk have no name and are the owner's alone; a killed process leaves none."""
    herd = Herd(api)
    installation.mapping = [children()]
    herd.stick()

    async with sailing(installation, tmp_path / "first") as process:
        await asyncio.wait_for(herd.arrived.wait(), 120)
        kept = list(unnamed_files(process.pid, temporary))
        while_running = named_files(temporary)
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    assert any(file.st_size > PARENTS * len(BLOB) for file in kept)
    assert {stat.S_IMODE(file.st_mode) for file in kept} == {0o600}
    assert while_running == []
    assert named_files(temporary) == []
    assert installation.store.deletions() == []
    api.heal()
    async with sailing(installation, tmp_path / "second", once=True) as process:
        output, _ = await asyncio.wait_for(process.communicate(), 120)

    assert catalog(installation) == herd.children(), output.decode()
    assert installation.store.resync_state()["status"] == "completed"
    assert named_files(temporary) == []


@pytest.mark.exhaustive  # `test_sail` sends one in the middle of a walk
async def test_a_stop_signal_among_children_ends_cleanly(
    api: FaultApi, installation: Installation, tmp_path: Path, temporary: Path
) -> None:
    """With parents on disk and children under way, SIGTERM ends cleanly; nothing is deleted."""
    herd = Herd(api)
    installation.mapping = [children()]
    async with sailing(installation, tmp_path / "first", once=True) as process:
        await asyncio.wait_for(process.communicate(), 120)
    assert catalog(installation) == herd.children()
    herd.stick()

    async with sailing(installation, tmp_path / "second") as process:
        await asyncio.wait_for(herd.arrived.wait(), 120)
        process.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(process.communicate(), 120)

    log = output.decode()
    assert process.returncode in {0, -signal.SIGTERM}, log
    assert installation.store.deletions() == []
    assert catalog(installation) == herd.children()
    assert named_files(temporary) == []
    for complaint in ("Traceback", "never retrieved", "never awaited", "was destroyed", "Unclosed"):
        assert complaint not in log


@pytest.mark.exhaustive
async def test_two_instances_on_one_host_share_nothing(
    api: FaultApi, installation: Installation, tmp_path: Path, temporary: Path
) -> None:
    """Side by side with one TMPDIR, each reads its own API to its end."""
    installation.mapping = [children()]
    installation.store.create_integration(
        {
            "installationId": "the-other",
            "installationAppType": "custom",
            "config": {"resources": [children()], "entityDeletionThreshold": 1},
        }
    )
    async with FaultApi() as another:
        ours, theirs = Herd(api, "ours"), Herd(another, "theirs")
        of_the_other = {
            "OCEAN__INTEGRATION__IDENTIFIER": "the-other",
            "OCEAN__INTEGRATION__CONFIG__BASE_URL": another.url,
        }
        async with (
            sailing(installation, tmp_path / "ours", once=True) as one,
            sailing(installation, tmp_path / "theirs", once=True, **of_the_other) as other,
        ):
            outputs = await asyncio.wait_for(
                asyncio.gather(one.communicate(), other.communicate()), 240
            )

    log = "\n".join(output.decode() for output, _ in outputs)
    assert catalog(installation) == ours.children() | theirs.children(), log
    assert installation.store.deletions() == []
    assert named_files(temporary) == []


@pytest.mark.parametrize("page", [1, 3])
async def test_a_resync_that_takes_over_is_complete(world: World, page: int) -> None:
    """A resync started while another is under way aborts that one, and misses nothing itself."""
    arrived = asyncio.Event()

    async def never(request: Request) -> Reply:
        arrived.set()
        return await silence(request)

    world.api.fail("/items", never, on=page, times=1)
    async with world.installation.booted() as app:
        # Ocean's client for Port is made here: one made within a task would stay open.
        await app.port_client.get_current_integration()
        first = asyncio.create_task(world.installation.resync_in(app))
        await asyncio.wait_for(arrived.wait(), 120)
        second = await world.installation.resync_in(app)
        await asyncio.wait({first}, timeout=120)

    assert second.complete, second.formatted
    assert second.deleted == {"item/gone", "team/gone"}
    assert second.entities == entities("item", "new", 2, 3, 4, 5, 6, 7) | entities("team", "new", 2)
    assert first.done()
    assert first.cancelled(), first
