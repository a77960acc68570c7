"""``check`` on values that lie deep: in lists, beside lists, in answers without a list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.check_scene import Mistake, Scene, signed, swap
from tests.fault_api import FaultApi, Handler, Json, Request, answer

VETS: list[dict[str, Json]] = [
    {
        "badge": f"VB-{n}",
        "label": f"Vet {n}",
        "works": "Y" if n % 2 else "N",
        "home": {"label": f"Town {n}", "at": {"x": n}},
        "skills": [{"code": f"s{n}", "title": f"Skill {n}"}, {"code": "s0", "title": "Cut"}],
    }
    for n in range(4)
]
PETS: list[dict[str, Json]] = [
    {
        "id": f"{500 + n}",
        "name": f"Pet {n}",
        "alive": "1" if n < 8 else "0",
        "visits": [{"id": f"v{n}-{k}", "sort": "visit"} for k in range(2)],
        "carers": [{"sort": "vet", "badge": f"VB-{n % 4}"}],
    }
    for n in range(9)
]
MAPPING = """\
resources:
  - kind: /vets
    selector:
      query: "true"
      data_path: .found.edges[].node
    port:
      entity:
        mappings:
          identifier: .badge
          title: .label
          blueprint: '"vet"'
          properties:
            works: .works == "Y"
            home: .home.label
            skills: '[.skills[].title]'
  - kind: /pets
    selector:
      query: .alive == "1"
      data_path: .rows
    port:
      entity:
        mappings:
          identifier: .id
          title: .name
          blueprint: '"pet"'
          relations:
            visits: '[.visits[].id]'
            vet: .carers[0].badge
  - kind: /visits/{visit}
    selector:
      query: "true"
      path_parameters:
        pet: {endpoint: /pets, data_path: .rows, field: .id}
        visit:
          endpoint: /pets/{pet}/visits
          data_path: .ids
          field: .value
    port:
      entity:
        mappings:
          identifier: .visitId
          title: .reason
          blueprint: '"visit"'
          properties:
            cost: .cost
  - kind: /pets/{pet}/staff
    selector:
      query: "true"
      data_path: .staff.vets
      path_parameters:
        pet: {endpoint: /pets, data_path: .rows, field: .id}
    port:
      entity:
        mappings:
          identifier: .__pet + "/" + .badge
          blueprint: '"seat"'
          relations:
            pet: .__pet
            vet: .badge
"""
_TEXT, _NUMBER = {"type": "string"}, {"type": "number"}


def _blueprint(name: str, properties: dict[str, Any], **targets: tuple[str, bool]) -> Any:  # noqa: ANN401 (JSON)
    relations = {key: {"target": one, "many": many} for key, (one, many) in targets.items()}
    return {"identifier": name, "schema": {"properties": properties}, "relations": relations}


BLUEPRINTS = [
    _blueprint("vet", {"works": {"type": "boolean"}, "home": _TEXT, "skills": {"type": "array"}}),
    _blueprint("pet", {}, visits=("visit", True), vet=("vet", False)),
    _blueprint("visit", {"cost": _NUMBER}),
    _blueprint("seat", {}, pet=("pet", False), vet=("vet", False)),
]


def _staff(request: Request) -> Json:
    vet = VETS[int(request.values[0]) % 4]
    return {"staff": {"vets": [{"badge": vet["badge"]}], "guests": []}}


def _visits(request: Request) -> Json:
    number = int(request.values[0]) - 500
    return {"ids": [f"v{number}-{k}" for k in range(2)]}


def _visit(request: Request) -> Json | None:
    name = request.values[0]
    return {"visitId": name, "reason": f"For {name}", "cost": 7} if name[:1] == "v" else None


def _pets(request: Request) -> Json:
    wanted = (request.param("section") or "VISITS,CARERS").split(",")
    keys = {"visits": "VISITS", "carers": "CARERS"}
    rows = [
        {key: value for key, value in one.items() if keys.get(key, "") in {"", *wanted}}
        for one in PETS
    ]
    return {"rows": rows, "status": "done"}


@pytest.fixture
def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """An installation without a fault."""
    found = Scene(tmp_path, api, MAPPING, json.dumps(BLUEPRINTS, indent=1))
    found.settings["pagination_type"] = "none"
    api.serve("/v1/vets", _for_those_signed_in(lambda _: {"found": {"edges": _edges()}}))
    api.serve("/v1/pets", _for_those_signed_in(_pets))
    api.serve("/v1/pets/{}/visits", _for_those_signed_in(_visits))
    api.serve("/v1/visits/{}", _for_those_signed_in(_visit))
    api.serve("/v1/pets/{}/staff", _for_those_signed_in(_staff))
    return found


def _edges() -> Json:
    return [{"node": one, "cursor": f"c{n}"} for n, one in enumerate(VETS)]


def _for_those_signed_in(body: Any) -> Handler:  # noqa: ANN401 (a function of a request)
    def handler(request: Request) -> Any:  # noqa: ANN401 (an answer)
        found = body(request) if signed(request) else None
        return (
            answer({"error": "none"}, 404 if signed(request) else 401)
            if found is None
            else answer(found)
        )

    return handler


async def test_nothing_is_said_of_it(scene: Scene) -> None:
    """It is as it should be."""
    assert (await scene.check()).findings == []


_OF_VISITS = """\
      path_parameters:
        pet: {endpoint: /pets, data_path: .rows, field: .id}
        visit:
