"""``suggest``: what it decides, what it proves, what it refuses, and what it writes."""

from __future__ import annotations

import json
import re
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from overrides import EndpointAppConfig
from scripts.suggest_shares import measure
from settings import load_settings
from tests.certificates import self_signed
from tests.examples import PRODUCTS
from tests.generated_apis import generate
from tests.literals import Json
from tests.simulators import Simulator, simulate
from tests.suggested import bench, compared, in_process, resource_of, suggested, walked
from workbench.__main__ import main
from workbench.serve import serving
from workbench.suggest.fields import columns, schema_of
from workbench.suggest.items import Place, Ruler, places
from workbench.suggest.mapping import mapping
from workbench.suggest.openapi import Document
from workbench.suggest.study import Study
from workbench.suggest.targets import Target, UsageError, site_of
from workbench.suggest.vocabulary import siblings, words_of
from workbench.suggest.writing import mapping_text

# --- decisions ---------------------------------------------------------------------------

ROWS: list[Json] = [{"id": number, "name": f"n{number}"} for number in range(20)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nextPageToken", ("next", "page", "token")),
        ("page[size]", ("page", "size")),
        ("sysparm_limit", ("sysparm", "limit")),
        ("X-Next-Page", ("x", "next", "page")),
    ],
)
def test_a_name_has_words(name: str, words: tuple[str, ...]) -> None:
    """However a name is spelled, its words are the same."""
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("name", "sibling"),
    [
        ("page[number]", "page[size]"),
        ("sysparm_offset", "sysparm_limit"),
        ("$skip", "$top"),
        ("pageNumber", "pageSize"),
    ],
)
def test_a_name_gives_the_shape_of_others(name: str, sibling: str) -> None:
    """A known parameter shows how the one beside it may be called."""
    assert sibling in siblings(name, "size")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        pytest.param(ROWS, Place(), id="the answer"),
        pytest.param({"items": ROWS, "errors": []}, Place(("items",)), id="beside errors"),
        pytest.param(
            {"facets": [{"name": "a", "count": 1}], "data": {"rows": ROWS}},
            Place(("data", "rows")),
            id="rows that can be told apart",
        ),
        pytest.param(
            {"a": {"title": "A", "n": 1}, "b": {"title": "B", "n": 2}},
            Place(by_key=True),
            id="an object of objects",
        ),
        pytest.param(
            {name: {"kind": "sink", "tasks": ROWS} for name in ("a", "b", "c")},
            Place(by_key=True),
            id="an object of objects with lists of their own",
        ),
        pytest.param(
            {"a": ROWS, "b": [], "c": ROWS[:1]},
            Place(by_key=True, several=True),
            id="an object of lists",
        ),
        pytest.param(
            {"a": ROWS, "b": [{"text": "x"}], "c": []}, Place(("a",)), id="lists of several kinds"
        ),
        pytest.param(
            {"101": "Bug", "102": "Feature", "103": "Chore"}, Place(pairs=True), id="names by id"
        ),
        pytest.param({"name": "x", "mode": "y", "zone": "z"}, Place(single=True), id="no ids"),
        pytest.param({"id": 1, "tags": [{"name": "x"}]}, Place(single=True), id="one object"),
        pytest.param({"id": "all", "value": ROWS}, Place(("value",)), id="a list that has an id"),
        pytest.param(
            {"kind": "ThingList", "metadata": {"version": "7"}, "items": None},
            Place(("items",)),
            id="an empty list that is null",
        ),
    ],
)
def test_items_are_found(body: Json, place: Place) -> None:
    """The likeliest place of items is the list of objects that can be told apart."""
    assert places(body)[0] == place


def test_a_list_is_what_the_path_asks_for() -> None:
    """`pages` beside a list count its pages; of `/spaces/3/pages` they are the items."""
    pages: Json = [{"id": n, "title": f"Page {n}"} for n in range(3)]
    assert places({"pages": pages}, "page")[0] == Place(("pages",))
    assert places({"pages": pages, "results": ROWS}, "thing")[0] == Place(("results",))


def test_one_item_in_an_envelope_is_the_item() -> None:
    """Below a path that ends in an item's name; elsewhere its list may be the items."""
    body: Json = {"data": {"id": "t1", "members": [{"name": "a"}, {"name": "b"}]}, "took": 0.1}
    assert places(body, of_one=True)[0] == Place(("data",), single=True)
    assert places(body)[0] == Place(("data", "members"))


def test_the_ruler_says_where_rows_lie() -> None:
    """Rows are measured by the longest answer; what it has not lies beyond."""
    ruler = Ruler(ROWS)
    assert ruler.shift(ROWS[3:6]) == 3
    assert ruler.shift([*ROWS[18:], {"id": 99, "name": "x"}]) == 18
    assert ruler.shift([ROWS[3], ROWS[5]]) is None
    assert ruler.is_beyond([{"id": 99, "name": "x"}])
    assert not ruler.is_beyond(ROWS[19:])


