"""Secrets kept out of every text that leaves the process.

Redaction is by value: a secret is replaced in every text that is logged or raised, in any of the
forms that HTTP, JSON or Python would give it. The time is linear in the text and in the secrets:
see ``text_views`` for the forms, and ``Index`` for the search.
"""

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from json import dumps
from typing import NamedTuple
from urllib.parse import quote

from ahocorasick_rs import AhoCorasick, Implementation

from json_values import Json
from transport.text_views import bytes_form, encodable, folded, plain_form, views

REDACTED = "[redacted]"
CREDENTIAL_LENGTH = 8
"""Characters; a shorter text in a login or its answer is more likely a constant than a secret."""

SHORTEST_SECRET = 4
"""Characters; a shorter text stands in too many words to be looked for."""

MOST_LEARNT = 300
"""Texts of one origin, such as cookies."""

MOST_LEARNT_SIZE = 32 * 1024
"""Bytes of all texts of one origin together, and of all settings; see ``_size``.

A server rarely takes more in the headers of a request, which cookies and tokens go back in.
"""

LONGEST_TEXT = 4 * 1024
"""Characters of a text that leaves, such as a log line; what is longer is cut."""

NOT_QUOTED = "[not quoted: it may hold a cookie or token that is too long or too old to be known]"

LONGEST_QUOTE = 200
"""Characters of a body that an error may show."""

_LONGEST_NAME = 200  # characters
_PIECE = 128  # characters; what is longer is known by its pieces
_ANCHORS = (8, 4)  # characters that a piece is found by
_ESCAPES = ("\\", "%", "&", ";", "5c", "5C", "25", "26")  # and what may turn out to be one
_ESCAPE_SIZE = 24  # bytes of plain text that are prepared in the time of an escape

_SECRET_NAME = re.compile(
    r"pass|pwd|secret|token|key|pin|auth|credential|assertion|sign", re.IGNORECASE
)
# Of names in words (`client secret`): `author`, `assignee` and `shipping` tell nothing.
_WORDS_APART = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_PASSWORD_WORD = re.compile(r"\bpass\b|password|passwd|passphrase|passcode|pwd|secret(?!ar)")
_TOKEN_WORD = re.compile(
    r"tokens?\b|keys?\b|\bpin\b|auth(?!or(?!i[sz]))|credential|assertion|\bsign|signature"
    r"|\bsig\b|cookie|session|sessid|\bsess\b|^sid$|^connect sid$"
)
# What OAuth 2.0 (RFC 6749, RFC 8707) sends beside its secrets: `grant_type`, `scope`, `resource`.
_PUBLIC_NAME = re.compile(r".*type|scopes?|audience|resource|realm", re.IGNORECASE)
# Words of an error have no digit in them, and sentences have spaces.
_TOKEN = re.compile(rf"(?=.*[0-9])\S{{{CREDENTIAL_LENGTH},}}")
_LONG_TOKEN = re.compile(r"\S{20,}")
_PARTS = re.compile(r"[\s;,]+")
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])\S{20,}")
# Of a URL only a user, a query or a fragment may hold a secret; the base URL is often in a login.
_PUBLIC_URL = re.compile(r"https?://[^\s?#@]+", re.IGNORECASE)


