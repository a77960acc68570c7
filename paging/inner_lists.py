"""Lists within the rows of others, each with words of its own on whether it goes on.

::

    {"teams": {"nodes": [
        {"id": 1, "members": {"nodes": [...20...], "pageInfo": {"hasNextPage": true}}},
        {"id": 2, "members": {"nodes": [...3...], "pageInfo": {"hasNextPage": false}}}]}}

The words of an only one are those of the page. Of several none can be followed: a walk may bring
the rest of each by a position that all of them are counted by, and else ends in doubt.

A cursor alone says that a list goes on where another list with rows has none. Where each has one,
as many APIs give it with the last rows, too, one row more is asked for, by the number in the
request that is just the longest lists'; else several lists of one length are taken for cut.
"""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Mapping
from functools import partial

from msgspec import Struct, field
from msgspec.structs import replace

from errors import DoubtfulEndError
from json_values import Json, keys_of
from paging.experiments import unless_cut, unless_led_on
from paging.extraction import Extractor, InnerList
from paging.model import Page, Progress
from paging.paginator import ACCEPT, says_end
from paging.rows import row_key
from paging.signal_names import ENVELOPE, name_of
from paging.signals import Verdict, known_cursor, leads, speaks_of_more
from paging.steps import Deciding, Learnt, Step

_FEW = 10  # rows; lists of fewer are of one length by chance


class Led(Struct, frozen=True):
    """A list with rows beside what may be a cursor; ``is_cursor``: by its name it is one."""

    rows: int
    holder: Json
    is_cursor: bool


class InnerLists(Struct):
    """What the lists within a walk's rows gave, and which of them go on.

    ``received``: how many rows each gave, by what tells apart the rows around it; ``going_on``:
    what stands around those that say that they go on; ``led``: those that may by a cursor alone;
    ``unled``: the rows of the longest one that has none.
    """

    received: dict[str, int] = field(default_factory=dict)
    going_on: dict[str, Json] = field(default_factory=dict)
    led: dict[str, Led] = field(default_factory=dict)
    unled: int = 0

    def after(self, page: Page, extractor: Extractor, step: Step, learnt: Learnt) -> Deciding:
        """What follows a page: it is in doubt where a walk ends before a list within its rows.

        ``learnt``: what the walks have proved by now.
        """
        step = replace(step, learnt=learnt)
        if not step.repeated:
            for number, one in enumerate(extractor.inner_lists(page.body)):
                self._add(one, f"{page.number}.{number}")
        if step.next is not None or step.doubt:
            return step
        if self.unled:
            self.going_on |= {k: one.holder for k, one in self.led.items() if one.is_cursor}
        if self.going_on:
            return replace(step, doubt=_doubt(self.going_on))
        return (yield from self._unless_cut(page, extractor, step))

    def _unless_cut(self, page: Page, extractor: Extractor, step: Step) -> Deciding:
        """A step, in doubt where lists that each have a cursor are cut at one length."""
        given: dict[Hashable, int] = {name: one.rows for name, one in self.led.items()}
        most = max(given.values(), default=0)
        longest = {name: one.holder for name, one in self.led.items() if one.rows == most}
        is_always = len(longest) < len(given)
        if page.request is None or not given or most < self.unled:
            return step
        step, is_due = step.surprised()
        if not is_due:
            return step
        doubt, lengths = _doubt(longest), partial(_lengths, extractor, page)
        if len(given) == 1:
            only = replace(page, holder=longest.popitem()[1])
            return (yield from unless_led_on(page.request, only, step, doubt))
        step = yield from unless_cut(page.request, given, step, doubt, lengths, is_always=is_always)
        is_cut = len(longest) > 1 and most >= _FEW and not is_always
        return replace(step, doubt=doubt) if is_cut else step

    def _add(self, one: InnerList, number: str) -> None:
        page = Page("", None, one.rows, holder=one.holder)
        total = _goes_on_to(one, page)
        led = _led(one, page) if one.rows and not total else None
        if one.rows and not (total or led):
            self.unled = max(self.unled, len(one.rows))
        if not (total or led or self.going_on or self.led):
            return
        name = _name_of(one, number)
        received = self.received.get(name, 0) + len(one.rows)
        self.going_on.pop(name, None)
        self.led.pop(name, None)
        self.led |= {name: led} if led else {}
        if total > received:
            self.going_on[name] = one.holder
        self.received[name] = received


def _name_of(one: InnerList, number: str) -> str:
    """What tells apart the rows around a list; where nothing does, they are others on each page."""
    told = [row_key(("", row)) for row in one.around]
    return json.dumps(told, sort_keys=True) if {(), ""}.isdisjoint(told) else number


def _lengths(extractor: Extractor, like: Page, page: Page) -> Mapping[Hashable, int]:
    """How long the lists of another answer are, which is like a page."""
    lists = enumerate(extractor.inner_lists(page.body))
    return {_name_of(one, f"{like.number}.{number}"): len(one.rows) for number, one in lists}


def _doubt(going_on: Mapping[str, Json]) -> DoubtfulEndError:
    last = [*going_on.values()][-1]
    return DoubtfulEndError(
        f"{len(going_on)} of the lists within other rows say that there is more, and"
        f" nothing leads there; the last one lies beside {keys_of(last)}",
        remedy="ask for each of them by a path parameter, or for more of their rows at once"
        f" ({ACCEPT})",
    )


def _is_own(one: InnerList) -> bool:
    """Whether a list lies right in a row, beside that row's own words."""
    return one.holder is one.around[-1] and not all(
        name_of(key) in ENVELOPE for key, value in one.holder.items() if value is not one.rows
    )


def _led(one: InnerList, page: Page) -> Led | None:
    """A list beside what may be a cursor, if there is any and nothing says that it ends."""
    if _is_own(one) or says_end(page) or not page.ways.told:
        return None
    return Led(len(one.rows), one.holder, leads(known_cursor(page.scopes)))


def _goes_on_to(one: InnerList, page: Page) -> float:
    """How many rows a list speaks of: infinitely many where it says no more than that it goes on.

    What lies right in a row stands beside the row's own words: of those only plain ones count.
    ``page``: the list as a page.
    """
    if all(value is one.rows for value in one.holder.values()):
        return 0
    if _is_own(one):
        return math.inf if speaks_of_more(one.holder) else 0
    if page.signal is Verdict.MORE:
        return math.inf
    return 0 if says_end(page) else Progress().after(page, 0).total or 0
