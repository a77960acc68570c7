"""Paths that may be meant by one that is not there, the likeliest first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, pairwise
from typing import Final

from json_values import Json, texts_in
from overrides import EndpointResource
from workbench.check.findings import likeness
from workbench.check.guesses.expressions import paths_in
from workbench.check.guesses.names import (
    counted,
    letters,
    plural,
    spellings,
    without_slip,
)
from workbench.suggest.targets import singular
from workbench.suggest.vocabulary import words_of

_LIKE: Final = 0.8  # likeness of a path, or of one of its parts, and what was meant
_LINKED: Final = 0.5  # likeness of a path and a link in items
_MOST_LINKS: Final = 4
_LINK: Final = re.compile(r"(?:https?://[^/\s]+)?(/[^?#{\s]*)(?:[?#{]\S*)?")
SPOKEN: Final = re.compile(r"(?<![\w/<])/[\w.-][\w./-]*")
"""A path in a text."""
_HOLE: Final = re.compile(r"\{\w+\}")
_ENDING: Final = re.compile(r"(?<=[\w}])\.[A-Za-z]\w{1,4}$")
_USUAL: Final = ".json"
VERSION: Final = re.compile(r"(v?)(\d+)(\.\d+|(?:alpha|beta)\d*)?")
_AROUND: Final = 5  # versions before and behind one
_MINORS: Final = 3  # versions as 2.1 that are tried beside 2.0
_NEAREST: Final = 5  # of them that are tried
_MOST_GRAFTED: Final = 2  # parts of another path
_SHORTEST: Final = 3  # letters of a word that is cut short
SEARCHES: Final = dict.fromkeys(("search", "query", "list", "find", "filter"))
"""What the paths of searches end with, to which a POST changes nothing: guesses, as below."""


@dataclass(frozen=True)
class Known:
    """What a mapping speaks of: the paths of its endpoints, and the words in its names."""

    paths: frozenset[str]
    words: frozenset[str]
    templates: frozenset[str] = frozenset()
    """The paths with placeholders."""
    end: str = ""
    """What most paths end with: ``/``, or nothing."""


def known_of(resources: Sequence[EndpointResource]) -> Known:
    """The paths without placeholders of a mapping, and its words, each also for several."""
    paths: set[str] = set()
    templates: set[str] = set()
    words: set[str] = set()
    slashes: list[bool] = []
    for one in resources:
        parents = one.selector.path_parameters
        ends = [one.kind, *(str(each.endpoint) for each in parents.values() if each.endpoint)]
        slashes += [end.partition("?")[0].endswith("/") for end in ends]
        heads = (end.partition("?")[0].partition("{")[0] for end in ends)
        templates |= {end.partition("?")[0] for end in ends if "{" in end}
        paths |= {
            head.rstrip("/") if "{" in end else head for head, end in zip(heads, ends, strict=True)
        }
        parts = {part for end in ends for part in end.partition("?")[0].strip("/").split("/")}
        words |= {stem_of(part) for part in parts if "{" not in part}
        names = words_of(f"{one.port.entity.mappings.blueprint} {' '.join(parents)}")
        words |= {*names, *map(plural, names)}
        keys = {path[-1] for path in paths_in(one.selector.data_path or "")}
        words |= {*keys, *map(plural, keys)}
    end = "/" if sum(slashes) * 2 > len(slashes) else ""
    return Known(frozenset(paths), frozenset(words), frozenset(templates), end)


def ending_of(part: str) -> str:
    """What a path, or a part of one, ends in, as ``.json``; "" where it is a word alone."""
    found = _ENDING.search(part)
    return found[0] if found else ""


def stem_of(part: str) -> str:
    """A path, or a part of one, without its ending."""
    return part.removesuffix(ending_of(part))


def linked_paths(
    path: str,
    items: Iterable[Json],
    base_path: str,
    values: Mapping[str, str],
    least: float = _LINKED,
) -> list[str]:
    """The paths that links in items lead to, those most like a path first, without a query.

    ``values``: what stood for its placeholders, which take their place in a link again. ``least``:
    how alike a link has to be to a path without.
    """
    names = {text: part for part, text in values.items()}
    base = base_path.rstrip("/")
    found: dict[str, float] = {}
    for link in {one[1] for item in items for one in map(_LINK.fullmatch, texts_in(item)) if one}:
        if not link.startswith(f"{base}/"):
            continue
        parts = [names.get(part, part) for part in link.removeprefix(base).strip("/").split("/")]
        other = "/".join(parts)
        if {*values} <= {*parts} and "{" not in parts[-1] and other != path.strip("/"):
            found[other] = likeness(letters(path), letters(other))
    least = 0.0 if values else least
    ranked = sorted(found, key=lambda one: (-found[one], one))
    return [one for one in ranked if found[one] >= least][:_MOST_LINKS]


def paths_like(
    path: str, base_path: str, known: Known, made: str = "", linked: Sequence[str] = ()
) -> list[str]:
    """Other paths, without a query; placeholders stay.

    ``made``: the blueprint of its items; ``linked``: paths that links of items lead to.
    """
    own = path.strip("/")
    slash = "/" if path.endswith("/") else known.end
    # Behind those that are only spelled otherwise: what the API itself speaks of, then guesses.
    ranked = [*_ended(own, known), *grafted(own, known), *_spelled(own, base_path, known), *linked]
    ranked += _guessed(own, known, made)
    others = [
        f"/{own}{'' if path[-1:] == '/' else '/'}",
        *(f"/{one.strip('/')}{slash}" for one in ranked),
    ]
    return [one for one in dict.fromkeys(others) if one != f"/{path.lstrip('/')}"]


def spoken_paths(path: str, words: str, base_path: str, values: Mapping[str, str]) -> list[str]:
    """The paths that a refusal speaks of, as ``linked_paths`` has those of links."""
    base = base_path.rstrip("/")
    said = (one.rstrip(".") for one in SPOKEN.findall(words))
    texts = [one if one.startswith(f"{base}/") else base + one for one in said]
    return [f"/{one}" for one in linked_paths(path, texts, base_path, values, least=0.0)]


def quoted_part(path: str, words: str) -> int | None:
    """Which part of a path a refusal names by itself; None for none."""
    parts = path.strip("/").split("/")
    return next((at for at, part in enumerate(parts) if speaks_of(words, part)), None)


def speaks_of(words: str, part: str) -> bool:
    """Whether a refusal speaks of a part of a path, and does not only repeat the whole one."""
    return re.search(rf"(?<![\w./-]){re.escape(part)}(?![\w/-]|\.\w)", words) is not None


def respelled(path: str, at: int, known: Known) -> list[str]:
    """A path with other spellings of one of its parts."""
    parts = path.strip("/").split("/")
    return [f"/{_with(parts, at, word)}" for word in dict.fromkeys(_words(parts[at], known))]


def searches_like(path: str) -> list[str]:
    """With a word of searches as its end: for one that is much like it, then behind it.

    None of a path that ends with such a word.
    """
    path = path.rstrip("/")
    folder, _, end = path.rpartition("/")
    if end in SEARCHES:
        return []
    alike = [f"{folder}/{one}" for one in SEARCHES if likeness(one, end) >= _LIKE]
    return [*alike, *(f"{path}/{one}" for one in SEARCHES)]


def slips_undone(path: str) -> list[str]:
    """A path without a slip in one of its words: first a doubled letter, then in the last word."""
    parts = path.strip("/").split("/")
    words = [(at, stem_of(part)) for at, part in enumerate(parts) if "{" not in part]
    slips = [
        (at, one, len(one) == len(word)) for at, word in words[::-1] for one in without_slip(word)
    ]
    return [f"/{_with(parts, at, one)}" for at, one, _ in sorted(slips, key=lambda slip: slip[2])]


def grafted(own: str, known: Known) -> list[str]:
    """With what another path has between the same parts, before them, or as its end.

    ``/2.0/preview/scim/Users`` for ``/2.0/scim/Users`` beside ``/2.0/preview/scim/Groups``.
    """
    parts, found = ["", *own.split("/"), ""], dict[str, None]()
    paths = sorted(known.paths | known.templates)
    split = [one.strip("/").split("/") for one in paths]
    ends = Counter("/".join(one[-count:]) for one in split for count in (1, 2) if len(one) > count)
    # What several end with, or one beside it.
    beside = {one[-1] for one in split if len(one) == len(parts) - 1 and one[:-2] == parts[1:-2]}
    found |= {f"{own}/{end}": None for end, count in ends.items() if end in beside or count > 1}
    for one in paths:
        others = ["", *one.strip("/").split("/"), ""]
        for start, end in combinations(range(len(others)), 2):
            more = others[start + 1 : end]
            for at, pair in enumerate(pairwise(parts)) if 0 < len(more) <= _MOST_GRAFTED else ():
                if pair == (others[start], others[end]):
                    found["/".join([*parts[1 : at + 1], *more, *parts[at + 1 : -1]])] = None
    return [*found]


def _ended(own: str, known: Known) -> Iterator[str]:
    """With the endings that other paths have, the commonest first, or without one."""
    endings = Counter(ending_of(one) for one in (*known.paths, *known.templates))
    common = [one for one, _ in endings.most_common()]
    # Of a list alone no other shows the ending.
    for one in dict.fromkeys((*common, "" if ending_of(own) or "{" in own else _USUAL)):
        yield stem_of(own) + one


def _spelled(own: str, base_path: str, known: Known) -> Iterator[str]:
    parts, based = own.split("/"), base_path.strip("/").split("/")
    # What the base URL ends with is there already.
    yield from (
        "/".join(parts[count:])
        for count in range(min(len(based), len(parts) - 1), 0, -1)
        if based[-count:] == parts[:count]
    )
    # Two words of the mapping that are written as one.
    for at, part in enumerate(parts):
        for word in sorted(known.words):
            if (rest := part.removeprefix(word)) in known.words and rest != part:
                joined = f"{word}_{rest}"
                yield from (_with(parts, at, one) for one in (joined, *spellings(joined)[:3]))
    yield from _versioned(own, known)
    yield from _of_mapping(own, parts, known)
    yield from _as_templates(own, known)
    at = _last_word(parts)
    # Where all words are in small letters, the same with others is seldom meant.
    is_lower = all(word == word.lower() for word in known.words | {parts[at]})
    words = [one for one in _words(parts[at], known) if not is_lower or one.lower() != parts[at]]
    yield from (_with(parts, at, word) for word in words)


def _guessed(own: str, known: Known, made: str) -> Iterator[str]:
    parts = own.split("/")
    at = _last_word(parts)
    if len(parts) > 1:
        yield from (
            "/".join([*parts[:at], *parts[at + 1 :]])
            for at in range(len(parts) - 1)
            if "{" not in parts[at]
        )
    yield from islice(versions(parts), _NEAREST)
    # Behind what a value is called: `/users/email/{email}`.
    yield from (
        "/".join([*parts[:at], part.strip("{}"), *parts[at:]])
        for at, part in enumerate(parts)
        if "{" in part and part.strip("{}") not in parts
    )
    # Several of each thing that it names.
    several = (plural(singular(stem_of(part))) + ending_of(part) for part in parts)
    yield "/".join(
        part if "{" in part else other for part, other in zip(parts, several, strict=True)
    )
    # Called as what its items are made to.
    of_items = [plural(word) for word in reversed(words_of(made))] if "{" not in parts[at] else []
    yield from (_with(parts, at, word) for word in of_items[:1])
    yield from _beside(parts, known)
    for place in range(at - 1, -1, -1):
        if "{" not in parts[place] and not VERSION.fullmatch(parts[place]):
            yield from (_with(parts, place, word) for word in _words(parts[place], known))
    for place in range(len(parts) - 1):  # two parts in another order
        yield "/".join([*parts[:place], parts[place + 1], parts[place], *parts[place + 2 :]])
    yield from (_with(parts, at, word) for word in _words(parts[at], known))


def _last_word(parts: Sequence[str]) -> int:
    return max((at for at, part in enumerate(parts) if "{" not in part), default=0)


def _of_mapping(own: str, parts: Sequence[str], known: Known) -> Iterator[str]:
    alike = {one: likeness(letters(own), letters(one)) for one in known.paths}
    # The same behind or without the beginning of another: `/queues` for `/routing/queues`.
    alike |= {one: 1.0 for one in known.paths if one.endswith(f"/{own}")}
    # Or the beginning of another: `/staff` for `/staff/directory`.
    alike |= {one: _LIKE for one in known.paths if one.startswith(f"/{own}/")}
    yield from (one for one in sorted(alike, key=lambda one: -alike[one]) if alike[one] >= _LIKE)
    for one in sorted(known.paths):
        # Where others go on otherwise behind the same beginning: `/sites/acme` for `/sites/17`.
        others = one.strip("/").split("/")
        at = next((n for n, (a, b) in enumerate(zip(parts, others, strict=False)) if a != b), 0)
        if 0 < at < len(parts) - 1:
            yield _with(parts, at, others[at])


def _versioned(own: str, known: Known) -> Iterator[str]:
    """Behind a version as others begin with, first those that they have, then lower ones."""
    firsts = (one.strip("/").partition("/")[0] for one in sorted(known.paths | known.templates))
    others = [found for one in firsts if (found := VERSION.fullmatch(one))]
    if not others or VERSION.fullmatch(own.partition("/")[0]):
        return
    yield from (f"{one[0]}/{own}" for one in others)
    most = max(others, key=lambda one: int(one[2]))
    numbers = range(int(most[2]) + 1, 0, -1)
    yield from (f"{most[1]}{number}{most[3] or ''}/{own}" for number in numbers)
    minors = range(_MINORS if most[3] else 0)
    yield from (f"{most[1]}{most[2]}.{number}/{own}" for number in minors)


def _as_templates(own: str, known: Known) -> Iterator[str]:
    """A path of the mapping with the same placeholders that is much like it, or ends as it does."""
    holes = set(_HOLE.findall(own))
    for one in sorted(known.templates) if holes else ():
        other = one.strip("/")
        is_like = likeness(other, own) >= _LIKE or other.endswith(f"/{own}")
        if other != own and is_like and set(_HOLE.findall(other)) == holes:
            yield other
    for one in sorted(known.templates | known.paths):
        parts, others = own.split("/"), one.strip("/").split("/")
        # The beginning of another, before what this one begins with: `/compute/v1` for `/v1`.
        at = others.index(parts[0]) if parts[0] in others[1:] and "{" not in parts[0] else 0
        if at:
            yield "/".join([*others[:at], *parts])
        if others[0] != parts[0] and "{" not in others[0] + parts[0] and len(parts) > 1:
            yield "/".join([others[0], *parts[1:]])


def _beside(parts: Sequence[str], known: Known) -> Iterator[str]:
    """With a part that another path has beside the same ones."""
    for one in sorted(known.paths):
        *folder, last = one.strip("/").split("/")
        if len(folder) >= len(parts) and folder[: len(parts) - 1] == parts[:-1] and last:
            yield "/".join([*folder, parts[-1]])


def _with(parts: Sequence[str], at: int, word: str) -> str:
    """With another word for a part, whose ending stays."""
    ending = "" if ending_of(word) else ending_of(parts[at])
    return "/".join([*parts[:at], word + ending, *parts[at + 1 :]])


def _words(part: str, known: Known) -> Iterator[str]:
    """Other spellings of a part of a path, without its ending."""
    part = stem_of(part)
    alike = {one: likeness(one.lower(), part.lower()) for one in known.words if one != part}
    good = (one for one in alike if alike[one] >= _LIKE or _is_cut(one, part) or _is_cut(part, one))
    yield from sorted(good, key=lambda one: (-alike[one], one))
    yield counted(part)
    split = re.split(r"([_-])", part)
    yield from ("".join(split[2:]), "".join(split[:-2])) if len(split) > 1 else ()
    is_lower = all(word == word.lower() for word in known.words)
    yield from sorted(spellings(part), key=lambda one: is_lower and one != one.lower())


def _is_cut(short: str, word: str) -> bool:
    """Whether a word is another one cut short: ``orgs`` for ``organizations``."""
    stem = singular(short).lower()
    return len(stem) >= _SHORTEST and word.lower().startswith(stem) and len(word) > len(short)


def versions(parts: Sequence[str], told: Sequence[str] = ()) -> Iterator[str]:
    """With another version: one that the API speaks of, else the nearest ones first."""
    for at in range(len(parts) - 1, -1, -1):
        if version := VERSION.fullmatch(parts[at]):
            own = int(version[2])
            around = range(max(own - _AROUND, 0), own + _AROUND)
            nearest = [number for _, number in sorted((abs(one - own), one) for one in around)]
            for number in [*told, *nearest]:
                one = f"{version[1]}{number}{version[3] or ''}"
                if one != parts[at]:
                    yield "/".join([*parts[:at], one, *parts[at + 1 :]])
            others = (f"{begin}{own}{end}" for begin in ("v", "") for end in ("", ".0"))
            yield from ("/".join([*parts[:at], one, *parts[at + 1 :]]) for one in others)
