"""What a mapping may say: Ocean's resource models with the selector of this integration.

These are ``pydantic.v1`` models because Ocean's are. They are strict: an unknown key is
refused, with the nearest known one. ``EndpointResource.to_resource`` turns one into the
values the rest of the integration works with.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import ClassVar

from port_ocean.core.handlers.port_app_config.models import (
    PortAppConfig,
    ResourceConfig,
    Selector,
)
from pydantic.v1 import BaseModel, Extra, Field, ValidationError, root_validator, validator
from pydantic.v1.fields import SHAPE_SINGLETON, ModelField
from pydantic.v1.utils import ROOT_KEY

from errors import Fault, MappingError, ResponseError
from jq_engine.paths import plain_path
from jq_engine.sources import list_paths
from json_values import Json
from pagination import PaginationSettings, PaginationType
from paging.model import SendIn
from resync.path_parameters import Endpoint, ListedParameter, Parameter, Resource, is_segment
from settings import Method, is_header_name, is_header_value
from settings.fields import FIELDS
from transport.formats import BodyFormat, CsvOptions, FormatName, is_encoding

_PARENT = "__parent"
_ERROR_STATUSES = range(400, 600)
_UNAUTHORIZED = 401


class StrictModel(BaseModel):
    """Refuses unknown keys; ``_fault`` names the nearest known one."""

    class Config:
        """Names are taken as they are; nothing more is allowed."""

        extra = Extra.forbid
        allow_population_by_field_name = True


class PaginationOverride(StrictModel):
    """How this resource is paged, where that differs from the installation's settings."""

    type: PaginationType | None = Field(title="Type", description="How the API pages this list.")
    page_size: int | None = Field(
        title="Page size",
        description="Items asked for per page.",
        ge=FIELDS["pageSize"].least,
        le=FIELDS["pageSize"].most,
    )
    pagination_param: str | None = Field(
        title="Pagination parameter",
        description="The parameter for the position, such as skip, page[after] or starting_after.",
        min_length=1,
    )
    size_param: str | None = Field(
        title="Size parameter",
        description="The parameter for the page size, such as per_page; null sends no size.",
        min_length=1,
    )
    start_page: int | None = Field(
        title="Start page",
        description="The number of the first page.",
        ge=FIELDS["startPage"].least,
        le=FIELDS["startPage"].most,
    )
    start_offset: int | None = Field(
        title="Start offset",
        description="The first offset: 1 where rows are counted from one (SCIM).",
        ge=0,
    )
    cursor_path: str | None = Field(
        title="Cursor path",
        description="Where the next cursor is.",
        min_length=1,
    )
    has_more_path: str | None = Field(
        title="Has-more path",
        description="Where a value is that is true when there are more pages.",
        min_length=1,
    )
    last_page_path: str | None = Field(
        title="Last-page path",
        description="Where a value is that is true on the last page. has_more_path wins over it.",
        min_length=1,
    )
    total_path: str | None = Field(
        title="Total path",
        description="Where the number of all rows is.",
        min_length=1,
    )
    next_link_path: str | None = Field(
        title="Next-link path",
        description="Where the URL of the next page is.",
        min_length=1,
    )
    header_link_rel: str | None = Field(
        title="Link relation",
        description="The rel of the next page in the Link header.",
        min_length=1,
    )
    send_in: SendIn | None = Field(
        title="Send in",
        description="Where the parameters go; with body they are dot paths into the JSON body.",
    )
    cursor_alone: bool | None = Field(
        title="Cursor alone",
        description="The next request carries the cursor and nothing else (Dynatrace).",
    )
    in_order: bool | None = Field(
        title="In order", description="No page is asked for before the one before it came."
    )
    accept_doubt: bool | None = Field(
        title="Accept doubt",
        description="You vouch for this list: a doubt about its end is a warning, not an error.",
    )

    def applied_to(self, settings: PaginationSettings) -> PaginationSettings:
        """The installation's settings with these on top."""
        no_size = {"size_param": None} if "size_param" in self.__fields_set__ else {}
        return settings.overridden(no_size | self.dict(exclude_none=True))


