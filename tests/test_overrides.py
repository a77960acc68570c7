"""What a mapping may say, and what its author is told when it says something else."""

from __future__ import annotations

import json

import pytest
from pydantic.v1 import BaseModel, ValidationError
from pydantic.v1.fields import ModelField

from errors import MappingError, Part
from overrides import (
    EndpointAppConfig,
    EndpointResource,
    EndpointSelector,
    PathParameter,
)
from pagination import PAGINATION_TYPES, PaginationSettings
from resync.path_parameters import Endpoint, ListedParameter, Parameter, Resource
from selector.request_fields import PaginationOverride
from settings.fields import FIELDS
from tests.literals import Json

PORT: dict[str, Json] = {
    "entity": {"mappings": {"identifier": ".id", "blueprint": '"thing"', "properties": {}}}
}
INSTALLATION = PaginationSettings(
    type="offset", page_size=50, pagination_param="skip", size_param="top", start_page=0
)


def parsed(kind: str = "/users", *, port: Json = PORT, **selector: Json) -> EndpointResource:
    """A resource of a mapping, as Ocean reads it."""
    mapping = {
        "resources": [{"kind": kind, "selector": {"query": "true", **selector}, "port": port}]
    }
    return EndpointAppConfig.parse_obj(mapping).resources[0]


def resource(kind: str = "/users", *, port: Json = PORT, **selector: Json) -> Resource:
    """What is walked for a resource of a mapping, under the installation's pagination."""
    return parsed(kind, port=port, **selector).to_resource(INSTALLATION)


def fault(kind: str = "/users", **selector: Json) -> str:
    """What the author of a mapping is told."""
    with pytest.raises(MappingError) as caught:
        parsed(kind, **selector)
    return str(caught.value)


# --- what may be said --------------------------------------------------------------------


def test_a_kind_alone() -> None:
    """A resource needs nothing but its path: it is read with GET and the installation's paging."""
    assert resource("/users") == Resource(
        kind="/users",
        endpoint=Endpoint(
            path="/users",
            method="GET",
            query_params={},
            headers={},
            body=None,
            data_path=None,
            pagination=INSTALLATION,
        ),
        parameters=(),
        mentions_parent=False,
        told_by=(("id",),),
    )


def test_everything_at_once() -> None:
    """Every field of the selector reaches the request, the items and the paging."""
    given = resource(
        "/orgs/{org}/search",
        method="post",
        query_params={"a": [1, True, None], "b": "x"},
        headers={"X-A": "1"},
        body={"filter": {"org": "{org}"}},
        data_path=".items",
        pagination={"type": "cursor", "send_in": "body", "page_size": 7},
        path_parameters={
            "org": {
                "endpoint": "/orgs",
                "field": ".login",
                "filter": ".active",
                "data_path": ".data",
                "method": "PUT",
                "query_params": {"c": 1},
                "headers": {"X-B": "2"},
                "body": {"d": 1},
                "pagination": {"type": "none"},
            }
        },
    )

    assert given == Resource(
        kind="/orgs/{org}/search",
        endpoint=Endpoint(
            path="/orgs/{org}/search",
            method="POST",
            query_params={"a": [1, True, None], "b": "x"},
            headers={"X-A": "1"},
            body={"filter": {"org": "{org}"}},
            data_path=".items",
            pagination=INSTALLATION.overridden(
                {"type": "cursor", "send_in": "body", "page_size": 7}
            ),
        ),
        parameters=(
            Parameter(
                name="org",
                parent=Endpoint(
                    path="/orgs",
                    method="PUT",
                    query_params={"c": 1},
                    headers={"X-B": "2"},
                    body={"d": 1},
                    data_path=".data",
                    pagination=INSTALLATION.overridden({"type": "none"}),
                ),
                field=".login",
                filter=".active",
            ),
        ),
        told_by=(("id",),),
    )


def test_what_only_a_resource_says_of_its_paging() -> None:
    """No size, another start, an order, a cursor alone, and a doubt that is accepted."""
    given = resource(
        "/x",
        pagination={
            "size_param": None,
            "start_offset": 1,
            "in_order": True,
            "cursor_alone": True,
            "accept_doubt": True,
        },
    ).endpoint.pagination

    assert not given.sends_size
    assert given.size_param is None
    assert (given.start_offset, given.in_order, given.cursor_alone, given.accept_doubt) == (
        1,
        True,
        True,
        True,
    )
    assert resource("/x", pagination={"page_size": 7}).endpoint.pagination.sends_size


