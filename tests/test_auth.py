"""How requests are signed, and where a signed request may go.

Flows are driven by hand, as httpx drives them: what a flow yields is sent, and what came
back is handed to it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth import StaticAuth, make_auth
from authentication.renewal import SIGN_IN_UNDER_WAY, Flow, RenewedAuth
from authentication.signature import url_without
from client import ApiClient
from errors import CredentialsError, OriginError, ResponseError, TransportError
from jq_engine.worker import JqWorker
from paging.model import PageRequest
from settings import LoginCredentials, LoginRequest, StaticCredentials, load_settings
from tests.fault_api import CLOSED, FaultApi, Reply, Request, answer
from tests.literals import Json
from tests.reading import over_http
from transport.origin import OriginGuard
from transport.redaction import REDACTED, Redactor
from transport.retry import MAX_ATTEMPTS

BASE = httpx.URL("https://api.example.com/v2/")
BEARER: dict[str, str] = {"Authorization": "Bearer {{.access_token}}"}
SECRET = "hunter2-not-for-logs"


@dataclass
class Clock:
    """Seconds, as a test sets them."""

    now: float = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def login_auth(
    login: LoginRequest | None = None,
    *,
    template: Mapping[str, Any] | None = None,
    clock: Callable[[], float] | None = None,
    redact: Redactor | None = None,
    retry_after_header: str = "",
) -> RenewedAuth:
    """The scheme ``custom``, with a bearer token unless another template is given."""
    credentials = LoginCredentials(
        (login or LoginRequest("/login", body={"user": "u", "password": SECRET}),),
        **(template or {"headers": BEARER}),
    )
    auth = make_auth(
        credentials,
        BASE,
        redact or Redactor(SECRET),
        jq=JqWorker(),
        retry_after_header=retry_after_header,
        clock=clock or Clock(),
    )
    assert isinstance(auth, RenewedAuth)
    return auth


def get(path: str = "things") -> httpx.Request:
    """A request as the client would send it."""
    return httpx.Request("GET", BASE.join(path))


def token(value: str = "token-1") -> httpx.Response:
    """A login's answer."""
    return httpx.Response(200, json={"access_token": value})


async def over(flow: Flow, response: httpx.Response) -> bool:
    """Whether a flow is content with a response and ends."""
    try:
        await flow.asend(response)
    except StopAsyncIteration:
        return True
    return False


async def signed(auth: RenewedAuth, request: httpx.Request, login: httpx.Response) -> httpx.Request:
    """A request as a fresh scheme signs it after this login."""
    flow = auth.async_auth_flow(request)
    await anext(flow)
    result = await flow.asend(login)
    await flow.aclose()
    return result


# --- static credentials ------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 204, 401, 403, 500])
async def test_static_credentials_are_sent_once(status: int) -> None:
    """A refusal is final: the same credentials will not fare better a second time."""
    auth = make_auth(StaticCredentials({"X-Key": "k"}), BASE, Redactor(), jq=JqWorker())
    flow = auth.async_auth_flow(get())

    request = await anext(flow)

    assert request.headers["X-Key"] == "k"
    assert await over(flow, httpx.Response(status))


async def test_static_credentials_win_over_other_headers() -> None:
    """The header of the credentials replaces one that a resource sets."""
    request = get()
    request.headers["authorization"] = "other"
    auth = StaticAuth(StaticCredentials({"Authorization": "Bearer t"}))

    assert (await anext(auth.async_auth_flow(request))).headers["Authorization"] == "Bearer t"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("/x", "/x?key=a%26b%20c", id="alone"),
        pytest.param("/x?page=2", "/x?page=2&key=a%26b%20c", id="beside others"),
        pytest.param("/x?key=old&page=2", "/x?page=2&key=a%26b%20c", id="in its place"),
        pytest.param("/x?k%65y=1&key&key=2", "/x?key=a%26b%20c", id="in every spelling"),
        pytest.param("/x?a=%7e+%2B&b[]=1", "/x?a=%7e+%2B&b[]=1&key=a%26b%20c", id="others stay"),
        pytest.param("/x?mykey=1&keys=2", "/x?mykey=1&keys=2&key=a%26b%20c", id="only like it"),
    ],
)
async def test_a_key_in_the_query_is_there_once(url: str, expected: str) -> None:
    """Whatever a link repeats, the parameter is sent once; others keep their spelling."""
    auth = StaticAuth(StaticCredentials(query_params={"key": "a&b c"}))
    request = httpx.Request("GET", f"https://api.example.com{url}")

    signed = await anext(auth.async_auth_flow(request))

    assert signed.url.raw_path.decode() == httpx.URL(expected).raw_path.decode()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("https://a.example/x?key=1", "https://a.example/x", id="alone"),
        pytest.param("https://a.example/x?a=1&key=1&b=2#c", "https://a.example/x?a=1&b=2#c"),
        pytest.param("https://a.example/x#?key=1", "https://a.example/x#?key=1", id="no query"),
        pytest.param("https://a.example/x?a=%7E+b", "https://a.example/x?a=%7E+b", id="not there"),
        pytest.param("https://a.example/x", "https://a.example/x", id="no parameters"),
    ],
)
def test_a_link_loses_the_key_it_repeats(url: str, expected: str) -> None:
    """What is left of a link is what it asks for, in its own spelling."""
    assert url_without(url, {"key"}) == expected


