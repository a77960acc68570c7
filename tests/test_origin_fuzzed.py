"""What any link, redirect, value or header text leads to is decided by sockets, not by parsers.

Around the API stand neighbours: another port, another address with the API's own port, IPv6. They
count bare connections and keep every byte. Whatever an API writes, none of them may ever hear of
it, and what arrives at the API is one well-formed, signed request.

Everything goes over Ocean's real HTTP client; only Ocean's own cycle is left out, for speed.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from loguru import logger
from port_ocean.helpers.ip_blocker import IPBlockerTransport
from port_ocean.ocean import Ocean

from errors import ConfigurationError, OceanCustomError
from pagination import PaginationSettings
from resync.path_parameters import Endpoint, Parameter, Resource
from resync.session import Session
from settings import load_settings
from tests.fault_api import Answer, FaultApi, answer, redirect
from tests.literals import Json
from tests.resync import Installation
from transport.http_client import PinnedTransport

TOKEN = "token-for-the-api-only"
fuzzed = settings(
    max_examples=settings().max_examples // 2,  # an example is a whole reading
    # The fixtures are one street for all examples: that is what is wanted.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass
class Neighbour:
    """A listener of somebody else that keeps all it hears, and answers so that a walk would end."""

    host: str
    port: int
    connections: int = 0
    heard: bytearray = field(default_factory=bytearray)
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.heard += await reader.read(65536)
        writer.write(answer({"items": [{"id": "stolen"}], "token": "stolen"}).encoded())
        writer.close()


@dataclass
class Street:
    """The API and its neighbours; ``a`` is its port, ``e`` that of another one at its address."""

    api: FaultApi = field(repr=False)
    neighbours: list[Neighbour] = field(repr=False)
    app: Ocean = field(repr=False)

    def named(self, text: str) -> str:
        """A text with the ports in it."""
        return text.replace("{a}", str(self.api.port)).replace("{e}", str(self.neighbours[0].port))

    async def extract(
        self, resource: Resource, config: Mapping[str, Json] | None = None
    ) -> OceanCustomError | ExceptionGroup[OceanCustomError] | None:
        """Read a resource as a resync does; the error, if any, must be one of ours."""
        self.api.requests.clear()
        read = load_settings(
            {
                "base_url": self.api.url,
                "auth_type": "bearer_token",
                "api_token": TOKEN,
                "max_retry_wait": 0,
                **(config or {}),
            },
            environ={},
        )
        session = Session(read)
        try:
            async for _ in session.read(resource).batches():
                pass
        except OceanCustomError as error:
            return error
        except ExceptionGroup as group:
            if group.split(OceanCustomError)[1]:
                raise
            return group
        finally:
            await session.aclose()
        return None

    def assert_nobody_else_heard(self) -> None:
        """No neighbour got so much as a connection, and the API only requests meant for it."""
        heard = {f"{one.host}:{one.port}": bytes(one.heard) for one in self.neighbours}
        assert [one.connections for one in self.neighbours] == [0] * len(self.neighbours), heard
        for request in self.api.requests:
            assert request.headers["host"] == f"127.0.0.1:{self.api.port}"
            assert request.headers["authorization"] == f"Bearer {TOKEN}"
            assert set(request.headers) <= USUAL_HEADERS


USUAL_HEADERS = {
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "user-agent",
}


@pytest.fixture
async def street(api: FaultApi, installation: Installation) -> AsyncIterator[Street]:
    """The API with neighbours, within a booted Ocean."""
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(installation.booted())
        places = [("127.0.0.1", 0), ("127.0.0.2", api.port)]
        if socket.has_ipv6:
            places += [("::1", 0), ("::1", api.port)]
        neighbours = [
            await stack.enter_async_context(Neighbour(host, port)) for host, port in places
        ]
        yield Street(api, neighbours, app)


def linked(path: str = "/items") -> Resource:
    """A resource that follows next links."""
    return Resource(
        path, Endpoint(path, data_path=".items", pagination=PaginationSettings(type="next_link"))
    )


# --- links and redirects --------------------------------------------------------------------

SCHEMES = ["", "http:", "https:", "HTTP:", "hTTp:", "ftp:", "file:", "ws:", "http", "ht\ttp:", "x:"]
SLASHES = ["//", "", "/", "///", "////", "\\\\", "/\\", "\\/", "//\t/", "/\n/", "%2f%2f", "/%2f"]
USERS = [
    "",
    "me:pw@",
    "@",
    "127.0.0.1:{a}@",
    "127.0.0.1:{a}\\@",
    "127.0.0.1:{a}#@",
    "127.0.0.1:{a}?@",
    "127.0.0.1:{a}/@",
    "127.0.0.1:{a}%40",
    "127.0.0.1:{a}%00@",
]
HOSTS = [
    "127.0.0.1",
    "127.0.0.2",
    "[::1]",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1.",
    "127.0.0.2.",
    "127.1",
    "127.0.2",
    "2130706433",
    "2130706434",
    "0x7f000002",
    "0x7f.0.0.1",
    "0177.0.0.2",
    "0",
    "0.0.0.0",  # noqa: S104 (nothing is bound to it)
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:2]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::1%25lo]",
    "[::1",
    "\uff11\uff12\uff17.0.0.2",
    "127\u30020\u30020\u30021",
    "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3",
    "%6c%6f%63%61lhost",
    "%31%32%37.0.0.2",
    "127.0.0.1%2eevil.example",
    "127.0.0.1%00.evil.example",
    "127.0.0.1\x00",
    "127.0.\t0.2",
    "127.0.0.1 ",
    "xn--",
    "xn--a",
    "xn--127-0-0-2",
    "\u2603.",
    "",
]
PORTS = [
    "",
    ":{a}",
    ":{e}",
    ":0{e}",
    ":{e} ",
    ": {e}",
    ":{e}\t",
    ":{a}:{e}",
    ":{a}@127.0.0.2:{a}",
    ":{a}\\@127.0.0.2",
    ":{a}\r\n:{e}",
    ":",
    ":99999",
    ":-1",
    ":\uff11",
]
PATHS = [
    "/items",
    "/items?page=2",
    "",
    "?page=2",
    "#@127.0.0.1:{e}/",
    "/../../127.0.0.1:{e}/items",
    "//127.0.0.1:{e}/items",
    "/\\127.0.0.1:{e}/items",
    "/items\r\nHost: evil.example",
    "/items HTTP/1.1\r\nX-Evil: 1\r\n\r\nGET /",
    "/%0d%0aX-Evil:%201",
    "/items?page=2\x00",
    "/ite\tms",
    "/\u2028items",
    "/items?\ud800",
]
FRONTS = ["", " ", "\t", "\r\n", "\x00", "\ufeff"]
# A way to the first neighbour, of which one or two pieces become odd: more would lead nowhere.
STRAIGHT = ("", "http:", "//", "", "127.0.0.1", ":{e}", "/items")
ODD = (FRONTS, SCHEMES, SLASHES, USERS, HOSTS, PORTS, PATHS)


@st.composite
def odd_links(draw: st.DrawFn) -> str:
    """A link that may well lead to a neighbour."""
    pieces = list(STRAIGHT)
    for place in draw(st.sets(st.integers(0, len(ODD) - 1), max_size=2)):
        pieces[place] = draw(st.sampled_from(ODD[place]))
    return "".join(pieces)


LINKS = odd_links() | odd_links() | st.text(max_size=30)


@fuzzed
@given(link=LINKS)
@example("https://xn--/items")
@example("//127.0.0.1:{e}/items")
@example("http://127.0.0.1:{a}\\@127.0.0.2/items")
async def test_no_next_link_leads_to_a_neighbour(street: Street, link: str) -> None:
    """Whatever a next link says, it is followed at the API or refused, and then it is an error."""
    first = answer({"items": [{"id": 1}], "next": street.named(link)})
    street.api.serve("/start", first)
    street.api.serve("/items", answer({"items": [{"id": 2}]}))

    error = await street.extract(linked("/start"))

    street.assert_nobody_else_heard()
    # Blank links are no links; otherwise it was followed, or is told of.
    assert error or len(street.api.requests) > 1 or not link.strip(" \t\r\n\x00\ufeff")


@fuzzed
@given(link=LINKS, status=st.sampled_from([301, 302, 303, 307, 308]))
@example("https://xn--/items", 302)
@example("localhost:{a}/items", 302)
async def test_no_redirect_leads_to_a_neighbour(street: Street, link: str, status: int) -> None:
    """Whatever a Location says: the API itself is asked again, or there is an error."""
    location = street.named(link).translate(dict.fromkeys(map(ord, "\r\n\x00")))
    location = location.encode(errors="replace").decode()
    street.api.serve("/start", redirect(location, status))
    street.api.serve("/items", answer({"items": [{"id": 2}]}))

    error = await street.extract(linked("/start"))

    street.assert_nobody_else_heard()
    assert error or len(street.api.requests) > 1


@fuzzed
@given(link=LINKS)
async def test_no_link_header_leads_to_a_neighbour(street: Street, link: str) -> None:
    """The same for the Link header, within its own syntax."""
    target = street.named(link).translate(dict.fromkeys(map(ord, "\r\n\x00")))
    target = target.encode(errors="replace").decode()
    headers = (("Content-Type", "application/json"), ("Link", f'<{target}>; rel="next"'))
    street.api.serve("/start", Answer(b'{"items": [{"id": 1}]}', headers=headers))
    street.api.serve("/items", answer({"items": [{"id": 2}]}))
    paged = PaginationSettings(type="header_link")

    await street.extract(
        Resource("/start", Endpoint("/start", data_path=".items", pagination=paged))
    )

    street.assert_nobody_else_heard()


@fuzzed
@given(link=LINKS)
@example("https://xn--/items")
@example("localhost:{a}/items")
async def test_no_login_redirect_leads_to_a_neighbour(street: Street, link: str) -> None:
    """A login that was moved away, wherever to, fails; its secrets are sent nowhere."""
    location = street.named(link).translate(dict.fromkeys(map(ord, "\r\n\x00")))
    location = location.encode(errors="replace").decode()
    street.api.serve("/login", redirect(location, 307))
    login = {"endpoint": "/login", "body": {"secret": "open sesame"}}

    error = await street.extract(
        linked(),
        {
            "auth_type": "custom",
            "custom_auth_request": login,
            "custom_auth_request_template": {"headers": {"Authorization": "Bearer {{.token}}"}},
        },
    )

    assert error
    assert [one.connections for one in street.neighbours] == [0] * len(street.neighbours)
    assert set(street.api.paths()) == {"/login"}


# --- values of path parameters ----------------------------------------------------------------

VALUES = (
    st.builds(
        "".join,
        st.lists(
            st.sampled_from(
                [*"/\\?#@:;%. \t\r\n\x00&=+é", "..", "%2e%2e", "%2f", "//", "127.0.0.1:{e}", "a"]
            ),
            min_size=1,
            max_size=8,
        ),
    )
    | LINKS
    | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
)


@fuzzed
@given(values=st.lists(VALUES, min_size=1, max_size=4), kind=st.sampled_from(["/x/{v}", "/{v}/y"]))
@example(values=["a" * 60_000], kind="/x/{v}")
@example(values=["é" * 60_000], kind="/x/{v}")
async def test_a_value_is_one_segment_of_a_path(
    street: Street, values: list[str], kind: str
) -> None:
    """A value arrives exactly as it is, as one segment; or it is refused or skipped."""
    told = [street.named(value).encode(errors="replace").decode() for value in values]
    street.api.serve("/parents", answer([{"id": value} for value in told]))
    street.api.serve(kind.replace("{v}", "{}"), answer([{"id": 1}]))
    parameter = Parameter("v", Endpoint("/parents"), ".id")

    error = await street.extract(Resource(kind, Endpoint(kind), (parameter,)))

    street.assert_nobody_else_heard()
    before, after = kind.split("{v}")
    segments = [
        unquote(path.removeprefix(before).removesuffix(after), errors="strict")
        for path in street.api.paths()
        if path != "/parents"
    ]
    assert not [path for path in street.api.paths() if path.count("/") > kind.count("/")]
    assert error or set(segments) == {value for value in told if value not in {"", ".", ".."}}


# --- texts of headers ---------------------------------------------------------------------------

HEADER_TEXTS = st.text(max_size=12) | st.builds(
    "".join,
    st.lists(
        st.sampled_from(
            ["a", " ", "\t", ":", "\r", "\n", "\r\n", "X-Evil: 1", "\x00", "\x7f", "é"]
        ),
        max_size=6,
    ),
)


@fuzzed
@given(name=HEADER_TEXTS | st.just("X-Key"), value=HEADER_TEXTS)
@pytest.mark.parametrize("setting", ["custom_headers", "api_key", "template"])
async def test_a_header_stays_one_header(
    street: Street, setting: str, name: str, value: str
) -> None:
    """A name or value that would be more than one header is a fault, and nothing is sent."""
    street.api.serve("/items", answer([{"id": 1}]))
    street.api.serve("/login", answer({"token": "t"}))
    config: dict[str, Json]
    match setting:
        case "custom_headers":
            config = {"custom_headers": {name: value}}
        case "api_key":
            config = {"auth_type": "api_key", "api_key": value, "api_key_header": name}
        case _:
            config = {
                "auth_type": "custom",
                "custom_auth_request": {"endpoint": "/login"},
                "custom_auth_request_template": {"headers": {name: value, "X-Token": "{{.token}}"}},
            }

    try:
        await street.extract(Resource("/items", Endpoint("/items")), config)
    except ConfigurationError:
        assert street.api.requests == []

    ours = USUAL_HEADERS | {"x-token", "x-api-key", name.strip().lower()}
    for request in street.api.requests:
        assert set(request.headers) <= ours


@fuzzed
@given(token=HEADER_TEXTS)
async def test_a_token_of_a_login_stays_in_its_header(street: Street, token: str) -> None:
    """A login's answer cannot add headers: such a token is an error."""
    street.api.serve("/items", answer([{"id": 1}]))
    street.api.serve("/login", answer({"token": token}))

    error = await street.extract(
        Resource("/items", Endpoint("/items")),
        {
            "auth_type": "custom",
            "custom_auth_request": {"endpoint": "/login"},
            "custom_auth_request_template": {"headers": {"X-Token": "{{.token}}"}},
        },
    )

    for request in street.api.requests:
        assert set(request.headers) <= USUAL_HEADERS | {"x-token"}
    assert error or street.api.requests[-1].headers["x-token"] == token.strip(" \t")


