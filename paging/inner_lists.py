"""Lists within the rows of others, each with words of its own on whether it goes on.

::

    {"teams": {"nodes": [
        {"id": 1, "members": {"nodes": [...20...], "pageInfo": {"hasNextPage": true}}},
        {"id": 2, "members": {"nodes": [...3...], "pageInfo": {"hasNextPage": false}}}]}}

The words of an only one are those of the page. Of several none can be followed: a walk may bring
the rest of each by a position that all of them are counted by, and else ends in doubt.
"""

from __future__ import annotations

import json
import math

from msgspec import Struct, field

from errors import DoubtfulEndError, OceanCustomError
from json_values import Json, keys_of
from paging.extraction import Extractor, InnerList
from paging.levels import told_by
from paging.model import Page, Progress
from paging.paginator import ACCEPT, says_end
from paging.signal_names import ENVELOPE, name_of
from paging.signals import Verdict, speaks_of_more
from paging.steps import Step


class InnerLists(Struct):
    """What the lists within a walk's rows gave, and which of them go on.

    ``received``: how many rows each gave, by what tells apart the rows around it; ``going_on``:
    what stands around those that say that they go on.
    """

    received: dict[str, int] = field(default_factory=dict)
    going_on: dict[str, Json] = field(default_factory=dict)

    def after(
        self, page: Page, extractor: Extractor, outcome: Step | OceanCustomError
    ) -> Step | OceanCustomError:
        """What follows a page: it is in doubt where a walk ends before a list within its rows."""
        if not isinstance(outcome, Step):
            return outcome
        if not outcome.repeated:
            for number, one in enumerate(extractor.inner_lists(page.body)):
                self._add(one, f"{page.number}.{number}")
        if outcome.next is not None or not self.going_on:
            return outcome
        last = [*self.going_on.values()][-1]
        return DoubtfulEndError(
            f"{len(self.going_on)} of the lists within other rows say that there is more, and"
            f" nothing leads there; the last one lies beside {keys_of(last)}",
            remedy="ask for each of them by a path parameter, or for more of their rows at once"
            f" ({ACCEPT})",
        )

    def _add(self, one: InnerList, number: str) -> None:
        total = _goes_on_to(one)
        if not (total or self.going_on):
            return
        told = [told_by(row) for row in one.around]
        # Rows that nothing tells apart are others on each page.
        name = json.dumps(told, sort_keys=True) if {} not in told else number
        received = self.received.get(name, 0) + len(one.rows)
        self.going_on.pop(name, None)
        if total > received:
            self.going_on[name] = one.holder
        self.received[name] = received


def _goes_on_to(one: InnerList) -> float:
    """How many rows a list speaks of: infinitely many where it says no more than that it goes on.

    What lies right in a row stands beside the row's own words: of those only plain ones count.
    """
    beside = [key for key, value in one.holder.items() if value is not one.rows]
    if not beside:
        return 0
    if one.holder is one.around[-1] and not all(name_of(key) in ENVELOPE for key in beside):
        return math.inf if speaks_of_more(one.holder) else 0
    page = Page("", None, one.rows, holder=one.holder)
    if page.signal is Verdict.MORE:
        return math.inf
    return 0 if says_end(page) else Progress().after(page, 0).total or 0
