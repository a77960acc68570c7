"""How a resync ends: one line, one more for each kind that failed, and nothing that only counts."""

from __future__ import annotations

import re

import pytest

from errors import MappingError, ResponseError, TransportError
from framework.failures import KindFailedError, is_ours, sentence_of
from tests import fault_api
from tests.fault_api import FaultApi, Reply, Request, answer
from tests.resync import Installation, Outcome, resource
from tests.world import World, assert_nothing_lost, named

COUNTS = (
    r"requests \d+, retries \d+, waited \d+\.\d s for limits, took \d+\.\d s"
    r"(; ended: [a-z0-9 ,]+)?"
)


def lines(outcome: Outcome, pattern: str) -> list[str]:
    """The lines of the log in which a pattern is found."""
    return [line for line in outcome.log.splitlines() if re.search(pattern, line)]


def complaints(outcome: Outcome, word: str) -> list[str]:
    """The errors and warnings that hold a word."""
    return [line for line in lines(outcome, "^(ERROR|WARNING)") if word in line]


# --- the lines at the end -------------------------------------------------------------------


async def test_a_resync_that_is_complete_ends_with_one_line(world: World) -> None:
    """It sums up kinds, items, entities, requests, retries and seconds, as INFO."""
    outcome = await world.installation.resync()

    (line,) = lines(outcome, "^[A-Z]+ Resync (complete|failed):")
    assert re.fullmatch(rf"INFO Resync complete: kinds 2, items 18, entities 9, {COUNTS}", line)
    (items,) = lines(outcome, "^INFO kind '/items' complete:")
    assert re.fullmatch(rf"INFO kind '/items' complete: items 7, entities 7, {COUNTS}", items)
    assert not lines(outcome, "^ERROR")


async def test_a_kind_that_failed_is_told_once_with_its_counts(world: World) -> None:
    """One line has its sentence and its counts; no traceback; the end of the resync is an error."""
    world.api.fail("/items", answer({"reason": "no such tenant"}, 403), on=2)

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "no such tenant")
    (line,) = complaints(outcome, "no such tenant")
    assert line.startswith("ERROR kind '/items': GET ")
    assert re.search(rf"\(items 2, entities 2, {COUNTS}\)$", line)
    assert "requests 2," in line
    (end,) = lines(outcome, "^[A-Z]+ Resync (complete|failed):")
    # The other kind was read once more, as something of it was to be deleted.
    assert end.startswith("ERROR Resync failed: kinds 2, failed 1 ('/items'), items 6, entities 4,")
    assert "Traceback" not in outcome.log


async def test_children_are_counted_when_one_of_them_fails(
    api: FaultApi, installation: Installation
) -> None:
    """The kind's line says how many children there were, and the group's own sentence."""
    api.serve("/items", lambda _: answer(named(1, 2, 3)))
    api.serve("/items/{}/notes", lambda request: answer(named(f"n{request.values[0]}")))
    api.fail("/items/2/notes", answer({"reason": "broken"}, 403))
    installation.mapping = [
        resource(
            "/items/{item}/notes", path_parameters={"item": {"endpoint": "/items", "field": ".id"}}
        )
    ]

    outcome = await installation.resync()

    assert not outcome.complete
    (line,) = complaints(outcome, "broken")
    assert re.search(rf"\(items 2, children 3, entities 2, {COUNTS}\)$", line)
    assert "Traceback" not in outcome.log


async def test_a_second_look_says_that_it_is_one(world: World) -> None:
    """What it reads and costs is a line of its own, and counts in the end's."""
    outcome = await world.installation.resync()

    looks = lines(outcome, "^INFO second look at kind '/items': items 7, requests [1-9]")
    assert len(looks) == 1
    assert len(lines(outcome, "^INFO kind '/items' complete")) == 1


async def test_a_mapping_that_cannot_be_read_ends_the_resync_without_a_traceback(
    world: World,
) -> None:
    """Nothing is read then, and the last line says so."""
    world.installation.mapping = [resource("/items", nonsense=1)]

    outcome = await world.installation.resync()

    assert not outcome.complete
    (end,) = lines(outcome, "^[A-Z]+ Resync (complete|failed):")
    assert end.startswith("ERROR Resync failed: kinds 0, items 0,")
    assert "Traceback" not in outcome.log


async def test_waits_for_a_limit_are_told(api: FaultApi, installation: Installation) -> None:
    """The seconds that an API asked for are waits for limits; those of an outage are none."""
    api.serve("/items", lambda _: answer(named(1)))
    api.serve("/teams", lambda _: answer(named(1)))
    api.fail("/items", answer({}, 429, Retry_After="1"), times=1)
    api.fail("/teams", answer({}, 503, Retry_After="1"), times=1)
    installation.settings = {"max_retry_wait": 3}
    installation.mapping = [resource("/items"), resource("/teams", "team")]

    outcome = await installation.resync()

    assert outcome.complete, outcome.formatted
    (items,) = lines(outcome, "^INFO kind '/items' complete")
    (teams,) = lines(outcome, "^INFO kind '/teams' complete")
    assert re.search(r"retries 1, waited [1-9]\.\d s for limits", items)
    assert "retries 1, waited 0.0 s for limits" in teams


