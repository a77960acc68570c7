"""One preview: a resync of an installation into a local catalog, and what came of it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from resync.limits import NO_LIMITS, Limits
from settings.fields import VARIABLE_PREFIX
from workbench.preview.watch import VARIABLE, Watch
from workbench.sail import excerpt, sailing
from workbench.store import CatalogStore
from workbench.store.model import Deletion, JsonObject
from workbench.store.observations import Refusal
from workbench.store.reports import Complaint
from workbench.store.writes import Change

MAIN: Final = Path(__file__).with_name("main.py")
INTEGRATION: Final = "preview"

LONGEST_WAIT: Final = 30
"""Seconds for which a preview with limits repeats a request."""

_WAIT: Final = VARIABLE_PREFIX + "MAX_RETRY_WAIT"
_POLL_SECONDS: Final = 0.25
_QUIET_SECONDS: Final = 8.0
"""After which a person is told that nothing comes."""
_MAX_COMPLAINTS: Final = 20


@dataclass(frozen=True, slots=True)
class Kind:
    """What became of one resource of the mapping, in requests, items and entities.

    `more`: the limits left something unread. `written`: made, or other than they were before.
    """

    kind: str
    blueprint: str
    state: str
    requests: int
    repeated: int
    seconds: float
    found: int
    more: bool
    mapped: int
    written: int
    refused: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one preview came to.

    `failure` is why Ocean or its resync did not come to a good end; `refusals` are the entities
    that Port would not take; `deletions` what the resync deleted, `changes` what it changed.
    """

    kinds: list[Kind]
    refusals: list[Refusal]
    deletions: list[Deletion]
    changes: list[Change]
    complaints: list[Complaint]
    failure: str | None

    @property
    def is_good(self) -> bool:
        """Whether everything that was read was written."""
        refused = any(kind.refused for kind in self.kinds)
        return self.failure is None and not refused and not self.refusals


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run tells a person how far it is: a line that changes, and lines that stay."""

    update: Callable[[str], None]
    warn: Callable[[str], None]


def prepare(
    store: CatalogStore, mapping: JsonObject, blueprints: Sequence[JsonObject], limits: Limits
) -> None:
    """Give the catalog an installation's blueprints and mapping, in place of older ones.

    A bounded resync sees only a part: its mapping deletes nothing. Raises CatalogError for what
    Port would refuse, too.
    """
    known = {str(one["identifier"]) for one in store.blueprints()}
    for blueprint in blueprints:  # without relations first: they may lead to one that comes later
        identifier = str(blueprint.get("identifier"))
        if identifier not in known:
            store.create_blueprint({**blueprint, "relations": {}})
    for blueprint in blueprints:
        store.patch_blueprint(str(blueprint.get("identifier")), blueprint)
    if store.has_integration(INTEGRATION):
        store.delete_integration(INTEGRATION)
    store.create_integration(
        {
            "installationId": INTEGRATION,
            "installationAppType": "custom",
            "config": mapping if limits == NO_LIMITS else without_deletion(mapping),
            "arePortResourcesInitialized": True,
        }
    )


def without_deletion(mapping: JsonObject) -> JsonObject:
    """The mapping with `enableDelete: false` on every resource."""
    resources = mapping.get("resources")
    if not isinstance(resources, list):
        return mapping
    return {
        **mapping,
        "resources": [
            {**one, "enableDelete": False} if isinstance(one, dict) else one for one in resources
        ],
    }


def preview(
    store: CatalogStore,
    settings: Mapping[str, str],
    watch: Watch,
    log: Path,
    progress: Progress,
) -> Outcome:
    """Run one resync to its end, and tell how far it is and what is in the way.

    `settings` are those of `environment`. Ocean's output goes to `log`.
    """
    before, known, since = len(store.deletions()), (0, 0), time.monotonic()
    unanswered: set[str] = set()
    is_said = False
    with sailing({**settings, VARIABLE: watch.format()}, log, main=MAIN) as process:
        while (code := _ended(process)) is None:
            requests = sum(count for count, _ in store.exchange_counts().values())
            entities = sum(store.counts().values())
            told = f"{requests:,} requests, {entities:,} entities"
            seconds = time.monotonic() - since
            if known != (requests, entities):
                known, since = (requests, entities), time.monotonic()
                is_said = False
            elif seconds > _QUIET_SECONDS:
                told = f"{told}; nothing new for {seconds:.0f} s"
                if not is_said:
                    progress.warn(f"nothing new for {seconds:.0f} s: waits for Ocean or the API")
                is_said = True
            progress.update(told)
            for one in store.exchanges(limit=1):
                if one.status is None and one.url not in unanswered:
                    unanswered.add(one.url)
                    progress.warn(f"no answer yet: {one.method} {one.url} (asked again)")
    return _outcome(store, code, log, deletions=before)


def _ended(process: subprocess.Popen[bytes]) -> int | None:
    """The exit code, None when it still runs after a moment."""
    try:
        return process.wait(_POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def environment(
    settings: Mapping[str, str], catalog_url: str, limits: Limits = NO_LIMITS
) -> dict[str, str]:
    """An installation's settings with a local catalog in the place of Port.

    With limits somebody waits for it: a request is repeated for half a minute at most.
    """
    wait = {} if limits == NO_LIMITS else {_WAIT: _shortened(settings.get(_WAIT, ""))}
    return {**settings, **wait, **_local(catalog_url)}


def _shortened(seconds: str) -> str:
    """`maxRetryWait` as it is given, where that is a lower number; a faulty one stays."""
    try:
        return seconds if seconds and float(seconds) < LONGEST_WAIT else str(LONGEST_WAIT)
    except ValueError:
        return seconds


def _local(catalog_url: str) -> dict[str, str]:
    """What stands in the place of an installation's own settings of Port."""
    return {
        "OCEAN__PORT__BASE_URL": catalog_url,
        "OCEAN__PORT__CLIENT_ID": "workbench",
        "OCEAN__PORT__CLIENT_SECRET": "workbench",
        "OCEAN__INTEGRATION__IDENTIFIER": INTEGRATION,
        "OCEAN__INITIALIZE_PORT_RESOURCES": "false",
        "OCEAN__CACHING_STORAGE_MODE": "memory",
    }


