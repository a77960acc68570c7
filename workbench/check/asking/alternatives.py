"""Other names and values that may be meant by one in a request, and how likely each is.

They come from four places: the API's own words, what the other requests of the mapping send, the
items that were read, and how names are usually written.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import permutations
from typing import Final

from framework.mapped_items import Items
from json_values import Json, follow
from workbench.check.asking.sent import COMMAS, IN_PATH, Sent
from workbench.check.asking.sources import (
    LONGEST,
    MOST_FOR,
    PARTS,
    WORDS,
    Sources,
    are_alike,
    by_likeness,
    held_at,
    held_in,
    keys_of,
)
from workbench.check.findings import likeness
from workbench.check.guesses.expressions import leaves
from workbench.check.guesses.names import (
    IDENTIFYING,
    counted,
    dated,
    is_numbered,
    names_in,
    spellings,
    styled,
    without_slip,
)
from workbench.check.guesses.refusal_words import (
    beginnings_told,
    examples_told,
    named_missing,
)
from workbench.suggest.vocabulary import words_of

MOST_OF_ONE: Final = 12
"""Names, or values, of one part that are tried."""
_TYPING: Final = 0.75  # of a value and one that items have
_USUALLY: Final = 2  # the rank of a value that is only written otherwise
_FAR: Final = 0.5  # likeness below which a word of the refusal comes behind the others
_TOKEN: Final = re.compile(r"""[{}]|\b\w+\b(?!\s*[{(:"'])""")
"""What a query selects, and the braces around."""
SCALAR: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?|true|false")
KEYS: Final = re.compile(r"[\w.$()-]+(?:,\s*[\w.$()-]+)+")
"""Keys in one text, as parameters have them that say which come."""
_QUOTED: Final = re.compile(r"[\"'`]([\w.-]+)\\?[\"'`](?!\s*:)")
"""A word in quotes, which is no key of a JSON text."""
_BRACKETED: Final = re.compile(r"(\w+)\[(\w+)\]")
_QUOTES: Final = "\"'"
_JOINING: Final = ":=,;|"
"""What joins the parts of a value: where two of them are used, one may be meant."""
_USUAL: Final = (
    "sort", "order", "status", "state", "type", "filter", "fields", "include", "expand", "version",
    "query", "q", "search", "api-version", "orderBy", "order_by", "sort_by", "select", "embed",
)  # fmt: skip
"""Names that parameters often have: guesses, of which the API's answers show the right one."""
_CHOOSING: Final = ("fields", "$select", "select", "attributes")
_BRINGING: Final = ("include", "expand", "$expand")
"""Names of parameters that say what comes: guesses, as above."""


def by_rank(found: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Each text once, with its best rank, the best first."""
    best: dict[str, int] = {}
    for rank, text in found:
        if text:
            best[text] = min(rank, best.get(text, rank))
    return sorted(((rank, text) for text, rank in best.items()), key=lambda one: one[0])


def told_values(name: str, value: str, said: str) -> list[str]:
    """Values that may be meant by one, made of what a refusal says alone: allowed, or like it."""
    sources = Sources(said)
    ranked = by_rank(values_for(Sent("query_params", (name,), value), sources))
    found = [text for rank, text in ranked if rank != _USUALLY and text != value]
    likely = (one for one in found if one in sources.allowed or likeness(one, value) >= _FAR)
    return [*likely][:MOST_OF_ONE]


def lists_of_keys(others: Iterable[Sent], sources: Sources) -> Iterator[Sent]:
    """Parameters that say which keys come, with those that are read: as others send them, or usual.

    Or which things come along, with those that are absent.
    """
    for one in others:
        if one.whole and len(one.path) == 1:
            yield Sent(one.part, one.path, [*sources.read])
        elif KEYS.fullmatch(str(one.value)):
            yield Sent(one.part, one.path, ",".join(sources.read))
    heads = dict.fromkeys(path[0] for path in sources.absent)
    for names, keys in ((_CHOOSING, sources.read), (_BRINGING, [*heads])):
        yield from (Sent("query_params", (name,), ",".join(keys)) for name in names if heads)


def names_for(sent: Sent, sources: Sources) -> Iterator[tuple[int, str]]:
    """Names that may be meant, and how likely."""
    name, said = sent.name, names_in(sources.said)
    for other in sources.others:
        is_beside = (other.where[0], other.path[:-1]) == (sent.where[0], sent.path[:-1])
        if is_beside and are_alike(other.name, name):
            yield 0, other.name
        if is_beside and (bracketed := _BRACKETED.fullmatch(other.name)):
            yield 1, f"{name}[{bracketed[2]}]"  # as `level[is]` has it
    if name not in sources.allowed:
        yield from ((0, one) for one in sources.allowed if are_alike(one, name))
    yield 1, named_missing(sources.said)
    yield from ((1, one) for one in (*said, *sources.wanted) if are_alike(one, name))
    is_asked = sent.part in {"query_params", IN_PATH}
    keys = sorted({one.rpartition(".")[2] for one in keys_of(sources.items)})
    sign = name[: len(name) - len(name.lstrip("$@_"))]
    usual = (*(_USUAL if is_asked else ()), *keys)
    yield from ((2, sign + one) for one in usual if are_alike(one, name))
    yield 2, counted(name)
    if not is_asked:
        yield from ((4, one) for one in without_slip(name) if sources.names(name))
        return
    yield from ((2, one) for one in (*_compared(name, sources), f"{name}[]"))
    words = words_of(name)
    bare = words[:-1] if words[-1:] == ("id",) and len(words) > 1 else words
    for some in (words, bare, (*bare, "id")):  # without or with what says that it is an identifier
        spelled = "_".join(some)
        yield from ((3, one) for one in (spelled, *spellings(spelled)[:2]))
    yield from ((4, one) for one in (*said, *without_slip(name)))


def typed_for(sent: Sent, sources: Sources) -> Iterator[tuple[int, Json]]:
    """A list with what ought to come in it, or without what the API names; another JSON type."""
    text = sent.value
    yield from ((0, other) for other in _written_lists(sent, sources))
    if sent.whole and sent.value == sent.whole[0]:
        for way in (str.upper, str.lower):
            yield _USUALLY, [*(way(str(one)) for one in sent.whole)]
    if sent.whole and sources.said and {*sources.allowed} <= {*map(str, sent.whole)}:
        yield 3, sent.otherwise(None)
    elif sent.whole and sent.value == sent.whole[0]:
        like = _longest(map(str, sent.whole))
        yield from ((1, [*sent.whole, *more]) for more in sources.more(sent.whole, like))
    elif sent.part == "body" and not sent.whole:
        if isinstance(text, str) and SCALAR.fullmatch(text):
            yield _USUALLY, json.loads(text)
        if not isinstance(text, dict | list):
            yield 4, [text]


def _written_lists(sent: Sent, sources: Sources) -> Iterator[Json]:
    """The same list in its other writings: as a list, in one text with commas, as a JSON text.

    None where the words name one of its elements.
    """
    text = str(sent.value)
    held: list[Json] = [*sent.whole]
    if not held and text.startswith("[") and text.endswith("]"):
        try:
            held = json.loads(text)
        except ValueError:
            held = [*(one.strip(" '\"") for one in text.strip("[]").split(","))]
    elif not held and COMMAS.fullmatch(text):
        held = [*text.split(",")]
    if not held or (sent.whole and sent.value != held[0]):
        return
    if any(sources.speaks_of(str(one)) for one in held):
        return
    joined = ",".join(map(str, held))
    yield from (one for one in (json.dumps(held), joined, held) if one not in (text, [*sent.whole]))


def values_for(sent: Sent, sources: Sources) -> Iterator[tuple[int, str]]:
    """Values that may be meant, and how likely."""
    value = json.dumps(sent.value) if isinstance(sent.value, bool) else str(sent.value)
    same = [str(one.value) for one in sources.others if one.is_text and one.is_like(sent)]
    said = {one.strip(".") for one in PARTS.findall(sources.said)}
    if COMMAS.fullmatch(value):  # all of them are spelled otherwise, and not the first alone
        yield from ((0, way(value)) for way in (str.lower, str.upper))
    if value not in sources.allowed and PARTS.fullmatch(value):
        yield from ((0, one) for one in sources.likely(value))
    yield from ((1, one) for one in sources.elsewhere(sent))
    if value.endswith(")") and not said:  # keys within a key: `items(id,name)`
        for more in sources.more(WORDS.findall(value), value):
            yield 1, f"{value[:-1]},{','.join(more)})"
    if len(value) <= LONGEST or KEYS.fullmatch(value):
        # What names one key may name several.
        yield from ((1 if "," in value else 3, one) for one in _listed(value, sources, said))
    yield from ((1, one) for one in _selected(value, sources))
    yield from ((0, one) for one in _exemplified(value, sources))
    yield from ((1, one + value) for one in beginnings_told(sources.said))
    yield from _replaced(sent, sources, said, same)
    yield from _punctuated(value, same)
    if len(value) > LONGEST:
        return
    yield from ((1, one) for one in (*values_like(value, sources.items), *dated(value)))
    if PARTS.fullmatch(value):
        yield _USUALLY, counted(value)
        quoted = {*_QUOTED.findall(sources.said)}
        likely = sorted(said - {value}, key=by_likeness(value)) if not sources.allowed else []
        yield from ((3, one) for one in sorted(likely, key=lambda one: one not in quoted))
    for one in (value.lower(), value.upper(), value.replace("-", "_"), value.replace("_", "-")):
        yield _USUALLY, one


def _replaced(
    sent: Sent, sources: Sources, said: AbstractSet[str], same: Sequence[str]
) -> Iterator[tuple[int, str]]:
    """A value with one of its words by another: what the refusal names before all others."""
    held = {*held_in(sources.items, sent.name)}
    known = {*held, *said, *sources.wanted, *WORDS.findall(" ".join(same))}
    value = str(sent.value)
    parts, called = {*PARTS.findall(value)}, (*sources.wanted, *keys_of(sources.items))
    there = held_at(sources.items, parts.intersection(called))
    for part in (*PARTS.finditer(value), *WORDS.finditer(value)):
        # What the refusal names may be meant as a word that stands elsewhere in the value, as a
        # key, or as whatever else the refusal names.
        is_said = part[0] in said
        is_listed = is_said and bool(sources.allowed) and part[0] not in sources.allowed
        keys = {one if "." in one else styled(one, part[0]) for one in called}
        others = {*known, *keys, *_USUAL} if is_said else known - parts
        alike = sorted(
            (one for one in others if are_alike(one, part[0]) or is_numbered(one, part[0])),
            key=by_likeness(part[0]),
        )
        if is_listed:
            alike = sources.likely(part[0])
        elif is_said and part[0] != value:
            beside = sorted(said - parts, key=by_likeness(part[0]))[:MOST_FOR]
            there_too = sorted(held - parts, key=by_likeness(part[0]))[:MOST_FOR]
            alike = [*alike[:MOST_FOR], counted(part[0]), *there_too, *beside]
        likest = sorted(there, key=by_likeness(part[0]))
        for one in likest if part[0] not in called else ():
            yield 1, value[: part.start()] + one + value[part.end() :]
        for one in alike if is_said else alike[:2]:
            is_far = likeness(one, part[0]) < _FAR or (len(value) > LONGEST and not is_said)
            sign = "-" if part[0].startswith("-") else ""  # of an order that is turned around
            before, behind = value[: part.start()], value[part.end() :]
            yield int(is_far and not is_listed), before + sign + one.lstrip("-") + behind


def _listed(value: str, sources: Sources, said: Collection[str]) -> Iterator[str]:
    """A list in one text, with what ought to come in it, or without what the API names."""
    parts = [one.strip() for one in value.split(",")]
    # What is separated otherwise, and what the items call otherwise.
    yield from (",".join(one) for one in (parts, sources.respelled(parts)))
    # Where there may be others, one of them is meant.
    for part in parts if said and {*sources.allowed} <= {*parts} else ():
        if part.strip() in said:
            yield ",".join(one for one in parts if one is not part)
    is_list = "," in value or value in sources.called
    for more in sources.more(parts, _longest(parts)) if is_list and not said else ():
        yield from (f"{','.join(more)},{value}", f"{value},{','.join(more)}")


def _selected(value: str, sources: Sources) -> Iterator[str]:
    """A query with the keys that are absent beside one of the items' own, as GraphQL's selects."""
    more = " ".join(map(_nested, dict.fromkeys(sources.absent)))
    blocks: dict[int, list[re.Match[str]]] = {}
    within: list[int] = []
    for token in _TOKEN.finditer(value) if more and not sources.said else ():
        if token[0] == "{":
            within.append(token.start())
        elif token[0] == "}":
            del within[-1:]
        elif within and token[0] in sources.called:
            blocks.setdefault(within[-1], []).append(token)
    beside = max(blocks.values(), key=len, default=[])
    # What stands there once alone can be told by itself.
    words = Counter(WORDS.findall(value))
    for one in sorted(beside, key=lambda one: words[one[0]])[:1]:
        yield f"{value[: one.end()]} {more}{value[one.end() :]}"


def _nested(path: Sequence[str]) -> str:
    """A path as GraphQL selects it: ``manager { id }``."""
    first, *rest = path
    return f"{first} {{ {_nested(rest)} }}" if rest else first


def _longest(texts: Iterable[str]) -> str:
    """The one that shows best how they are written."""
    return max(texts, key=len)


def _punctuated(value: str, same: Sequence[str]) -> Iterator[tuple[int, str]]:
    """A value with the bracket that it lacks, and with its signs, or a word, as others have it."""
    for opening, closing in ("[]", "{}", "()"):
        yield 0, value + closing * (value.count(opening) - value.count(closing))
    words = WORDS.findall(value)
    for other in same:
        others = WORDS.findall(other)
        if len(others) == len(words) > 1:
            own = iter(words)
            yield 1, WORDS.sub(lambda _, own=own: next(own), other)  # type: ignore[misc]
            for match, word in zip(WORDS.finditer(value), others, strict=True):
                yield _USUALLY, value[: match.start()] + word + value[match.end() :]
    signs = [sign for sign in _JOINING if sign in value and len(value) <= LONGEST]
    yield from ((_USUALLY, value.replace(*two)) for two in permutations(signs, 2))


def _exemplified(value: str, sources: Sources) -> Iterator[str]:
    """A value's first and last word in what an example has between its own."""
    own = WORDS.findall(value)
    for example in examples_told(sources.said):
        if _shape(example).startswith(_shape(value)):  # it goes on: a time behind a date
            yield value + example[len(value) :]
        spans = [*WORDS.finditer(example)]
        if min(len(spans), len(own)) <= 1 or own[0].isdigit():
            continue
        first, *rest = spans
        begin, end = example[: first.start()], example[rest[-1].end() :]
        middle = example[first.end() : rest[-1].start()]
        yield f"{begin}{own[0]}{middle}{own[-1]}{end}"
        yield f"{begin}{own[0]}{middle.rstrip(_QUOTES)}{own[-1]}{end.lstrip(_QUOTES)}"


def _shape(text: str) -> str:
    """A text with a sign for each letter and digit: what dates are alike in."""
    return re.sub(r"[A-Za-z]", "a", re.sub(r"\d", "0", text))


def values_like(value: str, items: Items) -> list[str]:
    """Values in items that are like one; and those by which what has it somewhere is known."""
    found: dict[str, float] = {}
    if len(value) <= 1:
        return []
    for holder in (one for item in items for one in _objects(item)):
        own = {key: str(one) for key, one in holder.items() if isinstance(one, str | int)}
        called = [key for key, one in own.items() if one == value]
        is_of_it = bool(called)
        for key, one in own.items():
            score = likeness(one.lower(), value.lower()) if len(one) <= LONGEST else 0.0
            is_beside = key in IDENTIFYING or any(key.startswith(f"{one}_") for one in called)
            if score >= _TYPING or (is_of_it and is_beside):
                found[one] = max(found.get(one, 0.0), score)
    return sorted(found, key=lambda one: -found[one])[:MOST_OF_ONE]


def _objects(item: Json) -> Iterator[dict[str, Json]]:
    """An item and the objects in it."""
    paths = [(), *leaves(item)]
    yield from (held for path in paths if isinstance(held := follow(item, path), dict))


def _compared(name: str, sources: Sources) -> Iterator[str]:
    """A name with other brackets, which say how its value is compared, or with those of others."""
    parts = re.findall(r"[^\[\]]+", name)
    # Where one key alone is wanted, it is what the value is compared with.
    only = sources.wanted[0] if len(sources.wanted) == 1 else ""
    stem = next((one for one in parts if one in sources.wanted), only)
    if not stem:
        return
    others = [one.name.partition("[")[2] for one in sources.others if "[" in one.name]
    yield from dict.fromkeys((stem, *(f"{stem}[{one}" for one in others)))
    yield from (f"{stem}[is]", f"{stem}[eq]", f"filter[{stem}]", f"filter[{stem}][eq]")
