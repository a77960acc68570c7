"""How an API is paged: what leads from the first rows to those after them.

The longest answer is the ruler. Of pages of ``n`` rows the second one must be rows ``n`` to
``2n`` of it or, where it does not reach so far, rows that it has not. How far a number moves the
rows says what it counts: with ``n = 3`` the value 2 moves an offset by 2, an offset that counts
from 1 by 1, a page by 3, a page that counts from 0 by 6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx

from json_values import Json, follow
from workbench.suggest.asking import Reply
from workbench.suggest.cursors import (
    by_changing,
    by_composed,
    by_count,
    by_cursor,
    by_large,
    by_last_row,
    by_row_cursor,
    by_row_named,
)
from workbench.suggest.evidence import (
    Fact,
    facts,
    header_next,
    known_by_itself,
    linked_params,
    links,
    says_more,
    templated_params,
)
from workbench.suggest.items import jq_path
from workbench.suggest.measure import Measure, Paging
from workbench.suggest.openapi import Hints
from workbench.suggest.size import USUAL_SIZE
from workbench.suggest.trials import Effect, Outcome, Trial
from workbench.suggest.vocabulary import partners, prefixed, siblings, words_of

_LARGE = (1000, USUAL_SIZE)
_ROUND = 5  # servers cut pages at multiples of it
_FEWEST_SINGLES, _FOR_OTHERS = 6, 4  # names that are tried one by one, and requests left
_WIDEST = 70  # names in one request: what none of them moves is asked for seldom
_PROBE = 2  # rows or pages: the value that tells how a number counts


async def find_paging(measure: Measure, preferred: str = "") -> Paging:
    """How the endpoint is paged; ``none`` when nothing leads on and nothing speaks of more."""
    first = _BY_STYLE.get(preferred, ())
    for find in (*first, *(find for find in _WAYS if find not in first)):
        if found := await find(measure):
            return found
    if measure.more or measure.is_shortened:
        return await _uncut(measure) or Paging(
            "none", is_open=True, certain=False, proof="there is more, and nothing leads to it"
        )
    rows = len(measure.rows(measure.small))
    if measure.strict and may_be_full(rows):
        return _of_refusals(measure, rows)
    nothing = "size and position change nothing, and nothing says that more follows"
    places = [fact.path for fact in facts(measure.small.body, measure.place) if _leads_on(fact)]
    if places:
        why = f"{nothing}; {places[0]} may lead on once there are more items: ask again then"
        return Paging("none", proof=why, certain=False)
    if may_be_full(rows):
        why = f"{nothing}; yet {rows} may be a full page: compare with what the API has"
        return Paging("none", proof=why, certain=False)
    return Paging("none", proof=nothing)


async def _uncut(measure: Measure) -> Paging | None:
    """A size so large that it cuts nothing, where a size only cuts; None where all may be cut."""
    name = measure.size_param
    for most in _LARGE if name else ():
        reply = await measure.sized(most, {})
        rows = len(measure.rows(reply))
        is_all = len(measure.ruler) <= rows < most and not says_more(reply, measure.place, rows)
        if is_all and (measure.whole or not may_be_full(rows)):
            why = f"{name}={most} gave {rows}, and nothing leads on: {name} would cut a longer list"
            return Paging("none", proof=why, certain=False, sends={str(name): most})
    return None


def may_be_full(rows: int) -> bool:
    """Whether so many rows may be a page that was cut."""
    return rows > 0 and rows % _ROUND == 0


def _of_refusals(measure: Measure, rows: int) -> Paging:
    """What is known where an API refuses what it does not know, and a page looks full."""
    hints = Hints.of(measure.permitted)
    if measure.permitted and not (hints.sizes or hints.positions):
        taken = ", ".join(measure.permitted)
        return Paging("none", proof=f"of the parameters that it takes none pages: {taken}")
    if measure.whole:
        return Paging("none", proof=measure.whole, certain=False)
    why = (
        f"{rows} rows may be a full page, and it refuses the names that were tried; where these"
        " are all, --whole says so"
    )
    return Paging("none", is_open=True, certain=False, proof=why)


async def find_named(measure: Measure) -> Paging | None:
    """What an answer names itself that leads to rows beyond it; None for nothing."""
    for find in _NAMED:
        if found := await find(measure):
            return found
    return None


def _leads_on(fact: Fact) -> bool:
    """Whether a place is for what leads on, though nothing is there."""
    words = set(fact.words)
    return not fact.value and bool({"next", "cursor", "more", "continuation"} & words)


async def _by_header(measure: Measure) -> Paging | None:
    url = header_next(measure.small)
    if url is None:
        return None
    reply = await measure.asker.ask(measure.at(url))
    if not measure.is_second(reply):
        return None
    proof = f'Link header rel="next" gave {measure.span(measure.size)}'
    return Paging("header_link", proof=proof, moved=_params(url))


async def _by_link(measure: Measure) -> Paging | None:
    for link in links(measure.small, measure.place)[:2]:
        reply = await measure.asker.ask(measure.at(link.url))
        if measure.is_second(reply):
            path = link.fact.path
            proof = f"{path} gave {measure.span(measure.size)}"
            settings: dict[str, Json] = {"next_link_path": path}
            if related := _related(measure.small, link.fact):
                is_known = known_by_itself(measure.small, measure.place)
                settings = {} if is_known else {"next_link_path": related}
            return Paging("next_link", settings, proof, moved=_params(link.url))
    return None


def _params(url: str) -> dict[str, Json]:
    return {**httpx.URL(url).params}


def _related(reply: Reply, fact: Fact) -> str:
    """Jq for a relation in a list of links, which is no key; "" for what is one."""
    found = follow(reply.body, fact.keys[:-1])
    if not isinstance(found, list):
        return ""
    keys = {key for link in found if isinstance(link, dict) for key in link}
    relation = "rel" if "rel" in keys else "relation"
    target = "href" if "href" in keys else "url"
    return f'{jq_path(fact.keys[:-1])}[]? | select(.{relation} == "{fact.keys[-1]}") | .{target}'


# --- numbers -----------------------------------------------------------------------------


async def _by_number(measure: Measure) -> Paging | None:
    names = _number_names(measure)
    sized = measure.size_param is not None
    unit = measure.unit if sized else measure.size
    reach = len(measure.ruler)
    # Even values: an offset that counts from 1, and a page from 0, show as the odd ones below.
    codes = list(range(_PROBE, max(reach, _PROBE + 1), 2)) if unit == 1 else [_PROBE]

    def judge(reply: Reply, values: Mapping[str, int]) -> Outcome:
        return _moved(measure, reply, values)

    trial = Trial(
        lambda values: measure.sized(unit, values),
        judge,
        codes,
        strict=measure.strict,
        widest=_WIDEST,
        singles=max(_FEWEST_SINGLES, measure.asker.left - _FOR_OTHERS),
    )
    found = await trial.find(names)
    if found and (by_row := await by_row_named(measure, found)):
        return by_row
    return await _counted(measure, found) if found else None


def _number_names(measure: Measure) -> list[str]:
    if measure.only_hints:
        return [*measure.hints]
    linked = linked_params(measure.small, measure.place)
    templated = templated_params(measure.small, measure.place)
    numbers = [name for name, value in linked.items() if value.isdigit()]
    words = {
        word for role in ("page", "offset") for name in measure.names.of(role) for word in [name]
    }
    told, counting = [], []
    for fact in facts(measure.small.body, measure.place):
        if isinstance(fact.value, int) and not isinstance(fact.value, bool):
            spelled = (fact.name, *measure.names.spelled(words_of(fact.name) or (fact.name,)))
            told += [name for name in spelled if name in words]
            # The first page is number 0 or 1, whatever that is called.
            counting += [fact.name] if fact.value in {0, 1} else []
    page, offset = measure.names.of("page"), measure.names.of("offset")
    mixed = [name for pair in zip(page, offset, strict=False) for name in pair]
    rest = page[len(mixed) // 2 :] + offset[len(mixed) // 2 :]
    shaped = [other for name in linked for other in siblings(name, "position")]
    if measure.size_param:
        shaped += siblings(measure.size_param, "position")
    given = [n for name, _ in measure.request.params for n in prefixed(name, "position")]
    usual = [*(partners(measure.size_param) if measure.size_param else ()), *mixed[:2]]
    names = dict.fromkeys(
        (
            *measure.hints,
            *numbers,
            *told,
            *templated,
            *usual,
            *shaped,
            *counting,
            *mixed,
            *rest,
            *given,
        )
    )
    return [name for name in names if name != measure.size_param]


def _moved(measure: Measure, reply: Reply, values: Mapping[str, int]) -> Outcome:
    if not reply.is_success:
        is_end = reply.status == httpx.codes.NOT_FOUND and not measure.more
        return Outcome(Effect.OTHER) if is_end else Outcome(Effect.REFUSED, refusal=reply.refusal)
    rows = measure.place.rows(reply.body)
    if rows is None:
        return Outcome(Effect.OTHER)
    shift = measure.ruler.shift(rows)
    if shift == 0:
        return Outcome(Effect.NONE)
    if shift is None:
        # Beyond the ruler, or an empty page after the last one.
        is_beyond = measure.ruler.is_beyond(rows) or not rows
        return Outcome(Effect.OTHER if is_beyond else Effect.NONE)
    hits = {value for value in values.values() if shift in {value, value - 1}}
    return Outcome(Effect.NUMBER if hits else Effect.OTHER, frozenset(hits))


async def _counted(measure: Measure, name: str) -> Paging | None:
    """What a number counts, and from where."""
    # With pages of two rows the second row and the second page begin alike.
    size = _PROBE + 1 if measure.size == _PROBE else measure.size
    rows = measure.rows(await measure.sized(size, {name: _PROBE}))
    shift = measure.ruler.shift(rows)
    readings = {
        _PROBE: ("offset", 0),
        _PROBE - 1: ("offset", 1),
        size * _PROBE: ("page", 0),
        size: ("page", 1),
    }
    if size == 1 or shift not in readings:
        rows = measure.rows(await measure.sized(measure.size, {name: _PROBE}))
        return await _by_first(measure, name, rows)
    kind, first = readings[shift]
    return _numbered(name, kind, first, f"{name}={_PROBE} of {size} = {_span(shift, rows)}")


def _span(shift: int, rows: Sequence[Json]) -> str:
    if len(rows) == 1:
        return f"item {shift + 1}"
    return f"items {shift + 1} to {shift + len(rows)}"


async def _by_first(measure: Measure, name: str, second: Sequence[Json]) -> Paging | None:
    """Which number gives the first rows, where the ruler is too short for the rest."""
    one = measure.rows(await measure.sized(measure.size, {name: 1}))
    shift = measure.ruler.shift(one)
    if shift == 0:
        if measure.ruler.shift(second) == 1 and measure.size > 1:
            return _numbered(name, "offset", 1, f"{name}=1 gave the first rows")
        return _numbered(name, "page", 1, f"{name}=1 gave the first rows, 2 others")
    zero = measure.rows(await measure.sized(measure.size, {name: 0}))
    if measure.ruler.shift(zero) != 0:
        return None
    counts_pages = name in measure.names.of("page") or "page" in words_of(name)
    is_row = (shift == 1 and (measure.size > 1 or not counts_pages)) or (
        not one and not counts_pages
    )
    kind = "offset" if is_row else "page"
    return _numbered(name, kind, 0, f"{name}=0 gave the first rows, 1 others")


def _numbered(name: str, kind: str, first: int, proof: str) -> Paging:
    settings: dict[str, Json] = {"pagination_param": name}
    if kind == "page":
        settings["start_page"] = first
    elif first:
        settings["start_offset"] = first
    return Paging(kind, settings, proof, moved={name: _PROBE})


_NAMED = (_by_header, _by_link, by_cursor, by_row_cursor)
_WAYS = (*_NAMED, by_large, _by_number, by_count, by_changing, by_composed, by_last_row)
"""The ways on, those first that an answer names itself."""

_BY_STYLE = {
    "header_link": (_by_header,),
    "next_link": (_by_link,),
    "cursor": (by_cursor, by_row_cursor, by_large, by_count, by_last_row),
    "page": (_by_number,),
    "offset": (_by_number,),
}
"""Those that find a style."""
