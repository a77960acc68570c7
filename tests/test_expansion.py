"""Path parameters: from a template and values to requests, and from parent items to values."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl, unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import MappingError
from jq_engine.programs import Jq
from jq_engine.worker import JqWorker
from json_values import as_text
from paging.model import PageRequest
from resync.computed_values import computed, computed_parameters
from resync.path_parameters import (
    Binding,
    Distinct,
    Endpoint,
    ListedParameter,
    Parameter,
    Resource,
    is_segment,
    ordered,
    request_for,
)
from resync.row_values import Chooser
from tests.literals import Json

BASE = httpx.URL("https://api.example.com/v2/")
SCALARS = (
    st.text(min_size=1)
    | st.integers()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
)


def bound(**values: Json) -> Binding:
    """A binding of these values."""
    return Binding(values)


def requested(path: str, binding: Binding | None = None, **fields: Json) -> PageRequest:
    """The request of an endpoint."""
    return request_for(Endpoint(path, **fields), binding or Binding(), BASE)


def sent(request: PageRequest) -> httpx.URL:
    """The URL as the client sends it."""
    url = httpx.URL(request.url)
    return url.copy_with(params=list(request.params)) if request.params else url


def query(request: PageRequest) -> list[tuple[str, str]]:
    """The query of the URL that is sent, decoded."""
    return parse_qsl(sent(request).query.decode(), keep_blank_values=True)


def resource(path: str, *parameters: Parameter | ListedParameter, **fields: Json) -> Resource:
    """A resource whose kind is its path."""
    return Resource(path, Endpoint(path, **fields), parameters)


def parameter(name: str, path: str, **fields: Json) -> Parameter:
    """A parameter with the ids of a parent endpoint."""
    return Parameter(name, Endpoint(path, **fields), ".id")


# --- paths -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base_url", "path", "expected"),
    [
        pytest.param("https://a.example", "/users", "https://a.example/users", id="root"),
        pytest.param("https://a.example/", "users", "https://a.example/users", id="no slash"),
        pytest.param("https://a.example/v2", "/users", "https://a.example/v2/users", id="prefix"),
        pytest.param("https://a.example/v2/", "/users", "https://a.example/v2/users"),
        pytest.param("https://a.example/v2/", "/users/", "https://a.example/v2/users/", id="kept"),
        pytest.param(
            "https://a.example/v2/", "?x=1", "https://a.example/v2/?x=1", id="root itself"
        ),
        pytest.param("https://a.example/v2/", "/a?b=1", "https://a.example/v2/a?b=1", id="query"),
        pytest.param("https://a.example/", " /users ", "https://a.example/users", id="spaces"),
        pytest.param("https://a.example/", "/a b", "https://a.example/a%20b", id="inner space"),
        pytest.param("https://a.example/", "/a%2Fb", "https://a.example/a%2Fb", id="encoded"),
        pytest.param("https://a.example/", "/x:y@z", "https://a.example/x:y@z", id="reserved"),
    ],
)
def test_paths_stand_below_the_base_url(base_url: str, path: str, expected: str) -> None:
    """A path is added to the base URL, whose own path is kept."""
    request = request_for(Endpoint(path), Binding(), httpx.URL(base_url))

    assert str(sent(request)) == expected


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("a b", "a%20b", id="space"),
        pytest.param("a/b", "a%2Fb", id="slash"),
        pytest.param("a?b", "a%3Fb", id="question mark"),
        pytest.param("a#b", "a%23b", id="hash"),
        pytest.param("a%2Fb", "a%252Fb", id="percent"),
        pytest.param("../../admin", "..%2F..%2Fadmin", id="climbing"),
        pytest.param("%2e%2e", "%252e%252e", id="encoded dots"),
        pytest.param("{id}", "%7Bid%7D", id="braces"),
        pytest.param("a&b=c+d", "a%26b%3Dc%2Bd", id="query characters"),
        pytest.param("é/ü", "%C3%A9%2F%C3%BC", id="not ASCII"),
        pytest.param("a\\b", "a%5Cb", id="backslash"),
        pytest.param("a\r\nb", "a%0D%0Ab", id="line break"),
        pytest.param("a:b@c;d,e", "a%3Ab%40c%3Bd%2Ce", id="separators"),
        pytest.param("...", "...", id="three dots"),
        pytest.param(5, "5", id="integer"),
        pytest.param(9007199254740993, "9007199254740993", id="long integer"),
        pytest.param(5.0, "5", id="whole float"),
        pytest.param(1.5, "1.5", id="float"),
        pytest.param(True, "true", id="true"),
        pytest.param(False, "false", id="false"),
    ],
)
def test_values_become_one_path_segment(value: Json, segment: str) -> None:
    """Whatever is in a value, it cannot change the path it stands in."""
    request = requested("/tickets/{id}/comments", bound(id=value))

    assert sent(request).raw_path.decode() == f"/v2/tickets/{segment}/comments"


@given(value=SCALARS.filter(is_segment))
def test_any_value_becomes_exactly_one_segment(value: Json) -> None:
    """The API gets back, as one segment, exactly the value a parent had."""
    url = sent(requested("/tickets/{id}/comments", bound(id=value)))

    assert url.host == BASE.host
    assert url.query == b""
    before, segment, after = url.raw_path.decode().removeprefix("/v2/").split("/")
    assert (before, unquote(segment), after) == ("tickets", as_text(value), "comments")
    assert not set("{}") & set(url.raw_path.decode())


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_values_that_would_change_the_path_are_no_segments(value: str) -> None:
    """An empty text and the two dot names cannot be a segment, encoded or not."""
    assert not is_segment(value)


@pytest.mark.parametrize("value", ["...", ".a", "a.", " ", "0", 0, False, "%2e"], ids=repr)
def test_other_values_are_segments(value: Json) -> None:
    """Falsy and odd values are values."""
    assert is_segment(value)


def test_values_are_let_through_once_and_counted_when_they_cannot_be_segments() -> None:
    """The same text is the same segment, whatever its type."""
    distinct = Distinct(["id"], {"id"})

    values: list[Json] = ["eu", 7, "7", "", "eu", "..", "", "us"]
    admitted = [value for value in values if distinct.admits(value)]

    assert admitted == ["eu", 7, "us"]
    assert distinct.skipped == 2


def test_dots_are_values_where_no_path_is_made_of_them() -> None:
    """In a query `.` is a folder; only an empty text names nothing there either."""
    distinct = Distinct(["folder", "id"], {"id"})

    assert distinct.admits(".", 1)
    assert distinct.admits("..", 1)
    assert not distinct.admits("", 1)
    assert not distinct.admits("a", "..")
    assert distinct.skipped == 2


def test_a_value_may_be_used_more_than_once_and_beside_text() -> None:
    """Placeholders stand anywhere in a path, any number of times."""
    request = requested("/orgs/{org}/x-{org}.{kind}", bound(org="a b", kind="json"))

    assert sent(request).raw_path == b"/v2/orgs/a%20b/x-a%20b.json"


def test_values_are_not_templates() -> None:
    """A value that looks like a placeholder is not filled in turn."""
    request = requested("/{a}/{b}", bound(a="{b}", b="{a}"))

    assert sent(request).raw_path == b"/v2/%7Bb%7D/%7Ba%7D"


# --- queries and bodies ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query_params", "expected"),
    [
        pytest.param({"a": "x"}, [("a", "x")], id="text"),
        pytest.param({"a": True, "b": False}, [("a", "true"), ("b", "false")], id="booleans"),
        pytest.param({"a": 1, "b": 1.5, "c": 2.0}, [("a", "1"), ("b", "1.5"), ("c", "2")]),
        pytest.param({"a": 10**20}, [("a", "100000000000000000000")], id="long integer"),
        pytest.param({"a": 1e21}, [("a", "1000000000000000000000")], id="large float, plain"),
        pytest.param({"a": ["x", "y"]}, [("a", "x"), ("a", "y")], id="list"),
        pytest.param({"a": [1, True, None]}, [("a", "1"), ("a", "true")], id="mixed list"),
        pytest.param({"a": []}, [], id="empty list"),
        pytest.param({"a": None, "b": "x"}, [("b", "x")], id="null"),
        pytest.param({"a": ""}, [("a", "")], id="empty text"),
        pytest.param({"a": "x y&z=ü"}, [("a", "x y&z=ü")], id="to be encoded"),
        pytest.param({"page[size]": 5}, [("page[size]", "5")], id="brackets in a name"),
        pytest.param({"q": '{"a": 1}'}, [("q", '{"a": 1}')], id="JSON text"),
    ],
)
def test_query_params(query_params: dict[str, Json], expected: list[tuple[str, str]]) -> None:
    """Booleans are true and false, lists repeated, nulls dropped, numbers plain."""
    assert query(requested("/users", query_params=query_params)) == expected


@pytest.mark.parametrize(
    ("path", "query_params", "expected"),
    [
        pytest.param("/users?type=admin", {}, [("type", "admin")], id="own"),
        pytest.param("/users?type=admin", {"type": "guest"}, [("type", "guest")], id="they win"),
        pytest.param(
            "/users?type=admin&on=1", {"type": "guest"}, [("on", "1"), ("type", "guest")], id="both"
        ),
        pytest.param("/users?tag=a&tag=b", {}, [("tag", "a"), ("tag", "b")], id="repeated"),
        pytest.param("/users?tag=a&tag=b", {"tag": "c"}, [("tag", "c")], id="all replaced"),
        pytest.param("/users?type=admin", {"type": None}, [], id="null takes it away"),
        pytest.param("/users?flag=", {}, [("flag", "")], id="empty value"),
        pytest.param("/users?q=a%20b%26c", {}, [("q", "a b&c")], id="encoded"),
        pytest.param("/users?q=a+b", {}, [("q", "a b")], id="plus"),
        pytest.param("/users?", {}, [], id="nothing after it"),
    ],
)
def test_a_kind_with_a_query_of_its_own(
    path: str, query_params: dict[str, Json], expected: list[tuple[str, str]]
) -> None:
    """A kind may carry a query string; query_params win over it."""
    assert query(requested(path, query_params=query_params)) == expected


@pytest.mark.parametrize(
    ("path", "query_params", "expected"),
    [
        pytest.param("/c?of={id}", {}, [("of", "a&b/ü")], id="in the kind's query"),
        pytest.param("/c", {"of": "{id}"}, [("of", "a&b/ü")], id="alone"),
        pytest.param("/c", {"q": "id:{id}!"}, [("q", "id:a&b/ü!")], id="within a text"),
        pytest.param("/c", {"of": ["{id}", "x"]}, [("of", "a&b/ü"), ("of", "x")], id="in a list"),
    ],
)
def test_placeholders_in_queries(
    path: str, query_params: dict[str, Json], expected: list[tuple[str, str]]
) -> None:
    """A value in a query is encoded as a query demands, not as a path does."""
    request = requested(path, bound(id="a&b/ü"), query_params=query_params)

    assert query(request) == expected


@given(value=SCALARS)
def test_any_value_round_trips_through_a_query(value: Json) -> None:
    """The API gets exactly the value a parent had."""
    request = requested("/c?own={id}", bound(id=value), query_params={"given": "{id}"})

    assert query(request) == [("own", as_text(value)), ("given", as_text(value))]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"id": "{id}"}, {"id": 7}, id="alone keeps its type"),
        pytest.param({"q": "id = {id}"}, {"q": "id = 7"}, id="within a text"),
        pytest.param({"a": [{"b": "{id}"}, 1]}, {"a": [{"b": 7}, 1]}, id="nested"),
        pytest.param({"flag": True, "n": None}, {"flag": True, "n": None}, id="others stay"),
        pytest.param(
            {"query": "{ viewer { login } }"}, {"query": "{ viewer { login } }"}, id="GraphQL"
        ),
        pytest.param(
            {"query": "{viewer{login}}"}, {"query": "{viewer{login}}"}, id="terse GraphQL"
        ),
    ],
)
def test_placeholders_in_bodies(body: dict[str, Json], expected: dict[str, Json]) -> None:
    """A body is filled at any depth; braces that name no parameter are its own."""
    request = requested("/search/{id}", bound(id=7), method="POST", body=body)

    assert request.body == expected


def test_filling_a_body_leaves_the_template_alone() -> None:
    """One resource is filled for every value: the first does not spoil the second."""
    endpoint = Endpoint("/search", body={"filter": {"id": "{id}"}})

    first = request_for(endpoint, bound(id=1), BASE)
    second = request_for(endpoint, bound(id=2), BASE)

    assert (first.body, second.body) == ({"filter": {"id": 1}}, {"filter": {"id": 2}})


def test_the_rest_of_the_request() -> None:
    """Method and headers are those of the resource."""
    request = requested("/x", method="PUT", headers={"X-Org": "1"})

    assert (request.method, request.headers, request.body) == ("PUT", (("X-Org", "1"),), None)


# --- computed values ---------------------------------------------------------------------


MOMENT = 1_767_225_600.5  # 2026-01-01T00:00:00.5Z


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{{ now - 7 * 86400 | todate }}", "2025-12-25T00:00:00Z", id="a week ago"),
        pytest.param("since:{{now|floor}}!", "since:1767225600!", id="within a text"),
        pytest.param("{{ now | floor }}", 1767225600, id="alone keeps its type"),
        pytest.param("{{1}}-{{2}}", "1-2", id="two"),
        pytest.param("{{ 'a' + 'b' }}", "ab", id="single quotes"),
        pytest.param("{{ true }}", True, id="a boolean"),
        pytest.param("{id} of { x }", "{id} of { x }", id="single braces are not computed"),
    ],
)
async def test_computed_values(jq: Jq, text: str, expected: Json) -> None:
    """``{{ jq }}`` in queries and bodies is evaluated, also in those of parameters."""
    fields: dict[str, Json] = {"query_params": {"q": [text]}, "body": {"a": {"b": text}}}
    wanted = resource("/x", parameter("id", "/ids", **fields), **fields)
    given = await computed(wanted, MOMENT, jq)

    (walked,) = given.parameters
    assert isinstance(walked, Parameter)
    for endpoint in (given.endpoint, walked.parent):
        assert endpoint.query_params == {"q": [expected]}
        assert endpoint.body == {"a": {"b": expected}}


async def test_shared_parents_run_no_program_of_their_children(jq: Jq) -> None:
    """To know the parents alone, what the resource itself computes is not run for nothing."""
    endless = {"query_params": {"q": "{{ last(range(1e12)) }}"}}
    given = resource("/x/{id}", parameter("id", "/ids", query_params={"q": "{{1}}"}), **endless)

    (parent,) = await computed_parameters(given, MOMENT, jq)

    assert isinstance(parent, Parameter)
    assert parent.parent.query_params == {"q": 1}


async def test_what_is_not_computed(jq: Jq) -> None:
    """Numbers, nulls and bodies that are not there stay as they are, and so does the path."""
    given = resource("/x/{id}", parameter("id", "/ids"), query_params={"n": 1, "z": None})

    assert await computed(given, MOMENT, jq) == given


@pytest.mark.parametrize(
    ("program", "told"),
    [
        pytest.param("now -", "not a jq program", id="no jq"),
        pytest.param("nope", "nope", id="unknown function"),
        pytest.param("now | keys", "failed", id="fails"),
        pytest.param("null", "null", id="null"),
        pytest.param("empty", "null", id="nothing"),
        pytest.param("[1]", "array", id="array"),
        pytest.param("{a: 1} ", "the keys a", id="object"),
        pytest.param("env.HOME", "null", id="the environment"),
    ],
)
@pytest.mark.parametrize("place", ["selector", "path_parameters.id"])
async def test_a_computed_value_that_is_none(jq: Jq, program: str, told: str, place: str) -> None:
    """An expression that gives no value is told with its place, before any request."""
    fields: dict[str, Json] = {"query_params": {"q": f"{{{{{program}}}}}"}}
    given = (
        resource("/x", **fields)
        if place == "selector"
        else resource("/x/{id}", parameter("id", "/ids", **fields))
    )

    with pytest.raises(MappingError, match=re.escape(place)) as caught:
        await computed(given, MOMENT, jq)

    assert told in str(caught.value)


# --- what is refused before any request --------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("ftp://evil.example", id="other scheme"),
        pytest.param("//evil.example/users", id="without scheme"),
        pytest.param("\\\\evil.example\\users", id="backslashes"),
        pytest.param("/\\evil.example", id="slash and backslash"),
        pytest.param("/a/../../admin", id="climbing"),
        pytest.param("../admin", id="climbing at once"),
        pytest.param("/a/./b", id="dot segment"),
        pytest.param("", id="nothing"),
        pytest.param("   ", id="blank"),
        pytest.param("/users#top", id="fragment"),
        pytest.param("/users\nHost: evil", id="line break"),
        pytest.param("/users/{", id="open brace"),
        pytest.param("/users/}", id="closing brace"),
        pytest.param("/users/{}", id="empty braces"),
        pytest.param("/users/{a-b}", id="no name in braces"),
        pytest.param("/users/{{id}}", id="double braces"),
    ],
)
@pytest.mark.parametrize("place", ["kind", "parent"])
def test_what_is_no_path_is_refused(path: str, place: str) -> None:
    """A full URL, a climbing path or a stray brace never becomes a request."""
    if place == "kind":
        refused = resource(path, parameter("id", "/users"))
    else:
        refused = resource("/users/{id}", parameter("id", path))

    with pytest.raises(MappingError) as caught:
        ordered(refused)

    if place == "parent":
        assert "path_parameters.id.endpoint" in str(caught.value)


@pytest.mark.parametrize(
    "path", ["https://a.example/users", "HTTP://a.example/users", "  https://a.example/users"]
)
def test_a_kind_is_no_full_url(path: str) -> None:
    """A kind is below the base URL; a parent may be elsewhere, where the operator allows it."""
    with pytest.raises(MappingError, match="full URL"):
        ordered(resource(path))

    parent = parameter("id", path)

    assert ordered(resource("/users/{id}", parent)) == [parent]
    asked = httpx.URL(request_for(parent.parent, Binding(), BASE).url)
    assert (asked.host, asked.path) == ("a.example", "/users")


@pytest.mark.parametrize(
    "path",
    [
        "/redirect?to=https://other.example/x",
        "/search?q=a://b",
        "/x?at=../y",
        "/time/12:30",
        "/a..b",
    ],
)
def test_what_only_looks_dangerous_is_a_path(path: str) -> None:
    """A URL in a query, or dots within a name, are fine."""
    assert ordered(resource(path)) == []


@pytest.mark.parametrize(
    ("refused", "name"),
    [
        pytest.param(resource("/tickets/{ticket_id}/comments"), "ticket_id", id="in the path"),
        pytest.param(resource("/comments?of={ticket_id}"), "ticket_id", id="in its query"),
        pytest.param(
            resource("/r/{repo}", parameter("repo", "/orgs/{org}/repos")), "org", id="of a parent"
        ),
    ],
)
def test_a_placeholder_without_configuration(refused: Resource, name: str) -> None:
    """The error names the parameter and how to configure it."""
    with pytest.raises(MappingError) as caught:
        ordered(refused)

    assert f"{{{name}}}" in str(caught.value)
    assert f"path_parameters.{name}" in str(caught.value)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"query_params": {"q": "{tag} and {}"}}, id="query"),
        pytest.param({"query_params": {"q": ["x", "{tag}"]}}, id="list"),
        pytest.param({"body": {"query": "{viewer{id}}"}}, id="GraphQL"),
        pytest.param({"body": "items.find({name})"}, id="text"),
    ],
)
@pytest.mark.parametrize("parameters", [(), (parameter("org", "/orgs"),)], ids=["none", "another"])
def test_braces_of_no_parameter_are_sent_as_they_are(
    fields: dict[str, Json], parameters: tuple[Parameter, ...]
) -> None:
    """In query and body a placeholder is what is configured, and anything else a text."""
    template = resource("/x/{org}" if parameters else "/x", *parameters, **fields)
    ordered(template)

    request = request_for(template.endpoint, bound(org="o"), BASE)

    assert request.body == fields.get("body")
    given = fields.get("query_params", {}).get("q", [])
    assert [value for _, value in request.params] == ([given] if isinstance(given, str) else given)


@pytest.mark.parametrize(
    "fields",
    [
        {"query_params": {"q": "{ticketid}"}},
        {"body": {"of": ["{ticket_ids}"]}},
        {"body": "find({ticket})"},
    ],
    ids=["query", "body", "text"],
)
def test_a_misspelt_placeholder_is_an_error(fields: dict[str, Json]) -> None:
    """A name that is nearly that of a parameter is taken for it, and named with it."""
    misspelt = resource("/x/{ticket_id}", parameter("ticket_id", "/tickets"), **fields)

    with pytest.raises(MappingError, match=r"path_parameters\.ticket_id") as caught:
        ordered(misspelt)

    assert "{ticket" in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_placeholder_in_the_name_of_a_query_parameter() -> None:
    """A placeholder is filled in a parameter's name too, or refused: no brace ever leaves."""
    template = resource("/x", parameter("id", "/things"), query_params={"filter[{id}]": "1"})
    try:
        ordered(template)
    except MappingError:
        return

    request = request_for(template.endpoint, bound(id="7"), BASE)

    assert query(request) == [("filter[7]", "1")]


