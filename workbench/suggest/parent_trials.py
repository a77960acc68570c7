"""Which parents are meant: children are asked for by the values of some fields of their items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

import httpx

from resync.path_parameters import Binding, request_for
from workbench.suggest.asking import Asker, Reply
from workbench.suggest.fields import columns
from workbench.suggest.items import places
from workbench.suggest.parents import Option, bindings, combined, in_step
from workbench.suggest.study import Parent, Study

_MOST_TRIED = 6
_MOST_ROWS = 3
_MOST_TOLD = 3
# A value that nothing has, in the form of one: another number, other letters of a UUID.
_NOBODYS = "987654321"
_TURNED = str.maketrans("0123456789abcdefABCDEF", "1234567890bcdefaBCDEFA")


@dataclass(frozen=True)
class _Try:
    """Fields that were tried, what came for one row, and whether that is children."""

    chosen: Sequence[Parent]
    reply: Reply
    has_rows: bool


@dataclass
class _Trials:
    """Children asked for by the values of several fields, of one row each."""

    asker: Asker
    study: Study
    base_url: httpx.URL
    tried: list[_Try] = field(default_factory=list)

    async def ask(
        self, chosen: Sequence[Parent], binding: Binding, *, is_doubted: bool = False
    ) -> bool:
        """Whether there are children for a row, so that these fields are the right ones.

        An object may be what the API says to any value: then a made-up one is answered alike.
        ``is_doubted``: so may a list be.
        """
        reply = await self._reply(binding)
        has_rows, is_one = self._rows_of(reply)
        if has_rows and (is_one or is_doubted):
            made_up = {name: _other(str(value)) for name, value in binding.values.items()}
            other = await self._reply(Binding(made_up, binding.parents))
            has_rows = not (_is_alike(reply, other) if is_one else self._rows_of(other)[0])
        self.tried.append(_Try(chosen, reply, has_rows))
        return has_rows

    def _rows_of(self, reply: Reply) -> tuple[bool, bool]:
        """Whether an answer has rows, and whether it is an object that is the one row."""
        found = places(reply.body, self.study.target.noun) if reply.is_success else []
        return bool(found and found[0].rows(reply.body)), bool(found and found[0].single)

    async def _reply(self, binding: Binding) -> Reply:
        return await self.asker.ask(request_for(self.study.endpoint(), binding, self.base_url))

    @property
    def is_shown(self) -> bool:
        """Whether answers tell the right values from the others: by rows, or only one is taken.

        Some APIs answer an unknown value like one without children: with an empty list.
        """
        taken = {tuple(p.column.keys for p in one.chosen) for one in self.answered}
        return any(one.has_rows for one in self.tried) or len(taken) == 1 < len(self.tried)

    @property
    def answered(self) -> Iterator[_Try]:
        """What was not refused."""
        return (one for one in self.tried if one.reply.is_success)

    @property
    def refused(self) -> str:
        """What was tried and refused, with the status."""
        refused = dict.fromkeys(
            f"; {', '.join(_source(parent) for parent in one.chosen)}: {one.reply.status}"
            for one in self.tried
            if not one.reply.is_success and one.reply.status
        )
        return "".join(list(refused)[:_MOST_TOLD])


async def find_parents(
    asker: Asker, study: Study, options: Mapping[str, Sequence[Option]], base_url: httpx.URL
) -> list[Parent] | None:
    """The parents of all placeholders, shown by an answer for some of their items.

    ``options``: for each placeholder the parents and fields that may be meant, the likeliest
    first. What decides is which values the API answers, and which it does not.
    """
    trials = _Trials(asker, study, base_url)
    steps = list(in_step(options))
    most = _MOST_TRIED + len(steps)
    # The first parent may have no children, and say so by a 404: then others are asked for too.
    for number in range(_MOST_ROWS):
        for chosen in islice(chain(steps, combined(options)), 2 if number else None):
            binding = next(islice(bindings(chosen), number, None), None)
            if binding is None:
                continue
            if await trials.ask(chosen, binding) or len(trials.tried) >= most + number:
                break
        if trials.is_shown:
            break
    answered = list(trials.answered)
    if not answered:
        return None
    best = max(answered, key=lambda one: one.has_rows).chosen
    likeliest = answered[0].chosen
    # Its first item may have no children where that of a less likely one has some.
    for binding in bindings(likeliest)[1 : 1 + _MOST_ROWS] if likeliest is not best else ():
        if await trials.ask(likeliest, binding):
            best = likeliest
            break
    best = await _of_all_rows(trials, best, list(combined(options)))
    status = next(one.reply.status for one in trials.answered if one.chosen is best)
    return [replace(one, proof=f"{status} for one{trials.refused}") for one in best]


async def _of_all_rows(
    trials: _Trials, best: Sequence[Parent], options: Sequence[Sequence[Parent]]
) -> Sequence[Parent]:
    """Other fields of the same rows, where the best are refused for a row and those are not."""
    for binding in bindings(best)[1:_MOST_ROWS]:
        if await trials.ask(best, binding) or trials.tried[-1].reply.is_success:
            continue
        for other in options:
            is_same = [id(one.study) for one in other] == [id(one.study) for one in best]
            alike = (one for one in bindings(other) if one.parents == binding.parents)
            theirs = next(alike, None) if is_same else None
            if theirs and theirs != binding and await trials.ask(other, theirs, is_doubted=True):
                return other
        return best
    return best


def _other(value: str) -> str:
    return _NOBODYS if value.isdigit() else value.translate(_TURNED)


def _is_alike(reply: Reply, other: Reply) -> bool:
    """Whether two objects have the same keys with anything behind them."""
    if not isinstance(reply.body, dict) or not isinstance(other.body, dict):
        return False
    one, two = (
        {column.keys for column in columns([body]) if any(column.present)}
        for body in (reply.body, other.body)
    )
    return one == two


def _source(parent: Parent) -> str:
    return f"{parent.study.target.shown} {parent.column.path}"
