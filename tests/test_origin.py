"""Nothing is ever sent outside the base URL's origin, by whatever road an API leads there.

`elsewhere` is a second server that counts even bare connections. It is named by another port
of the same host, and by another host (`localhost` beside `127.0.0.1`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from tests.fault_api import Answer, FaultApi, Reply, Request, answer, redirect
from tests.resync import Installation, Outcome, Seeds, resource

TOKEN = "token-for-the-api-only"
REDIRECTS = (301, 302, 303, 307, 308)


@pytest.fixture
async def elsewhere() -> AsyncIterator[FaultApi]:
    """A server of somebody else, that would answer and lead a walk to its end."""
    async with FaultApi() as server:
        for path in ("/items", "/login", "/steal/items", "//steal/items"):
            server.serve(path, answer({"items": [{"id": "stolen"}], "token": "stolen"}))
        yield server


@pytest.fixture
async def synced(api: FaultApi, installation: Installation, seeds: Seeds) -> Installation:
    """An installation that has synced two pages of one item each."""

    def items(request: Request) -> Reply:
        if request.param("page") == "2":
            return answer({"items": [{"id": 2}]})
        return answer({"items": [{"id": 1}], "next": "/items?page=2"})

    api.serve("/items", items)
    installation.settings |= {
        "auth_type": "bearer_token",
        "api_token": TOKEN,
        "custom_headers": {"X-Tenant-Key": "also-for-the-api-only"},
        "pagination_type": "next_link",
    }
    installation.mapping = [resource("/items", data_path=".items")]
    await seeds.sow("two pages", installation)
    api.heal()
    return installation


def assert_refused(outcome: Outcome, elsewhere: FaultApi) -> None:
    """Nothing arrived elsewhere, and nothing was deleted here."""
    assert elsewhere.connections == 0, elsewhere.requests
    assert not outcome.complete
    assert outcome.deleted == set()
    assert {"item/1", "item/2"} <= outcome.entities


# Ways to write a URL that leads elsewhere; {e} is the other server, {a} the API itself.
SPELLINGS = {
    "port": "http://127.0.0.1:{e}/items",
    "host": "http://localhost:{e}/items",
    "host-at-the-port-of-the-api": "http://localhost:{a}/items?page=2",
    "https": "https://127.0.0.1:{e}/items",
    "no-scheme": "//127.0.0.1:{e}/items",
    "upper-case": "HTTP://LOCALHOST:{e}/items",
    "user": "http://me:pw@127.0.0.1:{e}/items",
    "user-that-looks-like-the-api": "http://127.0.0.1:{a}@127.0.0.1:{e}/items",
    "user-at-the-api": "http://me:pw@127.0.0.1:{a}/items?page=2",
    "backslashes": "\\\\127.0.0.1:{e}\\items",
    "backslash-for-the-second": "/\\127.0.0.1:{e}/items",
    "scheme-and-backslashes": "http:\\\\127.0.0.1:{e}/items",
    "backslash-before-the-user": "http://127.0.0.1:{e}\\@127.0.0.1:{a}/items?page=2",
    "three-slashes": "http:///127.0.0.1:{e}/items",
    "space-in-front": " http://127.0.0.1:{e}/items",
    "tab-inside": "ht\ttp://127.0.0.1:{e}/items",
    "line-break": "/items?page=2\r\nHost: 127.0.0.1:{e}",
    "fragment": "http://127.0.0.1:{e}#@127.0.0.1:{a}/items",
    "number": "http://2130706433:{e}/items",
    "short-address": "http://127.1:{e}/items",
    "mapped-address": "http://[::ffff:127.0.0.1]:{e}/items",
    "trailing-dot": "http://localhost.:{e}/items",
    "full-width": "http://\uff11\uff12\uff17.0.0.1:{e}/items",
    "other-scheme": "ftp://127.0.0.1:{e}/items",
    "file": "file:///etc/hostname",
}


@pytest.fixture(params=[pytest.param(spelling, id=name) for name, spelling in SPELLINGS.items()])
def link(request: pytest.FixtureRequest, api: FaultApi, elsewhere: FaultApi) -> str:
    """A link that leads elsewhere."""
    spelling = request.param
    assert isinstance(spelling, str)
    return spelling.format(e=elsewhere.port, a=api.port)


async def test_a_next_link_elsewhere_is_not_followed(
    api: FaultApi, elsewhere: FaultApi, synced: Installation, link: str
) -> None:
    """However a next link spells another origin, it is refused."""
    api.serve("/items", answer({"items": [{"id": 1}], "next": link}))

    outcome = await synced.resync()

    assert_refused(outcome, elsewhere)


@pytest.mark.parametrize(
    "link",
    [
        # A redirect is read as a link is: see the test before, which has every spelling.
        pytest.param(spelling, id=name, marks=pytest.mark.exhaustive if number % 3 else ())
        for number, (name, spelling) in enumerate(SPELLINGS.items())
    ],
    indirect=True,
)
async def test_a_redirect_elsewhere_is_not_followed(
    api: FaultApi, elsewhere: FaultApi, synced: Installation, link: str
) -> None:
    """However a redirect spells another origin, it is refused."""
    api.serve("/items", redirect(link.partition("\r")[0]))  # a line break would end the header
    api.fail("/items", answer({}, 404), when=lambda request: request.param("page") == "2")

    outcome = await synced.resync()

    assert_refused(outcome, elsewhere)


@pytest.mark.parametrize("place", ["link", "redirect"])
async def test_a_key_in_the_query_stays_here(
    api: FaultApi, elsewhere: FaultApi, synced: Installation, place: str
) -> None:
    """The key is no part of a URL before the URL is admitted, whatever the API repeats."""
    synced.settings |= {"auth_type": "api_key", "api_key": TOKEN, "api_key_param": "key"}
    url = f"{elsewhere.url}/items?key={TOKEN}"
    api.serve(
        "/items",
        redirect(url) if place == "redirect" else answer({"items": [{"id": 1}], "next": url}),
    )

    outcome = await synced.resync()

    assert_refused(outcome, elsewhere)
    assert [request.query for request in api.requests] == [(("key", TOKEN),)]
    assert TOKEN not in outcome.message + outcome.log


@pytest.mark.parametrize("name", ["port", "host", "no-scheme", "user", "backslashes"])
async def test_a_link_header_elsewhere_is_not_followed(
    api: FaultApi, elsewhere: FaultApi, synced: Installation, name: str
) -> None:
    """The same goes for the Link header."""
    link = SPELLINGS[name].format(e=elsewhere.port, a=api.port)
    synced.settings["pagination_type"] = "header_link"
    api.serve("/items", answer({"items": [{"id": 1}]}, Link=f'<{link}>; rel="next"'))

    outcome = await synced.resync()

    assert_refused(outcome, elsewhere)


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("place", ["first", "later", "second-hop"])
async def test_no_kind_of_redirect_leads_elsewhere(
    api: FaultApi, elsewhere: FaultApi, synced: Installation, status: int, place: str
) -> None:
    """Permanent or not, on the first page, a later one or after another redirect: refused."""
    away = redirect(f"{elsewhere.url}/items", status)
    api.serve("/hop", away)
    match place:
        case "first":
            api.fail("/items", away)
        case "later":
            api.fail("/items", away, when=lambda request: request.param("page") == "2")
        case _:
            api.fail("/items", redirect("/hop", status))

    outcome = await synced.resync()

    assert_refused(outcome, elsewhere)
    assert "allowedHosts" in outcome.message
    assert f"{elsewhere.port}" in outcome.message


@pytest.mark.parametrize("status", REDIRECTS)
async def test_a_child_is_not_redirected_elsewhere(
    api: FaultApi, elsewhere: FaultApi, synced: Installation, status: int
) -> None:
    """A redirect on one child fails that child; its siblings are synced."""
    api.serve("/items/{}/notes", lambda request: answer([{"id": f"n{request.values[0]}"}]))
    api.serve("/items/1/notes", redirect(f"{elsewhere.url}/items", status))
    parameter = {"endpoint": "/items", "data_path": ".items", "field": ".id"}
    synced.mapping.append(
        resource("/items/{item}/notes", "child", path_parameters={"item": parameter})
    )

    outcome = await synced.resync()

    assert_refused(outcome, elsewhere)
    assert "child/n2" in outcome.entities
    assert "/items/1/notes" in outcome.message


@pytest.mark.parametrize("status", REDIRECTS)
async def test_a_login_is_not_redirected_elsewhere(
    api: FaultApi, elsewhere: FaultApi, synced: Installation, status: int
) -> None:
    """The login's secrets stay here when its endpoint has moved away."""
    api.serve("/login", redirect(f"{elsewhere.url}/login", status))
    synced.settings |= {
        "auth_type": "custom",
        "custom_auth_request": {"endpoint": "/login", "body": {"secret": "open sesame"}},
        "custom_auth_request_template": {"headers": {"Authorization": "{{.token}}"}},
    }

    outcome = await synced.resync()

    assert_refused(outcome, elsewhere)
    assert "login" in outcome.message


