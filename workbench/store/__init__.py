"""The local catalog's memory, in SQLite."""

from workbench.store.browsing import Browsing
from workbench.store.integrations import Integrations
from workbench.store.observations import Observations
from workbench.store.reports import Reports


class CatalogStore(Browsing, Integrations, Reports, Observations):
    """All that a catalog keeps, in one database: in memory unless a path is given.

    To look on: `entities`, `deletions`, `blueprints`, `kind_statuses`, `resync_state`, `examples`,
    `logs`, `requests`, `exchanges` and `unknown_requests`.
    """
