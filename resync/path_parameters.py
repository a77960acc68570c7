"""Path parameters: a template and the values for its placeholders give requests.

``/orgs/{org}/repos`` with the binding ``{"org": "a b"}`` is ``/orgs/a%20b/repos``. A
``Binding`` also carries the parent items the values came from. Pure: which parents must be
walked, and in which order, is decided here; walking them is the session's work, and
running jq that of a ``Jq``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from urllib.parse import parse_qsl, quote

import httpx

from errors import MappingError, ResponseError
from jq_engine.paths import plain_path
from jq_engine.programs import EMBEDDED, Jq, JqError, checked, first_of, jq_reason
from json_values import MISSING, Json, follow, keys_of
from pagination import PaginationSettings
from paging.extraction import Item
from paging.model import PageRequest

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_DOT_SEGMENTS = frozenset({"", ".", ".."})


@dataclass(frozen=True)
class Endpoint:
    """A request template: ``path`` may hold placeholders and a query string of its own."""

    path: str
    method: str = "GET"
    query_params: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Json] | None = None
    data_path: str | None = None
    pagination: PaginationSettings = field(default_factory=PaginationSettings)
    empty_statuses: frozenset[int] = frozenset()

    def means_empty(self, refusal: ResponseError) -> bool:
        """Whether the answer to a first request says that nothing is here.

        One that asks to come again, as the API is asked too much, says nothing of the kind.
        """
        return refusal.status in self.empty_statuses and not refusal.transient

    def outside_path(self) -> frozenset[str]:
        """The placeholders that do not stand in the path, but in the query or the body."""
        path = self.path.partition("?")[0]
        return self.placeholders() - set(_PLACEHOLDER.findall(path))

    def placeholders(self) -> frozenset[str]:
        """The names in braces, in the path, the query and the texts of the body."""
        texts = [self.path, json.dumps(self.query_params), json.dumps(self.body)]
        return frozenset(name for text in texts for name in _PLACEHOLDER.findall(text))


@dataclass(frozen=True)
class Parameter:
    """A path parameter: the parent endpoint, and jq for the value and for which items count."""

    name: str
    parent: Endpoint
    field: str
    filter: str = "true"


@dataclass(frozen=True)
class ListedParameter:
    """A path parameter whose values stand in the mapping: texts and whole numbers."""

    name: str
    values: tuple[Json, ...]


@dataclass(frozen=True)
class Resource:
    """One resource of the mapping: what to walk, and for which values.

    ``identifier``: the keys of the mapping's identifier in an item, if that is a plain path.
    """

    kind: str
    endpoint: Endpoint
    parameters: tuple[Parameter | ListedParameter, ...] = ()
    mentions_parent: bool = False
    identifier: tuple[str, ...] = ()


@dataclass(frozen=True)
class Binding:
    """Values for placeholders, by name, and the parent item each of them came from."""

    values: Mapping[str, Json] = field(default_factory=dict, repr=False)
    parents: Mapping[str, Item] = field(default_factory=dict, repr=False)

    def bound(self, name: str, value: Json, parent: Item | None) -> Binding:
        """The binding with one more value."""
        parents = self.parents if parent is None else {**self.parents, name: parent}
        return Binding({**self.values, name: value}, parents)

    def enriched(self, item: Item) -> Item:
        """A child item with ``__name`` and, where it has no such key, ``name`` of each value."""
        if not self.values:
            return item
        marks = {f"__{name}": value for name, value in self.values.items()}
        parents = {"__parent": dict(self.parents)} if self.parents else {}
        return {**self.values, **item, **marks, **parents}


def ordered(resource: Resource) -> list[Parameter | ListedParameter]:
    """The parameters, each after those its own endpoint needs.

    Raises MappingError for a placeholder without configuration, for a configuration without
    placeholder, for parameters that need each other, and for endpoints that are no path.
    """
    parameters = {parameter.name: parameter for parameter in resource.parameters}
    _refuse_bad_path(resource.endpoint.path, "the path")
    needed = set(_wanted(resource.endpoint, parameters, "the path"))
    graph: dict[str, frozenset[str]] = {}
    for name, parameter in parameters.items():
        if isinstance(parameter, ListedParameter):
            graph[name] = frozenset()
            continue
        where = f"path_parameters.{name}.endpoint"
        _refuse_bad_path(parameter.parent.path, where)
        graph[name] = _wanted(parameter.parent, parameters, where)
        needed |= graph[name]
    if unused := sorted(set(parameters) - needed):
        raise MappingError(
            f"path_parameters.{unused[0]} is configured, but no {{{unused[0]}}} stands in the"
            " path; correct the name"
        )
    try:
        return [parameters[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise MappingError(f"path_parameters need each other in a circle: {circle}") from None


def _wanted(endpoint: Endpoint, parameters: Container[str], where: str) -> frozenset[str]:
    """The parameters an endpoint needs; braces in its body may be anything, GraphQL say."""
    for name in _PLACEHOLDER.findall(endpoint.path + json.dumps(endpoint.query_params)):
        if name not in parameters:
            raise MappingError(
                f"{where} {endpoint.path!r} needs a value for {{{name}}}; add"
                f" path_parameters.{name} with an endpoint and a field, or with values"
            )
    return frozenset(name for name in endpoint.placeholders() if name in parameters)


def _refuse_bad_path(path: str, where: str) -> None:
    bare = path.strip()
    if "://" in bare.split("?")[0] or bare.startswith(("//", "\\")):
        raise MappingError(
            f"{where} is the full URL {bare.split('?')[0]!r}; give the path below baseUrl only,"
            " such as /users"
        )
    if not bare or "#" in bare or not bare.isprintable():
        raise MappingError(f"{where} {bare!r} is not an endpoint path; give one such as /users")
    if re.search(r"[{}]", _PLACEHOLDER.sub("", bare.split("?")[0])):
        raise MappingError(
            f"{where} {bare!r} has a brace that is not a {{name}}; correct the placeholder"
        )
    segments = _PLACEHOLDER.sub("x", bare.split("?")[0]).split("/")
    if any(segment in {".", ".."} for segment in segments) or "\\" in bare:
        raise MappingError(f"{where} {bare!r} must not hold '.' or '..' segments or backslashes")


def request_for(endpoint: Endpoint, binding: Binding, base_url: httpx.URL) -> PageRequest:
    """The request of an endpoint for one binding, below the base URL's path."""
    path, _, query = endpoint.path.strip().partition("?")
    texts = {name: as_text(value) for name, value in binding.values.items()}
    filled = _PLACEHOLDER.sub(lambda found: quote(texts[found[1]], safe=""), path)
    own = parse_qsl(query, keep_blank_values=True)
    given = list(_params(_filled(endpoint.query_params, binding.values)))
    overridden = set(endpoint.query_params)
    params = [(key, _fill(value, texts)) for key, value in own if key not in overridden] + given
    return PageRequest(
        url=str(base_url).rstrip("/") + "/" + filled.lstrip("/"),
        method=endpoint.method,
        params=tuple(params),
        headers=tuple(endpoint.headers.items()),
        body=None if endpoint.body is None else _filled(endpoint.body, binding.values),
    )