class Redactor:
    """Replaces the secrets it knows; call it with any text about to leave.

    ``in_data`` does so in data, where a word must not be taken for a secret: of all secrets it
    knows the credentials, and those in their own case alone. ``longest_quote``: characters of an
    answer that an error may quote.
    """

    def __init__(
        self, *secrets: str, credentials: Iterable[str] = (), exact_case: bool = False
    ) -> None:
        self._exact_case = exact_case
        # Each with its size, the newest at the end.
        self._certain: OrderedDict[str, int] = OrderedDict()
        self._learnt: dict[str, OrderedDict[str, int]] = {}
        self._index: Index | None = None
        self._knows_all = True
        self._public = ""
        self.longest_quote = LONGEST_QUOTE
        self.in_data: Redactor = self if exact_case else Redactor(exact_case=True)
        self.add(*secrets, credentials=credentials)

    def add(self, *secrets: str, credentials: Iterable[str] = ()) -> None:
        """Learn secrets; those of less than ``SHORTEST_SECRET`` characters are ignored."""
        self._remember(self._certain, secrets)
        if self.in_data is not self:
            self.in_data.add(*credentials)

    def spare(self, *texts: str) -> None:
        """Take nothing for a secret that is ``unlikely`` one and stands in these, in plain text."""
        self._public = "\n".join((self._public, *texts))

    def learn(
        self, *secrets: str, origin: str, credentials: Iterable[str] = (), unlikely: bool = False
    ) -> None:
        """Learn what may be secret, the likeliest first; an API may give any number of them.

        Of each ``origin`` the last ``MOST_LEARNT`` are known, of ``MOST_LEARNT_SIZE`` together.
        Once it gave more, no answer is quoted, unless these are ``unlikely`` to be secrets.
        """
        learnt = self._learnt.setdefault(origin, OrderedDict())
        if unlikely:
            secrets = tuple(one for one in secrets if one not in self._public)
        self._knows_all &= unlikely or len(secrets) <= MOST_LEARNT
        kept = list(dict.fromkeys(secrets[:MOST_LEARNT]))
        self._remember(learnt, kept[::-1], unlikely=unlikely)
        if self.in_data is not self:
            self.in_data.learn(*credentials, origin=origin)

    def _remember(
        self, known: OrderedDict[str, int], secrets: Sequence[str], *, unlikely: bool = False
    ) -> None:
        """Add secrets, the last one being the most important; the first ones go beyond a bound."""
        for secret in secrets:
            kept = _learnable(secret)
            self._knows_all &= unlikely or kept == secret
            if kept not in known:
                self._index = None
                known[kept] = _size(kept)
            known.move_to_end(kept)
        size = sum(known.values())
        while len(known) > MOST_LEARNT or size > MOST_LEARNT_SIZE:
            size -= known.popitem(last=False)[1]
            self._knows_all &= unlikely
            self._index = None

    def index(self) -> "Index":
        """What is known by now, to be used in another thread as well."""
        if self._index is None:
            secrets = [*self._certain, *(one for known in self._learnt.values() for one in known)]
            self._index = Index(secrets, exact_case=self._exact_case)
        return self._index

    def __call__(self, text: str) -> str:
        """The text without any known secret, nor half of one, and at most ``LONGEST_TEXT`` long."""
        hidden = self.index().redacted(text[:LONGEST_TEXT])
        if len(text) <= LONGEST_TEXT:
            return hidden
        if len(hidden) < LONGEST_TEXT // 2:
            # After so many secrets, what was cut in half may have come to the front.
            return hidden[: hidden.rfind(REDACTED) + len(REDACTED)]
        return hidden[: -LONGEST_TEXT // 4] + "…"

    def beginning(self, text: str) -> str:
        """What an error may quote of an answer."""
        if not self._knows_all:
            return NOT_QUOTED
        return self(text)[: self.longest_quote]


class Index:
    """Secrets to search for: all at once, by an automaton (Aho and Corasick, 1975).

    A long secret is known by its pieces, so part of it is found too. Each piece is looked for
    by its first characters, the anchor, and compared where that is found: the automaton stays
    small enough to be built between two requests.
    https://pypi.org/project/ahocorasick-rs/
    """

    def __init__(self, secrets: Iterable[str], *, exact_case: bool) -> None:
        self._exact_case = exact_case
        self._pieces: dict[str, bool] = {}  # whether a secret may begin with it
        for secret in secrets:
            for form in dict.fromkeys(_forms(secret)):
                self._add(form if exact_case else folded(form))
        by_anchor: dict[str, list[str]] = {}
        for piece in sorted(self._pieces):
            anchor = next(piece[:length] for length in _ANCHORS if len(piece) >= length)
            by_anchor.setdefault(anchor, []).append(piece)
        self._prefixes = [_Prefixes(pieces) for pieces in by_anchor.values()]
        self._anchors = AhoCorasick(by_anchor, implementation=Implementation.ContiguousNFA)

    def _add(self, form: str) -> None:
        ends = [*range(_PIECE, len(form), _PIECE), len(form)]
        for end in ends:
            start = max(end - _PIECE, 0)
            piece = form[start:end]
            self._pieces[piece] = start == 0 and self._pieces.get(piece, True)

    def finds(self, text: str) -> bool:
        """Whether any secret stands in the text."""
        return next(self._spans(text), None) is not None

    def redacted(self, text: str) -> str:
        """The text without any secret."""
        parts: list[str] = []
        at = 0
        for start, end in self._spans(text):
            parts += (text[at:start], REDACTED)
            at = end
        return "".join((*parts, text[at:])) if parts else text

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where secrets stand, from left to right; those that overlap are one."""
        found = sorted(self._found(text)) if self._pieces else []
        begun: tuple[int, int] | None = None
        for start, end, is_first in found:
            if begun and (start < begun[1] or (start == begun[1] and not is_first)):
                begun = begun[0], max(begun[1], end)
                continue
            if begun:
                yield begun
            begun = start, end
        if begun:
            yield begun

    def _found(self, text: str) -> Iterator[tuple[int, int, bool]]:
        for view in views(text):
            searched = view.text if self._exact_case else folded(view.text)
            anchors = self._anchors.find_matches_as_indexes(searched, overlapping=True)
            for anchor, start, _ in anchors:
                piece = self._prefixes[anchor].longest(searched[start : start + _PIECE])
                if piece is not None:
                    span = view.place(start, start + len(piece))
                    yield *span, self._pieces[piece]


class _Prefixes:
    """Texts in order, to find the longest that another text begins with."""

    def __init__(self, ordered: Sequence[str]) -> None:
        self._ordered = ordered
        self._shorter: list[int] = []  # for each, the next shorter one that it begins with, or -1
        open_ones: list[int] = []
        for number, text in enumerate(ordered):
            while open_ones and not text.startswith(ordered[open_ones[-1]]):
                open_ones.pop()
            self._shorter.append(open_ones[-1] if open_ones else -1)
            open_ones.append(number)

    def longest(self, text: str) -> str | None:
        """The longest that the text begins with; the last one not after it begins with that."""
        number = bisect_right(self._ordered, text) - 1
        while number >= 0 and not text.startswith(self._ordered[number]):
            number = self._shorter[number]
        return self._ordered[number] if number >= 0 else None


def _forms(secret: str) -> Iterator[str]:
    """A secret as each view of a text would have it, also without the spaces around it."""
    for form in {secret, secret.strip()}:
        if len(form.strip()) < SHORTEST_SECRET:
            continue
        plain = plain_form(form)
        if len(plain) >= SHORTEST_SECRET and plain.strip():
            yield plain
        else:  # little more than escapes
            yield from (quote(form, safe=""), dumps(form)[1:-1])
        yield encodable(form)
        yield bytes_form(form)


def _size(secret: str) -> int:
    """What a secret takes of ``MOST_LEARNT_SIZE``: as the time to prepare the search for it."""
    encoded = len(secret.encode(errors="replace"))
    in_base64 = encoded - len(secret)  # beyond ASCII it is looked for in a form of its own
    return encoded + in_base64 + _ESCAPE_SIZE * sum(map(secret.count, _ESCAPES))


def _learnable(secret: str) -> str:
    """A secret, or the beginning of one that is too large."""
    kept = secret[:MOST_LEARNT_SIZE]
    while _size(kept) > MOST_LEARNT_SIZE:
        kept = kept[: len(kept) // 2]
    return kept


def _judged(value: object) -> object:
    """A value, of a text so much as can be learnt and what shows that it is more."""
    return value[: MOST_LEARNT_SIZE + 1] if isinstance(value, str) else value


def secrets_in(
    value: object, *, by_name: bool = True, by_length: bool = True, name: str = ""
) -> Iterator[str]:
    """The texts of a JSON value that may be secrets: those so named, and long ones.

    What OAuth calls scope, audience or a type is not one, nor is a URL without user and query.
    """
    is_named = by_name and _SECRET_NAME.search(name) is not None
    match _judged(value):
        case Mapping() as members:
            for key, inner in members.items():
                yield from secrets_in(inner, by_name=by_name, by_length=by_length, name=str(key))
        case list(items):
            for inner in items:
                yield from secrets_in(inner, by_name=by_name, by_length=by_length, name=name)
        case str(text) if is_named or (
            by_length and len(text) >= CREDENTIAL_LENGTH and not _PUBLIC_URL.fullmatch(text)
        ):
            if not _PUBLIC_NAME.fullmatch(name):
                yield text
        case int(number) if is_named and not isinstance(value, bool):
            yield str(number)
        case _:
            pass


class LoginTexts(NamedTuple):
    """The texts of a login's answer that may be secrets; no text is in two of the lists."""

    named: list[str]
    """Long, and named like a secret."""
    like_tokens: list[str]
    others: list[str]
    """Of a login that failed no secrets: they say why, in words."""


def tokens_in(answer: Json) -> LoginTexts:
    """What of a login's answer may be secret, the likeliest first."""
    named = dict.fromkeys(
        text for text in secrets_in(answer, by_length=False) if len(text) >= CREDENTIAL_LENGTH
    )
    texts = dict.fromkeys(text for text in secrets_in(answer, by_name=False) if text not in named)
    like_tokens = dict.fromkeys(filter(_TOKEN.fullmatch, texts))
    others = [text for text in texts if text not in like_tokens]
    return LoginTexts(list(named), list(like_tokens), others)


def credentials_in(value: object, name: str = "") -> Iterator[str]:
    """The texts of a JSON value that are credentials by name and form, for ``Redactor.in_data``.

    In data that Port maps an identifier must not change, so a doubt is no credential here.
    """
    match _judged(value):
        case Mapping() as members:
            for key, inner in members.items():
                yield from credentials_in(inner, str(key))
        case list(items):
            for inner in items:
                yield from credentials_in(inner, name)
        case str(text) if is_credential(name, text):
            yield text
        case str(text):  # such as `Bearer …`, or cookies
            for part in _PARTS.split(text):
                own_name, _, inner = part.partition("=")
                if inner.strip("="):
                    yield from (one for one in (inner,) if is_credential(own_name, one))
                elif is_credential(name, part):
                    yield part
        case _:
            pass


def is_credential(name: str, value: str, *, hidden: bool = False) -> bool:
    """Whether a text of this name is a password, token or key rather than a word.

    A password of ``CREDENTIAL_LENGTH`` characters may be any text; a token or key has no space and
    is long, or has a digit: ``X-Project-Key: PAYMENTS`` is not one. A ``hidden`` text (a cookie
    with ``HttpOnly``) has to look like a token, but needs no name.
    """
    if len(value) < CREDENTIAL_LENGTH or _PUBLIC_NAME.fullmatch(name):
        return False
    words = _WORDS_APART.sub(" ", name[:_LONGEST_NAME]).lower()
    if _PASSWORD_WORD.search(words):
        return True
    if _TOKEN_WORD.search(words) and (_TOKEN.fullmatch(value) or _LONG_TOKEN.fullmatch(value)):
        return not _PUBLIC_URL.fullmatch(value)
    return hidden and _RANDOM.fullmatch(value) is not None
