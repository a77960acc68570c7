"""What a reader is told, and what it answers."""

from __future__ import annotations

from typing import Literal

import msgspec

type Reader = Literal["ours", "recipe", "bare"]
type Target = Literal["items", "children", "large"]

CERTIFICATES = "BENCHMARK_CERTIFICATES"
"""The environment variable with the folder of the certificates."""


class Job(msgspec.Struct, frozen=True):
    """What to read, and how.

    `count`: the items or parents there are, which bare requests must be told. `pause`:
    seconds that the consumer takes for every batch. `road`: of a large body the format.
    """

    reader: Reader
    url: str
    target: Target
    count: int = 0
    page_size: int = 100
    in_flight: int = 10
    pause: float = 0
    road: str = ""


class Reading(msgspec.Struct, frozen=True):
    """What a job took: seconds of wall and CPU, and bytes resident before it began."""

    items: int
    wall: float
    cpu: float
    idle: int


class RoadsJob(msgspec.Struct, frozen=True):
    """The roads to read with the API's URL of each, one after the other.

    `certificates`: the folder with those of the client.
    """

    roads: dict[str, str]
    items: int
    page_size: int
    certificates: str


class RoadTaken(msgspec.Struct, frozen=True):
    """What a road took: requests, and milliseconds of CPU for a thousand items."""

    requests: int
    cpu: float
