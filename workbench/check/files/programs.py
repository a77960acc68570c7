"""Every jq program of a mapping, compiled before anything is requested."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from errors import ConfigurationError, Fault, MappingError, Part
from framework.mapped_items import program_of
from jq_engine.programs import EMBEDDED, jq_reason
from jq_engine.worker import JqWorker
from json_values import Json
from overrides import EndpointAppConfig, EndpointResource
from pagination import PaginationSettings, make_paginator
from paging.extraction import Extractor
from resync.path_parameters import Parameter, Resource, ordered
from resync.row_values import Chooser
from workbench.check.files.documents import Document, texts_at, yaml_of
from workbench.check.files.jq_slips import meant
from workbench.check.files.mapping import dotted
from workbench.check.findings import Path, Remedy, Told, Write, moved
from workbench.suggest.targets import singular

_KINDS: Final = {bool: "boolean", int: "number", float: "number", type(None): "empty value"}
_SELECTOR: Final = 3  # parts of the path of a selector
_ASKING: Final = (("selector",), ("selector", "path_parameters", "*"))
"""What asks for something in a resource."""
_JQ: Final = (
    "selector.query", "selector.data_path", "selector.path_parameters.*.data_path",
    "selector.path_parameters.*.field", "selector.path_parameters.*.filter",
    "port.itemsToParse", "port.items_to_parse",
    "port.entity.mappings.identifier", "port.entity.mappings.title", "port.entity.mappings.icon",
    "port.entity.mappings.blueprint", "port.entity.mappings.team",
    "port.entity.mappings.properties.*", "port.entity.mappings.relations.*",
)  # fmt: skip
"""Where jq stands in a resource."""
_PARAMETERS: Final = ("selector", "path_parameters")
_BRACED: Final = re.compile(r"\{[\w.-]+\}")
_OF_OTHERS: Final = re.compile(
    r"\$\{(\w+)\}|\{\{\s*(\w+)\s*\}\}|<(\w+)>|(?<=/):(\w+)(?=/|$)|%\((\w+)\)s"
)
"""A placeholder as shells, templates, routes and documentation write it."""


@dataclass(frozen=True)
class Expression:
    """One place of a mapping where jq stands, and the variables it may use."""

    path: Path
    value: Json
    variables: tuple[str, ...] = ()


def _expressions(document: Document) -> Iterator[Expression]:
    """Every place of a mapping where jq stands, whatever stands there."""
    for keys in _JQ:
        for path, value in document.all_at("resources", "*", *keys.split(".")):
            if path[-1] != "data_path" or value is not None:
                yield from _leaves(value, path) if "mappings" in path else [Expression(path, value)]
    for holder in _ASKING:
        for path, value in document.all_at("resources", "*", *holder, "pagination", "*"):
            if str(path[-1]).endswith("_path") and str(value).startswith("."):
                yield Expression(path, value)
        for part in ("query_params", "body"):
            for base, held in document.all_at("resources", "*", *holder, part):
                parameters = document.at((*base[:_SELECTOR], "path_parameters"))
                names = parameters if isinstance(parameters, dict) else {}
                variables = tuple(name for name in names if str(name).isidentifier())
                for path, text in texts_at(held, base):
                    programs = EMBEDDED.findall(text)
                    yield from (Expression(path, program, variables) for program in programs)


def _leaves(value: Json, path: Path) -> Iterator[Expression]:
    """An expression, or those of a search query: the values of its rules."""
    if isinstance(value, dict) and isinstance(rules := value.get("rules"), list):
        for at, rule in enumerate(rules):
            if isinstance(rule, dict) and "rules" in rule:
                yield from _leaves(rule, (*path, "rules", at))
            elif isinstance(rule, dict) and "value" in rule:
                yield Expression((*path, "rules", at, "value"), rule["value"])
    else:
        yield Expression(path, value)


async def check_programs(document: Document, jq: JqWorker) -> None:
    """Note every expression that is no text, or no jq program."""
    for expression in _expressions(document):
        await _check(document, expression, jq)


async def _check(document: Document, expression: Expression, jq: JqWorker) -> None:
    path, text = expression.path, expression.value
    name = dotted(path)
    if not isinstance(text, str):
        _note_other_type(document, path, text)
        return
    bound = "".join(f"null as ${variable} | " for variable in expression.variables)
    try:
        fault = (await program_of(jq, bound + text if text.strip() else text, where=name)).fault
    except MappingError as error:
        report = error.report
        document.note(path, str(report.without_remedy), report.remedy or "correct the expression")
        return
    if fault is None:
        if not text.strip():
            document.note(path, f"{name} is empty", "write jq, or remove the key")
        return
    reason = jq_reason(ValueError(fault))
    whole = document.rest_of_line(path)
    is_cut = whole.startswith(text) and " #" in whole[len(text) :]
    if is_cut and (await program_of(jq, bound + whole, where=name)).fault is None:
        remedy: Remedy = Write(whole, "in quotes: ' #' begins a comment")
    else:
        remedy = await meant(text, fault, path, bound, jq)
    document.note(path, f"{name} {text!r} is not a jq program ({reason})", remedy)


def _note_other_type(document: Document, path: Path, value: Json) -> None:
    name = dotted(path)
    if isinstance(value, dict) and path[-2:] == ("selector", "query"):
        return  # the oldest form of a mapping, of which the reader of mappings writes the new one
    if isinstance(value, dict | list):
        kind = "an object" if isinstance(value, dict) else "a list"
        document.note(path, f"{name} is {kind}, not jq", "write jq as a text")
        return
    if value is None and path[-1] in {"title", "icon", "team"}:
        return
    kind = _KINDS.get(type(value), type(value).__name__)
    written = "true" if value is True else "false" if value is False else str(value)
    quoted = Told(f'put it in quotes: "{written}"', own=written)
    remedy = quoted if value is not None else "write jq, or remove it"
    document.note(path, f"{name} is the {kind} {written}, not jq in a text", remedy)


def check_resources(
    document: Document, config: EndpointAppConfig, pagination: PaginationSettings, jq: JqWorker
) -> None:
    """Note what the integration itself finds wrong with a resource before it requests anything."""
    paths = [path for one in config.resources for path in _paths_of(one).values()]
    for at, one in enumerate(config.resources):
        if otherwise := _otherwise(document, at, one):
            path, text = otherwise
            problem = f"{dotted(path)} has a placeholder as others write it"
            document.note(path, problem, Write(text))
            continue
        try:
            _make_ready(one.to_resource(pagination), jq)
        except ConfigurationError as error:
            for fault in error.faults:
                if lost := _lost(one, fault, paths):
                    path, remedy = lost
                    document.note(("resources", at, *path), fault.found, remedy)
                elif "{" in fault.problem and (
                    meant := _misspelt(document, at, one)
                    or _as_elsewhere(document, at, fault)
                    or _short(at, one, fault)
                ):
                    document.note(meant[0], fault.found, meant[1])
                else:
                    _note_of_integration(document, fault, ("resources", at))


def _paths_of(resource: EndpointResource) -> dict[Path, str]:
    """The paths of a resource and of its parents, by their places."""
    parameters = resource.selector.path_parameters or {}
    own = {
        ("selector", "path_parameters", name, "endpoint"): one.endpoint
        for name, one in parameters.items()
    }
    return {("kind",): resource.kind, **{path: one for path, one in own.items() if one}}


def _lost(
    resource: EndpointResource, fault: Fault, paths: Sequence[str]
) -> tuple[Path, Remedy] | None:
    """Where the beginning of a path is lost with the placeholder of a parameter, and the path.

    As another kind has it: ``/teams/{team}/notes`` for ``/notes`` beside a parameter ``team``.
    """
    path = fault.place.path if isinstance(fault.place, Part) else ()
    if path[:2] != ("selector", "path_parameters"):
        return None
    name, own = f"{{{path[-1]}}}", _paths_of(resource)
    if any(name in one for one in own.values()):
        return None
    wholes = ((at, one, short) for at, short in own.items() for one in paths)
    long = ((at, one) for at, one, short in wholes if one.endswith(f"{name}{short}"))
    return next(((at, Write(one, "as another kind has it")) for at, one in long), None)


def _short(at: int, resource: EndpointResource, fault: Fault) -> tuple[Path, Remedy] | None:
    """The kind behind the path of its parents, which are called as what their values are.

    ``/zones/{zone}/records`` for ``/records`` beside a parameter ``zone`` of ``/zones``.
    """
    path = fault.place.path if isinstance(fault.place, Part) else ()
    one = (resource.selector.path_parameters or {}).get(str(path[-1])) if path else None
    before = str(one.endpoint).partition("?")[0].rstrip("/") if one and one.endpoint else ""
    own, (folder, _, last) = resource.kind.strip("/"), before.rpartition("/")
    is_below = own.partition("/")[0] == before.strip("/").partition("/")[0]
    if not last or is_below or singular(last).lower() != str(path[-1]).lower() or "{" in own:
        return None
    pairs = yaml_of({str(path[-1]): f"{{{path[-1]}}}"})
    whole = f"{folder}/{last}/{{{path[-1]}}}/{own}"
    return ("resources", at, "kind"), Write(
        whole, also=f"where its value is a parameter, query_params: {{{pairs}}}"
    )


def _misspelt(
    document: Document, at: int, resource: EndpointResource
) -> tuple[Path, Remedy] | None:
    """The placeholder that is no parameter's, where one parameter has none, and what to write.

    Or that parameter, where the mapping reads its values by the placeholder's name. Or the part of
    the path that is called as that parameter, without its braces.
    """
    names = {str(name) for name in resource.selector.path_parameters or {}}
    places = _requested(document, at, resource)
    used = {name.strip("{}") for _, text in places for name in _BRACED.findall(text)}
    unused = names - used
    if len(unused) != 1:
        return None
    name = unused.pop()
    for path, text in places:
        for hole in _BRACED.findall(text):
            other = hole.strip("{}")
            if other in names or "path_parameters" in path:
                continue
            place: Path = ("resources", at, *_PARAMETERS, name)
            if f".__{other}" in json.dumps(document.at(("resources", at))):
                words = f"call it {other}, as the mapping does"
                return place, moved(words, place, (*place[:-1], other))
            also = f"call path_parameters.{name} {other}" if other.isidentifier() else ""
            return path, Write(text.replace(hole, f"{{{name}}}"), also=also)
    parts = resource.kind.split("/")
    if name in parts:
        kind = "/".join(f"{{{name}}}" if part == name else part for part in parts)
        return ("resources", at, "kind"), Write(kind)
    return None


def _as_elsewhere(document: Document, at: int, fault: Fault) -> tuple[Path, Remedy] | None:
    """What another resource has for a placeholder: its parameter, or where its value is sent."""
    name = next((hole.strip("{}") for hole in _BRACED.findall(fault.problem)), "")
    others = document.at(("resources",))
    for other in range(len(others) if isinstance(others, list) else 0):
        base: Path = ("resources", other, "selector")
        held = document.at((*base, "path_parameters", name))
        if at == other or held is None:
            continue
        own: Path = ("resources", at, "selector")
        if document.at((*own, "path_parameters", name)) is None:
            words = f"write path_parameters: {yaml_of({name: held})}, as another kind has it"
            return (*own, "path_parameters", name), Told(words, own=held)
        for part in ("query_params", "body", "body_form"):
            sent = document.at((*base, part))
            for key, value in sent.items() if isinstance(sent, dict) else ():
                if value == f"{{{name}}}":
                    words = f"write {part}: {yaml_of({str(key): value})}, as another kind has it"
                    return (*own, part, str(key)), Told(words, own=value)
    return None


def _requested(document: Document, at: int, resource: EndpointResource) -> list[tuple[Path, str]]:
    """The texts of a resource that may hold placeholders, with their places."""
    base, selector = ("resources", at), ("resources", at, "selector")
    places: list[tuple[Path, str]] = [((*base, "kind"), resource.kind)]
    for part in ("query_params", "body", "body_form", "headers", "path_parameters"):
        places += texts_at(document.at((*selector, part)), (*selector, part))
    return places


def _otherwise(document: Document, at: int, resource: EndpointResource) -> tuple[Path, str] | None:
    """Where a placeholder is written as other tools do, and the text with it in single braces."""
    names = {str(name) for name in resource.selector.path_parameters or {}}

    def in_braces(found: re.Match[str]) -> str:
        name = next(filter(None, found.groups()))
        return f"{{{name}}}" if name in names else found[0]

    for path, text in _requested(document, at, resource):
        meant = _OF_OTHERS.sub(in_braces, text)
        if meant != text and path[-1] not in {"field", "filter", "data_path"}:
            return path, meant
    return None


def _make_ready(resource: Resource, jq: JqWorker) -> None:
    """Do what comes before a resource's first request."""
    ordered(resource)
    endpoints = [(resource.endpoint, Part(("selector", "data_path")))]
    for one in resource.parameters:
        if isinstance(one, Parameter):
            Chooser([one], jq)
            endpoints.append((one.parent, one.place("data_path")))
    for endpoint, where in endpoints:
        Extractor(endpoint.data_path, where, jq)
        make_paginator(endpoint.pagination)


def _note_of_integration(document: Document, fault: Fault, base: Path) -> None:
    path = place_in(fault, document, base)
    known = {(one.line, one.column) for one in document.findings}
    finding = document.finding(path, fault.found, fault.remedy or "correct it")
    if (finding.line, finding.column) not in known:
        document.findings.append(finding)


def place_in(fault: Fault, document: Document, base: Path) -> Path:
    """The place in the document that a fault of a resource is about, or what is around it."""
    path = fault.place.path if isinstance(fault.place, Part) else ()
    while path and document.at((*base, *path)) is None:
        path = path[:-1]
    return (*base, *(path or ("kind",)))
