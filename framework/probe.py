"""``ocean probe``: a bounded look at the API, one check for each resource of the mapping.

Ocean takes the kinds of a probe from fixed names, and this integration has none: the checks
are of the mapping that Port holds. Without one, settings and credentials are checked alone.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

import httpx
from loguru import logger
from msgspec import Struct, structs
from port_ocean.context.ocean import ocean
from port_ocean.core.probe.context import ProbeContext
from port_ocean.core.probe.models import ProbeCheck, ProbeCheckStatus, ProbeStatus
from port_ocean.exceptions.base import BaseOceanException

from errors import CredentialsError, OceanCustomError, ResponseError, TransportError
from framework.identities import is_identifier
from framework.mapped_items import Items, Mapped, mapped
from framework.resync_context import installed_settings, open_session
from overrides import EndpointAppConfig, EndpointResource
from paging.model import PageRequest
from resync.limits import Limits
from resync.session import Session
from settings import Settings

WANTED: ContextVar[tuple[str, ...] | None] = ContextVar("ocean_custom_probe_kinds", default=None)
"""The kinds that this probe was asked for; None: all of the mapping."""

LIMITS = Limits(pages=1, children=1, items=200)
PORT_SECONDS = 15.0
"""For so long Port is asked for the mapping: Ocean itself would retry for minutes."""
LONGEST_WAIT = 10.0
"""Seconds for which a request to the API is repeated at most: somebody waits at a form."""


class CheckResult(Struct, frozen=True):
    """What one resource came to."""

    status: ProbeCheckStatus
    message: str | None = None


async def probe_installation(context: ProbeContext) -> ProbeContext:
    """Check settings, credentials and each resource, and report them."""
    try:
        settings = _bounded(installed_settings())
        config = await _mapping()
    except OceanCustomError as error:
        await context.fail(str(error))
        return context
    session = open_session(settings, [])
    try:
        if config is None or not config.resources:
            await _check_credentials(context, session)
        else:
            await _check_resources(context, session, config)
    finally:
        await session.aclose()
    return context


def failure_of(context: ProbeContext) -> str | None:
    """Why a probe did not succeed, in one sentence; None: it did."""
    failed = [one for one in context.checks if one.status == ProbeCheckStatus.FAILURE]
    if context.status == ProbeStatus.FAILED:
        return context.message or "the probe failed"
    if failed:
        return f"{len(failed)} of {len(context.checks)} checks failed; first: {failed[0].message}"
    return None


def _bounded(settings: Settings) -> Settings:
    return structs.replace(settings, max_retry_wait=min(settings.max_retry_wait, LONGEST_WAIT))


async def _mapping() -> EndpointAppConfig | None:
    """The mapping that Port holds; None where there is none yet, or Port does not answer.

    Raises MappingError with every fault of one.
    """
    try:
        async with asyncio.timeout(PORT_SECONDS):
            integration = await ocean.port_client.get_current_integration(should_log=False)
    except (TimeoutError, httpx.HTTPError, BaseOceanException) as error:
        reason = str(error) or f"no answer within {PORT_SECONDS:g} seconds"
        logger.warning(
            f"Port has no mapping for this probe ({reason}); credentials are checked alone"
        )
        return None
    raw = integration.get("config")
    return EndpointAppConfig.parse_obj(raw) if raw else None


async def _check_credentials(context: ProbeContext, session: Session) -> None:
    """One request to the base URL: whatever is answered, but for a refusal, the way is open.

    The report says what was answered: a 404 shows nothing of the credentials.
    """
    request = PageRequest(str(session.settings.base_url), purpose="check")
    try:
        answer = await session.client.send(request)
    except (CredentialsError, TransportError) as error:
        await context.fail(session.redacted(str(error)))
        return
    except OceanCustomError as error:
        told = session.redacted(str(error))
        # Whatever a login is answered but a token, nothing is signed.
        if error.report.request is not None and error.report.request.is_login:
            await context.fail(told)
            return
    else:
        told = str(answer.status)
    context.message = f"no mapping was checked; the API answers {told}"


async def _check_resources(
    context: ProbeContext, session: Session, config: EndpointAppConfig
) -> None:
    wanted = WANTED.get()
    chosen = [one for one in config.resources if wanted is None or one.kind in wanted]
    if wanted and (unknown := sorted(set(wanted) - {one.kind for one in chosen})):
        known = ", ".join(sorted({one.kind for one in config.resources}))
        await context.fail(f"the mapping has no kind {unknown[0]}; it has {known}")
        return
    checks = [ProbeCheck(kind=one.kind) for one in chosen]
    context.checks += checks
    await context.update_progress()
    for check, resource in zip(checks, chosen, strict=True):
        try:
            result = await _result(session, resource)
        except (CredentialsError, TransportError) as error:
            for one in checks:
                if one.status == ProbeCheckStatus.PENDING:
                    one.status = ProbeCheckStatus.UNKNOWN
            check.status, check.message = ProbeCheckStatus.FAILURE, session.redacted(str(error))
            await context.fail(check.message)
            return
        check.status, check.message = result.status, result.message
        await context.update_progress()


async def _result(session: Session, config: EndpointResource) -> CheckResult:
    """What a bounded reading says of one resource; raises for what concerns all of them."""
    items: Items = []
    try:
        reading = session.read(config.to_resource(session.settings.pagination), limits=LIMITS)
        async for batch in reading.batches():
            items += batch
        if not items:
            is_child = bool(config.selector.path_parameters)
            status = ProbeCheckStatus.UNKNOWN if is_child else ProbeCheckStatus.SUCCESS
            return CheckResult(status, "no items to look at")
        return _judged(config, await mapped(session.jq, config, items))
    except (CredentialsError, TransportError):
        raise
    except OceanCustomError as error:
        return CheckResult(ProbeCheckStatus.FAILURE, session.redacted(str(error)))
    except ExceptionGroup as group:
        refused = group.subgroup(ResponseError) or group
        return CheckResult(ProbeCheckStatus.FAILURE, session.redacted(str(refused.exceptions[0])))


def _judged(config: EndpointResource, found: list[Mapped]) -> CheckResult:
    """Whether the mapping makes entities of items."""
    passed = [one for one in found if one.evaluation.passed]
    if any(one.evaluation.passed is None for one in found):
        message = f"query {config.selector.query!r} gives neither true nor false"
        return CheckResult(ProbeCheckStatus.FAILURE, message)
    if not passed:
        message = f"query {config.selector.query!r} is true for none of {len(found)} items"
        return CheckResult(ProbeCheckStatus.UNKNOWN, message)
    made = [one.made for one in passed]
    nameless = sum(not is_identifier(entity.get("identifier")) for entity in made)
    # As in a resync: an item without a blueprint may be meant to make no entity.
    lost = 0 if any(entity.get("blueprint") for entity in made) else len(made)
    for name, number in (("identifier", nameless), ("blueprint", lost)):
        if number:
            message = f"{name} gives nothing for {number} of {len(passed)} items"
            return CheckResult(ProbeCheckStatus.FAILURE, message)
    return CheckResult(ProbeCheckStatus.SUCCESS, f"{len(passed)} items make entities")
