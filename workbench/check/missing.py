"""What a request lacks: a parameter, a part of the body or a header that the refusal names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import httpx
from msgspec.structs import replace

from paging.model import PageRequest
from workbench.check.absence import Answered
from workbench.check.findings import Path, likeness
from workbench.check.reading import Seen
from workbench.check.signing import headers_named

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
        rf"{_LACKS} (?:\w+ )?(?:{_WHAT}|value(?: for)?)s?:? {_NAME}",
        rf"(?:specify|provide|supply|give)(?: a| an| the)? (?:value for|{_WHAT}) {_NAME}",
        rf"{_FIRST}{_NAME} (?:is|are) {_LACKS}",
        rf"({_JOINED})[\"'`\\]* (?:is|are) {_LACKS}",
        rf"\bno {_NAME} (?:\w+ )?(?:was|is|were|has been) (?:\w+ )?{_GIVEN}",
        rf"{_ALONE}{_NAME}[:\[ ]{{1,4}}[\"'\\]*{_MAY} be (?:{_LACKS}|null|empty|blank)",
        rf"{_ALONE}{_NAME}: must be",
    )
)
_QUOTED: Final = re.compile(
    rf"{_WHAT}s?[\"'`\\]*:? ?[\"'`\\]+([A-Za-z][\w.$\[\]-]*)[\"'`\\]", re.IGNORECASE
)
_MISSED: Final = re.compile(rf"\b(?:{_LACKS}|null|empty|blank)\b", re.IGNORECASE)
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
_ALIKE: Final = 0.6
_MOST: Final = 4


@dataclass(frozen=True)
class Missing:
    """Where to write what a request lacks, and what to do."""

    path: Path
    remedy: str


def named_missing(words: str) -> str:
    """The name that a refusal says to be missing; "" for none."""
    quoted = _QUOTED.search(words)
    if quoted and _MISSED.search(_NULL.sub("", words)):
        return quoted[1]
    for saying in _SAYINGS:
        for found in saying.findall(words):
            if found.lower() not in _DULL:
                return str(found)
    return ""


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


def lacks_of_all(seen: Seen, words: str) -> str:
    """The name that a refusal misses and that is like nothing a resource sends; "" for none."""
    name = header_missed(words) or named_missing(words)
    sent = [*seen.config.selector.headers, *seen.config.selector.query_params]
    is_own = any(likeness(str(one).lower(), name.lower()) >= _ALIKE for one in sent)
    return "" if is_own or seen.config.selector.method == "POST" else name


def missing(seen: Seen, base: Path, words: str) -> Missing | None:
    """What a refusal says that a resource or, at ``base``, its parents do not send."""
    header = header_missed(words)
    name = header or named_missing(words)
    selector = seen.config.selector
    asks = selector if len(base) == 1 else selector.path_parameters[str(base[-1])]
    if (variable := variable_missed(words)) and asks.body:
        _, _, key = variable.partition(".")
        told = f"the API misses the variable {key}: write variables: {{{key}: <its value>}} in body"
        return Missing((*base, "body"), told)
    if not name:
        return None
    has_body = asks.method == "POST"
    own = "body_form" if asks.body_form else "body"
    part = "headers" if header else own if has_body else "query_params"
    held = getattr(asks, part)
    given = held if isinstance(held, dict) else {}
    near = max(given, key=lambda one: likeness(str(one), name), default="")
    if name in given:
        return None
    if near and likeness(str(near), name) >= _ALIKE:
        return Missing((*base, part, str(near)), f"the API misses {name}: write {name} for {near}")
    told = "nothing is sent: " if has_body and not given else ""
    place = (*base, part) if given else base if len(base) > 1 else ("kind",)
    return Missing(place, f"the API misses {name}: {told}add {name} to {part}")


async def media(answered: Answered, request: PageRequest | None, status: int, words: str) -> str:
    """The header by which a request is answered that was refused for its format; "" for none."""
    name = _header_of_media(status, words)
    if request is None or not name:
        return ""
    for value in _media(words):
        others = tuple(pair for pair in request.headers if pair[0].lower() != name.lower())
        tried = replace(request, headers=(*others, (name, value)))
        if await answered(tried) is not None:
            return f"write headers: {{{name}: {value}}}: so it answers"
    return ""


def media_told(status: int, words: str) -> str:
    """What to do about a refusal that is for a format; "" for another."""
    name = _header_of_media(status, words)
    named = ", ".join(_MEDIA.findall(words)) or "what the API's documentation says"
    return f"set {name} in headers to {named}" if name else ""


def _header_of_media(status: int, words: str) -> str:
    """The header that says the format, where a refusal is about that: by its status or words."""
    if status in {_NOT_ACCEPTABLE, _UNSUPPORTED}:
        return "Accept" if status == _NOT_ACCEPTABLE else "Content-Type"
    named = _OF_MEDIA.search(words) if status == httpx.codes.BAD_REQUEST else None
    return "" if named is None else (named[1] or named[2]).title()


def _media(words: str) -> Iterator[str]:
    yield from list(dict.fromkeys(_MEDIA.findall(words)))[:_MOST]
    yield from ("application/json", "*/*", "application/vnd.api+json")


_NOT_ACCEPTABLE: Final = httpx.codes.NOT_ACCEPTABLE
_UNSUPPORTED: Final = httpx.codes.UNSUPPORTED_MEDIA_TYPE
