"""Decisions of paginators by hand: their experiments are answered by a function."""

from collections.abc import Callable

from paging.model import Page
from paging.steps import Deciding, Experiment, Step

type Answer = Callable[[Experiment], Page | None]


def decided(deciding: Deciding, answer: Answer) -> tuple[Step, list[Experiment]]:
    """What follows, and what was asked for; nothing is learnt meanwhile by other walks."""
    asked: list[Experiment] = []
    try:
        asked.append(next(deciding))
        while True:
            asked.append(deciding.send((asked[-1].learnt, answer(asked[-1]))))
    except StopIteration as end:
        return end.value, asked


def step_of(deciding: Deciding) -> Step:
    """What follows where nothing is to be asked for."""
    step, asked = decided(deciding, lambda _: None)
    assert not asked
    return step
