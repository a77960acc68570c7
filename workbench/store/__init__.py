"""The local catalog's memory, in SQLite."""

from workbench.store.entities import Entities
from workbench.store.integrations import Integrations
from workbench.store.reports import Reports


class CatalogStore(Entities, Integrations, Reports):
    """All that a catalog keeps, in one database: in memory unless a path is given.

    To look on: `entities`, `deletions`, `blueprints`, `kind_statuses`, `resync_state`, `examples`,
    `logs`, `requests` and `unknown_requests`.
    """
