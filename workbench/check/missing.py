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

_NAME: Final = r"[\"'`\\]*([A-Za-z][\w.$\[\]-]*)[\"'`\\]*"
_WHAT: Final = r"(?:parameter|param|field|property|argument|attribute|key|header)"
_LACKS: Final = (
    r"(?:missing|required|mandatory|not (?:specified|provided|set|present|given)|present)"
)
_IS: Final = r"(?:is|was|must|may not|cannot)"
_GIVEN: Final = r"(?:supplied|provided|given|specified|sent)"
_MAY: Final = r"(?:must|may|can|should)(?: ?not|n?'t)?"
_ALONE: Final = r"(?<!\w)(?<!\w )"  # no word of a sentence stands before it
_SAYINGS: Final = tuple(
    re.compile(text, re.IGNORECASE)
    for text in (
        rf"{_NAME} (?:\w+ )?{_WHAT} {_IS} (?:be )?(?:{_LACKS}|null|empty)",
        rf"{_WHAT} {_NAME}[\"', :}}]*(?:\w+\W+){{0,2}}{_IS} (?:be )?(?:{_LACKS}|null|empty)",
        rf"{_LACKS} (?:\w+ )?(?:{_WHAT}|value(?: for)?)s?:? {_NAME}",
        rf"(?:specify|provide|supply|give)(?: a| an| the)? (?:value for|{_WHAT}) {_NAME}",
        rf"{_NAME} (?:is|are) {_LACKS}",
        rf"\bno {_NAME} (?:\w+ )?(?:was|is|were|has been) (?:\w+ )?{_GIVEN}",
        rf"{_ALONE}{_NAME}[:\[ ]{{1,4}}[\"'\\]*{_MAY} be (?:{_LACKS}|null|empty|blank)",
        rf"{_ALONE}{_NAME}: must be",
    )
)
_QUOTED: Final = re.compile(
    rf"{_WHAT}s?[\"'`\\]*:? ?[\"'`\\]+([A-Za-z][\w.$\[\]-]*)[\"'`\\]", re.IGNORECASE
)
_MISSED: Final = re.compile(rf"\b(?:{_LACKS}|null|empty|blank)\b", re.IGNORECASE)
_SPOKEN: Final = re.compile(r"param|header|query|field|argument|propert", re.IGNORECASE)
_DULL: Final = frozenset(
    ["a", "an", "the", "this", "that", "is", "one", "it", "parameter", "field", "value", "body"]
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
    if quoted and _MISSED.search(words):
        return quoted[1]
    for saying in _SAYINGS:
        for found in saying.findall(words):
            if found.lower() not in _DULL:
                return str(found)
    return ""


def parameter_missed(words: str) -> str:
    """As ``named_missing``, where the words speak of a parameter, and not of a credential."""
    return named_missing(words) if _SPOKEN.search(words) else ""


def lacks_of_all(seen: Seen, words: str) -> str:
    """The name that a refusal misses and that is like nothing a resource sends; "" for none."""
    headers = [one for one in headers_named(words) if "header" in words.lower()]
    name = headers[0] if headers else named_missing(words)
    sent = [*seen.config.selector.headers, *seen.config.selector.query_params]
    is_own = any(likeness(str(one).lower(), name.lower()) >= _ALIKE for one in sent)
    return "" if is_own or seen.config.selector.method == "POST" else name


def missing(seen: Seen, base: Path, words: str) -> Missing | None:
    """What a refusal says that a resource or, at ``base``, its parents do not send."""
    headers = [one for one in headers_named(words) if "header" in words.lower()]
    name = headers[0] if headers else named_missing(words)
    if not name:
        return None
    selector = seen.config.selector
    asks = selector if len(base) == 1 else selector.path_parameters[str(base[-1])]
    has_body = asks.method == "POST"
    own = "body_form" if asks.body_form else "body"
    part = "headers" if headers else own if has_body else "query_params"
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
    """The header by which a request is accepted that was refused for its format; "" for none."""
    if request is None or status not in {_NOT_ACCEPTABLE, _UNSUPPORTED}:
        return ""
    name = "Accept" if status == _NOT_ACCEPTABLE else "Content-Type"
    for value in _media(words):
        others = tuple(pair for pair in request.headers if pair[0].lower() != name.lower())
        tried = replace(request, headers=(*others, (name, value)))
        if await answered(tried) is not None:
            return f"write headers: {{{name}: {value}}}: so it answers"
    named = ", ".join(_MEDIA.findall(words)) or "what the API's documentation says"
    return f"set {name} in headers to {named}"


def _media(words: str) -> Iterator[str]:
    yield from list(dict.fromkeys(_MEDIA.findall(words)))[:_MOST]
    yield from ("application/json", "*/*", "application/vnd.api+json")


_NOT_ACCEPTABLE: Final = httpx.codes.NOT_ACCEPTABLE
_UNSUPPORTED: Final = httpx.codes.UNSUPPORTED_MEDIA_TYPE
