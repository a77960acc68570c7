"""Finding values in JSON bodies, and what a wrong path tells its author."""

import resource
from contextlib import suppress

import jq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from errors import MappingError
from jq_engine.lookups import compile_lookup, find
from jq_engine.paths import plain_path
from jq_engine.programs import EMBEDDED, LONGEST_PROGRAM, Jq, checked
from json_values import MISSING, follow, keys_of
from tests.literals import Json
from tests.patience import in_bounded_time

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
        pytest.param(
            ".data[0].id", {"data": {"0": {"id": 1}}}, MISSING, id="jq: index of an object"
        ),
        pytest.param(".data[-2].id", {"data": [{"id": 1}]}, MISSING, id="jq: index out of range"),
        pytest.param(".data[0].id", {"data": [{"id": None}]}, None, id="null at an index"),
        pytest.param(".a | .", {"a": False}, False, id="jq: false is a value"),
        pytest.param(".a == 'x'", {"a": "x"}, True, id="single quotes, as in mappings"),
    ],
)
async def test_look_up(jq: Jq, path: str, body: Json, expected: Json) -> None:
    """A path is a literal key, a dot path or jq; what is not there is told from null."""
    lookup = compile_lookup(path, "cursorPath")
    found = lookup(body, await find([lookup], body, jq))

    assert found is MISSING if expected is MISSING else found == expected


@given(body=BODIES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_path_never_fails(jq: Jq, body: Json) -> None:
    """Whatever an API sends, looking for a signal in it is no error."""
    lookups = [compile_lookup(path, "hasMorePath") for path in ("a.b.d1", ".a.b", ".a[0].b")]
    lookups += [compile_lookup(path, "hasMorePath") for path in (".a | .b", ".a[0] + 1")]
    found = await find(lookups, body, jq)

    for lookup in lookups:
        lookup(body, found)


@pytest.mark.parametrize(
    ("text", "programs"),
    [
        pytest.param("{{.a}}", [".a"], id="alone"),
        pytest.param("x {{ .a }}/{{\n.b\t\n}} y", [".a", ".b"], id="blanks around"),
        pytest.param('{{ .a | "x y" }}', ['.a | "x y"'], id="blanks within"),
        pytest.param("{{ {a: 1}.a }}{{{a: 1}.a}}", ["{a: 1}.a", "{a: 1}.a"], id="braces"),
        pytest.param("{{}} {{ }}", ["", ""], id="empty"),
        pytest.param("{{ .a\n.b }} { {.a}} {{.a} }", [], id="none"),
        pytest.param("{{ a {{ .b }}", [".b"], id="never closed"),
        pytest.param("{{" + " " * 100_000, [], id="blanks without end"),
        pytest.param("{{ a" + " " * 100_000, [], id="blanks after it"),
        pytest.param("{{" * 100_000, [], id="braces without end"),
        pytest.param("{{ a\n" * 100_000, [], id="many that are not closed"),
    ],
)
def test_programs_in_texts(text: str, programs: list[str]) -> None:
    """What stands in double braces on one line is a program; no text takes long to be searched."""
    with in_bounded_time():
        assert EMBEDDED.findall(text) == programs


@pytest.mark.parametrize("program", [".a[", "nosuchfunction", "$unbound", ".a |"])
def test_a_program_jq_refuses_is_named(program: str) -> None:
    """The error says where the program stands and quotes it."""
    with pytest.raises(MappingError) as caught:
        checked(program, "path_parameters.id.field")

    assert "path_parameters.id.field" in str(caught.value)
    assert program in str(caught.value)


@pytest.mark.parametrize(
    ("program", "name"),
    [
        pytest.param("halt", "halt", id="halt"),
        pytest.param(".a | halt_error", "halt_error", id="halt_error"),
        pytest.param('"x" | halt_error(1)', "halt_error", id="halt_error with a status"),
        pytest.param("[inputs]", "inputs", id="inputs"),
        pytest.param("try input catch .", "input", id="input, caught"),
        pytest.param('.[] | debug("x")', "debug", id="debug with a message"),
        pytest.param("debug", "debug", id="debug"),
        pytest.param("stderr", "stderr", id="stderr"),
        pytest.param('"\\(input_filename)"', "input_filename", id="within a text"),
        pytest.param("def f: input_line_number; f", "input_line_number", id="in a function"),
        pytest.param("get_search_list", "get_search_list", id="get_search_list"),
        pytest.param('"a" | modulemeta', "modulemeta", id="modulemeta"),
    ],
)
def test_what_reaches_out_of_a_program_is_refused(program: str, name: str) -> None:
    """What ends a program early or reads something else is named before any request."""
    with pytest.raises(MappingError, match=rf"cursorPath .* uses {name}, which"):
        checked(program, "cursorPath")


@pytest.mark.parametrize(
    "program", ['import "a" as a; .', 'include "a"; .', 'import "a" as $a; $a'], ids=repr
)
def test_modules_are_refused(program: str) -> None:
    """No program reads a file."""
    with pytest.raises(MappingError, match=r"unexpected (import|include)"):
        checked(program, "data_path")


@pytest.mark.parametrize(
    "program", [".input", "{halt: 1}", ".debug.env", "def halt: 1; halt", ".a # halt"], ids=repr
)
def test_keys_may_be_called_anything(program: str) -> None:
    """Only the use of the function is refused, not its name as a key, a text or a comment."""
    assert checked(program, "data_path") == program


def test_checking_a_program_does_not_calculate() -> None:
    """A gigabyte of text that jq would make while it compiles is not made to check it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    checked('"x" * 1000000000', "data_path")

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000, "kilobytes"


@pytest.mark.parametrize(
    "program",
    [
        ".a" + "+.a" * 1364,
        "$v" + "+$v" * 1363,
        "path(" * 682 + "." + ")" * 682,
        "[" * 2047 + "]" * 2047,
        "try " * 1023 + ".",
    ],
    ids=lambda program: program[:4],
)
def test_checking_a_program_is_quick(program: str) -> None:
    """The longest programs there may be, of the forms jq is slow with, do not take for ever."""
    with in_bounded_time(), suppress(MappingError):
        checked(program, "data_path")

    assert len(program) > LONGEST_PROGRAM - 10


@pytest.mark.parametrize("length", [LONGEST_PROGRAM + 1, 20_000, 2_000_000])
def test_a_program_that_is_too_long(length: int) -> None:
    """It is not compiled, which could take for ever, nor quoted; the error names the limit."""
    with in_bounded_time(), pytest.raises(MappingError) as caught:
        checked(".+" * (length // 2) + "." * (1 + length % 2), "path_parameters.id.field")

    assert "path_parameters.id.field has " in str(caught.value)
    assert "but may have 4,096; shorten the expression" in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "program",
    [
        ".a * 2",
        "2 * 0",
        ".a * (0)",
        "2 * -1",
        ".a *= 2",
        '"a*b"',
        ".x | test('a*')",
        '{"a*": 1 * 2}',
        "# *\n.",
        "{} * {}",
    ],
)
def test_products_compile(program: str) -> None:
    """What is multiplied is checked as well as anything else."""
    assert checked(program, "data_path")


@pytest.mark.parametrize("program", [".a *", "* 2", ".a ** 2", ".a/*.b", ".a*/.b", ".a *= *= 2"])
def test_a_product_that_does_not_compile(program: str) -> None:
    """A mistake beside a product is found."""
    with pytest.raises(MappingError, match="not a jq program"):
        checked(program, "data_path")


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