# --- what Ocean would only count ---------------------------------------------------------------

BOOLEAN = "write '{}' in quotes: without them YAML makes it a boolean"
QUERIES = [
    pytest.param(True, ["selector.query 'True'", BOOLEAN.format("true")], id="true in YAML"),
    pytest.param(False, ["selector.query 'False'", BOOLEAN.format("false")], id="false in YAML"),
    pytest.param(1, ["selector.query '1' gave the number 1 for 7 of 7"], id="a number in YAML"),
    pytest.param(".open ==", ["'.open ==' is not a jq program"], id="no program"),
    pytest.param(".name | tonumber", ["failed (", "for 7 of 7 items"], id="fails on every item"),
    pytest.param(
        'if .id == 3 then error("odd") else true end',
        ["failed (odd) for 1 of 7 items"],
        id="fails on one item",
    ),
    pytest.param(".name", ['gave the text "', "for 7 of 7 items"], id="a text"),
    pytest.param(".missing", ["gave null for 7 of 7 items"], id="null"),
    pytest.param("empty", ["gave nothing for 7 of 7 items"], id="nothing"),
    pytest.param("[.id]", ["gave an array for 7 of 7 items"], id="an array"),
    pytest.param("{id}", ["gave an object for 7 of 7 items"], id="an object"),
    pytest.param('"x" * 500', ["gave the text of 502 characters"], id="a long text"),
]


@pytest.mark.parametrize(("query", "words"), QUERIES)
async def test_a_faulty_query_is_one_error_that_says_what_to_do(
    world: World, query: object, words: list[str]
) -> None:
    """It names the kind, the expression, what it gave and the remedy; nothing is deleted."""
    world.installation.mapping[0] |= {"selector": {"data_path": ".items", "query": query}}

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, *words)
    (line,) = complaints(outcome, "selector.query")
    assert line.startswith("ERROR kind '/items': selector.query")
    assert all(word in line for word in words)
    assert "Resync failed with 1 errors" in outcome.message
    assert "team/new" in outcome.entities


async def test_a_query_that_lets_no_item_pass_is_fine(world: World) -> None:
    """False is an answer: what the query leaves out is deleted."""
    world.installation.mapping[0] = resource("/items", data_path=".items", query="false")

    outcome = await world.installation.resync()

    assert outcome.complete, outcome.formatted
    assert "item/new" not in outcome.entities


async def test_a_limit_of_jq_is_told_and_not_only_counted(world: World) -> None:
    """What the mapping's program breaks is one line as well."""
    world.installation.mapping[0] = resource("/items", data_path=".items", seen="input")

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "uses input")
    (line,) = complaints(outcome, "uses input")
    assert line.startswith("ERROR kind '/items': properties.seen 'input' uses input")


async def test_entities_that_port_refuses_are_told_with_the_reason(world: World) -> None:
    """Ocean counts them, and has the reason in fields that no console shows."""
    world.installation.store.create_blueprint(
        {"identifier": "typed", "schema": {"properties": {"name": {"type": "number"}}}}
    )
    world.installation.mapping[1] = resource("/teams", "typed", data_path=".items")

    outcome = await world.installation.resync()

    (line,) = lines(outcome, "^ERROR Bulk upsert completed with entity-specific failures")
    assert re.search(r": 2 entities, the first: typed 'new': .*name", line)


async def test_an_entity_that_ocean_cannot_read_is_one_line(world: World) -> None:
    """An icon that is an object is refused by Ocean's model, whose text has several lines."""
    mappings = {"identifier": ".id", "blueprint": '"item"', "icon": "{a: 1}"}
    world.installation.mapping[0] |= {"port": {"entity": {"mappings": mappings}}}

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome)
    assert lines(outcome, "^ERROR kind '/items': 1 validation error for Entity; icon; .*took")


# --- the API is down ----------------------------------------------------------------------------

KINDS = [f"/k{number}" for number in range(6)]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault_api.RESET, id="reset"),
        pytest.param(answer({}, 503), id="503"),
        pytest.param(answer({}, 521), id="521"),
    ],
)
async def test_an_api_that_is_down_is_found_out_once(
    api: FaultApi, installation: Installation, fault: Reply
) -> None:
    """The first kind uses up its retries; each one after it makes one attempt in all."""
    for path in (*KINDS, "/k5/{}"):
        api.serve(path, lambda _: answer([]))
        api.fail(path, fault)
    installation.settings = {"max_retry_wait": 1}
    installation.mapping = [resource(kind) for kind in KINDS]
    values = {"n": {"values": [str(number) for number in range(8)]}}
    installation.mapping.append(resource("/k5/{n}", path_parameters=values))

    outcome = await installation.resync()

    assert not outcome.complete
    asked = [len(api.at(kind)) for kind in KINDS]
    assert asked[0] > 1
    assert asked[1:5] == [1, 1, 1, 1]
    assert len([path for path in api.paths() if path.startswith("/k5")]) == 2
    assert len(complaints(outcome, "the API seems to be down")) == 1
    assert len(lines(outcome, r"^ERROR kind '/k")) == 7
    assert len(complaints(outcome, "trying again in")) == 1