# --- Ocean's address checks -----------------------------------------------------------------


@pytest.fixture
def hosted(street: Street, monkeypatch: pytest.MonkeyPatch) -> Street:
    """The same in Port's cloud, where Ocean lets nothing reach a private address.

    The API is at a name that Ocean trusts; every name of this street is resolved to loopback.
    """
    real = socket.getaddrinfo

    def resolve(host: str | bytes | None, *rest: object, **named: object) -> object:
        name = host.decode() if isinstance(host, bytes) else host
        known = name in {"api.port.io", "rebound.example"}
        return real("127.0.0.1" if known else host, *rest, **named)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setenv("NO_PROXY", "*")
    street.app.config.disable_ip_outbound_blocker = False
    street.api.url = f"http://api.port.io:{street.api.port}"
    return street


HEADER_LINKS = PaginationSettings(type="header_link")
PRIVATE = ["127.0.0.1:{e}", "127.0.0.2:{a}", "[::1]:{a}", "localhost:{e}", "rebound.example:{e}"]
EVERY_HOST: dict[str, Json] = {
    "allowed_hosts": ["127.0.0.1", "127.0.0.2", "[::1]", "localhost", "rebound.example"]
}
BEARER: dict[str, Json] = {"headers": {"Authorization": "Bearer {{.token}}"}}


