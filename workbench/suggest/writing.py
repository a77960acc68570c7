"""The files: a mapping with each proof above what it decided, blueprints, and settings.

A comment never changes a value: the text without comments is the mapping that was read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

import yaml
from dotenv.parser import parse_stream

from json_values import Json, escaped
from settings.fields import VARIABLE_PREFIX
from workbench.suggest.mapping import blueprint, mapping
from workbench.suggest.study import Finding, Study

SCHEMA = "port-app-config.schema.json"
_MODELINE = f"# yaml-language-server: $schema=./{SCHEMA}"
_WIDTH = 96

Path = tuple[str | int, ...]
Comments = Mapping[Path, Sequence[str]]


def mapping_text(studies: Sequence[Study], host: str) -> str:
    """The mapping as YAML, with comments."""
    comments: dict[Path, list[str]] = {}
    for number, study in enumerate(studies):
        comments |= _comments(("resources", number), study)
    head = [
        _MODELINE,
        f"# Suggested from answers of {_line(host)}. Above a line stands what showed it;",
        "# what is only likely says so, or stands commented out.",
    ]
    return "\n".join([*head, *_block(mapping(studies), (), 0, comments)]) + "\n"


def blueprints_text(studies: Sequence[Study]) -> str:
    """The blueprints as JSON."""
    return json.dumps([blueprint(study) for study in studies], indent=2) + "\n"


def settings_text(settings: Mapping[str, str]) -> str:
    """Settings as lines of an .env file; names in snake_case."""
    lines = (_assigned(VARIABLE_PREFIX + name.upper(), settings[name]) for name in sorted(settings))
    return "".join(lines)


def _assigned(name: str, value: str) -> str:
    """One line; in quotes where it would be read as something else without them."""
    line = f"{name}={value}\n"
    if [one.value for one in parse_stream(StringIO(line))] == [value]:
        return line
    escaped_value = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name}='{escaped_value}'\n"


# --- comments ----------------------------------------------------------------------------


def _comments(place: Path, study: Study) -> dict[Path, list[str]]:
    selector = (*place, "selector")
    entity = (*place, "port", "entity", "mappings")
    pagination = (*selector, "pagination")
    where: dict[str, Path] = {
        "items": (*selector, "data_path") if study.place.data_path else place,
        "paging": pagination if study.pagination else selector,
        "first page": (*pagination, "start_page"),
        "page size": (*pagination, "page_size"),
        "parent": (*selector, "path_parameters"),
        "filter": (*selector, "path_parameters"),
        "children": (*selector, "empty_statuses" if study.empty_statuses else "path_parameters"),
        "reading": place,
        "identifier": (*entity, "identifier"),
        "title": (*entity, "title"),
    }
    made: dict[Path, list[str]] = {}
    for finding in study.findings:
        if finding.question == "relation":
            _comment_relation(made, entity, study, finding)
        elif finding.question in where:
            made.setdefault(where[finding.question], []).append(_sentence(finding))
    for one in study.properties:
        if one.note:
            made.setdefault((*entity, "properties", one.name), []).append(one.note)
    return made


def _comment_relation(
    made: dict[Path, list[str]], entity: Path, study: Study, finding: Finding
) -> None:
    name = finding.answer.partition(" ")[0]
    if finding.certain:
        made.setdefault((*entity, "relations", name), []).append(_sentence(finding))
        return
    # Below the blueprint's line there may be neither properties nor relations to stand in.
    relation = next(one for one in study.relations if one.name == name)
    made.setdefault((*entity, "blueprint"), []).append(
        f"relation {finding.answer}? {finding.proof}: {relation.expression}"
    )


def _sentence(finding: Finding) -> str:
    likely = "" if finding.certain else "likely, not proved: "
    proof = f": {finding.proof}" if finding.proof else ""
    return f"{likely}{finding.question} {finding.answer}{proof}"


# --- YAML --------------------------------------------------------------------------------


def _block(value: Mapping[str, Any], path: Path, depth: int, comments: Comments) -> Iterator[str]:
    """The lines of an object."""
    indent = "  " * depth
    for key, inner in value.items():
        here = (*path, key)
        yield from _commented(comments.get(here, ()), indent)
        if isinstance(inner, dict) and inner:
            yield f"{indent}{_scalar(key)}:"
            yield from _block(inner, here, depth + 1, comments)
        elif isinstance(inner, list) and inner and all(isinstance(one, dict) for one in inner):
            yield f"{indent}{_scalar(key)}:"
            for number, one in enumerate(inner):
                yield from _item(one, (*here, number), depth + 1, comments)
        else:
            yield f"{indent}{_scalar(key)}: {_scalar(inner)}"


def _item(value: Mapping[str, Any], path: Path, depth: int, comments: Comments) -> Iterator[str]:
    """The lines of an object in a list: its comments stand above the dash."""
    yield from _commented(comments.get(path, ()), "  " * depth)
    inner = "  " * (depth + 1)
    is_first = True
    for line in _block(value, path, depth + 1, comments):
        dashed = is_first and not line.lstrip().startswith("#")
        yield "  " * depth + "- " + line.removeprefix(inner) if dashed else line
        is_first = is_first and not dashed


def _scalar(value: Json) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=2**30, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...").rstrip("\n")


def _commented(texts: Sequence[str], indent: str) -> Iterator[str]:
    for text in texts:
        yield f"{indent}# {_line(text)}"


def _line(text: str) -> str:
    """A text as one line of a comment, whatever an API put into it."""
    line = escaped(re.sub(r"\s+", " ", text)).strip()
    return line if len(line) <= 4 * _WIDTH else line[: 4 * _WIDTH - 1] + "…"
