"""How often what ``check`` says mends an installation: the figures of docs/check.md.

Slips are drawn for each simulated product, and what ``check`` says of each is written by no person
(``tests/repairs.py``). Rules are made for the products of half A; those of half B measure them.
"""

import asyncio
import hashlib
import tempfile
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import click
from loguru import logger

from tests.examples import PRODUCTS
from tests.repairs import RESULTS, Bench, repaired, right_example
from tests.slips import Ground, draw, seeded

_MOST_IDLE = 5  # draws for each slip that changes what an installation gives
_LEFT_OUT = frozenset({"box"})  # its token is good for one login


def half(name: str) -> str:
    """The half that a product is in: rules are made for A, and measured on B."""
    return "AB"[hashlib.sha256(name.encode()).digest()[0] % 2]


async def main(names: Sequence[str], draws: int, seed: int, *, is_quiet: bool) -> None:
    """Draw, and print the shares."""
    halves, kinds = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for name in names:
        done = 0
        with tempfile.TemporaryDirectory() as folder:
            bench = await Bench.of(name, Path(folder))
            ground = Ground(right_example(name), bench.items, seeded(name, seed))
            for slip in islice(draw(ground), draws * _MOST_IDLE):
                found = await repaired(bench, slip) if done < draws else None
                if found is None:
                    continue
                done += 1
                halves[half(name), found.result] += 1
                kinds[slip.kind, found.result] += 1
                if found.result not in RESULTS[:2] and not is_quiet:
                    told = f"{found.result}: {name} [{slip.kind}] {slip}"
                    print(told, *found.told, sep="\n", flush=True)
    for counts in (kinds, halves):
        for group in sorted({group for group, _ in counts}):
            print(_line(group, [counts[group, result] for result in RESULTS]))


def _line(group: str, counts: Sequence[int]) -> str:
    """The share that is mended, and how often what else."""
    pairs = zip(RESULTS, counts, strict=True)
    told = ", ".join(f"{count} {result}" for result, count in pairs if count)
    return f"{group:<20} {sum(counts[:2]) / sum(counts):>4.0%} of {sum(counts):<4} {told}"


@click.command(epilog="Example: python -m scripts.repair_shares --draws 5 github gitlab")
@click.argument("products", nargs=-1, type=click.Choice(sorted(PRODUCTS)), metavar="[PRODUCT]...")
@click.option("--draws", default=6, show_default=True, help="Slips of each product.")
@click.option("--seed", default=0, show_default=True, help="Another one draws others.")
@click.option("--half", "only", type=click.Choice(["A", "B"]), help="The products of one half.")
@click.option("--quiet", is_flag=True, help="Show the shares alone.")
def measure(
    *, products: Sequence[str], draws: int, seed: int, only: str | None, quiet: bool
) -> None:
    """Measure how often what check says mends an installation."""
    logger.remove()
    chosen = products or [one for one in PRODUCTS if one not in _LEFT_OUT]
    names = [one for one in chosen if only in {None, half(one)}]
    asyncio.run(main(names, draws, seed, is_quiet=quiet))


if __name__ == "__main__":
    measure()
