"""The catalog's page: over real HTTP, and in a real Chromium where one is installed."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.layout import ROOT
from workbench.catalog import create_app
from workbench.serve import serving
from workbench.store import CatalogStore
from workbench.store.browsing import PAGE_SIZE, Key
from workbench.store.model import Author, EntityBody, JsonObject, KindStatus, WriteOptions
from workbench.store.observations import RawItem, RecordedExchange


def _chromium() -> str | None:
    """The path of the Chromium to drive, None where none is installed."""
    found = subprocess.run(
        [ROOT / "scripts" / "find-chromium"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None


CHROMIUM = _chromium()
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium is installed; `make browser` installs it"
)

WRITING = WriteOptions(upsert=True, merge=True, create_missing=True)
AUTHOR = Author("port-ocean/custom/1.0.0/mine/exporter", "resync-1")
TEAM: JsonObject = {
    "identifier": "team",
    "title": "Team",
    "schema": {"properties": {"mail": {"type": "string", "format": "email"}}, "required": []},
}
SERVICE: JsonObject = {
    "identifier": "service",
    "title": "Service",
    "schema": {
        "properties": {
            "language": {"type": "string", "enum": ["go", "python"]},
            "phone": {"type": "string"},
            "tags": {"type": "array"},
        },
        "required": [],
    },
    "relations": {"owner": {"target": "team"}, "friends": {"target": "team", "many": True}},
}
MAPPING: JsonObject = {
    "resources": [
        {
            "kind": "/services",
            "port": {
                "entity": {
                    "mappings": {
                        "identifier": ".id | tostring",
                        "title": ".name",
                        "blueprint": '"service"',
                        "properties": {"language": ".lang", "phone": ".phnoe", "tags": ".tags[]"},
                        "relations": {"owner": ".owner.team"},
                    }
                }
            },
        }
    ]
}
SERVICES = 120
HOSTILE = "a/b?c=d&e=\"f\" 'g' <img src=x onerror=alert(1)> ü #1 ..%2f"
VIEWS = [
    pytest.param("/", id="blueprints"),
    pytest.param("/entities", id="all entities"),
    pytest.param("/entities?blueprint=service", id="entities of a blueprint"),
    pytest.param("/entities?q=nothing+like+this", id="nothing found"),
    pytest.param("/entity?blueprint=service&identifier=007", id="an entity"),
    pytest.param("/entity?blueprint=team&identifier=core", id="an entity without a raw item"),
    pytest.param("/resyncs", id="resyncs"),
    pytest.param("/requests", id="requests"),
    pytest.param("/jq?blueprint=service&identifier=007&program=.name", id="jq"),
    pytest.param("/nothing", id="no such page"),
]


def fill(store: CatalogStore) -> None:
    """A catalog as a preview leaves it."""
    store.create_blueprint(TEAM)
    store.create_blueprint(SERVICE)
    store.create_integration({"installationId": "mine", "config": MAPPING})
    store.upsert("team", EntityBody("core", title="Core"), WRITING, AUTHOR)
    services = [
        EntityBody(
            f"{number:03}",
            title=f"Service {number}",
            properties={"language": "go", "phone": None, "tags": ["x", "y"]},
            relations={"owner": "core"},
        )
        for number in range(SERVICES)
    ]
    store.upsert_many("service", services, WRITING, AUTHOR)
    hostile = EntityBody(HOSTILE, title="<b>Bold</b>", properties={"phone": "</script><b>"})
    store.upsert("service", hostile, WRITING, AUTHOR)
    raw = {"id": "007", "name": "Service 7", "lang": "go", "tags": "x", "big": 2**60}
    failures: JsonObject = {"properties.tags": "Cannot iterate over string"}
    store.put_raw_items([RawItem("service", "007", "/services", 0, raw, failures)])
    for number in range(130):
        store.add_exchange(
            RecordedExchange(
                "resync-1",
                "/services" if number else "",
                "page" if number else "login",
                "GET",
                f"http://127.0.0.1:1/services?page={number}",
                {5: 503, 6: None}.get(number, 200),
                2048,
                0.25,
                2 if number == 7 else 1,
            )
        )
    counts = {"extract": {"object_count_type": {"raw_extracted": {"object_count": 121}}}}
    store.put_kind_status(
        KindStatus("resync-1", "/services", 0, '"service"', "failed", {"phase": counts})
    )
    about = {"event_id": "resync-1", "resource_kind": "/services"}
    store.add_logs([{"level": "ERROR", "message": "page 3 was empty", "extra": about}])


@pytest.fixture(scope="module")
def store() -> Iterator[CatalogStore]:
    """A filled catalog, which no test changes."""
    with CatalogStore() as store:
        fill(store)
        yield store


@pytest.fixture(scope="module")
def url(store: CatalogStore) -> Iterator[str]:
    """Where the catalog is served."""
    with serving(create_app(store)) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    """A client that is no browser."""
    with httpx.Client(base_url=url) as client:
        yield client


# What is shown


def test_an_entity_stands_beside_its_raw_item_and_the_jq(client: httpx.Client) -> None:
    """Every value has its expression; one that failed says why, one that is null stands out."""
    shown = client.get("/entity", params={"blueprint": "service", "identifier": "007"}).text

    assert "&#34;lang&#34;: &#34;go&#34;" in shown
    assert "<code>.lang</code>" in shown
    assert "<code>.phnoe</code>" in shown
    assert "Cannot iterate over string" in shown
    assert len(re.findall('<tr class="doubtful">', shown)) == 2
    assert "/entity?blueprint=team&amp;identifier=core" in shown


def test_an_entity_shows_what_is_related_to_it(client: httpx.Client) -> None:
    """The first hundred are there, and it says that there are more."""
    shown = client.get("/entity", params={"blueprint": "team", "identifier": "core"}).text

    assert "100+" in shown
    assert shown.count("/entity?blueprint=service&amp;identifier=") == 100


def test_resyncs_say_what_went_wrong(client: httpx.Client) -> None:
    """A kind's numbers, its state and the errors of its log."""
    shown = client.get("/resyncs").text

    assert '<td class="right">121</td>' in shown
    assert "page 3 was empty" in shown
    assert "failed" in shown


