"""No secret is ever logged or raised, in any form that HTTP or JSON would carry.

Every secret is planted in the settings, the API hands back all it got in every way an API
can, and the test listens to everything the process says: loguru with the values of variables
in tracebacks, the standard library's logging, Ocean's own lines, errors, groups of errors.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import logging
import textwrap
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import pytest
from loguru import logger
from port_ocean.log.sensetive import sensitive_log_filter

from tests.fault_api import (
    CUT_BODY,
    Answer,
    FaultApi,
    Handler,
    Raw,
    Reply,
    Request,
    answer,
    redirect,
    text,
)
from tests.resync import Installation, resource
from tests.test_sail import sailing
from transport.redaction import NOT_QUOTED, REDACTED

_WINDOW = 8  # characters: so many of a secret in a row, at every other place, must not be seen
_STRIDE = 4


def plain(name: str) -> str:
    """A secret of letters and digits only."""
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


def secret(name: str) -> str:
    """A secret that looks different in URLs, forms, JSON, base64 and reprs."""
    parts = textwrap.wrap(plain(name), 5)
    return "".join(map("".join, zip(parts, ["/", "+ ", '"', "&=", "%", "~", ""], strict=True)))


def forms(value: str) -> Iterator[str]:
    """A secret as it may be written; in base64 also as a part of something longer."""
    yield value
    yield quote(value, safe="")
    yield quote(value)
    yield quote_plus(value)
    yield json.dumps(value)[1:-1]
    yield repr(value)[1:-1]
    for ahead in range(3):
        encoded = base64.b64encode(b"\0" * ahead + value.encode()).decode()
        # What a neighbour in the text would change is left out.
        yield encoded[-(-ahead * 8 // 6) : len(encoded) // 4 * 4 - 4]


def windows(value: str) -> set[str]:
    """Stretches of a secret's forms, in lower case; one is in any twelve characters of it."""
    return {
        form[start : start + _WINDOW].lower()
        for form in forms(value)
        for start in range(0, max(1, len(form) - _WINDOW + 1), _STRIDE)
    }


def leaks(said: str, secrets: Mapping[str, str]) -> list[str]:
    """Where which secret, or a stretch of it, stands in what was said."""
    lowered = said.lower()
    return [
        f"{name}: …{said[max(0, at - 100) : at + 60]!r}…"
        for name, value in secrets.items()
        for stretch in windows(value)
        if (at := lowered.find(stretch)) >= 0
    ]


def test_the_check_sees_what_it_looks_for() -> None:
    """A secret is found whole, in part, encoded, and within a longer base64 text."""
    secrets = {"it": secret("password")}

    for form in forms(secrets["it"]):
        assert leaks(f"before {form} after", secrets)
    assert leaks(base64.b64encode(f"user:{secrets['it']}".encode()).decode(), secrets)
    assert leaks(f"before {secrets['it'][5:17]}", secrets)
    assert not leaks("an ordinary sentence about a password and a secret", secrets)


@dataclass(frozen=True)
class Said:
    """What was logged: by the integration and Ocean (loguru), and by libraries (logging)."""

    ours: io.StringIO = field(default_factory=io.StringIO)
    libraries: io.StringIO = field(default_factory=io.StringIO)


@contextmanager
def everything_said() -> Iterator[Said]:
    """All that is logged meanwhile, at its most talkative."""
    said = Said()
    sink = logger.add(
        said.ours,
        level=0,
        format="{level} {name} {message} {extra}",
        diagnose=True,
        backtrace=True,
        colorize=False,
    )
    handler = logging.StreamHandler(said.libraries)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        logger.remove(sink)


# --- what is planted ------------------------------------------------------------------------


@dataclass(frozen=True)
class Plant:
    """Settings with secrets in them; `answered` are those the login's answer adds."""

    settings: dict[str, object]
    secrets: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)
    ocean_secrets: dict[str, object] = field(default_factory=dict)
    login: dict[str, object] | None = None


