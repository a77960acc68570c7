"""Values of several path parameters from one row, lists of objects, and what hangs on them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.fault_api import FaultApi, Reply, Request, answer
from tests.literals import Json
from tests.reading import read

REPOS = [
    {"owner": f"o{number % 3}", "name": f"r{number}", "tags": ["a", "b"]} for number in range(10)
]
KIND = "/repos/{owner}/{name}/branches"
IN_STEP: dict[str, Json] = {
    "owner": {"endpoint": "/repos", "field": ".owner"},
    "name": {"endpoint": "repos", "field": ".name", "data_path": "."},
}


def branches(request: Request) -> Reply:
    """One branch of a repository that there is."""
    owner, name = request.values
    known = any((repo["owner"], repo["name"]) == (owner, name) for repo in REPOS)
    return answer([{"id": f"{owner}/{name}"}] if known else [], 200 if known else 404)


def children(api: FaultApi) -> Counter[str]:
    """How often each child was asked for."""
    return Counter(path for path in api.paths() if path != "/repos")


def serve(api: FaultApi) -> None:
    """Ten repositories with a branch each."""
    api.serve("/repos", answer(REPOS))
    api.serve("/repos/{}/{}/branches", branches)


@pytest.mark.parametrize(
    "path_parameters",
    [
        pytest.param(IN_STEP, id="the path"),
        pytest.param(
            {
                "owner": {"endpoint": "/repos?sort=name&size=50", "field": ".owner"},
                "name": {
                    "endpoint": "/repos",
                    "field": ".name",
                    "query_params": {"size": 50, "sort": "name"},
                },
            },
            id="the query",
        ),
    ],
)
async def test_ten_repositories_are_ten_requests(
    api: FaultApi, path_parameters: dict[str, Json]
) -> None:
    """Owner and name come from the same row, however the same parent is written."""
    serve(api)

    outcome = await read(api.url, KIND, path_parameters=path_parameters)

    assert outcome.message == ""
    assert sorted(item["id"] for item in outcome.items) == sorted(
        f"{repo['owner']}/{repo['name']}" for repo in REPOS
    )
    assert len(api.requests) == 11
    assert set(children(api).values()) == {1}


async def test_independent_parameters_multiply(api: FaultApi) -> None:
    """`independent` asks for every pair, also of one parent."""
    api.serve("/repos", answer(REPOS))
    api.serve("/repos/{}/{}/branches", answer([{"id": 1}]))
    independent = IN_STEP | {"name": {**IN_STEP["name"], "independent": True}}

    outcome = await read(api.url, KIND, path_parameters=independent)

    assert outcome.message == ""
    assert len(children(api)) == 3 * 10


async def test_all_filters_must_hold(api: FaultApi) -> None:
    """A row that one of the parameters leaves out is left out."""
    serve(api)
    filtered = {
        "owner": {**IN_STEP["owner"], "filter": '.owner == "o1"'},
        "name": {**IN_STEP["name"], "filter": '.name != "r4"'},
    }

    outcome = await read(api.url, KIND, path_parameters=filtered)

    assert outcome.message == ""
    assert sorted(item["id"] for item in outcome.items) == ["o1/r1", "o1/r7"]


async def test_several_values_of_a_row_multiply_within_it(api: FaultApi) -> None:
    """Each output of a `field` is a value, combined with the others of its row alone."""
    rows = [
        {"repo": "x", "tags": ["a", "b"]},
        {"repo": "y", "tags": ["c"]},
        {"repo": "z", "tags": []},
    ]
    api.serve("/repos", answer(rows))
    api.serve("/tags/{}/{}", lambda request: answer([{"id": "-".join(request.values)}]))
    parameters = {
        "repo": {"endpoint": "/repos", "field": ".repo"},
        "tag": {"endpoint": "/repos", "field": ".tags[]"},
    }

    outcome = await read(api.url, "/tags/{repo}/{tag}", path_parameters=parameters)

    assert outcome.message == ""
    assert sorted(item["id"] for item in outcome.items) == ["x-a", "x-b", "y-c"]


async def test_a_value_that_is_missing_in_a_row_is_named(api: FaultApi) -> None:
    """The children of a row without one of its values could not be read: that is an error."""
    api.serve("/repos", answer([*REPOS, {"owner": "o", "name": None}]))
    api.serve("/repos/{}/{}/branches", branches)

    outcome = await read(api.url, KIND, path_parameters=IN_STEP)

    assert "path_parameters.name.field" in outcome.message
    assert "gave null for 1 of 11" in outcome.message


async def test_one_way_of_reading_the_rows(api: FaultApi) -> None:
    """Parameters of the same rows that page them differently are told apart by nobody."""
    paged = {**IN_STEP["name"], "pagination": {"type": "page"}}

    outcome = await read(api.url, KIND, path_parameters=IN_STEP | {"name": paged})

    assert "differs in pagination" in outcome.message
    assert api.requests == []


async def test_a_list_of_objects(api: FaultApi) -> None:
    """Objects in the mapping are rows too, with a filter if need be."""
    serve(api)
    rows = [{"o": "o1", "n": "r1"}, {"o": "o2", "n": "r5"}, {"o": "o0", "n": "r3", "off": True}]
    parameters = {
        "owner": {"values": rows, "field": ".o", "filter": ".off | not"},
        "name": {"values": list(rows), "field": ".n"},
    }

    outcome = await read(api.url, KIND, path_parameters=parameters)

    assert outcome.message == ""
    assert sorted(item["id"] for item in outcome.items) == ["o1/r1", "o2/r5"]
    assert len(api.requests) == 2


async def test_lists_of_values_multiply(api: FaultApi) -> None:
    """Plain values are no rows: equal lists are combined, all with all."""
    api.serve("/x/{}/{}", answer([{"id": 1}]))
    parameters = {name: {"values": ["a", "b"]} for name in ("from", "to")}

    await read(api.url, "/x/{from}/{to}", path_parameters=parameters)

    assert len(api.requests) == 4


@pytest.mark.parametrize(
    ("parameter", "told"),
    [
        pytest.param({"values": [{"a": 1}]}, "give a field", id="no field"),
        pytest.param({"values": [{"a": 1}, 2], "field": ".a"}, "neither text nor", id="mixed"),
        pytest.param({"values": ["a"], "field": ".a"}, "field beside them", id="field of texts"),
        pytest.param({"values": [{"a": 1}], "field": ".b"}, "gave null for every one", id="typo"),
    ],
)
async def test_a_list_of_objects_that_is_wrong(
    api: FaultApi, parameter: dict[str, Json], told: str
) -> None:
    """The mistake is named before anything is requested."""
    message = (await read(api.url, "/x/{a}", path_parameters={"a": parameter})).message

    assert told in message
    assert api.requests == []


async def test_rows_of_a_chained_parent_carry_what_they_hang_on(api: FaultApi) -> None:
    """`.__org` is the value of the parent's own parameter, in `field` and `filter`."""
    api.serve("/orgs", answer([{"id": "a"}, {"id": "b"}]))
    api.serve("/orgs/{}/repos", answer([{"name": "x"}]))
    api.serve("/all/{}", lambda request: answer([{"id": request.values[0]}]))
    parameters = {
        "org": {"endpoint": "/orgs", "field": ".id"},
        "path": {
            "endpoint": "/orgs/{org}/repos",
            "field": '"\\(.__org)-\\(.name)"',
            "filter": '.__org != "c"',
        },
    }

    outcome = await read(api.url, "/all/{path}", path_parameters=parameters)

    assert outcome.message == ""
    assert sorted(item["id"] for item in outcome.items) == ["a-x", "b-x"]


