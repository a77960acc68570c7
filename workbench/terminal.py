"""Where commands write what a person reads."""

from __future__ import annotations

import sys
from typing import Final

from rich.console import Console

_ANY_WIDTH: Final = 10_000


def output() -> Console:
    """Standard output; in a file, where nothing says how wide it is, a row of a table is a line."""
    return Console() if sys.stdout.isatty() else Console(width=_ANY_WIDTH)
