"""Path parameters: a template and the values for its placeholders give requests.

``/orgs/{org}/repos`` with the binding ``{"org": "a b"}`` is ``/orgs/a%20b/repos``. A
``Binding`` also carries the parent items the values came from. Pure: which parents must be
walked, and in which order, is decided here; walking them is the session's work, and
running jq that of a ``Jq``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Container, Hashable, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from urllib.parse import parse_qsl, quote

import httpx
from msgspec import Struct, field

from errors import MappingError, Part, ResponseError, quoting
from jq_engine.programs import EMBEDDED, programs_in
from json_values import Json, as_text, pairs_of, with_texts
from paging.extraction import Item
from paging.model import PageRequest
from paging.paginator import PaginationSettings
from records import Discreet
from transport.formats import BodyFormat

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
"""A variable in a computed value; its group is the name, maybe of a path parameter."""

_FULL_URL = re.compile(r"https?://", re.IGNORECASE)
_NEARLY = 0.8  # how alike two names are of which one is taken for the other, misspelt
_DOT_SEGMENTS = frozenset({"", ".", ".."})


class Endpoint(Struct, frozen=True, dict=True):
    """A request template: ``path`` may hold placeholders and a query string of its own."""

    path: str
    method: str = "GET"
    query_params: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    data_path: str | None = None
    pagination: PaginationSettings = field(default_factory=PaginationSettings)
    is_form: bool = False
    format: BodyFormat = field(default_factory=BodyFormat)
    empty_statuses: frozenset[int] = frozenset()

    def means_empty(self, refusal: ResponseError) -> bool:
        """Whether the answer to a first request says that nothing is here.

        One that asks to come again, as the API is asked too much, says nothing of the kind.
        """
        return refusal.status in self.empty_statuses and not refusal.transient

    def outside_path(self) -> frozenset[str]:
        """The placeholders that do not stand in the path, but in the query or the body."""
        return self.placeholders() - self.in_path()

    def in_path(self) -> frozenset[str]:
        """The placeholders that stand in the path itself."""
        return frozenset(_PLACEHOLDER.findall(self.path.partition("?")[0]))

    def placeholders(self) -> frozenset[str]:
        """The names in braces, in the path, the query and the texts of the body.

        Those of the variables that computed values use, too.
        """
        texts = [self.path, json.dumps(self.query_params), json.dumps(self.body)]
        programs = [program for text in texts[1:] for program in EMBEDDED.findall(text)]
        used = [name for program in programs for name in VARIABLE.findall(program)]
        return frozenset([*used, *(name for text in texts for name in _PLACEHOLDER.findall(text))])

    @cached_property
    def target(self) -> tuple[str, list[tuple[str, str]]]:
        """The path, and the query parameters that stand in it."""
        path, _, query = self.path.strip().partition("?")
        return path, parse_qsl(query, keep_blank_values=True)

    @cached_property
    def is_computed(self) -> bool:
        """Whether a value in the query or the body is still to be computed."""
        return bool(programs_in([self.query_params, self.body]))

    @cached_property
    def rows_key(self) -> str:
        """Endpoints with the same key give the same rows for the same values."""
        path, own = self.target
        given = pairs_of(self.query_params, as_text)
        params = [*(pair for pair in own if pair[0] not in self.query_params), *given]
        parts = (
            path if _FULL_URL.match(path) else path.lstrip("/"),
            self.method,
            sorted(params, key=lambda pair: pair[0]),
            dict(self.headers),
            self.body,
            (self.data_path or ".").strip(),
            str(self.format),
        )
        return json.dumps(parts, sort_keys=True)


class _Named(Struct, frozen=True):
    """A path parameter, whatever its values come from."""

    name: str

    def place(self, *below: str) -> Part:
        """Where it stands in the mapping, or what is below it there."""
        return Part(("selector", "path_parameters", self.name, *below))


class Parameter(_Named, frozen=True):
    """A path parameter: the parent endpoint, and jq for the value and for which items count.

    ``independent``: its values are combined with those of others from the same rows.
    """

    parent: Endpoint
    field: str
    filter: str = "true"
    independent: bool = False

    @property
    def rows_key(self) -> Hashable:
        """Parameters with the same key take their values from the same rows."""
        return self.name if self.independent else (self.parent.rows_key,)


class ListedParameter(_Named, frozen=True):
    """A path parameter whose values stand in the mapping: texts and whole numbers.

    With a ``field``, its jq over the objects that stand there.
    """

    values: tuple[Json, ...]
    field: str = ""
    filter: str = "true"
    independent: bool = False

    @property
    def rows_key(self) -> Hashable:
        """As of a ``Parameter``; values without a ``field`` are rows of their own."""
        if self.independent or not self.field:
            return self.name
        return json.dumps(self.values, sort_keys=True)


class InStep(Struct, frozen=True):
    """Parameters that take their values from the same row, as long as there are rows."""

    parameters: tuple[Parameter | ListedParameter, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def has_rows(self) -> bool:
        """Whether the values are taken from rows, rather than stand in the mapping themselves."""
        return bool(self.parameters[0].field)

    @property
    def parent(self) -> Endpoint | None:
        """The endpoint that gives the rows, None where they stand in the mapping."""
        first = self.parameters[0]
        return first.parent if isinstance(first, Parameter) else None

    @property
    def listed(self) -> tuple[Json, ...]:
        """The rows that stand in the mapping: objects, or values as they are."""
        first = self.parameters[0]
        return first.values if isinstance(first, ListedParameter) else ()


class Resource(Struct, frozen=True):
    """One resource of the mapping: what to walk, and for which values.

    ``told_by``: the keys to all that the mapping's identifier is made of in an item, if known.
    """

    kind: str
    endpoint: Endpoint
    parameters: tuple[Parameter | ListedParameter, ...] = ()
    mentions_parent: bool = False
    told_by: tuple[tuple[str, ...], ...] = ()


class Binding(Discreet, frozen=True):
    """Values for placeholders, by name, and the parent item each of them came from."""

    values: Mapping[str, Json] = field(default_factory=dict)
    parents: Mapping[str, Item] = field(default_factory=dict)

    def bound(self, names: Sequence[str], values: Sequence[Json], parent: Item | None) -> Binding:
        """The binding with the values of a further row."""
        further = {} if parent is None else dict.fromkeys(names, parent)
        taken = dict(zip(names, values, strict=True))
        return Binding({**self.values, **taken}, {**self.parents, **further})

    def enriched(self, item: Item) -> Item:
        """A child item with ``__name`` and, where it has no such key, ``name`` of each value."""
        if not self.values:
            return item
        parents: Item = {"__parent": dict(self.parents)} if self.parents else {}
        return {**self.values, **item, **self.marks(self.values), **parents}

    def marks(self, names: Container[str]) -> Item:
        """What an item gets of its values, whatever it has itself: ``__name`` of each."""
        return {f"__{name}": value for name, value in self.values.items() if name in names}


def ordered(resource: Resource) -> list[Parameter | ListedParameter]:
    """The parameters, each after those its own endpoint needs.

    Raises MappingError for a placeholder that is not configured, and for a parameter that has no
    placeholder. Also for parameters that need each other, and for an endpoint that is no path.
    """
    parameters = {parameter.name: parameter for parameter in resource.parameters}
    kind = Part(("kind",), name="the path")
    _refuse_bad_path(resource.endpoint.path, kind)
    needed = set(_wanted(resource.endpoint, parameters, kind))
    graph: dict[str, frozenset[str]] = {}
    for name, parameter in parameters.items():
        if isinstance(parameter, ListedParameter):
            graph[name] = frozenset()
            continue
        where = parameter.place("endpoint")
        _refuse_bad_path(parameter.parent.path, where, of_parent=True)
        graph[name] = _wanted(parameter.parent, parameters, where)
        needed |= graph[name]
    if unused := sorted(set(parameters) - needed):
        raise MappingError(
            f"is configured, but no {{{unused[0]}}} stands in the path",
            remedy=f"write '{{{unused[0]}}}' where its value belongs: in the path, or under the"
            " API's name for it in query_params or body; or correct the name",
            where=parameters[unused[0]].place(),
        )
    try:
        return [parameters[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise MappingError(
            f"need each other in a circle: {circle}",
            remedy="let one of them take its values without the others",
            where=Part(("selector", "path_parameters")),
        ) from None


def in_step(parameters: Sequence[Parameter | ListedParameter]) -> list[InStep]:
    """The parameters by the rows they take their values from, in the order of the first of each.

    Raises MappingError where two read the same rows in different ways.
    """
    groups: dict[Hashable, list[Parameter | ListedParameter]] = {}
    for parameter in parameters:
        groups.setdefault(parameter.rows_key, []).append(parameter)
    for first, *others in groups.values():
        for other in others:
            if isinstance(first, Parameter) and isinstance(other, Parameter):
                _refuse_other_reading(first, other)
    return [InStep(tuple(group)) for group in groups.values()]


def _refuse_other_reading(first: Parameter, other: Parameter) -> None:
    ours, theirs = first.parent, other.parent
    for name in ("pagination", "empty_statuses"):
        if getattr(ours, name) != getattr(theirs, name):
            raise MappingError(
                f"takes its values from the same rows as path_parameters.{first.name}, but differs"
                f" in {name}",
                remedy="say the same in both",
                where=other.place(),
            )


def _wanted(endpoint: Endpoint, parameters: Collection[str], where: Part) -> frozenset[str]:
    """The parameters an endpoint needs; other braces in query and body are sent as they are."""
    for name in _PLACEHOLDER.findall(json.dumps([endpoint.query_params, endpoint.body])):
        _refuse_misspelt(name, parameters, where)
    for name in _PLACEHOLDER.findall(endpoint.path):
        if name not in parameters:
            unused = sorted(set(parameters) - endpoint.placeholders())
            near = get_close_matches(name, unused, n=1, cutoff=_NEARLY)
            near = (
                unused if len(parameters) == len(unused) == 1 and where.path == ("kind",) else near
            )
            meant = f", or call path_parameters.{near[0]} and {{{name}}} the same" if near else ""
            raise MappingError(
                f"needs a value for {{{name}}}",
                remedy=f"add path_parameters.{name} with an endpoint and a field, or with values"
                + meant,
                where=quoting(where, endpoint.path),
            )
    return frozenset(name for name in endpoint.placeholders() if name in parameters)


def _refuse_misspelt(name: str, parameters: Collection[str], where: Part) -> None:
    """Raise MappingError for braces that are a parameter's, but for a letter or two."""
    near = get_close_matches(name, sorted(parameters), n=1, cutoff=_NEARLY)
    if near and name not in parameters:
        raise MappingError(
            f"has {{{name}}} in its query_params or body, and path_parameters.{near[0]} is"
            " configured",
            remedy=f"correct the one that is misspelt, or, where {{{name}}} is meant as it stands,"
            " rename the parameter",
            where=where,
        )


