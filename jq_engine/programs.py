"""jq programs of a mapping or a setting: checked, and never run here.

A ``Jq`` runs them, where they can do no harm.
"""

import re
from typing import Final, Protocol

import jq

from errors import MappingError, Where
from json_values import Json, texts_in

LONGEST_PROGRAM: Final = 4096
"""Characters of a program that is checked here: jq takes the square of its length to compile
some, and is not to be stopped. The slowest of this length take a fifth of a second."""


EMBEDDED: Final = re.compile(
    r"\{\{\s*+((?:[^\S\n]*+(?!\{\{|\}\})\S)*+)\s*\}\}"  # never goes back: texts may be long
)
"""A program within a text, ``{{ program }}``, in one line; its group is the program alone."""


def programs_in(value: object) -> list[str]:
    """The programs within the texts of a JSON value, each once."""
    return list(dict.fromkeys(one for text in texts_in(value) for one in EMBEDDED.findall(text)))


class JqError(ValueError):
    """A program failed on what it was given; the text is jq's own."""


class Jq(Protocol):
    """Runs jq programs."""

    async def outputs(self, program: str, value: Json, *, where: Where) -> list[Json]:
        """The outputs of a program on a value.

        Raises JqError when it fails, and MappingError, about what stands ``where``, when it
        takes too much time or space.
        """


_JQ_PLACE = re.compile(r" ?\(?at <[^<>]*>(, line \d+)?(, column \d+)?\)?:?")
# Values may hold anything: they end with the last bracket that there is.
_TYPES = "(?:null|boolean|number|string|array|object)"
_VALUE = re.compile(rf"({_TYPES}) \(.*\)", re.DOTALL)
_TWO_VALUES = re.compile(rf"({_TYPES}) \(.*\)( and {_TYPES}) \(.*\)", re.DOTALL)
# What reads or ends more than the program itself; jq names the definition when one is used.
_REFUSED = (
    "input", "inputs", "debug", "debug(f)", "stderr", "halt", "halt_error", "halt_error(f)",
    "input_filename", "input_line_number", "get_search_list", "modulemeta",
)  # fmt: skip
_REFUSALS = "".join(f"def {name}: {name.partition('(')[0]}_is_refused; " for name in _REFUSED)
_IS_REFUSED = re.compile(r"\b(\w+)_is_refused/0 is not defined")
_NO_ENVIRONMENT = "def env: {}; {} as $ENV | "


def checked(program: str, where: Where) -> str:
    """The program as jq takes it, once jq has compiled it.

    As in Ocean's own expressions, 'x' may be written for "x". Raises MappingError, naming
    ``where`` it stands, when jq refuses the program, it uses what is not for mappings, or it
    is longer than ``LONGEST_PROGRAM``.
    """
    if len(program) > LONGEST_PROGRAM:
        raise MappingError(
            f"has {len(program):,} characters, but may have {LONGEST_PROGRAM:,}",
            remedy="shorten the expression",
            where=where,
        )
    quoted = program if '"' in program else program.replace("'", '"')
    try:
        # jq calculates with constants while it compiles, and "x" * 1e9 takes a gigabyte; a
        # remainder has the same form and precedence, and only the form counts here.
        jq.compile(source_of(quoted.replace("*", "%"), environment=False))
    except ValueError as error:
        if refused := refused_in(error):
            raise MappingError(
                f"{program!r} uses {refused}, which is not for mappings", "remove it", where=where
            ) from None
        raise MappingError(
            f"{program!r} is not a jq program ({jq_reason(error)})",
            remedy=_remedy(program),
            where=where,
        ) from None
    return quoted


def is_json_path(program: str) -> bool:
    """Whether a text is JSONPath (RFC 9535), which jq refuses: a ``$`` and a segment."""
    return program.strip().startswith(("$.", "$["))


def _remedy(program: str) -> str:
    """What to do about a text that is no jq program; the simpler part of JSONPath is put in jq."""
    if not is_json_path(program):
        return "correct the expression"
    path = program.strip().removeprefix("$").removeprefix(".").replace("[*]", "[]")
    return f"it looks like JSONPath, which begins with $; in jq it may be {'.' + path!r}"


def source_of(program: str, *, environment: bool) -> str:
    """A program that can reach nothing outside itself.

    Not the process environment, unless ``environment``; not inputs, files and messages of jq's
    command line; and not ``halt``, which would end it early without an error.
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
    """The first line of jq's error, without its place in the program and without values.

    See ``without_values``.
    """
    first = next(iter(str(error).splitlines()), "") or "it failed"
    return without_values(_JQ_PLACE.sub("", first.removeprefix("jq: error: ")).strip(" :"))


def without_values(reason: str) -> str:
    """What jq says of values, by their types alone: ``string ("b7ec...) cannot be added``.

    It cuts the values it quotes, and of half a secret nobody can tell that it is one.
    """
    return _VALUE.sub(r"\1", _TWO_VALUES.sub(r"\1\2", reason))
