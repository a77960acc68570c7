"""``check`` on APIs that answer 200 whatever happens, and say in words of their own what did."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.check_bench import checked_files, write_example
from tests.check_scene import told
from tests.examples import Example
from tests.fault_api import FaultApi, Reply, Request, answer
from tests.literals import Json
from tests.reading import over_http
from workbench.check.run import Report

KEY = "a-key-of-the-scene"

BERTHS = [
    {"no": f"B{n}", "quay": f"Q{n % 4}", "state": "free" if n % 3 else "taken"} for n in range(37)
]
QUAYS = [{"no": f"Q{n}", "label": f"Quay {n}"} for n in range(4)]


def _refused(code: str, info: str) -> Reply:
    return answer({"error_code": code, "error_info": info, "result": None})


def _fault(request: Request, parts: list[str]) -> tuple[str, str] | None:
    """What is wrong with a request of the harbour."""
    quays = {one["no"] for one in QUAYS}
    state, size = request.param("state"), request.number("limit", 10)
    faults = {
        ("ERR-INVALID-AUTH", "The key is missing or not valid"): (
            request.headers.get("x-api-key") != KEY
        ),
        ("ERR-NO-RESOURCE", f"resource {parts[-1]} does not exist"): (
            parts[0] != "v1" or parts[-1] not in {"berths", "quays"}
        ),
        ("ERR-NOT-FOUND", f"quay {parts[1:2]} unknown"): len(parts) == 4 and parts[2] not in quays,
        ("ERR-PARAM", "required parameter port not given"): request.param("port") is None,
        ("ERR-PARAM", "limit may not exceed 50"): size > 50,
        ("ERR-VALUE", f"invalid state {state!r}: use free or taken"): (
            state not in {None, "free", "taken"}
        ),
    }
    return next((words for words, is_so in faults.items() if is_so), None)


def _harbour(request: Request) -> Reply:
    """Lists by GET: berths and quays, and the berths of a quay, of a port."""
    parts = request.path.strip("/").split("/")
    if fault := _fault(request, parts):
        return _refused(*fault)
    rows, state = BERTHS if parts[-1] == "berths" else QUAYS, request.param("state")
    some = [one for one in rows if state in {None, one.get("state")}]
    some = [one for one in some if len(parts) == 2 or one["quay"] == parts[2]]
    start, size = request.number("offset", 0), request.number("limit", 10)
    return answer({"error_code": None, "error_info": None, "result": some[start : start + size]})


def _denied(code: int, why: str) -> Reply:
    return answer({"returnCode": code, "reason": why, "hits": []})


def _clinic(request: Request) -> Reply:
    """A search by POST: what it looks for, and how it is paged, are in the body."""
    if not request.path.startswith("/api/v2/") or not request.path.endswith("/search"):
        return _denied(4, "no such service")
    if request.param("apikey") != KEY:
        return _denied(7, "not authorized: give apikey")
    body = json.loads(request.body or b"{}")
    if "entity" not in body:
        return _denied(21, "field entity is required")
    if body["entity"] not in {"patient", "ward"}:
        return _denied(22, f"entity {body['entity']!r} unknown; one of patient, ward")
    page = body.get("page") or {}
    start, size = int(page.get("start", 0)), int(page.get("rows", 10))
    if size > 25:
        return _denied(30, "page.rows must be between 1 and 25")
    rows = [{"no": n, "ward": f"w{n % 3}"} for n in range(33 if body["entity"] == "patient" else 3)]
    return answer({"returnCode": 0, "reason": "OK", "hits": rows[start : start + size]})


def _resource(kind: str, blueprint: str, selector: dict[str, Json]) -> dict[str, Json]:
    mapped = {"identifier": ".no | tostring", "blueprint": f'"{blueprint}"'}
    whole = {"query": "true", **selector}
    return {"kind": kind, "selector": whole, "port": {"entity": {"mappings": mapped}}}


_LIST: dict[str, Json] = {"data_path": ".result", "query_params": {"port": "HAM"}}
_OF_QUAY: dict[str, Json] = {"endpoint": "/quays", "field": ".no", **_LIST}
_SEARCH: dict[str, Json] = {
    "data_path": ".hits",
    "method": "POST",
    "pagination": {"send_in": "body"},
}
PRODUCTS: dict[str, tuple[Callable[[Request], Reply], str, dict[str, Json], list[Json]]] = {
    "harbour": (
        _harbour,
        "/v1",
        {"api_key_header": "X-API-Key", "pagination_param": "offset", "size_param": "limit"},
        [
            _resource("/berths", "berth", _LIST),
            _resource("/quays", "quay", _LIST),
            _resource(
                "/quays/{quay}/berths", "berth", {**_LIST, "path_parameters": {"quay": _OF_QUAY}}
            ),
        ],
    ),
    "clinic": (
        _clinic,
        "/api/v2",
        {
            "api_key_param": "apikey",
            "pagination_param": "page.start",
            "size_param": "page.rows",
        },
        [
            _resource("/search", one, {**_SEARCH, "body": {"entity": one}})
            for one in ("patient", "ward")
        ],
    ),
}


@dataclass(frozen=True)
class Case:
    """An installation of a product with a mistake, and the remedy that it has."""

    product: str
    remedy: str
    mapping: tuple[str, str] = ("", "")
    settings: dict[str, Json] = field(default_factory=dict)


async def _checked(case: Case, api: FaultApi, folder: Path) -> Report:
    handler, path, settings, resources = PRODUCTS[case.product]
    for length in range(1, 6):
        api.serve("/{}" * length, handler)
    given = {
        "base_url": api.url + path,
        "auth_type": "api_key",
        "api_key": KEY,
        "pagination_type": "offset",
        "page_size": "20",
        **settings,
        **{name: str(text).replace("{api}", api.url) for name, text in case.settings.items()},
    }
    given = {name: text for name, text in given.items() if text != "None"}
    text = json.dumps({"resources": resources})
    assert case.mapping[0] in text
    mapping = json.loads(text.replace(*case.mapping, 1) if case.mapping[0] else text)
    names: tuple[str, ...] = ("berth", "quay", "patient", "ward")
    blueprints: list[dict[str, Json]] = [
        {"identifier": one, "schema": {"properties": {}}} for one in names
    ]
    files = write_example(folder, Example(given, mapping, blueprints))
    return await checked_files(files, over_http)


_BASE = "OCEAN__INTEGRATION__CONFIG__"
CASES = {
    "the name of a header": Case(
        "harbour", "API_KEY_HEADER=X-API-Key", settings={"api_key_header": "X-Key"}
    ),
    "another way to sign": Case(
        "harbour",
        "AUTH_TYPE=api_key",
        settings={
            "auth_type": "bearer_token",
            "api_token": KEY,
            "api_key": None,
            "api_key_header": None,
        },
    ),
    "a path": Case("harbour", "write kind: /berths (it answers", ('"/berths"', '"/berth"')),
    "a path below parents": Case(
        "harbour", "write kind: '/quays/{quay}/berths'", ("{quay}/berths", "{quay}/berth")
    ),
    "a size": Case("harbour", "PAGE_SIZE=50", settings={"page_size": "100"}),
    "a parameter that the others send": Case(
        "harbour", "write port: HAM in query_params", (', "query_params": {"port": "HAM"}}', "}")
    ),
    "a value": Case(
        "harbour",
        "write state: free (so it answers)",
        ('"port": "HAM"', '"port": "HAM", "state": "Free"'),
    ),
    "a base URL": Case("harbour", "/v1: /berths answers there", settings={"base_url": "{api}/v2"}),
    "the field of parents": Case(
        "harbour", "write field: .no ('Q0' answers 200)", ('".no", "', '".label", "')
    ),
    "a parameter for the key": Case(
        "clinic", "API_KEY_PARAM=apikey", settings={"api_key_param": "key"}
    ),
    "a parameter for the key in place of a header": Case(
        "clinic",
        "API_KEY_PARAM=apikey",
        settings={"api_key_param": None, "api_key_header": "X-Key"},
    ),
    "a value of a search": Case(
        "clinic",
        "write entity: patient",
        ('"body": {"entity": "patient"', '"body": {"entity": "patients"'),
    ),
    "a name of a search": Case("clinic", "write entity: patient", ('{"entity"', '{"entitty"')),
    "a size in a body": Case("clinic", "PAGE_SIZE=25", settings={"page_size": "100"}),
    "the path of a search": Case("clinic", "write kind: /search", ("/search", "/serach")),
    "the base URL of searches": Case(
        "clinic", "/api/v2: /search answers there", settings={"base_url": "{api}/api/v1"}
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_refusal_is_one_whichever_status_it_has(
    case: Case, api: FaultApi, tmp_path: Path
) -> None:
    """What a 400, 401 or 404 has tried is tried, and the one finding says what is answered."""
    report = await _checked(case, api, tmp_path)

    assert [one.severity for one in report.findings] == ["error"], told(report.findings)
    assert case.remedy in report.findings[0].remedy, told(report.findings)
    assert report.findings[0].line is not None


@pytest.mark.parametrize("product", PRODUCTS)
async def test_such_an_installation_is_clean(product: str, api: FaultApi, tmp_path: Path) -> None:
    """A code of success beside rows is no refusal."""
    report = await _checked(Case(product, ""), api, tmp_path)

    assert not report.findings, told(report.findings)
    assert all(one.items for one in report.rows)