def test_a_parameter_that_nothing_needs() -> None:
    """A misspelt parameter is told, since its placeholder is not the one meant."""
    with pytest.raises(MappingError, match=r"path_parameters\.tikcet"):
        ordered(resource("/tickets", parameter("tikcet", "/tickets")))


def test_a_list_that_nothing_needs() -> None:
    """Values are for a placeholder too: one that stands nowhere is told."""
    with pytest.raises(MappingError, match=r"path_parameters\.regoin"):
        ordered(resource("/users", ListedParameter("regoin", ("eu",))))


# --- several parameters ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        pytest.param(resource("/a/{x}/{y}", parameter("x", "/xs"), parameter("y", "/ys")), None),
        pytest.param(
            resource(
                "/r/{repo}", parameter("repo", "/orgs/{org}/repos"), parameter("org", "/orgs")
            ),
            ["org", "repo"],
            id="chained",
        ),
        pytest.param(
            resource(
                "/{c}",
                parameter("c", "/bs/{b}/cs"),
                parameter("b", "/as/{a}/bs"),
                parameter("a", "/as"),
            ),
            ["a", "b", "c"],
            id="to any depth",
        ),
        pytest.param(
            resource(
                "/x/{b}",
                parameter("b", "/bs", body={"of": "{a}"}, method="POST"),
                parameter("a", "/as"),
            ),
            ["a", "b"],
            id="through a body",
        ),
        pytest.param(
            resource("/x/{b}", parameter("b", "/bs?of={a}"), parameter("a", "/as")),
            ["a", "b"],
            id="through a query",
        ),
        pytest.param(
            resource("/x", parameter("a", "/as"), method="POST", body={"of": "{a}"}),
            ["a"],
            id="only in the body",
        ),
    ],
)
def test_parameters_come_after_those_they_need(
    given_: Resource, expected: list[str] | None
) -> None:
    """A parameter whose endpoint holds another's placeholder is resolved after that one."""
    names = [one.name for one in ordered(given_)]

    if expected is None:
        assert sorted(names) == ["x", "y"]
    else:
        assert names == expected


