"""What commands have in common: where they write what a person reads, and options in vain."""

from __future__ import annotations

import sys
from typing import Final

import click
from click.core import ParameterSource
from rich.console import Console

_ANY_WIDTH: Final = 10_000


def output() -> Console:
    """Standard output; in a file, where nothing says how wide it is, a row of a table is a line."""
    return Console() if sys.stdout.isatty() else Console(width=_ANY_WIDTH)


def refuse_beside(flag: str, *options: str) -> None:
    """Raise click's error for an option that was given and does nothing beside a flag."""
    context = click.get_current_context()
    for option in options:
        if context.get_parameter_source(option) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{option} does nothing beside {flag}: leave one of them out")
