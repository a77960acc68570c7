"""The walk over one resource: a child for each binding of its path parameters, side by side.

A resource without parameters has exactly one, empty binding. Everything that would let a resync end
with fewer items and no error is counted here, and raised at the end of the resource.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Container, Hashable, Sequence
from contextlib import aclosing
from typing import cast

from loguru import logger
from msgspec import Struct, field
from msgspec.structs import replace

from client import ApiClient
from errors import CredentialsError, MappingError, OceanCustomError, Part, ResponseError
from jq_engine.paths import plain_path
from jq_engine.programs import Jq
from json_values import Json, as_text, escaped
from pagination import make_paginator
from paging.extraction import Extractor, Item
from paging.limits import Bounds
from paging.model import PageRequest
from resync.children import Absent, Children, key_of, name_of
from resync.completeness import Completeness, Doubt
from resync.computed_values import completed
from resync.edge_check import EdgeCheck
from resync.item_store import ItemStore
from resync.path_parameters import (
    Binding,
    Distinct,
    Endpoint,
    InStep,
    Resource,
    in_step,
    is_full_url,
    ordered,
    request_for,
)
from resync.row_values import Chooser
from resync.shared_walks import Chunk, Parents, Walks, list_key
from resync.streams import cancelled, each, merged
from resync.walk import Walker
from settings import Settings

# What may wait between the API and Ocean, beside one page a worker.
AHEAD_ITEMS = 1000
AHEAD_BYTES = 32 * 1024 * 1024
AHEAD_BINDINGS = 1000


class Services(Struct, frozen=True):
    """What the walks of one resync share: connections, programs, and what was read by now."""

    settings: Settings
    started_at: float
    jq: Jq
    client: ApiClient
    walker: Walker
    store: ItemStore
    parents: Parents

    def redacted(self, text: str) -> str:
        """A text of an error without secrets, on one line."""
        return escaped(self.client.redact(text))


class LeftOpen(Struct, frozen=True):
    """What a reading left open: why it may have missed items, and the children not found.

    ``complaint``: what a second reading found, after which nothing may be deleted.
    """

    doubts: frozenset[Doubt] = frozenset()
    absent: Absent = field(default_factory=Absent)
    complaint: MappingError | None = None

    @property
    def only(self) -> frozenset[bytes] | None:
        """The children that are enough to read again; None when all have to be."""
        is_enough = self.doubts <= {Doubt.GONE, Doubt.SAID_EMPTY} and not self.absent.of_parent
        return self.absent.keys | self.absent.empty if is_enough else None


class ResourceWalk:
    """The walk over one resource: everything is checked before the first request."""

    def __init__(
        self,
        services: Services,
        resource: Resource,
        again: LeftOpen | None,
        bounds: Bounds,
        shared_lists: Container[Hashable] = (),
    ) -> None:
        self._services = services
        self._resource = resource
        self._bounds = bounds
        self._again = again
        self._only = again.only if again else None
        self._children = Children(resource.kind, again.absent if again else None)
        self._parameters = in_step(ordered(resource))
        self._choosers = {
            group.names: Chooser(group.parameters, services.jq)
            for group in self._parameters
            if group.has_rows
        }
        self._parents = {
            name: source
            for group in self._parameters
            if group.parent
            for source in [self._parent(group.parent, group)]
            for name in group.names
        }
        selector = Part(("selector",))
        self._target = self._source(resource.endpoint, selector, resource.identifier)
        self._in_path = frozenset[str]().union(*(one.endpoint.in_path() for one in self._sources))
        self._chosen = Walks(services.store)
        self._has_items = False
        self._shared_list = self._list_shared(shared_lists)
        # Of a list that others may take, the walk itself checks the edges.
        checked = [one for one in self._parent_sources if one.endpoint.placeholders()]
        checked += [] if self._shared_list else [self._target]
        self._edges = [EdgeCheck(services.walker, source) for source in checked]

    def _list_shared(self, shared_lists: Container[Hashable]) -> PageRequest | None:
        """The request of a resource whose list has the items of a parent, of any resource."""
        if self._parameters:
            return None
        request = request_for(self._target.endpoint, Binding(), self._services.settings.base_url)
        return request if list_key(self._target.endpoint, request) in shared_lists else None

    def _source(self, endpoint: Endpoint, where: Part, identifier: tuple[str, ...]) -> Completeness:
        """What is read of an endpoint that stands at a place of the mapping."""
        data_path = Part((*where.path, "data_path"))
        extractor = Extractor(endpoint.data_path, data_path, self._services.jq)
        paginator = make_paginator(endpoint.pagination)
        return Completeness(endpoint, where, paginator, extractor, identifier)

    def _parent(self, endpoint: Endpoint, group: InStep) -> Completeness:
        first, *others = group.parameters
        if is_full_url(endpoint.path):
            self._services.client.refuse_elsewhere(endpoint.path, first.place("endpoint"))
        # Several rows may have the same value of one parameter, an owner say.
        field = "" if others else first.field
        return self._source(endpoint, first.place(), plain_path(field) or ())

    @property
    def _parent_sources(self) -> list[Completeness]:
        """The sources of the parents, each once: several parameters may take from one."""
        return list({id(source): source for source in self._parents.values()}.values())

    @property
    def _sources(self) -> list[Completeness]:
        return [*self._parent_sources, self._target]

    @property
    def children(self) -> int | None:
        """How many children were begun; None where the resource has no path parameters."""
        return self._target.walks if self._parameters else None

    @property
    def skipped(self) -> int:
        """How many children answered that they are gone, and were left out."""
        return len(self._children.gone.keys)

    @property
    def why(self) -> str:
        """Why the lists ended."""
        return self._target.why

    @property
    def doubts(self) -> frozenset[Doubt]:
        """Why this walk, now that it is over, may have missed items."""
        doubts = {doubt for source in self._sources for doubt in source.doubts}
        if not self._has_items:
            doubts.add(Doubt.EMPTY)
        return frozenset(doubts | self._children.doubts)

    @property
    def left(self) -> LeftOpen:
        """What this walk, now that it is over, left open."""
        absent = self._children.absent(self._target.walks, has_rows=self._target.has_rows)
        complaint = self._children.complaint(absent) or self._absent_twice()
        if complaint:
            complaint = complaint.about(kind=self._resource.kind).redacted(self._services.redacted)
        return LeftOpen(self.doubts, absent, complaint)

    def _absent_twice(self) -> MappingError | None:
        """What to say when two readings found nothing where ``data_path`` leads, and no list."""
        if not self._again or Doubt.ABSENT not in self._again.doubts & self.doubts:
            return None
        return MappingError(
            "no answer had anything where data_path leads, nor a list, and entities would be"
            " deleted",
            remedy="correct data_path, or tell it what an answer without items looks like:"
            " 'if . == {} then [] else .items end'",
        )

    async def chunks(self) -> AsyncGenerator[Chunk]:
        """The items of every page of every child; raises at the end what left the walk in doubt."""
        items = 0
        pages = merged(
            self._bindings(),
            self._child,
            workers=self._services.settings.max_concurrent_requests,
            weigh=lambda chunk: max(len(chunk[0]) / AHEAD_ITEMS, chunk[1] / AHEAD_BYTES),
        )
        try:
            async with aclosing(pages):
                async for chunk in pages:
                    for edge in self._edges:
                        edge.check()
                    cut = self._cut(chunk, items)
                    items += len(cut[0])
                    yield cut
                    if self._bounds.end_items(items):
                        break
            self._note_cut()
            self._refuse_doubtful_end()
            for edge in self._edges:
                await edge.settle()
        finally:
            await cancelled([edge.task for edge in self._edges if edge.task])
            await self._chosen.aclose()
            for source in self._sources:
                source.forget_pages()
        self._has_items = items > 0

    def _cut(self, chunk: Chunk, items: int) -> Chunk:
        """A chunk that comes after ``items`` items, cut at the limit."""
        most = self._bounds.limits.items
        if most is None or not self._bounds.end_items(items + len(chunk[0])):
            return chunk
        return chunk[0][: most - items], chunk[1]

    def _note_cut(self) -> None:
        """Tell every list when a limit ended one: what was left out may prove more of each."""
        if self._bounds.truncated or any(source.is_cut for source in self._sources):
            for source in self._sources:
                source.doubts.add(Doubt.TRUNCATED)

    def _refuse_doubtful_end(self) -> None:
        children = self._children
        walks = [source.walks for source in self._sources if source.endpoint.placeholders()]
        children.refuse_failures(sum(walks))
        for chooser in self._choosers.values():
            chooser.refuse_doubtful()
        for source in self._sources:
            if warning := source.refuse_fruitless():
                logger.warning("{}: {}", self._resource.kind, warning)
        if children.empty_note:
            logger.info(children.empty_note)
        if children.gone_warning:
            logger.warning(children.gone_warning)

    async def _child(self, binding: Binding) -> AsyncGenerator[Chunk]:
        """The chunks of one child."""
        if self._only is not None and _child_key(self._target, binding) not in self._only:
            return
        request = await self._request(self._target, binding)
        if self._shared_list is not None:
            kept = self._services.parents.pages(self._target, request, self._bounds.limits)
            async with aclosing(self._guarded(kept, self._target, request, binding)) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        walk = self._services.walker.walk(request, self._target, self._bounds)
        pages = self._guarded(walk, self._target, request, binding)
        async with aclosing(pages):
            async for fetched in pages:
                yield [binding.enriched(item) for item in fetched.extracted.items], fetched.size

    async def _guarded[Fetch](
        self,
        pages: AsyncGenerator[Fetch],
        source: Completeness,
        request: PageRequest,
        binding: Binding,
    ) -> AsyncGenerator[Fetch]:
        """The pages of one walk; a child's failure is noted, and its siblings go on."""
        source.walks += 1
        begun = False
        try:
            async with aclosing(pages):
                async for page in pages:
                    begun = True
                    yield page
        except CredentialsError:
            raise
        except OceanCustomError as error:
            self._note(error, source, request, binding, begun=begun)

    def _note(
        self,
        error: OceanCustomError,
        source: Completeness,
        request: PageRequest,
        binding: Binding,
        *,
        begun: bool,
    ) -> None:
        """Note what a walk ended with; raises it when the walk needs no value, so is no child.

        A child of a parent's value may be gone with it; values in the mapping do not go away.
        """
        needs = source.endpoint.placeholders() & binding.values.keys()
        refusal = error if isinstance(error, ResponseError) and not begun else None
        key = _child_key(source, binding)
        is_parent = source is not self._target
        if refusal and source.endpoint.means_empty(refusal):
            self._children.note_empty(key, refusal.status, of_parent=is_parent)
            return
        if not needs:
            raise error
        base = str(self._services.settings.base_url).rstrip("/")
        # Other braces in the query or the body are no parameters.
        outside = sorted(source.endpoint.outside_path() & binding.values.keys())
        texts = {name: as_text(binding.values[name]) for name in outside}
        name = name_of(request.url.removeprefix(base), texts)
        error.about(parameters=tuple(texts.items()))
        if refusal and refusal.gone and needs & self._parents.keys():
            self._children.note_gone(key, name, refusal, of_parent=is_parent)
        else:
            self._children.note_failure(key, name, error)

    # --- path parameters ---------------------------------------------------------------

    def _bindings(self) -> AsyncGenerator[Binding]:
        """Every binding of the path parameters; one empty one when there are none."""
        bindings = each([Binding()])
        for group in self._parameters:
            bindings = self._extended(bindings, group)
        return self._first(bindings) if self._parameters else bindings

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
            source = self._parents[group.names[0]]
            request = replace(await self._request(source, binding), purpose="parent")
            marks = binding.marks(source.endpoint.placeholders())
            followed = self._chosen.followed(
                (group.names, request.key, json.dumps(marks)),
                lambda: self._choices(group, request, marks),
            )
            # A parent that needs another parent's value is a child itself: it may be gone.
            choices = self._guarded(followed, source, request, binding)
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
            self._children.note_no_values(_child_key(self._parents[group.names[0]], binding))

    async def _request(self, source: Completeness, binding: Binding) -> PageRequest:
        """The request of an endpoint for one binding, with all that it computes."""
        services = self._services
        endpoint = await completed(
            source.endpoint, binding, services.started_at, services.jq, where=source.where
        )
        return request_for(endpoint, binding, services.settings.base_url)

    async def _choices(
        self, group: InStep, request: PageRequest, marks: Item
    ) -> AsyncGenerator[list[Item]]:
        """The distinct values of one parent's items; ``marks`` are the values it needs itself."""
        source = self._parents[group.names[0]]
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


def _child_key(source: Completeness, binding: Binding) -> bytes:
    """What tells a child from others, in this reading and in a later one: its values."""
    names = sorted(source.endpoint.placeholders() & binding.values.keys())
    return key_of(str(source.where), *(as_text(binding.values[name]) for name in names))
