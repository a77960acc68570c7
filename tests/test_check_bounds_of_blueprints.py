"""``check`` tells what a blueprint refuses, and where several remedies fit alike, all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check_scene import Mistake, Scene, Spoil, listed, person, serving, swap, told
from tests.fault_api import FaultApi
from workbench.check.findings import Put

PEOPLE = [person(number) for number in range(25)]


def bounded(name: str, bound: str) -> Spoil:
    """A property of the people's blueprint with a bound."""
    head = f'"{name}": {{\n'
    return swap(head, f"{head}     {bound},\n", "blueprints")


CASES = {
    "a largest number": Mistake(
        [bounded("size", '"maximum": 5')],
        '"maximum": 5',
        'remove "maximum" of size',
        "blueprints",
    ),
    "a pattern": Mistake(
        [bounded("phone", '"pattern": "^[0-9]+$"')],
        '"pattern": "^[0-9]+$"',
        'remove "pattern" of phone',
        "blueprints",
    ),
    "a word that an enum lacks beside others": Mistake(
        [
            serving(
                listed(
                    [one | {"level": ["low", "high", "top"][n % 3]} for n, one in enumerate(PEOPLE)]
                )
            )
        ],
        '"enum": [',
        'write "enum": ["low", "high", "top"]',
        "blueprints",
    ),
    "an address in the objects of a list": Mistake(
        [
            serving(
                listed([one | {"mail": [{"of": "work", "value": one["mail"]}]} for one in PEOPLE])
            )
        ],
        "mail: .mail",
        "write mail: '.mail[0].value'",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_what_a_blueprint_refuses_is_told(
    case: Mistake, tmp_path: Path, api: FaultApi
) -> None:
    """At the bound, or at the expression, whichever has to change."""
    await case.is_told(Scene(tmp_path, api))


async def test_words_that_differ_by_case_are_told_with_both_remedies(
    tmp_path: Path, api: FaultApi
) -> None:
    """The expression may make them so, or the blueprint may say them so: neither is a fix."""
    scene = Scene(tmp_path, api)

    report = await scene.spoilt([swap("level: .level", "level: .rank")])

    (finding,) = report.findings
    assert finding.remedy.startswith("one of: write level: .rank | ascii_downcase"), finding.remedy
    assert finding.fix == ()
    values = [[one.value for one in way if isinstance(one, Put)] for way in finding.one_of]
    assert values == [[".rank | ascii_downcase"], [["LOW", "HIGH"]]], told(report.findings)
    assert [way[0]["value"] for way in finding.as_json()["one_of"]] == [one[0] for one in values]  # type: ignore[attr-defined]
