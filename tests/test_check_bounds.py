"""How often ``check`` asks at most where nothing that it tries is answered, as its docs say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.check_scene import (
    MAPPING,
    Scene,
    Spoil,
    asking,
    listed,
    notes,
    person,
    serving,
    settings,
)
from tests.fault_api import FaultApi, Reply, Request, answer
from tests.layout import ROOT

PEOPLE = [person(number) for number in range(25)]
BOUNDS = re.compile(r"(sign-ins|a login|a base URL|a path|a refusal|below parents) (\d+)")
_DOCS = " ".join((ROOT / "docs/check.md").read_text().split())
_MANY = "state: opn, kind: x, order: 'asc:name', fields: 'id,name,lvl', level: c"
_LOGIN = {"endpoint": "/login", "body": {"user": "me", "password": "hush-hush", "account": "a"}}
_TEMPLATE = {"headers": {"Authorization": "Bearer {{.token}}"}}


def everywhere(reply: Callable[[Request], Reply]) -> Spoil:
    """One answer, whatever is asked for."""

    def spoil(scene: Scene) -> None:
        for length in range(1, 7):
            scene.api.serve("/{}" * length, reply)

    return spoil


def refused(status: int, words: str) -> Spoil:
    """One refusal, whatever is asked for."""
    return everywhere(lambda _: answer({"message": words}, status))


def beside(status: int, words: str, path: str) -> Spoil:
    """A refusal of one path, and of those that are made up; the other lists are there."""

    def spoil(scene: Scene) -> None:
        refused(status, words)(scene)
        scene.api.serve("/v1/people", listed(PEOPLE))
        scene.api.serve("/v1/teams", listed([{"id": "team-1", "name": "Team", "open": True}]))
        scene.api.serve(path, lambda _: answer({"message": words}, status))

    return spoil


def signed_in(request: Request) -> Reply:
    """A login that gives tokens, none of which is good."""
    if request.path.endswith("/login"):
        return answer({"token": "a-token-of-it", "more": {"id": "another-token"}})
    return answer({"message": "Unauthorized"}, 401)


def logging_in(scene: Scene) -> None:
    """Settings with a login."""
    texts = {"custom_auth_request": _LOGIN, "custom_auth_request_template": _TEMPLATE}
    given = {name: json.dumps(one) for name, one in texts.items()}
    settings(auth_type="custom", api_token=None, **given)(scene)


def doubled(scene: Scene) -> None:
    """More kinds, none of which is there."""
    people = MAPPING.partition("resources:\n")[2].partition("  - kind: /teams\n")[0]
    scene.mapping += people.replace("/people", "/groups")


_KEY = settings(
    auth_type="api_key",
    api_token=None,
    api_key="a-key-of-the-scene",
    api_key_header="X-Acme-Key",
    custom_headers='{"X-Org": "acme"}',
    query_params='{"v": "2"}',
)
CASES: list[tuple[str, list[Spoil]]] = [
    ("sign-ins", [refused(401, "Unauthorized")]),
    ("sign-ins", [refused(401, "no key"), _KEY]),
    ("a login", [refused(400, "bad login: give user, key, account_id, tenant"), logging_in]),
    ("a login", [everywhere(signed_in), logging_in]),
    ("a base URL", [refused(404, "nothing"), doubled]),
    ("a path", [beside(404, "nothing", "/v1/people"), serving(notes, "/v1/teams/{}/notes")]),
    ("a refusal", [beside(400, "bad", "/v1/people"), asking(f"query_params: {{{_MANY}}}")]),
    (
        "a refusal",
        [
            beside(400, "state, kind, order, fields, level: not one of open", "/v1/people"),
            asking(f"method: POST\n      body: {{{_MANY}}}"),
        ],
    ),
    ("below parents", [beside(404, "nothing", "/v1/teams/{}/notes")]),
    ("below parents", [beside(400, "bad", "/v1/teams/{}/notes")]),
]


def test_the_docs_say_a_bound_for_each() -> None:
    """And nothing else."""
    assert {name for name, _ in BOUNDS.findall(_DOCS)} == {name for name, _ in CASES}


@pytest.mark.parametrize(("name", "spoils"), CASES)
async def test_no_more_is_asked_than_the_docs_say(
    name: str, spoils: list[Spoil], tmp_path: Path, api: FaultApi
) -> None:
    """Where nothing helps; what a kind itself is asked for is not counted."""
    report = await Scene(tmp_path, api).spoilt(spoils)

    asked = [one for one in report.exchanges if one.purpose in {"check", "login"}]
    bound = int(dict(BOUNDS.findall(_DOCS))[name])
    assert report.errors
    assert len(asked) <= bound
    assert len(asked) > bound / 3  # a bound that nothing comes near says nothing
