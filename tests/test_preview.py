"""`preview`: the real Ocean as a process of its own, against a fake API and a local catalog."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import sqlite3
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from click.testing import CliRunner
from rich.console import Console

from resync.limits import NO_LIMITS, Limits
from tests.check_bench import write_example
from tests.examples import PRODUCTS, example
from tests.fault_api import FaultApi, Reply, Request, answer
from tests.layout import ROOT
from tests.simulators import simulate
from workbench import catalog
from workbench.__main__ import main
from workbench.preview.command import run_preview, show
from workbench.preview.run import INTEGRATION, Kind, Outcome, environment, prepare
from workbench.serve import serving
from workbench.store import CatalogStore
from workbench.store.model import InvalidError, JsonObject

SECRET = "9f4c1d7e5ab24b6c8d30"
BLUEPRINTS: list[JsonObject] = [
    {
        "identifier": "item",
        "schema": {"properties": {"name": {"type": "string"}}},
        "relations": {"child": {"target": "child"}},
    },
    {"identifier": "child", "schema": {"properties": {"name": {"type": "string"}}}},
]


class Api:
    """Seven items in pages of two, which quote the credentials; children of each."""

    def __init__(self, api: FaultApi) -> None:
        self.names = [f"item {number}" for number in range(7)]
        self.note: object = 5
        self.requests: list[Request] = []
        api.serve("/items", self.items)
        api.serve("/items/{}/notes", self.notes)

    def items(self, request: Request) -> Reply:
        """One page; 503 at first, and 401 without the credentials."""
        self.requests.append(request)
        if request.headers.get("authorization") != f"Bearer {SECRET}":
            return answer({"error": "who are you?"}, 401)
        if len(self.requests) == 1:
            return answer({"error": f"{SECRET} has to wait"}, 503)
        start = request.number("page", 1) * 2 - 2
        rows = [
            {"id": number, "name": name if number else None, "echo": f"Bearer {SECRET}"}
            for number, name in enumerate(self.names)
        ]
        return answer(rows[max(start, 0) : max(start, 0) + 2] if start >= 0 else [])

    def notes(self, request: Request) -> Reply:
        """One child of an item."""
        self.requests.append(request)
        return answer([{"id": request.path, "name": self.note}])


def mapped(kind: str, blueprint: str, **selector: object) -> dict[str, Any]:
    """One resource of a mapping."""
    mappings = {
        "identifier": ".id | tostring",
        "title": ".id | tostring",
        "blueprint": f'"{blueprint}"',
        "properties": {"name": ".name"},
    }
    return {
        "kind": kind,
        "selector": {"query": "true", **selector},
        "port": {"entity": {"mappings": mappings}},
    }


def install(folder: Path, api: FaultApi) -> None:
    """The files of an installation, as a person would write them."""
    child = {"item": {"endpoint": "/items", "field": ".id"}}
    mapping = {
        # Ocean writes few entities anew each time, and then deletes only among the others.
        "entityDeletionThreshold": 1,
        "resources": [
            mapped("/items", "item"),
            mapped("/items/{item}/notes", "child", path_parameters=child),
        ],
    }
    (folder / "port-app-config.yml").write_text(yaml.safe_dump(mapping))
    (folder / "blueprints.json").write_text(json.dumps(BLUEPRINTS))
    settings = {
        "OCEAN__INTEGRATION__CONFIG__BASE_URL": api.url,
        "OCEAN__INTEGRATION__CONFIG__AUTH_TYPE": "bearer_token",
        "OCEAN__INTEGRATION__CONFIG__PAGINATION_TYPE": "page",
        "OCEAN__INTEGRATION__CONFIG__PAGE_SIZE": "2",
        "OCEAN__INTEGRATION__CONFIG__QUERY_PARAMS": json.dumps({"key": SECRET}),
        "OCEAN__INTEGRATION__SECRETS__AUTH_VALUE": SECRET,
        "OCEAN__PORT__CLIENT_SECRET": "for the real Port",
    }
    lines = [f"{name}='{value}'\n" for name, value in settings.items()]
    (folder / ".env").write_text("".join(lines))


async def previewed(folder: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    """The exit code of `preview`, its document, and what it said on standard error."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workbench", "preview", "--json", *options),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OCEAN__INTEGRATION__IDENTIFIER": "foreign"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    stdout, stderr = await process.communicate()
    assert process.returncode is not None
    assert stdout, stderr.decode()
    return process.returncode, json.loads(stdout), stderr.decode()


