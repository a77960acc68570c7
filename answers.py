"""What came back for a request: its body as JSON, or the error that it is.

A body in another format becomes one JSON document first; a large one stays on disk. Errors say what
was found; which request it was is said by who sent it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from contextlib import suppress
from itertools import count

import httpx
from msgspec import field
from msgspec.structs import replace

from errors import BodyError, Circumstances, CredentialsError, FormatError, ResponseError
from json_values import Json, beginning_of
from paging.error_reports import is_error_report, is_like_report, reports_error, words_of
from paging.model import PageRequest
from paging.scopes import is_item, reasons_in
from records import Discreet
from transport.bodies import (
    ACCEPTED_CODINGS,
    MIB,
    UTF8,
    BodyLimits,
    Spool,
    charset_of,
    declared_charset,
    decode_json,
    is_guarded,
    is_gzip_file,
    kept,
    pieces_of,
    received,
    unguarded,
    unpacked,
)
from transport.http_client import status_of
from transport.large_lists import SlicedRows, slice_list
from transport.rate_limit import is_rate_limited, parse_retry_after, without_numbers
from transport.redaction import LONGEST_QUOTE, Redactor

# Control characters that no text has; those that separate lines, pages and records are none.
_BINARY = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x7f]")

IN_MEMORY = 4 * MIB
"""Bytes; a larger body is kept in a file, and its list is parsed in slices."""

_CHALLENGE = 60  # characters of what a 401 wants


class Answer(Discreet, frozen=True):
    """A successful response: its decoded JSON, and the length of that in bytes (0: no body).

    ``refusal``: what a request for a page that need not be there would have failed with; there is
    no body then.
    ``rows`` are those of a list too large for memory; in ``body`` nulls stand for them.
    ``number`` grows from answer to answer, in the order in which they came.
    """

    url: str
    status: int
    headers: httpx.Headers
    body: Json
    size: int
    rows: SlicedRows | None = None
    refusal: ResponseError | None = None
    number: int = field(default_factory=count().__next__)


class Reply(Discreet, frozen=True):
    """A response with what was read of its body: all of a success, the beginning of a failure.

    ``telling``: the headers that may speak of a rate limit; ``original``: the body that ``content``
    was made of, where it came in another format.
    """

    url: str
    response: httpx.Response
    content: bytes | Spool
    telling: httpx.Headers
    original: bytes | Spool | None = None

    @property
    def status(self) -> int:
        """The status code."""
        return self.response.status_code

    @property
    def is_success(self) -> bool:
        """Whether it has what was asked for: 202 says that it comes later."""
        return self.response.is_success and self.status != httpx.codes.ACCEPTED

    @property
    def charset(self) -> str:
        """The charset of the content, by Python's name."""
        return charset_of(self.response.headers) if self.original is None else UTF8

    @property
    def size(self) -> int:
        """The bytes of the content."""
        return size_of(self.content)

    @property
    def beginning(self) -> str:
        """The text that the body began with, as it was sent."""
        body = self.content if self.original is None else self.original
        start = body.read(0, MIB) if isinstance(body, Spool) else body[:MIB]
        return start.decode(charset_of(self.response.headers), errors="replace")

    @property
    def report(self) -> Json:
        """The JSON of a failure's body; None where it is something else, or breaks off."""
        if isinstance(self.content, bytes):
            with suppress(ValueError):
                return decode_json(self.content, charset_of(self.response.headers))
        return None


