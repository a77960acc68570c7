"""What a JSON text decodes to, and how to find one's way in it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Final, cast

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
"""What a JSON text decodes to: objects, arrays, texts, numbers, booleans, None."""

_SHOWN = 20  # keys named in a message
_BEGINNING = 4096  # characters


class Missing(Enum):
    """The type of ``MISSING``, its only member."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing.MISSING
"""What a look-up gives when the key is not there; a key that holds null gives None."""

type Found = Json | Missing
"""What a look-up gives."""


def follow(body: Found, keys: Iterable[str | int]) -> Found:
    """The value under nested keys and indices, MISSING when the way to it breaks off."""
    for key in keys:
        match key:
            case str() if isinstance(body, dict) and key in body:
                body = body[key]
            case int() if isinstance(body, list) and -len(body) <= key < len(body):
                body = body[key]
            case _:
                return MISSING
    return body


def with_value(body: Json, path: Sequence[str | int], value: Json) -> Json:
    """A copy of a body with another value under nested keys and indices; objects are made."""
    match path:
        case [int() as at, *rest] if isinstance(body, list):
            around = [*body]
            around[at] = with_value(body[at], rest, value)
            return around
        case [str() as key, *rest]:
            holder = body if isinstance(body, dict) else {}
            return {**holder, key: with_value(holder.get(key), rest, value)}
        case _:
            return value


def texts_in(value: object) -> Iterator[str]:
    """Every text in a JSON value, without the keys of objects."""
    match value:
        case str():
            yield value
        case Mapping():
            for inner in value.values():
                yield from texts_in(inner)
        case list() | tuple():
            for inner in value:
                yield from texts_in(inner)
        case _:
            pass


def with_texts(
    value: object, rewrite: Callable[[str], Json], *, keys: Callable[[str], str] = str
) -> Json:
    """A JSON value with each of its texts replaced by what a function makes of it.

    The keys of objects are replaced by what ``keys`` makes of them.
    """
    match value:
        case str():
            return rewrite(value)
        case Mapping():
            return {
                keys(str(key)): with_texts(inner, rewrite, keys=keys)
                for key, inner in value.items()
            }
        case list() | tuple():
            return [with_texts(inner, rewrite, keys=keys) for inner in value]
        case _:
            return cast("Json", value)


def beginning_of(body: Json) -> str:
    """The JSON text that a value begins with: of a large one only what is looked at is written."""
    text = ""
    for part in json.JSONEncoder().iterencode(body):
        text += part
        if len(text) > _BEGINNING:
            break
    return text


def lists_in(body: Json, deepest: int = 2) -> list[list[Json]]:
    """The lists a body is or holds, at most ``deepest`` objects deep."""
    level, lists = [body], []
    for _ in range(deepest + 1):
        lists += [value for value in level if isinstance(value, list)]
        level = [inner for value in level if isinstance(value, dict) for inner in value.values()]
    return lists


def escaped(text: str) -> str:
    """A text without line breaks or control characters: no API is to forge lines of a log."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def keys_of(body: object) -> str:
    """The keys a person would look at to correct a path, in one short text."""
    match body:
        case dict():
            names = [escaped(str(name)) for name in sorted(body, key=str)]
            shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
            return f"the keys {shown}" if names else "an empty object"
        case list():
            inner = next((item for item in body if isinstance(item, dict)), None)
            return f"an array of {len(body)}" + (
                f", its items with {keys_of(inner)}" if inner else ""
            )
        case _:
            return f"a {type(body).__name__}" if body is not None else "null"


def as_written(value: Json) -> str:
    """A text as it is, any other value as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value)


def pairs_of(params: Mapping[str, Json], spell: Callable[[Json], str]) -> Iterator[tuple[str, str]]:
    """Parameters as forms and query strings have them: lists are repeated, nulls dropped."""
    for name, value in params.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                yield name, spell(one)


def as_text(value: Json) -> str:
    """A scalar as it stands in URLs: booleans as JSON writes them, numbers plain."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return json.dumps(value)
