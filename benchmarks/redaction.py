"""`python -m benchmarks.redaction`: the longest time that redaction holds the event loop.

First each step by itself, with all that can be learnt full at once: learning, preparing the
search, redacting. Then whole requests to a server that logs in, sets cookies and refuses, and
the longest turn of the loop meanwhile, whatever it was spent on. It is CPU time: on a busy
machine the clock would count the work of others.
"""

from __future__ import annotations

import asyncio
import gc
import random
import ssl
import string
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import click
import httpx

from benchmarks.hostile_api import Hostile
from benchmarks.measure import service
from client import ApiClient
from errors import ResponseError
from jq_engine.worker import JqWorker
from json_values import Json
from paging.model import PageRequest
from settings import load_settings
from transport.aiohttp_transport import AiohttpTransport
from transport.redaction import MOST_LEARNT_SIZE, Redactor

ORIGINS = ("cookies", "login", "answer of the login")
"""What learns beside the settings; with OAuth 2 there is no login."""

_RANDOM = random.Random(1)
_LETTERS = string.ascii_letters + string.digits
_HAN = "".join(map(chr, range(0x4E00, 0x9000)))


def made(length: int, characters: str = _LETTERS) -> str:
    """A token."""
    return "".join(_RANDOM.choices(characters, k=length))


def resembling(secrets: list[str]) -> str:
    """A body like the secrets, but for the last character of each."""
    return "".join(f"{secret[:-1]}!" for secret in secrets)


def repeated(piece: str) -> list[str]:
    """A secret of one piece again and again, beginning like no other."""
    return [made(8) + piece * (2 * MOST_LEARNT_SIZE // len(piece))]


SECRETS: dict[str, Callable[[], list[str]]] = {
    "one cookie of 60 kB": lambda: [made(60_000)],
    "fifty cookies of 4 kB": lambda: [made(4_000) for _ in range(50)],
    "as many short ones as are kept": lambda: [made(105) for _ in range(300)],
    "Chinese": lambda: [made(36, _HAN) for _ in range(300)],
    "Greek and Turkish": lambda: [made(16_000, "Σσßİé")],
    "punctuation and escapes": lambda: [made(60, '\\"%25&#;uxAB\n é') for _ in range(300)],
    "percent signs": lambda: repeated("%41"),
    "backslashes and quotes": lambda: repeated('\\"'),
    "escapes within each other": lambda: repeated("\\x5cx5cx5cx5cx5cx5cx5c41"),
    "entities within each other": lambda: repeated("&amp;amp;amp;amp;amp;amp;amp;#65;"),
    "equal characters": lambda: ["a" * 5_000],
    "within each other": lambda: ["a" * length for length in range(8, 300)],
    "alike but for the end": lambda: ["a" * length + "b" for length in range(8, 300)],
}
TEXTS: dict[str, Callable[[list[str]], str]] = {
    "themselves": "".join,
    "resembling": resembling,
    "equal characters": lambda _: "a",
    "percent signs": lambda _: "%25",
    "backslashes": lambda _: '\\\\"',
    "entities": lambda _: "&amp;#37;",
}


HOSTILE = (
    Hostile(cookies=0, size=1, together=1, permissions=0),  # what a turn takes without any
    Hostile(cookies=1, size=60_000, together=1, permissions=20_000),
    Hostile(cookies=50, size=4_000, together=10, permissions=20_000),
    Hostile(cookies=300, size=100, together=30, permissions=20_000),
)


def cpu(step: Callable[[], object]) -> float:
    """Milliseconds of CPU time that a step takes."""
    started = time.thread_time()
    step()
    return (time.thread_time() - started) * 1000


def steps_of(secrets_of: Callable[[], list[str]]) -> dict[str, float]:
    """Milliseconds that each step takes, where all origins are full of such secrets."""
    settings, *others = (secrets_of() for _ in range(1 + len(ORIGINS)))
    redact = Redactor(*settings, credentials=settings)
    taken = {"learn": 0.0}
    for origin, secrets in zip(ORIGINS, others, strict=True):

        def learn(origin: str = origin, secrets: list[str] = secrets) -> None:
            redact.learn(*secrets, origin=origin, credentials=secrets)

        taken["learn"] = max(taken["learn"], cpu(learn))
    # The first text after something was learnt prepares the search.
    taken["prepare"] = cpu(redact.index)
    taken["prepare for data"] = cpu(redact.in_data.index)
    for kind, text_of in TEXTS.items():
        piece = text_of(others[0])
        text = piece * (1 + 1024 * 1024 // len(piece))

        def redacted(text: str = text) -> None:
            redact(text)

        taken[f"redact {kind}"] = cpu(redacted)
    return taken


def quickest(runs: int, measured: Callable[[], dict[str, float]]) -> dict[str, float]:
    """Of each measure the least of some runs: what else the machine did took the rest."""
    found = [measured() for _ in range(runs)]
    return {name: min(one[name] for one in found) for name in found[0]}


async def longest_turn(url: str, requests: int) -> float:
    """Milliseconds of the longest turn of the loop while a client is set cookies and refused."""
    login: dict[str, Json] = {
        "auth_type": "custom",
        "custom_auth_request": {"endpoint": "/login", "body": {"password": made(12)}},
        "custom_auth_request_template": {"headers": {"X-Token": "{{ .token }}"}},
    }
    settings = load_settings({"base_url": url, "max_retry_wait": 0, **login})
    carrier = AiohttpTransport(ssl.create_default_context(), httpx.Limits())
    client = ApiClient(settings, JqWorker(), http=lambda _: httpx.AsyncClient(transport=carrier))
    longest = 0.0

    async def turn() -> None:
        nonlocal longest
        while True:
            started = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - started)

    watch = asyncio.create_task(turn())
    try:
        for _ in range(requests):
            await client.send(PageRequest(f"{url}/set"))
            with suppress(ResponseError):
                await client.send(PageRequest(f"{url}/items"))
    finally:
        watch.cancel()
        await client.aclose()
    return longest * 1000


def turns_of(hostile: Hostile) -> float:
    """Milliseconds of the longest turn with what this server sets."""
    with service("benchmarks.hostile_api", hostile) as url:
        return asyncio.run(longest_turn(url, max(1, hostile.cookies // hostile.together)))


@click.command()
@click.option("--runs", default=3, show_default=True, help="Runs of each; the quickest counts.")
def main(runs: int) -> None:
    """Print the longest step for each kind of secrets, and the longest turns of whole requests."""
    gc.freeze()  # as the integration does
    longest = 0.0
    for name, secrets_of in SECRETS.items():
        taken = quickest(runs, partial(steps_of, secrets_of))
        redact = max(one for step, one in taken.items() if step.startswith("redact"))
        longest = max(longest, *taken.values())
        click.echo(
            f"{name:32} learn {taken['learn']:5.1f} ms, prepare {taken['prepare']:5.1f} ms, for"
            f" data {taken['prepare for data']:5.1f} ms, redact 1 MiB {redact:5.1f} ms"
        )
    click.echo(f"longest step: {longest:.1f} ms")
    for hostile in HOSTILE:
        turn = min(turns_of(hostile) for _ in range(runs))
        click.echo(
            f"a client, {hostile.cookies} cookies of {hostile.size} bytes, {hostile.together} an"
            f" answer: longest turn {turn:.1f} ms"
        )


if __name__ == "__main__":
    main()
