"""How a resync ended: one line, one more for each kind that failed, and the exit code.

======  ===================================================================================
Code    A process with the event listener ``ONCE`` ends with it when
======  ===================================================================================
0       its resync was complete
1       its resync failed, or did not come to its end; the next one may succeed
2       no resync can succeed until the settings or the mapping are changed
======  ===================================================================================
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from enum import IntEnum
from typing import Final

from loguru import logger
from msgspec import Struct, field
from msgspec.structs import asdict, replace
from port_ocean.context.event import event
from port_ocean.core.models import Entity

from client import Counts
from errors import ConfigurationError
from framework.failures import is_about_settings, sentence_of
from framework.metrics import publish_kind, publish_second_look, publish_success
from resync.session import Reading

_METERS: Final = "ocean_custom_meters"


class ExitCode(IntEnum):
    """What the process ends with."""

    COMPLETE = 0
    FAILED = 1
    MISCONFIGURED = 2


class Tally(Struct, frozen=True):
    """The counts of one reading of a resource; ``limited`` and ``took`` are seconds.

    ``ended`` is why its lists ended, "" where none did.
    """

    items: int = 0
    children: int | None = None
    skipped_children: int = 0
    doubts: int = 0
    entities: int | None = None
    requests: int = 0
    retries: int = 0
    pages: int = 0
    checks: int = 0
    limited: float = 0.0
    took: float = 0.0
    ended: str = ""

    def __str__(self) -> str:
        parts = [f"items {self.items}"]
        parts += [] if self.children is None else [f"children {self.children}"]
        parts += [] if self.entities is None else [f"entities {self.entities}"]
        parts += [f"requests {self.requests}", f"retries {self.retries}"]
        parts += [f"waited {self.limited:.1f} s for limits", f"took {self.took:.1f} s"]
        return ", ".join(parts) + (f"; ended: {self.ended}" if self.ended else "")


class Meter:
    """Counts while a resource is read; the client's counts go on from resource to resource."""

    def __init__(self, counts: Counts, reading: Reading) -> None:
        self._counts = counts
        self._reading = reading
        self._before = replace(counts)
        self._limited_before = counts.limited.seconds
        self._began = time.monotonic()
        self.items = 0

    def tally(self, entities: int | None = None) -> Tally:
        """What was counted so far."""
        counts, before = self._counts, self._before
        return Tally(
            items=self.items,
            children=self._reading.children,
            skipped_children=self._reading.skipped_children,
            doubts=len(self._reading.doubts),
            entities=entities,
            requests=counts.requests - before.requests,
            retries=counts.retries - before.retries,
            pages=counts.pages - before.pages,
            checks=counts.checks - before.checks,
            limited=counts.limited.seconds - self._limited_before,
            took=time.monotonic() - self._began,
            ended=self._reading.why,
        )


def start_meter(index: int, counts: Counts, reading: Reading) -> Meter:
    """A meter for the resource at this place in the mapping, kept in the resync."""
    meter = Meter(counts, reading)
    event.attributes.setdefault(_METERS, {})[index] = meter
    return meter


def tally_of(index: int, entities: int | None = None) -> Tally:
    """The counts of the last reading of a resource; all 0 when it did not begin."""
    meter: Meter | None = event.attributes.get(_METERS, {}).get(index)
    return meter.tally(entities) if meter else Tally(entities=entities)


class ResyncReport(Struct):
    """The counts of one resync, so far."""

    _began: float = field(default_factory=time.monotonic)
    _kinds: int = 0
    _failed: list[str] = field(default_factory=list)
    _tallies: list[Tally] = field(default_factory=list)
    _is_misconfigured: bool = False
    _refused: int = 0

    def note_refused(self, entities: int) -> None:
        """Count entities that Port did not take."""
        self._refused += entities

    def note_failed_second_look(self, kind: str) -> None:
        """Count a kind that failed when it was read again."""
        self._failed.append(kind)

    def note_kind(
        self, kind: str, index: int, entities: Sequence[Entity], errors: Sequence[Exception]
    ) -> None:
        """Log how a kind ended: its counts, and its error when it failed."""
        tally = tally_of(index, len(entities))
        self._kinds += 1
        self._tallies.append(tally)
        publish_kind(kind, index, asdict(tally))
        if not errors:
            logger.info("kind {!r} complete: {}", kind, tally)
            return
        self._failed.append(kind)
        self._is_misconfigured |= any(map(is_about_settings, errors))
        logger.error("{} ({})", _naming(kind, sentence_of(errors)), tally)

    def note_second_look(self, kind: str, index: int) -> None:
        """Log the counts of the second look at a kind."""
        tally = tally_of(index)
        self._tallies.append(tally)
        publish_second_look(kind, index, asdict(tally))
        logger.info("second look at kind {!r}: {}", kind, tally)

    def end(self, error: BaseException | None, *, succeeded: bool) -> ExitCode:
        """Log how the resync ended; ``error`` is what ends it, if an error does."""
        total = _total(self._tallies, time.monotonic() - self._began)
        kinds = f"kinds {self._kinds}"
        kinds += f", refused by Port {self._refused}" if self._refused else ""
        if succeeded and not self._failed:
            logger.info("Resync complete: {}, {}", kinds, total)
            publish_success()
            return ExitCode.COMPLETE
        if self._failed:
            kinds += f", failed {len(self._failed)} ({', '.join(map(repr, self._failed))})"
        logger.error("Resync failed: {}, {}", kinds, total)
        if self._is_misconfigured or isinstance(error, ConfigurationError):
            return ExitCode.MISCONFIGURED
        return ExitCode.FAILED


REPORT: Final[ContextVar[ResyncReport]] = ContextVar("ocean_custom_report")
"""The report of the resync that runs in this context."""


def _naming(kind: str, sentence: str) -> str:
    """The sentence of a kind that failed, which most of ours begin with the kind."""
    named = f"kind {kind!r}"
    return sentence if sentence.startswith(named) else f"{named}: {sentence}"


def _total(tallies: Iterable[Tally], took: float) -> Tally:
    tallies = list(tallies)
    return Tally(
        items=sum(one.items for one in tallies),
        entities=sum(one.entities or 0 for one in tallies),
        requests=sum(one.requests for one in tallies),
        retries=sum(one.retries for one in tallies),
        limited=sum(one.limited for one in tallies),
        took=took,
    )
