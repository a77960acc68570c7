"""Names of query parameters that APIs commonly give to a page's size and position.

They are only candidates: what a name does is shown by the rows that come back. Names that an
answer, a link in it or a document tells stand before these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# Words; each is written in every casing.
_SIZE_WORDS = (
    "limit", "per page", "page size", "size", "max results", "count", "results per page",
    "items per page", "page limit", "max items", "page length", "hits per page", "take", "top",
    "max", "rows", "batch size", "num", "records", "page count", "fetch", "length", "amount",
    "first", "n", "ps", "max records", "records per page", "results", "number", "row count",
    "limit results", "max page size", "entries per page", "pagelen", "chunk", "filter limit",
    "perpage", "pagesize",
)  # fmt: skip
_PAGE_WORDS = (
    "page", "page number", "page index", "page no", "p", "current page", "page num", "pg",
    "page idx", "pageno", "pagenum", "page nr",
)  # fmt: skip
_OFFSET_WORDS = (
    "offset", "skip", "start", "start at", "start index", "from", "first result", "start row",
    "starting at", "begin", "position", "start from", "page offset", "page start", "start record",
    "first", "row offset", "record offset", "index", "start position", "skip count", "start item",
    "filter offset",
)  # fmt: skip
_CURSOR_WORDS = (
    "cursor", "page token", "after", "next token", "continuation token", "next cursor",
    "next page token", "starting after", "token", "page", "marker", "start cursor", "page cursor",
    "continuation", "next", "bookmark", "start after", "since", "until", "from", "offset",
    "scroll id", "after cursor", "skip token", "start key", "exclusive start key", "before",
    "position", "start token", "next marker", "page id", "start", "resume token", "key",
)  # fmt: skip
_KEYSET_WORDS = (
    "starting after", "after", "after id", "start after", "since id", "last id", "from id",
    "cursor", "since", "marker", "before", "last seen id", "min id", "after key", "greater than",
    "start id", "last", "next",
)  # fmt: skip
# Any two of these make a name that some API has: `resumeAt`, `continue_from`.
_STARTS = ("start", "resume", "continue", "begin", "from", "page", "next", "scroll", "last")
_ENDS = ("at", "from", "after", "token", "cursor", "key", "id", "marker", "position")
_BRACKETED = {
    "size": (
        "page[size]", "page[limit]", "pagination[limit]", "$top", "$limit", "page.size", "_limit",
        "_count", "_pageSize",
    ),
    "page": ("page[number]", "pagination[page]", "page.number", "page[page]", "_page"),
    "offset": (
        "page[offset]", "$skip", "$offset", "pagination[offset]", "page[skip]", "_skip", "_offset",
        "_start",
    ),
    "cursor": ("page[after]", "page[cursor]", "pagination[cursor]", "$skiptoken", "page.token"),
    "keyset": ("page[after]",),
}  # fmt: skip
# Beside a size of one word the position often has one of these.
_PARTNERS = {
    "limit": ("offset", "page", "skip"), "size": ("page", "from"), "count": ("offset", "start"),
    "max": ("first", "offset"), "rows": ("start",), "num": ("start",), "top": ("skip",),
    "take": ("skip",), "n": ("start", "skip"), "pagelen": ("page",), "length": ("start",),
}  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: ``nextPageToken`` has three."""
    return tuple(word.lower() for word in _WORD.findall(name))


_ID_WORD = re.compile(r"[a-z]{0,2}id|uuid|guid|key")


def names_identity(word: str) -> bool:
    """Whether a word is one for an identifier: ``id``, and what ends so: ``gid``, ``uuid``."""
    return bool(_ID_WORD.fullmatch(word))


def ends_in_id(word: str) -> bool:
    """Whether a word has an ``id`` glued to its end, as ``hostid`` and ``objid`` have."""
    return word.endswith("id") and not names_identity(word)


def spoken(name: str) -> str:
    """A name's words with spaces between them, however it is spelled."""
    return " ".join(words_of(name))


