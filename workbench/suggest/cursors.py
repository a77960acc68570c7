"""Cursors: the value that leads to the next page, and the parameter that it goes back in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from json_values import Json
from workbench.suggest.asking import Reply
from workbench.suggest.evidence import Fact, facts, linked_params, says_more_by_word
from workbench.suggest.items import identity, jq_path
from workbench.suggest.measure import Measure, Paging
from workbench.suggest.trials import mentioned, speaks_of_unknown
from workbench.suggest.vocabulary import Names, words_of

_CURSOR_WORDS = frozenset([
    "cursor", "token", "next", "after", "continuation", "marker", "scroll", "bookmark",
    "resume", "skip", "offset",
])  # fmt: skip
_NO_CURSOR = frozenset([
    "prev", "previous", "before", "first", "total", "count", "limit", "size", "self", "last",
    "url",
])  # fmt: skip
_MOST_CURSORS = 3
_LIKELY = 8  # names that do not wait for all others
_MOST_STRICT = 7  # of an API that refuses those that it does not know
_LONGEST_QUERY = 3500  # characters
_MOST_REPAIRS = 3
_MOST_DIGITS = 7  # of a number of rows or pages
_MOST_PARTS = 2  # times that names are parted which do something together, and do not lead on
_ROW_CURSORS = frozenset({"cursor"})


async def by_cursor(measure: Measure) -> Paging | None:
    """A text that leads on."""
    for fact in _cursors(measure, texts=True)[:_MOST_CURSORS]:
        if found := await _with_cursor(measure, fact):
            return found
    return None


async def by_large(measure: Measure) -> Paging | None:
    """A cursor that is a number larger than any that counts rows or pages, such as a moment."""
    found = _cursors(measure, texts=False)[:1]
    is_large = bool(found) and len(str(found[0].value)) > _MOST_DIGITS
    return await _with_cursor(measure, found[0]) if is_large else None


async def by_count(measure: Measure) -> Paging | None:
    """A cursor that is a number, where numbers that count rows or pages did not lead on."""
    found = _cursors(measure, texts=False)[:1]
    return await _with_cursor(measure, found[0]) if found else None


async def by_changing(measure: Measure) -> Paging | None:
    """A text by another name, which differs with where the list was cut."""
    changing = list(_differing(measure, measure.longest))
    changing = [fact for fact in changing if not _speaks_of_cursor(fact.words)]
    if not changing:
        return None
    first = changing[0]
    again = await measure.sized(measure.size, {first.name: first.value})
    if measure.rows(again) == measure.rows(measure.small):
        # What differs beside the same rows tells requests apart, not rows.
        of_request = [fact.keys for fact in _differing(measure, again)]
        changing = [fact for fact in changing if fact.keys not in of_request]
    return await _with_cursor(measure, changing[0]) if changing else None


def _differing(measure: Measure, other: Reply) -> Iterator[Fact]:
    """The texts of the small page that another answer has otherwise."""
    others = {fact.keys: fact.value for fact in facts(other.body, measure.place)}
    for fact in facts(measure.small.body, measure.place):
        value = others.get(fact.keys, fact.value)
        is_text = isinstance(fact.value, str) and isinstance(value, str)
        if is_text and fact.value != value and not _is_link(str(fact.value)):
            yield fact


async def by_composed(measure: Measure) -> Paging | None:
    """What speaks of a cursor, under names that nobody has written down.

    They are less likely than any other way that a list was ever seen to be paged.
    """
    if measure.strict:  # it refuses many names for one that it does not know
        return None
    texts, numbers = _cursors(measure, texts=True), _cursors(measure, texts=False)
    for fact in (*texts[:_MOST_CURSORS], *numbers[:1]):
        names = ["_" + fact.name.removeprefix("header:"), *measure.names.composed()]
        is_sure = _speaks_of_cursor(fact.words)
        if is_sure and (found := await _among(measure, fact.value, names)):
            return await _sent_as(measure, fact, found)
    return None


def _cursors(measure: Measure, *, texts: bool) -> list[Fact]:
    found = []
    whole = {fact.keys for fact in facts(measure.longest.body, measure.place) if fact.value}
    for fact in (*facts(measure.small.body, measure.place), *_header_facts(measure)):
        is_text = isinstance(fact.value, str) and not fact.value.isdigit()
        is_number = not isinstance(fact.value, bool | float) and fact.value is not None
        if not fact.value or (not is_text if texts else is_text or not is_number):
            continue
        is_url = isinstance(fact.value, str) and _is_link(fact.value)
        words = words_of(fact.name)
        if is_url or _NO_CURSOR.intersection(words):
            continue
        # What is there only where rows were left out leads to them, whatever it is called.
        is_of_cut = texts and measure.is_shortened and fact.keys not in whole
        if is_of_cut or _speaks_of_cursor(fact.words):
            found.append(fact)
    return sorted(found, key=_eagerness)


def _eagerness(fact: Fact) -> tuple[bool, bool]:
    return "next" not in fact.words, not {"cursor", "token", "after"}.intersection(fact.words)


def _is_link(text: str) -> bool:
    return text.startswith(("http://", "https://")) or (text.startswith("/") and "?" in text)


def _speaks_of_cursor(words: Sequence[str]) -> bool:
    return any(word in _CURSOR_WORDS or word.startswith("continuation") for word in words)


def _header_facts(measure: Measure) -> Iterator[Fact]:
    """Headers that are called so, and those that only a cut answer has."""
    for name, value in measure.small.headers.items():
        words = words_of(name)
        is_cursor = any(word in {"next", "cursor"} or word.startswith("continu") for word in words)
        is_of_cut = measure.is_shortened and name not in measure.longest.headers
        if (is_cursor or is_of_cut) and "link" not in words:
            yield Fact((f"header:{name}",), value)


def cursor_names(fact: Fact, names: Names) -> list[str]:
    """Parameters that a cursor under some keys may go back in, the likeliest first."""
    name = fact.name.removeprefix("header:")
    words = words_of(name)
    bare = tuple(word for word in words if word not in {"next", "x", "ms"})
    last = [word for word in bare if word not in {"id", "value", "key"}][-1:]
    # Headers write words together: `continuationtoken` is `continuationToken` in a query.
    joined = "".join(bare)
    usual = [one for one in names.of("cursor") if "".join(words_of(one)) == joined]
    derived: list[str] = [] if bare == words else usual[:2]
    if name != fact.name:  # X-Acme-NextToken: behind its prefix a header has the parameter's name
        longest = sorted(names.of("cursor"), key=lambda one: -len("".join(words_of(one))))
        ends = [one for one in longest if "".join(words).endswith("".join(words_of(one)))]
        return list(dict.fromkeys((*ends[:3], *derived, *names.spelled(bare))))
    for some in (bare, words, bare[:1], tuple(last)):
        if some:
            derived += names.spelled(some)[:2]
    derived += [f"page[{word}]" for word in bare]
    return list(dict.fromkeys((name, *derived)))


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
    return await _sent_as(measure, fact, found) if found else None


async def _sent_as(measure: Measure, fact: Fact, found: str) -> Paging:
    """The paging by a parameter that led on, which may have to stand alone."""
    settings: dict[str, Json] = {"pagination_param": found, "cursor_path": fact.path}
    gave = f"gave {measure.span(measure.size)}"
    kept = await measure.sized(measure.size, {found: fact.value})
    if not measure.is_second(kept):
        proof = f"{fact.path} sent as {found}, with nothing beside it, {gave}"
        return Paging(
            "cursor", {**settings, "cursor_alone": True}, proof, moved={found: fact.value}
        )
    proof = f"{fact.path} sent as {found} {gave}"
    return Paging("cursor", settings, proof, moved={found: fact.value})


async def _taking(measure: Measure, value: Json, names: Sequence[str]) -> str | None:
    """The name that, given this value, leads to the second page; by itself, if need be."""
    for name in names[:2]:
        if await _leads_on(measure, value, [name]) or await _is_alone(measure, name, value):
            return name
    if measure.strict:  # it refuses a group for one name that it does not know
        for name in names[2:_MOST_STRICT]:
            if await _leads_on(measure, value, [name]):
                return name
        return None
    likely = await _among(measure, value, names[2:_LIKELY])
    return likely or await _among(measure, value, names[_LIKELY:])


async def _leads_on(measure: Measure, value: Json, names: Sequence[str]) -> bool:
    return measure.is_second(await measure.sized(measure.size, dict.fromkeys(names, value)))


async def _among(measure: Measure, value: Json, names: Sequence[str]) -> str | None:
    """The name of many that leads on, by halves of those that do so together."""
    for group in _groups(names, len(str(value))):
        left = await _unrefused(measure, value, group)
        left = await _leading(measure, value, left, _MOST_PARTS)
        while len(left) > 1:
            half = left[: len(left) // 2]
            left = half if await _leads_on(measure, value, half) else left[len(half) :]
        if left:
            return left[0] if await _leads_on(measure, value, left) else None
    return None


async def _leading(measure: Measure, value: Json, names: Sequence[str], parts: int) -> list[str]:
    """The names, or every other one of them and so on, if they lead on together; else none.

    Two of them may mean the opposite, as since and until: together they leave no rows.
    """
    if not names or await _leads_on(measure, value, names):
        return list(names)
    reply = await measure.sized(measure.size, dict.fromkeys(names, value))
    does_something = reply.is_success and measure.ruler.shift(measure.rows(reply)) != 0
    for half in (names[1::2], names[::2]) if does_something and parts else ():
        if found := await _leading(measure, value, half, parts - 1):
            return found
    return []


def _groups(names: Sequence[str], length: int) -> Iterator[list[str]]:
    """The names that go into one request with a value of some length.

    Servers take URLs of a few thousand characters.
    """
    group: list[str] = []
    for name in names:
        if group and sum(len(one) + length + 2 for one in (*group, name)) > _LONGEST_QUERY:
            yield group
            group = []
        group.append(name)
    yield group


async def _unrefused(measure: Measure, value: Json, names: Sequence[str]) -> list[str]:
    """The names that are not refused with a value, as far as refusals name those that are."""
    left = list(names)
    for _ in range(_MOST_REPAIRS):
        reply = await measure.sized(measure.size, dict.fromkeys(left, value)) if left else None
        said = mentioned(reply.refusal, dict.fromkeys(left, 0)) if reply else []
        if reply is None or reply.is_success or not said:
            break
        left = [name for name in left if name not in said]
    return left


async def _is_alone(measure: Measure, name: str, value: Json) -> bool:
    """Whether a name leads on with nothing beside it, where it was refused with the rest."""
    together = await measure.sized(measure.size, {name: value})
    if together.is_success or speaks_of_unknown(together.refusal):
        return False
    return measure.is_second(await measure.alone({name: value}))


async def by_row_cursor(measure: Measure) -> Paging | None:
    """A cursor that each row has beside its object, of which the last row's leads on."""
    last = _last_row(measure)
    for key, value in last.items():
        if isinstance(value, str) and value and _ROW_CURSORS.intersection(words_of(key)):
            names = [*measure.hints, *cursor_names(Fact((key,), value), measure.names)]
            return await _from_row(measure, key, value, [*names, *measure.names.of("cursor")])
    return None


