"""Children that are refused, not found, or said to be empty: named, and no reason to delete."""

from __future__ import annotations

from typing import Any

import pytest

from errors import MappingError
from overrides import EndpointAppConfig
from tests.fault_api import Answer, FaultApi, Reply, Request, answer, pages
from tests.resync import Installation, Outcome, resource
from tests.world import CHILDREN, PAGED, Family, children, entities, held_back, named

NOTES = "/items/{item}/notes"
REMEDY = "say empty_statuses: [{}]"


def notes(*statuses: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 (a mapping's own values)
    """Children of which these statuses mean that there are none; the parameter changed."""
    parameter = {"item": {**CHILDREN, **changes}}
    return resource(NOTES, "child", path_parameters=parameter, empty_statuses=[*statuses])


def lines(outcome: Outcome, level: str, word: str) -> list[str]:
    """What the log says with a word."""
    said = [line for line in outcome.log.splitlines() if line.startswith(level)]
    return [line for line in said if word in line]


# --- not found ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410])
async def test_a_child_that_is_not_found_under_a_parent_that_is_there_is_an_error(
    family: Family, status: int
) -> None:
    """Its parent is still listed: nothing of the blueprint is deleted, and the remedy is told."""
    family.api.fail("/items/3/notes", answer({}, status))

    outcome = await family.installation.resync()

    assert not outcome.complete
    assert outcome.deleted == set()
    assert f"/items/3/notes ({status})" in outcome.message
    assert REMEDY.format(status) in outcome.message
    assert "'child' (kind '/items/{item}/notes' failed at the second look)" in held_back(outcome)


async def test_the_lookup_costs_the_parents_and_the_children_that_are_still_listed(
    family: Family,
) -> None:
    """No other child is read again."""
    family.api.fail("/items/3/notes", answer({}, 404))

    await family.installation.resync()

    paths = family.api.paths()
    assert sorted(paths[:4]) == ["/items", "/items/1/notes", "/items/2/notes", "/items/3/notes"]
    assert paths[4:] == ["/items", "/items/3/notes"]


async def test_a_child_is_the_same_one_whatever_is_computed(family: Family) -> None:
    """The time stands in the request, and has passed by the second look."""
    since = {"since": "{{ now }}"}
    family.installation.mapping = [
        resource(NOTES, "child", path_parameters={"item": CHILDREN}, query_params=since)
    ]
    family.api.fail("/items/3/notes", answer({}, 404), times=1)

    outcome = await family.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"child/old"}
    assert len({one.param("since") for one in family.api.at("/items/3/notes")}) == 2


async def test_a_child_whose_parent_is_gone_is_gone(family: Family) -> None:
    """A parent that vanished between two requests fails nothing; what vanished is deleted."""

    def vanish(_: Request) -> Reply:
        family.parents[:] = named(1, 2)
        return answer({}, 404)

    family.api.fail("/items/3/notes", vanish)

    outcome = await family.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"child/old", "child/c"}
    assert family.api.paths()[4:] == ["/items"]


async def test_children_not_found_without_anything_to_delete_are_a_warning(
    api: FaultApi, installation: Installation
) -> None:
    """An API that says 404 where there is nothing never fails for that; all are named once."""
    api.serve("/items", pages(named(*range(30))))
    installation.mapping = [children()]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    (warning,) = lines(outcome, "WARNING", "were not found")
    assert "skipped 30 children" in warning
    assert warning.count("/notes (404)") == 20
    assert "and 10 others" in warning
    assert REMEDY.format(404) in warning


@pytest.mark.parametrize("is_gone", [False, True])
async def test_a_list_of_parents_that_is_not_found_is_looked_up_as_well(
    family: Family, *, is_gone: bool
) -> None:
    """Notes are parents of tags: what hangs on notes of an item that is still there is kept."""
    for kind in ("tags", "links"):
        family.api.serve(
            f"/items/{{}}/notes/{{}}/{kind}", lambda request: answer(named(request.values[1]))
        )
    parameters = {"item": CHILDREN, "note": {"endpoint": NOTES, "field": ".id"}}
    family.installation.mapping = [
        resource(f"{NOTES}/{{note}}/{kind}", "child", path_parameters=parameters)
        for kind in ("tags", "links")
    ]

    def vanish(_: Request) -> Reply:
        family.parents[:] = named(1, 2) if is_gone else family.parents
        return answer({}, 404)

    family.api.fail("/items/3/notes", vanish)

    outcome = await family.installation.resync()

    assert outcome.complete == is_gone, outcome.formatted
    assert outcome.deleted == (entities("child", "old", "c") if is_gone else set())
    assert ("/items/3/notes (404)" in outcome.message) != is_gone


