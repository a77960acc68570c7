"""GraphQL: types over the tables of a product, for the queries that examples send.

A ``Graph`` is an endpoint. Its ``types`` name the fields of each type; a field is a ``VALUE`` of
the row, an object (``One``), a plain list (``Many``) or a list in pages (``Connection``,
https://relay.dev/graphql/connections.htm):

    types={
        "Query": {"teams": Connection(of="Team", rows=lambda call, *_: call.data["teams"])},
        "Team": {"id": VALUE, "name": VALUE},
    }

It answers ``query ($n: Int, $after: String) {teams(first: $n, after: $after) {nodes {id}}}``: one
operation with variables, aliases and nested fields; no fragments, no directives. A query that
is not valid is refused before any row is read (``RefusedError`` with the status ``invalid``). A
field that cannot be read is null, and the answer has ``errors`` beside its ``data``: a row with the
key ``~refused``, or a ``RefusedError`` of a ``One``.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final

from tests.simulators.model import Answer, Call, Json, RefusedError, Row
from tests.simulators.paging import Cursor, Facts

type Arguments = Mapping[str, Json]
type Field = _Value | One | Many | Connection


class _Value:
    """The type of ``VALUE``."""


VALUE: Final = _Value()
"""A field that is what the row has under its name."""

REFUSED: Final = "~refused"
_PAGE_INFO = frozenset({"hasNextPage", "endCursor"})
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+|\$?[A-Za-z_]\w*|[{}()\[\]:!=]|(?P<other>\S)')
_SKIPPED = re.compile(r"#[^\n]*|,")


@dataclass(frozen=True, kw_only=True)
class One:
    """A field that is an object: ``row`` finds it by call, row around it and arguments."""

    of: str
    row: Callable[[Call, Row, Arguments], Row | None]
    arguments: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Many:
    """A field that is a list of objects, whichever rows its arguments ask for."""

    of: str
    rows: Callable[[Call, Row, Arguments], Sequence[Row]]
    arguments: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A field that is a list in pages; ``arguments`` beside the paging's own."""

    of: str
    rows: Callable[[Call, Row, Arguments], Sequence[Row]]
    arguments: frozenset[str] = frozenset()


def _end_cursor(facts: Facts) -> Json:
    """The cursor of the last row, there on the last page too; null without rows."""
    end = f"row:{facts.offset + facts.count}"
    return base64.urlsafe_b64encode(end.encode()).decode() if facts.count else None


def pages(*, default: int, cap: int) -> Cursor:
    """The paging of all connections: ``first`` and ``after``."""
    return Cursor(
        cursor="after",
        size="first",
        default=default,
        cap=cap,
        above_cap="refuse",
        tell={"hasNextPage": "more", "endCursor": _end_cursor},
    )