def login(*steps: Json, **more: Json) -> dict[str, Json]:
    """The settings of a login of these steps."""
    return {
        "auth_type": "custom",
        "custom_auth_request": {"steps": list(steps)},
        "custom_auth_request_template": BEARER,
        **more,
    }


def granted(token_url: str) -> dict[str, Json]:
    """The settings of OAuth 2 with a token from there."""
    return {
        "auth_type": "oauth2",
        "oauth_token_url": token_url,
        "oauth_client_id": "me",
        "oauth_client_secret": "open sesame",
    }


def with_parent(url: str) -> Resource:
    """A resource whose parent is that URL."""
    parent = Endpoint(url, data_path=".items")
    parameter = Parameter("item", parent, ".id", "true")
    return Resource("/items/{item}", Endpoint("/items/{item}"), (parameter,))


def with_header_link(path: str) -> Resource:
    """A resource whose next page stands in a header."""
    return Resource(path, Endpoint(path, data_path=".items", pagination=HEADER_LINKS))


@dataclass(frozen=True)
class Road:
    """A way on which something of a stranger leads to ``away``.

    ``asked`` are the paths that the API is asked for first. Where it ``only_warns`` the reading is
    complete, and a warning ``says`` what else the error does.
    """

    config: Callable[[str], dict[str, Json]] = lambda _: {}
    resource: Callable[[str], Resource] = lambda _: linked()
    asked: tuple[str, ...] = ()
    only_warns: bool = False
    says: str = "blocked"