class Names:
    """The names to try, those first that fit how an API spells its other names."""

    def __init__(self, seen: Iterable[str]) -> None:
        names = list(seen)
        camel = sum(bool(re.search(r"[a-z][A-Z]", name)) for name in names)
        snake = sum("_" in name for name in names)
        pascal = sum(bool(re.match(r"[A-Z][a-z]", name)) for name in names)
        lower = sum(bool(re.match(r"[a-z]", name)) for name in names)
        kebab = sum("-" in name for name in names)
        casings = [_snake, _camel] if snake >= camel else [_camel, _snake]
        # Parameters are seldom written as keys in PascalCase are.
        self._casings = [_camel, _pascal, _snake] if pascal > lower else [*casings, _pascal]
        self._casings.insert(0 if kebab > max(camel, snake) else len(self._casings), _kebab)

    def spelled(self, words: Sequence[str]) -> list[str]:
        """Some words as one name, in every casing, the likeliest first."""
        casings = self._casings if len(words) > 1 else self._casings[:1]
        return list(dict.fromkeys(casing(words) for casing in casings))

    def of(self, role: str) -> list[str]:
        """Names for ``size``, ``page``, ``offset``, ``cursor`` or ``keyset``."""
        tables = {
            "size": _SIZE_WORDS,
            "page": _PAGE_WORDS,
            "offset": _OFFSET_WORDS,
            "cursor": _CURSOR_WORDS,
            "keyset": _KEYSET_WORDS,
        }
        spelled = [self.spelled(text.split()) for text in tables[role]]
        first = [names[0] for names in spelled]
        others = [name for names in spelled for name in names[1:] if name.lower() != names[0]]
        # One word is spelled one way nearly everywhere; the other ways come last.
        others += [name.capitalize() for name in first if name.isalpha() and name.islower()]
        common, rare = first[:6], first[6:]
        return list(dict.fromkeys((*common, *_BRACKETED[role], *rare, *others)))

    def composed(self) -> list[str]:
        """Names for a cursor of two words that nobody has written down."""
        pairs = [(start, end) for start in _STARTS for end in _ENDS if start != end]
        return [casing(pair) for casing in self._casings[:2] for pair in pairs]


_SIBLINGS = {
    "size": ("limit", "size", "top", "count", "max"),
    "position": ("offset", "number", "index", "skip", "start", "page", "after", "cursor"),
}
_ROLE_WORDS = frozenset([
    "offset", "number", "skip", "start", "page", "after", "cursor", "token", "skiptoken",
    "index", "from", "before", "size", "limit", "top", "count", "max", "no", "num", "at",
])  # fmt: skip


def siblings(name: str, role: str) -> list[str]:
    """Names of another role in the shape of a known one.

    ``page[number]`` has ``page[size]`` beside it, ``sysparm_offset`` ``sysparm_limit``, ``$skip``
    ``$top``, ``pageNumber`` ``pageSize``.
    """
    roles = [part for part in re.finditer(r"[A-Z]?[a-z]+", name) if part[0].lower() in _ROLE_WORDS]
    if not roles or (name.isalpha() and len(words_of(name)) == 1):
        # A bare word has no shape of its own: `page` would give `limit`, which is tried anyway.
        return []
    start, end = roles[-1].span()
    pascal = name[start].isupper()
    others = [other.capitalize() if pascal else other for other in _SIBLINGS[role]]
    shaped = [name[:start] + other + name[end:] for other in others]
    return [one for one in shaped if len(set(words_of(one))) == len(words_of(one))]


def partners(size: str) -> Sequence[str]:
    """Names of the position that are likely beside a size's name."""
    return _PARTNERS.get(size, ())


def prefixed(name: str, role: str) -> list[str]:
    """Names with a known one's prefix: ``sysparm_fields`` speaks of ``sysparm_limit``."""
    prefix, mark, _ = name.partition("_")
    return [f"{prefix}_{other}" for other in _SIBLINGS[role]] if mark and prefix else []


def _snake(words: Sequence[str]) -> str:
    return "_".join(words)


def _kebab(words: Sequence[str]) -> str:
    return "-".join(words)


def _camel(words: Sequence[str]) -> str:
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _pascal(words: Sequence[str]) -> str:
    return "".join(word.capitalize() for word in words)
