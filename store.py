"""Items kept aside for one resync: in memory while they are few, then on disk.

The file has no name (it is unlinked as it is made), is readable by its owner only, and is
gone with the process however that ends. It lies where ``TMPDIR`` says.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from extraction import Item

_IN_MEMORY = 16 * 1024 * 1024  # bytes


@dataclass(frozen=True)
class Span:
    """Where a page of items lies in the store, in bytes."""

    start: int
    length: int


class ItemStore:
    """Pages of items, written once and read any number of times."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 — closed by close()
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(list[Item])

    def write(self, items: Sequence[Item]) -> Span:
        """Keep a page of items."""
        data = self._encoder.encode(items)
        start = self._file.seek(0, 2)
        self._file.write(data)
        return Span(start, len(data))

    def read(self, span: Span) -> list[Item]:
        """A page again."""
        self._file.seek(span.start)
        return self._decoder.decode(self._file.read(span.length))

    def close(self) -> None:
        """Forget everything."""
        self._file.close()
