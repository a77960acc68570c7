"""What the workbench's commands make of files and folders, odd ones too."""

from __future__ import annotations

import asyncio
import io
import os
import string
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from tests.fault_api import FaultApi, answer
from tests.layout import ROOT
from workbench.__main__ import main
from workbench.check.files.documents import read_env
from workbench.serve import listening
from workbench.suggest.writing import settings_text

PREFIX = "OCEAN__INTEGRATION__CONFIG__"
SECRET = "k7Qw9TzR2mX4"
MAPPING = """\
resources:
  - kind: /items
    selector:
      query: "true"
    port:
      entity:
        mappings:
          identifier: .id | tostring
          blueprint: '"item"'
"""
BLUEPRINTS = '[{"identifier": "item", "schema": {"properties": {}}}]'
FILES = {
    ".env": f"{PREFIX}BASE_URL=http://127.0.0.1:9\n",
    "port-app-config.yml": MAPPING,
    "blueprints.json": BLUEPRINTS,
}
LETTERS = list(zip(string.ascii_uppercase, string.ascii_uppercase[1:], strict=False))
# Each line repeats the one before it nine times, so that no memory holds the last.
ALIASES = "A: &A [x, x]\n" + "".join(f"{b}: &{b} [{f'*{a}, ' * 9}]\n" for a, b in LETTERS)
VARIABLES = "A=xx\n" + "".join(f"{b}={f'${{{a}}}' * 9}\n" for a, b in LETTERS)
ODD: dict[str, Callable[[Path], object]] = {
    "nothing": lambda path: path.write_bytes(b""),
    "bytes": lambda path: path.write_bytes(bytes(range(256))),
    "UTF-16": lambda path: path.write_text("a: b", encoding="utf-16"),
    "Latin-1": lambda path: path.write_text("a: 'é'\n", encoding="latin-1"),
    "a NUL": lambda path: path.write_text("a: 'b\0'\n", encoding="utf-8"),
    "depth": lambda path: path.write_text("a: " + "[" * 5000, encoding="utf-8"),
    "lists in lists": lambda path: path.write_text("[" * 100_000, encoding="utf-8"),
    "aliases of aliases": lambda path: path.write_text(ALIASES, encoding="utf-8"),
    "an alias of itself": lambda path: path.write_text("a: &a [*a]\n", encoding="utf-8"),
    "variables of variables": lambda path: path.write_text(VARIABLES, encoding="utf-8"),
    "a folder": lambda path: path.mkdir(),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a right installation in it."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def ran(*arguments: str) -> Result:
    """A command, which has to end by itself."""
    result = CliRunner().invoke(main, arguments)
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("odd", ODD)
def test_a_file_that_cannot_be_read_is_named(folder: Path, name: str, odd: str) -> None:
    """In a sentence, by every command that reads it, before anything is started."""
    (folder / name).unlink()
    ODD[odd](folder / name)

    commands = [["check", "--offline"], ["preview", "--no-page"]]
    if name == ".env" and odd not in {"nothing", "lists in lists"}:  # no variable is no fault
        commands += [["suggest", "/items", "--settings", ".env"]]
    for command in commands:
        result = ran(*command)

        assert result.exit_code in {1, 2}, result.output
        assert name in result.output
        assert not result.output.rstrip().endswith(";")


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["suggest", "http://127.0.0.1:9/x", "--out", "file/x"], id="suggest"),
        pytest.param(["demo", "--keep", "file/x"], id="demo"),
        pytest.param(["catalog", "--database", "file/x"], id="catalog"),
        pytest.param(["catalog", "--database", "file"], id="no database"),
        pytest.param(["preview"], id="preview"),
    ],
)
def test_what_cannot_be_written_is_named(folder: Path, command: list[str]) -> None:
    """It is the exit code 2, and comes before the first request."""
    (folder / "file").write_text("of somebody")
    (folder / ".workbench").write_text("a file where a folder is wanted")

    result = ran(*command)

    assert result.exit_code == 2
    assert "file" in result.output or ".workbench" in result.output
    assert (folder / "file").read_text() == "of somebody"


@pytest.mark.parametrize("command", ["api", "catalog", "preview"])
def test_a_port_that_is_none_is_a_faulty_command(folder: Path, command: str) -> None:
    """A number above the largest one."""
    assert folder.is_dir()
    assert ran(command, "--port", "70000").exit_code == 2


