"""The bodies that requests carry: objects, arrays, texts and forms."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from tests.fault_api import FaultApi, Reply, Request, answer, redirect
from tests.literals import Json
from tests.reading import read


@pytest.mark.parametrize(
    ("selector", "kind", "body"),
    [
        pytest.param({"body": {"a": 1}}, "application/json", b'{"a":1}', id="object"),
        pytest.param({"body": [1, {"a": None}]}, "application/json", b'[1,{"a":null}]', id="array"),
        pytest.param({"body": []}, "application/json", b"[]", id="empty array"),
        pytest.param(
            {"body": 'items.find({"repo":"a"})'},
            "text/plain",
            b'items.find({"repo":"a"})',
            id="text",
        ),
        pytest.param({"body": "ü"}, "text/plain; charset=utf-8", "ü".encode(), id="not ASCII"),
        pytest.param(
            {"body": "<q/>", "headers": {"content-type": "text/xml"}}, "text/xml", b"<q/>", id="own"
        ),
        pytest.param(
            {"body_form": {"a": ["x y", 1], "b": True, "c": None, "d": "&"}},
            "application/x-www-form-urlencoded",
            b"a=x+y&a=1&b=true&d=%26",
            id="form",
        ),
        pytest.param({"body_form": {}}, "application/x-www-form-urlencoded", b"", id="empty form"),
    ],
)
async def test_a_body_is_sent_as_it_is(
    api: FaultApi, selector: dict[str, Json], kind: str, body: bytes
) -> None:
    """Its type fits it, whatever the installation sends, unless the resource says another."""
    api.serve("/search", answer([{"id": 1}]))
    settings = {"custom_headers": {"Content-Type": "application/x-other"}}
    is_json = kind == "application/json"

    outcome = await read(
        api.url, "/search", method="POST", settings=None if is_json else settings, **selector
    )

    assert outcome.message == ""
    (request,) = api.requests
    assert (request.headers["content-type"], request.body) == (kind, body)


@pytest.mark.parametrize(
    ("selector", "sent"),
    [
        pytest.param({"body": "find({id}) {x}"}, b"find(7) {x}", id="text"),
        pytest.param({"body": "{id}"}, b"7", id="nothing else"),
        pytest.param({"body": "{{ 1 + 1 }}/{id}"}, b"2/7", id="computed"),
        pytest.param({"body": "{{ $id + 1 }}"}, b"8", id="computed of a value"),
        pytest.param({"body": [{"of": "{id}"}]}, b'[{"of":7}]', id="array"),
        pytest.param({"body_form": {"of": "{id}"}}, b"of=7", id="form"),
    ],
)
async def test_values_stand_in_any_body(
    api: FaultApi, selector: dict[str, Json], sent: bytes
) -> None:
    """Placeholders and computed values are filled in texts, arrays and forms."""
    api.serve("/search", answer([{"id": 1}]))
    parameters = {"id": {"values": [7]}}

    outcome = await read(api.url, "/search", method="POST", path_parameters=parameters, **selector)

    assert outcome.message == ""
    assert [request.body for request in api.requests] == [sent]


@pytest.mark.parametrize(
    ("parent", "words"),
    [
        pytest.param({"values": ["x"]}, "'/search': selector '{{", id="its own"),
        pytest.param(
            {"endpoint": "/p/{of}", "field": ".id"},
            "'/search': path_parameters.id '{{",
            id="of a parent",
        ),
    ],
)
async def test_a_computed_value_that_fails_names_its_place_once(
    api: FaultApi, parent: dict[str, Json], words: str
) -> None:
    """The kind stands before it already: what it adds is the selector, or the parameter."""
    api.serve("/search", answer([{"id": 1}]))
    api.serve("/p/{}", answer([{"id": "x"}]))
    parameters: dict[str, Json] = {"id": parent}
    failing = {"q": "{{ $id | tonumber }}"}
    if "endpoint" in parent:
        failing = {"q": "{{ $of | tonumber }}"}
        parameters = {"of": {"values": ["x"]}, "id": parent | {"query_params": failing}}

    outcome = await read(
        api.url,
        "/search",
        path_parameters=parameters,
        query_params=failing if "values" in parent else {"q": "{{ $id }}"},
    )

    assert words in outcome.message
    assert outcome.message.count("/search") == 1


async def test_pages_are_asked_for_inside_a_form(api: FaultApi) -> None:
    """With `send_in: body` the parameters of paging are fields of the form."""

    def search(request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode()))
        assert form["q"] == "x"
        cursor = form.get("page.after")
        return answer({"rows": [{"id": cursor or "a"}], "next": None if cursor else "b"})

    api.serve("/search", search)
    outcome = await read(
        api.url,
        "/search",
        method="POST",
        data_path=".rows",
        body_form={"q": "x"},
        pagination={
            "type": "cursor",
            "page_size": 2,
            "pagination_param": "page.after",
            "size_param": "page.size",
            "cursor_path": "next",
            "send_in": "body",
        },
    )

    assert outcome.message == ""
    assert [item["id"] for item in outcome.items] == ["a", "b"]
    first, second, *_ = (dict(parse_qsl(request.body.decode())) for request in api.requests)
    assert first == {"q": "x", "page.size": "2"}
    assert second == {**first, "page.after": "b"}


@pytest.mark.parametrize("body", ["find()", [1]], ids=["text", "array"])
async def test_no_pages_inside_a_text_or_an_array(api: FaultApi, body: Json) -> None:
    """There is no place for the parameters of paging: one sentence says so."""
    outcome = await read(
        api.url, "/search", body=body, pagination={"type": "page", "send_in": "body"}
    )

    assert "pagination.send_in: body, but its body is a" in outcome.message
    assert api.requests == []


@pytest.mark.parametrize(
    ("selector", "sent"),
    [
        pytest.param({"body": "find()"}, b"find()", id="text"),
        pytest.param({"body": [1]}, b"[1]", id="array"),
        pytest.param({"body_form": {"a": 1}}, b"a=1", id="form"),
        pytest.param({"body": {"a": 1}}, b'{"a": 1, "session": "abcdefgh"}', id="object"),
    ],
)
async def test_a_login_adds_to_objects_only(
    api: FaultApi, selector: dict[str, Json], sent: bytes
) -> None:
    """What a login puts into bodies has a place in an object; other bodies stay as they are."""
    api.serve("/login", answer({"sid": "abcdefgh"}))
    api.serve("/search", answer([{"id": 1}]))
    settings = {
        "auth_type": "custom",
        "custom_auth_request": {"endpoint": "/login"},
        "custom_auth_request_template": {
            "headers": {"X-Session": "{{.sid}}"},
            "body": {"session": "{{.sid}}"},
        },
    }

    outcome = await read(api.url, "/search", method="POST", settings=settings, **selector)

    assert outcome.message == ""
    assert api.requests[-1].body == sent
    assert api.requests[-1].headers["x-session"] == "abcdefgh"


async def test_a_redirect_to_a_page_drops_body_and_type(api: FaultApi) -> None:
    """After 303 a GET follows, without what the POST carried."""
    api.serve("/search", redirect("/found", 303))
    api.serve("/found", answer([{"id": 1}]))

    await read(api.url, "/search", method="POST", body="find()")

    assert (api.requests[-1].method, api.requests[-1].body) == ("GET", b"")
    assert "content-type" not in api.requests[-1].headers


async def test_a_further_header_says_how_long_to_wait(api: FaultApi) -> None:
    """`retryAfterHeader` is read like `Retry-After`, and first; 403 with it is a limit."""
    replies = iter([answer({}, 403, X_Wait="0", Retry_After="3600"), answer([{"id": 1}])])
    api.serve("/items", lambda _: next(replies))
    settings = {"max_retry_wait": 5, "retry_after_header": "X-Wait"}

    outcome = await read(api.url, "/items", settings=settings)

    assert outcome.message == ""
    assert len(api.requests) == 2


@pytest.mark.parametrize("send_in", ["query", "body"])
async def test_a_long_cursor_fits_into_a_body_only(api: FaultApi, send_in: str) -> None:
    """Of a query parameter that no URL can hold the error says which it is, and what to do."""

    def items(request: Request) -> Reply:
        if b"cursor" in request.body:
            return answer({"items": [{"id": 3}], "next_cursor": None})
        return answer({"items": [{"id": 1}, {"id": 2}], "next_cursor": "c" * 70_000})

    api.serve("/items", items)
    pagination = {"type": "cursor", "page_size": 2, "send_in": send_in}

    outcome = await read(
        api.url, "/items", method="POST", data_path=".items", pagination=pagination
    )

    if send_in == "body":
        assert [item["id"] for item in outcome.items] == [1, 2, 3]
    else:
        assert "the query parameter 'cursor' has 70000 characters" in outcome.message
        assert len(outcome.message) < 300
