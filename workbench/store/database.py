"""One SQLite database shared by threads, and the base of the classes that keep something in it."""

import errno
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from workbench.store.model import Json, JsonObject
from workbench.store.search import SqlValue

type Row = tuple[SqlValue, ...]

_SCHEMA: Final = Path(__file__).with_name("schema.sql")


class Database:
    """The tables of `schema.sql` in the file at `path`, or in memory; closed as a context manager.

    Usable from several threads: the server's, and the one that looks on. OSError with the path
    where no database can be in it.
    """

    def __init__(self, path: str | Path = ":memory:") -> None:
        self._lock = threading.RLock()
        # The lock guards it, so SQLite's own check of the thread is not needed; and transactions
        # are begun below, not by the module's guess at which statements write.
        try:
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._connection.executescript(_SCHEMA.read_text(encoding="utf-8"))
        except sqlite3.DatabaseError as error:
            raise OSError(errno.EINVAL, str(error), str(path)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing can be read after."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of the block's writes or, after an exception, none; a nested block joins in."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            # At once, for a preview's Ocean writes into the same file: a transaction that begins by
            # reading cannot wait for its turn to write.
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                yield

    def _rows(self, sql: str, parameters: Row = ()) -> list[Row]:
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def _write(self, sql: str, parameters: Row = ()) -> int | None:
        """Run one statement; the number of the row it inserted, if it inserted one."""
        with self._transaction():
            return self._connection.execute(sql, parameters).lastrowid


def now() -> str:
    """The time as the tables keep it: ISO 8601 in UTC with microseconds, so that text compares."""
    return instant(datetime.now(UTC))


def instant(moment: datetime) -> str:
    """A moment with a time zone as the tables keep it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_json(text: SqlValue) -> Json:
    """The JSON value of a column."""
    value: Json = json.loads(str(text))
    return value


def json_object(text: SqlValue) -> JsonObject:
    """The JSON object of a column that holds objects only."""
    value = from_json(text)
    if not isinstance(value, dict):
        raise TypeError(f"expected a JSON object, found {text}")
    return value


def optional_text(value: SqlValue) -> str | None:
    """The text of a column that may be null."""
    return None if value is None else str(value)