ROADS = {
    "base URL": Road(lambda away: {"base_url": away}),
    "link": Road(asked=("/linking",), resource=lambda _: linked("/linking")),
    "Link header": Road(asked=("/headed",), resource=lambda _: with_header_link("/headed")),
    "redirect": Road(asked=("/moved",), resource=lambda _: linked("/moved")),
    "parent": Road(resource=with_parent),
    "login": Road(lambda away: login({"endpoint": away})),
    "second step of a login": Road(
        lambda away: login({"endpoint": "/login"}, {"endpoint": away}), asked=("/login",)
    ),
    "redirect of a login": Road(
        lambda _: login({"endpoint": "/moved"}), asked=("/moved",), says="302 Found"
    ),
    "logout": Road(
        lambda away: login({"endpoint": "/login"}, custom_auth_logout_request={"endpoint": away}),
        asked=("/login", "/items"),
        only_warns=True,
    ),
    "redirect of a logout": Road(
        lambda _: login({"endpoint": "/login"}, custom_auth_logout_request={"endpoint": "/moved"}),
        asked=("/login", "/items", "/moved"),
        only_warns=True,
        says="",
    ),
    "redirect of a token URL": Road(
        lambda _: granted("http://api.port.io:{a}/moved"),
        asked=("/moved",),
        says="302 Found",
    ),
    "token URL": Road(granted),
}


