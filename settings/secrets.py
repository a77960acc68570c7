"""The secrets in the settings: found by one walk over the finished values."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl

from jq_engine.paths import plain_path
from jq_engine.programs import EMBEDDED
from settings.login import texts_in
from settings.values import LoginCredentials, LoginRequest, Settings, StaticCredentials
from transport.redaction import TELLING_LENGTH, secrets_in

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
        *_of_query(settings.query_params),
        *_of_credentials(settings.credentials),
    ]
    return tuple(dict.fromkeys(text for text in found if text.strip()))


def _of_credentials(credentials: StaticCredentials | LoginCredentials) -> Iterator[str]:
    match credentials:
        case StaticCredentials():
            for name, value in credentials.headers.items():
                yield from _of_signature(name, value)
            for value in credentials.query_params.values():
                yield from (value, *_long_parts(value))
        case LoginCredentials():
            yield from _of_login(credentials.login)
            yield from _of_template(credentials)


def _of_signature(name: str, value: str) -> Iterator[str]:
    """A header that signs every request: what follows the scheme is a secret of any length."""
    yield from _of_header(name, value)
    if scheme := _SCHEME.fullmatch(value):
        yield scheme[2]


def _of_headers(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        if name.lower() not in _DESCRIPTIVE_HEADERS and "version" not in name.lower():
            yield from _of_header(name, value)


def _of_query(params: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in params:
        if "version" not in name.lower():
            yield from secrets_in({name: value})


def _of_header(name: str, value: str) -> Iterator[str]:
    """A header's value, and the parts of it that would be secrets by themselves."""
    del name
    yield from (value, *_long_parts(value))
    scheme, _, encoded = value.partition(" ")
    if scheme.lower() == "basic":
        pair = basic_pair(encoded)
        user, _, password = pair.partition(":")
        # Some APIs take a key as the user name, with an empty password.
        yield from (password or user, pair)


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