class CsvFields(StrictModel):
    """How a CSV answer is written, where its header row and its charset do not tell."""

    delimiter: str | None = Field(
        title="Delimiter",
        description='The one character between two values; a tab is "\\t".',
    )
    encoding: str | None = Field(
        title="Encoding",
        description="The charset, such as windows-1252, where the answer does not declare it.",
    )
    columns: list[str] = Field(
        default_factory=list,
        title="Columns",
        description="The names of the columns, where there is no header row.",
    )

    @validator("delimiter")
    def _refuse_long_delimiter(cls, delimiter: str | None) -> str | None:  # noqa: N805 — pydantic
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
            raise ValueError(
                f"is {delimiter!r}, which is not one character; give one such as ';', or \"\\t\""
            )
        return delimiter

    @validator("encoding")
    def _refuse_unknown_encoding(cls, encoding: str | None) -> str | None:  # noqa: N805 — pydantic
        if encoding is not None and not is_encoding(encoding):
            raise ValueError(f"is {encoding!r}, which is no charset; give one such as windows-1252")
        return encoding and codecs.lookup(encoding).name

    @validator("columns")
    def _refuse_equal_columns(cls, columns: list[str]) -> list[str]:  # noqa: N805 — pydantic
        if len(set(columns)) != len(columns):
            raise ValueError("has a name twice; give each column a name of its own")
        return columns

    def to_options(self) -> CsvOptions:
        """What these fields say, as a value."""
        return CsvOptions(self.delimiter, self.encoding, tuple(self.columns))


class RequestFields(StrictModel):
    """What a selector and a path parameter's endpoint have in common."""

    method: Method = Field(
        default="GET",
        title="Method",
        description="The HTTP method, for reading: a request that fails is sent again.",
    )
    query_params: dict[str, Json] = Field(
        default_factory=dict,
        title="Query parameters",
        description="Query parameters: lists repeat the name, nulls are dropped.",
    )
    headers: dict[str, str] = Field(
        default_factory=dict,
        title="Headers",
        description="They win over customHeaders, and credentials over both. No place for secrets:"
        " mappings are not secret.",
    )
    body: Json = Field(
        default=None,
        title="Body",
        description="What each request sends: an object or array as JSON, a text as it is.",
    )
    body_form: dict[str, Json] | None = Field(
        title="Form", description="An object sent as a form, instead of a body."
    )
    response_format: FormatName = Field(
        default="json",
        title="Response format",
        description="What the API answers.",
    )
    csv: CsvFields | None = Field(
        title="CSV", description="What the header row and the charset of a CSV answer do not tell."
    )
    data_path: str | None = Field(
        title="Data path",
        description="jq over one response body: its items. Left out, the whole body.",
    )
    pagination: PaginationOverride | None = Field(
        title="Pagination",
        description="How this endpoint is paged, where that differs from the settings.",
    )
    empty_statuses: list[int] = Field(
        default_factory=list,
        title="Empty statuses",
        description="Statuses by which this endpoint says that nothing is here, such as 404.",
    )

    @validator("empty_statuses", each_item=True, pre=True)
    def _refuse_other_statuses(cls, status: Json) -> Json:  # noqa: N805 — pydantic
        is_status = type(status) is int and status in _ERROR_STATUSES
        if not is_status or status == _UNAUTHORIZED or ResponseError.may_pass(status):
            raise ValueError(
                f"{status!r} cannot mean that nothing is here; give statuses such as 404 or 403,"
                " but not 401, nor one after which a request is tried again (408, 429, 503)"
            )
        return status

    @validator("method", pre=True)
    def _upper_case(cls, method: Json) -> Json:  # noqa: N805 — pydantic
        return method.upper() if isinstance(method, str) else method

    @validator("body")
    def _refuse_scalars(cls, body: Json) -> Json:  # noqa: N805 — pydantic
        if body is not None and not isinstance(body, dict | list | str):
            raise ValueError(f"is {body!r}; give an object, an array or a text")
        return body

    @root_validator(skip_on_failure=True)
    def _refuse_contradictions(cls, found: dict[str, Json]) -> dict[str, Json]:  # noqa: N805 — pydantic
        body, form, pagination = found["body"], found["body_form"], found["pagination"]
        if body is not None and form is not None:
            raise ValueError("has body and body_form; keep the one that the API wants")
        if pagination and pagination.send_in == "body" and isinstance(body, list | str):
            kind = "a text" if isinstance(body, str) else "an array"
            raise ValueError(
                f"has pagination.send_in: body, but its body is {kind}; only in an object or a form"
                " is there a place for the parameters of paging"
            )
        if found["csv"] and found["response_format"] != "csv":
            raise ValueError("has csv without response_format: csv; set both or neither")
        return found

    @validator("query_params", "body_form")
    def _refuse_objects(cls, params: dict[str, Json] | None) -> dict[str, Json] | None:  # noqa: N805 — pydantic
        for name, value in (params or {}).items():
            values = value if isinstance(value, list) else [value]
            if any(isinstance(inner, dict | list) for inner in values):
                raise ValueError(f"{name!r} must be text, a number, a boolean or a list of those")
        return params

    @validator("headers")
    def _refuse_bad_headers(cls, headers: dict[str, str]) -> dict[str, str]:  # noqa: N805 — pydantic
        for name, value in headers.items():
            if not is_header_name(name):
                raise ValueError(f"{name!r} is not the name of an HTTP header")
            if not is_header_value(value):
                raise ValueError(f"{name!r} has a value that HTTP headers cannot carry")
        return headers

    def _format(self) -> BodyFormat:
        """The format of the answers; of XML with where its rows are."""
        options = self.csv.to_options() if self.csv else CsvOptions()
        if self.response_format != "xml":
            return BodyFormat(self.response_format, options)
        path = self.data_path or "."
        return BodyFormat("xml", options, lists=list_paths(path), rows=plain_path(path) or ())

    def to_endpoint(self, path: str, settings: PaginationSettings) -> Endpoint:
        """The request template these fields describe."""
        return Endpoint(
            path=path,
            method=self.method,
            query_params=self.query_params,
            headers=self.headers,
            body=self.body if self.body_form is None else self.body_form,
            is_form=self.body_form is not None,
            format=self._format(),
            data_path=self.data_path,
            pagination=self.pagination.applied_to(settings) if self.pagination else settings,
            empty_statuses=frozenset(self.empty_statuses),
        )


