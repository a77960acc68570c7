"""One check: the files, then a bounded look at the API, then what both say together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

import httpx
from msgspec import structs

from client import ApiClient, http_of
from resync.limits import Limits
from resync.session import Session
from settings import Settings
from transport.observer import Exchange, Observer
from workbench.check.asking.reading import Seen, Watcher, look, session_of
from workbench.check.files.offline import Installation
from workbench.check.findings import Finding, ordered
from workbench.check.guesses.paths import known_of
from workbench.check.items.judge import Judge, nulls_of
from workbench.check.login.changes import ClientOf
from workbench.check.refused.trouble import Troubles, said_once

_QUOTED: Final = 600
"""Characters of a refusal that are read: what may be written stands behind what failed."""


@dataclass(frozen=True)
class KindRow:
    """One resource in the table."""

    kind: str
    status: int | None
    items: int
    children: int | None
    goes_on: bool
    paging: str
    identifiers: str
    nulls: tuple[str, ...]


@dataclass
class Report:
    """What a check found; no rows and no exchanges: nothing was requested."""

    findings: list[Finding]
    rows: list[KindRow] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(one.severity == "error" for one in self.findings)

    def as_json(self) -> dict[str, object]:
        """The whole report as one document."""
        return {
            "findings": [one.as_json() for one in self.findings],
            "kinds": [asdict(one) for one in self.rows],
            "requests": [structs.asdict(one) for one in self.exchanges],
        }


async def check_online(
    installation: Installation,
    limits: Limits,
    http: Callable[[Settings], httpx.AsyncClient] = http_of,
    tell: Callable[[str], None] = lambda _: None,
    beside: Observer | None = None,
) -> Report:
    """Look at the API with an installation whose files are in order; ``tell`` what is looked at.

    ``beside`` is told of every exchange.
    """
    settings, config = installation.settings, installation.config
    if settings is None or config is None:
        return Report(installation.findings)
    watcher, begun = Watcher(beside), time.monotonic()
    async with session_of(settings, watcher, http) as session:
        known = known_of(config.resources)
        session.client.redact.spare(*known.paths, *known.templates)
        session.client.redact.longest_quote = _QUOTED
        seen = await look(session, watcher, installation, limits, tell)
        findings = await _findings(
            installation,
            session,
            seen,
            lambda other: ApiClient(other, session.jq, http=http, observer=watcher),
        )
        told = [
            one.redacted(session.redacted) for one in ordered([*installation.findings, *findings])
        ]
    rows = [_row(one) for one in seen if one.asked]
    return Report(told, rows, watcher.exchanges, time.monotonic() - begun)


async def _findings(
    installation: Installation, session: Session, seen: Sequence[Seen], client_of: ClientOf
) -> list[Finding]:
    origin = str(session.settings.base_url.copy_with(path="/")).rstrip("/")
    judge = Judge(installation, seen, session.jq, origin)
    troubles = Troubles(installation.variables, session, seen, client_of)
    # Rows of parents show that the base URL and the credentials are right.
    has_rows = any(page.rows for one in seen for page in one.pages)
    all_failed = all(one.errors for one in seen if one.asked) and not has_rows
    found: list[Finding] = []
    for one in seen:
        errors = await troubles.findings(one, all_failed=all_failed)
        found += errors
        unsent = await troubles.unsent.findings(one)
        found += unsent
        if not unsent and (not errors or one.mapped):
            found += await judge.findings(one)
        if not errors and not unsent:
            found += await troubles.pages.findings(one)
            found += await troubles.absent(one)
            found += await troubles.empty.findings(one)
    return said_once(found or await troubles.nothing())


def _row(seen: Seen) -> KindRow:
    names = [str(one.made.get("identifier")) for one in seen.passed]
    unique = len(set(names))
    identifiers = "unique" if unique == len(names) else f"{unique} of {len(names)}"
    children = {page.url.partition("?")[0] for page in seen.own_pages}
    return KindRow(
        kind=seen.config.kind,
        status=seen.last_status,
        items=len(seen.items),
        children=len(children) if seen.config.selector.path_parameters else None,
        goes_on=seen.truncated,
        paging=_paging(seen),
        identifiers=identifiers if names else "",
        nulls=tuple(nulls_of(seen.passed)),
    )


def _paging(seen: Seen) -> str:
    """What was seen of paging, and what ended the first walk."""
    pages = seen.own_pages
    if not pages:
        return ""
    walk = [page for page in pages if page.url.partition("?")[0] == pages[0].url.partition("?")[0]]
    last = walk[-1]
    count = f"{len(walk)} pages" if len(walk) > 1 else "1 page"
    if last.goes_on:
        return f"{count}, more follow"
    return f"{count}, ends: {last.why}" if last.why else f"{count}, ends"
