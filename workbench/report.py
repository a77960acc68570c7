"""What the demo tells a person who has read none of the code."""

import json
from contextlib import AbstractContextManager

from rich.console import Console
from rich.table import Table

from workbench.sample_api import Counts
from workbench.scenario import (
    AGENT,
    COMMENT,
    NEW_TITLE,
    REMOVED_TICKET,
    RENAMED_TICKET,
    TICKET,
    Demo,
    Resync,
)
from workbench.store.model import Entity, KindStatus


class Report:
    """Prints the demo, step by step."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def opening(self, demo: Demo) -> None:
        """What runs, and where."""
        helpdesk, installation = demo.helpdesk, demo.installation
        self._heading("Ocean Custom: from any REST API to a Port catalog")
        self._line(f"Sample API     {installation.api_url}")
        self._line(
            f"               a help desk with {len(helpdesk.agents())} agents,"
            f" {len(helpdesk.tickets())} tickets and {len(helpdesk.comments())} comments;"
        )
        self._line("               wants a login, pages its list, at times answers 503 or 429")
        self._line(f"Local catalog  {installation.catalog_url}")
        self._line("               stands in for Port, keeps what it gets in SQLite")
        self._line("In between     ocean sail --once")
        self._line("               the real framework with the integration in this folder")
        self._heading("First resync")

    def waiting(self) -> AbstractContextManager[object]:
        """Shows on a terminal that a resync is under way."""
        return self._console.status("ocean sail --once ...")

    def first(self, demo: Demo, resync: Resync) -> None:
        """The catalog after the first resync."""
        self._kinds(demo, resync)
        self._line("For example, a comment and what it is related to:")
        self._chain(demo)
        self._line("")
        self._line(_effort(resync))

    def change(self) -> None:
        """What changes in the sample API between the resyncs."""
        self._heading("Second resync")
        self._line(f"Meanwhile the sample API lost ticket {REMOVED_TICKET} and its comments,")
        self._line(f'and ticket {RENAMED_TICKET} is now called "{NEW_TITLE}".')

    def second(self, demo: Demo, resync: Resync) -> None:
        """What the second resync changed in the catalog."""
        self._kinds(demo, resync)
        self._line("What this resync changed in the catalog:")
        for entity in resync.deleted():
            self._line(f"  [red]deleted[/]  {_named(entity)}")
        for before, after in resync.changed():
            self._line(f"  [yellow]updated[/]  {_named(before)}")
            self._line(f'       to  "{after.title}"')
        self._line(f"and nothing else: {resync.unchanged()} entities are as they were.")
        self._line("Before it deleted, the pages that it had counted were read a second time.")
        self._line("")
        self._line(_effort(resync))

    def closing(self) -> None:
        """The last line."""
        self._line("")
        self._line("[bold green]It works.[/] For an API of your own, on this machine alone:")
        self._line("  .venv/bin/python -m workbench suggest https://… (docs/quickstart.md)")

    def _kinds(self, demo: Demo, resync: Resync) -> None:
        table = Table()
        table.add_column("Kind", no_wrap=True)
        for heading in ("API", "Catalog", "Written"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("Status", no_wrap=True)
        for kind in resync.kinds:
            table.add_row(*_row(demo, kind))
        self._console.print(table)
        self._line(
            "[dim]API: items there are. Catalog: entities there are."
            " Written: entities Ocean sent this time.[/]"
        )
        self._line("")

    def _chain(self, demo: Demo) -> None:
        """A comment, its ticket, and the agent who works on that ticket."""
        tickets = {ticket.identifier: ticket for ticket in demo.store.entities(TICKET)}
        comment, ticket = next(
            (comment, ticket)
            for comment in demo.store.entities(COMMENT)
            if (ticket := tickets[str(comment.relations["ticket"])]).relations["assignee"]
        )
        agent = demo.store.entity(AGENT, str(ticket.relations["assignee"]))
        self._line(f"  {_named(comment)}")
        self._line(f"    ticket: {_named(ticket)}")
        self._line(f"      assignee: {_named(agent)}")

    def _heading(self, text: str) -> None:
        self._line("")
        self._console.rule(f"[bold]{text}[/]", align="left")

    def _line(self, text: str) -> None:
        self._console.print(text, highlight=False, soft_wrap=True)


def _row(demo: Demo, kind: KindStatus) -> list[str]:
    # The demo's mapping names each blueprint by a constant, and such jq is JSON.
    blueprint = str(json.loads(kind.blueprint))
    counts = (
        len(demo.sources()[blueprint]),
        len(demo.store.entities(blueprint)),
        kind.count("load", "loaded"),
    )
    return [kind.kind, *map(str, counts), kind.state]


def _effort(resync: Resync) -> str:
    counts = resync.counts
    return (
        f"{_plural(counts.requests, 'request')} in {resync.seconds:.1f} s after"
        f" {_plural(counts.logins, 'login')}. {_retried(counts)}"
    )


def _retried(counts: Counts) -> str:
    if not counts.unavailable and not counts.throttled:
        return "None had to be repeated."
    return f"{counts.unavailable} met a 503 and {counts.throttled} a 429, and were repeated."


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _named(entity: Entity) -> str:
    return f'{entity.blueprint} {entity.identifier} "{entity.title}"'
