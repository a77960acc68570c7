"""Files whose values know where they stand: YAML and JSON by PyYAML's nodes, ``.env`` by lines."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

import yaml
from dotenv.parser import Binding, parse_stream
from dotenv.variables import Variable, parse_variables

from json_values import MISSING, Found, Json, follow
from workbench.check.files.json_slips import mended
from workbench.check.findings import (
    Finding,
    Path,
    Put,
    Remedy,
    Severity,
    Taken,
    Told,
    Write,
    either,
    inner,
)
from workbench.yaml_nodes import AliasError, single_node

_WIDEST = 10_000  # characters of a line
_LONGEST = 1_000_000  # characters of a variable
_TOO_DEEP = "its values lie too deep within each other"
_MERGE = "tag:yaml.org,2002:merge"


@dataclass
class Document:
    """A mapping or blueprints: the value, and the place of each key and value in the file."""

    name: str
    value: Json = None
    keys: dict[Path, yaml.Mark] = field(default_factory=dict)
    values: dict[Path, yaml.Mark] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    is_json: bool = False
    begun: int = -1
    """The line, from 0, where what cannot be read on begins."""

    def note(
        self,
        path: Path,
        problem: str,
        remedy: Remedy = "",
        *,
        severity: Severity = "error",
        at_key: bool = False,
    ) -> None:
        """Note a finding at a value or its key; of what is missing, at what should hold it."""
        self.findings.append(self.finding(path, problem, remedy, severity=severity, at_key=at_key))

    def finding(
        self,
        path: Path,
        problem: str,
        remedy: Remedy = "",
        *,
        severity: Severity = "error",
        at_key: bool = False,
    ) -> Finding:
        """A finding with the place of a path."""
        if isinstance(remedy, tuple):
            ways = (self.finding(path, problem, one, severity=severity) for one in remedy)
            return either(*ways)
        values: Mapping[Path, Found | Taken] = {}
        if isinstance(remedy, Write):
            values, remedy = (
                {path: remedy.value},
                remedy.told(self._written(path, remedy.value)),
            )
        elif isinstance(remedy, Told):
            base = path[: len(path) - len(inner(path))]
            values = {
                (*base, *at): Taken((*base, *inner(value.path)))
                if isinstance(value, Taken)
                else value
                for at, value in remedy.values.items()
            }
            values = values or {path: remedy.own}
            remedy = remedy.words
        fix = tuple(Put(self.name, at, value) for at, value in values.items())
        place = _place_of(self._mark(path, at_key=at_key))
        return Finding(self.name, *place, severity, problem, remedy, fix)

    def _written(self, path: Path, value: Json) -> str:
        """A value with the key that a path ends in, as the file takes them."""
        key = next((one for one in reversed(path) if isinstance(one, str)), "")
        pair = {key: value}
        if self.is_json:
            return json.dumps(pair)[1:-1]
        text = yaml_of(pair)
        holder = next((one for one in reversed(path[:-1]) if isinstance(one, str)), "")
        is_there = path in self.values or path in self.keys or not holder
        return text + ("" if is_there else f" in {holder}")

    def _mark(self, path: Path, *, at_key: bool) -> yaml.Mark | None:
        if at_key and path in self.keys:
            return self.keys[path]
        if isinstance(self.at(path), dict | list) and path in self.keys:
            return self.keys[path]
        if path in self.values:
            return self.values[path]
        while path:
            path = path[:-1]
            # What is missing is missing from this one: its key says which.
            if mark := self.keys.get(path) or self.values.get(path):
                return mark
        return self.values.get(())

    def rest_of_line(self, path: Path) -> str:
        """What stands in the file from a value to the end of its line."""
        mark = self.values.get(path)
        buffer = str(mark.buffer or "") if mark else ""
        return buffer[mark.pointer :].partition("\n")[0].rstrip("\0 \r") if mark else ""

    def all_at(self, *keys: str) -> list[tuple[Path, Json]]:
        """What stands where keys lead, ``*`` to all that there is, each with its path."""
        level: list[tuple[Path, Json]] = [((), self.value)]
        for key in keys:
            level = [
                ((*path, one), inner)
                for path, value in level
                for one, inner in _inner(value)
                if key in {"*", one}
            ]
        return level

    def at(self, path: Path) -> Json:
        """The value at a path; None where there is none."""
        found = follow(self.value, path)
        return None if found is MISSING else found


def _inner(value: Json) -> Iterable[tuple[str | int, Json]]:
    match value:
        case dict():
            return value.items()
        case list():
            return enumerate(value)
        case _:
            return ()


def texts_at(value: Json, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The texts in a value, each with its path."""
    if isinstance(value, str):
        yield path, value
    for key, one in _inner(value):
        yield from texts_at(one, (*path, key))