@pytest.mark.parametrize(
    ("values", "schema"),
    [
        (["2024-03-01T10:00:00Z", None], {"type": "string", "format": "date-time"}),
        (["2024-03-01T10:00:00Z", "20240301T1000+0000"], {"type": "string"}),
        (["https://a.example/x"], {"type": "string", "format": "url"}),
        (["/x"], {"type": "string"}),
        (["a@b.example"], {"type": "string", "format": "email"}),
        ([1, 2.5], {"type": "number"}),
        ([True, None], {"type": "boolean"}),
        ([["a"], []], {"type": "array", "items": {"type": "string"}}),
        ([1, "a"], {"type": "string"}),
    ],
)
def test_types_are_what_every_row_is(values: list[Json], schema: dict[str, object]) -> None:
    """A format is only given where every value is one as Port takes it."""
    (column,) = columns([{"x": value} for value in values])
    typed = schema_of(column)
    assert typed is not None
    assert typed[0] == schema


@pytest.mark.parametrize(
    ("urls", "base_url", "paths"),
    [
        (["https://a.example/v2/zones"], "https://a.example/v2", ["/zones"]),
        (
            ["https://a.example/in/people", "https://a.example/in/teams"],
            "https://a.example/in",
            ["/people", "/teams"],
        ),
        (
            ["https://a.example/zones", "https://a.example/zones/{zone}/records"],
            "https://a.example",
            ["/zones", "/zones/{zone}/records"],
        ),
        (["https://a.example/api/2.0/x/y"], "https://a.example/api/2.0", ["/x/y"]),
    ],
)
def test_urls_give_a_base_url(urls: list[str], base_url: str, paths: list[str]) -> None:
    """The base URL is what the URLs share, up to a version where there is one."""
    site = site_of(urls, None)
    assert (site.base_url, [target.path for target in site.targets]) == (base_url, paths)


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        (["https://a.example/x", "https://b.example/y"], "different hosts"),
        (["https://me:secret@a.example/x"], "user or password"),
        (["https://a.example/x?api_key=abcdef0123456789"], "'api_key' of the URL looks like"),
        (["/x"], "give a URL"),
    ],
)
def test_what_cannot_be_meant_is_told(urls: list[str], said: str) -> None:
    """A wrong command names what is wrong, and no secret."""
    with pytest.raises(UsageError, match=said) as error:
        site_of(urls, None)
    assert "abcdef0123456789" not in str(error.value)
    assert "secret@" not in str(error.value)


# --- whole APIs --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "seed",
    [
        *range(8),
        *(pytest.param(seed, marks=pytest.mark.exhaustive) for seed in range(8, 160)),
    ],
)
async def test_what_is_written_reads_everything(seed: int) -> None:
    """Of an API without a rule for it, what is written reads every item, or it is refused."""
    made = generate(seed)
    http = in_process(simulate(made.product))
    settings = bench("http://api/v1")
    suggestion = await suggested(settings, [Target(made.path)], http)
    (study,) = suggestion.studies
    assert study.requests <= 25, made.about
    if not study.refusal:
        items, error = await walked(settings, resource_of(study), http)
        assert (len(items), error) == (made.rows, ""), made.about


async def test_most_apis_are_written() -> None:
    """Few of those APIs are refused: those that refuse every name they do not know."""
    written = 0
    for seed in range(400, 410):
        made = generate(seed)
        http = in_process(simulate(made.product))
        suggestion = await suggested(bench("http://api/v1"), [Target(made.path)], http)
        written += not suggestion.refused
    assert written >= 8


REPRESENTATIVES = ("pagerduty", "github", "slack")
# What stays unread or refused, and why: see docs/suggest.md.
UNPROVED = {
    # Its items are named by a key that the example calls otherwise; children of few parents.
    "internal-catalog": {"/organizations", "/organizations/{org}/repositories/{repo}/checks"},
    # Parents at another host.
    "google-cloud": {
        "/compute/v1/projects/{project}",
        "/compute/v1/projects/{project}/zones",
        "/compute/v1/projects/{project}/aggregated/instances",
    },
    # A part of a name, encoded once more, is no value of any key.
    "harbor": {"/projects/{project}/repositories/{repository}/artifacts"},
    # Without a time, which the example computes, the API gives what is new alone.
    "freshservice": {"/tickets"},
    "opsgenie": {"/v2/alerts"},  # no walk reaches beyond a certain position
}

