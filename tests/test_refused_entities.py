"""What Port does not take is told on the console, and written again where that helps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fault_api import FaultApi, answer
from tests.resync import Installation, Outcome, resource
from tests.world import Items, entities, named
from workbench.store.model import JsonObject

STRICT: JsonObject = {
    "identifier": "strict",
    "schema": {
        "properties": {
            "name": {"type": "string"},
            "joined": {"type": "string", "format": "date-time"},
        }
    },
}
NODE: JsonObject = {
    "identifier": "node",
    "schema": {"properties": {"name": {}, "seen": {}}},
    "relations": {"parent": {"target": "node", "many": False, "required": False}},
}


def refusals(outcome: Outcome) -> list[str]:
    """What is said of entities that Port did not take."""
    return [line for line in outcome.log.splitlines() if "Port refused" in line]


def strict() -> JsonObject:
    """People, who joined some day."""
    mapped: Any = resource("/people", "strict")
    mappings = mapped["port"]["entity"]["mappings"]
    mappings["properties"] = {"name": ".name", "joined": ".joined"}
    return {**mapped}


async def test_what_port_refuses_is_told_with_its_reasons(
    api: FaultApi, installation: Installation
) -> None:
    """By kind: how many, and the first with identifier and property."""
    installation.store.create_blueprint(STRICT)
    people: Items = [{"id": at, "name": "x", "joined": "2024-03-01T10:00:00Z"} for at in range(30)]
    for at in (3, 4, 5, 6):
        people[at]["joined"] = "20240301T1000+0000"
    people[7]["name"] = 7
    api.serve("/people", answer(people))
    api.serve("/items", answer(named(1)))
    installation.mapping = [resource("/items"), strict()]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert len(outcome.entities) == 26
    (line,) = refusals(outcome)
    assert line.startswith("WARNING kind '/people': Port refused 5 entities; first: 3 (422: ")
    assert line.count("the property joined must be a string of the format date-time") == 3
    (last,) = [line for line in outcome.log.splitlines() if "Resync complete" in line]
    assert "kinds 2, refused by Port 5" in last


async def test_a_blueprint_that_port_does_not_have_is_told(
    api: FaultApi, installation: Installation
) -> None:
    """All of the kind is refused, its relations too; what is gone elsewhere is deleted."""
    rows = named(1, 2)
    api.serve("/items", lambda _: answer(rows))
    api.serve("/notes", answer([{"id": 1, "of": 1}]))
    installation.mapping = [resource("/items"), resource("/notes", "note", parent=".of")]
    assert (await installation.resync()).complete
    rows.pop()

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == {"item/2"}
    (line,) = refusals(outcome)
    assert line.startswith("WARNING kind '/notes': Port refused 1 entities; first: 1 (404: ")
    assert "there is no blueprint note" in line


@pytest.mark.parametrize("creates", [True, False])
async def test_entities_whose_relations_come_later_are_whole(
    api: FaultApi, installation: Installation, *, creates: bool
) -> None:
    """Children before their parents: title and properties are there after one resync."""
    installation.options = {"createMissingRelatedEntities": creates}
    api.serve("/notes", answer([{"id": at, "name": f"note {at}", "of": at} for at in range(30)]))
    api.serve("/items", answer(named(*range(30))))
    child: Any = resource("/notes", "child", parent=".of | tostring")
    child["port"]["entity"]["mappings"]["title"] = ".name"
    installation.mapping = [child, resource("/items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    notes = installation.store.entities("child")
    assert len(notes) == 30
    assert all(one.title == one.properties["name"] == f"note {one.identifier}" for one in notes)
    assert all(one.relations == {"parent": one.identifier} for one in notes)
    assert not refusals(outcome)


async def test_a_chain_in_the_wrong_order_is_whole(
    api: FaultApi, installation: Installation
) -> None:
    """Each node hangs on the one after it, so that all but the last are refused at first."""
    installation.store.create_blueprint(NODE)
    installation.options = {"createMissingRelatedEntities": False}
    rows: Items = [{"id": at, "name": at, "of": at + 1} for at in range(25)]
    api.serve("/nodes", answer([*rows, {"id": 25, "name": 25, "of": None}]))
    installation.mapping = [
        resource("/nodes", "node", parent=".of | if . then tostring else . end")
    ]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == entities("node", *range(26))
    nodes = {one.identifier: one for one in installation.store.entities("node")}
    assert all(one.properties["name"] is not None for one in nodes.values())
    assert nodes["0"].relations == {"parent": "1"}


async def test_entities_that_relate_to_each_other_in_a_circle_are_whole(
    api: FaultApi, installation: Installation
) -> None:
    """They are written without relations first, and with them then."""
    installation.store.create_blueprint(NODE)
    installation.options = {"createMissingRelatedEntities": False}
    rows: Items = [
        {"id": "a", "name": "A", "of": "b"},
        {"id": "b", "name": "B", "of": "c"},
        {"id": "c", "name": "C", "of": "a"},
        {"id": "d", "name": "D", "of": "a"},
    ]
    api.serve("/nodes", answer(rows))
    installation.mapping = [resource("/nodes", "node", parent=".of")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    nodes = {one.identifier: one for one in installation.store.entities("node")}
    assert {name: one.relations["parent"] for name, one in nodes.items()} == {
        "a": "b",
        "b": "c",
        "c": "a",
        "d": "a",
    }
    assert not refusals(outcome)


async def test_a_relation_that_leads_nowhere_is_told(
    api: FaultApi, installation: Installation
) -> None:
    """What is refused in the end is told, and only that; an entity known before is kept."""
    installation.options = {"createMissingRelatedEntities": False}
    notes: Items = [{"id": 1, "of": 1}, {"id": 2, "of": 2}]
    api.serve("/notes", lambda _: answer(notes))
    api.serve("/items", answer(named(1, 2)))
    installation.mapping = [
        resource("/notes", "child", parent=".of | tostring"),
        resource("/items"),
    ]
    assert (await installation.resync()).complete
    notes[1] = {"id": 2, "of": 9}

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.deleted == set()
    (line,) = refusals(outcome)
    assert line.startswith("WARNING kind '/notes': Port refused 1 entities; first: 2 (404: ")
    assert "item/9" in line
