"""One resync of one installation: resources in, batches of items out.

A resource is walked once for every binding of its path parameters; a resource without
parameters has exactly one, empty binding. Bindings come from walking parents, each parent
once per resync. Everything that would let a resync end with fewer items and no error is
counted here and raised at the end of the resource.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Hashable, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

import httpx
from loguru import logger

from client import ApiClient, Fetched, http_of
from errors import (
    BodyError,
    CredentialsError,
    MappingError,
    OceanCustomError,
    ResponseError,
    SourceError,
)
from jq_engine.worker import JqWorker
from json_values import Json, escaped, keys_of, lists_in
from pagination import PageRequest, Paginator, make_paginator
from paging.extraction import Extractor, Item
from paging.limits import NO_LIMITS, Bounds, Limits
from paging.signals import is_like_report
from resync.children import Absent, Children, key_of, name_of
from resync.item_store import ItemStore, Span
from resync.path_parameters import (
    Binding,
    Chooser,
    Distinct,
    Endpoint,
    ListedParameter,
    Parameter,
    Resource,
    as_text,
    computed,
    ordered,
    request_for,
)
from resync.streams import each, in_batches, merged
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


class Doubt(Enum):
    """Why a reading that nothing contradicts may have missed items that are there."""

    MOVED = "rows may have moved from one page to another meanwhile"
    EMPTY = "a page was empty"
    GONE = "a child answered 404 or 410"
    TRUNCATED = "the reading was bounded"
    SAID_EMPTY = "a status was taken for nothing here"


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
        self.store = ItemStore()
        self.parents = _Parents(self.client, self.store)
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

    def shares(self, source: _Source, request: PageRequest) -> bool:
        """Whether the items of an endpoint are those of a parent, of any resource."""
        return source.key(request) in (self._shared or frozenset())

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


@dataclass
class _Source:
    """An endpoint made ready, and what its walks have met: rows, responses and doubts."""

    endpoint: Endpoint
    where: str
    paginator: Paginator
    extractor: Extractor
    walks: int = 0
    has_rows: bool = False
    has_list: bool = False
    responses: int = 0
    without_items: int = 0
    last_body: Json = None
    report: Json = None
    first: Fetched | None = None
    longest: Fetched | None = None
    doubts: set[Doubt] = field(default_factory=set)

    def key(self, request: PageRequest) -> Hashable:
        """Lists with the same key have the same items."""
        return _list_key(self.endpoint, request)

    def doubts_of(self, fetched: Fetched, first: PageRequest) -> set[Doubt]:
        """What a page leaves in doubt, of a walk that began with the request ``first``."""
        doubts = set() if fetched.page.rows else {Doubt.EMPTY}
        is_later = fetched.request is not first
        if is_later and self.paginator.is_counted(first, fetched.request):
            doubts.add(Doubt.MOVED)
        return doubts

    def count(self, fetched: Fetched) -> None:
        """Count one response; an empty body says nothing about ``data_path``."""
        if fetched.begins_walk and (self.first is None or fetched.page.rows):
            self.first = fetched
        if fetched.begins_walk and len(fetched.page.rows) > self._longest_length:
            self.longest = fetched
        self.has_rows = self.has_rows or bool(fetched.page.rows)
        self.has_list = self.has_list or (bool(fetched.page.rows) and not fetched.page.is_single)
        if is_like_report(fetched.page.body) and (fetched.page.is_single or not fetched.page.rows):
            self.report = fetched.page.body
        if fetched.size:
            self.responses += 1
            self.without_items += fetched.extracted.nothing
            self.last_body = fetched.page.body

    def forget_pages(self) -> None:
        """Let go of the pages kept: the file of a large one is closed with its last reader."""
        self.first = self.longest = self.last_body = self.report = None

    @property
    def _longest_length(self) -> int:
        return len(self.longest.page.rows) if self.longest else 0

    def refuse_fruitless(self) -> None:
        """Raise when no walk, or no response, led anywhere: a typo, not an empty collection."""
        if self.report and self.has_list:
            raise BodyError(
                f"{self.endpoint.path!r}: where others gave a list, one answer has only"
                f" {keys_of(self.report)}: it reports something, and its items are missing"
            )
        if self.responses and self.without_items == self.responses:
            empty = (
                ""
                if lists_in(self.last_body)
                else ", or tell it what an answer without items"
                " looks like, as in 'if . == {} then [] else .items end'"
            )
            raise MappingError(
                f"{self.where} {self.extractor.data_path!r} gave null in every response; they had"
                f" {keys_of(self.last_body)}: correct the path{empty}"
            )


class _EdgeCheck:
    """Asks whether a page comes before the first one of the walks over a source, or after it.

    Before it, beside the walks: one walk settles it, unless neither page has rows; then another
    one is asked, a few times. After it, at the end.
    """

    def __init__(self, client: ApiClient, source: _Source) -> None:
        self._client = client
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
        check = self._client.refuse_page_before(first, self.source.paginator, self.source.extractor)
        self.task = asyncio.create_task(check)

    async def settle(self) -> None:
        """Wait for what is under way, and check what came since.

        Raises PaginationError when there are rows, and what ``ApiClient.send`` raises.

        Of all first pages the longest tells whether a server gives less than was asked for.
        """
        source = self.source
        if source.longest:
            await self._client.refuse_page_beyond(
                source.longest, source.paginator, source.extractor
            )
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
        self._only = again.only if again else None
        self._children = Children(resource.kind, again.absent if again else None)
        self._parameters = ordered(resource)
        walked = [one for one in self._parameters if isinstance(one, Parameter)]
        self._choosers = {parameter.name: Chooser(parameter, session.jq) for parameter in walked}
        self._parents = {
            parameter.name: self._source(
                parameter.parent, f"path_parameters.{parameter.name}.data_path"
            )
            for parameter in walked
        }
        self._listed = {
            one.name: self._segments(one)
            for one in self._parameters
            if isinstance(one, ListedParameter)
        }
        self._target = self._source(resource.endpoint, "data_path")
        self._chosen = _Walks(session.store)
        self._has_items = False
        self._shared_list = self._list_shared()
        # Of a list that others may take, the walk itself checks the edges.
        checked = [one for one in self._parents.values() if one.endpoint.placeholders()]
        checked += [] if self._shared_list else [self._target]
        self._edges = [_EdgeCheck(session.client, source) for source in checked]

    def _list_shared(self) -> PageRequest | None:
        """The request of a resource whose list has the items of a parent."""
        if self._parameters:
            return None
        request = request_for(self._target.endpoint, Binding(), self._session.settings.base_url)
        return request if self._session.shares(self._target, request) else None

    def _source(self, endpoint: Endpoint, where: str) -> _Source:
        extractor = Extractor(endpoint.data_path, where, self._session.jq)
        return _Source(endpoint, where, make_paginator(endpoint.pagination), extractor)

    @property
    def _sources(self) -> list[_Source]:
        return [*self._parents.values(), self._target]

    @property
    def children(self) -> int | None:
        """How many children were begun; None where the resource has no path parameters."""
        return self._target.walks if self._parameters else None

    @property
    def skipped(self) -> int:
        """How many children answered that they are gone, and were left out."""
        return len(self._children.gone.keys)

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
        complaint = self._children.complaint(absent)
        if complaint:
            where = f"kind {self._resource.kind!r}"
            complaint = complaint.within(where).rewritten(self._session.told)
        return Again(self.doubts, absent, complaint)

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
            source.refuse_fruitless()
        if children.empty_note:
            logger.info(children.empty_note)
        if children.gone_warning:
            logger.warning(children.gone_warning)

    async def _child(self, binding: Binding) -> AsyncGenerator[Chunk]:
        """The chunks of one child."""
        request = request_for(self._target.endpoint, binding, self._session.settings.base_url)
        if self._only is not None and _child_key(self._target, binding) not in self._only:
            return
        if self._shared_list is not None:
            kept = self._session.parents.pages(self._target, request, self._bounds.limits)
            async with aclosing(self._guarded(kept, self._target, request, binding)) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        target = self._target
        walk = self._session.client.walk(request, target.paginator, target.extractor, self._bounds)
        pages = self._guarded(walk, self._target, request, binding)
        first: PageRequest | None = None
        async with aclosing(pages):
            async for fetched in pages:
                first = first or fetched.request
                self._target.count(fetched)
                self._target.doubts |= self._target.doubts_of(fetched, first)
                yield [binding.enriched(item) for item in fetched.extracted.items], fetched.size

    async def _guarded[Fetch](
        self,
        pages: AsyncGenerator[Fetch],
        source: _Source,
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
        source: _Source,
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
        texts = {name: as_text(binding.values[name]) for name in source.endpoint.outside_path()}
        name = name_of(request.url.removeprefix(base), texts)
        if refusal and refusal.gone and needs & self._parents.keys():
            self._children.note_gone(key, name, refusal, of_parent=is_parent)
        else:
            self._children.note_failure(key, name, error)

    # --- path parameters ---------------------------------------------------------------

    def _bindings(self) -> AsyncGenerator[Binding]:
        """Every binding of the path parameters; one empty one when there are none."""
        bindings = each([Binding()])
        for parameter in self._parameters:
            bindings = self._extended(bindings, parameter)
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
        self, bindings: AsyncGenerator[Binding], parameter: Parameter | ListedParameter
    ) -> AsyncGenerator[Binding]:
        """Every binding with every value of one more parameter."""
        return merged(
            bindings,
            lambda binding: self._with_values(binding, parameter),
            workers=self._session.settings.max_concurrent_requests,
            weigh=lambda _: 1 / AHEAD_BINDINGS,
        )

    async def _with_values(
        self, binding: Binding, parameter: Parameter | ListedParameter
    ) -> AsyncGenerator[Binding]:
        """A binding extended by each value of a parameter."""
        if isinstance(parameter, ListedParameter):
            for value in self._listed[parameter.name]:
                yield binding.bound(parameter.name, value, None)
            return
        source = self._parents[parameter.name]
        request = request_for(source.endpoint, binding, self._session.settings.base_url)
        request = replace(request, purpose="parent")
        # Many bindings may need the same values: they are chosen once, then followed.
        choices = self._chosen.followed(
            (parameter.name, request.key), lambda: self._choices(parameter, request)
        )
        # A parent that hangs on another parent's value is a child itself: it may be gone.
        pages = self._guarded(choices, source, request, binding)
        async with aclosing(pages):
            async for choices_of_page, _ in pages:
                for choice in choices_of_page:
                    yield binding.bound(parameter.name, choice["value"], choice["parent"])

    async def _choices(
        self, parameter: Parameter, request: PageRequest
    ) -> AsyncGenerator[list[Item]]:
        """The distinct values of one parent's items, each with its item if the mapping wants it."""
        source, chooser = self._parents[parameter.name], self._choosers[parameter.name]
        distinct = Distinct()
        pages = self._session.parents.pages(source, request, self._bounds.limits)
        async with aclosing(pages):
            async for items, _ in pages:
                # A parent walked for another resource was counted there.
                source.has_rows = source.has_rows or bool(items)
                choices: list[Item] = []
                for item, value in await chooser.values(items):
                    if distinct.admits(value):
                        parent = item if self._resource.mentions_parent else None
                        choices.append({"value": value, "parent": parent})
                yield choices
                # Pages kept from before come without a wait: others want the loop too.
                await asyncio.sleep(0)
        self._warn_of_skipped(parameter.name, distinct.skipped)

    def _segments(self, parameter: ListedParameter) -> list[Json]:
        """The values of a list, each once."""
        distinct = Distinct()
        values = [value for value in parameter.values if distinct.admits(value)]
        self._warn_of_skipped(parameter.name, distinct.skipped)
        return values

    def _warn_of_skipped(self, name: str, skipped: int) -> None:
        if skipped:
            logger.warning(
                "{}: skipped {} values of path_parameters.{} that cannot be a path segment:"
                " '', '.' or '..'",
                self._resource.kind,
                skipped,
                name,
            )