def yaml_of(pairs: Mapping[str, Json]) -> str:
    """Keys with their values as one line of YAML."""
    text = yaml.safe_dump(
        dict(pairs), default_flow_style=None, width=_WIDEST, allow_unicode=True, sort_keys=False
    )
    text = text.strip()
    return text.removeprefix("{").removesuffix("}") if text.startswith("{") else text


def read_json(path: FilePath, name: str) -> Document:
    """A JSON file, which is YAML as well but for tabs."""
    document = Document(name)
    text = text_of(path, name, document.findings)
    if text is None:
        return document
    try:
        json.loads(text)
    except RecursionError:
        document.findings.append(Finding(name, None, None, "error", _TOO_DEEP))
        return document
    except json.JSONDecodeError as error:
        at, remedy = mended(text, error) or (error.pos, "correct the syntax here, or just before")
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        problem = f"not JSON: {error.msg}"
        document.findings.append(Finding(name, line, column, "error", problem, remedy))
        return document
    found = parse_yaml(text.replace("\t", " "), name)
    found.value = json.loads(text)
    found.is_json = True
    return found


def text_of(path: FilePath, name: str, findings: list[Finding]) -> str | None:
    """What a file holds; None and a finding where that is no text."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        remedy = "save the file as UTF-8"
        findings.append(Finding(name, line, None, "error", "not text in UTF-8", remedy))
        return None


def parse_yaml(text: str, name: str) -> Document:
    """A text as YAML; what is none is a finding, and leaves the value None."""
    document = Document(name)
    try:
        loader = yaml.SafeLoader(text)
    except yaml.reader.ReaderError as error:  # before anything is parsed
        line = text.count("\n", 0, error.position) + 1
        problem = f"not YAML: it takes no character U+{ord(text[error.position]):04X}"
        remedy = "take it out, or write it as an escape in double quotes"
        document.findings.append(Finding(name, line, None, "error", problem, remedy))
        return document
    try:
        node = single_node(loader)
        if node is not None:
            _place(node, (), document)
            document.value = loader.construct_document(node)
    except AliasError as error:
        told = f"not YAML to be read: {error.problem}"
        document.findings.append(Finding(name, None, None, "error", told, "write the values out"))
    except yaml.MarkedYAMLError as error:
        problem = " ".join(filter(None, ("not YAML:", error.context, error.problem)))
        place = _place_of(error.problem_mark or error.context_mark)
        remedy = "correct the syntax here, or just before"
        document.findings.append(Finding(name, *place, "error", problem, remedy))
        document.begun = error.context_mark.line if error.context_mark else -1
    except RecursionError:
        document.findings.append(Finding(name, None, None, "error", _TOO_DEEP))
    except (yaml.YAMLError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        document.findings.append(Finding(name, None, None, "error", f"not YAML: {reason}"))
    finally:
        loader.dispose()
    return document


def _place_of(mark: yaml.Mark | None) -> tuple[int | None, int | None]:
    """Its line and column, from 1."""
    return (mark.line + 1, mark.column + 1) if mark else (None, None)


def _place(node: yaml.Node, path: Path, document: Document) -> None:
    """Note where a node and all within it stands, and keys that stand there twice."""
    document.values.setdefault(path, node.start_mark)
    if isinstance(node, yaml.SequenceNode):
        for number, inner in enumerate(node.value):
            _place(inner, (*path, number), document)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, yaml.Mark] = {}
        for key, inner in node.value:
            if key.tag == _MERGE or not isinstance(key, yaml.ScalarNode):
                continue
            place = (*path, key.value)
            if key.value in seen:
                first = seen[key.value].line + 1
                problem = f"the key {key.value!r} is here twice: the one in line {first} is lost"
                place_of = _place_of(key.start_mark)
                told = Finding(document.name, *place_of, "error", problem, "keep one of them")
                document.findings.append(told)
            seen[key.value] = key.start_mark
            document.keys[place] = key.start_mark
            document.values.pop(place, None)
            _place(inner, place, document)


@dataclass
class Variables:
    """A ``.env`` file: each variable's value and line, and the text that stands there."""

    name: str
    values: dict[str, str] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def finding(
        self,
        variable: str,
        problem: str,
        remedy: str = "",
        *,
        beside: str = "",
        fix: tuple[Put, ...] = (),
    ) -> Finding:
        """A finding in the line of a variable; of one that is missing, in that of ``beside``."""
        line = self.lines.get(variable) or self.lines.get(beside)
        if line is None and self.lines:
            line = 1
        return Finding(self.name, line, None, "error", problem, remedy, fix)

    def kept(self, variable: str) -> str:
        """A value for another file: what refers to variables beyond this one still does."""
        parts = parse_variables(self.written[variable])
        names = {one.name for one in parts if isinstance(one, Variable)}
        return (self.values if names <= self.values.keys() else self.written)[variable]


