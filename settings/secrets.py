"""The secrets in the settings: found by one walk over the finished values."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl

from jq_engine.paths import plain_path
from jq_engine.programs import EMBEDDED
from json_values import Json
from settings.login import texts_in
from settings.values import LoginCredentials, LoginRequest, Settings, StaticCredentials
from transport.redaction import SHORTEST_SECRET, TELLING_LENGTH, credentials_in, secrets_in

_LITERAL = re.compile(rf'"([^"]{{{TELLING_LENGTH},}})"')
_SCHEME = re.compile(r"(\w+) +(.+)", re.DOTALL)  # RFC 9110, 11.4: Authorization: Bearer …
# Headers that describe a request rather than authorise it; the others may hold a secret.
_DESCRIPTIVE_HEADERS = frozenset({"accept", "accept-language", "content-type", "user-agent"})


def secrets_of(settings: Settings, from_environment: Iterable[str] = ()) -> tuple[str, ...]:
    """Every text in the settings that may be a secret, each once.

    ``from_environment``: what custom headers took from there, of which the values tell nothing
    any more. It is secret in any header.
    """
    found = [
        *from_environment,
        *_of_headers(settings.custom_headers),
        *_of_credentials(settings.credentials),
    ]
    return tuple(dict.fromkeys(text for text in found if text.strip()))


def credentials_of(settings: Settings) -> tuple[str, ...]:
    """The texts that are credentials wherever they stand, in items too, each once.

    A shorter text may be a word as well, and an identifier must not change.
    """
    found = [
        *_credentials_in_headers(settings.custom_headers),
        *_credentials_that_sign(settings.credentials),
    ]
    return tuple(dict.fromkeys(text for text in found if len(text) >= TELLING_LENGTH))


def _credentials_that_sign(credentials: StaticCredentials | LoginCredentials) -> Iterator[str]:
    match credentials:
        case StaticCredentials():
            values = [*credentials.headers.values(), *credentials.query_params.values()]
            for value in values:
                scheme, _, rest = value.partition(" ")
                yield from _basic_credentials(rest if scheme.lower() == "basic" else "")
                yield from (rest or value, *_long_parts(value))
        case LoginCredentials():
            login = credentials.login
            yield from credentials_in({"body": login.body, "queryParams": login.query_params})
            for form in (login.body_form or "", login.endpoint.partition("?")[2]):
                for name, value in parse_qsl(form):
                    yield from credentials_in({name: value})
            yield from _credentials_in_headers(login.headers)
            fixed = {k: v for k, v in credentials.headers.items() if not EMBEDDED.search(v)}
            yield from _credentials_in_headers(fixed)
            parts: Json = [credentials.query_params, credentials.body]
            yield from (one for one in credentials_in(parts) if not EMBEDDED.search(one))


def _credentials_in_headers(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in _telling(headers):
        yield from credentials_in({name: value})
        scheme, _, encoded = value.partition(" ")
        yield from _basic_credentials(encoded if scheme.lower() == "basic" else "")


def _basic_credentials(encoded: str) -> Iterator[str]:
    user, _, password = basic_pair(encoded).partition(":")
    if password or user:
        yield from (password or user, encoded)


def _of_credentials(credentials: StaticCredentials | LoginCredentials) -> Iterator[str]:
    match credentials:
        case StaticCredentials():
            for value in credentials.headers.values():
                yield from _of_signature(value)
            for value in credentials.query_params.values():
                yield from (value, *_long_parts(value))
        case LoginCredentials():
            yield from _of_login(credentials.login)
            yield from _of_template(credentials)


def _of_signature(value: str) -> Iterator[str]:
    """A header that signs every request: what follows the scheme is a secret of any length."""
    scheme = _SCHEME.fullmatch(value)
    yield from (one for one in _of_header(value) if not scheme or one != value)
    if scheme:
        yield scheme[2]


def _of_headers(headers: Mapping[str, str]) -> Iterator[str]:
    for _, value in _telling(headers):
        yield from _of_header(value)


def _telling(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The headers whose values may be secrets."""
    for name, value in headers.items():
        if name.lower() not in _DESCRIPTIVE_HEADERS and "version" not in name.lower():
            yield name, value


def _of_header(value: str) -> Iterator[str]:
    """A header's value, and the parts of it that would be secrets by themselves."""
    yield from (value, *_long_parts(value))
    scheme, _, encoded = value.partition(" ")
    if scheme.lower() == "basic":
        pair = basic_pair(encoded)
        user, _, password = pair.partition(":")
        # Some APIs take a key as the user name, with an empty password.
        secret = password or user
        yield from (secret, encoded, *([pair] if len(secret) >= SHORTEST_SECRET else []))


def basic_pair(encoded: str) -> str:
    """The ``user:password`` that base64 holds (RFC 7617); empty when it holds none."""
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _of_login(login: LoginRequest) -> Iterator[str]:
    yield from secrets_in({"body": login.body, "queryParams": login.query_params})
    yield from _of_form(login.body_form or "")
    yield from _of_form(login.endpoint.partition("?")[2])
    yield from _of_headers(login.headers)


def _of_form(form: str) -> Iterator[str]:
    pairs = parse_qsl(form)
    if not pairs:
        yield form  # what is no form may be anything
    for name, value in pairs:
        yield from secrets_in({name: value})


def _of_template(template: LoginCredentials) -> Iterator[str]:
    """What a template says beside its placeholders, and long texts within their programs."""
    fixed = {name: text for name, text in template.headers.items() if not EMBEDDED.search(text)}
    yield from _of_headers(fixed)
    parts = [template.query_params, template.body]
    yield from (text for text in secrets_in(parts) if not EMBEDDED.search(text))
    for text in texts_in(parts):
        for path in EMBEDDED.findall(text):
            if plain_path(path) is None:
                yield from _LITERAL.findall(path)
    for text in texts_in([template.headers, *parts]):
        around = EMBEDDED.split(text)[::2]
        if len(around) > 1:
            yield from (part for fragment in around for part in _long_parts(fragment))


def _long_parts(value: str) -> list[str]:
    """The parts of a credential that would be secrets by themselves: ``Bearer …``, ``sid=…; …``."""
    parts = re.split(r"[\s;,]+", value)
    parts += [part.partition("=")[2] for part in parts]
    return [part for part in parts if len(part) >= TELLING_LENGTH]
