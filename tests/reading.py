"""One resource, as a mapping says it, read from an API over real HTTP; without Ocean."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from errors import OceanCustomError
from resync.session import Session
from settings import Settings, load_settings
from tests.documents import mapping_of
from tests.literals import Json


@dataclass
class Read:
    """What reading a resource gave: its items, or those before an error."""

    items: list[Json] = field(default_factory=list)
    error: Exception | None = None

    @property
    def message(self) -> str:
        """The texts of the error, and of those in its group; "" without one."""
        if isinstance(self.error, ExceptionGroup):
            return "\n".join([self.error.message, *map(str, self.error.exceptions)])
        return str(self.error or "")


def over_http(_: Settings) -> httpx.AsyncClient:
    """A client for real connections without TLS: reading all public authorities takes longer."""
    trusting_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(trust_env=False, verify=trusting_nobody)


async def read(
    url: str, kind: str, *, settings: Mapping[str, Json] | None = None, **selector: Json
) -> Read:
    """The items of a resource of an installation at ``url``, without waits before retries."""
    known = load_settings({"base_url": url, "max_retry_wait": 0, **(settings or {})})
    outcome = Read()
    session = Session(known, http=over_http)
    try:
        resource = mapping_of([{"kind": kind, "selector": selector}]).resources[0]
        async for batch in session.read(resource.to_resource(known.pagination)).batches():
            outcome.items += batch
    except (OceanCustomError, ExceptionGroup) as error:
        outcome.error = error
    finally:
        await session.aclose()
    return outcome
