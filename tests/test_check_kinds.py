"""``check`` on small APIs, each with a mistake that shows by its items or by one more request."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.check_bench import checked_files, served, write_example
from tests.check_scene import told
from tests.examples import Example
from tests.literals import Json
from tests.simulators import (
    Call,
    Collection,
    Custom,
    Offset,
    PageNumber,
    Product,
    children,
    simulate,
    table,
)
from tests.simulators.endpoints import Endpoint
from tests.simulators.model import Answer, Row

FOLDERS: list[Row] = [{"id": f"f{n}", "kind": "main"} for n in range(4)]
BOARDS: list[Row] = [{"id": f"b{n}", "name": f"Board {n}"} for n in range(3)]
CARDS: list[Row] = [
    {
        "id": f"c{n}",
        "name": f"Card {n}",
        "idBoard": f"b{n % 3}",
        "status": {"colour": "red", "status": "open"},
        "~board": "b0" if n < 130 else f"b{n % 3}",
    }
    for n in range(150)
]
DATA = {"folders": FOLDERS, "boards": BOARDS, "cards": CARDS}


def _both(call: Call) -> Answer:
    return Answer(body={"folders": call.data["folders"], "boards": call.data["boards"]})


def _until(call: Call) -> Answer:
    """Rows before a number: none where it counts pages."""
    rows = call.data["boards"] if int(call.param("until") or 99) > 9 else []
    return Answer(body={"boards": list(rows)})


def _by_token(call: Call) -> Answer:
    """Cards of a board: of the first one there are more, behind a token; of others more a page."""
    is_first, begins = (
        call.param("board") == "b0",
        5 if call.param("continuationToken") == "t-5" else 0,
    )
    rows = call.data["cards"][begins : begins + 5] if is_first else call.data["cards"][10:18]
    return Answer(
        body={"cards": list(rows), "continuationToken": "t-5" if is_first and not begins else None}
    )


def _cards(paging: Offset) -> Collection:
    rows = children("cards", of=("boards", "id"), board="~board")
    return Collection("/boards/{board}/cards", rows, paging)


@dataclass(frozen=True)
class Case:
    """Endpoints, an installation that reads them, and what it is told."""

    endpoints: list[Endpoint]
    kind: str
    remedy: str
    selector: dict[str, Json] = field(default_factory=dict)
    mapped: dict[str, Json] = field(default_factory=dict)
    settings: dict[str, Json] = field(default_factory=dict)


_OF_BOARDS: dict[str, Json] = {
    "path_parameters": {"board": {"endpoint": "/boards", "field": ".id"}}
}
_ALL = Collection("/boards", table("boards"))
_UNPAGED = _cards(Offset(default=999, cap=999))
_RANGED = PageNumber(size="size", default=100, cap=500, least=25, above_cap="refuse")

CASES = {
    "children are read as one page, under a name that few use": Case(
        [_ALL, _cards(Offset(size="max", offset="first", default=100, cap=999))],
        "/boards/{board}/cards",
        "write pagination: {type: offset, pagination_param: first, size_param: max}",
        _OF_BOARDS,
    ),
    "the children of one parent go on, those of others do not": Case(
        [_ALL, Custom("/cards", _by_token)],
        "/cards",
        "{type: cursor, pagination_param: continuationToken, cursor_path: continuationToken}",
        {**_OF_BOARDS, "data_path": ".cards", "query_params": {"board": "{board}"}},
    ),
    "another list": Case(
        [Custom("/boards", _both)],
        "/boards",
        "write data_path: .boards",
        {"data_path": ".folders"},
        {"properties": {"status": ".name"}},
    ),
    "the answer in place of its list": Case(
        [Custom("/boards", _both)], "/boards", "write data_path: .boards"
    ),
    "a relation of which another path gives the target": Case(
        [_ALL, _UNPAGED],
        "/boards/{board}/cards",
        "write board: .board (150 of 150)",
        _OF_BOARDS,
        {"relations": {"board": ".board.id"}},
    ),
    "an object in place of a text": Case(
        [_ALL, _UNPAGED],
        "/boards/{board}/cards",
        "write status: .status.status",
        _OF_BOARDS,
        {"properties": {"status": ".status"}},
    ),
    "one part of a path in the singular": Case(
        [_ALL, _UNPAGED],
        "/board/{board}/cards",
        "write kind: '/boards/{board}/cards' (it answers 200)",
        _OF_BOARDS,
    ),
    "a size below the least": Case(
        [Collection("/boards", table("boards"), _RANGED)],
        "/boards",
        "PAGE_SIZE=25",
        settings={"pagination_type": "page", "size_param": "size", "page_size": "10"},
    ),
    "a first page that there is not": Case(
        [Collection("/boards", table("boards"), _RANGED)],
        "/boards",
        "START_PAGE=1",
        settings={"pagination_type": "page", "size_param": "size", "start_page": "0"},
    ),
    "a position that hides every item": Case(
        [Custom("/boards", _until)],
        "/boards",
        "PAGINATION_PARAM",
        {"data_path": ".boards"},
        settings={"pagination_type": "page", "pagination_param": "until"},
    ),
}


def _example(case: Case) -> Example:
    mapped = {"identifier": ".id", "title": ".name", "blueprint": '"card"', **case.mapped}
    boards = {"identifier": ".id", "title": ".name", "blueprint": '"board"'}
    resources = [
        {
            "kind": case.kind,
            "selector": {"query": "true", **case.selector},
            "port": {"entity": {"mappings": mapped}},
        },
    ]
    if case.kind != "/boards":
        resources.append(
            {
                "kind": "/boards",
                "selector": {"query": "true"},
                "port": {"entity": {"mappings": boards}},
            }
        )
    blueprints: list[dict[str, Json]] = [
        {
            "identifier": "card",
            "schema": {"properties": {"status": {"type": "string"}}, "required": []},
            "relations": {"board": {"target": "board", "many": False, "required": False}},
        },
        {"identifier": "board", "schema": {"properties": {}, "required": []}, "relations": {}},
    ]
    settings: dict[str, Json] = {"base_url": "http://api/v1", "max_retry_wait": 5}
    return Example(settings | case.settings, {"resources": resources}, blueprints)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_mistake_has_its_remedy(case: Case, tmp_path: Path) -> None:
    """The first error is in a line of a file, with what the API or its items have proved."""
    product = Product(
        prefix="/v1",
        endpoints=case.endpoints,
        data=lambda: DATA,
        expected=lambda _: (),
        vanish=lambda _: None,
        mistakes=(),
    )
    files = write_example(tmp_path, _example(case))
    report = await checked_files(files, served(simulate(product)))
    errors = [one for one in report.findings if one.severity == "error"]

    assert len(errors) == 1, told(report.findings)
    assert errors[0].line is not None
    assert case.remedy in errors[0].remedy, told(report.findings)
