"""One resync of one installation: resources in, batches of items out.

Resources are read one after the other, over the same connections; what one of them has read as a
parent is not read again for the next one.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Hashable, Iterable
from contextlib import ExitStack, aclosing, suppress

import httpx

from client import ApiClient, http_of
from errors import OceanCustomError
from jq_engine.worker import JqWorker
from paging.extraction import Item
from resync.completeness import Doubt
from resync.computed_values import computed, computed_parameters
from resync.item_store import ItemStore
from resync.limits import NO_LIMITS, Bounds, Limits
from resync.path_parameters import Binding, Parameter, Resource, request_for
from resync.resource_walk import LeftOpen, ResourceWalk
from resync.services import Services
from resync.shared_walks import Parents, list_key
from resync.streams import in_batches
from resync.walk import Walker
from settings import Settings
from transport.observer import Observer

BATCH_ITEMS = 500
BATCH_BYTES = 16 * 1024 * 1024
# Seconds that Ocean waits for a full batch: a slow API's entities are not held back.
BATCH_LINGER = 1.0


class Session:
    """One resync; close it with ``aclose``.

    ``resources`` are those it will be asked for: a list that one of them gives and another one has
    as a parent is read once. ``jq_environment`` lets jq programs read the process environment:
    Ocean's setting ``allow_environment_variables_jq_access`` says so. Hidden are Port's own
    variables, and those that hold one of ``ports_secrets``. ``observer`` gets all requests and
    pages. ``at_close`` has what else ends with it.
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
        walker, store = Walker(self.client, settings, self.jq, observer), ItemStore()
        self.services = Services(
            settings=settings,
            started_at=self.started_at,
            jq=self.jq,
            client=self.client,
            walker=walker,
            store=store,
            parents=Parents(walker, store),
        )
        self.at_close = ExitStack()
        self._resources = tuple(resources)
        self._shared: frozenset[Hashable] | None = None

    async def aclose(self) -> None:
        """Close connections, stop jq and forget what was kept."""
        self.at_close.close()
        await self.services.parents.aclose()
        await self.client.aclose()
        await self.jq.aclose()
        self.services.store.close()

    def redacted(self, text: str) -> str:
        """A text of an error without secrets, on one line."""
        return self.services.redacted(text)

    async def walk(
        self, resource: Resource, again: LeftOpen | None, limits: Limits
    ) -> ResourceWalk:
        """The walk over a resource, with what it computes and what is shared with others."""
        if self._shared is None:
            self._shared = await self._parents_of_resources()
        ready = await computed(resource, self.started_at, self.jq)
        return ResourceWalk(self.services, ready, again, Bounds(limits), self._shared)

    async def _parents_of_resources(self) -> frozenset[Hashable]:
        """The keys of the lists of all parents that need no values of another parent."""
        keys: set[Hashable] = set()
        for resource in self._resources:
            if not any(isinstance(one, Parameter) for one in resource.parameters):
                continue
            # A resource that is wrong says so itself when it is read.
            with suppress(OceanCustomError):
                parameters = await computed_parameters(resource, self.started_at, self.jq)
                for one in parameters:
                    if isinstance(one, Parameter) and not one.parent.placeholders():
                        request = request_for(one.parent, Binding(), self.settings.base_url)
                        keys.add(list_key(one.parent, request))
        return frozenset(keys)

    def read(
        self, resource: Resource, *, again: LeftOpen | None = None, limits: Limits = NO_LIMITS
    ) -> Reading:
        """A reading of a resource, about to begin; ``again``: what an earlier one left open.

        With limits it may end before all was read.
        """
        return Reading(self, resource, again, limits)


class Reading:
    """One reading of a resource; ``left`` is known when its batches came to their end."""

    def __init__(
        self,
        session: Session,
        resource: Resource,
        again: LeftOpen | None = None,
        limits: Limits = NO_LIMITS,
    ) -> None:
        self._session = session
        self._resource = resource
        self._again = again
        self._limits = limits
        self._walk: ResourceWalk | None = None
        self.left = LeftOpen()

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
            walk = self._walk = await session.walk(resource, self._again, self._limits)
            batches = in_batches(
                walk.chunks(), most_items=BATCH_ITEMS, most_bytes=BATCH_BYTES, linger=BATCH_LINGER
            )
            async with aclosing(batches):
                async for batch in batches:
                    yield batch
            self.left = walk.left
        except OceanCustomError as error:
            raise self._redacted_error(error.about(kind=resource.kind)) from None
        except ExceptionGroup as group:
            raise self._redacted_error(group) from None

    def _redacted_error(self, error: Exception) -> Exception:
        """The error without the secrets that it may quote."""
        match error:
            case OceanCustomError():
                error.redacted(self._session.redacted)
            case ExceptionGroup():
                failures = [self._redacted_error(failure) for failure in error.exceptions]
                error = ExceptionGroup(self._session.redacted(error.message), failures)
        return _without_frames(error)


def _without_frames[Failure: Exception](error: Failure) -> Failure:
    """The error alone: frames hold signed requests, which no log may show, and whole answers.

    Ocean keeps errors until the resync is over.
    """
    error.__context__ = None
    return error.with_traceback(None)
