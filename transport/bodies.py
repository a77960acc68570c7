"""The body of an answer: how large it may be, where it is kept, what it decodes to.

A body is decompressed here rather than by httpx: in pieces of a bounded size, each counted before
the next is made. So a small body that grows without end is stopped early. What is too large for
memory goes into a file without a name, in the folder ``TMPDIR``. Only its owner can read it, and it
is gone with its last reader.
"""

from __future__ import annotations

import asyncio
import codecs
import json
import math
import os
import re
import tempfile
import weakref
import zlib
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import contextmanager
from typing import override

import httpx
import msgspec
from msgspec import Struct

from errors import BodyError, SourceError
from json_values import Json

MIB = 1024 * 1024
ACCEPTED_CODINGS = "gzip, deflate"
"""The ``Accept-Encoding`` of every request: what is decompressed here."""

MOST_OF_FAILURE = MIB
"""Bytes of a failure's body that are read, as sent and decoded: it is quoted, and no more."""

MOST_GROWTH = 8
"""How many times as large as ``maxResponseSize`` the JSON made of another format may be."""

_PIECE = 256 * 1024  # bytes that come of decompressing at a time
_FED = 16 * 1024  # compressed bytes that are decompressed at a time
_GZIP_FILE = b"\x1f\x8b\x08"  # how one begins (RFC 1952, 2.3.1); no text begins so
_GUARD = b")]}'"
_COMPRESSED = frozenset({"gzip", "x-gzip", "deflate"})
_PLAIN = frozenset({"", "identity"})
_CODING = "ocean_custom_coding"  # the extension of a response
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([a-z0-9_.:-]{1,40})""", re.IGNORECASE)
# Those that APIs send beside UTF-8 and its part ASCII, by Python's names. Python has others that
# are no charsets (hex), know no bytes (undefined), or take the square of their number (punycode).
_OTHER_CHARSETS = frozenset(
    (
        "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be",
        *(f"iso8859-{part}" for part in range(1, 17)), *(f"cp125{page}" for page in range(9)),
        "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949", "gb18030", "gbk", "gb2312", "big5",
        "koi8-r", "koi8-u",
    )
)  # fmt: skip

# Some servers declare one of these and send UTF-8 (RFC 8259, 11: for JSON it means nothing).
_OF_ONE_BYTE = ("iso8859-", "cp125", "koi8-")

_decoder = msgspec.json.Decoder()


# --- limits ----------------------------------------------------------------------------


class BodyLimits(Struct, frozen=True):
    """How large one body may be, in bytes: as it is sent compressed, and decoded.

    A response hook of httpx: call it with a response whose body is still to come. Reading that body
    then gives it decompressed. It raises BodyError when the body is too large, and
    httpx.DecodingError when its compression is broken or ends early. Of a failure only the
    beginning is read, so it is never too large: its status is what counts.
    """

    compressed: int
    decoded: int

    @staticmethod
    def coding_of(response: httpx.Response) -> str:
        """The coding that a body says it has, if it is none that is decompressed here."""
        coding: str = response.extensions.get(_CODING, "")
        return coding

    async def __call__(self, response: httpx.Response) -> None:
        """Let the body be read within the limits only."""
        coding = response.headers.pop("Content-Encoding", "identity").strip().lower()
        length = response.headers.get("Content-Length", "")
        told = int(length) if length.isdecimal() else None
        inflater = _Inflater() if coding in _COMPRESSED else None
        if inflater is None and coding not in _PLAIN:
            # Some servers name a charset here: what the body is shows when it is read.
            response.extensions[_CODING] = coding
        stream = response.stream
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 — of an async client
        if response.is_success:
            self.admit(told or 0, compressed=inflater is not None)
            response.stream = _BoundedStream(stream, self, inflater)
        else:
            response.stream = _FailureStream(stream, inflater)

    def admit(self, size: int, *, compressed: bool) -> None:
        """Raise BodyError for a body of more bytes than allowed."""
        most = self.compressed if compressed else self.decoded
        if size > most:
            setting = "maxCompressedSize" if compressed else "maxResponseSize"
            what = "compressed" if compressed else "decoded"
            raise BodyError(
                f"the answer has more than {most // MIB} MiB {what}",
                remedy=f"ask for fewer items at a time (pageSize), or raise {setting}",
            )

    def admitted(self, document: Iterable[bytes]) -> Iterator[bytes]:
        """The JSON that was made of a body; BodyError when it is many times what may be sent.

        A CSV body names its columns once, its document in every row.
        """
        size = 0
        for piece in document:
            size += len(piece)
            self.admit(math.ceil(size / MOST_GROWTH), compressed=False)
            yield piece


class _DecodedStream(httpx.AsyncByteStream):
    """A body as it arrives, decompressed by who inherits from this."""

    def __init__(self, stream: httpx.AsyncByteStream, inflater: _Inflater | None) -> None:
        self._stream = stream
        self._inflater = inflater

    def _pieces(self, chunk: bytes) -> Iterable[bytes]:
        return self._inflater.pieces(chunk) if self._inflater else (chunk,)

    @override
    async def aclose(self) -> None:
        await self._stream.aclose()


class _BoundedStream(_DecodedStream):
    """The body of a success, counted: it is read whole, or not at all."""

    def __init__(
        self, stream: httpx.AsyncByteStream, limits: BodyLimits, inflater: _Inflater | None
    ) -> None:
        super().__init__(stream, inflater)
        self._limits = limits

    @override
    async def __aiter__(self) -> AsyncGenerator[bytes]:
        arrived = decoded = 0
        async for chunk in self._stream:
            arrived += len(chunk)
            if self._inflater:
                self._limits.admit(arrived, compressed=True)
            for piece in self._pieces(chunk):
                decoded += len(piece)
                self._limits.admit(decoded, compressed=False)
                yield piece
        if self._inflater:
            self._inflater.end()


class _FailureStream(_DecodedStream):
    """The beginning of a failure's body; the rest of it is not read."""

    @override
    async def __aiter__(self) -> AsyncGenerator[bytes]:
        arrived = decoded = 0
        async for chunk in self._stream:
            arrived += len(chunk)
            for piece in self._pieces(chunk):
                decoded += len(piece)
                yield piece
                if decoded >= MOST_OF_FAILURE:
                    return
            if arrived >= MOST_OF_FAILURE:
                return


