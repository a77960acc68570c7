"""What follows a page: the next request, the end and why, or a request that settles a doubt."""

from __future__ import annotations

import re
from collections.abc import Generator, Hashable, Mapping
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from errors import OceanCustomError
from paging.levels import ANY_LEVEL
from paging.model import NO_PAGE_BEFORE, NO_SUCH_PAGE, Level, Page, PageRequest, Progress
from paging.rows import Way, moving
from paging.signals import Verdict

_DIGITS = re.compile(r"[0-9]+")
# Sudden ends that are all asked about, and of lists with hidden rows.
_FEW, _MOST_UNEVEN = 4, 8


class End(Enum):
    """Why a walk ended: there is no other reason."""

    CONFIGURED = "a configured path says so"
    SIGNAL = "the API says so"
    TOTAL = "the total is reached"
    EMPTY = "an empty page"
    NO_SUCH_PAGE = "no such page"
    UNMARKED = "no cursor or link where one would be"
    PROVED = "a request showed that nothing follows"
    ONE_ITEM = "one item"
    UNPAGED = "no paging"


class Learnt(Struct, frozen=True):
    """What the walks over one resource have proved, shared by all of them.

    ``page_size``: the server's own, where it is less than was asked for. ``hides_rows``: positions
    count rows that are not given, and ``reach`` how many of them a page surely covers. ``uneven``:
    a short page was followed by rows; ``exceeded``: a total was, ``overruled``: a word of the end.
    ``longest_short``: of the short first pages that were asked about, the longest; ``ties``: how
    many as long as that. ``marked``: the place of the cursor or link was seen. ``counts_rows``: an
    offset counts rows; ``levels``: of which lists that may be, where ``data_path`` leads through
    several. ``sudden``: how many walks found nothing after a full page, and ``refusals`` what was
    said by a status where that was proved to be the end. ``vain``: whether what speaks of more
    does so far beyond the end, too; None where it was not asked. ``counted_by``: keys of the
    numbers that count these lists, where the total counts more: None, or what one was where that
    may be chance. ``from_one``: position 0 is taken for 1. ``unpaged``: how many lists seem not to
    page, None where one does. ``moving``: the places in rows without ids whose values move from
    answer to answer, None where that was not asked. ``asks_all``: each list as long as the longest
    short one is asked about, as in a second look.
    """

    page_size: int | None = None
    hides_rows: bool = False
    reach: int = 0
    uneven: bool = False
    exceeded: bool = False
    overruled: bool = False
    longest_short: int = 0
    ties: int = 0
    marked: bool = False
    counts_rows: bool = False
    levels: frozenset[Level] = ANY_LEVEL
    sudden: int = 0
    refusals: frozenset[tuple[str, bool]] = frozenset()
    vain: bool | None = None
    counted_by: Mapping[str, int | None] = {}
    from_one: bool = False
    unpaged: int | None = 0
    moving: frozenset[Way] | None = None
    asks_all: bool = False

    def reaching(self, reach: int) -> Learnt:
        """With pages that cover so many positions: where those are more, no limit is as low."""
        limit = self.page_size if reach <= (self.page_size or 0) else None
        return replace(self, reach=max(self.reach, reach), page_size=limit)

    def hiding(self, reach: int) -> Learnt:
        """With rows hidden: pages of so many rows reach as far at least."""
        return replace(self.reaching(max(self.page_size or 0, reach)), hides_rows=True)

    @property
    def is_counting(self) -> bool:
        """Whether it was shown that an offset counts rows."""
        return self.counts_rows or self.hides_rows or self.page_size is not None

    def steadied(self, page: Page, now: Progress) -> Asking[Learnt]:
        """Once a resource: with what moves in rows without ids when their page is asked for again.

        The rest tells them apart; a row that is a text, all of it.
        """
        is_told = page.ids or isinstance(page.rows[0], str) or not isinstance(page.rows, list)
        if is_told or page.request is None or self.moving is not None:
            return self
        learnt, again = yield Experiment(page.request, "whether rows move", self, now)
        return replace(learnt, moving=moving(page.rows, again.rows) if again else frozenset())

    def refutes(self, length: int | None) -> bool:
        """Whether lists may go on after a first page of so many rows, which is not full.

        None: after one of all rows that its total speaks of.
        """
        if length is None:
            return self.exceeded
        return self.uneven or self.hides_rows or 0 < (self.page_size or 0) <= length

    def counting(self, told_by: Mapping[str, int | None]) -> Learnt:
        """With keys of numbers that count these lists, or may."""
        return replace(self, counted_by={**self.counted_by, **told_by}) if told_by else self

    def refused_by(self, page: Page, *, of_few: bool = False) -> Learnt:
        """With one more way in which this API says that there is no such page.

        ``of_few``: behind the only page of a few rows, where a marker has led nowhere yet.
        """
        return replace(self, refusals=self.refusals | {(_said(page), of_few)})

    def believes(self, page: Page, last: Page) -> bool:
        """Whether a page is refused in a way that means that there is none after the last one."""
        is_plain = page.status in NO_SUCH_PAGE and last.signal is not Verdict.MORE
        return is_plain or self.knows(page)

    def knows(self, page: Page, *, of_few: bool = False) -> bool:
        """Whether this API is known to say so that there is no such page."""
        return any((_said(page), few) in self.refusals for few in {False, of_few})


