"""The walk over one resource: a child for each binding of its path parameters, side by side.

A resource without parameters has exactly one, empty binding. Everything that would let a resync end
with fewer items and no error is counted here, and raised at the end of the resource.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Container, Hashable
from contextlib import aclosing

from loguru import logger
from msgspec import Struct, field
from msgspec.structs import replace

from errors import CredentialsError, MappingError, OceanCustomError, Part, ResponseError
from json_values import as_text
from paging.extraction import Item
from paging.model import PageRequest
from resync.bindings import Bindings, child_key
from resync.children import Absent, Children, name_of
from resync.completeness import Completeness, Doubt
from resync.edge_check import EdgeCheck
from resync.limits import Bounds
from resync.path_parameters import (
    Binding,
    Resource,
    request_for,
)
from resync.services import Services
from resync.shared_walks import Chunk, list_key
from resync.streams import cancelled, merged

# What may wait between the API and Ocean, beside one page a worker.
AHEAD_ITEMS = 1000
AHEAD_BYTES = 32 * 1024 * 1024


class LeftOpen(Struct, frozen=True):
    """What a reading left open: why it may have missed items, and the children not found.

    ``missed``: totals of rows that did not come. ``complaint``: what a second reading
    found, after which nothing may be deleted.
    """

    doubts: frozenset[Doubt] = frozenset()
    absent: Absent = field(default_factory=Absent)
    missed: frozenset[int] = frozenset()
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
        self._bindings = Bindings(services, resource, bounds, self._children, self._guarded)
        selector = Part(("selector",))
        self._target = services.source(resource.endpoint, selector, resource.told_by)
        self._has_items = False
        self._said = ""  # by an answer without a list
        self._hollow: list[Item] = []  # that are none where any answer has a list
        self._reopened = frozenset[Hashable]()
        self._shared_list = self._list_shared(shared_lists)
        # Of a list that others may take, the walk itself checks the edges.
        checked = [one for one in self._bindings.sources if one.endpoint.placeholders()]
        checked += [] if self._shared_list else [self._target]
        for source in self._sources if again else []:
            source.learnt = replace(source.learnt, asks_all=True)
        self._edges = [EdgeCheck(services.walker, source) for source in checked]

    def _list_shared(self, shared_lists: Container[Hashable]) -> PageRequest | None:
        """The request of a resource whose list has the items of a parent, of any resource."""
        if self._bindings:
            return None
        request = request_for(self._target.endpoint, Binding(), self._services.settings.base_url)
        return request if list_key(self._target.endpoint, request) in shared_lists else None

    @property
    def _sources(self) -> list[Completeness]:
        return [*self._bindings.sources, self._target]

    @property
    def children(self) -> int | None:
        """How many children were begun; None where the resource has no path parameters."""
        return self._target.walks if self._bindings else None

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
        doubts = {doubt for source in self._sources for doubt in source.left_in_doubt}
        if not self._has_items:
            doubts.add(Doubt.EMPTY)
        return frozenset(doubts | self._children.doubts)

    @property
    def left(self) -> LeftOpen:
        """What this walk, now that it is over, left open."""
        absent = self._children.absent(self._target.walks, has_rows=self._target.has_rows)
        missed = frozenset(total for source in self._sources for total in source.missed)
        complaint = (
            self._children.complaint(absent) or self._absent_twice() or self._missed_twice(missed)
        )
        if complaint:
            complaint = complaint.about(kind=self._resource.kind).redacted(self._services.redacted)
        return LeftOpen(self.doubts, absent, missed, complaint)

    def _absent_twice(self) -> MappingError | None:
        """What to say when two readings found nothing where ``data_path`` leads, and no list."""
        if not self._again or Doubt.ABSENT not in self._again.doubts & self.doubts:
            return None
        return MappingError(
            "found nothing in any answer, nor was there a list, and entities would be deleted; it"
            f" said {self._said}",
            remedy="correct it, or tell it what an answer without items looks like:"
            " 'if . == {} then [] else .items end'",
            where=self._target.extractor.where,
        )

    def _missed_twice(self, missed: frozenset[int]) -> MappingError | None:
        """What to say when a total fell in two readings, from the same number, or no row came.

        Rows that are removed meanwhile let it begin lower the second time.
        """
        again = missed & self._again.missed if self._again else None
        if not again:
            return None
        return MappingError(
            f"each of two readings was told a total of {max(again)}, and got no rows, or was told"
            " of fewer later: the rest may be missing",
            remedy="ask for less by query_params, or tell the API's owner",
        )

    async def chunks(self) -> AsyncGenerator[Chunk]:
        """The items of every page of every child; raises at the end what left the walk in doubt."""
        items = 0
        try:
            async with aclosing(self._children_read()) as pages:
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
            await self._bindings.aclose()
            for source in self._sources:
                source.forget_pages()
        self._has_items = items > 0

    async def _children_read(self) -> AsyncGenerator[Chunk]:
        """What is read of all children, then what follows in lists that were taken for whole."""
        while True:
            pages = merged(
                self._bindings.all(),
                self._child,
                workers=self._services.settings.max_concurrent_requests,
                weigh=lambda chunk: max(len(chunk[0]) / AHEAD_ITEMS, chunk[1] / AHEAD_BYTES),
            )
            async with aclosing(pages):
                async for chunk in pages:
                    yield chunk
            if self._hollow and not self._target.recognition.has_list:
                yield self._hollow, 0
            self._hollow = []
            if reopened := self._target.reopened:
                self._target.taken = {}
            self._reopened = reopened
            self._target.walks -= len(self._reopened)
            if not self._reopened or self._bounds.are_set:
                return

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
        self._bindings.refuse_doubtful()
        for source in self._sources:
            source.refuse_taken()
            if warning := source.refuse_fruitless():
                self._said = repr(self._services.client.quoted(source.last_body))
                logger.warning("{}: {}; it said {}", self._resource.kind, warning, self._said)
        if children.empty_note:
            logger.info(children.empty_note)
        if children.gone_warning:
            logger.warning(children.gone_warning)

    async def _child(self, binding: Binding) -> AsyncGenerator[Chunk]:
        """The chunks of one child."""
        if self._only is not None and child_key(self._target, binding) not in self._only:
            return
        request = await self._services.request(self._target, binding)
        # Where lists are read on: the request that gave what was taken for the whole of this one.
        given = hash(self._target.paginator.first(request).key) if self._reopened else None
        if given is not None and given not in self._reopened:
            return
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
                if given is not None and hash(fetched.request.key) == given:
                    continue
                items = [binding.enriched(item) for item in fetched.extracted.items]
                if fetched.is_hollow:
                    self._hollow += items
                else:
                    yield items, fetched.size

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
        key = child_key(source, binding)
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
        if refusal and refusal.gone and needs & self._bindings.parents.keys():
            self._children.note_gone(key, name, refusal, of_parent=is_parent)
        else:
            self._children.note_failure(key, name, error)
