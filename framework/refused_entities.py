"""Entities that Port refused: noted, logged, and written again where that may help.

With ``createMissingRelatedEntities: false`` Port refuses an entity whose relation leads to one
that it does not have yet. Ocean writes such entities again at the end of a resync, but without
title and properties. Here the whole entities are kept, on disk when they are many, and written
again in the order of their relations.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import Final

import httpx
from msgspec import Struct, field
from port_ocean.context.event import EventType, event
from port_ocean.context.resource import resource
from port_ocean.core.models import Entity
from port_ocean.exceptions.context import EventContextNotFoundError, ResourceContextNotFoundError

from framework.deletion import Key, Relations
from framework.second_look import key_of_entity
from json_values import Json, escaped
from resync.item_store import ItemStore, StoredPage

REASONS_TOLD: Final = 3
"""Refused entities of a kind that are named, each with Port's reason."""

_LONGEST_REASON = 200
_REFUSED = "ocean_custom_refused"
_TOO_LARGE = 413  # Ocean then writes the entities one by one


class _Postponed(Struct, frozen=True):
    """An entity to be written again: the resource it comes from, its relations, and where it is."""

    index: int
    relations: Mapping[str, Json]
    page: StoredPage


class RefusedEntities(Struct):
    """The entities of a resync that Port did not take, and why.

    ``keys`` has the resource of each, by its place in the mapping. Those named by a search query
    have no identifier until Port took them: of those only number and blueprint are known.
    """

    keys: dict[Key, int] = field(default_factory=dict)
    searched: Counter[tuple[int, str]] = field(default_factory=Counter)
    missing_blueprints: set[str] = field(default_factory=set)
    reasons: defaultdict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    is_final: bool = True
    _postponed: dict[Key, _Postponed] = field(default_factory=dict)
    _store: ItemStore = field(default_factory=ItemStore)

    def note(self, given: Sequence[Entity], taken: Sequence[Entity], index: int) -> list[Entity]:
        """Note those of the given ones that are not among the taken; gives them."""
        named = {key_of_entity(one): one for one in given if not one.is_using_search_identifier}
        took = {key_of_entity(one) for one in taken}
        refused = {key: one for key, one in named.items() if key not in took}
        self.keys.update(dict.fromkeys(refused, index))
        searched = Counter(one.blueprint for one in given if one.is_using_search_identifier)
        searched -= Counter(blueprint for _, blueprint in took - named.keys())
        for blueprint, number in searched.items():
            self.searched[index, blueprint] += number
        return list(refused.values())

    def take(self, key: Key) -> None:
        """Port took one of them after all."""
        self.keys.pop(key, None)

    def among(self, doomed: AbstractSet[Key]) -> set[Key]:
        """Which of these keys are, or may be, of entities that Port did not take."""
        blueprints = {blueprint for _, blueprint in self.searched}
        return {key for key in doomed if key in self.keys or key[1] in blueprints}

    def count_by_resource(self) -> Counter[int]:
        """How many entities of each resource Port did not take."""
        counts = Counter(self.keys.values())
        for (index, _), number in self.searched.items():
            counts[index] += number
        return counts

    def warnings(self, kinds: Sequence[str]) -> Iterator[str]:
        """A sentence for each kind of which Port did not take some entities."""
        for index, number in sorted(self.count_by_resource().items()):
            named = [f"{name} ({reason})" for name, reason in self.reasons[index].items()]
            first = f"; first: {', '.join(named)}" if named else ""
            yield f"kind {kinds[index]!r}: Port refused {number} entities{first}"

    # --- written again -----------------------------------------------------------------

    def postpone(self, entities: Iterable[Entity], index: int) -> None:
        """Keep whole entities, to write them again when all others have been written."""
        for entity in entities:
            page = self._store.write([entity.dict(exclude_unset=True, by_alias=True)])
            self._postponed[key_of_entity(entity)] = _Postponed(index, entity.relations, page)

    @property
    def postponed_blueprints(self) -> set[str]:
        """The blueprints of what is to be written again."""
        return {blueprint for _, blueprint in self._postponed}

    def layers(self, relations: Relations) -> Iterator[dict[int, list[Entity]]]:
        """What was postponed, by resource: each layer relates to those before it.

        Entities that relate to each other in a circle come last, first without relations.
        """
        sorter = TopologicalSorter(
            {key: self._needed(key, one, relations) for key, one in self._postponed.items()}
        )
        # The sorter still gives those outside of the circles.
        with suppress(CycleError):
            sorter.prepare()
        done: set[Key] = set()
        while ready := sorter.get_ready():
            yield self._entities(ready)
            done.update(ready)
            sorter.done(*ready)
        if circle := self._postponed.keys() - done:
            yield self._entities(circle, lambda entity: {**entity, "relations": {}})
            yield self._entities(circle)

    def close(self) -> None:
        """Forget what was to be written again."""
        self._postponed.clear()
        self._store.close()

    def _needed(self, key: Key, one: _Postponed, relations: Relations) -> set[Key]:
        """The postponed entities that a postponed one relates to."""
        targets = relations.get(key[1], {})
        needed = {
            (str(identifier), targets[name])
            for name, value in one.relations.items()
            if name in targets
            for identifier in (value if isinstance(value, list) else [value])
        }
        return {other for other in needed if other in self._postponed and other != key}

    def _entities(
        self,
        keys: Iterable[Key],
        changed: Callable[[dict[str, Json]], dict[str, Json]] = lambda entity: entity,
    ) -> dict[int, list[Entity]]:
        by_resource: defaultdict[int, list[Entity]] = defaultdict(list)
        for key in keys:
            one = self._postponed[key]
            (entity,) = self._store.read(one.page)
            by_resource[one.index].append(Entity.parse_obj(changed(entity)))
        return by_resource


