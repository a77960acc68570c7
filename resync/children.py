"""What became of the children of one resource: refused, not found, or said to be empty.

A child is one endpoint for one set of values of its path parameters: ``/items/3/notes``. The
endpoint of a parent is one too when it needs the values of another parent. What one child
answers must not end the others, so it is noted here and judged when all have been read:

==========================================  ================================================
A child answered                            What that means
==========================================  ================================================
a status in its ``empty_statuses``          it has no items, unless nothing anywhere has any
404 or 410                                  its parent went away, if that is no longer listed
anything else that is no success            it failed; all that failed are named together
nothing, or that the server is in trouble   it failed; after several the API is down
==========================================  ================================================
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b

from msgspec import Struct, field

from errors import (
    BodyError,
    Fault,
    MappingError,
    OceanCustomError,
    PaginationError,
    Part,
    Report,
    ResponseError,
    SourceError,
    TransportError,
)
from resync.completeness import Doubt

MOST_NAMED = 20
"""Children that an error or a warning names; the others are counted."""
MAX_OUTAGES = 25
"""With so many children unanswered the API is down: the others are not asked for."""

ChildKey = bytes
"""What tells a child from all others of its resource, in 16 bytes."""


def key_of(*parts: str) -> ChildKey:
    """The key of the child of an endpoint that these values stand for."""
    return blake2b(json.dumps(parts).encode(), digest_size=16).digest()


class Named(Struct):
    """Children of which the first are named: ``/items/3/notes (404), /items/4/notes (404)``."""

    keys: set[ChildKey] = field(default_factory=set)
    _names: list[str] = field(default_factory=list)

    def add(self, key: ChildKey, name: str, reason: str) -> None:
        """Note one child; one that several values lead to counts once."""
        if key not in self.keys and len(self._names) < MOST_NAMED:
            self._names.append(f"{name} ({reason})")
        self.keys.add(key)

    def __len__(self) -> int:
        return len(self.keys)

    def __str__(self) -> str:
        others = len(self.keys) - len(self._names)
        return ", ".join(self._names) + (f" and {others} others" if others else "")


class Absent(Struct, frozen=True):
    """The children that one reading did not find, for the reading that looks again.

    ``keys`` answered 404 or 410, ``empty`` a status for "nothing here". ``of_parent``: one of them
    is the list of a parent. ``silence``: what is wrong if the catalog holds something, though only
    statuses for "nothing here" came; None where these are to be believed.
    """

    keys: frozenset[ChildKey] = frozenset()
    empty: frozenset[ChildKey] = frozenset()
    of_parent: bool = False
    silence: Fault | None = None


class Children(Struct):
    """The children of one reading of a resource, as they are read.

    ``before``: what an earlier reading of this resync did not find; None for the first one.
    """

    kind: str
    before: Absent | None = None
    failed: Named = field(default_factory=Named)
    gone: Named = field(default_factory=Named)
    gone_again: Named = field(default_factory=Named)
    failures: list[OceanCustomError] = field(default_factory=list)
    empty: dict[ChildKey, int] = field(default_factory=dict)
    empty_parents: dict[ChildKey, int] = field(default_factory=dict)
    is_certain: bool = False
    _statuses: set[int] = field(default_factory=set)
    _has_absent_parent: bool = False
    _outages: int = 0

    def note_empty(self, key: ChildKey, status: int, *, of_parent: bool) -> None:
        """A child, or the endpoint itself, answered a status that stands for "nothing here"."""
        (self.empty_parents if of_parent else self.empty)[key] = status
        self._has_absent_parent |= of_parent

    def note_no_values(self, key: ChildKey) -> None:
        """A parent's list gave no value: certain, unless a status stood for that."""
        self.is_certain |= key not in self.empty_parents and key not in self.gone.keys

    def note_gone(self, key: ChildKey, name: str, error: ResponseError, *, of_parent: bool) -> None:
        """A child answered 404 or 410 before it gave anything."""
        self.gone.add(key, name, str(error.status))
        self._statuses.add(error.status)
        self._has_absent_parent |= of_parent
        if self.before and key in self.before.keys:
            self.gone_again.add(key, name, str(error.status))

    def note_failure(self, key: ChildKey, name: str, error: OceanCustomError) -> None:
        """A child failed; raises the failures so far when the API is down."""
        self.failed.add(key, name, _reason(error))
        if len(self.failures) < MOST_NAMED:
            self.failures.append(error)
        self._outages += isinstance(error, SourceError) and error.transient
        if self._outages >= MAX_OUTAGES:
            raise self._group(f"gave up after {len(self.failed)} children failed")

    def absent(self, walks: int, *, has_rows: bool) -> Absent:
        """What a second reading has to look for, of ``walks`` children."""
        return Absent(
            keys=frozenset(self.gone.keys),
            empty=frozenset([*self.empty, *self.empty_parents]),
            of_parent=self._has_absent_parent,
            silence=None if has_rows else self._silence(walks),
        )

    def _silence(self, walks: int) -> Fault | None:
        """What to say when only statuses said that nothing is here; None when that is fine.

        One endpoint is believed, as it was configured so. Several that say the same are what
        credentials that lost a right look like.
        """
        statuses = [*self.empty.values(), *self.empty_parents.values()]
        is_several = len(statuses) > 1
        if not is_several or len(self.empty) < walks or self.is_certain:
            return None
        return Fault(
            Part(("selector", "empty_statuses")),
            f"takes {self._empty_statuses} for nothing here, which each of {len(statuses)} children"
            " answered, and the catalog holds something of them",
            "check what the credentials may read, and delete in Port what is really gone",
        )

    @property
    def doubts(self) -> set[Doubt]:
        """Why children may have been missed."""
        by_status = Doubt.SAID_EMPTY if self.empty or self.empty_parents else None
        return {doubt for doubt in (by_status, Doubt.GONE if self.gone else None) if doubt}

    # --- judged at the end -------------------------------------------------------------

    def refuse_failures(self, walks: int) -> None:
        """Raise the failures of ``walks`` children as one error that names them."""
        if self.failures:
            raise self._group(f"{len(self.failed)} of {walks} children failed")

    def complaint(self, absent: Absent) -> MappingError | None:
        """Why nothing may be deleted of what this resource made, once it was read twice.

        Children are not found although their parents are still listed; or there is nothing in any
        place, twice, by statuses alone. ``absent`` is what this reading did not find.
        """
        if self.gone_again:
            return MappingError(
                f"{len(self.gone_again)} children are not found although their parents are still"
                " listed",
                remedy=self._remedy,
                listed=str(self.gone_again),
            )
        if self.before and self.before.silence and absent.silence:
            return MappingError([absent.silence])
        return None

    @property
    def gone_warning(self) -> str | None:
        """The warning about children that are not found; None when all were."""
        if not self.gone or self.gone_again:
            return None
        return (
            f"{self.kind}: skipped {len(self.gone)} children that were not found: {self.gone};"
            f" where their parents are still there, {self._remedy}"
        )

    @property
    def empty_note(self) -> str | None:
        """What is to be said of children that answered a status for "nothing here"."""
        count = len(self.empty) + len(self.empty_parents)
        if not count:
            return None
        return (
            f"{self.kind}: {count} answered {self._empty_statuses}: nothing is here, as"
            " empty_statuses says"
        )

    @property
    def _empty_statuses(self) -> str:
        statuses = {*self.empty.values(), *self.empty_parents.values()}
        return " or ".join(map(str, sorted(statuses)))

    @property
    def _remedy(self) -> str:
        statuses = ", ".join(map(str, sorted(self._statuses)))
        return (
            f"say empty_statuses: [{statuses}] if that means that there is nothing here, let the"
            " filter of a path parameter leave them out, or correct the path"
        )

    def _group(self, what: str) -> ExceptionGroup[OceanCustomError]:
        report = Report(
            (Fault("", what),),
            kind=self.kind,
            listed=str(self.failed),
            note=f"first: {self.failures[0]}",
        )
        return ExceptionGroup(str(report), self.failures)


def _reason(error: OceanCustomError) -> str:
    """Why a child failed, in a word or two."""
    match error:
        case ResponseError():
            return str(error.status)
        case TransportError():
            return "no answer"
        case BodyError():
            return "not a list"
        case PaginationError():
            return "not complete"
        case _:
            return "failed"


def name_of(path: str, values: Mapping[str, str]) -> str:
    """A child as it is named: its path, and the values that do not stand in there."""
    others = ", ".join(f"{name} {value}" for name, value in values.items())
    return f"{path}, {others}" if others else path
