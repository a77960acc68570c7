"""The demo: two resyncs of the sample API into the local catalog, a change between them, checks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import msgspec
import yaml

from resync.limits import NO_LIMITS
from workbench import catalog, sample_api
from workbench.catalog import CatalogStore
from workbench.preview.run import MAIN
from workbench.preview.watch import VARIABLE, Watch
from workbench.sail import Installation, SailError, excerpt, sail_once
from workbench.sample_api import Counts, Helpdesk
from workbench.serve import serving
from workbench.store.model import Entity, JsonObject, KindStatus

DEMO: Final = Path(__file__).with_name("demo")
INTEGRATION: Final = "helpdesk-demo"
INTEGRATION_TYPE: Final = "custom"
DATABASE: Final = "catalog.sqlite"

AGENT: Final = "helpdeskAgent"
TICKET: Final = "helpdeskTicket"
COMMENT: Final = "helpdeskComment"

REMOVED_TICKET: Final = 43
RENAMED_TICKET: Final = 7
NEW_TITLE: Final = "Printer was replaced, please close"

type Key = tuple[str, str]


class DemoError(Exception):
    """The demo did not show what it is for; the message says what is wrong and where to look."""


@dataclass(frozen=True, slots=True)
class Resync:
    """One run of `ocean sail --once` and what it did.

    `counts` are the sample API's of this run alone. `before` and `after` are the catalog's
    entities by (blueprint, identifier).
    """

    seconds: float
    counts: Counts
    kinds: list[KindStatus]
    before: Mapping[Key, Entity]
    after: Mapping[Key, Entity]

    def created(self) -> list[Entity]:
        """The entities that were not there before."""
        return [entity for key, entity in self.after.items() if key not in self.before]

    def deleted(self) -> list[Entity]:
        """The entities that are not there any more."""
        return [entity for key, entity in self.before.items() if key not in self.after]

    def changed(self) -> list[tuple[Entity, Entity]]:
        """The entities with another content than before, as (before, after)."""
        return [
            (entity, self.after[key])
            for key, entity in self.before.items()
            if key in self.after and _content(entity) != _content(self.after[key])
        ]

    def unchanged(self) -> int:
        """How many entities are as they were."""
        return len(self.after) - len(self.created()) - len(self.changed())

    def as_json(self) -> JsonObject:
        """What it did, for `--json`."""
        return {
            "seconds": round(self.seconds, 1),
            "requests": asdict(self.counts),
            "kinds": [
                {
                    "kind": kind.kind,
                    "state": kind.state,
                    "found": kind.count("extract", "raw_extracted"),
                    "written": kind.count("load", "loaded"),
                }
                for kind in self.kinds
            ],
            "created": len(self.created()),
            "updated": [after.identifier for _, after in self.changed()],
            "deleted": [entity.identifier for entity in self.deleted()],
            "unchanged": self.unchanged(),
        }


class Demo:
    """The sample API and the local catalog, both running, and `ocean sail` between them."""

    def __init__(
        self, helpdesk: Helpdesk, store: CatalogStore, installation: Installation, directory: Path
    ) -> None:
        self.helpdesk = helpdesk
        self.store = store
        self.installation = installation
        self._directory = directory

    def resync(self, name: str) -> Resync:
        """Run one resync, logged to `<name>.log`, and check what it did; raises DemoError."""
        log = self._directory / f"{name}.log"
        before, asked = self._entities(), self.helpdesk.counts
        try:
            seconds = sail_once(self._environment(), log, main=MAIN)
        except SailError as error:
            raise DemoError(str(error)) from error
        counts = self.helpdesk.counts.since(asked)
        resync = Resync(seconds, counts, self._kinds(), before, self._entities())
        if faults := [*self._resync_faults(), *self._content_faults()]:
            raise DemoError("\n".join([*faults, excerpt(log)]))
        return resync

    def change_source(self) -> None:
        """Remove one ticket with its comments from the sample API, and rename another."""
        self.helpdesk.remove_ticket(REMOVED_TICKET)
        self.helpdesk.rename_ticket(RENAMED_TICKET, NEW_TITLE)

    def sources(self) -> dict[str, set[str]]:
        """The identifiers the catalog ought to hold, by blueprint."""
        return {
            AGENT: {str(agent.id) for agent in self.helpdesk.agents()},
            TICKET: {str(ticket.id) for ticket in self.helpdesk.tickets()},
            COMMENT: {str(comment.id) for comment in self.helpdesk.comments()},
        }

    def _environment(self) -> dict[str, str]:
        # Recorded for the catalog's page, in everything else as in production.
        watch = Watch((self._directory / DATABASE).absolute(), NO_LIMITS)
        return {**self.installation.environment(), VARIABLE: watch.format()}

    def _entities(self) -> dict[Key, Entity]:
        return {(entity.blueprint, entity.identifier): entity for entity in self.store.entities()}

    def _kinds(self) -> list[KindStatus]:
        return [status for status in self.store.kind_statuses() if status.blueprint]

    def _resync_faults(self) -> Iterator[str]:
        state = self.store.resync_state().get("status", "never started")
        if state != "completed":
            yield f"Ocean reports that the resync is {state}."
        for kind in self._kinds():
            if kind.state != "completed":
                yield f"Ocean reports that {kind.kind} is {kind.state}."
        for request in self.store.unknown_requests():
            yield f"Ocean called a route the local catalog does not have: {request}."

    def _content_faults(self) -> Iterator[str]:
        for blueprint, expected in self.sources().items():
            found = {entity.identifier for entity in self.store.entities(blueprint)}
            if found != expected:
                missing, extra = sorted(expected - found), sorted(found - expected)
                yield (
                    f"The catalog's {blueprint} differ from the sample API:"
                    f" {len(missing)} missing {missing[:5]}, {len(extra)} too many {extra[:5]}."
                )


@contextmanager
def demo(directory: Path) -> Iterator[Demo]:
    """A demo with its database (`catalog.sqlite`) and logs in `directory`, which exists."""
    helpdesk = Helpdesk()
    database = directory / DATABASE
    for old in directory.glob(f"{database.name}*"):  # SQLite's own files beside it as well
        old.unlink()
    with (
        CatalogStore(database) as store,
        serving(sample_api.create_app(helpdesk)) as api_url,
        serving(catalog.create_app(store)) as catalog_url,
    ):
        seed(store, INTEGRATION)
        yield Demo(helpdesk, store, Installation(INTEGRATION, catalog_url, api_url), directory)


def seed(store: CatalogStore, integration: str) -> None:
    """Put the demo's blueprints into an empty catalog, and its mapping, as the integration's."""
    blueprints = (DEMO / "blueprints.json").read_bytes()
    for blueprint in msgspec.json.decode(blueprints, type=list[JsonObject]):
        store.create_blueprint(blueprint)
    mapping = yaml.safe_load((DEMO / "port-app-config.yml").read_text(encoding="utf-8"))
    store.create_integration(
        {
            "installationId": integration,
            "installationAppType": INTEGRATION_TYPE,
            "config": mapping,
            "arePortResourcesInitialized": True,
        }
    )


def check_second(resync: Resync) -> None:
    """Raise DemoError unless the second resync did what changed in between, and nothing else."""
    gone = {(entity.blueprint, entity.identifier) for entity in resync.deleted()}
    comments = {
        (entity.blueprint, entity.identifier)
        for entity in resync.before.values()
        if entity.relations.get("ticket") == str(REMOVED_TICKET)
    }
    changed = [(after.identifier, after.title) for _, after in resync.changed()]
    if gone != {(TICKET, str(REMOVED_TICKET)), *comments}:
        raise DemoError(f"The second resync deleted {sorted(gone)}.")
    if changed != [(str(RENAMED_TICKET), NEW_TITLE)]:
        raise DemoError(f"The second resync changed {changed}.")
    if resync.created():
        raise DemoError(f"The second resync created {len(resync.created())} entities.")


def _content(entity: Entity) -> tuple[str | None, JsonObject, JsonObject]:
    return entity.title, entity.properties, entity.relations