def test_a_parameter_alone() -> None:
    """A path parameter needs an endpoint and a field; every item counts."""
    given = resource("/u/{id}", path_parameters={"id": {"endpoint": "/u", "field": ".id"}})

    assert given.parameters == (
        Parameter("id", Endpoint("/u", pagination=INSTALLATION), ".id", "true"),
    )


def test_a_parameter_with_values() -> None:
    """The values of a path parameter may stand in the mapping, texts and numbers as they are."""
    given = resource("/u/{id}", path_parameters={"id": {"values": ["eu", 7, "1.10", ""]}})

    assert given.parameters == (ListedParameter("id", ("eu", 7, "1.10", "")),)


@pytest.mark.parametrize(
    ("changes", "attribute", "expected"),
    [
        pytest.param({"type": "page"}, "type", "page", id="type"),
        pytest.param({"page_size": 7}, "page_size", 7, id="page_size"),
        pytest.param({"page_size": "7"}, "page_size", 7, id="page_size as text"),
        pytest.param({"pagination_param": "p"}, "pagination_param", "p", id="pagination_param"),
        pytest.param({"size_param": "s"}, "size_param", "s", id="size_param"),
        pytest.param({"start_page": 1}, "start_page", 1, id="start_page"),
        pytest.param({"cursor_path": ".a"}, "cursor_path", ".a", id="cursor_path"),
        pytest.param({"has_more_path": "m"}, "has_more_path", "m", id="has_more_path"),
        pytest.param({"last_page_path": "l"}, "last_page_path", "l", id="last_page_path"),
        pytest.param({"total_path": "t"}, "total_path", "t", id="total_path"),
        pytest.param({"next_link_path": "n"}, "next_link_path", "n", id="next_link_path"),
        pytest.param({"header_link_rel": "r"}, "header_link_rel", "r", id="header_link_rel"),
        pytest.param({"send_in": "body"}, "send_in", "body", id="send_in"),
        pytest.param({}, "page_size", 50, id="the installation's size stands"),
        pytest.param({"page_size": None}, "page_size", 50, id="null leaves it"),
        pytest.param({"page_size": 7}, "pagination_param", "skip", id="and its names"),
        pytest.param({"type": "offset"}, "size_param", "top", id="under the same type"),
        pytest.param({"type": "page"}, "size_param", None, id="not under another"),
    ],
)
def test_pagination_of_one_resource(
    changes: dict[str, Json], attribute: str, expected: Json
) -> None:
    """What a resource says of paging goes on top of what the installation says."""
    assert getattr(resource(pagination=changes).endpoint.pagination, attribute) == expected


@pytest.mark.parametrize("type_", PAGINATION_TYPES)
def test_every_type_may_be_chosen(type_: str) -> None:
    """A resource may be paged in any way the installation could be."""
    assert resource(pagination={"type": type_}).endpoint.pagination.type == type_


@pytest.mark.parametrize("method", ["GET", "post", "Put", "PATCH"])
def test_methods_in_any_case(method: str) -> None:
    """A method may be written in lower case."""
    assert resource(method=method).endpoint.method == method.upper()


def test_numbers_as_headers() -> None:
    """YAML reads a version as a number; it is sent as written."""
    assert resource(headers={"X-Version": 2}).endpoint.headers == {"X-Version": "2"}


@pytest.mark.parametrize(
    ("selector", "port", "mentions"),
    [
        pytest.param({}, PORT, False, id="nowhere"),
        pytest.param({"query": ".__parent.id.active"}, PORT, True, id="in the query"),
        pytest.param(
            {},
            {"entity": {"mappings": {**PORT["entity"]["mappings"], "title": ".__parent.id.name"}}},
            True,
            id="in a property",
        ),
        pytest.param(
            {},
            {
                "entity": {
                    "mappings": {
                        **PORT["entity"]["mappings"],
                        "relations": {
                            "of": {
                                "combinator": '"and"',
                                "rules": [
                                    {
                                        "property": '"x"',
                                        "operator": '"="',
                                        "value": ".__parent.id.key",
                                    }
                                ],
                            }
                        },
                    }
                }
            },
            True,
            id="in a relation",
        ),
        pytest.param({}, {**PORT, "itemsToParse": ".__parent.id.list"}, True, id="itemsToParse"),
        pytest.param({"data_path": ".parent"}, PORT, False, id="only a similar name"),
    ],
)
def test_parents_are_copied_only_when_mentioned(
    selector: dict[str, Json], port: Json, *, mentions: bool
) -> None:
    """A mapping that does not use ``__parent`` does not pay for it."""
    assert resource(port=port, **selector).mentions_parent is mentions


