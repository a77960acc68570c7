"""What answers that are no JSON become: one JSON document for a body of lines, rows or elements.

======== =============================== ============================================
format   a body                          the document
======== =============================== ============================================
ndjson   ``{"id": 1}⏎{"id": 2}``         ``[{"id": 1}, {"id": 2}]``
csv      ``id,name⏎1,Ada``               ``[{"id": "1", "name": "Ada"}]``
xml      ``<a><b c="1">x</b></a>``       ``{"a": {"b": {"@c": "1", "#text": "x"}}}``
======== =============================== ============================================

A body goes in and a document comes out piece by piece, so that neither is held in memory. What
breaks off, or is something else (a page of HTML, an error report), raises FormatError, with the
line where that shows. Pure.
"""

from __future__ import annotations

import codecs
import csv
import dataclasses
import io
import json
import re
from collections.abc import Buffer, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Literal, get_args, override

import msgspec
from msgspec import Struct, field

from errors import FormatError
from transport.bodies import known_charset
from transport.xml_documents import xml_as_json

FormatName = Literal["json", "ndjson", "csv", "xml"]
FORMATS: tuple[FormatName, ...] = get_args(FormatName)

# What the resource wants first; what a server has instead is better than a 406.
_ACCEPT: Mapping[FormatName, str] = {
    "ndjson": "application/x-ndjson, application/jsonl, application/json;q=0.5, */*;q=0.1",
    "csv": "text/csv, */*;q=0.1",
    "xml": "application/xml, text/xml, */*;q=0.1",
}
_PIECE = 256 * 1024  # bytes of a document that are handed on at a time
_BETWEEN = b",\n"  # no item can hold it, so that those who look for whole items find their ends
_LONGEST_FIELD = 2**31 - 1  # characters; the body is bounded as a whole
_UTF8 = "utf-8"

_line_reader = msgspec.json.Decoder(msgspec.Raw)


@dataclasses.dataclass(frozen=True)
class CsvOptions:
    """What neither the header row nor the charset of a CSV answer tells; None and (): unset.

    ``columns`` name the columns of a body without a header row. ``read_by``: the jq programs that
    read rows first, of which one at least names a column.
    """

    delimiter: str | None = None
    encoding: str | None = None
    columns: tuple[str, ...] = ()
    # Who reads the rows does not make it another request; a struct compares all of its fields.
    read_by: tuple[str, ...] = dataclasses.field(default=(), compare=False, repr=False)

    def can_be_header(self, columns: Sequence[str]) -> bool:
        """Whether a lone line can be the header row of an empty list: a program names a column.

        Where none is known, two columns are enough.
        """
        if not self.read_by:
            return len(columns) > 1
        names = "|".join(map(re.escape, filter(None, columns)))
        reading = re.compile(rf"(?<!\w)(?:{names})(?!\w)")
        return bool(names) and any(map(reading.search, self.read_by))


class BodyFormat(Struct, frozen=True):
    """The format of a resource's answers.

    Of an XML document, ``lists`` are the paths under which a single element is a list, too;
    under ``rows`` it is one where it can be a row.
    """

    name: FormatName = "json"
    csv: CsvOptions = field(default_factory=CsvOptions)
    lists: tuple[tuple[str, ...], ...] = ()
    rows: tuple[str, ...] = ()

    def accept(self, usual: str) -> str | None:
        """The ``Accept`` header to send, None where the ``usual`` one does: by its name, or JSON.

        Some APIs name their version there: ``application/*+xml;version=37.0``.
        """
        return None if self.name in usual.lower() else _ACCEPT.get(self.name)

    @property
    def empty_is_list(self) -> bool:
        """Whether a body of no bytes is an empty list, rather than no document."""
        return self.name in {"ndjson", "csv"}

    def document(
        self, body: Iterable[bytes], charset: str | None, content_type: str = ""
    ) -> Iterator[bytes]:
        """The JSON document of a body, as UTF-8 in pieces.

        ``charset`` is what the answer's headers declare, by Python's name, None for nothing;
        ``content_type`` the header itself.
        Raises FormatError when the body is not whole, or not in this format.
        """
        match self.name:
            case "ndjson":
                return _ndjson(body, charset)
            case "csv":
                return _csv(body, self.csv, charset, is_plain=_is_plain(content_type))
            case "xml":
                return xml_as_json(*_xml(body, charset), self.lists, self.rows)
            case "json":
                return iter(body)


