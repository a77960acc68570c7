"""The exit code of a process that runs one resync.

With the event listener ``ONCE`` Ocean ends the process by raising SIGINT. The server shuts down in
order, gives the signal back to whoever handled it before, and raises it once more: that is the one
place after Ocean's server where code of ours can run, and Ocean itself has no exit code.
https://github.com/encode/uvicorn/blob/master/uvicorn/server.py (``capture_signals``)
"""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import NoReturn

from framework.outcome import ExitCode


class ProcessExit:
    """Ends the process with ``code``: as failed, until a resync was complete."""

    def __init__(self) -> None:
        self.code = ExitCode.FAILED

    def install(self) -> None:
        """Handle SIGINT from now on; only the main thread can, and only it runs a server."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._leave)

    def _leave(self, _signal: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(self.code)
