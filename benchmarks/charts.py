"""Charts as SVG."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.results import Chart


def draw(chart: Chart, folder: Path) -> Path:
    """Draw a chart into `<name>.svg` of a folder."""
    # The same data give the same file: ids from the chart's name, no date, text as text.
    with mpl.rc_context({"svg.hashsalt": chart.name, "svg.fonttype": "none"}):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.add_subplot(
            title=chart.title, xlabel=chart.x, ylabel=chart.y, **_scales(chart)
        )
        for name, points in chart.lines.items():
            marker = "o" if chart.logarithmic else None
            axes.plot(*zip(*points, strict=True), marker=marker, label=name)
        if not chart.logarithmic:
            axes.set_ylim(bottom=0)
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
        path = folder / f"{chart.name}.svg"
        figure.savefig(path, metadata={"Date": None})
    return path


def _scales(chart: Chart) -> dict[str, str]:
    return {"xscale": "log", "yscale": "log"} if chart.logarithmic else {}
