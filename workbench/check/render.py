"""A report for people: findings, the table of kinds, what it cost."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from transport.observer import Exchange
from workbench.check.findings import Finding
from workbench.check.run import KindRow, Report

_STYLES = {"error": "bold red", "warn": "yellow"}


def show(console: Console, report: Report, *, requests: bool = False) -> None:
    """Write a report; of a clean one whose files alone were checked, one line."""
    if report.rows:
        _show_login(console, report.exchanges)
        _show_kinds(console, report.rows)
        console.print()
    _show_findings(console, report.findings)
    if requests:
        _show_requests(console, report.exchanges)
    console.print(_summary(report), highlight=False)


def _show_findings(console: Console, findings: Sequence[Finding]) -> None:
    width = max((len(one.place) for one in findings), default=0)
    for one in findings:
        line = Text(f"{one.place:{width}} ")
        line.append(f"{one.severity:5}", style=_STYLES[one.severity])
        line.append(f" {one.problem}")
        console.print(line, soft_wrap=True)
        if one.remedy:
            console.print(Text(" " * (width + 7) + one.remedy, style="green"), soft_wrap=True)


def _show_login(console: Console, exchanges: Sequence[Exchange]) -> None:
    for one in exchanges:
        if one.purpose == "login":
            outcome = "ok" if one.status and one.status < 400 else "refused"  # noqa: PLR2004 (HTTP's errors)
            told = (
                f"Login     {outcome}, {one.seconds:.1f} s ({one.method} {one.url}: {one.status})"
            )
            console.print(told, highlight=False, soft_wrap=True)
            return


def _show_kinds(console: Console, rows: Sequence[KindRow]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Kind", "Status", "Items", "Paging", "Identifier", "Null properties"):
        table.add_column(title, overflow="fold")
    for row in rows:
        of = "" if row.children is None else f" of {row.children} children"
        table.add_row(
            Text(row.kind),
            str(row.status or "-"),
            f"{row.items}{of}{' (more)' if row.goes_on else ''}",
            row.paging or "-",
            row.identifiers or "-",
            Text(", ".join(row.nulls) or "-"),
        )
    console.print(table)


def _show_requests(console: Console, exchanges: Sequence[Exchange]) -> None:
    for one in exchanges:
        told = f"{one.purpose:7} {one.status or '-'} {one.bytes:>8} B {one.seconds:6.2f} s "
        console.print(
            told + f"{one.method} {one.url}", highlight=False, markup=False, soft_wrap=True
        )


def _summary(report: Report) -> str:
    count = len(report.findings)
    faults = "no faults" if not count else "1 finding" if count == 1 else f"{count} findings"
    if not report.rows and not report.exchanges:
        return f"{faults}; nothing was requested."
    count = len(report.exchanges)
    requests = "1 request" if count == 1 else f"{count} requests"
    return f"{faults}; {requests}, {report.seconds:.1f} s. `--requests` lists them."
