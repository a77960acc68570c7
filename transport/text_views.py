"""The ways to read a text in which a secret may stand encoded.

A secret may stand in a URL, in JSON, in HTML or in base64, or in one of these within another: it
has too many spellings to look for each. So the *text* is decoded, each way once, and the secret is
looked for as it is. Every view knows where in the text its characters come from. A view is made in
time linear in the text.
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from html.entities import html5
from typing import Final

from msgspec import Struct

Span = tuple[int, int]

_ROUNDS: Final = 8  # encodings within each other that are undone
# Backslashes in a row are one escape (JSON in JSON doubles them); so are the percent signs of a
# URL in a URL, `%252F`. Upper-case `\U00E9` is JSON that somebody put into upper case.
_ENCODED: Final = re.compile(
    r"""(?P<bytes>(?:%(?:25)*[0-9a-f]{2})+)
      | \\++(?: u(?P<high>d[89ab][0-9a-f]{2})\\++u(?P<low>d[c-f][0-9a-f]{2})
              | (?-i:U)(?P<long>000[1-9a-f][0-9a-f]{4}|0010[0-9a-f]{4})
              | (?:u(?P<four>[0-9a-f]{4})|x(?P<two>[0-9a-f]{2}))
              | (?P<letter>[bfnrt]) )?
      | &(?:\#(?P<decimal>[0-9]{1,7})|\#x(?P<hex>[0-9a-f]{1,6})|(?P<name>[a-z][a-z0-9]{1,7}));
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ONE_BYTE: Final = re.compile(r"%(?:25)*([0-9a-f]{2})", re.IGNORECASE)
_LETTERS: Final[Mapping[str, str]] = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LARGEST_CHARACTER: Final = 0x10FFFF
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# For what is not base64 any digit will do: no secret holds it. The alphabet for URLs counts too.
_DIGITS: Final = bytes(
    byte if byte in _ALPHABET else {ord("-"): ord("+"), ord("_"): ord("/")}.get(byte, ord("A"))
    for byte in range(256)
)
_SHORTEST_BASE64: Final = 6  # characters, of a secret of four
_GROUP: Final = 4  # characters of base64 that hold three bytes


class View(Struct, frozen=True):
    """A text, decoded one way; ``place`` says where a stretch of it stands in the original."""

    text: str
    place: Callable[[int, int], Span]


def views(text: str) -> Iterator[View]:
    """The text as it is, decoded, and as base64 that begins at each of four characters."""
    text = encodable(text)
    yield View(text, _as_it_is)
    decoded = _decoded(text)
    if decoded.text != text or "+" in decoded.text:
        yield View(decoded.text.replace("+", " "), decoded.place)
    if len(decoded.text) >= _SHORTEST_BASE64:
        yield _as_base64(decoded)


def plain_form(text: str) -> str:
    """A text as it is found in its decoded view, whatever it is encoded with."""
    return _decoded(encodable(text)).text.replace("+", " ")


def bytes_form(text: str) -> str:
    """A text as it is found in base64: a character for each byte of its UTF-8."""
    return text.encode(errors="replace").decode("latin-1")


def encodable(text: str) -> str:
    """The text with a question mark for each character that no encoding has (half a pair)."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def folded(text: str) -> str:
    """The text in lower case, character by character: its length stays."""
    lower = text.lower()
    if text.isascii() or (len(lower) == len(text) and "Σ" not in text):
        return lower
    return "".join(low if len(low := one.lower()) == 1 else one for one in text)


def _as_it_is(start: int, end: int) -> Span:
    return start, end


class _Round:
    """One decoding: what stands for what, to find the way back."""

    def __init__(self) -> None:
        self._starts: list[int] = []  # in the decoded text
        self._sources: list[tuple[Span, int]] = []  # where from, and how long it is decoded

    def add(self, start: int, source: Span, length: int) -> None:
        """Note what was decoded to ``length`` characters at a place, and where it stood."""
        self._starts.append(start)
        self._sources.append((source, length))

    def place(self, start: int, end: int) -> Span:
        """Where a stretch of the decoded text stood."""
        return self._source(start)[0], self._source(end - 1)[1]

    def _source(self, at: int) -> Span:
        number = bisect_right(self._starts, at) - 1
        if number < 0:
            return at, at + 1
        (start, end), length = self._sources[number]
        after = at - self._starts[number] - length
        return (start, end) if after < 0 else (end + after, end + after + 1)


def _decoded(text: str) -> View:
    """The text with every escape undone, and those that come out of it too."""
    rounds: list[_Round] = []
    for _ in range(_ROUNDS):
        if not ("\\" in text or "%" in text or "&" in text):
            break
        once, way_back = _decoded_once(text)
        if once == text:
            break
        text = encodable(once)
        rounds.append(way_back)

    def place(start: int, end: int) -> Span:
        for way_back in reversed(rounds):
            start, end = way_back.place(start, end)
        return start, end

    return View(text, place)


def _decoded_once(text: str) -> tuple[str, _Round]:
    parts: list[str] = []
    way_back = _Round()
    at = length = 0
    for encoded in _ENCODED.finditer(text):
        characters = list(_characters(encoded))
        parts.append(text[at : encoded.start()])
        length += encoded.start() - at
        for character, source in characters:
            way_back.add(length, source, len(character))
            parts.append(character)
            length += len(character)
        at = encoded.end()
    parts.append(text[at:])
    return "".join(parts), way_back


def _characters(encoded: re.Match[str]) -> Iterator[tuple[str, Span]]:
    """What an escape stands for, each character with its place; "" for lone backslashes."""
    match encoded.lastgroup:
        case "bytes":
            yield from _percent_decoded(encoded)
            return
        case "low":
            pair = ((int(encoded["high"], 16) & 0x3FF) << 10) | (int(encoded["low"], 16) & 0x3FF)
            one = chr(0x10000 + pair)
        case "letter":
            one = _LETTERS[encoded["letter"].lower()]
        case "name":
            one = html5.get(f"{encoded['name']};", encoded[0])
        case None:
            one = ""
        case group:
            number = int(encoded[group], 10 if group == "decimal" else 16)
            one = chr(number) if number <= _LARGEST_CHARACTER else encoded[0]
    yield one, encoded.span()


def _percent_decoded(encoded: re.Match[str]) -> Iterator[tuple[str, Span]]:
    found = list(_ONE_BYTE.finditer(encoded[0]))
    text = bytes(int(one[1], 16) for one in found).decode(errors="surrogateescape")
    number = 0
    for character in text:
        last = number + len(character.encode(errors="surrogateescape")) - 1
        span = found[number].start(), found[last].end()
        yield character, (encoded.start() + span[0], encoded.start() + span[1])
        number = last + 1


def _as_base64(decoded: View) -> View:
    """What the text holds in base64, read from each of four characters on, one after the other."""
    digits = decoded.text.encode("ascii", "replace").translate(_DIGITS)
    digits += b"A" * (-len(digits) % _GROUP + _GROUP)
    size = len(digits) - _GROUP
    parts = (binascii.a2b_base64(digits[ahead : ahead + size]) for ahead in range(_GROUP))
    length = size // _GROUP * 3

    def place(start: int, end: int) -> Span:
        ahead, first = divmod(start, length)
        last = min(ahead - (-(end - start + first) * 8 // 6), len(decoded.text))
        return decoded.place(ahead + first * 8 // 6, last)

    return View(b"".join(parts).decode("latin-1"), place)
