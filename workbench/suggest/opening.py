"""The HTTP client of ``suggest``: the integration's transport, without a running Ocean."""

from __future__ import annotations

import httpx

from settings import Settings
from transport.aiohttp_transport import AiohttpTransport


def open_http(settings: Settings) -> httpx.AsyncClient:
    """A client for one run; nothing is retried and no redirect followed here."""
    tls = httpx.create_ssl_context(verify=settings.verify_ssl)
    limits = httpx.Limits(max_connections=settings.max_concurrent_requests)
    return httpx.AsyncClient(
        transport=AiohttpTransport(tls, limits),
        timeout=None,  # noqa: S113 — the client limits the whole exchange
        headers={"Accept": "application/json", "User-Agent": "port-ocean-custom"},
    )