def test_a_port_that_is_taken_costs_nothing(folder: Path) -> None:
    """What an earlier preview found stays: its page may be what listens there."""
    database = folder / ".workbench" / "preview.sqlite"
    database.parent.mkdir()
    database.write_text("of before")

    with listening(0) as taken:
        result = ran("preview", "--port", str(taken.getsockname()[1]))

    assert (result.exit_code, "cannot listen on port" in result.output) == (1, True)
    assert database.read_text() == "of before"


def test_a_place_is_what_a_terminal_follows(folder: Path) -> None:
    """The file as it was named, from where one is."""
    (folder / "mine").mkdir()
    (folder / "mine" / "mapping.yml").write_text(MAPPING.replace("selector", "selectr"))

    result = ran("check", "--offline", "--mapping", "mine/mapping.yml")

    assert "mine/mapping.yml:3:5" in result.output


def test_a_line_that_is_no_variable_is_not_shown(folder: Path) -> None:
    """It may be a line of a key, or hold a token."""
    with (folder / ".env").open("a") as file:
        file.write(f"API_TOKEN: {SECRET}\nBearer {SECRET}\n")

    for command in (["check", "--offline"], ["export", "docker"], ["suggest", "/x", "--settings"]):
        result = ran(*command, *([".env"] if command[-1] == "--settings" else []))

        assert result.exit_code in {1, 2}
        assert ".env:2" in result.output
        assert SECRET not in result.output


# --- variables within variables -----------------------------------------------------------

NAMES = st.sampled_from(["ONE", "TWO", "THREE"])
PARTS = st.one_of(
    st.text(string.ascii_letters + " :/{}$-", max_size=6),
    NAMES.map(lambda name: f"${{{name}}}"),
    NAMES.map(lambda name: f"${{{name}:-other}}"),
)


@given(st.lists(st.lists(PARTS, max_size=4).map("".join), min_size=3, max_size=3))
def test_settings_are_filled_in_as_ocean_does(texts: list[str]) -> None:
    """Where everything is set that is referred to, it is what the library gives that Ocean uses."""
    lines = ["ONE=first", "TWO=second", "THREE=third"]
    lines += [f"{PREFIX}{at}='{text}'" for at, text in enumerate(texts)]
    text = "\n".join(lines)
    wanted = dotenv_values(stream=io.StringIO(text))
    variables = _env(text)
    for at, one in enumerate(texts):
        name = f"{PREFIX}{at}"
        # An odd name in braces is set nowhere, and such a text stays as it stands.
        assert variables[name] in {wanted[name], one}
        if "${" not in one.replace("${ONE", "").replace("${TWO", "").replace("${THREE", ""):
            assert variables[name] == wanted[name]


def _env(text: str) -> dict[str, str]:
    class File(Path):
        def read_bytes(self) -> bytes:
            return text.encode()

    return read_env(File(".env"), ".env").values


@pytest.fixture
async def referring(folder: Path, api: FaultApi, monkeypatch: pytest.MonkeyPatch) -> FaultApi:
    """An API, and settings that say by other variables where it is and how to sign requests."""
    rows = [{"id": number, "name": f"item {number}"} for number in range(3)]
    wanted = f"Bearer {SECRET}"
    api.serve(
        "/items",
        lambda request: (
            answer(rows)
            if request.headers.get("authorization") == wanted
            else answer({"error": "who are you?"}, 401)
        ),
    )
    monkeypatch.setenv("OF_THE_SHELL", SECRET)
    lines = {
        "HOST": api.url,
        f"{PREFIX}BASE_URL": "${HOST}",
        f"{PREFIX}AUTH_TYPE": "bearer_token",
        f"{PREFIX}API_TOKEN": "${OF_THE_SHELL}",
        f"{PREFIX}TIMEOUT": "${NOWHERE:-20}",
    }
    text = "".join(f"{name}={value}\n" for name, value in lines.items())
    (folder / ".env").write_text(text)
    return api


async def test_every_command_fills_settings_in(referring: FaultApi, folder: Path) -> None:
    """`check` reads the API by them, and `suggest` writes what refers to the shell as it stands."""
    code, checked = await started(folder, "check")
    assert code == 0, checked
    code, suggested = await started(
        folder, "suggest", "/items", "--settings", ".env", "--out", "made"
    )
    assert code == 0, suggested
    written = (folder / "made" / ".env").read_text()
    assert f"{PREFIX}BASE_URL={referring.url}\n" in written
    assert f"{PREFIX}API_TOKEN=${{OF_THE_SHELL}}\n" in written
    assert SECRET not in written + checked + suggested
    made = ("--settings", "made/.env", "--mapping", "made/port-app-config.yml")
    code, again = await started(folder, "check", *made)
    assert code == 0, again


