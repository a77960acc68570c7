"""From a response body to items: ``data_path``, and the rows a page is measured by."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain, repeat

from msgspec import field
from msgspec.structs import replace

from errors import MappingError, Where, quoting
from jq_engine.paths import plain_path
from jq_engine.programs import Jq, JqError, checked, jq_reason
from jq_engine.sources import EACH, Source, leading_path, leads, sources
from json_values import MISSING, Found, Json, follow, keys_of, lists_in, with_value
from paging.model import Place, Shape
from paging.rows import row_key
from paging.scopes import parts_around
from records import Discreet

Item = dict[str, Json]


class Extracted(Discreet, frozen=True):
    """What one body held. ``nothing``: where ``data_path`` looks there was null, or nothing."""

    items: list[Item]
    nothing: bool


class Measured(Shape, frozen=True):
    """What the API sent as a page, before any filter in ``data_path``.

    ``rows`` are those of the innermost level that has any, and ``inside`` the keys that lead from
    one to what is no list: ``.edges[].node``. ``holder`` is the object that they lie in, where it
    had to be looked for.
    """

    rows: list[Json] = field(default_factory=list)
    inside: tuple[str, ...] = ()
    holder: Json = None


class InnerList(Discreet, frozen=True):
    """A list within the rows of others: those ``around`` it, and the object it lies in."""

    around: tuple[Json, ...]
    holder: dict[str, Json]
    rows: list[Json]


_DEEPEST = 6  # objects around a list that is looked for
_NOTHING: tuple[Json, ...] = (None, "", [], {})
_NO_LIST = frozenset({type(None), type(MISSING)})
NO_ITEMS = Extracted(items=[], nothing=False)
"""What an answer without a body holds."""


def _as_items(outputs: Iterable[Json]) -> list[Item]:
    """Flatten outputs to items: arrays give their elements, scalars become ``{"value": x}``."""
    lists = (output if isinstance(output, list) else [output] for output in outputs)
    return [
        element if isinstance(element, dict) else {"value": element}
        for element in chain.from_iterable(lists)
        if element is not None
    ]


def _extracted(outputs: list[Json]) -> Extracted:
    return Extracted(
        items=_as_items(outputs),
        nothing=bool(outputs) and all(output is None for output in outputs),
    )


def _ways(source: Source) -> list[list[str | int]]:
    """The keys and indices that lead to each list of a way, from the one before it."""
    ways: list[list[str | int]] = [[]]
    for step in source:
        if isinstance(step, str | int):
            ways[-1].append(step)
        else:
            ways.append([])
    return ways


def _lists_for(items: list[Item], body: Json) -> list[list[Json]]:
    """The lists that a body holds: in place of one row that is no item, those that it holds."""
    return [
        inner
        for one in lists_in(body, _DEEPEST)
        for inner in ((lists_in(one[0]) if len(one) == 1 and one != items else []) or [one])
    ]


def _are_alike(parts: list[Json]) -> bool:
    """Whether several values are objects of the same keys: then they are rows, without a list."""
    keys = {tuple(sorted(part)) if isinstance(part, dict) else () for part in parts}
    return len(parts) > 1 == len(keys) and () not in keys


def _held_by(row: Json) -> set[str]:
    """What an object holds, with its keys and without; of anything else, itself.

    What is alike in many tells nothing.
    """
    pairs = row.items() if isinstance(row, dict) else [("", row)]
    told = [one for one in pairs if not (one[1] in _NOTHING or isinstance(one[1], bool))]
    return {repr(part) for pair in told for part in (pair, pair[1])}


def _is_none(body: Json, path: Sequence[str | int]) -> bool:
    """Whether null stands at a path, or objects alone lead to a key that is not there.

    PHP writes an object of nothing as an empty array.
    """
    found = follow(body, path)
    around = (follow(body, path[:depth]) for depth in range(len(path)))
    return found is None or (
        found is MISSING and all(one in (MISSING, []) or isinstance(one, dict) for one in around)
    )


type _Around = tuple[tuple[str, Json], ...]
type _Within = tuple[_Around, Found, Found]


class _Rows(Discreet, frozen=True):
    """The rows of a level, what is around each of their lists, and how long those are."""

    rows: list[Json]
    around: list[_Around]
    sizes: tuple[int, ...]


def _through(body: Json, source: Source) -> Iterator[list[_Within]]:
    """What stands at the end of each part of a way, from each row of the list before.

    With the rows around it, by name, and what it lies in. Of an object each value is a row.
    """
    level: list[_Within] = []
    for number, way in enumerate(_ways(source)):
        inner = [((*around, one), one[1]) for around, _, found in level for one in _each_in(found)]
        values = inner if number else [((), body)]
        level = [(around, follow(one, way[:-1]), follow(one, way)) for around, one in values]
        yield level


def _each_in(part: Found) -> list[tuple[str, Json]]:
    """What ``[]`` goes through: the elements of a list, or the values of an object, with keys."""
    if isinstance(part, dict):
        return [*part.items()]
    return [("", one) for one in part] if isinstance(part, list) else []


def _levels(body: Json, source: Source) -> list[_Rows]:
    """The rows of each list that a way leads through."""
    ways = _ways(source)
    levels: list[_Rows] = []
    for number, level in enumerate(_through(body, source), start=1):
        found = [one for _, _, one in level]
        kinds = (list, dict) if number < len(ways) else (list,)
        lists = [_each_in(one) if isinstance(one, kinds) else [] for one in found]
        # Lists that are not there are empty ones, where rows of the level before have none.
        is_gone = levels and ways[number - 1] and found and {*map(type, found)} <= _NO_LIST
        if not (is_gone or any(isinstance(one, kinds) for one in found)):
            break
        rows = [row for rows in lists for _, row in rows]
        levels.append(_Rows(rows, [around for around, *_ in level], tuple(map(len, lists))))
    return levels


def _by_levels(
    body: Json, source: Source, levels: list[_Rows], place: Place, together: int
) -> Measured:
    """A page by the lists that a way leads through: it is as full as the longest of them."""
    depth = max((at for at, level in enumerate(levels) if level.rows), default=0)
    ways, shown = _ways(source), levels[depth]
    outer = follow(body, ways[0])
    further = ways[len(levels)] if levels[-1].rows and ways[len(levels) :] else []
    keys = tuple(step for step in further if isinstance(step, str))
    return Measured(
        shown.rows,
        keys if len(keys) == len(further) else (),
        place=place,
        levels=tuple(max(level.sizes, default=0) for level in levels),
        sizes=levels[-1].sizes,
        depth=depth,
        outer=None if outer is MISSING else outer,
        breaks_off=bool(further),
        together=together,
        enclosing=tuple(_enclosing(shown)) if depth else (),
        outside=tuple(map(row_key, _each_in(outer))) if len(levels) > 1 else (),
    )


def _enclosing(level: _Rows) -> Iterator[Hashable]:
    """What tells the rows that each row of a level lies in."""
    for around, size in zip(level.around, level.sizes, strict=True):
        yield from repeat(tuple(map(row_key, around)), size)


def _holder_in(body: Json, source: Source) -> Found:
    """The object around the last list of a way through lists of one, MISSING for any other."""
    way = source[:-1] if source[-1:] == (EACH,) else source
    around: Found = MISSING
    for level in _through(body, way) if EACH in way else ():
        if len(level) != 1 or level[0][2] is MISSING:
            return MISSING
        # ``.edges[].node`` leads on to what each row holds: the list is ``edges`` then.
        around = level[0][1] if isinstance(level[0][2], list) else around
    return around


def _without(body: Json, dropped: set[int]) -> Json:
    """A body without the elements of its lists that have one of these identities."""
    if isinstance(body, list):
        return [_without(one, dropped) for one in body if id(one) not in dropped]
    if isinstance(body, dict):
        return {key: _without(value, dropped) for key, value in body.items()}
    return body


class Extractor:
    """A checked ``data_path``: jq over one response body.

    A plain path, with or without ``[]`` at its end, is a dictionary look-up; everything
    else is run by ``jq``. Raises MappingError from the constructor when jq refuses the
    program, and from ``extract`` when the program fails on a body.

    ``list_path`` is the keys of a plain path, None for any other program: where they lead to
    a list, its rows may be extracted in runs. ``where`` is the place of the program.
    """

    def __init__(self, data_path: str | None, where: Where, jq: Jq) -> None:
        self.data_path = (data_path or ".").strip()
        self.where = quoting(where, self.data_path)
        self._jq = jq
        each = self.data_path.removesuffix("[]") or "."
        self.list_path = plain_path(each)
        self._plain = self.list_path is not None
        self._each = each != self.data_path
        # ``[.build]`` is one item, whatever it holds.
        self._item = plain_path(self.data_path.removeprefix("[").removesuffix("]"))
        self._program = "" if self._plain else checked(self.data_path, where)
        self._sources = sources(self._program)
        first = next(iter(self._sources), ())
        self._leading = leading_path(first) if self.list_path is None else self.list_path

    async def extract(self, body: Json) -> Extracted:
        """The items of one JSON body."""
        if self.list_path is not None:
            return _extracted(self._at(self.list_path, body))
        extracted = _extracted(await self._by_jq(body))
        # ``.itmes[]?`` and ``.itmes // []`` give no null that would betray the typo.
        missed = not extracted.items and self._sources
        if missed and not any(leads(body, source) for source in self._sources):
            return replace(extracted, nothing=True)
        return extracted

    def extract_run(self, rows: list[Json]) -> Extracted:
        """The items of some rows of the list that ``list_path`` leads to."""
        return _extracted(rows if self._each else [rows])

    def may_hold_rows(self, body: Json) -> bool:
        """Whether a list stands where rows are looked for, or anywhere if that is not known."""
        ways = [self.list_path] if self.list_path is not None else self._sources
        places = [follow(body, _ways(way)[0]) for way in ways]
        return any(isinstance(one, list) for one in places) or (
            not self._leading and not self._plain and any(lists_in(body))
        )

    def single(self, body: Json) -> Found:
        """What a plain ``data_path`` takes for one item, MISSING where it is a list or nothing."""
        found = follow(body, self._leading) if self._plain and not self._each else MISSING
        return MISSING if found is None or isinstance(found, list) else found

    def holder(self, body: Json) -> Json:
        """The object that the rows of a page lie in, None when the way to it breaks off.

        A way through lists leads to it where each of them has but one element, as ``boards`` has in
        ``.data.boards[].items_page.items`` when one board was asked for.
        """
        found = MISSING if self._plain else follow(body, self._leading)
        if isinstance(found, dict):
            return found
        inner = (_holder_in(body, source) for source in self._sources)
        held = next((one for one in inner if one is not MISSING), MISSING)
        around = follow(body, self._leading[:-1]) if held is MISSING else held
        return None if around is MISSING else around

    def inner_lists(self, body: Json) -> Iterator[InnerList]:
        """The lists within the rows of others, where there are several: one is that of the page."""
        several = [way for way in self._sources if _holder_in(body, way) is MISSING]
        for _, *inner in (_through(body, way) for way in several[:1]):
            for around, holder, rows in chain.from_iterable(inner):
                if isinstance(rows, list) and isinstance(holder, dict):
                    yield InnerList(tuple(row for _, row in around), holder, rows)

    def measured(self, body: Json, extracted: Extracted) -> Measured:
        """The rows of a page and what stands where ``data_path`` leads.

        Of a jq program only the places it starts from are known: ``[.data[] | select(.x)]`` is
        measured by ``data``. Where that is no list, the list or object counts whose rows the items
        were made of, else the longest list of the body.
        """
        if self.list_path is not None:
            return self._measured_plainly(follow(body, self.list_path))
        item = MISSING if self._item is None else follow(body, self._item)
        if isinstance(item, dict):
            return Measured([item], place=Place.ONE)
        place = self._place(body) if extracted.nothing else Place.LIST
        found = [(way, levels) for way in self._sources if (levels := _levels(body, way))]
        # Items may come from all of the lists that a program starts from.
        together = max(len(extracted.items), sum(len(levels[0].rows) for _, levels in found))
        # Of several lists beside each other, all of them; the first where fewer items were made.
        filled = [(way, levels) for way, levels in found if levels[0].rows and extracted.items]
        for source, levels in filled or found:
            page = _by_levels(body, source, levels, place, together)
            lists = [one.rows for _, (one, *inner) in filled if not inner]
            every = [*chain.from_iterable(lists)]
            if len(lists) == len(filled) > 1 and len(every) == len(extracted.items):
                sizes = tuple(map(len, lists))
                page = replace(page, rows=every, levels=(max(sizes),), sizes=sizes)
            return page
        rows = self._likely_rows(body, extracted.items)
        around = () if self._leading else parts_around(body, rows)
        holder = around[0] if around else None
        return Measured([*rows], holder=holder, place=place, together=together)

    def _place(self, body: Json) -> Place:
        """What gave nothing: null at a key that the program itself reads, or no such key."""
        ways = [way for one in self._sources if (way := _ways(one)[0])]
        return Place.NULL if any(follow(body, way) is None for way in ways) else Place.ABSENT

    def _likely_rows(self, body: Json, items: list[Item]) -> Sequence[Json]:
        """The rows that items were likely made of, where no list stands where they come from.

        Those that hold most of what an item does, else those of the longest list.
        """
        found = follow(body, self._leading)
        parts = list(found.values()) if isinstance(found, dict) else []
        # Of a whole body that gave nothing, an object within may be a row; null or a word is none.
        is_taken = bool(items or self._leading)
        values = [one for one in parts if is_taken or isinstance(one, dict)]
        if not items and _are_alike(parts):
            return parts
        lists = _lists_for(items, body)
        itself: list[Json] = [found] if self._leading and isinstance(found, dict) else []
        made = _held_by(items[0]) if items else set()

        def likeness(rows: list[Json]) -> tuple[int, int]:
            return max((len(made & _held_by(row)) for row in rows), default=0), len(rows)

        likest = max([itself, *lists, values], key=likeness)
        return likest if likeness(likest)[0] else max(lists, key=len, default=values) or items

    def without(self, body: Json, rows: Sequence[Json], keep: Callable[[int], bool]) -> Json:
        """A body without some of the rows it is measured by, by number.

        None where nothing tells rows from what else is there: values in lists of lists.
        """
        path = self.list_path if self.list_path is not None else self._leading
        kept = [row for number, row in enumerate(rows) if keep(number)]
        if follow(body, path) == rows:
            return with_value(body, path, kept)
        if not all(isinstance(row, dict) for row in rows):
            return None
        return _without(body, {*map(id, rows)} - {*map(id, kept)})

    def _measured_plainly(self, found: Found) -> Measured:
        if found is MISSING:
            return Measured(place=Place.ABSENT)
        if found is None:
            return Measured(place=Place.NULL)
        if isinstance(found, list):
            return Measured(found)
        if self._each and isinstance(found, dict):
            return Measured(list(found.values()))
        return Measured([found], place=Place.ONE)

    def _at(self, keys: tuple[str, ...], body: Json) -> list[Json]:
        found = follow(body, keys)
        if found is MISSING:
            self._refuse_other_shape(body, keys)
            return [None]
        if self._each and isinstance(found, dict):
            return list(found.values())
        if self._each and isinstance(found, list):
            return found
        if self._each and found is not None:
            raise MappingError(
                f"found {keys_of(found)} where an array was expected",
                remedy="correct the path",
                where=self.where,
            )
        return [found]

    async def _by_jq(self, body: Json) -> list[Json]:
        try:
            return await self._jq.outputs(self._program, body, where=self.where)
        except JqError as error:
            # An empty list may be null or left out, which ``.items[]`` cannot go through; and of
            # an empty one ``add`` makes null.
            places = [_ways(way)[0] for way in self._sources if way]
            if any(_is_none(body, one) or follow(body, one) == [] for one in places):
                return []
            raise MappingError(
                f"failed ({jq_reason(error)}) on a response with {keys_of(body)}",
                remedy="correct the expression",
                where=self.where,
            ) from None

    def _refuse_other_shape(self, body: Json, keys: tuple[str, ...]) -> None:
        """As jq does, refuse to look for a key in what is neither an object nor null."""
        for depth in range(len(keys)):
            inside = follow(body, keys[:depth])
            if inside is MISSING or inside is None or inside == []:
                return  # PHP has one empty array, for objects and lists
            if not isinstance(inside, dict):
                raise MappingError(
                    f"looks for {keys[depth]!r} in {keys_of(inside)}",
                    remedy="correct the path",
                    where=self.where,
                )
