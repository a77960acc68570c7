"""The settings of ``authType: custom``: a login call, and what of its answer signs requests.

Faults tell headers, keys and placeholders by their number: where a secret stands in the wrong
place, a name may be one.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import httpx

from errors import MappingError
from jq_engine.lookups import compile_answer_lookup
from jq_engine.programs import EMBEDDED, programs_in
from json_values import Json
from settings.reader import METHODS, SettingsReader, as_text, kind_of
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
    steps = _steps(reader)
    template = _template(reader)
    if not steps:
        return StaticCredentials()
    logout = _camel_keys(reader.object(_LOGOUT))
    return LoginCredentials(
        steps=tuple(steps),
        logout=_request(reader, logout, _LOGOUT, reads=True) if logout else None,
        headers=_headers(reader, _TEMPLATE, template),
        query_params=_texts(reader, _TEMPLATE, template, "queryParams"),
        body=_part(reader, _TEMPLATE, template, "body") or {},
    )


def _steps(reader: SettingsReader) -> list[LoginRequest]:
    """The requests of a login: one, or those in ``steps``; all but the first read an answer."""
    request = _camel_keys(reader.object(_REQUEST))
    if not request:
        reader.fault(
            _REQUEST,
            "is missing: authType 'custom' needs the login call, such as"
            ' {"endpoint": "/login", "body": {…}}',
        )
    if not request or "steps" not in request:
        return [_request(reader, request)] if request else []
    steps = request["steps"]
    _refuse_unknown(reader, _REQUEST, request, ("steps",))
    steps = steps if isinstance(steps, list) else []
    each = [step for step in steps if isinstance(step, Mapping)]
    if not each or len(each) != len(steps):
        reader.fault(_REQUEST, "has 'steps' that are no list of requests with an 'endpoint' each")
        return []
    return [
        _request(reader, _camel_keys(step), reads=number > 0) for number, step in enumerate(each)
    ]


def _template(reader: SettingsReader) -> dict[str, Json]:
    template = _camel_keys(reader.object(_TEMPLATE))
    if not template:
        reader.fault(
            _TEMPLATE,
            "is missing: authType 'custom' needs to know what of the login's answer signs"
            ' requests, such as {"headers": {"Authorization": "Bearer {{.access_token}}"}}',
        )
    _refuse_unknown(reader, _TEMPLATE, template, TEMPLATE_KEYS)
    _check_placeholders(reader, _TEMPLATE, template)
    return template


def _check_placeholders(reader: SettingsReader, setting: str, texts: Mapping[str, Json]) -> None:
    for number, program in enumerate(programs_in(texts), 1):
        if not program.startswith((".", "$", "(")):
            reader.fault(
                setting,
                f"has no dot at the start of placeholder number {number}",
                'write it like {{.access_token}}, {{$headers["x-token"]}} or {{$cookies.session}}',
            )
            continue
        try:
            compile_answer_lookup(program, setting)
        except MappingError:
            reader.fault(
                setting,
                f"holds placeholder number {number}, which is not a jq program for mappings",
                "correct the expression",
            )


def _request(
    reader: SettingsReader,
    request: Mapping[str, Json],
    setting: str = _REQUEST,
    *,
    reads: bool = False,
) -> LoginRequest:
    """One request; where it ``reads`` the answer before, its placeholders are checked."""
    if reads:
        _check_placeholders(reader, setting, request)
    _refuse_unknown(reader, setting, request, REQUEST_KEYS)
    body, form = _part(reader, setting, request, "body"), request.get("bodyForm")
    if form is not None and not isinstance(form, str):
        reader.fault(setting, "has a 'bodyForm' that is not text such as a=1&b=2")
        form = None
    if body is not None and form:
        reader.fault(setting, "has both 'body' and 'bodyForm'", "keep the one the API expects")
    return LoginRequest(
        endpoint=_endpoint(reader, setting, request.get("endpoint")),
        method=_method(reader, setting, request.get("method")),
        headers=_headers(reader, setting, request),
        body=body,
        body_form=form,
        query_params=_texts(reader, setting, request, "queryParams"),
        reauthenticate_after=_interval(
            reader, setting, request.get("reauthenticateIntervalSeconds")
        ),
    )


def _endpoint(reader: SettingsReader, setting: str, value: Json) -> str:
    if not isinstance(value, str) or not value.strip():
        reader.fault(setting, "needs 'endpoint': the path or full URL of the login call")
        return "/"
    endpoint = value.strip()
    is_full = re.match(r"[a-z][a-z0-9+.-]*://", endpoint, re.IGNORECASE)
    endpoint_text = EMBEDDED.sub("x", endpoint)
    if EMBEDDED.search(endpoint) and is_full and EMBEDDED.search(endpoint.split("/")[2]):
        reader.fault(
            setting,
            "has an 'endpoint' whose host an answer would choose",
            "write the host out; only path and query may hold {{…}}",
        )
    url = parsed_url(
        endpoint_text if is_full else "https://base.example/" + endpoint_text.lstrip("/")
    )
    # Not quoted: the endpoint may hold a secret.
    if url is None:
        reader.fault(setting, "has an 'endpoint' that is neither a path nor an http(s) URL")
    elif url.userinfo:
        reader.fault(
            setting,
            "has an 'endpoint' with a user or password in it",
            "send them in 'headers' or 'body'",
        )
    return endpoint


def _method(reader: SettingsReader, setting: str, value: Json) -> str:
    method = str(value or "POST").upper()
    if method in METHODS:
        return method
    reader.fault(setting, "has another 'method'", f"use one of {', '.join(METHODS)}")
    return METHODS[0]


def _interval(reader: SettingsReader, setting: str, value: Json) -> float | None:
    if value is None or value == "":
        return None
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        reader.fault(
            setting,
            "has a 'reauthenticateIntervalSeconds' that is not a number of seconds above 0",
        )
        return None
    return seconds


def _refuse_unknown(
    reader: SettingsReader, setting: str, value: Mapping[str, Json], known: Sequence[str]
) -> None:
    for number, name in enumerate(value, 1):
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"use {', '.join(known)}"
            reader.fault(setting, f"has an unknown key, number {number}", hint)


def _part(
    reader: SettingsReader, setting: str, value: Mapping[str, Json], key: str
) -> Mapping[str, Json] | None:
    part = value.get(key)
    if part is None or isinstance(part, Mapping):
        return part
    reader.fault(setting, f"has a {key!r} that is not an object but {kind_of(part)}")
    return None


def _headers(reader: SettingsReader, setting: str, value: Mapping[str, Json]) -> dict[str, str]:
    headers = _texts(reader, setting, value, "headers")
    return {
        name: text
        for number, (name, text) in enumerate(headers.items(), 1)
        if reader.is_header(setting, name, text, number)
    }


def _texts(
    reader: SettingsReader, setting: str, value: Mapping[str, Json], key: str
) -> dict[str, str]:
    part = _part(reader, setting, value, key) or {}
    return {name: as_text(inner) for name, inner in part.items() if inner is not None}


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
