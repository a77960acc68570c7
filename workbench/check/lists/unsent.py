"""Keys that do not come as parameters stand: another one is sent by others, or is misspelt."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from msgspec.structs import replace as replaced

from framework.mapped_items import Items
from json_values import Json, follow
from paging.model import PageRequest
from transport.observer import PageRead
from workbench.check.asking.absence import MADE_UP
from workbench.check.asking.nearby import Nearby, Target
from workbench.check.asking.reading import Seen
from workbench.check.asking.sent import IN_PATH, Sent
from workbench.check.asking.sources import LONGEST
from workbench.check.asking.variants import Wish, better_variant, left_out, renamed, revalued
from workbench.check.findings import Finding, Path, Remedy, Write
from workbench.check.guesses.expressions import (
    has_path,
    is_scalar,
    leaves,
    lists_of_objects,
    paths_in,
    rows_of,
    written,
)
from workbench.check.guesses.names import IDENTIFYING, in_style
from workbench.check.items.other_lists import at_list, other_list
from workbench.check.lists.formats import other_format
from workbench.suggest.vocabulary import words_of

_ASKING: Final = frozenset({"query_params", IN_PATH, "body", "body_form"})
_SAMPLE: Final = 20  # items whose keys are looked at
_FEWEST: Final = 2  # expressions that find no key
_WORD: Final = re.compile(r"(?!true|false)[a-z][\w-]{2,}")


_Shape = tuple[list[Items], list[str]]


class Unsent:
    """Asks for a resource with other parameters: those of the others, or its own otherwise."""

    def __init__(self, near: Nearby) -> None:
        self._near = near
        self._own: dict[object, _Shape] = {}
        self._asked: set[tuple[object, str]] = set()

    async def findings(self, seen: Seen) -> list[Finding]:
        """At most one: the parameters with which keys come that are mapped, and absent."""
        items = [one.item for one in seen.passed or seen.mapped]
        absent = list(dict.fromkeys(_absent(seen, items)))
        target = self._near.own(seen)
        if not items or target.request is None:
            return []
        if not absent:
            return await self._unheeded(seen)
        if name := await other_format(self._near, target, absent):
            problem = f"no item has {absent[0][-1]} in the format that it is read in"
            return [seen.finding(("selector", "response_format"), problem, name)]
        return await self._left_out(seen, target, absent)

    async def _left_out(
        self, seen: Seen, target: Target, absent: Sequence[tuple[str, ...]]
    ) -> list[Finding]:
        """At the parameter by which keys come that are absent."""
        if held := [one.body for one in seen.own_pages if have(one.body, absent)]:
            return self._within(seen, held[0], absent)
        if seen.passed and await other_list(self._near.jq, seen):
            return []  # They are there, in another list of the answer.
        keys = ", ".join(dict.fromkeys(path[-1] for path in absent))
        wanted = list(dict.fromkeys(key for path in absent for key in path))

        async def has(body: Json) -> bool:
            return have(body, absent)

        # Where no item passes the query, that is to blame before any parameter.
        if otherwise := seen.passed and await self.by_other(seen, target, wanted, has, absent):
            problem = f"no item has {keys}, as its parameters stand"
            path, remedy = otherwise
            return [seen.finding(path, problem, remedy)]
        if other := await self._in_other_path(seen, target, absent):
            problem = f"no item has {keys}, and those of another path have"
            return [seen.finding(("kind",), problem, other)]
        return []

    async def _in_other_path(
        self, seen: Seen, target: Target, absent: Sequence[tuple[str, ...]]
    ) -> Write | None:
        """A path of the mapping that goes on, or ends, where this one does, and has all keys."""
        own, request = seen.config.kind.rstrip("/"), target.request
        for path in sorted(self._near.known.paths) if len(absent) >= _FEWEST else ():
            is_like = path.startswith(f"{own}/") or own.startswith(f"{path}/")
            if is_like and request and request.url.rstrip("/").endswith(own):
                url = request.url.rstrip("/").removesuffix(own) + path
                if have(await self._near.body(replaced(request, url=url)), absent):
                    return Write(path, "its items have them")
        return None

    def _within(self, seen: Seen, body: Json, absent: Sequence[tuple[str, ...]]) -> list[Finding]:
        """At a data_path that takes answers for items, where a list in them has all keys.

        Elsewhere nothing is told: the keys come, so that no other parameter brings them.
        """
        if seen.config.selector.data_path not in {None, "."} or len(absent) < _FEWEST:
            return []
        if not isinstance(body, dict):
            return []
        path, rows = max(lists_of_objects(body), key=lambda one: len(one[1]))
        problem = f"the answer has no {written(absent[0])}, and the list in it has"
        remedy = at_list(written(path), len(rows))
        return [seen.finding(("selector", "data_path"), problem, remedy)]

    async def _unheeded(self, seen: Seen) -> list[Finding]:
        """At what is sent and makes no difference, where something that is like it makes one.

        Or where items come that it asks to leave out.
        """
        for read in self._near.read_by(seen):
            target, pages = read.target, read.pages
            sent = self._near.sent(seen, target) if target.request and pages else []
            for one in [one for each in sent if each.part in _ASKING for one in each.elements]:
                if found := await self._indifferent(seen, target, one, pages):
                    return [found]
        return []

    async def _indifferent(
        self, seen: Seen, target: Target, sent: Sent, pages: Sequence[PageRead]
    ) -> Finding | None:
        request, items = target.first, list(pages[0].items)
        path, is_named = _asked_for(sent, items)
        # What stands in the answer is heeded, and a long text is no choice of one thing.
        is_there = f'"{sent.value}"' in json.dumps(pages[0].body) or len(str(sent.value)) > LONGEST
        asked = (sent.where, str(sent.value))
        is_known = not path and (is_there or asked in self._asked)
        self._asked.add(asked)
        if (
            request is None
            or is_known
            or not is_scalar(sent.value)
            or await self._is_heeded(request, sent, pages)
        ):
            return None
        own, wanted = await self._shape_of(request, pages), _asked(sent)

        async def is_heeded(body: Json) -> bool:
            texts = [_texts(path, rows) for rows in _lists(body)] if path else []
            other = not path and bool(items) and any(_lists(body)) and _shape(body) != own
            return other or any(one and one <= wanted for one in texts)

        paging = target.endpoint.pagination
        marks = [paging.cursor_path, paging.next_link_path, paging.has_more_path]
        keys = [one.rpartition(".")[2] for one in marks if one]
        sources = self._near.sources(target, wanted=path[-1:] or keys)
        wish = Wish(self._near.body, is_heeded, is_met=True)
        found = await better_variant(request, [sent], sources, wish)
        told = f"items with another {'.'.join(path)} come too" if path else "nothing differs by it"
        problem = f"the API does not heed {sent.name}: {told}"
        if found:
            place, remedy = found.at(target.base, "so it is heeded")
            return seen.finding(place, problem, remedy)
        if is_named and not sent.whole:
            told = "correct its name, or remove it"
            return seen.finding(sent.at(target.base), problem, told, "warn")
        return None

    async def _is_heeded(self, request: PageRequest, sent: Sent, pages: Sequence[PageRead]) -> bool:
        """Whether an answer differs with a value that nobody has, or under such a name.

        An API that refuses a name that it does not know heeds those that it takes.
        """
        if left_out(request, sent) is None:
            return True
        less = revalued(request, sent, sent.otherwise(None))
        less = less if sent.whole else renamed(request, sent, MADE_UP)
        own = await self._shape_of(request, pages)
        for one in (revalued(request, sent, sent.otherwise(MADE_UP)), less):
            if _shape(await self._near.body(one)) != own:
                return True
        return False

    async def _shape_of(self, request: PageRequest, pages: Sequence[PageRead]) -> _Shape:
        """How a request is answered as it stands: as the page of its URL, else asked once."""
        url = self._near.session.client.named(request).url
        read = [one.body for one in pages if one.url == url and request.method == "GET"]
        if request.key not in self._own:
            body = read[0] if read else await self._near.body(request)
            self._own[request.key] = _shape(body)
        return self._own[request.key]

    async def by_other(
        self,
        seen: Seen,
        target: Target,
        wanted: Sequence[str],
        has: Callable[[Json], Awaitable[bool]],
        absent: Sequence[tuple[str, ...]] = (),
    ) -> tuple[Path, Remedy] | None:
        """The parameter by another name or value of which an answer has what is wanted."""
        if target.request is None:
            return None

        # `lastvalue_raw` may come with a parameter that names `lastvalue`.
        stems = [key.rpartition("_")[0] for key in wanted if "_" in key]
        sent = [one for one in self._near.sent(seen, target) if one.part != "headers"]
        lists = [[*map(str, one.whole)] or str(one.value).split(",") for one in sent]
        styled = [in_style(key, one) for one in lists if len(one) > 1 for key in wanted]
        known = dict.fromkeys([*wanted, *stems, *styled])
        sources = self._near.sources(target, wanted=[*known])
        sources = replace(sources, absent=absent, read=self._near.read(seen, target))
        found = await better_variant(target.request, sent, sources, Wish(self._near.body, has))
        return None if found is None else found.at(target.base, f"so {wanted[-1]} comes")


def _lists(body: Json) -> list[Items]:
    """The lists of objects of an answer."""
    lists = lists_of_objects(body)
    return [[row for row in rows if isinstance(row, dict)] for _, rows in lists]


def _shape(body: Json) -> _Shape:
    """What tells whether two requests are answered alike: the rows, and what stands beside them."""
    return _lists(body), sorted(body) if isinstance(body, dict) else []


def _asked(sent: Sent) -> set[str]:
    """The values that a parameter asks for, in small letters."""
    return {one.strip() for one in str(sent.value).lower().split(",")}


def _asked_for(sent: Sent, items: Items) -> tuple[tuple[str, ...], bool]:
    """The path of the key whose values a parameter asks for, where items have others as well.

    And whether it is called as that key is; of others the value has to be a word.
    """
    if sent.part not in {"query_params", IN_PATH} or not sent.is_text:
        return (), False
    words, wanted = set(words_of(sent.name)), _asked(sent)
    rated = {}
    for path in dict.fromkeys(one for item in items[:_SAMPLE] for one in leaves(item)):
        own, held = set(words_of(path[-1])), _texts(path, items)
        if wanted < held:
            around = set(words_of(" ".join(path[-2:]))) if path[-1] in IDENTIFYING else set()
            rated[path] = (bool(own) and own <= words) or words < around
    best = max(rated, key=lambda path: rated[path], default=())
    is_named = rated.get(best, False)
    is_word = all(_WORD.fullmatch(one) for one in wanted)
    return (best, is_named) if is_named or is_word else ((), False)


def _texts(path: Sequence[str], items: Items) -> set[str]:
    """The values that items have at a path, in small letters."""
    return {str(value).lower() for item in items if is_scalar(value := follow(item, path))}


def _absent(seen: Seen, items: Items) -> Iterator[tuple[str, ...]]:
    """The paths of expressions that lead nowhere in any item."""
    held = (seen.passed or seen.mapped)[:1]
    read = [one.jq or "" for each in held for one in each.expressions]
    for one in [*read, str(seen.config.selector.query)]:
        for path in paths_in(one)[:1]:
            if path and not path[0].startswith("__") and not has_path(items, path):
                yield path


def have(body: Json, paths: Sequence[tuple[str, ...]]) -> bool:
    """Whether the rows of an answer have all keys that some paths lead to."""
    rows = rows_of(body)
    return bool(rows) and all(has_path(rows, path) for path in paths)
