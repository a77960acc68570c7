"""``check`` on placeholders and path parameters: what another resource has for them is meant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from json_values import Json
from tests.check_scene import Scene, Spoil, swap, told
from tests.fault_api import FaultApi

_TEAM: Json = {"endpoint": "/teams", "data_path": ".data", "field": ".id", "filter": ".open"}


@dataclass(frozen=True)
class Case:
    """A mistake, the place that is to be written, and what: a value, or where it is taken from."""

    spoils: list[Spoil]
    path: str
    value: Json = None
    taken: str = ""


def _searched(names: str) -> Spoil:
    """The notes and the people by their team in the query; ``names``: of it for the people."""
    parents = "path_parameters: {team: {endpoint: /teams, data_path: .data, field: .id}}"

    def spoil(scene: Scene) -> None:
        swap("/teams/{team}/notes\n    selector:", "/notes\n    selector:\n" + _by_team("of_team"))(
            scene
        )
        swap("data_path: .data\n", f"data_path: .data\n{names}      {parents}\n")(scene)

    return spoil


def _by_team(name: str) -> str:
    return f"      query_params: {{{name}: '{{team}}'}}"


CASES = {
    "a parameter that is not there": Case(
        [swap("kind: /people", "kind: /teams/{team}/people")],
        "0/selector/path_parameters/team",
        _TEAM,
    ),
    "a parameter by another name than the mapping reads": Case(
        [swap("        team:\n", "        group:\n"), swap("text: .text", "text: .__team")],
        "2/selector/path_parameters/team",
        taken="2/selector/path_parameters/group",
    ),
    "a placeholder that is nowhere": Case(
        [_searched("")], "0/selector/query_params/of_team", "{team}"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_what_another_resource_has_is_meant(
    case: Case, tmp_path: Path, api: FaultApi
) -> None:
    """The parameter itself, or where its value is sent; or the name that the mapping reads."""
    scene = Scene(tmp_path, api)
    for spoil in case.spoils:
        spoil(scene)

    report = await scene.check(offline=True)

    def split(path: str) -> tuple[str | int, ...]:
        return "resources", *(int(one) if one.isdigit() else one for one in path.split("/"))

    (fix,) = report.findings[0].fix
    said = fix.as_json()
    wanted = {"from": split(case.taken)} if case.taken else {"value": case.value}
    assert said == {"file": said["file"], "path": split(case.path)} | wanted, told(report.findings)
