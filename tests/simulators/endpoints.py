"""Endpoints: collections of rows, single objects, and functions of a call."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol
from urllib.parse import unquote

from tests.simulators.model import Answer, Call, Json, RefusedError, Row, plant, shown
from tests.simulators.paging import Paging, Unpaged

type Rows = Callable[[Call], Sequence[Row]]
"""The rows of a collection for a call; raises RefusedError when there is no such collection."""


class Endpoint(Protocol):
    """What a simulator serves at one path, for one method."""

    @property
    def method(self) -> str:
        """The HTTP method."""

    @property
    def path(self) -> str:
        """The path below the product's prefix, with ``{placeholders}``."""

    @property
    def parameters(self) -> frozenset[str] | None:
        """The query parameters it knows; None: it does not care."""

    def answer(self, call: Call) -> Answer:
        """What goes back; raises RefusedError."""


class Template:
    """A path with placeholders; a placeholder is one segment, percent-encoded or not."""

    def __init__(self, path: str) -> None:
        parts = re.split(r"\{(\w+)\}", path)
        literal = [re.escape(part) for part in parts[::2]]
        named = [f"(?P<{name}>[^/]+)" for name in parts[1::2]]
        pairs = zip(literal, [*named, ""], strict=True)
        self._pattern = re.compile("".join(part for pair in pairs for part in pair))

    def match(self, path: str) -> dict[str, str] | None:
        """The placeholders' decoded values, None when the path is another one."""
        found = self._pattern.fullmatch(path)
        return found and {name: unquote(value) for name, value in found.groupdict().items()}


@dataclass(frozen=True)
class Collection:
    """A list of rows, paged.

    ``wrap``: the path of the list in the body; None: the body is the list. ``beside``: what else
    stands in every body. ``knows``: query parameters beside the paging's, which only matter when
    the product refuses unknown ones. ``keep`` leaves rows out of a page after it was cut, so that
    pages fall short in the middle. ``reshape`` turns the rows of a page into what is sent.
    """

    path: str
    rows: Rows
    paging: Paging = field(default_factory=Unpaged)
    wrap: str | None = None
    beside: Mapping[str, Json] = field(default_factory=dict)
    knows: frozenset[str] = frozenset()
    method: str = "GET"
    keep: Callable[[Row], bool] = bool
    reshape: Callable[[Sequence[Row]], Json] = list

    @cached_property
    def parameters(self) -> frozenset[str] | None:
        """The paging's and those it ``knows``."""
        return self.paging.parameters | self.knows

    def answer(self, call: Call) -> Answer:
        """The page the call asks for."""
        page = self.paging.page(call, self.rows(call))
        sent = self.reshape([shown(row) for row in page.rows if self.keep(row)])
        if self.wrap is None:
            return Answer(body=sent, headers=page.headers)
        body: Row = copy.deepcopy(dict(self.beside))
        for path, value in page.beside.items():
            plant(body, path, value)
        plant(body, self.wrap, sent)
        return Answer(body=body, headers=page.headers)


@dataclass(frozen=True)
class Item:
    """One object: the first of the rows, or 404."""

    path: str
    rows: Rows
    method: str = "GET"
    parameters: frozenset[str] | None = None

    def answer(self, call: Call) -> Answer:
        """The object."""
        for row in self.rows(call):
            return Answer(body=shown(row))
        raise RefusedError(404, "not found")


@dataclass(frozen=True)
class Custom:
    """Any function of a call."""

    path: str
    respond: Callable[[Call], Answer]
    method: str = "GET"
    parameters: frozenset[str] | None = None

    def answer(self, call: Call) -> Answer:
        """What the function says."""
        return self.respond(call)


# --- rows ------------------------------------------------------------------------------


def table(name: str) -> Rows:
    """All rows of a table."""
    return lambda call: call.data[name]


def children(name: str, *, of: tuple[str, str] | None = None, **keys: str) -> Rows:
    """The rows whose keys have the values of the path's placeholders: ``repo="~repo"``.

    ``of``: the parents' table and key, for the last placeholder; without such a parent, 404.
    """

    def rows(call: Call) -> Sequence[Row]:
        if of is not None:
            find(call, of[0], of[1], call.at[list(keys)[-1]])
        return [
            row
            for row in call.data[name]
            if all(str(row[key]) == call.at[place] for place, key in keys.items())
        ]

    return rows


def find(call: Call, name: str, key: str, value: str) -> Row:
    """The row of a table with a value, as text; raises RefusedError with 404."""
    for row in call.data[name]:
        if str(row[key]) == value:
            return row
    raise RefusedError(404, "not found")


def chosen(
    rows: Rows,
    parameter: str,
    *,
    key: str | None = None,
    default: str | None = None,
    everything: str = "all",
) -> Rows:
    """The rows whose ``key`` (the parameter's name, unless given) a query parameter asks for.

    ``default`` counts when it is not sent; None, or the word for ``everything``: all rows.
    """

    def some(call: Call) -> Sequence[Row]:
        wanted = call.param(parameter) or default
        if wanted in (None, everything):
            return rows(call)
        return [row for row in rows(call) if str(row[key or parameter]) == wanted]

    return some


def null_when_empty(rows: Sequence[Row]) -> Json:
    """``reshape`` for products that send null for a list without rows."""
    return list(rows) or None
