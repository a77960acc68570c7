"""The documentation as tests read it: code blocks, tables and links, and what runs its examples.

A runnable example is a ``yaml`` block with ``settings`` and ``resource``, then an ``http`` block
with the exchanges it leads to, then optionally a ``json`` block with the items these give::

    POST /login {"user": "me"}            a request: method, path with query, JSON body;
                                          … stands for anything
    > Authorization: Bearer abc           a header the request must have
      404                                 the answer, indented: its status, when not 200
      Link: <https://…>; rel="next"       a header of the answer
      {"items": []}                       the body of the answer
    # PaginationError: the message        the error that ends the walk; … stands for anything
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx
import yaml

from errors import OceanCustomError
from overrides import EndpointAppConfig
from resync.session import Session
from settings import load_settings
from tests.literals import Json

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
BASE_URL = "https://api.example.com"
PORT = {"entity": {"mappings": {"identifier": ".id | tostring", "blueprint": '"thing"'}}}

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
_REQUEST = re.compile(r"(?P<method>[A-Z]+) (?P<target>\S+)(?: (?P<body>.+))?")
_HEADER = re.compile(r"(?P<name>[A-Za-z][A-Za-z-]+): (?P<value>.+)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a document; ``line`` is the line it starts on."""

    path: Path
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        """Where to find it."""
        return f"{self.path.name}:{self.line}"


@dataclass(frozen=True)
class Row:
    """A row of a table, by the headings of its columns; ``section`` is the heading above."""

    section: str
    cells: Mapping[str, str]

    def names(self, column: str) -> list[str]:
        """The names in backticks in a column."""
        return _CODE.findall(self.cells[column].replace(r"\|", "|"))


def blocks(path: Path, *languages: str) -> list[Block]:
    """The fenced blocks of a document, of these languages or of all."""
    text = path.read_text()
    return [
        Block(path, text.count("\n", 0, found.start()) + 1, found[1], found[2])
        for found in _FENCE.finditer(text)
        if not languages or found[1] in languages
    ]


def prose(path: Path) -> str:
    """A document without its fenced blocks."""
    return _FENCE.sub("", path.read_text())


def tables(path: Path, heading: str) -> list[Row]:
    """The rows of every table whose first column has this heading."""
    rows: list[Row] = []
    headings: list[str] = []
    section = ""
    for line in prose(path).splitlines():
        if not line.startswith("|"):
            headings = []
            section = line.lstrip("# ") if line.startswith("#") else section
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if not headings:
            headings = cells
        elif headings[0] == heading and not set(cells[0]) <= set("-: "):
            rows.append(Row(section, dict(zip(headings, cells, strict=True))))
    return rows


# --- runnable examples -----------------------------------------------------------------


@dataclass
class Exchange:
    """A request the documentation lists, and the answer it shows."""

    method: str
    target: str
    body: Json
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: str = ""

    @classmethod
    def of(cls, lines: Sequence[str]) -> Self:
        """Read a request line and what is below it."""
        request = _REQUEST.fullmatch(lines[0])
        assert request, f"not a request line: {lines[0]!r}"
        body = json.loads(request["body"]) if request["body"] else None
        exchange = cls(request["method"], request["target"], body)
        for line in lines[1:]:
            text = line.removeprefix(">").strip()
            header = _HEADER.fullmatch(text)
            if line.startswith(">"):
                assert header, f"not a header: {line!r}"
                exchange.headers[header["name"]] = header["value"]
            elif header:
                exchange.answer_headers[header["name"]] = header["value"]
            elif re.fullmatch(r"\d{3}", text):
                exchange.status = int(text)
            else:
                exchange.answer += ("\n" if exchange.answer else "") + text
        return exchange

    @property
    def key(self) -> str:
        """Method, decoded path and query, and body: two requests with the same key are one."""
        return _key(self.method, httpx.URL(BASE_URL).join(self.target), self.body)


@dataclass(frozen=True)
class Example:
    """A runnable example; ``error`` is the text that ends it, ``items`` None: not shown."""

    place: str
    settings: Mapping[str, Json]
    resource: Mapping[str, Json]
    exchanges: Sequence[Exchange]
    error: str | None
    items: list[Json] | None


