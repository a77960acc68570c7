"""Where a refresh token that the authorization server changed is kept between two resyncs.

The file is written beside itself and renamed, so that it is whole whenever the process ends, and
is readable by its owner only. Who uses the token holds the file's lock from reading it until the
new one is written: two processes never send the same token, of which the server would take
one use only (RFC 6749, 6; RFC 9700, 4.14.2).
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from importlib.util import LazyLoader, find_spec, module_from_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from msgspec import Struct

from errors import ConfigurationError, Part, SourceError, quoting

if TYPE_CHECKING:
    import filelock

LONGEST_LOCK = 10.0
"""Seconds that one attempt waits for another process that signs in with the same file."""

_OWNER_ONLY = 0o600


def _loaded_when_used(name: str) -> ModuleType:
    """A module that few installations need: that it is there is known at once, all else later.

    https://docs.python.org/3/library/importlib.html#implementing-lazy-imports
    """
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(name=name)
    spec.loader = LazyLoader(spec.loader)
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if not TYPE_CHECKING:
    filelock = sys.modules.get("filelock") or _loaded_when_used("filelock")


class TokenFile(Struct, frozen=True):
    """The file at ``path``; a token in it counts for the configured one that it came from."""

    path: Path

    @property
    def _place(self) -> Part:
        return quoting("oauthTokenFile", str(self.path))

    @property
    def may_be_lost(self) -> bool:
        """Whether it lies where files are temporary: in a container those go with it."""
        return self.path.is_relative_to(tempfile.gettempdir())

    @asynccontextmanager
    async def locked(self) -> AsyncGenerator[None]:
        """No other process reads or writes the file meanwhile.

        Raises ConfigurationError when the folder cannot be written to, and SourceError, for now,
        when another process holds the file.
        """
        lock = filelock.AsyncFileLock(f"{self.path}.lock", timeout=LONGEST_LOCK, mode=_OWNER_ONLY)
        try:
            await lock.acquire()
        except filelock.Timeout:
            held = SourceError(
                f"is held by another process for {LONGEST_LOCK:g} seconds",
                remedy="give each installation a file of its own",
                where=self._place,
            )
            held.transient = True
            raise held from None
        except OSError as error:
            raise self._unusable(error) from None
        try:
            yield
        finally:
            await lock.release()

    def read(self, configured: str) -> str:
        """The newest token that came of the configured one, or that one itself."""
        try:
            kept = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return configured
        except OSError as error:
            raise self._unusable(error) from None
        except (ValueError, RecursionError):
            return configured
        if not isinstance(kept, dict) or kept.get("configured") != _digest(configured):
            return configured  # the setting was changed: it wins
        token = kept.get("refresh_token")
        return token if isinstance(token, str) and token else configured

    def write(self, configured: str, token: str) -> None:
        """Keep a new token, whole or not at all. Raises ConfigurationError when it cannot be."""
        content = json.dumps({"configured": _digest(configured), "refresh_token": token})
        try:
            # mkstemp: for the owner only from the beginning on.
            descriptor, beside = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
            try:
                with os.fdopen(descriptor, "w") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(beside, self.path)  # noqa: PTH105 — Path.replace is the same by another name
            except OSError:
                with suppress(OSError):
                    os.unlink(beside)  # noqa: PTH108 — as above
                raise
        except OSError as error:
            raise self._unusable(error) from None

    def _unusable(self, error: OSError) -> ConfigurationError:
        return ConfigurationError(
            f"cannot be used ({error.strerror})",
            remedy="name a file in a folder that lasts and may be written to",
            where=self._place,
        )


def _digest(token: str) -> str:
    """What tells one configured token from another, and does not give it away."""
    return hashlib.sha256(token.encode()).hexdigest()