async def computed(resource: Resource, moment: float, jq: Jq) -> Resource:
    """The resource with every ``{{ jq }}`` in query parameters and bodies evaluated.

    The programs run on null, with ``now`` standing at ``moment`` (seconds since 1970), so that
    all requests of a resync agree: ``{{ now - 7 * 86400 | todate }}``. Raises MappingError.
    """
    endpoint = await _computed(resource.endpoint, moment, "selector", jq)
    parameters = [
        replace(
            parameter,
            parent=await _computed(
                parameter.parent, moment, f"path_parameters.{parameter.name}", jq
            ),
        )
        if isinstance(parameter, Parameter)
        else parameter
        for parameter in resource.parameters
    ]
    return replace(resource, endpoint=endpoint, parameters=tuple(parameters))


async def _computed(endpoint: Endpoint, moment: float, where: str, jq: Jq) -> Endpoint:
    programs = {program for text in _texts(endpoint) for program in EMBEDDED.findall(text)}
    values = {program: await _value(program, moment, where, jq) for program in sorted(programs)}

    def filled(part: Json) -> Json:
        match part:
            case str():
                alone = EMBEDDED.fullmatch(part)
                if alone:
                    return values[alone[1]]
                return EMBEDDED.sub(lambda found: as_text(values[found[1]]), part)
            case Mapping():
                return {key: filled(inner) for key, inner in part.items()}
            case list():
                return [filled(inner) for inner in part]
            case _:
                return part

    body = None if endpoint.body is None else filled(endpoint.body)
    return replace(endpoint, query_params=filled(endpoint.query_params), body=body)