def serve_roads(api: FaultApi, away: str) -> None:
    """An API that leads there wherever it can."""
    api.serve("/login", answer({"token": TOKEN}))
    api.serve("/moved", redirect(away))
    api.serve("/linking", answer({"items": [{"id": 1}], "next": away}))
    api.serve("/headed", answer({"items": [{"id": 1}]}, Link=f'<{away}>; rel="next"'))
    api.serve("/items", answer({"items": [{"id": 1}]}))


# Every address on one road, and on every road one by its number and one by its name.
@pytest.mark.parametrize(
    ("name", "host"),
    [
        (name, host)
        for name in ROADS
        for host in (PRIVATE if name == "link" else (PRIVATE[0], PRIVATE[-1]))
    ],
)
async def test_hosted_no_road_leads_to_a_private_address(
    hosted: Street, name: str, host: str
) -> None:
    """Though allowedHosts or the operator names it: Ocean's blocker has the last word."""
    away, road = f"http://{hosted.named(host)}/items", ROADS[name]
    config = {
        key: hosted.named(text) if isinstance(text, str) else text
        for key, text in road.config(away).items()
    }
    serve_roads(hosted.api, away)
    told: list[str] = []
    logger.add(told.append, level="WARNING")

    error = await hosted.extract(road.resource(away), EVERY_HOST | config)

    assert road.says in ("".join(told) if road.only_warns else str(error))
    assert (error is None) is road.only_warns
    assert [one.connections for one in hosted.neighbours] == [0] * len(hosted.neighbours)
    assert tuple(hosted.api.paths()) == road.asked