# --- the login call ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("login", "method", "url", "content_type", "content"),
    [
        pytest.param(
            LoginRequest("/login"), "POST", "https://api.example.com/v2/login", None, b"", id="bare"
        ),
        pytest.param(
            LoginRequest("login", body={"a": 1}),
            "POST",
            "https://api.example.com/v2/login",
            "application/json",
            {"a": 1},
            id="JSON",
        ),
        pytest.param(
            LoginRequest("/login", body_form="a=1&b=%20"),
            "POST",
            "https://api.example.com/v2/login",
            "application/x-www-form-urlencoded",
            b"a=1&b=%20",
            id="form",
        ),
        pytest.param(
            LoginRequest("https://login.example.com/t?x=1", "PUT", query_params={"y": "a b"}),
            "PUT",
            "https://login.example.com/t?x=1&y=a+b",
            None,
            b"",
            id="full URL, method and query",
        ),
        pytest.param(
            LoginRequest("/login", headers={"Content-Type": "text/plain"}, body_form="x"),
            "POST",
            "https://api.example.com/v2/login",
            "text/plain",
            b"x",
            id="own content type",
        ),
        pytest.param(
            LoginRequest("/accounts:signIn"),
            "POST",
            "https://api.example.com/v2/accounts:signIn",
            None,
            b"",
            id="colon in the path",
        ),
        pytest.param(
            LoginRequest("/login?next=https://api.example.com/"),
            "POST",
            "https://api.example.com/v2/login?next=https%3A%2F%2Fapi.example.com%2F",
            None,
            b"",
            id="URL in the query",
        ),
    ],
)
async def test_the_login_call(
    login: LoginRequest, method: str, url: str, content_type: str | None, content: Json
) -> None:
    """The login is called as the settings say, below the base URL or at a URL of its own."""
    request = await anext(login_auth(login).async_auth_flow(get()))

    assert (request.method, str(request.url)) == (method, url)
    assert request.headers.get("Content-Type") == content_type
    assert (
        request.content if isinstance(content, bytes) else json.loads(request.content)
    ) == content


async def test_the_headers_of_the_login_call() -> None:
    """The login has its own headers, and none of the request it is made for."""
    request = get()
    request.headers["X-Resource"] = "1"
    flow = login_auth(LoginRequest("/login", headers={"X-Tenant": "t"})).async_auth_flow(request)

    sent = await anext(flow)

    assert sent.headers["X-Tenant"] == "t"
    assert "X-Resource" not in sent.headers
    assert "Authorization" not in sent.headers


# --- signing -----------------------------------------------------------------------------


async def test_a_login_signs_by_header() -> None:
    """What the login answered goes into the header that the template describes."""
    request = await signed(login_auth(), get(), token("t-1"))

    assert request.headers["Authorization"] == "Bearer t-1"
    assert str(request.url) == "https://api.example.com/v2/things"


@pytest.mark.parametrize(
    ("template", "login", "expected"),
    [
        pytest.param("{{.access_token}}", {"access_token": "t"}, "t", id="alone"),
        pytest.param("Bearer {{ .access_token }}", {"access_token": "t"}, "Bearer t", id="spaces"),
        pytest.param("{{.type}} {{.data.token}}", {"type": "T", "data": {"token": "t"}}, "T t"),
        pytest.param('{{.["access token"]}}', {"access token": "t"}, "t", id="odd key"),
        pytest.param("{{.tokens[-1].id}}", {"tokens": [{"id": "a"}, {"id": "b"}]}, "b", id="jq"),
        pytest.param("{{.n}}", {"n": 7}, "7", id="number"),
        pytest.param("{{.b}}", {"b": True}, "true", id="boolean"),
        pytest.param("{{.t}}", {"t": "{{.t}}"}, "{{.t}}", id="not filled in turn"),
        pytest.param("constant", {}, "constant", id="no placeholder"),
    ],
)
async def test_templates(template: str, login: Json, expected: str) -> None:
    """Placeholders are jq over the login's answer."""
    auth = login_auth(template={"headers": {"X-Auth": template}})

    request = await signed(auth, get(), httpx.Response(200, json=login))

    assert request.headers["X-Auth"] == expected


async def test_a_login_signs_by_query() -> None:
    """A token in the query joins the parameters that are there, and replaces its own name."""
    auth = login_auth(template={"query_params": {"sid": "{{.access_token}}"}})

    request = await signed(auth, get("things?a=1&a=2&sid=old"), token("t&1"))

    assert sorted(request.url.params.multi_items()) == [("a", "1"), ("a", "2"), ("sid", "t&1")]


async def test_a_login_signs_by_body() -> None:
    """A token in the body joins the JSON that is there."""
    auth = login_auth(template={"body": {"auth": {"token": "{{.access_token}}", "v": 2}}})
    request = httpx.Request("POST", BASE.join("search"), json={"q": "x", "n": 1})

    sent = await signed(auth, request, token("t-1"))

    assert json.loads(sent.content) == {"q": "x", "n": 1, "auth": {"token": "t-1", "v": 2}}
    assert sent.headers["Content-Length"] == str(len(sent.content))
    assert sent.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("template", "request_", "expected"),
    [
        pytest.param(
            {"body": {"t": "{{.access_token}}"}}, httpx.Request("POST", BASE), {"t": "token-1"}
        ),
        pytest.param({"body": {"t": "{{.access_token}}"}}, httpx.Request("GET", BASE), None),
        pytest.param({"headers": BEARER}, httpx.Request("POST", BASE, json={"q": 1}), {"q": 1}),
        pytest.param({"headers": BEARER}, httpx.Request("POST", BASE), None),
    ],
    ids=["POST gets a body", "GET gets none", "a body stays", "no body stays"],
)
async def test_bodies_beside_other_signatures(
    template: Mapping[str, Mapping[str, Json]], request_: httpx.Request, expected: Json
) -> None:
    """A request has the body it needs, and no other."""
    sent = await signed(login_auth(template=template), request_, token())

    assert (json.loads(sent.content) if sent.content else None) == expected