async def test_a_bounded_look_shows_a_part_and_no_secret(api: FaultApi, tmp_path: Path) -> None:
    """Some pages of each kind, raw items and requests; no credential on any page or in any row."""
    server = Api(api)
    install(tmp_path, api)

    taken = str(httpx.URL(api.url).port)  # a document needs no port of its own

    bounds = ("--pages", "2", "--children", "1")
    code, document, errors = await previewed(tmp_path, *bounds, "--port", taken)

    items, notes = document["kinds"]
    assert (items["found"], items["more"], items["written"]) == (4, True, 4)
    assert (items["repeated"], items["state"]) == (1, "completed")
    assert (notes["found"], notes["more"], notes["refused"]) == (1, True, 1)
    assert [one["message"] for one in document["refused"]] == [
        "the property name must be of the type string"
    ]
    assert (code, document["deleted"]) == (1, [])
    assert {request.method for request in server.requests} == {"GET"}

    database = tmp_path / ".workbench" / "preview.sqlite"
    with sqlite3.connect(database) as connection:
        recorded = connection.execute("SELECT count(*) FROM exchanges").fetchone()[0]
        dump = "\n".join(connection.iterdump())
    connection.close()
    shown = _pages(database)
    assert recorded == len(server.requests)
    assert "[redacted]" in shown
    assert "key=" in shown
    assert "has to wait" in dump
    log = (tmp_path / ".workbench" / "preview.log").read_text()
    assert SECRET not in shown + dump + errors + log + json.dumps(document)


def _pages(database: Path) -> str:
    """Every view of a catalog's page that shows what came from the API."""
    with (
        CatalogStore(database) as store,
        serving(catalog.create_app(store)) as url,
        httpx.Client(base_url=url) as client,
    ):
        item = {"blueprint": "item", "identifier": "1"}
        return "".join(
            client.get(path, params=query).text
            for path, query in [
                ("/", {}),
                ("/entities", {}),
                ("/entity", item),
                ("/resyncs", {}),
                ("/requests", {}),
                ("/jq", item),
            ]
        )


@pytest.mark.exhaustive
async def test_a_whole_resync_deletes_what_is_gone_since_the_last(
    api: FaultApi, tmp_path: Path
) -> None:
    """With --all the local catalog becomes what the API has; what changed is told."""
    server = Api(api)
    server.note = "which Port takes"
    install(tmp_path, api)
    _, first, _ = await previewed(tmp_path, "--all")
    server.names.pop()
    server.names[1] = "renamed"

    _, second, _ = await previewed(tmp_path, "--all")

    assert (first["kinds"][0]["found"], first["deleted"]) == (7, [])
    deleted = {(one["blueprint"], one["identifier"]) for one in second["deleted"]}
    assert deleted == {("item", "6"), ("child", "/items/6/notes")}, second
    assert not second["kinds"][0]["more"]
    # Ocean sends so few entities whatever they were: what was written is what differs.
    assert [kind["written"] for kind in first["kinds"] + second["kinds"]] == [7, 7, 1, 0]
    (change,) = second["changed"]
    assert change["differences"] == {"name": ["item 1", "renamed"]}


PREVIEWED = ("metabase",)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in PREVIEWED else pytest.mark.exhaustive)
        for name in PRODUCTS
    ],
)
async def test_an_example_is_previewed(name: str, tmp_path: Path) -> None:
    """Every kind is read, something is written, and Port would refuse nothing of it."""
    with serving(simulate(replace(PRODUCTS[name], throttle=None))) as url:
        write_example(tmp_path, example(name, url))
        code, document, errors = await previewed(tmp_path)

    assert (code, document["failure"], document["refused"]) == (0, None, []), document
    assert document["complaints"] == []
    assert {kind["state"] for kind in document["kinds"]} == {"completed"}
    assert sum(kind["written"] for kind in document["kinds"]) > 0, errors
    assert document["deleted"] == []


@pytest.mark.parametrize("limits", [NO_LIMITS, Limits(pages=3), Limits(items=1)])
def test_a_bounded_mapping_deletes_nothing(limits: Limits) -> None:
    """Whatever the mapping says of it, a look at a part may not delete the rest."""
    given = mapped("/items", "item") | {"enableDelete": True}
    with CatalogStore() as store:
        for _ in range(2):  # as often as one likes
            prepare(store, {"resources": [given]}, BLUEPRINTS, limits)
        config = store.integration(INTEGRATION)["config"]

    assert config == {"resources": [{**given, "enableDelete": limits == NO_LIMITS}]}


def test_blueprints_may_come_in_any_order() -> None:
    """A relation may lead to a later one, but to one there is."""
    with CatalogStore() as store:
        prepare(store, {}, BLUEPRINTS, NO_LIMITS)
        with pytest.raises(InvalidError, match="leads to no blueprint"):
            prepare(store, {}, [_astray()], NO_LIMITS)


