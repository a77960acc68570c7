"""Ocean's hook of the plain recipe: every page is a batch."""

from collections.abc import AsyncGenerator

import httpx
from port_ocean.context.ocean import ocean

from benchmarks.recipe.walk import Items, pages


@ocean.on_resync("items")
async def items(_: str) -> AsyncGenerator[Items]:
    """The items of the API."""
    config = ocean.integration_config
    async with httpx.AsyncClient(base_url=config["base_url"]) as client:
        async for page in pages(client, config["page_size"]):
            yield page
