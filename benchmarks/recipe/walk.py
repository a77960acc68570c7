"""Page after page, child after child: httpx, `response.json()`, one jq program per response."""

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx
import jq

type Items = list[dict[str, Any]]


async def pages(client: httpx.AsyncClient, size: int) -> AsyncIterator[Items]:
    """The items of `/items`, page by page, until a page is short."""
    for number in count(1):
        items = await _get(client, "/items", ".items", page=number, size=size)
        yield items
        if len(items) < size:
            return


async def children(client: httpx.AsyncClient) -> AsyncIterator[Items]:
    """The children of every parent, one parent after the other."""
    for parent in await _get(client, "/parents", "."):
        identifier = parent["id"]
        items = await _get(client, f"/parents/{identifier}/children", ".")
        yield [{**item, "__id": identifier} for item in items]


async def _get(client: httpx.AsyncClient, path: str, data_path: str, **query: int) -> Items:
    response = await client.get(path, params=query)
    response.raise_for_status()
    items: Items = jq.compile(data_path).input_value(response.json()).first()
    return items