def row_cursor(paging: Paging) -> str:
    """The cursor that a row has beside its object, which is no property of it; "" for none."""
    path = str(paging.settings.get("cursor_path", "")).rpartition("[-1]")[2]
    return path if _ROW_CURSORS.intersection(words_of(path)) else ""


async def by_row_named(measure: Measure, name: str) -> Paging | None:
    """The last row's own number, under a name that speaks of a row and not of a count.

    Where rows are numbered from 1 without a gap, the row behind the third is the fourth either way.
    """
    last, key = _last_row(measure), identity(measure.rows(measure.small))
    names = measure.names
    is_of_row = name in names.of("keyset") and name not in {*names.of("offset"), *names.of("page")}
    if key is None or not is_of_row or last[key] != measure.size:
        return None
    return await _from_row(measure, key, last[key], [name])


async def by_last_row(measure: Measure) -> Paging | None:
    """The last row's own value as the cursor, where nothing else leads to rows that there are."""
    last = _last_row(measure)
    by_word = says_more_by_word(measure.small, measure.place)
    if not by_word and not measure.is_shortened:
        return None
    usual = (identity(measure.rows(measure.small)), "id", "uuid", "key", "name")
    key = next((key for key in usual if key is not None and key in last), None)
    if key is None:
        return None
    names = [*measure.hints, *measure.names.of("keyset")]
    found = await _from_row(measure, key, last[key], names)
    if found and by_word and key == "id":  # the integration takes it by itself
        return replace(found, settings={"pagination_param": found.param})
    return found


