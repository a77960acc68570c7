"""What an installation may say, and how it is told everything that is wrong at once."""

from __future__ import annotations

import base64
import json

import httpx
import pytest
from humps import camelize
from hypothesis import given
from hypothesis import strategies as st

from errors import ConfigurationError
from pagination import PaginationSettings
from settings import LoginCredentials, LoginRequest, Settings, StaticCredentials, load_settings
from tests.literals import Json

BASE_URL = "https://api.example.com"
SECRET = "hunter2-not-for-logs"

# As Ocean passes them: every option in snake_case, None where unset.
UNSET: dict[str, Json] = dict.fromkeys(
    (
        "base_url",
        "auth_type",
        "api_token",
        "username",
        "password",
        "api_key",
        "api_key_header",
        "api_key_param",
        "auth_value",
        "custom_auth_request",
        "custom_auth_request_template",
        "custom_headers",
        "pagination_type",
        "page_size",
        "pagination_param",
        "size_param",
        "start_page",
        "cursor_path",
        "has_more_path",
        "last_page_path",
        "total_path",
        "next_link_path",
        "header_link_rel",
        "timeout",
        "verify_ssl",
        "max_concurrent_requests",
        "requests_per_minute",
        "allowed_hosts",
        "max_retry_wait",
        "max_pages",
    )
)
LOGIN: dict[str, Json] = {
    "auth_type": "custom",
    "custom_auth_request": {"endpoint": "/login"},
    "custom_auth_request_template": {"headers": {"Authorization": "Bearer {{.token}}"}},
}


def loaded(
    secrets: dict[str, Json] | None = None, environ: dict[str, str] | None = None, **config: Json
) -> Settings:
    """The settings of an installation, as Ocean would pass them."""
    return load_settings(
        {**UNSET, "base_url": BASE_URL, **config}, secrets=secrets, environ=environ or {}
    )


def faults(environ: dict[str, str] | None = None, **config: Json) -> tuple[str, ...]:
    """What is wrong with these settings."""
    with pytest.raises(ConfigurationError) as caught:
        loaded(environ=environ, **config)
    return tuple(map(str, caught.value.faults))


def signature(settings: Settings) -> dict[str, str]:
    """The headers that sign every request."""
    assert isinstance(settings.credentials, StaticCredentials)
    return dict(settings.credentials.headers)


def login(**changes: Json) -> LoginRequest:
    """The login call of ``authType: custom``."""
    request = {"endpoint": "/login", **changes}
    settings = loaded(**LOGIN | {"custom_auth_request": request})
    assert isinstance(settings.credentials, LoginCredentials)
    (step,) = settings.credentials.steps
    return step


def b64(text: str) -> str:
    """A text in base64."""
    return base64.b64encode(text.encode()).decode()


# --- defaults and types ------------------------------------------------------------------


def test_defaults() -> None:
    """With everything unset, as Ocean passes it, the documented defaults apply."""
    assert loaded() == Settings(
        base_url=httpx.URL("https://api.example.com/"),
        credentials=StaticCredentials({}),
        custom_headers={},
        pagination=PaginationSettings(
            type="none",
            page_size=100,
            pagination_param=None,
            size_param=None,
            start_page=1,
            cursor_path=None,
            has_more_path=None,
            last_page_path=None,
            total_path=None,
            next_link_path=None,
            header_link_rel="next",
            send_in="query",
        ),
        timeout=30,
        verify_ssl=True,
        max_concurrent_requests=10,
        requests_per_minute=None,
        allowed_hosts=(),
        max_retry_wait=120,
        max_pages=10_000,
        secrets=(),
    )


@pytest.mark.parametrize("blank", ["", "  ", None])
@pytest.mark.parametrize("name", [name for name in UNSET if name != "base_url"])
def test_blank_is_unset(name: str, blank: str | None) -> None:
    """An option left empty in a form or a .env file is as if it were not there."""
    config: dict[str, Json] = {name: blank}

    assert loaded(**config) == loaded()


@pytest.mark.parametrize(
    ("name", "text", "attribute", "expected"),
    [
        pytest.param("timeout", "45", "timeout", 45),
        pytest.param("timeout", 45, "timeout", 45, id="timeout as a number"),
        pytest.param("verify_ssl", "false", "verify_ssl", False),
        pytest.param("verify_ssl", "False", "verify_ssl", False, id="capital"),
        pytest.param("verify_ssl", "0", "verify_ssl", False, id="zero"),
        pytest.param("verify_ssl", "true", "verify_ssl", True, id="true"),
        pytest.param("verify_ssl", False, "verify_ssl", False, id="a boolean"),
        pytest.param("max_concurrent_requests", "3", "max_concurrent_requests", 3),
        pytest.param("requests_per_minute", "60", "requests_per_minute", 60),
        pytest.param("max_retry_wait", "0", "max_retry_wait", 0),
        pytest.param("max_pages", "50", "max_pages", 50),
        pytest.param("allowed_hosts", '["a.example"]', "allowed_hosts", ("a.example",)),
        pytest.param(
            "allowed_hosts", ["A.Example"], "allowed_hosts", ("a.example",), id="in lower case"
        ),
        pytest.param("allowed_hosts", ["a.example:8443"], "allowed_hosts", ("a.example:8443",)),
        pytest.param("allowed_hosts", [], "allowed_hosts", (), id="empty list"),
        pytest.param("custom_headers", '{"X-A": "1"}', "custom_headers", {"X-A": "1"}),
    ],
)
def test_values_arrive_as_text(name: str, text: Json, attribute: str, expected: Json) -> None:
    """Environment variables are texts: numbers, booleans, arrays and objects are read from them."""
    assert getattr(loaded(**{name: text}), attribute) == expected


