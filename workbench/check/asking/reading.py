"""A bounded look at every resource: the integration reads, and is watched."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote

import httpx
from msgspec.structs import replace
from port_ocean.core.handlers.port_app_config.models import EntityMapping

from client import http_of
from errors import CredentialsError, MappingError, OceanCustomError, RequestName, TransportError
from framework.mapped_items import Items, Mapped, mapped
from json_values import Json
from overrides import EndpointResource
from resync.limits import Limits
from resync.session import Session
from settings import Settings
from transport.observer import Exchange, Observer, PageRead
from workbench.check.asking.answered import refusal_in
from workbench.check.files.documents import Document
from workbench.check.files.offline import Installation
from workbench.check.findings import Finding, Path, Remedy, Severity
from workbench.patience import PATIENCE

MOST_ITEMS = 1000
"""Items of a resource that are looked at."""
CUT = "…"
"""Stands for what messages leave out."""
MAPPINGS: Path = ("port", "entity", "mappings")
"""Where a resource says what its items are made to."""
_MORE = 4  # times as many children, where the first ones have nothing


@dataclass
class Watcher:
    """An observer that keeps everything; ``beside``: another one, who is told too."""

    beside: Observer | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    pages: list[PageRead] = field(default_factory=list)

    def exchanged(self, exchange: Exchange) -> None:
        """Keep an exchange."""
        self.exchanges.append(exchange)
        if self.beside:
            self.beside.exchanged(exchange)

    def read(self, page: PageRead) -> None:
        """Keep a page."""
        self.pages.append(page)


@dataclass
class Seen:
    """What a bounded look at one resource gave; ``asked`` is false where it was not even tried."""

    config: EndpointResource
    base: Path
    document: Document
    items: Items = field(default_factory=list)
    mapped: list[Mapped] = field(default_factory=list)
    pages: list[PageRead] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    errors: list[OceanCustomError] = field(default_factory=list)
    truncated: bool = False
    asked: bool = True

    def finding(
        self, path: Path, problem: str, remedy: Remedy, severity: Severity = "error"
    ) -> Finding:
        """What is wrong at a path of this resource in the mapping, with its kind."""
        told = f"kind {self.config.kind}: {problem}"
        return self.document.finding((*self.base, *path), told, remedy, severity=severity)

    def at(self, path: Path) -> Json:
        """What this resource says at a path; None where it says nothing."""
        return self.document.at((*self.base, *path))

    @property
    def mappings(self) -> EntityMapping:
        """What its items are made to."""
        return self.config.port.entity.mappings

    @property
    def blueprint(self) -> str:
        """What its first item is made to."""
        return str(self.passed[0].made.get("blueprint")) if self.passed else ""

    @property
    def own_pages(self) -> list[PageRead]:
        """The pages of the resource itself."""
        return [page for page in self.pages if page.purpose == "page"]

    @property
    def passed(self) -> list[Mapped]:
        """The items that passed the query."""
        return [one for one in self.mapped if one.evaluation.passed]

    @property
    def kept(self) -> Items:
        """Those as they were read."""
        return [one.item for one in self.passed]

    def is_blamed(self, url: str) -> bool:
        """Whether an error is about a request, whose URL and values it may have cut."""
        for report in (one.report for one in self.errors):
            begins, cut, _ = report.request.url.partition(CUT) if report.request else ("", "", "")
            values = [value for _, value in report.parameters if CUT not in value]
            is_it = url.startswith(begins) if cut else url == begins
            if begins and is_it and all(one in unquote(url) for one in values):
                return True
        return False

    @property
    def is_of_parent(self) -> bool:
        """Whether parents were refused, or no child was asked for, but the parents by some kind."""
        asked = [one for one in self.exchanges if one.purpose in {"page", "parent"}]
        blamed = [one.purpose for one in asked if self.is_blamed(one.url)]
        if blamed:
            return blamed[-1] == "parent"
        purposes = {one.purpose for one in asked}
        parameters = self.config.selector.path_parameters.values()
        return "page" not in purposes and any(one.endpoint for one in parameters)

    @property
    def last_status(self) -> int | None:
        """The last status of an own request."""
        statuses = [one.status for one in self.exchanges if one.purpose == "page"]
        return statuses[-1] if statuses else None


@asynccontextmanager
async def session_of(
    settings: Settings,
    watcher: Watcher,
    http: Callable[[Settings], httpx.AsyncClient] = http_of,
) -> AsyncIterator[Session]:
    """A session that is watched."""
    session = Session(settings, http=http, observer=watcher)
    session.client.outage.patience = PATIENCE
    try:
        yield session
    finally:
        await session.aclose()


async def look(
    session: Session,
    watcher: Watcher,
    installation: Installation,
    limits: Limits,
    tell: Callable[[str], None],
) -> list[Seen]:
    """Read every resource within limits, and ``tell`` its kind before that.

    After a refusal of the credentials none is asked.
    """
    seen: list[Seen] = []
    is_over = False
    for at, resource in enumerate(installation.config.resources if installation.config else ()):
        one = Seen(resource, ("resources", at), installation.document, asked=not is_over)
        seen.append(one)
        if is_over:
            continue
        tell(resource.kind)
        exchanges, pages = len(watcher.exchanges), len(watcher.pages)
        await _read(session, one, limits)
        is_empty = not (one.items or one.errors) and any(
            page.purpose == "page" for page in watcher.pages[pages:]
        )
        if is_empty and one.truncated and limits.children:
            # The first children may well have nothing, where others have.
            exchanges, pages = len(watcher.exchanges), len(watcher.pages)
            await _read(session, one, replace(limits, children=limits.children * _MORE))
        one.exchanges, one.pages = watcher.exchanges[exchanges:], watcher.pages[pages:]
        if not one.items and not one.errors and (refusal := _refusal(session, one)):
            one.errors.append(refusal)
        is_over = any(isinstance(error, CredentialsError | TransportError) for error in one.errors)
    return seen


def _refusal(session: Session, seen: Seen) -> OceanCustomError | None:
    """What the answers without rows say that they failed, where all of a sort do."""
    pages = seen.own_pages or seen.pages
    said = [refusal_in(session.client, page.body, str(page.status)) for page in pages]
    if not pages or not all(said) or said[-1] is None:
        return None
    methods = [one.method for one in seen.exchanges if one.url == pages[-1].url]
    request = RequestName(methods[-1] if methods else seen.config.selector.method, pages[-1].url)
    return said[-1].about(kind=seen.config.kind, request=request)


async def _read(session: Session, seen: Seen, limits: Limits) -> None:
    try:
        reading = session.read(seen.config.to_resource(session.settings.pagination), limits=limits)
        async for batch in reading.batches():
            seen.items += batch
        seen.truncated = reading.truncated
    except OceanCustomError as error:
        seen.errors.append(error)
    except ExceptionGroup as group:
        seen.errors += [one for one in group.exceptions if isinstance(one, OceanCustomError)]
    seen.items = seen.items[:MOST_ITEMS]
    try:
        seen.mapped = await mapped(session.jq, seen.config, seen.items)
    except MappingError as error:
        seen.errors.append(error.redacted(session.redacted))
