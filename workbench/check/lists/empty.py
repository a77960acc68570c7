"""Resources of which nothing was read: what may have left everything out, by a few requests."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Final

from framework.mapped_items import Items
from json_values import Json, as_written, follow
from workbench.check.asking.nearby import Target
from workbench.check.asking.reading import Seen
from workbench.check.asking.sent import Sent
from workbench.check.asking.sources import PARTS
from workbench.check.asking.variants import Wish, better_variant, each_value, left_out
from workbench.check.findings import Finding, Path, Remedy, Severity
from workbench.check.guesses.expressions import (
    finding_in,
    is_scalar,
    leaves,
    paths_in,
    values_of,
    written,
)
from workbench.check.items.comparisons import compared, held_at, misspelt
from workbench.check.items.other_lists import listed_otherwise
from workbench.check.lists.children import Children
from workbench.check.lists.formats import rows_as_json

_MOST: Final = 6  # parameters that are left out, one after the other
_MOSTLY: Final = 3  # quarters of what is mapped
_LONGEST: Final = 60  # characters of a value that are quoted


class Empty:
    """Finds why a resource without errors has no items."""

    def __init__(self, children: Children) -> None:
        self._children = children
        self._near = children.near
        self._jq = self._near.jq

    async def findings(self, seen: Seen) -> list[Finding]:
        """At most one: a filter of parents, the list beside, a format, a parameter, a field."""
        if seen.errors or not seen.asked:
            return []
        if found := await self._of_parents(seen):
            return [found]
        looks = (self._unlike, self._beside, self._other_format, self._other_field, self._left_out)
        for look in looks if not seen.items else ():
            if found := await look(seen):
                return [found]
        return []

    async def _of_parents(self, seen: Seen) -> Finding | None:
        """A filter that no parent passes, or with a key that none has."""
        for name, one in seen.config.selector.path_parameters.items():
            pages = self._children.pages_of(seen, name)
            items = [item for page in pages for item in page.items]
            if one.filter in (None, "true") or not items:
                continue
            path = ("selector", "path_parameters", name, "filter")
            if True in await values_of(self._jq, one.filter, items):
                if other := misspelt(one.filter, items):
                    problem = f"path_parameters.{name}.filter reads a key that no parent has"
                    return seen.finding(path, problem, other, "warn")
                continue
            problem = f"path_parameters.{name}.filter is true for none of {len(items)} parents"
            remedy = await self._of_filter(one.filter, items)
            severity: Severity = "warn" if pages[-1].goes_on else "error"
            return seen.finding(path, problem, remedy, severity)
        return None

    async def _unlike(self, seen: Seen) -> Finding | None:
        """No parents, where others ask for the same with more parameters."""
        if any(one.purpose == "page" for one in seen.exchanges):
            return None
        found = await self._children.unlike_another(seen)
        return seen.finding(found[0], "it has no parents", found[1], "warn") if found else None

    async def _of_filter(self, expression: str, items: Items) -> Remedy:
        """What the parents have where a filter looks, or what it may mean."""
        if remedy := await compared(self._jq, expression, items):
            return remedy
        nowhere = ", ".join(map(written, paths := paths_in(expression)))
        return f"{nowhere} is null in all {len(items)} of them" if paths else "correct it"

    async def _beside(self, seen: Seen) -> Finding | None:
        """Another list of the answers whose objects have what is mapped."""
        remedy = await listed_otherwise(self._jq, seen)
        if not remedy:
            return None
        problem = f"data_path {seen.config.selector.data_path or '.'!r} leads to an empty list"
        return seen.finding(("selector", "data_path"), problem, remedy)

    async def _other_format(self, seen: Seen) -> Finding | None:
        """A format in which there is no list, where as JSON there is one."""
        remedy = await rows_as_json(self._near, self._jq, seen) if seen.own_pages else None
        if remedy is None:
            return None
        problem = f"no items in the format {seen.config.selector.response_format}"
        path = ("selector", "response_format")
        return seen.finding(path, problem, remedy)

    async def _left_out(self, seen: Seen) -> Finding | None:
        """A query parameter, or a part of the body, without which there are items."""
        target = self._near.target(seen)
        request, asked = target.request, len(target.base) > 1 or bool(seen.own_pages)
        if request is None or not asked:
            return None
        answer = await self._near.body(request)
        if await self._children.rows_in(target.endpoint, answer):
            return None  # it is paging that leaves them out
        sent = [one for one in self._near.sent(seen, target) if not isinstance(one.value, dict)]
        parts = {(one.part, one.path): one for one in sent}
        # What is deep in a body is seldom what all requests have.
        for one in sorted(parts.values(), key=lambda one: -len(one.path))[:_MOST]:
            shown = as_written(one.otherwise(one.value))[:_LONGEST]
            problem = f"no items with {one.name}={shown}"
            if found := await self._elsewhere(target, one):
                return seen.finding(found[0], problem, found[1], "warn")
            less = left_out(request, one)
            body = await self._near.body(less) if less else None
            rows = await self._children.rows_in(target.endpoint, body)
            if not rows:
                continue
            path, remedy = await self._instead(seen, target, one, rows)
            return seen.finding(path, f"{problem}, and {len(rows)} without it", remedy, "warn")
        if request.method == "POST" and request.body:
            words = self._near.session.client.quoted(answer)
            problem = f"the search finds nothing: the API says {words!r}"
            body = "body_form" if request.is_form else "body"
            remedy = f"correct the values in {body}, unless nothing may be there"
            return seen.finding((*target.base, body), problem, remedy, "warn")
        return None

    async def _elsewhere(self, target: Target, sent: Sent) -> tuple[Path, Remedy] | None:
        """The place of a value, and those that others send by which there are rows."""

        async def worth(body: Json) -> int:
            return len(await self._children.rows_in(target.endpoint, body))

        values = self._near.sources(target).elsewhere(sent) if target.request else []
        wish = Wish(self._near.body, worth)
        request = target.request
        return await each_value(request, sent, values, wish, target.base) if request else None

    async def _instead(
        self, seen: Seen, target: Target, sent: Sent, rows: Sequence[Json]
    ) -> tuple[Path, Remedy]:
        """What to write for a parameter that leaves everything out, and where."""
        objects = [row for row in rows if isinstance(row, dict)]
        without = json.dumps(rows, sort_keys=True)
        wanted = self._near.expressions(seen, target)

        async def worth(body: Json) -> int:
            found = await self._children.rows_in(target.endpoint, body)
            if not found or json.dumps(found, sort_keys=True) == without:
                return 0
            return 1 + await finding_in(self._jq, wanted, found)

        values = [follow(row, (sent.name,)) for row in objects]
        own = [str(value) for value in values if is_scalar(value)]
        sources = self._near.sources(target, " ", list(dict.fromkeys(own)))
        sources = dataclasses.replace(sources, items=objects)
        if target.request and sent.is_text | ("{" in str(sent.value)):
            # What has less of what is mapped is what another resource asks for.
            most = 1 + await finding_in(self._jq, wanted, rows)
            wish = Wish(self._near.body, worth, -(-_MOSTLY * most // 4), most)
            found = await better_variant(target.request, [sent], sources, wish)
            if found:
                return found.at(target.base, "so there are items")
        named = {sent.name, *PARTS.findall(str(sent.value))}
        paths = dict.fromkeys(path for row in objects for path in leaves(row))
        by = next((path for path in paths if ".".join(path) in named), (sent.name,))
        told, name = held_at(by, objects), sent.name
        remedy = told or f"correct {name} or its value, unless nothing may be there"
        return sent.at(target.base), remedy

    async def _other_field(self, seen: Seen) -> Finding | None:
        """A path parameter's field by whose values no child has items, where another's have."""
        resource = self._children.asked_for(seen)
        if not resource.parameters or not self._children.pages(seen):
            return None
        found = await self._children.field(resource, wants_rows=True)
        if found is None:
            return None
        name, remedy = found
        problem = f"no items for any value of path_parameters.{name}"
        return seen.finding(("selector", "path_parameters", name, "field"), problem, remedy)
