"""Expressions that would find something: changed by a key, and run on the items at hand."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from errors import MappingError
from framework.fused_mapping import capture, found
from framework.mapped_items import Items, outcomes_of, program_of
from jq_engine.worker import JqWorker
from json_values import MISSING, Found, Json, follow, texts_in
from workbench.check.findings import Write, likeness
from workbench.check.guesses.names import IDENTIFYING, alikeness, letters
from workbench.suggest.fields import columns
from workbench.suggest.titles import title_of

_KEY: Final = r'(?:[A-Za-z_]\w*|"[^"]+")'
_BRACKETED: Final = r'(?:\["[^"]+"\])'
_PATH: Final = re.compile(
    rf"(?<![\w\])}}?])\.((?:{_KEY}|{_BRACKETED})(?:\.{_KEY}|\.?{_BRACKETED})*)"
)
_MINUS: Final = re.compile(rf"((?:\.{_KEY})*)\.([A-Za-z_]\w*(?:-\w+)+)")
"""A key with a minus, which jq takes for two things."""
_JOINED: Final = re.compile(rf"\.{_KEY}(?:\s+\.{_KEY})+")
_INDEX: Final = re.compile(r"(?<=[\w\]\"])\[\d*\]\??")
_ELEMENTS: Final = re.compile(rf"((?:\.{_KEY})+)\[-?\d*\]\??((?:\.{_KEY})+)")
"""A key of the elements of a list, or of one of them."""
_TEXT: Final = re.compile(r'(?:\.|(?<=[\w."\]])\[)"[^"]+"|("(?:[^"\\]|\\.)*")')
"""A key in quotes, or a text, which is its group."""
_LIKE: Final = 0.66
_TYPING: Final = 0.85  # likeness of a name and the same name with a slip
_ELSEWHERE: Final = 0.9  # of the same name at another place
_ONLY: Final = 0.95  # of the only value beside the one that is not there
_CALLED: Final = 0.05  # beyond another that is as alike
_NAMED: Final = 0.8  # of a key that is called as what it is for
_MOST: Final = 8  # candidates that are run
_SAMPLE: Final = 100  # items
_FEW: Final = 20  # of an answer that is one of many
_DEEPEST: Final = 7  # objects around a value
_DEEPEST_LIST: Final = 5  # around a list, GraphQL's included


@dataclass(frozen=True)
class Better:
    """An expression that finds something, and for how many items."""

    expression: str
    count: int

    def of(self, total: int) -> Write:
        """What to write, of so many items."""
        return Write(self.expression, f"{self.count} of {total}")


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


async def finding_in(jq: JqWorker, expressions: Iterable[str], rows: Sequence[Json]) -> int:
    """How many expressions find something in some rows."""
    items = [row for row in rows[:_FEW] if isinstance(row, dict)]
    return sum([any(map(is_something, await values_of(jq, one, items))) for one in expressions])


def is_something(value: Json) -> bool:
    """Whether an expression has found anything."""
    return value not in (None, "", "null", [])


def is_scalar(value: Found) -> bool:
    """Whether a value is a number, a boolean or a text that is not empty."""
    return isinstance(value, str | int | float) and value != ""


async def better(
    jq: JqWorker,
    expression: str,
    items: Items,
    name: str = "",
    fits: Callable[[Json], bool] = is_something,
) -> Better | None:
    """The expression with another key that finds something in most items; None without any.

    ``name``: what the value is for, which its key may be called like. ``fits``: whether a value
    can be what is wanted; where none can, anything that is found counts.
    """
    sample = items[:_SAMPLE]
    best: tuple[bool, bool, float, Better | None] = (False, False, 0.0, None)
    for candidate, score in list(_candidates(expression, sample, name).items())[:_MOST]:
        values = [one for one in await values_of(jq, candidate, sample) if is_something(one)]
        fitting = sum(map(fits, values))
        count = fitting or len(values)
        rated = score > _TYPING, bool(fitting), score * count, Better(candidate, count)
        if count and rated[:3] > best[:3]:
            best = rated
    found_best = best[3]
    if found_best is None or len(items) == len(sample):
        return found_best
    rest = await values_of(jq, found_best.expression, items[len(sample) :])
    more = sum(fits(one) for one in rest if is_something(one))
    return Better(found_best.expression, found_best.count + more)


def paths_in(expression: str) -> list[tuple[str, ...]]:
    """The plain paths that an expression reads."""
    return [_keys(found[1]) for found in _PATH.finditer(_masked(expression))]


def spans_in(expression: str) -> list[tuple[tuple[str, ...], int]]:
    """The plain paths that an expression reads, each with where it ends."""
    return [(_keys(found[1]), found.end()) for found in _PATH.finditer(_masked(expression))]


def with_operands(expression: str, templates: Iterable[str]) -> Iterator[str]:
    """The expression with one of the paths that it reads in a template, for each of both."""
    masked = _masked(expression)
    for template in templates:
        for one in _PATH.finditer(masked):
            begin, end = one.span()
            made = template.format(expression[begin:end])
            yield expression[:begin] + made + expression[end:]


def beside_nulls(candidates: Iterable[str], before: Sequence[Json]) -> Iterator[str]:
    """Expressions, and after each that may make something of null the one that does not."""
    for candidate in candidates:
        yield candidate
        head, joint, rest = candidate.partition(" + ")
        if None in before and joint and rest.startswith('"'):
            yield f"{head} | values | . + {rest}"
        elif None in before and joint and head.startswith('"'):
            yield f"{rest} | values | {head} + ."
        elif None in before and " | " in candidate:
            yield candidate.replace(" | ", " | values | ", 1)
        if " | .[] | " in candidate and any(
            isinstance(value, list) and None in value for value in before
        ):
            yield candidate.replace(" | .[] | ", " | .[] | values | ", 1)


def keys_read(mappings: Json) -> list[str]:
    """The keys that the expressions of a mapping read, each once."""
    paths = (path for text in texts_in(mappings) for path in paths_in(text))
    return list(dict.fromkeys(key for path in paths for key in path))


def first_paths(expression: str) -> list[tuple[str, ...]]:
    """Those that begin at the item: what stands behind a pipe or in a list is something else."""
    masked = _masked(expression)
    return [_keys(found[1]) for found in _PATH.finditer(re.split(r"\||\[|\(", masked)[0])]


def _masked(expression: str) -> str:
    """The expression with the texts in it blanked."""
    return _TEXT.sub(lambda one: f'"{"_" * (len(one[1]) - 2)}"' if one[1] else one[0], expression)


def _keys(path: str) -> tuple[str, ...]:
    return tuple(one.strip('"') for one in re.findall(_KEY, path))


def written(keys: Iterable[str]) -> str:
    """A path as jq takes it."""
    return "".join(
        f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f".{json.dumps(key)}" for key in keys
    )


def _candidates(expression: str, items: Items, name: str) -> dict[str, float]:
    """The expression with one of its paths replaced, the most alike first, and how alike."""
    found: dict[str, float] = {}
    if _JOINED.fullmatch(expression.strip()):
        found[' + " " + '.join(expression.split())] = 1.0
    for match in _MINUS.finditer(_masked(expression)):
        if has_path(items, keys := (*_keys(match[1]), match[2])):
            found[expression[: match.start()] + written(keys) + expression[match.end() :]] = 1.0
    for match in _INDEX.finditer(_masked(expression)):  # of what is no list
        found[expression[: match.start()] + expression[match.end() :]] = 1.0
    found |= dict(_of_elements(expression, items, name))
    for match in _PATH.finditer(_masked(expression)):
        for text in _through_lists(_keys(match[1]), items):
            found[expression[: match.start()] + text + expression[match.end() :]] = 1.0
        for instead, score in alike(_keys(match[1]), items, name).items():
            candidate = expression[: match.start()] + written(instead) + expression[match.end() :]
            found[candidate] = max(score, found.get(candidate, 0.0))
        for text in [] if found else _in_lists(_keys(match[1])[-1], items):
            found[expression[: match.start()] + text + expression[match.end() :]] = _NAMED
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def keys_instead(
    expression: str, items: Items, deepest: int = 1, *, is_read: bool = False
) -> dict[str, str]:
    """The keys of elements of which none has what is read, each with what reads it.

    ``is_read``: also of those that have it. ``deepest``: objects around a key, and one.
    """
    for match in _ELEMENTS.finditer(_masked(expression)):
        rows = _elements([follow(item, _keys(match[1])) for item in items])
        if rows and (is_read or not has_path(rows, _keys(match[2]))):
            begin, end = expression[: match.start(2)], expression[match.end(2) :]
            paths = (path for row in rows for path in leaves(row, deepest))
            return {".".join(path): begin + written(path) + end for path in paths}
    return {}


def _elements(held: Iterable[Found]) -> Items:
    """The objects of lists."""
    rows = (row for one in held if isinstance(one, list) for row in one)
    return [row for row in rows if isinstance(row, dict)]


def _of_elements(expression: str, items: Items, name: str) -> Iterator[tuple[str, float]]:
    """With another key of the elements of a list; without one where they have none."""
    for match in _ELEMENTS.finditer(_masked(expression)):
        begin, end, rest = match.end(1), match.start(2), expression[match.end(2) :]
        held = [follow(item, _keys(match[1])) for item in items]
        objects = _elements(held)
        column = title_of(columns(objects), None) if objects else None
        if any(isinstance(one, list) and one for one in held) and not objects:
            yield expression[:end] + rest, 1.0
            yield expression[:begin] + rest, _ELSEWHERE
        around = {key for one in held if isinstance(one, dict) for key in one if rows_of(one)}
        for key in around if len(around) == 1 else ():  # an object around the list
            yield expression[:begin] + written((key,)) + expression[begin:], 1.0
        meant = {column.keys: _LIKE} if column else {}
        meant |= alike(_keys(match[2]), objects, name)
        yield from (
            (expression[:end] + written(keys) + rest, score) for keys, score in meant.items()
        )


def _through_lists(path: tuple[str, ...], items: Items) -> Iterator[str]:
    """A path through a list as jq takes it: of all elements, and of the first."""
    for at in range(1, len(path)):
        head, rest = path[:at], path[at:]
        lists = [rows for item in items if isinstance(rows := follow(item, head), list)]
        if any(isinstance(row, dict) and has_path([row], rest) for rows in lists for row in rows):
            each = "[]" if len(lists) == len(items) else "[]?"
            yield f"[{written(head)}{each}{written(rest)}]"
            yield f"{written(head)}[0]{written(rest)}"
        elif len(rest) == 1:
            yield from _of_named(head, rest[0], [row for rows in lists for row in rows])


def _of_named(head: tuple[str, ...], name: str, rows: Sequence[Json]) -> Iterator[str]:
    """What the element of a list has beside a text that is called so: ``{name, value}``."""
    objects = [row for row in rows if isinstance(row, dict)]
    pairs: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in objects:
        for key, text in row.items():
            if isinstance(text, str) and letters(text) == letters(name):
                for other in row.keys() - {key}:
                    pairs[str(key), text, str(other)].add(str(row[other]))
    # What is the same for all is no value.
    for key, text, other in sorted(
        pairs, key=lambda one: (one[2] in IDENTIFYING, -len(pairs[one]), one)
    ):
        is_it = f"{written((key,))} == {json.dumps(text)}"
        yield f"[{written(head)}[]? | select({is_it}) | {written((other,))}][0]"


def _in_lists(key: str, items: Items) -> Iterator[str]:
    """The same key in the first object of a list that items have."""
    for path in dict.fromkeys(one for item in items for one in leaves(item)):
        for item in items:
            value = follow(item, path)
            if isinstance(value, list) and value and isinstance(value[0], dict) and key in value[0]:
                yield f"{written(path)}[0]{written((key,))}"
                break


def alike(path: tuple[str, ...], items: Items, name: str = "") -> dict[tuple[str, ...], float]:
    """Paths of the items that may be meant by one that leads nowhere in all, and how likely."""
    known = dict.fromkeys(one for item in items for one in leaves(item))
    depth = max((_depth(item, path) for item in items), default=0)
    if depth == len(path):
        return {}
    begun, missing, rest = path[:depth], path[depth], path[depth + 1 :]
    held = [one for one in known if one[:depth] == begun and len(one) == depth + 1]
    nested = (any(isinstance(follow(item, one), dict | list) for item in items) for one in held)
    plain = [one for one, is_nested in zip(held, nested, strict=True) if not is_nested]
    only = plain[0] if depth and depth + 1 == len(path) and len(plain) == 1 else None
    ends = [value for item in items if is_scalar(value := follow(item, begun))] if depth else []
    scored: dict[tuple[str, ...], float] = {}
    for one in sorted(known, key=len):
        scores = [_NAMED * alikeness(name, one[-1])] if name else []
        if one[:depth] == begun and len(one) > depth and one[depth + 1 :] == rest:
            scores.append(alikeness(missing, one[depth]))
        # The same name elsewhere: deeper, as in .fields.summary, or less deep. First in what is
        # called like what is around it: `.incident_status.name` for `.status.name`.
        if letters(one[-1]) == letters(path[-1]):
            is_around = len(one) > depth and (depth > 0 or len(path) > 1)
            around = likeness(path[depth], one[depth]) >= _LIKE if is_around and rest else depth > 0
            is_around = is_around and one[:depth] == begun and around
            scores.append(_ELSEWHERE + _CALLED * is_around)
        if letters("".join(one)) == letters("".join(path)):
            scores.append(_ELSEWHERE)
        # And there as what it is for: `.role.slug` for a role.
        # All that is where the path leads, or what has no keys there.
        if one == only or (one == begun and ends and not held):
            scores.append(_ONLY)
        is_called = name.lower() in map(str.lower, one)
        scored[one] = max(scores, default=0.0) + (_CALLED if is_called and scores else 0.0)
    good = {one: score for one, score in scored.items() if score >= _LIKE}
    spelled = {one: likeness(".".join(one), ".".join(path)) for one in good}
    return dict(sorted(good.items(), key=lambda pair: (-pair[1], len(pair[0]), -spelled[pair[0]])))


def _depth(item: Json, path: Sequence[str]) -> int:
    """How many keys of a path an item has."""
    for depth, key in enumerate(path):
        if not isinstance(item, dict) or key not in item:
            return depth
        item = item[key]
    return len(path)


def as_text(path: Iterable[str], values: Sequence[Found]) -> str:
    """Jq that gives the values of a path as texts, and null where there is none."""
    known = [value for value in values if value is not None and value is not MISSING]
    if all(isinstance(value, str) for value in known):
        return written(path)
    if len(known) == len(values):
        return f"{written(path)} | tostring"
    return f"{written(path)} | if . == null then null else tostring end"


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


def rows_of(body: Json) -> Items:
    """The objects of the longest list in a body."""
    rows = max((rows for _, rows in lists_of_objects(body)), key=len, default=[])
    return [row for row in rows if isinstance(row, dict)]


def holds_nothing(body: Json) -> bool:
    """Whether an answer is empty, or has lists, and nothing in any of them."""
    held = [value for path in leaves(body, 2) if isinstance(value := follow(body, path), list)]
    return not body or (bool(held) and not any(held))


def lists_of_objects(body: Json) -> list[tuple[tuple[str, ...], list[Json]]]:
    """The lists with objects in a body, with their paths."""
    found_lists: list[tuple[tuple[str, ...], list[Json]]] = []
    stack: list[tuple[tuple[str, ...], Json]] = [((), body)]
    while stack:
        path, value = stack.pop(0)
        if isinstance(value, list):
            if any(isinstance(one, dict) for one in value):
                found_lists.append((path, value))
        elif isinstance(value, dict) and len(path) < _DEEPEST_LIST:
            stack.extend(((*path, str(key)), inner) for key, inner in value.items())
    return found_lists
