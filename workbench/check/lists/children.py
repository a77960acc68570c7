"""Children of path parameters' values: by which other value, or list, one is there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Final
from urllib.parse import unquote

import httpx
from msgspec.structs import replace

from framework.mapped_items import Items
from jq_engine.paths import plain_path
from json_values import Json, Missing, follow
from pagination import make_paginator
from resync.path_parameters import Binding, Endpoint, Parameter, Resource, request_for
from transport.observer import Exchange, PageRead
from workbench.check.asking.absence import MADE_UP
from workbench.check.asking.nearby import Nearby, Target
from workbench.check.asking.reading import Seen
from workbench.check.asking.sent import Sent, bare, values_in
from workbench.check.files.documents import yaml_of
from workbench.check.findings import Path, Remedy, Told, Write, likeness
from workbench.check.guesses.expressions import (
    is_something,
    leaves,
    lists_of_objects,
    values_of,
    written,
)
from workbench.suggest.fields import columns
from workbench.suggest.items import places
from workbench.suggest.refused import sorts_of
from workbench.suggest.vocabulary import names_identity, words_of

_MOST: Final = 8  # keys by whose values a child is looked for
_OTHERS: Final = 2  # lists that may be the parents' in place of one
_PARENTS: Final = 3  # parents whose children are looked for
_KEYS: Final = 3  # keys of their items that are tried
_ASKED: Final = 8  # children that show what the refused ones have in common
_FORETOLD: Final = 2  # of those that should be refused as well
_LIKE: Final = 0.7  # likeness of a key and the one that was meant
_BRACED: Final = re.compile(r"\{(\w+)\}")
_MOST_ORDERS: Final = 5  # of placeholders


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


class Children:
    """Asks for the children of other values.

    The rows of a path parameter that hang on another one are children too.
    """

    def __init__(self, near: Nearby) -> None:
        self.near = near

    def asked_for(self, seen: Seen) -> Resource:
        """What was asked for last: the resource, or the rows of one of its path parameters."""
        resource = self.near.resource(seen)
        parent = self.near.parent(seen) if seen.is_of_parent else None
        return _rows_of(resource, str(parent.base[-1])) if parent else resource

    def statuses(self, seen: Seen) -> set[int | None]:
        """Those of what was asked for last."""
        return {one.status for one in seen.exchanges if self._is_last(seen, one)}

    def pages(self, seen: Seen) -> list[PageRead]:
        """Those of what was asked for last."""
        return [one for one in seen.pages if self._is_last(seen, one)]

    def _is_last(self, seen: Seen, one: Exchange | PageRead) -> bool:
        if not seen.is_of_parent:
            return one.purpose == "page"
        parent = self.near.parent(seen)
        name = parent.base[-1] if parent else ""
        return any(self.near.is_at(of, bare(one.url)) for of in self._walked(seen, str(name)))

    def _walked(self, seen: Seen, name: str) -> list[Parameter]:
        """The path parameter of that name, if its values come from a list."""
        own = [one for one in self.near.resource(seen).parameters if one.name == name]
        return [one for one in own if isinstance(one, Parameter)]

    def first_by(self, seen: Seen, name: str) -> Resource:
        """What a path parameter's values are first asked for: other rows, or the resource."""
        resource = self.near.resource(seen)
        for one in resource.parameters:
            if isinstance(one, Parameter) and name in one.parent.placeholders():
                return _rows_of(resource, one.name)
        return resource

    async def field(
        self, resource: Resource, *, wants_rows: bool = False, name: str = ""
    ) -> tuple[str, Write] | None:
        """The path parameter by another key of whose items a child is there, or has rows.

        Beside it what to write. ``name``: that parameter and no other.
        """
        walked = _of_one_list(resource)
        used = resource.endpoint.placeholders()
        parameters = [one for one in resource.parameters if one.name in used]
        for one in walked or [one for one in parameters if isinstance(one, Parameter)]:
            if name and one.name != name:
                continue
            others: dict[str, tuple[str, ...] | None] = {
                other.name: plain_path(other.field) if walked else (f"__{other.name}",)
                for other in walked or parameters
                if other is not one
            }
            child = _Child(resource, one.name, others, plain_path(one.field))
            found = await self._value(child, self._rows(one), wants_rows=wants_rows)
            if found:
                path, value = found
                told = "for {!r} there are items" if wants_rows else "{!r} answers 200"
                return one.name, Write(written(path), told.format(value))
        return None

    async def filter_for(self, resource: Resource) -> tuple[str, Write] | None:
        """The filter that leaves out the parents whose children are refused, and no others.

        It has foretold what is answered for those that were not asked for, where there are any.
        """
        used = resource.endpoint.placeholders()
        walked = [one for one in resource.parameters if isinstance(one, Parameter)]
        own = [one for one in walked if one.name in used]
        if len(own) != 1 or len(used) != 1:
            return None
        rows = self._rows(own[0])
        passed = await values_of(self.near.jq, own[0].filter, rows)
        rows = [row for row, value in zip(rows, passed, strict=True) if value is True]
        fields = await values_of(self.near.jq, own[0].field, rows)
        asked = list(zip(rows, fields, strict=True))
        first = [(row, await self.is_child(resource, own[0].name, v)) for row, v in asked[:_ASKED]]
        for sort in sorts_of(columns(rows), rows):
            good = {str(sort.of(row)) for row, is_there in first if is_there}
            bad = {str(sort.of(row)): sort.of(row) for row, is_there in first if not is_there}
            refused = [row for row, is_there in first if not is_there]
            is_shown = len(first) - len(refused) > 1 and (sort.by_value or len(refused) > 1)
            if not is_shown or len(bad) != 1 or good & bad.keys():
                continue
            rest = [value for row, value in asked[_ASKED:] if str(sort.of(row)) in bad]
            if any([await self.is_child(resource, own[0].name, v) for v in rest[:_FORETOLD]]):
                continue
            text = sort.without(next(iter(bad.values())))
            whole = text if own[0].filter == "true" else f"({own[0].filter}) and ({text})"
            return own[0].name, Write(whole, "just those children are answered")
        return None

    async def unlike_another(self, seen: Seen) -> tuple[Path, Remedy] | None:
        """What a list of parents lacks that another request for its path sends, and where.

        By a row of that answer a child is there.
        """
        walked = [one for one in self.near.resource(seen).parameters if isinstance(one, Parameter)]
        for one in walked:
            target, first = self.near.listed(one), self.first_by(seen, one.name)
            if target is None or first.endpoint.placeholders() != {one.name}:
                continue
            own, path = self.near.sent(seen, target), bare(one.parent.path).strip("/")
            for more in [_lacking(by.sent, own) for by in self.near.asking if by.path == path]:
                if more and await self._has_child(first, one, target, more):
                    values = {
                        (*target.base, *sent.where[:1], sent.name): sent.value for sent in more
                    }
                    pairs = yaml_of({sent.name: sent.value for sent in more})
                    told = f"write {pairs} in query_params, as another request for {path} has it"
                    told += ": by its items there are children"
                    return (*target.base, "query_params"), Told(told, values)
        return None

    async def _has_child(
        self, first: Resource, one: Parameter, target: Target, more: Sequence[Sent]
    ) -> bool:
        """Whether a child is there by a row of parents that are asked for with more parameters."""
        request = target.first
        for sent in more if request else ():
            request = request and request.put(sent.name, str(sent.value), "query")
        rows = await self.rows_in(one.parent, await self.near.body(request) if request else None)
        objects = [row for row in rows if isinstance(row, dict)]
        text = f"select({one.filter}) | {one.field}"
        values = [value for value in await values_of(self.near.jq, text, objects) if value]
        return any([await self.is_child(first, one.name, value) for value in values[:_PARENTS]])

    async def other_parent(self, resource: Resource) -> tuple[str, Write] | None:
        """Another list of the mapping by a value of whose items the child is there.

        For the path parameter that hangs on no other, or for the last one, of lists below the same.
        """
        used = resource.endpoint.placeholders()
        walked = [one for one in resource.parameters if isinstance(one, Parameter)]
        own = [one for one in walked if one.name in used][-1:]
        for one in own:
            others = {name: (f"__{name}",) for name in used - {one.name}}
            stem = " ".join(words_of(one.name))
            likeliest = sorted(
                self._templates(one), key=lambda path: -likeness(stem, path.rpartition("/")[2])
            )
            for path in likeliest[:_OTHERS]:
                items = self._rows(_listing(one, path))
                child = _Child(resource, one.name, others)
                if found := await self._value(child, items, most=_KEYS):
                    told = f"{found[1]!r} of its {written(found[0])} answers 200"
                    return one.name, Write(path, told)
        return None

    def _templates(self, parameter: Parameter) -> list[str]:
        """The paths of other lists that were read, with the same placeholders."""
        own = parameter.parent.path.partition("?")[0]
        wanted = parameter.parent.in_path()
        return [
            path
            for path in (*self.near.known.paths, *self.near.known.templates)
            if path.strip("/") != own.strip("/")
            and set(_BRACED.findall(path)) == wanted
            and self._rows(_listing(parameter, path))
        ]

    async def in_order(self, resource: Resource) -> Remedy:
        """The path with its placeholders in another order, in which a child is there."""
        path, mark, query = resource.endpoint.path.partition("?")
        names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
        own = {one.name: one for one in resource.parameters if isinstance(one, Parameter)}
        is_whole = path.count("{") == len(names)  # none within a part of the path
        if not names[1:] or not is_whole or not set(names) <= own.keys():
            return ""
        values = await self._in_a_row(resource, [own[name] for name in names])
        template = "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
        for order in list(permutations(names))[1 : _MOST_ORDERS + 1] if values else ():
            other = template.format(*(f"{{{name}}}" for name in order)) + mark + query
            endpoint = replace(resource.endpoint, path=other)
            if await self._child(replace(resource, endpoint=endpoint), Binding(values)) is not None:
                return Write(other, "it answers 200")
        return ""

    async def _in_a_row(
        self, resource: Resource, parameters: Sequence[Parameter]
    ) -> dict[str, Json]:
        """A value for each path parameter that hangs together; nothing where there is none."""
        deepest = max(parameters, key=lambda one: len(_rows_of(resource, one.name).parameters))
        rows = self._rows(deepest)[:1]
        found: dict[str, Json] = {}
        for one in parameters:
            held = [row.get(f"__{one.name}") for row in rows]
            values = held if any(held) else await values_of(self.near.jq, one.field, rows)
            if any(map(is_something, values)):
                found[one.name] = values[0]
        return found if len(found) == len(parameters) else {}

    def _rows(self, parameter: Parameter) -> Items:
        """The items that a path parameter's values come from, with the values in their URLs."""
        return [
            {**self._held_by(parameter.parent, page.url), **item}
            for page in self._lists_of(parameter)
            for item in page.items
        ]

    def _held_by(self, endpoint: Endpoint, url: str) -> dict[str, Json]:
        """The values in the URL of parents' rows, in its path or its query, as marks of those."""
        path, _, query = endpoint.path.partition("?")
        own = bare(url).removeprefix(str(self.near.settings.base_url).rstrip("/"))
        held = [(part, unquote(one)) for part, one in values_in(path, own).items()]
        sent = {**dict(httpx.QueryParams(query)), **endpoint.query_params}
        params = httpx.URL(url).params
        held += [(str(part), params[key]) for key, part in sent.items() if key in params]
        return {f"__{part.strip('{}')}": one for part, one in held if _BRACED.fullmatch(part)}

    def parents(self, seen: Seen, name: str) -> Items:
        """The items that a path parameter's values were looked for in."""
        return [item for one in self._walked(seen, name) for item in self._rows(one)]

    def pages_of(self, seen: Seen, name: str) -> list[PageRead]:
        """The pages with them."""
        pages = (self._lists_of(one) for one in self._walked(seen, name))
        return list({page.url: page for some in pages for page in some}.values())

    async def rows_beside(self, seen: Seen, name: str, expression: str) -> Write | None:
        """The list in the answer of parents whose objects have what a field or filter looks for.

        For parents without a ``data_path``, whose item is the answer itself. Of several lists the
        one by whose values a child is there.
        """
        resource = self.near.resource(seen)
        one = next((one for one in _of_one_list(resource) if one.name == name), None)
        pages = self._lists_of(one) if one and not one.parent.data_path else []
        if one is None or not pages or not isinstance(pages[0].body, dict):
            return None
        found: list[tuple[tuple[str, ...], int, Json]] = []
        for path, rows in lists_of_objects(pages[0].body):
            objects = [row for row in rows if isinstance(row, dict)]
            values = await values_of(self.near.jq, expression, objects)
            if values and all(map(is_something, values)):
                fields = await values_of(self.near.jq, one.field, objects[:1])
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
        request = request_for(resource.endpoint, binding, self.near.settings.base_url)
        first = make_paginator(resource.endpoint.pagination).first(request)
        return await self.near.body(replace(first, purpose="check"))

    def _lists_of(self, parameter: Parameter) -> list[PageRead]:
        """The pages with the items that a path parameter's values come from."""
        if parameter.parent.placeholders():
            return [
                page for page in self.near.lists() if self.near.is_at(parameter, bare(page.url))
            ]
        own = request_for(parameter.parent, Binding(), self.near.settings.base_url)
        whole = httpx.URL(own.url).copy_merge_params(own.params)
        url = httpx.URL(self.near.redacted(str(whole)))
        wanted, path = set(url.params.multi_items()), bare(parameter.parent.path).strip("/")
        # What others ask for at the same path, with parameters of their own, is another list.
        others = {sent.name for by in self.near.asking if by.path == path for sent in by.sent}
        found = [
            page
            for page in self.near.lists()
            if bare(page.url) == bare(str(url))
            and wanted <= (sent := set(httpx.URL(page.url).params.multi_items()))
            and others.isdisjoint(name for name, _ in sent - wanted)
        ]
        # A kind may read other rows of the same answer.
        return [page for page in found if page.purpose == "parent"] or found

    async def _value(
        self, child: _Child, items: Items, *, wants_rows: bool = False, most: int = _MOST
    ) -> tuple[tuple[str, ...], Json] | None:
        """A key of the parents' items by whose value a child is there, or has rows."""
        paths = dict.fromkeys(path for item in items[:1] for path in leaves(item, 2))
        ranked = sorted(paths, key=lambda one: (one != child.own, *_unlikely(one, child)))
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
            is_there = body is not None
            rows = await self.rows_in(child.resource.endpoint, body) if wants_rows else []
            if not rows and (wants_rows or not is_there):
                continue
            made_up = Binding({**held, child.name: MADE_UP})
            is_any = not wants_rows and await self._child(child.resource, made_up) is not None
            # Where anything is answered, an answer says nothing.
            return None if path == child.own or is_any else (path, value)
        return None

    async def rows_in(self, endpoint: Endpoint, body: Json) -> Sequence[Json]:
        """The rows of an answer, where they are looked for; else of any list in it."""
        bodies = [body] if isinstance(body, dict) else []
        found = await values_of(self.near.jq, endpoint.data_path or ".", bodies)
        if found and isinstance(found[0], list):
            return found[0]
        lists = (place.rows(body) or [] for place in places(body) if not place.single)
        return max(lists, key=len, default=[])


