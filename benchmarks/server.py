"""The API that benchmarks read: bare HTTP/1.1 over asyncio, in a process of its own.

It answers every request after a fixed latency, with little work of its own, so that what
is measured is the reader. Paths: `/items` (paged by `page` and `size`), `/large` (one body),
`/parents` (unpaged), `/parents/{id}/children`; without latency `/stats`. The same items in other
ways: `/road/{json,list,gzip,ndjson,csv,xml,array,limited,offset}` (paged by `cursor` and `limit`,
in the query or in the body; `json`, `array` and `limited` name the next cursor in the body,
`offset` counts rows from one, the others have a header for it),
`/repositories/{owner}/{name}/items` for each of `/repositories`, `/window`, `/token`, `/login`.

    with service("benchmarks.server", Workload(latency=0.05, items=1000)) as url:
        ...
"""

from __future__ import annotations

import asyncio
import gzip
import re
import ssl
import sys
import time
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import cast, override
from urllib.parse import parse_qsl, urlsplit

import msgspec
import uvloop

CHILDREN = 3  # of every parent

_ALONE = 500  # rows of a page that no size is sent for
_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)

# About 700 bytes each, and about 150 bytes.
_ITEM = (
    b'{"id":%(n)d,"key":"ITEM-%(n)d","title":"Item number %(n)d of the collection",'
    b'"status":"waiting","priority":3,"owner":{"id":%(m)d,"name":"Owner %(m)d",'
    b'"mail":"owner@example.com"},"labels":["label-%(m)d","benchmark"],'
    b'"createdAt":"2026-01-01T00:00:00Z","url":"https://example.com/items/%(n)d",'
    b'"description":"' + b"x" * 350 + b'"}'
)
_SMALL = (
    b'{"id":%(n)d,"key":"ITEM-%(n)d","status":"open","owner":{"id":%(m)d},'
    b'"url":"https://example.com/items/%(n)d","labels":["small","benchmark"]}'
)


CONTINUATION = "x-ms-continuationtoken"

# What each format has around and between its rows.
_COLUMNS = ("id", "key", "title", "status", "priority", "labels", "createdAt", "url", "description")
_FORMATS = {
    "list": ("application/json", b"[", b",", b"]"),
    "ndjson": ("application/x-ndjson", b"", b"\n", b"\n"),
    "csv": ("text/csv", ",".join(_COLUMNS).encode() + b"\n", b"\n", b"\n"),
    "xml": ("application/xml", b"<items>", b"", b"</items>"),
}


_SMALL_CSV = (
    b"%(n)d,ITEM-%(n)d,open,%(m)d,https://example.com/items/%(n)d,"
    b'"small, benchmark, and as many bytes as a row of JSON has, or nearly"'
)


class Workload(msgspec.Struct, frozen=True):
    """What the API holds.

    `latency` in seconds, `large` in bytes, in `large_format`: json, ndjson or csv; `with_total`:
    pages tell the total. `certificates`: a folder with `server.pem` and `authority.pem`, whose
    clients alone are served, over TLS.
    """

    latency: float = 0
    items: int = 0
    parents: int = 0
    large: int = 0
    large_format: str = "json"
    with_total: bool = True
    certificates: str = ""


class Stats(msgspec.Struct):
    """Requests so far, and when the first one came, on the monotonic clock of the machine."""

    requests: int = 0
    first: float = 0


class Reply(msgspec.Struct, frozen=True):
    """A body with its type, the cursor that a header names, and lines of the head beside."""

    body: bytes
    kind: str = "application/json"
    cursor: str = ""
    lines: str = ""


_LOGIN = Reply(
    b"token-in-the-text",
    "text/plain",
    lines="X-Auth-Token: token-in-a-header\r\nSet-Cookie: session=token-in-a-cookie\r\n",
)
_LIMITED = Reply(
    b'{"errors":[{"message":"Complexity budget exhausted","extensions":'
    b'{"code":"ComplexityException","retry_in_seconds":1}}]}'
)


