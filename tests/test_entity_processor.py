"""The integration's entity processor finds what Ocean's own finds, and is the one Ocean uses.

Ocean's processor is the reference: both map the same items, and everything they give and say is
compared. `--hypothesis-profile=nightly` tries more mappings.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from loguru import logger
from port_ocean.context.ocean import ocean
from port_ocean.core.handlers.entity_processor.jq_entity_processor import JQEntityProcessor
from port_ocean.core.handlers.port_app_config.models import ResourceConfig
from port_ocean.exceptions.core import OceanAbortException
from port_ocean.ocean import Ocean
from port_ocean.utils.misc import get_integration_class

from errors import Where
from framework.identities import is_identifier
from framework.mapping import FusedEntityProcessor, MappingRun, begin_mapping
from jq_engine.programs import without_values
from jq_engine.worker import JqLimits, JqWorker
from overrides import EndpointResource
from tests.fault_api import FaultApi, answer, pages
from tests.resync import REPOSITORY, Installation, resource
from tests.world import World, assert_nothing_lost, entities, named

Json = Any
_DIGITS = re.compile(r"\d{16,}")


def peak_memory_bytes() -> int:
    """The most memory this process has had so far."""
    return 1024 * getrusage(RUSAGE_SELF).ru_maxrss


# --- two processors, side by side -----------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """All that a processor gives and says about a batch, in values that compare by type too."""

    passed: list[str]
    failed: list[str]
    errors: list[str]
    misconfigured: dict[str, str]
    reports: list[str]
    searches: set[tuple[str, str]]
    """Field and pattern of the searches that were logged as failed."""


class Noted(JqWorker):
    """A worker that notes how often and where it was asked to run a program."""

    def __init__(self, worker: JqWorker, ran: list[str] | None = None) -> None:
        super().__init__()
        self.worker = worker
        self.ran = [] if ran is None else ran

    async def run(self, program: str, text: bytes, *, where: Where) -> bytes:
        """What the worker gives."""
        self.ran.append(str(where))
        return await self.worker.run(program, text, where=where)

    async def check(self, program: str, *, where: Where) -> None:
        """What the worker thinks of a program."""
        await self.worker.check(program, where=where)


class InResync(FusedEntityProcessor):
    """The processor under test, as it is within a resync of one resource."""

    def __init__(self, worker: JqWorker) -> None:
        super().__init__(ocean)
        self.jq = Noted(worker)
        self._run = MappingRun(self.jq, str, str)

    def mapping_run(self) -> MappingRun:
        """The resource that is compared."""
        return self._run

    @property
    def unjudged(self) -> int:
        """Of how many items the query said neither true nor false."""
        return self._run.query.unjudged if self._run.query else 0


@dataclass
class Bench:
    """Runs batches through a processor; the log is a file, which Ocean's forks write to as well."""

    log: Path
    worker: JqWorker

    async def compared(
        self,
        mapping: ResourceConfig,
        items: list[Json],
        *,
        parse_all: bool = False,
        runs: int | None = 1,
    ) -> Result:
        """What Ocean's processor gives, once it is sure that ours gives the same.

        Ours runs jq so often, whatever the mapping and the items; None where it may vary.
        """
        oceans, ours = JQEntityProcessor(ocean), InResync(self.worker)
        theirs = await self.result(oceans, mapping, items, parse_all=parse_all)
        errors = await _errors_of_one_pass(oceans, mapping, theirs.errors)
        found = await self.result(ours, mapping, items, parse_all=parse_all)
        theirs = _without_nameless(theirs, found.reports)
        # What Ocean makes an error for each item is counted here, and one error at the end.
        assert found == replace(theirs, errors=errors if found.errors else [])
        assert found.errors or ours.unjudged == len(errors)
        assert runs is None or len(ours.jq.ran) == runs
        return found

    async def result(
        self,
        processor: JQEntityProcessor,
        mapping: ResourceConfig,
        items: list[Json],
        *,
        parse_all: bool = False,
    ) -> Result:
        """What one processor gives and says; when it raises, only that error."""
        self.log.unlink(missing_ok=True)
        sink = logger.add(self.log, level="WARNING", serialize=True)
        try:
            result = await processor.parse_items(mapping, items, parse_all)
        except Exception as error:  # noqa: BLE001 (whatever it is, both must raise it)
            return Result([], [], [repr(error)], {}, [], set())
        finally:
            logger.remove(sink)
        records = [json.loads(line)["record"] for line in self.log.read_text().split("\n") if line]
        messages = [record["message"] for record in records]
        return Result(
            passed=[_text(entity.dict()) for entity in result.entity_selector_diff.passed],
            failed=[_text(entity.dict()) for entity in result.entity_selector_diff.failed],
            errors=[_error(error) for error in result.errors],
            misconfigured=result.misconfigured_entity_keys,
            reports=sorted(
                one for one in messages if one.startswith("Unable") or " of batch " in one
            ),
            searches={
                (record["extra"]["field"], record["extra"]["pattern"])
                for record in records
                if record["message"].startswith("Search failed")
                # In lists Ocean logs an expression without an output as well; elsewhere not.
                and record["extra"]["error"] != "StopIteration()"
            },
        )


