"""A GraphQL query as a tree of what it selects, with the places where more may be written.

https://spec.graphql.org/October2021/#sec-Language: one operation; fragments are not followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(
    r'"""[\s\S]*?"""|"(?:[^"\\]|\\.)*"|#[^\n]*|\.\.\.|[{}():@]|\$?[A-Za-z_]\w*|[^\s,]'
)
_BEGINS: Final = re.compile(r"\s*(?:#[^\n]*\n\s*)*(?:\{|query\b)")
_DECLARED: Final = re.compile(r"\$(\w+)\s*:\s*([\w!\[\]]+)")
_USED: Final = re.compile(r"\$(\w+)(?!\w*\s*:\s*[\[A-Z])")
_NAME: Final = re.compile(r"[A-Za-z_]\w*")


@dataclass
class Selected:
    """A field; ``end``: where its name or its arguments end, ``opens``: behind its brace, or -1."""

    key: str
    end: int
    has_arguments: bool = False
    opens: int = -1
    inner: list[Selected] = field(default_factory=list)

    def at(self, keys: Sequence[str]) -> Selected | None:
        """The field at a path below it; None where it is not selected."""
        found: Selected | None = self
        for key in keys:
            found = next((one for one in found.inner if one.key == key), None) if found else None
        return found

    def paths(self, way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        """The paths of all fields below it."""
        for one in self.inner:
            yield (*way, one.key)
            yield from one.paths((*way, one.key))


@dataclass(frozen=True)
class Query:
    """A query: the types of its variables, the names that it uses, and what it selects."""

    text: str
    declared: dict[str, str]
    used: frozenset[str]
    root: Selected
    is_whole: bool
    """Whether all that it selects is known: it has no fragments."""

    def with_selected(self, holder: Selected, more: str) -> str:
        """The query with more selected within a field."""
        return f"{self.text[: holder.opens]} {more}{self.text[holder.opens :]}"

    def with_argument(self, of: Selected, name: str) -> str:
        """The query with a variable as the argument of a field that is called so."""
        argument = f"{name}: ${name}"
        if of.has_arguments:
            return f"{self.text[: of.end - 1]}, {argument}{self.text[of.end - 1 :]}"
        return f"{self.text[: of.end]}({argument}){self.text[of.end :]}"

    def with_variable(self, name: str, kind: str) -> str:
        """The query with a variable declared."""
        head, rest = self.text[: self.root.opens - 1], self.text[self.root.opens - 1 :]
        if self.declared:
            before, _, _ = head.rpartition(")")
            return f"{before}, ${name}: {kind}) {rest}"
        return f"{head.rstrip() or 'query'} (${name}: {kind}) {rest}"


def is_query(text: object) -> bool:
    """Whether a text begins as a GraphQL query does."""
    return isinstance(text, str) and _BEGINS.match(text) is not None and "{" in text


def braces(text: str) -> int:
    """How many braces are open at the end of a query; below 0: too many are closed."""
    tokens = [one[0] for one in _TOKEN.finditer(text)]
    return tokens.count("{") - tokens.count("}")


def read_query(text: str) -> Query | None:
    """A query; None for a text that cannot be read as one."""
    tokens = [one for one in _TOKEN.finditer(text) if one[0][:1] not in {"#", '"'}]
    first = next((at for at, one in enumerate(tokens) if one[0] == "{"), None)
    if first is None or braces(text):
        return None
    head = text[: tokens[first].start()]
    declared = dict(_DECLARED.findall(head))
    root = Selected("", tokens[first].start(), opens=tokens[first].end())
    reader = _Reader(tokens, first + 1)
    reader.block(root)
    used = frozenset(one for one in _USED.findall(text[root.opens :]))
    return Query(text, declared, used, root, is_whole=not reader.has_fragments)


class _Reader:
    """Goes through the tokens of a query, from behind its first brace."""

    def __init__(self, tokens: Sequence[re.Match[str]], at: int) -> None:
        self._tokens = tokens
        self._at = at
        self.has_fragments = False

    def block(self, holder: Selected) -> None:
        """Read fields up to the brace that closes them."""
        last = holder
        while self._at < len(self._tokens):
            token = self._next()
            match token[0]:
                case "}":
                    return
                case "{":
                    last.opens = token.end()
                    self.block(last)
                case "(":
                    last.end, last.has_arguments = self._closed(), True
                case ":":  # what came before is another name for it
                    last.end = self._next().end()
                case "@":
                    last.end = self._next().end()
                case "...":
                    self.has_fragments = True
                    last = Selected("", token.end())
                case "on":
                    self._next()
                case name if _NAME.fullmatch(name):
                    last = Selected(name, token.end())
                    holder.inner.append(last)

    def _next(self) -> re.Match[str]:
        self._at += 1
        return self._tokens[self._at - 1]

    def _closed(self) -> int:
        """Where the parenthesis that was opened is closed."""
        depth = 1
        while depth and self._at < len(self._tokens):
            sign = self._next()[0]
            depth += (sign == "(") - (sign == ")")
        return self._tokens[self._at - 1].end()