def _custom(
    request: dict[str, object],
    template: dict[str, object],
    secrets: dict[str, str],
    login: dict[str, object],
) -> Plant:
    settings: dict[str, object] = {
        "auth_type": "custom",
        "custom_auth_request": {"endpoint": "/login", **request},
        "custom_auth_request_template": template,
    }
    return Plant(settings, secrets, login=login)


_BASIC = base64.b64encode(f"me:{secret('pair')}".encode()).decode()
_IN_HEADER: dict[str, object] = {"headers": {"Authorization": "Bearer {{.token}}"}}
_TOKEN: dict[str, object] = {"token": plain("token")}
_FORM = urlencode({"user": "me", "client_secret": secret("form")})

PLANTS = {
    "bearer": Plant(
        {"auth_type": "bearer_token", "api_token": plain("bearer")}, {"token": plain("bearer")}
    ),
    "basic": Plant(
        {"auth_type": "basic", "username": "me", "password": secret("basic")},
        {"password": secret("basic")},
    ),
    "basic-key-as-user": Plant(
        {"auth_type": "basic", "username": plain("key"), "password": ""}, {"key": plain("key")}
    ),
    "api-key": Plant(
        {"auth_type": "api_key", "api_key": secret("key"), "api_key_header": "X-Key"},
        {"key": secret("key")},
    ),
    "api-key-in-the-query": Plant(
        {"auth_type": "api_key", "api_key": secret("param"), "api_key_param": "access"},
        {"key": secret("param")},
    ),
    "auth-value": Plant(
        {"auth_type": "basic", "auth_value": _BASIC}, {"pair": _BASIC, "word": secret("pair")}
    ),
    "auth-value-of-helm": Plant(
        {"auth_type": "bearer_token"},
        {"token": plain("helm")},
        ocean_secrets={"auth_value": plain("helm")},
    ),
    "custom-header": Plant(
        {"custom_headers": {"X-Tenant": secret("header"), "Cookie": f"sid={plain('cookie')}"}},
        {"header": secret("header"), "cookie": plain("cookie")},
    ),
    "environment": Plant(
        {"custom_headers": {"X-Key": "key ${THE_KEY}", "User-Agent": "me ${THE_AGENT}"}},
        {"key": secret("variable"), "agent": plain("agent")},
        environment={"THE_KEY": secret("variable"), "THE_AGENT": plain("agent")},
    ),
    "login-json": _custom(
        {"body": {"auth": {"user": "me", "pass": secret("body")}, "pin": 8321947605}},
        _IN_HEADER,
        {"body": secret("body"), "pin": "8321947605", "token": plain("token")},
        _TOKEN,
    ),
    "login-form": _custom(
        {"bodyForm": _FORM},
        _IN_HEADER,
        {"form": secret("form"), "token": plain("token")},
        _TOKEN,
    ),
    "login-headers": _custom(
        {"headers": {"X-Client": secret("client"), "Authorization": f"Basic {_BASIC}"}},
        _IN_HEADER,
        {"client": secret("client"), "pair": _BASIC, "word": secret("pair")},
        _TOKEN,
    ),
    "login-query": _custom(
        {"method": "GET", "queryParams": {"api_key": secret("query")}},
        {"queryParams": {"access_token": "{{.token}}"}},
        {"query": secret("query"), "token": secret("token")},
        {"token": secret("token")},
    ),
    "login-endpoint-query": _custom(
        {"endpoint": f"/login?client_secret={plain('endpoint')}"},
        _IN_HEADER,
        {"endpoint": plain("endpoint"), "token": plain("token")},
        _TOKEN,
    ),
    "session": _custom(
        {"body": {"user": "me"}},
        {
            "headers": {"Cookie": "sid={{.session.id}}; other={{.session.other}}"},
            "body": {"session": "{{.session.id}}"},
        },
        {"id": plain("session"), "other": "73910462855", "refresh": secret("refresh")},
        {
            "session": {"id": plain("session"), "other": 73910462855},
            "refresh_token": secret("refresh"),
        },
    ),
}


# --- an API that tells everything it knows ---------------------------------------------------


