"""Raw items on their way to Port, without the credentials that an API echoes in them.

Ocean sends what a resync yields to Port's lake as it is; in `dsp` mode Port makes the entities
from that. This is the last step before it leaves, and only what leaves is changed: where Ocean
maps, it maps what the API said.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from port_ocean.clients.port.client import PortClient
from port_ocean.core.models import LakehouseDataEntry, LakehouseDataEntryBatch

from jq_engine.environment import is_ports_own
from json_values import Json, with_texts
from transport.redaction import REDACTED, Index, Redactor

_KEPT = 4  # resyncs; one that is aborted may still hand over items while the next ones run
_TOGETHER = 100  # items looked through at once; only where something is found, one by one


class _RedactedPost:
    """Stands in the place of ``PortClient.post_integration_raw_data_batch``."""

    def __init__(self, post: Callable[..., object]) -> None:
        self.known: deque[Redactor] = deque(maxlen=_KEPT)
        self._post = post

    async def __call__(self, sync_id: str, event: LakehouseDataEntryBatch) -> None:
        """Post the batch without credentials; they are looked for in a thread."""
        known = [redact.index() for redact in self.known]
        data = await asyncio.to_thread(lambda: [_redacted(known, one) for one in event["data"]])
        await self._post(sync_id, {**event, "data": data})  # type: ignore[misc]


def redact_raw_data(client: PortClient, redact: Redactor) -> None:
    """Keep what this knows, and what it will learn, out of the raw data that a client posts."""
    post = client.post_integration_raw_data_batch
    if not isinstance(post, _RedactedPost):
        post = _RedactedPost(post)
        client.post_integration_raw_data_batch = post  # type: ignore[method-assign]
    post.known.append(redact)


def without_credentials(redact: Redactor, items: Sequence[Json]) -> list[Json]:
    """Items of the API without what this knows; those that hold none of it are the same objects."""
    return _without([redact.index()], items)


def _redacted(known: Sequence[Index], entry: LakehouseDataEntry) -> LakehouseDataEntry:
    changed = LakehouseDataEntry(**entry)
    changed["items"] = _without(known, entry["items"])
    changed["request"] = _whole(known, entry["request"])
    changed["response"] = _whole(known, entry["response"])
    if variables := entry.get("environment_data"):
        visible = {
            name: REDACTED if is_ports_own(name) else value for name, value in variables.items()
        }
        changed["environment_data"] = _whole(known, visible)
    return changed


def _whole[Part](known: Sequence[Index], part: Part) -> Part:
    """A part of an entry without credentials."""
    return cast("Part", _replaced(known, part)) if _holds_one(known, part) else part


def _without(known: Sequence[Index], items: Sequence[Json]) -> list[Json]:
    """The items without credentials; those that hold none are the same objects."""
    result: list[Json] = []
    for start in range(0, len(items), _TOGETHER):
        some = items[start : start + _TOGETHER]
        if _holds_one(known, some):
            some = [_replaced(known, item) if _holds_one(known, item) else item for item in some]
        result += some
    return result


def _holds_one(known: Sequence[Index], value: object) -> bool:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return any(index.finds(text) for index in known)


def _replaced(known: Sequence[Index], value: object) -> Json:
    redact = partial(_redacted_text, known)
    return with_texts(value, redact, keys=redact)


def _redacted_text(known: Sequence[Index], text: str) -> str:
    for index in known:
        text = index.redacted(text)
    return text
