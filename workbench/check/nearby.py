"""What is there near a path that is not: asked of the API, a few requests each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

import httpx
from msgspec.structs import replace

from errors import OceanCustomError
from framework.mapped_items import Items
from jq_engine.paths import plain_path
from json_values import Json, Missing, follow
from pagination import DEFAULT_POSITION_PARAM, DEFAULT_SIZE_PARAM, make_paginator
from paging.error_reports import tells_failure
from paging.model import PageRequest
from resync.path_parameters import Binding, Endpoint, Parameter, Resource, request_for
from resync.session import Session
from settings import Settings
from transport.observer import PageRead
from transport.redaction import REDACTED
from workbench.check.findings import Path, Remedy, Write, likeness
from workbench.check.near import is_something, leaves, lists_of_objects, values_of, written
from workbench.check.paths import known_of, linked_paths, paths_like, respelled
from workbench.check.reading import Seen
from workbench.suggest.items import places
from workbench.suggest.vocabulary import names_identity, words_of

_MOST: Final = 8  # keys by whose values a child is looked for
_MOST_PATHS: Final = 12
_LINKING: Final = 50  # items of a page in which links are looked for
_OTHERS: Final = 2  # lists that may be the parents' in place of one
_PARENTS: Final = 3  # parents whose children are looked for
_KEYS: Final = 3  # keys of their items that are tried
_CUT: Final = "…"  # stands for what messages leave out
_THERE: Final = "it answers 200"
NOT_FOUND: Final = frozenset({404, 410})


@dataclass(frozen=True)
class Target:
    """One request of a resource: where its fields stand, what it asks for, and how."""

    base: Path
    endpoint: Endpoint
    request: PageRequest | None


@dataclass(frozen=True)
class Wanted:
    """A path that is not there, and what would be found there.

    ``expression``: jq that finds something in its items; ``made``: the blueprint of those.
    ``others``: paths that are tried first.
    """

    path: str
    expression: object
    made: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Child:
    """The path parameter of a resource whose value is looked for.

    ``others``: where in the same row the values of its other parameters are. ``own``: where its
    own is looked for as it is: where that is answered, it is not to blame.
    """

    resource: Resource
    name: str
    others: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    own: tuple[str, ...] | None = None


class Nearby:
    """Asks for what may be meant."""

    def __init__(self, session: Session, all_seen: Sequence[Seen]) -> None:
        self._session = session
        self._settings: Settings = session.settings
        self._all = all_seen
        self._pages = [page for one in all_seen for page in one.pages]
        self._known = known_of([one.config for one in all_seen])

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
            key=lambda one: (_is_blamed(seen, one.url), *read.get(one.url, (False, 0)), one.bytes),
            default=None,
        )
        if sent is not None and sent.method == "POST":
            return self._posted(resource, seen)
        if sent is None or sent.method != "GET":
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

    def _posted(self, resource: Resource, seen: Seen) -> PageRequest | None:
        """The request of the child that the first item is from."""
        names = [one.name for one in resource.parameters]
        held = {name: item[f"__{name}"] for item in seen.items[:1] for name in names}
        if not held:
            return None
        request = request_for(resource.endpoint, Binding(held), self._settings.base_url)
        return replace(request, purpose="check")

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
        return None if tells_failure(answer.body) else answer.body

    async def path(self, seen: Seen, part: str = "") -> Remedy:
        """A path like the one that is not there, which is; also of children.

        ``part``: of the path, of which other spellings are tried first.
        """
        mappings, path = seen.config.port.entity.mappings, seen.config.kind.partition("?")[0]
        others = respelled(path, part, self._known) if part else []
        request = _first_of(self.resource(seen).endpoint, self.asked(seen))
        return await self._spelled(
            Wanted(seen.config.kind, mappings.identifier, mappings.blueprint, (*others,)), request
        )

    async def parents_path(self, seen: Seen) -> Remedy:
        """A path like that of the parents, which is there where theirs is not."""
        parent = self.parent(seen)
        if parent is None:
            return ""
        of_parent = (seen.config.selector.path_parameters or {})[str(parent.base[-1])]
        path, name = parent.endpoint.path.partition("?")[0], str(parent.base[-1])
        # What other kinds take such values from, and what stands before the value in the path.
        before, value, _ = seen.config.kind.partition(f"/{{{name}}}")
        others = [*self._endpoints(name), *([before] if value and "{" not in before else [])]
        wanted = Wanted(path, of_parent.field, others=tuple(one for one in others if one != path))
        return await self._spelled(wanted, _first_of(parent.endpoint, parent.request))

    def _endpoints(self, name: str) -> list[str]:
        """The paths from which path parameters of a name take their values."""
        given = (one.config.selector.path_parameters or {} for one in self._all)
        paths = (str(one[name].endpoint).partition("?")[0] for one in given if name in one)
        return list(dict.fromkeys(one for one in paths if one != "None" and "{" not in one))

    async def _spelled(self, wanted: Wanted, request: PageRequest | None) -> Remedy:
        if request is None or request.method != "GET":
            return ""
        path, mark, query = wanted.path.partition("?")
        base = str(self._settings.base_url).rstrip("/")
        values = _values_in(path, bare(request.url).removeprefix(base))
        base_path = self._settings.base_url.path
        items = [item for page in self._lists() for item in page.items[:_LINKING]]
        linked = linked_paths(path, items, base_path, values)
        likely = paths_like(path, base_path, self._known, wanted.made, linked)
        others = list(dict.fromkeys([*wanted.others, *likely]))
        perhaps = ""
        for other in others[:_MOST_PATHS]:
            filled = "/".join(values.get(part, part) for part in other.strip("/").split("/"))
            end = "/" if other.endswith("/") else ""
            body = await self.body(replace(request, url=f"{base}/{filled}{end}"))
            if not isinstance(body, dict | list):
                continue
            if await self._has(body, wanted.expression):
                return Write(other + mark + query, _THERE)
            perhaps = perhaps or other
        return Write(perhaps + mark + query, _THERE) if perhaps else ""

    async def _has(self, body: Json, expression: object) -> bool:
        """Whether an answer has what is looked for in it, or no objects at all."""
        lists = [rows for _, rows in lists_of_objects(body)] or [[body]]
        objects = [row for rows in lists for row in rows if isinstance(row, dict)]
        if not objects or not isinstance(expression, str):
            return True
        found = await values_of(self._session.jq, expression, objects)
        return any(map(is_something, found))

    async def field(
        self, resource: Resource, *, wants_rows: bool = False, name: str = ""
    ) -> tuple[str, Write] | None:
        """The path parameter by another key of whose items a child is there, or has rows.

        Beside it what to write. ``name``: that parameter and no other.
        """
        walked = _of_one_list(resource)
        pages = self._lists_of(walked[0]) if walked else []
        items = [item for page in pages for item in page.items]
        for one in walked:
            if name and one.name != name:
                continue
            others = {other.name: plain_path(other.field) for other in walked if other is not one}
            child = _Child(resource, one.name, others, plain_path(one.field))
            found = await self._value(child, items, wants_rows=wants_rows)
            if found:
                path, value = found
                told = "for {!r} there are items" if wants_rows else "{!r} answers 200"
                return one.name, Write(written(path), told.format(value))
        return None

    async def other_parent(self, resource: Resource) -> Remedy:
        """Another list of the mapping by a value of whose items the child is there."""
        walked = _of_one_list(resource)
        if len(walked) != 1:
            return ""
        own = self._lists_of(walked[0])
        base = str(self._settings.base_url).rstrip("/")
        others = [one for one in reversed(self._lists()) if one not in own]
        by_path = {bare(one.url).removeprefix(base): one for one in others}
        stem = " ".join(words_of(walked[0].name))
        likeliest = sorted(by_path, key=lambda path: -likeness(stem, path.rpartition("/")[2]))
        for path in likeliest[:_OTHERS]:
            items = list(by_path[path].items)
            if found := await self._value(_Child(resource, walked[0].name), items, most=_KEYS):
                return Write(path, f"{found[1]!r} of its {written(found[0])} answers 200")
        return ""

    def parents(self, seen: Seen, name: str) -> Items:
        """The items that a path parameter's values were looked for in."""
        own = [item for page in seen.pages if page.purpose == "parent" for item in page.items]
        parameters = [one for one in self.resource(seen).parameters if isinstance(one, Parameter)]
        for one in [] if own else parameters:
            if one.name == name and not one.parent.placeholders():
                return [item for page in self._lists_of(one) for item in page.items]
        return own

    async def rows_beside(self, seen: Seen, name: str, expression: str) -> Write | None:
        """The list in the answer of parents whose objects have what a field or filter looks for.

        For parents without a ``data_path``, whose item is the answer itself. Of several lists the
        one by whose values a child is there.
        """
        resource = self.resource(seen)
        one = next((one for one in _of_one_list(resource) if one.name == name), None)
        pages = self._lists_of(one) if one and not one.parent.data_path else []
        if one is None or not pages or not isinstance(pages[0].body, dict):
            return None
        found: list[tuple[tuple[str, ...], int, Json]] = []
        for path, rows in lists_of_objects(pages[0].body):
            objects = [row for row in rows if isinstance(row, dict)]
            values = await values_of(self._session.jq, expression, objects)
            if values and all(map(is_something, values)):
                fields = await values_of(self._session.jq, one.field, objects[:1])
                found.append((path, len(rows), fields[0]))
        is_alone = len(found) == 1 or len(resource.parameters) > 1
        for path, count, value in found:
            if is_alone or await self._is_child(resource, name, value):
                return Write(written(path), f"a list of {count}")
        return None

    async def _is_child(self, resource: Resource, name: str, value: Json) -> bool:
        """Whether a child is there by a value."""
        if not isinstance(value, str | int) or isinstance(value, bool):
            return False
        return await self._child(resource, Binding({name: value})) is not None

    async def _child(self, resource: Resource, binding: Binding) -> Json:
        """What the first request for a child is answered; None for a failure."""
        request = request_for(resource.endpoint, binding, self._settings.base_url)
        first = make_paginator(resource.endpoint.pagination).first(request)
        return await self.body(replace(first, purpose="check"))

    def _lists_of(self, parameter: Parameter) -> list[PageRead]:
        """The pages with the items that a path parameter's values come from."""
        own = request_for(parameter.parent, Binding(), self._settings.base_url)
        whole = httpx.URL(own.url).copy_merge_params(own.params)
        url = httpx.URL(self._session.redacted(str(whole)))
        wanted = set(url.params.multi_items())
        return [
            page
            for page in self._lists()
            if bare(page.url) == bare(str(url))
            and wanted <= set(httpx.URL(page.url).params.multi_items())
        ]

    def _lists(self) -> list[PageRead]:
        """Pages with items; a parent is read once for all its kinds, and may be a kind itself."""
        pages = [page for page in self._pages if page.items]
        return sorted(pages, key=lambda page: page.purpose != "parent")

    async def _value(
        self, child: _Child, items: Items, *, wants_rows: bool = False, most: int = _MOST
    ) -> tuple[tuple[str, ...], Json] | None:
        """A key of the parents' items by whose value a child is there, or has rows."""
        paths = dict.fromkeys(path for item in items[:1] for path in leaves(item, 2))
        ranked = sorted(
            paths, key=lambda one: (one != child.own, not names_identity(one[-1].lower()))
        )
        # The first parent may well have no children.
        wanted = [
            (path, item, value)
            for path in ranked
            for item in items[: _PARENTS if wants_rows else 1]
            if isinstance(value := follow(item, path), str | int) and not isinstance(value, bool)
        ]
        for path, item, value in wanted[: most * (_PARENTS if wants_rows else 1)]:
            beside = {other: follow(item, keys) for other, keys in child.others.items() if keys}
            held = {other: one for other, one in beside.items() if not isinstance(one, Missing)}
            if len(held) < len(child.others):
                continue
            binding = Binding({**held, child.name: value})
            body = await self._child(child.resource, binding)
            has_rows = any(place.rows(body) for place in places(body) if not place.single)
            if has_rows if wants_rows else body is not None:
                return None if path == child.own else (path, value)
        return None