# --- said to be empty --------------------------------------------------------------------------


@pytest.mark.parametrize("status", [403, 404, 409, 501])
async def test_a_status_may_mean_that_nothing_is_here(family: Family, status: int) -> None:
    """The child has no items; that is said once a kind, and asked once more before a deletion."""
    family.installation.mapping = [notes(status)]
    family.api.fail("/items/3/notes", answer({}, status))

    outcome = await family.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"child/old", "child/c"}
    assert len(lines(outcome, "INFO", f"1 answered {status}: nothing is here")) == 2
    assert family.api.paths()[4:] == ["/items", "/items/3/notes"]


async def test_nothing_here_for_a_moment_deletes_nothing(family: Family) -> None:
    """What the child answers at the second look counts."""
    family.installation.mapping = [notes(404)]
    family.api.fail("/items/3/notes", answer({}, 404), times=1)

    outcome = await family.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"child/old"}


async def test_nothing_in_any_child_is_an_error_where_there_was_something(family: Family) -> None:
    """That credentials lost a right looks just so."""
    family.installation.mapping = [notes(403)]
    family.api.fail("/items/{}/notes", answer({}, 403))

    outcome = await family.installation.resync()

    assert not outcome.complete
    assert outcome.deleted == set()
    assert "takes 403 for nothing here, which each of 3 children answered" in outcome.message
    assert "empty_statuses" in outcome.message


async def test_nothing_in_any_child_is_fine_where_there_was_nothing(
    api: FaultApi, installation: Installation
) -> None:
    """A feature that nobody uses."""
    api.serve("/items", pages(named(1, 2)))
    api.serve("/items/{}/notes", answer({}, 403))
    installation.mapping = [notes(403)]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted


@pytest.mark.parametrize("status", [403, 404])
async def test_an_endpoint_of_its_own_may_have_nothing(
    api: FaultApi, installation: Installation, status: int
) -> None:
    """One endpoint is believed when it says so twice."""
    api.serve("/items", answer(named(1)))
    installation.mapping = [resource("/items", empty_statuses=[status])]
    assert (await installation.resync()).complete
    api.serve("/items", answer({}, status))

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/1"}
    assert len(api.at("/items")) == 3


@pytest.mark.parametrize(
    ("teams_of_b", "is_believed"),
    [
        pytest.param(answer({}, 404), False, id="each of several parents"),
        pytest.param(answer([]), True, id="a list that is empty"),
    ],
)
async def test_parents_that_are_children_count_too(
    api: FaultApi, installation: Installation, teams_of_b: Answer, *, is_believed: bool
) -> None:
    """Every one of several says so, though none of them is a child of the kind itself."""
    api.serve("/orgs", answer([{"id": "a"}, {"id": "b"}]))
    api.serve("/orgs/{}/teams", answer(named(1)))
    api.serve("/orgs/{}/teams/{}/members", lambda request: answer([{"id": request.path}]))
    teams = {"endpoint": "/orgs/{org}/teams", "field": ".id", "empty_statuses": [404]}
    parameters = {"org": {"endpoint": "/orgs", "field": ".id"}, "team": teams}
    kind = "/orgs/{org}/teams/{team}/members"
    installation.mapping = [resource(kind, path_parameters=parameters)]
    assert (await installation.resync()).complete
    api.serve("/orgs/{}/teams", answer({}, 404))
    api.serve("/orgs/b/teams", teams_of_b)

    outcome = await installation.resync()

    assert outcome.complete is is_believed, outcome.formatted
    assert len(outcome.deleted) == (2 if is_believed else 0)


async def test_a_parent_may_have_nothing(family: Family) -> None:
    """`empty_statuses` of a path parameter is about the list of its parents."""
    family.installation.mapping = [notes(empty_statuses=[404])]
    family.api.fail("/items", answer({}, 404))

    outcome = await family.installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == entities("child", "a", "old", "c")


