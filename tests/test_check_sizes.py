"""``check`` tells a size of pages that is sent under a name that the API does not heed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check_scene import Scene, person, serving, settings, told
from tests.fault_api import FaultApi, Handler, Json, Reply, Request, answer

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
