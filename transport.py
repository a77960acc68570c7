"""The HTTP client that carries everything: Ocean's, for its address checks and TLS settings.

The only module that knows how Ocean builds clients. Nothing is retried or logged here:
retries stand above (``retry.py``), and URLs may hold credentials by now.
"""

import logging
from typing import Any

import httpx
from port_ocean.exceptions.clients import BlockedIPError as AddressRefused
from port_ocean.helpers.async_client import OceanAsyncClient
from port_ocean.helpers.retry import RetryTransport

from settings import Settings

__all__ = ["WIRE_ERRORS", "AddressRefused", "SingleAttemptTransport", "open_http"]

WIRE_ERRORS = (httpx.RequestError, AddressRefused)
"""What a client from here raises when no answer, or no whole one, came."""


class SingleAttemptTransport(RetryTransport):
    """Ocean's transport with its retries, its log lines and their URLs left out."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send once."""
        wrapped = self._wrapped_transport
        assert isinstance(wrapped, httpx.AsyncBaseTransport)  # noqa: S101 — Ocean's type is wider
        return await wrapped.handle_async_request(request)


def open_http(settings: Settings) -> httpx.AsyncClient:
    """A client for one resync; close it with ``aclose``.

    It checks addresses as Ocean demands of hosted integrations and verifies TLS by
    Ocean's settings unless ``verifySsl`` is off. Redirects are not followed.
    """
    # They write URLs and headers, credentials and all, to whoever has turned logging on.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    tls: dict[str, Any] = {} if settings.verify_ssl else {"verify": False}
    return OceanAsyncClient(
        SingleAttemptTransport,
        timeout=httpx.Timeout(settings.timeout, pool=None),
        limits=httpx.Limits(
            max_connections=settings.max_concurrent_requests,
            max_keepalive_connections=settings.max_concurrent_requests,
        ),
        headers={"Accept": "application/json", "User-Agent": "port-ocean-custom"},
        **tls,
    )
