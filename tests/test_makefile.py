"""The commands of the Makefile, where they could do harm."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.resync import REPOSITORY


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_an_environment_of_another_folder_is_not_emptied(tmp_path: Path) -> None:
    """``make setup`` refuses a .venv that is a link, and says what to do."""
    others, project = tmp_path / "others", tmp_path / "project"
    others.mkdir()
    (others / "packages").write_text("of another project")
    project.mkdir()
    shutil.copytree(REPOSITORY / "scripts", project / "scripts")
    shutil.copy(REPOSITORY / "Makefile", project)
    (project / "requirements-dev.lock").write_text("")
    (project / ".venv").symlink_to(others)

    made = subprocess.run(
        ["make", "setup"],  # noqa: S607 (whichever make a developer has)
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )

    assert made.returncode != 0
    assert f".venv is a link to {others}, which setting up would empty" in made.stderr
    assert [file.name for file in others.iterdir()] == ["packages"]