async def started(folder: Path, *arguments: str) -> tuple[int | None, str]:
    """The exit code of a command as a process of its own, and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workbench", *arguments),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


@pytest.mark.usefixtures("referring")
def test_what_refers_to_a_variable_is_left_to_who_deploys() -> None:
    """A deployment fills nothing in: such a setting leaves by its name, like a secret."""
    result = ran("export", "docker")

    assert result.exit_code == 0
    assert f"--env {PREFIX}BASE_URL \\" in result.output
    assert "${" not in result.output


def test_what_is_set_nowhere_is_told(folder: Path) -> None:
    """Ocean would take an empty text, and requests would go out without the token."""
    with (folder / ".env").open("a") as file:
        file.write(f"{PREFIX}AUTH_TYPE=bearer_token\n{PREFIX}API_TOKEN=${{NOWHERE}}\n")

    for command in (["check", "--offline"], ["preview", "--no-page"]):
        result = ran(*command)

        assert result.exit_code == 1
        assert ".env:3" in result.output
        assert "${NOWHERE}" in result.output


# --- what suggest writes -------------------------------------------------------------------

VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=30)


@given(VALUES.filter(lambda value: "${" not in value))
def test_settings_that_are_written_are_read_as_they_were(value: str) -> None:
    """Whatever a header or a password holds: quotes, blanks, several lines."""
    name = f"{PREFIX}PASSWORD"

    assert _env(settings_text({"password": value}))[name] == value


async def test_settings_of_somebody_are_kept(
    folder: Path, api: FaultApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder with a `.env` in it is not written into, unless that is what is asked for."""
    api.serve("/items", answer([{"id": 1}, {"id": 2}]))
    monkeypatch.setenv("TOKEN", SECRET)
    asked = ["suggest", f"{api.url}/items", "--bearer-env", "TOKEN", "--out", "."]
    for name in ("port-app-config.yml", "blueprints.json"):
        (folder / name).unlink()

    code, told = await started(folder, *asked)

    assert code == 2
    assert ".env is there already" in told
    assert api.requests == []
    code, told = await started(folder, *asked, "--overwrite")
    assert code == 0, told


@pytest.mark.parametrize("name", ["item-id", "", "an id"])
def test_braces_that_are_no_placeholder_are_told(folder: Path, name: str) -> None:
    """With the name that would be one; nothing is asked for."""
    result = ran("suggest", f"http://127.0.0.1:9/items/{{{name}}}/notes")

    assert folder.is_dir()
    assert result.exit_code == 2
    assert "is no placeholder; write {" in result.output


# --- what is told --------------------------------------------------------------------------


async def test_in_a_file_a_kind_is_one_line(folder: Path, api: FaultApi) -> None:
    """However long it is: what reads the table finds it."""
    path = "/" + "/".join(f"segment-{number}" for number in range(20))
    api.serve(path, answer([{"id": 1}, {"id": 2}, {"id": 3}]))
    (folder / ".env").write_text(f"{PREFIX}BASE_URL={api.url}\n{PREFIX}PAGINATION_TYPE=none\n")
    (folder / "port-app-config.yml").write_text(MAPPING.replace("/items", path))

    _, told = await started(folder, "check")

    assert any(line.startswith(f"{path} ") for line in told.splitlines()), told


async def test_what_suggest_says_stands_in_columns(folder: Path, api: FaultApi) -> None:
    """However long a path is."""
    paths = ["/items", "/items/" + "x" * 40]
    for path in paths:
        api.serve(path, answer([{"id": number} for number in range(3)]))

    _, told = await started(folder, "suggest", *(f"{api.url}{one}" for one in paths))

    assert len({line.index("  items  ") for line in told.splitlines() if "  items  " in line}) == 1
    assert told.count("  items  ") == len(paths)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["check", "--offline", "--requests"], id="requests of none"),
        pytest.param(["check", "--watch", "--pages", "1"], id="pages of files"),
        pytest.param(["preview", "--all", "--items", "5"], id="bounds without bounds"),
    ],
)
def test_an_option_in_vain_is_refused(folder: Path, command: list[str]) -> None:
    """Rather than left out without a word."""
    result = ran(*command)

    assert folder.is_dir()
    assert result.exit_code == 2
    assert "does nothing beside" in result.output
