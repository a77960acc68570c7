"""Answers that are no JSON: lines, tables, documents of elements, and gzip files."""

from __future__ import annotations

import asyncio
import bz2
import codecs
import csv
import gzip
import io
import json
import lzma
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import FormatError
from tests.fault_api import Answer, FaultApi, Reply, Request, answer, text
from tests.literals import Json
from tests.reading import read
from transport.formats import FORMATS, BodyFormat, CsvOptions, FormatName

ROOT = Path(__file__).parents[1]
MIB = 1024 * 1024


def document(  # noqa: PLR0913 (each is a part of what is read)
    name: FormatName,
    body: bytes,
    *,
    charset: str | None = None,
    rows: tuple[str, ...] = (),
    options: CsvOptions | None = None,
    size: int = 7,
) -> Json:
    """The document of a body that arrives in pieces of so many bytes."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    form = BodyFormat(name, options or CsvOptions(), rows=rows)
    return json.loads(b"".join(form.document(pieces, charset)))


def zipped(content: bytes) -> bytes:
    """A ZIP archive of one file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("items.csv", content)
    return archive.getvalue()


def refusal(name: FormatName, body: bytes) -> str:
    """What is said of a body that is not in its format."""
    with pytest.raises(FormatError) as raised:
        document(name, body)
    return str(raised.value)


# --- ndjson ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"\n \r\n", [], id="blank lines"),
        pytest.param(b'{"id":1}\n{"id":2}\n', [{"id": 1}, {"id": 2}], id="lines"),
        pytest.param('{"id":"ä"}\n{}'.encode("utf-16"), [{"id": "ä"}, {}], id="UTF-16"),
        pytest.param(b'{"id":1}\r\n\r\n{"id":2}', [{"id": 1}, {"id": 2}], id="no end of line"),
        pytest.param(b'\xef\xbb\xbf{"id":1}', [{"id": 1}], id="byte order mark"),
        pytest.param(b'1\n"a\\nb"\nnull\n[2]', [1, "a\nb", None, [2]], id="any values"),
        pytest.param(b'{"a":"\\ud83d"}', [{"a": "\ud83d"}], id="half an emoji"),
    ],
)
def test_a_line_is_an_item(body: bytes, expected: list[Json]) -> None:
    """Lines of JSON make a list; blank ones are no lines."""
    assert document("ndjson", body) == expected


@pytest.mark.parametrize(
    ("body", "line"),
    [
        pytest.param(b'{"id":1}\n{"id":', "line 2", id="cut off"),
        pytest.param(b'{"id":1},{"id":2}\n', "line 1", id="two in a line"),
        pytest.param(b'{"id":1}\n],[\n', "line 2", id="brackets of a list"),
        pytest.param(b'[\n{"id":1}\n]', "line 1", id="one document"),
        pytest.param(b"<html>", "line 1", id="HTML"),
        pytest.param(b'{"a":"\xff"}', "line 1", id="not UTF-8"),
        pytest.param(b"[" * 100_000, "line 1", id="deep"),
    ],
)
def test_a_line_that_is_no_value_is_named(body: bytes, line: str) -> None:
    """Whatever is not exactly one JSON value a line is an error with its number."""
    assert refusal("ndjson", body) == f"{line} is not one whole JSON value"


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers())), st.integers(1, 50))
def test_any_items_round_trip_as_lines(items: list[Json], size: int) -> None:
    """However the lines are cut into pieces, the items are those that were written."""
    body = "\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    assert document("ndjson", body.encode(), size=size) == items


