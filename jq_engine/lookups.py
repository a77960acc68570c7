"""Finding one value in a JSON body: by key, by dot path or by jq.

A plain path (``.data.items``, ``.["odd key"].list[]``) is a dictionary look-up on the
body that was parsed once; only what a look-up cannot express goes through jq.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from errors import MappingError, Where, quoting
from http_headers import is_header_name
from jq_engine.paths import indexed_path
from jq_engine.programs import Jq, checked, first_of, is_json_path
from json_values import MISSING, Found, Json, follow

Given = Mapping[str, Found]
"""What the programs of look-ups gave on one body, by program; see ``find``."""

NOTHING_FOUND: Final[Given] = MappingProxyType({})

_HEADER = "header:"
_NAMED_HEADER = re.compile(r"""\$headers\.?(?:\["[^"\\]*"\]|\w+)""")
_OF_ANSWER = ".headers as $headers | .cookies as $cookies | .text as $text | .body | "


class Lookup(Struct, frozen=True):
    """A way to a value: paths to try one after the other or, where there are none, a program.

    ``header``: the value is that of a header of the answer, rather than in its body.
    """

    path: str
    where: Where
    ways: tuple[tuple[str | int, ...], ...] = ()
    program: str = ""
    header: str = ""

    @property
    def looks_into_rows(self) -> bool:
        """Whether it may read another row of a list than the first and the last."""
        steps = (step for way in self.ways for step in way if isinstance(step, int))
        return bool(self.program) or any(step not in {0, -1} for step in steps)

    def __call__(self, body: Json, given: Given = NOTHING_FOUND) -> Found:
        """The value, MISSING when nothing is there.

        For a program ``given`` holds what it gave: MISSING too when that was null, or when
        it failed on the body.
        """
        if self.program:
            return given[self.program]
        values = (follow(body, way) for way in self.ways)
        return next((value for value in values if value is not MISSING), MISSING)


def compile_lookup(path: str, where: Where) -> Lookup:
    """A look-up by literal key, by dot path or, when ``path`` starts with a dot, by jq.

    ``header:x-next`` is a header of the answer. Raises MappingError when jq refuses the path, and
    for what names no header or is JSONPath.
    """
    if path[: len(_HEADER)].lower() == _HEADER:
        return Lookup(path, where, header=_header_name(path, where))
    if not path.startswith(".") and not is_json_path(path):
        return Lookup(path, where, ways=((path,), tuple(path.split("."))))
    program = checked(path, where)
    if path.strip() == ".":
        return Lookup(path, where, ways=((),))
    steps = indexed_path(path)
    return Lookup(path, where, ways=(steps,)) if steps else Lookup(path, where, program=program)


def _header_name(path: str, where: Where) -> str:
    name = path[len(_HEADER) :].strip()
    if not is_header_name(name):
        raise MappingError(
            f"is {path!r}, which names no header",
            remedy=f"write {_HEADER} and the header's name, such as {_HEADER}x-next-cursor",
            where=where,
        )
    return name


def compile_answer_lookup(program: str, where: Where) -> Lookup:
    """A look-up in the answer of a login: its JSON body, ``$headers``, ``$cookies`` and ``$text``.

    It is run on ``{"body": …, "headers": {…}, "cookies": {…}, "text": "…"}``. Raises MappingError
    when jq refuses the program.
    """
    if "$" in program:
        # RFC 9110, 5.1: the names of headers have no case.
        program = _NAMED_HEADER.sub(lambda found: found[0].lower(), program)
        return compile_lookup(f"{_OF_ANSWER}({program})", where)
    is_path = program.startswith(".") and indexed_path(program)
    return compile_lookup(f".body{program}" if is_path else f".body | ({program})", where)


async def find(lookups: Iterable[Lookup], body: Json, jq: Jq) -> Given:
    """What the programs among look-ups give on a body; raises MappingError as ``jq`` does."""
    asked = [lookup for lookup in lookups if lookup.program]
    if not asked:
        return NOTHING_FOUND
    each = (f"[try {first_of(lookup.program)} catch null][0]" for lookup in asked)
    where = " and ".join(str(quoting(lookup.where, lookup.path)) for lookup in asked)
    values = await jq.outputs(", ".join(each), body, where=where)
    return {
        lookup.program: MISSING if value is None else value
        for lookup, value in zip(asked, values, strict=True)
    }
