"""A request with one thing in it otherwise: a name, a value, or something that others send.

What may be meant comes from four places: the API's own words, what the other requests of the
mapping send, the items that were read, and how names are usually written. Which one it is, the
API's answers show.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Final

from msgspec.structs import replace

from framework.mapped_items import Items
from json_values import MISSING, Json, follow
from overrides import EndpointResource
from paging.model import PageRequest
from workbench.check.absence import MADE_UP
from workbench.check.findings import Path, Remedy, Write, likeness
from workbench.check.identifiers import NAMES
from workbench.check.missing import named_missing
from workbench.check.names import alikeness, counted, names_in, spellings
from workbench.suggest.targets import singular
from workbench.suggest.vocabulary import words_of

IsBetter = Callable[[PageRequest], Awaitable[bool]]
"""Whether what a request is answered is what was wanted."""

_MOST: Final = 40  # requests
_MOST_OF_ONE: Final = 12  # names, or values, of one part that are tried
_ALIKE: Final = 0.7  # likeness of a word and the one that was meant
_TYPING: Final = 0.75  # of a value and one that items have
_LONGEST: Final = 60  # characters of a value that is one; a longer one is a text of many
_USUALLY: Final = 2  # the rank of a value that is only written otherwise
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_PARTS: Final = re.compile(r"[\w.-]+")
_WORDS: Final = re.compile(r"\w+")
_JOINING: Final = ":=,;|"
"""What joins the parts of a value: where two of them are used, one may be meant."""
_PAIRS: Final = {"query_params": "params", "headers": "headers", "kind": "params"}
"""The parts of a resource that are names and texts in a request, and what they are there."""
_ADDED: Final = frozenset({"query_params", "headers", "body", "body_form"})
_IN_PATH: Final = "kind"  # the query behind a path
_USUAL: Final = (
    "sort", "order", "status", "state", "type", "filter", "fields", "include", "expand", "version",
    "query", "q", "search", "api-version", "orderBy", "order_by", "sort_by", "select", "embed",
)  # fmt: skip
"""Names that parameters often have: guesses, of which the API's answers show the right one."""


@dataclass(frozen=True)
class Sent:
    """A name in a request: the part it is in, the keys to it there, and what it has."""

    part: str
    path: tuple[str, ...]
    value: Json
    whole: tuple[Json, ...] = ()
    """The list that the value is an element of."""

    @property
    def name(self) -> str:
        """The last key."""
        return self.path[-1]

    def is_like(self, other: Sent) -> bool:
        """Whether it is the same name at the same place."""
        return (self.part, self.path) == (other.part, other.path)

    def otherwise(self, value: Json) -> Json:
        """What stands at its place with another value; None leaves an element out."""
        if not self.whole:
            return value
        held = [value if one == self.value else one for one in self.whole]
        return [one for one in held if one is not None]

    @property
    def is_text(self) -> bool:
        """Whether it has a text of its own, with nothing filled in."""
        text = self.value
        is_plain = isinstance(text, str | int | float) and not isinstance(text, bool)
        return is_plain and not _PLACEHOLDER.search(str(text))


@dataclass(frozen=True)
class Sources:
    """Where other names and values come from.

    ``said``: the API's words; ``others``: what other requests of the mapping send; ``items``: what
    was read; ``wanted``: keys that ought to come; ``nouns``: what a placeholder's values name.
    """

    said: str = ""
    others: Sequence[Sent] = ()
    items: Items = field(default_factory=list)
    wanted: Sequence[str] = ()
    nouns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Variant:
    """A request with one thing otherwise; ``rank``: how likely it is meant, 0 the most."""

    rank: int
    sent: Sent
    request: PageRequest
    name: str = ""
    value: Json = None

    def at(self, base: Path, proof: str) -> tuple[Path, Remedy]:
        """Its place, where what asks stands at ``base``, and what to write there."""
        if self.sent.part == _IN_PATH:
            return (self.sent.part,), self._remedy(proof)
        return (*base, self.sent.part, *self.sent.path), self._remedy(proof)

    def _remedy(self, proof: str) -> Remedy:
        sent = self.sent
        if sent.part == _IN_PATH:
            pair = f"{self.name or sent.name}={sent.value if self.name else self.value}"
            return f"write {pair} in the place of {sent.name}={sent.value}: {proof}"
        if not self.name:
            words = _difference(str(sent.value), str(self.value))
            return f"write {words} in {sent.name}: {proof}" if words else Write(self.value, proof)
        return f"write {line_of(self.name, sent.value)} in the place of {sent.name}: {proof}"


