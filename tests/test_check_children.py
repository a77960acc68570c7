"""``check`` names the parent's key, list or place by which children are there, at every depth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.check_scene import Mistake, Scene, Spoil, signed, swap, told
from tests.fault_api import FaultApi, Json, Reply, Request, answer

# Regions have harbours by their code, harbours berths by their number, berths bookings.
REGIONS: list[dict[str, Json]] = [
    {"regionId": f"rg-{n}", "label": f"Region {n}", "code": f"EU{n}", "open": True}
    for n in range(3)
]
HARBOURS: list[dict[str, Json]] = [
    {
        "uuid": f"h-{n}",
        "title": f"Harbour {n}",
        "mnemonic": f"hb{n}",
        "sort": "sea" if n % 2 else "dry",
    }
    for n in range(9)
]
BERTHS: list[dict[str, Json]] = [{"label": f"B{n}", "berthNo": 11 * n} for n in range(18)]
SHIPS: list[dict[str, Json]] = [
    {"imo": 9000 + n, "name": f"Ship {n}", "port": f"h-{n % 9}"} for n in range(18)
]

_REGION = """\
        region:
          endpoint: /regions
          data_path: .regions
          field: .code
"""
_HARBOUR = """\
        harbour:
          endpoint: /regions/{region}/harbours
          data_path: .content
          field: .uuid
"""
_BERTH = """\
        berth:
          endpoint: /harbours/{harbour}/berths
          data_path: .content
          field: .berthNo
