"""Look-ups in the answer of a login: its JSON body, ``$headers``, ``$cookies`` and ``$text``.

They are run on one JSON document, ``{"body": …, "headers": {…}, "cookies": {…}, "text": "…"}``.
"""

from jq_engine.lookups import Lookup, compile_lookup
from jq_engine.paths import indexed_path

_AROUND = ".headers as $headers | .cookies as $cookies | .text as $text | .body | "


def answer_lookup(program: str, where: str) -> Lookup:
    """A look-up in such a document; raises MappingError when jq refuses the program."""
    if "$" in program:
        return compile_lookup(f"{_AROUND}({program})", where)
    is_path = program.startswith(".") and indexed_path(program)
    return compile_lookup(f".body{program}" if is_path else f".body | ({program})", where)
