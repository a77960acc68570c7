"""``check`` on what is missing or another, where the right one stands elsewhere in the mapping."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.check_scene import Mistake, Scene, asking, listed, person, serving, settings, swap
from tests.fault_api import FaultApi, Json, Reply, Request, answer, text

_PEOPLE = listed([person(number) for number in range(25)])
_PARENTS = """\
      path_parameters:
        team:
          endpoint: /teams
          data_path: .data
          field: .id
          filter: .open
"""
_TEAMS = {f"team-{number}" for number in range(4)}


def of_a_team(request: Request) -> Reply:
    """People, for those who name a team."""
    if not (team := request.param("team")):
        return answer({"message": "Required parameter 'team' is missing"}, 400)
    return _PEOPLE(request) if team in _TEAMS else answer({}, 404)


def of_a_key(request: Request) -> Reply:
    """People, for those who name a key of a team."""
    if request.param("key") in {"T0", "T1"}:
        return _PEOPLE(request)
    return answer({"message": "Required parameter 'key' is missing"}, 400)


def of_one_path(request: Request) -> Reply:
    """Notes of the team that a parameter names, where any path but this one is not there."""
    if request.param("method") != "notes":
        return answer({"result": "error", "message": "The method is unknown."})
    if (team := request.param("teamNo")) not in _TEAMS:
        return answer({"result": "error", "message": "Please specify a value for 'teamNo'."})
    return answer([{"id": f"{team}-{number}", "text": "x"} for number in range(3)])


def of_levels(request: Request) -> Reply:
    """People of levels, each of which has to be known."""
    unknown = [value for name, value in request.query if name == "level" and value != "high"]
    words = {"level": [f"Select a valid choice. {one} is not one of those." for one in unknown]}
    return answer(words, 400) if unknown else _PEOPLE(request)


def xml_for_all(request: Request) -> Reply:
    """XML, but for those who want JSON."""
    if "json" in request.headers.get("accept", ""):
        return _PEOPLE(request)
    return text('<?xml version="1.0"?><x/>', kind="application/xml")


def among_objects(row: dict[str, Json]) -> dict[str, Json]:
    """A person with a name within an object that is called as a longer word."""
    return {**row, "duty_state": {"name": "on"}}


CASES = {
    "a value that items have": Mistake(
        [serving(of_a_key)], "selector:", "write key: T0 in query_params (so it answers)"
    ),
    "a value with a slip, refused as not there": Mistake(
        [serving(of_a_team), asking("query_params: {team: team1}")],
        "query_params:",
        "write team: team-",
    ),
    "one of several values": Mistake(
        [serving(of_levels), asking("query_params: {level: [high, tall]}")],
        "query_params:",
        "write level: [high]",
    ),
    "a name in the query of the one path that there is": Mistake(
        [
            serving(of_one_path, "/v1/index.php"),
            swap("/teams/{team}/notes", "/index.php?method=notes"),
            swap(_PARENTS, f"{_PARENTS}      query_params:\n        teamno: '{{team}}'\n"),
        ],
        "teamno: '{team}'",
        "write teamNo: '{team}' in the place of teamno: so it answers",
    ),
    "a part of a path that is another item's": Mistake(
        [swap("/teams/{team}/notes", "/teams/team/notes"), swap(_PARENTS, "")],
        "kind: /teams/team/notes",
        "/teams/team-0/notes",
    ),
    "the name within what is called much like it": Mistake(
        [
            serving(listed([among_objects(person(number)) for number in range(12)])),
            swap("phone: .phone", "phone: .state.name"),
        ],
        "phone: .state.name",
        "write phone: .duty_state.name",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_it_is_found_where_it_stands(case: Mistake, tmp_path: Path, api: FaultApi) -> None:
    """And what is told was answered."""
    await case.is_told(Scene(tmp_path, api))


async def test_a_header_that_all_lack_is_a_setting(tmp_path: Path, api: FaultApi) -> None:
    """Told once, and not at each kind."""
    scene = Scene(tmp_path, api)
    serving(xml_for_all, "/v1/people", "/v1/teams", "/v1/teams/{}/notes")(scene)

    report = await scene.check()

    (finding,) = report.findings
    assert finding.file.endswith(".env")
    assert "CUSTOM_HEADERS" in finding.remedy


async def test_fields_within_an_object_are_those_of_a_login(tmp_path: Path, api: FaultApi) -> None:
    """As JSON-RPC sends them, which refuses what it does not know."""

    def login(request: Request) -> Reply:
        given = request.json["params"]
        assert isinstance(given, dict)
        odd = given.keys() - {"username", "password"}
        words = "; ".join(f'unexpected parameter "{one}"' for one in odd)
        if odd or given.get("username") != "me":
            return answer({"error": {"code": -1, "message": words or "who?"}}, 400)
        return answer({"result": "the-issued-token"})

    def people(request: Request) -> Reply:
        is_known = request.headers.get("authorization") == "Bearer the-issued-token"
        rows = [person(number) for number in range(7)]
        return answer({"data": rows}) if is_known else answer({"message": "no"}, 401)

    api.serve("/v1/rpc", login)
    sent = {"user": "me", "password": "S3cure-and-long"}
    request = {"endpoint": "/rpc", "body": {"method": "user.login", "params": sent}}
    template = {"headers": {"Authorization": "Bearer {{.result}}"}}
    scene = Scene(tmp_path, api)
    scene.mapping = scene.mapping[: scene.mapping.index("  - kind: /teams\n")]
    report = await scene.spoilt(
        [
            serving(people),
            swap("          relations:\n            team: .team.id\n", ""),
            settings(
                auth_type="custom",
                api_token=None,
                custom_auth_request=json.dumps(request),
                custom_auth_request_template=json.dumps(template),
            ),
        ]
    )

    assert 'write "username" for "user" in "body"' in report.findings[0].remedy
