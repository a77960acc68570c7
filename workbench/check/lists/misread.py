"""Expressions that stop a reading: where rows are, and what path parameters take from them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Final

from errors import Fault, OceanCustomError, Part
from framework.mapped_items import Items
from jq_engine.paths import plain_path
from json_values import Found, Json, follow, keys_of
from workbench.check.asking.nearby import Target
from workbench.check.asking.reading import Seen
from workbench.check.asking.sent import bare
from workbench.check.files.programs import place_in
from workbench.check.findings import Finding, Path, Remedy, Write, likeness
from workbench.check.guesses.expressions import (
    better,
    has_path,
    leaves,
    lists_of_objects,
    paths_in,
    rows_of,
    values_of,
    written,
)
from workbench.check.items.comparisons import compared, held_at
from workbench.check.items.identifiers import within
from workbench.check.items.other_lists import at_list, list_with, list_within, lists_by_key
from workbench.check.lists.children import Children
from workbench.check.lists.formats import rows_as_json
from workbench.check.lists.places import Case, Places
from workbench.check.lists.unsent import Unsent, have

_MOST: Final = 3  # objects whose keys are tried
_LISTS: Final = " | arrays | [.]"
"""Behind an expression: something for every list, the empty one too."""


_OfParents = Callable[[Seen], Awaitable[Remedy]]
"""Finds the path that another place of the mapping has for parents, where there is what is read."""


class Misread:
    """Finds what such an expression was meant to be, on the answers at hand."""

    def __init__(
        self, places: Places, children: Children, unsent: Unsent, named: _OfParents
    ) -> None:
        self._named = named
        self._places = places
        self._near = children.near
        self._children = children
        self._unsent = unsent

    async def finding(self, case: Case) -> Finding:
        """At the expression that an error is about."""
        seen, error = case.seen, case.error
        place = place_in(cause_of(error), seen.document, seen.base)
        path = place[len(seen.base) :]
        if path[-1] in {"field", "filter"}:
            where, remedy = await self._of_parents(seen, path, str(seen.document.at(place)))
            return self._places.at(case, where, remedy)
        about = cause_of(error).place
        is_list = isinstance(about, Part) and about.path[-1] == "data_path"
        if is_list and (other := await self._by_other(seen)):
            return self._places.at(case, *other)
        if is_list and seen.is_of_parent:
            named, own = await self._named(seen), case.target.of_path
            return self._places.at(case, own, named) if named else await self._lists_of_parent(case)
        if is_list and (form := await rows_as_json(self._near, self._near.jq, seen)):
            return self._places.at(case, ("selector", "response_format"), form)
        if not is_list and path[-1] != "selector":
            return self._places.at(case, path, "")
        bodies = [page.body for page in reversed(seen.own_pages)]
        has_list = any(map(lists_of_objects, bodies))
        asked = self._near.own(seen).first
        if not has_list and asked is not None:
            bodies = [await self._near.body(asked), *bodies]
        remedy = await self._mapped(seen, bodies)
        remedy = remedy or _lists(seen.config.selector.data_path or "", bodies)
        return self._places.at(case, ("selector", "data_path"), remedy)

    async def _mapped(self, seen: Seen, bodies: Sequence[Json]) -> Remedy:
        """The list of an answer whose objects have what is mapped; "" for none."""
        empty: Write | None = None
        for body in bodies:
            path, rows = await self._respelled(seen, body)
            if rows and await list_with(self._near.jq, seen.mappings, rows):
                return _list_of(path, rows)
            if found := await list_with(self._near.jq, seen.mappings, body):
                return at_list(*found)
            # Without rows it is a list all the same, where nothing has what is mapped.
            empty = empty or (_list_of(path, rows) if path and not rows else None)
        return empty or ""

    async def _respelled(self, seen: Seen, body: Json) -> tuple[str, Json]:
        """The same expression with a key that leads to a list of the answer, and that; or ""."""
        jq, bodies = self._near.jq, [body] if isinstance(body, dict) else []
        near = await better(jq, (seen.config.selector.data_path or ".") + _LISTS, bodies)
        path = near.expression.removesuffix(_LISTS) if near else ""
        (rows,) = await values_of(jq, path, bodies) if path else [None]
        return path, rows

    async def _by_other(self, seen: Seen) -> tuple[Path, Remedy] | None:
        """The parameter by another name or value of which rows come where they are looked for."""
        target = self._near.target(seen)
        keys = plain_path(target.endpoint.data_path or "")
        if not keys:
            return None
        path = keys

        async def has(body: Json) -> bool:
            return isinstance(follow(body, path), list)

        return await self._unsent.by_other(seen, target, keys, has)

    async def _of_parents(self, seen: Seen, path: Path, expression: str) -> tuple[Path, Remedy]:
        """Where to change what, for a field or a filter that finds nothing in the parents."""
        name = str(path[2])
        items = self._children.parents(seen, name)
        parent = self._near.parent(seen)
        if parent and parent.base[-1] == name and items:
            absent = [one for one in paths_in(expression) if not has_path(items, one)]
            other = await self._children.unlike_another(seen) if absent else None
            if other or (absent and (other := await self._with_key(seen, parent, absent))):
                return other
        rows = await self._children.rows_beside(seen, name, expression)
        rows = rows or await self._by_key(seen, name)
        if rows := rows or self._within(seen, name, expression):
            return (*path[:-1], "data_path"), rows
        return path, await self._instead(seen, path, expression, items)

    async def _by_key(self, seen: Seen, name: str) -> Write | None:
        """The values of an object by whose keys children are there, each with its key."""
        resource = self._children.first_by(seen, name)
        field = str(seen.config.selector.path_parameters[name].field)
        is_alone = len(resource.parameters) == 1
        for page in self._children.pages_of(seen, name)[:1] if is_alone else ():
            for path, rows in islice(lists_by_key(page.body, [field]), _MOST):
                (key,) = await values_of(self._near.jq, field, rows[:1])
                if await self._children.is_child(resource, name, key):
                    return Write(path, f"a list of {len(rows)}")
        return None

    def short(self, case: Case) -> Finding | None:
        """At a data_path of parents that takes whole answers for items; None where it does not."""
        base, seen = case.target.base, case.seen
        if len(base) == 1:
            return None
        name = str(base[-1])
        expression = str(seen.config.selector.path_parameters[name].field)
        found = self._within(seen, name, expression)
        return self._places.at(case, (*base, "data_path"), found) if found else None

    def _within(self, seen: Seen, name: str, expression: str) -> Write | None:
        """The list in items of parents, one a page, whose rows have what is read; None for none."""
        items, pages = self._children.parents(seen, name), self._children.pages_of(seen, name)
        is_read = any(has_path(items, one) for one in paths_in(expression))
        whole = seen.config.selector.path_parameters[name].data_path or "."
        if (
            is_read
            or any(len(one.items) > 1 for one in pages)
            or (whole != "." and not plain_path(whole))
        ):
            return None
        held = list_within(items, expression, name)
        return Write(whole.rstrip(".") + held, "its rows have what is read") if held else None

    async def _with_key(
        self, seen: Seen, parent: Target, absent: Sequence[tuple[str, ...]]
    ) -> tuple[Path, Remedy] | None:
        """The parameter by which the parents have a key, by whose values children are there."""
        resource, name = self._near.resource(seen), str(parent.base[-1])
        field = str(seen.config.selector.path_parameters[name].field)

        async def has(body: Json) -> bool:
            if not have(body, absent):
                return False
            (value,) = await values_of(self._near.jq, field, rows_of(body)[:1])
            is_alone = len(resource.parameters) == 1
            return not is_alone or await self._children.is_child(resource, name, value)

        wanted = [key for path in absent for key in path]
        return await self._unsent.by_other(seen, parent, wanted, has)

    async def _instead(self, seen: Seen, path: Path, expression: str, items: Items) -> Remedy:
        """What to write for a field or a filter of parents; "" where nothing shows it."""
        is_filter, name = path[-1] == "filter", str(path[2])
        resource = self._children.first_by(seen, name)
        if not is_filter and (
            found := await self._children.field(resource, wants_rows=True, name=name)
        ):
            return found[1]
        if near := await better(self._near.jq, expression, items) if items else None:
            return near.of(len(items))
        if not is_filter:
            found = await self._children.field(resource, name=name)
            return found[1] if found else within(items, expression, name)
        path_read = plain_path(expression)
        held: Remedy = held_at(path_read, items) if path_read else ""
        held = held or await compared(self._near.jq, expression, items)
        return held if isinstance(held, Write | tuple) or not held else f"compare it: {held}"

    async def _lists_of_parent(self, case: Case) -> Finding:
        """At the data_path of the rows of parents, whose answer has other lists."""
        seen, target = case.seen, case.target
        own = bare(target.request.url) if target.request else ""
        bodies = [page.body for page in seen.pages if bare(page.url) == own]
        if not bodies and target.request is not None:
            bodies = [await self._near.body(target.request)]
        path = (*target.base, "data_path")
        wanted = seen.at(path) or ""
        return self._places.at(case, path, _lists(str(wanted), bodies))


def cause_of(error: OceanCustomError) -> Fault:
    """What was found first: where ``data_path`` found nothing, no paging can be told."""
    return error.report.beside or error.report.faults[0]


def _list_of(path: str, rows: Found) -> Write:
    return Write(path, f"a list of {len(rows)}" if isinstance(rows, list) else "")


def _lists(wanted: str, bodies: Sequence[Json]) -> Remedy:
    """The lists that an answer has, the one most like ``wanted`` first."""
    for body in bodies:
        lists = lists_of_objects(body)
        if lists and lists[0][0] == ():
            return at_list(".", len(lists[0][1]))
        lists.sort(
            key=lambda one: (-round(likeness(wanted.strip("."), ".".join(one[0])), 1), -len(one[1]))
        )
        if lists:
            first, *others = lists
            also = f"; other lists: {', '.join(written(one[0]) for one in others[:4])}"
            told = f"a list of {len(first[1])}{also if others else ''}"
            return Write(written(first[0]), told)
        paths = [one for one in leaves(body) if isinstance(follow(body, one), list)]
        if len(paths) == 1:  # of texts or numbers
            return _list_of(written(paths[0]), follow(body, paths[0]))
    return f"the answer has {keys_of(bodies[0])}" if bodies and bodies[0] is not None else ""
