"""What a query or a filter was meant to say that is true of nothing: tried on the items at hand."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from framework.mapped_items import Items
from jq_engine.worker import JqWorker
from json_values import MISSING, Found, Json, follow
from workbench.check.findings import Remedy, Write, likeness
from workbench.check.guesses.expressions import (
    alike,
    better,
    first_paths,
    has_path,
    is_scalar,
    leaves,
    paths_in,
    spans_in,
    values_of,
    written,
)
from workbench.check.guesses.names import letters

_SHOWN: Final = 60  # items of which values are told
_MOST: Final = 12  # candidates
_FEW: Final = 5  # values that are told
_LIKE: Final = 0.7  # likeness of a word and the one that was meant
_SAME: Final = 0.9
_TYPING: Final = 0.85  # of a name and the same name with a slip
_FEWEST: Final = 3  # items of which an absent key says something
_ASSIGNED: Final = re.compile(r"(?<![=!<>|+*/-])=(?!=)")
_NEGATED: Final = re.compile(r"\s*not\s+(.+)")  # as other languages say it
_COMPARED: Final = re.compile(
    r'\s*[=!]=\s*("(?:[^"\\]|\\.)*"|(?:-?\d+(?:\.\d+)?|true|false)(?![\w.]))'
)
"""A comparison with a value, behind a path."""
_ORDERED: Final = re.compile(r"\s*[<>]=?\s*-?\d")
_SELECTED: Final = re.compile(r'select\(\s*\.(\w+)\s*==\s*"([^"\\]*)"\s*\)')
_LITERAL: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|(?<![\w."])(-?\d+(?:\.\d+)?|true|false)\b')


async def compared(jq: JqWorker, expression: str, items: Items) -> Remedy:
    """What to write where a comparison is true of no item; what there is to compare; or ""."""
    for candidate in islice(dict.fromkeys(_candidates(expression, items)), _MOST):
        if count := await _hits(jq, candidate, items):
            return Write(candidate, f"true for {count} of {len(items)}")
    for path in paths_in(expression):
        is_there = has_path(items, path)
        # A key that has the very value; within what is there, where that is an object.
        keys = dict.fromkeys(one for item in items[:_SHOWN] for one in leaves(item))
        for other in (one for one in keys if not is_there or one[: len(path)] == path != one):
            candidate = expression.replace(written(path), written(other))
            held = (follow(item, other) for item in items)  # few things have a text by chance
            is_held = any(isinstance(one, str) and json.dumps(one) in expression for one in held)
            if is_held and (count := await _hits(jq, candidate, items)):
                return Write(candidate, f"true for {count} of {len(items)}")
        if is_there:
            return await _with_others(jq, expression, path, items) or held_at(path, items)
        near = await better(jq, expression, items, fits=lambda value: value is True)
        if near and (count := await _hits(jq, near.expression, items)):
            return Write(near.expression, f"true for {count} of {len(items)}")
        for meant in alike(path, items):
            found = [follow(item, meant) for item in items[:_SHOWN]]
            known = sorted({json.dumps(one) for one in found if is_scalar(one) or one == ""})
            return f"no item has {written(path)}; {written(meant)} is {', '.join(known[:_FEW])}"
    return ""


async def _with_others(
    jq: JqWorker, expression: str, path: tuple[str, ...], items: Items
) -> tuple[Write, ...]:
    """A comparison with each of the few values that there are, the commonest first."""
    end = next(end for one, end in spans_in(expression) if one == path)
    known = Counter(map(json.dumps, _scalars(path, items)))
    literal = _COMPARED.match(expression, end)
    # Of names, which are others in each item, any may be meant.
    if literal is None or len(known) > _FEW or len(known) * 2 > known.total():
        return ()
    begin, rest = expression[: literal.start(1)], expression[literal.end(1) :]
    ways = [f"{begin}{value}{rest}" for value, _ in known.most_common()]
    hits = [(one, count) for one in ways if (count := await _hits(jq, one, items))]
    return tuple(Write(one, f"true for {count} of {len(items)}") for one, count in hits)


def misspelt(expression: str, items: Items) -> Write | None:
    """What to write where a key is read that no item has, beside one that is spelled nearly so.

    Or that is called the same at another place.
    """
    for path in first_paths(expression) if len(items) >= _FEWEST else ():
        if has_path(items, path):
            continue
        for other in alike(path, items):
            own, last = letters(path[-1]), letters(other[-1])
            if own == last or likeness(own, last) >= _TYPING:
                told = f"no item has {written(path)}"
                return Write(expression.replace(written(path), written(other)), told)
    return None


async def of_other_type(jq: JqWorker, expression: str, items: Items) -> Remedy:
    """What to write where values are compared with one that is of another JSON type than all.

    Where some item has the same of the right type, so that the expression gives something else
    then; what there is to compare where it gives the same for all; else "".
    """
    for path, end in spans_in(expression):
        ordered, texts = _ORDERED.match(expression, end), [follow(item, path) for item in items]
        if ordered and any(isinstance(one, str) for one in texts):
            own = written(path)
            number = expression.replace(own, f"({own} | tonumber)") if own in expression else ""
            if number and all(value is not None for value in await values_of(jq, number, items)):
                return Write(number, "it compares texts with a number")
        literal = _COMPARED.match(expression, end)
        held = [value for item in items if (value := follow(item, path)) not in (None, MISSING)]
        kinds = {_kind_of(value) for value in held}
        if literal is None or len(kinds) != 1 or _kind_of(json.loads(literal[1])) in kinds:
            continue
        begin, rest = expression[: literal.start(1)], expression[literal.end(1) :]
        before = await values_of(jq, expression, items)
        for value in _typed_as(literal[1].strip('"'), [one for one in held if is_scalar(one)]):
            candidate = f"{begin}{json.dumps(value)}{rest}"
            after = await values_of(jq, candidate, items)
            if count := sum(one != other for one, other in zip(before, after, strict=True)):
                return Write(candidate, f"another result for {count} of {len(items)}")
        if literal[1] != '""' and len(set(map(json.dumps, before))) == 1:
            return f"it is so for every item: {held_at(path, items)}"
    return ""


async def selected(jq: JqWorker, expression: str, items: Items) -> Remedy:
    """What to write for a ``select`` of which no element of any list is left; or what there is.

    "" where an element has the very text: what is read of it may be nothing.
    """
    found = _SELECTED.search(expression)
    if found is None:
        return ""
    name, text = found[1], found[2]
    rows = [row for item in items[:_SHOWN] for row in _elements(item)]
    pairs = {(key, one) for row in rows for key, one in row.items() if isinstance(one, str)}
    if (name, text) in pairs or not pairs:
        return ""
    scored = [(key == name, likeness(one.lower(), text.lower()), key, one) for key, one in pairs]
    for _, score, key, one in sorted(scored, reverse=True)[:_MOST]:
        instead = f"select({written((key,))} == {json.dumps(one)})"
        candidate = expression.replace(found[0], instead)
        values = await values_of(jq, candidate, items) if score >= _LIKE else []
        if count := sum(value not in (None, "", []) for value in values):
            return Write(candidate, f"{count} of {len(items)}")
    texts = sorted({one for key, one in pairs if key == name})
    keys = sorted({key for key, _ in pairs})
    return f".{name} is {', '.join(texts[:_FEW])}" if texts else f"they have {', '.join(keys)}"


def _elements(value: Json) -> Iterator[dict[str, Json]]:
    """The objects of the lists in a value."""
    for path in leaves(value):
        held = follow(value, path)
        yield from (row for row in held if isinstance(row, dict)) if isinstance(held, list) else ()


def _typed_as(text: str, held: Sequence[Found]) -> list[Found]:
    """The values that a text is as one of another type: the same, else the same number."""
    same = [one for one in held if json.dumps(one).strip('"') == text]
    return [*same, *(one for one in held if _number(one) == _number(text) is not None)][:1]


def _number(value: Found) -> float | None:
    """A number, or a text that is one; None for another value."""
    try:
        return None if isinstance(value, bool) else float(str(value))
    except ValueError:
        return None


def _kind_of(value: Found) -> type:
    return float if type(value) is int else type(value)


async def _hits(jq: JqWorker, candidate: str, items: Items) -> int:
    """For how many items a candidate is true; 0 where it gives anything but a boolean."""
    values = await values_of(jq, candidate, items)
    if any(value not in (True, False, None) for value in values):
        return 0
    return sum(value is True for value in values)


def held_at(path: tuple[str, ...], items: Items) -> str:
    """What items have at a path, in words; "" for nothing."""
    values = [follow(item, path) for item in items[:_SHOWN]]
    known = sorted({json.dumps(one) for one in values if is_scalar(one)})
    if known:
        return f"{written(path)} is {', '.join(known[:_FEW])}"
    if any(isinstance(one, dict) for one in values):
        return f"{written(path)} is an object: {_inside(path, values)}"
    held = next((one for one in values if isinstance(one, list) and one), None)
    shown = json.dumps(held, default=str)[:_SHOWN]
    return f"{written(path)} is {shown}, for one" if held is not None else ""


def _candidates(expression: str, items: Items) -> Iterator[str]:
    if _ASSIGNED.search(expression):
        yield _ASSIGNED.sub("==", expression)
    if negated := _NEGATED.fullmatch(expression):
        yield f"{negated[1]} | not"
    paths = [path for path in paths_in(expression) if has_path(items, path)]
    known = [value for path in paths for value in _scalars(path, items)]
    for literal in _LITERAL.finditer(expression):
        text = literal[1] if literal[1] is not None else literal[2]
        for value in _meant(literal[0], text, known):
            yield expression[: literal.start()] + json.dumps(value) + expression[literal.end() :]
    for path in paths:
        if expression.strip() == written(path):
            yield f'{expression} == "true"'
            yield f"{expression} == 1"
            yield f"{expression} != null"
            yield f"{expression} | length > 0"
        held = any(isinstance(follow(item, path), list) for item in items[:_SHOWN])
        if held and "==" in expression:
            yield re.sub(
                rf"{re.escape(written(path))}\s*==\s*(\"[^\"]*\"|\S+)",
                rf"({written(path)} | index(\1) != null)",
                expression,
            )


def _meant(literal: str, text: str, known: Sequence[str | int | float]) -> list[str | int | float]:
    """The values that a literal may mean: in another case or type, or with a slip."""
    scored = {
        str(value): (likeness(text.lower(), str(value).lower()), value)
        for value in known
        if json.dumps(value) != literal
    }
    good = sorted(scored.values(), key=lambda one: -one[0])
    # Where each item has a value of its own, one that is much like another is still another.
    least = _LIKE if len(scored) * 2 <= len(known) else _SAME
    return [value for score, value in good if score >= least][:3]


def _scalars(path: tuple[str, ...], items: Items) -> list[str | int | float]:
    values = [follow(item, path) for item in items]
    return [one for one in values if isinstance(one, str | int | float) and one != ""]


def _inside(path: tuple[str, ...], values: Sequence[Found]) -> str:
    """The texts in objects, by their paths."""
    held: defaultdict[str, set[str]] = defaultdict(set)
    for one in values:
        for key, value in one.items() if isinstance(one, dict) else ():
            if is_scalar(value):
                held[written((*path, str(key)))].add(json.dumps(value))
    return "; ".join(f"{key} is {', '.join(sorted(some)[:_FEW])}" for key, some in held.items())
