"""The secrets in the settings: found by one walk over the finished values."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl

from msgspec import Struct
from msgspec.structs import replace

from jq_engine.paths import plain_path
from jq_engine.programs import EMBEDDED, programs_in
from json_values import texts_in
from settings.values import (
    Credentials,
    LoginCredentials,
    LoginRequest,
    OAuthCredentials,
    Settings,
    StaticCredentials,
)
from transport.redaction import CREDENTIAL_LENGTH, SHORTEST_SECRET, credentials_in, secrets_in

_REQUEST = "customAuthRequest"
_INDEX = re.compile(r'(?<=[\w.\])?])\["[^"]*"\]')
_LITERAL = re.compile(rf'"([^"]{{{CREDENTIAL_LENGTH},}})"')
# Headers that describe a request rather than authorise it; the others may hold a secret.
_DESCRIPTIVE_HEADERS = frozenset({"accept", "accept-language", "content-type", "user-agent"})


class _Secret(Struct, frozen=True):
    """A secret; ``setting`` is named when it is too short, ``in_data``: a credential anywhere."""

    text: str
    setting: str = ""
    in_data: bool = False


def with_secrets(settings: Settings, from_environment: Iterable[str] = ()) -> Settings:
    """The settings with every text in them that may be a secret, each once.

    ``from_environment``: what custom headers took from there, which the finished values do not
    show. It is secret in any header.
    """
    found = [
        *map(_Secret, from_environment),
        *_of_headers(settings.custom_headers),
        *_of_query(settings.query_params),
        *_of_credentials(settings.credentials),
        *_of_pem(settings.certificates.key),
    ]
    return replace(
        settings,
        secrets=_once(secret.text for secret in found if secret.text.strip()),
        secrets_in_data=_once(
            secret.text
            for secret in found
            if secret.in_data and len(secret.text) >= CREDENTIAL_LENGTH
        ),
        short_secrets=_once(
            secret.setting
            for secret in found
            if secret.setting and 0 < len(secret.text.strip()) < SHORTEST_SECRET
        ),
    )


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _of_json(value: object, setting: str = "") -> Iterator[_Secret]:
    """What in a JSON value is a secret by its name or its length."""
    yield from (_Secret(text, setting) for text in secrets_in(value))
    yield from (_Secret(text, in_data=True) for text in credentials_in(value))


def _of_pem(text: str) -> Iterator[_Secret]:
    """A private key as a whole, and each of its lines: part of one is too much already."""
    yield _Secret(text, in_data=True)
    yield from (
        _Secret(line, in_data=True) for line in text.split() if not line.startswith("-----")
    )


def _of_oauth(credentials: OAuthCredentials) -> Iterator[_Secret]:
    yield _Secret(credentials.client_secret, "oauthClientSecret", in_data=True)
    yield _Secret(credentials.refresh_token, "oauthRefreshToken", in_data=True)
    if "-----BEGIN" in credentials.jwt_key:
        yield from _of_pem(credentials.jwt_key)
    else:
        yield _Secret(credentials.jwt_key, "oauthJwtKey", in_data=True)
    yield from _of_json(credentials.jwt_claims, "oauthJwtClaims")


def _of_credentials(credentials: Credentials) -> Iterator[_Secret]:
    match credentials:
        case StaticCredentials():
            setting = credentials.setting
            for value in credentials.headers.values():
                yield from _of_signature(value, setting)
            for value in credentials.query_params.values():
                yield from _of_token(value, setting)
        case LoginCredentials():
            for step in credentials.steps:
                yield from _of_login(step)
            if credentials.logout:
                yield from _of_login(credentials.logout)
            yield from _of_template(credentials)
        case OAuthCredentials():
            yield from _of_oauth(credentials)


def _of_signature(value: str, setting: str) -> Iterator[_Secret]:
    """A header that signs every request: what follows the scheme is the secret, of any length."""
    scheme, _, rest = value.partition(" ")
    match scheme.lower():  # RFC 9110, 11.1: in any case
        case "basic" if rest:
            yield from _of_pair(rest.strip(), setting)
        case "bearer" if rest:
            yield from _of_token(rest, setting)
        case _:
            yield from _of_token(value, setting)


def _of_token(value: str, setting: str = "") -> Iterator[_Secret]:
    yield _Secret(value, setting, in_data=True)
    yield from (_Secret(part, in_data=True) for part in _long_parts(value))


def _of_headers(headers: Mapping[str, str]) -> Iterator[_Secret]:
    """Headers' values, and the parts of them that would be secrets by themselves."""
    for name, value in headers.items():
        if name.lower() in _DESCRIPTIVE_HEADERS or _is_of_version(name):
            continue
        yield from (_Secret(text) for text in (value, *_long_parts(value)))
        yield from (_Secret(text, in_data=True) for text in credentials_in({name: value}))
        scheme, _, encoded = value.partition(" ")
        if scheme.lower() == "basic":
            yield from _of_pair(encoded.strip())


