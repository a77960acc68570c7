"""Representatives: few out of very many cases that cover whatever all of them cover."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterable, Sequence


def covering[Case: Hashable](
    everything: Sequence[Case], covers: Callable[[Case], Iterable[Hashable]]
) -> list[Case]:
    """Few cases that cover whatever all of them cover; always the same ones, in their order.

    Greedy: first those that cover much that is new, then those that cover less.
    """
    order = [(case, frozenset(covers(case))) for case in everything]
    random.Random(0).shuffle(order)  # noqa: S311 (an order, not a secret)
    covered: set[Hashable] = set()
    picked: set[Case] = set()
    # What a case adds only ever becomes less: each is looked at when it may add enough.
    largest = max(len(values) for _, values in order)
    most: dict[int, list[int]] = {gain: [] for gain in range(largest + 1)}
    for place, (_, values) in enumerate(order):
        most[len(values)].append(place)
    for gain in range(len(most) - 1, 0, -1):
        for place in sorted(most.pop(gain)):
            case, values = order[place]
            new = values - covered
            if len(new) == gain:
                covered |= new
                picked.add(case)
            else:
                most[len(new)].append(place)
    return [case for case in everything if case in picked]