LOGINS = {
    endpoint.path for product in PRODUCTS.values() for endpoint in product.auth.door().endpoints
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in REPRESENTATIVES else pytest.mark.exhaustive)
        for name in PRODUCTS
    ],
)
async def test_products_are_read_as_their_examples_read_them(name: str) -> None:
    """Given URLs alone, the walks give what the product's example gives, by GET and in budget."""
    run = await compared(name)
    if run is None:
        return
    # Of a list without items at the moment nothing is written.
    assert all(one.study is None for one in run.compared if not one.wanted)
    incomplete = {one.kind: one.error for one in run.compared if one.wanted and not one.is_complete}
    assert set(incomplete) <= UNPROVED.get(name, set()), incomplete
    lists = [one for one in run.simulator.requests[: run.asked] if one.endpoint not in LOGINS]
    assert {request.method for request in lists} == {"GET"}
    assert all(study.requests <= 25 for study in run.suggestion.studies)


# --- ways to page --------------------------------------------------------------------------

MANY = [{"id": f"thing-{number:02}", "name": f"n{number}"} for number in range(37)]


def _cut(request: Request, after: str, size: str = "limit") -> tuple[list[dict[str, str]], str]:
    """The rows behind a cursor, and the next cursor."""
    start = int(request.query_params.get(after, "c0")[1:])
    end = start + int(request.query_params.get(size, "10"))
    return MANY[start:end], f"c{end}" if end < len(MANY) else ""


def _by_own_word(request: Request) -> Response:
    rows, resume = _cut(request, "goOnWith")
    told = {"version": "7"} | ({"goOnWith": resume} if resume else {})
    return JSONResponse({"about": told, "things": rows})


def _by_header(request: Request) -> Response:
    rows, resume = _cut(request, "continuationToken", "$top")
    return JSONResponse(
        {"value": rows}, headers={"x-ms-continuationtoken": resume} if resume else {}
    )


def _alone(request: Request) -> Response:
    key = request.query_params.get("nextKey")
    if key and len(request.query_params) > 1:
        return JSONResponse({"error": "nextKey stands for all others, leave them out"}, 400)
    start, size = map(int, (key or f"0-{request.query_params.get('limit', '10')}").split("-"))
    end = start + size
    following = {"nextKey": f"{end}-{size}"} if end < len(MANY) else {}
    return JSONResponse({"things": MANY[start:end], "total": len(MANY), **following})


def _in_steps(request: Request) -> Response:
    if int(request.query_params.get("limit", "10")) % 10:
        return JSONResponse({"error": "limit must be a multiple of 10"}, 400)
    rows, resume = _cut(request, "cursor")
    return JSONResponse({"things": rows, "cursor": resume or None})


def _below_base(request: Request) -> Response:
    rows, resume = _cut(request, "after")
    size = request.query_params.get("limit", "10")
    link = {"next": f"/things?limit={size}&after={resume}"} if resume else {}
    return JSONResponse({"data": rows, "links": link})


def _by_relation(request: Request) -> Response:
    """OpenStack's links, in a list that is called after what it lists."""
    rows, resume = _cut(request, "marker")
    links = [{"rel": "next", "href": f"/v1/things?limit={len(rows)}&marker={resume}"}]
    return JSONResponse({"things": rows, **({"things_links": links} if resume else {})})


def _telling_unknown(request: Request) -> Response:
    """It says all the names that it does not know, of which some have a known one within."""
    if unknown := sorted(set(request.query_params) - {"limit", "offset", "sort"}):
        return JSONResponse({"detail": f"Extra parameter(s) {', '.join(unknown)} not in spec"}, 400)
    start, size = (int(request.query_params.get(name, 10)) for name in ("offset", "limit"))
    start = start if "offset" in request.query_params else 0
    return JSONResponse({"things": MANY[start : start + size], "total": len(MANY)})


def _telling_one_unknown(request: Request) -> Response:
    """It says one name at a time; beside this size the position has its usual name."""
    if unknown := sorted(set(request.query_params) - {"size", "from"}):
        return JSONResponse({"reason": f"unrecognized parameter: [{unknown[0]}]"}, 400)
    start = int(request.query_params.get("from", 0))
    rows = MANY[start : start + int(request.query_params.get("size", 10))]
    return JSONResponse({"hits": rows, "total": len(MANY)})


