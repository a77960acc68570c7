"""Secrets kept out of every text that leaves the process.

Redaction is by value: whatever a text is about, a secret in it is replaced before the text
is logged or raised, in any of the forms that HTTP, JSON or Python would give it.
"""

import base64
import html
import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from json_values import Json

REDACTED = "[redacted]"
TELLING_LENGTH = 8
"""Characters; a shorter text in a login or its answer is rather a constant than a secret."""

MOST_LEARNT = 50
"""Texts of one origin, such as logins: with more of them each text would take long to redact."""

_QUOTED = 200  # characters of a body that an error may show
_SEARCHED = 64 * 1024  # characters of it that are searched for secrets first

_TELLING_NAME = re.compile(
    r"pass|pwd|secret|token|key|pin|auth|credential|assertion|sign", re.IGNORECASE
)
# What OAuth 2.0 (RFC 6749, RFC 8707) sends beside its secrets: `grant_type`, `scope`, `resource`.
_PUBLIC_NAME = re.compile(r".*type|scopes?|audience|resource|realm", re.IGNORECASE)
# Words of an error have no digit in them, and sentences have spaces.
_TOKEN = re.compile(rf"(?=.*[0-9])\S{{{TELLING_LENGTH},}}")
# Of a URL only a user, a query or a fragment may hold a secret; the base URL is often in a login.
_PUBLIC_URL = re.compile(r"https?://[^\s?#@]+", re.IGNORECASE)
_URL_SAFE = str.maketrans("+/", "-_")


class Redactor:
    """Replaces the secrets it was told of; call it with any text about to leave."""

    def __init__(self, *secrets: str) -> None:
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._certain: set[str] = set()
        self._learnt: dict[str, OrderedDict[str, None]] = {}
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Learn secrets; empty ones are ignored."""
        self._certain |= _stripped(secrets)
        self._look_for()

    def learn(self, *secrets: str, origin: str) -> None:
        """Learn what may be secret, of which an API may give any number, the likeliest first.

        Of each origin no more than ``MOST_LEARNT`` are known, and those it gave last.
        """
        learnt = self._learnt.setdefault(origin, OrderedDict())
        before = list(learnt)
        for secret in reversed(list(dict.fromkeys(secrets))[:MOST_LEARNT]):
            learnt[secret] = None
            learnt.move_to_end(secret)
        while len(learnt) > MOST_LEARNT:
            learnt.popitem(last=False)
        if learnt.keys() != set(before):
            self._look_for()

    def _look_for(self) -> None:
        wanted = self._certain.union(*map(_stripped, self._learnt.values()))
        # A secret that holds another one must be replaced before that one is.
        longest_first = sorted(wanted, key=len, reverse=True)
        known = self._patterns
        self._patterns = {secret: known.get(secret) or _pattern(secret) for secret in longest_first}

    def __call__(self, text: str) -> str:
        """Return the text without any known secret."""
        for pattern in self._patterns.values():
            text = pattern.sub(REDACTED, text)
        return text

    def beginning(self, text: str) -> str:
        """What an error may quote of a text; redacted first: half a secret is a secret too."""
        searched = text[:_SEARCHED]
        hidden = self(searched)
        if len(text) > _SEARCHED and len(hidden) < len(searched) // 2:
            # After so many secrets, what was cut in half may have come to the front.
            hidden = hidden[: hidden.rfind(REDACTED) + len(REDACTED)]
        return hidden[:_QUOTED]


def secrets_in(
    value: Json, *, by_name: bool = True, by_length: bool = True, name: str = ""
) -> Iterator[str]:
    """The texts of a JSON value that may be secrets: those so named, and long ones.

    What OAuth calls scope, audience or a type is none, nor is a URL without user and query.
    """
    is_named = by_name and _TELLING_NAME.search(name) is not None
    match value:
        case Mapping():
            for key, inner in value.items():
                yield from secrets_in(inner, by_name=by_name, by_length=by_length, name=str(key))
        case list():
            for inner in value:
                yield from secrets_in(inner, by_name=by_name, by_length=by_length, name=name)
        case str() if is_named or (
            by_length and len(value) >= TELLING_LENGTH and not _PUBLIC_URL.fullmatch(value)
        ):
            if not _PUBLIC_NAME.fullmatch(name):
                yield value
        case int() if is_named and not isinstance(value, bool):
            yield str(value)
        case _:
            pass


def tokens_in(answer: Json, *, only_likely: bool = False) -> list[str]:
    """The texts of a login's answer that may be secrets, the likeliest first.

    Those are the long ones whose name tells, or that look like a token; ``only_likely`` gives no
    others: the answer of a login that failed says why in words.
    """
    texts = list(secrets_in(answer, by_name=False))
    named = (text for text in secrets_in(answer, by_length=False) if len(text) >= TELLING_LENGTH)
    likely = [*named, *filter(_TOKEN.fullmatch, texts)]
    return list(dict.fromkeys([*likely, *(() if only_likely else texts)]))


def _stripped(secrets: Iterable[str]) -> set[str]:
    """Each as it is, and without the spaces around it."""
    return {form for secret in secrets for form in (secret, secret.strip()) if secret.strip()}


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
    # Two ways to read the same text would double, with every such character, the ways to try.
    letters = {way[1:] for way in escaped if way.startswith("\\")} - plain
    ways += [at_least_one + re.escape(letter) for letter in letters]
    # Hexadecimal digits are written in either case, secrets only in their own.
    ways = [way if way.endswith(re.escape(character)) else f"(?i:{way})" for way in ways]
    return f"(?:{'|'.join(sorted(ways, key=len, reverse=True))})"


def _percent_encoded(character: str) -> str:
    return "".join(f"%(?:25)*{byte:02x}" for byte in character.encode(errors="surrogatepass"))
