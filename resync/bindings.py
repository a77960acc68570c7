"""The bindings of a resource: every combination of the values of its path parameters.

Values come from the items of a parent, which is walked for them, or stand in the mapping.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import cast

from loguru import logger
from msgspec.structs import replace

from jq_engine.sources import paths_read
from json_values import Json, as_text
from paging.extraction import Item
from paging.model import PageRequest
from resync.children import ChildKey, Children, key_of
from resync.completeness import Completeness
from resync.limits import Bounds
from resync.path_parameters import (
    Binding,
    Distinct,
    Endpoint,
    InStep,
    Resource,
    in_step,
    is_full_url,
    ordered,
)
from resync.row_values import Chooser
from resync.services import Services
from resync.shared_walks import Chunk, Walks
from resync.streams import each, merged

AHEAD_BINDINGS = 1000
"""Bindings that wait for a worker."""

Guard = Callable[[AsyncGenerator[Chunk], Completeness, PageRequest, Binding], AsyncGenerator[Chunk]]
"""Passes on what a walk gives, and notes its failure where that is one child's."""


class Bindings:
    """The bindings of a resource; its programs and parents are checked before the first request."""

    def __init__(
        self,
        services: Services,
        resource: Resource,
        bounds: Bounds,
        children: Children,
        guard: Guard,
    ) -> None:
        self._services = services
        self._resource = resource
        self._bounds = bounds
        self._children = children
        self._guard = guard
        self._groups = in_step(ordered(resource))
        self._choosers = {
            group.names: Chooser(group.parameters, services.jq)
            for group in self._groups
            if group.has_rows
        }
        self.parents = {
            name: source
            for group in self._groups
            if group.parent
            for source in [self._parent(group.parent, group)]
            for name in group.names
        }
        endpoints = [resource.endpoint, *(source.endpoint for source in self.sources)]
        self._in_path = frozenset[str]().union(*(one.in_path() for one in endpoints))
        self._chosen = Walks(services.store)

    def __bool__(self) -> bool:
        """Whether there are path parameters at all."""
        return bool(self._groups)

    @property
    def sources(self) -> list[Completeness]:
        """The sources of the parents, each once: several parameters may take from one."""
        return list({id(source): source for source in self.parents.values()}.values())

    def refuse_doubtful(self) -> None:
        """Raise MappingError where rows had no value, or a program fits none of them."""
        for chooser in self._choosers.values():
            chooser.refuse_doubtful()

    async def aclose(self) -> None:
        """Stop choosing values."""
        await self._chosen.aclose()

    def _parent(self, endpoint: Endpoint, group: InStep) -> Completeness:
        first, *others = group.parameters
        if is_full_url(endpoint.path):
            self._services.client.refuse_elsewhere(endpoint.path, first.place("endpoint"))
        # Several rows may have the same value of one parameter, an owner say.
        field = "" if others else first.field
        return self._services.source(endpoint, first.place(), paths_read(field))

    def all(self) -> AsyncGenerator[Binding]:
        """Every binding of the path parameters; one empty one when there are none."""
        bindings = each([Binding()])
        for group in self._groups:
            bindings = self._extended(bindings, group)
        return self._first(bindings) if self._groups else bindings

    async def _first(self, bindings: AsyncGenerator[Binding]) -> AsyncGenerator[Binding]:
        """As many bindings as the limits allow."""
        children = 0
        async with aclosing(bindings):
            async for binding in bindings:
                if self._bounds.end_children(children):
                    return
                children += 1
                yield binding

    def _extended(
        self, bindings: AsyncGenerator[Binding], group: InStep
    ) -> AsyncGenerator[Binding]:
        """Every binding with the values of every further row."""
        return merged(
            bindings,
            lambda binding: self._with_values(binding, group),
            workers=self._services.settings.max_concurrent_requests,
            weigh=lambda _: 1 / AHEAD_BINDINGS,
        )

    async def _with_values(self, binding: Binding, group: InStep) -> AsyncGenerator[Binding]:
        """A binding extended by the values of each row."""
        # Many bindings may need the same values: they are chosen once, then followed.
        if group.parent is None:
            choices = self._chosen.followed(group.names, lambda: self._listed(group))
        else:
            source = self.parents[group.names[0]]
            request = replace(await self._services.request(source, binding), purpose="parent")
            marks = binding.marks(source.endpoint.placeholders())
            followed = self._chosen.followed(
                (group.names, request.key, json.dumps(marks)),
                lambda: self._choices(group, request, marks),
            )
            # A parent that needs another parent's value is a child itself: it may be gone.
            choices = self._guard(followed, source, request, binding)
        has_values = False
        async with aclosing(choices):
            async for choices_of_page, _ in choices:
                for choice in choices_of_page:
                    # As ``_choices`` has stored it.
                    values = cast("list[Json]", choice["values"])
                    parent = cast("Item | None", choice["parent"])
                    has_values = True
                    yield binding.bound(group.names, values, parent)
        if not has_values and group.parent is not None:
            self._children.note_no_values(child_key(self.parents[group.names[0]], binding))

    async def _choices(
        self, group: InStep, request: PageRequest, marks: Item
    ) -> AsyncGenerator[list[Item]]:
        """The distinct values of one parent's items; ``marks`` are the values it needs itself."""
        source = self.parents[group.names[0]]
        distinct = Distinct(group.names, self._in_path)
        pages = self._services.parents.pages(source, request, self._bounds.limits)
        async with aclosing(pages):
            async for items, _ in pages:
                # A parent walked for another resource was counted there.
                source.has_rows = source.has_rows or bool(items)
                rows = [{**item, **marks} for item in items] if marks else items
                yield await self._chosen_of(group, rows, distinct)
                # Pages kept from before come without a wait: others want the loop too.
                await asyncio.sleep(0)
        self._warn_of_skipped(group, distinct.skipped)

    async def _listed(self, group: InStep) -> AsyncGenerator[list[Item]]:
        """The distinct values that stand in the mapping."""
        distinct = Distinct(group.names, self._in_path)
        if group.has_rows:
            rows = [row for row in group.listed if isinstance(row, dict)]
            yield await self._chosen_of(group, rows, distinct)
        else:
            values = [value for value in group.listed if distinct.admits(value)]
            yield [{"values": [value], "parent": None} for value in values]
        self._warn_of_skipped(group, distinct.skipped)

    async def _chosen_of(
        self, group: InStep, rows: Sequence[Item], distinct: Distinct
    ) -> list[Item]:
        """The new values of some rows, each with its row if the mapping wants it."""
        wants_parent = self._resource.mentions_parent
        return [
            {"values": list(values), "parent": row if wants_parent else None}
            for row, values in await self._choosers[group.names].values(rows)
            if distinct.admits(*values)
        ]

    def _warn_of_skipped(self, group: InStep, skipped: int) -> None:
        if skipped:
            logger.warning(
                "{}: skipped {} values of path_parameters.{} that cannot be a path segment:"
                " '', '.' or '..'",
                self._resource.kind,
                skipped,
                " and ".join(group.names),
            )


def child_key(source: Completeness, binding: Binding) -> ChildKey:
    """What tells a child from others, in this reading and in a later one: its values."""
    names = sorted(source.endpoint.placeholders() & binding.values.keys())
    return key_of(str(source.where), *(as_text(binding.values[name]) for name in names))
