"""The end of a resync: what is gone is deleted, as far as that is certain, whatever failed.

Ocean deletes nothing when anything failed. Here a kind that failed holds back what it may have
made (``deletion``), and the rest is reconciled as usual::

    Ocean's threshold, and its protection of what new entities relate to
      └─ what Port did not take is kept                      (refused_entities)
          └─ what one reading may have missed is read again  (second_look)
              └─ what a failed second look may have found is held back, too
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import httpx
from loguru import logger
from msgspec import Struct, field
from port_ocean.clients.port.types import UserAgentType
from port_ocean.context.event import EventType, event
from port_ocean.context.resource import resource, resource_context
from port_ocean.core.handlers import HttpEntitiesStateApplier
from port_ocean.core.handlers.port_app_config.models import PortAppConfig, ResourceConfig
from port_ocean.core.integrations.base import BaseIntegration
from port_ocean.core.models import Entity
from port_ocean.core.ocean_types import EntityDiff
from port_ocean.exceptions.core import OceanAbortException
from port_ocean.helpers.metric.metric import MetricPhase
from port_ocean.helpers.metric.utils import TimeMetricWithResourceKind

from framework.deletion import (
    ANY,
    HeldBack,
    Key,
    Relations,
    Withheld,
    constant_blueprint,
    hold_back,
)
from framework.outcome import REPORT
from framework.refused_entities import hear_answers, refused_entities
from framework.resync_context import installed_settings
from framework.second_look import Seen, key_of_entity, look_again, reasons_of, silent_of, unsure_of

_RUN = "ocean_custom_reconciliation"


class SecondLookError(OceanAbortException):
    """A second look failed: what is gone of its kind is not known, and was not deleted."""


class _Run(Struct):
    """One reconciliation: the kinds that failed, and what was held back.

    ``at_port`` are the entities that this resync did not write, ``known`` those and what it saw.
    """

    failed: frozenset[int]
    at_port: Sequence[Entity] = ()
    known: Sequence[Entity] = ()
    relations: Relations = field(default_factory=dict)
    held: HeldBack = field(default_factory=HeldBack)
    seen: Seen = field(default_factory=Seen)


class CarefulStateApplier(HttpEntitiesStateApplier):
    """Ocean's applier; it deletes only what is certainly gone."""

    async def upsert(self, entities: list[Entity], user_agent_type: UserAgentType) -> list[Entity]:
        """Write entities to Port; gives those it took. Within a resync the others are noted."""
        if event.event_type != EventType.RESYNC:
            return await super().upsert(entities, user_agent_type)
        noted = refused_entities()
        is_postponing = not event.port_app_config.create_missing_related_entities
        noted.is_final = not is_postponing
        hear_answers(self.context.port_client.client)
        taken = await super().upsert(entities, user_agent_type)
        refused = noted.note(entities, taken, resource.index)
        if is_postponing:
            noted.postpone(refused, resource.index)
        return taken

    async def write_postponed(self, user_agent_type: UserAgentType) -> None:
        """Write again what Port may take now that all else is there."""
        noted = refused_entities()
        noted.is_final = True
        resources = event.port_app_config.resources
        try:
            if blueprints := noted.postponed_blueprints:
                relations = await self.relations_of(blueprints)
                for layer in noted.layers(relations):
                    for index, entities in layer.items():
                        async with resource_context(resources[index], index):
                            taken = await super().upsert(entities, user_agent_type)
                        for one in taken:
                            noted.take(key_of_entity(one))
        finally:
            noted.close()
        for warning in noted.warnings([config.kind for config in resources]):
            logger.warning(warning)
        REPORT.get().note_refused(noted.count_by_resource().total())

    async def relations_of(self, blueprints: AbstractSet[str]) -> Relations:
        """The relations of blueprints at Port, and of those they lead to; none where it has none.

        Raises httpx.HTTPError when Port does not answer. One request a blueprint, kept by Ocean.
        """
        relations: dict[str, Mapping[str, str]] = {}
        waiting = deque(sorted(blueprints))
        while waiting:
            name = waiting.popleft()
            if name in relations:
                continue
            try:
                blueprint = await self.context.port_client.get_blueprint(name, should_log=False)
            except httpx.HTTPStatusError as error:
                if error.response.is_server_error:
                    raise
                relations[name] = {}
                continue
            relations[name] = {name: one.target for name, one in blueprint.relations.items()}
            waiting.extend(relations[name].values())
        return relations

    async def delete_diff(
        self,
        entities: EntityDiff,
        user_agent_type: UserAgentType,
        entity_deletion_threshold: float | None = None,
    ) -> None:
        """Delete what was at Port before and is not there after, as far as that is certain.

        Raises SecondLookError when a resource could not be read again, after the deletion.
        """
        run: _Run = event.attributes.setdefault(_RUN, _Run(frozenset()))
        run.at_port = entities["before"]
        run.known = [*entities["before"], *entities["after"]]
        await self._hold_back(run, run.failed)
        # Without relations: what is only not deleted protects nothing that it relates to.
        held = [
            one.copy(update={"relations": {}})
            for one in run.at_port
            if run.held and run.held.holds(key_of_entity(one))
        ]
        missing = refused_entities().missing_blueprints
        after = [one for one in entities["after"] if one.blueprint not in missing]
        await super().delete_diff(
            {"before": run.at_port, "after": [*held, *after]},
            user_agent_type,
            entity_deletion_threshold,
        )
        if failures := run.seen.failures:
            for index in failures:
                REPORT.get().note_failed_second_look(event.port_app_config.resources[index].kind)
            texts = "; ".join(map(str, failures.values()))
            first = next(iter(failures.values()))
            raise SecondLookError(f"The second look failed: {texts}") from first

    async def delete(self, entities: list[Entity], user_agent_type: UserAgentType) -> None:
        """Delete entities: at the end of a resync those that are certainly gone."""
        run: _Run | None = event.attributes.get(_RUN)
        if run is not None:
            gone = await self._gone(run, {key_of_entity(one) for one in entities}, user_agent_type)
            entities = [one for one in entities if key_of_entity(one) in gone]
        if entities:
            await super().delete(entities, user_agent_type)

    async def _gone(
        self, run: _Run, doomed: AbstractSet[Key], user_agent_type: UserAgentType
    ) -> AbstractSet[Key]:
        """Those of the entities to be deleted that are certainly gone."""
        refused = refused_entities()
        certain = doomed - refused.among(doomed)
        unsure = unsure_of(certain, run.failed)
        if unsure and not installed_settings().second_look:
            certain -= self._kept_in_doubt(certain, unsure)
            run.seen.failures = silent_of(unsure)
        elif unsure:
            run.seen = await look_again(self.context, unsure, certain, user_agent_type)
        left = doomed - run.seen.keys
        if kept := refused.among(left):
            logger.warning(
                f"{len(kept)} entities are not deleted: Port did not take them in this resync"
            )
        left = (left & certain) - kept
        if run.seen.failures:
            await self._hold_back(run, run.failed | run.seen.failures.keys())
            left = {key for key in left if not run.held.holds(key)}
        return left

    def _kept_in_doubt(
        self, doomed: AbstractSet[Key], unsure: Mapping[int, ResourceConfig]
    ) -> set[Key]:
        """Those that are kept because nothing is read a second time."""
        blueprints = {
            constant_blueprint(one.port.entity.mappings.blueprint) for one in unsure.values()
        }
        kept = {key for key in doomed if ANY in blueprints or key[1] in blueprints}
        logger.warning(
            f"{len(kept)} entities are not deleted: they may have been missed, and secondLook is"
            f" off: {reasons_of(unsure)}"
        )
        return kept

    async def _hold_back(self, run: _Run, failed: AbstractSet[int]) -> None:
        """Note what is held back because these kinds failed, and say so."""
        config = event.port_app_config
        withheld = list(_withheld(config, failed, run.seen.failures.keys()))
        named = {one.blueprint for one in withheld if one.blueprint is not ANY}
        if named and not run.relations:
            run.relations = await self.relations_of(named | {one.blueprint for one in run.at_port})
        cascades = config.delete_dependent_entities
        run.held = hold_back(withheld, run.known, run.relations, cascades=cascades)
        if failed:
            logger.warning(f"Deletion is held back: {run.held}")


