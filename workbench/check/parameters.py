"""Parameters of a query by other names, or with other values, by which a request is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from msgspec.structs import replace

from json_values import Json
from paging.model import PageRequest
from workbench.check.absence import MADE_UP
from workbench.check.findings import Path, Remedy, Write, likeness
from workbench.check.missing import named_missing
from workbench.check.near import lists_of_objects
from workbench.check.reading import Seen
from workbench.check.signing import names_in
from workbench.check.suspects import Answered, Suspect
from workbench.suggest.targets import singular
from workbench.suggest.vocabulary import words_of

_MOST: Final = 12  # names, or values, that are tried
_LIKE: Final = 0.7  # likeness of a part of a value and the word that was meant
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_PARTS: Final = re.compile(r"[\w.-]+")
_JOINING: Final = ":=,;|"
"""What joins the parts of a value: where two of them are used, one may be meant."""


async def other_name(
    answered: Answered, request: PageRequest | None, seen: Seen, base: Path, words: str
) -> tuple[Path, str] | None:
    """The place of a parameter that has another name, and what to write; or None.

    That a request is answered under it proves the name only where it is refused without.
    """
    if request is None:
        return None
    asks = seen.config.selector
    given = (
        asks.query_params if len(base) == 1 else (asks.path_parameters[str(base[-1])].query_params)
    )
    for name, value in sorted(given.items(), key=lambda one: "{" not in str(one[1])):
        sent = [pair for pair in request.params if pair[0] == name]
        rest = tuple(pair for pair in request.params if pair[0] != name)
        others = [one for one in _names(str(name), str(value), seen, words) if one not in given]
        if not sent or not others or await answered(replace(request, params=rest)) is not None:
            continue
        for other in others[:_MOST]:
            renamed = (*rest, *((other, one) for _, one in sent))
            if await answered(replace(request, params=renamed)) is not None:
                instead = _line(other, value)
                return (*base, "query_params", str(name)), (
                    f"write {instead} in the place of {name}: so it answers"
                )
    return None


async def other_part(
    answered: Answered, request: PageRequest | None, base: Path, words: str
) -> tuple[Path, Remedy] | None:
    """The place in a body where the refusal's words have it nearly so, and what to write; or None.

    A key or a text is changed to a word that is much like it, and the request is answered.
    """
    if request is None or not isinstance(request.body, dict):
        return None
    part = "body_form" if request.is_form else "body"
    tries = islice(_changed(request.body, (), names_in(words)), _MOST)
    for path, told, body in tries:
        if await answered(replace(request, body=body)) is not None:
            return (*base, part, *path), told
    return None


def _changed(
    body: dict[str, Json], path: Path, words: Sequence[str]
) -> Iterator[tuple[Path, Remedy, dict[str, Json]]]:
    """The body with one key or text changed: where, what to write, and the whole."""
    for key, value in body.items():
        here = (*path, key)
        for word in _alike(key, words):
            if word not in body:
                renamed = {word if one == key else one: held for one, held in body.items()}
                yield here, f"write {word} in the place of {key}: so it answers", renamed
        if isinstance(value, str):
            for word in _alike(value, words):
                yield here, Write(word, "so it answers"), {**body, key: word}
        elif isinstance(value, dict):
            for place, told, inner in _changed(value, here, words):
                yield place, told, {**body, key: inner}


def _alike(text: str, words: Sequence[str]) -> list[str]:
    return [one for one in words if one != text and likeness(one.lower(), text.lower()) >= _LIKE]


def _line(name: str, value: object) -> str:
    text = str(value)
    return f"{name}: '{text}'" if "{" in text else f"{name}: {text}"


def _names(name: str, value: str, seen: Seen, words: str) -> list[str]:
    """Names that may be meant, the likeliest first."""
    parents = seen.config.selector.path_parameters or {}
    found = [named_missing(words)]
    for placeholder in _PLACEHOLDER.findall(value):
        found.append(placeholder)
        endpoint = getattr(parents.get(placeholder), "endpoint", None)
        segments = [one for one in str(endpoint or "").strip("/").split("/") if "{" not in one]
        for word in (singular(segments[-1]), segments[-1]) if segments else ():
            found += [word, f"{word}_id", f"{word}Id"]
    found += [*_spelled(name), *names_in(words)]
    return [one for one in dict.fromkeys(found) if one and one != name]


def _spelled(name: str) -> Iterator[str]:
    """A name in other ways of writing it, without or with what says that it is an identifier."""
    words = words_of(name)
    bare = words[:-1] if words[-1:] == ("id",) and len(words) > 1 else words
    for some in dict.fromkeys((words, bare, (*bare, "id"))):
        yield "_".join(some)
        yield some[0] + "".join(map(str.capitalize, some[1:])) if some else ""
        yield "-".join(some)


async def other_value(
    answered: Answered, request: PageRequest | None, blamed: Suspect, words: str
) -> Write | None:
    """What to write for a parameter that is refused for its value; None where nothing is found."""
    if request is None or not blamed.is_query or "{" in blamed.value:
        return None
    for other in islice(dict.fromkeys(_values(blamed.value, words)), _MOST):
        params = tuple(
            (name, other if name == blamed.name else text) for name, text in request.params
        )
        if other != blamed.value and await answered(replace(request, params=params)) is not None:
            return Write(other, "so it answers")
    return None


async def name_of_list(answered: Answered, request: PageRequest | None, blamed: Suspect) -> str:
    """What to write for a parameter that is a list, whose name ends in brackets; "" if it is none.

    It is heeded where a made-up value of it is answered otherwise than a request without it.
    """
    if request is None or not blamed.is_query or "{" in blamed.value:
        return ""
    name, rest = f"{blamed.name}[]", tuple(one for one in request.params if one[0] != blamed.name)
    without, listed, made_up = [
        await answered(replace(request, params=params))
        for params in (rest, (*rest, (name, blamed.value)), (*rest, (name, MADE_UP)))
    ]
    if listed is None or without is None or _lengths(made_up) == _lengths(without):
        return ""
    return f"write {_line(repr(name), blamed.value)} in the place of {blamed.name}: so it is heeded"


def _lengths(body: Json) -> list[int] | None:
    """How long the lists of an answer are."""
    return None if body is None else [len(rows) for _, rows in lists_of_objects(body)]


def _values(value: str, words: str) -> Iterator[str]:
    named = {one.strip(".") for one in _PARTS.findall(words)} - set(_PARTS.findall(value))
    for part in _PARTS.finditer(value):
        alike = {one: likeness(one.lower(), part[0].lower()) for one in named}
        good = [one for one in alike if alike[one] >= _LIKE]
        for one in sorted(good, key=lambda one: (-alike[one], one))[:2]:
            yield value[: part.start()] + one + value[part.end() :]
    if _PARTS.fullmatch(value):
        yield from sorted(named, key=lambda one: (-likeness(one.lower(), value.lower()), one))
    for one, other in _pairs([sign for sign in _JOINING if sign in value]):
        yield value.replace(one, other)
    yield from (value.lower(), value.upper(), value.replace("-", "_"), value.replace("_", "-"))


def _pairs(signs: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((one, other) for one in signs for other in signs if one != other)
