"""A GraphQL query as a tree of what it selects, with the places where more may be written.

https://spec.graphql.org/October2021/#sec-Language: a document with one operation, and fragments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|\.\.\.|[!$&()\[\]{}:=@|]'
    r"|[A-Za-z_]\w*|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
)
_IGNORED: Final = re.compile(r"(?:[\s,\ufeff]|#[^\n]*)*")
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_SCALAR: Final = re.compile(r'["\w-]')
_MOST_UNCLOSED: Final = 20  # braces
_OPERATIONS: Final = frozenset({"query", "mutation", "subscription"})


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


@dataclass
class Query:
    """A query: the types of its variables, the names that it uses, and what it selects.

    ``begins``: where its variables would be declared. ``is_whole``: all that it selects is known,
    for it has no fragments.
    """

    text: str
    declared: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    root: Selected = field(default_factory=lambda: Selected("", 0))
    begins: int = 0
    is_whole: bool = True

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
        head, rest = self.text[: self.begins], self.text[self.begins :]
        if self.declared:
            return f"{head[:-1]}, ${name}: {kind}){rest}"
        return f"{head.rstrip() or 'query'} (${name}: {kind}) {rest.lstrip()}"


def read_query(text: object) -> Query | None:
    """A document with one query; None for any other text."""
    if not isinstance(text, str):
        return None
    reader = _Reader(text)
    try:
        reader.document()
    except _OtherTextError:
        return None
    return reader.query


def unclosed(text: object) -> int:
    """How many braces a text lacks at its end to be a query; 0 where that is not all."""
    held = text if isinstance(text, str) else ""
    tries = range(1, min(held.count("{"), _MOST_UNCLOSED) + 1)
    return next((count for count in tries if read_query(held + "}" * count)), 0)


class _OtherTextError(Exception):
    """A text that is no GraphQL."""


class _Reader:
    """Reads a document, token by token."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = self._end = 0
        self._operations = 0
        self.query = Query(text)

    def document(self) -> None:
        """Read definitions up to the end."""
        while self._peek():
            if self._skip("fragment"):
                self._name()
                self._want("on")
                self._name()
                self._directives()
                self._block(Selected("", 0))
            else:
                self._operation()
        if self._operations != 1:
            raise _OtherTextError

    def _operation(self) -> None:
        self._operations += 1
        query, before = self.query, self._end
        if self._peek() in _OPERATIONS:
            self._next()
            if _NAME.fullmatch(self._peek()):
                self._next()
            before = self._end
            if self._skip("("):
                self._many(")", self._variable)
                before = self._end
            self._directives()
        query.begins, query.root = before, Selected("", before)
        self._block(query.root)

    def _variable(self) -> None:
        self._want("$")
        name = self._name()
        self._want(":")
        begins = self._end
        self._type()
        self.query.declared[name] = self._text[begins : self._end].strip()
        if self._skip("="):
            self._value()
        self._directives()

    def _type(self) -> None:
        if self._skip("["):
            self._type()
            self._want("]")
        else:
            self._name()
        self._skip("!")

    def _block(self, holder: Selected) -> None:
        self._want("{")
        holder.opens = self._end
        self._many("}", lambda: self._selection(holder))

    def _selection(self, holder: Selected) -> None:
        if self._skip("..."):
            self.query.is_whole = False
            is_inline = self._skip("on")
            if _NAME.fullmatch(self._peek()):
                self._next()
            elif is_inline:
                raise _OtherTextError
            self._directives()
            if self._peek() == "{":
                self._block(Selected("", 0))
            return
        one = Selected(self._name(), self._end)
        if self._skip(":"):
            self._name()
            one.end = self._end
        if self._skip("("):
            self._many(")", self._argument)
            one.end, one.has_arguments = self._end, True
        self._directives()
        if self._peek() == "{":
            self._block(one)
        holder.inner.append(one)

    def _argument(self) -> None:
        self._name()
        self._want(":")
        self._value()

    def _value(self) -> None:
        if self._skip("$"):
            self.query.used.add(self._name())
        elif self._skip("["):
            while not self._skip("]"):
                self._value()
        elif self._skip("{"):
            while not self._skip("}"):
                self._argument()
        elif not _SCALAR.match(self._next()):
            raise _OtherTextError

    def _directives(self) -> None:
        while self._skip("@"):
            self._name()
            if self._skip("("):
                self._many(")", self._argument)

    def _many(self, end: str, read: Callable[[], None]) -> None:
        """Read one or more up to a sign."""
        read()
        while not self._skip(end):
            read()

    def _name(self) -> str:
        name = self._next()
        if not _NAME.fullmatch(name):
            raise _OtherTextError
        return name

    def _want(self, sign: str) -> None:
        if self._next() != sign:
            raise _OtherTextError

    def _skip(self, sign: str) -> bool:
        return self._peek() == sign and bool(self._next())

    def _peek(self) -> str:
        """The next token; "" at the end."""
        found = _IGNORED.match(self._text, self._end)
        self._at = found.end() if found else self._end
        if self._at == len(self._text):
            return ""
        token = _TOKEN.match(self._text, self._at)
        if token is None:
            raise _OtherTextError
        return token[0]

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise _OtherTextError
        self._end = self._at + len(token)
        return token
