"""One line of a mapping that is not as YAML wants it: what it should be, told by trying.

A line is quoted, moved, or gets or loses the dash of a list; the change with which the whole
mapping is read best is the one that is told, and the file is read on as if it were made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path as FilePath
from typing import Final

from overrides import EndpointAppConfig
from workbench.check.files.documents import Document, parse_yaml, text_of
from workbench.check.files.mapping import dotted, read_mapping
from workbench.check.findings import Finding, Lines

_MOST: Final = 3  # slips of one file
_MOST_LINES: Final = 12  # that are changed
_MOST_TRIALS: Final = 80
_FARTHEST: Final = 12  # lines before the one where it cannot be read on
_FEW: Final = 2  # faults of a mapping that is as it was meant
_NEIGHBOURS: Final = 2  # lines before and behind
_STEPS: Final = (2, -2, 4, -4)  # columns that a line is moved by
_LINE: Final = re.compile(r"(?P<head>\s*(?:- )?)(?P<key>[\w.-]+)(?P<colon>:\s*)(?P<value>.*?)\s*$")
_TWICE_QUOTED: Final = re.compile(r'"((?=[^"]*"\s*(?!(?:and|or|as)\b)[\w.]).*)"')
"""A program with texts in it that stands in the same quotes as those."""
_SHAPES: Final = re.compile(
    r"is here twice|is a list, where|none is not an allowed value|is not a valid (?:dict|list)"
    r"|str type expected"
)
"""What is said of values that stand where others are meant to stand."""


@dataclass(frozen=True)
class _Edit:
    """A text with some lines otherwise: ``at`` counts the first of them from 0."""

    at: int
    lines: tuple[str, ...]
    remedy: str

    def of(self, lines: Sequence[str]) -> str:
        """The whole text."""
        return "\n".join([*lines[: self.at], *self.lines, *lines[self.at + len(self.lines) :]])


@dataclass
class _Read:
    """A text as a mapping, and how many faults its shape has."""

    text: str
    document: Document
    config: EndpointAppConfig | None

    @property
    def faults(self) -> int:
        """How many faults its shape has."""
        return len(self.document.findings)

    @property
    def rank(self) -> tuple[bool, int, int]:
        """How far it is from a mapping: less is nearer."""
        line = next((one.line or 0 for one in self.document.findings), 0)
        is_unread = self.document.value is None
        return is_unread, -line if is_unread else 0, self.faults

    def is_better(self, other: _Read) -> bool:
        """Whether some faults of another text are not here, and no others are."""
        if self.document.value is None:  # a second slip, further down
            return other.document.value is None and self.rank < other.rank
        if other.document.value is None:
            return self.faults <= _FEW
        own, others = (
            {(x.line, x.problem) for x in one.document.findings} for one in (self, other)
        )
        return own < others


def read_mended(path: FilePath, name: str) -> tuple[Document, EndpointAppConfig | None]:
    """A mapping, its slips as findings, read on as if they were mended."""
    unread = Document(name)
    if (text := text_of(path, name, unread.findings)) is None:
        return unread, None
    slips: list[Finding] = []
    read = _read(text, name)
    while len(slips) < _MOST and (found := _mended(read, name)):
        slip, read = found
        slips.append(slip)
    if read.document.value is None:  # what was changed has not led on
        slips, read = [], _read(text, name)
    read.document.findings[:0] = slips
    return read.document, None if slips else read.config


def _read(text: str, name: str) -> _Read:
    document = parse_yaml(text, name)
    return _Read(text, document, read_mapping(document))


def _mended(read: _Read, name: str) -> tuple[Finding, _Read] | None:
    """The change of one line with which a mapping has the fewest faults, and it with that."""
    lines = read.text.split("\n")
    best: tuple[_Edit, _Read] | None = None
    suspicious = _suspicious(read.document, lines)
    surest = (one for at in suspicious for one in _completed(lines[at], at))
    edits = (one for at in suspicious for one in _edits(lines, at))
    for edit in islice(chain(surest, edits), _MOST_TRIALS):
        other = _read(edit.of(lines), name)
        if other.is_better(read) and (best is None or other.rank < best[1].rank):
            best = edit, other
        if best and not best[1].faults:
            break
    return (_told(read, *best), best[1]) if best else None


def _told(read: _Read, edit: _Edit, mended: _Read) -> Finding:
    """The slip, in its line, with the first of what was said of it."""
    line = edit.at + 1
    indent = len(edit.lines[0]) - len(edit.lines[0].lstrip())
    now = read.text.split("\n")[edit.at]
    said = sorted(read.document.findings, key=lambda one: abs((one.line or line) - line))
    holder = next((p[:-1] for p, mark in mended.document.keys.items() if mark.line == edit.at), ())
    remedy = edit.remedy.format(column=indent + 1, holder=dotted(holder) or "the mapping")
    column = len(now) - len(now.lstrip()) + 1
    old = tuple(read.text.split("\n")[edit.at :][: len(edit.lines)])
    fix = Lines(read.document.name, line, old, edit.lines)
    return Finding(read.document.name, line, column, "error", said[0].problem, remedy, (fix,))


def _suspicious(document: Document, lines: Sequence[str]) -> list[int]:
    """The lines that may have to be otherwise, the likeliest first, from 0."""
    found: list[int] = []
    for one in document.findings:
        at = (one.line or 1) - 1
        if document.value is None and one.line is None:  # about the whole: depth, aliases
            continue
        if document.value is None:
            found += (at, document.begun + 1, document.begun)
            found += range(at - 1, max(at - _FARTHEST, -1), -1)
        elif _SHAPES.search(one.problem) or (one.line and lines[at].rstrip().endswith(":")):
            found += (at, at + 1, at - 1)
    known = (at for at in dict.fromkeys(found) if 0 <= at < len(lines) and _is_read(lines[at]))
    return list(known)[:_MOST_LINES]


def _is_read(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _edits(lines: Sequence[str], at: int) -> Iterator[_Edit]:
    """What a line may be meant to be, the smallest changes first."""
    line = lines[at]
    indent = len(line) - len(line.lstrip())
    yield from _of_value(line, at)
    yield from _of_dash(lines, at)
    if "\t" in line[:indent]:
        before = next((one for one in reversed(lines[:at]) if _is_read(one)), "")
        for wide in (0, 2, -2):
            spaces = " " * max(len(before) - len(before.lstrip()) + wide, 0)
            told = "indent with spaces, to column {column}: YAML takes no tabs"
            yield _Edit(at, (spaces + line.lstrip(),), told)
        return
    for end in _ends(lines, at):
        for step in _steps(lines, at):
            block = lines[at:end]
            moved = tuple(_moved(one, step) for one in block)
            what = "this line" if len(block) == 1 else f"lines {at + 1} to {end}"
            yield _Edit(
                at,
                moved,
                f"correct the indentation: begin {what} in column {{column}}, within {{holder}}",
            )


def _steps(lines: Sequence[str], at: int) -> list[int]:
    """By how many columns a line may have to move: to those of its neighbours, or a level.

    Or to where the element of a list before it begins.
    """
    beside = [*reversed(lines[:at][-_NEIGHBOURS:]), *lines[at + 1 :][:_NEIGHBOURS]]
    is_element = lines[at].lstrip().startswith("- ")
    elements = (one for one in reversed(lines[:at]) if one.lstrip().startswith("- "))
    beside += [one for one in islice(elements, _NEIGHBOURS) if is_element]
    indents = [len(one) - len(one.lstrip()) for one in (lines[at], *filter(_is_read, beside))]
    own = indents[0]
    steps = dict.fromkeys((*(one - own for one in indents), *_STEPS))
    return [step for step in steps if step and step >= -own]


def _completed(line: str, at: int) -> Iterator[_Edit]:
    """A line with the colon that its key lacks; or with the quotes of its value closed."""
    if keyed := re.fullmatch(r"(\s*(?:- )?)([a-zA-Z]\w*)\s*[;=]? +([^\s:][^:]*?)\s*", line):
        pair = f"{keyed[2]}: {keyed[3]}"
        yield _Edit(at, (keyed[1] + pair,), f"put a colon behind the key: {_plain(pair)}")
    found = _LINE.fullmatch(line)
    if found is None or not re.fullmatch(r"""(['"])(?!.*\1$).*""", value := found["value"]):
        return
    inner = '"' if value.count('"') % 2 and value[0] == "'" else ""
    whole = value + inner + value[0]
    yield _Edit(at, (line.rstrip() + inner + value[0],), f"close the quote: {_plain(whole)}")


def _of_value(line: str, at: int) -> Iterator[_Edit]:
    """A value in quotes, or behind a blank."""
    if glued := re.fullmatch(r"(\s*(?:- )?)([\w-]+):(\S.*?)\s*", line):
        pair = f"{glued[2]}: {glued[3]}"
        yield _Edit(at, (glued[1] + pair,), f"put a space behind the colon: {_plain(pair)}")
    if re.fullmatch(r"\s*(?:- )?[\w-]+\s*", line):
        yield _Edit(at, (f"{line.rstrip()}:",), f"end the key with a colon: {line.strip()}:")
    found = _LINE.fullmatch(line)
    if found is None or not (value := found["value"]):
        return
    before = found["head"] + found["key"] + ": "
    inner = _TWICE_QUOTED.fullmatch(value)
    quoted = "'" + (inner[1] if inner else value).replace("'", "''") + "'"
    yield _Edit(at, (before + quoted,), f"put the value in quotes: {_plain(quoted)}")


def _of_dash(lines: Sequence[str], at: int) -> Iterator[_Edit]:
    """A line with the dash of an element, or without; all of one list without theirs."""
    line = lines[at]
    bare = line.lstrip()
    indent = len(line) - len(bare)
    if not bare.startswith("- "):
        told = "begin it with '- ', as each element of a list"
        for begin in (max(indent - 2, 0), indent):
            yield _Edit(at, (" " * begin + "- " + bare,), told)
        return
    own = [n for n in range(at, len(lines)) if lines[n].startswith(" " * indent + "- ")]
    told = "remove the '- ': these are keys of one object, and no list"
    for ends in ([at], own):
        for spaces in ("", "  "):
            changed = [
                " " * indent + spaces + one.lstrip()[2:].lstrip() if at + n in ends else one
                for n, one in enumerate(lines[at : ends[-1] + 1])
            ]
            yield _Edit(at, tuple(changed), told)


def _ends(lines: Sequence[str], at: int) -> Iterator[int]:
    """Behind which lines a block ends that begins here: itself, what is below it, its siblings."""
    indent = len(lines[at]) - len(lines[at].lstrip())
    yield at + 1
    for end in range(at + 1, len(lines) + 1):
        inner = lines[end] if end < len(lines) else ""
        deep = len(inner) - len(inner.lstrip())
        if end == len(lines) or (_is_read(inner) and deep <= indent):
            if end > at + 1:
                yield end
            if end == len(lines) or deep < indent:
                return


def _moved(line: str, step: int) -> str:
    if not line.strip():
        return line
    return " " * step + line if step > 0 else line[-step:]


def _plain(text: str) -> str:
    """A text for a remedy that is filled in."""
    return text.replace("{", "{{").replace("}", "}}")
