"""An HTTPS server, uvicorn as an API may run it, in a process of its own."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys

import msgspec
import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"2")]


class Server(msgspec.Struct, frozen=True):
    """How it answers.

    `certificate`: a file with a certificate and its key; `tls`: the one version it speaks
    ("TLSv1_2", "TLSv1_3"); `closes`: with `Connection: close`.
    """

    certificate: str
    tls: str
    closes: bool


def _config(server: Server) -> uvicorn.Config:
    headers = [*HEADERS, *([(b"connection", b"close")] if server.closes else [])]

    async def app(_scope: Scope, _receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await send(
            {"type": "http.response.start", "status": 200, "headers": headers, "trailers": False}
        )
        await send({"type": "http.response.body", "body": b"[]", "more_body": False})

    config = uvicorn.Config(
        app,
        loop="asyncio",
        lifespan="off",
        log_config=None,
        ssl_certfile=server.certificate,
    )
    config.load()
    assert config.ssl
    version = ssl.TLSVersion[server.tls]
    config.ssl.minimum_version = config.ssl.maximum_version = version
    return config


async def _serve(server: Server) -> None:
    # The protocol is named: without it asyncio leaves Nagle's algorithm on (a wait of 40 ms).
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        print(f"https://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        await uvicorn.Server(_config(server)).serve([listener])


if __name__ == "__main__":
    asyncio.run(_serve(msgspec.json.decode(sys.argv[1], type=Server)))