def _without_nameless(theirs: Result, reports: list[str]) -> Result:
    """Ocean's result without entities such as "null": ours leaves those out, and reports more."""
    named = [one for one in theirs.passed if is_identifier(json.loads(one)["identifier"])]
    return theirs if named == theirs.passed else replace(theirs, passed=named, reports=reports)


def _error(error: Exception) -> str:
    # Ocean lets the iterator over the outputs of an empty query speak, in two ways.
    # The values it quotes are cut, and ours quotes none.
    text = f"{type(error).__name__}({without_values(str(error))!r})"
    if "StopIteration" in text or "got none" in text:
        return "none"
    return _DIGITS.sub(lambda one: f"{float(one[0])}", text)


async def _errors_of_one_pass(
    processor: JQEntityProcessor, mapping: ResourceConfig, errors: list[str]
) -> list[str]:
    """Ocean's errors without those of its second pass, which repeats the first one's."""
    mappings = mapping.port.entity.mappings.dict(exclude_unset=True)
    _, second = await processor.separate_compileable_and_uncompileable_patterns_and_warmup_cache(
        mappings
    )
    if not second or len(errors) == 1:  # one error: what the processor raised
        return errors
    assert errors[::2] == errors[1::2]
    return errors[::2]


def _text(value: Json) -> str:
    # As text 1, 1.0 and true differ. Large integers are exact in ours, and rounded in Ocean's.
    return json.dumps(_rounded(value), sort_keys=True)


def _rounded(value: Json) -> Json:
    match value:
        case dict():
            return {key: _rounded(inner) for key, inner in value.items()}
        case list():
            return [_rounded(inner) for inner in value]
        case int() if abs(value) >= 2**53:
            return float(value)
        case _:
            return value


@pytest.fixture
async def app(installation: Installation) -> AsyncIterator[Ocean]:
    """The real app, for its settings and its way to the catalog."""
    async with installation.booted() as app:
        # Ocean's client is opened by the first request: here, so that it is closed here as well.
        await ocean.port_client.get_blueprint("item")
        yield app


@pytest.fixture
async def bench(app: Ocean, tmp_path: Path) -> AsyncIterator[Bench]:
    """Both processors, in the app."""
    del app
    worker = JqWorker(environment=True)
    yield Bench(tmp_path / "log", worker)
    await worker.aclose()


def mapped(query: str = "true", **mappings: Json) -> ResourceConfig:
    """A resource with these mappings."""
    whole = {"identifier": '.id // "none" | tostring', "blueprint": '"item"', **mappings}
    return EndpointResource.parse_obj(
        {
            "kind": "/items",
            "selector": {"query": query},
            "port": {"entity": {"mappings": whole}},
        }
    )


def searched(**rules: str) -> Json:
    """A query for entities, as identifiers, relations and teams may be."""
    return {
        "combinator": '"and"',
        "rules": [
            {"property": f'"{name}"', "operator": '"="', "value": value}
            for name, value in rules.items()
        ],
    }


def nested(depth: int) -> Json:
    """A list in a list in a list."""
    inner: Json = []
    for _ in range(depth):
        inner = [inner]
    return inner


# --- expressions ----------------------------------------------------------------------------