# --- csv -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"id,name\n", [], id="a header row alone"),
        pytest.param(b"id,name\r\n1,Ada\r\n", [{"id": "1", "name": "Ada"}], id="a row"),
        pytest.param(b"id\n1\n2", [{"id": "1"}, {"id": "2"}], id="one column"),
        pytest.param(
            b'id,name\n1,"a ""b"",\n c"', [{"id": "1", "name": 'a "b",\n c'}], id="quotes"
        ),
        pytest.param(b"id;name\n1;a,b\n", [{"id": "1", "name": "a,b"}], id="semicolons"),
        pytest.param(b"id\tname\n1\ta;b\n", [{"id": "1", "name": "a;b"}], id="tabs"),
        pytest.param(b'"a;b",id\n1,2\n', [{"a;b": "1", "id": "2"}], id="quoted header"),
        pytest.param(b"sep=;\r\nid;name\r\n1;x\r\n", [{"id": "1", "name": "x"}], id="Excel's hint"),
        pytest.param(b"\n\nid, name\n\n1,x\n  \n", [{"id": "1", "name": "x"}], id="blank lines"),
        pytest.param(
            b"id,t\n1,a,\n2,,\n", [{"id": "1", "t": "a"}, {"id": "2", "t": ""}], id="ends"
        ),
        pytest.param(b"a,a,\n1,2,3\n", [{"a": "1", "a_2": "2", "": "3"}], id="names twice"),
        pytest.param(codecs.BOM_UTF8 + b"id\n1", [{"id": "1"}], id="byte order mark"),
        pytest.param("id\nä\n".encode("utf-16"), [{"id": "ä"}], id="UTF-16"),
        pytest.param(b"id,t\n1," + b"x" * 200_000, [{"id": "1", "t": "x" * 200_000}], id="long"),
        pytest.param(b'id,t\n1,5" disk\n', [{"id": "1", "t": '5" disk'}], id="a quote within"),
    ],
)
def test_a_row_is_an_item(body: bytes, expected: list[Json]) -> None:
    """Rows make objects by the names of the header row, their values texts."""
    assert document("csv", body) == expected


@pytest.mark.parametrize(
    ("body", "options", "expected"),
    [
        pytest.param(b"a|b;c", CsvOptions(delimiter=";", columns=("x", "y")), ("a|b", "c")),
        pytest.param(b"1,2\n", CsvOptions(columns=("x", "y")), ("1", "2")),
        pytest.param(b"x, y\n1,2\n", CsvOptions(columns=("x", "y")), ("1", "2")),
        pytest.param(b"x,y\n1,\xe9\n", CsvOptions(encoding="cp1252"), ("1", "é")),
    ],
)
def test_what_a_body_does_not_tell_is_said(
    body: bytes, options: CsvOptions, expected: tuple[str, str]
) -> None:
    """Delimiter, encoding and the names of columns; a header row with those names is none."""
    assert document("csv", body, options=options) == [dict(zip("xy", expected, strict=True))]


@pytest.mark.parametrize(
    ("said", "encoding", "charset"),
    [
        pytest.param("UTF-16", "utf-16", None, id="by its mark"),
        pytest.param("UTF-16", "utf-8", None, id="as .NET says of a text in UTF-8"),
        pytest.param("UTF-8", "utf-16-le", "utf-16-le", id="by the headers alone"),
        pytest.param("UTF-8", "utf-8-sig", "iso8859-1", id="the mark wins over headers"),
        pytest.param("GB2312", "gb2312", None, id="of East Asia"),
        pytest.param("Shift_JIS", "shift_jis", "shift_jis", id="of East Asia, by the headers too"),
        pytest.param("ISO-8859-1", "utf-8", "utf-8", id="headers win over the document"),
    ],
)
def test_charsets_of_xml(said: str, encoding: str, charset: str | None) -> None:
    """Whatever charset a document is in, and whoever tells that, its texts are the same."""
    word = "é" if encoding not in {"gb2312", "shift_jis"} else "日本"
    text = f'<?xml version="1.0" encoding="{said}"?><a><b>{word}</b></a>'

    assert document("xml", text.encode(encoding), charset=charset) == {"a": {"b": word}}


