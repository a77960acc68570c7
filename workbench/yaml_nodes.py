"""YAML's nodes, with a bound: a few aliases can stand for more values than memory holds."""

from __future__ import annotations

from typing import Protocol

import yaml

_FEW = 100_000  # values that are no burden
_MOST_TIMES = 10  # as many values as are written


class AliasError(yaml.MarkedYAMLError):
    """Aliases that make too much of what is written, or lie within what they stand for."""


class Loader(Protocol):
    """What composes nodes: PyYAML's loaders, in C or not."""

    def get_single_node(self) -> yaml.Node | None:
        """The document's node, None for an empty text."""


def single_node(loader: Loader) -> yaml.Node | None:
    """The document's node; raises AliasError."""
    node = loader.get_single_node()
    if node is None:
        return None
    counts: dict[int, int] = {}
    values = _counted(node, counts, set())
    if values > max(_FEW, _MOST_TIMES * len(counts)):
        problem = f"its aliases stand for {values:,} values where {len(counts):,} are written"
        raise AliasError(problem=problem, problem_mark=node.start_mark)
    return node


def _counted(node: yaml.Node, counts: dict[int, int], within: set[int]) -> int:
    """How many values a node holds, with those that aliases repeat."""
    own = id(node)
    if own in within:
        problem = "an alias within what it stands for"
        raise AliasError(problem=problem, problem_mark=node.start_mark)
    if own not in counts:
        within.add(own)
        counts[own] = 1 + sum(_counted(one, counts, within) for one in _inner(node))
        within.discard(own)
    return counts[own]


def _inner(node: yaml.Node) -> list[yaml.Node]:
    match node:
        case yaml.SequenceNode():
            return list(node.value)
        case yaml.MappingNode():
            return [one for pair in node.value for one in pair]
        case _:
            return []
