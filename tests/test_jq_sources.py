"""What a jq program reads its items from, as far as its text tells."""

from __future__ import annotations

import jq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jq_engine.sources import EACH, Source, leading_path, leads, paths_read, sources
from tests.literals import Json

BODY: tuple[Source, ...] = ((),)


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        pytest.param(".", BODY, id="the body"),
        pytest.param(".a[]?", (("a", EACH),), id="tolerant"),
        pytest.param(".a?.b?[]?", (("a", "b", EACH),), id="tolerant all the way"),
        pytest.param('.["a b"]?."c d"[]', (("a b", "c d", EACH),), id="quoted keys"),
        pytest.param(".a // []", (("a",),), id="or an empty list"),
        pytest.param(".a // {} | .b // empty", (("a", "b"),), id="or an empty object"),
        pytest.param("(.a // .b // [])[]", (("a", EACH), ("b", EACH)), id="one or the other"),
        pytest.param(".a, .b", (("a",), ("b",)), id="both"),
        pytest.param("(.a // []) + (.b // [])", (("a",), ("b",)), id="added"),
        pytest.param("[.a[]? | select(.x | .y)]", (("a", EACH),), id="collected filter"),
        pytest.param("[\n  .a[] # all\n]", (("a", EACH),), id="over several lines"),
        pytest.param(".a | .[]?", (("a", EACH),), id="by a pipe"),
        pytest.param(".a | arrays | .[]", (("a", EACH),), id="by a filter of types"),
        pytest.param(".a | map(select(.x))", (("a", EACH),), id="mapped"),
        pytest.param(".a[] | .b[]?.c", (("a", EACH, "b", EACH, "c"),), id="lists in a list"),
        pytest.param("try .a[] catch empty", (("a", EACH),), id="tried"),
        pytest.param("first(.a[]?)", (("a", EACH),), id="the first"),
        pytest.param("limit(5; .a[]?)", (("a", EACH),), id="a few"),
        pytest.param(".a[0:9]", (("a",),), id="a slice"),
        pytest.param(".a[-2:].b[]", (("a", "b", EACH),), id="beyond a slice"),
        pytest.param(".a[0].b", (("a", 0, "b"),), id="an index"),
        pytest.param(".a[-1]?.b[]", (("a", -1, "b", EACH),), id="an index from the end"),
        pytest.param("(.a // [])[0].b // []", (("a", 0, "b"),), id="an index of a group"),
        pytest.param(".a | first | .b", (("a", 0, "b"),), id="the first by name"),
        pytest.param(".a | last | .b", (("a", -1, "b"),), id="the last by name"),
        pytest.param(".a[.n].b", (("a",),), id="an index that is computed"),
        pytest.param(".m as $m | .a[] | {x: $m}", (("a", EACH),), id="a variable in front"),
        pytest.param(".a - .b", (("a",), ()), id="an operator"),
        pytest.param(". as $all | $all.a.b[]", (("a", "b", EACH),), id="a variable"),
        pytest.param(
            ".a[] | . as $r | .b[] | {x: ($r.x + .x)}", (("a", EACH, "b", EACH),), id="rows in rows"
        ),
        pytest.param(
            ".a as $a | $a.b[] | . + {x: $a.x}", (("a", "b", EACH),), id="what is around, added"
        ),
        pytest.param("[.a[] as $r | $r + {x: 1}]", (("a", EACH),), id="each in a variable"),
        pytest.param("[.a[] as $r | {x: $r.x, y: 1}]", (("a", EACH),), id="made of a variable"),
        pytest.param("[.a[] as $r | .b as $b | {$r, $b}]", (("a", EACH),), id="the list counts"),
        pytest.param(".a as {b: $b} | $b[]", (("a",),), id="taken apart"),
        pytest.param("$b | .a", BODY, id="a variable that nothing is kept in"),
        pytest.param("if .a then .b else .c end", (("b",), ("c",)), id="a condition"),
        pytest.param("if . == {} then [] else .a end", (("a",), ()), id="nothing is known"),
        pytest.param("if .a then .b end | .c", (("b", "c"), ("c",)), id="a condition alone"),
        pytest.param(
            "if .a then .b elif .c then .d else .e end[]",
            tuple((x, EACH) for x in "bde"),
            id="several",
        ),
        pytest.param('getpath(["a", 0, "b"])[]', (("a", 0, "b", EACH),), id="a path"),
        pytest.param("getpath([.a])", BODY, id="a path that is computed"),
        pytest.param("map(.a)", ((EACH,),), id="mapped at once"),
        pytest.param("reverse", BODY, id="a function"),
        pytest.param("to_entries", BODY, id="entries"),
        pytest.param(
            ".a | to_entries[] | .value.b[]", (("a", EACH, "b", EACH),), id="their values"
        ),
        pytest.param("to_entries | map({key} + .value)", ((EACH,),), id="each of them"),
        pytest.param(".. | .a?", BODY, id="recursion"),
        pytest.param("reduce .a[] as $x ([]; . + [$x])", (("a", EACH),), id="a reduction"),
        pytest.param("[foreach .a[] as $x (0; .; $x)]", (("a", EACH),), id="one after the other"),
        pytest.param("label $out | .a[]", (("a", EACH),), id="a label"),
        pytest.param("def f: .a | .b; f", BODY, id="a definition"),
        pytest.param("{a: .b}", BODY, id="a new object"),
        pytest.param(",".join(f".a{number}" for number in range(999)), BODY, id="very many"),
        pytest.param("(" * 5000 + ".a" + ")" * 5000, BODY, id="very deep"),
        pytest.param("empty", (), id="nothing"),
        pytest.param('"a", 1', (), id="literals"),
    ],
)
def test_what_a_program_starts_from(program: str, expected: tuple[Source, ...]) -> None:
    """Ways to lists are followed; of anything else the body itself is said to be read."""
    assert sources(program) == expected


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (".id", ("id",)),
        (".id | tostring", ("id",)),
        ('.a.b + "/" + .c', ("a.b", "c")),
        ('(.id | tostring) + "-" + (.ns | ascii_downcase)', ("id", "ns")),
        ('"\\(.id)-\\(.part.id | tostring)"', ("id", "part.id")),
        ('[.date, .project] | join("/")', ("date", "project")),
        (".key // .name", ("key", "name")),
        ('if .kind == "a" then .x else "b" + .y end', ("kind", "x", "y")),
        (".urls[0] | ltrimstr($base)", ("urls",)),
        ('."a b"["c"]?', ("a b.c",)),
        ('"all"', ()),
        (".", ()),
        (".[0]", ()),
        ("tostring", ()),
        (".a + tostring", ()),
        (".a | .b", ("a",)),
        (".a[.b]", ()),
        ("(.a)[.b]", ()),
        ("if .a then .b end", ()),
        (".a as $a | .b", ()),
        ('@uri "\\(.a)"', ()),
        ('"\\(.a | join("-"))"', ()),
        ("def f: .a; f + .b", ()),
        ("", ()),
    ],
)
def test_what_a_program_reads(program: str, expected: tuple[str, ...]) -> None:
    """All that its outputs depend on, or nothing where that is not sure."""
    assert tuple(".".join(path) for path in paths_read(program)) == expected


