"""From items to entities: Ocean's processor, with a resource's mapping run as one jq program.

Ocean runs one program per property per item, in processes forked for every batch, and the query
once more in its own. Here one program maps a batch: see ``fusion``. It finds what Ocean's would;
what becomes of that is Ocean's own code: which items make entities, what counts as misconfigured,
what is logged. What cannot be fused is mapped by Ocean's own processor from the start.

=================================  ====================================================
``JQEntityProcessorSync``          here
=================================  ====================================================
``_compile``                       the same; ``fuse`` takes the texts of its programs
``_search_as_bool``                the query; without a boolean Ocean maps the batch
``_search``                        ``try`` in the program, ``FusedMapping.read``
``_search_as_object``              ``FusedMapping.entity``, ``_misconfigured``
``_get_mapped_entity``             ``if`` in the program, ``_mapped_entity``
``_log_search_failure``            the same, once a batch for each expression
=================================  ====================================================
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Protocol

import jq
import msgspec
from port_ocean.context.event import event
from port_ocean.context.ocean import PortOceanContext
from port_ocean.context.resource import resource
from port_ocean.core.handlers.entity_processor.jq_entity_processor import JQEntityProcessor
from port_ocean.core.handlers.entity_processor.models import MappedEntity
from port_ocean.core.handlers.port_app_config.models import ResourceConfig
from port_ocean.core.ocean_types import CalculationResult
from port_ocean.exceptions.context import EventContextNotFoundError, ResourceContextNotFoundError
from port_ocean.exceptions.core import OceanAbortException

from errors import MappingError
from fusion import FusedMapping, Reading, fuse
from lookup import JqError, Json, keys_of

Items = list[dict[Json, Json]]
_Results = tuple[list[tuple[list[MappedEntity], list[Exception]]], list[Exception]]
"""What a pass of Ocean's found: for each item its entity or its errors, and errors of the pass."""


def _number(text: str) -> float:
    """A number with a point or an exponent as Ocean gives it: 1.0 is 1, and none is infinite."""
    value = max(-sys.float_info.max, min(sys.float_info.max, float(text)))
    return int(value) if value.is_integer() and abs(value) < sys.float_info.max else value


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_DECODER: Final = msgspec.json.Decoder(float_hook=_number)


class Evaluate(Protocol):
    """Runs a jq program on one JSON text; gives a JSON array of its outputs, as UTF-8.

    Numbers may come as they went in: integers beyond 2^53 exact, where Ocean rounds them.

    Raises JqError when the program fails, and MappingError, naming ``where`` it stands, when it
    exceeds a limit.
    """

    async def __call__(self, program: str, text: bytes, *, where: str) -> bytes:
        """The outputs of the program on the text."""
        ...


@dataclass
class Work:
    """What the processor shares with the resync about the resource in work.

    ``evaluate`` runs its programs. The rest counts how many items passed the query, and how many
    of those made an entity. Without an identifier or a blueprint there is no entity, and no
    error: Ocean leaves such an item out. For some items that may be meant; for all of them it is
    a mistake, after which Ocean would delete whatever the resource made before.
    """

    evaluate: Evaluate
    passed: int = 0
    made: int = 0
    lacking: set[str] = field(default_factory=set)
    keys: str = ""

    def count(self, mapped: Iterable[MappedEntity], items: Items) -> None:
        """Count one batch."""
        for one in mapped:
            if one.did_entity_pass_selector:
                lacking = {key for key in ("identifier", "blueprint") if not one.entity.get(key)}
                self.passed += 1
                self.made += not lacking
                self.lacking |= lacking
        self.keys = self.keys or keys_of(items[0])

    def refuse_fruitless(self, config: ResourceConfig) -> None:
        """Raise MappingError when items passed the query and none of them made an entity."""
        if self.made or not self.passed:
            return
        mappings = config.port.entity.mappings.dict()
        what = " and ".join(f"{key} {mappings[key]!r}" for key in sorted(self.lacking))
        raise MappingError(
            f"{what} gave nothing for each of {self.passed} items that passed the query, which"
            f" have {self.keys}; correct the expression, or let selector.query leave them out"
        ).within(f"kind {config.kind!r}")


def begin_work(evaluate: Evaluate) -> Work:
    """Before a resource's first batch: what the processor uses and fills for it."""
    work = event.attributes[_work_key()] = Work(evaluate)
    return work


def _work_key() -> str:
    return f"ocean_custom_work_{resource.index}"


def _work() -> Work | None:
    """The resource in work; None outside a resync, where nothing is deleted for being missing."""
    try:
        return event.attributes.get(_work_key())
    except (EventContextNotFoundError, ResourceContextNotFoundError):
        return None


