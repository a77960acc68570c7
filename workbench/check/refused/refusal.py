"""What an API refuses: the credentials, the path, the paging or another part of the request."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

import httpx
from msgspec.structs import replace

from errors import BodyError, OceanCustomError, ResponseError
from transport.formats import BodyFormat
from workbench.check.asking.absence import Absence
from workbench.check.asking.answered import ask, is_reported
from workbench.check.asking.nearby import NOT_FOUND
from workbench.check.asking.sent import IN_URL
from workbench.check.findings import Finding, Path, Remedy, Write, likeness
from workbench.check.guesses.refusal_words import header_missed, parameter_missed
from workbench.check.lists.children import Children
from workbench.check.lists.paging_trials import PagingTrials, has_begun
from workbench.check.lists.places import Case, Places
from workbench.check.login.bases import Bases
from workbench.check.login.changes import Blame
from workbench.check.login.sign_in import SignIn, speaks_of_sign_in
from workbench.check.refused.other_paths import OtherPaths
from workbench.check.refused.otherwise import Otherwise
from workbench.check.refused.spoken import (
    lacks_of_all,
    media,
    media_told,
    missing,
    position_of,
    spoken_of,
    suspects_of,
    value_named,
)

_FORBIDDEN: Final = 403
_INVALID: Final = frozenset({400, 422})
_OF_CHILDREN: Final = _INVALID | {_FORBIDDEN}
"""What is answered for a child by a value that is no child's."""
_PATH: Final = "correct the path"
_OWN_WORDS: Final = "the API's own words say why"
_LIKE: Final = 0.7  # likeness of a name and the one that is missing
_CRASHED: Final = 500
_ELSEWHERE: Final = NOT_FOUND | {_FORBIDDEN, httpx.codes.METHOD_NOT_ALLOWED}
"""Statuses that are seldom about a parameter."""