@pytest.mark.parametrize(
    ("query", "count"),
    [
        pytest.param({"status": "5xx"}, 1, id="status"),
        pytest.param({"status": "no answer"}, 1, id="no answer"),
        pytest.param({"status": "repeated"}, 1, id="repeated"),
        pytest.param({"kind": "/services", "status": "2xx"}, 100, id="first page of a kind"),
        pytest.param({"kind": "/services", "after": "31"}, 29, id="its second page"),
        pytest.param({"kind": "/other"}, 0, id="another kind"),
        pytest.param({"after": "no number"}, 100, id="nonsense"),
    ],
)
def test_requests_are_chosen_by_kind_and_status(
    client: httpx.Client, query: dict[str, str], count: int
) -> None:
    """Each row is one request to the API."""
    shown = client.get("/requests", params=query).text

    assert shown.count("http://127.0.0.1:1/services?page=") == count


@pytest.mark.parametrize("text", [pytest.param("", id="all"), pytest.param("serVICE 1", id="some")])
def test_pages_there_and_back_show_every_entity_once(store: CatalogStore, text: str) -> None:
    """The next pages to the end, and the previous ones to the beginning, are the whole list."""
    everything = [
        (one.blueprint, one.identifier)
        for one in store.entities()
        if text.lower() in (one.title or "").lower()
    ]

    def walk(step: Callable[[Key | None], tuple[list[Key], bool]]) -> list[list[Key]]:
        pages, key, more = [], None, True
        while more:
            page, more = step(key)
            pages.append(page)
            key = page[-1]
        return pages

    def onwards(key: Key | None) -> tuple[list[Key], bool]:
        page = store.page(text=text, after=key)
        return [(one.blueprint, one.identifier) for one in page.entities], page.has_after

    def backwards(key: Key | None) -> tuple[list[Key], bool]:
        page = store.page(text=text, before=key or ("zzz", ""))
        return [(one.blueprint, one.identifier) for one in page.entities][::-1], page.has_before

    there, back = walk(onwards), walk(backwards)
    assert [key for page in there for key in page] == everything
    assert [key for page in back for key in page] == everything[::-1]
    assert {len(page) for page in there[:-1]} <= {PAGE_SIZE}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("core", 1 + SERVICES, id="identifiers in relations too"),
        pytest.param("%", 1, id="a percent sign is none in SQL"),
        pytest.param("007", 1, id="an identifier"),
        pytest.param("_", 0, id="an underscore neither"),
        pytest.param('"f"', 1, id="quotes"),
        pytest.param("ü", 1, id="letters beyond ASCII"),
        pytest.param("</script>", 1, id="a property"),
    ],
)
def test_a_search_takes_the_text_as_it_is(store: CatalogStore, text: str, found: int) -> None:
    """No sign in it has a meaning of its own."""
    page = store.page(text=text)

    assert (len(page.entities), page.has_after) == (min(found, PAGE_SIZE), found > PAGE_SIZE)