@pytest.mark.parametrize(
    ("name", "value", "attribute", "expected"),
    [
        pytest.param("pagination_type", "offset", "type", "offset"),
        pytest.param("pagination_type", " header_link ", "type", "header_link"),
        pytest.param("page_size", "50", "page_size", 50),
        pytest.param("pagination_param", "page[after]", "pagination_param", "page[after]"),
        pytest.param("size_param", "page[size]", "size_param", "page[size]"),
        pytest.param("start_page", "0", "start_page", 0),
        pytest.param("cursor_path", ".data[-1].id", "cursor_path", ".data[-1].id"),
        pytest.param("has_more_path", "meta.has_more", "has_more_path", "meta.has_more"),
        pytest.param("last_page_path", "isLast", "last_page_path", "isLast"),
        pytest.param("total_path", "page.rows", "total_path", "page.rows"),
        pytest.param("next_link_path", "links.next", "next_link_path", "links.next"),
        pytest.param("header_link_rel", "more", "header_link_rel", "more"),
    ],
)
def test_pagination(name: str, value: Json, attribute: str, expected: Json) -> None:
    """Every pagination setting reaches the paginator."""
    assert getattr(loaded(**{name: value}).pagination, attribute) == expected


def test_the_default_next_link_is_as_good_as_none() -> None:
    """Ocean hands over the default as if it were set; the other known places still count."""
    assert loaded(next_link_path="@odata.nextLink") == loaded()


def test_names_in_camel_case() -> None:
    """Settings may be named as in spec.yaml or as Ocean passes them."""
    camel: dict[str, Json] = {
        "baseUrl": BASE_URL,
        "authType": "api_key",
        "apiKey": SECRET,
        "apiKeyHeader": "X-Key",
        "paginationType": "page",
        "pageSize": 7,
        "verifySsl": False,
        "maxConcurrentRequests": 3,
        "requestsPerMinute": 60,
        "allowedHosts": ["a.example"],
        "customHeaders": {"Accept": "text/json"},
    }

    assert load_settings(camel, environ={}) == loaded(
        auth_type="api_key",
        api_key=SECRET,
        api_key_header="X-Key",
        pagination_type="page",
        page_size=7,
        verify_ssl=False,
        max_concurrent_requests=3,
        requests_per_minute=60,
        allowed_hosts=["a.example"],
        custom_headers={"Accept": "text/json"},
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("https://api.example.com", "https://api.example.com/", id="root"),
        pytest.param("https://api.example.com/", "https://api.example.com/", id="slash"),
        pytest.param("https://api.example.com/v2", "https://api.example.com/v2/", id="prefix"),
        pytest.param("https://api.example.com/v2//", "https://api.example.com/v2/", id="slashes"),
        pytest.param(" https://api.example.com ", "https://api.example.com/", id="spaces"),
        pytest.param("http://localhost:8080/x", "http://localhost:8080/x/", id="port"),
        pytest.param("HTTPS://API.Example.COM", "https://api.example.com/", id="upper case"),
        pytest.param("http://[::1]:8080", "http://[::1]:8080/", id="IPv6"),
    ],
)
def test_base_url(text: str, expected: str) -> None:
    """The root of the API keeps its path prefix."""
    assert str(loaded(base_url=text).base_url) == expected


# --- credentials -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "headers"),
    [
        pytest.param({"auth_type": "none", "api_token": SECRET}, {}, id="none"),
        pytest.param(
            {"auth_type": "bearer_token", "api_token": SECRET},
            {"Authorization": f"Bearer {SECRET}"},
            id="bearer_token",
        ),
        pytest.param(
            {"auth_type": "bearer_token", "auth_value": SECRET},
            {"Authorization": f"Bearer {SECRET}"},
            id="bearer_token from authValue",
        ),
        pytest.param(
            {"auth_type": "bearer_token", "api_token": SECRET, "auth_value": "other"},
            {"Authorization": f"Bearer {SECRET}"},
            id="the setting of its own wins",
        ),
        pytest.param(
            {"auth_type": "bearer_token", "api_token": f" {SECRET}\n"},
            {"Authorization": f"Bearer {SECRET}"},
            id="pasted with a line break",
        ),
        pytest.param(
            {"auth_type": "api_key", "api_key": SECRET}, {"X-API-Key": SECRET}, id="api_key"
        ),
        pytest.param(
            {"auth_type": "api_key", "api_key": SECRET, "api_key_header": "Authorization"},
            {"Authorization": SECRET},
            id="api_key in any header",
        ),
        pytest.param(
            {"auth_type": "api_key", "auth_value": SECRET, "api_key_header": "X-Key"},
            {"X-Key": SECRET},
            id="api_key from authValue",
        ),
        pytest.param(
            {"auth_type": "basic", "username": "u", "password": SECRET},
            {"Authorization": f"Basic {b64(f'u:{SECRET}')}"},
            id="basic",
        ),
        pytest.param(
            {"auth_type": "basic_auth", "username": "u", "password": SECRET},
            {"Authorization": f"Basic {b64(f'u:{SECRET}')}"},
            id="basic_auth",
        ),
        pytest.param(
            {"auth_type": "basic", "username": "u", "password": ""},
            {"Authorization": f"Basic {b64('u:')}"},
            id="empty password",
        ),
        pytest.param(
            {"auth_type": "basic", "username": "u"},
            {"Authorization": f"Basic {b64('u:')}"},
            id="no password",
        ),
        pytest.param(
            {"auth_type": "basic", "username": "u", "password": " p:ä "},
            {"Authorization": f"Basic {b64('u: p:ä ')}"},
            id="a password is taken as it stands",
        ),
        pytest.param(
            {"auth_type": "basic", "username": 12, "password": 34},
            {"Authorization": f"Basic {b64('12:34')}"},
            id="numbers, as YAML reads them",
        ),
        pytest.param(
            {"auth_type": "basic", "auth_value": b64(f"u:{SECRET}")},
            {"Authorization": f"Basic {b64(f'u:{SECRET}')}"},
            id="basic from authValue",
        ),
        pytest.param(
            {"auth_type": "basic", "auth_value": b64("key:") + "\n"},
            {"Authorization": f"Basic {b64('key:')}"},
            id="basic from authValue, empty password",
        ),
    ],
)
def test_static_credentials(config: dict[str, Json], headers: dict[str, str]) -> None:
    """Each type of credentials becomes the header its API expects."""
    assert signature(loaded(**config)) == headers


