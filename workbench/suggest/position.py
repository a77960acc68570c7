"""How an API is paged: what leads from the first rows to those after them.

The longest answer is the ruler. Of pages of ``n`` rows the second one must be rows ``n`` to
``2n`` of it or, where it does not reach so far, rows that it has not. How far a number moves the
rows says what it counts: with ``n = 3`` the value 2 moves an offset by 2, an offset that counts
from 1 by 1, a page by 3, a page that counts from 0 by 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from json_values import Json
from paging.model import PageRequest
from workbench.suggest.asking import Asker, Reply
from workbench.suggest.evidence import (
    Fact,
    facts,
    header_next,
    linked_params,
    links,
    says_more,
    says_more_by_word,
)
from workbench.suggest.items import Place, Ruler
from workbench.suggest.trials import Effect, Outcome, Trial
from workbench.suggest.vocabulary import Names, prefixed, siblings, words_of

_CURSOR_WORDS = frozenset(
    [
        "cursor",
        "token",
        "next",
        "after",
        "continuation",
        "marker",
        "scroll",
        "bookmark",
        "resume",
        "skip",
        "offset",
    ]
)
_NO_CURSOR = frozenset(
    [
        "prev",
        "previous",
        "before",
        "first",
        "total",
        "count",
        "limit",
        "size",
        "self",
        "last",
        "url",
    ]
)
_MOST_CURSORS = 3
_ROUND = 5  # servers cut pages at multiples of it
_PROBE = 2  # rows or pages: the value that tells how a number counts


@dataclass(frozen=True)
class Paging:
    """A way to page that was proved; ``settings`` are those of a selector's ``pagination``.

    ``is_open``: nothing leads on, although an answer says that there is more.
    """

    type: str
    settings: Mapping[str, Json] = field(default_factory=dict)
    proof: str = ""
    certain: bool = True
    is_open: bool = False

    @property
    def param(self) -> str | None:
        """The position's parameter."""
        param = self.settings.get("pagination_param")
        return param if isinstance(param, str) else None


@dataclass
class Measure:
    """What a search for the position measures by: pages of ``size`` rows, and a ruler."""

    asker: Asker
    request: PageRequest
    small: Reply
    place: Place
    size: int
    ruler: Ruler
    size_param: str | None
    names: Names
    hints: Sequence[str] = ()
    unit: int = 1
    strict: bool = False

    def rows(self, reply: Reply) -> list[Json]:
        """The rows of an answer."""
        return self.place.rows(reply.body) or [] if reply.is_success else []

    def is_second(self, reply: Reply) -> bool:
        """Whether an answer is the second page."""
        rows = self.rows(reply)
        if len(self.ruler) > self.size:
            return self.ruler.shift(rows) == self.size
        return self.ruler.is_beyond(rows)

    async def sized(self, size: int, params: Mapping[str, Json]) -> Reply:
        """The answer to pages of a size, with further parameters."""
        own: dict[str, Json] = {self.size_param: size} if self.size_param else {}
        return await self.asker.ask_with(self.request, {**own, **params}.items())

    @property
    def more(self) -> bool:
        """Whether the small page says that there is more."""
        return says_more(self.small, self.place, len(self.rows(self.small)))

    @property
    def is_shortened(self) -> bool:
        """Whether rows are known that the small page does not have."""
        return len(self.ruler) > self.size

    def span(self, at: int) -> str:
        """Rows as a person counts them."""
        return f"items {at + 1} to {at + self.size}"


async def find_paging(measure: Measure) -> Paging:
    """How the endpoint is paged; ``none`` when nothing leads on and nothing speaks of more."""
    for find in (_by_header, _by_link, _by_cursor, _by_number, _by_count, _by_last_row):
        if found := await find(measure):
            return found
    if measure.more or measure.is_shortened:
        return Paging(
            "none", is_open=True, certain=False, proof="there is more, and nothing leads to it"
        )
    rows = len(measure.rows(measure.small))
    if measure.strict and rows and rows % _ROUND == 0:
        # Nothing was shown: what it does not know it refused, and the page looks full.
        return Paging("none", is_open=True, certain=False, proof=f"{rows} rows may be a full page")
    nothing = "size and position change nothing, and nothing says that more follows"
    places = [fact.path for fact in facts(measure.small.body, measure.place) if _leads_on(fact)]
    if places:
        why = f"{nothing}; {places[0]} may lead on once there are more items: ask again then"
        return Paging("none", proof=why, certain=False)
    return Paging("none", proof=nothing)