# Others


@pytest.mark.parametrize("path", ["/", "/entities", "/static/page.css", "/v1/blueprints"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8082", "127.0.0.1.evil.example"])
def test_a_rebound_name_is_refused(client: httpx.Client, path: str, host: str) -> None:
    """A name of somebody else's that leads here gets nothing, from the page and from the API."""
    assert client.get(path, headers={"host": host}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        pytest.param("POST", "/jq", {"sec-fetch-site": "cross-site"}, 403, id="a form elsewhere"),
        pytest.param("POST", "/jq", {"origin": "http://evil.example"}, 403, id="an old browser"),
        pytest.param("POST", "/jq", {"origin": "null"}, 403, id="a sandboxed frame"),
        pytest.param("POST", "/jq", {"origin": "http://127.0.0.1:1"}, 403, id="another port"),
        pytest.param(
            "POST", "/v1/auth/access_token", {"sec-fetch-site": "same-site"}, 403, id="a login"
        ),
        pytest.param(
            "GET",
            "/entities?q=a",
            {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
            403,
            id="a search that is timed",
        ),
        pytest.param(
            "GET",
            "/entities",
            {
                "sec-fetch-site": "cross-site",
                "sec-fetch-mode": "navigate",
                "sec-fetch-dest": "iframe",
            },
            403,
            id="a frame",
        ),
        pytest.param(
            "GET",
            "/entities",
            {
                "sec-fetch-site": "cross-site",
                "sec-fetch-mode": "navigate",
                "sec-fetch-dest": "document",
            },
            200,
            id="a link",
        ),
    ],
)
def test_pages_of_other_origins_get_nothing(
    client: httpx.Client, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """What a browser sends for a page elsewhere is refused, but for links that a person follows."""
    assert client.request(method, path, headers=headers).status_code == status


@pytest.mark.parametrize("path", VIEWS)
def test_a_view_needs_nothing_from_elsewhere(client: httpx.Client, path: str) -> None:
    """Every source is this server, and the browser is told to take no other."""
    answer = client.get(path, headers={"accept": "text/html"})

    sources = re.findall(r'(?:src|href|action)="([^"]*)"', answer.text)
    assert sources
    assert all(source.startswith(("/", "#")) and source[:2] != "//" for source in sources)
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_browsers_mistake_is_not_oceans(store: CatalogStore, client: httpx.Client) -> None:
    """A page that is not there is no route that Ocean misses."""
    answer = client.get("/favicon.ico", headers={"sec-fetch-mode": "no-cors"})

    assert answer.status_code == 404
    assert "GET /favicon.ico" not in store.unknown_requests()


def test_nothing_of_an_entity_is_markup(client: httpx.Client) -> None:
    """Identifiers, titles and values are shown as they are."""
    shown = client.get("/entity", params={"blueprint": "service", "identifier": HOSTILE}).text
    listed = client.get("/entities", params={"blueprint": "service", "q": "<b>"}).text

    assert "<img src=x" not in shown
    assert "<b>" not in shown + listed
    assert "&lt;b&gt;Bold" in listed


# jq


@pytest.mark.parametrize(
    ("program", "value", "shown"),
    [
        pytest.param(".a", '{"a": "found"}', "&#34;found&#34;", id="an output"),
        pytest.param(".a", '{"a": 1152921504606846977}', "1152921504606846977", id="exact"),
        pytest.param("empty", "{}", "No output", id="none"),
        pytest.param(".[]", "[1, 2]", "2 outputs; a mapping takes the first", id="several"),
        pytest.param("env, $ENV", "{}", "{}", id="no environment"),
        pytest.param(".a |", "{}", "syntax error", id="no program"),
        pytest.param(".a.b", '{"a": "x"}', "Cannot index string", id="a failure"),
        pytest.param("'x'", "{}", "&#34;x&#34;", id="single quotes, as Ocean takes them"),
        pytest.param("input", "{}", "not for mappings", id="not for mappings"),
        pytest.param(".", "{", "The item is no JSON", id="no JSON"),
    ],
)
def test_jq_runs_as_in_a_mapping(
    client: httpx.Client, program: str, value: str, shown: str
) -> None:
    """The outputs, or jq's own words."""
    answer = client.post("/jq", data={"program": program, "value": value})

    assert answer.status_code == 200
    assert shown in answer.text


def test_jq_is_for_items_not_for_dumps(client: httpx.Client) -> None:
    """More than a few megabytes are refused before they are read."""
    assert client.post("/jq", data={"value": "1" * 5_000_000}).status_code == 413


# Size


class Counting(CatalogStore):
    """A catalog that counts the steps of SQLite's machine, a hundred at a time."""

    def add_services(self, first: int, last: int) -> None:
        """Put plain services into the table, quicker than by way of Port's rules."""
        with self._transaction():
            self._connection.executemany(
                "INSERT INTO entities VALUES ('service', ?, ?, NULL, 'null', ?, ?, ?, 'r', '', '')",
                (
                    (
                        f"service-{number:06}",
                        f"Service number {number}",
                        json.dumps({"language": "go", "phone": f"+49 {number}" * 12, "tags": []}),
                        json.dumps({"owner": f"team-{number % 1000}"}),
                        AUTHOR.datasource,
                    )
                    for number in range(first, last)
                ),
            )

    def steps(self, call: Callable[[], object]) -> int:
        """How many hundreds of steps a call takes."""
        count = 0

        def more() -> int:
            nonlocal count
            count += 1
            return 0

        self._connection.set_progress_handler(more, 100)
        try:
            call()
        finally:
            self._connection.set_progress_handler(None, 0)
        return count


def test_a_page_deep_in_a_list_costs_what_the_first_costs() -> None:
    """However many entities there are, a page is found by its key."""
    with Counting() as store:
        store.create_blueprint(TEAM)
        store.create_blueprint(SERVICE)

        def cost() -> int:
            return store.steps(lambda: store.page(blueprint="service", after=middle)) + store.steps(
                lambda: store.page(before=middle)
            )

        middle = ("service", "service-000100")
        store.add_services(0, 200)
        small = cost()
        store.add_services(200, 6000)
        middle = ("service", "service-003000")
        assert cost() <= small + 2


@pytest.mark.exhaustive
def test_no_view_of_a_hundred_thousand_entities_takes_a_fifth_of_a_second() -> None:
    """CPU time of client and server together, the best of three; the search finds nothing."""
    paths = [
        "/",
        "/entities",
        "/entities?blueprint=service&after=service&after=service-090000",
        "/entities?blueprint=service&before=service&before=service-090000",
        "/entities?q=nothing+like+this",
        "/entities?q=number+99999",
        "/entity?blueprint=service&identifier=service-050000",
        "/entity?blueprint=team&identifier=team-7",
        "/resyncs",
        "/requests",
    ]
    with Counting() as store:
        fill(store)
        store.upsert("team", EntityBody("team-7"), WRITING, AUTHOR)
        store.add_services(0, 100_000)
        with serving(create_app(store)) as url, httpx.Client(base_url=url) as client:
            assert {path: _seconds(client, path) < 0.2 for path in paths} == dict.fromkeys(
                paths, True
            )


def _seconds(client: httpx.Client, path: str) -> float:
    times = []
    for _ in range(3):
        begun = time.process_time()
        assert client.get(path).status_code == 200
        times.append(time.process_time() - begun)
    return min(times)


# In Chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """A tab at the beginning; it asked no other host, and the console stayed silent."""
    said: list[str] = []
    asked: set[str] = set()
    page = browser.new_page(base_url=url, viewport=ViewportSize(width=1280, height=800))
    page.set_default_timeout(10_000)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.add(str(httpx.URL(request.url).netloc)))
    page.goto("/")
    yield page
    page.close()
    assert said == []
    assert len(asked) == 1


@needs_chromium
@pytest.mark.browser
def test_a_way_through_the_page_by_clicks(page: Page) -> None:
    """From a blueprint to an entity, along a relation and back, to jq on its raw item."""
    page.get_by_role("main").get_by_role("link", name="Service", exact=True).click()
    expect(page.get_by_role("row")).to_have_count(1 + PAGE_SIZE)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="Service 50", exact=True)).to_be_visible()
    page.get_by_role("link", name="Previous").click()
    page.get_by_role("link", name="Service 7", exact=True).click()
    expect(page.get_by_role("heading", name="Raw item")).to_be_visible()
    page.get_by_role("link", name="Core").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Core")
    page.go_back()
    page.get_by_role("link", name=".phnoe").click()
    expect(page.get_by_label("Program")).to_have_value(".phnoe")
    page.get_by_label("Program").fill(".name")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("status")).to_have_text('"Service 7"')


