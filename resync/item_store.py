"""Items kept aside for one resync: in memory while they are few, then on disk.

The file is a ``Spool``: without a name, readable by its owner only, and gone with the process
however that ends. It lies where ``TMPDIR`` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from paging.extraction import Item
from transport.bodies import MIB, Spool

IN_MEMORY = 16 * MIB
"""Bytes of items that are held before any goes to disk."""


class StoredPage(Struct, frozen=True):
    """Where a page of items lies in the store, in bytes."""

    start: int
    length: int


class ItemStore:
    """Pages of items, written once and read any number of times."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._spool: Spool | None = None
        self._encoder = msgspec.json.Encoder()
        # msgspec knows no recursive types: what Json may be is what it makes of Any.
        self._decoder = msgspec.json.Decoder(list[dict[str, Any]])

    def write(self, items: Sequence[Item]) -> StoredPage:
        """Keep a page of items; raises SourceError when the disk does not take it."""
        data = self._encoder.encode(items)
        if self._spool is None and len(self._held) + len(data) > IN_MEMORY:
            spool = Spool("the parents of path parameters")
            spool.write(self._held)
            self._held, self._spool = bytearray(), spool
        if self._spool is None:
            self._held += data
            return StoredPage(len(self._held) - len(data), len(data))
        self._spool.write(data)
        return StoredPage(self._spool.size - len(data), len(data))

    def read(self, page: StoredPage) -> list[Item]:
        """A page again."""
        if self._spool is None:
            return self._decoder.decode(self._held[page.start : page.start + page.length])
        return self._decoder.decode(self._spool.read(page.start, page.length))

    def close(self) -> None:
        """Forget everything: the file is closed with its last reader."""
        self._held, self._spool = bytearray(), None
