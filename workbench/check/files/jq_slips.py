"""What a text was most likely meant to be that is no jq program: each was compiled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from errors import MappingError
from framework.mapped_items import program_of
from jq_engine.worker import JqWorker
from workbench.check.files.mapping import is_word
from workbench.check.findings import Path, Remedy, Write, nearest

_UNDEFINED: Final = re.compile(r"(\$?[\w:]+)/(\d+) is not defined|\$(\w+) is not defined")
_HYPHENED: Final = re.compile(r"\.([A-Za-z_]\w*(?:-\w+)+)")
_SIGNED: Final = re.compile(r"\.([@#$][\w:.-]*\w|[A-Za-z_][\w-]*(?:[:@][\w-]*\w)+)")
"""A key with a sign in it, as XML's attributes and JSON-LD's keys have."""
_SPACED: Final = re.compile(r"\.([A-Za-z_]\w*(?: +(?!(?:and|or|then|else|end|as)\b)[A-Za-z_]\w*)+)")
"""A key with a blank in it, as columns of tables have."""
_BARE: Final = re.compile(r'([+]|==|!=)\s*([^\s".+()\[\]{}|,$][^\s"+()\[\]{}|,]*)')
_CALLED: Final = re.compile(r'(\S+)\s+(?:\|\s*)?([a-z]\w*)\s+("[^"]*")')
"""A function without the brackets around what it is given."""
_UNCLOSED: Final = re.compile(r"(\([^()]*\|\s*\w+)(?=\s*(?:[+*<>=!-]|//|and\b|or\b))")
"""A bracket for one function, without its end before an operator."""
_BESIDE: Final = re.compile(r'(\.[\w.]+|"(?:[^"\\]|\\.)*")\s+(?=[".])')
"""A value with another one behind it, and no sign between them."""
_DOUBLED: Final = re.compile(r'("(?:[^"\\]|\\.)*")|(//|[-+*%,|<>]|\b(?:and|or)\b)(?:\s*\2)+')
"""A text, or an operator that stands there more than once."""
_COMPARED: Final = re.compile(r"(==|!=)\s*$")


async def meant(text: str, fault: str, path: Path, bound: str, jq: JqWorker) -> Remedy:
    """What to write for a text that is no program; ``bound`` goes before it, ``fault`` is jq's."""
    bare = text.strip()
    undefined = _UNDEFINED.search(fault)
    name = (undefined[1] or undefined[3]) if undefined else ""
    near = nearest(name, await _functions(jq)) if name else None
    called = re.sub(rf"(?<=\|)(\s*){re.escape(name)}\b", rf"\1{near}", bare) if near else bare
    for candidate in dict.fromkeys((called, *_candidates(bare, name, path))):
        if candidate != bare and await _compiles(bound + candidate, jq):
            text_too = is_word(bare) and path[-1] != "blueprint"
            also = f"'\"{bare}\"' for the text itself" if text_too else ""
            return Write(candidate, also=also)
    if name:
        if near and await _compiles(bound + re.sub(rf"\b{re.escape(name)}\b", near, bare), jq):
            return Write(re.sub(rf"\b{re.escape(name)}\b", near, bare))
        return f'{name} is no function of jq: write "{name}" for the text, .{name} for a key'
    return next(_unclosed(bare), "correct the expression")


def _candidates(bare: str, name: str, path: Path) -> Iterator[str]:
    """What other languages and slips of the hand make of jq, the likeliest first."""
    if path[-1] == "blueprint" and is_word(bare):
        yield f'"{bare}"'
    if hyphened := _HYPHENED.search(bare):
        yield bare.replace(hyphened[0], f'."{hyphened[1]}"')
    if spaced := _SPACED.search(bare):
        yield bare.replace(spaced[0], f'."{spaced[1]}"')
    yield _SIGNED.sub(r'."\1"', bare)
    if re.fullmatch(r"[A-Za-z_][\w.]*", bare):
        yield f".{bare}"
    # What stands beside a value elsewhere is another value, and in a condition another one.
    either = "or" if path[-1] in {"query", "filter"} else "//"
    yield from _of_others(bare, either)
    yield from _named(bare, name)
    if called := _CALLED.fullmatch(bare):
        before, function, given = called.groups()
        # That a list contains a text, jq says by its index.
        is_held = function == "contains"
        yield f"{before} | " + (f"index({given}) != null" if is_held else f"{function}({given})")
    yield _DOUBLED.sub(lambda one: one[1] or one[2], bare)
    yield _BARE.sub(lambda one: f'{one[1]} "{one[2]}"', bare)
    if bare.count("(") > bare.count(")"):
        yield _UNCLOSED.sub(r"\1)", bare, count=1)
    for opening, closing in ("()", "[]", "{}"):
        yield bare + closing * (bare.count(opening) - bare.count(closing))
        if bare.count(closing) > bare.count(opening):
            yield bare[::-1].replace(closing, "", 1)[::-1]
    yield _BESIDE.sub(r"\1 + ", bare)
    if bare.count('"') % 2:
        yield f'{bare}"'
        yield f'"{bare}'


def _of_others(bare: str, either: str) -> Iterator[str]:
    """As other languages write it."""
    if bare.startswith("$."):
        yield bare[1:].replace("[*]", "[]")
    yield bare.replace("[*]", "[]")
    yield re.sub(r"\['([^']*)'\]", r'["\1"]', bare.replace("..", "."))
    yield re.sub(r"'([^'\"]*)'", r'"\1"', bare)
    if bare.startswith("{{") and bare.endswith("}}"):
        yield bare.strip("{} ")
    yield bare.replace("&&", "and").replace("||", either).replace("===", "==")
    yield re.sub(r"\bis not null\b", "!= null", re.sub(r"\bis null\b", "== null", bare))


def _named(bare: str, name: str) -> Iterator[str]:
    """With a name that jq does not know as a text or as a key."""
    words = {"True": "true", "False": "false", "None": "null", "nil": "null"}
    if name in words:
        yield re.sub(rf"\b{name}\b", words[name], bare)
    if name and (found := re.search(rf"(?<![.\w$]){re.escape(name)}\b", bare)):
        before, behind = bare[: found.start()], bare[found.end() :]
        texts = [f'{before}"{name}"{behind}', f"{before}.{name}{behind}"]
        # What is compared with is a text, what stands before a comparison a key.
        yield from texts if _COMPARED.search(before) else reversed(texts)


def _unclosed(bare: str) -> Iterator[str]:
    for opening, closing in ("()", "[]", "{}"):
        if bare.count(opening) > bare.count(closing):
            yield f"close the bracket {opening}"
        if bare.count(opening) < bare.count(closing):
            yield f"remove a bracket {closing}, or open it"
    if bare.count('"') % 2:
        yield 'close the quote "'


async def _compiles(program: str, jq: JqWorker) -> bool:
    try:
        return (await program_of(jq, program, where="a candidate")).fault is None
    except MappingError:
        return False


async def _functions(jq: JqWorker) -> set[str]:
    (functions,) = await jq.outputs("builtins", None, where="jq's functions")
    found = functions if isinstance(functions, list) else []
    return {str(one).partition("/")[0] for one in found}