class AnswerReader:
    """Reads replies: ``answer`` gives the JSON of a success, and raises for all others.

    ``retry_after_header`` is a further header that says how long to wait.
    """

    def __init__(self, redact: Redactor, limits: BodyLimits, retry_after_header: str) -> None:
        self._redact = redact
        self._limits = limits
        self._retry_after_header = retry_after_header

    async def answer(self, request: PageRequest, reply: Reply) -> Answer:
        """The answer to a request; for a page that need not be there also its refusal.

        Raises ResponseError, CredentialsError, BodyError and SourceError, and httpx.DecodingError
        for a gzip file that breaks off.
        """
        if not reply.is_success:
            refused = self._refusal(reply)
            if isinstance(refused, CredentialsError) or not refused.is_refusal:
                raise refused
            if reply.status not in request.absent_statuses:
                raise refused
            headers = reply.response.headers
            return Answer(reply.url, reply.status, headers, body=None, size=0, refusal=refused)
        return await self._read(request, await self._as_json(request, reply))

    def _refusal(self, reply: Reply) -> CredentialsError | ResponseError:
        if reply.status == httpx.codes.UNAUTHORIZED:
            told = self._answered(reply)
            if challenge := reply.response.headers.get("WWW-Authenticate"):
                # Cut last: a part of a credential would not be known for one.
                wanted = self._redact.beginning(f"WWW-Authenticate: {challenge}")[:_CHALLENGE]
                told["answered"] += f" ({wanted})"
            return CredentialsError(remedy="check the credentials in the settings", **told)
        return self._response_error(reply, reply.report)

    def _response_error(self, reply: Reply, report: Json) -> ResponseError:
        said, further = (reply.status, reply.telling, report), self._retry_after_header
        error = ResponseError(
            status=reply.status,
            rate_limited=is_rate_limited(*said, further_header=further),
            retry_after=parse_retry_after(*said, further_header=further),
            **self._answered(reply),
        )
        words = (reply.status, without_numbers(reply.telling), report)
        error.by_numbers = error.rate_limited and not is_rate_limited(
            *words, further_header=further
        )
        return error

    async def _as_json(self, request: PageRequest, reply: Reply) -> Reply:
        """A success with its body as JSON: out of the gzip file and the format it came in."""
        in_memory = _in_memory(request)
        if is_gzip_file(reply.content):
            content = await kept(unpacked(reply.content, self._limits), in_memory=in_memory)
            reply = replace(reply, content=content)
        wanted = request.format
        if wanted.name == "json" and is_guarded(reply.content):
            content = await kept(unguarded(reply.content), in_memory=in_memory)
            reply = replace(reply, content=content)
        is_blank = isinstance(reply.content, bytes) and not reply.content.strip()
        if wanted.name == "json" or (is_blank and not wanted.empty_is_list):
            return reply
        headers = reply.response.headers
        kind, charset = headers.get("Content-Type", ""), declared_charset(headers)
        document = wanted.document(pieces_of(reply.content), charset, kind)
        document = self._limits.admitted(document)
        try:
            content = await kept(document, in_memory=in_memory)
        except FormatError as error:
            problem = f"not the {wanted.name} it should be: {error.problem}"
            raise self._unreadable(reply, problem, error.remedy) from None
        return replace(reply, content=content, original=reply.content)

    async def _read(self, request: PageRequest, reply: Reply) -> Answer:
        headers, content, charset = reply.response.headers, reply.content, reply.charset
        try:
            if isinstance(content, Spool):
                path = request.list_path or ()
                broken = self._not_json(reply).report
                sliced = await slice_list(content, path, broken) if charset == UTF8 else None
                if sliced:
                    self._refuse_reporting_line(request, reply, sliced.rows)
                    body, size, rows = sliced.body, content.size, sliced.rows
                    return Answer(reply.url, reply.status, headers, body, size, rows)
                content = content.read(0, content.size)
            body = decode_json(content, charset) if content.strip() else None
        except ValueError:
            raise self._not_json(reply) from None
        if isinstance(body, list):
            self._refuse_reporting_line(request, reply, body)
        report = _report_in(body, request)
        if is_rate_limited(reply.status, headers, report):
            raise self._response_error(reply, report)
        return Answer(reply.url, reply.status, headers, body, len(content.strip()))

    def _refuse_reporting_line(
        self, request: PageRequest, reply: Reply, rows: Sequence[Json]
    ) -> None:
        """Raise BodyError when the lines end with an error: the status was sent long before it."""
        if request.format.name != "ndjson" or not rows:
            return
        last = rows[-1]
        is_only_last = len(rows) == 1 or not _is_report(rows[0])
        if _is_report(last) and is_only_last:
            words = self._redact.beginning(beginning_of(last))
            raise BodyError(
                "its last line reports an error", answered=status_of(reply.response), words=words
            )

    def _not_json(self, reply: Reply) -> BodyError:
        kind = reply.response.headers.get("Content-Type", "no content type")
        problem = f"not the JSON it should be ({kind}, {reply.size} bytes)"
        remedy = "correct the path or the credentials, or set response_format to what it is"
        return self._unreadable(reply, problem, remedy)

    def _unreadable(self, reply: Reply, problem: str, remedy: str) -> BodyError:
        """The error for a body that is not what it should be; it may be compressed another way."""
        if coding := BodyLimits.coding_of(reply.response):
            return BodyError(
                f"the answer is compressed as {coding!r}, but {ACCEPTED_CODINGS} was asked for",
                answered=status_of(reply.response),
            )
        if _BINARY.search(reply.beginning[:LONGEST_QUOTE]):
            return BodyError(
                "the answer is binary, and no text",
                remedy="ask for text: of archives and packed files only gzip is unpacked",
                answered=status_of(reply.response),
            )
        return BodyError(problem, remedy, **self._answered(reply))

    def _answered(self, reply: Reply) -> Circumstances:
        """The status and the API's own words, which may stand behind more than is quoted."""
        text = reply.beginning
        if not text.strip():
            text = _said_in_headers(reply.response.headers)
        if len(text) > self._redact.longest_quote and isinstance(body := reply.report, dict):
            text = words_of(body)
        return {"answered": status_of(reply.response), "words": self._redact.beginning(text)}


def _said_in_headers(headers: httpx.Headers) -> str:
    """What the headers of a failure without a body say, those that are called after an error."""
    return "; ".join(value for name, value in headers.items() if "error" in name.lower())


def _report_in(body: Json, request: PageRequest) -> Json:
    """What a success says of itself beside its data: errors, and codes where there is no data.

    The words of an item are its own, and a ``type`` says what a list holds: both may be budgets.
    """
    if not isinstance(body, dict):
        return None
    path = request.list_path
    # Some APIs list errors: those are items themselves.
    reported = {
        key: value
        for key, value in reasons_in(body).items()
        if key not in (path or ())[:1] and not _are_items(value)
    }
    beside = {key: value for key, value in body.items() if key not in reported}
    if any(value for value in beside.values() if isinstance(value, dict | list)):
        return reported
    if reports_error(body) or is_like_report(body):
        return reported | beside
    if path == () or (path is None and is_item(body)):
        return reported
    return reported | {key: one for key, one in beside.items() if not key.lower().endswith("type")}


def _are_items(value: Json) -> bool:
    rows = value if isinstance(value, list) else []
    return bool(rows) and all(isinstance(row, dict) and is_item(row) for row in rows)


def _is_report(row: Json) -> bool:
    return isinstance(row, dict) and is_error_report(row)


def size_of(content: bytes | Spool) -> int:
    """The bytes of a body."""
    return content.size if isinstance(content, Spool) else len(content)


async def content_of(response: httpx.Response, request: PageRequest) -> bytes | Spool:
    """What is needed of a response's body; a large one is kept on disk if it may be sliced."""
    if not response.is_success:
        return await response.aread()
    return await received(response, in_memory=_in_memory(request))


def _in_memory(request: PageRequest) -> float:
    """Bytes of a body that are held in memory: all of one that no list is sliced from."""
    return math.inf if request.list_path is None else IN_MEMORY