async def test_a_long_range_is_read_in_windows(api: FaultApi) -> None:
    """A computed value may use a path parameter, though it stands nowhere else."""
    api.serve("/events", lambda request: answer([{"id": request.param("since")}]))
    selector: dict[str, Json] = {
        "query_params": {
            "since": "{{ now - $window * 86400 | floor | todate }}",
            "until": "{{ now - ($window - 7) * 86400 | floor | todate }}",
            "zone": "{{ 'UTC' }}",
        },
        "path_parameters": {"window": {"values": [7, 14, 21]}},
    }

    outcome = await read(api.url, "/events", **selector)

    assert outcome.message == ""
    times = [
        tuple(datetime.fromisoformat(request.param(name) or "") for name in ("since", "until"))
        for request in api.requests
    ]
    (_, last), *_ = ordered = sorted(times, reverse=True)
    assert abs(last - datetime.now(UTC)) < timedelta(minutes=5)
    assert [since for since, _ in ordered[:-1]] == [until for _, until in ordered[1:]]
    assert {request.param("zone") for request in api.requests} == {"UTC"}


async def test_a_computed_value_of_no_parameter_is_an_error(api: FaultApi) -> None:
    """A variable that is no parameter is told before any request."""
    outcome = await read(api.url, "/events", query_params={"a": "{{ $windw }}"}, path_parameters={})

    assert "windw" in outcome.message
    assert api.requests == []


async def test_a_parent_at_an_allowed_host(api: FaultApi) -> None:
    """The endpoint of a parameter may be a full URL, where `allowedHosts` names its host."""
    async with FaultApi() as other:
        other.serve("/v1/teams", answer([{"id": "t"}]))
        api.serve("/teams/{}", answer([{"id": 1}]))
        host = other.url.removeprefix("http://")
        parameter = {"team": {"endpoint": f"{other.url}/v1/teams", "field": ".id"}}
        allowed = {"allowed_hosts": [host], "auth_type": "bearer_token", "api_token": "a" * 20}

        outcome = await read(api.url, "/teams/{team}", settings=allowed, path_parameters=parameter)
        refused = await read(api.url, "/teams/{team}", path_parameters=parameter)

        assert outcome.message == ""
        assert [item["id"] for item in outcome.items] == [1]
        assert "allowedHosts" in refused.message
        assert "path_parameters.team.endpoint" in refused.message
        assert len(other.requests) == 1
        assert other.requests[0].headers["authorization"] == f"Bearer {'a' * 20}"


@pytest.mark.parametrize(
    "endpoint",
    ["https://{team}.example.com/x", "https://me:secret@example.com/x", "ftp://example.com/x"],
)
async def test_the_host_of_a_parent_is_no_template(api: FaultApi, endpoint: str) -> None:
    """Which hosts are asked is not for data to say."""
    parameter = {"team": {"endpoint": endpoint, "field": ".id"}}

    outcome = await read(api.url, "/teams/{team}", path_parameters=parameter)

    assert "path_parameters.team.endpoint" in outcome.message
    assert "secret" not in outcome.message
    assert api.requests == []


async def test_a_child_that_fails_is_named_beside_braces_of_no_parameter(api: FaultApi) -> None:
    """What is sent as it is has no value to name the child by."""
    api.serve("/graph", answer({"message": "no"}, 400))

    outcome = await read(
        api.url,
        "/graph",
        method="POST",
        body={"query": "{viewer{login}}", "variables": {"org": "{org}"}},
        path_parameters={"org": {"values": ["a"]}},
    )

    assert "/graph, org a (400)" in outcome.message