@needs_chromium
@pytest.mark.browser
def test_requests_are_filtered_by_clicks(page: Page) -> None:
    """What failed is found by its status."""
    page.get_by_role("link", name="Requests").click()
    page.get_by_label("Status").select_option("5xx")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="Resyncs").click()
    expect(page.get_by_text("page 3 was empty")).to_be_visible()


@needs_chromium
@pytest.mark.browser
def test_a_way_through_the_page_by_keys(page: Page) -> None:
    """Search, pages, rows, opening and the list of keys need no mouse."""
    keyboard, keys = page.keyboard, page.get_by_role("button", name="Keys")
    keyboard.press("/")
    keyboard.type("service 1")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("All entities")
    expect(keys).to_be_visible()
    keyboard.press("j")
    keyboard.press("j")
    keyboard.press("k")
    expect(page.get_by_role("link", name="Service 1", exact=True)).to_be_focused()
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Service 1")
    page.goto("/entities?blueprint=service")
    keyboard.press("]")
    expect(page.get_by_role("link", name="Service 50", exact=True)).to_be_visible()
    expect(keys).to_be_visible()  # the script has run
    keyboard.press("[")
    expect(page.get_by_role("link", name="Service 0", exact=True)).to_be_visible()
    expect(keys).to_be_visible()
    keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