@pytest.mark.parametrize("name", [name for name, road in ROADS.items() if not road.asked])
async def test_hosted_a_proxy_is_no_way_around(
    hosted: Street, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What must not be reached is not asked of the environment's proxy either."""
    proxy = f"http://127.0.0.1:{hosted.neighbours[0].port}"
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTP_PROXY", proxy)
    away, road = "http://rebound.example/items", ROADS[name]

    error = await hosted.extract(road.resource(away), EVERY_HOST | road.config(away))

    assert "blocked" in str(error)
    assert [one.connections for one in hosted.neighbours] == [0] * len(hosted.neighbours)


# What is no name, and yet an address to whoever connects: glibc reads numbers as C does.
SPELT = {
    "decimal": "2130706433",
    "octal": "0177.0.0.1",
    "hexadecimal": "0x7f.0.0.1",
    "short": "127.1",
    "zero": "0",
    "trailing dot": "127.0.0.1.",
    "name with a dot": "localhost.",
    "full width": "\uff11\uff12\uff17.0.0.1",
    "other stops": "127\u30020\u30020\u30021",
    "IPv4-mapped": "[::ffff:127.0.0.1]",
    "IPv4-mapped in hexadecimal": "[::ffff:7f00:1]",
    "IPv4-compatible": "[::127.0.0.1]",
    "IPv4-translated": "[::ffff:0:127.0.0.1]",
    "NAT64": "[64:ff9b::7f00:1]",
    "local NAT64": "[64:ff9b:1::7f00:1]",
    "6to4": "[2002:7f00:1::]",
    "link-local": "[fe80::1]",
    "site-local": "[fec0::1]",
    "unique local": "[fd00:ec2::254]",
    "unspecified": "[::]",
    "metadata": "169.254.169.254",
    "shared": "100.64.0.1",
    "benchmarks": "198.18.0.1",
    "multicast": "224.0.0.1",
    "IPv6 multicast": "[ff0e::1]",
}


@pytest.mark.parametrize("spelling", SPELT.values(), ids=SPELT)
async def test_hosted_no_spelling_hides_a_private_address(hosted: Street, spelling: str) -> None:
    """As the base URL, which every other road is checked like."""
    away = f"http://{spelling}:{hosted.neighbours[0].port}/"
    error: Exception | None

    try:
        error = await hosted.extract(linked(), {"base_url": away, "max_retry_wait": 0})
    except ConfigurationError as fault:
        error = fault

    assert re.search("blocked|is not a URL|not known", str(error)), error
    assert [one.connections for one in hosted.neighbours] == [0] * len(hosted.neighbours)


# What a name is for Ocean's check, and whenever it is looked up again: 192.0.2.1 (RFC 5737) is an
# address that Ocean lets pass, and nothing is connected to.
LOOKED_UP = {
    "turns private": ("192.0.2.1", "127.0.0.1"),
    "turns private in IPv6": ("192.0.2.1", "::1"),
    "IPv4-mapped": ("::ffff:127.0.0.1", "::ffff:127.0.0.1"),
    "NAT64": ("64:ff9b::7f00:1", "64:ff9b::7f00:1"),
    "6to4": ("2002:7f00:1::", "2002:7f00:1::"),
}


@pytest.mark.parametrize(("first", "later"), LOOKED_UP.values(), ids=LOOKED_UP)
async def test_hosted_a_name_is_looked_up_once(
    hosted: Street, monkeypatch: pytest.MonkeyPatch, first: str, later: str
) -> None:
    """A name that its owner turns between the check and the connection reaches nothing."""
    known, asked = socket.getaddrinfo, 0

    def resolve(host: str | bytes | None, port: int | None, *rest: object, **named: object) -> Any:  # noqa: ANN401 (as it is)
        nonlocal asked
        if host in {"turning.example", b"turning.example"}:
            asked += 1
            host = first if asked == 1 else later
        return known(host, port, *rest, **named)  # type: ignore[arg-type] # passed on

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    away = f"http://turning.example:{hosted.neighbours[0].port}/"

    error = await hosted.extract(linked(), {"base_url": away, "max_retry_wait": 0})

    assert "blocked" in str(error)
    assert asked == 1
    assert [one.connections for one in hosted.neighbours] == [0] * len(hosted.neighbours)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://93.184.215.14:8080/items", "93.184.215.14:8080"),
        ("https://93.184.215.14/items", "93.184.215.14"),
        ("https://[2606:2800:21f::1]:8443/items", "[2606:2800:21f::1]:8443"),
        ("https://b\u00fccher.example:8443/items", "xn--bcher-kva.example:8443"),
    ],
)
async def test_hosted_a_request_keeps_its_name(
    url: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes to the address that was checked, with the host's name and port, and so once more.

    A sign-in that was renewed sends a request again, and cookies belong to its host. Nothing is
    sent here: the address is a public one.
    """
    public = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("93.184.215.14", 0))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [public])
    sent: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    checked = IPBlockerTransport(PinnedTransport(httpx.MockTransport(note)))
    request = httpx.Request("POST", url, json={"id": 1})

    for _ in range(2):
        await checked.handle_async_request(request)

    assert request.url == httpx.URL(url)
    assert [one.headers["host"] for one in sent] == [host] * 2
    assert [one.read() for one in sent] == [b'{"id":1}'] * 2
    assert len({str(one.url) for one in sent}) == 1
    assert "example" not in str(sent[0].url)


async def test_hosted_a_public_name_is_read(hosted: Street) -> None:
    """The check of the tests above: what Ocean trusts is reached, so the rest was blocked."""
    hosted.api.serve("/items", answer({"items": [{"id": 1}]}))

    assert await hosted.extract(linked()) is None
    assert len(hosted.api.requests) == 1