def _of_query(params: Iterable[tuple[str, str]]) -> Iterator[_Secret]:
    for name, value in params:
        if not _is_of_version(name):
            yield from _of_json({name: value}, "queryParams")


def _is_of_version(name: str) -> bool:
    """Whether a header or parameter is named after a version, as `X-Subversion-Token` is not."""
    return name.lower().endswith("version")


def _of_pair(encoded: str, setting: str = "") -> Iterator[_Secret]:
    """A user and password in base64, which is a secret however short they are.

    Some APIs take a key as the user name, with an empty password.
    """
    pair = basic_pair(encoded)
    user, _, password = pair.partition(":")
    secret = password or user
    yield _Secret(encoded, in_data=True)
    yield _Secret(secret, setting, in_data=True)
    if len(secret) >= SHORTEST_SECRET:
        yield _Secret(pair)


def basic_pair(encoded: str) -> str:
    """The ``user:password`` that base64 holds (RFC 7617); empty when it holds none.

    The charset is the server's affair there: of some it is Latin-1.
    """
    try:
        pair = base64.b64decode(encoded, validate=True)
    except ValueError:  # binascii's own is one
        return ""
    try:
        return pair.decode()
    except UnicodeDecodeError:
        text = pair.decode("latin-1")
        return text if text.isprintable() else ""


def _of_login(login: LoginRequest) -> Iterator[_Secret]:
    yield from _of_json({"body": login.body, "queryParams": login.query_params}, _REQUEST)
    yield from _of_form(login.body_form or "")
    yield from _of_form(login.endpoint.partition("?")[2])
    yield from _of_headers(login.headers)


def _of_form(form: str) -> Iterator[_Secret]:
    pairs = parse_qsl(form)
    if not pairs:
        yield _Secret(form)  # not a form: it may be anything
    for name, value in pairs:
        yield from _of_json({name: value}, _REQUEST)


def _of_template(template: LoginCredentials) -> Iterator[_Secret]:
    """What a template says beside its placeholders, and long texts within their programs."""
    fixed = {name: text for name, text in template.headers.items() if not EMBEDDED.search(text)}
    yield from _of_headers(fixed)
    parts = [template.query_params, template.body]
    yield from (one for one in _of_json(parts) if not EMBEDDED.search(one.text))
    for program in programs_in([template.headers, *parts]):
        if plain_path(program) is None:
            yield from map(_Secret, _LITERAL.findall(_INDEX.sub("", program)))
    for text in texts_in([template.headers, *parts]):
        around = EMBEDDED.split(text)[::2]
        if len(around) > 1:
            yield from (_Secret(part) for fragment in around for part in _long_parts(fragment))


def _long_parts(value: str) -> list[str]:
    """The parts of a credential that would be secrets by themselves: ``Bearer …``, ``sid=…; …``."""
    parts = re.split(r"[\s;,]+", value)
    parts += [part.partition("=")[2] for part in parts]
    return [part for part in parts if len(part) >= CREDENTIAL_LENGTH]