@pytest.mark.parametrize("key", [{"api_key": f" {SECRET}\n"}, {"auth_value": SECRET}], ids=str)
def test_a_key_in_the_query(key: dict[str, Json]) -> None:
    """With a parameter for the key, no header carries it; the header's default is no choice."""
    settings = loaded(
        auth_type="api_key", api_key_header="X-API-Key", api_key_param="api_token", **key
    )

    assert settings.credentials == StaticCredentials({}, {"api_token": SECRET}, camelize(*key))
    assert SECRET in settings.secrets
    assert SECRET not in repr(settings)


@pytest.mark.parametrize("name", ["auth_value", "authValue"])
@pytest.mark.parametrize(
    ("auth_type", "value", "headers"),
    [
        ("bearer_token", SECRET, {"Authorization": f"Bearer {SECRET}"}),
        ("api_key", SECRET, {"X-API-Key": SECRET}),
        ("basic", b64("u:p"), {"Authorization": f"Basic {b64('u:p')}"}),
    ],
)
def test_auth_value_from_secrets(
    name: str, auth_type: str, value: str, headers: dict[str, str]
) -> None:
    """The documented docker command, which sets authValue among the secrets, works too."""
    settings = loaded(secrets={name: value}, auth_type=auth_type)

    assert signature(settings) == headers


def test_auth_value_of_the_settings_comes_before_the_secrets() -> None:
    """Where both are given, the setting counts."""
    settings = loaded(secrets={"auth_value": "other"}, auth_type="api_key", auth_value=SECRET)

    assert signature(settings) == {"X-API-Key": SECRET}


@pytest.mark.parametrize(
    ("config", "secret"),
    [
        ({"auth_type": "bearer_token", "api_token": SECRET}, SECRET),
        ({"auth_type": "api_key", "api_key": SECRET}, SECRET),
        ({"auth_type": "api_key", "auth_value": SECRET}, SECRET),
        ({"auth_type": "basic", "username": "u", "password": SECRET}, SECRET),
        ({"auth_type": "basic", "username": SECRET}, SECRET),
        ({"auth_type": "basic", "auth_value": b64(f"u:{SECRET}")}, SECRET),
        ({"auth_type": "basic", "auth_value": b64(f"u:{SECRET}")}, b64(f"u:{SECRET}")),
        (
            {
                "auth_type": "api_key",
                "api_key_header": "Authorization",
                "api_key": f"basic {b64(f'u:{SECRET}')}",
            },
            SECRET,
        ),
        (
            {
                "auth_type": "basic",
                "auth_value": base64.b64encode(f"u:ä{SECRET}".encode("latin-1")).decode(),
            },
            f"ä{SECRET}",
        ),
        ({"custom_headers": {"X-Gate": SECRET}}, SECRET),
        ({"custom_headers": {"X-Subversion-Token": SECRET}}, SECRET),
        ({"query_params": {"conversion_key": SECRET}}, SECRET),
        ({"custom_headers": {"Accept": "x-${TOKEN}"}}, "from-environment"),
        (LOGIN | {"custom_auth_request": {"endpoint": "/", "body": {"a": [SECRET]}}}, SECRET),
        (LOGIN | {"custom_auth_request": {"endpoint": "/", "body": {"pin": 1234}}}, "1234"),
        (LOGIN | {"custom_auth_request": {"endpoint": "/", "body": {"pass": "x"}}}, "x"),
        (LOGIN | {"custom_auth_request": {"endpoint": "/", "bodyForm": f"a=1&b={SECRET}"}}, SECRET),
        (LOGIN | {"custom_auth_request": {"endpoint": "/", "queryParams": {"q": SECRET}}}, SECRET),
        (LOGIN | {"custom_auth_request": {"endpoint": "/", "bodyForm": f"a={SECRET}&a=1"}}, SECRET),
        (LOGIN | {"custom_auth_request": {"endpoint": "/", "bodyForm": SECRET}}, SECRET),
        (LOGIN | {"custom_auth_request_template": {"headers": {"X-Key": SECRET}}}, SECRET),
        (LOGIN | {"custom_auth_request_template": {"queryParams": {"key": "x"}}}, "x"),
        (LOGIN | {"custom_auth_request_template": {"body": {"a": {"pass": "x"}}}}, "x"),
        (
            LOGIN
            | {"custom_auth_request_template": {"headers": {"Cookie": f"{SECRET}; s={{{{.t}}}}"}}},
            SECRET,
        ),
        ({"auth_type": "bearer_token", "api_token": f"Bearer {SECRET}"}, SECRET),
        (LOGIN | {"custom_auth_request": {"endpoint": "/", "headers": {"X-Id": SECRET}}}, SECRET),
    ],
    ids=str,
)
def test_secrets_are_known_for_redaction(config: dict[str, Json], secret: str) -> None:
    """Whatever signs requests or logs in is kept out of every text from then on."""
    settings = loaded(environ={"TOKEN": "from-environment"}, **config)

    assert secret in settings.secrets


