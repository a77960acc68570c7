"""From items to entities: Ocean's processor, with a resource's mapping run as one jq program.

Ocean runs one program for each property of each item, in processes that it forks for every batch,
and nothing stops a program there. In a resync one program maps a whole batch here, in a process
that can be stopped: see ``fused_mapping`` and ``jq_engine.worker``. It gives the same values. What
becomes of them is decided by Ocean's own code: which items make entities, what counts as
misconfigured, what is logged. No text of a mapping is run or compiled anywhere else.

=================================  ====================================================
``JQEntityProcessorSync``          here
=================================  ====================================================
``_compile``                       ``mapped_items.program_of``
``_search_as_bool``                the query; ``QueryCheck``
``_search``                        ``capture``; by itself for ``itemsToParse``
``_search_as_object``              ``FusedMapping.entity``, ``_result``
``_get_mapped_entity``             ``if`` in the program, ``_result``
``_log_search_failure``            the same, once a batch for each expression
=================================  ====================================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from msgspec import Struct, field
from port_ocean.context.event import event
from port_ocean.context.ocean import PortOceanContext
from port_ocean.context.resource import resource
from port_ocean.core.handlers.entity_processor.jq_entity_processor import JQEntityProcessor
from port_ocean.core.handlers.entity_processor.models import MappedEntity
from port_ocean.core.handlers.port_app_config.models import ResourceConfig
from port_ocean.core.ocean_types import CalculationResult
from port_ocean.exceptions.context import EventContextNotFoundError, ResourceContextNotFoundError
from port_ocean.exceptions.core import OceanAbortException

from errors import MappingError, Part, Where, quoting
from framework.fused_mapping import (
    MAPPINGS,
    Evaluation,
    Failure,
    FusedMapping,
    capture,
    failure,
    found,
)
from framework.identities import Identities, is_identifier
from framework.mapped_items import (
    ITEMS_TO_PARSE,
    Items,
    answers_of,
    fused_mapping,
    of_kind,
    outcomes_of,
    program_of,
)
from framework.query_check import QueryCheck, what_it_gave
from jq_engine.programs import jq_reason, with_environment, without_values
from jq_engine.worker import JqWorker
from json_values import Json, keys_of

_Result = tuple[list[MappedEntity], list[Exception]]
"""What became of one item: its entity, or its errors."""

_NAMING: Final = ("identifier", "blueprint")
"""Without these an item makes no entity."""


class Search(Struct):
    """One program that Ocean has run on items by itself, and what it gave for them.

    Ocean leaves out what it gives no ``wanted`` type for. ``unfit`` counts where it gave something
    else than that or null, or failed: an item that has parts in another form lost them.
    """

    program: str
    wanted: type
    items: int = 0
    fit: int = 0
    unfit: int = 0
    first_unfit: str = ""

    def count(self, outcome: Json) -> None:
        """Count what the program came to for one item."""
        value = found(outcome)
        self.items += 1
        if isinstance(value, self.wanted):
            self.fit += 1
        elif value is not None or failure(outcome) is not None:
            self.unfit += 1
            self.first_unfit = self.first_unfit or what_it_gave(outcome)


class MappingRun(Struct):
    """What the processor and the resync share about the mapping of one resource.

    ``jq`` runs its programs, ``redact`` takes secrets out of an error's text, ``quoted`` is how an
    item begins, without any. ``failure`` is why the programs cannot be run to the end. The rest
    counts how many items passed the query, and how many of those made an entity. Ocean leaves an
    item without a blueprint out and says nothing. For some items that may be meant. For all of
    them it is a mistake, after which Ocean would delete what the resource made before. The same
    goes for items in which ``itemsToParse`` finds no list, for items on which jq failed, and for
    items without an identifier.
    """

    jq: JqWorker
    redact: Callable[[str], str]
    quoted: Callable[[Json], str]
    fused: FusedMapping | None = None
    searches: dict[str, Search] = field(default_factory=dict)
    failure: MappingError | None = None
    passed: int = 0
    made: int = 0
    lacking: set[str] = field(default_factory=set)
    failed: list[Failure] = field(default_factory=list)
    query: QueryCheck | None = None
    first: dict[str, Json] | None = None
    identities: Identities = field(default_factory=Identities)

    def note(self, item: dict[str, Json]) -> None:
        """Keep the first item, for errors."""
        self.first = item if self.first is None else self.first

    def count(self, mapped: MappedEntity, item: dict[str, Json]) -> None:
        """Count one item that was mapped; one without an identifier makes no entity."""
        if mapped.did_entity_pass_selector:
            identifier, blueprint = map(mapped.entity.get, _NAMING)
            if not is_identifier(identifier):
                self.identities.note_nameless(identifier, item)
                mapped.entity["identifier"] = None
            elif isinstance(blueprint, str) and isinstance(identifier, str | int | float):
                self.identities.note(blueprint, str(identifier), item)
            lacking = {key for key in _NAMING if not mapped.entity.get(key)}
            self.passed += 1
            self.made += not lacking
            self.lacking |= lacking

    def count_failures(self, evaluations: Iterable[Evaluation]) -> None:
        """Count what failed in one batch, and costs an item its entity."""
        self.failed += [
            failure
            for evaluation in evaluations
            if evaluation.passed
            for failure in evaluation.failures
            if failure.expression.keys[0] in _NAMING
        ]

    def refuse_unfinished(self) -> None:
        """Raise MappingError when the resource was given up: no use reading on."""
        if self.failure:
            raise self.failure

    def refuse_fruitless(self, config: ResourceConfig) -> None:
        """Raise MappingError when the mapping does not fit the items.

        The query said neither true nor false of some, or not one of them led to an entity.
        """
        if self.query:
            self.query.refuse_unjudged()
        self._refuse_fruitless_searches(config)
        if self.made and self.failed:
            first = self.failed[0]
            raise MappingError(
                f"failed for {len(self.failed)} of {self.passed} items that passed the query"
                f" ({jq_reason(ValueError(first.message))})",
                remedy="correct the expression, or let selector.query leave them out",
                where=first.expression.place,
            )
        if self.made:
            self.identities.refuse_nameless(_identifier_of(config), self.passed)
        elif self.passed:
            mappings = config.port.entity.mappings.dict()
            raise MappingError(
                f"gave nothing for each of {self.passed} items that passed the query, which have"
                f" {keys_of(self.first)}; the first is {self.quoted(self.first)!r}",
                remedy="correct the expression, or data_path where that is none of your items",
                where=Part(
                    (*MAPPINGS, *sorted(self.lacking)[:1]),
                    name=" and ".join(f"{key} {mappings[key]!r}" for key in sorted(self.lacking)),
                ),
            )

    def shared_warning(self, config: ResourceConfig, *, may_move: bool) -> str | None:
        """What to say when several items came to one entity; ``may_move``: one may come twice."""
        parameters = getattr(config.selector, "path_parameters", {})
        warning = self.identities.warning(_identifier_of(config), parameters, may_move=may_move)
        return warning and f"kind {config.kind!r}: {warning}"

    def _refuse_fruitless_searches(self, config: ResourceConfig) -> None:
        split = config.port.items_to_parse
        for jq, search in self.searches.items():
            if jq != split and search.fit < search.items:
                raise MappingError(
                    f"reads all there is: without it ({jq}) nothing is left of"
                    f" {search.items - search.fit} of {search.items} items",
                    remedy="set itemsToParseTopLevelTransform to false",
                    where=quoting(ITEMS_TO_PARSE, split or ""),
                )
            if jq == split and not search.fit:
                raise MappingError(
                    f"gave a list for none of {search.items} items, which have"
                    f" {keys_of(self.first)}",
                    remedy="correct the expression, or let it end in // [] where there may be none",
                    where=quoting(ITEMS_TO_PARSE, jq),
                )
            if jq == split and search.unfit:
                raise MappingError(
                    f"{search.first_unfit} for {search.unfit} of {search.items} items, where a list"
                    " is needed, or null",
                    remedy="make it an expression that fits every item",
                    where=quoting(ITEMS_TO_PARSE, jq),
                )


def begin_mapping(
    jq: JqWorker, redact: Callable[[str], str], quoted: Callable[[Json], str]
) -> MappingRun:
    """Before a resource's first batch: what the processor uses and fills for it."""
    run = event.attributes[_run_key()] = MappingRun(jq, redact, quoted)
    return run