class ReconcilingIntegration(BaseIntegration):
    """Ocean's integration; a kind that failed holds back its own blueprint and no other."""

    async def resync_reconciliation(
        self,
        creation_results: list[tuple[list[Entity], list[Exception]]],
        did_fetched_current_state: bool,  # noqa: FBT001 (Ocean's signature)
        user_agent_type: UserAgentType,
        app_config: PortAppConfig,
        silent: bool = True,  # noqa: FBT001, FBT002 (Ocean's signature)
    ) -> bool:
        """Delete what is gone; whether the resync succeeded.

        A second look that failed fails the resync as a kind that failed does, and so does a Port
        that does not answer. Left to themselves these errors would pass Ocean's reports to Port,
        which would show a resync that goes on for ever.
        """
        errors = [error for _, errors in creation_results for error in errors]
        failed = frozenset(at for at, (_, errors) in enumerate(creation_results) if errors)
        event.attributes[_RUN] = _Run(failed)
        try:
            if not errors:
                return await super().resync_reconciliation(
                    creation_results, did_fetched_current_state, user_agent_type, app_config, silent
                )
            entities = [one for entities, _ in creation_results for one in entities]
            await self.sort_and_upsert_failed_entities(user_agent_type)
            if did_fetched_current_state:
                await self._delete_known(entities, user_agent_type, app_config)
        except (OceanAbortException, httpx.HTTPError) as error:
            if not errors and not silent:
                raise
            errors.append(error)
            logger.error(f"{type(error).__name__}: {error}")
        # The errors of the kinds that failed are logged by now.
        if not silent:
            raise ExceptionGroup(f"Resync failed with {len(errors)} errors", errors)
        return False

    async def sort_and_upsert_failed_entities(self, user_agent_type: UserAgentType) -> None:
        """Write again what Port did not take because something it relates to was not there."""
        applier = self.entities_state_applier
        if isinstance(applier, CarefulStateApplier):
            await applier.write_postponed(user_agent_type)

    @TimeMetricWithResourceKind(MetricPhase.RESYNC)  # type: ignore[untyped-decorator] # Ocean's
    async def _delete_known(
        self, entities: list[Entity], user_agent_type: UserAgentType, app_config: PortAppConfig
    ) -> None:
        """What Ocean does when nothing failed: compare with what Port has, and delete."""
        failed = event.attributes[_RUN].failed
        for one in _withheld(app_config, failed, ()):
            if one.blueprint is ANY:  # no use asking Port what it holds
                logger.warning(f"Deletion is held back: {HeldBack(everything=one.reason)}")
                return
        began: Any = event.attributes.get("resync_start_time")
        at_port = await self.context.port_client.search_entities(
            user_agent_type, before=began.isoformat() if began else None
        )
        await self.entities_state_applier.delete_diff(
            {"before": at_port, "after": entities},
            user_agent_type,
            app_config.entity_deletion_threshold,
        )


def _withheld(
    config: PortAppConfig, failed: AbstractSet[int], at_second_look: Iterable[int]
) -> Iterable[Withheld]:
    """The resources of which nothing may be deleted."""
    again = set(at_second_look)
    for index, one in enumerate(config.resources):
        blueprint = constant_blueprint(one.port.entity.mappings.blueprint)
        if index in failed:
            how = "failed at the second look" if index in again else "failed"
            yield Withheld(blueprint, f"kind {one.kind!r} {how}")
        elif not one.enable_delete:
            reason = f"kind {one.kind!r} says enableDelete: false"
            yield Withheld(blueprint, reason, is_unread=False)