class _Responder:
    """The bodies of a workload."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._parents = msgspec.json.encode([{"id": n} for n in range(workload.parents)])
        self._large = _large(workload.large, workload.large_format)
        self._page = lru_cache(maxsize=64)(self._made_page)
        self._road = lru_cache(maxsize=512)(self._made_road)
        self._was_limited = False

    def reply(self, target: str, body: bytes = b"") -> Reply:
        """What goes back for a request."""
        url = urlsplit(target)
        query = dict(parse_qsl(url.query)) | _in_body(body)
        match url.path.split("/")[1:]:
            case ["road", name]:
                reply = self._paged(name, query)
            case ["repositories", _, name, _]:
                reply = self._part(int(name) * self._each)
            case ["window"]:
                reply = self._part(int(query["from"]))
            case ["repositories"]:
                names = range(self._workload.parents)
                rows = [{"owner": f"o{n % 7}", "name": f"{n}"} for n in names]
                reply = Reply(msgspec.json.encode(rows))
            case ["large"]:
                reply = self._large
            case ["login"]:
                reply = _LOGIN
            case ["token"]:
                reply = Reply(b'{"access_token":"token-of-the-reader","expires_in":3600}')
            case _:
                reply = Reply(self._body(target))
        return reply

    @property
    def _each(self) -> int:
        """Items of a repository, or of a window."""
        return self._workload.items // self._workload.parents

    def _part(self, start: int) -> Reply:
        return self._road("list", start, self._each, is_last=True)

    def _paged(self, name: str, query: Mapping[str, str]) -> Reply:
        if name == "limited" and "cursor" in query and not self._was_limited:
            self._was_limited = True
            return _LIMITED
        # RFC 7644, 3.4.2.4: a startIndex below one is one.
        start = int(query.get("cursor", max(int(query.get("startIndex", "1")), 1) - 1))
        # A cursor that is sent alone knows the size.
        return self._road(name, start, int(query.get("limit", _ALONE)))

    def _body(self, target: str) -> bytes:
        url = urlsplit(target)
        match url.path.split("/")[1:]:
            case ["items"]:
                query = {name: int(value) for name, value in parse_qsl(url.query)}
                return self._page(query.get("page", 1), query["size"])
            case ["parents"]:
                return self._parents
            case [_, parent, _]:
                return msgspec.json.encode(
                    [{"id": f"{parent}-{n}", "name": f"child {n}"} for n in range(CHILDREN)]
                )
        return b"null"

    def _made_page(self, page: int, size: int) -> bytes:
        end = self._workload.items
        # Like most APIs that count from one, it has no page 0.
        rows = _rows(_ITEM, max((page - 1) * size, 0), min(page * size, end))
        total = b'"total":%d,' % end if self._workload.with_total else b""
        return b"{" + total + b'"items":[' + rows + b"]}"

    def _made_road(self, name: str, start: int, size: int, *, is_last: bool = False) -> Reply:
        """Rows of a format from ``start`` on, with the cursor of what follows."""
        end = min(start + size, self._workload.items)
        cursor = "" if is_last or end >= self._workload.items else str(end)
        if name in {"json", "array", "limited"}:
            following = msgspec.json.encode([cursor] if name == "array" else cursor)
            rows = _rows(_ITEM, start, end)
            return Reply(
                b'{"next_cursor":%b,"items":[%b]}' % (following if cursor else b"null", rows)
            )
        if name == "offset":
            total, rows = self._workload.items, _rows(_ITEM, start, end)
            return Reply(b'{"totalResults":%d,"items":[%b]}' % (total, rows))
        if name == "gzip":
            whole = self._road("list", start, size)
            return Reply(gzip.compress(whole.body, mtime=0), "application/gzip", whole.cursor)
        kind, opening, between, closing = _FORMATS[name]
        rows = between.join(_row(name, n) for n in range(start, end))
        return Reply(opening + rows + closing, kind, cursor)


def _large(size: int, name: str) -> Reply:
    """About so many bytes of small rows."""
    template = _SMALL_CSV if name == "csv" else _SMALL
    count = size // len(template)
    if name == "json":
        return Reply(b'{"items":[' + _rows(template, 0, count) + b"]}")
    kind, _, between, closing = _FORMATS[name]
    opening = b"id,key,status,owner,url,labels\n" if name == "csv" else b""
    return Reply(opening + _rows(template, 0, count, between) + closing, kind)


def _row(name: str, number: int) -> bytes:
    item = _ITEM % {b"n": number, b"m": number % 97}
    if name in {"list", "ndjson"}:
        return item
    values = {**msgspec.json.decode(item), "labels": f"label-{number % 97}"}
    if name == "csv":
        return ",".join(str(values[column]) for column in _COLUMNS).encode()
    inner = "".join(f"<{column}>{values[column]}</{column}>" for column in _COLUMNS)
    return f"<item>{inner}</item>".encode()


def _rows(template: bytes, start: int, end: int, between: bytes = b",") -> bytes:
    return between.join([template % {b"n": n, b"m": n % 97} for n in range(start, end)])


def _in_body(body: bytes) -> dict[str, str]:
    """The parameters in a JSON object or a form."""
    if body.startswith(b"{"):
        given: dict[str, object] = msgspec.json.decode(body)
        return {
            name: str(value[0] if isinstance(value, list) else value)
            for name, value in given.items()
        }
    return dict(parse_qsl(body.decode()))


class _Protocol(asyncio.Protocol):
    def __init__(self, responder: _Responder, latency: float, stats: Stats) -> None:
        self._responder = responder
        self._latency = latency
        self._stats = stats
        self._pending = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's only behaves like one

    @override
    def data_received(self, data: bytes) -> None:
        self._pending += data
        while b"\r\n\r\n" in self._pending:
            head, _, rest = self._pending.partition(b"\r\n\r\n")
            length = int(found[1]) if (found := _LENGTH.search(head)) else 0
            if len(rest) < length:
                return
            body, self._pending = rest[:length], rest[length:]
            target = head.split(b" ", 2)[1].decode()
            if target == "/stats":
                self._write(Reply(msgspec.json.encode(self._stats)))
                continue
            self._stats.first = self._stats.first or time.monotonic()
            self._stats.requests += 1
            asyncio.get_running_loop().call_later(self._latency, self._answer, target, body)

    def _answer(self, target: str, body: bytes) -> None:
        self._write(self._responder.reply(target, body))

    def _write(self, reply: Reply) -> None:
        named = f"{CONTINUATION}: {reply.cursor}\r\n" if reply.cursor else ""
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {reply.kind}\r\n{named}{reply.lines}"
        self._transport.write(f"{head}Content-Length: {len(reply.body)}\r\n\r\n".encode())
        self._transport.write(reply.body)


def _tls(folder: str) -> ssl.SSLContext | None:
    """TLS for clients with a certificate of the authority; None without certificates."""
    if not folder:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(folder, "server.pem"))
    context.load_verify_locations(Path(folder, "authority.pem"))
    context.verify_mode = ssl.CERT_REQUIRED
    return context


async def _serve(workload: Workload) -> None:
    protocol = partial(_Protocol, _Responder(workload), workload.latency, Stats())
    server = await asyncio.get_running_loop().create_server(
        protocol, "127.0.0.1", 0, ssl=_tls(workload.certificates)
    )
    scheme = "https" if workload.certificates else "http"
    print(f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(msgspec.json.decode(sys.argv[1], type=Workload)))
