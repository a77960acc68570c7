"""What a selector and the endpoint of a path parameter say alike: a request, its answer, its pages.

These are ``pydantic.v1`` models because Ocean's are. They are strict: an unknown key is refused.
They know no recursive types, so JSON is ``Any`` in their fields.
"""

from __future__ import annotations

import codecs
from dataclasses import replace
from typing import Any

from pydantic.v1 import BaseModel, Extra, Field, root_validator, validator

from errors import FieldError, ResponseError
from http_headers import is_header_name, is_header_value, is_set_by_http
from jq_engine.paths import plain_path
from jq_engine.sources import list_paths
from json_values import Json
from paging.model import SendIn
from paging.paginator import PaginationSettings, PaginationType
from resync.path_parameters import Endpoint
from settings import ReadingMethod
from settings.fields import FIELDS
from transport.formats import BodyFormat, CsvOptions, FormatName, is_encoding

_ERROR_STATUSES = range(400, 600)
_UNAUTHORIZED = 401


def _text(title: str, description: str) -> Any:  # noqa: ANN401 — as pydantic's Field
    """A text that may be left out, but not be empty."""
    return Field(title=title, description=description, min_length=1)


def _bounded(title: str, description: str, setting: str) -> Any:  # noqa: ANN401 — likewise
    """A number with the bounds of a setting."""
    field = FIELDS[setting]
    return Field(title=title, description=description, ge=field.least, le=field.most)


class StrictModel(BaseModel):
    """Refuses unknown keys."""

    class Config:
        """Names are taken as they are; nothing more is allowed."""

        extra = Extra.forbid
        allow_population_by_field_name = True


