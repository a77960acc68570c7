"""Secrets kept out of every text that leaves the process.

Redaction is by value: whatever a text is about, a secret in it is replaced before the text
is logged or raised, in any of the forms that HTTP, JSON or Python would give it.
"""

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from lookup import Json

REDACTED = "[redacted]"
TELLING_LENGTH = 8
"""Characters; a shorter text in a login or its answer is rather a constant than a secret."""

_TELLING_NAME = re.compile(
    r"pass|pwd|secret|token|key|pin|auth|credential|assertion|sign", re.IGNORECASE
)
# What OAuth 2.0 (RFC 6749, RFC 8707) sends beside its secrets: `grant_type`, `scope`, `resource`.
_PUBLIC_NAME = re.compile(r".*type|scopes?|audience|resource|realm", re.IGNORECASE)
# Of a URL only a user, a query or a fragment may hold a secret; the base URL is often in a login.
_PUBLIC_URL = re.compile(r"https?://[^\s?#@]+", re.IGNORECASE)
_URL_SAFE = str.maketrans("+/", "-_")


class Redactor:
    """Replaces the secrets it was told of; call it with any text about to leave."""

    def __init__(self, *secrets: str) -> None:
        self._patterns: dict[str, re.Pattern[str]] = {}
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Learn secrets; empty ones are ignored."""
        told = {form for secret in secrets for form in (secret, secret.strip()) if secret.strip()}
        new = told - self._patterns.keys()
        self._patterns.update((secret, _pattern(secret)) for secret in new)
        # A secret that holds another one must be replaced before that one is.
        longest_first = sorted(self._patterns, key=len, reverse=True)
        self._patterns = {secret: self._patterns[secret] for secret in longest_first}

    def __call__(self, text: str) -> str:
        """Return the text without any known secret."""
        for pattern in self._patterns.values():
            text = pattern.sub(REDACTED, text)
        return text


def secrets_in(value: Json, *, by_name: bool = True, name: str = "") -> Iterator[str]:
    """The texts of a JSON value that may be secrets: long ones, and ``by_name`` those so named.

    What OAuth calls scope, audience or a type is none, nor is a URL without user and query.
    """
    is_named = by_name and _TELLING_NAME.search(name) is not None
    match value:
        case Mapping():
            for key, inner in value.items():
                yield from secrets_in(inner, by_name=by_name, name=str(key))
        case list():
            for inner in value:
                yield from secrets_in(inner, by_name=by_name, name=name)
        case str() if is_named or (
            len(value) >= TELLING_LENGTH and not _PUBLIC_URL.fullmatch(value)
        ):
            if not _PUBLIC_NAME.fullmatch(name):
                yield value
        case int() if is_named and not isinstance(value, bool):
            yield str(value)
        case _:
            pass


def _pattern(secret: str) -> re.Pattern[str]:
    """The secret and its base64, each character in every way it may be written."""
    plain, *in_base64 = map(_spelled, (secret, *_base64_of(secret)))
    # Base64 is not the same in another case; of short secrets it would be a word like any other.
    return re.compile("|".join((f"(?i:{plain})", *in_base64)))


def _base64_of(secret: str) -> list[str]:
    """The base64 of a secret, and what shows of it in the base64 of a longer text; longest first.

    There it depends on the bytes before it, by threes, and its first and last character on
    what stands beside it. Of a short secret too little would be left to know it by.
    """
    data = secret.encode(errors="surrogatepass")
    forms = {base64.b64encode(data).decode().rstrip("=")}
    for ahead in range(3):
        whole = base64.b64encode(b"\0" * ahead + data).decode()
        inside = whole[-(-ahead * 8 // 6) : (ahead + len(data)) * 8 // 6]
        if len(inside) >= TELLING_LENGTH:
            forms.add(inside)
    forms |= {form.translate(_URL_SAFE) for form in forms}
    return sorted(forms, key=len, reverse=True)


def _spelled(form: str) -> str:
    """One form of a secret, each character in every way it may be written.

    Backslashes in a row are taken all at once, and none are looked for ahead of the secret or
    after a backslash of its own: tried in every combination, a million of them would not end.
    """
    ways: list[str] = []
    for previous, character in pairwise(("\\", *form)):
        if character != "\\":
            ways.append(_spellings(character, backslashed=previous != "\\"))
        elif previous != "\\" or not ways:
            ways.append(rf"(?:(?<!\\)\\++|(?i:{_percent_encoded(character)}|&#92;|&#x5c;)++)")
    return "".join(ways)


def _spellings(character: str, *, backslashed: bool) -> str:
    """One character plain, percent-encoded, as JSON, Python or HTML escape it, or as in a form.

    Text within text is escaped again and again: any number of backslashes may stand before, and
    the percent sign of a URL within a URL is itself encoded, as ``%25``.
    """
    if character.isascii() and character.isalnum():
        return character
    in_urls = {character, "+" if character == " " else character}
    plain = {
        *in_urls,
        html.escape(character),
        f"&#{ord(character)};",
        f"&#x{ord(character):x};",
    }
    escaped = {json.dumps(character)[1:-1], repr(character)[1:-1], f"\\u{ord(character):04x}"}
    any_number, at_least_one = (r"\\*", r"\\+") if backslashed else ("", "")
    ways = [any_number + re.escape(way) for way in plain] + list(map(_percent_encoded, in_urls))
    ways += [at_least_one + re.escape(way[1:]) for way in escaped if way.startswith("\\")]
    # Hexadecimal digits are written in either case, secrets only in their own.
    ways = [way if way.endswith(re.escape(character)) else f"(?i:{way})" for way in ways]
    return f"(?:{'|'.join(sorted(ways, key=len, reverse=True))})"


def _percent_encoded(character: str) -> str:
    return "".join(f"%(?:25)*{byte:02x}" for byte in character.encode(errors="surrogatepass"))