def _refuse_bad_path(path: str, where: Part, *, of_parent: bool = False) -> None:
    bare = path.strip()
    if of_parent and _FULL_URL.match(bare):
        authority, slash, rest = bare.partition("://")[2].partition("/")
        if re.search(r"[{}@\\?#]", authority):
            raise MappingError(
                "has braces, a user or a password in its host",
                remedy="name the host as it is",
                where=where,
            )
        bare = slash + rest or "/"
    if "://" in bare.split("?")[0] or bare.startswith(("//", "\\")):
        raise MappingError(
            f"is the full URL {bare.split('?')[0]!r}",
            remedy="give the path below baseUrl only, such as /users",
            where=where,
        )
    where = quoting(where, bare)
    if not bare or "#" in bare or not bare.isprintable():
        raise MappingError("is not an endpoint path", "give one such as /users", where=where)
    if re.search(r"[{}]", _PLACEHOLDER.sub("", bare.split("?")[0])):
        raise MappingError(
            "has a brace that is not a {name}", "correct the placeholder", where=where
        )
    segments = _PLACEHOLDER.sub("x", bare.split("?")[0]).split("/")
    if any(segment in {".", ".."} for segment in segments) or "\\" in bare:
        raise MappingError(
            "has a '.' or '..' segment or a backslash",
            remedy="write the path without them",
            where=where,
        )