@pytest.mark.parametrize(
    "circular",
    [
        pytest.param(resource("/x/{a}", parameter("a", "/as/{a}")), id="itself"),
        pytest.param(
            resource("/x/{a}", parameter("a", "/{b}/as"), parameter("b", "/{a}/bs")), id="two"
        ),
        pytest.param(
            resource(
                "/x/{a}",
                parameter("a", "/{b}/as"),
                parameter("b", "/{c}/bs"),
                parameter("c", "/{a}/cs"),
            ),
            id="three",
        ),
    ],
)
def test_parameters_in_a_circle(circular: Resource) -> None:
    """Parameters that need each other are an error that names them."""
    with pytest.raises(MappingError, match="circle") as caught:
        ordered(circular)

    for one in circular.parameters:
        assert re.search(rf"\b{one.name}\b", str(caught.value).split("circle")[1])


# --- children ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param({"id": 1}, {"id": 1, "ticket": 7, "__ticket": 7}, id="added"),
        pytest.param({"ticket": "own"}, {"ticket": "own", "__ticket": 7}, id="own key stands"),
        pytest.param({"ticket": None}, {"ticket": None, "__ticket": 7}, id="own null stands"),
        pytest.param({"__ticket": 1}, {"ticket": 7, "__ticket": 7}, id="reserved name"),
    ],
)
def test_children_know_their_values(item: dict[str, Json], expected: dict[str, Json]) -> None:
    """A child item gets ``__name``, and ``name`` when it has no such key."""
    before = json.dumps(item)

    assert bound(ticket=7).enriched(item) == expected
    assert json.dumps(item) == before


