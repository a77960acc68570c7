"""``check`` on a 403 that names a parameter, rather than the credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check_scene import Scene, listed, person, told
from tests.fault_api import FaultApi, Handler, Json, Reply, Request, answer
from tests.repairs import checked_again

_TEAMS: list[dict[str, Json]] = [
    {"id": f"team-{n}", "name": f"Team {n}", "open": True} for n in range(4)
]


def _scoped(rows: list[dict[str, Json]]) -> Handler:
    """A list for those who say whose."""

    def handler(request: Request) -> Reply:
        if request.param("ownerId") == "o9":
            return listed(rows)(request)
        return answer({"message": "Not allowed. Use the query parameter ownerId."}, 403)

    return handler


@pytest.fixture
def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """Lists that want a parameter, which the settings send."""
    found = Scene(tmp_path, api)
    api.serve("/v1/people", _scoped([person(number) for number in range(25)]))
    api.serve("/v1/teams", _scoped(_TEAMS))
    found.settings["query_params"] = '{"ownerId": "o9"}'
    return found


async def test_nothing_is_said_of_it(scene: Scene) -> None:
    """It is as it should be."""
    assert (await scene.check()).findings == []


async def test_a_misspelt_parameter_is_told(scene: Scene) -> None:
    """With the name that the words have, by which it is answered."""
    scene.settings["query_params"] = '{"owner_id": "o9"}'

    report = await scene.check()
    again = await checked_again(report, scene.write())

    (finding,) = report.findings
    assert (finding.file, finding.line) == scene.place("QUERY_PARAMS", "settings")
    assert again.findings == [], told(again.findings)


async def test_a_parameter_that_is_left_out_is_told(scene: Scene) -> None:
    """Nothing tells its value."""
    del scene.settings["query_params"]

    report = await scene.check()

    told_of = 'the API misses "ownerId": add it with its value to'
    assert told_of in report.findings[0].remedy, told(report.findings)
