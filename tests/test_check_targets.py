"""``check`` on what relations lead to, blueprints of another resource, and signals elsewhere."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from tests.check_scene import Mistake, Scene, Spoil, serving, settings, signed, swap
from tests.fault_api import FaultApi, Handler, Json, Reply, Request, answer

FARMS: list[dict[str, Json]] = [
    {"ref": f"{n:04x}-f", "slug": f"farm-{n}", "label": f"Farm {n}", "hectares": 10 + n}
    for n in range(8)
]
# Tractors are known by their plate, a number that nothing calls an id.
TRACTORS: list[dict[str, Json]] = [
    {"plate": 70_000 + n, "model": f"M{n}", "colour": "red" if n % 2 else "blue", "owner": one}
    for n in range(24)
    for one in ({"farmRef": FARMS[n % 8]["ref"], "farmName": FARMS[n % 8]["label"]},)
]
JOBS: list[dict[str, Json]] = [
    {"no": f"j{n}", "task": f"Task {n}", "plate": 70_000 + n * 3, "driver": f"D {n}"}
    for n in range(9)
]

MAPPING = """\
resources:
  - kind: /farms
    selector:
      query: "true"
      data_path: .list
    port:
      entity:
        mappings:
          identifier: .ref
          title: .label
          blueprint: '"farm"'
          properties:
            hectares: .hectares
            slug: .slug
  - kind: /tractors
    selector:
      query: "true"
      data_path: .list
    port:
      entity:
        mappings:
          identifier: .plate | tostring
          title: .model
          blueprint: '"tractor"'
          properties:
            colour: .colour
          relations:
            farm: .owner.farmRef
  - kind: /jobs
    selector:
      query: "true"
      data_path: .list
    port:
      entity:
        mappings:
          identifier: .no
          title: .task
          blueprint: '"job"'
          properties:
            driver: .driver
          relations:
            tractor: .plate | tostring