ITEMS: list[Json] = [
    {"id": 1, "a": "x", "b": {"c": [1, 2]}, "name": "one"},
    {"id": "2", "a": None, "b": None},
    {"id": 3, "a": [1, "2", None, {"c": True}], "b": [], "c": 2**53 + 1},
    {"id": 4.0, "a": {"b": {"c": 1.0}}, "b": "it's", "c": -0.5},
    {"id": True, "a": 12345678901234567890, "b": 1e300, "c": 1e-7},
    {"a": "2", "b": False, "c": "\x00 é \U0001f600 \" \\ '"},
    {"id": 0, "a": "", "a b": 1, "c": 1.50},
    {},
]
FUSIBLE = [
    *(".", ".a", ".b.c", ".a.b.c", '."a b"', '.["a"]', ".a[]", ".a[0]", ".a[0]?", ".a?", "..|.c?"),
    *("empty", "null", "true", "1", "1.0", "-1", "1e1000", "nan", "infinite", '"x"', "'x'", "[]"),
    *("'it''s'", "' x '", ".a == 'x'", '.a == "x"', '"\\(.a)-\\(.b)"', '"#"', "\"'x'\""),
    *("error", 'error("boom")', "error(null)", "error({a: 1})", "error(1)", 'error("two\\nlines")'),
    *("[.a[]?]", ".a, .b", "(.a, .b) | tostring", ".a // .b", ".a | tonumber", ".a | length"),
    *("empty, .a", '.a, error("late")', 'empty, error("early")', "first(.a[]?)", "select(.a)"),
    *("def f: .a; f", "def first(f): 7; first(.a)", ".a as $x | [$x, $x]", ". as {a: $x} | $x"),
    *("reduce .a[]? as $x (0; . + 1)", "foreach (1, 2) as $x (0; .)"),
    *("label $out | .a[]? | ., break $out", "limit(2; .a[]?)", "try error catch .", "try .a[] "),
    *(".a # comment", ".a # comment \\", ".a # one\n# two", "# before\n.a", ".a # )", ".a #\\\\"),
    *("tojson", "@base64", "@json", "keys", "to_entries", ".a * 2", ".c + 0", ".c"),
    *(
        "[..] | length",
        "not",
        "{a, b: .c}",
        '. + {x: 1.0, "y z": [1.50]}',
        "[paths]",
        "(.c? // .a)",
    ),
    *("if .a then .b else empty end", "if .a then .b end", ".a | ascii_downcase", "ltrimstr(1)"),
    *('.a | test("x")', 'getpath(["a", "b"])', ".a | tostring", ".c | tostring", ".input", ".env"),
    *(
        ".id | todate",
        "now | type",
        "[.[]?]",
        "[limit(3; repeat(1))]",
        "any",
        "[.[] | numbers]",
    ),
    *("\n.a\n", " .a ", "\t.a |\n.b", '.. | select(type == "number")', '[splits("a")]', ".[]?.c?"),
]
# No program by itself, though some would be one among others.
NO_PROGRAM = [
    *("", " ", "# only", ".a |", ".a) | (.b", ".a] | [.b", "$item", "$passed", ".a catch"),
    *("break $x", ".a?//.b", 'include "x"; .a', 'import "x" as x; .', "f(.a)", "'", "+1", '"\\(.a'),
    *("$__prog_args", ".a/*.b", '"\\%"', "def f: .a;", "# only \\", "{(1 * 2): .a}", "\x0b.a"),
]
# Programs that find something else, or fail, where they are put among others without care.
DELICATE = [
    *(". as {a: $x} ?// [$x] | $x", ". as {$id} ?// $id | $id, error"),
    *(". as [$x] ?// {a: $x} | $x", ".a as [$x] ?// $x | $x, .b", ". as [$x] ?// $x | empty"),
    *(".[]? as [$x] ?// $x | $x | tonumber", '. as [$x] ?// {$a} | error("x")', '"?//", .a'),
    *("env | type", "$ENV | type", "$ENV.PATH", "env.PATH", "env.x // .a", "{env: .a}"),
]
# An error that looks like a `break`. Within a `limit` or a `label` jq's count of all labels so far
# decides what becomes of it, with Ocean's processor too: those are not compared.
BREAKS = ['error({"__jq": 0})', 'try error({"__jq": 0}) catch .', '.a, error({"__jq": 0})']
LINES = ["$__loc__", "\n[$__loc__, .a]", ".a # one\n| {$__loc__} # two", '"\\($__loc__)", $__loc__']
REFUSED = {
    "input": "input",
    "[inputs]": "inputs",
    ".a | debug": "debug",
    'debug("x")': "debug",
    "stderr": "stderr",
    "halt": "halt",
    'halt, "x"': "halt",
    '"x" | halt_error': "halt_error",
    "input_line_number": "input_line_number",
    "input_filename": "input_filename",
    "get_search_list": "get_search_list",
    '"x" | modulemeta': "modulemeta",
    "module {}; .a": "module, import or include",
}


async def test_expressions_find_what_they_find_alone(bench: Bench) -> None:
    """Every kind of expression, on every kind of item, finds the same among all others."""
    every = [*FUSIBLE, *NO_PROGRAM, *DELICATE, *BREAKS]
    mapping = mapped(properties={f"p{number}": text for number, text in enumerate(every)})

    result = await bench.compared(mapping, ITEMS)

    # Null and "" are no identifiers; 0 is the text "0".
    assert len(result.passed) == len(ITEMS)
    assert result.searches


