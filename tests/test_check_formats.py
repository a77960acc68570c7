"""``check`` on the format of answers, of kinds and of their parents, by what is mapped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.check_scene import Mistake, Scene, swap, told
from tests.fault_api import FaultApi, Handler, Reply, Request, answer, text
from tests.repairs import checked_again

_XML = "      response_format: xml\n"
_OF_PARENTS = "          response_format: xml\n"
MAPPING = """\
resources:
  - kind: /teams
    selector:
      query: "true"
      response_format: xml
      data_path: .teams.team
    port:
      entity:
        mappings:
          identifier: ."@id"
          title: .name
          blueprint: '"team"'
  - kind: /teams/{team}/notes
    selector:
      query: "true"
      path_parameters:
        team:
          endpoint: /teams
          response_format: xml
          data_path: .teams.team
          field: ."@id"
    port:
      entity:
        mappings:
          identifier: .id
          blueprint: '"note"'
          properties:
            text: .text
"""


def _teams(*, has_json: bool) -> Handler:
    """Teams as XML; ``has_json``: where nothing else is asked for as JSON, with other keys."""
    rows = "".join(f'<team id="team-{n}"><name>Team {n}</name></team>' for n in range(7))

    def handler(request: Request) -> Reply:
        if has_json and "xml" not in str(request.headers.get("accept")):
            return answer({"teams": {"team": [{"id": f"team-{n}"} for n in range(7)]}})
        return text(
            f"<?xml version='1.0'?><teams total='7' type='array'>{rows}</teams>",
            kind="application/xml",
        )

    return handler


@pytest.fixture
def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """Teams whose list is XML, and their notes, which are JSON."""
    found = Scene(tmp_path, api, MAPPING)
    api.serve("/v1/teams", _teams(has_json=False))
    found.settings["pagination_type"] = "none"
    for name in ("size_param", "page_size"):
        del found.settings[name]
    return found


@pytest.mark.parametrize("has_json", [False, True], ids=["xml alone", "json too"])
async def test_nothing_is_said_of_it(scene: Scene, *, has_json: bool) -> None:
    """It is as it should be."""
    scene.api.serve("/v1/teams", _teams(has_json=has_json))

    assert (await scene.check()).findings == []


_READ_AS_CSV = f"{_XML.replace('xml', 'csv  # spoilt')}"
_SHORT = "          data_path: .teams  # spoilt\n          field"
CASES = {
    "of parents that are read as one": Mistake(
        [swap("          data_path: .teams.team\n          field", _SHORT)],
        "# spoilt",
        "write data_path: .teams.team (its rows have what is read)",
    ),
    "left out": Mistake([swap(_XML, "")], "selector:", "write response_format: xml"),
    "another": Mistake([swap(_XML, _READ_AS_CSV)], "# spoilt", "write response_format: xml"),
    "left out of parents": Mistake([swap(_OF_PARENTS, "")], "team:", "write response_format: xml"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_the_format_is_told(case: Mistake, scene: Scene) -> None:
    """And with it the installation is right."""
    report = await case.is_told(scene)
    again = await checked_again(report, scene.write())

    assert again.findings == [], told(again.findings)


@pytest.mark.parametrize(
    ("spoils", "name"),
    [
        pytest.param([('."@id"', ".id")], "json", id="keys of JSON"),
        pytest.param([(_XML, "")], "xml", id="keys of XML"),
    ],
)
async def test_the_format_that_has_what_is_mapped_is_told(
    spoils: Sequence[tuple[str, str]], name: str, scene: Scene
) -> None:
    """Where the same address answers in two, with other keys."""
    scene.api.serve("/v1/teams", _teams(has_json=True))
    scene.mapping = scene.mapping[: scene.mapping.index("  - kind: /teams/{team}")]

    report = await scene.spoilt([swap(*one) for one in spoils])

    remedies = [one.remedy for one in report.findings]
    assert any(f"write response_format: {name}" in one for one in remedies), told(report.findings)
