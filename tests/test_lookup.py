"""Finding values in JSON bodies, and what a wrong path tells its author."""

import os

import jq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import MappingError
from lookup import (
    MISSING,
    Json,
    compile_jq,
    compile_lookup,
    follow,
    keys_of,
    leading_path,
    plain_path,
)

KEYS = st.sampled_from(["a", "b", "_c", "d1", "odd key", "@odata.nextLink", "x-y", "é"])
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3)
BODIES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@st.composite
def _paths(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """A jq path in any of its spellings, and the keys it names."""
    keys = draw(st.lists(KEYS, min_size=1, max_size=3))
    text = ""
    for key in keys:
        spellings = [f'."{key}"', f'.["{key}"]' if not text else f'["{key}"]']
        if key.isidentifier() and key.isascii():
            spellings.append(f".{key}")
        text += draw(st.sampled_from(spellings))
    return text, tuple(keys)


@pytest.mark.parametrize(
    ("program", "keys"),
    [
        pytest.param(".", (), id="identity"),
        pytest.param(" .users ", ("users",), id="spaces around"),
        pytest.param(".data.items", ("data", "items"), id="nested"),
        pytest.param('.["odd key"].list', ("odd key", "list"), id="bracketed key"),
        pytest.param('.data["odd key"]', ("data", "odd key"), id="bracket after a key"),
        pytest.param('."@odata.nextLink"', ("@odata.nextLink",), id="quoted key"),
        pytest.param(".a[]", None, id="iteration"),
        pytest.param(".a[0]", None, id="index"),
        pytest.param(".a?", None, id="optional"),
        pytest.param(".a-b", None, id="subtraction"),
        pytest.param(".a | .b", None, id="pipe"),
        pytest.param(".a // []", None, id="alternative"),
        pytest.param("..", None, id="recursion"),
        pytest.param("users", None, id="function call"),
        pytest.param('["a"]', None, id="an array of one text"),
        pytest.param(r'."a\u0041"', None, id="escape in a key"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_only_plain_paths_take_the_fast_route(program: str, keys: tuple[str, ...] | None) -> None:
    """A program that says more than nested keys is left to jq."""
    assert plain_path(program) == keys


@given(path=_paths(), body=BODIES)
def test_a_plain_path_finds_what_jq_finds(path: tuple[str, tuple[str, ...]], body: Json) -> None:
    """However a plain path is spelled, it reads the value that jq would read."""
    program, keys = path

    assert plain_path(program) == keys
    try:
        expected = jq.compile(program).input_value(body).first()
    except ValueError:
        expected = None  # jq refuses to look into texts and arrays
    found = follow(body, keys)

    assert (None if found is MISSING else found) == expected


@pytest.mark.parametrize(
    ("program", "keys"),
    [
        pytest.param("[.data[] | select(.x)]", ("data",), id="collected"),
        pytest.param(".data | map(select(.x))", ("data",), id="mapped"),
        pytest.param("(.a.b // [])[]", ("a", "b"), id="in parentheses"),
        pytest.param(".groups[].rules[]", ("groups",), id="nested lists"),
        pytest.param("[\n  .data[]\n]", ("data",), id="over several lines"),
        pytest.param(".[] | select(.x)", (), id="the body itself"),
        pytest.param("map(.x)", (), id="no path in front"),
    ],
)
def test_the_path_a_program_begins_with(program: str, keys: tuple[str, ...]) -> None:
    """What a filter reads from is known, so that a page can be measured before the filter."""
    assert leading_path(program) == keys


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        pytest.param("has_more", {"has_more": True}, True, id="key"),
        pytest.param("meta.next", {"meta": {"next": "x"}}, "x", id="dot path"),
        pytest.param("@odata.nextLink", {"@odata.nextLink": "u"}, "u", id="literal with a dot"),
        pytest.param("a.b", {"a.b": 1, "a": {"b": 2}}, 1, id="literal before dot path"),
        pytest.param("a.b", {"a.b": None, "a": {"b": 2}}, None, id="literal that holds null"),
        pytest.param("a", {"a": None}, None, id="null is there"),
        pytest.param("a.b", {"a": None}, MISSING, id="null on the way"),
        pytest.param("a.b", {"a": [1]}, MISSING, id="array on the way"),
        pytest.param("a.b", {"a": "text"}, MISSING, id="text on the way"),
        pytest.param("a", [1, 2], MISSING, id="body is an array"),
        pytest.param("a", None, MISSING, id="no body"),
        pytest.param(".meta.next", {"meta": {"next": 7}}, 7, id="plain jq"),
        pytest.param(".meta.next", {"meta": None}, MISSING, id="plain jq, null on the way"),
        pytest.param(".data[-1].id", {"data": [{"id": 1}, {"id": 2}]}, 2, id="jq: last row"),
        pytest.param(".data[-1].id", {"data": []}, MISSING, id="jq: no last row"),
        pytest.param(".data[-1].id", {"data": 5}, MISSING, id="jq fails on the body"),
        pytest.param(".[-1].id", [{"id": "z"}], "z", id="jq on an array"),
        pytest.param(".a | select(. > 1)", {"a": 1}, MISSING, id="jq without output"),
        pytest.param(".a, .b", {"a": 1, "b": 2}, 1, id="jq: the first output counts"),
        pytest.param(".a == 'x'", {"a": "x"}, True, id="single quotes, as in mappings"),
    ],
)
def test_look_up(path: str, body: Json, expected: Json) -> None:
    """A path is a literal key, a dot path or jq; what is not there is told from null."""
    found = compile_lookup(path, "cursorPath")(body)

    assert found is MISSING if expected is MISSING else found == expected


@given(body=BODIES)
def test_a_dot_path_never_fails(body: Json) -> None:
    """Whatever an API sends, looking for a signal in it is no error."""
    for path in ("a.b.d1", ".a.b", ".a.b[0]"):
        compile_lookup(path, "hasMorePath")(body)


@pytest.mark.parametrize("program", [".a[", "nosuchfunction", "$unbound", ".a |"])
def test_a_program_jq_refuses_is_named(program: str) -> None:
    """The error says where the program stands and quotes it."""
    with pytest.raises(MappingError) as caught:
        compile_jq(program, "path_parameters.id.field")

    assert "path_parameters.id.field" in str(caught.value)
    assert program in str(caught.value)


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("env.OCEAN_TEST_VALUE", id="env"),
        pytest.param("$ENV.OCEAN_TEST_VALUE", id="$ENV"),
        pytest.param("def f: $ENV.OCEAN_TEST_VALUE; f", id="within a function"),
        pytest.param("[env, $ENV][] | .OCEAN_TEST_VALUE", id="both"),
        pytest.param("# note\nenv | .OCEAN_TEST_VALUE", id="after a comment"),
    ],
)
def test_programs_do_not_see_the_process_environment(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mapping cannot read the container's variables, unless Ocean's setting allows it."""
    monkeypatch.setenv("OCEAN_TEST_VALUE", "from the environment")

    blind = compile_jq(program, "data_path").input_value({}).first()
    seeing = compile_jq(program, "data_path", environment=True).input_value({}).first()

    assert blind is None
    assert seeing == os.environ["OCEAN_TEST_VALUE"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"b": 1, "a": 2}, "the keys a, b", id="object"),
        pytest.param({}, "an empty object", id="empty object"),
        pytest.param([1, 2], "an array of 2", id="array"),
        pytest.param([1, {"id": 1}], "an array of 2, its items with the keys id", id="of objects"),
        pytest.param(None, "null", id="null"),
        pytest.param("text", "a str", id="text"),
    ],
)
def test_what_a_person_sees_of_a_body(body: Json, expected: str) -> None:
    """An error about a path lists the keys that were there, never their values."""
    assert keys_of(body) == expected


def test_a_wide_object_is_shown_in_part() -> None:
    """An object with hundreds of keys does not fill the log."""
    shown = keys_of({f"key{number:03}": number for number in range(500)})

    assert shown.endswith("key019, …")
