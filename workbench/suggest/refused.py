"""Children that are refused: by what their parents differ from the others.

An archived project, one without a repository, or an empty group may answer otherwise than the
rest. What tells them apart is a filter once it has foretold a refusal; else the status may say
that there is nothing here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from framework.mapped_items import Items
from json_values import Json
from paging.model import PageRequest
from resync.path_parameters import Binding
from workbench.suggest.asking import Asker, Reply
from workbench.suggest.fields import Column, at
from workbench.suggest.items import Place
from workbench.suggest.study import Parent, Study

_FEWEST = 2  # children that show by what they differ
_MOST_WORDS = 4
_MOST_ASKED = 8  # children in any case, where there are requests for them
_MOST_FORETOLD = 2  # of those that should be refused
_FOR_OTHERS = 6  # requests that are left for more than that
_PLAIN = re.compile(r"[\w.~-]+")
_MAY_MEAN_EMPTY = frozenset({403, 404, 409, 410})


@dataclass(frozen=True)
class Sort:
    """A way in which the items of a parent differ.

    ``by_value``: by a boolean or one of few words; else by whether there is anything at all: a
    value, a number other than 0, an element of a list.
    """

    column: Column
    by_value: bool

    def of(self, row: Json) -> Json:
        """Which of them an item is."""
        value = at(row, self.column.keys)
        return value if self.by_value else bool(value)

    def without(self, value: Json) -> str:
        """Jq for the items of any other sort."""
        path = self.column.path
        if self.by_value:
            text = f"{path} != {json.dumps(value)}"
            return f"{path} | not" if value is True else text
        numbers = all(isinstance(one, int | float) for one in self.column.present)
        anything = f"({path} // 0) != 0" if numbers else f"({path} | length) > 0"
        return f"{anything} | not" if value else anything


def sorts_of(columns: Sequence[Column], items: Items) -> Iterator[Sort]:
    """The ways in which items differ, booleans and words first."""
    by_value = [column for column in columns if _are_words(column.values)]
    yield from (Sort(column, by_value=True) for column in by_value)
    for column in columns:
        some = Sort(column, by_value=False)
        if column not in by_value and len({str(some.of(item)) for item in items}) > 1:
            yield some


def _are_words(values: Sequence[Json]) -> bool:
    return (
        all(isinstance(value, str | bool) or value is None for value in values)
        and 1 < len(set(map(str, values))) <= _MOST_WORDS
    )


def of_every_sort(parent: Parent, bound: Sequence[Binding]) -> tuple[list[Binding], list[Binding]]:
    """The values for a placeholder that show a sort of parent which none before does; the rest."""
    sorts = list(sorts_of(parent.study.columns, parent.study.items))
    seen: set[tuple[str, str]] = set()
    first: list[Binding] = []
    rest: list[Binding] = []
    for binding in bound:
        row = binding.parents[parent.name]
        shown = {(sort.column.path, str(sort.of(row))) for sort in sorts}
        # What a URL must escape may be another name to the API.
        shown.add((parent.name, str(_PLAIN.fullmatch(str(binding.values[parent.name])) is None)))
        (rest if shown <= seen else first).append(binding)
        seen |= shown
    return first, rest


@dataclass
class Children:
    """The children that were asked for, and those that were not.

    ``why``: jq for the parents whose children are not refused, where that was shown.
    """

    parent: Parent
    answered: list[tuple[Sequence[Json], Binding]] = field(default_factory=list)
    refused: list[tuple[Binding, Reply]] = field(default_factory=list)
    unasked: list[Binding] = field(default_factory=list)
    why: str = ""

    @property
    def asked(self) -> int:
        """How many."""
        return len(self.answered) + len(self.refused)

    def row(self, binding: Binding) -> Json:
        """The parent's item."""
        return binding.parents[self.parent.name]

    def take(self, binding: Binding, reply: Reply, place: Place) -> None:
        """Add an answer."""
        if reply.is_success:
            self.answered.append((place.rows(reply.body) or [], binding))
        else:
            self.refused.append((binding, reply))

    def telling(self) -> Iterator[tuple[Sort, Json]]:
        """The sorts of which all those refused are, and none of those that answered."""
        for sort in sorts_of(self.parent.study.columns, self.parent.study.items):
            good = {str(sort.of(self.row(binding))) for _, binding in self.answered}
            bad = [sort.of(self.row(binding)) for binding, _ in self.refused]
            enough = len(self.answered) >= _FEWEST
            if enough and bad and len(set(map(str, bad))) == 1 and str(bad[0]) not in good:
                yield sort, bad[0]

    def note(self, study: Study) -> None:
        """Write down what was found, and which children are read, those with most items first."""
        self.answered.sort(key=lambda pair: -len(pair[0]))
        study.bound = [binding for _, binding in self.answered]
        if study.first_rows and self.answered:
            # The reading begins with this child: another's rows need not be among what it gives.
            study.first_rows = self.answered[0][0]
        if self.why:
            study.parents[-1] = replace(self.parent, filter=self.why)
            proof = f"{self._count}, and it leaves out just those"
            study.note("filter", f"{{{self.parent.name}}}: {self.why}", proof)
            return
        study.bound += self.unasked
        if not self.refused:
            return
        told = self._count
        statuses = {reply.status for _, reply in self.refused}
        if statuses <= _MAY_MEAN_EMPTY and self.answered:
            study.empty_statuses = statuses
            told += "; empty_statuses says that they have no items"
        study.note("children", told, self.refused[0][1].refusal, certain=False)

    @property
    def _count(self) -> str:
        return f"{len(self.refused)} of {self.asked} children asked for were refused"

    def foretold(self, sort: Sort, value: Json) -> list[Binding]:
        """Those not asked for that should be refused as well."""
        return [binding for binding in self.unasked if sort.of(self.row(binding)) == value]


async def study_children(
    asker: Asker, study: Study, request_of: Callable[[Binding], PageRequest]
) -> None:
    """The children with items first; a filter or a status where some parents' are refused."""
    found = Children(study.parents[-1])
    for binding in study.bound:
        reply = asker.known(request_of(binding))
        if reply is None:
            found.unasked.append(binding)
        else:
            found.take(binding, reply, study.place)

    async def ask(some: Sequence[Binding], spare: int) -> None:
        for binding in some:
            if asker.left > spare:
                found.unasked.remove(binding)
                found.take(binding, await asker.ask(request_of(binding)), study.place)

    await ask(found.unasked[: max(0, _MOST_ASKED - found.asked)], _FOR_OTHERS)
    for sort, value in list(found.telling()):
        before = found.asked
        await ask(found.foretold(sort, value)[:_MOST_FORETOLD], 0)
        if found.asked == before and found.foretold(sort, value):
            break  # nothing is left to try it by
        if (sort, value) in found.telling() and (sort.by_value or len(found.refused) > 1):
            found.why = sort.without(value)
            break
    found.note(study)