class PathParameter(RequestFields):
    """Where the values of one placeholder come from: a parent endpoint, or a list."""

    values: list[Json] | None = Field(
        title="Values",
        description="The values themselves, in place of an endpoint; of objects with field.",
    )
    endpoint: str | None = Field(
        title="Endpoint",
        description="The parent endpoint: a path below baseUrl, or a full URL on a host of"
        " allowedHosts. It may hold other placeholders. Required without values.",
        min_length=1,
    )
    field: str | None = Field(
        title="Field",
        description="jq over a parent item: the value, text or number. Required without values.",
        min_length=1,
    )
    independent: bool = Field(
        default=False,
        title="Independent",
        description="Combine its values with those of others from the same rows, all with all.",
    )
    filter: str = Field(
        default="true",
        title="Filter",
        description="jq over a parent item; the item counts when it gives true.",
        min_length=1,
    )

    @root_validator(skip_on_failure=True)
    def _refuse_two_sources(cls, found: dict[str, Json]) -> dict[str, Json]:  # noqa: N805 — pydantic
        names = {
            name for name, value in found.items() if value != cls.__fields__[name].get_default()
        }
        are_objects = any(isinstance(value, dict) for value in found["values"] or ())
        beside = {"values", "field", "filter", "independent"} if are_objects else {"values"}
        if "values" in names and (others := sorted(names - beside)):
            raise ValueError(
                f"has values, and {', '.join(others)} beside them; keep either values, or endpoint"
                " and field"
            )
        if are_objects and not found["field"]:
            raise ValueError("has objects as values; give a field, such as .name, for the value")
        if "values" not in names and (missing := sorted({"endpoint", "field"} - names)):
            raise ValueError(f"lacks {' and '.join(missing)}; give endpoint and field, or values")
        return found

    @validator("values")
    def _refuse_odd_values(cls, values: list[Json] | None) -> list[Json] | None:  # noqa: N805 — pydantic
        if values and all(isinstance(value, dict) for value in values):
            return values
        if odd := [value for value in values or [] if type(value) not in {str, int}]:
            raise ValueError(
                f"holds {odd[0]!r}, which is neither text nor a whole number; put words such as no"
                " and on, dates, and versions such as 1.10 in quotes"
            )
        if values is not None and not any(map(is_segment, values)):
            raise ValueError("holds no value that can be a part of a path; give at least one")
        return values

    def to_parameter(self, name: str, settings: PaginationSettings) -> Parameter | ListedParameter:
        """The values this configuration describes."""
        if self.endpoint is None or self.field is None:
            values = tuple(self.values or ())
            return ListedParameter(name, values, self.field or "", self.filter, self.independent)
        parent = self.to_endpoint(self.endpoint, settings)
        return Parameter(name, parent, self.field, self.filter, self.independent)


class EndpointSelector(RequestFields, Selector):
    """The selector of a resource: what to request, and which items count."""

    query: str = Field(
        title="Query",
        description='jq over one item: true makes it an entity. "true" keeps every item.',
    )
    path_parameters: dict[str, PathParameter] = Field(
        default_factory=dict,
        title="Path parameters",
        description="For each {placeholder} of the kind, where its values come from.",
    )