@pytest.mark.parametrize(
    ("respond", "paging"),
    [
        (_telling_unknown, {"type": "offset", "size_param": "limit"}),
        (_telling_one_unknown, {"pagination_param": "from", "size_param": "size"}),
        (_by_own_word, {"pagination_param": "goOnWith", "cursor_path": "about.goOnWith"}),
        (_by_header, {"pagination_param": "continuationToken"}),
        (_alone, {"pagination_param": "nextKey", "cursor_alone": True}),
        (_in_steps, {"pagination_param": "cursor", "size_param": "limit"}),
        (_below_base, {"next_link_path": "links.next"}),
        (_by_relation, {"type": "next_link", "size_param": "limit"}),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
async def test_ways_to_page_are_found(respond: object, paging: dict[str, object]) -> None:
    """By what a refusal or only a cut answer has, in a header, alone, in steps, below the base."""
    http = in_process(_api(respond))
    settings = bench("http://api/v1")
    (study,) = (await suggested(settings, [Target("/things")], http)).studies
    assert not study.refusal
    assert paging.items() <= study.pagination.items()
    items, error = await walked(settings, resource_of(study), http)
    assert (len(items), error) == (len(MANY), "")


async def test_a_size_that_a_refusal_tells_needs_no_long_list() -> None:
    """Three rows become fewer by no size that is taken; what is refused says its name."""

    def few(request: Request) -> Response:
        size, page = (int(request.query_params.get(name, 50)) for name in ("page_size", "page"))
        if not 25 <= size <= 50:
            reason = {"field": "page_size", "reason": "Must be 25-50"}
            return JSONResponse({"errors": [reason]}, 400)
        if "page" in request.query_params and page > 1:
            return JSONResponse({"errors": [{"reason": "Not found"}]}, 404)
        return JSONResponse({"data": MANY[:3], "page": 1, "pages": 1})

    settings, http = bench("http://api/v1"), in_process(_api(few))
    (study,) = (await suggested(settings, [Target("/things")], http)).studies
    assert (study.size_param, study.page_size, study.requests <= 25) == ("page_size", 50, True)
    (found,) = [one for one in study.findings if one.question == "page size"]
    assert found.certain
    items, error = await walked(settings, resource_of(study), http)
    assert (len(items), error) == (3, "")


def _as_xml(request: Request) -> Response:
    rows, resume = _cut(request, "after")
    size = request.query_params.get("limit", "10")
    things = "".join(f"<thing><id>{row['id']}</id></thing>" for row in rows)
    more = f"<next>{request.url.path}?limit={size}&amp;after={resume}</next>" if resume else ""
    text = f"<?xml version='1.0'?><list><things>{things}</things>{more}</list>"
    return Response(text, media_type="application/xml")


def _as_counted_xml(request: Request) -> Response:
    """A page of one row is no list; `page` is nothing that it knows."""
    start = int(request.query_params.get("start", 0))
    rows = MANY[start : start + int(request.query_params.get("limit", 20))]
    things = "".join(f"<thing><id>{row['id']}</id></thing>" for row in rows)
    return Response(f"<list><things>{things}</things></list>", media_type="application/xml")


def _as_lines(request: Request) -> Response:
    del request
    return Response("".join(f"{json.dumps(row)}\n" for row in MANY), media_type="text/plain")


def _as_table(request: Request) -> Response:
    del request
    rows = "".join(f"{row['id']},{row['name']}\n" for row in MANY)
    return Response(f"id,name\n{rows}", media_type="text/csv")


@pytest.mark.parametrize(
    ("respond", "name", "paging"),
    [
        (_as_xml, "xml", "next_link"),
        (_as_counted_xml, "xml", "offset"),
        (_as_lines, "ndjson", "none"),
        (_as_table, "csv", "none"),
    ],
)
async def test_other_formats_are_read(respond: object, name: str, paging: str) -> None:
    """An answer that is no JSON is read as what it begins like, and written so."""
    http = in_process(_api(respond))
    settings = bench("http://api/v1")
    (study,) = (await suggested(settings, [Target("/things")], http)).studies
    assert not study.refusal
    assert (study.format, study.paging.type, study.identifier) == (name, paging, ".id")
    items, error = await walked(settings, resource_of(study), http)
    assert (len(items), error) == (len(MANY), "")


async def test_an_empty_list_is_refused_rather_than_one_object() -> None:
    """Where a list is null there is nothing to map, and no envelope becomes an entity."""
    http = in_process(_api(lambda _: JSONResponse({"kind": "ThingList", "things": None})))
    (study,) = (await suggested(bench("http://api/v1"), [Target("/things")], http)).studies
    assert "no items at the moment" in study.refusal


# --- refusals ----------------------------------------------------------------------------


def _api(respond: object) -> Starlette:
    return Starlette(routes=[Route("/v1/things", respond, methods=["GET", "POST"])])  # type: ignore[arg-type]


def _page_of_html(_: Request) -> Response:
    return HTMLResponse("<html><body>Sign in</body></html>")


def _by_range(_: Request) -> Response:
    return JSONResponse(ROWS, 206, {"Next-Range": "id 20..; max=20"})


def _unled(_: Request) -> Response:
    return JSONResponse({"things": ROWS, "total": 100})


def _refusing(_: Request) -> Response:
    return JSONResponse({"message": "no"}, 405)


def _without_body(_: Request) -> Response:
    return Response(status_code=412)


@pytest.mark.parametrize(
    ("respond", "said"),
    [
        (_page_of_html, "sign-in page"),
        (_by_range, "Range header, which this integration cannot"),
        (_unled, "nothing leads to it"),
        (_refusing, "does not answer GET"),
        (_without_body, "write the resource by hand: method: POST"),
    ],
)
async def test_what_cannot_be_read_is_refused_in_a_sentence(respond: object, said: str) -> None:
    """An API that the integration cannot read whole is not written, and the reason is told."""
    http = in_process(_api(respond))
    suggestion = await suggested(bench("http://api/v1"), [Target("/things")], http)
    assert not suggestion.written
    assert said in suggestion.studies[0].refusal


async def test_a_placeholder_without_parent_is_refused() -> None:
    """Values that no endpoint gives are asked for by the missing URL."""
    http = in_process(_api(_unled))
    suggestion = await suggested(bench("http://api/v1"), [Target("/{zone}/records")], http)
    assert "give the URL of the list of its parents" in suggestion.studies[0].refusal


# --- OpenAPI -----------------------------------------------------------------------------

PARAMETERS = """
swagger: "2.0"
basePath: /v1
paths:
  /things:
    parameters:
      - {$ref: "#/parameters/Amount"}
    get:
      parameters:
        - {name: pageish, in: query, type: integer}
        - {name: filter, in: query, type: string}
parameters:
  Amount: {name: rowsLimitish, in: query, type: integer, maximum: 40}
"""
V3 = {
    "openapi": "3.1.0",
    "paths": {
        "/things": {
            "get": {
                "parameters": [
                    {"name": "rowsLimitish", "in": "query", "schema": {"$ref": "#/x/y~1z"}},
                    {"name": "pageish", "in": "header"},
                ]
            }
        }
    },
    "x": {"y/z": {"type": "integer", "maximum": 40}},
}


@pytest.mark.parametrize(
    "text",
    [
        PARAMETERS,
        json.dumps(V3),
        pytest.param(json.dumps(V3, indent="\t"), id="tabs, which YAML does not take"),
        pytest.param(f"day: 2024-02-30\n{PARAMETERS}", id="a day that no calendar has"),
    ],
)
def test_a_document_gives_candidates(text: str) -> None:
    """JSON or YAML, 2.0 or 3.1: names for the size, and the largest one."""
    hints = Document.parse(text).hints(Target("/things"))
    assert hints.sizes == ("rowsLimitish",)
    assert hints.largest == 40


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "neither JSON nor YAML"),
        ("[" * 100_000, "neither JSON nor YAML"),
        ("paths: &a [*a]", "an alias within what it stands for"),
        ("{}", "no paths"),
        ("openapi: 4.0\npaths: {}", "4.0"),
    ],
)
def test_what_is_no_document_is_told(text: str, said: str) -> None:
    """Anything but an OpenAPI document of a known version is a wrong command."""
    with pytest.raises(UsageError, match=said):
        Document.parse(text)