@pytest.mark.parametrize(
    "items",
    [
        pytest.param(ITEMS, id="all"),
        pytest.param(ITEMS[:1], id="one", marks=pytest.mark.exhaustive),
    ],
)
async def test_what_must_be_fused_with_care(
    bench: Bench, subtests: pytest.Subtests, items: list[Json]
) -> None:
    """An expression that is no program, or would differ among others, is what it is alone."""
    for text in (*NO_PROGRAM, *DELICATE, *BREAKS):
        with subtests.test(text=text):
            mapping = mapped(properties={"odd": text, "plain": ".name"})

            result = await bench.compared(mapping, items)

            assert len(result.passed) == len(items)


@pytest.mark.parametrize("text", LINES)
async def test_the_line_of_an_expression_is_its_own(bench: Bench, text: str) -> None:
    """Where jq gives the line of a program, that is the line in the expression."""
    mapping = mapped(".id != 0", title=".a\n\n", properties={"first": ".b\n", "odd": text})

    await bench.compared(mapping, ITEMS, runs=2)
    await bench.compared(mapped(f"({text}\n) | type != 7", title=".a"), ITEMS)


async def test_what_is_not_for_mappings_fails_the_resource(
    bench: Bench, subtests: pytest.Subtests
) -> None:
    """What would reach out of the program ends the resource, whose error names it."""
    for text, refused in REFUSED.items():
        mappings = {
            "selector.query": mapped(text),
            "properties.odd": mapped(properties={"odd": text}),
            "relations.odd.rules.value": mapped(relations={"odd": searched(a=text)}),
        }
        for path, mapping in mappings.items():
            with subtests.test(text=text, path=path):
                with pytest.raises(OceanAbortException) as caught:
                    await InResync(bench.worker).parse_items(mapping, ITEMS)

                assert str(caught.value) == (
                    f"kind '/items': {path} {text!r} uses {refused}, which is not for mappings;"
                    " remove it"
                )


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        pytest.param([{"id": 1}, {"id": "\ud800"}], "surrogates", id="half a surrogate pair"),
        pytest.param([{"id": 1}, {"id": object()}], "unsupported", id="no JSON"),
        pytest.param([{"id": 1, "a": nested(100_000)}], "recursion", id="nested too deeply"),
    ],
)
async def test_what_cannot_be_run_fails_the_resource(
    bench: Bench, items: list[Json], reason: str
) -> None:
    """Where not even jq can be asked, the resource ends in an error, and no item is left out."""
    with pytest.raises(OceanAbortException, match=rf"kind '/items': .* on these items: .*{reason}"):
        await InResync(bench.worker).parse_items(mapped(), items)


JUDGED = [
    *("true", "false", ".a", ".a == null", "empty", "null", "1", '"true"', "error", "nan"),
    *('error("x")', ".a | not", ".a[]", "true, false", "(.a | not), false", "'x' == .a"),
    *("(.id | tonumber) > 2", '.b | startswith("i")', "true # yes", ".id == 1"),
    *(*DELICATE, 'error("")', "error(null)", "error({a: 1})", "[.a, 1e300]"),
]


@pytest.mark.parametrize("parse_all", [False, pytest.param(True, marks=pytest.mark.exhaustive)])
async def test_queries_are_judged_as_ocean_judges_them(
    bench: Bench, subtests: pytest.Subtests, *, parse_all: bool
) -> None:
    """A boolean selects; everything else, and a failure, is an error in Ocean, counted here."""
    for query in JUDGED:
        with subtests.test(query=query):
            mapping = mapped(query, title=".name", properties={"a": ".a"})

            await bench.compared(mapping, ITEMS, parse_all=parse_all)


@pytest.mark.parametrize("query", [*NO_PROGRAM, "True", "False", "true | # \\"])
async def test_a_query_that_is_no_program_fails_the_resource(bench: Bench, query: str) -> None:
    """Ocean makes an error of it for each item; here the first batch is enough."""
    with pytest.raises(
        OceanAbortException, match=r"^kind '/items': selector\.query .* is not a jq"
    ):
        await InResync(bench.worker).parse_items(mapped(query), ITEMS)


async def test_search_identifiers_relations_and_teams_are_fused(bench: Bench) -> None:
    """Queries for entities, nested ones too, are filled in as Ocean fills them in."""
    nested = {"combinator": '"or"', "rules": [searched(a=".a"), *searched(b=".b.c")["rules"]]}
    mapping = mapped(
        identifier=searched(name=".name", other=".a"),
        team=searched(**{"$identifier": ".a"}),
        relations={"plain": ".a", "found": searched(a=".a | tonumber"), "nested": nested},
    )

    result = await bench.compared(mapping, ITEMS)

    assert "relations.nested.rules.rules.value" in result.misconfigured