async def test_as_soon_as_one_request_succeeds_all_is_normal_again(
    api: FaultApi, installation: Installation
) -> None:
    """An endpoint that is always broken does not cost the others their retries."""
    for kind in KINDS[:3]:
        api.serve(kind, lambda _: answer(named(1)))
    api.fail(KINDS[0], answer({}, 500))
    api.fail(KINDS[2], answer({}, 503), times=1)
    installation.settings = {"max_retry_wait": 1}
    installation.mapping = [resource(kind) for kind in KINDS[:3]]

    outcome = await installation.resync()

    assert not outcome.complete
    assert [outcome.states[kind] for kind in KINDS[:3]] == ["failed", "completed", "completed"]


async def test_an_api_that_asks_to_come_later_is_not_down(
    api: FaultApi, installation: Installation
) -> None:
    """An endpoint that is always broken does not cost the next kind its wait for a rate limit."""
    for kind in KINDS[:2]:
        api.serve(kind, lambda _: answer(named(1)))
    api.fail(KINDS[0], answer({}, 500))
    api.fail(KINDS[1], answer({}, 429, Retry_After="1"), times=1)
    installation.settings = {"max_retry_wait": 2}
    installation.mapping = [resource(kind) for kind in KINDS[:2]]

    outcome = await installation.resync()

    assert [outcome.states[kind] for kind in KINDS[:2]] == ["failed", "completed"]
    assert len(api.at(KINDS[1])) == 2


async def test_a_kind_that_was_answered_is_no_outage(
    api: FaultApi, installation: Installation
) -> None:
    """One broken page fails its kind; the next kind is retried as always."""
    api.serve("/items", lambda _: answer({"items": named(1, 2), "next": "/later"}))
    api.serve("/later", lambda _: answer({"items": named(3)}))
    api.serve("/teams", lambda _: answer(named(1)))
    api.fail("/later", answer({}, 503))
    api.fail("/teams", answer({}, 503), times=1)
    installation.settings = {
        "max_retry_wait": 1,
        "pagination_type": "next_link",
        "next_link_path": "next",
    }
    installation.mapping = [resource("/items", data_path=".items"), resource("/teams", "team")]

    outcome = await installation.resync()

    assert [outcome.states[kind] for kind in ("/items", "/teams")] == ["failed", "completed"]


async def test_a_login_that_is_down_is_found_out_once(
    api: FaultApi, installation: Installation
) -> None:
    """Where the login gets no answer, no kind after the first waits for it again."""
    logins: list[Request] = []

    def login(request: Request) -> Reply:
        logins.append(request)
        return answer({}, 503)

    api.serve("/login", login)
    for kind in KINDS:
        api.serve(kind, lambda _: answer(named(1)))
    installation.settings = {
        "max_retry_wait": 1,
        "auth_type": "custom",
        "custom_auth_request": {"endpoint": "/login"},
        "custom_auth_request_template": {"headers": {"Authorization": "Bearer {{.token}}"}},
    }
    installation.mapping = [resource(kind) for kind in KINDS]

    outcome = await installation.resync()

    assert not outcome.complete
    assert len(lines(outcome, r"^ERROR kind '/k")) == 6
    assert outcome.log.count("trying again in") == 1
    first = next(line for line in lines(outcome, "^ERROR kind '/k0'"))
    assert re.search("retries [1-9]", first)
    for kind in KINDS[1:]:
        (line,) = lines(outcome, f"^ERROR kind '{kind}'")
        assert "retries 0," in line


# --- what counts as ours ------------------------------------------------------------------------


def caused(error: Exception, cause: BaseException) -> Exception:
    """An error with its cause."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (MappingError("wrong"), True),
        (ExceptionGroup("children", [TransportError("a"), ResponseError("b", status=500)]), True),
        (caused(KindFailedError("wrong"), MappingError("wrong")), True),
        (ExceptionGroup("", [caused(KindFailedError("x"), MappingError("x"))]), True),
        (ExceptionGroup("mixed", [TransportError("a"), ValueError("a defect")]), False),
        (caused(KindFailedError("x"), ValueError("a defect")), False),
        (caused(ValueError("a defect"), MappingError("x")), False),
        (ValueError("a defect"), False),
        (None, False),
    ],
)
def test_only_our_own_errors_lose_their_traceback(
    error: BaseException | None, *, ours: bool
) -> None:
    """A defect keeps its traceback, also one that an error of ours led to."""
    assert is_ours(error) is ours


def test_the_sentence_of_several_errors() -> None:
    """The first is told, equal ones once, and how many others there are."""
    group = ExceptionGroup("", [MappingError("one"), MappingError("one"), MappingError("two")])

    assert sentence_of([group]) == "one; and 1 more errors"
    assert sentence_of([group, MappingError("three")]) == "one; and 2 more errors"
    assert sentence_of([MappingError("one")]) == "one"