# --- what is refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        pytest.param({"datapath": ".x"}, "'data_path'", id="data_path misspelt"),
        pytest.param({"dataPath": ".x"}, "'data_path'", id="camelCase"),
        pytest.param({"query_parameters": {}}, "'query_params'", id="query_params misspelt"),
        pytest.param({"params": {}}, "'query_params'", id="params"),
        pytest.param({"path_params": {}}, "'path_parameters'", id="path_params"),
        pytest.param({"verb": "GET"}, "known keys", id="nothing like it"),
        pytest.param({"pagination": {"size": 5}}, "'page_size'", id="size in pagination"),
        pytest.param(
            {"pagination": {"pagination_type": "page"}}, "pagination", id="pagination_type"
        ),
        pytest.param({"pagination": {"pageSize": 5}}, "'page_size'", id="camelCase in pagination"),
        pytest.param(
            {"path_parameters": {"id": {"endpoint": "/u", "field": ".id", "filed": ".x"}}},
            "'field'",
            id="field misspelt",
        ),
        pytest.param(
            {"path_parameters": {"id": {"endpoint": "/u", "field": ".id", "query": "x"}}},
            "'query_params'",
            id="a parameter has no query",
        ),
    ],
)
def test_unknown_keys(selector: dict[str, Json], told: str) -> None:
    """A misspelt key is refused with the nearest known one, instead of being ignored."""
    name = list(selector)[-1]

    message = fault(**selector)

    assert told in message
    assert "unknown key" in message
    assert name in message


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        pytest.param({"method": "FETCH"}, "method", id="method"),
        pytest.param({"method": 5}, "method", id="method of another type"),
        pytest.param({"method": "delete"}, "give GET, POST", id="method that deletes"),
        pytest.param({"headers": {"Content-Length": "0"}}, "HTTP itself", id="length"),
        pytest.param({"headers": {"HOST": "a.example"}}, "HTTP itself", id="host"),
        pytest.param({"query_params": "a=1"}, "query_params", id="query as text"),
        pytest.param({"query_params": {"a": {"b": 1}}}, "'a'", id="object in the query"),
        pytest.param({"query_params": {"a": [[1]]}}, "'a'", id="list in a list"),
        pytest.param({"headers": {"X A": "1"}}, "'X A'", id="header name"),
        pytest.param({"headers": {"X-A": "1\n2"}}, "'X-A'", id="line break in a header"),
        pytest.param({"headers": {"X-A": "ü"}}, "'X-A'", id="header not ASCII"),
        pytest.param({"headers": {"X-A": {"b": 1}}}, "X-A", id="object as a header"),
        pytest.param({"body": 1}, "body", id="body is a number"),
        pytest.param({"body": {}, "body_form": {}}, "body_form", id="two bodies"),
        pytest.param({"body_form": {"a": {"b": 1}}}, "'a'", id="object in a form"),
        pytest.param(
            {"body": "text", "pagination": {"send_in": "body"}},
            "its body is a text",
            id="paged text",
        ),
        pytest.param(
            {"body": [1], "pagination": {"send_in": "body"}}, "body is an array", id="paged array"
        ),
        pytest.param({"response_format": "yaml"}, "response_format", id="format"),
        pytest.param({"csv": {"columns": ["a"]}}, "response_format: csv", id="csv of no csv"),
        pytest.param(
            {"csv": {"delimiter": ";;"}, "response_format": "csv"},
            "not one character",
            id="delimiter",
        ),
        pytest.param(
            {"csv": {"encoding": "hex"}, "response_format": "csv"}, "no charset", id="encoding"
        ),
        pytest.param(
            {"csv": {"encoding": "punycode"}, "response_format": "csv"},
            "no charset",
            id="an encoding that no file is in",
        ),
        pytest.param(
            {"csv": {"columns": ["a", "a"]}, "response_format": "csv"}, "a name twice", id="columns"
        ),
        pytest.param({"data_path": {"a": 1}}, "data_path", id="data_path is an object"),
        pytest.param({"pagination": "page"}, "pagination", id="pagination is a word"),
        pytest.param({"pagination": {"type": "pages"}}, "type", id="unknown type"),
        pytest.param({"pagination": {"page_size": 0}}, "page_size", id="no size"),
        pytest.param({"pagination": {"page_size": "many"}}, "page_size", id="size is a word"),
        pytest.param({"pagination": {"start_page": 2}}, "start_page", id="start page 2"),
        pytest.param({"pagination": {"send_in": "header"}}, "send_in", id="send_in"),
        pytest.param({"pagination": {"cursor_path": ""}}, "cursor_path", id="empty path"),
        pytest.param({"path_parameters": {"id": "/users"}}, "id", id="parameter is a path"),
        pytest.param({"path_parameters": {"id": {"field": ".id"}}}, "endpoint", id="no endpoint"),
        pytest.param({"path_parameters": {"id": {"endpoint": "/u"}}}, "field", id="no field"),
        pytest.param(
            {"path_parameters": {"id": {"endpoint": "", "field": ".id"}}}, "endpoint", id="empty"
        ),
        pytest.param(
            {"path_parameters": {"id": {"filter": ".on"}}},
            "path_parameters.id: lacks endpoint and field; give endpoint and field, or values",
            id="no source of values",
        ),
        pytest.param(
            {"path_parameters": {"id": {"values": ["a"], "endpoint": "/u", "field": ".id"}}},
            "path_parameters.id: has values, and endpoint, field beside them",
            id="two sources of values",
        ),
        pytest.param(
            {"path_parameters": {"id": {"values": ["a"], "filter": ".on"}}},
            "path_parameters.id: has values, and filter beside them",
            id="nothing to filter",
        ),
        pytest.param(
            {"path_parameters": {"id": {"values": "a"}}},
            "path_parameters.id.values",
            id="values are a text",
        ),
        pytest.param(
            {"path_parameters": {"id": {"values": []}}},
            "path_parameters.id.values: holds no value",
            id="no values",
        ),
        pytest.param(
            {"path_parameters": {"id": {"values": ["", ".."]}}},
            "path_parameters.id.values: holds no value",
            id="nothing usable among values",
        ),
        *(
            pytest.param(
                {"path_parameters": {"id": {"values": ["a", odd]}}},
                f"path_parameters.id.values: holds {odd!r}, which",
                id=f"{odd!r} among values",
            )
            for odd in (False, 1.1, None, {"a": 1}, ["b"])
        ),
    ],
)
def test_wrong_values(selector: dict[str, Json], told: str) -> None:
    """A value of the wrong kind is told with the resource and the field it stands in."""
    message = fault(**selector)

    assert "kind '/users'" in message
    assert next(iter(selector)) in message
    assert told in message


