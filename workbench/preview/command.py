"""`python -m workbench preview`."""

from __future__ import annotations

import os
import re
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import click
import msgspec
import yaml
from dotenv import dotenv_values
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from paging.limits import NO_LIMITS, Limits
from workbench import catalog
from workbench.check.command import installation_options, paths_of
from workbench.preview.run import (
    LONGEST_WAIT,
    Outcome,
    Progress,
    as_json,
    environment,
    prepare,
    preview,
)
from workbench.preview.watch import Watch
from workbench.sail import SailError
from workbench.serve import serving
from workbench.store import CatalogStore
from workbench.store.model import CatalogError, JsonObject
from workbench.store.observations import Refusal

FOLDER: Final = Path(".workbench")
_SHOWN: Final = 10
_WIDTH: Final = 110
_REFERENCE: Final = re.compile(r"\$\{(\w+)\}")  # without a default, in python-dotenv's grammar
_COUNT: Final = click.IntRange(1)


_HELP = (
    "\b\n"
    "Example: python -m workbench preview --pages 1\n"
    "Exit codes: 0 all was written, 1 the resync failed or entities were refused, 2 usage."
)


@click.command("preview", epilog=_HELP)
@installation_options
@click.option("--pages", type=_COUNT, default=3, show_default=True, help="Pages of a list.")
@click.option("--children", type=_COUNT, default=20, show_default=True, help="Children of a kind.")
@click.option("--items", type=_COUNT, default=200, show_default=True, help="Items of a kind.")
@click.option("--all", "everything", is_flag=True, help="No bounds; what is gone is deleted.")
@click.option("--port", default=8082, show_default=True, help="The page's port; 0: any.")
@click.option("--no-page", is_flag=True, help="End after the table, and serve no page.")
@click.option("--json", "as_document", is_flag=True, help="One JSON document, and no page.")
def run_preview(  # noqa: PLR0913 (a command has so many options)
    settings: str,
    mapping: Path,
    blueprints: Path | None,
    *,
    pages: int,
    children: int,
    items: int,
    everything: bool,
    port: int,
    no_page: bool,
    as_document: bool,
) -> None:
    """Sync into a local catalog, and show what Port would get; nothing goes to Port.

    A few pages of each kind, and nothing is deleted; with --all as in production, and what is gone
    since the last time is deleted from the local catalog.
    """
    limits = NO_LIMITS if everything else Limits(pages=pages, children=children, items=items)
    has_page = not (no_page or as_document)
    paths = paths_of(settings, mapping, blueprints)
    if paths.blueprints is None:
        raise click.UsageError("there is no blueprints.json; name the blueprints with --blueprints")
    variables = _settings(paths.settings)
    config, types = _mapping(mapping), _blueprints(paths.blueprints)
    FOLDER.mkdir(exist_ok=True)
    database = FOLDER / ("catalog.sqlite" if everything else "preview.sqlite")
    if not everything:  # what an earlier look found is no part of this one
        for old in FOLDER.glob(f"{database.name}*"):
            old.unlink()
    with ExitStack() as stack:
        store = stack.enter_context(CatalogStore(database))
        try:
            prepare(store, config, types, limits)
            app = catalog.create_app(store)
            url = stack.enter_context(serving(app, port=port if has_page else 0))
        except CatalogError as error:
            raise click.ClickException(f"{paths.blueprints}: {error}") from error
        except OSError as error:
            told = f"cannot listen on port {port}: {error.strerror}; --port gives another, 0 any"
            raise click.ClickException(told) from error
        outcome = _watched(store, variables, Watch(database.absolute(), limits), url)
        if as_document:
            click.echo(as_json(outcome, database))
        else:
            _show(_console(), outcome, limits)
            click.echo(f"Kept in {database}")
        if has_page:
            wait(url)
    sys.exit(0 if outcome.is_good else 1)


