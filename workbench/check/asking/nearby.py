"""What is there near a path that is not: asked of the API, a few requests each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import httpx
from msgspec.structs import replace

from errors import OceanCustomError
from framework.mapped_items import Items
from jq_engine.paths import plain_path
from json_values import Json, Missing, follow
from pagination import (
    DEFAULT_POSITION_PARAM,
    DEFAULT_SIZE_PARAM,
    PaginationSettings,
    make_paginator,
)
from paging.model import PageRequest
from resync.path_parameters import Binding, Endpoint, Parameter, Resource, request_for
from resync.session import Session
from settings import Settings
from transport.observer import PageRead
from transport.redaction import REDACTED
from workbench.check.asking.answered import ask
from workbench.check.asking.reading import CUT, Seen
from workbench.check.asking.sent import (
    Sent,
    bare,
    path_at,
    sent_by,
    sent_by_each,
    values_in,
)
from workbench.check.asking.sources import Sources, held_in
from workbench.check.findings import Path
from workbench.check.guesses.expressions import finding_in, paths_in, values_of
from workbench.check.guesses.paths import known_of

_LINKING: Final = 50  # items of a page that are looked into
NOT_FOUND: Final = frozenset({404, 410})


@dataclass(frozen=True)
class Target:
    """One request of a resource: where its fields stand, what it asks for, and how."""

    base: Path
    endpoint: Endpoint
    request: PageRequest | None

    @property
    def first(self) -> PageRequest | None:
        """The request with the parameters of paging too: some APIs answer none without."""
        paginator = make_paginator(self.endpoint.pagination)
        return paginator.first(self.request) if self.request else None

    @property
    def of_path(self) -> Path:
        """Where its path stands."""
        return path_at(self.base)


@dataclass(frozen=True)
class Listed:
    """A list that a resource has read, its own or one of parents, and its pages with rows."""

    seen: Seen
    target: Target
    pages: Sequence[PageRead]

    def is_of_one(self, one: PageRead, other: PageRead) -> bool:
        """Whether two pages are of one list, and not of two parents."""
        endpoint, (url, another) = self.target.endpoint, map(httpx.URL, (one.url, other.url))
        if self.seen.config.selector.path_parameters and endpoint.method == "POST":
            return False  # what tells them apart may be in their bodies
        names = {*endpoint.query_params, *httpx.QueryParams(endpoint.path.partition("?")[2])}
        is_same = all(url.params.get(name) == another.params.get(name) for name in names)
        return is_same and bare(one.url) == bare(other.url)

    @property
    def paging(self) -> PaginationSettings:
        """How it is paged."""
        return self.target.endpoint.pagination


class Nearby:
    """Asks for what may be meant."""

    def __init__(self, session: Session, all_seen: Sequence[Seen]) -> None:
        self.session = session
        self.settings: Settings = session.settings
        self.all = all_seen
        self._pages = [page for one in all_seen for page in one.pages]
        self.jq, self.redacted = session.jq, session.redacted
        self._failed: set[str] = set()
        self.known = known_of([one.config for one in all_seen])
        self.asking = sent_by_each([one.config for one in all_seen])

    def resource(self, seen: Seen) -> Resource:
        """A resource as the integration reads it."""
        return seen.config.to_resource(self.settings.pagination)

    def request(self, seen: Seen) -> PageRequest | None:
        """The plain request of a resource without path parameters."""
        resource = self.resource(seen)
        if resource.parameters:
            return None
        request = request_for(resource.endpoint, Binding(), self.settings.base_url)
        return replace(request, purpose="check")

    def own(self, seen: Seen) -> Target:
        """The resource's own rows."""
        return Target(("selector",), self.resource(seen).endpoint, self.asked(seen))

    def asked(self, seen: Seen) -> PageRequest | None:
        """The plain request of a resource; below parents that of one child.

        Of one that an error is about, else that goes on, else of the one with the most rows.
        """
        resource = self.resource(seen)
        if not resource.parameters:
            return self.request(seen)
        read = {page.url: (page.goes_on, page.rows) for page in seen.own_pages}
        asked = [one for one in seen.exchanges if one.purpose == "page" and REDACTED not in one.url]
        sent = max(
            asked,
            key=lambda one: (seen.is_blamed(one.url), *read.get(one.url, (False, 0)), one.bytes),
            default=None,
        )
        if sent is not None and (sent.method == "POST" or seen.config.selector.body):
            return self._posted(resource, seen, bare(sent.url))
        if sent is None or sent.method != "GET":
            return None
        return self._as_sent(resource.endpoint, sent.url)

    def _posted(self, resource: Resource, seen: Seen, url: str) -> PageRequest | None:
        """The request of the child that an error is about, or that the first item is from."""
        names = [one.name for one in resource.parameters]
        path = resource.endpoint.path.partition("?")[0]
        in_path = values_in(path, url.removeprefix(str(self.settings.base_url).rstrip("/")))
        texts: dict[str, Json] = {part.strip("{}"): unquote(one) for part, one in in_path.items()}
        given = [{**texts, **dict(one.report.parameters)} for one in seen.errors]
        given += [{name: item.get(f"__{name}") for name in names} for item in seen.items[:1]]
        given.append(texts | self._first_values(resource))
        for values in given:
            if set(names) <= {name for name, one in values.items() if CUT not in str(one)}:
                request = request_for(resource.endpoint, Binding(values), self.settings.base_url)
                return replace(request, purpose="check")
        return None

    def _first_values(self, resource: Resource) -> dict[str, Json]:
        """The values that path parameters take of the first rows of their parents."""
        found: dict[str, Json] = {}
        for one in [one for one in resource.parameters if isinstance(one, Parameter)]:
            for page in self.lists():
                value = follow(page.items[0], plain_path(one.field) or ("",))
                if self.is_at(one, bare(page.url)) and not isinstance(value, Missing):
                    found.setdefault(one.name, value)
        return found

    def parent(self, seen: Seen) -> Target | None:
        """The rows of a path parameter: those that were asked for last.

        Where none were, those of the first one that needs no other.
        """
        asked = [one for one in reversed(seen.exchanges) if one.purpose == "parent"]
        walked = [one for one in self.resource(seen).parameters if isinstance(one, Parameter)]
        free = [one for one in walked if not one.parent.placeholders()]
        last = max(asked, key=lambda one: seen.is_blamed(one.url), default=None)
        if seen.is_of_parent and last and REDACTED not in last.url:
            url = bare(last.url)
            chained = [one for one in walked if one not in free and self.is_at(one, url)]
            if chained and last.method == "GET" and not any(self.is_at(o, url) for o in free):
                return self._target_of(chained[0], self._as_sent(chained[0].parent, last.url))
            free.sort(key=lambda one: not self.is_at(one, url))
        return self._listed(free)

    def read_by(self, seen: Seen) -> list[Listed]:
        """The lists that a resource has read: those of its parents, then its own."""
        found = []
        for one in self.resource(seen).parameters:
            pages = [page for page in seen.pages if page.purpose == "parent" and page.rows]
            if isinstance(one, Parameter):
                pages = [page for page in pages if self.is_at(one, bare(page.url))]
                if target := self._read_from(one, pages):
                    found.append(Listed(seen, target, pages))
        own = [page for page in seen.own_pages if page.rows]
        return [*found, Listed(seen, self.own(seen), own)]

    def _read_from(self, parameter: Parameter, pages: Sequence[PageRead]) -> Target | None:
        """The request for the rows of a path parameter of which these pages came; None for none."""
        if not parameter.parent.placeholders():
            return self._listed([parameter]) if pages else None
        longest = max(pages, key=lambda page: (page.goes_on, page.rows), default=None)
        if longest is None or REDACTED in longest.url or parameter.parent.method != "GET":
            return None
        return self._target_of(parameter, self._as_sent(parameter.parent, longest.url))

    def free_parent(self, resource: Resource) -> Target | None:
        """The rows of the first path parameter of a resource that needs no other."""
        walked = [one for one in resource.parameters if isinstance(one, Parameter)]
        return self._listed([one for one in walked if not one.parent.placeholders()])

    def listed(self, parameter: Parameter) -> Target | None:
        """The rows of a path parameter that needs no other; None for one that does."""
        return None if parameter.parent.placeholders() else self._listed([parameter])

    def _listed(self, free: Sequence[Parameter]) -> Target | None:
        if not free:
            return None
        request = request_for(free[0].parent, Binding(), self.settings.base_url)
        return self._target_of(free[0], request)

    @staticmethod
    def _target_of(parameter: Parameter, request: PageRequest) -> Target:
        base = ("selector", "path_parameters", parameter.name)
        return Target(base, parameter.parent, replace(request, purpose="check"))

    def is_at(self, parameter: Parameter, url: str) -> bool:
        """Whether a URL is that of the rows of a path parameter, for some values."""
        base = str(self.settings.base_url).rstrip("/")
        path = parameter.parent.path.partition("?")[0].strip("/")
        parts, texts = path.split("/"), url.removeprefix(base).strip("/").split("/")
        return len(parts) == len(texts) and all(
            "{" in part or part == unquote(text) for part, text in zip(parts, texts, strict=True)
        )

    @staticmethod
    def _as_sent(endpoint: Endpoint, url: str) -> PageRequest:
        """A request by GET as it was sent, without its parameters of paging."""
        paging = endpoint.pagination
        of_paging = {
            paging.pagination_param or DEFAULT_POSITION_PARAM.get(paging.type),
            paging.size_param or DEFAULT_SIZE_PARAM.get(paging.type),
        }
        params = httpx.URL(url).params.multi_items()
        own = tuple((name, value) for name, value in params if name not in of_paging)
        headers, form = tuple(endpoint.headers.items()), endpoint.format
        return PageRequest(bare(url), params=own, headers=headers, format=form, purpose="check")

    def target(self, seen: Seen) -> Target:
        """What was asked for last: the resource's own rows, or those of its parents."""
        of_parent = self.parent(seen) if seen.is_of_parent else None
        return of_parent or self.own(seen)

    def sent(self, seen: Seen, target: Target) -> list[Sent]:
        """What a resource, or at its base a path parameter, puts into its request."""
        selector = seen.config.selector
        if len(target.base) == 1:
            return sent_by(selector, seen.config.kind, selector.path_parameters)
        asks = selector.path_parameters[str(target.base[-1])]
        return sent_by(asks, target.endpoint.path, selector.path_parameters)

    @staticmethod
    def expressions(seen: Seen, target: Target) -> list[str]:
        """What ought to find something in the rows of a resource, or of its parents."""
        selector, mappings = seen.config.selector, seen.mappings
        if len(target.base) > 1:
            return [str(selector.path_parameters[str(target.base[-1])].field)]
        held = [mappings.identifier, mappings.title]
        for part in (mappings.properties, mappings.relations):
            held += (part or {}).values()
        return [one for one in held if isinstance(one, str)]

    def read(self, seen: Seen, target: Target) -> list[str]:
        """The keys of rows that those read."""
        paths = (path for one in self.expressions(seen, target) for path in paths_in(one))
        return [*dict.fromkeys(path[0] for path in paths if not path[0].startswith("__"))]

    async def worth(self, body: Json, data_path: str | None, expressions: Sequence[str]) -> int:
        """How many expressions find something where rows are looked for, and one for a list there.

        0 where there is none, or for a failure.
        """
        if body is None:
            return 0
        keys = plain_path(data_path or "")
        if keys and follow(body, keys) is None:
            return 1  # an empty list, as some have it
        (found,) = await values_of(self.jq, f".body | ({data_path or '.'})", [{"body": body}])
        rows = [found] if isinstance(found, dict) else found
        if not isinstance(rows, list):
            return 0
        return 1 + await finding_in(self.jq, expressions, rows)

    def sources(self, target: Target, said: str = "", wanted: Sequence[str] = ()) -> Sources:
        """Where other names and values come from for a resource's requests.

        What is sent to the path of its own rows alone is what another resource asks for there.
        """
        others = [sent for one in self.asking for sent in one.sent]
        here = bare(target.endpoint.path).strip("/") if len(target.base) == 1 else None
        placed = [
            (by.is_kind and by.path == here, (one.where, str(one.value).lower()))
            for by in self.asking
            for one in by.sent
        ]
        anothers = {one for is_here, one in placed if is_here}
        anothers -= {one for is_here, one in placed if not is_here}
        return Sources(said, others, self.items(), tuple(wanted), anothers=anothers)

    def values_called(self, name: str) -> list[str]:
        """The values that others send under a name, items have under it, or paths have in them."""
        sent = [one for by in self.asking for one in by.sent if one.name == name]
        paths = [path.strip("/").split("/") for path in self.known.paths]
        found = [str(one.value) for one in sent if one.is_text] + held_in(self.items(), name)
        return list(dict.fromkeys([*found, *(part for parts in paths for part in parts[1:])]))

    def refused(self) -> list[PageRequest]:
        """The plain requests of the kinds that are refused, of those without parents."""
        kinds = [one for one in self.all if one.errors and one.config.selector.method == "GET"]
        return [request for one in kinds if (request := self.request(one)) is not None]

    def items(self) -> Items:
        """Some of each list that was read."""
        return [item for page in self.lists() for item in page.items[:_LINKING]]

    async def body(self, request: PageRequest) -> Json:
        """What a request is answered; None for a failure, which is not asked for again."""
        if request.key in self._failed:
            return None
        try:
            return (await ask(self.session.client, request)).body
        except OceanCustomError:
            self._failed.add(request.key)
            return None

    def lists(self) -> list[PageRead]:
        """Pages with items; a parent is read once for all its kinds, and may be a kind itself."""
        pages = [page for page in self._pages if page.items]
        return sorted(pages, key=lambda page: page.purpose != "parent")
