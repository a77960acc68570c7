"""Requests of ``suggest``: GET only, through the integration's own client, within a budget."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import httpx
from msgspec.structs import replace

from client import ApiClient
from errors import OceanCustomError, ResponseError, TransportError
from json_values import Json, beginning_of, lists_in
from paging.error_reports import is_error_report, reports_error
from paging.model import PageRequest, SendIn

MOST_REQUESTS = 25
"""Requests an endpoint may cost, retries included."""
FOR_READING = 5
"""Requests of these that are kept for the last reading: two pages, and what settles their end."""

_REFUSALS = frozenset(range(400, 500)) - {401, 408, 429}
_UNREACHED = "is the URL right, does the API run, and can it be reached from this machine?"
_MOST_SILENCES = 2  # of requests for one endpoint
_QUOTED = 4000  # characters of what came of a request, its URL included


class BudgetError(Exception):
    """An endpoint has cost all the requests that it may cost."""


class SilenceError(BudgetError):
    """An endpoint left several requests without an answer; its text is what came of the last."""


@dataclass(frozen=True)
class Reply:
    """One answer; ``refusal`` is empty for a success, else what came of the request, redacted.

    ``is_silence``: nothing came at all.
    """

    request: PageRequest = field(repr=False)
    url: str = field(repr=False)
    status: int
    headers: httpx.Headers = field(repr=False)
    body: Json = field(repr=False)
    refusal: str = ""
    is_silence: bool = False

    @property
    def is_success(self) -> bool:
        """Whether there is a body to look at."""
        return not self.refusal


class Asker:
    """Asks for one endpoint. The same request is sent once: its answer is kept.

    ``send_in``: where parameters go that are tried.
    """

    def __init__(
        self,
        client: ApiClient,
        most: int = MOST_REQUESTS - FOR_READING,
        send_in: SendIn = "query",
    ) -> None:
        self._client = client
        self._most = most
        self._send_in: SendIn = send_in
        self._kept: dict[str, Reply] = {}
        self._spent = 0
        self._silences = 0
        self.silence = ""  # what came of the last request that nothing answered

    @property
    def spent(self) -> int:
        """Requests so far."""
        return self._spent

    @property
    def is_answered(self) -> bool:
        """Whether a request got an answer."""
        return len(self._kept) > self._silences

    @property
    def left(self) -> int:
        """Requests that are left."""
        return self._most - self._spent

    @property
    def refusals(self) -> Iterator[Reply]:
        """The answers that refuse a request as it was sent."""
        return (one for one in self._kept.values() if one.status in _REFUSALS)

    def charge(self, requests: int) -> None:
        """Count requests that were sent for this endpoint elsewhere."""
        self._spent += requests
        self._most = MOST_REQUESTS

    def keep_some(self) -> None:
        """Keep the requests of another reading."""
        self._most = MOST_REQUESTS - FOR_READING

    def known(self, request: PageRequest) -> Reply | None:
        """The answer to a request that was sent already."""
        return self._kept.get(replace(request, absent_statuses=_REFUSALS).key)

    async def ask(self, request: PageRequest, **params: str | int) -> Reply:
        """The answer to a request with further parameters.

        Raises BudgetError when none are left, or nothing answers; what fails is a reply with a
        ``refusal``.
        """
        return await self.ask_with(request, params.items())

    async def ask_with(self, request: PageRequest, params: Iterable[tuple[str, Json]]) -> Reply:
        """As ``ask``, for names that are no words of Python."""
        for name, value in params:
            request = request.put(name, value, self._send_in)
        request = replace(request, absent_statuses=_REFUSALS)
        kept = self._kept.get(request.key)
        if kept is not None:
            return kept
        if self.left <= 0:
            raise BudgetError
        before = self._client.counts.requests
        reply = await self._sent(request)
        self._spent += max(1, self._client.counts.requests - before)
        self._kept[request.key] = reply
        self._silences += reply.is_silence
        if self._silences >= _MOST_SILENCES:
            raise SilenceError(reply.refusal)
        return reply

    async def _sent(self, request: PageRequest) -> Reply:
        begun_at, before = time.monotonic(), self._client.counts.requests
        try:
            answer = await self._client.send(request)
        except TransportError as error:
            times = self._client.counts.requests - before
            seconds = time.monotonic() - begun_at
            tried = f"asked {times} times in {seconds:.0f} seconds; " if times > 1 else ""
            said = f"{_said(error)}; {tried}{_UNREACHED}"
            self.silence = said
            return Reply(request, request.url, 0, httpx.Headers(), None, said, is_silence=True)
        except OceanCustomError as error:
            status = error.status if isinstance(error, ResponseError) else 0
            return Reply(
                request, request.url, status, httpx.Headers(), None, _said(error) or "no answer"
            )
        refusal = _said(answer.refusal) if answer.refusal else ""
        if (
            isinstance(answer.body, dict)
            and (reports_error(answer.body) or is_error_report(answer.body))
            and not _has_objects(answer.body)
        ):
            words = self._client.redact.beginning(beginning_of(answer.body))
            refusal = f"{self._client.named(request)}: {answer.status}, {words!r}: an error"
        return Reply(request, answer.url, answer.status, answer.headers, answer.body, refusal)


def _has_objects(body: Json) -> bool:
    return any(
        isinstance(rows[0], dict)
        for rows in lists_in(body)
        if rows and not (isinstance(body, dict) and rows is body.get("errors"))
    )


def _said(error: Exception) -> str:
    return str(error)[:_QUOTED]
