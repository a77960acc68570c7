"""The process in which jq programs run: started, fed and stopped by ``worker``.

A program may loop for ever or want all the memory there is; here it meets limits of the
operating system, and takes no one with it. A request on standard input is a ``REQUEST``
header (the lengths in bytes), the program, and the JSON text it runs on; the answer on
standard output is a ``REPLY`` header and the JSON text the program gave, or the reason why
it failed. Without a text to run on, a program is compiled only, and gives nothing. Too long
a run ends in SIGALRM, too much memory in SIGABRT.

Usage: ``child.py SECONDS MEMORY_BYTES OUTPUT_BYTES PARENT_PID``
"""

import os
import resource
import select
import signal
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from struct import Struct
from typing import Any

import jq

REQUEST = Struct(">IQ")  # length of the program, length of the JSON text
REPLY = Struct(">cQ")  # what became of it, length of what follows
DONE, FAILED, TOO_LARGE = b"+", b"-", b">"

_LOOK_UP_SECONDS = 5.0  # between two looks whether the parent is still there


@lru_cache(maxsize=64)
def _compiled(program: str) -> Any:  # noqa: ANN401 (the library has no types)
    return jq.compile(program)


def _evaluated(program: str, text: str, most_bytes: int) -> tuple[bytes, bytes]:
    """What became of a program whose one output is a text, and that text."""
    try:
        if not text:
            jq.compile(program)  # not kept: it was to be judged, and may never run like that
            return DONE, b""
        output = _compiled(program).input_text(text).first().encode()
    except ValueError as error:
        return FAILED, str(error).encode(errors="replace")
    return (DONE, output) if len(output) <= most_bytes else (TOO_LARGE, b"")


def _limit_memory(most_bytes: int) -> None:
    """End this process before it hurts others."""
    with suppress(ValueError, OSError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Where the container's memory still runs out, the kernel is to choose this process.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _is_awaited(parent: int) -> bool:
    """Wait for a request; false when the parent is gone.

    A process the parent forked may keep the pipe open longer than the parent lives.
    """
    while not select.select([sys.stdin], [], [], _LOOK_UP_SECONDS)[0]:
        if os.getppid() != parent:
            return False
    return True


def main(seconds: float, memory_bytes: int, output_bytes: int, parent: int) -> None:
    """Answer requests until standard input ends."""
    _limit_memory(memory_bytes)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # whatever the parent made of it
    while _is_awaited(parent) and (header := sys.stdin.buffer.read(REQUEST.size)):
        lengths = REQUEST.unpack(header)
        program, text = (sys.stdin.buffer.read(length).decode() for length in lengths)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        became, output = _evaluated(program, text, output_bytes)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.buffer.write(REPLY.pack(became, len(output)))
        sys.stdout.buffer.write(output)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    try:
        main(float(sys.argv[1]), *map(int, sys.argv[2:]))
    except MemoryError:
        os.abort()  # as libjq does when it gets no memory
