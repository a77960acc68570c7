"""What each kind came to, as series of `/metrics` beside Ocean's own.

They follow Ocean's conventions: gauges that each resync sets again, with the label ``kind``, the
kind and its place in the mapping (`/tickets-0`). Ocean also sends them to Port, with its own.
``register_metric``: https://ocean.getport.io, *Metrics*.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from port_ocean.context.ocean import ocean
from port_ocean.helpers.metric.metric import (
    MetricPhase,
    MetricResourceKind,
    MetricType,
    register_metric,
)

_PREFIX: Final = "ocean_custom_"
_LAST_SUCCESS: Final = _PREFIX + "last_success_timestamp_seconds"
_SECOND_LOOKS: Final = _PREFIX + "second_looks"

SERIES: Final[Mapping[str, str]] = {
    "requests": "Attempts of requests to the API",
    "retries": "Attempts that were made again",
    "pages": "Pages that were read, of parents too",
    "checks": "Further requests that settled a doubt about a list, such as whether it is over",
    "items": "Items that data_path chose",
    "children": "Children that were asked for, of a resource with path parameters",
    "skipped_children": "Children that were left out because their parents went away",
    "doubts": "Reasons for which a second look may be needed before anything is deleted",
}
"""The counts of a kind, each the series with the prefix ``ocean_custom_``, and what it says."""


type Counted = Mapping[str, float | None]
"""What a reading came to: the counts of ``SERIES`` by name, and ``limited``, seconds of waiting."""


def register_series() -> None:
    """Make the series known to Ocean, before it makes its app."""
    for name, meaning in SERIES.items():
        register_metric(_PREFIX + name, meaning, ["kind"])
    register_metric(_SECOND_LOOKS, "Second looks before a deletion, in this resync", ["kind"])
    register_metric(_LAST_SUCCESS, "When the last resync succeeded, in Unix time", ["kind"])


def publish_kind(kind: str, index: int, counted: Counted) -> None:
    """Set the series of a kind to what its reading came to."""
    label = f"{kind}-{index}"
    for name in SERIES:
        ocean.metrics.set_metric(_PREFIX + name, [label], counted[name] or 0)
    ocean.metrics.set_metric(_SECOND_LOOKS, [label], 0)
    ocean.metrics.set_metric(
        MetricType.RATE_LIMIT_WAIT_NAME, [label, MetricPhase.EXTRACT, kind], counted["limited"] or 0
    )


def publish_second_look(kind: str, index: int, counted: Counted) -> None:
    """Add to the series of a kind what a second look came to."""
    label = f"{kind}-{index}"
    for name in ("requests", "retries", "pages", "checks"):
        ocean.metrics.inc_metric(_PREFIX + name, [label], counted[name] or 0)
    ocean.metrics.inc_metric(_SECOND_LOOKS, [label], 1)
    ocean.metrics.inc_metric(
        MetricType.RATE_LIMIT_WAIT_NAME, [label, MetricPhase.EXTRACT, kind], counted["limited"] or 0
    )


def publish_success() -> None:
    """Note that a resync succeeded just now."""
    ocean.metrics.set_metric(_LAST_SUCCESS, [MetricResourceKind.RESYNC], time.time())
