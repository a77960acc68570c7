"""``check`` on children whose parents are asked for by a value in the query."""

from __future__ import annotations

from pathlib import Path

from tests.check_scene import Scene, swap, told
from tests.fault_api import FaultApi, Reply, Request, answer


async def test_a_key_of_parents_that_a_query_names_is_found(tmp_path: Path, api: FaultApi) -> None:
    """The value in their own URL is sent with the key that is tried."""

    def halls(request: Request) -> Reply:
        team = request.param("of")
        rows = [{"label": f"{team}/{n}", "code": f"h{n}"} for n in range(2)]
        return answer(rows if request.number("page", 1) == 1 else [])

    def desks(request: Request) -> Reply:
        is_there = str(request.param("of")).startswith("team-") and request.param("hall") == "h0"
        rows = [{"id": f"{request.param('of')}-desk", "text": "hello"}]
        if not is_there and not str(request.param("hall")).startswith("h"):
            return answer({"message": "no such hall"}, 404)
        return answer(rows if request.number("page", 1) == 1 else [])

    api.serve("/v1/halls", halls)
    api.serve("/v1/desks", desks)
    scene = Scene(tmp_path, api)
    asked = "/desks\n    selector:\n      query_params: {of: '{team}', hall: '{hall}'}"
    hall = "        hall: {endpoint: '/halls?of={team}', field: .label}\n"

    report = await scene.spoilt(
        [
            swap("/teams/{team}/notes\n    selector:", asked),
            swap("          filter: .open\n", "          filter: .open\n" + hall),
        ]
    )

    assert report.findings[0].remedy.startswith("write field: .code"), told(report.findings)
