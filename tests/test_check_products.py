"""`check` on every product with a simulator: silent on examples, not on their mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.check_bench import checked_files, served, write_example
from tests.check_scene import told
from tests.examples import PRODUCTS, example
from tests.layout import ROOT
from tests.simulators import Mistake, simulate
from workbench.check.run import Report

MOST_PAGES = 50
WITHIN = "the second page is beyond what a bounded look reads, or a parameter makes too many pairs"
GAPS: Mapping[str, str] = {
    "algolia: records by a search": WITHIN,
    "azure-devops: repositories paged as the others are": "a list not read may show the cursor",
    "elasticsearch: an order in which several are equal": WITHIN,
    "google-cloud: projects that are being deleted": WITHIN,
    "harbor: a name that is encoded once": "children that answer 404, beside others that do not",
    "opsgenie: all alerts in one walk": WITHIN,
    "gitlab: projects without pipelines": WITHIN,
    "google-drive: fields of files as fields of the answer": "an empty list in doubt",
    "google-drive: fields of the parents without the token": WITHIN,
    "google-drive: fields without the list": "an empty list in doubt",
    "internal-catalog: a path with another spelling": WITHIN,
    "kubernetes: no place of the cursor": "the whole list is read all the same",
    "sonarqube: no size parameter, and a position for smaller pages": WITHIN,
    "sonarqube: the issues of all projects at once": WITHIN,
    "twilio: closed accounts": WITHIN,
}
"""Mistakes that a bounded look does not see, as product and mistake, and why."""


async def checked(name: str, folder: Path, mistake: Mistake | None = None) -> Report:
    """What a check says of a product's example, spoilt by a mistake."""
    given = example(name)
    given.settings["max_pages"] = MOST_PAGES
    if mistake:
        given.spoil(mistake)
    product = replace(PRODUCTS[name], throttle=None)
    return await checked_files(write_example(folder, given), served(simulate(product)))


def some(cases: Iterable[Any], step: int) -> list[Any]:
    """The cases, of which one in so many is in `make test`."""
    return [
        pytest.param(
            *getattr(one, "values", (one,)),
            id=getattr(one, "id", str(one)),
            marks=[] if number % step == 0 else [pytest.mark.exhaustive],
        )
        for number, one in enumerate(cases)
    ]


@pytest.mark.parametrize("name", some(PRODUCTS, 9))
async def test_an_example_is_clean(name: str, tmp_path: Path) -> None:
    """Nothing is told of an installation that is as it should be, no warning either."""
    report = await checked(name, tmp_path)

    assert not report.findings, told(report.findings)


MISTAKES = [
    pytest.param(name, mistake, id=f"{name}: {mistake.name}")
    for name in PRODUCTS
    for mistake in PRODUCTS[name].mistakes
    if mistake.error is not None
]


@pytest.mark.parametrize(("name", "mistake"), some(MISTAKES, 18))
async def test_a_mistake_is_told(name: str, mistake: Mistake, tmp_path: Path) -> None:
    """In a line of a file, with something to do."""
    report = await checked(name, tmp_path, mistake)
    errors = [one for one in report.findings if one.severity == "error"]

    is_told = any(one.line is not None and one.remedy for one in errors)
    assert is_told != (f"{name}: {mistake.name}" in GAPS), told(report.findings)


def test_the_gaps_are_mistakes_and_the_docs_count_them() -> None:
    """A gap that no product has any more is none."""
    names = {str(one.id) for one in MISTAKES}

    assert set(GAPS) <= names
    told_of = f"{len(names) - len(GAPS)} of {len(names)} mistakes"
    assert told_of in (ROOT / "docs/check.md").read_text()