async def test_a_login_whose_answer_is_not_needed() -> None:
    """A template without placeholders signs after a login that answers no JSON, or nothing."""
    for response in (httpx.Response(200, text="OK"), httpx.Response(204)):
        auth = login_auth(template={"headers": {"X-Logged-In": "yes"}})

        assert (await signed(auth, get(), response)).headers["X-Logged-In"] == "yes"


async def test_signing_leaves_the_request_alone() -> None:
    """A request that is sent again, by another login, is not signed twice."""
    request = get("things?a=1")
    auth = login_auth(template={"headers": BEARER, "query_params": {"sid": "{{.access_token}}"}})

    sent = await signed(auth, request, token())

    assert "Authorization" not in request.headers
    assert str(request.url) == "https://api.example.com/v2/things?a=1"
    assert sent.url.params["sid"] == "token-1"


async def test_one_login_serves_many_requests() -> None:
    """The second request is signed without another login."""
    auth = login_auth()
    await signed(auth, get(), token())

    flow = auth.async_auth_flow(get("others"))
    request = await anext(flow)

    assert request.url.path == "/v2/others"
    assert request.headers["Authorization"] == "Bearer token-1"
    assert await over(flow, httpx.Response(200))
    assert auth.logins == 1


# --- expiry ------------------------------------------------------------------------------


async def test_a_refused_request_logs_in_again_and_is_repeated() -> None:
    """An expired token costs one login and one repetition."""
    auth = login_auth()
    await signed(auth, get(), token("old"))
    flow = auth.async_auth_flow(get())
    assert (await anext(flow)).headers["Authorization"] == "Bearer old"

    login = await flow.asend(httpx.Response(401))
    again = await flow.asend(token("new"))

    assert login.url.path == "/v2/login"
    assert again.url.path == "/v2/things"
    assert again.headers["Authorization"] == "Bearer new"
    assert await over(flow, httpx.Response(200))


async def test_a_request_refused_after_a_new_login_fails() -> None:
    """A token that is refused although it is new is not replaced a second time."""
    auth = login_auth()
    await signed(auth, get(), token("old"))
    flow = auth.async_auth_flow(get())
    await anext(flow)
    await flow.asend(httpx.Response(401))
    await flow.asend(token("new"))

    assert await over(flow, httpx.Response(401))
    assert auth.logins == 2


async def test_refused_at_once_one_more_login_is_tried() -> None:
    """The very first token may be refused too: one new login, then the refusal stands."""
    auth = login_auth()
    flow = auth.async_auth_flow(get())
    answers = (token("1"), httpx.Response(401), token("2"))
    sent = [await anext(flow), *[await flow.asend(response) for response in answers]]
    paths = [request.url.path for request in sent]

    assert paths == ["/v2/login", "/v2/things"] * 2
    assert await over(flow, httpx.Response(401))


@pytest.mark.parametrize("status", [200, 204, 302, 400, 403, 404, 429, 500])
async def test_only_a_401_asks_for_a_new_login(status: int) -> None:
    """Other errors have other reasons."""
    auth = login_auth()
    flow = auth.async_auth_flow(get())
    await anext(flow)
    await flow.asend(token())

    assert await over(flow, httpx.Response(status))


async def test_a_request_refused_meanwhile_uses_the_login_of_another() -> None:
    """A request whose token another one has replaced is repeated without a login of its own."""
    auth = login_auth()
    await signed(auth, get(), token("old"))
    first, second = auth.async_auth_flow(get("a")), auth.async_auth_flow(get("b"))
    await anext(first)
    await anext(second)
    await first.asend(httpx.Response(401))
    await first.asend(token("new"))

    again = await second.asend(httpx.Response(401))

    assert again.url.path == "/v2/b"
    assert again.headers["Authorization"] == "Bearer new"
    assert auth.logins == 2


async def test_a_request_may_be_repeated_with_the_tokens_of_others_but_not_for_ever() -> None:
    """An API that refuses every token ends the flow, whoever obtained them."""
    auth = login_auth()
    await signed(auth, get(), token("0"))
    patient = auth.async_auth_flow(get("patient"))
    await anext(patient)
    repeated = 0
    for number in range(1, 20):
        other = auth.async_auth_flow(get("other"))
        await anext(other)
        await other.asend(httpx.Response(401))
        await other.asend(token(str(number)))
        await other.aclose()
        if await over(patient, httpx.Response(401)):
            break
        repeated += 1

    assert 1 <= repeated < 10


async def test_renewal_before_expiry() -> None:
    """After reauthenticateIntervalSeconds the next request logs in first, and only then."""
    clock = Clock(1000)
    auth = login_auth(LoginRequest("/login", reauthenticate_after=60), clock=clock)
    await signed(auth, get(), token("old"))

    clock.now = 1059.9
    assert (await anext(auth.async_auth_flow(get()))).url.path == "/v2/things"

    clock.now = 1060
    flow = auth.async_auth_flow(get())
    assert (await anext(flow)).url.path == "/v2/login"
    assert (await flow.asend(token("new"))).headers["Authorization"] == "Bearer new"

    clock.now = 1119.9
    assert (await anext(auth.async_auth_flow(get()))).headers["Authorization"] == "Bearer new"


