"""What stopped a reading: where in the files it comes from, and what one more request proves."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from itertools import combinations
from typing import Final

from errors import (
    BodyError,
    CredentialsError,
    Fault,
    MappingError,
    OceanCustomError,
    OriginError,
    PaginationError,
    Part,
    ResponseError,
    SourceError,
    TransportError,
)
from json_values import Json, keys_of
from resync.path_parameters import Resource, in_step, ordered
from resync.session import Session
from settings.fields import snake
from transport.observer import PageRead
from workbench.check.absence import Absence, Absent
from workbench.check.access import Access
from workbench.check.bases import Bases
from workbench.check.changes import ClientOf
from workbench.check.documents import Document, Variables
from workbench.check.empty import Empty
from workbench.check.findings import Finding, Path, Remedy, Write, likeness
from workbench.check.formats import as_json, format_of, rows_as_json
from workbench.check.near import (
    better,
    lists_of_objects,
    values_of,
    written,
)
from workbench.check.nearby import NOT_FOUND, Nearby, bare, is_of_parent
from workbench.check.other_lists import list_within
from workbench.check.paging import (
    ended_by,
    hidden_rows,
    may_go_on,
    may_lack_a_marker,
    speaks_of_more,
    unchosen,
)
from workbench.check.places import Paged, Places
from workbench.check.programs import place_in
from workbench.check.reading import Seen
from workbench.check.refused import Refused
from workbench.check.sign_in import SignIn
from workbench.check.unsent import Unsent

_LED: Final = frozenset({"cursor", "next_link", "header_link"})
_REDIRECT: Final = 3  # hundred
_REPORTED: Final = "the answer reports an error"
_ABSENT: Final[dict[Absent, str]] = {
    "path": "correct the path: a made-up one is answered in the same words, and a value is not",
    "value": "correct the field of path_parameters.{name}: a made-up value is answered in the same"
    " words, and a made-up path is not",
    "items": "the API knows the path and the value, for it answers made-up ones otherwise: where"
    " such children have nothing, say empty_statuses: [404]",
    "": "correct the path, or the field of path_parameters.{name}",
}


class Troubles:
    """Turns errors of readings into findings."""

    def __init__(
        self,
        document: Document,
        variables: Variables | None,
        session: Session,
        all_seen: Sequence[Seen],
        client_of: ClientOf,
    ) -> None:
        self._document = document
        self._near = Nearby(session, all_seen)
        self._sign_in = SignIn(session.settings, variables, client_of)
        self._bases = Bases(session, all_seen, client_of)
        self._access = Access(self._bases, self._sign_in)
        self.unsent = Unsent(document, self._near, all_seen)
        self.empty = Empty(document, self._near, session.jq)
        asked = sum(one.asked for one in all_seen)
        self._places = Places(document, variables, all_seen)
        self._refused = Refused(session, self._places, self._near, self._access, asked)
        self._absence = Absence(session)
        self._session = session
        self._all = all_seen

    async def findings(self, seen: Seen, *, all_failed: bool) -> list[Finding]:
        """What each error of a reading comes from; ``all_failed``: no resource could be read."""
        found = []
        for error in seen.errors:
            try:
                found.append(await self._finding(seen, error, all_failed=all_failed))
            except OceanCustomError:
                found.append(self._places.at(seen, ("kind",), error, ""))
        return found

    async def unfound(self, seen: Seen) -> list[Finding]:
        """Configured paths of paging that lead nowhere, though more pages follow."""
        pages = [page for page in seen.own_pages if page.rows and page.goes_on]
        paging = self._near.resource(seen).endpoint.pagination
        found = []
        for name, path in (("hasMorePath", paging.has_more_path), ("totalPath", paging.total_path)):
            if not pages or not path or path.startswith("header:"):
                continue
            expression = path if path.startswith(".") else written(path.split("."))
            bodies = [page.body for page in pages if isinstance(page.body, dict)]
            values = await values_of(self._session.jq, expression, bodies)
            if any(value is not None for value in values):
                continue
            near = await better(self._session.jq, expression, bodies)
            remedy = f"the answers have {keys_of(pages[0].body)}"
            if near:
                remedy = f"write {near.expression.lstrip('.')}"
            error = PaginationError(f"kind {seen.config.kind}: {name} {path!r} finds nothing")
            found.append(self._places.paging(seen, error, remedy, name))
        return found

    async def nothing(self) -> list[Finding]:
        """Where no resource has any item: credentials that change nothing may not be seen."""
        first = next((one for one in self._all if one.asked), None)
        if first is None or any(one.items or one.errors for one in self._all):
            return []
        setting, remedy = await self._sign_in.unseen(self._near.target(first).request)
        error = CredentialsError(f"no kind has any item; the first is {first.config.kind}")
        found = self._places.of_setting(setting, error, remedy, self._sign_in.credential)
        return [dataclasses.replace(found, severity="warn")] if setting else []

    async def absent(self, seen: Seen) -> list[Finding]:
        """Children of which none is there: a parent's field may be the wrong one."""
        resource = self._near.resource(seen)
        if not resource.parameters:
            return []
        statuses = {one.status for one in seen.exchanges if one.purpose == "page"}
        wrong = NOT_FOUND - set(resource.endpoint.empty_statuses)
        if seen.errors or not statuses or not statuses <= wrong:
            return []
        lacks = await self._lacking(seen)
        found = None if lacks == "path" else await self._near.field(resource)
        name, field = found or (resource.parameters[-1].name, None)
        path: Remedy = "" if field else await self._near.path(seen)
        endpoint: Remedy = ""
        if not (field or path or lacks == "path"):
            endpoint = await self._near.other_parent(resource)
        remedy = field or path or endpoint
        if not (remedy or lacks) and _multiply(resource):
            return []  # Of values that multiply, the first few pairs may well all be none.
        kind = seen.config.kind
        error = MappingError(f"kind {kind}: 404 or 410 for every value of its path parameters")
        key = "endpoint" if endpoint else "field"
        own: Path = ("selector", "path_parameters", name, key)
        is_of_parameter = field or endpoint or (lacks == "value" and not path)
        told = _ABSENT[lacks].format(name=name)
        return [self._places.at(seen, own if is_of_parameter else ("kind",), error, remedy or told)]

    async def _lacking(self, seen: Seen) -> Absent:
        """What is not there of children that are not."""
        request, parent = self._near.asked(seen), self._near.parent(seen)
        if request is None or request.method != "GET":
            return ""
        path = seen.config.kind.partition("?")[0]
        return await self._absence.of_child(request, path, parent.request if parent else None)

    async def repeated(self, seen: Seen) -> list[Finding]:
        """A second page with the rows of the first one: the position is not heeded."""
        own, of_parent = self._near.target(seen), self._near.parent(seen)
        for purpose, target in (("parent", of_parent), ("page", own)):
            pages = [page for page in seen.pages if page.purpose == purpose]
            for one, other in combinations(pages, 2):
                is_walk = one.goes_on and bare(one.url) == bare(other.url)
                is_same = one.rows and one.rows == other.rows and _rows(one) == _rows(other)
                if not is_walk or not is_same or target is None:
                    continue
                paging = target.endpoint.pagination
                error = PaginationError(
                    f"kind {seen.config.kind}: page 2 has the rows of page 1: the API does not"
                    f" heed {paging.pagination_param or 'the position it is asked for'}"
                )
                remedy = "correct paginationParam to the name in the API's documentation"
                if paging.type == "cursor":
                    remedy = f"the cursor is found, and not read: {remedy}, or send_in"
                way = await self._refused.other_paging(seen, target)
                found = way or remedy
                return [self._places.paging(seen, error, found, "paginationParam", target.base)]
        return []

    # --- errors --------------------------------------------------------------------------------

    async def _finding(self, seen: Seen, error: OceanCustomError, *, all_failed: bool) -> Finding:
        match error:
            case ResponseError(status=status):
                return await self._refused.finding(seen, error, status, all_failed=all_failed)
            case BodyError():
                return await self._no_json(seen, error, all_failed=all_failed)
            case CredentialsError():
                asked = self._near.target(seen).request
                setting, remedy = await self._sign_in.blamed(error, asked)
                return self._places.of_setting(setting, error, remedy, self._sign_in.credential)
            case SourceError():
                return await self._of_way(seen, error, all_failed=all_failed)
            case PaginationError() if not isinstance(_cause(error).place, Part):
                return await self._paged(seen, error)
            case _:
                return await self._mapping(seen, error)

    async def _paged(self, seen: Seen, error: PaginationError) -> Finding:
        """At the setting of paging that is wrong."""
        # Where the integration names the one setting that is wrong, it has asked.
        named = [one for one in ("paginationType", "startPage") if one in error.report.remedy]
        if named == ["startPage"]:
            return self._places.paging(seen, error, "", "startPage")
        remedy = await self._refused.other_paging(seen) or ""
        base = self._near.target(seen).base
        return self._places.paging(seen, error, remedy, "paginationType", base)

    async def unpaged(self, seen: Seen) -> list[Finding]:
        """A list that is read as one page, though there is a second one."""
        paging = self._near.resource(seen).endpoint.pagination
        if ended := await ended_by(self._session.jq, seen, paging):
            return await self._ended(seen, *ended)
        page = speaks_of_more(seen) or may_go_on(seen)
        if paging.type in _LED:
            page = may_lack_a_marker(seen)
        elif paging.type != "none":
            page = None
        if page is None or (not page.warning and not await self._refused.leads_beyond(seen)):
            return []
        told = page.warning or f"paginationType is {paging.type}, and there is a second page"
        error = PaginationError(f"kind {seen.config.kind}: {told}")
        request = self._near.request(seen)
        marker = paging.next_link_path or paging.cursor_path or ""
        if request and (lacks := await unchosen(self._near.body, seen, request, marker)):
            return [self._places.at(seen, lacks[0], error, lacks[1])]
        way = await self._refused.other_paging(seen)
        is_wish = paging.type_is_own and paging.type == "none"
        wish = "; if the first page is all you want, accept_doubt: true beside it says so"
        remedy: str | Paged = "set its type to how the API pages" + (wish if is_wish else "")
        if way:
            remedy = dataclasses.replace(way, proof=way.proof + wish) if is_wish else way
        found = self._places.paging(seen, error, remedy)
        return [dataclasses.replace(found, severity="warn" if is_wish else "error")]

    async def _ended(
        self, seen: Seen, path: str, name: str, other: str, value: Json
    ) -> list[Finding]:
        """At the path that ends a list, where it goes on: its opposite is meant."""
        if not await self._refused.leads_beyond(seen):
            return []
        told = json.dumps(value)
        error = PaginationError(
            f"kind {seen.config.kind}: {name} {path!r} is {told}, and there is a second page"
        )
        keys = (snake(name), snake(other)) if self._places.is_own(seen, name) else (name, other)
        remedy = f"it says the opposite: write {keys[1]} in place of {keys[0]}, or remove it"
        return [self._places.paging(seen, error, remedy, name)]

    async def hidden(self, seen: Seen) -> list[Finding]:
        """Rows that the parameters of paging leave out."""
        rows = await hidden_rows(self._session, seen)
        if not rows:
            return []
        told = f"no items with the parameters of paging, and {rows} without them"
        error = PaginationError(f"kind {seen.config.kind}: {told}")
        way = await self._refused.other_paging(seen)
        remedy = way or "correct paginationParam, startPage or startOffset"
        return [self._places.paging(seen, error, remedy)]

    async def _of_way(self, seen: Seen, error: SourceError, *, all_failed: bool) -> Finding:
        """What keeps every request from the API."""
        match error:
            case OriginError():
                request = self._near.target(seen).request
                if all_failed and request and (way := await self._sign_in.other(error, request)):
                    return self._places.of_setting(way[0], error, way[1], self._sign_in.credential)
                return self._places.of_setting("allowedHosts", error, "")
            case TransportError():
                told = await self._bases.other_scheme() or "check host and port of baseUrl"
                return self._places.of_setting("baseUrl", error, told)
            case _ if "certificate" in str(error).lower():
                return self._places.of_setting("verifySsl", error, "")
            case _:
                return self._places.of_setting("baseUrl", error, "")

    async def _no_json(self, seen: Seen, error: BodyError, *, all_failed: bool) -> Finding:
        if any(one.problem == _REPORTED for one in error.report.faults):
            return await self._refused.reported(seen, error, all_failed=all_failed)
        is_html = "html" in str(error).lower()
        if is_html and all_failed:
            return await self._page(seen, error)
        name = "" if is_html else format_of(seen, error)
        if name and name != seen.config.selector.response_format:
            return await self._of_format(seen, error, name)
        remedy = await self._near.path(seen) if is_html else ""
        if not (is_html or name):
            remedy = await as_json(self._near, seen)
        return self._places.at(
            seen, ("kind",), error, remedy or "correct the path, or the credentials"
        )

    async def _page(self, seen: Seen, error: BodyError) -> Finding:
        """At the base URL or at what signs requests, where all that comes is pages for people."""
        if base := await self._bases.other():
            return self._places.of_setting("baseUrl", error, base)
        redirects = [one for one in seen.exchanges if one.status and one.status // 100 == _REDIRECT]
        asked = self._near.target(seen).request
        setting, remedy = await self._sign_in.page(asked, error, is_redirected=bool(redirects))
        if setting:
            return self._places.of_setting(setting, error, remedy, self._sign_in.credential)
        remedy = "a page for people: baseUrl must lead to the API, with its path"
        return self._places.of_setting("baseUrl", error, remedy)

    async def _of_format(self, seen: Seen, error: BodyError, name: str) -> Finding:
        """At what says the format of an answer, which is in another one."""
        base = self._near.target(seen).base
        path = (*base, "response_format")
        if not self._places.is_there(seen, path):
            path = (*base, "endpoint") if is_of_parent(seen) else ("kind",)
        remedy = f"the answer is {name}: write response_format: {name}"
        if name in {"xml", "csv"} and (other := await as_json(self._near, seen)):
            remedy += f"; or: {other}"
        elif name in {"xml", "csv"}:
            remedy += ", or what makes it JSON into query_params, queryParams or headers"
        return self._places.at(seen, path, error, remedy)

    async def _mapping(self, seen: Seen, error: OceanCustomError) -> Finding:
        place = place_in(_cause(error), self._document, seen.base)
        path = place[len(seen.base) :]
        if path[-1] in {"field", "filter"}:
            expression = self._document.at(place)
            name = str(path[2])
            items = self._near.parents(seen, name)
            rows = await self._near.rows_beside(seen, name, str(expression))
            if not rows and (held := list_within(items, str(expression), name)):
                rows = Write(held, "its rows have what is read")
            if rows:
                return self._places.at(seen, (*path[:-1], "data_path"), error, rows)
            near = await better(self._session.jq, str(expression), items) if items else None
            remedy: Remedy = near.of(len(items)) if near else ""
            if not remedy and path[-1] == "field" and items:
                resource = self._near.resource(seen)
                found = await self._near.field(resource, wants_rows=True, name=name)
                remedy = found[1] if found else ""
            return self._places.at(seen, path, error, remedy)
        about = _cause(error).place
        is_list = isinstance(about, Part) and about.path[-1] == "data_path"
        if is_list and is_of_parent(seen):
            return await self._lists_of_parent(seen, error)
        if is_list and (other := await rows_as_json(self._near, self._session.jq, seen)):
            return self._places.at(seen, ("selector", "response_format"), error, other)
        if is_list or path[-1] == "selector":
            path = ("selector", "data_path")
            bodies = [page.body for page in reversed(seen.own_pages)]
            has_list = any(map(lists_of_objects, bodies))
            if not has_list and (request := self._near.asked(seen)) is not None:
                bodies = [await self._near.body(request), *bodies]
            return self._places.at(
                seen, path, error, self._lists(seen.config.selector.data_path or "", bodies)
            )
        return self._places.at(seen, path, error, "")

    async def _lists_of_parent(self, seen: Seen, error: OceanCustomError) -> Finding:
        """At the data_path of the rows of parents, whose answer has other lists."""
        target = self._near.target(seen)
        bodies = [page.body for page in seen.pages]
        if not bodies and target.request is not None:
            bodies = [await self._near.body(target.request)]
        path = (*target.base, "data_path")
        wanted = self._document.at((*seen.base, *path)) or ""
        return self._places.at(seen, path, error, self._lists(str(wanted), bodies))

    # --- what one more request shows -------------------------------------------------------------

    @staticmethod
    def _lists(wanted: str, bodies: Sequence[Json]) -> Remedy:
        """The lists that an answer has, the one most like ``wanted`` first."""
        for body in bodies:
            lists = lists_of_objects(body)
            if lists and lists[0][0] == ():
                return "remove data_path: the answer is the list itself"
            lists.sort(
                key=lambda one: (
                    -round(likeness(wanted.strip("."), ".".join(one[0])), 1),
                    -len(one[1]),
                )
            )
            if lists:
                first, *others = lists
                also = f"; other lists: {', '.join(written(one[0]) for one in others[:4])}"
                told = f"a list of {len(first[1])}{also if others else ''}"
                return Write(written(first[0]), told)
        return f"the answer has {keys_of(bodies[0])}" if bodies and bodies[0] is not None else ""


def _cause(error: OceanCustomError) -> Fault:
    """What was found first: where ``data_path`` found nothing, no paging can be told."""
    return error.report.beside or error.report.faults[0]


def _multiply(resource: Resource) -> bool:
    """Whether values of one parent meet those of another that does not hang on it."""
    first, *others = in_step(ordered(resource))
    named = set(first.names)
    for one in others:
        if one.parent is None or not one.parent.placeholders() & named:
            return True
        named |= set(one.names)
    return False


def _rows(page: PageRead) -> Json:
    lists = [rows for _, rows in lists_of_objects(page.body)]
    return max(lists, key=len, default=page.body)


def said_once(findings: Sequence[Finding]) -> list[Finding]:
    """Of several findings about one setting the first, and of one failure that stops more kinds."""
    seen: set[object] = set()
    kept = []
    for one in findings:
        kind, quote, told = one.problem.partition("': ")
        failure = told if quote and kind.startswith("kind '") and "HTTP" not in told else None
        keys: set[object] = {(one.file, one.line)} if one.column is None else set()
        keys |= {failure} if failure and failure.startswith(("GET ", "POST ")) else set()
        # The children of one resource all say so.
        keys |= {(one.file, one.line, one.column, one.remedy)}
        if not keys & seen:
            kept.append(one)
        seen |= keys
    return kept