def _leads_on(fact: Fact) -> bool:
    """Whether a place is for what leads on, though nothing is there."""
    words = set(fact.words)
    return not fact.value and bool({"next", "cursor", "more", "continuation"} & words)


async def _by_header(measure: Measure) -> Paging | None:
    url = header_next(measure.small)
    if url is None:
        return None
    reply = await measure.asker.ask(PageRequest(url))
    if not measure.is_second(reply):
        return None
    return Paging("header_link", proof=f'Link header rel="next" gave {measure.span(measure.size)}')


async def _by_link(measure: Measure) -> Paging | None:
    for link in links(measure.small, measure.place)[:2]:
        reply = await measure.asker.ask(PageRequest(link.url))
        if measure.is_second(reply):
            path = link.fact.path
            proof = f"{path} gave {measure.span(measure.size)}"
            # A relation in a list of links is no key; the integration knows such lists.
            settings = {} if _is_relation(measure.small, link.fact) else {"next_link_path": path}
            return Paging("next_link", settings, proof)
    return None


def _is_relation(reply: Reply, fact: Fact) -> bool:
    body = reply.body
    for key in fact.keys[:-1]:
        body = body.get(key) if isinstance(body, dict) else None
    return isinstance(body, list)


# --- cursors -----------------------------------------------------------------------------


async def _by_cursor(measure: Measure) -> Paging | None:
    for fact in _cursors(measure, texts=True)[:_MOST_CURSORS]:
        if found := await _with_cursor(measure, fact):
            return found
    return None


async def _by_count(measure: Measure) -> Paging | None:
    """A cursor that is a number, where numbers that count rows or pages did not lead on."""
    for fact in _cursors(measure, texts=False)[:1]:
        if found := await _with_cursor(measure, fact):
            return found
    return None


def _cursors(measure: Measure, *, texts: bool) -> list[Fact]:
    found = []
    for fact in (*facts(measure.small.body, measure.place), *_header_facts(measure.small)):
        is_text = isinstance(fact.value, str) and not fact.value.isdigit()
        is_number = not isinstance(fact.value, bool | float) and fact.value is not None
        if not fact.value or (not is_text if texts else is_text or not is_number):
            continue
        is_url = isinstance(fact.value, str) and fact.value.startswith(("http://", "https://"))
        words = words_of(fact.name)
        if is_url or _NO_CURSOR.intersection(words):
            continue
        if _CURSOR_WORDS.intersection(fact.words):
            found.append(fact)
    return sorted(found, key=_eagerness)


def _eagerness(fact: Fact) -> tuple[bool, bool]:
    return "next" not in fact.words, not {"cursor", "token", "after"}.intersection(fact.words)


def _header_facts(reply: Reply) -> Iterator[Fact]:
    for name, value in reply.headers.items():
        words = frozenset(words_of(name))
        if words & {"next", "continuation", "cursor", "continuationtoken"} and "link" not in words:
            yield Fact((f"header:{name}",), value)


def cursor_names(fact: Fact, names: Names) -> list[str]:
    """Parameters that a cursor under some keys may go back in, the likeliest first."""
    words = words_of(fact.name.removeprefix("header:"))
    bare = tuple(word for word in words if word not in {"next", "x", "ms"})
    last = [word for word in bare if word not in {"id", "value", "key"}][-1:]
    derived: list[str] = []
    for some in (bare, words, bare[:1], tuple(last)):
        if some:
            derived += names.spelled(some)[:2]
    derived += [f"page[{word}]" for word in bare]
    return list(dict.fromkeys((fact.name, *derived)))


async def _with_cursor(measure: Measure, fact: Fact) -> Paging | None:
    linked = [
        name
        for name, value in linked_params(measure.small, measure.place).items()
        if value == str(fact.value)
    ]
    own = cursor_names(fact, measure.names)
    usual = measure.names.of("cursor")
    if measure.strict:  # each name costs a request
        own = [*own[:2], *usual[:3], *own[2:]]
    names = list(dict.fromkeys((*linked, *measure.hints, *own, *usual)))
    found = await _taking(measure, fact.value, names)
    if found is None:
        return None
    settings: dict[str, Json] = {"pagination_param": found, "cursor_path": fact.path}
    proof = f"{fact.path} sent as {found} gave {measure.span(measure.size)}"
    return Paging("cursor", settings, proof)


