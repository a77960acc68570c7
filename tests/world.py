"""What whole resyncs are tested on: collections that were synced once and changed since."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.fault_api import FaultApi, Reply, Request, answer, pages
from tests.literals import Json
from tests.resync import Installation, Outcome, Seeds, resource

Items = list[dict[str, Any]]

PAGED = {"pagination_type": "page", "page_size": 2}
LOGIN: dict[str, Json] = {
    "auth_type": "custom",
    "custom_auth_request": {"endpoint": "/login", "body": {"client_secret": "open sesame"}},
    "custom_auth_request_template": {"headers": {"Authorization": "Bearer {{.token}}"}},
}


def named(*identifiers: str | int) -> Items:
    """Items with these ids."""
    return [{"id": one, "name": f"the {one}"} for one in identifiers]


def entities(blueprint: str, *identifiers: str | int) -> set[str]:
    """The names of entities as an outcome has them."""
    return {f"{blueprint}/{one}" for one in identifiers}


CHILDREN = {"endpoint": "/items", "data_path": ".items", "field": ".id"}


def children(kind: str = "/items/{item}/notes", **changes: object) -> dict[str, Any]:
    """A resource with children of `/items`, its parameter changed."""
    parameter = {"item": {**CHILDREN, **changes}}
    return resource(kind, "child", path_parameters=parameter)


@dataclass
class World:
    """Two collections that were synced once; since then each has a new item and lacks an old one.

    `/items` has four pages of two, the change is on the first one; `/teams` has one page.
    """

    api: FaultApi
    installation: Installation
    items: Items = field(default_factory=lambda: named("gone", 2, 3, 4, 5, 6, 7))
    teams: Items = field(default_factory=lambda: named("gone", 2))

    async def begin(self, seeds: Seeds) -> None:
        """Sync everything, then let the world change."""
        self.api.serve("/items", pages(self.items))
        self.api.serve("/teams", pages(self.teams))
        self.installation.settings |= PAGED
        self.installation.mapping = [
            resource("/items", data_path=".items"),
            resource("/teams", "team", data_path=".items"),
        ]
        await seeds.sow("world", self.installation)
        self.items[0] = self.teams[0] = named("new")[0]
        self.api.heal()

    async def recovers(self) -> None:
        """The resync after the fault is complete, and what is gone is deleted and nothing else."""
        self.api.heal()
        outcome = await self.installation.resync()
        assert outcome.complete, outcome.formatted
        assert outcome.deleted <= {"item/gone", "team/gone"}
        assert outcome.entities == entities("item", "new", 2, 3, 4, 5, 6, 7) | entities(
            "team", "new", 2
        )


def held_back(outcome: Outcome) -> str:
    """What the resync says of deletion at its end."""
    lines = [line for line in outcome.log.splitlines() if "Deletion is held back" in line]
    return lines[-1] if lines else ""


def assert_nothing_lost(outcome: Outcome, *words: str) -> None:
    """The resync failed, deleted nothing that a failed kind makes, and its error says the words."""
    assert not outcome.complete, "the resync counts as complete"
    told = held_back(outcome)
    everything = {"item/gone", "team/gone"}
    kept = {one for one in everything if not told or f"'{one.partition('/')[0]}' (" in told}
    kept = everything if "is computed" in told else kept
    assert kept <= outcome.entities
    assert outcome.deleted <= everything - kept
    for word in words:
        assert word in outcome.message


@dataclass
class Family:
    """Parents and their children, synced once; since then parent 2 has another child."""

    api: FaultApi
    installation: Installation
    parents: Items = field(default_factory=lambda: named(1, 2, 3))
    notes: dict[str, Items] = field(
        default_factory=lambda: {"1": named("a"), "2": named("old"), "3": named("c")}
    )

    async def begin(self, seeds: Seeds) -> None:
        """Sync everything, then let the family change."""
        self.api.serve("/items", pages(self.parents))
        self.api.serve("/items/{}/notes", self._notes)
        self.installation.mapping = [children()]
        await seeds.sow("family", self.installation)
        self.notes["2"] = named("young")
        self.api.heal()

    def _notes(self, request: Request) -> Reply:
        notes = self.notes.get(request.values[0])
        return answer({"error": "no such item"}, 404) if notes is None else answer(notes)
