"""jq in a process of its own: what it promises, and what no program may do to it.

The hostile programs are real, and so is the process; only the limits are smaller here.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from errors import MappingError
from jq_engine.programs import JqError
from jq_engine.worker import JqLimits, JqWorker
from paging.extraction import Extractor
from resync import session
from tests.fault_api import Reply, Request, answer
from tests.literals import Json
from tests.resync import resource
from tests.world import World, assert_nothing_lost

MB = 1024 * 1024
# Time enough for a program that is none of these, however slow the machine is.
SMALL = JqLimits(seconds=2, memory_bytes=200 * MB, output_bytes=MB)
WHERE = "data_path '.x'"
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
async def small() -> AsyncIterator[JqWorker]:
    """A worker with small limits."""
    worker = JqWorker(limits=SMALL)
    yield worker
    await worker.aclose()


def is_alive(pid: int | None) -> bool:
    """Whether a process runs."""
    assert pid is not None
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


# --- what it gives ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "value", "outputs"),
    [
        pytest.param(".a, .b", {"a": 1, "b": [2]}, [1, [2]], id="all outputs"),
        pytest.param("empty", None, [], id="none"),
        pytest.param(".", "é😀\u0000\n", ["é😀\u0000\n"], id="any text"),
        pytest.param(".[] # a note", [1, 2], [1, 2], id="a comment at the end"),
        pytest.param("def f: . + 1; f", 1, [2], id="a definition"),
        pytest.param(". as $x | $x", None, [None], id="a variable"),
        pytest.param("nan, infinite", None, [None, sys.float_info.max], id="no JSON numbers"),
    ],
)
async def test_the_outputs_of_a_program(
    jq: JqWorker, program: str, value: Json, outputs: list[Json]
) -> None:
    """Every output comes back, in order."""
    assert await jq.outputs(program, value, where=WHERE) == outputs


@pytest.mark.parametrize(
    "number", [2**53 + 1, -(2**63), 2**64 + 1, 10**30 + 1, 0.1, 1.0, 1e-300, -0.0], ids=repr
)
async def test_numbers_that_are_only_moved_stay_exact(jq: JqWorker, number: float) -> None:
    """Numbers of any length come out of jq as they went in, and of the same type."""
    (found,) = await jq.outputs("[.[] | select(.id) | {id}]", [{"id": number}], where=WHERE)

    items: Json = found
    assert items == [{"id": number}]
    assert type(items[0]["id"]) is type(number)


async def test_a_program_that_fails(jq: JqWorker) -> None:
    """The error is jq's own, and the process goes on."""
    with pytest.raises(JqError, match="Cannot index number"):
        await jq.outputs(".a", 5, where=WHERE)
    pid = jq.pid

    assert await jq.outputs(".", 5, where=WHERE) == [5]
    assert jq.pid == pid


async def test_what_does_not_compile_after_all(jq: JqWorker) -> None:
    """A program that nobody checked is an error like any other."""
    with pytest.raises(JqError, match="syntax error"):
        await jq.outputs(".a] | [.b | (", {}, where=WHERE)


async def test_many_at_once_do_not_mix(jq: JqWorker) -> None:
    """Each caller gets the answer to its own question, from one process."""
    texts = [str(number) * 10_000 for number in range(50)]
    answers = await asyncio.gather(*(jq.outputs(".", text, where=WHERE) for text in texts))

    assert [text for (text,) in answers] == texts


async def test_large_values_pass(jq: JqWorker) -> None:
    """Megabytes in and out are more than a pipe holds."""
    value: list[Json] = ["x" * 1000] * 5_000

    assert await jq.outputs(".[]", value, where=WHERE) == value


@pytest.mark.parametrize("program", [".a", "last(range(1e12))", "{a: .input}", "# one\n.a # two"])
async def test_a_program_is_checked_and_not_run(small: JqWorker, program: str) -> None:
    """To check what has no end is over at once."""
    await small.check(program, where=WHERE)


async def test_a_text_that_is_no_program(jq: JqWorker) -> None:
    """The error is jq's own about the text alone, and the process goes on."""
    with pytest.raises(JqError) as caught:
        await jq.check(".a |", where=WHERE)

    assert "syntax error" in str(caught.value)
    assert "refused" not in str(caught.value)
    pid = jq.pid
    with pytest.raises(JqError, match="syntax error"):
        await jq.check(".a) | (.b", where=WHERE)
    assert jq.pid == pid