@pytest.mark.parametrize(
    "config",
    [
        {"auth_type": "bearer_token", "api_token": SECRET},
        {"auth_type": "api_key", "auth_value": SECRET},
        {"auth_type": "basic", "username": "u", "password": SECRET},
        {"custom_headers": {"X-Gate": SECRET}},
        LOGIN | {"custom_auth_request": {"endpoint": "/", "body": {"a": SECRET}}},
        LOGIN | {"custom_auth_request": {"endpoint": "/", "headers": {"a": SECRET}}},
        LOGIN | {"custom_auth_request": {"endpoint": "/", "bodyForm": SECRET}},
        LOGIN | {"custom_auth_request": {"endpoint": "/", "queryParams": {"a": SECRET}}},
        LOGIN | {"custom_auth_request_template": {"headers": {"X-Key": SECRET}}},
        LOGIN | {"custom_auth_request_template": {"queryParams": {"key": SECRET}}},
        LOGIN | {"custom_auth_request_template": {"body": {"key": SECRET}}},
    ],
    ids=str,
)
def test_settings_can_be_shown(config: dict[str, Json]) -> None:
    """The settings that a log or a traceback shows hold no secret in any form."""
    shown = repr(loaded(**config))

    assert SECRET not in shown
    assert b64(f"u:{SECRET}") not in shown


# --- custom ------------------------------------------------------------------------------


def test_a_minimal_login() -> None:
    """Only the endpoint is required; the call is a POST without a body."""
    assert login() == LoginRequest(
        endpoint="/login",
        method="POST",
        headers={},
        body=None,
        body_form=None,
        query_params={},
        reauthenticate_after=None,
    )


def test_a_full_login() -> None:
    """Every part of the login call is read, numbers and booleans as text where they must be."""
    assert login(
        endpoint="https://login.example.com/token",
        method="put",
        headers={"X-Tenant": 5},
        body={"grant": "x", "nested": {"n": 1}},
        queryParams={"v": 2, "on": True, "no": None},
        reauthenticateIntervalSeconds="3600",
    ) == LoginRequest(
        endpoint="https://login.example.com/token",
        method="PUT",
        headers={"X-Tenant": "5"},
        body={"grant": "x", "nested": {"n": 1}},
        query_params={"v": "2", "on": "true"},
        reauthenticate_after=3600,
    )


def test_a_login_by_form() -> None:
    """The form is sent as it is written."""
    assert login(bodyForm="grant_type=client_credentials&id=a%20b").body_form == (
        "grant_type=client_credentials&id=a%20b"
    )


def test_the_login_template() -> None:
    """Headers, query parameters and body of the template are kept as written."""
    template = {
        "headers": {"Authorization": "Bearer {{.access_token}}"},
        "queryParams": {"sid": "{{.session.id}}"},
        "body": {"auth": {"token": "{{ .access_token }}"}},
    }
    credentials = loaded(**LOGIN | {"custom_auth_request_template": template}).credentials

    assert isinstance(credentials, LoginCredentials)
    assert credentials.headers == template["headers"]
    assert credentials.query_params == template["queryParams"]
    assert credentials.body == template["body"]


def test_a_login_as_json_and_in_snake_case() -> None:
    """The objects may come as JSON text, or with the keys that Ocean's config.yaml gives them."""
    camel: dict[str, Json] = {
        "endpoint": "/l",
        "queryParams": {"q": "1"},
        "reauthenticateIntervalSeconds": 60,
    }
    snake = {"endpoint": "/l", "query_params": {"q": "1"}, "reauthenticate_interval_seconds": 60}
    template = {"query_params": {"snake_key": "{{.a}}"}}

    as_text = loaded(**LOGIN | {"custom_auth_request": json.dumps(camel)})
    in_snake = loaded(**LOGIN | {"custom_auth_request": snake})
    credentials = loaded(**LOGIN | {"custom_auth_request_template": template}).credentials

    assert as_text == in_snake
    assert isinstance(credentials, LoginCredentials)
    assert credentials.query_params == {"snake_key": "{{.a}}"}


# --- custom headers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("${TOKEN}", "t-1", id="variable"),
        pytest.param("Bearer ${TOKEN}", "Bearer t-1", id="within a text"),
        pytest.param("${USER}:${TOKEN}", "u-1:t-1", id="two"),
        pytest.param("${EMPTY}", "", id="empty variable"),
        pytest.param("$TOKEN {TOKEN} $5", "$TOKEN {TOKEN} $5", id="only ${...}"),
        pytest.param("${NESTED}", "${TOKEN}", id="not filled in turn"),
        pytest.param(2, "2", id="number"),
        pytest.param(True, "true", id="boolean"),
    ],
)
def test_custom_headers(value: Json, expected: str) -> None:
    """``${NAME}`` in a header's value is read from the environment."""
    environ = {"TOKEN": "t-1", "USER": "u-1", "EMPTY": "", "NESTED": "${TOKEN}"}

    headers = loaded(environ=environ, custom_headers={"X-Custom": value}).custom_headers

    assert headers == {"X-Custom": expected}


@pytest.mark.parametrize(
    "name",
    [
        "OCEAN__PORT__CLIENT_SECRET",
        "OCEAN__PORT__CLIENT_ID",
        "ocean__port__client_secret",
        "OCEAN__PORT",
    ],
)
def test_the_credentials_for_port_go_to_no_api(name: str) -> None:
    """A header that would send them is a fault, which does not quote them; no other name is."""
    environ = {name: SECRET, "OCEAN__PORTAL": "portal"}

    (fault,) = faults(environ, custom_headers={"X-A": f"Bearer ${{{name}}}"})

    told = f"customHeaders header number 1 reads ${{{name}}}, which is a setting of Ocean for Port"
    assert fault.startswith(told)
    assert SECRET not in fault
    assert loaded(environ=environ, custom_headers={"X-A": "${OCEAN__PORTAL}"}).custom_headers


# --- query parameters --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"api-version": "2024-07-01"}, (("api-version", "2024-07-01"),), id="text"),
        pytest.param('{"v": 2, "full": true}', (("v", "2"), ("full", "true")), id="JSON text"),
        pytest.param({"f": ["a", "b"], "n": None}, (("f", "a"), ("f", "b")), id="list and null"),
    ],
)
def test_query_params(value: Json, expected: tuple[tuple[str, str], ...]) -> None:
    """Scalars are texts, lists are repeated, nulls dropped."""
    assert loaded(query_params=value).query_params == expected


