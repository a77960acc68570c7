"""What stands at /metrics after whole resyncs."""

from __future__ import annotations

import re
from collections.abc import Callable

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from promql_parser import VectorSelector, parse, walk

from framework.metrics import SERIES
from tests.documents import tables
from tests.fault_api import Answer, FaultApi, Request, answer
from tests.layout import ROOT
from tests.resync import Installation, resource
from tests.world import PAGED, Family, World, named

OPERATING = ROOT / "docs" / "operating.md"


def series(exposed: str, kind: str) -> dict[str, float]:
    """The values of our series and of the waiting that have this kind, by name."""
    return {
        sample.name.removeprefix("ocean_custom_"): sample.value
        for family in text_string_to_metric_families(exposed)
        for sample in family.samples
        if sample.labels.get("kind") == kind
        and sample.name.startswith(("ocean_custom_", "rate_limit_wait"))
    }


async def test_each_kind_has_its_counts(api: FaultApi, installation: Installation) -> None:
    """Requests, retries, items and doubts of a kind are those of its last reading."""
    api.serve("/items", answer(named(1, 2, 3)))
    api.serve("/teams", answer([]))
    api.fail("/items", answer({}, 503), times=1)
    installation.settings |= {"max_retry_wait": 5}
    installation.mapping = [resource("/items"), resource("/teams", "team")]

    async with installation.booted() as app:
        await installation.resync_in(app)
        again = await installation.resync_in(app)
        exposed = app.metrics.generate_latest()

    assert again.complete, again.formatted
    items, teams = series(exposed, "/items-0"), series(exposed, "/teams-1")
    assert (items["requests"], items["retries"], items["items"]) == (1, 0, 3)
    assert (teams["requests"], teams["items"], teams["doubts"]) == (1, 0, 1)
    assert {"rate_limit_wait_seconds", *SERIES} <= items.keys()


async def test_retries_and_waits_are_told(api: FaultApi, installation: Installation) -> None:
    """A wait that the API asked for is in Ocean's own series, the attempt in ours."""
    api.serve("/items", answer(named(1)))
    api.fail("/items", answer({}, 429, **{"Retry-After": "1"}), times=1)
    installation.settings |= {"max_retry_wait": 5}
    installation.mapping = [resource("/items")]

    async with installation.booted() as app:
        await installation.resync_in(app)
        found = series(app.metrics.generate_latest(), "/items-0")

    assert (found["requests"], found["retries"]) == (2, 1)
    assert found["rate_limit_wait_seconds"] >= 1


async def test_pages_and_checks_are_counted(api: FaultApi, installation: Installation) -> None:
    """Pages are those of the list; that there is no page 0 is found out by a check."""
    items = named(1, 2, 3, 4, 5)

    def page(request: Request) -> Answer:
        start = 2 * (request.number("page", 1) - 1)
        return answer(items[start : start + 2] if start >= 0 else [])

    api.serve("/items", page)
    installation.settings |= PAGED
    installation.mapping = [resource("/items")]

    async with installation.booted() as app:
        outcome = await installation.resync_in(app)
        found = series(app.metrics.generate_latest(), "/items-0")

    assert outcome.complete, outcome.formatted
    zeroth = [request for request in api.requests if request.number("page", 1) == 0]
    assert (found["checks"], len(zeroth)) == (1, 1)
    assert found["pages"] == found["requests"] - 1 == len(api.requests) - 1


async def test_children_are_counted(family: Family) -> None:
    """Of a resource with path parameters the children that were asked for are told."""
    async with family.installation.booted() as app:
        outcome = await family.installation.resync_in(app)
        exposed = app.metrics.generate_latest()

    counted = [series(exposed, f"{kind}-{index}") for index, kind in enumerate(outcome.states)]
    assert outcome.complete, outcome.formatted
    assert max(one.get("children", 0) for one in counted) > 1


async def test_the_last_success_is_told(world: World) -> None:
    """A resync that fails leaves the time of the last success as it was."""
    async with world.installation.booted() as app:
        await world.installation.resync_in(app)
        before = series(app.metrics.generate_latest(), "__resync__")
        world.api.fail("/items", answer({}, 403), on=1)
        outcome = await world.installation.resync_in(app)
        after = series(app.metrics.generate_latest(), "__resync__")

    assert not outcome.complete
    assert before["last_success_timestamp_seconds"] > 0
    assert after == before


def test_every_series_is_documented() -> None:
    """Each of our series stands in the page on operating."""
    text = OPERATING.read_text()

    assert not [name for name in SERIES if f"`ocean_custom_{name}`" not in text]


FROM_ELSEWHERE = "kube_"
"""What another exporter gives."""


def selected(query: str) -> list[VectorSelector]:
    """The series that a query reads of us, as a parser of PromQL finds them."""
    found: list[VectorSelector] = []

    def note(one: object) -> None:
        if isinstance(one, VectorSelector) and not str(one.name).startswith(FROM_ELSEWHERE):
            found.append(one)

    walk(parse(query), note)
    return found


def matches(families: list[Metric], series: VectorSelector) -> bool:
    """Whether /metrics has a sample that a query for this series finds."""
    holds: dict[str, Callable[[str, str], bool]] = {
        "Equal": lambda value, wanted: value == wanted,
        "NotEqual": lambda value, wanted: value != wanted,
        "Re": lambda value, wanted: re.fullmatch(wanted, value) is not None,
        "NotRe": lambda value, wanted: re.fullmatch(wanted, value) is None,
    }
    return any(
        sample.name == series.name
        and all(
            one.name in sample.labels
            and holds[str(one.op).removeprefix("MatchOp.")](sample.labels[one.name], one.value)
            for one in series.matchers.matchers
        )
        for family in families
        for sample in family.samples
    )


async def test_every_alert_finds_what_it_asks_for(world: World) -> None:
    """Each query of the page is PromQL, and finds its series after a resync that deleted."""
    async with world.installation.booted() as app:
        await world.installation.resync_in(app)
        families = list(text_string_to_metric_families(app.metrics.generate_latest()))
    queries = [row.names("PromQL")[0] for row in tables(OPERATING, "Worth knowing")]

    asked = [one for query in queries for one in selected(query)]

    assert {one.name for one in asked} >= {"success", "object_count", "ocean_custom_items"}
    assert [str(one) for one in asked if not matches(families, one)] == []


def test_an_alert_says_how_long_it_must_hold() -> None:
    """Each has a time as Prometheus writes one."""
    assert [
        row.cells["For"]
        for row in tables(OPERATING, "Worth knowing")
        if not re.fullmatch(r"\d+[smhd]", row.cells["For"])
    ] == []
