"""What is there near a path that is not: asked of the API, a few requests each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import httpx
from msgspec.structs import replace

from errors import OceanCustomError
from json_values import Json, follow
from pagination import DEFAULT_POSITION_PARAM, DEFAULT_SIZE_PARAM
from paging.model import PageRequest
from resync.path_parameters import Binding, Endpoint, Parameter, Resource, request_for
from resync.session import Session
from settings import Settings
from transport.redaction import REDACTED
from workbench.check.findings import Path
from workbench.check.near import leaves, lists_of_objects, spelled_parts, spellings, written
from workbench.check.reading import Seen

_MOST: Final = 8  # requests that look for a better path
_VERSION: Final = re.compile(r"(v?)(\d+)(\.0)?")
NOT_FOUND: Final = frozenset({404, 410})


@dataclass(frozen=True)
class Target:
    """One request of a resource: where its fields stand, what it asks for, and how."""

    base: Path
    endpoint: Endpoint
    request: PageRequest | None


class Nearby:
    """Asks for what may be meant."""

    def __init__(self, session: Session, all_seen: Sequence[Seen]) -> None:
        self._session = session
        self._settings: Settings = session.settings
        self._pages = [page for one in all_seen for page in one.pages]

    def resource(self, seen: Seen) -> Resource:
        """A resource as the integration reads it."""
        return seen.config.to_resource(self._settings.pagination)

    def request(self, seen: Seen) -> PageRequest | None:
        """The plain request of a resource without path parameters."""
        resource = self.resource(seen)
        if resource.parameters:
            return None
        request = request_for(resource.endpoint, Binding(), self._settings.base_url)
        return replace(request, purpose="check")

    def asked(self, seen: Seen) -> PageRequest | None:
        """The plain request of a resource; below parents that of a child which was asked for."""
        resource = self.resource(seen)
        if not resource.parameters:
            return self.request(seen)
        sent = next((one for one in seen.exchanges if one.purpose == "page"), None)
        if sent is None or sent.method != "GET" or REDACTED in sent.url:
            return None
        paging = resource.endpoint.pagination
        of_paging = {
            paging.pagination_param or DEFAULT_POSITION_PARAM.get(paging.type),
            paging.size_param or DEFAULT_SIZE_PARAM.get(paging.type),
        }
        params = httpx.URL(sent.url).params.multi_items()
        own = tuple((name, value) for name, value in params if name not in of_paging)
        headers = tuple(resource.endpoint.headers.items())
        form = resource.endpoint.format
        return PageRequest(
            bare(sent.url), params=own, headers=headers, format=form, purpose="check"
        )

    def parent(self, seen: Seen) -> Target | None:
        """The rows of the first path parameter that needs no other one."""
        for one in self.resource(seen).parameters:
            if isinstance(one, Parameter) and not one.parent.placeholders():
                request = request_for(one.parent, Binding(), self._settings.base_url)
                base = ("selector", "path_parameters", one.name)
                return Target(base, one.parent, replace(request, purpose="check"))
        return None

    def target(self, seen: Seen) -> Target:
        """What was asked for last: the resource's own rows, or those of its parents."""
        of_parent = self.parent(seen) if is_of_parent(seen) else None
        own = Target(("selector",), self.resource(seen).endpoint, self.asked(seen))
        return of_parent or own

    async def body(self, request: PageRequest) -> Json:
        """What a request is answered; None for a failure."""
        try:
            answer = await self._session.client.send(request)
        except OceanCustomError:
            return None
        return answer.body

    async def path(self, seen: Seen) -> str:
        """A path like the one that is not there, which is."""
        request = self.request(seen)
        if request is None or request.method != "GET":
            return ""
        other = await self._spelled(seen.config.kind, request)
        return f"write {other}: it answers 200" if other else ""

    async def parents_path(self, seen: Seen) -> str:
        """A path like that of the parents, which is there where theirs is not."""
        parent = self.parent(seen)
        if parent is None or parent.request is None or parent.request.method != "GET":
            return ""
        other = await self._spelled(parent.endpoint.path.partition("?")[0], parent.request)
        return f"write {other}: it answers 200" if other else ""

    async def _spelled(self, path: str, request: PageRequest) -> str:
        base = str(self._settings.base_url).rstrip("/")
        for other in list(dict.fromkeys(spellings(path, self._settings.base_url.path)))[:_MOST]:
            body = await self.body(replace(request, url=f"{base}/{other.lstrip('/')}"))
            if isinstance(body, dict | list):
                return other
        return ""

    async def base(self, seen: Seen) -> str:
        """A base URL under which the path is there."""
        request = self.request(seen)
        if request is None or request.method != "GET":
            return ""
        url = self._settings.base_url
        kind = seen.config.kind.strip("/")
        parts = [part for part in url.path.split("/") if part]
        paths = ["/".join(parts[:length]) for length in range(len(parts) - 1, -1, -1)]
        if parts and (version := _VERSION.fullmatch(parts[-1])):
            others = [f"{version[1]}{number}{version[3] or ''}" for number in range(1, 5)]
            paths = ["/".join([*parts[:-1], one]) for one in others if one != parts[-1]] + paths
        paths += [
            f"{'/'.join(parts)}/{more}".strip("/")
            for more in ("api", "v1", "api/v1", "v2", "api/v2")
        ]
        for path in paths[:_MOST]:
            base = url.copy_with(path=f"/{path}")
            target = str(base).rstrip("/") + f"/{kind}"
            if isinstance(await self.body(replace(request, url=target)), dict | list):
                return f"write {str(base).rstrip('/')}: {seen.config.kind} answers there"
        return ""

    async def field(self, resource: Resource, *, wants_rows: bool = False) -> str:
        """Another key of the parent's items by whose value the child is there, or has rows."""
        walked = [one for one in resource.parameters if isinstance(one, Parameter)]
        # A parent is read once for all its kinds, and may be a kind with another data_path.
        parents = [page for page in self._pages if page.items]
        parents.sort(key=lambda page: page.purpose != "parent")
        if len(walked) != 1 or walked[0].parent.placeholders():
            return ""
        own = request_for(walked[0].parent, Binding(), self._settings.base_url)
        page = next((one for one in parents if bare(one.url) == bare(own.url)), None)
        if page is None:
            return ""
        item, tried = page.items[0], 0
        for path in leaves(item, 2):
            value = follow(item, path)
            if not isinstance(value, str | int) or isinstance(value, bool) or tried >= _MOST:
                continue
            tried += 1
            binding = Binding({walked[0].name: value})
            request = request_for(resource.endpoint, binding, self._settings.base_url)
            body = await self.body(replace(request, purpose="check"))
            if wants_rows and any(rows for _, rows in lists_of_objects(body)):
                return f"write {written(path)}: for {value!r} there are items"
            if body is not None and not wants_rows:
                return f"write {written(path)}: {value!r} answers 200"
        return ""

    async def segment(self, seen: Seen) -> str:
        """Another spelling of a part of the path of children, by which one is there."""
        refused = next((one for one in seen.exchanges if one.status in NOT_FOUND), None)
        parts = seen.config.kind.partition("?")[0].strip("/").split("/")
        if refused is None or self.resource(seen).endpoint.method != "GET":
            return ""
        head, *values = bare(refused.url).rsplit("/", len(parts))
        for at, other in islice(spelled_parts(parts), _MOST):
            url = "/".join([head, *values[:at], other, *values[at + 1 :]])
            if await self.body(PageRequest(url, purpose="check")) is not None:
                return f"write /{'/'.join([*parts[:at], other, *parts[at + 1 :]])}: it answers 200"
        return ""


def bare(url: str) -> str:
    """A URL without its query."""
    return url.partition("?")[0]


def is_of_parent(seen: Seen) -> bool:
    """Whether the rows of parents were asked for, and no child was."""
    purposes = {one.purpose for one in seen.exchanges}
    return "parent" in purposes and "page" not in purposes