async def test_any_step_of_a_login_may_say_when_it_is_old() -> None:
    """Where a login has steps, `reauthenticateIntervalSeconds` of the last one counts too."""
    clock = Clock(1000)
    steps = (LoginRequest("/ask"), LoginRequest("/tell", reauthenticate_after=60))
    credentials = LoginCredentials(steps, headers=BEARER)
    auth = make_auth(credentials, BASE, Redactor(), jq=JqWorker(), clock=clock)
    flow = auth.async_auth_flow(get())
    assert (await anext(flow)).url.path == "/v2/ask"
    assert (await flow.asend(token())).url.path == "/v2/tell"
    assert (await flow.asend(token())).url.path == "/v2/things"

    clock.now = 1059.9
    assert (await anext(auth.async_auth_flow(get()))).url.path == "/v2/things"
    clock.now = 1060
    assert (await anext(auth.async_auth_flow(get()))).url.path == "/v2/ask"


@pytest.mark.parametrize(
    ("told", "interval", "kept_until"),
    [
        pytest.param(100, None, 1090, id="nine tenths"),
        pytest.param("100", None, 1090, id="digits"),
        pytest.param(100, 30, 1030, id="the setting wins"),
        pytest.param(0, None, None, id="zero says nothing"),
        pytest.param("soon", None, None, id="no number"),
        pytest.param(10**17, None, 900_001_000, id="longer than anything lasts"),
        pytest.param(10**400, None, None, id="beyond any float"),
    ],
)
async def test_a_told_lifetime(
    told: Json, interval: float | None, kept_until: float | None
) -> None:
    """``expires_in`` of the login's answer renews before the API refuses (RFC 6749, 5.1)."""
    clock = Clock(1000)
    auth = login_auth(LoginRequest("/login", reauthenticate_after=interval), clock=clock)
    await signed(auth, get(), httpx.Response(200, json={"access_token": "old", "expires_in": told}))

    clock.now = (kept_until or 10**9) - 0.1
    assert (await anext(auth.async_auth_flow(get()))).url.path == "/v2/things"

    clock.now = kept_until or 10**9
    expected = "/v2/login" if kept_until else "/v2/things"
    assert (await anext(auth.async_auth_flow(get()))).url.path == expected


async def test_without_an_interval_a_token_is_kept() -> None:
    """A token without a known lifetime is used until it is refused."""
    clock = Clock()
    auth = login_auth(clock=clock)
    await signed(auth, get(), token())

    clock.now = 10**9

    assert (await anext(auth.async_auth_flow(get()))).url.path == "/v2/things"


# --- concurrency -------------------------------------------------------------------------