def _outcome(store: CatalogStore, code: int, log: Path, *, deletions: int) -> Outcome:
    resyncs = store.resyncs(1)
    if not resyncs:
        return Outcome([], [], [], [], [], f"Ocean did not come to a resync\n{excerpt(log)}")
    (resync,) = resyncs
    counts, more = (
        store.exchange_counts(resync.resync_id),
        store.bounded_kinds(resync.resync_id),
    )
    written = store.write_counts(resync.resync_id)
    kinds = [
        Kind(
            status.kind,
            status.blueprint,
            status.state,
            *counts.get(status.kind, (0, 0)),
            seconds=status.seconds,
            found=status.count("extract", "raw_extracted"),
            more=status.kind_index in more,
            mapped=status.count("transform", "transformed"),
            written=written[status.kind_index],
            refused=status.count("load", "failed"),
        )
        for status in resync.kinds
        if not status.kind.startswith("__")
    ]
    failure = None if code == 0 else f"the resync failed; the whole log is {log}"
    return Outcome(
        kinds,
        store.refusals(resync.resync_id),
        store.deletions()[deletions:],
        store.changes(resync.resync_id),
        store.complaints(resync.resync_id, _MAX_COMPLAINTS, levels=("ERROR", "CRITICAL")),
        failure,
    )


def as_json(outcome: Outcome, database: Path) -> str:
    """The outcome as one JSON document."""
    return json.dumps(
        {
            "good": outcome.is_good,
            "failure": outcome.failure,
            "kinds": [_plain(kind) for kind in outcome.kinds],
            "refused": [_plain(one) for one in outcome.refusals],
            "deleted": [
                {"blueprint": one.blueprint, "identifier": one.identifier, "title": one.title}
                for one in outcome.deletions
            ],
            "changed": [_plain(one) for one in outcome.changes],
            "complaints": [_plain(one) for one in outcome.complaints],
            "database": str(database),
        },
        indent=2,
    )


def _plain(value: Kind | Refusal | Change | Complaint) -> JsonObject:
    return {name: getattr(value, name) for name in value.__slots__}