class TellTale:
    """Hands back every request and every secret, in a different way at each path."""

    def __init__(self, api: FaultApi, plant: Plant) -> None:
        self._api = api
        self._plant = plant
        api.serve("/login", self._login)
        for path, handler in self._ways().items():
            api.serve(path, handler)

    def mapping(self) -> list[dict[str, object]]:
        """A resource for each way."""
        parameter = {"endpoint": "/parents", "field": ".id"}
        child = resource("/children/{item}", "child", path_parameters={"item": parameter})
        plain_paths = ("/good", "/moved", "/text", "/error", "/forbidden", "/html", "/cut", "/deep")
        posted = resource("/posted", method="POST", body={"a": 1}, data_path=".items")
        return [
            child,
            posted,
            *(resource(path, data_path=".items") for path in plain_paths),
            resource("/good", data_path=".itemz"),
            resource("/good", data_path=".items.x"),
            resource("/linked", data_path=".items", pagination={"type": "next_link"}),
            resource("/far", data_path=".items", pagination={"type": "next_link"}),
            resource("/header", data_path=".items", pagination={"type": "header_link"}),
            resource("/refused", data_path=".items"),
        ]

    def _ways(self) -> dict[str, Handler]:
        return {
            "/good": lambda _: answer({"items": [{"id": 1}]}, Set_Cookie=f"sid={self._one()}"),
            "/parents": lambda _: answer([{"id": 1}, {"id": 2}]),
            "/children/{}": lambda request: answer(self._told(request), 422),
            "/posted": lambda request: answer(self._told(request), 500),
            "/moved": lambda _: redirect(f"http://localhost:1/?access={self._quoted()}"),
            "/text": lambda request: text(json.dumps(self._told(request)), 503),
            "/error": lambda request: answer({"error": self._told(request), "items": None}),
            "/forbidden": lambda request: answer(self._told(request), 403),
            "/html": lambda request: text(f"<p>{self._told(request)}</p>", kind="text/html"),
            # The secret begins just before the text is cut.
            "/deep": lambda _: text("x" * 189 + self._one(), 500),
            "/cut": lambda _: CUT_BODY,
            "/linked": self._linked,
            "/far": lambda _: self._page(f"http://localhost:1/far?token={self._quoted()}"),
            "/header": self._header,
            "/refused": lambda request: answer(self._told(request), 401),
        }

    def _login(self, _: Request) -> Reply:
        return answer(self._plant.login)

    def _linked(self, request: Request) -> Reply:
        if request.param("token"):
            return answer(self._told(request), 400)
        return self._page(f"/linked?token={self._quoted()}")

    def _header(self, request: Request) -> Reply:
        if request.param("token"):
            return answer(self._told(request), 500)
        link = f'</header?token={self._quoted()}>; rel="next"'
        return answer({"items": [{"id": 1}]}, Link=link)

    def _page(self, link: str) -> Answer:
        return answer({"items": [{"id": 1}], "next": link})

    def _one(self) -> str:
        return next(iter(self._plant.secrets.values()))

    def _quoted(self) -> str:
        return quote("".join(self._plant.secrets.values()), safe="")

    def _told(self, request: Request) -> dict[str, object]:
        """Secrets first: an error quotes the beginning of a body."""
        written = {
            form.__name__: [form(value) for value in self._plant.secrets.values()]
            for form in (str, quote, quote_plus, repr)
        }
        return {
            **written,
            "target": f"{request.path}?{urlencode(request.query)}",
            "headers": dict(request.headers),
            "body": request.body.decode(),
        }