@pytest.mark.parametrize(
    "kind",
    [
        "http://127.0.0.1:{e}/items",
        "HTTP://127.0.0.1:{e}/items",
        " http://127.0.0.1:{e}/items",
        "http:127.0.0.1:{e}/items",
        "//127.0.0.1:{e}/items",
        " //127.0.0.1:{e}/items",
        "///127.0.0.1:{e}/items",
        "\\\\127.0.0.1:{e}\\items",
        "/\\127.0.0.1:{e}/items",
        "@127.0.0.1:{e}/items",
        ":{e}/items",
        ".evil.example/items",
        "/..//127.0.0.1:{e}/items",
        "/%2e%2e//127.0.0.1:{e}/items",
        "/items\r\nHost: 127.0.0.1:{e}",
    ],
)
async def test_a_kind_cannot_lead_elsewhere(
    api: FaultApi, elsewhere: FaultApi, synced: Installation, kind: str
) -> None:
    """A kind is a path below the base URL, whatever it looks like; otherwise it is refused."""
    synced.mapping = [resource(kind.format(e=elsewhere.port), data_path=".items")]

    outcome = await synced.resync()

    assert_refused(outcome, elsewhere)
    assert all(request.headers["host"] == f"127.0.0.1:{api.port}" for request in api.requests)


