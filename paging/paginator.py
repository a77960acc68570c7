"""What the styles of paging have in common: their settings, and how a walk asks a paginator.

Everything here is pure: no I/O, no clock, no state. The *position* of a walk is the request just
sent; its *evidence* is a ``Progress``; what all walks over the same resource have proved is a
``Learnt``. ``step`` folds one page into those and names the next request, ends the walk for one
of the reasons in ``End``. It is a generator, which yields an ``Experiment`` where one more request
can settle a doubt, and goes on by its answer.

What was configured decides first, then what APIs commonly send; where two disagree, "more" wins.
An end that nothing of this proves is settled by an experiment, and raised where there is none.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

import httpx
from msgspec import Struct
from msgspec.structs import replace

from errors import DoubtfulEndError, MappingError, OceanCustomError, PaginationError
from jq_engine.lookups import Lookup, compile_lookup
from json_values import MISSING, keys_of
from paging.experiments import limits, unless_led_on, usual_pages
from paging.model import SIZE_REFUSED, Page, PageRequest, Progress, SendIn
from paging.signals import (
    ConfiguredSignals,
    Verdict,
    by_header,
    first_known,
    is_last_by_link,
    whole_number,
)
from paging.steps import NOTHING_LEARNT, Deciding, End, Learnt, Step
from paging.totals import Known

PaginationType = Literal["none", "offset", "page", "cursor", "next_link", "header_link"]
PAGINATION_TYPES: tuple[PaginationType, ...] = get_args(PaginationType)

DEFAULT_POSITION_PARAM: Mapping[str, str] = {"offset": "offset", "page": "page", "cursor": "cursor"}
DEFAULT_SIZE_PARAM: Mapping[str, str] = {"offset": "limit", "page": "size", "cursor": "limit"}

ACCEPTED = "set accept_doubt in this resource's pagination"
ACCEPT = f"if all is well, {ACCEPTED}"

_PAGED_OR_NONE = (
    "set it to how the API pages, or pagination.type: none for this resource if its first page is"
    " all you want"
)

# Pages that hold nothing although the API speaks of more: a few are a filter, many a fault.
_MAX_EMPTY_PAGES = 20
_MOST_REQUESTS = 100  # for such pages, however few rows each may have


class PaginationSettings(Struct, frozen=True):
    """How one resource is paged; names as in the settings, None: the type's own default.

    ``type_is_own``: the resource itself names its type, rather than the installation.
    ``sends_size``: a size is sent at all. ``accept_doubt``: an end in doubt is the end.
    ``cursor_alone``: beside the cursor nothing is sent. ``in_order``: no page is asked for before
    the one before it came.
    """

    type: PaginationType = "none"
    page_size: int = 100
    pagination_param: str | None = None
    size_param: str | None = None
    start_page: int = 1
    start_offset: int = 0
    cursor_path: str | None = None
    has_more_path: str | None = None
    last_page_path: str | None = None
    total_path: str | None = None
    next_link_path: str | None = None
    header_link_rel: str = "next"
    send_in: SendIn = "query"
    type_is_own: bool = False
    sends_size: bool = True
    accept_doubt: bool = False
    cursor_alone: bool = False
    in_order: bool = False

    @property
    def takes_it(self) -> bool:
        """Whether the resource takes what comes for all: it vouches, or wants the first page."""
        return self.accept_doubt or (self.type == "none" and self.type_is_own)

    def overridden(self, changes: Mapping[str, Any]) -> PaginationSettings:
        """These settings with a resource's own on top; a ``size_param`` of null sends no size.

        Parameter names belong to a type: another type starts from its own defaults.
        """
        base = self
        if changes.get("type", self.type) != self.type:
            base = replace(self, pagination_param=None, size_param=None, sends_size=True)
        if "size_param" in changes:
            base = replace(base, sends_size=changes["size_param"] is not None)
        return replace(base, **changes, type_is_own="type" in changes)


class Paginator(ABC):
    """One style of paging, as pure functions over requests and pages.

    ``lookups`` are the configured paths that are looked up in every page.
    """

    def __init__(self, settings: PaginationSettings) -> None:
        self._settings = settings
        self._signals = ConfiguredSignals.of(settings.has_more_path, settings.last_page_path)
        # A resource's own "none" is a wish for the first page, whatever the total.
        is_wish = settings.type == "none" and settings.type_is_own
        path = None if is_wish else settings.total_path
        self._total = compile_lookup(path, "totalPath") if path else None
        size_param = settings.size_param or DEFAULT_SIZE_PARAM.get(settings.type)
        self._size_param = size_param if settings.sends_size else None
        self._refuse_one_name_for_two(settings)
        self.lookups: tuple[Lookup, ...] = self._signals.lookups
        self.lookups += (self._total,) if self._total else ()

    @property
    def places(self) -> Iterator[tuple[str, ...]]:
        """Where in an answer the configured paths lead, as far as they are paths of keys."""
        ways = (way for lookup in self.lookups for way in lookup.ways)
        return (tuple(map(str, way)) for way in ways)

    @property
    def leads_by(self) -> str:
        """The setting by which one page leads to the next, for messages."""
        return "the pagination settings"

    def _refuse_one_name_for_two(self, settings: PaginationSettings) -> None:
        """Raise MappingError where position and size would be the same parameter."""
        if (usual := DEFAULT_POSITION_PARAM.get(settings.type)) is None:
            return  # links hold the position
        position = settings.pagination_param or usual
        if position == self._size_param:
            raise MappingError(
                f"is {position!r}, and so is sizeParam: every request would ask for the page of"
                " that number",
                remedy="set each to the name the API's documentation gives",
                where="paginationParam",
            )

    # --- what the styles have in common ----------------------------------------------------

    def first(self, request: PageRequest) -> PageRequest:
        """The request with the page size; a size the resource itself asks for stands."""
        send_in = self._settings.send_in
        if self._size_param is None or request.get(self._size_param, send_in) is not None:
            return request
        return request.put(self._size_param, self._settings.page_size, send_in)

    def step(
        self, progress: Progress, sent: PageRequest, page: Page, learnt: Learnt = NOTHING_LEARNT
    ) -> Deciding:
        """What to do after ``page``; raises PaginationError when that cannot be known."""
        last, told = progress.previous, self._with_total(page)
        # The first page of a resource that others come after is there to be asked for again.
        if last and progress.pages == 1 and not (told.ids or told.repeats(last)):
            learnt = yield from learnt.steadied(last, progress)
        progress = replace(progress, previous=last and last.steady(learnt.moving))
        told = told.steady(learnt.moving)
        step = yield from self._step(learnt, progress, sent, told)
        return self._with_total_found(step, told)

    @abstractmethod
    def _step(self, learnt: Learnt, progress: Progress, sent: PageRequest, page: Page) -> Deciding:
        """As ``step``, of a page that knows the total where ``totalPath`` says."""

    def ahead(
        self,
        progress: Progress,
        upcoming: PageRequest,
        *,
        begun: int = 0,
        reach: int = 0,
        guesses: bool = True,
    ) -> Iterator[PageRequest]:
        """The requests that very likely follow, ``upcoming`` first; none when that is unknown.

        Without the first ones, of which so many are ``begun``; ``reach``: how many positions pages
        are known to cover; ``guesses``: also where nothing is told of further pages.
        """
        yield from ()

    def before(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """The request for a page before the first one, when nothing shows that there is none."""
        return None

    def after(self, sent: PageRequest, rows: int = 0, pages: int = 1) -> PageRequest | None:
        """The request for what stands so many ``pages`` of ``rows`` behind the beginning of one.

        0: of as many as are asked for. None where only the page itself would say.
        """
        return None

    def unplaced(self, sent: PageRequest) -> PageRequest | None:
        """A first request without the parameter of its position; None where it has none."""
        return None

    def overlaps(self, before: Progress, page: Page) -> bool:
        """Whether a page has the rows of the one before it, as it may begin within that one."""
        return False

    def prove(
        self, sent: PageRequest, page: Page, learnt: Learnt, *, is_cut: bool = False
    ) -> Deciding:
        """How to prove that a walk ended rightly that saw no cursor and no link.

        ``is_cut``: there are walks that were not read, and one of them may have such a marker.
        """
        yield from ()
        return Step(Progress(), None, learnt)

    def closing(self, sent: PageRequest, before: Progress, learnt: Learnt) -> Deciding:
        """How to show that nothing follows the last page with rows ``before`` what was ``sent``."""
        yield from ()
        return Step(before, None, learnt)

    @staticmethod
    def _followed(step: Step) -> Step:
        """Rows follow: the end is asked for once more, and an error if it lasts."""
        doubt = DoubtfulEndError(
            "the API says that nothing follows here, but another request shows rows that do: the"
            " rest is missing",
            remedy=ACCEPT,
        )
        told = step.doubt if step.doubt and step.doubt.report.words else doubt
        return replace(step, confirm=True, doubt=told, followed=True)

    def elsewhere(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """A request for some rows of a walk's first page, from another position where it has one.

        What follows the position is no constant of two answers to the same one.
        """
        return self.of_fewer(sent, page)

    def of_fewer(self, sent: PageRequest, page: Page) -> PageRequest | None:
        """A request for one row less than it gave."""
        return self._of_size(sent, page.length - 1)

    def _of_size(self, sent: PageRequest, size: int) -> PageRequest | None:
        """The same request for another size, which the API may refuse; None where it has none."""
        name, url = self._size_param, httpx.URL(sent.url)
        if name is None or size < 1:
            return None
        if not sent.params and name in url.params:
            sized = replace(sent, url=str(url.copy_set_param(name, size)))
        elif sent.get(name, self._settings.send_in) is None:
            return None
        else:
            sized = sent.put(name, size, self._settings.send_in)
        return sized.perhaps_absent(SIZE_REFUSED)

    def _asked(self, sent: PageRequest) -> int:
        """The page size a request asked for, 0 when it asked for none."""
        if self._size_param is None:
            return 0
        asked = whole_number(sent.get(self._size_param, self._settings.send_in))
        return self._settings.page_size if asked is None else asked

    def _boolean(self, page: Page) -> Verdict:
        """What a configured path says of more, else a known boolean: a marker may be of a habit."""
        return first_known(self._signals.verdict(page.value_at), page.boolean)

    def _with_total(self, page: Page) -> Page:
        found = MISSING if page.is_single or not self._total else page.value_at(self._total)
        if found is MISSING or found is None:
            return page
        total = whole_number(found)
        if total is None:
            raise PaginationError(
                f"totalPath {self._settings.total_path!r} found {keys_of(found)} where"
                " the number of all rows was expected",
                remedy="correct the path",
            )
        return replace(page, total=total)

    def _with_total_found(self, step: Step, page: Page) -> Step:
        """What follows a page; the end of a list is in doubt where no total was found."""
        progress = step.progress
        is_list = not page.is_single and (page.body is not None or progress.rows > 0)
        if step.next is None and self._total and is_list and not progress.total_found:
            doubt = PaginationError(
                f"totalPath {self._settings.total_path!r} found nothing in any response; the last"
                f" one had {keys_of(page.body)}",
                remedy="correct the path, or set pagination.type: none for an endpoint without"
                " paging",
            )
            return replace(step, doubt=step.doubt or doubt)
        return step

    def _endless(self, progress: Progress, asked: int = 0) -> DoubtfulEndError | None:
        """What is in doubt where too many pages were empty: more of those with fewer rows."""
        usual, count = self._settings.page_size, progress.empty_in_a_row
        is_long = count * min(asked or usual, usual) > _MAX_EMPTY_PAGES * usual
        if not is_long and count <= _MOST_REQUESTS:
            return None
        return DoubtfulEndError(
            f"{progress.empty_in_a_row} empty pages in a row, although the API says that there are"
            " more",
            remedy="check hasMorePath and the parameter names, or set totalPath to the number that"
            f" counts no rows but those that these credentials see ({ACCEPT})",
        )


class SinglePage(Paginator):
    """``none``: one request, one page; the first of several only when the resource says so.

    ``[{"id": 1}, {"id": 2}]`` is the list. Ends when: always; an answer that speaks of more is an
    error, or a warning where the resource itself says ``none``.
    """

    def first(self, request: PageRequest) -> PageRequest:
        """The request as it is."""
        return request

    def _step(self, learnt: Learnt, progress: Progress, sent: PageRequest, page: Page) -> Deciding:
        now = progress.after(page, 0)
        told = first_known(self._signals.verdict(page.value_at), page.signal)
        most = now.total or page.totals().perhaps
        counts_more = now.known is Known.MORE or most > page.most
        is_more = told is Verdict.MORE or (counts_more and not says_end(page))
        why = End.ONE_ITEM if page.is_single else End.UNPAGED
        step = Step(now, next=None, learnt=learnt, why=why)
        if self._settings.type_is_own:
            warning = "the answer says that there are more pages; only the first was asked for"
            return replace(step, warning=warning) if is_more else step
        if is_more:
            return replace(step, doubt=self._more_pages(most, by_header(page.headers)))
        if page.is_single or not (page.ways or limits(sent, page)):
            return step
        step, is_due = step.surprised()
        if not is_due:
            return step
        doubt = self._more_pages() if page.ways.are_named else self._cut(page.length)
        usual = () if page.ways else usual_pages(sent, page)
        return (yield from unless_led_on(sent, page, step, doubt, usual, is_limited=not page.ways))

    @staticmethod
    def _cut(rows: int) -> DoubtfulEndError:
        return DoubtfulEndError(
            f"the list has more than the {rows} rows of the answer, but paginationType is 'none'",
            remedy=_PAGED_OR_NONE,
        )

    @staticmethod
    def _more_pages(most: int = 0, told: str = "") -> DoubtfulEndError:
        total = f" (a total of {most})" if most else told
        return DoubtfulEndError(
            f"the answer says that there are more pages{total}, but paginationType is 'none'",
            remedy=_PAGED_OR_NONE,
        )


def refused(page: Page) -> OceanCustomError | None:
    """What is in doubt where a page is refused, in the API's own words."""
    refusal = page.refusal
    if refusal is None or isinstance(refusal, DoubtfulEndError):
        return refusal
    told = refusal.report
    return DoubtfulEndError(
        "refused, and no request shows that the list ends there",
        remedy=ACCEPT,
        answered=told.answered,
        words=told.words,
    )


def total_of(now: Progress) -> str:
    """The total that is believed, for messages."""
    return f"{now.total} rows" if now.total else f"{now.total_pages} pages"


def unseen(now: Progress) -> str | None:
    """What to warn of where a total speaks of more than came; None where it does not."""
    by_rows = now.total is not None
    in_all = (now.total if by_rows else now.total_pages) or 0
    gave = now.in_all if by_rows else now.pages - now.empty_in_a_row
    told = (
        f"the API tells a total of {total_of(now)}, but gave {gave}: {in_all - gave} may be"
        " hidden from these credentials"
    )
    return told if in_all > gave else None


def says_end(page: Page) -> bool:
    """Whether a boolean or the links of a page say that none follows."""
    return page.boolean is Verdict.END or is_last_by_link(page.headers)
