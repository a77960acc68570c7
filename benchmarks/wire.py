"""`python -m benchmarks.wire`: the CPU time of one request, by carrier and event loop, in pairs."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Coroutine

import click
import httpx
import uvloop

from benchmarks.measure import service
from benchmarks.server import Workload
from transport.aiohttp_transport import AiohttpTransport

IN_FLIGHT = 20
LATENCY = 0.05  # seconds
LIMITS = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
TLS = httpx.create_ssl_context()

Run = Callable[[Coroutine[None, None, float]], float]


def open_httpcore() -> httpx.AsyncBaseTransport:
    """What httpx takes by itself."""
    return httpx.AsyncHTTPTransport(verify=TLS, limits=LIMITS)


def open_aiohttp() -> httpx.AsyncBaseTransport:
    """What this integration takes."""
    return AiohttpTransport(TLS, LIMITS)


async def cpu_of_a_request(
    carrier: Callable[[], httpx.AsyncBaseTransport], url: str, requests: int
) -> float:
    """Seconds of CPU for one request, with many in flight."""
    urls = iter([f"{url}/parents/{number}/children" for number in range(requests)])
    async with httpx.AsyncClient(transport=carrier(), timeout=None) as client:  # noqa: S113 — loopback

        async def work() -> None:
            for one in urls:
                await client.get(one)

        await client.get(f"{url}/parents/0/children")
        before = time.process_time()
        async with asyncio.TaskGroup() as group:
            for _ in range(IN_FLIGHT):
                group.create_task(work())
        return (time.process_time() - before) / requests


@click.command()
@click.option("--runs", default=5, show_default=True, help="Runs of each.")
@click.option("--requests", default=1000, show_default=True, help="Requests of each run.")
def main(runs: int, requests: int) -> None:
    """Compare carriers and event loops with httpcore on asyncio's loop."""
    variants: dict[str, tuple[Callable[[], httpx.AsyncBaseTransport], Run]] = {
        "httpcore": (open_httpcore, asyncio.run),
        "aiohttp": (open_aiohttp, asyncio.run),
        "aiohttp on uvloop": (open_aiohttp, uvloop.run),
    }
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    with service("benchmarks.server", Workload(latency=LATENCY)) as url:
        for _ in range(runs):
            for name, (carrier, run) in variants.items():
                seconds[name].append(run(cpu_of_a_request(carrier, url, requests)))
    for name, times in seconds.items():
        ratios = [one / base for one, base in zip(times, seconds["httpcore"], strict=True)]
        click.echo(
            f"{name:18} {statistics.median(times) * 1000:.2f} ms,"
            f" {statistics.median(ratios):.2f} of httpcore"
        )


if __name__ == "__main__":
    main()
