"""`python -m workbench preview`."""

from __future__ import annotations

import json
import socket
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Final, cast

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from resync.limits import NO_LIMITS, Limits
from workbench import catalog
from workbench.check.command import installation_options, paths_of, read_files
from workbench.check.files.offline import Installation
from workbench.preview.run import (
    LONGEST_WAIT,
    Kind,
    Outcome,
    Progress,
    as_json,
    environment,
    prepare,
    preview,
)
from workbench.preview.watch import Watch
from workbench.sail import SailError
from workbench.serve import listening, serving
from workbench.store import CatalogStore
from workbench.store.model import CatalogError, Json, JsonObject
from workbench.store.observations import Refusal
from workbench.store.writes import Change
from workbench.terminal import output, refuse_beside

FOLDER: Final = ".workbench"
"""Beside the settings: each installation has a catalog of its own."""
_SHOWN: Final = 10
_MOST_NAMES: Final = 3
_LONGEST_VALUE: Final = 40
_WIDE, _NARROW = 110, 64
"""Columns in which everything has room, and in which no table has."""
_COUNT: Final = click.IntRange(1)
_PORT: Final = click.IntRange(0, 65_535)


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
@click.option(
    "--port", type=_PORT, default=8082, show_default=True, help="The page's port; 0: any."
)
@click.option("--no-page", is_flag=True, help="End after the table, and serve no page.")
@click.option("--json", "as_document", is_flag=True, help="One JSON document, and no page.")
def run_preview(  # noqa: PLR0913 (a command has so many options)
    settings: Path,
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
    if everything:
        refuse_beside("--all", "pages", "children", "items")
    has_page = not (no_page or as_document)
    paths = paths_of(settings, mapping, blueprints)
    if paths.blueprints is None:
        raise click.UsageError("there is no blueprints.json; name the blueprints with --blueprints")
    folder = Path(paths.settings.parent if paths.settings else "") / FOLDER
    database = folder / ("catalog.sqlite" if everything else "preview.sqlite")
    found = read_files(paths)
    if faults := _faults(found):
        if not as_document:
            raise click.ClickException(faults)
        click.echo(as_json(Outcome([], [], [], [], [], faults), database))
        sys.exit(1)
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        # Before what an earlier look found is forgotten: a page may still show it.
        listener = stack.enter_context(_listening(port if has_page else 0))
        if not everything:
            _forget(database)
        store = stack.enter_context(CatalogStore(database))
        try:
            prepare(store, *_of_port(found), limits)
        except CatalogError as error:
            raise click.ClickException(f"{paths.blueprints}: {error}") from error
        url = stack.enter_context(serving(catalog.create_app(store), on=listener))
        variables = found.variables.values if found.variables else {}
        outcome = _watched(store, variables, Watch(database.absolute(), limits), url)
        if as_document:
            click.echo(as_json(outcome, database))
        else:
            show(output(), outcome, limits)
            click.echo(f"Kept in {database}")
        if has_page:
            wait(url)
    sys.exit(0 if outcome.is_good else 1)


def _listening(port: int) -> socket.socket:
    try:
        return listening(port)
    except OSError as error:
        told = f"cannot listen on port {port}: {error.strerror}; --port gives another, 0 any"
        raise click.ClickException(told) from error


def _watched(store: CatalogStore, variables: dict[str, str], watch: Watch, url: str) -> Outcome:
    console = Console(stderr=True)
    with console.status("ocean sail --once") as status:
        try:
            return preview(
                store,
                environment(variables, url, watch.limits),
                watch,
                watch.database.parent / "preview.log",
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


def _faults(found: Installation) -> str:
    """What no kind could be synced with, as `check` tells it; empty where there is nothing."""
    types = found.blueprints_document
    if found.settings and found.config and types and not types.findings:
        return ""
    return "\n".join(str(one) for one in found.findings if one.severity == "error")


def _forget(database: Path) -> None:
    """What an earlier look found is no part of this one."""
    for old in database.parent.glob(f"{database.name}*"):
        old.unlink()


def _of_port(found: Installation) -> tuple[JsonObject, list[JsonObject]]:
    """The mapping and the blueprints, as the files hold them."""
    types = found.blueprints_document.value if found.blueprints_document else []
    return cast("JsonObject", found.document.value), cast("list[JsonObject]", types)


def show(console: Console, outcome: Outcome, limits: Limits) -> None:
    """Tell a person what came of a preview, in as many columns as there are."""
    if console.width < _NARROW:
        for kind in outcome.kinds:
            counts = ", ".join(f"{count} {word.lower()}" for word, count in _counts(kind))
            _line(console, f"{kind.kind}: {kind.state}; {counts}")
    else:
        console.print(_table(outcome, is_wide=console.width >= _WIDE))
    _show_lines(console, "refused", [_refused(one) for one in outcome.refusals])
    _show_lines(
        console,
        "deleted",
        [f'{one.blueprint} {one.identifier} "{one.title}"' for one in outcome.deletions],
    )
    _show_lines(console, "changed", [_changed(one) for one in outcome.changes])
    for complaint in outcome.complaints:
        about = f"{complaint.kind}: " if complaint.kind else ""
        _line(console, f"{complaint.level.lower()}  {about}{complaint.message}")
    if outcome.failure:
        _line(console, f"failed   {outcome.failure}")
    if limits == NO_LIMITS:
        _line(console, f"Without bounds, since the last time: {_since_last_time(outcome)}.")
    else:
        _line(
            console,
            f"Bounded: {limits.pages} pages, {limits.children} children, {limits.items} items a"
            f" kind, {LONGEST_WAIT} s for a request. Nothing was deleted. Without bounds: --all",
        )


def _since_last_time(outcome: Outcome) -> str:
    written = sum(kind.written for kind in outcome.kinds)
    same = sum(kind.mapped - kind.refused for kind in outcome.kinds) - written
    changed, gone = len(outcome.changes), len(outcome.deletions)
    return f"{written - changed:,} new, {changed:,} changed, {gone:,} deleted, {same:,} as before"


def _table(outcome: Outcome, *, is_wide: bool) -> Table:
    """A row for each kind; where there is little room, without how it was read."""
    status = Column("Status", no_wrap=True)
    table = Table(Column("Kind", overflow="fold"), status, box=SIMPLE_HEAD)
    for number, kind in enumerate(outcome.kinds):
        how = [
            ("Requests", str(kind.requests)),
            ("Retried", str(kind.repeated)),
            ("Seconds", f"{kind.seconds:.1f}"),
        ]
        cells = [*(how if is_wide else []), *_counts(kind)]
        if not number:
            for heading, _ in cells:
                table.add_column(heading, justify="right", no_wrap=True)
        table.add_row(kind.kind, kind.state, *(cell for _, cell in cells))
    return table


def _counts(kind: Kind) -> list[tuple[str, str]]:
    """What became of its items, each with the word for it."""
    more = " (more)" if kind.more else ""
    counts = {"Mapped": kind.mapped, "Written": kind.written, "Refused": kind.refused}
    shown = [(word, f"{count:,}" if count else "-") for word, count in counts.items()]
    return [("Found", f"{kind.found:,}{more}"), *shown]


def _refused(one: Refusal) -> str:
    return f"{one.blueprint} {one.identifier}: {one.message}"


def _changed(one: Change) -> str:
    told = [f"{name} {_cut(was)} → {_cut(now)}" for name, (was, now) in one.differences.items()]
    more = f" and {len(told) - _MOST_NAMES} more" if len(told) > _MOST_NAMES else ""
    return f'{one.blueprint} {one.identifier} "{one.title}": {", ".join(told[:_MOST_NAMES])}{more}'


def _cut(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _show_lines(console: Console, word: str, lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        _line(console, f"{word}  {line}")
    if len(lines) > _SHOWN:
        _line(console, f"{word}  and {len(lines) - _SHOWN:,} more")


def _line(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