"""
_ALL_VISITS = "write visits: '[.visits[].id]'"
CASES = {
    "a path through a list, where a list is wanted": Mistake(
        [swap("'[.skills[].title]'", ".skills.title")],
        "skills: .skills.title",
        "write skills: '[.skills[].title]' (4 of 4)",
    ),
    "a path through a list, of a relation": Mistake(
        [swap("'[.visits[].id]'", ".visits.id")], "visits: .visits.id", _ALL_VISITS
    ),
    "the first of several": Mistake(
        [swap("'[.visits[].id]'", ".visits[0].id")], "visits: .visits[0]", _ALL_VISITS
    ),
    "one after the other": Mistake(
        [swap("'[.visits[].id]'", ".visits[].id")], "visits: .visits[]", _ALL_VISITS
    ),
    "a key that no element has": Mistake(
        [swap("'[.skills[].title]'", "'[.skills[].name]'")],
        "skills: '[",
        "write skills: '[.skills[].title]'",
    ),
    "another key of an element": Mistake(
        [swap(".carers[0].badge", ".carers[0].sort")],
        "vet: .carers",
        "write vet: '.carers[0].badge' (8 of 8)",
    ),
    "a target of which few were read": Mistake(
        [swap('"target": "visit"', '"target": "vet"', "blueprints")],
        '"target": "vet"',
        'write "target": "visit" (',
        "blueprints",
    ),
    "a letter for yes": Mistake(
        [swap('.works == "Y"', ".works")], "works: .works", 'write works: .works == "Y"'
    ),
    "the only text where the path leads": Mistake(
        [swap(".home.label", ".home.name")], "home: .home.name", "write home: .home.label (4 of 4)"
    ),
    "a function of a text that fits by itself": Mistake(
        [swap("home: .home.label", "home: .home.label | fromdate")],
        "home: .home",
        "write home: .home.label",
    ),
    "a number for its text": Mistake(
        [swap('.alive == "1"', ".alive == 1")],
        "query: .alive",
        'write query: .alive == "1" (true for 8 of 9)',
    ),
    "a query of what stands around the list": Mistake(
        [
            swap(
                'query: "true"\n      data_path: .found.edges[].node',
                "query: .badge != null\n      data_path: .found",
            )
        ],
        "data_path: .found",
        "write data_path: '.found.edges[].node' (a list of 4)",
    ),
    "an object beside the list, of children": Mistake(
        [swap("data_path: .staff.vets", "data_path: .staff")],
        "data_path: .staff",
        "write data_path: .staff.vets (a list of 1)",
    ),
    "a path of an answer that is the item": Mistake(
        [swap(_OF_VISITS, f"      data_path: .visit\n{_OF_VISITS}")],
        "data_path: .visit",
        "remove data_path: the answer itself has what is mapped",
    ),
    "a key of texts, by which single objects are there": Mistake(
        [swap("field: .value", "field: .id  # spoilt")],
        "# spoilt",
        "write field: .value ('v0-0' answers",
    ),
    "the answers of parents below others in place of their lists": Mistake(
        [swap("          data_path: .ids\n", "")],
        "visit:",
        "write data_path: .ids in visit (its rows have what is read)",
    ),
    "an element of a list that is spelled as the others": Mistake(
        [
            swap(
                "data_path: .rows\n    port",
                "data_path: .rows\n      query_params: {section: 'ID,CARERS'}\n    port",
            )
        ],
        "{section:",
        "write section: 'VISITS,ID,CARERS' (so",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_what_is_to_be_written_is_told(case: Mistake, scene: Scene) -> None:
    """In the line that is wrong."""
    await case.is_told(scene)
