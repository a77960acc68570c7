"""The last word: the integration reads a few pages with what is about to be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from client import ApiClient
from errors import OceanCustomError
from jq_engine.programs import Jq
from json_values import Json
from overrides import EndpointAppConfig
from pagination import make_paginator
from paging.extraction import Extractor
from resync.path_parameters import Binding, request_for
from settings import Settings

PAGES = 2
CHILDREN = 3


@dataclass
class Read:
    """What a bounded reading gave; ``is_complete``: the walk came to its end by itself."""

    items: list[dict[str, Json]] = field(default_factory=list)
    pages: int = 0
    is_complete: bool = True
    error: str = ""


async def read(
    client: ApiClient,
    jq: Jq,
    settings: Settings,
    resource: Mapping[str, Json],
    bound: Sequence[Binding],
) -> Read:
    """The first pages of a resource of a mapping, for the first values of its placeholders."""
    found = Read()
    try:
        parsed = EndpointAppConfig.parse_obj({"resources": [resource]}).resources[0]
        endpoint = parsed.to_resource(settings.pagination).endpoint
        extractor = Extractor(endpoint.data_path, "data_path", jq)
        for number, binding in enumerate(bound[:CHILDREN]):
            request = request_for(endpoint, binding, settings.base_url)
            walk = client.walk(request, make_paginator(endpoint.pagination), extractor)
            pages = 0
            async with aclosing(walk):
                async for fetched in walk:
                    found.items += [binding.enriched(item) for item in fetched.extracted.items]
                    pages += 1
                    if pages >= (1 if number else PAGES):
                        found.is_complete = False
                        break
            found.pages += pages
        found.is_complete = found.is_complete and len(bound) <= CHILDREN
    except OceanCustomError as error:
        found.error = str(error)
    return found
