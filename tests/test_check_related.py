"""``check`` on relations: whether the relation or its target's identifier does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.check_scene import BLUEPRINTS, MAPPING, Mistake, Scene, Spoil, listed, person, swap, told
from tests.fault_api import FaultApi, Json

_BADGES = """\
  - kind: /badges
    selector:
      query: "true"
      data_path: .data
    port:
      entity:
        mappings:
          identifier: .code
          blueprint: '"badge"'
          relations:
            holder: .team.slug
"""
_TO_TEAM = {"holder": {"target": "team", "many": False, "required": False}}
_TITLED = "          title: .name\n          blueprint: '\"team\"'"
_BY_SLUG = f"identifier: .slug\n{_TITLED}"


@pytest.fixture
def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """People and badges that belong to teams, which are known by their slugs."""
    crews: list[dict[str, Json]] = [{"id": 7000 + n, "slug": f"crew-{n}"} for n in range(8)]
    people = [person(n) | {"team": crews[n % 8]} for n in range(25)]
    badges: list[dict[str, Json]] = [{"code": f"b-{n}", "team": one} for n, one in enumerate(crews)]
    mapping = MAPPING[: MAPPING.index("  - kind: /teams/{team}")] + _BADGES
    mapping = mapping.replace("team: .team.id", "team: .team.slug")
    mapping = mapping.replace(f"identifier: .id\n{_TITLED}", _BY_SLUG)
    badge = {"identifier": "badge", "schema": {"properties": {}}, "relations": _TO_TEAM}
    found = Scene(tmp_path, api, mapping, json.dumps([*BLUEPRINTS, badge], indent=1))
    teams = [one | {"name": f"Team {n}", "open": True} for n, one in enumerate(crews)]
    for path, rows in (("people", people), ("teams", teams), ("badges", badges)):
        api.serve(f"/v1/{path}", listed(rows))
    return found


def _alone(scene: Scene) -> None:
    """No other relation leads to the teams."""
    scene.mapping = scene.mapping[: scene.mapping.index("  - kind: /badges")]


async def test_nothing_is_said_of_it(scene: Scene) -> None:
    """It is as it should be."""
    assert (await scene.check()).findings == []


_BY_ID: Spoil = swap("team: .team.slug", "team: .team.id | tostring")
_OWN = Mistake([_BY_ID], "team: .team.id", "write team: .team.slug (20 of 20)")
CASES = {
    "a relation, where another one fits": _OWN,
    "a relation that is the only one": Mistake([_alone, *_OWN.spoils], _OWN.line, _OWN.remedy),
    "an identifier that no relation fits": Mistake(
        [swap(_BY_SLUG, f"identifier: .id | tostring  # spoilt\n{_TITLED}")],
        "# spoilt",
        "write identifier: .slug (of which these are values), or .team.id | tostring in",
    ),
    "an identifier that is the title": Mistake(
        [_alone, swap(_BY_SLUG, f"identifier: .name\n{_TITLED}")],
        "identifier: .name",
        "write identifier: .slug (of which these are values)",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_what_fits_the_least_is_told(case: Mistake, scene: Scene) -> None:
    """One finding, at that."""
    report = await case.is_told(scene)

    assert len(report.findings) == 1, told(report.findings)
