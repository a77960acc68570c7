"""Finding a value in a JSON body: by key, by dot path or by jq.

A plain path (``.data.items``, ``.["odd key"].list[]``) is a dictionary look-up on the
body that was parsed once; only what a look-up cannot express goes through jq. Programs are
checked here, and never run: whoever needs what one gives asks a ``Jq`` for it, which runs
them where they can do no harm.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Protocol

import jq

from errors import MappingError

Json = Any
"""What a JSON text decodes to: objects, arrays, texts, numbers, booleans, None."""


LONGEST_PROGRAM: Final = 4096
"""Characters of a program that is checked here: jq takes the square of its length to compile
some, and is not to be stopped. The slowest of this length take a fifth of a second."""


EMBEDDED: Final = re.compile(
    r"\{\{\s*+((?:[^\S\n]*+(?!\{\{|\}\})\S)*+)\s*\}\}"  # never goes back: texts may be long
)
"""A program within a text, ``{{ program }}``, in one line; its group is the program alone."""


class _Missing:
    """The type of ``MISSING``."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()
"""What a look-up gives when the key is not there; a key that holds null gives None."""


class JqError(ValueError):
    """A program failed on what it was given; the text is jq's own."""


class Jq(Protocol):
    """Whoever runs jq programs."""

    async def outputs(self, program: str, value: Json, *, where: str) -> list[Json]:
        """The outputs of a program on a value.

        Raises JqError when it fails, and MappingError, about what stands ``where``, when it
        takes too much time or space.
        """


_STEP = re.compile(
    r"""\.?\[\s*"(?P<bracketed>[^"\\]*)"\s*\]   # ["key"] or .["key"]
      | \."(?P<quoted>[^"\\]*)"                 # ."key"
      | \.(?P<plain>[A-Za-z_][A-Za-z0-9_]*)     # .key
    """,
    re.VERBOSE,
)
_INDEX = re.compile(r"\.?\[\s*(-?[0-9]+)\s*\]")  # [-1] or .[-1]
_JQ_PLACE = re.compile(r" ?\(?at <[^<>]*>(, line \d+)?(, column \d+)?\)?:?")
# Values may hold anything: they end with the last bracket that there is.
_TYPES = "(?:null|boolean|number|string|array|object)"
_VALUE = re.compile(rf"({_TYPES}) \(.*\)", re.DOTALL)
_TWO_VALUES = re.compile(rf"({_TYPES}) \(.*\)( and {_TYPES}) \(.*\)", re.DOTALL)
_SHOWN = 20  # keys named in a message
# What reads or ends more than the program itself; jq names the definition when one is used.
_REFUSED = (
    "input", "inputs", "debug", "debug(f)", "stderr", "halt", "halt_error", "halt_error(f)",
    "input_filename", "input_line_number", "get_search_list", "modulemeta",
)  # fmt: skip
_REFUSALS = "".join(f"def {name}: {name.partition('(')[0]}_is_refused; " for name in _REFUSED)
_IS_REFUSED = re.compile(r"\b(\w+)_is_refused/0 is not defined")
_NO_ENVIRONMENT = "def env: {}; {} as $ENV | "


def plain_path(program: str) -> tuple[str, ...] | None:
    """The keys of a jq program that is a plain path, () for ``.``, None for any other program."""
    text = program.strip()
    keys, end = _leading_keys(text)
    return keys if text == "." or (keys and end == len(text)) else None


def _leading_keys(program: str) -> tuple[tuple[str, ...], int]:
    keys: list[str] = []
    end = 0
    # A bracket without a dot before it, at the start, builds an array.
    while (step := _STEP.match(program, end)) and (keys or program[0] == "."):
        keys.append(_key(step))
        end = step.end()
    return tuple(keys), end


def _key(step: re.Match[str]) -> str:
    return next(key for key in step.groups() if key is not None)


def _indexed_path(program: str) -> tuple[str | int, ...] | None:
    """The keys and indices of a jq program that has nothing else: ``.data[-1].id``."""
    text = program.strip()
    steps: list[str | int] = []
    end = 0
    while end < len(text) and text[0] == ".":
        if step := _STEP.match(text, end):
            steps.append(_key(step))
        elif step := _INDEX.match(text, end):
            steps.append(int(step[1]))
        else:
            return None
        end = step.end()
    return tuple(steps) if steps else None


def follow(body: Json, keys: Iterable[str | int]) -> Json:
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


