"""What a run gave: figures beside what is promised, as data, as a table, as Markdown."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec

_BEGIN, _END = "<!-- results: written by `make bench` -->\n", "<!-- end of results -->"


class Figure(msgspec.Struct, frozen=True):
    """One figure, from several runs.

    `values` are in `unit`, "times" for ratios, one of each round. The promise is a bound for
    their median: `least`, `most`, or none when the figure is only told. `medians` shows what
    the ratio is made of.
    """

    what: str
    values: Sequence[float]
    medians: str
    unit: str = "times"
    least: float | None = None
    most: float | None = None

    @property
    def median(self) -> float:
        """The middle of the values."""
        return statistics.median(self.values)

    @property
    def promise(self) -> str:
        """The bound in words; "" without one."""
        if self.least is not None:
            return f"at least {self.least:g} {self.unit}"
        return "" if self.most is None else f"at most {self.most:g} {self.unit}"

    @property
    def verdict(self) -> str:
        """Whether the promise is kept; "" without one."""
        if not self.promise:
            return ""
        kept = self.median >= (self.least or 0) and self.median <= (self.most or self.median)
        return "yes" if kept else "**no**"

    @property
    def row(self) -> list[str]:
        """The figure as cells of a table."""
        digits = 2 if self.unit == "times" else 0
        spread = f"{min(self.values):.{digits}f} to {max(self.values):.{digits}f}"
        measured = f"{self.median:.{digits}f} {self.unit} ({spread})"
        return [self.what, self.promise, measured, self.verdict, self.medians]


class Chart(msgspec.Struct, frozen=True):
    """Lines to draw: the points of each by its name; both axes logarithmic or neither."""

    name: str
    title: str
    x: str
    y: str
    lines: Mapping[str, Sequence[tuple[float, float]]]
    logarithmic: bool = False


class Result(msgspec.Struct, frozen=True):
    """What one scenario gave; ``load`` is the machine's load average when it ended."""

    title: str
    figures: Sequence[Figure]
    charts: Sequence[Chart] = ()
    load: float | None = None


HEADER = ["", "promised", "measured (spread)", "kept", "medians"]

type Results = dict[str, Result]


def load(path: Path) -> Results:
    """The results of earlier runs, by scenario; none when there is no file."""
    return msgspec.json.decode(path.read_bytes(), type=Results) if path.exists() else {}


def save(path: Path, results: Results) -> None:
    """Keep results for a later run of a single scenario."""
    path.write_bytes(msgspec.json.encode(results) + b"\n")


def markdown(results: Results) -> str:
    """Everything as Markdown: one table for each scenario."""
    introduction = (
        f"Made by `python -m benchmarks` on {os.cpu_count()} cores of {platform.machine()}, Python"
        f" {platform.python_version()}, Ocean {version('port-ocean')}. A ratio is the median of"
        " runs made in pairs, its spread in brackets."
    )
    lines = [introduction]
    for name, result in results.items():
        load = "" if result.load is None else f", load average {result.load:.0f}"
        lines += ["", f"**{result.title}** (`python -m benchmarks --only {name}`{load})", ""]
        lines += [_row(HEADER), _row(["---"] * len(HEADER))]
        lines += [_row(figure.row) for figure in result.figures]
    return "\n".join([*lines, ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def put_between_marks(page: Path, text: str) -> None:
    """Replace what stands between the two marks of a page; ValueError when they are missing."""
    before, rest = page.read_text(encoding="utf-8").split(_BEGIN)
    _, after = rest.split(_END)
    page.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{after}", encoding="utf-8")