# Python's own, which no file is written in; one takes the square of a text's length.
# https://docs.python.org/3/library/codecs.html#python-specific-encodings
_PYTHONS_OWN = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape"})


def is_encoding(name: str) -> bool:
    """Whether a name is that of a charset which Python reads texts in."""
    try:
        is_text = "a,b".encode(name).decode(name) == "a,b"
    except (LookupError, ValueError):
        return False
    return is_text and codecs.lookup(name).name not in _PYTHONS_OWN


def _array(items: Iterable[bytes]) -> Iterator[bytes]:
    """A JSON array of these items, in pieces of some size."""
    held = bytearray(b"[")
    is_first = True
    for item in items:
        held += item if is_first else _BETWEEN + item
        is_first = False
        if len(held) >= _PIECE:
            yield bytes(held)
            held.clear()
    yield bytes(held + b"]")


# --- ndjson ----------------------------------------------------------------------------


def _ndjson(body: Iterable[bytes], charset: str | None) -> Iterator[bytes]:
    """https://github.com/ndjson/ndjson-spec: a JSON value a line; blank lines are skipped.

    The charset is that of a byte order mark, else what is declared, else UTF-8.
    """
    stream = _Stream(body)
    charset = _marked(stream.peek(len(codecs.BOM_UTF8))) or charset or _UTF8
    pieces = stream.rest()
    return _array(_json_lines(pieces if charset == _UTF8 else _recoded(pieces, charset)))


