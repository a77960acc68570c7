"""What a request that is refused sends otherwise, so that it is answered: a name or a value."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Final

from jq_engine.paths import plain_path
from json_values import Json
from paging.model import PageRequest, SendIn
from workbench.check.asking.nearby import Nearby
from workbench.check.asking.sent import Sent
from workbench.check.asking.sources import Sources, held_in
from workbench.check.asking.variants import (
    MOST_VALUES,
    Wish,
    better_variant,
    each_value,
    left_out,
    moved_part,
    spare_of,
)
from workbench.check.findings import Path, Remedy, Told, Write
from workbench.check.guesses.expressions import keys_read, rows_of
from workbench.check.guesses.refusal_words import values_told
from workbench.check.lists.places import Case
from workbench.check.refused.spoken import retyped, without

_MOST_VALUES: Final = 8  # of what is missing
_MOSTLY: Final = 3  # quarters of what is mapped
_WORD: Final = re.compile(r"\w+")
_SENT_IN: Final[dict[str, SendIn]] = {"query_params": "query"}


class Otherwise:
    """Asks with one thing otherwise."""

    def __init__(self, near: Nearby) -> None:
        self._near = near

    async def retyped(self, case: Case) -> tuple[Path, Remedy] | None:
        """A GraphQL query with another type for a variable, by which it is answered."""
        request, held = case.target.first, case.target.endpoint.body
        text = held.get("query") if isinstance(held, dict) else None
        for query, told in retyped(text, case.words) if isinstance(text, str) and request else ():
            if request and await self._near.body(request.put("query", query, "body")) is not None:
                return (*case.target.base, "body", "query"), Told(told, {}, query)
        return None

    async def value(self, case: Case, path: Path) -> Write | None:
        """A value for what is missing with which there is the most: of those that the words have.

        Where they have none, of those that others have under its name.
        """
        part, name = str(path[-2]), str(path[-1])
        if (first := case.target.first) is None or part == "headers":
            return None
        wanted, best, found = self._near.expressions(case.seen, case.target), 1, None
        told = values_told(case.words, name)
        for value in told or self._near.values_called(name)[:_MOST_VALUES]:
            body = await self._near.body(first.put(name, value, _SENT_IN.get(part, "body")))
            worth = await self._near.worth(body, case.target.endpoint.data_path, wanted)
            if worth > best:
                best, found = worth, value
        proof = "of the values that the API names" if told else "so it answers"
        return Write(found, proof) if found else None

    async def found(self, case: Case, sent: Sequence[Sent] = ()) -> tuple[Path, Remedy] | None:
        """The place of a name or a value for which another one is answered, and what to write.

        ``sent``: what may be meant otherwise; everything where nothing is said.
        """
        if not (request := case.target.first) or await self._near.body(request) is not None:
            return None  # what is answered as it is shows nothing
        keys = keys_read(case.seen.mappings.dict())
        keys += plain_path(case.target.endpoint.data_path or "") or ()
        sent = sent or self._near.sent(case.seen, case.target)
        sources = self._near.sources(case.target, case.words or " ", keys)
        if worded := await self._worded(case, sent, request):
            return worded
        spare, less = await spare_of(request, sent, sources, self._near.body)
        items, read = [*rows_of(less), *sources.items], self._near.read(case.seen, case.target)
        sources = dataclasses.replace(sources, items=items, read=read)
        some = [one for one in sent if one.is_within(spare)] if spare else sent
        wanted, answered = self._near.expressions(case.seen, case.target), self._near.body

        async def worth(body: Json) -> int:
            return await self._near.worth(body, case.target.endpoint.data_path, wanted)

        # What leaves rows out may leave out those that have one key or another; what brings an
        # empty list, where rows are looked for, only passes for a value that nothing has.
        least = max(-(-_MOSTLY * await worth(less) // 4), 2 if wanted else 1, len(wanted) // 2)
        wish = Wish(answered, worth, least, 1 + len(wanted))
        variant = await better_variant(request, some, sources, wish)
        if variant is not None:
            return variant.at(case.target.base, "so it answers")
        own = {one.name for one in sent if one.part == "query_params"}
        part, other = await moved_part(request, own, spare, answered)
        told = f"write it as {other} in the place of {part}: so it answers"
        if part:
            return (*case.target.base, part), told
        return await self._without(case, spare, sources, wish) if spare else None

    async def _without(
        self, case: Case, spare: Sent, sources: Sources, wish: Wish
    ) -> tuple[Path, Remedy]:
        """The place of what is refused, and the few values that are answered; else what to do."""
        values, request = sources.allowed or held_in(sources.items, spare.name), case.target.first
        if request and len(values) <= MOST_VALUES:
            wish = dataclasses.replace(wish, least=min(wish.most, 2))
            if ways := await each_value(request, spare, values, wish, case.target.base):
                return ways
        return without(spare, case.target, sources.allowed)

    async def _worded(
        self, case: Case, sent: Sequence[Sent], request: PageRequest
    ) -> tuple[Path, Remedy] | None:
        """The place of a word that YAML makes a boolean, where the word itself is answered."""
        for one in sent:
            place: Path = (*case.target.base, one.part, *one.path)
            word = _WORD.match(case.seen.document.rest_of_line((*case.seen.base, *place)))
            less = left_out(request, one) if isinstance(one.value, bool) and word else None
            asked = less.put(one.name, word[0], "query") if less and word else None
            if asked and word and await self._near.body(asked) is not None:
                return place, Write(word[0], "in quotes: YAML makes it a boolean")
        return None