VALUES = [
    "//127.0.0.1:{e}/items",
    "http://127.0.0.1:{e}/items",
    "@127.0.0.1:{e}",
    ":pw@127.0.0.1:{e}",
    "\\\\127.0.0.1:{e}",
    "..",
    "../../items",
    "%2e%2e",
    "?x=//127.0.0.1:{e}",
    "#@127.0.0.1:{e}",
    "1\r\nHost: 127.0.0.1:{e}",
    ";127.0.0.1:{e}",
]


@pytest.mark.parametrize("kind", ["/{item}", "{item}", "/notes/{item}", "/{item}/items"])
async def test_a_value_cannot_lead_elsewhere(
    api: FaultApi, elsewhere: FaultApi, installation: Installation, kind: str
) -> None:
    """Values of path parameters stay one segment of the path, wherever they stand in it."""
    values = [value.format(e=elsewhere.port) for value in VALUES]
    for route in ("/{}", "/notes/{}", "/{}/items"):
        api.serve(route, lambda request: answer({"id": request.values[0]}))
    api.serve("/parents", answer([{"id": value} for value in values]))
    parameter = {"endpoint": "/parents", "field": ".id"}
    installation.mapping = [resource(kind, path_parameters={"item": parameter})]

    outcome = await installation.resync()

    assert elsewhere.connections == 0
    assert outcome.complete, outcome.formatted
    assert len(outcome.entities) == len(VALUES) - 1, ".. is skipped"
    segments = kind.strip("/").count("/")
    assert {path.strip("/").count("/") for path in api.paths() if path != "/parents"} == {segments}
    assert all(request.headers["host"] == f"127.0.0.1:{api.port}" for request in api.requests)


# --- where it is allowed --------------------------------------------------------------------


def _by_link(api: FaultApi, url: str) -> None:
    api.serve("/items", answer({"items": [{"id": 1}], "next": url}))


def _by_redirect(api: FaultApi, url: str) -> None:
    api.serve("/items", redirect(url, 307))