@dataclass(frozen=True, kw_only=True)
class Graph:
    """An endpoint for queries; ``needs_first``: a connection without page size is refused."""

    path: str
    types: Mapping[str, Mapping[str, Field]]
    paging: Cursor
    needs_first: bool = False
    invalid: int = 400
    method: str = "POST"
    parameters: frozenset[str] | None = None

    def answer(self, call: Call) -> Answer:
        """The data of a query, with the errors of single fields."""
        query = call.body.get("query") if isinstance(call.body, Mapping) else None
        try:
            operation = _Parser(query if isinstance(query, str) else "").operation()
            given = call.body.get("variables") if isinstance(call.body, Mapping) else None
            if not isinstance(given, Mapping | None):
                raise _InvalidError("Variables are invalid JSON.")  # noqa: TRY301 — as any other
            values = operation.values(given or {})
            self._validate("Query", operation.selected, frozenset(operation.variables))
        except _InvalidError as error:
            raise RefusedError(self.invalid, str(error)) from None
        run = _Run(self, call, values)
        body: Row = {"data": run.read("Query", {}, operation.selected, ())}
        return Answer(body={**body, "errors": run.errors} if run.errors else body)

    def _validate(
        self, type_name: str, selected: Sequence[_Selected], variables: frozenset[str]
    ) -> None:
        for one in selected:
            kind = self.types[type_name].get(one.name)
            if kind is None:
                raise _InvalidError(f'Cannot query field "{one.name}" on type "{type_name}".')
            known: frozenset[str] = frozenset()
            match kind:
                case Connection():
                    known = kind.arguments | {"first", "after"}
                    self._validate_connection(kind, one, variables)
                case One() | Many():
                    known = kind.arguments
                    self._validate(kind.of, _fields_of(one, kind.of), variables)
            for name, value in one.arguments.items():
                if name not in known:
                    raise _InvalidError(
                        f'Unknown argument "{name}" on field "{type_name}.{one.name}".'
                    )
                if isinstance(value, _Variable) and value.name not in variables:
                    raise _InvalidError(f'Variable "${value.name}" is not defined.')

    def _validate_connection(
        self, kind: Connection, one: _Selected, variables: frozenset[str]
    ) -> None:
        name = f"{kind.of}Connection"
        for part in _fields_of(one, name):
            match part.name:
                case "nodes":
                    self._validate(kind.of, _fields_of(part, f"[{kind.of}]"), variables)
                case "pageInfo":
                    for inner in _fields_of(part, "PageInfo"):
                        if inner.name not in _PAGE_INFO:
                            raise _InvalidError(
                                f'Cannot query field "{inner.name}" on type "PageInfo".'
                            )
                case other:
                    raise _InvalidError(f'Cannot query field "{other}" on type "{name}".')


@dataclass
class _Run:
    """One query on its way; ``errors`` are of fields that could not be read."""

    graph: Graph
    call: Call
    variables: Arguments
    errors: list[Json] = field(default_factory=list)

    def read(
        self, type_name: str, row: Row, selected: Sequence[_Selected], path: tuple[str | int, ...]
    ) -> Row:
        """An object with the fields selected of it."""
        types = self.graph.types[type_name]
        return {
            one.alias: self._field(types[one.name], row, one, (*path, one.alias))
            for one in selected
        }

    def _field(self, kind: Field, row: Row, one: _Selected, path: tuple[str | int, ...]) -> Json:
        arguments = {name: self._value(value) for name, value in one.arguments.items()}
        match kind:
            case Connection():
                return self._connection(kind, row, one, arguments, path)
            case One():
                try:
                    found = kind.row(self.call, row, arguments)
                except RefusedError as refused:
                    return self._refused(refused.reason, path, status=refused.status)
                return None if found is None else self.read(kind.of, found, one.inside or (), path)
            case Many():
                return [
                    self.read(kind.of, found, one.inside or (), (*path, at))
                    for at, found in enumerate(kind.rows(self.call, row, arguments))
                ]
            case _:
                return row[one.name]

    def _connection(
        self,
        kind: Connection,
        row: Row,
        one: _Selected,
        arguments: Arguments,
        path: tuple[str | int, ...],
    ) -> Json:
        first = arguments.get("first")
        if first is None and self.graph.needs_first:
            raise RefusedError(
                self.graph.invalid,
                "You must provide a `first` or `last` value to properly paginate the"
                f" `{one.name}` connection.",
            )
        asked = {name: [str(arguments[name])] for name in ("first", "after") if arguments.get(name)}
        page = self.graph.paging.page(
            replace(self.call, params=asked), kind.rows(self.call, row, arguments)
        )
        parts: Row = {}
        for part in one.inside or ():
            inside = part.inside or ()
            parts[part.alias] = (
                {inner.alias: page.beside[inner.name] for inner in inside}
                if part.name == "pageInfo"
                else [
                    self._refused(node[REFUSED], (*path, part.alias, at))
                    if REFUSED in node
                    else self.read(kind.of, node, inside, (*path, part.alias, at))
                    for at, node in enumerate(page.rows)
                ]
            )
        return parts

    def _value(self, value: Json) -> Json:
        match value:
            case _Variable():
                return self.variables.get(value.name)
            case Mapping():
                return {name: self._value(inner) for name, inner in value.items()}
            case list():
                return [self._value(inner) for inner in value]
            case _:
                return value

    def _refused(self, reason: str, path: tuple[str | int, ...], *, status: int = 403) -> Json:
        kind = "NOT_FOUND" if status == HTTPStatus.NOT_FOUND else "FORBIDDEN"
        self.errors.append({"type": kind, "path": list(path), "message": reason})
        return None