def test_children_carry_their_parents_when_wanted() -> None:
    """``__parent`` holds the parent item of every value, by name."""
    binding = (
        Binding().bound(["org"], ["o"], {"id": "o"}).bound(["repo"], [5], {"id": 5, "big": True})
    )

    assert binding.enriched({"x": 1}) == {
        "x": 1,
        "org": "o",
        "repo": 5,
        "__org": "o",
        "__repo": 5,
        "__parent": {"org": {"id": "o"}, "repo": {"id": 5, "big": True}},
    }


def test_parents_are_left_out_when_not_wanted() -> None:
    """Without a mention of ``__parent`` nothing of the parent is copied into its children."""
    binding = Binding().bound(["org"], ["o"], None)

    assert "__parent" not in binding.enriched({"x": 1})


def test_items_without_parameters_are_as_the_api_sent_them() -> None:
    """A resource without path parameters adds nothing to its items."""
    assert Binding().enriched({"id": 1}) == {"id": 1}


# --- values from parent items ------------------------------------------------------------


def chooser(jq: Jq, field: str = ".id", filter_: str = "true") -> Chooser:
    """How a parameter named ``id`` chooses."""
    return Chooser([Parameter("id", Endpoint("/parents"), field, filter_)], jq)


async def value_of(choosing: Chooser, item: dict[str, Json]) -> Json:
    """The value of one item, None when it has none or is left out."""
    return next((value for _, (value,) in await choosing.values([item])), None)


