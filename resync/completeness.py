"""What the walks over one endpoint have proved, and what they have left in doubt.

One value for all walks over the endpoint of a resource, or of a parent: a page size, the place of
a cursor, the constants of an envelope hold for all of them. What is still in doubt when the last
walk is over is settled by a few requests (``Walker.settle``), or told by ``doubts``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from enum import Enum

from msgspec import Struct, field
from msgspec.structs import replace

from errors import DoubtfulEndError, MappingError, Part
from json_values import Json, keys_of, lists_in
from pagination import Paginator
from paging.cursor_positions import is_counted
from paging.error_reports import is_coded
from paging.extraction import Extractor
from paging.model import Page, PageRequest, Place, Progress
from paging.page_recognition import Recognition
from paging.signals import Verdict
from paging.steps import NOTHING_LEARNT, Deciding, End, Learnt, Step
from paging.totals import Known
from records import Discreet
from resync.path_parameters import Endpoint

_REPORTS = 20  # walks begin together: each may meet such an answer before one shows what it says
_DEEPEST_LIST = 5  # objects around a list: those of XML and of GraphQL are deep


def _is_no_row(row: Json) -> bool:
    """Whether a row is null, or a link by its relation: FHIR's and HATEOAS's lists are no data."""
    return row is None or (isinstance(row, dict) and not {"rel", "relation"}.isdisjoint(row))


class Doubt(Enum):
    """Why a reading that nothing contradicts may have missed items that are there."""

    MOVED = "rows may have moved from one page to another meanwhile"
    EMPTY = "a page was empty"
    GONE = "a child answered 404 or 410"
    TRUNCATED = "the reading was bounded"
    SAID_EMPTY = "a status was taken for nothing here"
    END = "a list may have ended too early"
    TAKEN = "lists as long as the longest were taken for whole"
    ONE = "the only answer was one item, which may stand for a list"
    ABSENT = "no answer had anything where data_path leads"


class Asked(Discreet, frozen=True):
    """A page with the request that brought it, kept for a later question."""

    request: PageRequest
    page: Page
    walk: int


class Completeness(Struct):
    """An endpoint made ready, and what its walks have met: rows, proofs and doubts.

    ``first`` is the first page of a walk, of which it is not known whether another comes before;
    ``longest`` the longest first page; ``unproved`` the longest list that ended without a cursor or
    link before any was seen. ``elsewhere``: an answer spoke of rows that it had in another list
    than ``data_path`` leads to. ``ends`` counts why walks ended, ``confirmed`` the ends that were
    asked for once more, ``acquitted`` the answers that seemed to be no page, and ``reported`` those
    that said that they failed. ``closed``: a page with rows and the answer without any that came
    after it; ``last``: one that ended a walk, ``is_shown``: by rows that a request gave.
    ``in_order``: whether pages are given only after the one before; None where it is not known.
    ``is_coded``: a list was null beside what may be the code of an error. ``taken``: the first
    requests of lists that were taken for whole, as others like them are, by their rows, None for a
    full page with its total. ``fallen``: totals that were told, and less afterwards, before so many
    rows came; ``unmet``: those of lists without a row.
    """

    endpoint: Endpoint
    where: Part
    paginator: Paginator
    extractor: Extractor
    told_by: Sequence[tuple[str, ...]] = ()
    learnt: Learnt = NOTHING_LEARNT
    recognition: Recognition = field(default_factory=Recognition)
    walks: int = 0
    has_rows: bool = False
    responses: int = 0
    without_items: int = 0
    last_body: Json = None
    first: Asked | None = None
    longest: Asked | None = None
    unproved: Asked | None = None
    elsewhere: bool = False
    doubts: set[Doubt] = field(default_factory=set)
    ends: Counter[End] = field(default_factory=Counter)
    warned: set[str] = field(default_factory=set)
    in_order: bool | None = None
    confirmed: int = 0
    acquitted: int = 0
    reported: int = 0
    closed: tuple[Progress, Asked] | None = None
    last: Asked | None = None
    is_shown: bool = False
    is_coded: bool = False
    taken: dict[int | None, set[Hashable]] = field(default_factory=dict)
    fallen: set[int] = field(default_factory=set)
    unmet: set[int] = field(default_factory=set)
    _numbered: int = 0
    _rank: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        path = self.extractor.list_path
        self.recognition = Recognition((*self.paginator.places, *([path] if path else [])))

    @property
    def is_led(self) -> bool:
        """Whether each page leads to the next, rather than a position that is counted."""
        return self.endpoint.pagination.type not in {"offset", "page"}

    @property
    def is_cut(self) -> bool:
        """Whether a limit ended the reading: the walks and pages not read may prove more."""
        return Doubt.TRUNCATED in self.doubts

    def begin(self) -> int:
        """The number of a walk that begins."""
        self._numbered += 1
        return self._numbered

    def count(self, asked: Asked, before: Progress, *, has_body: bool, nothing: bool) -> None:
        """Count one page; an empty body says nothing about ``data_path``.

        Rows may have moved meanwhile, where a page was asked for by its position, or some came
        again.
        """
        page, request, begins = asked.page, asked.request, not before.pages
        is_shared = before.previous and not {*page.ids}.isdisjoint(before.previous.ids)
        if is_shared or (before.begun and is_counted(before.begun, request, before)):
            self.doubts.add(Doubt.MOVED)
        if begins and (self.first is None or page.rows):
            self.first = asked
        if begins and page.rows and page.length > (self.longest.page.length if self.longest else 0):
            self.longest = asked
        self.has_rows = self.has_rows or bool(page.rows)
        if not page.rows or page.rows[0] is None:
            self.doubts.add(Doubt.EMPTY)
        # Some databases make a list of null where there are no rows.
        nothing = nothing or (bool(page.rows) and all(row is None for row in page.rows))
        if not page.rows:
            self.is_coded = self.is_coded or (page.place is Place.NULL and is_coded(page.body))
            self.elsewhere = self.elsewhere or self._has_rows_elsewhere(page)
        # Some leave the list out where they tell a total of 0: that proves no path, nor another.
        # Nor does an element of XML without any in it, which is an empty list for each name.
        is_none = nothing and page.place is not Place.NULL and page.totals().rows == 0
        is_bare = request.format.name == "xml" and page.place is Place.LIST and not page.rows
        if has_body and not (is_none or is_bare):
            self.responses += 1
            self.without_items += nothing and page.place is not Place.NULL
            is_said = page.body or self.last_body is None
            is_open = not self.has_rows or self.without_items == self.responses
            if is_said and is_open and not self._has_lists(self.last_body):
                self.last_body = page.body  # the last that says anything, or the first with a list
        self.recognition.note(asked.walk, request, page)

    def asks_of_report(self) -> bool:
        """Whether one more answer that says that it failed is asked about."""
        self.reported += 1
        return self.reported <= _REPORTS

    def _has_rows_elsewhere(self, page: Page) -> bool:
        """Whether an answer with an empty list, or null, speaks of rows that another list has.

        By a total or by more pages; that list is as long as the total, or as the page size.
        """
        if self.has_rows or page.place not in {Place.LIST, Place.NULL}:
            return False
        size = self.endpoint.pagination.page_size
        total = page.totals(size, alone=True).most
        due = min(total, size) if total else size * (page.boolean is Verdict.MORE)
        lists = lists_in(page.body, deepest=_DEEPEST_LIST) if due else []
        return due in {len(rows) for rows in lists if rows and isinstance(rows[0], dict)}

    def note_closed(self, last: Page | None, asked: Asked, now: Progress) -> None:
        """Keep what came after a page with rows, where that is an answer without any.

        A total that is reached ``now``, and told again there, shows how this API ends its lists.
        """
        page = asked.page
        if last is None or not last.rows or page.rows or page.refused:
            return
        self.closed = replace(now, previous=last), asked
        is_reached = now.known is Known.REACHED and page.totals().rows == now.total
        if is_reached and page.place is Place.LIST:
            self.recognition.learn_empty(page)

    @staticmethod
    def _has_lists(body: Json) -> bool:
        """Whether a body has a list with anything in it but links and null, which are no rows."""
        lists = lists_in(body, deepest=_DEEPEST_LIST)
        return any(not all(map(_is_no_row, rows)) for rows in lists)

    @property
    def after_last(self) -> PageRequest | None:
        """The request for what stands after the last page, where that may show how a list ends.

        That is where rows showed that it is over, or where nothing without rows came yet.
        """
        if self.last is None or (self.closed and not self.is_shown):
            return None
        return self.paginator.after(self.last.request, self.last.page.length)

    def ended(self, step: Step, asked: Asked) -> None:
        """Note why a walk ended, and what that leaves in doubt."""
        if step.why:
            self.ends[step.why] += 1
        if step.unsure:
            self.doubts.add(Doubt.END)
        now = step.progress
        if now.fell_from > now.in_all:
            self.doubts.add(Doubt.END)
            self.fallen.add(now.fell_from)
        if (told := now.total or now.total_pages) and not now.in_all:
            self.unmet.add(told)
        if step.taken:
            rows = None if step.why is End.TOTAL else asked.page.length
            self.taken.setdefault(rows, set()).add(hash(asked.request.key))
        if asked.page.rows and (step.proved or not self.is_shown):
            self.last, self.is_shown = asked, step.proved
        rank = step.unproved, asked.page.length
        if step.unproved and rank > self._rank:
            self.unproved, self._rank = asked, rank

    def proving(self, unproved: Asked) -> Deciding | None:
        """How to prove the end of a list without a marker, before which none was seen.

        Where another walk has shown one since, only a full page has to be looked at.
        """
        request, page, learnt = unproved.request, unproved.page, self.learnt
        if not learnt.marked:
            return self.paginator.prove(request, page, learnt, is_cut=self.is_cut)
        is_full = page.length >= self.endpoint.pagination.page_size
        before = Progress(previous=page)
        return self.paginator.closing(request, before, learnt) if is_full else None

    @property
    def left_in_doubt(self) -> set[Doubt]:
        """Why items may have been missed; no other answer tells an only item from a failure."""
        is_alone = self.ends == {End.ONE_ITEM: 1}
        is_taken = self.learnt.longest_short in self.taken
        return {
            *self.doubts,
            *([Doubt.ONE] if is_alone else []),
            *([Doubt.TAKEN] if is_taken else []),
        }

    @property
    def missed(self) -> set[int]:
        """Totals of rows of which too few came, or none in all lists."""
        return self.fallen | (set() if self.has_rows else self.unmet)

    @property
    def reopened(self) -> frozenset[Hashable]:
        """The first requests of lists that were taken for whole, and may go on after all."""
        refuted = (keys for rows, keys in self.taken.items() if self.learnt.refutes(rows))
        return frozenset[Hashable]().union(*refuted)

    def refuse_taken(self) -> None:
        """Raise where lists of a parent were taken for whole, and may go on after all."""
        if self.reopened and not self.endpoint.pagination.accept_doubt:
            raise DoubtfulEndError(
                "short lists were taken for whole, but one goes on after its first page: the rest"
                " of the others may be missing",
                remedy="set this parent's pageSize to what the API gives at once",
                where=self.where,
            )

    def take_over(self, other: Completeness) -> None:
        """What was left in doubt, and is not settled yet, about items that another walk brought."""
        if other is self:
            return
        self.doubts |= other.left_in_doubt
        self.has_rows = self.has_rows or other.has_rows
        self.recognition = other.recognition
        self.learnt, self.confirmed = other.learnt, other.confirmed
        self.taken = other.taken
        self.unproved = self.unproved or other.unproved

    @property
    def why(self) -> str:
        """Why the walks ended, for the log: reasons with their numbers."""
        return ", ".join(
            why.value if len(self.ends) == 1 else f"{why.value} {count} times"
            for why, count in self.ends.most_common()
        )

    def forget_pages(self) -> None:
        """Let go of the pages kept: the file of a large one is closed with its last reader."""
        self.first = self.longest = self.unproved = self.last_body = self.closed = self.last = None

    def settled(self) -> None:
        """Forget what was asked and told, so that it is not asked or told again."""
        self.forget_pages()
        self.responses = self.without_items = 0

    def refuse_fruitless(self) -> str | None:
        """Raise when no walk, or no response, led anywhere: a typo, not an empty collection.

        Gives a warning where no list in what was answered has anything in it.
        """
        if self.elsewhere and not self.has_rows:
            raise MappingError(
                "leads to null or an empty list in every response, but one speaks of a total or"
                " more pages, and has another list as long",
                remedy=f"correct the path (it has {keys_of(self.last_body)})",
                where=self.extractor.where,
            )
        if self.is_coded and not self.has_rows:
            self.doubts.add(Doubt.ABSENT)
            return (
                f"{self.extractor.where} found null in every response, beside a code that may be of"
                " an error: taken for an empty list"
            )
        if not self.responses or self.without_items < self.responses:
            return None
        keys = keys_of(self.last_body)
        if self._has_lists(self.last_body):
            raise MappingError(
                f"gave null in every response; they had {keys}",
                remedy="correct the path",
                where=self.extractor.where,
            )
        self.doubts.add(Doubt.ABSENT)
        return (
            f"{self.extractor.where} found nothing in any response; they had"
            f" {keys}, and no list with rows: taken for an empty one"
        )
