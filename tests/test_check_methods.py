"""``check`` on a method that is not for a path: the path, or the method, by what is answered."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from json_values import Json
from tests.check_scene import Mistake, Scene, Spoil, listed, person, signed, swap, told
from tests.fault_api import FaultApi, Reply, Request, answer

_PEOPLE = [person(number) for number in range(25)]
_FILTER = "body: {size: 10}\n      pagination: {send_in: body}"


def _by_post(request: Request) -> Reply:
    """A search, which takes its pages in the body."""
    if request.method != "POST" or not signed(request):
        return answer({"message": "method not allowed"}, 405)
    size, number = (int(str(request.json.get(one, 1))) for one in ("size", "page"))
    return answer({"data": _PEOPLE[(number - 1) * size : number * size]})


def _by_get(request: Request) -> Reply:
    """The list beside it."""
    if request.method != "GET":
        return answer({"message": "method not allowed"}, 405)
    return listed(_PEOPLE)(request)


def _one(request: Request) -> Reply:
    """No single one is there."""
    return answer({"message": "no"}, 404 if request.method == "GET" else 405)


def _kind(path: str, body: str = _FILTER) -> Spoil:
    selector = f"    selector:\n      method: POST  # as told\n      {body}"
    return swap("kind: /people\n    selector:", f"kind: {path}\n{selector}")


@pytest.fixture
def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """An API whose searches are at a path of their own."""
    found = Scene(tmp_path, api)
    api.serve("/v1/people", _by_get)
    api.serve("/v1/{}/{}", _one)
    api.serve("/v1/people/search", _by_post)
    return found


async def test_nothing_is_said_of_a_search(scene: Scene) -> None:
    """It is as it should be."""
    report = await scene.spoilt([_kind("/people/search")])

    assert report.findings == [], told(report.findings)


CASES = {
    "the list beside the search, which GET reads": Mistake(
        [_kind("/people")], "kind: /people", "write kind: /people/search (it answers 200)"
    ),
    "a slip in the word of a search": Mistake(
        [_kind("/people/serach")], "kind: /people/", "write kind: /people/search (it answers 200)"
    ),
    "a slip before the word of a search": Mistake(
        [_kind("/poeple/search")], "kind: /poeple", "write kind: /people/search (it answers 200)"
    ),
    "a list that GET reads, and nothing to send": Mistake(
        [_kind("/people", "body: {}")], "method: POST", "write method: GET (so it answers)"
    ),
}


async def test_what_a_post_finds_nothing_at_is_asked_for_by_get(scene: Scene) -> None:
    """Also where a wrong method is refused as a path that is not there is."""
    people = listed(_PEOPLE)
    missing = answer({"message": "not found"}, 404)
    scene.api.serve("/v1/people", lambda it: people(it) if it.method == "GET" else missing)
    told = "write method: GET (so it answers)"

    await Mistake([_kind("/people", "body: {}")], "method: POST", told).is_told(scene)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_what_is_answered_is_told(case: Mistake, scene: Scene) -> None:
    """At the path, where the same is answered at another one."""
    report = await case.is_told(scene)

    assert len(report.findings) == 1, told(report.findings)


async def test_the_same_word_of_reading_is_asked_by_post(scene: Scene) -> None:
    """What begins as what is there does changes nothing: one for several."""
    scene.api.serve("/v1/getPersons", _by_post)
    told = "write kind: /getPersons (it answers 200)"

    await Mistake([_kind("/getPerson")], "kind: /getPerson", told).is_told(scene)


def _asked(request: Request) -> Reply:
    """What the body asks for, at one path for all."""
    if request.method != "POST" or not signed(request):
        return answer({"message": "method not allowed"}, 405)
    name = str(request.json["query"]).split()[1]
    rows = {"people": _PEOPLE, "teams": [{"id": "team-0", "name": "Team 0"}]}[name]
    return answer({"data": {name: rows}})


def _asking(path: str, name: str, made: str) -> Json:
    return {
        "kind": path,
        "selector": {
            "query": "true",
            "method": "POST",
            "body": {"query": f"{{ {name} {{ id name }} }}"},
            "data_path": f".data.{name}",
            "pagination": {"type": "none"},
        },
        "port": {
            "entity": {
                "mappings": {"identifier": ".id | tostring", "blueprint": f'"{made}"'},
            }
        },
    }


async def test_what_the_others_post_to_is_tried_whatever_else_may_be_meant(
    tmp_path: Path, api: FaultApi
) -> None:
    """Many words of a mapping, and those of searches, leave it its turn."""
    api.serve("/api/graphql", _asked)
    kinds = [
        _asking("/graphql", "teams", "team"),
        _asking("/v1/graphql", "people", "person"),
        _asking("/graphql", "people", "note"),
        _asking("/v1/graphs", "people", "note"),
    ]
    scene = Scene(tmp_path, api, yaml.safe_dump({"resources": kinds}, sort_keys=False))
    scene.settings["base_url"] = f"{api.url}/api"

    report = await scene.check()

    remedies = [one.remedy for one in report.findings if "'/v1/graphql'" in one.problem]
    assert remedies == ["write kind: /graphql (it answers 200)"], told(report.findings)
