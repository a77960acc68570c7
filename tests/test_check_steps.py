"""``check`` on a login of several requests: what reads a key that the answer calls otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.check_scene import Scene, person, swap_text, told
from tests.fault_api import FaultApi, Handler, Reply, Request, answer
from tests.repairs import checked_again

_TICKET, _TOKEN, _PASSWORD = "the-ticket-of-step-one", "the-issued-token", "S3cure-and-long"
_STEPS = [
    {"endpoint": "/login", "body": {}},
    {"endpoint": "/login", "body": {"ticket": "{{.authId}}", "password": _PASSWORD}},
]


def _login(request: Request) -> Reply:
    given = request.json
    if not given:
        return answer({"authId": _TICKET, "stage": "one"})
    if given == {"ticket": _TICKET, "password": _PASSWORD}:
        return answer({"tokenId": _TOKEN, "realm": "/"})
    return answer({"message": "no"}, 401)


def _known(body: list[dict[str, object]]) -> Handler:
    def handler(request: Request) -> Reply:
        if request.headers.get("cookie") != f"sess={_TOKEN}":
            return answer({"message": "no"}, 401)
        return answer({"data": body if request.number("page", 1) == 1 else []})

    return handler


@pytest.fixture
def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """People, for those who have logged in by two requests."""
    found = Scene(tmp_path, api)
    found.mapping = found.mapping[: found.mapping.index("  - kind: /teams\n")]
    found.mapping = swap_text(
        found.mapping, "          relations:\n            team: .team.id\n", ""
    )
    del found.settings["api_token"]
    found.settings["auth_type"] = "custom"
    found.settings["custom_auth_request"] = json.dumps({"steps": _STEPS})
    template = {"headers": {"Cookie": "sess={{.tokenId}}"}}
    found.settings["custom_auth_request_template"] = json.dumps(template)
    api.serve("/v1/login", _login)
    api.serve("/v1/people", _known([person(number) for number in range(7)]))
    return found


async def test_nothing_is_said_of_it(scene: Scene) -> None:
    """It is as it should be."""
    assert (await scene.check()).findings == []


@pytest.mark.parametrize(
    ("setting", "old", "new"),
    [
        pytest.param("custom_auth_request", ".authId", ".authID", id="the next step"),
        pytest.param("custom_auth_request_template", ".tokenId", ".token", id="the template"),
    ],
)
async def test_the_key_that_the_answer_has_is_written(
    setting: str, old: str, new: str, scene: Scene
) -> None:
    """In the line of the setting that reads another, without a secret."""
    scene.settings[setting] = swap_text(scene.settings[setting], old, new)

    report = await scene.check()
    again = await checked_again(report, scene.write())

    (finding,) = report.findings
    assert (finding.file, finding.line) == scene.place(setting.upper() + "=", "settings")
    said = json.dumps(report.as_json())
    assert not [one for one in (_TICKET, _TOKEN, _PASSWORD) if one in said]
    assert again.findings == [], told(again.findings)
