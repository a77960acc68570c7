"""One resync of one installation: resources in, batches of items out.

A resource is walked once for every binding of its path parameters; a resource without
parameters has exactly one, empty binding. Bindings come from walking parents, each parent
once per resync. Everything that would let a resync end with fewer items and no error is
counted here and raised at the end of the resource.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Hashable, Iterable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from loguru import logger

from client import ApiClient, http_of
from errors import (
    CredentialsError,
    MappingError,
    OceanCustomError,
    ResponseError,
    SourceError,
)
from jq_engine.paths import plain_path
from jq_engine.worker import JqWorker
from json_values import as_text, escaped
from pagination import make_paginator
from paging.extraction import Extractor, Item
from paging.limits import NO_LIMITS, Bounds, Limits
from paging.model import PageRequest
from resync.children import Absent, Children, key_of, name_of
from resync.completeness import Completeness, Doubt
from resync.computed_values import completed, computed
from resync.item_store import ItemStore, Span
from resync.path_parameters import (
    Binding,
    Distinct,
    Endpoint,
    InStep,
    Parameter,
    Resource,
    in_step,
    is_full_url,
    ordered,
    request_for,
)
from resync.row_values import Chooser
from resync.streams import each, in_batches, merged
from resync.walk import Walker
from settings import Settings
from transport.observer import Observer

BATCH_ITEMS = 500
BATCH_BYTES = 16 * 1024 * 1024
# Seconds that Ocean waits for a full batch: a slow API's entities are not held back.
BATCH_LINGER = 1.0
# What may wait between the API and Ocean, beside one page a worker.
AHEAD_ITEMS = 2 * BATCH_ITEMS
AHEAD_BYTES = 32 * 1024 * 1024
AHEAD_BINDINGS = 1000
# Walks asked whether a page comes before their first, as long as both are empty.
MAX_START_CHECKS = 5

Chunk = tuple[list[Item], int]
"""The items of one page and the size of its body in bytes."""


class Session:
    """One resync; close it with ``aclose``.

    ``resources`` are those it will be asked for: a list that one of them gives and another one has
    as a parent is read once.
    ``jq_environment`` lets jq programs read the process environment, as Ocean's setting
    ``allow_environment_variables_jq_access`` does for mappings, but for the variables that are
    Port's own or hold one of ``ports_secrets``. ``observer`` is told of all requests and pages.
    """

    def __init__(  # noqa: PLR0913 (each is a part of a resync)
        self,
        settings: Settings,
        *,
        resources: Iterable[Resource] = (),
        jq_environment: bool = False,
        ports_secrets: tuple[str, ...] = (),
        http: Callable[[Settings], httpx.AsyncClient] = http_of,
        observer: Observer | None = None,
    ) -> None:
        self.settings = settings
        self.started_at = time.time()
        self.jq = JqWorker(environment=jq_environment, secrets=ports_secrets)
        self.client = ApiClient(settings, self.jq, http=http, observer=observer)
        self.walker = Walker(self.client, settings, self.jq, observer)
        self.store = ItemStore()
        self.parents = _Parents(self.walker, self.store)
        self._resources = tuple(resources)
        self._shared: frozenset[Hashable] | None = None

    async def aclose(self) -> None:
        """Close connections, stop jq and forget what was kept."""
        await self.parents.aclose()
        await self.client.aclose()
        await self.jq.aclose()
        self.store.close()

    def told(self, text: str) -> str:
        """A text of an error as it may leave: without secrets, and on one line."""
        return escaped(self.client.redact(text))

    async def ready(self, resource: Resource) -> Resource:
        """The resource with what it computes; from now on it is known what resources share."""
        if self._shared is None:
            self._shared = await self._parents_of_resources()
        return await computed(resource, self.started_at, self.jq)

    def shares(self, source: Completeness, request: PageRequest) -> bool:
        """Whether the items of an endpoint are those of a parent, of any resource."""
        return _list_key(source.endpoint, request) in (self._shared or frozenset())

    async def _parents_of_resources(self) -> frozenset[Hashable]:
        """What tells the parents that hang on no other parent from all other requests."""
        keys: set[Hashable] = set()
        for resource in self._resources:
            # A resource that is wrong says so itself when it is read.
            with suppress(OceanCustomError):
                ready = await computed(resource, self.started_at, self.jq)
                for one in ready.parameters:
                    if isinstance(one, Parameter) and not one.parent.placeholders():
                        request = request_for(one.parent, Binding(), self.settings.base_url)
                        keys.add(_list_key(one.parent, request))
        return frozenset(keys)

    def read(
        self, resource: Resource, *, again: Again | None = None, limits: Limits = NO_LIMITS
    ) -> Reading:
        """A reading of a resource, about to begin; ``again``: what an earlier one left open.

        With limits it may end before all was read.
        """
        return Reading(self, resource, again, limits)

    def extract(self, resource: Resource) -> AsyncGenerator[list[Item]]:
        """The batches of a reading, for those who do not ask for its doubts."""
        return self.read(resource).batches()


@dataclass(frozen=True)
class Again:
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


class Reading:
    """One reading of a resource; ``left`` is known when its batches came to their end."""

    def __init__(
        self,
        session: Session,
        resource: Resource,
        again: Again | None = None,
        limits: Limits = NO_LIMITS,
    ) -> None:
        self._session = session
        self._resource = resource
        self._again = again
        self._limits = limits
        self._walk: _ResourceWalk | None = None
        self.left = Again()

    @property
    def doubts(self) -> frozenset[Doubt]:
        """Why this reading may have missed items."""
        return self.left.doubts

    @property
    def children(self) -> int | None:
        """How many children were begun so far; None where the resource has no path parameters."""
        return self._walk.children if self._walk is not None else None

    @property
    def skipped_children(self) -> int:
        """How many children were left out so far, as their parents went away."""
        return self._walk.skipped if self._walk is not None else 0

    @property
    def truncated(self) -> bool:
        """Whether a limit ended it before all was read."""
        return Doubt.TRUNCATED in self.doubts

    @property
    def why(self) -> str:
        """Why its lists ended, for the log; "" where none did."""
        return self._walk.why if self._walk is not None else ""

    async def batches(self) -> AsyncGenerator[list[Item]]:
        """The items, in batches.

        Raises OceanCustomError, or an ExceptionGroup of them when children failed; all that
        was fetched before has been yielded.
        """
        session, resource = self._session, self._resource
        session.client.outage.begin_kind()
        try:
            ready = await session.ready(resource)
            walk = self._walk = _ResourceWalk(session, ready, self._again, Bounds(self._limits))
            batches = in_batches(
                walk.chunks(), most_items=BATCH_ITEMS, most_bytes=BATCH_BYTES, linger=BATCH_LINGER
            )
            async with aclosing(batches):
                async for batch in batches:
                    yield batch
            self.left = walk.left
        except OceanCustomError as error:
            raise self._tellable(error.within(f"kind {resource.kind!r}")) from None
        except ExceptionGroup as group:
            raise self._tellable(group) from None

    def _tellable(self, error: Exception) -> Exception:
        """The error as it may leave, whatever it quotes."""
        match error:
            case OceanCustomError():
                error.rewritten(self._session.told)
            case ExceptionGroup():
                failures = [self._tellable(failure) for failure in error.exceptions]
                error = ExceptionGroup(self._session.told(error.message), failures)
        return _without_frames(error)


def _without_frames[Failure: Exception](error: Failure) -> Failure:
    """The error alone: frames hold signed requests, which no log may show, and whole answers.

    Ocean keeps errors until the resync is over.
    """
    error.__context__ = None
    return error.with_traceback(None)


# --- one resource ----------------------------------------------------------------------


class _EdgeCheck:
    """Asks whether a page comes before the first one of the walks over an endpoint.

    Beside the walks: one walk settles it, unless neither page has rows; then another one is
    asked, a few times.
    """

    def __init__(self, walker: Walker, source: Completeness) -> None:
        self._walker = walker
        self.source = source
        self._left = MAX_START_CHECKS
        self.task: asyncio.Task[bool] | None = None

    def check(self) -> None:
        """Start a check when there is something to check and none is under way.

        Raises PaginationError at once when a check found one; that a request failed is told by
        ``settle``, when all else has been read.
        """
        first = self.source.first
        if first is None or not self._left or (self.task and not self.task.done()):
            return
        if self.task and (isinstance(self.task.exception(), SourceError) or self.task.result()):
            self._left = 0
            return
        self._left -= 1
        self.source.first = None
        self.task = asyncio.create_task(self._walker.refuse_page_before(first, self.source))

    async def settle(self) -> None:
        """Wait for what is under way, and settle what all walks have left in doubt.

        Raises PaginationError when there are rows that were not read, BodyError when an answer
        was no page, and what ``ApiClient.send`` raises.
        """
        await self._walker.settle(self.source)
        self.check()
        while self.task and not await self.task and self.source.first and self._left:
            self.check()


class _ResourceWalk:
    """The walk over one resource: everything is checked before the first request."""

    def __init__(
        self, session: Session, resource: Resource, again: Again | None, bounds: Bounds
    ) -> None:
        self._session = session
        self._resource = resource
        self._bounds = bounds
        self._again = again
        self._only = again.only if again else None
        self._children = Children(resource.kind, again.absent if again else None)
        self._parameters = in_step(ordered(resource))
        self._choosers = {
            group.names: Chooser(group.parameters, session.jq)
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
        self._target = self._source(resource.endpoint, "data_path", resource.identifier)
        self._chosen = _Walks(session.store)
        self._has_items = False
        self._shared_list = self._list_shared()
        # Of a list that others may take, the walk itself checks the edges.
        checked = [one for one in self._parent_sources if one.endpoint.placeholders()]
        checked += [] if self._shared_list else [self._target]
        self._edges = [_EdgeCheck(session.walker, source) for source in checked]

    def _list_shared(self) -> PageRequest | None:
        """The request of a resource whose list has the items of a parent."""
        if self._parameters:
            return None
        request = request_for(self._target.endpoint, Binding(), self._session.settings.base_url)
        return request if self._session.shares(self._target, request) else None

    def _source(
        self, endpoint: Endpoint, where: str, identifier: tuple[str, ...] = ()
    ) -> Completeness:
        extractor = Extractor(endpoint.data_path, where, self._session.jq)
        paginator = make_paginator(endpoint.pagination)
        return Completeness(endpoint, where, paginator, extractor, identifier)

    def _parent(self, endpoint: Endpoint, group: InStep) -> Completeness:
        where = f"path_parameters.{group.names[0]}"
        if is_full_url(endpoint.path):
            self._session.client.refuse_elsewhere(endpoint.path, f"{where}.endpoint")
        # Several rows may have the same value of one parameter, an owner say.
        field = group.parameters[0].field if len(group.parameters) == 1 else ""
        return self._source(endpoint, f"{where}.data_path", plain_path(field) or ())

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
        if self._children.gone:
            doubts.add(Doubt.GONE)
        if self._bounds.truncated:
            doubts.add(Doubt.TRUNCATED)
        if self._children.empty:
            doubts.add(Doubt.SAID_EMPTY)
        return frozenset(doubts)

    @property
    def left(self) -> Again:
        """What this walk, now that it is over, left open."""
        absent = self._children.absent(self._target.walks, has_rows=self._target.has_rows)
        complaint = self._children.complaint(absent) or self._absent_twice()
        if complaint:
            where = f"kind {self._resource.kind!r}"
            complaint = complaint.within(where).rewritten(self._session.told)
        return Again(self.doubts, absent, complaint)

    def _absent_twice(self) -> MappingError | None:
        """What to say when two readings found nothing where ``data_path`` leads, and no list."""
        if not self._again or Doubt.ABSENT not in self._again.doubts & self.doubts:
            return None
        return MappingError(
            "no answer had anything where data_path leads, nor a list, and entities would be"
            " deleted; correct data_path, or tell it what an answer without items looks like:"
            " 'if . == {} then [] else .items end'"
        )

    async def chunks(self) -> AsyncGenerator[Chunk]:
        """The items of every page of every child; raises at the end what left the walk in doubt."""
        items = 0
        pages = merged(
            self._bindings(),
            self._child,
            workers=self._session.settings.max_concurrent_requests,
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
            self._refuse_doubtful_end()
            for edge in self._edges:
                await edge.settle()
        finally:
            await _cancelled([edge.task for edge in self._edges if edge.task])
            await self._chosen.aclose()
            for source in self._sources:
                source.forget_pages()
        self._has_items = items > 0

    def _cut(self, chunk: Chunk, items: int) -> Chunk:
        """A chunk after so many items, as far as the limits go."""
        most = self._bounds.limits.items
        if most is None or not self._bounds.end_items(items + len(chunk[0])):
            return chunk
        return chunk[0][: most - items], chunk[1]

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
            kept = self._session.parents.pages(self._target, request, self._bounds.limits)
            async with aclosing(self._guarded(kept, self._target, request, binding)) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        walk = self._session.walker.walk(request, self._target, self._bounds)
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
        """Note what a walk ended with; raises it when the walk hangs on no value, so is no child.

        What hangs on values from a parent may be gone with it; values of a list do not go away.
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
        base = str(self._session.settings.base_url).rstrip("/")
        # Other braces in the query or the body are no parameters.
        outside = sorted(source.endpoint.outside_path() & binding.values.keys())
        texts = {name: as_text(binding.values[name]) for name in outside}
        name = name_of(request.url.removeprefix(base), texts)
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
            workers=self._session.settings.max_concurrent_requests,
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
            # A parent that hangs on another parent's value is a child itself: it may be gone.
            choices = self._guarded(followed, source, request, binding)
        async with aclosing(choices):
            async for choices_of_page, _ in choices:
                for choice in choices_of_page:
                    yield binding.bound(group.names, choice["values"], choice["parent"])

    async def _request(self, source: Completeness, binding: Binding) -> PageRequest:
        """The request of an endpoint for one binding, with all that it computes."""
        session = self._session
        endpoint = await completed(source.endpoint, binding, session.started_at, session.jq)
        return request_for(endpoint, binding, session.settings.base_url)

    async def _choices(
        self, group: InStep, request: PageRequest, marks: Item
    ) -> AsyncGenerator[list[Item]]:
        """The distinct values of one parent's items; ``marks`` are what it hangs on itself."""
        source = self._parents[group.names[0]]
        distinct = Distinct()
        pages = self._session.parents.pages(source, request, self._bounds.limits)
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
        distinct = Distinct()
        if group.has_rows:
            yield await self._chosen_of(group, group.listed, distinct)
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
    return key_of(source.where, *(as_text(binding.values[name]) for name in names))


