"""docs/quickstart.md: every command of it, run by a shell as it is written."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.documents import ROOT, blocks, tables

QUICKSTART = ROOT / "docs" / "quickstart.md"
PORTS = (8081, 8082)
MOST_SECONDS = 250


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.exhaustive
def test_every_command_of_the_quickstart_works(tmp_path: Path) -> None:
    """In one shell, from the first to the last; each of them succeeds."""
    if any(map(_is_taken, PORTS)):
        pytest.skip(f"a port of {PORTS} is taken by something else")
    for entry in ROOT.iterdir():
        if entry.name not in {".env", ".workbench", "helpdesk"}:
            (tmp_path / entry.name).symlink_to(entry)
    # The environment is there, and it is this project's: setting it up again is for a new folder.
    commands = [
        block.text.replace("make demo", ".venv/bin/python -m workbench demo")
        for block in blocks(QUICKSTART, "sh")
    ]
    script = "\n".join(["set -e", *commands])

    with (tmp_path / "output").open("w+") as file:
        process = subprocess.Popen(
            ["bash", "-c", script],  # noqa: S607 (whichever shell a reader has)
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that what it left running can be ended with it
        )
        try:
            process.wait(MOST_SECONDS)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    output = (tmp_path / "output").read_text()

    assert process.returncode == 0, output
    assert "It works." in output
    assert "GET only." in output
    assert "no faults" in output
    assert "Without bounds: --all" in output
    with sqlite3.connect(tmp_path / "helpdesk" / ".workbench" / "catalog.sqlite") as connection:
        found = connection.execute("SELECT blueprint, count(*) FROM entities GROUP BY 1").fetchall()
    connection.close()
    assert found == [("agent", 6), ("comment", 274), ("ticket", 137)]
    named = {name for row in tables(QUICKSTART, "File") for name in row.names("File")}
    assert named == {file.name for file in (tmp_path / "helpdesk").iterdir() if file.is_file()}