@dataclass
class Api(httpx.AsyncBaseTransport):
    """An API whose tokens count up; it takes a while for every answer."""

    valid: int = 0
    logins: int = 0
    refuses_login: bool = False
    seen: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer after everyone else had a turn."""
        for _ in range(5):
            await asyncio.sleep(0)
        if request.url.path.endswith("/login"):
            self.logins += 1
            if self.refuses_login:
                return httpx.Response(403, text="no")
            self.valid = max(self.valid, self.logins)
            return token(f"token-{self.valid}")
        self.seen.append(request.headers["Authorization"])
        is_valid = request.headers["Authorization"] == f"Bearer token-{self.valid}"
        return httpx.Response(200 if is_valid else 401, json=[])


@asynccontextmanager
async def reaching(api: Api, auth: RenewedAuth) -> AsyncIterator[httpx.AsyncClient]:
    """A client for an API in this process."""
    async with httpx.AsyncClient(transport=api, auth=auth, trust_env=False) as client:
        yield client


async def test_many_first_requests_make_one_login() -> None:
    """However many requests start at once, one of them logs in."""
    api = Api()
    async with reaching(api, login_auth()) as client:
        answers = await asyncio.gather(*(client.get(BASE.join(str(n))) for n in range(50)))

    assert api.logins == 1
    assert {response.status_code for response in answers} == {200}


async def test_many_refused_requests_make_one_login() -> None:
    """However many requests find the token expired, one of them logs in for all."""
    api, auth = Api(), login_auth()
    async with reaching(api, auth) as client:
        await client.get(BASE.join("first"))
        api.valid = 2  # the token of the first login is not the valid one any more
        answers = await asyncio.gather(*(client.get(BASE.join(str(n))) for n in range(50)))

    assert api.logins == auth.logins == 2
    assert {response.status_code for response in answers} == {200}


async def test_a_refused_login_is_made_once_for_all() -> None:
    """With a wrong password, fifty requests make one login: the account is not locked."""
    api = Api(refuses_login=True)
    async with reaching(api, login_auth()) as client:
        outcomes = await asyncio.gather(
            *(client.get(BASE.join(str(n))) for n in range(50)), return_exceptions=True
        )

    assert api.logins == 1
    assert api.seen == []
    assert {type(outcome) for outcome in outcomes} == {CredentialsError}


async def test_a_request_given_up_during_the_login_does_not_block_the_others() -> None:
    """Who waits behind a cancelled login logs in itself."""
    auth = login_auth()
    abandoned = auth.async_auth_flow(get("a"))
    await anext(abandoned)
    await abandoned.aclose()

    flow = auth.async_auth_flow(get("b"))

    assert (await anext(flow)).url.path == "/v2/login"
    assert (await flow.asend(token())).url.path == "/v2/b"


# --- failed logins -----------------------------------------------------------------------


async def _failed(auth: RenewedAuth, response: httpx.Response) -> str:
    flow = auth.async_auth_flow(get())
    await anext(flow)
    with pytest.raises(CredentialsError) as caught:
        await flow.asend(response)
    return str(caught.value)


@pytest.mark.parametrize(
    ("response", "told"),
    [
        pytest.param(httpx.Response(400, text="bad"), "400", id="400"),
        pytest.param(httpx.Response(401, text="no"), "401", id="401"),
        pytest.param(httpx.Response(403, json={"error": "locked"}), "locked", id="403"),
        pytest.param(httpx.Response(404), "404", id="404"),
        pytest.param(httpx.Response(302, headers={"Location": "/sso"}), "302", id="redirect"),
        pytest.param(httpx.Response(200, text="<html>"), "not JSON", id="HTML"),
        pytest.param(httpx.Response(200, text='{"access_tok'), "not JSON", id="cut JSON"),
        pytest.param(httpx.Response(200), "'.access_token'", id="no body"),
        pytest.param(httpx.Response(200, json={"token": "t"}), "the keys token", id="other key"),
        pytest.param(httpx.Response(200, json={"access_token": None}), "access_token", id="null"),
        pytest.param(httpx.Response(200, json={"access_token": ""}), "access_token", id="empty"),
        pytest.param(httpx.Response(200, json={"access_token": {}}), "access_token", id="object"),
        pytest.param(httpx.Response(200, json=["t"]), "an array", id="array"),
    ],
)
async def test_a_failed_login_stays_failed(response: httpx.Response, told: str) -> None:
    """The error says what the login answered; no request tries the same again."""
    auth = login_auth()

    assert told in await _failed(auth, response)
    with pytest.raises(CredentialsError) as caught:
        await anext(auth.async_auth_flow(get()))

    assert told in str(caught.value)
    assert auth.logins == 0


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 512, 520, 529, 599])
async def test_a_login_that_fails_for_now_may_be_tried_again(status: int) -> None:
    """A passing fault of the login service is retried like that of any request."""
    clock = Clock()
    auth = login_auth(clock=clock)
    flow = auth.async_auth_flow(get())
    await anext(flow)

    with pytest.raises(ResponseError) as caught:
        await flow.asend(httpx.Response(status, headers={"Retry-After": "7"}, text="busy"))

    assert caught.value.status == status
    assert caught.value.transient
    assert caught.value.retry_after == 7
    clock.now += 7
    assert (await signed(auth, get(), token())).headers["Authorization"] == "Bearer token-1"


@pytest.mark.parametrize("status", [403, 429, 503])
async def test_a_login_says_when_to_come_back_by_a_further_header(status: int) -> None:
    """`retryAfterHeader` counts for a login as for any request: a 403 with it is a limit."""
    clock = Clock()
    auth = login_auth(clock=clock, retry_after_header="X-Wait")
    refused = httpx.Response(status, headers={"X-Wait": "30", "Retry-After": "3600"})

    error = await _turned_away(auth, refused)

    assert error.transient
    assert error.retry_after == 30
    clock.now += 30
    assert (await anext(auth.async_auth_flow(get()))).url.path == "/v2/login"


async def test_a_login_in_trouble_is_left_alone_by_all() -> None:
    """Until its backoff is over, every request that needs the login shares its last failure."""
    clock = Clock()
    auth = login_auth(clock=clock)
    await _turned_away(auth, httpx.Response(503, headers={"Retry-After": "7"}))
    clock.now += 3

    with pytest.raises(ResponseError, match=r"the login POST .* 503") as caught:
        await anext(auth.async_auth_flow(get("others")))

    assert caught.value.transient
    assert caught.value.retry_after == 4
    clock.now += 4
    assert (await anext(auth.async_auth_flow(get()))).url.path == "/v2/login"


async def test_a_login_without_an_answer_is_left_alone_too() -> None:
    """A login service that hangs up is in trouble as one that answers 503."""
    clock = Clock()
    auth = login_auth(clock=clock)
    request = get()
    flow = auth.async_auth_flow(request)
    await anext(flow)
    await flow.aclose()  # what httpx does when no answer came
    auth.left_unanswered(*request.extensions[SIGN_IN_UNDER_WAY])

    with pytest.raises(TransportError, match="the login POST") as caught:
        await anext(auth.async_auth_flow(get("others")))

    assert caught.value.retry_after
    clock.now += caught.value.retry_after
    assert (await anext(auth.async_auth_flow(get()))).url.path == "/v2/login"


async def test_a_login_in_trouble_for_long_is_given_up() -> None:
    """Its backoff grows, and after ten failures in a row nobody in this resync asks again."""
    clock = Clock()
    auth = login_auth(clock=clock)
    waits = []
    for _ in range(MAX_ATTEMPTS):
        error = await _turned_away(auth, httpx.Response(502))
        assert error.retry_after
        waits.append(error.retry_after)
        clock.now += error.retry_after

    assert waits[:4] == [0.25, 0.5, 1, 2]
    assert waits[-1] == 30
    with pytest.raises(CredentialsError, match="10 times in a row"):
        await anext(auth.async_auth_flow(get()))


async def _turned_away(auth: RenewedAuth, response: httpx.Response) -> ResponseError:
    """What a request fails with whose login got this answer."""
    flow = auth.async_auth_flow(get())
    await anext(flow)
    with pytest.raises(ResponseError) as caught:
        await flow.asend(response)
    return caught.value


async def test_the_error_of_a_login_names_it_without_secrets() -> None:
    """Method and URL are told, a short piece of the answer, and no credential."""
    login = LoginRequest("/login", query_params={"key": SECRET}, body={"password": SECRET})
    long_answer = f"wrong password {SECRET} " + "x" * 5000

    message = await _failed(login_auth(login), httpx.Response(403, text=long_answer))

    assert "POST https://api.example.com/v2/login" in message
    assert "403" in message
    assert SECRET not in message
    assert len(message) < 400


# --- redaction ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "login",
    [
        pytest.param({"access_token": "tok1"}, id="short"),
        pytest.param({"access_token": 987654321}, id="a number"),
        pytest.param({"access_token": "long-enough-token", "refresh_token": "refresh-refresh"}),
        pytest.param({"access_token": "tok1", "nested": [{"session": "session-of-someone"}]}),
    ],
    ids=str,
)
async def test_what_a_login_gave_is_redacted(login: dict[str, Json]) -> None:
    """A token, and every longer text of the login's answer, is a secret from then on."""
    redact = Redactor()
    auth = login_auth(redact=redact)

    await signed(auth, get(), httpx.Response(200, json=login))

    assert redact(str(login["access_token"])) == REDACTED
    for text in ("refresh-refresh", "session-of-someone"):
        if text in str(login):
            assert redact(f"<{text}>") == f"<{REDACTED}>"