def test_every_fault_of_a_mapping_is_told() -> None:
    """The author learns of all that is wrong from one error, resource by resource."""
    mapping = {
        "resources": [
            {"kind": "/a", "selector": {"query": "true", "method": "FETCH"}, "port": PORT},
            {"kind": "/ok", "selector": {"query": "true"}, "port": PORT},
            {"kind": "/b", "selector": {"query": "true", "headers": {"X A": "1"}}, "port": PORT},
            {"selector": {"query": "true"}, "port": PORT},
        ]
    }

    with pytest.raises(MappingError) as caught:
        EndpointAppConfig.parse_obj(mapping)

    told = [text for text in map(str, caught.value.faults) if text.startswith("resource ")]
    assert [fault.split(":")[0] for fault in told] == [
        "resource 1 (kind '/a')",
        "resource 3 (kind '/b')",
        "resource 4",
    ]


def test_a_fault_has_its_path_in_the_mapping() -> None:
    """Each unknown key is a fault of its own, whose path ends at the key, with the nearest name."""
    selector = {
        "query": "true",
        "datapath": ".x",
        "pagination": {"page_sise": 5, "page_size": 0},
        "path_parameters": {"id": {"endpont": "/u", "field": ".id"}},
    }
    mapping = {"resources": [{"kind": "/a/{id}", "selector": selector, "port": PORT}]}

    with pytest.raises(MappingError) as caught:
        EndpointAppConfig.parse_obj(mapping)

    top = ("resources", 0, "selector")
    places = [(fault.place, fault.remedy) for fault in caught.value.faults]
    assert {(place.path, remedy) for place, remedy in places if isinstance(place, Part)} == {
        ((*top, "datapath"), "did you mean 'data_path'?"),
        ((*top, "pagination", "page_sise"), "did you mean 'page_size'?"),
        ((*top, "pagination", "page_size"), "choose a value within these bounds"),
        ((*top, "path_parameters", "id", "endpont"), "did you mean 'endpoint'?"),
    }
    assert (
        "resource 1 (kind '/a/{id}'): selector: unknown key 'datapath'; did you mean 'data_path'?"
        in str(caught.value)
    )


