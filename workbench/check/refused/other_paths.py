"""Another path that is there where one is not: what may be meant is asked for, the likeliest first.

It comes from the mapping, from links in items, from how paths are usually called, and from the
words of the refusal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from json_values import Json
from paging.model import PageRequest
from workbench.check.asking.alternatives import values_like
from workbench.check.asking.nearby import Nearby
from workbench.check.asking.reading import Seen
from workbench.check.asking.sent import bare, values_in
from workbench.check.findings import Remedy, Write, likeness
from workbench.check.guesses.names import letters, names_in
from workbench.check.guesses.paths import (
    SEARCHES,
    linked_paths,
    paths_like,
    quoted_part,
    respelled,
    searches_like,
    slips_undone,
    spoken_paths,
)
from workbench.suggest.vocabulary import words_of

_BRACED: Final = re.compile(r"\{(\w+)\}")
_MOST: Final = 12
_MOST_SLIPS: Final = 6
_MOST_WORDS: Final = 8  # of a refusal
_LIKE: Final = 0.7  # likeness of a path and the one that was meant
_THERE: Final = "it answers 200"


@dataclass(frozen=True)
class Wanted:
    """A path that is not there, and what would be found there.

    ``data_path``: where its rows are; ``expressions``: jq that finds something in those. ``made``:
    the blueprint of them. ``others``: paths that are tried first, and of those ``named``, which
    another place of the mapping has for the same. ``words``: of the refusal.
    ``wants_rows``: nothing less will do.
    """

    path: str
    data_path: str | None
    expressions: tuple[str, ...]
    made: str = ""
    others: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    words: str = ""
    wants_rows: bool = False


class OtherPaths:
    """Asks for other paths, of kinds and of their parents."""

    def __init__(self, near: Nearby) -> None:
        self._near = near

    async def of_asked(
        self, seen: Seen, words: str = "", *, wants_rows: bool = False, is_new: bool = False
    ) -> Remedy:
        """A path like that of what was asked for last: of the kind, or of its parents."""
        if seen.is_of_parent:
            return await self.of_parents(seen, words, wants_rows=wants_rows)
        return await self.of(seen, words, wants_rows=wants_rows, is_new=is_new)

    async def of(
        self, seen: Seen, words: str = "", *, wants_rows: bool = False, is_new: bool = False
    ) -> Remedy:
        """A path like the one that is not there, which is; also of children.

        ``words``: of the refusal. ``wants_rows``: with what is mapped. ``is_new``: none that
        another resource reads.
        """
        near, mappings = self._near, seen.mappings
        path = seen.config.kind.partition("?")[0]
        at = quoted_part(path, words)
        others = [] if at is None else respelled(path, at, near.known)
        # Behind the list that a value is taken from: `/domains/{domain}` for `/{domain}`.
        for name, one in (seen.config.selector.path_parameters or {}).items():
            behind = f"/{{{name}}}{path.partition(f'/{{{name}}}')[2]}"
            others += [f"{str(one.endpoint).partition('?')[0].rstrip('/')}{behind}"]
        target = near.own(seen)
        kind, data_path = seen.config.kind, target.endpoint.data_path
        named, made = near.expressions(seen, target)[:1], mappings.blueprint
        wanted = Wanted(
            kind, data_path, tuple(named), made, tuple(others), (), words, wants_rows=wants_rows
        )
        asked = seen.config.selector.query_params
        read = {
            one.config.kind.partition("?")[0].rstrip("/")
            for one in near.all
            if is_new and one is not seen and one.config.selector.query_params == asked
        }
        request = target.first
        if request is None:
            return ""
        return await self._spelled(wanted, request, self._tries(wanted, request, read))

    async def of_parents(
        self, seen: Seen, words: str = "", *, wants_rows: bool = False, is_named: bool = False
    ) -> Remedy:
        """A path like that of the parents, which is there where theirs is not.

        ``is_named``: another place of the mapping has it for the same.
        """
        parent = self._near.parent(seen)
        if parent is None:
            return ""
        of_parent = (seen.config.selector.path_parameters or {})[str(parent.base[-1])]
        path, name = parent.endpoint.path.partition("?")[0], str(parent.base[-1])
        # What other kinds take such values from, and what stands before the value in the path.
        before, value, _ = seen.config.kind.partition(f"/{{{name}}}")
        given = (one.config.selector.path_parameters or {} for one in self._near.all)
        named = [str(one[name].endpoint).partition("?")[0] for one in given if name in one]
        named += [before] if value and "{" not in before else []
        named, others = self._below(named, path), self._below([*named, *self._kinds(path)], path)
        whole = parent.endpoint.path  # with its query, which stays
        field = (str(of_parent.field),)
        where = parent.endpoint.data_path
        wanted = Wanted(
            whole, where, field, "", tuple(others), tuple(named), words, wants_rows=wants_rows
        )
        request = parent.first
        return await self._spelled(wanted, request, named if is_named else None) if request else ""

    def _kinds(self, path: str) -> list[str]:
        """The kinds that are spelled much like a path, or go on as it does."""
        kinds = [one.config.kind.partition("?")[0] for one in self._near.all]
        kinds.sort(key=lambda one: -likeness(one, path))
        return [one for one in kinds if likeness(one, path) >= _LIKE]

    @staticmethod
    def _below(paths: Iterable[str], path: str) -> list[str]:
        """Other paths than one below the same."""
        wanted = set(_BRACED.findall(path))
        return [
            one
            for one in dict.fromkeys(paths)
            if one not in {"None", path} and set(_BRACED.findall(one)) == wanted
        ]

    async def _spelled(
        self, wanted: Wanted, request: PageRequest, tries: Sequence[str] | None = None
    ) -> Remedy:
        near = self._near
        path, mark, query = wanted.path.partition("?")
        values = self._values(path, request)
        perhaps = ""
        for other in self._tries(wanted, request) if tries is None else tries:
            body = await self._body(other, request, values)
            worth = await near.worth(body, wanted.data_path, wanted.expressions)
            if worth > 1:
                return Write(other + mark + query, _THERE)
            perhaps = perhaps or (other if worth and not wanted.wants_rows else "")
        return Write(perhaps + mark + query, "it answers, without rows") if perhaps else ""

    def _tries(
        self, wanted: Wanted, request: PageRequest, read: AbstractSet[str] = frozenset()
    ) -> list[str]:
        """The paths that may be meant, the likeliest first; ``read``: those that may not."""
        near = self._near
        path, is_get = wanted.path.partition("?")[0], request.method == "GET"
        base_path, values = near.settings.base_url.path, self._values(path, request)
        linked = linked_paths(path, near.items(), base_path, values)
        told = spoken_paths(path, wanted.words, base_path, values)
        likely = paths_like(path, base_path, near.known, wanted.made, linked)
        kinds = {one.config.kind.partition("?")[0] for one in near.all}
        kinds -= {*wanted.others}  # what is another kind's is seldom meant
        likely += (valued := self._valued(path))
        # What the mapping or the API says before what is made up, the likest to the path first.
        said = near.known.paths | near.known.templates | {f"/{one}" for one in linked}
        said |= {*wanted.others, *valued}
        likely = [*wanted.others, *likely]
        rated = {one: -likeness(one, path) if one in said else 0.0 for one in likely}
        likely.sort(key=lambda one: (one in kinds, one not in wanted.named, rated[one]))
        holes = set(_BRACED.findall(path))
        others = [
            one
            for one in dict.fromkeys([*told, *likely])
            if one.rstrip("/") not in read and set(_BRACED.findall(one)) == holes
        ]
        if is_get:
            head, names = path.rpartition("/")[0], names_in(wanted.words)
            worded = [f"{head}/{one}" for one in names if one not in path]
            likely = [*others[:_MOST], *slips_undone(path)[:_MOST_SLIPS], *worded[:_MOST_WORDS]]
            less = [head] if head and set(_BRACED.findall(head)) == holes else []
            return [*likely, *less, *([] if holes else searches_like(path))]
        # What is no GET goes to words of the mapping alone, or to its own end; then to searches.
        words = near.known.words.union(*(one.split("/") for one in (path, *near.known.paths)))
        words |= {one.lower() for one in words}
        own = _among(others, path, words, words)
        more = [*others, *searches_like(path), *slips_undone(path)]
        searches = dict.fromkeys(_among(more, path, words, words | SEARCHES.keys()))
        # Its body says what it asks for: the path of another kind is tried whatever was made up.
        tries = [one for at, one in enumerate(own) if at < _MOST or one in kinds]
        return tries + [one for one in searches if one not in own][:_MOST_SLIPS]

    def _valued(self, path: str) -> list[str]:
        """With a value of an item for a part behind a list: `/orgs/acme-1` for `/orgs/acme`."""
        parts, found = path.split("/"), []
        for at in range(2, len(parts)):
            if "/".join(parts[:at]) in self._near.known.paths and "{" not in parts[at]:
                others = values_like(parts[at], self._near.items())[:2]
                found += ["/".join([*parts[:at], one, *parts[at + 1 :]]) for one in others]
        return found

    def _values(self, path: str, request: PageRequest) -> dict[str, str]:
        """What stood for the placeholders of a path."""
        base = str(self._near.settings.base_url).rstrip("/")
        return values_in(path, bare(request.url).removeprefix(base))

    async def _body(self, path: str, request: PageRequest, values: dict[str, str]) -> Json:
        """What a path is answered; None for a failure."""
        base = str(self._near.settings.base_url).rstrip("/")
        filled = "/".join(values.get(part, part) for part in path.strip("/").split("/"))
        end = "/" if path.endswith("/") else ""
        return await self._near.body(replace(request, url=f"{base}/{filled}{end}"))


def _among(
    paths: Iterable[str], path: str, words: AbstractSet[str], ends: AbstractSet[str]
) -> list[str]:
    """Those of words and one of ``ends``; or like a path but for one part before its end."""
    return [
        one
        for one in paths
        if ({*one.split("/")[:-1]} <= words and one.rpartition("/")[2] in ends)
        or _is_like(one, path)
        or _is_read(one, path)
    ]


def _is_read(other: str, path: str) -> bool:
    """Whether two paths end in what says that it is read: `getThings` for `getThing`."""
    (folder, _, last), (own, _, end) = other.rpartition("/"), path.rpartition("/")
    first = words_of(end)[:1]
    is_reading = bool(first) and first[0] in {"get", *SEARCHES}
    return folder == own and is_reading and words_of(last)[:1] == first


def _is_like(other: str, path: str) -> bool:
    """Whether two paths have the same end, and one part before it that is spelled otherwise."""
    parts, own = other.strip("/").split("/"), path.strip("/").split("/")
    pairs = [pair for pair in zip(parts, own, strict=False) if pair[0] != pair[1]]
    is_same = len(parts) == len(own) > 1 and parts[-1] == own[-1]
    return is_same and len(pairs) == 1 and likeness(*map(letters, pairs[0])) >= _LIKE
