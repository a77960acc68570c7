"""What is there near a path that is not: asked of the API, a few requests each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

from msgspec.structs import replace

from errors import OceanCustomError
from json_values import Json, follow
from paging.model import PageRequest
from resync.path_parameters import Binding, Parameter, Resource, request_for
from resync.session import Session
from settings import Settings
from workbench.check.near import leaves, spelled_parts, spellings, written
from workbench.check.reading import Seen

_MOST: Final = 8  # requests that look for a better path
NOT_FOUND: Final = frozenset({404, 410})


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
        kind = seen.config.kind
        base = str(self._settings.base_url).rstrip("/")
        for other in list(dict.fromkeys(spellings(kind, self._settings.base_url.path)))[:_MOST]:
            body = await self.body(replace(request, url=f"{base}/{other.lstrip('/')}"))
            if isinstance(body, dict | list):
                return f"write {other}: it answers 200"
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
        if parts and re.fullmatch(r"v\d+", parts[-1]):
            paths = ["/".join([*parts[:-1], f"v{number}"]) for number in range(1, 5)] + paths
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

    async def field(self, resource: Resource) -> str:
        """Another key of the parent's items by whose value the child is there."""
        walked = [one for one in resource.parameters if isinstance(one, Parameter)]
        # A parent is read once for all its kinds.
        parents = {bare(page.url): page for page in reversed(self._pages) if page.items}
        if len(walked) != 1 or walked[0].parent.placeholders():
            return ""
        own = request_for(walked[0].parent, Binding(), self._settings.base_url)
        page = parents.get(bare(own.url))
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
            if await self.body(replace(request, purpose="check")) is not None:
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