class Refused:
    """Says of a refusal what it is about."""

    def __init__(
        self,
        places: Places,
        children: Children,
        paging: PagingTrials,
        bases: Bases,
        sign_in: SignIn,
    ) -> None:
        self._session = children.near.session
        self._places = places
        self._children = children
        self._paging = paging
        self._near = paging.near
        self._other = Otherwise(paging.near)
        self._paths = OtherPaths(paging.near)
        self._absence = Absence(self._session)
        self._bases = bases
        self._sign_in = sign_in
        self._asked = sum(one.asked for one in self._near.all)

    async def finding(self, case: Case) -> Finding:
        """What a refusal is about."""
        status = await self._status(case)
        found = await self._named_of_all(case, status) or await self._with_body(case)
        if found is None and case.all_failed and status in _INVALID:
            found = await self._unsigned(case)
        if found is None and status in _OF_CHILDREN:
            found = await self._of_field(case)
        is_of_request = status not in _ELSEWHERE and status < _CRASHED
        if found is None and (is_of_request or has_begun(case.seen)):
            found = await self._invalid(case)
        if found:
            return found
        if status in _ELSEWHERE:
            return await self._elsewhere(case, status)
        return await self._suspected(case, status)

    async def _named_of_all(self, case: Case, status: int) -> Finding | None:
        """At a setting of which a refusal of all kinds names a value."""
        found = value_named(self._session.settings, case.words) if case.all_failed else None
        if found is None or status == httpx.codes.UNAUTHORIZED:
            return None
        setting, told = found
        request = case.request if setting != "baseUrl" else None
        way = await self._sign_in.beside(case.words, request) if request else None
        return self._places.of_setting(way or Blame(setting, f"{told}; {_OWN_WORDS}"), case.error)

    async def _elsewhere(self, case: Case, status: int) -> Finding:
        """At what is asked for, or what lets requests in, and seldom at a parameter."""
        if case.seen.is_of_parent and (other := await self._children.unlike_another(case.seen)):
            return self._places.at(case, *other)
        is_by_get = status in NOT_FOUND and await self._by_get(case) is not None
        if is_by_get or status == httpx.codes.METHOD_NOT_ALLOWED:
            return await self._of_method(case)
        is_unsure = case.all_failed and speaks_of_sign_in(case.error)
        if status in NOT_FOUND and (not is_unsure or await self._sign_in.is_seen(case.request)):
            return await self._absent(case)
        if status == _FORBIDDEN and parameter_missed(case.words):
            return await self._suspected(case, status)
        if status == _FORBIDDEN and not case.all_failed:
            return await self._forbidden(case)
        return await self._not_let_in(case)

    async def _status(self, case: Case) -> int:
        """The status of a refusal; of one with that of a success, the one that it might have."""
        if isinstance(case.error, ResponseError):
            return case.error.status
        return httpx.codes.NOT_FOUND if await self._is_made_up(case) else httpx.codes.BAD_REQUEST

    async def _not_let_in(self, case: Case) -> Finding:
        """At the base URL or at what signs requests, where every kind is refused."""
        if near := await self._near_base(case):
            return near
        blame = await self._sign_in.blamed(case.error, case.request)
        return self._places.of_setting(blame, case.error)

    async def _forbidden(self, case: Case) -> Finding:
        """At the path where another one is there, else at credentials that read other lists."""
        if found := await self._unrouted(case):
            return found
        told = "the credentials may not read this: grant them access"
        return self._places.of_setting(Blame(self._sign_in.credential, told), case.error)

    async def _unrouted(self, case: Case) -> Finding | None:
        """At a path that is refused as a made-up one is, where one like it is answered."""
        if not await self._is_made_up(case):
            return None
        found = await self._paths.of_asked(case.seen, case.words, is_new=True)
        return self._places.at(case, case.target.of_path, found) if found else None

    async def _is_made_up(self, case: Case) -> bool:
        """Whether a path is refused as a made-up one is."""
        request, resource = case.request, self._near.resource(case.seen)
        if request is None or request.method != "GET":
            return False
        path, parent = resource.endpoint.path.partition("?")[0], self._near.free_parent(resource)
        if case.seen.is_of_parent or "{" not in path:
            return await self._absence.of_path(request)
        of_parent = parent.request if parent else None
        return await self._absence.of_child(request, path, of_parent) in {"path", ""}

    async def _with_body(self, case: Case) -> Finding | None:
        """At the method of a request with a body, where it is not GET that is meant."""
        request, first = case.request, case.target.first
        if not (request and first) or request.method != "GET" or request.body in (None, {}):
            return None
        if await self._near.body(replace(first, method="POST")) is None:
            return None
        remedy = Write("POST", "so it answers")
        return self._places.at(case, (*case.target.base, "method"), remedy)

    async def _unsigned(self, case: Case) -> Finding | None:
        """At what signs requests, where the words of a refusal with any status speak of that."""
        request = case.request
        if not speaks_of_sign_in(case.error) or request is None:
            return None
        way = await self._sign_in.other(case.error, request)
        return self._places.of_setting(way, case.error) if way else None

    async def _of_method(self, case: Case) -> Finding:
        """At the path, where the method is for another one; else at the method."""
        request, place = case.request, (*case.target.base, "method")
        if case.target.endpoint.method != "POST" or request is None:
            post = Write("POST", "the method is not for this path")
            return await self._unrouted(case) or self._places.at(case, place, post)
        other = await self._by_get(case)
        if other and not request.body:
            return self._places.at(case, place, other)
        # What has a body is meant to be sent by POST.
        if path := await self._paths.of_asked(case.seen, case.words, wants_rows=True):
            return self._places.at(case, case.target.of_path, path)
        otherwise = None if other else await self._other.found(case)
        told = other or "the method is not for this path: correct either of them"
        return self._places.at(case, *(otherwise or (place, told)))

    async def _by_get(self, case: Case) -> Write | None:
        """GET in the place of POST, where it is answered."""
        if case.request is None or case.target.endpoint.method != "POST":
            return None
        asked = replace(case.request, method="GET", body=None)
        return Write("GET", "so it answers") if await self._near.body(asked) is not None else None

    async def _invalid(self, case: Case) -> Finding | None:
        """At the setting of paging that makes a request invalid."""
        if blamed := await self._paging.valid(case):
            name, told = blamed if isinstance(blamed, tuple) else (blamed.first, blamed)
            return self._places.paging(case, told, name)
        return None

    async def unread(self, case: Case) -> Finding | None:
        """As ``finding``, where what could not be read is an error as JSON; None where not."""
        request = case.target.first
        if request is None:
            return None
        try:
            await ask(self._session.client, replace(request, format=BodyFormat()))
        except OceanCustomError as other:
            if not is_reported(other):
                return None
            said = other.report
            known = {one: getattr(said, one) for one in ("faults", "whole", "answered", "words")}
            report = replace(case.error.report, beside=None, **known)
        else:
            return None
        return await self.finding(dataclasses.replace(case, error=BodyError(report)))

    async def _of_field(self, case: Case) -> Finding | None:
        """At a path parameter by another key of whose items children are answered, if they are."""
        resource = self._children.asked_for(case.seen)
        if not resource.parameters:
            return None
        has_rows = any(page.rows for page in self._children.pages(case.seen))
        if not has_rows and (unlike := await self._children.unlike_another(case.seen)):
            return self._places.at(case, *unlike)
        found, key = None if has_rows else await self._children.field(resource), "field"
        if found is None:
            found, key = await self._children.filter_for(resource), "filter"
        if found:
            path = ("selector", "path_parameters", found[0], key)
            return self._places.at(case, path, found[1])
        if has_rows:
            return None
        if other := await self._children.in_order(resource):
            return self._places.at(case, case.target.of_path, other)
        return None

    async def _absent(self, case: Case) -> Finding:
        """A path that is not there: the base URL's where no other is there either."""
        is_all, words = case.all_failed and self._asked > 1, case.words
        if is_all and (found := await self._of_all(case)):
            return found
        if case.seen.is_of_parent:
            path = await self._paths.of_asked(case.seen, words)
            alone = await self._of_all(case) if case.all_failed and not (path or is_all) else None
            return alone or self._places.at(case, case.target.of_path, path or _PATH)
        sent = [one for one in self._near.sent(case.seen, case.target) if one.part == IN_URL]
        other = await self._other.found(case, sent) if sent else None
        remedy = "" if other else await self._paths.of_asked(case.seen, words)
        if other := other or (None if remedy else await self._of_value(case)):
            return self._places.at(case, *other)
        selector = case.seen.config.selector
        if not remedy and selector.method == "GET" and (selector.body or selector.body_form):
            told = "correct the path, or write method: POST: the request has a body"
            return self._places.at(case, ("selector", "method"), told)
        alone = await self._of_all(case) if case.all_failed and not (remedy or is_all) else None
        if alone:
            return alone
        return self._places.at(case, ("kind",), remedy or await self._made_up(case))

    async def _of_value(self, case: Case) -> tuple[Path, Remedy] | None:
        """What is sent otherwise, where a made-up path is answered otherwise."""
        if not case.seen.config.selector.query_params or await self._is_made_up(case):
            return None
        return await self._other.found(case)

    async def _made_up(self, case: Case) -> str:
        """What to say of a path for which no other was found."""
        request = self._near.asked(case.seen)
        if request is None or request.method != "GET":
            return _PATH
        if await self._absence.of_path(request):
            return f"{_PATH}: a made-up one is answered in the same words"
        return f"{_PATH}, or what is asked for there: a made-up path is answered otherwise"

    async def _of_all(self, case: Case) -> Finding | None:
        """At the base URL or at what signs requests, where nothing of a mapping is answered."""
        request = case.request
        found = await self._bases.other(case.words)
        if found is None and request is not None:
            found = await self._sign_in.other(case.error, request)
        if found:
            return self._places.of_setting(found, case.error)
        if self._asked == 1 or await self._paths.of_asked(case.seen):
            return None
        told = "nothing is there: the API's documentation shows a whole URL; write into baseUrl"
        told += f" what stands before {case.seen.config.kind} in it"
        return self._places.of_setting(Blame("baseUrl", told), case.error)

    async def _near_base(self, case: Case) -> Finding | None:
        """At the base URL, where every kind is refused, and one less a part or so answers."""
        if self._asked == 1:
            return None
        # With the status of a success every answer is a proof, also to a search.
        is_proof = is_reported(case.error) and not speaks_of_sign_in(case.error)
        search = self._bases.other if is_proof else self._bases.nearest
        base = await search(case.words)
        return self._places.of_setting(base, case.error) if base else None

    async def _suspected(self, case: Case, status: int) -> Finding:
        """At what the refusal is about: a parameter, a part of the body, the base URL's path."""
        given = {
            "queryParams": [name for name, _ in self._session.settings.query_params],
            "customHeaders": list(self._session.settings.custom_headers),
        }
        words = case.words
        name = lacks_of_all(case.seen, words)
        setting = "customHeaders" if name == header_missed(words) else "queryParams"
        is_misspelt = any(likeness(one, name) >= _LIKE for one in given[setting])
        if name and (is_misspelt or (case.all_failed and self._asked > 1)):
            request = case.request if is_misspelt else None
            if request and (beside := await self._sign_in.beside(words, request)):
                return self._places.of_setting(beside, case.error)
            told = f"the API misses {json.dumps(name)}: add it with its value to {setting}"
            return self._places.of_setting(Blame(setting, told), case.error)
        found = await self._other.retyped(case) or await self._lacking(case, status)
        if found:
            return self._places.at(case, *found)
        return await self._spoken_of(case, given)

    async def _spoken_of(self, case: Case, given: Mapping[str, Sequence[str]]) -> Finding:
        """At what a refusal's words name, or without which the request is answered."""
        words, position = case.words, position_of(case.target)
        if position and re.search(rf"\b{re.escape(position)}\b", words):
            told = f"the API refuses {position}: correct how the list is paged, or that name"
            return self._places.paging(case, told)
        sent = self._near.sent(case.seen, case.target)
        found = spoken_of(suspects_of(sent, case.target.base, given), words)
        is_of_setting = case.all_failed if found is None else isinstance(found[0].place, str)
        if (
            is_of_setting
            and case.request
            and (beside := await self._sign_in.beside(words, case.request))
        ):
            return self._places.of_setting(beside, case.error)
        if found is None:
            return await self._unspoken(case)
        blamed, told = found
        told = f"{told}: {_OWN_WORDS}"
        if isinstance(blamed.place, str):
            return self._places.of_setting(Blame(blamed.place, told), case.error)
        return self._places.at(case, blamed.place, told)

    async def _unspoken(self, case: Case) -> Finding:
        """Of a refusal that is about nothing that is sent: at the base URL, or at the path."""
        words = case.words
        if case.all_failed and (near := await self._near_base(case)):
            return near
        if unrouted := await self._unrouted(case):
            return unrouted
        other = await self._paths.of_asked(case.seen, words)
        if not other and case.all_failed and speaks_of_sign_in(case.error):
            blame = await self._sign_in.blamed(case.error, case.request)
            return self._places.of_setting(blame, case.error)
        return self._places.at(case, case.target.of_path, other or _OWN_WORDS)

    async def _lacking(self, case: Case, status: int) -> tuple[Path, Remedy] | None:
        """Where to write the header or the parameter that a request lacks, and what; or None."""
        own = (*case.target.base, "headers")
        place: Path = own if case.seen.at(own) is not None else ("kind",)
        words = case.words
        if remedy := await media(self._near.body, case.request, status, words):
            return place, remedy
        if otherwise := await self._other.found(case):
            return otherwise
        if remedy := media_told(status, words):
            return place, remedy
        if (lacks := missing(case.seen, case.target.base, words)) is None:
            return None
        value = await self._other.value(case, lacks.own) if lacks.own else None
        return (lacks.own, value) if value else (lacks.place, lacks.told)
