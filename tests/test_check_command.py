"""`python -m workbench check` as it is run: its output, its exit codes, and the docs' commands."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import subprocess
import sys
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


async def _in_thread(scene: Scene, *arguments: str) -> subprocess.CompletedProcess[str]:
    # The API answers on this loop.
    return await asyncio.to_thread(ran, "-m", "workbench", "check", *arguments, folder=scene.folder)
