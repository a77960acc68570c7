"""What an API refuses: the credentials, the path, the paging or another part of the request."""

from __future__ import annotations

from typing import Final

import httpx
from msgspec.structs import replace

from errors import OceanCustomError, ResponseError
from pagination import DEFAULT_SIZE_PARAM, make_paginator
from resync.session import Session
from workbench.check.findings import Finding, Path
from workbench.check.nearby import NOT_FOUND, Nearby, is_of_parent
from workbench.check.paging import alone, paging_of, size_name
from workbench.check.places import Places
from workbench.check.reading import Seen
from workbench.check.refusals import other_values
from workbench.check.sign_in import SignIn
from workbench.check.suspects import suspect, suspects_of

_FORBIDDEN: Final = 403
_INVALID: Final = frozenset({400, 422})
_PATH: Final = "correct the path, or the method"


class Refused:
    """Says of a refusal what it is about; ``asked``: how many resources were asked for."""

    def __init__(
        self, session: Session, places: Places, near: Nearby, sign_in: SignIn, asked: int
    ) -> None:
        self._session = session
        self._places = places
        self._near = near
        self._sign_in = sign_in
        self._asked = asked

    async def finding(
        self, seen: Seen, error: ResponseError, status: int, *, all_failed: bool
    ) -> Finding:
        """What a status is about; ``all_failed``: no resource could be read."""
        if status == _FORBIDDEN and not all_failed:
            remedy = "the credentials may not read this: grant them access"
            return self._places.of_setting(self._sign_in.credential, error, remedy)
        if status == _FORBIDDEN:
            setting, remedy = await self._sign_in.blamed(error, self._near.asked(seen))
            return self._places.of_setting(setting, error, remedy, self._sign_in.credential)
        if status in NOT_FOUND:
            return await self._absent(seen, error, all_failed=all_failed)
        if status in _INVALID and (blamed := await self._valid(seen, error)):
            base = self._near.target(seen).base
            return self._places.paging(seen, error, blamed[1], blamed[0], base)
        if status == httpx.codes.METHOD_NOT_ALLOWED:
            other = "POST" if seen.config.selector.method == "GET" else "GET"
            remedy = f"the method is not for this path: try method: {other}"
            return self._places.at(seen, ("selector", "method"), error, remedy)
        return await self._suspected(seen, error, all_failed=all_failed)

    async def _absent(self, seen: Seen, error: ResponseError, *, all_failed: bool) -> Finding:
        """A path that is not there: the base URL's where no other is there either."""
        is_all = all_failed and self._asked > 1
        if is_of_parent(seen) and not is_all:
            path = (*self._near.target(seen).base, "endpoint")
            return self._places.at(seen, path, error, await self._near.parents_path(seen) or _PATH)
        if is_all:
            base = await self._near.base(seen)
            if base or not await self._near.path(seen):
                remedy = base or "nothing is there: correct its path, such as its version"
                return self._places.of_setting("baseUrl", error, remedy)
        remedy = await self._near.path(seen)
        selector = seen.config.selector
        if not remedy and selector.method == "GET" and (selector.body or selector.body_form):
            told = "correct the path, or write method: POST: the request has a body"
            return self._places.at(seen, ("selector", "method"), error, told)
        if base := await self._near.base(seen) if all_failed and not remedy else "":
            return self._places.of_setting("baseUrl", error, base)
        return self._places.at(seen, ("kind",), error, remedy or _PATH)

    async def _suspected(self, seen: Seen, error: ResponseError, *, all_failed: bool) -> Finding:
        """At what the refusal is about: a parameter, a part of the body, the base URL's path."""
        target = self._near.target(seen)
        given = {
            "queryParams": [name for name, _ in self._session.settings.query_params],
            "customHeaders": list(self._session.settings.custom_headers),
        }
        suspects = suspects_of(seen, target.base, given)
        found = await suspect(self._near.body, target.request, suspects, error.report.words)
        remedy = "the API's own words say why"
        if found is None:
            part = self._session.settings.base_url.path.strip("/").rpartition("/")[2]
            if all_failed and part and part in error.report.words and self._asked > 1:
                remedy = f"the API speaks of {part}, which stands in baseUrl: {remedy}"
                return self._places.of_setting("baseUrl", error, remedy)
            at: Path = (*target.base, "endpoint") if is_of_parent(seen) else ("kind",)
            return self._places.at(seen, at, error, remedy)
        blamed, told = found
        if isinstance(blamed.place, str):
            return self._places.of_setting(blamed.place, error, f"{told}: {remedy}")
        return self._places.at(seen, blamed.place, error, f"{told}: {remedy}")

    async def _valid(self, seen: Seen, error: ResponseError) -> tuple[str, str] | None:
        """The setting of paging that makes a request valid, if one does, and what to do."""
        target = self._near.target(seen)
        paging, request = target.endpoint.pagination, target.request
        if remedy := await alone(self._session, paging, seen):
            return "paginationType", remedy
        whole = None if request is None else await self._near.body(request)
        if request is not None and whole is None:
            return None  # Refused without the parameters of paging as well.
        found = await other_values(self._near.body, paging, request, error.report.words)
        if found and found[0] == "sizeParam" and request is not None:
            name = await size_name(self._session, request, whole)
            return ("sizeParam", f"write {name} for sizeParam") if name else found
        if found or request is None:
            return found
        remedy = await self.other_paging(seen)
        told = "without the parameters of paging it answers: correct their names"
        return "paginationType", remedy or told

    async def other_paging(self, seen: Seen) -> str:
        """How the answers say that they are paged."""
        target = self._near.target(seen)
        paging, request = target.endpoint.pagination, target.request
        if request is None:
            return ""
        first = make_paginator(paging).first(request)
        size = paging.size_param or DEFAULT_SIZE_PARAM.get(paging.type)
        small = request.put(size, 1, "query") if size and paging.sends_size else request
        # A page of the size asked for, or of one row, may tell what the whole list does not.
        for asked, base in ((first, request), (request, request), (small, small)):
            try:
                answer = await self._session.client.send(replace(asked, purpose="check"))
            except OceanCustomError:
                continue
            body, headers = answer.body, answer.headers
            if found := await paging_of(self._session, base, body, headers, paging):
                return found
        return ""
