"""A request with one thing in it otherwise: a name, a value, or something that others send.

What may be meant comes from four places: the API's own words, what the other requests of the
mapping send, the items that were read, and how names are usually written. Which one it is, the
API's answers show.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Awaitable, Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import takewhile
from typing import Final
from urllib.parse import quote

from msgspec.structs import replace

from json_values import MISSING, Json, follow
from paging.model import PageRequest
from workbench.check.asking.absence import MADE_UP, Answered
from workbench.check.asking.alternatives import (
    KEYS,
    MOST_OF_ONE,
    SCALAR,
    by_rank,
    lists_of_keys,
    names_for,
    typed_for,
    values_for,
)
from workbench.check.asking.sent import IN_PATH, IN_URL, Sent
from workbench.check.asking.sources import LONGEST, PARTS, Sources
from workbench.check.files.documents import yaml_of
from workbench.check.findings import Path, Remedy, Taken, Told, Write
from workbench.check.guesses.expressions import rows_of
from workbench.check.guesses.names import names_in

_MOST: Final = 40  # requests
MOST_VALUES: Final = 4
"""Values of which any may be meant."""
_MOST_SPARE: Final = 8  # parts of a request without which it is asked
_PAIRS: Final = {"query_params": "params", "headers": "headers", IN_PATH: "params"}
"""The parts of a resource that are names and texts in a request, and what they are there."""
_ADDED: Final = frozenset({"query_params", "headers", "body", "body_form"})


@dataclass(frozen=True)
class Wish:
    """What is asked, and how much of what is wanted an answer has: 0 for none, or for a failure.

    ``least``: what it has to have; ``most``: what an answer has at most. ``is_met``: what is asked
    is answered as it stands, so that several names can be sent at once.
    """

    answered: Answered
    worth: Callable[[Json], Awaitable[int]]
    least: int = 1
    most: int = 1
    is_met: bool = False


@dataclass(frozen=True)
class Variant:
    """A request with one thing otherwise; ``rank``: how likely it is meant, 0 the most."""

    rank: int
    sent: Sent
    request: PageRequest
    name: str = ""
    value: Json = None

    def at(self, base: Path, proof: str) -> tuple[Path, Remedy]:
        """Its place, where what asks stands at ``base``, and what to write there.

        In a list, at the element that is another one.
        """
        path, held = self.sent.at(base), self.value if isinstance(self.value, list) else []
        pairs = [*zip(self.sent.whole, held, strict=False)]
        odd = [at for at, (one, other) in enumerate(pairs) if one != other]
        if len(odd) == 1 and len(held) == len(self.sent.whole):
            told = f"write {yaml_of({self.sent.name: held})} ({proof})"
            return (*path, odd[0]), Told(told, {path: held})
        return path, self._remedy(path, proof)

    def _remedy(self, path: Path, proof: str) -> Remedy:
        sent = self.sent
        if sent.part == IN_PATH:
            old, value = f"{sent.name}={sent.value}", sent.value if self.name else self.value
            pair = f"{self.name or sent.name}={value}"
            told = f"write {pair} in the place of {old}: {proof}"
            return Told(told, {path: sent.kind.replace(old, pair)})
        if not self.name:
            words = _difference(str(sent.value), str(self.value))
            told = f"write {words} in {sent.name}: {proof}"
            return Told(told, {path: self.value}) if words else Write(self.value, proof)
        pair = line_of(self.name, [*sent.whole] or sent.value)
        told = f"write {pair} in the place of {sent.name}: {proof}"
        return Told(told, {(*path[:-1], self.name): Taken(path)})


def _difference(old: str, new: str) -> str:
    """What words of a long text are replaced by; "" of a short one."""
    if len(old) <= LONGEST or KEYS.fullmatch(old):
        return ""
    before, after = PARTS.findall(old), PARTS.findall(new)
    if more := after[
        len(_same(before, after)) : len(after) - len(before) + len(_same(before, after))
    ]:
        last = "".join(_same(before, after)[-1:])
        return f"{' '.join([last, *more])} in the place of {last}"
    pairs = [(one, other) for one, other in zip(before, after, strict=False) if one != other]
    return f"{pairs[0][1]} in the place of {pairs[0][0]}" if pairs else ""


def _same(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """The words that two texts begin with alike."""
    pairs = zip(before, after, strict=False)
    return [one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]


async def better_variant(
    request: PageRequest, sent: Sequence[Sent], sources: Sources, wish: Wish
) -> Variant | None:
    """The variant of a request whose answer is worth the most, of several the likeliest.

    Another name counts only where a made-up one, or a made-up value, is answered otherwise: what
    nobody heeds is left out.
    """
    made_up: dict[object, Json] = {}
    spent, best = 0, wish.least - 1
    found: Variant | None = None
    # What the words name as little else is named, then the likeliest.
    paths = [one.path for one in sent if sources.names(one.name)]
    inner = max(paths, key=len, default=())
    is_alone = all(inner[: len(one)] == one or inner[-1:] == one[-1:] for one in paths)
    named = set(inner[-1:]) if is_alone else set()
    variants = await _tried(request, sent, sources, wish)
    for one in sorted(variants, key=lambda one: (one.sent.name not in named, one.rank)):
        if one.name and one.sent.where not in made_up:
            spent += 1
            made_up[one.sent.where] = await wish.answered(renamed(request, one.sent, MADE_UP))
        if spent >= _MOST or best >= wish.most:
            break
        spent += 1
        body = await wish.answered(one.request)
        own = await wish.worth(body)
        other = made_up[one.sent.where] if one.name and own > best else None
        if other is not None and rows_of(body) == rows_of(other) and own <= await wish.worth(other):
            spent += 1
            under = dataclasses.replace(one.sent, path=(*one.sent.path[:-1], one.name))
            odd = await wish.answered(revalued(one.request, under, MADE_UP))
            own = own if rows_of(odd) != rows_of(body) else 0
        if own > best and isinstance(one.value, list) and not one.sent.whole:
            spent += 1  # of a parameter that comes twice one alone may be heeded
            last = await wish.answered(revalued(one.request, one.sent, one.value[-1]))
            own = own if rows_of(last) != rows_of(body) else 0
        if own > best:
            best, found = own, one
    return found


async def _tried(
    request: PageRequest, sent: Sequence[Sent], sources: Sources, wish: Wish
) -> list[Variant]:
    """The variants; where it is answered, without names of which all at once are worth nothing.

    Numbers and booleans have one spelling.
    """
    variants = [*_variants(request, sent, sources)]
    if not wish.is_met:
        return variants
    params = dict(request.params)
    own = [one for one in variants if one.sent in sent]
    variants = [one for one in own if one.name or not _is_plain(one.sent.value)]
    named = [one for one in variants if one.name and one.sent.name in params]
    if not named:
        return variants
    pairs = ((one.name, params[one.sent.name]) for one in named)
    body = await wish.answered(replace(request, params=(*request.params, *pairs)))
    is_deaf = body is not None and not await wish.worth(body)
    return [one for one in variants if not (is_deaf and one in named)]


async def each_value(
    request: PageRequest, sent: Sent, values: Sequence[str], wish: Wish, base: Path
) -> tuple[Path, Remedy] | None:
    """The place of what is sent there, and each of the values that is answered; None for none."""
    found: list[tuple[Path, Remedy]] = []
    for text in values[:MOST_VALUES]:
        value = sent.otherwise(_typed(text, sent.value))
        one = Variant(1, sent, revalued(request, sent, value), value=value)
        if value != sent.value and await wish.worth(await wish.answered(one.request)) >= wish.least:
            found.append(one.at(base, "so it answers"))
    ways = tuple(way for _, way in found if isinstance(way, Write | Told))
    return (found[0][0], ways) if ways else None


def _is_plain(value: Json) -> bool:
    return isinstance(value, bool | int) or SCALAR.fullmatch(str(value)) is not None


async def spare_of(
    request: PageRequest, sent: Sequence[Sent], sources: Sources, answered: Answered
) -> tuple[Sent | None, Json]:
    """What a request is answered without, and that answer; what the words name first."""
    named = {*names_in(sources.said)}
    leaves = [one for one in sent if not isinstance(one.value, dict)]
    places = list({(one.part, one.path): one for one in leaves[::-1]}.values())[::-1]
    for one in sorted(places, key=lambda one: one.name not in named)[:_MOST_SPARE]:
        less = left_out(request, one)
        body = await answered(less) if less else None
        if body is not None:
            return one, body
    return None, None


def _variants(request: PageRequest, sent: Sequence[Sent], sources: Sources) -> Iterator[Variant]:
    known = {one.where for one in sent}
    yield from _additions(request, known, sources)
    for one in sent:
        if not _is_in(request, one):
            continue
        if one.whole and str(one.value) not in sources.refuses(one.whole):
            continue  # another element of the list is named
        for rank, other in () if one.joint else typed_for(one, sources):
            yield Variant(rank, one, revalued(request, one, other), value=other)
        names = [
            (rank, name)
            for rank, name in by_rank(names_for(one, sources))
            if (one.where[0], (*one.path[:-1], name)) not in known
            and not _is_in(request, dataclasses.replace(one, path=(*one.path[:-1], name)))
        ]
        is_first = (not one.whole or one.value is one.whole[0]) and one.part != IN_URL
        # Where its value is refused, and others are listed, its name is read.
        is_first = is_first and not (sources.allowed and sources.speaks_of(str(one.value)))
        for rank, name in names[: MOST_OF_ONE + MOST_OF_ONE // 2] if is_first else ():
            yield Variant(rank, one, renamed(request, one, name), name=name)
        values = by_rank(values_for(one, sources)) if one.is_text else []
        values = [pair for pair in values if not sources.is_anothers(one, pair[1])]
        for rank, text in values[:MOST_OF_ONE]:
            value = one.otherwise(_typed(text, one.value))
            if (text != str(one.value) or isinstance(one.value, float)) and not _is_doubled(value):
                yield Variant(rank, one, revalued(request, one, value), value=value)


def _additions(
    request: PageRequest, known: AbstractSet[object], sources: Sources
) -> Iterator[Variant]:
    """With what others send beside what it sends, or with the keys that are to come."""
    more = {one.where: one.added for one in sources.others if one.is_text}
    for place, one in list(more.items())[:MOST_OF_ONE]:
        is_new = place not in known and not _is_in(request, one)
        if is_new and len(one.path) == 1 and one.part in _ADDED:
            yield Variant(2, one, _with_more(request, one), value=one.value)
    others = [one.added for one in sources.others if one.where not in known]
    for one in lists_of_keys(others, sources) if sources.read else ():
        if one.where not in known and (one.part != "body" or request.method == "POST"):
            yield Variant(2, one, _with_more(request, one), value=one.value)


def line_of(name: str, value: Json) -> str:
    """A key and its value as YAML takes them; of what is long the key."""
    if isinstance(value, dict | list):
        return name
    return f"{name}: {yaml_of({'': value}).partition(': ')[2]}"


# --- the request with it ---------------------------------------------------------------------


def _is_in(request: PageRequest, sent: Sent) -> bool:
    if sent.part == IN_URL:
        return _segment(sent.value) in request.url
    if attribute := _PAIRS.get(sent.part):
        return any(name == sent.name for name, _ in getattr(request, attribute))
    return follow(request.body, sent.path) is not MISSING


def left_out(request: PageRequest, sent: Sent) -> PageRequest | None:
    """The request without what is sent there; None where it has it not, or cannot be without."""
    if not _is_in(request, sent) or sent.part == IN_URL:
        return None
    if attribute := _PAIRS.get(sent.part):
        pairs = tuple(pair for pair in getattr(request, attribute) if pair[0] != sent.name)
        return replace(request, **{attribute: pairs})
    body, holder = _copied(request.body, sent.path)
    holder.pop(sent.name, None)
    return replace(request, body=body)


def renamed(request: PageRequest, sent: Sent, name: str) -> PageRequest:
    """The request with what is sent there under another name."""
    if attribute := _PAIRS.get(sent.part):
        pairs = getattr(request, attribute)
        named = tuple((name if one == sent.name else one, value) for one, value in pairs)
        return replace(request, **{attribute: named})
    body, holder = _copied(request.body, sent.path)
    items = list(holder.items())
    holder.clear()
    holder.update({name if key == sent.name else key: value for key, value in items})
    return replace(request, body=body)


async def moved_part(
    request: PageRequest, own: AbstractSet[str], spare: Sent | None, answered: Answered
) -> tuple[str, str]:
    """The part of a POST that is to be another one so that it is answered, and that one.

    ``own``: the parameters of the query that are its own; ``spare``: what is refused, which has to
    be heeded there. "" for both where none is.
    """
    odd = _moved(revalued(request, spare, MADE_UP) if spare else request, own)
    for (part, other, changed), (_, _, made_up) in zip(_moved(request, own), odd, strict=True):
        body = await answered(changed) if request.method == "POST" else None
        if body is not None and (not spare or rows_of(await answered(made_up)) != rows_of(body)):
            return part, other
    return "", ""


def _moved(request: PageRequest, own: AbstractSet[str]) -> Iterator[tuple[str, str, PageRequest]]:
    """A request with one part as another, and which those are."""
    params = {name: value for name, value in request.params if name in own}
    rest = tuple(pair for pair in request.params if pair[0] not in own)
    held = request.body if isinstance(request.body, dict) else {}
    part, other = ("body_form", "body") if request.is_form else ("body", "body_form")
    if held:
        texts = ((str(name), str(value)) for name, value in held.items())
        yield part, other, replace(request, is_form=not request.is_form)
        yield part, "query_params", replace(request, body=None, params=(*request.params, *texts))
    if params:
        asked = replace(request, params=rest, body={**held, **params})
        yield "query_params", "body", replace(asked, is_form=False)
        yield "query_params", "body_form", replace(asked, is_form=True)


def _is_doubled(value: Json) -> bool:
    """Whether a list, or a text of values with commas, has one of them twice."""
    parts = [*map(str, value)] if isinstance(value, list) else str(value).split(",")
    return len({*parts}) < len(parts) and bool(KEYS.fullmatch(",".join(parts)))


def _typed(text: str, old: Json) -> Json:
    """A text as a number, where there was a whole one."""
    return int(text) if isinstance(old, int) and text.isdigit() else text


def _segment(value: Json) -> str:
    return "/" + quote(str(value), safe="")


def revalued(request: PageRequest, sent: Sent, value: Json) -> PageRequest:
    """The request with another value for what is sent there."""
    if sent.part == IN_URL:
        held = [*value] if isinstance(value, list) else []
        other = next((one for one in held if one not in sent.whole), "")
        before, _, behind = request.url.rpartition(_segment(sent.value))
        return replace(request, url=before + _segment(other) + behind)
    if attribute := _PAIRS.get(sent.part):
        pairs = [pair for pair in getattr(request, attribute) if pair[0] != sent.name]
        values = value if isinstance(value, list) else [value]
        changed = (*pairs, *((sent.name, str(one)) for one in values))
        return replace(request, **{attribute: changed})
    body, holder = _copied(request.body, sent.path)
    holder[sent.name] = value
    return replace(request, body=body)


def _with_more(request: PageRequest, sent: Sent) -> PageRequest:
    """What another request sends, beside its own."""
    if attribute := _PAIRS.get(sent.part):
        pairs = (*getattr(request, attribute), (sent.name, str(sent.value)))
        return replace(request, **{attribute: pairs})
    if not isinstance(request.body, dict):
        return request
    return replace(request, body={**request.body, sent.name: sent.value})


def _copied(body: Json, path: Path) -> tuple[Json, dict[str, Json]]:
    """A copy of a body, and the object in it that holds the last key of a path."""
    copied = copy.deepcopy(body)
    holder = follow(copied, path[:-1])
    return copied, holder if isinstance(holder, dict) else {}