class _Tallied(JQEntityProcessor):
    """Ocean's processor; what it mapped is counted."""

    def merge_results(
        self, jq_results: _Results, async_results: _Results, raw_results: Items
    ) -> tuple[list[MappedEntity], list[Exception]]:
        """What the two passes over a batch found, as Ocean merges it."""
        mapped, errors = super().merge_results(jq_results, async_results, raw_results)
        if work := _work():
            work.count(mapped, raw_results)
        return mapped, errors


class FusedEntityProcessor(_Tallied):
    """Ocean's processor; it maps a batch by one fused program where it can."""

    def __init__(self, context: PortOceanContext) -> None:
        super().__init__(context)
        self._fuse = lru_cache(maxsize=128)(self._fuse_anew)

    def _fuse_anew(self, mappings: str, query: str, ask_all: bool) -> FusedMapping | None:  # noqa: FBT001 (the arguments are a key)
        """The mapping (as JSON) and query fused; None when they are for Ocean's processor."""

        def compiled(expression: str) -> str:
            program: str = self._compile(expression).program_string
            return program

        fused = fuse(json.loads(mappings), query, compiled, ask_all=ask_all)
        try:
            if fused:
                jq.compile(fused.program)
        except ValueError:
            return None
        return fused

    async def _parse_items(
        self,
        mapping: ResourceConfig,
        raw_results: Items,
        parse_all: bool = False,  # noqa: FBT001, FBT002 (Ocean's signature)
    ) -> CalculationResult:
        try:
            mapped = await self._mapped(mapping, raw_results, ask_all=parse_all)
        except MappingError as error:
            # Ends this kind, and with it the deletion; any other error would end the resync.
            raise OceanAbortException(str(error)) from error
        if mapped is None:
            return await super()._parse_items(mapping, raw_results, parse_all)
        judge = _MappedAlready(self.context, mapped)
        return await judge._parse_items(mapping, raw_results, parse_all)  # noqa: SLF001 (the same family)

    def evaluator(self) -> Evaluate | None:
        """Who runs the fused programs; None when Ocean's own processor is to map."""
        work = _work()
        return work.evaluate if work else None

    async def _mapped(
        self, mapping: ResourceConfig, items: Items, *, ask_all: bool
    ) -> list[MappedEntity] | None:
        """The items mapped by the fused program; None when Ocean's own processor is to do it."""
        mappings = json.dumps(mapping.port.entity.mappings.dict(exclude_unset=True))
        evaluate, text = self.evaluator(), _encoded(items)
        fused = self._fuse(mappings, mapping.selector.query, ask_all)
        if evaluate is None or text is None or fused is None:
            return None
        where = f"kind {mapping.kind!r}: selector.query and mappings"
        try:
            ((*answers,),) = _DECODER.decode(await evaluate(fused.program, text, where=where))
        except (JqError, RecursionError):
            # Failures are caught within the program: this one is of the items, nested too deeply.
            return None
        readings = [fused.read(answer) for answer in answers]
        if any(reading.passed is None for reading in readings):
            return None
        self._log_failures(readings)
        return [_mapped_entity(fused, reading) for reading in readings]

    def _log_failures(self, readings: list[Reading]) -> None:
        """Say which expressions failed: once each, with the first message."""
        failures = [failure for reading in readings for failure in reading.failures]
        for expression, times in Counter(failure.expression for failure in failures).items():
            first = next(one for one in failures if one.expression == expression)
            summary = first.message.partition("\n")[0]
            failed = Exception(f"{summary} ({times} of {len(readings)} items)")
            self._log_search_failure(expression.jq, failed, expression.path)


class _MappedAlready(_Tallied):
    """Ocean's processor for items that are mapped: only what comes after that is left to it."""

    def __init__(self, context: PortOceanContext, mapped: list[MappedEntity]) -> None:
        super().__init__(context)
        self._results = [([one], list[Exception]()) for one in mapped]

    async def separate_compileable_and_uncompileable_patterns_and_warmup_cache(
        self, *_: object
    ) -> tuple[dict[str, Json], dict[str, Json]]:
        """No expression is left to compile."""
        return {}, {}

    async def parse_items_sync(self, *_: object) -> _Results:
        """What the first pass found, in Ocean's forked processes otherwise."""
        return self._results, []

    async def parse_items_async(self, *_: object) -> _Results:
        """No second pass: it is for expressions that do not compile."""
        return [], []


def _mapped_entity(fused: FusedMapping, reading: Reading) -> MappedEntity:
    """What Ocean makes of one item, in its own terms."""
    return MappedEntity(
        entity=fused.entity(reading.values),
        did_entity_pass_selector=reading.passed is True,
        misconfigurations={
            expression.path: expression.jq
            for expression, value in zip(fused.expressions, reading.values, strict=False)
            if value is None
        },
    )


def _encoded(items: Items) -> bytes | None:
    """The items as one JSON array; None for what JSON in UTF-8 cannot hold."""
    try:
        return _ENCODER.encode(items)
    except (TypeError, UnicodeEncodeError, RecursionError):
        return None
