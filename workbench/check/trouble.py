"""What stopped a reading: where in the files it comes from, and what one more request proves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import httpx
from msgspec.structs import replace

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
from pagination import make_paginator
from resync.path_parameters import Resource, in_step, ordered
from resync.session import Session
from settings import Settings
from settings.fields import FIELDS
from transport.observer import PageRead
from workbench.check.documents import Document, Variables
from workbench.check.findings import Finding, Path, likeness
from workbench.check.near import (
    better,
    lists_of_objects,
    values_of,
    written,
)
from workbench.check.nearby import NOT_FOUND, Nearby, bare
from workbench.check.paging import alone, paging_of
from workbench.check.programs import place_in
from workbench.check.reading import Seen
from workbench.check.refusals import other_values
from workbench.check.settings import variable_of

_FORBIDDEN: Final = 403
_INVALID: Final = frozenset({400, 422})
_PLACES_OF_NEXT: Final = ("cursorPath", "nextLinkPath")


class Troubles:
    """Turns errors of readings into findings."""

    def __init__(
        self,
        document: Document,
        variables: Variables | None,
        session: Session,
        all_seen: Sequence[Seen],
    ) -> None:
        self._document = document
        self._near = Nearby(session, all_seen)
        self._variables = variables
        self._session = session
        self._settings: Settings = session.settings

    async def findings(self, seen: Seen, *, all_failed: bool) -> list[Finding]:
        """What each error of a reading comes from; ``all_failed``: no resource could be read."""
        found = []
        for error in seen.errors:
            try:
                found.append(await self._finding(seen, error, all_failed=all_failed))
            except OceanCustomError:
                found.append(self._at(seen, ("kind",), error, ""))
        return found

    # --- places --------------------------------------------------------------------------------

    def _at(self, seen: Seen, path: Path, error: OceanCustomError, remedy: str) -> Finding:
        told = str(error.report.without_remedy)
        remedy = remedy or error.report.remedy or "see the API's documentation"
        return self._document.finding((*seen.base, *path), told, remedy)

    def _of_setting(
        self, name: str, error: OceanCustomError, remedy: str, beside: str = ""
    ) -> Finding:
        told = str(error.report.without_remedy)
        remedy = remedy or error.report.remedy
        if self._variables is None:
            return Finding("the settings", None, None, "error", f"{name}: {told}", remedy)
        return self._variables.finding(
            variable_of(name), told, remedy, beside=variable_of(beside or "baseUrl")
        )

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
            found.append(self._paging(seen, error, remedy, name))
        return found

    async def absent(self, seen: Seen) -> list[Finding]:
        """Children of which none is there: a parent's field may be the wrong one."""
        resource = self._near.resource(seen)
        if not resource.parameters:
            return []
        statuses = {one.status for one in seen.exchanges if one.purpose == "page"}
        wrong = NOT_FOUND - set(resource.endpoint.empty_statuses)
        if seen.errors or not statuses or not statuses <= wrong:
            return []
        field = await self._near.field(resource)
        segment = "" if field else await self._near.segment(seen)
        if not field and not segment and _multiply(resource):
            return []  # Of values that multiply, the first few pairs may well all be none.
        kind = seen.config.kind
        error = MappingError(f"kind {kind}: 404 or 410 for every value of its path parameters")
        name = resource.parameters[-1].name
        remedy = (
            field
            or segment
            or (
                f"correct the path, or the field of path_parameters.{name}; if such children have"
                " nothing, say empty_statuses: [404]"
            )
        )
        path = ("selector", "path_parameters", name, "field") if field else ("kind",)
        return [self._at(seen, path, error, remedy)]

    async def repeated(self, seen: Seen) -> list[Finding]:
        """A second page with the rows of the first one: the position is not heeded."""
        for purpose in ("parent", "page"):
            pages = [page for page in seen.pages if page.purpose == purpose]
            for one, other in pairwise(pages):
                is_walk = one.goes_on and bare(one.url) == bare(other.url)
                if is_walk and one.rows and one.rows == other.rows and _rows(one) == _rows(other):
                    request = self._near.resource(seen).endpoint.pagination.pagination_param
                    error = PaginationError(
                        f"kind {seen.config.kind}: page 2 has the rows of page 1: the API does not"
                        f" heed {request or 'the position it is asked for'}"
                    )
                    own = await self._other_paging(seen)
                    remedy = "correct paginationParam to the name in the API's documentation"
                    return [self._paging(seen, error, own or remedy, "paginationParam")]
        return []

    def _paging(
        self, seen: Seen, error: OceanCustomError, remedy: str, name: str = "paginationType"
    ) -> Finding:
        """At the resource's own pagination if it has one, else at the setting."""
        if self._document.at((*seen.base, "selector", "pagination")) is not None:
            return self._at(seen, ("selector", "pagination"), error, remedy)
        return self._of_setting(name, error, remedy, "paginationType")

    # --- errors --------------------------------------------------------------------------------

    async def _finding(self, seen: Seen, error: OceanCustomError, *, all_failed: bool) -> Finding:
        match error:
            case ResponseError(status=status):
                return await self._refused(seen, error, status, all_failed=all_failed)
            case BodyError():
                return await self._no_json(seen, error, all_failed=all_failed)
            case CredentialsError() | SourceError():
                return self._of_way(error)
            case PaginationError() if not isinstance(_cause(error).place, Part):
                remedy = await self._other_paging(seen)
                places = [one for one in _PLACES_OF_NEXT if remedy.endswith(one)]
                return self._paging(seen, error, remedy, *places)
            case _:
                return await self._mapping(seen, error)

    def _of_way(self, error: CredentialsError | SourceError) -> Finding:
        """What keeps every request from the API."""
        match error:
            case CredentialsError():
                return self._of_setting(self._credential(), error, self._sign_in_remedy(error))
            case OriginError():
                return self._of_setting("allowedHosts", error, "")
            case TransportError():
                return self._of_setting("baseUrl", error, "check host and port of baseUrl")
            case _ if "certificate" in str(error).lower():
                return self._of_setting("verifySsl", error, "")
            case _:
                return self._of_setting("baseUrl", error, "")

    def _credential(self) -> str:
        """The setting that holds what signs requests."""
        given = self._variables.values if self._variables else {}
        kind = given.get(variable_of("authType"), "none")
        of_kind = [
            field for field in FIELDS.values() if kind in field.shown_for and field.sensitive
        ]
        names = [field.name for field in of_kind if field.variable in given]
        return names[0] if names else "authType"

    def _sign_in_remedy(self, error: OceanCustomError) -> str:
        given = self._variables.values if self._variables else {}
        kind = given.get(variable_of("authType"), "none")
        if error.report.remedy and kind == "oauth2":
            return error.report.remedy
        if kind == "none":
            return "the API wants credentials: set authType and what belongs to it"
        if "login" in str(error):
            return "check customAuthRequest: endpoint, method and credentials of the login"
        return f"check {self._credential()}, and that authType {kind} is how the API signs in"

    async def _refused(
        self, seen: Seen, error: ResponseError, status: int, *, all_failed: bool
    ) -> Finding:
        if status == _FORBIDDEN:
            remedy = "the credentials may not read this: grant them access"
            return self._of_setting(self._credential(), error, remedy)
        if status in NOT_FOUND:
            remedy = await self._near.path(seen)
            if base := await self._near.base(seen) if all_failed and not remedy else "":
                return self._of_setting("baseUrl", error, base)
            return self._at(seen, ("kind",), error, remedy or "correct the path")
        if status in _INVALID and (remedy := await self._valid(seen, error)):
            return self._paging(seen, error, remedy)
        remedy = "the API's own words say why"
        if status == httpx.codes.METHOD_NOT_ALLOWED:
            other = "POST" if seen.config.selector.method == "GET" else "GET"
            remedy = f"the method is not for this path: try method: {other}"
        return self._at(seen, ("kind",), error, remedy)

    async def _valid(self, seen: Seen, error: ResponseError) -> str:
        """What makes the parameters of paging valid, if it is them."""
        paging = self._near.resource(seen).endpoint.pagination
        request = self._near.request(seen)
        if remedy := await other_values(self._near.body, paging, request, str(error)):
            return remedy
        if remedy := await alone(self._session, paging, seen):
            return remedy
        return await self._without_params(seen)

    async def _no_json(self, seen: Seen, error: BodyError, *, all_failed: bool) -> Finding:
        is_html = "html" in str(error).lower()
        if is_html and all_failed:
            base = await self._near.base(seen)
            remedy = base or "a page for people: baseUrl must lead to the API, with its path"
            return self._of_setting("baseUrl", error, remedy)
        remedy = await self._near.path(seen) if is_html else await self._as_json(seen)
        return self._at(seen, ("kind",), error, remedy or "correct the path, or the credentials")

    async def _as_json(self, seen: Seen) -> str:
        """How an answer in another format is read, or asked for as JSON."""
        kinds = [one.content_type or "" for one in seen.exchanges if one.purpose == "page"]
        for name in ("xml", "csv", "ndjson"):
            if any(name in kind for kind in kinds):
                return f"the answer is {name}: write response_format: {name} in the selector"
        request = self._near.request(seen)
        if request is None or request.method != "GET":
            return ""
        if isinstance(await self._near.body(request.put("format", "json", "query")), dict | list):
            return "with format=json it answers JSON: write it into query_params"
        headers = (*request.headers, ("Accept", "application/json"))
        if isinstance(await self._near.body(replace(request, headers=headers)), dict | list):
            return "write headers: {Accept: application/json}: then it answers JSON"
        return ""

    async def _mapping(self, seen: Seen, error: OceanCustomError) -> Finding:
        place = place_in(_cause(error), self._document, seen.base)
        path = place[len(seen.base) :]
        if path[-1] in {"field", "filter"}:
            expression = self._document.at(place)
            items = [item for page in seen.pages if page.purpose == "parent" for item in page.items]
            near = await better(self._session.jq, str(expression), items) if items else None
            remedy = f"write {near.expression} ({near.count} of {len(items)})" if near else ""
            return self._at(seen, path, error, remedy)
        if path[-1] in {"data_path", "selector"}:
            return self._at(seen, path, error, await self._lists(seen))
        return self._at(seen, path, error, "")

    # --- what one more request shows -------------------------------------------------------------

    async def _lists(self, seen: Seen) -> str:
        """The lists that an answer has, the one most like ``data_path`` first."""
        bodies = [page.body for page in reversed(seen.pages)]
        request = self._near.request(seen)
        if not bodies and request is not None:
            bodies = [await self._near.body(request)]
        wanted = seen.config.selector.data_path or ""
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
                also = f" (other lists: {', '.join(written(one[0]) for one in others[:4])})"
                return f"write {written(first[0])}, a list of {len(first[1])}" + (
                    also if others else ""
                )
        return f"the answer has {keys_of(bodies[0])}" if bodies and bodies[0] is not None else ""

    async def _without_params(self, seen: Seen) -> str:
        request = self._near.request(seen)
        if request is None or await self._near.body(request) is None:
            return ""
        found = await self._other_paging(seen)
        return found or "without the parameters of paging it answers: correct their names"

    async def _other_paging(self, seen: Seen) -> str:
        """How the answers say that they are paged."""
        request = self._near.request(seen)
        if request is None:
            return ""
        paging = self._near.resource(seen).endpoint.pagination
        # A page of the size asked for may tell what the whole list does not.
        for one in (make_paginator(paging).first(request), request):
            try:
                answer = await self._session.client.send(replace(one, purpose="check"))
            except OceanCustomError:
                continue
            found = await paging_of(
                self._session, request, answer.body, answer.headers, paging.type
            )
            if found:
                return found
        return ""


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
        if not keys & seen:
            kept.append(one)
        seen |= keys
    return kept