def _recoded(body: Iterable[bytes], charset: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(charset)()
    try:
        for piece in body:
            yield decoder.decode(piece).encode(errors="replace")
        yield decoder.decode(b"", final=True).encode()
    except UnicodeDecodeError as error:
        raise FormatError(
            f"it is not {charset}, as it says ({error.reason})",
            "let the API send the charset that it declares",
        ) from None


def _json_lines(body: Iterable[bytes]) -> Iterator[bytes]:
    """Each line that is not blank, once it is known to be one JSON value."""
    for number, line in enumerate(_lines(body), 1):
        text = (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).strip(b" \t\r\n")
        if text:
            _refuse_no_value(text, number)
            yield text


def _lines(body: Iterable[bytes]) -> Iterator[bytes]:
    begun: list[bytes] = []
    for piece in body:
        first, *others = piece.split(b"\n")
        begun.append(first)
        if others:
            yield b"".join(begun)
            yield from others[:-1]
            begun = [others[-1]]
    yield b"".join(begun)


def _refuse_no_value(text: bytes, number: int) -> None:
    """Raise FormatError for a line that is not one whole JSON value in UTF-8."""
    try:
        _line_reader.decode(text)
        str(text, _UTF8)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        # The other reader takes what `decode_json` repairs: an unpaired surrogate.
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            raise FormatError(f"line {number} is not one whole JSON value") from None


# --- xml -------------------------------------------------------------------------------

_XML_DECLARATION = re.compile(rb"""<\?xml\s[^>]{0,80}encoding\s*=\s*["']([\w.:-]{1,40})""")
_LONGEST_DECLARATION = 160  # bytes
_WIDE = ("utf-16", "utf-32")


def _xml(body: Iterable[bytes], charset: str | None) -> tuple[Iterable[bytes], str | None]:
    """A document in UTF-8, and that name, where its charset is known before it is parsed.

    Blank lines before the declaration, which the parser refuses, are what some servers leave there.
    A byte order mark wins over what is declared, and that over what the document says (RFC 7303,
    3). The parser knows few charsets itself, and none of East Asia.
    """
    stream = _Stream(body)
    if not (charset and charset.startswith(_WIDE)):
        stream.skip_blank()
    beginning = stream.peek(_LONGEST_DECLARATION)
    if not (charset := _marked(beginning) or charset):
        declared = _XML_DECLARATION.match(beginning)
        charset = known_charset(declared[1].decode()) if declared else None
        if charset and charset.startswith(_WIDE):
            charset = _UTF8  # in that it could not be read here: .NET says so of texts in UTF-8
    pieces = stream.rest()
    if charset is None or charset == _UTF8:
        return pieces, charset
    return _recoded(pieces, charset), _UTF8


# --- csv -------------------------------------------------------------------------------

_QUOTED = re.compile(r'"[^"]*"?')
# Excel's hint to itself: https://support.microsoft.com/office (text files with a separator).
_SEPARATOR_HINT = re.compile(r'"?sep=(.)"?\s*')
_DELIMITERS = (",", ";", "\t", "|")


def _csv(
    body: Iterable[bytes], options: CsvOptions, charset: str | None, *, is_plain: bool
) -> Iterator[bytes]:
    """RFC 4180, with any delimiter: an object for each row, its values all texts.

    ``is_plain``: by its headers it is a text and not a table.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    return _array(map(msgspec.json.encode, _Rows(body, options, charset, is_plain=is_plain)))


def _is_plain(content_type: str) -> bool:
    """Whether a body is declared as text in words, as servers declare what they say themselves."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind in {"text/plain", "text/html"}


class _Rows:
    """The rows of a CSV body, as objects by the names of the columns."""

    def __init__(
        self, body: Iterable[bytes], options: CsvOptions, charset: str | None, *, is_plain: bool
    ) -> None:
        self._options = options
        # Without a header row every sentence would be a row, unless its delimiter is known.
        self._may_be_words = is_plain and bool(options.columns) and not options.delimiter
        stream = _Stream(body)
        self._encoding = (
            options.encoding or _marked(stream.peek(len(codecs.BOM_UTF8))) or charset or _UTF8
        )
        # The mark at the beginning is no part of the text.
        reader = "utf-8-sig" if self._encoding == _UTF8 else self._encoding
        self._text = io.TextIOWrapper(io.BufferedReader(stream), reader, newline="")
        self._skipped = 0  # lines before the first row
        self._before = 0  # lines before the row at hand

    def __iter__(self) -> Iterator[dict[str, str]]:
        first = self._first_line()
        if first is None:
            return
        self._refuse_other_document(first)
        delimiter = self._options.delimiter or self._delimiter(first)
        self._reader = csv.reader(chain((first,), self._text), delimiter=delimiter, strict=True)
        columns = list(self._options.columns)
        at = 0
        for row in self._records():
            if at == 0 and (not columns or [name.strip() for name in row] == columns):
                columns = columns or _distinct(row)
                self._may_be_words = False
            else:
                if len(row) == len(columns) + 1 and not row[-1]:
                    row.pop()  # some end each row with a delimiter, but for the header row
                if len(row) != len(columns):
                    self._refuse_ragged(row, columns)
                yield dict(zip(columns, row, strict=True))
            at += 1
        if at == 1:
            self._refuse_words(first.strip(), columns)

    def _refuse_words(self, line: str, columns: Sequence[str]) -> None:
        """Raise FormatError for a lone line that may be an error in plain words."""
        if not self._options.columns and not self._options.can_be_header(columns):
            raise FormatError(
                f"it is one line of text, {line[:80]!r}",
                "if that is the header row of an empty list, name it in csv.columns",
            )
        if self._may_be_words and " " in line:
            raise FormatError(
                f"it is one line of text, {line[:80]!r}, and declared as such",
                "if that is a row, set csv.delimiter",
            )

    def _first_line(self) -> str | None:
        """The first line that is not blank, None where there is none."""
        try:
            for line in self._text:
                text = line.removeprefix("\ufeff")
                hint = _SEPARATOR_HINT.fullmatch(text)
                if hint and not self._options.delimiter:
                    self._options = dataclasses.replace(self._options, delimiter=hint[1])
                elif text.strip() and not hint:
                    return text
                self._skipped += 1
        except UnicodeError as error:
            raise self._undecodable(error, self._skipped) from None
        return None

    def _refuse_other_document(self, first: str) -> None:
        """Raise FormatError for HTML, XML and JSON: some servers send their errors so, as 200."""
        start = first.lstrip()
        if start.startswith("<"):
            raise FormatError("line 1 begins with '<': it is HTML or XML")
        if start.startswith("{") or re.match(r'\[\s*(?:[{"\]]|$)', start):
            raise FormatError(f"line 1 begins with {start[0]!r}: it is JSON")

    def _delimiter(self, first: str) -> str:
        """The first of the usual delimiters that stands in the header row."""
        if self._options.columns:
            return ","
        bare = _QUOTED.sub("", first)
        return next((one for one in _DELIMITERS if one in bare), ",")

    def _records(self) -> Iterator[list[str]]:
        """The rows but for blank ones; raises FormatError where there is no way to read one."""
        while True:
            self._before = self._skipped + self._reader.line_num
            try:
                row = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise self._unreadable(str(error)) from None
            except UnicodeError as error:
                raise self._undecodable(error, self._skipped + self._reader.line_num) from None
            if len(row) > 1 or (row and row[0].strip()):
                yield row

    def _unreadable(self, reason: str) -> FormatError:
        where = f"the row from line {self._before + 1} on"
        if reason == "unexpected end of data":
            return FormatError(
                f"{where} has a quote that is never closed: it breaks off",
                "ask for fewer rows at a time",
            )
        return FormatError(f"{where} is not CSV ({reason})", "set csv.delimiter")

    def _undecodable(self, error: UnicodeError, lines: int) -> FormatError:
        # The text is decoded ahead of the lines that are read.
        if isinstance(error, UnicodeDecodeError):
            lines += error.object[: error.start].count(b"\n")
        return FormatError(f"line {lines + 1} is not {self._encoding}", "set csv.encoding")

    def _refuse_ragged(self, row: Sequence[str], columns: Sequence[str]) -> None:
        named = "csv.columns names" if self._options.columns else "the header row has"
        raise FormatError(
            f"line {self._before + 1} has {len(row)} values where {named} {len(columns)}",
            "set csv.delimiter; where it is right, the body breaks off, or holds more than a table",
        )


def _distinct(names: Sequence[str]) -> list[str]:
    """The names of the columns; one that stands there again is numbered, as ``name_2``."""
    columns: list[str] = []
    for name in map(str.strip, names):
        column, number = name, 1
        while column in columns:
            number += 1
            column = f"{name}_{number}"
        columns.append(column)
    return columns


def _marked(beginning: bytes) -> str | None:
    """The encoding that a byte order mark tells, None without one."""
    if beginning.startswith(codecs.BOM_UTF8):
        return _UTF8
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return None


class _Stream(io.RawIOBase):
    """Pieces of bytes, as a file that is read from its beginning to its end."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._left = b""

    def peek(self, least: int = 1) -> bytes:
        """The bytes that come next: ``least`` or more, fewer at the end."""
        while len(self._left) < least:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._left += piece
        return self._left

    def skip_blank(self) -> None:
        """Pass over blanks and line ends."""
        while self.peek():
            self._left = self._left.lstrip(b" \t\r\n")
            if self._left:
                return

    def rest(self) -> Iterator[bytes]:
        """All that was not read, in the pieces it came in."""
        return chain((self._left,), self._pieces)

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        with memoryview(buffer) as room:
            taken = self.peek()[: len(room)]
            room[: len(taken)] = taken
        self._left = self._left[len(taken) :]
        return len(taken)
