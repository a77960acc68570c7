"""From response bodies to items: what ``data_path`` promises."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from errors import MappingError
from jq_engine.programs import Jq
from jq_engine.worker import JqWorker
from paging.extraction import NO_ITEMS, Extractor
from tests.literals import Json
from transport.bodies import decode_json

WHERE = "path_parameters.id.data_path"
BEYOND_DOUBLES = 9_007_199_254_740_993  # 2^53 + 1, the first whole number a double cannot hold
# The process jq runs in serves all examples of a test.
one_worker = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
KEYS = st.sampled_from(["a", "b", "odd key"])
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("xyz", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


async def items(jq: Jq, data_path: str | None, body: Json) -> list[dict[str, Json]]:
    """The items of one body."""
    return (await Extractor(data_path, WHERE, jq).extract(body)).items


@pytest.mark.parametrize(
    ("data_path", "body", "expected"),
    [
        pytest.param(None, [{"id": 1}, {"id": 2}], [{"id": 1}, {"id": 2}], id="list body"),
        pytest.param(None, {"id": 1}, [{"id": 1}], id="object body is one item"),
        pytest.param(".", [{"id": 1}], [{"id": 1}], id="identity"),
        pytest.param("", [{"id": 1}], [{"id": 1}], id="empty is unset"),
        pytest.param("  ", [{"id": 1}], [{"id": 1}], id="blank is unset"),
        pytest.param(None, [], [], id="empty list"),
        pytest.param(None, {}, [{}], id="empty object"),
        pytest.param(None, ["a", 1, True, 1.5], [{"value": v} for v in ("a", 1, True, 1.5)]),
        pytest.param(None, "text", [{"value": "text"}], id="scalar body"),
        pytest.param(None, [{"id": 1}, None, "x"], [{"id": 1}, {"value": "x"}], id="null dropped"),
        pytest.param(None, [False, 0, ""], [{"value": v} for v in (False, 0, "")], id="falsy stay"),
        pytest.param(".users", {"users": [{"id": 1}]}, [{"id": 1}], id="plain path to a list"),
        pytest.param(".users[]", {"users": [{"id": 1}]}, [{"id": 1}], id="plain path, iterated"),
        pytest.param(".user", {"user": {"id": 1}}, [{"id": 1}], id="plain path to an object"),
        pytest.param(".n", {"n": 5}, [{"value": 5}], id="plain path to a scalar"),
        pytest.param(".a.b", {"a": {"b": [{"id": 1}]}}, [{"id": 1}], id="nested plain path"),
        pytest.param('.["a b"]', {"a b": [{"id": 1}]}, [{"id": 1}], id="bracketed key"),
        pytest.param(".users", {"users": []}, [], id="empty list below"),
        pytest.param(".users", {"users": None}, [], id="null below"),
        pytest.param(".users", {}, [], id="absent"),
        pytest.param(".a.b", {"a": None}, [], id="null on the way"),
        pytest.param(".m[]", {"m": {"x": {"id": 1}, "y": {"id": 2}}}, [{"id": 1}, {"id": 2}]),
        pytest.param(".[]", {"x": {"id": 1}, "y": {"id": 2}}, [{"id": 1}, {"id": 2}]),
        pytest.param(".[]", [{"id": 1}], [{"id": 1}], id="iterated list body"),
        pytest.param(
            ".groups[].rules[]",
            {"groups": [{"rules": [{"id": 1}, {"id": 2}]}, {"rules": []}, {"rules": [{"id": 3}]}]},
            [{"id": 1}, {"id": 2}, {"id": 3}],
            id="nested lists, iterated",
        ),
        pytest.param(
            ".groups[].rules",
            {"groups": [{"rules": [{"id": 1}]}, {"rules": [{"id": 2}]}]},
            [{"id": 1}, {"id": 2}],
            id="each output that is an array contributes its elements",
        ),
        pytest.param(
            "[.data[] | select(.on)]",
            {"data": [{"id": 1, "on": True}, {"id": 2, "on": False}]},
            [{"id": 1, "on": True}],
            id="collected filter",
        ),
        pytest.param(
            ".data[] | select(.on) | {key: .id}",
            {"data": [{"id": 1, "on": True}, {"id": 2}]},
            [{"key": 1}],
            id="filter and new shape",
        ),
        pytest.param(".data | map(.id)", {"data": [{"id": 7}]}, [{"value": 7}], id="to scalars"),
        pytest.param(".a, .b", {"a": [{"id": 1}], "b": {"id": 2}}, [{"id": 1}, {"id": 2}]),
        pytest.param("(.items // .values)[]", {"values": [{"id": 1}]}, [{"id": 1}], id="either"),
        pytest.param("empty", {"a": 1}, [], id="a program without output"),
    ],
)
async def test_items(jq: Jq, data_path: str | None, body: Json, expected: list[Json]) -> None:
    """Arrays give their elements, objects are items, scalars become ``value``, nulls nothing."""
    assert await items(jq, data_path, body) == expected


@pytest.mark.parametrize(
    ("data_path", "body", "nothing"),
    [
        pytest.param(".users", {"people": []}, True, id="absent"),
        pytest.param(".users", {"users": None}, True, id="null"),
        pytest.param(".users[]", {"people": []}, True, id="iterated, absent"),
        pytest.param(".a.b", {"a": None}, True, id="null on the way"),
        pytest.param("(.a // .b)", {"c": 1}, True, id="jq gives null"),
        pytest.param(".users", {"users": []}, False, id="empty list"),
        pytest.param("[.data[]? | select(.x)]", {"data": []}, False, id="nothing selected"),
        pytest.param(".data[]? | select(.x)", {"data": []}, False, id="no output"),
        pytest.param(".users", {"users": [None]}, False, id="a list of null"),
        *(
            pytest.param(program, {"users": [{"id": 1}]}, True, id=program)
            for program in (
                ".user[]?",
                ".user // []",
                "(.user // [])[]",
                "[.user[]? | select(.id)]",
                ".user // empty",
                ".user | arrays",
                "try .user[] catch empty",
                "first(.user[]?)",
                "(.user // .people // [])[]",
                ".users[] | .groups[]?",
            )
        ),
        pytest.param(".users[]?", {"message": "maintenance"}, True, id="tolerant, another body"),
        pytest.param(".users[]?", {"users": []}, False, id="tolerant, empty list"),
        pytest.param("(.a // .b // [])[]", {"b": []}, False, id="one of two, empty list"),
        pytest.param(".users[] | .groups[]?", {"users": []}, False, id="below an empty list"),
        pytest.param(".users[] | select(.x)", {"users": [{}]}, False, id="all left out"),
        pytest.param("if . == {} then [] else .users end", {}, False, id="an empty answer told"),
        pytest.param("empty", {"users": []}, False, id="no output on purpose"),
    ],
)
async def test_a_path_into_nothing_is_told_from_an_empty_page(
    jq: Jq, data_path: str, body: Json, *, nothing: bool
) -> None:
    """Null where items were expected is noted, since it may be a typo; an empty list is not."""
    extracted = await Extractor(data_path, WHERE, jq).extract(body)

    assert extracted.items == []
    assert extracted.nothing is nothing


@given(
    body=BODIES, path=st.sampled_from([".a", ".a.b", '.["odd key"]', ".b.a", ".", ".a[]", ".[]"])
)
@one_worker
async def test_the_fast_route_gives_what_jq_gives(jq: Jq, path: str, body: Json) -> None:
    """A plain path means the same whether it is looked up or run by jq."""

    async def outcome(program: str) -> Json:
        try:
            extracted = await Extractor(program, WHERE, jq).extract(body)
        except MappingError:
            return "refused"
        return extracted.items, extracted.nothing

    by_look_up, by_jq = await outcome(path), await outcome(f"{path} | .")
    if by_jq == "refused" and path.endswith("[]"):
        # jq cannot iterate over null; for us that is the empty page it stands for.
        assert by_look_up in ("refused", ([], True))
    else:
        assert by_look_up == by_jq


@pytest.mark.parametrize(
    "data_path",
    [".ids", ".ids[]", '.["ids"]', "[.ids[] | select(.id > 1)]", ".ids | map({id})"],
)
async def test_long_integers_stay_exact(jq: Jq, data_path: str) -> None:
    """Ids beyond 2^53 are not rounded on their way from the API to the catalog."""
    body = decode_json(
        b'{"ids": [{"id": %d}, {"id": 123456789012345678901234567890}]}' % BEYOND_DOUBLES
    )

    assert await items(jq, data_path, body) == [
        {"id": BEYOND_DOUBLES},
        {"id": 123456789012345678901234567890},
    ]


async def test_long_integers_stay_exact_without_a_data_path(jq: Jq) -> None:
    """A bare array keeps its long ids too."""
    assert await items(jq, None, decode_json(b"[%d]" % BEYOND_DOUBLES)) == [
        {"value": BEYOND_DOUBLES}
    ]


@pytest.mark.parametrize("data_path", [".users[", ".users |", "select(", "nope", ".a | nope(1)"])
def test_a_program_that_cannot_compile_fails_before_any_request(jq: Jq, data_path: str) -> None:
    """The mistake is told when the resource is made ready, with the place and the program."""
    with pytest.raises(MappingError) as caught:
        Extractor(data_path, WHERE, jq)

    assert WHERE in str(caught.value)
    assert data_path in str(caught.value)


@pytest.mark.parametrize(
    ("data_path", "body"),
    [
        pytest.param(".users", [{"id": 1}], id="key of a list"),
        pytest.param(".users.all", {"users": [{"id": 1}]}, id="key of an inner list"),
        pytest.param(".users", "text", id="key of a text"),
        pytest.param(".users[]", {"users": "text"}, id="elements of a text"),
        pytest.param(".users[]", {"users": 5}, id="elements of a number"),
        pytest.param(".users[] | .id", {"users": [5]}, id="jq: key of a number"),
        pytest.param(".[] | .id", {"a": "text"}, id="jq: key of a text"),
    ],
)
async def test_a_program_that_fails_on_a_body_raises(jq: Jq, data_path: str, body: Json) -> None:
    """A shape the expression does not expect is an error, never a page without items."""
    with pytest.raises(MappingError) as caught:
        await items(jq, data_path, body)

    assert WHERE in str(caught.value)
    assert data_path in str(caught.value)


async def test_the_error_of_a_failing_program_shows_keys_and_no_values(jq: Jq) -> None:
    """A person sees what the response had, without its contents in the log."""
    with pytest.raises(MappingError) as caught:
        await items(jq, ".users[] | .id", {"users": [5], "motto": "for your eyes only"})

    assert "motto" in str(caught.value)
    assert "eyes only" not in str(caught.value)


@pytest.mark.parametrize(
    ("data_path", "body", "rows"),
    [
        pytest.param(None, [1, 2, 3], 3, id="list body"),
        pytest.param(None, {"id": 1}, 1, id="object body"),
        pytest.param(None, None, 0, id="null body"),
        pytest.param(".users", {"users": [1, 2]}, 2, id="plain path"),
        pytest.param(".users[]", {"users": [1, 2]}, 2, id="plain path, iterated"),
        pytest.param(".users", {"users": [None, None]}, 2, id="nulls were sent too"),
        pytest.param(".users", {"users": None}, 0, id="null"),
        pytest.param(".users", {}, 0, id="absent"),
        pytest.param(".user", {"user": {"id": 1}}, 1, id="one object"),
        pytest.param(".users[]", {"users": {"u1": {}, "u2": {}, "u3": {}}}, 3, id="object by id"),
        pytest.param(".[]", {"u1": {}, "u2": {}, "u3": {}}, 3, id="object body by id"),
        pytest.param(".data[] | select(.x)", {"data": [{}, {}]}, 2, id="filter"),
        pytest.param("[.data[] | select(.x)]", {"data": [{}, {}]}, 2, id="collected filter"),
        pytest.param(".data | map(select(.x))", {"data": [{}, {}]}, 2, id="mapped filter"),
        pytest.param(".[] | select(.x)", [{}, {}], 2, id="filter on a list body"),
        pytest.param("map(select(.x))", [{}, {}], 2, id="mapped list body"),
        pytest.param(".groups[].rules[]", {"groups": [{"rules": [1, 2]}, {"rules": []}]}, 2),
        pytest.param(".users | to_entries[]", {"users": {"a": 1, "b": 2}}, 2, id="entries"),
        pytest.param("(.items // .values)[]", {"values": [{}, {}]}, 2, id="first absent"),
        pytest.param(
            "(.items // .values)[]", {"items": None, "values": [{}, {}]}, 2, id="first null"
        ),
        pytest.param(
            ".meta as $m | .data[] | .page = $m.page",
            {"meta": {"page": 1, "tags": ["x"]}, "data": [{}, {}, {}]},
            3,
            id="a variable in front",
        ),
        pytest.param(
            ". as $all | .data[] | .of = $all.org", {"org": 1, "data": [{}, {}]}, 2, id="the body"
        ),
        pytest.param(
            "if .ok then .data[] else empty end", {"ok": True, "data": [{}, {}]}, 2, id="condition"
        ),
    ],
)
def test_a_page_is_measured_by_what_the_api_sent(
    jq: Jq, data_path: str | None, body: Json, rows: int
) -> None:
    """Filters in ``data_path`` do not make a full page look short."""
    assert len(Extractor(data_path, WHERE, jq).measured(body, NO_ITEMS).rows) == rows


_ONE: Json = {"boards": [{"page": {"cursor": "x", "items": [{}, {}]}}], "meta": {"n": 1}}
_TWO: Json = {"boards": _ONE["boards"] * 2, "meta": {"n": 1}}


@pytest.mark.parametrize(
    ("data_path", "body", "holder"),
    [
        pytest.param(".meta.items", {"meta": {"items": []}}, {"items": []}, id="plain path"),
        pytest.param(".boards[].page.items", _ONE, _ONE["boards"][0]["page"], id="a list of one"),
        pytest.param(".boards[].page.items[]", _ONE, _ONE["boards"][0]["page"], id="iterated"),
        pytest.param(".boards[].page.items", _TWO, _TWO, id="a list of two"),
        pytest.param(".boards[].page.items", {"boards": []}, {"boards": []}, id="an empty list"),
        pytest.param(".boards[].items", _ONE, _ONE, id="a way that breaks off"),
    ],
)
def test_the_object_around_the_list(jq: Jq, data_path: str, body: Json, holder: Json) -> None:
    """Through lists of one a way leads to a single object, and what it says of its list counts."""
    assert Extractor(data_path, WHERE, jq).holder(body) == holder


async def test_jq_does_not_see_the_process_environment(
    jq: Jq, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mapping cannot read the container's variables, unless Ocean's setting allows it."""
    monkeypatch.setenv("OCEAN_TEST_VALUE", "from the environment")
    program = "[env.OCEAN_TEST_VALUE, $ENV.OCEAN_TEST_VALUE][]"
    seeing = JqWorker(environment=True)

    assert await items(jq, program, {}) == []
    assert await items(seeing, program, {}) == [{"value": "from the environment"}] * 2
    await seeing.aclose()


@given(body=BODIES)
@one_worker
async def test_items_are_objects_that_json_can_carry(jq: Jq, body: Json) -> None:
    """Whatever a response holds, Ocean gets a list of JSON objects."""
    found = await items(jq, None, body)

    assert all(isinstance(item, dict) for item in found)
    assert json.loads(json.dumps(found)) == found
