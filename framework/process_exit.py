"""The exit code of a process that runs one resync.

With the event listener ``ONCE`` Ocean ends the process by raising SIGINT, and a cluster by SIGTERM.
The server shuts down in order, gives the signal back to whoever handled it before, and raises it
once more: that is the one place after Ocean's server where code of ours can run, and Ocean itself
has no exit code. Without a handler SIGTERM says nothing to the first process of a container, whose
job would have succeeded then.
https://github.com/encode/uvicorn/blob/master/uvicorn/server.py (``capture_signals``)
"""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import NoReturn

from framework.outcome import ExitCode

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class ProcessExit:
    """Ends the process with ``code``: as failed, until a resync was complete."""

    def __init__(self) -> None:
        self.code = ExitCode.FAILED

    def install(self) -> None:
        """Handle both from now on; only the main thread can, and only it runs a server."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                signal.signal(number, self._leave)

    def _leave(self, _signal: int, _frame: FrameType | None) -> NoReturn:
        for number in _SIGNALS:  # Ocean raises SIGINT when a resync is cancelled on the way out
            signal.signal(number, signal.SIG_IGN)
        raise SystemExit(self.code)
