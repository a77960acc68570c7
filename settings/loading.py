"""What an installation may say: one mapping in, one ``Settings`` value out.

Every fault is collected and reported in one ``ConfigurationError`` before anything is
requested. No fault quotes a secret, and no mapping of settings lives on after this.
"""

import base64
import os
import unicodedata
from collections.abc import Mapping
from typing import assert_never

import httpx

from errors import ConfigurationError, MappingError
from http_headers import is_header_name
from jq_engine.environment import is_ports_own
from json_values import Json, as_written, pairs_of
from paging.paginator import PAGINATION_TYPES, PaginationSettings
from paging.signals import ConfiguredSignals
from settings.certificates import read_certificates
from settings.fields import AUTH_TYPES, FIELDS, AuthType
from settings.login import is_host, parsed_url, read_login
from settings.oauth import read_oauth
from settings.reader import SettingsReader, kind_of
from settings.references import REFERENCE, refuse_references
from settings.secrets import basic_pair, with_secrets
from settings.values import Credentials, Settings, StaticCredentials
from transport.bodies import MIB


def load_settings(
    config: Mapping[str, Json],
    *,
    secrets: Mapping[str, Json] | None = None,
    environ: Mapping[str, str] = os.environ,
    hosted: bool = False,
) -> Settings:
    """Read the settings of an installation; ``hosted`` when it runs at Port.

    ``config`` has the names of ``.port/spec.yaml``, in snake_case or camelCase; None: unset. Of
    Ocean's ``secrets`` only ``authValue`` is read. Raises ConfigurationError with every fault.
    """
    reader = SettingsReader(config)
    base_url = _base_url(reader)
    headers = _CustomHeaders(reader, None if hosted else environ)
    per_minute = reader.number("requestsPerMinute")
    settings = Settings(
        base_url=base_url or httpx.URL(),
        credentials=_credentials(reader, secrets or {}),
        custom_headers=headers.read(),
        query_params=_query_params(reader),
        pagination=_pagination(reader),
        timeout=reader.whole("timeout"),
        verify_ssl=reader.boolean("verifySsl"),
        certificates=read_certificates(reader),
        max_concurrent_requests=reader.whole("maxConcurrentRequests"),
        requests_per_minute=per_minute,
        request_burst=_burst(reader, per_minute),
        retry_after_header=_retry_after_header(reader),
        allowed_hosts=_hosts(reader),
        max_retry_wait=reader.whole("maxRetryWait"),
        max_pages=reader.whole("maxPages"),
        max_response_size=reader.whole("maxResponseSize") * MIB,
        max_compressed_size=reader.whole("maxCompressedSize") * MIB,
        second_look=reader.boolean("secondLook"),
    )
    _refuse(reader, hosted=hosted)
    return with_secrets(settings, headers.from_environment)


def _refuse(reader: SettingsReader, *, hosted: bool) -> None:
    """Raise ConfigurationError with every fault, those of no single reading too."""
    refuse_references(reader)
    if hosted and reader.text("oauthTokenFile"):
        reader.fault(
            "oauthTokenFile",
            "names a file, but an integration hosted by Port has no folder that lasts",
            "remove it, and use a grant whose tokens do not change, or install it yourself",
        )
    if reader.faults:
        raise ConfigurationError(reader.faults)


# --- the API -----------------------------------------------------------------------------


def _base_url(reader: SettingsReader) -> httpx.URL | None:
    """The root of the API, its path with a slash at the end; None when it is missing or wrong."""
    text = reader.text("baseUrl")
    if text is None:
        reader.missing("baseUrl", "is required", "set it to the root of the API")
        return None
    url = parsed_url(text)
    if url is None:
        bare = parsed_url(f"https://{text}") if "://" not in text else None
        is_plain = bare is not None and not (bare.userinfo or bare.query or bare.fragment)
        like = f"https://{text}, or with http" if is_plain else "https://api.example.com/v2"
        reader.fault("baseUrl", "is not a URL", f"write it like {like}")
    elif url.userinfo:
        reader.fault("baseUrl", "holds a user or password", "use authType: basic")
    elif url.query or url.fragment:
        reader.fault("baseUrl", "holds a query or fragment", "put it in queryParams")
    else:
        return url.copy_with(path=url.path.rstrip("/") + "/")
    return None