"""


def _blueprint(name: str, types: dict[str, str], **targets: str) -> dict[str, Any]:
    properties = {key: {"type": one} for key, one in types.items()}
    relations = {key: {"target": one, "many": False} for key, one in targets.items()}
    return {"identifier": name, "schema": {"properties": properties}, "relations": relations}


BLUEPRINTS = [
    _blueprint("farm", {"hectares": "number", "slug": "string"}),
    _blueprint("tractor", {"colour": "string"}, farm="farm"),
    _blueprint("job", {"driver": "string"}, tractor="tractor"),
    _blueprint("garage", {}),
]


def _listed(rows: list[dict[str, Json]]) -> Handler:
    """Pages of five that say whether more follow, and how many there are in all."""

    def handler(request: Request) -> Reply:
        if not signed(request):
            return answer({}, 401)
        start, size = request.number("from", 0), request.number("size", 5)
        meta = {"count": len(rows), "partial": start + size < len(rows), "took": 3}
        return answer({"list": rows[start : start + size], "meta": meta, "notes": [{"x": 1}]})

    return handler


@pytest.fixture
def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """An installation without a fault."""
    found = Scene(tmp_path, api, MAPPING, json.dumps(BLUEPRINTS, indent=1))
    found.settings |= {"pagination_type": "offset", "pagination_param": "from", "page_size": "5"}
    found.settings |= {"has_more_path": "meta.partial"}
    for path, rows in {"farms": FARMS, "tractors": TRACTORS, "jobs": JOBS}.items():
        api.serve(f"/v1/{path}", _listed(rows))
    return found


async def test_nothing_is_said_of_it(scene: Scene) -> None:
    """It is as it should be."""
    assert (await scene.check()).findings == []


def _without(kind: str) -> Spoil:
    """No resource of a kind."""

    def spoil(scene: Scene) -> None:
        before, begin, rest = scene.mapping.partition(f"  - kind: {kind}\n")
        assert begin
        scene.mapping = before + rest[rest.index("  - kind") :]

    return spoil


_PARTS = swap('"target": "farm"', '"target": "garage"', "blueprints")
_NO_PROPERTIES = swap(
    "          properties:\n            hectares: .hectares\n            slug: .slug\n", ""
)
# Each tractor has a job, too, which is not what its owner is.
_WITH_JOBS = _listed([one | {"job": {"id": f"j{n % 9}"}} for n, one in enumerate(TRACTORS)])
CASES = {
    "a target that is not what the relation reads": Mistake(
        [
            swap("farm: .owner.farmRef", "owner: .owner.farmRef"),
            swap(
                '"farm": {\n    "target": "farm"', '"owner": {\n    "target": "job"', "blueprints"
            ),
            serving(_WITH_JOBS, "/v1/tractors"),
        ],
        '"target": "job"',
        'write "target": "farm" (all values are identifiers of farm)',
        "blueprints",
    ),
    "a relation to what no resource makes": Mistake(
        [_without("/farms")],
        "farm: .owner.farmRef",
        "make farm the blueprint of a resource, unless others fill it",
        severity="warn",
    ),
    "a target that no resource makes, for another one": Mistake(
        [_PARTS], '"target": "garage"', 'write "target": "farm" (all values are', "blueprints"
    ),
    "a blueprint of another resource": Mistake(
        [_NO_PROPERTIES, swap("'\"farm\"'", "'\"tractor\"'")],
        "blueprint: '\"tractor\"'",
        "write blueprint: '\"farm\"' (farm leads to its entities)",
    ),
    "a blueprint that has none of what is mapped": Mistake(
        [swap("'\"farm\"'", "'\"garage\"'")],
        "blueprint: '\"garage\"'",
        "write blueprint: '\"farm\"'",
    ),
    "an identifier that many share, where relations lead to another key": Mistake(
        [swap("identifier: .plate | tostring", "identifier: .colour")],
        "identifier: .colour",
        "write identifier: .plate | tostring (unique)",
    ),
    "a relation of which few targets were read": Mistake(
        [swap("tractor: .plate | tostring", "tractor: .driver")],
        "tractor: .driver",
        "write tractor: .plate | tostring",
    ),
    "several where one comes": Mistake(
        [
            swap(
                '"target": "farm",\n    "many": false',
                '"target": "farm",\n    "many": true',
                "blueprints",
            )
        ],
        '"many": true',
        'write "many": false, or [.owner.farmRef] in the mapping',
        "blueprints",
    ),
    "a text that is a path": Mistake(
        [swap("colour: .colour", "colour: '\".colour\"'")],
        "colour: '",
        "write colour: .colour",
    ),
    "another list, where a parameter might bring other keys": Mistake(
        [
            swap(
                'kind: /tractors\n    selector:\n      query: "true"\n      data_path: .list',
                'kind: /tractors\n    selector:\n      query: "true"\n'
                "      query_params: {include: plates}\n      data_path: .notes",
            )
        ],
        "data_path: .notes",
        "write data_path: .list (a list of 5)",
    ),
    "a signal that stands under another name": Mistake(
        [settings(has_more_path="meta.hasMore")],
        "HAS_MORE_PATH",
        "HAS_MORE_PATH=meta.partial: there it stands",
        "settings",
    ),
    "a total that stands under another name": Mistake(
        [settings(has_more_path=None, total_path="total")],
        "TOTAL_PATH",
        "TOTAL_PATH=meta.count: there it stands",
        "settings",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_what_is_to_be_written_is_told(case: Mistake, scene: Scene) -> None:
    """In the line that is wrong."""
    await case.is_told(scene)


def _by_colour(request: Request) -> Reply | Awaitable[Reply]:
    """Tractors of one colour, where the request names it as this API has it."""
    colour = request.param("colour[is]")
    return _listed([one for one in TRACTORS if colour in (None, one["colour"])])(request)


def _asking(name: str, value: str = "red") -> Spoil:
    where = 'kind: /tractors\n    selector:\n      query: "true"\n'
    return swap(where, f"{where}      query_params: {{'{name}': {value}}}\n")


@pytest.mark.parametrize("name", ["colour[eq]", "colour", "filter[colour]", "filter[colour][is]"])
async def test_a_parameter_that_is_not_heeded(scene: Scene, name: str) -> None:
    """By the items it does not leave out; told is the name by which it does."""
    scene.api.serve("/v1/tractors", _by_colour)

    mistake = Mistake(
        [_asking(name)],
        f"'{name}'",
        f"write colour[is]: red in the place of {name}: so it is heeded",
    )
    await mistake.is_told(scene)


async def test_a_parameter_that_the_api_has_not(scene: Scene) -> None:
    """May be meant for later: a warning."""
    mistake = Mistake([_asking("colour")], "'colour'", "correct its name, or", severity="warn")
    await mistake.is_told(scene)


@pytest.mark.parametrize(("name", "value"), [("colour[is]", "red"), ("sort", "model")])
async def test_a_parameter_that_is_heeded_or_asks_for_no_value(
    scene: Scene, name: str, value: str
) -> None:
    """Nothing is said of it."""
    scene.api.serve("/v1/tractors", _by_colour)
    _asking(name, value)(scene)

    assert (await scene.check()).findings == []