@pytest.mark.parametrize(
    "mappings",
    [
        pytest.param({}, id="identifier and blueprint only"),
        pytest.param({"title": None}, id="null for an expression"),
        pytest.param({"icon": ".a"}, id="an icon that is no text"),
        pytest.param({"icon": '"Star"', "team": '["a", .a]', "title": ".a"}, id="all fields"),
        pytest.param({"identifier": ".id"}, id="falsy identifiers"),
        pytest.param({"blueprint": ".a"}, id="a computed blueprint"),
        pytest.param({"properties": {}, "relations": {"r": "[.a, .b]"}}, id="no properties"),
        pytest.param({"properties": {"a.b": ".a", "": ".b", "__proto__": ".c"}}, id="odd names"),
    ],
)
async def test_mappings_make_the_entities_that_ocean_makes(
    bench: Bench, mappings: dict[str, Json]
) -> None:
    """Whatever fields a mapping has, entities, errors and reports are Ocean's."""
    await bench.compared(mapped(**mappings), ITEMS)


async def test_large_integers_stay_exact(bench: Bench) -> None:
    """An integer beyond 2^53 is what the API sent, where Ocean's processor would round it."""
    mapping = mapped(title=".id", properties={"all": "."})

    result = await InResync(bench.worker).parse_items(
        mapping, [{"id": 2**53 + 1, "x": 1.0, "y": 2.5}]
    )

    (entity,) = result.entity_selector_diff.passed
    assert entity.title == 2**53 + 1
    assert json.dumps(entity.properties) == '{"all": {"id": 9007199254740993, "x": 1, "y": 2.5}}'


async def test_an_expression_that_fails_is_logged_once_a_batch(bench: Bench) -> None:
    """The log names field, expression, reason and how many items, and does not repeat itself."""
    mapping = mapped(properties={"n": ".a | tonumber"})
    items = [{"id": number, "a": "x"} for number in range(5)]

    result = await bench.result(InResync(bench.worker), mapping, items)

    assert len(result.passed) == 5
    (line,) = [line for line in bench.log.read_text().splitlines() if "Search failed" in line]
    message = json.loads(line)["record"]["message"]
    assert message.startswith("Search failed for field 'properties.n' - pattern: .a | tonumber: ")
    assert message.endswith("(5 of 5 items)")


# --- any mapping, any items -----------------------------------------------------------------

KEYS = st.sampled_from(["id", "a", "b", "c", "name", "a b"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)
BATCHES = st.lists(st.dictionaries(KEYS, VALUES, max_size=5), min_size=1, max_size=6)
ATOMS = st.sampled_from([*FUSIBLE * 3, *DELICATE, *LINES])
PIECES = st.lists(
    st.sampled_from([*".abc|,()[]{}\"'#\\$;:?/ \n1", " as ", "$ENV", "def "]), max_size=9
).map("".join)
COMPOSED = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("{} | {}".format, inner, inner),
        st.builds("({}\n) // ({}\n)".format, inner, inner),
        st.builds("[{}\n], .a".format, inner),
        st.builds("try ({}\n) catch .".format, inner),
        st.builds("if ({}\n) then ({}\n) else empty end".format, inner, inner),
        st.builds("[limit(2; {}\n)]".format, inner),
        st.builds("(.a[]? | {}\n) as $x | $x, .b".format, inner),
    ),
    max_leaves=4,
)


EXPRESSIONS = st.one_of(COMPOSED, COMPOSED, COMPOSED, PIECES, st.sampled_from(NO_PROGRAM))
SEARCHES = st.builds(lambda one, other: searched(a=one, b=other), EXPRESSIONS, COMPOSED)
MAPPINGS = st.fixed_dictionaries(
    {
        "identifier": st.sampled_from([".id | tostring", ".id", ".a"]) | COMPOSED | SEARCHES,
        "properties": st.dictionaries(st.text(min_size=1, max_size=3), EXPRESSIONS, max_size=6),
    },
    optional={
        "title": EXPRESSIONS | st.none(),
        "icon": st.sampled_from([".a | tostring", '"Star"', ".b"]),
        "team": st.sampled_from([".a | tostring", '["x"]', "[.a]", "null"]) | SEARCHES,
        "blueprint": st.sampled_from(['"item"', "'item'", ".a", 'if .a then "item" end']),
        "relations": st.dictionaries(KEYS, EXPRESSIONS | SEARCHES, max_size=3),
    },
)
QUERIES = st.sampled_from(
    [
        *(["true"] * 8 + [".a != null"] * 3 + ["(.a | not)", "(.b // 1) == 1", "false"]),
        *(".a as [$x] ?// $x | $x == null", "$ENV.PATH != null"),
        *("true, error", "[.[]?] | length > 1", ".a", "empty", 'error("x")', ".id | tonumber > 1"),
    ]
)


