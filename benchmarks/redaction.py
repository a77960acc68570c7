"""`python -m benchmarks.redaction`: the longest time that redaction holds the event loop.

Cookies and tokens that an API chose are learnt, and texts that it chose redacted. What
is measured is the longest step of asyncio's loop meanwhile, in CPU time: on a busy machine the
clock would count the work of others.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import string
import time
from collections.abc import Callable

import click

from transport.redaction import LONGEST_TEXT, Redactor

_RANDOM = random.Random(1)
_LETTERS = string.ascii_letters + string.digits


def made(length: int) -> str:
    """A token."""
    return "".join(_RANDOM.choices(_LETTERS, k=length))


def resembling(secrets: list[str]) -> str:
    """A body like the secrets, but for the last character of each."""
    return "".join(f"{secret[:-1]}!" for secret in secrets)


SECRETS: dict[str, Callable[[], list[str]]] = {
    "one cookie of 60 kB": lambda: [made(60_000)],
    "fifty cookies of 4 kB": lambda: [made(4_000) for _ in range(50)],
    "a hundred tokens of 8 kB": lambda: [made(8_000) for _ in range(100)],
    "five thousand equal characters": lambda: ["a" * 5_000],
    "within each other": lambda: ["a" * length for length in range(8, 300)],
    "alike but for the end": lambda: ["a" * length + "b" for length in range(8, 300)],
    "backslashes and quotes": lambda: ['\\"' * 2_000],
}
TEXTS: dict[str, Callable[[list[str]], str]] = {
    "themselves": "".join,
    "resembling": resembling,
    "equal characters": lambda _: "a" * 1_000_000,
    "percent signs": lambda _: "%25" * 300_000,
    "backslashes": lambda _: '\\\\"' * 300_000,
    "entities": lambda _: "&amp;#37;" * 100_000,
}


def longest_step(steps: list[Callable[[], object]]) -> float:
    """Run each in a turn of the loop of its own; the longest, in milliseconds of CPU time."""
    longest = 0.0

    async def run() -> None:
        nonlocal longest
        for step in steps:
            started = time.process_time()
            step()
            longest = max(longest, time.process_time() - started)
            await asyncio.sleep(0)

    asyncio.run(run())
    return longest * 1000


@click.command()
@click.option("--runs", default=3, show_default=True, help="Runs of each; the quickest counts.")
def main(runs: int) -> None:
    """Print the longest step for each kind of secrets and texts, and the longest of all."""
    longest = 0.0
    for (name, secrets_of), (kind, text_of) in itertools.product(SECRETS.items(), TEXTS.items()):
        secrets = secrets_of()
        text = text_of(secrets)

        def measured(secrets: list[str] = secrets, text: str = text) -> float:
            redact = Redactor()
            redact.learn(*secrets, origin="cookies")
            return longest_step(
                [
                    lambda: redact(
                        "GET /items"
                    ),  # the first text after cookies prepares the search
                    lambda: redact.beginning(text),
                    lambda: redact.shortened(text, LONGEST_TEXT),
                ]
            )

        step = min(measured() for _ in range(runs))
        longest = max(longest, step)
        click.echo(f"{name:32} {kind:18} {step:8.1f} ms")
    click.echo(f"longest: {longest:.1f} ms")


if __name__ == "__main__":
    main()
