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
from workbench.check.paths import known_of
from workbench.check.reading import Seen
from workbench.check.requests import CUT, bare, is_blamed, is_of_parent, values_in
from workbench.check.variants import Sent, Sources, nouns_of, sent_by, sent_by_all
from workbench.suggest.items import places
from workbench.suggest.vocabulary import names_identity, words_of

_MOST: Final = 8  # keys by whose values a child is looked for
_LINKING: Final = 50  # items of a page that are looked into
_OTHERS: Final = 2  # lists that may be the parents' in place of one
_PARENTS: Final = 3  # parents whose children are looked for
_KEYS: Final = 3  # keys of their items that are tried
NOT_FOUND: Final = frozenset({404, 410})


@dataclass(frozen=True)
class Target:
    """One request of a resource: where its fields stand, what it asks for, and how."""

    base: Path
    endpoint: Endpoint
    request: PageRequest | None


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
        self.settings: Settings = session.settings
        self.all = all_seen
        self._pages = [page for one in all_seen for page in one.pages]
        self.jq = session.jq
        self.known = known_of([one.config for one in all_seen])

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
            key=lambda one: (is_blamed(seen, one.url), *read.get(one.url, (False, 0)), one.bytes),
            default=None,
        )
        if sent is not None and sent.method == "POST":
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
        for values in given:
            if set(names) <= {name for name, one in values.items() if CUT not in str(one)}:
                request = request_for(resource.endpoint, Binding(values), self.settings.base_url)
                return replace(request, purpose="check")
        return None

    def parent(self, seen: Seen) -> Target | None:
        """The rows of a path parameter: those that were asked for last.

        Where none were, those of the first one that needs no other.
        """
        asked = [one for one in seen.exchanges if one.purpose == "parent"]
        walked = [one for one in self.resource(seen).parameters if isinstance(one, Parameter)]
        free = [one for one in walked if not one.parent.placeholders()]
        if is_of_parent(seen) and asked and REDACTED not in asked[-1].url:
            url = bare(asked[-1].url)
            chained = [one for one in walked if one not in free and self._is_at(one, url)]
            if chained and asked[-1].method == "GET" and not any(self._is_at(o, url) for o in free):
                return self._target_of(chained[0], self._as_sent(chained[0].parent, asked[-1].url))
            free.sort(key=lambda one: not self._is_at(one, url))
        if not free:
            return None
        request = request_for(free[0].parent, Binding(), self.settings.base_url)
        return self._target_of(free[0], request)

    @staticmethod
    def _target_of(parameter: Parameter, request: PageRequest) -> Target:
        base = ("selector", "path_parameters", parameter.name)
        return Target(base, parameter.parent, replace(request, purpose="check"))

    def _is_at(self, parameter: Parameter, url: str) -> bool:
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
        of_parent = self.parent(seen) if is_of_parent(seen) else None
        own = Target(("selector",), self.resource(seen).endpoint, self.asked(seen))
        return of_parent or own

    def first(self, target: Target) -> PageRequest:
        """The first request for a list, with its parameters of paging; there has to be one."""
        if target.request is None:
            raise ValueError("there is no request to begin with")
        return make_paginator(target.endpoint.pagination).first(target.request)

    def sent(self, seen: Seen, target: Target) -> list[Sent]:
        """What a resource, or at its base a path parameter, puts into its request."""
        selector = seen.config.selector
        if len(target.base) == 1:
            return sent_by(selector, seen.config.kind)
        return sent_by(selector.path_parameters[str(target.base[-1])])

    def sources(self, seen: Seen, said: str = "", wanted: Sequence[str] = ()) -> Sources:
        """Where other names and values come from for a resource's requests."""
        others = sent_by_all([one.config for one in self.all])
        return Sources(said, others, self.items(), tuple(wanted), nouns_of(seen.config))

    def items(self) -> Items:
        """Some of each list that was read."""
        return [item for page in self.lists() for item in page.items[:_LINKING]]

    async def body(self, request: PageRequest) -> Json:
        """What a request is answered; None for a failure."""
        try:
            answer = await self._session.client.send(request)
        except OceanCustomError:
            return None
        return None if tells_failure(answer.body) else answer.body

    async def field(
        self, resource: Resource, *, wants_rows: bool = False, name: str = ""
    ) -> tuple[str, Write] | None:
        """The path parameter by another key of whose items a child is there, or has rows.

        Beside it what to write. ``name``: that parameter and no other.
        """
        walked = _of_one_list(resource)
        for one in walked or [one for one in resource.parameters if isinstance(one, Parameter)]:
            if name and one.name != name:
                continue
            template = one.parent.path.partition("?")[0]
            items = [
                {**self._held_by(template, page.url), **item}
                for page in self._lists_of(one)
                for item in page.items
            ]
            others: dict[str, tuple[str, ...] | None] = {
                other.name: plain_path(other.field) if walked else (f"__{other.name}",)
                for other in walked or resource.parameters
                if other is not one
            }
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
        base = str(self.settings.base_url).rstrip("/")
        others = [one for one in reversed(self.lists()) if one not in own]
        by_path = {bare(one.url).removeprefix(base): one for one in others}
        stem = " ".join(words_of(walked[0].name))
        likeliest = sorted(by_path, key=lambda path: -likeness(stem, path.rpartition("/")[2]))
        for path in likeliest[:_OTHERS]:
            items = list(by_path[path].items)
            if found := await self._value(_Child(resource, walked[0].name), items, most=_KEYS):
                return Write(path, f"{found[1]!r} of its {written(found[0])} answers 200")
        return ""

    def _held_by(self, path: str, url: str) -> dict[str, Json]:
        """The values in the URL of parents' rows, as marks of those."""
        own = bare(url).removeprefix(str(self.settings.base_url).rstrip("/"))
        return {f"__{part.strip('{}')}": unquote(one) for part, one in values_in(path, own).items()}

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
            values = await values_of(self.jq, expression, objects)
            if values and all(map(is_something, values)):
                fields = await values_of(self.jq, one.field, objects[:1])
                found.append((path, len(rows), fields[0]))
        is_alone = len(found) == 1 or len(resource.parameters) > 1
        for path, count, value in found:
            if is_alone or await self.is_child(resource, name, value):
                return Write(written(path), f"a list of {count}")
        return None

    async def is_child(self, resource: Resource, name: str, value: Json) -> bool:
        """Whether a child is there by a value."""
        if not isinstance(value, str | int) or isinstance(value, bool):
            return False
        return await self._child(resource, Binding({name: value})) is not None

    async def _child(self, resource: Resource, binding: Binding) -> Json:
        """What the first request for a child is answered; None for a failure."""
        request = request_for(resource.endpoint, binding, self.settings.base_url)
        first = make_paginator(resource.endpoint.pagination).first(request)
        return await self.body(replace(first, purpose="check"))

    def _lists_of(self, parameter: Parameter) -> list[PageRead]:
        """The pages with the items that a path parameter's values come from."""
        if parameter.parent.placeholders():
            return [page for page in self.lists() if self._is_at(parameter, bare(page.url))]
        own = request_for(parameter.parent, Binding(), self.settings.base_url)
        whole = httpx.URL(own.url).copy_merge_params(own.params)
        url = httpx.URL(self._session.redacted(str(whole)))
        wanted = set(url.params.multi_items())
        return [
            page
            for page in self.lists()
            if bare(page.url) == bare(str(url))
            and wanted <= set(httpx.URL(page.url).params.multi_items())
        ]

    def lists(self) -> list[PageRead]:
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


def _of_one_list(resource: Resource) -> list[Parameter]:
    """The path parameters, where all take their values from the rows of one list."""
    walked = [one for one in resource.parameters if isinstance(one, Parameter)]
    is_one = len({one.rows_key for one in walked}) == 1 and len(walked) == len(resource.parameters)
    return walked if is_one and not walked[0].parent.placeholders() else []