# --- parents ---------------------------------------------------------------------------


class _Followed:
    """Items as they arrive from one walk: one task walks, any number of readers follow.

    The walk waits for no reader: a reader may itself be waiting for another one.
    """

    def __init__(self, walk: AsyncGenerator[list[Item]], store: ItemStore) -> None:
        self._walk = walk
        self._store = store
        self._spans: list[Span] = []
        self._done = False
        self._failure: OceanCustomError | None = None
        self._changed = asyncio.Event()
        self.task = asyncio.create_task(self._run())

    @property
    def failed(self) -> bool:
        """Whether the walk ended in an error."""
        return self._failure is not None

    async def _run(self) -> None:
        try:
            async with aclosing(self._walk) as pages:
                async for items in pages:
                    self._spans.append(self._store.write(items))
                    self._tell()
        except OceanCustomError as error:
            self._failure = error
        finally:
            self._done = True
            self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def pages(self) -> AsyncGenerator[Chunk]:
        """The items, page by page, with their size; raises at the end what the walk raised.

        Raises SourceError when the walk was cut off.
        """
        at = 0
        while at < len(self._spans) or not self._done:
            if at == len(self._spans):
                await self._changed.wait()
                continue
            yield self._store.read(self._spans[at]), self._spans[at].length
            at += 1
        # Awaited itself, the task would be cancelled along with a reader that is.
        await asyncio.wait({self.task})
        if self.task.cancelled():
            # Passed on, the cancellation would end its readers as if there were no more.
            raise SourceError("the resync was ended while the items of a parent were being read")
        self.task.result()
        if self._failure:
            raise self._failure