# --- over real connections ---------------------------------------------------------------


def _tokens(request: Request) -> Reply:
    assert request.json == {"user": "u"}
    return answer({"access_token": "token-1"})


def _things(request: Request) -> Reply:
    if request.headers.get("authorization") != "Bearer token-1":
        return answer({"error": "who are you?"}, 401)
    return answer([{"id": 1}])


@asynccontextmanager
async def _client(api: FaultApi, login_at: str, **config: Json) -> AsyncIterator[ApiClient]:
    settings = load_settings(
        {
            "base_url": api.url,
            "auth_type": "custom",
            "custom_auth_request": {"endpoint": login_at, "body": {"user": "u"}},
            "custom_auth_request_template": {"headers": dict(BEARER)},
            **config,
        },
        environ={},
    )

    client = ApiClient(settings, JqWorker(), http=over_http)
    try:
        yield client
    finally:
        await client.aclose()


async def test_a_login_over_a_real_connection() -> None:
    """The login's answer is read to its end before it signs anything."""
    async with FaultApi() as api:
        api.serve("/login", _tokens)
        api.serve("/things", _things)
        async with _client(api, "/login") as client:
            found = await client.send(PageRequest(f"{api.url}/things"))

    assert found.body == [{"id": 1}]
    assert api.paths() == ["/login", "/things"]


async def test_a_login_in_trouble_gets_few_calls_from_many_requests() -> None:
    """Thirty requests at once wait for one login that is tried again for all of them."""
    async with FaultApi() as api:
        api.serve("/login", _tokens)
        api.serve("/things", _things)
        api.fail("/login", answer({}, 503), times=2)
        api.fail("/login", CLOSED, on=3, times=1)
        async with _client(api, "/login", max_concurrent_requests=30) as client:
            requests = [PageRequest(f"{api.url}/things?n={n}") for n in range(30)]
            found = await asyncio.gather(*map(client.send, requests))

    assert len(found) == 30
    assert len(api.at("/login")) == 4
    assert len(api.at("/things")) == 30


async def test_an_upper_case_scheme_makes_a_full_url_of_a_login() -> None:
    """A login at HTTP://… goes there, not below the base URL."""
    async with FaultApi() as api, FaultApi() as elsewhere:
        elsewhere.serve("/login", _tokens)
        api.serve("/things", _things)
        async with _client(api, f"{elsewhere.url}/login".replace("http", "HTTP")) as client:
            await client.send(PageRequest(f"{api.url}/things"))

    assert elsewhere.paths() == ["/login"]


async def test_custom_headers_go_along_with_a_login_at_the_api() -> None:
    """A gateway that wants a header with every request gets it with the login too."""
    async with FaultApi() as api:
        api.serve("/login", _tokens)
        api.serve("/things", _things)
        async with _client(api, "/login", custom_headers={"X-Gate": SECRET}) as client:
            await client.send(PageRequest(f"{api.url}/things"))

    assert [request.headers.get("x-gate") for request in api.requests] == [SECRET, SECRET]


async def test_custom_headers_stay_away_from_a_login_elsewhere() -> None:
    """A login service at another origin gets its own headers only."""
    async with FaultApi() as api, FaultApi() as elsewhere:
        elsewhere.serve("/login", _tokens)
        api.serve("/things", _things)
        config: dict[str, Json] = {"custom_headers": {"X-Gate": SECRET}}
        async with _client(api, f"{elsewhere.url}/login", **config) as client:
            await client.send(PageRequest(f"{api.url}/things"))

    assert [request.headers.get("x-gate") for request in elsewhere.requests] == [None]
    assert [request.headers.get("x-gate") for request in api.requests] == [SECRET]


# --- origins -----------------------------------------------------------------------------


def guard(base_url: str = "https://api.example.com/v2", *allowed_hosts: str) -> OriginGuard:
    """The guard of an installation."""
    hosts: Json = list(allowed_hosts)
    settings = load_settings({"base_url": base_url, "allowed_hosts": hosts}, environ={})
    return OriginGuard(settings.base_url, settings.allowed_hosts)


