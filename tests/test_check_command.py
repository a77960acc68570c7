"""`python -m workbench check` as it is run: its output, its exit codes, and the docs' commands."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.check_scene import SETTINGS, Scene, swap_text
from tests.fault_api import FaultApi
from tests.layout import ROOT

COMMAND = re.compile(r"^\.venv/bin/python (-m workbench (?:check|schema|export).*)$", re.MULTILINE)


def ran(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the workbench, as from the repository's folder."""
    environment = {"PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1", "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """An installation without a fault."""
    return Scene(tmp_path, api)


@pytest.mark.parametrize(
    "command",
    [
        # What an export writes is tested without a process: see `test_export`.
        pytest.param(command, marks=pytest.mark.exhaustive if " export " in command else ())
        for command in COMMAND.findall((ROOT / "docs" / "check.md").read_text())
    ],
    ids=str,
)
def test_the_docs_commands_run(command: str, tmp_path: Path) -> None:
    """Each as written; the first one where there are no files, which it says."""
    is_bare = command == "-m workbench check"

    ended = ran(*shlex.split(command), folder=tmp_path if is_bare else ROOT)

    assert ended.returncode == (2 if is_bare else 0), ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stderr if is_bare else ended.stdout


def test_faults_are_the_exit_code(scene: Scene) -> None:
    """A person reads place, problem and remedy; nothing was requested."""
    scene.mapping = swap_text(scene.mapping, "data_path", "datapath")
    scene.write()

    ended = ran("-m", "workbench", "check", folder=scene.folder)

    assert ended.returncode == 1, ended.stderr
    assert "port-app-config.yml:5:7" in ended.stdout
    assert "unknown key 'datapath'" in ended.stdout
    assert "write data_path" in ended.stdout
    assert "nothing was requested" in ended.stdout


async def test_a_clean_one_ends_well(scene: Scene) -> None:
    """With real settings of Ocean the API is read, and the document holds no secret."""
    scene.write()

    ended = await _in_thread(scene, "--json")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    document = json.loads(ended.stdout)
    assert document["findings"] == []
    assert document["kinds"][0]["kind"] == "/people"
    assert document["requests"]
    assert SETTINGS["api_token"] not in ended.stdout + ended.stderr


def test_watch_checks_again_when_a_file_is_saved(scene: Scene) -> None:
    """A report at once and after each change, also of a file put in place; Ctrl+C ends it."""
    scene.write()
    mapping, blueprints = scene.folder / "port-app-config.yml", scene.folder / "blueprints.json"
    whole = mapping.read_text()
    with watching(scene.folder) as (process, told):
        assert "no faults" in told()
        mapping.write_text(swap_text(whole, "data_path", "datapath"))
        assert "unknown key 'datapath'" in told()
        blueprints.unlink()
        assert "datapath" in told()
        mapping.unlink()
        assert "there is no port-app-config.yml; waiting" in told()
        mended = scene.folder / "mended"
        mended.write_text(whole)
        mended.replace(mapping)
        assert "no faults" in told()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert scene.api.requests == []


@contextmanager
def watching(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Callable[[], str]]]:
    """`check --watch` under way, and what reads its next report; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", "check", "--watch"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def report() -> str:
        lines = []
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if "nothing was requested" in line or "waiting" in line:
                break
        return "".join(lines)

    late = threading.Timer(60, process.kill)  # so that a report that never comes is no hang
    late.start()
    try:
        yield process, report
    finally:
        late.cancel()
        process.kill()
        process.communicate()


async def _in_thread(scene: Scene, *arguments: str) -> subprocess.CompletedProcess[str]:
    # The API answers on this loop.
    return await asyncio.to_thread(ran, "-m", "workbench", "check", *arguments, folder=scene.folder)
