"""How many rows there are in all, as answers tell it, and how far that is to be believed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from json_values import Json
from paging.scopes import Scopes, is_item, named_values, parts_around, values_of
from paging.signal_names import PAGING, TOTAL_NAMES, TOTAL_PAGES_NAMES, in_snake_case, name_of
from paging.signals import total_named_by, whole_number

_AMBIGUOUS = "count"
"""The name that may be of the page alone."""
_SURE_NAMES = frozenset(TOTAL_NAMES) - {_AMBIGUOUS}
_ANY_SUM = "total"
"""The name that in an object of its own may be of anything: ``{"summary": {"total": 35}}``."""
_LIMITS = re.compile(
    r"(^|_)(limit|max|maximum|page_?size|per_?page|quota|capacity|allowed|available|seats)($|_)"
)
"""Names of the most that may be given, which is no total: ``{"used": 3, "limit": 1000}``."""
_SAYS_ALL = re.compile(r"(^|_)(total|count)s?($|_)")
_ENDS_IN_COUNT = re.compile(r"(total|count)s?($|_)")
_OF_SOMETHING_ELSE = re.compile(
    r"(^|_)(ms|took|time|times|timestamp|duration|elapsed|seconds?|millis|latency|date|at|epoch|id"
    r"|ids|version|rate|remaining|reset|code|status|bytes|port|year|revision|seq)($|_)"
)
_COUNTS = re.compile(
    r"(?:total|count|num|number|nb|size|found|records?|results?|rows|items|entries|hits|match(?:es|ing|ed)"
    r"|returned|available|filtered|of|in|all|_)+"
)
"""Names that say no more than that they count what lists hold."""
_PAGES_AT = frozenset({"page", "current_page", "page_number"})
_RANGE = re.compile(r"(?:[a-z]+ )?([0-9]{1,9})-([0-9]{1,9})/([0-9]{1,9})")
_PARTS_OF_AN_INDEX = frozenset({"successful", "failed"})
"""What stands beside a total that counts shards, as in every answer of Elasticsearch."""
_EXACT = (("relation", "eq"),)
"""What may stand with a total that is exact."""
_LARGEST = 10**9  # of a total under a name nobody knows; larger numbers are moments

Lengths = tuple[int, int]
"""How many rows are at hand, and how many were asked for."""


class Known(Enum):
    """What is known of a total."""

    NOTHING = "none is told, or none that is believed"
    MORE = "it speaks of more than was received"
    OPEN = "it speaks of more than the longest lists of pages had, and of no more than all of them"
    REACHED = "all of it was received"


class Totals(Struct, frozen=True):
    """Totals as a response told them: of rows, and of pages.

    ``says_all``: the name of the first means all rows and the number is exact, so that it is
    believed also where it is no more than the rows at hand. ``perhaps``: what may be a total of
    rows, by the numbers beside it; it counts where nothing proves that a list ends.
    """

    rows: int | None = None
    pages: int | None = None
    says_all: bool = False
    perhaps: int = 0

    @property
    def most(self) -> int:
        """The largest number of rows spoken of, believed or not."""
        return max(self.rows or 0, self.perhaps)

    def exceed(self, rows: int) -> bool:
        """Whether more rows than so many on one page are spoken of, believed or not."""
        return self.most > rows or (self.pages or 0) > 1


def told_totals(  # noqa: PLR0913 (each is a part of a page)
    scopes: Scopes,
    headers: Mapping[str, str],
    around: tuple[Json, Json],
    rows: Sequence[Json],
    lengths: Lengths,
    *,
    alone: bool = False,
) -> Totals:
    """The totals of a page: ``around`` its rows are the object they lie in and the body.

    ``alone``: also what may be any sum. An object within one beside the list counts where it tells
    a total and a length (dbt's ``{"extra": {"pagination": {"count": 100, "total_count": 230}}}``).
    """
    length, asked = lengths
    near, sizes = objects_beside(*around) if scopes else [], {*lengths} - {0}
    found = [*near, *(part for part in objects_in(near) if counts_one_of(part, sizes))]
    # Rows under their ids are no objects beside the list.
    of_rows = {id(row) for row in rows} if found and isinstance(rows, list) else ()
    beside = [part for part in found if scopes and id(part) not in of_rows]
    known = known_totals(scopes, headers, beside, None if alone else sizes)
    if known.rows is None and (in_range := _range_of(around, headers, length)):
        known = replace(known, rows=in_range, says_all=True)
    is_known = known.says_all or known.pages or (length < (known.rows or 0) != asked)
    if is_known or not scopes:
        return known
    return replace(known, perhaps=perhaps_total(around, beside, rows, lengths))


def known_totals(
    scopes: Scopes,
    headers: Mapping[str, str],
    beside: Sequence[Mapping[str, Json]] = (),
    lengths: Collection[int] | None = None,
) -> Totals:
    """The totals that headers or body tell, headers first.

    ``beside``: the objects that stand beside the list, whatever they are called; ``lengths``: the
    rows at hand, and those asked for, one of which has to stand beside a total there.
    """
    told = [
        (total_named_by(name), headers[name].strip())
        for name in sorted(filter(total_named_by, headers))
    ]
    of_rows = (one for one in told if one[0] in TOTAL_NAMES)
    # ``items 0-24/3573`` (RFC 9110, 14.4); bytes are no rows.
    unit, _, in_range = headers.get("content-range", "").rpartition("/")
    in_range = "" if unit.lower().startswith("bytes") else in_range.strip()
    named = [("total", in_range), *of_rows, *named_values(scopes, TOTAL_NAMES)]
    found = [_counted(name, value) for name, value in named]
    found += [one for part in beside for one in _told_beside(part, lengths)]
    counts = [one for one in found if one[1] is not None]
    sure = [one for one in counts if one[2] and one[0] != _AMBIGUOUS]
    best = next(iter(sure or counts), None)
    pages = [
        whole_number(value.strip() if isinstance(value, str) else value)
        for value in (
            *(value for name, value in told if name in TOTAL_PAGES_NAMES),
            *values_of(scopes, TOTAL_PAGES_NAMES),
            *(value for part in beside for value in _pages_beside(part)),
        )
    ]
    return Totals(
        rows=best[1] if best else None,
        pages=next((number for number in pages if number is not None), None),
        says_all=bool(sure),
    )


def perhaps_total(
    around: tuple[Json, Json],
    beside: Sequence[Mapping[str, Json]],
    rows: Sequence[Json],
    lengths: Lengths,
) -> int:
    """What may be the total of a list, under whatever names; 0 where nothing may.

    A number in an object beside the list, when another one there is the rows at hand or the size
    asked for, and it is larger: ``{"page": 1, "per_page": 20, "all": 60}``. Not where a total there
    is just the rows at hand. Right beside the list,
    where identifiers, versions and moments stand as well, both have to say that they count rows
    (``{"size": 20, "records": 41}``). Or, anywhere, one that is named after the list:
    ``total_hosts`` where that is ``hosts``.
    """
    given, asked = lengths
    holder = around[0] if isinstance(around[0], dict) else around[1]
    outer = [holder] if holder is around[1] else [holder, around[1]]
    parts = [part for part in outer if isinstance(part, dict)]
    lists = {_plain(key) for key, value in (parts[0] if parts else {}).items() if value is rows}
    found = [
        number
        for part in (*parts, *beside)
        for key, number in _numbers(part)
        if _SAYS_ALL.search(words := in_snake_case(key))
        and _plain(_SAYS_ALL.sub("", words)) in lists
    ]
    for part in parts:
        counts = {k: one for k, one in _numbers(part) if _COUNTS.fullmatch(in_snake_case(k))}
        is_counted = 0 < given in counts.values()
        found += [one for key, one in counts.items() if is_counted and key.lower() != "size"]
    for numbers in (dict(_numbers(part)) for part in beside):
        is_all = any(name_of(key) in _SURE_NAMES for key, one in numbers.items() if one == given)
        if not is_all and not {given, asked}.isdisjoint(set(numbers.values()) - {0}):
            found += [one for key, one in numbers.items() if not _LIMITS.search(in_snake_case(key))]
    return max((number for number in found if number > max(given, asked, 1)), default=0)


def total_further_out(holder: Json, body: Json) -> int:
    """The largest total around the object in which the rows lie: it may be of something else."""
    around = parts_around(body, holder) if isinstance(holder, dict) else ()
    things = (part for part in around or () if isinstance(part, dict) and not is_item(part))
    numbers = (pair for part in things for pair in _numbers(part))
    return max((number for key, number in numbers if name_of(key) in TOTAL_NAMES), default=0)


def counts_around(holder: Json, body: Json) -> set[tuple[str, int]]:
    """The numbers around a list that may count something, each with its key."""
    parts = [part for part in (body, holder) if isinstance(part, dict)]
    numbers = {pair for part in (*parts, *objects_beside(holder, body)) for pair in _numbers(part)}
    return {(key, number) for key, number in numbers if not _LIMITS.search(in_snake_case(key))}


def says_all(key: str) -> bool:
    """Whether a word of a key ends in total or count, as ``subtotal`` does."""
    return _ENDS_IN_COUNT.search(in_snake_case(key)) is not None


def _pages_beside(part: Mapping[str, Json]) -> list[Json]:
    """The numbers of pages in an object beside the list, where that is about pages alone."""
    names = {name_of(key) for key in part}
    is_about_pages = names <= PAGING and not names.isdisjoint(_PAGES_AT)
    return [
        one for key, one in part.items() if is_about_pages and name_of(key) in TOTAL_PAGES_NAMES
    ]


def _range_of(around: tuple[Json, Json], headers: Mapping[str, str], length: int) -> int:
    """The total of a range of as many rows as are at hand, under any name of one: ``0-19/62``."""
    parts = (part.items() for part in around if isinstance(part, dict))
    texts = (
        one for some in (*parts, headers.items()) for key, one in some if "range" in key.lower()
    )
    ranges = (_RANGE.fullmatch(one.strip()) for one in texts if isinstance(one, str))
    spans = ((int(one[2]) - int(one[1]) + 1, int(one[3])) for one in ranges if one)
    return next((total for rows, total in spans if rows == length), 0)


def _plain(name: str) -> str:
    return in_snake_case(name).replace("_", "").removesuffix("s")


def counts_one_of(part: Mapping[str, Json], lengths: Collection[int]) -> bool:
    """Whether an object, whatever its name, tells a total and how long a list at hand is."""
    numbers = dict(_numbers(part))
    is_total = any(name_of(key) in TOTAL_NAMES for key in numbers)
    return is_total and len(numbers) > 1 and not set(lengths).isdisjoint(numbers.values())


def _told_beside(
    part: Mapping[str, Json], lengths: Collection[int] | None
) -> Iterator[tuple[str, int | None, bool]]:
    """The totals that an object beside the list tells."""
    for key, value in part.items():
        name = name_of(key)
        is_surely = name != _ANY_SUM or lengths is None or _is_about_pages(part, lengths)
        if name in _SURE_NAMES and is_surely:
            yield _counted(name, value)


def _is_about_pages(part: Mapping[str, Json], lengths: Collection[int]) -> bool:
    """Whether an object beside the list has a number of pages, by its name or by what it is."""
    numbers = [(name_of(key), number) for key, number in _numbers(part)]
    return any(
        number in lengths or name in PAGING.difference(TOTAL_NAMES)
        for name, number in numbers
        if name not in _SURE_NAMES
    )


def _numbers(part: Mapping[str, Json]) -> Iterator[tuple[str, int]]:
    for key, value in part.items():
        number = None if isinstance(value, float) else whole_number(value)
        if number is None or number > _LARGEST or _OF_SOMETHING_ELSE.search(in_snake_case(key)):
            continue
        yield key, number


def objects_beside(holder: Json, body: Json) -> list[Mapping[str, Json]]:
    """The objects beside the list and at the top of the answer that are no items themselves."""
    return objects_in([holder] if holder is body else [holder, body])


def objects_in(around: Iterable[object]) -> list[Mapping[str, Json]]:
    """The objects right within others that are no items themselves."""
    inside = [value for part in around if isinstance(part, dict) for value in part.values()]
    parts = [one for one in inside if isinstance(one, dict)]
    return [one for one in parts if not is_item(one) and not one.keys() >= _PARTS_OF_AN_INDEX]


def _counted(name: str, value: Json) -> tuple[str, int | None, bool]:
    """A count with its name, and whether it is exact; Elasticsearch has it in ``value``.

    What else stands with it there may say that it is a lower bound, or an estimate.
    """
    if not isinstance(value, dict):
        return name, whole_number(value), True
    is_exact = all(told in _EXACT for told in value.items() if told[0] != "value")
    return name, whole_number(value.get("value")), is_exact
