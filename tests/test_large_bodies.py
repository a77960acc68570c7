"""Bodies too large for memory, and bodies larger than allowed.

A list that is parsed in slices must give what it gives in memory: the same items, the same
error. What is no such list is decoded in memory, so only time and memory may differ.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import gzip
import json
import os
import subprocess
import sys
import tempfile
import tracemalloc
import zlib
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from errors import (
    BodyError,
    MappingError,
    OceanCustomError,
    PaginationError,
    SourceError,
    TransportError,
)
from jq_engine.worker import JqWorker
from pagination import PaginationSettings
from paging.extraction import Extractor, Item
from resync.path_parameters import Endpoint, Parameter, Resource
from resync.session import Session
from settings import load_settings
from tests.fault_api import Answer, FaultApi, Raw, Reply, Request, answer
from tests.literals import Json
from tests.reading import over_http
from transport.bodies import MIB, Spool, decode_json
from transport.large_lists import slice_list

WHERE = "data_path"
ROOT = Path(__file__).parents[1]

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


# --- one body, in slices and in memory -----------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What one body gave: its items, or an error that says no more than its kind."""

    items: list[Item]
    rows: list[Json]
    nothing: bool = False
    error: str = ""
    sliced: bool = False


def in_memory(content: bytes, data_path: str) -> Outcome:
    """The outcome of the ordinary road."""
    extractor = Extractor(data_path, WHERE, JqWorker())
    try:
        body = decode_json(content) if content.strip() else None
        extracted = driven(extractor.extract(body))
    except (ValueError, MappingError) as error:
        return Outcome([], [], error="mapping" if isinstance(error, MappingError) else "not JSON")
    return Outcome(extracted.items, extractor.measured(body, extracted).rows, extracted.nothing)


