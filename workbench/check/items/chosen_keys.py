"""Query parameters that say which keys an item comes with, as in ``fields=id,name``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from framework.mapped_items import Items

_APART = re.compile(r"[,\s]+")
_FEWEST = 2  # keys that make a list


def chosen_by(params: Mapping[str, object], items: Items) -> str:
    """The parameter that names keys of the items, and most likely all of them; "" for none."""
    present = {str(key) for item in items for key in item}
    for name, words in _lists(params):
        if len(words & present) * 2 >= len(words):
            return name
    return ""


def asking_for(params: Mapping[str, object], key: str) -> str:
    """The parameter that asks for a key; "" for none."""
    return next((name for name, words in _lists(params) if key in words), "")


def _lists(params: Mapping[str, object]) -> Iterator[tuple[str, set[str]]]:
    for name, value in params.items():
        texts = value if isinstance(value, list) else _APART.split(str(value))
        words = {str(one).partition(".")[0] for one in texts if one}
        if len(words) >= _FEWEST:
            yield name, words