def _run_key() -> str:
    return f"ocean_custom_mapping_{resource.index}"


def _identifier_of(config: ResourceConfig) -> Json:
    identifier: Json = config.port.entity.mappings.dict()["identifier"]
    return identifier


class FusedEntityProcessor(JQEntityProcessor):
    """Ocean's processor; in a resync it has jq run where that can be stopped.

    A MappingError becomes an OceanAbortException: that ends the kind, and with it the deletion;
    any other error would end the resync.
    """

    def mapping_run(self) -> MappingRun | None:
        """That of the resource in work; None outside a resync, where Ocean's own processor maps."""
        try:
            return event.attributes.get(_run_key())
        except (EventContextNotFoundError, ResourceContextNotFoundError):
            return None

    async def _parse_items(
        self,
        mapping: ResourceConfig,
        raw_results: Items,
        parse_all: bool = False,  # noqa: FBT001, FBT002 (Ocean's signature)
    ) -> CalculationResult:
        run = self.mapping_run()
        if run is None:
            return await super()._parse_items(mapping, raw_results, parse_all)
        try:
            with of_kind(mapping):
                if run.fused is None:
                    run.query = QueryCheck(mapping.selector.query)
                    run.fused = await fused_mapping(run.jq, mapping, ask_all=parse_all)
                answers = await answers_of(run.jq, run.fused, raw_results)
        except MappingError as error:
            raise OceanAbortException(str(error.redacted(run.redact))) from error
        evaluations = [run.fused.read(answer) for answer in answers]
        self._log_failures(evaluations)
        run.count_failures(evaluations)
        if run.query:
            run.query.count(evaluations)
        results = [_result(run.fused, evaluation) for evaluation in evaluations]
        run.note(raw_results[0])
        for (mapped, _), item in zip(results, raw_results, strict=True):
            for one in mapped:
                run.count(one, item)
        judge = _MappedAlready(self.context, results)
        return await judge._parse_items(mapping, raw_results, parse_all)  # noqa: SLF001 (the same family)

    async def _search(self, data: dict[str, Json], pattern: str, field: str | None = None) -> Any:  # noqa: ANN401 (as Ocean's)
        """What a program gives for one item: so Ocean has `itemsToParse` run, an item at a time."""
        run = self.mapping_run()
        if run is None:
            return await super()._search(data, pattern, field)
        where = quoting(ITEMS_TO_PARSE, pattern)
        try:
            with of_kind(resource.resource_config):
                if pattern not in run.searches:
                    split = resource.resource_config.port.items_to_parse
                    wanted = list if pattern == split else dict
                    program = await self._prepared(run.jq, pattern, where=where)
                    run.searches[pattern] = Search(program, wanted)
                search = run.searches[pattern]
                (outcome,) = await outcomes_of(run.jq, search.program, [data], where=where)
        except MappingError as error:
            run.failure = error.redacted(run.redact)
            raise OceanAbortException(str(error)) from error
        if (message := failure(outcome)) is not None:
            self._log_search_failure(pattern, Exception(without_values(message)), field)
        search.count(outcome)
        run.note(data)
        return found(outcome)

    def _compile(self, pattern: str) -> Any:  # type: ignore[override]  # noqa: ANN401 (as Ocean's)
        """Outside of a resync Ocean runs programs in this process, which knows Port's secret."""
        return super()._compile(with_environment(pattern, environment=False))

    async def _prepared(self, jq: JqWorker, pattern: str, *, where: Where) -> str:
        """The program of a search for one item after the other; raises MappingError.

        Without a program Ocean would leave every item out.
        """
        program = await program_of(jq, pattern, where=where)
        if program.fault is not None:
            reason = jq_reason(ValueError(program.fault))
            raise MappingError(
                f"is not a jq program ({reason})", "correct the expression", where=where
            )
        return f"[.[] | {capture(program)}]"

    def _log_failures(self, evaluations: list[Evaluation]) -> None:
        """Say which expressions failed: once each, with the first message."""
        failures = [one for evaluation in evaluations for one in evaluation.failures]
        for expression, times in Counter(one.expression for one in failures).items():
            first = next(one for one in failures if one.expression == expression)
            summary = without_values(first.message).partition("\n")[0]
            failed = Exception(f"{summary} ({times} of {len(evaluations)} items)")
            self._log_search_failure(cast("str", expression.jq), failed, expression.path)