def _astray() -> JsonObject:
    return {"identifier": "astray", "relations": {"to": {"target": "nowhere"}}}


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        pytest.param(".env", "there is no .env", id="settings"),
        pytest.param("port-app-config.yml", "there is no port-app-config.yml", id="mapping"),
        pytest.param("blueprints.json", "there is no blueprints.json", id="blueprints"),
    ],
)
def test_what_is_missing_is_named(
    api: FaultApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, words: str
) -> None:
    """Nothing is requested before the files are there."""
    install(tmp_path, api)
    (tmp_path / missing).unlink()
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(run_preview, ["--json"])

    assert result.exit_code == 2
    assert words in result.output
    assert api.paths() == []


def test_a_taken_port_matters_to_the_page_alone(
    api: FaultApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who wants the page is told how to have it on another port."""
    install(tmp_path, api)
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(run_preview, ["--port", str(httpx.URL(api.url).port)])

    assert result.exit_code == 1
    assert "--port gives another" in result.output
    assert api.paths() == []


async def test_a_reference_to_what_is_not_set_is_a_fault(api: FaultApi, tmp_path: Path) -> None:
    """As `check` says: no request goes out with nothing where the token should stand."""
    install(tmp_path, api)
    headers = json.dumps({"X-Key": "Bearer ${NOT_SET_ANYWHERE}"})
    with (tmp_path / ".env").open("a") as file:
        file.write(f"OCEAN__INTEGRATION__CONFIG__CUSTOM_HEADERS='{headers}'\n")

    code, outcome, _ = await previewed(tmp_path)

    assert code == 1
    assert "reads ${NOT_SET_ANYWHERE}, which is not set in the environment" in json.dumps(outcome)
    assert api.paths() == []


@pytest.mark.parametrize(
    ("given", "limits", "wait"),
    [
        ("", Limits(pages=1), "30"),
        ("120", Limits(pages=1), "30"),
        ("5", Limits(pages=1), "5"),
        ("soon", Limits(pages=1), "soon"),
        ("120", NO_LIMITS, "120"),
    ],
)
def test_a_person_waits_for_a_bounded_look(given: str, limits: Limits, wait: str) -> None:
    """A request is repeated for half a minute at most; a faulty setting is left to be told."""
    name = "OCEAN__INTEGRATION__CONFIG__MAX_RETRY_WAIT"
    made = environment({name: given} if given else {}, "http://catalog", limits)
    assert made[name] == wait


@pytest.mark.exhaustive  # a whole start of Ocean
async def test_what_does_not_answer_is_said_at_once(api: FaultApi, tmp_path: Path) -> None:
    """On standard error, with its URL, while Ocean still repeats the request."""
    install(tmp_path, api)
    settings = (tmp_path / ".env").read_text().replace(api.url, "http://127.0.0.1:9")
    wait = "OCEAN__INTEGRATION__CONFIG__MAX_RETRY_WAIT=3\n"
    (tmp_path / ".env").write_text(settings + wait)
    code, document, said = await previewed(tmp_path)
    assert code == 1
    assert not document["good"]
    assert said.count("no answer yet: GET http://127.0.0.1:9/items") == 1
    assert SECRET not in said


def test_a_document_waits_for_nobody() -> None:
    """The demo's page and its document exclude each other."""
    result = CliRunner().invoke(main, ["demo", "--json", "--page"])
    assert result.exit_code == 2


@pytest.mark.exhaustive  # the real Ocean, twice
def test_the_demo_is_one_document() -> None:
    """With --json stdout is one document about both resyncs; what a person reads is elsewhere."""
    result = CliRunner().invoke(main, ["demo", "--json"])
    assert result.exit_code == 0, result.output
    first, second = json.loads(result.stdout)["resyncs"]
    assert (first["created"], first["deleted"]) == (417, [])
    assert second["created"] == 0
    assert second["deleted"][-1] == "43"
    assert len(second["updated"]) == 1


@pytest.mark.parametrize("width", [30, 64, 80, 110, 200])
def test_what_became_of_a_kind_is_told_in_every_terminal(width: int) -> None:
    """Its name and its counts, however narrow: where they do not fit, how it was read is left."""
    name = "/projects/{project}/pipelines/{pipeline}/jobs"
    counts = {"found": 12_345, "mapped": 12_345, "written": 12_345, "refused": 3}
    kind = Kind(name, "job", "completed", 12, 0, 1.2, more=True, **counts)
    text = io.StringIO()
    show(Console(file=text, width=width), Outcome([kind], [], [], [], [], None), Limits(pages=1))
    lines = text.getvalue().splitlines()
    first = [re.split(r"\s{2,}", line.strip())[0] for line in lines]  # a name may be folded
    assert name in "".join(first)
    told = " ".join(text.getvalue().split())
    assert told.count("12,345") == 3
    assert all(word in told for word in ("completed", "12,345 (more)", "3"))
    assert ("Retried" in told) == (width >= 110)