@pytest.mark.parametrize("name", ["pageSize", "startPage"])
def test_a_resource_has_the_bounds_of_the_setting(name: str) -> None:
    """The smallest and largest values are the installation's."""
    field = FIELDS[name]
    assert field.least is not None
    assert field.most is not None
    for value in (field.least, field.most):
        PaginationOverride.parse_obj({field.key: value})
    for value in (field.least - 1, field.most + 1):
        with pytest.raises(ValidationError):
            PaginationOverride.parse_obj({field.key: value})


@pytest.mark.parametrize("mapping", [{"resources": {}}, {"resources": "x"}, {"resources": [5]}, 5])
def test_a_mapping_of_another_shape(mapping: Json) -> None:
    """What is no mapping at all is told, not a crash."""
    with pytest.raises(MappingError):
        EndpointAppConfig.parse_obj(mapping)


def test_an_empty_mapping() -> None:
    """A mapping may have no resources yet."""
    assert EndpointAppConfig.parse_obj({"resources": []}).resources == []


def test_what_ocean_itself_understands_is_kept() -> None:
    """The settings every mapping of Ocean has are read as ever."""
    config = EndpointAppConfig.parse_obj(
        {"resources": [], "deleteDependentEntities": True, "createMissingRelatedEntities": True}
    )

    assert config.delete_dependent_entities
    assert config.create_missing_related_entities


def test_a_mapping_goes_through_ocean_and_back() -> None:
    """What was read can be written out as JSON and read again."""
    first = parsed("/users/{id}", path_parameters={"id": {"endpoint": "/u", "field": ".id"}})

    again = EndpointResource.parse_obj(json.loads(first.json(by_alias=True)))

    assert again.to_resource(INSTALLATION) == first.to_resource(INSTALLATION)


# --- the form in Port --------------------------------------------------------------------


def _fields() -> list[tuple[type[BaseModel], ModelField]]:
    models: tuple[type[BaseModel], ...] = (
        EndpointAppConfig,
        EndpointResource,
        EndpointSelector,
        PathParameter,
        PaginationOverride,
    )
    return [(model, one) for model in models for one in model.__fields__.values()]


@pytest.mark.parametrize(
    ("model", "field"),
    [
        pytest.param(model, one, id=f"{model.__name__}.{one.name}")
        for model, one in _fields()
        if one.name in model.__annotations__ or model is EndpointSelector
    ],
)
def test_every_field_has_title_and_description(model: type[BaseModel], field: ModelField) -> None:
    """Port's form explains every field of the selector."""
    assert field.field_info.title, model
    assert field.field_info.description
    assert field.field_info.description.endswith(".") or field.name == "query"


def test_the_schema_can_be_written() -> None:
    """Ocean writes the schema of the mapping for Port's form, with every field of ours."""
    definitions = json.loads(EndpointAppConfig.schema_json())["definitions"]

    assert {"path_parameters", "pagination", "data_path", "query"} <= set(
        definitions["EndpointSelector"]["properties"]
    )
    assert set(definitions["PaginationOverride"]["properties"]["type"]["enum"]) == set(
        PAGINATION_TYPES
    )


@pytest.mark.parametrize(
    ("query", "form"),
    [
        pytest.param(
            {"endpoint": "/tickets", "data_path": ".tickets", "query_params": {"status": "open"}},
            'write kind: /tickets, selector: {query: "true", data_path: .tickets, query_params: …}',
            id="as documented",
        ),
        pytest.param(
            {"method": "POST", "path": "/search", "headers": {"X-Key": "the-key"}},
            'write kind: /search, selector: {query: "true", method: POST, headers: …}',
            id="other names, and a header that may be secret",
        ),
        pytest.param(
            {}, 'write kind: /the/endpoint, selector: {query: "true"}', id="without an endpoint"
        ),
    ],
)
def test_the_oldest_form_is_answered_with_the_new_one(query: Json, form: str) -> None:
    """An object as ``query`` is the form of old mappings: the error writes the new one."""
    with pytest.raises(MappingError) as caught:
        parsed("api_resource", query=query)

    message = str(caught.value)
    assert "kind 'api_resource'" in message
    assert form in message
    assert "the-key" not in message
    assert len(message) < 300