GATE = {"bearer", "api-key-in-the-query", "custom-header", "login-form", "session"}
"""Representatives: a header, a query, a header of one's own, a login, and what it hands out."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in GATE else pytest.mark.exhaustive) for name in PLANTS],
)
@pytest.mark.parametrize(
    "chatty",
    [
        pytest.param(False, id="good", marks=pytest.mark.exhaustive),
        pytest.param(True, id="failing"),
    ],
)
async def test_no_secret_is_said(
    api: FaultApi,
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    *,
    chatty: bool,
) -> None:
    """In good and in failing resyncs nothing of a secret reaches a log, an error or a traceback."""
    plant = PLANTS[name]
    for variable, value in plant.environment.items():
        monkeypatch.setenv(variable, value)
    installation.settings |= plant.settings
    installation.secrets = plant.ocean_secrets
    tale = TellTale(api, plant)
    installation.mapping = tale.mapping() if chatty else [resource("/good", data_path=".items")]

    with everything_said() as log:
        outcome = await installation.resync()

    assert outcome.complete is not chatty
    said = {
        "log": log.ours.getvalue(),
        "message": outcome.message,
        "repr": repr(outcome.error),
        "traceback": outcome.formatted,
        "locals": with_locals(outcome.error),
        "reports": json.dumps([status.metrics for status in installation.store.kind_statuses()]),
    }
    assert {where: found for where in said if (found := leaks(said[where], plant.secrets))} == {}
    assert "items" in said["log"], "the check listens"
    assert len(api.requests) > (15 if chatty else 0)


def with_locals(error: Exception | None) -> str:
    """The traceback below this test's own frames, with the variables of every frame."""
    if error is None or error.__traceback__ is None:
        return ""
    below = error.with_traceback(error.__traceback__.tb_next)
    return "".join(traceback.TracebackException.from_exception(below, capture_locals=True).format())


@pytest.mark.parametrize(
    ("name", "debug"),
    [
        ("bearer", False),
        ("login-query", True),
        pytest.param("api-key-in-the-query", True, marks=pytest.mark.exhaustive),
        pytest.param("session", False, marks=pytest.mark.exhaustive),
    ],
)
async def test_libraries_say_no_secret(
    api: FaultApi,
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    *,
    debug: bool,
) -> None:
    """With all at DEBUG, and asyncio telling of each callback, libraries log no secret."""
    plant = PLANTS[name]
    for variable, value in plant.environment.items():
        monkeypatch.setenv(variable, value)
    installation.settings |= plant.settings
    installation.secrets = plant.ocean_secrets
    installation.mapping = TellTale(api, plant).mapping()
    loop = asyncio.get_running_loop()
    loop.set_debug(debug)
    loop.slow_callback_duration = 0  # seconds: every callback is told of

    with everything_said() as log:
        await installation.resync()

    loop.set_debug(False)
    assert ("took" in log.libraries.getvalue()) is debug, "asyncio is heard"
    assert leaks(log.libraries.getvalue(), plant.secrets) == []


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in GATE else pytest.mark.exhaustive)
        for name, plant in PLANTS.items()
        if plant.login
    ],
)
@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(lambda told: answer(told, 401), id="401"),
        pytest.param(lambda told: answer(told, 500), id="500"),
        pytest.param(lambda told: text(f"<p>{told}</p>", kind="text/html"), id="html"),
        pytest.param(lambda told: answer({"tokens": told}), id="other-keys"),
        pytest.param(lambda told: answer([told]), id="list"),
        pytest.param(lambda _: CUT_BODY, id="cut"),
        pytest.param(lambda told: redirect(f"http://localhost:1/?{urlencode(told)}"), id="moved"),
    ],
)
async def test_a_failed_login_says_no_secret(
    api: FaultApi, installation: Installation, name: str, reply: object
) -> None:
    """A login that hands everything back, and fails, is reported without a secret."""
    assert callable(reply)
    plant = PLANTS[name]
    installation.settings |= plant.settings
    installation.mapping = [resource("/good")]

    def login(request: Request) -> Reply:
        told = {
            "got": request.body.decode(),
            "target": f"{request.path}?{urlencode(request.query)}",
            **request.headers,
            **plant.secrets,
        }
        made = reply(told)
        assert isinstance(made, Answer | Raw)
        return made

    api.serve("/login", login)
    # What only the answer would have told is no secret of ours when there is no such answer.
    sent = {
        key: value for key, value in plant.secrets.items() if value in str(plant.settings.values())
    }

    with everything_said() as log:
        outcome = await installation.resync()

    assert not outcome.complete
    assert leaks(log.ours.getvalue() + outcome.message + outcome.formatted, sent) == []