@pytest.mark.parametrize(
    ("field", "item", "expected"),
    [
        pytest.param(".id", {"id": 5}, 5, id="plain"),
        pytest.param(".id", {"id": "a"}, "a", id="text"),
        pytest.param(".id", {"id": 9007199254740993}, 9007199254740993, id="long integer"),
        pytest.param(".user.name", {"user": {"name": "n"}}, "n", id="nested"),
        pytest.param('.["odd key"]', {"odd key": 1}, 1, id="odd key"),
        pytest.param(".value", {"value": "x"}, "x", id="a bare array's element"),
        pytest.param(".id | tostring", {"id": 5}, "5", id="jq"),
        pytest.param('"\\(.a)-\\(.b)"', {"a": 1, "b": 2}, "1-2", id="put together"),
        pytest.param(".id", {"id": None}, None, id="null"),
        pytest.param(".id", {}, None, id="absent"),
        pytest.param(".a.b", {"a": None}, None, id="null on the way"),
        pytest.param(".ids[]?", {"ids": []}, None, id="no output"),
        pytest.param(".id", {"id": False}, False, id="false is a value"),
        pytest.param(".id", {"id": 0}, 0, id="zero is a value"),
    ],
)
async def test_a_field_gives_the_value(
    jq: Jq, field: str, item: dict[str, Json], expected: Json
) -> None:
    """The field is jq over a parent item; null means that the item has no value."""
    value = await value_of(chooser(jq, field), item)

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("filter_", "chosen"),
    [
        pytest.param(".on", True, id="true"),
        pytest.param(".on | not", False, id="false"),
        pytest.param('.state == "open"', True, id="comparison"),
        pytest.param(".state == 'open'", True, id="single quotes"),
        pytest.param(".state", False, id="truthy is not true"),
        pytest.param(".missing", False, id="null is not true"),
        pytest.param("empty", False, id="no output"),
        pytest.param(" true ", True, id="always"),
    ],
)
async def test_a_filter_keeps_what_gives_true(jq: Jq, filter_: str, *, chosen: bool) -> None:
    """A parent item counts when the filter gives exactly true."""
    value = await value_of(chooser(jq, filter_=filter_), {"id": 1, "on": True, "state": "open"})

    assert (value == 1) is chosen


