"""What a cell of the fault matrix is: a fault, where it strikes, and what must become of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Literal, get_args

from errors import CredentialsError, OceanCustomError
from tests.fault_api import FaultApi, Handler, Reply
from tests.fault_scene import (
    ITEMS,
    KINDS,
    MEMBERS,
    STRUCK_GROUP,
    TEAMS,
    Paging,
    Scene,
    Shape,
    Signing,
    Spot,
    members_path,
)

Place = Literal["login", "first page", "middle page", "last page", "parent", "child", "second kind"]
PLACES: tuple[Place, ...] = get_args(Place)
ONCE = frozenset[Place]({"first page", "parent", "child", "second kind"})
"""One place for each collection."""


def spot_of(place: Place, scene: Scene) -> Spot:
    """The page that a fault strikes."""
    spots: Mapping[Place, Spot] = {
        "login": Spot("/login"),
        "first page": Spot(ITEMS),
        "middle page": Spot(ITEMS, 2),
        "last page": Spot(ITEMS, scene.last_page(ITEMS)),
        "parent": Spot("/groups", scene.last_page("/groups")),
        "child": Spot(members_path(STRUCK_GROUP)),
        "second kind": Spot(TEAMS),
    }
    return spots[place]


def kinds_at(place: Place) -> frozenset[str]:
    """The kinds that a fault at a place concerns."""
    match place:
        case "login":
            return frozenset(KINDS)
        case "first page" | "middle page" | "last page":
            return frozenset({ITEMS})
        case "parent" | "child":
            return frozenset({MEMBERS})
        case "second kind":
            return frozenset({TEAMS})


class Expect(Enum):
    """What must become of the kinds that a fault concerns."""

    COMPLETE = "complete"
    RAISES = "raises"
    EITHER = "complete or raises"
    HELD_BACK = "complete, but nothing of the kind is deleted, and the resync fails"
    BELIEVED = "complete without what the API says is not there"
    UNPROVED = "raises, holds back, or complete without what the API says is not there"


@dataclass(frozen=True)
class Cell:
    """One cell of the matrix; a passing fault strikes one request, a lasting one every one.

    `second_look`: the setting `secondLook`. `seed`: what words that are drawn depend on, beside
    the cell itself.
    """

    fault: Fault
    passing: bool
    place: Place
    paging: Paging
    signing: Signing
    shape: Shape = "plain"
    second_look: bool = True
    seed: int = 0

    def __str__(self) -> str:
        how = "passing" if self.passing else "lasting"
        look = "" if self.second_look else "-one look"
        return (
            f"{self.fault.name}-{how}-{self.place}-{self.paging}-{self.signing}-{self.shape}{look}"
        ).replace(" ", "_")

    @property
    def is_first_page(self) -> bool:
        """Whether nothing of the struck collection was read before."""
        if self.place == "parent":
            return self.paging == "none"
        return self.place not in {"middle page", "last page"}

    @property
    def expect(self) -> Expect:
        """What must become of it."""
        return self.fault.expect(self)

    @property
    def error(self) -> type[OceanCustomError]:
        """The class of the error, if there is one."""
        if self.place == "login" and not self.fault.is_retried:
            return CredentialsError
        return self.fault.error

    def scene(self, api: FaultApi, elsewhere: FaultApi) -> Scene:
        """The world it takes place in, healthy so far."""
        drawn = Random(f"{self.seed} {self}")  # noqa: S311 (words, not secrets)
        return Scene(api, elsewhere, self.paging, self.signing, self.shape, drawn)


Rule = Callable[[Cell], bool]
Verdict = Callable[[Cell], Expect]
Make = Callable[[Scene, Spot], Handler | Reply]


@dataclass(frozen=True)
class Fault:
    """A fault: what is answered in place of a page, and what must follow.

    `most`: how many requests more than without the fault there may be; `is_retried`: one of
    those is a retry. `variants`: passing, lasting or both. `applies` leaves out what makes no
    sense. `whole_collection`: every page of the struck collection is answered like this. `slow`:
    only a timeout ends it. `fatal`: the kind is over at once, for all its children.
    `ends_everything`: nothing after it can be read.
    """

    name: str
    make: Make
    expect: Verdict
    error: type[OceanCustomError]
    most: int = 1
    is_retried: bool = False
    variants: tuple[bool, ...] = (False, True)
    applies: Rule = lambda _: True
    whole_collection: bool = False
    slow: bool = False
    fatal: bool = False
    ends_everything: bool = False
