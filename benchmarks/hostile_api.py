"""An API that sets large cookies and tells of thousands of permissions, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import random
import re
import string
import sys
from collections.abc import Iterator

import msgspec

_LONGEST_HEAD = 2**24  # bytes; all that was set comes back
_TOKEN = 4_000  # characters
_BODY = 1024 * 1024  # bytes
_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
_RANDOM = random.Random(1)


class Hostile(msgspec.Struct, frozen=True):
    """What it answers with.

    `/login` gives a token and so many `permissions`; every `/set` as many of the `cookies`, each
    of `size` characters, as are set `together`; all else is a 403 with 1 MiB that resembles them.
    """

    cookies: int
    size: int
    together: int
    permissions: int


def _made(length: int) -> str:
    return "".join(_RANDOM.choices(string.ascii_letters + string.digits, k=length))


def _reply(status: str, body: str, headers: Iterator[str] | None = None) -> bytes:
    content = body.encode()
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *(headers or ())]
    return "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""]).encode() + content


async def _head(reader: asyncio.StreamReader) -> bytes:
    """Line and headers of a request, whose body is passed over; nothing at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if length := _LENGTH.search(head):
            await reader.readexactly(int(length[1]))
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
    return head


async def _serve(hostile: Hostile) -> None:
    permissions = [f"projects.read.item.{number}" for number in range(hostile.permissions)]
    login = _reply("200 OK", json.dumps({"permissions": permissions, "token": _made(_TOKEN)}))
    made = [_made(hostile.size) for _ in range(hostile.cookies)]
    body = "".join(f"{cookie[:-1]}!" for cookie in made) or "no"
    body = (body * (1 + _BODY // len(body)))[:_BODY]
    cookies = iter(enumerate(made))

    def set_cookies() -> Iterator[str]:
        for number, cookie in (next(cookies, (0, "")) for _ in range(hostile.together)):
            if cookie:
                yield f"Set-Cookie: session{number}={cookie}; HttpOnly"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            path = head.split(b" ", 2)[1].decode()
            if path == "/login":
                writer.write(login)
            elif path == "/set":
                writer.write(_reply("200 OK", "[]", set_cookies()))
            else:
                writer.write(_reply("403 Forbidden", body))
            await writer.drain()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=_LONGEST_HEAD)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(msgspec.json.decode(sys.argv[1], type=Hostile)))
