"""`python -m benchmarks`: measure everything, print a table, keep it in a file."""

from __future__ import annotations

import asyncio
import io
import statistics
from collections.abc import Callable, Coroutine
from contextlib import redirect_stdout
from pathlib import Path

import click
from loguru import logger
from rich.console import Console
from rich.table import Table

from benchmarks.scenarios import Figure, fan_out, walk

SCENARIOS: dict[str, Callable[[], Coroutine[None, None, Figure]]] = {
    "fan-out: 400 children, 50 ms, 20 in flight": fan_out,
    "walk: 100 pages one after the other, 100 ms, a whole resync": walk,
}


@click.command()
@click.option("--runs", default=3, show_default=True, help="Runs of each scenario.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("benchmarks/results.md"),
    show_default=True,
    help="The file that keeps the table.",
)
def main(runs: int, output: Path) -> None:
    """Measure the speed of the integration against the physical limit."""
    logger.remove()
    table = Table("Scenario", "Measured", "Ideal", "Ratio (all runs)", "Promised", "CPU")
    lines = [
        "| scenario | measured | ideal | ratio (all runs) | promised | CPU |",
        "|---|---|---|---|---|---|",
    ]
    for name, scenario in SCENARIOS.items():
        # What runs inside writes its log to standard output when it fails.
        with redirect_stdout(io.StringIO()):
            figures = [asyncio.run(scenario()) for _ in range(runs)]
        row = _row(name, figures)
        table.add_row(*row)
        lines.append(f"| {' | '.join(row)} |")
    Console(width=140).print(table)
    output.write_text("\n".join(["Made by `make bench`; medians.", "", *lines, ""]))


def _row(name: str, figures: list[Figure]) -> list[str]:
    ratios = sorted(figure.ratio for figure in figures)
    return [
        name,
        f"{statistics.median(figure.measured for figure in figures):.2f} s",
        f"{figures[0].ideal:.2f} s",
        f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        f"{figures[0].promised:.2f}",
        f"{statistics.median(figure.cpu for figure in figures):.2f} s",
    ]


if __name__ == "__main__":
    main()
