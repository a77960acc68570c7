"""XML as JSON: attributes are ``@name``, text ``#text``, repeated elements a list.

========================================  =============================================
``<a><b>1</b><b>2</b></a>``               ``{"a": {"b": ["1", "2"]}}``
``<a b="1">text</a>``                     ``{"a": {"@b": "1", "#text": "text"}}``
``<a/>``                                  ``{"a": null}``
========================================  =============================================

An element without attributes and elements in it is its text. Names keep their prefix, texts lose
the space around them. Of a document type only the name is read: what it defines (entities, default
attributes) or fetches (external subsets) may be anything of any size, so a document that uses one
is refused. https://www.w3.org/TR/xml/, https://cwe.mitre.org/data/definitions/776.html
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import NoReturn
from xml.parsers import expat

import msgspec
from msgspec import Struct, field

from errors import FormatError
from json_values import Json

DEEPEST = 200
"""Elements in one another, at most."""

_TEXT = "#text"


class _Element(Struct):
    """An element whose end is still to come; ``content`` has its attributes and elements."""

    name: str
    content: dict[str, Json]
    texts: list[str] = field(default_factory=list)

    def add(self, name: str, value: Json) -> None:
        """Add an element that ended; one of a name that is there makes a list of both."""
        if name not in self.content:
            self.content[name] = value
            return
        known = self.content[name]
        if isinstance(known, list):
            known.append(value)
        else:
            self.content[name] = [known, value]

    @property
    def value(self) -> Json:
        """What the element becomes."""
        text = "".join(self.texts).strip()
        if not self.content:
            return text or None
        return {**self.content, _TEXT: text} if text else self.content


class _Builder:
    """Builds the document out of what the parser meets."""

    def __init__(self) -> None:
        self.document = _Element("", {})
        self._open = [self.document]

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if len(self._open) > DEEPEST:
            raise FormatError(
                f"its elements are nested more than {DEEPEST} deep", "ask for less at a time"
            )
        named: dict[str, Json] = {f"@{key}": value for key, value in attributes.items()}
        self._open.append(_Element(name, named))

    def end(self, _name: str) -> None:
        element = self._open.pop()
        self._open[-1].add(element.name, element.value)

    def text(self, text: str) -> None:
        self._open[-1].texts.append(text)

    def entity(self, name: str, *_: object) -> NoReturn:
        raise FormatError(
            f"it defines or uses the entity {name[:40]!r}",
            "let the API answer without entities, which are refused",
        )


def xml_as_json(
    body: Iterable[bytes],
    charset: str | None = None,
    lists: Sequence[Sequence[str]] = (),
    rows: Sequence[str] = (),
) -> Iterator[bytes]:
    """The JSON document of an XML document, in one piece; empty ones come before it.

    A single element under one of the paths ``lists`` is a list too, and under ``rows`` one that can
    be a row; none is an empty list where the element around it is there and holds no other.
    ``charset`` wins over what the document declares. Raises FormatError.
    """
    document = yield from _parsed(body, charset)
    if any(name.lower() == "html" for name in document):
        raise FormatError("it is a page of HTML", "correct the path, or the credentials")
    for path in lists:
        _as_list(document, path)
    _as_list(document, rows, only=_can_be_row)
    yield msgspec.json.encode(document)


def _parsed(body: Iterable[bytes], charset: str | None) -> Generator[bytes, None, dict[str, Json]]:
    """The root element by its name; yields nothing for each piece that was read."""
    builder = _Builder()
    parser = expat.ParserCreate(charset)
    parser.buffer_text = True
    parser.specified_attributes = True
    parser.StartElementHandler = builder.begin
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.EntityDeclHandler = builder.entity
    parser.SkippedEntityHandler = builder.entity
    try:
        for piece in body:
            parser.Parse(piece, False)  # noqa: FBT003 — its argument has no name
            yield b""
        parser.Parse(b"", True)  # noqa: FBT003 — as above
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise FormatError(f"line {error.lineno} is not XML ({reason})") from None
    except (LookupError, UnicodeError, ValueError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError("its encoding is not known", "let the API answer in UTF-8") from None
    return builder.document.content


def _as_list(
    part: Json,
    path: Sequence[str],
    *,
    only: Callable[[dict[str, Json], str], bool] = lambda _, __: True,
) -> None:
    """Make a list of what stands under a path, in each element of the lists on the way.

    ``only`` says of an element, and the name in it, whether that is to be one.
    """
    if isinstance(part, list):
        for one in part:
            _as_list(one, path, only=only)
    if not isinstance(part, dict) or not path or path[0] not in part:
        return
    name, *rest = path
    if rest:
        part[name] = _opened(part[name], rest)
        _as_list(part[name], rest, only=only)
    elif not isinstance(part[name], list) and only(part, name):
        part[name] = [part[name]]


def _can_be_row(around: dict[str, Json], name: str) -> bool:
    """Whether a single element may be the only row: it has something of its own.

    An element that is nothing but repeated ones has not, and a text is one only if nothing stands
    beside it.
    """
    element = around[name]
    if isinstance(element, dict) and len(element) == 1:
        return not isinstance(next(iter(element.values())), list)
    return isinstance(element, dict) or all(key == name or key[0] == "@" for key in around)


def _opened(element: Json, rest: Sequence[str]) -> Json:
    """An element around a list; one without elements in it holds an empty list."""
    if len(rest) != 1:
        return element
    if isinstance(element, list):
        return [_opened(one, rest) for one in element]
    around = {} if element is None else element
    if not isinstance(around, dict) or any(not key.startswith("@") for key in around):
        return element
    return {**around, rest[0]: []}