def _difference(old: str, new: str) -> str:
    """What words of a long text are replaced by; "" of a short one."""
    if len(old) <= _LONGEST:
        return ""
    before, after = _PARTS.findall(old), _PARTS.findall(new)
    pairs = [(one, other) for one, other in zip(before, after, strict=False) if one != other]
    return f"{pairs[0][1]} in the place of {pairs[0][0]}" if pairs else ""


def sent_by(asks: object, kind: str = "") -> list[Sent]:
    """What a resource's selector, or a path parameter, puts into requests.

    ``kind``: a path, for what its query says.
    """
    pairs = [one.partition("=") for one in kind.partition("?")[2].split("&") if one]
    found = [Sent(_IN_PATH, (name,), value) for name, _, value in pairs]
    for part in ("query_params", "headers", "body", "body_form"):
        given = getattr(asks, part, None)
        if isinstance(given, Mapping):
            found += _within(part, given, ())
    return found


def sent_by_all(resources: Iterable[EndpointResource]) -> list[Sent]:
    """What resources and their parents put into requests."""
    return [
        sent
        for one in resources
        for asks in (one.selector, *one.selector.path_parameters.values())
        for sent in sent_by(asks)
    ]


def nouns_of(resource: EndpointResource) -> dict[str, str]:
    """What the values of path parameters name: the last word of the path that they come from."""
    parents = resource.selector.path_parameters.items()
    ends = {name: str(one.endpoint or "").partition("?")[0].split("/") for name, one in parents}
    return {
        name: next((part for part in reversed(end) if part and "{" not in part), "")
        for name, end in ends.items()
    }


def _within(part: str, given: Mapping[str, Json], path: tuple[str, ...]) -> Iterator[Sent]:
    for key, value in given.items():
        here = (*path, str(key))
        if isinstance(value, list) and value and not any(isinstance(x, dict | list) for x in value):
            yield from (Sent(part, here, one, (*value,)) for one in value)
            continue
        yield Sent(part, here, value)
        if isinstance(value, dict):
            yield from _within(part, value, here)


def told_values(name: str, value: str, said: str) -> list[str]:
    """Values that may be meant by one, made of what a refusal says alone."""
    ranked = _ranked(_values(Sent("query_params", (name,), value), Sources(said)))
    return [text for rank, text in ranked if rank != _USUALLY and text != value][:_MOST_OF_ONE]


async def better_variant(
    request: PageRequest, sent: Sequence[Sent], sources: Sources, is_better: IsBetter
) -> Variant | None:
    """The first variant of a request whose answer is better; None without any.

    Another name counts only where a made-up one is no better.
    """
    is_checked: dict[str, bool] = {}
    spent = 0
    for one in sorted(_variants(request, sent, sources), key=lambda one: one.rank):
        if spent >= _MOST:
            break
        place = f"{one.sent.part} {one.sent.path}"
        if one.name and place not in is_checked:
            spent += 1
            is_checked[place] = not await is_better(_renamed(request, one.sent, MADE_UP))
        if one.name and not is_checked[place]:
            continue
        spent += 1
        if await is_better(one.request):
            return one
    return None


def _variants(request: PageRequest, sent: Sequence[Sent], sources: Sources) -> Iterator[Variant]:
    known = {(one.part, one.path) for one in sent}
    more = {(one.part, one.path): one for one in sources.others if one.is_text}
    for place, one in list(more.items())[:_MOST_OF_ONE]:
        if place not in known and len(one.path) == 1 and one.part in _ADDED:
            yield Variant(2, one, _with_more(request, one), value=one.value)
    for one in sent:
        if not _is_in(request, one):
            continue
        names = [
            (rank, name)
            for rank, name in _ranked(_names(one, sources))
            if (one.part, (*one.path[:-1], name)) not in known
        ]
        is_first = not one.whole or one.value is one.whole[0]
        for rank, name in names[:_MOST_OF_ONE] if is_first else ():
            yield Variant(rank, one, _renamed(request, one, name), name=name)
        values = _ranked(_values(one, sources)) if one.is_text else []
        for rank, text in values[:_MOST_OF_ONE]:
            if text != str(one.value) or isinstance(one.value, float):
                value = one.otherwise(_typed(text, one.value))
                yield Variant(rank, one, _revalued(request, one, value), value=value)
        for value in _lists(one, sources):
            yield Variant(
                3 if sources.said else 1, one, _revalued(request, one, value), value=value
            )