@pytest.mark.parametrize("value", [{"a": 1}, [1], [], {}], ids=repr)
async def test_a_field_that_gives_no_scalar(jq: Jq, value: Json) -> None:
    """An object or array cannot stand in a path: the error names the field."""
    with pytest.raises(MappingError, match=r"path_parameters\.id\.field"):
        await chooser(jq).values([{"id": value}])


@pytest.mark.parametrize(
    ("field", "filter_", "part"),
    [
        pytest.param(".id | nope", "true", "field", id="field"),
        pytest.param(".id", ".on | nope", "filter", id="filter"),
    ],
)
def test_a_program_that_cannot_compile(jq: Jq, field: str, filter_: str, part: str) -> None:
    """The mistake is told when the resource is made ready, before any request."""
    with pytest.raises(MappingError, match=rf"path_parameters\.id\.{part}"):
        chooser(jq, field, filter_)


@pytest.mark.parametrize(
    ("field", "filter_", "part"),
    [
        pytest.param(".id | keys", "true", "field", id="field"),
        pytest.param(".id", ".id | keys | true", "filter", id="filter"),
    ],
)
async def test_a_program_that_fails_on_an_item(jq: Jq, field: str, filter_: str, part: str) -> None:
    """A failing expression is an error, never a parent silently left out."""
    with pytest.raises(MappingError, match=rf"path_parameters\.id\.{part}"):
        await chooser(jq, field, filter_).values([{"id": 5}])