def _watched(store: CatalogStore, variables: dict[str, str], watch: Watch, url: str) -> Outcome:
    console = Console(stderr=True)
    with console.status("ocean sail --once") as status:
        try:
            return preview(
                store,
                environment(variables, url, watch.limits),
                watch,
                FOLDER / "preview.log",
                Progress(
                    lambda text: status.update(f"ocean sail --once: {text}"),
                    lambda text: _line(console, text),
                ),
            )
        except SailError as error:
            raise click.ClickException(str(error)) from error


def wait(url: str) -> None:
    """Let a person look at the catalog's page until Ctrl+C."""
    click.echo(f"Catalog: {url} (Ctrl+C ends it)")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("Stopped.")


def _settings(path: Path | None) -> dict[str, str]:
    """The variables of a file, or of the caller's environment.

    A text that refers to what is not set stays as it is written, and the integration says so: with
    nothing in its place a request would go out without its credentials.
    """
    if path is None:
        return {name: text for name, text in os.environ.items() if name.startswith("OCEAN__")}
    written = dotenv_values(path, interpolate=False)
    known = os.environ.keys() | written.keys()
    return {
        name: (written[name] or "")
        if set(_REFERENCE.findall(written[name] or "")) - known
        else text
        for name, text in dotenv_values(path).items()
        if text is not None
    }


def _mapping(path: Path) -> JsonObject:
    try:
        found: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise click.UsageError(f"cannot read {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path} is no YAML: {error}") from error
    if not isinstance(found, dict):
        raise click.ClickException(f"{path} is no mapping: begin with 'resources:'")
    return found


def _blueprints(path: Path) -> list[JsonObject]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[JsonObject])
    except OSError as error:
        raise click.UsageError(f"cannot read {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise click.ClickException(f"{path} is no list of blueprints: {error}") from error


def _console() -> Console:
    """Standard output; in a file, where nothing says how wide it is, as wide as the table."""
    return Console() if sys.stdout.isatty() else Console(width=_WIDTH)


def _show(console: Console, outcome: Outcome, limits: Limits) -> None:
    table = Table(Column("Kind", overflow="fold"), "Status", box=SIMPLE_HEAD)
    for heading in ("Requests", "Retried", "Seconds", "Found", "Mapped", "Written", "Refused"):
        table.add_column(heading, justify="right", no_wrap=True)
    for kind in outcome.kinds:
        table.add_row(
            kind.kind,
            kind.state,
            str(kind.requests),
            str(kind.repeated),
            f"{kind.seconds:.1f}",
            f"{kind.found:,} (more)" if kind.more else f"{kind.found:,}",
            *(
                f"{count:,}" if count else "-"
                for count in (kind.mapped, kind.written, kind.refused)
            ),
        )
    console.print(table)
    _show_lines(console, "refused", [_refused(one) for one in outcome.refusals])
    _show_lines(
        console,
        "deleted",
        [f'{one.blueprint} {one.identifier} "{one.title}"' for one in outcome.deletions],
    )
    for complaint in outcome.complaints:
        about = f"{complaint.kind}: " if complaint.kind else ""
        _line(console, f"{complaint.level.lower()}  {about}{complaint.message}")
    if outcome.failure:
        _line(console, f"failed   {outcome.failure}")
    if limits == NO_LIMITS:
        gone = len(outcome.deletions)
        _line(console, f"Without bounds: {gone:,} entities of the last time were deleted.")
    else:
        _line(
            console,
            f"Bounded: {limits.pages} pages, {limits.children} children, {limits.items} items a"
            f" kind, {LONGEST_WAIT} s for a request. Nothing was deleted. Without bounds: --all",
        )


def _refused(one: Refusal) -> str:
    return f"{one.blueprint} {one.identifier}: {one.message}"


def _show_lines(console: Console, word: str, lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        _line(console, f"{word}  {line}")
    if len(lines) > _SHOWN:
        _line(console, f"{word}  and {len(lines) - _SHOWN:,} more")


def _line(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