@pytest.mark.parametrize(
    ("program", "told"),
    [
        pytest.param(".a | debug", "uses debug, which is not for mappings", id="a message"),
        pytest.param("halt", "uses halt, which is not for mappings", id="an end"),
        pytest.param('"x" * 1e9', "more than 200 MB of memory", id="a large constant"),
    ],
)
async def test_a_program_that_is_not_for_mappings(small: JqWorker, program: str, told: str) -> None:
    """The error says where it stands and what is wrong, and others go on."""
    with pytest.raises(MappingError, match=f"^{WHERE} .*{told}"):
        await small.check(program, where=WHERE)

    await small.check(".a", where=WHERE)


# --- what no program may do ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "told"),
    [
        pytest.param("last(range(1e12))", "took longer than 2 seconds", id="counts on"),
        pytest.param(
            "last(repeat(.))",
            "took longer than 2 seconds",
            id="repeats",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param("def f: f; f", "took longer than 2 seconds", id="calls itself"),
        pytest.param(
            "until(false; .)",
            "took longer than 2 seconds",
            id="waits for nothing",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            "[range(1e12)]", "seconds|memory", id="collects numbers", marks=pytest.mark.exhaustive
        ),
        pytest.param(
            '[limit(1e9; repeat("x"))]',
            "seconds|memory",
            id="collects texts",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            "def f: 1 + f; f", "seconds|memory", id="recurses", marks=pytest.mark.exhaustive
        ),
        pytest.param("[recurse([.])]", "seconds|memory", id="nests", marks=pytest.mark.exhaustive),
        pytest.param('"x" * 1000000000 | length', "200 MB of memory", id="multiplies a text"),
        pytest.param(
            "reduce range(40) as $_ (.; [., .])",
            "seconds|memory",
            id="doubles",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(".[300000000] = 1", "200 MB of memory", id="a far index"),
        pytest.param('"x" * 2000000', "more than 1 MB", id="a long text"),
        pytest.param('[range(2000) | "x" * 1000]', "more than 1 MB", id="a long array"),
        pytest.param("reduce range(20000) as $_ (.; [.])", "too deeply", id="deep JSON"),
    ],
)
async def test_a_program_without_end_or_measure(small: JqWorker, program: str, told: str) -> None:
    """It is stopped within the limits, the error says where and why, and others go on."""
    with pytest.raises(MappingError, match=told) as caught:
        await small.outputs(program, None, where=WHERE)

    assert str(caught.value).startswith(WHERE)
    assert "simplify" in str(caught.value) or "give less" in str(caught.value)
    assert await small.outputs(".", 1, where=WHERE) == [1]


async def test_a_regular_expression_without_end(small: JqWorker) -> None:
    """A pattern that backtracks for ever is given up."""
    with pytest.raises((JqError, MappingError)):
        await small.outputs('[range(9) | "a" * 40 + "!" | test("^(a+)+$")]', None, where=WHERE)


async def test_the_loop_goes_on_meanwhile(small: JqWorker) -> None:
    """While a program runs away, the integration does other work."""
    runaway = asyncio.create_task(small.outputs("last(range(1e12))", None, where=WHERE))
    rounds = 0
    while not runaway.done():
        await asyncio.sleep(0.01)
        rounds += 1

    assert rounds > 10
    assert isinstance(runaway.exception(), MappingError)


async def test_the_environment_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even the process itself knows no variable, unless programs may read them."""
    monkeypatch.setenv("OCEAN_TEST_VALUE", "from the environment")
    blind, seeing = JqWorker(), JqWorker(environment=True)
    program = "env.OCEAN_TEST_VALUE, $ENV.OCEAN_TEST_VALUE"

    assert await blind.outputs(program, None, where=WHERE) == [None, None]
    assert await seeing.outputs(program, None, where=WHERE) == ["from the environment"] * 2
    assert "OCEAN_TEST_VALUE" not in psutil.Process(blind.pid).environ()
    await blind.aclose()
    await seeing.aclose()


async def test_ports_own_variables_are_never_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is Port's is not in the process, by name, in any case, nor as a copy under another."""
    for name, value in {
        "OCEAN__PORT__CLIENT_SECRET": "secret-of-port",
        "ocean__port__client_id": "id-of-port",
        "OCEAN__PORT": json.dumps({"client_id": "id-of-port"}),
        "A_COPY": "Bearer secret-of-port",
        "ANOTHER": "from config.yaml",
        "OCEAN__PORTAL": "a word",
    }.items():
        monkeypatch.setenv(name, value)
    worker = JqWorker(environment=True, secrets=("from config.yaml",))

    outputs: list[Json] = await worker.outputs("env, $ENV", None, where=WHERE)

    for seen in (*outputs, psutil.Process(worker.pid).environ()):
        assert "of-port" not in json.dumps(seen)
        assert {"A_COPY", "ANOTHER"} & seen.keys() == set()
        assert seen["OCEAN__PORTAL"] == "a word"
    await worker.aclose()


# --- the process --------------------------------------------------------------------------


@pytest.mark.parametrize("data_path", [None, ".", ".a.b", ".a[]", '.["odd key"]'])
async def test_a_plain_path_starts_no_process(jq: JqWorker, data_path: str | None) -> None:
    """Who needs no jq does not pay for it."""
    await Extractor(data_path, "data_path", jq).extract({"a": {}})

    assert jq.pid is None


async def test_closing_ends_the_process() -> None:
    """Nothing is left behind, and closing what never started is no error."""
    worker = JqWorker()
    await worker.aclose()
    await worker.outputs(".", 1, where=WHERE)
    pid = worker.pid
    await worker.aclose()

    assert not is_alive(pid)
    assert worker.pid is None


async def test_a_process_that_died_is_replaced(jq: JqWorker) -> None:
    """The kernel, say, may have taken it while it had nothing to do."""
    await jq.outputs(".", 1, where=WHERE)
    pid = jq.pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    while psutil.pid_exists(pid):  # noqa: ASYNC110 (until it was waited for; there is no event)
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)

    assert await jq.outputs(".", 2, where=WHERE) == [2]
    assert jq.pid != pid