@given(mappings=MAPPINGS, query=QUERIES, items=BATCHES, parse_all=st.booleans())
@settings(
    max_examples=settings().max_examples // 4,  # Ocean forks for each
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_any_mapping_gives_what_ocean_gives(
    bench: Bench, mappings: dict[str, Json], query: str, items: list[Json], *, parse_all: bool
) -> None:
    """Entities, errors, misconfigured keys and reports are the same for both processors."""
    # The line of an expression takes a run of its own.
    await bench.compared(mapped(query, **mappings), items, parse_all=parse_all, runs=None)


# --- whole resyncs --------------------------------------------------------------------------


async def test_ocean_finds_this_processor(app: Ocean) -> None:
    """Ocean takes the processor from the integration's class, for a resync as in a test."""
    found = get_integration_class(str(REPOSITORY))

    assert found
    assert found.EntityProcessorClass is FusedEntityProcessor
    assert isinstance(app.integration.entity_processor, FusedEntityProcessor)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where jq is run for mappings from now on."""
    ran: list[str] = []

    def noted(
        jq: JqWorker, redact: Callable[[str], str], quoted: Callable[[Json], str]
    ) -> MappingRun:
        return begin_mapping(Noted(jq, ran), redact, quoted)

    monkeypatch.setattr("framework.resync_context.begin_mapping", noted)
    return ran


async def test_a_resync_maps_every_batch_by_one_program(
    api: FaultApi, installation: Installation, ran: list[str]
) -> None:
    """Whatever a mapping reads, and whatever of it is no program."""
    api.serve("/items", answer(named(1, 2)))
    api.serve("/teams", answer(named(3)))
    teams: Json = resource("/teams", "team", seen="env | type")
    teams["port"]["entity"]["mappings"]["properties"]["name"] = ".name |"
    installation.mapping = [resource("/items", seen=".name | length", query=".id > 1"), teams]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert ran == ["selector.query and mappings"] * 2
    assert outcome.entities == {"item/2", "team/3"}
    assert installation.seen() == {"2": 5}
    assert installation.seen("team") == {"3": "object"}


async def test_items_to_parse_are_mapped_one_by_one(
    api: FaultApi, installation: Installation, ran: list[str]
) -> None:
    """What Ocean's `itemsToParse` makes of an item is mapped by the fused program."""
    api.serve("/items", answer([{"id": 1, "parts": [{"id": "a"}, {"id": "b"}]}]))
    split: Json = resource("/items", identifier='"\\(.id)-\\(.part.id)"', seen=".parts")
    split["port"] |= {"itemsToParse": ".parts", "itemsToParseName": "part"}
    installation.mapping = [split]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == {"item/1-a", "item/1-b"}
    assert installation.seen() == {"1-a": None, "1-b": None}
    assert ran == [
        *["itemsToParse " + one for one in ("'.parts'", "'. | del(.parts)'")],
        "selector.query and mappings",
    ]


ENDLESS = "last(range(1e12))"
LARGE = '"x" * 1e9'


def changed(*, split: str | None = None, **mappings: object) -> Json:
    """The resource `/items` with other mappings; `split` is its `itemsToParse`."""
    changed: Json = resource("/items", data_path=".items")
    changed["port"]["entity"]["mappings"] |= mappings
    if split is not None:
        changed["port"]["itemsToParse"] = split
    return changed


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(resource("/items", data_path=".items", seen="def f: f; f"), id="property"),
        pytest.param(
            resource("/items", data_path=".items", query=ENDLESS),
            id="query",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            changed(identifier=f"$__loc__ | {ENDLESS}"),
            id="beside a line",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            changed(identifier=f"env | {ENDLESS}"),
            id="beside the environment",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            changed(identifier=f". as [$x] ?// $x | {ENDLESS}"),
            id="an alternative",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            changed(identifier=". as [$x] ?// $x | repeat(1)"),
            id="outputs without end",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            changed(blueprint=ENDLESS, properties={"name": ".) | (."}),
            id="beside no program",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            changed(blueprint=ENDLESS, title=None), id="beside null", marks=pytest.mark.exhaustive
        ),
        pytest.param(
            changed(identifier=searched(name=ENDLESS)),
            id="in a search",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(changed(properties={"seen": f"{LARGE} | length"}), id="large while it runs"),
        pytest.param(changed(properties={"seen": LARGE}), id="large as it is compiled"),
        pytest.param(
            resource("/items", data_path=".items", query=LARGE),
            id="a large query",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            changed(split=f"[{ENDLESS}]"), id="itemsToParse", marks=pytest.mark.exhaustive
        ),
        pytest.param(changed(split=LARGE), id="a large itemsToParse", marks=pytest.mark.exhaustive),
        pytest.param(
            changed(split=f"[.[{ENDLESS}]?]"),
            id="a search in itemsToParse",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            changed(split=f'.[{ENDLESS}, "id"] | []'),
            id="what is left of it",
            marks=pytest.mark.exhaustive,
        ),
    ],
)
async def test_a_mapping_beyond_its_limits_fails_its_kind_only(
    world: World, monkeypatch: pytest.MonkeyPatch, mistake: Json
) -> None:
    """A program that was stopped is an error of its kind: nothing is deleted, the others sync.

    It takes no memory here, and leaves no process behind.
    """
    # Time enough for what is no mistake, however slow the machine is.
    limits = JqLimits(seconds=2, memory_bytes=200 * 1024 * 1024)
    monkeypatch.setattr("resync.session.JqWorker", partial(JqWorker, limits=limits))
    world.installation.mapping[0] = mistake
    memory = peak_memory_bytes()

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "kind '/items': ")
    assert re.search("took longer than 2 seconds|more than 200 MB of memory", outcome.message)
    assert "team/new" in outcome.entities
    assert peak_memory_bytes() - memory < 200 * 1024 * 1024
    assert psutil.Process().children(recursive=True) == []