def _hosts(reader: SettingsReader) -> tuple[str, ...]:
    value = reader.json("allowedHosts")
    if value is None:
        return ()
    given = [host for host in value if isinstance(host, str)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(given) != len(value):
        reader.fault("allowedHosts", "is not an array of host names", 'write it like ["a.example"]')
        return ()
    hosts = tuple(host.strip().lower() for host in given)
    for number, host in enumerate(hosts, 1):
        if parsed_url(f"https://{host}") is None or not is_host(host):
            # Not quoted: a URL pasted here may hold a password.
            reader.fault(
                "allowedHosts",
                f"entry {number} is not a host",
                "name a host only, such as a.example or a.example:8443",
            )
    return hosts


def _burst(reader: SettingsReader, per_minute: int | None) -> int:
    """How many requests may go out at once; without a ceiling there is nothing to allow."""
    burst = reader.number("requestBurst")
    if burst is None:
        return 1
    if per_minute is None:
        reader.fault("requestBurst", "is set, but requestsPerMinute is not", "set both, or neither")
    return burst


def _retry_after_header(reader: SettingsReader) -> str:
    name = reader.text("retryAfterHeader") or ""
    if name and not is_header_name(name):
        reader.fault(
            "retryAfterHeader",
            "is not the name of an HTTP header",
            "use letters, digits and dashes",
        )
    return name


def _query_params(reader: SettingsReader) -> tuple[tuple[str, str], ...]:
    """Query parameters of every request; lists are repeated, nulls dropped."""
    params: list[tuple[str, str]] = []
    for number, (name, value) in enumerate(reader.object("queryParams").items(), 1):
        values = value if isinstance(value, list) else [value]
        # Not quoted: name or value may be a secret.
        if any(isinstance(inner, dict | list) for inner in values):
            reader.fault(
                "queryParams",
                f"has an object in parameter number {number}",
                "give text, a number, a boolean or a list of those",
            )
            continue
        params += pairs_of({name: value}, as_written)
    return tuple(params)


class _CustomHeaders:
    """``customHeaders`` with what they take from the environment, which is kept aside.

    Without an ``environ`` they may take nothing: at Port it belongs to others.
    """

    def __init__(self, reader: SettingsReader, environ: Mapping[str, str] | None) -> None:
        self._reader = reader
        self._environ = environ
        self.from_environment: list[str] = []

    def read(self) -> Mapping[str, str]:
        """The headers to send; what is wrong with them is noted."""
        headers: dict[str, str] = {}
        given = self._reader.object("customHeaders")
        for number, (name, value) in enumerate(given.items(), 1):
            if isinstance(value, dict | list) or value is None:
                self._fault(number, f"is {kind_of(value)}", "write a text")
                continue
            text = self._with_environment(number, as_written(value))
            if self._reader.is_header("customHeaders", name, text, number):
                headers[name] = text
        return headers

    def _fault(self, number: int, problem: str, remedy: str) -> None:
        which = f"header number {number} "
        self._reader.fault("customHeaders", which + problem, remedy)

    def _with_environment(self, number: int, text: str) -> str:
        return REFERENCE.sub(lambda found: self._variable(number, found[1]), text)

    def _variable(self, number: int, name: str) -> str:
        """The value of a variable; "" and a fault where it may not, or cannot, be read."""
        value = (self._environ or {}).get(name, "")
        if is_ports_own(name):
            self._fault(
                number,
                f"reads ${{{name}}}, which is a setting of Ocean for Port",
                "name another variable",
            )
            return ""
        if self._environ is None:
            self._fault(
                number,
                f"reads ${{{name}}}, which an integration hosted by Port may not",
                "write the value itself",
            )
        elif name in self._environ:
            self.from_environment.append(value)
        else:
            self._fault(
                number,
                f"reads ${{{name}}}, which is not set in the environment",
                "set it, or write the value itself",
            )
        return value


def _pagination(reader: SettingsReader) -> PaginationSettings:
    next_link = reader.path("nextLinkPath")
    has_more, last_page = reader.text("hasMorePath"), reader.text("lastPagePath")
    for name, paths in (("hasMorePath", (has_more, None)), ("lastPagePath", (None, last_page))):
        try:
            ConfiguredSignals.of(*paths)
        except MappingError as error:
            reader.note(name, error)
    return PaginationSettings(
        type=reader.word("paginationType", PAGINATION_TYPES),
        page_size=reader.whole("pageSize"),
        pagination_param=reader.text("paginationParam"),
        size_param=reader.text("sizeParam"),
        start_page=reader.whole("startPage"),
        cursor_path=reader.path("cursorPath"),
        has_more_path=has_more,
        last_page_path=last_page,
        total_path=reader.path("totalPath"),
        # Ocean hands the default over like any value; the default looks in more places.
        next_link_path=None if next_link == FIELDS["nextLinkPath"].default else next_link,
        header_link_rel=reader.text("headerLinkRel") or "next",
    )


# --- credentials -------------------------------------------------------------------------


def _credentials(reader: SettingsReader, secrets: Mapping[str, Json]) -> Credentials:
    auth_type: AuthType = reader.word("authType", AUTH_TYPES)
    match auth_type:
        case "none":
            return StaticCredentials()
        case "bearer_token":
            setting, token = _credential(reader, secrets, "apiToken", "the token")
            value = token and f"Bearer {_without_scheme(token, 'Bearer')}"
            return _header(reader, "Authorization", value, "apiToken", setting)
        case "api_key":
            return _api_key(reader, secrets)
        case "basic":
            setting, value = _basic(reader, secrets)
            return _header(reader, "Authorization", value, "username", setting)
        case "custom":
            return read_login(reader)
        case "oauth2":
            return read_oauth(reader)
        case _ as unreachable:
            assert_never(unreachable)


def _api_key(reader: SettingsReader, secrets: Mapping[str, Json]) -> StaticCredentials:
    param = reader.text("apiKeyParam")
    default = str(FIELDS["apiKeyHeader"].default)
    header = reader.text("apiKeyHeader") or default
    setting, key = _credential(reader, secrets, "apiKey", "the key")
    if param is None:
        return _header(reader, header, key, "apiKey", setting)
    # Ocean hands the default over like any value.
    if header != default:
        reader.fault(
            "apiKeyParam",
            "is set, and so is apiKeyHeader",
            "keep the one where the API looks for the key",
        )
    return StaticCredentials(query_params={param: key} if key else {}, setting=setting)


def _header(
    reader: SettingsReader, name: str, value: str | None, own: str, setting: str
) -> StaticCredentials:
    """The header that signs, from ``setting``; faults are of the type's ``own`` setting."""
    if value and reader.is_header(own, name, value):
        return StaticCredentials({name: value}, setting=setting)
    return StaticCredentials()


def _auth_value(reader: SettingsReader, secrets: Mapping[str, Json]) -> str | None:
    """The one credential of any type: the setting, else the secret of that name."""
    named: Json = secrets.get("auth_value") or secrets.get("authValue")
    return reader.text("authValue") or (named.strip() if isinstance(named, str) else None)


def _credential(
    reader: SettingsReader, secrets: Mapping[str, Json], name: str, what: str
) -> tuple[str, str | None]:
    """The setting that holds the credential, and its value; None where there is none."""
    if own := reader.text(name):
        return name, own
    value = _auth_value(reader, secrets)
    if value is None:
        reader.missing(
            name,
            f"is missing: authType {reader.text('authType')!r} needs {what}",
            f"set {name} or authValue",
        )
    return "authValue", value


def _password(reader: SettingsReader) -> str:
    """The password as it stands, spaces and all; empty when unset."""
    reader.text("password")  # notes a fault of its type
    value = reader.given("password")
    return "" if value is None or isinstance(value, Mapping | list | bool) else str(value)


def _basic(reader: SettingsReader, secrets: Mapping[str, Json]) -> tuple[str, str | None]:
    """The setting with the secret, and the value of the Authorization header (RFC 7617)."""
    username, password = reader.text("username"), _password(reader)
    if username is not None:
        _refuse_control(reader, "password" if password else "username", username + password)
        pair = base64.b64encode(f"{username}:{password}".encode()).decode()
        return "password" if password else "username", f"Basic {pair}"
    encoded = _auth_value(reader, secrets)
    if encoded is None:
        reader.missing(
            "username",
            "is missing: authType 'basic' needs a user",
            "set username and password, or authValue with base64 of user:password",
        )
        return "username", None
    encoded = _without_scheme(encoded, "Basic")
    _refuse_control(reader, "authValue", basic_pair(encoded))
    if ":" not in basic_pair(encoded):
        reader.fault(
            "authValue",
            "is not base64 of user:password, as authType 'basic' needs it",
            "set username and password instead, or authType bearer_token where it is a token",
        )
        return "authValue", None
    return "authValue", f"Basic {encoded}"


def _refuse_control(reader: SettingsReader, setting: str, text: str) -> None:
    """Note a line break and the like, which no user and no password may have (RFC 7617, 2)."""
    if any(unicodedata.category(character) == "Cc" for character in text):
        reader.fault(
            setting,
            "holds a line break or another control character",
            "write it without one: printf %s puts none at the end, echo does",
        )


def _without_scheme(credential: str, scheme: str) -> str:
    """A credential alone, where it was given as the header has it: ``Bearer …``."""
    first, _, rest = credential.partition(" ")
    return rest.strip() if first.lower() == scheme.lower() and rest.strip() else credential