async def test_a_process_that_is_killed_at_work(jq: JqWorker) -> None:
    """Whose program was running gets an error; the next one is served."""
    await jq.outputs(".", 1, where=WHERE)
    pid = jq.pid
    assert pid
    task = asyncio.create_task(jq.outputs("last(range(1e12))", None, where=WHERE))
    await asyncio.sleep(0.05)
    os.kill(pid, signal.SIGKILL)

    with pytest.raises(MappingError, match="made jq crash"):
        await task
    assert await jq.outputs(".", 2, where=WHERE) == [2]


@pytest.mark.parametrize("program", ["last(range(1e12))", '"x" * 3000000'])
async def test_a_caller_that_is_cancelled(jq: JqWorker, program: str) -> None:
    """The answer to a question that nobody waits for is never taken for another's."""
    await jq.outputs(".", 1, where=WHERE)
    pid = jq.pid
    task = asyncio.create_task(jq.outputs(program, None, where=WHERE))
    waiting = asyncio.create_task(jq.outputs(".", 2, where=WHERE))
    await asyncio.sleep(0.005)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert await waiting == [2]
    assert not is_alive(pid)


async def test_a_caller_that_is_cancelled_in_the_queue(jq: JqWorker) -> None:
    """Who only waits for its turn may leave without harm."""
    await jq.outputs(".", 1, where=WHERE)
    pid = jq.pid
    task = asyncio.create_task(jq.outputs("[range(100000)] | length", None, where=WHERE))
    waiting = asyncio.create_task(jq.outputs(".", 2, where=WHERE))
    await asyncio.sleep(0)
    waiting.cancel()

    assert await task == [100_000]
    assert jq.pid == pid