class _Inflater:
    """Decompresses gzip, zlib and bare deflate (which some servers call deflate, too).

    What follows the end of a member is another gzip member (RFC 1952, 2.2), or zeros that fill
    a block up.
    """

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._begun = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What the next compressed bytes give, at most ``_PIECE`` bytes at a time."""
        try:
            # Every end of a member copies what is left: of a little, not of all that arrived.
            for start in range(0, len(data), _FED):
                yield from self._inflated(data[start : start + _FED])
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from None

    def end(self) -> None:
        """Raise httpx.DecodingError when the compressed bytes broke off."""
        if self._begun and not self._inflate.eof:
            raise httpx.DecodingError("the compressed body ends early")

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        while True:
            if self._inflate.eof:
                data = data.lstrip(b"\0")
                if not data:
                    return
                self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
            piece = self._next(data)
            if piece:
                yield piece
            if self._inflate.eof:
                data = self._inflate.unused_data
            elif len(piece) < _PIECE:
                return
            else:
                data = self._inflate.unconsumed_tail

    def _next(self, data: bytes) -> bytes:
        try:
            return self._inflate.decompress(data, _PIECE)
        except zlib.error:
            if self._begun:
                raise
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            return self._inflate.decompress(data, _PIECE)
        finally:
            self._begun = True


# --- receiving -------------------------------------------------------------------------


class Spool:
    """Bytes in a file without a name; ``holds`` says of what, in errors."""

    def __init__(self, holds: str) -> None:
        self._holds = holds
        with _disk(holds):
            # Unbuffered: what was written is there, and closing has nothing left to fail with.
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 — closed when forgotten
        self.size = 0
        weakref.finalize(self, self._file.close)

    def write(self, data: bytes | bytearray) -> None:
        """Add bytes at the end, all or none; raises SourceError when the disk is full."""
        written = 0
        with _disk(self._holds), memoryview(data) as view:
            while written < len(data):
                written += os.pwrite(self._file.fileno(), view[written:], self.size + written)
        self.size += len(data)

    def read(self, start: int, length: int) -> bytes:
        """So many bytes from ``start`` on, fewer at the end."""
        # Behind the end may lie the beginning of what found no room.
        return os.pread(self._file.fileno(), min(length, self.size - start), start)


@contextmanager
def _disk(holds: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceError(
            f"{holds} cannot be kept on disk ({error.strerror})",
            remedy="give the folder that TMPDIR names more space",
        ) from None


class _Keeper:
    """Bytes as they come, in memory or, when they are more than ``in_memory``, in a file."""

    def __init__(self, in_memory: float) -> None:
        self._in_memory = in_memory
        self._held: list[bytes] = []
        self._size = 0
        self._spool: Spool | None = None

    def add(self, piece: bytes) -> None:
        self._held.append(piece)
        self._size += len(piece)
        if self._size > self._in_memory:
            self._write(self._spool or Spool("a large answer"))

    def kept(self) -> bytes | Spool:
        if self._spool is None:
            return b"".join(self._held)
        self._write(self._spool)
        return self._spool

    def _write(self, spool: Spool) -> None:
        self._spool = spool
        spool.write(b"".join(self._held))
        self._held, self._size = [], 0


async def received(response: httpx.Response, *, in_memory: float) -> bytes | Spool:
    """The whole body of a response; one of more than ``in_memory`` bytes is kept in a file."""
    keeper = _Keeper(in_memory)
    stream = response.stream  # decompressed and counted: see ``BodyLimits``
    assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 — of an async client
    async for chunk in stream:
        keeper.add(chunk)
    return keeper.kept()


async def kept(pieces: Iterable[bytes], *, in_memory: float) -> bytes | Spool:
    """What is made piece by piece, kept as ``received`` keeps it; others have the loop between."""
    keeper = _Keeper(in_memory)
    for piece in pieces:
        keeper.add(piece)
        await asyncio.sleep(0)
    return keeper.kept()


def pieces_of(content: bytes | Spool) -> Iterator[bytes]:
    """A body in pieces of a bounded size."""
    if isinstance(content, bytes):
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]
        return
    for start in range(0, content.size, _PIECE):
        yield content.read(start, _PIECE)


def _begins_with(content: bytes | Spool, beginning: bytes) -> bool:
    size = len(beginning)
    return (content.read(0, size) if isinstance(content, Spool) else content[:size]) == beginning


def is_gzip_file(content: bytes | Spool) -> bool:
    """Whether a body is a gzip file, after it was decoded as its headers say."""
    return _begins_with(content, _GZIP_FILE)


def is_guarded(content: bytes | Spool) -> bool:
    """Whether JSON comes after a line that keeps it from being run as a script.

    https://gerrit-review.googlesource.com/Documentation/rest-api.html#output
    """
    return _begins_with(content, _GUARD)


def unguarded(content: bytes | Spool) -> Iterator[bytes]:
    """What comes after that line."""
    pieces = pieces_of(content)
    yield next(pieces).partition(b"\n")[2]
    yield from pieces


def unpacked(content: bytes | Spool, limits: BodyLimits) -> Iterator[bytes]:
    """What a gzip file holds; raises BodyError and httpx.DecodingError as reading a body does."""
    size = content.size if isinstance(content, Spool) else len(content)
    limits.admit(size, compressed=True)
    inflater = _Inflater()
    unpacked_size = 0
    for piece in pieces_of(content):
        for part in inflater.pieces(piece):
            unpacked_size += len(part)
            limits.admit(unpacked_size, compressed=False)
            yield part
    inflater.end()


# --- decoding --------------------------------------------------------------------------


UTF8 = "utf-8"


def charset_of(headers: httpx.Headers) -> str:
    """The charset that ``Content-Type`` declares, by Python's name for it.

    ``UTF8`` when it declares none that APIs send: JSON is written in that (RFC 8259, 8.1).
    """
    return declared_charset(headers) or UTF8


def declared_charset(headers: httpx.Headers) -> str | None:
    """The charset that ``Content-Type`` declares, None when it declares none that APIs send."""
    # Not httpx's: its parser decodes a name that is itself encoded (RFC 2231), by any codec.
    declared = _CHARSET.search(headers.get("Content-Type", ""))
    return known_charset(declared[1]) if declared else None


def known_charset(name: str) -> str | None:
    """Python's name for a charset, None for one that APIs do not send."""
    try:
        name = codecs.lookup(name).name
    except LookupError:
        return None
    return name if name in _OTHER_CHARSETS or name == UTF8 else None


def decode_json(content: bytes, charset: str = UTF8) -> Json:
    """Decode a JSON body in a charset as ``charset_of`` gives it; integers of any size stay exact.

    A byte order mark is skipped. An unpaired surrogate, which is half of an emoji, becomes a
    question mark. What is not a number of JSON (``NaN``, ``Infinity``, 1e999) becomes null, as
    browsers write it (ECMA-262, 25.5.2). Raises ValueError.
    """
    if charset != UTF8 and not (charset.startswith(_OF_ONE_BYTE) and _is_utf8(content)):
        content = content.decode(charset).encode()
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        decoded: Json = _decoder.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return _repaired(content)
    return decoded


def _is_utf8(content: bytes) -> bool:
    """Whether bytes are UTF-8: those of another charset that has one for each letter hardly are."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _repaired(content: bytes) -> Json:
    try:
        value = json.loads(content, parse_constant=lambda _: None, parse_float=_finite)
        text = json.dumps(value, ensure_ascii=False)
        decoded: Json = _decoder.decode(text.encode(errors="replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return decoded