def test_secrets_of_query_params() -> None:
    """What is named or looks like a secret is one; a version is none, and nothing is shown."""
    settings = loaded(query_params={"key": SECRET, "api-version": "2024-07-01", "site": "eu"})

    assert SECRET in settings.secrets
    assert not {"2024-07-01", "eu"} & set(settings.secrets)
    assert SECRET not in repr(settings)


@pytest.mark.parametrize("value", [{"a": {"b": SECRET}}, {"a": [[SECRET]]}, [SECRET], SECRET])
def test_faults_of_query_params(value: Json) -> None:
    """What no query can carry is a fault that quotes nothing."""
    (told,) = faults(query_params=value)

    assert told.startswith("queryParams ")
    assert SECRET not in told


# --- faults ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "name", "remedy"),
    [
        pytest.param({"base_url": None}, "baseUrl", "required", id="no base URL"),
        pytest.param(
            {"base_url": "a.example/v2"}, "baseUrl", "https://a.example/v2", id="no scheme"
        ),
        pytest.param({"base_url": "ftp://a.example"}, "baseUrl", "https://", id="other scheme"),
        pytest.param({"base_url": "https://"}, "baseUrl", "https://", id="no host"),
        pytest.param({"base_url": "https://a b.example"}, "baseUrl", "https://", id="space"),
        pytest.param({"base_url": "https://a.example:x"}, "baseUrl", "https://", id="port"),
        pytest.param(
            {"base_url": "https://a.example:99999"}, "baseUrl", "https://", id="high port"
        ),
        pytest.param({"base_url": "https://xn--/"}, "baseUrl", "https://", id="no punycode"),
        pytest.param({"base_url": "https://xn--a.b/"}, "baseUrl", "https://", id="punycode"),
        pytest.param({"base_url": "https://☃.net"}, "baseUrl", "https://", id="no IDN"),
        pytest.param({"base_url": "https://a.example?x=1"}, "baseUrl", "query", id="query"),
        pytest.param({"base_url": "https://a.example#x"}, "baseUrl", "fragment", id="fragment"),
        pytest.param({"base_url": "https://u:p@a.example"}, "baseUrl", "authType", id="userinfo"),
        pytest.param({"base_url": ["https://a.example"]}, "baseUrl", "text", id="array"),
        pytest.param({"auth_type": "bearer"}, "authType", "'bearer_token'", id="bearer"),
        pytest.param({"auth_type": "Basic"}, "authType", "'basic'", id="Basic"),
        pytest.param({"auth_type": "apikey"}, "authType", "'api_key'", id="apikey"),
        pytest.param({"auth_type": "kerberos"}, "authType", "one of", id="unknown type"),
        pytest.param({"auth_type": "bearer_token"}, "apiToken", "authValue", id="no token"),
        pytest.param({"auth_type": "api_key"}, "apiKey", "authValue", id="no key"),
        pytest.param({"auth_type": "basic"}, "username", "authValue", id="no user"),
        pytest.param({"auth_type": "basic", "password": "p"}, "username", "missing", id="only p"),
        pytest.param({"auth_type": "basic", "auth_value": "u:p"}, "authValue", "base64"),
        pytest.param(
            {"auth_type": "basic", "auth_value": "me:pässword"},
            "authValue",
            "base64",
            id="no ASCII",
        ),
        pytest.param(
            {"auth_type": "basic", "username": "u", "password": "p\udce4"},
            "password",
            "UTF-8",
            id="another charset",
        ),
        pytest.param(
            {"auth_type": "basic", "auth_value": b64("nocolon")}, "authValue", "user:password"
        ),
        pytest.param(
            {"auth_type": "api_key", "api_key": "k", "api_key_header": "X Key"},
            "apiKeyHeader",
            "letters",
            id="no header name",
        ),
        pytest.param({"auth_type": "api_key", "api_key": "k\nk"}, "apiKey", "line break"),
        pytest.param(
            {
                "auth_type": "api_key",
                "api_key": "k",
                "api_key_header": "X-Key",
                "api_key_param": "key",
            },
            "apiKeyParam",
            "so is apiKeyHeader",
            id="a header and a parameter",
        ),
        pytest.param(
            {"auth_type": "api_key", "api_key_param": "key"},
            "apiKey",
            "authValue",
            id="only a name",
        ),
        pytest.param({"auth_type": "bearer_token", "api_token": "é"}, "apiToken", "HTTP"),
        pytest.param({"auth_type": "custom"}, "customAuthRequest", "missing", id="no login"),
        pytest.param(
            {"auth_type": "custom", "custom_auth_request": {"endpoint": "/"}},
            "customAuthRequestTemplate",
            "missing",
            id="no template",
        ),
        pytest.param({"pagination_type": "pages"}, "paginationType", "'page'", id="pages"),
        pytest.param({"pagination_type": "link"}, "paginationType", "one of", id="link"),
        pytest.param({"page_size": "0"}, "pageSize", "from 1", id="page size 0"),
        pytest.param({"page_size": "many"}, "pageSize", "whole number", id="page size many"),
        pytest.param({"page_size": True}, "pageSize", "whole number", id="page size true"),
        pytest.param({"page_size": "1.5"}, "pageSize", "whole number", id="page size 1.5"),
        pytest.param({"start_page": 2}, "startPage", "0 to 1", id="start page 2"),
        pytest.param({"timeout": 0}, "timeout", "from 1", id="timeout 0"),
        pytest.param({"timeout": -5}, "timeout", "from 1", id="negative timeout"),
        pytest.param({"max_concurrent_requests": 0}, "maxConcurrentRequests", "from 1"),
        pytest.param({"requests_per_minute": "0"}, "requestsPerMinute", "from 1"),
        pytest.param({"max_retry_wait": -1}, "maxRetryWait", "from 0"),
        pytest.param({"max_pages": 0}, "maxPages", "from 1"),
        pytest.param({"verify_ssl": "maybe"}, "verifySsl", "true or false"),
        pytest.param({"cursor_path": ".a["}, "cursorPath", "correct", id="jq in cursorPath"),
        pytest.param({"has_more_path": ".a |"}, "hasMorePath", "correct", id="jq in hasMorePath"),
        pytest.param({"last_page_path": ".a ("}, "lastPagePath", "correct", id="jq in lastPage"),
        pytest.param({"total_path": ".a |"}, "totalPath", "correct", id="jq in total"),
        pytest.param({"next_link_path": ".nope("}, "nextLinkPath", "correct", id="jq in nextLink"),
        pytest.param({"allowed_hosts": "a.example"}, "allowedHosts", "JSON", id="hosts as text"),
        pytest.param({"allowed_hosts": '{"a": 1}'}, "allowedHosts", "array", id="hosts: object"),
        pytest.param({"allowed_hosts": [1]}, "allowedHosts", "array", id="hosts: number"),
        pytest.param({"allowed_hosts": ["https://a.example"]}, "allowedHosts", "a host only"),
        pytest.param({"allowed_hosts": ["*.a.example"]}, "allowedHosts", "a host only"),
        pytest.param(
            {"allowed_hosts": ["xn--"]}, "allowedHosts", "a host only", id="host in punycode"
        ),
        pytest.param(
            {"allowed_hosts": ["☃.net"]}, "allowedHosts", "a host only", id="host that is no IDN"
        ),
        pytest.param({"allowed_hosts": ["a.example:99999"]}, "allowedHosts", "a host only"),
        pytest.param({"allowed_hosts": [""]}, "allowedHosts", "a host only", id="empty host"),
        pytest.param({"custom_headers": "{x"}, "customHeaders", "JSON", id="headers: no JSON"),
        pytest.param({"custom_headers": "[]"}, "customHeaders", "object", id="headers: array"),
        pytest.param({"custom_headers": {"X A": "1"}}, "customHeaders", "header number 1"),
        pytest.param({"custom_headers": {"X-A": "1\r\n2"}}, "customHeaders", "line break"),
        pytest.param(
            {"custom_headers": {"X-A": "ü"}}, "customHeaders", "header number 1", id="headers: ü"
        ),
        pytest.param(
            {"custom_headers": {"X-A": None}}, "customHeaders", "text", id="headers: null"
        ),
        pytest.param(
            {"custom_headers": {"X-A": {}}}, "customHeaders", "text", id="headers: object"
        ),
        pytest.param({"custom_headers": {"X-A": "${NOPE}"}}, "customHeaders", "NOPE"),
        *(
            pytest.param({"custom_headers": {name: "1"}}, "customHeaders", "HTTP itself", id=name)
            for name in ("Content-Length", "host", "TRANSFER-ENCODING", "Connection", "Upgrade")
        ),
        pytest.param(
            {"auth_type": "api_key", "api_key": "k", "api_key_header": "Host"},
            "apiKeyHeader",
            "HTTP itself",
            id="key as the host",
        ),
        pytest.param({"cursor_path": "header:"}, "cursorPath", "header:x-", id="no header"),
        pytest.param({"total_path": "header: a b"}, "totalPath", "header:x-", id="two words"),
        pytest.param({"cursor_path": "$.meta.next"}, "cursorPath", "'.meta.next'", id="JSONPath"),
        pytest.param({"has_more_path": "$['more']"}, "hasMorePath", "JSONPath", id="JSONPath key"),
        pytest.param({"next_link_path": "$.l[*].n"}, "nextLinkPath", "'.l[].n'", id="JSONPath *"),
    ],
)
def test_a_fault_names_the_setting_and_the_remedy(
    config: dict[str, Json], name: str, remedy: str
) -> None:
    """A wrong setting is told by the name it has in the documentation, with what to do."""
    told = [fault for fault in faults(**config) if fault.split(" ")[0].rstrip(":") == name]

    assert told
    assert remedy in told[0]