async def test_a_field_that_is_null_for_every_parent(jq: Jq) -> None:
    """A typo in the field raises at the end of the walk, naming the keys that were there."""
    choosing = chooser(jq, ".uuid")
    for number in range(3):
        await choosing.values([{"id": number, "name": "n"}])

    with pytest.raises(MappingError, match=r"path_parameters\.id\.field") as caught:
        choosing.refuse_doubtful()

    assert "id, name" in str(caught.value)


@pytest.mark.parametrize(
    ("field", "filter_", "remedy"),
    [
        pytest.param(".ref", "true", ".ref != null", id="plain"),
        pytest.param(".ref | .", "true", "(.ref | .) != null", id="jq"),
        pytest.param(
            ".ref", ".on != false", "(.on != false) and .ref != null", id="beside another"
        ),
    ],
)
async def test_a_field_that_is_null_for_some_parents(
    jq: Jq, field: str, filter_: str, remedy: str
) -> None:
    """Children of such parents were not read: they are counted, and the filter shown is valid."""
    pages: list[list[dict[str, Json]]] = [
        [{"id": 1, "ref": "a"}, {"id": 2, "ref": None, "odd": 1}],
        [{"id": 3}, {"id": 4, "on": False}, {"id": 5, "ref": "b"}],
    ]
    choosing, remedied = chooser(jq, field, filter_), chooser(jq, field, remedy)
    for page in pages:
        await choosing.values(page)
        await remedied.values(page)

    with pytest.raises(MappingError, match=r"path_parameters\.id\.field") as caught:
        choosing.refuse_doubtful()
    remedied.refuse_doubtful()

    kept = 5 if filter_ == "true" else 4
    assert f"gave null for {kept - 2} of {kept} parent items" in str(caught.value)
    assert str(caught.value).endswith(f"with filter: {remedy}")


