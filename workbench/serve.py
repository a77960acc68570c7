"""Run an ASGI application on loopback, in a thread of this process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, override

import uvicorn
from starlette.types import ASGIApp

_HOST: Final = "127.0.0.1"
_STARTUP_SECONDS: Final = 10
_SHUTDOWN_SECONDS: Final = 5


@contextmanager
def serving(
    app: ASGIApp, *, port: int = 0, on: socket.socket | None = None, tls: Path | None = None
) -> Iterator[str]:
    """The base URL at which `app` answers inside the block: "http://127.0.0.1:41234".

    A free port, unless one is given; OSError when it is taken. ``on``: what listens already.
    Requests under way when the block ends have a few seconds to finish. ``tls``: a PEM file with a
    certificate and its key.
    """
    with on or listening(port) as listener:
        server = _Server(app, tls)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            server.wait_until_ready()
            yield f"{'https' if tls else 'http'}://{_HOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def listening(port: int) -> socket.socket:
    """What listens on a port of this machine alone; OSError when it is taken."""
    # The protocol is named, as socket.create_server does not: without it asyncio leaves Nagle's
    # algorithm on, and every answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


class _Server(uvicorn.Server):
    """A server that says when it is ready, in place of being asked again and again."""

    def __init__(self, app: ASGIApp, tls: Path | None) -> None:
        config = uvicorn.Config(
            app,
            ssl_certfile=tls,
            log_config=None,
            log_level="warning",
            access_log=False,
            ws="none",
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        super().__init__(config)
        self._ready = threading.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()

    def wait_until_ready(self) -> None:
        if not self._ready.wait(_STARTUP_SECONDS):
            raise TimeoutError(f"the server did not start within {_STARTUP_SECONDS} s")