def is_asked(count: int, few: int = _FEW) -> bool:
    """Whether what was met so often is asked about: a few times, then at 8, 16, 32 and so on."""
    return count <= few or not count & (count - 1)


def _said(page: Page) -> str:
    """How an API says that there is no such page: its status and words, without their numbers."""
    told = page.refusal.report.words if page.refusal else ""
    return f"{page.status} {_DIGITS.sub('', told)}"


NOTHING_LEARNT = Learnt()


class Step(Struct, frozen=True):
    """What to do after a page: ``next`` None ends the walk, and ``why`` says for what reason.

    ``repeated``: the page only repeats the one before and is not to be yielded again; ``known``:
    the keys of rows in it that came with the page before. ``confirm``: the end should be asked
    for once more. ``unsure``: the end should be looked at again before anything is deleted.
    ``unproved``: no cursor or link was seen yet, so that the end is to be proved; 2 where there is
    not even null in its place, 3 where a total speaks of more. ``proved``: a request showed that
    nothing follows. ``doubt``: what is raised, unless asking once more brings rows: a paginator
    raises nothing about an end. ``followed``: a request showed rows that follow.
    ``taken``: the first page was taken for all, as others like it were shown to be.
    """

    progress: Progress
    next: PageRequest | None
    learnt: Learnt = NOTHING_LEARNT
    why: End | None = None
    repeated: bool = False
    known: frozenset[Hashable] = frozenset()
    warning: str | None = None
    confirm: bool = False
    unsure: bool = False
    unproved: int = 0
    proved: bool = False
    doubt: OceanCustomError | None = None
    followed: bool = False
    taken: bool = False

    def over(self) -> Step:
        """As an end that a request proved."""
        return replace(self, proved=True, confirm=False, doubt=None)

    def surprised(self) -> tuple[Step, bool]:
        """One more walk that found nothing after a full page, and whether to ask about it.

        More of them are where pages are uneven.
        """
        sudden, few = self.learnt.sudden + 1, _MOST_UNEVEN if self.learnt.uneven else _FEW
        return replace(self, learnt=replace(self.learnt, sudden=sudden)), is_asked(sudden, few)

    def ask(
        self, request: PageRequest, of: str, *, follows_any: bool = False
    ) -> Asking[tuple[Step, Page | None]]:
        """Settle a doubt: the step with what is learnt by then, and the answer."""
        request = request.perhaps_absent(NO_PAGE_BEFORE) if follows_any else request
        learnt, page = yield Experiment(request, of, self.learnt, self.progress, follows_any)
        return replace(self, learnt=learnt), page


class Experiment(Struct, frozen=True):
    """A request that settles a doubt; ``of`` says of what, for the log.

    ``follows_any``: the request follows a link that may lead to anything, so that an answer that
    is no JSON of this list (an export, a page for browsers), or refused, is no page, and no error.
    """

    request: PageRequest
    of: str
    learnt: Learnt
    progress: Progress
    follows_any: bool = False


type Asking[Given] = Generator[Experiment, tuple[Learnt, Page | None], Given]
"""Experiments, and what they show in the end.

Each is answered with what is learnt by then, and the page, None where there is no such page.
"""
type Deciding = Asking[Step]
"""How it is decided what follows a page."""