async def is_led_by_last_row(measure: Measure) -> bool:
    """Whether the last row's own id leads to others, under one of many names: two requests.

    Only where ids rise or fall with the rows: lists that go on so are in their order.
    """
    rows = [row for row in measure.rows(measure.small) if isinstance(row, dict)]
    ids = [row.get(identity(rows) or "id") for row in rows]
    numbers = [one for one in ids if isinstance(one, int)]
    in_order = numbers in (sorted(numbers), sorted(numbers, reverse=True))
    if len(numbers) != len(rows) or len(set(numbers)) != len(rows) or not in_order or not rows:
        return False
    names = measure.names.of("keyset")
    back = [name for name in names if "before" in words_of(name)]
    for some in ([name for name in names if name not in back], back):
        reply = await measure.sized(measure.size, dict.fromkeys(some, numbers[-1]))
        if measure.ruler.is_beyond(measure.rows(reply)):
            return True
    return False


def _last_row(measure: Measure) -> dict[str, Json]:
    rows = measure.rows(measure.small)
    return rows[-1] if rows and isinstance(rows[-1], dict) else {}


async def _from_row(measure: Measure, key: str, value: Json, names: Sequence[str]) -> Paging | None:
    found = await _taking(measure, value, list(dict.fromkeys(names)))
    if found is None:
        return None
    path = f"{jq_path(measure.place.keys)}[-1]{jq_path((key,))}"
    settings: dict[str, Json] = {"pagination_param": found, "cursor_path": path}
    gave = measure.span(measure.size)
    return Paging("cursor", settings, f"the last row's {key} sent as {found} gave {gave}")
