"""How often ``suggest`` is right on the simulated products: the figures of docs/suggest.md.

The examples' own settings are the truth.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Sequence

import click
import jq
from loguru import logger

from pagination import DEFAULT_POSITION_PARAM, DEFAULT_SIZE_PARAM
from tests.examples import PRODUCTS
from tests.suggested import Compared, Items, compared
from workbench.suggest.parents import all_parents
from workbench.suggest.study import Study

_LINKED = frozenset({"next_link", "header_link", "cursor"})


def answers(one: Compared) -> Iterator[tuple[str, bool]]:
    """Every question about an endpoint, and whether its answer is right."""
    study, true = one.study, one.pagination
    if not one.wanted:
        yield "refused, without items", study is None
        return
    yield "walk complete", one.is_complete
    if study is None:
        yield from ((question, False) for question in ("items", "style", "identifier", "title"))
        return
    yield "items", bool(one.found) and len(one.found) == len(one.wanted)
    # A link where the example counts is as right, where it leads through the whole list.
    yield (
        "style",
        study.paging.type == true.type or (one.is_complete and study.paging.type in _LINKED),
    )
    if study.paging.type == true.type and true.type in DEFAULT_POSITION_PARAM:
        position = true.pagination_param or DEFAULT_POSITION_PARAM[true.type]
        yield "position", study.paging.param == position
    if true.type == "page" and study.paging.type == "page":
        yield "first page", study.paging.settings.get("start_page") == true.start_page
    size = (true.size_param or DEFAULT_SIZE_PARAM.get(true.type)) if true.sends_size else None
    yield "size", study.size_param == size
    identifiers = [value(study.identifier, item) for item in one.found]
    yield (
        "identifier",
        all(isinstance(text, str) for text in identifiers)
        and (
            len(set(identifiers)) == len({json.dumps(item, sort_keys=True) for item in one.found})
        ),
    )
    yield "title", study.title == one.resource.port.entity.mappings.title
    yield from relations(one, study)
    for name, parameter in one.resource.selector.path_parameters.items():
        found = next((p for p in all_parents(study.parents) if p.name == name), None)
        # Another field is as right, where the API gives the same children for it.
        is_same = found is not None and found.column.path == parameter.field
        yield "parent", is_same or (found is not None and one.is_complete)


def relations(one: Compared, study: Study) -> Iterator[tuple[str, bool]]:
    """Whether some relation tells as many targets apart as each of the example's."""
    for expression in (one.resource.port.entity.mappings.relations or {}).values():
        if isinstance(expression, str):
            wanted = distinct(expression, one.wanted)
            yield (
                "relation",
                any(
                    distinct(relation.expression, one.found) == wanted
                    for relation in study.relations
                ),
            )


def distinct(expression: str, items: Items) -> int:
    """How many values an expression gives."""
    return len({json.dumps(value(expression, item)) for item in items})


def value(expression: str, item: dict[str, object]) -> object:
    """What jq gives; an error counts as null."""
    try:
        return jq.compile(expression).input_value(item).first()
    except (ValueError, StopIteration):
        return None


async def main(names: Sequence[str]) -> None:
    """Print the shares."""
    right, asked, requests = Counter[str](), Counter[str](), list[int]()
    for name in names:
        run = await compared(name)
        for one in run.compared if run else ():
            wrong = []
            for question, is_right in answers(one):
                asked[question] += 1
                right[question] += is_right
                wrong += [] if is_right else [question]
            if wrong:
                print(f"{name} {one.kind}: {', '.join(wrong)}  {one.error[:120]}")
        requests += [study.requests for study in run.suggestion.studies] if run else []
    for question, count in asked.items():
        print(f"{question:<22} {right[question]:>4} of {count}")
    print(f"{'together':<22} {right.total():>4} of {asked.total()}")
    print(f"requests: {sum(requests) / len(requests):.1f} on average, {max(requests)} at most")


@click.command(epilog="Example: python -m scripts.suggest_shares github gitlab")
@click.argument("products", nargs=-1, type=click.Choice(sorted(PRODUCTS)), metavar="[PRODUCT]...")
def measure(products: Sequence[str]) -> None:
    """Measure how often suggest is right on simulated products: all of them, unless some are named.

    All of them take minutes.
    """
    logger.remove()
    asyncio.run(main(products or list(PRODUCTS)))


if __name__ == "__main__":
    measure()
