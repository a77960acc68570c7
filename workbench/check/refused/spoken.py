"""What the words of a refusal say of a request: what it lacks, or what of it is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from json_values import as_written
from pagination import DEFAULT_POSITION_PARAM, DEFAULT_SIZE_PARAM
from paging.model import PageRequest
from settings import Settings
from workbench.check.asking.absence import Answered
from workbench.check.asking.nearby import Target
from workbench.check.asking.reading import Seen
from workbench.check.asking.sent import IN_PATH, Sent
from workbench.check.files.graphql import read_query
from workbench.check.findings import Path, Remedy, likeness, removed
from workbench.check.guesses.names import letters
from workbench.check.guesses.paths import speaks_of
from workbench.check.guesses.refusal_words import (
    dates_told,
    examples_told,
    header_missed,
    header_of_media,
    media_named,
    named_missing,
    values_told,
    variable_missed,
)

_ALIKE: Final = 0.6
_MOST: Final = 4
_KEYS: Final = re.compile(r'"[\w.$-]+": ')
_TELLING: Final = 4  # letters of a value that few words are
_TYPE: Final = re.compile(r"[\"'`](\[*[A-Z]\w*[!\]]*)[\"'`]")
_SHORTEST: Final = 2  # characters of a value that is looked for
_LONG: Final = 5  # letters of a word within a value that is looked for
_SPEAKING: Final = 8  # letters of a name that are looked for however they are joined


def lacks_of_all(seen: Seen, words: str) -> str:
    """The name that a refusal misses and that is like nothing a resource sends; "" for none."""
    name = header_missed(words) or named_missing(words)
    sent = [*seen.config.selector.headers, *seen.config.selector.query_params]
    is_own = any(likeness(str(one).lower(), name.lower()) >= _ALIKE for one in sent)
    return "" if is_own or seen.config.selector.method == "POST" else name


@dataclass(frozen=True)
class Missing:
    """What a refusal misses: where that is told, what to do; ``own``: where it would stand."""

    place: Path
    told: str
    own: Path = ()


def missing(seen: Seen, base: Path, words: str) -> Missing | None:
    """What a resource or, at ``base``, its parents lack by a refusal."""
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
        told = f"the API misses {name}: write {name} for {near}"
        return Missing((*base, part, str(near)), told)
    told = "nothing is sent: " if has_body and not given else ""
    place = (*base, part) if given else base if len(base) > 1 else ("kind",)
    allowed = f": one of {', '.join(some)}" if (some := values_told(words, name)) else ""
    shown = [*dates_told(words), *examples_told(words)]
    allowed = allowed or (f" (as {shown[0]})" if shown else "")
    told = f"the API misses {name}: {told}add {name} to {part}{allowed}"
    return Missing(place, told, (*base, part, name))


def retyped(query: str, words: str) -> Iterator[tuple[str, str]]:
    """A GraphQL query in which a variable has another type that a refusal names, and what to do."""
    read, said = read_query(query), words.replace('\\"', '"')
    for name, kind in read.declared.items() if read else ():
        is_named = re.search(rf"\${name}\b", said)
        for other in dict.fromkeys(_TYPE.findall(said)) if is_named else ():
            old, new = rf"(\${name}\s*:\s*){re.escape(kind)}(?![\w!])", rf"\g<1>{other}"
            if other != kind:
                yield re.sub(old, new, query), f"write ${name}: {other}, so it answers"


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


@dataclass(frozen=True)
class Suspect:
    """A name and its value in a request, and the setting or place in a resource they are from."""

    place: str | Path
    name: str
    value: str

    @property
    def shown(self) -> str:
        """As the file says it."""
        return f"{self.name} ({self.value})" if self.value else self.name


def suspects_of(
    sent: Iterable[Sent], base: Path, settings: Mapping[str, Sequence[str]]
) -> list[Suspect]:
    """What is sent by what asks at ``base``, and what these settings put into requests.

    Of a setting the names alone: its values may be secrets.
    """
    plain = (one for one in sent if not isinstance(one.value, dict | None))
    found = [Suspect(one.at(base), one.name, as_written(one.value)) for one in plain]
    return found + [Suspect(place, name, "") for place, names in settings.items() for name in names]


def spoken_of(suspects: Sequence[Suspect], words: str) -> tuple[Suspect, str] | None:
    """The one that the words of a refusal name most, and what to do; None for none."""
    text = _without_echoes(suspects, words)
    best = max(suspects, key=lambda one: _named(one, text), default=None)
    if best is None or not _named(best, text):
        return None
    return best, f"the API speaks of it: correct {best.shown}"


def value_named(settings: Settings, words: str) -> tuple[str, str] | None:
    """The setting of which a refusal names a value, which no path has there, and what to do."""
    held = [("queryParams", *pair) for pair in settings.query_params]
    held += [("customHeaders", *pair) for pair in settings.custom_headers.items()]
    held += [("baseUrl", "", part) for part in settings.base_url.path.split("/")]
    for setting, name, value in held:
        is_plain = len(value) < _TELLING and value.isalpha()
        is_telling = value and (not is_plain or (name and speaks_of(words, name)))
        if is_telling and speaks_of(words, value):
            told = f"the API speaks of {value}, which stands in {setting}"
            return setting, f"{told}{f' as {name}' if name else ''}: correct it"
    return None


def _without_echoes(suspects: Sequence[Suspect], words: str) -> str:
    for one in suspects:  # which the envelope of an answer repeats
        words = words.replace(f'"{one.name}": "{one.value}"', "")
    return _KEYS.sub("", words)


def _named(one: Suspect, text: str) -> float:
    """How much of it a text names: its value, or a long word of that; its name."""
    words = [word for word in re.split(r"\W+", one.value) if len(word) >= _LONG]
    wanted = [one.value, *words] if len(one.value) >= _SHORTEST else []
    longest = max((len(word) for word in wanted if _has(text, word)), default=0)
    return (2 + longest / 100 if longest else 0) + _has(text, one.name)


def _has(text: str, word: str) -> bool:
    if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text):
        return True
    spelled = letters(word)
    return len(spelled) >= _SPEAKING and spelled in letters(text)


def position_of(target: Target) -> str:
    """The name that a list's position is sent under, where the request itself has none so."""
    request, (name, *_) = target.request, _of_paging(target)
    is_own = request is not None and any(one == name for one, _ in request.params)
    return "" if is_own or target.endpoint.pagination.type == "none" else name.rpartition(".")[2]


def _of_paging(target: Target) -> tuple[str, str]:
    """The names that a list's position and size are sent under; "" for none."""
    paging = target.endpoint.pagination
    position = paging.pagination_param or DEFAULT_POSITION_PARAM.get(paging.type)
    return position or "", (paging.size_param or DEFAULT_SIZE_PARAM.get(paging.type) or "")


def without(spare: Sent, target: Target, allowed: Sequence[str]) -> tuple[Path, Remedy]:
    """The place of what a request is answered without, and what to do about it.

    ``allowed``: the values that the API lists.
    """
    told = f"without {spare.name} it answers: "
    if spare.name in _of_paging(target) and spare.part != IN_PATH:
        return spare.at(target.base), removed(f"{told}remove it, for paging sends it")
    held = f"; there may be {', '.join(allowed)}" if allowed else ""
    return spare.at(target.base), f"{told}correct its name or its value, or remove it{held}"