def refused_entities() -> RefusedEntities:
    """Those of the resync in work."""
    noted: RefusedEntities | None = event.attributes.get(_REFUSED)
    if noted is None:
        noted = event.attributes[_REFUSED] = RefusedEntities()
    return noted


# --- Port's answers ------------------------------------------------------------------------


def hear_answers(client: httpx.AsyncClient) -> None:
    """Have Port's reasons noted, which Ocean writes where no console shows them."""
    if _note_answer not in client.event_hooks["response"]:
        client.event_hooks["response"].append(_note_answer)


async def _note_answer(response: httpx.Response) -> None:
    """Note what Port says of entities that it does not take, in the answer to a write.

    https://docs.port.io/api-reference/create-multiple-entities
    """
    request = response.request
    *_, before, blueprint, entities, last = ("", "", "", *request.url.path.split("/"))
    is_bulk = (before, entities, last) == ("blueprints", "entities", "bulk")
    if request.method != "POST" or not is_bulk or response.status_code == _TOO_LARGE:
        return
    try:
        if event.event_type != EventType.RESYNC or not refused_entities().is_final:
            return
        noted, index = refused_entities(), resource.index
    except (EventContextNotFoundError, ResourceContextNotFoundError):
        return
    await response.aread()
    if response.status_code == httpx.codes.NOT_FOUND:
        noted.missing_blueprints.add(blueprint)
    reasons = noted.reasons[index]
    for name, reason in _refusals(response):
        if len(reasons) < REASONS_TOLD:
            reasons.setdefault(name, reason)


def _refusals(response: httpx.Response) -> Iterator[tuple[str, str]]:
    """Identifier and reason of each entity that an answer to a bulk of them refuses."""
    try:
        body, sent = response.json(), json.loads(response.request.content)
    except ValueError:
        body, sent = {}, {}
    if not response.is_error:
        for error in body.get("errors", []):
            yield str(error.get("identifier")), _reason(error, error.get("statusCode"))
        return
    for entity in sent.get("entities", [])[:REASONS_TOLD]:
        identifier = entity.get("identifier")
        name = identifier if isinstance(identifier, str) else "unknown"
        yield name, _reason(body, response.status_code)


def _reason(body: Mapping[str, Json], status: object) -> str:
    """Port's own words for a refusal, after its status."""
    words = body.get("message") or body.get("error") or "no reason given"
    text = escaped(f"{status}: {words}")
    # Cut between words: half of a secret would not be known for one.
    return (
        text if len(text) <= _LONGEST_REASON else text[:_LONGEST_REASON].rpartition(" ")[0] + " …"
    )
