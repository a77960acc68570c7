"""A disk that is full: what outgrows memory is told to the operator, and nothing is taken for all.

The disks are real. One is a file system of one megabyte, in name spaces that need no privileges;
where the system allows none there is still the limit for the size of a file.
"""

from __future__ import annotations

import asyncio
import resource
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from errors import SourceError
from tests.fault_api import FaultApi, answer, pages
from tests.resync import REPOSITORY
from transport.bodies import MIB, Spool

_READER = """
import asyncio
import resource
import sys

import httpx
from loguru import logger

from errors import SourceError
from resync.path_parameters import Endpoint, Parameter, Resource
from resync.session import Session
from settings import load_settings
from tests.reading import over_http
url, path, megabytes = sys.argv[1:]
if megabytes != "all":
    most = int(megabytes) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
logger.remove()


async def read():
    paged = load_settings({"base_url": url, "pagination_type": "page", "page_size": 100})
    items = Endpoint("/items", data_path=".items", pagination=paged.pagination)
    parents = (Parameter("id", items, ".id"),) if "{" in path else ()
    session = Session(paged, http=over_http)
    read = 0
    try:
        endpoint = Endpoint(path) if parents else items
        async for batch in session.read(Resource(path, endpoint, parents)).batches():
            read += len(batch)
    except SourceError as error:
        print("SourceError", error)
    finally:
        print("read", read)
        await session.aclose()


asyncio.run(read())
"""
SMALL_DISK = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")
MOUNT = "mount -t tmpfs -o size=1m tmpfs {folder}"


def _can_mount(folder: Path) -> bool:
    folder.mkdir()
    try:
        command = [*SMALL_DISK, MOUNT.format(folder=shlex.quote(str(folder)))]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture(params=[pytest.param("a small disk", marks=pytest.mark.exhaustive), "a limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[list[str], str, str]:
    """How a program is run with room for one megabyte: before it, its argument, the reason."""
    if request.param == "a limit":
        return [], "1", "File too large"
    folder = tmp_path / "disk"
    if not _can_mount(folder):
        pytest.skip("the system mounts nothing without privileges")
    mount = MOUNT.format(folder=shlex.quote(str(folder)))
    script = f'{mount} && TMPDIR={shlex.quote(str(folder))} exec "$0" "$@"'
    return [*SMALL_DISK, script], "all", "No space left on device"


async def output_of(before: Sequence[str], *arguments: str) -> str:
    """What a walk in a program of its own says."""
    process = await asyncio.create_subprocess_exec(
        *before,
        sys.executable,
        "-c",
        _READER,
        *arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=REPOSITORY,
    )
    output, _ = await process.communicate()
    return output.decode()


def long_rows(count: int) -> list[dict[str, object]]:
    """So many rows of some 40 kB."""
    return [{"id": number, "text": "x" * 40_000} for number in range(count)]


async def test_a_large_answer(api: FaultApi, disk: tuple[list[str], str, str]) -> None:
    """A body of 8 MB that finds no room gives no item, and the error says where room is needed."""
    api.serve("/items", answer({"items": long_rows(200), "previous": None}))
    before, room, reason = disk

    output = await output_of(before, api.url, "/items", room)

    said, read = output.splitlines()
    assert said == (
        f"SourceError kind '/items': GET {api.url}/items?size=100&page=1: a large answer cannot be"
        f" kept on disk ({reason}); give the folder that TMPDIR names more space"
    )
    assert read == "read 0"
    assert len(api.requests) == 1


async def test_the_parents_of_path_parameters(
    api: FaultApi, disk: tuple[list[str], str, str]
) -> None:
    """20 MB of parents, in pages that fit in memory: children of those kept are read, then told."""
    parents = long_rows(500)
    api.serve("/items", pages(parents))
    api.serve("/items/{}/notes", lambda request: answer([{"note": request.values[0]}]))
    before, room, reason = disk

    output = await output_of(before, api.url, "/items/{id}/notes", room)

    said, read = output.splitlines()
    assert said == (
        "SourceError kind '/items/{id}/notes': the parents of path parameters cannot be kept on"
        f" disk ({reason}); give the folder that TMPDIR names more space"
    )
    assert 300 <= int(read.removeprefix("read ")) < 500


@pytest.fixture
def a_megabyte() -> Iterator[None]:
    """No file of this process may grow beyond a megabyte."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("a_megabyte")
def test_what_finds_no_room_leaves_nothing_behind() -> None:
    """After a page that did not fit, a smaller one is kept, and each is read as it was written."""
    spool = Spool("pages")
    spool.write(b"a" * 700_000)
    with pytest.raises(SourceError, match=r"pages cannot be kept on disk \(File too large\)"):
        spool.write(b"b" * 500_000)
    spool.write(b"c" * 100_000)

    assert spool.size == 800_000
    assert spool.read(0, MIB).strip(b"a") == b"c" * 100_000