@dataclass(frozen=True)
class Outcome:
    """What running an example gave: keys of the requests sent, items, and the error."""

    requests: list[str]
    items: list[Json]
    error: Exception | None


def examples(path: Path) -> Iterator[Example]:
    """The runnable examples of a document."""
    found = blocks(path)
    for number, block in enumerate(found):
        if block.language != "yaml" or not isinstance(given := yaml.safe_load(block.text), dict):
            continue
        if "resource" not in given:
            continue
        following = found[number + 1 : number + 3]
        assert [other.language for other in following[:1]] == ["http"], block.place
        listed, error = exchanges(following[0].text)
        shown = following[1:] and following[1].language == "json"
        yield Example(
            place=block.place,
            settings=given.get("settings") or {},
            resource=given["resource"],
            exchanges=listed,
            error=error,
            items=json.loads(following[1].text) if shown else None,
        )


def run(example: Example) -> Outcome:
    """Run an example against its own recorded answers; an unknown request is answered 404."""
    unanswered = list(example.exchanges)
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = _sent_body(request)
        key = _key(request.method, request.url, body)
        exchange = next((one for one in unanswered if matches(one.key, key)), None)
        if exchange is None:
            sent.append(key)
            return httpx.Response(httpx.codes.NOT_FOUND, text=f"not in the document: {key}")
        unanswered.remove(exchange)
        sent.append(exchange.key)
        for name, value in exchange.headers.items():
            assert request.headers.get(name) == value, f"{key}: {name}"
        return httpx.Response(
            exchange.status, headers=exchange.answer_headers, content=exchange.answer
        )

    return asyncio.run(_extract(example, answer, sent))


async def _extract(
    example: Example, answer: Callable[[httpx.Request], httpx.Response], sent: list[str]
) -> Outcome:
    environ = {"TENANT_TOKEN": "tenant-secret"}
    settings = load_settings({"baseUrl": BASE_URL, **example.settings}, environ=environ)
    resource = mapping_of([example.resource]).resources[0].to_resource(settings.pagination)
    transport = httpx.MockTransport(answer)
    session = Session(settings, http=lambda _: httpx.AsyncClient(transport=transport))
    items: list[Json] = []
    error: Exception | None = None
    try:
        async for batch in session.read(resource).batches():
            items += batch
    except (OceanCustomError, ExceptionGroup) as raised:
        error = raised
    finally:
        await session.aclose()
    return Outcome(sent, items, error)


def mapping_of(resources: Sequence[Mapping[str, Json]]) -> EndpointAppConfig:
    """A mapping of resources that may lack their ``port`` part and ``query``."""
    complete = [
        {"port": PORT, **one, "selector": {"query": "true", **(one.get("selector") or {})}}
        for one in resources
    ]
    return EndpointAppConfig.parse_obj({"resources": complete})


def exchanges(text: str) -> tuple[list[Exchange], str | None]:
    """The exchanges of a block, and the error at its end."""
    groups: list[list[str]] = []
    error = None
    for line in text.splitlines():
        if line.startswith("# "):
            error = line.removeprefix("# ")
        elif line.startswith((" ", ">")):
            groups[-1].append(line)
        elif line.strip():
            groups.append([line])
    return [Exchange.of(group) for group in groups], error


def _key(method: str, url: httpx.URL, body: Json) -> str:
    query = "&".join(f"{name}={value}" for name, value in url.params.multi_items())
    text = json.dumps(body, sort_keys=True) if body is not None else ""
    return f"{method} {url.host}{url.path}?{query} {text}".strip("? ")


def _sent_body(request: httpx.Request) -> Json:
    content = request.content.decode()
    if not content:
        return None
    return json.loads(content) if content.startswith(("{", "[")) else content


def matches(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern says; … stands for anything."""
    expression = ".*".join(re.escape(part) for part in pattern.split("…"))
    return re.fullmatch(expression, text, re.DOTALL) is not None
