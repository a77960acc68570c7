"""Other ways to sign a request with the credential at hand, those that an API names first."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from settings import StaticCredentials
from workbench.check.settings import variable_of

_HEADER: Final = re.compile(r"(?<![\w/-])(?:[A-Z][A-Za-z]*|[xX])(?:-[A-Za-z]+)+(?![\w-])")
_SCHEME: Final = re.compile(r"(?:Authorization['\"]?: ?['\"]?|WWW-Authenticate: )(\w[\w-]*)")
_NO_CREDENTIAL: Final = ("www-", "content-", "accept-", "set-", "user-")
_DEFAULT_HEADER: Final = "X-API-Key"


@dataclass(frozen=True)
class Signing:
    """Headers that sign a request, the setting that is to be changed for them, and how.

    ``is_named``: the API's own words speak of them.
    """

    headers: Mapping[str, str]
    setting: str
    remedy: str
    is_named: bool

    @property
    def credentials(self) -> StaticCredentials:
        """As the integration sends them."""
        return StaticCredentials(dict(self.headers), setting=self.setting)


def headers_named(words: str) -> list[str]:
    """Headers that an answer speaks of, which a key may go in."""
    found = [one for one in _HEADER.findall(words) if not one.lower().startswith(_NO_CREDENTIAL)]
    return list(dict.fromkeys(found))


def schemes_named(words: str) -> list[str]:
    """The words before a credential that an answer speaks of: ``Bearer``, ``Basic``, ``Token``."""
    told = _SCHEME.findall(words)
    usual = [one for one in ("Bearer", "Basic") if re.search(rf"\b{one}\b", words, re.IGNORECASE)]
    return list(dict.fromkeys([*told, *usual]))


def signings(kind: str, given: Mapping[str, str], words: str) -> list[Signing]:
    """Ways to sign that are not the one which is set; ``kind`` is the ``authType``.

    ``given``: the variables of the settings. ``words``: what the API says of the refusal.
    """
    secret = _secret(kind, given)
    if not secret:
        return []
    bare = secret.strip("'\" ")
    bare = bare.partition(" ")[2] if " " in bare else bare
    now = _now(kind, given)
    found: dict[str, Signing] = {}
    for one in (*_named(kind, given, bare, words), *_usual(kind, given, bare)):
        key = str(sorted((name.lower(), value) for name, value in one.headers.items()))
        if key != str(sorted((name.lower(), value) for name, value in now.items())):
            found.setdefault(key, one)
    return list(found.values())


def _secret(kind: str, given: Mapping[str, str]) -> str:
    settings = {"bearer_token": "apiToken", "api_key": "apiKey", "basic": "password"}
    return given.get(variable_of(settings[kind]), "") if kind in settings else ""


def _now(kind: str, given: Mapping[str, str]) -> dict[str, str]:
    """How requests are signed as it is set; nothing for what goes elsewhere than in a header."""
    secret = _secret(kind, given)
    match kind:
        case "bearer_token":
            return {"Authorization": f"Bearer {secret.removeprefix('Bearer ')}"}
        case "api_key" if not given.get(variable_of("apiKeyParam")):
            return {given.get(variable_of("apiKeyHeader"), "") or _DEFAULT_HEADER: secret}
        case _:
            return {}


def _named(kind: str, given: Mapping[str, str], bare: str, words: str) -> Iterator[Signing]:
    for header in headers_named(words):
        if header.lower() != "authorization":
            yield _in_header(kind, header, bare, is_named=True)
    for scheme in schemes_named(words):
        yield from _by_scheme(kind, given, scheme, bare, is_named=True)


def _usual(kind: str, given: Mapping[str, str], bare: str) -> Iterator[Signing]:
    yield from _by_scheme(kind, given, "Bearer", bare)
    yield _in_header(kind, _DEFAULT_HEADER, bare)
    yield _in_header(kind, "Authorization", bare)
    yield from _by_scheme(kind, given, "Token", bare)
    yield from _by_scheme(kind, given, "Basic", bare)


def _in_header(kind: str, header: str, bare: str, *, is_named: bool = False) -> Signing:
    if kind == "api_key":
        return Signing({header: bare}, "apiKeyHeader", f"write {header} for apiKeyHeader", is_named)
    remedy = f"set authType to api_key, apiKeyHeader to {header}, and apiKey to what is sent now"
    return Signing({header: bare}, "authType", remedy, is_named)


def _by_scheme(
    kind: str, given: Mapping[str, str], scheme: str, bare: str, *, is_named: bool = False
) -> Iterator[Signing]:
    """With a word before the credential, in the header for that."""
    if scheme.lower() == "basic":
        user = given.get(variable_of("username"), "")
        pairs = [(user, bare)] if user else [(bare, ""), ("", bare)]
        for name, password in pairs if kind != "basic" else [(bare, "")]:
            text = b64encode(f"{name}:{password}".encode()).decode()
            place = "username" if name == bare else "password"
            remedy = f"set authType to basic, with what is sent now as {place}"
            if kind == "basic":
                remedy = "write the password into username, and leave password empty"
            setting = "username" if kind == "basic" else "authType"
            yield Signing({"Authorization": f"Basic {text}"}, setting, remedy, is_named)
        return
    headers = {"Authorization": f"{scheme} {bare}"}
    is_there = given.get(variable_of("apiKeyHeader"), "").lower() == "authorization"
    if scheme.lower() == "bearer":
        remedy = "set authType to bearer_token, with what is sent now as apiToken"
        if kind == "api_key" and is_there:
            remedy = f"write '{scheme} ' before the key, or {remedy}"
            yield Signing(headers, "apiKey", remedy, is_named)
        elif kind != "bearer_token":
            yield Signing(headers, "authType", remedy, is_named)
    elif kind == "api_key" and is_there:
        yield Signing(headers, "apiKey", f"write '{scheme} ' before the key", is_named)
    else:
        remedy = f"set authType to api_key, apiKeyHeader to Authorization, apiKey to '{scheme} …'"
        setting = "apiKeyHeader" if kind == "api_key" else "authType"
        yield Signing(headers, setting, remedy, is_named)
