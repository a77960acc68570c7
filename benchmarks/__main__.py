"""`python -m benchmarks`: measure, print the tables, keep them with the charts."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.charts import draw
from benchmarks.measure import REPOSITORY
from benchmarks.results import HEADER, Result, load, markdown, put_between_marks, save
from benchmarks.scenarios import SCENARIOS

_HERE = Path(__file__).parent
_PAGE = REPOSITORY / "docs" / "performance.md"


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(SCENARIOS)), help="This scenario.")
@click.option("--list", "listing", is_flag=True, help="Name the scenarios and do nothing.")
@click.option("--quick", is_flag=True, help="Try the harness: tiny sizes, nothing kept.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"Keep tables and charts in this folder, and leave docs/{_PAGE.name} alone.",
)
def main(only: tuple[str, ...], *, listing: bool, quick: bool, output: Path | None) -> None:
    """Measure the speed of the integration.

    The results of scenarios that are not run again stay as they were.
    """
    if listing:
        for name, scenario in SCENARIOS.items():
            click.echo(f"{name:12} {scenario.__doc__}")
        return
    console = Console(width=140)
    done: dict[str, Result] = {}
    for name in only or SCENARIOS:
        started = time.monotonic()
        result = SCENARIOS[name](quick=quick)
        done[name] = msgspec.structs.replace(result, load=os.getloadavg()[0])
        console.print(_table(done[name]))
        console.print(f"{name}: {time.monotonic() - started:.0f} s\n")
        if output or not quick:
            _keep({name: done[name]}, output or _HERE)
    if not (output or quick):
        put_between_marks(_PAGE, (_HERE / "results.md").read_text(encoding="utf-8"))


def _keep(new: dict[str, Result], folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    kept = load(folder / "results.json") | new
    results = {name: kept[name] for name in SCENARIOS if name in kept}
    save(folder / "results.json", results)
    (folder / "results.md").write_text(markdown(results), encoding="utf-8")
    for result in new.values():
        for chart in result.charts:
            draw(chart, folder)


def _table(result: Result) -> Table:
    table = Table(*HEADER, title=result.title, title_justify="left")
    for figure in result.figures:
        table.add_row(*figure.row)
    return table


if __name__ == "__main__":
    # As on Ctrl-C: what was started is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