async def test_an_empty_text_is_no_value(jq: Jq) -> None:
    """It is counted with null, also where it is computed; the filter shown leaves both out."""
    rows: list[dict[str, Json]] = [{"ref": "a"}, {"id": 2, "ref": ""}, {"ref": None}, {"ref": 0}]
    plain, computed = chooser(jq, ".ref"), chooser(jq, '.ref // ""')
    remedied = chooser(jq, ".ref", '(.ref // "") != ""')
    for one in (plain, computed, remedied):
        values = [given for _, given in await one.values(rows)]
        assert values == [("a",), (0,)]

    remedied.refuse_doubtful()
    for one in (plain, computed):
        with pytest.raises(MappingError, match="gave null or '' for 2 of 4") as caught:
            one.refuse_doubtful()
        assert str(caught.value).endswith('// "") != ""')


async def test_an_empty_text_in_a_list_of_texts_is_no_row(jq: Jq) -> None:
    """It names nothing, as null there, so that nothing of it can be missing."""
    choosing = chooser(jq, ".value")
    rows: list[dict[str, Json]] = [{"value": "a"}, {"value": "", "__org": "x"}]
    distinct = Distinct(["id"], {"id"})

    found = [given for _, given in await choosing.values(rows) if distinct.admits(*given)]
    choosing.refuse_doubtful()

    assert found == [("a",)]
    assert distinct.skipped == 1


async def test_a_field_may_leave_parents_out(jq: Jq) -> None:
    """A program that gives nothing at all for an item, unlike null, means it."""
    choosing = chooser(jq, "select(.on) | .id")

    chosen = await choosing.values([{"id": 1, "on": True}, {"id": 2}])

    assert chosen == [({"id": 1, "on": True}, (1,))]

    choosing.refuse_doubtful()


async def test_a_filter_that_never_gives_a_boolean(jq: Jq) -> None:
    """A filter that can never keep anything raises at the end of the walk."""
    choosing = chooser(jq, filter_=".state")
    for number in range(3):
        await choosing.values([{"id": number, "state": "open"}])

    with pytest.raises(MappingError, match=r"path_parameters\.id\.filter"):
        choosing.refuse_doubtful()


@pytest.mark.parametrize(
    ("items", "filter_"),
    [
        pytest.param([], "true", id="no parents"),
        pytest.param([{"id": 1}], "false", id="all left out"),
        pytest.param([{"id": None}, {"id": 1}], ".id != null", id="some left out by their value"),
        pytest.param([{"id": 1}, {"id": 2, "on": True}], ".on", id="some without a verdict"),
    ],
)
async def test_what_is_no_mistake(jq: Jq, items: list[dict[str, Json]], filter_: str) -> None:
    """An empty collection, or one of which nothing is wanted, is no error."""
    choosing = chooser(jq, filter_=filter_)
    await choosing.values(items)

    choosing.refuse_doubtful()


async def test_programs_do_not_see_the_process_environment(
    jq: Jq, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A field cannot read the container's variables, unless Ocean's setting allows it."""
    monkeypatch.setenv("OCEAN_TEST_VALUE", "from the environment")
    seeing = JqWorker(environment=True)

    assert await value_of(chooser(jq, "env.OCEAN_TEST_VALUE"), {"id": 1}) is None
    assert await value_of(chooser(seeing, "env.OCEAN_TEST_VALUE"), {}) == "from the environment"
    await seeing.aclose()


PAGE: list[dict[str, Json]] = [
    {"id": 1, "on": True},
    {"id": 2, "on": False},
    {"id": None, "on": True},
    {"id": 4},
    {"id": 5, "on": True},
]


@pytest.mark.parametrize("field", [".id", ".id | ."])
@pytest.mark.parametrize(
    ("filter_", "kept"), [("true", [1, 2, 4, 5]), (".on", [1, 5]), (".on, true", [1, 5])]
)
async def test_a_page_of_parents_is_chosen_from_at_once(
    jq: Jq, field: str, filter_: str, kept: list[int]
) -> None:
    """Each value comes with its own item, in order; the first output of a filter counts."""
    chosen = await chooser(jq, field, filter_).values(PAGE)

    assert chosen == [(item, (item["id"],)) for item in PAGE if item["id"] in kept]


@pytest.mark.parametrize(
    ("field", "filter_"), [(".id / 1", "true"), (".id", "(.id / 1) > 0")], ids=["field", "filter"]
)
async def test_of_a_page_the_failing_item_is_named(jq: Jq, field: str, filter_: str) -> None:
    """One item that does not fit fails the page, and the error shows the keys of that item."""
    page: list[dict[str, Json]] = [{"id": 1}, {"id": "x", "odd": 1}, {"id": 3}]

    with pytest.raises(MappingError, match="parent item with the keys id, odd"):
        await chooser(jq, field, filter_).values(page)