def _unlikely(path: Sequence[str], child: _Child) -> tuple[bool, bool]:
    """How little a key is called as the one that is read, or as what tells items apart."""
    own = ".".join(child.own or ())
    is_like = likeness(".".join(path).lower(), own.lower()) >= _LIKE
    return not is_like, not names_identity(path[-1].lower())


def _lacking(sent: Sequence[Sent], own: Sequence[Sent]) -> list[Sent]:
    """The parameters that one request sends, and another one does not, whatever their values."""
    added = [one.added for one in sent if one.is_text and not any(map(one.is_like, own))]
    return [one for one in added if one.part == "query_params"]


def _listing(parameter: Parameter, path: str) -> Parameter:
    """A path parameter with the rows of another list."""
    return replace(parameter, parent=Endpoint(path, pagination=parameter.parent.pagination))


def _rows_of(resource: Resource, name: str) -> Resource:
    """The rows of a path parameter as a resource of their own, with the parameters they need."""
    walked = {one.name: one for one in resource.parameters}
    parameter = walked[name]
    if not isinstance(parameter, Parameter):
        return resource
    needed, endpoint = set(parameter.parent.placeholders()), parameter.parent
    for _ in walked:
        held = [walked[one] for one in needed if one in walked]
        needed.update(*(one.parent.placeholders() for one in held if isinstance(one, Parameter)))
    own = tuple(one for one in resource.parameters if one.name in needed)
    return Resource(endpoint.path, endpoint, own)


def _of_one_list(resource: Resource) -> list[Parameter]:
    """The path parameters, where all take their values from the rows of one list."""
    walked = [one for one in resource.parameters if isinstance(one, Parameter)]
    is_one = len({one.rows_key for one in walked}) == 1 and len(walked) == len(resource.parameters)
    return walked if is_one and not walked[0].parent.placeholders() else []