def _ranked(found: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Each text once, with its best rank, the best first."""
    best: dict[str, int] = {}
    for rank, text in found:
        if text:
            best[text] = min(rank, best.get(text, rank))
    return sorted(((rank, text) for text, rank in best.items()), key=lambda one: one[0])


# --- what may be meant -----------------------------------------------------------------------


def _names(sent: Sent, sources: Sources) -> Iterator[tuple[int, str]]:
    """Names that may be meant, and how likely."""
    name, said = sent.name, names_in(sources.said)
    for other in sources.others:
        is_beside = (other.part, other.path[:-1]) == (sent.part, sent.path[:-1])
        if is_beside and _are_alike(other.name, name):
            yield 0, other.name
    yield 1, named_missing(sources.said)
    yield from ((1, one) for one in (*said, *sources.wanted) if _are_alike(one, name))
    if sent.part not in {"query_params", _IN_PATH}:
        return
    keys = dict.fromkeys(str(key) for item in sources.items for key in item)
    yield from ((2, one) for one in (*_USUAL, *keys) if _are_alike(one, name))
    for placeholder in _PLACEHOLDER.findall(str(sent.value)):
        for one in (placeholder, sources.nouns.get(placeholder, "")):
            word = singular(one) if one else ""
            yield from ((3, other) for other in (one, word, f"{word}_id", f"{word}Id") if word)
    yield from ((2, one) for one in _compared(name, sources))
    words = words_of(name)
    bare = words[:-1] if words[-1:] == ("id",) and len(words) > 1 else words
    for some in (words, bare, (*bare, "id")):  # without or with what says that it is an identifier
        spelled = "_".join(some)
        yield from ((3, one) for one in (spelled, *spellings(spelled)[:2]))
    yield from ((4, one) for one in said)


def _lists(sent: Sent, sources: Sources) -> Iterator[Json]:
    """A list with what ought to come in it, or without what the API names."""
    if not sent.whole:
        return
    if sources.said:
        yield sent.otherwise(None)
    elif sent.value == sent.whole[0]:
        yield from ([*sent.whole, key] for key in sources.wanted if key not in sent.whole)


def _values(sent: Sent, sources: Sources) -> Iterator[tuple[int, str]]:
    """Values that may be meant, and how likely."""
    value = str(sent.value)
    is_long = len(value) > _LONGEST
    same = [str(one.value) for one in sources.others if one.is_text and one.is_like(sent)]
    said = {one.strip(".") for one in _PARTS.findall(sources.said)}
    known = said.union(sources.wanted, (token for one in same for token in _WORDS.findall(one)))
    for part in (*_PARTS.finditer(value), *_WORDS.finditer(value)):
        # What the refusal names may be meant as a word that stands elsewhere in the value.
        is_said = part[0] in said
        others = known if is_said else known - set(_PARTS.findall(value))
        alike = sorted(
            (one for one in others if _are_alike(one, part[0])),
            key=lambda one: (-likeness(one.lower(), part[0].lower()), one),
        )
        rank = 1 if is_long and not is_said else 0
        yield from ((rank, value[: part.start()] + one + value[part.end() :]) for one in alike[:2])
    if isinstance(sent.value, float):
        yield 0, value
    yield from ((2, one) for one in _as_others(value, same))
    if is_long:
        return
    yield from ((1, one) for one in _held(value, sources.items))
    if "," in value:
        rank = 3 if said else 1
        yield from ((rank, one) for one in _listed(value, sources, said))
    if _PARTS.fullmatch(value):
        yield _USUALLY, counted(value)
        scored = {one: likeness(one.lower(), value.lower()) for one in said - {value}}
        yield from ((3, one) for one in sorted(scored, key=lambda one: (-scored[one], one)))
    for one, other in permutations([sign for sign in _JOINING if sign in value], 2):
        yield _USUALLY, value.replace(one, other)
    for one in (value.lower(), value.upper(), value.replace("-", "_"), value.replace("_", "-")):
        yield _USUALLY, one


def _listed(value: str, sources: Sources, said: Collection[str]) -> Iterator[str]:
    """A list in one text, with what ought to come in it, or without what the API names."""
    parts = value.split(",")
    for part in parts if said else ():
        if part.strip() in said:
            yield ",".join(one for one in parts if one is not part)
    for key in () if said else sources.wanted:
        yield from (f"{key},{value}", f"{value},{key}")


def _as_others(value: str, same: Sequence[str]) -> Iterator[str]:
    """A value of several words with one of them as others have it at the same place."""
    words = _WORDS.findall(value)
    for other in same:
        others = _WORDS.findall(other)
        if len(others) == len(words) > 1:
            for match, word in zip(_WORDS.finditer(value), others, strict=True):
                yield value[: match.start()] + word + value[match.end() :]


def _held(value: str, items: Items) -> list[str]:
    """Values by which items are known that are like one; or those of the item that has it."""
    found: dict[str, float] = {}
    if len(value) <= 1:
        return []
    for item in items:
        own = {key: str(item[key]) for key in NAMES if isinstance(item.get(key), str | int)}
        score = max((likeness(one.lower(), value.lower()) for one in own.values()), default=0.0)
        for one in own.values():
            is_same = value in own.values()
            if is_same or (score >= _TYPING and likeness(one.lower(), value.lower()) == score):
                found[one] = max(found.get(one, 0.0), score)
    return sorted(found, key=lambda one: -found[one])


def _compared(name: str, sources: Sources) -> Iterator[str]:
    """A name with other brackets, which say how its value is compared, or with those of others."""
    parts = re.findall(r"[^\[\]]+", name)
    stem = next((one for one in parts if one in sources.wanted), "")
    if not stem:
        return
    others = [one.name.partition("[")[2] for one in sources.others if "[" in one.name]
    yield from dict.fromkeys((stem, *(f"{stem}[{one}" for one in others)))
    yield from (f"{stem}[is]", f"{stem}[eq]", f"filter[{stem}]", f"filter[{stem}][eq]")


def _are_alike(one: str, other: str) -> bool:
    return one != other and alikeness(one, other) >= _ALIKE


def line_of(name: str, value: object) -> str:
    """A key and its value; of what is long the key."""
    text = str(value)
    if isinstance(value, dict | list):
        return name
    return f"{name}: '{text}'" if "{" in text else f"{name}: {text}"


# --- the request with it ---------------------------------------------------------------------


def _is_in(request: PageRequest, sent: Sent) -> bool:
    if attribute := _PAIRS.get(sent.part):
        return any(name == sent.name for name, _ in getattr(request, attribute))
    return follow(request.body, sent.path) is not MISSING


def left_out(request: PageRequest, sent: Sent) -> PageRequest | None:
    """The request without what is sent there; None where it has it not."""
    if not _is_in(request, sent):
        return None
    if attribute := _PAIRS.get(sent.part):
        pairs = tuple(pair for pair in getattr(request, attribute) if pair[0] != sent.name)
        return replace(request, **{attribute: pairs})
    body, holder = _copied(request.body, sent.path)
    holder.pop(sent.name, None)
    return replace(request, body=body)


def _renamed(request: PageRequest, sent: Sent, name: str) -> PageRequest:
    if attribute := _PAIRS.get(sent.part):
        pairs = getattr(request, attribute)
        renamed = tuple((name if one == sent.name else one, value) for one, value in pairs)
        return replace(request, **{attribute: renamed})
    body, holder = _copied(request.body, sent.path)
    items = list(holder.items())
    holder.clear()
    holder.update({name if key == sent.name else key: value for key, value in items})
    return replace(request, body=body)


def _typed(text: str, old: Json) -> Json:
    """A text as a number, where there was a whole one."""
    return int(text) if isinstance(old, int) and text.isdigit() else text


def _revalued(request: PageRequest, sent: Sent, value: Json) -> PageRequest:
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


def _copied(body: Json, path: Sequence[str]) -> tuple[Json, dict[str, Json]]:
    """A copy of a body, and the object in it that holds the last key of a path."""
    copied = copy.deepcopy(body)
    holder = follow(copied, path[:-1])
    return copied, holder if isinstance(holder, dict) else {}
