"""Ways to sign in over real HTTP: OAuth 2, logins without JSON, logouts, certificates."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import stat
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from filelock import FileLock
from loguru import logger

from authentication import token_file
from authentication.oauth2 import JWT_BEARER
from client import ApiClient
from errors import ConfigurationError, CredentialsError, SourceError
from jq_engine.worker import JqWorker
from paging.model import PageRequest
from settings import load_settings
from tests.certificates import signed_by
from tests.fault_api import Answer, FaultApi, Reply, Request, answer, pages, redirect, text
from tests.reading import over_http
from tests.resync import Installation, resource
from tests.world import PAGED, entities, named
from transport.aiohttp_transport import AiohttpTransport

SECRET = "the-client-secret-of-acme"


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    """A private key as PEM text."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@dataclass
class TokenServer:
    """An authorization server beside an API that takes its newest token only."""

    api: FaultApi
    rotates: bool = False
    lifetime: int | None = 3600
    refresh_token: str = "refresh-token-1"
    forms: list[dict[str, str]] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.api.serve("/token", self.token)
        self.api.serve("/items", self._items)

    @property
    def issued(self) -> int:
        """How many tokens were given."""
        return len(self.forms)

    def token(self, request: Request) -> Reply:
        """A token for who sends the newest refresh token."""
        form = dict(parse_qsl(request.body.decode()))
        self.authorizations.append(request.headers.get("authorization"))
        if form.get("refresh_token", self.refresh_token) != self.refresh_token:
            return answer({"error": "invalid_grant", "error_description": "token was used"}, 400)
        self.forms.append(form)
        given: dict[str, object] = {"access_token": f"access-{self.issued}", "token_type": "bearer"}
        if self.lifetime is not None:
            given["expires_in"] = self.lifetime
        if self.rotates:
            self.refresh_token = f"refresh-token-{self.issued + 1}"
            given["refresh_token"] = self.refresh_token
        return answer(given)

    def _items(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer access-{self.issued}":
            return answer({"error": "invalid_token"}, 401)
        return answer(named(*range(3)))

    def settings(self, **more: object) -> dict[str, Any]:
        """The settings of an installation that uses it."""
        return {
            "base_url": self.api.url,
            "auth_type": "oauth2",
            "oauth_token_url": f"{self.api.url}/token",
            "max_retry_wait": 0,
            **more,
        }


@asynccontextmanager
async def client_of(settings: dict[str, Any]) -> AsyncIterator[ApiClient]:
    """A client with these settings, outside Ocean."""
    worker = JqWorker()
    client = ApiClient(load_settings(settings), worker, http=over_http)
    try:
        yield client
    finally:
        await client.aclose()
        await worker.aclose()


async def items(client: ApiClient, url: str) -> list[Any]:
    """What one request for the items gives."""
    body = (await client.send(PageRequest(f"{url}/items"))).body
    assert isinstance(body, list)
    return body


# --- OAuth 2 -----------------------------------------------------------------------------

CLIENT = {"oauth_client_id": "acme id", "oauth_client_secret": SECRET}


async def test_client_credentials_in_a_header(api: FaultApi) -> None:
    """By default the secret goes in the header, both parts form-encoded (RFC 6749, 2.3.1)."""
    server = TokenServer(api)

    async with client_of(server.settings(**CLIENT, oauth_scope="read:all")) as client:
        assert len(await items(client, api.url)) == 3

    assert server.forms == [{"grant_type": "client_credentials", "scope": "read:all"}]
    assert server.authorizations == [
        "Basic " + base64.b64encode(f"acme+id:{SECRET}".encode()).decode()
    ]


async def test_client_credentials_in_the_form(api: FaultApi) -> None:
    """`post` puts the secret into the body; an audience goes along."""
    server = TokenServer(api)
    settings = server.settings(
        **CLIENT, oauth_client_authentication="post", oauth_audience="https://acme"
    )

    async with client_of(settings) as client:
        assert len(await items(client, api.url)) == 3

    assert server.authorizations == [None]
    assert server.forms[0] == {
        "grant_type": "client_credentials",
        "audience": "https://acme",
        "client_id": "acme id",
        "client_secret": SECRET,
    }


async def test_one_token_request_however_many_wait(api: FaultApi) -> None:
    """Twenty requests at once share one token."""
    server = TokenServer(api)

    async with client_of(server.settings(**CLIENT)) as client:
        await asyncio.gather(*(items(client, api.url) for _ in range(20)))

    assert server.issued == 1


async def test_a_token_is_renewed_once_after_a_401(api: FaultApi) -> None:
    """A token that the API takes no more is replaced in the middle of a walk."""
    server = TokenServer(api, lifetime=None)

    async with client_of(server.settings(**CLIENT)) as client:
        await items(client, api.url)
        server.forms.append({})  # the server gave another token meanwhile
        assert len(await items(client, api.url)) == 3

    assert server.issued == 3


async def test_a_token_is_renewed_before_it_expires(api: FaultApi) -> None:
    """What lives for no time at all is asked for anew before each request, without a 401."""
    server = TokenServer(api)
    server.lifetime = None
    settings = server.settings(**CLIENT)

    async with client_of(settings) as client:
        await items(client, api.url)
        assert server.issued == 1
    server.forms.clear()
    api.requests.clear()
    server.lifetime = 1
    async with client_of(settings) as client:
        await items(client, api.url)
        await asyncio.sleep(1)
        await items(client, api.url)

    assert server.issued == 2
    assert [request.path for request in api.requests] == ["/token", "/items"] * 2


async def test_a_refusal_is_told_in_the_servers_words(api: FaultApi) -> None:
    """The error names the token URL, the server's reason and the remedy, and no secret."""
    server = TokenServer(api)
    settings = server.settings(
        oauth_grant_type="refresh_token", oauth_refresh_token="used-up-token"
    )

    async with client_of(settings) as client:
        with pytest.raises(CredentialsError) as caught:
            await items(client, api.url)

    message = str(caught.value)
    assert "/token" in message
    assert "token was used" in message
    assert "oauthRefreshToken" in message
    assert "used-up-token" not in message


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param(
            answer({"error": "bad_code", "error_description": "it is used up", "x": SECRET}),
            ["200 OK", "bad_code", "it is used up", "oauthClientSecret"],
            id="a report under 200",
        ),
        pytest.param(
            redirect("https://login.example.com/other/token", 307),
            ["307", "https://login.example.com/other/token", "oauthTokenUrl"],
            id="a redirect",
        ),
    ],
)
async def test_what_is_no_token_is_told_by_its_reason(
    api: FaultApi, given: Answer, words: list[str]
) -> None:
    """A report of an error under 200 is quoted; a redirect, which is not followed, is named."""
    server = TokenServer(api)
    api.serve("/token", given)

    async with client_of(server.settings(**CLIENT)) as client:
        with pytest.raises(CredentialsError) as caught:
            await items(client, api.url)

    assert all(word in str(caught.value) for word in words)
    assert SECRET not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("invalid_client", "oauthClientAuthentication"),
        ("invalid_scope", "oauthScope"),
        ("unsupported_grant_type", "oauthGrantType"),
        ("invalid_grant", "authorize again and set oauthRefreshToken"),
    ],
)
async def test_a_refusal_names_what_its_code_is_about(
    api: FaultApi, code: str, remedy: str
) -> None:
    """RFC 6749, 5.2: nobody authorizes again because the client's secret is wrong."""
    server = TokenServer(api)
    api.serve("/token", answer({"error": code}, 400))
    settings = server.settings(
        oauth_grant_type="refresh_token", oauth_refresh_token="refresh-token-1", **CLIENT
    )

    async with client_of(settings) as client:
        with pytest.raises(CredentialsError, match=remedy) as caught:
            await items(client, api.url)

    assert ("authorize again" in str(caught.value)) is (code == "invalid_grant")


