"""`check`: items of several parents that make one entity, and what tells them apart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.check_scene import SETTINGS, Scene, told
from tests.fault_api import FaultApi, Reply, Request, answer
from workbench.check.findings import Finding

type Row = dict[str, Any]

PULLS = """\
resources:
  - kind: /repos/{repo}/pulls
    selector:
      query: "true"
      path_parameters:
        repo:
          endpoint: /repos
          field: FIELD
    port:
      entity:
        mappings:
          identifier: IDENTIFIER
          blueprint: '"pull"'
          properties:
            title: TITLE
"""
BLUEPRINTS = '[{"identifier": "pull", "schema": {"properties": {"title": {"type": "string"}}}}]'


async def found(
    folder: Path, api: FaultApi, pulls: Mapping[str, Sequence[Row]], **options: str
) -> list[Finding]:
    """What a check says of pull requests below repositories, which are numbered from 5."""
    given = {"identifier": ".id | tostring", "title": ".title", "field": ".name"} | options
    text = PULLS
    for name, value in given.items():
        text = text.replace(name.upper(), value)
    settings = SETTINGS | {"pagination_type": "none"}
    scene = Scene(folder, api, mapping=text, blueprints=BLUEPRINTS, settings=settings)
    repos = [{"name": name, "id": number} for number, name in enumerate(pulls, 5)]
    by_value = {str(repo[given["field"][1:]]): repo["name"] for repo in repos}

    def listed(request: Request) -> Reply:
        rows: Any = pulls[str(by_value[request.values[0]])]
        return answer(list(rows))

    api.serve("/v1/repos", answer(list[Any](repos)))
    api.serve("/v1/repos/{}/pulls", listed)
    return (await scene.check()).findings


def numbered(repo: str, *numbers: int) -> list[Row]:
    """Pull requests that are numbered in their own repository."""
    return [{"id": number, "title": f"{repo} {number}", "state": "open"} for number in numbers]


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        pytest.param(
            {}, 'write identifier: .__repo + "/" + (.id | tostring)', id="a number made a text"
        ),
        pytest.param(
            {"identifier": ".id"},
            'write identifier: .__repo + "/" + (.id | tostring)',
            id="a number",
        ),
        pytest.param(
            {"identifier": "(.id | tostring) + .title[:0]"},
            "write identifier: '.__repo + \"/\" + ((.id | tostring) + .title[:0])'",
            id="a text that is put together",
        ),
        pytest.param(
            {"field": ".id"},
            'write identifier: (.__repo | tostring) + "/" + (.id | tostring)',
            id="parents with numbers",
        ),
    ],
)
async def test_children_that_share_an_identifier(
    tmp_path: Path, api: FaultApi, options: dict[str, str], remedy: str
) -> None:
    """An error in the identifier's line, with both parents and the identifier that is unique."""
    pulls = {"web": numbered("web", 1, 2), "app": numbered("app", 1, 2, 3)}

    findings = await found(tmp_path, api, pulls, **options)

    (one,) = findings
    assert (one.file.rpartition("/")[2], one.line, one.severity) == (
        "port-app-config.yml",
        12,
        "error",
    )
    assert "5 items, 3 values (" in one.problem
    names = ("5", "6") if "field" in options else ("web", "app")
    assert f"2 times: of {{__repo: {names[0]}}} and of {{__repo: {names[1]}}})" in one.problem
    assert one.remedy == remedy


async def test_a_remedy_that_is_not_unique_is_not_told(tmp_path: Path, api: FaultApi) -> None:
    """Items of one parent share it as well, so that a key of theirs is named."""
    pulls = {
        name: [{"id": 1, "title": f"{name} {key}", "uuid": f"{name}-{key}"} for key in "ab"]
        for name in ("web", "app")
    }

    (one,) = await found(tmp_path, api, pulls)

    assert one.remedy == "write identifier: .uuid (unique)"