@pytest.mark.parametrize(
    ("config", "name"),
    [
        pytest.param({"username": "me", "password": "secret\n"}, "password", id="line break"),
        pytest.param({"username": "me", "password": "a\tb"}, "password", id="tab"),
        pytest.param({"username": "a\x7fb"}, "username", id="in the user's name"),
        pytest.param({"auth_value": b64("me:secret\n")}, "authValue", id="echo | base64"),
    ],
)
def test_a_password_without_control_characters(config: dict[str, Json], name: str) -> None:
    """In base64 a header would carry them, and every request be refused."""
    (told,) = faults(auth_type="basic", **config)

    assert told.startswith(f"{name} holds a line break or another control character; ")


@pytest.mark.parametrize(
    ("config", "sent"),
    [
        ({"auth_type": "bearer_token", "api_token": "Bearer t-1"}, "Bearer t-1"),
        ({"auth_type": "bearer_token", "auth_value": "bearer  t-1"}, "Bearer t-1"),
        ({"auth_type": "bearer_token", "api_token": "Bearer"}, "Bearer Bearer"),
        (
            {"auth_type": "basic", "auth_value": f"Basic {b64('me:pw')}"},
            f"Basic {b64('me:pw')}",
        ),
    ],
)
def test_a_credential_may_be_given_as_the_header_has_it(config: dict[str, Json], sent: str) -> None:
    """The scheme is sent once, and the credential alone is the secret."""
    credentials = loaded(**config).credentials

    assert isinstance(credentials, StaticCredentials)
    assert credentials.headers == {"Authorization": sent}


LOGIN_WITH: dict[str, Json] = {"endpoint": "/login", "body": {"user": "me"}}