@pytest.mark.parametrize(
    ("base_url", "link", "expected"),
    [
        pytest.param("https://a.example", "https://a.example/x?y=1", "https://a.example/x?y=1"),
        pytest.param("https://a.example/v2", "https://a.example/v3", "https://a.example/v3"),
        pytest.param(
            "https://a.example", "http://a.example/x", "https://a.example/x", id="other scheme"
        ),
        pytest.param(
            "http://a.example", "https://a.example/x", "http://a.example/x", id="the other way"
        ),
        pytest.param(
            "https://a.example", "HTTPS://A.Example/X", "https://a.example/X", id="mixed case"
        ),
        pytest.param(
            "https://A.EXAMPLE", "https://a.example/x", "https://a.example/x", id="base in capitals"
        ),
        pytest.param(
            "https://a.example", "https://a.example:443/x", "https://a.example/x", id="default port"
        ),
        pytest.param(
            "https://a.example:443", "https://a.example/x", "https://a.example/x", id="in the base"
        ),
        pytest.param(
            "https://a.example", "http://a.example:80/x", "https://a.example/x", id="both default"
        ),
        pytest.param(
            "https://a.example:8443", "http://a.example:8443/x", "https://a.example:8443/x"
        ),
        pytest.param(
            "http://localhost:8080", "https://localhost:8080/x", "http://localhost:8080/x"
        ),
        pytest.param(
            "https://bücher.example",
            "https://xn--bcher-kva.example/x",
            "https://xn--bcher-kva.example/x",
            id="IDN, encoded in the link",
        ),
        pytest.param(
            "https://xn--bcher-kva.example",
            "https://BÜCHER.example/x",
            "https://xn--bcher-kva.example/x",
            id="IDN, encoded in the base",
        ),
        pytest.param("http://[::1]:8080", "http://[::1]:8080/x", "http://[::1]:8080/x", id="IPv6"),
        pytest.param(
            "https://a.example", "http://a.example:443/x", "https://a.example/x", id="TLS port"
        ),
        pytest.param("http://10.0.0.1", "http://10.0.0.1/x", "http://10.0.0.1/x", id="IPv4"),
        pytest.param(
            "https://a.example", "https://a.example/x#top", "https://a.example/x#top", id="fragment"
        ),
        pytest.param(
            "https://a.example",
            "https://a.example/to?u=https://evil.example",
            "https://a.example/to?u=https://evil.example",
            id="another URL in the query",
        ),
    ],
)
def test_links_within_the_origin(base_url: str, link: str, expected: str) -> None:
    """Host and port of the base URL are followed, under the scheme of the base URL."""
    assert guard(base_url).admit(link) == httpx.URL(expected)


