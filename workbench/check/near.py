"""Expressions that would find something: changed by a key, and run on the items at hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from errors import MappingError
from framework.fused_mapping import capture, found
from framework.mapped_items import Items, outcomes_of, program_of
from jq_engine.worker import JqWorker
from json_values import MISSING, Json, follow
from workbench.check.findings import likeness

_KEY: Final = r'(?:[A-Za-z_]\w*|"[^"]+")'
_PATH: Final = re.compile(rf"(?<![\w\])}}?])\.({_KEY}(?:\.{_KEY})*)")
_TEXT: Final = re.compile(r'(?<!\.)"(?:[^"\\]|\\.)*"')
_LIKE: Final = 0.6
_MOST: Final = 8  # candidates that are run
_SAMPLE: Final = 100  # items
_DEEPEST: Final = 3


@dataclass(frozen=True)
class Better:
    """An expression that finds something, and for how many items."""

    expression: str
    count: int


async def values_of(jq: JqWorker, expression: str, items: Items) -> list[Json]:
    """What an expression finds in each item; None for nothing, or where it fails."""
    if not items:
        return []
    try:
        program = await program_of(jq, expression, where="a candidate")
        if program.fault is not None:
            return [None] * len(items)
        ask = f"[.[] | {capture(program)}]"
        outcomes = await outcomes_of(jq, ask, items, where="a candidate")
    except MappingError:
        return [None] * len(items)
    return [found(outcome) for outcome in outcomes]


async def better(jq: JqWorker, expression: str, items: Items) -> Better | None:
    """The expression with another key that finds something in most items; None without any."""
    sample = items[:_SAMPLE]
    best: Better | None = None
    for candidate in list(dict.fromkeys(_candidates(expression, sample)))[:_MOST]:
        values = await values_of(jq, candidate, sample)
        count = sum(value not in (None, "", "null", []) for value in values)
        if count > (best.count if best else 0):
            best = Better(candidate, count)
    return best


def paths_in(expression: str) -> list[tuple[str, ...]]:
    """The plain paths that an expression reads."""
    return [_keys(found[1]) for found in _PATH.finditer(_masked(expression))]


def _masked(expression: str) -> str:
    """The expression with the texts in it blanked."""
    return _TEXT.sub(lambda one: '"' + "_" * (len(one[0]) - 2) + '"', expression)


def _keys(path: str) -> tuple[str, ...]:
    return tuple(one.strip('"') for one in re.findall(_KEY, path))


def written(keys: Iterable[str]) -> str:
    """A path as jq takes it."""
    return "".join(
        f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f".{json.dumps(key)}" for key in keys
    )


def _candidates(expression: str, items: Items) -> Iterator[str]:
    """The expression with one of its paths replaced, the most alike first."""
    for match in _PATH.finditer(_masked(expression)):
        path = _keys(match[1])
        for instead in _alike(path, items):
            yield expression[: match.start()] + written(instead) + expression[match.end() :]


def _alike(path: tuple[str, ...], items: Items) -> list[tuple[str, ...]]:
    """Paths of the items that may be meant by one that leads nowhere in all of them."""
    known = dict.fromkeys(one for item in items for one in leaves(item))
    depth = max((_depth(item, path) for item in items), default=0)
    if depth == len(path):
        return []
    begun, missing = path[:depth], path[depth]
    scored: list[tuple[float, tuple[str, ...]]] = []
    for one in known:
        if one[:depth] == begun and len(one) > depth:
            score = likeness(_letters(missing), _letters(one[depth]))
            rest = path[depth + 1 :]
            if score >= _LIKE and one[depth + 1 :] == rest:
                scored.append((score + len(rest), one))
        # The same name elsewhere: deeper, as in .fields.summary, or less deep.
        if _letters(one[-1]) == _letters(path[-1]):
            scored.append((0.9, one))
    good = [one for one in scored if one[0] >= _LIKE]
    return [one for _, one in sorted(good, key=lambda pair: (-pair[0], len(pair[1])))]


def _depth(item: Json, path: Sequence[str]) -> int:
    """How many keys of a path an item has."""
    for depth, key in enumerate(path):
        if not isinstance(item, dict) or key not in item:
            return depth
        item = item[key]
    return len(path)


def has_path(items: Items, path: tuple[str, ...]) -> bool:
    """Whether the path leads to something, a null too, in one of the items."""
    return any(follow(item, path) is not MISSING for item in items)


def leaves(item: Json, deepest: int = _DEEPEST) -> Iterator[tuple[str, ...]]:
    """The paths to everything in an object that is not null, objects included."""
    stack: list[tuple[tuple[str, ...], Json]] = [((), item)]
    while stack:
        path, value = stack.pop(0)
        if path and value is not None:
            yield path
        if isinstance(value, dict) and len(path) < deepest:
            stack.extend(((*path, str(key)), inner) for key, inner in value.items())


def lists_of_objects(body: Json) -> list[tuple[tuple[str, ...], list[Json]]]:
    """The lists with objects in a body, with their paths, at most three objects deep."""
    found_lists: list[tuple[tuple[str, ...], list[Json]]] = []
    stack: list[tuple[tuple[str, ...], Json]] = [((), body)]
    while stack:
        path, value = stack.pop(0)
        if isinstance(value, list):
            if any(isinstance(one, dict) for one in value):
                found_lists.append((path, value))
        elif isinstance(value, dict) and len(path) < _DEEPEST:
            stack.extend(((*path, str(key)), inner) for key, inner in value.items())
    return found_lists


def _letters(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def spellings(kind: str, base_path: str) -> Iterator[str]:
    """Paths that may be meant by one that is not there."""
    path, mark, query = kind.partition("?")
    rest = mark + query
    first = base_path.strip("/").split("/")[-1]
    if first and path.strip("/").startswith(f"{first}/"):
        yield "/" + path.strip("/").removeprefix(f"{first}/") + rest
    head, _, last = path.rstrip("/").rpartition("/")
    for other in _words(last):
        yield f"{head}/{other}{rest}"
    yield path.rstrip("/") + ("" if path.endswith("/") else "/") + rest
    for prefix in ("api", "v1", "api/v1"):
        yield f"/{prefix}/{path.strip('/')}{rest}"


def spelled_parts(parts: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Other spellings of one part of a path, from its end, with their place."""
    for at in range(len(parts) - 1, -1, -1):
        if "{" not in parts[at]:
            yield from (
                (at, word) for word in dict.fromkeys(_words(parts[at])) if word != parts[at]
            )


def _words(last: str) -> Iterator[str]:
    yield last.removesuffix("s") if last.endswith("s") else f"{last}s"
    if last.endswith("y"):
        yield f"{last[:-1]}ies"
    yield last.lower()
    yield last.replace("_", "-")
    yield last.replace("-", "_")