async def test_a_resource_that_cannot_be_split_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch, ran: list[str]
) -> None:
    """After `itemsToParse` Ocean goes on with the next batch; here a limit is met only once."""
    monkeypatch.setattr("resync.session.JqWorker", partial(JqWorker, limits=JqLimits(seconds=2)))
    monkeypatch.setattr("resync.session.BATCH_ITEMS", 2)
    world.installation.mapping[0] = changed(split=f"[{ENDLESS}]")

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "kind '/items': itemsToParse '[last(range(1e12))]' took longer")
    assert len([where for where in ran if "itemsToParse" in where]) == 1


async def test_what_a_batch_that_cannot_be_mapped_leaves_open_is_closed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ocean just drops the items of such a kind: walk, connections and jq end all the same."""
    monkeypatch.setattr("resync.session.JqWorker", partial(JqWorker, limits=JqLimits(seconds=2)))
    # More than may wait to be mapped: the walk is in the middle when the first batch fails.
    world.items += named(*range(8, 3000))
    world.installation.settings["page_size"] = 100
    world.installation.mapping = [resource("/items", data_path=".items", seen="def f: f; f")]

    outcome = await world.installation.resync()

    assert not outcome.complete
    async with asyncio.timeout(60):
        while beside := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(beside)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        pytest.param({"identifier": ".idd"}, ["identifier '.idd'"], id="typo"),
        pytest.param({"identifier": '.idd // ""'}, ["identifier '.idd // "], id="empty text"),
        pytest.param({"identifier": ".id | error"}, ["identifier '.id | error'"], id="failure"),
        pytest.param({"identifier": ".idd |"}, ["'.idd |'"], id="no program"),
        pytest.param({"identifier": ".idd, $__loc__.x"}, ["$__loc__"], id="run apart"),
        pytest.param({"query": '.name | startswith("the")', "identifier": ".x"}, [], id="query"),
    ],
)
async def test_an_identifier_that_gives_nothing_for_every_item_deletes_nothing(
    world: World, mistake: dict[str, Any], words: list[str]
) -> None:
    """When no item that passed the query makes an entity, the error names the expression."""
    world.installation.mapping[0] = resource("/items", data_path=".items", **mistake)

    outcome = await world.installation.resync()

    assert_nothing_lost(
        outcome, "kind '/items': identifier", "each of 7 items", "the keys id, name", *words
    )
    assert "team/new" in outcome.entities


@pytest.mark.parametrize(
    "answered", [{"ret": -4, "desc": "token frozen"}, "token frozen"], ids=["object", "text"]
)
async def test_the_words_of_what_is_none_of_the_items_are_quoted(
    api: FaultApi, world: World, answered: Json
) -> None:
    """Where the list itself is the answer, the API's own words say why none came."""
    api.serve("/items", answer(answered))
    world.installation.mapping[0] = resource("/items")

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "kind '/items'", "token frozen")
    assert "selector.query" not in outcome.message


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        pytest.param(changed(identifier=".id, input"), "uses input, which is not", id="refused"),
        pytest.param(changed(split="[inputs]"), "uses inputs, which is not", id="split"),
        pytest.param(changed(split=".parts |"), "is not a jq program (syntax", id="none"),
        pytest.param(changed(split=".prts"), "gave a list for none of 7 items", id="typo"),
        pytest.param(changed(split=".id[]"), "gave a list for none of 7", id="failure"),
        pytest.param(
            changed(split="[.id]"), "itemsToParseTopLevelTransform to false", id="no path"
        ),
        pytest.param(
            resource("/items", data_path=".items", query=".id"), "a boolean is needed", id="query"
        ),
        pytest.param(
            resource("/items", data_path=".items", query=".id |"), "syntax", id="no query"
        ),
    ],
)
async def test_a_mapping_that_cannot_be_meant_deletes_nothing(
    world: World, mistake: Json, words: str
) -> None:
    """Where Ocean would leave every item out with a warning, the resource fails."""
    world.installation.mapping[0] = mistake

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, words)
    assert "team/new" in outcome.entities