def request_for(endpoint: Endpoint, binding: Binding, base_url: httpx.URL) -> PageRequest:
    """The request of an endpoint for one binding, below the base URL's path."""
    path, own_params = endpoint.target
    values = binding.values
    texts = {name: as_text(value) for name, value in values.items()}

    def fill(text: str) -> str:
        return _PLACEHOLDER.sub(lambda found: texts.get(found[1], found[0]), text)

    def fill_or_keep_type(text: str) -> Json:
        alone = _PLACEHOLDER.fullmatch(text)
        return values[alone[1]] if alone and alone[1] in values else fill(text)

    filled = _PLACEHOLDER.sub(lambda found: quote(texts[found[1]], safe=""), path)
    given = {
        fill(name): with_texts(value, fill_or_keep_type, keys=fill)
        for name, value in endpoint.query_params.items()
    }
    own = [(name, fill(value)) for name, value in own_params if name not in endpoint.query_params]
    # A body that is a text stays a text, whatever fills it.
    body = endpoint.body
    body = fill(body) if isinstance(body, str) else with_texts(body, fill_or_keep_type, keys=fill)
    below = str(base_url).rstrip("/") + "/" + filled.lstrip("/")
    return PageRequest(
        url=filled if is_full_url(path) else below,
        method=endpoint.method,
        params=(*own, *pairs_of(given, as_text)),
        headers=tuple(endpoint.headers.items()),
        body=body,
        is_form=endpoint.is_form,
        format=endpoint.format,
    )


def is_full_url(path: str) -> bool:
    """Whether the path of a parent is a whole URL."""
    return bool(_FULL_URL.match(path.strip()))


def is_segment(value: Json) -> bool:
    """Whether a value can stand as one path segment: '', '.' and '..' would change the path."""
    return as_text(value) not in _DOT_SEGMENTS


class Distinct:
    """Lets each value through once that can stand where it is to; ``skipped`` counts what cannot.

    Rows have a value for each of ``names``; of those not ``in_path`` only '' cannot.
    """

    def __init__(self, names: Sequence[str], in_path: Container[str]) -> None:
        self._in_path = [name in in_path for name in names]
        self._known: set[tuple[str, ...]] = set()
        self.skipped = 0

    def admits(self, *values: Json) -> bool:
        """Whether the values of a row can stand there, and are new: the same texts are the same."""
        texts = tuple(map(as_text, values))
        if texts in self._known:
            return False
        self._known.add(texts)
        fit = all(
            is_segment(value) if in_path else text
            for value, text, in_path in zip(values, texts, self._in_path, strict=True)
        )
        self.skipped += not fit
        return fit
