"""``cursor``, ``next_link`` and ``header_link``: where each finds what leads to the next page."""

from __future__ import annotations

import httpx
from msgspec.structs import replace

from errors import PaginationError
from jq_engine.lookups import compile_lookup
from json_values import MISSING, Found, follow, keys_of
from paging.cursor_positions import far_beyond
from paging.link_header import leads_to_rows, link_relations, unread_links
from paging.marked import Marked
from paging.model import Page, PageRequest
from paging.paginator import DEFAULT_POSITION_PARAM, PaginationSettings
from paging.signal_names import DEFAULT_NEXT_LINK_PATH
from paging.signals import (
    Verdict,
    header_cursor,
    is_true,
    known_cursor,
    known_link,
    leads,
    link_of,
)

# Confluence's links are relative to the context path of the URL that stands beside them
# (https://developer.atlassian.com/server/confluence/pagination-in-the-rest-api/).
_LINK_BASE = ("_links", "base")
_MOST_TRIALS = 4  # of what stands beside a list and may be its cursor


class CursorPaginator(Marked):
    """``cursor``: each answer holds the cursor of the next request.

    ``{"data": [...], "meta": {"after_cursor": "x"}}`` with ``paginationParam: page[after]``
    and ``cursorPath: meta.after_cursor`` walks ``?limit=100``, ``?limit=100&page[after]=x``, …
    Where has-more is true without a cursor, the last row's ``id`` is the cursor
    (https://docs.stripe.com/api/pagination). Ends when: there is no cursor, where one was seen
    in this resource.
    """

    _setting = "cursorPath"
    _words = ("null",)

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

    def _marker(self, page: Page) -> Found:
        if self._cursor is None:
            found, header = known_cursor(page.scopes), header_cursor(page.headers)
            return found if leads(found) or header is MISSING else header
        found = page.value_at(self._cursor)
        if isinstance(found, dict | list) and not is_true(found):
            return None  # an object of nothing
        is_listed = isinstance(found, list) and self._settings.send_in == "body"
        if found is not True and (is_listed or not isinstance(found, dict | list)):
            return found
        how = "; an array goes with send_in: body only" if isinstance(found, list) else ""
        raise PaginationError(
            f"cursorPath {self._path!r} found {keys_of(found)} where a cursor was expected",
            remedy=f"set cursorPath to the text or number that names the next page{how}",
        )

    def _following(self, sent: PageRequest, page: Page, marker: Found) -> PageRequest:
        if self._settings.cursor_alone:
            sent = replace(sent, params=(), body=None if sent.body is None else {})
        value = None if marker is MISSING else marker
        return sent.put(self._param, value, self._settings.send_in)

    def _far(
        self, sent: PageRequest, following: PageRequest, count: int, pages: int
    ) -> PageRequest | None:
        before, value = (one.get(self._param, self._settings.send_in) for one in (sent, following))
        far = far_beyond(before, value, count, pages)
        return following.put(self._param, far, self._settings.send_in) if far else None

    def _trials(self, sent: PageRequest, page: Page) -> list[PageRequest]:
        told = page.values_told(self._asked(sent))[:_MOST_TRIALS]
        return [self._following(sent, page, value) for value in told]

    def _instead(self, page: Page) -> Found:
        last = page.rows[-1] if page.rows else None
        cursor = last.get("id") if isinstance(last, dict) else None
        is_id = isinstance(cursor, str | int) and not isinstance(cursor, bool)
        is_meant = self._path is None and self._boolean(page) is Verdict.MORE
        return cursor if is_id and is_meant else MISSING

    def _name(self) -> str:
        return f"cursorPath {self._path!r}" if self._path else "cursorPath, unset,"


class _Linked(Marked):
    """What ``next_link`` and ``header_link`` share: the answer names the next request."""

    _setting = "nextLinkPath"

    @property
    def leads_by(self) -> str:
        """Where the link stands."""
        return self._name()

    def _following(self, sent: PageRequest, page: Page, marker: Found) -> PageRequest:
        # The link holds every parameter; the body, if any, goes along again.
        url = self._resolved(page, str(marker))
        return replace(sent, url=url, params=(), absent_statuses=frozenset())

    def _far(
        self, sent: PageRequest, following: PageRequest, count: int, pages: int
    ) -> PageRequest | None:
        url, before = httpx.URL(following.url), dict(sent.query)
        for name, value in url.params.items():
            if far := far_beyond(before.get(name), value, count, pages):
                return replace(following, url=str(url.copy_set_param(name, far)))
        return None

    def _resolved(self, page: Page, link: str) -> str:
        """The link resolved against the URL of the page it stood on (RFC 3986, 5)."""
        try:
            base = follow(page.body, _LINK_BASE)
            context = httpx.URL(base).path.rstrip("/") if isinstance(base, str) else ""
            if link.startswith("/") and not link.startswith(("//", context + "/")):
                link = context + link
            here = httpx.URL(page.url)
            if _ends_alike(here, link):
                return str(here.copy_with(query=httpx.URL(link).query))
            return str(here.join(link))
        except (httpx.InvalidURL, ValueError):
            raise PaginationError(
                "the next link is not a URL", remedy="correct nextLinkPath"
            ) from None


def _ends_alike(here: httpx.URL, link: str) -> bool:
    """Whether a link is this very path but for its beginning: that is the base URL's.

    ``/orgs?…`` on a page of ``/rest/orgs`` (https://docs.snyk.io/snyk-api/rest-api/about-the-rest-api);
    CyberArk leaves out the first slash as well.
    """
    url = httpx.URL(link)
    path = "/" + url.path.removeprefix("/")
    return not url.host and path.strip("/") != "" and here.path.endswith(path)


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
        if isinstance(found, dict) and not is_true(found):
            return None  # an object of nothing
        link = link_of(found)
        if link is MISSING:
            raise PaginationError(
                f"nextLinkPath found {keys_of(found)} where a URL was expected",
                remedy="correct the path",
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
                    f"headerLinkRel is {relation!r}, but the Link header has the"
                    f" relations {', '.join(relations)}",
                    remedy="set it to the one that leads to the next page",
                )
            if unread_links(page.headers):
                raise PaginationError(
                    "the Link header cannot be read as links (RFC 8288)",
                    remedy="choose the paginationType by another part of the answer, or tell"
                    " the API's owner",
                )
            # A Link header that names other relations is a signal too: no next page.
            return None if relations else MISSING
        return link.get("url") if leads_to_rows(link) else None

    def _name(self) -> str:
        return f"a Link header with rel={self._settings.header_link_rel!r}"