@pytest.mark.parametrize(
    ("settings", "secrets"),
    [
        pytest.param(
            {"auth_type": "bearer_token", "api_token": "line\nbreak" + plain("token")},
            {"token": plain("token")},
            id="line-break-in-a-token",
        ),
        pytest.param(
            {"custom_headers": {"X-Key": "ümlaut" + plain("key")}},
            {"key": plain("key")},
            id="umlaut-in-a-header",
        ),
        pytest.param(
            {"custom_headers": {"X-Key": [plain("key")]}}, {"key": plain("key")}, id="list"
        ),
        pytest.param(
            {"auth_type": "basic", "auth_value": plain("value") + "!"},
            {"value": plain("value")},
            id="not-base64",
        ),
        pytest.param(
            {"auth_type": plain("token")[:7], "api_token": plain("token")},
            {"token": plain("token")},
            id="unknown-type",
        ),
        pytest.param(
            {
                "auth_type": "custom",
                "custom_auth_request": {"endpoint": "/login", "body": [plain("body")]},
            },
            {"body": plain("body")},
            id="login-body-is-a-list",
        ),
        pytest.param(
            {
                "auth_type": "custom",
                "custom_auth_request": {
                    "endpoint": "/login",
                    "headers": {"X-Key": "a\r\n" + plain("header")},
                    "bodyForm": 1,
                    "reauthenticateIntervalSeconds": "often",
                },
            },
            {"header": plain("header")},
            id="login-header",
        ),
        pytest.param(
            {"base_url": f"http://me:{plain('url')}@127.0.0.1/"},
            {"url": plain("url")},
            id="password-in-the-base-url",
        ),
    ],
)
async def test_faulty_settings_are_told_without_their_secrets(
    api: FaultApi,
    installation: Installation,
    settings: dict[str, object],
    secrets: dict[str, str],
) -> None:
    """The list of faults quotes no secret, however the setting that holds it is wrong."""
    installation.settings |= settings
    installation.mapping = [resource("/items")]

    with everything_said() as log:
        outcome = await installation.resync()

    assert not outcome.complete
    assert api.requests == []
    assert leaks(log.ours.getvalue() + outcome.message + outcome.formatted, secrets) == []


