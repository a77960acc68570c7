"""What the walks of one resync share."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from client import ApiClient
from errors import Part
from jq_engine.programs import Jq
from json_values import escaped
from pagination import make_paginator
from paging.extraction import Extractor
from paging.model import PageRequest
from resync.completeness import Completeness
from resync.computed_values import completed
from resync.item_store import ItemStore
from resync.path_parameters import Binding, Endpoint, request_for
from resync.shared_walks import Parents
from resync.walk import Walker
from settings import Settings


class Services(Struct, frozen=True):
    """What the walks of one resync share: connections, programs, and what was read by now."""

    settings: Settings
    started_at: float
    jq: Jq
    client: ApiClient
    walker: Walker
    store: ItemStore
    parents: Parents

    def redacted(self, text: str) -> str:
        """A text of an error without secrets, on one line."""
        return escaped(self.client.redact(text))

    def source(
        self, endpoint: Endpoint, where: Part, told_by: Sequence[tuple[str, ...]]
    ) -> Completeness:
        """What is read of an endpoint that stands at a place of the mapping."""
        data_path = Part((*where.path, "data_path"))
        extractor = Extractor(endpoint.data_path, data_path, self.jq)
        paginator = make_paginator(endpoint.pagination)
        return Completeness(endpoint, where, paginator, extractor, told_by)

    async def request(self, source: Completeness, binding: Binding) -> PageRequest:
        """The request of an endpoint for one binding, with all that it computes."""
        endpoint = await completed(
            source.endpoint, binding, self.started_at, self.jq, where=source.where
        )
        return request_for(endpoint, binding, self.settings.base_url)
