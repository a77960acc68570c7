"""A GraphQL query as a tree of what it selects, with the places where more may be written.

https://spec.graphql.org/October2021/#sec-Language: a document with one operation, and fragments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSyntaxError,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    parse,
    visit,
)

_MOST_UNCLOSED: Final = 20  # braces


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
    """A document with one operation and fragments; None for any other text."""
    if not isinstance(text, str):
        return None
    try:
        document = parse(text)
    except GraphQLSyntaxError:
        return None
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    others = [one for one in document.definitions if isinstance(one, FragmentDefinitionNode)]
    is_one = len(operations) == 1 and len(others) + 1 == len(document.definitions)
    return _query(text, document, operations[0]) if is_one else None


def unclosed(text: object) -> int:
    """How many braces a text lacks at its end to be a query; 0 where that is not all."""
    held = text if isinstance(text, str) else ""
    tries = range(1, min(held.count("{"), _MOST_UNCLOSED) + 1)
    return next((count for count in tries if read_query(held + "}" * count)), 0)


def _query(text: str, document: DocumentNode, operation: OperationDefinitionNode) -> Query:
    variables = operation.variable_definitions or ()
    begins, _ = _span(operation)
    if variables:
        begins = text.index(")", _span(variables[-1])[1]) + 1
    elif operation.name:
        begins = _span(operation.name)[1]
    elif not text.startswith("{", begins):
        begins += len(operation.operation.value)
    root = _selected(text, Selected("", begins), operation.selection_set)
    types = [text[slice(*_span(one.type))] for one in variables]
    declared = {
        one.variable.name.value: kind.rstrip("!") if one.default_value else kind
        for one, kind in zip(variables, types, strict=True)
    }
    names = _Names({_span(one.variable) for one in variables})
    visit(document, names)
    return Query(text, declared, names.used, root, begins, names.is_whole)


def _selected(text: str, holder: Selected, selection: SelectionSetNode | None) -> Selected:
    """A field with the fields that are selected within it."""
    if selection is None:
        return holder
    holder.opens = _span(selection)[0] + 1
    for node in selection.selections:
        if isinstance(node, FieldNode):
            end = _span(node.name)[1]
            if node.arguments:
                end = text.index(")", _span(node.arguments[-1])[1]) + 1
            one = Selected((node.alias or node.name).value, end, bool(node.arguments))
            holder.inner.append(_selected(text, one, node.selection_set))
    return holder


class _Names(Visitor):
    """The variables that a document uses, but where they are declared, and whether it is whole."""

    def __init__(self, declared: set[tuple[int, int]]) -> None:
        super().__init__()
        self._declared = declared
        self.used: set[str] = set()
        self.is_whole = True

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        """Note a variable."""
        if _span(node) not in self._declared:
            self.used.add(node.name.value)

    def enter_fragment_spread(self, *_: object) -> None:
        """Note a fragment."""
        self.is_whole = False

    def enter_inline_fragment(self, *_: object) -> None:
        """Note a fragment."""
        self.is_whole = False


def _span(node: Node) -> tuple[int, int]:
    """Where a node begins and ends in its text."""
    return (node.loc.start, node.loc.end) if node.loc else (0, 0)