# --- files -------------------------------------------------------------------------------

TOKEN = "tok-0123456789-secret"


@pytest.fixture
def github() -> Iterator[tuple[str, Simulator]]:
    """A simulator that many endpoints of which are parents of others."""
    simulator = simulate(PRODUCTS["github"])
    with serving(simulator) as url:
        yield url, simulator


def test_files_are_written_and_loaded(
    github: tuple[str, Simulator], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command writes files that the integration loads, and no token."""
    url, simulator = github
    monkeypatch.setenv("API_TOKEN", "your-token")
    arguments = ["suggest", f"{url}/user/orgs", f"{url}/orgs/{{org}}/repos"]
    options = ["--bearer-env", "API_TOKEN", "--out", str(tmp_path)]
    result = CliRunner().invoke(main, [*arguments, *options])
    assert result.exit_code == 0, result.output
    assert {request.method for request in simulator.requests} == {"GET"}
    text = (tmp_path / "port-app-config.yml").read_text()
    assert text.startswith("# yaml-language-server: $schema=")
    resources = EndpointAppConfig.parse_obj(yaml.safe_load(text)).resources
    assert [resource.kind for resource in resources] == ["/user/orgs", "/orgs/{org}/repos"]
    env = tmp_path / ".env"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    lines = [line.partition("=") for line in env.read_text().splitlines()]
    config = {key.removeprefix("OCEAN__INTEGRATION__CONFIG__").lower(): v for key, _, v in lines}
    settings = load_settings(config, environ={"API_TOKEN": "your-token"})
    assert settings.custom_headers["Authorization"] == "Bearer your-token"
    assert str(settings.base_url).rstrip("/") == url
    written = "".join(path.read_text() for path in tmp_path.iterdir())
    assert "your-token" not in written + result.output
    *_, following = result.stdout.splitlines()
    _, named = shlex.split(following.partition("Next: ")[2].partition(" preview ")[2])[1::2]
    assert named == str(tmp_path / "port-app-config.yml")


def test_settings_give_base_url_and_credentials(
    github: tuple[str, Simulator], tmp_path: Path
) -> None:
    """With --settings URLs may be paths; the credentials go into the written file alone."""
    url, _ = github
    prefix = "OCEAN__INTEGRATION__CONFIG__"
    lines = [f"{prefix}BASE_URL={url}", f"{prefix}AUTH_TYPE=bearer_token",
             f"{prefix}API_TOKEN=your-token", "OCEAN__PORT__CLIENT_ID=x"]  # fmt: skip
    (tmp_path / "given.env").write_text("\n".join(lines))
    out = tmp_path / "out"
    options = ["--settings", str(tmp_path / "given.env"), "--out", str(out)]
    result = CliRunner().invoke(main, ["suggest", "/user/orgs", *options])
    assert result.exit_code == 0, result.output
    assert f"{prefix}API_TOKEN=your-token" in (out / ".env").read_text()
    assert "your-token" not in result.output + (out / "port-app-config.yml").read_text()


def test_paging_for_all_lists_is_tried_and_not_written(tmp_path: Path) -> None:
    """What others than these lists were read by would not fit some of them; its names are tried."""

    def paged(request: Request) -> Response:
        cut, sheet = (
            int(request.query_params.get(name, n)) for name, n in (("cut", 9), ("sheet", 0))
        )
        return JSONResponse(ROWS[cut * sheet : cut * sheet + cut])

    prefix, env = "OCEAN__INTEGRATION__CONFIG__", tmp_path / "given.env"
    given = {"PAGINATION_TYPE": "page", "PAGINATION_PARAM": "sheet", "SIZE_PARAM": "cut",
             "TOTAL_PATH": "in.all", "MAX_PAGES": "7"}  # fmt: skip
    with serving(_api(paged)) as url:
        lines = [f"{prefix}{name}={value}" for name, value in given.items()]
        env.write_text("\n".join([f"{prefix}BASE_URL={url}/v1", *lines]))
        options = ["--settings", str(env), "--out", str(tmp_path / "out")]
        result = CliRunner().invoke(main, ["suggest", "/things", *options])
    assert result.exit_code == 0, result.output
    assert (
        "PAGINATION_PARAM, PAGINATION_TYPE, SIZE_PARAM, TOTAL_PATH must not be set" in result.output
    )
    assert f"preview --settings {tmp_path}/out/.env" in result.output
    written = (tmp_path / "out" / ".env").read_text()
    assert [name for name in given if name in written] == ["MAX_PAGES"]
    config = yaml.safe_load((tmp_path / "out" / "port-app-config.yml").read_text())
    paging = config["resources"][0]["selector"]["pagination"]
    assert (paging["pagination_param"], paging["size_param"]) == ("sheet", "cut")


def test_an_authority_of_the_settings_is_trusted(tmp_path: Path) -> None:
    """An API within a company is asked over the connection that the integration would make."""
    file = self_signed(tmp_path / "api.pem")
    _, _, certificate = file.read_text().partition("-----BEGIN CERTIFICATE")
    prefix, env = "OCEAN__INTEGRATION__CONFIG__", tmp_path / "given.env"
    with serving(simulate(PRODUCTS["github"]), tls=file) as url:
        lines = [f"{prefix}BASE_URL={url}", f"{prefix}AUTH_TYPE=bearer_token",
                 f"{prefix}API_TOKEN=your-token", "OCEAN__PORT__CLIENT_ID=x"]  # fmt: skip
        env.write_text("\n".join(lines))
        options = ["--settings", str(env), "--out", str(tmp_path / "out")]
        stranger = CliRunner().invoke(main, ["suggest", "/user/orgs", *options])
        pem = f"-----BEGIN CERTIFICATE{certificate}".strip()
        env.write_text("\n".join([*lines, f'{prefix}CA_CERTIFICATE="{pem}"']))
        known = CliRunner().invoke(main, ["suggest", "/user/orgs", *options])
    assert stranger.exit_code == 1
    assert "set caCertificate" in stranger.output
    assert known.exit_code == 0, known.output


def test_what_is_only_likely_is_told_at_the_end(tmp_path: Path) -> None:
    """With where it stands; titles are always likely, and shown to be no more above."""
    tens, sevens = (lambda _: JSONResponse(ROWS[:10])), (lambda _: JSONResponse(ROWS[:7]))
    routes = [Route("/v1/tens", tens), Route("/v1/sevens", sevens)]
    with serving(Starlette(routes=routes)) as url:
        urls = [f"{url}/v1/tens", f"{url}/v1/sevens"]
        result = CliRunner().invoke(main, ["suggest", *urls, "--out", str(tmp_path / "out")])
    assert "\nLikely, not proved: paging of /tens. Look at these first.\n" in result.output


def test_json_goes_to_stdout_and_refusals_end_with_1(
    github: tuple[str, Simulator], tmp_path: Path
) -> None:
    """With --json stdout is one document; a refused endpoint ends the command with 1."""
    url, _ = github
    header = f"Authorization: Bearer {TOKEN}"
    arguments = ["suggest", f"{url}/user/orgs", "--header", header, "--json"]
    result = CliRunner().invoke(main, [*arguments, "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert "401" in document["endpoints"][0]["refusal"]
    assert not (tmp_path / "out").exists()
    assert TOKEN not in result.output


def test_a_wrong_command_ends_with_2(tmp_path: Path) -> None:
    """What is wrong with the command is told without a request."""
    result = CliRunner().invoke(main, ["suggest", "no-url", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "give a URL" in result.output


async def test_comments_change_no_value() -> None:
    """The text without its comments is the mapping that was read, whatever an API's words are."""
    made = generate(3)
    http = in_process(simulate(made.product))
    suggestion = await suggested(bench("http://api/v1"), [Target(made.path)], http)
    studies = suggestion.written
    text = mapping_text(studies, "http://api")
    assert yaml.safe_load(text) == mapping(studies)
    for study in studies:
        study.note("items", "a\nb: c\r\n- d\u2028e", "# f: {")
    assert yaml.safe_load(mapping_text(studies, "h\nost: x")) == mapping(studies)


@given(st.text(), st.text())
def test_no_text_of_an_api_leaves_its_comment(answer: str, proof: str) -> None:
    """A comment is one line, whatever stands in it."""
    study = Study(Target("/x"), "x", identifier=".id", title=".id")
    study.note("identifier", answer, proof)
    assert yaml.safe_load(mapping_text([study], "h")) == mapping([study])


# --- examples in the place of placeholders -----------------------------------------------

TEAMS = [{"id": f"team-{number:03}", "name": f"Team {number}"} for number in range(6)]


def _teams(_: Request) -> Response:
    return JSONResponse(TEAMS)


def _members(request: Request) -> Response:
    team = request.path_params.get("team") or request.query_params.get("team_id")
    if team not in {one["id"] for one in TEAMS}:
        return JSONResponse({"message": "no such team"}, 404)
    return JSONResponse([{"id": f"{team}-{number}", "name": f"M {number}"} for number in range(3)])


@pytest.mark.parametrize(
    "given_as",
    [
        Target("/teams/{team}/members"),
        Target("/teams/team-002/members"),
        Target("/members", (("team_id", "{team}"),)),
        Target("/members", (("team_id", "team-002"),)),
    ],
)
async def test_an_example_is_taken_for_a_placeholder(given_as: Target) -> None:
    """A segment or parameter that is a value of a list is asked for every item of that list."""
    routes = [
        Route("/v1/teams", _teams),
        Route("/v1/teams/{team}/members", _members),
        Route("/v1/members", _members),
    ]
    http = in_process(Starlette(routes=routes))
    settings = bench("http://api/v1")
    suggestion = await suggested(settings, [Target("/teams"), given_as], http)
    assert not suggestion.refused, [study.refusal for study in suggestion.refused]
    members = next(study for study in suggestion.written if study.parents)
    items, error = await walked(settings, resource_of(members), http)
    assert (len(items), error) == (18, "")
    assert [relation.target.target.path for relation in members.relations] == ["/teams"]


REPOS = [{"id": f"r{n}", "owner": f"owner-{n}", "repo": f"repo-{n}"} for n in range(1, 5)]


def _repos(_: Request) -> Response:
    return JSONResponse(REPOS)


def _pulls(request: Request) -> Response:
    owner, repo = request.path_params["owner"], request.path_params["repo"]
    if not any((one["owner"], one["repo"]) == (owner, repo) for one in REPOS):
        return JSONResponse({"message": "no such repository"}, 403)
    return JSONResponse([{"id": f"{repo}-{n}", "text": "hello"} for n in range(3)])


async def test_placeholders_of_one_parent_go_in_step() -> None:
    """Both values come from the same row, when suggesting as in a resync."""
    routes = [Route("/v1/repos", _repos), Route("/v1/repos/{owner}/{repo}/pulls", _pulls)]
    asked: list[str] = []
    app = Starlette(routes=routes)

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await app(scope, receive, send)

    http = in_process(watched)
    targets = [Target("/repos"), Target("/repos/{owner}/{repo}/pulls")]
    suggestion = await suggested(bench("http://api/v1"), targets, http)

    assert not suggestion.refused, [study.refusal for study in suggestion.refused]
    pulls = next(study for study in suggestion.written if study.parents)
    items, error = await walked(bench("http://api/v1"), resource_of(pulls), http)
    assert (len(items), error) == (12, "")
    numbers = [re.findall(r"(?:owner|repo)-(\d)", path) for path in asked]
    assert all(len(set(one)) <= 1 for one in numbers), asked
    found = [one.answer for one in pulls.findings if one.question == "relation"]
    assert found == ["repo → /repos"]


PROJECTS = [
    {
        "id": n,
        "name": f"P {n}",
        "archived": n % 3 == 0,
        "repository": {"url": f"https://git.example.com/{n}"} if n % 4 else None,
        "members": n % 5,
        "topics": ["a"] if n % 7 else [],
        "state": "locked" if n == 11 else "open",
    }
    for n in range(1, 13)
]


@pytest.mark.parametrize(
    ("refused", "status", "said"),
    [
        pytest.param({3, 6, 9, 12}, 403, {"filter": ".archived | not"}, id="a boolean"),
        pytest.param({11}, 400, {"filter": '.state != "locked"'}, id="a word, once"),
        pytest.param(
            {4, 8, 12}, 404, {"filter": "(.repository.url | length) > 0"}, id="nothing there"
        ),
        pytest.param({5, 10}, 404, {"filter": "(.members // 0) != 0"}, id="none of them"),
        pytest.param({7}, 404, {"empty_statuses": [404]}, id="an empty list, once: by chance"),
        pytest.param({1, 2}, 404, {"empty_statuses": [404]}, id="nothing tells them apart"),
        pytest.param({4, 8}, 409, {"empty_statuses": [409]}, id="one that should is not refused"),
    ],
)
async def test_refused_children_are_left_out(
    refused: set[int], status: int, said: dict[str, object]
) -> None:
    """A field of the parents that tells whose children are refused is the filter, else a status."""

    def builds_of(request: Request) -> Response:
        name = request.path_params["project"]
        project = int(name) if name.isdigit() else 1
        if project in refused:
            return JSONResponse({"message": "not here"}, status)
        return JSONResponse([{"id": 100 * project + n, "state": "ok"} for n in range(4)])

    routes = [
        Route("/v1/projects", lambda _: JSONResponse(PROJECTS)),
        Route("/v1/projects/{project}/builds", builds_of),
    ]
    http = in_process(Starlette(routes=routes))
    settings = bench("http://api/v1")
    targets = [Target("/projects"), Target("/projects/{project}/builds")]
    suggestion = await suggested(settings, targets, http)
    builds = suggestion.written[-1]
    written = mapping([builds])["resources"][0]["selector"]
    written |= written["path_parameters"]["project"]
    assert said.items() <= written.items()
    _, error = await walked(settings, resource_of(builds), http)
    assert error == ""


async def test_what_a_parent_leaves_out_its_children_leave_out() -> None:
    """A list that is read for its children is read for no more parents than for itself."""

    def builds_of(request: Request) -> Response:
        project = request.path_params["project"]
        if project in {"3", "6", "9", "12"}:
            return JSONResponse({"message": "archived"}, 403)
        return JSONResponse([{"id": f"build-{project}-{n}"} for n in range(3)])

    def steps_of(request: Request) -> Response:
        build = request.path_params["build"]
        return JSONResponse([{"id": f"{build}-step-{n}"} for n in range(2)])

    paths = ["/projects", "/projects/{project}/builds", "/projects/{project}/builds/{build}/steps"]
    answers = [lambda _: JSONResponse(PROJECTS), builds_of, steps_of]
    routes = [Route(f"/v1{path}", answer) for path, answer in zip(paths, answers, strict=True)]
    settings, http = bench("http://api/v1"), in_process(Starlette(routes=routes))
    suggestion = await suggested(settings, [Target(path) for path in paths], http)
    items, error = await walked(settings, resource_of(suggestion.written[-1]), http)
    assert (len(items), error) == (8 * 3 * 2, "")


def test_the_measure_says_what_it_is_for() -> None:
    """The script has a --help; a product that there is not ends with 2, before any request."""
    told = CliRunner().invoke(measure, ["--help"])
    assert (told.exit_code, "suggest is right" in " ".join(told.output.split())) == (0, True)
    assert CliRunner().invoke(measure, ["no-such-product"]).exit_code == 2
