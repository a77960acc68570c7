"""Slips in JSON by one character or word: each way to mend the first one is tried."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_WORDS: Final = {"True": "true", "False": "false", "None": "null"}
_WORD: Final = re.compile(r"[A-Za-z_]\w*")
_SINGLE: Final = re.compile(r"'([^'\"\n]*)'")
_COMMENT: Final = re.compile(r"(?://|#)[^\n]*")
_CLOSING: Final = ("}", "]", "}]")
_BLANK: Final = " \t\r\n"


@dataclass(frozen=True)
class _Edit:
    """What stands at a place of a text, what belongs there, and how that is said."""

    at: int
    old: str
    new: str
    told: str

    def made(self, text: str) -> str:
        """The text with it."""
        return text[: self.at] + self.new + text[self.at + len(self.old) :]


def mended(text: str, error: json.JSONDecodeError) -> tuple[int, str] | None:
    """Where a text is to be changed to be JSON, or to go on as such, and how; None: unknown.

    Of several changes the one counts with which most of the text can be read.
    """
    best: tuple[float, _Edit] | None = None
    for edit in _edits(text, error.pos):
        # Counted from the end, as the changes make the text longer or shorter.
        reached = _read(edit.made(text)) - len(edit.new) + len(edit.old)
        if reached > error.pos + len(edit.old) and (best is None or reached > best[0]):
            best = reached, edit
    return None if best is None else (best[1].at, best[1].told)


def _read(text: str) -> float:
    """How many characters can be read as JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos
    return float("inf")


def _edits(text: str, at: int) -> Iterator[_Edit]:
    """The changes that may be meant where a text cannot be read on, the likeliest first."""
    before = len(text[:at].rstrip(_BLANK))
    yield from _of_commas(text, at, before)
    yield from _of_words(text, at)
    yield _Edit(before, "", ",", "write a comma here")
    yield _Edit(before, "", ":", "write a colon here")
    yield from (_Edit(before, "", one, f"close what is open: {one}") for one in ("},", "],"))
    behind = text[at : at + 1]
    if behind in {"}", "]"}:
        yield _Edit(at, behind, "]" if behind == "}" else "}", "close what was opened last")
        yield _Edit(at, behind, "", f"remove this {behind}")
    elif not behind:
        yield from (_Edit(before, "", one, f"close what is open: {one}") for one in _CLOSING)
    line_end = text.find("\n", at)
    if line_end >= 0:
        is_behind = text[line_end - 1] in ",:"
        yield _Edit(line_end - is_behind, "", '"', 'close the quote "')


def _of_commas(text: str, at: int, before: int) -> Iterator[_Edit]:
    behind = text[at : at + 1]
    if text[before - 1 : before] == "," and behind in {"}", "]", ""}:
        place = f"before {behind}" if behind else "at the end"
        yield _Edit(before - 1, ",", "", f"remove the comma {place}")
    if behind == ",":
        yield _Edit(at, ",", "", "remove this comma")


def _of_words(text: str, at: int) -> Iterator[_Edit]:
    """Of what another language writes so."""
    if word := _WORD.match(text, at):
        if word[0] in _WORDS:
            yield _Edit(at, word[0], _WORDS[word[0]], f"write {_WORDS[word[0]]}")
        yield _Edit(at, word[0], f'"{word[0]}"', f'write "{word[0]}", in double quotes')
        yield _Edit(at, "", '"', 'open the quote "')
    if text[at : at + 1] == "'" and '"' not in text:
        every = text[at:].replace("'", '"')
        yield _Edit(at, text[at:], every, "write \" for every ': JSON has double quotes")
    if single := _SINGLE.match(text, at):
        yield _Edit(at, single[0], f'"{single[1]}"', f'write "{single[1]}", in double quotes')
    if comment := _COMMENT.match(text, at):
        yield _Edit(at, comment[0], "", "remove the comment: JSON has none")
