"""``check`` where several resources read one path: what one asks for is not meant by another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check_scene import Mistake, Scene, Spoil, asking, listed, person, serving, swap
from tests.fault_api import FaultApi, Json, Reply, Request, text

PEOPLE = [person(number) for number in range(12)]
HUBS: list[dict[str, Json]] = [
    {"id": 100 + number, "name": f"Hub {number}", "level": "hub"} for number in range(4)
]
PAGE = (
    '<html><head><meta http-equiv="Content-Type" content="text/html"><style>p {x: y}</style></head>'
    '<body><h2>Malformed tree</h2><a href="/help">Help</a></body></html>'
)


def beside(*filters: str) -> Spoil:
    """Other resources of the same path, each with what it asks for."""
    more = "".join(
        f"  - kind: /people\n    selector:\n      query: 'true'\n      data_path: .data\n"
        f"      query_params: {{{one}}}\n    port:\n      entity:\n        mappings:\n"
        f"          identifier: .id | tostring\n          title: .name\n"
        f"          blueprint: '\"team\"'\n"
        for one in filters
    )
    return swap("  - kind: /teams\n", f"{more}  - kind: /teams\n")


def filtered(request: Request) -> Reply:
    """People and hubs, or those of one level; one page."""
    wanted = request.param("filter")
    rows = [one for one in [*HUBS, *PEOPLE] if wanted in (None, f"level={one['level']}")]
    return listed(rows)(request)


def parsed(request: Request) -> Reply:
    """People with the keys that a tree names; a page of HTML for one whose brackets are odd."""
    tree = request.param("tree")
    if tree is None:
        return listed([{key: one[key] for key in ("id", "name", "site")} for one in PEOPLE])(
            request
        )
    if tree.count("[") != tree.count("]"):
        return text(PAGE, 400, "text/html")
    names = tree.removeprefix("data[").replace("[id]", "").rstrip("]").split(",")
    rows = [{key: held for key, held in one.items() if key in names} for one in PEOPLE]
    return listed(rows)(request)


KEYS = "id,name,phone,joined,site,mail,level,active,size,team[id]"
CASES = {
    "what another asks for is not meant": Mistake(
        [asking("query_params: {filter: level=tall}"), beside("filter: level=low"),
         serving(filtered)],
        "{filter: level=tall",
        "write filter: level=high (so there are items)",
        severity="warn",
    ),
    "where others ask for each, what rows have is told": Mistake(
        [asking("query_params: {filter: level=tall}"),
         beside("filter: level=low", "filter: level=high"), serving(filtered)],
        "{filter: level=tall",
        '.level is "high", "hub", "low"',
        severity="warn",
    ),
    "items that lack what is mapped are not meant": Mistake(
        [asking("query_params: {filter: level=huge}"), serving(filtered)],
        "{filter: level=huge",
        "write filter: level=high (so there are items)",
        severity="warn",
    ),
    "with the signs that another has": Mistake(
        [asking("query_params: {filter: 'level:low'}"), beside("filter: level=high"),
         serving(filtered)],
        "{filter: 'level:low",
        "write filter: level=low (so there are items)",
        severity="warn",
    ),
    "a bracket that is missing": Mistake(
        [asking(f"query_params: {{tree: 'data[{KEYS}'}}"), beside("tree: 'data[id,name,site]'"),
         serving(parsed)],
        f"data[{KEYS}",
        f"write tree: 'data[{KEYS}]' (so it answers)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_what_the_resource_itself_maps_is_asked_for(
    case: Mistake, tmp_path: Path, api: FaultApi
) -> None:
    """In the line of the parameter."""
    await case.is_told(Scene(tmp_path, api))


async def test_tags_of_a_page_are_no_words(tmp_path: Path, api: FaultApi) -> None:
    """No parameter is called as they are; what has few of the keys is not meant."""
    spoils = [asking("query_params: {tree: '[data[id,phone'}"), serving(parsed)]
    mistake = Mistake([*spoils, beside("tree: 'data[id,name,site]'")], "{tree: '[data", "correct")
    report = await mistake.is_told(Scene(tmp_path, api))

    sent = " ".join(one.url for one in report.exchanges)
    assert not [one for one in ("http-equiv", "Content-Type", "style") if one in sent]