def _child_key(source: _Source, binding: Binding) -> bytes:
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

    def __init__(self, client: ApiClient, store: ItemStore) -> None:
        self._client = client
        self._walks = _Walks(store)
        self._doubts: defaultdict[Hashable, set[Doubt]] = defaultdict(set)

    async def aclose(self) -> None:
        """Stop walking, and forget everything."""
        await self._walks.aclose()

    async def pages(
        self, source: _Source, request: PageRequest, limits: Limits
    ) -> AsyncGenerator[Chunk]:
        """The items of a parent, page by page; its doubts are those of whoever takes its items."""
        key = (source.key(request), limits)
        doubts = self._doubts[key]
        pages = self._walks.followed(key, lambda: self._walked(source, request, doubts, limits))
        async with aclosing(pages):
            async for chunk in pages:
                yield chunk
        source.doubts |= doubts

    async def _walked(
        self, source: _Source, request: PageRequest, doubts: set[Doubt], limits: Limits
    ) -> AsyncGenerator[list[Item]]:
        bounds = Bounds(limits)
        walk = self._client.walk(request, source.paginator, source.extractor, bounds)
        first: PageRequest | None = None
        async with aclosing(walk):
            async for fetched in walk:
                first = first or fetched.request
                source.count(fetched)
                doubts |= source.doubts_of(fetched, first)
                yield fetched.extracted.items
        if bounds.truncated:
            doubts.add(Doubt.TRUNCATED)
        if not source.endpoint.placeholders():
            # Whoever takes these items later asks nothing: what is wrong with them is told now.
            source.refuse_fruitless()
            await _settled(_EdgeCheck(self._client, source))


async def _settled(edge: _EdgeCheck) -> None:
    """What a check of the only walk over a source says, which need not be asked again."""
    try:
        await edge.settle()
    finally:
        await _cancelled([edge.task] if edge.task else [])
        edge.source.first = edge.source.longest = None


def _list_key(endpoint: Endpoint, request: PageRequest) -> Hashable:
    return request.key, (endpoint.data_path or ".").strip(), endpoint.pagination


async def _cancelled(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks, and wait until they are over."""
    under_way = list(tasks)
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
