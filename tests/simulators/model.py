"""What every part of a simulator speaks of: rows, calls, answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

Json = Any
"""What a JSON text decodes to."""

type Row = dict[str, Any]
type Data = dict[str, list[Row]]
"""The tables of a product by name; keys of rows that begin with ``HIDDEN`` are not sent."""

HIDDEN: Final = "~"


class _Omit:
    """The type of ``OMIT``."""


OMIT: Final = _Omit()
"""A told fact with this value leaves its key, or its header, out."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What goes back; a ``body`` of bytes is sent as it is, as HTML, anything else as JSON."""

    status: int = 200
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """A call the product does not answer; ``Product.error`` makes the answer of it."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers or {}


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A request as it came, and the status it was answered with.

    ``refused`` is the status of a refusal before the product made its own answer of it.
    ``endpoint`` is the path of the endpoint that answered, with its placeholders, "" for none;
    ``path`` is as sent, still percent-encoded; ``params`` hold every value of a name.
    """

    endpoint: str
    method: str
    path: str
    params: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: Json
    status: int
    refused: int | None


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request on its way through a simulator.

    ``at`` holds the path's placeholders, decoded; ``body`` is the decoded JSON or form;
    ``origin`` is the simulator's own, such as ``http://127.0.0.1:8080``.
    """

    method: str
    origin: str
    path: str
    at: Mapping[str, str]
    params: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: Json
    data: Data

    def param(self, name: str) -> str | None:
        """The last value of a query parameter."""
        values = self.params.get(name)
        return values[-1] if values else None

    def value(self, name: str, *, in_body: bool = False) -> Json:
        """A query parameter as text or, ``in_body``, what is at a path such as ``page/size``."""
        return dig(self.body, name) if in_body else self.param(name)

    def url(self, changes: Mapping[str, str | int]) -> str:
        """The path and query of the call with some parameters changed."""
        texts = {name: [str(value)] for name, value in changes.items()}
        return f"{self.path}?{urlencode({**self.params, **texts}, doseq=True)}"


def dig(body: Json, path: str) -> Json:
    """The value at a path such as ``meta/total``, None when there is none."""
    for key in path.split("/"):
        body = body.get(key) if isinstance(body, Mapping) else None
    return body


def plant(body: Row, path: str, value: Json) -> None:
    """Put a value at a path such as ``meta/total``, making objects on the way."""
    *way, key = path.split("/")
    for name in way:
        body = body.setdefault(name, {})
    body[key] = value


def shown(row: Row) -> Row:
    """A row as it is sent."""
    return {key: value for key, value in row.items() if not key.startswith(HIDDEN)}


def drop(rows: list[Row], value: Json, *, key: str = "id") -> None:
    """Remove the rows with a value; raises ValueError when there are none."""
    kept = [row for row in rows if row[key] != value]
    if len(kept) == len(rows):
        raise ValueError(f"no row has {key} {value!r}")
    rows[:] = kept