@pytest.mark.parametrize("lead", [_by_link, _by_redirect])
async def test_an_allowed_host_is_read_and_gets_the_credentials(
    api: FaultApi,
    elsewhere: FaultApi,
    synced: Installation,
    lead: Callable[[FaultApi, str], None],
) -> None:
    """A host named in allowedHosts belongs to the API: links lead there, signed."""
    synced.settings["allowed_hosts"] = ["LocalHost"]
    lead(api, f"http://localhost:{elsewhere.port}/items")

    outcome = await synced.resync()

    assert outcome.complete, outcome.formatted
    assert "item/stolen" in outcome.entities
    for request in elsewhere.requests:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.headers["x-tenant-key"] == "also-for-the-api-only"


async def test_an_allowed_host_may_have_a_port(
    api: FaultApi, elsewhere: FaultApi, synced: Installation
) -> None:
    """A host with its port in allowedHosts allows that port."""
    synced.settings["allowed_hosts"] = [f"localhost:{elsewhere.port}"]
    _by_link(api, f"http://localhost:{elsewhere.port}/items")

    outcome = await synced.resync()

    assert outcome.complete, outcome.formatted
    assert "item/stolen" in outcome.entities


async def test_cookies_go_nowhere_but_where_they_came_from(
    api: FaultApi, elsewhere: FaultApi, synced: Installation
) -> None:
    """A cookie knows its host and no port: another port of it, though allowed, gets none."""
    synced.settings["allowed_hosts"] = [f"127.0.0.1:{elsewhere.port}"]
    link = {"items": [{"id": 1}], "next": f"http://127.0.0.1:{elsewhere.port}/items"}
    api.serve("/items", answer(link, Set_Cookie="session=of-the-api-only; Path=/"))
    api.serve("/teams", answer([{"id": 1}]))
    synced.mapping = [*synced.mapping, resource("/teams", "team")]

    outcome = await synced.resync()

    assert outcome.complete, outcome.formatted
    assert elsewhere.requests
    assert [one for one in elsewhere.requests if "cookie" in one.headers] == []
    assert api.at("/teams")[0].headers["cookie"] == "session=of-the-api-only"


async def test_a_cookie_of_the_operators_goes_to_allowed_hosts(
    api: FaultApi, elsewhere: FaultApi, synced: Installation
) -> None:
    """`Cookie` in customHeaders is a credential like any other."""
    synced.settings["allowed_hosts"] = [f"127.0.0.1:{elsewhere.port}"]
    synced.settings["custom_headers"] = {"Cookie": "sid=the-operators-own"}
    _by_link(api, f"http://127.0.0.1:{elsewhere.port}/items")

    outcome = await synced.resync()

    assert outcome.complete, outcome.formatted
    assert {one.headers["cookie"] for one in elsewhere.requests} == {"sid=the-operators-own"}


async def test_allowed_hosts_allow_nothing_else(
    api: FaultApi, elsewhere: FaultApi, synced: Installation
) -> None:
    """Allowing one host allows neither another port of it, nor a name that begins or ends alike."""
    synced.settings["allowed_hosts"] = ["host", "a.localhost", "localhost:1", "localhost.example"]
    _by_link(api, f"http://localhost:{elsewhere.port}/items")

    outcome = await synced.resync()

    assert_refused(outcome, elsewhere)


async def test_a_login_may_live_elsewhere(
    api: FaultApi, elsewhere: FaultApi, synced: Installation
) -> None:
    """A login given by its full URL goes there with its own secrets, and with nothing else."""
    synced.settings |= {
        "auth_type": "custom",
        "custom_auth_request": {
            "endpoint": f"{elsewhere.url}/login",
            "body": {"secret": "open sesame"},
        },
        "custom_auth_request_template": {"headers": {"X-Session": "{{.token}}"}},
    }

    outcome = await synced.resync()

    assert outcome.complete, outcome.formatted
    (login,) = elsewhere.requests
    assert login.json == {"secret": "open sesame"}
    assert "x-tenant-key" not in login.headers
    assert "authorization" not in login.headers
    assert {request.headers["x-session"] for request in api.requests} == {"stolen"}


