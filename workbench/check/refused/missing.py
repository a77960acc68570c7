"""What a request lacks: a parameter, a part of the body or a header that the refusal names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from paging.model import PageRequest
from workbench.check.asking.absence import Answered
from workbench.check.asking.reading import Seen
from workbench.check.findings import Path, likeness
from workbench.check.guesses.refusal_words import (
    header_missed,
    header_of_media,
    media_named,
    named_missing,
    variable_missed,
)

_ALIKE: Final = 0.6
_MOST: Final = 4


@dataclass(frozen=True)
class Missing:
    """Where to write what a request lacks, and what to do."""

    path: Path
    remedy: str


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
    name = header_of_media(status, words)
    if request is None or not name:
        return ""
    usual = ("application/json", "*/*", "application/vnd.api+json")
    for value in (*media_named(words)[:_MOST], *usual):
        others = tuple(pair for pair in request.headers if pair[0].lower() != name.lower())
        tried = replace(request, headers=(*others, (name, value)))
        if await answered(tried) is not None:
            return f"write headers: {{{name}: {value}}}: so it answers"
    return ""


def media_told(status: int, words: str) -> str:
    """What to do about a refusal that is for a format; "" for another."""
    name = header_of_media(status, words)
    named = ", ".join(media_named(words)) or "what the API's documentation says"
    return f"set {name} in headers to {named}" if name else ""
