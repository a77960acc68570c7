"""jq programs in a process of their own, where none can hang the integration or eat its memory.

The process (``child.py``) starts with the first program that is run, answers one request
after the other, and ends with the worker. It sees no environment unless it is allowed to. A
program that breaks a limit ends the process and raises an error; the next program gets a new one.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from errors import MappingError, Where
from jq_engine.child import DONE, FAILED, REPLY, REQUEST
from jq_engine.environment import without_ports_own
from jq_engine.programs import JqError, refused_in, source_of, with_environment
from json_values import Json

# For one program on one response, or one page of parent items.
MAX_SECONDS: Final = 30.0
MAX_MEMORY_BYTES: Final = 512 * 1024 * 1024
MAX_OUTPUT_BYTES: Final = 64 * 1024 * 1024

_CHILD = Path(__file__).with_name("child.py")
_MB = 1024 * 1024


class JqLimits(Struct, frozen=True):
    """What one run of a program may take; the time is that of the clock."""

    seconds: float = MAX_SECONDS
    memory_bytes: int = MAX_MEMORY_BYTES
    output_bytes: int = MAX_OUTPUT_BYTES


DEFAULT_LIMITS: Final = JqLimits()


class JqWorker:
    """Runs jq programs, one at a time; close it with ``aclose``.

    ``environment`` lets programs read the process environment, but for the variables that are
    Port's own or hold one of Port's ``secrets``.
    """

    def __init__(
        self,
        *,
        environment: bool = False,
        secrets: tuple[str, ...] = (),
        limits: JqLimits = DEFAULT_LIMITS,
    ) -> None:
        self._environment = environment
        self._secrets = secrets
        self._limits = limits
        self._lock = asyncio.Lock()
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        """The id of the process, None while there is none."""
        return self._process.pid if self._process else None

    async def aclose(self) -> None:
        """End the process."""
        async with self._lock:
            process, self._process = self._process, None
            if process:
                await _end(process)

    async def outputs(self, program: str, value: Json, *, where: Where) -> list[Json]:
        """The outputs of a program on a value; raises what ``run`` raises."""
        text = await self.run(program, msgspec.json.encode(value), where=where)
        try:
            outputs: list[Json] = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            raise MappingError(
                "gave JSON that nests too deeply", remedy="simplify the expression", where=where
            ) from None
        return outputs

    async def run(self, program: str, text: bytes, *, where: Where) -> bytes:
        """A JSON array of the outputs of a program on a JSON text.

        Numbers that the program does not calculate with come out as they went in.

        Raises JqError when the program fails on it, and MappingError, about what stands
        ``where``, when it breaks a limit.
        """
        source = source_of(f"[{program}\n] | tojson", environment=self._environment)
        return await self._asked(source, text, where=where)

    async def check(self, program: str, *, where: Where) -> None:
        """Compile a program, and do not run it.

        Raises JqError, in jq's own words, when it is not one. Raises MappingError, about what
        stands ``where``, when it breaks a limit, or uses what is not for mappings.
        """
        try:
            source = source_of(program, environment=self._environment)
            await self._asked(source, b"", where=where)
        except JqError as error:
            # Without our definitions a refused program compiles; of another jq says what is wrong.
            itself = with_environment(program, environment=self._environment)
            await self._asked(itself, b"", where=where)
            what = refused_in(error) or "module, import or include"
            raise MappingError(
                f"uses {what}, which is not for mappings", remedy="remove it", where=where
            ) from None

    async def _asked(self, source: str, text: bytes, *, where: Where) -> bytes:
        """What the process answers; raises JqError, and MappingError at a limit."""
        async with self._lock:
            # The process belongs to this request until that is answered: whatever comes
            # between, a cancellation too, leaves an answer behind that nobody may read.
            process, self._process = await self._started(), None
            try:
                became, output = await _exchange(process, source.encode(), text)
                self._process = process
            except (ConnectionError, asyncio.IncompleteReadError):
                raise self._death(await process.wait(), where) from None
            finally:
                if self._process is None:
                    await _end(process)
        if became == FAILED:
            raise JqError(output.decode())
        if became != DONE:
            raise MappingError(
                f"gave more than {self._limits.output_bytes // _MB} MB",
                remedy="let it give less, or ask for smaller pages",
                where=where,
            )
        return output

    async def _started(self) -> Process:
        if self._process and self._process.returncode is None:
            return self._process
        limits = self._limits
        visible = without_ports_own(os.environ, secrets=self._secrets) if self._environment else {}
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_CHILD),
            *map(str, (limits.seconds, limits.memory_bytes, limits.output_bytes, os.getpid())),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=visible,
            start_new_session=True,  # what a terminal interrupts is for the parent to handle
        )

    def _death(self, status: int, where: Where) -> MappingError:
        """Why the process ended, by its exit status (below 0: a signal)."""
        match -status:
            case signal.SIGALRM:
                problem = f"took longer than {self._limits.seconds:g} seconds"
            case signal.SIGABRT:
                problem = f"needed more than {self._limits.memory_bytes // _MB} MB of memory"
            case _:
                problem = f"made jq crash (exit status {status})"
        remedy = "simplify the expression, or ask for smaller pages"
        return MappingError(problem, remedy, where=where)


async def _exchange(process: Process, program: bytes, text: bytes) -> tuple[bytes, bytes]:
    """One request and its reply; raises ConnectionError or IncompleteReadError."""
    requests, replies = process.stdin, process.stdout
    assert requests is not None  # noqa: S101 — it was started with pipes
    assert replies is not None  # noqa: S101 — as above
    requests.writelines((REQUEST.pack(len(program), len(text)), program, text))
    await requests.drain()
    became, length = REPLY.unpack(await replies.readexactly(REPLY.size))
    return became, await replies.readexactly(length)


async def _end(process: Process) -> None:
    """Kill a process, and wait until it is gone and its pipes are closed."""
    with suppress(ProcessLookupError):
        process.kill()
    await process.communicate()
