"""What a resource's mapping makes of items; its programs run where they can be stopped.

In a resync ``FusedEntityProcessor`` makes Ocean's entities of it. Outside of one ``mapped`` gives
it as values.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from msgspec import Struct
from port_ocean.core.handlers.entity_processor.jq_entity_processor import JQEntityProcessor
from port_ocean.core.handlers.port_app_config.models import ResourceConfig
from port_ocean.core.integrations.mixins.utils import extract_jq_deletion_path_revised

from errors import MappingError, Part, Where, quoting
from framework.fused_mapping import (
    Evaluation,
    Expression,
    FusedMapping,
    Program,
    capture,
    expressions_of,
    found,
    fuse,
)
from framework.query_check import place_of, refuse_no_program
from jq_engine.worker import JqWorker
from json_values import Json

Items = list[dict[str, Json]]

_WHERE: Final = Part((), name="selector.query and mappings")
"""What runs as one program, as errors name it."""
ITEMS_TO_PARSE: Final = Part(("port", "itemsToParse"))
"""The place of the expression that splits items."""
RUN_BYTES: Final = 4 * 1024 * 1024
"""Of items as JSON, or one item more: jq takes up to fifty times that for them.

With ``__parent`` a batch is many times as large as its pages were: each item holds a whole parent.
"""


def _number(text: str) -> float:
    """A number with a point or an exponent as Ocean gives it: 1.0 is 1, and none is infinite."""
    value = max(-sys.float_info.max, min(sys.float_info.max, float(text)))
    return int(value) if value.is_integer() and abs(value) < sys.float_info.max else value


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_DECODER: Final = msgspec.json.Decoder(float_hook=_number)


class Mapped(Struct, frozen=True):
    """One item, what the query and the expressions made of it, and the entity of that.

    ``entity`` is None for an item that does not pass the query. What an expression found stands
    in ``evaluation.values``, in the order of ``expressions``.
    """

    item: dict[str, Json]
    evaluation: Evaluation
    expressions: tuple[Expression, ...]
    entity: dict[str, Json] | None

    @property
    def made(self) -> dict[str, Any]:
        """The entity with what Port knows of its form; {} for an item that does not pass."""
        return self.entity or {}


async def mapped(jq: JqWorker, config: ResourceConfig, items: Items) -> list[Mapped]:
    """What a resource's mapping makes of items, ``itemsToParse`` included.

    Raises MappingError when jq cannot run its programs to the end.
    """
    with of_kind(config):
        split = await _split(jq, config, items)
        if not split:
            return []
        fused = await fused_mapping(jq, config)
        answers = await answers_of(jq, fused, split)
    evaluations = map(fused.read, answers)
    return [
        Mapped(
            item,
            evaluation,
            fused.expressions,
            fused.entity(evaluation.values) if evaluation.passed else None,
        )
        for item, evaluation in zip(split, evaluations, strict=True)
    ]


async def _split(jq: JqWorker, config: ResourceConfig, items: Items) -> Items:
    """The items as ``itemsToParse`` splits them, as Ocean's ``handle_items_to_parse`` does."""
    port = config.port
    if not port.items_to_parse or not items:
        return items
    where = quoting(ITEMS_TO_PARSE, port.items_to_parse)
    lists = await _each(jq, port.items_to_parse, items, where=where)
    wholes: Sequence[Json] = [*items]
    if port.items_to_parse_top_level_transform:
        target = extract_jq_deletion_path_revised(port.items_to_parse) or "."
        wholes = await _each(jq, f". | del({target})", items, where=where)
    return [
        {**whole, port.items_to_parse_name: one}
        for whole, found_list in zip(wholes, lists, strict=True)
        if isinstance(whole, dict) and isinstance(found_list, list)
        for one in found_list
    ]


async def _each(jq: JqWorker, expression: str, items: Items, *, where: Where) -> list[Json]:
    program = await program_of(jq, expression, where=where)
    outcomes = await outcomes_of(jq, f"[.[] | {capture(program)}]", items, where=where)
    return [found(outcome) for outcome in outcomes]


@contextmanager
def of_kind(config: ResourceConfig) -> Iterator[None]:
    """Name the kind in a MappingError that is raised within."""
    try:
        yield
    except MappingError as error:
        error.about(kind=config.kind)
        raise


async def fused_mapping(
    jq: JqWorker, config: ResourceConfig, *, ask_all: bool = False
) -> FusedMapping:
    """A resource's mapping and query as one program; raises MappingError."""
    query = config.selector.query
    mappings = config.port.entity.mappings.dict(exclude_unset=True)
    places: dict[str | None, Part] = {query: place_of(query)}
    for expression in expressions_of(mappings):
        places.setdefault(expression.jq, expression.place)
    programs = {one: await program_of(jq, one, where=where) for one, where in places.items()}
    refuse_no_program(query, programs[query].fault)
    return fuse(mappings, programs[query], programs, ask_all=ask_all)


async def program_of(jq: JqWorker, expression: str | None, *, where: Where) -> Program:
    """What an expression is run as; raises MappingError when it is not for mappings."""
    if expression is None:
        return Program("", fault="null is no expression")
    text: str = JQEntityProcessor._format_filter(expression)  # noqa: SLF001 (what Ocean makes of it)
    try:
        await jq.check(text, where=where)
    except ValueError as error:  # a JqError, or text that UTF-8 cannot hold
        return Program("", fault=str(error))
    return Program(text)


async def answers_of(jq: JqWorker, fused: FusedMapping, items: Items) -> list[list[Json]]:
    """The fused program's answers, one for each item; raises MappingError."""
    found_answers = await outcomes_of(jq, fused.program, items, where=_WHERE)
    answers = [one for one in found_answers if isinstance(one, list)]  # as the program makes them
    asked = [number for number, answer in enumerate(answers) if fused.asks(answer)]
    for expression, program in fused.apart.items():
        outcomes = await outcomes_of(jq, program, [items[number] for number in asked], where=_WHERE)
        for number, outcome in zip(asked, outcomes, strict=True):
            answers[number][1 + expression] = outcome
    return answers


async def outcomes_of(jq: JqWorker, program: str, items: Items, *, where: Where) -> list[Json]:
    """What a program that takes an array of items gives for each of them; raises MappingError."""
    outcomes: list[Json] = []
    try:
        for text in _in_runs(items):
            outcomes += _DECODER.decode(await jq.run(program, text, where=where))[0]
    except (TypeError, ValueError, RecursionError, msgspec.DecodeError) as error:
        # Failures are caught within the program: this one is of an item, nested too deeply or
        # with text that UTF-8 cannot hold.
        raise MappingError(
            f"cannot be run on these items: {error}",
            "let data_path leave out what is nested so deeply, or is no text",
            where=where,
        ) from error
    return outcomes


def _in_runs(items: Items) -> Iterator[bytes]:
    """The items as JSON arrays, each for one run."""
    run: list[bytes] = []
    size = 0
    for item in items:
        run.append(_ENCODER.encode(item))
        size += len(run[-1])
        if size >= RUN_BYTES:
            yield b"[%b]" % b",".join(run)
            run, size = [], 0
    if run:
        yield b"[%b]" % b",".join(run)