@pytest.mark.parametrize("number", [7, 7.5, True])
async def test_a_number_is_no_identifier(tmp_path: Path, api: FaultApi, number: object) -> None:
    """Port takes texts alone."""
    pulls = {"web": [{"code": one, "title": "A", "state": "open"} for one in (number, 9)]}

    (one,) = await found(tmp_path, api, pulls, identifier=".code")

    problem = (
        f"identifier must be a text, {json.dumps(number)} is none: Port refuses 2 of 2 entities"
    )
    assert one.problem.endswith(problem)
    assert one.remedy == "write identifier: .code | tostring"


@pytest.mark.parametrize(
    ("identifier", "remedy"),
    [
        pytest.param(
            ".nr | tostring",
            'write identifier: .__repo + "/" + (.nr | tostring), or .uid | tostring',
            id="beside another",
        ),
        pytest.param(".uidd", "write identifier: .uid | tostring (4 of 4)", id="by another key"),
        pytest.param(
            ".key | tostring",
            "write identifier: .key.code | tostring (a value that tells them apart)",
            id="within an object",
        ),
    ],
)
async def test_what_is_named_is_a_text(
    tmp_path: Path, api: FaultApi, identifier: str, remedy: str
) -> None:
    """An identifier that a remedy names is never a number itself."""
    pulls: dict[str, list[Row]] = {
        name: [
            {"nr": n, "uid": base + n, "key": {"code": base - n}, "title": f"{base}"}
            for n in (1, 2)
        ]
        for name, base in (("web", 100), ("app", 200))
    }

    (one,) = await found(tmp_path, api, pulls, identifier=identifier)

    assert one.remedy == remedy


async def test_a_thing_below_two_parents_is_no_fault(tmp_path: Path, api: FaultApi) -> None:
    """It makes the same entity twice, and nothing is lost."""
    same = numbered("both", 1)

    findings = await found(tmp_path, api, {"web": [*same, *numbered("web", 2)], "app": same})

    assert not findings, told(findings)


async def test_different_items_with_equal_entities_are_a_warning(
    tmp_path: Path, api: FaultApi
) -> None:
    """Whether these are different things only a person knows."""
    pulls = {"web": numbered("web", 1), "app": numbered("app", 1)}

    (one,) = await found(tmp_path, api, pulls, title=".state")

    assert (one.line, one.severity) == (12, "warn")
    assert one.remedy.endswith(
        'different things: write identifier: .__repo + "/" + (.id | tostring)'
    )


@pytest.mark.parametrize("identifier", [".title", '.title | gsub("/"; "-")'])
async def test_a_name_may_be_a_sign(tmp_path: Path, api: FaultApi, identifier: str) -> None:
    """RabbitMQ has a host `/`."""
    pulls = {"web": [{"id": n, "title": title} for n, title in enumerate(("/", "a", "b"))]}

    findings = await found(tmp_path, api, pulls, identifier=f"'{identifier}'")

    assert not findings, told(findings)


async def test_signs_between_nothing_are_no_name(tmp_path: Path, api: FaultApi) -> None:
    """Where all that an identifier is made of is null."""
    pulls = {"web": numbered("web", 1, 2, 3)}

    (one,) = await found(tmp_path, api, pulls, identifier="'.lost + \"/\" + .gone'")

    assert "is null in 3 of 3 items" in one.problem


async def test_what_a_list_holds_is_not_the_items(tmp_path: Path, api: FaultApi) -> None:
    """`.drop_id` is read of each node, whatever the item has."""
    rows = numbered("web", 1, 2, 3, 4)
    nodes = [{"nodes": [{"id": f"n{row['id']}", "drop_id": f"d{row['id']}"}]} for row in rows]
    pulls = {"web": [row | node for row, node in zip(rows, nodes, strict=True)]}

    findings = await found(tmp_path, api, pulls, title="'[.nodes[]? | .drop_id] | first'")

    assert not findings, told(findings)