async def test_a_login_elsewhere_opens_no_door(
    api: FaultApi, elsewhere: FaultApi, synced: Installation
) -> None:
    """The login's own origin is no place for links of the API to lead to."""
    synced.settings |= {
        "auth_type": "custom",
        "custom_auth_request": {"endpoint": f"{elsewhere.url}/login"},
        "custom_auth_request_template": {"headers": {"X-Session": "{{.token}}"}},
    }
    _by_link(api, f"{elsewhere.url}/items")

    outcome = await synced.resync()

    assert not outcome.complete
    assert outcome.deleted == set()
    assert elsewhere.paths() == ["/login"]


# --- within the origin ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        "/items?page=2",
        "?page=2",
        "items?page=2",
        "./items?page=2",
        "//127.0.0.1:{a}/items?page=2",
        "http://127.0.0.1:{a}/items?page=2",
        "https://127.0.0.1:{a}/items?page=2",
        "HTTP://127.0.0.1:{a}/items?page=2#top",
    ],
)
async def test_links_within_the_origin_are_followed(
    api: FaultApi, synced: Installation, link: str
) -> None:
    """Relative links resolve against the request; the other scheme of the host stays on ours."""
    _by_link(api, link.format(a=api.port))
    api.fail(
        "/items", answer({"items": [{"id": 2}]}), when=lambda request: request.param("page") == "2"
    )

    outcome = await synced.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == {"item/1", "item/2"}
    assert len(api.requests) >= 2
    assert {request.headers["authorization"] for request in api.requests} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_redirects_within_the_origin_are_followed(
    api: FaultApi, installation: Installation, status: int, method: str
) -> None:
    """A moved endpoint is read at its new place, signed; 307 and 308 keep method and body."""
    api.serve("/old", redirect("new/", status))
    api.serve("/new/", answer([{"id": 1}]))
    installation.settings |= {"auth_type": "bearer_token", "api_token": TOKEN}
    body = {"query": "x"} if method == "POST" else None
    installation.mapping = [resource("/old", method=method, body=body)]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == {"item/1"}
    first, second = api.requests
    kept = method if status in {307, 308} else "GET"
    assert (first.method, second.method) == (method, kept)
    assert second.headers["authorization"] == f"Bearer {TOKEN}"
    assert second.body == (first.body if kept == method else b"")


@pytest.mark.parametrize("slash", ["", "/"])
async def test_an_api_that_wants_https_is_told(
    api: FaultApi, synced: Installation, slash: str
) -> None:
    """Under http the redirect to https leads back to itself: the error says what to change."""
    api.fail("/items", redirect(f"https://127.0.0.1:{api.port}/items{slash}", 301))
    api.fail("/items/", redirect(f"https://127.0.0.1:{api.port}/items/", 301))

    outcome = await synced.resync()

    assert not outcome.complete
    remedy = f"redirects from http to https; set baseUrl to https://127.0.0.1:{api.port}"
    assert remedy in outcome.message
    assert f"GET {api.url}/items" in outcome.message
    assert outcome.deleted == set()
    assert len(api.requests) == 6


async def test_redirects_in_a_circle_do_not_blame_the_scheme(
    api: FaultApi, synced: Installation
) -> None:
    """A link to https on the way is followed under http as ever, and is not the circle."""
    api.fail("/items", redirect(f"https://127.0.0.1:{api.port}/other"))
    api.fail("/other", redirect("/items"))

    outcome = await synced.resync()

    assert "more than 5 redirects in a row" in outcome.message
    assert "baseUrl" not in outcome.message


async def test_a_redirect_may_lead_out_of_the_prefix(
    api: FaultApi, installation: Installation
) -> None:
    """The origin counts, not the path: a redirect may leave the base URL's prefix."""
    api.serve("/api/v1/items", Answer(status=308, headers=(("Location", "/v2/items"),)))
    api.serve("/v2/items", answer([{"id": 1}]))
    installation.api_url += "/api/v1"
    installation.mapping = [resource("/items")]

    outcome = await installation.resync()

    assert outcome.entities == {"item/1"}, outcome.formatted
