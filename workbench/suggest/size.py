"""The parameter for the page size, and the largest size that an API heeds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from json_values import Json
from paging.model import PageRequest
from paging.signals import whole_number
from workbench.suggest.asking import Asker, Reply
from workbench.suggest.evidence import (
    facts,
    linked_params,
    names_seen,
    says_more,
    templated_params,
    total_of,
)
from workbench.suggest.items import Place, Ruler
from workbench.suggest.trials import (
    Effect,
    Outcome,
    Trial,
    mentioned,
    quoted_part,
    speaks_of_number,
)
from workbench.suggest.vocabulary import Names, prefixed, siblings, words_of

SMALLEST = 3
"""Rows of a small page, where enough are at hand: fewer do not tell an offset from a page."""
_LEAST = 2  # rows that can become fewer

USUAL_SIZE = 100
_FALLBACKS = (50, 25, 20, 10)
_SIZE_WORDS = frozenset([
    "limit", "size", "per", "count", "max", "take", "top", "rows", "fetch", "length",
    "results", "pagelen", "hits",
])  # fmt: skip
_SMALL_SIZES = 2  # that are tried in any case
_USUAL = 2  # names that are likelier than any in the shape of another
_SLOWLY = 4  # names tried by themselves


@dataclass(frozen=True)
class Sized:
    """A size parameter that was proved.

    ``small`` is an answer with ``size`` rows; ``longest`` the answer with the most rows.
    ``largest`` is what to ask for, and ``proof`` what showed that.
    """

    name: str
    size: int
    small: Reply
    largest: int
    longest: Reply
    place: Place
    proof: str


def size_names(reply: Reply, place: Place, names: Names, first: Sequence[str]) -> list[str]:
    """Names to try: those given, those of links and of keys with the number of rows, the usual."""
    rows = len(place.rows(reply.body) or [])
    linked, templated = linked_params(reply, place), templated_params(reply, place)
    speaking = [name for name in templated if _SIZE_WORDS.intersection(words_of(name))]
    telling = []  # by their values: as many as there are rows
    for name, value in linked.items():
        number = whole_number(value)
        if number is not None and _SIZE_WORDS.intersection(words_of(name)):
            speaking.append(name)
        elif number == rows:
            telling.append(name)
    for fact in facts(reply.body, place):
        number = whole_number(fact.value)
        is_size = _SIZE_WORDS.intersection(words_of(fact.name)) and "total" not in fact.words
        if number is not None and number >= rows and is_size:
            speaking.append(fact.name)
            speaking += names.spelled(words_of(fact.name))[:2]
        elif number == rows and rows > 1:
            telling.append(fact.name)
    beside = [other for name in linked for other in siblings(name, "size")]
    given = [other for name, _ in reply.request.params for other in prefixed(name, "size")]
    usual, unusual = names.of("size")[:_USUAL], names.of("size")[_USUAL:]
    return list(dict.fromkeys((*first, *speaking, *usual, *telling, *beside, *unusual, *given)))


@dataclass(frozen=True)
class SizeQuestion:
    """What is asked: ``reply`` is the answer to ``request`` as given, ``first`` names to try first.

    ``documented``: the largest size that a document allows. ``only_first``: no names but those.
    """

    asker: Asker
    request: PageRequest
    reply: Reply
    first: Sequence[str] = ()
    documented: int | None = None
    strict: bool = False
    only_first: bool = False

    async def sized(self, name: str, size: int) -> Reply:
        """The answer to one size."""
        return await self.asker.ask_with(self.request, [(name, size)])


@dataclass(frozen=True)
class FoundSize:
    """What came of the search: a size that was proved, or a name that refusals of numbers tell.

    ``strict``: whether the API refuses parameters that it does not know.
    """

    sized: Sized | None
    strict: bool
    told: str = ""


async def find_size(question: SizeQuestion, candidates: Sequence[Place]) -> FoundSize:
    """The size parameter, by rows that become as many as it says."""
    reply, strict = question.reply, question.strict
    for place in candidates:
        rows = place.rows(reply.body) or []
        if len(rows) < _LEAST or place.single:
            continue
        ruler = Ruler(rows)

        def judge(
            answer: Reply,
            values: Mapping[str, int],
            place: Place = place,
            ruler: Ruler = ruler,
        ) -> Outcome:
            return _judged(answer, values, place, ruler)

        trial = Trial(
            lambda values: question.asker.ask_with(question.request, values.items()),
            judge,
            codes=range(len(rows) - 1, 0, -1),
            strict=strict,
        )
        names = Names(names_seen(reply, place))
        first = question.first
        tried = list(first) if question.only_first else size_names(reply, place, names, first)
        # A name that may be a position moves the rows, so that no size shows beside it.
        moving = {*names.of("offset"), *names.of("page")}.difference(first)
        found = await trial.find([name for name in tried if name not in moving])
        if not found and not trial.strict:
            found = await trial.find_slowly([name for name in tried if name in moving][:1])
        strict = trial.strict
        if not found and strict:
            break  # what it refuses depends on no place
        sized = await _measured(question, place, found) if found else None
        if found and sized is None and await _is_told(question, found):
            return FoundSize(None, strict, found)
        if found and sized is None:
            # Rows that are left out of every page made another name's value fit.
            found = await trial.find_slowly([name for name in tried if name != found][:_SLOWLY])
            sized = await _measured(question, place, found) if found else None
        if sized:
            return FoundSize(sized, strict)
    return FoundSize(None, strict)


async def _is_told(question: SizeQuestion, name: str) -> bool:
    """Whether a list is too short for any size, but a refusal says that it is one."""
    one = await question.sized(name, 1)
    is_known = bool(mentioned(one.refusal, {name: 1})) and speaks_of_number(one.refusal)
    return not one.is_success and is_known


async def told_size(question: SizeQuestion, place: Place, name: str) -> tuple[int, str]:
    """The size to ask for where a refusal told its name, and what showed it."""
    one = await question.sized(name, 1)
    largest, _, proof = await _largest(question, place, name)
    return largest, f'1: "{short(quoted_part(one.refusal))}"; {proof}'


def _judged(answer: Reply, values: Mapping[str, int], place: Place, ruler: Ruler) -> Outcome:
    if not answer.is_success:
        return Outcome(Effect.REFUSED, refusal=answer.refusal)
    rows = place.rows(answer.body)
    if rows is None:
        return Outcome(Effect.OTHER)
    if ruler.shift(rows) == 0 and len(rows) < len(ruler):
        # A server may have a least size, or leave rows out of a page that was cut already.
        exact = {value for value in values.values() if value == len(rows)}
        return Outcome(Effect.NUMBER, frozenset(exact or values.values()))
    return Outcome(Effect.NONE)


async def _measured(question: SizeQuestion, place: Place, name: str) -> Sized | None:
    reply = question.reply
    first_rows = place.rows(reply.body) or []
    largest, longest, proof = await _largest(question, place, name)
    rows = place.rows(longest.body) or []
    if len(rows) < len(first_rows):
        longest, rows = reply, first_rows
    sizes = _small_sizes(len(rows))
    for size in sizes:
        small = await question.sized(name, size)
        if not small.is_success and len(sizes) <= _SMALL_SIZES:
            # A least size, or a step, which the refusal may name.
            sizes += [n for n in _named(small) if 1 < n < len(rows) and n not in sizes][:1]
        got = place.rows(small.body) or []
        if small.is_success and Ruler(rows).shift(got) == 0 and len(got) < len(rows):
            return Sized(name, len(got), small, largest, longest, place, proof)
        if small.is_success and len(got) == len(rows):
            break
    if len(rows) > len(first_rows):
        return Sized(name, len(first_rows), reply, largest, longest, place, proof)
    return None


def _small_sizes(rows: int) -> list[int]:
    """Sizes of which two pages and a half fit into the rows at hand; a larger one in reserve."""
    small = max(1, min(SMALLEST, (rows - 1) // 2))
    return list(dict.fromkeys((small, max(small, rows // 2))))


async def _largest(question: SizeQuestion, place: Place, name: str) -> tuple[int, Reply, str]:
    """The largest size worth asking for, the answer to it, and what showed it."""
    wanted = question.documented or USUAL_SIZE
    default = len(place.rows(question.reply.body) or [])
    answer = await question.sized(name, wanted)
    if not answer.is_success:
        return await _accepted(question, answer, name, wanted)
    rows = len(place.rows(answer.body) or [])
    total = total_of(answer, place)
    if rows >= wanted:
        return wanted, answer, f"{wanted} asked for, {rows} came"
    if not says_more(answer, place, rows):
        return wanted, answer, f"{wanted} accepted: all {rows} came at once"
    if rows == default:
        # A cap, or a size that is too large counts as none.
        for smaller in [size for size in _FALLBACKS if size > default][:1]:
            again = await question.sized(name, smaller)
            got = len(place.rows(again.body) or [])
            if again.is_success and got > default:
                return got, again, f"{wanted} gives {rows}, {smaller} gives {got}"
    of = f" of {total}" if total else ""
    return rows, answer, f"{wanted} asked for, {rows}{of} came: the server's own limit"


async def _accepted(
    question: SizeQuestion, refused: Reply, name: str, wanted: int
) -> tuple[int, Reply, str]:
    """A size that is accepted where ``wanted`` was refused, first those that the refusal names."""
    said = quoted_part(refused.refusal)
    named = _named(refused)
    sizes = [size for size in named if size < wanted][:2] + list(_FALLBACKS)
    for size in dict.fromkeys(sizes):
        answer = await question.sized(name, size)
        if answer.is_success:
            reason = f'"{short(said)}"' if size in named else "refused"
            return size, answer, f"{wanted}: {reason}; {size} accepted"
    return wanted, refused, f"{wanted} refused, and every smaller size tried"


def _named(refused: Reply) -> list[int]:
    """The numbers that a refusal names, the largest first."""
    found = re.findall(r"\d{1,5}", quoted_part(refused.refusal))
    return sorted({int(text) for text in found} - {0, 1}, reverse=True)


def short(text: Json, most: int = 60) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(str(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"
