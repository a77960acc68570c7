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
    for gain in range(max(len(values) for _, values in order), 0, -1):
        for case, values in order:
            if len(new := values - covered) >= gain:
                covered |= new
                picked.add(case)
    return [case for case in everything if case in picked]