def read_env(path: FilePath, name: str) -> Variables:
    """The variables of a ``.env`` file, as Ocean reads it: ``${NAME}`` is filled in.

    What refers to a variable that is not set stays as it is written, for the settings to refuse:
    Ocean would take an empty text, and requests would go out without their credentials.
    """
    variables = Variables(name)
    known: dict[str, str | None] = dict(os.environ)
    text = text_of(path, name, variables.findings)
    for binding in parse_stream(io.StringIO(text or "")):
        line = _line_of(binding)
        if binding.error:
            # The line is not shown: it may be one of a key, or hold a token.
            remedy = "correct the line; put a value of several lines in quotes"
            variables.findings.append(Finding(name, line, None, "error", "not NAME=value", remedy))
        if binding.key is None:
            continue
        key = binding.key
        if key.upper() in variables.values:
            first = variables.lines[key.upper()]
            problem = f"{key} is set twice: the value in line {first} is lost"
            variables.findings.append(Finding(name, line, None, "error", problem, "keep one"))
        known[key] = _filled(binding.value or "", known)
        if len(known[key] or "") > _LONGEST:
            problem = f"{key} has more than {_LONGEST:,} characters with the variables within it"
            variables.findings.append(Finding(name, line, None, "error", problem))
            known[key] = ""
        variables.values[key.upper()] = known[key] or ""
        variables.written[key.upper()] = binding.value or ""
        variables.lines[key.upper()] = line
    return variables


def _filled(text: str, known: Mapping[str, str | None]) -> str:
    """A value with the variables that it refers to, as the library that Ocean uses fills it."""
    parts = [*parse_variables(text)]
    named = (one for one in parts if isinstance(one, Variable) and one.default is None)
    if any(one.name not in known for one in named):
        return text
    return "".join(one.resolve(known) for one in parts)


def _line_of(binding: Binding) -> int:
    """The line of the binding itself: blank lines before it are part of what was read."""
    text = binding.original.string
    leading = text[: len(text) - len(text.lstrip())]
    return int(binding.original.line) + leading.count("\n")
