"""Expressions whose values are identifiers of what a relation leads to: tried on the items."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Final

from framework.mapped_items import Items
from jq_engine.worker import JqWorker
from json_values import MISSING, follow
from workbench.check.asking.reading import Seen
from workbench.check.findings import Remedy, Write, likeness
from workbench.check.guesses.expressions import (
    as_text,
    is_scalar,
    keys_instead,
    leaves,
    paths_in,
    values_of,
    written,
)
from workbench.suggest.vocabulary import words_of

_SPEAKING: Final = 0.5  # likeness of names
_LONG: Final = 5  # characters of identifiers that few other things have
_SIGNS: Final = ("/", "-", ":", "_", ".", "|", "#", "@", " ")
_SAME: Final = 0.99
_DEEPEST_LIST: Final = 3  # objects around a list
_DEEPEST: Final = 2  # objects around a key of the target


class Leading:
    """Finds such expressions."""

    def __init__(self, jq: JqWorker) -> None:
        self._jq = jq

    async def path(
        self, seen: Seen, known: set[str], name: str, expression: str, *, many: bool
    ) -> Remedy:
        """A path of the items whose values are identifiers of the target."""
        items = seen.kept
        if many and (listed := await self._of_lists(known, items)):
            return listed
        own = [str(one.made.get("identifier")) for one in seen.passed]
        are_long = all(len(one) >= _LONG for one in known)
        best: tuple[bool, int, float, str] = (False, 0, 0.0, "")
        paths = dict.fromkeys(one for item in items[:20] for one in leaves(item))
        for path in paths:
            values = [follow(item, path) for item in items]
            scalars = [value for value in values if is_scalar(value)]
            hits = sum(str(value) in known for value in scalars)
            alike = _alike(path, expression, name)
            # Small numbers are identifiers of many things: the name has to speak.
            is_sure = are_long or alike >= _SPEAKING
            # Of a target that was read in part, few are seen.
            is_enough = hits * 2 >= len(scalars) or (hits > 1 and is_sure)
            # Each related to itself is no relation.
            if not hits or not is_enough or list(map(str, values)) == own:
                continue
            is_text = all(isinstance(value, str) for value in scalars)
            text = as_text(path, values)
            if not is_text and not is_sure:
                continue
            # The very key that is read, or one within it, is meant before any other.
            is_own = alike >= 1
            best = max(best, (is_own, hits, alike, f"[{text}]" if many else text))
        if best[1]:
            return Write(best[3], f"{best[1]} of {len(items)}")
        others = keys_instead(expression, items, _DEEPEST, is_read=True).values()
        if beside := await self.first(others, known, items):
            return beside
        return await self._behind_parents(seen, known, items, expression, many=many)

    async def _of_lists(self, known: set[str], items: Items) -> Remedy:
        """A list in the items, or a key of its objects, whose values are identifiers."""
        candidates: dict[str, None] = {}
        for item in items[:20]:
            for path in leaves(item, _DEEPEST_LIST):
                value = follow(item, path)
                for one in value if isinstance(value, list) else []:
                    keys = [written((str(key),)) for key in one] if isinstance(one, dict) else []
                    inner = [f"[{written(path)}[]?{key}]" for key in keys]
                    candidates |= dict.fromkeys(inner or [written(path)])
        texts = (text for one in candidates for text in _as_texts(one))
        return await self.first(texts, known, items)

    async def _behind_parents(
        self, seen: Seen, known: set[str], items: Items, expression: str, *, many: bool
    ) -> Remedy:
        """The values of the path parameters together, or what is mapped behind them."""
        names = [f"__{name}" for name in seen.config.selector.path_parameters or {}]
        texts = [as_text((name,), [item.get(name, MISSING) for item in items]) for name in names]
        texts = [f"({one})" if " " in one else one for one in texts]
        behind = ([*texts[:at], f"({expression} | tostring)"] for at in range(1, len(texts) + 1))
        parts = [*([texts] if len(texts) > 1 else []), *behind]
        candidates = [' + "/" + '.join(one) for one in parts]
        return await self.first([f"[{one}]" if many else one for one in candidates], known, items)

    async def first(
        self, candidates: Iterable[str], known: set[str], items: Items, *, is_rare: bool = False
    ) -> Remedy:
        """The first expression most of whose values are identifiers of the target; "" for none.

        ``is_rare``: such a value is hardly one by chance, so that one will do.
        """
        for candidate in candidates:
            values = await values_of(self._jq, candidate, items)
            lists = (value if isinstance(value, list) else [value] for value in values)
            held = [one for value in lists for one in value if one is not None]
            hits = sum(isinstance(one, str) and one in known for one in held)
            if hits * 2 > len(held) or (is_rare and hits):
                return Write(candidate, f"{hits} of {len(held)}")
        return ""

    async def part_of(self, seen: Seen, known: set[str], expression: str, *, many: bool) -> Remedy:
        """The beginning or the end of an expression's values, or those within a constant text."""
        values = await values_of(self._jq, expression, seen.kept)
        are_lists = many and all(isinstance(one, list) for one in values if one is not None)
        held = [one for value in values for one in (value if isinstance(value, list) else [value])]
        texts = {one for one in held if isinstance(one, str) and one}
        begun = Counter(k[: -len(v)] for v in texts for k in known if k.endswith(v))
        ended = Counter(k[len(v) :] for v in texts for k in known if k.startswith(v))
        ways = [f"split({json.dumps(sign)})[{at}]" for sign in _SIGNS for at in (0, -1)]
        ways += [f"{json.dumps(one)} + ." for one, _ in begun.most_common(1)]
        ways += [f". + {json.dumps(one)}" for one, _ in ended.most_common(1)]
        begin, end = (f"[{expression}[]?", "]") if are_lists else (expression, "")
        candidates = (f"{begin} | {way}{end}" for way in ways)
        return await self.first(candidates, known, seen.kept) if texts else ""


def _alike(path: tuple[str, ...], expression: str, name: str) -> float:
    """How likely a path is meant by the expression of a relation, by names: 1 and more if read."""
    read = paths_in(expression)
    if any(path[: len(one)] == one for one in read):
        return 1.0 + (path in read)
    alike = max((likeness(".".join(path), ".".join(one)) for one in read), default=0.0)
    if {*words_of(name)} <= {*words_of(" ".join(path))}:
        alike = max(alike, _SPEAKING)
    return min(alike, _SAME)


def _as_texts(candidate: str) -> list[str]:
    """A list as it is, and with its values as texts."""
    inner = candidate[1:-1] if candidate.startswith("[") else f"{candidate}[]?"
    return [candidate, f"[{inner} | select(. != null) | tostring]"]