def test_a_charset_of_the_headers_is_heeded() -> None:
    """It is what the body is read in, unless the mapping says another."""
    body = "id\né\n".encode("latin-1")
    assert document("csv", body, charset="iso8859-1") == [{"id": "é"}]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(
            b"id,name\n1,a\n2\n", "line 3 has 1 values where the header row has 2", id="1"
        ),
        pytest.param(b'id,n\n1,"a\nb"\n2,b,c\n', "line 4 has 3 values", id="after a long row"),
        pytest.param(
            b'id,name\n1,a\n2,"b', "line 3 on has a quote that is never closed", id="open"
        ),
        pytest.param(b'id,name\n1,"a"b\n', "line 2 on is not CSV", id="text after a quote"),
        pytest.param(b"id\n1\n\xff\n", "line 3 is not utf-8", id="bytes"),
        pytest.param(b"\xff\xfe\x00\xd8i\x00", "line 1 is not utf-16", id="half a character"),
        pytest.param(b"<!doctype html>", "it is HTML or XML", id="HTML"),
        pytest.param(b'{"error": "no"}', "it is JSON", id="an error as JSON"),
        pytest.param(b'[{"id": 1}]', "it is JSON", id="a list as JSON"),
        pytest.param(b"Service down\n", "one line of text, 'Service down'", id="a sentence"),
    ],
)
def test_a_table_that_is_none_is_an_error(body: bytes, told: str) -> None:
    """What breaks off or is another document says so, with the line."""
    assert told in refusal("csv", body)


def test_a_header_row_alone_is_an_empty_list_when_it_is_known() -> None:
    """One line of text is the header row where the mapping names the column."""
    assert document("csv", b"name\n", options=CsvOptions(columns=("name",))) == []


@pytest.mark.parametrize(
    ("body", "is_list"),
    [
        pytest.param(b"id\n", True, id="its one column"),
        pytest.param(b"name,id,size\n", True, id="one of its columns"),
        pytest.param(b"idle,paid\n", False, id="parts of words"),
        pytest.param(b"Error, please try again later\n", False, id="a sentence with a comma"),
        pytest.param(b"Sorry; we are down\n", False, id="a sentence with a semicolon"),
        pytest.param(b",,\n", False, id="no names"),
    ],
)
async def test_a_line_alone_is_a_header_row_where_the_mapping_reads_a_column(
    api: FaultApi, body: bytes, *, is_list: bool
) -> None:
    """An empty list has a header row too; a sentence that reports an error has commas too."""
    api.serve("/items", Answer(body))

    outcome = await read(api.url, "/items", response_format="csv")

    assert ("one line of text" in outcome.message) is not is_list
    assert not outcome.items