async def test_what_is_refused_at_the_start_is_told_without_its_value(
    api: FaultApi, installation: Installation, tmp_path: Path
) -> None:
    """The error about the settings names each of them, and quotes none, secret or not."""
    secrets = {"token": plain("token"), "body": plain("body"), "key": plain("key")}
    half_an_object = json.dumps({"endpoint": "/login", "body": {"password": secrets["body"]}})[:-1]
    given = {
        "BASE_URL": "",
        "AUTH_TYPE": "custom",
        "API_TOKEN": secrets["token"],
        "API_TOKN": secrets["token"],
        "CUSTOM_AUTH_REQUEST": half_an_object,
        "CUSTOM_HEADERS": json.dumps([secrets["key"]]),
        "PAGE_SIZE": secrets["key"],
    }
    installation.mapping = [resource("/items")]
    environment = {f"OCEAN__INTEGRATION__CONFIG__{name}": value for name, value in given.items()}
    async with sailing(installation, tmp_path / "sail", once=True, **environment) as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)

    said = output.decode()
    for setting in ("baseUrl", "customAuthRequest", "customHeaders", "pageSize"):
        assert f"{setting} " in said
    assert api.requests == []
    assert leaks(said + json.dumps(installation.store.logs()), secrets) == []


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in GATE else pytest.mark.exhaustive) for name in PLANTS],
)
async def test_a_secret_in_an_item_is_the_catalogs_and_nobody_elses(
    api: FaultApi, installation: Installation, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """An API that hands a secret back in an item: the entity has it; logs and examples do not.

    Entities are what the user mapped. Ocean's own lines are heard as its console and Port do; they
    speak of the kind, which has a secret in it too.
    """
    plant = PLANTS[name]
    for variable, value in plant.environment.items():
        monkeypatch.setenv(variable, value)
    told = {**plant.secrets, **{f"{key} encoded": quote(it) for key, it in plant.secrets.items()}}
    TellTale(api, plant)
    api.serve("/items", answer([{"id": 1, "name": told}, {"id": {"no": told}}]))
    installation.settings |= plant.settings
    installation.secrets = plant.ocean_secrets
    installation.sends_examples = True
    installation.mapping = [
        resource("/items", seen=".name"),
        resource(f"/items?of={quote(next(iter(plant.secrets.values())), safe='')}", "team"),
    ]
    said = io.StringIO()

    async with installation.booted() as app:
        sinks = [
            logger.add(said, level=0, format="{level} {message}", filter=filter_, diagnose=False)
            for filter_ in (
                sensitive_log_filter.create_filter(),
                sensitive_log_filter.create_filter(full_hide=True),
            )
        ]
        await installation.resync_in(app)
        for sink in sinks:
            logger.remove(sink)

    assert installation.seen()["1"] == told
    examples = installation.store.examples("/items")
    assert [example["id"] for example in examples][:1] == [1]
    assert leaks(json.dumps(examples, ensure_ascii=False), plant.secrets) == []
    # The mapping is told as it is: it is no place for secrets.
    heard = "\n".join(line for line in said.getvalue().splitlines() if "mappings: " not in line)
    assert leaks(heard, plant.secrets) == []
    assert REDACTED in heard, "Ocean speaks of the kind"
    # Ocean's own mask would leave the first six characters.
    begun = [value[:6] for value in plant.secrets.values()]
    assert not [text for text in begun if f"{text}[REDACTED]" in heard]


async def test_what_a_resync_knew_is_not_kept_for_ever(
    api: FaultApi, installation: Installation
) -> None:
    """However many resyncs run in one process, only the secrets of the last few are looked for."""
    api.serve("/items", answer([]))
    installation.mapping = [resource("/items")]

    async with installation.booted() as app:
        lengths = []
        for _ in range(8):
            await installation.resync_in(app)
            lengths.append(len(sensitive_log_filter.compiled_patterns))

    assert lengths[0] < lengths[-3] == lengths[-1]


async def test_ordinary_words_stay_readable(api: FaultApi, installation: Installation) -> None:
    """What is no secret is not hidden: the user's name, a grant type, a status."""
    installation.settings |= PLANTS["login-json"].settings
    installation.settings["custom_auth_request"] = {
        "endpoint": "/login",
        "body": {"grant_type": "password", "user": "me", "password": plain("password")},
    }
    api.serve("/login", answer({"token": plain("token"), "token_type": "Bearer", "type": "user"}))
    api.serve("/items", answer({"message": "this user has no grant"}, 403))
    installation.mapping = [resource("/items")]

    outcome = await installation.resync()

    assert "/items" in outcome.message
    assert "this user has no grant" in outcome.message


_T = plain("told")
_HEAD = b"HTTP/1.1 "


@pytest.mark.parametrize(
    ("reply", "selector"),
    [
        pytest.param(
            Raw(_HEAD + f"500 bad {_T}\r\nContent-Length: 2\r\n\r\n{{}}".encode()), {}, id="reason"
        ),
        pytest.param(Answer(b"<html>", 200, (("Content-Type", f"text/{_T}"),)), {}, id="type"),
        pytest.param(Answer(b"[", 200, (("Content-Encoding", _T),)), {}, id="coding"),
        pytest.param(redirect(f"http://{_T}.evil.example/"), {}, id="host"),
        pytest.param(redirect(f"a{_T}://evil.example/"), {}, id="scheme"),
        pytest.param(answer({_T: [{"id": 1}]}), {"data_path": ".items"}, id="key"),
        pytest.param(
            answer({"items": [{"id": _T}]}), {"data_path": "[.items[].id | tonumber]"}, id="jq"
        ),
        pytest.param(
            answer({"items": [{"id": _T}]}), {"data_path": ".items[] | error(.id)"}, id="jq-error"
        ),
        pytest.param(
            answer({"items": [{"id": 1}]}, Link=f'</x>; rel="{_T}", </y>; rel="next"'),
            {
                "data_path": ".items",
                "pagination": {"type": "header_link", "header_link_rel": "more"},
            },
            id="link-relation",
        ),
        pytest.param(
            Raw(_HEAD + b"200 OK\r\nX-Long: " + b"x" * 110_000 + _T.encode() + b"\r\n\r\n"),
            {},
            id="long-header",
        ),
    ],
)
async def test_whatever_an_error_quotes_is_without_secrets(
    api: FaultApi, installation: Installation, reply: Reply, selector: dict[str, object]
) -> None:
    """A secret in any part of an answer reaches no error, log line or traceback."""
    installation.settings |= {"auth_type": "bearer_token", "api_token": _T}
    api.serve("/items", reply)
    made = resource("/items")
    installation.mapping = [{**made, "selector": {"query": "true", **selector}}]

    with everything_said() as log:
        outcome = await installation.resync()

    said = (log.ours.getvalue(), outcome.message, outcome.formatted, with_locals(outcome.error))
    assert not outcome.complete
    assert [found for text in said if (found := leaks(text, {"token": _T}))] == []


@pytest.mark.parametrize("status", [403, 429, 503])
async def test_a_token_in_a_refused_login_is_a_secret(
    api: FaultApi, installation: Installation, status: int
) -> None:
    """What a login that failed gave is not told, and why it failed is."""
    told = {"error": "mfa_required", "mfa_token": plain("mfa")}
    installation.settings |= PLANTS["login-json"].settings
    api.serve("/login", answer(told, status))
    installation.mapping = [resource("/items")]

    outcome = await installation.resync()

    assert "mfa_required" in outcome.message
    assert leaks(outcome.message + outcome.log, {"mfa": plain("mfa")}) == []


@pytest.mark.parametrize("of_login", [False, True])
async def test_a_cookie_that_was_set_is_a_secret(
    api: FaultApi, installation: Installation, *, of_login: bool
) -> None:
    """An API that hands a session's cookie back in an error: nobody reads it."""
    cookie = f"sid={plain('sid')}; Path=/; HttpOnly"
    installation.settings |= PLANTS["login-json"].settings
    api.serve("/login", answer(_TOKEN, **({"Set_Cookie": cookie} if of_login else {})))

    def items(request: Request) -> Reply:
        if request.param("p") or of_login:
            return answer({"cookie": plain("sid")}, 500)
        return answer({"items": [{"id": 1}], "next": "/items?p=2"}, Set_Cookie=cookie)

    api.serve("/items", items)
    installation.mapping = [
        resource("/items", data_path=".items", pagination={"type": "next_link"})
    ]

    outcome = await installation.resync()

    assert REDACTED in outcome.message
    assert leaks(outcome.message + outcome.log, {"cookie": plain("sid")}) == []


async def test_a_cookie_of_60_kb_is_in_no_text(api: FaultApi, installation: Installation) -> None:
    """An API that sets a huge cookie and refuses with what resembles it: nothing is quoted."""
    cookie = "".join(hashlib.sha512(f"{number}".encode()).hexdigest() for number in range(470))
    api.serve("/items", answer([{"id": 1}], Set_Cookie=f"sid={cookie}; Path=/"))
    api.serve("/other", answer({"reason": f"not {cookie}, nor {cookie[:-1]}"}, 403))
    installation.mapping = [resource("/items"), resource("/other", "team")]

    outcome = await asyncio.wait_for(installation.resync(), 60)

    assert NOT_QUOTED in outcome.message
    assert leaks(outcome.message + outcome.log, {"cookie": cookie[:4000]}) == []


@pytest.mark.parametrize("password", ["x", "X", "ab", "123"])
async def test_a_short_password_shreds_nothing(
    api: FaultApi, installation: Installation, password: str
) -> None:
    """Vendors prescribe `x`: logs, errors and examples stay whole, the pair stays secret."""
    user = "a-key-that-is-the-user"
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    reason = f"next X x ab 123, Basic {pair}"
    installation.settings |= {"auth_type": "basic", "username": user, "password": password}
    installation.sends_examples = True
    api.serve("/items", answer([{"id": 1, "of": reason}]))
    api.serve("/other", answer({"reason": reason}, 403))
    installation.mapping = [resource("/items"), resource("/other", "team")]

    outcome = await installation.resync()

    hidden = reason.replace(pair.rstrip("="), REDACTED).replace(f"{REDACTED}=", REDACTED)
    said = outcome.message.replace(f"{REDACTED}==", REDACTED).replace(f"{REDACTED}=", REDACTED)
    assert hidden.rstrip("=") in said
    assert pair not in outcome.message + outcome.log
    assert "Resync was triggered" in outcome.log
    (example,) = installation.store.examples("/items")
    assert str(example["of"]).startswith("next X x ab 123, Basic [redacted]")


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"custom_headers": {f"Bearer {_T}": "Authorization"}}, id="swapped"),
        pytest.param({"custom_headers": {_T: "a\nb"}}, id="swapped, a name that may be"),
        pytest.param(
            {"auth_type": "api_key", "api_key": _T, "api_key_header": f"Key {_T}"}, id="key header"
        ),
        *(
            pytest.param(
                {
                    "auth_type": "custom",
                    "custom_auth_request": {"endpoint": "/login", **request},
                    "custom_auth_request_template": {"headers": {"A": text_}},
                },
                id=name,
            )
            for name, request, text_ in (
                ("login header", {"headers": {f"Bearer {_T}": "x"}}, "{{.t}}"),
                ("unknown key", {_T: "x"}, "{{.t}}"),
                ("method", {"method": _T}, "{{.t}}"),
                ("interval", {"reauthenticateIntervalSeconds": _T}, "{{.t}}"),
                ("program", {}, f'{{{{.t + "{_T}}}}}'),
                ("no dot", {}, f"{{{{{_T}}}}}"),
                ("literal", {}, f'{{{{ (.nope // error("{_T}")) }}}}'),
            )
        ),
    ],
)
async def test_faults_quote_nothing_of_sensitive_settings(
    api: FaultApi, installation: Installation, settings: dict[str, object]
) -> None:
    """Wherever in a sensitive setting a secret stands by mistake, no fault quotes it."""
    installation.settings |= settings
    api.serve("/login", answer({"token": "abcdefghijk"}))
    api.serve("/items", answer([]))
    installation.mapping = [resource("/items")]

    outcome = await installation.resync()

    assert not outcome.complete
    told = (outcome.message + outcome.log + outcome.formatted).lower()
    assert leaks(told, {"it": _T}) == []


async def test_examples_hold_no_secret_as_key_or_number(
    api: FaultApi, installation: Installation
) -> None:
    """Ocean masks texts only: keys and numbers of a raw example are redacted all the same."""
    installation.settings |= PLANTS["login-json"].settings
    api.serve("/login", answer(_TOKEN))
    api.serve("/items", answer([{"id": 1, "by": {plain("token"): True}, "pin": 8321947605}]))
    installation.sends_examples = True
    installation.mapping = [resource("/items")]

    await installation.resync()

    (example,) = installation.store.examples("/items")
    assert example == {"id": 1, "by": {REDACTED: True}, "pin": REDACTED}


async def test_no_answer_forges_a_line_of_the_log(
    api: FaultApi, installation: Installation
) -> None:
    """A key with a line break or an escape sequence is shown as Python writes it."""
    api.serve("/items", answer({"x\nINFO resync complete \x1b[2J": 1}))
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert "x\\nINFO resync complete \\x1b[2J" in outcome.message + outcome.log
    assert "\x1b" not in outcome.message + outcome.log
    assert "\nINFO resync complete" not in outcome.message + outcome.log
