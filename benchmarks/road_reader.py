"""Reads the same items by one road after the other, and prints what each took as JSON."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import tempfile
from pathlib import Path
from typing import cast

import msgspec
from loguru import logger

from benchmarks.jobs import CERTIFICATES, RoadsJob, RoadTaken
from benchmarks.measure import own_cpu
from benchmarks.reader import ocean
from benchmarks.roads import PLAIN, ROADS
from benchmarks.sail import stats
from json_values import Json
from overrides import EndpointResource
from resync.session import Session
from settings import load_settings
from tests.resync import working_directory


async def _read(job: RoadsJob, road: str) -> RoadTaken:
    url = job.roads[road]
    settings = load_settings(
        {
            "base_url": url,
            "page_size": job.page_size,
            **cast("dict[str, Json]", ROADS[road].settings(url)),
        }
    )
    resource = EndpointResource.parse_obj(ROADS[road].resource).to_resource(settings.pagination)
    tls = ssl.create_default_context(cafile=Path(job.certificates, "authority.pem"))
    tls.load_cert_chain(Path(job.certificates, "client.pem"))
    before, cpu, items = stats(url, tls).requests, own_cpu(), 0
    session = Session(settings)
    try:
        async for batch in session.read(resource).batches():
            items += len(batch)
    finally:
        await session.aclose()
    cpu = own_cpu() - cpu
    assert items == job.items, f"{road}: {items} items instead of {job.items}"
    return RoadTaken(stats(url, tls).requests - before, 1000 * cpu / (items / 1000))


async def _read_all(job: RoadsJob) -> dict[str, RoadTaken]:
    async with ocean(job.roads[PLAIN]):
        # What is done once in a process counts for no road.
        await _read(job, PLAIN)
        return {road: await _read(job, road) for road in job.roads}


def main() -> None:
    """Do the job named on the command line."""
    logger.remove()
    job = msgspec.json.decode(sys.argv[1], type=RoadsJob)
    os.environ[CERTIFICATES] = job.certificates
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(working_directory(Path(folder)))
        print(msgspec.json.encode(asyncio.run(_read_all(job))).decode())
        os.chdir("/")


if __name__ == "__main__":
    main()
