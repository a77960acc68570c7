"""`ocean probe`: the connection test of Port's form, as a real process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.fault_api import FaultApi, answer, pages
from tests.resync import Installation, resource, working_directory
from tests.test_ocean_commands import Ended, ran
from tests.test_sail import docker_environment
from tests.world import children, named


async def probed(
    installation: Installation, folder: Path, *arguments: str, **changes: str
) -> tuple[Ended, Mapping[str, Any]]:
    """How the command ended, and its last report."""
    environment = docker_environment(installation) | changes
    ended = await ran("probe", "--reporting-mode", "file", *arguments, folder=folder, **environment)
    return ended, _last_report(folder)


def _last_report(folder: Path) -> Mapping[str, Any]:
    reports = sorted(folder.rglob("probe_reports/*"))
    return json.loads(reports[-1].read_text()) if reports else {}


async def test_each_resource_is_checked(
    installation: Installation, api: FaultApi, tmp_path: Path
) -> None:
    """Success, failure and what cannot be known are told apart; a failure is the exit code 1."""
    api.serve("/items", pages(named(1, 2, 3)))
    api.serve("/empty", pages([]))
    api.serve("/broken", answer({"message": "no"}, 400))
    empty = {"item": {"endpoint": "/empty", "data_path": ".items", "field": ".id"}}
    installation.mapping = [
        resource("/items", data_path=".items"),
        resource("/broken"),
        resource("/empty/{item}/notes", path_parameters=empty),
    ]
    installation.publish_mapping()

    ended, report = await probed(installation, working_directory(tmp_path / "probe"))

    assert [one["status"] for one in report["checks"]] == ["SUCCESS", "FAILURE", "UNKNOWN"], (
        ended.output + ended.errors
    )
    assert "400" in report["checks"][1]["message"]
    assert ended.code == 1
    assert len(api.at("/items")) == 1


async def test_a_mapping_is_judged_as_in_a_resync(
    installation: Installation, api: FaultApi, tmp_path: Path
) -> None:
    """Each item needs an identifier, ``"null"`` being none; one at least needs a blueprint."""
    api.serve("/unnamed", answer([{"id": 1}]))
    api.serve("/partly", answer([{"id": 1, "is": "item"}, {"id": 2}]))
    unnamed = resource("/unnamed", identifier=".name | tostring")
    partly = resource("/partly", blueprint="by field")
    partly = json.loads(json.dumps(partly).replace(r'"\"by field\""', '".is"'))
    installation.mapping = [unnamed, partly]
    installation.publish_mapping()

    _, report = await probed(installation, working_directory(tmp_path / "probe"))

    assert [one["status"] for one in report["checks"]] == ["FAILURE", "SUCCESS"]


async def test_a_clean_probe_succeeds(
    installation: Installation, api: FaultApi, tmp_path: Path
) -> None:
    """One page and one child of a kind are read, and the exit code is 0; --kinds chooses."""
    api.serve("/items", pages(named(1, 2, 3)))
    api.serve("/items/{}/notes", answer([{"id": "note"}]))
    installation.mapping = [resource("/items", data_path=".items"), children()]
    installation.publish_mapping()
    folder = working_directory(tmp_path / "probe")

    ended, report = await probed(installation, folder, "--kinds", "/items/{item}/notes")

    assert ended.code == 0, ended.output + ended.errors
    assert [one["kind"] for one in report["checks"]] == ["/items/{item}/notes"]
    assert report["status"] == "COMPLETED"
    assert {one.path for one in api.at("/items/{}/notes")} == {"/items/1/notes"}


async def test_port_gets_the_report(
    installation: Installation, api: FaultApi, tmp_path: Path
) -> None:
    """With the probe's id that Port's form gives."""
    api.serve("/items", answer([{"id": 1}]))
    installation.mapping = [resource("/items")]
    installation.publish_mapping()
    environment = docker_environment(installation) | {"OCEAN__PROBE_ID": "probe-7"}

    folder = working_directory(tmp_path / "probe")
    ended = await ran("probe", "--reporting-mode", "port", folder=folder, **environment)

    assert ended.code == 0, ended.output + ended.errors
    assert "update failed" not in ended.output + ended.errors
    assert installation.store.unknown_requests() == []


@pytest.mark.exhaustive  # it waits
async def test_an_api_that_is_down_does_not_hold_a_probe_up(
    installation: Installation, tmp_path: Path
) -> None:
    """However long a resync would wait: somebody looks at the form."""
    down = {
        "OCEAN__INTEGRATION__CONFIG__BASE_URL": "http://127.0.0.1:9",
        "OCEAN__INTEGRATION__CONFIG__MAX_RETRY_WAIT": "3600",
    }

    async with asyncio.timeout(60):
        ended, report = await probed(installation, working_directory(tmp_path / "probe"), **down)

    assert ended.code == 1
    assert report["status"] == "FAILED"


async def test_refused_credentials_fail_the_whole_probe(
    installation: Installation, api: FaultApi, tmp_path: Path
) -> None:
    """Without an integration in Port the way to the API is checked: a 401 is a failure."""
    api.serve("/", answer({"message": "who are you?"}, 401))
    installation.settings["base_url"] = f"{api.url}/"
    absent = {"OCEAN__INTEGRATION__IDENTIFIER": "nobody-knows"}

    ended, report = await probed(installation, working_directory(tmp_path / "probe"), **absent)

    assert ended.code == 1
    assert report["status"] == "FAILED", ended.output + ended.errors
    assert "401" in report["message"]


@pytest.mark.parametrize("status", [403, 503])
async def test_a_login_without_a_token_fails_the_whole_probe(
    installation: Installation, api: FaultApi, tmp_path: Path, status: int
) -> None:
    """Also where it is refused as a path is, or the login's service is in trouble."""
    api.serve("/", answer([]))
    api.serve("/login", answer({"message": "not now"}, status))
    login = {"endpoint": "/login", "body": {"user": "me"}}
    template = {"headers": {"X-Token": "{{.token}}"}}
    config = "OCEAN__INTEGRATION__CONFIG__"
    changes = {
        "OCEAN__INTEGRATION__IDENTIFIER": "nobody-knows",
        f"{config}AUTH_TYPE": "custom",
        f"{config}CUSTOM_AUTH_REQUEST": json.dumps(login),
        f"{config}CUSTOM_AUTH_REQUEST_TEMPLATE": json.dumps(template),
    }

    ended, report = await probed(installation, working_directory(tmp_path / "probe"), **changes)

    assert ended.code == 1
    assert report["status"] == "FAILED", ended.output + ended.errors
    assert str(status) in report["message"]


@pytest.mark.exhaustive
async def test_port_away_does_not_hold_a_probe_up(
    installation: Installation, api: FaultApi, tmp_path: Path
) -> None:
    """Where Port does not answer, credentials are checked alone, after a bounded wait."""
    api.serve("/", answer({"message": "no such path"}, 404))
    away = {"OCEAN__PORT__BASE_URL": "http://127.0.0.1:9"}

    ended, report = await probed(installation, working_directory(tmp_path / "probe"), **away)

    assert ended.code == 0, ended.output + ended.errors
    assert report["status"] == "COMPLETED"
    assert report["message"].startswith("no mapping was checked; the API answers GET")
    assert "404" in report["message"]
