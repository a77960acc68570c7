"""What an installation may say: one mapping in, one ``Settings`` value out.

Every fault is collected and reported in one ``ConfigurationError`` before anything is
requested. No fault quotes a secret, and no mapping of settings lives on after this.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal, assert_never, get_args
from urllib.parse import parse_qsl

import httpx

from errors import ConfigurationError, MappingError
from jq_engine.environment import is_ports_own
from jq_engine.lookups import compile_lookup
from jq_engine.paths import plain_path
from jq_engine.programs import EMBEDDED
from json_values import Json
from pagination import PAGINATION_TYPES, PaginationSettings
from paging.signals import DEFAULT_NEXT_LINK_PATH, ConfiguredSignals
from transport.bodies import MIB
from transport.redaction import SHORTEST_SECRET, TELLING_LENGTH, credentials_in, secrets_in

AuthType = Literal["none", "bearer_token", "basic", "api_key", "custom"]
AUTH_TYPES: tuple[AuthType, ...] = get_args(AuthType)
_AUTH_ALIASES: Mapping[str, AuthType] = {"basic_auth": "basic"}
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
METHODS: tuple[Method, ...] = get_args(Method)

DEFAULT_API_KEY_HEADER = "X-API-Key"

_LITERAL = re.compile(rf'"([^"]{{{TELLING_LENGTH},}})"')
_ENV_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_HOST = re.compile(r"([^\s/@?#\\*%:\[\]]+|\[[0-9a-f:.]+\])(:\d{1,5})?")
_LAST_PORT = 65_535
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2: token
# Headers that describe a request rather than authorise it; the others may hold a secret.
_DESCRIPTIVE_HEADERS = frozenset({"accept", "accept-language", "content-type", "user-agent"})


@dataclass(frozen=True)
class StaticCredentials:
    """Headers or query parameters that sign every request; none for ``authType: none``."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query_params: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class LoginRequest:
    """The login call of ``authType: custom``; ``endpoint`` is a path or a full URL.

    ``reauthenticate_after`` is in seconds; None: only when the API answers 401.
    """

    endpoint: str = field(repr=False)
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Json] | None = field(default=None, repr=False)
    body_form: str | None = field(default=None, repr=False)
    query_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    reauthenticate_after: float | None = None


@dataclass(frozen=True)
class LoginCredentials:
    """How to log in, and how the answer signs requests: texts with ``{{.jq.path}}`` in them."""

    login: LoginRequest
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Json] = field(default_factory=dict, repr=False)


Credentials = StaticCredentials | LoginCredentials


@dataclass(frozen=True)
class Settings:
    """One installation.

    Times in seconds, sizes in bytes; ``requests_per_minute`` None: no ceiling. Of the
    ``secrets`` those ``secrets_in_data`` are credentials wherever they stand; ``short_secrets``
    are the names of settings with a secret too short to be looked for.
    """

    base_url: httpx.URL
    credentials: Credentials = field(default_factory=StaticCredentials)
    custom_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    pagination: PaginationSettings = field(default_factory=PaginationSettings)
    timeout: float = 30.0
    verify_ssl: bool = True
    max_concurrent_requests: int = 10
    requests_per_minute: int | None = None
    allowed_hosts: tuple[str, ...] = ()
    max_retry_wait: float = 120.0
    max_pages: int = 10_000
    max_response_size: int = 256 * MIB
    max_compressed_size: int = 128 * MIB
    secrets: tuple[str, ...] = field(default=(), repr=False)
    secrets_in_data: tuple[str, ...] = field(default=(), repr=False)
    short_secrets: tuple[str, ...] = ()