class PaginationOverride(StrictModel):
    """How this resource is paged, where that differs from the installation's settings."""

    type: PaginationType | None = Field(title="Type", description="How the API pages this list.")
    page_size: int | None = _bounded("Page size", "Items asked for per page.", "pageSize")
    pagination_param: str | None = _text(
        "Pagination parameter",
        "The parameter for the position, such as skip, page[after] or starting_after.",
    )
    size_param: str | None = _text(
        "Size parameter", "The parameter for the page size, such as per_page; null sends no size."
    )
    start_page: int | None = _bounded("Start page", "The number of the first page.", "startPage")
    start_offset: int | None = Field(
        title="Start offset",
        description="The first offset: 1 where rows are counted from one (SCIM).",
        ge=0,
    )
    cursor_path: str | None = _text("Cursor path", "Where the next cursor is.")
    has_more_path: str | None = _text(
        "Has-more path", "Where a value is that is true when there are more pages."
    )
    last_page_path: str | None = _text(
        "Last-page path",
        "Where a value is that is true on the last page. has_more_path wins over it.",
    )
    total_path: str | None = _text("Total path", "Where the number of all rows is.")
    next_link_path: str | None = _text("Next-link path", "Where the URL of the next page is.")
    header_link_rel: str | None = _text(
        "Link relation", "The rel of the next page in the Link header."
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
        title="In order",
        description="No page is asked for before the one before it came; refusals teach it, too.",
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
    """How a CSV answer is written, where its header row and its charset do not say it."""

    delimiter: str | None = Field(
        title="Delimiter", description='The one character between two values; a tab is "\\t".'
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
            raise FieldError(
                f"is {delimiter!r}, which is not one character", "give one such as ';', or \"\\t\""
            )
        return delimiter

    @validator("encoding")
    def _refuse_unknown_encoding(cls, encoding: str | None) -> str | None:  # noqa: N805 — pydantic
        if encoding is not None and not is_encoding(encoding):
            raise FieldError(
                f"is {encoding!r}, which is no charset", "give one such as windows-1252"
            )
        return encoding and codecs.lookup(encoding).name

    @validator("columns")
    def _refuse_equal_columns(cls, columns: list[str]) -> list[str]:  # noqa: N805 — pydantic
        if len(set(columns)) != len(columns):
            raise FieldError("has a name twice", "give each column a name of its own")
        return columns

    def to_options(self) -> CsvOptions:
        """What these fields say, as a value."""
        return CsvOptions(self.delimiter, self.encoding, tuple(self.columns))


class RequestFields(StrictModel):
    """What a selector and a path parameter's endpoint have in common."""

    method: ReadingMethod = Field(
        default="GET",
        title="Method",
        description="The HTTP method, for reading: a request that fails is sent again.",
    )
    query_params: dict[str, Any] = Field(
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
    body: Any = Field(
        default=None,
        title="Body",
        description="What each request sends: an object or array as JSON, a text as it is.",
    )
    body_form: dict[str, Any] | None = Field(
        title="Form", description="An object sent as a form, instead of a body."
    )
    response_format: FormatName = Field(
        default="json", title="Response format", description="What the API answers."
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
        if (
            type(status) is not int
            or status not in _ERROR_STATUSES
            or status == _UNAUTHORIZED
            or ResponseError.may_pass(status)
        ):
            raise FieldError(
                f"{status!r} cannot mean that nothing is here",
                "give statuses such as 404 or 403, but not 401, nor one after which a request is"
                " tried again (408, 429, 503)",
            )
        return status

    @validator("method", pre=True)
    def _upper_case(cls, method: Json) -> Json:  # noqa: N805 — pydantic
        named = method.upper() if isinstance(method, str) else method
        if named == "DELETE":
            raise FieldError("is DELETE, which deletes", "to read, give GET, POST, PUT or PATCH")
        return named

    @validator("body")
    def _refuse_scalars(cls, body: Json) -> Json:  # noqa: N805 — pydantic
        if body is not None and not isinstance(body, dict | list | str):
            raise FieldError(f"is {body!r}", "give an object, an array or a text")
        return body

    @root_validator(skip_on_failure=True)
    def _refuse_contradictions(cls, found: dict[str, Any]) -> dict[str, Any]:  # noqa: N805 — pydantic
        body, form, pagination = found["body"], found["body_form"], found["pagination"]
        if body is not None and form is not None:
            raise FieldError("has body and body_form", "keep the one that the API wants")
        if pagination and pagination.send_in == "body" and isinstance(body, list | str):
            kind = "a text" if isinstance(body, str) else "an array"
            raise FieldError(
                f"has pagination.send_in: body, but its body is {kind}",
                "give an object or a form, which have a place for the parameters of paging",
            )
        if found["csv"] and found["response_format"] != "csv":
            raise FieldError("has csv without response_format: csv", "set both or neither")
        return found

    @validator("query_params", "body_form")
    def _refuse_objects(cls, params: dict[str, Json] | None) -> dict[str, Json] | None:  # noqa: N805 — pydantic
        for name, value in (params or {}).items():
            values = value if isinstance(value, list) else [value]
            if any(isinstance(inner, dict | list) for inner in values):
                raise FieldError(
                    f"has an object in {name!r}",
                    "give text, a number, a boolean or a list of those",
                )
        return params

    @validator("headers")
    def _refuse_bad_headers(cls, headers: dict[str, str]) -> dict[str, str]:  # noqa: N805 — pydantic
        for name, value in headers.items():
            if not is_header_name(name):
                raise FieldError(
                    f"has {name!r}, which is not the name of an HTTP header",
                    "use letters, digits and dashes",
                )
            if is_set_by_http(name):
                raise FieldError(f"has {name!r}, a header that HTTP itself sets", "remove it")
            if not is_header_value(value):
                raise FieldError(
                    f"has a value in {name!r} that HTTP headers cannot carry",
                    "remove line breaks, and letters that ASCII does not have",
                )
        return headers

    def _format(self, programs: tuple[str, ...]) -> BodyFormat:
        """The format of the answers: of XML where its rows are, of CSV what reads its columns."""
        options = self.csv.to_options() if self.csv else CsvOptions()
        options = replace(options, read_by=(*filter(None, (self.data_path,)), *programs))
        if self.response_format != "xml":
            return BodyFormat(self.response_format, options)
        path = self.data_path or "."
        return BodyFormat("xml", options, lists=list_paths(path), rows=plain_path(path) or ())

    def to_endpoint(self, path: str, settings: PaginationSettings, *programs: str) -> Endpoint:
        """The request template these fields describe; ``programs`` read its items."""
        return Endpoint(
            path=path,
            method=self.method,
            query_params=self.query_params,
            headers=self.headers,
            body=self.body if self.body_form is None else self.body_form,
            is_form=self.body_form is not None,
            format=self._format(programs),
            data_path=self.data_path,
            pagination=self.pagination.applied_to(settings) if self.pagination else settings,
            empty_statuses=frozenset(self.empty_statuses),
        )
