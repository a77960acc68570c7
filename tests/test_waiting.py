"""What a person is told while the workbench waits for an API, and how long it waits."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from errors import TransportError
from transport.outage import Outage
from workbench import waiting
from workbench.__main__ import main
from workbench.serve import serving
from workbench.suggest import command


@contextmanager
def _taken(*, listens: bool) -> Iterator[str]:
    """The URL of a port that refuses connections, or that takes them and never answers."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        if listens:
            held.listen()
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def _suggest(folder: Path, *given: str) -> Result:
    return CliRunner().invoke(main, ["suggest", *given, "--out", str(folder / "out")])


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "PATIENCE", 1.0)
    monkeypatch.setattr(waiting, "_QUIET", 0.1)
    monkeypatch.setattr(waiting, "_TICK", 0.05)


@pytest.mark.usefixtures("_impatient")
def test_a_host_that_cannot_be_reached_is_said_soon(tmp_path: Path) -> None:
    """At once that there is no answer yet; then what was tried, and the other lists are left."""
    with _taken(listens=False) as url:
        result = _suggest(tmp_path, f"{url}/a", f"{url}/b")
    assert result.exit_code == 1
    assert f"no answer yet: GET {url}/a" in result.stderr
    assert "times in 1 seconds; is the URL right" in result.stdout
    assert "/b  refused     not asked, as nothing answered before" in result.stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("_impatient")
def test_a_host_that_never_answers_is_asked_once(tmp_path: Path) -> None:
    """A request that took the whole ``timeout`` is not repeated."""
    with _taken(listens=True) as url:
        (tmp_path / ".env").write_text(
            f"OCEAN__INTEGRATION__CONFIG__BASE_URL={url}\nOCEAN__INTEGRATION__CONFIG__TIMEOUT=2\n"
        )
        result = _suggest(tmp_path, "/a", "/b", "--settings", str(tmp_path / ".env"))
    assert "no complete answer within 2 seconds (timeout); is the URL right" in result.stdout
    assert "1 request, GET only." in result.stdout


@pytest.mark.usefixtures("_impatient")
def test_parents_that_nobody_answers_for_are_said_to_be_so(tmp_path: Path) -> None:
    """A placeholder's list that got no answer is not one that nobody named."""
    with _taken(listens=False) as url:
        result = _suggest(tmp_path, f"{url}/a/{{a_id}}/b")
    assert "refused     GET " in result.stdout
    assert "Cannot connect" in result.stdout


@pytest.mark.usefixtures("_impatient")
def test_a_slow_answer_is_waited_for_and_said(tmp_path: Path) -> None:
    """Where no terminal shows a line that changes, one line says what is waited for."""

    async def slow(request: Request) -> Response:
        await asyncio.sleep(0.5)
        rows = [{"id": f"a{number}", "name": f"n {number}"} for number in range(7)]
        return JSONResponse(rows if not request.url.query else rows[:0])

    with serving(Starlette(routes=[Route("/things", slow)])) as url:
        result = _suggest(tmp_path, f"{url}/things")
    assert result.stderr.count("Asking /things … waiting (a request may take 30 s)") == 1
    assert "no answer yet" not in result.stderr


@pytest.mark.usefixtures("_impatient")
def test_a_check_says_what_it_waits_for(tmp_path: Path) -> None:
    """Before the host, which takes connections and never answers, has had its whole time."""
    mapped = "{identifier: .id, blueprint: '\"a\"'}"
    (tmp_path / "port-app-config.yml").write_text(
        'resources:\n  - kind: /a\n    selector: {query: "true"}\n'
        f"    port: {{entity: {{mappings: {mapped}}}}}\n"
    )
    with _taken(listens=True) as url:
        (tmp_path / ".env").write_text(
            f"OCEAN__INTEGRATION__CONFIG__BASE_URL={url}\nOCEAN__INTEGRATION__CONFIG__TIMEOUT=2\n"
        )
        given = ["--settings", tmp_path / ".env", "--mapping", tmp_path / "port-app-config.yml"]
        result = CliRunner().invoke(main, ["check", *map(str, given)])

    assert result.stderr.startswith("Asking /a … waiting (a request may take 2 s)\n")
    assert f"no answer yet: GET {url}/a" in result.stderr
    assert result.exit_code == 1


async def test_kinds_after_one_that_nothing_answers_do_not_wait_so_long() -> None:
    """Each is tried once, for as long as a person waits, and not for a whole ``timeout``."""
    outage, asked = Outage(), []

    async def silent(max_wait: float) -> str:
        asked.append(max_wait)
        if len(asked) == 1:
            raise TransportError("nothing")
        await asyncio.sleep(60)
        return "answer"

    outage.patience = 0.05
    for _ in range(3):
        outage.begin_kind()
        with pytest.raises(TransportError):
            await outage.send(silent, 30.0)

    assert asked == [30.0, 0.0, 0.0]