def _first_of(endpoint: Endpoint, request: PageRequest | None) -> PageRequest | None:
    """A request with the parameters of paging too: some APIs answer none without."""
    return make_paginator(endpoint.pagination).first(request) if request else None


def _of_one_list(resource: Resource) -> list[Parameter]:
    """The path parameters, where all take their values from the rows of one list."""
    walked = [one for one in resource.parameters if isinstance(one, Parameter)]
    is_one = len({one.rows_key for one in walked}) == 1 and len(walked) == len(resource.parameters)
    return walked if is_one and not walked[0].parent.placeholders() else []


def _is_blamed(seen: Seen, url: str) -> bool:
    """Whether an error is about a request, whose URL and values it may have cut."""
    for report in (one.report for one in seen.errors):
        begins = report.request.url.partition(_CUT)[0] if report.request else ""
        values = [value for _, value in report.parameters if _CUT not in value]
        if begins and url.startswith(begins) and all(one in unquote(url) for one in values):
            return True
    return False


def _values_in(path: str, sent: str) -> dict[str, str]:
    """The parts of a path with placeholders, and what stood there in a request."""
    parts, texts = path.strip("/").split("/"), sent.strip("/").split("/")
    pairs = zip(parts, texts, strict=True) if len(parts) == len(texts) else ()
    return {part: text for part, text in pairs if "{" in part}


def bare(url: str) -> str:
    """A URL without its query."""
    return url.partition("?")[0]


def is_of_parent(seen: Seen) -> bool:
    """Whether the rows of parents were asked for, and no child was."""
    purposes = {one.purpose for one in seen.exchanges}
    return "parent" in purposes and "page" not in purposes