@needs_chromium
@pytest.mark.browser
def test_everything_is_reached_with_the_tab_key(page: Page) -> None:
    """The first stop skips to the content, and each one that follows can be seen."""
    page.goto("/entities?blueprint=service&q=service+11")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    names = []
    for _ in range(6):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent.trim()"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", names
    assert "Service 11" in names


@needs_chromium
@pytest.mark.browser
def test_jq_runs_while_one_types(page: Page) -> None:
    """The result follows the program, and an error is told."""
    page.goto("/jq?blueprint=service&identifier=007")
    page.get_by_label("Program").press("End")
    page.get_by_label("Program").press_sequentially(" | .big")
    expect(page.get_by_role("status")).to_have_text("1152921504606846976")
    page.get_by_label("Program").fill(".lang |")
    expect(page.get_by_role("status")).to_contain_text("syntax error")


@needs_chromium
@pytest.mark.browser
def test_the_page_works_without_scripts(browser: Browser, url: str) -> None:
    """Search, pages and jq are plain links and forms."""
    with browser.new_context(java_script_enabled=False, base_url=url) as context:
        page = context.new_page()
        page.goto("/")
        page.get_by_label("Search all entities").fill("Service")
        page.get_by_label("Search all entities").press("Enter")
        page.get_by_role("link", name="Next").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("All entities")
        page.goto("/jq")
        page.get_by_label("Program").fill("1 + 1")
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_role("status")).to_have_text("2")


@needs_chromium
@pytest.mark.browser
def test_markup_in_an_entity_does_not_run(page: Page) -> None:
    """An identifier that is markup is followed like any other."""
    page.goto("/entities?blueprint=service&q=onerror")
    page.get_by_role("link", name="<b>Bold</b>").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("<b>Bold</b>")
    assert page.evaluate("document.images.length") == 1


@needs_chromium
@pytest.mark.browser
@pytest.mark.parametrize(
    ("scheme", "paths"),
    [
        pytest.param("light", VIEWS[4:5], id="an entity, light"),
        pytest.param("dark", VIEWS[2:3], id="entities, dark", marks=pytest.mark.exhaustive),
        pytest.param("light", VIEWS, id="every view, light", marks=pytest.mark.exhaustive),
        pytest.param("dark", VIEWS, id="every view, dark", marks=pytest.mark.exhaustive),
    ],
)
def test_no_view_breaks_a_rule_of_accessibility(
    browser: Browser, url: str, scheme: Literal["light", "dark"], paths: list[Any]
) -> None:
    """The rules of axe find nothing; on the way through all views the list of keys is open too."""
    page = browser.new_page(base_url=url, color_scheme=scheme)
    found: dict[str, Any] = {}
    for view in paths:
        page.goto(view.values[0])
        found[view.values[0]] = _violations(page)
    if paths is VIEWS:
        page.keyboard.press("?")
        found["keys"] = _violations(page)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.close()
    assert {path: faults for path, faults in found.items() if faults} == {}
    assert (sum(map(int, re.findall(r"\d+", ground))) > 3 * 128) is (scheme == "light")


def _violations(page: Page) -> list[tuple[str, list[str]]]:
    faults = Axe().run(page).response["violations"]
    return [(fault["id"], [node["html"][:120] for node in fault["nodes"][:3]]) for fault in faults]
