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
from collections.abc import Set as AbstractSet
from contextlib import aclosing
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
from resync.item_store import ItemStore, Span
from resync.path_parameters import (
    Binding,
    Chooser,
    Distinct,
    Endpoint,
    ListedParameter,
    Parameter,
    Resource,
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
# With so many children failed the API is down: no use asking it for every other one.
MAX_FAILED_CHILDREN = 25
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


class Session:
    """One resync; close it with ``aclose``.

    ``jq_environment`` lets jq programs read the process environment, as Ocean's setting
    ``allow_environment_variables_jq_access`` does for mappings, but for the variables that are
    Port's own or hold one of ``ports_secrets``. ``observer`` is told of all requests and pages.
    """

    def __init__(
        self,
        settings: Settings,
        *,
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

    async def aclose(self) -> None:
        """Close connections, stop jq and forget what was kept."""
        await self.parents.aclose()
        await self.client.aclose()
        await self.jq.aclose()
        self.store.close()

    def told(self, text: str) -> str:
        """A text of an error as it may leave: without secrets, and on one line."""
        return escaped(self.client.redact(text))

    def read(self, resource: Resource, *, limits: Limits = NO_LIMITS) -> Reading:
        """A reading of a resource, about to begin; with limits it may end before all was read."""
        return Reading(self, resource, limits)

    def extract(self, resource: Resource) -> AsyncGenerator[list[Item]]:
        """The batches of a reading, for those who do not ask for its doubts."""
        return self.read(resource).batches()


class Reading:
    """One reading of a resource; ``doubts`` are known when its batches came to their end."""

    def __init__(self, session: Session, resource: Resource, limits: Limits = NO_LIMITS) -> None:
        self._session = session
        self._resource = resource
        self._limits = limits
        self._walk: _ResourceWalk | None = None
        self.doubts: frozenset[Doubt] = frozenset()

    @property
    def children(self) -> int | None:
        """How many children were begun so far; None where the resource has no path parameters."""
        return self._walk.children if self._walk is not None else None

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
            ready = await computed(resource, session.started_at, session.jq)
            walk = self._walk = _ResourceWalk(session, ready, Bounds(self._limits))
            batches = in_batches(
                walk.chunks(), most_items=BATCH_ITEMS, most_bytes=BATCH_BYTES, linger=BATCH_LINGER
            )
            async with aclosing(batches):
                async for batch in batches:
                    yield batch
            self.doubts = walk.doubts
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
    """An endpoint made ready, and what its walks have met: rows, responses, doubts, and 404."""

    endpoint: Endpoint
    where: str
    paginator: Paginator
    extractor: Extractor
    walks: int = 0
    gone: int = 0
    has_rows: bool = False
    has_list: bool = False
    responses: int = 0
    without_items: int = 0
    last_body: Json = None
    report: Json = None
    first: Fetched | None = None
    longest: Fetched | None = None
    doubts: set[Doubt] = field(default_factory=set)

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
        if self.gone and not self.has_rows:
            is_all = self.gone == self.walks
            which = f"each of {self.gone}" if is_all else f"{self.gone} of {self.walks}"
            others = "" if is_all else ", and nothing for the others"
            raise MappingError(
                f"{self.endpoint.path!r} answered 404 or 410 for {which} values of its path"
                f" parameters{others}; correct the path, or let the filter of a path parameter"
                " leave such values out"
            )
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
        self._source = source
        self._left = MAX_START_CHECKS
        self.task: asyncio.Task[bool] | None = None

    def check(self) -> None:
        """Start a check when there is something to check and none is under way.

        Raises PaginationError at once when a check found one; that a request failed is told by
        ``settle``, when all else has been read.
        """
        first = self._source.first
        if first is None or not self._left or (self.task and not self.task.done()):
            return
        if self.task and (isinstance(self.task.exception(), SourceError) or self.task.result()):
            self._left = 0
            return
        self._left -= 1
        self._source.first = None
        check = self._client.refuse_page_before(
            first, self._source.paginator, self._source.extractor
        )
        self.task = asyncio.create_task(check)

    async def settle(self) -> None:
        """Wait for what is under way, and check what came since.

        Raises PaginationError when there are rows, and what ``ApiClient.send`` raises.

        Of all first pages the longest tells whether a server gives less than was asked for.
        """
        source = self._source
        if source.longest:
            await self._client.refuse_page_beyond(
                source.longest, source.paginator, source.extractor
            )
        self.check()
        while self.task and not await self.task and self._source.first and self._left:
            self.check()


class _ResourceWalk:
    """The walk over one resource: everything is checked before the first request."""

    def __init__(self, session: Session, resource: Resource, bounds: Bounds) -> None:
        self._session = session
        self._resource = resource
        self._bounds = bounds
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
        self._failures: list[OceanCustomError] = []
        self._has_items = False
        self._edges = [_EdgeCheck(session.client, source) for source in self._sources]

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
    def doubts(self) -> frozenset[Doubt]:
        """Why this walk, now that it is over, may have missed items."""
        doubts = {doubt for source in self._sources for doubt in source.doubts}
        if not self._has_items:
            doubts.add(Doubt.EMPTY)
        if any(source.gone for source in self._sources):
            doubts.add(Doubt.GONE)
        if self._bounds.truncated:
            doubts.add(Doubt.TRUNCATED)
        return frozenset(doubts)

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
        if self._failures:
            walks = sum(source.walks for source in self._sources)
            raise self._group(f"{len(self._failures)} of {walks} walks failed")
        for chooser in self._choosers.values():
            chooser.refuse_doubtful()
        for source in self._sources:
            source.refuse_fruitless()
        if gone := sum(source.gone for source in self._sources):
            logger.warning(
                "{}: skipped {} children that answered 404 or 410; their parents went away"
                " meanwhile",
                self._resource.kind,
                gone,
            )

    def _group(self, what: str) -> ExceptionGroup[OceanCustomError]:
        """The failures of children as one error, told by the first."""
        return ExceptionGroup(
            f"kind {self._resource.kind!r}: {what}; first: {self._failures[0]}", self._failures
        )

    async def _child(self, binding: Binding) -> AsyncGenerator[Chunk]:
        """The chunks of one child."""
        request = request_for(self._target.endpoint, binding, self._session.settings.base_url)
        target = self._target
        walk = self._session.client.walk(request, target.paginator, target.extractor, self._bounds)
        pages = self._guarded(walk, self._target, binding.values.keys())
        first: PageRequest | None = None
        async with aclosing(pages):
            async for fetched in pages:
                first = first or fetched.request
                self._target.count(fetched)
                self._target.doubts |= self._target.doubts_of(fetched, first)
                yield [binding.enriched(item) for item in fetched.extracted.items], fetched.size

    async def _guarded[Fetch](
        self, pages: AsyncGenerator[Fetch], source: _Source, needs: AbstractSet[str]
    ) -> AsyncGenerator[Fetch]:
        """The pages of one walk; a child's failure is noted, and its siblings go on.

        ``needs``: the parameters it hangs on, none for no child. What hangs on values from a
        parent may be gone with it; values of a list do not go away.
        """
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
            if not needs:
                raise
            is_gone = isinstance(error, ResponseError) and error.gone and not begun
            if is_gone and needs & self._parents.keys():
                source.gone += 1
            else:
                self._note(error)

    def _note(self, failure: OceanCustomError) -> None:
        self._failures.append(failure)
        if len(self._failures) >= MAX_FAILED_CHILDREN:
            raise self._group(f"gave up after {len(self._failures)} walks failed")

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
        needs = source.endpoint.placeholders() & binding.values.keys()
        pages = self._guarded(choices, source, needs)
        async with aclosing(pages):
            async for choices_of_page in pages:
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
            async for items in pages:
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

    async def pages(self) -> AsyncGenerator[list[Item]]:
        """The items, page by page; raises at the end what the walk raised.

        Raises SourceError when the walk was cut off.
        """
        at = 0
        while at < len(self._spans) or not self._done:
            if at == len(self._spans):
                await self._changed.wait()
                continue
            yield self._store.read(self._spans[at])
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
    ) -> AsyncGenerator[list[Item]]:
        """The items of a walk that is made once for its key; a failed one is made anew."""
        kept = self._kept.get(key)
        if kept is None or kept.failed:
            kept = self._kept[key] = _Followed(walk(), self._store)
        return kept.pages()


class _Parents:
    """The parents of one resync, each walked once."""

    def __init__(self, client: ApiClient, store: ItemStore) -> None:
        self._client = client
        self._walks = _Walks(store)
        self._doubts: defaultdict[Hashable, set[Doubt]] = defaultdict(set)

    async def aclose(self) -> None:
        """Stop walking, and forget everything."""
        await self._walks.aclose()

    async def pages(
        self, source: _Source, request: PageRequest, limits: Limits
    ) -> AsyncGenerator[list[Item]]:
        """The items of a parent, page by page; its doubts are those of whoever takes its items."""
        key = (request.key, source.extractor.data_path, source.endpoint.pagination, limits)
        doubts = self._doubts[key]
        pages = self._walks.followed(key, lambda: self._walked(source, request, doubts, limits))
        async with aclosing(pages):
            async for items in pages:
                yield items
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


async def _cancelled(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks, and wait until they are over."""
    under_way = list(tasks)
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
