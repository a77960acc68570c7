"""The workbench as `uvx` and `pipx` install it: a command that leads to this folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

from scripts.checkout_wheel import build_wheel
from tests.layout import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_command_is_there_in_any_folder(tmp_path: Path) -> None:
    """Installed as it stands, without the network; the packages are those of the tests."""
    uv = Path(sys.executable).with_name("uv")
    fresh = tmp_path / "environment"
    for command in (
        ["venv", "--python", sys.executable, str(fresh)],
        ["pip", "install", "--no-deps", "--no-index", "--python", str(fresh), str(ROOT)],
    ):
        subprocess.run([uv, *command, "--offline", "--quiet"], check=True)
    (tmp_path / "settings.py").write_text("raise ImportError('of somebody else')")

    ended = subprocess.run(
        [fresh / "bin" / "ocean-custom", "schema", "--env"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert "OCEAN__INTEGRATION__CONFIG__BASE_URL" in json.loads(ended.stdout)["properties"]


def test_it_brings_what_it_needs(tmp_path: Path) -> None:
    """The packages of the integration; those of the workbench where they are asked for."""
    with zipfile.ZipFile(tmp_path / build_wheel(str(tmp_path))) as wheel:
        name = f"{PROJECT['name']}-{PROJECT['version']}.dist-info/METADATA"
        told = Parser().parsestr(wheel.read(name).decode())

    extra = [
        f'{one} ; extra == "workbench"' for one in PROJECT["optional-dependencies"]["workbench"]
    ]
    assert told.get_all("Requires-Dist") == [*PROJECT["dependencies"], *extra]
    assert told["Provides-Extra"] == "workbench"
