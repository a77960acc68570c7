"""Finding a value in a JSON body: by key, by dot path or by jq.

A plain path (``.data.items``, ``.["odd key"].list[]``) is a dictionary look-up on the
body that was parsed once; only what a look-up cannot express goes through jq.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import jq

from errors import MappingError

Json = Any
"""What a JSON text decodes to: objects, arrays, texts, numbers, booleans, None."""


class _Missing:
    """The type of ``MISSING``."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()
"""What a look-up gives when the key is not there; a key that holds null gives None."""

Lookup = Callable[[Json], Json]

_STEP = re.compile(
    r"""\.?\[\s*"(?P<bracketed>[^"\\]*)"\s*\]   # ["key"] or .["key"]
      | \."(?P<quoted>[^"\\]*)"                 # ."key"
      | \.(?P<plain>[A-Za-z_][A-Za-z0-9_]*)     # .key
    """,
    re.VERBOSE,
)
_JQ_PLACE = re.compile(r" ?\(?at <[^>]*>(, line \d+)?(, column \d+)?\)?:?")
_KEPT = re.compile(r"\s*as\b")
_SHOWN = 20  # keys named in a message
_NO_ENVIRONMENT = "def env: {}; {} as $ENV | "


def plain_path(program: str) -> tuple[str, ...] | None:
    """The keys of a jq program that is a plain path, () for ``.``, None for any other program."""
    text = program.strip()
    keys, end = _leading_keys(text)
    return keys if text == "." or (keys and end == len(text)) else None


def leading_path(program: str) -> tuple[str, ...]:
    """The plain path a jq program begins with: ``[.data[] | select(.x)]`` reads ``data``."""
    text = program.lstrip("[( \t\n")
    keys, end = _leading_keys(text)
    # What is kept in a variable is not what the program reads its items from.
    return () if _KEPT.match(text, end) else keys


def _leading_keys(program: str) -> tuple[tuple[str, ...], int]:
    keys: list[str] = []
    end = 0
    # A bracket without a dot before it, at the start, builds an array.
    while (step := _STEP.match(program, end)) and (keys or program[0] == "."):
        keys.append(next(key for key in step.groups() if key is not None))
        end = step.end()
    return tuple(keys), end


def follow(body: Json, keys: Iterable[str]) -> Json:
    """The value under nested keys, MISSING when the way to it breaks off."""
    for key in keys:
        if not isinstance(body, dict) or key not in body:
            return MISSING
        body = body[key]
    return body


def compile_jq(program: str, where: str, *, environment: bool = False, prelude: str = "") -> Json:
    """Compile a jq program, blind to the process environment unless ``environment``.

    ``prelude`` holds definitions for it.

    Raises MappingError, naming ``where`` it stands, when jq refuses the program.
    """
    # As in Ocean's own expressions, 'x' may be written for "x".
    quoted = program if '"' in program else program.replace("'", '"')
    before = prelude if environment else _NO_ENVIRONMENT + prelude
    try:
        return jq.compile(before + quoted)
    except ValueError as error:
        raise MappingError(
            f"{where} {program!r} is not a jq program ({jq_reason(error)}); correct the expression"
        ) from None


def jq_reason(error: ValueError) -> str:
    """Jq's own first line about an error, without where in the program text it thinks it is."""
    first = next(iter(str(error).splitlines()), "") or "it failed"
    return _JQ_PLACE.sub("", first.removeprefix("jq: error: ")).strip(" :")


def compile_lookup(path: str, where: str) -> Lookup:
    """A look-up by literal key, by dot path or, when ``path`` starts with a dot, by jq.

    The look-up gives MISSING when nothing is there, and for jq when the result is null
    or the program fails on the body.
    """
    if not path.startswith("."):
        literal, dotted = (path,), tuple(path.split("."))
        return lambda body: (
            value if (value := follow(body, literal)) is not MISSING else follow(body, dotted)
        )
    if (keys := plain_path(path)) is not None:
        return lambda body: follow(body, keys)
    program = compile_jq(path, where)

    def run(body: Json) -> Json:
        try:
            value = next(iter(program.input_value(body)), None)
        except ValueError:
            return MISSING
        return MISSING if value is None else value

    return run


def lists_in(body: Json) -> list[list[Json]]:
    """The lists a body is or holds, at most two objects deep."""
    level, lists = [body], []
    for _ in range(3):
        lists += [value for value in level if isinstance(value, list)]
        level = [inner for value in level if isinstance(value, dict) for inner in value.values()]
    return lists


def keys_of(body: Json) -> str:
    """The keys a person would look at to correct a path, in one short text."""
    match body:
        case dict():
            names = sorted(map(str, body))
            shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
            return f"the keys {shown}" if names else "an empty object"
        case list():
            inner = next((item for item in body if isinstance(item, dict)), None)
            return f"an array of {len(body)}" + (
                f", its items with {keys_of(inner)}" if inner else ""
            )
        case _:
            return f"a {type(body).__name__}" if body is not None else "null"
