"""The benchmarks' harness works; how fast anything is, no test says."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.__main__ import main
from benchmarks.charts import draw
from benchmarks.measure import REPOSITORY, in_turns
from benchmarks.results import Chart, Figure, Result, load, markdown, put_between_marks, save
from benchmarks.roads import ROADS
from benchmarks.scenarios import SCENARIOS


def run(*options: str) -> str:
    """What `python -m benchmarks` prints."""
    done = CliRunner().invoke(main, options)
    assert done.exception is None, done.output
    return done.output


def test_the_scenarios_are_listed() -> None:
    """A person finds what there is to measure."""
    assert [line.split()[0] for line in run("--list").splitlines()] == list(SCENARIOS)


@pytest.mark.exhaustive
def test_a_reader_and_a_whole_resync_are_measured(tmp_path: Path) -> None:
    """Real servers, a reader and `ocean sail`, tiny: every figure is there, and kept."""
    run("--quick", "--only", "latency", "--output", str(tmp_path))

    results = load(tmp_path / "results.json")
    assert [len(figure.values) for figure in results["latency"].figures] == [1, 1]
    assert all(figure.median >= 1 for figure in results["latency"].figures)
    assert "**Waiting: 8 pages" in (tmp_path / "results.md").read_text()


@pytest.mark.exhaustive
def test_every_road_leads_to_all_items(tmp_path: Path) -> None:
    """Formats, cursors, bodies, values in step and sign-ins give what plain JSON gives."""
    run("--quick", "--only", "roads", "--only", "large-formats", "--output", str(tmp_path))

    results = load(tmp_path / "results.json")
    assert len(results["large-formats"].figures) == 4
    figures = results["roads"].figures
    assert [figure.what.partition(":")[0] for figure in figures[:-1]] == list(ROADS)[1:]
    assert "requests 6 and 6" in figures[0].medians


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        pytest.param([2.9, 3.1, 3.2], "yes", id="the median keeps it"),
        pytest.param([2.8, 2.9, 4.0], "**no**", id="the best does not count"),
    ],
)
def test_the_median_decides_on_a_lower_bound(values: list[float], verdict: str) -> None:
    """A promise of at least so much is kept by the middle of the runs."""
    assert Figure("faster", values, "", least=3).verdict == verdict


def test_an_upper_bound_holds_for_the_median() -> None:
    """A promise of at most so much is kept up to the bound and not beyond."""
    assert Figure("memory", [150], "", unit="MB", most=150).verdict == "yes"
    assert Figure("memory", [151], "", unit="MB", most=150).verdict == "**no**"


def test_a_figure_without_promise_has_no_verdict() -> None:
    """What is only told is neither kept nor broken."""
    assert Figure("told", [1.0], "").verdict == ""


def test_runs_take_turns() -> None:
    """Every second round goes backwards; what a run gave stays together."""
    order: list[str] = []

    def noted(name: str) -> str:
        order.append(name)
        return name

    columns = in_turns(2, lambda: noted("first"), lambda: noted("second"))

    assert order == ["first", "second", "second", "first"]
    assert columns == [["first", "first"], ["second", "second"]]


def test_results_and_charts_survive_a_run_of_another_scenario(tmp_path: Path) -> None:
    """What was kept can be read again, and a chart is drawn the same way every time."""
    lines = {"reading": [(1.0, 2.0), (10.0, 20.0)]}
    chart = Chart("growth", "Growth", "items", "s", lines, logarithmic=True)
    results = {"growth": Result("Growth", [Figure("time", [1.5], "ours 3 s", most=2)], [chart])}
    save(tmp_path / "results.json", results)

    assert load(tmp_path / "results.json") == results
    assert "| time | at most 2 times | 1.50 times (1.50 to 1.50) | yes | ours 3 s |" in markdown(
        results
    )
    assert draw(chart, tmp_path).read_bytes() == draw(chart, tmp_path).read_bytes()


def test_the_page_shows_the_kept_results(tmp_path: Path) -> None:
    """The documentation has the figures of the last run; those of the next one replace them."""
    page = tmp_path / "performance.md"
    shown = (REPOSITORY / "docs" / "performance.md").read_text()
    page.write_text(shown)

    kept = (REPOSITORY / "benchmarks" / "results.md").read_text()

    put_between_marks(page, kept)
    assert page.read_text() == shown

    put_between_marks(page, "another table")
    assert "another table" in page.read_text()
    assert kept not in page.read_text()