def checked(program: str, where: str) -> str:
    """The program as jq takes it, once jq has compiled it.

    As in Ocean's own expressions, 'x' may be written for "x". Raises MappingError, naming
    ``where`` it stands, when jq refuses the program, it uses what is not for mappings, or it
    is longer than ``LONGEST_PROGRAM``.
    """
    if len(program) > LONGEST_PROGRAM:
        raise MappingError(
            f"{where} has {len(program):,} characters, but may have {LONGEST_PROGRAM:,}; shorten"
            " the expression"
        )
    quoted = program if '"' in program else program.replace("'", '"')
    try:
        # jq calculates with constants while it compiles, and "x" * 1e9 takes a gigabyte; a
        # remainder has the same form and precedence, and only the form counts here.
        jq.compile(source_of(quoted.replace("*", "%"), environment=False))
    except ValueError as error:
        if refused := refused_in(error):
            raise MappingError(
                f"{where} {program!r} uses {refused}, which is not for mappings; remove it"
            ) from None
        raise MappingError(
            f"{where} {program!r} is not a jq program ({jq_reason(error)}); correct the expression"
        ) from None
    return quoted


def source_of(program: str, *, environment: bool) -> str:
    """A program with what takes from it all that reaches out of it.

    That is the process environment, unless ``environment``; inputs, files and messages of
    jq's command line; and ``halt``, which would end it early without an error.
    """
    return _REFUSALS + with_environment(program, environment=environment)


def with_environment(program: str, *, environment: bool) -> str:
    """A program that sees the process environment or, unless ``environment``, an empty one."""
    return program if environment else _NO_ENVIRONMENT + program


def refused_in(error: ValueError) -> str | None:
    """What a program used that ``source_of`` takes from it, by jq's error; None for another one."""
    refused = _IS_REFUSED.search(str(error))
    return refused[1] if refused else None


def first_of(program: str) -> str:
    """The program with its first output only, none where it has none."""
    return f"first({program}\n)"


def jq_reason(error: ValueError) -> str:
    """Jq's own first line about an error, without where in the program text it thinks it is.

    Without the values it quotes, too: see ``without_values``.
    """
    first = next(iter(str(error).splitlines()), "") or "it failed"
    return without_values(_JQ_PLACE.sub("", first.removeprefix("jq: error: ")).strip(" :"))


def without_values(reason: str) -> str:
    """What jq says of values, by their types alone: ``string ("b7ec...) cannot be added``.

    It cuts the values it quotes, and of half a secret nobody can tell that it is one.
    """
    return _VALUE.sub(r"\1", _TWO_VALUES.sub(r"\1\2", reason))


Found = Mapping[str, Json]
"""What the programs of look-ups gave on one body, by program; see ``find``."""

NOTHING_FOUND: Final[Found] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Lookup:
    """A way to a value: paths to try one after the other or, where there are none, a program."""

    path: str
    where: str
    ways: tuple[tuple[str | int, ...], ...] = ()
    program: str = ""

    @property
    def looks_into_rows(self) -> bool:
        """Whether it may read another row of a list than the first and the last."""
        steps = (step for way in self.ways for step in way if isinstance(step, int))
        return not self.ways or any(step not in {0, -1} for step in steps)

    def __call__(self, body: Json, found: Found = NOTHING_FOUND) -> Json:
        """The value, MISSING when nothing is there.

        For a program ``found`` holds what it gave: MISSING too when that was null, or when
        it failed on the body.
        """
        if not self.ways:
            return found[self.program]
        values = (follow(body, way) for way in self.ways)
        return next((value for value in values if value is not MISSING), MISSING)


def compile_lookup(path: str, where: str) -> Lookup:
    """A look-up by literal key, by dot path or, when ``path`` starts with a dot, by jq.

    Raises MappingError when jq refuses the path.
    """
    if not path.startswith("."):
        return Lookup(path, where, ways=((path,), tuple(path.split("."))))
    program = checked(path, where)
    if path.strip() == ".":
        return Lookup(path, where, ways=((),))
    steps = _indexed_path(path)
    return Lookup(path, where, ways=(steps,)) if steps else Lookup(path, where, program=program)


async def find(lookups: Iterable[Lookup], body: Json, jq: Jq) -> Found:
    """What the programs among look-ups give on a body; raises MappingError as ``jq`` does."""
    asked = [lookup for lookup in lookups if not lookup.ways]
    if not asked:
        return NOTHING_FOUND
    each = (f"[try {first_of(lookup.program)} catch null][0]" for lookup in asked)
    where = " and ".join(f"{lookup.where} {lookup.path!r}" for lookup in asked)
    values = await jq.outputs(", ".join(each), body, where=where)
    return {
        lookup.program: MISSING if value is None else value
        for lookup, value in zip(asked, values, strict=True)
    }


def lists_in(body: Json, deepest: int = 2) -> list[list[Json]]:
    """The lists a body is or holds, at most so many objects deep."""
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


def keys_of(body: Json) -> str:
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