def load_settings(
    config: Mapping[str, Json],
    *,
    secrets: Mapping[str, Json] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Read the settings of an installation.

    ``config`` has the names of ``.port/spec.yaml``, in snake_case or camelCase; None means
    unset. ``secrets`` is Ocean's ``integration.secrets``, which only ``authValue`` may
    come from. Raises ConfigurationError with every fault.
    """
    reader = _Reader(config, secrets or {}, environ)
    settings = reader.settings()
    if reader.faults or settings is None:
        raise ConfigurationError(reader.faults)
    return settings


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)


class _Reader:
    """Reads one mapping of settings, noting faults instead of raising them."""

    def __init__(
        self, config: Mapping[str, Json], secrets: Mapping[str, Json], environ: Mapping[str, str]
    ) -> None:
        self._config = config
        self._secrets = secrets
        self._environ = environ
        self._confidential: list[str] = []
        self._credentials_kept: list[str] = []
        self._short: list[str] = []
        self.faults: list[str] = []

    def settings(self) -> Settings | None:
        """The settings; meaningless when there are faults."""
        base_url = self._base_url()
        credentials = self._credentials()
        custom_headers = self._custom_headers()
        settings = Settings(
            base_url=base_url or httpx.URL(),
            credentials=credentials,
            custom_headers=custom_headers,
            pagination=self._pagination(),
            timeout=self._number("timeout", 30, least=1, most=3600),
            verify_ssl=self._boolean("verify_ssl", default=True),
            max_concurrent_requests=self._number("max_concurrent_requests", 10, least=1, most=1000),
            requests_per_minute=self._number("requests_per_minute", 0, least=1, most=1_000_000)
            or None,
            allowed_hosts=self._hosts(),
            max_retry_wait=self._number("max_retry_wait", 120, least=0, most=86_400),
            max_pages=self._number("max_pages", 10_000, least=1, most=10_000_000),
            max_response_size=self._number("max_response_size", 256, least=1, most=65_536) * MIB,
            max_compressed_size=self._number("max_compressed_size", 128, least=1, most=65_536)
            * MIB,
            secrets=tuple(self._confidential),
            secrets_in_data=tuple(self._credentials_kept),
            short_secrets=tuple(dict.fromkeys(self._short)),
        )
        return None if base_url is None else settings

    # --- values ------------------------------------------------------------------------

    def _raw(self, name: str) -> Json:
        value = self._config.get(name)
        value = self._config.get(_camel(name)) if value is None else value
        return None if isinstance(value, str) and not value.strip() else value

    def _text(self, name: str) -> str | None:
        value = self._raw(name)
        if value is None or isinstance(value, str):
            return value.strip() if value else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        self._fault(name, f"must be text, found {_kind(value)}")
        return None

    def _number(self, name: str, default: int, *, least: int, most: int) -> int:
        value = self._raw(name)
        if value is None:
            return default
        try:
            number = int(str(value))
        except ValueError:
            number = None
        if number is None or isinstance(value, bool) or not least <= number <= most:
            self._fault(name, f"must be a whole number from {least} to {most}, found {value!r}")
            return default
        return number

    def _boolean(self, name: str, *, default: bool) -> bool:
        value = self._raw(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if (word := str(value).strip().lower()) in known:
            return known[word]
        self._fault(name, f"must be true or false, found {value!r}")
        return default

    def _word[Word: str](
        self, name: str, words: Sequence[Word], default: Word, aliases: Mapping[str, Word]
    ) -> Word:
        value = self._text(name)
        if value is None:
            return default
        value = aliases.get(value, value)
        for word in words:
            if value == word:
                return word
        near = get_close_matches(value, words, n=1, cutoff=0.4)
        near = near or [word for word in words if word.startswith(value) or value.startswith(word)]
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        self._fault(name, f"is {value!r}; use one of {', '.join(words)}{hint}")
        return default

    def _json(self, name: str) -> Json:
        value = self._raw(name)
        if isinstance(value, str):
            try:
                return json.loads(value)
            except ValueError:
                self._fault(name, "is not valid JSON; check quotes and commas")
                return None
        return value

    def _object(self, name: str) -> Mapping[str, Json]:
        value = self._json(name)
        if value is None:
            return {}
        if isinstance(value, Mapping):
            return value
        self._fault(name, f"must be a JSON object, found {_kind(value)}")
        return {}

    def _fault(self, name: str, problem: str) -> None:
        self.faults.append(f"{_camel(name)} {problem}")

    def _keep_secret(self, *values: str, of: str = "") -> None:
        """Note secrets; with the setting ``of`` which they are, those too short are told of."""
        self._confidential.extend(values)
        if of and any(0 < len(value.strip()) < SHORTEST_SECRET for value in values):
            self._short.append(_camel(of))

    def _keep_credential(self, *values: str) -> None:
        """Note what is a credential wherever it stands; a shorter text may be a word as well."""
        self._credentials_kept.extend(one for one in values if len(one) >= TELLING_LENGTH)

    # --- settings ----------------------------------------------------------------------

    def _base_url(self) -> httpx.URL | None:
        text = self._text("base_url")
        if text is None:
            self._fault("base_url", "is required; set it to the root of the API")
            return None
        url = _parsed(text)
        if url is not None and url.userinfo:
            self._fault("base_url", "must not hold a user or password; use authType: basic")
            return None
        if url is None:
            self._fault("base_url", "must be a URL such as https://api.example.com/v2")
            return None
        if url.query or url.fragment:
            self._fault("base_url", "must not hold a query or fragment; put it in query_params")
            return None
        return url.copy_with(path=url.path.rstrip("/") + "/")

    def _hosts(self) -> tuple[str, ...]:
        value = self._json("allowed_hosts")
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(host, str) for host in value):
            self._fault("allowed_hosts", 'must be an array of host names, such as ["a.example"]')
            return ()
        hosts = tuple(host.strip().lower() for host in value)
        for number, host in enumerate(hosts, 1):
            url = _parsed(f"https://{host}")
            if url is None or not _HOST.fullmatch(host):
                # Not quoted: a URL pasted here may hold a password.
                self._fault(
                    "allowed_hosts",
                    f"entry {number} is not a host; name a host only, such as a.example or"
                    " a.example:8443",
                )
        return hosts

    def _custom_headers(self) -> Mapping[str, str]:
        headers: dict[str, str] = {}
        for number, (name, value) in enumerate(self._object("custom_headers").items(), 1):
            if isinstance(value, dict | list) or value is None:
                self._fault(
                    "custom_headers", f"header number {number} must be text, found {_kind(value)}"
                )
                continue
            text = self._with_environment(number, _as_text(value))
            if self._is_header("custom_headers", name, text, number):
                headers[name] = text
                self._keep_header_secret(name, text)
        return headers

    def _keep_header_secret(self, name: str, value: str) -> None:
        """A header's value, and the parts of it that would be secrets by themselves."""
        if name.lower() in _DESCRIPTIVE_HEADERS or "version" in name.lower():
            return
        self._keep_secret(value, *_long_parts(value))
        self._keep_credential(*credentials_in({name: value}))
        scheme, _, encoded = value.partition(" ")
        if scheme.lower() == "basic":
            self._keep_encoded_pair(encoded)

    def _keep_pair(self, user: str, password: str, encoded: str, *, of: str) -> None:
        """A user and password, whose base64 is a secret however short they are.

        Some APIs take a key as the user name, with an empty password.
        """
        secret = password or user
        self._keep_secret(secret, of=of)
        self._keep_secret(
            encoded, *([f"{user}:{password}"] if len(secret) >= SHORTEST_SECRET else [])
        )
        self._keep_credential(secret, encoded)

    def _keep_encoded_pair(self, encoded: str, *, of: str = "") -> str:
        """The user:password that base64 holds; its password is a secret, or a lone user name."""
        try:
            pair = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""
        user, _, password = pair.partition(":")
        self._keep_pair(user, password, encoded, of=of)
        return pair

    def _with_environment(self, number: int, text: str) -> str:
        def read(reference: re.Match[str]) -> str:
            if is_ports_own(reference[1]):
                self._fault(
                    "custom_headers",
                    f"header number {number} reads ${{{reference[1]}}}, which is for Port and no"
                    " API; name another variable",
                )
                return ""
            value = self._environ.get(reference[1])
            if value is None:
                self._fault(
                    "custom_headers",
                    f"header number {number} reads ${{{reference[1]}}}, which is not set in the"
                    " environment",
                )
                return ""
            self._keep_secret(value)
            return value

        return _ENV_REFERENCE.sub(read, text)

    def _is_header(self, setting: str, name: str, value: str, number: int = 1) -> bool:
        """Whether a header can be sent.

        Told by its number among others: where name and value are swapped, the name is a secret.
        """
        which = f"header number {number}"
        if not is_header_name(name):
            setting = "api_key_header" if setting == "api_key" else setting
            self._fault(setting, f"names {which} as HTTP cannot; use letters, digits and dashes")
            return False
        if not is_header_value(value):
            self._fault(
                setting,
                f"gives {which} a value with a line break or another character that HTTP headers"
                " cannot carry",
            )
            return False
        return True

    def _pagination(self) -> PaginationSettings:
        next_link = self._path("next_link_path")
        try:
            ConfiguredSignals.of(self._text("has_more_path"), self._text("last_page_path"))
        except MappingError as error:
            self.faults.extend(error.faults)
        start_page = self._number("start_page", 1, least=0, most=1)
        return PaginationSettings(
            type=self._word("pagination_type", PAGINATION_TYPES, "none", {}),
            page_size=self._number("page_size", 100, least=1, most=100_000),
            pagination_param=self._text("pagination_param"),
            size_param=self._text("size_param"),
            start_page=start_page,
            cursor_path=self._path("cursor_path"),
            has_more_path=self._text("has_more_path"),
            last_page_path=self._text("last_page_path"),
            total_path=self._path("total_path"),
            # Ocean hands the default over like any value; the default looks in more places.
            next_link_path=None if next_link == DEFAULT_NEXT_LINK_PATH else next_link,
            header_link_rel=self._text("header_link_rel") or "next",
        )

    # --- credentials -------------------------------------------------------------------

    def _credentials(self) -> Credentials:
        auth_type: AuthType = self._word("auth_type", AUTH_TYPES, "none", _AUTH_ALIASES)
        match auth_type:
            case "none":
                return StaticCredentials()
            case "bearer_token":
                token = self._credential("api_token", "the token")
                return self._header("Authorization", token and f"Bearer {token}", "api_token")
            case "api_key":
                return self._api_key()
            case "basic":
                return self._header("Authorization", self._basic(), "username")
            case "custom":
                return self._login()
            case _ as unreachable:
                assert_never(unreachable)

    def _api_key(self) -> StaticCredentials:
        param = self._text("api_key_param")
        # Ocean hands the default over like any value.
        header = self._text("api_key_header") or DEFAULT_API_KEY_HEADER
        key = self._credential("api_key", "the key")
        if param is None:
            return self._header(header, key, "api_key")
        if header != DEFAULT_API_KEY_HEADER:
            self._fault(
                "api_key_param",
                "is set, and so is apiKeyHeader; keep the one where the API looks for the key",
            )
        return StaticCredentials(query_params={param: key} if key else {})

    def _header(self, name: str, value: str | None, setting: str) -> StaticCredentials:
        if value and self._is_header(setting, name, value):
            return StaticCredentials({name: value})
        return StaticCredentials()

    def _auth_value(self) -> str | None:
        named: Json = next(
            (self._secrets[key] for key in ("auth_value", "authValue") if self._secrets.get(key)),
            None,
        )
        value = self._text("auth_value") or (named.strip() if isinstance(named, str) else None)
        self._keep_secret(value or "", of="auth_value")
        self._keep_credential(value or "")
        return value

    def _credential(self, name: str, what: str) -> str | None:
        value = self._text(name) or self._auth_value()
        if value is None:
            self._fault(
                name,
                f"is missing: authType {self._text('auth_type')!r} needs {what}, in {_camel(name)}"
                " or in authValue",
            )
            return None
        self._keep_secret(value, *_long_parts(value), of=name)
        self._keep_credential(value, *_long_parts(value))
        return value

    def _password(self) -> str:
        """The password as it stands, spaces and all; empty when unset."""
        self._text("password")  # notes a fault of its type
        value = self._config.get("password")
        return "" if value is None or isinstance(value, Mapping | list | bool) else str(value)

    def _basic(self) -> str | None:
        """The value of the Authorization header (RFC 7617)."""
        username, password = self._text("username"), self._password()
        if username is not None:
            pair = base64.b64encode(f"{username}:{password}".encode()).decode()
            self._keep_pair(username, password, pair, of="password" if password else "username")
            return f"Basic {pair}"
        encoded = self._auth_value()
        if encoded is None:
            self._fault(
                "username",
                "is missing: authType 'basic' needs username and password, or authValue with"
                " base64 of user:password",
            )
            return None
        if ":" not in self._keep_encoded_pair(encoded, of="auth_value"):
            self._fault("auth_value", "must be base64 of user:password for authType 'basic'")
            return None
        return f"Basic {encoded}"

    def _login(self) -> Credentials:
        request = _camel_keys(self._object("custom_auth_request"))
        template = self._login_template()
        if not request:
            self._fault(
                "custom_auth_request",
                "is missing: authType 'custom' needs the login call, such as"
                ' {"endpoint": "/login", "body": {…}}',
            )
            return StaticCredentials()
        login = self._login_request(request)
        credentials = LoginCredentials(
            login=login,
            headers=self._headers("custom_auth_request_template", template),
            query_params=self._texts("custom_auth_request_template", template, "queryParams"),
            body=self._part("custom_auth_request_template", template, "body") or {},
        )
        self._keep_template_secrets(credentials)
        return credentials

    def _login_template(self) -> dict[str, Json]:
        setting = "custom_auth_request_template"
        template = _camel_keys(self._object(setting))
        if not template:
            self._fault(
                setting,
                "is missing: authType 'custom' needs to know what of the login's answer signs"
                ' requests, such as {"headers": {"Authorization": "Bearer {{.access_token}}"}}',
            )
        self._refuse_unknown(setting, template, ("headers", "queryParams", "body"))
        # Not quoted: what stands in the place of a path may be a secret.
        paths = [path for text in texts_in(template) for path in EMBEDDED.findall(text)]
        for number, path in enumerate(dict.fromkeys(paths), 1):
            if not path.startswith("."):
                self._fault(
                    setting,
                    f"has no dot at the start of placeholder number {number}; write it like"
                    " {{.access_token}}",
                )
                continue
            try:
                compile_lookup(path, setting)
            except MappingError:
                self._fault(
                    setting,
                    f"holds placeholder number {number}, which is not a jq program for mappings;"
                    " correct the expression",
                )
        return template

    def _keep_template_secrets(self, credentials: LoginCredentials) -> None:
        """What a template says beside its placeholders may be a secret too."""
        for name, text in credentials.headers.items():
            if not EMBEDDED.search(text):
                self._keep_header_secret(name, text)
        parts = [credentials.query_params, credentials.body]
        self._keep_secret(*(text for text in secrets_in(parts) if not EMBEDDED.search(text)))
        self._keep_credential(*(one for one in credentials_in(parts) if not EMBEDDED.search(one)))
        paths = [path for text in texts_in(parts) for path in EMBEDDED.findall(text)]
        programs = [path for path in paths if plain_path(path) is None]
        self._keep_secret(*(text for path in programs for text in _LITERAL.findall(path)))
        around = [EMBEDDED.split(text)[::2] for text in texts_in([credentials.headers, *parts])]
        fragments = [text for texts in around if len(texts) > 1 for text in texts]
        self._keep_secret(*(part for text in fragments for part in _long_parts(text)))

    def _try_path(self, setting: str, path: str | None) -> str | None:
        """The path, when it is one; jq refuses some texts that start with a dot."""
        try:
            compile_lookup(path or ".", _camel(setting))
        except MappingError as error:
            self.faults.extend(error.faults)
        return path

    def _path(self, name: str) -> str | None:
        return self._try_path(name, self._text(name))

    def _login_request(self, request: Mapping[str, Json]) -> LoginRequest:
        setting = "custom_auth_request"
        known = (
            "endpoint",
            "method",
            "headers",
            "body",
            "bodyForm",
            "queryParams",
            "reauthenticateIntervalSeconds",
        )
        self._refuse_unknown(setting, request, known)
        endpoint, method = request.get("endpoint"), str(request.get("method") or "POST").upper()
        if not isinstance(endpoint, str) or not endpoint.strip():
            self._fault(setting, "needs 'endpoint': the path or full URL of the login call")
            endpoint = "/"
        else:
            self._check_endpoint(setting, endpoint.strip())
        if method not in METHODS:
            self._fault(setting, f"has another 'method'; use one of {', '.join(METHODS)}")
            method = METHODS[0]
        body, form = self._part(setting, request, "body"), request.get("bodyForm")
        if form is not None and not isinstance(form, str):
            self._fault(setting, "has a 'bodyForm' that is not text such as a=1&b=2")
            form = None
        if body is not None and form:
            self._fault(setting, "has both 'body' and 'bodyForm'; keep the one the API expects")
        headers = self._headers(setting, request)
        query_params = self._texts(setting, request, "queryParams")
        sent: Json = {"body": body, "queryParams": query_params}
        self._keep_secret(*secrets_in(sent), of=setting)
        self._keep_credential(*credentials_in(sent))
        self._keep_form_secrets(form or "")
        self._keep_form_secrets(endpoint.partition("?")[2])
        for name, value in headers.items():
            self._keep_header_secret(name, value)
        return LoginRequest(
            endpoint=endpoint.strip(),
            method=method,
            headers=headers,
            body=body,
            body_form=form,
            query_params=query_params,
            reauthenticate_after=self._interval(request.get("reauthenticateIntervalSeconds")),
        )

    def _keep_form_secrets(self, form: str) -> None:
        pairs = parse_qsl(form)
        # What is no form may be anything.
        self._keep_secret(*([] if pairs else [form]))
        for name, value in pairs:
            self._keep_secret(*secrets_in({name: value}), of="custom_auth_request")
            self._keep_credential(*credentials_in({name: value}))

    def _check_endpoint(self, setting: str, endpoint: str) -> None:
        is_full = re.match(r"[a-z][a-z0-9+.-]*://", endpoint, re.IGNORECASE)
        url = _parsed(endpoint if is_full else "https://base.example/" + endpoint.lstrip("/"))
        # Not quoted: the endpoint may hold a secret.
        if url is None:
            self._fault(setting, "has an 'endpoint' that is neither a path nor an http(s) URL")
        elif url.userinfo:
            self._fault(
                setting,
                "has an 'endpoint' with a user or password in it; send them in 'headers' or 'body'",
            )

    def _interval(self, value: Json) -> float | None:
        if value is None or value == "":
            return None
        try:
            seconds = float(str(value))
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            self._fault(
                "custom_auth_request",
                "has a 'reauthenticateIntervalSeconds' that is not a number of seconds above 0",
            )
            return None
        return seconds

    def _refuse_unknown(
        self, setting: str, value: Mapping[str, Json], known: Sequence[str]
    ) -> None:
        # Told by its number: where a secret stands in the wrong place, the key may be one.
        for number, name in enumerate(value, 1):
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"use {', '.join(known)}"
                self._fault(setting, f"has an unknown key, number {number}; {hint}")

    def _part(self, setting: str, value: Mapping[str, Json], key: str) -> Mapping[str, Json] | None:
        part = value.get(key)
        if part is None or isinstance(part, Mapping):
            return part
        self._fault(setting, f"has a {key!r} that is not an object but {_kind(part)}")
        return None

    def _headers(self, setting: str, value: Mapping[str, Json]) -> dict[str, str]:
        headers = self._texts(setting, value, "headers")
        return {
            name: text
            for number, (name, text) in enumerate(headers.items(), 1)
            if self._is_header(setting, name, text, number)
        }

    def _texts(self, setting: str, value: Mapping[str, Json], key: str) -> dict[str, str]:
        part = self._part(setting, value, key) or {}
        return {name: _as_text(inner) for name, inner in part.items() if inner is not None}


def _parsed(text: str) -> httpx.URL | None:
    """The http(s) URL that a text is, or None.

    httpx decodes an international host name (``xn--…``) only when it is asked for the host.
    """
    try:
        url = httpx.URL(text)
        is_complete = url.scheme in {"http", "https"} and url.host
    except (httpx.InvalidURL, UnicodeError):
        return None
    is_host = _HOST.fullmatch(url.netloc.decode()) and (url.port or 0) <= _LAST_PORT
    return url if is_complete and is_host else None


def _long_parts(value: str) -> list[str]:
    """The parts of a credential that would be secrets by themselves: ``Bearer …``, ``sid=…; …``."""
    parts = re.split(r"[\s;,]+", value)
    parts += [part.partition("=")[2] for part in parts]
    return [part for part in parts if len(part) >= TELLING_LENGTH]


def is_header_name(name: str) -> bool:
    """Whether a text can name an HTTP header."""
    return _HEADER_NAME.fullmatch(name) is not None


def is_header_value(value: str) -> bool:
    """Whether an HTTP header can carry a text."""
    return value.isascii() and value.isprintable()


def texts_in(value: Json) -> list[str]:
    """Every text in a JSON value."""
    match value:
        case str():
            return [value]
        case Mapping():
            inner = list(value.values())
        case list() | tuple():
            inner = list(value)
        case _:
            return []
    return [text for part in inner for text in texts_in(part)]


def _camel_keys(value: Mapping[str, Json]) -> dict[str, Json]:
    # Settings from Ocean's config.yaml arrive with their keys in snake_case.
    return {_camel(key): inner for key, inner in value.items()}


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _kind(value: Json) -> str:
    names = {
        dict: "an object",
        list: "an array",
        str: "text",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        type(None): "null",
    }
    return names.get(type(value), type(value).__name__)
