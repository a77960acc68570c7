"""`python -m workbench check`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import click
from msgspec import structs
from rich.console import Console

from jq_engine.worker import JqWorker
from resync.limits import Limits
from workbench.check.asking.reading import MOST_ITEMS
from workbench.check.files.documents import Variables
from workbench.check.files.offline import Installation, Paths, read_installation
from workbench.check.render import show
from workbench.check.run import Report, check_online
from workbench.ocean_context import ocean_without_port
from workbench.terminal import output, refuse_beside
from workbench.waiting import waiting

LONGEST_WAIT = 10
"""Seconds for which a check retries a request at most: a person waits."""
_FAULTS = 1
_WATCHED_SECONDS = 0.3


def installation_options(command: click.decorators.FC) -> click.decorators.FC:
    """The files of an installation, as every command takes them."""
    file = click.Path(dir_okay=False, path_type=Path)
    for decorate in (
        click.option(
            "--blueprints",
            type=file,
            default=None,
            help="The blueprints as JSON [default: blueprints.json, if there is one].",
        ),
        click.option(
            "--mapping",
            type=file,
            default="port-app-config.yml",
            show_default=True,
            help="The mapping.",
        ),
        click.option(
            "--settings",
            type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
            default=".env",
            show_default=True,
            help="The settings; - takes the environment.",
        ),
    ):
        command = decorate(command)
    return command


def paths_of(settings: Path, mapping: Path, blueprints: Path | None) -> Paths:
    """The files, when they are there; raises click's error otherwise."""
    if not mapping.exists():
        raise click.UsageError(f"there is no {mapping}; name the mapping with --mapping")
    is_file = str(settings) != "-"
    if is_file and not settings.exists():
        raise click.UsageError(f"there is no {settings}; name the settings with --settings")
    if blueprints is not None and not blueprints.exists():
        raise click.UsageError(f"there is no {blueprints}; name the blueprints with --blueprints")
    beside = mapping.parent / "blueprints.json"
    return Paths(
        settings=settings if is_file else None,
        mapping=mapping,
        blueprints=blueprints or (beside if beside.exists() else None),
    )


_HELP = (
    "\b\n"
    "Example: python -m workbench check --mapping port-app-config.yml\n"
    "Exit codes: 0 fine (also with warnings), 1 errors, 2 usage."
)


@click.command(epilog=_HELP)
@installation_options
@click.option(
    "--pages", type=click.IntRange(1), default=2, show_default=True, help="Pages of a walk."
)
@click.option(
    "--children", type=click.IntRange(1), default=3, show_default=True, help="Children of a kind."
)
@click.option("--offline", is_flag=True, help="Check the files alone, and request nothing.")
@click.option("--watch", is_flag=True, help="Check the files again whenever one is saved.")
@click.option("--requests", is_flag=True, help="List every request.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
def check(  # noqa: PLR0913 (one for each option)
    *,
    settings: Path,
    mapping: Path,
    blueprints: Path | None,
    pages: int,
    children: int,
    offline: bool,
    watch: bool,
    requests: bool,
    as_json: bool,
) -> None:
    """Find what is wrong with settings, mapping and blueprints.

    First the files alone; when they are in order, a few pages of each resource are read. Nothing is
    written anywhere.
    """
    paths = paths_of(settings, mapping, blueprints)
    limits = Limits(pages=pages, children=children, items=MOST_ITEMS)
    if offline or watch:
        refuse_beside("--watch" if watch else "--offline", "pages", "children", "requests")
    if watch and as_json:
        raise click.UsageError("--watch shows reports to a person: leave --json out")
    if watch:
        _watch(paths)
        return
    report = checked(paths, None if offline else limits)
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
    else:
        show(output(), report, requests=requests)
    sys.exit(_FAULTS if report.errors else 0)


def checked(paths: Paths, limits: Limits | None) -> Report:
    """The report about an installation; without limits, about its files alone."""
    installation = read_files(paths)
    if limits is None or installation.has_errors or installation.settings is None:
        return Report(installation.findings)
    wait = min(installation.settings.max_retry_wait, LONGEST_WAIT)
    installation.settings = structs.replace(installation.settings, max_retry_wait=wait)
    given = installation.variables.values if installation.variables else {}
    with ocean_without_port(given):
        return asyncio.run(_told(installation, limits, installation.settings.timeout))


async def _told(installation: Installation, limits: Limits, longest: float) -> Report:
    """The report about an API; who waits for it is told what for."""
    async with waiting(longest) as told:
        return await check_online(
            installation, limits, tell=lambda kind: told.begin(f"Asking {kind}"), beside=told
        )


def read_files(paths: Paths) -> Installation:
    """An installation as its files say, and what is wrong in them."""
    variables = environment() if paths.settings is None else None
    return asyncio.run(_read(paths, variables))


def environment() -> Variables:
    """The caller's environment in the place of a file."""
    names = {name: text for name, text in os.environ.items() if name.startswith("OCEAN__")}
    return Variables("the environment", names, names)


async def _read(paths: Paths, variables: Variables | None) -> Installation:
    jq = JqWorker()
    try:
        return await read_installation(paths, jq, variables)
    finally:
        await jq.aclose()


def _watch(paths: Paths) -> None:
    """Check the files, and again after each change, until Ctrl+C."""
    console, before = Console(), None
    # An exception would be lost where it comes within a destructor, of which a check has many.
    interrupts: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))
    while not interrupts:
        files = [one for one in (paths.settings, paths.mapping, paths.blueprints) if one]
        # An editor may take a file away for a moment, and put another in its place.
        state = {one: one.stat().st_mtime_ns for one in files if one.exists()}
        if state != before:
            before = state
            console.rule(time.strftime("%H:%M:%S"))
            if gone := [one for one in (paths.settings, paths.mapping) if one and one not in state]:
                console.print(f"there is no {gone[0]}; waiting for it", highlight=False)
            else:
                blueprints = paths.blueprints if paths.blueprints in state else None
                show(console, checked(replace(paths, blueprints=blueprints), None))
        time.sleep(_WATCHED_SECONDS)