class EndpointResource(ResourceConfig):
    """A resource whose kind is an endpoint path."""

    kind: str = Field(
        title="Endpoint",
        description="The path of the endpoint, such as /api/tickets.",
    )
    selector: EndpointSelector = Field(
        title="Selector", description="What to request, and which items count."
    )

    @root_validator(pre=True)
    def _refuse_oldest_form(cls, found: dict[str, Json]) -> dict[str, Json]:  # noqa: N805 — pydantic
        # Port's own integration of this type once had one kind, and the endpoint in the query.
        selector = found.get("selector")
        query = selector.get("query") if isinstance(selector, Mapping) else None
        if not isinstance(query, Mapping):
            return found
        raise ValueError(f"has an object as selector.query; {_new_form(query)}")

    @validator("kind")
    def _refuse_no_path(cls, kind: str) -> str:  # noqa: N805 — pydantic
        # A limit of the field would make its type another one than the `str` that Ocean wants.
        if not kind:
            raise ValueError("is empty; give the path of an endpoint, such as /users")
        return kind

    def to_resource(self, settings: PaginationSettings) -> Resource:
        """What to walk for this resource, under an installation's pagination."""
        parameters = self.selector.path_parameters.items()
        wanted = self.selector.query + self.port.json(by_alias=True)
        return Resource(
            kind=self.kind,
            endpoint=self.selector.to_endpoint(self.kind, settings),
            parameters=tuple(value.to_parameter(name, settings) for name, value in parameters),
            mentions_parent=_PARENT in wanted,
            identifier=_plain_identifier(self.port.entity.mappings.identifier),
        )


def _new_form(query: Mapping[str, Json]) -> str:
    """What to write in place of an object as ``query``; values that may be secret stay out."""
    texts = {key: value for key, value in query.items() if isinstance(value, str)}
    paths = {key: text for key, text in texts.items() if text.startswith(("/", "http"))}
    kind = next(iter(paths.values()), "/the/endpoint")
    kept = [
        f"{key}: {texts[key] if key in {'data_path', 'method'} else '…'}"
        for key in query
        if key not in paths
    ]
    return f"write kind: {kind}, selector: {{{', '.join(['query: "true"', *kept])}}}"


def _plain_identifier(expression: Json) -> tuple[str, ...]:
    """The keys of an identifier such as ``.uuid | tostring``; () for any other expression."""
    if not isinstance(expression, str):
        return ()
    path, _, rest = expression.partition("|")
    return (plain_path(path) or ()) if rest.strip() in {"", "tostring"} else ()


class EndpointAppConfig(PortAppConfig):
    """A mapping whose kinds are endpoint paths."""

    allow_custom_kinds: ClassVar[bool] = True

    resources: list[EndpointResource] = Field(  # type: ignore[assignment] # as Ocean has it do
        default_factory=list, title="Resources", description="The endpoints to sync."
    )

    @classmethod
    def parse_obj(cls, obj: Json) -> EndpointAppConfig:
        """Read a mapping; raises MappingError with every fault."""
        try:
            return super().parse_obj(obj)
        except ValidationError as error:
            raise MappingError([_fault(fault, obj) for fault in error.errors()]) from None


def _fault(error: Mapping[str, Json], mapping: Json) -> Fault:
    """A fault of the mapping: its path, and in words its resource, by position and kind."""
    place = tuple(part for part in error["loc"] if part != ROOT_KEY)
    problem, _, remedy = error["msg"].partition("; ")
    named: Sequence[str | int] = place
    if error["type"] == "value_error.extra":
        *named, key = place
        problem, remedy = f"unknown key {key!r}", _nearest(str(key), _known_names(named))
    where = ""
    if len(named) > 1 and named[0] == "resources" and isinstance(named[1], int):
        resource = mapping["resources"][named[1]]
        kind = resource.get("kind") if isinstance(resource, Mapping) else None
        where = f"resource {named[1] + 1}" + (f" (kind {kind!r})" if kind else "")
        named = named[2:]
    told = ": ".join(filter(None, (where, ".".join(map(str, named)))))
    return Fault(place, problem, remedy, where=f"{told}:" if told else "")


def _known_names(place: Sequence[str | int]) -> set[str]:
    """The keys that may stand at a place of the mapping."""
    model: type[BaseModel] = EndpointAppConfig
    parts = iter(place)
    for part in parts:
        by_name = {name: field for field in model.__fields__.values() for name in _names(field)}
        field = by_name[str(part)]
        model = field.type_
        if field.shape != SHAPE_SINGLETON:
            next(parts, None)  # the position in a list, or the key of an object
    return {name for field in model.__fields__.values() for name in _names(field)}


def _names(field: ModelField) -> set[str]:
    return {field.name, field.alias}


def _nearest(name: str, known: set[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(known))}"