@pytest.mark.parametrize(
    ("config", "name", "reference"),
    [
        pytest.param({"base_url": "https://${HOST}/v2"}, "baseUrl", "${HOST}", id="host"),
        pytest.param(
            {"auth_type": "bearer_token", "api_token": "${X}"}, "apiToken", "${X}", id="token"
        ),
        pytest.param(
            {"auth_type": "bearer_token", "auth_value": " $(X) "}, "authValue", "$(X)", id="of pods"
        ),
        pytest.param(
            {"auth_type": "basic", "username": "me", "password": "${X}"},
            "password",
            "${X}",
            id="password",
        ),
        pytest.param({"auth_type": "basic", "auth_value": "${X}"}, "authValue", "${X}", id="pair"),
        pytest.param({"query_params": {"key": "${X}"}}, "queryParams", "${X}", id="query"),
        pytest.param(
            LOGIN | {"custom_auth_request": LOGIN_WITH | {"headers": {"X-Key": "key ${X}"}}},
            "customAuthRequest",
            "${X}",
            id="within a text of the login",
        ),
        pytest.param(
            LOGIN | {"custom_auth_request": '{"endpoint": "/l", "body": {"pw": "${X}"}}'},
            "customAuthRequest",
            "${X}",
            id="login as JSON text",
        ),
        pytest.param({"query_params": '{"key": "a-$(X)"}'}, "queryParams", "$(X)", id="pods, JSON"),
        pytest.param({"has_more_path": "${X}"}, "hasMorePath", "${X}", id="no credential"),
    ],
)
def test_a_reference_that_nothing_filled_in_is_a_fault(
    config: dict[str, Json], name: str, reference: str
) -> None:
    """It is told once, and never sent in place of a credential."""
    (told,) = faults(**config)

    assert told.startswith(f"{name} holds {reference}, which nothing has filled in; ")


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"auth_type": "none", "api_token": "${X}"}, id="not in use"),
        pytest.param({"auth_type": "basic", "username": "me", "password": "a${b}c"}, id="within"),
        pytest.param({"auth_type": "bearer_token", "api_token": "$X"}, id="no braces"),
        pytest.param({"query_params": {"filter": "$top"}}, id="a dollar"),
    ],
)
def test_what_only_looks_like_a_reference_is_taken(config: dict[str, Json]) -> None:
    """Passwords may hold anything, and what is not in use does not matter."""
    assert loaded(**config).base_url.host == "api.example.com"


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        pytest.param({}, "missing", id="empty"),
        pytest.param({"method": "GET"}, "'endpoint'", id="no endpoint"),
        pytest.param({"endpoint": 5}, "'endpoint'", id="endpoint of another type"),
        pytest.param({"endpoint": "ftp://a.example"}, "'endpoint'", id="other scheme"),
        pytest.param({"endpoint": "https://xn--/"}, "'endpoint'", id="endpoint's punycode"),
        pytest.param({"endpoint": "https://a b/l"}, "'endpoint'", id="endpoint's host"),
        pytest.param({"endpoint": "/l\x00"}, "'endpoint'", id="endpoint that is no path"),
        pytest.param({"endpoint": "https://u:p@a.example"}, "user", id="user in the endpoint"),
        pytest.param({"endpoint": "/l", "method": "FETCH"}, "'method'", id="method"),
        pytest.param({"endpoint": "/l", "body": "a=1"}, "'body'", id="body is text"),
        pytest.param({"endpoint": "/l", "bodyForm": {"a": 1}}, "'bodyForm'", id="form is object"),
        pytest.param({"endpoint": "/l", "body": {}, "bodyForm": "a=1"}, "both", id="both bodies"),
        pytest.param({"endpoint": "/l", "headers": "X"}, "'headers'", id="headers are text"),
        pytest.param(
            {"endpoint": "/l", "headers": {"a b": "1"}}, "header number 1", id="header name"
        ),
        pytest.param(
            {"endpoint": "/l", "headers": {"Content-Length": "1"}}, "HTTP itself", id="length"
        ),
        pytest.param({"endpoint": "/l", "headers": {"a": "1\n"}}, "line break", id="header value"),
        pytest.param({"endpoint": "/l", "queryParams": []}, "'queryParams'", id="params: array"),
        pytest.param({"endpoint": "/l", "reauthenticateIntervalSeconds": 0}, "above 0", id="0"),
        pytest.param({"endpoint": "/l", "reauthenticateIntervalSeconds": "x"}, "above 0", id="x"),
        pytest.param({"endpoint": "/l", "bodyFrom": "a=1"}, "'bodyForm'", id="misspelt"),
        pytest.param("{", "JSON", id="broken JSON"),
        pytest.param("[1]", "object", id="an array"),
    ],
)
def test_faults_of_the_login(request_: Json, told: str) -> None:
    """A login call that cannot work is told before it is made."""
    found = faults(**LOGIN | {"custom_auth_request": request_})

    assert any(fault.startswith("customAuthRequest ") and told in fault for fault in found)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        pytest.param({"header": {"A": "{{.t}}"}}, "'headers'", id="misspelt part"),
        pytest.param({"headers": "Bearer {{.t}}"}, "'headers'", id="headers are text"),
        pytest.param({"headers": {"A": "{{token}}"}}, "no dot", id="no dot"),
        pytest.param({"headers": {"A": "{{.token[}}"}}, "jq", id="no jq"),
        pytest.param({"headers": {"A B": "{{.token}}"}}, "header number 1", id="header name"),
        pytest.param("{", "JSON", id="broken JSON"),
    ],
)
def test_faults_of_the_template(template: Json, told: str) -> None:
    """A template that cannot sign anything is told before the login is made."""
    found = faults(**LOGIN | {"custom_auth_request_template": template})

    assert any(
        fault.startswith("customAuthRequestTemplate") and told in fault for fault in found
    ), found