@pytest.mark.parametrize(
    ("body", "kind", "options", "is_row"),
    [
        pytest.param("Sorry, not ready yet", "text/plain; charset=utf-8", {}, False, id="words"),
        pytest.param("Sorry, not ready yet\n", "text/html", {}, False, id="words as HTML"),
        pytest.param("1,Ada Lovelace", "text/csv", {}, True, id="a row of a table"),
        pytest.param("1,Ada", "text/plain", {}, True, id="no words"),
        pytest.param("1,Ada Lovelace\n2,Al", "text/plain", {}, True, id="two rows"),
        pytest.param("1,Ada Lovelace", "text/plain", {"delimiter": ","}, True, id="told"),
        pytest.param("1,Ada Lovelace", "", {}, True, id="nothing declared"),
        pytest.param("id,full name", "text/plain", {}, True, id="the header row after all"),
    ],
)
async def test_a_sentence_is_no_row_where_columns_are_told(
    api: FaultApi, body: str, kind: str, options: dict[str, Json], *, is_row: bool
) -> None:
    """Without a header row a server's own words would fit the columns, and empty the catalog."""
    api.serve("/items", Answer(body.encode(), headers=(("Content-Type", kind),)))

    outcome = await read(
        api.url, "/items", response_format="csv", csv={"columns": ["id", "full name"], **options}
    )

    assert ("if that is a row, set csv.delimiter" in outcome.message) is not is_row


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=2).filter(lambda row: "\r" not in str(row))),
    size=st.integers(1, 40),
    encoding=st.sampled_from(["utf-8", "utf-16"]),
)
def test_any_table_round_trips(rows: list[list[str]], size: int, encoding: str) -> None:
    """Whatever a CSV writer quotes, and however the body is cut, the values come back."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows([["a", "b"], *rows])
    body = written.getvalue().encode(encoding)
    expected = [{"a": first, "b": second} for first, second in rows]

    assert document("csv", body, size=size) == expected


# --- xml -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"<a/>", {"a": None}, id="empty"),
        pytest.param(b"<a> x\n</a>", {"a": "x"}, id="text"),
        pytest.param(b'<a b="1"/>', {"a": {"@b": "1"}}, id="attribute"),
        pytest.param(b'<a b="1">x</a>', {"a": {"@b": "1", "#text": "x"}}, id="text too"),
        pytest.param(b"<a><b>1</b><b>2</b></a>", {"a": {"b": ["1", "2"]}}, id="repeated"),
        pytest.param(b"<a><b/><c><d>1</d></c></a>", {"a": {"b": None, "c": {"d": "1"}}}, id="c"),
        pytest.param(b"\r\n <?xml version='1.0'?><a>x</a>", {"a": "x"}, id="blanks before it"),
        pytest.param(b"<n:a xmlns:n='u'>x</n:a>", {"n:a": {"@xmlns:n": "u", "#text": "x"}}, id="n"),
        pytest.param(b"<a><![CDATA[<x> & ]]>y<!-- z --></a>", {"a": "<x> & y"}, id="CDATA"),
        pytest.param(b"<!DOCTYPE a SYSTEM 'http://h/a.dtd'><a>&lt;</a>", {"a": "<"}, id="doctype"),
        pytest.param(
            "<?xml version='1.0' encoding='iso-8859-1'?><a>é</a>".encode("latin-1"),
            {"a": "é"},
            id="declared encoding",
        ),
        pytest.param("<a>é</a>".encode("utf-16"), {"a": "é"}, id="UTF-16"),
    ],
)
def test_elements_are_objects(body: bytes, expected: Json) -> None:
    """Attributes, texts and repeated elements have their usual places."""
    assert document("xml", body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"<r><l><i>1</i></l></r>", {"r": {"l": {"i": ["1"]}}}, id="one"),
        pytest.param(b"<r><l><i>1</i><i>2</i></l></r>", {"r": {"l": {"i": ["1", "2"]}}}, id="two"),
        pytest.param(b"<r><l/></r>", {"r": {"l": {"i": []}}}, id="none"),
        pytest.param(b'<r><l n="0"/></r>', {"r": {"l": {"@n": "0", "i": []}}}, id="none, counted"),
        pytest.param(b"<r><l><e>x</e></l></r>", {"r": {"l": {"e": "x"}}}, id="another element"),
        pytest.param(b"<r><l>x</l></r>", {"r": {"l": "x"}}, id="a text"),
        pytest.param(b"<e>x</e>", {"e": "x"}, id="another document"),
        pytest.param(
            b"<r><l><i>1</i><j/></l></r>", {"r": {"l": {"i": "1", "j": None}}}, id="beside"
        ),
        pytest.param(
            b"<r><l><i><a>1</a><a>2</a></i></l></r>",
            {"r": {"l": {"i": {"a": ["1", "2"]}}}},
            id="around others",
        ),
        pytest.param(
            b"<r><l><i>1</i></l><l/></r>", {"r": {"l": [{"i": ["1"]}, {"i": []}]}}, id="lists"
        ),
    ],
)
def test_rows_are_a_list_even_when_there_is_one(body: bytes, expected: Json) -> None:
    """Where the rows are looked for, one element is a list, and none an empty one."""
    assert document("xml", body, rows=("r", "l", "i")) == expected


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(b"<a><b></a>", "line 1 is not XML", id="wrong tag"),
        pytest.param(b"<a>\n<b>", "line 2 is not XML", id="breaks off"),
        pytest.param(b'{"a": 1}', "line 1 is not XML", id="JSON"),
        pytest.param(b"<html><body>no</body></html>", "a page of HTML", id="HTML"),
        pytest.param(b'<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>', "entity 'b'", id="entity"),
        pytest.param(
            b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
            "entity 'b'",
            id="x",
        ),
        pytest.param(b'<!DOCTYPE a [<!ENTITY % p "x">]><a/>', "entity 'p'", id="parameter entity"),
        pytest.param(b'<!DOCTYPE a SYSTEM "u"><a>&nbsp;</a>', "entity 'nbsp'", id="elsewhere"),
        pytest.param(b"<a>" * 10_000, "more than 200 deep", id="deep"),
        pytest.param(b"<?xml version='1.0' encoding='no-such'?><a/>", "encoding", id="encoding"),
    ],
)
def test_a_document_that_is_none_or_not_safe_is_an_error(body: bytes, told: str) -> None:
    """Nothing is fetched, expanded or left out in silence."""
    assert told in refusal("xml", body)


def test_attributes_that_a_document_type_adds_are_not_read() -> None:
    """A default attribute would stand in every element: a small body of any size."""
    body = b'<!DOCTYPE a [<!ATTLIST b c CDATA "x">]><a><b/></a>'
    assert document("xml", body) == {"a": {"b": None}}


# --- over HTTP -------------------------------------------------------------------------

ROWS = {
    "ndjson": b'{"id": "1"}\n{"id": "2"}\n',
    "csv": b"id\n1\n2\n",
    "xml": b"<r><i><id>1</id></i><i><id>2</id></i></r>",
    "json": b'[{"id": "1"}, {"id": "2"}]',
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip file"])
@pytest.mark.parametrize("name", FORMATS)
async def test_each_format_is_read_also_out_of_a_gzip_file(
    api: FaultApi, name: FormatName, *, packed: bool
) -> None:
    """The mapping says the format, the first bytes say whether it is packed."""
    body = gzip.compress(ROWS[name]) if packed else ROWS[name]
    api.serve("/items", Answer(body, headers=(("Content-Type", "text/plain"),)))
    path = ".r.i" if name == "xml" else "."

    outcome = await read(api.url, "/items", response_format=name, data_path=path)

    assert not outcome.message
    assert outcome.items == [{"id": "1"}, {"id": "2"}]
    assert len(api.requests) == 1
    accept = api.requests[0].headers["accept"]
    assert accept.startswith({"xml": "application/xml", "csv": "text/csv"}.get(name, ""))


async def test_a_resource_may_say_what_it_accepts(api: FaultApi) -> None:
    """Its own header wins over that of the format, and that one over the installation's.

    Where that one names the format itself, it stays: it may name a version, too.
    """
    api.serve("/items", Answer(b"id\n1\n"))
    settings = {"custom_headers": {"Accept": "application/json"}}
    versioned = {"custom_headers": {"Accept": "application/vnd.acme.v3+CSV"}}

    await read(api.url, "/items", settings=settings, response_format="csv")
    await read(api.url, "/items", settings=versioned, response_format="csv")
    await read(api.url, "/items", response_format="csv", headers={"accept": "text/plain"})

    assert [request.headers["accept"] for request in api.requests] == [
        "text/csv, */*;q=0.1",
        "application/vnd.acme.v3+CSV",
        "text/plain",
    ]


@pytest.mark.parametrize("name", ["ndjson", "csv"])
async def test_no_bytes_are_an_empty_list(api: FaultApi, name: str) -> None:
    """A file without a line has no items, and nothing is in doubt."""
    api.serve("/items", Answer(b""))

    outcome = await read(api.url, "/items", response_format=name)

    assert (outcome.items, outcome.message) == ([], "")


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        pytest.param("csv", b"a,b\n1\n", "not the csv it should be: line 2 has 1 values", id="csv"),
        pytest.param("xml", b"oops", "not the xml it should be: line 1 is not XML", id="xml"),
        pytest.param("ndjson", b"oops", "not the ndjson it should be: line 1", id="ndjson"),
        pytest.param("ndjson", b'{"id":1}\n{"error":"lost"}', "its last line reports", id="end"),
        pytest.param(
            "ndjson", b'{"error": "not found"}', "its last line reports an error", id="alone"
        ),
    ],
)
async def test_an_answer_in_another_format_is_an_error(
    api: FaultApi, name: str, body: bytes, told: str
) -> None:
    """The error names the request, quotes the answer and says what is wrong; it is not retried."""
    api.serve("/items", Answer(body))

    outcome = await read(api.url, "/items", response_format=name)

    assert outcome.items == []
    assert told in outcome.message
    assert f"GET {api.url}/items: 200" in outcome.message
    assert len(outcome.message) < 300
    assert len(api.requests) == 1


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("pack", [zipped, bz2.compress, lzma.compress], ids=["zip", "bzip2", "xz"])
async def test_an_archive_is_told_as_what_is_not_supported(
    api: FaultApi, pack: Callable[[bytes], bytes], name: str
) -> None:
    """No charset and no path is what is wrong, and nobody reads what is quoted of it."""
    api.serve("/items", Answer(pack(b"id\n1\n" * 99)))

    outcome = await read(api.url, "/items", response_format=name)

    assert outcome.items == []
    assert "the answer is binary, and no text; ask for text: of archives" in outcome.message
    assert "csv.encoding" not in outcome.message


async def test_a_gzip_file_that_breaks_off_is_asked_for_again(api: FaultApi) -> None:
    """As a body that breaks off is."""
    whole = gzip.compress(ROWS["csv"])
    replies = iter([Answer(whole[:-9]), Answer(whole + whole)])

    def items(_: Request) -> Reply:
        return next(replies)

    api.serve("/items", items)
    outcome = await read(api.url, "/items", settings={"max_retry_wait": 5}, response_format="csv")

    assert "header" not in outcome.message
    assert len(api.requests) == 2
    assert outcome.items == [{"id": one} for one in ("1", "2", "id", "1", "2")]


async def test_a_gzip_file_that_swells_is_stopped(api: FaultApi) -> None:
    """A small file of many zeros is no way around the largest answer."""
    api.serve("/items", Answer(gzip.compress(b" " * 8 * MIB)))

    outcome = await read(api.url, "/items", settings={"max_response_size": 1})

    assert "more than 1 MiB decoded" in outcome.message
    assert "maxResponseSize" in outcome.message


async def test_a_table_that_swells_is_stopped(api: FaultApi) -> None:
    """Long names of columns and short rows make a document many times as large."""
    api.serve("/items", Answer(b"a" * 10_000 + b",b\n" + b"1,2\n" * 20_000))

    outcome = await read(
        api.url, "/items", settings={"max_response_size": 1}, response_format="csv"
    )

    assert "more than 1 MiB decoded" in outcome.message


async def test_pages_of_tables_follow_the_headers(api: FaultApi) -> None:
    """Signals of paging in headers count, whatever the format."""

    def items(request: Request) -> Reply:
        if request.param("page") == "2":
            return text("id\n2\n", kind="text/csv")
        link = ("Link", f'<{api.url}/items?page=2>; rel="next"')
        return Answer(b"id\n1\n", headers=(("Content-Type", "text/csv"), link))

    api.serve("/items", items)
    settings = {"pagination_type": "header_link"}
    outcome = await read(api.url, "/items", settings=settings, response_format="csv")

    assert (outcome.items, outcome.message) == ([{"id": "1"}, {"id": "2"}], "")


async def test_pages_of_elements_follow_the_body(api: FaultApi) -> None:
    """Of XML the body is read as the JSON it becomes; the last page has one row."""

    def items(request: Request) -> Reply:
        if request.param("page") == "2":
            return text("<r><l><i id='3'/></l></r>", kind="text/xml")
        rows = "<l><i id='1'/><i id='2'/></l>"
        return text(f"<r>{rows}<next>{api.url}/items?page=2</next></r>", kind="text/xml")

    api.serve("/items", items)
    settings = {"pagination_type": "next_link", "next_link_path": "r.next"}
    outcome = await read(
        api.url, "/items", settings=settings, response_format="xml", data_path=".r.l.i"
    )

    assert outcome.message == ""
    assert outcome.items == [{"@id": "1"}, {"@id": "2"}, {"@id": "3"}]


@pytest.mark.parametrize(
    "path", [".r.i", ".r.i[]", "[.r.i[] | select(.id)]", ".r.i | map(select(.id))", ".r.i[] | ."]
)
async def test_one_element_is_one_item_whatever_the_path(api: FaultApi, path: str) -> None:
    """A list of one element is a list in programs too."""
    api.serve("/items", Answer(b"<r><i><id>1</id></i></r>"))

    outcome = await read(api.url, "/items", response_format="xml", data_path=path)

    assert (outcome.items, outcome.message) == ([{"id": "1"}], "")


async def test_a_format_of_a_parent(api: FaultApi) -> None:
    """The endpoint of a path parameter has a format of its own."""
    api.serve("/hosts", Answer(b"host\na\nb\n"))
    api.serve("/hosts/{}/ports", lambda request: answer([{"id": request.values[0]}]))
    parameter = {"endpoint": "/hosts", "field": ".host", "response_format": "csv"}

    outcome = await read(api.url, "/hosts/{host}/ports", path_parameters={"host": parameter})

    assert outcome.message == ""
    assert sorted(item["id"] for item in outcome.items) == ["a", "b"]


# --- memory ----------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["none", "offset", "page"])
@pytest.mark.parametrize(("empty", "fails"), [({0, 1}, True), ({8}, True), (set(range(9)), False)])
async def test_a_mistyped_path_beside_elements_of_xml_without_any(
    api: FaultApi, style: str, empty: set[int], *, fails: bool
) -> None:
    """Those would be an empty list for any name: the others tell that this one is mistaken."""
    api.serve("/projects", answer([{"id": number} for number in range(9)]))

    def versions(request: Request) -> Reply:
        ids = () if int(request.values[0]) in empty else ("a", "b")
        inside = "".join(f"<version><id>{one}</id></version>" for one in ids)
        return text(f'<versions type="array">{inside}</versions>')

    api.serve("/projects/{}/versions", versions)

    outcome = await read(
        api.url,
        "/projects/{project}/versions",
        response_format="xml",
        data_path=".versions.versions",
        pagination={"type": style},
        path_parameters={"project": {"endpoint": "/projects", "field": ".id"}},
    )

    assert outcome.items == []
    assert ("gave null in every response" in outcome.message) is fails


_READER = """
import asyncio, re, sys
from pathlib import Path
from loguru import logger
from tests.reading import read