async def _taking(measure: Measure, value: Json, names: Sequence[str]) -> str | None:
    """The name that, given this value, leads to the second page."""

    async def leads_on(some: Sequence[str]) -> bool:
        reply = await measure.sized(measure.size, dict.fromkeys(some, value))
        return measure.is_second(reply)

    for name in names[:2]:
        if await leads_on([name]):
            return name
    rest = list(names[2:])
    for group in (rest[:6], rest[6:]):
        if measure.strict or not group or not await leads_on(group):
            continue
        left = group
        while len(left) > 1:
            half = left[: len(left) // 2]
            left = half if await leads_on(half) else left[len(half) :]
        return left[0] if await leads_on(left) else None
    if measure.strict:  # it refuses a group for one name that it does not know
        for name in rest[:5]:
            if await leads_on([name]):
                return name
    return None


async def _by_last_row(measure: Measure) -> Paging | None:
    """The last row's own value as the cursor, where only a boolean says that there is more."""
    rows = measure.rows(measure.small)
    last = rows[-1] if rows else None
    if not isinstance(last, dict) or not says_more_by_word(measure.small, measure.place):
        return None
    key = next((key for key in ("id", "uuid", "key", "name") if key in last), None)
    if key is None:
        return None
    found = await _taking(measure, last[key], [*measure.hints, *measure.names.of("keyset")])
    if found is None:
        return None
    where = ".".join((*measure.place.keys,))
    settings: dict[str, Json] = {"pagination_param": found}
    if key != "id":
        settings["cursor_path"] = f".{where}[-1].{key}" if where else f".[-1].{key}"
    return Paging(
        "cursor",
        settings,
        f"the last row's {key} sent as {found} gave {measure.span(measure.size)}",
    )


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

    trial = Trial(lambda values: measure.sized(unit, values), judge, codes, strict=measure.strict)
    found = await trial.find(names)
    return await _counted(measure, found) if found else None


def _number_names(measure: Measure) -> list[str]:
    linked = linked_params(measure.small, measure.place)
    numbers = [name for name, value in linked.items() if value.isdigit()]
    words = {
        word for role in ("page", "offset") for name in measure.names.of(role) for word in [name]
    }
    told = [
        name
        for fact in facts(measure.small.body, measure.place)
        if isinstance(fact.value, int) and not isinstance(fact.value, bool)
        for name in (fact.name, *measure.names.spelled(words_of(fact.name) or (fact.name,)))
        if name in words
    ]
    page, offset = measure.names.of("page"), measure.names.of("offset")
    mixed = [name for pair in zip(page, offset, strict=False) for name in pair]
    rest = page[len(mixed) // 2 :] + offset[len(mixed) // 2 :]
    shaped = [other for name in linked for other in siblings(name, "position")]
    if measure.size_param:
        shaped += siblings(measure.size_param, "position")
    given = [n for name, _ in measure.request.params for n in prefixed(name, "position")]
    usual, unusual = mixed[:2], mixed[2:]
    names = dict.fromkeys(
        (*measure.hints, *numbers, *told, *usual, *shaped, *unusual, *rest, *given)
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
    size = measure.size
    reply = await measure.sized(size, {name: _PROBE})
    rows = measure.rows(reply)
    shift = measure.ruler.shift(rows)
    readings = {
        _PROBE: ("offset", 0),
        _PROBE - 1: ("offset", 1),
        size * _PROBE: ("page", 0),
        size: ("page", 1),
    }
    if size == _PROBE and shift == size:  # the second row, or the second page?
        shift = await _other_size(measure, name)
    if size == 1 or shift not in readings:
        return await _by_first(measure, name, rows)
    kind, first = readings[shift]
    return _numbered(name, kind, first, f"{name}={_PROBE} of {size} = {measure.span(shift)}")


async def _other_size(measure: Measure, name: str) -> int | None:
    """The shift of a page of 3 rows, as one of 2 rows would show it."""
    rows = measure.rows(await measure.sized(3, {name: _PROBE}))
    shift = measure.ruler.shift(rows)
    # Row 2 is an offset, which no size moves; 0 means a page that counts from 1 is not it.
    return {_PROBE: -1, 3: measure.size}.get(shift or 0) if shift != _PROBE else _PROBE


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
    return Paging(kind, settings, proof)
