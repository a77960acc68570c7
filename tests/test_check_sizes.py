"""``check`` tells a size of pages that is sent under a name that the API does not heed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check_scene import Scene, Spoil, Where, person, serving, settings, swap, told
from tests.fault_api import FaultApi, Handler, Json, Reply, Request, answer
from tests.repairs import checked_again

PEOPLE: list[dict[str, Json]] = [person(number) for number in range(70)]


def paged(name: str, default: int = 20) -> Handler:
    """People by pages whose size is asked for under a name."""

    def handler(request: Request) -> Reply:
        size = request.number(name, default) if name else default
        start = (request.number("page", 1) - 1) * size
        return answer({"data": PEOPLE[start : start + size], "errors": []})

    return handler


@pytest.mark.parametrize("size", [pytest.param("30", id="other"), pytest.param("20", id="same")])
async def test_a_size_that_is_not_heeded_is_told(size: str, tmp_path: Path, api: FaultApi) -> None:
    """With the name that is, also where pages are by chance as long as asked for."""
    scene = Scene(tmp_path, api)

    report = await scene.spoilt([serving(paged("per_page")), settings(page_size=size)])

    (finding,) = report.findings
    assert (finding.severity, scene.place("SIZE_PARAM", "settings")[1]) == ("warn", finding.line)
    assert "SIZE_PARAM=per_page: " in finding.remedy, told(report.findings)


@pytest.mark.parametrize("name", [pytest.param("size", id="heeded"), pytest.param("", id="none")])
async def test_a_size_that_no_name_changes_is_no_mistake(
    name: str, tmp_path: Path, api: FaultApi
) -> None:
    """Nor one that is heeded."""
    report = await Scene(tmp_path, api).spoilt([serving(paged(name)), settings(page_size="30")])

    assert report.findings == [], told(report.findings)


def strict(rows: int, *known: str) -> Handler:
    """So many people, for requests without a parameter that is not known."""

    def handler(request: Request) -> Reply:
        if any(name not in known for name, _ in request.query):
            return answer({"message": "bad request"}, 400)
        number = request.number("page", 1)
        if number < 1 or request.number("size", 10) > 10:
            return answer({"message": "bad request"}, 400)
        start = (number - 1) * 10 if "page" in known else 0
        return answer({"data": PEOPLE[start:rows][:10], "errors": []})

    return handler


_OWN = "data_path: .data\n      query_params: "


@pytest.mark.parametrize(
    ("spoils", "place", "remedy"),
    [
        pytest.param(
            [serving(strict(70, "page"))],
            ("SIZE_PARAM", "settings"),
            "write in the selector pagination: {size_param: null}: so it answers",
            id="a size, of pages that have none",
        ),
        pytest.param(
            [serving(strict(7))],
            ("kind: /people", "mapping"),
            "write pagination: {type: none}: without parameters of paging it answers",
            id="paging, of a list that is not paged",
        ),
        pytest.param(
            [swap("data_path: .data", _OWN + "{size: '500'}"), serving(strict(70, "page", "size"))],
            ("{size: '500'}", "mapping"),
            "without size it answers: remove it, for paging sends it",
            id="a size beside that of the pages",
        ),
        pytest.param(
            [swap("data_path: .data", _OWN + "{page: '0'}"), serving(strict(70, "page", "size"))],
            ("{page: '0'}", "mapping"),
            "without page it answers: remove it, for paging sends it",
            id="a position that stays where it is",
        ),
    ],
)
async def test_what_is_told_of_a_refused_parameter_of_paging_is_answered(
    spoils: list[Spoil], place: tuple[str, Where], remedy: str, tmp_path: Path, api: FaultApi
) -> None:
    """And with it the installation is right."""
    scene = Scene(tmp_path, api)

    report = await scene.spoilt(spoils)

    (finding,) = report.findings
    assert ((finding.file, finding.line), remedy in finding.remedy) == (
        scene.place(*place),
        True,
    ), told(report.findings)
    again = await checked_again(report, scene.write())
    assert again.findings == [], told(again.findings)