class _Walks:
    """Walks that any number of readers follow, each made once for its key."""

    def __init__(self, store: ItemStore) -> None:
        self._store = store
        self._kept: dict[Hashable, _Followed] = {}

    async def aclose(self) -> None:
        """Stop walking, and forget all walks; what they stored stays there."""
        await _cancelled([kept.task for kept in self._kept.values()])
        self._kept.clear()

    def followed(
        self, key: Hashable, walk: Callable[[], AsyncGenerator[list[Item]]]
    ) -> AsyncGenerator[Chunk]:
        """The items of a walk that is made once for its key; a failed one is made anew."""
        kept = self._kept.get(key)
        if kept is None or kept.failed:
            kept = self._kept[key] = _Followed(walk(), self._store)
        return kept.pages()


class _Parents:
    """The parents of one resync, each walked once, also for a resource that gives the same list."""

    def __init__(self, walker: Walker, store: ItemStore) -> None:
        self._walker = walker
        self._walks = _Walks(store)
        self._walked_for: dict[Hashable, Completeness] = {}

    async def aclose(self) -> None:
        """Stop walking, and forget everything."""
        await self._walks.aclose()

    async def pages(
        self, source: Completeness, request: PageRequest, limits: Limits
    ) -> AsyncGenerator[Chunk]:
        """The items of a parent, page by page; its doubts are those of whoever takes its items."""
        key = (_list_key(source.endpoint, request), limits)
        walked_for = self._walked_for.setdefault(key, source)
        pages = self._walks.followed(key, lambda: self._walked(walked_for, request, limits))
        async with aclosing(pages):
            async for chunk in pages:
                yield chunk
        source.take_over(walked_for)

    async def _walked(
        self, source: Completeness, request: PageRequest, limits: Limits
    ) -> AsyncGenerator[list[Item]]:
        bounds = Bounds(limits)
        walk = self._walker.walk(request, source, bounds)
        async with aclosing(walk):
            async for fetched in walk:
                yield fetched.extracted.items
        if bounds.truncated:
            source.doubts.add(Doubt.TRUNCATED)
        if not source.endpoint.placeholders():
            # Whoever takes these items later asks nothing: what is wrong with them is told now.
            await _settled(_EdgeCheck(self._walker, source))


async def _settled(edge: _EdgeCheck) -> None:
    """What is wrong with the only walk over a source, which need not be asked again."""
    source = edge.source
    if warning := source.refuse_fruitless():
        logger.warning("{}: {}", source.endpoint.path, warning)
    try:
        await edge.settle()
    finally:
        await _cancelled([edge.task] if edge.task else [])
        source.settled()


def _list_key(endpoint: Endpoint, request: PageRequest) -> Hashable:
    return request.key, (endpoint.data_path or ".").strip(), endpoint.pagination


async def _cancelled(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks, and wait until they are over."""
    under_way = list(tasks)
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