async def test_items_without_parts_are_left_out(api: FaultApi, installation: Installation) -> None:
    """Some items may have no list for `itemsToParse`, as in Ocean, and lists may be empty."""
    items: list[Json] = [{"id": 1, "parts": []}, {"id": 2}, {"id": 3, "parts": [{"id": "a"}]}]
    api.serve("/items", answer(items))
    split: Json = resource("/items", identifier='"\\(.id)-\\(.item.id)"')
    split["port"]["itemsToParse"] = ".parts"
    installation.mapping = [split]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities == {"item/3-a"}


@pytest.mark.parametrize(
    ("split", "parts", "words"),
    [
        pytest.param(".parts", {"id": "b"}, "gave an object for 1 of 3 items", id="an object"),
        pytest.param(".parts", "b", 'gave the text "b" for 1 of 3 items', id="a text"),
        pytest.param(".parts | map(.id)", 7, "failed (Cannot iterate over number", id="a failure"),
        pytest.param(".parts.all", "b", "failed (Cannot index string", id="a path that fails"),
    ],
)
async def test_parts_in_another_form_are_not_lost(
    world: World, split: str, parts: Json, words: str
) -> None:
    """Ocean leaves such an item out with a warning, and would delete what its parts made before.

    As XML becomes JSON, and in other APIs, a list of one is its only element.
    """
    lists: dict[str, Json] = {".parts.all": {"all": [{"id": "a"}]}}
    items = [{"id": 1, "parts": lists.get(split, [{"id": "a"}])}, {"id": 2, "parts": parts}]
    world.api.serve("/items", answer({"items": [*items, {"id": 3, "parts": lists.get(split, [])}]}))
    world.installation.mapping[0] = changed(split=split)

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, f"kind '/items': itemsToParse '{split}'", words)
    assert "team/new" in outcome.entities


async def test_large_integers_survive_items_to_parse(
    api: FaultApi, installation: Installation
) -> None:
    """What is split stays exact, as everything else does."""
    api.serve("/items", answer([{"id": 2**53 + 1, "parts": [{"id": 2**53 + 3}]}]))
    split: Json = resource("/items", identifier='"\\(.id)-\\(.item.id)"')
    split["port"]["itemsToParse"] = ".parts"
    installation.mapping = [split]

    outcome = await installation.resync()

    assert outcome.entities == {"item/9007199254740993-9007199254740995"}


async def test_a_blueprint_that_gives_nothing_for_every_item_deletes_nothing(world: World) -> None:
    """As with identifiers."""
    broken: Json = resource("/items", data_path=".items")
    broken["port"]["entity"]["mappings"]["blueprint"] = ".type"
    world.installation.mapping[0] = broken

    assert_nothing_lost(await world.installation.resync(), "kind '/items': blueprint '.type' gave")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"query": ".id == 7"}, id="most left out by the query"),
        pytest.param({"query": "false"}, id="all left out by the query"),
    ],
)
async def test_items_may_be_left_out(
    api: FaultApi, installation: Installation, changes: dict[str, Any]
) -> None:
    """The query leaves items out on purpose, in whole batches too."""
    api.serve("/items", pages(named(1, 2, 3, 7)))
    installation.mapping = [resource("/items", data_path=".items", **changes)]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    assert outcome.entities <= entities("item", 7)


async def test_an_empty_collection_is_no_mistake(world: World) -> None:
    """Without items no expression is at fault: what is gone is deleted."""
    world.items.clear()

    outcome = await world.installation.resync()

    assert outcome.complete, outcome.formatted
    assert "item/gone" in outcome.deleted


async def test_an_identifier_that_fails_for_some_items_deletes_nothing(
    api: FaultApi, installation: Installation
) -> None:
    """Null may be meant; a failure costs an item its entity without anybody having said so."""
    items = [{"id": "A"}, {"id": "B"}]
    api.serve("/items", lambda _: answer({"items": items}))
    installation.mapping = [
        resource("/items", data_path=".items", identifier=".id | ascii_downcase")
    ]
    first = await installation.resync()
    items[1]["id"] = 7  # type: ignore[assignment] # what the API should not do

    outcome = await installation.resync()

    assert first.entities == entities("item", "a", "b")
    assert not outcome.complete
    assert outcome.deleted == set()
    assert "identifier '.id | ascii_downcase' failed for 1 of 2 items" in outcome.message