def test_every_fault_is_told_at_once() -> None:
    """An operator learns of all that is wrong from one error."""
    wrong: dict[str, Json] = {
        "base_url": "nowhere",
        "auth_type": "bearer",
        "custom_headers": {"X A": "1", "X-B": "${NOPE}"},
        "pagination_type": "pages",
        "page_size": "many",
        "start_page": 7,
        "cursor_path": ".a[",
        "timeout": "0",
        "verify_ssl": "maybe",
        "max_concurrent_requests": "-1",
        "requests_per_minute": "x",
        "allowed_hosts": "[1]",
        "max_retry_wait": "x",
        "max_pages": "x",
    }

    found = faults(**wrong)

    assert len(found) == len(wrong) + 1  # customHeaders has two
    for name in wrong:
        head, *tail = name.split("_")
        camel = head + "".join(map(str.capitalize, tail))
        assert any(fault.startswith(camel) for fault in found), camel


def test_the_error_is_one_message() -> None:
    """All faults stand in the text of the error, which is what reaches the log."""
    with pytest.raises(ConfigurationError) as caught:
        loaded(base_url="nowhere", page_size="many")

    assert "baseUrl" in str(caught.value)
    assert "pageSize" in str(caught.value)


def test_credentials_of_other_types_are_left_alone() -> None:
    """What authType does not need is not looked at."""
    settings = loaded(
        auth_type="bearer_token",
        api_token=SECRET,
        auth_value="not base64",
        custom_auth_request='{"nonsense": 1}',
    )

    assert signature(settings) == {"Authorization": f"Bearer {SECRET}"}


@pytest.mark.parametrize(
    "config",
    [
        {"base_url": f"https://u:{SECRET}@a.example"},
        {"auth_type": "basic", "auth_value": SECRET},
        {"auth_type": "basic", "auth_value": f"u:{SECRET}"},
        {"auth_type": "api_key", "api_key": f"{SECRET}\nX: 1"},
        {"auth_type": "bearer_token", "api_token": f"{SECRET}ü"},
        {"auth_type": "bearer_token", "api_token": [SECRET]},
        {"auth_type": "api_key", "api_key": SECRET, "api_key_header": "X Key"},
        {"custom_headers": {"X-A": f"{SECRET}\n"}},
        {"custom_headers": {"X-A": [SECRET]}},
        {"custom_headers": f'{{"X-A": "{SECRET}"'},
        {"custom_headers": SECRET},
        {"custom_headers": {"X-A": "${TOKEN}ü"}},
        {"auth_type": "custom", "custom_auth_request": f'{{"body": {{"p": "{SECRET}"}}'},
        {"auth_type": "custom", "custom_auth_request": {"body": SECRET}},
        {"auth_type": "custom", "custom_auth_request": {"bodyForm": [SECRET]}},
        {"auth_type": "custom", "custom_auth_request": {"headers": {"A": f"{SECRET}\n"}}},
        {"auth_type": "custom", "custom_auth_request": {"queryParams": SECRET}},
        {"allowed_hosts": [f"https://u:{SECRET}@a.example"]},
        {"allowed_hosts": SECRET},
    ],
    ids=str,
)
def test_no_fault_shows_a_secret(config: dict[str, Json]) -> None:
    """The error about a credential does not hold the credential."""
    with pytest.raises(ConfigurationError) as caught:
        loaded(environ={"TOKEN": SECRET}, page_size="wrong", **config)

    assert SECRET not in str(caught.value)
    assert "pageSize" in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(
    config=st.dictionaries(st.sampled_from(sorted(UNSET)), JSON, max_size=6)
    | st.fixed_dictionaries(
        {
            "auth_type": st.just("custom"),
            "custom_auth_request": JSON
            | st.dictionaries(
                st.sampled_from(["endpoint", "method", "body", "bodyForm", "headers"]), JSON
            ),
            "custom_auth_request_template": st.dictionaries(
                st.sampled_from(["headers", "queryParams", "body"]), JSON
            ),
        }
    )
)
def test_any_settings_give_settings_or_faults(config: dict[str, Json]) -> None:
    """Whatever an installation says, the answer is settings or a list of faults."""
    try:
        settings = loaded(**config)
    except ConfigurationError as error:
        found = tuple(map(str, error.faults))
    else:
        found = ("none",)
        assert settings.base_url.is_absolute_url

    assert found
    assert all(fault[0].islower() for fault in found)


@pytest.mark.parametrize(
    ("config", "named"),
    [
        pytest.param({"auth_type": "basic", "username": "key", "password": "x"}, "password"),
        pytest.param({"auth_type": "basic", "auth_value": "bWU6eA=="}, "authValue"),
        pytest.param({"auth_type": "bearer_token", "api_token": "abc"}, "apiToken"),
        pytest.param(
            {
                "auth_type": "custom",
                "custom_auth_request": {"endpoint": "/login", "body": {"pin": 12}},
                "custom_auth_request_template": {"headers": {"A": "{{.t}}"}},
            },
            "customAuthRequest",
        ),
    ],
    ids=str,
)
def test_a_secret_too_short_is_named(config: dict[str, Json], named: str) -> None:
    """The setting is told, to warn of it; the value is no secret to search for."""
    settings = load_settings({"base_url": "https://api.example.com", **config})

    assert settings.short_secrets == (named,)


def test_what_is_a_credential_in_data() -> None:
    """Tokens, keys and passwords of eight characters; no words, whatever setting they are in."""
    settings = load_settings(
        {
            "base_url": "https://api.example.com",
            "auth_type": "custom",
            "custom_headers": {
                "X-Tenant": "acme-corporation-1",
                "X-Project-Key": "PAYMENTS",
                "X-Api-Key": "key-123456",
                "Cookie": "tenant=acme-corp-1; sid=abcdefgh1",
            },
            "custom_auth_request": {
                "endpoint": "/login?scope=read-teams-1",
                "body": {"user": "administrator", "password": "two words", "pin": "1234"},
            },
            "custom_auth_request_template": {"headers": {"Authorization": "Bearer {{.t}}"}},
        }
    )

    assert set(settings.secrets_in_data) == {"key-123456", "abcdefgh1", "two words"}