async def _value(program: str, moment: float, where: str, jq: Jq) -> Json:
    """The one value a computed ``{{ program }}`` stands for."""
    source = f"def now: {moment:.3f}; {checked(program, where)}"
    try:
        outputs = await jq.outputs(first_of(source), None, where=f"{where}: {{{{{program}}}}}")
    except JqError as error:
        raise MappingError(f"{where}: {{{{{program}}}}} failed ({jq_reason(error)})") from None
    result = next(iter(outputs), None)
    if result is None or isinstance(result, dict | list):
        raise MappingError(f"{where}: {{{{{program}}}}} gave {keys_of(result)}, not one value")
    return result


def _texts(endpoint: Endpoint) -> Iterator[str]:
    """The texts in the query parameters and the body of an endpoint."""
    parts: list[Json] = [endpoint.query_params, endpoint.body]
    while parts:
        match parts.pop():
            case str() as text:
                yield text
            case Mapping() as inner:
                parts.extend(inner.values())
            case list() as inner:
                parts.extend(inner)
            case _:
                pass


def _fill(text: str, texts: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: texts.get(found[1], found[0]), text)


def _filled_text(text: str, values: Mapping[str, Json]) -> str:
    return _fill(text, {name: as_text(value) for name, value in values.items()})


def _filled(part: Json, values: Mapping[str, Json]) -> Json:
    """A part of a template with its placeholders filled; ``"{id}"`` alone keeps the type."""
    match part:
        case str():
            alone = _PLACEHOLDER.fullmatch(part)
            if alone and alone[1] in values:
                return values[alone[1]]
            return _filled_text(part, values)
        case Mapping():
            return {
                _filled_text(key, values): _filled(inner, values) for key, inner in part.items()
            }
        case list():
            return [_filled(inner, values) for inner in part]
        case _:
            return part


