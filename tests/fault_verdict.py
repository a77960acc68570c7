"""One cell of the fault matrix: its resync, and the verdict on what it gave."""

from __future__ import annotations

import asyncio
import traceback
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from errors import MappingError, OceanCustomError
from framework.identities import Identities, is_identifier
from overrides import EndpointResource
from resync.completeness import Doubt
from resync.resource_walk import LeftOpen
from resync.session import Session
from settings import Settings, load_settings
from tests.fault_api import FaultApi, Request
from tests.fault_cells import Cell, Expect, kinds_at, spot_of
from tests.fault_scene import KINDS, SECRETS, Scene
from tests.faults import bound, not_there, read_before
from tests.literals import Json

BELIEVED = "believed"
PATIENCE = 60.0  # seconds after which a resync counts as one that never ends
_TIMEOUT = 20.0  # seconds for a request
_SHORT_TIMEOUT = 3.0  # seconds for a request that the fault never answers
_RETRY_WAIT = 0.02  # seconds: one retry, and soon
_LOGIN_WAIT = 0.5  # seconds: a login in trouble is left alone for a quarter of a second

ByKind = Mapping[str, frozenset[str]]
"""Ids by kind."""


@dataclass(frozen=True)
class Walked:
    """What a resync gave: ids and the error of each kind, and how often the API was asked.

    `held` are the kinds of which nothing is deleted although they were read, and why.
    `requests` are those of the first readings, `again` those of the second look.
    """

    found: ByKind
    errors: Mapping[str, Exception]
    held: Mapping[str, Exception]
    requests: int
    again: int
    strayed: int


@dataclass(frozen=True)
class Expected:
    """What a resync is measured by.

    The ids that were in the API all the time, those read before the fault, those the API says
    are not there; the struck request as an error must name it; the most requests.
    """

    truth: ByKind
    before: ByKind
    absent: ByKind
    request: str
    most: int


@dataclass(frozen=True)
class Result:
    """A cell, what became of it in a word or two, and every rule that was broken."""

    cell: Cell
    outcome: str
    violations: tuple[str, ...]


# --- one cell -------------------------------------------------------------------------------


async def run(cell: Cell) -> Result:
    """Run a cell and judge it."""
    async with FaultApi() as api, FaultApi() as elsewhere:
        scene = cell.scene(api, elsewhere)
        expected = expectation(cell, scene)
        strike(cell, scene)
        try:
            async with asyncio.timeout(PATIENCE):
                walked = await _resync(cell, scene)
        except TimeoutError:
            return Result(cell, "never ends", (f"not over after {PATIENCE:g} seconds",))
        left = scene.truth()
        truth = {kind: ids & left[kind] for kind, ids in expected.truth.items()}
        verdict = Verdict(cell, walked, replace(expected, truth=truth))
        return Result(cell, verdict.outcome, tuple(verdict.violations()))


def expectation(cell: Cell, scene: Scene) -> Expected:
    """What a resync of an untouched scene is measured by."""
    spot = spot_of(cell.place, scene)
    return Expected(
        truth=scene.truth(),
        before=read_before(cell, scene),
        absent=not_there(cell, scene),
        request=f"{'POST' if cell.place == 'login' else 'GET'} {scene.api.url}{spot.path}",
        most=bound(cell, scene),
    )


def strike(cell: Cell, scene: Scene) -> None:
    """Set the fault of a cell."""
    spot = spot_of(cell.place, scene)

    def is_struck(request: Request) -> bool:
        return cell.fault.whole_collection or scene.spot(request) == spot

    handler = cell.fault.make(scene, spot)
    scene.api.fail(spot.path, handler, times=1 if cell.passing else None, when=is_struck)


async def _resync(cell: Cell, scene: Scene) -> Walked:
    settings = _settings(cell, scene)
    found: defaultdict[str, set[str]] = defaultdict(set)
    errors: dict[str, Exception] = {}
    first = await _read(scene, dict.fromkeys(KINDS), settings, found, errors)
    requests = len(scene.api.requests)
    unsure = {kind: left for kind, left in first.items() if left.doubts and kind not in errors}
    second = await _read(scene, unsure, settings, found, errors)
    again = len(scene.api.requests) - requests
    return Walked(
        found={kind: frozenset(found[kind]) for kind in KINDS},
        errors=errors,
        held={kind: left.complaint for kind, left in second.items() if left.complaint},
        requests=requests,
        again=again,
        strayed=len(scene.elsewhere.requests),
    )


async def _read(
    scene: Scene,
    kinds: Mapping[str, LeftOpen | None],
    settings: Settings,
    found: Mapping[str, set[str]],
    errors: dict[str, Exception],
) -> dict[str, LeftOpen]:
    """Read kinds in one session, and add what was found and what failed; gives what is left open.

    `kinds` are read again for what an earlier reading left open.
    """
    left: dict[str, LeftOpen] = {}
    session = Session(settings)
    try:
        for one in scene.mapping():
            kind = str(one["kind"])
            if kind not in kinds:
                continue
            try:
                resource = EndpointResource.parse_obj(one).to_resource(settings.pagination)
                reading = session.read(resource, again=kinds[kind])
                identities = Identities()
                async for batch in reading.batches():
                    found[kind] |= _identified(batch, scene.key, identities)
                if identities.nameless:
                    expression = f"kind {kind!r}: .{scene.key}"
                    identities.refuse_nameless(expression, identities.nameless)
                left[kind] = reading.left
                if Doubt.ABSENT in reading.left.doubts:  # then nothing of its blueprint is deleted
                    errors[kind] = MappingError(f"kind {kind!r}: found nothing")
            except Exception as error:  # noqa: BLE001 (of whatever kind it is, it is judged)
                errors[kind] = error
    finally:
        await session.aclose()
    return left


