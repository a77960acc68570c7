"""``check`` on a parameter that asks for one value of a key, under a name that nobody heeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check_scene import Mistake, Scene, asking, listed, person, serving, told
from tests.fault_api import FaultApi, Handler, Reply, Request

MOST_FOR_ONE = 6  # of which one has all other names at once


def by(name: str) -> Handler:
    """People of the levels that a parameter names, or all."""

    def handler(request: Request) -> Reply:
        wanted = str(request.param(name) or "low,high").split(",")
        rows = [person(number) for number in range(25)]
        return listed([row for row in rows if row["level"] in wanted])(request)

    return handler


CASES = {
    "called otherwise than the key": ("grade", "level"),
    "called as another filter is": ("filter[grade]", "filter[level]"),
    "without the brackets": ("level", "filter[level]"),
}


@pytest.mark.parametrize(("sent", "meant"), CASES.values(), ids=CASES.keys())
async def test_the_name_that_leaves_those_alone_is_written(
    sent: str, meant: str, tmp_path: Path, api: FaultApi
) -> None:
    """In the line of the parameter: by that name no item with another value comes."""
    spoils = [serving(by(meant)), asking(f"query_params: {{'{sent}': high}}")]
    mistake = Mistake(spoils, "query_params:", f"write {meant}: high in the place of {sent}")

    await mistake.is_told(Scene(tmp_path, api))


async def test_a_value_that_yaml_reads_otherwise_is_told_in_quotes(
    tmp_path: Path, api: FaultApi
) -> None:
    """A star by itself would be no value in the line that is written."""
    closed = [row for row in (person(number) for number in range(25)) if row["level"] == "low"]

    def handler(request: Request) -> Reply:
        rows = [person(number) for number in range(25)]
        return listed(rows if request.param("state_id") == "*" else closed)(request)

    spoils = [serving(handler), asking("query_params: {state: '*'}")]
    mistake = Mistake(spoils, "query_params:", "write state_id: '*' in the place of state")

    await mistake.is_told(Scene(tmp_path, api))


@pytest.mark.parametrize("value", ["high", "'low,high'", "tall"])
async def test_nothing_is_told_of_one_that_may_be_meant(
    value: str, tmp_path: Path, api: FaultApi
) -> None:
    """One that is heeded, that asks for all, or for what no item has."""
    name = "level" if value == "high" else "view"
    spoils = [serving(by("level")), asking(f"query_params: {{{name}: {value}}}")]

    report = await Scene(tmp_path, api).spoilt(spoils)

    assert report.findings == [], told(report.findings)


async def test_what_makes_no_difference_costs_few_requests(tmp_path: Path, api: FaultApi) -> None:
    """All other names at once, and nothing for what stands in the answer or is a long text."""
    scene = Scene(tmp_path, api)
    usual = len((await scene.spoilt([])).exchanges)
    sent = f"query_params: {{flag: true, fields: 'id,name', query: '{{ {'a, ' * 40} }}'}}"

    report = await scene.spoilt([asking(sent)])

    assert report.findings == [], told(report.findings)
    assert len(report.exchanges) - usual <= MOST_FOR_ONE
