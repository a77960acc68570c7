"""`python -m benchmarks.tls_refusals`: how many fresh TLS connections to a healthy server fail.

Every request has a connection of its own, which a TLS 1.3 server makes readable with its session
tickets before it is asked anything. All that is done with them is one request, sent once.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path

import click
import httpx
import uvloop

from benchmarks.measure import service
from benchmarks.tls_server import Server
from tests.certificates import self_signed
from transport.aiohttp_transport import AiohttpTransport

TLS_VERSIONS = ("TLSv1_2", "TLSv1_3")
IN_FLIGHT = (1, 40)

type Failures = Counter[str]
Run = Callable[[Coroutine[None, None, Failures]], Failures]
LOOPS: dict[str, Run] = {"asyncio": asyncio.run, "uvloop": uvloop.run}


async def failures(url: str, tls: ssl.SSLContext, connections: int, in_flight: int) -> Failures:
    """The errors of as many requests, each over a connection of its own, by their texts."""
    left = iter(range(connections))
    failed: Failures = Counter()

    async def work() -> None:
        for _ in left:
            async with AiohttpTransport(tls, httpx.Limits()) as carrier:
                try:
                    response = await carrier.handle_async_request(httpx.Request("GET", url))
                    await response.aread()
                except httpx.TransportError as error:
                    failed[str(error)] += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(work())
    return failed


@click.command()
@click.option("--connections", default=2000, show_default=True, help="Connections of each row.")
@click.option("--loop", "loops", multiple=True, default=list(LOOPS), help="Only this event loop.")
def main(connections: int, loops: tuple[str, ...]) -> None:
    """Count the failures by event loop, TLS version, server, and connections at once."""
    refused = 0
    with tempfile.TemporaryDirectory() as folder:
        certificate = self_signed(Path(folder, "server.pem"))
        trusting = ssl.create_default_context(cafile=certificate)
        for version, closes in itertools.product(TLS_VERSIONS, (False, True)):
            with service("benchmarks.tls_server", Server(str(certificate), version, closes)) as url:
                for loop, in_flight in itertools.product(loops, IN_FLIGHT):
                    failed = LOOPS[loop](failures(url, trusting, connections, in_flight))
                    refused += failed.total()
                    click.echo(
                        f"{loop:8} {version} {'close' if closes else 'keep':6}"
                        f"{in_flight:2} at once: {failed.total():4} of {connections} failed"
                        f" {dict(failed) or ''}"
                    )
    sys.exit(refused > 0)


if __name__ == "__main__":
    main()
