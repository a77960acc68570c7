"""What the words of a refusal say: the name that they miss, a header, a format, a way to sign."""

from __future__ import annotations

import re
from typing import Final

import httpx

_NAMED: Final = r"[A-Za-z](?:[\w.$\[\]-]*[\w$\]])?"  # a dot at its end is the sentence's
_NAME: Final = rf"[\"'`\\]*({_NAMED})[\"'`\\]*"
_WHAT: Final = r"(?:parameter|param|field|property|argument|attribute|key|header)"
_LACKS: Final = (
    r"(?:missing|required|mandatory|not (?:specified|provided|set|present|given)|present)"
)
_IS: Final = r"(?:is|was|must|may not|cannot)"
_GIVEN: Final = r"(?:supplied|provided|given|specified|sent)"
_MAY: Final = r"(?:must|may|can|should)(?: ?not|n?'t)?"
_ALONE: Final = r"(?<!\w)(?<!\w )"  # no word of a sentence stands before it
# A plain word is a name where no other stands before it: "Dictionary type is required" has none.
_FIRST: Final = r"(?:^|[^\w\s]\s*|\b(?:an?|the|for)\s+)"
_JOINED: Final = r"\b[A-Za-z]\w*(?:[_.$-]\w|(?-i:(?<=[a-z])[A-Z]))(?:[\w.$-]*\w)?"
_SAYINGS: Final = tuple(
    re.compile(text, re.IGNORECASE)
    for text in (
        rf"{_NAME} (?:\w+ )?{_WHAT} {_IS} (?:be )?(?:{_LACKS}|null|empty)",
        rf"{_WHAT} {_NAME}[\"', :}}]*(?:\w+[^\w.]+){{0,2}}{_IS} (?:be )?(?:{_LACKS}|null|empty)",
        rf"{_LACKS} (?:\w+ ){{0,2}}(?:{_WHAT}|value(?: for)?)s?:? {_NAME}",
        rf"(?:specify|provide|supply|give)(?: a| an| the)? (?:value for|{_WHAT}) {_NAME}",
        rf"(?:use|pass|add|include|send|set)(?: an?| the)? (?:\w+ )?{_WHAT}[\"'`: ]+({_JOINED})",
        rf"{_FIRST}{_NAME} (?:is|are) {_LACKS}",
        rf"({_JOINED})[\"'`\\]* (?:is|are) {_LACKS}",
        rf"\bno {_NAME} (?:\w+ )?(?:was|is|were|has been) (?:\w+ )?{_GIVEN}",
        rf"{_ALONE}{_NAME}[:\[ ]{{1,4}}[\"'\\]*{_MAY} be (?:{_LACKS}|null|empty|blank)",
        rf"{_ALONE}{_NAME}: must be",
    )
)
_LACKING: Final = re.compile(
    rf"[\"'`]({_NAMED})[\"'`\\]* is an? (?:required|mandatory) {_WHAT}", re.IGNORECASE
)
_QUOTED: Final = re.compile(
    rf"{_WHAT}s?[\"'`\\]*:? ?[\"'`\\]+([A-Za-z][\w.$\[\]-]*)[\"'`\\]", re.IGNORECASE
)
_MISSED: Final = re.compile(rf"\b(?:{_LACKS}|null|empty|blank)\b", re.IGNORECASE)
_ONE_OF: Final = re.compile(
    r"(?:\b(?:one|any) of|\b(?:valid|allowed|possible|accepted|supported|available|permitted|known)"
    r" \w+(?: are| is)?|\b(?:must be|should be|use)(?: either| one of| any of)?)\W+"
    r"((?:[\w.-]+[\"'`\]\\]*(?:,? or |,? and | ?[,|/]+ ?)[\[\"'`\\]*)+[\w.-]+)",
    re.IGNORECASE,
)
"""The values that there may be: ``one of: a, b or c``, ``allowed fields: a, b``."""
_LISTED: Final = re.compile(
    r"(?:allowed|valid|enum|option|choice|accepted|supported|permitted|expected)\w*\\?[\"']\s*:\s*"
    r"\[([^\[\]{}]+)\]|(?<![\w|])(\w+(?:\|\w+)+)(?![\w|])",
    re.IGNORECASE,
)
"""The same as a list of JSON, or with bars between: ``"allowedValues": ["a", "b"]``, ``a|b``."""
_EXAMPLE: Final = re.compile(
    r"(?:\be\.g\.|\bsuch as|\bfor example|\bexamples?|\blike)[:,]?\s+(?!\w+\.)(.{3,60}?)"
    r"(?=[.;)]?(?:$|\s*\"?[,}]|\n|[.;] ))",
    re.IGNORECASE,
)
_DATES: Final = re.compile(r"\b(?:YYYY|yyyy|MM|DD|dd)[-/.][\w:/.-]*\w")
"""How dates are to be written: ``YYYY-MM-DD``."""
_BEGUN: Final = re.compile(r"\((\w+(?:\|\w+)+)\)([:=.])")
"""What a pattern wants before a value: ``(IS|IS_NOT):``."""
_KEY: Final = re.compile(r"(\w+)\\?[\"']\s*:")
"""A key of a JSON text."""
_VALUE: Final = re.compile(r"[\w.-]*\w")
_MOST_VALUES: Final = 12
_NULL: Final = re.compile(r'"\w+": null')
_VARIABLE: Final = re.compile(r"\$(\w+)")
_SPOKEN: Final = re.compile(r"param|header|query|field|argument|propert", re.IGNORECASE)
_IN_HEADER: Final = r"header[\"'`: \\]*{0}(?![\w-])|(?<![\w-]){0}[\"'`\\]* (?:\w+ )?header"
_DULL: Final = frozenset(
    ["a", "an", "the", "this", "that", "is", "one", "it", "parameter", "field", "value", "body"]
)
_OF_MEDIA: Final = re.compile(
    r"\b(Accept|Content-Type)[\"'`\\]* header|header[\"'`: \\]*(Accept|Content-Type)\b",
    re.IGNORECASE,
)
_MEDIA: Final = re.compile(r"application/[\w.+-]+")
_HEADER: Final = re.compile(r"(?<![\w/-])(?:[A-Z][A-Za-z]*|[xX])(?:-[A-Za-z]+)+(?![\w-])")
_CODED: Final = re.compile(r"""(?:code|errno)["'\\]*: *["'\\]*[\w-]+""", re.IGNORECASE)
"""The code of an error, which may look like a header: ``"code": "ERR-NO-AUTH"``."""
_SCHEME: Final = re.compile(r"(?:Authorization['\"]?: ?['\"]?|WWW-Authenticate: )(\w[\w-]*)")
_NO_CREDENTIAL: Final = ("www-", "content-", "accept-", "set-", "user-")
_NOT_ACCEPTABLE: Final = httpx.codes.NOT_ACCEPTABLE
_UNSUPPORTED: Final = httpx.codes.UNSUPPORTED_MEDIA_TYPE
_PAGE: Final = re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_TAG: Final = re.compile(
    r"<(style|script)\b.*?(?:</\1>|$)|<[!/a-z](?:[^>]*)(?:>|$)", re.IGNORECASE | re.DOTALL
)
_LINK: Final = re.compile(r"href=[\\\"']*([^\\\"'\s>]+)", re.IGNORECASE)


