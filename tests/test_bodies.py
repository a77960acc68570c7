"""Charsets: those that APIs send are heeded, others are none, whatever Python makes of them."""

from __future__ import annotations

import httpx
import pytest

from tests.fault_api import Answer, FaultApi, answer
from tests.literals import Json
from tests.patience import in_bounded_time
from tests.reading import read
from tests.resync import Installation, resource
from transport.bodies import UTF8, charset_of, decode_json

CUSTOM_LOGIN: dict[str, Json] = {
    "auth_type": "custom",
    "custom_auth_request": {"endpoint": "/login"},
    "custom_auth_request_template": {"headers": {"X-Token": "{{.token}}"}},
}


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        pytest.param("application/json", UTF8, id="none"),
        pytest.param("", UTF8, id="nothing"),
        pytest.param("application/json; charset=UTF-8", UTF8, id="UTF-8"),
        pytest.param('application/json;charset="utf8"', UTF8, id="quoted"),
        pytest.param("text/json; charset=us-ascii", UTF8, id="a part of UTF-8"),
        pytest.param("text/json; charset = ISO-8859-1 ; q=1", "iso8859-1", id="latin-1"),
        pytest.param("text/json; Charset=latin-1", "iso8859-1", id="another name of it"),
        pytest.param("text/json; q=1; charset=windows-1252", "cp1252", id="cp125x"),
        pytest.param("text/json; charset=utf-16le", "utf-16-le", id="UTF-16"),
        pytest.param("text/json; charset='Shift_JIS'", "shift_jis", id="Japanese"),
        pytest.param("text/json; charset=GB18030", "gb18030", id="Chinese"),
        pytest.param("text/json; charset=klingon", UTF8, id="unknown"),
        pytest.param("text/json; charset=punycode", UTF8, id="takes the square of the length"),
        pytest.param("text/json; charset=hex", UTF8, id="no charset"),
        pytest.param("text/json; charset=undefined", UTF8, id="knows no bytes"),
        pytest.param("text/json; charset=idna", UTF8, id="of host names"),
        pytest.param("text/json; charset=../../x", UTF8, id="a path"),
        pytest.param(f"text/json; charset={'x' * 90_000}", UTF8, id="a long name"),
        pytest.param("text/json; xcharset=latin-1", UTF8, id="another parameter"),
    ],
)
def test_charsets(content_type: str, charset: str) -> None:
    """A declared charset counts when APIs send it; any other one is as none."""
    assert charset_of(httpx.Headers({"Content-Type": content_type})) == charset


@pytest.mark.parametrize(
    "charset", ["iso-8859-15", "cp1251", "utf-16", "utf-32-be", "euc-kr", "gbk", "big5", "koi8-r"]
)
def test_a_body_in_its_declared_charset(charset: str) -> None:
    """Text that is no UTF-8 is read by the charset its answer declares."""
    text = {"koi8-r": "да", "cp1251": "да", "iso-8859-15": "œ", "euc-kr": "한"}.get(charset, "中")
    headers = httpx.Headers({"Content-Type": f"application/json; charset={charset}"})

    assert decode_json(f'"{text}"'.encode(charset), charset_of(headers)) == text


@pytest.mark.parametrize("charset", ["ISO-8859-1", "windows-1252", "koi8-r"])
def test_utf8_under_another_name(charset: str) -> None:
    """Servers that declare their default charset send JSON in UTF-8 all the same (RFC 8259, 11)."""
    headers = httpx.Headers({"Content-Type": f"application/json; charset={charset}"})

    assert decode_json('"Zürich, 東京"'.encode(), charset_of(headers)) == "Zürich, 東京"


@pytest.mark.parametrize("charset", ["punycode", "hex", "undefined", "idna", "utf-8"])
@pytest.mark.parametrize("place", ["/login", "/items"])
async def test_a_failure_in_an_odd_charset(
    api: FaultApi, installation: Installation, place: str, charset: str
) -> None:
    """Its status is told and its text quoted, at once, where Python's codec would fail or hang."""
    headers = (("Content-Type", f"text/plain; charset={charset}"),)
    api.serve("/login", answer({"token": "a-token"}))
    api.serve(place, Answer(b"a-" + b"b" * 200_000, 400, headers))
    installation.settings |= CUSTOM_LOGIN
    installation.mapping = [resource("/items")]

    with in_bounded_time():
        outcome = await installation.resync()

    assert "400 Bad Request" in outcome.message
    assert "a-bbb" in outcome.message


@pytest.mark.parametrize("charset", ["punycode", "hex", "undefined", "idna", "klingon"])
async def test_json_in_an_odd_charset(
    api: FaultApi, installation: Installation, charset: str
) -> None:
    """JSON is read as the UTF-8 it is, from pages and logins."""
    kind = f"application/json; charset={charset}"
    api.serve("/login", answer({"token": "a-token"}, Content_Type=kind))
    api.serve("/items", answer([{"id": "a"}], Content_Type=kind))
    installation.settings |= CUSTOM_LOGIN
    installation.mapping = [resource("/items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert api.at("/items")[0].headers["x-token"] == "a-token"


async def test_a_login_in_a_charset_of_its_own(api: FaultApi, installation: Installation) -> None:
    """The token is what the login meant by its bytes."""
    kind = (("Content-Type", "application/json; charset=utf-16"),)
    api.serve("/login", Answer('{"token": "a-token"}'.encode("utf-16"), 200, kind))
    api.serve("/items", answer([{"id": "a"}]))
    installation.settings |= CUSTOM_LOGIN
    installation.mapping = [resource("/items")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert api.at("/items")[0].headers["x-token"] == "a-token"


async def test_a_child_in_an_odd_charset_fails_alone(
    api: FaultApi, installation: Installation
) -> None:
    """The failure of one child, whatever charset it names, does not stop the others."""
    odd = Answer(b"x", 500, (("Content-Type", "text/plain; charset=hex"),))
    api.serve("/parents", answer([{"id": "a"}, {"id": "b"}, {"id": "c"}]))
    api.serve(
        "/parents/{}/children",
        lambda request: odd if request.values == ("a",) else answer([{"id": request.values[0]}]),
    )
    installation.settings |= {"max_retry_wait": 0}
    parameters = {"p": {"endpoint": "/parents", "field": ".id"}}
    installation.mapping = [resource("/parents/{p}/children", "child", path_parameters=parameters)]

    outcome = await installation.resync()

    assert "500 Internal Server Error" in outcome.message
    assert outcome.entities == {"child/b", "child/c"}


@pytest.mark.parametrize(
    ("body", "items"),
    [
        pytest.param(b'[{"id": 1, "cpu": NaN}]', [{"id": 1, "cpu": None}], id="NaN"),
        pytest.param(b'[{"id": 1, "cpu": -Infinity}]', [{"id": 1, "cpu": None}], id="Infinity"),
        pytest.param(b'[{"id": 1, "cpu": 1e999}]', [{"id": 1, "cpu": None}], id="too large"),
        pytest.param(b'[{"id": 1, "cpu": "NaN"}]', [{"id": 1, "cpu": "NaN"}], id="a text"),
    ],
)
async def test_what_is_no_number_is_null(api: FaultApi, body: bytes, items: Json) -> None:
    """Python and others write NaN into JSON: the item counts, and its value is unknown."""
    api.serve("/items", Answer(body))

    outcome = await read(api.url, "/items")

    assert (outcome.items, outcome.message) == (items, "")