@pytest.mark.parametrize(
    ("base_url", "link", "host"),
    [
        ("https://a.example", "https://b.example/x", "b.example"),
        ("https://a.example", "https://b.example:8443/x", "b.example:8443"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8002/x", "127.0.0.1:8002"),
        ("http://[::1]:8001", "http://[::1]:8002/x", "[::1]:8002"),
    ],
)
def test_a_host_that_the_remedy_names_may_be_named(base_url: str, link: str, host: str) -> None:
    """Who does what the error says gets further."""
    with pytest.raises(OriginError, match=re.escape(f"add {host} to allowedHosts")):
        guard(base_url).admit(link)

    assert guard(base_url, host).admit(link) == httpx.URL(link)


def test_no_remedy_leads_to_an_address_without_encryption() -> None:
    """An API that names its address behind a proxy is not to be followed there by a setting."""
    link = "http://localhost:8080/x"
    with pytest.raises(OriginError, match="its public address") as caught:
        guard("https://a.example", "localhost:8080").admit(link)

    assert "allowedHosts" not in str(caught.value)


@pytest.mark.parametrize(
    ("base_url", "link"),
    [
        pytest.param("https://a.example", "https://evil.example/x", id="other host"),
        pytest.param("https://a.example", "https://a.example.evil.example/", id="host as prefix"),
        pytest.param("https://a.example", "https://evila.example/", id="host as suffix"),
        pytest.param("https://a.example", "https://x.a.example/", id="subdomain"),
        pytest.param("https://x.a.example", "https://a.example/", id="parent domain"),
        pytest.param("https://a.example", "https://a.example./", id="trailing dot"),
        pytest.param("https://a.example", "https://a.example:8443/", id="other port"),
        pytest.param("https://a.example:8443", "https://a.example/", id="no port"),
        pytest.param("https://a.example", "http://a.example:8080/", id="scheme and port"),
        pytest.param("https://a.example", "https://u:p@a.example/", id="user at home"),
        pytest.param("https://a.example", "https://u@a.example/", id="only a user"),
        pytest.param("https://a.example", "https://a.example@evil.example/", id="home as user"),
        pytest.param("https://a.example", "https://a.example:443@evil.example/", id="and port"),
        pytest.param("https://a.example", "https://evil.example#@a.example/", id="hash"),
        pytest.param("https://a.example", "https://evil.example?@a.example/", id="question mark"),
        pytest.param("https://a.example", "https://evil.example\\@a.example/", id="backslash at"),
        pytest.param("https://a.example", "https://a.example\\@evil.example/", id="at backslash"),
        pytest.param("https://a.example", "https://a.example\\.evil.example/", id="backslash dot"),
        pytest.param("https://a.example", "https:\\\\evil.example/", id="backslashes"),
        pytest.param("https://a.example", "//evil.example/x", id="no scheme"),
        pytest.param("https://a.example", "/x", id="path only"),
        pytest.param("https://a.example", "", id="nothing"),
        pytest.param("https://a.example", "https://", id="no host"),
        pytest.param("https://a.example", "https:///x", id="empty host"),
        pytest.param("https://a.example", "https:a.example/x", id="no slashes"),
        pytest.param("https://a.example", "ftp://a.example/x", id="ftp"),
        pytest.param("https://a.example", "file:///etc/passwd", id="file"),
        pytest.param("https://a.example", "javascript:alert(1)", id="javascript"),
        pytest.param("https://a.example", "data:,x", id="data"),
        pytest.param("https://a.example", "ws://a.example/x", id="websocket"),
        pytest.param("https://a.example", "https://\u0430.example/", id="Cyrillic letter"),
        pytest.param("https://a.example", "https://a.example%2eevil.example/", id="encoded dot"),
        pytest.param("https://a.example", "https://a.example%00.evil.example/", id="encoded NUL"),
        pytest.param("https://a.example", "https://evil.example/\r\nHost: a.example", id="CRLF"),
        pytest.param("https://a.example", "https://xn--/", id="no punycode"),
        pytest.param("https://a.example", "https://xn--zzzzzz99999/", id="faulty punycode"),
        pytest.param("https://a.example", "//xn--/", id="faulty punycode, no scheme"),
        pytest.param("https://a.example", "https://a.example:99999/", id="impossible port"),
        pytest.param("https://a.example", "https://a.example:x/", id="port is no number"),
        pytest.param("http://[::1]:8080", "http://[::2]:8080/", id="other IPv6"),
        pytest.param("http://[::1]:8080", "http://[::1]:9090/", id="IPv6, other port"),
        pytest.param("http://[::1]", "http://[::1/", id="open bracket"),
        pytest.param("http://127.0.0.1", "http://localhost/", id="name for an address"),
        pytest.param("http://10.0.0.1", "http://169.254.169.254/latest", id="metadata service"),
    ],
)
def test_links_that_lead_elsewhere(base_url: str, link: str) -> None:
    """Another origin, or a URL made to look like home, is refused before anything is sent."""
    with pytest.raises(OriginError, match="nothing was sent"):
        guard(base_url).admit(link)


@pytest.mark.parametrize(
    ("base_url", "allowed", "link", "admitted"),
    [
        pytest.param("https://a.example", ["b.example"], "https://b.example/x", True, id="named"),
        pytest.param("https://a.example", ["b.example"], "https://B.example/x", True, id="capital"),
        pytest.param("https://a.example", ["B.Example"], "https://b.example/x", True, id="setting"),
        pytest.param("https://a.example", ["b.example"], "https://b.example:8443/x", True),
        pytest.param("https://a.example", ["b.example"], "http://b.example/x", False, id="no TLS"),
        pytest.param(
            "http://a.example", ["b.example"], "http://b.example/x", True, id="none at home"
        ),
        pytest.param("http://a.example", ["b.example"], "https://b.example/x", True, id="better"),
        pytest.param("https://a.example", ["b.example"], "https://x.b.example/", False, id="sub"),
        pytest.param("https://a.example", ["b.example"], "https://b.example.evil/", False),
        pytest.param(
            "https://a.example", ["b.example"], "https://u:p@b.example/", False, id="user"
        ),
        pytest.param("https://a.example", ["b.example"], "ftp://b.example/x", False, id="ftp"),
        pytest.param("https://a.example", ["b.example"], "https://c.example/x", False, id="other"),
        pytest.param("https://a.example", ["b.example"], "https://a.example/x", True, id="home"),
        pytest.param(
            "https://a.example", ["xn--bcher-kva.example"], "https://bücher.example/x", True
        ),
        pytest.param(
            "https://a.example", ["bücher.example"], "https://xn--bcher-kva.example/x", True
        ),
        pytest.param("https://a.example", ["b.example:84"], "https://b.example:84/x", True),
        pytest.param("https://a.example", ["b.example:84"], "https://b.example/x", False),
        pytest.param("https://a.example", ["b.example:84"], "https://b.example:85/x", False),
        pytest.param("https://a.example", ["b.example:443"], "https://b.example/x", True),
        pytest.param("https://a.example", ["b.example:443"], "https://b.example:8443/x", False),
        pytest.param("http://a.example", ["b.example:443"], "http://b.example/x", False),
        pytest.param("http://a.example", ["b.example:80"], "http://b.example/x", True),
        pytest.param("http://a.example", ["10.0.0.7"], "http://10.0.0.7/x", True, id="address"),
    ],
    ids=str,
)
def test_allowed_hosts(base_url: str, allowed: list[str], link: str, *, admitted: bool) -> None:
    """Hosts named in allowedHosts are followed, never without TLS when the API has it."""
    watch = guard(base_url, *allowed)

    if admitted:
        assert watch.admit(link) == httpx.URL(link)
    else:
        with pytest.raises(OriginError):
            watch.admit(link)


def test_a_refused_link_is_told_without_its_secrets() -> None:
    """The error names both origins and the remedy, and neither path nor query of the link."""
    with pytest.raises(OriginError) as caught:
        guard().admit("https://evil.example/cb?token=abc123")

    assert "https://evil.example" in str(caught.value)
    assert "https://api.example.com" in str(caught.value)
    assert "allowedHosts" in str(caught.value)
    assert "abc123" not in str(caught.value)


PIECES = st.sampled_from(
    ["https:", "http:", "//", "/", "\\", "@", ":", "#", "?", "%2f", "%40", " ", "\t", "[", "]", "."]
) | st.sampled_from(["api.example.com", "evil.example", "443", "80", "user", "xn--", "é", "\u3002"])


@given(link=st.lists(PIECES, max_size=9).map("".join) | st.text(max_size=40))
def test_no_link_leads_astray(link: str) -> None:
    """Whatever an API writes into a link: it is refused, or leads to the very origin."""
    try:
        url = guard().admit(link)
    except OriginError:
        return

    assert (url.scheme, url.host, url.port, url.userinfo) == ("https", "api.example.com", None, b"")
