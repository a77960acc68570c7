"""Keys that do not come because a parameter is not sent that other resources send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from framework.mapped_items import Items
from json_values import Json
from workbench.check.documents import Document
from workbench.check.findings import Finding, Write
from workbench.check.near import has_path, lists_of_objects, paths_in
from workbench.check.nearby import Nearby
from workbench.check.reading import Seen

_MOST: Final = 2  # requests
_FEWEST: Final = 2  # expressions that find no key


class Unsent:
    """Asks for a resource with the parameters of the others."""

    def __init__(self, document: Document, near: Nearby, all_seen: Sequence[Seen]) -> None:
        self._document = document
        self._near = near
        self._all = all_seen

    async def findings(self, seen: Seen) -> list[Finding]:
        """At most one: the parameters with which keys come that are mapped, and absent."""
        items = [one.item for one in seen.passed]
        absent = list(_absent(seen, items))
        if len(absent) < _FEWEST or not items:
            return []
        request = self._near.asked(seen)
        if request is None or request.method != "GET":
            return []
        for params in self._others(seen)[:_MOST]:
            asked = request
            for name, value in params.items():
                asked = asked.put(name, value, "query")
            rows = _rows(await self._near.body(asked))
            if rows and all(has_path(rows, path) for path in absent):
                keys = ", ".join(path[0] for path in absent)
                problem = f"no item has {keys}, which come with parameters of other kinds"
                own: dict[str, Json] = {**seen.config.selector.query_params, **params}
                place = ("selector", "query_params")
                return [seen.finding(self._document, place, problem, Write(own, "so they come"))]
        return []

    def _others(self, seen: Seen) -> list[dict[str, Json]]:
        """The parameters of the other resources that this one does not send."""
        own = seen.config.selector.query_params
        found: list[dict[str, Json]] = []
        for other in self._all:
            given = other.config.selector.query_params
            more = {
                str(name): value
                for name, value in given.items()
                if name not in own and not (isinstance(value, str) and "{" in value)
            }
            if other is not seen and more and more not in found:
                found.append(more)
        return found


def _absent(seen: Seen, items: Items) -> Iterator[tuple[str, ...]]:
    """The paths of expressions whose first key no item has."""
    for one in seen.passed[0].expressions if seen.passed else ():
        for path in paths_in(one.jq or "")[:1]:
            if path and not path[0].startswith("__") and not has_path(items, path[:1]):
                yield path


def _rows(body: Json) -> Items:
    rows = max((rows for _, rows in lists_of_objects(body)), key=len, default=[])
    return [row for row in rows if isinstance(row, dict)]