def _identified(batch: Sequence[Mapping[str, Json]], key: str, identities: Identities) -> set[str]:
    """The identifiers of items; those without one are noted, as when they are mapped."""
    found = set[str]()
    for item in batch:
        if is_identifier(item.get(key)):
            found.add(str(item[key]))
        else:
            identities.note_nameless(item.get(key), item)
    return found


def _settings(cell: Cell, scene: Scene) -> Settings:
    """The settings of an installation, with shorter times than whole seconds can say."""
    return structs.replace(
        # Without TLS there is nothing to verify, and no time to spend on certificates.
        load_settings({"base_url": scene.api.url, "verify_ssl": False, **scene.settings}),
        timeout=_SHORT_TIMEOUT if cell.fault.slow else _TIMEOUT,
        max_retry_wait=_LOGIN_WAIT if cell.place == "login" else _RETRY_WAIT,
    )


# --- the verdict ----------------------------------------------------------------------------


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors a group is made of, or the error itself."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    else:
        yield error


def message(error: Exception) -> str:
    """All that an error says."""
    return "; ".join(dict.fromkeys([str(error), *map(str, leaves(error))]))


@dataclass(frozen=True)
class Verdict:
    """What a resync gave, beside what it is measured by."""

    cell: Cell
    walked: Walked
    expected: Expected

    @property
    def outcome(self) -> str:
        """What became of the kinds that the fault concerns."""
        struck = [self.walked.errors[kind] for kind in self._failed & kinds_at(self.cell.place)]
        if names := {type(leaf).__name__ for error in struck for leaf in leaves(error)}:
            named = ", named" if self.cell.place == "child" and self._names_child(struck) else ""
            return " and ".join(sorted(names)) + named
        if self.walked.held:
            return "held back"
        if any(map(self._missing, KINDS)):
            return "LOSS"
        if any(self.expected.truth[kind] - self.walked.found[kind] for kind in KINDS):
            return BELIEVED
        return "recovered" if self.cell.passing else "complete"

    def violations(self) -> Iterator[str]:
        """Every rule that was broken."""
        for kind in KINDS:
            missing = self._missing(kind)
            if missing and kind not in self._failed | self.walked.held.keys():
                yield f"{kind} lacks {sorted(missing)}, and there is no error"
            if lost := self.expected.before[kind] - self.walked.found[kind]:
                yield f"{kind} was read before the fault, but {sorted(lost)} did not come"
        for kind, error in self.walked.errors.items():
            yield from self._faults_of(kind, error)
        for kind, error in self.walked.held.items():
            is_named = self.cell.place != "child" or self._names_child([error])
            if repr(kind) not in str(error) or not is_named:
                yield f"what holds back {kind} does not name it and the child: {error}"
        yield from self._surprises()
        for requests in (self.walked.requests, self.walked.again):
            if requests > self.expected.most:
                yield f"{requests} requests, where {self.expected.most} are enough"
        if self.walked.strayed:
            yield "something was sent to another origin"

    @property
    def _failed(self) -> frozenset[str]:
        return frozenset(self.walked.errors)

    def _missing(self, kind: str) -> frozenset[str]:
        absent = self.expected.absent.get(kind, frozenset())
        return self.expected.truth[kind] - absent - self.walked.found[kind]

    def _names_child(self, errors: Sequence[Exception]) -> bool:
        """Whether the struck child is named with its status or what else became of it."""
        path = self.expected.request.partition("//")[2].partition("/")[2]
        return any(f"/{path} (" in str(error) for error in errors)

    def _surprises(self) -> Iterator[str]:
        concerned = kinds_at(self.cell.place)
        others = self._failed - concerned
        if others and not self.cell.fault.ends_everything:
            yield f"{sorted(others)} failed as well"
        if self.cell.expect is Expect.RAISES and not concerned <= self._failed:
            yield f"no error of {sorted(concerned - self._failed)}"
        holds = concerned if self.cell.expect is Expect.HELD_BACK else frozenset()
        may_hold = self.cell.expect in {Expect.EITHER, Expect.UNPROVED}
        if self.walked.held.keys() != holds and not may_hold:
            yield f"nothing may be deleted of {sorted(self.walked.held)}"
        if self.cell.expect not in {Expect.RAISES, Expect.EITHER, Expect.UNPROVED}:
            for kind in concerned & self._failed:
                yield f"an error all the same: {message(self.walked.errors[kind])}"

    def _faults_of(self, kind: str, error: Exception) -> Iterator[str]:
        said = message(error)
        wanted = self.cell.error if kind in kinds_at(self.cell.place) else OceanCustomError
        for leaf in leaves(error):
            if not isinstance(leaf, wanted):
                yield f"{type(leaf).__name__} is no {wanted.__name__}: {said}"
        if repr(kind) not in said:
            yield f"the error does not name the kind: {said}"
        # A fault of the mapping stands in a line of the mapping, not in a request.
        is_mapping = all(isinstance(leaf, MappingError) for leaf in leaves(error))
        concerned = kind in kinds_at(self.cell.place)
        # An API that goes down is met by whatever is asked for then.
        is_told = self.expected.request in said or self.cell.fault.ends_everything
        if concerned and not is_mapping and not is_told:
            yield f"the error does not name {self.expected.request}: {said}"
        if holds_secret(said + "".join(traceback.format_exception(error))):
            yield "the error holds a credential"


def holds_secret(text: str) -> bool:
    """Whether a text holds one of the credentials."""
    return any(secret in text for secret in SECRETS)
