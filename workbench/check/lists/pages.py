"""What the pages of a list show: a position that is not heeded, an end that is none."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from msgspec.structs import replace

from jq_engine.worker import JqWorker
from json_values import Json, follow, keys_of
from pagination import PaginationSettings, make_paginator
from paging.totals import says_all
from settings.fields import snake
from transport.observer import PageRead
from workbench.check.asking.absence import Answered
from workbench.check.asking.nearby import Listed, Target
from workbench.check.asking.reading import Seen
from workbench.check.asking.sent import bare, chosen_by
from workbench.check.files.graphql_slips import paging_of
from workbench.check.findings import Finding, Path, Remedy, Told
from workbench.check.guesses.expressions import better, leaves, rows_of, values_of, written
from workbench.check.lists.children import Children
from workbench.check.lists.paging_trials import FEWEST, ROUND, PagingTrials
from workbench.check.lists.places import Case, Paged, Places, case_of, rows_in
from workbench.check.lists.unsent import Unsent
from workbench.suggest.vocabulary import words_of

_FIRST: Final = re.compile(r"startPage to (\d+)")
_MARKERS: Final = ("nextPageToken", "next_page_token", "next", "cursor", "next_cursor", "paging")
"""Keys that often lead on: guesses, which count only where an answer has them."""


_LEADING: Final = frozenset({"cursorPath", "nextLinkPath"})
_LED: Final = frozenset({"cursor", "next_link", "header_link"})
"""The styles of lists that are led by what answers have."""


@dataclass(frozen=True)
class _Unheld:
    """A setting of paging whose path leads nowhere, and the path that is meant, or ""."""

    name: str
    path: str
    meant: str

    @property
    def remedy(self) -> str | Paged:
        """What to write; "" where nothing shows it."""
        meant = self.meant if self.path.startswith(".") else self.meant.lstrip(".")
        return Paged({self.name: meant}, "there it stands") if meant else ""


class Pages:
    """Says of lists that were read, or could not be, how they are to be paged."""

    def __init__(
        self, places: Places, children: Children, paging: PagingTrials, unsent: Unsent
    ) -> None:
        self._places = places
        self._children = children
        self._near = children.near
        self._paging = paging
        self._unsent = unsent

    async def findings(self, seen: Seen) -> list[Finding]:
        """What is wrong with the paging of the lists that a resource read without an error."""
        found = []
        for one in self._near.read_by(seen):
            found += await self._repeated(one) or await self._miscounted(one)
            found += await self._unfound(one) + await self._unpaged(one)
            found += await self._unsized(one)
        return found

    def _case(self, read: Listed, told: str) -> Case:
        """What is wrong with a list that was read without an error."""
        return dataclasses.replace(case_of(self._near, read.seen, told), target=read.target)

    async def wrong(self, case: Case) -> Finding:
        """At the setting of paging that is wrong."""
        # Where the integration names the one setting that is wrong, it has asked.
        seen, said = case.seen, case.error.report.remedy
        first = _FIRST.search(said)
        if first and "paginationType" not in said:
            told = Paged({"startPage": int(first[1])}, "the page before has rows")
            return self._places.paging(case, told)
        of_level = [page for page in self._children.pages(seen) if page.rows]
        unheld = await _unheld(self._near.jq, case.target.endpoint.pagination, of_level)
        unheld = [one for one in unheld if f"{one.name} {one.path!r}" in str(case.error)]
        for one in unheld:
            if one.meant and one.name not in _LEADING:
                return self._places.paging(case, one.remedy, one.name)
        pages = self._children.pages(seen)
        if marked := await self._unmarked(seen, case.target, pages):
            return self._places.at(case, *marked)
        remedy = await self._paging.other(case.target) or _by_query(case.target)
        name = unheld[0].name if unheld else "paginationType"
        return self._places.paging(case, remedy or (unheld[0].remedy if unheld else ""), name)

    async def _unfound(self, read: Listed) -> list[Finding]:
        """Configured paths of paging that lead nowhere, though more pages follow."""
        pages = [page for page in read.pages if page.goes_on]
        found = []
        for one in await _unheld(self._near.jq, read.paging, pages):
            if one.name == "lastPagePath" and not one.meant:
                continue  # only the last page may have it
            case = self._case(read, f"{one.name} {one.path!r} finds nothing")
            remedy = one.remedy or f"the answers have {keys_of(pages[0].body)}"
            found.append(self._places.paging(case, remedy, one.name))
        return found

    async def _repeated(self, read: Listed) -> list[Finding]:
        """A second page with the rows of the first one: the position is not heeded."""
        for one, other in combinations(read.pages, 2):
            is_walk = one.goes_on and read.is_of_one(one, other)
            same = sum(row in rows_in(one) for row in rows_in(other)) if is_walk else 0
            if same * 2 <= other.rows:
                continue
            heeded = read.paging.pagination_param or "the position it is asked for"
            some = "the" if same >= other.rows else f"{same} of the"
            told = f"page 2 has {some} rows of page 1: the API does not heed {heeded}"
            if same < other.rows and read.paging.cursor_path:
                told = f"page 2 has {some} rows of page 1: {read.paging.cursor_path} leads back"
            remedy = "correct paginationParam to the name in the API's documentation"
            if read.paging.type == "cursor":
                remedy = f"the cursor is found, and not read: {remedy}, or send_in"
            way = await self._paging.other(read.target) or _by_query(read.target) or remedy
            return [self._places.paging(self._case(read, told), way, "paginationParam")]
        return []

    async def _miscounted(self, read: Listed) -> list[Finding]:
        """An offset by which the second row is not one further than the first: it counts pages."""
        if await _moves_by_rows(self._near.body, read):
            return []
        way = await self._paging.other(read.target)
        case = self._case(read, "the offset 1 is not the second row")
        return [self._places.paging(case, way)] if way else []

    async def _unsized(self, read: Listed) -> list[Finding]:
        """A size of pages that is sent under a name that nobody heeds: it costs requests."""
        way = await self._paging.unheeded_size(read)
        if way is None:
            return []
        rows = read.pages[0].rows
        told = f"the API does not heed the size of pages: asked for {rows - 1} items it has {rows}"
        case = self._case(read, told)
        return [dataclasses.replace(self._places.paging(case, way), severity="warn")]

    async def _unpaged(self, read: Listed) -> list[Finding]:
        """A list that is read as one page, though there is a second one."""
        paging = read.paging
        if ended := await _ended_by(self._near.jq, read):
            return await self._ended(read, *ended)
        page = _in_doubt(read)
        if page is None or not (page.warning or await self._goes_on(read)):
            return []
        told = page.warning or f"paginationType is {paging.type}, and there is a second page"
        case = self._case(read, told)
        is_led = paging.next_link_path or paging.cursor_path
        if is_led and (lacks := await self._unmarked(read.seen, read.target, read.pages)):
            return [self._places.at(case, *lacks)]
        way = await self._paging.other(read.target)
        is_wish = paging.type_is_own and paging.type == "none"
        wish = "; if the first page is all you want, accept_doubt: true beside it says so"
        remedy: str | Paged = "set its type to how the API pages" + (wish if is_wish else "")
        if way:
            remedy = dataclasses.replace(way, proof=way.proof + wish) if is_wish else way
        found = self._places.paging(case, remedy)
        return [dataclasses.replace(found, severity="warn" if is_wish else "error")]

    async def _goes_on(self, read: Listed) -> bool:
        """Whether there are rows behind those that were read; of a search a way to them."""
        if read.target.endpoint.method == "POST":
            return await self._paging.other(read.target) is not None
        return await self._paging.leads_beyond(read.target, is_sized=read.paging.type in _LED)

    async def _ended(
        self, read: Listed, path: str, name: str, other: str, value: Json
    ) -> list[Finding]:
        """At the path that ends a list, where it goes on: its opposite is meant."""
        if not await self._paging.leads_beyond(read.target):
            return []
        told = f"{name} {path!r} is {json.dumps(value)}, and there is a second page"
        is_own = self._places.is_own(read.seen, name, read.target.base)
        keys = (snake(name), snake(other)) if is_own else (name, other)
        remedy = f"it says the opposite: write {keys[1]} in place of {keys[0]}, or remove it"
        return [self._places.paging(self._case(read, told), remedy, name)]

    async def _unmarked(
        self, seen: Seen, target: Target, pages: Sequence[PageRead]
    ) -> tuple[Path, Remedy] | None:
        """The parameter that names the keys that come, where that of the next page is misspelt."""
        paging = target.endpoint.pagination
        marker = (paging.cursor_path or paging.next_link_path or "").rpartition(".")[2]
        wanted = [marker] if marker else list(_MARKERS)
        items = [item for page in pages for item in page.items]
        bodies = [page.body for page in pages if isinstance(page.body, dict)]
        is_there = any(body.get(one) for body in bodies for one in wanted)
        params = target.endpoint.query_params
        name = chosen_by(params, [*items, *bodies])
        if is_there or not name:
            return None

        async def has(body: Json) -> bool:
            return isinstance(body, dict) and any(body.get(one) for one in wanted)

        if found := await self._unsent.by_other(seen, target, wanted, has):
            return found
        keys = params[name]
        if not marker or not isinstance(keys, str):
            return None
        if any({*words_of(one)} & {*words_of(marker)} for one in re.findall(r"\w+", keys)):
            return None  # what leads on is asked for, and its path is another one
        told = Told(f"it says which keys come: name {marker} there", {}, f"{marker},{keys}")
        return (*target.base, "query_params", name), told


def _by_query(target: Target) -> Paged | str:
    """How to page as a GraphQL query says, where no variable of it is paged by; "" for no way."""
    name = target.endpoint.pagination.pagination_param or ""
    paged = {} if name.startswith("variables.") else paging_of(target.endpoint)
    return Paged(paged, "the query says so") if paged else ""


async def _moves_by_rows(answered: Answered, read: Listed) -> bool:
    """Whether an offset of one leads to the second row; also where that cannot be asked."""
    paging, request = read.paging, read.target.request
    pages = [page for page in read.pages if page.goes_on and page.rows > 1]
    if paging.type != "offset" or request is None or not pages:
        return True
    known = next((page.body for page in pages if bare(page.url) == bare(request.url)), None)
    one = replace(paging, start_offset=paging.start_offset + 1)
    body = await answered(make_paginator(one).first(request)) if known is not None else None
    first, rows = rows_of(known), rows_of(body)
    return body is None or len(first) <= 1 or rows[:1] == first[1:2]


async def _ended_by(jq: JqWorker, read: Listed) -> tuple[str, str, str, Json] | None:
    """What ended a list at its first page: a configured path, its setting, its opposite, its value.

    None where no such path did, or where its value is no boolean, whose opposite may be meant.
    """
    pages, paging = read.pages, read.paging
    if len(pages) != 1 or pages[0].goes_on or not isinstance(pages[0].body, dict):
        return None
    both = (
        ("hasMorePath", "lastPagePath", paging.has_more_path),
        ("lastPagePath", "hasMorePath", paging.last_page_path),
    )
    for name, other, path in both:
        if path and not path.startswith("header:"):
            expression = path if path.startswith(".") else written(path.split("."))
            (value,) = await values_of(jq, expression, [pages[0].body])
            if value is (name == "lastPagePath"):
                return path, name, other, value
    return None


def _in_doubt(read: Listed) -> PageRead | None:
    """The page of a list behind which there may be more; None where nothing speaks for that.

    One that says so, or the longest of a list that is not paged, or to which no marker ever led:
    as long as servers cut pages.
    """
    paging = read.paging
    longest = max(read.pages, key=lambda page: page.rows, default=None)
    if longest is None:
        return None
    is_long, is_round = longest.rows >= FEWEST, not longest.rows % ROUND
    if paging.type in _LED:
        is_led = any(page.goes_on for page in read.pages)
        return longest if is_long and is_round and not is_led else None
    if paging.type != "none" or paging.accept_doubt:
        return None
    # Of a resource that says itself that it has one page, the integration reads that and warns.
    warned = [page for page in read.pages if page.warning and paging.type_is_own]
    return next(iter(warned), longest if is_long or is_round else None)


async def _unheld(
    jq: JqWorker, paging: PaginationSettings, pages: Sequence[PageRead]
) -> list[_Unheld]:
    """Configured paths in bodies at which nothing stands in any of these pages."""
    bodies = [page.body for page in pages if isinstance(page.body, dict | list)]
    given = {
        "hasMorePath": paging.has_more_path,
        "lastPagePath": paging.last_page_path,
        "totalPath": paging.total_path,
        "cursorPath": paging.cursor_path if paging.type == "cursor" else None,
        "nextLinkPath": paging.next_link_path if paging.type == "next_link" else None,
    }
    found = []
    for name, path in given.items():
        if not bodies or not path or path.startswith("header:"):
            continue
        expression = path if path.startswith(".") else written(path.split("."))
        held = await values_of(jq, f".body | {expression}", [{"body": one} for one in bodies])
        if all(value is None for value in held):
            meant = _total_in(pages) if name == "totalPath" else ""
            meant = _flag_in(pages, name) if "Page" in name or "More" in name else meant
            objects = [one for one in bodies if isinstance(one, dict)]
            near = None if meant else await better(jq, expression, objects)
            found.append(_Unheld(name, path, near.expression if near else meant))
    return found


def _total_in(pages: Sequence[PageRead]) -> str:
    """The path of the only number that may count all rows of each page's list; "" for none.

    Of several the only one whose name says so.
    """
    rows = [page.rows for page in pages]
    found = [
        path
        for path, values in _scalars(pages)
        if all(type(one) is int and one >= count for one, count in zip(values, rows, strict=True))
    ]
    named = [path for path in found if says_all(path[-1])] if len(found) > 1 else found
    return written(named[0]) if len(named) == 1 and max(rows) > 1 else ""


def _flag_in(pages: Sequence[PageRead], name: str) -> str:
    """The path of the only boolean that says of each page whether more follow; "" for none."""
    wanted = [page.goes_on is (name == "hasMorePath") for page in pages]
    found = [path for path, values in _scalars(pages) if values == wanted]
    return written(found[0]) if len(found) == 1 else ""


def _scalars(pages: Sequence[PageRead]) -> Iterator[tuple[tuple[str, ...], list[Json]]]:
    """The paths of the answers that all of them have, with their values."""
    bodies = [page.body for page in pages]
    for path in leaves(bodies[0]) if bodies else ():
        values = [follow(body, path) for body in bodies]
        if all(isinstance(value, bool | int) for value in values):
            yield path, [value for value in values if isinstance(value, bool | int)]