def driven[Result](coroutine: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine that only lets others run: it needs no loop."""
    while True:
        try:
            coroutine.send(None)
        except StopIteration as end:
            result: Result = end.value
            return result


def in_slices(content: bytes, data_path: str, size: int) -> Outcome:
    """The outcome by way of a file, where the body can go that way."""
    extractor = Extractor(data_path, WHERE, JqWorker())
    spool = Spool("a large answer")
    spool.write(content)
    assert extractor.list_path is not None
    try:
        sliced = driven(slice_list(spool, extractor.list_path, "not JSON", size=size))
        if sliced is None:
            return in_memory(content, data_path)
        runs = [extractor.extract_run(rows) for rows, _ in sliced.rows.slices()]
    except (ValueError, BodyError):
        return Outcome([], [], error="not JSON", sliced=True)
    items = [item for run in runs for item in run.items]
    rows = list(sliced.rows)
    assert len(sliced.rows) == len(rows)
    assert rows[-1:] == sliced.rows[-1:]
    assert sliced.rows == rows
    assert list(sliced.rows.ids()) == [
        row.get("id") if isinstance(row, dict) else None for row in rows
    ]
    return Outcome(items, rows, all(run.nothing for run in runs), sliced=True)


def assert_same(content: bytes, data_path: str, size: int) -> bool:
    """Both roads agree; whether the body went in slices."""
    expected, found = in_memory(content, data_path), in_slices(content, data_path, size)
    assert (found.items, found.nothing, found.error) == (
        expected.items,
        expected.nothing,
        expected.error,
    )
    assert found.rows == expected.rows
    return found.sliced


TEXTS = st.text('ab"\\{}[],: é😀\n', max_size=6)
SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False)
KEYS = st.sampled_from(["id", "data", "a", "next"]) | TEXTS
VALUES = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
OBJECTS = st.fixed_dictionaries({"id": st.integers(0, 99) | TEXTS}, optional={"data": VALUES})
ROWS = st.lists(OBJECTS, max_size=12) | st.lists(OBJECTS | VALUES, max_size=12)
PATHS = st.sampled_from([".data", ".data[]", ".", ".[]", ".a.data", '.["a"].data[]'])
# What is put somewhere into a sound document: most of it breaks it, some only changes it.
BLOWS = st.sampled_from(
    (
        *(b"", b",", b"]", b"}", b'"', b"[", b"{", b"\\", b"\xff", b"\x00", b" ", b"NaN", b"1e999"),
        *(b'"\\ud83d"', b"-", b"01", b'"data":[],', b"tru", b"\\u12", b"\xef\xbb\xbf", b"null"),
    )
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """JSON texts with a list at ``.data``, ``.a.data`` or the top, in any style of writing."""
    rows = draw(ROWS)
    around = draw(st.dictionaries(KEYS, VALUES, max_size=2))
    after = draw(st.dictionaries(KEYS, VALUES, max_size=2))
    wrapped: Json = {**around, "data": rows, **after}
    body = draw(st.sampled_from([rows, wrapped, {"a": wrapped}, {"data": draw(VALUES)}]))
    return json.dumps(
        body, indent=draw(st.sampled_from([None, 0, 2])), ensure_ascii=draw(st.booleans())
    ).encode()


@given(content=documents(), data_path=PATHS, size=st.integers(1, 60))
def test_slices_give_what_memory_gives(content: bytes, data_path: str, size: int) -> None:
    """Of any JSON document, cut anywhere, the items, rows and ids are the same."""
    assert_same(content, data_path, size)


@given(
    content=documents(),
    data_path=PATHS,
    size=st.integers(1, 60),
    place=st.floats(0, 1),
    lost=st.integers(0, 3) | st.just(10**9),
    blow=BLOWS,
)
@example(b'{"data":[{"id":1}],"data":[{"id":2}]}', ".data", 5, 0, 0, b"")
@example(b'{"data":[{"id":1}],"data":null}', ".data", 5, 0, 0, b"")
@example(b'{"data":[{"id":1},]}', ".data", 5, 0, 0, b"")
@example(b'{"data":[,{"id":1}]}', ".data", 5, 0, 0, b"")
@example(b'{"data":[{"id":1}]]}', ".data", 5, 0, 0, b"")
@example(b'[{"id":1}] x', ".", 5, 0, 0, b"")
@example(b'x [{"id":1}]', ".", 5, 0, 0, b"")
@example(b'{"d\\u0061ta":[{"id":1}]}', ".data", 5, 0, 0, b"")
@example('[{"id": "é"}]'.encode("utf-16"), ".", 5, 0, 0, b"")
@example(b'[{"id": "\\ud83d"}, {"id": 2}]', ".", 5, 0, 0, b"")
@example(b'[{"id": 1}, {"id": 1e999}]', ".", 5, 0, 0, b"")
@example(b'{"data": [{"id": 0}, null]}', ".data", 1, 0, 0, b"")
def test_broken_documents_fail_alike(  # noqa: PLR0913, PLR0917 (parts of one random document)
    content: bytes, data_path: str, size: int, place: float, lost: int, blow: bytes
) -> None:
    """A document with a blow is refused by both roads, or by none."""
    at = int(place * len(content))

    assert_same(content[:at] + blow + content[at + lost :], data_path, size)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(json.dumps({"data": [{"id": n} for n in range(50)]}), id="objects"),
        pytest.param(json.dumps([{"id": n} for n in range(50)], indent=2), id="indented"),
        pytest.param(
            json.dumps([{"id": n, "parts": [{"id": 1}, {"id": 2}]} for n in range(50)]),
            id="items that look like their parts",
        ),
        pytest.param(
            json.dumps([{"id": n, "parts": [{"id": i} for i in range(40)]} for n in range(9)]),
            id="items with more parts than guesses",
        ),
        pytest.param(json.dumps([{"id": '},{"id":'}] * 30), id="separators in texts"),
        pytest.param(json.dumps(list(range(300))), id="numbers"),
        pytest.param(json.dumps(["a,b", "c"] * 50), id="texts"),
        pytest.param(json.dumps({"data": [{"id": 1}], "next": "x" * 500}), id="a long end"),
        pytest.param(json.dumps({"data": [], "next": "x" * 500}), id="an empty list"),
        pytest.param(json.dumps([{"id": 1, "text": "y" * 900}, {"id": 2}]), id="a long item"),
    ],
)
@pytest.mark.parametrize("size", [7, 64, 256])
def test_lists_are_sliced(content: str, size: int) -> None:
    """Lists of every kind do go in slices, not in memory after all."""
    data_path = "." if content.startswith("[") else ".data"

    assert assert_same(content.encode(), data_path, size)


@pytest.mark.parametrize(
    ("content", "data_path"),
    [
        pytest.param({"data": {"id": 1}}, ".data", id="an object"),
        pytest.param({"data": None}, ".data", id="null"),
        pytest.param({"data": 5, "other": [1]}, ".data", id="a number"),
        pytest.param({"other": {"data": [1]}}, ".data", id="deeper"),
        pytest.param({"a": [{"data": [1]}]}, ".a.data", id="within a list"),
        pytest.param({"data": [1]}, ".", id="an item with a list"),
    ],
)
def test_what_is_no_list_goes_the_ordinary_road(content: Json, data_path: str) -> None:
    """Where the path leads to no list nothing is sliced, and the ordinary rules hold."""
    assert not assert_same(json.dumps(content).encode(), data_path, 16)


# --- over HTTP -----------------------------------------------------------------------------


def rows(start: int, stop: int, *, width: int = 500) -> list[Json]:
    """Items of a little more than ``width`` bytes of JSON each."""
    return [{"id": number, "text": f"{number} " + "x" * width} for number in range(start, stop)]


def encoded(value: Json, coding: str = "gzip") -> Answer:
    """A compressed JSON answer."""
    data = json.dumps(value).encode()
    body = gzip.compress(data, 1) if coding == "gzip" else zlib.compress(data, 1)
    return Answer(body, 200, (("Content-Encoding", coding),))


@dataclass
class Walk:
    """What came of a walk: the ids in their order, the sizes of the batches, the error."""

    ids: list[Json]
    batches: list[int]
    error: OceanCustomError | None = None

    @property
    def message(self) -> str:
        """What the error says."""
        return str(self.error or "")


async def walked(
    api: FaultApi,
    *,
    data_path: str = ".items",
    pagination: PaginationSettings | None = None,
    **config: Json,
) -> Walk:
    """The items of ``/items``."""
    settings = load_settings({"base_url": api.url, "max_retry_wait": 1, **config})
    session = Session(settings, http=over_http)
    walk = Walk([], [])
    endpoint = Endpoint("/items", data_path=data_path, pagination=pagination or settings.pagination)
    try:
        async for batch in session.read(Resource("/items", endpoint)).batches():
            walk.ids += [item.get("id") for item in batch]
            walk.batches.append(len(batch))
    except OceanCustomError as error:
        walk.error = error
    finally:
        await session.aclose()
    return walk


async def test_a_large_page_comes_in_batches(api: FaultApi) -> None:
    """Every item of a body larger than memory may hold comes once, in order, in small batches."""
    api.serve("/items", answer({"items": rows(0, 12_000), "next": None}))

    walk = await walked(api)

    assert walk.error is None
    assert walk.ids == list(range(12_000))
    assert max(walk.batches) <= 500
    assert len(api.requests) == 1


@pytest.mark.parametrize("style", ["cursor", "next_link"])
async def test_what_leads_on_after_a_large_list_is_heeded(api: FaultApi, style: str) -> None:
    """A cursor or link that stands after a large list is found, page after page."""

    def page(request: Request) -> Reply:
        at = int(request.param("cursor") or 0)
        more = {"cursor": str(at + 1), "next_link": f"/items?cursor={at + 1}"}[style]
        following = {"next": more if at < 2 else None}
        return answer({"items": rows(at * 9000, at * 9000 + 9000), **following})

    api.serve("/items", page)

    walk = await walked(api, pagination_type=style)

    assert walk.error is None
    assert walk.ids == list(range(27_000))


async def test_large_pages_by_number_end_with_a_short_one(api: FaultApi) -> None:
    """The length of a large page counts: full ones go on, a short one ends the walk."""

    def page(request: Request) -> Reply:
        start = (max(1, request.number("page", 1)) - 1) * 9000
        return answer(rows(start, min(start + 9000, 20_000)))

    api.serve("/items", page)

    walk = await walked(api, data_path=".", pagination_type="page", page_size=9000)

    assert walk.error is None
    assert walk.ids == list(range(20_000))


async def test_few_large_pages_are_fetched_ahead(api: FaultApi) -> None:
    """Of a known total of pages of 20 MiB, one is fetched ahead, not all that may be in flight."""

    async def page(request: Request) -> Answer:
        await asyncio.sleep(0.05)
        number = request.number("page", 1)
        text = "x" * 10 * MIB
        rows = [{"id": 2 * number + one, "text": text} for one in range(2 if number < 4 else 0)]
        return answer({"items": rows, "total": 6, "first": number == 1})

    api.serve("/items", page)

    walk = await walked(api, pagination_type="page", page_size=2)

    assert walk.error is None
    assert len(walk.ids) == 6
    assert api.most_in_flight == 1


async def test_a_large_page_that_comes_again_is_no_second_page(api: FaultApi) -> None:
    """Page 2 is page 1, counters aside: a list that heeds neither size nor position is one page."""
    page_of = iter(range(9))

    def page(_: Request) -> Reply:
        seen = next(page_of)
        return answer([{**row, "seen": seen} for row in rows(0, 9000)])

    api.serve("/items", page)

    walk = await walked(api, data_path=".", pagination_type="page", page_size=9000)

    assert walk.error is None
    assert walk.ids == list(range(9000))


async def test_large_pages_that_overlap_are_refused(api: FaultApi) -> None:
    """Half of the rows of a page come again: the position counts something else."""

    def page(request: Request) -> Reply:
        start = request.number("offset", 0) // 3
        return answer(rows(start, start + 9000))

    api.serve("/items", page)

    walk = await walked(api, data_path=".", pagination_type="offset", page_size=9000)

    assert isinstance(walk.error, PaginationError)
    assert "share 6000 rows" in walk.message


async def test_a_jq_path_of_the_paging_sees_every_row(api: FaultApi) -> None:
    """A cursor that is read from the rows themselves is found on a large page, too."""

    def page(request: Request) -> Reply:
        start = int(request.param("cursor") or -1) + 1
        return answer({"items": rows(start, min(start + 9000, 20_000))})

    api.serve("/items", page)

    walk = await walked(api, pagination_type="cursor", cursor_path=".items[-1].id")

    assert walk.error is None
    assert walk.ids == list(range(20_000))


async def test_a_filter_over_a_large_page(api: FaultApi) -> None:
    """A data_path that only jq understands reads a large body as any other."""
    api.serve("/items", answer({"items": rows(0, 9000)}))

    walk = await walked(api, data_path="[.items[] | select(.id % 3 == 0)]")

    assert walk.error is None
    assert walk.ids == list(range(0, 9000, 3))


async def test_another_charset_of_a_large_page(api: FaultApi) -> None:
    """A large body in a declared charset is decoded by it."""
    body = json.dumps([{"id": "é" * 9}] * 200_000, ensure_ascii=False).encode("latin-1")
    api.serve("/items", Answer(body, 200, (("Content-Type", "text/json; charset=latin-1"),)))

    walk = await walked(api, data_path=".")

    assert walk.error is None
    assert set(walk.ids) == {"é" * 9}


async def test_a_large_body_that_is_cut_is_asked_for_again(api: FaultApi) -> None:
    """A transfer that breaks off in the middle gives no item; the next one gives each once."""
    body = json.dumps({"items": rows(0, 12_000)}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    api.serve("/items", Answer(body))
    api.fail("/items", Raw(head + body[: len(body) - 1000]), on=1, times=1)

    walk = await walked(api)

    assert walk.error is None
    assert walk.ids == list(range(12_000))
    assert len(api.requests) == 2


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(lambda body: body[:-300], id="breaks off"),
        pytest.param(lambda body: body + b"}", id="goes on"),
        pytest.param(lambda body: body.replace(b'"id": 9000', b'"id": nine', 1), id="within"),
    ],
)
async def test_a_large_body_that_is_not_json_gives_no_item(api: FaultApi, spoilt: Any) -> None:  # noqa: ANN401 — a function
    """Not even the items before the fault: the page is refused as a whole, as in memory."""
    body = spoilt(json.dumps({"items": rows(0, 12_000)}).encode())
    api.serve("/items", Answer(body, 200, (("Content-Type", "application/json"),)))

    walk = await walked(api)

    assert isinstance(walk.error, BodyError)
    assert f"not the JSON it should be (application/json, {len(body)} bytes)" in walk.message
    assert len(walk.message) < 500
    assert walk.ids == []


async def test_children_of_a_large_parent(api: FaultApi) -> None:
    """The parents of a fan-out may come in one large body."""
    api.serve("/items", answer({"items": rows(0, 60, width=100_000)}))
    api.serve("/items/{}/notes", lambda request: answer([{"note": request.values[0]}]))
    settings = load_settings({"base_url": api.url})
    session = Session(settings, http=over_http)
    parameter = Parameter("id", Endpoint("/items", data_path=".items"), ".id")
    resource_ = Resource("/items/{id}/notes", Endpoint("/items/{id}/notes"), (parameter,))
    try:
        notes = [
            str(item["note"]) async for batch in session.read(resource_).batches() for item in batch
        ]
    finally:
        await session.aclose()

    assert sorted(notes) == sorted(str(number) for number in range(60))


@linux
async def test_the_file_has_no_name_and_goes_away(
    api: FaultApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a large body is read nothing is to be seen of it, and afterwards it is closed."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    api.serve("/items", answer({"items": rows(0, 12_000)}))
    session = Session(load_settings({"base_url": api.url}), http=over_http)
    resource_ = Resource("/items", Endpoint("/items", data_path=".items"))
    batches = session.read(resource_).batches()

    def spools() -> list[str]:
        """Open files below the folder: their names as the system shows them."""
        links = (Path(entry) for entry in os.scandir("/proc/self/fd") if entry.is_symlink())
        return [
            f"{link.readlink()} {link.stat().st_mode & 0o777:o}"
            for link in links
            if str(tmp_path) in str(link.readlink())
        ]

    await anext(batches)
    (spool,) = spools()
    assert spool.endswith("(deleted) 600")
    await batches.aclose()
    await session.aclose()

    assert spools() == []


async def test_a_disk_without_room_is_named(
    api: FaultApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a large body cannot be kept the error says so, at once."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    api.serve("/items", answer({"items": rows(0, 12_000)}))

    walk = await walked(api)

    assert isinstance(walk.error, SourceError)
    assert "cannot be kept on disk" in walk.message
    assert "TMPDIR" in walk.message
    assert len(api.requests) == 1


# --- limits --------------------------------------------------------------------------------


async def test_a_bomb_is_stopped_while_it_is_decompressed(api: FaultApi) -> None:
    """Two hundred kilobytes that would be 200 MB: an error after the first MiB of them."""
    api.serve("/items", Answer(_bomb(200), 200, (("Content-Encoding", "gzip"),)))
    await walked(api, max_response_size=1)  # what is made once is not the body's

    tracemalloc.start()
    walk = await walked(api, max_response_size=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert isinstance(walk.error, BodyError)
    assert "the answer has more than 1 MiB decoded" in walk.message
    assert "raise maxResponseSize" in walk.message
    assert len(api.requests) == 2
    assert peak < 8 * MIB


@cache
def _bomb(size: int) -> bytes:
    """So many MiB of an endless text, compressed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    parts = [
        packer.compress(b'["' + b" " * MIB),
        *(packer.compress(b" " * MIB) for _ in range(size)),
    ]
    return b"".join([*parts, packer.flush()])


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_bomb_in_a_failure_is_not_read(api: FaultApi, status: int) -> None:
    """Of an error's body only the beginning is read: the status is told, whatever the size."""
    api.serve("/items", Answer(_bomb(200), status, (("Content-Encoding", "gzip"),)))

    walk = await walked(api, max_response_size=1)

    assert f": {status} " in walk.message
    assert "MiB" not in walk.message


LOGIN: dict[str, Json] = {
    "auth_type": "custom",
    "custom_auth_request": {"endpoint": "/login"},
    "custom_auth_request_template": {"headers": {"X-Token": "{{.token}}"}},
}


async def test_a_bomb_in_a_login(api: FaultApi) -> None:
    """The answer to a login has the same limits, and the error names the login."""
    api.serve("/login", Answer(_bomb(20), 200, (("Content-Encoding", "gzip"),)))

    walk = await walked(api, max_response_size=1, **LOGIN)

    assert isinstance(walk.error, BodyError)
    assert "the login POST" in walk.message
    assert "MiB decoded" in walk.message


def _endless(status: int, framing: str) -> Raw:
    """A failure whose body goes on after 2 MiB, and never ends."""
    head = b"HTTP/1.1 %d Failure\r\n" % status
    chunk = b"x" * 2 * MIB
    start = {
        "length": b"Content-Length: 10000000000\r\n\r\n" + chunk,
        "chunks": b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s" % (10**10, chunk),
        "end": b"\r\n" + chunk,
        "gzip": b"Content-Encoding: gzip\r\nContent-Length: 10000000000\r\n\r\n" + _bomb(200),
    }
    return Raw(head + start[framing], end="drip")


@pytest.mark.parametrize("framing", ["length", "chunks", "end", "gzip"])
@pytest.mark.parametrize("status", [401, 500])
@pytest.mark.parametrize("place", ["/login", "/items"])
async def test_of_a_failure_the_beginning_is_read(
    api: FaultApi, place: str, status: int, framing: str
) -> None:
    """Whatever the length a failure's body has, and wherever: its status is told, and at once."""
    api.serve("/login", answer({"token": "a-token"}))
    api.serve(place, _endless(status, framing))

    walk = await walked(api, timeout=10, max_retry_wait=0, **LOGIN)

    assert f" {status} Failure" in walk.message
    assert ("the login POST" in walk.message) is (place == "/login")


async def test_an_expired_token_is_renewed_whatever_the_refusal_holds(api: FaultApi) -> None:
    """The body of the 401 is not waited for to its end, and the request is repeated."""
    api.serve("/login", answer({"token": "a-token"}))
    api.serve("/items", answer({"items": [{"id": 1}]}))
    api.fail("/items", _endless(401, "length"), times=1)

    walk = await walked(api, timeout=10, max_retry_wait=0, **LOGIN)

    assert walk.error is None
    assert api.paths() == ["/login", "/items", "/login", "/items"]


async def test_a_refusal_that_breaks_off_is_no_fault_of_the_login(api: FaultApi) -> None:
    """The request is named whose answer broke off, and the login is not left alone for it."""
    api.serve("/login", answer({"token": "a-token"}))
    api.serve("/items", Raw(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 1000\r\n\r\nwho?"))

    walk = await walked(api, max_retry_wait=0, **LOGIN)

    assert "GET " in walk.message
    assert "login" not in walk.message
    assert api.paths() == ["/login", "/items"]


async def test_a_compressed_body_has_a_limit_of_its_own(api: FaultApi) -> None:
    """What hardly shrinks is stopped by the size it is sent in."""
    noise = base64.b64encode(os.urandom(3 * MIB)).decode()
    api.serve("/items", encoded({"items": [{"id": 1, "noise": noise}]}))

    refused = await walked(api, max_compressed_size=2)
    read = await walked(api, max_compressed_size=4)

    assert "the answer has more than 2 MiB compressed" in refused.message
    assert "raise maxCompressedSize" in refused.message
    assert read.error is None
    assert read.ids == [1]


async def test_a_body_sent_plain_has_the_decoded_limit_only(api: FaultApi) -> None:
    """The limit of compressed bodies does not hold for what is not compressed."""
    api.serve("/items", answer({"items": rows(0, 6000)}))

    walk = await walked(api, max_compressed_size=1, max_response_size=4)

    assert walk.error is None
    assert len(walk.ids) == 6000


@pytest.mark.parametrize("told", ["length", "chunks", "end"])
async def test_a_plain_body_that_is_too_large(api: FaultApi, told: str) -> None:
    """However a body's end is told, it is refused once it has grown too large, or before."""
    body = json.dumps({"items": rows(0, 6000)}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    chunks = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    reply = {
        # Ten gigabytes are promised: nothing has to come for the answer to be refused.
        "length": Raw(head + b"Content-Length: 10000000000\r\n\r\n"),
        "chunks": Raw(head + chunks),
        "end": Raw(head + b"\r\n" + body),
    }[told]
    api.serve("/items", reply)

    walk = await walked(api, max_response_size=2)

    assert isinstance(walk.error, BodyError)
    assert "the answer has more than 2 MiB decoded" in walk.message
    assert walk.ids == []
    assert len(api.requests) == 1


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "zstd"])
async def test_another_compression_is_refused(api: FaultApi, coding: str) -> None:
    """What was not asked for is not decompressed: it could swell without a limit."""
    body = gzip.compress(gzip.compress(b'{"items": [{"id": 1}]}'))
    api.serve("/items", Answer(body, 200, (("Content-Encoding", coding),)))

    walk = await walked(api)

    assert (
        f"the answer is compressed as {coding!r}, but gzip, deflate was asked for" in walk.message
    )
    assert api.requests[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("count", [0, 3, 200_000])
async def test_json_behind_a_guard(api: FaultApi, count: int) -> None:
    """Gerrit puts a line before its JSON that no script gets past; of large bodies as well."""
    body = b")]}'\n" + json.dumps({"items": rows(0, count)}).encode()
    api.serve("/items", Answer(body))

    walk = await walked(api)

    assert walk.error is None, walk.message
    assert len(walk.ids) == count


@pytest.mark.parametrize("count", [3, 12_000])
@pytest.mark.parametrize("coding", ["utf-8", "none", "binary", "identity, identity"])
async def test_a_coding_that_is_none(api: FaultApi, coding: str, count: int) -> None:
    """Some servers name a charset, or nothing, as the compression: the body shows that it is."""
    body = json.dumps({"items": rows(0, count)}).encode()
    api.serve("/items", Answer(body, 200, (("Content-Encoding", coding),)))

    walk = await walked(api)

    assert walk.error is None, walk.message
    assert len(walk.ids) == count


@pytest.mark.parametrize("count", [3, 12_000])
@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "bare deflate"])
async def test_compressed_bodies(api: FaultApi, coding: str, count: int) -> None:
    """Every compression that is asked for is undone, of small and of large bodies."""
    data = json.dumps({"items": rows(0, count)}).encode()
    bits = {"deflate": zlib.MAX_WBITS, "bare deflate": -zlib.MAX_WBITS}
    packer = zlib.compressobj(1, zlib.DEFLATED, bits.get(coding, zlib.MAX_WBITS | 16))
    body = packer.compress(data) + packer.flush()
    api.serve("/items", Answer(body, 200, (("Content-Encoding", coding.rsplit(maxsplit=1)[-1]),)))

    walk = await walked(api)

    assert walk.error is None
    assert walk.ids == list(range(count))


@pytest.mark.parametrize("count", [3, 12_000])
@pytest.mark.parametrize(
    "between", [b"", gzip.compress(b""), bytes(512)], ids=["nothing", "an empty member", "zeros"]
)
async def test_a_body_of_several_gzip_members(api: FaultApi, between: bytes, count: int) -> None:
    """A compressed body may be several put together, with empty ones or zeros between them."""
    data = json.dumps({"items": rows(0, count)}).encode()
    parts = [data[:9], data[9 : len(data) // 2], data[len(data) // 2 :]]
    body = between.join(gzip.compress(part, 1) for part in parts) + between
    api.serve("/items", Answer(body, 200, (("Content-Encoding", "gzip"),)))

    walk = await walked(api)

    assert walk.error is None
    assert walk.ids == list(range(count))


async def test_a_bomb_of_many_gzip_members(api: FaultApi) -> None:
    """Members are counted together: none is too large by itself."""
    members = gzip.compress(b"[" + b" " * MIB) + gzip.compress(b" " * MIB) * 50
    api.serve("/items", Answer(members, 200, (("Content-Encoding", "gzip"),)))

    walk = await walked(api, max_response_size=2)

    assert isinstance(walk.error, BodyError)
    assert "the answer has more than 2 MiB decoded" in walk.message


_WHOLE = gzip.compress(b'{"items": [{"id": 1}, {"id": 2}]}')
CUT = {
    "within the head": (_WHOLE[:5], "gzip"),
    "after the head": (_WHOLE[:10], "gzip"),
    "before the first text": (_WHOLE[:15], "gzip"),
    "within the checksum": (_WHOLE[:-4], "gzip"),
    "second member": (gzip.compress(b'{"items": []}') + _WHOLE[:15], "gzip"),
    "other bytes after the end": (gzip.compress(b'{"items": []}') + b"items", "gzip"),
    "zlib": (zlib.compress(b'{"items": [{"id": 1}]}')[:3], "deflate"),
}


@pytest.mark.parametrize(("body", "coding"), CUT.values(), ids=CUT)
async def test_a_compressed_body_that_is_cut(api: FaultApi, body: bytes, coding: str) -> None:
    """However little it gives, it is not taken for an empty page, though its length is right."""
    api.serve("/items", answer({"items": [{"id": 1}, {"id": 2}]}))
    api.fail("/items", Answer(body, 200, (("Content-Encoding", coding),)), on=1, times=1)

    read = await walked(api)
    api.serve("/items", Answer(body, 200, (("Content-Encoding", coding),)))
    refused = await walked(api)

    assert (read.error, read.ids) == (None, [1, 2])
    assert isinstance(refused.error, TransportError)
    assert "compression is broken" in refused.message


async def test_an_empty_body_said_to_be_compressed(api: FaultApi) -> None:
    """No byte at all is no compressed body that breaks off: nothing was compressed."""
    api.serve("/items", Answer(b"", 204, (("Content-Encoding", "gzip"),)))

    walk = await walked(api)

    assert (walk.error, walk.ids) == (None, [])


# --- memory --------------------------------------------------------------------------------

_READER = """
import asyncio, re, sys
from pathlib import Path
from resync.path_parameters import Endpoint, Resource
from loguru import logger
from resync.session import Session
from settings import load_settings
from tests.reading import over_http

def peak():
    # Of this program alone: ru_maxrss would begin with the memory of the one that started it.
    return int(re.search("VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1]) // 1024

async def count():
    session = Session(load_settings({"base_url": sys.argv[1]}), http=over_http)
    reading = session.read(Resource("/items", Endpoint("/items", data_path=".items")))
    try:
        return sum([len(batch) async for batch in reading.batches()])
    finally:
        await session.aclose()

logger.remove()
before = peak()
print(asyncio.run(count()), peak() - before)
"""


@linux
async def test_a_large_body_takes_little_memory(api: FaultApi) -> None:
    """A body of 64 MB, some 500 MB as objects, is read in less than 100 MiB more than nothing."""
    item = msgspec.json.encode({"id": 1, "name": "item", "owner": {"id": 7}, "state": "open"})
    count = 64_000_000 // len(item)
    api.serve("/items", Answer(b'{"items":[' + b",".join([item] * count) + b"]}"))

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _READER, api.url, stdout=subprocess.PIPE, cwd=ROOT
    )
    output, _ = await process.communicate()
    items, mebibytes = map(int, output.split())

    assert items == count
    assert mebibytes < 100


async def test_nothing_of_a_page_is_held_when_its_resource_is_over(api: FaultApi) -> None:
    """Of pages of 1 MB, read whole or in vain, errors included, a session keeps the items only."""
    filler = ["x"] * 200_000
    api.serve("/parents/{}", answer({"items": [{"id": 1}], "filler": filler}))
    api.serve("/notes/{}", answer({"items": [{"id": 2}], "filler": filler}))
    broken = json.dumps({"items": filler}).encode()[:-1]
    api.serve("/broken/{}", Answer(broken))
    session = Session(load_settings({"base_url": api.url}), http=over_http)
    failures: list[Exception] = []

    async def read(child: str, parent: str) -> None:
        parameter = Parameter("id", Endpoint(parent, data_path=".items"), ".id")
        target = Endpoint(child, data_path=".items")
        try:
            async for _ in session.read(Resource(child, target, (parameter,))).batches():
                pass
        except (OceanCustomError, ExceptionGroup) as error:
            failures.append(error)

    async def read_all(number: int) -> None:
        await read("/notes/{id}", f"/parents/{number}")
        await read("/notes/{id}", f"/broken/{number}")
        await read("/broken/{id}", f"/parents/{number}")

    try:
        await read_all(0)  # what is made once is made now
        gc.collect()
        tracemalloc.start()
        for number in range(1, 3):
            await read_all(number)
        gc.collect()
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        await session.aclose()

    assert len(failures) == 6
    assert held < MIB // 3
