"""``check`` on what reads a key that is not there, one item of many, or a value of another kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check_scene import Mistake, Scene, listed, notes, person, serving, swap, told
from tests.fault_api import FaultApi, Json, Reply, Request, answer

_CHILDREN = "/teams/{team}/notes"
_FORBIDDEN = serving(
    lambda _: answer({"message": "no right to this, or no such thing"}, 403),
    "/v1/teams/{}/nots",
    "/v1/teams/{}/zzyzx",
)

CASES = {
    "a filter that lets in all, for no parent has its key": Mistake(
        [swap("filter: .open\n", "filter: .opn != false\n")],
        "filter: .opn",
        "write filter: .open != false (no item has .opn)",
        severity="warn",
    ),
    "a query, so too": Mistake(
        [swap("query: .open == true", "query: .opn != false")],
        "query: .opn",
        "write query: .open != false (no item has .opn)",
        severity="warn",
    ),
    "a value that stands at another key": Mistake(
        [swap("query: .open == true", 'query: .state == "T1"')],
        "query: .state",
        'write query: .key == "T1"',
    ),
    "one item of a list": Mistake(
        [swap("data_path: .data", "data_path: .data[0]")],
        "data_path: .data[0]",
        "write data_path: .data",
    ),
    "a small number for a time": Mistake(
        [swap("joined: .joined", "joined: .size")], "joined: .size", "write joined: .joined"
    ),
    "children that are refused as made-up ones are": Mistake(
        [_FORBIDDEN, swap(_CHILDREN, "/teams/{team}/nots")], "nots", "/teams/{team}/notes"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_what_is_meant_is_written(case: Mistake, tmp_path: Path, api: FaultApi) -> None:
    """In the line that is wrong."""
    await case.is_told(Scene(tmp_path, api))


async def test_a_part_that_is_called_as_the_value_is_put_in(tmp_path: Path, api: FaultApi) -> None:
    """``/crews/team/{team}/notes`` for ``/crews/{team}/notes``."""
    case = Mistake(
        [serving(notes, "/v1/crews/team/{}/notes"), swap(_CHILDREN, "/crews/{team}/notes")],
        "/crews/{team}/notes",
        "/crews/team/{team}/notes",
    )
    scene = Scene(tmp_path, api)
    api.serve("/v1/teams/{}/notes", lambda _: answer({"message": "gone"}, 404))

    await case.is_told(scene)


_ROW: dict[str, Json] = {"last": "0 msec", "last_raw": "7", "state": {"value": "on", "kind": "x"}}
ROWS = listed([person(number) | _ROW for number in range(12)])
OTHERS = {
    "a text that is ordered as a number": (
        'query: "true"\n      data_path: .data\n    port',
        "query: .last_raw > 5\n      data_path: .data\n    port",
        "query: .last_raw",
        "write query: (.last_raw | tonumber) > 5",
    ),
    "an object that is compared with a text": (
        'query: "true"\n      data_path: .data\n    port',
        'query: .state == "on"\n      data_path: .data\n    port',
        "query: .state",
        'write query: .state.value == "on"',
    ),
    "a key in another form beside it": (
        "size: .size",
        "size: .last | tonumber",
        "size: .last",
        "write size: .last_raw | tonumber",
    ),
    "a key with a minus and a colon": (
        "phone: .phone",
        "phone: .EXT-AZ:zone",
        "phone: .EXT",
        "write phone: '.\"EXT-AZ:zone\"'",
    ),
}


@pytest.mark.parametrize("case", OTHERS.values(), ids=OTHERS.keys())
async def test_what_values_are_shows_what_is_meant(
    case: tuple[str, str, str, str], tmp_path: Path, api: FaultApi
) -> None:
    """In the line that is wrong."""
    old, new, line, remedy = case
    await Mistake([serving(ROWS), swap(old, new)], line, remedy).is_told(Scene(tmp_path, api))


async def test_equal_rows_of_other_parents_are_no_second_page(
    tmp_path: Path, api: FaultApi
) -> None:
    """Where the parent is named in the query, and one of them has a second page."""

    def labels(request: Request) -> Reply:
        count, start = 13 if request.param("team") == "team-1" else 10, request.number("page", 1)
        rows: list[Json] = [{"id": f"label-{number}", "text": "x"} for number in range(count)]
        return answer(rows[(start - 1) * 10 : start * 10])

    api.serve("/v1/labels", labels)
    asked = "/labels\n    selector:\n      query_params: {team: '{team}'}"
    own = "          identifier: .id\n          blueprint: '\"note\"'"
    report = await Scene(tmp_path, api).spoilt(
        [
            swap("/teams/{team}/notes\n    selector:", asked),
            swap(own, own.replace(".id", '.__team + "/" + .id')),
        ]
    )

    assert report.findings == [], told(report.findings)