def peak():
    return int(re.search("VmHWM:\\\\s+([0-9]+)", Path("/proc/self/status").read_text())[1]) // 1024

import tests.reading
async def count():
    held = 0
    class Counted(list):
        def __iadd__(self, batch):
            nonlocal held
            held += len(batch)
            return self
    tests.reading.Read = lambda: type("R", (), {"items": Counted(), "error": None})()
    outcome = await read(sys.argv[1], "/items", response_format=sys.argv[2])
    assert outcome.error is None, outcome.error
    return held

logger.remove()
before = peak()
print(asyncio.run(count()), peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("name", [pytest.param("csv", marks=pytest.mark.exhaustive), "ndjson"])
async def test_a_large_body_takes_little_memory(api: FaultApi, name: str) -> None:
    """Of 600,000 rows, some 250 MB as objects, all are read in less than 100 MiB."""
    row = {"csv": b"1,item,7,open\n", "ndjson": b'{"id":1,"name":"item","state":"open"}\n'}[name]
    count = 600_000
    head = b"id,name,owner,state\n" if name == "csv" else b""
    api.serve("/items", Answer(head + row * count))

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _READER, api.url, name, stdout=subprocess.PIPE, cwd=ROOT
    )
    output, _ = await process.communicate()
    items, mebibytes = map(int, output.split())

    assert items == count
    assert mebibytes < 100