async def test_a_token_of_another_type_is_refused(api: FaultApi) -> None:
    """DPoP and the like need more than a header: said instead of tried."""
    server = TokenServer(api)
    api.serve("/token", answer({"access_token": "abcdefgh", "token_type": "DPoP"}))

    async with client_of(server.settings(**CLIENT)) as client:
        with pytest.raises(CredentialsError, match="DPoP"):
            await items(client, api.url)


async def test_a_refresh_token_that_changes_is_kept(api: FaultApi, tmp_path: Path) -> None:
    """The next session uses the newest one; the file is for its owner only, and holds no other."""
    server = TokenServer(api, rotates=True)
    file = tmp_path / "token.json"
    settings = server.settings(
        oauth_grant_type="refresh_token",
        oauth_refresh_token="refresh-token-1",
        oauth_token_file=str(file),
    )

    for _ in range(3):
        async with client_of(settings) as client:
            assert len(await items(client, api.url)) == 3

    used = [form["refresh_token"] for form in server.forms]
    assert used == ["refresh-token-1", "refresh-token-2", "refresh-token-3"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["refresh_token"] == "refresh-token-4"


async def test_a_changed_setting_wins_over_the_file(api: FaultApi, tmp_path: Path) -> None:
    """Who authorizes again sets the new token, and the kept one is forgotten."""
    server = TokenServer(api, rotates=True)
    settings = server.settings(
        oauth_grant_type="refresh_token",
        oauth_refresh_token="refresh-token-1",
        oauth_token_file=str(tmp_path / "token.json"),
    )
    async with client_of(settings) as client:
        await items(client, api.url)
    server.refresh_token = "authorized-again"

    async with client_of(settings | {"oauth_refresh_token": "authorized-again"}) as client:
        assert len(await items(client, api.url)) == 3


async def test_two_sessions_on_one_file_lose_no_token(api: FaultApi, tmp_path: Path) -> None:
    """Who waits for the file uses what the other one got: no token is sent twice."""
    server = TokenServer(api, rotates=True)
    api.serve("/items", answer(named(1)))
    settings = server.settings(
        oauth_grant_type="refresh_token",
        oauth_refresh_token="refresh-token-1",
        oauth_token_file=str(tmp_path / "token.json"),
    )

    async def session() -> None:
        async with client_of(settings) as client:
            await items(client, api.url)

    await asyncio.gather(*(session() for _ in range(5)))

    used = [form["refresh_token"] for form in server.forms]
    assert used == [f"refresh-token-{number}" for number in range(1, 6)]


async def test_a_request_given_up_during_its_sign_in_loses_no_token(
    api: FaultApi, tmp_path: Path
) -> None:
    """The server has changed it by then: its answer is waited for, and kept."""
    server = TokenServer(api, rotates=True)
    arrived, answers = asyncio.Event(), asyncio.Event()
    given = server.settings(
        oauth_grant_type="refresh_token",
        oauth_refresh_token="refresh-token-1",
        oauth_token_file=str(tmp_path / "token.json"),
    )

    async def slow(request: Request) -> Reply:
        reply = server.token(request)
        arrived.set()
        await answers.wait()
        return reply

    api.serve("/token", slow)
    async with client_of(given) as client:
        waiting = asyncio.create_task(items(client, api.url))
        await arrived.wait()
        waiting.cancel()
        await asyncio.sleep(0)
        answers.set()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    api.serve("/token", server.token)
    async with client_of(given) as client:
        assert len(await items(client, api.url)) == 3

    assert [form["refresh_token"] for form in server.forms] == [
        "refresh-token-1",
        "refresh-token-2",
    ]


async def test_a_file_that_another_process_holds_is_told_as_that(
    api: FaultApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API is not what gives no answer; and it is tried again, as the other one may be done."""
    monkeypatch.setattr(token_file, "LONGEST_LOCK", 0.1)
    server = TokenServer(api, rotates=True)
    settings = server.settings(
        oauth_grant_type="refresh_token",
        oauth_refresh_token="refresh-token-1",
        oauth_token_file=str(tmp_path / "token.json"),
    )
    with FileLock(tmp_path / "token.json.lock"):
        async with client_of(settings) as client:
            with pytest.raises(
                SourceError, match=r"oauthTokenFile .* is held by another"
            ) as caught:
                await items(client, api.url)

    assert caught.value.transient
    assert api.requests == []


async def test_a_file_that_cannot_be_written_costs_no_token(api: FaultApi, tmp_path: Path) -> None:
    """It is told before the token is used: what the server gives for it could be kept nowhere."""
    server = TokenServer(api, rotates=True)
    too_long = "t" * 250  # for a file beside it, not for its lock
    settings = server.settings(
        oauth_grant_type="refresh_token",
        oauth_refresh_token="refresh-token-1",
        oauth_token_file=str(tmp_path / too_long),
    )

    async with client_of(settings) as client:
        with pytest.raises(ConfigurationError, match="cannot be used"):
            await items(client, api.url)

    assert server.issued == 0


async def test_a_changed_token_is_kept_without_a_file_as_long_as_the_process(
    api: FaultApi, installation: Installation
) -> None:
    """The second look and the next resync sign in with the newest one."""
    server = TokenServer(api, rotates=True)
    rows = named(1, 2, 3)
    api.serve("/items", pages(rows))
    installation.settings = server.settings(
        oauth_grant_type="refresh_token", oauth_refresh_token="refresh-token-1", **PAGED
    )
    installation.mapping = [resource("/items", data_path=".items")]

    async with installation.booted() as app:
        first = await installation.resync_in(app)
        rows[:] = named(2, 3, 4)
        second = await installation.resync_in(app)

    assert first.complete, first.formatted
    assert second.complete, second.formatted
    assert second.deleted == {"item/1"}
    used = [form["refresh_token"] for form in server.forms]
    assert used == ["refresh-token-1", "refresh-token-2", "refresh-token-3"]


async def test_a_changed_token_without_a_file_is_warned_about(api: FaultApi) -> None:
    """The operator learns which setting is missing before the next resync fails."""
    server = TokenServer(api, rotates=True)
    settings = server.settings(
        oauth_grant_type="refresh_token", oauth_refresh_token="refresh-token-1"
    )
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}", level="WARNING")
    try:
        async with client_of(settings) as client:
            await items(client, api.url)
    finally:
        logger.remove(sink)

    assert "oauthTokenFile" in "".join(lines)
    assert "refresh-token" not in "".join(lines)


async def test_the_issuer_of_an_assertion_is_a_text(api: FaultApi) -> None:
    """Clients that are known by a number, too (RFC 7519, 4.1.1)."""
    server = TokenServer(api)
    secret = "a-shared-secret-of-thirty-two-bytes"
    settings = server.settings(
        oauth_grant_type="jwt_bearer",
        oauth_jwt_key=secret,
        oauth_jwt_algorithm="HS256",
        oauth_jwt_claims={"iss": 123456, "sub": 7},
    )

    async with client_of(settings) as client:
        assert len(await items(client, api.url)) == 3

    told = jwt.decode(server.forms[0]["assertion"], options={"verify_signature": False})
    assert (told["iss"], told["sub"]) == ("123456", "7")


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "HS256"])
async def test_a_signed_assertion(api: FaultApi, algorithm: str) -> None:
    """The claims of RFC 7523, 3, with our own over them, computed ones too."""
    server = TokenServer(api)
    keys: dict[str, Any] = {
        "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
    }
    secret = "a-shared-secret-of-thirty-two-bytes"
    key = pem(keys[algorithm]) if algorithm in keys else secret
    claims = {
        "sub": "robot@acme",
        "scope": "read",
        "exp": "{{ now + 60 }}",
        "by": "at {{ now }}",
        "within": {"at": ["{{ now }}"]},
    }
    settings = server.settings(
        oauth_grant_type="jwt_bearer",
        oauth_client_id="service@acme",
        oauth_jwt_key=key.replace("\n", "\\n"),
        oauth_jwt_algorithm=algorithm,
        oauth_jwt_claims=claims,
    )

    async with client_of(settings) as client:
        assert len(await items(client, api.url)) == 3

    (form,) = server.forms
    assert form["grant_type"] == JWT_BEARER
    public = keys[algorithm].public_key() if algorithm in keys else secret
    told = jwt.decode(
        form["assertion"], public, algorithms=[algorithm], audience=f"{api.url}/token"
    )
    assert told["iss"] == "service@acme"
    assert told["sub"] == "robot@acme"
    assert told["exp"] == told["iat"] + 60
    assert told["by"] == f"at {told['iat']}"
    assert told["within"] == {"at": [told["iat"]]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param({"oauth_token_url": None}, ["oauthTokenUrl is missing"], id="no URL"),
        pytest.param(
            {"oauth_client_id": None, "oauth_client_secret": None},
            ["oauthClientId is missing", "oauthClientSecret is missing"],
            id="no client",
        ),
        pytest.param(
            {"oauth_grant_type": "password"}, ["oauthGrantType is 'password'"], id="grant"
        ),
        pytest.param(
            {"oauth_grant_type": "jwt_bearer", "oauth_jwt_key": "no key"},
            ["oauthJwtKey cannot sign with RS256"],
            id="key",
        ),
        pytest.param({"oauth_refresh_token": "x-y-z"}, ["set oauthGrantType to"], id="other grant"),
        pytest.param(
            {
                "oauth_grant_type": "refresh_token",
                "oauth_refresh_token": "x-y-z",
                "oauth_token_file": "token.json",
            },
            ["not an absolute path"],
            id="relative file",
        ),
        pytest.param(
            {"oauth_jwt_claims": {"exp": "{{ now + }}"}}, ["oauthJwtClaims holds"], id="claim"
        ),
    ],
)
def test_settings_that_cannot_work(given: dict[str, Any], words: list[str]) -> None:
    """Every fault is told with its setting, before any request."""
    settings: dict[str, Any] = {
        "base_url": "https://api.example.com",
        "auth_type": "oauth2",
        "oauth_token_url": "https://login.example.com/token",
        **CLIENT,
    }

    with pytest.raises(ConfigurationError) as caught:
        load_settings(settings | given)

    assert all(word in str(caught.value) for word in words)
    assert SECRET not in str(caught.value)


async def test_a_whole_resync_by_oauth(api: FaultApi, installation: Installation) -> None:
    """Ocean's own settings, a resync, and no token or secret in any line of the log."""
    server = TokenServer(api)
    installation.settings |= server.settings(**CLIENT)
    installation.mapping = [resource("/items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", 0, 1, 2)
    assert SECRET not in outcome.log
    assert "access-1" not in outcome.log


# --- logins that do not answer JSON ------------------------------------------------------


def logins(api: FaultApi, template: dict[str, Any], **more: object) -> dict[str, Any]:
    """The settings of a login at /login."""
    return {
        "base_url": api.url,
        "auth_type": "custom",
        "custom_auth_request": {"endpoint": "/login", "body": {"user": "me"}},
        "custom_auth_request_template": template,
        "max_retry_wait": 0,
        **more,
    }


def guarded(name: str, value: str) -> Callable[[Request], Reply]:
    """Items for who sends this header."""

    def handler(request: Request) -> Reply:
        is_signed = request.headers.get(name) == value
        return answer(named(1, 2)) if is_signed else answer({}, 401)

    return handler


@pytest.mark.parametrize(
    ("login", "template", "header"),
    [
        pytest.param(
            answer(None, 201, X_Auth_Token="token-in-a-header"),
            {"headers": {"X-Auth-Token": '{{$headers["x-auth-token"]}}'}},
            ("x-auth-token", "token-in-a-header"),
            id="header",
        ),
        pytest.param(
            answer(None, 201, X_Auth_Token="token-in-a-header"),
            {"headers": {"X-Auth-Token": '{{$headers["X-Auth-Token"]}}'}},
            ("x-auth-token", "token-in-a-header"),
            id="header, as the documentation spells it",
        ),
        pytest.param(
            text("token-as-text\n"),
            {"headers": {"Authorization": "Bearer {{$text}}"}},
            ("authorization", "Bearer token-as-text"),
            id="text",
        ),
        pytest.param(
            Answer(b"<html>", 200, (("Set-Cookie", "session=abc123; Path=/; HttpOnly"),)),
            {"headers": {"Cookie": "session={{$cookies.session}}"}},
            ("cookie", "session=abc123"),
            id="cookie",
        ),
        pytest.param(
            Answer(
                b"{}", 200, (("Set-Cookie", 'a[b]="c/d=="; Path=/; Partitioned; Priority=High'),)
            ),
            {"headers": {"X-Sid": '{{$cookies["a[b]"]}}'}},
            ("x-sid", "c/d=="),
            id="a cookie with names and attributes of today",
        ),
        pytest.param(
            Answer(b"", 302, (("Set-Cookie", "sid=s%201; Secure"), ("Location", "/home"))),
            {"headers": {"X-Sid": "{{$cookies.sid}}"}},
            ("x-sid", "s%201"),
            id="a form that redirects",
        ),
        pytest.param(
            answer({"a": {"b": ["first", "second"]}}, X_Part="p"),
            {"headers": {"X-Key": '{{.a.b[-1] + ":" + $headers["x-part"]}}'}},
            ("x-key", "second:p"),
            id="a program",
        ),
    ],
)
async def test_where_a_login_gives_its_token(
    api: FaultApi, login: Answer, template: dict[str, Any], header: tuple[str, str]
) -> None:
    """A header (Redfish), bare text (Qualys), a cookie: the template reads it."""
    api.serve("/login", login)
    api.serve("/items", guarded(*header))

    async with client_of(logins(api, template)) as client:
        assert len(await items(client, api.url)) == 2


@pytest.mark.parametrize(
    ("template", "words"),
    [
        pytest.param({"X": '{{$headers["x-long-tokn"]}}'}, ["x-long-tokn", "x-token"], id="header"),
        pytest.param({"X": "{{$cookies.session}}"}, ["$cookies.session", "sid"], id="cookie"),
        pytest.param({"X": "{{.token}}"}, ["not JSON", "$text"], id="JSON"),
    ],
)
async def test_what_a_login_does_not_give(
    api: FaultApi, template: dict[str, str], words: list[str]
) -> None:
    """The error names what was looked for and what there was, by names alone."""
    cookie = ("Set-Cookie", "sid=secret-session-1")
    api.serve("/login", Answer(b"plain", 200, (("X-Token", "secret-token-1"), cookie)))

    async with client_of(logins(api, {"headers": template})) as client:
        with pytest.raises(CredentialsError) as caught:
            await items(client, api.url)

    assert all(word in str(caught.value) for word in words)
    assert "secret-" not in str(caught.value)


@pytest.mark.parametrize(
    "report",
    [{"error": "bad password"}, {"success": False, "message": "bad password", "request": "r1"}],
)
async def test_a_login_that_reports_an_error_under_200_is_quoted(
    api: FaultApi, report: dict[str, Any]
) -> None:
    """What the service says counts, and not the path that the template reads."""
    api.serve("/login", answer(report))

    async with client_of(logins(api, {"headers": {"X": "{{.token}}"}})) as client:
        with pytest.raises(CredentialsError, match=r"200 OK.*bad password.*credentials") as caught:
            await items(client, api.url)

    assert "correct the path" not in str(caught.value)


async def test_a_page_is_no_token(api: FaultApi) -> None:
    """Sign-in forms answer a wrong password with 200 and the form again."""
    api.serve("/login", text("<!DOCTYPE html><title>Sign in</title>", kind="text/html"))

    async with client_of(logins(api, {"headers": {"X-Token": "{{$text}}"}})) as client:
        with pytest.raises(CredentialsError, match=r"reads '\$text', but the answer has a page"):
            await items(client, api.url)

    assert api.paths() == ["/login"]


@pytest.mark.parametrize("token", ["tok-en-é-1234", "tok-en\nX-Evil: 1"])
async def test_a_token_that_no_header_can_hold_is_told_of_the_login(
    api: FaultApi, token: str
) -> None:
    """It is the login's fault, and no request for data is made with it."""
    api.serve("/login", answer({"token": token}))

    async with client_of(logins(api, {"headers": {"X-Key": "{{.token}}"}})) as client:
        with pytest.raises(CredentialsError, match=r"the login POST .*'X-Key'") as caught:
            await items(client, api.url)

    assert "tok-en" not in str(caught.value)
    assert api.paths() == ["/login"]


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("scheme", ["oauth2", "custom"])
async def test_a_login_in_trouble_tells_what_its_service_said(
    api: FaultApi, scheme: str, status: int
) -> None:
    """No wait that nobody asked for, and no setting to check: those are not what is wrong."""
    given = answer({"m": "busy"}, status)
    settings = logins(api, {"headers": {"X": "{{.token}}"}})
    if scheme == "oauth2":
        settings = TokenServer(api).settings(**CLIENT)
    for path in ("/token", "/login"):
        api.serve(path, given)

    async with client_of(settings) as client:
        with pytest.raises(SourceError, match="busy") as caught:
            await items(client, api.url)

    assert "asks to wait" not in str(caught.value)
    assert "check" not in str(caught.value)


async def test_a_login_that_asks_for_a_wait_is_quoted(api: FaultApi) -> None:
    """A Retry-After beyond maxRetryWait is told in whole seconds, and what to raise."""
    api.serve("/login", answer({}, 429, Retry_After="7"))

    async with client_of(logins(api, {"headers": {"X": "{{.token}}"}})) as client:
        with pytest.raises(SourceError, match="asks to wait 7 seconds, but only 0 of maxRetryWait"):
            await items(client, api.url)


async def test_a_login_of_two_requests(api: FaultApi) -> None:
    """The second reads the challenge in the first one's answer, quoted in the URL."""
    api.serve("/challenge", answer({"nonce": "a/b c", "id": 7}))
    api.serve("/answer/{}", lambda request: answer({"token": f"for-{request.json['nonce']}"}))
    api.serve("/items", guarded("authorization", "for-a/b c"))
    settings = logins(api, {"headers": {"Authorization": "{{.token}}"}}) | {
        "custom_auth_request": {
            "steps": [
                {"endpoint": "/challenge", "body": {"template": "{{not for us}}"}},
                {"endpoint": "/answer/{{.nonce}}", "body": {"nonce": "{{.nonce}}"}},
            ]
        }
    }

    async with client_of(settings) as client:
        assert len(await items(client, api.url)) == 2

    assert [request.path for request in api.requests] == [
        "/challenge",
        "/answer/a%2Fb%20c",
        "/items",
    ]
    assert api.requests[0].json == {"template": "{{not for us}}"}


async def test_no_answer_leads_a_login_to_another_host(api: FaultApi) -> None:
    """The host of a step is written out: no answer may choose it."""
    settings = logins(api, {"headers": {"A": "{{.t}}"}}) | {
        "custom_auth_request": {
            "steps": [
                {"endpoint": "/a"},
                {"endpoint": "https://{{.host}}/b", "body": {"p": SECRET}},
            ]
        }
    }

    with pytest.raises(ConfigurationError, match="write the host out"):
        load_settings(settings)


@pytest.mark.parametrize("fails", [False, True], ids=["complete", "failed"])
async def test_a_session_is_ended_whatever_the_outcome(
    api: FaultApi, installation: Installation, *, fails: bool
) -> None:
    """The logout is the last request, signed, with values of the login's answer."""
    api.serve("/login", answer({"token": "token-of-today", "session": {"id": "s-1"}}))
    api.serve("/items", answer({}, 403) if fails else answer(named(1, 2)))
    api.serve("/sessions/{}", answer(None, 204))
    installation.settings |= logins(
        api,
        {"headers": {"X-Token": "{{.token}}"}},
        custom_auth_logout_request={"endpoint": "/sessions/{{.session.id}}", "method": "DELETE"},
    )
    installation.mapping = [resource("/items")]

    outcome = await installation.resync()

    assert outcome.complete is not fails
    last = api.requests[-1]
    assert (last.method, last.path) == ("DELETE", "/sessions/s-1")
    assert last.headers["x-token"] == "token-of-today"
    assert [request.path for request in api.requests].count("/sessions/s-1") == 1


async def test_a_session_ends_once(api: FaultApi) -> None:
    """Who closes a client that is closed sends nothing more."""
    api.serve("/login", answer({"token": "token-of-today"}))
    api.serve("/items", answer(named(1)))
    api.serve("/logout", answer(None, 204))
    template = {"headers": {"X-Token": "{{.token}}"}}
    logout = {"custom_auth_logout_request": {"endpoint": "/logout"}}
    settings = {"base_url": api.url, **logins(api, template, **logout)}

    async with client_of(settings) as client:
        await items(client, api.url)
        await client.aclose()

    assert api.paths() == ["/login", "/items", "/logout"]


async def test_a_login_may_set_the_cookie_of_a_session(
    api: FaultApi, installation: Installation
) -> None:
    """It goes with the next step, the first request and the logout; each login begins anew."""
    cookies: list[tuple[str, str]] = []
    valid = ["session-1", "session-2"]

    def answered(request: Request) -> Reply:
        cookies.append((request.path, request.headers.get("cookie", "")))
        if request.path == "/ask":
            return answer({}, Set_Cookie="step=the-first-one; Path=/")
        if request.path == "/tell":
            number = sum(path == "/tell" for path, _ in cookies)
            return answer({"csrf": "token-1"}, Set_Cookie=f"sid=session-{number}; Path=/")
        is_valid = f"sid={valid[0]}" in cookies[-1][1]
        if request.path == "/items":
            del valid[0]  # the first session is over once it was used
        return answer(named(1)) if is_valid else answer({"error": "no session"}, 401)

    for path in ("/ask", "/tell", "/items", "/teams", "/logout"):
        api.serve(path, answered)
    installation.settings |= logins(
        api,
        {"headers": {"X-CSRF": "{{.csrf}}"}},
        custom_auth_request={"steps": [{"endpoint": "/ask"}, {"endpoint": "/tell"}]},
        custom_auth_logout_request={"endpoint": "/logout"},
    )
    installation.mapping = [resource("/items"), resource("/teams", "team")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    first, second = "step=the-first-one; sid=session-1", "step=the-first-one; sid=session-2"
    assert cookies == [
        ("/ask", ""),
        ("/tell", "step=the-first-one"),
        ("/items", first),
        ("/teams", first),
        ("/ask", ""),
        ("/tell", "step=the-first-one"),
        ("/teams", second),
        ("/logout", second),
    ]


async def test_a_logout_that_fails_only_warns(api: FaultApi, installation: Installation) -> None:
    """The resync is complete all the same, and the log names the setting."""
    api.serve("/login", answer({"token": "token-of-today"}))
    api.serve("/items", answer(named(1, 2)))
    api.serve("/logout", answer({}, 500))
    installation.settings |= logins(
        api,
        {"headers": {"X-Token": "{{.token}}"}},
        custom_auth_logout_request={"endpoint": "/logout"},
    )
    installation.mapping = [resource("/items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert "WARNING customAuthLogoutRequest failed (500" in outcome.log


# --- certificates ------------------------------------------------------------------------


@dataclass
class Authority:
    """A private authority, with a certificate for the server and one for a client."""

    folder: Path

    def __post_init__(self) -> None:
        self.ca, self.ca_key = signed_by(None, None, name="authority")
        self.server = signed_by(self.ca, self.ca_key, name="server")
        self.client = signed_by(self.ca, self.ca_key, name="client")

    @staticmethod
    def pem(
        pair: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    ) -> tuple[str, str]:
        """A certificate and its key as PEM text."""
        certificate, key = pair
        return certificate.public_bytes(serialization.Encoding.PEM).decode(), pem(key)

    def context(self, version: ssl.TLSVersion) -> ssl.SSLContext:
        """A server that asks for a certificate of the authority."""
        file = self.folder / "server.pem"
        file.write_text("".join(self.pem(self.server)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        context.minimum_version = context.maximum_version = version
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=self.pem((self.ca, self.ca_key))[0])
        return context


VERSIONS = pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda one: one.name
)


@VERSIONS
async def test_mutual_tls_by_settings(
    installation: Installation, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """A resync through a server that wants a certificate and has one of a private authority."""
    authority = Authority(tmp_path)
    certificate, key = authority.pem(authority.client)
    async with FaultApi(tls=authority.context(version)) as api:
        api.serve("/items", answer(named(1, 2)))
        installation.settings |= {
            "base_url": api.url,
            "ca_certificate": authority.pem((authority.ca, authority.ca_key))[0],
            "client_certificate": certificate.replace("\n", "\\n"),
            "client_key": key,
            "max_retry_wait": 0,
        }
        installation.mapping = [resource("/items")]

        outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("item", 1, 2)


def as_it_is(text: str) -> str:
    """A PEM text as files have it."""
    return text


def in_one_line(text: str) -> str:
    """What a folded text of YAML leaves of line breaks."""
    return text.replace("\n", " ")


def with_attributes(text: str) -> str:
    """What ``openssl pkcs12`` writes around it, and bundles of authorities, in any language."""
    return f"Bag Attributes\n    friendlyName: Zoë, Raíz\n{text}\r\n# the end\n"


@pytest.mark.parametrize("written", [in_one_line, with_attributes, as_it_is])
async def test_certificates_as_people_paste_them(
    installation: Installation, tmp_path: Path, written: Callable[[str], str]
) -> None:
    """OpenSSL itself reads only some of them; the pair may also stand in one text, given twice."""
    authority = Authority(tmp_path)
    pair = written("".join(authority.pem(authority.client)))
    async with FaultApi(tls=authority.context(ssl.TLSVersion.TLSv1_3)) as api:
        api.serve("/items", answer(named(1, 2)))
        installation.settings |= {
            "base_url": api.url,
            "ca_certificate": written(authority.pem((authority.ca, authority.ca_key))[0]),
            "client_certificate": pair,
            "client_key": pair,
            "max_retry_wait": 0,
        }
        installation.mapping = [resource("/items")]

        outcome = await installation.resync()

    assert outcome.complete, outcome.formatted


async def test_a_certificate_of_another_host_is_no_unknown_authority(
    installation: Installation, tmp_path: Path
) -> None:
    """No caCertificate would help: the remedy is not to set one."""
    authority = Authority(tmp_path)
    context = authority.context(ssl.TLSVersion.TLSv1_3)
    context.verify_mode = ssl.CERT_NONE
    async with FaultApi(tls=context) as api:
        installation.settings |= {
            "base_url": api.url.replace("127.0.0.1", "localhost"),
            "ca_certificate": authority.pem((authority.ca, authority.ca_key))[0],
            "max_retry_wait": 0,
        }
        installation.mapping = [resource("/items")]

        outcome = await installation.resync()

    assert "Hostname mismatch" in outcome.message
    assert "ask the API's owner for one that is valid here" in outcome.message
    assert "set caCertificate" not in outcome.message


@contextmanager
def openssl_server(context: ssl.SSLContext) -> Iterator[str]:
    """A server that sends its TLS alerts, as OpenSSL does; asyncio just hangs up."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client without a certificate is no error of the test."""

        def get_request(self) -> tuple[Any, Any]:
            connection, address = self.socket.accept()
            connection.settimeout(30)
            return context.wrap_socket(connection, server_side=True), address

    server = Quiet(("127.0.0.1", 0), BaseHTTPRequestHandler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@VERSIONS
async def test_a_server_that_wants_a_certificate_is_told_as_that(
    installation: Installation, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """Without one, the error names the settings, and nothing is tried again.

    By TLS 1.3 the server says so after the handshake, perhaps before anything is written.
    """
    authority = Authority(tmp_path)
    with openssl_server(authority.context(version)) as url:
        installation.settings |= {
            "base_url": url,
            "ca_certificate": authority.pem((authority.ca, authority.ca_key))[0],
            "max_retry_wait": 20,
        }
        installation.mapping = [resource("/items")]

        outcome = await installation.resync()

    assert not outcome.complete
    assert "clientCertificate and clientKey" in outcome.message
    assert "retries 0" in outcome.log


async def test_what_the_server_said_is_heard_before_anything_is_written(tmp_path: Path) -> None:
    """A busy loop finds the server's alert behind the handshake: it is the error's reason."""
    authority = Authority(tmp_path)
    tls = ssl.create_default_context(cadata=authority.pem((authority.ca, authority.ca_key))[0])
    answered = asyncio.Event()

    def be_busy() -> None:
        time.sleep(0.02)
        if not answered.is_set():
            asyncio.get_running_loop().call_soon(be_busy)

    with openssl_server(authority.context(ssl.TLSVersion.TLSv1_3)) as url:
        async with httpx.AsyncClient(transport=AiohttpTransport(tls, httpx.Limits())) as client:
            be_busy()
            with pytest.raises(httpx.ReadError, match=r"(?i)certificate.required"):
                await client.get(url)
            answered.set()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"client_key": None}, "clientKey is missing", id="no key"),
        pytest.param({"client_certificate": None}, "clientCertificate is missing", id="no cert"),
        pytest.param({"client_key": "other"}, "is not the key of clientCertificate", id="pair"),
        pytest.param({"client_key": "encrypted"}, "clientKey is encrypted", id="encrypted"),
        pytest.param({"client_certificate": "expired"}, "expired on", id="expired"),
        pytest.param({"client_certificate": "nonsense"}, "is not a certificate", id="no PEM"),
        pytest.param({"client_key": "nonsense"}, "is not a private key", id="no key PEM"),
        pytest.param({"ca_certificate": "nonsense"}, "caCertificate is no", id="authority"),
        pytest.param(
            {"client_certificate": "weak", "client_key": "short"},
            "cannot be used for TLS (ee key too small)",
            id="a short key",
        ),
    ],
)
def test_certificates_that_cannot_work(
    tmp_path: Path, change: dict[str, str | None], words: str
) -> None:
    """A wrong pair, an expired or an encrypted one: one clear error at the start."""
    authority = Authority(tmp_path)
    certificate, key = authority.pem(authority.client)
    expired = signed_by(
        authority.ca, authority.ca_key, name="old", ends=datetime.now(UTC) - timedelta(hours=1)
    )
    other = authority.pem(authority.server)[1]
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 — it is refused
    weak = signed_by(authority.ca, authority.ca_key, name="weak", public=short.public_key())[0]
    encrypted = authority.client[1].private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    )
    texts = {
        "other": other,
        "short": pem(short),
        "weak": weak.public_bytes(serialization.Encoding.PEM).decode(),
        "encrypted": encrypted.decode(),
        "expired": authority.pem(expired)[0],
        "nonsense": "no PEM at all",
    }
    settings: dict[str, Any] = {
        "base_url": "https://api.example.com",
        "client_certificate": certificate,
        "client_key": key,
    } | {name: texts[value] if value else None for name, value in change.items()}

    with pytest.raises(ConfigurationError) as caught:
        load_settings(settings)

    assert words in str(caught.value)
    assert "BEGIN PRIVATE KEY" not in str(caught.value).replace("(-----BEGIN PRIVATE KEY", "")