def _params(query_params: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Query parameters as HTTP carries them: lists repeated, nulls dropped, true and false."""
    for name, value in query_params.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                yield name, as_text(one)


def as_text(value: Json) -> str:
    """A scalar as it stands in URLs: booleans as JSON writes them, numbers plain."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return json.dumps(value)


def is_segment(value: Json) -> bool:
    """Whether a value can stand as one path segment: '', '.' and '..' would change the path."""
    return as_text(value) not in _DOT_SEGMENTS


class Distinct:
    """Lets each value through once that can stand in a path; ``skipped`` counts what cannot."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self.skipped = 0

    def admits(self, value: Json) -> bool:
        """Whether a value is a new path segment; values with the same text are the same."""
        text = as_text(value)
        if text in self._known:
            return False
        self._known.add(text)
        self.skipped += not is_segment(value)
        return is_segment(value)


class Chooser:
    """``filter`` and ``field`` of a parameter, checked: which parent items count, and their value.

    A program that gives no output for an item leaves it out; null means that its value is
    missing. Raises MappingError from the constructor when jq refuses a program, and from
    ``refuse_doubtful`` when values were missing, or a whole walk gave nothing to choose from.
    """

    def __init__(self, parameter: Parameter, jq: Jq) -> None:
        self._parameter = parameter
        self._jq = jq
        self._where = where = f"path_parameters.{parameter.name}"
        self._field_keys = plain_path(parameter.field)
        self._field = checked(parameter.field, f"{where}.field") if self._field_keys is None else ""
        self._filter = (
            checked(parameter.filter, f"{where}.filter")
            if parameter.filter.strip() != "true"
            else ""
        )
        self._items = self._judged = self._chosen = self._valued = self._without = 0
        self._last: Item | None = None
        self._last_without: Item | None = None

    async def values(self, items: Sequence[Item]) -> list[tuple[Item, Json]]:
        """The parent items of one page that the filter keeps and that have a value, with it."""
        if not items:
            return []
        verdicts = await self._run(self._filter, items, "filter") if self._filter else None
        kept = (
            items
            if verdicts is None
            else [item for item, verdict in zip(items, verdicts, strict=True) if verdict is True]
        )
        values = await self._values(kept)
        for value in values:
            if isinstance(value, dict | list):
                raise MappingError(
                    f"{self._where}.field {self._parameter.field!r} gave {keys_of(value)} where a"
                    " text or number was expected; correct the expression"
                )
        pairs = list(zip(kept, values, strict=True))
        valued = [pair for pair in pairs if pair[1] is not None and pair[1] is not MISSING]
        without = [item for item, value in pairs if value is None]
        self._last = items[-1]
        self._items += len(items)
        self._judged += (
            len(items) if verdicts is None else sum(isinstance(one, bool) for one in verdicts)
        )
        self._chosen += len(kept)
        self._valued += len(valued)
        self._without += len(without)
        self._last_without = without[-1] if without else self._last_without
        return valued

    def refuse_doubtful(self) -> None:
        """Raise when there were items, but not one had what was looked for: a typo.

        Or when only some had: what hangs on the others was not read.
        """
        if self._items and not self._judged:
            raise MappingError(
                f"{self._where}.filter {self._parameter.filter!r} gave neither true nor false for"
                f" any of {self._items} parent items, which have {keys_of(self._last)}; correct it"
            )
        if self._chosen and not self._valued:
            raise MappingError(
                f"{self._where}.field {self._parameter.field!r} gave null for every one of"
                f" {self._chosen} parent items, which have {keys_of(self._last)}; correct the path"
            )
        if self._without:
            wanted = self._parameter.field.strip()
            wanted = wanted if self._field_keys is not None else f"({wanted})"
            both = f"({self._parameter.filter.strip()}) and " if self._filter else ""
            raise MappingError(
                f"{self._where}.field {self._parameter.field!r} gave null for {self._without} of"
                f" {self._chosen} parent items, one of which has {keys_of(self._last_without)}:"
                " their children could not be read; correct the path, or leave such items out"
                f" with filter: {both}{wanted} != null"
            )

    async def _values(self, items: Sequence[Item]) -> list[Json]:
        if self._field_keys is None:
            return await self._run(self._field, items, "field")
        found = (follow(item, self._field_keys) for item in items)
        return [None if value is MISSING else value for value in found]

    async def _run(self, program: str, items: Sequence[Item], part: str) -> list[Json]:
        """The first output of a program for each item, MISSING for an item where it has none."""
        if not items:
            return []
        outcomes = await self._jq.outputs(
            f".[] | try [{first_of(program)}] catch {{error: tostring}}",
            items,
            where=f"{self._where}.{part} {program!r}",
        )
        for item, outcome in zip(items, outcomes, strict=True):
            if isinstance(outcome, dict):
                reason = jq_reason(JqError(outcome["error"]))
                raise MappingError(
                    f"{self._where}.{part} failed ({reason}) on a parent item with"
                    f" {keys_of(item)}; correct the expression"
                )
        return [next(iter(outcome), MISSING) for outcome in outcomes]