def text_of(words: str) -> str:
    """What an API says in words: of a page of HTML its text and links, and none of its tags."""
    if not _PAGE.search(words):
        return words
    return _TAG.sub(lambda tag: f" {' '.join(_LINK.findall(tag[0]))} ", words)


def named_missing(words: str) -> str:
    """The name that a refusal says to be missing; "" for none."""
    if lacking := _LACKING.search(words):
        return lacking[1]
    quoted = _QUOTED.search(words)
    if quoted and (_MISSED.search(_NULL.sub("", words)) or _ONE_OF.search(words)):
        return quoted[1]
    for saying in _SAYINGS:
        for found in saying.findall(words):
            if found.lower() not in _DULL:
                return str(found)
    return ""


def values_told(words: str, name: str = "") -> list[str]:
    """The values, or names, that a refusal says there may be, without a parameter's name."""
    found = _ONE_OF.search(words) or _LISTED.search(words)
    listed = _VALUE.findall("".join(filter(None, found.groups()))) if found else []
    no_values = {name, "or", "and", *_KEY.findall(words)}
    return [one for one in dict.fromkeys(listed) if one not in no_values][:_MOST_VALUES]


def examples_told(words: str) -> list[str]:
    """The texts that a refusal gives as examples: ``such as userName eq "name"``."""
    return [one.strip("`'") for one in _EXAMPLE.findall(words.replace('\\"', '"'))]


def dates_told(words: str) -> list[str]:
    """The forms of dates that a refusal names."""
    return list(dict.fromkeys(_DATES.findall(words)))


def beginnings_told(words: str) -> list[str]:
    """What a pattern in a refusal wants before a value."""
    found = _BEGUN.findall(words)
    return [f"{one}{sign}" for some, sign in found for one in some.split("|")]


def parameter_missed(words: str) -> str:
    """As ``named_missing``, where the words speak of a parameter, and not of a credential."""
    return named_missing(words) if _SPOKEN.search(words) else ""


def variable_missed(words: str) -> str:
    """The variable of a GraphQL query that a refusal misses, as a body has it; "" for none."""
    named = _VARIABLE.search(words)
    return f"variables.{named[1]}" if named and _MISSED.search(words) else ""


def header_missed(words: str) -> str:
    """The header that a refusal misses, which it calls one; "" for none."""
    if "header" not in words.lower():
        return ""
    name = named_missing(words)
    is_one = name and re.search(_IN_HEADER.format(re.escape(name)), words, re.IGNORECASE)
    return next(iter(headers_named(words)), name if is_one else "")


def header_of_media(status: int, words: str) -> str:
    """The header that says the format, where a refusal is about that: by its status or words."""
    if status in {_NOT_ACCEPTABLE, _UNSUPPORTED}:
        return "Accept" if status == _NOT_ACCEPTABLE else "Content-Type"
    named = _OF_MEDIA.search(words) if status == httpx.codes.BAD_REQUEST else None
    return "" if named is None else (named[1] or named[2]).title()


def media_named(words: str) -> list[str]:
    """Formats that an answer speaks of: ``application/json``."""
    return list(dict.fromkeys(_MEDIA.findall(words)))


def headers_named(words: str) -> list[str]:
    """Headers that an answer speaks of, which a key may go in."""
    found = _HEADER.findall(_CODED.sub("", words))
    found = [one for one in found if not one.lower().startswith(_NO_CREDENTIAL)]
    return list(dict.fromkeys(found))


def schemes_named(words: str) -> list[str]:
    """The words before a credential that an answer speaks of: ``Bearer``, ``Basic``, ``Token``."""
    told = _SCHEME.findall(words)
    usual = [one for one in ("Bearer", "Basic") if re.search(rf"\b{one}\b", words, re.IGNORECASE)]
    return list(dict.fromkeys([*told, *usual]))
