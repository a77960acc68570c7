"""What stopped a reading: where in the files it comes from, and what one more request proves."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import Final

from errors import (
    BodyError,
    CredentialsError,
    OceanCustomError,
    OriginError,
    PaginationError,
    Part,
    ResponseError,
    SourceError,
    TransportError,
)
from resync.path_parameters import Resource, in_step, ordered
from resync.session import Session
from transport.formats import FormatName
from workbench.check.asking.absence import Absence, Absent
from workbench.check.asking.answered import is_reported
from workbench.check.asking.nearby import NOT_FOUND, Nearby
from workbench.check.asking.reading import Seen
from workbench.check.files.documents import Variables
from workbench.check.files.settings import variable_of
from workbench.check.findings import Finding, Lines, Path, Put, Remedy, Told
from workbench.check.lists.children import Children
from workbench.check.lists.empty import Empty
from workbench.check.lists.formats import BY_HEADER, OF_ALL, as_json, format_of, is_mapped_as
from workbench.check.lists.misread import Misread, cause_of
from workbench.check.lists.pages import Pages
from workbench.check.lists.paging_trials import PagingTrials
from workbench.check.lists.places import Case, Places, case_of
from workbench.check.lists.unsent import Unsent
from workbench.check.login.bases import Bases
from workbench.check.login.changes import Blame, ClientOf
from workbench.check.login.sign_in import SignIn, speaks_of_sign_in
from workbench.check.refused.other_paths import OtherPaths
from workbench.check.refused.refusal import Refused

_REDIRECT: Final = 3  # hundred
_ABSENT: Final[dict[Absent, str]] = {
    "path": "correct the path: a made-up one is answered in the same words, and a value is not",
    "value": "correct the {key} of path_parameters.{name}: a made-up value is answered in the same"
    " words, and a made-up path is not",
    "items": "the API knows the path and the value, for it answers made-up ones otherwise: where"
    " such children have nothing, say empty_statuses: [404]",
    "": "correct the path, or the {key} of path_parameters.{name}",
}


class Troubles:
    """Turns errors of readings into findings."""

    def __init__(
        self,
        variables: Variables | None,
        session: Session,
        all_seen: Sequence[Seen],
        client_of: ClientOf,
    ) -> None:
        self._near = Nearby(session, all_seen)
        self._children = Children(self._near)
        self._sign_in = SignIn(session.settings, variables, client_of, self._near.refused)
        self._bases = Bases(session, all_seen, client_of)
        self.unsent = Unsent(self._near)
        self.empty = Empty(self._children)
        self._places = Places(variables, all_seen)
        self._paths = paths = OtherPaths(self._near)
        named = partial(paths.of_parents, wants_rows=True, is_named=True)
        self._misread = Misread(self._places, self._children, self.unsent, named)
        paging = PagingTrials(session, self._near)
        self.pages = Pages(self._places, self._children, paging, self.unsent)
        self._refused = Refused(self._places, self._children, paging, self._bases, self._sign_in)
        self._absence = Absence(session)

    async def findings(self, seen: Seen, *, all_failed: bool) -> list[Finding]:
        """What each error of a reading comes from; ``all_failed``: no resource could be read."""
        found = []
        # The children of one resource mostly fail alike: the first of them is looked into.
        kinds = {
            (type(one), one.report.answered[:3], one.report.remedy): one
            for one in reversed(seen.errors)
        }
        for error in reversed(kinds.values()):
            case = Case(seen, error, self._near.target(seen), all_failed)
            try:
                found.append(await self._finding(case))
            except OceanCustomError:
                found.append(self._places.at(case, ("kind",), ""))
        return found

    async def nothing(self) -> list[Finding]:
        """Where no resource has any item: credentials that change nothing may not be seen."""
        first = next((one for one in self._near.all if one.asked), None)
        if first is None or any(one.items or one.errors for one in self._near.all):
            return []
        blame = await self._sign_in.unseen(self._near.target(first).request)
        error = CredentialsError(f"no kind has any item; the first is {first.config.kind}")
        found = [self._places.of_setting(blame, error)] if blame else []
        return [dataclasses.replace(one, severity="warn") for one in found]

    async def absent(self, seen: Seen) -> list[Finding]:
        """Children of which none is there: a parent's field may be the wrong one."""
        resource = self._children.asked_for(seen)
        if not resource.parameters:
            return []
        statuses = self._children.statuses(seen)
        if seen.errors or not statuses or not statuses <= NOT_FOUND:
            return []
        if statuses <= set(resource.endpoint.empty_statuses):
            return await self._said_empty(seen)
        target = self._near.target(seen)
        of = "its path parameters"
        if len(target.base) > 1:
            of = f"the path parameters of {resource.endpoint.path}"
        case = case_of(self._near, seen, f"404 or 410 for every value of {of}")
        if unlike := await self._children.unlike_another(seen):
            return [self._places.at(case, *unlike)]
        lacks = await self._lacking(seen, resource)
        found = None if lacks == "path" else await self._children.field(resource)
        name, field = found or (resource.parameters[-1].name, None)
        path: Remedy = "" if field else await self._children.in_order(resource)
        path = path or ("" if field else await self._paths.of_asked(seen))
        if lacks == "path" and not path and (found := await self._children.field(resource)):
            name, field = found
        other = None
        if not (field or path or lacks == "path"):
            other = await self._children.other_parent(resource)
        name, endpoint = other or (name, None)
        remedy = field or path or endpoint
        if not (remedy or lacks) and _multiply(resource):
            return []  # Of values that multiply, the first few pairs may well all be none.
        has_values = seen.config.selector.path_parameters[name].values is not None
        key = "endpoint" if endpoint else "values" if has_values else "field"
        own: Path = ("selector", "path_parameters", name, key)
        is_of_parameter = field or endpoint or (lacks == "value" and not path)
        said = _ABSENT[lacks].format(name=name, key=key)
        place = own if is_of_parameter else target.of_path
        return [self._places.at(case, place, remedy or said)]

    async def _said_empty(self, seen: Seen) -> list[Finding]:
        """Children that all have nothing, as a status says that may say so, but of another path."""
        path = await self._paths.of(seen, wants_rows=True)
        told = "every child is answered by a status of empty_statuses, and another path has rows"
        return [self._places.at(case_of(self._near, seen, told), ("kind",), path)] if path else []

    async def _lacking(self, seen: Seen, resource: Resource) -> Absent:
        """What is not there of children that are not."""
        request, parent = self._near.target(seen).request, self._near.free_parent(resource)
        if request is None or request.method != "GET":
            return ""
        path = resource.endpoint.path.partition("?")[0]
        return await self._absence.of_child(request, path, parent.request if parent else None)

    # --- errors --------------------------------------------------------------------------------

    async def _finding(self, case: Case) -> Finding:
        match case.error:
            case ResponseError():
                return await self._refused.finding(case)
            case BodyError():
                return await self._no_json(case)
            case CredentialsError() as error:
                return self._places.of_setting(
                    await self._sign_in.blamed(error, case.request), error
                )
            case SourceError():
                return await self._of_way(case)
            case PaginationError() as error if not isinstance(cause_of(error).place, Part):
                return self._misread.short(case) or await self.pages.wrong(case)
            case _:
                return await self._refused.unread(case) or await self._misread.finding(case)

    async def _of_way(self, case: Case) -> Finding:
        """What keeps every request from the API."""
        match case.error:
            case OriginError():
                asked = case.request if case.all_failed else None
                way = await self._sign_in.other(case.error, asked) if asked else None
                blame = way or Blame("allowedHosts")
            case TransportError():
                other = await self._bases.other_scheme()
                blame = other or Blame("baseUrl", "check host and port of baseUrl")
            case _:
                is_tls = "certificate" in str(case.error).lower()
                blame = Blame("verifySsl" if is_tls else "baseUrl")
        return self._places.of_setting(blame, case.error)

    async def _no_json(self, case: Case) -> Finding:
        if is_reported(case.error):
            return await self._refused.finding(case)
        name = format_of(case.seen, case.words)
        is_html = name != "xml" and "html" in str(case.error).lower()
        name = None if is_html else name
        if is_html and case.all_failed:
            return await self._page(case)
        if name == "json" and (found := await self._refused.unread(case)):
            return found
        if name and name != case.seen.config.selector.response_format:
            return await self._of_format(case, name)
        remedy = await self._paths.of_asked(case.seen) if is_html else ""
        if not (is_html or name):
            remedy = await as_json(self._near, case.target.request)
        told = remedy or "correct the path, or the credentials"
        return self._places.at(case, case.target.of_path, told)

    async def _page(self, case: Case) -> Finding:
        """At the base URL or at what signs requests, where all that comes is pages for people."""
        statuses = [one.status or 0 for one in case.seen.exchanges]
        is_ok = case.error.report.answered.startswith("200")
        is_sign_in = any(one // 100 == _REDIRECT for one in statuses) or (
            not is_ok and speaks_of_sign_in(case.error)
        )
        blame = await self._bases.other() or await self._sign_in.page(
            case.request, case.error, is_redirected=is_sign_in
        )
        told = "a page for people: baseUrl must lead to the API, with its path"
        return self._places.of_setting(blame or Blame("baseUrl", told), case.error)

    async def _of_format(self, case: Case, name: FormatName) -> Finding:
        """At what says the format of an answer, which is in another one."""
        path: Path = (*case.target.base, "response_format")
        told = f"the answer is {name}: write response_format: {name}"
        is_text = name in {"xml", "csv"}
        other = await as_json(self._near, case.target.request) if is_text else ""
        errors = [[type(error) for error in one.errors] for one in self._near.all]
        if other.startswith(BY_HEADER) and sum(BodyError in one for one in errors) > 1:
            return self._places.of_setting(Blame("customHeaders", OF_ALL), case.error)
        if await is_mapped_as(self._near, case.seen, case.target, name):
            words = f"{told}, with which there is what is mapped"
            return self._places.at(case, path, Told(words, own=name))
        if other:
            return self._places.at(case, path, f"{told}; or: {other}")
        if is_text:
            told += ", or what makes it JSON into query_params, queryParams or headers"
        return self._places.at(case, path, Told(told, own=name))


def _paged(fix: Put | Lines) -> tuple[str, str] | None:
    """What is written of paging, as settings call it; None for anything else."""
    if not isinstance(fix, Put):
        return None
    *_, holder, key = ("", *fix.path)
    if holder == "pagination":
        return variable_of("paginationType" if key == "type" else str(key)), str(fix.value)
    return (str(key), str(fix.value)) if len(fix.path) == 1 else None


def _multiply(resource: Resource) -> bool:
    """Whether values of one parent meet those of another that does not hang on it."""
    first, *others = in_step(ordered(resource))
    named = set(first.names)
    for one in others:
        if one.parent is None or not one.parent.placeholders() & named:
            return True
        named |= set(one.names)
    return False


def said_once(findings: Sequence[Finding]) -> list[Finding]:
    """Of several findings about one setting the first, and of one failure that stops more kinds."""
    seen: set[object] = set()
    kept = []
    settings = [{_paged(fix) for fix in one.fix} for one in findings if one.column is None]
    for one in findings:
        paged = {_paged(fix) for fix in one.fix} if one.column is not None else set()
        if paged and None not in paged and any(paged <= other for other in settings):
            continue  # a setting says the same for all lists
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
