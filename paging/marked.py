"""``cursor``, ``next_link`` and ``header_link``: each answer leads to the next."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

import httpx

from errors import DoubtfulEndError, PaginationError
from jq_engine.lookups import compile_lookup
from json_values import MISSING, Found, Json, follow, keys_of
from paging.link_header import leads_to_rows, link_relations, unread_links
from paging.model import End, Experiment, Learnt, Page, PageRequest, Progress, Step
from paging.paginator import ACCEPT, DEFAULT_POSITION_PARAM, PaginationSettings, Paginator
from paging.signal_names import DEFAULT_NEXT_LINK_PATH
from paging.signals import (
    Verdict,
    first_known,
    header_cursor,
    is_last_by_link,
    known_cursor,
    known_link,
    link_of,
    link_towards,
    whole_number,
)
from paging.totals import Known

# Confluence's links are relative to the context path of the URL that stands beside them
# (https://developer.atlassian.com/server/confluence/pagination-in-the-rest-api/).
_LINK_BASE = ("_links", "base")


class _Marked(Paginator):
    """What cursors and links share: each answer leads to the next, and its absence is the end."""

    _setting: str

    @abstractmethod
    def _marker(self, page: Page) -> Found:
        """What leads to the next page, null or empty at the end, MISSING where there is no place.

        Raises PaginationError where it is of a form that cannot be followed.
        """

    @abstractmethod
    def _following(self, sent: PageRequest, page: Page, marker: Found) -> PageRequest:
        """The request that a marker leads to."""

    def _instead(self, page: Page) -> Found:
        """What leads on where the API says that there is more, but gives no marker."""
        raise self._unfollowable(page)

    def _step(self, learnt: Learnt, progress: Progress, sent: PageRequest, page: Page) -> Step:
        if progress.pages and page.body is None and not page.refused:
            raise PaginationError(
                "the page before led to this one, but the answer has no body: the rest is missing"
            )
        configured = self._signals.verdict(page.value_at)
        boolean = first_known(configured, page.boolean)
        marker = self._marker(page)
        asked = self._asked(sent)
        now = progress.after(page, asked, signalled=marker is not MISSING)
        learnt = replace(
            learnt, marked=learnt.marked or _leads(marker), uneven=learnt.uneven or now.hides
        )
        if configured is Verdict.END:
            return Step(now, next=None, learnt=learnt, why=End.CONFIGURED)
        if not page.length and (boolean is Verdict.END or now.known is Known.REACHED):
            why = End.SIGNAL if boolean is Verdict.END else End.TOTAL
            return Step(now, next=None, learnt=learnt, why=why)
        if not _leads(marker) and self._says_more(page, boolean):
            marker = self._instead(page)
        if not _leads(marker):
            return self._at_end(now, sent, page, marker, learnt)
        following = self._following(sent, page, marker)
        if not page.length and following.key == sent.key:
            # An empty page that leads to itself is the end.
            return self._at_end(now, sent, page, None, learnt)
        self._refuse_endless(now)
        # A page that holds nothing, but leads on, may have come empty by mistake.
        return Step(now, following, replace(learnt, marked=True), confirm=not page.length)

    def _says_more(self, page: Page, boolean: Verdict) -> bool:
        """Whether anything but the marker says that there is more."""
        if page.is_single and not page.scopes:
            return False
        if boolean is not Verdict.UNKNOWN:
            return boolean is Verdict.MORE
        return page.signal is Verdict.MORE

    def _at_end(
        self, now: Progress, sent: PageRequest, page: Page, marker: Found, learnt: Learnt
    ) -> Step:
        """The end of a walk whose last page has no marker."""
        boolean = first_known(self._signals.verdict(page.value_at), page.boolean)
        asked = self._asked(sent)
        if page.is_single:
            return Step(now, next=None, learnt=learnt, why=End.ONE_ITEM)
        # A null may also stand in the place of another cursor: then a total or signal contradicts.
        is_placed = learnt.marked or marker is not MISSING
        is_full = page.length >= (asked or max(now.largest, 1)) and bool(page.length)
        # The only page, and not of the size asked for: rows are hidden, or none was asked for.
        is_alone = now.pages == 1 and page.length != asked and is_last_by_link(page.headers)
        # A server with a limit of its own fills its pages with fewer rows than were asked for.
        is_as_long = now.pages > 1 and page.length >= now.largest
        if now.known is Known.MORE and boolean is not Verdict.END and not is_alone:
            self._refuse_short_of_total(learnt, now, page, is_full=is_full)
        if boolean is Verdict.END:
            return Step(now, next=None, learnt=learnt, why=End.SIGNAL)
        if now.known is Known.REACHED:
            return Step(now, next=None, learnt=learnt, why=End.TOTAL)
        is_short = now.known is Known.MORE
        warning = (
            f"the API tells a total of {now.total}, but gave {now.rows} rows: the others may be"
            " hidden from these credentials"
        )
        is_sudden = bool(page.length) and (is_as_long or (is_full and asked > 0))
        is_led = now.pages > 1
        return Step(
            now,
            next=None,
            learnt=learnt,
            why=End.EMPTY if not page.length else End.UNMARKED if marker is MISSING else End.SIGNAL,
            warning=warning if is_short else None,
            confirm=is_sudden or (not page.length and (is_short or is_led)),
            unsure=is_short or is_sudden,
            unproved=bool(page.length) and not is_placed and now.pages == 1,
        )

    def _refuse_short_of_total(
        self, learnt: Learnt, now: Progress, page: Page, *, is_full: bool
    ) -> None:
        """Raise where a total speaks of rows that no hidden ones explain."""
        told = f"{now.total} rows" if now.total else f"{now.total_pages} pages"
        # A short page, or one without rows that leads on, shows that some are hidden.
        hides = now.hides or learnt.uneven or now.empty_in_a_row > 1
        is_cut = (is_full or not page.length) and not hides
        if is_cut and learnt.marked:
            raise DoubtfulEndError(
                f"the API tells a total of {told}, but ends after {now.rows} rows in"
                f" {now.pages} pages: the rest is missing; ask for less by query_params ({ACCEPT})"
            )
        if is_cut or not learnt.marked:
            raise DoubtfulEndError(
                f"{self._name()} found nothing, although the API tells a total of {told} and gave"
                f" {now.rows}; the response has {keys_of(page.body)}",
                f"correct {self._setting} ({ACCEPT})",
            )

    def prove(self, sent: PageRequest, page: Page, *, is_cut: bool = False) -> Experiment | Step:
        """Ask for one row less: then a marker must appear, if it stands where it is looked for."""
        request = self.shorter(sent, page)
        if request is None and page.length == 1 == self._asked(sent):
            request = self._of_size(sent, 2)
        if request is None:
            link = link_towards(page.body, page.holder, page.url)
            if link is not MISSING:
                raise self._unfollowable(page)
            return self._taken_for_all(sent, page)
        return self._proof(sent, page, request, is_cut=is_cut)

    def _proof(
        self, sent: PageRequest, page: Page, request: PageRequest, *, is_cut: bool
    ) -> Experiment:
        """What the same request of another size shows of the only page of a list."""
        asked, wanted = self._asked(sent), self._asked(request)
        is_one = page.length == 1 == asked
        now = Progress().after(page, asked)

        def judge(learnt: Learnt, other: Page | None) -> Step | Experiment:
            done = Step(now, next=None, learnt=learnt, why=End.UNMARKED)
            if other is None:
                return self._after_refused_size(sent, page, wanted, is_cut=is_cut)
            if _leads(self._marker(other)):
                done = replace(done, learnt=replace(learnt, marked=True))
                # A full page was asked for again when it came.
                return done if page.length >= asked else self._once_more(sent, done)
            if self._says_more(other, other.boolean):
                raise self._unfollowable(other)
            is_heeded = other.length == wanted or (is_one and other.length > 1)
            # Where the size is not heeded, the one asked for says nothing of the numbers told.
            total = other.totals(asked if is_heeded else other.length).rows or 0
            if is_one and not is_heeded:
                return done
            is_full = page.length == asked and not is_cut
            if is_heeded or is_full or total > page.length:
                raise self._never_there(page, is_heeded=is_heeded)
            return replace(done, warning=self._unproved_warning(page))

        return Experiment(request, judge, Learnt(), "a list without a marker", now)

    def _once_more(self, sent: PageRequest, done: Step) -> Experiment:
        """Ask for a first page again: its marker may have been left out by mistake."""

        def judge(learnt: Learnt, again: Page | None) -> Step:
            if again is not None and _leads(self._marker(again)):
                raise DoubtfulEndError(
                    f"{self._name()} found nothing, but led on when the same was asked again: the"
                    " rest is missing until the next resync"
                )
            return replace(done, learnt=learnt)

        return Experiment(sent, judge, done.learnt, "a marker left out by mistake", done.progress)

    def _after_refused_size(
        self, sent: PageRequest, page: Page, size: int, *, is_cut: bool
    ) -> Step | Experiment:
        """Some APIs take round sizes only: half of a full page's is as telling."""
        asked = self._asked(sent)
        if page.length != asked or is_cut:
            return self._taken_for_all(sent, page)
        half = self._of_size(sent, asked // 2)
        if half is None or not 1 <= asked // 2 < size:
            raise self._never_there(page, is_heeded=False)
        return self._proof(sent, page, half, is_cut=is_cut)

    def _taken_for_all(self, sent: PageRequest, page: Page) -> Step:
        now = Progress().after(page, self._asked(sent))
        return Step(now, next=None, why=End.UNMARKED, warning=self._unproved_warning(page))

    @abstractmethod
    def _name(self) -> str:
        """The place where the marker is looked for, for messages."""

    def _unproved_warning(self, page: Page) -> str:
        return (
            f"{self._name()} found nothing in any response, and the API heeds no smaller page"
            f" size; the list of {page.length} is taken for all"
        )

    def _never_there(self, page: Page, *, is_heeded: bool) -> DoubtfulEndError:
        why = (
            "although the API heeds the page size, so that it pages"
            if is_heeded
            else f"although a page had the {page.length} rows asked for"
        )
        return DoubtfulEndError(
            f"{self._name()} found nothing in any response, {why}; the last one had"
            f" {keys_of(page.body)}",
            f"set {self._setting} to where the next page is named, or pagination.type: none for an"
            f" endpoint without paging ({ACCEPT})",
        )

    def _unfollowable(self, page: Page) -> DoubtfulEndError:
        return DoubtfulEndError(
            f"{self._name()} gave nothing, but the API says that there is more; the response has"
            f" {keys_of(page.body)}",
            f"correct {self._setting} ({ACCEPT})",
        )


def _leads(marker: Found) -> bool:
    """Whether a marker is there: 0 is the end of a scan, an empty text that of a list."""
    return marker is not MISSING and marker not in (None, "", False, 0, [])


class CursorPaginator(_Marked):
    """``cursor``: each answer holds the cursor of the next request.

    ``{"data": [...], "meta": {"after_cursor": "x"}}`` with ``paginationParam: page[after]``
    and ``cursorPath: meta.after_cursor`` walks ``?limit=100``, ``?limit=100&page[after]=x``, …
    Where has-more is true without a cursor, the last row's ``id`` is the cursor
    (https://docs.stripe.com/api/pagination). Ends when: there is no cursor, where one was seen
    in this resource.
    """

    _setting = "cursorPath"

    def __init__(self, settings: PaginationSettings) -> None:
        super().__init__(settings)
        self._param = settings.pagination_param or DEFAULT_POSITION_PARAM["cursor"]
        self._path = settings.cursor_path
        self._cursor = compile_lookup(self._path, "cursorPath") if self._path else None
        self.lookups += (self._cursor,) if self._cursor else ()

    @property
    def leads_by(self) -> str:
        """The parameter of the cursor, and where it comes from."""
        return f"paginationParam {self._param!r} and cursorPath"

    def is_counted(self, first: PageRequest, later: PageRequest) -> bool:
        """Whether the cursor is a whole number, which may well be a position."""
        del first
        return whole_number(later.get(self._param, self._settings.send_in)) is not None

    def _marker(self, page: Page) -> Found:
        if self._cursor is None:
            found = known_cursor(page.scopes)
            return found if _leads(found) else first_found(header_cursor(page.headers), found)
        found = page.value_at(self._cursor)
        is_listed = isinstance(found, list) and self._settings.send_in == "body"
        if found is not True and (is_listed or not isinstance(found, dict | list)):
            return found
        how = "; an array goes with send_in: body only" if isinstance(found, list) else ""
        raise PaginationError(
            f"cursorPath {self._path!r} found {keys_of(found)} where a cursor was expected; set"
            f" cursorPath to the text or number that names the next page{how}"
        )

    def _following(self, sent: PageRequest, page: Page, marker: Found) -> PageRequest:
        del page
        if self._settings.cursor_alone:
            sent = replace(sent, params=(), body=None if sent.body is None else {})
        value = None if marker is MISSING else marker
        return sent.put(self._param, value, self._settings.send_in)

    def _instead(self, page: Page) -> Found:
        boolean = first_known(self._signals.verdict(page.value_at), page.boolean)
        if self._path is not None or boolean is not Verdict.MORE:
            raise self._unfollowable(page)
        last = page.rows[-1] if page.rows else None
        cursor = last.get("id") if isinstance(last, dict) else None
        if isinstance(cursor, str | int) and not isinstance(cursor, bool):
            return cursor
        raise DoubtfulEndError(
            "the API says that there is more, but gave no cursor, and the last row has no 'id'"
            f" to go on from; set cursorPath (the response has {keys_of(page.body)})"
        )

    def _name(self) -> str:
        return f"cursorPath {self._path!r}" if self._path else "cursorPath, unset,"


def first_found(*values: Found) -> Found:
    """The first value that is there at all, MISSING where none is."""
    return next((value for value in values if value is not MISSING), MISSING)


class _Linked(_Marked):
    """What ``next_link`` and ``header_link`` share: the answer names the next request."""

    _setting = "nextLinkPath"

    @property
    def leads_by(self) -> str:
        """Where the link stands."""
        return self._name()

    def is_counted(self, first: PageRequest, later: PageRequest) -> bool:
        """Whether the link brought a whole number, as ``?page=2`` does."""
        return any(whole_number(value) is not None for _, value in later.query - first.query)

    def _following(self, sent: PageRequest, page: Page, marker: Found) -> PageRequest:
        # The link holds every parameter; the body, if any, goes along again.
        url = self._resolved(page, str(marker))
        return replace(sent, url=url, params=(), absent_statuses=frozenset())

    def _resolved(self, page: Page, link: str) -> str:
        """The link resolved against the URL of the page it stood on (RFC 3986, 5)."""
        try:
            context = _context_path(page.body)
            if link.startswith("/") and not link.startswith(("//", context + "/")):
                link = context + link
            here = httpx.URL(page.url)
            if _ends_alike(here, link):
                return str(here.copy_with(query=httpx.URL(link).query))
            return str(here.join(link))
        except (httpx.InvalidURL, ValueError):
            raise PaginationError("the next link is not a URL; correct nextLinkPath") from None


def _ends_alike(here: httpx.URL, link: str) -> bool:
    """Whether a link is this very path but for its beginning: that is the base URL's.

    ``/orgs?…`` on a page of ``/rest/orgs`` (https://docs.snyk.io/snyk-api/rest-api/about-the-rest-api).
    """
    if not link.startswith("/") or link.startswith("//"):
        return False
    path = httpx.URL(link).path
    return path.strip("/") != "" and here.path != path and here.path.endswith(path)


def _context_path(body: Json) -> str:
    """The path below which an answer says its links are, without a slash at its end."""
    base = follow(body, _LINK_BASE)
    return httpx.URL(base).path.rstrip("/") if isinstance(base, str) else ""


class NextLinkPaginator(_Linked):
    """``next_link``: the body holds the next URL, absolute or relative.

    ``{"value": [...], "@odata.nextLink": "https://…?$skiptoken=x"}``
    (https://learn.microsoft.com/graph/paging); the path may also end at an object with
    ``href`` (HAL). Parameters of further requests come from the link alone. Ends when: there is
    no link, where one was seen in this resource.
    """

    def __init__(self, settings: PaginationSettings) -> None:
        super().__init__(settings)
        path = settings.next_link_path
        self._next = compile_lookup(path, "nextLinkPath") if path else None
        self.lookups += (self._next,) if self._next else ()
        self._path = path or DEFAULT_NEXT_LINK_PATH

    def _marker(self, page: Page) -> Found:
        found = page.value_at(self._next) if self._next else known_link(page.scopes)
        if found is MISSING or found is False:
            return found
        link = link_of(found)
        if link is MISSING:
            raise PaginationError(
                f"nextLinkPath found {keys_of(found)} where a URL was expected; correct the path"
            )
        return link

    def _name(self) -> str:
        return f"nextLinkPath {self._path!r}"


class LinkHeaderPaginator(_Linked):
    """``header_link``: the ``Link`` header holds the next URL (RFC 8288).

    ``Link: <https://…?page=2>; rel="next"``. ``results="false"`` on the link ends the walk
    (https://docs.sentry.io/api/pagination/). Ends when: there is no link to the next page.
    """

    _setting = "headerLinkRel"

    def _marker(self, page: Page) -> Found:
        relations = link_relations(page.headers)
        relation = self._settings.header_link_rel
        link = relations.get(relation.lower())
        if link is None:
            if "next" in relations:
                raise PaginationError(
                    f"headerLinkRel is {relation!r}, but the Link header has the relations"
                    f" {', '.join(relations)}; set it to the one that leads to the next page"
                )
            if unread_links(page.headers):
                raise PaginationError(
                    "the Link header cannot be read as links (RFC 8288); choose the paginationType"
                    " by another part of the answer, or tell the API's owner"
                )
            # A Link header that names other relations is a signal too: no next page.
            return None if relations else MISSING
        return link.get("url") if leads_to_rows(link) else None

    def _name(self) -> str:
        return f"a Link header with rel={self._settings.header_link_rel!r}"