_ABANDONS = """
import asyncio, os, sys, time
sys.path.insert(0, sys.argv[1])
from jq_engine.worker import JqWorker, JqLimits

async def main():
    worker = JqWorker(limits=JqLimits(seconds=5))
    await worker.outputs(".", 1, where="")
    print(worker.pid, flush=True)
    if sys.argv[2] == "at work":
        task = asyncio.create_task(worker.outputs("last(range(1e12))", 1, where=""))
        await asyncio.sleep(0.1)
    if sys.argv[2] == "forked" and not os.fork():
        os.close(1)
        os.close(2)
        time.sleep(60)
    os._exit(0)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    "how",
    [
        "idle",
        pytest.param("at work", marks=pytest.mark.exhaustive),
        pytest.param("forked", marks=pytest.mark.exhaustive),
    ],
)
def test_the_process_does_not_outlive_its_parent(how: str) -> None:
    """Jq goes with the integration, also where a process that was forked holds its pipe open."""
    done = subprocess.run(
        [sys.executable, "-c", _ABANDONS, str(ROOT), how],
        capture_output=True,
        check=True,
        timeout=120,
        text=True,
    )
    pid, until = int(done.stdout), time.monotonic() + 120
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.02)

    assert not is_alive(pid)


# --- whole resyncs ------------------------------------------------------------------------


@pytest.mark.parametrize("data_path", ["range(1e12)", ".items[] | until(false; .)"])
async def test_a_data_path_without_end_deletes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, data_path: str
) -> None:
    """The resource fails by name, the other one syncs, and the next good resync is complete."""
    monkeypatch.setattr(session, "JqWorker", partial(JqWorker, limits=SMALL))
    good = world.installation.mapping
    world.installation.mapping = [resource("/items", data_path=data_path), good[1]]

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "kind '/items'", f"data_path {data_path!r}", "simplify")
    assert "team/new" in outcome.entities
    world.installation.mapping = good
    await world.recovers()


async def test_a_resync_leaves_no_process_behind(world: World) -> None:
    """The process that jq ran in ends with the resync."""
    world.installation.mapping[0] = resource("/items", data_path=".items | map(select(.id))")
    await world.recovers()

    left = psutil.Process().children(recursive=True)
    assert not [child for child in left if "jq_engine/child.py" in " ".join(child.cmdline())]


async def test_a_link_found_by_a_program(world: World) -> None:
    """Where the next link is may be said in jq: every page is walked."""

    def linked(request: Request) -> Reply:
        at = request.number("at", 0)
        following = [{"rel": "next", "url": f"?at={at + 2}"}] if at + 2 < len(world.items) else []
        links = [{"rel": "self", "url": "?"}, *following]
        return answer({"items": world.items[at : at + 2], "links": links})

    world.api.serve("/items", linked)
    path = '.links[] | select(.rel == "next") | .url'
    paging = {"type": "next_link", "next_link_path": path}
    world.installation.mapping[0] = resource("/items", data_path=".items", pagination=paging)

    await world.recovers()


async def test_a_token_found_by_a_program(world: World) -> None:
    """What signs the requests may be said in jq too."""
    template = {"headers": {"Authorization": "Bearer {{.tokens | map(select(.on)) | first.id}}"}}
    world.installation.settings |= {
        "auth_type": "custom",
        "custom_auth_request": {"endpoint": "/login"},
        "custom_auth_request_template": template,
    }
    world.api.serve("/login", answer({"tokens": [{"id": "old"}, {"id": "fresh", "on": True}]}))

    await world.recovers()

    signed = {request.headers.get("authorization") for request in world.api.at("/items")}
    assert signed == {"Bearer fresh"}


async def test_a_child_without_end_does_not_stop_its_siblings(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One child's page breaks a limit: the others are synced, and the resource fails."""
    monkeypatch.setattr(session, "JqWorker", partial(JqWorker, limits=SMALL))
    world.api.serve("/items/{}/notes", lambda request: answer([{"id": request.values[0]}]))
    parameter = {"item": {"endpoint": "/items", "data_path": ".items", "field": ".id"}}
    world.installation.mapping.append(
        resource(
            "/items/{item}/notes",
            "child",
            data_path='.[] | if .id == "3" then until(false; .) else . end',
            path_parameters=parameter,
        )
    )

    outcome = await world.installation.resync()

    assert_nothing_lost(outcome, "kind '/items/{item}/notes'", "longer than 2 seconds")
    assert {"child/2", "child/4", "child/new"} <= outcome.entities