# --- the language ----------------------------------------------------------------------


class _InvalidError(Exception):
    """A query that cannot be run."""


@dataclass(frozen=True)
class _Variable:
    name: str


@dataclass(frozen=True)
class _Selected:
    """A field of a selection; ``inside`` None: nothing is selected of it."""

    name: str
    alias: str
    arguments: Mapping[str, Json]
    inside: tuple[_Selected, ...] | None


@dataclass(frozen=True)
class _Operation:
    """A query: the types of its variables by name, and what it selects."""

    variables: Mapping[str, str]
    selected: tuple[_Selected, ...]

    def values(self, given: Arguments) -> Arguments:
        """The variables it declares; others that are sent do not matter."""
        for name, type_name in self.variables.items():
            if type_name.endswith("!") and given.get(name) is None:
                raise _InvalidError(
                    f'Variable "${name}" of required type "{type_name}" was not provided.'
                )
            if type_name.startswith("Int") and isinstance(given.get(name), str):
                raise _InvalidError(
                    f'Variable "${name}" got invalid value "{given[name]}"; Int cannot represent'
                    " non-integer value."
                )
        return {name: given.get(name) for name in self.variables}


def _fields_of(one: _Selected, type_name: str) -> tuple[_Selected, ...]:
    if not one.inside:
        raise _InvalidError(
            f'Field "{one.name}" of type "{type_name}" must have a selection of subfields.'
        )
    return one.inside


class _Parser:
    """Reads one operation (https://spec.graphql.org/October2021/#sec-Language)."""

    def __init__(self, text: str) -> None:
        found = list(_TOKEN.finditer(_SKIPPED.sub(" ", text)))
        wrong = next((token[0] for token in found if token["other"]), None)
        if wrong is not None:
            raise _InvalidError(f"Syntax Error: Unexpected character: {wrong}.")
        self._tokens = [token[0] for token in found]

    def operation(self) -> _Operation:
        """The operation."""
        variables: dict[str, str] = {}
        if self._skip("query"):
            if self._peek not in {"(", "{"}:
                self._next()
            if self._skip("("):
                variables = dict(self._until(")", self._variable))
        selected = self._selection()
        if self._tokens:
            self._refuse()
        return _Operation(variables, selected)

    @property
    def _peek(self) -> str:
        return self._tokens[0] if self._tokens else "<EOF>"

    def _next(self) -> str:
        if not self._tokens:
            self._refuse()
        return self._tokens.pop(0)

    def _skip(self, token: str) -> bool:
        return self._peek == token and bool(self._tokens.pop(0))

    def _want(self, token: str) -> None:
        if not self._skip(token):
            self._refuse()

    def _refuse(self) -> None:
        raise _InvalidError(f"Syntax Error: Unexpected {self._peek}.")

    def _until[Part](self, end: str, read: Callable[[], Part]) -> Iterator[Part]:
        while not self._skip(end):
            yield read()

    def _variable(self) -> tuple[str, str]:
        name = self._next().removeprefix("$")
        self._want(":")
        return name, self._next() + ("!" if self._skip("!") else "")

    def _selection(self) -> tuple[_Selected, ...]:
        self._want("{")
        return tuple(self._until("}", self._selected))

    def _selected(self) -> _Selected:
        alias = name = self._next()
        if self._skip(":"):
            name = self._next()
        arguments = dict(self._until(")", self._argument)) if self._skip("(") else {}
        inside = self._selection() if self._peek == "{" else None
        return _Selected(name, alias, arguments, inside)

    def _argument(self) -> tuple[str, Json]:
        name = self._next()
        self._want(":")
        return name, self._value()

    def _value(self) -> Json:
        token = self._next()
        if token == "{":
            return dict(self._until("}", self._argument))
        if token == "[":
            return list(self._until("]", self._value))
        if token.startswith("$"):
            return _Variable(token[1:])
        try:
            return json.loads(token)
        except ValueError:
            return token  # the name of an enumeration's value
