"""How it is measured: every part in a process of its own, runs in pairs, memory watched."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import msgspec
import psutil

REPOSITORY = Path(__file__).resolve().parent.parent
MEGABYTE = 1_000_000

_WATCH_SECONDS = 0.05


@contextmanager
def service(module: str, job: msgspec.Struct) -> Iterator[str]:
    """A server of this package in a process of its own; yields the URL it prints."""
    with _started(module, job) as process:
        assert process.stdout
        yield process.stdout.readline().decode().strip()


def answer[Answer](module: str, job: msgspec.Struct, kind: type[Answer]) -> Answer:
    """What a module of this package prints in a process of its own, as JSON."""
    with _started(module, job) as process:
        output, _ = process.communicate()
    assert process.returncode == 0, f"{module} failed on {job}"
    return msgspec.json.decode(output, type=kind)


@contextmanager
def _started(module: str, job: msgspec.Struct) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", module, msgspec.json.encode(job).decode()]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as process:  # noqa: S603 — our own module
        try:
            yield process
        finally:
            process.terminate()


def children_cpu() -> float:
    """CPU seconds of all processes that were started from here and have ended, with theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def own_cpu() -> float:
    """CPU seconds of this process so far, and of those it started."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime + children_cpu()


@dataclass
class Watch:
    """The resident memory of the processes started meanwhile, sampled: (seconds, bytes).

    Of their own children only what these share with nobody counts: forks share nearly all.
    """

    samples: list[tuple[float, int]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._others = set(psutil.Process().children())
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def peak(self) -> int:
        """The most bytes at any moment."""
        return max((used for _, used in self.samples), default=0)

    def _run(self) -> None:
        started = time.monotonic()
        while not self._ended.wait(_WATCH_SECONDS):
            children = set(psutil.Process().children()) - self._others
            if used := sum(map(_memory, children)):
                self.samples.append((time.monotonic() - started, used))


def _memory(process: psutil.Process) -> int:
    """Bytes of a process and its descendants; 0 when it is gone."""
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return process.memory_info().rss + sum(map(_unshared, process.children(recursive=True)))
    return 0


def _unshared(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return process.memory_full_info().uss
    return 0


def in_turns[Measured](rounds: int, *runs: Callable[[], Measured]) -> list[list[Measured]]:
    """What each of several runs gave in every round, one list a run.

    The runs of a round follow one another, every other round in reverse: what else the
    machine does meets all of them alike.
    """
    columns: list[list[Measured]] = [[] for _ in runs]
    for number in range(rounds):
        for run, column in list(zip(runs, columns, strict=True))[:: -1 if number % 2 else 1]:
            column.append(run())
    return columns
