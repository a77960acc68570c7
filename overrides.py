"""What a mapping may say: Ocean's resource models with the selector of this integration.

These are ``pydantic.v1`` models because Ocean's are. They are strict: an unknown key is
refused, with the nearest known one. ``EndpointResource.to_resource`` turns one into the
values the rest of the integration works with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from port_ocean.core.handlers.port_app_config.models import PortAppConfig, ResourceConfig, Selector
from pydantic.v1 import Field, ValidationError, root_validator, validator

from errors import FieldError, MappingError
from jq_engine.sources import paths_read
from json_values import Json, texts_in
from paging.paginator import PaginationSettings
from resync.path_parameters import ListedParameter, Parameter, Resource, is_segment
from selector.faults import fault_of
from selector.request_fields import RequestFields

_PARENT = "__parent"


class PathParameter(RequestFields):
    """Where the values of one placeholder come from: a parent endpoint, or a list."""

    values: list[Any] | None = Field(
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
    def _refuse_two_sources(cls, found: dict[str, Any]) -> dict[str, Any]:  # noqa: N805 — pydantic
        names = {
            name for name, value in found.items() if value != cls.__fields__[name].get_default()
        }
        are_objects = any(isinstance(value, dict) for value in found["values"] or ())
        beside = {"values", "field", "filter", "independent"} if are_objects else {"values"}
        if "values" in names and (others := sorted(names - beside)):
            raise FieldError(
                f"has values, and {', '.join(others)} beside them",
                "keep either values, or endpoint and field",
            )
        if are_objects and not found["field"]:
            raise FieldError("has objects as values", "give a field, such as .name, for the value")
        if "values" not in names and (missing := sorted({"endpoint", "field"} - names)):
            raise FieldError(f"lacks {' and '.join(missing)}", "give endpoint and field, or values")
        return found

    @validator("values")
    def _refuse_odd_values(cls, values: list[Json] | None) -> list[Json] | None:  # noqa: N805 — pydantic
        if values and all(isinstance(value, dict) for value in values):
            return values
        if odd := [value for value in values or [] if type(value) not in {str, int}]:
            raise FieldError(
                f"holds {odd[0]!r}, which is neither text nor a whole number",
                "put words such as no and on, dates, and versions such as 1.10 in quotes",
            )
        if values is not None and not any(map(is_segment, values)):
            raise FieldError("holds no value that can be a part of a path", "give at least one")
        return values

    def to_parameter(self, name: str, settings: PaginationSettings) -> Parameter | ListedParameter:
        """The values this configuration describes."""
        if self.endpoint is None or self.field is None:
            values = tuple(self.values or ())
            return ListedParameter(name, values, self.field or "", self.filter, self.independent)
        parent = self.to_endpoint(self.endpoint, settings, self.field)
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
        title="Endpoint", description="The path of the endpoint, such as /api/tickets."
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
        raise FieldError("has an object as selector.query", _new_form(query))

    @validator("kind")
    def _refuse_no_path(cls, kind: str) -> str:  # noqa: N805 — pydantic
        # A limit of the field would make its type another one than the `str` that Ocean wants.
        if not kind:
            raise FieldError("is empty", "give the path of an endpoint, such as /users")
        return kind

    def to_resource(self, settings: PaginationSettings) -> Resource:
        """What to walk for this resource, under an installation's pagination."""
        parameters = self.selector.path_parameters.items()
        wanted = self.selector.query + self.port.json(by_alias=True)
        read_by = [self.port.items_to_parse, self.port.entity.mappings.identifier]
        return Resource(
            kind=self.kind,
            endpoint=self.selector.to_endpoint(self.kind, settings, *texts_in(read_by)),
            parameters=tuple(value.to_parameter(name, settings) for name, value in parameters),
            mentions_parent=_PARENT in wanted,
            told_by=_told_by(self.port.entity.mappings.identifier),
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


def _told_by(expression: object) -> tuple[tuple[str, ...], ...]:
    """The keys to all that an identifier is made of, but parents; () where that is not known."""
    paths = paths_read(expression) if isinstance(expression, str) else ()
    return tuple(path for path in paths if not path[0].startswith("__"))


class EndpointAppConfig(PortAppConfig):
    """A mapping whose kinds are endpoint paths."""

    allow_custom_kinds: ClassVar[bool] = True

    resources: list[EndpointResource] = Field(  # type: ignore[assignment] # as Ocean has it do
        default_factory=list, title="Resources", description="The endpoints to sync."
    )

    @classmethod
    def parse_obj(cls, obj: object) -> EndpointAppConfig:
        """Read a mapping; raises MappingError with every fault."""
        try:
            return super().parse_obj(obj)
        except ValidationError as error:
            raise MappingError([fault_of(one, obj, cls) for one in error.errors()]) from None
