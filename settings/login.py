"""The settings of ``authType: custom``: a login call, and what of its answer signs requests.

Faults name headers, keys and placeholders by their number: where a secret stands in the wrong
place, a name may be the secret.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Self

import httpx
from msgspec import Struct

from errors import MappingError
from jq_engine.lookups import compile_answer_lookup
from jq_engine.programs import EMBEDDED, programs_in
from json_values import Json, as_written
from settings.reader import METHODS, SettingsReader, kind_of
from settings.values import LoginCredentials, LoginRequest, StaticCredentials

_REQUEST = "customAuthRequest"
_TEMPLATE = "customAuthRequestTemplate"
_LOGOUT = "customAuthLogoutRequest"
REQUEST_KEYS = (
    "endpoint",
    "method",
    "headers",
    "body",
    "bodyForm",
    "queryParams",
    "reauthenticateIntervalSeconds",
)
TEMPLATE_KEYS = ("headers", "queryParams", "body")

_HOST = re.compile(r"([^\s/@?#\\*%:\[\]]+|\[[0-9a-f:.]+\])(:\d{1,5})?")
_LAST_PORT = 65_535


def read_login(reader: SettingsReader) -> LoginCredentials | StaticCredentials:
    """The login of an installation; none where it is missing, which is noted."""
    steps = _steps(_Section.of(reader, _REQUEST))
    template = _template(_Section.of(reader, _TEMPLATE))
    if not steps:
        return StaticCredentials()
    logout = _Section.of(reader, _LOGOUT)
    return LoginCredentials(
        steps=tuple(steps),
        logout=_request(logout, reads=True) if logout.values else None,
        headers=template.headers(),
        query_params=template.texts("queryParams"),
        body=template.part("body") or {},
    )


class _Section(Struct, frozen=True):
    """One object of a setting, its keys in camelCase; what is wrong with it is noted."""

    reader: SettingsReader
    setting: str
    values: Mapping[str, Json]

    @classmethod
    def of(cls, reader: SettingsReader, setting: str) -> Self:
        """The whole setting."""
        return cls(reader, setting, _camel_keys(reader.object(setting)))

    def part(self, key: str) -> Mapping[str, Json] | None:
        """The object under a key."""
        part = self.values.get(key)
        if part is None or isinstance(part, Mapping):
            return part
        problem = f"has a {key!r} that is not an object but {kind_of(part)}"
        self.reader.fault(self.setting, problem, 'write it like {"name": "value"}')
        return None

    def texts(self, key: str) -> dict[str, str]:
        """The object under a key with its values as texts; nulls are dropped."""
        part = self.part(key) or {}
        return {name: as_written(inner) for name, inner in part.items() if inner is not None}

    def headers(self) -> dict[str, str]:
        """The headers that HTTP can carry."""
        return {
            name: text
            for number, (name, text) in enumerate(self.texts("headers").items(), 1)
            if self.reader.is_header(self.setting, name, text, number)
        }

    def check_keys(self, known: Sequence[str]) -> None:
        """Note keys that nobody reads."""
        for number, name in enumerate(self.values, 1):
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"use {', '.join(known)}"
                self.reader.fault(self.setting, f"has an unknown key, number {number}", hint)

    def check_placeholders(self) -> None:
        """Note what between double braces is not a jq program."""
        for number, program in enumerate(programs_in(self.values), 1):
            if not program.startswith((".", "$", "(")):
                self.reader.fault(
                    self.setting,
                    f"has no dot at the start of placeholder number {number}",
                    'write it like {{.access_token}}, {{$headers["x-token"]}} or'
                    " {{$cookies.session}}",
                )
                continue
            try:
                compile_answer_lookup(program, self.setting)
            except MappingError:
                self.reader.fault(
                    self.setting,
                    f"holds placeholder number {number}, which is not a jq program for mappings",
                    "correct the expression",
                )


def _steps(request: _Section) -> list[LoginRequest]:
    """The requests of a login: one, or those in ``steps``; all but the first read an answer."""
    reader, setting, values = request.reader, request.setting, request.values
    if not values:
        reader.missing(
            setting,
            "is missing: authType 'custom' needs the login call",
            'write it like {"endpoint": "/login", "body": {…}}',
        )
        return []
    if "steps" not in values:
        return [_request(request)]
    request.check_keys(("steps",))
    steps = values["steps"]
    each = [step for step in steps if isinstance(step, Mapping)] if isinstance(steps, list) else []
    if not each or each != steps:
        reader.fault(
            setting,
            "has 'steps' that are no list of requests",
            "write a list of objects, each with an 'endpoint'",
        )
        return []
    return [
        _request(_Section(reader, setting, _camel_keys(step)), reads=number > 0)
        for number, step in enumerate(each)
    ]


def _template(template: _Section) -> _Section:
    if not template.values:
        template.reader.missing(
            template.setting,
            "is missing: authType 'custom' needs to know what of the login's answer signs requests",
            'write it like {"headers": {"Authorization": "Bearer {{.access_token}}"}}',
        )
    template.check_keys(TEMPLATE_KEYS)
    template.check_placeholders()
    return template


def _request(request: _Section, *, reads: bool = False) -> LoginRequest:
    """One request; where it ``reads`` the answer before, its placeholders are checked."""
    if reads:
        request.check_placeholders()
    request.check_keys(REQUEST_KEYS)
    reader, setting = request.reader, request.setting
    body, form = request.part("body"), request.values.get("bodyForm")
    if form is not None and not isinstance(form, str):
        reader.fault(setting, "has a 'bodyForm' that is not text", "write it like a=1&b=2")
        form = None
    if body is not None and form:
        reader.fault(setting, "has both 'body' and 'bodyForm'", "keep the one the API expects")
    return LoginRequest(
        endpoint=_endpoint(request),
        method=_method(request),
        headers=request.headers(),
        body=body,
        body_form=form,
        query_params=request.texts("queryParams"),
        reauthenticate_after=_interval(request),
    )


def _endpoint(request: _Section) -> str:
    reader, setting, value = request.reader, request.setting, request.values.get("endpoint")
    if not isinstance(value, str) or not value.strip():
        reader.fault(setting, "has no 'endpoint'", "give the path or full URL of the login call")
        return "/"
    endpoint = value.strip()
    is_full = re.match(r"[a-z][a-z0-9+.-]*://", endpoint, re.IGNORECASE)
    if is_full and EMBEDDED.search(endpoint.split("/")[2]):
        reader.fault(
            setting,
            "has an 'endpoint' whose host an answer would choose",
            "write the host out; only path and query may hold {{…}}",
        )
    bare = EMBEDDED.sub("x", endpoint)
    url = parsed_url(bare if is_full else "https://base.example/" + bare.lstrip("/"))
    # Not quoted: the endpoint may hold a secret.
    if url is None:
        reader.fault(
            setting,
            "has an 'endpoint' that is neither a path nor an http(s) URL",
            "write it like /login or https://login.example.com/token",
        )
    elif url.userinfo:
        reader.fault(
            setting,
            "has an 'endpoint' with a user or password in it",
            "send them in 'headers' or 'body'",
        )
    return endpoint


def _method(request: _Section) -> str:
    method = str(request.values.get("method") or "POST").upper()
    if method in METHODS:
        return method
    allowed = ", ".join(METHODS)
    request.reader.fault(
        request.setting, "has a 'method' that is not supported", f"use one of {allowed}"
    )
    return METHODS[0]


def _interval(request: _Section) -> float | None:
    value = request.values.get("reauthenticateIntervalSeconds")
    if value is None or value == "":
        return None
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        request.reader.fault(
            request.setting,
            "has a 'reauthenticateIntervalSeconds' that is not a number of seconds above 0",
            "write it like 3600",
        )
        return None
    return seconds


def _camel_keys(value: Mapping[str, Json]) -> dict[str, Json]:
    # Settings from Ocean's config.yaml arrive with their keys in snake_case.
    return {_camel(key): inner for key, inner in value.items()}


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)


def parsed_url(text: str) -> httpx.URL | None:
    """The http(s) URL that a text is, or None.

    httpx decodes an international host name (``xn--…``) only when it is asked for the host.
    """
    try:
        url = httpx.URL(text)
        is_complete = url.scheme in {"http", "https"} and url.host
    except (httpx.InvalidURL, UnicodeError):
        return None
    is_whole = is_host(url.netloc.decode()) and (url.port or 0) <= _LAST_PORT
    return url if is_complete and is_whole else None


def is_host(text: str) -> bool:
    """Whether a text has the form of a host, with or without a port."""
    return _HOST.fullmatch(text) is not None
