"""Who watches a session: every exchange with the API, and every page of a walk.

Nothing that an observer gets can change what is read. Texts are without secrets; items are the
API's own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, Protocol

import httpx
from msgspec import Struct, field

from json_values import Json
from records import Discreet

Purpose = Literal["page", "parent", "login", "check"]
"""What a request is for: a resource's items, values of path parameters, credentials, a doubt."""

_MARK: Final = "ocean_custom_exchange"


class Exchange(Struct, frozen=True):
    """One request, and what came of it.

    ``url`` has no secret in it, ``bytes`` is the size of the unpacked body as far as it was read,
    ``attempt`` counts from 1. ``status`` None: no complete answer.
    """

    purpose: Purpose
    method: str
    url: str
    status: int | None
    content_type: str
    bytes: int
    seconds: float
    attempt: int


class PageRead(Discreet, frozen=True):
    """One page of a walk.

    ``rows`` counts what the API sent, ``items`` are what ``data_path`` gave. ``body`` is the answer
    (nulls stand for the rows of a list too large for memory). ``goes_on``: another page follows.
    ``why`` is the reason for which the walk ends, in words; None where it goes on or its end is in
    doubt. ``warning``: what the log says of this end.
    """

    purpose: Purpose
    url: str
    status: int
    rows: int
    items: Sequence[dict[str, Json]]
    body: Json
    goes_on: bool
    why: str | None = None
    warning: str | None = None


class Observer(Protocol):
    """Gets everything that happens, as it happens, on the loop of the session."""

    def exchanged(self, exchange: Exchange) -> None:
        """A request was answered, or was not."""

    def read(self, page: PageRead) -> None:
        """A page was read."""


class Sent(Struct):
    """A request under way; ``extensions`` go with it, so that what it needs is known as such."""

    purpose: Purpose
    method: str
    url: httpx.URL
    attempt: int
    begun_at: float = field(default_factory=time.monotonic)
    response: httpx.Response | None = None
    size: int = 0

    @property
    def extensions(self) -> dict[str, Any]:
        """Extensions of the HTTP request (https://www.python-httpx.org/advanced/extensions/)."""
        return {_MARK: self}

    def answered(self, response: httpx.Response, size: int) -> None:
        """Note the answer, and the bytes that were read of its body."""
        self.response, self.size = response, size

    def is_own(self, request: httpx.Request) -> bool:
        """Whether a request is this one, signed; transports rewrite hosts to addresses."""
        return (request.method, _path(request.url)) == (self.method, _path(self.url))


class Watch:
    """Reports the exchanges of a client to its observer, if there is one."""

    def __init__(self, observer: Observer | None, redact: Callable[[str], str]) -> None:
        self.observer = observer
        self._redact = redact

    async def login(self, response: httpx.Response) -> None:
        """Report what a request needed before it: httpx calls this for every answer."""
        sent: Sent | None = response.request.extensions.get(_MARK)
        if self.observer is None or sent is None or sent.is_own(response.request):
            return
        request = response.request
        url = request.url.copy_with(query=None)
        login = Sent("login", request.method, url, sent.attempt, sent.begun_at)
        login.answered(response, len(await response.aread()))
        self.ended(login)

    def ended(self, sent: Sent) -> None:
        """Report a request that is over, however it ended."""
        if self.observer is None:
            return
        response = sent.response
        exchange = Exchange(
            purpose=sent.purpose,
            method=sent.method,
            url=self._redact(str(sent.url)),
            status=None if response is None else response.status_code,
            content_type="" if response is None else response.headers.get("Content-Type", ""),
            bytes=sent.size,
            seconds=time.monotonic() - sent.begun_at,
            attempt=sent.attempt,
        )
        self.observer.exchanged(exchange)


def _path(url: httpx.URL) -> bytes:
    return url.raw_path.partition(b"?")[0]
