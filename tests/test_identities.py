"""Items without an identifier are an error; items that share one are a warning."""

from __future__ import annotations

from typing import Any

import pytest

from framework.identities import MOST_WATCHED, Identities, is_identifier
from tests.fault_api import FaultApi, answer, pages
from tests.literals import Json
from tests.resync import Installation, Outcome, resource
from tests.world import PAGED, Items, entities, named

# --- no identifier -----------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, "null", "", "  ", " null ", 0, False, [], {}])
def test_what_names_nothing(value: Json) -> None:
    """Null in any dress, and blanks."""
    assert not is_identifier(value)


@pytest.mark.parametrize("value", ["0", "nullable", 1, {"combinator": "and"}])
def test_what_names_something(value: Json) -> None:
    """A text, a number, a search query."""
    assert is_identifier(value)


@pytest.mark.parametrize(
    ("identifier", "given"),
    [
        (".key", "null"),
        (".key | tostring", '"null"'),
        ('.key // ""', '""'),
        ('.key // " "', '" "'),
        (".key // 0", "0"),
    ],
)
async def test_an_item_without_an_identifier_is_an_error(
    api: FaultApi, installation: Installation, identifier: str, given: str
) -> None:
    """It makes no entity, the others do, and the error names the item's keys."""
    rows: Items = [{"id": 1, "key": "a"}, {"id": 2, "kee": "b"}, {"id": 3, "key": "c"}]
    api.serve("/items", answer(rows))
    installation.mapping = [resource("/items", identifier=identifier)]

    outcome = await installation.resync()

    assert not outcome.complete
    assert outcome.entities == entities("item", "a", "c")
    assert "kind '/items': identifier" in outcome.message
    assert f"gave none for 1 of 3 items that passed the query; one gave {given}" in outcome.message
    assert "the keys id, kee" in outcome.message


async def test_items_may_be_left_out_by_the_query(
    api: FaultApi, installation: Installation
) -> None:
    """That is how it is done on purpose."""
    api.serve("/items", answer([{"id": 1, "key": "a"}, {"id": 2}]))
    installation.mapping = [resource("/items", identifier=".key", query=".key != null")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == {"item/a"}


# --- one identifier for several ----------------------------------------------------------------


def shared(outcome: Outcome) -> list[str]:
    """What is said of items that share an entity."""
    return [line for line in outcome.log.splitlines() if "another row makes as well" in line]


async def test_children_of_two_parents_that_make_one_entity_are_told(
    api: FaultApi, installation: Installation
) -> None:
    """Pull request 1 of two repositories: kind, identifier, both rows, how many, and the remedy."""
    api.serve("/repos", answer([{"name": "api"}, {"name": "web"}]))
    api.serve(
        "/repos/{}/pulls",
        lambda request: answer([{"id": 1, "of": request.values[0]}, {"id": request.values[0]}]),
    )
    installation.mapping = [
        resource(
            "/repos/{repo}/pulls",
            path_parameters={"repo": {"endpoint": "/repos", "field": ".name"}},
        )
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    (warning,) = shared(outcome)
    assert warning.startswith("WARNING kind '/repos/{repo}/pulls': 1 rows made an entity")
    assert "'1' of 'item' by {__repo: " in warning
    assert "__repo: api" in warning
    assert "__repo: web" in warning
    assert 'identifier: .__repo + "/" + (.id | tostring) tells them apart' in warning


async def test_rows_of_one_list_that_make_one_entity_are_told(
    api: FaultApi, installation: Installation
) -> None:
    """Two people of one name."""
    rows: Items = [{"id": 1, "name": "Ana"}, {"id": 2, "name": "Ana"}, {"id": 3, "name": "Ana"}]
    api.serve("/items", answer(rows))
    installation.mapping = [resource("/items", identifier=".name")]

    outcome = await installation.resync()

    (warning,) = shared(outcome)
    assert "2 rows made an entity" in warning
    assert "'Ana' of 'item' by {id: 1, name: Ana} and {id: 2, name: Ana}" in warning


async def test_two_kinds_may_make_one_entity(api: FaultApi, installation: Installation) -> None:
    """They enrich it: nothing to warn of."""
    api.serve("/items", answer(named(1)))
    api.serve("/more", answer([{"id": 1, "seen": True}]))
    installation.mapping = [resource("/items"), resource("/more")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert not shared(outcome)


async def test_a_row_that_comes_twice_is_one_row(api: FaultApi, installation: Installation) -> None:
    """It moved to another page meanwhile, and changed; a second look does not count again."""
    rows = named(1, 2, 3, 4, 5)

    def page(request: Any) -> Any:  # noqa: ANN401 (a handler)
        reply = pages(rows)(request)
        if request.param("page") == "1":
            rows.insert(0, rows.pop(3) | {"name": "changed"})
        return reply

    api.serve("/items", page)
    installation.settings |= PAGED
    installation.mapping = [resource("/items", data_path=".items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert not shared(outcome)


def test_the_memory_is_bounded_and_what_is_shared_is_found_all_the_same() -> None:
    """Of very many entities a share is compared, and the count is an estimate."""
    identities = Identities()
    number = 3 * MOST_WATCHED
    for parent in ("a", "b"):
        for at in range(number):
            identities.note("item", str(at), {"__of": parent, "id": at})

    warning = identities.warning(".id", ["of"], may_move=True)

    assert identities.watched <= MOST_WATCHED
    assert warning
    about = int(warning.split()[1])
    assert warning.startswith("about ")
    assert number * 0.9 < about < number * 1.1


def test_a_value_is_shown_whole_or_not_at_all() -> None:
    """What a secret would be cut from could not be redacted."""
    identities = Identities()
    for parent in (1, 2):
        identities.note("item", "1", {"token": "t" * 61, "short": "x", "__of": parent, "list": []})

    warning = identities.warning(".n", ["of"], may_move=False)

    assert warning
    assert "by {__of: 1, short: x} and {__of: 2, short: x}" in warning
    assert 'identifier: (.__of | tostring) + "/" + (.n | tostring)' in warning
