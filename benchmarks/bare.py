"""The physical limit: requests written by hand, streams, msgspec, and nothing else.

No check, no retry, no paging logic: whoever calls says which targets to get.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

import msgspec

_BUFFER = 4 * 1024 * 1024  # bytes read ahead of the parser


async def fetch(url: str, targets: Iterable[str], *, in_flight: int, is_list: bool) -> int:
    """Get all targets over `in_flight` connections, parse them, and count their items."""
    waiting = iter(targets)
    counts = await asyncio.gather(
        *(_worker(url, waiting, is_list=is_list) for _ in range(in_flight)),
    )
    return sum(counts)


async def _worker(url: str, targets: Iterator[str], *, is_list: bool) -> int:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=_BUFFER)
    decoder = msgspec.json.Decoder()
    count = 0
    for target in targets:
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        body = decoder.decode(await reader.readexactly(length))
        count += len(body if is_list else body["items"])
    writer.close()
    return count
