"""The last word: the integration reads a few pages with what is about to be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx
from msgspec.structs import replace

from errors import OceanCustomError
from json_values import Json
from overrides import EndpointAppConfig
from resync.limits import Limits
from resync.path_parameters import Binding, Endpoint, Resource, request_for
from resync.session import Session

PAGES = 2
CHILDREN = 3
_OF_ONE = 4  # requests that one page of a further child may take, with what settles its end


@dataclass
class Read:
    """What a bounded reading gave; ``is_complete``: every walk came to its end by itself."""

    items: list[dict[str, Json]] = field(default_factory=list)
    readings: int = 0
    is_complete: bool = True
    error: str = ""


async def read(
    session: Session, resource: Mapping[str, Json], bound: Sequence[Binding], most: int
) -> Read:
    """The first pages of a resource of a mapping, for the first of the values given.

    Of the first child two pages, of the others one, while ``most`` requests allow for it.
    """
    found = Read(is_complete=len(bound) <= CHILDREN)
    settings = session.settings
    before = session.client.counts.requests
    try:
        parsed = EndpointAppConfig.parse_obj({"resources": [resource]}).resources[0]
        whole = parsed.to_resource(settings.pagination)
        for number, binding in enumerate(bound[:CHILDREN]):
            if number and session.client.counts.requests - before + _OF_ONE > most:
                found.is_complete = False
                break
            endpoint = _filled(whole.endpoint, binding, settings.base_url)
            limits = Limits(pages=1 if number else PAGES)
            reading = session.read(Resource(whole.kind, endpoint), limits=limits)
            async for batch in reading.batches():
                found.items += [binding.enriched(item) for item in batch]
            found.readings += 1
            found.is_complete = found.is_complete and not reading.truncated
    except OceanCustomError as error:
        found.error = str(error)
    except ExceptionGroup as group:
        found.error = "; ".join(map(str, group.exceptions))
    return found


def _filled(endpoint: Endpoint, binding: Binding, base_url: httpx.URL) -> Endpoint:
    """The endpoint of one child, with its placeholders filled."""
    if not binding.values:
        return endpoint
    request = request_for(endpoint, binding, base_url)
    params: dict[str, list[Json]] = {}
    for name, value in request.params:
        params.setdefault(name, []).append(value)
    path = request.url.removeprefix(str(base_url).rstrip("/"))
    return replace(endpoint, path=path, query_params=params)