"""


def _kind(path: str, blueprint: str, mapped: str, parents: str, more: str = "") -> str:
    return f"""\
  - kind: {path}
    selector:
      query: "true"
      data_path: .content
{more}      path_parameters:
{parents}    port:
      entity:
        mappings:
{mapped}          blueprint: '"{blueprint}"'
"""


MAPPING = (
    "resources:\n"
    + _kind(
        "/regions/{region}/harbours",
        "harbour",
        "          identifier: .uuid\n          title: .title\n",
        _REGION,
    )
    + _kind(
        "/harbours/{harbour}/berths/{berth}/bookings",
        "booking",
        "          identifier: .ref\n",
        _REGION + _HARBOUR + _BERTH,
    )
    + _kind(
        "/harbours/{harbour}/berths",
        "berth",
        "          identifier: .berthNo | tostring\n          title: .label\n",
        _REGION + _HARBOUR,
    )
    + _kind(
        "/ships",
        "ship",
        "          identifier: .imo | tostring\n          title: .name\n",
        _REGION + _HARBOUR,
        '      query_params: {port: "{harbour}"}\n',
    )
    + _kind(
        "/flags/{flag}/ships",
        "flagged",
        "          identifier: .imo | tostring\n",
        "        flag: {endpoint: /flags, data_path: .flags, field: .value}\n",
    )
)
BLUEPRINTS: list[dict[str, Any]] = [
    {"identifier": name, "schema": {"properties": {}}}
    for name in ("harbour", "booking", "berth", "ship", "flagged")
]


def _rows(rows: list[dict[str, Json]]) -> Reply:
    return answer({"content": rows, "warnings": [{"code": "beta"}]})


def _in_list(value: str, rows: list[dict[str, Json]], key: str) -> int | None:
    return next((at for at, row in enumerate(rows) if str(row[key]) == value), None)


def _regions(request: Request) -> Reply:
    sort = request.param("sort")
    return answer({"regions": [one for one in REGIONS if sort in (None, "sea")]})


def _harbours(request: Request) -> Reply:
    at = _in_list(request.values[0], REGIONS, "code")
    return answer({"error": "no region"}, 404) if at is None else _rows(HARBOURS[at::3])


def _berths(request: Request) -> Reply:
    at = _in_list(request.values[0], HARBOURS, "uuid")
    return answer({"error": "not an id"}, 400) if at is None else _rows(BERTHS[at::9])


def _bookings(request: Request) -> Reply:
    harbour = _in_list(request.values[0], HARBOURS, "uuid")
    berth = _in_list(request.values[1], BERTHS, "berthNo")
    if harbour is None or berth is None or berth % 9 != harbour:
        return answer({"error": "no berth"}, 404)
    return _rows([{"ref": f"{berth}-{n}"} for n in range(2)])


def _ships(request: Request) -> Reply:
    port = request.param("port")
    return _rows([one for one in SHIPS if port in (None, one["port"])])


@pytest.fixture
def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """An installation without a fault, four lists deep."""
    found = Scene(tmp_path, api, MAPPING, json.dumps(BLUEPRINTS, indent=1))
    found.settings["pagination_type"] = "none"
    for path, handler in {
        "/v1/regions": _regions,
        "/v1/regions/{}/harbours": _harbours,
        "/v1/harbours/{}/berths": _berths,
        "/v1/harbours/{}/cranes": lambda _: _rows([{"craneNo": n} for n in range(500, 503)]),
        "/v1/harbours/{}/berths/{}/bookings": _bookings,
        "/v1/ships": _ships,
        "/v1/flags": lambda _: answer({"flags": ["DE", "FR"]}),
        "/v1/flags/{}/ships": lambda _: _rows(SHIPS[:3]),
    }.items():
        api.serve(path, _for_those_signed_in(handler))
    return found


def _for_those_signed_in(handler: Any) -> Any:  # noqa: ANN401 (a handler)
    return lambda request: handler(request) if signed(request) else answer({}, 401)


async def test_nothing_is_said_of_it(scene: Scene) -> None:
    """It is as it should be."""
    assert (await scene.check()).findings == []


def _in(kind: str, old: str, new: str) -> Spoil:
    """A text of one resource replaced."""

    def spoil(scene: Scene) -> None:
        before, begin, rest = scene.mapping.partition(f"  - kind: {kind}\n")
        assert old in rest
        scene.mapping = before + begin + rest.replace(old, f"{new}  # spoilt", 1)

    return spoil


_SPOILT = "# spoilt"
_BOOKINGS = "/harbours/{harbour}/berths/{berth}/bookings"
CASES = {
    "a field that no item has, of which another is alike": Mistake(
        [_in("/regions/{region}/harbours", "field: .code", "field: .id")],
        _SPOILT,
        "write field: .code (for 'EU0' there are items)",
    ),
    "a field of parents that makes no child": Mistake(
        [_in(_BOOKINGS, "field: .berthNo", "field: .label")],
        _SPOILT,
        "write field: .berthNo (0 answers 200)",
    ),
    "a field by which the parents' own list is refused": Mistake(
        [_in(_BOOKINGS, "field: .uuid", "field: .mnemonic")],
        _SPOILT,
        "write field: .uuid ('h-0' answers 200)",
    ),
    "a field by which the parents' own list is not there": Mistake(
        [_in(_BOOKINGS, "field: .code", "field: .regionId")],
        _SPOILT,
        "write field: .code ('EU0' answers 200)",
    ),
    "a path of parents below others that is not there": Mistake(
        [
            _in(
                "/ships",
                "endpoint: /regions/{region}/harbours",
                "endpoint: /regions/{region}/ports",
            )
        ],
        _SPOILT,
        "write endpoint: '/regions/{region}/harbours' (it answers 200)",
    ),
    "a field whose values leave no items": Mistake(
        [_in("/ships", "field: .uuid", "field: .mnemonic")],
        _SPOILT,
        "write field: .uuid (for 'h-0' there are items)",
    ),
    "another list of what lies below the same": Mistake(
        [
            _in(
                _BOOKINGS,
                "endpoint: /harbours/{harbour}/berths",
                "endpoint: /harbours/{harbour}/cranes",
            ),
            _in(_BOOKINGS, "field: .berthNo", "field: .craneNo"),
        ],
        "cranes  # spoilt",
        "write endpoint: '/harbours/{harbour}/berths' (0 of its .berthNo answers 200)",
    ),
    "a filter that is true of no parent, whose list others read": Mistake(
        [_in("/ships", "field: .code", 'field: .code\n          filter: .open == "true"')],
        _SPOILT,
        "write filter: .open == true (true for 3 of 3)",
    ),
    "a parameter that leaves all parents out": Mistake(
        [_in("/ships", "field: .code", "field: .code\n          query_params: {sort: lake}")],
        _SPOILT,
        "correct sort or its value, unless nothing may be there",
        severity="warn",
    ),
    "placeholders in another order": Mistake(
        [swap(_BOOKINGS, "/harbours/{berth}/berths/{harbour}/bookings")],
        "{berth}/berths/{harbour}",
        f"write kind: '{_BOOKINGS}' (it answers 200)",
    ),
    "texts that stand in an object": Mistake(
        [swap("data_path: .flags, ", "")],
        "flag: {endpoint",
        "write data_path: .flags in flag (its rows have what is read)",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_what_makes_a_child_be_there_is_told(case: Mistake, scene: Scene) -> None:
    """One finding, where the parents' values come from."""
    report = await case.is_told(scene)

    assert len(report.findings) == 1, told(report.findings)


async def test_children_that_have_nothing_are_no_fault(scene: Scene) -> None:
    """Where no other key leads to more."""
    scene.api.serve("/v1/harbours/{}/berths/{}/bookings", lambda _: _rows([]))

    assert (await scene.check()).findings == []


async def test_children_of_one_sort_that_are_refused(scene: Scene) -> None:
    """Told is the filter that leaves out just those."""

    def berths(request: Request) -> Reply:
        at = _in_list(request.values[0], HARBOURS, "uuid") or 0
        is_dry = HARBOURS[at]["sort"] == "dry"
        return answer({"error": "a dry harbour"}, 422) if is_dry else _berths(request)

    scene.api.serve("/v1/harbours/{}/berths", _for_those_signed_in(berths))

    report = await scene.check()

    assert [one.remedy for one in report.findings] == [
        'write filter: .sort != "dry" in harbour (just those children are answered)'
    ] * 2, told(report.findings)