async def test_a_status_of_the_parent_is_none_of_the_child(family: Family) -> None:
    """Each endpoint has its own."""
    family.installation.mapping = [notes(empty_statuses=[403])]
    family.api.fail("/items/3/notes", answer({}, 403))

    outcome = await family.installation.resync()

    assert not outcome.complete
    assert "/items/3/notes (403)" in outcome.message


async def test_a_rate_limit_never_means_nothing(family: Family) -> None:
    """Whatever its status."""
    family.installation.mapping = [notes(403)]
    family.api.fail("/items/3/notes", answer({}, 403, X_RateLimit_Remaining="0"))

    outcome = await family.installation.resync()

    assert not outcome.complete
    assert outcome.deleted == set()


async def test_after_rows_a_status_never_means_nothing(
    api: FaultApi, installation: Installation
) -> None:
    """Page 2 is not refused because there is nothing."""
    api.serve("/items", pages(named(1, 2, 3)))
    installation.settings |= PAGED
    installation.mapping = [resource("/items", data_path=".items", empty_statuses=[403])]
    api.fail("/items", answer({}, 403), on=2)

    outcome = await installation.resync()

    assert not outcome.complete
    assert "403" in outcome.message


@pytest.mark.parametrize("statuses", [[200], [204], [401], [429], [503], ["404"], [True], 404, [4]])
def test_what_cannot_mean_nothing_is_refused(statuses: object) -> None:
    """A success has its own ways to be empty; credentials and troubles are none."""
    one: Any = resource("/items", empty_statuses=statuses)
    with pytest.raises(MappingError, match=r"resource 1 \(kind '/items'\).*empty_statuses"):
        EndpointAppConfig.parse_obj({"resources": [one]})


# --- refused -----------------------------------------------------------------------------------


async def test_all_refused_children_are_named_and_the_others_are_read(
    api: FaultApi, installation: Installation
) -> None:
    """30 of 60 answer 403 first: one resync is enough to write the filter."""
    api.serve("/items", pages(named(*range(60))))
    api.serve(
        "/items/{}/notes",
        lambda request: (
            answer({}, 403)
            if int(request.values[0]) < 30
            else answer(named(f"n{request.values[0]}"))
        ),
    )
    installation.mapping = [children()]

    outcome = await installation.resync()

    assert not outcome.complete
    assert outcome.entities == entities("child", *(f"n{number}" for number in range(30, 60)))
    first = outcome.message.partition("; first:")[0]
    assert "30 of 60 children failed" in first
    assert first.count("/notes (403)") == 20
    assert "and 10 others" in first
    assert len(api.at("/items/{}/notes")) == 60


async def test_each_refused_child_is_named_with_its_status(family: Family) -> None:
    """Values that stand in the query are named as well."""
    family.installation.mapping = [
        resource(
            "/notes",
            "child",
            query_params={"of": "{item}"},
            path_parameters={"item": CHILDREN},
        )
    ]
    family.api.serve("/notes", lambda request: answer({}, 420 + int(request.param("of") or 0)))

    outcome = await family.installation.resync()

    for name in ("/notes, item 1 (421)", "/notes, item 2 (422)", "/notes, item 3 (423)"):
        assert name in outcome.message


@pytest.mark.parametrize("fault", [answer({}, 503), Answer(status=500)])
async def test_an_api_that_is_down_is_given_up(
    api: FaultApi, installation: Installation, fault: Answer
) -> None:
    """Not every other child is asked."""
    api.serve("/items", pages(named(*range(60))))
    api.serve("/items/{}/notes", fault)
    installation.settings |= {"max_concurrent_requests": 1}
    installation.mapping = [children()]

    outcome = await installation.resync()

    assert "gave up after 25 children failed" in outcome.message
    assert len(api.at("/items/{}/notes")) < 30


async def test_a_folder_that_is_a_dot_is_read(api: FaultApi, installation: Installation) -> None:
    """Its value stands in the query alone, where it changes no path."""
    api.serve("/folders", answer([{"path": "."}, {"path": "a/b"}]))
    api.serve("/files", lambda request: answer([{"id": request.param("folder")}]))
    folder = {"folder": {"endpoint": "/folders", "field": ".path"}}
    installation.mapping = [
        resource("/files", query_params={"folder": "{folder}"}, path_parameters=folder)
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == {"item/.", "item/a/b"}