class _MappedAlready(JQEntityProcessor):
    """Ocean's processor for items that are mapped: only what comes after that is left to it."""

    def __init__(self, context: PortOceanContext, results: list[_Result]) -> None:
        super().__init__(context)
        self._results = results

    async def separate_compileable_and_uncompileable_patterns_and_warmup_cache(
        self, *_: object
    ) -> tuple[dict[str, Json], dict[str, Json]]:
        """No expression is left to compile."""
        return {}, {}

    async def parse_items_sync(self, *_: object) -> tuple[list[_Result], list[Exception]]:
        """What the first pass found, in Ocean's forked processes otherwise."""
        return self._results, []

    async def parse_items_async(self, *_: object) -> tuple[list[_Result], list[Exception]]:
        """No second pass: it is for expressions that do not compile."""
        return [], []


def _result(fused: FusedMapping, evaluation: Evaluation) -> _Result:
    """What Ocean makes of one item, in its own terms.

    Of an item that the query does not judge Ocean makes an error, which it only counts: here the
    items are counted, and the kind fails by one error when its reading ends.
    """
    if evaluation.passed is None:
        return [], []
    mapped = MappedEntity(
        entity=fused.entity(evaluation.values),
        did_entity_pass_selector=evaluation.passed,
        misconfigurations={
            # Ocean, too, has None here for a null in the mapping.
            expression.path: cast("str", expression.jq)
            for expression, value in zip(fused.expressions, evaluation.values, strict=False)
            if value is None
        },
    )
    return [mapped], []
