"""``suggest``: what proves a parent, a relation, a title, and what does not."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

import pytest

from tests.fault_api import FaultApi, Reply, Request, answer
from tests.literals import Json
from tests.suggested import bench, resource_of, suggested, walked
from workbench.suggest.targets import Target, site_of

# --- parents -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unknown",
    [
        {"result": "error", "message": "no such site"},
        {"outcome": "rejected", "hint": "choose a site", "trace": 7},
        {"goals": []},
    ],
    ids=["an error by its names", "what a made-up value gets as well", "an empty list"],
)
async def test_what_any_value_gets_proves_no_parent(
    api: FaultApi, unknown: dict[str, Json]
) -> None:
    """The next field is tried, until one leads to rows."""
    sites: list[Any] = [{"name": f"Site {n}", "idsite": str(40 + n)} for n in range(5)]
    known = {site["idsite"] for site in sites}
    api.serve("/sites", answer(sites))

    def goals(request: Request) -> Reply:
        of = dict(request.query).get("of", "")
        rows = [{"id": f"{of}-{n}", "name": f"Goal {n}"} for n in range(3)]
        return answer({"goals": rows} if of in known else unknown)

    api.serve("/goals", goals)

    found = await suggested(
        bench(api.url), [Target("/sites"), Target("/goals", (("of", "{site}"),))]
    )

    assert not found.refused, [study.refusal for study in found.refused]
    (parent,) = found.written[-1].parents
    assert parent.column.path == ".idsite"
    items, error = await walked(bench(api.url), resource_of(found.written[-1]))
    assert (len(items), error) == (15, "")


async def test_one_object_of_each_parent_is_a_child(api: FaultApi) -> None:
    """Where a made-up value has none."""
    users: list[Any] = [{"id": n, "name": f"User {n}"} for n in range(5)]
    api.serve("/users", answer(users))
    api.serve(
        "/users/{}/settings",
        lambda request: (
            answer({"theme": "dark", "id": f"s{request.values[0]}"})
            if int(request.values[0]) < len(users)
            else answer({"message": "no such user"}, 404)
        ),
    )

    found = await suggested(bench(api.url), [Target("/users"), Target("/users/{user}/settings")])

    assert not found.refused, [study.refusal for study in found.refused]
    assert found.written[-1].parents[0].column.path == ".id"
    assert len(api.paths()) < 30


async def test_a_field_that_some_rows_refuse_gives_way_to_one_that_holds_for_all(
    api: FaultApi,
) -> None:
    """An id that is encoded already is another name to the API, once it is encoded again."""
    names = ["core", "core/api", "build/tools", "web"]
    projects: list[Any] = [{"id": quote(name, safe=""), "name": name} for name in names]
    api.serve("/projects", answer(projects))
    api.serve(
        "/projects/{}/branches",
        lambda request: answer(
            [{"id": f"{request.values[0]}/{n}"} for n in range(2)],
            200 if unquote(request.values[0]) in names else 404,
        ),
    )

    found = await suggested(
        bench(api.url), [Target("/projects"), Target("/projects/{project_id}/branches")]
    )

    (parent,) = found.written[-1].parents
    assert (parent.column.path, found.written[-1].empty_statuses) == (".name", set())
    items, error = await walked(bench(api.url), resource_of(found.written[-1]))
    assert (len(items), error) == (8, "")


async def test_a_list_that_was_given_is_the_parent_where_its_key_says_so(api: FaultApi) -> None:
    """No other list is read for it, though the path alone would lead to one."""
    servers: list[Any] = [{"id": f"s{n}", "name": f"Server {n}", "on": True} for n in range(4)]
    api.serve("/servers/detail", answer({"servers": servers}))
    api.serve("/servers", answer({"servers": [{"id": one["id"]} for one in servers]}))
    api.serve(
        "/servers/{}/ports",
        lambda request: answer({"ports": [{"id": f"{request.values[0]}-{n}"} for n in range(2)]}),
    )

    found = await suggested(
        bench(api.url), [Target("/servers/detail"), Target("/servers/{server_id}/ports")]
    )

    assert not found.refused, [study.refusal for study in found.refused]
    assert [one.target.target.path for one in found.written[-1].relations] == ["/servers/detail"]
    assert "/servers" not in api.paths()


# --- endpoints ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("queries", "shown", "nouns"),
    [
        (
            ["v=1&call=Directory.getAllSites", "v=1&call=Directory.getUsers&of={site}"],
            ["/x?call=Directory.getAllSites", "/x?call=Directory.getUsers"],
            ["site", "user"],
        ),
        (["page=1", "page=2"], ["/x", "/x"], ["x", "x"]),
    ],
    ids=["by a word", "numbers say nothing"],
)
def test_a_query_says_which_of_the_lists_at_one_path_is_meant(
    queries: list[str], shown: list[str], nouns: list[str]
) -> None:
    """So that a person can tell them apart, and a placeholder finds its parent."""
    targets = site_of([f"https://a.example/x?{query}" for query in queries], None).targets

    assert ([one.shown for one in targets], [one.noun for one in targets]) == (shown, nouns)