ROWS = st.fixed_dictionaries({key: st.sampled_from(["x", "y", 1, 2]) for key in "abc"})
TERMS = st.sampled_from(
    [
        ".a",
        ".b",
        '"-"',
        "(.a | tostring)",
        "(.c | tostring)",
        '"\\(.b)"',
        "if .a == 1 then .b else .c end",
    ]
)


@given(terms=st.lists(TERMS, min_size=1, max_size=3), row=ROWS, other=ROWS)
def test_rows_that_are_the_same_there_give_the_same(
    terms: list[str], row: Json, other: Json
) -> None:
    """What is not read of two rows makes no difference."""
    program = " + ".join(f"({term} | tostring)" for term in terms)
    read = paths_read(program)
    assert isinstance(row, dict)
    assert isinstance(other, dict)
    same = {**other, **{path[0]: row[path[0]] for path in read}}

    first, second = (jq.compile(program).input_value(one).first() for one in (row, same))

    assert first == second


def test_sources_that_multiply_are_few() -> None:
    """A short program has a million sources: where they get too many, the way there counts."""
    assert len(sources("(.a, .b) | " * 20 + ".c")) < 100


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ((), ()),
        (("a", "b"), ("a", "b")),
        (("a", EACH, "b"), ("a",)),
        ((EACH, "b"), ()),
        (("a", 0, "b", EACH), ("a", 0, "b")),
    ],
)
def test_the_keys_that_lead_to_the_first_list(source: Source, keys: tuple[str | int, ...]) -> None:
    """What a filter reads from is known, so that a page can be measured before the filter."""
    assert leading_path(source) == keys


PATHS = st.lists(st.sampled_from([".a", ".b", "[]", "[0]", "[-1]"]), min_size=1, max_size=4)
BODIES = st.recursive(
    st.none() | st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=8,
)


@given(steps=PATHS, body=BODIES)
def test_what_jq_finds_is_led_to(steps: list[str], body: Json) -> None:
    """Where jq finds a value, the source of the program leads there."""
    program = "".join(f".{step}?" if step[0] == "[" else f"{step}?" for step in steps)
    (source,) = sources(program)
    found = [one for one in jq.compile(program).input_value(body).all() if one is not None]

    assert found == [] or leads(body, source)


@pytest.mark.parametrize(
    ("source", "body", "expected"),
    [
        pytest.param((), {}, True, id="the body"),
        pytest.param((), None, False, id="null for a body"),
        pytest.param(("a",), {"b": 1}, False, id="absent"),
        pytest.param(("a",), {"a": None}, False, id="null"),
        pytest.param(("a",), [{"a": 1}], False, id="a key of a list"),
        pytest.param(("a", EACH), {"a": []}, True, id="an empty list"),
        pytest.param(("a", EACH), {"a": [None]}, True, id="a list of null"),
        pytest.param(("a", EACH), {"a": "text"}, False, id="no list"),
        pytest.param(("a", EACH, "b"), {"a": []}, True, id="below an empty list"),
        pytest.param(("a", EACH, "b"), {"a": [{}, {"b": 1}]}, True, id="below one of a list"),
        pytest.param(("a", EACH, "b"), {"a": [{}, {"c": 1}]}, False, id="below none of a list"),
        pytest.param((EACH, "b"), {"x": {"b": 1}}, True, id="below a value of an object"),
        pytest.param(("a", 0, "b"), {"a": [{"b": 1}]}, True, id="below the first"),
        pytest.param(("a", 0, "b"), {"a": [{"c": 1}, {"b": 1}]}, False, id="below another"),
        pytest.param(("a", 0, "b"), {"a": []}, True, id="below the first of none"),
        pytest.param(("a", 1), {"a": [1]}, False, id="an index beyond the end"),
        pytest.param(("a", 0), {"a": "text"}, False, id="an index of a text"),
    ],
)
def test_whether_there_is_anything(source: Source, body: Json, *, expected: bool) -> None:
    """An empty list is something, since its elements might have been there."""
    assert leads(body, source) is expected
